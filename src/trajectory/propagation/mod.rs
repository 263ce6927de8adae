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

pub mod abreast;
pub mod acting;
mod course;
pub mod eigenbasis;
mod kernels;
mod layout;
pub mod magnus;

use aligned_vec::{AVec, avec};
use num_complex::Complex64;

use self::course::{Course, Growth};
pub use self::kernels::{LANES, dot, moments, norm_squared, normalize};
use self::kernels::{POWERS, Series};
pub use self::layout::{Layout, amplitudes, amplitudes_mut, inner, numbers, numbers_mut};

/// The highest power of the series, so that a state that is zero but for some levels in a row stays so but for as many
/// neighbours.
pub const MOST: usize = 24;
/// What a step is shortened to, as a multiple of the time in which the state changes: what the powers there are reach.
const PACE: f64 = 5.0;
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
    course: Course,
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
            course: Course::new(),
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
            let (center, factor) = (self.center(), self.factor());
            let (term, image) = self.pair();
            generator.apply(center, factor, term, image);
            if let Some(reach) = self.grow(tolerance) {
                return reach;
            }
        }
        self.reach()
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
        // The first term is beside the state, which has order 0.
        self.course.order = 0;
        self.terms[..length].copy_from_slice(state);
        self.terms[length..self.stride].fill(0.0);
        let (_, change) = self.pair();
        layout.centered(center, (state, image), change);
        let deviation = norm_squared(change).sqrt();
        let Some(factor) = self.course.begin(center, deviation, bound, horizon) else { return false };
        kernels::scale(&mut self.terms[self.stride..][..length], factor);
        true
    }

    /// Whether the terms that there are reach to the end of the step, as |A - c| is at most |c| more than the `bound` of |A|.
    #[must_use]
    pub fn reaches(&self, bound: f64, tolerance: f64) -> bool {
        self.course.reaches(bound, tolerance)
    }

    /// c.
    #[must_use]
    pub fn center(&self) -> Complex64 {
        self.course.center()
    }

    /// h/(k + 1): the next term is so many times (A - c) w_k.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.course.factor()
    }

    /// How far the step reaches, as far as its series is made.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.course.reach()
    }

    /// The last term.
    #[must_use]
    pub fn last(&self) -> &[f64] {
        &self.terms[self.course.order * self.stride..][..self.length]
    }

    /// Takes the next term in, which is there beside the last; how far the step reaches where no more are needed.
    pub fn grow(&mut self, tolerance: f64) -> Option<f64> {
        let (_, next) = self.pair();
        let norm = norm_squared(next).sqrt();
        match self.course.grow(norm, tolerance) {
            Growth::Reaches(time) => return Some(time),
            Growth::Grows => {}
            Growth::Shortens(by) => {
                let mut factor = 1.0;
                for power in 1..=self.course.order {
                    factor *= by;
                    kernels::scale(&mut self.terms[power * self.stride..][..self.length], factor);
                }
            }
        }
        None
    }

    /// The last term, and room for the next.
    pub fn pair(&mut self) -> (&[f64], &mut [f64]) {
        let order = self.course.order;
        let (before, after) = self.terms.split_at_mut((order + 1) * self.stride);
        let (next, fill) = after[..self.stride].split_at_mut(self.length);
        fill.fill(0.0);
        (&before[order * self.stride..][..self.length], next)
    }

    /// Whether the state keeps its direction: it only decays, and its phase turns.
    #[must_use]
    pub fn is_stationary(&self) -> bool {
        self.course.is_stationary()
    }

    /// About the fastest that expectation values change, as an angular frequency: four times the deviation of A in the
    /// state at the start, |(A - c) psi|. A rotating qubit has twice the frequency of its populations.
    #[must_use]
    pub fn turning(&self) -> f64 {
        self.course.turning()
    }

    /// The phase that the state has turned by, beside [`Propagation::write`].
    #[must_use]
    pub fn phase(&self, time: f64) -> Complex64 {
        Complex64::cis(self.center().im * time)
    }

    /// Waits from the start until ln norm^2 has fallen to `-exponent`, or for `limit`, which is within the reach; writes
    /// the state there.
    pub fn wait(&mut self, exponent: f64, limit: f64, end: &mut [f64]) -> Wait {
        let mut coefficients = [0.0; POWERS + 1];
        let norm = self.course.falls(exponent, limit).map(|degree| {
            let norm = &mut coefficients[..=degree];
            self.series().norm(norm);
            &*norm
        });
        let mut search = self.course.wait(exponent, limit, norm);
        if let Some(outcome) = search.outcome() {
            end.copy_from_slice(&self.terms[..self.length]);
            return outcome;
        }
        loop {
            let squared = self.series().sum(search.at, end);
            search.looked(squared);
            if let Some(outcome) = search.outcome() {
                kernels::scale(end, 1.0 / squared.sqrt());
                return outcome;
            }
        }
    }

    fn series(&self) -> Series<'_> {
        Series { terms: &self.terms, stride: self.stride, order: self.course.order }
    }

    /// Writes the state at `time` after the start, within the reach, normalized and up to its [`Propagation::phase`];
    /// returns its squared norm less the decay of the mean, `norm^2 e^(rate t)`.
    pub fn write(&self, time: f64, state: &mut [f64]) -> f64 {
        if self.is_stationary() {
            state.copy_from_slice(&self.terms[..self.length]);
            return 1.0;
        }
        let squared = self.series().sum(self.course.part(time), state);
        kernels::scale(state, 1.0 / squared.sqrt());
        squared
    }
}

#[cfg(test)]
mod tests;
