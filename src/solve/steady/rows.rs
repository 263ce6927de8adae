//! Rows of `noise.parquet` as they are solved for, and why others have no value.

use crate::dicke::Level;
use crate::initial::InitialState;
use crate::lindblad::{PopulationEquation, SteadyError};
use crate::model::Model;
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::statistics::Subject;

/// A row of `noise.parquet`, as it is solved for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactNoise {
    /// What it is about.
    pub subject: Subject,
    /// The exact value, summed over groups for noise.
    pub value: f64,
}

/// Why a difference of large terms has no value.
pub const LOST: &str = "it is a difference of large terms, and rounding leaves fewer than six of its digits";

/// Why several groups have no waiting times.
pub const TOGETHER: &str =
    "waiting_time: photons of one group come between those of another, and none waits for its own";

/// Rows, and why others have no value.
#[derive(Debug, Default)]
pub struct Rows {
    pub rows: Vec<ExactNoise>,
    pub refused: Vec<String>,
}

impl Rows {
    pub fn push(&mut self, subject: Subject, value: f64) {
        self.rows.push(ExactNoise { subject, value });
    }

    /// A row where its value is known beside others of a size, and else the reason.
    pub fn judged(&mut self, point: &Point, subject: Subject, value: Result<Rounded, SteadyError>, scale: f64) {
        match value {
            Ok(value) => self.known(point, subject, value, scale),
            Err(error) => self.refuse(point, subject, &error.to_string()),
        }
    }

    /// The same of a value that there is.
    pub fn known(&mut self, point: &Point, subject: Subject, value: Rounded, scale: f64) {
        match value.beside(scale) {
            Some(value) => self.push(subject, value),
            None => self.refuse(point, subject, LOST),
        }
    }

    /// g2 of the photons into a bath, of which a group emits so many per unit time. Of several groups it is no sum; what is
    /// one is I^2 (g2 - 1), the excess of coincidences.
    pub fn g2(&mut self, point: &Point, subject: Subject, rate: f64, value: Rounded) {
        if point.groups.len() > 1 {
            self.push(subject, rate * rate * (value.value - 1.0));
        } else {
            self.known(point, subject, value, 1.0);
        }
    }

    /// No row, for this reason.
    pub fn refuse(&mut self, point: &Point, subject: Subject, reason: &str) {
        let argument = subject.argument.map_or_else(String::new, |argument| format!(", {argument}"));
        let (name, bath) = (subject.statistic.name(), point.counted(subject.bath));
        self.refused.push(format!("{name} ({bath}{argument}): {reason}"));
    }
}

/// Why a ratio to a current has no value.
pub const NO_CURRENT: &str = "no current flows that rounding leaves six digits of";

/// The master equation of one sector, where J is conserved.
pub fn of_sector(model: &Model, two_j: i64) -> PopulationEquation {
    PopulationEquation::new(model, &InitialState::Dicke(Level { two_j, two_m: -two_j }))
}
