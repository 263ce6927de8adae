//! The exact module: the Lindblad equation solved, not sampled. It knows nothing of trajectories, nor they of it.

mod along;
mod censored;
mod charges;
mod coherences;
mod compensated;
mod condition;
mod conditioned;
mod counting;
mod cumulants;
mod currents;
pub mod density;
mod dissection;
mod driven;
mod ending;
mod extrapolation;
mod frame;
mod hessenberg;
mod krylov;
mod ladder;
mod largest;
mod passage;
mod populations;
mod product;
pub mod protocol;
mod rational;
mod recurring;
mod register;
mod relaxation;
mod series;
mod slowest;
mod steady;
mod tilted;
mod transferred;
mod transient;
mod uniformized;

pub use along::ProtocolMeans;
pub use charges::Charges;
pub use coherences::Coherences;
pub use condition::{ConditionError, STRONGEST, conditions};
pub use conditioned::Conditioned;
pub use counting::{Counting, entropy_production};
pub use cumulants::{Cumulant, Cumulants, first_passage};
pub use currents::{Occupation, currents};
pub use driven::{Driven, DrivenAverages, DrivenProtocol, DrivenSteady};
pub use ending::{EndingError, Weighed, Weighing};
pub use frame::InFrame;
pub use ladder::LadderGenerator;
pub use passage::Passage;
pub use populations::{Effort, Exact, NotAffordable, PopulationEquation};
pub use product::{
    AfterEmissions, ChangingForm, Line, MeanForm, Passing, ProductAlong, ProductCounting, ProductCycle, ProductDensity,
    ProductEquation, ProductSteadyError, Spectrum,
};
pub use rational::{SolveError, Triplet};
pub use recurring::{StateCycle, StateNoise, affordable as cycle_affordable};
pub use register::{AfterPhoton, RegisterEquation, RegisterError, RegisterProtocol};
#[cfg(feature = "campaign")]
pub(crate) use relaxation::Relaxation;
pub use slowest::Mode;
pub use steady::{SteadyError, SteadyState};
pub use tilted::Tilted;
#[cfg(feature = "campaign")]
pub(crate) use transferred::MOST_PRODUCTS;
pub use transferred::Transferred;
pub use transient::Transient;
