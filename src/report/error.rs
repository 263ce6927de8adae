//! Why nothing could be drawn.

use std::path::PathBuf;

use crate::scenario::ScenarioError;

/// Why nothing could be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder cannot be read.
    #[error("cannot read {folder}: {source}; give the folder of a run, such as output/heat_valve")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is nothing of a run in the folder.
    #[error("{folder} holds no results ({}); give the folder of a run, with summary.json or series.parquet in it",
        if names.is_empty() { "it is empty".to_owned() } else { format!("it holds {}", list(names)) })]
    NothingThere {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        names: Vec<String>,
    },
    /// The `[figure]` tables of a file are wrong.
    #[error("{0}")]
    Tables(Box<ScenarioError>),
    /// A file asks for figures that the results do not have.
    #[error("{path}: {}; nothing is drawn, and what was drawn before is left as it is", figures.join("; "))]
    NothingOf {
        /// The file.
        path: PathBuf,
        /// Which, and what they would show.
        figures: Vec<String>,
    },
    /// What was to be read is not as it was written.
    #[error("the results in {folder} are damaged ({why}); the command that made them makes them again")]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What, and why.
        why: String,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Letters that a figure cannot hold.
    #[error("figure `{name}`: its font {reason}; ask for a smaller font or a larger width")]
    Letters {
        /// The figure.
        name: String,
        /// Why.
        reason: String,
    },
    /// A figure could not be turned into an image.
    #[error("cannot draw {name}: {reason}")]
    Image {
        /// The figure.
        name: String,
        /// Why.
        reason: String,
    },
}

fn list(names: &[String]) -> String {
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    format!("{}{more}", names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "))
}
