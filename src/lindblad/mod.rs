//! The exact module: the Lindblad equation solved, not sampled. It knows nothing of trajectories, nor they of it.

mod populations;
mod rational;

pub use populations::{Exact, NotAffordable, Populations};
pub use rational::{Propagator, SolveError, Triplet};
