//! The populations of the Dicke levels: the classical master equation dp/dt = W p over (J, M).
//!
//! For identical qubits this is the Lindblad equation of everything diagonal in the Dicke basis: coherences between
//! levels never feed populations.

use super::ladder::LadderGenerator;
use super::rational::SolveError;
use super::relaxation::Relaxation;
use crate::dicke::Level;
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

/// An equation that is too large for a road.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotAffordable {
    /// By its levels.
    #[error("the master equation over {states} levels is beyond the {limit} that are solved {road}")]
    Levels {
        /// The levels it would need.
        states: i64,
        /// The most that are attempted.
        limit: i64,
        /// Which road.
        road: &'static str,
    },
    /// By the time it has to be followed for.
    #[error(
        "to follow the drive and the twisting to time {until} takes {work:.0e} multiplications, more than the \
         {limit:.0e} that are spent {road}"
    )]
    Work {
        /// The last time.
        until: f64,
        /// Multiplications.
        work: f64,
        /// The most that are attempted.
        limit: f64,
        /// Which road.
        road: &'static str,
    },
    /// By what goes on under a protocol.
    #[error("to follow the protocol takes {work:.0e} multiplications, more than the {limit:.0e} that are spent {road}")]
    Protocol {
        /// Multiplications.
        work: f64,
        /// The most that are attempted.
        limit: f64,
        /// Which road.
        road: &'static str,
    },
}

/// What an equation is solved for, and so how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Transient, steady state and its noise beside a run: a second or two.
    Beside,
    /// A transient for its own sake: half a minute.
    Transient,
    /// A steady state: one elimination where a transient takes some ten, and keeps a space of forty vectors.
    Steady,
}

impl Effort {
    /// The most levels of sectors that mix, which fill in like a plane; and of sectors that do not, which are chains.
    /// How many times are asked for and how far the rates lie apart hardly matters.
    fn limits(self) -> (i64, i64) {
        match self {
            Effort::Beside => (10_500, 20_001),
            Effort::Transient => (260_000, 200_001),
            Effort::Steady => (1_010_000, 2_000_000),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Effort::Beside => "beside a run",
            Effort::Transient => "for a transient (trajectories reach further)",
            Effort::Steady => "for a steady state (trajectories, and the limit of a weak local bath, reach further)",
        }
    }
}

/// Observables of a distribution over levels.
#[must_use]
pub(super) fn observables(levels: &[Level], p: &[f64]) -> Observables {
    let mean = |value: fn(&Level) -> f64| levels.iter().zip(p).map(|(level, p)| value(level) * p).sum();
    Observables { emission: mean(|l| l.lowering()), jz: mean(|l| l.m()), j_squared: mean(|l| l.j_squared()) }
}

/// The master equation of a model, over the levels that an initial state can reach, starting there.
#[derive(Clone, Debug)]
pub struct PopulationEquation {
    ladder: LadderGenerator,
    initial: Vec<f64>,
}

impl PopulationEquation {
    /// How many levels the master equation would have.
    #[must_use]
    pub fn states(model: &Model, initial: &InitialState) -> i64 {
        let n = model.number;
        let all = (n / 2 + 1) * (n - n / 2 + 1);
        match initial {
            _ if model.mixes_sectors() => all,
            InitialState::Dicke(level) => level.two_j + 1,
            InitialState::Coherent { .. } | InitialState::Ghz { .. } => n + 1,
            InitialState::Superposition { two_j, .. } => two_j + 1,
            InitialState::Product { excited } => {
                let depth = (*excited).min(n - excited);
                (depth + 1) * (n + 1 - depth)
            }
            InitialState::Thermal { .. }
            | InitialState::Bits(_)
            | InitialState::Angles(_)
            | InitialState::Steady(_) => all,
        }
    }

    /// Whether the equation is small enough for what it is solved for.
    ///
    /// # Errors
    /// How many levels it has, and how many are attempted.
    pub fn affordable(model: &Model, initial: &InitialState, effort: Effort) -> Result<(), NotAffordable> {
        let states = Self::states(model, initial);
        let (plane, chain) = effort.limits();
        let limit = if model.mixes_sectors() { plane } else { chain };
        if states > limit { Err(NotAffordable::Levels { states, limit, road: effort.name() }) } else { Ok(()) }
    }

    /// Builds the equation. Without a local channel J is conserved, and only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, initial: &InitialState) -> Self {
        let ladder = LadderGenerator::new(model, initial);
        let mut populations = vec![0.0; ladder.levels.len()];
        for (level, p) in initial.populations(model.number) {
            if let Some(index) = ladder.index(level) {
                populations[index] = p;
            }
        }
        PopulationEquation { ladder, initial: populations }
    }

    /// The same with all rates times a factor: time in other units.
    pub(super) fn in_units(&self, factor: f64) -> Self {
        let mut other = self.clone();
        for bath in &mut other.ladder.baths {
            (bath.down, bath.up, bath.dephasing) = (bath.down * factor, bath.up * factor, bath.dephasing * factor);
        }
        other.ladder.flows.iter_mut().for_each(|flow| flow.rate *= factor);
        other
    }

    /// The generator, for those who need more of it than averages.
    #[must_use]
    pub fn ladder(&self) -> &LadderGenerator {
        &self.ladder
    }

    /// The initial probabilities of [`LadderGenerator::levels`].
    #[must_use]
    pub fn initial(&self) -> &[f64] {
        &self.initial
    }

    /// The averages of probabilities of [`LadderGenerator::levels`].
    #[must_use]
    pub fn observables(&self, p: &[f64]) -> Observables {
        observables(&self.ladder.levels, p)
    }

    /// The exact averages at ascending `times`, to 1e-10 of the largest value of each.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn transient(&self, times: &[f64]) -> Result<Vec<Exact>, SolveError> {
        self.advance(&mut self.initial.clone(), times)
    }

    /// The same from any probabilities of [`LadderGenerator::levels`], which are taken to the last of the times, counted
    /// from theirs.
    ///
    /// # Errors
    /// As [`PopulationEquation::transient`]; what `p` is then says nothing.
    ///
    /// # Panics
    /// If there are not as many probabilities as levels.
    pub fn advance(&self, p: &mut [f64], times: &[f64]) -> Result<Vec<Exact>, SolveError> {
        assert_eq!(p.len(), self.ladder.levels.len(), "a probability for each level");
        let levels = &self.ladder.levels;
        let row = |value: fn(&Level) -> f64| levels.iter().map(value).collect::<Vec<f64>>();
        let functionals = [row(|l| l.lowering()), row(|l| l.m()), row(|l| l.j_squared())];
        let entries = self.ladder.entries();
        let relaxation = Relaxation::new(&self.ladder.coordinates(), &entries, &functionals);
        let mut averages = Vec::with_capacity(times.len());
        relaxation.through(p, times, |at| {
            let [emission, jz, j_squared] = [0, 1, 2].map(|c| at.values[c]);
            averages.push(Exact {
                now: Observables { emission, jz, j_squared },
                emission_integral: at.integrals[0],
                jz_integral: at.integrals[1],
            });
        })?;
        Ok(averages)
    }
}
