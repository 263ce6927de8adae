//! What can go wrong: with the folder of results, with a run, with an exact steady state.

use std::path::{Path, PathBuf};

use super::plan::TooLarge;
use crate::scenario::ScenarioError;

/// What can go wrong with the folder of results.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// read, write, create ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder cannot hold results; found before anything was computed.
    #[error("cannot use {folder} as the folder of results: {source}; give another with -o")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A table could not be written.
    #[error("cannot write {path}: {source}")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// A file that has the name of one of ours and is none.
    #[error("{path} is not a file of superjump ({source}); give another folder with -o, or --fresh to replace it")]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The folder holds the results of another scenario.
    #[error("{folder} holds other results ({difference}); give another folder with -o, or --fresh to replace them")]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// In what they differ.
        difference: String,
    },
    /// Another process is at work there.
    #[error("{owner} is at work in {folder}; wait for it, or give another folder with -o")]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who, and on which host.
        owner: String,
    },
    /// There is no campaign to go on with.
    #[error("{folder} holds no campaign: there is no parts/campaign.json in it")]
    NoCampaign {
        /// The folder.
        folder: PathBuf,
    },
    /// The scenario that is kept with the parts cannot be read by this version.
    #[error("the scenario of {folder} cannot be read again:\n{source}")]
    Scenario {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Box<ScenarioError>,
    },
}

impl StoreError {
    /// Whether nothing was begun: the folder is not one for this. Otherwise something failed on the way.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, StoreError::Io { .. } | StoreError::Parquet { .. })
    }

    pub(super) fn folder(folder: &Path, source: std::io::Error) -> Self {
        StoreError::Folder { folder: folder.to_owned(), source }
    }

    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        StoreError::Io { action, path: path.to_owned(), source }
    }
}

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
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}
