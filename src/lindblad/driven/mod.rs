//! Identical qubits with a drive and a twisting, exactly: every element `<J,M| rho |J,M'>` of every sector.
//!
//! Baths keep the order M - M' and the Hamiltonian keeps J, so the equation is the blocks of [`Coherences`] of all
//! orders, tied together by `H/hbar = Delta J_z + Omega J_x + chi J_z^2` in the frame of the drive. Coherence between
//! sectors is fed by nothing and reaches no observable. rho is Hermitian: its elements of M >= M', as real and imaginary
//! parts, are as many real numbers as it has elements, sum (2J+1)^2.

mod photons;
mod protocol;
mod steady;

use std::collections::BTreeMap;

use num_complex::Complex64;

use super::coherences::Coherences;
use super::frame::InFrame;
use super::populations::{Effort, Exact, NotAffordable, observables};
use super::rational::{SolveError, Triplet};
use super::transient::Transient;
use crate::bath::Bath;
use crate::dicke::{Level, sectors};
use crate::initial::InitialState;
use crate::model::{Field, Hamiltonian, Model, Observables};

pub use protocol::DrivenProtocol;
pub use steady::DrivenSteady;

/// Exact averages at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrivenAverages {
    /// The averages, and their integrals over the interval since the time before.
    pub exact: Exact,
    /// `<J_x>` in the frame of the drive, without one in the lab.
    pub jx: f64,
    /// `<J_y>` in the same frame.
    pub jy: f64,
}

/// Where the elements of one order are among the unknowns.
#[derive(Clone, Debug)]
struct Order {
    /// What the baths do to them.
    block: Coherences,
    /// The index of the first real part.
    real: usize,
    /// The index of the first imaginary part; order 0 has none.
    imaginary: Option<usize>,
}

/// The equation of a model with a Hamiltonian beside `omega_0 J_z`, starting from an initial state.
#[derive(Clone, Debug)]
pub struct Driven {
    orders: Vec<Order>,
    entries: Vec<Triplet>,
    initial: Vec<f64>,
    /// The angular frequency at which the lab sees the frame turn; 0 with a drive.
    rotation: f64,
    /// The span of the energies in the frame, over hbar: no coherence turns faster.
    turning: f64,
    mixes_sectors: bool,
    baths: Vec<Bath>,
}

/// Collects entries of the real generator from the complex ones.
struct Assembly<'a> {
    places: &'a BTreeMap<(i64, usize, usize), (usize, Option<usize>)>,
    entries: &'a mut Vec<Triplet>,
}

impl Assembly<'_> {
    /// `d rho_(row) / dt += factor rho_(column)`, elements (a, b) with a = J + M of the sector 2J. A row has a >= b.
    fn add(&mut self, two_j: i64, row: (usize, usize), column: (usize, usize), factor: Complex64) {
        let (re, im) = self.places[&(two_j, row.0, row.1)];
        let sign = if column.0 < column.1 { -1.0 } else { 1.0 };
        let (from_re, from_im) = self.places[&(two_j, column.0.max(column.1), column.0.min(column.1))];
        let mut push = |row: Option<usize>, column: Option<usize>, value: f64| {
            if let (Some(row), Some(column), true) = (row, column, value != 0.0) {
                self.entries.push(Triplet { row, column, value });
            }
        };
        push(Some(re), Some(from_re), factor.re);
        push(Some(re), from_im, -sign * factor.im);
        push(im, Some(from_re), factor.im);
        push(im, from_im, sign * factor.re);
    }
}

impl Driven {
    /// How many real unknowns there would be.
    #[must_use]
    pub fn states(model: &Model, initial: &InitialState) -> i64 {
        let kept = |two_j: &i64| model.mixes_sectors() || initial.reaches(model.number, *two_j);
        sectors(model.number).filter(kept).map(|two_j| (two_j + 1).saturating_mul(two_j + 1)).sum()
    }

    /// Whether the equation is small enough for what it is solved for.
    ///
    /// # Errors
    /// How many unknowns it has, and how many are attempted.
    pub fn affordable(model: &Model, initial: &InitialState, effort: Effort) -> Result<(), NotAffordable> {
        let local = model.mixes_sectors();
        // Sectors that mix fill a volume with their factors, one alone a plane.
        let limit = match (effort, local) {
            (Effort::Beside, true) => 600,
            (Effort::Beside, false) => 1_000,
            (Effort::Transient, true) => 2_000,
            (Effort::Transient, false) => 4_000,
            (Effort::Steady, true) => 6_000,
            (Effort::Steady, false) => 30_000,
        };
        // A million qubits have half a million sectors: not even counted.
        let states = if model.number > 1_000 { i64::MAX } else { Self::states(model, initial) };
        if states > limit { Err(NotAffordable::Levels { states, limit, road: effort.name() }) } else { Ok(()) }
    }

    /// Whether a transient to this time is short enough for what it is solved for: what turns has to be followed.
    ///
    /// # Errors
    /// How many multiplications it would take, and how many are attempted.
    pub fn reaches(&self, until: f64, effort: Effort) -> Result<(), NotAffordable> {
        // Some seconds, and some minutes.
        let limit = if effort == Effort::Beside { 1e10 } else { 1e12 };
        let work = self.propagator(&[]).work(until);
        if work > limit { Err(NotAffordable::Work { until, work, limit, road: effort.name() }) } else { Ok(()) }
    }

    /// Builds the equation. Without a local channel only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, hamiltonian: &Hamiltonian, initial: &InitialState) -> Self {
        let angular = |frequency| model.units.angular(frequency);
        let field = hamiltonian.drive.map_or(Field::default(), |drive| Field {
            x: angular(drive.amplitude),
            y: 0.0,
            z: angular(drive.detuning),
        });
        let driven = Self::assemble(model, field, angular(hamiltonian.chi), initial, model.mixes_sectors());
        let rotation = if hamiltonian.drive.is_some() { 0.0 } else { angular(model.frequency) };
        Driven { rotation, ..driven }
    }

    /// The equation in a frame that the lab does not turn against, of all sectors where they are said to mix.
    fn assemble(model: &Model, field: Field, chi: f64, initial: &InitialState, mixes_sectors: bool) -> Self {
        let mut driven = Driven {
            orders: Vec::new(),
            entries: Vec::new(),
            initial: Vec::new(),
            rotation: 0.0,
            turning: 0.0,
            mixes_sectors,
            baths: model.baths.clone(),
        };
        let mut places = BTreeMap::new();
        for order in 0..=model.number {
            let block = Coherences::kept(model, initial, order, mixes_sectors);
            let (length, real) = (block.upper().len(), driven.initial.len());
            let imaginary = (order > 0).then_some(real + length);
            for (index, level) in block.upper().iter().enumerate() {
                let a = level.above_bottom() as usize;
                places.insert((level.two_j, a, a - order as usize), (real + index, imaginary.map(|at| at + index)));
            }
            driven.initial.extend(block.initial().iter().map(|value| value.re));
            if imaginary.is_some() {
                driven.initial.extend(block.initial().iter().map(|value| value.im));
            }
            // The baths act on real and imaginary parts alike.
            for base in [Some(real), imaginary].into_iter().flatten() {
                driven.entries.extend(block.entries().iter().map(|entry| Triplet {
                    row: base + entry.row,
                    column: base + entry.column,
                    value: entry.value,
                }));
            }
            driven.orders.push(Order { block, real, imaginary });
        }

        let energy = |two_j: i64, a: usize| {
            let m = a as f64 - two_j as f64 / 2.0;
            field.z * m + chi * m * m
        };
        // <a| x J_x + y J_y |a-1> of the drive.
        let half = Complex64::new(0.5 * field.x, -0.5 * field.y);
        let step = |two_j: i64, a: usize| half * ((a as i64 * (two_j + 1 - a as i64)) as f64).max(0.0).sqrt();
        driven.turning = span(model.number, energy, |two_j, a| step(two_j, a).norm());
        let mut assembly = Assembly { places: &places, entries: &mut driven.entries };
        for &(two_j, a, b) in places.keys() {
            let (energy, step) = (|a| energy(two_j, a), |a| step(two_j, a));
            let mut add = |column, factor| assembly.add(two_j, (a, b), column, factor);
            let top = two_j as usize;
            add((a, b), Complex64::new(0.0, energy(b) - energy(a)));
            // -i (H rho - rho H)
            if half != Complex64::ZERO {
                let times_i = |value: Complex64| Complex64::new(-value.im, value.re);
                if a > 0 {
                    add((a - 1, b), -times_i(step(a)));
                }
                if a < top {
                    add((a + 1, b), -times_i(step(a + 1).conj()));
                }
                if b > 0 {
                    add((a, b - 1), times_i(step(b).conj()));
                }
                if b < top {
                    add((a, b + 1), times_i(step(b + 1)));
                }
            }
        }
        driven
    }

    /// The levels of the populations, the first unknowns.
    fn levels(&self) -> &[Level] {
        self.orders[0].block.upper()
    }

    /// Of elements in the frame, which the lab has turned against by this angle.
    fn averages(&self, rho: &[f64], integrals: [f64; 2], angle: f64) -> DrivenAverages {
        let exact = Exact { now: self.observables(rho), emission_integral: integrals[0], jz_integral: integrals[1] };
        let mut lowered = Complex64::ZERO;
        if let Some(Order { block, real, imaginary: Some(imaginary) }) = self.orders.get(1) {
            for (index, level) in block.upper().iter().enumerate() {
                lowered += Complex64::new(rho[real + index], rho[imaginary + index]) * level.lowering().sqrt();
            }
        }
        lowered *= Complex64::cis(-angle);
        DrivenAverages { exact, jx: lowered.re, jy: -lowered.im }
    }

    fn observables(&self, rho: &[f64]) -> Observables {
        observables(self.levels(), rho)
    }

    /// exp(tL), with these rows integrated over time.
    fn propagator<'a>(&'a self, functionals: &'a [Vec<f64>]) -> Transient<'a> {
        Transient::new(self.initial.len(), &self.entries, functionals, self.turning)
    }

    /// The state at t = 0.
    #[must_use]
    pub fn start(&self) -> InFrame<f64> {
        InFrame { elements: self.initial.clone(), angle: 0.0 }
    }

    /// The averages of a state, without integrals.
    #[must_use]
    pub fn averages_of(&self, state: &InFrame<f64>) -> DrivenAverages {
        self.averages(&state.elements, [0.0; 2], state.angle)
    }

    /// The exact averages at ascending `times`, to 1e-10 of the largest value of each, or to the 1e-16 of an angle that a
    /// phase has turned by in all where that is more.
    ///
    /// # Errors
    /// If a factorization fails, or no step is short enough.
    pub fn transient(&self, times: &[f64]) -> Result<Vec<DrivenAverages>, SolveError> {
        self.advance(&mut self.start(), times)
    }

    /// The same from any state of as many elements, which is taken to the last of the times, counted from its own.
    ///
    /// # Errors
    /// As [`Driven::transient`]; what the state is then says nothing.
    ///
    /// # Panics
    /// If it has another number of elements.
    pub fn advance(&self, state: &mut InFrame<f64>, times: &[f64]) -> Result<Vec<DrivenAverages>, SolveError> {
        assert_eq!(state.elements.len(), self.initial.len(), "as many elements as the equation has unknowns");
        let levels = self.levels();
        let row = |value: fn(&Level) -> f64| {
            let mut row = vec![0.0; self.initial.len()];
            row.iter_mut().zip(levels).for_each(|(entry, level)| *entry = value(level));
            row
        };
        let functionals = [row(|l| l.lowering()), row(|l| l.m())];
        let trace = |rho: &[f64]| rho[..levels.len()].iter().sum::<f64>();
        let InFrame { elements: rho, angle } = state;
        let (begun, whole) = (*angle, trace(rho));
        let mut now = 0.0;
        let mut transient = self.propagator(&functionals);
        let mut averages = Vec::with_capacity(times.len());
        for &time in times {
            let integrals = transient.advance(rho, time - now)?;
            now = time;
            // Rounding of many steps adds up in the trace alone, as nothing damps it.
            let grown = trace(rho) / whole;
            rho.iter_mut().for_each(|element| *element /= grown);
            *angle = begun + self.rotation * time;
            averages.push(self.averages(rho, [integrals[0], integrals[1]], *angle));
        }
        Ok(averages)
    }
}

/// The span of the energies in the sector 2J by Gershgorin's circles, of a matrix with this diagonal and, at a, this
/// element between a - 1 and a.
fn span(two_j: i64, diagonal: impl Fn(i64, usize) -> f64, beside: impl Fn(i64, usize) -> f64) -> f64 {
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for a in 0..=two_j as usize {
        let (center, radius) = (diagonal(two_j, a), beside(two_j, a).abs() + beside(two_j, a + 1).abs());
        (lowest, highest) = (lowest.min(center - radius), highest.max(center + radius));
    }
    highest - lowest
}
