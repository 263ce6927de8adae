//! Running a campaign to steady states: the files of a run, point after point.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::converge::{SteadyRun, converge, exact_beside};
use super::input::{Point, Scenario};
use super::progress::Progress;
use super::run::{Event, Outcome, RunError, RunOptions};
use super::steady::SteadyRoad;
use super::store::Store;
use super::summary::{PointSummary, QuantitySummary, Summary, Timing};
use super::tables::noise_rows;
use crate::quantity::Quantity;
use crate::statistics::{Estimate, Statistic};

/// Converges every point of a scenario and writes the results. Interrupted, it writes what there is of whole rounds.
pub(super) fn settle(
    scenario: &Scenario,
    options: &RunOptions,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    if options.shard.is_some() {
        return Err(RunError::Shards);
    }
    let mut store = Store::create(&options.output, scenario)?;
    let started = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let mut points = Vec::with_capacity(scenario.points.len());
    let (mut trajectories, mut jumps) = (0, 0);
    for point in &scenario.points {
        let bath = &point.baths()[point.accuracy.bath].name;
        let unit = Quantity::HeatCurrent.unit(point.units()).to_owned();
        let run = converge(point, &pool, &options.stop, &mut |round| {
            report(&Event::Progress(Progress {
                trajectories: trajectories + round.trajectories,
                of: trajectories + round.of,
                jumps: jumps + round.jumps,
                seconds: started.elapsed().as_secs_f64(),
                points: points.len(),
                point: point.index,
                current: round.current,
                watched: (format!("heat current ({bath})"), unit.clone()),
                ..Progress::default()
            }));
        })?;
        let Some(run) = run else { break };
        let road = exact_beside(point);
        let exact = road.as_ref().map_or(&[][..], |road| &road.noise);
        store.write_noise(point, &noise_rows(&run.noise, exact))?;
        trajectories += run.trajectories;
        jumps += run.jumps;
        points.push(summarize(point, run, &road));
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let interrupted = options.stop.load(Ordering::Relaxed);
    if points.is_empty() {
        return Ok(Outcome { summary: None, already_complete: false, jumps, interrupted });
    }
    let timing = Timing { seconds: started.elapsed().as_secs_f64(), jumps, threads: options.threads };
    let complete = points.len() == scenario.points.len() && !interrupted;
    let summary = Summary { complete, ..Summary::new(scenario, timing, points) };
    store.finish(&summary)?;
    Ok(Outcome { summary: Some(summary), already_complete: false, jumps, interrupted })
}

/// The estimates of a point beside the exact values, then what is only known exactly.
fn summarize(point: &Point, run: SteadyRun, road: &Result<SteadyRoad, String>) -> PointSummary {
    let exact = road.as_ref().map_or(&[][..], |road| &road.values);
    let solved = |quantity: Quantity, bath: Option<usize>| {
        // Estimators of the same current.
        let of = match quantity {
            Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts | Quantity::HeatCurrentBalance => {
                Quantity::HeatCurrent
            }
            other => other,
        };
        exact.iter().find(|(q, b, _)| *q == of && *b == bath).map(|(.., value)| *value)
    };
    let mut quantities = Vec::new();
    let mut seen = Vec::new();
    let mut push = |quantity: Quantity, bath: Option<usize>, estimate: Estimate| {
        seen.push((quantity, bath));
        quantities.push(QuantitySummary::estimated(point, quantity, bath, estimate, solved(quantity, bath)));
    };
    for (quantity, bath, estimate) in &run.values {
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
    let alone = exact.iter().filter(|(quantity, bath, _)| !seen.contains(&(*quantity, *bath)));
    quantities.extend(alone.map(|(quantity, bath, value)| QuantitySummary::exact(point, *quantity, *bath, *value)));
    PointSummary::settled(point, run, road.as_ref().err().cloned(), quantities)
}
