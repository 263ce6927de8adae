//! What there is to know of a steady state: of one group of qubits, and of the whole point.

use super::rows::{ExactNoise, LOST, NO_CURRENT, Rows};
use crate::lindblad::{Occupation, SteadyError, Transferred};
use crate::model::Observables;
use crate::quantity::{Column, Quantity};
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::solve::correlations::ExactCorrelations;
use crate::theory::Machine;

/// Everything exact about the steady state of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteadyRoad {
    /// (what, which bath, value).
    pub values: Vec<(Quantity, Option<usize>, f64)>,
    /// The observables of ensembles and modes.
    pub observables: Vec<(Column, f64)>,
    /// What `[noise]` asks for.
    pub noise: Vec<ExactNoise>,
    /// The distribution of the quanta of a bath (its index) in a window, for those that can be afforded.
    pub transferred: Vec<(usize, f64, Transferred)>,
    /// What has no exact value, each with its reason.
    pub refused: Vec<String>,
    /// What the qubits are, where baths exchange quanta of energies of their own and work is done.
    pub machine: Option<Machine>,
    /// Under a protocol: averages over the limit cycle, phase by phase in the order of [`Phases::columns`]; NaN where there
    /// is none.
    ///
    /// [`Phases::columns`]: super::Phases::columns
    pub phases: Vec<f64>,
    /// Under a protocol: by how much the covariance of the heats of two baths grows each cycle.
    pub heat_covariances: Vec<([usize; 2], f64)>,
    /// The correlations that begin in it.
    pub correlations: ExactCorrelations,
    /// Under a protocol: what is left of a deviation from the limit cycle after one cycle.
    pub multiplier: Option<f64>,
}

/// The steady state of one group.
pub struct GroupSteady {
    pub now: Observables,
    pub occupation: Occupation,
    /// Net quanta absorbed from each bath per unit time.
    pub currents: Vec<Rounded>,
    /// `<J_x>` and `<J_y>` in the frame of a drive; without one they turn in the lab, and have no steady value.
    pub transverse: Option<[f64; 2]>,
    /// `None` where J is conserved and the ensemble spreads over sectors.
    pub counted: Option<Counted>,
    pub rows: Rows,
    pub transferred: Vec<(usize, f64, Transferred)>,
}

/// What the quanta of one group come to in the long run.
pub struct Counted {
    /// The noise of each bath.
    pub noise: Vec<Result<Rounded, SteadyError>>,
    /// `None` where a drive does work.
    pub entropy_production: Option<Rounded>,
}

impl SteadyRoad {
    /// The noise of a bath that exchanges quanta, and its ratio to the current.
    pub fn noise_of(&mut self, point: &Point, bath: usize, noise: Result<Rounded, String>, current: Rounded) {
        if !exchanges(point, bath) {
            return;
        }
        match noise.and_then(|noise| noise.known().ok_or(LOST.to_owned())) {
            Ok(noise) => {
                self.values.push((Quantity::Noise, Some(bath), noise));
                match current.known().filter(|current| *current != 0.0) {
                    Some(current) => self.values.push((Quantity::Fano, Some(bath), noise / current.abs())),
                    None => self.refuse(point, Quantity::Fano, bath, NO_CURRENT),
                }
            }
            Err(reason) => self.refuse(point, Quantity::Noise, bath, &reason),
        }
    }

    /// Leaves a quantity of a bath without a value, for this reason.
    pub fn refuse(&mut self, point: &Point, quantity: Quantity, bath: usize, reason: &str) {
        self.refused.push(format!("{} ({}): {reason}", quantity.name(), point.baths()[bath].name));
    }
}

/// Whether a bath exchanges quanta.
pub fn exchanges(point: &Point, bath: usize) -> bool {
    point.groups.iter().any(|group| group.model.baths[bath].down + group.model.baths[bath].up > 0.0)
}
