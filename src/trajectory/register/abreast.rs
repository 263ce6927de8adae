//! Trajectories side by side: those with as many excited qubits take their steps together, as many as there are lanes.
//!
//! Each has its own draws and its own wait, and is the same to the last bit whoever is beside it. In a block that moves in
//! its eigenbasis, or has one state, each goes alone.

use aligned_vec::AVec;
use num_complex::Complex64;
use rand::RngExt;

use super::operators::Measured;
use super::{FORESIGHT, RegisterState, Registers, Start, TOLERANCE, Waiting};
use crate::bath::{Coupling, Process};
use crate::initial::InitialState;
use crate::model::RegisterValues;
use crate::trajectory::lanes::{Amplitudes, LANES, NONE, Numbers, pack, unpack};
use crate::trajectory::propagation::abreast::Abreast;
use crate::trajectory::propagation::{Wait, normalize, numbers_mut};
use crate::trajectory::{Change, Jump, Recorder, Run, average};

/// How many are on their way at a time: enough to fill lanes in several blocks.
const WALKERS: usize = 64;
/// How many are best run at once, so that most of the time so many are on their way.
const RUNS: usize = 4 * WALKERS;
/// The fewest qubits and the most: those of a few move in eigenbases, and the series of eight states of many fit into no
/// cache.
const QUBITS: std::ops::RangeInclusive<usize> = 5..=14;

/// One of the trajectories.
struct Walker<'a, 'b> {
    run: &'a mut Run<'b, RegisterValues>,
    block: usize,
    psi: AVec<Complex64>,
    waiting: Waiting,
    now: f64,
    /// The next sample, and when the last was.
    next: usize,
    sampled: f64,
    /// A jump that recorders are to be told of, once the values after it are known.
    jumped: Option<Jump>,
}

/// What trajectories in one block take their steps with.
struct Rank {
    steps: Abreast,
    psi: Vec<Amplitudes>,
    image: Vec<Amplitudes>,
    lowered: Vec<Amplitudes>,
    raised: Vec<Amplitudes>,
    /// Room for the state of one that goes alone, and for looks at one of them.
    alone: RegisterState,
}

/// Steps of states side by side.
struct Strides {
    block: usize,
    /// What is known at their starts, at their looks and at their ends.
    at_start: [Measured; LANES],
    seen: [Measured; LANES],
    at_end: [Measured; LANES],
    /// The part of each, drawn evenly, after which it was looked at.
    parts: Numbers,
    /// How far each reaches, and what ends it.
    reaches: Numbers,
    outcomes: [Wait; LANES],
}

impl Strides {
    fn length(&self, lane: usize) -> f64 {
        match self.outcomes[lane] {
            Wait::Jump(time) => time,
            Wait::Survived(_) => self.reaches[lane],
        }
    }

    /// When each was looked at, after its start.
    fn look(&self, lane: usize) -> f64 {
        self.parts[lane] * self.length(lane)
    }
}

impl Rank {
    fn new(engine: &Registers) -> Self {
        let largest = engine.operators.space.largest_dimension();
        let empty = || vec![NONE; largest];
        Rank {
            steps: Abreast::new(largest),
            psi: empty(),
            image: empty(),
            lowered: empty(),
            raised: empty(),
            alone: engine.holding(0, aligned_vec::avec![Complex64::ZERO; largest]),
        }
    }
}

impl Registers {
    /// How many trajectories are best run at once, where they go side by side.
    #[must_use]
    pub fn abreast(&self) -> Option<usize> {
        Self::runs(self.operators.space.qubits(), self.operators.space.is_whole())
    }

    /// The same of so many qubits; `whole` where a state spreads over all 2^N.
    pub(in crate::trajectory) fn runs(number: usize, whole: bool) -> Option<usize> {
        (!whole && QUBITS.contains(&number)).then_some(RUNS)
    }

    /// Runs trajectories side by side; false where they were interrupted.
    pub(super) fn run_abreast(
        &self,
        initial: &InitialState,
        times: &[f64],
        runs: &mut [Run<'_, RegisterValues>],
    ) -> bool {
        let start = Start::new(initial, self.operators.space.qubits());
        let mut rank = Rank::new(self);
        let mut coming = runs.iter_mut();
        let mut walkers: Vec<Walker> = Vec::with_capacity(WALKERS);
        let (mut in_block, mut there) = (vec![0; self.operators.space.blocks()], Vec::with_capacity(WALKERS));
        loop {
            walkers.retain(|walker| walker.next < times.len());
            while let Some(run) = (walkers.len() < WALKERS).then(|| coming.next()).flatten() {
                walkers.push(self.walker(&start, times, run, &mut rank.alone));
            }
            if walkers.iter().any(|walker| walker.run.record.interrupted()) {
                return false;
            }
            in_block.fill(0);
            walkers.iter().for_each(|walker| in_block[walker.block] += 1);
            let crowd = in_block.iter().enumerate().max_by_key(|(_, count)| **count);
            let Some((block, _)) = crowd.filter(|(_, count)| **count > 0) else { break };
            there.clear();
            there.extend((0..walkers.len()).filter(|at| walkers[*at].block == block));
            if self.goes_alone(block) {
                there.iter().for_each(|at| self.go_alone(&mut rank.alone, &mut walkers[*at], times));
                continue;
            }
            // Those whose waits are about as long need about as many terms.
            there.sort_by(|a, b| walkers[*a].waiting.exponent.total_cmp(&walkers[*b].waiting.exponent));
            let full = there.len() / LANES * LANES;
            let groups = if full > 0 { &there[..full] } else { &there[..] };
            groups.chunks(LANES).for_each(|group| self.step_abreast(&mut rank, group, &mut walkers, times));
        }
        runs.iter().all(|run| !run.record.interrupted())
    }

    fn walker<'a, 'b>(
        &self,
        start: &Start,
        times: &[f64],
        run: &'a mut Run<'b, RegisterValues>,
        alone: &mut RegisterState,
    ) -> Walker<'a, 'b> {
        run.record.clear();
        let (block, psi) = self.draw(start, &mut run.rng);
        let waiting = Waiting::new(&mut run.rng);
        let mut walker = Walker { run, block, psi, waiting, now: 0.0, next: 0, sampled: 0.0, jumped: None };
        self.look_at(alone, &mut walker, |alone, walker| {
            if walker.run.record.books() {
                walker.run.record.begin(&self.sample(&alone.measured, [Complex64::ZERO; 3]));
            }
            self.take_samples(walker, &alone.measured, times);
        });
        walker
    }

    /// Takes the samples that are due, of a state with these values.
    fn take_samples(&self, walker: &mut Walker, measured: &Measured, times: &[f64]) {
        while let Some(time) = times.get(walker.next).filter(|time| **time <= walker.now) {
            let sample = self.sample(measured, [Complex64::ZERO; 3]);
            walker.run.record.sample(walker.next, time - walker.sampled, &sample);
            (walker.sampled, walker.next) = (*time, walker.next + 1);
            if walker.next < times.len() {
                walker.waiting = Waiting::new(&mut walker.run.rng);
            }
        }
    }

    /// Whether a state in a block moves alone.
    fn goes_alone(&self, block: usize) -> bool {
        self.modes[block].is_some() || self.operators.space.dimension(block) == 1
    }

    /// Measures a state by itself, and tells of the jump that led there; what is there while that is done.
    fn look_at(
        &self,
        alone: &mut RegisterState,
        walker: &mut Walker,
        meanwhile: impl FnOnce(&mut RegisterState, &mut Walker),
    ) {
        std::mem::swap(&mut alone.psi, &mut walker.psi);
        alone.block = walker.block;
        self.measure(alone);
        if let Some(jump) = walker.jumped.take() {
            walker.run.record.jump(walker.now, jump, &alone.measured.values);
        }
        meanwhile(alone, walker);
        std::mem::swap(&mut alone.psi, &mut walker.psi);
    }

    /// Goes on until a jump leads to where others may be beside it.
    fn go_alone(&self, alone: &mut RegisterState, walker: &mut Walker, times: &[f64]) {
        self.look_at(alone, walker, |alone, walker| {
            while self.goes_alone(walker.block) && walker.next < times.len() {
                let until = (&mut walker.now, times[walker.next]);
                let Run { rng, record } = &mut *walker.run;
                if !self.stride(alone, &mut walker.waiting, until, rng, *record) {
                    return;
                }
                walker.block = alone.block;
                self.take_samples(walker, &alone.measured, times);
            }
        });
    }

    /// Takes a step of some in one block, and goes the jumps that end it.
    fn step_abreast(&self, rank: &mut Rank, group: &[usize], walkers: &mut [Walker], times: &[f64]) {
        let Some(strides) = self.strides(rank, group, walkers, times) else { return };
        for (lane, at) in group.iter().enumerate() {
            self.tell(rank, &strides, lane, &mut walkers[*at]);
            self.arrive(rank, &strides, lane, &mut walkers[*at], times);
        }
    }

    /// Moves some in one block by a step each, up to its jump or to what is asked for next; tells of the jumps that led to
    /// its start. `None` where they are interrupted.
    fn strides(&self, rank: &mut Rank, group: &[usize], walkers: &mut [Walker], times: &[f64]) -> Option<Strides> {
        let operators = &self.operators;
        let (block, bound) = (walkers[group[0]].block, operators.norm_bound);
        let d = operators.space.dimension(block);
        let Rank { steps, psi, image, lowered, raised, .. } = rank;
        let (psi, image) = (&mut psi[..d], &mut image[..d]);
        pack(psi, &group.iter().enumerate().map(|(lane, at)| (lane, &walkers[*at].psi[..d])));
        let at_start = operators.measure_lanes(block, psi, (lowered, raised));
        operators.image_of_lanes(block, psi, operators.half(block, (lowered, raised)), image);

        let (mut rates, mut horizons) = ([0.0; LANES], [0.0; LANES]);
        let (mut exponents, mut tolerances) = ([f64::INFINITY; LANES], [TOLERANCE; LANES]);
        for (lane, at) in group.iter().enumerate() {
            let walker = &mut walkers[*at];
            if let Some(jump) = walker.jumped.take() {
                walker.run.record.jump(walker.now, jump, &at_start[lane].values);
            }
            let (rate, exponent) = (operators.rate(&at_start[lane]), walker.waiting.exponent);
            let limit = times[walker.next] - walker.now;
            (rates[lane], exponents[lane]) = (rate, exponent);
            horizons[lane] = if rate > 0.0 { limit.min(FORESIGHT * exponent / rate) } else { limit };
            tolerances[lane] = TOLERANCE * (-0.5 * exponent).exp();
        }
        let interrupted = || group.iter().any(|at| walkers[*at].run.record.interrupted());
        steps.begin((psi, image), &rates, bound, &horizons);
        let apply = |x: &[Amplitudes], y: &mut [Amplitudes]| operators.apply_lanes(block, x, lowered, y);
        let reaches = steps.grow(&tolerances, bound, apply, interrupted);
        if interrupted() {
            return None;
        }
        let outcomes = steps.wait(&exponents, &reaches, psi);
        let (seen, at_end, parts) = (at_start, at_start, [0.0; LANES]);
        let mut strides = Strides { block, at_start, seen, at_end, parts, reaches, outcomes };
        // Where all are as they were, so are their images; elsewhere values change on the way.
        if !steps.are_stationary() {
            for (lane, at) in group.iter().enumerate().filter(|(lane, _)| !steps.is_stationary(*lane)) {
                strides.parts[lane] = walkers[*at].run.rng.random::<f64>();
            }
            steps.write(&std::array::from_fn(|lane| strides.look(lane)), image);
            strides.seen = operators.measure_lanes(block, image, (lowered, raised));
            let at_end = operators.measure_lanes(block, psi, (lowered, raised));
            for (lane, end) in strides.at_end.iter_mut().enumerate().filter(|(lane, _)| !steps.is_stationary(*lane)) {
                *end = at_end[lane];
            }
        }
        Some(strides)
    }

    /// Tells of the dwell of one of them.
    fn tell(&self, rank: &mut Rank, strides: &Strides, lane: usize, walker: &mut Walker) {
        let Rank { steps, alone, .. } = rank;
        let (start, duration) = (walker.now, strides.length(lane));
        let (ends, seen) = ((strides.at_start[lane].values, strides.at_end[lane].values), strides.seen[lane].values);
        let record = &mut *walker.run.record;
        if steps.is_stationary(lane) {
            return record.dwell(start, duration, &ends.0, &ends.0);
        }
        let between = Some((strides.look(lane), seen));
        let change = Change { start, duration, turning: steps.turning(lane), ends, between, most: None };
        let at = |time| {
            if time == 0.0 {
                return ends.0;
            }
            let state = &mut alone.image[..self.operators.space.dimension(strides.block)];
            steps.write_one(lane, time, state);
            self.operators.measure(strides.block, state, &mut alone.scratch, &mut alone.probe).values
        };
        record.varying(&change, &average(&ends, strides.parts[lane], &seen), at);
    }

    /// Ends the step of one of them: goes its jump, or takes the sample that it came to.
    fn arrive(&self, rank: &mut Rank, strides: &Strides, lane: usize, walker: &mut Walker, times: &[f64]) {
        let (time, until) = (strides.length(lane), times[walker.next]);
        walker.now = if time >= until - walker.now { until } else { walker.now + time };
        match strides.outcomes[lane] {
            Wait::Survived(log) => {
                walker.waiting.survives(log, time);
                let d = self.operators.space.dimension(strides.block);
                unpack(&rank.psi, lane, &mut walker.psi[..d]);
                self.take_samples(walker, &strides.at_end[lane], times);
            }
            Wait::Jump(_) => {
                self.jump_abreast(rank, walker, &strides.at_end[lane], lane);
                walker.waiting = Waiting::new(&mut walker.run.rng);
                if walker.now >= until {
                    self.look_at(&mut rank.alone, walker, |alone, walker| {
                        self.take_samples(walker, &alone.measured, times);
                    });
                }
            }
        }
    }

    /// Goes the jump of one of the lanes, whose images are at hand.
    fn jump_abreast(&self, rank: &mut Rank, walker: &mut Walker, measured: &Measured, lane: usize) {
        let operators = &self.operators;
        let Rank { psi, lowered, raised, alone, .. } = rank;
        let d = operators.space.dimension(walker.block);
        let channel = operators.channel(measured, &mut walker.run.rng);
        let leads = channel.and_then(|channel| Some((channel, operators.beside(walker.block, channel)?)));
        let Some((channel, to)) = leads else {
            return unpack(psi, lane, &mut walker.psi[..d]);
        };
        let there = operators.space.dimension(to);
        match (channel.coupling, channel.process) {
            (Coupling::Collective, Process::Emission) => unpack(lowered, lane, &mut walker.psi[..there]),
            (Coupling::Collective, Process::Absorption) => unpack(raised, lane, &mut walker.psi[..there]),
            _ => {
                unpack(psi, lane, &mut walker.psi[..d]);
                let Walker { run, psi, block, .. } = walker;
                operators.fire(channel, (*block, to), psi, &mut alone.image, &mut run.rng);
            }
        }
        normalize(numbers_mut(&mut walker.psi[..there]));
        walker.block = to;
        walker.jumped = Some(Jump { bath: channel.bath, process: channel.process });
    }
}
