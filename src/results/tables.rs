//! The columns of the result tables, but for the point and the swept keys, which stand before those of each.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field};

use super::summary::PointSummary;
use crate::lindblad::Transferred;
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::solve::{ExactNoise, ExactRoad};
use crate::statistics::{Distribution, Ensemble, Estimate, NoiseEstimate, Subject};
use crate::store::{self, field, floats, optional_floats, optional_words, words};

/// Indices and counts as all tables have them: signed, so that their differences are. Parts keep them unsigned.
fn signed(column: &ArrayRef) -> ArrayRef {
    match column.as_primitive_opt::<UInt64Type>() {
        Some(counts) => Arc::new(counts.unary::<_, Int64Type>(|count| count as i64)),
        None => column.clone(),
    }
}

fn signed_field(field: &Field) -> Field {
    let kind = if *field.data_type() == DataType::UInt64 { &DataType::Int64 } else { field.data_type() };
    field.clone().with_data_type(kind.clone())
}

/// The fields of `trajectories.parquet`: those that parts keep, and the net quanta of each bath behind what it emitted
/// and absorbed.
pub fn trajectory_fields(point: &Point) -> Vec<Field> {
    let mut fields: Vec<Field> = store::trajectory_fields(point).iter().map(signed_field).collect();
    for (index, bath) in point.baths().iter().enumerate() {
        fields.insert(net_place(index), field(&format!("net_{}", bath.name), DataType::Int64, false));
    }
    fields
}

/// The columns of the trajectories of a part, in the order of [`trajectory_fields`].
pub fn trajectory_columns(point: &Point, kept: &[ArrayRef]) -> Vec<ArrayRef> {
    let mut columns: Vec<ArrayRef> = kept.iter().map(signed).collect();
    for index in 0..point.baths().len() {
        let place = net_place(index);
        let counts = |column: &ArrayRef| column.as_primitive::<Int64Type>().values().clone();
        let (emitted, absorbed) = (counts(&columns[place - 2]), counts(&columns[place - 1]));
        let net = absorbed.iter().zip(&emitted).map(|(absorbed, emitted)| absorbed - emitted);
        columns.insert(place, Arc::new(Int64Array::from_iter_values(net)));
    }
    columns
}

/// Where the net quanta of a bath stand: behind the trajectory, three columns of each bath before, and two of its own.
fn net_place(bath: usize) -> usize {
    1 + 3 * bath + 2
}

/// The fields of `jumps.parquet`.
pub fn jump_fields() -> Vec<Field> {
    store::jump_fields().iter().map(signed_field).collect()
}

/// The columns of the jumps of a part, in the order of [`jump_fields`].
pub fn jump_columns(kept: &[ArrayRef]) -> Vec<ArrayRef> {
    kept.iter().map(signed).collect()
}

/// The fields of `series.parquet`.
pub fn series_fields() -> Vec<Field> {
    vec![
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
    let solved = |subject: &Subject| exact.iter().find(|e| e.subject.same(subject)).map(|e| e.value);
    let sampled = estimates.iter().map(|NoiseEstimate { subject, estimate }| NoiseRow {
        subject: *subject,
        estimate: *estimate,
        exact: solved(subject),
    });
    let alone = exact.iter().filter(|e| !estimates.iter().any(|sampled| sampled.subject.same(&e.subject)));
    let alone = alone.map(|e| NoiseRow { subject: e.subject, estimate: None, exact: Some(e.value) });
    sampled.chain(alone).collect()
}

/// The columns of these rows, in the order of [`noise_fields`].
pub fn noise_columns(point: &Point, rows: &[NoiseRow]) -> Vec<ArrayRef> {
    let name = |bath: usize| point.baths()[bath].name.as_str();
    vec![
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
    let mut fields = vec![field("bath", DataType::Utf8, false)];
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
    let law = |bath: usize, window: f64| exact.iter().find(|(b, w, _)| *b == bath && *w == window).map(|(.., law)| law);
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
        words(rows.iter().map(|row| point.baths()[row.bath].name.as_str())),
        floats(rows.iter().map(|row| row.window)),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.quanta.0))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.quanta.1))),
        optional_floats(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        optional_floats(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        optional_floats(rows.iter().map(|row| row.exact)),
    ]
}

/// The fields of `summary.parquet`.
pub fn summary_fields() -> Vec<Field> {
    let mut fields = vec![field("quantity", DataType::Utf8, false), field("bath", DataType::Utf8, true)];
    fields.extend(["estimate", "std_error", "exact", "z"].map(|name| field(name, DataType::Float64, true)));
    fields.push(field("unit", DataType::Utf8, false));
    fields
}

/// The rows of a point, in the order of [`summary_fields`].
pub fn summary_columns(point: &PointSummary) -> Vec<ArrayRef> {
    let rows = &point.quantities;
    vec![
        words(rows.iter().map(|row| row.quantity.as_str())),
        optional_words(rows.iter().map(|row| row.bath.as_deref())),
        optional_floats(rows.iter().map(|row| row.estimate)),
        optional_floats(rows.iter().map(|row| row.std_error)),
        optional_floats(rows.iter().map(|row| row.exact)),
        optional_floats(rows.iter().map(|row| row.z)),
        words(rows.iter().map(|row| row.unit.as_str())),
    ]
}
