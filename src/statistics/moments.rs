//! Means and variances of many numbers at once, by updates that can be merged.
//!
//! Welford's update and its pairwise form (Chan, Golub and LeVeque, 1983): no cancellation however large the mean.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The mean of a quantity over trajectories, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The standard error of the mean; `None` where the sample shows no spread to infer one from
    /// (a single trajectory, or values that are all alike).
    pub std_error: Option<f64>,
}

/// Running mean and variance of a vector of quantities that share one count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    mean: Vec<f64>,
    /// Sums of squared deviations from the mean.
    squares: Vec<f64>,
}

/// None, of no quantities.
impl Default for Moments {
    fn default() -> Self {
        Moments::new(0)
    }
}

impl Moments {
    /// Moments of `len` quantities, empty.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Moments { count: 0, mean: vec![0.0; len], squares: vec![0.0; len] }
    }

    /// How many vectors were pushed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The means as they stand; 0 where nothing was pushed.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        &self.mean
    }

    /// Adds one vector of values.
    ///
    /// # Panics
    /// If its length is not that of the moments.
    pub fn push<'a>(&mut self, values: impl ExactSizeIterator<Item = &'a f64>) {
        assert_eq!(values.len(), self.mean.len());
        self.push_all(values.copied());
    }

    /// Adds one vector of values, as many as there are moments.
    pub fn push_all(&mut self, values: impl Iterator<Item = f64>) {
        self.count += 1;
        let weight = 1.0 / self.count as f64;
        for ((mean, square), value) in self.mean.iter_mut().zip(&mut self.squares).zip(values) {
            let before = value - *mean;
            *mean += before * weight;
            *square += before * (value - *mean);
        }
    }

    /// Adds all that `other` has seen, after all that this one has.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn merge(&mut self, other: &Moments) {
        assert_eq!(self.mean.len(), other.mean.len());
        if self.count == 0 {
            self.clone_from(other);
            return;
        }
        if other.count == 0 {
            return;
        }
        let (mine, theirs) = (self.count as f64, other.count as f64);
        let total = mine + theirs;
        for index in 0..self.mean.len() {
            let shift = other.mean[index] - self.mean[index];
            self.mean[index] += shift * (theirs / total);
            self.squares[index] += other.squares[index] + shift * shift * (mine * theirs / total);
        }
        self.count += other.count;
    }

    /// The sample variance of one quantity, where there are two values or more.
    #[must_use]
    pub fn variance(&self, index: usize) -> Option<f64> {
        (self.count > 1).then(|| self.squares[index] / (self.count - 1) as f64)
    }

    /// The moments of one quantity alone.
    #[must_use]
    pub fn of(&self, index: usize) -> Moments {
        Moments { count: self.count, mean: vec![self.mean[index]], squares: vec![self.squares[index]] }
    }

    /// The moments of some quantities alone.
    #[must_use]
    pub fn among(&self, range: Range<usize>) -> Moments {
        let Moments { count, mean, squares } = self;
        Moments { count: *count, mean: mean[range.clone()].to_vec(), squares: squares[range].to_vec() }
    }

    /// How many means and sums of squares there are: of moments that were read, not necessarily as many.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        (self.mean.len(), self.squares.len())
    }

    /// The estimate of one quantity, or `None` where it has no value (nothing pushed, or not a number).
    #[must_use]
    pub fn estimate(&self, index: usize) -> Option<Estimate> {
        self.estimate_above(index, 0.0)
    }

    /// The same, where a standard deviation between values up to `floor` is no spread.
    #[must_use]
    pub fn estimate_above(&self, index: usize, floor: f64) -> Option<Estimate> {
        let mean = self.mean[index];
        if self.count == 0 || !mean.is_finite() {
            return None;
        }
        let n = self.count as f64;
        let (deviation, std_error) =
            ((self.squares[index] / (n - 1.0)).sqrt(), (self.squares[index] / (n - 1.0) / n).sqrt());
        Some(Estimate { mean, std_error: (self.count > 1 && deviation > floor).then_some(std_error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::new(1);
        for value in values {
            moments.push([*value].iter());
        }
        moments
    }

    proptest! {
        #[test]
        fn merging_parts_is_pushing_all(
            values in prop::collection::vec(-1e3..1e3_f64, 2..60),
            cut in 0..60_usize,
            offset in -1e6..1e6_f64,
        ) {
            let values: Vec<f64> = values.iter().map(|v| v + offset).collect();
            let cut = cut.min(values.len());
            let mut merged = of(&values[..cut]);
            merged.merge(&of(&values[cut..]));

            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let estimate = merged.estimate(0).unwrap();
            prop_assert_eq!(merged.count(), values.len() as u64);
            prop_assert!((estimate.mean - mean).abs() < 1e-9);
            let std_error = estimate.std_error.unwrap_or(0.0);
            prop_assert!((std_error - (variance / n).sqrt()).abs() < 1e-8);
        }
    }

    #[test]
    fn no_spread_means_no_error_bar() {
        assert_eq!(of(&[]).estimate(0), None);
        assert_eq!(of(&[2.5]).estimate(0), Some(Estimate { mean: 2.5, std_error: None }));
        assert_eq!(of(&[2.5, 2.5, 2.5]).estimate(0), Some(Estimate { mean: 2.5, std_error: None }));
        assert_eq!(of(&[f64::NAN, f64::NAN]).estimate(0), None);
        // A standard deviation of 1e-3.
        let (hardly, deviation) = (of(&[2.5 - 1e-3, 2.5, 2.5 + 1e-3]), 1e-3);
        assert!(hardly.estimate_above(0, 0.99 * deviation).unwrap().std_error.is_some());
        assert_eq!(hardly.estimate_above(0, 1.01 * deviation).unwrap().std_error, None);
    }
}
