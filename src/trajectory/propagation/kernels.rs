//! Sums over the real numbers that make a state, through the vector registers that are there.

use crate::vectorized::vectorized;

/// Numbers that go side by side: two registers of AVX2.
pub const LANES: usize = 8;

/// The highest power of a squared norm that is asked for.
pub const POWERS: usize = 12;

type Lanes = [f64; LANES];

#[inline(always)]
fn total(lanes: &Lanes) -> f64 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The sum of a_i b_i: the real part of <a|b>.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    vectorized(
        #[inline(always)]
        || {
            let mut sums = [0.0; LANES];
            let ((a, of_a), (b, of_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
            for (a, b) in a.iter().zip(b) {
                (0..LANES).for_each(|lane| sums[lane] += a[lane] * b[lane]);
            }
            of_a.iter().zip(of_b).fold(total(&sums), |sum, (a, b)| sum + a * b)
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

/// Some numbers of the sum of a series.
#[inline(always)]
fn chunk(terms: &[Lanes], (stride, order): (usize, usize), at: usize, s: f64) -> Lanes {
    let mut sum = terms[order * stride + at];
    for power in (0..order).rev() {
        let term = &terms[power * stride + at];
        (0..LANES).for_each(|lane| sum[lane] = sum[lane] * s + term[lane]);
    }
    sum
}

/// Terms of a power series, one after the other, each filled up with zeros to a multiple of [`LANES`] or beyond.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub terms: &'a [f64],
    pub stride: usize,
    /// The highest power.
    pub order: usize,
}

impl Series<'_> {
    /// Writes the sum of `s^k` times the k-th term; returns its squared norm.
    pub fn sum(&self, s: f64, out: &mut [f64]) -> f64 {
        let (terms, stride) = (self.terms.as_chunks::<LANES>().0, self.stride / LANES);
        vectorized(
            #[inline(always)]
            || {
                let mut squares = [0.0; LANES];
                let mut add = |sum: &Lanes| (0..LANES).for_each(|lane| squares[lane] += sum[lane] * sum[lane]);
                let (whole, rest) = out.as_chunks_mut::<LANES>();
                let last = whole.len();
                for (at, out) in whole.iter_mut().enumerate() {
                    *out = chunk(terms, (stride, self.order), at, s);
                    add(out);
                }
                if !rest.is_empty() {
                    // Filled up with zeros.
                    let sum = chunk(terms, (stride, self.order), last, s);
                    rest.copy_from_slice(&sum[..rest.len()]);
                    add(&sum);
                }
                total(&squares)
            },
        )
    }

    /// Writes the coefficients of the squared norm of the sum, a polynomial in s, up to the power that `norm` has room
    /// for, [`POWERS`] at most.
    pub fn norm(&self, norm: &mut [f64]) {
        let (terms, stride) = (self.terms.as_chunks::<LANES>().0, self.stride / LANES);
        vectorized(
            #[inline(always)]
            || {
                let mut here = [[0.0; LANES]; POWERS + 1];
                let here = &mut here[..=self.order.min(norm.len() - 1)];
                let mut sums = [[0.0; LANES]; POWERS + 1];
                let sums = &mut sums[..norm.len()];
                for at in 0..stride {
                    for (power, here) in here.iter_mut().enumerate() {
                        *here = terms[power * stride + at];
                    }
                    for (power, sum) in sums.iter_mut().enumerate() {
                        let (low, high) = (power.saturating_sub(self.order), power.div_ceil(2));
                        let mut pairs = [0.0; LANES];
                        for (a, b) in here[low..high].iter().zip(here[power + 1 - high..=power - low].iter().rev()) {
                            (0..LANES).for_each(|lane| pairs[lane] += a[lane] * b[lane]);
                        }
                        (0..LANES).for_each(|lane| sum[lane] += 2.0 * pairs[lane]);
                        if power % 2 == 0 {
                            let middle = &here[power / 2];
                            (0..LANES).for_each(|lane| sum[lane] += middle[lane] * middle[lane]);
                        }
                    }
                }
                for (norm, sum) in norm.iter_mut().zip(sums) {
                    *norm = total(sum);
                }
            },
        );
    }
}
