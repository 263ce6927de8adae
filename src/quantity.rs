//! The quantities that are recorded on the time grid: their names, their units, and what they are made of.

use serde::Serialize;

use crate::bath::Bath;
use crate::model::{Linear, Model, Observables};
use crate::units::Units;

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
    /// `<J_x>` in the lab frame (exact road).
    Jx,
    /// `<J_y>` in the lab frame (exact road).
    Jy,
    /// Zero-frequency noise of a bath: variance of the net quanta absorbed from it, per unit time (exact road).
    Noise,
    /// Noise over the size of the particle current (exact road).
    Fano,
    /// Entropy produced in the baths per unit time, in units of k_B (exact road).
    EntropyProduction,
    /// T*, the temperature of each sector between the collective baths (16), in the scenario's unit (closed form).
    EffectiveTemperature,
    /// The heat current if every qubit saw the collective baths alone (25) (closed form).
    HeatCurrentIndependent,
    /// The heat current of the largest sector J = N/2 without local baths (24) (closed form).
    HeatCurrentSymmetric,
    /// The heat current of the largest sector as N grows without bound (29) (closed form).
    HeatCurrentLimit,
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
            Quantity::Jx => "jx",
            Quantity::Jy => "jy",
            Quantity::Noise => "noise",
            Quantity::Fano => "fano",
            Quantity::EntropyProduction => "entropy_production",
            Quantity::EffectiveTemperature => "effective_temperature",
            Quantity::HeatCurrentIndependent => "heat_current_independent",
            Quantity::HeatCurrentSymmetric => "heat_current_symmetric",
            Quantity::HeatCurrentLimit => "heat_current_limit",
            Quantity::PeakTime => "peak_time",
            Quantity::PeakIntensity => "peak_intensity",
            Quantity::PhotonTime => "photon_time",
        }
    }

    /// The unit in a unit system; "1" for a pure number.
    #[must_use]
    pub fn unit(self, units: Units) -> &'static str {
        match self {
            Quantity::HeatCurrent
            | Quantity::HeatCurrentAverage
            | Quantity::HeatCurrentCounts
            | Quantity::HeatCurrentIndependent
            | Quantity::HeatCurrentSymmetric
            | Quantity::HeatCurrentLimit => units.heat_current(),
            Quantity::Intensity | Quantity::PeakIntensity | Quantity::Noise | Quantity::EntropyProduction => {
                units.rate()
            }
            Quantity::PeakTime | Quantity::PhotonTime => units.time(),
            Quantity::EffectiveTemperature => units.temperature(),
            Quantity::Jx | Quantity::Jy | Quantity::Jz | Quantity::JSquared | Quantity::Excited | Quantity::Fano => "1",
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

/// One column of the record: a quantity, perhaps of one bath, as one group of qubits contributes to it. The value of
/// the whole is the sum over its groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// What it holds.
    pub quantity: Quantity,
    /// The bath's index, for a quantity of one bath.
    pub bath: Option<usize>,
    /// The quantity as a form in the observables.
    linear: Linear,
    /// Heat of a quantum, for counts.
    quantum: f64,
}

impl Column {
    /// The contribution of a group, from its state at the sample and the interval before it.
    #[inline]
    #[must_use]
    pub fn value(&self, now: &Observables, interval: &Interval) -> f64 {
        let average = || self.linear.integral(interval.emission, interval.jz, interval.duration) / interval.duration;
        match (self.quantity, interval.net_quanta, self.bath) {
            (Quantity::HeatCurrentCounts, Some(counts), Some(bath)) => {
                self.quantum * counts[bath] as f64 / interval.duration
            }
            (Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts, ..) => average(),
            (Quantity::JSquared, ..) => now.j_squared,
            _ => self.linear.at(now.emission, now.jz),
        }
    }
}

/// The columns of each group, alike but for what the group contributes, in the order in which they are reported.
///
/// The groups share their baths; `<J^2>` of several groups is not a sum over them and is left out.
#[must_use]
pub fn columns(groups: &[&Model]) -> Vec<Vec<Column>> {
    let total: i64 = groups.iter().map(|model| model.number).sum();
    let of_group = |model: &&Model| {
        let mut columns = Vec::new();
        for (index, bath) in model.baths.iter().enumerate() {
            let current = model.heat_current(bath);
            let mut push = |quantity, linear| {
                columns.push(Column { quantity, bath: Some(index), linear, quantum: model.quantum() });
            };
            // Judged over all groups: the columns must be the same for each.
            let acts = |rate: fn(&Bath) -> f64| groups.iter().any(|group| rate(&group.baths[index]) > 0.0);
            if acts(|bath| bath.down + bath.up) {
                push(Quantity::HeatCurrent, current);
                push(Quantity::HeatCurrentAverage, current);
                push(Quantity::HeatCurrentCounts, current);
            }
            if acts(|bath| bath.down) {
                push(Quantity::Intensity, model.intensity(bath));
            }
        }
        let mut push = |quantity, linear| columns.push(Column { quantity, bath: None, linear, quantum: 0.0 });
        push(Quantity::Jz, Linear::JZ);
        if groups.len() == 1 {
            push(Quantity::JSquared, Linear::default());
        }
        push(Quantity::Excited, Linear::excited(model.number, total));
        columns
    };
    groups.iter().map(of_group).collect()
}
