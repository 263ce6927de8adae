//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod converge;
mod error;
mod exact;
mod input;
mod plan;
mod run;
mod settle;
mod simulator;
mod solve;
mod steady;
mod store;
mod summary;
mod tables;

pub use converge::{Convergence, Forecast, RelaxationFrom, SteadyRun, converge, exact_beside, forecast};
pub use error::StoreError;
pub use exact::ExactRoad;
pub use input::{
    Accuracy, EngineChoice, Evolution, Group, Noise, Overrides, Point, Purpose, Recording, Scenario, ScenarioError,
};
pub use plan::{Part, Plan, TooLarge};
pub use run::{Outcome, Progress, RunError, RunOptions, run, simulate};
pub use simulator::{Simulator, simulator};
pub use solve::solve;
pub use steady::{ExactNoise, NoSteadyState, SteadyRoad};
pub use summary::{PointSummary, QuantitySummary, Summary, Timing};
