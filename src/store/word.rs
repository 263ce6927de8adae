//! The word that a process leaves of itself in the folder, for others to read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lock::{host, now};
use crate::plan::Shard;
use crate::statistics::{Estimate, Target};

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Trajectories that are done, of all points, by this process or before it.
    pub trajectories: u64,
    /// Trajectories that this process is to bring about or find.
    pub of: u64,
    /// Jumps of this process.
    pub jumps: u64,
    /// Parts that it has computed.
    #[serde(default)]
    pub parts: u64,
    /// Seconds since it began.
    pub seconds: f64,
    /// Seconds that are left, once there is something to infer them from.
    pub seconds_left: Option<f64>,
    /// Points of which every trajectory is done.
    pub points: usize,
    /// The point of the last part.
    pub point: usize,
    /// Its first quantity at its last time, from the parts of this process.
    pub current: Option<Estimate>,
    /// What that is, such as `heat current (hot)`, and its unit.
    pub watched: (String, String),
    /// How well it is known, of a run that ends when it is known well enough.
    #[serde(default)]
    pub within: Option<Within>,
}

/// How well a current is known, and how well it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// Half the width of its interval: as a fraction of it, or in its unit, as it is asked.
    pub reached: f64,
    /// The error that is asked.
    pub asked: Target,
}

impl Progress {
    /// How often it is told.
    pub(crate) const EVERY: Duration = Duration::from_millis(200);
}

impl State {
    /// Whether there is more to come.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, State::Computing | State::Waiting | State::Merging)
    }
}

/// What a process is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Trajectories.
    Computing,
    /// What is left is with others.
    Waiting,
    /// Folding parts to results.
    Merging,
    /// It has done its share.
    Done,
    /// It was asked to stop.
    Interrupted,
}

/// The word that a process leaves of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Its number.
    pub process: u32,
    /// Its machine.
    pub host: String,
    /// Where it was told to begin, such as 3/16.
    pub shard: Option<String>,
    /// Its threads.
    pub threads: usize,
    /// Seconds since 1970 when it wrote this.
    pub updated: u64,
    /// What it is at.
    pub state: State,
    /// Where it stands.
    pub progress: Progress,
}

impl Live {
    /// How often word is left.
    pub(crate) const EVERY: Duration = Duration::from_secs(2);

    /// That of this process now, with its share of the parts and its threads.
    #[must_use]
    pub fn now(shard: Option<Shard>, threads: usize, state: State, progress: &Progress) -> Self {
        Live {
            process: std::process::id(),
            host: host(),
            shard: shard.map(|shard| shard.to_string()),
            threads,
            updated: now(),
            state,
            progress: progress.clone(),
        }
    }
}
