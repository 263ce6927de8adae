//! Initial states of a register: amplitudes over all 2^N masks, drawn where the state is a mixture.

use std::f64::consts::FRAC_1_SQRT_2;

use num_complex::Complex64;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use crate::initial::InitialState;

/// A state of N qubits that may be told apart; qubit 0 is the first.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Each qubit excited or not.
    Bits(Vec<bool>),
    /// Each qubit excited with its own probability, independently, without coherence.
    Mixed(Vec<f64>),
    /// Each qubit pure: `cos(theta/2) e^(-i phi/2) |e> + sin(theta/2) e^(i phi/2) |g>`, angles (theta, phi) in radians.
    Product(Vec<(f64, f64)>),
    /// `sum_M c_M |J, M>`, evenly over the copies of J: 2J qubits in the symmetric state, the others in pairs of
    /// singlets, and which is which is drawn. (Averaged over all permutations, any state of a copy is that of all
    /// copies alike, by Schur's lemma.)
    Spin {
        /// N.
        number: usize,
        /// c_M from M = -J up, 2J + 1 of them.
        amplitudes: Vec<Complex64>,
    },
}

impl Start {
    /// The same state as a register of `number` qubits has it; `excited` qubits up are the first ones.
    #[must_use]
    pub fn new(initial: &InitialState, number: usize) -> Self {
        match initial {
            InitialState::Dicke(level) => {
                let mut amplitudes = vec![Complex64::ZERO; level.two_j as usize + 1];
                amplitudes[level.above_bottom() as usize] = Complex64::ONE;
                Start::Spin { number, amplitudes }
            }
            InitialState::Product { excited } => {
                Start::Bits((0..number).map(|qubit| (qubit as i64) < *excited).collect())
            }
            InitialState::Thermal { probability } => Start::Mixed(vec![*probability; number]),
            InitialState::Coherent { theta, phi } => Start::Product(vec![(*theta, *phi); number]),
            InitialState::Superposition { amplitudes, .. } => Start::Spin { number, amplitudes: amplitudes.clone() },
            InitialState::Ghz { phase } => {
                let mut amplitudes = vec![Complex64::ZERO; number + 1];
                amplitudes[number] = FRAC_1_SQRT_2.into();
                amplitudes[0] = Complex64::from_polar(FRAC_1_SQRT_2, *phase);
                Start::Spin { number, amplitudes }
            }
            InitialState::Bits(bits) => Start::Bits(bits.clone()),
            InitialState::Angles(angles) => Start::Product(angles.clone()),
        }
    }

    /// Whether every pure state of it has a sharp number of excited qubits.
    #[must_use]
    pub fn is_sharp(&self) -> bool {
        match self {
            Start::Bits(_) | Start::Mixed(_) => true,
            Start::Product(angles) => angles.iter().all(|(theta, _)| *theta == 0.0),
            Start::Spin { amplitudes, .. } => amplitudes.iter().filter(|c| **c != Complex64::ZERO).count() == 1,
        }
    }

    /// Draws a pure state: its 2^N amplitudes, bit j of an index saying whether qubit j is excited.
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Complex64> {
        match self {
            Start::Bits(bits) => product(bits.iter().map(|excited| basis(*excited))),
            Start::Mixed(probabilities) => product(probabilities.iter().map(|p| basis(rng.random::<f64>() < *p))),
            Start::Product(angles) => product(angles.iter().map(|(theta, phi)| {
                let ground = Complex64::from_polar((theta / 2.0).sin(), phi / 2.0);
                [ground, Complex64::from_polar((theta / 2.0).cos(), -phi / 2.0)]
            })),
            Start::Spin { number, amplitudes } => {
                let mut qubits: Vec<usize> = (0..*number).collect();
                // All of them alike need no order.
                if amplitudes.len() <= *number {
                    qubits.shuffle(rng);
                }
                let (symmetric, paired) = qubits.split_at(amplitudes.len() - 1);
                (0..1 << number).map(|mask| spin(mask, symmetric, paired, amplitudes)).collect()
            }
        }
    }
}

/// |e> or |g>, as amplitudes of (|g>, |e>).
fn basis(excited: bool) -> [Complex64; 2] {
    if excited { [Complex64::ZERO, Complex64::ONE] } else { [Complex64::ONE, Complex64::ZERO] }
}

/// The product of the states of each qubit, the first one in the lowest bit.
fn product(qubits: impl Iterator<Item = [Complex64; 2]>) -> Vec<Complex64> {
    qubits.fold(vec![Complex64::ONE], |state, qubit| {
        qubit.iter().flat_map(|amplitude| state.iter().map(move |rest| amplitude * rest)).collect()
    })
}

/// The amplitude of a mask where some qubits are in a symmetric state and the others in singlets.
fn spin(mask: usize, symmetric: &[usize], paired: &[usize], amplitudes: &[Complex64]) -> Complex64 {
    let excited = |qubit: &usize| mask >> qubit & 1 == 1;
    let singlets: f64 = paired
        .chunks_exact(2)
        .map(|pair| match (excited(&pair[0]), excited(&pair[1])) {
            (true, false) => FRAC_1_SQRT_2,
            (false, true) => -FRAC_1_SQRT_2,
            _ => 0.0,
        })
        .product();
    let up = symmetric.iter().filter(|qubit| excited(qubit)).count();
    let ways: f64 = (1..=up).map(|k| (symmetric.len() - up + k) as f64 / k as f64).product();
    amplitudes[up] * (singlets / ways.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicke::Level;
    use crate::random::stream;

    fn norm(state: &[Complex64]) -> f64 {
        state.iter().map(Complex64::norm_sqr).sum()
    }

    #[test]
    fn every_start_is_normalized_and_sharp_where_it_says_so() {
        let mut rng = stream(1, 0, 0);
        let spin = |amplitudes: &[f64]| Start::Spin {
            number: 5,
            amplitudes: amplitudes.iter().map(|c| (*c).into()).collect(),
        };
        let starts = [
            Start::Bits(vec![true, false, false, true, true]),
            Start::Mixed(vec![0.0, 0.3, 1.0, 0.5, 0.9]),
            Start::Product(vec![(0.3, 1.0), (1.3, -2.0), (2.9, 0.1), (0.0, 0.0), (3.0, 0.5)]),
            Start::new(&InitialState::Ghz { phase: 0.3 }, 5),
            spin(&[0.0, 1.0]),
            spin(&[0.6, 0.0, 0.8, 0.0]),
            spin(&[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        ];
        for start in starts {
            let state = start.draw(&mut rng);
            assert!((norm(&state) - 1.0).abs() < 1e-14, "{start:?}");
            let mut numbers: Vec<u32> =
                (0..32_u32).filter(|mask| state[*mask as usize] != Complex64::ZERO).map(u32::count_ones).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len() == 1, start.is_sharp(), "{start:?}: {numbers:?}");
        }
    }

    #[test]
    fn a_dicke_state_of_lower_j_is_an_eigenstate_of_j_squared() {
        // J^2 = sum over pairs of exchanges: (J^2 - 3N/4) psi = sum_(i<j) (P_ij - 1/2) psi, P_ij swapping two qubits.
        let n = 6;
        for two_j in [0, 2, 4, 6] {
            let level = Level::new(n, two_j, if two_j == 0 { 0 } else { 2 }).unwrap();
            let state = Start::new(&InitialState::Dicke(level), n as usize).draw(&mut stream(7, 0, two_j as u64));
            let swapped = |mask: usize, i: usize, j: usize| {
                if (mask >> i & 1) == (mask >> j & 1) { mask } else { mask ^ (1 << i | 1 << j) }
            };
            for mask in 0..1 << n {
                let mut sum = state[mask] * (0.75 * n as f64);
                for (i, j) in (0..n as usize).flat_map(|i| (i + 1..n as usize).map(move |j| (i, j))) {
                    sum += state[swapped(mask, i, j)] - state[mask] * 0.5;
                }
                assert!((sum - state[mask] * level.j_squared()).norm() < 1e-13, "{two_j}");
            }
        }
    }
}
