//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod error;
mod exact;
mod input;
mod plan;
mod run;
mod simulator;
mod solve;
mod steady;
mod store;
mod summary;
mod tables;

pub use error::StoreError;
pub use exact::ExactRoad;
pub use input::{EngineChoice, Evolution, Group, Noise, Overrides, Point, Purpose, Recording, Scenario, ScenarioError};
pub use input::{ScenarioKey, scenario_keys, schema};
pub use plan::{Part, Plan, TooLarge};
pub use run::{Outcome, Progress, RunError, RunOptions, run, simulate};
pub use simulator::{Simulator, simulator};
pub use solve::solve;
pub use summary::{BathSummary, PointSummary, QuantitySummary, Summary, Timing};
