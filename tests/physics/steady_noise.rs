//! The noise of steady runs whose relaxation a chain of rates does not see, or whose budget is short.

use crate::common::{assert_within_5_sigma, bath, point};
use superjump::campaign::{converge, forecast};
use superjump::lindblad::{Driven, Effort, RegisterEquation};
use superjump::quantity::Quantity;
use superjump::results::{RelaxationFrom, SteadyRun};
use superjump::scenario::{Asked, Point};
use superjump::solve::{ExactNoise, SteadyRoad, exact_beside};
use superjump::statistics::{Estimate, Statistic};
use superjump::trajectory::Interrupt;

fn run(point: &Point) -> SteadyRun {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
}

fn noise(run: &SteadyRun) -> Option<Estimate> {
    run.noise.iter().find(|row| row.subject.statistic == Statistic::Noise).and_then(|row| row.estimate)
}

fn exact_noise(road: &SteadyRoad) -> f64 {
    road.values.iter().find(|(quantity, ..)| *quantity == Quantity::Noise).unwrap().2
}

/// Resonance fluorescence of a few qubits.
fn driven(number: i64, rate: f64, more: &str) -> Point {
    let cold = bath("cold", "collective", rate, 0.0);
    point(&format!(
        "[qubits]\nnumber = {number}\n{cold}[drive]\namplitude = 3.0\n[initial]\nstate = \"ground\"\n{more}"
    ))
}

/// Without the drive a quantum would leave the last but one level at 0.2 N; with it the gap of the generator is 0.109
/// at N = 10, and near half of the rate, 0.1, where N is too large for a spectrum.
#[test]
fn a_drive_has_a_relaxation_time_of_its_own() {
    let never = Interrupt::default();
    let found = forecast(&driven(10, 0.2, "[steady]"), &never).unwrap().unwrap();
    assert_eq!(found.relaxation_from, RelaxationFrom::Exact);
    assert!((found.relaxation_time - 9.204).abs() < 1e-3, "{found:?}");
    let found = forecast(&driven(40, 0.2, "[steady]"), &never).unwrap().unwrap();
    assert_eq!((found.relaxation_from, found.relaxation_time), (RelaxationFrom::Chain, 10.0));
    // Jumps go on for ever, where without the drive there would be forty.
    assert!(found.jumps_bound > 64.0 * found.duration);
}

/// Of qubits that differ, from the full equation: of one it is that of the ladder; of more it knows modes between
/// copies of J beside those of the ladder.
#[test]
fn qubits_that_differ_have_the_gap_of_the_full_equation() {
    for number in 1..=3 {
        let local = bath("local", "local", 0.1, 0.5);
        let point = driven(number, 0.2, "[steady]");
        let mut model = point.groups[0].model.clone();
        model.baths.extend(
            crate::common::point(&format!(
                "[qubits]\nnumber = 1\n{local}[initial]\nstate = \"ground\"\n[steady]\nabsolute_error = 1.0"
            ))
            .groups[0]
                .model
                .baths
                .clone(),
        );
        let group = superjump::group::Group { model, ..point.groups[0].clone() };
        let full = RegisterEquation::new(&group.register()).unwrap().relaxation_time().unwrap();
        let ladder = Driven::new(&group.model, &group.hamiltonian, &group.initial).relaxation_time().unwrap();
        assert!(full > ladder * (1.0 - 1e-9), "{number}: {full} {ladder}");
        assert!(number > 1 || (full / ladder - 1.0).abs() < 1e-9, "{full} {ladder}");
    }
    let cold = bath("cold", "collective", 0.2, 0.5) + &bath("local", "local", 0.1, 1.0);
    let differ = "frequencies = [1.0, 1.3, 0.9]";
    let few = point(&format!("[qubits]\nnumber = 3\n{differ}\n{cold}[initial]\nstate = \"ground\"\n[steady]\n[noise]"));
    assert_eq!(forecast(&few, &Interrupt::default()).unwrap().unwrap().relaxation_from, RelaxationFrom::Exact);
    assert!(exact_noise(&exact_beside(&few).unwrap()) > 0.0);
}

/// Twelve runs of 64 trajectories: two standard errors from 64 groups hold the true noise in 94 to 95 %, so that five or
/// more misses have a probability of 4e-4. The mean of all is within five of its errors.
#[test]
fn the_noise_of_driven_qubits_is_covered() {
    let mut sum = 0.0;
    let mut misses = 0;
    for seed in 0..12 {
        let point = driven(
            2,
            1.0,
            &format!("[evolution]\ntrajectories = 64\nseed = {seed}\n[steady]\n[noise]\nwindows = [2.0]"),
        );
        let exact = exact_beside(&point).unwrap();
        let run = run(&point);
        let estimate = noise(&run).expect("not refused");
        let z = (estimate.mean - exact_noise(&exact)) / estimate.std_error.unwrap();
        sum += z;
        misses += usize::from(z.abs() > 2.0);
        for row in &run.noise {
            let expected = exact.noise.iter().find(|e| e.subject.same(&row.subject)).map(|e| e.value);
            if let (Some(estimate), Some(expected)) = (row.estimate, expected) {
                assert_within_5_sigma(estimate, expected, &format!("seed {seed}: {:?}", row.subject));
            }
        }
    }
    assert!(misses < 5 && sum.abs() < 5.0 * 12_f64.sqrt(), "{misses} misses, a sum of z of {sum}");
}

/// Windows, noise, Fano factor and spectrum of driven qubits stand beside their estimates, at sizes where the steady
/// state takes a tenth of a second.
#[test]
fn driven_qubits_are_solved_beside_a_run() {
    let road = exact_beside(&driven(100, 0.2, "[steady]\n[noise]\nfrequencies = [0.5]")).unwrap();
    assert!(exact_noise(&road) > 0.0 && road.noise.iter().any(|row| row.subject.statistic == Statistic::Spectrum));
    let asked = driven(4, 0.2, "[steady]\n[noise]\nwindows = [1e-6, 1e6]\nfrequencies = [1e-6, 1e5]");
    let road = exact_beside(&asked).unwrap();
    let of = |statistic: Statistic| {
        let rows = road.noise.iter().filter(move |row| row.subject.statistic == statistic);
        rows.map(|row| row.value).collect::<Vec<_>>()
    };
    let (noise, windows, spectrum) = (exact_noise(&road), of(Statistic::WindowedNoise), of(Statistic::Spectrum));
    assert_eq!(of(Statistic::Noise), [noise]);
    // Short windows and high frequencies see single quanta, which all go one way.
    let current = noise / of(Statistic::Fano)[0];
    for (found, expected) in [(windows[0], current), (windows[1], noise), (spectrum[0], noise), (spectrum[1], current)]
    {
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} {expected}");
    }
    // g2 and waiting times are solved as well, and change nothing of the rest.
    let mut delayed = asked.clone();
    let Asked::Converge(asked) = &mut delayed.asked else { panic!("{:?}", delayed.asked) };
    asked.steady.noise.delays = vec![1.0];
    let solved = exact_beside(&delayed).unwrap();
    let is_of_delays = |row: &&ExactNoise| [Statistic::G2, Statistic::WaitingTime].contains(&row.subject.statistic);
    let (of_delays, others): (Vec<&ExactNoise>, Vec<&ExactNoise>) = solved.noise.iter().partition(is_of_delays);
    assert_eq!(others, road.noise.iter().collect::<Vec<_>>());
    assert_eq!(of_delays.len(), 2 * delayed.baths().len());
    assert_eq!(SteadyRoad::new(&delayed, Effort::Steady).unwrap().noise, solved.noise);
}

fn valve(windows: &str) -> Point {
    let baths = bath("hot", "collective", 1.0, 2.0) + &bath("cold", "collective", 1.0, 0.5);
    let local = bath("parasitic", "local", 0.05, 0.5);
    point(&format!(
        "[qubits]\nnumber = 7\n{baths}{local}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 4000.0\n\
         [steady]\nbath = \"hot\"\nrelative_error = 0.02\n[noise]\nbaths = [\"hot\"]\n{windows}"
    ))
}

/// A relaxation time of 17.2 takes a warm-up of 241; what is left of 4000 holds windows of 1600, and not of 3900.
#[test]
fn windows_that_fit_a_budget_are_used_and_those_that_do_not_are_named() {
    let point = valve("windows = [100.0, 400.0, 1600.0, 3900.0]\ndelays = [0.0, 1.0, 1900.0]");
    let run = run(&point);
    let how = &run.convergence;
    assert!(how.converged && (how.warm_up / how.relaxation_time - 14.0).abs() < 1e-9, "{how:?}");
    assert!(how.warm_up + how.stretch <= 4000.0 && how.stretch > 3500.0, "{how:?}");
    let exact = exact_beside(&point).unwrap();
    assert_within_5_sigma(noise(&run).unwrap(), exact_noise(&exact), "noise");
    let windows = run.noise.iter().filter(|row| row.subject.statistic == Statistic::WindowedNoise);
    let windows: Vec<f64> = windows.filter_map(|row| row.estimate.and(row.subject.argument)).collect();
    assert_eq!(windows, [100.0, 400.0, 1600.0]);
    let named = |words: &str| how.refused.iter().filter(|line| line.contains(words)).count();
    assert_eq!((named("windows of 3900: longer than"), named("delays of 1900: beyond half")), (1, 1), "{how:?}");
    assert_eq!(named("shorter than the slowest relaxation"), 0);
}

/// Warm-up and stretch are what the relaxation takes, whatever the budget allows.
#[test]
fn a_budget_that_is_large_enough_changes_nothing() {
    let bounded = valve("windows = [100.0]");
    let mut free = bounded.clone();
    let Asked::Converge(asked) = &mut free.asked else { panic!("{:?}", free.asked) };
    assert!(asked.budget.until.take().is_some());
    let never = Interrupt::default();
    assert_eq!(forecast(&bounded, &never).unwrap(), forecast(&free, &never).unwrap());
}

/// A burst that is cut off long before it is over is no steady state: what regression on d<J_z>/dt = 0 makes of it is no
/// average of anything. It said `excited` 1.11 and `heat_current` 0 +- 0.4.
#[test]
fn nothing_is_extrapolated_to_a_balance_that_does_not_hold() {
    for until in [0.02, 0.05, 0.1, 0.2, 0.4] {
        let point = point(&format!(
            "[qubits]\nnumber = 20\n{}[initial]\nstate = \"inverted\"\n[evolution]\nuntil = {until}\n\
             [steady]\nabsolute_error = 1.0\n[noise]\nwindows = [0.001]",
            bath("cavity", "collective", 1.0, 0.0)
        ));
        let run = run(&point);
        assert!(!run.convergence.converged);
        let of = |quantity: Quantity| run.values.iter().find(|(q, ..)| *q == quantity).map(|(.., estimate)| *estimate);
        let excited = of(Quantity::Excited).unwrap().mean;
        assert!((0.0..=1.0).contains(&excited), "{excited}");
        assert!(of(Quantity::Jz).unwrap().mean.abs() <= 10.0 && of(Quantity::Intensity).unwrap().mean >= 0.0);
        assert_eq!((of(Quantity::HeatCurrentControlled), of(Quantity::HeatCurrentBalance)), (None, None));
        // What is lost in the second half of the run, that is measured.
        assert!(of(Quantity::HeatCurrent).unwrap().mean < -20.0);
    }
}
