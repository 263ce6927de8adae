//! The steady state of a point from trajectories: rounds of preset sizes until the stop rule is satisfied.
//!
//! A round is one task for each group of a jackknife, folded in the order of the groups: the result is a function of the
//! point and the seed, whatever the number of threads.

mod beside;
mod counted;
mod cycles;
mod forecast;
mod key;
mod machine;
mod members;
mod outcome;
mod passes;
mod protocol;
mod refusals;
mod rounds;

use rayon::ThreadPool;

use super::aside::aside;
use super::error::RunError;
use crate::group::Group;
use crate::quantity::Column;
use crate::results::{RelaxationFrom, SteadyRun};
use crate::scenario::{Asked, Converge, Point};
use crate::statistics::{Counted, Estimator, Evidence, GROUPS, Protocol, Replicas, StopRule, Sums, off_plateau};
use crate::store::{Shelf, layout};
use crate::trajectory::Interrupt;

pub use forecast::{Forecast, forecast};
use key::protocol_key;
use members::{OverTime, Trajectories, columns, estimators, trajectories};
use outcome::Ending;
pub(super) use protocol::Relaxation;
use protocol::{Schedule, entropy, is_conserved, jumps_bound, least_work, relaxation_unless, schedule};
pub use rounds::Standing;
use rounds::{ATTEMPT, Ended, PILOT, Place, Rounds, SURPRISE, Sampler};

/// The most cells of a Fourier sum in a stretch.
const CELLS: f64 = 4_194_304.0;
/// Jumps of the shortest pilot, at most.
const SHORT_PILOT: f64 = 1e5;
/// How far off its plateau, in standard errors, noise may be before an estimated relaxation time gives way (false
/// positives: 3e-3 a look, which cost longer trajectories and nothing else), and to how many times as long.
const OFF_PLATEAU: f64 = 3.0;
const LONGER: f64 = 4.0;

/// Runs a point to its steady state on a pool of threads, or until it is told to stop: the round in hand is dropped then,
/// and there is nothing before the first is complete.
///
/// # Errors
/// A point that is asked for something else, a frequency that would take too many cells, or a budget that does not reach
/// for the first round.
pub fn converge(
    point: &Point,
    pool: &ThreadPool,
    stop: &Interrupt,
    progress: &mut dyn FnMut(&Standing),
) -> Result<Option<SteadyRun>, RunError> {
    let Asked::Converge(asked) = &point.asked else { return Err(RunError::NotToConverge { point: point.index }) };
    let Some(relaxation) = ready((point, asked), stop)? else { return Ok(None) };
    converge_with((point, asked), relaxation, (pool, stop, None), progress)
}

/// How slowly a point relaxes, where its budget reaches for the first round; `None` where that was interrupted.
///
/// # Errors
/// As [`converge`].
pub(super) fn ready((point, asked): (&Point, &Converge), stop: &Interrupt) -> Result<Option<Relaxation>, RunError> {
    if let Some(protocol) = point.protocol() {
        return cycles::relaxation(point, protocol, stop);
    }
    let Some(found) = relaxation_unless(stop, point) else { return Ok(None) };
    let protocol = schedule(point, asked, found.0, None).protocol;
    affordable((point, asked), &protocol, &*trajectories(point, &columns(point)), stop)?;
    Ok(Some(found))
}

/// The same for a point that is [`ready`], with rounds that are kept: what is there is not computed again.
pub(super) fn converge_with(
    (point, asked): (&Point, &Converge),
    (mut time, mut from): Relaxation,
    place: Place,
    progress: &mut dyn FnMut(&Standing),
) -> Result<Option<SteadyRun>, RunError> {
    if let Some(protocol) = point.protocol() {
        return cycles::converge((point, protocol, asked), (time, from), place, progress);
    }
    let columns = columns(point);
    let trajectories = trajectories(point, &columns);
    let solved = point.clone();
    let Some(entropy) = aside(place.1, move || entropy(&solved)) else { return Ok(None) };
    let mut spent = 0;
    for attempt in place.2.map_or(0, Shelf::first_attempt).. {
        let plan = schedule(point, asked, time, entropy.as_ref());
        let Schedule { protocol, too_short, .. } = &plan;
        if attempt > 0 {
            affordable((point, asked), protocol, &*trajectories, place.1)?;
        }
        let rule = StopRule {
            target: asked.accuracy.target,
            confidence: asked.accuracy.confidence,
            bath: asked.steady.bath,
            estimators: judged(asked, &columns),
            relaxation_time: time,
            stretch: protocol.stretch(),
            conserved: is_conserved(point),
            evidence: evidence(point, asked.steady.bath),
            bound: point.steady_current_bound(),
        };
        let first = attempt * ATTEMPT;
        let key = protocol_key(point, protocol, &columns, first);
        let sampler = OverTime { point, trajectories: &*trajectories, protocol };
        let layout = layout(&sampler.empty());
        let rounds = Rounds { sampler: &sampler, budget: &asked.budget, rule: &rule, first, key, layout, place };
        // What was only estimated gives way to what is seen.
        let surprise = |replicas: &Replicas, groups: &[Sums]| {
            if from == RelaxationFrom::Exact || rule.conserved || attempt >= 20 {
                return None;
            }
            let seen = replicas.agreement(protocol.stretch()).map_or(0.0, |a| a.autocorrelation_time);
            // What is left of a current that is known to be none says nothing about time.
            let known = rule.is_known() && rule.judge(replicas).met();
            if seen > SURPRISE * time && !known {
                return Some(SURPRISE * seen);
            }
            // Counts may remember for longer than the current shows, among all that is faster in it.
            let again = replicas.jumps as f64 / replicas.count() as f64 * LONGER * GROUPS as f64;
            let reach = (spent + replicas.jumps) as f64 + again <= asked.budget.jumps;
            (reach && off_plateau(groups, protocol) > OFF_PLATEAU).then_some(LONGER * time)
        };
        match rounds.run(progress, *too_short, spent, surprise)? {
            Ended::Slower { time: slower, jumps } => {
                (time, from) = (slower, RelaxationFrom::Data);
                spent += jumps;
            }
            Ended::Nothing => return Ok(None),
            Ended::Done(done) => {
                let (schedule, columns) = (&plan, &columns);
                let ending =
                    Ending { point, asked, columns, schedule, relaxation: (time, from), known: rule.is_known() };
                return Ok(Some(ending.steady_run(*done)));
            }
        }
    }
    unreachable!("attempts end when the last of them is not asked for a surprise")
}

/// What the spread of the current of a bath rests on.
fn evidence(point: &Point, bath: usize) -> Evidence {
    let exchanges = |group: &Group| group.model.baths[bath].down + group.model.baths[bath].up > 0.0;
    match point.groups.iter().any(exchanges) {
        _ if !point.facts().counts_collective => Evidence::LocalJumps,
        true => Evidence::Quanta,
        false => Evidence::Jumps,
    }
}

/// The estimators that the error is asked of. Controls make a current known long before its noise: where that is asked
/// for, they do not end the run.
fn judged(asked: &Converge, columns: &[Column]) -> Vec<Estimator> {
    let all = estimators(columns, asked.steady.bath);
    all.into_iter().filter(|estimator| !estimator.controlled || asked.steady.noise.baths.is_empty()).collect()
}

/// Refuses what one stretch, or the first round of them, cannot afford.
fn affordable(
    (point, asked): (&Point, &Converge),
    protocol: &Protocol,
    trajectories: &dyn Trajectories,
    stop: &Interrupt,
) -> Result<(), RunError> {
    if protocol.cells() > CELLS {
        let highest = CELLS / protocol.stretch() / 2.0;
        let frequency = protocol.counted.frequencies.last().copied().unwrap_or(0.0);
        return Err(RunError::Frequency { point: point.index, asked: frequency, highest });
    }
    let (whole, allowed) = (protocol.warm_up + protocol.stretch(), asked.budget.jumps);
    let groups = GROUPS as f64;
    let ends = groups * protocol.ends();
    if ends > allowed {
        return Err(RunError::Windows { point: point.index, ends, allowed });
    }
    let least = groups * least_work(point, whole);
    if least > allowed {
        return Err(RunError::Budget { point: point.index, jumps: least, allowed });
    }
    // A trajectory of a sixty-fourth of the length, from a stream that is not used again; before it ever longer first
    // parts of one, so that none is followed that is hopeless. As far as there is time: it decides of no result.
    let stop = stop.after(PILOT);
    let longest = (GROUPS as f64).recip();
    let halvings = (jumps_bound(point, longest * whole) / SHORT_PILOT).log2().ceil().clamp(0.0, 4000.0) as i32;
    for halving in (0..=halvings).rev() {
        // In two factors, as a length may be shorter than the shortest share.
        let part = |length: f64| length * longest * 0.5_f64.powi(halving / 2) * 0.5_f64.powi(halving - halving / 2);
        let pilot = Protocol {
            warm_up: part(protocol.warm_up),
            window: part(protocol.window),
            counted: Counted::default(),
            sectors: false,
            conserved: false,
            entropy: None,
            beside: None,
            ..protocol.clone()
        };
        let (replicas, _) = trajectories.run(&pilot, &mut std::iter::once(u64::MAX), &stop);
        if replicas.count() == 0 {
            break;
        }
        let jumps = replicas.jumps as f64 * (GROUPS * GROUPS) as f64;
        if jumps > allowed {
            return Err(RunError::Budget { point: point.index, jumps: jumps * 2.0_f64.powi(halving), allowed });
        }
    }
    Ok(())
}
