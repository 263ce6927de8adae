//! Closed forms: what the paper derives, what follows from it, and what a trajectory can be checked against without an
//! equation solver.
//!
//! Throughout, `x = T0/T = hbar omega_0 / (k_B T)`: zero at infinite temperature, infinite at T = 0, negative where
//! more is absorbed than emitted. Currents are positive into the qubits, in quanta per unit time; times
//! [`Model::quantum_of`](crate::model::Model::quantum_of) they are heat currents.

mod burst;
mod current;
mod detuned;
mod emitters;
pub mod machine;
mod pump;
mod relaxation;
mod thermal;
mod weak_bath;

#[cfg(test)]
mod dense;

pub use burst::{PhotonTime, burst_delay, burst_delay_cdf, decay_rates, hypoexponential_cdf, photon_times};
pub use current::{
    cold_sector_current, hot_sector_current, independent_bath_current, independent_current, mixture_current,
    sector_current, thermodynamic_limit_current,
};
pub use detuned::{detuned_current, lone_qubit_current};
pub use emitters::{Resonance, first_photons_g2, resonances};
pub use machine::{Machine, Merit};
pub use pump::pumped_superradiance;
pub use relaxation::{relaxation_rate, strongly_driven_relaxation_rate};
pub use thermal::{
    effective_temperature, inverse_temperature, ln_partition, thermal_emission, thermal_jz, thermal_probability,
};
pub use weak_bath::{NoWeakLimit, bright_sector, weak_local_bath};
