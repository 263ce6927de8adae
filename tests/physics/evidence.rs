//! What a standard error rests on is counted: estimates from a handful of quanta, photons or windows are refused in words,
//! and next to where they are not, intervals hold the exact value as often as they say.

use crate::common::{assert_within_5_sigma, bath, point};
use rayon::prelude::*;
use superjump::campaign::converge;
use superjump::lindblad::Effort;
use superjump::quantity::Quantity;
use superjump::results::SteadyRun;
use superjump::scenario::Point;
use superjump::solve::SteadyRoad;
use superjump::statistics::{Estimate, Statistic, Stopped};
use superjump::trajectory::Interrupt;

fn run(point: &Point) -> SteadyRun {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
}

/// One qubit between two baths that exchange hundreds of thousands of quanta, and a third that only takes some.
fn third(rate: f64, seed: u64, more: &str) -> Point {
    let baths = bath("hot", "collective", 1.0, 3.0)
        + &bath("cold", "collective", 1.0, 0.5)
        + &bath("third", "local", rate, 0.0);
    point(&format!(
        "[qubits]\nnumber = 1\n{baths}[initial]\nstate = \"ground\"\n[evolution]\nseed = {seed}\n\
         [steady]\nbath = \"hot\"\nrelative_error = 0.05\n{more}"
    ))
}

/// Qubits between two baths of this coupling and these temperatures.
fn between(number: i64, couplings: [&str; 2], temperatures: [f64; 2], seed: u64, more: &str) -> Point {
    let baths = bath("hot", couplings[0], 1.0, temperatures[0]) + &bath("cold", couplings[1], 1.0, temperatures[1]);
    point(&format!(
        "[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n[evolution]\nseed = {seed}\n\
         [steady]\nbath = \"hot\"\nrelative_error = 0.03\n{more}"
    ))
}

fn row(run: &SteadyRun, statistic: Statistic, bath: usize, argument: Option<f64>) -> Option<Estimate> {
    let same = |s: &superjump::statistics::Subject| (s.statistic, s.bath, s.argument) == (statistic, bath, argument);
    run.noise.iter().find(|row| same(&row.subject)).unwrap().estimate
}

fn counted(run: &SteadyRun, bath: usize) -> Estimate {
    let counts =
        |(q, b, _): &&(Quantity, Option<usize>, Estimate)| (*q, *b) == (Quantity::HeatCurrentCounts, Some(bath));
    run.values.iter().find(counts).unwrap().2
}

fn said(run: &SteadyRun, words: &[&str]) {
    let refused = &run.convergence.refused;
    assert!(refused.iter().any(|line| words.iter().all(|word| line.contains(word))), "{words:?}: {refused:?}");
}

/// That of these estimates, where they are given, intervals of two standard errors hold the exact value as often as
/// Student's t has it, or a Poisson number of fifty: 94.65 %. Up to 4.5 standard errors of the binomial number of those
/// that do not are allowed (false positives: 5e-5 each).
fn assert_covers(estimates: &[Option<Estimate>], exact: f64, least: usize, what: &str) {
    let given: Vec<Estimate> = estimates.iter().flatten().copied().filter(|e| e.std_error.is_some()).collect();
    let missed = given.iter().filter(|e| (e.mean - exact).abs() > 2.0 * e.std_error.unwrap()).count() as f64;
    let (n, p) = (given.len() as f64, 0.0535);
    assert!(given.len() >= least, "{what}: {n} given");
    assert!(missed <= n * p + 4.5 * (n * p * (1.0 - p)).sqrt(), "{what}: {missed} of {n} missed");
}

fn exact_row(exact: &SteadyRoad, statistic: Statistic, bath: usize, argument: Option<f64>) -> f64 {
    let same = |s: &superjump::statistics::Subject| (s.statistic, s.bath, s.argument) == (statistic, bath, argument);
    exact.noise.iter().find(|row| same(&row.subject)).unwrap().value
}

/// Where every window has 0 or 1 quantum, noise and current are one number, whose error a ratio does not have.
#[test]
fn nothing_is_said_of_the_noise_of_a_handful_of_quanta() {
    let point = third(1e-4, 1, "[noise]\nwindows = [0.5]\nfrequencies = [1.0]\ndelays = [0.0, 2.0]");
    let run = run(&point);
    for line in &run.noise {
        let of_third = line.subject.bath == 2 || line.subject.other_bath == Some(2);
        // One qubit that has just emitted emits nothing, and that there are photons enough is known.
        assert_eq!(line.estimate.is_none(), of_third, "{:?}", line.subject);
    }
    said(
        &run,
        &["bath third", "windowed_noise over windows of 0.5", "noise", "fano", "quanta exchanged", "50 are needed"],
    );
    said(&run, &["bath third", "g2 at delays of 0, 2", "photons", "50 are needed"]);
    said(&run, &["baths hot and third", "cross_noise", "the other bath"]);
    said(&run, &["bath third", "standard error of heat_current_counts", "quanta exchanged"]);
    assert!(counted(&run, 2).std_error.is_none());
    // Nothing is short of quanta but that bath, and its average current is known all the same.
    let exact = SteadyRoad::new(&point, Effort::Steady).unwrap();
    let current = |(q, b, _): &&(Quantity, Option<usize>, f64)| (*q, *b) == (Quantity::HeatCurrent, Some(2));
    let average = run.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::HeatCurrentInterval, Some(2))).unwrap().2;
    assert_within_5_sigma(average, exact.values.iter().find(current).unwrap().2, "average current");
    assert!(!run.convergence.refused.iter().any(|line| line.contains("too short")), "{:?}", run.convergence.refused);
}

/// Some quanta more than fifty: counts, and noise. Without coincidences the windows are not called too short.
#[test]
fn next_to_fifty_quanta_intervals_hold() {
    let exact = SteadyRoad::new(&third(7e-3, 0, "[noise]"), Effort::Steady).unwrap();
    let runs: Vec<SteadyRun> = (0..200_u64).into_par_iter().map(|seed| run(&third(7e-3, seed, "[noise]"))).collect();
    let current = exact.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::HeatCurrent, Some(2))).unwrap().2;
    assert_covers(&runs.iter().map(|run| Some(counted(run, 2))).collect::<Vec<_>>(), current, 120, "counts");
    for statistic in [Statistic::Noise, Statistic::ThirdCumulant] {
        let rows: Vec<_> = runs.iter().map(|run| row(run, statistic, 2, None)).collect();
        assert_covers(&rows, exact_row(&exact, statistic, 2, None), 120, statistic.name());
    }
    assert!(runs.iter().all(|run| row(run, Statistic::Fano, 2, None).is_none()));
    said(&runs[0], &["bath third: fano", "coincidences", "50 are needed"]);
}

/// Some coincidences more than fifty: the Fano factor.
#[test]
fn next_to_fifty_coincidences_fano_factors_hold() {
    let exact = SteadyRoad::new(&third(0.15, 0, "[noise]"), Effort::Steady).unwrap();
    let runs: Vec<SteadyRun> = (0..200_u64).into_par_iter().map(|seed| run(&third(0.15, seed, "[noise]"))).collect();
    for statistic in [Statistic::Fano, Statistic::Noise] {
        let rows: Vec<_> = runs.iter().map(|run| row(run, statistic, 2, None)).collect();
        assert_covers(&rows, exact_row(&exact, statistic, 2, None), 150, statistic.name());
    }
}

/// A cold bath gives nothing back: the windows that took a quantum to it are a sixth of all, and their reverse is seen
/// once in 5e8.
#[test]
fn the_fluctuation_theorem_of_a_cold_bath_is_refused() {
    let run = run(&between(1, ["local"; 2], [3.0, 0.05], 1, "[noise]\nwindows = [0.5]"));
    assert_eq!(row(&run, Statistic::FluctuationTheorem, 0, Some(0.5)), None);
    said(&run, &["fluctuation_theorem over windows of 0.5", "% of the average of exp(-sigma)", "not one of them"]);
    // What is not of those windows is known.
    let symmetry = row(&run, Statistic::FluctuationSymmetry, 0, Some(0.5)).unwrap();
    assert_within_5_sigma(symmetry, 1.0, "symmetry");
}

/// Windows from those that are sampled well to those that are not: where there is an estimate, its interval holds.
#[test]
fn where_the_fluctuation_theorem_is_given_its_interval_holds() {
    let more = "[noise]\nwindows = [0.25, 1.0, 2.0]";
    let couplings = ["collective", "local"];
    let runs: Vec<SteadyRun> =
        (0..200_u64).into_par_iter().map(|seed| run(&between(3, couplings, [3.0, 1.0], seed, more))).collect();
    for (window, least) in [(0.25, 200), (1.0, 100), (2.0, 0)] {
        for statistic in [Statistic::FluctuationTheorem, Statistic::FluctuationSymmetry] {
            let rows: Vec<_> = runs.iter().map(|run| row(run, statistic, 0, Some(window))).collect();
            let given = rows.iter().flatten().count();
            assert_covers(&rows, 1.0, least, &format!("{} over {window}", statistic.name()));
            assert!(
                statistic == Statistic::FluctuationSymmetry || window < 2.0 || given < 100,
                "{given} over {window}"
            );
        }
    }
    said(&runs[0], &["fluctuation_theorem over windows of 2:", "exp(-sigma)"]);
}

/// Nothing has to be seen of a current that is exactly zero.
#[test]
fn where_no_current_flows_a_run_ends() {
    let still = |number: i64, baths: &str, state: &str, error: f64| {
        point(&format!(
            "[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"{state}\"\n[steady]\nabsolute_error = {error}"
        ))
    };
    for (number, baths, state, words) in [
        (1, bath("out", "local", 1.0, 0.0), "inverted", "ground state"),
        (3, bath("out", "collective", 1.0, 0.0), "inverted", "ground state"),
        (2, bath("hot", "collective", 1.0, 0.001) + &bath("cold", "local", 0.5, 0.0), "ground", "frozen"),
        (2, bath("hot", "collective", 1.0, 0.02) + &bath("cold", "local", 0.5, 0.01), "inverted", "frozen"),
        (2, bath("a", "collective", 1.0, 1.3), "ground", "one bath alone"),
        (2, bath("a", "collective", 1.0, 1.3) + &bath("b", "local", 0.3, 1.3), "ground", "one ratio"),
    ] {
        let run = run(&still(number, &baths, state, 0.03));
        assert_eq!(
            (run.stopped_because, run.convergence.converged),
            (Stopped::NoCurrent, true),
            "{:?}",
            run.convergence
        );
        assert!(run.trajectories <= 1024, "{baths}: {}", run.trajectories);
        assert!(run.convergence.no_current.as_ref().unwrap().contains(words), "{:?}", run.convergence.no_current);
        assert!(run.convergence.half_width.unwrap() <= 0.03);
    }
    // In balance an interval is asked for all the same.
    let balanced = bath("a", "collective", 1.0, 1.3) + &bath("b", "local", 0.3, 1.3);
    let [wide, narrow] = [0.03, 0.001].map(|error| run(&still(2, &balanced, "ground", error)));
    assert!(narrow.trajectories > wide.trajectories && narrow.convergence.half_width.unwrap() <= 0.001);
}
