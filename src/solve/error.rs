//! What cannot be solved, and why.

use crate::lindblad::{NotAffordable, RegisterError, SteadyError};

/// Why a steady state could not be solved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoSteadyState {
    /// Too large.
    #[error(transparent)]
    NotAffordable(#[from] NotAffordable),
    /// There is none, or the solve failed.
    #[error(transparent)]
    Solve(#[from] SteadyError),
    /// The same of qubits that differ.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// What is asked for is not solved for qubits that differ.
    #[error("counting windows, spectra and correlations are not solved for qubits that differ")]
    NotOnTheLadder,
    /// The same of driven qubits.
    #[error("correlations of emissions (`noise.delays`) are not solved for driven qubits")]
    Correlations,
}
