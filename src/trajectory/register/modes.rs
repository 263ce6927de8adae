//! Blocks that move in the eigenbasis of H_eff: small ones, and those not much larger in which phases turn fast beside the
//! jumps.

use faer::{Mat, Side, c64};
use num_complex::Complex64;

use super::operators::{Operators, Scratch};
use crate::model::RegisterValues;
use crate::trajectory::propagation::eigenbasis::{Eigenbasis, Expansion, MOST_DIMENSION};
use crate::trajectory::propagation::{dot, numbers, numbers_mut};

/// Up to this dimension an eigenbasis is faster than a series, which takes some ten products, however few turns it has to go.
const ALWAYS: usize = 8;
/// Beyond, it is where phases turn by a radian in the mean time between two jumps at this dimension, and by as many more as
/// the square of the dimension is larger: so the looks for a jump grow.
const A_RADIAN: f64 = 12.0;
/// A step goes so many radians, or as far again as the wait has lasted: early on no turn of a value is missed, and later
/// on what still changes does so slowly, but for turns that come again and again.
const RESOLVED: f64 = 15_000.0;

/// A block that moves in an eigenbasis.
#[derive(Clone, Debug)]
pub(super) struct Modes {
    pub basis: Eigenbasis,
    /// Of any state in it, what intensities are made of is at most this.
    pub most: RegisterValues,
}

impl Modes {
    /// How long a step of a wait that has lasted so long is to be, up to `limit`.
    pub fn reach(expansion: &Expansion, waited: f64, limit: f64) -> f64 {
        limit.min((RESOLVED / expansion.turning()).max(waited))
    }
}

impl Operators {
    /// A block in its eigenbasis, where that is exact and the faster way.
    pub fn modes(&self, block: usize, tolerance: f64) -> Option<Modes> {
        let dimension = self.space.dimension(block);
        // One state is stationary anyway.
        if !(2..=MOST_DIMENSION).contains(&dimension) {
            return None;
        }
        let matrix = self.matrix(block);
        let largest = self.space.largest_dimension();
        let (mut scratch, mut spare) = (Scratch::new(largest), vec![Complex64::ZERO; largest]);
        let rate = |psi: &[Complex64]| self.rate(&self.measure(block, psi, &mut scratch, &mut spare));
        let basis = Eigenbasis::new(&matrix, tolerance, rate)?;
        let d = dimension as f64;
        let mean_rate = (0..dimension).map(|k| -2.0 * matrix[(k, k)].re).sum::<f64>() / d;
        if dimension > ALWAYS && basis.turning() < mean_rate * (d / A_RADIAN).powi(2) {
            return None;
        }
        let n = self.space.qubits() as f64;
        let jz = if self.space.is_whole() { 0.5 * n } else { block as f64 - 0.5 * n };
        Some(Modes { basis, most: RegisterValues { emission: self.most_emission(block)?, jz, ..Default::default() } })
    }

    /// Calls `each` with every state of a block: which it is, and the state.
    fn each_unit(&self, block: usize, mut each: impl FnMut(usize, &[Complex64], &mut Scratch)) {
        let mut scratch = Scratch::new(self.space.largest_dimension());
        let mut unit = vec![Complex64::ZERO; self.space.dimension(block)];
        for state in 0..unit.len() {
            unit.fill(Complex64::ZERO);
            unit[state] = Complex64::ONE;
            each(state, &unit, &mut scratch);
        }
    }

    /// The largest `<S_+ S_->` on a block.
    fn most_emission(&self, block: usize) -> Option<f64> {
        let below = self.space.dimension_at(self.space.below(block));
        let mut lowered = Vec::new();
        self.each_unit(block, |_, unit, scratch| {
            self.images(block, unit, scratch);
            lowered.push(scratch.lowered[..below].to_vec());
        });
        // Weights are real numbers.
        let overlap = |i: usize, j: usize| dot(numbers(&lowered[i]), numbers(&lowered[j]));
        let values = Mat::from_fn(lowered.len(), lowered.len(), overlap).self_adjoint_eigenvalues(Side::Lower).ok()?;
        values.last().copied()
    }

    /// A on a block, per unit of time.
    fn matrix(&self, block: usize) -> Mat<c64> {
        let dimension = self.space.dimension(block);
        let mut matrix = Mat::zeros(dimension, dimension);
        let mut image = vec![Complex64::ZERO; dimension];
        self.each_unit(block, |column, unit, scratch| {
            self.apply(block, scratch, (Complex64::ZERO, 1.0), (numbers(unit), numbers_mut(&mut image)));
            image.iter().enumerate().for_each(|(row, element)| matrix[(row, column)] = *element);
        });
        matrix
    }
}
