//! `superjump run`: simulate a scenario, show progress, end with a table.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use superjump::campaign::{self, Event, Outcome, RunOptions};
use superjump::plan::Shard;
use superjump::report::Tables;
use superjump::scenario::Purpose;

use super::answer::{self, Shown};
use super::bash::this_command;
use super::progress::Display;
use super::{OutputArguments, ScenarioArguments, report, signals, table, work};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump run scenarios/heat_valve.toml --set qubits.number=4 --trajectories 10000 -o output/four\n\n\
    Running the same thing again goes on where it ended, with more trajectories or values of the sweep if asked; it does\n\
    nothing once everything is there. --fresh starts over. Ctrl-C keeps what is done; a second one does not wait."
)]
pub struct RunArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Work beside others, as `superjump work` does, e.g. --shard 3/16 from the third sixteenth of the parts on; then
    /// `superjump merge` the folder
    #[arg(long, value_name = "K/N", conflicts_with = "fresh")]
    shard: Option<Shard>,
    /// Leave out exact values, where they cost more than the trajectories; estimates are the same. Run again without
    /// it, they are added
    #[arg(long)]
    no_exact: bool,
    /// Of the ranks of an MPI job: only the first one sees the folder, and writes what the others send it
    #[arg(long, conflicts_with = "shard", hide = cfg!(not(feature = "mpi")))]
    gather: bool,
    /// Append what happens to a file, an event a line, as JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

pub fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    if arguments.gather && cfg!(not(feature = "mpi")) {
        let why = "--gather is for ranks of an MPI job, of which this program knows nothing: `cargo build --release --features mpi`";
        return Err(super::UsageError(why.to_owned()).into());
    }
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let show = answer::called_now(arguments.output.show.as_deref());
    answer::check_shown(&scenario, show)?;
    let options = arguments.output.options(&scenario.name, arguments.scenario.threads());
    let stop = signals::stop_on_signal(&options.output)?;
    let options = RunOptions { shard: arguments.shard, exact: !arguments.no_exact, stop, ..options };
    #[cfg(feature = "mpi")]
    let ranks =
        campaign::Ranks::join(if arguments.gather { campaign::Sharing::Gathered } else { campaign::Sharing::Folder });
    #[cfg(feature = "mpi")]
    if ranks.is_some() && arguments.shard.is_some() {
        let why = "--shard has no meaning for ranks, which share the work by themselves; `superjump work` joins them";
        return Err(super::UsageError(why.to_owned()).into());
    }
    #[cfg(feature = "mpi")]
    if let Some(ranks) = ranks.as_ref().filter(|ranks| !ranks.leads()) {
        ranks.follow(&scenario, &options).inspect_err(work::stays)?;
        return Ok(ExitCode::SUCCESS);
    }
    #[cfg(feature = "mpi")]
    if arguments.gather && ranks.is_none() {
        remark!("note: this is the only rank, and there is nothing to gather");
    }
    super::warn(&scenario);
    say!("{}", scenario.title)?;
    let no_progress = arguments.output.no_progress;
    let mut display = Display::new(scenario.points.len(), no_progress, arguments.log.as_deref())?;
    let mut report = |event: &Event| display.update(event);
    let mut alone = || match options.shard {
        Some(_) => campaign::work(&scenario, &options, &mut report),
        None => campaign::run(&scenario, &options, &mut report),
    };
    #[cfg(not(feature = "mpi"))]
    let outcome = alone();
    #[cfg(feature = "mpi")]
    let outcome = match &ranks {
        Some(ranks) => ranks.lead(&scenario, &options, &mut report),
        None => alone(),
    };
    display.finish();
    let outcome = outcome.inspect_err(work::stays)?;
    if options.shard.is_some() {
        return work::tell(&outcome, &options);
    }
    if let Some(summary) = &outcome.summary {
        say!("{}", answer::render(summary, Shown { quantity: show, all: arguments.output.all })?)?;
    }
    tell(&outcome, &options)?;
    if outcome.summary.is_some() && !arguments.output.no_report {
        let draw = if outcome.already_complete { report::draw_again } else { report::draw };
        draw(&options.output, Tables::Of(&scenario.text))?;
    }
    Ok(if outcome.interrupted { signals::interrupted() } else { ExitCode::SUCCESS })
}

/// What was done, and what is to do.
fn tell(outcome: &Outcome, options: &RunOptions) -> std::io::Result<()> {
    if outcome.already_complete {
        say!("Complete already: nothing was done (--fresh starts over).")?;
    } else if let Some(summary) = &outcome.summary {
        let (threads, seconds) = (options.threads, summary.timing.seconds);
        let jumps = outcome.jumps as f64;
        say!(
            "{} jumps in {seconds:.2} s on {} ({} a second){}.",
            table::count(jumps),
            table::plural(threads as u64, "thread"),
            table::count(jumps / seconds),
            match summary.timing.jumps - outcome.jumps.min(summary.timing.jumps) {
                0 => String::new(),
                before => format!(", after {} before", table::count(before as f64)),
            },
        )?;
    }
    if outcome.interrupted {
        say!("Interrupted: the results are partial. To go on:\n  {}", this_command())?;
    }
    if outcome.summary.is_some() {
        say!("Results: {}", options.output.join("summary.json").display())?;
    }
    Ok(())
}
