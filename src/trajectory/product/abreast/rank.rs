//! What trajectories that are side by side take a step with.

use num_complex::Complex64;

use super::super::lanes::{Amplitudes, LANES, NONE, Numbers, pack};
use super::super::reflection::{Parity, Reflection};
use super::super::sector::Sector;
use super::super::sparse::Sparse;
use super::super::{FORESIGHT, NEARLY_DARK, Products, TOLERANCE};
use super::walker::{Place, Walker};
use crate::trajectory::propagation::{
    Beginning, Layout, Propagation, Wait, amplitudes, amplitudes_mut, dot, numbers, numbers_mut,
};

/// Where a step is taken: a sector, or the part of it that has a parity.
#[derive(Clone, Copy)]
pub struct Subspace<'a> {
    pub sector: &'a Sector,
    of_parity: Option<(&'a Reflection, Parity)>,
}

impl<'a> Subspace<'a> {
    pub fn new(sector: &'a Sector, parity: Option<Parity>) -> Self {
        Subspace { sector, of_parity: sector.reflection.as_ref().zip(parity) }
    }

    /// How many amplitudes a step takes.
    fn dimension(&self) -> usize {
        self.of_parity.map_or(self.sector.dimension, |(reflection, parity)| reflection.dimension(parity))
    }

    /// -i H_eff on them.
    fn drift(&self) -> &'a Sparse {
        let whole = &self.sector.drift;
        self.of_parity.map_or(whole, |(reflection, parity)| reflection.drift(parity, whole))
    }

    /// Writes what a step takes of a state.
    fn part(&self, psi: &[Complex64], part: &mut [Complex64]) {
        match self.of_parity {
            Some((reflection, parity)) => reflection.fold(parity, psi, &mut part[..reflection.dimension(parity)]),
            None => part[..self.sector.dimension].copy_from_slice(&psi[..self.sector.dimension]),
        }
    }

    /// Writes the state of which `write` writes what a step takes, for which there is room in `part`.
    pub fn whole<R>(&self, psi: &mut [Complex64], part: &mut [Complex64], write: impl FnOnce(&mut [f64]) -> R) -> R {
        let psi = &mut psi[..self.sector.dimension];
        let Some((reflection, parity)) = self.of_parity else { return write(numbers_mut(psi)) };
        let part = &mut part[..reflection.dimension(parity)];
        let written = write(numbers_mut(part));
        reflection.unfold(parity, part, psi);
        written
    }
}

/// Room for the step of a trajectory.
pub struct Slot {
    /// Which trajectory takes it.
    pub walker: Option<usize>,
    pub propagation: Propagation,
    /// What the step takes of the state that it begins with, and room for that of others.
    pub part: Vec<Complex64>,
    pub image: Vec<Complex64>,
    pub probe: Vec<Complex64>,
    tolerance: f64,
    /// How far the step goes; `None` while its series grows.
    reach: Option<f64>,
    pub outcome: Wait,
    /// How much of the step recorders were told of.
    pub told: f64,
    /// How far into the step a sample is due.
    pub due: Option<f64>,
    /// The part of what is told next after which it was looked at.
    pub look: f64,
}

/// What the trajectories of one sector take a step with.
pub struct Rank {
    pub slots: Vec<Slot>,
    pub x: Vec<Amplitudes>,
    pub sums: Vec<Amplitudes>,
    /// How likely each way is.
    pub weights: Vec<Numbers>,
    /// What the qubits jump by.
    pub jumps: Vec<Amplitudes>,
}

/// Slots that are side by side, lane by lane.
#[derive(Clone, Copy)]
pub struct Group {
    slots: [usize; LANES],
    taken: usize,
}

impl Group {
    /// Every lane that is taken, with its slot.
    pub fn lanes(&self) -> impl Iterator<Item = (usize, usize)> + Clone + '_ {
        self.slots[..self.taken].iter().copied().enumerate()
    }
}

impl Slot {
    fn is_growing(&self) -> bool {
        self.walker.is_some() && self.reach.is_none()
    }

    /// Takes what the step takes of the state that it begins with.
    pub fn enter<const W: usize>(&mut self, walker: &Walker<W>, subspace: &Subspace) {
        subspace.part(&walker.psi, &mut self.part);
    }

    /// Begins the step of a state whose image is there, of at most `limit`.
    pub fn begin<const W: usize>(&mut self, walker: &Walker<W>, subspace: &Subspace, limit: f64) {
        let (d, sector) = (subspace.dimension(), subspace.sector);
        let (part, image) = (numbers(&self.part[..d]), numbers(&self.image[..d]));
        let mut rate = -2.0 * dot(part, image);
        if rate < NEARLY_DARK * sector.norm_bound {
            // What rounding may have made of it: a sum that cancels nothing.
            rate = sector.rate(&walker.psi[..sector.dimension]);
        }
        let horizon = if rate > 0.0 { limit.min(FORESIGHT * walker.left / rate) } else { limit };
        self.tolerance = TOLERANCE * (-0.5 * walker.left).exp();
        let beginning = Beginning { state: part, image, rate };
        let grows = self.propagation.begin(Layout::Pairs, beginning, sector.norm_bound, horizon);
        self.reach = (!grows).then_some(horizon);
    }

    /// Waits for the jump, as far as the step goes.
    pub fn wait<const W: usize>(&mut self, walker: &mut Walker<W>, subspace: &Subspace) {
        self.told = 0.0;
        let Slot { propagation, part, reach, outcome, .. } = self;
        let reach = reach.unwrap_or(0.0);
        *outcome = subspace.whole(&mut walker.psi, part, |part| propagation.wait(walker.left, reach, part));
        if let Wait::Survived(log) = *outcome {
            walker.left += log;
        }
    }

    /// How long the step was.
    pub fn length(&self) -> f64 {
        match self.outcome {
            Wait::Jump(time) => time,
            Wait::Survived(_) => self.reach.unwrap_or(0.0),
        }
    }
}

impl Rank {
    pub fn new<const W: usize>(engine: &Products<W>, slots: usize) -> Self {
        let (largest, n) = (engine.largest, engine.product.factors().len());
        let empty = || vec![Complex64::ZERO; largest];
        let slot = || Slot {
            walker: None,
            propagation: Propagation::new(2 * largest),
            part: empty(),
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
            slots: (0..slots).map(|_| slot()).collect(),
            x: vec![NONE; largest],
            sums: vec![NONE; n * n],
            weights: Vec::with_capacity(engine.ways()),
            jumps: vec![NONE; n],
        }
    }

    /// Takes those of a place in, as many as there are slots.
    pub fn enter<const W: usize>(&mut self, walkers: &[Walker<W>], place: Place, times: &[f64]) {
        let there = |walker: &Walker<W>| walker.place == place && walker.next < times.len();
        let mut there = walkers.iter().enumerate().filter(|(_, walker)| there(walker)).map(|(at, _)| at);
        self.slots.iter_mut().for_each(|slot| slot.walker = there.next());
    }

    /// Finds the next sample within each step; false where there is none.
    pub fn find_due<const W: usize>(&mut self, walkers: &[Walker<W>], times: &[f64]) -> bool {
        for slot in &mut self.slots {
            let length = slot.length();
            let next = |at: usize| Some(times.get(walkers[at].next)? - walkers[at].now).filter(|due| *due < length);
            slot.due = slot.walker.and_then(next);
        }
        self.slots.iter().any(|slot| slot.due.is_some())
    }

    /// The next slots of a kind, as many as there are lanes, and where others may follow; `None` where no more are.
    pub fn next_group(&self, from: &mut usize, is_of_kind: impl Fn(&Slot) -> bool) -> Option<Group> {
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
    pub fn pack<'a>(&'a mut self, group: &Group, d: usize, state: impl Fn(&'a Slot) -> Option<&'a [Complex64]>) {
        let Rank { slots, x, .. } = self;
        let slots: &'a [Slot] = slots;
        pack(&mut x[..d], &group.lanes().filter_map(|(lane, slot)| Some((lane, state(&slots[slot])?))));
    }

    /// -i H_eff times what a step takes of each of the slots.
    pub fn images(&mut self, group: &Group, subspace: &Subspace) {
        let d = subspace.dimension();
        self.pack(group, d, |slot| slot.walker.map(|_| &slot.part[..d]));
        let Rank { slots, x, .. } = self;
        subspace.drift().image_of_lanes(&x[..d], |first, block| {
            for (lane, slot) in group.lanes() {
                for (image, y) in slots[slot].image[first..].iter_mut().zip(block) {
                    *image = y.of(lane);
                }
            }
        });
    }

    /// Gives each series that does not reach far enough another term; false where all do.
    pub fn grow(&mut self, subspace: &Subspace) -> bool {
        let (d, bound) = (subspace.dimension(), subspace.sector.norm_bound);
        for slot in self.slots.iter_mut().filter(|slot| slot.is_growing()) {
            if slot.propagation.reaches(bound, slot.tolerance) {
                slot.reach = Some(slot.propagation.reach());
            }
        }
        let (mut from, mut grew) = (0, false);
        while let Some(group) = self.next_group(&mut from, Slot::is_growing) {
            grew = true;
            self.pack(&group, d, |slot| Some(amplitudes(slot.propagation.last())));
            let Rank { slots, x, .. } = self;
            subspace.drift().image_of_lanes(&x[..d], |first, block| {
                for (lane, slot) in group.lanes() {
                    let propagation = &mut slots[slot].propagation;
                    let (center, factor) = (propagation.center(), propagation.factor());
                    let (term, next) = propagation.pair();
                    let (term, next) = (&amplitudes(term)[first..], &mut amplitudes_mut(next)[first..]);
                    for ((next, y), x) in next.iter_mut().zip(block).zip(term) {
                        *next = (y.of(lane) - center * x) * factor;
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
    pub fn correlate(&mut self, subspace: &Subspace) {
        let x = &self.x[..subspace.sector.dimension];
        match (&subspace.sector.down, subspace.of_parity) {
            (Some(flips), None) => flips.correlations_of_lanes(x, &mut self.sums),
            (Some(flips), Some(_)) => flips.correlations_by_parity(x, &mut self.sums),
            (None, _) => self.sums.fill(NONE),
        }
    }
}
