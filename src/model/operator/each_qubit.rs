//! What jumps on each qubit of an ensemble by itself do to an observable that treats them alike.
//!
//! With `s^beta` one of `sigma_+, sigma_z/2, sigma_-` of one qubit, a word W of collective operators is moved past it one
//! letter at a time, `J s^beta = s^beta J + [J, s^beta]`, where the commutator is an operator of that qubit again: then
//! `sum_j s_j^alpha W s_j^beta` is a sum of `sum_j s_j^alpha s_j^gamma`, which are collective, times words.

use std::sync::Arc;

use num_complex::Complex64;

use super::{Algebra, Operator, Powers, Word};
use crate::bath::Process;

/// The operators of one qubit, in the order of all that follows.
const SINGLE: [Powers; 3] = [Powers::RAISE, Powers::Z, Powers::LOWER];

/// `s^dagger` and `s` of the jump of a process.
fn sides(process: Process) -> (usize, usize) {
    match process {
        Process::Emission => (0, 2),
        Process::Absorption => (2, 0),
        Process::Dephasing => (1, 1),
    }
}

/// `[J, s^beta] = factor s^gamma`, as (gamma, factor) where it is not zero.
fn commutator(letter: Powers, beta: usize) -> Option<(usize, f64)> {
    match (SINGLE.iter().position(|single| *single == letter)?, beta) {
        (0, 1) => Some((0, -1.0)),
        (0, 2) => Some((1, 2.0)),
        (1, 0) => Some((0, 1.0)),
        (1, 2) => Some((2, -1.0)),
        (2, 0) => Some((1, -2.0)),
        (2, 1) => Some((2, 1.0)),
        _ => None,
    }
}

/// `s^alpha s^gamma` of one qubit: a number, and a factor of one of the three.
fn pair(alpha: usize, gamma: usize) -> (f64, Option<(usize, f64)>) {
    match (alpha, gamma) {
        (0, 1) => (0.0, Some((0, -0.5))),
        (0, 2) => (0.5, Some((1, 1.0))),
        (1, 0) => (0.0, Some((0, 0.5))),
        (1, 1) => (0.25, None),
        (1, 2) => (0.0, Some((2, -0.5))),
        (2, 0) => (0.5, Some((1, -1.0))),
        (2, 1) => (0.0, Some((2, 0.5))),
        _ => (0.0, None),
    }
}

impl Operator {
    /// `sum_j s_j^alpha s_j^gamma` over the qubits of a factor.
    fn of_pairs(&self, factor: usize, qubits: i64, alpha: usize, gamma: usize) -> Operator {
        let (number, single) = pair(alpha, gamma);
        let constant = Operator::number(&self.algebras, Complex64::from(number * qubits as f64));
        match single {
            None => constant,
            Some((which, by)) => {
                &constant + &(&Operator::letter(&self.algebras, factor, SINGLE[which]) * Complex64::from(by))
            }
        }
    }

    /// `sum_j s_j^alpha W s_j^beta` of one word W.
    fn around(&self, word: &Word, factor: usize, qubits: i64, (alpha, beta): (usize, usize)) -> Operator {
        // W s^beta = sum_gamma s^gamma moved[gamma], from the right end of W.
        let mut moved = [0, 1, 2].map(|gamma| {
            let rest = if gamma == beta { 1.0 } else { 0.0 };
            Operator::number(&self.algebras, Complex64::from(rest))
        });
        for letter in word[factor].letters().rev() {
            let collective = Operator::letter(&self.algebras, factor, letter);
            let mut next = [0, 1, 2].map(|gamma| &collective * &moved[gamma]);
            for (gamma, operator) in moved.iter().enumerate() {
                if let Some((to, by)) = commutator(letter, gamma) {
                    next[to] = &next[to] + &(operator * Complex64::from(by));
                }
            }
            moved = next;
        }
        let mut others = Operator::zero(&self.algebras);
        let mut rest = word.clone();
        rest[factor] = Powers::default();
        others.insert(rest, Complex64::ONE);
        let sum = moved.iter().enumerate().fold(Operator::zero(&self.algebras), |sum, (gamma, operator)| {
            &sum + &(&self.of_pairs(factor, qubits, alpha, gamma) * operator)
        });
        &sum * &others
    }

    /// How often jumps of unit rate on each qubit of a factor happen: `sum_j s_j^dagger s_j`.
    #[must_use]
    pub fn rate_of_each(algebras: &Arc<[Algebra]>, factor: usize, qubits: i64, process: Process) -> Operator {
        let (alpha, beta) = sides(process);
        Operator::zero(algebras).of_pairs(factor, qubits, alpha, beta)
    }

    /// What jumps of unit rate on each qubit of a factor make of this observable, in the Heisenberg picture:
    /// `sum_j s_j^dagger A s_j - (s_j^dagger s_j A + A s_j^dagger s_j)/2` with `s = sigma_-`, `sigma_+` or `sigma_z/2`.
    #[must_use]
    pub fn damped_by_each(&self, factor: usize, qubits: i64, process: Process) -> Operator {
        let sides = sides(process);
        let mut sum = Operator::zero(&self.algebras);
        for (word, value) in &self.terms {
            sum = &sum + &(&self.around(word, factor, qubits, sides) * *value);
        }
        let loss = &self.of_pairs(factor, qubits, sides.0, sides.1) * Complex64::from(0.5);
        &sum - &(&(&loss * self) + &(self * &loss))
    }
}
