//! The quantities that are recorded on the time grid: their names, their units, and what they are made of.

use serde::Serialize;

use crate::bath::Bath;
use crate::model::protocol::Entry;
use crate::model::{Extent, System, Transverse, Values};
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
    /// `<exp(-W/T)>`, where all baths are at one temperature.
    ExponentialWork,
    /// `<exp(-sigma)>`, sigma the entropy production of a path.
    ExponentialEntropy,
    /// The mean of an operator of one ensemble, of one mode, or of the user's own; results have its name.
    Observable,
}

impl Quantity {
    /// Every one, in their order.
    pub const ALL: [Quantity; 42] = [
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
            | Quantity::ExponentialWork
            | Quantity::ExponentialEntropy
            | Quantity::Observable => "1",
        }
    }
}

/// A recorded value: a quantity, perhaps of one bath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub quantity: Quantity,
    /// The bath's index, for a quantity of one bath.
    pub bath: Option<usize>,
    /// Which of the observables of a system it is, for one of them.
    pub observable: Option<usize>,
}

impl Column {
    /// The column of a quantity of a bath.
    #[must_use]
    pub fn of_bath(quantity: Quantity, bath: usize) -> Self {
        Column { quantity, bath: Some(bath), observable: None }
    }

    /// The column of a quantity of the whole.
    #[must_use]
    pub fn of_whole(quantity: Quantity) -> Self {
        Column { quantity, bath: None, observable: None }
    }
}

impl Column {
    /// What of a protocol's book it is, if it is of that.
    #[must_use]
    pub fn entry(self) -> Option<Entry> {
        match (self.quantity, self.bath) {
            (Quantity::Work, _) => Some(Entry::Work),
            (Quantity::Heat, Some(bath)) => Some(Entry::Heat(bath)),
            (Quantity::Entropy, _) => Some(Entry::Entropy),
            _ => None,
        }
    }
}

/// The columns of a record over independent groups of qubits, in the order in which they are reported. The groups
/// share their baths; what is not a sum over groups is left out where there are several.
///
/// `coherent` adds the transverse spin, which states diagonal in the Dicke basis do not have.
#[must_use]
pub fn columns<S: System>(groups: &[&S], coherent: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    let baths = groups.first().map_or(0, |group| group.baths().len());
    for index in 0..baths {
        let mut push = |quantity| columns.push(Column::of_bath(quantity, index));
        if groups.iter().any(|group| group.may_heat(index)) {
            push(Quantity::HeatCurrent);
            push(Quantity::HeatCurrentInterval);
            if groups.iter().all(|group| group.quanta_are_alike()) {
                push(Quantity::HeatCurrentCounts);
            }
        }
        if groups.iter().any(|group| group.baths()[index].down > 0.0) {
            push(Quantity::Intensity);
        }
    }
    let mut push = |quantity| columns.push(Column::of_whole(quantity));
    if groups.iter().any(|group| group.power().is_some()) {
        push(Quantity::Power);
    }
    if coherent {
        push(Quantity::Jx);
        push(Quantity::Jy);
    }
    let observables = groups.iter().map(|group| group.observables()).sum::<usize>();
    let has_qubits = groups.iter().any(|group| group.number() > 0);
    if has_qubits {
        push(Quantity::Jz);
    }
    if groups.len() == 1 && observables == 0 {
        push(Quantity::JSquared);
        if coherent {
            push(Quantity::SpinLength);
            push(Quantity::Squeezing);
        }
    }
    if has_qubits {
        push(Quantity::Excited);
    }
    let observable = |index| Column { observable: Some(index), ..Column::of_whole(Quantity::Observable) };
    columns.extend((0..observables).map(observable));
    columns
}

/// What a trajectory, or the exact average, is at a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample<V> {
    /// The values that currents are made of.
    pub values: V,
    /// The transverse spin, where there may be one.
    pub transverse: Option<Transverse>,
}

/// What happened over an interval that ends at a sample, from one trajectory or on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval<'a, V> {
    /// Its length; may be 0 for the first sample, and averages are then NaN.
    pub duration: f64,
    /// The integrals of the values over it.
    pub integral: V,
    /// Net quanta absorbed from each bath in it, or `None` where nothing was counted (exact averages).
    pub net_quanta: Option<&'a [i64]>,
}

/// How one group of qubits contributes to a column. The value of the whole is the sum over its groups.
#[derive(Clone, Copy, Debug)]
pub struct Measure<V: Values> {
    column: Column,
    /// The quantity as a form in the values, where it is one.
    form: V::Form,
    /// Heat of a quantum, for counts.
    quantum: f64,
}

impl<V: Values> Measure<V> {
    /// The measure of a column in a group, one of `total` qubits.
    #[must_use]
    pub fn new<S: System<Values = V>>(system: &S, column: Column, total: i64) -> Self {
        let form = match (column.quantity, column.bath) {
            (Quantity::HeatCurrent | Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, Some(bath)) => {
                system.heat_current(bath)
            }
            (Quantity::Intensity, Some(bath)) => system.intensity(bath),
            (Quantity::Power, _) => system.power().unwrap_or_default(),
            (Quantity::Jz, _) => system.jz(),
            (Quantity::Excited, _) => system.excited(total),
            (Quantity::Observable, _) => {
                column.observable.map_or_else(V::Form::default, |index| system.observable(index))
            }
            _ => V::Form::default(),
        };
        Measure { column, form, quantum: column.bath.map_or(0.0, |bath| system.quantum(bath)) }
    }

    /// The same measure of another system, one of `total` qubits.
    #[must_use]
    pub fn of<S: System<Values = V>>(&self, system: &S, total: i64) -> Self {
        Measure::new(system, self.column, total)
    }

    /// The contribution of the group, from its state at the sample and the interval before it; NaN where it has none.
    #[inline]
    #[must_use]
    pub fn value(&self, now: &Sample<V>, interval: &Interval<V>) -> f64 {
        let transverse = |value: fn(&Transverse) -> f64| now.transverse.as_ref().map_or(f64::NAN, value);
        match self.column.quantity {
            Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts => self.heat(interval) / interval.duration,
            Quantity::JSquared => now.values.j_squared(),
            Quantity::Jx => transverse(|spin| spin.jx),
            Quantity::Jy => transverse(|spin| spin.jy),
            Quantity::SpinLength => transverse(|spin| spin.spin_length),
            Quantity::Squeezing => transverse(|spin| spin.squeezing),
            _ => now.values.at(self.form),
        }
    }

    /// Whether it is an average over the interval, and so a sum over its pieces.
    #[must_use]
    pub fn is_of_interval(&self) -> bool {
        self.column.quantity.is_of_interval()
    }

    /// The heat that a bath gave over an interval, for what [`Measure::is_of_interval`]: by what was counted, where it
    /// was, or by the integrals of the values.
    #[inline]
    #[must_use]
    pub fn heat(&self, interval: &Interval<V>) -> f64 {
        match (self.column.quantity, interval.net_quanta, self.column.bath) {
            (Quantity::HeatCurrentCounts, Some(counts), Some(bath)) => self.quantum * counts[bath] as f64,
            _ => interval.integral.integral(self.form, interval.duration),
        }
    }
}

/// What is known of a column beforehand: a spread between trajectories is chance only where it is above this.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Deviations up to this are of rounding, or of the steps between jumps.
    pub floor: f64,
    /// The natural scale.
    pub scale: f64,
    /// About how much one jump changes.
    pub step: f64,
    /// Whether it is local jumps that change it so much.
    pub local: bool,
    /// Whether a few trajectories in many make nearly all of its mean.
    pub of_few: bool,
}

impl Resolution {
    /// The resolution of a column of a group, one of `total` qubits, by an engine of this precision.
    #[must_use]
    pub fn new<S: System>(system: &S, column: Column, total: i64, precision: Precision) -> Self {
        let n = system.number() as f64;
        let of_spin = |scale: f64, step: f64| (Extent { emission: 0.0, others: scale, step }, scale);
        let of_form = |form| {
            let extent = system.extent(form);
            (extent, extent.emission + extent.others)
        };
        let (extent, scale) = match (column.quantity, column.bath) {
            (Quantity::HeatCurrent | Quantity::HeatCurrentInterval | Quantity::HeatCurrentBalance, Some(bath)) => {
                of_form(system.heat_current(bath))
            }
            (Quantity::Intensity, Some(bath)) => of_form(system.intensity(bath)),
            (Quantity::Power, _) => of_form(system.power().unwrap_or_default()),
            (Quantity::Excited, _) => of_form(system.excited(total)),
            (Quantity::Observable, _) => {
                of_form(column.observable.map_or_else(Default::default, |index| system.observable(index)))
            }
            (Quantity::JSquared, _) => of_spin(n / 2.0 * (n / 2.0 + 1.0), n),
            (Quantity::SpinLength, _) => of_spin(1.0, 2.0 / n),
            // A difference of second moments over J.
            (Quantity::Squeezing, _) => of_spin(n, 2.0 / n),
            (Quantity::Jx | Quantity::Jy | Quantity::Jz, _) => of_spin(n / 2.0, 1.0),
            // Counts are whole numbers, and rest on jumps alone.
            _ => (Extent { step: f64::INFINITY, ..Extent::default() }, 0.0),
        };
        // <J_+ J_-> has its own last digits, unless it comes out of steps.
        let emission = if precision.steps { extent.emission } else { 0.0 };
        let floor = precision.relative * (emission + extent.others);
        let acts = |bath: &Bath| !bath.coupling.conserves_j() && bath.down + bath.up + bath.dephasing > 0.0;
        let local = column.quantity == Quantity::JSquared && system.baths().iter().any(acts);
        let of_few = column.observable.is_some_and(|index| system.is_of_few(index));
        Resolution { floor, scale, step: extent.step, local, of_few }
    }

    /// That of the sum with the same column of another group.
    #[must_use]
    pub fn and(self, other: Resolution) -> Self {
        Resolution {
            floor: self.floor + other.floor,
            scale: self.scale + other.scale,
            step: self.step.max(other.step),
            local: self.local,
            of_few: self.of_few,
        }
    }
}

/// How precise the values of a trajectory are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Relative to their natural scale.
    pub relative: f64,
    /// Whether the state moves in steps with an error, and not by closed forms alone.
    pub steps: bool,
}

impl Precision {
    /// Levels, whose values are exact: some hundred roundings of sums over a trajectory.
    pub const LEVELS: Precision = Precision { relative: 1e-13, steps: false };
    /// Amplitudes, that decay by closed forms.
    pub const AMPLITUDES: Precision = Precision { relative: 1e-12, steps: false };
    /// A state that moves in steps of 1e-10 each.
    pub const STEPS: Precision = Precision { relative: 1e-9, steps: true };
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
