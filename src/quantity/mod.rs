//! The quantities that are recorded on the time grid: their names, their units, and what they are made of.

mod column;
mod measure;
mod resolution;

pub use column::{Column, columns};
pub use measure::{Interval, Measure, Sample};
pub use resolution::{Precision, Resolution};

use serde::Serialize;

use crate::units::Units;

/// A reported quantity. The names are part of the result format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Heat current from a bath into the qubits at the time, by expectation (22).
    HeatCurrent,
    /// The same averaged over the interval of the grid that ends at the time: an exact integral, not a sum of samples.
    HeatCurrentInterval,
    /// The same from the counted quanta of the interval that ends at the time.
    HeatCurrentCounts,
    /// The steady heat current from the average of `<J_z>`, as all currents add to zero: (24) and beyond.
    HeatCurrentBalance,
    /// The steady average by regression on what must stay as it is, d<J_z>/dt = d<J^2>/dt = 0.
    HeatCurrentControlled,
    /// Photons per unit time into a bath.
    Intensity,
    /// What is done on the qubits per unit time: by a modulation, where baths exchange quanta of an energy of their own, or
    /// by a protocol.
    Power,
    /// `<J_z>`.
    Jz,
    /// `<J^2>`.
    JSquared,
    /// The fraction of excited qubits.
    Excited,
    /// `<J_x>` in the lab frame; with a drive, in the frame that turns with it.
    Jx,
    /// `<J_y>` in the lab frame; with a drive, in the frame that turns with it.
    Jy,
    /// `|<J>|/J` of one trajectory.
    SpinLength,
    /// The squeezing parameter of one trajectory, [`crate::model::Spin::squeezing`].
    Squeezing,
    /// Zero-frequency noise of a bath: variance of the net quanta absorbed from it, per unit time (exact road).
    Noise,
    /// Noise over the size of the particle current (exact road).
    Fano,
    /// Entropy produced in the baths per unit time, in units of k_B (exact road); under a protocol that of the qubits beside.
    EntropyProduction,
    /// What an engine delivers over the heat that it takes from the hottest bath.
    Efficiency,
    /// The heat that a refrigerator takes from the coldest bath over what is done on it.
    CoefficientOfPerformance,
    /// T*, the temperature of each sector between the collective baths (16), in the scenario's unit (closed form).
    EffectiveTemperature,
    /// The heat current if every qubit saw the collective baths alone (25) (closed form).
    HeatCurrentIndependent,
    /// The heat current of the largest sector J = N/2 without local baths (24) (closed form).
    HeatCurrentSymmetric,
    /// The heat current of the largest sector as N grows without bound (29) (closed form).
    HeatCurrentLimit,
    /// The highest mean intensity into a bath on the time grid, where it stands out between the ends: of the mean, and so
    /// below the mean of what single trajectories peak at.
    HighestIntensity,
    /// The time of the grid at which that is: the delay of a burst.
    HighestIntensityTime,
    /// When the total emitted intensity of a trajectory was highest.
    PeakTime,
    /// How high that was.
    PeakIntensity,
    /// The time from a quarter to three quarters as many photons as there are qubits.
    BurstWidth,
    /// When the k-th photon was emitted.
    PhotonTime,
    /// W, done on the qubits by a protocol up to the time.
    Work,
    /// Q_b, from a bath into the qubits under a protocol up to the time.
    Heat,
    /// Net quanta absorbed from a bath under a protocol.
    Quanta,
    /// S, the entropy that flows into the baths under a protocol up to the time, in k_B.
    Entropy,
    /// Var W.
    WorkVariance,
    /// W^2/Var W.
    Reliability,
    /// Var Q_b.
    HeatVariance,
    /// The covariance of W and Q_b.
    WorkHeatCovariance,
    /// The covariance of the heats of two baths.
    HeatCovariance,
    /// What work or the heat of a bath varies by, times the entropy that is produced, over twice the square of its mean:
    /// at least 1 where nothing changes in time (thermodynamic uncertainty relation), and often where something does.
    UncertaintyRatio,
    /// The same over twice the square of what the mean of a cycle grows by with ln of its period: at least 1 whatever is driven
    /// in time (Koyuk and Seifert).
    PeriodicUncertaintyRatio,
    /// `<exp(-W/T)>`, where all baths are at one temperature.
    ExponentialWork,
    /// `<exp(-sigma)>`, sigma the entropy production of a path.
    ExponentialEntropy,
    /// The mean of an operator of one ensemble, of one mode, or of the user's own; results have its name.
    Observable,
}

impl Quantity {
    /// Every one, in their order.
    pub const ALL: [Quantity; 43] = [
        Quantity::HeatCurrent,
        Quantity::HeatCurrentInterval,
        Quantity::HeatCurrentCounts,
        Quantity::HeatCurrentBalance,
        Quantity::HeatCurrentControlled,
        Quantity::Intensity,
        Quantity::Power,
        Quantity::Jz,
        Quantity::JSquared,
        Quantity::Excited,
        Quantity::Jx,
        Quantity::Jy,
        Quantity::SpinLength,
        Quantity::Squeezing,
        Quantity::Noise,
        Quantity::Fano,
        Quantity::EntropyProduction,
        Quantity::Efficiency,
        Quantity::CoefficientOfPerformance,
        Quantity::EffectiveTemperature,
        Quantity::HeatCurrentIndependent,
        Quantity::HeatCurrentSymmetric,
        Quantity::HeatCurrentLimit,
        Quantity::HighestIntensity,
        Quantity::HighestIntensityTime,
        Quantity::PeakTime,
        Quantity::PeakIntensity,
        Quantity::BurstWidth,
        Quantity::PhotonTime,
        Quantity::Work,
        Quantity::Heat,
        Quantity::Quanta,
        Quantity::Entropy,
        Quantity::WorkVariance,
        Quantity::Reliability,
        Quantity::HeatVariance,
        Quantity::WorkHeatCovariance,
        Quantity::HeatCovariance,
        Quantity::UncertaintyRatio,
        Quantity::PeriodicUncertaintyRatio,
        Quantity::ExponentialWork,
        Quantity::ExponentialEntropy,
        Quantity::Observable,
    ];

    /// Whether it is an average over the interval that ends at a time.
    #[must_use]
    pub fn is_of_interval(self) -> bool {
        matches!(self, Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts)
    }

    /// What this is an estimate of in the steady state: there are several of the heat current.
    #[must_use]
    pub fn steady(self) -> Quantity {
        match self {
            Quantity::HeatCurrentInterval
            | Quantity::HeatCurrentCounts
            | Quantity::HeatCurrentBalance
            | Quantity::HeatCurrentControlled => Quantity::HeatCurrent,
            other => other,
        }
    }

    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quantity::HeatCurrent => "heat_current",
            Quantity::HeatCurrentInterval => "heat_current_interval",
            Quantity::HeatCurrentCounts => "heat_current_counts",
            Quantity::HeatCurrentBalance => "heat_current_balance",
            Quantity::HeatCurrentControlled => "heat_current_controlled",
            Quantity::Intensity => "intensity",
            Quantity::Power => "power",
            Quantity::Jz => "jz",
            Quantity::JSquared => "j_squared",
            Quantity::Excited => "excited",
            Quantity::Jx => "jx",
            Quantity::Jy => "jy",
            Quantity::SpinLength => "spin_length",
            Quantity::Squeezing => "squeezing",
            Quantity::Noise => "noise",
            Quantity::Fano => "fano",
            Quantity::EntropyProduction => "entropy_production",
            Quantity::Efficiency => "efficiency",
            Quantity::CoefficientOfPerformance => "coefficient_of_performance",
            Quantity::EffectiveTemperature => "effective_temperature",
            Quantity::HeatCurrentIndependent => "heat_current_independent",
            Quantity::HeatCurrentSymmetric => "heat_current_symmetric",
            Quantity::HeatCurrentLimit => "heat_current_limit",
            Quantity::HighestIntensity => "highest_intensity",
            Quantity::HighestIntensityTime => "highest_intensity_time",
            Quantity::PeakTime => "peak_time",
            Quantity::PeakIntensity => "peak_intensity",
            Quantity::BurstWidth => "burst_width",
            Quantity::PhotonTime => "photon_time",
            Quantity::Work => "work",
            Quantity::Heat => "heat",
            Quantity::Quanta => "quanta",
            Quantity::Entropy => "entropy",
            Quantity::WorkVariance => "work_variance",
            Quantity::Reliability => "reliability",
            Quantity::HeatVariance => "heat_variance",
            Quantity::WorkHeatCovariance => "work_heat_covariance",
            Quantity::HeatCovariance => "heat_covariance",
            Quantity::UncertaintyRatio => "uncertainty_ratio",
            Quantity::PeriodicUncertaintyRatio => "periodic_uncertainty_ratio",
            Quantity::ExponentialWork => "exponential_work",
            Quantity::ExponentialEntropy => "exponential_entropy",
            Quantity::Observable => "observable",
        }
    }

    /// Whether it is what a protocol books up to a time.
    #[must_use]
    pub fn is_booked(self) -> bool {
        matches!(self, Quantity::Work | Quantity::Heat | Quantity::Entropy)
    }

    /// The name that a quantity has now, of one that it had before.
    #[must_use]
    pub fn renamed(former: &str) -> Option<&'static str> {
        (former == "heat_current_average").then(|| Quantity::HeatCurrentInterval.name())
    }

    /// The unit in a unit system; "1" for a pure number.
    #[must_use]
    pub fn unit(self, units: Units) -> &'static str {
        match self {
            Quantity::HeatCurrent
            | Quantity::HeatCurrentInterval
            | Quantity::HeatCurrentCounts
            | Quantity::HeatCurrentBalance
            | Quantity::HeatCurrentControlled
            | Quantity::HeatCurrentIndependent
            | Quantity::HeatCurrentSymmetric
            | Quantity::HeatCurrentLimit
            | Quantity::Power => units.heat_current(),
            Quantity::Work | Quantity::Heat => units.energy(),
            Quantity::WorkVariance
            | Quantity::HeatVariance
            | Quantity::WorkHeatCovariance
            | Quantity::HeatCovariance => units.energy_squared(),
            Quantity::Intensity
            | Quantity::HighestIntensity
            | Quantity::PeakIntensity
            | Quantity::Noise
            | Quantity::EntropyProduction => units.rate(),
            Quantity::HighestIntensityTime | Quantity::PeakTime | Quantity::BurstWidth | Quantity::PhotonTime => {
                units.time()
            }
            Quantity::EffectiveTemperature => units.temperature(),
            Quantity::Jx
            | Quantity::Jy
            | Quantity::Jz
            | Quantity::JSquared
            | Quantity::SpinLength
            | Quantity::Squeezing
            | Quantity::Excited
            | Quantity::Fano
            | Quantity::Quanta
            | Quantity::Entropy
            | Quantity::Efficiency
            | Quantity::CoefficientOfPerformance
            | Quantity::Reliability
            | Quantity::UncertaintyRatio
            | Quantity::PeriodicUncertaintyRatio
            | Quantity::ExponentialWork
            | Quantity::ExponentialEntropy
            | Quantity::Observable => "1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_is_in_the_list_at_its_place() {
        assert!(Quantity::ALL.iter().enumerate().all(|(place, quantity)| *quantity as usize == place));
        assert_eq!(Quantity::Observable as usize + 1, Quantity::ALL.len());
    }
}
