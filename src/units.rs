//! Unit systems: what the numbers in a scenario mean, and the only place where one is turned into another.
//!
//! Times and rates need no conversion in either system (SI counts nanoseconds and `1e9/s`, which are
//! inverse to each other), so everything below works in the scenario's own time unit.

use std::f64::consts::PI;

use serde::Serialize;

/// Planck's constant h in J s (exact since 2019).
pub const PLANCK: f64 = 6.626_070_15e-34;
/// Boltzmann's constant k_B in J/K (exact since 2019).
const BOLTZMANN: f64 = 1.380_649e-23;

/// The unit system of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// hbar = k_B = omega_0 = 1: frequencies, rates and temperatures in omega_0, times in 1/omega_0.
    Natural,
    /// omega_0/(2 pi) in GHz, rates in 1e9/s, temperatures in mK, times in ns, heat currents in fW.
    #[serde(rename = "SI")]
    Si,
}

impl Units {
    /// The dimensionless ratio hbar omega_0 / (k_B T). Zero temperature gives infinity.
    #[must_use]
    pub fn energy_over_temperature(self, frequency: f64, temperature: f64) -> f64 {
        match self {
            Units::Natural => frequency / temperature,
            Units::Si => (PLANCK * 1e9 / (BOLTZMANN * 1e-3)) * frequency / temperature,
        }
    }

    /// The angular frequency of a frequency, in radians per unit of time: itself (natural), 2 pi f (SI).
    #[must_use]
    pub fn angular(self, frequency: f64) -> f64 {
        match self {
            Units::Natural => frequency,
            Units::Si => 2.0 * PI * frequency,
        }
    }

    /// The heat current carried by one quantum hbar omega_0 per unit of time: omega_0 (natural), or fW (SI).
    #[must_use]
    #[inline]
    pub fn quantum(self, frequency: f64) -> f64 {
        match self {
            Units::Natural => frequency,
            // h f[GHz] 1e9 J, each 1e-9 s, in units of 1e-15 W.
            Units::Si => PLANCK * 1e33 * frequency,
        }
    }

    /// The name of the system as a scenario spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Units::Natural => "natural",
            Units::Si => "SI",
        }
    }

    /// The unit of time.
    #[must_use]
    pub fn time(self) -> &'static str {
        match self {
            Units::Natural => "1/omega_0",
            Units::Si => "ns",
        }
    }

    /// The unit of temperature.
    #[must_use]
    pub fn temperature(self) -> &'static str {
        match self {
            Units::Natural => "hbar omega_0/k_B",
            Units::Si => "mK",
        }
    }

    /// The temperature at which k_B T is 1/x of the energy of this frequency.
    #[must_use]
    pub fn temperature_of(self, frequency: f64, x: f64) -> f64 {
        self.energy_over_temperature(frequency, x)
    }

    /// The unit of frequencies: of omega itself (natural), or of omega/(2 pi) (SI).
    #[must_use]
    pub fn frequency(self) -> &'static str {
        match self {
            Units::Natural => "omega_0",
            Units::Si => "GHz",
        }
    }

    /// The unit of rates and photon intensities.
    #[must_use]
    pub fn rate(self) -> &'static str {
        match self {
            Units::Natural => "omega_0",
            Units::Si => "1e9/s",
        }
    }

    /// The unit of work and heat: that of heat currents times that of time.
    #[must_use]
    pub fn energy(self) -> &'static str {
        match self {
            Units::Natural => "hbar omega_0",
            Units::Si => "fW ns",
        }
    }

    /// Its square.
    #[must_use]
    pub fn energy_squared(self) -> &'static str {
        match self {
            Units::Natural => "(hbar omega_0)^2",
            Units::Si => "(fW ns)^2",
        }
    }

    /// The unit of heat currents.
    #[must_use]
    pub fn heat_current(self) -> &'static str {
        match self {
            Units::Natural => "hbar omega_0^2",
            Units::Si => "fW",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_of_the_paper_relates_gigahertz_and_millikelvin() {
        // nu_T = k_B T / h: 96 mK is 2.0 GHz, 384 mK is 8.0 GHz.
        assert!((Units::Si.energy_over_temperature(2.0, 96.0) - 1.0).abs() < 1e-3);
        assert!((Units::Si.energy_over_temperature(8.0, 384.0) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_quantum_of_4_ghz_each_nanosecond_is_2_65_femtowatt() {
        assert!((Units::Si.quantum(4.0) - 2.650_428_06).abs() < 1e-8);
    }

    #[test]
    fn a_gigahertz_turns_once_a_nanosecond() {
        assert_eq!(Units::Si.angular(1.0), std::f64::consts::TAU);
        assert_eq!(Units::Natural.angular(1.5), 1.5);
        // hbar omega over omega is hbar = 1.054571817e-34 J s, in fW ns^2.
        assert!((Units::Si.quantum(4.0) / Units::Si.angular(4.0) / 0.105_457_181_7 - 1.0).abs() < 1e-9);
    }
}
