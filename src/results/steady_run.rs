//! A steady state from trajectories: its estimates, and how it was reached.

use serde::{Deserialize, Serialize};

use crate::quantity::{Column, Quantity};
use crate::statistics::{Agreement, Distribution, Estimate, Moments, NoiseEstimate, Stopped};
use crate::theory::Machine;

/// Where a relaxation time is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelaxationFrom {
    /// The spectrum of the master equation.
    Exact,
    /// The birth-death chains of M and J, confirmed by the data.
    Chain,
    /// The data, as the chain turned out too fast or there is none.
    Data,
}

/// How a steady state was reached, and whether.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// Whether everything that was asked for was met.
    pub converged: bool,
    /// Why the current is known to be none, or too small to matter, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_current: Option<String>,
    /// What is missing where it was not.
    pub missing: Vec<String>,
    /// How many trajectories it would take then, about.
    pub trajectories_needed: Option<u64>,
    /// The estimator that `heat_current` of the watched bath is from.
    pub estimator: String,
    /// Half the width of its interval.
    pub half_width: Option<f64>,
    /// How often the interval has to hold the true value.
    pub confidence: f64,
    /// The time that every trajectory threw away.
    pub warm_up: f64,
    /// The time that every trajectory measured.
    pub stretch: f64,
    /// The slowest relaxation time.
    pub relaxation_time: f64,
    /// Where it is from.
    pub relaxation_from: RelaxationFrom,
    /// How trajectories agree, where they show any spread.
    pub agreement: Option<Agreement>,
    /// What was refused of the noise, and why.
    pub refused: Vec<String>,
    /// The cycles, under a protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<CycleConvergence>,
}

/// How a limit cycle was reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleConvergence {
    /// How long a cycle takes.
    pub period: f64,
    /// The cycles that every trajectory threw away.
    pub warm_up: u64,
    /// The cycles that every trajectory measured.
    pub cycles: u64,
    /// The cycles of a window, of whose noise, and of that of twice as many, the noise of many cycles is made.
    pub window: u64,
    /// What is left of the slowest deviation from the limit after a cycle: exact, or estimated as the relaxation time is.
    pub multiplier: f64,
}

/// The steady state of a point, from trajectories.
#[derive(Clone, Debug)]
pub struct SteadyRun {
    /// Each quantity with its estimate.
    pub values: Vec<(Quantity, Option<usize>, Estimate)>,
    /// The observables of ensembles and modes.
    pub observables: Vec<(Column, Estimate)>,
    /// Of a limit cycle: by how much the covariance of the heats of two baths grows each cycle.
    pub heat_covariances: Vec<([usize; 2], Estimate)>,
    /// What `[noise]` asks for.
    pub noise: Vec<NoiseEstimate>,
    /// How the quanta are distributed in its windows.
    pub distributions: Vec<Distribution>,
    /// What the qubits are, where baths exchange quanta of energies of their own and the signs are known.
    pub machine: Option<Machine>,
    /// How it was reached.
    pub convergence: Convergence,
    /// Why it ended.
    pub stopped_because: Stopped,
    /// Trajectories.
    pub trajectories: u64,
    /// Jumps of all of them.
    pub jumps: u64,
    /// Under a protocol: averages over the phase of the limit cycle, phase by phase in the order of the columns that are
    /// looked at.
    pub phases: Vec<Option<Estimate>>,
    /// Correlations at two times, where pairs of states were followed.
    pub correlated: Option<SettledPairs>,
}

/// What pairs of states in a steady state came to.
#[derive(Clone, Debug)]
pub struct SettledPairs {
    /// The numbers of correlations, as [`crate::model::product::Cells`] has them, group by group of trajectories.
    pub groups: Vec<Moments>,
    /// For how long they were heard for their spectra where no delays said so.
    pub reach: f64,
}
