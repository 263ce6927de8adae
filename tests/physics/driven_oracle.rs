//! Driven and twisted qubits on the ladder, exactly: against the full equation, closed forms, and at larger N.

use ndarray::{Array1, Array2};
use num_complex::Complex64;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{
    Coherences, Counting, Driven, DrivenAverages, Effort, PopulationEquation, RegisterEquation, SteadyError, density,
};
use superjump::model::{Drive, Hamiltonian, Model, Register};
use superjump::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
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

/// exp(tL) of the full equation as a matrix over the elements of rho: the equation itself over a short time, squared and
/// squared again.
fn propagator(equation: &RegisterEquation, dimension: usize, time: f64) -> Array2<Complex64> {
    let squarings = (time / 2.0).max(1.0).log2().ceil() as i32;
    let short = time / 2.0_f64.powi(squarings);
    let size = dimension * dimension;
    let mut matrix = Array2::zeros((size, size));
    for column in 0..size {
        let mut unit = Array2::zeros((dimension, dimension));
        unit[(column / dimension, column % dimension)] = Complex64::ONE;
        let image = &equation.transient(&unit, &[short])[0];
        matrix.column_mut(column).iter_mut().zip(image).for_each(|(to, from)| *to = *from);
    }
    (0..squarings).fold(matrix, |matrix, _| matrix.dot(&matrix))
}

/// An interval from 1e-3 to 1e4, all decades alike.
fn interval() -> impl Strategy<Value = f64> {
    (-3.0..4.0).prop_map(|exponent: f64| 10.0_f64.powf(exponent))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, rng_seed: RngSeed::Fixed(16), ..ProptestConfig::default() })]

    /// However long an interval, and however little is left of the memory of its beginning: what turns many times is not
    /// taken for what is gone.
    #[test]
    fn intervals_of_any_length_are_those_of_the_matrix_exponential(
        n in 1_i64..=3,
        driven in any::<bool>(),
        (amplitude, detuning, chi) in (-3.0..3.0, -2.0..2.0, -0.5..0.5),
        weak in prop_oneof![Just(1.0), Just(1e-3), Just(1e-6)],
        collective in rates(),
        local in rates(),
        theta in 0.0..3.1,
        intervals in proptest::collection::vec(interval(), 1..3),
    ) {
        let of = |coupling, (down, up, dephasing): (f64, f64, f64)| {
            bath(coupling, weak * down, weak * up, weak * dephasing)
        };
        let baths = vec![of(Coupling::Collective, collective), of(Coupling::Local, local)];
        let model = Model { units: Units::Natural, number: n, frequency: 0.7, baths };
        let hamiltonian = Hamiltonian { drive: driven.then_some(Drive { amplitude, detuning }), chi };
        let initial = InitialState::Coherent { theta, phi: 0.3 };
        let equation = equation(&model, hamiltonian);
        let mut rho = density::of(&initial, n as usize).unwrap();
        let mut times = Vec::new();
        let mut now = 0.0;
        for interval in &intervals {
            now += interval;
            times.push(now);
        }
        let found = Driven::new(&model, &hamiltonian, &initial).transient(&times).unwrap();
        let dimension = rho.nrows();
        for (interval, found) in intervals.iter().zip(&found) {
            let exponential = propagator(&equation, dimension, *interval);
            let flat: Array1<Complex64> = rho.iter().copied().collect();
            let after = exponential.dot(&flat).into_shape_with_order((dimension, dimension)).unwrap();
            // The full equation itself takes too long where much happens.
            if *interval < 50.0 {
                agree(&equation, &equation.transient(&rho, &[*interval])[0], found);
            }
            agree(&equation, &after, found);
            rho = after;
        }
    }
}

/// By the matrix exponential; a comparison of one long step with its two halves once gave -7.2e-6.
#[test]
fn a_weakly_damped_drive_is_followed_through_a_long_interval() {
    let baths = vec![bath(Coupling::Collective, 1e-3, 0.0, 0.0)];
    let model = Model { units: Units::Natural, number: 8, frequency: 1.0, baths };
    let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 1.0, detuning: 0.0 }), chi: 0.0 };
    let driven = Driven::new(&model, &hamiltonian, &InitialState::Dicke(Level::ground(8)));
    let long = driven.transient(&[100.0]).unwrap()[0];
    assert!((long.exact.now.jz + 3.194_97).abs() < 5e-6, "{}", long.exact.now.jz);
    let times: Vec<f64> = (1..=400).map(|k| 0.25 * f64::from(k)).collect();
    let short = driven.transient(&times).unwrap()[399];
    assert!((long.exact.now.jz - short.exact.now.jz).abs() < 1e-10);
}

/// Without a bath: Rabi's formula, at any time.
#[test]
fn one_qubit_turns_as_often_as_rabi_says() {
    let model = Model { units: Units::Natural, number: 1, frequency: 1.0, baths: Vec::new() };
    let (amplitude, detuning) = (0.8, 0.6);
    let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude, detuning }), chi: 0.0 };
    for time in [1e-3, 1.0, 70.0, 75.0, 1e3, 1e4_f64] {
        let found = Driven::new(&model, &hamiltonian, &InitialState::Dicke(Level::ground(1))).transient(&[time]);
        let excited = 0.5 + found.unwrap()[0].exact.now.jz;
        // The frequency is hypot(amplitude, detuning) = 1.
        let exact = amplitude * amplitude * (time / 2.0).sin().powi(2);
        assert!((excited - exact).abs() < 1e-10, "t = {time}: {excited} {exact}");
    }
}

/// Kitagawa and Ueda: `<J_+> = N/2 cos^(N-1)(chi t)` of a coherent state on the equator, turned back and forth for ever.
#[test]
fn twisting_is_followed_through_one_long_interval() {
    let model = Model { units: Units::Natural, number: 8, frequency: 1.0, baths: Vec::new() };
    let hamiltonian = Hamiltonian { drive: None, chi: 1.0 };
    let initial = InitialState::Coherent { theta: std::f64::consts::FRAC_PI_2, phi: 0.0 };
    for time in [0.5, 20.0, 1e3, 1e4_f64] {
        let found = Driven::new(&model, &hamiltonian, &initial).transient(&[time]).unwrap()[0];
        let length = 4.0 * time.cos().powi(7);
        assert!((found.jx - length * time.cos()).abs() < 1e-10, "t = {time}: {} {length}", found.jx);
        // It turns from x to y, and the largest phase by 1e6.
        assert!((found.jy.abs() - (length * time.sin()).abs()).abs() < 1e-10, "t = {time}: {}", found.jy);
    }
}

/// A drive beside rates a million times its own: too fast for a series, and too slow to be left out.
#[test]
fn a_drive_beside_far_faster_baths_is_still_seen() {
    let stiff = |rate: f64| {
        let baths = vec![bath(Coupling::Collective, rate, 0.3 * rate, 0.0), bath(Coupling::Local, 1.0, 0.2, 0.5)];
        let model = Model { units: Units::Natural, number: 2, frequency: 1.0, baths };
        let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 2.0, detuning: 1.0 }), chi: 0.3 };
        let initial = InitialState::Dicke(Level::new(2, 2, 0).unwrap());
        let found = Driven::new(&model, &hamiltonian, &initial).transient(&[0.8]).unwrap()[0];
        (equation(&model, hamiltonian), density::of(&initial, 2).unwrap(), found)
    };
    let (equation, rho, found) = stiff(1e4);
    agree(&equation, &equation.transient(&rho, &[0.8])[0], &found);
    // The first correction to infinitely fast collective baths is of the order of one over their rate.
    let [a, b, c] = [1e7, 2e7, 4e7].map(|rate| stiff(rate).2.exact.now.j_squared);
    assert!((a - b).abs() < 1e-6 && ((a - b) / (b - c) - 2.0).abs() < 0.1, "{a} {b} {c}");
}

#[test]
fn what_turns_too_often_is_refused_before_it_is_followed() {
    let driven = Driven::new(&valve(8), &DRIVEN, &InitialState::Dicke(Level::ground(8)));
    assert!(driven.reaches(1e3, Effort::Beside).is_ok());
    let refused = driven.reaches(1e12, Effort::Transient).unwrap_err().to_string();
    assert!(refused.contains("multiplications") && refused.contains("1000000000000"), "{refused}");
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
                let found = steady.noise(bath).unwrap().value;
                assert!((found / noise - 1.0).abs() < 1e-8, "{n}, {bath}: {found} {noise}");
                // A thousand relaxations, which are followed to their end.
                if n <= 2 {
                    let long = steady.windowed_noise(bath, 1e6).unwrap().value;
                    assert!((long / noise - 1.0).abs() < 1e-2, "{n}, {bath}: {long} {noise}");
                }
            }
        }
    }
}

#[test]
fn without_a_drive_counts_are_those_of_the_populations() {
    let model = valve(9);
    let initial = InitialState::Dicke(Level::ground(9));
    let (driven, equation) =
        (Driven::new(&model, &Hamiltonian::default(), &initial), PopulationEquation::new(&model, &initial));
    let (steady, counting) = (driven.steady().unwrap(), Counting::new(&equation).unwrap());
    for bath in 0..3 {
        for window in [0.1, 3.0, 200.0] {
            let (a, b) =
                (steady.windowed_noise(bath, window).unwrap().value, counting.windowed_noise(bath, window).unwrap());
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
    let noise = driven.steady().unwrap().noise(0).unwrap().value;
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
    let populations = PopulationEquation::new(&model, &initial).transient(&times).unwrap();
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
