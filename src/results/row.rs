//! One quantity of a summary: an estimate, its exact value, and how far they are apart.

use serde::{Deserialize, Serialize};

use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::statistics::Estimate;

/// One quantity: `exact`, `z` and `std_error` are null where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantitySummary {
    /// Its name; `photon_time_3` is the time of the third photon.
    pub quantity: String,
    /// The bath, for a quantity of one bath.
    pub bath: Option<String>,
    /// The mean over trajectories; null where only the exact value was asked for.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// The exact value.
    pub exact: Option<f64>,
    /// (estimate - exact) / std_error.
    pub z: Option<f64>,
    /// The unit; "1" for a pure number.
    pub unit: String,
}

/// What either road may be off by, relative to the value or the natural scale of the quantity: a little more than the
/// 1e-10 that propagation allows a step.
const NUMERICAL_ACCURACY: f64 = 1e-9;

/// By how many standard errors an estimate lies above its exact value: z. `None` where it has no error, or where
/// trajectories hardly differ on the natural `scale` of the quantity: what is between the two roads is their numerical
/// error then, not chance.
#[must_use]
pub fn standard_errors(estimate: Estimate, exact: f64, scale: f64) -> Option<f64> {
    let error = estimate.std_error.filter(|error| *error > NUMERICAL_ACCURACY * exact.abs().max(scale))?;
    Some((estimate.mean - exact) / error)
}

impl QuantitySummary {
    pub(super) fn sampled(
        name: String,
        bath: Option<&str>,
        estimate: Estimate,
        (exact, scale): (Option<f64>, f64),
        unit: &str,
    ) -> Self {
        let z = exact.and_then(|exact| standard_errors(estimate, exact, scale));
        QuantitySummary {
            quantity: name,
            bath: bath.map(str::to_owned),
            estimate: Some(estimate.mean),
            std_error: estimate.std_error,
            exact,
            z,
            unit: unit.to_owned(),
        }
    }

    /// An estimate, an exact value, or both; `None` where there is neither.
    pub(super) fn maybe_sampled(
        name: String,
        bath: Option<&str>,
        estimate: Option<Estimate>,
        exact: Option<f64>,
        unit: &str,
    ) -> Option<Self> {
        match (estimate, exact) {
            (Some(estimate), _) => Some(Self::sampled(name, bath, estimate, (exact, 0.0), unit)),
            (None, None) => None,
            (None, exact) => Some(QuantitySummary {
                quantity: name,
                bath: bath.map(str::to_owned),
                estimate: None,
                std_error: None,
                exact,
                z: None,
                unit: unit.to_owned(),
            }),
        }
    }

    /// An estimate beside its exact value.
    pub(crate) fn estimated(
        point: &Point,
        quantity: Quantity,
        bath: Option<usize>,
        estimate: Estimate,
        exact: Option<f64>,
    ) -> Self {
        let bath = bath.map(|bath| point.baths()[bath].name.as_str());
        Self::sampled(quantity.name().to_owned(), bath, estimate, (exact, 0.0), quantity.unit(point.units()))
    }

    /// The same of a column, which may be an observable.
    pub(crate) fn of_column(point: &Point, column: Column, estimate: Estimate, exact: Option<f64>) -> Self {
        let bath = column.bath.map(|bath| point.baths()[bath].name.as_str());
        let scale = point.resolution(column).scale;
        Self::sampled(
            point.called(column).to_owned(),
            bath,
            estimate,
            (exact, scale),
            column.quantity.unit(point.units()),
        )
    }

    /// What is booked of a protocol: an estimate, an exact value, or both; `None` where there is neither.
    pub(crate) fn booked(
        point: &Point,
        quantity: Quantity,
        bath: Option<usize>,
        estimate: Option<Estimate>,
        exact: Option<f64>,
    ) -> Option<Self> {
        match (estimate, exact) {
            (Some(estimate), _) => Some(Self::estimated(point, quantity, bath, estimate, exact)),
            (None, Some(exact)) => Some(Self::exact(point, Column { quantity, bath, observable: None }, exact)),
            (None, None) => None,
        }
    }

    /// The same of two baths, whose names stand one behind the other.
    pub(crate) fn of_pair(
        point: &Point,
        quantity: Quantity,
        [one, other]: [usize; 2],
        estimate: Option<Estimate>,
        exact: Option<f64>,
    ) -> Option<Self> {
        let name = |bath: usize| point.baths()[bath].name.as_str();
        let row = Self::booked(point, quantity, None, estimate, exact)?;
        Some(QuantitySummary { bath: Some(format!("{}, {}", name(one), name(other))), ..row })
    }

    /// A value that was solved for.
    pub(crate) fn exact(point: &Point, column: Column, value: f64) -> Self {
        QuantitySummary {
            quantity: point.called(column).to_owned(),
            bath: column.bath.map(|bath| point.baths()[bath].name.clone()),
            estimate: None,
            std_error: None,
            exact: Some(value),
            z: None,
            unit: column.quantity.unit(point.units()).to_owned(),
        }
    }
}
