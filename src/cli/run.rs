//! `superjump run`: simulate a scenario, show progress, end with a table.

use clap::Args;
use superjump::campaign::{self, Purpose};

use super::progress::Display;
use super::table;
use super::{OutputArguments, ScenarioArguments};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump run scenarios/heat_valve.toml --set qubits.number=4 --trajectories 10000 -o output/four\n\n\
    Running the same thing again does nothing once it is complete; --fresh starts over."
)]
pub struct RunArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    #[command(flatten)]
    output: OutputArguments,
}

pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let options = arguments.output.options(&scenario.name, arguments.scenario.threads());
    println!("{}", scenario.title);
    let mut display = Display::new(&scenario, arguments.output.no_progress);
    let outcome = campaign::run(&scenario, &options, &mut |progress| display.update(progress))?;
    display.finish();
    println!("{}", table::render(&outcome.summary, scenario.points[0].units(), arguments.output.show.as_deref())?);
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
    if arguments.output.no_report { Ok(()) } else { super::report::draw(&options.output, Some(&scenario.text)) }
}
