//! Jumps that are sums over single qubits, `L = sum_j a_j sigma_j`, where a state is one of so many that are excited.
//!
//! All of them share which state a qubit leads to, and how likely they are follows from one matrix of the state,
//! `<sigma_j^dagger sigma_k>`.

use std::cmp::Ordering;
use std::sync::Arc;

use num_complex::Complex64;

use super::basis::Basis;
use super::reflection::Parity;
use crate::bath::Process;
use crate::model::operator::{Operator, Powers};
use crate::model::product::{Channel, JumpOperator, Product, ProductBath};
use crate::vectorized::vectorized;

/// What rounding may leave of a sum that cancels, as a part of what there would be without.
pub const ROUNDING: f64 = 1e-13;

/// A jump as a sum over single qubits.
#[derive(Clone, Debug)]
pub struct OfQubits {
    /// a_j, the square root of the rate included.
    pub amplitudes: Vec<Complex64>,
    pub flips: Arc<Flips>,
}

/// Which states single qubits lead to, all of them down or all of them up.
#[derive(Clone, Debug)]
pub struct Flips {
    qubits: usize,
    /// How many qubits lead to a state, the same for each.
    width: usize,
    /// For each state that is led to, one after the other: from which states, by which qubits.
    steps: Vec<(u32, u32)>,
    /// Which of them reversing the order of the qubits makes another of, one of each two.
    once: Vec<u32>,
    /// Which of them it leaves as they are.
    same: Vec<u32>,
}

/// Whether a channel raises, and the amplitude of each of `n` qubits, where it is a sum over single ones, and nothing else.
pub fn amplitudes_of(channel: &Channel, n: usize) -> Option<(bool, Vec<Complex64>)> {
    match &channel.jump {
        JumpOperator::Operator(operator) => of_operator(operator),
        JumpOperator::EachQubit { factor, .. } if channel.process != Process::Dephasing => {
            let mut amplitudes = vec![Complex64::ZERO; n];
            amplitudes[*factor] = Complex64::ONE;
            Some((channel.process == Process::Absorption, amplitudes))
        }
        JumpOperator::EachQubit { .. } => None,
    }
}

/// What the jumps of a product that are sums over single qubits take from the norm, `sum L^dagger L`.
pub fn lost(product: &Product) -> Operator {
    let n = product.factors().len();
    let sums = product.baths().iter().flat_map(ProductBath::channels).filter(|one| amplitudes_of(one, n).is_some());
    sums.fold(Operator::zero(product.algebras()), |sum, channel| &sum + &channel.intensity(product))
}

fn of_operator(operator: &Operator) -> Option<(bool, Vec<Complex64>)> {
    let mut amplitudes = vec![Complex64::ZERO; operator.algebras().len()];
    let mut ups = [false; 2];
    for (word, value) in operator.terms() {
        let mut letters = word.iter().enumerate().filter(|(_, powers)| **powers != Powers::default());
        let (Some((place, letter)), None) = (letters.next(), letters.next()) else { return None };
        match *letter {
            Powers::RAISE => ups[1] = true,
            Powers::LOWER => ups[0] = true,
            _ => return None,
        }
        amplitudes[place] = value;
    }
    (ups[0] != ups[1]).then_some((ups[1], amplitudes))
}

/// A Hermitian operator that takes an excitation from one qubit to another at most: its mean is one of correlations.
#[derive(Clone, Debug)]
pub struct OneBody {
    pub constant: f64,
    /// The factor of `<sigma_j^dagger sigma_k>`, by j n + k, of which the mean takes the real part; j <= k.
    pub of_pairs: Vec<(usize, Complex64)>,
}

impl OneBody {
    /// `None` of any other operator.
    pub fn new(operator: &Operator) -> Option<Self> {
        const BOTH: Powers = Powers { raise: 1, z: 0, lower: 1 };
        let n = operator.algebras().len();
        let mut one = OneBody { constant: 0.0, of_pairs: Vec::new() };
        for (word, value) in operator.terms() {
            let mut letters = word.iter().enumerate().filter(|(_, powers)| **powers != Powers::default());
            let (j, k) = match (letters.next(), letters.next(), letters.next()) {
                (None, None, None) => {
                    one.constant += value.re;
                    continue;
                }
                (Some((j, &BOTH)), None, None) => (j, j),
                (Some((j, &Powers::Z)), None, None) => {
                    one.constant -= 0.5 * value.re;
                    (j, j)
                }
                (Some((j, &Powers::RAISE)), Some((k, &Powers::LOWER)), None) => (j, k),
                (Some((k, &Powers::LOWER)), Some((j, &Powers::RAISE)), None) => (j, k),
                _ => return None,
            };
            // <sigma_k^dagger sigma_j> is the conjugate.
            one.of_pairs.push(if j <= k { (j * n + k, value) } else { (k * n + j, value.conj()) });
        }
        Some(one)
    }
}

impl Flips {
    pub fn new(from: &Basis, to: &Basis, up: bool) -> Self {
        let (after, before) = if up { (1, 0) } else { (0, 1) };
        let mut steps = Vec::new();
        for state in to.states() {
            let mut source = state.clone();
            for qubit in (0..state.len()).filter(|qubit| state[*qubit] == after) {
                source[qubit] = before;
                steps.extend(from.place(&source).map(|place| (place as u32, qubit as u32)));
                source[qubit] = after;
            }
        }
        let qubits = to.states().first().map_or(0, Vec::len);
        let (mut once, mut same) = (Vec::new(), Vec::new());
        for (row, state) in to.states().iter().enumerate() {
            match state.iter().cmp(state.iter().rev()) {
                Ordering::Less => once.push(row as u32),
                Ordering::Equal => same.push(row as u32),
                Ordering::Greater => {}
            }
        }
        Flips { qubits, width: steps.len() / to.len().max(1), steps, once, same }
    }

    /// How many qubits there are and how many lead to each state, and from which states by which qubits.
    pub fn parts(&self) -> (usize, usize, &[(u32, u32)]) {
        (self.qubits, self.width, &self.steps)
    }

    /// Of the states that are led to, those that reversing the order of the qubits makes others of, one of each two, and those
    /// that it leaves as they are.
    pub fn reflected(&self) -> (&[u32], &[u32]) {
        (&self.once, &self.same)
    }

    /// How many states there are where it leads.
    pub fn rows(&self) -> usize {
        self.steps.len() / self.width
    }

    #[inline(always)]
    fn each_image(&self, amplitudes: &[Complex64], x: &[Complex64], mut each: impl FnMut(usize, Complex64)) {
        for (row, steps) in self.steps.chunks_exact(self.width).enumerate() {
            each(row, steps.iter().map(|(from, qubit)| amplitudes[*qubit as usize] * x[*from as usize]).sum());
        }
    }

    /// y = L x.
    pub fn apply(&self, amplitudes: &[Complex64], x: &[Complex64], y: &mut [Complex64]) {
        self.each_image(amplitudes, x, |row, value| y[row] = value);
    }

    /// |L x|^2.
    pub fn weight(&self, amplitudes: &[Complex64], x: &[Complex64]) -> f64 {
        let mut sum = 0.0;
        self.each_image(amplitudes, x, |_, value| sum += value.norm_sqr());
        sum
    }

    /// `<x|sigma_j^dagger sigma_k|x>`, row by row; behind it, room.
    pub fn correlations(&self, x: &[Complex64], pairs: &mut Vec<Complex64>) {
        let n = self.qubits;
        pairs.clear();
        pairs.resize(n * (n + 1), Complex64::ZERO);
        let (sums, images) = pairs.split_at_mut(n * n);
        vectorized(
            #[inline(always)]
            || {
                for steps in self.steps.chunks_exact(self.width) {
                    // Of each qubit what it makes of x in one state.
                    images.fill(Complex64::ZERO);
                    steps.iter().for_each(|(from, qubit)| images[*qubit as usize] = x[*from as usize]);
                    for (from, qubit) in steps {
                        let own = x[*from as usize];
                        let row = &mut sums[*qubit as usize * n..][..n];
                        for (sum, image) in row.iter_mut().zip(&*images) {
                            sum.re += own.re * image.re + own.im * image.im;
                            sum.im += own.re * image.im - own.im * image.re;
                        }
                    }
                }
            },
        );
    }
}

impl OfQubits {
    /// What reversing the order of the qubits makes of it, where that is itself but for the sign.
    pub fn parity(&self) -> Option<Parity> {
        let reversed = self.amplitudes.iter().rev();
        Parity::of(&self.amplitudes.iter().zip(reversed).map(|(own, other)| [*own, *other]))
    }

    /// |L x|^2 from the correlations of x; what is below the rounding of their sum is 0.
    pub fn weight_from(&self, pairs: &[Complex64]) -> f64 {
        let n = self.amplitudes.len();
        let (mut sum, mut each_alone) = (0.0, 0.0);
        for (qubit, (row, own)) in pairs.chunks_exact(n).zip(&self.amplitudes).enumerate() {
            let of_row: Complex64 = row.iter().zip(&self.amplitudes).map(|(pair, other)| pair * other).sum();
            sum += own.re * of_row.re + own.im * of_row.im;
            each_alone += own.norm_sqr() * row[qubit].re;
        }
        if sum > ROUNDING * each_alone { sum } else { 0.0 }
    }
}
