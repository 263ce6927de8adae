//! `superjump work`: one of any number of processes that compute what is missing in a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use superjump::campaign::{self, Event, Outcome, RunError, RunOptions};
use superjump::plan::Shard;
use superjump::scenario::{Purpose, Scenario};

use super::bash::{quoted, this_command};
use super::progress::Display;
use super::{ScenarioArguments, output_folder, signals};

#[derive(Debug, Args)]
#[command(after_help = "Example, in as many terminals, or on as many hosts that see the folder, as there are:\n  \
    superjump work scenarios/heat_valve.toml --trajectories 10000000 -o output/large\nthen:\n  \
    superjump merge output/large\n\n\
    Workers come and go: each takes what no other has in hand, and leaves when nothing is missing. One that is killed\n\
    leaves nothing to clean up. `superjump run` of the same scenario and folder is a worker, too, that merges at the end.")]
pub struct WorkArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// The folder for the parts, which all workers see [default: output/<scenario>]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Begin with the third sixteenth of the parts, of 3/16, and go on with what others have not done
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
    /// Append what happens to a file, an event a line, as JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

pub fn work(arguments: &WorkArguments) -> anyhow::Result<ExitCode> {
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let output = output_folder(arguments.output.as_deref(), &scenario.name);
    let stop = signals::stop_on_signal(&output)?;
    let options = RunOptions { shard: arguments.shard, stop, ..RunOptions::new(output, arguments.scenario.threads()) };
    super::warn(&scenario);
    say!("{}", scenario.title)?;
    let mut display = Display::new(scenario.points.len(), arguments.no_progress, arguments.log.as_deref())?;
    let outcome = as_worker(&scenario, &options, &mut |event| display.update(event));
    display.finish();
    tell(&outcome?, &options)
}

/// Works, and says what stays where that fails.
pub fn as_worker(
    scenario: &Scenario,
    options: &RunOptions,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    campaign::work(scenario, options, report).inspect_err(stays)
}

/// Says what stays where a run fails on the way.
pub fn stays(error: &RunError) {
    if matches!(error, RunError::Store(error) if !error.is_refusal()) {
        remark!("What was written before is whole; the same command goes on from it.");
    }
}

/// What was done, and what is to do.
pub fn tell(outcome: &Outcome, options: &RunOptions) -> anyhow::Result<ExitCode> {
    if outcome.interrupted {
        say!("Interrupted: what is done stays. To go on:\n  {}", this_command())?;
        return Ok(signals::interrupted());
    }
    let output = quoted(&options.output.display().to_string());
    if outcome.already_complete {
        say!("Complete already, with results: nothing was done.")?;
    } else {
        say!("Every part is there. The results are made of them by: superjump merge {output}")?;
    }
    Ok(ExitCode::SUCCESS)
}
