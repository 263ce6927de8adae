//! Every exact answer of a point: transients beside its estimates, steady states, noise, closed forms. What cannot be
//! afforded, or is not known to enough digits, has a reason in its place.
//!
//! There are four exact equations of a group, each an [`Equation`]; [`Road`] alone says which of them a group
//! takes.

mod cleared;
mod correlations;
mod directions;
mod equation;
mod error;
mod law;
mod protocol;
mod steady;
mod transient;

pub use correlations::{ExactCorrelation, ExactCorrelations, ExactSpectrum};
pub use equation::{
    Aim, Averages, BathAverages, Equation, ForEquation, FullSpace, FullState, Levels, LevelsState, OfProduct, Orders,
    OrdersState, ProductState, Road, relaxation_time,
};
pub use error::Unsolved;
pub use protocol::ExactProtocol;
pub use steady::{
    CONSERVED, ExactNoise, Judged, Phases, SteadyRoad, TOGETHER, cycle_affordable, cycle_multiplier, exact_beside,
    is_conserved,
};
pub use transient::ExactRoad;
