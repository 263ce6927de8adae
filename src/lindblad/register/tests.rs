use ndarray::Array2;
use num_complex::Complex64;

use super::*;
use crate::bath::Coupling;
use crate::lindblad::density;
use crate::model::{Drive, Model};
use crate::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
}

fn register(number: i64, baths: Vec<Bath>) -> Register {
    Register::from(&Model { units: Units::Natural, number, frequency: 0.9, baths })
}

fn equation(register: &Register) -> RegisterEquation {
    RegisterEquation::new(register).unwrap()
}

/// Three unlike qubits with every channel and exchange.
fn unlike() -> Register {
    let baths = vec![bath(Coupling::Collective, 1.7, 0.6, 0.3), bath(Coupling::Local, 0.2, 0.5, 0.8)];
    let mut unlike = register(3, baths);
    unlike.frequencies = vec![0.9, 1.3, -0.4];
    unlike.couplings = vec![1.0, 0.5, -0.7];
    unlike.exchange = Array2::from_shape_fn((3, 3), |(i, j)| if i == j { 0.0 } else { 0.3 * (i + j) as f64 });
    unlike
}

#[test]
fn one_qubit_relaxes_and_precesses_as_the_bloch_equations_say() {
    let (down, up, dephasing) = (1.7, 0.6, 0.8);
    for coupling in [Coupling::Collective, Coupling::Local] {
        let equation = equation(&register(1, vec![bath(coupling, down, up, dephasing)]));
        let (theta, phi) = (0.7_f64, 0.4_f64);
        let times = [0.0, 0.3, 2.0, 15.0];
        for (t, rho) in times.iter().zip(equation.transient(&density::product(&[(theta, phi)]), &times)) {
            let steady = (up - down) / (up + down);
            let jz = 0.5 * (steady + (theta.cos() - steady) * (-(up + down) * t).exp());
            assert!((equation.jz(&rho) - jz).abs() < 1e-13, "{t}");
            // The dephasing operator sigma_z/2 of rate kappa damps coherence at kappa/2.
            let transverse = 0.5 * theta.sin() * (-(up + down + dephasing) / 2.0 * t).exp();
            assert!((equation.jx(&rho) - transverse * (phi + 0.9 * t).cos()).abs() < 1e-13, "{t}");
            assert!((equation.jy(&rho) - transverse * (phi + 0.9 * t).sin()).abs() < 1e-13, "{t}");
            assert!((equation.excited(&rho) - (0.5 + jz)).abs() < 1e-13);
            assert!((equation.emission(&rho) - (0.5 + jz)).abs() < 1e-13);
            assert!((equation.j_squared(&rho) - 0.75).abs() < 1e-13);
        }
        let rho = equation.steady_state().unwrap();
        assert!((equation.excited(&rho) - up / (up + down)).abs() < 1e-14);
        assert!((equation.intensity(0, &rho) - down * up / (up + down)).abs() < 1e-14);
        assert!(equation.heat_current(0, &rho).abs() < 1e-14);
    }
}

#[test]
fn the_counts_of_one_qubit_between_two_baths_have_the_noise_of_an_alternating_renewal() {
    // Only absorption from the first, at rate a, and emission into the second, at rate b, in turn:
    // I = ab/(a+b), S = I (a^2 + b^2)/(a+b)^2.
    let (a, b) = (0.7, 1.9);
    let baths = vec![bath(Coupling::Local, 0.0, a, 0.0), bath(Coupling::Collective, b, 0.0, 0.0)];
    let equation = equation(&register(1, baths));
    let current = a * b / (a + b);
    let noise = current * (a * a + b * b) / (a + b).powi(2);
    for (bath, sign) in [(0, 1.0), (1, -1.0)] {
        let (i, s) = equation.current_and_noise(bath).unwrap();
        assert!((i - sign * current).abs() < 1e-14 && (s - noise).abs() < 1e-14, "{i} {s}");
    }
}

#[test]
fn two_qubits_in_a_product_state_emit_only_through_their_triplet() {
    // |eg>: half of it is dark; the other half leaves |J = 1, M = 0> at the rate 2.
    let equation = equation(&register(2, vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)]));
    let times = [0.0, 0.4, 3.0, 30.0];
    for (t, rho) in times.iter().zip(equation.transient(&density::bits("10").unwrap(), &times)) {
        let bright = 0.5 * (-2.0 * t).exp();
        assert!((equation.emission(&rho) - 2.0 * bright).abs() < 1e-13, "{t}");
        assert!((equation.jz(&rho) - (bright - 0.5)).abs() < 1e-13, "{t}");
        assert!((equation.j_squared(&rho) - 1.0).abs() < 1e-13, "{t}");
    }
}

#[test]
fn exchange_swaps_an_excitation_and_unequal_couplings_choose_what_is_bright() {
    let mut pair = register(2, vec![]);
    pair.exchange = Array2::from_shape_fn((2, 2), |(i, j)| if i == j { 0.0 } else { 0.25 });
    let swapped = equation(&pair).transient(&density::bits("10").unwrap(), &[std::f64::consts::PI / 0.5]);
    assert!((&swapped[0] - &density::bits("01").unwrap()).iter().all(|value| value.norm() < 1e-13));

    // g = (3, 4): the state proportional to 3|eg> + 4|ge> decays at 25, that of 4|eg> - 3|ge> not at all.
    let mut pair = register(2, vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)]);
    pair.couplings = vec![3.0, 4.0];
    let equation = equation(&pair);
    for (first, second, rate) in [(3.0, 4.0, 25.0), (4.0, -3.0, 0.0)] {
        let rho = density::from_state(&[0.0, first, second, 0.0].map(Complex64::from)).unwrap();
        assert!((equation.intensity(0, &rho) - rate).abs() < 1e-13);
        let later = &equation.transient(&rho, &[0.05])[0];
        assert!((equation.excited(later) - 0.5 * (-rate * 0.05).exp()).abs() < 1e-13);
    }
}

#[test]
fn trace_hermiticity_and_positivity_are_preserved() {
    let equation = equation(&unlike());
    let dimension = 8;
    for initial in [density::ghz(3), density::product(&[(0.3, 1.0), (1.3, -2.0), (2.9, 0.1)])] {
        for rho in equation.transient(&initial, &[0.1, 1.0, 10.0]) {
            assert!((rho.diag().sum() - 1.0).norm() < 1e-13);
            assert!((&rho - &rho.t().mapv(|value| value.conj())).iter().all(|value| value.norm() < 1e-14));
            let matrix = faer::Mat::from_fn(dimension, dimension, |row, column| rho[(row, column)]);
            let eigenvalues = matrix.self_adjoint_eigenvalues(faer::Side::Lower).unwrap();
            assert!(eigenvalues.iter().all(|value| *value > -1e-14), "{eigenvalues:?}");
        }
    }
}

#[test]
fn the_transient_ends_in_the_steady_state_and_the_first_law_holds_on_the_way() {
    let equation = equation(&unlike());
    let steady = equation.steady_state().unwrap();
    let late = equation.transient(&density::ghz(3), &[100.0]).remove(0);
    assert!((&steady - &late).iter().all(|value| value.norm() < 1e-12));
    for rho in equation.transient(&density::ghz(3), &[0.0, 0.2, 1.0]).iter().chain([&steady]) {
        let heat: f64 = (0..2).map(|bath| equation.heat_current(bath, rho)).sum();
        let change = equation.energy.trace(&equation.right_hand_side(rho)).re;
        assert!((heat - change).abs() < 1e-13, "{heat} {change}");
    }
    assert!(equation.heat_current(0, &steady).abs() > 1e-2);
}

#[test]
fn the_heat_current_of_identical_qubits_is_equation_22() {
    let (down, up) = (1.7, 0.6);
    let si = |model: Model| Model { units: Units::Si, ..model };
    for convert in [|model| model, si] {
        for coupling in [Coupling::Collective, Coupling::Local] {
            let baths = vec![bath(coupling, down, up, 0.4)];
            let model = convert(Model { units: Units::Natural, number: 3, frequency: 0.9, baths });
            let equation = equation(&Register::from(&model));
            let rho = density::product(&[(0.3, 1.0), (1.3, -2.0), (2.9, 0.1)]);
            let (emission, jz) = (equation.emission(&rho), equation.jz(&rho));
            let (lost, gained) = match coupling {
                Coupling::Collective => (emission, emission - 2.0 * jz),
                Coupling::Local => (1.5 + jz, 1.5 - jz),
            };
            let expected = model.units.quantum(0.9) * (up * gained - down * lost);
            assert!((equation.heat_current(0, &rho) - expected).abs() < 1e-13, "{coupling:?}");
            assert!((equation.intensity(0, &rho) - down * lost).abs() < 1e-13, "{coupling:?}");
        }
    }
}

#[test]
fn a_steady_state_that_is_not_unique_is_refused() {
    let collective = || bath(Coupling::Collective, 1.0, 0.4, 0.2);
    for (number, baths) in [
        (1, vec![]),
        (1, vec![bath(Coupling::Local, 0.0, 0.0, 1.0)]),
        (2, vec![collective()]),
        (4, vec![collective(), bath(Coupling::Collective, 3.0, 0.0, 0.0)]),
        (3, vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)]),
        (3, vec![bath(Coupling::Local, 0.0, 0.0, 1.0)]),
    ] {
        let result = equation(&register(number, baths)).steady_state();
        assert!(matches!(result, Err(RegisterError::NotUnique(gap)) if gap < 1e-13), "{number}: {result:?}");
    }
    // With one bath that breaks the symmetry, however weak, it is unique; so it is with unequal couplings.
    let weak = register(3, vec![collective(), bath(Coupling::Local, 1e-9, 1e-10, 0.0)]);
    assert!(equation(&weak).steady_state().is_ok());
    let mut unequal = register(2, vec![collective()]);
    unequal.couplings = vec![1.0, 0.5];
    assert!(equation(&unequal).steady_state().is_ok());
}

#[test]
fn what_is_no_register_is_refused() {
    let message = |change: fn(&mut Register)| {
        let mut changed = unlike();
        change(&mut changed);
        RegisterEquation::new(&changed).unwrap_err().to_string()
    };
    assert!(message(|r| r.couplings.truncate(2)).contains("per qubit"));
    assert!(message(|r| r.exchange[(0, 1)] = 5.0).contains("symmetric"));
    assert!(message(|r| r.exchange[(1, 1)] = 5.0).contains("diagonal"));
    assert!(message(|r| r.frequencies[0] = f64::NAN).contains("finite"));
    assert!(message(|r| r.baths[0].up = -1.0).contains("negative"));
    let large = RegisterEquation::new(&register(20, vec![])).unwrap_err().to_string();
    assert!(large.contains("20 qubits") && large.contains("1.8e13 bytes"), "{large}");
}

/// One qubit that a drive turns and a bath damps.
fn driven(amplitude: f64, detuning: f64, down: f64) -> Register {
    let mut one = register(1, vec![bath(Coupling::Local, down, 0.0, 0.0)]);
    one.drive = Some(Drive { amplitude, detuning });
    one
}

#[test]
fn a_drive_turns_one_qubit_as_rabi_says() {
    let (omega, delta) = (1.3_f64, 0.8_f64);
    let total = omega.hypot(delta);
    let equation = equation(&driven(omega, delta, 0.0));
    let times = [0.0, 0.4, 1.7, 12.0];
    for (t, rho) in times.iter().zip(equation.transient(&density::bits("0").unwrap(), &times)) {
        let excited = (omega / total).powi(2) * (total * t / 2.0).sin().powi(2);
        assert!((equation.excited(&rho) - excited).abs() < 1e-13, "{t}");
    }
}

#[test]
fn a_driven_and_damped_qubit_is_excited_as_the_optical_bloch_equations_say() {
    // rho_ee = (Omega^2/4)/(Delta^2 + gamma^2/4 + Omega^2/2).
    let (omega, delta, gamma) = (1.3, 0.8, 0.6);
    let equation = equation(&driven(omega, delta, gamma));
    let rho = equation.steady_state().unwrap();
    let excited = omega * omega / 4.0 / (delta * delta + gamma * gamma / 4.0 + omega * omega / 2.0);
    assert!((equation.excited(&rho) - excited).abs() < 1e-14);
    // What the drive puts in goes out as quanta of omega_0 = 0.9.
    assert!((equation.heat_current(0, &rho) + 0.9 * gamma * excited).abs() < 1e-14);
}

#[test]
fn twisting_turns_the_transverse_spin_of_a_coherent_state_back_and_forth() {
    // <J_x> = (N/2) cos^(N-1)(chi t) of a state that starts along x (Kitagawa and Ueda, 1993), rotating at omega_0.
    let mut three = register(3, vec![]);
    three.chi = 0.4;
    let equation = equation(&three);
    let start = density::product(&[(std::f64::consts::FRAC_PI_2, 0.0); 3]);
    let times = [0.0, 0.5, 3.0];
    for (t, rho) in times.iter().zip(equation.transient(&start, &times)) {
        let length = 1.5 * (0.4 * t).cos().powi(2);
        assert!((equation.jx(&rho) - length * (0.9 * t).cos()).abs() < 1e-13, "{t}");
        assert!((equation.jy(&rho) - length * (0.9 * t).sin()).abs() < 1e-13, "{t}");
    }
}

#[test]
fn the_integral_over_an_interval_solves_the_equation_too() {
    // L applied to the integral of rho is the change of rho.
    let mut all = unlike();
    all.drive = Some(Drive { amplitude: 0.7, detuning: -0.2 });
    all.chi = 0.3;
    let equation = equation(&all);
    let mut before = density::ghz(3);
    for (rho, integral) in equation.transient_with_integrals(&before, &[0.0, 0.2, 3.0]) {
        let change = equation.right_hand_side(&integral);
        assert!((&rho - &before - change).iter().all(|value| value.norm() < 1e-12));
        before = rho;
    }
    assert!((equation.steady_state().unwrap().diag().sum() - 1.0).norm() < 1e-12);
}
