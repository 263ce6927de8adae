//! Eight states of a sector side by side: what an index leads to is looked up once for all of them.
//!
//! Every lane adds in the same order, whatever is in the others.

use num_complex::Complex64;

use super::qubits::{Flips, OfQubits, OneBody, ROUNDING};
use super::sparse::{ROUNDING as OF_TERMS, Sparse};
use crate::trajectory::lanes::{Amplitudes, LANES, NONE, Numbers, add, add_each};
use crate::vectorized::{Rounding, has_wide_registers, summed};

/// Rows that are made before they are handed on: what fits into the nearest cache.
const BLOCK: usize = 64;

/// A sum of products, in four parts, as each waits for its last addition.
struct Products([Numbers; 4]);

impl Products {
    const NONE: Self = Products([[0.0; LANES]; 4]);

    /// Adds so many times x.
    #[inline(always)]
    fn add(&mut self, rounding: Rounding, a: Complex64, x: &Amplitudes) {
        let [by_re, by_im, re_by_im, im_by_re] = &mut self.0;
        add(rounding, by_re, a.re, &x.re);
        add(rounding, by_im, a.im, &x.im);
        add(rounding, re_by_im, a.im, &x.re);
        add(rounding, im_by_re, a.re, &x.im);
    }

    /// The same where each has a factor of its own.
    #[inline(always)]
    fn add_each(&mut self, rounding: Rounding, a: &Amplitudes, x: &Amplitudes) {
        let [by_re, by_im, re_by_im, im_by_re] = &mut self.0;
        add_each(rounding, by_re, &a.re, &x.re);
        add_each(rounding, by_im, &a.im, &x.im);
        add_each(rounding, re_by_im, &a.im, &x.re);
        add_each(rounding, im_by_re, &a.re, &x.im);
    }

    #[inline(always)]
    fn sum(&self) -> Amplitudes {
        let [by_re, by_im, re_by_im, im_by_re] = &self.0;
        Amplitudes {
            re: std::array::from_fn(
                #[inline(always)]
                |lane| by_re[lane] - by_im[lane],
            ),
            im: std::array::from_fn(
                #[inline(always)]
                |lane| im_by_re[lane] + re_by_im[lane],
            ),
        }
    }
}

impl Sparse {
    /// [`Sparse::mean`] of each.
    pub fn means_of_lanes(&self, x: &[Amplitudes], size: f64) -> Numbers {
        let (mut means, mut magnitudes) = ([0.0; LANES], [0.0; LANES]);
        self.image_of_lanes(x, |first, block| {
            summed(
                #[inline(always)]
                |rounding| {
                    for (image, x) in block.iter().zip(&x[first..]) {
                        let mut terms = [0.0; LANES];
                        add_each(rounding, &mut terms, &x.re, &image.re);
                        add_each(rounding, &mut terms, &x.im, &image.im);
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
        let begins = self.begins();
        let mut block = [NONE; BLOCK];
        // Two rows at a time keep a register of eight numbers busy; one does with two registers for each number.
        let two_fit = has_wide_registers();
        for first in (0..self.rows()).step_by(BLOCK) {
            let ends = &begins[first..(first + BLOCK).min(self.rows()) + 1];
            let block = &mut block[..ends.len() - 1];
            summed(
                #[inline(always)]
                |rounding| {
                    let (pairs, alone) = if two_fit { block.as_chunks_mut() } else { (&mut [][..], &mut *block) };
                    let of_alone = &ends[2 * pairs.len()..];
                    for ([one, other], ends) in pairs.iter_mut().zip(ends.windows(3).step_by(2)) {
                        let [begin, middle, end] = [ends[0], ends[1], ends[2]];
                        let both = (middle - begin).min(end - middle);
                        let (mut sum, mut other_sum) = (Products::NONE, Products::NONE);
                        let side_by_side = self.entries(begin, begin + both).zip(self.entries(middle, middle + both));
                        for ((column, value), (other_column, other_value)) in side_by_side {
                            sum.add(rounding, *value, &x[*column as usize]);
                            other_sum.add(rounding, *other_value, &x[*other_column as usize]);
                        }
                        for (column, value) in self.entries(begin + both, middle) {
                            sum.add(rounding, *value, &x[*column as usize]);
                        }
                        for (column, value) in self.entries(middle + both, end) {
                            other_sum.add(rounding, *value, &x[*column as usize]);
                        }
                        (*one, *other) = (sum.sum(), other_sum.sum());
                    }
                    for (one, ends) in alone.iter_mut().zip(of_alone.windows(2)) {
                        let mut sum = Products::NONE;
                        for (column, value) in self.entries(ends[0], ends[1]) {
                            sum.add(rounding, *value, &x[*column as usize]);
                        }
                        *one = sum.sum();
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
                let (one, other) = (sums[here], sums[there]);
                let re = std::array::from_fn(|lane| one.re[lane] + other.re[lane]);
                let im: Numbers = std::array::from_fn(|lane| one.im[lane] - other.im[lane]);
                sums[there] = Amplitudes { re, im: im.map(|im| -im) };
                sums[here] = Amplitudes { re, im };
            }
        }
        self.correlate(x, &same.iter().copied(), sums);
    }

    /// Adds what these of the states that are led to have of the correlations.
    fn correlate(&self, x: &[Amplitudes], rows: &(impl Iterator<Item = u32> + Clone), sums: &mut [Amplitudes]) {
        let (n, width, steps) = self.parts();
        summed(
            #[inline(always)]
            |rounding| {
                for row in rows.clone() {
                    let steps = &steps[row as usize * width..][..width];
                    for (place, (from, qubit)) in steps.iter().enumerate() {
                        let own = x[*from as usize];
                        let minus_im = own.im.map(|im| -im);
                        let row = &mut sums[*qubit as usize * n..][..n];
                        let alone = &mut row[*qubit as usize].re;
                        add_each(rounding, alone, &own.re, &own.re);
                        add_each(rounding, alone, &own.im, &own.im);
                        for (from, other) in &steps[place + 1..] {
                            let image = &x[*from as usize];
                            // By value: what is added to may not be among what is read.
                            let mut sum = row[*other as usize];
                            add_each(rounding, &mut sum.re, &own.re, &image.re);
                            add_each(rounding, &mut sum.re, &own.im, &image.im);
                            add_each(rounding, &mut sum.im, &own.re, &image.im);
                            add_each(rounding, &mut sum.im, &minus_im, &image.re);
                            row[*other as usize] = sum;
                        }
                    }
                }
            },
        );
    }

    /// L x of each state, where each jumps by amplitudes of its own, which are those of the qubits. Calls `each` with rows
    /// of it, some at a time, and the first of them.
    pub fn jumps_of_lanes(&self, jumps: &[Amplitudes], x: &[Amplitudes], mut each: impl FnMut(usize, &[Amplitudes])) {
        let (_, width, steps) = self.parts();
        let mut block = [NONE; BLOCK];
        for first in (0..self.rows()).step_by(BLOCK) {
            let block = &mut block[..BLOCK.min(self.rows() - first)];
            summed(
                #[inline(always)]
                |rounding| {
                    for (sum, steps) in block.iter_mut().zip(steps[first * width..].chunks_exact(width)) {
                        let mut products = Products::NONE;
                        for (from, qubit) in steps {
                            products.add_each(rounding, &jumps[*qubit as usize], &x[*from as usize]);
                        }
                        *sum = products.sum();
                    }
                },
            );
            each(first, block);
        }
    }
}

impl OfQubits {
    /// |L x|^2 in each, from their correlations; what is below the rounding of its sum is 0.
    pub fn weights_of_lanes(&self, sums: &[Amplitudes]) -> Numbers {
        let n = self.amplitudes.len();
        let (mut alone, mut by_re, mut by_im) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        summed(
            #[inline(always)]
            |rounding| {
                for (qubit, (own, row)) in self.amplitudes.iter().zip(sums.chunks_exact(n)).enumerate() {
                    add(rounding, &mut alone, own.norm_sqr(), &row[qubit].re);
                    for (other, pair) in self.amplitudes.iter().zip(row).skip(qubit + 1) {
                        // With the same of the two the other way round.
                        let both = 2.0 * own.conj() * other;
                        add(rounding, &mut by_re, both.re, &pair.re);
                        add(rounding, &mut by_im, both.im, &pair.im);
                    }
                }
            },
        );
        std::array::from_fn(|lane| {
            let sum = alone[lane] + by_re[lane] - by_im[lane];
            if sum > ROUNDING * alone[lane] { sum } else { 0.0 }
        })
    }
}

impl OneBody {
    /// The mean in each, from their correlations; what is below the rounding of its terms is 0.
    pub fn means_of_lanes(&self, sums: &[Amplitudes]) -> Numbers {
        let (mut means, mut magnitudes) = ([self.constant; LANES], [self.constant.abs(); LANES]);
        for (pair, value) in &self.of_pairs {
            let sum = &sums[*pair];
            for lane in 0..LANES {
                let term = value.re * sum.re[lane] - value.im * sum.im[lane];
                means[lane] += term;
                magnitudes[lane] += term.abs();
            }
        }
        let rounded = |lane: usize| if means[lane].abs() > ROUNDING * magnitudes[lane] { means[lane] } else { 0.0 };
        std::array::from_fn(rounded)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::RngExt;

    use super::super::Products as Engine;
    use super::super::sparse::Sums;
    use super::*;
    use crate::dicke::Level;
    use crate::initial::{FactorStart, InitialState, ProductStart};
    use crate::model::product::{Factor, Product};
    use crate::random::stream;
    use crate::trajectory::lanes::pack;
    use crate::units::Units;

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
                assert!((y - of_lanes.of(lane)).norm() < 1e-13);
            }
            assert!((matrix.mean(state, 1.0) - means[lane]).abs() < 1e-12);
        }
    }

    #[test]
    fn jumps_and_their_weights_are_those_of_each_state() {
        let n = 6;
        let factors = (0..n).map(|j| Factor::ensemble(&format!("q{j}"), 1, 0.0)).collect();
        let product = Product::new(Units::Natural, factors).unwrap();
        let start = vec![FactorStart::Qubits(InitialState::Dicke(Level::inverted(1))); n];
        let engine = Engine::new(&product, &ProductStart::new(&product, start).unwrap(), []).unwrap();
        let mut rng = stream(3, 1, 4);
        let mut amplitude = || Complex64::new(rng.random::<f64>() - 0.5, rng.random::<f64>() - 0.5);
        for sector in (1..=n).map(|excited| engine.sector(excited)) {
            let flips = sector.down.clone().unwrap();
            let (states, x) = states(sector.dimension);
            let mut sums = vec![NONE; n * n];
            flips.correlations_of_lanes(&x, &mut sums);
            let of_lanes = [(); LANES].map(|()| {
                let amplitudes = (0..n).map(|_| amplitude()).collect();
                OfQubits { amplitudes, flips: flips.clone() }
            });
            let mut jumps = vec![NONE; n];
            for (lane, sum) in of_lanes.iter().enumerate() {
                jumps.iter_mut().zip(&sum.amplitudes).for_each(|(jumps, a)| jumps.set(lane, *a));
            }
            let mut after = vec![NONE; flips.rows()];
            flips.jumps_of_lanes(&jumps, &x, |first, block| after[first..][..block.len()].copy_from_slice(block));
            for (lane, (sum, state)) in of_lanes.iter().zip(&states).enumerate() {
                let mut alone = vec![Complex64::ZERO; flips.rows()];
                flips.apply(&sum.amplitudes, state, &mut alone);
                assert!(alone.iter().zip(&after).all(|(one, of_lanes)| (one - of_lanes.of(lane)).norm() < 1e-13));
                let weight = flips.weight(&sum.amplitudes, state);
                assert!((weight - sum.weights_of_lanes(&sums)[lane]).abs() < 1e-12 * weight);
            }
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
                bits.extend(block.iter().map(|y| [y.re[5].to_bits(), y.im[5].to_bits()]));
            });
            bits
        };
        assert_eq!(bits(&x), bits(&alone));
    }
}
