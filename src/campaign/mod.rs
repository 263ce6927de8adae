//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod exact;
mod keys;
mod plan;
mod raw;
mod run;
mod scenario;
mod solve;
mod source;
mod steady;
mod store;
mod summary;
mod sweep;
mod tables;
mod validate;

pub use exact::ExactRoad;
pub use plan::{Part, Plan, TooLarge};
pub use run::{Outcome, Progress, RunError, RunOptions, run, simulate};
pub use scenario::{Evolution, Group, Noise, Overrides, Point, Purpose, Recording, Scenario};
pub use solve::{SolveOptions, solve};
pub use source::ScenarioError;
pub use store::StoreError;
pub use summary::{PointSummary, QuantitySummary, Summary, Timing};
