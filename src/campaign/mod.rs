//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod compute;
mod converge;
mod error;
mod folder;
mod lock;
mod manifest;
mod merge;
mod options;
mod part;
mod part_file;
mod plan;
mod progress;
#[cfg(feature = "mpi")]
mod ranks;
mod round;
mod run;
mod settle;
mod simulator;
mod solve;
mod status;
mod store;
mod summary;
mod tables;

pub use converge::{Convergence, Forecast, RelaxationFrom, Standing, SteadyRun, converge, forecast};
pub use error::{RunError, StoreError};
pub use manifest::{Manifest, ManifestPoint};
pub use options::{Event, Outcome, RunOptions, Shard};
pub use plan::{Part, Plan, TooLarge};
pub use progress::Progress;
#[cfg(feature = "mpi")]
pub use ranks::Ranks;
pub use run::{Deliver, Helpers, merge_parts, run, run_with, simulate};
pub use simulator::{Simulator, simulator};
pub use solve::{solvable, solve};
pub use status::{Live, State, Status};
pub use summary::{BathSummary, PointSummary, QuantitySummary, Summary, Timing, quantity_names};
