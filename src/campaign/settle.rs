//! Running a campaign to steady states: the files of a run, point after point. Rounds are kept in the folder of parts,
//! and what is there is not computed again.

use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::aside::aside;
use super::converge::{Relaxation, converge_with, ready};
use super::error::RunError;
use super::meter::Pace;
use super::missing::Order;
use super::options::{Event, Outcome, RunOptions};
use super::standing::more_than;
use crate::quantity::{Column, Quantity};
use crate::results::{
    Correlated, Cuts, OfPairs, ParquetFolder, PointSummary, QuantitySummary, Sink, SteadyRun, Summary, Timing, Writer,
    noise_rows, phase_rows, quanta_rows,
};
use crate::scenario::{Asked, Converge, Point, Scenario};
use crate::solve::{ExactCorrelations, Phases, SteadyRoad, Unsolved, exact_beside};
use crate::statistics::{Estimate, Statistic, Stopped};
use crate::store::{Folder, Gaps, Live, Patience, Progress, Shelf, State};

/// How slowly each point relaxes: `None` where it was stopped. Asked before the first of them begins, so that what no
/// budget reaches for is refused while nothing is written.
///
/// # Errors
/// A point that its budget does not reach for.
pub(super) fn relaxations(scenario: &Scenario, options: &RunOptions) -> Result<Vec<Option<Relaxation>>, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let of_point = |point: &Point| match &point.asked {
        Asked::Converge(asked) => ready((point, asked), &options.stop),
        _ => Ok(None),
    };
    pool.install(|| scenario.points.par_iter().map(of_point).collect())
}

/// Tells how the points of a run come to their steady states.
struct Teller<'a> {
    options: &'a RunOptions,
    shelf: Option<&'a Shelf<'a>>,
    report: &'a mut dyn FnMut(&Event),
    started: Instant,
    progress: Progress,
    told: Pace,
    /// Of points that are done: how many, and what they took.
    done: usize,
    trajectories: u64,
    jumps: u64,
}

impl<'a> Teller<'a> {
    fn new(options: &'a RunOptions, shelf: Option<&'a Shelf<'a>>, report: &'a mut dyn FnMut(&Event)) -> Self {
        Teller {
            options,
            shelf,
            report,
            started: Instant::now(),
            progress: Progress::default(),
            told: Pace::default(),
            done: 0,
            trajectories: 0,
            jumps: 0,
        }
    }

    /// Brings a point to its steady state; `None` where not one round is whole.
    fn converge(
        &mut self,
        (point, asked): (&Point, &Converge),
        relaxation: Relaxation,
        pool: &ThreadPool,
    ) -> Result<Option<SteadyRun>, RunError> {
        let bath = &point.baths()[asked.steady.bath].name;
        let unit = Quantity::HeatCurrent.unit(point.units()).to_owned();
        let (shelf, stop) = (self.shelf, &self.options.stop);
        let run = converge_with((point, asked), relaxation, (pool, stop, shelf), &mut |round| {
            self.progress = Progress {
                trajectories: self.trajectories + round.trajectories,
                of: self.trajectories + round.of,
                jumps: self.jumps + round.jumps,
                parts: shelf.map_or(0, Shelf::written),
                seconds: self.started.elapsed().as_secs_f64(),
                points: self.done,
                point: point.index,
                current: round.current,
                watched: (format!("heat current ({bath})"), unit.clone()),
                within: round.within,
                ..Progress::default()
            };
            if self.told.due(Live::EVERY) {
                self.leave_word(State::Computing);
            }
            (self.report)(&Event::Progress(self.progress.clone()));
        })?;
        let notices = shelf.map(Shelf::notices).unwrap_or_default();
        notices.into_iter().for_each(|notice| (self.report)(&Event::Notice(notice)));
        Ok(run)
    }

    /// A point is through.
    fn take(&mut self, run: &SteadyRun) {
        self.done += usize::from(run.stopped_because != Stopped::Interrupted);
        self.trajectories += run.trajectories;
        self.jumps += run.jumps;
    }

    fn leave_word(&self, state: State) {
        if let Some(shelf) = self.shelf {
            shelf.leave_word(&Live::now(self.options.shard, self.options.threads, state, &self.progress));
        }
    }

    fn leave_last_word(&self) {
        self.leave_word(if self.options.stop.is_set() { State::Interrupted } else { State::Done });
    }
}

/// Computes rounds that are missing, of all points and beside whoever else does, until every point has come to its steady
/// state; leaves the merging to others.
pub(super) fn work(
    scenario: &Scenario,
    options: &RunOptions,
    folder: &Folder,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let shelf = Shelf::new(folder, Gaps::Fill).beginning_at(RandomState::new().hash_one(0) as usize);
    let mut teller = Teller::new(options, Some(&shelf), report);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let points = Order::of_worker(options.shard).sorted(scenario.points.iter().collect(), |point| point.index, |_| 0);
    let mut left = Left { points: points.into_iter().map(|point| (point, None)).collect() };
    while !left.points.is_empty() && !options.stop.is_set() {
        let before = shelf.written();
        shelf.be(Patience::Leave);
        left.pass(&mut teller, usize::MAX, &pool)?;
        if shelf.written() == before {
            // All that there is to do is with others.
            shelf.be(Patience::Wait);
            left.pass(&mut teller, 1, &pool)?;
        }
    }
    teller.leave_last_word();
    Ok(Outcome { summary: None, already_complete: false, jumps: shelf.jumps(), interrupted: options.stop.is_set() })
}

/// Points that are not through yet, with how slowly they relax, once that was asked.
struct Left<'a> {
    points: Vec<(&'a Point, Option<Relaxation>)>,
}

impl Left<'_> {
    /// Goes through so many of them once; those that come to their end leave.
    fn pass(&mut self, teller: &mut Teller, most: usize, pool: &ThreadPool) -> Result<(), RunError> {
        let mut points = std::mem::take(&mut self.points).into_iter();
        for (point, relaxation) in points.by_ref().take(most) {
            let (Asked::Converge(asked), stop) = (&point.asked, &teller.options.stop) else { continue };
            let relaxation = if relaxation.is_some() { relaxation } else { ready((point, asked), stop)? };
            let Some(known) = relaxation else { break };
            let run = teller.converge((point, asked), known, pool)?;
            match run.filter(|_| !teller.shelf.is_some_and(Shelf::was_left)) {
                Some(run) => teller.take(&run),
                None => self.points.push((point, relaxation)),
            }
            if teller.options.stop.is_set() {
                break;
            }
        }
        self.points.extend(points);
        Ok(())
    }
}

/// Converges every point of a scenario and writes the results, with rounds that are kept in a folder. Interrupted, it
/// writes what there is of whole rounds, as it does where it `fills` nothing in.
pub(super) fn settle(
    scenario: &Scenario,
    options: &RunOptions,
    relaxations: &[Option<Relaxation>],
    (folder, fills): (&Folder, bool),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let shelf = Shelf::new(folder, if fills { Gaps::Fill } else { Gaps::End });
    let mut sink = ParquetFolder::create(&options.output)?;
    let mut outcome = settle_into(scenario, options, relaxations, (&mut sink, Some(&shelf)), report)?;
    outcome.jumps = shelf.jumps();
    Ok(outcome)
}

/// The same into any sink, and with rounds that are kept where there is a shelf.
pub(super) fn settle_into(
    scenario: &Scenario,
    options: &RunOptions,
    relaxations: &[Option<Relaxation>],
    (sink, shelf): (&mut dyn Sink, Option<&Shelf>),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let mut writer = Writer::new(sink, scenario)?;
    let mut teller = Teller::new(options, shelf, report);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let mut points = Vec::with_capacity(scenario.points.len());
    let interrupted = || options.stop.is_set();
    let mut left = Left { points: scenario.points.iter().zip(relaxations.iter().copied()).collect() };
    for (point, relaxation) in scenario.points.iter().zip(relaxations) {
        let (Asked::Converge(asked), Some(relaxation)) = (&point.asked, relaxation) else { continue };
        left.points.retain(|(left, _)| left.index > point.index);
        let run = beside_others(&mut teller, (point, asked), *relaxation, &mut left, &pool)?;
        if let Some(run) = run {
            teller.take(&run);
            let solved = point.clone();
            let road = if options.exact {
                aside(&options.stop, move || exact_beside(&solved)).unwrap_or(Err(Unsolved::Interrupted))
            } else {
                Err(Unsolved::LeftOut)
            };
            if let Some(protocol) = point.protocol() {
                let exact = road.as_ref().map_or(&[][..], |road| &road.phases);
                writer.write_series(point, &phase_rows(&Phases::of(point, protocol), &run.phases, exact))?;
            }
            let exact = road.as_ref().map_or(&[][..], |road| &road.noise);
            writer.write_noise(point, &noise_rows(&run.noise, exact))?;
            let laws = road.as_ref().map_or(&[][..], |road| &road.transferred);
            writer.write_quanta(point, &quanta_rows(&run.distributions, laws))?;
            let none = ExactCorrelations::new();
            let exact = road.as_ref().map_or(&none, |road| &road.correlations);
            let pairs = run.correlated.clone();
            let sampled = pairs.as_ref().map(OfPairs::settled);
            let correlated = Correlated { point, sampled: sampled.as_ref(), exact };
            writer.write_correlations(correlated)?;
            points.push(
                summarize(point, run, &road)
                    .correlated(correlated)
                    .with_correlations_unsampled(point, sampled.is_some()),
            );
        }
        if interrupted() {
            break;
        }
    }
    teller.leave_last_word();
    let (done, jumps, started) = (teller.done, teller.jumps, teller.started);
    let mut outcome = Outcome { summary: None, already_complete: false, jumps, interrupted: interrupted() };
    if points.is_empty() {
        return Ok(outcome);
    }
    let complete = done == scenario.points.len() && !outcome.interrupted;
    // Once complete they are all that was asked for, which is no less than what was before.
    let standing = shelf.is_some() && !options.fresh && !complete;
    if let Some(more) = standing.then(|| more_than(&points, &options.output, scenario)).flatten() {
        (teller.report)(&Event::Notice(more.notice()));
        return Ok(outcome);
    }
    let timing = Timing { seconds: started.elapsed().as_secs_f64(), jumps, threads: options.threads };
    let summary = Summary { complete, ..Summary::new(scenario, timing, points) };
    writer.finish(&summary)?;
    outcome.summary = Some(summary);
    Ok(outcome)
}

/// Brings a point to its steady state. While others have all of its round in hand that is left, what is missing of the
/// points that are `left` is computed.
fn beside_others(
    teller: &mut Teller,
    (point, asked): (&Point, &Converge),
    relaxation: Relaxation,
    left: &mut Left,
    pool: &ThreadPool,
) -> Result<Option<SteadyRun>, RunError> {
    let Some(shelf) = teller.shelf else { return teller.converge((point, asked), relaxation, pool) };
    loop {
        shelf.be(Patience::Leave);
        let run = teller.converge((point, asked), relaxation, pool)?;
        if !shelf.was_left() {
            return Ok(run);
        }
        let (before, sums) = (shelf.written(), (teller.done, teller.trajectories, teller.jumps));
        left.pass(teller, usize::MAX, pool)?;
        (teller.done, teller.trajectories, teller.jumps) = sums;
        if shelf.written() == before {
            shelf.be(Patience::Wait);
            return teller.converge((point, asked), relaxation, pool);
        }
    }
}

/// The estimates of a point beside the exact values, then what is only known exactly.
fn summarize(point: &Point, run: SteadyRun, road: &Result<SteadyRoad, Unsolved>) -> PointSummary {
    let exact = road.as_ref().map_or(&[][..], |road| &road.values);
    let solved = |quantity: Quantity, bath: Option<usize>| {
        exact.iter().find(|(q, b, _)| *q == quantity.steady() && *b == bath).map(|(.., value)| *value)
    };
    let mut quantities = Vec::new();
    let mut seen = Vec::new();
    let mut push = |quantity: Quantity, bath: Option<usize>, estimate: Estimate| {
        seen.push((quantity, bath));
        quantities.push(QuantitySummary::estimated(point, quantity, bath, estimate, solved(quantity, bath)));
    };
    // By the exact weight, where there is one: estimates of what is rare are off by more than they tell.
    let cuts = Cuts::new(point, |_, column| {
        let exact = road.as_ref().map_or(&[][..], |road| &road.observables);
        let estimate = || run.observables.iter().find(|(other, _)| *other == column).map(|(_, estimate)| estimate.mean);
        exact.iter().find(|(other, _)| *other == column).map(|(_, value)| *value).or_else(estimate)
    });
    for (quantity, bath, estimate) in run.values.iter().filter(|(quantity, bath, _)| cuts.leave(*quantity, *bath)) {
        push(*quantity, *bath, *estimate);
    }
    for row in &run.noise {
        let quantity = match row.subject.statistic {
            Statistic::Noise => Quantity::Noise,
            Statistic::Fano => Quantity::Fano,
            _ => continue,
        };
        if let Some(estimate) = row.estimate {
            push(quantity, Some(row.subject.bath), estimate);
        }
    }
    let alone =
        exact.iter().filter(|(quantity, bath, _)| !seen.contains(&(*quantity, *bath)) && cuts.leave(*quantity, *bath));
    quantities.extend(alone.map(|(quantity, bath, value)| {
        QuantitySummary::exact(point, Column { quantity: *quantity, bath: *bath, observable: None }, *value)
    }));
    for (pair, estimate) in &run.heat_covariances {
        let exact = road.as_ref().ok().and_then(|road| road.heat_covariances.iter().find(|(other, _)| other == pair));
        let exact = exact.map(|(_, value)| *value);
        quantities.extend(QuantitySummary::of_pair(point, Quantity::HeatCovariance, *pair, Some(*estimate), exact));
    }
    for (column, estimate) in &run.observables {
        let exact = road.as_ref().ok().and_then(|road| road.observables.iter().find(|(other, _)| other == column));
        quantities.push(QuantitySummary::of_column(point, *column, *estimate, exact.map(|(_, value)| *value)));
    }
    let exact_refused = road.as_ref().map_or(Vec::new(), |road| road.refused.clone());
    // By the exact signs, where they are known.
    let machine = road.as_ref().ok().and_then(|road| road.machine).or(run.machine);
    let machine = machine.map(|machine| machine.words().to_owned());
    let summary = PointSummary::settled(point, run, road.as_ref().err(), quantities);
    PointSummary { exact_refused, machine, notes: cuts.notes, ..summary }
}
