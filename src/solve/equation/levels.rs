//! Identical qubits whose populations have all currents: over the levels (J, M), with coherences of order one for the
//! transverse spin.

use num_complex::Complex64;

use super::flows::{Step, averages};
use super::{Aim, Averages, Equation};
use crate::group::Group;
use crate::lindblad::{Coherences, Counting, Exact, InFrame, PopulationEquation};
use crate::solve::error::Unsolved;

/// The master equation over (J, M) of a group.
#[derive(Clone, Debug)]
pub struct Levels {
    group: Group,
    total: i64,
    populations: PopulationEquation,
    /// Where the transverse spin is asked for.
    coherences: Option<Coherences>,
}

/// Probabilities of the levels at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelsState {
    time: f64,
    p: Vec<f64>,
    coherences: Option<InFrame<Complex64>>,
    /// `<J_z>` as it was told last; NaN before.
    jz: f64,
}

impl Levels {
    /// The equation of the populations.
    #[must_use]
    pub fn populations(&self) -> &PopulationEquation {
        &self.populations
    }
}

impl Equation for Levels {
    type State = LevelsState;

    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        Ok(PopulationEquation::affordable(&group.model, &group.initial, aim.effort)?)
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        Self::affordable(group, aim)?;
        let Group { model, initial, .. } = group;
        Ok(Levels {
            group: group.clone(),
            total: aim.total,
            populations: PopulationEquation::new(model, initial),
            coherences: aim.transverse.then(|| Coherences::new(model, initial, 1)),
        })
    }

    fn start(&self) -> Result<LevelsState, Unsolved> {
        let coherences = self.coherences.as_ref().map(Coherences::start);
        Ok(LevelsState { time: 0.0, p: self.populations.initial().to_vec(), coherences, jz: f64::NAN })
    }

    fn time(state: &LevelsState) -> f64 {
        state.time
    }

    fn averages(&self, state: &LevelsState) -> Averages {
        let now = self.populations.observables(&state.p);
        let exact = Exact { now, emission_integral: 0.0, jz_integral: 0.0 };
        let spin = self.coherences.as_ref().zip(state.coherences.as_ref());
        let transverse = spin.map(|(equation, state)| equation.spin(state).into());
        averages(&self.group, self.total, &exact, transverse, &Step::at(state.time))
    }

    fn advance(&self, state: &mut LevelsState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let mut next = state.clone();
        let since: Vec<f64> = times.iter().map(|time| time - state.time).collect();
        let solved = self.populations.advance(&mut next.p, &since)?;
        let spins = match (&self.coherences, &mut next.coherences) {
            (Some(equation), Some(state)) => Some(equation.advance_transverse(state, &since)?),
            _ => None,
        };
        let mut told = Vec::with_capacity(times.len());
        for (sample, (&time, exact)) in times.iter().zip(&solved).enumerate() {
            let step = Step { before: next.time, jz_before: next.jz, time };
            let transverse = spins.as_ref().map(|spins| spins[sample].into());
            told.push(averages(&self.group, self.total, exact, transverse, &step));
            (next.time, next.jz) = (time, exact.now.jz);
        }
        *state = next;
        Ok(told)
    }

    fn steady_state(&self) -> Result<LevelsState, Unsolved> {
        let p = self.populations.steady_state()?.p;
        // What turns has no steady value.
        let nothing = |equation: &Coherences| {
            let start = equation.start();
            InFrame { elements: vec![Complex64::ZERO; start.elements.len()], ..start }
        };
        Ok(LevelsState { time: 0.0, p, coherences: self.coherences.as_ref().map(nothing), jz: f64::NAN })
    }

    fn relaxation_time(&self) -> Option<f64> {
        let mixes = self.populations.ladder().mixes_sectors();
        mixes.then(|| Counting::new(&self.populations).ok()?.relaxation_time().ok()).flatten()
    }
}
