//! Every exact answer of a point: transients beside its estimates, steady states, noise, closed forms. What cannot be
//! afforded, or is not known to enough digits, has a reason in its place.

mod error;
mod steady;
mod transient;

pub use error::NoSteadyState;
pub use steady::{ExactNoise, SteadyRoad, exact_beside};
pub use transient::ExactRoad;
