//! Why a run fails.

use crate::plan::TooLarge;
use crate::solve::Unsolved;
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
    /// A point that was to be solved has no exact value.
    #[error("point {point} has no exact value: {reason}")]
    NoExactValue {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Why.
        reason: Unsolved,
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
         slowest relaxation makes long; up to {highest:.3e} can be resolved"
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
         {allowed:.1e}"
    )]
    Budget {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Jumps of the first round.
        jumps: f64,
        /// Jumps that were allowed.
        allowed: f64,
    },
    /// Windows and frequencies that are counted in for longer than the jumps take.
    #[error(
        "point {point}: counting in the windows and frequencies of `noise` takes about {ends:.1e} steps in the first \
         round, beyond `steady.max_jumps` = {allowed:.1e}"
    )]
    Windows {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Ends of windows, and of cells of frequencies, of the first round.
        ends: f64,
        /// Jumps that were allowed.
        allowed: f64,
    },
    /// A point of which no steady state from trajectories is asked.
    #[error("point {point} does not ask for a steady state from trajectories")]
    NotToConverge {
        /// Its place in the sweep, from 0.
        point: usize,
    },
    /// Cycles that come to no limit, or to none that can be told.
    #[error("point {point}: the cycles of its [protocol] do not become steady: {why}")]
    NoCycle {
        /// Its place in the sweep, from 0.
        point: usize,
        /// Why.
        why: String,
    },
    /// A point that is not computed in parts.
    #[error("point {point} is solved for, and not computed in parts: trajectories are")]
    NotInParts {
        /// Its place in the sweep, from 0.
        point: usize,
    },
    /// What is brought or asked for is no part of the campaign.
    #[error("this is no part of the campaign: {0}")]
    NoPart(String),
    /// Another rank of an MPI job failed.
    #[cfg(feature = "mpi")]
    #[error("rank {rank} failed: {why}")]
    Rank {
        /// Which.
        rank: i32,
        /// Why.
        why: String,
    },
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// What would help against an error; whoever shows it says so in words of his own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Another folder for the results.
    AnotherFolder,
    /// Another folder, or to replace what is there.
    AnotherFolderOrReplace,
    /// To run the scenario again, which goes on from what is whole.
    RunAgain,
    /// To wait for the other process, to work beside it, or another folder.
    WaitOrAnotherFolder,
    /// Less that is kept in memory at a time.
    KeepLess,
    /// Fewer cycles of a protocol.
    FewerCycles,
    /// To solve for it instead.
    Solve,
    /// More jumps, or to solve for it instead.
    MoreJumpsOrSolve,
}

impl RunError {
    /// What would help, where something is known to.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        match self {
            RunError::Store(StoreError::Folder { .. } | StoreError::Larger { .. }) => Some(Hint::AnotherFolder),
            RunError::Store(StoreError::Foreign { .. } | StoreError::Better { .. }) => {
                Some(Hint::AnotherFolderOrReplace)
            }
            RunError::Store(StoreError::Damaged { .. }) => Some(Hint::RunAgain),
            RunError::Store(StoreError::Locked { .. }) => Some(Hint::WaitOrAnotherFolder),
            RunError::TooLarge(TooLarge { of_cycles: true, .. }) => Some(Hint::FewerCycles),
            RunError::TooLarge(_) => Some(Hint::KeepLess),
            RunError::Frequency { .. } => Some(Hint::Solve),
            RunError::Budget { .. } | RunError::Windows { .. } => Some(Hint::MoreJumpsOrSolve),
            _ => None,
        }
    }

    /// Whether what was asked for cannot be done, and nothing was started; otherwise something failed on the way.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            RunError::Store(error) => error.is_refusal(),
            RunError::TooLarge(_)
            | RunError::NoExactValue { .. }
            | RunError::Memory { .. }
            | RunError::Frequency { .. }
            | RunError::Budget { .. }
            | RunError::Windows { .. }
            | RunError::NotToConverge { .. }
            | RunError::NoCycle { .. }
            | RunError::NotInParts { .. }
            | RunError::NoPart(_) => true,
            #[cfg(feature = "mpi")]
            RunError::Rank { .. } => false,
            RunError::Damaged(_) | RunError::Threads(_) => false,
        }
    }
}
