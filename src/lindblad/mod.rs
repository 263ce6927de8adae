//! The exact module: the Lindblad equation solved, not sampled. It knows nothing of trajectories, nor they of it.

mod along;
mod censored;
mod coherences;
mod compensated;
mod counting;
mod currents;
pub mod density;
mod dissection;
mod driven;
mod extrapolation;
mod frame;
mod hessenberg;
mod krylov;
mod ladder;
mod populations;
mod product;
pub mod protocol;
mod rational;
mod register;
mod relaxation;
mod series;
mod steady;
mod transferred;
mod transient;

pub use along::ProtocolMeans;
pub use coherences::Coherences;
pub use counting::{Counting, Cumulants};
pub use currents::{Occupation, currents};
pub use driven::{Driven, DrivenAverages, DrivenProtocol, DrivenSteady};
pub use frame::InFrame;
pub use ladder::LadderGenerator;
pub use populations::{Effort, Exact, NotAffordable, PopulationEquation};
pub use product::{MeanForm, ProductDensity, ProductEquation, ProductSteadyError};
pub use rational::SolveError;
pub use register::{RegisterEquation, RegisterError, RegisterProtocol};
pub use steady::{SteadyError, SteadyState};
#[cfg(feature = "campaign")]
pub(crate) use transferred::MOST_PRODUCTS;
pub use transferred::Transferred;
pub use transient::Transient;
