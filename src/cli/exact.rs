//! `superjump exact`: the exact values of a scenario, without trajectories.

use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use superjump::campaign::{self, Event, RunOptions};
use superjump::report::Tables;
use superjump::scenario::Purpose;

use super::answer::{self, Shown};
use super::bash::this_command;
use super::{OutputArguments, ScenarioArguments, report, signals};

// Nothing is sampled: what says how is refused with the reason, and not offered.
#[derive(Debug, Args)]
#[command(mut_arg("trajectories", |argument| argument.hide(true)), mut_arg("seed", |argument| argument.hide(true)))]
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
    arguments.scenario.refuse_sampling()?;
    let scenario = arguments.scenario.read(Purpose::Exact)?;
    let options = arguments.output.options(&format!("{}-exact", scenario.name), arguments.scenario.threads());
    let options = RunOptions { stop: signals::stop_on_signal(&options.output)?, ..options };
    let show = answer::called_now(arguments.output.show.as_deref());
    answer::check_shown(&scenario, show)?;
    super::warn(&scenario);
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
    let outcome = campaign::run(&scenario, &options, &mut |event| match event {
        Event::Solved { points, .. } => bar.set_position(*points as u64),
        Event::Notice(notice) => bar.suspend(|| remark!("note: {notice}")),
        _ => {}
    });
    bar.finish_and_clear();
    let outcome = outcome?;
    if outcome.interrupted {
        say!("Interrupted: points that took long are kept. To go on:\n  {}", this_command())?;
    }
    let ended = |failed: bool| match (outcome.interrupted, failed) {
        (true, _) => signals::interrupted(),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    };
    let Some(summary) = &outcome.summary else { return Ok(ended(false)) };
    let failed: Vec<_> = summary.points.iter().filter(|point| point.exact_missing.is_some()).collect();
    say!("{}", answer::render(summary, Shown { quantity: show, all: arguments.output.all })?)?;
    if outcome.already_complete {
        say!("Complete already: nothing was done (--fresh starts over).")?;
    } else {
        say!("Solved in {:.2} s.", summary.timing.seconds)?;
    }
    say!("Results: {}", options.output.join("summary.json").display())?;
    if !arguments.output.no_report {
        let draw = if outcome.already_complete { report::draw_again } else { report::draw };
        draw(&options.output, Tables::Of(&scenario.text))?;
    }
    for point in &failed {
        let reason = point.exact_missing.as_deref().unwrap_or_default();
        remark!("error: point {} has no exact value: {reason}", point.index);
    }
    Ok(ended(!failed.is_empty()))
}
