//! The states of N qubits as bit masks, and sums over the qubits that take one to another.
//!
//! Bit j of a mask says whether qubit j is excited. Without a drive H_eff keeps the number k of excited qubits, so a
//! state of sharp k lives in one of N + 1 blocks of C(N, k) masks, and a jump goes to the block below or above. A
//! superposition of several k, or a driven state, takes one block of all 2^N.

use std::ops::Range;

use num_complex::Complex64;

use super::flips::Flips;

/// Where the terms of a sum over the qubits are found: row by row, the indices of the states that lead there.
#[derive(Clone, Debug, Default)]
struct Table {
    /// The terms of every row, where all have as many.
    width: Option<usize>,
    starts: Vec<u32>,
    sources: Vec<u32>,
}

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
            let mut table = Table { width: None, starts: vec![0], sources: Vec::new() };
            for &row in rows.into_iter().flatten() {
                let qubits = (0..number).filter(|qubit| (row >> qubit & 1 == 1) == excited_in_row);
                table.sources.extend(qubits.map(|qubit| ranks[(row ^ 1 << qubit) as usize]));
                table.starts.push(table.sources.len() as u32);
            }
            table.width = Some(table.starts.get(1).map_or(0, |end| *end as usize)).filter(|width| !whole && *width > 0);
            table
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
        let of = |to: Option<usize>, excited_in_row: bool| {
            let mut weights = Vec::new();
            for &row in to.map_or(&[][..], |block| self.masks(block)) {
                for qubit in (0..self.number).filter(|qubit| (row >> qubit & 1 == 1) == excited_in_row) {
                    weights.push(weight(row & !(1 << qubit), qubit));
                }
            }
            weights
        };
        let blocks = 0..self.blocks.len();
        Weights::Each {
            lowering: blocks.clone().map(|block| of(self.below(block), false)).collect(),
            raising: blocks.map(|block| of(self.above(block), true)).collect(),
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

    /// `y = sum_j w_j sigma_-^(j) x`, from this block to the one below.
    pub fn lowered(&self, block: usize, weights: &Weights, x: &[Complex64], y: &mut [Complex64]) {
        match (weights, &self.alike) {
            (Weights::Uniform(weight), Some(alike)) => alike.set::<true>(*weight, x, y),
            (Weights::Uniform(weight), None) => self.blocks[block].lowering.set_sums(*weight, x, y),
            (Weights::Qubits(flips), _) => flips.set::<true>(1.0, x, y),
            (Weights::Each { .. }, _) => {
                y.fill(Complex64::ZERO);
                self.lower(block, weights, 1.0, x, y);
            }
        }
    }

    /// `y = sum_j w_j sigma_+^(j) x`, from this block to the one above.
    pub fn raised(&self, block: usize, weights: &Weights, x: &[Complex64], y: &mut [Complex64]) {
        match (weights, &self.alike) {
            (Weights::Uniform(weight), Some(alike)) => alike.set::<false>(*weight, x, y),
            (Weights::Uniform(weight), None) => self.blocks[block].raising.set_sums(*weight, x, y),
            (Weights::Qubits(flips), _) => flips.set::<false>(1.0, x, y),
            (Weights::Each { .. }, _) => {
                y.fill(Complex64::ZERO);
                self.raise(block, weights, 1.0, x, y);
            }
        }
    }

    /// `y += factor * sum_j w_j sigma_-^(j) x`, from this block to the one below.
    pub fn lower(&self, block: usize, weights: &Weights, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        let table = &self.blocks[block].lowering;
        match (weights, &self.alike) {
            (Weights::Uniform(weight), Some(alike)) => alike.add::<true>(factor * weight, x, y),
            (Weights::Uniform(weight), None) => table.add_sums(factor * weight, x, y),
            (Weights::Qubits(flips), _) => flips.add::<true>(factor, x, y),
            (Weights::Each { lowering, .. }, _) => table.add_weighted(&lowering[block], factor, x, y),
        }
    }

    /// `y += factor * sum_j w_j sigma_+^(j) x`, from this block to the one above.
    pub fn raise(&self, block: usize, weights: &Weights, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        let table = &self.blocks[block].raising;
        match (weights, &self.alike) {
            (Weights::Uniform(weight), Some(alike)) => alike.add::<false>(factor * weight, x, y),
            (Weights::Uniform(weight), None) => table.add_sums(factor * weight, x, y),
            (Weights::Qubits(flips), _) => flips.add::<false>(factor, x, y),
            (Weights::Each { raising, .. }, _) => table.add_weighted(&raising[block], factor, x, y),
        }
    }
}

impl Table {
    /// Calls `row(y, sources, terms)` for every row: where it is written, where its terms come from, which terms they are.
    #[inline(always)]
    fn rows(&self, y: &mut [Complex64], mut row: impl FnMut(&mut Complex64, &[u32], Range<usize>)) {
        // Every row of a block has as many terms, and the compiler makes use of that.
        if let Some(width) = self.width {
            for (index, (y, sources)) in y.iter_mut().zip(self.sources.chunks_exact(width)).enumerate() {
                row(y, sources, index * width..(index + 1) * width);
            }
        } else {
            for (y, ends) in y.iter_mut().zip(self.starts.windows(2)) {
                let terms = ends[0] as usize..ends[1] as usize;
                row(y, &self.sources[terms.clone()], terms);
            }
        }
    }

    fn add_sums(&self, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.rows(y, |y, sources, _| *y += sum(sources, x) * factor);
    }

    fn set_sums(&self, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.rows(y, |y, sources, _| *y = sum(sources, x) * factor);
    }

    fn add_weighted(&self, weights: &[f64], factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.rows(y, |y, sources, terms| {
            let weighted = sources.iter().zip(&weights[terms]).map(|(source, weight)| x[*source as usize] * *weight);
            *y += weighted.sum::<Complex64>() * factor;
        });
    }
}

#[inline(always)]
fn sum(sources: &[u32], x: &[Complex64]) -> Complex64 {
    sources.iter().fold(Complex64::ZERO, |sum, source| sum + x[*source as usize])
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
