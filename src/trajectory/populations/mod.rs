//! The populations engine: the exact jump chain on (J, M) for states diagonal in the Dicke basis.
//!
//! Every decay rate is diagonal on the ladder, so a Dicke state waits an exponential time and jumps to another:
//! no time step, no tolerance. A jump that leaves `|J, M>` as it is (collective dephasing, and the J' = J outcome of
//! local dephasing) exchanges no quantum and changes no record, so the chain leaves it out; all laws stay the same.

mod conditioned;
mod rows;
mod thinned;
mod waiting;

pub use conditioned::ConditionedPopulations;
pub(super) use thinned::Thinning;

use rand::{Rng, RngExt};

use super::channel::{Channel, pick};
use super::{Jump, Recorder, Unravelling};
use crate::bath::{Coupling, Process};
use crate::dicke::{Level, SectorChange, local_weight};
use crate::initial::InitialState;
use crate::model::{Model, Observables};
use crate::quantity::Sample;
use crate::random::Stream;

use rows::{DephasingWeights, Exit, Outcomes, Rates, Row, Sector, Tables};
use waiting::Ziggurat;

/// The engine: the channels of a model, sorted by what they do to the ladder.
#[derive(Debug)]
pub struct Populations {
    pub(super) number: i64,
    pub(super) collective_down: Channel,
    pub(super) collective_up: Channel,
    pub(super) local_down: Channel,
    pub(super) local_up: Channel,
    pub(super) local_dephasing: Channel,
    outcomes: Outcomes,
    tables: Tables,
    ziggurat: Ziggurat,
}

impl Populations {
    /// The engine of a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let collective_down = Channel::new(model, Coupling::Collective, Process::Emission);
        let collective_up = Channel::new(model, Coupling::Collective, Process::Absorption);
        let local = model.mixes_sectors();
        Populations {
            number: model.number,
            outcomes: Outcomes::new(&collective_down, &collective_up),
            tables: Tables::new(model.number, local),
            ziggurat: Ziggurat::new(),
            collective_down,
            collective_up,
            local_down: Channel::new(model, Coupling::Local, Process::Emission),
            local_up: Channel::new(model, Coupling::Local, Process::Absorption),
            local_dephasing: Channel::new(model, Coupling::Local, Process::Dephasing),
        }
    }

    /// What leaves the sector of a level by dephasing, in rates of one qubit.
    pub(super) fn outward(&self, level: Level) -> f64 {
        let (a, b) = (level.above_bottom() as f64, level.below_top() as f64);
        self.dephasing_weights(level.two_j).outward(a, b)
    }

    fn sector(&self, two_j: i64) -> Sector {
        Sector { two_j, weights: self.dephasing_weights(two_j) }
    }

    fn dephasing_weights(&self, two_j: i64) -> DephasingWeights {
        if self.local_dephasing.total == 0.0 {
            return DephasingWeights { lower: 0.0, higher: 0.0 };
        }
        // At the level with the smallest |M| both products of the table are positive whenever the outcome exists.
        let level = Level { two_j, two_m: two_j % 2 };
        let (a, b) = (level.above_bottom() as f64, level.below_top() as f64);
        let weight = |change| local_weight(self.number, level, Process::Dephasing, change);
        DephasingWeights {
            lower: if a * b > 0.0 { weight(SectorChange::Lower) / (a * b) } else { 0.0 },
            higher: weight(SectorChange::Higher) / ((a + 1.0) * (b + 1.0)),
        }
    }

    /// The rate of all local jumps that change a level, of which `outward` dephase.
    #[inline(always)]
    pub(super) fn local_rate(&self, m: f64, outward: f64) -> f64 {
        let half = self.number as f64 / 2.0;
        (half + m) * self.local_down.total + (half - m) * self.local_up.total + outward * self.local_dephasing.total
    }

    /// A local jump.
    #[cold]
    #[inline(never)]
    pub(super) fn local_jump(&self, state: &mut Level, rng: &mut Stream) -> Jump {
        let (level, half) = (*state, self.number as f64 / 2.0);
        let outward = self.outward(level);
        let choices = [
            (Process::Emission, half + level.m(), &self.local_down),
            (Process::Absorption, half - level.m(), &self.local_up),
            (Process::Dephasing, outward, &self.local_dephasing),
        ];
        let rate = rng.random::<f64>() * self.local_rate(level.m(), outward);
        let (chosen, rest) = pick(choices.map(|(_, weight, channel)| weight * channel.total), rate);
        let (process, weight, channel) = choices[chosen];
        let bath = channel.bath(rest / weight);

        let mut weights = SectorChange::ALL.map(|change| local_weight(self.number, level, process, change));
        if process == Process::Dephasing {
            weights[0] = 0.0; // stays where it is: not a jump of this chain
        }
        let (outcome, _) = pick(weights, rng.random::<f64>() * weights.iter().sum::<f64>());
        let change = SectorChange::ALL[outcome];
        *state = Level { two_j: level.two_j + change.two_j(), two_m: level.two_m + process.two_m() };
        Jump { bath, process }
    }
}

impl Unravelling for Populations {
    type State = Level;
    type Values = Observables;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> Level {
        initial.draw(self.number, rng)
    }

    fn advance(
        &self,
        state: &mut Level,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        self.go(state, (start, end), Own, rng, recorder);
    }

    fn observe(&self, state: &Level, _: f64) -> Sample<Observables> {
        Sample { values: Observables::of(*state), transverse: None }
    }
}

/// By which clock a recorder is told the time.
trait Clock: Copy {
    fn read(self, time: f64) -> f64;
}

/// That of the engine.
#[derive(Clone, Copy)]
struct Own;

/// One that is ahead of it.
#[derive(Clone, Copy)]
struct Ahead(f64);

impl Clock for Own {
    #[inline(always)]
    fn read(self, time: f64) -> f64 {
        time
    }
}

impl Clock for Ahead {
    #[inline(always)]
    fn read(self, time: f64) -> f64 {
        self.0 + time
    }
}

impl Populations {
    /// The same as [`Unravelling::advance`], by a clock that is not the recorder's: that is so much ahead.
    pub(super) fn advance_behind(
        &self,
        state: &mut Level,
        times: (f64, f64),
        ahead: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        self.go(state, times, Ahead(ahead), rng, recorder);
    }

    #[inline(always)]
    fn go(
        &self,
        state: &mut Level,
        (start, end): (f64, f64),
        clock: impl Clock,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let mut now = start;
        loop {
            let sector = self.sector(state.two_j);
            let local = if let Some(rows) = self.rows(sector) {
                self.within(|above| &rows[above as usize], state, (&mut now, end), clock, rng, recorder)
            } else {
                self.within(|above| self.rates(sector, above), state, (&mut now, end), clock, rng, recorder)
            };
            if !local {
                return;
            }
            let jump = self.local_jump(state, rng);
            recorder.jump(clock.read(now), jump, &Observables::of(*state));
        }
    }

    /// The rows of a sector, where sectors are tabulated.
    fn rows(&self, sector: Sector) -> Option<&[Row]> {
        let rows = self.tables.0.get(((self.number - sector.two_j) / 2) as usize)?;
        Some(rows.get_or_init(|| (0..=sector.two_j).map(|above| self.rates(sector, above).row()).collect()))
    }

    /// The rates of the level J + M = `above`.
    #[inline(always)]
    fn rates(&self, sector: Sector, above: i64) -> Rates {
        let (a, b) = (above as f64, (sector.two_j - above) as f64);
        let (emission, jz) = (a * (b + 1.0), 0.5 * (a - b));
        Rates {
            emission,
            jz,
            down: emission * self.collective_down.total,
            up: b * (a + 1.0) * self.collective_up.total,
            local: self.local_rate(jz, sector.weights.outward(a, b)),
            first: self.outcomes.first,
        }
    }
}

impl Populations {
    /// Collective jumps within a sector, until a local one is due (true) or the end comes (false).
    #[inline(always)]
    fn within<E: Exit>(
        &self,
        exit: impl Fn(i64) -> E,
        state: &mut Level,
        (now, end): (&mut f64, f64),
        clock: impl Clock,
        rng: &mut Stream,
        recorder: &mut impl Recorder<E::Values>,
    ) -> bool {
        let j_squared = state.j_squared();
        let mut above = state.above_bottom();
        let mut here = exit(above);
        // Kept in registers.
        let (mut time, mut stream) = (*now, rng.clone());
        let local = loop {
            let values = here.values(j_squared);
            let wait = self.ziggurat.draw(&mut stream, || recorder.interrupted()) * here.mean_wait();
            let next = time + wait;
            // A dark state has no rate: it waits for ever, or for NaN. So does what is interrupted.
            let jumps = next < end;
            if !jumps {
                recorder.dwell(clock.read(time), end - time, &values, &values);
                break false;
            }
            recorder.dwell(clock.read(time), wait, &values, &values);
            time = next;

            let choice = here.choose(stream.next_u64());
            if choice.local {
                break true;
            }
            above += 2 * i64::from(choice.rises) - 1;
            here = exit(above);
            let mut jump = self.outcomes.jumps[choice.outcome];
            if self.outcomes.further {
                jump.bath = self.further(jump, choice.outcome, stream.random());
            }
            recorder.jump(clock.read(time), jump, &here.values(j_squared));
        };
        (*now, *rng) = (time, stream);
        state.two_m = 2 * above - state.two_j;
        local
    }

    /// The bath of an outcome that stands for several, drawn by a number from 0 to 1.
    #[cold]
    fn further(&self, jump: Jump, outcome: usize, drawn: f64) -> usize {
        if outcome.is_multiple_of(2) {
            return jump.bath;
        }
        let channel = if jump.process == Process::Emission { &self.collective_down } else { &self.collective_up };
        let first = channel.share(0) * channel.total;
        channel.bath(first + drawn * (channel.total - first))
    }
}

#[cfg(test)]
mod tests;
