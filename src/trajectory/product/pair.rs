//! A pair of states that go through one trajectory, for correlations at two times.
//!
//! `<C(t) A(t + tau) B(t)> = Tr[A X(tau)]`, where `X(0) = B |psi><psi| C` begins as `|left><right|` of `left = B psi` and
//! `right = C^dagger psi`. The two of them go through one trajectory, as one state of twice the space that the same jumps
//! act on in both halves (H.-P. Breuer, B. Kappler, F. Petruccione, Phys. Rev. A 56, 2334 (1997)): then X is the mean of
//! what they are, `<right|A|left>` times what their norms were, without bias. Both begin with the same norm, as the
//! product of the norms is what is known and the variance is least so.

use std::collections::HashMap;

use num_complex::Complex64;
use rand_distr::{Distribution, Exp1};

use super::basis::{Basis, elements};
use super::sector::{InSector, Sector};
use super::sparse::{Sparse, Sums};
use super::{FORESIGHT, NEARLY_DARK, ProductState, Products, TOLERANCE, pick};
use crate::model::operator::Operator;
use crate::model::product::TwoTimes;
use crate::random::Stream;
use crate::trajectory::Interrupt;
use crate::trajectory::propagation::{
    Beginning, Generator, Layout, Propagation, Wait, amplitudes, dot, norm_squared, normalize, numbers, numbers_mut,
};

/// A part that goes its own way, and the matrices of its operators by the sector that they act on.
#[derive(Clone)]
pub struct Part {
    left: Between,
    right: Between,
    /// The conjugate of C, which acts on the right.
    outer: Between,
}

/// An operator that takes one sector to one other.
#[derive(Clone)]
struct Between {
    operator: Operator,
    shift: i64,
    /// Where it leads, and its matrix; `None` where it leads nowhere.
    matrices: HashMap<usize, Option<(usize, Sparse)>>,
}

/// Two states that jump together.
#[derive(Clone)]
pub struct Pair {
    left: usize,
    right: usize,
    /// How many they have made since this was set to 0.
    pub jumps: u64,
    /// The amplitudes, those on the left first.
    psi: Vec<Complex64>,
    image: Vec<Complex64>,
    probe: Vec<Complex64>,
    weights: Vec<f64>,
    propagation: Propagation,
}

/// The generator on both.
struct Both<'a>(&'a Sector, &'a Sector);

impl Generator for Both<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        let Both(left, right) = self;
        let (x_left, x_right) = x.split_at(2 * left.dimension);
        let (y_left, y_right) = y.split_at_mut(2 * left.dimension);
        InSector(left).apply(center, factor, x_left, y_left);
        InSector(right).apply(center, factor, x_right, y_right);
    }

    fn norm_bound(&self) -> f64 {
        self.0.norm_bound.max(self.1.norm_bound)
    }
}

impl Part {
    pub fn new(of: &TwoTimes, sharp: bool) -> Self {
        let between = |operator: Operator| {
            let shift = if sharp { operator.shifts().first().copied().unwrap_or(0) } else { 0 };
            Between { operator, shift, matrices: HashMap::new() }
        };
        let TwoTimes { left, right, outer } = of;
        Part { left: between(left.clone()), right: between(right.clone()), outer: between(outer.adjoint()) }
    }

    /// Whether it ends in a part of the density matrix that has a trace, so that something of it may stay for ever.
    pub fn is_of_populations(&self) -> bool {
        self.right.shift == self.outer.shift
    }

    /// `<A>` in a state.
    pub fn mean(&mut self, engine: &Products<0>, state: &ProductState) -> Complex64 {
        let psi = &state.psi[..engine.sector(state.sector).dimension];
        let own = self.left.of(engine, state.sector).filter(|(to, _)| *to == state.sector);
        own.map_or(Complex64::ZERO, |(_, matrix)| matrix.between(psi, psi))
    }
}

impl Between {
    /// Where it leads from a sector, and its matrix there.
    fn of<const W: usize>(&mut self, engine: &Products<W>, from: usize) -> Option<(usize, &Sparse)> {
        let (operator, shift) = (&self.operator, self.shift);
        let new = || {
            let own = engine.spaces.label(from);
            let (to, label) = engine.spaces.beside(&own, shift)?;
            let [own, target] = [own, label].map(|label| Basis::new(&engine.spaces, label));
            let elements = elements(&engine.spaces, operator, &own, &target);
            Some((to, Sparse::new(target.len(), &elements, Sums::InOrder)))
        };
        self.matrices.entry(from).or_insert_with(new).as_ref().map(|(to, matrix)| (*to, matrix))
    }
}

impl Pair {
    pub fn new(largest: usize, channels: usize) -> Self {
        let empty = || vec![Complex64::ZERO; 2 * largest];
        let propagation = Propagation::new(4 * largest);
        let weights = vec![0.0; channels];
        Pair { left: 0, right: 0, jumps: 0, psi: empty(), image: empty(), probe: empty(), weights, propagation }
    }

    /// Begins in a state, and adds what A makes of the pair at each of the stops, which ascend, to the sum of its place.
    /// Returns `<C B>` of the state, as far as both are of one sector.
    pub fn run(
        &mut self,
        engine: &Products<0>,
        (state, begin): (&ProductState, f64),
        part: &mut Part,
        (stops, sums): (&[(f64, usize)], &mut [Complex64]),
        rng: &mut Stream,
        interrupt: &Interrupt,
    ) -> Complex64 {
        let Some(weight) = self.begin(engine, state, part) else { return Complex64::ZERO };
        let at_once = if self.left == self.right {
            let (left, right) = self.psi.split_at(engine.sector(self.left).dimension);
            weight * right.iter().zip(left).map(|(right, left)| right.conj() * left).sum::<Complex64>()
        } else {
            Complex64::ZERO
        };
        let mut now = begin;
        for (delay, place) in stops {
            if !self.advance(engine, (now, begin + delay), rng, interrupt) {
                break;
            }
            now = begin + delay;
            let (left, right) = self.psi.split_at(engine.sector(self.left).dimension);
            // A leads from every sector on the left to that on the right, or nowhere.
            if let Some((to, matrix)) = part.left.of(engine, self.left) {
                debug_assert_eq!(to, self.right);
                sums[*place] += weight * matrix.between(left, right);
            }
        }
        at_once
    }

    /// Both states, and the product of their norms times two, as they are normalized together; `None` where one is none.
    fn begin(&mut self, engine: &Products<0>, state: &ProductState, part: &mut Part) -> Option<f64> {
        let psi = &state.psi[..engine.sector(state.sector).dimension];
        let (left, matrix) = part.right.of(engine, state.sector)?;
        let middle = matrix.rows();
        matrix.apply(psi, &mut self.psi[..middle]);
        let (right, matrix) = part.outer.of(engine, state.sector)?;
        let end = middle + matrix.rows();
        matrix.apply(psi, &mut self.psi[middle..end]);
        (self.left, self.right) = (left, right);
        let (on_left, on_right) = numbers_mut(&mut self.psi[..end]).split_at_mut(2 * middle);
        if norm_squared(on_left) == 0.0 || norm_squared(on_right) == 0.0 {
            return None;
        }
        let norms = (normalize(on_left) * normalize(on_right)).sqrt();
        normalize(numbers_mut(&mut self.psi[..end]));
        Some(2.0 * norms)
    }

    /// Takes both from one time to another; false where there is nothing more to see, as it was interrupted or one of them
    /// is no more.
    fn advance(
        &mut self,
        engine: &Products<0>,
        (start, end): (f64, f64),
        rng: &mut Stream,
        interrupt: &Interrupt,
    ) -> bool {
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        let stop = || interrupt.is_set();
        while now < end && !stop() {
            let (on_left, on_right) = (engine.sector(self.left), engine.sector(self.right));
            let d = on_left.dimension + on_right.dimension;
            let mut both = Both(on_left, on_right);
            let Pair { psi, image, propagation, .. } = self;
            let (psi, image) = (numbers_mut(&mut psi[..d]), numbers_mut(&mut image[..d]));
            both.apply(Complex64::ZERO, 1.0, psi, image);
            let mut rate = -2.0 * dot(psi, image);
            if rate < NEARLY_DARK * both.norm_bound() {
                // What rounding may have made of it: a sum that cancels nothing.
                let (left, right) = amplitudes(psi).split_at(on_left.dimension);
                rate = on_left.rate(left) + on_right.rate(right);
            }
            let limit = end - now;
            let expected = if rate > 0.0 { FORESIGHT * left / rate } else { limit };
            let tolerance = TOLERANCE * (-0.5 * left).exp();
            let beginning = Beginning { state: psi, image, rate };
            let reach = propagation.start(&mut both, beginning, limit.min(expected), tolerance, stop);
            if stop() {
                return false;
            }
            let (length, jumps) = match propagation.wait(left, reach, psi) {
                Wait::Jump(time) => (time, true),
                Wait::Survived(log) => {
                    left += log;
                    (reach, false)
                }
            };
            now = if !jumps && reach >= limit { end } else { now + length };
            if jumps {
                if !self.jump(engine, rng) {
                    return false;
                }
                left = Exp1.sample(rng);
            }
        }
        !stop()
    }

    /// Draws a jump and has both go it; false where one of them cannot.
    fn jump(&mut self, engine: &Products<0>, rng: &mut Stream) -> bool {
        let (on_left, on_right) = (engine.sector(self.left), engine.sector(self.right));
        let (left, right) = self.psi[..on_left.dimension + on_right.dimension].split_at(on_left.dimension);
        self.weights.fill(0.0);
        for (sector, psi) in [(on_left, left), (on_right, right)] {
            for way in &sector.ways {
                self.weights[way.number] += way.jump_by.weight(psi);
            }
        }
        let Some(number) = pick(self.weights.iter().copied(), rng) else { return true };
        let way = |sector: &'_ Sector| sector.ways.iter().position(|way| way.number == number);
        let (Some(of_left), Some(of_right)) = (way(on_left), way(on_right)) else { return false };
        let (of_left, of_right) = (&on_left.ways[of_left], &on_right.ways[of_right]);
        let middle = of_left.jump_by.rows();
        let end = middle + of_right.jump_by.rows();
        of_left.jump_by.apply(left, &mut self.probe[..middle]);
        of_right.jump_by.apply(right, &mut self.probe[middle..end]);
        std::mem::swap(&mut self.psi, &mut self.probe);
        (self.left, self.right) = (of_left.to, of_right.to);
        self.jumps += 1;
        let (on_left, on_right) = numbers(&self.psi[..end]).split_at(2 * middle);
        if norm_squared(on_left) == 0.0 || norm_squared(on_right) == 0.0 {
            return false;
        }
        normalize(numbers_mut(&mut self.psi[..end]));
        true
    }
}
