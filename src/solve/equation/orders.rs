//! Identical qubits with a drive or a twisting, which tie coherences of all orders together.

use super::flows::{Step, averages};
use super::{Aim, Averages, Equation};
use crate::group::Group;
use crate::lindblad::{Driven, DrivenAverages, Effort, InFrame};
use crate::solve::error::Unsolved;

/// The equation of all elements `<J,M| rho |J,M'>` of a group.
#[derive(Clone, Debug)]
pub struct Orders {
    group: Group,
    total: i64,
    driven: Driven,
}

/// All elements at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct OrdersState {
    time: f64,
    rho: InFrame<f64>,
    /// `<J_z>` as it was told last; NaN before.
    jz: f64,
}

impl Orders {
    /// The equation itself.
    #[must_use]
    pub fn driven(&self) -> &Driven {
        &self.driven
    }

    fn told(&self, found: &DrivenAverages, step: &Step) -> Averages {
        averages(&self.group, self.total, &found.exact, Some([found.jx, found.jy]), step)
    }
}

impl Equation for Orders {
    type State = OrdersState;

    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        Self::new(group, aim).map(drop)
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        let Group { model, hamiltonian, initial, .. } = group;
        // Beside a run there is time for any steady state that is solved at all.
        let effort = if aim.until.is_some() { aim.effort } else { Effort::Steady };
        Driven::affordable(model, initial, effort)?;
        let driven = Driven::new(model, hamiltonian, initial);
        if let Some(until) = aim.until {
            driven.reaches(until, effort)?;
        }
        Ok(Orders { group: group.clone(), total: aim.total, driven })
    }

    fn start(&self) -> Result<OrdersState, Unsolved> {
        Ok(OrdersState { time: 0.0, rho: self.driven.start(), jz: f64::NAN })
    }

    fn time(state: &OrdersState) -> f64 {
        state.time
    }

    fn averages(&self, state: &OrdersState) -> Averages {
        self.told(&self.driven.averages_of(&state.rho), &Step::at(state.time))
    }

    fn advance(&self, state: &mut OrdersState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let mut next = state.clone();
        let since: Vec<f64> = times.iter().map(|time| time - state.time).collect();
        let solved = self.driven.advance(&mut next.rho, &since)?;
        let mut told = Vec::with_capacity(times.len());
        for (&time, found) in times.iter().zip(&solved) {
            told.push(self.told(found, &Step { before: next.time, jz_before: next.jz, time }));
            (next.time, next.jz) = (time, found.exact.now.jz);
        }
        *state = next;
        Ok(told)
    }

    fn steady_state(&self) -> Result<OrdersState, Unsolved> {
        Ok(OrdersState { time: 0.0, rho: self.driven.steady()?.state(), jz: f64::NAN })
    }

    fn relaxation_time(&self) -> Option<f64> {
        self.driven.relaxation_time()
    }
}
