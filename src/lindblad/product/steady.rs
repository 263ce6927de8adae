//! The steady state of a product, and how slowly it is reached.

use super::{ProductDensity, ProductEquation, ProductSteadyError};

/// Relaxation slower than this times the fastest rate cannot be told from none among all eigenvalues of a matrix that is not
/// normal.
const SMALLEST_EIGENVALUE: f64 = 1e-8;

impl ProductEquation {
    /// The most elements whose generator is diagonalized: a second or two.
    pub const MOST_DIAGONALIZED: usize = 600;

    /// The steady state.
    ///
    /// # Errors
    /// If it is not unique, or the solve fails.
    pub fn steady(&self) -> Result<ProductDensity, ProductSteadyError> {
        let elements = self.generator.deflated(&self.diagonal(&self.layout(0)))?.kernel()?;
        Ok(ProductDensity { order: 0, elements })
    }

    /// The slowest relaxation time: 1/|Re lambda| of the eigenvalue of the generator that is nearest to the imaginary axis,
    /// beside that of the steady state. `None` beyond some hundred elements, or where the slowest cannot be told from a second
    /// steady state.
    #[must_use]
    pub fn relaxation_time(&self) -> Option<f64> {
        if self.elements() > Self::MOST_DIAGONALIZED {
            return None;
        }
        let mut eigenvalues = self.generator.dense().eigenvalues().ok()?;
        eigenvalues.sort_by(|a, b| a.norm().total_cmp(&b.norm()));
        let gap = eigenvalues.iter().skip(1).map(|value| -value.re).reduce(f64::min)?;
        (gap > SMALLEST_EIGENVALUE * self.generator.norm).then(|| gap.recip())
    }
}
