//! Steady currents and their noise from trajectories, against the exact values.

use crate::common::{assert_within_5_sigma, bath, point};
use superjump::campaign::converge;
use superjump::lindblad::Effort;
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::results::{RelaxationFrom, SteadyRun};
use superjump::scenario::Point;
use superjump::solve::{SteadyRoad, exact_beside};
use superjump::statistics::{
    Counted, Distribution, Estimate, GROUPS, NoPlateau, NoiseEstimate, NoiseReport, Protocol, Qubits, Statistic,
    Stopped, Stretches, Subject, half_width, noise,
};
use superjump::theory::independent_bath_current;
use superjump::trajectory::{Interrupt, Populations};

fn run_on(point: &Point, threads: usize) -> SteadyRun {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
}

fn run(point: &Point) -> SteadyRun {
    run_on(point, std::thread::available_parallelism().map_or(1, usize::from))
}

/// A bath of unit frequency with this occupation: its temperature is 1/ln(1 + 1/n).
fn occupied(name: &str, coupling: &str, rate: f64, n: f64) -> String {
    bath(name, coupling, rate, 1.0 / (1.0 + 1.0 / n).ln())
}

fn valve(number: i64, parasitic: f64, more: &str) -> Point {
    let mut baths = occupied("hot", "collective", 1.0, 2.0) + &occupied("cold", "collective", 1.0, 0.5);
    if parasitic > 0.0 {
        baths += &occupied("parasitic", "local", parasitic, 0.5);
    }
    point(&format!("[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n{more}"))
}

fn value(run: &SteadyRun, quantity: Quantity, bath: usize) -> Estimate {
    run.values.iter().find(|(q, b, _)| *q == quantity && *b == Some(bath)).unwrap().2
}

fn exact_value(road: &SteadyRoad, quantity: Quantity, bath: usize) -> f64 {
    road.values.iter().find(|(q, b, _)| *q == quantity && *b == Some(bath)).unwrap().2
}

fn statistic(rows: &[NoiseEstimate], statistic: Statistic, bath: usize) -> Option<Estimate> {
    rows.iter().find(|row| row.subject.statistic == statistic && row.subject.bath == bath).unwrap().estimate
}

fn cross(rows: &[NoiseEstimate], a: usize, b: usize) -> Estimate {
    let same = |row: &&NoiseEstimate| row.subject.bath == a && row.subject.other_bath == Some(b);
    rows.iter().find(same).unwrap().estimate.unwrap()
}

/// Some 60 rows a model, each within five standard errors from 64 groups (false positives: 5e-6 each, 1e-3 in all).
#[test]
fn every_noise_quantity_is_exact_within_five_sigma() {
    for (number, parasitic, error) in [(2, 0.3, 0.01), (5, 0.2, 0.01), (10, 0.1, 0.015)] {
        let point = valve(
            number,
            parasitic,
            &format!(
                "[steady]\nbath = \"cold\"\nrelative_error = {error}\n\
                 [noise]\nwindows = [1.0, 20.0]\nfrequencies = [0.0, 0.05, 1.0, 5.0]\ndelays = [0.0, 0.1, 2.0]"
            ),
        );
        let run = run(&point);
        assert_eq!(
            (run.stopped_because, run.convergence.relaxation_from),
            (Stopped::RelativeError, RelaxationFrom::Exact)
        );
        let exact = exact_beside(&point).unwrap();
        let mut compared = 0;
        for NoiseEstimate { subject, estimate } in &run.noise {
            let expected = exact.noise.iter().find(|e| e.subject.same(subject));
            let expected = expected.unwrap_or_else(|| panic!("{subject:?} is not solved for")).value;
            if refused_for_luck(&run, subject, estimate.as_ref()) {
                continue;
            }
            // Too much entropy for its exponential to be sampled.
            assert!(subject.statistic != Statistic::FluctuationTheorem || subject.argument != Some(20.0));
            assert_within_5_sigma(estimate.unwrap(), expected, &format!("N = {number}: {subject:?}"));
            compared += 1;
        }
        assert!(compared > 50, "{compared}");
        // Bins that are seen often enough for an error bar: some hundred a model (false positives: 5e-6 each).
        let mut bins = 0;
        for Distribution { bath, window, width, bins: seen } in &run.distributions {
            let (.., law) = exact.transferred.iter().find(|(b, w, _)| b == bath && w == window).unwrap();
            assert_eq!(*width, 1);
            for (number, estimate) in seen {
                let expected = law.between(*number, number + width);
                if expected > 2e-3 {
                    assert_within_5_sigma(estimate.unwrap(), expected, &format!("P({number}) of {bath} in {window}"));
                    bins += 1;
                }
            }
            let total: f64 = seen.iter().filter_map(|(_, p)| p.map(|p| p.mean)).sum();
            assert!((total - 1.0).abs() < 1e-9, "{total}");
        }
        assert!(bins > 30, "{bins}");
        for (quantity, bath, estimate) in &run.values {
            let of = quantity.steady();
            let expected = exact.values.iter().find(|(q, b, _)| *q == of && b == bath).unwrap().2;
            assert_within_5_sigma(*estimate, expected, &format!("N = {number}: {quantity:?} {bath:?}"));
        }
        for bath in 0..3 {
            // The same sums, in another order.
            let noise = statistic(&run.noise, Statistic::Noise, bath).unwrap().mean;
            let spectrum = statistic(&run.noise, Statistic::Spectrum, bath).unwrap().mean;
            assert!((spectrum / noise - 1.0).abs() < 1e-9, "S(0) is the long-window variance: {spectrum} {noise}");
        }
        // First law: in a stretch no more is absorbed than the qubits can hold.
        let total: f64 = (0..3).map(|bath| value(&run, Quantity::HeatCurrentCounts, bath).mean).sum();
        assert!(total.abs() <= number as f64 / run.convergence.stretch + 1e-12, "{total}");
        // And of the covariance: what one bath gives the others take.
        for a in 0..3 {
            let mut sum = statistic(&run.noise, Statistic::Noise, a).unwrap();
            let mut square = sum.std_error.unwrap().powi(2);
            for b in (0..3).filter(|b| *b != a) {
                let one = cross(&run.noise, a.min(b), a.max(b));
                sum.mean += one.mean;
                square += one.std_error.unwrap().powi(2);
            }
            sum.std_error = Some(square.sqrt());
            assert_within_5_sigma(sum, 0.0, &format!("row {a} of the covariance"));
        }
    }
}

#[test]
fn without_a_local_bath_the_cold_cumulants_are_the_hot_ones_with_the_odd_ones_reversed() {
    let point = valve(3, 0.0, "[steady]\nrelative_error = 0.01\n[noise]");
    let run = run(&point);
    let exact = exact_beside(&point).unwrap();
    let of = |which, bath| statistic(&run.noise, which, bath).unwrap();
    for (which, sign) in [(Statistic::Noise, 1.0), (Statistic::ThirdCumulant, -1.0), (Statistic::FourthCumulant, 1.0)] {
        let (hot, cold) = (of(which, 0), of(which, 1));
        let error = hot.std_error.unwrap().hypot(cold.std_error.unwrap());
        assert!((hot.mean - sign * cold.mean).abs() < 5.0 * error, "{which:?}: {hot:?} {cold:?}");
        for bath in [0, 1] {
            let solved = exact.noise.iter().find(|e| e.subject.statistic == which && e.subject.bath == bath).unwrap();
            assert_within_5_sigma(of(which, bath), solved.value, &format!("{which:?} {bath}"));
        }
    }
    let noise = of(Statistic::Noise, 0);
    let error = noise.std_error.unwrap();
    assert!((cross(&run.noise, 0, 1).mean + noise.mean).abs() < 5.0 * error);
}

/// Whether a statistic has no estimate because there is too little that it would rest on, and the run says so.
fn refused_for_luck(run: &SteadyRun, subject: &Subject, estimate: Option<&Estimate>) -> bool {
    let name = subject.statistic.name();
    let argument = subject.argument.map_or(String::new(), |argument| argument.to_string());
    let said = |line: &String| line.contains("needed") || line.contains("exp(-sigma)");
    let of = |line: &&String| line.contains(name) && line.contains(&argument) && said(line);
    let refused = estimate.is_none();
    assert!(!refused || run.convergence.refused.iter().any(|line| of(&line)), "{subject:?}");
    refused
}

/// Four qubits without a local bath, spread over three sectors: every trajectory keeps its J, and counts
/// drift apart with it.
#[test]
fn where_j_is_conserved_each_sector_has_its_own_noise() {
    let baths = occupied("hot", "collective", 1.0, 2.0) + &occupied("cold", "collective", 1.0, 0.5);
    let point = point(&format!(
        "[qubits]\nnumber = 4\n{baths}[initial]\nstate = \"thermal\"\ntemperature = 2.0\n[steady]\nrelative_error = 0.02\n\
         [noise]\nwindows = [0.5, 5.0]"
    ));
    let run = run(&point);
    let exact = exact_beside(&point).unwrap();
    assert!(run.noise.iter().all(|row| !row.subject.statistic.is_of_long_times()));
    assert!(run.convergence.refused.iter().any(|r| r.contains("sector_noise")), "{:?}", run.convergence.refused);
    let mut compared = 0;
    for NoiseEstimate { subject, estimate } in &run.noise {
        let expected = exact.noise.iter().find(|e| e.subject.same(subject));
        let expected = expected.unwrap_or_else(|| panic!("{subject:?} is not solved for")).value;
        if refused_for_luck(&run, subject, estimate.as_ref()) {
            continue;
        }
        if subject.argument == Some(0.0) && subject.statistic != Statistic::SectorProbability {
            // Nothing moves in J = 0.
            assert_eq!((estimate.map(|e| e.mean), expected), (Some(0.0), 0.0));
            continue;
        }
        assert_within_5_sigma(estimate.unwrap(), expected, &format!("{subject:?}"));
        compared += 1;
    }
    // Two baths and windows; three probabilities, and currents and noises of J = 2 and J = 1; entropy.
    assert!((4 + 3 + 2 + 4 + 4..=4 + 3 + 2 + 4 + 6).contains(&compared), "{compared}");
}

#[test]
fn one_two_and_eight_threads_give_the_same_bits() {
    let point = valve(4, 0.2, "[steady]\nrelative_error = 0.05\n[noise]\nfrequencies = [0.3]\ndelays = [0.5]");
    let reference = format!("{:?}", run_on(&point, 1));
    for threads in [2, 8] {
        assert_eq!(format!("{:?}", run_on(&point, threads)), reference, "{threads} threads");
    }
}

/// Over 400 seeds the 95 % interval of the plain average holds the exact current 91 to 99 % of the time (a correct 95 % falls
/// outside of that range with probability 6e-4), for a model that forgets at once and one that switches between bright and
/// dark. That of the estimate that is reported holds it 91 % of the time or more: with controls its error allows for what
/// was not seen.
#[test]
fn the_interval_covers_the_exact_current() {
    for (number, parasitic, error) in [(1, 0.0, 0.05), (2, 0.02, 0.08)] {
        let text =
            |seed: u64| format!("[evolution]\nseed = {seed}\n[steady]\nbath = \"hot\"\nrelative_error = {error}");
        let exact = SteadyRoad::new(&valve(number, parasitic, &text(0)), Effort::Steady).unwrap();
        let current = exact_value(&exact, Quantity::HeatCurrent, 0);
        let (mut covered, mut plain) = (0, 0);
        for seed in 0..400 {
            let run = run_on(&valve(number, parasitic, &text(seed)), 1);
            assert!(run.convergence.converged);
            let off = |quantity| (value(&run, quantity, 0).mean - current).abs();
            covered += u32::from(off(Quantity::HeatCurrent) <= run.convergence.half_width.unwrap());
            let std_error = value(&run, Quantity::HeatCurrentInterval, 0).std_error.unwrap();
            let half = half_width(std_error, run.trajectories - 1, 0.95);
            plain += u32::from(off(Quantity::HeatCurrentInterval) <= half);
        }
        assert!((364..=396).contains(&plain), "N = {number}: {plain} of 400");
        assert!(covered >= 364, "N = {number}: {covered} of 400");
    }
}

/// That <Jz> and <J^2> must stay as they are takes off most of the variance: at these numbers a factor of 82 to 1,000 was
/// seen, and a third of it is asked for. The last model hardly leaves its bright sectors within so few trajectories: errors
/// have to hold there all the same (5 sigma, false positives: 6e-7 each).
#[test]
fn balances_take_off_most_of_the_variance() {
    for (number, rate, temperature, trajectories, gain) in
        [(20, 0.1, 0.1, 1024, 70.0), (8, 1.0, 0.1, 512, 15.0), (20, 1e-3, 10.0, 1024, 15.0), (60, 1e-3, 0.1, 64, 20.0)]
    {
        let baths = bath("hot", "collective", 1.0, 3.0)
            + &bath("cold", "collective", 1.0, 1.0 / 3.0)
            + &bath("parasitic", "local", rate, temperature);
        let point = point(&format!(
            "[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n\
             [evolution]\ntrajectories = {trajectories}\n[steady]\nrelative_error = 1e-9"
        ));
        let run = run(&point);
        assert_eq!((run.stopped_because, run.trajectories), (Stopped::Trajectories, trajectories));
        let exact = SteadyRoad::new(&point, Effort::Steady).unwrap();
        for (quantity, bath, estimate) in &run.values {
            let expected = exact.values.iter().find(|(q, b, _)| *q == quantity.steady() && b == bath).unwrap().2;
            assert_within_5_sigma(*estimate, expected, &format!("N = {number}, {rate}: {quantity:?} {bath:?}"));
        }
        let error = |quantity| value(&run, quantity, 0).std_error.unwrap();
        let seen = (error(Quantity::HeatCurrentInterval) / error(Quantity::HeatCurrentControlled)).powi(2);
        assert!(seen > gain, "N = {number}, {rate}: {seen}");
        assert_eq!(run.convergence.estimator, "heat_current_controlled");
    }
}

/// The qubit that fools a tolerance alone: it decays at 0.02, and a trajectory of length 1 sees next to nothing.
#[test]
fn a_qubit_that_hardly_jumps_does_not_stop_early() {
    let text = |evolution: &str| {
        format!(
            "[qubits]\nnumber = 1\n[[bath]]\nname = \"out\"\ncoupling = \"local\"\ndown = 0.02\n\
             [[bath]]\nname = \"in\"\ncoupling = \"local\"\nup = 0.001\n[initial]\nstate = \"inverted\"\n\
             {evolution}[steady]\nbath = \"out\"\nrelative_error = 0.1"
        )
    };
    let short = run(&point(&text("[evolution]\nuntil = 1.0\n")));
    assert_eq!((short.stopped_because, short.convergence.converged), (Stopped::Until, false));
    assert!(short.convergence.missing.iter().any(|m| m.contains("evolution.until")), "{:?}", short.convergence);

    let run = run(&point(&text("")));
    assert!(run.convergence.converged);
    // The current out of one qubit pumped at w and decaying at g: w g/(w + g).
    let current = value(&run, Quantity::HeatCurrent, 0);
    assert_within_5_sigma(current, -0.02 * 0.001 / 0.021, "current");
}

#[test]
fn a_budget_that_ends_first_is_not_convergence_and_says_what_it_would_take() {
    let text = "[evolution]\ntrajectories = 150\n[steady]\nrelative_error = 0.001";
    let run = run(&valve(4, 0.1, text));
    assert_eq!((run.stopped_because, run.trajectories), (Stopped::Trajectories, 128));
    let needed = run.convergence.trajectories_needed.unwrap() as f64;
    let width = run.convergence.half_width.unwrap() / value(&run, Quantity::HeatCurrent, 0).mean / 0.001;
    assert!(!run.convergence.converged && (needed / (128.0 * width * width) - 1.0).abs() < 0.02, "{needed}");
    assert!(run.convergence.missing[0].contains("an interval"));
}

#[test]
fn windows_too_short_for_the_slowest_relaxation_are_refused() {
    // The run is too short: the window that is needed is named.
    let run = run(&valve(10, 0.1, "[evolution]\nuntil = 60.0\n[steady]\nbath = \"cold\"\n[noise]\nwindows = [5.0]"));
    assert_eq!(run.stopped_because, Stopped::Until);
    let refused = &run.convergence.refused;
    assert!(refused.iter().any(|r| r.contains("windows of 7.5") && r.contains("or more")), "{refused:?}");
    assert!(run.noise.iter().all(|row| !row.subject.statistic.is_of_long_times()));
    assert!(statistic(&run.noise, Statistic::WindowedNoise, 1).is_some());

    // Nobody knows the relaxation time: the counts themselves tell.
    let point = valve(10, 0.1, "[steady]");
    let group = &point.groups[0];
    let engine = Populations::new(&group.model);
    let look = |window: f64, windows: u32| {
        let counted = Counted { baths: vec![1], shares: vec![1.0], ..Counted::default() };
        let protocol = Protocol {
            warm_up: 60.0,
            window,
            windows,
            counted,
            sectors: false,
            conserved: false,
            entropy: None,
            beside: None,
        };
        let current = group.model.heat_current(&group.model.baths[1]);
        let mut groups = vec![protocol.sums(); GROUPS as usize];
        let qubits = Qubits {
            engine: &engine,
            initial: &group.initial,
            number: 10,
            watched: current,
            intensities: &[Default::default(); 3],
            absorptions: &[Default::default(); 3],
        };
        let mut stretches = Stretches::new(vec![qubits], &protocol, &Interrupt::default());
        for number in 0..2048 {
            stretches.run(&mut stream(3, 0, number), &mut groups[(number % GROUPS) as usize]).unwrap();
        }
        noise(&groups, &protocol, 10, 1, 0.0)
    };
    let NoiseReport { rows, too_short: refused, .. } = look(2.0, 20);
    assert!(matches!(refused[..], [NoPlateau { bath: 1, needed, .. }] if needed == 6.0), "{refused:?}");
    assert_eq!(statistic(&rows, Statistic::Noise, 1), None);
    let NoiseReport { rows, too_short: refused, .. } = look(60.0, 4);
    assert!(refused.is_empty(), "{refused:?}");
    assert_within_5_sigma(statistic(&rows, Statistic::Noise, 1).unwrap(), 29.272_697, "golden noise");
}

/// Beyond what is solved beside a run the chain over J is trusted until the data are slower.
#[test]
fn large_models_take_their_relaxation_from_chains_and_data() {
    // 11,236 levels. The local bath is stronger than the collective ones, so the chain over thermal sectors does not hold;
    // it is in balance with them, so the current is exactly that of independent qubits (25).
    let text = "[qubits]\nnumber = 210\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\ndown = 0.002\nup = 0.001\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = 0.001\nup = 0.0002\n\
        [[bath]]\nname = \"bulk\"\ncoupling = \"local\"\ndown = 0.3\nup = 0.12\n\
        [initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.05";
    let point = point(text);
    assert!(exact_beside(&point).is_err());
    let run = run(&point);
    assert!(run.convergence.converged && run.convergence.relaxation_from != RelaxationFrom::Exact);
    let model = &point.groups[0].model;
    let exact = independent_bath_current(model, &model.baths[0]);
    assert_within_5_sigma(value(&run, Quantity::HeatCurrent, 0), exact, "current of two hundred and ten qubits");
}
