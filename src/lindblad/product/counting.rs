//! Counting statistics of the jumps of a bath in the steady state: cumulants, cross noise, windows, spectrum.
//!
//! Each jump is one of the model, so that the generator with counting fields, `L + (e^z - 1) A_+ + (e^-z - 1) A_-`, is exact
//! whatever is coherent beside it: A_+ are the absorptions from a bath, A_- the emissions into it. Cumulants are the
//! derivatives of its leading eigenvalue, by perturbation theory; the recursion is that of [`crate::lindblad::Counting`].

use num_complex::Complex64;

use super::blocks::Part;
use super::generator::{Deflated, Generator};
use super::{ProductDensity, ProductEquation, ProductSteadyError};
use crate::bath::Process;
use crate::rounded::Rounded;

/// Binomial coefficients.
const CHOOSE: [[f64; 5]; 5] = [
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 1.0, 0.0, 0.0, 0.0],
    [1.0, 2.0, 1.0, 0.0, 0.0],
    [1.0, 3.0, 3.0, 1.0, 0.0],
    [1.0, 4.0, 6.0, 4.0, 1.0],
];

/// What follows the emissions into a bath, delay by delay.
#[derive(Clone, Debug, PartialEq)]
pub struct AfterEmissions {
    /// How likely one is, over how likely it is at any time.
    pub g2: Vec<f64>,
    /// How likely the next one is, per unit of time.
    pub waiting_time: Vec<f64>,
}

/// The steady state of a product with its factorized generator, ready to be asked for what is counted.
pub struct ProductCounting<'a> {
    equation: &'a ProductEquation,
    deflated: Deflated<'a>,
    rho: ProductDensity,
    /// The places of the populations.
    trace: Vec<usize>,
    /// What absorptions and emissions of each bath do.
    jumps: Vec<[Generator; 2]>,
}

impl ProductEquation {
    /// The steady state, to be asked for what is counted in it.
    ///
    /// # Errors
    /// As [`ProductEquation::steady`].
    pub fn counting(&self) -> Result<ProductCounting<'_>, ProductSteadyError> {
        let trace = self.diagonal(&self.layout(0));
        let deflated = self.generator.deflated(&trace)?;
        let rho = ProductDensity { order: 0, elements: deflated.kernel()? };
        let layout = self.layout(0);
        let of = |bath| {
            [Process::Absorption, Process::Emission]
                .map(|process| self.generator_of(&layout, Part::Jumps { bath, process }))
        };
        let jumps = (0..self.baths).map(of).collect();
        Ok(ProductCounting { equation: self, deflated, rho, trace, jumps })
    }
}

impl ProductCounting<'_> {
    /// The steady state.
    #[must_use]
    pub fn rho(&self) -> &ProductDensity {
        &self.rho
    }

    /// `L_k v` of a bath, `L_k = A_+ + (-1)^k A_-`.
    fn moved(&self, bath: usize, k: usize, v: &[Complex64]) -> Vec<Complex64> {
        let [absorbed, emitted] = self.jumps[bath].each_ref().map(|jumps| jumps.apply(v));
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        absorbed.into_iter().zip(emitted).map(|(a, e)| a + sign * e).collect()
    }

    /// `Tr[L_k v]`, with what its terms add to.
    fn total(&self, bath: usize, k: usize, v: &[Complex64]) -> Rounded {
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let sums = self.jumps[bath].each_ref().map(|jumps| {
            let moved = jumps.apply(v);
            self.trace
                .iter()
                .fold((0.0, 0.0), |(sum, size), place| (sum + moved[*place].re, size + moved[*place].norm()))
        });
        let [(absorbed, one), (emitted, other)] = sums;
        Rounded::of(absorbed + sign * emitted, one + other)
    }

    /// Net quanta absorbed from a bath per unit time.
    #[must_use]
    pub fn current(&self, bath: usize) -> Rounded {
        self.total(bath, 1, &self.rho.elements)
    }

    /// The x of `L x = b` with Tr x = 0, for a b without a trace.
    fn solve(&self, b: &[Complex64]) -> Result<Vec<Complex64>, ProductSteadyError> {
        self.deflated.solve(b, 0.0)
    }

    /// The first-order response to counting: `L x = I rho - L_1 rho`, Tr x = 0.
    fn response(&self, bath: usize) -> Result<Vec<Complex64>, ProductSteadyError> {
        self.solve(&self.driven(bath, -1.0))
    }

    /// `L_1 rho - I rho`, so many times.
    fn driven(&self, bath: usize, by: f64) -> Vec<Complex64> {
        let current = self.current(bath).value;
        let moved = self.moved(bath, 1, &self.rho.elements);
        moved.into_iter().zip(&self.rho.elements).map(|(moved, rho)| by * (moved - current * rho)).collect()
    }

    /// `Tr[L_2 rho] + 2 Tr[L_1 x]`.
    fn variance(&self, bath: usize, x: &[Complex64]) -> Rounded {
        self.total(bath, 2, &self.rho.elements) + self.total(bath, 1, x) * 2.0
    }

    /// The first four cumulants of the net quanta absorbed from a bath, per unit time in the long run:
    /// `L r_n = -sum_k C(n,k) (L_k - c_k) r_(n-k)`, `c_n = Tr sum_k C(n,k) L_k r_(n-k)`.
    ///
    /// # Errors
    /// A solve that fails.
    pub fn cumulants(&self, bath: usize) -> Result<[Rounded; 4], ProductSteadyError> {
        let mut orders = vec![self.rho.elements.clone()];
        let mut c = [Rounded::ZERO; 5];
        for n in 1..=4 {
            c[n] = (1..=n).map(|k| self.total(bath, k, &orders[n - k]) * CHOOSE[n][k]).sum();
            if n == 4 {
                break;
            }
            let mut b = vec![Complex64::ZERO; self.rho.elements.len()];
            for k in 1..=n {
                let moved = self.moved(bath, k, &orders[n - k]);
                for ((b, moved), r) in b.iter_mut().zip(moved).zip(&orders[n - k]) {
                    *b -= CHOOSE[n][k] * (moved - c[k].value * r);
                }
            }
            orders.push(self.solve(&b)?);
        }
        Ok([c[1], c[2], c[3], c[4]])
    }

    /// The zero-frequency covariance of two different baths, `lim Cov(C_a(t), C_b(t))/t`.
    ///
    /// # Errors
    /// A solve that fails.
    pub fn cross_noise(&self, a: usize, b: usize) -> Result<Rounded, ProductSteadyError> {
        let (xa, xb) = (self.response(a)?, self.response(b)?);
        Ok(self.total(a, 1, &xb) + self.total(b, 1, &xa))
    }

    /// `Var C(t)/t` over each of ascending windows t: with x the response and `L z = -x`,
    /// `Tr[L_2 rho] + 2 Tr[L_1 (x + (e^(Lt) - 1) z/t)]`.
    ///
    /// # Errors
    /// A solve that fails.
    pub fn windowed_noises(&self, bath: usize, windows: &[f64]) -> Result<Vec<Rounded>, ProductSteadyError> {
        let x = self.response(bath)?;
        let z = self.solve(&x.iter().map(|x| -x).collect::<Vec<_>>())?;
        let (mut later, mut now) = (z.clone(), 0.0);
        let mut nobody_asks = vec![Complex64::ZERO; z.len()];
        let noise = |window: &f64| {
            self.equation.generator.advance(&mut later, &mut nobody_asks, window - now);
            now = *window;
            let whole = x.iter().zip(later.iter().zip(&z)).map(|(x, (later, z))| x + (later - z) / now);
            self.variance(bath, &whole.collect::<Vec<_>>())
        };
        Ok(windows.iter().map(noise).collect())
    }

    /// The multiplications that windows up to this one take, roughly.
    #[must_use]
    pub fn cost(&self, window: f64) -> f64 {
        self.equation.cost(window)
    }

    /// What follows the emissions E into a bath at ascending delays: `g2(tau) = Tr[E e^(L tau) E rho]/Tr[E rho]^2`, and the density
    /// of the time until the next, `Tr[E e^((L - E) tau) E rho]/Tr[E rho]`. `None` where there are none.
    #[must_use]
    pub fn after_emissions(&self, bath: usize, delays: &[f64]) -> Option<AfterEmissions> {
        let [_, emissions] = &self.jumps[bath];
        let rate = |v: &[Complex64]| {
            let moved = emissions.apply(v);
            self.trace.iter().map(|place| moved[*place].re).sum::<f64>()
        };
        let mean = rate(&self.rho.elements);
        // What cancels to less than rounding is no emission.
        let size = self.rho.elements.iter().map(|value| value.norm()).sum::<f64>() * emissions.norm;
        if mean <= f64::EPSILON * size {
            return None;
        }
        let after = emissions.apply(&self.rho.elements);
        let along = |generator: &Generator, by: f64| {
            let (mut state, mut now) = (after.clone(), 0.0);
            let mut nobody_asks = vec![Complex64::ZERO; state.len()];
            let value = |delay: &f64| {
                generator.advance(&mut state, &mut nobody_asks, delay - now);
                now = *delay;
                rate(&state) * by
            };
            delays.iter().map(value).collect()
        };
        let dark = self.equation.generator.without(emissions);
        Some(AfterEmissions {
            g2: along(&self.equation.generator, mean.powi(-2)),
            waiting_time: along(&dark, mean.recip()),
        })
    }

    /// The spectrum of the current of a bath at an angular frequency, without the pole of its mean:
    /// `Tr[L_2 rho] + 2 Re Tr[L_1 (i omega - L)^-1 (L_1 rho - I rho)]`. At 0 it is the noise.
    ///
    /// # Errors
    /// A solve that fails.
    pub fn spectrum(&self, bath: usize, omega: f64) -> Result<Rounded, ProductSteadyError> {
        let x = if omega == 0.0 {
            self.response(bath)?
        } else {
            // What is driven has no trace.
            self.equation.generator.resolvent(omega, &self.trace)?.apply(&self.driven(bath, 1.0))?
        };
        Ok(self.variance(bath, &x))
    }
}
