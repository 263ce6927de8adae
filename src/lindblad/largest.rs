//! The largest eigenvalue of a tilted generator, and the chain that its eigenvector makes.
//!
//! `W_s` has no negative entry off its diagonal, so l > 0, and for any positive l
//! `min_x (l W_s)_x/l_x <= theta <= max_x (l W_s)_x/l_x`. With sigma the upper bound, l is replaced by
//! `l (sigma - W_s)^-1`: T. Noda, Numer. Math. 17, 382 (1971), whose bounds close in without fail and, in the end,
//! quadratically. In the chain that l makes, of rates `k(x->y) e^{s q} l(y)/l(x)`, a level then leaks at the rate
//! `sigma - (l W_s)_x/l_x`, and the factor by which l grows is the mean time until it has leaked, for which nothing is
//! subtracted ([`super::censored`]).

use super::charges::Charges;
use super::conditioned::{Conditioned, Parts};
use super::steady::SteadyError;
use super::tilted::{Tilt, Tilted};
use crate::rounded::Rounded;

/// Steps of Noda's iteration, and corrections of what is left after it.
const MOST_STEPS: usize = 300;
const MOST_CORRECTIONS: usize = 5;
/// The first correction of ln l, at most, where it is taken for near: each is about the square of the one before.
const NEAR: f64 = 0.5;
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
        let states = self.states();
        let tilts: Vec<Tilt> = self.equation.ladder().flows.iter().map(|flow| self.tilt(flow, exponents)).collect();
        if !tilts.iter().all(|tilt| tilt.rate > 0.0 && tilt.rate.is_finite()) {
            return Err(SteadyError::Field);
        }
        // Corrections double the digits of what is near, at the price of a step each.
        if let Some(found) =
            near.and_then(|near| self.settled(tilts.clone(), exponents, near.to_vec(), Some(NEAR)).ok())
        {
            return Ok(found);
        }
        let mut log = near.map_or_else(|| vec![0.0; states], <[f64]>::to_vec);
        let (mut lowest, mut closest) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..MOST_STEPS {
            let made = self.made(&tilts, &log);
            let (least, most) = extremes(&made.growth);
            let rounding = 4.0 * f64::EPSILON * extremes(&made.sizes).1;
            if !most.is_finite() {
                return Err(SteadyError::Field);
            }
            // Bounds that no longer close in differ by rounding alone. The upper one comes first: what l lacks where it is
            // all but empty goes by the sixteen digits that it is then known to, step by step.
            let apart = most - least;
            if apart <= rounding || (lowest - most <= rounding && apart >= closest) {
                return self.settled(tilts, exponents, log, None);
            }
            (lowest, closest) = (lowest.min(most), apart);
            // Above the bound by its rounding, so that every level leaks: what has converged is left with probabilities below
            // the least double by those who go to what has not.
            let leaks: Vec<f64> = made.growth.iter().map(|growth| most - growth + rounding).collect();
            let chain = self.eliminated(&made.rates, &leaks, &[])?;
            let mut times = vec![1.0; states + 1];
            chain.spent_on_the_way(&self.plan, &mut times);
            grow(&mut log, times[..states].iter().map(|time| time.ln()));
        }
        Err(SteadyError::Unsettled)
    }

    /// The chain at this l, which is nearly the eigenvector: corrected until nothing is left to correct. Where it may be far
    /// off the first correction of ln l is within bounds, or this is no way to go.
    fn settled(
        &self,
        tilts: Vec<Tilt>,
        exponents: &Charges,
        mut log: Vec<f64>,
        within: Option<f64>,
    ) -> Result<Conditioned<'_>, SteadyError> {
        let states = self.states();
        let mut left = f64::INFINITY;
        for correction in 0..=MOST_CORRECTIONS {
            let made = self.made(&tilts, &log);
            let (chain, level, p) = self.steady(&made.rates)?;
            let mean = |values: &[f64]| p.iter().zip(values).map(|(p, value)| p * value).sum::<f64>();
            let theta = mean(&made.growth);
            // To first order, W^T g = theta - growth is what ln l lacks; what theta lacks is of second order.
            let mut lacking: Vec<f64> = made.growth.iter().map(|growth| growth - theta).collect();
            lacking.push(0.0);
            chain.spent_on_the_way(&self.plan, &mut lacking);
            let middle = mean(&lacking[..states]);
            lacking.iter_mut().for_each(|g| *g -= middle);
            let (least, most) = extremes(&lacking[..states]);
            let now = most - least;
            if correction == 0 && within.is_some_and(|within| now.is_nan() || now > within) {
                return Err(SteadyError::Unsettled);
            }
            if now <= SETTLED || now >= 0.5 * left || correction == MOST_CORRECTIONS {
                // There is a surer way where this one leaves digits.
                let enough = if within.is_some() { SETTLED } else { UNSETTLED };
                if now.is_nan() || now > enough {
                    return Err(SteadyError::Unsettled);
                }
                let second: f64 = p.iter().zip(&made.growth).zip(&lacking).map(|((p, c), g)| p * (c - theta) * g).sum();
                let rounding = Rounded::of(theta, mean(&made.sizes));
                let theta = Rounded { error: rounding.error + second.abs(), ..rounding };
                let exponents = exponents.clone();
                let parts = Parts { tilts, exponents, log, p, rates: made.rates, chain, level };
                return Ok(Conditioned::new(self, parts, theta, now));
            }
            left = now;
            grow(&mut log, lacking[..states].iter().map(|g| g.clamp(-0.5, 0.5).ln_1p()));
        }
        Err(SteadyError::Unsettled)
    }
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
