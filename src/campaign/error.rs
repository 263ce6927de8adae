//! Why a run fails.

use crate::plan::TooLarge;
use crate::store::StoreError;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It would not fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The output folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part that does not stay as it was written.
    #[error("the disk does not keep what is written to it: {0}")]
    Damaged(String),
    /// A part could not be turned into a file.
    #[error("cannot encode a part: {0}")]
    Encode(parquet::errors::ParquetError),
    /// A point that was to be solved has no exact value.
    #[error("point {point} has no exact value: {reason}")]
    NoExactValue {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Why.
        reason: String,
    },
    /// A point does not fit the memory of this machine.
    #[error("point {point} takes about {needed:.1} GB of memory to be solved for and {available:.1} GB are free")]
    Memory {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Gigabytes.
        needed: f64,
        /// Gigabytes.
        available: f64,
    },
    /// A spectrum at a frequency that the stretches of a slow model cannot resolve.
    #[error(
        "point {point}: a spectrum at the angular frequency {asked} would take too many cells in every stretch, which the \
         slowest relaxation makes long; up to {highest:.3e} can be resolved (`superjump exact` has no such bound)"
    )]
    Frequency {
        /// Its place in the sweep, from 0.
        point: usize,
        /// The highest frequency that was asked for.
        asked: f64,
        /// The highest that can be had.
        highest: f64,
    },
    /// A steady state that is out of reach.
    #[error(
        "point {point}: the least that tells a steady state takes about {jumps:.1e} jumps, beyond `steady.max_jumps` = \
         {allowed:.1e}; raise it, or have `superjump exact` solve for it"
    )]
    Budget {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Jumps of the first round.
        jumps: f64,
        /// Jumps that were allowed.
        allowed: f64,
    },
    /// A point of which no steady state from trajectories is asked.
    #[error("point {point} does not ask for a steady state from trajectories")]
    NotToConverge {
        /// Its place in the sweep, from 0.
        point: usize,
    },
    /// Ranks that would have nothing to do.
    #[error(
        "a steady state is not shared among the ranks of an MPI job: all but one of them would idle; run it in one process, \
         or share the points of a sweep out with --shard"
    )]
    IdleHelpers,
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}
