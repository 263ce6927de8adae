//! What is known of a state of a register: its values, and its transverse spin.

use num_complex::Complex64;

use super::super::space::Weights;
use super::{Operators, Scratch, m};
use crate::model::RegisterValues;
use crate::trajectory::propagation::{dot, inner, moments, norm_squared, numbers};

/// What is known of a state beside the images under S_- and S_+.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    pub values: RegisterValues,
    /// `<J_z^2>`.
    pub jz_squared: f64,
}

/// J(J+1) of a sharp J where `<J^2>` is that but for rounding, which would else pass for a spread.
fn sharpened(j_squared: f64, number: usize) -> f64 {
    // 1 + 4J(J+1) = (2J+1)^2, and 2J is as even as N.
    let two_j = (1.0 + 4.0 * j_squared.max(0.0)).sqrt() - 1.0;
    let parity = (number % 2) as f64;
    let nearest = 2.0 * ((two_j - parity) / 2.0).round() + parity;
    let sharp = nearest * (nearest + 2.0) / 4.0;
    if (sharp - j_squared).abs() <= 1e-11 * (1.0 + sharp) { sharp } else { j_squared }
}

impl Operators {
    /// The values of a normalized state; leaves S_- psi and S_+ psi behind. `spare` holds at least as many elements as
    /// the largest block.
    pub fn measure(&self, block: usize, psi: &[Complex64], scratch: &mut Scratch, spare: &mut [Complex64]) -> Measured {
        self.images(block, psi, scratch);
        let (below, above) = (self.space.below(block), self.space.above(block));
        let lowered = &scratch.lowered[..self.space.dimension_at(below)];
        let raised = &scratch.raised[..self.space.dimension_at(above)];
        let (emission, absorption) = (norm_squared(numbers(lowered)), norm_squared(numbers(raised)));

        let (jz, jz_squared) = if self.space.is_whole() {
            moments(numbers(psi), &self.heights)
        } else {
            let m = block as f64 - self.number as f64 / 2.0;
            (m, m * m)
        };
        // <J_+ J_->
        let ladder = match self.uniform {
            Some(g) => emission / (g * g),
            None => {
                let spare = &mut spare[..lowered.len()];
                self.space.lowered(block, &Weights::Uniform(1.0), psi, spare);
                norm_squared(numbers(spare))
            }
        };
        let (mut emission_energy, mut absorption_energy) = (-self.quantum * emission, self.quantum * absorption);
        if let Some(commutator) = &self.commutator {
            let spare_below = &mut spare[..lowered.len()];
            self.space.lowered(block, commutator, psi, spare_below);
            emission_energy = dot(numbers(lowered), numbers(spare_below));
            // [H_0, S_+] = -[H_0, S_-]^dagger.
            let spare_above = &mut spare[..raised.len()];
            self.space.raised(block, commutator, psi, spare_above);
            absorption_energy = -dot(numbers(raised), numbers(spare_above));
        }
        let excited_energy = match &self.excited {
            None => self.quantum * (jz + self.number as f64 / 2.0),
            Some(excited) => psi.iter().zip(&excited[block]).map(|(c, energy)| c.norm_sqr() * energy).sum(),
        };
        let values = RegisterValues {
            emission,
            absorption,
            emission_energy,
            absorption_energy,
            jz,
            excited_energy,
            exchange_energy: self.exchanges.iter().map(|exchange| exchange.mean(block, psi)).sum(),
            // J^2 = J_+ J_- + J_z^2 - J_z.
            j_squared: sharpened(ladder + jz_squared - jz, self.number),
        };
        Measured { values, jz_squared }
    }

    /// (`<J_->`, `<J_-^2>`, `<J_- J_z + J_z J_->/2`) of a state in the block of all states; zero in a block of sharp M.
    pub fn transverse(&self, block: usize, psi: &[Complex64], scratch: &mut Scratch) -> [Complex64; 3] {
        if !self.space.is_whole() {
            return [Complex64::ZERO; 3];
        }
        let Scratch { lowered, raised } = scratch;
        self.space.lowered(block, &Weights::Uniform(1.0), psi, lowered);
        self.space.raised(block, &Weights::Uniform(1.0), psi, raised);
        // J_z on the right gives M of the column, on the left M of the row: one less.
        let symmetric = psi
            .iter()
            .zip(lowered.iter())
            .zip(self.space.masks(block))
            .map(|((c, lowered), mask)| c.conj() * lowered * (m(self.number, *mask) + 0.5));
        let symmetric = symmetric.sum();
        [inner(psi, lowered), inner(raised, lowered), symmetric]
    }
}
