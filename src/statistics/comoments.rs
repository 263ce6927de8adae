//! Means and covariances of numbers that go together, by updates that can be merged (Chan, Golub and LeVeque, 1983).

use serde::{Deserialize, Serialize};

use super::Estimate;
use super::jackknife::Merge;

/// Running means and covariances of a vector of quantities that share one count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comoments {
    count: u64,
    mean: Vec<f64>,
    /// Sums of products of deviations from the means, of each pair b <= a in the order (0, 0), (1, 0), (1, 1), ...
    products: Vec<f64>,
}

/// The place of a pair.
fn place(a: usize, b: usize) -> usize {
    let (a, b) = (a.max(b), a.min(b));
    a * (a + 1) / 2 + b
}

impl Comoments {
    /// Of `len` quantities, empty.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Comoments { count: 0, mean: vec![0.0; len], products: vec![0.0; place(len, 0)] }
    }

    /// How many vectors were pushed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds one vector of values.
    ///
    /// # Panics
    /// If its length is not that of the moments.
    pub fn push(&mut self, values: &[f64]) {
        assert_eq!(values.len(), self.mean.len());
        self.count += 1;
        let weight = 1.0 / self.count as f64;
        let mut products = self.products.iter_mut();
        for (a, value) in values.iter().enumerate() {
            let before = value - self.mean[a];
            // Of this one and those before, which are means with the vector by now.
            self.mean[a] += before * weight;
            for (other, mean) in values[..=a].iter().zip(&self.mean) {
                if let Some(product) = products.next() {
                    *product += before * (other - mean);
                }
            }
        }
    }

    /// The mean of a quantity, NaN of none.
    #[must_use]
    pub fn mean(&self, index: usize) -> f64 {
        if self.count > 0 { self.mean[index] } else { f64::NAN }
    }

    /// The sample covariance of two quantities, of one with itself its variance; NaN of fewer than two vectors.
    #[must_use]
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        if self.count > 1 { self.products[place(a, b)] / (self.count - 1) as f64 } else { f64::NAN }
    }

    /// The mean of a quantity with its standard error, or `None` where it has no value.
    #[must_use]
    pub fn estimate(&self, index: usize) -> Option<Estimate> {
        let mean = self.mean(index);
        let std_error = (self.covariance(index, index) / self.count as f64).sqrt();
        mean.is_finite().then_some(Estimate { mean, std_error: (std_error > 0.0).then_some(std_error) })
    }

    /// How many means and products there are: of what was read, not necessarily as many as belong together.
    pub(super) fn lengths(&self) -> (usize, usize) {
        (self.mean.len(), self.products.len())
    }
}

impl Merge for Comoments {
    fn merge(&mut self, later: &Self) {
        if self.count == 0 {
            self.clone_from(later);
            return;
        }
        if later.count == 0 {
            return;
        }
        let (mine, theirs) = (self.count as f64, later.count as f64);
        let total = mine + theirs;
        let apart: Vec<f64> = self.mean.iter().zip(&later.mean).map(|(mine, theirs)| theirs - mine).collect();
        let pairs = (0..apart.len()).flat_map(|a| (0..=a).map(move |b| (a, b)));
        for ((product, other), (a, b)) in self.products.iter_mut().zip(&later.products).zip(pairs) {
            *product += other + apart[a] * apart[b] * (mine * theirs / total);
        }
        self.mean.iter_mut().zip(&apart).for_each(|(mean, apart)| *mean += apart * (theirs / total));
        self.count += later.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_is_pushing_and_both_are_the_definition(
            pairs in prop::collection::vec((-10.0..10.0_f64, -10.0..10.0_f64), 2..40),
            cut in 0..40_usize,
            offset in -1e3..1e3_f64,
        ) {
            let rows: Vec<[f64; 3]> = pairs.iter().map(|(x, y)| [x + offset, y - offset, 2.0 * x - y]).collect();
            let of = |rows: &[[f64; 3]]| {
                let mut moments = Comoments::new(3);
                rows.iter().for_each(|row| moments.push(row));
                moments
            };
            let (whole, cut) = (of(&rows), cut.min(rows.len()));
            let mut merged = of(&rows[..cut]);
            merged.merge(&of(&rows[cut..]));
            let n = rows.len() as f64;
            let mean = |a: usize| rows.iter().map(|row| row[a]).sum::<f64>() / n;
            for (a, b) in (0..3).flat_map(|a| (0..3).map(move |b| (a, b))) {
                let products = rows.iter().map(|row| (row[a] - mean(a)) * (row[b] - mean(b)));
                let expected = products.sum::<f64>() / (n - 1.0);
                for found in [&whole, &merged] {
                    prop_assert_eq!(found.count(), rows.len() as u64);
                    // Rounding of values of size 1e3 over 40 rows.
                    prop_assert!((found.mean(a) - mean(a)).abs() < 1e-10);
                    prop_assert!((found.covariance(a, b) - expected).abs() < 1e-8, "{} {}", a, b);
                }
            }
        }
    }
}
