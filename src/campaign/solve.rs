//! Solving a campaign: the files of a run with exact values alone.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::aside::aside;
use super::error::RunError;
use super::open::finished;
use super::options::{Event, Outcome, RunOptions};
use super::standing::refuse_exact_alone;
use crate::lindblad::{Effort, PopulationEquation, ProductEquation, Transferred};
use crate::plan::available_memory;
use crate::quantity::{Column, Quantity};
use crate::results::{
    Correlated, Cuts, OfWork, ParquetFolder, PointSummary, QuantitySummary, Rare, SeriesRow, Sink, SolvedRows, Summary,
    Timing, Writer, folded_rows, highest_exact, noise_rows, of_flows, of_protocol, phase_rows, quanta_rows,
    rare_quanta_rows, rare_rows, series,
};
use crate::scenario::{Point, Scenario};
use crate::solve::{ExactCorrelations, ExactProtocol, ExactRoad, Phases, SteadyRoad, Unsolved};
use crate::store::{Folder, Found, Role, SolvedPoints, StoreError, layout};
use crate::table::{Kind, Values};
use crate::trajectory::Interrupt;

/// What a point that was solved comes to.
#[derive(Serialize, Deserialize)]
struct Kept {
    rows: SolvedRows,
    /// As JSON, as a value of a swept key is of any kind.
    summary: String,
}

/// How it is laid out.
static LAYOUT: LazyLock<u64> = LazyLock::new(|| {
    layout(&(Kept { rows: SolvedRows::default(), summary: String::new() }, Kind::ALL.map(Values::empty)))
});

/// A point that took longer than this is kept until all are solved.
const LONG: Duration = Duration::from_millis(100);

/// One point, solved.
struct Solved {
    series: Vec<SeriesRow>,
    folded: Vec<SeriesRow>,
    highest: Vec<QuantitySummary>,
    cuts: Cuts,
    steady: Option<SteadyRoad>,
    protocol: Option<ExactProtocol>,
    correlations: ExactCorrelations,
    /// Photons by direction, where they are seen so.
    directions: Option<Vec<f64>>,
    law: Option<Transferred>,
}

/// Bytes that the solution of one level takes at most, up to a million levels: the elimination that a steady state or a
/// window of time keeps, and that of a spectrum.
const LEVEL: f64 = 2500.0;
const SPECTRUM_LEVEL: f64 = 11_000.0;

/// Bytes for an element of the density matrix of a product: some thirty entries of its generator, as they are gathered.
const ELEMENT: f64 = 2500.0;

/// Bytes to solve a point for its populations; qubits that differ, or are driven, have no more than some hundred MB.
fn memory(point: &Point) -> f64 {
    if let Some(ensembles) = point.ensembles() {
        return ProductEquation::size(ensembles.product(), ensembles.start())
            .map_or(0.0, |elements| elements * ELEMENT);
    }
    let levels =
        point.groups.iter().map(|group| PopulationEquation::states(&group.model, &group.initial)).max().unwrap_or(0);
    levels as f64 * if point.noise().frequencies.is_empty() { LEVEL } else { SPECTRUM_LEVEL }
}

/// How many points may be solved at a time on this machine, before anything is.
///
/// # Errors
/// A point that is too large to be solved, or for the memory that is free.
pub fn solvable(points: &[Point]) -> Result<usize, RunError> {
    within(points, available_memory())
}

/// The same for so many free bytes.
fn within(points: &[Point], available: f64) -> Result<usize, RunError> {
    let mut at_once = usize::MAX;
    for point in points {
        let efforts = [(point.steady().is_some(), Effort::Steady), (!point.times().is_empty(), Effort::Transient)];
        for (_, effort) in efforts.into_iter().filter(|(asked, _)| *asked) {
            ExactRoad::affordable(point, effort)
                .map_err(|reason| RunError::NoExactValue { point: point.index, reason })?;
        }
        let needed = memory(point);
        if needed > available {
            return Err(RunError::Memory { point: point.index, needed: needed / 1e9, available: available / 1e9 });
        }
        at_once = at_once.min((available / needed) as usize);
    }
    Ok(at_once)
}

/// Solves every point of a scenario and writes the results. What is complete already is left as it is. `report`
/// is told how many points are done.
///
/// # Errors
/// A point that has no exact value, a folder in which another process is at work, or results that cannot be written.
pub fn solve(scenario: &Scenario, options: &RunOptions, report: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    let complete = |summary| Outcome { summary: Some(summary), already_complete: true, jumps: 0, interrupted: false };
    let before = |report: &mut dyn FnMut(&Event)| {
        if options.fresh { Ok(None) } else { finished(scenario, options, report) }
    };
    if let Some(summary) = before(report)? {
        return Ok(complete(summary));
    }
    if !options.fresh {
        refuse_exact_alone(&options.output, scenario)?;
    }
    let at_once = solvable(&scenario.points)?.min(options.threads);
    let _folder = Folder::join(&options.output, Role::Results)?;
    // Another process may have come to the end since.
    if let Some(summary) = before(&mut |_| {})? {
        return Ok(complete(summary));
    }
    let kept = SolvedPoints::new(&options.output, scenario.fingerprint());
    if options.fresh {
        kept.clear()?;
    }
    let sink = &mut ParquetFolder::create(&options.output)?;
    let outcome = solve_into(scenario, options, at_once, (sink, Some(&kept)), report)?;
    if outcome.summary.as_ref().is_some_and(|summary| summary.complete) {
        kept.clear()?;
    }
    Ok(outcome)
}

/// Rows and summary of a point, or why it has none.
type Answer = Result<(SolvedRows, PointSummary), Unsolved>;

/// Solves a point, or finds it among those that are kept; `None` where it was stopped. `threads` are for what can be done
/// side by side in one point.
fn solve_or_find(
    point: &Point,
    stop: &Interrupt,
    kept: Option<&SolvedPoints>,
    threads: Option<Arc<ThreadPool>>,
) -> Result<Option<Answer>, StoreError> {
    if let Some(kept) = kept
        && let Found::Good(Kept { rows, summary }) = kept.read(point.index, *LAYOUT)?
        && let Ok(summary) = serde_json::from_str(&summary)
    {
        return Ok(Some(Ok((rows, summary))));
    }
    let (solved, started) = (point.clone(), Instant::now());
    let solve = move || solve_point(&solved).map(|found| (found.rows(&solved), found.summary(&solved)));
    let found = match threads {
        Some(threads) => aside(stop, move || threads.install(solve)),
        None => aside(stop, solve),
    };
    if let (Some(kept), Some(Ok((rows, summary)))) = (kept.filter(|_| started.elapsed() > LONG), &found)
        && let Ok(summary) = serde_json::to_string(summary)
    {
        kept.write(point.index, *LAYOUT, &Kept { rows: rows.clone(), summary })?;
    }
    Ok(found)
}

/// The same into any sink, so many points `at_once`. Of points that have no exact value the reason is kept, beside those
/// that have one; stopped, it keeps what is solved.
pub fn solve_into(
    scenario: &Scenario,
    options: &RunOptions,
    at_once: usize,
    (sink, kept): (&mut dyn Sink, Option<&SolvedPoints>),
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let of = scenario.points.len();
    let mut writer = Writer::new(sink, scenario)?;
    let started = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(at_once).build()?;
    // Those of few points share the threads that are left.
    let is_few = of < at_once;
    let within =
        is_few.then(|| rayon::ThreadPoolBuilder::new().num_threads(at_once).build()).transpose()?.map(Arc::new);
    let mut points = Vec::with_capacity(scenario.points.len());
    let mut failed = None;
    report(&Event::Solved { points: 0, of });
    let solve = |point: &Point| solve_or_find(point, &options.stop, kept, within.clone());
    // A few points at a time, written in order.
    for block in scenario.points.chunks(4 * options.threads) {
        let solved: Vec<_> = pool.install(|| block.par_iter().map(solve).collect());
        for (point, solved) in block.iter().zip(solved) {
            let (rows, summary) = match solved? {
                Some(Ok(solved)) => solved,
                Some(Err(reason)) => {
                    points.push(PointSummary { exact_missing: Some(reason.to_string()), ..unsolved(point) });
                    failed = failed.or(Some((point.index, reason)));
                    continue;
                }
                // Somebody waits for the end.
                None => continue,
            };
            writer.write_solved(point, rows)?;
            points.push(summary);
            report(&Event::Solved { points: points.len(), of });
        }
    }
    let interrupted = points.len() < of;
    let outcome = Outcome { summary: None, already_complete: false, jumps: 0, interrupted };
    if points.iter().all(|point| point.exact_missing.is_some()) {
        // There is nothing to keep.
        let refused = failed.filter(|_| !interrupted);
        return refused.map_or(Ok(outcome), |(point, reason)| Err(RunError::NoExactValue { point, reason }));
    }
    let timing = Timing { seconds: started.elapsed().as_secs_f64(), jumps: 0, threads: options.threads };
    let complete = failed.is_none() && !interrupted;
    let summary = Summary { complete, ..Summary::new(scenario, timing, points) };
    writer.finish(&summary)?;
    Ok(Outcome { summary: Some(summary), ..outcome })
}

impl Solved {
    fn rows(&self, point: &Point) -> SolvedRows {
        let counts =
            self.steady.as_ref().map(|steady| (noise_rows(&[], &steady.noise), quanta_rows(&[], &steady.transferred)));
        let counts = counts.or_else(|| {
            let rare = self.rare(point)?;
            Some((rare_rows(&rare), rare_quanta_rows(&rare)))
        });
        let counts = counts.as_ref().map(|(noise, quanta)| (noise.as_slice(), quanta.as_slice()));
        let rows = SolvedRows::new(point, [&self.series, &self.folded], self.protocol.as_ref(), counts);
        rows.correlated(&self.correlated(point)).directed(point, self.directions.as_deref())
    }

    fn summary(&self, point: &Point) -> PointSummary {
        let mut summary = summarize(point, self).correlated(self.correlated(point));
        if let Some(rare) = self.rare(point) {
            let (rows, notes) = rare.summary();
            summary.quantities.extend(rows);
            summary.notes.extend(notes);
        }
        summary
    }

    /// What a run under a condition says of those without.
    fn rare<'a>(&'a self, point: &'a Point) -> Option<Rare<'a>> {
        let given = point.conditions().filter(|_| point.steady().is_none())?;
        Some(Rare { point, given, reweighted: None, law: self.law.as_ref() })
    }

    fn correlated<'a>(&'a self, point: &'a Point) -> Correlated<'a> {
        Correlated { point, sampled: None, exact: &self.correlations }
    }
}

fn solve_point(point: &Point) -> Result<Solved, Unsolved> {
    let steady = point.steady().map(|_| SteadyRoad::new(point, Effort::Steady)).transpose()?;
    let (mut rows, mut folded, mut highest, mut protocol) = (Vec::new(), Vec::new(), Vec::new(), None);
    let (mut directions, mut law) = (None, None);
    let mut correlations = steady.as_ref().map_or_else(Vec::new, |steady| steady.correlations.clone());
    let mut cuts = Cuts::default();
    if let (Some(phases), Some(steady)) = (Phases::asked(point), &steady) {
        rows = phase_rows(&phases, &[], &steady.phases);
    }
    if !point.times().is_empty() {
        let road = ExactRoad::new(point, Effort::Transient);
        if let Some(reason) = road.missing() {
            return Err(reason.clone());
        }
        rows = series(point, None, &road);
        folded = folded_rows(point, None, &road);
        highest = highest_exact(point, &road);
        cuts = Cuts::of_transient(point, None, &road);
        protocol = road.protocol().cloned();
        directions = road.directions().map(<[f64]>::to_vec);
        law = road.law().cloned();
        // Each begins in the steady state or at a time.
        correlations.resize(road.correlations().len(), None);
        for (known, along) in correlations.iter_mut().zip(road.correlations()) {
            *known = known.take().or_else(|| along.clone());
        }
    }
    Ok(Solved { series: rows, folded, highest, cuts, steady, protocol, correlations, directions, law })
}

/// A point without values.
fn unsolved(point: &Point) -> PointSummary {
    PointSummary::solved(point, Some(point.until()).filter(|_| point.steady().is_none()), Vec::new())
}

/// The quantities of the steady state where it is asked for, of the last time otherwise.
fn summarize(point: &Point, solved: &Solved) -> PointSummary {
    if let Some(steady) = &solved.steady {
        let row = |(quantity, bath, value): &(Quantity, Option<usize>, f64)| {
            QuantitySummary::exact(point, Column { quantity: *quantity, bath: *bath, observable: None }, *value)
        };
        let observables =
            steady.observables.iter().map(|(column, value)| QuantitySummary::exact(point, *column, *value));
        let pairs = steady.heat_covariances.iter();
        let of_pair = |(pair, value): &([usize; 2], f64)| {
            QuantitySummary::of_pair(point, Quantity::HeatCovariance, *pair, None, Some(*value))
        };
        let of_pairs = pairs.filter_map(of_pair);
        let at_rest = |column| steady.observables.iter().find(|(own, _)| *own == column).map(|(_, value)| *value);
        let by_phase = |column| {
            solved.series.iter().filter(|row| row.column() == column).filter_map(|row| row.exact).reduce(f64::max)
        };
        let weight = |_, column| at_rest(column).or_else(|| by_phase(column));
        let cuts = Cuts::new(point, weight);
        let values = steady.values.iter().filter(|(quantity, bath, _)| cuts.leave(*quantity, *bath));
        let quantities = values.map(row).chain(of_pairs).chain(observables).collect();
        let machine = steady.machine.map(|machine| machine.words().to_owned());
        let notes = cuts.notes;
        return PointSummary { exact_refused: steady.refused.clone(), machine, notes, quantities, ..unsolved(point) };
    }
    let last = point.until();
    let booked = |quantity: Quantity| quantity.is_booked() && point.protocol().is_some();
    let rows = solved.series.iter().filter(|row| row.time == last && !booked(row.quantity));
    let quantities =
        rows.clone().filter_map(|row| row.exact.map(|value| QuantitySummary::exact(point, row.column(), value)));
    let OfWork { quantities: of_work, machine, notes } = match point.protocol() {
        Some(protocol) => of_protocol(point, protocol, None, solved.protocol.as_ref()),
        None => {
            let columns = point.columns();
            let exact = |column: usize| rows.clone().find(|row| row.column() == columns[column])?.exact;
            of_flows(point, None, exact)
        }
    };
    let quantities = of_work.into_iter().chain(quantities).chain(solved.highest.clone()).collect();
    let notes = notes.into_iter().chain(solved.cuts.notes.clone()).collect();
    PointSummary { quantities, machine, notes, ..unsolved(point) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};

    fn scenario(extra: &str) -> Scenario {
        let text = format!(
            "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[steady]\n{extra}[sweep]\n\"qubits.number\" = [3, 400]"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default()).unwrap()
    }

    #[test]
    fn as_many_points_at_a_time_as_memory_holds() {
        // 400 qubits have 40,401 levels: 0.1 GB, and four times as much with a spectrum.
        let plain = scenario("").points;
        assert_eq!(within(&plain, 1e9).unwrap(), 9);
        assert_eq!(within(&plain, 1.5e8).unwrap(), 1);
        let refused = within(&plain, 1e8).unwrap_err();
        assert!(matches!(refused, RunError::Memory { point: 1, .. }), "{refused}");
        assert_eq!(within(&scenario("[noise]\nfrequencies = [1.0]\n").points, 1e9).unwrap(), 2);
        // Where the system does not say what is free.
        assert_eq!(within(&plain, f64::INFINITY).unwrap(), usize::MAX);
    }

    #[test]
    fn a_mode_has_its_steady_means_and_its_cut_is_told_of() {
        let of = |levels: i64, temperature: f64| {
            let text = format!(
                "[[mode]]\nname = \"c\"\nlevels = {levels}\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\non = [\"c\"]\n\
                 rate = 1.0\ntemperature = {temperature}\n[observe]\nn6 = \"c.n^6\"\n[steady]\n"
            );
            let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default()).unwrap();
            let point = &scenario.points[0];
            summarize(point, &solve_point(point).unwrap())
        };
        // p(n) ~ x^n, however small beside what 300 levels could hold.
        let known = of(300, 0.33);
        let x = (-1.0_f64 / 0.33).exp();
        let closed: f64 = (0..300).map(|n| f64::from(n).powi(6) * x.powi(n) * (1.0 - x)).sum();
        let n6 = known.quantities.iter().find(|row| row.quantity == "n6").unwrap().exact.unwrap();
        assert!((n6 / closed - 1.0).abs() < 1e-9, "{n6} {closed}");
        assert!(known.notes.is_empty(), "{:?}", known.notes);
        assert!(of(6, 2.0).notes[0].contains("the highest of the 6 levels of mode c has a weight of up to"));
    }
}
