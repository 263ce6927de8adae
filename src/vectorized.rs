//! Inner loops compiled for more than one processor, and the one taken that this one can run; sums that fill its registers.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{Level, Simd};

/// How a product and a sum with it are rounded: once, as processors with AVX2 or NEON do at once, on all of them to the same
/// bits; one after the other elsewhere, where the same would take a hundred times as long.
#[derive(Clone, Copy, Debug)]
pub struct Rounding {
    once: bool,
}

impl Rounding {
    /// `sum + a b`.
    #[inline(always)]
    pub fn plus(self, sum: f64, a: f64, b: f64) -> f64 {
        if self.once { a.mul_add(b, sum) } else { a * b + sum }
    }
}

/// Runs a closure with the vector registers that this processor has: AVX-512 or AVX2 where it does. No sum changes its
/// order, and no multiplication is fused with an addition, so the bits are the same as without.
///
/// The closure and all that it calls are to be `#[inline(always)]`: what is not inlined here is compiled for any
/// processor.
#[inline(always)]
pub fn vectorized<R>(mut work: impl FnMut() -> R) -> R {
    summed(
        #[inline(always)]
        |_| work(),
    )
}

/// The same of a closure that is told how to add products.
#[inline(always)]
pub fn summed<R>(mut work: impl FnMut(Rounding) -> R) -> R {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return match Level::new() {
        Level::Avx512(simd) => simd.vectorize(rounding_once(work)),
        Level::Avx2(simd) => simd.vectorize(rounding_once(work)),
        _ => work(Rounding { once: false }),
    };
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    work(Rounding { once: cfg!(target_arch = "aarch64") })
}

/// The closure to be called once: what is made of one that may be called more often is not inlined.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[inline(always)]
fn rounding_once<R>(work: impl FnMut(Rounding) -> R) -> impl FnOnce() -> R {
    #[inline(always)]
    move || {
        let mut work = work;
        work(Rounding { once: true })
    }
}

/// Whether a register takes eight numbers, and there are 32 of them.
pub fn has_wide_registers() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return matches!(Level::new(), Level::Avx512(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    false
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
