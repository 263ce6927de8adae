//! A segment as it is asked for.

use crate::model::{Course, DriveCourse, Setting};

/// A setting of a bath during a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The name of the bath.
    pub bath: String,
    /// What of it.
    pub setting: Setting,
    /// How it goes.
    pub course: Course,
}

/// A segment as it is asked for. What it does not set of a bath is as it is without a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// How long it takes, positive.
    pub duration: f64,
    /// How the frequency of the qubits goes, in the unit of [`crate::model::Model::frequency`]. Where it does not begin at the value
    /// at which the segment before ended, there is a quench.
    pub frequency: Course,
    /// What is set of the baths.
    pub baths: Vec<Change>,
    /// How the drive goes; by default there is none.
    pub drive: DriveCourse,
}
