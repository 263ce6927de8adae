//! What stays of the generator while rates change: the moves of each channel, and what they are multiplied by at a
//! time.

use crate::bath::{Coupling, Process};
use crate::lindblad::ladder::{LadderGenerator, Move};
use crate::lindblad::vectorized::vectorized;
use crate::model::Rates;
use crate::model::protocol::{Entry, Stage, absorbed};

/// What is followed beside the probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Follow {
    /// Nothing: each lane is a vector of its own.
    Nothing,
    /// The first lane is p, the others are `m_a(i) = E[a; the path is in i]` of every entry a; the sums are `E[a b]`.
    Moments,
    /// Each lane is a vector y of its own; the sums are what every entry gains from it on average.
    Currents,
    /// `E[exp(-s W/T); the path is in i]`.
    Work {
        /// s.
        s: f64,
        /// T.
        temperature: f64,
    },
    /// `E[exp(-S); the path is in i]`.
    Entropy,
}

/// Moves of one process of one coupling.
#[derive(Clone, Debug)]
struct Flow {
    coupling: Coupling,
    process: Process,
    moves: Vec<Move>,
    /// The same moves, for one vector alone.
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
    /// M of each level.
    pub m: Vec<f64>,
    entries: usize,
    /// Whether the entropy of every quantum is finite.
    entropy: bool,
}

/// What the moves of each flow are multiplied by.
#[derive(Clone, Debug, PartialEq)]
struct Factor {
    gain: f64,
    loss: f64,
    /// `sum_b r_b a_b` of each entry a, and `sum_b r_b a_b b_b` of each pair.
    first: Vec<f64>,
    second: Vec<f64>,
}

/// All that the moves are multiplied by at a time.
#[derive(Clone, Debug, PartialEq)]
struct Factors {
    flows: Vec<Factor>,
    /// What M p is multiplied by in dp/dt: zero but where work is weighted.
    tilt: f64,
    /// `d(hbar omega)/dt`.
    power: f64,
    follow: Follow,
}

/// The generator at a time, ready to be applied.
#[derive(Clone, Debug)]
pub struct Generator {
    factors: Factors,
    diagonal: Vec<f64>,
    /// The most that a level loses per unit time: added to all, nothing is negative.
    pub shift: f64,
    /// The most that is then passed on per unit time.
    pub passed: f64,
}

/// Vectors over the levels, side by side, and sums that depend on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    lanes: usize,
    /// Level by level.
    pub values: Vec<f64>,
    pub sums: Vec<f64>,
}

impl Block {
    /// No lane is anything yet.
    pub fn zeros(levels: usize, lanes: usize, sums: usize) -> Self {
        Block { lanes, values: vec![0.0; levels * lanes], sums: vec![0.0; sums] }
    }

    /// One lane, over the levels.
    pub fn lane(&self, lane: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(lane).step_by(self.lanes).copied()
    }

    /// Writes one lane.
    pub fn set(&mut self, lane: usize, values: &[f64]) {
        let places = self.values.iter_mut().skip(lane).step_by(self.lanes);
        places.zip(values).for_each(|(place, value)| *place = *value);
    }

    pub fn lanes(&self) -> usize {
        self.lanes
    }
}

/// The place of a pair among all, `b <= a`.
pub fn pair(a: usize, b: usize) -> usize {
    let (a, b) = (a.max(b), a.min(b));
    a * (a + 1) / 2 + b
}

impl Operators {
    /// Those of a ladder of so many baths.
    pub fn new(ladder: &LadderGenerator, entropy: bool) -> Self {
        let levels = ladder.levels.len();
        let flow = |flow: &crate::lindblad::ladder::Flow| {
            let mut exits = vec![0.0; levels];
            flow.moves.iter().for_each(|m| exits[m.from] += m.weight);
            Flow {
                coupling: flow.coupling,
                process: flow.process,
                moves: flow.moves.clone(),
                runs: Run::of(&flow.moves),
                exits,
            }
        };
        Operators {
            flows: ladder.flows.iter().map(flow).collect(),
            m: ladder.levels.iter().map(|level| level.m()).collect(),
            entries: Entry::count(ladder.baths.len()),
            entropy,
        }
    }

    /// The most that a level passes on per unit time at the rates of a ladder, and how many moves there are.
    pub fn pace(&self, ladder: &LadderGenerator) -> (f64, f64) {
        let rates = |level: usize| -> f64 {
            self.flows.iter().zip(&ladder.flows).map(|(flow, of)| of.rate * flow.exits[level]).sum()
        };
        let fastest = (0..self.m.len()).map(rates).fold(0.0, f64::max);
        (fastest, self.flows.iter().map(|flow| flow.moves.len()).sum::<usize>() as f64)
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
            let mut factor = Factor { gain: 0.0, loss: 0.0, first: Vec::new(), second: Vec::new() };
            if counts {
                factor.first.resize(self.entries, 0.0);
                factor.second.resize(pair(self.entries, 0), 0.0);
            }
            let coupled = |bath: &usize| stage.reservoirs[*bath].coupling == flow.coupling;
            for bath in (0..stage.reservoirs.len()).filter(coupled) {
                let Rates { down, up, dephasing } = stage.rates(bath, time);
                let (rate, reverse) = match flow.process {
                    Process::Emission => (down, up),
                    Process::Absorption => (up, down),
                    Process::Dephasing => (dephasing, dephasing),
                };
                factor.loss += rate;
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

    /// The generator at a time of a segment.
    pub fn generator(&self, stage: &Stage, time: f64, follow: Follow) -> Generator {
        let factors = self.factors(stage, time, follow);
        let diagonal = self.diagonal(&factors);
        let shift = diagonal.iter().fold(0.0_f64, |most, d| most.max(-d));
        let passed = |level: usize| {
            let gains: f64 = self.flows.iter().zip(&factors.flows).map(|(flow, f)| f.gain * flow.exits[level]).sum();
            diagonal[level] + shift + gains
        };
        let passed = (0..diagonal.len()).map(passed).fold(0.0, f64::max);
        Generator { factors, diagonal, shift, passed }
    }

    fn diagonal(&self, factors: &Factors) -> Vec<f64> {
        let mut diagonal: Vec<f64> = self.m.iter().map(|m| factors.tilt * m).collect();
        for (flow, factor) in self.flows.iter().zip(&factors.flows).filter(|(_, factor)| factor.loss > 0.0) {
            diagonal.iter_mut().zip(&flow.exits).for_each(|(d, exit)| *d -= factor.loss * exit);
        }
        diagonal
    }

    /// `image = scale (generator + shift) of`.
    pub fn apply(&self, generator: &Generator, scale: f64, of: &Block, image: &mut Block) {
        vectorized(
            #[inline(always)]
            || self.apply_to(generator, scale, of, image),
        );
    }

    #[inline(always)]
    fn apply_to(&self, generator: &Generator, scale: f64, of: &Block, image: &mut Block) {
        let Generator { factors, diagonal, shift, .. } = generator;
        let lanes = of.lanes;
        let moments = factors.follow == Follow::Moments;
        let rows = of.values.chunks_exact(lanes).zip(image.values.chunks_exact_mut(lanes));
        for ((d, m), (v, out)) in diagonal.iter().zip(&self.m).zip(rows) {
            let d = scale * (d + shift);
            out.iter_mut().zip(v).for_each(|(out, v)| *out = d * v);
            if moments {
                out[1 + Entry::Work.index()] += scale * factors.power * m * v[0];
            }
        }
        for (flow, factor) in
            self.flows.iter().zip(&factors.flows).filter(|(_, factor)| factor.loss + factor.gain > 0.0)
        {
            let gain = scale * factor.gain;
            if lanes == 1 {
                for Run { from, to, weights } in &flow.runs {
                    let out = image.values[*to..][..weights.len()].iter_mut();
                    let of = weights.iter().zip(&of.values[*from..][..weights.len()]);
                    out.zip(of).for_each(|(out, (weight, v))| *out += gain * weight * v);
                }
                continue;
            }
            for m in &flow.moves {
                let v = &of.values[m.from * lanes..][..lanes];
                let out = &mut image.values[m.to * lanes..][..lanes];
                let through = gain * m.weight;
                out.iter_mut().zip(v).for_each(|(out, v)| *out += through * v);
                if moments {
                    let through = scale * m.weight * v[0];
                    out[1..].iter_mut().zip(&factor.first).for_each(|(out, first)| *out += through * first);
                }
            }
        }
        if !of.sums.is_empty() {
            image.sums.iter_mut().zip(&of.sums).for_each(|(out, sum)| *out = scale * shift * sum);
            self.sums(factors, scale, of, &mut image.sums);
        }
    }

    /// Adds to the sums what they gain.
    #[inline(always)]
    fn sums(&self, factors: &Factors, scale: f64, of: &Block, sums: &mut [f64]) {
        let lanes = of.lanes;
        let work = Entry::Work.index();
        let overlap = |weights: &[f64]| {
            let mut overlap = vec![0.0; lanes];
            for (weight, v) in weights.iter().zip(of.values.chunks_exact(lanes)) {
                overlap.iter_mut().zip(v).for_each(|(sum, v)| *sum += weight * v);
            }
            overlap.iter_mut().for_each(|sum| *sum *= scale);
            overlap
        };
        let mut add = |first: &dyn Fn(usize) -> f64, second: &dyn Fn(usize) -> f64, v: &[f64]| match factors.follow {
            Follow::Moments => {
                for a in 0..self.entries {
                    for b in 0..=a {
                        let at = pair(a, b);
                        sums[at] += first(a) * v[1 + b] + first(b) * v[1 + a] + second(at) * v[0];
                    }
                }
            }
            _ => {
                for a in 0..self.entries {
                    sums[a * lanes..][..lanes].iter_mut().zip(v).for_each(|(sum, v)| *sum += first(a) * v);
                }
            }
        };
        if factors.power != 0.0 {
            let first = |a: usize| if a == work { factors.power } else { 0.0 };
            add(&first, &|_| 0.0, &overlap(&self.m));
        }
        let counted = self
            .flows
            .iter()
            .zip(&factors.flows)
            .filter(|(flow, factor)| flow.process != Process::Dephasing && factor.loss > 0.0);
        for (flow, factor) in counted {
            add(&|a| factor.first[a], &|at| factor.second[at], &overlap(&flow.exits));
        }
    }

    /// A quench by so much energy of a quantum, and so much `hbar omega/(k_B T)` where work is weighted.
    pub fn quench(&self, follow: Follow, energy: f64, tilted: f64, block: &mut Block) {
        if energy == 0.0 {
            return;
        }
        let (lanes, work) = (block.lanes, Entry::Work.index());
        match follow {
            Follow::Nothing | Follow::Entropy => {}
            Follow::Work { s, .. } => {
                for (m, v) in self.m.iter().zip(block.values.chunks_exact_mut(lanes)) {
                    let factor = (-s * tilted * m).exp();
                    v.iter_mut().for_each(|v| *v *= factor);
                }
            }
            Follow::Moments => {
                for (m, v) in self.m.iter().zip(block.values.chunks_exact_mut(lanes)) {
                    let done = energy * m;
                    for b in 0..self.entries {
                        let twice = if b == work { 2.0 } else { 1.0 };
                        block.sums[pair(work, b)] += twice * done * v[1 + b];
                    }
                    block.sums[pair(work, work)] += done * done * v[0];
                    v[1 + work] += done * v[0];
                }
            }
            Follow::Currents => {
                for (m, v) in self.m.iter().zip(block.values.chunks_exact(lanes)) {
                    let sums = &mut block.sums[work * lanes..][..lanes];
                    sums.iter_mut().zip(v).for_each(|(sum, v)| *sum += energy * m * v);
                }
            }
        }
    }
}
