//! Inner loops compiled for more than one processor, and the one taken that this one can run; sums that fill its registers.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{Level, Simd};

/// Runs a closure with the vector registers that this processor has: AVX-512 or AVX2 where it does. No sum changes its
/// order, and no multiplication is fused with an addition unless it says so, so the bits are the same as without.
///
/// The closure and all that it calls are to be `#[inline(always)]`: what is not inlined here is compiled for any
/// processor.
#[inline(always)]
pub fn vectorized<R>(mut work: impl FnMut() -> R) -> R {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    match Level::new() {
        Level::Avx512(simd) => return simd.vectorize(once(work)),
        Level::Avx2(simd) => return simd.vectorize(once(work)),
        _ => {}
    }
    work()
}

/// The same to be called once: what is made of a closure that may be called more often is not inlined.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[inline(always)]
fn once<R>(work: impl FnMut() -> R) -> impl FnOnce() -> R {
    #[inline(always)]
    move || {
        let mut work = work;
        work()
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
