//! Correlations at two times from trajectories: pairs of states.
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
use crate::initial::ProductStart;
use crate::model::operator::Operator;
use crate::model::product::{Correlation, Product, ProductError, ProductValues, Since, TwoTimes};
use crate::random::Stream;
use crate::trajectory::propagation::{
    Beginning, Generator, Layout, Propagation, Wait, amplitudes, dot, norm_squared, normalize, numbers, numbers_mut,
};
use crate::trajectory::{Interrupt, Jump, Recorder, Unravelling};

/// What is asked for of a product, trajectory by trajectory.
pub struct Pairs<'a> {
    engine: Products<0>,
    start: &'a ProductStart,
    /// By the time at which they begin.
    asked: Vec<Asked<'a>>,
    /// Real and imaginary part of each delay of each correlation, in the order in which they were asked for.
    values: Vec<f64>,
    interrupt: &'a Interrupt,
    pair: Pair,
}

/// One of them.
struct Asked<'a> {
    time: f64,
    delays: &'a [f64],
    /// Where its values begin.
    begin: usize,
    parts: Vec<Part>,
}

/// A part that goes its own way, and the matrices of its operators by the sector that they act on.
struct Part {
    left: Between,
    right: Between,
    /// The conjugate of C, which acts on the right.
    outer: Between,
}

/// An operator that takes one sector to one other.
struct Between {
    operator: Operator,
    shift: i64,
    /// Where it leads, and its matrix; `None` where it leads nowhere.
    matrices: HashMap<usize, Option<(usize, Sparse)>>,
}

/// Two states that jump together.
struct Pair {
    left: usize,
    right: usize,
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

/// Nobody records: what is asked is whether to go on.
struct Unrecorded<'a>(&'a Interrupt);

impl Recorder<ProductValues<0>> for Unrecorded<'_> {
    fn dwell(&mut self, _: f64, _: f64, _: &ProductValues<0>, _: &ProductValues<0>) {}

    fn jump(&mut self, _: f64, _: Jump, _: &ProductValues<0>) {}

    fn interrupted(&self) -> bool {
        self.0.is_set()
    }
}

impl Part {
    fn new(of: &TwoTimes, sharp: bool) -> Self {
        let between = |operator: Operator| {
            let shift = if sharp { operator.shifts().first().copied().unwrap_or(0) } else { 0 };
            Between { operator, shift, matrices: HashMap::new() }
        };
        let TwoTimes { left, right, outer } = of;
        Part { left: between(left.clone()), right: between(right.clone()), outer: between(outer.adjoint()) }
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

impl<'a> Pairs<'a> {
    /// Ready for any number of trajectories, which end on the way once `interrupt` is set. What is of the steady state alone
    /// is left out.
    ///
    /// # Errors
    /// If there are too many states.
    pub fn new(
        product: &Product,
        start: &'a ProductStart,
        correlations: &'a [Correlation],
        interrupt: &'a Interrupt,
    ) -> Result<Self, ProductError> {
        let engine = Self::engine(product, start, correlations)?;
        let sharp = engine.spaces.is_sharp();
        let (mut asked, mut end) = (Vec::new(), 0);
        for correlation in correlations {
            let Correlation { since, delays, .. } = correlation;
            let begin = end;
            end += 2 * delays.len();
            let Since::Time(time) = *since else { continue };
            let parts: Vec<Part> = match sharp {
                true => correlation.terms().flat_map(TwoTimes::parts).map(|part| Part::new(&part, true)).collect(),
                false => correlation.terms().map(|of| Part::new(of, false)).collect(),
            };
            asked.push(Asked { time, delays, begin, parts });
        }
        asked.sort_by(|a, b| a.time.total_cmp(&b.time));
        let pair = Pair::new(
            engine.largest,
            3 * engine.product.baths().iter().map(|bath| bath.channels().len()).sum::<usize>(),
        );
        Ok(Pairs { engine, start, asked, values: vec![0.0; end], interrupt, pair })
    }

    /// Why they cannot be followed, if so: known before anything of that size is made.
    ///
    /// # Errors
    /// As [`Pairs::new`].
    pub fn check(product: &Product, start: &ProductStart, correlations: &[Correlation]) -> Result<(), ProductError> {
        Products::<0>::sized(product, start, Self::sharp(product, start, correlations)).map(drop)
    }

    /// Whether the number of excitations may be taken as sharp.
    fn sharp(product: &Product, start: &ProductStart, correlations: &[Correlation]) -> bool {
        let blind = |correlation: &Correlation| !correlation.terms().any(TwoTimes::sees_coherences);
        product.keeps_excitations_sharp() && (start.is_sharp() || correlations.iter().all(blind))
    }

    fn engine(
        product: &Product,
        start: &ProductStart,
        correlations: &[Correlation],
    ) -> Result<Products<0>, ProductError> {
        Products::in_spaces(product, start, Vec::new(), 0, Self::sharp(product, start, correlations))
    }

    /// One trajectory: real and imaginary part of every delay of every correlation, 0 of those of the steady state. `None`
    /// where it was interrupted.
    pub fn sample(&mut self, rng: &mut Stream) -> Option<&[f64]> {
        let Pairs { engine, start, asked, values, interrupt, pair, .. } = self;
        values.fill(0.0);
        let mut state = engine.prepare(start, rng);
        let mut now = 0.0;
        for Asked { time, delays, begin, parts } in asked {
            engine.advance(&mut state, now, *time, rng, &mut Unrecorded(interrupt));
            now = *time;
            for part in parts {
                let values = &mut values[*begin..*begin + 2 * delays.len()];
                pair.run(engine, (&state, now), part, (*delays, values), rng, interrupt);
                if interrupt.is_set() {
                    return None;
                }
            }
        }
        (!interrupt.is_set()).then_some(&self.values[..])
    }
}

impl Pair {
    fn new(largest: usize, channels: usize) -> Self {
        let empty = || vec![Complex64::ZERO; 2 * largest];
        let propagation = Propagation::new(4 * largest);
        let weights = vec![0.0; channels];
        Pair { left: 0, right: 0, psi: empty(), image: empty(), probe: empty(), weights, propagation }
    }

    /// Begins in a state, and adds what A makes of the pair at each delay to the values.
    fn run(
        &mut self,
        engine: &Products<0>,
        (state, begin): (&ProductState, f64),
        part: &mut Part,
        (delays, values): (&[f64], &mut [f64]),
        rng: &mut Stream,
        interrupt: &Interrupt,
    ) {
        let Some(weight) = self.begin(engine, state, part) else { return };
        let mut now = begin;
        for (delay, value) in delays.iter().zip(values.chunks_exact_mut(2)) {
            if !self.advance(engine, (now, begin + delay), rng, interrupt) {
                return;
            }
            now = begin + delay;
            let (left, right) = self.psi.split_at(engine.sector(self.left).dimension);
            // A leads from every sector on the left to that on the right, or nowhere.
            if let Some((to, matrix)) = part.left.of(engine, self.left) {
                debug_assert_eq!(to, self.right);
                let mean = weight * matrix.between(left, right);
                value[0] += mean.re;
                value[1] += mean.im;
            }
        }
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
        let (on_left, on_right) = numbers(&self.psi[..end]).split_at(2 * middle);
        if norm_squared(on_left) == 0.0 || norm_squared(on_right) == 0.0 {
            return false;
        }
        normalize(numbers_mut(&mut self.psi[..end]));
        true
    }
}
