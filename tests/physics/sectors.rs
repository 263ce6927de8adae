//! The sectors engine has the law of the populations engine, and its means are those of the values it passes over.

use crate::common::{assert_within_5_sigma, bath, point};
use superjump::bath::Coupling;
use superjump::campaign::converge;
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::Effort;
use superjump::model::{Model, Observables, Values};
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::results::SteadyRun;
use superjump::scenario::Point;
use superjump::solve::SteadyRoad;
use superjump::statistics::Estimate;
use superjump::theory::{independent_bath_current, mixture_current, weak_local_bath};
use superjump::trajectory::{Engine, Interrupt, Jump, Populations, Recorder, Sectors, Unravelling};

/// Six kinds of channel on N qubits; `local` scales the rates of the local ones.
fn model(number: i64, (down, up): (f64, f64), local: f64) -> Model {
    let text = format!(
        "[qubits]\nnumber = {number}\n\
         [[bath]]\nname = \"cavity\"\ncoupling = \"collective\"\ndown = {down:?}\n\
         [[bath]]\nname = \"drive\"\ncoupling = \"collective\"\nup = {up:?}\n\
         [[bath]]\nname = \"jitter\"\ncoupling = \"collective\"\ndephasing = 0.7\n\
         [[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = {:?}\n\
         [[bath]]\nname = \"pump\"\ncoupling = \"local\"\nup = {:?}\n\
         [[bath]]\nname = \"noise\"\ncoupling = \"local\"\ndephasing = {:?}\n\
         [initial]\nstate = \"ground\"\n[steady]\nabsolute_error = 1.0",
        0.5 * local,
        0.4 * local,
        0.6 * local
    );
    point(&text).groups.remove(0).model
}

/// The first local jump, and the integrals of the values.
struct Watch<'a> {
    model: &'a Model,
    first: Option<(f64, Observables)>,
    emission: f64,
    jz: f64,
    j_squared: f64,
    /// The end of the last dwell: dwells have no gaps.
    now: f64,
}

impl Recorder<Observables> for Watch<'_> {
    fn dwell(&mut self, start: f64, duration: f64, at_start: &Observables, mean: &Observables) {
        assert!((start - self.now).abs() <= 1e-12 * self.now && duration >= 0.0);
        assert_eq!(at_start.j_squared, mean.j_squared);
        self.now = start + duration;
        self.emission += duration * mean.emission;
        self.jz += duration * mean.jz;
        self.j_squared += duration * mean.j_squared;
    }

    fn jump(&mut self, time: f64, jump: Jump, after: &Observables) {
        if self.model.baths[jump.bath].coupling == Coupling::Local && self.first.is_none() {
            self.first = Some((time, *after));
        }
    }
}

/// Of many trajectories: when the first local jump was, J and M after it, J and M at the end, and the time averages.
#[derive(Default)]
struct Sample {
    laws: [Vec<f64>; 5],
    averages: [Vec<f64>; 3],
}

fn sample<E>(engine: &E, model: &Model, from: Level, until: f64, seed: u64, count: u64) -> Sample
where
    E: Unravelling<Values = Observables, State = Level, Initial = InitialState>,
{
    let mut sample = Sample::default();
    for number in 0..count {
        let mut rng = stream(seed, 0, number);
        let mut watch = Watch { model, first: None, emission: 0.0, jz: 0.0, j_squared: 0.0, now: 0.0 };
        let mut state = engine.prepare(&InitialState::Dicke(from), &mut rng);
        // Cut somewhere: waiting times are memoryless.
        engine.advance(&mut state, 0.0, 0.37 * until, &mut rng, &mut watch);
        engine.advance(&mut state, 0.37 * until, until, &mut rng, &mut watch);
        assert!((watch.now / until - 1.0).abs() < 1e-12);
        assert_eq!(Level::new(model.number, state.two_j, state.two_m), Some(state));
        let (time, after) = watch.first.unwrap_or((until, Observables::default()));
        let values = [time, after.j_squared(), after.jz(), state.j_squared(), state.m()];
        sample.laws.iter_mut().zip(values).for_each(|(law, value)| law.push(value));
        let averages = [watch.emission, watch.jz, watch.j_squared].map(|integral| integral / until);
        sample.averages.iter_mut().zip(averages).for_each(|(all, one)| all.push(one));
    }
    sample
}

/// The largest distance between two empirical distributions, ties and all.
fn distance(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let upto = |sorted: &[f64], x: f64| sorted.partition_point(|value| *value <= x) as f64 / sorted.len() as f64;
    a.iter().chain(b.iter()).map(|x| (upto(a, *x) - upto(b, *x)).abs()).fold(0.0, f64::max)
}

fn mean(values: &[f64]) -> Estimate {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Estimate { mean, std_error: Some((square / n).sqrt()) }
}

/// Two samples of 20,000, Kolmogorov-Smirnov at 0.001 for each of 5 laws of 9 models (discrete laws: less); means
/// within 5 sigma of each other. Warm and cold, inverted, without absorption, local baths weak and strong; from home, from a
/// level that is stepped away from, and from a sector that is larger than any that is passed through at once.
#[test]
fn the_law_is_that_of_the_populations_engine() {
    let cases = [
        (6, (1.0, 0.6), 0.02, (6, -6), 20.0, 20_000),
        (6, (1.0, 0.6), 3.0, (6, -2), 1.0, 20_000),
        (7, (1.0, 0.01), 0.05, (5, 5), 6.0, 20_000),
        (7, (0.1, 1.3), 0.1, (7, -7), 3.0, 20_000),
        (5, (1.0, 1.0), 0.1, (3, 1), 4.0, 20_000),
        (6, (1.0, 0.0), 0.1, (6, 6), 5.0, 20_000),
        (6, (0.0, 1.0), 0.1, (2, 0), 5.0, 20_000),
        // The slowest mode is far from thermal: local jumps are as fast as collective ones.
        (4, (0.05, 0.04), 1.0, (4, 0), 2.0, 20_000),
        (403, (1.0, 0.5), 0.02, (402 + 1, -401), 0.05, 2_000),
    ];
    for (case, (number, collective, local, (two_j, two_m), until, count)) in cases.into_iter().enumerate() {
        let model = model(number, collective, local);
        let from = Level::new(number, two_j, two_m).unwrap();
        let seed = 100 + case as u64;
        let mut plain = sample(&Populations::new(&model), &model, from, until, seed, count);
        let mut passages = sample(&Sectors::new(&model), &model, from, until, seed + 50, count);
        let bound = 1.949_47 * (2.0 / count as f64).sqrt();
        for (law, (a, b)) in plain.laws.iter_mut().zip(&mut passages.laws).enumerate() {
            let distance = distance(a, b);
            assert!(distance < bound, "case {case}, law {law}: {distance} > {bound}");
        }
        for (a, b) in plain.averages.iter().zip(&passages.averages) {
            let (a, b) = (mean(a), mean(b));
            let error = a.std_error.unwrap().hypot(b.std_error.unwrap());
            assert!((a.mean - b.mean).abs() <= 5.0 * error, "case {case}: {a:?} {b:?}");
        }
        // At least some of the first local jumps are seen, and some are not.
        assert!(plain.laws[0].iter().any(|time| *time < until));
    }
}

fn run_on(point: &Point, threads: usize) -> SteadyRun {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
}

fn valve(number: i64, rate: f64, temperature: f64, more: &str) -> Point {
    let baths = bath("hot", "collective", 1.0, 3.0)
        + &bath("cold", "collective", 1.0, 1.0 / 3.0)
        + &bath("parasitic", "local", rate, temperature);
    point(&format!("[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n{more}"))
}

fn estimate(run: &SteadyRun, quantity: Quantity, bath: Option<usize>) -> Estimate {
    run.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath)).unwrap().2
}

/// Every column of six models within five standard errors of the exact one (false positives: 6e-7 each, of some 80).
#[test]
fn steady_currents_are_the_exact_ones() {
    for (number, rate, temperature) in
        [(10, 1e-4, 0.1), (10, 1e-3, 1.0), (10, 1e-4, 10.0), (2, 1e-4, 1.0), (100, 1e-4, 0.1), (100, 1e-3, 0.1)]
    {
        let text = "[evolution]\nseed = 5\ntrajectories = 640\n[steady]\nbath = \"hot\"\nrelative_error = 0.02";
        let point = valve(number, rate, temperature, text);
        assert_eq!(point.engine.engine, Engine::Sectors, "{}", point.engine.because);
        let run = run_on(&point, 2);
        let exact = SteadyRoad::new(&point, Effort::Steady).unwrap();
        let mut compared = 0;
        for (quantity, bath, estimate) in &run.values {
            let of = quantity.steady();
            let value = exact.values.iter().find(|(q, b, _)| *q == of && b == bath).unwrap().2;
            assert_within_5_sigma(*estimate, value, &format!("N = {number}, {rate}: {quantity:?} of {bath:?}"));
            compared += 1;
        }
        assert!(compared >= 12, "{compared}");
        // Quanta of collective baths are not seen, those of the local one are.
        let counts = |bath| run.values.iter().any(|(q, b, _)| *q == Quantity::HeatCurrentCounts && *b == Some(bath));
        assert_eq!([0, 1, 2].map(counts), [false, false, true]);
    }
}

/// A billion times weaker than the collective baths: a billion jumps and more lie between two local ones.
#[test]
fn an_infinitely_weak_bath_has_the_closed_form() {
    let text = "[evolution]\nseed = 2\n[steady]\nbath = \"hot\"\nrelative_error = 0.02\n";
    let point = valve(30, 1e-9, 1.2, text);
    let run = run_on(&point, 2);
    assert!(run.convergence.converged, "{:?}", run.convergence);
    let model = &point.groups[0].model;
    let exact = mixture_current(model, &model.baths[0], &weak_local_bath(model).unwrap());
    assert_within_5_sigma(estimate(&run, Quantity::HeatCurrent, Some(0)), exact, "weak limit");
}

/// A local bath at T* leaves a hundred qubits as independent ones would be, spread over the sectors: (25), exactly.
#[test]
fn a_bath_in_balance_leaves_qubits_independent() {
    for rate in [1e-4, 1e-3] {
        let text = "[evolution]\nseed = 3\ntrajectories = 640\n[steady]\nbath = \"hot\"\nrelative_error = 0.02\n";
        let point = valve(100, rate, 1.742_497_479_399_942_8, text);
        assert_eq!(point.engine.engine, Engine::Sectors, "{}", point.engine.because);
        let model = &point.groups[0].model;
        let exact = independent_bath_current(model, &model.baths[0]);
        assert_within_5_sigma(estimate(&run_on(&point, 2), Quantity::HeatCurrent, Some(0)), exact, "balance");
    }
}

#[test]
fn one_two_and_eight_threads_give_the_same_bits() {
    let point = valve(12, 1e-3, 1.0, "[evolution]\nengine = \"sectors\"\n[steady]\nrelative_error = 0.05");
    let reference = format!("{:?}", run_on(&point, 1));
    for threads in [2, 8] {
        assert_eq!(format!("{:?}", run_on(&point, threads)), reference, "{threads} threads");
    }
}

/// Both engines, the same number of trajectories of the same length: passages are no noisier. The logarithm of the ratio of two
/// equal variances from 1024 trajectories each spreads by sqrt(4/1023) = 0.063; e^0.31 is 5 sigma (false positives: 3e-7).
#[test]
fn what_passages_average_is_no_noisier() {
    let variance = |engine: &str| {
        let text = format!(
            "[evolution]\ntrajectories = 1024\nengine = \"{engine}\"\n[steady]\nbath = \"hot\"\nrelative_error = 1e-9"
        );
        let run = run_on(&valve(4, 1e-2, 1.0, &text), 2);
        assert_eq!(run.trajectories, 1024);
        estimate(&run, Quantity::HeatCurrentInterval, Some(0)).std_error.unwrap().powi(2)
    };
    let ratio = variance("sectors") / variance("populations");
    assert!(ratio < 1.37, "{ratio}");
}

/// The rule of `auto` is one of the model: weak local baths, nothing that is counted, and sectors that fit.
#[test]
fn sectors_are_chosen_where_they_pay() {
    let engine = |point: &Point| point.engine.engine;
    let steady = "[steady]\nbath = \"hot\"";
    assert_eq!(engine(&valve(10, 1e-3, 0.1, steady)), Engine::Sectors);
    assert_eq!(engine(&valve(10, 0.3, 0.1, steady)), Engine::Populations);
    assert_eq!(engine(&valve(1, 1e-6, 0.1, steady)), Engine::Populations);
    assert_eq!(engine(&valve(10, 1e-3, 0.1, &format!("{steady}\n[noise]"))), Engine::Populations);
    assert_eq!(engine(&valve(10, 1e-3, 0.1, "[evolution]\nuntil = 1.0\ntrajectories = 1")), Engine::Populations);
    assert_eq!(engine(&valve(1000, 1e-6, 0.1, steady)), Engine::Populations);
    assert_eq!(engine(&valve(10, 0.0, 0.1, steady)), Engine::Populations);
}

/// The engine goes by its former name too, which is said; and by that name the id, and so the streams, stay what they were.
#[test]
fn the_former_name_is_the_same_engine_and_the_same_point() {
    let named = |name: &str| {
        valve(12, 1e-3, 1.0, &format!("[evolution]\nengine = \"{name}\"\n[steady]\nrelative_error = 0.05"))
    };
    let (point, former) = (named("sectors"), named("leaps"));
    assert_eq!((former.id, former.engine.engine), (point.id, Engine::Sectors));
    assert_eq!(point.id, 0xeece_b5c2_c8ed_e867);
    assert_eq!(point.engine.because, "the scenario asks for it");
    assert_eq!(former.engine.because, "the scenario asks for it, as \"leaps\", its former name");
}
