//! Counting statistics of the quanta that a bath gives, exact: cumulants, cross noise, spectrum, correlations.
//!
//! C(t) counts the net quanta absorbed from a bath. Its cumulant generating function grows as lambda(z) t, lambda the
//! leading eigenvalue of `W + (e^z - 1) A_+ + (e^-z - 1) A_-`, where A_+ absorbs a quantum from the bath and A_- emits
//! one into it. The cumulants are the derivatives of lambda, by perturbation theory of every order.

use faer::prelude::Solve;
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};
use faer::{Mat, c64};

use super::populations::Populations;
use super::rational::Triplet;
use super::relaxation::Relaxation;
use super::steady::{Reduced, SteadyError, SteadyState};
use crate::bath::Process;
use crate::dicke::Level;

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

/// The steady state of a model with its factorized generator, ready to be asked for statistics.
pub struct Counting<'a> {
    equation: &'a Populations,
    steady: SteadyState,
    reduced: Reduced<'a>,
}

impl<'a> Counting<'a> {
    /// Solves for the steady state, which must be unique.
    ///
    /// # Errors
    /// A model without one: no bath that exchanges quanta, or sectors that do not mix.
    pub fn new(equation: &'a Populations) -> Result<Self, SteadyError> {
        let (steady, reduced) = equation.factorize()?;
        Ok(Counting { equation, steady, reduced })
    }

    /// The equation that this is the steady state of.
    pub(super) fn equation(&self) -> &Populations {
        self.equation
    }

    /// The steady state.
    #[must_use]
    pub fn steady(&self) -> &SteadyState {
        &self.steady
    }

    /// The current I of a bath, net quanta absorbed from it per unit time.
    #[must_use]
    pub fn current(&self, bath: usize) -> f64 {
        self.equation.ladder().exchange_total(bath, &self.steady.p, -1.0)
    }

    /// Jumps of a bath per unit time that exchange a quantum, in either direction: S(omega) at high frequency.
    #[must_use]
    pub fn activity(&self, bath: usize) -> f64 {
        self.equation.ladder().exchange_total(bath, &self.steady.p, 1.0)
    }

    /// The first-order response x of the steady state to counting: `W x = -(A_+ - A_-) p + I p`, `1.x = 0`.
    fn response(&self, bath: usize) -> Result<Vec<f64>, SteadyError> {
        let mut b = self.equation.ladder().exchange(bath, &self.steady.p, -1.0);
        let current = self.current(bath);
        b.iter_mut().zip(&self.steady.p).for_each(|(b, p)| *b = current * p - *b);
        self.reduced.solve_traceless(&b, &self.steady.p)
    }

    /// The zero-frequency noise S of a bath, `lim Var C(t)/t`.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn noise(&self, bath: usize) -> Result<f64, SteadyError> {
        let x = self.response(bath)?;
        Ok(self.activity(bath) + 2.0 * self.equation.ladder().exchange_total(bath, &x, -1.0))
    }

    /// `Var C(t)/t` in the steady state over a window of finite length t: below the noise while the window is shorter
    /// than the slowest relaxation. With x the response and `W z = -x`,
    /// `activity + 2 1.A [x + (e^{W t} - 1) z / t]`.
    ///
    /// # Errors
    /// A solve or a factorization that fails.
    pub fn windowed_noise(&self, bath: usize, window: f64) -> Result<f64, SteadyError> {
        let ladder = self.equation.ladder();
        let x = self.response(bath)?;
        let z: Vec<f64> = x.iter().map(|x| -x).collect();
        let z = self.reduced.solve_traceless(&z, &self.steady.p)?;
        // To the size of z, which a slow relaxation makes large.
        let size = z.iter().map(|z| z.abs()).sum::<f64>().max(1.0);
        let mut later: Vec<f64> = z.iter().map(|z| z / size).collect();
        Relaxation::new(&ladder.coordinates(), &ladder.entries(), &[])
            .through(&mut later, &[window], |_| ())
            .map_err(|e| SteadyError::Factorization { states: z.len(), reason: e.to_string() })?;
        later.iter_mut().for_each(|z| *z *= size);
        let whole: Vec<f64> = x.iter().zip(later.iter().zip(&z)).map(|(x, (a, b))| x + (a - b) / window).collect();
        Ok(self.activity(bath) + 2.0 * ladder.exchange_total(bath, &whole, -1.0))
    }

    /// The zero-frequency covariance of two baths, `lim Cov(C_a(t), C_b(t))/t`; of a bath with itself, its noise.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn cross_noise(&self, a: usize, b: usize) -> Result<f64, SteadyError> {
        if a == b {
            return self.noise(a);
        }
        let ladder = self.equation.ladder();
        let (xa, xb) = (self.response(a)?, self.response(b)?);
        Ok(ladder.exchange_total(a, &xb, -1.0) + ladder.exchange_total(b, &xa, -1.0))
    }

    /// The first four cumulants of a bath, by the recursion
    /// `W r_n = -sum_k C(n,k) (L_k - c_k) r_{n-k}`, `c_n = 1.sum_k C(n,k) L_k r_{n-k}`, `L_k = A_+ + (-1)^k A_-`.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn cumulants(&self, bath: usize) -> Result<Cumulants, SteadyError> {
        const CHOOSE: [[f64; 5]; 5] = [
            [1.0, 0.0, 0.0, 0.0, 0.0],
            [1.0, 1.0, 0.0, 0.0, 0.0],
            [1.0, 2.0, 1.0, 0.0, 0.0],
            [1.0, 3.0, 3.0, 1.0, 0.0],
            [1.0, 4.0, 6.0, 4.0, 1.0],
        ];
        let ladder = self.equation.ladder();
        let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let mut orders = vec![self.steady.p.clone()];
        let mut c = [0.0; 5];
        for n in 1..=4 {
            c[n] = (1..=n).map(|k| CHOOSE[n][k] * ladder.exchange_total(bath, &orders[n - k], sign(k))).sum();
            if n == 4 {
                break;
            }
            let mut b = vec![0.0; self.steady.p.len()];
            for k in 1..=n {
                let moved = ladder.exchange(bath, &orders[n - k], sign(k));
                for ((b, moved), r) in b.iter_mut().zip(moved).zip(&orders[n - k]) {
                    *b -= CHOOSE[n][k] * (moved - c[k] * r);
                }
            }
            orders.push(self.reduced.solve_traceless(&b, &self.steady.p)?);
        }
        Ok(Cumulants { mean: c[1], noise: c[2], third: c[3], fourth: c[4] })
    }

    /// The spectrum of the current of a bath, without the pole of its mean:
    /// `S(w) = activity + 2 Re[ 1.A (iw - W)^-1 (A p - I p) ]`, A = A_+ - A_-. S(0) is the noise.
    ///
    /// # Errors
    /// A factorization that fails.
    pub fn spectrum(&self, bath: usize, frequency: f64) -> Result<f64, SteadyError> {
        if frequency == 0.0 {
            return self.noise(bath);
        }
        let ladder = self.equation.ladder();
        let states = ladder.levels.len();
        let failed = |reason: String| SteadyError::Factorization { states, reason };
        let current = self.current(bath);
        let moved = ladder.exchange(bath, &self.steady.p, -1.0);
        let mut x = Mat::from_fn(states, 1, |i, _| c64::new(moved[i] - current * self.steady.p[i], 0.0));
        let entries = ladder.entries();
        let shift = (0..states).map(|i| FaerTriplet::new(i, i, c64::new(0.0, frequency)));
        let triplets: Vec<_> =
            entries.iter().map(|e| FaerTriplet::new(e.row, e.column, c64::new(-e.value, 0.0))).chain(shift).collect();
        let matrix = SparseColMat::<usize, c64>::try_new_from_triplets(states, states, &triplets)
            .map_err(|e| failed(format!("{e:?}")))?;
        matrix.sp_lu().map_err(|e| failed(format!("{e:?}")))?.solve_in_place(&mut x);
        let real: Vec<f64> = x.col(0).iter().map(|x| x.re).collect();
        Ok(self.activity(bath) + 2.0 * ladder.exchange_total(bath, &real, -1.0))
    }

    /// `g2(tau) = 1.A e^{W tau} A p / (1.A p)^2` of the emissions A into a bath, at ascending delays.
    ///
    /// # Errors
    /// A factorization that fails; `None` within where the bath never receives a quantum.
    pub fn emission_correlation(&self, bath: usize, delays: &[f64]) -> Result<Option<Vec<f64>>, SteadyError> {
        let Some((after, rate)) = self.after_emission(bath) else { return Ok(None) };
        let entries = self.equation.ladder().entries();
        let values = self.propagated_emission(bath, &entries, after, delays)?;
        Ok(Some(values.into_iter().map(|value| value / rate).collect()))
    }

    /// The density of the waiting time between successive emissions into a bath,
    /// `w(tau) = 1.A e^{(W - A) tau} A p / 1.A p`, at ascending times.
    ///
    /// # Errors
    /// A factorization that fails; `None` within where the bath never receives a quantum.
    pub fn waiting_time_density(&self, bath: usize, times: &[f64]) -> Result<Option<Vec<f64>>, SteadyError> {
        let Some((after, _)) = self.after_emission(bath) else { return Ok(None) };
        let ladder = self.equation.ladder();
        let mut entries = ladder.entries();
        // W - A: the gains by emission into this bath are what ends the waiting.
        ladder.exchange_into(bath, -1.0, &mut |m, rate| {
            if rate < 0.0 {
                entries.push(Triplet { row: m.to, column: m.from, value: rate * m.weight });
            }
        });
        self.propagated_emission(bath, &entries, after, times).map(Some)
    }

    /// The state just after an emission into a bath, normalized, and the rate of emissions.
    fn after_emission(&self, bath: usize) -> Option<(Vec<f64>, f64)> {
        let after = self.emission(bath, &self.steady.p);
        let rate: f64 = after.iter().sum();
        (rate > 0.0).then(|| (after.iter().map(|a| a / rate).collect(), rate))
    }

    /// A v for the emissions into a bath.
    fn emission(&self, bath: usize, v: &[f64]) -> Vec<f64> {
        let ladder = self.equation.ladder();
        let mut out = vec![0.0; v.len()];
        let Some(of) = ladder.baths.get(bath) else { return out };
        let flows = ladder.flows.iter().filter(|f| f.coupling == of.coupling && f.process == Process::Emission);
        for m in flows.flat_map(|flow| &flow.moves) {
            out[m.to] += of.down * m.weight * v[m.from];
        }
        out
    }

    /// `1.A e^{G t} v` at ascending times, for the generator G of these entries.
    fn propagated_emission(
        &self,
        bath: usize,
        entries: &[Triplet],
        mut v: Vec<f64>,
        times: &[f64],
    ) -> Result<Vec<f64>, SteadyError> {
        let states = v.len();
        let mut values = Vec::with_capacity(times.len());
        // The rate of emissions from each level: 1.A.
        let ladder = self.equation.ladder();
        let mut rates = vec![0.0; states];
        ladder.exchange_into(bath, -1.0, &mut |m, rate| rates[m.from] += (-rate).max(0.0) * m.weight);
        Relaxation::new(&ladder.coordinates(), entries, &[rates])
            .through(&mut v, times, |at| values.push(at.values[0]))
            .map_err(|e| SteadyError::Factorization { states, reason: e.to_string() })?;
        Ok(values)
    }

    /// The entropy production of the baths, `-sum_b Q_b/T_b` in units of k_B per unit time: each quantum absorbed from
    /// a bath takes ln(down/up) from it. Infinite where a quantum flows against a rate that is zero.
    #[must_use]
    pub fn entropy_production(&self) -> f64 {
        let baths = &self.equation.ladder().baths;
        baths
            .iter()
            .enumerate()
            .filter(|(_, bath)| bath.down + bath.up > 0.0)
            .map(|(index, bath)| {
                let current = self.current(index);
                // Nothing flows: nothing is produced, however cold the bath.
                if current == 0.0 { 0.0 } else { -current * (bath.down / bath.up).ln() }
            })
            .sum()
    }

    /// The thermodynamic uncertainty relation of a bath, `S_b Sigma / (2 I_b^2) >= 1`: the left side.
    ///
    /// # Errors
    /// A solve that does not reach its residual; `None` within where no net current flows.
    pub fn uncertainty_ratio(&self, bath: usize) -> Result<Option<f64>, SteadyError> {
        let current = self.current(bath);
        if current == 0.0 {
            return Ok(None);
        }
        Ok(Some(self.noise(bath)? * self.entropy_production() / (2.0 * current * current)))
    }

    /// The slowest relaxation time, 1/|lambda| of the eigenvalue of W nearest to zero, to a few parts in a thousand.
    ///
    /// Powers of W^-1 on what is orthogonal to the steady state: each makes the slowest mode stand out further.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn relaxation_time(&self) -> Result<f64, SteadyError> {
        // A start that is even neither in M nor flat in J, so that no mode is left out.
        let levels = &self.equation.ladder().levels;
        let value = |level: &Level| level.j_squared() + 0.7 * level.m();
        let mean: f64 = levels.iter().zip(&self.steady.p).map(|(level, p)| p * value(level)).sum();
        let mut mode: Vec<f64> =
            levels.iter().zip(&self.steady.p).map(|(level, p)| p * (value(level) - mean)).collect();
        let mut time = 0.0;
        for _ in 0..200 {
            let size = mode.iter().map(|x| x.abs()).sum::<f64>();
            // One level alone, or a distribution that is all in one: nothing is left to relax.
            if size == 0.0 {
                return Ok(self.fastest_rate().recip());
            }
            mode.iter_mut().for_each(|x| *x /= -size);
            mode = self.reduced.solve_traceless(&mode, &self.steady.p)?;
            let grown = mode.iter().map(|x| x.abs()).sum::<f64>();
            let settled = (grown - time).abs() < 1e-4 * grown;
            time = grown;
            if settled {
                break;
            }
        }
        Ok(time)
    }

    /// The largest rate at which a level is left, the fastest scale of the model.
    #[must_use]
    pub fn fastest_rate(&self) -> f64 {
        self.reduced.scale()
    }
}
