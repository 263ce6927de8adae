//! Sums in twice the precision (Knuth's two-sum), for residuals that decide the last digits of a stiff solution.

/// A running sum as a double and what rounding has taken from it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    /// The sum of two numbers.
    pub fn of([a, b]: [f64; 2]) -> Self {
        let mut sum = Compensated { high: a, low: 0.0 };
        sum.add(b);
        sum
    }

    /// Adds a number.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let sum = self.high + value;
        let back = sum - self.high;
        self.low += (self.high - (sum - back)) + (value - back);
        self.high = sum;
    }

    /// The sum, rounded once.
    pub fn value(self) -> f64 {
        self.high + self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_double_would_lose_is_kept() {
        let mut sum = Compensated::of([1e16, 1.0]);
        sum.add(-1e16);
        assert_eq!(sum.value(), 1.0);
    }
}
