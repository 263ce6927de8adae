//! Evolution between jumps where H_eff is not diagonal: psi(t) = exp(tA) psi, A = -i H_eff/hbar, in a Krylov space.
//!
//! In the space of psi, A psi, ..., A^(m-1) psi the state at *every* time of a step is one exponential of an m x m
//! matrix, so the time of a jump, where the norm has fallen to what was drawn, is found without another step, and a
//! state at any time before it costs one sum. A state that only decays and turns, such as any Dicke state of identical
//! qubits, has m = 1 whatever the time.
//!
//! The error has a bound, not an estimate. With b_1..b_m the subdiagonal of Arnoldi's matrix H_m, what is left out is
//! `b_m` times the integral of the last element of exp(s H_m) e_1, which is `b_1 ... b_(m-1)` times a divided difference
//! of the exponential (H_m is Hessenberg); as A only decays, so does H_m, and the error is at most
//! `b_1 ... b_m t^m/m!`. Y. Saad, SIAM J. Numer. Anal. 29, 209 (1992), Hermite and Genocchi for the difference.

pub mod magnus;

use num_complex::Complex64;

/// The most dimensions of the Krylov space.
pub const MOST: usize = 24;
/// The Taylor series of the small exponential is summed over pieces in which the norm is at most this: terms below
/// e^2, so nothing cancels, and 2^k/k! is below rounding from k = 27 on.
const PIECE: f64 = 2.0;
/// Terms of that series, more than are ever needed.
const TERMS: usize = 32;
/// After so many pieces it is asked for the first time whether the state has come to rest.
const PATIENCE: f64 = 256.0;
/// The most iterations for the time of a jump; bisection alone needs some 60.
const ITERATIONS: usize = 200;

/// The generator A = -i H_eff/hbar of an evolution that never gains norm: A + A^dagger <= 0.
pub trait Generator {
    /// y = A(time) x; both have as many elements as the state. What does not change in time takes no notice of it.
    fn apply(&mut self, time: f64, x: &[Complex64], y: &mut [Complex64]);
    /// A bound on the norm of A, per unit of time.
    fn norm_bound(&self) -> f64;
}

/// The sum of conj(a_i) b_i.
#[must_use]
pub fn inner(a: &[Complex64], b: &[Complex64]) -> Complex64 {
    // Independent sums, as one chain of additions would wait for itself.
    let (mut re, mut im) = ([0.0; 4], [0.0; 4]);
    let (left, right) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest = left.remainder().iter().zip(right.remainder());
    for (a, b) in left.zip(right) {
        for lane in 0..4 {
            re[lane] += a[lane].re * b[lane].re + a[lane].im * b[lane].im;
            im[lane] += a[lane].re * b[lane].im - a[lane].im * b[lane].re;
        }
    }
    let sum = Complex64::new((re[0] + re[1]) + (re[2] + re[3]), (im[0] + im[1]) + (im[2] + im[3]));
    rest.fold(sum, |sum, (a, b)| sum + a.conj() * b)
}

/// The sum of |a_i|^2.
#[must_use]
pub fn norm_squared(a: &[Complex64]) -> f64 {
    let mut sums = [0.0; 4];
    let chunks = a.chunks_exact(4);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..4 {
            sums[lane] += chunk[lane].norm_sqr();
        }
    }
    rest.iter().fold((sums[0] + sums[1]) + (sums[2] + sums[3]), |sum, value| sum + value.norm_sqr())
}

/// Divides by the norm, and returns its square.
pub fn normalize(a: &mut [Complex64]) -> f64 {
    let squared = norm_squared(a);
    let scale = 1.0 / squared.sqrt();
    a.iter_mut().for_each(|value| *value *= scale);
    squared
}

/// y += factor x.
fn add_scaled(factor: Complex64, x: &[Complex64], y: &mut [Complex64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// The norm fell to what was drawn after this time.
    Jump(f64),
    /// It did not; after the whole time, this is ln norm^2.
    Survived(f64),
    /// Nobody waits for the end any more: the evolution stands anywhere.
    Interrupted,
}

/// Coordinates in the Krylov space.
type Small = [Complex64; MOST];

/// A Krylov space, and where in it the evolution stands. Made once for a largest dimension; allocates nothing after.
#[derive(Clone, Debug)]
pub struct Propagation {
    /// v_1..v_(m+1), one after the other.
    basis: Vec<Complex64>,
    dimension: usize,
    /// m.
    size: usize,
    /// v_1^dagger A v_1, taken out of the matrix and exponentiated by itself.
    center: Complex64,
    /// Column j holds V^dagger A v_j, less the center on the diagonal; only its first j + 2 rows mean anything.
    columns: [Small; MOST],
    /// The largest 1-norm of a column, which bounds the matrix.
    norm: f64,
    /// Coefficients of the coordinates over one piece, in powers of its length.
    series: [Small; TERMS],
    terms: usize,
    /// Where the piece of the series begins and how long it is, for looks; 0 where there is none.
    piece: (f64, f64),
    coordinates: Small,
}

impl Propagation {
    /// Room for states of up to this many dimensions.
    #[must_use]
    pub fn new(dimension: usize) -> Self {
        let zero = [Complex64::ZERO; MOST];
        Propagation {
            basis: vec![Complex64::ZERO; dimension * (MOST + 1)],
            dimension,
            size: 0,
            center: Complex64::ZERO,
            columns: [zero; MOST],
            norm: 0.0,
            series: [zero; TERMS],
            terms: 0,
            piece: (0.0, 0.0),
            coordinates: zero,
        }
    }

    /// The bytes that [`Propagation::new`] takes for this many dimensions.
    #[must_use]
    pub fn memory(dimension: f64) -> f64 {
        16.0 * dimension * (MOST + 1) as f64
    }

    /// Starts from the normalized `state`, whose `image` is A(`now`) times it, and builds the space in which the evolution
    /// under A(`now`) errs by at most `tolerance` (in norm, where the state began with 1) for a time that is returned: the
    /// `horizon`, or a shorter one that the largest space still reaches, or the one at hand when it is to `stop`.
    pub fn start(
        &mut self,
        generator: &mut impl Generator,
        state: &[Complex64],
        image: &[Complex64],
        (now, horizon): (f64, f64),
        tolerance: f64,
        stop: impl Fn() -> bool,
    ) -> f64 {
        let dimension = state.len();
        self.dimension = dimension;
        self.basis[..dimension].copy_from_slice(state);
        self.basis[dimension..2 * dimension].copy_from_slice(image);
        let rounding = 4.0 * f64::EPSILON * generator.norm_bound();
        // The bound at the horizon, and the space and the time of the best so far.
        let mut error = 1.0;
        let mut best = (1, 0.0);
        for column in 0..MOST {
            let (known, next) = self.basis.split_at_mut((column + 1) * dimension);
            let next = &mut next[..dimension];
            if column > 0 {
                generator.apply(now, &known[column * dimension..], next);
            }
            let coefficients = &mut self.columns[column];
            for (coefficient, vector) in coefficients.iter_mut().zip(known.chunks_exact(dimension)) {
                *coefficient = inner(vector, next);
                add_scaled(-*coefficient, vector, next);
            }
            let size = column + 1;
            let below = norm_squared(next).sqrt();
            // An invariant space is exact for ever.
            error *= if below <= rounding { 0.0 } else { below * horizon / size as f64 };
            let reach =
                if error <= tolerance { horizon } else { horizon * (tolerance / error).powf(1.0 / size as f64) };
            if reach > best.1 {
                best = (size, reach);
            }
            if error <= tolerance || size == MOST || stop() {
                break;
            }
            self.columns[column][size] = below.into();
            let scale = 1.0 / below;
            next.iter_mut().for_each(|value| *value *= scale);
        }
        self.size = best.0;
        self.close();
        best.1
    }

    /// Takes the center out of the matrix, and bounds what is left.
    fn close(&mut self) {
        let size = self.size;
        self.center = self.columns[0][0];
        self.norm = 0.0;
        for (index, column) in self.columns[..size].iter_mut().enumerate() {
            column[index] -= self.center;
            // Hessenberg: what lies below is not zero but never read.
            let column = &column[..size.min(index + 2)];
            self.norm = self.norm.max(column.iter().map(|value| value.norm()).sum());
        }
        self.rewind();
    }

    fn rewind(&mut self) {
        self.coordinates[..self.size].fill(Complex64::ZERO);
        self.coordinates[0] = Complex64::ONE;
    }

    /// Whether the state keeps its direction: it only decays, and its phase turns.
    #[must_use]
    pub fn is_stationary(&self) -> bool {
        self.size == 1
    }

    /// About the fastest that expectation values change, as an angular frequency: four times the deviation of A in the
    /// state at the start, |A v_1 - (v_1^dagger A v_1) v_1|. A rotating qubit has twice the frequency of its populations.
    #[must_use]
    pub fn turning(&self) -> f64 {
        if self.is_stationary() { 0.0 } else { 4.0 * self.columns[0][1].re }
    }

    /// Waits from the start until ln norm^2 has fallen to `-exponent`, or for `limit`, and stands there.
    ///
    /// The norm never rises, so the time is bracketed from the start: Newton's steps, and bisection where they leave
    /// the bracket.
    pub fn wait(&mut self, exponent: f64, limit: f64, stop: impl Fn() -> bool) -> Wait {
        self.rewind();
        let decay = 2.0 * self.center.re;
        if self.is_stationary() {
            let time = exponent / -decay;
            // A state that does not decay waits for ever.
            let jumps = decay < 0.0 && time <= limit;
            self.settle(if jumps { time } else { limit });
            return if jumps { Wait::Jump(time) } else { Wait::Survived(decay * limit) };
        }
        let (mut now, mut log) = (0.0, 0.0);
        while !stop() {
            if let Some(value) = self.rest(now) {
                let decay = self.resolved(decay + 2.0 * value.re);
                let (waited, left) = (exponent + log, limit - now);
                let jumps = decay < 0.0 && waited <= -decay * left;
                let time = if jumps { waited / -decay } else { left };
                self.settle(now + time);
                return if jumps { Wait::Jump(now + time) } else { Wait::Survived(log + decay * left) };
            }
            let length = self.expand(limit - now);
            let at_end = log + decay * length + self.evaluate(1.0).0;
            if at_end <= -exponent {
                let excess = |fraction: f64, of_matrix: f64| log + decay * length * fraction + of_matrix + exponent;
                let fraction = self.root(decay * length, excess, (log + exponent, at_end + exponent));
                self.evaluate(fraction);
                self.settle(now + fraction * length);
                return Wait::Jump(now + fraction * length);
            }
            log = at_end;
            now += length;
            if now >= limit {
                self.settle(limit);
                return Wait::Survived(log);
            }
            normalize(&mut self.coordinates[..self.size]);
        }
        Wait::Interrupted
    }

    /// Where in a piece `excess(fraction, ln |y|^2)` vanishes, which is `ends` at its two ends.
    fn root(&mut self, decay: f64, excess: impl Fn(f64, f64) -> f64, ends: (f64, f64)) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        // The secant: exact where the decay is exponential.
        let mut at = if ends.0 > ends.1 { (ends.0 / (ends.0 - ends.1)).clamp(0.0, 1.0) } else { 0.0 };
        for iteration in 0..ITERATIONS {
            let (of_matrix, slope) = self.evaluate(at);
            let value = excess(at, of_matrix);
            if value > 0.0 {
                low = at;
            } else {
                high = at;
            }
            let newton = at - value / (decay + slope);
            // A slope of zero, or a root that rounding hides: halve. So also where Newton is slow.
            let next = if newton > low && newton < high && iteration < 20 { newton } else { 0.5 * (low + high) };
            let close = (newton - at).abs() <= 4.0 * f64::EPSILON * at || high - low <= f64::EPSILON * high;
            if value == 0.0 || close {
                return at;
            }
            at = next;
        }
        at
    }

    /// Stands at `time` after the start, within the reach; anywhere where it is to `stop`.
    pub fn go_to(&mut self, time: f64, stop: impl Fn() -> bool) {
        self.rewind();
        let mut now = 0.0;
        while now < time && !stop() && self.rest(now).is_none() {
            now += self.expand(time - now);
            self.evaluate(1.0);
            normalize(&mut self.coordinates[..self.size]);
        }
        self.settle(time);
    }

    /// Stands at `time` after the start, as [`Propagation::go_to`] does, for one of several looks up to `limit`: those of
    /// one piece after another take one series.
    pub fn look_at(&mut self, time: f64, limit: f64) {
        let (mut begin, mut length) = self.piece;
        if length == 0.0 || time < begin {
            self.rewind();
            (begin, length) = (0.0, self.expand(limit));
        }
        while time > begin + length && begin + length < limit {
            self.evaluate(1.0);
            normalize(&mut self.coordinates[..self.size]);
            begin += length;
            length = if self.rest(begin).is_some() { self.stay(limit - begin) } else { self.expand(limit - begin) };
        }
        self.piece = (begin, length);
        self.evaluate((time - begin) / length);
        self.settle(time);
    }

    /// Normalizes, and restores the phase that the center gave.
    fn settle(&mut self, time: f64) {
        normalize(&mut self.coordinates[..self.size]);
        let phase = Complex64::cis(self.center.im * time);
        self.coordinates[..self.size].iter_mut().for_each(|value| *value *= phase);
    }

    /// The state where the evolution stands, normalized.
    pub fn write(&self, state: &mut [Complex64]) {
        state.fill(Complex64::ZERO);
        for (coordinate, vector) in self.coordinates.iter().zip(self.basis.chunks_exact(self.dimension)).take(self.size)
        {
            add_scaled(*coordinate, vector, state);
        }
        normalize(state);
    }

    /// Whether the evolution has come to rest where it stands, a time after the start: to rounding the matrix only
    /// multiplies the coordinates, by this value. What was faster is gone, as beside a dark state. It is asked now and
    /// then, the more rarely the longer there was none.
    fn rest(&self, begun: f64) -> Option<Complex64> {
        let pieces = (begun * self.norm / PIECE).round();
        if pieces < PATIENCE || !(pieces as u64).is_power_of_two() {
            return None;
        }
        let size = self.size;
        let here = &self.coordinates[..size];
        let mut image = [Complex64::ZERO; MOST];
        for (column, (value, entries)) in here.iter().zip(&self.columns).enumerate() {
            let last = (column + 2).min(size);
            add_scaled(*value, &entries[..last], &mut image[..last]);
        }
        let value = inner(here, &image[..size]);
        add_scaled(-value, here, &mut image[..size]);
        (norm_squared(&image[..size]).sqrt() <= 4.0 * f64::EPSILON * self.norm).then_some(value)
    }

    /// A rate of decay, or none where it is the rounding of what it is a difference of.
    fn resolved(&self, decay: f64) -> f64 {
        if decay.abs() <= 8.0 * f64::EPSILON * (self.norm + self.center.norm()) { 0.0 } else { decay }
    }

    /// The series of coordinates that have come to rest, over a piece of any length.
    fn stay(&mut self, length: f64) -> f64 {
        (self.series[0], self.terms) = (self.coordinates, 1);
        length
    }

    /// The series of the coordinates from here on, over a piece of at most `length`; returns its length.
    fn expand(&mut self, length: f64) -> f64 {
        let size = self.size;
        let length = if self.norm * length <= PIECE { length } else { PIECE / self.norm };
        self.piece = (0.0, 0.0);
        self.series[0] = self.coordinates;
        self.terms = 1;
        // The coordinates are normalized: what is below rounding in every one of them is nothing.
        while self.terms < TERMS {
            let factor = length / self.terms as f64;
            let (before, after) = self.series.split_at_mut(self.terms);
            let (term, next) = (&before[self.terms - 1], &mut after[0]);
            next[..size].fill(Complex64::ZERO);
            for (column, (value, entries)) in term[..size].iter().zip(&self.columns).enumerate() {
                let last = (column + 2).min(size);
                add_scaled(factor * value, &entries[..last], &mut next[..last]);
            }
            if next[..size].iter().all(|value| value.norm_sqr() <= 1e-36) {
                break;
            }
            self.terms += 1;
        }
        length
    }

    /// Moves the coordinates to this fraction of the piece; returns ln |y|^2 and its derivative by the fraction.
    fn evaluate(&mut self, fraction: f64) -> (f64, f64) {
        let size = self.size;
        let (mut value, mut slope) = ([Complex64::ZERO; MOST], [Complex64::ZERO; MOST]);
        for coefficients in self.series[..self.terms].iter().rev() {
            for index in 0..size {
                slope[index] = slope[index] * fraction + value[index];
                value[index] = value[index] * fraction + coefficients[index];
            }
        }
        self.coordinates = value;
        let squared = norm_squared(&value[..size]);
        (squared.ln(), 2.0 * inner(&value[..size], &slope[..size]).re / squared)
    }
}

#[cfg(test)]
mod tests;
