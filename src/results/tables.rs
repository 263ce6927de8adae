//! The columns of the result tables.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array};
use arrow_schema::{DataType, Field};

use super::summary::Summary;
use crate::lindblad::Transferred;
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::solve::{ExactNoise, ExactRoad};
use crate::statistics::{Distribution, Ensemble, Estimate, NoiseEstimate, Subject};
use crate::store::{field, floats, optional_floats, optional_words, points, words};

/// The columns of rows that all belong to one point, with that point before them.
pub fn with_point(point: &Point, columns: &[ArrayRef]) -> Vec<ArrayRef> {
    let rows = columns.first().map_or(0, Array::len);
    let mut whole = vec![points(std::iter::repeat_n(point.index, rows))];
    whole.extend_from_slice(columns);
    whole
}

/// The fields of `series.parquet`.
pub fn series_fields() -> Vec<Field> {
    vec![
        field("point", DataType::UInt32, false),
        field("time", DataType::Float64, false),
        field("quantity", DataType::Utf8, false),
        field("bath", DataType::Utf8, true),
        field("mean", DataType::Float64, true),
        field("std_error", DataType::Float64, true),
        field("exact", DataType::Float64, true),
    ]
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
    /// The mean over trajectories, where there are any.
    pub estimate: Option<Estimate>,
    /// The exact value.
    pub exact: Option<f64>,
}

/// The rows of a point in the order of time, from the trajectories (if any) and the exact road. A sample without an
/// interval before it has no averages.
pub fn series(point: &Point, ensemble: Option<&Ensemble>, road: &ExactRoad) -> Vec<SeriesRow> {
    let times = point.times();
    let columns = point.columns();
    let cells = (0..times.len()).flat_map(|sample| columns.iter().enumerate().map(move |cell| (sample, cell)));
    cells
        .filter_map(|(sample, (index, column))| {
            let estimate = ensemble.and_then(|ensemble| ensemble.on_grid(sample, index));
            let exact = road.on_grid(sample, index);
            // With trajectories, what they have no value for is no row; without, what the exact road has none for.
            let present = if ensemble.is_some() { estimate.is_some() } else { exact.is_some() };
            let Column { quantity, bath, .. } = *column;
            present.then_some(SeriesRow { time: times[sample], quantity, bath, estimate, exact })
        })
        .collect()
}

/// The columns of these rows, in the order of [`series_fields`].
pub fn series_columns(point: &Point, rows: &[SeriesRow]) -> Vec<ArrayRef> {
    let name = |row: &SeriesRow| row.bath.map(|bath| point.baths()[bath].name.as_str());
    vec![
        points(rows.iter().map(|_| point.index)),
        floats(rows.iter().map(|row| row.time)),
        words(rows.iter().map(|row| row.quantity.name())),
        optional_words(rows.iter().map(name)),
        optional_floats(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        optional_floats(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        optional_floats(rows.iter().map(|row| row.exact)),
    ]
}

/// The fields of `noise.parquet`.
pub fn noise_fields() -> Vec<Field> {
    let mut fields = vec![
        field("point", DataType::UInt32, false),
        field("statistic", DataType::Utf8, false),
        field("bath", DataType::Utf8, true),
        field("other_bath", DataType::Utf8, true),
    ];
    fields.extend(["argument", "estimate", "std_error", "exact"].map(|name| field(name, DataType::Float64, true)));
    fields.push(field("unit", DataType::Utf8, false));
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
pub fn noise_columns(point: &Point, rows: &[NoiseRow]) -> Vec<ArrayRef> {
    let name = |bath: usize| point.baths()[bath].name.as_str();
    vec![
        points(rows.iter().map(|_| point.index)),
        words(rows.iter().map(|row| row.subject.statistic.name())),
        optional_words(
            rows.iter().map(|row| (!row.subject.statistic.is_of_all_baths()).then(|| name(row.subject.bath))),
        ),
        optional_words(rows.iter().map(|row| row.subject.other_bath.map(name))),
        optional_floats(rows.iter().map(|row| row.subject.argument)),
        optional_floats(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        optional_floats(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        optional_floats(rows.iter().map(|row| row.exact)),
        words(rows.iter().map(|row| row.subject.statistic.unit(point.units()))),
    ]
}

/// The fields of `quanta.parquet`.
pub fn quanta_fields() -> Vec<Field> {
    let mut fields = vec![field("point", DataType::UInt32, false), field("bath", DataType::Utf8, false)];
    fields.push(field("window", DataType::Float64, false));
    fields.extend(["quanta", "width"].map(|name| field(name, DataType::Int64, false)));
    fields.extend(["probability", "std_error", "exact"].map(|name| field(name, DataType::Float64, true)));
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

/// The columns of these rows, in the order of [`quanta_fields`].
pub fn quanta_columns(point: &Point, rows: &[QuantaRow]) -> Vec<ArrayRef> {
    vec![
        points(rows.iter().map(|_| point.index)),
        words(rows.iter().map(|row| point.baths()[row.bath].name.as_str())),
        floats(rows.iter().map(|row| row.window)),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.quanta.0))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.quanta.1))),
        optional_floats(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        optional_floats(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        optional_floats(rows.iter().map(|row| row.exact)),
    ]
}

/// Whether every point gives this swept key a number.
fn is_number(summary: &Summary, key: &str) -> bool {
    summary.points.iter().all(|point| point.parameters.get(key).is_some_and(serde_json::Value::is_number))
}

/// The swept keys.
fn parameters(summary: &Summary) -> impl Iterator<Item = &String> {
    summary.points.first().into_iter().flat_map(|point| point.parameters.keys())
}

/// The fields of `summary.parquet`: the swept keys have a column each.
pub fn summary_fields(summary: &Summary) -> Vec<Field> {
    let mut fields = vec![field("point", DataType::UInt32, false)];
    for key in parameters(summary) {
        let kind = if is_number(summary, key) { DataType::Float64 } else { DataType::Utf8 };
        fields.push(field(key, kind, true));
    }
    fields.push(field("quantity", DataType::Utf8, false));
    fields.push(field("bath", DataType::Utf8, true));
    for name in ["estimate", "std_error", "exact", "z"] {
        fields.push(field(name, DataType::Float64, true));
    }
    fields.push(field("unit", DataType::Utf8, false));
    fields
}

/// The rows of all points, in the order of [`summary_fields`].
pub fn summary_columns(summary: &Summary) -> Vec<ArrayRef> {
    let rows: Vec<_> = summary.points.iter().flat_map(|p| p.quantities.iter().map(move |q| (p, q))).collect();
    let mut columns = vec![points(rows.iter().map(|(point, _)| point.index))];
    for key in parameters(summary) {
        let values = rows.iter().map(|(point, _)| &point.parameters[key]);
        columns.push(if is_number(summary, key) {
            optional_floats(values.map(serde_json::Value::as_f64))
        } else {
            let texts: Vec<String> =
                values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            words(texts.iter().map(String::as_str))
        });
    }
    columns.extend([
        words(rows.iter().map(|(_, q)| q.quantity.as_str())),
        optional_words(rows.iter().map(|(_, q)| q.bath.as_deref())),
        optional_floats(rows.iter().map(|(_, q)| q.estimate)),
        optional_floats(rows.iter().map(|(_, q)| q.std_error)),
        optional_floats(rows.iter().map(|(_, q)| q.exact)),
        optional_floats(rows.iter().map(|(_, q)| q.z)),
        words(rows.iter().map(|(_, q)| q.unit.as_str())),
    ]);
    columns
}
