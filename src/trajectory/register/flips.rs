//! Sums over the qubits on the space of all 2^N masks: a bit is a distance, and sources need no table.

use num_complex::Complex64;
use pulp::bytemuck::{cast_slice, cast_slice_mut};

use crate::vectorized::vectorized;

/// Qubits within a chunk of amplitudes that are computed together, and the numbers of a chunk.
const WITHIN: usize = 3;
const CHUNK: usize = 2 << WITHIN;
/// Qubits that take one chunk to another of as many as share what is looked up of all others.
const BESIDE: usize = 2;

/// Whether a space of so many qubits is large enough.
pub fn has_chunks(qubits: usize) -> bool {
    qubits >= WITHIN
}

/// `y = sum_j w_j sigma_-^(j) x` where it lowers, else of sigma_+.
pub fn set<const LOWERS: bool>(weights: &[f64], x: &[Complex64], y: &mut [Complex64]) {
    sums::<LOWERS, false>(weights, cast_slice(x), cast_slice_mut(y));
}

/// `y += sum_j w_j sigma_-^(j) x` where it lowers, else of sigma_+.
pub fn add<const LOWERS: bool>(weights: &[f64], x: &[Complex64], y: &mut [Complex64]) {
    sums::<LOWERS, true>(weights, cast_slice(x), cast_slice_mut(y));
}

fn sums<const LOWERS: bool, const ADDS: bool>(weights: &[f64], x: &[f64], y: &mut [f64]) {
    let (x, y) = (x.as_chunks::<CHUNK>().0, y.as_chunks_mut::<CHUNK>().0);
    if weights.len() < WITHIN + BESIDE {
        in_parts::<LOWERS, ADDS, 1>(weights, x, y);
    } else {
        in_parts::<LOWERS, ADDS, { 1 << BESIDE }>(weights, x, y);
    }
}

/// Adds what the qubits within it add to a chunk.
#[inline(always)]
fn add_within<const LOWERS: bool>(weights: &[f64; WITHIN], own: &[f64; CHUNK], sum: &mut [f64; CHUNK]) {
    for (qubit, weight) in weights.iter().enumerate() {
        // Pairs of numbers; a source differs in this bit, which the row lacks where it lowers.
        let bit = 2 << qubit;
        for at in 0..CHUNK {
            if (at & bit == 0) == LOWERS {
                sum[at] += weight * own[at ^ bit];
            }
        }
    }
}

#[inline(always)]
fn add_source(weight: f64, source: &[f64; CHUNK], sum: &mut [f64; CHUNK]) {
    (0..CHUNK).for_each(|at| sum[at] += weight * source[at]);
}

fn in_parts<const LOWERS: bool, const ADDS: bool, const PARTS: usize>(
    weights: &[f64],
    x: &[[f64; CHUNK]],
    y: &mut [[f64; CHUNK]],
) {
    let (within, others) = weights.split_at(WITHIN);
    let within: &[f64; WITHIN] = within.first_chunk().unwrap_or(&[0.0; WITHIN]);
    let (beside, beyond) = others.split_at(PARTS.trailing_zeros() as usize);
    let (x, y) = (x.as_chunks::<PARTS>().0, y.as_chunks_mut::<PARTS>().0);
    vectorized(
        #[inline(always)]
        || {
            for (place, (y, own)) in y.iter_mut().zip(x).enumerate() {
                let mut sums = if ADDS { *y } else { [[0.0; CHUNK]; PARTS] };
                for part in 0..PARTS {
                    add_within::<LOWERS>(within, &own[part], &mut sums[part]);
                    for (qubit, weight) in beside.iter().enumerate() {
                        if (part >> qubit & 1 == 0) == LOWERS {
                            add_source(*weight, &own[part ^ 1 << qubit], &mut sums[part]);
                        }
                    }
                }
                let mut left = if LOWERS { !place } else { place } & ((1 << beyond.len()) - 1);
                while left != 0 {
                    let qubit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    let (weight, sources) = (beyond[qubit], &x[place ^ 1 << qubit]);
                    (0..PARTS).for_each(|part| add_source(weight, &sources[part], &mut sums[part]));
                }
                *y = sums;
            }
        },
    );
}
