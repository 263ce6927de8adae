//! Vectors over the levels that are followed together, and terms of their series.

use super::factors::NODES;
use crate::vectorized::vectorized;

/// What is less of a lane than this is rounding.
pub const ROUNDING: f64 = 1e-17;

/// Vectors over the levels, side by side, and sums that depend on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    levels: usize,
    lanes: usize,
    /// Lane by lane.
    pub values: Vec<f64>,
    pub sums: Vec<f64>,
}

impl Block {
    /// No lane is anything yet.
    pub fn zeros(levels: usize, lanes: usize, sums: usize) -> Self {
        Block { levels, lanes, values: vec![0.0; levels * lanes], sums: vec![0.0; sums] }
    }

    /// One lane, over the levels.
    pub fn lane(&self, lane: usize) -> &[f64] {
        &self.values[lane * self.levels..][..self.levels]
    }

    /// The same, to be written.
    pub fn lane_mut(&mut self, lane: usize) -> &mut [f64] {
        &mut self.values[lane * self.levels..][..self.levels]
    }

    /// What all lanes but the first add up to.
    pub fn totals(&self) -> impl Iterator<Item = f64> + '_ {
        (1..self.lanes).map(|lane| self.lane(lane).iter().sum())
    }

    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Adds another to the values; whether that changes no lane by more than rounding.
    pub fn takes(&mut self, term: &Block) -> bool {
        vectorized(
            #[inline(always)]
            || {
                let mut taken = true;
                (0..self.lanes).for_each(|lane| taken &= takes(self.lane_mut(lane), term.lane(lane)));
                taken
            },
        )
    }
}

/// Adds a term to values; whether it is rounding beside them.
#[inline(always)]
fn takes(values: &mut [f64], term: &[f64]) -> bool {
    const PARTS: usize = 8;
    let (mut size, mut more) = ([0.0; PARTS], [0.0; PARTS]);
    let mut add = |values: &mut [f64], terms: &[f64]| {
        for (i, (value, term)) in values.iter_mut().zip(terms).enumerate() {
            *value += term;
            size[i] += value.abs();
            more[i] += term.abs();
        }
    };
    let (mut parts, terms) = (values.chunks_exact_mut(PARTS), term.chunks_exact(PARTS));
    let rest = terms.remainder();
    parts.by_ref().zip(terms).for_each(|(values, terms)| add(values, terms));
    add(parts.into_remainder(), rest);
    more.iter().sum::<f64>() <= ROUNDING * size.iter().sum::<f64>()
}

/// The place of a pair among all, `b <= a`.
pub fn pair(a: usize, b: usize) -> usize {
    let (a, b) = (a.max(b), a.min(b));
    a * (a + 1) / 2 + b
}

/// A term of the series of an exponential.
#[derive(Clone, Debug)]
pub struct Term {
    pub block: Block,
    /// What M, and the exits of each flow, make of each lane; of blocks with sums.
    pub overlaps: Vec<f64>,
}

/// `into = sum_m weights_m terms_m` of a lane, some values after the other so that no sum leaves the registers.
#[inline(always)]
pub fn combine(weights: &[f64; NODES], terms: &[Term], lane: usize, into: &mut [f64]) {
    const WIDTH: usize = 16;
    let whole = into.len() - into.len() % WIDTH;
    let (parts, rest) = into.split_at_mut(whole);
    for (part, sums) in parts.chunks_exact_mut(WIDTH).enumerate() {
        let mut found = [0.0; WIDTH];
        for (weight, term) in weights.iter().zip(terms) {
            let values = &term.block.lane(lane)[part * WIDTH..][..WIDTH];
            found.iter_mut().zip(values).for_each(|(sum, v)| *sum += weight * v);
        }
        sums.copy_from_slice(&found);
    }
    rest.fill(0.0);
    for (weight, term) in weights.iter().zip(terms) {
        rest.iter_mut().zip(&term.block.lane(lane)[whole..]).for_each(|(sum, v)| *sum += weight * v);
    }
}
