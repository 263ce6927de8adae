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
                // A loop, as what `for_each` passes on to is not inlined here.
                for lane in 0..self.lanes {
                    taken &= takes(self.lane_mut(lane), term.lane(lane));
                }
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
    let whole = values.len() - values.len() % PARTS;
    let (parts, rest) = values.split_at_mut(whole);
    // Loops, as what an iterator passes on to is not inlined, and then is not compiled for this processor.
    for (values, terms) in parts.chunks_exact_mut(PARTS).zip(term.chunks_exact(PARTS)) {
        for ((value, term), (size, more)) in values.iter_mut().zip(terms).zip(size.iter_mut().zip(&mut more)) {
            *value += term;
            *size += value.abs();
            *more += term.abs();
        }
    }
    for (i, (value, term)) in rest.iter_mut().zip(&term[whole..]).enumerate() {
        *value += term;
        size[i] += value.abs();
        more[i] += term.abs();
    }
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

/// `into_n = sum_m weights_nm terms_m` of a lane, some values after the other so that no sum leaves the registers, and no
/// term is fetched more than once for all of them.
#[inline(always)]
pub fn combine<const N: usize>(weights: &[[f64; NODES]; N], terms: &[Term], lane: usize, into: [&mut [f64]; N]) {
    const WIDTH: usize = 16;
    let lanes: [&[f64]; NODES] =
        std::array::from_fn(|order| terms.get(order).map_or(&[][..], |term| term.block.lane(lane)));
    let lanes = &lanes[..terms.len()];
    let length = lanes.first().map_or(0, |lane| lane.len());
    let whole = length - length % WIDTH;
    let mut into = into;
    for start in (0..whole).step_by(WIDTH) {
        let mut found = [[0.0; WIDTH]; N];
        for (order, lane) in lanes.iter().enumerate() {
            let values = &lane[start..][..WIDTH];
            for (found, weights) in found.iter_mut().zip(weights) {
                let weight = weights[order];
                found.iter_mut().zip(values).for_each(|(sum, v)| *sum += weight * v);
            }
        }
        into.iter_mut().zip(&found).for_each(|(into, found)| into[start..][..WIDTH].copy_from_slice(found));
    }
    for (into, weights) in into.iter_mut().zip(weights) {
        let rest = &mut into[whole..];
        rest.fill(0.0);
        for (weight, lane) in weights.iter().zip(lanes) {
            rest.iter_mut().zip(&lane[whole..]).for_each(|(sum, v)| *sum += weight * v);
        }
    }
}
