//! The generator of the master equation as one sparse matrix: its exponential, its resolvent, its kernel.

use faer::prelude::Solve;
use faer::sparse::linalg::solvers::Lu;
use faer::sparse::{SparseColMat, Triplet};
use faer::{Mat, c64};
use num_complex::Complex64;

use super::ProductSteadyError;

/// A step of the series is as long as |hL| is at most this: nothing cancels.
const REACH: f64 = 3.0;
/// Terms of the series, more than are ever needed.
const TERMS: usize = 48;
/// Relaxation slower than this times the fastest rate cannot be told from none.
const SMALLEST_GAP: f64 = 1e-12;
/// Rounding moves a steady state by about epsilon over the gap: by 1e-9 here, and what relaxes more slowly is refused.
const SMALLEST_KNOWN: f64 = f64::EPSILON / 1e-9;
/// Inverse iterations; a second steady state shows in the first.
const ITERATIONS: usize = 8;
/// The largest relative residual of a solution.
const MAX_RESIDUAL: f64 = 1e-9;

/// A sparse generator, by rows.
#[derive(Clone, Debug)]
pub struct Generator {
    rows: Vec<usize>,
    entries: Vec<(usize, Complex64)>,
    /// A bound of the 2-norm: the geometric mean of the largest sums over a row and over a column.
    pub norm: f64,
}

impl Generator {
    /// The generator with these entries (row, column, value); repeated ones add.
    pub fn new(size: usize, mut triplets: Vec<(usize, usize, Complex64)>) -> Self {
        triplets.sort_by_key(|(row, column, _)| (*row, *column));
        let (mut rows, mut entries) = (vec![0], Vec::new());
        let (mut of_rows, mut of_columns) = (vec![0.0_f64; size], vec![0.0_f64; size]);
        for same in triplets.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (row, column, _) = same[0];
            let value: Complex64 = same.iter().map(|(.., value)| value).sum();
            rows.resize(row + 1, entries.len());
            entries.push((column, value));
            of_rows[row] += value.norm();
            of_columns[column] += value.norm();
        }
        rows.resize(size + 1, entries.len());
        let largest = |sums: Vec<f64>| sums.into_iter().fold(0.0, f64::max);
        Generator { rows, entries, norm: (largest(of_rows) * largest(of_columns)).sqrt() }
    }

    fn size(&self) -> usize {
        self.rows.len() - 1
    }

    /// `L x`.
    pub fn apply(&self, x: &[Complex64]) -> Vec<Complex64> {
        let of = |ends: &[usize]| self.entries[ends[0]..ends[1]].iter().map(|(column, value)| value * x[*column]).sum();
        self.rows.windows(2).map(of).collect()
    }

    /// Adds `factor L x` to y.
    pub fn add(&self, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        for (y, ends) in y.iter_mut().zip(self.rows.windows(2)) {
            let row = self.entries[ends[0]..ends[1]].iter();
            *y += row.map(|(column, value)| value * x[*column]).sum::<Complex64>() * factor;
        }
    }

    /// `L - other`, of as many rows.
    pub fn without(&self, other: &Generator) -> Generator {
        let entries = |of: &Generator, by: f64| {
            let rows = of.rows.windows(2).enumerate();
            let of_row = |(row, ends): (usize, &[usize])| {
                let own = of.entries[ends[0]..ends[1]].iter();
                own.map(|(column, value)| (row, *column, by * value)).collect::<Vec<_>>()
            };
            rows.flat_map(of_row).collect::<Vec<_>>()
        };
        let both = entries(self, 1.0).into_iter().chain(entries(other, -1.0)).collect();
        Generator::new(self.size(), both)
    }

    /// How many entries it has.
    pub fn entries(&self) -> f64 {
        self.entries.len() as f64
    }

    /// The multiplications that it takes to advance by a time, roughly.
    pub fn cost(&self, time: f64) -> f64 {
        let terms = 25.0;
        terms * self.entries.len() as f64 * (time * self.norm / REACH).ceil().max(1.0)
    }

    /// Replaces x by exp(tL) x for t = `time`, and adds the integral of x over that time to one: the Taylor series, to
    /// rounding.
    pub fn advance(&self, x: &mut [Complex64], integral: &mut [Complex64], time: f64) {
        let steps = (time * self.norm / REACH).ceil().max(1.0);
        let step = time / steps;
        for _ in 0..steps as u64 {
            let mut term = x.to_vec();
            integral.iter_mut().zip(&term).for_each(|(integral, x)| *integral += step * x);
            for order in 1..=TERMS {
                term = self.apply(&term);
                let (mut of_term, mut of_sum) = (0.0_f64, 0.0_f64);
                let share = step / (order + 1) as f64;
                for ((x, integral), term) in x.iter_mut().zip(integral.iter_mut()).zip(&mut term) {
                    *term *= step / order as f64;
                    *x += *term;
                    *integral += share * *term;
                    of_term = of_term.max(term.norm());
                    of_sum = of_sum.max(x.norm());
                }
                if order as f64 > REACH && of_term <= 1e-18 * of_sum {
                    break;
                }
            }
        }
    }

    /// The factors of `L + shift + more`.
    fn factors(&self, shift: Complex64, more: &[(usize, usize, f64)]) -> Result<Lu<usize, c64>, ProductSteadyError> {
        let size = self.size();
        let own = (0..size).flat_map(|row| {
            self.entries[self.rows[row]..self.rows[row + 1]]
                .iter()
                .map(move |(column, value)| Triplet::new(row, *column, *value))
        });
        let shift = (0..size).map(|row| Triplet::new(row, row, shift));
        let more = more.iter().map(|(row, column, value)| Triplet::new(*row, *column, c64::from(*value)));
        let triplets: Vec<Triplet<usize, usize, c64>> = own.chain(shift).chain(more).collect();
        let failed = |reason: String| ProductSteadyError::Failed { reason };
        let matrix = SparseColMat::<usize, c64>::try_new_from_triplets(size, size, &triplets)
            .map_err(|error| failed(format!("{error:?}")))?;
        matrix.sp_lu().map_err(|error| failed(format!("{error:?}")))
    }

    /// `(i omega - L)^-1` of what has no trace; without elements of a trace, of anything.
    pub fn resolvent(&self, omega: f64, trace: &[usize]) -> Result<Resolvent<'_>, ProductSteadyError> {
        let speed = (self.norm + omega.abs()).max(f64::MIN_POSITIVE);
        // A steady state is moved away from 0 by what the vectors do not see.
        let more = trace.first().map(|first| trace.iter().map(|column| (*first, *column, -speed)).collect::<Vec<_>>());
        let lu = self.factors(Complex64::new(0.0, -omega), &more.unwrap_or_default())?;
        // Whatever x is: rounding alone would be that much of what does not decay.
        if smallest(&lu, self.size(), speed) <= SMALLEST_GAP {
            return Err(ProductSteadyError::Undamped);
        }
        Ok(Resolvent { generator: self, lu, omega, speed, trace: trace.to_vec() })
    }

    /// All of it, as a dense matrix.
    pub fn dense(&self) -> Mat<c64> {
        let mut matrix = Mat::zeros(self.size(), self.size());
        for row in 0..self.size() {
            for (column, value) in &self.entries[self.rows[row]..self.rows[row + 1]] {
                matrix[(row, *column)] = *value;
            }
        }
        matrix
    }

    /// `L - s |e><Tr|`, factorized, where the elements at `trace` add to the trace.
    pub fn deflated(&self, trace: &[usize]) -> Result<Deflated<'_>, ProductSteadyError> {
        let first = trace.first().copied().unwrap_or(0);
        let speed = self.norm.max(f64::MIN_POSITIVE);
        let more: Vec<_> = trace.iter().map(|column| (first, *column, -speed)).collect();
        let lu = self.factors(Complex64::ZERO, &more)?;
        let gap = smallest(&lu, self.size(), speed);
        if gap <= SMALLEST_GAP {
            return Err(ProductSteadyError::NotUnique { gap });
        }
        if gap < SMALLEST_KNOWN {
            return Err(ProductSteadyError::Slow { gap, least: SMALLEST_KNOWN });
        }
        Ok(Deflated { generator: self, trace: trace.to_vec(), speed, lu })
    }
}

/// `L - s |e><Tr|`, e the first of the populations: regular where one state alone is steady, which it takes to -s e.
pub struct Deflated<'a> {
    generator: &'a Generator,
    trace: Vec<usize>,
    /// s.
    speed: f64,
    lu: Lu<usize, c64>,
}

impl Deflated<'_> {
    /// The x with `L x = 0` and trace 1.
    pub fn kernel(&self) -> Result<Vec<Complex64>, ProductSteadyError> {
        self.solve(&vec![Complex64::ZERO; self.generator.size()], 1.0)
    }

    /// The x with `L x = b` and this trace, for a b that has none.
    pub fn solve(&self, b: &[Complex64], trace: f64) -> Result<Vec<Complex64>, ProductSteadyError> {
        let Some(&first) = self.trace.first() else { return Ok(Vec::new()) };
        let residual = |x: &[Complex64]| {
            let mut rest: Vec<Complex64> = self.generator.apply(x).iter().zip(b).map(|(value, b)| b - value).collect();
            rest[first] += (self.trace.iter().map(|place| x[*place]).sum::<Complex64>() - trace) * self.speed;
            rest
        };
        let mut x = vec![Complex64::ZERO; self.generator.size()];
        for _ in 0..2 {
            let more = solve(&self.lu, &residual(&x));
            x.iter_mut().zip(more).for_each(|(x, more)| *x += more);
        }
        let size = largest(&x);
        if size == 0.0 { Ok(x) } else { accurate(largest(&residual(&x)) / (self.speed * size)).map(|()| x) }
    }
}

/// `(i omega - L)^-1`, factorized.
pub struct Resolvent<'a> {
    generator: &'a Generator,
    lu: Lu<usize, c64>,
    omega: f64,
    speed: f64,
    trace: Vec<usize>,
}

impl Resolvent<'_> {
    /// What it makes of a vector, refined once.
    pub fn apply(&self, x: &[Complex64]) -> Result<Vec<Complex64>, ProductSteadyError> {
        let negative = |values: Vec<Complex64>| values.into_iter().map(|value| -value).collect::<Vec<_>>();
        let mut solution = negative(solve(&self.lu, x));
        let rest = |solution: &[Complex64]| {
            let mut image = self.generator.apply(solution);
            if let Some(first) = self.trace.first() {
                image[*first] -= self.speed * self.trace.iter().map(|place| solution[*place]).sum::<Complex64>();
            }
            let of = |row: usize| x[row] + image[row] - Complex64::new(0.0, self.omega) * solution[row];
            (0..x.len()).map(of).collect::<Vec<_>>()
        };
        let more = negative(solve(&self.lu, &rest(&solution)));
        solution.iter_mut().zip(more).for_each(|(solution, more)| *solution += more);
        let scale = self.speed * largest(&solution);
        if scale == 0.0 {
            return Ok(solution);
        }
        accurate(largest(&rest(&solution)) / scale).map(|()| solution)
    }
}

/// About the smallest singular value that a matrix has, as a part of its `speed`; 0 also of what cannot be solved.
fn smallest(lu: &Lu<usize, c64>, size: usize, speed: f64) -> f64 {
    // Any start will do that is orthogonal to nothing.
    let start = |row| Complex64::new((1.0 + row as f64).sin(), (2.0 + row as f64).cos());
    let mut x: Vec<Complex64> = (0..size).map(start).collect();
    let mut gap = f64::INFINITY;
    for _ in 0..ITERATIONS {
        let size = largest(&x);
        x.iter_mut().for_each(|value| *value /= size);
        x = solve(lu, &x);
        gap = gap.min(1.0 / (largest(&x) * speed));
    }
    if gap.is_finite() && largest(&x).is_finite() { gap } else { 0.0 }
}

fn accurate(residual: f64) -> Result<(), ProductSteadyError> {
    if residual <= MAX_RESIDUAL { Ok(()) } else { Err(ProductSteadyError::Residual { residual }) }
}

fn solve(lu: &Lu<usize, c64>, x: &[Complex64]) -> Vec<Complex64> {
    let mut work = Mat::from_fn(x.len(), 1, |row, _| x[row]);
    lu.solve_in_place(&mut work);
    work.col(0).iter().copied().collect()
}

/// The largest magnitude; NaN counts as such.
fn largest(x: &[Complex64]) -> f64 {
    x.iter().map(|value| value.norm()).fold(0.0, |most, norm| if norm > most || norm.is_nan() { norm } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two populations that exchange at a rate, beside a coherence that decays at 1.
    fn between(rate: f64) -> Generator {
        let entries = [(0, 0, -rate), (0, 1, rate), (1, 0, rate), (1, 1, -rate), (2, 2, -1.0)];
        Generator::new(3, entries.map(|(row, column, value)| (row, column, Complex64::from(value))).to_vec())
    }

    #[test]
    fn slow_steady_states_are_refused_before_their_digits_are_lost() {
        let kernel = |rate| between(rate).deflated(&[0, 1]).and_then(|deflated| deflated.kernel());
        let x = kernel(1e-5).unwrap();
        assert!((x[0] - 0.5).norm() < 1e-9 && (x[1] - 0.5).norm() < 1e-9, "{x:?}");
        let slow = kernel(1e-9);
        assert!(matches!(slow, Err(ProductSteadyError::Slow { .. })), "{slow:?}");
        let none = kernel(1e-14);
        assert!(matches!(none, Err(ProductSteadyError::NotUnique { .. })), "{none:?}");
    }

    #[test]
    fn what_does_not_decay_has_no_spectrum() {
        let of = |omega: f64, x: [f64; 3]| {
            let generator = between(1.0);
            generator.resolvent(omega, &[]).and_then(|resolvent| resolvent.apply(&x.map(Complex64::from)))
        };
        // Exchanged at 2 in all, and decaying at 1.
        let x = of(1.0, [1.0, -1.0, 3.0]).unwrap();
        let decaying = |rate: f64| Complex64::new(rate, 1.0).inv();
        assert!((x[0] - decaying(2.0)).norm() < 1e-9 && (x[2] - 3.0 * decaying(1.0)).norm() < 1e-9, "{x:?}");
        assert!(of(0.0, [1.0, 0.0, 0.0]).is_err() && of(0.0, [1.0, -1.0, 0.0]).is_err());
        // Beside a steady state, what has no trace decays all the same.
        let generator = between(1.0);
        let x = generator.resolvent(0.0, &[0, 1]).unwrap().apply(&[1.0, -1.0, 0.0].map(Complex64::from)).unwrap();
        assert!((x[0] - 0.5).norm() < 1e-12 && (x[1] + 0.5).norm() < 1e-12, "{x:?}");
    }
}
