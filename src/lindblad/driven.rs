//! Identical qubits with a drive and a twisting, exactly: every element `<J,M| rho |J,M'>` of every sector.
//!
//! Baths keep the order M - M' and the Hamiltonian keeps J, so the equation is the blocks of [`Coherences`] of all
//! orders, tied together by `H/hbar = Delta J_z + Omega J_x + chi J_z^2` in the frame of the drive. Coherence between
//! sectors is fed by nothing and reaches no observable. rho is Hermitian: its elements of M >= M', as real and imaginary
//! parts, are as many real numbers as it has elements, sum (2J+1)^2.

use std::collections::BTreeMap;

use faer::Mat;
use faer::prelude::Solve;
use faer::sparse::linalg::LuError;
use faer::sparse::linalg::solvers::Lu;
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};
use num_complex::Complex64;

use super::coherences::Coherences;
use super::compensated::Compensated;
use super::populations::{Effort, Exact, NotAffordable, observables};
use super::rational::{SolveError, Triplet};
use super::steady::{MAX_RESIDUAL, SteadyError};
use super::transient::Transient;
use crate::bath::Coupling;
use crate::dicke::{Level, sectors};
use crate::initial::InitialState;
use crate::model::{Hamiltonian, Model, Observables};

/// Relaxation slower than this times the fastest rate cannot be told from none.
const SMALLEST_GAP: f64 = 1e-13;
/// Inverse iterations; a second steady state shows in the first.
const ITERATIONS: usize = 6;
/// Corrections of a steady state.
const REFINEMENTS: usize = 4;

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
    /// The upper level of each element.
    upper: Vec<Level>,
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
        let kept = |two_j: &i64| model.rates(Coupling::Local).any() || initial.reaches(model.number, *two_j);
        sectors(model.number).filter(kept).map(|two_j| (two_j + 1).saturating_mul(two_j + 1)).sum()
    }

    /// Whether the equation is small enough for what it is solved for.
    ///
    /// # Errors
    /// How many unknowns it has, and how many are attempted.
    pub fn affordable(model: &Model, initial: &InitialState, effort: Effort) -> Result<(), NotAffordable> {
        let local = model.rates(Coupling::Local).any();
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
        let work = self.evolution(&[]).work(until);
        if work > limit { Err(NotAffordable::Work { until, work, limit, road: effort.name() }) } else { Ok(()) }
    }

    /// Builds the equation. Without a local channel only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, hamiltonian: &Hamiltonian, initial: &InitialState) -> Self {
        let angular = |frequency| model.units.angular(frequency);
        let drive = hamiltonian.drive;
        let detuning = angular(drive.map_or(0.0, |drive| drive.detuning));
        let half_amplitude = 0.5 * angular(drive.map_or(0.0, |drive| drive.amplitude));
        let chi = angular(hamiltonian.chi);

        let mut driven = Driven {
            orders: Vec::new(),
            entries: Vec::new(),
            initial: Vec::new(),
            rotation: if drive.is_some() { 0.0 } else { angular(model.frequency) },
            turning: 0.0,
            mixes_sectors: model.rates(Coupling::Local).any(),
        };
        let mut places = BTreeMap::new();
        for order in 0..=model.number {
            let block = Coherences::new(model, initial, order);
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
            driven.orders.push(Order { upper: block.upper().to_vec(), real, imaginary });
        }

        let energy = |two_j: i64, a: usize| {
            let m = a as f64 - two_j as f64 / 2.0;
            detuning * m + chi * m * m
        };
        // <a| J_x |a-1> of the drive.
        let step = |two_j: i64, a: usize| half_amplitude * ((a as i64 * (two_j + 1 - a as i64)) as f64).max(0.0).sqrt();
        driven.turning = span(model.number, energy, step);
        let mut assembly = Assembly { places: &places, entries: &mut driven.entries };
        for &(two_j, a, b) in places.keys() {
            let (energy, step) = (|a| energy(two_j, a), |a| step(two_j, a));
            let mut add = |column, factor| assembly.add(two_j, (a, b), column, factor);
            let top = two_j as usize;
            add((a, b), Complex64::new(0.0, energy(b) - energy(a)));
            // -i (H rho - rho H)
            if half_amplitude != 0.0 {
                if a > 0 {
                    add((a - 1, b), Complex64::new(0.0, -step(a)));
                }
                if a < top {
                    add((a + 1, b), Complex64::new(0.0, -step(a + 1)));
                }
                if b > 0 {
                    add((a, b - 1), Complex64::new(0.0, step(b)));
                }
                if b < top {
                    add((a, b + 1), Complex64::new(0.0, step(b + 1)));
                }
            }
        }
        driven
    }

    /// The equation, ready to be integrated over time together with `c rho` for each of the `functionals` c.
    fn evolution<'a>(&'a self, functionals: &'a [Vec<f64>]) -> Transient<'a> {
        Transient::new(self.initial.len(), &self.entries, functionals, self.turning)
    }

    fn averages(&self, rho: &[f64], integrals: [f64; 2], time: f64) -> DrivenAverages {
        let exact = Exact { now: self.observables(rho), emission_integral: integrals[0], jz_integral: integrals[1] };
        let mut lowered = Complex64::ZERO;
        if let Some(Order { upper, real, imaginary: Some(imaginary) }) = self.orders.get(1) {
            for (index, level) in upper.iter().enumerate() {
                lowered += Complex64::new(rho[real + index], rho[imaginary + index]) * level.lowering().sqrt();
            }
        }
        lowered *= Complex64::cis(-self.rotation * time);
        DrivenAverages { exact, jx: lowered.re, jy: -lowered.im }
    }

    fn observables(&self, rho: &[f64]) -> Observables {
        observables(&self.orders[0].upper, rho)
    }

    /// The exact averages at ascending `times`, to 1e-10 of the largest value of each, or to the 1e-16 of an angle that a
    /// phase has turned by in all where that is more.
    ///
    /// # Errors
    /// If a factorization fails, or no step is short enough.
    pub fn transient(&self, times: &[f64]) -> Result<Vec<DrivenAverages>, SolveError> {
        let levels = &self.orders[0].upper;
        let row = |value: fn(&Level) -> f64| {
            let mut row = vec![0.0; self.initial.len()];
            row.iter_mut().zip(levels).for_each(|(entry, level)| *entry = value(level));
            row
        };
        let functionals = [row(|l| l.lowering()), row(|l| l.m())];
        let trace = |rho: &[f64]| rho[..levels.len()].iter().sum::<f64>();
        let mut rho = self.initial.clone();
        let mut now = 0.0;
        let mut transient = self.evolution(&functionals);
        let mut averages = Vec::with_capacity(times.len());
        for &time in times {
            let integrals = transient.advance(&mut rho, time - now)?;
            now = time;
            // Rounding of many steps adds up in the trace alone, as nothing damps it.
            let grown = trace(&rho) / trace(&self.initial);
            rho.iter_mut().for_each(|element| *element /= grown);
            averages.push(self.averages(&rho, [integrals[0], integrals[1]], time));
        }
        Ok(averages)
    }

    /// The averages of the steady state: without a local channel, of that in which every sector keeps the probability
    /// that it began with. Without a drive `<J_x>` and `<J_y>` are 0. Its error is about 1e-16 of the fastest rate over
    /// the slowest.
    ///
    /// # Errors
    /// If the steady state is not unique, or the solve does not reach a relative residual of 1e-8.
    pub fn steady_state(&self) -> Result<DrivenAverages, SteadyError> {
        let mut rho = vec![0.0; self.initial.len()];
        let populations = &self.orders[0].upper;
        let mut solved: Vec<i64> = Vec::new();
        for level in populations {
            let one = if self.mixes_sectors { None } else { Some(level.two_j) };
            if solved.contains(&one.unwrap_or(-1)) {
                continue;
            }
            solved.push(one.unwrap_or(-1));
            Component::new(self, one)?.solve(&mut rho)?;
        }
        Ok(self.averages(&rho, [0.0; 2], 0.0))
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

/// The unknowns of one sector, or of all: the generator with the equation of one population replaced by the trace.
struct Component {
    /// The unknowns.
    members: Vec<usize>,
    /// Which of them are populations, as positions among the members.
    populations: Vec<usize>,
    /// The generator, by positions, without the row that is replaced (0).
    entries: Vec<Triplet>,
    /// What the populations add to.
    trace: f64,
    /// The largest rate.
    scale: f64,
    lu: Lu<usize, f64>,
}

impl Component {
    fn new(driven: &Driven, sector: Option<i64>) -> Result<Self, SteadyError> {
        let mut members = Vec::new();
        for order in &driven.orders {
            let inside = |level: &&Level| sector.is_none_or(|two_j| level.two_j == two_j);
            let of = |base: usize| {
                order
                    .upper
                    .iter()
                    .enumerate()
                    .filter(move |(_, level)| inside(level))
                    .map(move |(index, _)| base + index)
            };
            members.extend(of(order.real));
            members.extend(order.imaginary.into_iter().flat_map(of));
        }
        let mut place = vec![None; driven.initial.len()];
        for (position, &member) in members.iter().enumerate() {
            place[member] = Some(position);
        }
        let last = driven.orders[0].upper.len();
        let populations: Vec<usize> = (0..members.len()).filter(|position| members[*position] < last).collect();
        let mut entries = Vec::new();
        let mut scale = f64::MIN_POSITIVE;
        for entry in &driven.entries {
            if let (Some(row), Some(column)) = (place[entry.row], place[entry.column]) {
                scale = scale.max(entry.value.abs());
                if row != 0 {
                    entries.push(Triplet { row, column, value: entry.value });
                }
            }
        }
        let states = members.len();
        let failed = |reason: String| SteadyError::Factorization { states, reason };
        let generator = entries.iter().map(|e| FaerTriplet::new(e.row, e.column, e.value));
        let trace_row = populations.iter().map(|position| FaerTriplet::new(0, *position, scale));
        let triplets: Vec<_> = generator.chain(trace_row).collect();
        let matrix = SparseColMat::<usize, f64>::try_new_from_triplets(states, states, &triplets)
            .map_err(|e| failed(format!("{e:?}")))?;
        let lu = matrix.sp_lu().map_err(|e| match e {
            // A row without an entry: something that nothing moves.
            LuError::SymbolicSingular { .. } => SteadyError::NotUnique(0.0),
            LuError::Generic(e) => failed(format!("{e:?}")),
        })?;
        let trace = populations.iter().map(|position| driven.initial[members[*position]]).sum();
        Ok(Component { members, populations, entries, trace, scale, lu })
    }

    fn inverse(&self, b: &[f64]) -> Vec<f64> {
        let mut work = Mat::from_fn(b.len(), 1, |row, _| b[row]);
        self.lu.solve_in_place(&mut work);
        work.col(0).iter().copied().collect()
    }

    /// What is left of the equations.
    fn residual(&self, x: &[f64]) -> Vec<f64> {
        let mut sums = vec![Compensated::default(); x.len()];
        sums[0].add(self.scale * self.trace);
        for position in &self.populations {
            sums[0].add(-self.scale * x[*position]);
        }
        for entry in &self.entries {
            sums[entry.row].add(-entry.value * x[entry.column]);
        }
        sums.into_iter().map(Compensated::value).collect()
    }

    /// The least magnitude of an eigenvalue over the fastest rate, by inverse iteration; 0 if there is no inverse.
    fn gap(&self) -> f64 {
        // Any start will do that is orthogonal to nothing.
        let mut x: Vec<f64> = (0..self.members.len()).map(|index| (1.0 + index as f64).sin()).collect();
        let mut gap = f64::INFINITY;
        for _ in 0..ITERATIONS {
            let size = largest(&x);
            x.iter_mut().for_each(|value| *value /= size);
            x = self.inverse(&x);
            gap = gap.min(1.0 / (largest(&x) * self.scale));
        }
        if gap.is_finite() && largest(&x).is_finite() { gap } else { 0.0 }
    }

    fn solve(&self, rho: &mut [f64]) -> Result<(), SteadyError> {
        let gap = self.gap();
        if gap.is_nan() || gap <= SMALLEST_GAP {
            return Err(SteadyError::NotUnique(gap));
        }
        let mut x = vec![0.0; self.members.len()];
        for _ in 0..REFINEMENTS {
            let correction = self.inverse(&self.residual(&x));
            x.iter_mut().zip(correction).for_each(|(x, more)| *x += more);
        }
        let residual = largest(&self.residual(&x)) / (self.scale * largest(&x).max(f64::MIN_POSITIVE));
        if residual.is_nan() || residual > MAX_RESIDUAL {
            return Err(SteadyError::Residual { states: x.len(), residual });
        }
        for (member, value) in self.members.iter().zip(x) {
            rho[*member] = value;
        }
        Ok(())
    }
}

/// The largest magnitude; NaN if there is one.
fn largest(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}
