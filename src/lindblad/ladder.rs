//! The classical generator over the levels (J, M): which level feeds which, by coupling and process.

use crate::bath::{Bath, Coupling, Process};
use crate::dicke::{Level, levels, sectors};
use crate::initial::InitialState;
use crate::model::Model;

use super::compensated::Compensated;
use super::rational::Triplet;

/// A transition of unit rate: `weight` is the squared matrix element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// Index of the level it leaves.
    pub from: usize,
    /// Index of the level it reaches, always another.
    pub to: usize,
    /// Its squared matrix element.
    pub weight: f64,
}

/// The transitions of one process of one coupling, and the rates of the baths that drive it.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Collective or local.
    pub coupling: Coupling,
    /// Emission, absorption or dephasing.
    pub process: Process,
    /// The rate of all baths together.
    pub rate: f64,
    /// The transitions.
    pub moves: Vec<Move>,
}

/// The levels that an initial state can reach, and every flow between them.
#[derive(Clone, Debug)]
pub struct LadderGenerator {
    number: i64,
    /// Sector by sector, the largest J first, M rising.
    pub levels: Vec<Level>,
    /// Where the sector N/2 - k begins, if it is kept.
    offsets: Vec<Option<usize>>,
    /// The flows that act; a process without a rate is left out.
    pub flows: Vec<Flow>,
    /// The baths of the model.
    pub baths: Vec<Bath>,
}

impl LadderGenerator {
    /// The ladder of a model. Without a local channel J is conserved, and only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, initial: &InitialState) -> Self {
        let n = model.number;
        let local = model.mixes_sectors();
        let mut ladder = LadderGenerator {
            number: n,
            levels: Vec::new(),
            offsets: Vec::new(),
            flows: Vec::new(),
            baths: model.baths.clone(),
        };
        for two_j in sectors(n) {
            let kept = local || initial.reaches(n, two_j);
            ladder.offsets.push(kept.then_some(ladder.levels.len()));
            if kept {
                ladder.levels.extend(levels(two_j));
            }
        }
        for coupling in Coupling::ALL {
            let rates = model.rates(coupling);
            for (process, rate) in [
                (Process::Emission, rates.down),
                (Process::Absorption, rates.up),
                (Process::Dephasing, rates.dephasing),
            ] {
                if rate > 0.0 {
                    let moves = ladder.moves(coupling, process);
                    ladder.flows.push(Flow { coupling, process, rate, moves });
                }
            }
        }
        ladder
    }

    /// N.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// (2J, 2M) of each level: a jump leads to a neighbour of this grid.
    pub(super) fn coordinates(&self) -> Vec<(i64, i64)> {
        self.levels.iter().map(|level| (level.two_j, level.two_m)).collect()
    }

    /// The index of a level, if it is kept.
    #[must_use]
    pub fn index(&self, level: Level) -> Option<usize> {
        let sector = usize::try_from((self.number - level.two_j) / 2).ok()?;
        let above = usize::try_from(level.above_bottom()).ok()?;
        self.offsets.get(sector).copied().flatten().map(|offset| offset + above)
    }

    /// Whether any flow leads from one sector to another.
    #[must_use]
    pub fn mixes_sectors(&self) -> bool {
        self.flows.iter().any(|flow| !flow.coupling.conserves_j())
    }

    fn moves(&self, coupling: Coupling, process: Process) -> Vec<Move> {
        let mut moves = Vec::new();
        for (from, &level) in self.levels.iter().enumerate() {
            let mut push = |to: Level, weight: f64| {
                // What returns to its own level cancels between gain and loss.
                if let (true, Some(to)) = (weight > 0.0 && to != level, self.index(to)) {
                    moves.push(Move { from, to, weight });
                }
            };
            coupling.gains(self.number, (level, level), process, &mut push);
        }
        moves
    }

    /// The entries of the generator W, gains and losses.
    #[must_use]
    pub fn entries(&self) -> Vec<Triplet> {
        let moves = self.flows.iter().flat_map(|flow| flow.moves.iter().map(move |m| (m, flow.rate * m.weight)));
        moves
            .flat_map(|(m, value)| {
                [Triplet { row: m.to, column: m.from, value }, Triplet { row: m.from, column: m.from, value: -value }]
            })
            .collect()
    }

    /// The residual b - W x, each entry summed in twice the precision.
    ///
    /// A stiff W loses the slow processes in the rounding of the fast ones. Here every flow is rounded once and then
    /// added to one level and taken from another exactly, so that probability is conserved to the last digit; and what
    /// is left of b is not rounded beside it.
    #[must_use]
    pub fn residual(&self, b: &[f64], x: &[f64]) -> Vec<f64> {
        let mut sums: Vec<Compensated> = b.iter().map(|b| Compensated::of([*b, 0.0])).collect();
        for flow in &self.flows {
            for m in &flow.moves {
                let value = flow.rate * m.weight * x[m.from];
                sums[m.to].add(-value);
                sums[m.from].add(value);
            }
        }
        sums.into_iter().map(Compensated::value).collect()
    }

    /// Calls `each` with every transition of one bath that exchanges a quantum, and its rate times sign.
    pub fn exchange_into(&self, bath: usize, sign: f64, each: &mut dyn FnMut(&Move, f64)) {
        let Some(bath) = self.baths.get(bath) else { return };
        for flow in self.flows.iter().filter(|flow| flow.coupling == bath.coupling) {
            let rate = match flow.process {
                Process::Absorption => bath.up,
                Process::Emission => sign * bath.down,
                Process::Dephasing => 0.0,
            };
            if rate != 0.0 {
                flow.moves.iter().for_each(|m| each(m, rate));
            }
        }
    }
}
