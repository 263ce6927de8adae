//! Transients with a controlled error: every step is compared with two of half its length.
//!
//! The rational approximation is exact to 1e-13 on the negative real axis alone. Absorption of one kind against emission
//! of the other turns eigenvalues into the complex plane, and a burst is far from normal; there a long step may err in
//! the eighth digit. Halving it restores the digits at once, as every mode is then damped less in one step.

use super::rational::{Propagator, SolveError, Triplet};

/// The most by which a step and its two halves may differ, summed over all levels (of a distribution that sums to 1).
const TOLERANCE: f64 = 1e-11;
/// The most pieces of a step.
const MOST_PIECES: u32 = 1 << 10;

/// Applies exp(tW) step by step, for one sparse generator W.
pub struct Transient<'a> {
    states: usize,
    entries: &'a [Triplet],
    functionals: &'a [Vec<f64>],
    /// The step, the pieces it is cut into, and the propagators over a piece and over half a piece.
    ready: Option<(f64, u32, Propagator<'a>, Propagator<'a>)>,
}

impl<'a> Transient<'a> {
    /// The generator with these entries (repeated ones add) on `states` states; `c p` is integrated over time for each
    /// of the `functionals` c.
    #[must_use]
    pub fn new(states: usize, entries: &'a [Triplet], functionals: &'a [Vec<f64>]) -> Self {
        Transient { states, entries, functionals, ready: None }
    }

    /// Replaces `p` by exp(tW) p for t = `step` >= 0, and returns the integrals of the functionals over that time.
    ///
    /// # Errors
    /// If a factorization fails, or no number of pieces brings the error below 1e-11.
    pub fn advance(&mut self, p: &mut [f64], step: f64) -> Result<Vec<f64>, SolveError> {
        if step <= 0.0 {
            return Ok(vec![0.0; self.functionals.len()]);
        }
        let propagator =
            |pieces: u32| Propagator::new(self.states, self.entries, self.functionals, step / f64::from(pieces));
        // Steps of a grid that should be equal differ by the rounding of the times they lie between.
        let (mut pieces, mut coarse, mut fine) = match self.ready.take() {
            Some((same, pieces, coarse, fine)) if (same - step).abs() <= 1e-12 * step => (pieces, coarse, fine),
            _ => (1, propagator(1)?, propagator(2)?),
        };
        let mut long = repeat(&coarse, pieces, p).0;
        loop {
            let (short, integrals) = repeat(&fine, 2 * pieces, p);
            let error: f64 = long.iter().zip(&short).map(|(a, b)| (a - b).abs()).sum();
            if error <= TOLERANCE {
                p.copy_from_slice(&short);
                self.ready = Some((step, pieces, coarse, fine));
                return Ok(integrals);
            }
            pieces *= 2;
            // A step far too long for a burst overflows; a shorter one does not.
            if pieces > MOST_PIECES {
                return Err(SolveError::not_converged(self.states, error));
            }
            long = short;
            coarse = fine;
            fine = propagator(2 * pieces)?;
        }
    }
}

/// `times` applications to a copy of `p`, and the sums of the integrals.
fn repeat(propagator: &Propagator, times: u32, p: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut p = p.to_vec();
    let mut sums = Vec::new();
    for _ in 0..times {
        let integrals = propagator.apply(&mut p);
        if sums.is_empty() {
            sums = integrals;
        } else {
            sums.iter_mut().zip(integrals).for_each(|(sum, more)| *sum += more);
        }
    }
    (p, sums)
}
