//! The master equation of a product of ensembles and modes over the blocks that it closes in: J of every ensemble, and the
//! total number of excitations where it stays sharp.
//!
//! `drho/dt = -i (h rho - rho h^dagger) + sum L rho L^dagger` with `h = H - (i/2) sum L^dagger L`, element by element:
//! written as X + X^dagger it would not be stable, as rounding that is not Hermitian grows down a ladder. It shares nothing
//! with trajectories but the model.

mod correlations;
mod generator;
mod rooms;
mod spectrum;

pub use self::spectrum::{Line, Spectrum};

use num_complex::Complex64;

use self::generator::Generator;
use self::rooms::{Matrix, Rooms, combinations};
use crate::dicke::SectorChange;
use crate::initial::ProductStart;
use crate::model::operator::Operator;
use crate::model::product::{JumpOperator, Product, ProductError, Watched};

/// The most elements of rho that are kept: with some thirty entries of the generator for each, some 200 MB.
const MOST_ELEMENTS: f64 = 3e5;

/// Why there is no steady state, or no spectrum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductSteadyError {
    /// More than one steady state.
    #[error(
        "there is no unique steady state: the slowest relaxation is at most {gap:.1e} of the fastest rate (without a local \
         bath an ensemble never forgets its J, and some states never emit)"
    )]
    NotUnique {
        /// The bound.
        gap: f64,
    },
    /// A steady state that relaxes too slowly to be known.
    #[error(
        "the steady state is not known well enough: its slowest relaxation is {gap:.1e} of the fastest rate, and rounding is \
         stronger by as much (less than {least:.0e} is refused)"
    )]
    Slow {
        /// The slowest relaxation, as a part of the fastest rate.
        gap: f64,
        /// The least that is solved.
        least: f64,
    },
    /// Something that does not decay, where a density is asked for.
    #[error("something does not decay: a coherent part is a line at its frequency, and no density")]
    Undamped,
    /// A solve that lost its accuracy.
    #[error("the solution is not accurate: its relative residual is {residual:.1e}")]
    Residual {
        /// What is left.
        residual: f64,
    },
    /// A factorization that failed.
    #[error("the factorization of the generator failed: {reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

/// A density matrix of a product: a block for each room, between it and the room of `order` fewer excitations. Order is 0 but
/// on the way to correlations, where an operator has acted from the left.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductDensity {
    order: i64,
    elements: Vec<Complex64>,
}

/// The mean of something that is watched, as a form in the elements of a density matrix: made once and read often.
#[derive(Clone, Debug)]
pub struct MeanForm(Vec<(usize, Complex64)>);

impl MeanForm {
    /// The mean in a state, or the integral of the mean where it is the integral of a state; beside it what the terms of
    /// that sum add to by their magnitudes.
    ///
    /// # Panics
    /// If it is of another equation.
    #[must_use]
    pub fn at(&self, rho: &ProductDensity) -> (f64, f64) {
        let terms = self.0.iter().map(|(place, value)| value * rho.elements[*place]);
        terms.fold((0.0, 0.0), |(sum, magnitude), term| (sum + term.re, magnitude + term.norm()))
    }
}

/// A jump of a bath, from one room.
#[derive(Clone, Debug)]
struct Hop {
    bath: usize,
    /// The square root of its rate included.
    matrix: Matrix,
}

/// The blocks of one order: for each room the room on the right, and where the elements begin.
#[derive(Clone, Debug)]
struct Layout {
    right: Vec<Option<usize>>,
    begins: Vec<usize>,
    size: usize,
}

/// All of the generator, or what one bath does.
#[derive(Clone, Copy, Debug)]
enum Part {
    All,
    Bath(usize),
}

impl Part {
    fn has(self, bath: usize) -> bool {
        match self {
            Part::All => true,
            Part::Bath(own) => own == bath,
        }
    }
}

/// The master equation of a [`Product`]; times in its unit.
#[derive(Clone, Debug)]
pub struct ProductEquation {
    rooms: Rooms,
    /// H/hbar, room by room.
    hamiltonian: Vec<Matrix>,
    /// By room, then by kind of jump and outcome; `None` where a kind leads nowhere.
    hops: Vec<Vec<Option<Hop>>>,
    energy: Operator,
    generator: Generator,
}

impl ProductEquation {
    /// The equation over all that a start can lead to.
    ///
    /// # Errors
    /// If that has too many elements.
    pub fn new(product: &Product, start: &ProductStart) -> Result<Self, ProductError> {
        Self::size(product, start)?;
        let tops = start.tops(product);
        let sharp = product.keeps_excitations_sharp() && start.is_sharp();
        let rooms = Rooms::new(product, &tops, sharp);
        let hops: Vec<Vec<Option<Hop>>> = (0..rooms.rooms.len()).map(|room| hops(product, &rooms, room)).collect();
        let h = product.hamiltonian();
        let hamiltonian = (0..hops.len()).map(|room| rooms.matrix(&h, room, room)).collect();
        let nothing = Generator::new(0, Vec::new());
        let mut equation = ProductEquation { energy: product.energy(), generator: nothing, rooms, hamiltonian, hops };
        equation.generator = equation.generator_of(&equation.layout(0), Part::All);
        Ok(equation)
    }

    /// How many elements a density matrix would have, before one is made.
    ///
    /// # Errors
    /// If a mode lacks a cut, or they are too many.
    pub fn size(product: &Product, start: &ProductStart) -> Result<f64, ProductError> {
        product.check_cuts()?;
        check_size(&start.tops(product), product.keeps_excitations_sharp() && start.is_sharp())
    }

    /// The multiplications that it takes to advance by a time, roughly.
    #[must_use]
    pub fn cost(&self, time: f64) -> f64 {
        self.generator.cost(time)
    }

    /// How many elements a density matrix has.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.layout(0).size
    }

    fn layout(&self, order: i64) -> Layout {
        let right: Vec<Option<usize>> = (0..self.hops.len()).map(|room| self.rooms.beside(room, -order)).collect();
        let mut size = 0;
        let begins = right.iter().enumerate().map(|(left, right)| {
            let begin = size;
            size += right.map_or(0, |right| self.dimension(left) * self.dimension(right));
            begin
        });
        Layout { begins: begins.collect(), right, size }
    }

    fn dimension(&self, room: usize) -> usize {
        self.rooms.rooms[room].states.len()
    }

    /// h of one room, or what a part contributes to it: (row, column, element).
    fn drift(&self, room: usize, part: Part) -> Vec<(usize, usize, Complex64)> {
        let mut entries = match part {
            Part::All => self.hamiltonian[room].entries.clone(),
            Part::Bath(_) => Vec::new(),
        };
        for hop in self.hops[room].iter().flatten().filter(|hop| part.has(hop.bath)) {
            // -(i/2) L^dagger L.
            for (row, column, value) in &hop.matrix.entries {
                let same = hop.matrix.entries.iter().filter(|(other, ..)| other == row);
                let half = Complex64::new(0.0, -0.5) * value;
                entries.extend(same.map(|(_, left, other)| (*left, *column, other.conj() * half)));
            }
        }
        entries
    }

    /// The generator on the blocks of one order, or a part of it.
    fn generator_of(&self, layout: &Layout, part: Part) -> Generator {
        let drift: Vec<_> = (0..self.hops.len()).map(|room| self.drift(room, part)).collect();
        let mut triplets = Vec::new();
        for (left, right) in layout.right.iter().enumerate() {
            let Some(right) = *right else { continue };
            let at = |row: usize, column: usize| layout.begins[left] + row * self.dimension(right) + column;
            let i = Complex64::I;
            for (row, column, value) in &drift[left] {
                triplets.extend((0..self.dimension(right)).map(|j| (at(*row, j), at(*column, j), -i * value)));
            }
            for (row, column, value) in &drift[right] {
                triplets.extend((0..self.dimension(left)).map(|k| (at(k, *row), at(k, *column), i * value.conj())));
            }
            for (on_left, on_right) in self.hops[left].iter().zip(&self.hops[right]) {
                let (Some(on_left), Some(on_right)) = (on_left, on_right) else { continue };
                if !part.has(on_left.bath) || layout.right[on_left.matrix.to] != Some(on_right.matrix.to) {
                    continue;
                }
                let (begin, width) = (layout.begins[on_left.matrix.to], self.dimension(on_right.matrix.to));
                for (row, column, a) in &on_left.matrix.entries {
                    let to = |other: usize| begin + row * width + other;
                    let entries = on_right.matrix.entries.iter();
                    triplets.extend(entries.map(|(other, from, b)| (to(*other), at(*column, *from), a * b.conj())));
                }
            }
        }
        Generator::new(layout.size, triplets)
    }

    /// The density matrix of a start.
    #[must_use]
    pub fn initial(&self, start: &ProductStart) -> ProductDensity {
        let layout = self.layout(0);
        let mut elements = vec![Complex64::ZERO; layout.size];
        let factors = self.rooms.rooms.first().map_or(0, |room| room.tops.len());
        let parts: Vec<_> = (0..factors).map(|factor| start.mixture(factor)).collect();
        for part in combinations(&parts) {
            let weight: f64 = part.iter().map(|(p, _)| p).product();
            let tops: Vec<i64> = part.iter().map(|(_, (_, amplitudes))| amplitudes.len() as i64 - 1).collect();
            for (room, _) in self.rooms.rooms.iter().enumerate().filter(|(_, room)| room.tops == tops) {
                let amplitude = |state: &Vec<i64>| -> Complex64 {
                    state.iter().zip(&part).map(|(step, (_, (_, amplitudes)))| amplitudes[*step as usize]).product()
                };
                let psi: Vec<Complex64> = self.rooms.rooms[room].states.iter().map(amplitude).collect();
                for (row, left) in psi.iter().enumerate() {
                    for (column, right) in psi.iter().enumerate() {
                        elements[layout.begins[room] + row * psi.len() + column] += weight * left * right.conj();
                    }
                }
            }
        }
        ProductDensity { order: 0, elements }
    }

    /// Takes a density matrix on by a time, to rounding: the series of the exponential.
    pub fn advance(&self, rho: &mut ProductDensity, time: f64) {
        self.advance_with_integral(rho, time);
    }

    /// The same; returns the integral of the density matrix over that time.
    pub fn advance_with_integral(&self, rho: &mut ProductDensity, time: f64) -> ProductDensity {
        let mut integral = ProductDensity { order: rho.order, elements: vec![Complex64::ZERO; rho.elements.len()] };
        self.generator.advance(&mut rho.elements, &mut integral.elements, time);
        integral
    }

    /// What the mean of something is in the elements of a density matrix.
    #[must_use]
    pub fn mean_form(&self, watched: &Watched) -> MeanForm {
        let layout = self.layout(0);
        let mut form = Vec::new();
        for (room, begin) in layout.begins.iter().enumerate() {
            let d = self.dimension(room);
            match watched {
                Watched::Operator(operator) => {
                    let entries = self.rooms.matrix(operator, room, room).entries.into_iter();
                    form.extend(entries.map(|(row, column, value)| (begin + column * d + row, value)));
                }
                Watched::Top(factor) => {
                    let top = self.rooms.rooms[room].tops[*factor];
                    let states = self.rooms.rooms[room].states.iter().enumerate();
                    let at_top = states.filter(|(_, state)| state[*factor] == top);
                    form.extend(at_top.map(|(place, _)| (begin + place * (d + 1), Complex64::ONE)));
                }
            }
        }
        MeanForm(form)
    }

    /// `Tr[A rho]`.
    #[must_use]
    pub fn mean(&self, observable: &Operator, rho: &ProductDensity) -> Complex64 {
        traced(&self.trace_form(observable, &self.layout(rho.order)), &rho.elements)
    }

    /// The heat current from a bath, `Tr[H D_b(rho)]` with all terms of H, in [`crate::units::Units::heat_current`].
    #[must_use]
    pub fn heat_current(&self, bath: usize, rho: &ProductDensity) -> f64 {
        let layout = self.layout(0);
        let elements = self.generator_of(&layout, Part::Bath(bath)).apply(&rho.elements);
        self.mean(&self.energy, &ProductDensity { order: 0, elements }).re
    }

    /// The weight of the highest number of quanta that is kept of a mode, by its place among the factors.
    #[must_use]
    pub fn weight_of_top(&self, factor: usize, rho: &ProductDensity) -> f64 {
        let layout = self.layout(0);
        let mut sum = 0.0;
        for (room, begin) in self.rooms.rooms.iter().zip(&layout.begins) {
            for (place, _) in room.states.iter().enumerate().filter(|(_, state)| state[factor] == room.tops[factor]) {
                sum += rho.elements[begin + place * (room.states.len() + 1)].re;
            }
        }
        sum
    }

    /// The steady state.
    ///
    /// # Errors
    /// If it is not unique, or the solve fails.
    pub fn steady(&self) -> Result<ProductDensity, ProductSteadyError> {
        let elements = self.generator.kernel(&self.diagonal(&self.layout(0)))?;
        Ok(ProductDensity { order: 0, elements })
    }

    /// The places of the diagonal of a density matrix.
    fn diagonal(&self, layout: &Layout) -> Vec<usize> {
        let of_room = |room: usize| {
            let (begin, d) = (layout.begins[room], self.dimension(room));
            (0..d).map(move |place| begin + place * (d + 1))
        };
        (0..self.hops.len()).flat_map(of_room).collect()
    }

    /// What `Tr[A X]` is in the elements of X.
    fn trace_form(&self, observable: &Operator, layout: &Layout) -> Vec<(usize, Complex64)> {
        let mut form = Vec::new();
        for (left, right) in layout.right.iter().enumerate() {
            let Some(right) = *right else { continue };
            let entries = self.rooms.matrix(observable, left, right).entries.into_iter();
            let width = self.dimension(right);
            form.extend(entries.map(|(row, column, value)| (layout.begins[left] + column * width + row, value)));
        }
        form
    }
}

/// `Tr[A X]` by its form.
fn traced(form: &[(usize, Complex64)], elements: &[Complex64]) -> Complex64 {
    form.iter().map(|(place, value)| value * elements[*place]).sum()
}

/// How many elements rho would have, known without listing them.
fn check_size(tops: &[Vec<i64>], sharp: bool) -> Result<f64, ProductError> {
    let together: f64 = tops.iter().map(|tops| tops.len() as f64).product();
    let of = |tops: &[i64]| {
        let counts = ProductStart::states_by_excitations(tops);
        if sharp { counts.iter().map(|d| d * d).sum::<f64>() } else { counts.iter().sum::<f64>().powi(2) }
    };
    // Each J of all ensembles has at least one state. From where they are too many on the rest need not be counted.
    let mut dimension = together;
    if together <= MOST_ELEMENTS {
        dimension = 0.0;
        for tops in combinations(tops) {
            dimension += of(&tops);
            if dimension > MOST_ELEMENTS {
                break;
            }
        }
    }
    if dimension <= MOST_ELEMENTS {
        return Ok(dimension);
    }
    Err(ProductError::TooLarge { what: "the density matrix", dimension, bytes: 16.0 * dimension, most: MOST_ELEMENTS })
}

/// What leads away from a room, one entry for each kind of jump and outcome.
fn hops(product: &Product, rooms: &Rooms, room: usize) -> Vec<Option<Hop>> {
    let mut hops = Vec::new();
    for (bath, own) in product.baths().iter().enumerate() {
        for channel in own.channels() {
            let mut push = |matrix: Option<Matrix>| {
                let scaled = matrix.filter(|matrix| !matrix.entries.is_empty()).map(|mut matrix| {
                    matrix.entries.iter_mut().for_each(|(.., value)| *value *= channel.rate.sqrt());
                    matrix
                });
                hops.push(scaled.map(|matrix| Hop { bath, matrix }));
            };
            match &channel.jump {
                JumpOperator::Operator(operator) => {
                    let shift = operator.shifts().first().copied().unwrap_or(0);
                    push(rooms.beside(room, shift).map(|to| rooms.matrix(operator, room, to)));
                }
                JumpOperator::EachQubit { factor, .. } => {
                    SectorChange::ALL
                        .into_iter()
                        .for_each(|change| push(rooms.outcome(room, *factor, channel.process, change)));
                }
            }
        }
    }
    hops
}
