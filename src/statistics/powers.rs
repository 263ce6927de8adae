//! Central moments up to the fourth, and co-moments, by updates that can be merged (Pébay, 2008).

use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::quantity::Resolution;

/// Count, mean and sums of powers of the deviations from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Powers {
    /// How many values.
    pub count: f64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Powers {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.merge(&Powers { count: 1.0, mean: value, ..Powers::default() });
    }

    /// Adds all that another has seen.
    pub fn merge(&mut self, other: &Powers) {
        let (a, b) = (self.count, other.count);
        let n = a + b;
        if b == 0.0 {
            return;
        }
        if a == 0.0 {
            *self = *other;
            return;
        }
        let d = other.mean - self.mean;
        let (d2, ab) = (d * d, a * b);
        self.m4 += other.m4
            + d2 * d2 * ab * (a * a - ab + b * b) / (n * n * n)
            + 6.0 * d2 * (a * a * other.m2 + b * b * self.m2) / (n * n)
            + 4.0 * d * (a * other.m3 - b * self.m3) / n;
        self.m3 += other.m3 + d * d2 * ab * (a - b) / (n * n) + 3.0 * d * (a * other.m2 - b * self.m2) / n;
        self.m2 += other.m2 + d2 * ab / n;
        self.mean += d * b / n;
        self.count = n;
    }

    /// The mean, with its standard error; `None` of no values, or where it is not finite.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let error = (self.m2 / (self.count - 1.0) / self.count).sqrt();
        let known = self.count > 1.0 && error > 0.0 && error.is_finite();
        let mean = self.mean;
        (self.count > 0.0 && mean.is_finite()).then_some(Estimate { mean, std_error: known.then_some(error) })
    }

    /// How many values of one size would know the mean of these positive ones as well: `(sum x)^2/sum x^2`.
    #[must_use]
    pub fn effective(&self) -> f64 {
        let square = self.mean * self.mean;
        self.count * square / (square + self.m2 / self.count)
    }

    /// How many of the values make the spread, if the others agree: (sum of squared deviations)^2 over that of fourth powers,
    /// the count over the kurtosis. NaN where there is no spread.
    #[must_use]
    pub fn deviating(&self) -> f64 {
        self.m2 * self.m2 / self.m4
    }

    /// Whether all but a few values agree: how far the others are off is luck. (Of a quarter of all the spread may rest even
    /// where every one is another.)
    #[must_use]
    pub fn is_of_few(&self) -> bool {
        self.deviating() < (Resolution::FEW as f64).min(self.count / 4.0)
    }

    /// The first four cumulants, by the unbiased estimators of independent values (k-statistics); NaN where there are
    /// too few.
    #[must_use]
    pub fn cumulants(&self) -> [f64; 4] {
        let n = self.count;
        let Powers { mean, m2, m3, m4, .. } = *self;
        let k2 = m2 / (n - 1.0);
        let k3 = n * m3 / ((n - 1.0) * (n - 2.0));
        let k4 = (n * (n + 1.0) * m4 - 3.0 * (n - 1.0) * m2 * m2) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
        let when = |least: f64, value: f64| if n > least { value } else { f64::NAN };
        [when(0.0, mean), when(1.0, k2), when(2.0, k3), when(3.0, k4)]
    }
}

/// The covariance of two variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comoment {
    count: f64,
    means: (f64, f64),
    sum: f64,
}

impl Comoment {
    /// Adds a pair of values.
    pub fn push(&mut self, a: f64, b: f64) {
        self.merge(&Comoment { count: 1.0, means: (a, b), sum: 0.0 });
    }

    /// Adds all that another has seen.
    pub fn merge(&mut self, other: &Comoment) {
        let n = self.count + other.count;
        if other.count == 0.0 {
            return;
        }
        let (da, db) = (other.means.0 - self.means.0, other.means.1 - self.means.1);
        self.sum += other.sum + da * db * self.count * other.count / n;
        self.means.0 += da * other.count / n;
        self.means.1 += db * other.count / n;
        self.count = n;
    }

    /// The covariance; NaN of fewer than two pairs.
    #[must_use]
    pub fn covariance(&self) -> f64 {
        if self.count > 1.0 { self.sum / (self.count - 1.0) } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Powers {
        let mut powers = Powers::default();
        values.iter().for_each(|v| powers.push(*v));
        powers
    }

    proptest! {
        #[test]
        fn merging_is_pushing_and_both_are_the_definition(
            values in prop::collection::vec(-10.0..10.0_f64, 4..40), cut in 0..40_usize, offset in -1e3..1e3_f64,
        ) {
            let values: Vec<f64> = values.iter().map(|v| v + offset).collect();
            let cut = cut.min(values.len());
            let mut merged = of(&values[..cut]);
            merged.merge(&of(&values[cut..]));
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let m = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f64>();
            let expected = [
                mean,
                m(2) / (n - 1.0),
                n * m(3) / ((n - 1.0) * (n - 2.0)),
                (n * (n + 1.0) * m(4) - 3.0 * (n - 1.0) * m(2) * m(2)) / ((n - 1.0) * (n - 2.0) * (n - 3.0)),
            ];
            // Rounding of deviations of size 10 around 1000, to the fourth power: 1e-16 * 1e3 * 4 * 1e3, times n.
            for (value, expected) in merged.cumulants().iter().zip(expected) {
                prop_assert!((value - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{} {}", value, expected);
            }
            let mut pairs = Comoment::default();
            values.iter().for_each(|v| pairs.push(*v, 3.0 - 2.0 * v));
            prop_assert!((pairs.covariance() + 2.0 * expected[1]).abs() < 1e-8);
        }
    }
}
