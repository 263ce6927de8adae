//! What can go wrong with the folder of results.

use std::path::{Path, PathBuf};

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
    /// A `summary.json` of something else.
    #[error("{path} is not a summary of superjump ({source}); give another folder with -o, or --fresh to replace it")]
    NotASummary {
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
}

impl StoreError {
    pub(super) fn folder(folder: &Path, source: std::io::Error) -> Self {
        StoreError::Folder { folder: folder.to_owned(), source }
    }

    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        StoreError::Io { action, path: path.to_owned(), source }
    }
}
