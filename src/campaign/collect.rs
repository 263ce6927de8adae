//! A scenario run in memory: the tables and the summary of a folder of results, without the folder.

use std::time::Instant;

use super::compute::{News, Tally, compute, in_turn};
use super::error::RunError;
use super::merge::{Gaps, How, merge};
use super::meter::{Meter, Pace};
use super::missing::missing;
use super::options::{Event, RunOptions};
use super::settle::{relaxations, settle_into};
use super::solve::{solvable, solve_into};
use super::transient::left_out;
use crate::plan::Plan;
use crate::results::{Summary, Tables};
use crate::scenario::{Asked, Scenario};
use crate::store::{MemoryParts, Parts, Progress, key};

/// Runs a scenario and keeps its results in memory, row for row those of [`run`](fn@super::run); `None` where it was stopped
/// before there were any. Of the options, the folder, `fresh` and the shard do not matter.
///
/// # Errors
/// A scenario that does not fit, or a point that has no exact value where nothing else is asked for.
pub fn collect(
    scenario: &Scenario,
    options: &RunOptions,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<(Summary, Tables)>, RunError> {
    collect_on(scenario, options, &MemoryParts::default(), report)
}

/// The same for parts that are kept: what is among them of a transient is not computed again, and what is computed is put
/// among them, so that a run that was stopped, or is to grow, goes on from there.
///
/// # Errors
/// As [`collect`].
pub fn collect_on(
    scenario: &Scenario,
    options: &RunOptions,
    parts: &MemoryParts,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<(Summary, Tables)>, RunError> {
    let mut tables = Tables::default();
    let summary = match &scenario.points[0].asked {
        Asked::Solve(_) => {
            let at_once = solvable(&scenario.points)?.min(options.threads);
            solve_into(scenario, options, at_once, (&mut tables, None), report)?.summary
        }
        Asked::Converge(_) => {
            let relaxations = relaxations(scenario, options)?;
            settle_into(scenario, options, &relaxations, (&mut tables, None), report)?.summary
        }
        Asked::Transient(_) => sample(scenario, options, (&mut tables, parts), report)?,
    };
    Ok(summary.map(|summary| (summary, tables)))
}

fn sample(
    scenario: &Scenario,
    options: &RunOptions,
    (tables, parts): (&mut Tables, &MemoryParts),
    report: &mut dyn FnMut(&Event),
) -> Result<Option<Summary>, RunError> {
    let plan = Plan::new(&scenario.points);
    plan.check_memory(options.threads)?;
    let (there, started) = (parts.present(), Instant::now());
    let tallies: Vec<Tally> = scenario.points.iter().map(|_| Tally::default()).collect();
    let mut meter = Meter::new(&plan, options.threads);
    plan.in_order().for_each(|part| meter.expect(part, there.contains(&key(&scenario.points[part.point], part))));
    let mut shown = Pace::default();
    let exact = if options.exact { (0..scenario.points.len()).rev().collect() } else { Vec::new() };
    let how = (&options.stop, tallies.as_slice());
    let roads = compute(&plan, in_turn(missing(&plan, there)), exact, options.threads, how, |news| {
        if let News::Part(part, result) = news {
            let point = &scenario.points[part.point];
            parts.write(point, part, &result)?;
            meter.take(point, part, &result.averages.ensemble);
            report(&Event::Part(part));
        }
        if shown.due(Progress::EVERY) {
            report(&Event::Progress(meter.read(&tallies)));
        }
        Ok::<(), RunError>(())
    })?;
    report(&Event::Progress(meter.read(&tallies)));
    let roads = if options.exact { roads } else { left_out(scenario) };
    let gaps = if options.stop.is_set() { Gaps::Hurry } else { Gaps::Leave };
    let how = How { gaps, threads: options.threads, stop: &options.stop, started, standing: None };
    merge(scenario, (tables, parts), roads, &how, report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose};

    #[test]
    fn what_was_stopped_in_memory_goes_on_to_the_same_rows_and_tells_where_it_is() {
        let text = |trajectories: u64| {
            format!(
                "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
                 [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = {trajectories}\n\
                 [sweep]\n\"qubits.number\" = [2, 3]"
            )
        };
        let read = |trajectories: u64| {
            Scenario::parse("s", "s.toml", &text(trajectories), Purpose::Trajectories, &Overrides::default()).unwrap()
        };
        let (scenario, options) = (read(5000), RunOptions::new("", 2));
        let (whole, tables) = collect(&scenario, &options, &mut |_| {}).unwrap().unwrap();

        let parts = MemoryParts::default();
        let stopped = RunOptions { stop: options.stop.inner(), ..options.clone() };
        let mut stop_at_the_second = |event: &Event| {
            if matches!(event, Event::Part(part) if part.first > 0) {
                stopped.stop.set();
            }
        };
        let partial = collect_on(&scenario, &stopped, &parts, &mut stop_at_the_second).unwrap().unwrap().0;
        assert!(!partial.complete && partial.points[0].trajectories < 5000);
        let (mut computed, mut last) = (0, Progress::default());
        let mut hear = |event: &Event| match event {
            Event::Part(part) => computed += part.count,
            Event::Progress(progress) => last = progress.clone(),
            _ => {}
        };
        let there: u64 = parts.present().iter().map(|(.., count)| count).sum();
        let (rest, grown) = collect_on(&scenario, &options, &parts, &mut hear).unwrap().unwrap();
        assert_eq!((there > 0, there + computed, last.trajectories, last.of), (true, 10_000, 10_000, 10_000));
        assert_eq!(rest.points, whole.points);
        let rows = |tables: &Tables| format!("{:?}", tables.tables);
        assert!(rest.complete && rows(&grown) == rows(&tables));
    }
}
