//! Products under a protocol: couplings, frequencies, drives and baths that change in time.
//!
//! As [`crate::trajectory::ProtocolLadder`]: where nothing changes, [`Products`] as it is, over the same sectors; else steps
//! of [`crate::trajectory::propagation::magnus`]. -i H_eff is a sum of matrices that stay, tabulated sector by sector, each
//! times a number that changes.

use std::sync::OnceLock;

use num_complex::Complex64;
use rand_distr::{Distribution, Exp1};

use super::basis::{Basis, Elements, elements, times};
use super::sector::{Jumps, Way, channels};
use super::sparse::Sparse;
use super::{ProductState, Products, pick};
use crate::initial::ProductStart;
use crate::model::product::{
    Changing, Product, ProductError, ProductProtocol, ProductStage, ProductValues, Share, Watched,
};
use crate::model::protocol::Stretch;
use crate::quantity::Sample;
use crate::random::Stream;
use crate::trajectory::propagation::acting::{Acts, Steered};
use crate::trajectory::propagation::magnus::{Magnus, Stride, of_wait};
use crate::trajectory::propagation::{Generator, Layout, amplitudes, amplitudes_mut, numbers, numbers_mut};
use crate::trajectory::protocol::{Leg, Route, Walk};
use crate::trajectory::{Change, Jump, Recorder, Unravelling, average};

/// The engine of a product under a protocol, which watches up to W means as they are at the time.
#[derive(Debug)]
pub struct ProtocolProducts<const W: usize> {
    protocol: ProductProtocol,
    route: Route,
    /// By segment and stretch: the engine of one in which nothing changes.
    held: Vec<Vec<Option<Box<Products<W>>>>>,
    watched: Vec<Changing>,
    /// Of what stays, its jumps at unit rates.
    base: Products<W>,
    moving: Vec<OnceLock<Box<Moving>>>,
}

/// A state on its way through a protocol, and room to move it.
#[derive(Clone, Debug)]
pub struct ProtocolProduct {
    product: ProductState,
    /// -i H_eff of the moment.
    drift: Sparse,
    dials: Vec<f64>,
    magnus: Magnus,
    walk: Walk,
}

/// What changes on one sector.
#[derive(Debug)]
struct Moving {
    dimension: usize,
    /// The places of -i H_eff that are ever taken.
    places: Sparse,
    /// What it is a sum of.
    parts: Vec<Part>,
    /// Each with the dial of its rate.
    ways: Vec<(usize, Way)>,
    /// Those of each sum that is watched, with a bound of their norm.
    watched: Vec<Vec<([usize; 2], Sparse, f64)>>,
}

/// A part of -i H_eff.
#[derive(Debug)]
struct Part {
    dial: usize,
    /// Whether it is of H, and not of jumps.
    of_h: bool,
    /// A bound of its norm.
    bound: f64,
    /// Its entries, by their place.
    entries: Vec<(u32, Complex64)>,
}

/// What acts: so many times what does at one time, and at another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mix {
    times: [f64; 2],
    weights: [f64; 2],
    with_h: bool,
}

impl Mix {
    fn at(time: f64) -> Self {
        Mix { times: [time; 2], weights: [1.0, 0.0], with_h: true }
    }
}

impl Acts for Mix {
    /// Of what acts at one time each.
    fn combined(&self, a: f64, other: &Self, b: f64) -> Self {
        Mix { times: [self.times[0], other.times[0]], weights: [a, b], with_h: self.with_h }
    }

    fn dissipating(&self) -> Self {
        Mix { with_h: false, ..*self }
    }
}

/// A stretch in which something changes, as it goes.
struct Course<'a> {
    still: &'a Product,
    stage: &'a ProductStage,
    stretch: &'a Stretch,
    offset: f64,
}

impl Course<'_> {
    /// The dials at a time.
    fn dial(&self, time: f64, dials: &mut [f64]) {
        let within = (time - self.offset).clamp(self.stretch.from, self.stretch.until);
        self.stage.dial(self.still, within, 0.5 * (self.stretch.from + self.stretch.until), dials);
    }
}

/// -i H_eff on a sector, made of what acts.
struct Body<'a> {
    course: &'a Course<'a>,
    moving: &'a Moving,
    drift: &'a mut Sparse,
    dials: &'a mut [f64],
    bound: f64,
}

impl Generator for Body<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.drift.apply_centered((center, factor), amplitudes(x), amplitudes_mut(y));
    }

    fn norm_bound(&self) -> f64 {
        self.bound
    }
}

impl Steered for Body<'_> {
    type Acting = Mix;

    fn act(&mut self, mix: &Mix) {
        self.drift.blank(&self.moving.places);
        self.bound = 0.0;
        for (time, weight) in mix.times.into_iter().zip(mix.weights).filter(|(_, weight)| *weight != 0.0) {
            self.course.dial(time, self.dials);
            for part in self.moving.parts.iter().filter(|part| mix.with_h || !part.of_h) {
                let factor = weight * self.dials[part.dial];
                self.drift.add(factor, &part.entries);
                self.bound += factor.abs() * part.bound;
            }
        }
    }
}

impl Moving {
    fn new<const W: usize>(engine: &ProtocolProducts<W>, index: usize) -> Self {
        let (spaces, protocol) = (&engine.base.spaces, &engine.protocol);
        let own = Basis::new(spaces, spaces.label(index));
        let of_h = protocol.hamiltonian().into_iter().map(|Share { dials, operator }| {
            (dials[1], true, times(elements(spaces, &operator, &own, &own), -Complex64::I))
        });
        let mut parts: Vec<(usize, bool, Elements)> = of_h.collect();
        let mut ways = Vec::new();
        for one in channels(protocol.still()) {
            let (dial, jumps) = (protocol.dial_of_jump(one.place), Jumps::of(spaces, &own, one));
            parts.push((dial, false, times(jumps.lost, Complex64::from(-0.5))));
            ways.extend(jumps.ways.into_iter().map(|way| (dial, way)));
        }
        // Any number but 0 keeps a place.
        let all = parts.iter().flat_map(|(.., elements)| elements.keys().map(|at| (*at, Complex64::ONE))).collect();
        let places = Sparse::new(own.len(), &all, spaces.sums());
        let part = |(dial, of_h, elements): (usize, bool, Elements)| {
            let bound = Sparse::new(own.len(), &elements, spaces.sums()).norm_bound();
            let entries = elements.iter().filter_map(|(at, value)| Some((places.entry(*at)?, *value))).collect();
            Part { dial, of_h, bound, entries }
        };
        let watched = engine.watched.iter().map(|Changing { watched, shares }| {
            let seen = |dials, watched: &Watched| {
                let (matrix, bound) = own.watched(spaces, watched);
                (dials, matrix, bound)
            };
            let share = |share: &Share| seen(share.dials, &Watched::Operator(share.operator.clone()));
            match shares {
                Some(shares) => shares.iter().map(share).collect(),
                None => vec![seen([ProductStage::ONE; 2], watched)],
            }
        });
        let watched = watched.collect();
        Moving { dimension: own.len(), parts: parts.into_iter().map(part).collect(), places, ways, watched }
    }

    /// The means of the first so many of what is watched, where the dials are these.
    fn means<const W: usize>(&self, count: usize, dials: &[f64], psi: &[Complex64]) -> ProductValues<W> {
        let mut values = ProductValues::default();
        for (value, shares) in values.0.iter_mut().zip(&self.watched[..count]) {
            let mean =
                |(own, matrix, size): &([usize; 2], Sparse, f64)| Share::factor(dials, *own) * matrix.mean(psi, *size);
            *value = shares.iter().map(mean).fold(0.0, |sum, mean| sum + mean);
        }
        values
    }

    /// The rate of jumps where the dials are these.
    fn rate(&self, dials: &[f64], psi: &[Complex64]) -> f64 {
        // Not `sum`: that of nothing is -0, and a time over it negative.
        self.ways.iter().fold(0.0, |sum, (dial, way)| sum + dials[*dial] * way.jump_by.weight(psi))
    }
}

impl<const W: usize> ProtocolProducts<W> {
    /// The engine of what a start leads to, which tells recorders of the first `followed` of what is watched within dwells and
    /// after jumps, and of all of it in samples.
    ///
    /// # Errors
    /// As [`Products::watching`].
    pub fn new(
        protocol: &ProductProtocol,
        start: &ProductStart,
        watched: Vec<Changing>,
        followed: usize,
    ) -> Result<Self, ProductError> {
        let envelope = protocol.envelope();
        let all: Vec<Watched> = watched.iter().map(|one| one.watched.clone()).collect();
        let size = Products::<W>::size(&envelope, start, &all)?;
        let (spaces, largest) = (super::Spaces::new(&envelope, start, size.sharp), size.states as usize);
        let route = Route::of_product(protocol);
        let mut dials = vec![0.0; protocol.dials()];
        let held = |stage: usize, stretch: &Stretch| {
            let (stage, middle) = (&protocol.stages()[stage], 0.5 * (stretch.from + stretch.until));
            stretch.held.then(|| {
                stage.dial(protocol.still(), middle, middle, &mut dials);
                let now = |one: &Changing| match &one.shares {
                    Some(shares) => Watched::Operator(protocol.sum(shares, &dials)),
                    None => one.watched.clone(),
                };
                let watched = watched.iter().map(now).collect();
                Box::new(Products::over(protocol.at(stage, middle), spaces.clone(), largest, (watched, followed)))
            })
        };
        let held = route.each(held);
        let moving = (0..spaces.count() as usize).map(|_| OnceLock::new()).collect();
        let base = Products::over(protocol.still().clone(), spaces, largest, (Vec::new(), followed));
        Ok(ProtocolProducts { protocol: protocol.clone(), route, held, watched, base, moving })
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &ProductProtocol {
        &self.protocol
    }

    fn moving(&self, sector: usize) -> &Moving {
        self.moving[sector].get_or_init(|| Box::new(Moving::new(self, sector)))
    }

    fn course<'a>(&'a self, leg: &Leg<'a>) -> Course<'a> {
        let Leg { stretch, index: (stage, _), offset } = *leg;
        Course { still: self.protocol.still(), stage: &self.protocol.stages()[stage], stretch, offset }
    }

    /// Goes through part of a stretch in which something changes.
    fn move_on(
        &self,
        leg: &Leg,
        work: &mut ProtocolProduct,
        [start, end]: [f64; 2],
        rng: &mut Stream,
        recorder: &mut impl Recorder<ProductValues<W>>,
    ) {
        let (course, followed) = (self.course(leg), self.base.followed);
        let ProtocolProduct { product: state, drift, dials, magnus, .. } = work;
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        while now < end && !recorder.interrupted() {
            let stop = || recorder.interrupted();
            let (here, before) = (state.sector, left);
            let moving = self.moving(here);
            let d = moving.dimension;
            course.dial(now, dials);
            let at_start = moving.means(followed, dials, &state.psi[..d]);
            let rate = moving.rate(dials, &state.psi[..d]);
            let longest = (end - now).min(course.stage.longest_step(now - course.offset)).min(of_wait(left, rate));
            let mut body = Body { course: &course, moving, drift: &mut *drift, dials: &mut *dials, bound: 0.0 };
            let waits = (&mut left, &mut *rng);
            let psi = numbers(&state.psi[..d]);
            let Some(stride) = magnus.stride(&mut body, &Mix::at, psi, (now, longest), waits, &stop) else { return };
            let Stride { step, length, jumps, part } = stride;
            let (look, until) = (stride.look(), stride.until(now, end));
            let outgrown = self.base.outgrown(here, amplitudes(magnus.probe()));
            if let Some(to) = outgrown.or_else(|| self.base.outgrown(here, amplitudes(magnus.end()))) {
                // What outgrows its cut on the way goes there again in a larger one.
                self.base.enlarge(state, to);
                *magnus = Magnus::new(2 * state.psi.len());
                left = before;
                continue;
            }
            course.dial(now + look, dials);
            let seen = moving.means(followed, dials, amplitudes(magnus.probe()));
            course.dial(until, dials);
            let ends = (at_start, moving.means(followed, dials, amplitudes(magnus.end())));
            recorder.dwell(now, length, &at_start, &average(&ends, part, &seen));
            numbers_mut(&mut state.psi[..d]).copy_from_slice(magnus.end());
            if recorder.follows(true) {
                let turning = magnus.turning();
                let change =
                    Change { start: now, duration: length, turning, ends, between: Some((look, seen)), most: None };
                recorder.change(&change, |time| {
                    let mut body = Body { course: &course, moving, drift: &mut *drift, dials: &mut *dials, bound: 0.0 };
                    magnus.look_at(&mut body, &Mix::at, (now, step), time, &|| false);
                    course.dial(now + time, dials);
                    moving.means(followed, dials, amplitudes(magnus.probe()))
                });
            }
            now = until;
            if jumps {
                course.dial(now, dials);
                if let Some((jump, mark)) = self.jump(moving, dials, state, rng) {
                    recorder.marked(jump, mark);
                    let moving = self.moving(state.sector);
                    recorder.jump(now, jump, &moving.means(followed, dials, &state.psi[..moving.dimension]));
                }
                left = Exp1.sample(rng);
            }
        }
    }

    /// Draws the way in which a jump leaves a state and goes it. `None` where nothing can fire.
    fn jump(
        &self,
        moving: &Moving,
        dials: &[f64],
        state: &mut ProductState,
        rng: &mut Stream,
    ) -> Option<(Jump, usize)> {
        let psi = &state.psi[..moving.dimension];
        state.weights.clear();
        state.weights.extend(moving.ways.iter().map(|(dial, way)| dials[*dial] * way.jump_by.weight(psi)));
        let (_, way) = &moving.ways[pick(state.weights.iter().copied(), rng)?];
        Some(state.leave_by(way, moving.dimension))
    }
}

impl<const W: usize> Unravelling for ProtocolProducts<W> {
    type State = ProtocolProduct;
    type Values = ProductValues<W>;
    type Initial = ProductStart;

    fn prepare(&self, initial: &ProductStart, rng: &mut Stream) -> ProtocolProduct {
        let product = self.base.prepare(initial, rng);
        let magnus = Magnus::new(2 * product.psi.len());
        let (drift, dials) =
            (Sparse::new(0, &Elements::new(), self.base.spaces.sums()), vec![0.0; self.protocol.dials()]);
        ProtocolProduct { product, drift, dials, magnus, walk: Walk::default() }
    }

    /// Times go on from one call to the next, from 0 to the end of the protocol.
    fn advance(
        &self,
        work: &mut ProtocolProduct,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<ProductValues<W>>,
    ) {
        let mut walk = work.walk;
        self.route.along(&mut walk, [start, end], |leg, [from, until]| {
            match &self.held[leg.index.0][leg.index.1] {
                Some(engine) => engine.advance(&mut work.product, from, until, rng, recorder),
                None => self.move_on(leg, work, [from, until], rng, recorder),
            }
            !recorder.interrupted()
        });
        work.walk = walk;
    }

    /// What is watched is as it is at the time; at the end of a segment, before a quench.
    fn observe(&self, work: &ProtocolProduct, time: f64) -> Sample<ProductValues<W>> {
        let leg = self.route.leg(work.walk);
        if let Some(engine) = &self.held[leg.index.0][leg.index.1] {
            return engine.observe(&work.product, time);
        }
        let mut dials = vec![0.0; self.protocol.dials()];
        self.course(&leg).dial(time, &mut dials);
        let moving = self.moving(work.product.sector);
        let values = moving.means(self.watched.len(), &dials, &work.product.psi[..moving.dimension]);
        Sample { values, transverse: None }
    }
}
