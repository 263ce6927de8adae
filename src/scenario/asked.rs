//! What a point is asked: one of three things, each with all that it takes and nothing else.

use std::fmt;

use serde::Serialize;

use crate::statistics::Target;
use crate::trajectory::Passage;

/// What a point is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Averages over trajectories at given times.
    Transient(Transient),
    /// The steady state, from as many trajectories as its error takes.
    Converge(Converge),
    /// Exact values, without trajectories.
    Solve(Solve),
}

/// Averages over trajectories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transient {
    /// The grid: ascending times from 0 up, in [`crate::units::Units::time`], the last of them positive.
    pub times: Vec<f64>,
    /// How many trajectories.
    pub trajectories: u64,
}

/// A steady state from trajectories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Converge {
    /// What of the steady state.
    pub steady: Steady,
    /// When the current counts as known.
    pub accuracy: Accuracy,
    /// The most that may be spent on it.
    pub budget: Budget,
}

/// Exact values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Solve {
    /// The times of a transient; none where only the steady state is asked for.
    pub times: Vec<f64>,
    /// The steady state, where it is asked for.
    pub steady: Option<Steady>,
    /// How many trajectories the same scenario asks a run for; no exact value depends on it.
    #[serde(skip)]
    pub trajectories: Option<u64>,
}

/// What is to be known of a steady state; with a protocol, of its limit cycle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Steady {
    /// The table that asks for it.
    #[serde(skip)]
    pub because: SteadyTable,
    /// Index of the bath whose current is watched.
    pub bath: usize,
    /// Counting statistics.
    pub noise: Noise,
    /// Times since the start of a cycle, ascending from 0 up to its period, that averages over the limit cycle are looked
    /// at; none without a protocol.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<f64>,
}

/// A table that asks for the steady state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteadyTable {
    /// `[steady]`.
    Steady,
    /// `[noise]` alone.
    Noise,
    /// `[protocol]`, of which the cycle is repeated until it is steady.
    Protocol,
}

impl fmt::Display for SteadyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SteadyTable::Steady => "[steady]",
            SteadyTable::Noise => "[noise]",
            SteadyTable::Protocol => "[protocol]",
        })
    }
}

/// Counting statistics that are asked for; of no bath, none are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Noise {
    /// Indices of the baths.
    pub baths: Vec<usize>,
    /// Lengths of the windows in which quanta are counted.
    pub windows: Vec<f64>,
    /// Angular frequencies of the spectrum.
    pub frequencies: Vec<f64>,
    /// Delays of the emission correlation g2 and of the waiting-time density.
    pub delays: Vec<f64>,
    /// The net quanta that are waited for, of some of the baths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passage: Vec<Passage>,
    /// Times at which it is asked whether they have come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passage_times: Vec<f64>,
    /// The highest cumulant, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<usize>,
    /// Fields at which the generating function of the cumulants is solved for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counting_fields: Vec<f64>,
    /// How many of the slowest modes are asked for, where any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relaxation: Option<usize>,
    /// Sums over baths, whose cumulants and generating functions are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
}

/// What is counted of several baths together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Count {
    /// What it is called.
    pub name: String,
    /// What a net quantum absorbed from each bath counts.
    pub weights: Vec<f64>,
}

/// When the steady current of trajectories counts as known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// The error that is asked for: half the width of the interval.
    pub target: Target,
    /// How often the interval has to hold the true value.
    pub confidence: f64,
}

impl Default for Accuracy {
    fn default() -> Self {
        Accuracy { target: Target::Relative(0.01), confidence: 0.95 }
    }
}

/// The most that may be spent on a steady state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// The longest that trajectories may be; as long as it takes where it is left open.
    pub until: Option<f64>,
    /// The most trajectories, where there is such a bound.
    pub trajectories: Option<u64>,
    /// The most jumps of a point, warm-up included.
    pub jumps: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { until: None, trajectories: None, jumps: 1e10 }
    }
}

/// What a scenario is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Trajectories, which need an evolution.
    Trajectories,
    /// Exact values alone, which need an evolution or `[steady]`.
    Exact,
}

impl Steady {
    /// The steady current of a bath, by its index, and no counting statistics.
    #[must_use]
    pub fn of_bath(bath: usize) -> Self {
        Steady { because: SteadyTable::Steady, bath, noise: Noise::default(), phases: Vec::new() }
    }
}

impl From<Transient> for Asked {
    fn from(transient: Transient) -> Self {
        Asked::Transient(transient)
    }
}

impl From<Converge> for Asked {
    fn from(converge: Converge) -> Self {
        Asked::Converge(converge)
    }
}

impl From<Solve> for Asked {
    fn from(solve: Solve) -> Self {
        Asked::Solve(solve)
    }
}
