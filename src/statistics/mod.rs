//! Statistics of an ensemble of trajectories: estimators that merge, in a fixed order, to the same bits.

mod ensemble;
mod moments;

pub use ensemble::Ensemble;
pub use moments::{Estimate, Moments};
