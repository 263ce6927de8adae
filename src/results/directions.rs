//! Photons by direction: the rows of `directions.parquet`.

use crate::model::emitters::Direction;
use crate::scenario::Point;
use crate::statistics::{Estimate, Moments};
use crate::table::{Field, Kind, Values};

/// A direction, or a ring of them.
struct Row {
    /// Its number among the jumps, from 1; 0 of a ring.
    mode: i64,
    /// The unit vector; of a ring its component along the axis alone.
    along: [Option<f64>; 3],
    solid_angle: Option<f64>,
}

/// The fields of `directions.parquet`.
pub fn direction_fields() -> Vec<Field> {
    let mut fields = vec![Field::new("bath", Kind::Word), Field::new("mode", Kind::Integer)];
    let numbers = ["x", "y", "z", "solid_angle", "photons", "std_error", "exact"];
    fields.extend(numbers.map(|name| Field::new(name, Kind::OptionalNumber)));
    fields
}

/// The columns of `directions.parquet` of a point, from trajectories (if any) and exact (if any), in the order of
/// [`direction_fields`]: every direction, then every ring of them.
pub fn direction_columns(point: &Point, sampled: Option<&Moments>, exact: Option<&[f64]>) -> Vec<Values> {
    let Some(detection) = point.ensembles().and_then(|ensembles| ensembles.detection()) else { return Vec::new() };
    let each = |(place, direction): (usize, &Direction)| Row {
        mode: place as i64 + 1,
        along: direction.along.map(Some),
        solid_angle: direction.solid_angle,
    };
    let ring = |ring: &[Direction]| Row {
        mode: 0,
        along: [Some(ring[0].along[0]), None, None],
        solid_angle: ring.iter().map(|direction| direction.solid_angle).sum(),
    };
    let directions = detection.directions().iter().enumerate().map(each);
    let rows: Vec<Row> = directions.chain(detection.rings().map(ring)).collect();
    let exact: Option<Vec<f64>> = exact.map(|exact| detection.with_rings(exact).collect());
    let bath = point.baths()[detection.bath()].name.as_str();
    let along = |k: usize| Values::optional_numbers(rows.iter().map(move |row| row.along[k]));
    let estimate = |of: fn(Estimate) -> Option<f64>| {
        Values::optional_numbers((0..rows.len()).map(move |place| sampled?.estimate(place).and_then(of)))
    };
    vec![
        Values::words(rows.iter().map(|_| bath)),
        Values::integers(rows.iter().map(|row| row.mode)),
        along(0),
        along(1),
        along(2),
        Values::optional_numbers(rows.iter().map(|row| row.solid_angle)),
        estimate(|estimate| Some(estimate.mean)),
        estimate(|estimate| estimate.std_error),
        Values::optional_numbers((0..rows.len()).map(|place| exact.as_ref().map(|exact| exact[place]))),
    ]
}
