//! Paths of superposed levels through a protocol: what drives them, or a coherent start.
//!
//! Heat and entropy are those of the quanta that baths exchange, jump by jump. Work is what the first law leaves,
//! `W = hbar omega <J_z>` now less that at the start less all heats, `<J_z>` being that of the path: on average it is the work
//! of what drives and of what tunes, and about that average it fluctuates with what jumps, and waiting for them, tell of a
//! superposed state. Its distribution is not that of two measurements of the energy.

use std::iter::{Enumerate, Peekable};
use std::slice::Iter;

use super::Ledger;
use super::ledger::Page;
use super::recorded::{Recorded, Tuned};
use crate::model::protocol::{Protocol, Stage, absorbed};
use crate::model::{Observables, System, Values};
use crate::random::Stream;
use crate::trajectory::{Change, Jump, Recorder, Unravelling};

/// Books every jump of a segment.
struct Booking<'a, S: System> {
    stage: &'a Stage,
    /// When the segment began.
    offset: f64,
    page: &'a mut Page,
    recorded: &'a mut Recorded<S>,
}

impl<S: System> Recorder<S::Values> for Booking<'_, S> {
    #[inline(always)]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &S::Values, mean: &S::Values) {
        self.recorded.pass(start, duration, at_start, mean);
    }

    #[inline(always)]
    fn jump(&mut self, time: f64, jump: Jump, after: &S::Values) {
        let quanta = absorbed(jump.process);
        if quanta != 0.0 {
            let within = (time - self.offset).clamp(0.0, self.stage.duration);
            let entropy = self.stage.entropy_of_quantum(jump.bath, within);
            self.page.book(jump.bath, quanta, (self.stage.quantum(within), entropy));
        }
        self.recorded.jump(time, jump, after);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.recorded.interrupted()
    }

    #[inline(always)]
    fn follows(&self, rises: bool) -> bool {
        self.recorded.follows(rises)
    }

    #[inline(always)]
    fn change(&mut self, change: &Change<S::Values>, at: impl FnMut(f64) -> S::Values) {
        self.recorded.change(change, at);
    }
}

/// The times that are left to look at, with their places among all.
pub type Samples<'a> = Peekable<Enumerate<Iter<'a, f64>>>;

/// A path of superposed levels on its way through the protocol that its engine was made for.
pub struct Going<'a, E: Unravelling> {
    engine: &'a E,
    protocol: &'a Protocol,
    state: E::State,
    now: f64,
}

impl<'a, E: Unravelling> Going<'a, E> {
    /// A path at its start.
    pub fn begin(engine: &'a E, protocol: &'a Protocol, initial: &E::Initial, rng: &mut Stream) -> Self {
        Going { engine, protocol, state: engine.prepare(initial, rng), now: 0.0 }
    }

    /// What it is where it is.
    pub fn seen(&self) -> Observables {
        self.engine.observe(&self.state, self.now).values.observables()
    }

    /// Goes through a cycle, the next one, which is the `row`-th of those that the ledger has. False where that was
    /// interrupted: what the ledger holds is no path then.
    pub fn pass<S>(
        &mut self,
        (cycle, row): (u64, usize),
        left: &mut Samples,
        rng: &mut Stream,
        ledger: &mut Ledger,
        recorded: &mut Recorded<S>,
    ) -> bool
    where
        S: Tuned<Values = E::Values>,
    {
        let Going { engine, protocol, state, now } = self;
        for (index, stage) in protocol.stages().iter().enumerate() {
            let offset = cycle as f64 * protocol.period() + stage.start;
            recorded.enter(index, offset);
            let mut go = |state: &mut E::State, from: f64, until: f64, page: &mut Page, recorded: &mut Recorded<S>| {
                engine.advance(state, from, until, rng, &mut Booking { stage, offset, page, recorded });
                !recorded.interrupted()
            };
            while let Some((sample, time)) = left.peek().copied()
                && let Some(within) = protocol.within(cycle, index, *time)
            {
                left.next();
                if !go(state, *now, *time, &mut ledger.page, recorded) {
                    return false;
                }
                *now = *time;
                let seen = engine.observe(state, *time);
                ledger.page.balance(stage.quantum(within), seen.values.jz());
                ledger.sample(sample, seen.values.observables());
                recorded.take(sample, *time, &seen);
            }
            let next = protocol.after(index);
            let end = offset + stage.duration;
            if *now < end && !go(state, *now, end, &mut ledger.page, recorded) {
                return false;
            }
            *now = now.max(end);
            let seen = engine.observe(state, *now).values.observables();
            let energy = protocol.units().quantum(next.map_or(stage.frequency.last(), |next| next.frequency.first()));
            ledger.page.balance(energy, seen.jz);
            ledger.turn(index, row);
            ledger.page.stand(energy, seen.jz);
            ledger.ends[row + 1] = seen;
        }
        true
    }
}

/// Runs one path of an engine through the whole protocol that it was made for. The ledger is made for as many samples as
/// there are `times`, which ascend from 0 or later to no later than the end. False where that was interrupted: what the
/// ledger holds is no path then.
pub fn run_superposed<E, S>(
    (engine, protocol): (&E, &Protocol),
    initial: &E::Initial,
    times: &[f64],
    rng: &mut Stream,
    ledger: &mut Ledger,
    recorded: &mut Recorded<S>,
) -> bool
where
    E: Unravelling,
    S: Tuned<Values = E::Values>,
{
    let mut going = Going::begin(engine, protocol, initial, rng);
    ledger.begin_at(going.seen(), protocol);
    let mut left = times.iter().enumerate().peekable();
    (0..protocol.cycles()).all(|cycle| going.pass((cycle, cycle as usize), &mut left, rng, ledger, recorded))
}
