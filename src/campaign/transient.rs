//! Trajectories at given times: compute the parts that are missing, then merge them all. Run again, it goes on.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::compute::{Exacts, News, Tally, compute, lock};
use super::error::RunError;
use super::helpers::Helpers;
use super::merge::{Gaps, How, merge};
use super::meter::{Meter, Pace};
use super::options::{Event, Outcome, RunOptions};
use crate::plan::{Part, Plan, Shard};
use crate::results::ParquetFolder;
use crate::scenario::{Point, Scenario};
use crate::solve::{ExactRoad, Unsolved};
use crate::statistics::Ensemble;
use crate::store::{Averages, Folder, Live, Present, Progress, State, key};
use crate::trajectory::Interrupt;

/// Simulates one point in memory, and solves it exactly where that can be afforded.
///
/// # Errors
/// If the threads cannot be started.
pub fn simulate(point: &Point, threads: usize) -> Result<(Ensemble, ExactRoad), RunError> {
    let plan = Plan::new(std::slice::from_ref(point));
    let mut parts = HashMap::new();
    let (stop, tallies) = (Interrupt::default(), [Tally::default()]);
    let mut roads = compute(&plan, plan.schedule(), vec![0], threads, (&stop, &tallies), |news| {
        if let News::Part(part, result) = news {
            parts.insert(part.first, result.averages);
        }
        Ok::<(), RunError>(())
    })?;
    let mut whole = Averages::new(point);
    for averages in plan.in_order().filter_map(|part| parts.remove(&part.first)) {
        whole.merge(&averages);
    }
    let road = roads[0].take().unwrap_or_else(|| ExactRoad::unsolved(Unsolved::Interrupted));
    Ok((whole.ensemble, road))
}

/// The parts of this process that are yet to be computed, in the order in which to do so.
pub fn missing<'a>(plan: &'a Plan, shard: Option<Shard>, there: Present) -> impl Iterator<Item = Part> + Send + 'a {
    let mine = move |number: usize| shard.is_none_or(|shard| number as u64 % shard.of == shard.index - 1);
    let name = |part: &Part| key(&plan.points[part.point], *part);
    // Points of a sweep that do not differ in their physics share their parts, each of them one shard's.
    let mut planned = Present::new();
    let parts = plan.schedule().filter(move |part| planned.insert(name(part)));
    let parts = parts.enumerate().filter(move |(number, _)| mine(*number)).map(|(_, part)| part);
    parts.filter(move |part| !there.contains(&name(part)))
}

/// Exact values that are solved beside the parts are held until the end: so many cells of them at most. Others are
/// solved when the parts are merged.
const HELD_CELLS: usize = 20_000_000;

/// The points to solve beside the parts, the first one last.
fn solved_beside(points: &[Point]) -> Vec<usize> {
    let mut cells = 0;
    let held = points.iter().take_while(|point| {
        cells += point.times().len() * point.columns().len();
        cells <= HELD_CELLS
    });
    (0..held.count()).rev().collect()
}

/// Computes the parts that are missing, with the helpers, and merges them all into results.
pub fn run(
    scenario: &Scenario,
    options: &RunOptions,
    (folder, helpers): (&Folder, &mut dyn Helpers),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let (threads, output) = (options.threads, options.output.as_path());
    let plan = Plan::new(&scenario.points);
    let there = folder.present()?;
    let started = Instant::now();
    let mut meter = Meter::new(&plan, threads);
    let (mut of, mut parts) = (0, 0);
    for part in missing(&plan, options.shard, Present::new()) {
        of += 1;
        parts += u64::from(!there.contains(&key(&scenario.points[part.point], part)));
        meter.expect(part, there.contains(&key(&scenario.points[part.point], part)));
    }
    report(&Event::Started { parts: of, there: of - parts });
    let exact = if options.exact && options.shard.is_none() { solved_beside(&scenario.points) } else { Vec::new() };
    let tallies: Vec<Tally> = scenario.points.iter().map(|_| Tally::default()).collect();
    let queue = Mutex::new(missing(&plan, options.shard, there));
    let take = || lock(&queue).next();
    let (mut shown, mut told) = (Pace::default(), Pace::default());
    let mut hear = |news: Option<News>| {
        if let Some(News::Part(part, result)) = news {
            let point = &scenario.points[part.point];
            folder.write(point, part, &result)?;
            meter.take(point, part, &result.averages.ensemble);
            report(&Event::Part(part));
        }
        helpers.serve(&options.stop, &mut || take(), &mut |part, jumps, bytes| {
            folder.write_bytes(&scenario.points[part.point], part, bytes)?;
            tallies[part.point].trajectories.fetch_add(part.count, Ordering::Relaxed);
            tallies[part.point].jumps.fetch_add(jumps, Ordering::Relaxed);
            report(&Event::Part(part));
            Ok(())
        })?;
        if shown.due(Progress::EVERY) {
            let progress = meter.read(&tallies);
            if told.due(Live::EVERY) {
                folder.leave_word(&Live::now(options.shard, threads, State::Computing, &progress));
            }
            report(&Event::Progress(progress));
        }
        Ok::<bool, RunError>(helpers.at_work())
    };
    let stop = (&options.stop, tallies.as_slice());
    let roads = compute(&plan, std::iter::from_fn(take), exact, threads, stop, |news| hear(Some(news)).map(drop))?;
    // The last parts may be with the helpers.
    while hear(None)? {
        std::thread::sleep(Duration::from_millis(1));
    }
    let progress = meter.read(&tallies);
    report(&Event::Progress(progress.clone()));
    let interrupted = options.stop.is_set();
    let jumps = progress.jumps;
    let word = |state| folder.leave_word(&Live::now(options.shard, threads, state, &progress));
    let ended = if interrupted { State::Interrupted } else { State::Done };
    if options.shard.is_some() {
        word(ended);
        return Ok(Outcome { summary: None, already_complete: false, jumps, interrupted });
    }
    word(State::Merging);
    let gaps = if interrupted { Gaps::Hurry } else { Gaps::Fill };
    let roads = if options.exact { roads } else { left_out(scenario) };
    let how = How { gaps, threads, stop: &options.stop, started };
    let summary = merge(scenario, (&mut ParquetFolder::create(output)?, folder), roads, &how, report)?;
    word(ended);
    // While it was merged, too.
    let interrupted = options.stop.is_set() && summary.as_ref().is_none_or(|summary| !summary.complete);
    Ok(Outcome { summary, already_complete: false, jumps, interrupted })
}

/// Merges the parts that are there.
pub fn merge_alone(
    scenario: &Scenario,
    options: &RunOptions,
    folder: &Folder,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let roads =
        if options.exact { scenario.points.iter().map(|_| OnceLock::new()).collect() } else { left_out(scenario) };
    let how = How { gaps: Gaps::Leave, threads: options.threads, stop: &options.stop, started: Instant::now() };
    let summary = merge(scenario, (&mut ParquetFolder::create(&options.output)?, folder), roads, &how, report)?;
    Ok(Outcome { summary, already_complete: false, jumps: 0, interrupted: false })
}

/// No exact values, as they are not asked for.
pub fn left_out(scenario: &Scenario) -> Exacts {
    scenario.points.iter().map(|_| OnceLock::from(ExactRoad::unsolved(Unsolved::LeftOut))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose};

    #[test]
    fn shards_share_every_part_out_once_where_points_are_alike_too() {
        let text = "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = 1\n\
             [sweep]\n\"evolution.trajectories\" = [70000, 200000, 200001]\n\"qubits.number\" = [1, 8]";
        let scenario = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap();
        let plan = Plan::new(&scenario.points);
        let name = |part: Part| key(&scenario.points[part.point], part);
        let all: Present = plan.schedule().map(name).collect();
        assert!((all.len() as u64) < plan.parts(), "points of one physics share parts");
        let shards = (1..=3).map(|index| Shard { index, of: 3 });
        let shared: Vec<_> = shards.flat_map(|shard| missing(&plan, Some(shard), Present::new())).map(name).collect();
        assert_eq!(shared.len(), all.len(), "a part is computed by two shards");
        assert_eq!(shared.into_iter().collect::<Present>(), all);
    }
}
