//! Numbers with what rounding may have done to them: differences of large terms say how many digits are left.

use std::iter::Sum;
use std::ops::{Add, Mul, Neg, Sub};

/// Sums of a few hundred terms, each rounded a few times, are off by no more than this times what their terms add to
/// without their signs.
pub const ROUNDING: f64 = 256.0 * f64::EPSILON;
/// What is not known to this part of what it is compared with is not known.
pub const CERTAIN: f64 = 1e-6;

/// A value, and the most by which rounding may have moved it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounded {
    /// The value.
    pub value: f64,
    /// The bound.
    pub error: f64,
}

impl Rounded {
    /// Nothing, and no doubt about it.
    pub const ZERO: Rounded = Rounded { value: 0.0, error: 0.0 };

    /// A sum of terms whose magnitudes add to `magnitude`.
    #[must_use]
    pub fn of(value: f64, magnitude: f64) -> Self {
        Rounded { value, error: ROUNDING * magnitude.abs() }
    }

    /// The value beside others of the size `scale`: 0 where it is no more than its rounding, `None` where that is no
    /// small part of the scale (or of the value).
    #[must_use]
    pub fn beside(self, scale: f64) -> Option<f64> {
        let Rounded { value, error } = self;
        let known = value.is_finite() && error <= CERTAIN * value.abs().max(scale);
        known.then_some(self.cleared())
    }

    /// The value, or 0 where it is no more than its rounding.
    #[must_use]
    pub fn cleared(self) -> f64 {
        if self.value.abs() <= self.error { 0.0 } else { self.value }
    }

    /// The value by itself, as a ratio needs it; `None` where too few of its digits are known.
    #[must_use]
    pub fn known(self) -> Option<f64> {
        self.beside(0.0)
    }
}

/// What of several values that add to a balance is known, beside the largest of them.
#[must_use]
pub fn balanced(values: &[Rounded]) -> Vec<Option<f64>> {
    let scale = values.iter().map(|rounded| rounded.value.abs()).fold(0.0, f64::max);
    values.iter().map(|rounded| rounded.beside(scale)).collect()
}

impl Add for Rounded {
    type Output = Rounded;

    fn add(self, other: Rounded) -> Rounded {
        Rounded { value: self.value + other.value, error: self.error + other.error }
    }
}

impl Neg for Rounded {
    type Output = Rounded;

    fn neg(self) -> Rounded {
        Rounded { value: -self.value, ..self }
    }
}

impl Sub for Rounded {
    type Output = Rounded;

    fn sub(self, other: Rounded) -> Rounded {
        self + -other
    }
}

impl Mul<f64> for Rounded {
    type Output = Rounded;

    fn mul(self, factor: f64) -> Rounded {
        Rounded { value: self.value * factor, error: self.error * factor.abs() }
    }
}

impl Mul for Rounded {
    type Output = Rounded;

    fn mul(self, other: Rounded) -> Rounded {
        let error = self.error * other.value.abs() + self.value.abs() * other.error + self.error * other.error;
        Rounded { value: self.value * other.value, error }
    }
}

impl Sum for Rounded {
    fn sum<I: Iterator<Item = Rounded>>(values: I) -> Rounded {
        values.fold(Rounded::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_large_terms_is_nothing_little_or_unknown() {
        let difference = |a: f64, b: f64| Rounded::of(a, a) - Rounded::of(b, b);
        assert_eq!(difference(3.0, 1.0).known(), Some(2.0));
        // Rounding alone: 0 beside something larger, and by itself nothing that a ratio could be taken of.
        let nothing = difference(1.0, 1.0 - 1e-15);
        assert_eq!((nothing.beside(1.0), nothing.known()), (Some(0.0), None));
        let lost = difference(1e14, 1e14 - 2.0);
        assert_eq!((lost.known(), lost.beside(1.0)), (None, None));
        assert_eq!(balanced(&[lost, Rounded::of(2.0, 2.0), Rounded::ZERO]), [None, Some(2.0), Some(0.0)]);
        assert_eq!(Rounded::of(f64::NAN, 1.0).beside(1.0), None);
    }

    #[test]
    fn errors_add_and_products_carry_them() {
        let (a, b) = (Rounded { value: 2.0, error: 0.1 }, Rounded { value: -3.0, error: 0.2 });
        let sum: Rounded = [a, b * 2.0, -a].into_iter().sum();
        assert!((sum.value + 6.0).abs() < 1e-15 && (sum.error - 0.6).abs() < 1e-15);
        let product = a * b;
        assert!((product.value + 6.0).abs() < 1e-15 && (product.error - (0.3 + 0.4 + 0.02)).abs() < 1e-15);
    }
}
