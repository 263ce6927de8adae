//! Figures from an independent solver (QuTiP 5.3.1, the full 2^N Lindblad equation), held against both roads.

use crate::common::{assert_within_5_sigma, assert_within_5_sigma_or_unseen, bath, golden, number, numbers, run};
use serde_json::Value;
use superjump::lindblad::Coherences;
use superjump::quantity::Quantity;

/// The baths that act in a golden case.
fn baths(case: &Value) -> String {
    let kinds = [("hot", "collective"), ("cold", "collective"), ("parasitic", "local")];
    let rate = |name: &str| case[format!("gamma_{name}")].as_f64().filter(|rate| *rate > 0.0);
    let text = |(name, coupling): (&str, &str)| {
        rate(name).map(|rate| bath(name, coupling, rate, number(&case[format!("T_{name}")])))
    };
    kinds.into_iter().filter_map(text).collect()
}

/// The golden initial states, as the populations engine knows them.
fn initial(name: &str) -> &'static str {
    match name {
        "burst-6" | "burst-5-noisy" => "state = \"inverted\"",
        // <Jz> = 2 cos(theta) = 1.
        "coherent-4" => "state = \"coherent\"\ntheta = 1.0471975511965976\nphi = 0.4",
        "product-1100" => "state = \"bits\"\nbits = \"1100\"",
        other => panic!("no initial state for {other}"),
    }
}

fn transient(case: &Value, engine: &str, trajectories: u64) -> crate::common::Ran {
    let name = case["name"].as_str().unwrap();
    run(&format!(
        "[qubits]\nnumber = {}\n{}[initial]\n{}\n[evolution]\nengine = \"{engine}\"\ntimes = {}\n\
         trajectories = {trajectories}\nseed = 3",
        case["N"],
        baths(case),
        initial(name),
        case["t"]
    ))
}

#[test]
fn transients_of_both_roads_are_golden_at_every_time() {
    for case in golden("transient") {
        let name = case["name"].as_str().unwrap();
        let ran = transient(&case, "auto", 20_000);
        let down = ran.model().baths[0].down;
        for (sample, (jpjm, jz)) in numbers(&case["JpJm"]).iter().zip(numbers(&case["Jz"])).enumerate() {
            let intensity = ran.exact(sample, Quantity::Intensity, Some("cold"));
            // The golden figures come from an ODE solver with tolerances near 1e-10.
            assert!((intensity / down - jpjm).abs() < 1e-8, "{name} {sample}: {}", intensity / down - jpjm);
            assert!((ran.exact(sample, Quantity::Jz, None) - jz).abs() < 1e-8, "{name} {sample}");

            let what = format!("{name}, sample {sample}");
            let intensity = ran.estimate(sample, Quantity::Intensity, Some("cold"));
            // At late times a trajectory is in the ground state, or seldom one step above it.
            let n = number(&case["N"]);
            assert_within_5_sigma_or_unseen(intensity, down * jpjm, 20_000, n * down, &what);
            assert_within_5_sigma_or_unseen(ran.estimate(sample, Quantity::Jz, None), jz, 20_000, 1.0, &what);
        }
    }
}

#[test]
fn superpositions_and_products_are_golden_on_both_wave_function_engines() {
    let cases = golden("transient");
    for case in cases.iter().filter(|case| case["name"] == "coherent-4" || case["name"] == "product-1100") {
        for engine in ["ladder", "register"] {
            let ran = transient(case, engine, 10_000);
            assert_eq!(ran.point.engine.engine.name(), engine);
            let (down, n) = (ran.model().baths[0].down, number(&case["N"]));
            for (quantity, bath, golden, scale, event) in [
                (Quantity::Intensity, Some("cold"), "JpJm", down, n * down),
                (Quantity::Jz, None, "Jz", 1.0, 1.0),
                (Quantity::Jx, None, "Jx", 1.0, n),
            ] {
                for (sample, golden) in numbers(&case[golden]).iter().enumerate() {
                    let estimate = ran.estimate(sample, quantity, bath);
                    let what = format!("{}, {engine}, {quantity:?}, sample {sample}", case["name"]);
                    assert_within_5_sigma_or_unseen(estimate, scale * golden, 10_000, event, &what);
                }
            }
        }
    }
}

#[test]
fn long_time_averages_are_the_golden_steady_states() {
    for case in golden("steady") {
        let name = case["name"].as_str().unwrap();
        // Twenty relaxation times of the slowest process to forget the start, then forty to average.
        let slowest = number(&case["gamma_parasitic"]);
        let text = format!(
            "[qubits]\nnumber = {}\n{}[initial]\nstate = \"ground\"\n[evolution]\ntimes = [{:?}, {:?}]\ntrajectories = 100\nseed = 8",
            case["N"],
            baths(&case),
            20.0 / slowest,
            60.0 / slowest,
        );
        let ran = run(&text);
        for bath in ["hot", "cold", "parasitic"] {
            let golden = number(&case["heat_current"][bath]);
            for quantity in [Quantity::HeatCurrentInterval, Quantity::HeatCurrentCounts] {
                assert_within_5_sigma(
                    ran.estimate(1, quantity, Some(bath)),
                    golden,
                    &format!("{name}, {quantity:?} {bath}"),
                );
            }
            // After sixty relaxation times the master equation is steady to e^-60.
            let exact = ran.exact(1, Quantity::HeatCurrent, Some(bath));
            assert!((exact - golden).abs() < 1e-8 * golden.abs().max(1.0), "{name} {bath}: {}", exact - golden);
        }
        assert_within_5_sigma(ran.estimate(1, Quantity::Jz, None), number(&case["Jz"]), name);
        assert_within_5_sigma(ran.estimate(1, Quantity::JSquared, None), number(&case["J2"]), name);
    }
}

#[test]
fn transverse_spins_of_a_coherent_start_are_golden_in_the_lab_frame() {
    let cases = golden("transient");
    let case = cases.iter().find(|case| case["name"] == "coherent-4").unwrap();
    let ran = transient(case, "ladder", 1);
    let times = ran.point.times();
    let transverse = Coherences::new(ran.model(), &ran.point.groups[0].initial, 1).transverse(times).unwrap();
    for ((jx, _), golden) in transverse.iter().zip(numbers(&case["Jx"])) {
        assert!((jx - golden).abs() < 1e-8, "{jx} against {golden}");
    }
    // At the start the spin is 2 (sin theta cos phi, sin theta sin phi).
    let (x, y) = transverse[0];
    let sine = 2.0 * (std::f64::consts::PI / 3.0).sin();
    assert!((x - sine * 0.4_f64.cos()).abs() < 1e-13 && (y - sine * 0.4_f64.sin()).abs() < 1e-13);
}
