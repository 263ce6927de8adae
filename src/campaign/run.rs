//! Running a campaign: parts on all threads, folded in the order of the plan, streamed to disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::exact::ExactRoad;
use super::input::{Point, Scenario};
use super::plan::{Part, Plan, TooLarge};
use super::settle::settle;
use super::simulator::simulator;
use super::store::Store;
use super::summary::{PointSummary, Summary, Timing};
use super::tables::{PartRows, series};
use crate::lindblad::Effort;
use crate::statistics::{Ensemble, Estimate};

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Threads; no result depends on it.
    pub threads: usize,
    /// The folder for the results.
    pub output: PathBuf,
    /// Start over where there are results already.
    pub fresh: bool,
}

/// Where a run stands.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Trajectories that are done, of all points.
    pub trajectories: u64,
    /// Jumps so far.
    pub jumps: u64,
    /// The point that is being merged.
    pub point: usize,
    /// The first bath's heat current at its last time, so far.
    pub current: Option<Estimate>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The summary, as it stands in `summary.json`.
    pub summary: Summary,
    /// Whether it was there already and nothing had to be done.
    pub already_complete: bool,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It would not fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The output folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A point that was to be solved has no exact value.
    #[error("point {point} has no exact value: {reason}")]
    NoExactValue {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Why.
        reason: String,
    },
    /// A spectrum at a frequency that the stretches of a slow model cannot resolve.
    #[error(
        "point {point}: a spectrum at the angular frequency {asked} would take too many cells in every stretch, which the \
         slowest relaxation makes long; up to {highest:.3e} can be resolved (`superjump exact` has no such bound)"
    )]
    Frequency {
        /// Its place in the sweep, from 0.
        point: usize,
        /// The highest frequency that was asked for.
        asked: f64,
        /// The highest that can be had.
        highest: f64,
    },
    /// A steady state that is out of reach.
    #[error(
        "point {point}: the least that tells a steady state takes about {jumps:.1e} jumps, beyond `steady.max_jumps` = \
         {allowed:.1e}; raise it, or have `superjump exact` solve for it"
    )]
    Budget {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Jumps of the first round.
        jumps: f64,
        /// Jumps that were allowed.
        allowed: f64,
    },
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// What a part gives.
struct PartResult {
    ensemble: Ensemble,
    rows: PartRows,
}

/// Runs the trajectories of one part.
fn run_part(point: &Point, part: Part) -> PartResult {
    let mut simulator = simulator(point);
    let mut ensemble = empty_ensemble(point);
    let mut rows = PartRows::new(point);
    for number in part.first..part.first + part.count {
        let trace = simulator.trajectory(number);
        ensemble.push(trace);
        rows.push(number, trace);
    }
    PartResult { ensemble, rows }
}

/// A task, and its result. Exact solutions are tasks like the parts, so that they run beside them.
enum Done {
    Exact(usize, ExactRoad),
    Part(u64, PartResult),
}

/// Should a task panic, the other threads must not wait for its result for ever.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Computes everything of a plan on `threads` threads and hands the parts to `sink` in the order of the plan, each
/// point's exact solution before its last part.
fn execute<E: From<rayon::ThreadPoolBuildError>>(
    plan: &Plan,
    threads: usize,
    mut sink: impl FnMut(Part, PartResult, Option<ExactRoad>) -> Result<(), E>,
) -> Result<(), E> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (next_exact, next_part) = (AtomicUsize::new(0), AtomicU64::new(0));
    let merged = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    // How far a thread may run ahead of the merge, and so how many results wait in memory.
    let ahead = 16 * threads as u64;
    let (sender, receiver) = mpsc::sync_channel(threads);

    let worker = |sender: mpsc::SyncSender<Done>| {
        let _guard = StopOnPanic(&stop);
        while !stop.load(Ordering::Relaxed) {
            // An exact solution is taken up when the parts reach its point.
            let part = next_part.load(Ordering::Relaxed);
            let reached = plan.part(part).map_or(plan.points.len(), |p| p.point + 1);
            let exact = next_exact.load(Ordering::Relaxed);
            let done = if exact < reached {
                if next_exact.compare_exchange(exact, exact + 1, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                    continue;
                }
                Done::Exact(exact, ExactRoad::new(&plan.points[exact], Effort::Beside))
            } else if part >= plan.parts() {
                return;
            } else if part >= merged.load(Ordering::Relaxed) + ahead {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            } else {
                let index = next_part.fetch_add(1, Ordering::Relaxed);
                let Some(part) = plan.part(index) else {
                    return;
                };
                Done::Part(index, run_part(&plan.points[part.point], part))
            };
            if sender.send(done).is_err() {
                return;
            }
        }
    };

    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let (sender, worker) = (sender.clone(), &worker);
            scope.spawn(move |_| worker(sender));
        }
        drop(sender);
        let mut exact: BTreeMap<usize, ExactRoad> = BTreeMap::new();
        let mut waiting: BTreeMap<u64, PartResult> = BTreeMap::new();
        let mut turn = 0;
        let mut result = Ok(());
        for done in &receiver {
            match done {
                Done::Exact(point, road) => drop(exact.insert(point, road)),
                Done::Part(index, part) => drop(waiting.insert(index, part)),
            }
            while result.is_ok() && waiting.contains_key(&turn) {
                let Some(part) = plan.part(turn) else { break };
                let last = plan.part(turn + 1).is_none_or(|next| next.point != part.point);
                if last && !exact.contains_key(&part.point) {
                    break;
                }
                let road = if last { exact.remove(&part.point) } else { None };
                let Some(done) = waiting.remove(&turn) else {
                    break;
                };
                result = sink(part, done, road);
                turn += 1;
                merged.store(turn, Ordering::Relaxed);
            }
            if result.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        result
    })
}

/// Simulates one point in memory, and solves it exactly where that can be afforded.
///
/// # Errors
/// If the threads cannot be started.
pub fn simulate(point: &Point, threads: usize) -> Result<(Ensemble, ExactRoad), RunError> {
    let plan = Plan::new(std::slice::from_ref(point));
    let mut whole = empty_ensemble(point);
    let mut exact = None;
    execute(&plan, threads, |_, part, road| {
        whole.merge(&part.ensemble);
        exact = road;
        Ok::<(), RunError>(())
    })?;
    Ok((whole, exact.expect("the last part brings the exact road")))
}

fn empty_ensemble(point: &Point) -> Ensemble {
    Ensemble::new(point.columns().len(), point.evolution.times.len(), point.recording.photons)
}

/// Runs a scenario and writes its results. What is complete already is left as it is.
///
/// # Errors
/// If the results cannot be written, or the scenario does not fit; nothing half-written is left.
pub fn run(
    scenario: &Scenario,
    options: &RunOptions,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Outcome, RunError> {
    let plan = Plan::new(&scenario.points);
    if !options.fresh
        && let Some(summary) = finished(scenario, &options.output)?
    {
        return Ok(Outcome { summary, already_complete: true });
    }
    if scenario.points.iter().any(|point| point.steady) {
        return settle(scenario, options, progress);
    }
    plan.check_memory(options.threads)?;
    let mut store = Store::create(&options.output, scenario)?;
    let started = Instant::now();
    let mut state = Progress { trajectories: 0, jumps: 0, point: 0, current: None };
    let mut ensemble: Option<Ensemble> = None;
    let mut points = Vec::with_capacity(scenario.points.len());
    progress(&state);
    execute(&plan, options.threads, |part, done, road| {
        let point = &scenario.points[part.point];
        store.write_rows(&done.rows)?;
        let whole = ensemble.get_or_insert_with(|| empty_ensemble(point));
        whole.merge(&done.ensemble);
        state.trajectories += part.count;
        state.jumps += done.ensemble.jumps;
        state.point = part.point;
        state.current = whole.on_grid(point.evolution.times.len() - 1, 0);
        if let (Some(road), Some(whole)) =
            (road, ensemble.take_if(|_| part.first + part.count == point.evolution.trajectories))
        {
            store.write_series(point, &series(point, Some(&whole), &road))?;
            points.push(PointSummary::sampled(point, &whole, &road));
        }
        progress(&state);
        Ok::<(), RunError>(())
    })?;
    let timing = Timing { seconds: started.elapsed().as_secs_f64(), jumps: state.jumps, threads: options.threads };
    let summary = Summary::new(scenario, timing, points);
    store.finish(&summary)?;
    Ok(Outcome { summary, already_complete: false })
}

/// The summary of an earlier run of the same scenario.
pub(super) fn finished(scenario: &Scenario, output: &Path) -> Result<Option<Summary>, StoreError> {
    let Some(summary) = Summary::read(output)? else {
        return Ok(None);
    };
    let same = summary.fingerprint == scenario.fingerprint() && summary.version == env!("CARGO_PKG_VERSION");
    if same {
        Ok(Some(summary))
    } else {
        Err(StoreError::Foreign { folder: output.to_owned(), difference: summary.difference(scenario) })
    }
}
