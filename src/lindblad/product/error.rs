//! Why a product has no steady state, or no spectrum.

/// Why there is no steady state, or no spectrum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductSteadyError {
    /// More than one steady state.
    #[error(
        "there is no unique steady state: the slowest relaxation is at most {gap:.1e} of the fastest rate (without a local \
         bath an ensemble never forgets its J, and some states never emit)"
    )]
    NotUnique {
        /// The bound.
        gap: f64,
    },
    /// A steady state that relaxes too slowly to be known.
    #[error(
        "the steady state is not known well enough: its slowest relaxation is {gap:.1e} of the fastest rate, and rounding is \
         stronger by as much (less than {least:.0e} is refused)"
    )]
    Slow {
        /// The slowest relaxation, as a part of the fastest rate.
        gap: f64,
        /// The least that is solved.
        least: f64,
    },
    /// Something that does not decay, where a density is asked for.
    #[error("something does not decay: a coherent part is a line at its frequency, and no density")]
    Undamped,
    /// A solve that lost its accuracy.
    #[error("the solution is not accurate: its relative residual is {residual:.1e}")]
    Residual {
        /// What is left.
        residual: f64,
    },
    /// A factorization that failed.
    #[error("the factorization of the generator failed: {reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}
