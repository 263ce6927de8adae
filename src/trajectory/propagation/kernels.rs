//! Sums over the real numbers that make a state, through the vector registers that are there. What
//! is added in lanes is added in the same order on any processor.

use crate::vectorized::{Rounding, summed, vectorized};

/// Numbers that go side by side: two registers of AVX-512, or four of AVX2.
pub const LANES: usize = 16;

/// The highest power of a squared norm that is asked for.
pub const POWERS: usize = 12;

pub type Lanes = [f64; LANES];
pub const NONE: Lanes = [0.0; LANES];

#[inline(always)]
fn total(lanes: &Lanes) -> f64 {
    let mut sums = *lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

/// `sum + a b`, lane by lane. By value: what is added to in place does not stay in registers.
#[inline(always)]
pub fn plus(rounding: Rounding, sum: &Lanes, a: &Lanes, b: &Lanes) -> Lanes {
    let mut y = NONE;
    for lane in 0..LANES {
        y[lane] = rounding.plus(sum[lane], a[lane], b[lane]);
    }
    y
}

/// `sum + a b` of all lanes, in two sums, as each waits for its last addition.
#[inline(always)]
fn dot_of_lanes(rounding: Rounding, sum: &Lanes, a: &[Lanes], b: &[Lanes]) -> Lanes {
    let (mut one, mut other) = (*sum, NONE);
    let ((pairs_a, last_a), (pairs_b, last_b)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
    for (a, b) in pairs_a.iter().zip(pairs_b) {
        one = plus(rounding, &one, &a[0], &b[0]);
        other = plus(rounding, &other, &a[1], &b[1]);
    }
    for (a, b) in last_a.iter().zip(last_b) {
        one = plus(rounding, &one, a, b);
    }
    let mut sum = NONE;
    for lane in 0..LANES {
        sum[lane] = one[lane] + other[lane];
    }
    sum
}

/// The sum of a_i b_i: the real part of <a|b>.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    summed(
        #[inline(always)]
        |rounding| {
            let ((a, of_a), (b, of_b)) = (a.as_chunks(), b.as_chunks());
            let sum = total(&dot_of_lanes(rounding, &NONE, a, b));
            of_a.iter().zip(of_b).fold(sum, |sum, (a, b)| rounding.plus(sum, *a, *b))
        },
    )
}

/// The sum of the squares.
#[must_use]
pub fn norm_squared(a: &[f64]) -> f64 {
    dot(a, a)
}

/// Divides by the norm, and returns its square.
pub fn normalize(a: &mut [f64]) -> f64 {
    let squared = norm_squared(a);
    scale(a, 1.0 / squared.sqrt());
    squared
}

/// The means of a quantity and of its square in a state, from its value for each number.
#[must_use]
pub fn moments(x: &[f64], values: &[f64]) -> (f64, f64) {
    summed(
        #[inline(always)]
        |rounding| {
            let (mut mean, mut square) = (NONE, NONE);
            let ((x, of_x), (values, of_values)) = (x.as_chunks(), values.as_chunks());
            for (x, values) in x.iter().zip(values) {
                let weighted = plus(rounding, &NONE, x, values);
                mean = plus(rounding, &mean, x, &weighted);
                square = plus(rounding, &square, &weighted, &weighted);
            }
            of_x.iter().zip(of_values).fold((total(&mean), total(&square)), |(mean, square), (x, value)| {
                let weighted = x * value;
                (rounding.plus(mean, *x, weighted), rounding.plus(square, weighted, weighted))
            })
        },
    )
}

/// Multiplies by a factor.
pub fn scale(a: &mut [f64], factor: f64) {
    vectorized(
        #[inline(always)]
        || {
            // What `for_each` passes on to may be compiled for any processor.
            for value in &mut *a {
                *value *= factor;
            }
        },
    );
}

/// Lanes of terms whose powers are added while they are in the nearest cache.
const BLOCK: usize = 16;

/// Terms of a power series, one after the other, each filled up with zeros to a multiple of [`LANES`] or beyond.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub terms: &'a [f64],
    pub stride: usize,
    /// The highest power.
    pub order: usize,
}

impl Series<'_> {
    /// All lanes of a term.
    #[inline(always)]
    fn term(&self, power: usize) -> &[Lanes] {
        self.terms[power * self.stride..][..self.stride].as_chunks().0
    }

    /// Some numbers of the sum, by Horner's rule.
    #[inline(always)]
    fn sum_of_lanes(&self, rounding: Rounding, at: usize, s: f64) -> Lanes {
        let mut sum = self.term(self.order)[at];
        for power in (0..self.order).rev() {
            sum = plus(rounding, &self.term(power)[at], &sum, &[s; LANES]);
        }
        sum
    }

    /// Writes the sum of `s^k` times the k-th term; returns its squared norm.
    pub fn sum(&self, s: f64, out: &mut [f64]) -> f64 {
        summed(
            #[inline(always)]
            |rounding| {
                let mut squares = NONE;
                let (whole, rest) = out.as_chunks_mut::<LANES>();
                let last = whole.len();
                for (at, out) in whole.iter_mut().enumerate() {
                    let sum = self.sum_of_lanes(rounding, at, s);
                    squares = plus(rounding, &squares, &sum, &sum);
                    *out = sum;
                }
                if !rest.is_empty() {
                    // Filled up with zeros.
                    let sum = self.sum_of_lanes(rounding, last, s);
                    squares = plus(rounding, &squares, &sum, &sum);
                    rest.copy_from_slice(&sum[..rest.len()]);
                }
                total(&squares)
            },
        )
    }

    /// Writes the coefficients of the squared norm of the sum, a polynomial in s, up to the power that `norm` has room
    /// for, [`POWERS`] at most.
    pub fn norm(&self, norm: &mut [f64]) {
        summed(
            #[inline(always)]
            |rounding| {
                let mut sums = [NONE; POWERS + 1];
                let sums = &mut sums[..norm.len()];
                let lanes = self.stride / LANES;
                for from in (0..lanes).step_by(BLOCK) {
                    let block = |power: usize| &self.term(power)[from..(from + BLOCK).min(lanes)];
                    for (power, sum) in sums.iter_mut().enumerate() {
                        // Each pair of terms counts twice, but for that of one with itself.
                        let mut pairs = NONE;
                        for low in power.saturating_sub(self.order)..power.div_ceil(2) {
                            pairs = dot_of_lanes(rounding, &pairs, block(low), block(power - low));
                        }
                        let twice = plus(rounding, sum, &[2.0; LANES], &pairs);
                        *sum = if power % 2 == 0 {
                            dot_of_lanes(rounding, &twice, block(power / 2), block(power / 2))
                        } else {
                            twice
                        };
                    }
                }
                for (norm, sum) in norm.iter_mut().zip(sums) {
                    *norm = total(sum);
                }
            },
        );
    }
}
