//! Counting statistics of the quanta that a bath gives, exact: cumulants, cross noise, spectrum, correlations.
//!
//! C(t) counts the net quanta absorbed from a bath. Its cumulant generating function grows as lambda(z) t, lambda the
//! leading eigenvalue of `W + (e^z - 1) A_+ + (e^-z - 1) A_-`, where A_+ absorbs a quantum from the bath and A_- emits
//! one into it. The cumulants are the derivatives of lambda, by perturbation theory of every order.
//!
//! What all baths give is what M changes by, which is bounded: in the long run the quanta of a bath are those of all
//! others with the other sign. A bath that is far livelier than they are is counted so, as its own jumps to and fro would
//! leave no digit of their difference.

use faer::prelude::Solve;
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};
use faer::{Mat, c64};

use super::charges::Charges;
use super::currents::{Occupation, currents};
use super::ladder::{Flow, Move};
use super::populations::PopulationEquation;
use super::rational::Triplet;
use super::relaxation::Relaxation;
use super::steady::{Reduced, SteadyError, SteadyState, slowest_time};
use crate::bath::{Bath, Pair, Process};
use crate::rounded::{Rounded, balanced};

/// The entropy that baths produce which give these net quanta per unit time, in units of k_B: each quantum absorbed from one
/// takes ln(down/up) from it. Infinite where a quantum flows against a rate that is zero.
#[must_use]
pub fn entropy_production(baths: &[Bath], currents: &[Rounded]) -> Rounded {
    let exchanging = baths.iter().zip(currents).filter(|(bath, _)| bath.down + bath.up > 0.0);
    exchanging
        .filter(|(_, current)| current.value.abs() > current.error)
        .map(|(bath, current)| {
            // Nothing flows: nothing is produced, however cold the bath.
            let produced = *current * -(bath.down.ln() - bath.up.ln());
            produced + Rounded::of(0.0, produced.value)
        })
        .sum()
}

/// The steady state of a model with its factorized generator, ready to be asked for statistics.
pub struct Counting<'a> {
    equation: &'a PopulationEquation,
    steady: SteadyState,
    reduced: Reduced<'a>,
    occupation: Occupation,
    currents: Vec<Rounded>,
}

impl<'a> Counting<'a> {
    /// Solves for the steady state, which must be unique.
    ///
    /// # Errors
    /// A model without one: no bath that exchanges quanta, or sectors that do not mix.
    pub fn new(equation: &'a PopulationEquation) -> Result<Self, SteadyError> {
        let (steady, reduced) = equation.factorize()?;
        let ladder = equation.ladder();
        let occupation = Occupation::of(ladder, &steady.p);
        let currents = currents(&ladder.baths, &occupation, Some(Rounded::ZERO));
        Ok(Counting { equation, steady, reduced, occupation, currents })
    }

    /// The equation that this is the steady state of.
    pub(super) fn equation(&self) -> &PopulationEquation {
        self.equation
    }

    /// The factorized generator.
    pub(super) fn reduced(&self) -> &Reduced<'a> {
        &self.reduced
    }

    /// The steady state.
    #[must_use]
    pub fn steady(&self) -> &SteadyState {
        &self.steady
    }

    /// What the steady state gives to baths of unit rates.
    #[must_use]
    pub fn occupation(&self) -> &Occupation {
        &self.occupation
    }

    /// The currents of all baths, net quanta absorbed from each per unit time, with what is known of them.
    #[must_use]
    pub fn currents(&self) -> &[Rounded] {
        &self.currents
    }

    /// The current I of a bath, net quanta absorbed from it per unit time; NaN where rounding leaves nothing of it.
    #[must_use]
    pub fn current(&self, bath: usize) -> f64 {
        balanced(&self.currents)[bath].unwrap_or(f64::NAN)
    }

    /// Jumps of a bath per unit time that exchange a quantum, in either direction: S(omega) at high frequency.
    #[must_use]
    pub fn activity(&self, bath: usize) -> f64 {
        let of = &self.equation.ladder().baths[bath];
        let Pair { emission, absorption } = self.occupation.seen(of.coupling);
        of.up * absorption.value + of.down * emission.value
    }

    /// The bath itself, as windows and spectra see it.
    fn itself(&self, bath: usize) -> Charges {
        Charges::of_bath(self.currents.len(), bath)
    }

    /// What has the long-run statistics of a bath: itself, or all others with the other sign.
    fn counter(&self, bath: usize) -> Charges {
        self.least_lively(&self.itself(bath))
    }

    /// What has the long-run statistics of these charges.
    #[must_use]
    pub fn least_lively(&self, charges: &Charges) -> Charges {
        let activities: Vec<f64> = (0..self.currents.len()).map(|bath| self.activity(bath)).collect();
        charges.clone().least_lively(&activities)
    }

    /// Calls `each` with every transition that is counted, and its rate in `L_k`, which has the k-th power of the charge of
    /// every jump: `A_+ + (-1)^k A_-` of net quanta.
    fn counted(&self, charges: &Charges, k: usize, each: &mut dyn FnMut(&Move, f64)) {
        let ladder = self.equation.ladder();
        for (index, bath) in ladder.baths.iter().enumerate() {
            for flow in ladder.flows.iter().filter(|flow| flow.coupling == bath.coupling) {
                let rate = charges.of(index, flow.process).powi(k as i32) * bath.rate(flow.process);
                if rate != 0.0 {
                    flow.moves.iter().for_each(|m| each(m, rate));
                }
            }
        }
    }

    /// `L_k v`.
    pub(super) fn moved(&self, charges: &Charges, k: usize, v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; v.len()];
        self.counted(charges, k, &mut |m, rate| out[m.to] += rate * m.weight * v[m.from]);
        out
    }

    /// `1.L_k v`, with what its terms add to.
    pub(super) fn total(&self, charges: &Charges, k: usize, v: &[f64]) -> Rounded {
        let (mut sum, mut size) = (0.0, 0.0);
        self.counted(charges, k, &mut |m, rate| {
            let term = rate * m.weight * v[m.from];
            sum += term;
            size += term.abs();
        });
        Rounded::of(sum, size)
    }

    /// `1.L_2 p + 2 1.L_1 x`, as a variance per time is.
    fn variance(&self, counter: &Charges, x: &[f64]) -> Rounded {
        self.total(counter, 2, &self.steady.p) + self.total(counter, 1, x) * 2.0
    }

    /// The first-order response x of the steady state to counting: `W x = -(A_+ - A_-) p + I p`, `1.x = 0`.
    fn response(&self, counter: &Charges) -> Result<Vec<f64>, SteadyError> {
        let mut b = self.moved(counter, 1, &self.steady.p);
        let current = self.total(counter, 1, &self.steady.p).value;
        b.iter_mut().zip(&self.steady.p).for_each(|(b, p)| *b = current * p - *b);
        self.reduced.solve_traceless(&b, &self.steady.p)
    }

    /// The zero-frequency noise S of a bath, `lim Var C(t)/t`.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn noise(&self, bath: usize) -> Result<f64, SteadyError> {
        self.rounded_noise(bath).map(|noise| noise.value)
    }

    /// The same with what is known of it.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn rounded_noise(&self, bath: usize) -> Result<Rounded, SteadyError> {
        let counter = self.counter(bath);
        Ok(self.variance(&counter, &self.response(&counter)?))
    }

    /// `Var C(t)/t` in the steady state over a window of finite length t: below the noise while the window is shorter
    /// than the slowest relaxation. With x the response and `W z = -x`,
    /// `activity + 2 1.A [x + (e^{W t} - 1) z / t]`.
    ///
    /// # Errors
    /// A solve or a factorization that fails.
    pub fn windowed_noise(&self, bath: usize, window: f64) -> Result<f64, SteadyError> {
        self.rounded_windowed_noise(bath, window).map(|noise| noise.value)
    }

    /// The same with what is known of it.
    ///
    /// # Errors
    /// As [`Counting::windowed_noise`].
    pub fn rounded_windowed_noise(&self, bath: usize, window: f64) -> Result<Rounded, SteadyError> {
        self.rounded_windowed_noises(bath, &[window]).map(|noises| noises[0])
    }

    /// The same over each of ascending windows, at the cost of the longest.
    ///
    /// # Errors
    /// As [`Counting::windowed_noise`].
    pub fn rounded_windowed_noises(&self, bath: usize, windows: &[f64]) -> Result<Vec<Rounded>, SteadyError> {
        let ladder = self.equation.ladder();
        let counter = self.itself(bath);
        let x = self.response(&counter)?;
        let z: Vec<f64> = x.iter().map(|x| -x).collect();
        let z = self.reduced.solve_traceless(&z, &self.steady.p)?;
        // To the size of z, which a slow relaxation makes large.
        let size = z.iter().map(|z| z.abs()).sum::<f64>().max(1.0);
        let mut later: Vec<f64> = z.iter().map(|z| z / size).collect();
        let (mut moved, mut noises) = (vec![0.0; z.len()], Vec::with_capacity(windows.len()));
        Relaxation::new(&ladder.coordinates(), &ladder.entries(), &[])
            .through(&mut later, windows, |now| {
                now.copy_to(&mut moved);
                let window = windows[noises.len()];
                let whole = x.iter().zip(moved.iter().zip(&z)).map(|(x, (a, b))| x + (a * size - b) / window);
                noises.push(self.variance(&counter, &whole.collect::<Vec<f64>>()));
            })
            .map_err(|e| SteadyError::Factorization { states: z.len(), reason: e.to_string() })?;
        Ok(noises)
    }

    /// The zero-frequency covariance of two baths, `lim Cov(C_a(t), C_b(t))/t`; of a bath with itself, its noise.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn cross_noise(&self, a: usize, b: usize) -> Result<f64, SteadyError> {
        self.rounded_cross_noise(a, b).map(|noise| noise.value)
    }

    /// The same with what is known of it.
    ///
    /// # Errors
    /// As [`Counting::cross_noise`].
    pub fn rounded_cross_noise(&self, a: usize, b: usize) -> Result<Rounded, SteadyError> {
        if a == b {
            return self.rounded_noise(a);
        }
        let (of_a, of_b) = (self.counter(a), self.counter(b));
        let (xa, xb) = (self.response(&of_a)?, self.response(&of_b)?);
        let common = self.common(&of_a, &of_b);
        Ok(self.total(&of_a, 1, &xb) + self.total(&of_b, 1, &xa) + Rounded::of(common, common))
    }

    /// What both count, per unit time.
    fn common(&self, a: &Charges, b: &Charges) -> f64 {
        let product = |bath: usize, process| a.of(bath, process) * b.of(bath, process);
        let of_bath = |(bath, of): (usize, &Bath)| {
            let Pair { emission, absorption } = self.occupation.seen(of.coupling);
            of.up * absorption.value * product(bath, Process::Absorption)
                + of.down * emission.value * product(bath, Process::Emission)
        };
        self.equation.ladder().baths.iter().enumerate().map(of_bath).sum()
    }

    /// The spectrum of the current of a bath, without the pole of its mean:
    /// `S(w) = activity + 2 Re[ 1.A (iw - W)^-1 (A p - I p) ]`, A = A_+ - A_-. S(0) is the noise.
    ///
    /// # Errors
    /// A factorization that fails.
    pub fn spectrum(&self, bath: usize, frequency: f64) -> Result<f64, SteadyError> {
        self.rounded_spectrum(bath, frequency).map(|density| density.value)
    }

    /// The same with what is known of it.
    ///
    /// # Errors
    /// As [`Counting::spectrum`].
    pub fn rounded_spectrum(&self, bath: usize, frequency: f64) -> Result<Rounded, SteadyError> {
        if frequency == 0.0 {
            return self.rounded_noise(bath);
        }
        let ladder = self.equation.ladder();
        let states = ladder.levels.len();
        let failed = |reason: String| SteadyError::Factorization { states, reason };
        let counter = self.itself(bath);
        let current = self.total(&counter, 1, &self.steady.p).value;
        let moved = self.moved(&counter, 1, &self.steady.p);
        let mut x = Mat::from_fn(states, 1, |i, _| c64::new(moved[i] - current * self.steady.p[i], 0.0));
        let entries = ladder.entries();
        let shift = (0..states).map(|i| FaerTriplet::new(i, i, c64::new(0.0, frequency)));
        let triplets: Vec<_> =
            entries.iter().map(|e| FaerTriplet::new(e.row, e.column, c64::new(-e.value, 0.0))).chain(shift).collect();
        let matrix = SparseColMat::<usize, c64>::try_new_from_triplets(states, states, &triplets)
            .map_err(|e| failed(format!("{e:?}")))?;
        matrix.sp_lu().map_err(|e| failed(format!("{e:?}")))?.solve_in_place(&mut x);
        let real: Vec<f64> = x.col(0).iter().map(|x| x.re).collect();
        Ok(self.variance(&counter, &real))
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

    /// Emissions into a bath per unit time.
    #[must_use]
    pub fn emission_rate(&self, bath: usize) -> f64 {
        self.emission(bath, &self.steady.p).iter().sum()
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
        self.rounded_entropy_production().value
    }

    /// The same with what is known of it.
    #[must_use]
    pub fn rounded_entropy_production(&self) -> Rounded {
        entropy_production(&self.equation.ladder().baths, &self.currents)
    }

    /// The thermodynamic uncertainty relation of a bath, `S_b Sigma / (2 I_b^2) >= 1`: the left side.
    ///
    /// # Errors
    /// A solve that does not reach its residual; `None` within where no net current flows, or too few digits of what it
    /// is made of are known.
    pub fn uncertainty_ratio(&self, bath: usize) -> Result<Option<f64>, SteadyError> {
        let Some(current) = self.currents[bath].known().filter(|current| *current != 0.0) else { return Ok(None) };
        let known = self.rounded_noise(bath)?.known().zip(self.rounded_entropy_production().known());
        // Each over the current by itself: its square may be below the least double.
        Ok(known.map(|(noise, produced)| (noise / current) * (produced / current) / 2.0))
    }

    /// Jumps from level to level per unit time, of whatever kind.
    #[must_use]
    pub fn jump_rate(&self) -> f64 {
        let of_flow =
            |flow: &Flow| flow.rate * flow.moves.iter().map(|m| m.weight * self.steady.p[m.from]).sum::<f64>();
        self.equation.ladder().flows.iter().map(of_flow).sum()
    }

    /// The kinetic uncertainty relation of a bath, `S_b K / I_b^2 >= 1` with K the [`Counting::jump_rate`]: the left side.
    /// I. Di Terlizzi, M. Baiesi, J. Phys. A 52, 02LT03 (2019).
    ///
    /// # Errors
    /// A solve that does not reach its residual; `None` within where no net current flows, or too few digits of what it
    /// is made of are known.
    pub fn kinetic_ratio(&self, bath: usize) -> Result<Option<f64>, SteadyError> {
        let Some(current) = self.currents[bath].known().filter(|current| *current != 0.0) else { return Ok(None) };
        Ok(self.rounded_noise(bath)?.known().map(|noise| (noise / current) * (self.jump_rate() / current)))
    }

    /// The slowest relaxation time, 1/|lambda| of the eigenvalue of W nearest to zero, to a few parts in a thousand.
    ///
    /// Powers of W^-1 on what is orthogonal to the steady state: each makes the slowest mode stand out further.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn relaxation_time(&self) -> Result<f64, SteadyError> {
        let levels = &self.equation.ladder().levels;
        slowest_time(levels, &self.steady.p, self.fastest_rate(), |mode| {
            self.reduced.solve_traceless(mode, &self.steady.p)
        })
    }

    /// The largest rate at which a level is left, the fastest scale of the model.
    #[must_use]
    pub fn fastest_rate(&self) -> f64 {
        self.reduced.scale()
    }
}
