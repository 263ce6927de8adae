//! `superjump exact`: the exact values of a scenario, without trajectories.

use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use superjump::campaign::{self, Event, RunOptions};
use superjump::scenario::Purpose;

use super::run::this_command;
use super::{OutputArguments, ScenarioArguments, signals, table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump exact scenarios/fig5.toml\n\n\
    Where the scenario has a [steady] table, the summary holds the steady state, its noise and the closed forms it is\n\
    compared with; otherwise the values at the last time.")]
pub struct ExactArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    #[command(flatten)]
    output: OutputArguments,
}

pub fn exact(arguments: &ExactArguments) -> anyhow::Result<ExitCode> {
    let scenario = arguments.scenario.read(Purpose::Exact)?;
    let options = arguments.output.options(&format!("{}-exact", scenario.name), arguments.scenario.threads());
    let options = RunOptions { stop: signals::stop_on_signal(&options.output)?, ..options };
    table::check_shown(&scenario, arguments.output.show.as_deref())?;
    say!("{}", scenario.title)?;
    // Draws on a terminal only.
    let bar = if arguments.output.no_progress {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(scenario.points.len() as u64)
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} points  {eta} left") {
        bar.set_style(style.progress_chars("━━╌"));
    }
    let outcome = campaign::run(&scenario, &options, &mut |event| {
        if let Event::Solved { points, .. } = event {
            bar.set_position(*points as u64);
        }
    });
    bar.finish_and_clear();
    let outcome = outcome?;
    if outcome.interrupted {
        say!("Interrupted: nothing more is solved. To begin again:\n  {}", this_command())?;
    }
    let ended = |failed: bool| match (outcome.interrupted, failed) {
        (true, _) => signals::interrupted(),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    };
    let Some(summary) = &outcome.summary else { return Ok(ended(false)) };
    let failed: Vec<_> = summary.points.iter().filter(|point| point.exact_missing.is_some()).collect();
    say!("{}", table::render(summary, arguments.output.show.as_deref())?)?;
    if outcome.already_complete {
        say!("Complete already: nothing was done (--fresh starts over).")?;
    } else {
        say!("Solved in {:.2} s.", summary.timing.seconds)?;
    }
    say!("Results: {}", options.output.join("summary.json").display())?;
    if !arguments.output.no_report {
        super::report::draw(&options.output, Some(&scenario.text))?;
    }
    for point in &failed {
        let reason = point.exact_missing.as_deref().unwrap_or_default();
        eprintln!("error: point {} has no exact value: {reason}", point.index);
    }
    Ok(ended(!failed.is_empty()))
}
