//! Driven and twisted qubits on the ladder, exactly: against the full equation, closed forms, and at larger N.
#![allow(missing_docs)]

use num_complex::Complex64;
use proptest::prelude::*;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{
    Coherences, Counting, Driven, DrivenAverages, Effort, Populations, RegisterEquation, SteadyError, density,
};
use superjump::model::{Drive, Hamiltonian, Model, Register};
use superjump::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None }
}

fn equation(model: &Model, hamiltonian: Hamiltonian) -> RegisterEquation {
    let Hamiltonian { drive, chi } = hamiltonian;
    RegisterEquation::new(&Register { drive, chi, ..Register::from(model) }).unwrap()
}

/// Holds both roads together in one state: to 1e-10, what the transient of the ladder promises.
fn agree(equation: &RegisterEquation, rho: &density::DensityMatrix, found: &DrivenAverages) {
    let now = found.exact.now;
    for (what, oracle, other) in [
        ("emission", equation.emission(rho), now.emission),
        ("Jz", equation.jz(rho), now.jz),
        ("J^2", equation.j_squared(rho), now.j_squared),
        ("Jx", equation.jx(rho), found.jx),
        ("Jy", equation.jy(rho), found.jy),
    ] {
        assert!((oracle - other).abs() < 1e-10, "{what}: {oracle} {other}, off by {:e}", oracle - other);
    }
}

fn rates() -> impl Strategy<Value = (f64, f64, f64)> {
    // A third of the channels is absent.
    let rate = || prop_oneof![1 => Just(0.0), 2 => 0.01..3.0];
    (rate(), rate(), rate())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn transients_are_those_of_the_full_equation(
        n in 1_i64..=5,
        si in any::<bool>(),
        driven in any::<bool>(),
        (amplitude, detuning, chi) in (-2.0..2.0, -2.0..2.0, -0.5..0.5),
        collective in rates(),
        local in rates(),
        kind in 0_u8..5,
        fraction in 0.0..1.0,
        times in proptest::collection::vec(0.0..2.0, 1..4),
    ) {
        let of = |coupling, (down, up, dephasing): (f64, f64, f64)| bath(coupling, down, up, dephasing);
        let baths = vec![of(Coupling::Collective, collective), of(Coupling::Local, local)];
        let model = Model { units: if si { Units::Si } else { Units::Natural }, number: n, frequency: 0.7, baths };
        let hamiltonian = Hamiltonian { drive: driven.then_some(Drive { amplitude, detuning }), chi };
        let excited = f64::floor(fraction * (n + 1) as f64) as i64;
        let initial = match kind {
            0 => InitialState::Product { excited },
            1 => InitialState::Thermal { probability: fraction },
            2 => InitialState::Dicke(Level::new(n, n, 2 * excited - n).unwrap()),
            3 => InitialState::Ghz { phase: fraction },
            _ => InitialState::Coherent { theta: std::f64::consts::PI * fraction, phi: 0.3 },
        };
        let mut times = times;
        times.sort_by(f64::total_cmp);
        let equation = equation(&model, hamiltonian);
        let start = density::of(&initial, n as usize).unwrap();
        let found = Driven::new(&model, &hamiltonian, &initial).transient(&times).unwrap();
        for ((rho, integral), found) in equation.transient_with_integrals(&start, &times).iter().zip(&found) {
            agree(&equation, rho, found);
            let off = [
                equation.emission(integral) - found.exact.emission_integral,
                equation.jz(integral) - found.exact.jz_integral,
            ];
            prop_assert!(off.iter().all(|off| off.abs() < 1e-10), "{off:?}");
        }
    }
}

fn valve(number: i64) -> Model {
    let baths = vec![
        bath(Coupling::Collective, 1.3, 0.4, 0.1),
        bath(Coupling::Collective, 0.7, 0.02, 0.0),
        bath(Coupling::Local, 1e-3, 1e-4, 2e-3),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

const DRIVEN: Hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 1.7, detuning: 0.4 }), chi: 0.2 };

#[test]
fn steady_states_are_those_of_the_full_equation() {
    for n in 1..=4 {
        let model = valve(n);
        let equation = equation(&model, DRIVEN);
        let initial = InitialState::Dicke(Level::ground(n));
        // The full equation's own error: 1e-16 of the fastest rate over the slowest, 1e4.
        agree(
            &equation,
            &equation.steady_state().unwrap(),
            &Driven::new(&model, &DRIVEN, &initial).steady_state().unwrap(),
        );
    }
}

/// Of a bath of each kind, with a drive, with twisting alone and without either.
#[test]
fn the_noise_is_that_of_the_full_equation() {
    let chi = Hamiltonian { drive: None, chi: 0.2 };
    for n in 1..=4 {
        let model = valve(n);
        let initial = InitialState::Dicke(Level::ground(n));
        for hamiltonian in [DRIVEN, chi, Hamiltonian::default()] {
            let (equation, driven) = (equation(&model, hamiltonian), Driven::new(&model, &hamiltonian, &initial));
            let steady = driven.steady().unwrap();
            for bath in 0..3 {
                let (current, noise) = equation.current_and_noise(bath).unwrap();
                // The full equation's own error: 1e-16 of the fastest rate over the slowest, 1e4, twice.
                assert!((steady.current(bath) - current).abs() < 1e-10, "{n}, {bath}");
                let found = steady.noise(bath).unwrap();
                assert!((found / noise - 1.0).abs() < 1e-8, "{n}, {bath}: {found} {noise}");
                let long = steady.windowed_noise(bath, 1e8).unwrap();
                assert!((long / noise - 1.0).abs() < 1e-3, "{n}, {bath}: {long} {noise}");
            }
        }
    }
}

#[test]
fn without_a_drive_counts_are_those_of_the_populations() {
    let model = valve(9);
    let initial = InitialState::Dicke(Level::ground(9));
    let (driven, equation) =
        (Driven::new(&model, &Hamiltonian::default(), &initial), Populations::new(&model, &initial));
    let (steady, counting) = (driven.steady().unwrap(), Counting::new(&equation).unwrap());
    for bath in 0..3 {
        for window in [0.1, 3.0, 200.0] {
            let (a, b) = (steady.windowed_noise(bath, window).unwrap(), counting.windowed_noise(bath, window).unwrap());
            assert!((a / b - 1.0).abs() < 1e-7, "{bath}, {window}: {a} {b}");
        }
    }
}

fn cold(number: i64, rate: f64) -> Model {
    let baths = vec![bath(Coupling::Collective, rate, 0.0, 0.0)];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// Bloch's equations: the slowest mode of one qubit at resonance decays at gamma/2; far off resonance the slowest is
/// the pair of its dipole, at gamma/2 and +-i Delta, farther from zero than the population at gamma. A drive far
/// stronger than N gamma turns a spin of any length so fast about x that `<J_x>` alone stays, and decays at gamma/2.
#[test]
fn the_slowest_mode_is_found_whatever_it_turns_at() {
    let time = |number, rate, amplitude, detuning| {
        let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude, detuning }), chi: 0.0 };
        let initial = InitialState::Dicke(Level::ground(number));
        Driven::new(&cold(number, rate), &hamiltonian, &initial).relaxation_time().unwrap()
    };
    for (amplitude, detuning) in [(0.1, 0.0), (3.0, 0.0), (0.0, 30.0)] {
        let found = time(1, 0.2, amplitude, detuning);
        assert!((found - 10.0).abs() < 1e-9, "{amplitude}, {detuning}: {found}");
    }
    assert!((time(12, 0.2, 3000.0, 0.0) - 10.0).abs() < 1e-3);
    assert!((time(10, 0.2, 3.0, 0.0) - 9.16).abs() < 0.05, "{}", time(10, 0.2, 3.0, 0.0));
}

/// A time crystal that takes 9.2 to come to rest: four digits of the full generator's own solution in a dense basis.
#[test]
fn the_noise_of_a_time_crystal() {
    let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 3.0, detuning: 0.0 }), chi: 0.0 };
    let driven = Driven::new(&cold(10, 0.2), &hamiltonian, &InitialState::Dicke(Level::ground(10)));
    let noise = driven.steady().unwrap().noise(0).unwrap();
    assert!((noise - 9.092).abs() < 1e-3, "{noise}");
}

#[test]
fn without_a_local_bath_every_sector_keeps_its_weight() {
    let mut model = valve(4);
    model.baths.truncate(2);
    let initial = InitialState::Product { excited: 1 };
    let driven = Driven::new(&model, &DRIVEN, &initial);
    let steady = driven.steady_state().unwrap();
    // So does the transient, which ends there.
    let late = driven.transient(&[60.0]).unwrap()[0];
    assert!((steady.exact.now.jz - late.exact.now.jz).abs() < 1e-10);
    assert!((steady.exact.now.j_squared - (0.25 * 6.0 + 0.75 * 2.0)).abs() < 1e-12);
    assert!((steady.jx - late.jx).abs() < 1e-10 && (steady.jy - late.jy).abs() < 1e-10);

    model.baths.clear();
    let nothing = Driven::new(&model, &DRIVEN, &initial).steady_state();
    assert!(matches!(nothing, Err(SteadyError::NotUnique(_))), "{nothing:?}");
}

#[test]
fn without_a_drive_it_is_the_populations_and_the_coherences() {
    let model = valve(12);
    let initial = InitialState::Coherent { theta: 1.0, phi: 0.4 };
    let times = [0.1, 1.0, 5.0];
    let found = Driven::new(&model, &Hamiltonian::default(), &initial).transient(&times).unwrap();
    let populations = Populations::new(&model, &initial).transient(&times).unwrap();
    let transverse = Coherences::new(&model, &initial, 1).transverse(&times).unwrap();
    for ((found, exact), (jx, jy)) in found.iter().zip(&populations).zip(transverse) {
        assert!((found.exact.now.emission - exact.now.emission).abs() < 1e-9);
        assert!((found.exact.emission_integral - exact.emission_integral).abs() < 1e-9);
        assert!((found.exact.now.j_squared - exact.now.j_squared).abs() < 1e-9);
        assert!((found.jx - jx).abs() < 1e-10 && (found.jy - jy).abs() < 1e-10);
    }
}

/// `<J_z>` of cooperative resonance fluorescence, H = Omega J_x and L = sqrt(gamma) J_-: with X = J_- + c and
/// |c| = Omega/gamma the steady state is X^-1 (X^-1)^dagger, normalized (Puri and Lawande, Phys. Lett. A 72, 200
/// (1979); L and H may be shifted by a number so that H vanishes).
fn puri_lawande(n: i64, omega: f64, gamma: f64) -> f64 {
    let c = Complex64::new(0.0, omega / gamma);
    let d = n as usize + 1;
    let (mut trace, mut mean) = (0.0, 0.0);
    for column in 0..d {
        // X x = e_column, from the top down: J_- feeds a level from the one above it.
        let mut above = Complex64::ZERO;
        for a in (0..d).rev() {
            let lowering = (((a + 1) * (d - 1 - a)) as f64).sqrt();
            let b = if a == column { Complex64::ONE } else { Complex64::ZERO };
            above = (b - above * lowering) / c;
            trace += above.norm_sqr();
            mean += above.norm_sqr() * (a as f64 - n as f64 / 2.0);
        }
    }
    mean / trace
}

#[test]
fn sixty_driven_qubits_rest_in_the_closed_form_of_resonance_fluorescence() {
    for (n, omega) in [(1, 0.7), (2, 3.0), (20, 6.0), (60, 15.0), (60, 40.0)] {
        let model = Model {
            units: Units::Natural,
            number: n,
            frequency: 1.0,
            baths: vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)],
        };
        let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: omega, detuning: 0.0 }), chi: 0.0 };
        let initial = InitialState::Dicke(Level::ground(n));
        assert!(Driven::affordable(&model, &initial, Effort::Transient).is_ok());
        let steady = Driven::new(&model, &hamiltonian, &initial).steady_state().unwrap();
        let exact = puri_lawande(n, omega, 1.0);
        // The largest sum, over X^-1, loses some digits below the critical drive, where its terms span many decades.
        assert!((steady.exact.now.jz - exact).abs() < 1e-9 * n as f64, "{n}, {omega}: {} {exact}", steady.exact.now.jz);
    }
}

#[test]
fn what_is_too_large_is_refused_by_its_size() {
    let symmetric = InitialState::Dicke(Level::ground(60));
    let mut model = valve(60);
    let refused = Driven::affordable(&model, &symmetric, Effort::Transient).unwrap_err();
    assert!(refused.to_string().contains("39711"), "{refused}");
    model.baths.truncate(2);
    assert_eq!(Driven::states(&model, &symmetric), 61 * 61);
    assert!(
        Driven::affordable(&valve(1_000_000), &InitialState::Dicke(Level::ground(1_000_000)), Effort::Steady).is_err()
    );
}
