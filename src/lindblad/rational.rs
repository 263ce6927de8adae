//! exp(tW) p for a stiff sparse generator W, by the Chebyshev rational approximation of burnup calculations.
//!
//! The spectrum of a relaxation generator lies along the negative real axis, over many decades; there the best
//! rational approximation of order (16, 16) is within 1e-15 of the exponential *whatever the time*, at the cost of
//! eight sparse complex solves. Off that axis it is less exact, 4e-13 at an imaginary part of 0.5, 1e-9 at 2, and far from
//! it zero: `transient.rs` cuts steps where that matters. In its incomplete partial fractions form,
//! `p <- p + 2 Re[ alpha_l (tW - theta_l)^-1 p ]` for l = 1..8, then `p <- alpha_0 p`.
//! M. Pusa, Nucl. Sci. Eng. 182, 297 (2016), Table A.1 (coefficients).

use faer::prelude::Solve;
use faer::sparse::linalg::solvers::{Lu, SymbolicLu};
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};
use faer::{Mat, c64};

use super::compensated::Compensated;

pub(super) const ALPHA_0: f64 = 2.124_853_710_495_224e-16;

/// (theta_l, alpha_l)
pub(super) const POLES: [(c64, c64); 8] = [
    (
        c64::new(3.509_103_608_414_918, 8.436_198_985_884_374),
        c64::new(5.464_930_576_870_21e3, -3.797_983_575_308_356e4),
    ),
    (
        c64::new(5.948_152_268_951_177, 3.587_457_362_018_322),
        c64::new(9.045_112_476_907_548e1, -1.115_537_522_430_261e3),
    ),
    (
        c64::new(-5.264_971_343_442_647, 1.622_022_147_316_793e1),
        c64::new(2.344_818_070_467_641e2, -4.228_020_157_070_496e2),
    ),
    (
        c64::new(1.419_375_897_185_666, 1.092_536_348_449_672e1),
        c64::new(9.453_304_067_358_312e1, -2.951_294_291_446_048e2),
    ),
    (
        c64::new(6.416_177_699_099_435, 1.194_122_393_370_139),
        c64::new(7.283_792_954_673_409e2, -1.205_646_080_220_011e5),
    ),
    (
        c64::new(4.993_174_737_717_997, 5.996_881_713_603_942),
        c64::new(3.648_229_059_594_851e1, -1.155_509_621_409_682e2),
    ),
    (
        c64::new(-1.413_928_462_488_886, 1.349_772_569_889_275e1),
        c64::new(2.547_321_630_156_819e1, -2.639_500_283_021_502e1),
    ),
    (
        c64::new(-1.084_391_707_869_699e1, 1.927_744_616_718_165e1),
        c64::new(2.394_538_338_734_709e1, -5.650_522_971_778_156),
    ),
];

/// The most corrections of a solution.
const MOST_REFINEMENTS: usize = 6;

/// An entry of a generator: the rate at which `column` feeds `row`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triplet {
    /// Where to.
    pub row: usize,
    /// Where from.
    pub column: usize,
    /// The rate.
    pub value: f64,
}

/// A sparse factorization that failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the exponential of the {states}-state generator failed: {reason}")]
pub struct SolveError {
    states: usize,
    reason: String,
}

impl SolveError {
    pub(super) fn not_converged(states: usize, error: f64) -> Self {
        SolveError { states, reason: format!("the smallest step still errs by {error:.1e}") }
    }
}

/// Replaces `p` by exp(tW) p for t = `time`, given `solve`: the number of a pole, theta and p to `(tW - theta)^-1 p`.
/// Returns the integrals of `c p` over that time, one for each functional c.
///
/// The integral q of c p obeys dq/dt = c p, one more row of the generator, which is solved by hand:
/// `theta x_q = t c x - q`.
pub(super) fn exponential(
    p: &mut [f64],
    functionals: &[Vec<f64>],
    time: f64,
    mut solve: impl FnMut(usize, c64, &[f64]) -> Vec<c64>,
) -> Vec<f64> {
    let mut integrals = vec![0.0; functionals.len()];
    for (pole, (theta, alpha)) in POLES.into_iter().enumerate() {
        let x = solve(pole, theta, p);
        for (integral, functional) in integrals.iter_mut().zip(functionals) {
            let dot: c64 = functional.iter().zip(&x).map(|(c, x)| x * *c).sum();
            *integral += 2.0 * (alpha * (dot * time - *integral) / theta).re;
        }
        for (value, x) in p.iter_mut().zip(&x) {
            *value += 2.0 * (alpha * x).re;
        }
    }
    p.iter_mut().chain(&mut integrals).for_each(|value| *value *= ALPHA_0);
    integrals
}

/// exp(tW) for one t, ready to be applied again and again, with the time integrals of linear functionals.
pub struct Propagator<'a> {
    entries: &'a [Triplet],
    functionals: &'a [Vec<f64>],
    time: f64,
    solvers: Vec<Lu<usize, c64>>,
}

impl<'a> Propagator<'a> {
    /// Factorizes `tW - theta_l` for the generator with these entries (repeated ones add) on `states` states.
    /// Each of the `functionals` is a row vector c for which `c p` is integrated over time.
    ///
    /// # Errors
    /// If a factorization fails, as it does when memory runs out.
    pub fn new(
        states: usize,
        entries: &'a [Triplet],
        functionals: &'a [Vec<f64>],
        time: f64,
    ) -> Result<Self, SolveError> {
        let failed = |reason: String| SolveError { states, reason };
        let mut symbolic = None;
        let mut solvers = Vec::with_capacity(POLES.len());
        for (theta, _) in POLES {
            let scaled = entries.iter().map(|e| FaerTriplet::new(e.row, e.column, c64::new(e.value * time, 0.0)));
            let shift = (0..states).map(|i| FaerTriplet::new(i, i, -theta));
            let triplets: Vec<_> = scaled.chain(shift).collect();
            let matrix = SparseColMat::<usize, c64>::try_new_from_triplets(states, states, &triplets)
                .map_err(|e| failed(format!("{e:?}")))?;
            let pattern = match &symbolic {
                Some(pattern) => pattern,
                None => symbolic.insert(SymbolicLu::try_new(matrix.symbolic()).map_err(|e| failed(format!("{e:?}")))?),
            };
            let lu =
                Lu::try_new_with_symbolic(pattern.clone(), matrix.as_ref()).map_err(|e| failed(format!("{e:?}")))?;
            solvers.push(lu);
        }
        Ok(Propagator { entries, functionals, time, solvers })
    }

    /// Replaces `p` by exp(tW) p, and returns the integrals of `c p` over that time, one for each functional.
    pub fn apply(&self, p: &mut [f64]) -> Vec<f64> {
        exponential(p, self.functionals, self.time, |pole, theta, p| self.solve(&self.solvers[pole], theta, p))
    }

    /// `(tW - theta)^-1 p`, refined with a residual in twice the precision.
    ///
    /// A gain and its loss are the same double, so in that precision probability is conserved and slow processes are
    /// not lost in the rounding of fast ones.
    fn solve(&self, lu: &Lu<usize, c64>, theta: c64, p: &[f64]) -> Vec<c64> {
        let mut work = Mat::from_fn(p.len(), 1, |row, _| c64::new(p[row], 0.0));
        lu.solve_in_place(&mut work);
        let mut x: Vec<c64> = work.col(0).iter().copied().collect();
        let size: f64 = p.iter().map(|p| p.abs()).sum();
        let mut before = f64::INFINITY;
        for _ in 0..MOST_REFINEMENTS {
            let mut sums: Vec<[Compensated; 2]> = p
                .iter()
                .zip(&x)
                .map(|(p, x)| [[*p, (theta * x).re], [0.0, (theta * x).im]].map(Compensated::of))
                .collect();
            for e in self.entries {
                let (rate, from) = (-e.value * self.time, x[e.column]);
                sums[e.row][0].add(rate * from.re);
                sums[e.row][1].add(rate * from.im);
            }
            let residual = |row: usize| c64::new(sums[row][0].value(), sums[row][1].value());
            let left: f64 = (0..p.len()).map(|row| residual(row).norm()).sum();
            // Good to the last digit, or no longer getting better.
            if left <= 1e-16 * size || left > 0.5 * before || left.is_nan() {
                break;
            }
            before = left;
            let mut work = Mat::from_fn(p.len(), 1, |row, _| residual(row));
            lu.solve_in_place(&mut work);
            x.iter_mut().zip(work.col(0).iter()).for_each(|(x, more)| *x += more);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_approximation_is_the_exponential_on_the_negative_axis() {
        // One state that leaks at rate r: p = exp(-rt), and the integral of p is (1 - exp(-rt))/r.
        for x in [1e-12, 1e-6, 1e-3, 0.1, 1.0, 5.0, 20.0, 100.0, 1e4, 1e8, 1e12] {
            let entries = [Triplet { row: 0, column: 0, value: -x }];
            let functionals = [vec![1.0]];
            let mut p = [1.0];
            let integral = Propagator::new(1, &entries, &functionals, 1.0).unwrap().apply(&mut p)[0];
            assert!((p[0] - (-x).exp()).abs() < 2e-13, "exp(-{x}): {}", p[0] - (-x).exp());
            assert!((integral - -(-x).exp_m1() / x).abs() < 2e-13, "integral at {x}: {integral}");
        }
    }
}
