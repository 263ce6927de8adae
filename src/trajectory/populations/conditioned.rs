//! The jump chain on (J, M) that a condition makes: the same loop over other tables, thinned where a run ends.

use std::sync::OnceLock;

use rand::{Rng, RngExt};

use super::rows::{Choice, Exit, Rates, Row, Tables};
use super::{Own, Populations};
use crate::bath::Process;
use crate::dicke::{Level, SectorChange};
use crate::initial::InitialState;
use crate::model::{Conditioned, ConditionedValues, Ending};
use crate::quantity::Sample;
use crate::random::Stream;
use crate::trajectory::channel::pick;
use crate::trajectory::{Jump, Recorder, Unravelling};

/// The engine of qubits under a condition.
#[derive(Debug)]
pub struct ConditionedPopulations {
    qubits: Conditioned,
    /// The baths at the rates of the field, and what draws waits.
    chain: Populations,
    sectors: Vec<OnceLock<Box<[ConditionedRow]>>>,
    /// The levels that trajectories start in, each with the weight of all up to it: their own times l.
    starts: Vec<(f64, Level)>,
}

/// A level of a table.
#[derive(Clone, Copy, Debug)]
struct ConditionedRow {
    row: Row,
    values: ConditionedValues,
}

impl Exit for &ConditionedRow {
    type Values = ConditionedValues;

    #[inline(always)]
    fn mean_wait(&self) -> f64 {
        (&self.row).mean_wait()
    }

    #[inline(always)]
    fn values(&self, _: f64) -> ConditionedValues {
        self.values
    }

    #[inline(always)]
    fn choose(&self, word: u64) -> Choice {
        (&self.row).choose(word)
    }
}

impl ConditionedPopulations {
    /// The engine of these qubits, that start in a state.
    #[must_use]
    pub fn new(qubits: Conditioned, initial: &InitialState) -> Self {
        let sectors = (0..=qubits.tilted().number / 2).map(|_| OnceLock::new()).collect();
        let chain = Populations { tables: Tables::none(), ..Populations::new(qubits.tilted()) };
        let number = qubits.tilted().number;
        let (conditions, mut sum) = (qubits.conditions(), 0.0);
        let started = || initial.populations(number).into_iter().filter(|(_, p)| *p > 0.0);
        let weight = |level| conditions.start_weight(number, level);
        let most = || started().map(|(level, _)| weight(level)).fold(f64::NEG_INFINITY, f64::max);
        let beside = if conditions.ending.is_some() { most() } else { conditions.start };
        let weighed = |(level, p): (Level, f64)| {
            sum += p * (weight(level) - beside).exp();
            (sum, level)
        };
        let starts = started().map(weighed).collect();
        ConditionedPopulations { qubits, chain, sectors, starts }
    }

    /// The ways out of a level by local jumps: processes by outcomes.
    fn local(&self, level: Level) -> [(Process, [f64; 3]); 3] {
        let chain = &self.chain;
        [
            (Process::Emission, chain.local_down.total),
            (Process::Absorption, chain.local_up.total),
            (Process::Dephasing, chain.local_dephasing.total),
        ]
        .map(|(process, rate)| {
            let weights = if rate > 0.0 { self.qubits.local_weights(level, process) } else { [0.0; 3] };
            (process, weights.map(|weight| weight * rate))
        })
    }

    fn row(&self, level: Level) -> ConditionedRow {
        let values = self.qubits.values(level);
        let rates = Rates {
            emission: values.collective.emission,
            jz: values.jz,
            down: values.collective.emission * self.chain.collective_down.total,
            up: values.collective.absorption * self.chain.collective_up.total,
            local: self.local(level).iter().flat_map(|(_, rates)| rates).sum(),
            first: self.chain.outcomes.first,
        };
        ConditionedRow { row: rates.row(), values }
    }

    fn rows(&self, two_j: i64) -> &[ConditionedRow] {
        let sector = &self.sectors[((self.chain.number - two_j) / 2) as usize];
        sector.get_or_init(|| crate::dicke::levels(two_j).map(|level| self.row(level)).collect())
    }

    /// Jumps of the long run, until the end comes.
    fn steadily(
        &self,
        state: &mut Level,
        (start, end): (f64, f64),
        rng: &mut Stream,
        recorder: &mut impl Recorder<ConditionedValues>,
    ) {
        let mut now = start;
        loop {
            let rows = self.rows(state.two_j);
            if !self.chain.within(|above| &rows[above as usize], state, (&mut now, end), Own, rng, recorder) {
                return;
            }
            let jump = self.local_jump(state, rng);
            recorder.jump(now, jump, &self.rows(state.two_j)[state.above_bottom() as usize].values);
        }
    }

    /// Jumps of a run that ends, over the last part of it: proposed as in the long run, but more often, and accepted with what
    /// the time that is left makes of their rates. Values are those of the long run, of which only `<J_z>` and `<J^2>` are
    /// those of the level; no current is read from them.
    fn ending(
        &self,
        ending: &Ending,
        state: &mut Level,
        (start, end): (f64, f64),
        rng: &mut Stream,
        recorder: &mut impl Recorder<ConditionedValues>,
    ) {
        let place = |level: Level| ending.place(self.chain.number, level).expect("a level that is reached");
        let (mut now, mut since, mut piece) = (start, start, ending.piece(start));
        let (mut here, mut at) = (self.rows(state.two_j)[state.above_bottom() as usize], place(*state));
        loop {
            let until = end.min(ending.times[piece + 1]);
            let ceiling = ending.ceilings[piece][at];
            let wait = self.chain.ziggurat.draw(rng, || recorder.interrupted()) * (&here.row).mean_wait() / ceiling;
            // A dark state has no rate: it waits for ever, or for NaN.
            let proposes = now + wait < until;
            if !proposes {
                now = until;
                if until < end && !recorder.interrupted() {
                    piece += 1;
                    continue;
                }
                return recorder.dwell(since, end - since, &here.values, &here.values);
            }
            now += wait;
            let choice = (&here.row).choose(rng.next_u64());
            let mut after = *state;
            let jump = if choice.local {
                self.local_jump(&mut after, rng)
            } else {
                after.two_m += 4 * i64::from(choice.rises) - 2;
                let mut jump = self.chain.outcomes.jumps[choice.outcome];
                if self.chain.outcomes.further {
                    jump.bath = self.chain.further(jump, choice.outcome, rng.random());
                }
                jump
            };
            let to = place(after);
            if rng.random::<f64>() * ceiling < ending.ratio((piece, now), at, to) {
                recorder.dwell(since, now - since, &here.values, &here.values);
                (since, *state, at) = (now, after, to);
                here = self.rows(state.two_j)[state.above_bottom() as usize];
                recorder.jump(now, jump, &here.values);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn local_jump(&self, state: &mut Level, rng: &mut Stream) -> Jump {
        let ways = self.local(*state);
        let totals = ways.map(|(_, rates)| rates.iter().sum::<f64>());
        let (chosen, rest) = pick(totals, rng.random::<f64>() * totals.iter().sum::<f64>());
        let (process, rates) = ways[chosen];
        let channel = match process {
            Process::Emission => &self.chain.local_down,
            Process::Absorption => &self.chain.local_up,
            Process::Dephasing => &self.chain.local_dephasing,
        };
        let bath = channel.bath(rest / totals[chosen] * channel.total);
        let (outcome, _) = pick(rates, rng.random::<f64>() * totals[chosen]);
        let change = SectorChange::ALL[outcome];
        *state = Level { two_j: state.two_j + change.two_j(), two_m: state.two_m + process.two_m() };
        Jump { bath, process }
    }
}

impl Unravelling for ConditionedPopulations {
    type State = Level;
    type Values = ConditionedValues;
    type Initial = InitialState;

    fn prepare(&self, _: &InitialState, rng: &mut Stream) -> Level {
        let (total, last) = self.starts[self.starts.len() - 1];
        let drawn = rng.random::<f64>() * total;
        let place = self.starts.partition_point(|(upto, _)| *upto <= drawn);
        self.starts.get(place).map_or(last, |(_, level)| *level)
    }

    fn advance(
        &self,
        state: &mut Level,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<ConditionedValues>,
    ) {
        let Some(ending) = self.qubits.conditions().ending.as_ref().filter(|ending| end > ending.from()) else {
            return self.steadily(state, (start, end), rng, recorder);
        };
        if start < ending.from() {
            self.steadily(state, (start, ending.from()), rng, recorder);
        }
        self.ending(ending, state, (start.max(ending.from()), end), rng, recorder);
    }

    fn observe(&self, state: &Level, time: f64) -> Sample<ConditionedValues> {
        let ends = self.qubits.conditions().ending.as_ref().is_some_and(|ending| time >= ending.from());
        let of_long_run = || self.rows(state.two_j)[state.above_bottom() as usize].values;
        let values = if ends { self.qubits.values_at(*state, time) } else { of_long_run() };
        Sample { values, transverse: None }
    }
}
