//! Means of many numbers beside control variates: numbers whose true mean is known to be zero.
//!
//! What a sample mean owes to the chance that its controls are not zero is taken off by regression, and its error with
//! it (Lavenberg and Welch, Manage. Sci. 27, 322 (1981)): exact for normal numbers, and stretches that cover many
//! relaxation times are nearly normal.

use serde::{Deserialize, Serialize};

use super::{Estimate, Moments};

/// A control is left out where the others leave less than this of its variance.
const INDEPENDENT: f64 = 1e-9;
/// Vectors beyond the controls, before there is a regression.
const SPARE: u64 = 16;

/// Running means, variances and the covariances with the controls, of vectors that share one count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Controlled {
    /// Of the values, then of the controls.
    moments: Moments,
    controls: usize,
    /// Sums of products of deviations, of each value and control with each control.
    products: Vec<f64>,
    /// The same of each value with those before it, in their order.
    between: Vec<f64>,
}

/// The place of a value and one before it in [`Controlled::between`].
fn pair(later: usize, former: usize) -> usize {
    later * (later - 1) / 2 + former
}

impl Controlled {
    /// Of so many values and controls, empty.
    #[must_use]
    pub fn new(values: usize, controls: usize) -> Self {
        let all = values + controls;
        let between = vec![0.0; values * values.saturating_sub(1) / 2];
        Controlled { moments: Moments::new(all), controls, products: vec![0.0; all * controls], between }
    }

    /// How many vectors were pushed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.moments.count()
    }

    /// How many controls there are.
    #[must_use]
    pub fn controls(&self) -> usize {
        self.controls
    }

    fn values(&self) -> usize {
        self.moments.means().len() - self.controls
    }

    /// Adds the values of one replica, then its controls.
    ///
    /// # Panics
    /// If they are not as many as there are.
    pub fn push(&mut self, all: &[f64]) {
        let (means, first) = (self.moments.means(), self.values());
        // (n-1)/n of a deviation from the mean before is that from the mean after.
        let share = self.count() as f64 / (self.count() + 1) as f64;
        for (row, (value, mean)) in all.iter().zip(means).enumerate() {
            for (control, product) in self.products[row * self.controls..][..self.controls].iter_mut().enumerate() {
                *product += (value - mean) * (all[first + control] - means[first + control]) * share;
            }
        }
        for later in 1..first {
            let off = (all[later] - means[later]) * share;
            let products = self.between[pair(later, 0)..].iter_mut();
            products.zip(all[..later].iter().zip(means)).for_each(|(sum, (value, mean))| *sum += off * (value - mean));
        }
        self.moments.push(all.iter());
    }

    /// Adds all that `later` has seen.
    pub fn merge(&mut self, later: &Self) {
        let (mine, theirs) = (self.count() as f64, later.count() as f64);
        if mine + theirs > 0.0 {
            let (weight, first) = (mine * theirs / (mine + theirs), self.values());
            let shift = |index: usize| later.moments.means()[index] - self.moments.means()[index];
            for (index, product) in self.products.iter_mut().enumerate() {
                let (row, control) = (index / self.controls, index % self.controls);
                *product += later.products[index] + shift(row) * shift(first + control) * weight;
            }
            for (row, former) in (1..first).flat_map(|row| (0..row).map(move |former| (row, former))) {
                let at = pair(row, former);
                self.between[at] += later.between[at] + shift(row) * shift(former) * weight;
            }
        }
        self.moments.merge(&later.moments);
    }

    /// The mean of a value as it is.
    #[must_use]
    pub fn plain(&self, value: usize) -> Option<Estimate> {
        self.moments.estimate(value)
    }

    /// The mean of a control, which is zero but for chance.
    #[must_use]
    pub fn control(&self, control: usize) -> Option<Estimate> {
        self.moments.estimate(self.values() + control)
    }

    /// The mean of a sum of values as they are, each so many times: what depends on several of them changes so with
    /// each, to first order. `None` of few vectors.
    #[must_use]
    pub fn plain_sum(&self, weights: &[f64]) -> Option<Estimate> {
        let n = self.count() as f64;
        let std_error = (self.variance(weights)? / n).sqrt();
        let known = std_error.is_finite() && std_error > 0.0;
        Some(Estimate { mean: self.sum(weights), std_error: known.then_some(std_error) })
    }

    fn sum(&self, weights: &[f64]) -> f64 {
        weights.iter().zip(self.moments.means()).filter(|(by, _)| **by != 0.0).map(|(by, mean)| by * mean).sum()
    }

    /// The variance of such a sum.
    fn variance(&self, weights: &[f64]) -> Option<f64> {
        let n = self.count() as f64;
        let mut sum = 0.0;
        for (later, by) in weights.iter().enumerate().filter(|(_, by)| **by != 0.0) {
            sum += by * by * self.moments.variance(later)?;
            let with = weights[..later].iter().enumerate().filter(|(_, other)| **other != 0.0);
            sum += with.map(|(former, other)| 2.0 * by * other * self.between[pair(later, former)]).sum::<f64>()
                / (n - 1.0);
        }
        Some(sum.max(0.0))
    }

    /// The mean of a value by regression on the controls, see [`Controlled::regressed_sum`].
    #[must_use]
    pub fn regressed(&self, value: usize) -> Option<Estimate> {
        let mut weights = vec![0.0; self.values()];
        weights[value] = 1.0;
        self.regressed_sum(&weights)
    }

    /// The mean of a sum of values, each so many times, by regression on the controls, the intercept at controls of zero,
    /// with its standard error. `None` without controls that vary, or of few vectors.
    ///
    /// The error has a term beside the one of the fit: one standard deviation of the value over n. A fit may leave so
    /// little that all of the rest is of rare events, which n vectors may not have seen; the term is what one more
    /// vector could change that is a deviation off the fit. Hence the gain over the plain mean, in variance, is at most
    /// n.
    #[must_use]
    pub fn regressed_sum(&self, weights: &[f64]) -> Option<Estimate> {
        let (n, first, d) = (self.count() as f64, self.values(), self.controls);
        if self.count() <= d as u64 + SPARE {
            return None;
        }
        let row = |index: usize| self.products[index * d..][..d].to_vec();
        let mut squares: Vec<Vec<f64>> = (0..d).map(|control| row(first + control)).collect();
        let mut with_value = vec![0.0; d];
        for (value, by) in weights.iter().enumerate().filter(|(_, by)| **by != 0.0) {
            with_value.iter_mut().zip(row(value)).for_each(|(sum, product)| *sum += by * product);
        }
        let mut means = self.moments.means()[first..].to_vec();
        let (mut mean, mut used) = (self.sum(weights), 0.0);
        let variance = self.variance(weights)?;
        // The sum of squares that is left, and the variance of the intercept over that of a residual.
        let (mut rest, mut leverage) = (variance * (n - 1.0), 1.0 / n);
        // By Gauss elimination: each pivot is what the controls before it leave of a control.
        for k in 0..d {
            let pivot = squares[k][k];
            if pivot.is_nan() || pivot <= INDEPENDENT * self.products[(first + k) * d + k] {
                continue;
            }
            let (done, below) = squares.split_at_mut(k + 1);
            for (l, row) in (k + 1..d).zip(below) {
                let factor = row[k] / pivot;
                row.iter_mut().zip(&done[k]).for_each(|(square, above)| *square -= factor * above);
                with_value[l] -= factor * with_value[k];
                means[l] -= factor * means[k];
            }
            let slope = with_value[k] / pivot;
            mean -= slope * means[k];
            rest -= slope * with_value[k];
            leverage += means[k] * means[k] / pivot;
            used += 1.0;
        }
        let of_fit = rest.max(0.0) / (n - 1.0 - used) * leverage;
        let std_error = (of_fit + variance / (n * n)).sqrt();
        let known = used > 0.0 && mean.is_finite() && std_error.is_finite() && std_error > 0.0;
        known.then_some(Estimate { mean, std_error: Some(std_error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(rows: &[Vec<f64>], values: usize) -> Controlled {
        let mut controlled = Controlled::new(values, rows[0].len() - values);
        rows.iter().for_each(|row| controlled.push(row));
        controlled
    }

    /// y = 3 + 2 a - b + noise, with a of mean -0.4 by chance, say.
    fn rows(noise: &[f64]) -> Vec<Vec<f64>> {
        let row = |(k, noise): (usize, &f64)| {
            let (a, b) = ((k as f64 * 0.7).sin() - 0.4, (k as f64 * 1.3).cos() + 0.1);
            vec![3.0 + 2.0 * a - b + noise, a, b]
        };
        noise.iter().enumerate().map(row).collect()
    }

    proptest! {
        #[test]
        fn merging_parts_is_pushing_all(
            noise in prop::collection::vec(-1.0..1.0_f64, 30..60), cut in 0..60_usize,
        ) {
            let rows = rows(&noise);
            let cut = cut.min(rows.len());
            let whole = of(&rows, 1);
            let mut merged = Controlled::new(1, 2);
            rows[..cut].iter().for_each(|row| merged.push(row));
            let mut later = Controlled::new(1, 2);
            rows[cut..].iter().for_each(|row| later.push(row));
            merged.merge(&later);
            let (a, b) = (whole.regressed(0).unwrap(), merged.regressed(0).unwrap());
            // Sums of some fifty numbers of order one, in another order.
            prop_assert!((a.mean - b.mean).abs() < 1e-12);
            prop_assert!((a.std_error.unwrap() - b.std_error.unwrap()).abs() < 1e-12);
        }

        /// The normal equations of y on (1, a, b), solved by Cramer's rule from sums as they stand.
        #[test]
        fn it_is_the_intercept_of_least_squares(noise in prop::collection::vec(-1.0..1.0_f64, 30..60)) {
            let rows = rows(&noise);
            let n = rows.len() as f64;
            let sum = |of: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| of(row)).sum::<f64>();
            let x = |row: &[f64]| [1.0, row[1], row[2]];
            let matrix: Vec<Vec<f64>> =
                (0..3).map(|i| (0..3).map(|j| sum(&|row| x(row)[i] * x(row)[j])).collect()).collect();
            let right: Vec<f64> = (0..3).map(|i| sum(&|row| x(row)[i] * row[0])).collect();
            let det = |m: &[Vec<f64>]| {
                let minor = |a: usize, b: usize| m[1][a] * m[2][b] - m[1][b] * m[2][a];
                m[0][0] * minor(1, 2) - m[0][1] * minor(0, 2) + m[0][2] * minor(0, 1)
            };
            let solved: Vec<f64> = (0..3).map(|j| {
                let mut with = matrix.clone();
                (0..3).for_each(|i| with[i][j] = right[i]);
                det(&with) / det(&matrix)
            }).collect();
            let residual = sum(&|row| {
                let fitted: f64 = x(row).iter().zip(&solved).map(|(x, b)| x * b).sum();
                (row[0] - fitted).powi(2)
            });
            // The first element of the inverse of the matrix; and the deviation of one value over n.
            let inverse = (matrix[1][1] * matrix[2][2] - matrix[1][2] * matrix[2][1]) / det(&matrix);
            let mean = sum(&|row| row[0]) / n;
            let variance = sum(&|row| (row[0] - mean).powi(2)) / (n - 1.0);
            let std_error = (residual / (n - 3.0) * inverse + variance / (n * n)).sqrt();
            let estimate = of(&rows, 1).regressed(0).unwrap();
            prop_assert!((estimate.mean - solved[0]).abs() < 1e-10);
            prop_assert!((estimate.std_error.unwrap() - std_error).abs() < 1e-10);
        }
    }

    /// Of a sum the mean and the error are those of the sums themselves, plain and regressed, merged or not.
    #[test]
    fn a_sum_of_values_is_a_value() {
        let noise: Vec<f64> = (0..40).map(|k| (f64::from(k) * 2.1).sin()).collect();
        let weights = [1.5, 0.0, -0.4];
        let several = |row: &Vec<f64>, k: usize| {
            let mut values = vec![row[0], 7.0 * row[1], (k as f64 * 3.7).cos()];
            values.push(values.iter().zip(weights).map(|(value, by)| value * by).sum());
            values.extend(&row[1..]);
            values
        };
        let rows: Vec<Vec<f64>> = rows(&noise).iter().enumerate().map(|(k, row)| several(row, k)).collect();
        let mut merged = of(&rows[..13], 4);
        merged.merge(&of(&rows[13..], 4));
        for all in [of(&rows, 4), merged] {
            let weights = [1.5, 0.0, -0.4, 0.0];
            let pairs = [(all.plain_sum(&weights), all.plain(3)), (all.regressed_sum(&weights), all.regressed(3))];
            for (sum, value) in pairs.map(|(sum, value)| (sum.unwrap(), value.unwrap())) {
                assert!((sum.mean - value.mean).abs() < 1e-13, "{sum:?} {value:?}");
                assert!((sum.std_error.unwrap() - value.std_error.unwrap()).abs() < 1e-13, "{sum:?} {value:?}");
            }
        }
    }

    #[test]
    fn controls_that_do_not_vary_or_repeat_each_other_are_left_out() {
        let noise: Vec<f64> = (0..40).map(|k| (f64::from(k) * 2.1).sin()).collect();
        let whole = rows(&noise);
        let alone = of(&whole.iter().map(|row| vec![row[0], row[1]]).collect::<Vec<_>>(), 1).regressed(0).unwrap();
        for other in [|_: f64| 0.0, |a: f64| -3.0 * a] {
            let rows: Vec<Vec<f64>> = whole.iter().map(|row| vec![row[0], row[1], other(row[1])]).collect();
            let estimate = of(&rows, 1).regressed(0).unwrap();
            assert!((estimate.mean - alone.mean).abs() < 1e-12);
            assert!((estimate.std_error.unwrap() - alone.std_error.unwrap()).abs() < 1e-12);
        }
        let none: Vec<Vec<f64>> = whole.iter().map(|row| vec![row[0], 0.0]).collect();
        assert_eq!(of(&none, 1).regressed(0), None);
        assert_eq!(of(&whole[..18], 1).regressed(0), None);
    }

    /// Where all that varies is controlled, what is left is what n vectors may not have seen.
    #[test]
    fn the_gain_in_variance_is_at_most_n() {
        let all = of(&rows(&[0.0; 64]), 1);
        let (estimate, plain) = (all.regressed(0).unwrap(), all.plain(0).unwrap());
        assert!((estimate.mean - 3.0).abs() < 1e-12);
        let gain = (plain.std_error.unwrap() / estimate.std_error.unwrap()).powi(2);
        assert!((gain - 64.0).abs() < 1e-9, "{gain}");
    }
}
