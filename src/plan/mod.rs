//! What is to be done: points, cut into parts of trajectories, shared out to processes, and the memory that they need.

mod memory;
mod schedule;
mod shard;
mod sizes;

pub use memory::TooLarge;
pub(crate) use memory::available_memory;
pub use schedule::Plan;
pub use shard::Shard;
pub use sizes::{Part, abreast};
