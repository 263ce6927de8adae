//! The engine of products: ensembles, modes, Hamiltonians and jumps of the user's own.
//!
//! A state is a vector over one sector: J of every ensemble and, wherever H, the jumps and what is watched conserve it, a
//! sharp total number of excitations; otherwise over the whole product of these J. Two ensembles have min(2J_1, 2J_2) + 1
//! amplitudes at most where it is sharp. Jumps of single qubits take one J to itself or a neighbour, in the three outcomes of
//! [`crate::dicke`]. A mode whose cut grows has a sector for every cut: where the highest level of a state weighs too much
//! after a step, the step is gone again in the next. Sectors are tabulated when first visited. Between jumps a state moves
//! by a power series ([`super::propagation`]), to 1e-10 a step; where nothing is left to jump, it waits for ever.

mod abreast;
mod basis;
mod lanes;
mod pair;
mod pairs;
mod photons;
mod protocol;
mod qubits;
mod reflection;
mod sector;
mod spaces;
mod sparse;

pub use pairs::{Beginnings, Pairs};
pub use photons::Photons;
pub use protocol::{ProtocolProduct, ProtocolProducts};

use std::sync::OnceLock;

use num_complex::Complex64;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};

use self::basis::{Basis, Edge};
use self::qubits::OneBody;
use self::sector::{InSector, Sector, Way};
use self::spaces::{Label, Spaces};
use self::sparse::Sparse;
use super::propagation::{Beginning, Propagation, Wait, dot, normalize, numbers, numbers_mut};
use super::{Change, Jump, Recorder, Run, Unravelling, average, run};
use crate::initial::{Drawn, ProductStart};
use crate::model::operator::Operator;
use crate::model::product::{Product, ProductError, ProductValues, Watched};
use crate::quantity::Sample;
use crate::random::Stream;

/// The error that one step may make, in norm, relative to what is left at the jump.
const TOLERANCE: f64 = 1e-11;
/// A step reaches for this multiple of the wait that the present rate suggests.
const FORESIGHT: f64 = 1.5;
/// A rate of jumps below this part of the norm of -i H_eff has lost digits to what cancels.
const NEARLY_DARK: f64 = 1e-6;
/// The most states of a sector.
const MOST_STATES: f64 = 2e5;
/// The most sectors: each takes 32 bytes before it is visited.
const MOST_SECTORS: f64 = 4e6;

/// The engine of a [`Product`], which watches up to W means.
#[derive(Debug)]
pub struct Products<const W: usize> {
    product: Product,
    hamiltonian: Operator,
    /// What jumps that are sums over single qubits take from the norm, all together.
    lost: Operator,
    watched: Vec<Watched>,
    /// The same, where they are means of correlations of single qubits.
    of_pairs: Vec<Option<OneBody>>,
    /// How many of them recorders are told of within dwells and after jumps: the others are looked at in samples alone.
    followed: usize,
    spaces: Spaces,
    largest: usize,
    sectors: Vec<OnceLock<Box<Sector>>>,
}

/// How large the engine of a product is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductSize {
    /// Whether sectors have a sharp number of excitations.
    pub sharp: bool,
    /// The number of states of the largest sector.
    pub states: f64,
    /// How many sectors there are.
    pub sectors: f64,
    /// The memory of the states that are on their way at a time, in bytes.
    pub bytes: f64,
    /// How many these are.
    pub abreast: usize,
}

/// A pure state of a product, with everything it takes to move it.
#[derive(Clone, Debug)]
pub struct ProductState {
    sector: usize,
    /// The amplitudes, in as many first elements as the sector has states.
    psi: Vec<Complex64>,
    /// -i H_eff psi, and a state on the way.
    image: Vec<Complex64>,
    probe: Vec<Complex64>,
    /// How likely each way out of the sector is.
    weights: Vec<f64>,
    /// Room for what jumps of single qubits have in common.
    pairs: Vec<Complex64>,
    propagation: Propagation,
}

impl ProductState {
    /// Goes a way out of a sector of so many states: the jump, and which it is among those of its bath and process.
    fn leave_by(&mut self, way: &Way, states: usize) -> (Jump, usize) {
        let there = way.jump_by.rows();
        way.jump_by.apply(&self.psi[..states], &mut self.probe[..there]);
        std::mem::swap(&mut self.psi, &mut self.probe);
        normalize(numbers_mut(&mut self.psi[..there]));
        self.sector = way.to;
        (way.jump, way.mark)
    }
}

impl<const W: usize> Products<W> {
    /// The engine of what a start leads to. A superposition of several numbers of excitations is drawn apart where nothing
    /// that is watched would see it.
    ///
    /// # Errors
    /// If a mode lacks a cut, a watched operator is not Hermitian, or there are too many states.
    pub fn new(product: &Product, start: &ProductStart, watched: [Operator; W]) -> Result<Self, ProductError> {
        Self::watching(product, start, watched.map(Watched::Operator).into(), W)
    }

    /// The same of anything to watch, up to W, of which recorders are told of the first `followed` within dwells and after
    /// jumps, where the others count as 0, and of all of them in samples.
    ///
    /// # Errors
    /// Also if there are more than W.
    pub fn watching(
        product: &Product,
        start: &ProductStart,
        watched: Vec<Watched>,
        followed: usize,
    ) -> Result<Self, ProductError> {
        let sharp = Self::size(product, start, &watched)?.sharp;
        Self::in_spaces(product, start, watched, followed, sharp)
    }

    /// The same where it is known whether the number of excitations may be taken as sharp.
    fn in_spaces(
        product: &Product,
        start: &ProductStart,
        watched: Vec<Watched>,
        followed: usize,
        sharp: bool,
    ) -> Result<Self, ProductError> {
        let size = Self::sized(product, start, sharp)?;
        let spaces = Spaces::new(product, start, sharp);
        Ok(Self::over(product.clone(), spaces, size.states as usize, (watched, followed)))
    }

    /// The engine over sectors that are known, the largest of so many states.
    fn over(product: Product, spaces: Spaces, largest: usize, (watched, followed): (Vec<Watched>, usize)) -> Self {
        let sectors = (0..spaces.count() as usize).map(|_| OnceLock::new()).collect();
        let lost = if spaces.are_single_qubits() { qubits::lost(&product) } else { Operator::zero(product.algebras()) };
        let of_pairs = Self::of_pairs(&watched);
        let hamiltonian = product.hamiltonian();
        Products { product, hamiltonian, lost, watched, of_pairs, followed, spaces, largest, sectors }
    }

    /// How large the engine would be, before anything of that size is made.
    ///
    /// # Errors
    /// As [`Products::watching`].
    pub fn size(product: &Product, start: &ProductStart, watched: &[Watched]) -> Result<ProductSize, ProductError> {
        if watched.len() > W {
            return Err(ProductError::Watched { count: watched.len(), most: W });
        }
        let mean = |watched: &Watched| matches!(watched, Watched::Operator(operator) if !operator.is_hermitian());
        if let Some(place) = watched.iter().position(mean) {
            return Err(ProductError::WatchedNotHermitian { place });
        }
        Self::sized(product, start, start.may_be_sharp(product, watched))
    }

    fn sized(product: &Product, start: &ProductStart, sharp: bool) -> Result<ProductSize, ProductError> {
        product.check_cuts()?;
        let (states, spaces) = (start.largest_dimension(product, sharp), Spaces::new(product, start, sharp));
        let (sectors, abreast) = (spaces.count(), spaces.abreast(states as usize));
        let bytes = Propagation::memory(states) + 48.0 * states;
        let bytes = abreast.map_or(bytes, |abreast| {
            abreast.slots as f64 * (bytes + 32.0 * states) + 16.0 * states * abreast.walkers as f64
        });
        let abreast = abreast.map_or(1, |abreast| abreast.walkers);
        if states > MOST_STATES {
            return Err(ProductError::TooLarge { what: "a state", dimension: states, bytes, most: MOST_STATES });
        }
        if sectors > MOST_SECTORS {
            let (what, dimension) = ("the list of sectors", sectors);
            return Err(ProductError::TooLarge { what, dimension, bytes: 32.0 * sectors, most: MOST_SECTORS });
        }
        Ok(ProductSize { sharp, states, sectors, bytes, abreast })
    }

    fn sector(&self, index: usize) -> &Sector {
        let new = || {
            let of = (&self.product, &self.hamiltonian, &self.lost);
            Box::new(Sector::new(of, &self.spaces, index, self.watched.len()))
        };
        self.sectors[index].get_or_init(new)
    }

    /// What recorders are told of.
    fn followed(&self, sector: &Sector, psi: &[Complex64]) -> ProductValues<W> {
        self.means(sector, self.followed, psi)
    }

    /// The first so many of what is watched.
    fn means(&self, sector: &Sector, count: usize, psi: &[Complex64]) -> ProductValues<W> {
        let mut values = ProductValues::default();
        for (place, value) in values.0.iter_mut().enumerate().take(count) {
            let (operator, size) = self.watched(sector, place);
            *value = operator.mean(psi, *size);
        }
        values
    }

    /// What is watched in a sector, with a bound of its norm.
    fn watched<'a>(&self, sector: &'a Sector, place: usize) -> &'a (Sparse, f64) {
        sector.watched[place].get_or_init(|| {
            let own = Basis::new(&self.spaces, self.spaces.label(sector.index));
            own.watched(&self.spaces, &self.watched[place])
        })
    }

    /// The weight of the highest number of quanta that is kept of a mode, by its place among the factors: what the cut may
    /// have changed.
    #[must_use]
    pub fn weight_of_top(&self, state: &ProductState, factor: usize) -> f64 {
        let label = self.spaces.label(state.sector);
        let states = self.spaces.states(&label);
        let at_top = states.iter().zip(&state.psi).filter(|(steps, _)| steps[factor] == label.tops[factor]);
        at_top.map(|(_, c)| c.norm_sqr()).sum()
    }

    /// Draws the sector of a product of pure states.
    fn draw_sector(&self, drawn: &[Drawn], rng: &mut impl Rng) -> usize {
        let top = |(factor, (_, amplitudes)): (usize, &Drawn)| match self.spaces.qubits(factor) {
            Some(_) => amplitudes.len() as i64 - 1,
            None => self.spaces.first_top(factor),
        };
        let tops: Vec<i64> = drawn.iter().enumerate().map(top).collect();
        let mut label = Label { tops, excitations: None };
        if self.spaces.is_sharp() {
            // Each factor has a distribution of its own.
            let mut total = 0;
            for (factor, (_, amplitudes)) in drawn.iter().enumerate() {
                let weights = amplitudes.iter().map(Complex64::norm_sqr);
                let step = if weights.clone().filter(|weight| *weight > 0.0).count() > 1 {
                    pick(weights, rng)
                } else {
                    weights.clone().position(|weight| weight > 0.0)
                };
                total += self.spaces.excited(&label, factor, step.unwrap_or(0) as i64);
            }
            label.excitations = Some(total);
        }
        self.spaces.index(&label)
    }

    /// Draws a pure state: its sector, and its amplitudes with room for those of any other.
    fn drawn(&self, initial: &ProductStart, rng: &mut Stream) -> (usize, Vec<Complex64>) {
        let drawn = initial.draw(rng);
        let sector = self.draw_sector(&drawn, rng);
        let mut psi = vec![Complex64::ZERO; self.largest];
        let states = self.spaces.states(&self.spaces.label(sector));
        for (c, steps) in psi.iter_mut().zip(&states) {
            let amplitude = |(step, (_, amplitudes)): (&i64, &Drawn)| {
                amplitudes.get(*step as usize).copied().unwrap_or(Complex64::ZERO)
            };
            *c = steps.iter().zip(&drawn).map(amplitude).product();
        }
        normalize(numbers_mut(&mut psi[..states.len()]));
        (sector, psi)
    }

    /// How many ways out of a sector there may be.
    fn ways(&self) -> usize {
        3 * self.product.baths().iter().map(|bath| bath.channels().len()).sum::<usize>()
    }

    /// The sector in which every mode has room again, where the highest level of one weighs too much in a state, and as far
    /// as sectors may be as large.
    fn outgrown(&self, state: usize, psi: &[Complex64]) -> Option<usize> {
        let weighs = |edge: &&Edge| edge.places.iter().map(|place| psi[*place].norm_sqr()).sum::<f64>() > edge.bound;
        let mut heavy = self.sector(state).edges.iter().filter(weighs).peekable();
        heavy.peek()?;
        let grown = heavy.try_fold(self.spaces.label(state), |label, edge| self.spaces.grown(&label, edge.factor))?;
        (self.spaces.room(&grown.tops) as f64 <= MOST_STATES).then(|| self.spaces.index(&grown))
    }

    /// Takes a state into a sector of the same J and higher cuts, with room for it.
    fn enlarge(&self, state: &mut ProductState, to: usize) {
        let [small, large] = [state.sector, to].map(|sector| self.spaces.label(sector).tops);
        let place = |tops: &[i64], steps: &[i64]| {
            tops.iter().zip(steps).fold(0, |place, (top, step)| place * (*top as usize + 1) + *step as usize)
        };
        // With room for every J that may follow.
        let room = self.spaces.room(&large);
        let mut psi = vec![Complex64::ZERO; room.max(state.psi.len())];
        for steps in self.spaces.states(&self.spaces.label(state.sector)) {
            psi[place(&large, &steps)] = state.psi[place(&small, &steps)];
        }
        if room > state.psi.len() {
            state.image = vec![Complex64::ZERO; room];
            state.probe = vec![Complex64::ZERO; room];
            state.propagation = Propagation::new(2 * room);
        }
        (state.psi, state.sector) = (psi, to);
    }

    /// Draws the way in which a jump leaves a state and goes it. `None` where nothing can fire.
    fn jump(&self, state: &mut ProductState, rng: &mut Stream) -> Option<(Jump, usize)> {
        let sector = self.sector(state.sector);
        let psi = &state.psi[..sector.dimension];
        sector.weigh(psi, &mut state.pairs, &mut state.weights);
        let way = &sector.ways[pick(state.weights.iter().copied(), rng)?];
        Some(state.leave_by(way, sector.dimension))
    }
}

/// Draws a place by its weight, never one of zero; `None` where all are.
fn pick(weights: impl Iterator<Item = f64> + Clone, rng: &mut impl Rng) -> Option<usize> {
    let mut at = rng.random::<f64>() * weights.clone().sum::<f64>();
    let mut chosen = None;
    for (place, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        chosen = Some(place);
        if at < weight {
            break;
        }
        at -= weight;
    }
    chosen
}

impl<const W: usize> Unravelling for Products<W> {
    type State = ProductState;
    type Values = ProductValues<W>;
    type Initial = ProductStart;

    fn prepare(&self, initial: &ProductStart, rng: &mut Stream) -> ProductState {
        let (sector, psi) = self.drawn(initial, rng);
        let empty = || vec![Complex64::ZERO; self.largest];
        let propagation = Propagation::new(2 * self.largest);
        let (weights, pairs) = (Vec::with_capacity(self.ways()), Vec::with_capacity(self.spaces.room_for_pairs()));
        ProductState { sector, psi, image: empty(), probe: empty(), weights, pairs, propagation }
    }

    fn advance(
        &self,
        state: &mut ProductState,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<ProductValues<W>>,
    ) {
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        // Of the state there is, where they were looked at already.
        let mut known: Option<ProductValues<W>> = None;
        while now < end && !recorder.interrupted() {
            let (here, before) = (state.sector, left);
            let sector = self.sector(here);
            let d = sector.dimension;
            let at_start = known.take().unwrap_or_else(|| self.followed(sector, &state.psi[..d]));
            sector.drift.apply(&state.psi[..d], &mut state.image[..d]);
            let ProductState { psi, image, probe, propagation, .. } = &mut *state;
            let (psi, image, probe) = (&mut psi[..d], &mut image[..d], &mut probe[..d]);
            let mut rate = -2.0 * dot(numbers(psi), numbers(image));
            if rate < NEARLY_DARK * sector.norm_bound {
                // What rounding may have made of it: a sum that cancels nothing.
                rate = sector.rate(psi);
            }
            let limit = end - now;
            let expected = if rate > 0.0 { FORESIGHT * left / rate } else { limit };
            let stop = || recorder.interrupted();
            let tolerance = TOLERANCE * (-0.5 * left).exp();
            let beginning = Beginning { state: numbers(psi), image: numbers(image), rate };
            let reach = propagation.start(&mut InSector(sector), beginning, limit.min(expected), tolerance, stop);
            if stop() {
                return;
            }
            let (length, jumps) = match propagation.wait(left, reach, numbers_mut(psi)) {
                Wait::Jump(time) => (time, true),
                Wait::Survived(log) => {
                    left += log;
                    (reach, false)
                }
            };
            if !sector.edges.is_empty() {
                // In the middle and at the end: what outgrows its cut on the way goes there again in a larger one.
                propagation.write(0.5 * length, numbers_mut(probe));
                if let Some(to) = self.outgrown(here, probe).or_else(|| self.outgrown(here, psi)) {
                    propagation.write(0.0, numbers_mut(psi));
                    left = before;
                    self.enlarge(state, to);
                    continue;
                }
            }
            if self.followed > 0 && !propagation.is_stationary() {
                // Values change on the way.
                let part = rng.random::<f64>();
                let look = part * length;
                propagation.write(look, numbers_mut(probe));
                let seen = self.followed(sector, probe);
                let ends = (at_start, self.followed(sector, psi));
                known = Some(ends.1);
                let turning = propagation.turning();
                let change =
                    Change { start: now, duration: length, turning, ends, between: Some((look, seen)), most: None };
                recorder.varying(&change, &average(&ends, part, &seen), |time| {
                    propagation.write(time, numbers_mut(probe));
                    self.followed(sector, probe)
                });
            } else {
                recorder.dwell(now, length, &at_start, &at_start);
                known = Some(at_start);
            }
            // Where rounding would leave a last sliver, the interval is over.
            now = if !jumps && reach >= limit { end } else { now + length };
            if jumps {
                if let Some((jump, mark)) = self.jump(state, rng) {
                    let sector = self.sector(state.sector);
                    let after = self.followed(sector, &state.psi[..sector.dimension]);
                    recorder.marked(jump, mark);
                    recorder.jump(now, jump, &after);
                    known = Some(after);
                }
                left = Exp1.sample(rng);
            }
        }
    }

    fn run_all(&self, initial: &ProductStart, times: &[f64], runs: &mut [Run<'_, ProductValues<W>>]) -> bool {
        match self.spaces.abreast(self.largest) {
            Some(abreast) => self.run_abreast(initial, times, runs, abreast),
            None => runs.iter_mut().all(|one| run(self, initial, times, &mut one.rng, one.record)),
        }
    }

    fn observe(&self, state: &ProductState, _: f64) -> Sample<ProductValues<W>> {
        let sector = self.sector(state.sector);
        let psi = &state.psi[..sector.dimension];
        Sample { values: self.means(sector, self.watched.len(), psi), transverse: None }
    }
}
