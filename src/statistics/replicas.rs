//! Independent replicas of a stationary stretch: averages, how long they remember, and how far they agree.

use serde::{Deserialize, Serialize};

use super::qubits::Replica;
use super::{Controlled, Estimate, Moments};
use crate::model::Values;
use crate::trajectory::Exchanged;

/// The most, in standard errors, that what is zero in a steady state may be off by chance (false positives: 6e-5).
pub const DRIFT: f64 = 4.0;

/// Averages over replicas. The first of the values is watched: its spread within and between stretches is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replicas {
    values: Controlled,
    /// The watched current: its average, and that of its square, over a stretch.
    within: Moments,
    /// Its averages over halves of stretches, two a replica.
    halves: Moments,
    /// The first half less the second.
    drift: Moments,
    /// Jumps of all kinds, those of the warm-up included.
    pub jumps: u64,
    /// Quanta exchanged with each bath within the stretches.
    pub exchanged: Exchanged,
}

/// How the watched current behaves within and between stretches: as it is reported, which for the sectors engine is averaged over
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its integrated autocorrelation time, from the spread between stretches over that within them.
    pub autocorrelation_time: f64,
    /// Effectively independent values of it in all stretches.
    pub effective_samples: f64,
    /// Split R-hat (Gelman et al.) of the halves of the stretches: 1 where each is as good as any other.
    pub split_r_hat: f64,
    /// The mean of the first halves less that of the second, in standard errors.
    pub drift: f64,
}

/// How a value is estimated: as it is, or by regression on the controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimator {
    /// Which value.
    pub index: usize,
    /// Whether the controls are used.
    pub controlled: bool,
}

impl Replicas {
    /// Of so many values and controls, for a model of so many baths.
    #[must_use]
    pub fn new(values: usize, controls: usize, baths: usize) -> Self {
        Replicas {
            values: Controlled::new(values, controls),
            within: Moments::new(2),
            halves: Moments::new(1),
            drift: Moments::new(1),
            jumps: 0,
            exchanged: Exchanged::new(baths),
        }
    }

    /// How many replicas.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.values.count()
    }

    /// Adds a replica with its values, then its controls.
    pub fn push<V: Values>(&mut self, values: &[f64], replica: &Replica<V>) {
        self.values.push(values);
        let [first, second] = replica.halves;
        self.within.push([(first + second) / 2.0, replica.square].iter());
        self.halves.push([first].iter());
        self.halves.push([second].iter());
        self.drift.push([first - second].iter());
        self.jumps += replica.jumps;
        self.exchanged.merge(&replica.exchanged);
    }

    /// Adds later replicas.
    pub fn merge(&mut self, later: &Replicas) {
        self.values.merge(&later.values);
        self.within.merge(&later.within);
        self.halves.merge(&later.halves);
        self.drift.merge(&later.drift);
        self.jumps += later.jumps;
        self.exchanged.merge(&later.exchanged);
    }

    /// The estimate of one value: replicas are independent, so its error is their spread, whatever each remembers.
    /// `None` by regression where a control is farther from zero than chance takes it: its true mean is not zero then,
    /// and a value there would be extrapolated to a state that was never seen.
    #[must_use]
    pub fn estimate(&self, Estimator { index, controlled }: Estimator) -> Option<Estimate> {
        if !controlled {
            return self.values.plain(index);
        }
        self.values.regressed(index).filter(|_| self.is_balanced())
    }

    /// The estimate of a sum of values, each so many times, as they are or by regression.
    #[must_use]
    pub fn estimate_sum(&self, weights: &[f64], controlled: bool) -> Option<Estimate> {
        if !controlled {
            return self.values.plain_sum(weights);
        }
        self.values.regressed_sum(weights).filter(|_| self.is_balanced())
    }

    /// Whether what has to be zero in a steady state is zero, as far as chance allows.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.imbalances().all(|off| off.abs() <= DRIFT)
    }

    /// How many replicas an estimate has beside the numbers that are fitted to them.
    #[must_use]
    pub fn freedom(&self, estimator: Estimator) -> u64 {
        let fitted = if estimator.controlled { self.values.controls() } else { 0 };
        self.count().saturating_sub(1 + fitted as u64)
    }

    /// How far each control is from zero, in standard errors.
    pub fn imbalances(&self) -> impl Iterator<Item = f64> {
        (0..self.values.controls()).map(|control| {
            let estimate = self.values.control(control);
            estimate.and_then(|estimate| Some(estimate.mean / estimate.std_error?)).unwrap_or(0.0)
        })
    }

    /// How the watched current behaves over stretches of this length; `None` while it shows no spread.
    #[must_use]
    pub fn agreement(&self, stretch: f64) -> Option<Agreement> {
        let variance = |of: &Moments, index| of.variance(index).filter(|v| *v > 0.0);
        let (mean, square) = (self.within.estimate(0)?.mean, self.within.estimate(1)?.mean);
        let between = variance(&self.within, 0)?;
        // Over time within all stretches together.
        let instant = square - mean * mean;
        let halves = variance(&self.halves, 0)?;
        let within_halves = square - mean * mean - halves;
        let drift = self.drift.estimate(0)?;
        Some(Agreement {
            autocorrelation_time: stretch * between / (2.0 * instant),
            effective_samples: self.count() as f64 * instant / between,
            split_r_hat: (1.0 + halves / within_halves.max(f64::MIN_POSITIVE)).sqrt(),
            drift: drift.std_error.map_or(0.0, |error| drift.mean / error),
        })
    }
}
