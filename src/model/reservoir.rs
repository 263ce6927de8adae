//! What a bath is, and the rates that follow from it at a frequency and a time.

mod bounds;

pub use bounds::Bounds;

use std::borrow::Cow;

use serde::Serialize;

use super::course::Signal;
use crate::bath::{Bath, Coupling, Rates};
use crate::circuit::{Circuit, Filter, FilterForm};
use crate::units::Units;

/// The rate gamma at which a bath exchanges quanta of a frequency at T = 0. Every one is validated where it is made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum SpectralDensity {
    /// The same at all frequencies.
    Flat(f64),
    /// Behind a resonator, as a filter.
    Filtered {
        /// gamma on resonance.
        on_resonance: f64,
        /// The resonator, its frequency in the unit of [`super::Model::frequency`].
        filter: Filter,
    },
    /// From components; the frequency is that to which the transmon is tuned, in GHz.
    Circuit {
        /// The components.
        circuit: Circuit,
        /// The line of its resonator.
        form: FilterForm,
    },
}

impl SpectralDensity {
    /// gamma at a positive frequency.
    #[must_use]
    pub fn gamma(&self, frequency: f64) -> f64 {
        match self {
            SpectralDensity::Flat(gamma) => *gamma,
            SpectralDensity::Filtered { on_resonance, filter } => filter.rate(*on_resonance, frequency),
            SpectralDensity::Circuit { circuit, form } => circuit.tuned(frequency).rate(*form),
        }
    }

    /// The same at another energy than that of the qubits, as a frequency: what is tuned to them stays tuned to them.
    #[must_use]
    pub fn gamma_at(&self, frequency: f64, energy: f64) -> f64 {
        match self {
            SpectralDensity::Circuit { circuit, form } => circuit.tuned(frequency).rate_at(*form, energy),
            SpectralDensity::Flat(_) | SpectralDensity::Filtered { .. } => self.gamma(energy),
        }
    }

    /// The filter, where there is one.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        match self {
            SpectralDensity::Flat(_) => None,
            SpectralDensity::Filtered { filter, .. } => Some(*filter),
            SpectralDensity::Circuit { circuit, form } => Some(circuit.filter(*form)),
        }
    }

    /// The rate as it is given, on resonance behind a filter; a circuit has none.
    fn rate(&self) -> Option<f64> {
        match self {
            SpectralDensity::Flat(rate) | SpectralDensity::Filtered { on_resonance: rate, .. } => Some(*rate),
            SpectralDensity::Circuit { .. } => None,
        }
    }

    /// The same with another rate, on resonance behind a filter; a circuit keeps what follows from it.
    fn of_rate(self, rate: f64) -> Self {
        match self {
            SpectralDensity::Flat(_) => SpectralDensity::Flat(rate),
            SpectralDensity::Filtered { filter, .. } => SpectralDensity::Filtered { on_resonance: rate, filter },
            SpectralDensity::Circuit { .. } => self,
        }
    }
}

/// Why there is no such bath.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("bath \"{name}\" has a {what} of {value}: it must be finite and {}", if *.zero { "not negative" } else { "positive" })]
pub struct ReservoirError {
    /// The name of the bath.
    pub name: String,
    /// What cannot be.
    pub what: &'static str,
    /// Its value.
    pub value: f64,
    /// Whether it may be 0.
    pub zero: bool,
}

/// What of a bath may change in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// gamma, behind a filter gamma on resonance.
    Rate,
    /// T, in the unit of [`Units::energy_over_temperature`].
    Temperature,
    /// The given rate of emission.
    Down,
    /// The given rate of absorption.
    Up,
    /// The rate of dephasing.
    Dephasing,
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 5] = [Setting::Rate, Setting::Temperature, Setting::Down, Setting::Up, Setting::Dephasing];

    /// Its key in a scenario.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Setting::Rate => "rate",
            Setting::Temperature => "temperature",
            Setting::Down => "down",
            Setting::Up => "up",
            Setting::Dephasing => "dephasing",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Setting::Rate => "rate",
            Setting::Temperature => "temperature",
            Setting::Down => "rate of emission",
            Setting::Up => "rate of absorption",
            Setting::Dephasing => "rate of dephasing",
        }
    }
}

/// How a bath exchanges quanta.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Exchange {
    /// At a temperature: gamma (1 + n) and gamma n. The rate, where it is set, stands for that of the density.
    Thermal { gamma: SpectralDensity, rate: Option<Signal>, temperature: Signal },
    /// At rates as they are given, whatever the frequency.
    Given { down: Signal, up: Signal, temperature: Option<f64> },
}

/// What a bath is: all that its rates at any frequency and time follow from. A [`Bath`] is what qubits see of it at one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reservoir {
    /// The name by which results refer to it.
    #[serde(skip)]
    pub name: String,
    /// Collective or local.
    pub coupling: Coupling,
    exchange: Exchange,
    dephasing: Signal,
    /// See [`Bath::quantum`].
    #[serde(skip_serializing_if = "Option::is_none")]
    quantum: Option<f64>,
}

impl Reservoir {
    /// A bath at a temperature, in the unit of [`Units::energy_over_temperature`].
    ///
    /// # Errors
    /// If a rate or the temperature is negative, or not finite.
    pub fn thermal(
        name: &str,
        coupling: Coupling,
        gamma: SpectralDensity,
        temperature: f64,
    ) -> Result<Self, ReservoirError> {
        if let SpectralDensity::Flat(rate) | SpectralDensity::Filtered { on_resonance: rate, .. } = gamma {
            fits(name, "rate", rate)?;
        }
        fits(name, "temperature", temperature)?;
        let exchange = Exchange::Thermal { gamma, rate: None, temperature: Signal::held(temperature) };
        Ok(Reservoir { name: name.to_owned(), coupling, exchange, dephasing: Signal::held(0.0), quantum: None })
    }

    /// A bath of given rates of emission and absorption.
    ///
    /// # Errors
    /// If one of them is negative, or not finite.
    pub fn given(name: &str, coupling: Coupling, down: f64, up: f64) -> Result<Self, ReservoirError> {
        let rate = |rate| fits(name, "rate", rate).map(Signal::held);
        let exchange = Exchange::Given { down: rate(down)?, up: rate(up)?, temperature: None };
        Ok(Reservoir { name: name.to_owned(), coupling, exchange, dephasing: Signal::held(0.0), quantum: None })
    }

    /// The same bath, that dephases at this rate beside.
    ///
    /// # Errors
    /// If the rate is negative, or not finite.
    pub fn dephasing(self, rate: f64) -> Result<Self, ReservoirError> {
        Ok(Reservoir { dephasing: Signal::held(fits(&self.name, "rate of dephasing", rate)?), ..self })
    }

    /// The same bath, that exchanges quanta of an energy of their own, as a frequency: see [`Bath::quantum`]. At a
    /// temperature its occupation and its rate are those at this energy; rates that were given stay.
    ///
    /// # Errors
    /// If the energy is not positive, or not finite.
    pub fn exchanging(self, quantum: f64) -> Result<Self, ReservoirError> {
        if quantum.is_finite() && quantum > 0.0 {
            return Ok(Reservoir { quantum: Some(quantum), ..self });
        }
        Err(ReservoirError { name: self.name, what: "quantum", value: quantum, zero: false })
    }

    /// The energy of what it exchanges, where that is its own.
    #[must_use]
    pub fn quantum(&self) -> Option<f64> {
        self.quantum
    }

    /// The energy of what it exchanges with qubits of a frequency, as a frequency.
    fn energy(&self, frequency: f64) -> f64 {
        self.quantum.unwrap_or(frequency)
    }

    /// Why it has no such setting, if it has none.
    #[must_use]
    pub fn lacks(&self, setting: Setting) -> Option<&'static str> {
        match (&self.exchange, setting) {
            (Exchange::Thermal { gamma: SpectralDensity::Circuit { .. }, .. }, Setting::Rate) => {
                Some("its rate follows from its circuit")
            }
            (Exchange::Thermal { .. }, Setting::Down | Setting::Up) => {
                Some("its rates follow from its rate and its temperature")
            }
            (Exchange::Given { .. }, Setting::Rate | Setting::Temperature) => {
                Some("its rates of emission and absorption are given, whatever its temperature")
            }
            _ => None,
        }
    }

    /// The same bath, of which a setting goes in time like this; no value may be negative.
    ///
    /// # Errors
    /// Why this bath has no such setting.
    pub fn set(mut self, setting: Setting, signal: Signal) -> Result<Self, &'static str> {
        if let Some(why) = self.lacks(setting) {
            return Err(why);
        }
        match (&mut self.exchange, setting) {
            (_, Setting::Dephasing) => self.dephasing = signal,
            (Exchange::Thermal { temperature, .. }, Setting::Temperature) => *temperature = signal,
            (Exchange::Thermal { rate, .. }, _) => *rate = Some(signal),
            (Exchange::Given { down, .. }, Setting::Down) => *down = signal,
            (Exchange::Given { up, .. }, _) => *up = signal,
        }
        Ok(self)
    }

    /// How a setting goes, where the bath has it; its rate behind a filter is that on resonance.
    #[must_use]
    pub fn signal(&self, setting: Setting) -> Option<Cow<'_, Signal>> {
        if self.lacks(setting).is_some() {
            return None;
        }
        Some(match (&self.exchange, setting) {
            (_, Setting::Dephasing) => Cow::Borrowed(&self.dephasing),
            (Exchange::Thermal { temperature, .. }, Setting::Temperature) => Cow::Borrowed(temperature),
            (Exchange::Thermal { rate: Some(rate), .. }, _) => Cow::Borrowed(rate),
            (Exchange::Thermal { gamma, .. }, _) => Cow::Owned(Signal::held(gamma.rate()?)),
            (Exchange::Given { down, .. }, Setting::Down) => Cow::Borrowed(down),
            (Exchange::Given { up, .. }, _) => Cow::Borrowed(up),
        })
    }

    /// The temperature at a time, where the bath was given one.
    #[must_use]
    pub fn temperature(&self, time: f64) -> Option<f64> {
        match &self.exchange {
            Exchange::Thermal { temperature, .. } => Some(temperature.at(time)),
            Exchange::Given { temperature, .. } => *temperature,
        }
    }

    /// The rates at a frequency, in the unit of [`super::Model::frequency`], and a time: since the start of a segment,
    /// where a protocol sets any of them.
    #[must_use]
    pub fn rates(&self, units: Units, frequency: f64, time: f64) -> Rates {
        let exchanged = match &self.exchange {
            Exchange::Thermal { gamma, rate, temperature } => {
                let gamma = rate.as_ref().map_or(*gamma, |rate| gamma.of_rate(rate.at(time)));
                let x = units.energy_over_temperature(self.energy(frequency), temperature.at(time));
                let gamma = self.quantum.map_or_else(|| gamma.gamma(frequency), |own| gamma.gamma_at(frequency, own));
                Rates::thermal(gamma, x)
            }
            Exchange::Given { down, up, .. } => Rates { down: down.at(time), up: up.at(time), dephasing: 0.0 },
        };
        Rates { dephasing: self.dephasing.at(time), ..exchanged }
    }

    /// The entropy that a quantum brings to the bath, in k_B: hbar omega/(k_B T), or ln(down/up) of given rates.
    #[must_use]
    pub fn entropy_of_quantum(&self, units: Units, frequency: f64, time: f64) -> f64 {
        match &self.exchange {
            Exchange::Thermal { temperature, .. } => {
                units.energy_over_temperature(self.energy(frequency), temperature.at(time))
            }
            Exchange::Given { down, up, .. } => libm::log(down.at(time) / up.at(time)),
        }
    }

    /// The same over the energy of the quantum, in the unit of [`Units::quantum`]: 1/T, where T is held.
    #[must_use]
    pub fn entropy_of_energy(&self, units: Units) -> Option<f64> {
        match &self.exchange {
            Exchange::Thermal { temperature, .. } if temperature.is_held() => {
                Some(units.energy_over_temperature(1.0, temperature.at(0.0)) / units.quantum(1.0))
            }
            Exchange::Thermal { .. } | Exchange::Given { .. } => None,
        }
    }

    /// The filter that it is behind, if it is.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        match &self.exchange {
            Exchange::Thermal { gamma, .. } => gamma.filter(),
            Exchange::Given { .. } => None,
        }
    }

    /// All that may change in time.
    fn signals(&self) -> impl Iterator<Item = &Signal> {
        let (first, second) = match &self.exchange {
            Exchange::Thermal { rate, temperature, .. } => (rate.as_ref(), temperature),
            Exchange::Given { down, up, .. } => (Some(down), up),
        };
        first.into_iter().chain([second, &self.dephasing])
    }

    /// Whether nothing of it changes in time.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.signals().all(Signal::is_held)
    }

    /// Whether nothing of it changes between two times.
    #[must_use]
    pub fn holds(&self, times: [f64; 2]) -> bool {
        self.signals().all(|signal| signal.holds(times))
    }

    /// Where what it is made of turns a corner.
    pub fn knots(&self) -> impl Iterator<Item = f64> + '_ {
        self.signals().flat_map(Signal::knots)
    }

    /// The bath that qubits of a frequency see at a time.
    #[must_use]
    pub fn bath(&self, units: Units, frequency: f64, time: f64) -> Bath {
        let Rates { down, up, dephasing } = self.rates(units, frequency, time);
        let (name, coupling) = (self.name.clone(), self.coupling);
        Bath { name, coupling, down, up, dephasing, temperature: self.temperature(time), quantum: self.quantum }
    }
}

impl From<&Bath> for Reservoir {
    /// The bath that is seen so at every frequency and time. Its rates are taken as they are.
    fn from(bath: &Bath) -> Self {
        let Bath { name, coupling, down, up, dephasing, temperature, quantum } = bath.clone();
        let [down, up, dephasing] = [down, up, dephasing].map(Signal::held);
        Reservoir { name, coupling, exchange: Exchange::Given { down, up, temperature }, dephasing, quantum }
    }
}

fn fits(name: &str, what: &'static str, value: f64) -> Result<f64, ReservoirError> {
    let fits = value.is_finite() && value >= 0.0;
    if fits { Ok(value) } else { Err(ReservoirError { name: name.to_owned(), what, value, zero: true }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::occupation;
    use crate::circuit::{Resonator, Transmon};

    const TIMES: [f64; 3] = [0.0, 1.5, 1e9];

    fn thermal(gamma: SpectralDensity, temperature: f64) -> Reservoir {
        Reservoir::thermal("b", Coupling::Collective, gamma, temperature).unwrap().dephasing(0.3).unwrap()
    }

    fn worked() -> Circuit {
        let transmon = Transmon::new(16.0, 0.5).unwrap();
        Circuit::new(transmon, Resonator::new(200.0, 1.0, 1000.0).unwrap(), 3.874_046).unwrap()
    }

    /// To the last bit: rates enter the ids of points.
    #[test]
    fn the_rates_of_a_bath_are_gamma_with_its_occupation() {
        let filter = Filter::new(20.0, 4.0, FilterForm::Full).unwrap();
        let (circuit, form) = (worked(), FilterForm::Lorentzian);
        for units in [Units::Natural, Units::Si] {
            for (density, frequency, gamma) in [
                (SpectralDensity::Flat(0.7), 1.3, 0.7),
                (SpectralDensity::Filtered { on_resonance: 0.7, filter }, 2.0, filter.rate(0.7, 2.0)),
                (SpectralDensity::Circuit { circuit, form }, 7.5, circuit.rate(form)),
            ] {
                assert_eq!(density.gamma(frequency), gamma);
                for (temperature, time) in [0.0, 1e-9, 0.2, 3.0, 1e90].into_iter().flat_map(|t| TIMES.map(|s| (t, s))) {
                    let x = units.energy_over_temperature(frequency, temperature);
                    let Rates { down, up, dephasing } = thermal(density, temperature).rates(units, frequency, time);
                    let n = occupation(x);
                    assert_eq!(
                        (down, up, dephasing),
                        (gamma * (1.0 + n), gamma * n, 0.3),
                        "{density:?}, T = {temperature}"
                    );
                    let bath = thermal(density, temperature).bath(units, frequency, time);
                    let expected = Bath::thermal("b", Coupling::Collective, gamma, x, temperature);
                    assert_eq!(bath, Bath { dephasing: 0.3, ..expected });
                }
            }
        }
    }

    #[test]
    fn a_bath_at_zero_temperature_only_takes_and_one_that_is_hot_takes_as_it_gives() {
        let density = SpectralDensity::Flat(0.7);
        assert_eq!(thermal(density, 0.0).rates(Units::Natural, 1.3, 0.0), Rates { down: 0.7, up: 0.0, dephasing: 0.3 });
        let Rates { down, up, .. } = thermal(density, 1e30).rates(Units::Natural, 1.3, 0.0);
        assert!(down == up && (up / (0.7e30 / 1.3) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn other_frequencies_have_other_rates_and_given_ones_stay() {
        let filter = Filter::new(20.0, 4.0, FilterForm::Lorentzian).unwrap();
        let filtered = thermal(SpectralDensity::Filtered { on_resonance: 1.0, filter }, 0.0);
        let down = |frequency: f64| filtered.rates(Units::Natural, frequency, 0.0).down;
        // Fig. 6b: 901 times less at half the resonance, and at twice.
        assert!(down(4.0) == 1.0 && (down(2.0) * 901.0 - 1.0).abs() < 1e-12 && (down(8.0) * 901.0 - 1.0).abs() < 1e-12);
        let given = Reservoir::given("b", Coupling::Local, 0.4, 0.9).unwrap().dephasing(0.1).unwrap();
        for (frequency, time) in [0.1, 1.0, 50.0].into_iter().flat_map(|f| TIMES.map(|t| (f, t))) {
            assert_eq!(given.rates(Units::Si, frequency, time), Rates { down: 0.4, up: 0.9, dephasing: 0.1 });
        }
        assert_eq!(given.temperature(0.0), None);
    }

    #[test]
    fn a_bath_of_rates_is_a_reservoir_that_is_seen_as_this_bath() {
        for bath in [
            Bath::thermal("t", Coupling::Local, 0.3, 2.0, 0.5),
            Bath { dephasing: 0.2, temperature: None, ..Bath::thermal("g", Coupling::Collective, 0.3, 2.0, 0.5) },
        ] {
            assert_eq!(Reservoir::from(&bath).bath(Units::Natural, 17.0, 3.0), bath);
        }
    }

    #[test]
    fn what_is_no_rate_or_temperature_is_refused_by_its_number() {
        let flat = SpectralDensity::Flat;
        for value in [-0.5, f64::NAN, f64::INFINITY] {
            for error in [
                Reservoir::thermal("b", Coupling::Local, flat(value), 1.0).err(),
                Reservoir::thermal("b", Coupling::Local, flat(1.0), value).err(),
                Reservoir::given("b", Coupling::Local, value, 0.0).err(),
                Reservoir::given("b", Coupling::Local, 0.0, value).err(),
                Reservoir::given("b", Coupling::Local, 0.0, 1.0).unwrap().dephasing(value).err(),
            ] {
                let message = error.unwrap().to_string();
                assert!(message.contains(&value.to_string()) && message.contains("bath \"b\""), "{message}");
            }
        }
    }
}
