//! Steady currents and their noise from trajectories, against the exact values.
#![allow(missing_docs)]

mod common;

use common::{bath, point};
use superjump::campaign::Point;
use superjump::campaign::{RelaxationFrom, SteadyRun, converge, exact_beside};
use superjump::quantity::Quantity;
use superjump::statistics::{Estimate, Statistic};

fn run(point: &Point, threads: usize) -> SteadyRun {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &mut |_| {}).unwrap()
}

/// Rates of unit coupling and these occupations: temperatures 1/ln(1 + 1/n).
fn occupied(name: &str, coupling: &str, rate: f64, n: f64) -> String {
    bath(name, coupling, rate, 1.0 / (1.0 + 1.0 / n).ln())
}

fn valve(number: i64, parasitic: f64, more: &str) -> Point {
    let baths = occupied("hot", "collective", 1.0, 2.0)
        + &occupied("cold", "collective", 1.0, 0.5)
        + &if parasitic > 0.0 { occupied("parasitic", "local", parasitic, 0.5) } else { String::new() };
    point(&format!("[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n{more}"))
}

#[test]
fn every_noise_quantity_is_exact_within_five_sigma() {
    for (number, parasitic, error) in [(2, 0.3, 0.004), (5, 0.2, 0.01), (10, 0.1, 0.01)] {
        let point = valve(
            number,
            parasitic,
            &format!(
                "[steady]\nbath = \"cold\"\nrelative_error = {error}\n\
                 [noise]\nwindows = [1.0, 20.0]\nfrequencies = [0.0, 0.05, 1.0, 20.0]\ndelays = [0.0, 0.1, 2.0]"
            ),
        );
        let started = std::time::Instant::now();
        let run = run(&point, 2);
        let exact = exact_beside(&point).unwrap();
        println!("{number} {:?} {} {} {:?}", started.elapsed(), run.trajectories, run.jumps, run.convergence);
        for row in &run.noise {
            let value = exact.noise.iter().find(|e| e.subject.same(&row.subject)).map(|e| e.value);
            let estimate = row.estimate.unwrap();
            println!(
                "{:?} {:?} {:?} z={:?}",
                row.subject,
                estimate,
                value,
                value.map(|v| (estimate.mean - v) / estimate.std_error.unwrap_or(0.0))
            );
        }
        for (quantity, bath, estimate) in &run.values {
            let value = exact.values.iter().find(|(q, b, _)| q == quantity && b == bath).map(|e| e.2);
            println!(
                "{quantity:?} {bath:?} {estimate:?} {value:?} z={:?}",
                value.map(|v| (estimate.mean - v) / estimate.std_error.unwrap_or(0.0))
            );
        }
    }
}

#[test]
fn tmp_spectrum() {
    for seed in 1..9 {
        let point = valve(
            2,
            0.3,
            &format!(
                "[evolution]\nseed = {seed}\n[steady]\nbath = \"cold\"\nrelative_error = 0.004\n[noise]\nbaths = [\"hot\"]\nfrequencies = [0.0, 0.05, 0.2, 1.0]"
            ),
        );
        let run = run(&point, 2);
        let exact = exact_beside(&point).unwrap();
        let z: Vec<String> = run
            .noise
            .iter()
            .filter_map(|row| {
                let v = exact.noise.iter().find(|e| e.subject.same(&row.subject))?.value;
                let e = row.estimate?;
                Some(format!("{:?} {:.2}", row.subject.argument, (e.mean - v) / e.std_error?))
            })
            .collect();
        println!("{seed} {z:?}");
    }
}
