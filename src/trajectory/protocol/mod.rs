//! Paths under a protocol: the jump chain on (J, M) at rates that change in time, exactly.
//!
//! In a segment in which nothing changes waits are exponential, as without a protocol. A ramp is cut into pieces; in
//! each, jumps are proposed at the upper bounds rbar_c of the rates and accepted with r_c(t)/rbar_c. Past the end of a
//! piece or a segment the wait is drawn anew, which no law notices, as it is memoryless.

mod intensity;
mod ledger;
mod pieces;
mod recorded;
mod route;
mod superposed;

pub use ledger::{Ledger, Watch};
pub use pieces::Pieces;
pub use recorded::{Recorded, Tuned};
pub use superposed::{Going, run_superposed};

use ledger::{Counting, Following};
use pieces::{Piece, Within};
pub(super) use route::{Leg, Route, Walk};

use super::{Jump, LOOK, Populations, Recorder, Unravelling};
use crate::dicke::Level;
use crate::initial::InitialState;
use crate::model::Observables;
use crate::model::protocol::{Protocol, Stage};
use crate::random::Stream;

/// The jump chain of N identical qubits under a protocol, ready for any number of paths.
#[derive(Debug)]
pub struct ProtocolChain {
    protocol: Protocol,
    stretches: Vec<Stretch>,
}

/// How a segment is gone through.
#[derive(Debug)]
enum Stretch {
    Held(Box<Populations>),
    Ramped { pieces: Vec<Piece>, entropies: Vec<Option<f64>> },
}

/// Nobody else watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Recorder<Observables> for Unwatched {
    #[inline(always)]
    fn dwell(&mut self, _: f64, _: f64, _: &Observables, _: &Observables) {}

    #[inline(always)]
    fn jump(&mut self, _: f64, _: Jump, _: &Observables) {}
}

impl Watch for Unwatched {}

impl ProtocolChain {
    /// The chain of `number` qubits under a protocol.
    ///
    /// # Panics
    /// If it drives: levels are then superposed.
    #[must_use]
    pub fn new(protocol: &Protocol, number: i64, pieces: Pieces) -> Self {
        assert!(!protocol.is_driven(), "a drive superposes levels");
        let stages = protocol.stages();
        let ramps = stages.iter().filter(|stage| !stage.is_held()).count();
        let stretch = |stage: &Stage| match stage.is_held() {
            true => Stretch::Held(Box::new(Populations::proposing(&stage.model(number, 0.0), stages.len()))),
            false => Stretch::Ramped {
                pieces: Piece::of(stage, number, pieces, ramps),
                entropies: stage.entropies_of_energy(),
            },
        };
        ProtocolChain { protocol: protocol.clone(), stretches: stages.iter().map(stretch).collect() }
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Into how many pieces each segment is cut: one where nothing changes.
    pub fn pieces(&self) -> impl Iterator<Item = usize> + '_ {
        self.stretches.iter().map(|stretch| if let Stretch::Ramped { pieces, .. } = stretch { pieces.len() } else { 1 })
    }

    /// Runs one path through the whole protocol. The ledger is made for as many samples as there are `times`, which
    /// ascend from 0 or later to no later than its end; `other` is told of every dwell, jump, segment and sample. False
    /// where that was interrupted: what the ledger holds is no path then.
    ///
    /// # Panics
    /// If a time is beyond the end.
    pub fn run(
        &self,
        initial: &InitialState,
        times: &[f64],
        rng: &mut Stream,
        ledger: &mut Ledger,
        other: &mut impl Watch,
    ) -> bool {
        let protocol = &self.protocol;
        let (units, stages) = (protocol.units(), protocol.stages());
        let end = protocol.end();
        assert!(times.last().is_none_or(|last| *last <= end * (1.0 + 1e-12)), "{times:?}: the protocol ends at {end}");
        let mut state = self.first().prepare(initial, rng);
        let start = state;
        ledger.begin_at(Observables::of(state), protocol);
        let mut left = times.iter().enumerate().peekable();
        for cycle in 0..protocol.cycles() {
            for (index, (stage, stretch)) in stages.iter().zip(&self.stretches).enumerate() {
                let offset = cycle as f64 * protocol.period() + stage.start;
                let mut now = 0.0;
                other.segment(index, offset);
                while let Some((sample, time)) = left.peek().copied()
                    && let Some(until) = protocol.within(cycle, index, *time)
                {
                    left.next();
                    self.advance(stage, stretch, &mut state, (now, until), offset, rng, ledger, other);
                    ledger.sample(sample, Observables::of(state));
                    other.sample(sample, *time, state);
                    now = until;
                    if sample % LOOK == 0 && other.interrupted() {
                        return false;
                    }
                }
                if now < stage.duration {
                    self.advance(stage, stretch, &mut state, (now, stage.duration), offset, rng, ledger, other);
                }
                if other.interrupted() {
                    return false;
                }
                ledger.page.shift(units.quantum(stage.frequency.last()));
                let next = protocol.after(index);
                if let Some(next) = next {
                    ledger.page.shift(units.quantum(next.frequency.first()));
                }
                ledger.turn(index, cycle as usize);
            }
            ledger.ends[cycle as usize + 1] = Observables::of(state);
        }
        ledger.levels = Some([start, state]);
        true
    }

    /// The engine of the first rates.
    fn first(&self) -> &Populations {
        match &self.stretches[0] {
            Stretch::Held(engine) => engine,
            Stretch::Ramped { pieces, .. } => &pieces[0].engine,
        }
    }

    /// From one time of a segment to another.
    #[allow(clippy::too_many_arguments)]
    fn advance<Other: Watch>(
        &self,
        stage: &Stage,
        stretch: &Stretch,
        state: &mut Level,
        (from, until): (f64, f64),
        offset: f64,
        rng: &mut Stream,
        ledger: &mut Ledger,
        other: &mut Other,
    ) {
        let page = &mut ledger.page;
        match stretch {
            Stretch::Held(engine) => {
                page.mark(other);
                if Other::COUNTS {
                    engine.advance_behind(state, (from, until), offset, rng, other);
                } else {
                    engine.advance(state, from, until, rng, &mut Counting { page, other, offset });
                }
                ledger.page.settle(stage, state.m(), other);
            }
            Stretch::Ramped { pieces, entropies } => {
                let unit = stage.units().quantum(1.0);
                let straight = stage.frequency.straight().map(|straight| (straight, unit));
                let mut watch = Following { stage, straight, entropies, page, other, offset };
                let mut now = from;
                let next = pieces.partition_point(|piece| piece.until <= from).min(pieces.len() - 1);
                for piece in &pieces[next..] {
                    let end = piece.until.min(until);
                    let within = Within { stage, piece };
                    ledger.proposals += piece.engine.advance_thinned(state, (now, end), rng, &within, &mut watch);
                    now = end;
                    if now >= until {
                        break;
                    }
                }
                ledger.page.shift(stage.quantum(until));
            }
        }
    }
}
