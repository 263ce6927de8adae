//! Inner loops compiled twice, and the one taken that this processor can run.

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
