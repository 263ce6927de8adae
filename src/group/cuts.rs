//! What cuts of modes may do to heat.

use super::ensembles::Ensembles;
use super::extent::size;
use crate::model::System;

impl Ensembles {
    /// About what cuts may do to the heat current of a bath where modes keep so many levels, by their place among the factors,
    /// the highest of which weigh so much: it is that of a mode without one, in which as much would flow beyond the highest
    /// level as is taken from there. `None` where a start does not fit.
    #[must_use]
    pub fn cut_error(&self, levels: &[i64], bath: usize, weight: f64) -> Option<f64> {
        let cut = self.cut(levels).ok()?;
        let largest = |place: usize| size(cut.product(), cut.start(), &cut.watched()[place]).most;
        let highest = cut.product().factors().iter().map(|factor| factor.frequency.abs()).fold(0.0, f64::max);
        // Twice, as the way there is from one level below.
        let quanta = 2.0 * largest(1 + self.baths().len() + bath) * cut.units().quantum(highest);
        Some(weight * (largest(1 + bath) + quanta))
    }
}
