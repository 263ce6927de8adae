//! Trajectories: engines unravel the master equation into jumps, recorders keep what is asked of them.
//!
//! The seam is [`Unravelling`]: engines differ in what a state is, recorders in what they keep, and neither knows
//! the other. Dispatch is static; one `match` outside the loop ([`Engine::with`]) picks the engine.

mod after_photons;
mod channel;
mod correlator;
mod counter;
mod declared;
mod engine;
mod exchanged;
mod held;
mod interrupt;
mod ladder;
mod lanes;
mod passage;
mod peak;
mod populations;
mod product;
mod propagation;
pub mod protocol;
mod record;
mod register;
mod sectors;
mod segments;
mod timing;
mod visits;

pub use after_photons::AfterPhotons;
pub(crate) use correlator::Correlator;
pub use counter::Counter;
pub use engine::{Declared, Engine, EngineChoice, Facts, ForEngine};
pub use exchanged::Exchanged;
pub use interrupt::Interrupt;
pub use ladder::{DrivenLadder, DrivenState, Ladder, LadderState, ProtocolLadder, ProtocolState};
pub use passage::{Passage, Passages};
pub use populations::{ConditionedPopulations, Populations};
pub use product::{Beginnings, Pairs, Photons, ProductSize, ProductState, Products, ProtocolProduct, ProtocolProducts};
pub use record::{Detail, JumpRow, Record, Rows, Trace};
pub use register::{ProtocolRegister, ProtocolRegisters, RegisterState, Registers, Start};
pub use sectors::Sectors;
pub use segments::{Segment, run_segments};
pub(crate) use timing::{Instants, Timing};
pub(crate) use visits::Visits;

use crate::bath::Process;
use crate::model::Values;
use crate::quantity::Sample;
use crate::random::Stream;

/// A quantum jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Index of the bath in [`crate::model::Model::baths`].
    pub bath: usize,
    /// What was exchanged with it.
    pub process: Process,
}

/// A dwell in which values change.
#[derive(Clone, Copy, Debug)]
pub struct Change<V> {
    /// When it starts.
    pub start: f64,
    /// How long it takes.
    pub duration: f64,
    /// About the fastest that values change, as the angular frequency of a wave.
    pub turning: f64,
    /// The values at its start and its end.
    pub ends: (V, V),
    /// The values at a time between, where they are known.
    pub between: Option<(f64, V)>,
    /// Values of which no intensity is exceeded by any within, where that is known.
    pub most: Option<V>,
}

/// Watches one trajectory. Every method is called from the inner loop and inlined there.
pub trait Recorder<V> {
    /// The state had the values `at_start` at `start`. `mean` is, in expectation, their average from there for
    /// `duration`: where values change between jumps, an engine may draw it.
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V);
    /// A jump happened at `time` and left the state with these values.
    fn jump(&mut self, time: f64, jump: Jump, after: &V);

    /// The next jump to be told of is this one among those of its bath and process, counted from 0. Engines whose baths
    /// have one jump of each process do not say so.
    #[inline(always)]
    fn marked(&mut self, _jump: Jump, _mark: usize) {}

    /// Whether the trajectory is to end where it is, as nobody waits for it any more. Engines ask now and then.
    #[inline(always)]
    fn interrupted(&self) -> bool {
        false
    }

    /// Whether it is to be told how values change within a dwell, in which the total intensity `rises` or never does.
    #[inline(always)]
    fn follows(&self, _rises: bool) -> bool {
        false
    }

    /// Values changed within the dwell, and were `at` a time after its start.
    #[inline(always)]
    fn change(&mut self, _change: &Change<V>, _at: impl FnMut(f64) -> V) {}

    /// A dwell in which values change, and what they are a time after its start: [`Recorder::dwell`], and then
    /// [`Recorder::change`] for whoever follows.
    #[inline(always)]
    fn varying(&mut self, change: &Change<V>, mean: &V, at: impl FnMut(f64) -> V) {
        self.dwell(change.start, change.duration, &change.ends.0, mean);
        if self.follows(true) {
            self.change(change, at);
        }
    }
}

/// The average of values over a dwell, in expectation: what was `seen` after a `part` of it that was drawn evenly, less what
/// a straight line from end to end has there beyond its middle, which is 0 on average and takes most of the chance.
fn average<V: Values>((start, end): &(V, V), part: f64, seen: &V) -> V {
    let mut mean = *seen;
    mean.accumulate(end, 0.5 - part);
    mean.accumulate(start, part - 0.5);
    mean
}

/// A trajectory to be run: its draws, and its record.
#[derive(Debug)]
pub struct Run<'a, V: Values> {
    /// Whose draws come first to where it starts.
    pub rng: Stream,
    /// What is kept of it.
    pub record: &'a mut Record<V>,
}

/// A way to evolve pure states between and through jumps.
pub trait Unravelling: Sync {
    /// A pure state.
    type State;
    /// What currents are made of.
    type Values: Values;
    /// What a trajectory starts from.
    type Initial: Sync;

    /// Draws a pure state of the initial ensemble.
    fn prepare(&self, initial: &Self::Initial, rng: &mut Stream) -> Self::State;

    /// Evolves `state` from time `start` to `end`, telling the recorder of every dwell and jump on the way ([`Sectors`]: of
    /// local jumps alone). A recorder that is interrupted has it return before the end.
    ///
    /// The waiting time is memoryless given the state, so an interval may be cut anywhere without changing the law.
    fn advance(
        &self,
        state: &mut Self::State,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Self::Values>,
    );

    /// Runs trajectories, as [`run`] does each, maybe side by side: none depends on the others. False where they were
    /// interrupted.
    fn run_all(&self, initial: &Self::Initial, times: &[f64], runs: &mut [Run<'_, Self::Values>]) -> bool
    where
        Self: Sized,
    {
        runs.iter_mut().all(|one| run(self, initial, times, &mut one.rng, one.record))
    }

    /// Takes over a state that another engine left, of the same qubits in the same space at other rates or frequencies:
    /// what the state keeps of that engine's generator is made anew.
    fn adopt(&self, _state: &mut Self::State) {}

    /// The expectation values in `state` at a time.
    fn observe(&self, state: &Self::State, time: f64) -> Sample<Self::Values>;
}

/// Samples between two looks at whether a trajectory is interrupted.
const LOOK: usize = 16;

/// Runs one trajectory through the `times` of the record's grid (ascending, from 0 or later). False where the record was
/// interrupted: what it holds is no trajectory then.
pub fn run<E: Unravelling>(
    engine: &E,
    initial: &E::Initial,
    times: &[f64],
    rng: &mut Stream,
    record: &mut Record<E::Values>,
) -> bool {
    record.clear();
    let mut state = engine.prepare(initial, rng);
    if record.books() {
        record.begin(&engine.observe(&state, 0.0));
    }
    let mut now = 0.0;
    for (index, &time) in times.iter().enumerate() {
        engine.advance(&mut state, now, time, rng, record);
        if index % LOOK == 0 && record.interrupted() {
            return false;
        }
        record.sample(index, time - now, &engine.observe(&state, time));
        now = time;
    }
    !record.interrupted()
}
