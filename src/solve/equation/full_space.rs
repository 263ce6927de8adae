//! Qubits that differ, or that start each in a state of its own: the full Lindblad equation of a few of them.

use super::{Aim, Averages, BathAverages, Equation};
use crate::group::Group;
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::{Effort, RegisterEquation};
use crate::rounded::Rounded;
use crate::solve::error::Unsolved;

/// Beyond this nothing is even tried.
const MOST_QUBITS: i64 = 10;
/// Qubits whose steady state and spectrum are solved beside a run.
const MOST_BESIDE: i64 = 5;

/// The most operations beside a run, some seconds; a transient for its own sake may take minutes. They are those of
/// full rows, some fifty times what the sparse operators do.
fn limit(effort: Effort) -> f64 {
    match effort {
        Effort::Beside => 1e11,
        Effort::Transient | Effort::Steady => 3e12,
    }
}

/// The equation of all 4^N elements of a group.
#[derive(Clone, Debug)]
pub struct FullSpace {
    group: Group,
    total: i64,
    equation: RegisterEquation,
}

/// A density matrix at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct FullState {
    time: f64,
    rho: DensityMatrix,
}

impl FullState {
    /// The density matrix.
    #[must_use]
    pub fn rho(&self) -> &DensityMatrix {
        &self.rho
    }
}

impl FullSpace {
    /// The equation itself.
    #[must_use]
    pub fn equation(&self) -> &RegisterEquation {
        &self.equation
    }

    /// The same in a frame that turns with the qubits, where a drive does not hold one: what there is of equal numbers of
    /// excitations on both sides, as photons, is the same in both, and turns only by what the qubits differ.
    ///
    /// # Errors
    /// More operations to this time than are spent.
    pub fn turning(&self, until: f64, effort: Effort) -> Result<RegisterEquation, Unsolved> {
        let mut register = self.group.register();
        if register.drive.is_none() {
            let reference = register.frequency;
            register.frequencies.iter_mut().for_each(|frequency| *frequency -= reference);
        }
        let equation = RegisterEquation::new(&register)?;
        let (cost, limit, qubits) = (equation.cost(until), limit(effort), self.group.model.number);
        if cost > limit { Err(Unsolved::Operations { qubits, until, cost, limit }) } else { Ok(equation) }
    }

    /// Jumps of a bath per unit time that exchange a quantum, or more: what a current is a difference of.
    #[must_use]
    pub fn activity(&self, bath: usize, rho: &DensityMatrix) -> f64 {
        self.equation.net_quanta(bath, rho) + 2.0 * self.equation.intensity(bath, rho)
    }

    /// The heat current from a bath, a difference of what its jumps carry to and fro.
    #[must_use]
    pub fn heat_current(&self, bath: usize, rho: &DensityMatrix) -> Rounded {
        let model = &self.group.model;
        let carried = self.activity(bath, rho) * model.quantum().max(model.quantum_of(&model.baths[bath]));
        Rounded::of(self.equation.heat_current(bath, rho), carried)
    }

    /// What a modulation takes up of the heat of a bath: by how much its quanta are larger than those of the qubits.
    #[must_use]
    pub fn taken_up(&self, bath: usize, rho: &DensityMatrix) -> Rounded {
        let quanta = || Rounded::of(self.equation.net_quanta(bath, rho), self.activity(bath, rho));
        self.equation.offset(bath).map_or(Rounded::ZERO, |offset| quanta() * offset)
    }

    /// rho is off by the rounding of its own size: what is below that of the most an average may be is nothing.
    fn told(&self, rho: &DensityMatrix, time: f64, interval: Option<(&DensityMatrix, f64)>) -> Averages {
        let equation = &self.equation;
        let half = equation.number() as f64 / 2.0;
        let share = self.group.model.number as f64 / self.total as f64;
        let cleared = |value, most| Rounded::of(value, most).cleared();
        let of_bath = |bath| BathAverages {
            intensity: equation.intensity(bath, rho),
            heat_current: self.heat_current(bath, rho).cleared(),
            average: interval
                .map_or(f64::NAN, |(integral, duration)| self.heat_current(bath, integral).cleared() / duration),
        };
        Averages {
            time,
            jz: cleared(equation.jz(rho), half),
            j_squared: equation.j_squared(rho),
            transverse: Some([cleared(equation.jx(rho), half), cleared(equation.jy(rho), half)]),
            excited: share * cleared(equation.excited(rho), 1.0).clamp(0.0, 1.0),
            power: (-(0..self.group.model.baths.len()).map(|bath| self.taken_up(bath, rho)).sum::<Rounded>()).cleared(),
            baths: (0..self.group.model.baths.len()).map(of_bath).collect(),
            observables: Vec::new(),
            booked: None,
        }
    }
}

impl Equation for FullSpace {
    type State = FullState;

    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        let equation = Self::new(group, aim)?;
        if aim.until.is_some() { equation.start().map(drop) } else { Ok(()) }
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        let qubits = group.model.number;
        match aim {
            Aim { until: None, effort: Effort::Beside, .. } if qubits > MOST_BESIDE => {
                return Err(Unsolved::Beside { most: MOST_BESIDE });
            }
            _ if qubits > MOST_QUBITS => return Err(Unsolved::Elements { qubits }),
            _ => {}
        }
        let equation = RegisterEquation::new(&group.register())?;
        if let Some(until) = aim.until {
            let (cost, limit) = (equation.cost(until), limit(aim.effort));
            if cost > limit {
                return Err(Unsolved::Operations { qubits, until, cost, limit });
            }
        }
        Ok(FullSpace { group: group.clone(), total: aim.total, equation })
    }

    fn start(&self) -> Result<FullState, Unsolved> {
        let rho = density::of(&self.group.initial, self.equation.number()).ok_or(Unsolved::Spread)?;
        Ok(FullState { time: 0.0, rho })
    }

    fn time(state: &FullState) -> f64 {
        state.time
    }

    fn averages(&self, state: &FullState) -> Averages {
        self.told(&state.rho, state.time, None)
    }

    fn advance(&self, state: &mut FullState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let since: Vec<f64> = times.iter().map(|time| time - state.time).collect();
        let solved = self.equation.advance(&mut state.rho, &since);
        let mut told = Vec::with_capacity(times.len());
        for (&time, (rho, integral)) in times.iter().zip(&solved) {
            told.push(self.told(rho, time, Some((integral, time - state.time))));
            state.time = time;
        }
        Ok(told)
    }

    fn steady_state(&self) -> Result<FullState, Unsolved> {
        Ok(FullState { time: 0.0, rho: self.equation.steady_state()? })
    }

    fn relaxation_time(&self) -> Option<f64> {
        self.equation.relaxation_time()
    }
}
