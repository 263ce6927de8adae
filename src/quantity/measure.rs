//! How a quantity follows from the values of a state, and of the interval before it.

use super::{Column, Quantity};
use crate::model::{System, Transverse, Values};

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
            (
                Quantity::HeatCurrent | Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts | Quantity::Heat,
                Some(bath),
            ) => system.heat_current(bath),
            (Quantity::Work, _) => system.energy().unwrap_or_default(),
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

    /// The heat of a bath or the work that adds up along a trajectory, by the first law: what the energy now has above that
    /// at the start, less all heats.
    #[must_use]
    pub fn booked(&self) -> Option<Quantity> {
        Some(self.column.quantity).filter(|quantity| matches!(quantity, Quantity::Work | Quantity::Heat))
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
