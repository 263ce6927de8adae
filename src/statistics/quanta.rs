//! How often each number of quanta was transferred in a window: a histogram whose memory is bounded.

use serde::{Deserialize, Serialize};

use super::Merge;

/// The most bins: beyond, two neighbours become one.
const MOST_BINS: i64 = 1024;

/// A histogram of whole numbers. Bin k holds the numbers from k width on; the width is the smallest power of two that
/// keeps the bins few, so it depends on what was seen and not on the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quanta {
    width: i64,
    /// The bin that `counts` begins with.
    first: i64,
    counts: Vec<u64>,
}

impl Default for Quanta {
    fn default() -> Self {
        Quanta { width: 1, first: 0, counts: Vec::new() }
    }
}

impl Quanta {
    /// About how many bytes a histogram takes in which so many quanta are counted on average: ten standard deviations of
    /// their number.
    pub(super) fn memory(mean: f64) -> f64 {
        8.0 * (10.0 * mean.sqrt() + 1.0).min(MOST_BINS as f64)
    }

    /// Adds a number.
    pub fn push(&mut self, number: i64) {
        self.add(number, 1);
    }

    fn add(&mut self, number: i64, count: u64) {
        let mut bin = number.div_euclid(self.width);
        if self.counts.is_empty() {
            self.first = bin;
        }
        while bin.max(self.last()) - bin.min(self.first) >= MOST_BINS {
            self.coarsen();
            bin = number.div_euclid(self.width);
        }
        if bin < self.first {
            let before = (self.first - bin) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, before));
            self.first = bin;
        }
        let index = (bin - self.first) as usize;
        self.counts.resize(self.counts.len().max(index + 1), 0);
        self.counts[index] += count;
    }

    fn last(&self) -> i64 {
        self.first + self.counts.len() as i64 - 1
    }

    fn coarsen(&mut self) {
        let first = self.first.div_euclid(2);
        let mut counts = vec![0; (self.last().div_euclid(2) - first + 1) as usize];
        for (bin, count) in (self.first..).zip(&self.counts) {
            counts[(bin.div_euclid(2) - first) as usize] += count;
        }
        *self = Quanta { width: 2 * self.width, first, counts };
    }

    /// Adds all that another has seen.
    pub fn merge(&mut self, other: &Quanta) {
        while self.width < other.width {
            self.coarsen();
        }
        for (number, count) in other.bins().filter(|(_, count)| *count > 0) {
            self.add(number, count);
        }
    }

    /// How many numbers a bin holds.
    #[must_use]
    pub fn width(&self) -> i64 {
        self.width
    }

    /// The first number of each bin, and how often it or another of the bin was seen.
    pub fn bins(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        (self.first..).map(|bin| bin * self.width).zip(self.counts.iter().copied())
    }

    /// How many numbers were seen.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How often numbers of each bin of another were seen, whose bins are as wide or wider and hold all of them.
    pub(super) fn by_bins_of(&self, other: &Quanta) -> Vec<u64> {
        let mut counts = vec![0; other.counts.len()];
        for (number, count) in self.bins() {
            counts[(number.div_euclid(other.width) - other.first) as usize] += count;
        }
        counts
    }
}

impl Merge for Quanta {
    fn merge(&mut self, later: &Self) {
        Quanta::merge(self, later);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: &[i64]) -> Quanta {
        let mut quanta = Quanta::default();
        numbers.iter().for_each(|number| quanta.push(*number));
        quanta
    }

    proptest! {
        #[test]
        fn order_and_merging_change_nothing(
            numbers in prop::collection::vec(-3000..3000_i64, 1..60), scale in 1..100_i64, cut in 0..60_usize,
        ) {
            let numbers: Vec<i64> = numbers.iter().map(|n| n * scale).collect();
            let whole = of(&numbers);
            let cut = cut.min(numbers.len());
            let (mut early, mut late) = (of(&numbers[..cut]), of(&numbers[cut..]));
            late.merge(&early);
            early.merge(&of(&numbers[cut..]));
            prop_assert_eq!(&early, &whole);
            prop_assert_eq!(&late, &whole);
            prop_assert!(whole.bins().count() <= MOST_BINS as usize);
            prop_assert_eq!(whole.total(), numbers.len() as u64);
            for (first, count) in whole.bins() {
                let end = first + whole.width();
                prop_assert_eq!(numbers.iter().filter(|n| (first..end).contains(*n)).count() as u64, count);
            }
            let (few, rest) = (of(&numbers[..cut]), of(&numbers[cut..]));
            let together: Vec<u64> =
                few.by_bins_of(&whole).iter().zip(rest.by_bins_of(&whole)).map(|(a, b)| a + b).collect();
            prop_assert_eq!(together, whole.bins().map(|(_, count)| count).collect::<Vec<_>>());
        }
    }
}
