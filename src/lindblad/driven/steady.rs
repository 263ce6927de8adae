//! The steady state of driven qubits, what it counts, and how slowly it is reached.

use faer::prelude::Solve;
use faer::sparse::linalg::LuError;
use faer::sparse::linalg::solvers::Lu;
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};
use faer::{Mat, c64};

use super::super::compensated::Compensated;
use super::super::frame::InFrame;
use super::super::rational::Triplet;
use super::super::steady::{MAX_RESIDUAL, SteadyError};
use super::{Driven, DrivenAverages};
use crate::bath::Process;
use crate::rounded::Rounded;

/// Relaxation slower than this times the fastest rate cannot be told from none.
const SMALLEST_GAP: f64 = 1e-13;
/// The same where it is one of all eigenvalues of a matrix that is not normal.
const SMALLEST_EIGENVALUE: f64 = 1e-8;
/// The most unknowns whose matrix is diagonalized: a second or two.
const MOST_DIAGONALIZED: usize = 1000;
/// Inverse iterations; a second steady state shows in the first.
const ITERATIONS: usize = 6;
/// Less than this of a response is none, to rounding.
const NOTHING: f64 = 1e-15;
/// Corrections of a solution.
const REFINEMENTS: usize = 4;

/// The steady state with its factorized generator, ready to be asked for statistics.
pub struct DrivenSteady<'a> {
    pub(super) driven: &'a Driven,
    components: Vec<Component>,
    pub(super) rho: Vec<f64>,
}

impl Driven {
    /// The averages of the steady state: without a local channel, of that in which every sector keeps the probability
    /// that it began with. Without a drive `<J_x>` and `<J_y>` are 0. Its error is about 1e-16 of the fastest rate over
    /// the slowest.
    ///
    /// # Errors
    /// If the steady state is not unique, or the solve does not reach a relative residual of 1e-8.
    pub fn steady_state(&self) -> Result<DrivenAverages, SteadyError> {
        Ok(self.steady()?.averages())
    }

    /// The same state, to be asked for more.
    ///
    /// # Errors
    /// As [`Driven::steady_state`].
    pub fn steady(&self) -> Result<DrivenSteady<'_>, SteadyError> {
        let components = self.sectors().into_iter().map(|sector| Component::new(self, sector));
        let components = components.collect::<Result<Vec<_>, _>>()?;
        let mut rho = vec![0.0; self.initial.len()];
        let nothing = vec![0.0; rho.len()];
        for component in &components {
            component.check_gap()?;
            let trace = component.populations.iter().map(|position| self.initial[component.members[*position]]).sum();
            component.solve(&nothing, trace, &mut rho)?;
        }
        Ok(DrivenSteady { driven: self, components, rho })
    }

    /// The slowest relaxation time: 1/|Re lambda| of the eigenvalue of the generator that is nearest to the imaginary
    /// axis, beside that of the steady state. Modes of a time crystal turn many times before they are damped: the
    /// eigenvalues nearest to zero would miss them, and so all are found. `None` beyond a thousand unknowns, or where
    /// the slowest cannot be told from a second steady state.
    #[must_use]
    pub fn relaxation_time(&self) -> Option<f64> {
        let gaps = self.sectors().into_iter().map(|sector| {
            let members = self.members(sector);
            if members.len() == 1 {
                return Some(f64::INFINITY);
            }
            if members.len() > MOST_DIAGONALIZED {
                return None;
            }
            let place = self.places(&members);
            let mut matrix = Mat::<f64>::zeros(members.len(), members.len());
            let mut scale = 0.0_f64;
            for entry in &self.entries {
                if let (Some(row), Some(column)) = (place[entry.row], place[entry.column]) {
                    matrix[(row, column)] += entry.value;
                    scale = scale.max(entry.value.abs());
                }
            }
            let mut eigenvalues = matrix.eigenvalues().ok()?;
            eigenvalues.sort_by(|a, b| a.norm().total_cmp(&b.norm()));
            let gap = eigenvalues.iter().skip(1).map(|value| -value.re).reduce(f64::min)?;
            (gap > SMALLEST_EIGENVALUE * scale).then_some(gap)
        });
        let gap = gaps.reduce(|a, b| Some(a?.min(b?)))??;
        gap.is_finite().then(|| gap.recip())
    }

    /// The sectors that are apart from each other; one for all where they mix.
    pub(super) fn sectors(&self) -> Vec<Option<i64>> {
        if self.mixes_sectors {
            return vec![None];
        }
        let mut sectors: Vec<Option<i64>> = self.levels().iter().map(|level| Some(level.two_j)).collect();
        sectors.dedup();
        sectors
    }

    /// The unknowns of one sector, or of all, the populations first.
    pub(super) fn members(&self, sector: Option<i64>) -> Vec<usize> {
        let mut members = Vec::new();
        for order in &self.orders {
            let levels = order.block.upper().iter().enumerate();
            let inside = levels.filter(|(_, level)| sector.is_none_or(|two_j| level.two_j == two_j));
            let inside: Vec<usize> = inside.map(|(index, _)| index).collect();
            for base in [Some(order.real), order.imaginary].into_iter().flatten() {
                members.extend(inside.iter().map(|index| base + index));
            }
        }
        members
    }

    /// The place of each unknown among these members.
    fn places(&self, members: &[usize]) -> Vec<Option<usize>> {
        let mut place = vec![None; self.initial.len()];
        members.iter().enumerate().for_each(|(position, member)| place[*member] = Some(position));
        place
    }

    /// `A rho` summed over the absorptions from a bath, and over its emissions times `sign`.
    fn exchange(&self, bath: usize, rho: &[f64], sign: f64) -> Vec<f64> {
        let mut out = vec![0.0; rho.len()];
        for order in &self.orders {
            for (process, sign) in [(Process::Absorption, 1.0), (Process::Emission, sign)] {
                for entry in order.block.jumps(&self.baths[bath], process) {
                    for base in [Some(order.real), order.imaginary].into_iter().flatten() {
                        out[base + entry.row] += sign * entry.value * rho[base + entry.column];
                    }
                }
            }
        }
        out
    }

    pub(super) fn trace(&self, rho: &[f64]) -> f64 {
        rho[..self.levels().len()].iter().sum()
    }
}

impl DrivenSteady<'_> {
    /// The averages.
    #[must_use]
    pub fn averages(&self) -> DrivenAverages {
        self.driven.averages(&self.rho, [0.0; 2], 0.0)
    }

    /// The state itself.
    #[must_use]
    pub fn state(&self) -> InFrame<f64> {
        InFrame { elements: self.rho.clone(), angle: 0.0 }
    }

    /// The current I of a bath, net quanta absorbed from it per unit time.
    #[must_use]
    pub fn current(&self, bath: usize) -> f64 {
        self.driven.trace(&self.driven.exchange(bath, &self.rho, -1.0))
    }

    /// The zero-frequency noise S of a bath, `lim Var C(t)/t`, as in [`Counting::noise`](super::super::Counting::noise).
    ///
    /// # Errors
    /// Sectors that do not mix, or a solve that does not reach its residual.
    pub fn noise(&self, bath: usize) -> Result<Rounded, SteadyError> {
        Ok(self.of_counts(bath, &self.response(bath)?))
    }

    /// `Var C(t)/t` over a window of finite length, as in
    /// [`Counting::windowed_noise`](super::super::Counting::windowed_noise).
    ///
    /// # Errors
    /// As [`DrivenSteady::noise`], or a propagation that does not converge.
    pub fn windowed_noise(&self, bath: usize, window: f64) -> Result<Rounded, SteadyError> {
        let x = self.response(bath)?;
        let z = self.inverse(&x.iter().map(|x| -x).collect::<Vec<_>>())?;
        // To the size of z, which a slow relaxation makes large.
        let size = z.iter().map(|z| z.abs()).sum::<f64>().max(1.0);
        let mut later: Vec<f64> = z.iter().map(|z| z / size).collect();
        let mut propagator = self.driven.propagator(&[]);
        // What has no trace is gone long before the end of a long window.
        let (mut done, mut step) = (0.0, window.min(self.components[0].scale.recip()));
        while done < window && largest(&later) > NOTHING {
            propagator
                .advance(&mut later, step)
                .map_err(|e| SteadyError::Factorization { states: z.len(), reason: e.to_string() })?;
            done += step;
            step = done.min(window - done);
        }
        let change = later.iter().zip(&z).map(|(later, z)| (later * size - z) / window);
        let whole: Vec<f64> = x.iter().zip(change).map(|(x, change)| x + change).collect();
        Ok(self.of_counts(bath, &whole))
    }

    /// The spectrum of the current of a bath, as in [`Counting::spectrum`](super::super::Counting::spectrum).
    ///
    /// # Errors
    /// As [`DrivenSteady::noise`], or a factorization that fails.
    pub fn spectrum(&self, bath: usize, frequency: f64) -> Result<Rounded, SteadyError> {
        if frequency == 0.0 {
            return self.noise(bath);
        }
        let (driven, states) = (self.driven, self.rho.len());
        let failed = |reason: String| SteadyError::Factorization { states, reason };
        let moved = driven.exchange(bath, &self.rho, -1.0);
        let current = driven.trace(&moved);
        let mut x = Mat::from_fn(states, 1, |i, _| c64::new(moved[i] - current * self.rho[i], 0.0));
        let shift = (0..states).map(|i| FaerTriplet::new(i, i, c64::new(0.0, frequency)));
        let generator = driven.entries.iter().map(|e| FaerTriplet::new(e.row, e.column, c64::new(-e.value, 0.0)));
        let triplets: Vec<_> = generator.chain(shift).collect();
        let matrix = SparseColMat::<usize, c64>::try_new_from_triplets(states, states, &triplets)
            .map_err(|e| failed(format!("{e:?}")))?;
        matrix.sp_lu().map_err(|e| failed(format!("{e:?}")))?.solve_in_place(&mut x);
        let real: Vec<f64> = x.col(0).iter().map(|x| x.re).collect();
        Ok(self.of_counts(bath, &real))
    }

    /// The activity, and twice what the response adds.
    fn of_counts(&self, bath: usize, response: &[f64]) -> Rounded {
        let driven = self.driven;
        let total = |rho: &[f64], sign: f64| driven.trace(&driven.exchange(bath, rho, sign));
        let (activity, added) = (total(&self.rho, 1.0), 2.0 * total(response, -1.0));
        Rounded::of(activity + added, activity + added.abs())
    }

    /// `L x = I rho - (A_+ - A_-) rho`, Tr x = 0.
    fn response(&self, bath: usize) -> Result<Vec<f64>, SteadyError> {
        let mut b = self.driven.exchange(bath, &self.rho, -1.0);
        let current = self.driven.trace(&b);
        b.iter_mut().zip(&self.rho).for_each(|(b, rho)| *b = current * rho - *b);
        self.inverse(&b)
    }

    /// The x of `L x = b` with Tr x = 0, for a b without a trace.
    fn inverse(&self, b: &[f64]) -> Result<Vec<f64>, SteadyError> {
        let [component] = self.components.as_slice() else {
            return Err(SteadyError::SeveralSectors { sectors: self.components.len() });
        };
        let mut x = vec![0.0; b.len()];
        component.solve(b, 0.0, &mut x)?;
        Ok(x)
    }
}

/// The unknowns of one sector, or of all: the generator with the equation of one population replaced by the trace.
struct Component {
    /// The unknowns.
    members: Vec<usize>,
    /// Which of them are populations, as positions among the members.
    populations: Vec<usize>,
    /// The generator, by positions, without the row that is replaced (0).
    entries: Vec<Triplet>,
    /// The largest rate.
    scale: f64,
    lu: Lu<usize, f64>,
}

impl Component {
    fn new(driven: &Driven, sector: Option<i64>) -> Result<Self, SteadyError> {
        let members = driven.members(sector);
        let place = driven.places(&members);
        let last = driven.levels().len();
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
        Ok(Component { members, populations, entries, scale, lu })
    }

    fn inverse(&self, b: &[f64]) -> Vec<f64> {
        let mut work = Mat::from_fn(b.len(), 1, |row, _| b[row]);
        self.lu.solve_in_place(&mut work);
        work.col(0).iter().copied().collect()
    }

    /// What is left of the equations `L x = b`, and of the trace.
    fn residual(&self, x: &[f64], b: &[f64], trace: f64) -> Vec<f64> {
        let mut sums = vec![Compensated::default(); x.len()];
        sums[0].add(self.scale * trace);
        for position in &self.populations {
            sums[0].add(-self.scale * x[*position]);
        }
        sums.iter_mut().zip(b).skip(1).for_each(|(sum, b)| sum.add(*b));
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

    fn check_gap(&self) -> Result<(), SteadyError> {
        let gap = self.gap();
        if gap.is_nan() || gap <= SMALLEST_GAP { Err(SteadyError::NotUnique(gap)) } else { Ok(()) }
    }

    /// Writes the solution of `L x = b` with this trace into the members of x; b and x are over all unknowns.
    fn solve(&self, b: &[f64], trace: f64, into: &mut [f64]) -> Result<(), SteadyError> {
        let b: Vec<f64> = self.members.iter().map(|member| b[*member]).collect();
        let mut x = vec![0.0; self.members.len()];
        for _ in 0..REFINEMENTS {
            let correction = self.inverse(&self.residual(&x, &b, trace));
            x.iter_mut().zip(correction).for_each(|(x, more)| *x += more);
        }
        let size = self.scale * largest(&x).max(f64::MIN_POSITIVE);
        let residual = largest(&self.residual(&x, &b, trace)) / size;
        if residual.is_nan() || residual > MAX_RESIDUAL {
            return Err(SteadyError::Residual { states: x.len(), residual });
        }
        for (member, value) in self.members.iter().zip(x) {
            into[*member] = value;
        }
        Ok(())
    }
}

/// The largest magnitude; NaN if there is one.
fn largest(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}
