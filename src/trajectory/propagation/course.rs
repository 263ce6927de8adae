//! How far a series is made, and where the norm of its sum falls to what was drawn: all that a step decides by numbers,
//! whether its state is moved alone or beside others.

use num_complex::Complex64;

use super::kernels::POWERS;
use super::{ITERATIONS, MOST, NEAR, PACE, Wait};

/// A step is no longer than makes a term so many times the first: all but three digits of the change are then left.
const LARGE: f64 = 1e3;
/// A state that changes by no more, as a part of the bound of |A|, keeps its direction: rounding makes as much of sums of
/// thousands.
const AT_REST: f64 = 32.0 * f64::EPSILON;
/// The error of a step is no more than this part of its first term either: what is nearly at rest, by less than a
/// step may err, comes to rest.
const OF_CHANGE: f64 = 1e-3;
/// A power of the norm that is less than this, of 1, is left out where it tells about where a jump is.
pub const ROUGH: f64 = 1e-3;
/// A step towards that which is so short, as a part of it, is the last.
const CLOSE: f64 = 1e-4;

/// How far a step is.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// K; 0 of a stationary state.
    pub order: usize,
    /// h.
    step: f64,
    center: Complex64,
    /// |w_k|.
    pub norms: [f64; MOST + 1],
    /// |(A - c) psi|, 0 of a stationary state.
    deviation: f64,
}

/// What is to be done with a term that was made.
pub enum Growth {
    /// It is left out: so far reach those before it.
    Reaches(f64),
    /// It is taken in.
    Grows,
    /// The same, and the step is to be so many times as long: so often the k-th term is to be multiplied by it.
    Shortens(f64),
}

impl Course {
    pub fn new() -> Self {
        Course { order: 0, step: 0.0, center: Complex64::ZERO, norms: [0.0; MOST + 1], deviation: 0.0 }
    }

    /// Begins a step from a state with `c` that changes by (A - c) psi of this norm; what makes that the first term, `None`
    /// of a stationary state.
    pub fn begin(&mut self, center: Complex64, deviation: f64, bound: f64, horizon: f64) -> Option<f64> {
        (self.center, self.order) = (center, 0);
        if deviation <= AT_REST * bound {
            (self.deviation, self.step) = (0.0, horizon);
            return None;
        }
        let step = if deviation * horizon > PACE { PACE / deviation } else { horizon };
        (self.norms[0], self.norms[1]) = (1.0, deviation * step);
        (self.order, self.deviation, self.step) = (1, deviation, step);
        Some(step)
    }

    /// Whether the terms that there are reach to the end of the step, as |A - c| is at most |c| more than the `bound` of |A|.
    pub fn reaches(&self, bound: f64, tolerance: f64) -> bool {
        let tolerance = tolerance.min(OF_CHANGE * self.norms[1]);
        self.norms[self.order] * (bound + self.center.norm()) * self.step <= tolerance * (self.order + 1) as f64
    }

    /// Takes the next term in, which has this norm.
    pub fn grow(&mut self, norm: f64, tolerance: f64) -> Growth {
        let tolerance = tolerance.min(OF_CHANGE * self.norms[1]);
        if norm <= tolerance {
            return Growth::Reaches(self.step);
        }
        if self.order == MOST {
            return Growth::Reaches(self.step * (tolerance / norm).powf(1.0 / (self.order + 1) as f64));
        }
        self.order += 1;
        self.norms[self.order] = norm;
        if norm > LARGE * self.norms[1] { Growth::Shortens(self.shorten()) } else { Growth::Grows }
    }

    /// Makes the step as long as its last term tells, beside the first: what is nearly at rest is moved by little, and
    /// rounding is of that little.
    fn shorten(&mut self) -> f64 {
        let order = self.order;
        let wanted: f64 = (2..=order).map(|power| PACE / power as f64).product();
        let by = (wanted * self.norms[1] / self.norms[order]).powf(1.0 / (order - 1) as f64);
        let mut factor = 1.0;
        for norm in &mut self.norms[1..=order] {
            factor *= by;
            *norm *= factor;
        }
        self.step *= by;
        by
    }

    pub fn center(&self) -> Complex64 {
        self.center
    }

    /// h/(k + 1): the next term is so many times (A - c) w_k.
    pub fn factor(&self) -> f64 {
        self.step / (self.order + 1) as f64
    }

    /// How far the step reaches, as far as its series is made.
    pub fn reach(&self) -> f64 {
        self.step
    }

    pub fn is_stationary(&self) -> bool {
        self.order == 0
    }

    /// See [`super::Propagation::turning`].
    pub fn turning(&self) -> f64 {
        4.0 * self.deviation
    }

    /// `-2 Re c`: the rate of jumps at the start.
    fn rate(&self) -> f64 {
        -2.0 * self.center.re
    }

    /// A time after the start, as a part of the step; the start of a stationary state, which is as it was.
    pub fn part(&self, time: f64) -> f64 {
        if self.is_stationary() { 0.0 } else { time / self.step }
    }

    /// Whether ln norm^2 may fall to `-exponent` within `limit`, which is within the reach: how many powers of the norm then
    /// tell about where.
    pub fn falls(&self, exponent: f64, limit: f64) -> Option<usize> {
        if self.is_stationary() || exponent == f64::INFINITY {
            return None;
        }
        let last = limit / self.step;
        // However its terms add, so much is left of the state.
        let least = 2.0 - self.norms[..=self.order].iter().rev().fold(0.0, |sum, norm| sum * last + norm);
        let stays = least > 0.0 && 2.0 * least.ln() - self.rate() * limit > -exponent;
        (!stays).then(|| self.degree(last))
    }

    /// How many powers of the norm tell about how it falls up to `last`.
    pub fn degree(&self, last: f64) -> usize {
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

    /// Begins to wait until ln norm^2 has fallen to `-exponent`, or for `limit`; where it may fall so far, these are the first
    /// powers of the norm.
    pub fn wait(&self, exponent: f64, limit: f64, norm: Option<&[f64]>) -> Search {
        if self.is_stationary() {
            let time = exponent / self.rate();
            // A state that does not decay waits for ever.
            let jumps = self.rate() > 0.0 && time <= limit;
            let outcome = if jumps { Wait::Jump(time) } else { Wait::Survived(-self.rate() * limit) };
            return Search { at: 0.0, stage: Looking::Done(outcome) };
        }
        let last = limit / self.step;
        let Some(norm) = norm else {
            return Search { at: last, stage: Looking::Stays { decay: self.rate() * limit } };
        };
        let (rate, degree) = (self.rate() * self.step, norm.len() - 1);
        let mut polynomial = Polynomial { coefficients: [0.0; POWERS + 1], degree };
        polynomial.coefficients[..=degree].copy_from_slice(norm);
        let at = polynomial.root(rate, exponent, last);
        let bracket = (0.0, f64::INFINITY);
        let fall = Fall { norm: polynomial, step: self.step, rate, exponent, last, bracket, looks: 0 };
        Search { at, stage: Looking::Falls(fall) }
    }
}

/// A search for where a wait ends, by looks at the state.
///
/// The first powers of the norm tell about where, and looks at the state how far off that is: what these powers lack grows
/// from one look to another like the next of them.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Where to look next, as a part of the step; at the end where that was.
    pub at: f64,
    stage: Looking,
}

#[derive(Clone, Copy, Debug)]
enum Looking {
    /// It does not fall so far, and decays by this much.
    Stays {
        decay: f64,
    },
    Falls(Fall),
    Done(Wait),
}

#[derive(Clone, Copy, Debug)]
struct Fall {
    norm: Polynomial,
    step: f64,
    /// Times the step.
    rate: f64,
    exponent: f64,
    last: f64,
    bracket: (f64, f64),
    looks: usize,
}

impl Search {
    /// What ended the wait, where that is known.
    pub fn outcome(&self) -> Option<Wait> {
        match self.stage {
            Looking::Done(outcome) => Some(outcome),
            Looking::Stays { .. } | Looking::Falls(_) => None,
        }
    }

    /// Takes in the squared norm of the sum of terms where it looked.
    pub fn looked(&mut self, squared: f64) {
        match &mut self.stage {
            Looking::Done(_) => {}
            Looking::Stays { decay } => self.stage = Looking::Done(Wait::Survived(squared.ln() - *decay)),
            Looking::Falls(fall) => match fall.next(self.at, squared) {
                Ok(at) => self.at = at,
                Err(outcome) => self.stage = Looking::Done(outcome),
            },
        }
    }
}

impl Fall {
    /// Where to look after a look, or what ends the wait there.
    fn next(&mut self, at: f64, squared: f64) -> Result<f64, Wait> {
        let log = squared.ln() - self.rate * at;
        let excess = log + self.exponent;
        if excess > NEAR && at >= self.last {
            return Err(Wait::Survived(log));
        }
        let (low, high) = &mut self.bracket;
        if excess > 0.0 {
            *low = at;
        } else {
            *high = at;
        }
        if excess.abs() <= NEAR || *high - *low <= f64::EPSILON * self.last || self.looks == ITERATIONS {
            return Err(Wait::Jump(at * self.step));
        }
        let (value, slope) = self.norm.at(at);
        let lacks = (squared / value).ln() * (self.norm.degree + 1) as f64 / at;
        let newton = at + excess / (self.rate - slope / value - lacks);
        self.looks += 1;
        Ok(if newton > *low && newton < *high && self.looks <= 20 {
            newton.min(self.last)
        } else if *high < f64::INFINITY {
            0.5 * (*low + *high)
        } else {
            self.last
        })
    }
}

/// A polynomial, by its coefficients.
#[derive(Clone, Copy, Debug)]
struct Polynomial {
    coefficients: [f64; POWERS + 1],
    degree: usize,
}

impl Polynomial {
    fn coefficients(&self) -> &[f64] {
        &self.coefficients[..=self.degree]
    }

    /// Its value and its derivative.
    fn at(&self, s: f64) -> (f64, f64) {
        let next = |(value, slope): (f64, f64), coefficient: &f64| (value * s + coefficient, slope * s + value);
        self.coefficients().iter().rev().fold((0.0, 0.0), next)
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
        let bend = self.coefficients().get(2).copied().unwrap_or(0.0);
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
