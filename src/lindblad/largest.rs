//! The largest eigenvalue of a tilted generator, and the chain that its eigenvector makes.
//!
//! `W_s` has no negative entry off its diagonal, so l > 0, and for any positive l
//! `min_x (l W_s)_x/l_x <= theta <= max_x (l W_s)_x/l_x`. With sigma the upper bound, l is replaced by
//! `l (sigma - W_s)^-1`: T. Noda, Numer. Math. 17, 382 (1971), whose bounds close in without fail and, in the end,
//! quadratically. In the chain that l makes, of rates `k(x->y) e^{s q} l(y)/l(x)`, a level then leaks at the rate
//! `sigma - (l W_s)_x/l_x`, and the factor by which l grows is the mean time until it has leaked, for which nothing is
//! subtracted ([`super::censored`]).
//!
//! Near the eigenvector, or from what a field near by foretells, ln l takes Newton's steps: those of policy iteration, as
//! theta is the best mean that any chain has of what it counts less what it costs to be that chain. Where two phases of
//! trajectories have nearly one theta they go astray, and Noda's bounds lead on; what l lacks in the other phase, hundreds of
//! decades perhaps, then follows from one level where the chain dwells, as what it spends there on the way out.

use super::charges::Charges;
use super::conditioned::{Conditioned, Parts};
use super::steady::SteadyError;
use super::tilted::{Likely, Made, Tilt, Tilted, largest};
use crate::rounded::Rounded;

/// Steps of Noda's iteration, and corrections of what is left after it or of what a field near by foretells.
const MOST_STEPS: usize = 300;
const MOST_CORRECTIONS: usize = 5;
const MOST_FORETOLD: usize = 12;
/// A correction of l below this, as a part of l, has to be followed by one of half its size.
const CLOSE: f64 = 0.1;
/// A correction of l beyond this is none: what was foretold is too far off.
const ASTRAY: f64 = 1e6;
/// Corrections of ln l in a row that are hardly smaller than the one before are not on the way to it.
const MOST_SLOW: usize = 3;
const SLOW: f64 = 0.8;
/// A bound has closed in where a step takes less than this from it, as a part of the rates.
const CLOSED_IN: f64 = 1e-9;
/// The least by which an entry of l changes beside others in a step.
const LEAST_FACTOR: f64 = 1e-290;
/// What may be left of a correction of ln l.
const SETTLED: f64 = 1e-11;
/// What is left of a correction that is no solution.
const UNSETTLED: f64 = 1e-6;

impl Tilted<'_> {
    /// The largest eigenvalue and what belongs to it, where each jump has this exponent: charges times a field. `near` is
    /// ln l at a field near by, where it is known ([`Conditioned::logarithm`]).
    ///
    /// # Errors
    /// A field under which rates are beyond a double, or for which the bounds of the eigenvalue do not close in.
    pub fn at(&self, exponents: &Charges, near: Option<&[f64]>) -> Result<Conditioned<'_>, SteadyError> {
        let (states, tilts) = (self.states(), self.tilts(exponents)?);
        let mut log = near.map_or_else(|| vec![0.0; states], <[f64]>::to_vec);
        let (mut lowest, mut alone) = (f64::INFINITY, false);
        for _ in 0..MOST_STEPS {
            let made = self.made(&tilts, &log);
            let (least, most) = extremes(&made.growth);
            let size = extremes(&made.sizes).1;
            let rounding = 4.0 * f64::EPSILON * size;
            if !most.is_finite() {
                return Err(SteadyError::Field);
            }
            if most - least <= rounding {
                return self.settled(tilts, exponents, log, (self.equation.likely(), MOST_CORRECTIONS));
            }
            // Above the bound by its rounding, so that every level leaks: what has converged is left with probabilities below
            // the least double by those who go to what has not.
            let leaks: Vec<f64> = made.growth.iter().map(|growth| most - growth + rounding).collect();
            let chain = self.eliminated(&made.rates, &leaks, &[])?;
            let mut times = self.on_the_way(&chain, vec![1.0; states]);
            // Where the bound closes in no more, l is right where the chain dwells the longest. All else follows from one
            // level there, where step by step it would go by sixteen digits.
            alone = lowest - most <= CLOSED_IN * size && !alone;
            lowest = lowest.min(most);
            let dwelling = largest(&times);
            if alone {
                times.fill(0.0);
                times[dwelling] = 1.0;
                times = self.on_the_way(&chain, times);
            }
            let least = LEAST_FACTOR * extremes(&times).1;
            grow(&mut log, times.iter().map(|time| (time + least).ln()));
            if alone {
                let found = self.settled(tilts.clone(), exponents, log.clone(), (dwelling, MOST_FORETOLD));
                if found.is_ok() {
                    return found;
                }
            }
        }
        Err(SteadyError::Unsettled)
    }

    /// The same from what fields near by foretell, by Newton's steps alone: ln l, and a level that is likely. The chain is
    /// eliminated a few times, where Noda's bounds take dozens.
    ///
    /// # Errors
    /// As [`Tilted::at`]; [`SteadyError::Unsettled`] where it was foretold too badly.
    pub fn foretold(
        &self,
        exponents: &Charges,
        mut log: Vec<f64>,
        level: usize,
    ) -> Result<Conditioned<'_>, SteadyError> {
        grow(&mut log, std::iter::repeat(0.0));
        self.settled(self.tilts(exponents)?, exponents, log, (level, MOST_FORETOLD))
    }

    /// The rates of all flows under a field.
    fn tilts(&self, exponents: &Charges) -> Result<Vec<Tilt>, SteadyError> {
        let tilts: Vec<Tilt> = self.equation.ladder().flows.iter().map(|flow| self.tilt(flow, exponents)).collect();
        let resolved = tilts.iter().all(|tilt| tilt.rate > 0.0 && tilt.rate.is_finite());
        if resolved { Ok(tilts) } else { Err(SteadyError::Field) }
    }

    /// The chain at this l, which is nearly the eigenvector: corrected until nothing is left to correct, or so many times.
    /// `level` is one that may be likely.
    fn settled(
        &self,
        tilts: Vec<Tilt>,
        exponents: &Charges,
        mut log: Vec<f64>,
        (mut level, most): (usize, usize),
    ) -> Result<Conditioned<'_>, SteadyError> {
        let (mut left, mut slow) = (f64::INFINITY, 0);
        for correction in 0..=most {
            let made = self.made(&tilts, &log);
            let likely = self.steady(&made.rates, level)?;
            level = likely.level;
            let Lacking { theta, of, mut size } = self.lacking(&likely, &made);
            let stalled = left <= CLOSE && size >= 0.5 * left;
            if size <= SETTLED || stalled || correction == most {
                if size > UNSETTLED {
                    return Err(SteadyError::Unsettled);
                }
                let mean = |values: &[f64]| likely.p.iter().zip(values).map(|(p, value)| p * value).sum::<f64>();
                let terms = likely.p.iter().zip(&made.growth).zip(&of);
                let second: f64 = terms.map(|((p, c), g)| p * (c - theta) * g).sum();
                let rounding = Rounded::of(theta, mean(&made.sizes));
                let theta = Rounded { error: rounding.error + second.abs(), ..rounding };
                let (exponents, Likely { chain, level, p }) = (exponents.clone(), likely);
                let parts = Parts { tilts, exponents, log, p, rates: made.rates, chain, level };
                return Ok(Conditioned::new(self, parts, theta, size));
            }
            slow = if size > SLOW * left { slow + 1 } else { 0 };
            if size > ASTRAY || slow == MOST_SLOW {
                return Err(SteadyError::Unsettled);
            }
            left = size;
            correct(&mut log, &of);
            // What is left is about the square of it. Where that is too much, the chain as it was corrects l further, each time
            // by a part of what it did before.
            let mut close = size <= CLOSE && size * size > SETTLED;
            while close {
                let next = self.lacking(&likely, &self.made(&tilts, &log));
                close = next.size > SETTLED && next.size <= 0.5 * size;
                if next.size <= 0.5 * size {
                    correct(&mut log, &next.of);
                }
                size = next.size;
            }
        }
        Err(SteadyError::Unsettled)
    }

    /// What ln l lacks to first order, g of `W^T g = theta - growth`, by the chain of an l near by; what theta lacks is of
    /// second order.
    fn lacking(&self, likely: &Likely, made: &Made) -> Lacking {
        let (theta, mut of) = self.excess((&likely.chain, &likely.p), made.growth.clone());
        let middle: f64 = likely.p.iter().zip(&of).map(|(p, g)| p * g).sum();
        of.iter_mut().for_each(|g| *g -= middle);
        let (least, most) = extremes(&of);
        let size = if of.iter().all(|g| g.is_finite()) { most - least } else { f64::INFINITY };
        Lacking { theta, of, size }
    }
}

/// What an l lacks that is not quite the eigenvector.
struct Lacking {
    theta: f64,
    /// Parts of l, level by level.
    of: Vec<f64>,
    /// How far these lie apart.
    size: f64,
}

/// Adds to l what it lacks.
fn correct(log: &mut [f64], of: &[f64]) {
    grow(log, of.iter().copied());
}

/// The least and the largest of some values.
fn extremes(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)))
}

/// Multiplies l by factors, given by their logarithms, so that its largest entry is 1.
fn grow(log: &mut [f64], factors: impl Iterator<Item = f64>) {
    log.iter_mut().zip(factors).for_each(|(log, factor)| *log += factor);
    let (_, most) = extremes(log);
    log.iter_mut().for_each(|log| *log -= most);
}
