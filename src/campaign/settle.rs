//! Running a campaign to steady states: the files of a run, point after point. Rounds are kept in the folder of parts,
//! and what is there is not computed again.

use std::collections::HashMap;
use std::time::Instant;

use rayon::prelude::*;

use super::aside::aside;
use super::converge::{Relaxation, converge_with, ready};
use super::error::RunError;
use super::options::{Event, Outcome, RunOptions};
use crate::plan::Shard;
use crate::quantity::{Column, Quantity};
use crate::results::{
    Cuts, ParquetFolder, PointSummary, QuantitySummary, Sink, SteadyRun, Summary, Timing, Writer, noise_rows,
    phase_rows, quanta_rows,
};
use crate::scenario::{Asked, Point, Scenario};
use crate::solve::{Phases, SteadyRoad, Unsolved, exact_beside};
use crate::statistics::{Estimate, Statistic, Stopped};
use crate::store::{Folder, Gaps, Live, Progress, Shelf, State};

/// How slowly each point relaxes: `None` for what a shard leaves to others, and where it was stopped. Asked before the
/// first of them begins, so that what no budget reaches for is refused while nothing is written.
///
/// # Errors
/// A point that its budget does not reach for.
pub(super) fn relaxations(scenario: &Scenario, options: &RunOptions) -> Result<Vec<Option<Relaxation>>, RunError> {
    let mine = mine(scenario, options.shard);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let of_point = |point: &Point| match &point.asked {
        Asked::Converge(asked) if mine(point) => ready((point, asked), &options.stop),
        _ => Ok(None),
    };
    pool.install(|| scenario.points.par_iter().map(of_point).collect())
}

/// Which points are a shard's: those of the same physics share rounds, and so a shard.
fn mine(scenario: &Scenario, shard: Option<Shard>) -> impl Fn(&Point) -> bool + Sync {
    let mut homes = HashMap::new();
    for point in &scenario.points {
        let next = homes.len() as u64;
        homes.entry(point.id).or_insert(next);
    }
    move |point| shard.is_none_or(|Shard { index, of }| homes[&point.id] % of == index - 1)
}

/// Converges every point of a scenario and writes the results, with rounds that are kept in a folder. Interrupted, it
/// writes what there is of whole rounds, as it does where it `fills` nothing in. A shard takes every so many points, and
/// leaves their rounds to be merged.
pub(super) fn settle(
    scenario: &Scenario,
    options: &RunOptions,
    relaxations: &[Option<Relaxation>],
    (folder, fills): (&Folder, bool),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let shelf = Shelf::new(folder, if fills { Gaps::Fill } else { Gaps::End });
    let mut sink = options.shard.is_none().then(|| ParquetFolder::create(&options.output)).transpose()?;
    let sink = sink.as_mut().map(|sink| sink as &mut dyn Sink);
    let mut outcome = settle_into(scenario, options, relaxations, (sink, Some(&shelf)), report)?;
    outcome.jumps = outcome.jumps.saturating_sub(shelf.jumps());
    Ok(outcome)
}

/// The same into any sink, where there is one, and with rounds that are kept where there is a shelf.
pub(super) fn settle_into(
    scenario: &Scenario,
    options: &RunOptions,
    relaxations: &[Option<Relaxation>],
    (sink, shelf): (Option<&mut dyn Sink>, Option<&Shelf>),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let mut writer = sink.map(|sink| Writer::new(sink, scenario)).transpose()?;
    let started = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let mut points = Vec::with_capacity(scenario.points.len());
    let (mut done, mut trajectories, mut jumps) = (0, 0, 0);
    let (mut progress, mut told) = (Progress::default(), None::<Instant>);
    let leave_word = |state, progress: &Progress| {
        if let Some(shelf) = shelf {
            shelf.leave_word(&Live::now(options.shard, options.threads, state, progress));
        }
    };
    let interrupted = || options.stop.is_set();
    for (point, relaxation) in scenario.points.iter().zip(relaxations) {
        let (Asked::Converge(asked), Some(relaxation)) = (&point.asked, relaxation) else { continue };
        let bath = &point.baths()[asked.steady.bath].name;
        let unit = Quantity::HeatCurrent.unit(point.units()).to_owned();
        let run = converge_with((point, asked), *relaxation, (&pool, &options.stop, shelf), &mut |round| {
            progress = Progress {
                trajectories: trajectories + round.trajectories,
                of: trajectories + round.of,
                jumps: jumps + round.jumps,
                seconds: started.elapsed().as_secs_f64(),
                points: done,
                point: point.index,
                current: round.current,
                watched: (format!("heat current ({bath})"), unit.clone()),
                within: round.within,
                ..Progress::default()
            };
            if told.is_none_or(|told| told.elapsed() >= Live::EVERY) {
                told = Some(Instant::now());
                leave_word(State::Computing, &progress);
            }
            report(&Event::Progress(progress.clone()));
        })?;
        let notices = shelf.map(Shelf::notices).unwrap_or_default();
        notices.into_iter().for_each(|notice| report(&Event::Notice(notice)));
        if let Some(run) = run {
            done += usize::from(run.stopped_because != Stopped::Interrupted);
            trajectories += run.trajectories;
            jumps += run.jumps;
            if let Some(writer) = &mut writer {
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
                points.push(summarize(point, run, &road));
            }
        }
        if interrupted() {
            break;
        }
    }
    let state = if interrupted() { State::Interrupted } else { State::Done };
    leave_word(state, &progress);
    let mut outcome = Outcome { summary: None, already_complete: false, jumps, interrupted: interrupted() };
    if let Some(writer) = writer.filter(|_| !points.is_empty()) {
        let timing = Timing { seconds: started.elapsed().as_secs_f64(), jumps, threads: options.threads };
        let complete = done == scenario.points.len() && !outcome.interrupted;
        let summary = Summary { complete, ..Summary::new(scenario, timing, points) };
        writer.finish(&summary)?;
        outcome.summary = Some(summary);
    }
    Ok(outcome)
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
