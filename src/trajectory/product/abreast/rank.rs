//! What trajectories that are side by side take a step with.

use num_complex::Complex64;

use super::super::reflection::{Parity, Reflection};
use super::super::sector::Sector;
use super::super::sparse::Sparse;
use super::super::{FORESIGHT, NEARLY_DARK, Products, TOLERANCE};
use super::walker::{Place, Walker};
use crate::trajectory::lanes::{Amplitudes, LANES, NONE, Numbers, pack};
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

/// How far the step of a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody takes it.
    Free,
    /// It is to begin.
    Entered,
    /// Its series grows.
    Growing,
    /// Its series is made.
    Grown,
    /// It is told of.
    Ending,
}

/// Room for the step of a trajectory.
pub struct Slot {
    /// Which trajectory takes it, where it is not free.
    pub walker: usize,
    pub stage: Stage,
    pub propagation: Propagation,
    /// What the step takes of the state that it begins with, and room for that of others.
    pub part: Vec<Complex64>,
    pub image: Vec<Complex64>,
    pub probe: Vec<Complex64>,
    tolerance: f64,
    /// How far the step goes, once its series is made.
    reach: f64,
    pub outcome: Wait,
    /// How much of the step recorders were told of.
    pub told: f64,
    /// How far into the step a sample is due.
    pub due: Option<f64>,
    /// The part of what is told next after which it was looked at.
    pub look: f64,
}

/// What the trajectories of one place take their steps with.
pub struct Rank {
    pub slots: Vec<Slot>,
    /// Those that are there and wait for a slot.
    pub waiting: Vec<usize>,
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
    fn is_grown(&mut self, reach: Option<f64>) {
        if let Some(reach) = reach {
            (self.reach, self.stage) = (reach, Stage::Grown);
        }
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
        self.stage = Stage::Growing;
        self.is_grown((!grows).then_some(horizon));
    }

    /// Waits for the jump, as far as the step goes.
    pub fn wait<const W: usize>(&mut self, walker: &mut Walker<W>, subspace: &Subspace) {
        self.told = 0.0;
        let Slot { propagation, part, reach, outcome, .. } = self;
        *outcome = subspace.whole(&mut walker.psi, part, |part| propagation.wait(walker.left, *reach, part));
        if let Wait::Survived(log) = *outcome {
            walker.left += log;
        }
    }

    /// How long the step was.
    pub fn length(&self) -> f64 {
        match self.outcome {
            Wait::Jump(time) => time,
            Wait::Survived(_) => self.reach,
        }
    }
}

impl Rank {
    pub fn new<const W: usize>(engine: &Products<W>, slots: usize) -> Self {
        let (largest, n) = (engine.largest, engine.product.factors().len());
        let empty = || vec![Complex64::ZERO; largest];
        let slot = || Slot {
            walker: 0,
            stage: Stage::Free,
            propagation: Propagation::new(2 * largest),
            part: empty(),
            image: empty(),
            probe: empty(),
            tolerance: 0.0,
            reach: 0.0,
            outcome: Wait::Survived(0.0),
            told: 0.0,
            due: None,
            look: 0.0,
        };
        Rank {
            slots: (0..slots).map(|_| slot()).collect(),
            waiting: Vec::new(),
            x: vec![NONE; largest],
            sums: vec![NONE; n * n],
            weights: Vec::with_capacity(engine.ways()),
            jumps: vec![NONE; n],
        }
    }

    /// Whether nobody is in any slot.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.stage == Stage::Free)
    }

    /// Gives those that wait the slots that are free.
    pub fn enter(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| slot.stage == Stage::Free) {
            let Some(walker) = self.waiting.pop() else { break };
            (slot.walker, slot.stage) = (walker, Stage::Entered);
        }
    }

    /// Ends the steps whose series are made: as many as fill lanes, where others wait.
    pub fn end(&mut self) {
        let grown = || self.slots.iter().filter(|slot| slot.stage == Stage::Grown).count();
        let count = if self.waiting.is_empty() { grown() } else { grown() / LANES * LANES };
        let grown = self.slots.iter_mut().filter(|slot| slot.stage == Stage::Grown);
        grown.take(count).for_each(|slot| slot.stage = Stage::Ending);
    }

    /// Frees the slots of steps that are over, whose trajectories wait again where they are still in this place.
    pub fn leave<const W: usize>(&mut self, walkers: &[Walker<W>], place: Place, times: &[f64]) {
        for slot in self.slots.iter_mut().filter(|slot| slot.stage == Stage::Ending) {
            slot.stage = Stage::Free;
            if walkers[slot.walker].is_in(place, times) {
                self.waiting.push(slot.walker);
            }
        }
    }

    /// Finds the next sample within each step that ends; false where there is none.
    pub fn find_due<const W: usize>(&mut self, walkers: &[Walker<W>], times: &[f64]) -> bool {
        for slot in &mut self.slots {
            let (walker, length) = (&walkers[slot.walker], slot.length());
            let next = || Some(times.get(walker.next)? - walker.now).filter(|due| *due < length);
            slot.due = if slot.stage == Stage::Ending { next() } else { None };
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
    pub fn pack<'a>(&'a mut self, group: &Group, d: usize, state: impl Fn(&'a Slot) -> &'a [Complex64]) {
        let Rank { slots, x, .. } = self;
        let slots: &'a [Slot] = slots;
        pack(&mut x[..d], &group.lanes().map(|(lane, slot)| (lane, state(&slots[slot]))));
    }

    /// -i H_eff times what a step takes of each of the slots.
    pub fn images(&mut self, group: &Group, subspace: &Subspace) {
        let d = subspace.dimension();
        self.pack(group, d, |slot| &slot.part[..d]);
        let Rank { slots, x, .. } = self;
        subspace.drift().image_of_lanes(&x[..d], |first, block| {
            for (lane, slot) in group.lanes() {
                for (image, y) in slots[slot].image[first..].iter_mut().zip(block) {
                    *image = y.of(lane);
                }
            }
        });
    }

    /// Gives series that do not reach far enough another term: as many as fill lanes, where others wait. False where it
    /// gives none.
    pub fn grow(&mut self, subspace: &Subspace) -> bool {
        let (d, bound) = (subspace.dimension(), subspace.sector.norm_bound);
        let is_growing = |slot: &Slot| slot.stage == Stage::Growing;
        for slot in self.slots.iter_mut().filter(|slot| is_growing(slot)) {
            let reaches = slot.propagation.reaches(bound, slot.tolerance);
            slot.is_grown(reaches.then(|| slot.propagation.reach()));
        }
        let least = if self.waiting.is_empty() { 1 } else { LANES };
        let (mut from, mut grew) = (0, false);
        while let Some(group) = self.next_group(&mut from, is_growing).filter(|group| group.taken >= least) {
            grew = true;
            self.pack(&group, d, |slot| amplitudes(slot.propagation.last()));
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
                let reach = slot.propagation.grow(slot.tolerance);
                slot.is_grown(reach);
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
