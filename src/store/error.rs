//! What can go wrong with the folder of results.

use std::path::{Path, PathBuf};

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
    #[error("cannot use {folder} as the folder of results: {source}")]
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
    /// A file that is not as it was written, or never was one of ours.
    #[error("{path} is damaged ({why})")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The folder holds the results of another scenario.
    #[error("{folder} holds other results ({difference})")]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// In what they differ.
        difference: String,
    },
    /// The folder holds better results of the same scenario.
    #[error("{folder} holds better results than are asked for ({how})")]
    Better {
        /// The folder.
        folder: PathBuf,
        /// What is there, and what is asked for.
        how: String,
    },
    /// The folder is to hold more of the same scenario.
    #[error("{folder} is to hold more than is asked for ({how})")]
    Larger {
        /// The folder.
        folder: PathBuf,
        /// What it is to hold, and what is asked for.
        how: String,
    },
    /// Another process is at work there.
    #[error("{owner} is at work in {folder}")]
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

    pub(crate) fn folder(folder: &Path, source: std::io::Error) -> Self {
        StoreError::Folder { folder: folder.to_owned(), source }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        StoreError::Io { action, path: path.to_owned(), source }
    }
}
