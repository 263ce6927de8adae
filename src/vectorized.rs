//! Inner loops compiled twice, and the one taken that this processor can run; sums that fill its registers.

use pulp::{Arch, Simd, WithSimd};

/// Runs a closure with the vector registers that this processor has (AVX2 where it does). No sum changes its order and
/// no multiplication is fused with an addition, so the bits are the same as without.
///
/// The closure and all that it calls are to be `#[inline(always)]`: what is not inlined here is compiled for any
/// processor.
#[inline(always)]
pub fn vectorized<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Work(work))
}

/// `pulp` takes closures too, but through `FnOnce::call_once`, which is not inlined.
struct Work<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Work<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// A sum of products in so many parts, which a processor adds side by side: more for long rows, fewer for short ones.
#[inline(always)]
pub fn dot<const PARTS: usize>(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; PARTS];
    let (parts_a, parts_b) = (a.chunks_exact(PARTS), b.chunks_exact(PARTS));
    let rest: f64 = parts_a.remainder().iter().zip(parts_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in parts_a.zip(parts_b) {
        (0..PARTS).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f64>() + rest
}
