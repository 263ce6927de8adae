//! A scenario run in memory: the tables and the summary of a folder of results, without the folder.

use std::time::Instant;

use super::compute::{News, Tally, compute};
use super::error::RunError;
use super::merge::{Gaps, How, merge};
use super::meter::{Meter, Pace};
use super::options::{Event, RunOptions};
use super::settle::{relaxations, settle_into};
use super::solve::{solvable, solve_into};
use super::transient::left_out;
use crate::plan::Plan;
use crate::results::{Summary, Tables};
use crate::scenario::{Asked, Scenario};
use crate::store::{MemoryParts, Parts, Progress};

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
    let mut tables = Tables::default();
    let summary = match &scenario.points[0].asked {
        Asked::Solve(_) => {
            let at_once = solvable(&scenario.points)?.min(options.threads);
            solve_into(scenario, options, at_once, &mut tables, report)?.summary
        }
        Asked::Converge(_) => {
            let relaxations = relaxations(scenario, options)?;
            settle_into(scenario, options, &relaxations, (Some(&mut tables), None), report)?.summary
        }
        Asked::Transient(_) => sample(scenario, options, &mut tables, report)?,
    };
    Ok(summary.map(|summary| (summary, tables)))
}

fn sample(
    scenario: &Scenario,
    options: &RunOptions,
    tables: &mut Tables,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<Summary>, RunError> {
    let plan = Plan::new(&scenario.points);
    plan.check_memory(options.threads)?;
    let (parts, started) = (MemoryParts::default(), Instant::now());
    let tallies: Vec<Tally> = scenario.points.iter().map(|_| Tally::default()).collect();
    let mut meter = Meter::new(&plan, options.threads);
    plan.in_order().for_each(|part| meter.expect(part, false));
    let mut shown = Pace::default();
    let exact = if options.exact { (0..scenario.points.len()).rev().collect() } else { Vec::new() };
    let how = (&options.stop, tallies.as_slice());
    let roads = compute(&plan, plan.schedule(), exact, options.threads, how, |news| {
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
    let how = How { gaps, threads: options.threads, stop: &options.stop, started };
    merge(scenario, (tables, &parts), roads, &how, report)
}
