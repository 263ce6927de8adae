//! The exact module: the Lindblad equation solved, not sampled. It knows nothing of trajectories, nor they of it.

pub mod density;
mod populations;
mod rational;
mod register;

pub use populations::{Exact, NotAffordable, Populations};
pub use rational::{Propagator, SolveError, Triplet};
pub use register::{RegisterEquation, RegisterError};
