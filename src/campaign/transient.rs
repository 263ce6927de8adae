//! Trajectories at given times: compute the parts that are missing, then merge them all. Run again, it goes on.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::compute::{Exacts, News, Tally, compute, in_turn, lock};
use super::error::RunError;
use super::merge::{Gaps, How, merge};
use super::meter::{Meter, Pace};
use super::missing::{Missing, Order, missing};
use super::options::{Event, Outcome, RunOptions};
use crate::plan::Plan;
use crate::results::ParquetFolder;
use crate::scenario::{Point, Scenario};
use crate::solve::{ExactRoad, Unsolved};
use crate::statistics::Ensemble;
use crate::store::{Averages, Folder, Held, Live, Present, Progress, State, key};
use crate::trajectory::Interrupt;

/// Simulates one point in memory, and solves it exactly where that can be afforded.
///
/// # Errors
/// If the threads cannot be started.
pub fn simulate(point: &Point, threads: usize) -> Result<(Ensemble, ExactRoad), RunError> {
    let plan = Plan::new(std::slice::from_ref(point));
    let mut parts = HashMap::new();
    let (stop, tallies) = (Interrupt::default(), [Tally::default()]);
    let mut roads = compute(&plan, in_turn(plan.schedule()), vec![0], threads, (&stop, &tallies), |news| {
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

/// Computes the parts that are missing, beside whoever else does, and merges them all into results.
pub fn run(
    scenario: &Scenario,
    options: &RunOptions,
    folder: &Folder,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let started = Instant::now();
    let exact = if options.exact { solved_beside(&scenario.points) } else { Vec::new() };
    let (roads, progress) = compute_missing(scenario, options, folder, (Order::Schedule, exact), report)?;
    let word = |state| folder.leave_word(&Live::now(None, options.threads, state, &progress));
    word(State::Merging);
    let interrupted = options.stop.is_set();
    let gaps = if interrupted { Gaps::Hurry } else { Gaps::Fill };
    let roads = if options.exact { roads } else { left_out(scenario) };
    let how = How { gaps, threads: options.threads, stop: &options.stop, started, standing: standing(options) };
    let summary = merge(scenario, (&mut ParquetFolder::create(&options.output)?, folder), roads, &how, report)?;
    word(if interrupted { State::Interrupted } else { State::Done });
    // While it was merged, too.
    let interrupted = options.stop.is_set() && summary.as_ref().is_none_or(|summary| !summary.complete);
    Ok(Outcome { summary, already_complete: false, jumps: progress.jumps, interrupted })
}

/// Computes parts that are missing until all are there, beside whoever else does, and leaves the merging to others.
pub fn work(
    scenario: &Scenario,
    options: &RunOptions,
    folder: &Folder,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let order = Order::of_worker(options.shard);
    let (_, progress) = compute_missing(scenario, options, folder, (order, Vec::new()), report)?;
    let interrupted = options.stop.is_set();
    let state = if interrupted { State::Interrupted } else { State::Done };
    folder.leave_word(&Live::now(options.shard, options.threads, state, &progress));
    Ok(Outcome { summary: None, already_complete: false, jumps: progress.jumps, interrupted })
}

/// Looking after what others do takes no more than this share of the time.
const LOOKING: u32 = 50;

/// Computes what is missing, and beside it what is `exact`.
fn compute_missing(
    scenario: &Scenario,
    options: &RunOptions,
    folder: &Folder,
    (order, exact): (Order, Vec<usize>),
    report: &mut dyn FnMut(&Event),
) -> Result<(Exacts, Progress), RunError> {
    let (threads, points) = (options.threads, &scenario.points);
    let plan = Plan::new(points);
    let there = folder.present()?;
    let mut meter = Meter::new(&plan, threads);
    let (mut of, mut parts) = (0, 0);
    for part in missing(&plan, Present::new()) {
        let is_there = there.contains(&key(&points[part.point], part));
        (of, parts) = (of + 1, parts + u64::from(!is_there));
        meter.expect(part, is_there);
    }
    report(&Event::Started { parts: of, there: of - parts });
    let tallies: Vec<Tally> = points.iter().map(|_| Tally::default()).collect();
    let queue = Mutex::new(Missing::new(&plan, folder, there, order));
    let seen = seen_of(points);
    let (mut shown, mut told, mut looked) = (Pace::default(), Pace::default(), Pace::default());
    let mut pause = Duration::ZERO;
    let leave_word = |progress: &Progress| {
        let state = if lock(&queue).waits() { State::Waiting } else { State::Computing };
        folder.leave_word(&Live::now(options.shard, threads, state, progress));
    };
    let mut hear = |news| {
        if let News::Part(part, result) = news {
            folder.write(&points[part.point], part, &result)?;
            lock(&queue).written(part);
            meter.take(&points[part.point], part, &result.averages.ensemble);
            report(&Event::Part(part));
        }
        lock(&queue).found().into_iter().for_each(|part| meter.find(part));
        if looked.due(Live::EVERY.max(pause)) {
            let begun = Instant::now();
            let others = folder.others();
            if others > 0 {
                meter.look(others, seen(&folder.held()?));
            }
            pause = LOOKING * begun.elapsed();
        }
        if shown.due(Progress::EVERY) {
            let progress = meter.read(&tallies);
            if told.due(Live::EVERY) {
                leave_word(&progress);
            }
            report(&Event::Progress(progress));
        }
        Ok::<(), RunError>(())
    };
    let stop = (&options.stop, tallies.as_slice());
    let roads = compute(&plan, || lock(&queue).take(), exact, threads, stop, &mut hear)?;
    lock(&queue).found().into_iter().for_each(|part| meter.find(part));
    let progress = meter.read(&tallies);
    report(&Event::Progress(progress.clone()));
    Ok((roads, progress))
}

/// How many trajectories of each point are among those that are held. Of points that share their physics the first has
/// them all.
fn seen_of(points: &[Point]) -> impl Fn(&Held) -> Vec<u64> + use<> {
    let mut known = HashSet::new();
    let keys: Vec<_> = points.iter().map(|p| Some((p.id, p.seed)).filter(|key| known.insert(*key))).collect();
    move |held| keys.iter().map(|key| key.and_then(|key| held.get(&key).copied()).unwrap_or(0)).collect()
}

/// Where results may stand that are better than those to come.
fn standing(options: &RunOptions) -> Option<&Path> {
    (!options.fresh).then_some(options.output.as_path())
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
    let how = How {
        gaps: Gaps::Leave,
        threads: options.threads,
        stop: &options.stop,
        started: Instant::now(),
        standing: Some(&options.output),
    };
    let summary = merge(scenario, (&mut ParquetFolder::create(&options.output)?, folder), roads, &how, report)?;
    Ok(Outcome { summary, already_complete: false, jumps: 0, interrupted: false })
}

/// No exact values, as they are not asked for.
pub fn left_out(scenario: &Scenario) -> Exacts {
    scenario.points.iter().map(|_| OnceLock::from(ExactRoad::unsolved(Unsolved::LeftOut))).collect()
}
