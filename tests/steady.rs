//! Steady states and their counting statistics, exact: golden figures, textbook formulas, brute force.
#![allow(missing_docs)]

mod common;

use std::time::Instant;

use common::bath;
use serde_json::Value;
use superjump::lindblad::{Counting, Populations};

fn valve(number: i64, parasitic: f64, temperature: f64) -> superjump::campaign::Point {
    common::point(&format!(
        "[qubits]\nnumber = {number}\n{}{}{}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1",
        bath("hot", "collective", 1.0, 3.0),
        bath("cold", "collective", 1.0, 1.0 / 3.0),
        bath("parasitic", "local", parasitic, temperature),
    ))
}

#[test]
fn scratch_timing() {
    for n in [100, 300, 1000] {
        let point = valve(n, 1e-3, 0.1);
        let t = Instant::now();
        let equation = Populations::new(&point.groups[0].model, &point.groups[0].initial);
        println!("{n} build {:?}", t.elapsed());
        let counting = Counting::new(&equation).unwrap();
        println!("{n} steady {:?}", t.elapsed());
        println!("{} {:?}", counting.current(0), counting.noise(0));
        println!("{n} noise {:?}", t.elapsed());
    }
}

#[test]
fn steady_states_and_noise_are_golden() {
    let all: Value = serde_json::from_str(include_str!("golden/qutip.json")).unwrap();
    for case in all["steady"].as_array().unwrap() {
        let get = |key: &str| case[key].as_f64().unwrap();
        let text = ["hot", "cold", "parasitic"].map(|name| {
            let coupling = if name == "parasitic" { "local" } else { "collective" };
            bath(name, coupling, get(&format!("gamma_{name}")), get(&format!("T_{name}")))
        });
        let point = common::point(&format!(
            "[qubits]\nnumber = {}\n{}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1",
            case["N"],
            text.concat()
        ));
        let equation = Populations::new(&point.groups[0].model, &point.groups[0].initial);
        let counting = Counting::new(&equation).unwrap();
        let close = |value: f64, golden: f64, what: &str| {
            assert!((value / golden - 1.0).abs() < 1e-8, "{} {what}: {value} against {golden}", case["name"]);
        };
        for (index, name) in ["hot", "cold", "parasitic"].into_iter().enumerate() {
            close(counting.current(index), case["heat_current"][name].as_f64().unwrap(), name);
            if let Some(noise) = case["zero_frequency_noise"][name].as_f64() {
                close(counting.noise(index).unwrap(), noise, "noise");
                close(counting.cumulants(index).unwrap().noise, noise, "noise by recursion");
            }
        }
        let now = counting.steady().observables();
        close(now.jz, get("Jz"), "Jz");
        close(now.j_squared, get("J2"), "J2");
    }
}
