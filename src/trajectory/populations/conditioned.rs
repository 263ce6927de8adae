//! The jump chain on (J, M) that a condition makes: the same loop over other tables.

use std::sync::OnceLock;

use rand::RngExt;

use super::rows::{Choice, Exit, Rates, Row, Tables};
use super::{Own, Populations};
use crate::bath::Process;
use crate::dicke::{Level, SectorChange};
use crate::initial::InitialState;
use crate::model::{Conditioned, ConditionedValues};
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
        let weighed = |(level, p): (Level, f64)| {
            sum += p * (conditions.of(number, level) - conditions.start).exp();
            (sum, level)
        };
        let starts = initial.populations(number).into_iter().filter(|(_, p)| *p > 0.0).map(weighed).collect();
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

    fn observe(&self, state: &Level, _: f64) -> Sample<ConditionedValues> {
        Sample { values: self.rows(state.two_j)[state.above_bottom() as usize].values, transverse: None }
    }
}
