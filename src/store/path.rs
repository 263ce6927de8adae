//! What one trajectory leaves, before it is averaged and written.

use crate::statistics::Known;
use crate::trajectory::Trace;
use crate::trajectory::protocol::Ledger;

/// What a trajectory leaves.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    /// What was recorded.
    pub trace: &'a Trace,
    /// Under a protocol, work, heats and entropy, and what they are held against.
    pub booked: Option<(&'a Ledger, Known)>,
    /// Averages over its cycles, by phase and column, where its times fold.
    pub folded: Option<&'a [f64]>,
    /// Real and imaginary parts of correlations, where some are asked for.
    pub correlations: Option<&'a [f64]>,
}
