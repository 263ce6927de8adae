//! Heat baths: thermal occupation, and the three rates by which a bath acts on the qubits.

use serde::Serialize;

use crate::rounded::Rounded;

/// Rounding of the product of two rates, each rounded before.
const PRODUCT: f64 = 4.0 * f64::EPSILON;

/// The pattern by which a bath sees the qubits: with which amplitudes they enter its jump operators.
///
/// What follows from a pattern is written where it is known: here what it is, in [`crate::dicke`] its jumps on the
/// levels, in [`crate::model`] the forms that currents and bounds are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coupling {
    /// All together, through `J_-`, `J_+`, `J_z` (11).
    Collective,
    /// One by one, through `sigma_-`, `sigma_+`, `sigma_z/2` of every qubit (31).
    Local,
}

impl Coupling {
    /// All patterns.
    pub const ALL: [Coupling; 2] = [Coupling::Collective, Coupling::Local];

    /// The name in scenarios and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Coupling::Collective => "collective",
            Coupling::Local => "local",
        }
    }

    /// The pattern of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Coupling::ALL.into_iter().find(|coupling| coupling.name() == name)
    }

    /// Whether its jumps keep J, as those of operators do in which all qubits weigh alike.
    #[must_use]
    #[inline]
    pub fn conserves_j(self) -> bool {
        match self {
            Coupling::Collective => true,
            Coupling::Local => false,
        }
    }
}

/// What qubits emit into a bath of unit rates, and absorb from it, as one pattern sees them: summed over its jump
/// operators L, `<L^dagger L>` of those that lower and of their adjoints. In one state, on average, or as forms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair<T> {
    /// What is emitted.
    pub emission: T,
    /// What is absorbed.
    pub absorption: T,
}

/// What a jump does to the qubits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// A quantum goes from the qubits into the bath.
    Emission,
    /// A quantum comes from the bath into the qubits.
    Absorption,
    /// No quantum is exchanged: `J_z`, or `sigma_z/2` of one qubit.
    Dephasing,
}

impl Process {
    /// All of them, in their order.
    pub const ALL: [Process; 3] = [Process::Emission, Process::Absorption, Process::Dephasing];

    /// The change of 2M.
    #[must_use]
    pub fn two_m(self) -> i64 {
        match self {
            Process::Emission => -2,
            Process::Absorption => 2,
            Process::Dephasing => 0,
        }
    }
}

/// Rates of emission, absorption and dephasing, of one bath or summed over several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Emission.
    pub down: f64,
    /// Absorption.
    pub up: f64,
    /// Dephasing.
    pub dephasing: f64,
}

impl Rates {
    /// Those of a thermal bath of rate gamma where `x = hbar omega_0 / (k_B T)`: down = gamma (1 + n), up = gamma n.
    #[must_use]
    pub fn thermal(gamma: f64, x: f64) -> Self {
        let n = occupation(x);
        Rates { down: gamma * (1.0 + n), up: gamma * n, dephasing: 0.0 }
    }

    /// That of a process.
    #[must_use]
    pub fn of(self, process: Process) -> f64 {
        match process {
            Process::Emission => self.down,
            Process::Absorption => self.up,
            Process::Dephasing => self.dephasing,
        }
    }

    /// Whether any of them acts.
    #[must_use]
    pub fn any(self) -> bool {
        self.down + self.up + self.dephasing > 0.0
    }
}

/// A bath as qubits see it at one frequency and time: the rates of its jump operators, in the scenario's unit of inverse
/// time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bath {
    /// The name by which results refer to it.
    pub name: String,
    /// Collective or local.
    pub coupling: Coupling,
    /// Rate of emission, gamma (1 + n).
    pub down: f64,
    /// Rate of absorption, gamma n.
    pub up: f64,
    /// Rate of dephasing.
    pub dephasing: f64,
    /// The temperature, where the bath was given one.
    pub temperature: Option<f64>,
    /// The energy of what it exchanges, as a frequency in the unit of the qubits' own, where that is another: a modulation
    /// of the qubits, fast beside all rates, lets a bath act at a sideband, and makes up for the difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantum: Option<f64>,
}

impl Bath {
    /// A thermal bath of rate gamma, where `x = hbar omega_0 / (k_B T)`: down = gamma (1 + n), up = gamma n.
    #[must_use]
    pub fn thermal(name: &str, coupling: Coupling, gamma: f64, x: f64, temperature: f64) -> Self {
        let Rates { down, up, dephasing } = Rates::thermal(gamma, x);
        Bath { name: name.to_owned(), coupling, down, up, dephasing, temperature: Some(temperature), quantum: None }
    }

    /// Which processes ever happen, in the order of [`Process`].
    #[must_use]
    pub fn processes(&self) -> [bool; 3] {
        [self.down, self.up, self.dephasing].map(|rate| rate > 0.0)
    }

    /// The rate of one process.
    #[must_use]
    pub fn rate(&self, process: Process) -> f64 {
        match process {
            Process::Emission => self.down,
            Process::Absorption => self.up,
            Process::Dephasing => self.dephasing,
        }
    }

    /// The energy of what it exchanges with qubits of a frequency, as a frequency.
    #[must_use]
    pub fn energy(&self, frequency: f64) -> f64 {
        self.quantum.unwrap_or(frequency)
    }

    /// By how much that is more than a quantum of the qubits, of a bath that has an energy of its own.
    #[must_use]
    pub fn offset(&self, frequency: f64) -> Option<f64> {
        self.quantum.map(|quantum| quantum - frequency)
    }

    /// Whether what this bath and another exchange have another ratio to their temperatures, as far as that is told. Whether
    /// a quantum of a bath and one of the qubits have is not.
    fn is_apart(&self, other: &Bath) -> bool {
        let (Some(own), Some(others)) = (self.temperature, other.temperature) else { return false };
        match (self.quantum, other.quantum) {
            (None, None) => own != others,
            (Some(of_own), Some(of_others)) => {
                let (a, b) = (own * of_others, others * of_own);
                (a - b).abs() > PRODUCT * a.max(b)
            }
            _ => true,
        }
    }

    /// What drives a current from this bath into another, `(up down' - down up')/total`; of two thermal baths
    /// `gamma gamma' (n - n')`. Zero where they have one temperature (of one energy), or rates in one ratio, to rounding:
    /// two that are both hotter than their rates can tell remain in doubt.
    #[must_use]
    pub fn exchange(&self, other: &Bath, total: f64) -> Rounded {
        let (forth, back) = (self.up * (other.down / total), self.down * (other.up / total));
        let exchange = Rounded { value: forth - back, error: PRODUCT * (forth + back) };
        if exchange.value.abs() <= exchange.error && !self.is_apart(other) { Rounded::ZERO } else { exchange }
    }
}

/// Bose-Einstein occupation `n = 1/(e^x - 1)` (12) at `x = hbar omega_0 / (k_B T)`.
///
/// Exact to rounding at both ends: 0 at x = infinity (T = 0), 1/x - 1/2 + x/12 as x -> 0.
#[must_use]
pub fn occupation(x: f64) -> f64 {
    // Not the platform's own: rates enter the ids of points, which must be the same bits everywhere.
    libm::expm1(x).recip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupation_is_exact_at_zero_and_at_huge_temperature() {
        assert_eq!(occupation(f64::INFINITY), 0.0);
        assert_eq!(occupation(1e4), 0.0);
        for x in [1e-3, 1e-8, 1e-12] {
            let series = 1.0 / x - 0.5 + x / 12.0;
            assert!((occupation(x) / series - 1.0).abs() < 1e-12, "x = {x}");
        }
        // Far below one, n = e^-x to rounding.
        assert!((occupation(100.0) / (-100.0_f64).exp() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_pattern_is_written_by_its_name_and_found_by_it() {
        for coupling in Coupling::ALL {
            assert_eq!(Coupling::named(coupling.name()), Some(coupling));
            // As ids of points hash it.
            assert_eq!(serde_json::to_value(coupling).unwrap(), coupling.name());
        }
        assert_eq!(Coupling::named("Local"), None);
    }

    #[test]
    fn thermal_rates_obey_detailed_balance() {
        for x in [1e-6, 0.3, 1.0, 7.0, 40.0] {
            let bath = Bath::thermal("b", Coupling::Local, 0.7, x, 1.0 / x);
            assert!((bath.up / bath.down / (-x).exp() - 1.0).abs() < 1e-14);
        }
    }
}
