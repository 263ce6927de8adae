//! The populations of the Dicke levels: the classical master equation dp/dt = W p over (J, M).
//!
//! For identical qubits and an initial state without coherence between levels this *is* the Lindblad equation.

use std::collections::HashMap;

use super::rational::{Propagator, SolveError, Triplet};
use crate::bath::{Coupling, Process};
use crate::dicke::{Level, SectorChange, levels, local_amplitude, sectors};
use crate::initial::InitialState;
use crate::model::{Model, Observables};

/// Exact averages at one time of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// The averages at the time.
    pub now: Observables,
    /// The integrals of `<J_+ J_->` and `<J_z>` over the interval since the time before (or since 0).
    pub emission_integral: f64,
    /// See `emission_integral`.
    pub jz_integral: f64,
}

/// Why there is no exact value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the master equation over {states} levels is beyond the {limit} that are solved beside a run")]
pub struct NotAffordable {
    /// The levels it would need.
    pub states: i64,
    /// The most that are attempted.
    pub limit: i64,
}

/// The most levels of a ladder with local baths (N = 180): its factors fill in like those of a plane.
const PLANE_LIMIT: i64 = 8_300;
/// The most levels of sectors that do not mix: their factors are tridiagonal.
const CHAIN_LIMIT: i64 = 20_000;

/// The generator W over the levels that an initial state can reach.
#[derive(Debug)]
pub struct Populations {
    levels: Vec<Level>,
    initial: Vec<f64>,
    entries: Vec<Triplet>,
}

impl Populations {
    /// How many levels the master equation would have.
    #[must_use]
    pub fn states(model: &Model, initial: &InitialState) -> i64 {
        let n = model.number;
        match initial {
            _ if model.rates(Coupling::Local).any() => (n / 2 + 1) * (n - n / 2 + 1),
            InitialState::Dicke(level) => level.two_j + 1,
            InitialState::Coherent { .. } => n + 1,
            InitialState::Product { excited } => {
                let depth = (*excited).min(n - excited);
                (depth + 1) * (n + 1 - depth)
            }
            InitialState::Thermal { .. } => (n / 2 + 1) * (n - n / 2 + 1),
        }
    }

    /// Whether the equation is small enough to be solved beside a run.
    ///
    /// # Errors
    /// How many levels it has, and how many are attempted.
    pub fn affordable(model: &Model, initial: &InitialState) -> Result<(), NotAffordable> {
        let states = Self::states(model, initial);
        let limit = if model.rates(Coupling::Local).any() { PLANE_LIMIT } else { CHAIN_LIMIT };
        if states > limit { Err(NotAffordable { states, limit }) } else { Ok(()) }
    }

    /// Builds the generator. Without a local channel J is conserved, and only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, initial: &InitialState) -> Self {
        let n = model.number;
        let start = initial.populations(n);
        let local = model.rates(Coupling::Local).any();
        let kept: Vec<Level> = sectors(n)
            .filter(|two_j| local || start.iter().any(|(level, _)| level.two_j == *two_j))
            .flat_map(levels)
            .collect();
        let index: HashMap<Level, usize> = kept.iter().enumerate().map(|(i, level)| (*level, i)).collect();

        let mut entries = Vec::new();
        for (column, &level) in kept.iter().enumerate() {
            let mut flow = |to: Level, rate: f64| {
                // What returns to its own level cancels between gain and loss.
                if rate > 0.0 && to != level {
                    entries.push(Triplet { row: index[&to], column, value: rate });
                    entries.push(Triplet { row: column, column, value: -rate });
                }
            };
            let collective = model.rates(Coupling::Collective);
            flow(Level { two_m: level.two_m - 2, ..level }, collective.down * level.lowering());
            flow(Level { two_m: level.two_m + 2, ..level }, collective.up * level.raising());
            let rates = model.rates(Coupling::Local);
            for (process, rate) in [
                (Process::Emission, rates.down),
                (Process::Absorption, rates.up),
                (Process::Dephasing, rates.dephasing),
            ] {
                for outcome in SectorChange::ALL.iter().filter_map(|c| local_amplitude(n, level, process, *c)) {
                    flow(outcome.to, rate * outcome.amplitude * outcome.amplitude);
                }
            }
        }
        let mut populations = vec![0.0; kept.len()];
        for (level, p) in start {
            populations[index[&level]] = p;
        }
        Populations { levels: kept, initial: populations, entries }
    }

    /// The exact averages at ascending `times`, to 1e-12 of the largest value of each.
    ///
    /// # Errors
    /// If a factorization fails.
    pub fn transient(&self, times: &[f64]) -> Result<Vec<Exact>, SolveError> {
        let row = |value: fn(&Level) -> f64| self.levels.iter().map(value).collect::<Vec<f64>>();
        let functionals = [row(|l| l.lowering()), row(|l| l.m())];
        let j_squared = row(|l| l.j_squared());
        let dot = |c: &[f64], p: &[f64]| c.iter().zip(p).map(|(c, p)| c * p).sum::<f64>();

        let mut p = self.initial.clone();
        let mut now = 0.0;
        let mut propagator: Option<Propagator> = None;
        let mut averages = Vec::with_capacity(times.len());
        for &time in times {
            let step = time - now;
            let mut integrals = vec![0.0; 2];
            if step > 0.0 {
                // Equal steps differ by the rounding of the times they lie between.
                if propagator.as_ref().is_none_or(|same| (same.time() - step).abs() > 1e-15 * time.max(step)) {
                    propagator = Some(Propagator::new(self.levels.len(), &self.entries, &functionals, step)?);
                }
                integrals = propagator.as_mut().map_or(integrals, |ready| ready.apply(&mut p));
            }
            now = time;
            averages.push(Exact {
                now: Observables {
                    emission: dot(&functionals[0], &p),
                    jz: dot(&functionals[1], &p),
                    j_squared: dot(&j_squared, &p),
                },
                emission_integral: integrals[0],
                jz_integral: integrals[1],
            });
        }
        Ok(averages)
    }
}
