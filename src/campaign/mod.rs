//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod aside;
mod collect;
mod compute;
mod converge;
mod correlated;
mod cost;
mod error;
mod helpers;
mod in_order;
mod merge;
mod meter;
mod one_by_one;
mod open;
mod options;
#[cfg(feature = "mpi")]
mod ranks;
mod run;
mod settle;
mod simulator;
mod solve;
mod status;
mod transient;
mod under_protocol;
mod workshop;

pub use collect::{collect, collect_on};
pub use converge::{Forecast, Standing, converge, forecast};
pub use cost::Cost;
pub use error::{Hint, RunError};
pub use helpers::{Deliver, Helpers};
pub use one_by_one::Simulator;
pub use options::{Event, Outcome, RunOptions};
#[cfg(feature = "mpi")]
pub use ranks::Ranks;
pub use run::{merge_parts, run, run_with};
pub use simulator::simulator;
pub use solve::solvable;
pub use status::{Results, Status};
pub use transient::simulate;
pub use workshop::{Workshop, compute_part, compute_round};
