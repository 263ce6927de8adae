//! Eight states of a sector side by side: what an index leads to is looked up once for all of them.
//!
//! Every lane adds in the same order, whatever is in the others, and a product and its sum are rounded once, as processors
//! with AVX2 do at once: the bits are the same on any other, which takes longer.

use num_complex::Complex64;

use super::qubits::{Flips, OneBody, ROUNDING};
use super::sparse::{ROUNDING as OF_TERMS, Sparse};
use crate::vectorized::vectorized;

/// How many there are.
pub const LANES: usize = 8;
/// Rows that are made before they are handed on: what fits into the nearest cache.
const BLOCK: usize = 64;

/// One number of each.
pub type Numbers = [f64; LANES];

/// One amplitude of each: the real parts and the imaginary ones.
pub type Amplitudes = [Numbers; 2];

pub const NONE: Amplitudes = [[0.0; LANES]; 2];

/// `sum += a x`.
#[inline(always)]
fn add(sum: &mut Numbers, a: f64, x: &Numbers) {
    (0..LANES).for_each(|lane| sum[lane] = x[lane].mul_add(a, sum[lane]));
}

/// `sum += a x`, lane by lane.
#[inline(always)]
fn add_each(sum: &mut Numbers, a: &Numbers, x: &Numbers) {
    (0..LANES).for_each(|lane| sum[lane] = a[lane].mul_add(x[lane], sum[lane]));
}

/// Puts states into their lanes, and zeros into the others.
pub fn pack<'a>(x: &mut [Amplitudes], states: &(impl Iterator<Item = (usize, &'a [Complex64])> + Clone)) {
    for (number, block) in x.chunks_mut(BLOCK).enumerate() {
        block.fill(NONE);
        for (lane, state) in states.clone() {
            for (x, c) in block.iter_mut().zip(&state[number * BLOCK..]) {
                (x[0][lane], x[1][lane]) = (c.re, c.im);
            }
        }
    }
}

impl Sparse {
    /// [`Sparse::mean`] of each.
    pub fn means_of_lanes(&self, x: &[Amplitudes], size: f64) -> Numbers {
        let (mut means, mut magnitudes) = ([0.0; LANES], [0.0; LANES]);
        self.image_of_lanes(x, |first, block| {
            vectorized(
                #[inline(always)]
                || {
                    for (image, x) in block.iter().zip(&x[first..]) {
                        let mut terms = [0.0; LANES];
                        add_each(&mut terms, &x[0], &image[0]);
                        add_each(&mut terms, &x[1], &image[1]);
                        (0..LANES).for_each(|lane| means[lane] += terms[lane]);
                        (0..LANES).for_each(|lane| magnitudes[lane] += terms[lane].abs());
                    }
                },
            );
        });
        let is_rounding = |mean: f64, terms: f64| mean.abs() <= f64::EPSILON * size && mean.abs() <= OF_TERMS * terms;
        std::array::from_fn(|lane| if is_rounding(means[lane], magnitudes[lane]) { 0.0 } else { means[lane] })
    }

    /// Calls `each` with rows of S x, some at a time, and the first of them.
    pub fn image_of_lanes(&self, x: &[Amplitudes], mut each: impl FnMut(usize, &[Amplitudes])) {
        let (begins, columns, values) = self.parts();
        let mut block = [NONE; BLOCK];
        for first in (0..self.rows()).step_by(BLOCK) {
            let ends = &begins[first..(first + BLOCK).min(self.rows()) + 1];
            let block = &mut block[..ends.len() - 1];
            vectorized(
                #[inline(always)]
                || {
                    for (sum, ends) in block.iter_mut().zip(ends.windows(2)) {
                        let entries = ends[0] as usize..ends[1] as usize;
                        // Four sums, as each waits for its last addition.
                        let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; 4];
                        for (column, value) in columns[entries.clone()].iter().zip(&values[entries]) {
                            let [re, im] = &x[*column as usize];
                            add(&mut a, value.re, re);
                            add(&mut b, value.im, im);
                            add(&mut c, value.re, im);
                            add(&mut d, value.im, re);
                        }
                        (0..LANES).for_each(|lane| sum[0][lane] = a[lane] - b[lane]);
                        (0..LANES).for_each(|lane| sum[1][lane] = c[lane] + d[lane]);
                    }
                },
            );
            each(first, block);
        }
    }
}

impl Flips {
    /// [`Flips::correlations`] of each state, of which only those of a qubit with itself and later ones are made.
    pub fn correlations_of_lanes(&self, x: &[Amplitudes], sums: &mut [Amplitudes]) {
        sums.fill(NONE);
        self.correlate(x, &(0..self.rows() as u32), sums);
    }

    /// The same of states that have a parity, from half of what they are led to.
    pub fn correlations_by_parity(&self, x: &[Amplitudes], sums: &mut [Amplitudes]) {
        let ((n, _, _), (once, same)) = (self.parts(), self.reflected());
        sums.fill(NONE);
        self.correlate(x, &once.iter().copied(), sums);
        // What a state adds to <sigma_j^dagger sigma_k>, its reflection adds to that of the reflections of j and k.
        for j in 0..n {
            for k in j..n {
                let (here, there) = (j * n + k, (n - 1 - k) * n + (n - 1 - j));
                if here > there {
                    continue;
                }
                let ([re, im], [other_re, other_im]) = (sums[here], sums[there]);
                let sum: Amplitudes = [
                    std::array::from_fn(|lane| re[lane] + other_re[lane]),
                    std::array::from_fn(|lane| im[lane] - other_im[lane]),
                ];
                sums[there] = [sum[0], sum[1].map(|im| -im)];
                sums[here] = sum;
            }
        }
        self.correlate(x, &same.iter().copied(), sums);
    }

    /// Adds what these of the states that are led to have of the correlations.
    fn correlate(&self, x: &[Amplitudes], rows: &(impl Iterator<Item = u32> + Clone), sums: &mut [Amplitudes]) {
        let (n, width, steps) = self.parts();
        vectorized(
            #[inline(always)]
            || {
                for row in rows.clone() {
                    let steps = &steps[row as usize * width..][..width];
                    for (place, (from, qubit)) in steps.iter().enumerate() {
                        let [re, im] = x[*from as usize];
                        let minus_im = im.map(|im| -im);
                        let row = &mut sums[*qubit as usize * n..][..n];
                        for (from, other) in &steps[place..] {
                            let [other_re, other_im] = &x[*from as usize];
                            // By value: what is added to may not be among what is read.
                            let [mut sum_re, mut sum_im] = row[*other as usize];
                            add_each(&mut sum_re, &re, other_re);
                            add_each(&mut sum_re, &im, other_im);
                            add_each(&mut sum_im, &re, other_im);
                            add_each(&mut sum_im, &minus_im, other_re);
                            row[*other as usize] = [sum_re, sum_im];
                        }
                    }
                }
            },
        );
    }
}

impl OneBody {
    /// The mean in each, from their correlations; what is below the rounding of its terms is 0.
    pub fn means_of_lanes(&self, sums: &[Amplitudes]) -> Numbers {
        let (mut means, mut magnitudes) = ([self.constant; LANES], [self.constant.abs(); LANES]);
        for (pair, value) in &self.of_pairs {
            let [re, im] = &sums[*pair];
            for lane in 0..LANES {
                let term = value.re * re[lane] - value.im * im[lane];
                means[lane] += term;
                magnitudes[lane] += term.abs();
            }
        }
        let rounded = |lane: usize| if means[lane].abs() > ROUNDING * magnitudes[lane] { means[lane] } else { 0.0 };
        std::array::from_fn(rounded)
    }
}

/// The correlations of one lane, `<sigma_j^dagger sigma_k>` of n qubits row by row.
pub fn correlations_of(lane: usize, n: usize, sums: &[Amplitudes], pairs: &mut [Complex64]) {
    for j in 0..n {
        for k in j..n {
            let [re, im] = sums[j * n + k].map(|numbers| numbers[lane]);
            pairs[j * n + k] = Complex64::new(re, im);
            pairs[k * n + j] = Complex64::new(re, -im);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::RngExt;

    use super::super::sparse::Sums;
    use super::*;
    use crate::random::stream;

    /// Eight states of so many amplitudes, and the same side by side.
    fn states(d: usize) -> (Vec<Vec<Complex64>>, Vec<Amplitudes>) {
        let mut rng = stream(1, 2, d as u64);
        let mut amplitude = || Complex64::new(rng.random::<f64>() - 0.5, rng.random::<f64>() - 0.5);
        let states: Vec<Vec<Complex64>> = (0..LANES).map(|_| (0..d).map(|_| amplitude()).collect()).collect();
        let mut x = vec![NONE; d];
        pack(&mut x, &states.iter().map(Vec::as_slice).enumerate());
        (states, x)
    }

    #[test]
    fn products_and_means_of_lanes_are_those_of_each_state() {
        // More rows than a block, some of them empty.
        let d = 2 * BLOCK + 7;
        let element = |row: usize, step: usize| {
            ((row, (row * 3 + step * step) % d), Complex64::new(row as f64 - 60.0, step as f64) / 50.0)
        };
        let rows = (0..d).filter(|row| row % 11 != 4);
        let elements: BTreeMap<_, _> = rows.flat_map(|row| (0..5).map(move |step| element(row, step))).collect();
        let matrix = Sparse::new(d, &elements, Sums::ByPairs);
        let (states, x) = states(d);
        let mut image = vec![NONE; d];
        matrix.image_of_lanes(&x, |first, block| image[first..][..block.len()].copy_from_slice(block));
        let means = matrix.means_of_lanes(&x, 1.0);
        for (lane, state) in states.iter().enumerate() {
            let mut one = vec![Complex64::ZERO; d];
            matrix.apply(state, &mut one);
            for (y, of_lanes) in one.iter().zip(&image) {
                assert!((y - Complex64::new(of_lanes[0][lane], of_lanes[1][lane])).norm() < 1e-13);
            }
            assert!((matrix.mean(state, 1.0) - means[lane]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_lane_has_the_same_bits_whatever_is_in_the_others() {
        let elements: BTreeMap<_, _> =
            (0..70).map(|row| ((row, (row * 7 + 1) % 70), Complex64::new(0.3, row as f64))).collect();
        let matrix = Sparse::new(70, &elements, Sums::ByPairs);
        let (states, x) = states(70);
        let mut alone = vec![NONE; 70];
        pack(&mut alone, &[(5, states[5].as_slice())].into_iter());
        let bits = |x: &[Amplitudes]| {
            let mut bits = Vec::new();
            matrix.image_of_lanes(x, |_, block| {
                bits.extend(block.iter().map(|y| [y[0][5].to_bits(), y[1][5].to_bits()]));
            });
            bits
        };
        assert_eq!(bits(&x), bits(&alone));
    }
}
