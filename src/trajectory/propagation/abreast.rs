//! Steps of states side by side. Each has its own series, its own reach and its own jump, and is the same to the last bit
//! whoever is beside it.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};
use num_complex::Complex64;

use super::course::{Course, Growth};
use super::kernels::POWERS;
use super::{MOST, Wait, normalize, numbers_mut};
use crate::trajectory::held::{Amplitude, Held, Side, Total};
use crate::trajectory::lanes::{Amplitudes, LANES, NONE, Numbers};

/// Amplitudes of terms whose powers are added while they are in the nearest cache.
const BLOCK: usize = 16;
/// One of each.
const ONES: Numbers = [1.0; LANES];

/// Steps of the evolution. Made once for largest states; allocates nothing after.
#[derive(Clone, Debug)]
pub struct Abreast {
    /// w_0..w_(K+1), one after the other, where K is the largest of those of each; beyond its own they are zero.
    terms: Vec<Amplitudes>,
    dimension: usize,
    order: usize,
    courses: [Course; LANES],
}

impl Abreast {
    /// Room for states of up to so many amplitudes.
    pub fn new(dimension: usize) -> Self {
        let courses = [(); LANES].map(|()| Course::new());
        Abreast { terms: vec![NONE; dimension * (MOST + 2)], dimension, order: 0, courses }
    }

    /// Begins steps from normalized states, or none where all is zero, with A times them and the rates of jumps in them, up
    /// to a horizon each, where |A| is at most `bound`.
    pub fn begin(
        &mut self,
        (states, images): (&[Amplitudes], &[Amplitudes]),
        rates: &Numbers,
        bound: f64,
        horizons: &Numbers,
    ) {
        self.dimension = states.len();
        self.order = 1;
        let turns = turns(states, images);
        let centers = Amplitudes { re: rates.map(|rate| -0.5 * rate), im: turns };
        let (first, change) = self.terms[..2 * states.len()].split_at_mut(states.len());
        first.copy_from_slice(states);
        change.copy_from_slice(images);
        let norms = centered(&centers, &ONES, states, change);
        let mut factors = [0.0; LANES];
        for (lane, course) in self.courses.iter_mut().enumerate() {
            let factor = course.begin(centers.of(lane), norms[lane].sqrt(), bound, horizons[lane]);
            factors[lane] = factor.unwrap_or(0.0);
        }
        scale(change, &factors);
    }

    /// Makes the series, with what writes A times what it is given, so that each errs by at most its tolerance (in norm,
    /// where the state began with 1) for a time that is returned: the horizon, or a shorter one that the longest series
    /// still reaches. What is returned means nothing where it is to `stop`.
    pub fn grow(
        &mut self,
        tolerances: &Numbers,
        bound: f64,
        mut apply: impl FnMut(&[Amplitudes], &mut [Amplitudes]),
        stop: impl Fn() -> bool,
    ) -> Numbers {
        let mut reaches = self.courses.map(|course| course.reach());
        let mut grows = self.courses.map(|course| !course.is_stationary());
        loop {
            for (lane, course) in self.courses.iter().enumerate() {
                grows[lane] &= !course.reaches(bound, tolerances[lane]);
                reaches[lane] = if grows[lane] { course.reach() } else { reaches[lane] };
            }
            if stop() || grows == [false; LANES] {
                return reaches;
            }
            let (last, next) =
                self.terms[self.order * self.dimension..][..2 * self.dimension].split_at_mut(self.dimension);
            apply(last, next);
            let factor = |lane: usize| if grows[lane] { self.courses[lane].factor() } else { 0.0 };
            let centers = self.courses.map(|course| course.center());
            let centers = Amplitudes { re: centers.map(|center| center.re), im: centers.map(|center| center.im) };
            let norms = centered(&centers, &std::array::from_fn(factor), last, next);
            self.order += 1;
            let mut shortened = None;
            for (lane, course) in self.courses.iter_mut().enumerate() {
                if !grows[lane] {
                    continue;
                }
                // A term that may be left out is there nevertheless, whatever others need.
                match course.grow(norms[lane].sqrt(), tolerances[lane]) {
                    Growth::Reaches(time) => (grows[lane], reaches[lane]) = (false, time),
                    Growth::Grows => {}
                    Growth::Shortens(by) => shortened.get_or_insert(ONES)[lane] = by,
                }
            }
            if let Some(shortened) = shortened {
                let mut factors = ONES;
                for term in self.terms[..(self.order + 1) * self.dimension].chunks_exact_mut(self.dimension).skip(1) {
                    factors.iter_mut().zip(&shortened).for_each(|(factor, by)| *factor *= by);
                    scale(term, &factors);
                }
            }
        }
    }

    /// Waits from the start until each ln norm^2 has fallen to minus its exponent, or for its limit, which is within the
    /// reach; writes the states there.
    pub fn wait(&self, exponents: &Numbers, limits: &Numbers, ends: &mut [Amplitudes]) -> [Wait; LANES] {
        let falls: [_; LANES] = std::array::from_fn(|lane| self.courses[lane].falls(exponents[lane], limits[lane]));
        let mut coefficients = [[0.0; LANES]; POWERS + 1];
        if let Some(degree) = falls.iter().flatten().max() {
            self.norm(&mut coefficients[..=*degree]);
        }
        let mut searches: [_; LANES] = std::array::from_fn(|lane| {
            let own = coefficients.map(|of_lanes| of_lanes[lane]);
            let norm = falls[lane].map(|degree| &own[..=degree]);
            self.courses[lane].wait(exponents[lane], limits[lane], norm)
        });
        loop {
            let squares = self.sum(&searches.map(|search| search.at), ends);
            for (search, squared) in searches.iter_mut().zip(squares) {
                search.looked(squared);
            }
            if searches.iter().all(|search| search.outcome().is_some()) {
                self.normalize(&squares, ends);
                break;
            }
        }
        searches.map(|search| search.outcome().unwrap_or(Wait::Survived(0.0)))
    }

    /// Writes the states at a time after the start each, within the reach, normalized and up to a phase.
    pub fn write(&self, times: &Numbers, states: &mut [Amplitudes]) {
        let squares = self.sum(&std::array::from_fn(|lane| self.courses[lane].part(times[lane])), states);
        self.normalize(&squares, states);
    }

    /// The same of one of them.
    pub fn write_one(&self, lane: usize, time: f64, state: &mut [Complex64]) {
        let part = self.courses[lane].part(time);
        state.fill(Complex64::ZERO);
        for term in self.terms[..(self.order + 1) * self.dimension].chunks_exact(self.dimension).rev() {
            state.iter_mut().zip(term).for_each(|(c, term)| *c = *c * part + term.of(lane));
        }
        if !self.is_stationary(lane) {
            normalize(numbers_mut(state));
        }
    }

    /// See [`super::Propagation::is_stationary`].
    pub fn is_stationary(&self, lane: usize) -> bool {
        self.courses[lane].is_stationary()
    }

    /// Whether all are.
    pub fn are_stationary(&self) -> bool {
        self.courses.iter().all(Course::is_stationary)
    }

    /// See [`super::Propagation::turning`].
    pub fn turning(&self, lane: usize) -> f64 {
        self.courses[lane].turning()
    }

    /// Divides by the norms, but states that are as they were, or none.
    fn normalize(&self, squares: &Numbers, states: &mut [Amplitudes]) {
        let factor = |lane: usize| if self.is_stationary(lane) { 1.0 } else { 1.0 / squares[lane].sqrt() };
        scale(states, &std::array::from_fn(factor));
    }

    fn term(&self, power: usize) -> &[Amplitudes] {
        &self.terms[power * self.dimension..][..self.dimension]
    }

    /// Writes the sums of `s^k` times the k-th term; returns their squared norms.
    fn sum(&self, s: &Numbers, out: &mut [Amplitudes]) -> Numbers {
        dispatch!(Level::new(), simd => {
            let s = (*s).simd_into(simd);
            let mut squares = Amplitudes::none(simd);
            for (at, out) in out.iter_mut().enumerate() {
                let mut sum = self.terms[self.order * self.dimension + at].hold(simd);
                for power in (0..self.order).rev() {
                    sum = sum.times_plus(s, self.terms[power * self.dimension + at].hold(simd));
                }
                squares = squares.plus_products(sum, sum);
                *out = Amplitudes::release(sum);
            }
            Amplitudes::total(squares)
        })
    }

    /// Writes the coefficients of the squared norms of the sums, see [`super::kernels::Series::norm`].
    fn norm(&self, norm: &mut [Numbers]) {
        let mut sums = [NONE; POWERS + 1];
        let sums = &mut sums[..norm.len()];
        dispatch!(Level::new(), simd => {
            for from in (0..self.dimension).step_by(BLOCK) {
                let block = |power: usize| &self.term(power)[from..(from + BLOCK).min(self.dimension)];
                for (power, sum) in sums.iter_mut().enumerate() {
                    // Each pair of terms counts twice, but for that of one with itself.
                    let mut pairs = Amplitudes::none(simd);
                    for low in power.saturating_sub(self.order)..power.div_ceil(2) {
                        pairs = plus_overlap(simd, pairs, block(low), block(power - low));
                    }
                    let mut all = sum.hold(simd).plus_times(2.0, pairs);
                    if power % 2 == 0 && power / 2 <= self.order {
                        all = plus_overlap(simd, all, block(power / 2), block(power / 2));
                    }
                    *sum = Amplitudes::release(all);
                }
            }
            for (norm, sum) in norm.iter_mut().zip(sums) {
                *norm = Amplitudes::total(sum.hold(simd));
            }
        });
    }
}

/// Adds the products of real parts and of imaginary ones, in two sums, as each waits for its last addition.
#[inline(always)]
fn plus_overlap<S: Simd>(simd: S, sum: Side<S>, x: &[Amplitudes], y: &[Amplitudes]) -> Side<S> {
    let (mut one, mut other) = (sum, Amplitudes::none(simd));
    let ((pairs_x, last_x), (pairs_y, last_y)) = (x.as_chunks::<2>(), y.as_chunks::<2>());
    for (x, y) in pairs_x.iter().zip(pairs_y) {
        one = one.plus_products(x[0].hold(simd), y[0].hold(simd));
        other = other.plus_products(x[1].hold(simd), y[1].hold(simd));
    }
    for (x, y) in last_x.iter().zip(last_y) {
        one = one.plus_products(x.hold(simd), y.hold(simd));
    }
    one.plus(other)
}

/// The squared norms.
pub fn norms(x: &[Amplitudes]) -> Numbers {
    dispatch!(Level::new(), simd => {
        let mut sum = Total::new(Amplitudes::none(simd));
        for x in x {
            sum.add_products(x.hold(simd), x.hold(simd));
        }
        Amplitudes::total(sum.sum())
    })
}

/// Im <x|y>.
fn turns(x: &[Amplitudes], y: &[Amplitudes]) -> Numbers {
    dispatch!(Level::new(), simd => {
        let mut sum = Total::new(Amplitudes::none(simd));
        for (x, y) in x.iter().zip(y) {
            sum.add_products(x.hold(simd), y.hold(simd).turned());
        }
        Amplitudes::total(sum.sum())
    })
}

/// y = factor (y - center x); returns the squared norms of that.
fn centered(centers: &Amplitudes, factors: &Numbers, x: &[Amplitudes], y: &mut [Amplitudes]) -> Numbers {
    dispatch!(Level::new(), simd => {
        let (centers, factors) = (centers.hold(simd), (*factors).simd_into(simd));
        let mut squares = Amplitudes::none(simd);
        for (y, x) in y.iter_mut().zip(x) {
            let image = y.hold(simd).less(centers, x.hold(simd)).times_each(factors);
            squares = squares.plus_products(image, image);
            *y = Amplitudes::release(image);
        }
        Amplitudes::total(squares)
    })
}

/// Multiplies each by its factor.
fn scale(x: &mut [Amplitudes], factors: &Numbers) {
    dispatch!(Level::new(), simd => {
        let factors = (*factors).simd_into(simd);
        for x in &mut *x {
            *x = Amplitudes::release(x.hold(simd).times_each(factors));
        }
    });
}
