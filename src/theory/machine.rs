//! What qubits are between baths that exchange quanta of different energies, by the signs of what flows.
//!
//! Work is done on the qubits and heat goes into them. Niedenzu and Kurizki, New J. Phys. 20, 113038 (2018): an engine
//! where the hot bath has the larger occupation at the energy that it exchanges, with the efficiency `1 - omega_c/omega_h`
//! if nothing else takes quanta.

use crate::bath::Bath;
use crate::model::Model;
use crate::quantity::Quantity;

/// Why driven qubits are judged by nothing.
pub const DRIVEN: &str = "a drive does work as well, of which there is no record";

/// Why they are judged by nothing where estimates do not tell signs.
pub const UNCLEAR: &str = "the signs of work and heats do not stand out of their errors";
/// So many standard errors away from zero a sign counts as found.
pub const FOUND: f64 = 5.0;
/// So many of what stands below in a quotient.
pub const BELOW: f64 = 10.0;

/// Why qubits are judged by nothing where the temperature of a bath is no single one.
#[must_use]
pub fn no_one_temperature(bath: &str) -> String {
    format!(
        "bath \"{bath}\" does not have one temperature wherever it acts, so that its heats are not those of one bath"
    )
}

/// What qubits do with work and heat in their steady state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// It does work.
    Engine,
    /// Work takes heat from the coldest baths.
    Refrigerator,
    /// Work is spent on what would go by itself: heat from the hottest baths to the coldest.
    Accelerator,
    /// Work becomes heat of the baths.
    Heater,
}

/// What a machine is judged by: a quotient of the work, and the heat of some baths.
#[derive(Clone, Debug, PartialEq)]
pub struct Merit {
    /// Its name.
    pub quantity: Quantity,
    /// Whether the heat of a bath counts, bath by bath.
    pub counts: Vec<bool>,
}

impl Machine {
    /// By 1/T of each bath, what is done on the qubits and the heat of each bath, in one unit; `None` where nothing is done.
    #[must_use]
    pub fn of(inverse: &[Option<f64>], power: f64, heat: &[f64]) -> Option<Self> {
        let (hottest, coldest) = (hottest(inverse), coldest(inverse));
        let [hot, cold] = [&hottest, &coldest].map(|baths| total(baths, heat));
        match power {
            power if power < 0.0 => Some(Machine::Engine),
            // At one temperature no bath is cold.
            power if power > 0.0 && hottest == coldest => Some(Machine::Heater),
            power if power > 0.0 && cold > 0.0 => Some(Machine::Refrigerator),
            power if power > 0.0 && hot > 0.0 => Some(Machine::Accelerator),
            power if power > 0.0 => Some(Machine::Heater),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Machine::Engine => "engine",
            Machine::Refrigerator => "refrigerator",
            Machine::Accelerator => "accelerator",
            Machine::Heater => "heater",
        }
    }

    /// What it does, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Machine::Engine => "an engine: heat does work",
            Machine::Refrigerator => "a refrigerator: work takes heat from the coldest bath",
            Machine::Accelerator => "an accelerator: work is spent, and heat goes from the hottest bath to the coldest",
            Machine::Heater => "a heater: work becomes heat of the baths",
        }
    }

    /// What it is judged by, with 1/T and the heat of each bath: the efficiency, work done over the heat of all baths that give
    /// any; or the coefficient of performance, heat of the coldest baths over work spent.
    #[must_use]
    pub fn merit(self, inverse: &[Option<f64>], heat: &[f64]) -> Option<Merit> {
        match self {
            Machine::Engine => {
                let counts = heat.iter().map(|heat| *heat > 0.0).collect();
                Some(Merit { quantity: Quantity::Efficiency, counts })
            }
            Machine::Refrigerator => {
                Some(Merit { quantity: Quantity::CoefficientOfPerformance, counts: coldest(inverse) })
            }
            Machine::Accelerator | Machine::Heater => None,
        }
    }
}

impl Merit {
    /// The heat that counts, of that of each bath.
    #[must_use]
    pub fn heat(&self, heat: &[f64]) -> f64 {
        total(&self.counts, heat)
    }

    /// Its value, from what is done on the qubits and the heat of each bath.
    #[must_use]
    pub fn of(&self, power: f64, heat: &[f64]) -> f64 {
        self.value(power, self.heat(heat))
    }

    /// Its value, from what is done on the qubits and the heat that counts.
    #[must_use]
    pub fn value(&self, power: f64, heat: f64) -> f64 {
        if self.quantity == Quantity::Efficiency { -power / heat } else { heat / power }
    }

    /// How it changes with either, there.
    #[must_use]
    pub fn slopes(&self, power: f64, heat: f64) -> [f64; 2] {
        let value = self.value(power, heat);
        if self.quantity == Quantity::Efficiency {
            [-heat.recip(), -value / heat]
        } else {
            [-value / power, power.recip()]
        }
    }
}

/// 1/T of each bath of a model, by its rates where it was given none; `None` without exchange of quanta.
#[must_use]
pub fn inverse_temperatures(model: &Model) -> Vec<Option<f64>> {
    model.baths.iter().map(|bath| inverse_temperature(model, bath)).collect()
}

fn inverse_temperature(model: &Model, bath: &Bath) -> Option<f64> {
    let energy = bath.energy(model.frequency);
    let by_temperature = |t| model.units.energy_over_temperature(energy, t) / energy;
    let by_rates = || libm::log(bath.down / bath.up) / energy;
    (bath.down + bath.up > 0.0).then(|| bath.temperature.map_or_else(by_rates, by_temperature))
}

fn hottest(inverse: &[Option<f64>]) -> Vec<bool> {
    extreme(inverse, f64::min)
}

fn coldest(inverse: &[Option<f64>]) -> Vec<bool> {
    extreme(inverse, f64::max)
}

/// Which baths have the extreme 1/T.
fn extreme(inverse: &[Option<f64>], of: fn(f64, f64) -> f64) -> Vec<bool> {
    let end = inverse.iter().flatten().copied().reduce(of);
    inverse.iter().map(|own| own.is_some() && *own == end).collect()
}

fn total(counts: &[bool], heat: &[f64]) -> f64 {
    heat.iter().zip(counts).filter(|(_, counts)| **counts).map(|(heat, _)| heat).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{dense, sector_current};
    use super::*;
    use crate::bath::Coupling;

    /// Baths of T = 4 and T = 1 at these energies, and what qubits of one sector do between them.
    fn between(hot: f64, cold: f64) -> (Model, f64, Vec<f64>) {
        let bath = |name, energy: f64, t: f64| Bath {
            quantum: Some(energy),
            ..Bath::thermal(name, Coupling::Collective, 1.0, energy / t, t)
        };
        let model = dense::model(4, vec![bath("hot", hot, 4.0), bath("cold", cold, 1.0)]);
        let quanta: Vec<f64> = model.baths.iter().map(|bath| sector_current(&model, bath, 4)).collect();
        let heat: Vec<f64> = quanta.iter().zip(&model.baths).map(|(i, bath)| i * model.quantum_of(bath)).collect();
        (model, -heat.iter().sum::<f64>(), heat)
    }

    /// Where omega_h/omega_c passes T_h/T_c = 4 an engine turns into a refrigerator; below 1 nothing is gained.
    #[test]
    fn the_signs_tell_the_machine_and_quanta_its_merit() {
        let (model, power, heat) = between(1.5, 0.5);
        let merit = Machine::of(&inverse_temperatures(&model), power, &heat)
            .unwrap()
            .merit(&inverse_temperatures(&model), &heat)
            .unwrap();
        assert_eq!((merit.quantity, merit.counts.as_slice()), (Quantity::Efficiency, &[true, false][..]));
        assert!((merit.of(power, &heat) - (1.0 - 0.5 / 1.5)).abs() < 1e-15);
        let (model, power, heat) = between(3.0, 0.5);
        assert_eq!(Machine::of(&inverse_temperatures(&model), power, &heat), Some(Machine::Refrigerator));
        let merit = Machine::Refrigerator.merit(&inverse_temperatures(&model), &heat).unwrap();
        assert!((merit.of(power, &heat) - 0.5 / 2.5).abs() < 1e-15);
        let (model, power, heat) = between(0.5, 1.5);
        assert_eq!(Machine::of(&inverse_temperatures(&model), power, &heat), Some(Machine::Accelerator));
        assert_eq!(Machine::Accelerator.merit(&inverse_temperatures(&model), &heat), None);
        assert_eq!(Machine::of(&inverse_temperatures(&model), 0.3, &[-0.1, -0.2]), Some(Machine::Heater));
        assert_eq!(Machine::of(&inverse_temperatures(&model), 0.0, &[0.1, -0.1]), None);
    }

    #[test]
    fn slopes_are_differences() {
        for quantity in [Quantity::Efficiency, Quantity::CoefficientOfPerformance] {
            let merit = Merit { quantity, counts: vec![] };
            let step = 1e-6;
            let [by_power, by_heat] = merit.slopes(-0.7, 1.3);
            let of_power = (merit.value(-0.7 + step, 1.3) - merit.value(-0.7 - step, 1.3)) / (2.0 * step);
            let of_heat = (merit.value(-0.7, 1.3 + step) - merit.value(-0.7, 1.3 - step)) / (2.0 * step);
            assert!((by_power - of_power).abs() < 1e-9 && (by_heat - of_heat).abs() < 1e-9, "{quantity:?}");
        }
    }
}
