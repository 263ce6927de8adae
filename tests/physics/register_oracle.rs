//! The full 4^N Lindblad equation against the master equation of the ladder, and against an independent solver.

use crate::common::{golden, number, numbers};
use proptest::prelude::*;
use serde_json::Value;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Coherences, PopulationEquation, RegisterEquation, density};
use superjump::model::{Model, Register};
use superjump::units::Units;

fn equation(model: &Model) -> RegisterEquation {
    RegisterEquation::new(&Register::from(model)).unwrap()
}

/// The same initial state for both roads.
fn initial(n: i64, kind: u8, fraction: f64) -> (InitialState, density::DensityMatrix) {
    let qubits = usize::try_from(n).unwrap();
    let excited = (fraction * (n + 1) as f64).floor() as i64;
    let two_m = 2 * excited - n;
    let top = Level::new(n, n, n).unwrap();
    match kind {
        0 => {
            let text: String = (0..n).map(|qubit| if qubit < excited { '1' } else { '0' }).collect();
            (InitialState::Product { excited }, density::bits(&text).unwrap())
        }
        1 => (InitialState::Thermal { probability: fraction }, density::thermal(qubits, fraction)),
        2 => (InitialState::Dicke(top), density::dicke(qubits, n).unwrap()),
        3 => (InitialState::Dicke(Level { two_m, ..top }), density::dicke(qubits, two_m).unwrap()),
        _ => {
            let theta = std::f64::consts::PI * fraction;
            (InitialState::Coherent { theta, phi: 0.3 }, density::product(&vec![(theta, 0.3); qubits]))
        }
    }
}

/// Holds both roads together at each of the times.
fn agree(model: &Model, initial: &(InitialState, density::DensityMatrix), times: &[f64]) {
    let equation = equation(model);
    let exact = PopulationEquation::new(model, &initial.0).transient(times).unwrap();
    let transverse = Coherences::new(model, &initial.0, 1).transverse(times).unwrap();
    for ((rho, exact), (jx, jy)) in equation.transient(&initial.1, times).iter().zip(&exact).zip(transverse) {
        assert!((equation.jx(rho) - jx).abs() < 1e-11, "Jx: {}", equation.jx(rho) - jx);
        assert!((equation.jy(rho) - jy).abs() < 1e-11, "Jy: {}", equation.jy(rho) - jy);
        let now = exact.now;
        assert!((equation.emission(rho) - now.emission).abs() < 1e-11, "{}", equation.emission(rho) - now.emission);
        assert!((equation.jz(rho) - now.jz).abs() < 1e-11, "{}", equation.jz(rho) - now.jz);
        assert!((equation.j_squared(rho) - now.j_squared).abs() < 1e-11);
        assert!((equation.excited(rho) - 0.5 - now.jz / model.number as f64).abs() < 1e-11);
        for (index, bath) in model.baths.iter().enumerate() {
            for (oracle, linear) in [
                (equation.heat_current(index, rho), model.heat_current(bath)),
                (equation.intensity(index, rho), model.intensity(bath)),
            ] {
                let other = linear.at(now.emission, now.jz);
                assert!((oracle - other).abs() < 1e-11 * other.abs().max(1.0), "bath {index}: {oracle} {other}");
            }
        }
    }
}

fn rates() -> impl Strategy<Value = (f64, f64, f64)> {
    // A third of the channels is absent.
    let rate = || prop_oneof![1 => Just(0.0), 2 => 0.01..3.0];
    (rate(), rate(), rate())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_ladder_is_the_full_equation_of_identical_qubits(
        n in 1_i64..=5,
        si in any::<bool>(),
        frequency in 0.1..5.0,
        collective in rates(),
        local in rates(),
        kind in 0_u8..5,
        fraction in 0.0..1.0,
        times in proptest::collection::vec(0.0..2.0, 1..4),
    ) {
        let bath = |coupling, (down, up, dephasing): (f64, f64, f64)| {
            Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
        };
        let baths = vec![bath(Coupling::Collective, collective), bath(Coupling::Local, local)];
        let model = Model { units: if si { Units::Si } else { Units::Natural }, number: n, frequency, baths };
        let mut times = times;
        times.sort_by(f64::total_cmp);
        agree(&model, &initial(n, kind, fraction), &times);
    }
}

#[test]
fn a_stiff_equation_of_hot_baths_is_solved_too() {
    // gamma N^2 n t = 5000.
    let baths = vec![
        Bath::thermal("hot", Coupling::Collective, 1.0, 1.0 / 20.0, 20.0),
        Bath::thermal("weak", Coupling::Local, 0.01, 1.0, 1.0),
    ];
    let model = Model { units: Units::Natural, number: 5, frequency: 1.0, baths };
    agree(&model, &initial(5, 0, 0.4), &[0.1, 10.0]);
}

/// The model of a golden case; baths of rate 0 are left out.
fn model(case: &Value) -> Model {
    let kinds = [("hot", Coupling::Collective), ("cold", Coupling::Collective), ("parasitic", Coupling::Local)];
    let of = |what: &str, name: &str| case[format!("{what}_{name}")].as_f64();
    let bath = |(name, coupling): (&str, Coupling)| {
        let gamma = of("gamma", name).filter(|gamma| *gamma > 0.0)?;
        let temperature = of("T", name)?;
        Some(Bath::thermal(name, coupling, gamma, 1.0 / temperature, temperature))
    };
    Model {
        units: Units::Natural,
        number: case["N"].as_i64().unwrap(),
        frequency: 1.0,
        baths: kinds.into_iter().filter_map(bath).collect(),
    }
}

#[test]
fn golden_steady_states_and_their_noise_are_reproduced() {
    for case in golden("steady") {
        let model = model(&case);
        let equation = equation(&model);
        let rho = equation.steady_state().unwrap();
        let close = |value: f64, golden: &Value, what: &str| {
            let off = (value / number(golden) - 1.0).abs();
            assert!(off < 1e-8, "{}, {what}: {value}, off by {off:e}", case["name"]);
        };
        close(equation.jz(&rho), &case["Jz"], "Jz");
        close(equation.j_squared(&rho), &case["J2"], "J2");
        for (index, bath) in model.baths.iter().enumerate() {
            close(equation.heat_current(index, &rho), &case["heat_current"][&bath.name], &bath.name);
            if bath.coupling == Coupling::Collective {
                let (current, noise) = equation.current_and_noise(index).unwrap();
                close(current, &case["heat_current"][&bath.name], &bath.name);
                close(noise, &case["zero_frequency_noise"][&bath.name], &bath.name);
            }
        }
    }
}

#[test]
fn golden_transients_are_reproduced_with_their_phases() {
    for case in golden("transient") {
        let equation = equation(&model(&case));
        let n = usize::try_from(case["N"].as_u64().unwrap()).unwrap();
        let initial = match case["name"].as_str().unwrap() {
            "burst-6" | "burst-5-noisy" => density::dicke(n, n as i64).unwrap(),
            "coherent-4" => density::product(&[(std::f64::consts::FRAC_PI_3, 0.4); 4]),
            "product-1100" => density::bits("1100").unwrap(),
            other => panic!("no initial state for {other}"),
        };
        let columns = ["JpJm", "Jz", "Jx"].map(|column| numbers(&case[column]));
        for (sample, rho) in equation.transient(&initial, &numbers(&case["t"])).iter().enumerate() {
            let values = [equation.emission(rho), equation.jz(rho), equation.jx(rho)];
            for (value, column) in values.into_iter().zip(&columns) {
                let off = (value - column[sample]).abs();
                assert!(off < 1e-8, "{}, sample {sample}: {value}, off by {off:e}", case["name"]);
            }
        }
    }
}

/// The current from the hot one of two baths of this coupling into two qubits around a frequency of 1, with a local
/// bath of some rate beside them.
fn pair_current(coupling: Coupling, detuning: f64, parasitic: f64) -> f64 {
    let baths = vec![
        Bath::thermal("hot", coupling, 0.01, 1.0 / 2.0, 2.0),
        Bath::thermal("cold", coupling, 0.02, 1.0 / 0.5, 0.5),
        Bath::thermal("parasitic", Coupling::Local, parasitic, 1.0 / 0.2, 0.2),
    ];
    let model = Model { units: Units::Natural, number: 2, frequency: 1.0, baths };
    let mut register = Register::from(&model);
    register.frequencies = vec![1.0 + detuning / 2.0, 1.0 - detuning / 2.0];
    let equation = RegisterEquation::new(&register).unwrap();
    equation.heat_current(0, &equation.steady_state().unwrap())
}

#[test]
fn far_detuned_qubits_carry_heat_as_independent_ones() {
    // What couples the two through their baths averages out as (rate/detuning)^2.
    let distance = |detuning| {
        let independent = pair_current(Coupling::Local, detuning, 1e-3);
        (pair_current(Coupling::Collective, detuning, 1e-3) / independent - 1.0).abs()
    };
    assert!(distance(0.0) > 0.1, "{}", distance(0.0));
    assert!(distance(100.0) < 1e-6, "{}", distance(100.0));
    assert!((distance(1.0) / distance(10.0) / 100.0 - 1.0).abs() < 0.1, "{} {}", distance(1.0), distance(10.0));
}

#[test]
fn without_a_third_bath_any_detuning_makes_them_independent() {
    // A power of Gamma_up/Gamma_down to the number of excitations is steady under collective jumps, and H keeps it;
    // detuned, it is the only steady state, and it is a product.
    for detuning in [1e-3, 0.01, 1.0] {
        // Each carries omega gamma_h gamma_c (n_h - n_c)/(gamma_h (1 + 2 n_h) + gamma_c (1 + 2 n_c)).
        let (hot, cold) = (1.0 / 0.5_f64.exp_m1(), 1.0 / 2.0_f64.exp_m1());
        let one = 0.01 * 0.02 * (hot - cold) / (0.01 * (1.0 + 2.0 * hot) + 0.02 * (1.0 + 2.0 * cold));
        for coupling in [Coupling::Collective, Coupling::Local] {
            let off = pair_current(coupling, detuning, 0.0) / (2.0 * one) - 1.0;
            assert!(off.abs() < 1e-10, "{coupling:?} {detuning}: {off:e}");
        }
    }
}
