//! What stays of the generator while rates change: the moves of each channel, times what they are multiplied by.

mod applied;

use super::block::{Block, pair};
use super::factors::{Factor, Factors, Follow};
use super::streams::Streams;
use crate::bath::{Coupling, Process};
use crate::lindblad::ladder::{LadderGenerator, Move};
use crate::model::protocol::{Entry, Stage, absorbed};
use crate::model::{Rates, Reservoir};

/// Moves of one process of one coupling.
#[derive(Clone, Debug)]
struct Flow {
    coupling: Coupling,
    process: Process,
    runs: Vec<Run>,
    /// The weights of all moves out of each level.
    exits: Vec<f64>,
}

/// Moves from successive levels to successive levels, which a processor makes several at a time.
#[derive(Clone, Debug)]
struct Run {
    from: usize,
    to: usize,
    weights: Vec<f64>,
}

impl Run {
    fn of(moves: &[Move]) -> Vec<Run> {
        let mut sorted = moves.to_vec();
        let leap = |m: &Move| m.to as i64 - m.from as i64;
        sorted.sort_by_key(|m| (leap(m), m.from));
        let runs = sorted.chunk_by(|a, b| leap(a) == leap(b) && a.from + 1 == b.from);
        let run = |moves: &[Move]| Run {
            from: moves[0].from,
            to: moves[0].to,
            weights: moves.iter().map(|m| m.weight).collect(),
        };
        runs.map(run).collect()
    }
}

/// The levels and the moves between them.
#[derive(Clone, Debug)]
pub struct Operators {
    flows: Vec<Flow>,
    /// The same, sector by sector.
    streams: Streams,
    /// M of each level.
    pub m: Vec<f64>,
    entries: usize,
    /// Whether the entropy of every quantum is finite.
    entropy: bool,
    /// What all rates are multiplied by.
    pace: f64,
}

/// The generator over a step, ready to be applied: in powers of the part s of the step that is over. Where nothing
/// changes there is one.
#[derive(Clone, Debug)]
pub struct Generator {
    orders: Vec<Factors>,
    /// Up to which power each flow goes.
    degrees: Vec<usize>,
    /// The flow that loses as each does, but for what does not change.
    alike: Vec<Option<usize>>,
    /// What of the diagonal belongs to what does not change.
    diagonal: Vec<f64>,
    /// The most that a level loses per unit time at first: added to all, nothing is negative then.
    pub shift: f64,
    /// The most that is then passed on per unit time, power by power.
    pub passed: Vec<f64>,
}

impl Operators {
    /// Those of a ladder of so many baths.
    pub fn new(ladder: &LadderGenerator, entropy: bool) -> Self {
        let levels = ladder.levels.len();
        let flow = |flow: &crate::lindblad::ladder::Flow| {
            let mut exits = vec![0.0; levels];
            flow.moves.iter().for_each(|m| exits[m.from] += m.weight);
            Flow { coupling: flow.coupling, process: flow.process, runs: Run::of(&flow.moves), exits }
        };
        Operators {
            flows: ladder.flows.iter().map(flow).collect(),
            streams: Streams::new(ladder),
            m: ladder.levels.iter().map(|level| level.m()).collect(),
            entries: Entry::count(ladder.baths.len()),
            entropy,
            pace: 1.0,
        }
    }

    /// The same at rates so many times as large.
    pub fn at_pace(&self, pace: f64) -> Self {
        Operators { pace, ..self.clone() }
    }

    /// The most that a level passes on per unit time at the rates of a ladder, and how many moves there are.
    pub fn pace(&self, ladder: &LadderGenerator) -> (f64, f64) {
        let rates = |level: usize| -> f64 {
            self.flows.iter().zip(&ladder.flows).map(|(flow, of)| of.rate * flow.exits[level]).sum()
        };
        let fastest = (0..self.m.len()).map(rates).fold(0.0, f64::max);
        (fastest, ladder.flows.iter().map(|flow| flow.moves.len()).sum::<usize>() as f64)
    }

    /// The block that a vector is followed in from the start.
    pub fn block(&self, follow: Follow, lanes: usize) -> Block {
        let levels = self.m.len();
        match follow {
            Follow::Moments => Block::zeros(levels, 1 + self.entries, pair(self.entries, 0)),
            Follow::Currents => Block::zeros(levels, lanes, self.entries * lanes),
            Follow::Nothing | Follow::Work { .. } | Follow::Entropy => Block::zeros(levels, lanes, 0),
        }
    }

    /// What moves are multiplied by at a time of a segment.
    fn factors(&self, stage: &Stage, time: f64, follow: Follow) -> Factors {
        let slope = stage.frequency.slope(time);
        let counts = matches!(follow, Follow::Moments | Follow::Currents);
        let factor = |flow: &Flow| {
            let mut factor = Factor { gain: 0.0, loss: 0.0, beyond: 0.0, first: Vec::new(), second: Vec::new() };
            if counts {
                factor.first.resize(self.entries, 0.0);
                factor.second.resize(pair(self.entries, 0), 0.0);
            }
            let coupled = |bath: &usize| stage.reservoirs[*bath].coupling == flow.coupling;
            for bath in (0..stage.reservoirs.len()).filter(coupled) {
                let Rates { down, up, dephasing } = stage.rates(bath, time);
                let [down, up, dephasing] = [down, up, dephasing].map(|rate| rate * self.pace);
                let (rate, reverse) = match flow.process {
                    Process::Emission => (down, up),
                    Process::Absorption => (up, down),
                    Process::Dephasing => (dephasing, dephasing),
                };
                factor.loss += rate;
                factor.beyond += if flow.process == Process::Emission { rate - reverse } else { 0.0 };
                // exp(-S) of a quantum is the quotient of its rate and that of its reverse.
                factor.gain += if follow == Follow::Entropy { reverse } else { rate };
                let quanta = absorbed(flow.process);
                if counts && rate > 0.0 && quanta != 0.0 {
                    let carried = (stage.quantum(time), stage.entropy_of_quantum(bath, time));
                    self.book(&mut factor, bath, rate, quanta, carried);
                }
            }
            factor
        };
        let tilt = match follow {
            Follow::Work { s, temperature } => -s * stage.units().energy_over_temperature(slope, temperature),
            _ => 0.0,
        };
        Factors { flows: self.flows.iter().map(factor).collect(), tilt, power: stage.units().quantum(slope), follow }
    }

    /// Adds what jumps of one bath add to the entries.
    fn book(&self, factor: &mut Factor, bath: usize, rate: f64, quanta: f64, (energy, entropy): (f64, f64)) {
        let mut of = [
            (Entry::Entropy.index(), if self.entropy { -quanta * entropy } else { 0.0 }),
            (Entry::Heat(bath).index(), quanta * energy),
            (Entry::Quanta(bath).index(), quanta),
        ];
        of.sort_by_key(|(index, _)| *index);
        for (place, (a, of_a)) in of.iter().enumerate() {
            factor.first[*a] += rate * of_a;
            for (b, of_b) in &of[..=place] {
                factor.second[pair(*a, *b)] += rate * of_a * of_b;
            }
        }
    }

    /// The generator of a segment in which nothing changes.
    pub fn generator(&self, stage: &Stage, follow: Follow) -> Generator {
        self.of_orders(vec![self.factors(stage, 0.0, follow)])
    }

    /// How large factors are in a segment, beside which what is known of them is judged.
    pub fn sizes(&self, stage: &Stage, follow: Follow) -> Vec<f64> {
        const LOOKS: usize = 16;
        let mut corners = vec![0.0];
        corners.extend(stage.knots());
        corners.push(stage.duration);
        let looks = corners.windows(2).flat_map(|ends| {
            let [from, until] = [ends[0], ends[1]];
            (0..=LOOKS).map(move |look| from + (until - from) * look as f64 / LOOKS as f64)
        });
        let seen: Vec<Factors> = looks.map(|time| self.factors(stage, time, follow)).collect();
        let kind = |flow: usize| self.flows.iter().position(|other| other.coupling == self.flows[flow].coupling);
        Factors::sizes(&seen, |flow| kind(flow).unwrap_or(flow))
    }

    /// The generator from one time of a segment to another; or how far off it is, where it is not smooth enough.
    pub fn generator_over(
        &self,
        stage: &Stage,
        [from, until]: [f64; 2],
        (follow, sizes): (Follow, &[f64]),
    ) -> Result<Generator, f64> {
        let at = |s: f64| self.factors(stage, from + s * (until - from), follow);
        Factors::over_a_step(at, sizes, rounding(stage)).map(|orders| self.of_orders(orders))
    }

    fn of_orders(&self, orders: Vec<Factors>) -> Generator {
        let degree = |flow: usize| orders.iter().rposition(|order| !order.flows[flow].is_zero()).unwrap_or(0);
        let degrees: Vec<usize> = (0..self.flows.len()).map(degree).collect();
        let diagonal = self.diagonal(&orders[0], |_| true);
        let shift = diagonal.iter().fold(0.0_f64, |most, d| most.max(-d));
        let passed = |level: usize| {
            let flows = self.flows.iter().zip(&orders[0].flows);
            diagonal[level] + shift + flows.map(|(flow, f)| f.gain * flow.exits[level]).sum::<f64>()
        };
        let mut most = vec![(0..diagonal.len()).map(passed).fold(0.0, f64::max)];
        let largest = |of: &[f64]| of.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        most.extend(orders[1..].iter().map(|order| {
            let of_flow = |(flow, f): (&Flow, &Factor)| (f.gain.abs() + f.loss.abs()) * largest(&flow.exits);
            self.flows.iter().zip(&order.flows).map(of_flow).sum::<f64>() + order.tilt.abs() * largest(&self.m)
        }));
        let diagonal = self.diagonal(&orders[0], |flow| degrees[flow] == 0);
        let alike =
            (0..self.flows.len()).map(|flow| self.alike(&orders, flow).filter(|other| degrees[*other] > 0)).collect();
        Generator { orders, degrees, alike, diagonal, shift, passed: most }
    }

    /// The absorption of the same coupling as an emission, where they differ by what does not change.
    fn alike(&self, orders: &[Factors], flow: usize) -> Option<usize> {
        let Flow { coupling, process, .. } = self.flows[flow];
        let stays = orders[1..].iter().all(|order| order.flows[flow].beyond == 0.0);
        let reverse = |other: &Flow| other.coupling == coupling && other.process == Process::Absorption;
        self.flows.iter().position(reverse).filter(|_| stays && process == Process::Emission)
    }

    /// What levels lose by some of the flows, and the tilt.
    fn diagonal(&self, factors: &Factors, of: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut diagonal: Vec<f64> = self.m.iter().map(|m| factors.tilt * m).collect();
        let flows = self.flows.iter().zip(&factors.flows).enumerate();
        for (_, (flow, factor)) in flows.filter(|(index, (_, factor))| of(*index) && factor.loss > 0.0) {
            diagonal.iter_mut().zip(&flow.exits).for_each(|(d, exit)| *d -= factor.loss * exit);
        }
        diagonal
    }
}

/// How well rates are known in a segment: behind a filter, what the rounding of a frequency is of the width of the line.
fn rounding(stage: &Stage) -> f64 {
    let [_, highest] = stage.frequency.range([0.0, stage.duration]);
    let filters = stage.reservoirs.iter().filter_map(Reservoir::filter);
    filters.map(|filter| f64::EPSILON * highest / filter.width()).fold(0.0, f64::max)
}
