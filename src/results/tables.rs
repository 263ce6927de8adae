//! The columns of the result tables, but for the point and the swept keys, which stand before those of each.

use std::collections::{HashMap, HashSet};

use super::cuts::Cuts;
use super::rare::Rare;
use super::summary::PointSummary;
use crate::lindblad::Transferred;
use crate::model::protocol::{Entry, Protocol};
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::solve::{ExactNoise, ExactProtocol, ExactRoad, Phases};
use crate::statistics::{Booked, Distribution, Ensemble, Estimate, Moments, NoiseEstimate, OfCycle, Subject};
use crate::table::{Field, Kind, Values};
use crate::trajectory::Engine;
use crate::units::Units;

/// The fields of `series.parquet`.
pub fn series_fields() -> Vec<Field> {
    vec![
        Field::new("time", Kind::Number),
        Field::new("quantity", Kind::Word),
        Field::new("bath", Kind::OptionalWord),
        Field::new("mean", Kind::OptionalNumber),
        Field::new("std_error", Kind::OptionalNumber),
        Field::new("exact", Kind::OptionalNumber),
    ]
}

/// The fields of `folded.parquet`.
pub fn folded_fields() -> Vec<Field> {
    let mut fields = series_fields();
    fields[0].name = "phase".to_owned();
    fields
}

/// A row of `series.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRow {
    /// The time.
    pub time: f64,
    /// What.
    pub quantity: Quantity,
    /// Index of the bath.
    pub bath: Option<usize>,
    /// Which of the observables of ensembles and modes.
    pub observable: Option<usize>,
    /// The mean over trajectories, where there are any.
    pub estimate: Option<Estimate>,
    /// The exact value.
    pub exact: Option<f64>,
}

impl SeriesRow {
    /// What it is a row of.
    #[must_use]
    pub fn column(&self) -> Column {
        Column { quantity: self.quantity, bath: self.bath, observable: self.observable }
    }
}

/// The rows of a point in the order of time, from the trajectories (if any) and the exact road. A sample without an
/// interval before it has no averages.
pub fn series(point: &Point, ensemble: Option<&Ensemble>, road: &ExactRoad) -> Vec<SeriesRow> {
    let times = point.times();
    let columns = point.columns();
    let cuts = Cuts::of_transient(point, ensemble, road);
    let told = |column: &Column| cuts.leave(column.quantity, column.bath);
    let cells = (0..times.len()).flat_map(|sample| columns.iter().enumerate().map(move |cell| (sample, cell)));
    cells
        .filter(|(_, (_, column))| told(column))
        .filter_map(|(sample, (index, column))| {
            let estimate = ensemble.and_then(|ensemble| ensemble.on_grid(sample, index));
            let exact = road.on_grid(sample, index);
            // With trajectories, what they have no value for is no row; without, what the exact road has none for.
            let present = if ensemble.is_some() { estimate.is_some() } else { exact.is_some() };
            let Column { quantity, bath, observable } = *column;
            present.then_some(SeriesRow { time: times[sample], quantity, bath, observable, estimate, exact })
        })
        .collect()
}

/// The rows of averages over all cycles that times reach, by phase: `time` is that since the start of a cycle, and so
/// long what is booked counts. None where times do not fold.
pub fn folded_rows(point: &Point, sampled: Option<(&Moments, &Ensemble)>, road: &ExactRoad) -> Vec<SeriesRow> {
    let Some(fold) = point.fold() else { return Vec::new() };
    let columns = point.columns();
    let told = sampled.is_none_or(|(_, ensemble)| ensemble.has_jumped_enough());
    // Where no time is at the end of a cycle, the intervals that end at the first phase are not alike.
    let closes = point.protocol().is_some_and(|protocol| fold.closes(protocol.period()));
    let exact = |phase: usize, (index, column): (usize, Column)| -> Option<f64> {
        let (mut sum, mut before) = (0.0, 0.0);
        for cycle in 0..fold.cycles {
            sum += road.on_grid(fold.sample(cycle, phase), index)? - before;
            if let Some(entry) = column.entry() {
                before += road.protocol()?.averages.cycles[cycle].booked.mean(entry)?;
            }
        }
        Some(sum / fold.cycles as f64)
    };
    let phases = fold.phases.iter().enumerate();
    let cells = phases.flat_map(|phase| columns.iter().copied().enumerate().map(move |column| (phase, column)));
    let row = |((phase, time), (index, column)): ((usize, &f64), (usize, Column))| {
        if phase == 0 && !closes && column.quantity.is_of_interval() {
            return None;
        }
        let estimate = sampled.and_then(|(folded, _)| folded.estimate(phase * columns.len() + index));
        let estimate = estimate.map(|e| Estimate { std_error: e.std_error.filter(|_| told), ..e });
        let of_chance = |(folded, ensemble): (&Moments, &Ensemble), error: &f64| {
            let resolution = &ensemble.resolutions().columns[index];
            !resolution.by_process || resolution.is_above_unseen(*error, folded.count())
        };
        let of_chance = |error: &f64| sampled.is_none_or(|sampled| of_chance(sampled, error));
        let estimate = estimate.map(|e| Estimate { std_error: e.std_error.filter(of_chance), ..e });
        let exact = exact(phase, (index, column));
        let known = estimate.is_some() || exact.is_some();
        let Column { quantity, bath, observable } = column;
        known.then_some(SeriesRow { time: *time, quantity, bath, observable, estimate, exact })
    };
    cells.filter_map(row).collect()
}

/// The rows over the phase of a limit cycle, from the trajectories (if any) and the exact values (if any).
pub fn phase_rows(phases: &Phases, estimates: &[Option<Estimate>], exact: &[f64]) -> Vec<SeriesRow> {
    let cells = phases.times.iter().flat_map(|time| phases.columns.iter().map(move |column| (*time, *column)));
    let row = |(cell, (time, Column { quantity, bath, observable })): (usize, (f64, Column))| {
        let estimate = estimates.get(cell).copied().flatten();
        let exact = exact.get(cell).copied().filter(|value| value.is_finite());
        let present = if estimates.is_empty() { exact.is_some() } else { estimate.is_some() };
        present.then_some(SeriesRow { time, quantity, bath, observable, estimate, exact })
    };
    cells.enumerate().filter_map(row).collect()
}

/// The columns of these rows, in the order of [`series_fields`].
pub fn series_columns(point: &Point, rows: &[SeriesRow]) -> Vec<Values> {
    let name = |row: &SeriesRow| row.bath.map(|bath| point.baths()[bath].name.as_str());
    vec![
        Values::numbers(rows.iter().map(|row| row.time)),
        Values::words(rows.iter().map(|row| point.called(row.column()))),
        Values::optional_words(rows.iter().map(name)),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
    ]
}

/// The fields of `noise.parquet`.
pub fn noise_fields() -> Vec<Field> {
    let mut fields = vec![
        Field::new("statistic", Kind::Word),
        Field::new("bath", Kind::OptionalWord),
        Field::new("other_bath", Kind::OptionalWord),
    ];
    fields.extend(["argument", "estimate", "std_error", "exact"].map(|name| Field::new(name, Kind::OptionalNumber)));
    fields.push(Field::new("unit", Kind::Word));
    fields
}

/// A row of `noise.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseRow {
    /// What it is about.
    pub subject: Subject,
    /// From trajectories, where there are any and it was not refused.
    pub estimate: Option<Estimate>,
    /// The exact value.
    pub exact: Option<f64>,
}

/// The rows of a point: what was estimated, each beside its exact value, then what was solved for alone.
pub fn noise_rows(estimates: &[NoiseEstimate], exact: &[ExactNoise]) -> Vec<NoiseRow> {
    let values: HashMap<_, f64> = exact.iter().map(|e| (e.subject.key(), e.value)).collect();
    let solved = |subject: &Subject| values.get(&subject.key()).copied();
    let sampled = estimates.iter().map(|NoiseEstimate { subject, estimate }| NoiseRow {
        subject: *subject,
        estimate: *estimate,
        exact: solved(subject),
    });
    let seen: HashSet<_> = estimates.iter().map(|sampled| sampled.subject.key()).collect();
    let alone = exact.iter().filter(|e| !seen.contains(&e.subject.key()));
    let alone = alone.map(|e| NoiseRow { subject: e.subject, estimate: None, exact: Some(e.value) });
    sampled.chain(alone).collect()
}

/// The columns of these rows, in the order of [`noise_fields`].
pub fn noise_columns(point: &Point, rows: &[NoiseRow]) -> Vec<Values> {
    let name = |bath: usize| point.counted(bath);
    vec![
        Values::words(rows.iter().map(|row| row.subject.statistic.name())),
        Values::optional_words(
            rows.iter().map(|row| (!row.subject.statistic.is_of_all_baths()).then(|| name(row.subject.bath))),
        ),
        Values::optional_words(rows.iter().map(|row| row.subject.other_bath.map(name))),
        Values::optional_numbers(rows.iter().map(|row| row.subject.argument)),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
        Values::words(rows.iter().map(|row| row.subject.statistic.unit(point.units()))),
    ]
}

/// The fields of `quanta.parquet`.
pub fn quanta_fields() -> Vec<Field> {
    let mut fields = vec![Field::new("bath", Kind::Word)];
    fields.push(Field::new("window", Kind::Number));
    fields.extend(["quanta", "width"].map(|name| Field::new(name, Kind::Integer)));
    fields.extend(["probability", "std_error", "exact"].map(|name| Field::new(name, Kind::OptionalNumber)));
    fields
}

/// A row of `quanta.parquet`: a bin of the distribution of the net quanta absorbed from a bath in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantaRow {
    bath: usize,
    window: f64,
    /// The first number of quanta of the bin, and how many numbers it holds.
    quanta: (i64, i64),
    estimate: Option<Estimate>,
    exact: Option<f64>,
}

/// What was seen, each bin beside its exact probability; without trajectories, what was solved for.
pub fn quanta_rows(seen: &[Distribution], exact: &[(usize, f64, Transferred)]) -> Vec<QuantaRow> {
    let laws: HashMap<_, &Transferred> = exact.iter().map(|(b, w, law)| ((*b, w.to_bits()), law)).collect();
    let law = |bath: usize, window: f64| laws.get(&(bath, window.to_bits()));
    if seen.is_empty() {
        let each = |(bath, window, law): &(usize, f64, Transferred)| {
            let (bath, window) = (*bath, *window);
            let row = move |(number, p): (i64, &f64)| {
                (*p > 1e-12).then_some(QuantaRow { bath, window, quanta: (number, 1), estimate: None, exact: Some(*p) })
            };
            (law.first..).zip(&law.probabilities).filter_map(row).collect::<Vec<_>>()
        };
        return exact.iter().flat_map(each).collect();
    }
    let each = |Distribution { bath, window, width, bins }: &Distribution| {
        let row = |(number, estimate): &(i64, Option<Estimate>)| QuantaRow {
            bath: *bath,
            window: *window,
            quanta: (*number, *width),
            estimate: *estimate,
            exact: law(*bath, *window).map(|law| law.between(*number, number + width)),
        };
        bins.iter().map(row).collect::<Vec<_>>()
    };
    seen.iter().flat_map(each).collect()
}

/// What trajectories under a condition say of the counts without it.
pub fn rare_rows(rare: &Rare) -> Vec<NoiseRow> {
    let row = |(subject, estimate, exact)| NoiseRow { subject, estimate, exact };
    rare.rows().0.into_iter().map(row).collect()
}

/// How likely each number of quanta is without the condition that trajectories were drawn under: those that were seen, or where
/// none were, all that are not next to impossible.
pub fn rare_quanta_rows(rare: &Rare) -> Vec<QuantaRow> {
    let (given, window, law) = (rare.given, rare.point.until(), rare.law);
    let row = |(number, estimate): (i64, Option<Estimate>)| QuantaRow {
        bath: given.bath,
        window,
        quanta: (number, 1),
        estimate,
        exact: law.map(|law| law.between(number, number + 1)),
    };
    match rare.reweighted {
        Some(reweighted) => reweighted.law(given, window).into_iter().map(row).collect(),
        None => {
            law.into_iter().flat_map(Transferred::each).filter(|(_, p)| *p > 0.0).map(|(n, _)| row((n, None))).collect()
        }
    }
}

/// The columns of these rows, in the order of [`quanta_fields`].
pub fn quanta_columns(point: &Point, rows: &[QuantaRow]) -> Vec<Values> {
    vec![
        Values::words(rows.iter().map(|row| point.baths()[row.bath].name.as_str())),
        Values::numbers(rows.iter().map(|row| row.window)),
        Values::integers(rows.iter().map(|row| row.quanta.0)),
        Values::integers(rows.iter().map(|row| row.quanta.1)),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
    ]
}

/// The fields of `cycles.parquet` and `segments.parquet`, the `stretch` being "cycle" or "segment".
pub fn stretch_fields(stretch: &str) -> Vec<Field> {
    let mut fields = vec![Field::new(stretch, Kind::Integer)];
    fields.extend([Field::new("quantity", Kind::Word), Field::new("bath", Kind::OptionalWord)]);
    fields.extend(["mean", "std_error", "exact"].map(|name| Field::new(name, Kind::OptionalNumber)));
    fields.push(Field::new("unit", Kind::Word));
    fields
}

/// A row of either: an average of what is booked in a stretch of a protocol, from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StretchRow {
    stretch: usize,
    what: OfCycle,
    estimate: Option<Estimate>,
    exact: Option<f64>,
}

/// An estimate of what is booked in some part of paths: of superposed levels a spread is chance where it is above what jumps
/// might add that were not seen there.
fn of_part(point: &Point, booked: &Booked, entry: Entry, estimate: Estimate) -> Estimate {
    let resolution = match entry {
        Entry::Work => point.resolution(Column::of_whole(Quantity::Work)),
        Entry::Entropy => point.resolution(Column::of_whole(Quantity::Entropy)),
        Entry::Heat(_) | Entry::Quanta(_) => return estimate,
    };
    let told = |error: &f64| !resolution.by_process || resolution.is_above_unseen(*error, booked.paths());
    Estimate { std_error: estimate.std_error.filter(told), ..estimate }
}

/// The rows of every cycle, what has neither an estimate nor an exact value left out.
///
/// A `register` knows `<J^2>` alone, and books the J that it gives, whose mean is not `<J>`: no exact value stands beside.
pub fn cycle_rows(
    (point, protocol): (&Point, &Protocol),
    booked: Option<&Booked>,
    exact: Option<&ExactProtocol>,
) -> Vec<StretchRow> {
    let register = point.engine.engine == Engine::Register;
    let estimate = |booked: &Booked, stretch: usize, what: OfCycle| {
        let estimate = booked.of_cycle(stretch, what)?;
        Some(if let OfCycle::Entry(entry) = what { of_part(point, booked, entry, estimate) } else { estimate })
    };
    let row = |stretch: usize, what: OfCycle| {
        let estimate = booked.and_then(|booked| estimate(booked, stretch, what));
        let exact = exact.map(|exact| &exact.averages.cycles[stretch]).and_then(|cycle| match what {
            OfCycle::Entry(entry) => cycle.booked.mean(entry),
            OfCycle::FinalM => Some(cycle.final_m),
            OfCycle::FinalJ => Some(cycle.final_j).filter(|_| !(register && booked.is_some())),
        });
        StretchRow { stretch, what, estimate, exact }
    };
    let each = |stretch| OfCycle::all(protocol.baths()).map(move |what| row(stretch, what));
    (0..protocol.cycles() as usize).flat_map(each).filter(StretchRow::is_known).collect()
}

/// The rows of every segment, over all cycles.
pub fn segment_rows(
    (point, protocol): (&Point, &Protocol),
    booked: Option<&Booked>,
    exact: Option<&ExactProtocol>,
) -> Vec<StretchRow> {
    let estimate = |booked: &Booked, stretch: usize, entry: Entry| {
        Some(of_part(point, booked, entry, booked.of_segment(stretch, entry)?))
    };
    let row = |stretch: usize, entry: Entry| StretchRow {
        stretch,
        what: OfCycle::Entry(entry),
        estimate: booked.and_then(|booked| estimate(booked, stretch, entry)),
        exact: exact.and_then(|exact| exact.averages.segments[stretch].mean(entry)),
    };
    let each = |stretch| Entry::all(protocol.baths()).map(move |entry| row(stretch, entry));
    (0..protocol.stages().len()).flat_map(each).filter(StretchRow::is_known).collect()
}

impl StretchRow {
    fn is_known(&self) -> bool {
        self.estimate.is_some() || self.exact.is_some()
    }

    /// The name of the quantity, its bath, and its unit.
    fn named(&self, units: Units) -> (&'static str, Option<usize>, &'static str) {
        let of = |quantity: Quantity| (quantity.name(), quantity.unit(units));
        let ((name, unit), bath) = match self.what {
            OfCycle::Entry(Entry::Work) => (of(Quantity::Work), None),
            OfCycle::Entry(Entry::Entropy) => (of(Quantity::Entropy), None),
            OfCycle::Entry(Entry::Heat(bath)) => (of(Quantity::Heat), Some(bath)),
            OfCycle::Entry(Entry::Quanta(bath)) => (of(Quantity::Quanta), Some(bath)),
            OfCycle::FinalM => (("final_m", "1"), None),
            OfCycle::FinalJ => (("final_j", "1"), None),
        };
        (name, bath, unit)
    }
}

/// The columns of these rows, in the order of [`stretch_fields`].
pub fn stretch_columns(point: &Point, rows: &[StretchRow]) -> Vec<Values> {
    let named = |row: &StretchRow| row.named(point.units());
    let bath = |row: &StretchRow| named(row).1.map(|bath| point.baths()[bath].name.as_str());
    vec![
        Values::integers(rows.iter().map(|row| row.stretch as i64)),
        Values::words(rows.iter().map(|row| named(row).0)),
        Values::optional_words(rows.iter().map(bath)),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
        Values::words(rows.iter().map(|row| named(row).2)),
    ]
}

/// The fields of `summary.parquet`.
pub fn summary_fields() -> Vec<Field> {
    let mut fields = vec![Field::new("quantity", Kind::Word), Field::new("bath", Kind::OptionalWord)];
    fields.extend(["estimate", "std_error", "exact", "z"].map(|name| Field::new(name, Kind::OptionalNumber)));
    fields.push(Field::new("unit", Kind::Word));
    fields
}

/// The rows of a point, in the order of [`summary_fields`].
pub fn summary_columns(point: &PointSummary) -> Vec<Values> {
    let rows = &point.quantities;
    vec![
        Values::words(rows.iter().map(|row| row.quantity.as_str())),
        Values::optional_words(rows.iter().map(|row| row.bath.as_deref())),
        Values::optional_numbers(rows.iter().map(|row| row.estimate)),
        Values::optional_numbers(rows.iter().map(|row| row.std_error)),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
        Values::optional_numbers(rows.iter().map(|row| row.z)),
        Values::words(rows.iter().map(|row| row.unit.as_str())),
    ]
}
