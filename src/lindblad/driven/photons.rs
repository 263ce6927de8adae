//! What follows a photon of driven qubits in their steady state: g2 and the density of waiting times, by quantum regression.

use super::super::rational::Triplet;
use super::super::steady::SteadyError;
use super::super::transient::Transient;
use super::{Driven, DrivenSteady};
use crate::bath::Process;
use crate::rounded::Rounded;

/// What an exponential errs by, of a distribution that sums to 1.
const TOLERANCE: f64 = 1e-11;

/// Rates of photons at the times that are asked for, and on average.
type Followed = (Vec<Rounded>, f64);

impl Driven {
    /// The entries of A, the emissions into a bath.
    fn emissions(&self, bath: usize) -> Vec<Triplet> {
        let of_order = |order: &super::Order| {
            let jumps = order.block.jumps(&self.baths[bath], Process::Emission);
            let bases = [Some(order.real), order.imaginary].into_iter().flatten();
            bases
                .flat_map(|base| jumps.iter().map(move |e| (base + e.row, base + e.column, e.value)))
                .map(|(row, column, value)| Triplet { row, column, value })
                .collect::<Vec<_>>()
        };
        self.orders.iter().flat_map(of_order).collect()
    }
}

impl DrivenSteady<'_> {
    /// Photons into a bath per unit time.
    #[must_use]
    pub fn emission_rate(&self, bath: usize) -> f64 {
        let populations = self.driven.levels().len();
        let into = self.driven.emissions(bath).into_iter().filter(|entry| entry.row < populations);
        into.map(|entry| entry.value * self.rho[entry.column]).sum()
    }

    /// g2 of the photons into a bath at ascending delays, `1.A e^{L tau} A rho / (1.A rho)^2`.
    ///
    /// # Errors
    /// A propagation that does not converge; `None` within where the bath never receives a quantum.
    pub fn emission_correlation(&self, bath: usize, delays: &[f64]) -> Result<Option<Vec<Rounded>>, SteadyError> {
        let followed = self.after_photon(bath, &self.driven.entries, delays)?;
        Ok(followed.map(|(values, rate)| values.into_iter().map(|value| value * rate.recip()).collect()))
    }

    /// The density of the waiting time between successive photons into a bath, `1.A e^{(L - A) tau} A rho / 1.A rho`.
    ///
    /// # Errors
    /// As [`DrivenSteady::emission_correlation`].
    pub fn waiting_time_density(&self, bath: usize, times: &[f64]) -> Result<Option<Vec<Rounded>>, SteadyError> {
        let mut entries = self.driven.entries.clone();
        entries.extend(self.driven.emissions(bath).into_iter().map(|e| Triplet { value: -e.value, ..e }));
        Ok(self.after_photon(bath, &entries, times)?.map(|(values, _)| values))
    }

    /// The rate of photons at times after one, under a generator, and on average.
    fn after_photon(&self, bath: usize, generator: &[Triplet], times: &[f64]) -> Result<Option<Followed>, SteadyError> {
        let states = self.rho.len();
        let mut after = vec![0.0; states];
        // 1.A, which populations alone have.
        let mut rates = vec![0.0; states];
        let populations = self.driven.levels().len();
        for Triplet { row, column, value } in self.driven.emissions(bath) {
            after[row] += value * self.rho[column];
            if row < populations {
                rates[column] += value;
            }
        }
        let rate = self.driven.trace(&after);
        if rate <= 0.0 {
            return Ok(None);
        }
        after.iter_mut().for_each(|element| *element /= rate);
        let error = TOLERANCE * rates.iter().copied().fold(0.0, f64::max);
        let mut transient = Transient::new(states, generator, &[], self.driven.turning);
        let mut now = 0.0;
        let mut values = Vec::with_capacity(times.len());
        for &time in times {
            transient
                .advance(&mut after, time - now)
                .map_err(|e| SteadyError::Factorization { states, reason: e.to_string() })?;
            now = time;
            let value = rates.iter().zip(&after).map(|(rate, element)| rate * element).sum();
            values.push(Rounded { value, error });
        }
        Ok(Some((values, rate)))
    }
}
