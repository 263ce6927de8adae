//! What a run is asked, what it tells on the way, and what it comes to.

use std::path::PathBuf;

use serde::Serialize;

use crate::plan::{Part, Shard};
use crate::results::Summary;
use crate::store::Progress;
use crate::trajectory::Interrupt;

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Threads; no result depends on it.
    pub threads: usize,
    /// The folder for the results.
    pub output: PathBuf,
    /// Start over where there are results already.
    pub fresh: bool,
    /// Where one who works beside others begins, of so many; no result depends on it.
    pub shard: Option<Shard>,
    /// Solve for exact values beside the estimates, where they can be afforded. No estimate depends on it.
    pub exact: bool,
    /// Set from elsewhere, it ends the run: parts that are done stay, those in hand are dropped.
    pub stop: Interrupt,
}

impl RunOptions {
    /// To run everything into `output`.
    #[must_use]
    pub fn new(output: impl Into<PathBuf>, threads: usize) -> Self {
        RunOptions {
            threads,
            output: output.into(),
            fresh: false,
            shard: None,
            exact: true,
            stop: Interrupt::default(),
        }
    }
}

/// What happens on the way.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The parts are known; so many of them are there already.
    Started {
        /// Parts of this process.
        parts: u64,
        /// Those that are there already.
        there: u64,
    },
    /// Where the run stands, a few times a second.
    Progress(Progress),
    /// A part is on disk.
    Part(Part),
    /// Parts are being folded.
    Merging {
        /// So many are done.
        parts: u64,
        /// Of so many.
        of: u64,
    },
    /// Points were solved.
    Solved {
        /// So many.
        points: usize,
        /// Of so many.
        of: usize,
    },
    /// Something people should know.
    Notice(String),
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The summary, as it stands in `summary.json`; `None` where nothing was merged.
    pub summary: Option<Summary>,
    /// Whether it was there already and nothing had to be done.
    pub already_complete: bool,
    /// Jumps that this process computed.
    pub jumps: u64,
    /// Whether it was stopped before everything was computed.
    pub interrupted: bool,
}
