//! Sums over the qubits on the space of all 2^N masks: a bit is a distance, and sources need no table.

use num_complex::Complex64;
use bytemuck::{cast_slice, cast_slice_mut};

use crate::vectorized::vectorized;

/// Numbers that are two amplitudes, of qubit 0 in its lower and its upper state: what one register of AVX2 holds.
type Two = [f64; 4];
/// Qubits within a chunk of amplitudes that are computed together, and the chunk.
const WITHIN: usize = 3;
type Chunk = [Two; 1 << (WITHIN - 1)];
/// Qubits beyond a chunk that are computed together: what is read and written counts for all of them.
const TOGETHER: usize = 2;

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
    let Some((within, beyond)) = weights.split_first_chunk::<WITHIN>() else { return };
    let (x, y) = (x.as_chunks::<4>().0, y.as_chunks_mut::<4>().0);
    vectorized(
        #[inline(always)]
        || {
            within_chunks::<LOWERS, ADDS>(within, x, y);
            // How far the qubits lead.
            let mut stride = 1 << (WITHIN - 1);
            let (together, left) = beyond.as_chunks::<TOGETHER>();
            for weights in together {
                beside::<LOWERS, TOGETHER, { 1 << TOGETHER }>(weights, stride, x, y);
                stride <<= TOGETHER;
            }
            if let [last] = *left {
                beside::<LOWERS, 1, 2>(&[last], stride, x, y);
            }
        },
    );
}

#[inline(always)]
fn add_to(sum: &mut Two, weight: f64, source: &Two) {
    (0..4).for_each(|at| sum[at] += weight * source[at]);
}

/// What the qubits within chunks add.
#[inline(always)]
fn within_chunks<const LOWERS: bool, const ADDS: bool>(weights: &[f64; WITHIN], x: &[Two], y: &mut [Two]) {
    let [first, second, third] = *weights;
    // Where the first qubit is as it leaves it.
    let first = if LOWERS { [first, first, 0.0, 0.0] } else { [0.0, 0.0, first, first] };
    let chunks: &[Chunk] = x.as_chunks().0;
    for (y, [a, b, c, d]) in y.as_chunks_mut::<{ 1 << (WITHIN - 1) }>().0.iter_mut().zip(chunks) {
        let mut sums = if ADDS { *y } else { [[0.0; 4]; 4] };
        for (sum, own) in sums.iter_mut().zip([a, b, c, d]) {
            let flipped = [own[2], own[3], own[0], own[1]];
            (0..4).for_each(|at| sum[at] += first[at] * flipped[at]);
        }
        let [of_a, of_b, of_c, of_d] = &mut sums;
        if LOWERS {
            add_to(of_a, second, b);
            add_to(of_c, second, d);
            add_to(of_a, third, c);
            add_to(of_b, third, d);
        } else {
            add_to(of_b, second, a);
            add_to(of_d, second, c);
            add_to(of_c, third, a);
            add_to(of_d, third, b);
        }
        *y = sums;
    }
}

/// What some qubits add, of which the first leads as far as the stride: their states are so many `PARTS` of a block.
#[inline(always)]
fn beside<const LOWERS: bool, const QUBITS: usize, const PARTS: usize>(
    weights: &[f64; QUBITS],
    stride: usize,
    x: &[Two],
    y: &mut [Two],
) {
    for (y, x) in y.chunks_exact_mut(stride * PARTS).zip(x.chunks_exact(stride * PARTS)) {
        let mut parts = x.chunks_exact(stride);
        let x: [&[Two]; PARTS] = std::array::from_fn(|_| &parts.next().unwrap_or_default()[..stride]);
        let mut parts = y.chunks_exact_mut(stride);
        let mut y: [&mut [Two]; PARTS] = std::array::from_fn(|_| &mut parts.next().unwrap_or_default()[..stride]);
        for at in 0..stride {
            let mut own = [[0.0; 4]; PARTS];
            (0..PARTS).for_each(|part| own[part] = x[part][at]);
            for (part, y) in y.iter_mut().enumerate() {
                let mut sum = y[at];
                for (qubit, weight) in weights.iter().enumerate() {
                    if (part >> qubit & 1 == 0) == LOWERS {
                        add_to(&mut sum, *weight, &own[part ^ 1 << qubit]);
                    }
                }
                y[at] = sum;
            }
        }
    }
}
