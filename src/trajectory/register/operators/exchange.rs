//! The exchange of an excitation between two qubits, couple by couple of states.

use std::sync::Arc;

use num_complex::Complex64;

use super::super::space::Space;

/// An exchange between two qubits.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// By block, the places of two states each of which one becomes the other: the one or the other qubit is excited.
    couples: Arc<Vec<Vec<[u32; 2]>>>,
    /// V, per unit of time.
    pub rate: f64,
    /// V, as an energy.
    energy: f64,
}

impl Exchange {
    pub fn new(space: &Space, (i, j): (usize, usize), (rate, energy): (f64, f64)) -> Self {
        let (one, pair) = (1_u32 << i, 1_u32 << i | 1 << j);
        let couples = |block: usize| {
            let first = space.masks(block).iter().filter(|mask| **mask & pair == one);
            first.map(|mask| [*mask, mask ^ pair].map(|mask| space.rank(mask) as u32)).collect()
        };
        Exchange { couples: Arc::new((0..space.blocks()).map(couples).collect()), rate, energy }
    }

    /// `y += factor -i V psi` on a block.
    pub fn add(&self, block: usize, factor: f64, psi: &[Complex64], y: &mut [Complex64]) {
        let rate = factor * self.rate;
        for couple in &self.couples[block] {
            let [a, b] = couple.map(|place| place as usize);
            let (of_a, of_b) = (psi[a] * rate, psi[b] * rate);
            y[a] += Complex64::new(of_b.im, -of_b.re);
            y[b] += Complex64::new(of_a.im, -of_a.re);
        }
    }

    /// `<V>` on a block.
    pub fn mean(&self, block: usize, psi: &[Complex64]) -> f64 {
        let both = |couple: &[u32; 2]| {
            let [a, b] = couple.map(|place| psi[place as usize]);
            a.re * b.re + a.im * b.im
        };
        2.0 * self.energy * self.couples[block].iter().map(both).sum::<f64>()
    }
}
