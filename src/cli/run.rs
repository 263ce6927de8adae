//! `superjump run`: simulate a scenario, show progress, end with a table.

use std::path::{Path, PathBuf};

use clap::Args;
use superjump::campaign::{self, Purpose, RunOptions};

use super::ScenarioArguments;
use super::progress::Display;
use super::table;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump run scenarios/heat_valve.toml --set qubits.number=4 --trajectories 10000 -o output/four\n\n\
    Running the same thing again does nothing once it is complete; --fresh starts over."
)]
pub struct RunArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// The folder for the results [default: output/<scenario>]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace results that are there already
    #[arg(long)]
    fresh: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let output = arguments.output.clone().unwrap_or_else(|| Path::new("output").join(&scenario.name));
    let options = RunOptions { threads: arguments.scenario.threads(), output, fresh: arguments.fresh };
    println!("{}", scenario.title);
    let mut display = Display::new(&scenario, arguments.no_progress);
    let outcome = campaign::run(&scenario, &options, &mut |progress| display.update(progress))?;
    display.finish();
    println!("{}", table::render(&outcome.summary, scenario.points[0].units()));
    let timing = &outcome.summary.timing;
    if outcome.already_complete {
        println!("Complete already: nothing was done (--fresh starts over).");
    } else {
        println!(
            "{} jumps in {:.2} s on {} ({} a second).",
            table::count(timing.jumps as f64),
            timing.seconds,
            if timing.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", timing.threads) },
            table::count(timing.jumps as f64 / timing.seconds),
        );
    }
    println!("Results: {}", options.output.join("summary.json").display());
    Ok(())
}
