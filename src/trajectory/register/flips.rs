//! Sums over the qubits on the space of all 2^N masks: a bit is a distance, and sources need no table.
//!
//! Amplitudes are taken chunk by chunk, all states of the first qubits, which stay in vector registers while the others add
//! what they lead there.

use bytemuck::{cast_slice, cast_slice_mut};
use num_complex::Complex64;

use super::diagonal::Diagonal;
use crate::vectorized::{Rounding, summed};

/// Qubits whose states make a chunk of amplitudes.
const WITHIN: usize = 3;
/// How many numbers that are.
const NUMBERS: usize = 2 << WITHIN;
type Chunk = [f64; NUMBERS];
const NOTHING: Chunk = [0.0; NUMBERS];

/// `sum_j w_j sigma_-^(j)`, and its adjoint.
#[derive(Clone, Debug)]
pub struct Flips {
    /// What the qubits within chunks count, number by number, where they lower and where they raise: 0 where they lead
    /// nowhere.
    within: [[Chunk; WITHIN]; 2],
    /// What the others count.
    beyond: Vec<f64>,
}

impl Flips {
    /// `None` of fewer qubits than make a chunk.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let (first, beyond) = weights.split_first_chunk::<WITHIN>()?;
        let of = |raises: usize| {
            std::array::from_fn(|qubit| {
                std::array::from_fn(|number| if number >> (qubit + 1) & 1 == raises { first[qubit] } else { 0.0 })
            })
        };
        Some(Flips { within: [of(0), of(1)], beyond: beyond.to_vec() })
    }

    /// `y = factor sum_j w_j sigma_-^(j) x` where it lowers, else of sigma_+.
    pub fn set<const LOWERS: bool>(&self, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.write::<LOWERS>(
            (x, y),
            #[inline(always)]
            |_, _, sum| times(factor, sum),
        );
    }

    /// The same added to y.
    pub fn add<const LOWERS: bool>(&self, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.write::<LOWERS>(
            (x, y),
            #[inline(always)]
            |rounding, there, sum| plus(rounding, there, factor, sum),
        );
    }

    /// Writes what becomes of each chunk of y and the sum that comes to it.
    #[inline(always)]
    fn write<const LOWERS: bool>(
        &self,
        (x, y): (&[Complex64], &mut [Complex64]),
        chunk: impl Fn(Rounding, &Chunk, &Chunk) -> Chunk,
    ) {
        let (x, y) = (chunks(x), chunks_mut(y));
        summed(
            #[inline(always)]
            |rounding| {
                let sums = self.sums::<LOWERS>(rounding);
                for (at, y) in y.iter_mut().enumerate() {
                    *y = chunk(rounding, y, &sums.added(NOTHING, x, at));
                }
            },
        );
    }

    #[inline(always)]
    fn sums<const LOWERS: bool>(&self, rounding: Rounding) -> Sums<'_, LOWERS> {
        Sums { rounding, within: self.within[usize::from(!LOWERS)], beyond: &self.beyond }
    }
}

/// The weights of one direction, by value: those behind a reference would be read anew after all that is written.
struct Sums<'a, const LOWERS: bool> {
    rounding: Rounding,
    within: [Chunk; WITHIN],
    beyond: &'a [f64],
}

impl<const LOWERS: bool> Sums<'_, LOWERS> {
    /// What was there, and what comes to a chunk.
    #[inline(always)]
    fn added(&self, mut sum: Chunk, x: &[Chunk], at: usize) -> Chunk {
        let mut bits = if LOWERS { !at } else { at } & (x.len() - 1);
        while bits != 0 {
            let weight = self.beyond[bits.trailing_zeros() as usize];
            sum = plus(self.rounding, &sum, weight, &x[at ^ (bits & bits.wrapping_neg())]);
            bits &= bits - 1;
        }
        for (qubit, weights) in self.within.iter().enumerate() {
            sum = plus_each(self.rounding, &sum, weights, &flipped(qubit, &x[at]));
        }
        sum
    }
}

/// The amplitudes of a chunk with a qubit in the other state.
#[inline(always)]
fn flipped(qubit: usize, x: &Chunk) -> Chunk {
    let mut y = NOTHING;
    for number in 0..NUMBERS {
        y[number] = x[number ^ (2 << qubit)];
    }
    y
}

/// `x + weights z`, number by number.
#[inline(always)]
fn plus_each(rounding: Rounding, x: &Chunk, weights: &Chunk, z: &Chunk) -> Chunk {
    let mut y = NOTHING;
    for number in 0..NUMBERS {
        y[number] = rounding.plus(x[number], weights[number], z[number]);
    }
    y
}

fn chunks(amplitudes: &[Complex64]) -> &[Chunk] {
    cast_slice::<_, f64>(amplitudes).as_chunks().0
}

fn chunks_mut(amplitudes: &mut [Complex64]) -> &mut [Chunk] {
    cast_slice_mut::<_, f64>(amplitudes).as_chunks_mut().0
}

/// `A = D - b S_+ S_- - i Omega J_x`, of a diagonal D.
pub struct Drift<'a> {
    pub diagonal: &'a Diagonal,
    /// S_-.
    pub coupling: &'a Flips,
    /// b.
    pub loss: f64,
    pub drive: Drive<'a>,
}

/// How Omega J_x is made.
#[derive(Clone, Copy)]
pub enum Drive<'a> {
    /// So many times S_+ + S_-.
    Coupled(f64),
    /// So many times the sum over other weights.
    Apart(f64, &'a Flips),
}

impl Drift<'_> {
    /// `y = factor (A - center) x`; `spare` is as long as these.
    pub fn apply(&self, of: (Complex64, f64), x: &[Complex64], spare: &mut [Complex64], y: &mut [Complex64]) {
        let (x, spare, y) = (chunks(x), chunks_mut(spare), chunks_mut(y));
        let (diagonal, rest) = (self.diagonal.chunks(0), -self.loss * of.1);
        summed(
            #[inline(always)]
            |rounding| {
                let (of, rest, lowering) = (of, rest, self.coupling.sums::<true>(rounding));
                match self.drive {
                    // S_+ does for both what it makes of S_- x and of x.
                    Drive::Coupled(turn) => {
                        let turn = turn * of.1;
                        for (at, (y, spare)) in y.iter_mut().zip(spare.iter_mut()).enumerate() {
                            let lowered = lowering.added(NOTHING, x, at);
                            *spare = turned(rounding, &times(rest, &lowered), turn, &x[at]);
                            *y = turned(rounding, &diagonal.times(rounding, at, of, &x[at]), turn, &lowered);
                        }
                    }
                    Drive::Apart(turn, flips) => {
                        let (turn, downward, upward) =
                            (turn * of.1, flips.sums::<true>(rounding), flips.sums::<false>(rounding));
                        for (at, (y, spare)) in y.iter_mut().zip(spare.iter_mut()).enumerate() {
                            let flipped = upward.added(downward.added(NOTHING, x, at), x, at);
                            *spare = times(rest, &lowering.added(NOTHING, x, at));
                            *y = turned(rounding, &diagonal.times(rounding, at, of, &x[at]), turn, &flipped);
                        }
                    }
                }
                let raising = self.coupling.sums::<false>(rounding);
                for (at, y) in y.iter_mut().enumerate() {
                    *y = raising.added(*y, spare, at);
                }
            },
        );
    }
}

/// `factor x`.
#[inline(always)]
fn times(factor: f64, x: &Chunk) -> Chunk {
    let mut y = NOTHING;
    for number in 0..NUMBERS {
        y[number] = factor * x[number];
    }
    y
}

/// `x + factor z`.
#[inline(always)]
fn plus(rounding: Rounding, x: &Chunk, factor: f64, z: &Chunk) -> Chunk {
    let mut y = NOTHING;
    for number in 0..NUMBERS {
        y[number] = rounding.plus(x[number], factor, z[number]);
    }
    y
}

/// `x - i turn z`.
#[inline(always)]
fn turned(rounding: Rounding, x: &Chunk, turn: f64, z: &Chunk) -> Chunk {
    let mut y = NOTHING;
    for number in 0..NUMBERS {
        let turn = if number & 1 == 0 { turn } else { -turn };
        y[number] = rounding.plus(x[number], turn, z[number ^ 1]);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sum_j w_j sigma_-^(j) x` where it lowers, else of sigma_+, state by state.
    fn one_by_one(weights: &[f64], lowers: bool, x: &[Complex64]) -> Vec<Complex64> {
        let sum = |state: usize| {
            let leading = weights.iter().enumerate().filter(|(qubit, _)| (state >> qubit & 1 == 0) == lowers);
            leading.map(|(qubit, weight)| weight * x[state ^ (1 << qubit)]).sum()
        };
        (0..x.len()).map(sum).collect()
    }

    #[test]
    fn a_product_with_the_generator_is_that_of_its_terms() {
        // Of three qubits all are within a chunk, of others one to four are beyond.
        for n in 3..8 {
            let states = 1 << n;
            let number = |state: usize, step: f64| (step * (1.0 + state as f64)).sin();
            let x: Vec<Complex64> =
                (0..states).map(|state| Complex64::new(number(state, 0.7), number(state, 1.3))).collect();
            let elements: Vec<Complex64> =
                (0..states).map(|state| Complex64::new(-number(state, 0.2).abs(), number(state, 2.1))).collect();
            let mut diagonal = Diagonal::new(states);
            elements.iter().enumerate().for_each(|(state, element)| diagonal.set(state, *element));
            let weights: Vec<f64> = (0..n).map(|qubit| 0.4 + number(qubit, 0.9)).collect();
            let (alike, differing) = (Flips::new(&vec![1.0; n]).unwrap(), Flips::new(&weights).unwrap());
            let (center, factor, loss, turn) = (Complex64::new(-0.3, 0.8), 0.6, 0.45, 1.1);
            for (drive, coupling, by) in [
                (Drive::Coupled(turn), &alike, vec![1.0; n]),
                (Drive::Coupled(turn), &differing, weights.clone()),
                (Drive::Apart(turn, &alike), &differing, weights),
            ] {
                let driven = if matches!(drive, Drive::Coupled(_)) { by.clone() } else { vec![1.0; n] };
                let drift = Drift { diagonal: &diagonal, coupling, loss, drive };
                let (mut spare, mut y) = (vec![Complex64::ZERO; states], vec![Complex64::ZERO; states]);
                drift.apply((center, factor), &x, &mut spare, &mut y);
                let lost = one_by_one(&by, false, &one_by_one(&by, true, &x));
                let (down, up) = (one_by_one(&driven, true, &x), one_by_one(&driven, false, &x));
                for state in 0..states {
                    let turned = Complex64::I * turn * (down[state] + up[state]);
                    let whole = (elements[state] - center) * x[state] - loss * lost[state] - turned;
                    assert!((y[state] - factor * whole).norm() < 1e-13 * (1.0 + whole.norm()), "{n} {state}");
                }
            }
        }
    }
}
