//! What makes trajectories one by one, of whatever engine.

use crate::store::Path;

/// Makes the trajectories of a point, one at a time.
pub trait Simulator {
    /// The trajectory of this number: a function of the point, its seed and the number. `None` where it was interrupted.
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>>;
}
