//! Spectra: `S(omega) = 2 Re int_0^inf e^(-i omega tau) <C A(tau) B> dtau` at any frequency, and how wide a line is.
//!
//! `(i omega - L)^-1 x` is solved for in Krylov spaces of resolvents: one factorization, at omega_0, has
//! M = (i omega_0 - L)^-1, and in the space of M x, M^2 x, ... the others are `(1 + i (omega - omega_0) M)^-1 M x` of a
//! small matrix. What is left out there is known, and where it is too much, another factorization is made.

use faer::Mat;
use num_complex::Complex64;

use super::generator::Generator;
use super::{ProductSteadyError, traced};

/// Vectors of a Krylov space.
const MOST_VECTORS: usize = 60;
/// The largest residual of a solution, relative to it.
const MOST_LEFT: f64 = 1e-10;
/// What is left of a vector is this part of it where the space is invariant.
const NOTHING: f64 = 1e-12;
/// Factorizations of one spectrum: each is good for frequencies around its own.
const MOST_FACTORIZATIONS: usize = 200;
/// Places at which the highest line is looked for.
const MOST_CANDIDATES: usize = 8;
/// A half width is known to this part of itself.
const WIDTH: f64 = 1e-9;
/// The middle of a line is known to this part of its width.
const MIDDLE: f64 = 1e-8;
/// The most steps away from a line in which half of its height has to be found.
const MOST_STEPS: usize = 200;

/// A line of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The angular frequency of its top.
    pub position: f64,
    /// Its full width at half of its height, as an angular frequency.
    pub width: f64,
    /// Its height, a time.
    pub height: f64,
}

/// A spectrum at a frequency, and how it changes with it.
#[derive(Clone, Copy, Debug, Default)]
struct Value {
    height: f64,
    slope: f64,
}

/// The spectrum of a correlation in a steady state.
#[derive(Debug, Default)]
pub struct Spectrum {
    pub(super) parts: Vec<SpectrumPart>,
    pub(super) coherent: Complex64,
}

/// A steady state, and where its trace is.
#[derive(Debug)]
pub struct Steady {
    pub trace: Vec<usize>,
    pub rho: Vec<Complex64>,
}

impl Steady {
    /// Takes out of a vector what is left of it after long: the trace of it times the steady state. Returns that trace.
    pub fn take_from(&self, x: &mut [Complex64]) -> Complex64 {
        let left: Complex64 = self.trace.iter().map(|place| x[*place]).sum();
        x.iter_mut().zip(&self.rho).for_each(|(x, rho)| *x -= left * rho);
        left
    }
}

/// What of a spectrum is of one order of coherence.
#[derive(Debug)]
pub struct SpectrumPart {
    generator: Generator,
    /// The steady state, where the generator has one: vectors have no part of it.
    steady: Option<Steady>,
    start: Vec<Complex64>,
    form: Vec<(usize, Complex64)>,
    expansions: Vec<Expansion>,
}

/// A Krylov space of the resolvent at one frequency.
#[derive(Debug)]
struct Expansion {
    omega: f64,
    /// The norm of `M x`.
    norm: f64,
    /// `V^dagger M V`, by columns, each with the element below the diagonal.
    columns: Vec<Vec<Complex64>>,
    /// What A makes of each vector.
    values: Vec<Complex64>,
}

impl SpectrumPart {
    pub(super) fn new(
        generator: Generator,
        steady: Option<Steady>,
        start: Vec<Complex64>,
        form: Vec<(usize, Complex64)>,
    ) -> Self {
        SpectrumPart { generator, steady, start, form, expansions: Vec::new() }
    }

    /// Takes out of a vector what it has of the steady state.
    fn without_steady(&self, x: &mut [Complex64]) {
        if let Some(steady) = &self.steady {
            steady.take_from(x);
        }
    }

    fn is_zero(&self) -> bool {
        self.start.iter().all(|value| *value == Complex64::ZERO)
    }

    /// Where, on average, it is: the first moment of the spectrum.
    fn mean(&self) -> Option<f64> {
        let mean = traced(&self.form, &self.generator.apply(&self.start)) / traced(&self.form, &self.start);
        Some(mean.im).filter(|mean| mean.is_finite())
    }

    /// `2 Re Tr[A (i omega - L)^-1 x]`, and how it changes with omega.
    fn at(&mut self, omega: f64) -> Result<Value, ProductSteadyError> {
        if self.is_zero() {
            return Ok(Value::default());
        }
        // The nearest is the likeliest to do.
        let mut near: Vec<usize> = (0..self.expansions.len()).collect();
        near.sort_by(|a, b| {
            let far = |place: usize| (self.expansions[place].omega - omega).abs();
            far(*a).total_cmp(&far(*b))
        });
        if let Some(value) = near.into_iter().take(3).find_map(|place| self.expansions[place].at(omega)) {
            return Ok(value);
        }
        if self.expansions.len() >= MOST_FACTORIZATIONS {
            let reason = format!("{MOST_FACTORIZATIONS} factorizations are not enough for all of its frequencies");
            return Err(ProductSteadyError::Failed { reason });
        }
        let expansion = Expansion::new(self, omega)?;
        let value = expansion.at(omega).ok_or(ProductSteadyError::Undamped)?;
        self.expansions.push(expansion);
        Ok(value)
    }
}

impl Expansion {
    fn new(part: &SpectrumPart, omega: f64) -> Result<Self, ProductSteadyError> {
        let places = part.steady.as_ref().map_or(&[][..], |steady| &steady.trace);
        let resolvent = part.generator.resolvent(omega, places)?;
        let mut vectors: Vec<Vec<Complex64>> = Vec::new();
        let mut next = resolvent.apply(&part.start)?;
        part.without_steady(&mut next);
        let norm = normalize(&mut next);
        let mut columns: Vec<Vec<Complex64>> = Vec::new();
        while vectors.len() < MOST_VECTORS.min(part.start.len()) {
            let mut image = resolvent.apply(&next)?;
            part.without_steady(&mut image);
            vectors.push(next);
            let before = norm_of(&image);
            let mut column = vec![Complex64::ZERO; vectors.len()];
            // Twice is enough.
            for _ in 0..2 {
                for (sum, vector) in column.iter_mut().zip(&vectors) {
                    let share: Complex64 = vector.iter().zip(&image).map(|(v, x)| v.conj() * x).sum();
                    *sum += share;
                    image.iter_mut().zip(vector).for_each(|(x, v)| *x -= share * v);
                }
            }
            let below = normalize(&mut image);
            let is_all = below <= NOTHING * before;
            column.push(if is_all { Complex64::ZERO } else { below.into() });
            columns.push(column);
            if is_all {
                break;
            }
            next = image;
        }
        let values = vectors.iter().map(|vector| traced(&part.form, vector)).collect();
        Ok(Expansion { omega, norm, columns, values })
    }

    /// The spectrum at a frequency, where this space has it.
    fn at(&self, omega: f64) -> Option<Value> {
        let coordinates = self.solved(omega, self.start());
        let below = self.columns.last().and_then(|column| column.last()).map_or(0.0, |below| below.norm());
        let left = below * (omega - self.omega).abs() * coordinates.last().map_or(0.0, |last| last.norm());
        (left <= MOST_LEFT * norm_of(&coordinates)).then(|| self.read(omega, &coordinates))
    }

    /// The same, whatever it leaves out.
    fn roughly(&self, omega: f64) -> f64 {
        self.read(omega, &self.solved(omega, self.start())).height
    }

    fn start(&self) -> Vec<Complex64> {
        let mut start = vec![Complex64::ZERO; self.columns.len()];
        start[0] = self.norm.into();
        start
    }

    fn element(&self, row: usize, column: usize) -> Complex64 {
        self.columns[column].get(row).copied().unwrap_or(Complex64::ZERO)
    }

    /// The height by its coordinates z, and the slope by those of their derivative, `(1 + i d H) z' = -i H z`.
    fn read(&self, omega: f64, coordinates: &[Complex64]) -> Value {
        let read = |coordinates: &[Complex64]| {
            2.0 * coordinates.iter().zip(&self.values).map(|(c, value)| c * value).sum::<Complex64>().re
        };
        let size = coordinates.len();
        let image =
            |row: usize| (0..size).map(|column| self.element(row, column) * coordinates[column]).sum::<Complex64>();
        let right = (0..size).map(|row| -Complex64::I * image(row)).collect();
        Value { height: read(coordinates), slope: read(&self.solved(omega, right)) }
    }

    /// The solution of `(1 + i (omega - omega_0) H) z = right`, H Hessenberg.
    fn solved(&self, omega: f64, mut right: Vec<Complex64>) -> Vec<Complex64> {
        let size = self.columns.len();
        let id = Complex64::new(0.0, omega - self.omega);
        let element = |row: usize, column: usize| {
            let own = if row == column { Complex64::ONE } else { Complex64::ZERO };
            own + id * self.element(row, column)
        };
        let mut matrix: Vec<Vec<Complex64>> =
            (0..size).map(|row| (0..size).map(|column| element(row, column)).collect()).collect();
        for column in 0..size.saturating_sub(1) {
            if matrix[column + 1][column].norm() > matrix[column][column].norm() {
                matrix.swap(column, column + 1);
                right.swap(column, column + 1);
            }
            let factor = matrix[column + 1][column] / matrix[column][column];
            let (above, below) = matrix.split_at_mut(column + 1);
            below[0].iter_mut().zip(&above[column]).skip(column).for_each(|(x, y)| *x -= factor * y);
            let share = factor * right[column];
            right[column + 1] -= share;
        }
        for row in (0..size).rev() {
            let known: Complex64 = (row + 1..size).map(|column| matrix[row][column] * right[column]).sum();
            right[row] = (right[row] - known) / matrix[row][row];
        }
        right
    }

    /// Where lines may be, and their half widths: poles `i omega_0 - 1/theta` of the eigenvalues theta of H.
    fn poles(&self) -> Vec<(f64, f64)> {
        let size = self.columns.len();
        let matrix = Mat::from_fn(size, size, |row, column| self.element(row, column));
        let Ok(eigenvalues) = matrix.eigenvalues() else { return Vec::new() };
        let poles = eigenvalues.into_iter().map(|theta| Complex64::new(0.0, self.omega) - theta.inv());
        poles.filter(|pole| pole.is_finite() && pole.re < 0.0).map(|pole| (pole.im, -pole.re)).collect()
    }
}

impl Spectrum {
    /// The weight of what never decays, `<C B> <A>`: a line at 0 that is not in the spectrum.
    #[must_use]
    pub fn coherent(&self) -> Complex64 {
        self.coherent
    }

    /// The spectrum at an angular frequency, a time; over all of them, it has the mean of `S(omega)/(2 pi)` be `<C A B>`
    /// less [`Spectrum::coherent`].
    ///
    /// # Errors
    /// If the solve fails, as it does where something else does not decay.
    pub fn at(&mut self, omega: f64) -> Result<f64, ProductSteadyError> {
        Ok(self.value(omega)?.height)
    }

    fn value(&mut self, omega: f64) -> Result<Value, ProductSteadyError> {
        let mut sum = Value::default();
        for part in &mut self.parts {
            let Value { height, slope } = part.at(omega)?;
            sum.height += height;
            sum.slope += slope;
        }
        Ok(sum)
    }

    /// The highest line, as far as one is found: around the mean frequency, around `near`, and around what decays slowly
    /// there. Of two that are alike it is that of the lower frequency.
    ///
    /// # Errors
    /// As [`Spectrum::at`].
    pub fn line(&mut self, near: &[f64]) -> Result<Option<Line>, ProductSteadyError> {
        let mut candidates: Vec<(f64, f64)> = Vec::new();
        let means: Vec<f64> = self.parts.iter().filter_map(SpectrumPart::mean).collect();
        for omega in means.iter().chain(near) {
            self.at(*omega)?;
        }
        for expansion in self.parts.iter().flat_map(|part| &part.expansions) {
            candidates.extend(expansion.poles());
        }
        // By what the space at hand makes of them, which need not be all that there is to it.
        let rough = |omega: f64| -> f64 {
            let of_part = |part: &SpectrumPart| {
                let far = |expansion: &&Expansion| (expansion.omega - omega).abs();
                let near = part.expansions.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
                near.map_or(0.0, |near| near.roughly(omega))
            };
            self.parts.iter().map(of_part).sum()
        };
        let mut by_height: Vec<(f64, (f64, f64))> =
            candidates.into_iter().map(|pole| (rough(pole.0), pole)).filter(|(height, _)| height.is_finite()).collect();
        by_height.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best: Option<Line> = None;
        for (_, (position, half)) in by_height.into_iter().take(MOST_CANDIDATES) {
            let Some(line) = self.top(position, half)? else { continue };
            let better = |other: &Line| {
                let close = 1e-9 * other.height;
                line.height > other.height + close
                    || ((line.height - other.height).abs() <= close && line.position < other.position)
            };
            if best.as_ref().is_none_or(better) {
                best = Some(line);
            }
        }
        let Some(line) = best.filter(|line| line.height > 0.0) else { return Ok(None) };
        let below = self.half(line, -1.0)?;
        let above = self.half(line, 1.0)?;
        let wide = below.zip(above).map(|(below, above)| above - below);
        // What is between a line and 0 by rounding alone is nothing.
        let position = |width: f64| if line.position.abs() > MIDDLE * width { line.position } else { 0.0 };
        Ok(wide.map(|width| Line { position: position(width), width, ..line }))
    }

    /// The top of the line that rises around a frequency, of about this half width, which is what it has for a width.
    fn top(&mut self, start: f64, half: f64) -> Result<Option<Line>, ProductSteadyError> {
        let (mut at, mut step) = (start, 0.5 * half);
        let uphill = self.value(start)?.slope.signum();
        // Uphill until it goes down.
        let mut beyond = None;
        for _ in 0..MOST_STEPS {
            let next = at + uphill * step;
            if self.value(next)?.slope * uphill <= 0.0 {
                beyond = Some(next);
                break;
            }
            (at, step) = (next, 1.5 * step);
        }
        let Some(mut beyond) = beyond else { return Ok(None) };
        while (beyond - at).abs() > 1e-12 * half {
            let middle = 0.5 * (at + beyond);
            if middle == at || middle == beyond {
                break;
            }
            if self.value(middle)?.slope * uphill > 0.0 { at = middle } else { beyond = middle }
        }
        let position = 0.5 * (at + beyond);
        Ok(Some(Line { position, width: half, height: self.at(position)? }))
    }

    /// Where the line has half of its height, on one side.
    fn half(&mut self, line: Line, side: f64) -> Result<Option<f64>, ProductSteadyError> {
        let (mut inside, mut step) = (line.position, 0.1 * line.width);
        for _ in 0..MOST_STEPS {
            let mut outside = inside + side * step;
            if self.at(outside)? > 0.5 * line.height {
                inside = outside;
                step *= 1.2;
                continue;
            }
            while (outside - inside).abs() > WIDTH * (inside - line.position).abs().max(0.1 * line.width) {
                let middle = 0.5 * (inside + outside);
                if self.at(middle)? > 0.5 * line.height { inside = middle } else { outside = middle }
            }
            return Ok(Some(0.5 * (inside + outside)));
        }
        Ok(None)
    }
}

fn norm_of(x: &[Complex64]) -> f64 {
    x.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt()
}

/// Divides by the norm, and returns it; what is zero stays so.
fn normalize(x: &mut [Complex64]) -> f64 {
    let norm = norm_of(x);
    if norm > 0.0 {
        x.iter_mut().for_each(|value| *value /= norm);
    }
    norm
}
