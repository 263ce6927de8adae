//! What makes trajectories one by one, of whatever engine.

use crate::store::Path;

/// Makes the trajectories of a point, one at a time.
pub trait Simulator {
    /// The trajectory of this number: a function of the point, its seed and the number. `None` where it was interrupted.
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>>;

    /// Makes so many from a first on, maybe side by side, and hands each on in their order. `None` where they were
    /// interrupted.
    fn trajectories(&mut self, first: u64, count: u64, take: &mut dyn FnMut(u64, &Path)) -> Option<()> {
        one_by_one(self, first, count, take)
    }
}

/// [`Simulator::trajectories`], one after the other.
pub fn one_by_one<S: Simulator + ?Sized>(
    simulator: &mut S,
    first: u64,
    count: u64,
    take: &mut dyn FnMut(u64, &Path),
) -> Option<()> {
    for number in first..first + count {
        take(number, &simulator.trajectory(number)?);
    }
    Some(())
}
