//! The quantities that are recorded on the time grid: their names, their units, and what they are made of.

use serde::Serialize;

use crate::model::{Linear, Model, Observables};

/// A reported quantity. The names are part of the result format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Heat current from a bath into the qubits at the time, by expectation (22).
    HeatCurrent,
    /// The same averaged over the interval that ends at the time: an exact integral, not a sum of samples.
    HeatCurrentAverage,
    /// The same from the counted quanta of the interval that ends at the time.
    HeatCurrentCounts,
    /// Photons per unit time into a bath.
    Intensity,
    /// `<J_z>`.
    Jz,
    /// `<J^2>`.
    JSquared,
    /// The fraction of excited qubits.
    Excited,
    /// When the total emitted intensity of a trajectory was highest.
    PeakTime,
    /// How high that was.
    PeakIntensity,
    /// When the k-th photon was emitted.
    PhotonTime,
}

impl Quantity {
    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quantity::HeatCurrent => "heat_current",
            Quantity::HeatCurrentAverage => "heat_current_average",
            Quantity::HeatCurrentCounts => "heat_current_counts",
            Quantity::Intensity => "intensity",
            Quantity::Jz => "jz",
            Quantity::JSquared => "j_squared",
            Quantity::Excited => "excited",
            Quantity::PeakTime => "peak_time",
            Quantity::PeakIntensity => "peak_intensity",
            Quantity::PhotonTime => "photon_time",
        }
    }

    /// The unit in a model's unit system; "1" for a pure number.
    #[must_use]
    pub fn unit(self, model: &Model) -> &'static str {
        match self {
            Quantity::HeatCurrent | Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts => {
                model.units.heat_current()
            }
            Quantity::Intensity | Quantity::PeakIntensity => model.units.rate(),
            Quantity::PeakTime | Quantity::PhotonTime => model.units.time(),
            Quantity::Jz | Quantity::JSquared | Quantity::Excited => "1",
        }
    }
}

/// What happened over an interval that ends at a sample, from one trajectory or on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval<'a> {
    /// Its length; may be 0 for the first sample, and averages are then NaN.
    pub duration: f64,
    /// The integral of `<J_+ J_->` over it.
    pub emission: f64,
    /// The integral of `<J_z>` over it.
    pub jz: f64,
    /// Net quanta absorbed from each bath in it, or `None` where nothing was counted (exact averages).
    pub net_quanta: Option<&'a [i64]>,
}

/// One column of the record: a quantity, perhaps of one bath.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// What it holds.
    pub quantity: Quantity,
    /// The bath's index, for a quantity of one bath.
    pub bath: Option<usize>,
    linear: Linear,
    scale: f64,
}

impl Column {
    /// The value, from the state at the sample and the interval before it.
    #[inline]
    #[must_use]
    pub fn value(&self, now: &Observables, interval: &Interval) -> f64 {
        let average = || self.linear.integral(interval.emission, interval.jz, interval.duration) / interval.duration;
        match self.quantity {
            Quantity::HeatCurrent | Quantity::Intensity => self.linear.at(now.emission, now.jz),
            Quantity::HeatCurrentAverage => average(),
            Quantity::HeatCurrentCounts => match (interval.net_quanta, self.bath) {
                (Some(counts), Some(bath)) => self.scale * counts[bath] as f64 / interval.duration,
                _ => average(),
            },
            Quantity::Jz => now.jz,
            Quantity::JSquared => now.j_squared,
            Quantity::Excited => 0.5 + now.jz * self.scale,
            Quantity::PeakTime | Quantity::PeakIntensity | Quantity::PhotonTime => f64::NAN,
        }
    }
}

/// The columns of a model, in the order in which they are reported.
#[must_use]
pub fn columns(model: &Model) -> Vec<Column> {
    let mut columns = Vec::new();
    for (index, bath) in model.baths.iter().enumerate() {
        let current = model.heat_current(bath);
        let mut push = |quantity, linear| {
            columns.push(Column { quantity, bath: Some(index), linear, scale: model.quantum() });
        };
        if bath.down + bath.up > 0.0 {
            push(Quantity::HeatCurrent, current);
            push(Quantity::HeatCurrentAverage, current);
            push(Quantity::HeatCurrentCounts, current);
        }
        if bath.down > 0.0 {
            push(Quantity::Intensity, model.intensity(bath));
        }
    }
    for quantity in [Quantity::Jz, Quantity::JSquared, Quantity::Excited] {
        columns.push(Column { quantity, bath: None, linear: Linear::default(), scale: 1.0 / model.number as f64 });
    }
    columns
}
