//! Campaigns: from a scenario file to results on disk. The library prints nothing; progress is reported to a callback.

mod aside;
mod collect;
mod compute;
mod converge;
mod correlated;
mod cost;
#[cfg(feature = "mpi")]
mod errands;
mod error;
mod in_order;
mod less;
mod merge;
mod meter;
mod missing;
mod one_by_one;
mod open;
mod options;
#[cfg(feature = "mpi")]
mod ranks;
mod run;
mod settle;
mod simulator;
mod solve;
mod standing;
mod status;
mod transient;
mod under_protocol;
mod workshop;

pub use collect::{collect, collect_on};
pub use converge::{Forecast, Standing, converge, forecast};
pub use cost::Cost;
pub use error::{Hint, RunError};
pub use one_by_one::Simulator;
pub use options::{Event, Outcome, RunOptions};
#[cfg(feature = "mpi")]
pub use ranks::{Ranks, Sharing};
pub use run::{merge_parts, run, work};
pub use simulator::simulator;
pub use solve::solvable;
pub use status::{Presence, Process, Results, Status};
pub use transient::simulate;
pub use workshop::{Workshop, compute_part, compute_round};
