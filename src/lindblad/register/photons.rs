//! What follows a photon of a register in its steady state: g2 and the density of waiting times, by quantum regression.

use super::{RegisterEquation, largest};
use crate::lindblad::density::DensityMatrix;

/// The rate of photons at times after one, and on average.
#[derive(Clone, Debug, PartialEq)]
pub struct AfterPhoton {
    /// At each of the times.
    pub rates: Vec<f64>,
    /// On average.
    pub mean: f64,
}

impl RegisterEquation {
    /// What follows a photon into a bath in this steady state, at ascending times: as it is, or while no other one into the
    /// bath has followed yet. Of the first, over the mean, is g2, `Tr[A e^(L tau) A rho] / Tr[A rho]^2` with A the emission
    /// jumps of the bath; the second is the density of the waiting time, `Tr[A e^((L - A) tau) A rho] / Tr[A rho]`. `None`
    /// where there are no photons.
    #[must_use]
    pub fn after_photon(&self, bath: usize, rho: &DensityMatrix, alone: bool, times: &[f64]) -> Option<AfterPhoton> {
        let emission = &self.baths[bath].emission;
        let emitted = |rho: &DensityMatrix| {
            emission.iter().fold(DensityMatrix::zeros(rho.dim()), |sum, jump| sum + jump.sandwich(rho))
        };
        let mut after = emitted(rho);
        let mean = after.diag().sum().re;
        if mean <= f64::EPSILON * largest(rho) {
            return None;
        }
        after /= num_complex::Complex64::from(mean);
        let mut now = 0.0;
        let mut rates = Vec::with_capacity(times.len());
        for &time in times {
            if alone {
                self.follow(&mut after, time - now, |rho| self.right_hand_side(rho) - emitted(rho));
            } else {
                self.follow(&mut after, time - now, |rho| self.right_hand_side(rho));
            }
            now = time;
            rates.push(self.intensity(bath, &after));
        }
        Some(AfterPhoton { rates, mean })
    }
}
