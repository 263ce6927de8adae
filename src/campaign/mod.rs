//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod compute;
mod converge;
mod error;
mod merge;
mod meter;
mod open;
mod options;
#[cfg(feature = "mpi")]
mod ranks;
mod run;
mod settle;
mod simulator;
mod solve;
mod status;

pub use converge::{Forecast, Standing, converge, forecast};
pub use error::RunError;
pub use options::{Event, Outcome, RunOptions};
#[cfg(feature = "mpi")]
pub use ranks::Ranks;
pub use run::{Deliver, Helpers, merge_parts, run, run_with, simulate};
pub use simulator::{Simulator, simulator};
pub use solve::{solvable, solve};
pub use status::Status;
