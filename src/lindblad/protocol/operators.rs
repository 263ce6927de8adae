//! What stays of the generator while rates change: the moves of each channel, times what they are multiplied by.

use super::block::{Block, Term, combine, pair};
use super::factors::{Factor, Factors, Follow, NODES};
use super::streams::{Room, Stream, Streams};
use crate::bath::{Coupling, Process};
use crate::lindblad::ladder::{LadderGenerator, Move};
use crate::model::Rates;
use crate::model::protocol::{Entry, Stage, absorbed};
use crate::vectorized::{dot, vectorized};

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
        Factors::over_a_step(at, sizes).map(|orders| self.of_orders(orders))
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

    /// A first term, like this block.
    pub fn term(&self, block: &Block) -> Term {
        let overlaps = if block.sums.is_empty() { 0 } else { (1 + self.flows.len()) * block.lanes() };
        Term { block: block.clone(), overlaps: vec![0.0; overlaps] }
    }

    /// Where sums of terms are made.
    pub fn room(&self) -> Room {
        self.streams.room(self.flows.len())
    }

    /// Finds the overlaps of a term, once its block is known.
    pub fn weigh(&self, term: &mut Term) {
        let Term { block, overlaps } = term;
        if overlaps.is_empty() {
            return;
        }
        vectorized(
            #[inline(always)]
            || {
                let weights = std::iter::once(&self.m).chain(self.flows.iter().map(|flow| &flow.exits));
                for (weights, overlap) in weights.zip(overlaps.chunks_exact_mut(block.lanes())) {
                    let lanes = overlap.iter_mut().enumerate();
                    lanes.for_each(|(lane, overlap)| *overlap = dot::<8>(weights, block.lane(lane)));
                }
            },
        );
    }

    /// `image = scale (sum_m generator_m terms_m + shift terms_0)`, of as many terms as there are.
    pub fn apply(&self, generator: &Generator, scale: f64, terms: &[Term], room: &mut Room, image: &mut Block) {
        vectorized(
            #[inline(always)]
            || self.apply_to(generator, scale, terms, room, image),
        );
    }

    #[inline(always)]
    fn apply_to(&self, generator: &Generator, scale: f64, terms: &[Term], room: &mut Room, image: &mut Block) {
        let Generator { orders, degrees, shift, .. } = generator;
        let held = |((flow, factor), degree): ((_, _), &usize)| (*degree == 0).then_some((flow, factor));
        let of = &terms[0].block;
        for lane in 0..of.lanes() {
            self.stays(generator, scale, terms, lane, image.lane_mut(lane));
            for (flow, factor) in self.flows.iter().zip(&orders[0].flows).zip(degrees).filter_map(held) {
                flow.moves(scale * factor.gain, of.lane(lane), image.lane_mut(lane));
                if let Some(entry) = entry(orders, lane) {
                    flow.moves(scale * factor.first[entry], of.lane(0), image.lane_mut(lane));
                }
            }
            self.changing((generator, scale), (terms, lane), room, image.lane_mut(lane));
        }
        image.sums.iter_mut().zip(&of.sums).for_each(|(out, sum)| *out = scale * shift * sum);
        if !of.sums.is_empty() {
            for (factors, term) in orders.iter().zip(terms) {
                self.sums(factors, scale, term, &mut image.sums);
            }
        }
    }

    /// What leads to no other level, but for losses that change.
    #[inline(always)]
    fn stays(&self, generator: &Generator, scale: f64, terms: &[Term], lane: usize, out: &mut [f64]) {
        let Generator { orders, diagonal, shift, .. } = generator;
        for ((out, d), v) in out.iter_mut().zip(diagonal).zip(terms[0].block.lane(lane)) {
            *out = scale * (d + shift) * v;
        }
        let mut add = |weight: f64, of: &[f64]| {
            for ((out, m), v) in out.iter_mut().zip(&self.m).zip(of) {
                *out += weight * m * v;
            }
        };
        let works = entry(orders, lane) == Some(Entry::Work.index());
        for (order, (Factors { tilt, power, .. }, term)) in orders.iter().zip(terms).enumerate() {
            // At first it is in the diagonal.
            if order > 0 && *tilt != 0.0 {
                add(scale * tilt, term.block.lane(lane));
            }
            if works && *power != 0.0 {
                add(scale * power, term.block.lane(0));
            }
        }
    }

    /// What flows do whose factors change.
    #[inline(always)]
    fn changing(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        room: &mut Room,
        out: &mut [f64],
    ) {
        let Generator { orders, degrees, alike, .. } = generator;
        let follow = orders[0].follow;
        let changes = |flow: &usize| degrees[*flow] > 0;
        let own = |flow: &usize| changes(flow) && alike[*flow].is_none();
        self.combined((generator, scale), (terms, lane), own, |factor| factor.loss, room);
        for flow in (0..self.flows.len()).filter(changes) {
            if let Some(other) = alike[flow] {
                let beyond = scale * orders[0].flows[flow].beyond;
                room.raise(flow, other, beyond, terms[0].block.lane(lane));
            }
        }
        let loses = |stream: &Stream| changes(&stream.flow) && (stream.loses || follow != Follow::Entropy);
        self.streams.add(loses, room, out);
        if follow == Follow::Entropy {
            self.gained((generator, scale), (terms, lane), |factor| factor.gain, room, out);
        }
        if let Some(entry) = entry(orders, lane) {
            self.gained((generator, scale), (terms, 0), |factor| factor.first[entry], room, out);
        }
    }

    /// Adds what flows make of a lane whose factors change, but for losses.
    #[inline(always)]
    fn gained(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        of: impl Fn(&Factor) -> f64,
        room: &mut Room,
        out: &mut [f64],
    ) {
        let Generator { orders, degrees, .. } = generator;
        let gains = |flow: &usize| degrees[*flow] > 0 && orders.iter().any(|order| of(&order.flows[*flow]) != 0.0);
        self.combined((generator, scale), (terms, lane), gains, &of, room);
        self.streams.add(|stream| !stream.loses && gains(&stream.flow), room, out);
    }

    /// What terms add up to, by what each of some flows is multiplied by: two flows at a time.
    #[inline(always)]
    fn combined(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        among: impl Fn(&usize) -> bool,
        of: impl Fn(&Factor) -> f64,
        room: &mut Room,
    ) {
        let orders = &generator.orders;
        let terms = &terms[..orders.len().min(terms.len())];
        let weights = |flow: usize| -> [f64; NODES] {
            std::array::from_fn(|order| orders.get(order).map_or(0.0, |order| scale * of(&order.flows[flow])))
        };
        let mut left = (0..self.flows.len()).filter(|flow| among(flow));
        while let Some(one) = left.next() {
            match left.next() {
                Some(other) => {
                    combine(&[weights(one), weights(other)], terms, lane, room.of([one, other]));
                }
                None => combine(&[weights(one)], terms, lane, room.of([one])),
            }
        }
    }

    /// Adds to the sums what they gain by one term.
    #[inline(always)]
    fn sums(&self, factors: &Factors, scale: f64, term: &Term, sums: &mut [f64]) {
        let lanes = term.block.lanes();
        let work = Entry::Work.index();
        let mut add = |first: &dyn Fn(usize) -> f64, second: &dyn Fn(usize) -> f64, v: &[f64]| match factors.follow {
            Follow::Moments => {
                for a in 0..self.entries {
                    for b in 0..=a {
                        let at = pair(a, b);
                        sums[at] += scale * (first(a) * v[1 + b] + first(b) * v[1 + a] + second(at) * v[0]);
                    }
                }
            }
            _ => {
                for a in 0..self.entries {
                    let first = scale * first(a);
                    sums[a * lanes..][..lanes].iter_mut().zip(v).for_each(|(sum, v)| *sum += first * v);
                }
            }
        };
        let mut overlaps = term.overlaps.chunks_exact(lanes);
        if let Some(of_m) = overlaps.next().filter(|_| factors.power != 0.0) {
            add(&|a| if a == work { factors.power } else { 0.0 }, &|_| 0.0, of_m);
        }
        for ((flow, factor), overlap) in self.flows.iter().zip(&factors.flows).zip(overlaps) {
            if flow.process != Process::Dephasing && !factor.is_zero() {
                add(&|a| factor.first[a], &|at| factor.second[at], overlap);
            }
        }
    }

    /// A quench by so much energy of a quantum, and so much `hbar omega/(k_B T)` where work is weighted.
    pub fn quench(&self, follow: Follow, energy: f64, tilted: f64, block: &mut Block) {
        if energy == 0.0 {
            return;
        }
        let work = Entry::Work.index();
        match follow {
            Follow::Nothing | Follow::Entropy => {}
            Follow::Work { s, .. } => {
                let values = block.values.iter_mut().zip(self.m.iter().cycle());
                values.for_each(|(v, m)| *v *= (-s * tilted * m).exp());
            }
            Follow::Moments => {
                let squares: f64 = self.m.iter().zip(block.lane(0)).map(|(m, p)| (energy * m).powi(2) * p).sum();
                for b in 0..self.entries {
                    let twice = if b == work { 2.0 } else { 1.0 };
                    let with = dot::<8>(&self.m, block.lane(1 + b));
                    block.sums[pair(work, b)] += twice * energy * with;
                }
                block.sums[pair(work, work)] += squares;
                let done: Vec<f64> = self.m.iter().zip(block.lane(0)).map(|(m, p)| energy * m * p).collect();
                block.lane_mut(1 + work).iter_mut().zip(done).for_each(|(v, done)| *v += done);
            }
            Follow::Currents => {
                let lanes = block.lanes();
                for lane in 0..lanes {
                    let done = energy * dot::<8>(&self.m, block.lane(lane));
                    block.sums[work * lanes + lane] += done;
                }
            }
        }
    }
}

impl Flow {
    /// Adds what its moves make of values, times a weight.
    #[inline(always)]
    fn moves(&self, gain: f64, of: &[f64], out: &mut [f64]) {
        if gain == 0.0 {
            return;
        }
        for Run { from, to, weights } in &self.runs {
            let out = out[*to..][..weights.len()].iter_mut();
            let of = weights.iter().zip(&of[*from..][..weights.len()]);
            for (out, (weight, v)) in out.zip(of) {
                *out += gain * weight * v;
            }
        }
    }
}

/// The entry that a lane follows, if it follows one.
fn entry(orders: &[Factors], lane: usize) -> Option<usize> {
    lane.checked_sub(1).filter(|_| orders[0].follow == Follow::Moments)
}
