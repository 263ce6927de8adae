//! Trajectories of single qubits that go abreast: those in one sector take their steps together, [`LANES`] side by side.
//!
//! Each has its own draws, its own step and its own series; what they share is the looking up of what leads where. So a
//! trajectory is the same to the last bit, whoever is beside it. More take steps at a time than there are lanes: those
//! whose series need more terms than others fill lanes together. A step goes on over samples, which are looks at its series.

use num_complex::Complex64;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::lanes::{Amplitudes, LANES, NONE, correlations_of, pack};
use super::qubits::OneBody;
use super::sector::Sector;
use super::spaces::{ABREAST, SLOTS};
use super::{FORESIGHT, NEARLY_DARK, Products, TOLERANCE, pick};
use crate::initial::ProductStart;
use crate::model::product::{ProductValues, Watched};
use crate::quantity::Sample;
use crate::trajectory::propagation::{
    Beginning, Layout, Propagation, Wait, amplitudes, amplitudes_mut, dot, normalize, numbers, numbers_mut,
};
use crate::trajectory::{Change, Jump, Recorder, Run, average};

/// One of the trajectories.
struct Walker<'a, 'b, const W: usize> {
    run: &'a mut Run<'b, ProductValues<W>>,
    sector: usize,
    psi: Vec<Complex64>,
    now: f64,
    /// What is left of the wait.
    left: f64,
    /// The next sample, and when the last was.
    next: usize,
    sampled: f64,
    /// A jump that recorders are to be told of.
    jumped: Option<(Jump, usize)>,
    /// What is seen of the state, where it was looked at already.
    known: Option<ProductValues<W>>,
}

/// Room for the step of a trajectory.
struct Slot {
    /// Which trajectory takes it.
    walker: Option<usize>,
    propagation: Propagation,
    image: Vec<Complex64>,
    probe: Vec<Complex64>,
    tolerance: f64,
    /// How far the step goes; `None` while its series grows.
    reach: Option<f64>,
    outcome: Wait,
    /// How much of the step recorders were told of.
    told: f64,
    /// How far into the step a sample is due.
    due: Option<f64>,
    /// The part of what is told next after which it was looked at.
    look: f64,
}

/// What the trajectories of one sector take a step with.
struct Rank {
    slots: Vec<Slot>,
    x: Vec<Amplitudes>,
    sums: Vec<Amplitudes>,
    /// The correlations of one state.
    pairs: Vec<Complex64>,
    weights: Vec<f64>,
}

/// Slots that are side by side, lane by lane.
#[derive(Clone, Copy)]
struct Group {
    slots: [usize; LANES],
    taken: usize,
}

impl Group {
    /// Every lane that is taken, with its slot.
    fn lanes(&self) -> impl Iterator<Item = (usize, usize)> + Clone + '_ {
        self.slots[..self.taken].iter().copied().enumerate()
    }
}

impl<const W: usize> Products<W> {
    /// Runs trajectories abreast; false where they were interrupted.
    pub(super) fn run_abreast(
        &self,
        initial: &ProductStart,
        times: &[f64],
        runs: &mut [Run<'_, ProductValues<W>>],
    ) -> bool {
        let mut rank = Rank::new(self);
        for runs in runs.chunks_mut(ABREAST) {
            let mut walkers: Vec<_> = runs.iter_mut().map(|run| self.walker(initial, run)).collect();
            while let Some(sector) = most_crowded(&walkers, times) {
                if walkers.iter().any(|walker| walker.run.record.interrupted()) {
                    return false;
                }
                rank.enter(&walkers, sector, times);
                self.step(&mut rank, &mut walkers, self.sector(sector), times);
            }
        }
        runs.iter().all(|run| !run.record.interrupted())
    }

    fn walker<'a, 'b>(&self, initial: &ProductStart, run: &'a mut Run<'b, ProductValues<W>>) -> Walker<'a, 'b, W> {
        run.record.clear();
        let (sector, psi) = self.drawn(initial, &mut run.rng);
        let left = Exp1.sample(&mut run.rng);
        Walker { run, sector, psi, now: 0.0, left, next: 0, sampled: 0.0, jumped: None, known: None }
    }

    /// What is watched in what is side by side, but for what neither recorders are told of nor correlations tell; leaves the
    /// correlations behind.
    fn see(&self, rank: &mut Rank, sector: &Sector) -> [ProductValues<W>; LANES] {
        rank.correlate(sector);
        let mut values = [ProductValues::default(); LANES];
        for (place, ((operator, size), of_pairs)) in sector.watched.iter().zip(&self.of_pairs).enumerate() {
            let means = match of_pairs {
                Some(one) => one.means_of_lanes(&rank.sums),
                None if place < self.followed => operator.means_of_lanes(&rank.x[..sector.dimension], *size),
                None => continue,
            };
            values.iter_mut().zip(means).for_each(|(values, mean)| values.0[place] = mean);
        }
        values
    }

    /// The same of one state with all that is watched.
    fn complete(&self, sector: &Sector, psi: &[Complex64], seen: &ProductValues<W>) -> ProductValues<W> {
        let mut all = *seen;
        for (place, (operator, size)) in sector.watched.iter().enumerate().skip(self.followed) {
            if self.of_pairs[place].is_none() {
                all.0[place] = operator.mean(psi, *size);
            }
        }
        all
    }

    /// What recorders are told of within dwells and after jumps.
    fn told(&self, seen: &ProductValues<W>) -> ProductValues<W> {
        let mut told = *seen;
        told.0[self.followed..].fill(0.0);
        told
    }

    /// Takes a step of those in the slots, which are in one sector.
    fn step(&self, rank: &mut Rank, walkers: &mut [Walker<W>], sector: &Sector, times: &[f64]) {
        let d = sector.dimension;
        let mut from = 0;
        while let Some(group) = rank.next_group(&mut from, |slot| slot.walker.is_some()) {
            rank.pack(&group, d, |slot| Some(&walkers[slot.walker?].psi[..d]));
            self.arrive(rank, &group, walkers, sector, times);
            rank.images(&group, sector);
            for (_, slot) in group.lanes() {
                let slot = &mut rank.slots[slot];
                let Some(walker) = slot.walker.map(|at| &walkers[at]) else { continue };
                slot.begin(walker, sector, times[times.len() - 1] - walker.now);
            }
        }
        while rank.grow(sector) {}
        for slot in &mut rank.slots {
            let Some(walker) = slot.walker.map(|at| &mut walkers[at]) else { continue };
            slot.wait(walker, d);
        }
        // Samples are looks at the series: a step is as long as without them.
        let is_due = |slot: &Slot| slot.due.is_some();
        while rank.find_due(walkers, times) {
            let mut from = 0;
            while let Some(group) = rank.next_group(&mut from, is_due) {
                self.sample(rank, &group, walkers, sector, times);
            }
        }
        let mut from = 0;
        while let Some(group) = rank.next_group(&mut from, |slot| slot.walker.is_some()) {
            self.tell(rank, &group, walkers, sector, times);
        }
    }

    /// Tells of the jumps that led here, and takes the samples that are due.
    fn arrive(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], sector: &Sector, times: &[f64]) {
        let d = sector.dimension;
        let mut there = group.lanes().filter_map(|(_, slot)| rank.slots[slot].walker);
        let unknown = there.any(|at| walkers[at].known.is_none());
        let seen = if unknown { self.see(rank, sector) } else { [ProductValues::default(); LANES] };
        for ((_, slot), seen) in group.lanes().zip(seen) {
            let slot = &mut rank.slots[slot];
            let Some(walker) = slot.walker.map(|at| &mut walkers[at]) else { continue };
            let seen = *walker.known.get_or_insert(seen);
            let all = || Sample { values: self.complete(sector, &walker.psi[..d], &seen), transverse: None };
            let record = &mut walker.run.record;
            if walker.next == 0 && walker.now == 0.0 && record.books() {
                record.begin(&all());
            }
            if let Some((jump, mark)) = walker.jumped.take() {
                record.marked(jump, mark);
                record.jump(walker.now, jump, &self.told(&seen));
            }
            while times.get(walker.next).is_some_and(|time| *time <= walker.now) {
                let time = times[walker.next];
                record.sample(walker.next, time - walker.sampled, &all());
                (walker.sampled, walker.next) = (time, walker.next + 1);
            }
            if walker.next == times.len() {
                slot.walker = None;
            }
        }
    }

    /// Looks at a random time of what is told next of each step, which lasts until what `until` says.
    fn look(
        &self,
        rank: &mut Rank,
        group: &Group,
        walkers: &mut [Walker<W>],
        sector: &Sector,
        until: impl Fn(&Slot) -> f64,
    ) -> [ProductValues<W>; LANES] {
        let d = sector.dimension;
        if self.followed == 0 {
            return [ProductValues::default(); LANES];
        }
        for (_, slot) in group.lanes() {
            let slot = &mut rank.slots[slot];
            let Some(walker) = slot.walker.map(|at| &mut walkers[at]) else { continue };
            if !slot.propagation.is_stationary() {
                slot.look = walker.run.rng.random::<f64>();
            }
            let at = slot.told + slot.look * (until(slot) - slot.told);
            slot.propagation.write(at, numbers_mut(&mut slot.image[..d]));
        }
        rank.pack(group, d, |slot| slot.walker.map(|_| &slot.image[..d]));
        self.see(rank, sector)
    }

    /// Tells of what of a step was not told yet, up to `until`, where `end` is seen, of what was seen within as `look`.
    fn dwell(
        &self,
        slot: &mut Slot,
        walker: &mut Walker<W>,
        sector: &Sector,
        until: f64,
        (look, end): (&ProductValues<W>, &ProductValues<W>),
    ) {
        let Slot { propagation, told, image, look: part, .. } = slot;
        let record = &mut walker.run.record;
        let (from, duration) = (*told, until - *told);
        let start = walker.now + from;
        let at_start = walker.known.unwrap_or_default();
        let at_end = if propagation.is_stationary() { at_start } else { *end };
        let ends = (self.told(&at_start), self.told(&at_end));
        if self.followed > 0 && !propagation.is_stationary() {
            let seen = self.told(look);
            record.dwell(start, duration, &ends.0, &average(&ends, *part, &seen));
            let between = Some((*part * duration, seen));
            let change = Change { start, duration, turning: propagation.turning(), ends, between };
            let scratch = &mut image[..sector.dimension];
            record.change(&change, |time| {
                propagation.write(from + time, numbers_mut(scratch));
                self.followed(sector, scratch)
            });
        } else {
            record.dwell(start, duration, &ends.0, &ends.0);
        }
        (*told, walker.known) = (until, Some(at_end));
    }

    /// Takes the samples that are due within steps.
    fn sample(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], sector: &Sector, times: &[f64]) {
        let d = sector.dimension;
        let looks = self.look(rank, group, walkers, sector, |slot| slot.due.unwrap_or(slot.told));
        for (_, slot) in group.lanes() {
            let Slot { due, propagation, probe, .. } = &mut rank.slots[slot];
            propagation.write(due.unwrap_or(0.0), numbers_mut(&mut probe[..d]));
        }
        rank.pack(group, d, |slot| slot.walker.map(|_| &slot.probe[..d]));
        let ends = self.see(rank, sector);
        for ((_, slot), seen) in group.lanes().zip(looks.iter().zip(&ends)) {
            let slot = &mut rank.slots[slot];
            let (Some(walker), Some(due)) = (slot.walker.map(|at| &mut walkers[at]), slot.due) else { continue };
            self.dwell(slot, walker, sector, due, seen);
            let seen = walker.known.unwrap_or_default();
            let all = Sample { values: self.complete(sector, &slot.probe[..d], &seen), transverse: None };
            let time = times[walker.next];
            walker.run.record.sample(walker.next, time - walker.sampled, &all);
            (walker.sampled, walker.next) = (time, walker.next + 1);
        }
    }

    /// Tells of the last dwells of a step, and goes the jumps that end them.
    fn tell(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], sector: &Sector, times: &[f64]) {
        let d = sector.dimension;
        let looks = self.look(rank, group, walkers, sector, Slot::length);
        rank.pack(group, d, |slot| Some(&walkers[slot.walker?].psi[..d]));
        let ends = self.see(rank, sector);
        for ((lane, slot), seen) in group.lanes().zip(looks.iter().zip(&ends)) {
            let Rank { slots, sums, pairs, weights, .. } = &mut *rank;
            let slot = &mut slots[slot];
            let Some(walker) = slot.walker.map(|at| &mut walkers[at]) else { continue };
            let length = slot.length();
            self.dwell(slot, walker, sector, length, seen);
            let end = times[times.len() - 1];
            match slot.outcome {
                // Where rounding would leave a last sliver, the interval is over.
                Wait::Survived(_) => walker.now = if length >= end - walker.now { end } else { walker.now + length },
                Wait::Jump(_) => {
                    walker.now += length;
                    correlations_of(lane, pairs.len().isqrt(), sums, pairs);
                    sector.weigh_from(&walker.psi[..d], pairs, weights);
                    if let Some(chosen) = pick(weights.iter().copied(), &mut walker.run.rng) {
                        let way = &sector.ways[chosen];
                        let there = way.jump_by.rows();
                        way.jump_by.apply(&walker.psi[..d], &mut slot.probe[..there]);
                        std::mem::swap(&mut walker.psi, &mut slot.probe);
                        normalize(numbers_mut(&mut walker.psi[..there]));
                        (walker.sector, walker.jumped, walker.known) = (way.to, Some((way.jump, way.mark)), None);
                    }
                    walker.left = Exp1.sample(&mut walker.run.rng);
                }
            }
        }
    }

    /// What is watched, as far as it is a mean of correlations of single qubits.
    pub(super) fn of_pairs(watched: &[Watched]) -> Vec<Option<OneBody>> {
        let of = |watched: &Watched| match watched {
            Watched::Operator(operator) => OneBody::new(operator),
            Watched::Top(_) | Watched::Levels(_) => None,
        };
        watched.iter().map(of).collect()
    }
}

/// The sector in which most of those are that are not at their end.
fn most_crowded<const W: usize>(walkers: &[Walker<W>], times: &[f64]) -> Option<usize> {
    let under_way = || walkers.iter().filter(|walker| walker.next < times.len());
    let beside = |sector: usize| under_way().filter(|walker| walker.sector == sector).count().min(SLOTS);
    under_way().map(|walker| walker.sector).max_by_key(|sector| (beside(*sector), *sector))
}

impl Slot {
    fn is_growing(&self) -> bool {
        self.walker.is_some() && self.reach.is_none()
    }

    /// Begins the step of a state whose image is there, of at most `limit`.
    fn begin<const W: usize>(&mut self, walker: &Walker<W>, sector: &Sector, limit: f64) {
        let d = sector.dimension;
        let (psi, image) = (&walker.psi[..d], &self.image[..d]);
        let mut rate = -2.0 * dot(numbers(psi), numbers(image));
        if rate < NEARLY_DARK * sector.norm_bound {
            // What rounding may have made of it: a sum that cancels nothing.
            rate = sector.rate(psi);
        }
        let horizon = if rate > 0.0 { limit.min(FORESIGHT * walker.left / rate) } else { limit };
        self.tolerance = TOLERANCE * (-0.5 * walker.left).exp();
        let beginning = Beginning { state: numbers(psi), image: numbers(image), rate };
        let grows = self.propagation.begin(Layout::Pairs, beginning, sector.norm_bound, horizon);
        self.reach = (!grows).then_some(horizon);
    }

    fn wait<const W: usize>(&mut self, walker: &mut Walker<W>, d: usize) {
        self.told = 0.0;
        let reach = self.reach.unwrap_or(0.0);
        self.outcome = self.propagation.wait(walker.left, reach, numbers_mut(&mut walker.psi[..d]));
        if let Wait::Survived(log) = self.outcome {
            walker.left += log;
        }
    }

    /// How long the step was.
    fn length(&self) -> f64 {
        match self.outcome {
            Wait::Jump(time) => time,
            Wait::Survived(_) => self.reach.unwrap_or(0.0),
        }
    }
}

impl Rank {
    fn new<const W: usize>(engine: &Products<W>) -> Self {
        let (largest, n) = (engine.largest, engine.product.factors().len());
        let empty = || vec![Complex64::ZERO; largest];
        let slot = || Slot {
            walker: None,
            propagation: Propagation::new(2 * largest),
            image: empty(),
            probe: empty(),
            tolerance: 0.0,
            reach: None,
            outcome: Wait::Survived(0.0),
            told: 0.0,
            due: None,
            look: 0.0,
        };
        Rank {
            slots: (0..SLOTS).map(|_| slot()).collect(),
            x: vec![NONE; largest],
            sums: vec![NONE; n * n],
            pairs: vec![Complex64::ZERO; n * n],
            weights: Vec::with_capacity(engine.ways()),
        }
    }

    /// Takes those of a sector in, as many as there are slots.
    fn enter<const W: usize>(&mut self, walkers: &[Walker<W>], sector: usize, times: &[f64]) {
        let there = |walker: &Walker<W>| walker.sector == sector && walker.next < times.len();
        let mut there = walkers.iter().enumerate().filter(|(_, walker)| there(walker)).map(|(at, _)| at);
        self.slots.iter_mut().for_each(|slot| slot.walker = there.next());
    }

    /// Finds the next sample within each step; false where there is none.
    fn find_due<const W: usize>(&mut self, walkers: &[Walker<W>], times: &[f64]) -> bool {
        for slot in &mut self.slots {
            let length = slot.length();
            let next = |at: usize| Some(times.get(walkers[at].next)? - walkers[at].now).filter(|due| *due < length);
            slot.due = slot.walker.and_then(next);
        }
        self.slots.iter().any(|slot| slot.due.is_some())
    }

    /// The next slots of a kind, as many as there are lanes, and where others may follow; `None` where no more are.
    fn next_group(&self, from: &mut usize, is_of_kind: impl Fn(&Slot) -> bool) -> Option<Group> {
        let mut group = Group { slots: [0; LANES], taken: 0 };
        while *from < self.slots.len() && group.taken < LANES {
            if is_of_kind(&self.slots[*from]) {
                group.slots[group.taken] = *from;
                group.taken += 1;
            }
            *from += 1;
        }
        (group.taken > 0).then_some(group)
    }

    /// Puts states of so many amplitudes side by side.
    fn pack<'a>(&'a mut self, group: &Group, d: usize, state: impl Fn(&'a Slot) -> Option<&'a [Complex64]>) {
        let Rank { slots, x, .. } = self;
        let slots: &'a [Slot] = slots;
        pack(&mut x[..d], &group.lanes().filter_map(|(lane, slot)| Some((lane, state(&slots[slot])?))));
    }

    /// A times what is side by side.
    fn images(&mut self, group: &Group, sector: &Sector) {
        let Rank { slots, x, .. } = self;
        sector.drift.image_of_lanes(&x[..sector.dimension], |first, block| {
            for (lane, slot) in group.lanes() {
                for (image, y) in slots[slot].image[first..].iter_mut().zip(block) {
                    *image = Complex64::new(y[0][lane], y[1][lane]);
                }
            }
        });
    }

    /// Gives each series that does not reach far enough another term; false where all do.
    fn grow(&mut self, sector: &Sector) -> bool {
        for slot in self.slots.iter_mut().filter(|slot| slot.is_growing()) {
            if slot.propagation.reaches(sector.norm_bound, slot.tolerance) {
                slot.reach = Some(slot.propagation.reach());
            }
        }
        let (mut from, mut grew) = (0, false);
        while let Some(group) = self.next_group(&mut from, Slot::is_growing) {
            grew = true;
            self.pack(&group, sector.dimension, |slot| Some(amplitudes(slot.propagation.last())));
            let Rank { slots, x, .. } = self;
            sector.drift.image_of_lanes(&x[..sector.dimension], |first, block| {
                for (lane, slot) in group.lanes() {
                    let propagation = &mut slots[slot].propagation;
                    let (center, factor) = (propagation.center(), propagation.factor());
                    let (term, next) = propagation.pair();
                    let (term, next) = (&amplitudes(term)[first..], &mut amplitudes_mut(next)[first..]);
                    for ((next, y), x) in next.iter_mut().zip(block).zip(term) {
                        *next = (Complex64::new(y[0][lane], y[1][lane]) - center * x) * factor;
                    }
                }
            });
            for (_, slot) in group.lanes() {
                let slot = &mut slots[slot];
                slot.reach = slot.propagation.grow(slot.tolerance);
            }
        }
        grew
    }

    /// The correlations of what is side by side.
    fn correlate(&mut self, sector: &Sector) {
        match &sector.down {
            Some(flips) => flips.correlations_of_lanes(&self.x[..sector.dimension], &mut self.sums),
            None => self.sums.fill(NONE),
        }
    }
}
