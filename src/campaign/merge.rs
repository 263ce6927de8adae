//! The fold of parts, in the order of the plan, to averages, tables and the summary. It streams: parts are read a few at
//! a time, and one point's averages are held.

use std::iter::Peekable;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::compute::{Exacts, run_block, solve_beside};
use super::error::RunError;
use super::options::Event;
use super::standing::more_than;
use crate::plan::{Part, Plan};
use crate::results::{
    Correlated, OfPairs, PointSummary, Rare, Sampled, Sink, Summary, Timing, Writer, folded_rows, rare_quanta_rows,
    rare_rows, series,
};
use crate::scenario::Scenario;
use crate::solve::{ExactRoad, Unsolved};
use crate::statistics::Stopped;
use crate::store::{Averages, Found, PartResult, Parts, StoredPart};
use crate::table::ROW_GROUP;
use crate::trajectory::Interrupt;

/// What to do about what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Compute it.
    Fill,
    /// Leave it out, and call the result partial; exact values are solved for all the same.
    Leave,
    /// Leave out exact values too: somebody waits for the end.
    Hurry,
}

/// How to merge.
pub struct How<'a> {
    pub gaps: Gaps,
    pub threads: usize,
    /// Once it is set, nothing more is computed or solved.
    pub stop: &'a Interrupt,
    /// When the run began.
    pub started: Instant,
    /// A folder whose results stay, where they are whole and these would be of fewer trajectories.
    pub standing: Option<&'a Path>,
}

impl How<'_> {
    fn gaps(&self) -> Gaps {
        if self.stop.is_set() { Gaps::Hurry } else { self.gaps }
    }
}

/// Whether a point has enough trajectories, and why. Asked after every part, in order: the ends of parts are preset, so
/// that the answer depends on neither threads nor machines.
fn rule(trajectories: u64, averages: &Averages) -> Option<Stopped> {
    (averages.ensemble.trajectories() >= trajectories).then_some(Stopped::Trajectories)
}

/// A part that was read, or computed in its place; what is to be said of it.
type Loaded = (Option<StoredPart>, Option<String>);

/// Folds the parts of a scenario and writes its results; `None` where there is not one part.
pub fn merge(
    scenario: &Scenario,
    (sink, parts): (&mut dyn Sink, &dyn Parts),
    mut roads: Exacts,
    how: &How,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<Summary>, RunError> {
    let plan = Plan::new(&scenario.points);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(how.threads).build()?;
    let mut writer = Writer::new(sink, scenario)?;
    let mut points = Vec::new();
    let (mut jumps, mut complete) = (0, true);

    let mut averages: Option<Averages> = None;
    let mut left = plan.in_order().peekable();
    let mut merged = 0;
    let most = parts_at_once(scenario, how.threads);
    while left.peek().is_some() {
        let window = window(&mut left, most, how.threads);
        let load = |part: &Part| load(&plan, *part, parts, how, &roads);
        let loaded: Vec<Result<Loaded, RunError>> = pool.install(|| window.par_iter().map(load).collect());
        for (part, loaded) in window.iter().zip(loaded) {
            let (stored, notice) = loaded?;
            if let Some(notice) = notice {
                report(&Event::Notice(notice));
            }
            let point = &scenario.points[part.point];
            let asked = point.trajectories();
            if let Some(stored) = stored {
                averages.get_or_insert_with(|| Averages::new(point)).merge(&stored.averages);
                let exact = roads[part.point].get().and_then(ExactRoad::protocol);
                pool.install(|| writer.write_rows(point, stored, exact))?;
            }
            merged += 1;
            report(&Event::Merging { parts: merged, of: plan.parts() });
            if part.first + part.count < asked {
                continue;
            }
            // The last part of its point.
            let road = roads[part.point].take().unwrap_or_else(|| ExactRoad::unsolved(Unsolved::Interrupted));
            let stopped = averages.as_ref().and_then(|averages| rule(asked, averages));
            complete &= stopped.is_some() && road.missing() != Some(&Unsolved::Interrupted);
            if let Some(Averages { ensemble, booked, flows, folded, reweighted, correlations, seen }) = averages.take()
            {
                let (booked, stopped) = (booked.as_ref(), stopped.unwrap_or(Stopped::Interrupted));
                jumps += ensemble.jumps;
                writer.write_series(point, &series(point, Some(&ensemble), &road))?;
                writer.write_booked(point, booked, road.protocol())?;
                let folded = folded.as_ref().map(|folded| (folded, &ensemble));
                writer.write_folded(point, &folded_rows(point, folded, &road))?;
                if let Some(given) = point.conditions() {
                    let rare = Rare { point, given, reweighted: reweighted.as_ref(), law: road.law() };
                    writer.write_quanta(point, &rare_quanta_rows(&rare))?;
                    writer.write_noise(point, &rare_rows(&rare))?;
                }
                let pairs = correlations.map(OfPairs::along);
                let correlated = Correlated { point, sampled: pairs.as_ref(), exact: road.correlations() };
                writer.write_correlations(correlated)?;
                writer.write_directions(point, seen.as_ref(), road.directions())?;
                let flows = flows.as_ref().map(|flows| &flows.together);
                let averages = Sampled { ensemble: &ensemble, booked, flows, reweighted: reweighted.as_ref() };
                let summary = PointSummary::sampled(point, &averages, &road, stopped);
                points.push(summary.correlated(correlated));
            }
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    if let Some((folder, more)) = how.standing.and_then(|folder| Some((folder, more_than(&points, folder, scenario)?)))
    {
        if complete {
            return Err(more.refused(folder).into());
        }
        report(&Event::Notice(more.notice()));
        return Ok(None);
    }
    let timing = Timing { seconds: how.started.elapsed().as_secs_f64(), jumps, threads: how.threads };
    let summary = Summary { complete, ..Summary::new(scenario, timing, points) };
    pool.install(|| writer.finish(&summary))?;
    Ok(Some(summary))
}

/// How many parts are in memory at once, at most: fewer where each is large.
fn parts_at_once(scenario: &Scenario, threads: usize) -> usize {
    let first = &scenario.points[0];
    let large = first.recording.jumps || first.times().len() > 10_000;
    threads * if large { 1 } else { 16 }
}

/// The next parts to read together: as many as are allowed, and no more trajectories than the memory holds easily, one
/// large part for each thread.
fn window(parts: &mut Peekable<impl Iterator<Item = Part>>, most: usize, threads: usize) -> Vec<Part> {
    let mut window: Vec<Part> = Vec::new();
    let mut trajectories = 0;
    let enough = ROW_GROUP as u64 * threads.div_ceil(2) as u64;
    while let Some(part) = parts.next_if(|_| window.len() < most && trajectories < enough) {
        trajectories += part.count;
        window.push(part);
    }
    window
}

fn load(plan: &Plan, part: Part, parts: &dyn Parts, how: &How, roads: &Exacts) -> Result<Loaded, RunError> {
    let point = &plan.points[part.point];
    // The rows of a protocol are held against exact values, averages are at the end.
    let due = part.first + part.count == point.trajectories() || (part.first == 0 && point.protocol().is_some());
    if due && how.gaps() != Gaps::Hurry && roads[part.point].get().is_none() {
        let solved = solve_beside(point, how.stop);
        solved.into_iter().for_each(|road| drop(roads[part.point].set(road)));
    }
    let (stored, notice) = match parts.read(point, part)? {
        Found::Good(stored) => return Ok((Some(stored), None)),
        Found::Missing => (None, None),
        Found::SetAside(notice) => (None, Some(notice)),
    };
    if how.gaps() != Gaps::Fill {
        return Ok((stored, notice));
    }
    let mut whole = PartResult::new(point);
    for block in plan.blocks(part) {
        let Some(result) = run_block(point, block, how.stop) else { return Ok((stored, notice)) };
        whole.merge(result);
    }
    parts.write(point, part, &whole)?;
    match parts.read(point, part)? {
        Found::Good(stored) => Ok((Some(stored), notice)),
        Found::Missing => Err(RunError::Damaged("a part that was just written is gone".to_owned())),
        Found::SetAside(notice) => Err(RunError::Damaged(notice)),
    }
}
