//! Transients of the exact road: stiff, far from normal, with complex eigenvalues, at any time.

use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Coherences, Exact, PopulationEquation};
use superjump::model::Model;
use superjump::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing: 0.0, temperature: None, quantum: None }
}

fn model(number: i64, baths: Vec<Bath>) -> Model {
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// The largest difference of two averages, each relative to the largest value it can have.
fn distance(number: i64, a: &Exact, b: &Exact) -> f64 {
    let j = number as f64 / 2.0;
    let parts = [
        (a.now.emission - b.now.emission) / (j * (j + 1.0)),
        (a.now.jz - b.now.jz) / j,
        (a.now.j_squared - b.now.j_squared) / (j * (j + 1.0)),
    ];
    parts.iter().fold(0.0, |m, d| m.max(d.abs()))
}

#[test]
fn one_long_step_is_as_good_as_many_short_ones() {
    // Absorption of one kind against emission of the other: complex eigenvalues. A burst: far from normal.
    for number in [4, 10, 40] {
        let n = number as f64;
        let cases = [
            (vec![bath(Coupling::Collective, 0.0, 1.0), bath(Coupling::Local, 1.0, 0.0)], Level::ground(number)),
            (vec![bath(Coupling::Collective, 1.0, 0.0), bath(Coupling::Local, 0.0, n / 2.0)], Level::ground(number)),
            (vec![bath(Coupling::Collective, 1.0, 0.0)], Level::inverted(number)),
            (vec![bath(Coupling::Collective, 3.5, 2.5), bath(Coupling::Local, 0.02, 0.01)], Level::inverted(number)),
        ];
        for (baths, start) in cases {
            let model = model(number, baths);
            let equation = PopulationEquation::new(&model, &InitialState::Dicke(start));
            for end in [0.3 / n, 3.0 / n, 2.0] {
                let short: Vec<f64> = (1..=64).map(|k| end * f64::from(k) / 64.0).collect();
                let (long, short) = (equation.transient(&[end]).unwrap(), equation.transient(&short).unwrap());
                let error = distance(number, &long[0], &short[63]);
                assert!(error < 1e-10, "N = {number}, t = {end}: {error:.1e}");
                let integral: f64 = short.iter().map(|e| e.emission_integral).sum();
                let error = (long[0].emission_integral - integral).abs() / (n * n * end);
                assert!(error < 1e-10, "integral, N = {number}, t = {end}: {error:.1e}");
            }
        }
    }
}

#[test]
fn a_stiff_ladder_relaxes_to_its_steady_state_at_any_time() {
    // gamma_p = 1e-6 at N = 100: rates from 1e-6 to 1e4.
    let mut baths = vec![
        Bath::thermal("hot", Coupling::Collective, 1.0, 1.0 / 3.0, 3.0),
        Bath::thermal("cold", Coupling::Collective, 1.0, 3.0, 1.0 / 3.0),
        Bath::thermal("parasitic", Coupling::Local, 1e-6, 2.0, 0.5),
    ];
    let model_of = |baths: &Vec<Bath>| model(100, baths.clone());
    let start = InitialState::Dicke(Level::ground(100));
    let equation = PopulationEquation::new(&model_of(&baths), &start);
    let averages = equation.transient(&[1e-6, 1e-3, 1.0, 1e3, 1e6, 1e8, 1e9]).unwrap();
    let steady = equation.steady_state().unwrap().observables();
    let end = averages[6].now;
    assert!((end.jz / steady.jz - 1.0).abs() < 1e-10 && (end.j_squared / steady.j_squared - 1.0).abs() < 1e-10);
    // Long before the parasitic bath acts, the largest sector is thermal: as without it.
    baths.pop();
    let alone = PopulationEquation::new(&model_of(&baths), &start).steady_state().unwrap().observables();
    assert!((averages[2].now.jz / alone.jz - 1.0).abs() < 1e-3);
    // And each time is reached as well in one step.
    for (time, reached) in [(1.0, &averages[2]), (1e6, &averages[4])] {
        let direct = equation.transient(&[time]).unwrap();
        assert!(distance(100, &direct[0], reached) < 1e-10);
    }
}

#[test]
fn the_block_of_order_zero_is_the_populations() {
    let baths = vec![
        Bath { dephasing: 0.3, ..bath(Coupling::Collective, 1.0, 0.4) },
        Bath { dephasing: 0.2, ..bath(Coupling::Local, 0.5, 0.1) },
    ];
    let model = model(6, baths);
    let start = InitialState::Coherent { theta: 1.0, phi: 0.5 };
    let block = Coherences::new(&model, &start, 0);
    let elements = block.transient(&[0.7]).unwrap();
    let now = PopulationEquation::new(&model, &start).transient(&[0.7]).unwrap()[0].now;
    let mean =
        |value: fn(&Level) -> f64| block.upper().iter().zip(&elements[0]).map(|(l, p)| value(l) * p.re).sum::<f64>();
    assert!((mean(|l| l.m()) - now.jz).abs() < 1e-11);
    assert!((mean(|l| l.lowering()) - now.emission).abs() < 1e-11);
    assert!((mean(|l| l.j_squared()) - now.j_squared).abs() < 1e-11);
    assert!(elements[0].iter().all(|p| p.im == 0.0));
}

#[test]
fn a_superposition_precesses_and_its_coherence_decays_by_dephasing_alone() {
    // Two qubits in (|1,1> + i|1,0>)/sqrt 2 under collective dephasing: order 1 decays as exp(-rate t/2).
    let dephasing = Bath { dephasing: 0.4, ..bath(Coupling::Collective, 0.0, 0.0) };
    let model = Model { frequency: 3.0, ..model(2, vec![dephasing]) };
    let half = 0.5_f64.sqrt();
    let amplitudes = vec![0.0.into(), num_complex::Complex64::new(0.0, half), half.into()];
    let start = InitialState::Superposition { two_j: 2, amplitudes };
    for (time, (jx, jy)) in
        [0.0, 0.5, 2.0_f64].iter().zip(Coherences::new(&model, &start, 1).transverse(&[0.0, 0.5, 2.0]).unwrap())
    {
        // <J_-> = c_1 c_0^* sqrt 2 = -i/sqrt 2, so it starts along +y, and turns with omega t towards -x.
        let size = half * (-0.2 * time).exp();
        assert!((jx + size * (3.0 * time).sin()).abs() < 1e-12, "{jx}");
        assert!((jy - size * (3.0 * time).cos()).abs() < 1e-12, "{jy}");
    }
}
