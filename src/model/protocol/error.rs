//! Why there is no such protocol.

use crate::model::{CourseError, DriveError};

/// Why there is no such protocol. Segments are counted from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProtocolError {
    /// No segment.
    #[error("a protocol without segments")]
    NoSegments,
    /// No cycle.
    #[error("a protocol of 0 cycles: at least one")]
    NoCycles,
    /// A duration that is none.
    #[error("segment {segment}: a duration of {duration}: it must be positive and finite")]
    Duration {
        /// Which segment.
        segment: usize,
        /// What was given.
        duration: f64,
    },
    /// Something is no course.
    #[error("segment {segment}, {what}: {error}")]
    Course {
        /// Which segment.
        segment: usize,
        /// The frequency, or the setting of a bath.
        what: String,
        /// What is wrong.
        error: CourseError,
    },
    /// A frequency that is not positive somewhere: n diverges there, and no quantum has an energy.
    #[error("segment {segment}: the frequency goes down to {least}: it must be positive")]
    Frequency {
        /// Which segment.
        segment: usize,
        /// The lowest value.
        least: f64,
    },
    /// A temperature or a rate that is negative somewhere.
    #[error("segment {segment}, {what}: it goes down to {least}, and must not be negative")]
    Negative {
        /// Which segment.
        segment: usize,
        /// The setting of a bath.
        what: String,
        /// The lowest value.
        least: f64,
    },
    /// A bath that is not there.
    #[error("segment {segment}: there is no bath \"{bath}\"; there are: {known}")]
    UnknownBath {
        /// Which segment.
        segment: usize,
        /// What it was called.
        bath: String,
        /// The baths there are.
        known: String,
    },
    /// A setting that a bath does not have.
    #[error("segment {segment}, {what}: the bath has none to be set: {why}")]
    NoSuchSetting {
        /// Which segment.
        segment: usize,
        /// The setting of a bath.
        what: String,
        /// Why it has none.
        why: &'static str,
    },
    /// The same set twice.
    #[error("segment {segment}, {what}: set twice")]
    Twice {
        /// Which segment.
        segment: usize,
        /// The setting of a bath.
        what: String,
    },
    /// A bath with an energy of its own, as of a modulation, beside a frequency that changes.
    #[error(
        "bath \"{bath}\" exchanges quanta of an energy of their own, and under a protocol every quantum is one of the qubits"
    )]
    Quantum {
        /// The bath.
        bath: String,
    },
    /// A drive that is none.
    #[error("segment {segment}, {error}")]
    Drive {
        /// Which segment.
        segment: usize,
        /// What is wrong.
        error: DriveError,
    },
    /// A rate beyond what a number holds.
    #[error("segment {segment}: the rates of bath \"{bath}\" are not finite")]
    Rates {
        /// Which segment.
        segment: usize,
        /// The bath.
        bath: String,
    },
}

impl ProtocolError {
    /// The segment it is about, from 1.
    #[must_use]
    pub fn segment(&self) -> Option<usize> {
        match self {
            ProtocolError::NoSegments | ProtocolError::NoCycles | ProtocolError::Quantum { .. } => None,
            ProtocolError::Duration { segment, .. }
            | ProtocolError::Course { segment, .. }
            | ProtocolError::Frequency { segment, .. }
            | ProtocolError::Negative { segment, .. }
            | ProtocolError::UnknownBath { segment, .. }
            | ProtocolError::NoSuchSetting { segment, .. }
            | ProtocolError::Twice { segment, .. }
            | ProtocolError::Drive { segment, .. }
            | ProtocolError::Rates { segment, .. } => Some(*segment),
        }
    }
}
