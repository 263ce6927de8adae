//! The exact equations of a group of qubits: what they have in common.

mod averages;
mod choose;
mod conditioned;
mod flows;
mod full_space;
mod grown;
mod levels;
mod of_product;
mod orders;

pub use averages::{Averages, BathAverages, WorkAndHeat};
pub use choose::{ForEquation, Road, relaxation_time};
pub use conditioned::ConditionedLevels;
pub use full_space::{FullSpace, FullState};
pub use grown::at_cuts;
pub use levels::{Levels, LevelsState};
pub use of_product::{OfProduct, ProductState};
pub use orders::{Orders, OrdersState};

use super::error::Unsolved;
use crate::group::Group;
use crate::lindblad::Effort;
use crate::quantity::Quantity;
use crate::scenario::Point;

/// What the equation of a group is for, and so what it must hold and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// Averages for so long; `None` for the steady state.
    pub until: Option<f64>,
    /// Whether `<J_x>` and `<J_y>` are among the averages.
    pub transverse: bool,
    /// The qubits of the whole, which the excited fraction is one of.
    pub total: i64,
    /// What may be spent.
    pub effort: Effort,
}

impl Aim {
    /// The averages on the grid of a point.
    #[must_use]
    pub fn transient(point: &Point, effort: Effort) -> Self {
        let transverse = point.columns().iter().any(|column| column.quantity == Quantity::Jx);
        Aim { until: Some(point.until()), transverse, total: point.number(), effort }
    }

    /// The steady state of a point.
    #[must_use]
    pub fn steady(point: &Point, effort: Effort) -> Self {
        Aim { until: None, transverse: false, total: point.number(), effort }
    }
}

/// An exact equation of a group of qubits, and states that it takes on in time.
///
/// A state is of the levels that the start of its group reaches, and of all where a local bath acts. It goes on in the
/// equation of another group, of other rates, frequency or drive, that has the same aim, is over the same levels and in
/// the same frame, which a drive turns: a protocol of constant pieces is one equation for each, and one state.
pub trait Equation: Sized {
    /// A state at a time.
    type State: Clone;

    /// Whether the equation is small enough for its aim, told before anything of its size is made.
    ///
    /// # Errors
    /// Which equation is too large, and how large it is; a start that it has no state for.
    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved>;

    /// Builds what is affordable.
    ///
    /// # Errors
    /// As [`Equation::affordable`], of the equation itself.
    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved>;

    /// The initial state of the group, at t = 0.
    ///
    /// # Errors
    /// Where the equation has no state for it.
    fn start(&self) -> Result<Self::State, Unsolved>;

    /// The time of a state.
    fn time(state: &Self::State) -> f64;

    /// The averages of a state; what is of an interval is NaN.
    fn averages(&self, state: &Self::State) -> Averages;

    /// Takes a state through ascending times, none before its own, to the last of them. The averages at each; those of an
    /// interval begin at the time before, or with the state.
    ///
    /// # Errors
    /// A solve that does not converge; the state is then what it was.
    ///
    /// # Panics
    /// If the state is over other levels than the equation.
    fn advance(&self, state: &mut Self::State, times: &[f64]) -> Result<Vec<Averages>, Unsolved>;

    /// The steady state, as one at t = 0. Of sectors that do not mix, each keeps the probability that it began with.
    ///
    /// # Errors
    /// Where there is none, or more than one, or the solve does not reach its residual.
    fn steady_state(&self) -> Result<Self::State, Unsolved>;

    /// The slowest relaxation time, from the spectrum, where that can be had.
    fn relaxation_time(&self) -> Option<f64>;
}
