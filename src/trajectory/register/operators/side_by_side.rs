//! A on states side by side, in a block of sharp k.

use super::super::space::Sum;
use super::Operators;
use crate::trajectory::lanes::Amplitudes;

impl Operators {
    /// y = A psi, with room for what lies between.
    pub fn apply_lanes(&self, block: usize, psi: &[Amplitudes], room: &mut [Amplitudes], y: &mut [Amplitudes]) {
        let there = if self.descends(block) { self.space.below(block) } else { self.space.above(block) };
        let half = &mut room[..self.space.dimension_at(there)];
        let sum = if self.descends(block) {
            self.space.lowering(block, &self.coupling)
        } else {
            self.space.raising(block, &self.coupling)
        };
        let (table, terms) = sum.table();
        table.set(terms, psi, half);
        self.image_of_lanes(block, psi, half, y);
    }

    /// The same where `half` is S_- psi, or S_+ psi where the block does not descend.
    pub fn image_of_lanes(&self, block: usize, psi: &[Amplitudes], half: &[Amplitudes], y: &mut [Amplitudes]) {
        self.diagonal[block].times_lanes(psi, y);
        let back = if self.descends(block) {
            self.space.below(block).map(|below| self.space.raising(below, &self.coupling))
        } else {
            self.space.above(block).map(|above| self.space.lowering(above, &self.coupling))
        };
        if let Some((table, terms)) = back.map(Sum::table) {
            table.add(terms, -0.5 * (self.down + self.up), half, y);
        }
        if let Some(exchange) = &self.exchange {
            exchange.add(block, 1.0, psi, y);
        }
    }
}
