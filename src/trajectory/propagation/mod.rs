//! Evolution between jumps where H_eff is not diagonal: psi(t) = exp(tA) psi, A = -i H_eff/hbar, as a power series.
//!
//! With `c = <psi|A|psi>`, a step is `psi(t) = e^(ct) sum_k (t/h)^k w_k`, `w_k = (h^k/k!) (A - c)^k psi`: what all of the
//! state does alike, decay and turn, is in the factor. The state at every time of the step is one sum, and its norm a
//! polynomial, whose first powers tell about where it falls to what was drawn: there is a jump, which some two looks at the
//! state find. A state that only decays and turns, such as any Dicke state of identical qubits, is stationary, and its wait
//! a logarithm.
//!
//! The error has a bound, not an estimate. The sum up to w_K obeys `phi' = A phi - e^(ct) (t/h)^K (A - c) w_K`, and exp(tA)
//! never lengthens: what is left out is at most `|(A - c) w_K| h/(K+1) = |w_(K+1)|`, the first term that is left out.

pub mod acting;
pub mod eigenbasis;
mod kernels;
mod layout;
pub mod magnus;

use aligned_vec::{AVec, avec};
use num_complex::Complex64;

pub use self::kernels::{LANES, dot, moments, norm_squared, normalize};
use self::kernels::{POWERS, Series};
pub use self::layout::{Layout, amplitudes, amplitudes_mut, inner, numbers, numbers_mut};

/// The highest power of the series, so that a state that is zero but for some levels in a row stays so but for as many
/// neighbours.
pub const MOST: usize = 24;
/// A step is no longer than makes a term so many times the first: all but three digits of the change are then left.
const LARGE: f64 = 1e3;
/// What it is shortened to, as a multiple of the time in which the state changes: what the powers there are reach.
const PACE: f64 = 5.0;
/// The error of a step is no more than this part of its first term either: what is nearly at rest, by less than a
/// step may err, comes to rest.
const OF_CHANGE: f64 = 1e-3;
/// A power of the norm that is less than this, of 1, is left out where it tells about where a jump is.
const ROUGH: f64 = 1e-3;
/// A step towards that which is so short, as a part of it, is the last.
const CLOSE: f64 = 1e-4;
/// How near ln norm^2 is to what was drawn at a jump.
const NEAR: f64 = 1e-11;
/// The most iterations for the time of a jump; bisection alone needs some 60.
const ITERATIONS: usize = 200;

/// The generator A = -i H_eff/hbar of an evolution that never gains norm: A + A^dagger <= 0. States are real numbers, twice
/// as many as amplitudes.
pub trait Generator {
    /// How amplitudes stand in a state.
    const LAYOUT: Layout;

    /// y = factor (A - center) x; both have as many elements as the state.
    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]);
    /// A bound on the norm of A, per unit of time.
    fn norm_bound(&self) -> f64;
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// The norm fell to what was drawn after this time.
    Jump(f64),
    /// It did not; after the whole time, this is ln norm^2.
    Survived(f64),
}

/// A step of the evolution. Made once for a largest state; allocates nothing after.
#[derive(Clone, Debug)]
pub struct Propagation {
    /// w_0..w_(K+1), one after the other, each filled up with zeros as [`kernels::Series`] has them.
    terms: AVec<f64>,
    /// How many numbers make a state, and how far one term is from the next.
    length: usize,
    stride: usize,
    /// K.
    order: usize,
    /// h.
    step: f64,
    center: Complex64,
    /// |w_k|.
    norms: [f64; MOST + 1],
    /// |(A - c) psi|, 0 of a stationary state.
    deviation: f64,
}

/// A state and what a step of it begins with.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The state, normalized.
    pub state: &'a [f64],
    /// A times it.
    pub image: &'a [f64],
    /// The rate of jumps in it, `-2 Re <A>`: as a sum that cancels nothing where there is one.
    pub rate: f64,
}

/// Some numbers more than a state has: terms that are a power of two apart would share a few lines of the cache, of which
/// each begins one.
fn filled(length: usize) -> usize {
    length.next_multiple_of(LANES) + LANES
}

impl Propagation {
    /// Room for states of up to this many real numbers.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Propagation {
            terms: avec![0.0; filled(length) * (MOST + 2)],
            length,
            stride: filled(length),
            order: 0,
            step: 0.0,
            center: Complex64::ZERO,
            norms: [0.0; MOST + 1],
            deviation: 0.0,
        }
    }

    /// The bytes that [`Propagation::new`] takes for this many amplitudes.
    #[must_use]
    pub fn memory(dimension: f64) -> f64 {
        16.0 * dimension * (MOST + 2) as f64
    }

    /// Starts a step, which errs by at most `tolerance` (in norm, where the state began with 1) for a time that is
    /// returned: the `horizon`, or a shorter one that the longest series still reaches. What is returned means nothing
    /// where it is to `stop`.
    pub fn start<G: Generator>(
        &mut self,
        generator: &mut G,
        beginning: Beginning,
        horizon: f64,
        tolerance: f64,
        stop: impl Fn() -> bool,
    ) -> f64 {
        let bound = generator.norm_bound();
        if !self.begin(G::LAYOUT, beginning, bound, horizon) {
            return horizon;
        }
        while !stop() && !self.reaches(bound, tolerance) {
            let (center, factor) = (self.center, self.factor());
            let (term, image) = self.pair();
            generator.apply(center, factor, term, image);
            if let Some(reach) = self.grow(tolerance) {
                return reach;
            }
        }
        self.step
    }

    /// Begins a step with its first two terms, where |A| is at most `bound`; false of a stationary state, which reaches
    /// the horizon as it is. Who applies A by himself goes on as [`Propagation::start`] does.
    pub fn begin(
        &mut self,
        layout: Layout,
        Beginning { state, image, rate }: Beginning,
        bound: f64,
        horizon: f64,
    ) -> bool {
        let length = state.len();
        (self.length, self.stride) = (length, filled(length));
        let center = Complex64::new(-0.5 * rate, layout.imaginary(state, image));
        (self.center, self.order) = (center, 0);
        self.terms[..length].copy_from_slice(state);
        self.terms[length..self.stride].fill(0.0);
        let (_, change) = self.pair();
        layout.centered(center, (state, image), change);
        let deviation = norm_squared(change).sqrt();
        if deviation <= 4.0 * f64::EPSILON * bound {
            (self.deviation, self.step) = (0.0, horizon);
            return false;
        }
        let step = if deviation * horizon > PACE { PACE / deviation } else { horizon };
        kernels::scale(change, step);
        (self.norms[0], self.norms[1]) = (1.0, deviation * step);
        (self.order, self.deviation, self.step) = (1, deviation, step);
        true
    }

    /// Whether the terms that there are reach to the end of the step, as |A - c| is at most |c| more than the `bound` of |A|.
    #[must_use]
    pub fn reaches(&self, bound: f64, tolerance: f64) -> bool {
        let tolerance = tolerance.min(OF_CHANGE * self.norms[1]);
        self.norms[self.order] * (bound + self.center.norm()) * self.step <= tolerance * (self.order + 1) as f64
    }

    /// c.
    #[must_use]
    pub fn center(&self) -> Complex64 {
        self.center
    }

    /// h/(k + 1): the next term is so many times (A - c) w_k.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.step / (self.order + 1) as f64
    }

    /// How far the step reaches, as far as its series is made.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.step
    }

    /// The last term.
    #[must_use]
    pub fn last(&self) -> &[f64] {
        &self.terms[self.order * self.stride..][..self.length]
    }

    /// Takes the next term in, which is there beside the last; how far the step reaches where no more are needed.
    pub fn grow(&mut self, tolerance: f64) -> Option<f64> {
        let tolerance = tolerance.min(OF_CHANGE * self.norms[1]);
        let (_, next) = self.pair();
        let norm = norm_squared(next).sqrt();
        if norm <= tolerance {
            return Some(self.step);
        }
        if self.order == MOST {
            return Some(self.step * (tolerance / norm).powf(1.0 / (self.order + 1) as f64));
        }
        self.order += 1;
        self.norms[self.order] = norm;
        if norm > LARGE * self.norms[1] {
            self.shorten();
        }
        None
    }

    /// Makes the step as long as its last term tells, beside the first: what is nearly at rest is moved by little, and
    /// rounding is of that little.
    fn shorten(&mut self) {
        let order = self.order;
        let wanted: f64 = (2..=order).map(|power| PACE / power as f64).product();
        let by = (wanted * self.norms[1] / self.norms[order]).powf(1.0 / (order - 1) as f64);
        let mut factor = 1.0;
        for power in 1..=self.order {
            factor *= by;
            self.norms[power] *= factor;
            kernels::scale(&mut self.terms[power * self.stride..][..self.length], factor);
        }
        self.step *= by;
    }

    /// The last term, and room for the next.
    pub fn pair(&mut self) -> (&[f64], &mut [f64]) {
        let (before, after) = self.terms.split_at_mut((self.order + 1) * self.stride);
        let (next, fill) = after[..self.stride].split_at_mut(self.length);
        fill.fill(0.0);
        (&before[self.order * self.stride..][..self.length], next)
    }

    /// Whether the state keeps its direction: it only decays, and its phase turns.
    #[must_use]
    pub fn is_stationary(&self) -> bool {
        self.order == 0
    }

    /// About the fastest that expectation values change, as an angular frequency: four times the deviation of A in the
    /// state at the start, |(A - c) psi|. A rotating qubit has twice the frequency of its populations.
    #[must_use]
    pub fn turning(&self) -> f64 {
        4.0 * self.deviation
    }

    /// The phase that the state has turned by, beside [`Propagation::write`].
    #[must_use]
    pub fn phase(&self, time: f64) -> Complex64 {
        Complex64::cis(self.center.im * time)
    }

    /// Waits from the start until ln norm^2 has fallen to `-exponent`, or for `limit`, which is within the reach; writes
    /// the state there.
    pub fn wait(&mut self, exponent: f64, limit: f64, end: &mut [f64]) -> Wait {
        let rate = -2.0 * self.center.re;
        if self.is_stationary() {
            end.copy_from_slice(&self.terms[..self.length]);
            let time = exponent / rate;
            // A state that does not decay waits for ever.
            return if rate > 0.0 && time <= limit { Wait::Jump(time) } else { Wait::Survived(-rate * limit) };
        }
        let last = limit / self.step;
        // However its terms add, so much is left of the state.
        let least = 2.0 - self.norms[..=self.order].iter().rev().fold(0.0, |sum, norm| sum * last + norm);
        if exponent == f64::INFINITY || least > 0.0 && 2.0 * least.ln() - rate * limit > -exponent {
            return Wait::Survived(self.write(limit, end).ln() - rate * limit);
        }
        self.fall(rate * self.step, exponent, last, end)
    }

    /// Where ln norm^2 has fallen to `-exponent`, or what it is at the `last` of the step; writes the state there.
    ///
    /// The first powers of the norm tell about where, and looks at the state how far off that is: what these powers
    /// lack grows from one look to another like the next of them.
    fn fall(&self, rate: f64, exponent: f64, last: f64, end: &mut [f64]) -> Wait {
        let mut coefficients = [0.0; POWERS + 1];
        let degree = self.degree(last);
        self.series().norm(&mut coefficients[..=degree]);
        let norm = Polynomial(&coefficients[..=degree]);
        let (mut low, mut high, mut at) = (0.0, f64::INFINITY, norm.root(rate, exponent, last));
        let mut squared = self.series().sum(at, end);
        for iteration in 0..ITERATIONS {
            let log = squared.ln() - rate * at;
            let excess = log + exponent;
            if excess > NEAR && at >= last {
                kernels::scale(end, 1.0 / squared.sqrt());
                return Wait::Survived(log);
            }
            if excess > 0.0 {
                low = at;
            } else {
                high = at;
            }
            if excess.abs() <= NEAR || high - low <= f64::EPSILON * last {
                break;
            }
            let (value, slope) = norm.at(at);
            let lacks = (squared / value).ln() * (degree + 1) as f64 / at;
            let newton = at + excess / (rate - slope / value - lacks);
            at = if newton > low && newton < high && iteration < 20 {
                newton.min(last)
            } else if high < f64::INFINITY {
                0.5 * (low + high)
            } else {
                last
            };
            squared = self.series().sum(at, end);
        }
        kernels::scale(end, 1.0 / squared.sqrt());
        Wait::Jump(at * self.step)
    }

    /// How many powers of the norm tell about how it falls up to `last`.
    fn degree(&self, last: f64) -> usize {
        let mut power = POWERS.min(2 * self.order);
        let mut factor = last.powi(power as i32);
        // The next ones are as small and smaller.
        while power > 2 {
            let here = &self.norms[power.saturating_sub(self.order)..=power.min(self.order)];
            if factor * here.iter().zip(here.iter().rev()).map(|(a, b)| a * b).sum::<f64>() > ROUGH {
                break;
            }
            factor /= last;
            power -= 1;
        }
        power
    }

    fn series(&self) -> Series<'_> {
        Series { terms: &self.terms, stride: self.stride, order: self.order }
    }

    /// Writes the state at `time` after the start, within the reach, normalized and up to its [`Propagation::phase`];
    /// returns its squared norm less the decay of the mean, `norm^2 e^(rate t)`.
    pub fn write(&self, time: f64, state: &mut [f64]) -> f64 {
        if self.is_stationary() {
            state.copy_from_slice(&self.terms[..self.length]);
            return 1.0;
        }
        let squared = self.series().sum(time / self.step, state);
        kernels::scale(state, 1.0 / squared.sqrt());
        squared
    }
}

/// A polynomial, by its coefficients.
struct Polynomial<'a>(&'a [f64]);

impl Polynomial<'_> {
    /// Its value and its derivative.
    fn at(&self, s: f64) -> (f64, f64) {
        self.0.iter().rev().fold((0.0, 0.0), |(value, slope), coefficient| (value * s + coefficient, slope * s + value))
    }

    /// About where `ln P - rate s` has fallen to `-exponent`, from 0 to `high`.
    ///
    /// Newton's steps, and bisection where they leave the bracket.
    fn root(&self, rate: f64, exponent: f64, mut high: f64) -> f64 {
        let mut low = 0.0;
        if self.at(high).0.ln() - rate * high > -exponent {
            return high;
        }
        // By the first two cumulants.
        let bend = self.0.get(2).copied().unwrap_or(0.0);
        let root = (rate * rate - 4.0 * bend * exponent).max(0.0).sqrt();
        let mut at = (2.0 * exponent / (rate + root)).min(high);
        for iteration in 0..ITERATIONS {
            let (value, slope) = self.at(at);
            let excess = value.ln() - rate * at + exponent;
            if excess > 0.0 {
                low = at;
            } else {
                high = at;
            }
            let newton = at + excess / (rate - slope / value);
            let within = newton > low && newton < high;
            // The error of Newton's step is about the square of it.
            if excess == 0.0 || within && (newton - at).abs() <= CLOSE * at {
                return if excess == 0.0 { at } else { newton };
            }
            if high - low <= f64::EPSILON * high {
                return at;
            }
            // A slope of zero, or a root that rounding hides: halve. So also where Newton is slow.
            at = if within && iteration < 20 { newton } else { 0.5 * (low + high) };
        }
        at
    }
}

#[cfg(test)]
mod tests;
