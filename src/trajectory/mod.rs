//! Trajectories: engines unravel the master equation into jumps, recorders keep what is asked of them.
//!
//! The seam is [`Unravelling`]: engines differ in what a state is, recorders in what they keep, and neither knows
//! the other. Dispatch is static; one `match` outside the loop picks the engine.

mod populations;
mod record;

pub use populations::Populations;
pub use record::{Detail, JumpRow, Record};

use rand::Rng;

use crate::bath::Process;
use crate::initial::InitialState;
use crate::model::Observables;

/// A quantum jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Index of the bath in [`crate::model::Model::baths`].
    pub bath: usize,
    /// What was exchanged with it.
    pub process: Process,
}

/// Watches one trajectory. Every method is called from the inner loop and inlined there.
pub trait Recorder {
    /// The observables had these (mean) values from `start` for `duration`.
    fn dwell(&mut self, start: f64, duration: f64, observables: &Observables);
    /// A jump happened at `time` and left the state with these values.
    fn jump(&mut self, time: f64, jump: Jump, after: &Observables);
}

/// A way to evolve pure states between and through jumps.
pub trait Unravelling: Sync {
    /// A pure state.
    type State;

    /// Draws a pure state of the initial ensemble.
    fn prepare(&self, initial: &InitialState, rng: &mut impl Rng) -> Self::State;

    /// Evolves `state` from time `start` to `end`, telling the recorder of every dwell and jump on the way.
    ///
    /// The waiting time is memoryless given the state, so an interval may be cut anywhere without changing the law.
    fn advance(&self, state: &mut Self::State, start: f64, end: f64, rng: &mut impl Rng, recorder: &mut impl Recorder);

    /// The expectation values in `state`.
    fn observe(&self, state: &Self::State) -> Observables;
}

/// Runs one trajectory through the `times` of the record's grid (ascending, from 0 or later).
pub fn run<E: Unravelling>(engine: &E, initial: &InitialState, times: &[f64], rng: &mut impl Rng, record: &mut Record) {
    record.clear();
    let mut state = engine.prepare(initial, rng);
    let mut now = 0.0;
    for (index, &time) in times.iter().enumerate() {
        engine.advance(&mut state, now, time, rng, record);
        record.sample(index, time - now, &engine.observe(&state));
        now = time;
    }
}
