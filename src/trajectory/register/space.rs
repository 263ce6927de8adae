//! The states of N qubits as bit masks, and sums over the qubits that take one to another.
//!
//! Bit j of a mask says whether qubit j is excited. Without a drive H_eff keeps the number k of excited qubits, so a
//! state of sharp k lives in one of N + 1 blocks of C(N, k) masks, and a jump goes to the block below or above. A
//! superposition of several k, or a driven state, takes one block of all 2^N.

use num_complex::Complex64;

use super::flips::Flips;
use super::table::{Table, Terms};

/// What each term of a sum counts.
#[derive(Clone, Debug)]
pub(super) enum Weights {
    /// All alike.
    Uniform(f64),
    /// One for each qubit, in a space of all states that has chunks of them.
    Qubits(Box<Flips>),
    /// For each block, the terms of the lowering table, and those of the raising one.
    Each { lowering: Vec<Vec<f64>>, raising: Vec<Vec<f64>> },
}

/// How a sum over the qubits is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sum<'a> {
    /// By what each makes of chunks of qubits, and so often.
    Flips(&'a Flips, f64),
    Table(&'a Table, Terms<'a>),
}

impl<'a> Sum<'a> {
    /// That of a block of sharp k: flips are of the space of all states alone.
    pub fn table(self) -> (&'a Table, Terms<'a>) {
        match self {
            Sum::Table(table, terms) => (table, terms),
            Sum::Flips(..) => unreachable!("a block of sharp k has tables"),
        }
    }
}

/// One block of states.
#[derive(Clone, Debug)]
struct Block {
    masks: Vec<u32>,
    /// Rows in the block below, sources in this one.
    lowering: Table,
    /// Rows in the block above, sources in this one.
    raising: Table,
}

/// The blocks of N qubits.
#[derive(Clone, Debug)]
pub(super) struct Space {
    number: usize,
    blocks: Vec<Block>,
    /// The index of each mask in its block.
    ranks: Vec<u32>,
    /// One block of all states.
    whole: bool,
    /// All qubits alike, in such a space.
    alike: Option<Box<Flips>>,
}

/// The qubits that are excited in a mask, or those that are not.
fn flipped(number: usize, mask: u32, excited: bool) -> impl Iterator<Item = usize> {
    (0..number).filter(move |qubit| (mask >> qubit & 1 == 1) == excited)
}

impl Space {
    /// The blocks of sharp k, or one of all states.
    pub fn new(number: usize, whole: bool) -> Self {
        let states = 1_u32 << number;
        let mut masks = vec![Vec::new(); if whole { 1 } else { number + 1 }];
        let mut ranks = Vec::with_capacity(states as usize);
        for mask in 0..states {
            let block = if whole { 0 } else { mask.count_ones() as usize };
            ranks.push(masks[block].len() as u32);
            masks[block].push(mask);
        }
        let table = |rows: Option<&Vec<u32>>, excited_in_row: bool| {
            let (ranks, rows) = (&ranks, rows.map_or(&[][..], Vec::as_slice));
            let sources = |row: usize| {
                let row = rows[row];
                flipped(number, row, excited_in_row).map(move |qubit| ranks[(row ^ 1 << qubit) as usize])
            };
            Table::new(rows.len(), sources)
        };
        let blocks = (0..masks.len())
            .map(|block| Block {
                lowering: table(if whole { Some(&masks[0]) } else { block.checked_sub(1).map(|b| &masks[b]) }, false),
                raising: table(if whole { Some(&masks[0]) } else { masks.get(block + 1) }, true),
                masks: masks[block].clone(),
            })
            .collect();
        let alike = Flips::new(&vec![1.0; number]).filter(|_| whole).map(Box::new);
        Space { number, blocks, ranks, whole, alike }
    }

    /// The bytes that [`Space::new`] takes: masks, ranks, and a source for each of the N 2^N terms.
    pub fn memory(number: usize) -> f64 {
        2_f64.powi(number as i32) * (4.0 * number as f64 + 16.0)
    }

    /// N.
    pub fn qubits(&self) -> usize {
        self.number
    }

    pub fn is_whole(&self) -> bool {
        self.whole
    }

    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Where S_- leads.
    pub fn below(&self, block: usize) -> Option<usize> {
        if self.whole { Some(block) } else { block.checked_sub(1) }
    }

    /// Where S_+ leads.
    pub fn above(&self, block: usize) -> Option<usize> {
        if self.whole { Some(block) } else { Some(block + 1).filter(|above| *above < self.blocks.len()) }
    }

    pub fn masks(&self, block: usize) -> &[u32] {
        &self.blocks[block].masks
    }

    pub fn dimension(&self, block: usize) -> usize {
        self.blocks[block].masks.len()
    }

    /// The dimension of the block that this leads to; 0 if there is none.
    pub fn dimension_at(&self, block: Option<usize>) -> usize {
        block.map_or(0, |block| self.dimension(block))
    }

    pub fn largest_dimension(&self) -> usize {
        self.blocks.iter().map(|block| block.masks.len()).max().unwrap_or(0)
    }

    /// The index of a mask in its block.
    #[inline]
    pub fn rank(&self, mask: u32) -> usize {
        self.ranks[mask as usize] as usize
    }

    /// The weights of `sum_j w_j sigma_-^(j)` and of its adjoint, where w_j may depend on the state without qubit j.
    pub fn weights(&self, weight: impl Fn(u32, usize) -> f64) -> Weights {
        let of = |table: &Table, to: Option<usize>, excited_in_row: bool| -> Vec<f64> {
            let masks = to.map_or(&[][..], |block| self.masks(block));
            let each = |row: usize| {
                let row = masks[row];
                flipped(self.number, row, excited_in_row).map(move |qubit| (row & !(1 << qubit), qubit))
            };
            table.rows().flat_map(each).map(|(rest, qubit)| weight(rest, qubit)).collect()
        };
        let blocks = 0..self.blocks.len();
        Weights::Each {
            lowering: blocks.clone().map(|block| of(&self.blocks[block].lowering, self.below(block), false)).collect(),
            raising: blocks.map(|block| of(&self.blocks[block].raising, self.above(block), true)).collect(),
        }
    }

    /// The same where each qubit has a weight of its own.
    pub fn weights_of(&self, qubits: &[f64]) -> Weights {
        match Flips::new(qubits).filter(|_| self.whole) {
            Some(flips) => Weights::Qubits(Box::new(flips)),
            None => self.weights(|_, qubit| qubits[qubit]),
        }
    }

    /// The weights of a sum over the qubits that needs no table, and what they are multiplied by.
    pub fn flips<'a>(&'a self, weights: &'a Weights) -> Option<(&'a Flips, f64)> {
        match weights {
            Weights::Uniform(weight) => self.alike.as_deref().map(|alike| (alike, *weight)),
            Weights::Qubits(flips) => Some((flips, 1.0)),
            Weights::Each { .. } => None,
        }
    }

    /// How S_- is summed, from this block to the one below.
    pub fn lowering<'a>(&'a self, block: usize, weights: &'a Weights) -> Sum<'a> {
        self.sum(weights, &self.blocks[block].lowering, |lowering, _| &lowering[block])
    }

    /// How S_+ is summed, from this block to the one above.
    pub fn raising<'a>(&'a self, block: usize, weights: &'a Weights) -> Sum<'a> {
        self.sum(weights, &self.blocks[block].raising, |_, raising| &raising[block])
    }

    fn sum<'a>(
        &'a self,
        weights: &'a Weights,
        table: &'a Table,
        each: impl FnOnce(&'a [Vec<f64>], &'a [Vec<f64>]) -> &'a [f64],
    ) -> Sum<'a> {
        match (weights, &self.alike) {
            (Weights::Uniform(weight), Some(alike)) => Sum::Flips(alike, *weight),
            (Weights::Uniform(weight), None) => Sum::Table(table, Terms::Alike(*weight)),
            (Weights::Qubits(flips), _) => Sum::Flips(flips, 1.0),
            (Weights::Each { lowering, raising }, _) => Sum::Table(table, Terms::Each(each(lowering, raising))),
        }
    }

    /// `y = sum_j w_j sigma_-^(j) x`, from this block to the one below.
    pub fn lowered(&self, block: usize, weights: &Weights, x: &[Complex64], y: &mut [Complex64]) {
        match self.lowering(block, weights) {
            Sum::Flips(flips, weight) => flips.set::<true>(weight, x, y),
            Sum::Table(table, terms) => table.set(terms, x, y),
        }
    }

    /// `y = sum_j w_j sigma_+^(j) x`, from this block to the one above.
    pub fn raised(&self, block: usize, weights: &Weights, x: &[Complex64], y: &mut [Complex64]) {
        match self.raising(block, weights) {
            Sum::Flips(flips, weight) => flips.set::<false>(weight, x, y),
            Sum::Table(table, terms) => table.set(terms, x, y),
        }
    }

    /// `y += factor * sum_j w_j sigma_-^(j) x`, from this block to the one below.
    pub fn lower(&self, block: usize, weights: &Weights, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        match self.lowering(block, weights) {
            Sum::Flips(flips, weight) => flips.add::<true>(factor * weight, x, y),
            Sum::Table(table, terms) => table.add(terms, factor, x, y),
        }
    }

    /// `y += factor * sum_j w_j sigma_+^(j) x`, from this block to the one above.
    pub fn raise(&self, block: usize, weights: &Weights, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        match self.raising(block, weights) {
            Sum::Flips(flips, weight) => flips.add::<false>(factor * weight, x, y),
            Sum::Table(table, terms) => table.add(terms, factor, x, y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_binomially_many_states_and_ranks_find_them() {
        let space = Space::new(6, false);
        let dimensions: Vec<usize> = (0..space.blocks()).map(|block| space.dimension(block)).collect();
        assert_eq!(dimensions, [1, 6, 15, 20, 15, 6, 1]);
        for block in 0..7 {
            for (rank, &mask) in space.masks(block).iter().enumerate() {
                assert_eq!((mask.count_ones() as usize, space.rank(mask)), (block, rank));
            }
        }
        assert_eq!((space.below(0), space.above(6)), (None, None));
    }

    #[test]
    fn lowering_and_raising_are_adjoint_in_blocks_and_as_a_whole() {
        let weight = |rest: u32, qubit: usize| 0.35 + qubit as f64 - 0.1 * f64::from(rest);
        // Of three qubits all are within a chunk, of others one, two, three and four are beyond.
        for (number, whole) in [(5, false), (2, true), (3, true), (4, true), (5, true), (6, true), (7, true)] {
            let space = Space::new(number, whole);
            let mut all = vec![Weights::Uniform(1.5), space.weights(weight)];
            all.push(space.weights_of(&[0.4, -1.0, 2.0, 0.7, 1.1, -0.3, 0.9][..number]));
            for weights in all {
                for block in 0..space.blocks() {
                    let Some(below) = space.below(block) else { continue };
                    let unit = |dimension: usize, at: usize| {
                        let mut unit = vec![Complex64::ZERO; dimension];
                        unit[at] = Complex64::ONE;
                        unit
                    };
                    let (from, to) = (space.dimension(block), space.dimension(below));
                    for column in 0..from {
                        let mut lowered = vec![Complex64::ZERO; to];
                        space.lower(block, &weights, 1.0, &unit(from, column), &mut lowered);
                        for (row, lowered) in lowered.into_iter().enumerate() {
                            let mut raised = vec![Complex64::ZERO; from];
                            space.raise(below, &weights, 1.0, &unit(to, row), &mut raised);
                            assert_eq!(lowered, raised[column]);
                            let (high, low) = (space.masks(block)[column], space.masks(below)[row]);
                            let one = high & low == low && (high ^ low).count_ones() == 1;
                            assert_eq!(lowered != Complex64::ZERO, one);
                        }
                    }
                }
            }
        }
    }
}
