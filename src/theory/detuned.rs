//! Qubits of frequencies far apart: each alone between its baths (33)-(36), and the sum over them.

use crate::bath::{Bath, Coupling};
use crate::model::{Model, Rates};

use super::current::exchange;

/// The summed rates of all baths, collective and local, on one qubit alone: `up/down = exp(-T0/T*)` is (35).
///
/// The spontaneous part of the sum is `gamma_h + gamma_c + gamma_p`; the paper writes the first two as `2 gamma_k`,
/// for equal baths.
#[must_use]
pub fn lone_qubit_rates(model: &Model) -> Rates {
    // One qubit sees no pattern.
    let sum = |sum: Rates, coupling: Coupling| {
        let Rates { down, up, dephasing } = model.rates(coupling);
        Rates { down: sum.down + down, up: sum.up + up, dephasing: sum.dephasing + dephasing }
    };
    Coupling::ALL.into_iter().fold(Rates::default(), sum)
}

/// The steady current from a bath of the model, collective or local, into one qubit alone among all of them (36):
/// `up_b p_0 - down_b p_1` with the populations (34), in quanta per unit time. The currents of all baths add to zero.
#[must_use]
pub fn lone_qubit_current(model: &Model, bath: &Bath) -> f64 {
    let rates = lone_qubit_rates(model);
    let total = rates.down + rates.up;
    // p_1 = up/(up + down).
    if total == 0.0 { 0.0 } else { exchange(bath, model.baths.iter(), total) }
}

/// The heat current (36) from the baths of this name into detuned qubits, in
/// [`Units::heat_current`](crate::units::Units::heat_current).
///
/// Each group is a frequency with the rates that the baths have there. All its qubits are taken as independent, as
/// they are where no two share a frequency: one qubit a group is the paper's case. A group without the bath adds none.
#[must_use]
pub fn detuned_current(groups: &[Model], bath: &str) -> f64 {
    let of_group = |group: &Model| -> f64 {
        let heat = |bath: &Bath| lone_qubit_current(group, bath) * group.quantum_of(bath);
        group.number as f64 * group.baths.iter().filter(|b| b.name == bath).map(heat).sum::<f64>()
    };
    groups.iter().map(of_group).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{dense, independent_bath_current, inverse_temperature, mixture_current, weak_local_bath};
    use super::*;
    use crate::units::Units;

    fn natural(gamma_parasitic: f64) -> Model {
        let thermal = |name, coupling, gamma, t: f64| Bath::thermal(name, coupling, gamma, t.recip(), t);
        dense::model(
            1,
            vec![
                thermal("hot", Coupling::Collective, 1.0, 3.0),
                thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
                thermal("parasitic", Coupling::Local, gamma_parasitic, 0.5),
            ],
        )
    }

    /// The device of Fig. 6b at this parasitic temperature, in mK, one frequency of it, in GHz.
    fn device(number: i64, frequency: f64, gamma: f64, parasitic: f64) -> Model {
        let thermal = |name, coupling, gamma, t| {
            Bath::thermal(name, coupling, gamma, Units::Si.energy_over_temperature(frequency, t), t)
        };
        let baths = vec![
            thermal("hot", Coupling::Collective, gamma, 384.0),
            thermal("cold", Coupling::Collective, gamma, 96.0),
            thermal("parasitic", Coupling::Local, 0.01, parasitic),
        ];
        Model { units: Units::Si, number, frequency, baths }
    }

    #[test]
    fn equation_35_is_the_temperature_of_one_qubit_among_three_baths() {
        let model = natural(0.2);
        let n: Vec<f64> = [3.0, 1.0 / 3.0, 0.5_f64].iter().map(|t| 1.0 / (1.0 / t).exp_m1()).collect();
        let expected = (n[0] + n[1] + 0.2 * n[2]) / (n[0] + n[1] + 2.0 + 0.2 * (n[2] + 1.0));
        let x = inverse_temperature(lone_qubit_rates(&model));
        assert!(((-x).exp() / expected - 1.0).abs() < 1e-14);
        // The excited population is that of the full equation.
        let steady = dense::steady(&model);
        let excited: f64 = steady.iter().filter(|(level, _)| level.two_m == 1).map(|(_, p)| p).sum();
        assert!((excited - 1.0 / (1.0 + x.exp())).abs() < 1e-14);
    }

    #[test]
    fn equation_36_is_the_full_lindblad_equation_of_one_qubit() {
        // QuTiP 5.3.1.
        let model = natural(0.001);
        let expected = [0.345_972_510_712_560_85, -0.345_655_947_322_005_8, -0.000_316_563_390_545_598_7];
        for (bath, expected) in model.baths.iter().zip(expected) {
            assert!((lone_qubit_current(&model, bath) - expected).abs() < 1e-13, "{}", bath.name);
        }
        assert_eq!(lone_qubit_current(&dense::model(1, Vec::new()), &model.baths[0]), 0.0);
    }

    #[test]
    fn equation_36_of_the_detuned_pair_is_half_the_independent_current() {
        // (37) at half the resonance, Q = 20.
        let far = 1.0 / (1.0 + 400.0 * 2.25);
        for parasitic in [50.0, 450.0] {
            let pair = [device(1, 4.0, 1.0, parasitic), device(1, 2.0, far, parasitic)];
            let both = device(2, 4.0, 1.0, parasitic);
            let independent = both.quantum() * independent_bath_current(&both, &both.baths[0]);
            assert!((independent - 1.361).abs() < 5e-4);
            let ratio = 2.0 * detuned_current(&pair, "hot") / independent;
            assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
            let total: f64 = ["hot", "cold", "parasitic"].iter().map(|bath| detuned_current(&pair, bath)).sum();
            assert!(total.abs() < 1e-15);
            // And the weak bath is close to the full model of Fig. 6b: 1.538 fW and 1.308 fW.
            let sectors = weak_local_bath(&both).unwrap();
            let collective = both.quantum() * mixture_current(&both, &both.baths[0], &sectors);
            let full = if parasitic < 100.0 { 1.538 } else { 1.308 };
            assert!((collective / full - 1.0).abs() < 0.02, "{collective}");
        }
    }
}
