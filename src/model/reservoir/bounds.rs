//! What the rates of a bath stay within while a frequency and the bath itself change: what thinning draws from.

use super::{Exchange, Reservoir, SpectralDensity};
use crate::bath::{Rates, occupation};
use crate::model::course::Signal;
use crate::units::Units;

/// What rounding may put outside of the bounds of what is monotone: a quotient of two numbers that nearly vanish at the
/// end of a ramp, in an exponent up to 700.
const MARGIN: f64 = 1e-9;

/// Rates that are never below the one nor above the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Never below.
    pub least: Rates,
    /// Never above.
    pub most: Rates,
}

impl SpectralDensity {
    /// Bounds of gamma between two frequencies.
    fn bounds(&self, frequencies: [f64; 2]) -> [f64; 2] {
        match self {
            SpectralDensity::Flat(gamma) => [*gamma; 2],
            SpectralDensity::Filtered { on_resonance, filter } => filter.bounds(frequencies).map(|f| on_resonance * f),
            SpectralDensity::Circuit { circuit, form } => circuit.bounds(*form, frequencies),
        }
    }
}

impl Reservoir {
    /// Bounds of each rate between two times, while the frequency goes like this: those of gamma times those of n,
    /// which are at the ends where omega/T is monotone. Closer the nearer the times are.
    #[must_use]
    pub fn bounds(&self, units: Units, frequency: &Signal, times: [f64; 2]) -> Bounds {
        let frequencies = frequency.range(times);
        let [exchanged_least, exchanged_most] = match &self.exchange {
            Exchange::Thermal { gamma, rate, temperature } => {
                let gammas = match rate.as_ref().map(|rate| rate.range(times)) {
                    None => gamma.bounds(frequencies),
                    Some([least, most]) => {
                        [gamma.of_rate(least).bounds(frequencies)[0], gamma.of_rate(most).bounds(frequencies)[1]]
                    }
                };
                let x = |frequency, temperature| units.energy_over_temperature(frequency, temperature);
                let [x_least, x_most] = if frequency.in_step(temperature, times) {
                    let [a, b] = times.map(|time| x(frequency.at(time), temperature.at(time)));
                    [a.min(b), a.max(b)]
                } else {
                    let [coldest, hottest] = temperature.range(times);
                    [x(frequencies[0], hottest), x(frequencies[1], coldest)]
                };
                let of = |gamma: f64, n: f64| Rates { down: gamma * (1.0 + n), up: gamma * n, dephasing: 0.0 };
                [of(gammas[0], occupation(x_most)), of(gammas[1], occupation(x_least))]
            }
            Exchange::Given { down, up, .. } => {
                let (down, up) = (down.range(times), up.range(times));
                [0, 1].map(|end| Rates { down: down[end], up: up[end], dephasing: 0.0 })
            }
        };
        let dephasing = self.dephasing.range(times);
        let wide = |rates: Rates, dephasing: f64, factor: f64| Rates {
            down: rates.down * factor,
            up: rates.up * factor,
            dephasing: dephasing * factor,
        };
        Bounds {
            least: wide(exchanged_least, dephasing[0], 1.0 - MARGIN),
            most: wide(exchanged_most, dephasing[1], 1.0 + MARGIN),
        }
    }
}
