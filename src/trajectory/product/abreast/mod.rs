//! Trajectories of single qubits that go abreast: those in one sector take their steps together, [`LANES`] side by side.
//!
//! Each has its own draws, its own step and its own series; what they share is the looking up of what leads where. So a
//! trajectory is the same to the last bit, whoever is beside it. More take steps at a time than there are lanes: those
//! whose series need more terms than others fill lanes together, and as soon as enough series are made others begin. A step
//! goes on over samples, which are looks at its series.

mod rank;
mod walker;

use num_complex::Complex64;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use self::rank::{Group, Rank, Slot, Stage, Subspace};
use self::walker::{Place, Walker};
use super::qubits::OneBody;
use super::sector::{Sector, Way};
use super::spaces::Abreast;
use super::{Products, pick};
use crate::bath::Process;
use crate::initial::ProductStart;
use crate::model::product::{ProductBath, ProductValues, Watched};
use crate::quantity::Sample;
use crate::trajectory::lanes::{LANES, NONE};
use crate::trajectory::propagation::{Wait, normalize, numbers_mut};
use crate::trajectory::{Change, Recorder, Run, average};

impl<const W: usize> Products<W> {
    /// Runs trajectories abreast; false where they were interrupted.
    pub(super) fn run_abreast(
        &self,
        initial: &ProductStart,
        times: &[f64],
        runs: &mut [Run<'_, ProductValues<W>>],
        Abreast { walkers, slots }: Abreast,
    ) -> bool {
        let mut rank = Rank::new(self, slots);
        let mut channels = self.product.baths().iter().flat_map(ProductBath::channels);
        let only_falls = channels.all(|channel| channel.process != Process::Absorption);
        for runs in runs.chunks_mut(walkers) {
            let mut walkers: Vec<_> = runs.iter_mut().map(|run| self.walker(initial, run)).collect();
            while let Some(place) = next_place(&walkers, times, only_falls) {
                let there = walkers.iter().enumerate().filter(|(_, walker)| walker.is_in(place, times));
                rank.waiting.clear();
                rank.waiting.extend(there.map(|(at, _)| at));
                let subspace = Subspace::new(self.sector(place.sector), place.parity);
                loop {
                    if walkers.iter().any(|walker| walker.run.record.interrupted()) {
                        return false;
                    }
                    rank.enter();
                    self.step(&mut rank, &mut walkers, &subspace, times);
                    rank.leave(&walkers, place, times);
                    if rank.is_empty() {
                        break;
                    }
                }
            }
        }
        runs.iter().all(|run| !run.record.interrupted())
    }

    fn walker<'a, 'b>(&self, initial: &ProductStart, run: &'a mut Run<'b, ProductValues<W>>) -> Walker<'a, 'b, W> {
        run.record.clear();
        let (sector, psi) = self.drawn(initial, &mut run.rng);
        let parity = self.sector(sector).reflection.as_ref().and_then(|reflection| reflection.parity(&psi));
        let left = Exp1.sample(&mut run.rng);
        Walker {
            run,
            place: Place { sector, parity },
            psi,
            now: 0.0,
            left,
            next: 0,
            sampled: 0.0,
            jumped: None,
            known: None,
        }
    }

    /// What is watched in what is side by side, but for what neither recorders are told of nor correlations tell; leaves the
    /// correlations behind.
    fn see(&self, rank: &mut Rank, subspace: &Subspace) -> [ProductValues<W>; LANES] {
        let sector = subspace.sector;
        rank.correlate(subspace);
        let mut values = [ProductValues::default(); LANES];
        for (place, of_pairs) in self.of_pairs.iter().enumerate() {
            let means = match of_pairs {
                Some(one) => one.means_of_lanes(&rank.sums),
                None if place < self.followed => {
                    let (operator, size) = self.watched(sector, place);
                    operator.means_of_lanes(&rank.x[..sector.dimension], *size)
                }
                None => continue,
            };
            values.iter_mut().zip(means).for_each(|(values, mean)| values.0[place] = mean);
        }
        values
    }

    /// The same of one state with all that is watched.
    fn complete(&self, sector: &Sector, psi: &[Complex64], seen: &ProductValues<W>) -> ProductValues<W> {
        let mut all = *seen;
        for place in self.followed..self.watched.len() {
            if self.of_pairs[place].is_none() {
                let (operator, size) = self.watched(sector, place);
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

    /// Begins the steps of those that entered, and goes on with those of the others until enough of them end.
    fn step(&self, rank: &mut Rank, walkers: &mut [Walker<W>], subspace: &Subspace, times: &[f64]) {
        let d = subspace.sector.dimension;
        let mut from = 0;
        while let Some(group) = rank.next_group(&mut from, |slot| slot.stage == Stage::Entered) {
            rank.pack(&group, d, |slot| &walkers[slot.walker].psi[..d]);
            self.arrive(rank, &group, walkers, subspace, times);
            for (_, slot) in group.lanes() {
                let slot = &mut rank.slots[slot];
                slot.enter(&walkers[slot.walker], subspace);
            }
            rank.images(&group, subspace);
            for (_, slot) in group.lanes() {
                let slot = &mut rank.slots[slot];
                let walker = &walkers[slot.walker];
                if slot.stage == Stage::Entered {
                    slot.begin(walker, subspace, times[times.len() - 1] - walker.now);
                }
            }
        }
        while rank.grow(subspace) {}
        rank.end();
        let is_ending = |slot: &Slot| slot.stage == Stage::Ending;
        for slot in rank.slots.iter_mut().filter(|slot| is_ending(slot)) {
            slot.wait(&mut walkers[slot.walker], subspace);
        }
        // Samples are looks at the series: a step is as long as without them.
        let is_due = |slot: &Slot| slot.due.is_some();
        while rank.find_due(walkers, times) {
            let mut from = 0;
            while let Some(group) = rank.next_group(&mut from, is_due) {
                self.sample(rank, &group, walkers, subspace, times);
            }
        }
        let mut from = 0;
        while let Some(group) = rank.next_group(&mut from, is_ending) {
            self.tell(rank, &group, walkers, subspace, times);
        }
    }

    /// Tells of the jumps that led here, and takes the samples that are due.
    fn arrive(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], subspace: &Subspace, times: &[f64]) {
        let (d, sector) = (subspace.sector.dimension, subspace.sector);
        let unknown = group.lanes().any(|(_, slot)| walkers[rank.slots[slot].walker].known.is_none());
        let seen = if unknown { self.see(rank, subspace) } else { [ProductValues::default(); LANES] };
        for ((_, slot), seen) in group.lanes().zip(seen) {
            let slot = &mut rank.slots[slot];
            let walker = &mut walkers[slot.walker];
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
                slot.stage = Stage::Free;
            }
        }
    }

    /// Looks at a random time of what is told next of each step, which lasts until what `until` says.
    fn look(
        &self,
        rank: &mut Rank,
        group: &Group,
        walkers: &mut [Walker<W>],
        subspace: &Subspace,
        until: impl Fn(&Slot) -> f64,
    ) -> [ProductValues<W>; LANES] {
        let d = subspace.sector.dimension;
        if self.followed == 0 {
            return [ProductValues::default(); LANES];
        }
        for (_, slot) in group.lanes() {
            let slot = &mut rank.slots[slot];
            let walker = &mut walkers[slot.walker];
            if !slot.propagation.is_stationary() {
                slot.look = walker.run.rng.random::<f64>();
            }
            let at = slot.told + slot.look * (until(slot) - slot.told);
            let Slot { propagation, part, image, .. } = slot;
            subspace.whole(image, part, |part| propagation.write(at, part));
        }
        rank.pack(group, d, |slot| &slot.image[..d]);
        self.see(rank, subspace)
    }

    /// Tells of what of a step was not told yet, up to `until`, where `end` is seen, of what was seen `between`.
    fn dwell(
        &self,
        slot: &mut Slot,
        walker: &mut Walker<W>,
        subspace: &Subspace,
        until: f64,
        (between, end): (&ProductValues<W>, &ProductValues<W>),
    ) {
        let Slot { propagation, part, told, image, look, .. } = slot;
        let record = &mut walker.run.record;
        let (from, duration) = (*told, until - *told);
        let start = walker.now + from;
        let at_start = walker.known.unwrap_or_default();
        let at_end = if propagation.is_stationary() { at_start } else { *end };
        let ends = (self.told(&at_start), self.told(&at_end));
        if self.followed > 0 && !propagation.is_stationary() {
            let seen = self.told(between);
            record.dwell(start, duration, &ends.0, &average(&ends, *look, &seen));
            let between = Some((*look * duration, seen));
            let change = Change { start, duration, turning: propagation.turning(), ends, between, most: None };
            record.change(&change, |time| {
                subspace.whole(image, part, |part| propagation.write(from + time, part));
                self.followed(subspace.sector, &image[..subspace.sector.dimension])
            });
        } else {
            record.dwell(start, duration, &ends.0, &ends.0);
        }
        (*told, walker.known) = (until, Some(at_end));
    }

    /// Takes the samples that are due within steps.
    fn sample(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], subspace: &Subspace, times: &[f64]) {
        let (d, sector) = (subspace.sector.dimension, subspace.sector);
        let looks = self.look(rank, group, walkers, subspace, |slot| slot.due.unwrap_or(slot.told));
        for (_, slot) in group.lanes() {
            let Slot { due, propagation, part, probe, .. } = &mut rank.slots[slot];
            subspace.whole(probe, part, |part| propagation.write(due.unwrap_or(0.0), part));
        }
        rank.pack(group, d, |slot| &slot.probe[..d]);
        let ends = self.see(rank, subspace);
        for ((_, slot), seen) in group.lanes().zip(looks.iter().zip(&ends)) {
            let slot = &mut rank.slots[slot];
            let Some(due) = slot.due else { continue };
            let walker = &mut walkers[slot.walker];
            self.dwell(slot, walker, subspace, due, seen);
            let seen = walker.known.unwrap_or_default();
            let all = Sample { values: self.complete(sector, &slot.probe[..d], &seen), transverse: None };
            let time = times[walker.next];
            walker.run.record.sample(walker.next, time - walker.sampled, &all);
            (walker.sampled, walker.next) = (time, walker.next + 1);
        }
    }

    /// Tells of the last dwells of a step, and goes the jumps that end them.
    fn tell(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], subspace: &Subspace, times: &[f64]) {
        let d = subspace.sector.dimension;
        let looks = self.look(rank, group, walkers, subspace, Slot::length);
        rank.pack(group, d, |slot| &walkers[slot.walker].psi[..d]);
        let ends = self.see(rank, subspace);
        for ((_, slot), seen) in group.lanes().zip(looks.iter().zip(&ends)) {
            let slot = &mut rank.slots[slot];
            let walker = &mut walkers[slot.walker];
            let length = slot.length();
            self.dwell(slot, walker, subspace, length, seen);
            let end = times[times.len() - 1];
            // Where rounding would leave a last sliver, the interval is over.
            let survives = matches!(slot.outcome, Wait::Survived(_));
            walker.now = if survives && length >= end - walker.now { end } else { walker.now + length };
        }
        self.go_jumps(rank, group, walkers, subspace.sector);
    }

    /// Goes the jumps that end steps, of states that are side by side and whose correlations are known.
    fn go_jumps(&self, rank: &mut Rank, group: &Group, walkers: &mut [Walker<W>], sector: &Sector) {
        let Rank { slots, x, sums, weights, jumps, .. } = rank;
        let d = sector.dimension;
        let jumping = |slots: &[Slot], lane| {
            let (_, slot) = group.lanes().nth(lane)?;
            matches!(slots[slot].outcome, Wait::Jump(_)).then_some(slots[slot].walker)
        };
        if (0..LANES).all(|lane| jumping(slots, lane).is_none()) {
            return;
        }
        sector.weigh_lanes(sums, |lane| Some(&walkers[jumping(slots, lane)?].psi[..d]), weights);
        jumps.fill(NONE);
        let mut ways = [None; LANES];
        for (lane, way) in ways.iter_mut().enumerate() {
            let Some(walker) = jumping(slots, lane).map(|at| &mut walkers[at]) else { continue };
            let chosen = pick(weights.iter().map(|weights| weights[lane]), &mut walker.run.rng);
            walker.left = Exp1.sample(&mut walker.run.rng);
            *way = chosen.map(|chosen| &sector.ways[chosen]);
            if let Some(sum) = way.and_then(|way| sector.lowers_by(way)) {
                jumps.iter_mut().zip(&sum.amplitudes).for_each(|(jumps, a)| jumps.set(lane, *a));
            }
        }
        let lowers = |way: &Option<&Way>| way.is_some_and(|way| sector.lowers_by(way).is_some());
        if let Some(down) = sector.down.as_ref().filter(|_| ways.iter().any(lowers)) {
            down.jumps_of_lanes(jumps, &x[..d], |first, block| {
                for (lane, slot) in group.lanes().filter(|(lane, _)| lowers(&ways[*lane])) {
                    let probe = &mut slots[slot].probe[first..];
                    probe.iter_mut().zip(block).for_each(|(c, y)| *c = y.of(lane));
                }
            });
        }
        for (lane, slot) in group.lanes() {
            let slot = &mut slots[slot];
            let Some(way) = ways[lane] else { continue };
            let walker = &mut walkers[slot.walker];
            let there = way.jump_by.rows();
            if sector.lowers_by(way).is_none() {
                way.jump_by.apply(&walker.psi[..d], &mut slot.probe[..there]);
            }
            std::mem::swap(&mut walker.psi, &mut slot.probe);
            normalize(numbers_mut(&mut walker.psi[..there]));
            walker.place = self.place_after(walker.place, way);
            (walker.jumped, walker.known) = (Some((way.jump, way.mark)), None);
        }
    }

    /// Where a way out of a place leads.
    fn place_after(&self, from: Place, way: &Way) -> Place {
        let keeps = self.sector(way.to).reflection.is_some();
        let both = from.parity.filter(|_| keeps).zip(way.jump_by.parity());
        Place { sector: way.to, parity: both.map(|(state, jump)| jump.times(state)) }
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

/// The place whose trajectories step next, of those that are not at their end. Where nothing raises, these are the highest:
/// they catch up with the others, which wait for them. Elsewhere they are the most.
fn next_place<const W: usize>(walkers: &[Walker<W>], times: &[f64], only_falls: bool) -> Option<Place> {
    let under_way = || walkers.iter().filter(|walker| walker.next < times.len());
    let beside = |place: Place| under_way().filter(|walker| walker.place == place).count();
    let crowd = |place: Place| if only_falls { 0 } else { beside(place) };
    under_way().map(|walker| walker.place).max_by_key(|place| (crowd(*place), *place))
}
