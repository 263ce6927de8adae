//! What a road to a limit cycle has to know, and why there may be none.

use std::ops::Range;

use crate::lindblad::{NotAffordable, SolveError};

/// Why there is no limit cycle.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CycleError {
    /// Too many levels.
    #[error(transparent)]
    TooMany(#[from] NotAffordable),
    /// A propagator that is not exact.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A protocol that passes once.
    #[error("a protocol that passes once has no limit cycle")]
    Once,
    /// Where nothing moves, a cycle has many limits.
    #[error("the cycle has no unique limit: nothing leads from some levels of a sector J to others")]
    NotUnique,
    /// A memory so long that rounding decides the limit.
    #[error(
        "a cycle leaves all but {forgotten:.1e} of a deviation from its limit, of which less than {least:.0e} cannot \
         be told from rounding"
    )]
    Memory {
        /// What a cycle takes of the slowest deviation.
        forgotten: f64,
        /// The least that is solved for.
        least: f64,
    },
}

/// What is made of the propagator of a cycle.
pub trait Road {
    /// The limit: in each sector of its own probability.
    fn limit(&mut self) -> Result<Vec<f64>, CycleError>;

    /// Replaces y within a sector, where it sums to zero, by (1 - U)^-1 y. It is what is left of something of the size
    /// `beside`.
    fn respond(&mut self, sector: &Range<usize>, y: &mut [f64], beside: f64) -> Result<(), CycleError>;

    /// The largest modulus of the eigenvalues below 1.
    fn second_multiplier(&mut self) -> Result<f64, CycleError>;

    /// The largest part of a solution that is left of its equation.
    fn residual(&self) -> f64;
}
