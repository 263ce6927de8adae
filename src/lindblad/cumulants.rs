//! Cumulants of what jumps count, of any order, by one recursion on one factorization.
//!
//! With `L_k` the jumps, each times the k-th power of its charge, the derivatives r_n of the leading right eigenvector
//! follow from those before, `W r_n = -sum_k C(n,k) (L_k - c_k) r_{n-k}`, `1.r_n = 0`, and the cumulants from them:
//! `c_n = sum_k C(n,k) 1.L_k r_{n-k}`, k from 1 to n.

use super::charges::Charges;
use super::counting::Counting;
use super::steady::SteadyError;
use crate::rounded::Rounded;

/// Rates in other units, in which every product is rounded otherwise.
const OTHER_UNITS: f64 = 1.0 / 3.0;
/// By how many times as much as two roundings differ a cumulant may be off.
const APART: f64 = 8.0;

/// The first cumulants of the net quanta absorbed from a bath, per unit time in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cumulants {
    /// Mean: the particle current I.
    pub mean: f64,
    /// Variance: the zero-frequency noise S.
    pub noise: f64,
    /// Third cumulant.
    pub third: f64,
    /// Fourth cumulant.
    pub fourth: f64,
}

/// A cumulant per unit time in the long run, with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cumulant {
    /// From 1 up.
    pub order: usize,
    /// The value.
    pub rounded: Rounded,
}

impl Cumulant {
    /// How many of its decimal digits are known.
    #[must_use]
    pub fn digits(&self) -> f64 {
        let Rounded { value, error } = self.rounded;
        // What nothing is counted of is 0 to all digits, and a double has no more than 16.
        if value == 0.0 && error == 0.0 {
            return 16.0;
        }
        if value.is_finite() && value != 0.0 { (value.abs() / error).log10().clamp(0.0, 16.0) } else { 0.0 }
    }
}

/// Cumulants of the time to the n-th net quantum, for each quantum as n grows, from those of the counts; the k-th times the
/// k-th power of the current. `None` where too few digits of the current are known.
///
/// `<e^{-x T_n}>` goes as `e^{-n s}` with `theta(s) = x`: a series is turned round. T. R. Gingrich, J. M. Horowitz, Phys.
/// Rev. Lett. 119, 170601 (2017).
#[must_use]
pub fn first_passage(cumulants: &[Cumulant]) -> Option<Vec<Cumulant>> {
    let current = cumulants.first()?.rounded.known().filter(|current| *current != 0.0)?;
    // theta in units of the current, in powers of s the way that it flows: s + b_2 s^2 + ...
    let mut factorial = 1.0;
    let mut theta = vec![Rounded::ZERO];
    for Cumulant { order, rounded } in cumulants {
        factorial *= *order as f64;
        theta.push(*rounded * (current.signum().powi(*order as i32) / (factorial * current.abs())));
    }
    // s in powers of x.
    let mut inverse = vec![Rounded::ZERO, Rounded { value: 1.0, error: theta[1].error }];
    for n in 2..theta.len() {
        inverse.push(Rounded::ZERO);
        let mut power = inverse.clone();
        let mut sum = Rounded::ZERO;
        for factor in &theta[2..=n] {
            power = product(&power, &inverse);
            sum = sum + *factor * power[n];
        }
        inverse[n] = -sum;
    }
    let (mut factorial, mut all) = (1.0, Vec::with_capacity(cumulants.len()));
    for (order, coefficient) in inverse.into_iter().enumerate().skip(1) {
        factorial *= -(order as f64);
        all.push(Cumulant { order, rounded: coefficient * -factorial });
    }
    Some(all)
}

/// The product of two series, as far as both go.
fn product(a: &[Rounded], b: &[Rounded]) -> Vec<Rounded> {
    (0..a.len()).map(|n| (0..=n).map(|k| a[k] * b[n - k]).sum()).collect()
}

impl Counting<'_> {
    /// The first four cumulants of the net quanta absorbed from a bath.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn cumulants(&self, bath: usize) -> Result<Cumulants, SteadyError> {
        let [mean, noise, third, fourth] = self.rounded_cumulants(bath)?.map(|cumulant| cumulant.value);
        Ok(Cumulants { mean, noise, third, fourth })
    }

    /// The same with what is known of them.
    ///
    /// # Errors
    /// As [`Counting::cumulants`].
    pub fn rounded_cumulants(&self, bath: usize) -> Result<[Rounded; 4], SteadyError> {
        let cumulants = self.recursion(&Charges::of_bath(self.currents().len(), bath), 4)?;
        Ok([cumulants[0], cumulants[1], cumulants[2], cumulants[3]])
    }

    /// The cumulants of what jumps count, from the first to this order.
    ///
    /// Errors pass from order to order, and nothing bounds them. All is solved for twice, in units in which every product is
    /// rounded otherwise: the digits in which both agree are known.
    ///
    /// # Errors
    /// A solve that does not reach its residual, in an order that is asked for.
    pub fn cumulants_of(&self, charges: &Charges, order: usize) -> Result<Vec<Cumulant>, SteadyError> {
        let other = self.equation().in_units(OTHER_UNITS);
        let again = Counting::new(&other)?.recursion(charges, order)?;
        let pairs = self.recursion(charges, order)?.into_iter().zip(again).enumerate();
        let cumulant = |(index, (cumulant, again)): (usize, (Rounded, Rounded))| {
            let apart = (cumulant.value - again.value / OTHER_UNITS).abs();
            let rounded = Rounded { error: cumulant.error + APART * apart, ..cumulant };
            Cumulant { order: index + 1, rounded }
        };
        Ok(pairs.map(cumulant).collect())
    }

    /// The recursion, with what rounding makes of the last sum of each order.
    fn recursion(&self, charges: &Charges, order: usize) -> Result<Vec<Rounded>, SteadyError> {
        let charges = self.least_lively(charges);
        let mut responses = vec![self.steady().p.clone()];
        let mut cumulants: Vec<Rounded> = Vec::with_capacity(order);
        // A row of Pascal's triangle.
        let mut choose = vec![1.0];
        for n in 1..=order {
            choose = (0..=n).map(|k| if k == 0 || k == n { 1.0 } else { choose[k - 1] + choose[k] }).collect();
            cumulants.push((1..=n).map(|k| self.total(&charges, k, &responses[n - k]) * choose[k]).sum());
            if n == order {
                break;
            }
            let mut b = vec![0.0; self.steady().p.len()];
            for k in 1..=n {
                let moved = self.moved(&charges, k, &responses[n - k]);
                for ((b, moved), r) in b.iter_mut().zip(moved).zip(&responses[n - k]) {
                    *b -= choose[k] * (moved - cumulants[k - 1].value * r);
                }
            }
            responses.push(self.reduced().solve_traceless(&b, &self.steady().p)?);
        }
        Ok(cumulants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quanta one by one at a constant rate: all cumulants are the rate, and waits add to a gamma law, whose k-th cumulant is
    /// n (k-1)! over that power of the rate. Backwards it is the same.
    #[test]
    fn passages_of_a_poisson_process_are_a_gamma_law() {
        for sign in [1.0_f64, -1.0] {
            let of_order = |order: i32| sign.powi(order) * 2.5;
            let counts: Vec<Cumulant> =
                (1..=8).map(|k| Cumulant { order: k, rounded: Rounded::of(of_order(k as i32), 2.5) }).collect();
            let mut expected = 1.0;
            for passage in first_passage(&counts).unwrap() {
                let Rounded { value, error } = passage.rounded;
                assert!((value - expected).abs() <= error && error < 1e-6 * expected, "{passage:?}");
                expected *= passage.order as f64;
            }
        }
        assert!(first_passage(&[Cumulant { order: 1, rounded: Rounded::of(0.0, 1.0) }]).is_none());
    }
}
