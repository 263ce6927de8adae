//! The exchange of excitations between qubits.

use super::super::space::Space;
use super::super::table::{Table, Terms};
use crate::trajectory::held::Amplitude;

/// All exchanges between pairs of qubits.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// By block, what leads from one state to another, and its V per unit of time.
    blocks: Vec<(Table, Vec<f64>)>,
    /// A bound of the norm, per unit of time.
    pub bound: f64,
    /// What makes that an energy.
    energy: f64,
}

impl Exchange {
    /// Of pairs of qubits, each with its V per unit of time.
    pub fn new(space: &Space, pairs: &[((usize, usize), f64)], energy: f64) -> Self {
        let blocks = (0..space.blocks()).map(|block| {
            let others = |mask: u32| {
                let differ = move |(i, j): (usize, usize)| (mask >> i ^ mask >> j) & 1 == 1;
                let differing = pairs.iter().filter(move |(pair, _)| differ(*pair));
                differing.map(move |((i, j), v)| (space.rank(mask ^ (1 << i | 1 << j)) as u32, *v))
            };
            let of_row = |row: usize| others(space.masks(block)[row]);
            let table = Table::new(space.dimension(block), |row| of_row(row).map(|(other, _)| other));
            let weights = table.rows().flat_map(|row| of_row(row).map(|(_, v)| v)).collect();
            (table, weights)
        });
        Exchange { blocks: blocks.collect(), bound: pairs.iter().map(|(_, v)| v.abs()).sum(), energy }
    }

    /// `y += factor -i V psi` on a block.
    pub fn add<T: Amplitude>(&self, block: usize, factor: f64, psi: &[T], y: &mut [T]) {
        let (table, weights) = &self.blocks[block];
        table.add_turned(Terms::Each(weights), factor, psi, y);
    }

    /// `<V>` on a block, per unit of time.
    pub fn mean<T: Amplitude>(&self, block: usize, psi: &[T]) -> T::Real {
        let (table, weights) = &self.blocks[block];
        table.mean(weights, psi)
    }

    /// What is per unit of time as an energy.
    pub fn energy(&self, mean: f64) -> f64 {
        self.energy * mean
    }
}
