//! Limit cycles of points: exact, and converged from trajectories.

use superjump::bath::Coupling;
use superjump::campaign::{RunError, converge, forecast};
use superjump::dicke::Level;
use superjump::group::Group;
use superjump::initial::InitialState;
use superjump::lindblad::Effort;
use superjump::model::protocol::{Change, Entry, Protocol, Repeats, Segment};
use superjump::model::{Course, DriveCourse, Reservoir, Setting, Shape, SpectralDensity};
use superjump::quantity::Quantity;
use superjump::results::{RelaxationFrom, SteadyRun};
use superjump::scenario::{Accuracy, Asked, Budget, Converge, Noise, Point, PointBuilder, Solve, Steady};
use superjump::solve::{Phases, SteadyRoad};
use superjump::statistics::{Estimate, Statistic, Stopped, Subject, Target};
use superjump::theory::Machine;
use superjump::trajectory::Interrupt;
use superjump::units::Units;

use crate::common::number;
use crate::protocols::{Case, assert_close, case, golden};

/// A group under the protocol of a case.
fn group(case: &Case) -> Group {
    let mut group = Group::new(case.protocol.model(case.number, 0.0), case.initial.clone());
    group.reservoirs = case.protocol.stages()[0].reservoirs.clone();
    group.protocol = Some(case.protocol.clone());
    group
}

fn steady(case: &Case) -> Steady {
    let phases = [0.0, 0.1, 0.35, 0.8, 1.0].map(|share: f64| share * case.protocol.period());
    Steady { phases: phases.to_vec(), ..Steady::of_bath(0) }
}

/// The limit cycle of a case, to be converged to a relative error.
fn asked(case: &Case, error: f64) -> Point {
    let accuracy = Accuracy { target: Target::Relative(error), ..Accuracy::default() };
    let asked = Converge { steady: steady(case), accuracy, budget: Budget::default() };
    PointBuilder::new(group(case)).seed(3).build(Asked::Converge(asked)).unwrap()
}

fn run(point: &Point, threads: usize) -> Result<Option<SteadyRun>, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| ())
}

fn solved(case: &Case) -> SteadyRoad {
    let asked = Solve { times: Vec::new(), steady: Some(steady(case)), trajectories: None };
    SteadyRoad::new(&PointBuilder::new(group(case)).build(Asked::Solve(asked)).unwrap(), Effort::Steady).unwrap()
}

fn value(road: &SteadyRoad, quantity: Quantity, bath: Option<usize>) -> f64 {
    road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath)).map(|(.., value)| *value).unwrap()
}

/// Within five standard errors: a false positive every two million looks. What is tied has no error but rounding.
#[track_caller]
fn assert_seen(Estimate { mean, std_error }: Estimate, exact: f64, what: &str) {
    let off = (mean - exact).abs();
    assert!(
        off <= 5.0 * std_error.unwrap_or(0.0) + 1e-9 * exact.abs().max(1e-3),
        "{what}: {mean} ± {std_error:?}, {exact}"
    );
}

#[test]
fn points_come_to_the_golden_limit_cycles_on_both_roads() {
    for value_of in golden("cycle") {
        let result = &value_of["result"];
        let case = case(&value_of["case"], Repeats::Cycles(1));
        let (road, what) = (solved(&case), &case.name);
        let per_cycle = |name: &str| number(&result["mean"][name]);
        assert_close(value(&road, Quantity::Work, None), per_cycle("work"), what);
        assert_close(value(&road, Quantity::Power, None), per_cycle("work") / case.protocol.period(), what);
        let golden_variance = number(&result["asymptotic_covariance_per_cycle"]["work,work"]);
        assert_close(value(&road, Quantity::WorkVariance, None), golden_variance, what);
        assert_close(road.multiplier.unwrap(), number(&result["second_multiplier"]), what);

        let ratio = number(&result["derived"]["tur_plain_ratio"]);
        assert_close(value(&road, Quantity::UncertaintyRatio, None), ratio, what);
        // A difference of two passes, squared where it nearly vanishes.
        let ratio = number(&result["derived"]["tur_periodic_ratio"]);
        let found = value(&road, Quantity::PeriodicUncertaintyRatio, None);
        assert!((found / ratio - 1.0).abs() < 1e-3 && found >= 1.0, "{what}: {found}, not {ratio}");
        for (pair, found) in &road.heat_covariances {
            // Of what many cycles book, work and all heats add up to nothing: so do their covariances with each heat.
            let with = |other: usize| {
                let of = |(pair, value): &([usize; 2], f64)| (pair.contains(&other)).then_some(*value);
                road.heat_covariances.iter().filter_map(of).sum::<f64>()
                    + value(&road, Quantity::HeatVariance, Some(other))
                    + value(&road, Quantity::WorkHeatCovariance, Some(other))
            };
            let size = value(&road, Quantity::HeatVariance, Some(pair[0]));
            assert!(with(pair[0]).abs() < 1e-8 * size, "{what}: {pair:?} {found}");
        }

        let point = asked(&case, 0.02);
        let found = run(&point, 2).unwrap().unwrap();
        let Some(cycle) = found.convergence.cycle else { panic!("{what}: no cycle") };
        assert!(found.convergence.converged && found.stopped_because == Stopped::RelativeError, "{what}");
        assert_eq!(found.convergence.relaxation_from, RelaxationFrom::Exact);
        assert!((cycle.multiplier - road.multiplier.unwrap()).abs() < 1e-9, "{what}");
        assert!(cycle.multiplier.powi(cycle.warm_up as i32) < 1.01 * (-14.0_f64).exp(), "{what}: {cycle:?}");
        assert_eq!(found.machine, road.machine, "{what}");
        let responses = road.values.iter().filter(|(q, ..)| *q == Quantity::PeriodicUncertaintyRatio).count();
        assert_eq!(found.values.len() + responses, road.values.len(), "{what}");
        for ((quantity, bath, estimate), (of, of_bath, exact)) in found.values.iter().zip(&road.values) {
            assert_eq!((quantity, bath), (of, of_bath), "{what}");
            assert_seen(*estimate, *exact, &format!("{what}: {} of {bath:?}", quantity.name()));
        }
        assert_eq!(found.heat_covariances.len(), road.heat_covariances.len(), "{what}");
        for ((pair, estimate), (of, exact)) in found.heat_covariances.iter().zip(&road.heat_covariances) {
            assert_eq!(pair, of, "{what}");
            assert_seen(*estimate, *exact, &format!("{what}: heats of {pair:?}"));
        }
        let phases = Phases::of(&point, &case.protocol);
        assert_eq!(found.phases.len(), phases.times.len() * phases.columns.len());
        for (cell, (estimate, exact)) in found.phases.iter().zip(&road.phases).enumerate() {
            let column = phases.columns[cell % phases.columns.len()];
            let time = phases.times[cell / phases.columns.len()];
            assert_seen(estimate.unwrap(), *exact, &format!("{what}: {} at {time}", column.quantity.name()));
        }
        // A cycle ends where it began, and has booked then what it books.
        let columns = phases.columns.len();
        let row = |phase: usize| &road.phases[phase * columns..][..columns];
        for (column, (first, last)) in phases.columns.iter().zip(row(0).iter().zip(row(4))) {
            match (column.quantity, column.bath) {
                (Quantity::Jz | Quantity::JSquared, _) => assert_close(*last, *first, what),
                (Quantity::Heat, Some(bath)) => assert_close(*last, value(&road, Quantity::Heat, Some(bath)), what),
                _ => {}
            }
        }
    }
}

#[test]
fn a_limit_cycle_is_the_same_bits_on_any_number_of_threads() {
    let case = case(&golden("cycle")[0]["case"], Repeats::Cycles(1));
    let point = asked(&case, 0.03);
    let bits = |threads| {
        let run = run(&point, threads).unwrap().unwrap();
        format!("{:?} {:?} {:?}", run.values, run.phases, run.convergence)
    };
    assert_eq!(bits(1), bits(3));
}

fn thermal(name: &str, coupling: Coupling, temperature: f64) -> Reservoir {
    Reservoir::thermal(name, coupling, SpectralDensity::Flat(1.0), temperature).unwrap()
}

/// Strokes at two frequencies, each with a bath of its own, and ramps between; a local bath where its rate is not zero.
fn otto(number: i64, temperatures: (f64, f64), stroke: f64, local: f64) -> Case {
    repeated(number, temperatures, stroke, local, 1)
}

fn repeated(number: i64, (hot, cold): (f64, f64), stroke: f64, local: f64, cycles: u64) -> Case {
    let mut baths = vec![thermal("hot", Coupling::Collective, hot), thermal("cold", Coupling::Collective, cold)];
    if local > 0.0 {
        let loss = Reservoir::thermal("loss", Coupling::Local, SpectralDensity::Flat(local), 0.5 * cold);
        baths.push(loss.unwrap());
    }
    let off = |bath: &&str| Change { bath: (*bath).into(), setting: Setting::Rate, course: Course::Held(0.0) };
    let ramp = |from, to| Course::Ramp { from, to, shape: Shape::Linear };
    let segment = |duration, frequency, without: &[&str]| {
        let baths = without.iter().map(off).collect();
        Segment { duration, frequency, baths, drive: DriveCourse::default() }
    };
    let segments = [
        segment(stroke, Course::Held(1.0), &["hot"]),
        segment(0.1 * stroke, ramp(1.0, 2.0), &["hot", "cold"]),
        segment(stroke, Course::Held(2.0), &["cold"]),
        segment(0.1 * stroke, ramp(2.0, 1.0), &["hot", "cold"]),
    ];
    let protocol = Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(cycles)).unwrap();
    Case { name: format!("otto of {number}"), number, protocol, initial: InitialState::Dicke(Level::ground(number)) }
}

/// Far above the energy of a quantum, work and what it varies by are (N+2)/3 of those of independent qubits: exactly so in
/// the limit; at kT of 1000 hbar omega within what is left of order `hbar omega N/kT`.
#[test]
fn hot_collective_engines_do_a_third_of_n_plus_two_as_much() {
    for number in [2, 10] {
        let of = |number| solved(&otto(number, (3000.0, 1000.0), 3e-4, 0.0));
        let (collective, one) = (of(number), of(1));
        let qubits = number as f64;
        let ratio = |quantity: Quantity| value(&collective, quantity, None) / (qubits * value(&one, quantity, None));
        let expected = (qubits + 2.0) / 3.0;
        for quantity in [Quantity::Work, Quantity::Reliability] {
            assert!((ratio(quantity) / expected - 1.0).abs() < 0.02, "{number}: {quantity:?} {}", ratio(quantity));
        }
        assert!((value(&collective, Quantity::Efficiency, None) - 0.5).abs() < 1e-8);
        assert_eq!(collective.machine, Some(Machine::Engine));
    }
}

/// Beyond what is made a matrix of: the limit is what many cycles come to, one after the other.
#[test]
fn a_plane_of_levels_comes_to_its_limit() {
    let road = solved(&otto(24, (3.0, 0.4), 0.02, 8.0));
    let cycles = 100;
    assert!(road.multiplier.unwrap().powi(cycles) < 1e-10);
    let case = repeated(24, (3.0, 0.4), 0.02, 8.0, cycles as u64);
    let period = case.protocol.period();
    let equation = case.equation();
    let ends = [f64::from(cycles - 1) * period, f64::from(cycles) * period];
    let series = equation.averages(&ends).unwrap().series;
    for (entry, quantity, bath) in
        [(Entry::Heat(0), Quantity::Heat, Some(0)), (Entry::Heat(2), Quantity::Heat, Some(2))]
    {
        let [before, after] = [0, 1].map(|end| series[end].booked.mean(entry).unwrap());
        let exact = value(&road, quantity, bath);
        assert!((after - before - exact).abs() < 1e-8 * exact.abs(), "{entry:?}: {} {exact}", after - before);
    }
}

#[test]
fn cycles_that_never_become_steady_are_refused_in_words() {
    let refused = |case: &Case| {
        let point = asked(case, 0.1);
        let told = forecast(&point, &Interrupt::default()).unwrap_err().to_string();
        let error = run(&point, 1).unwrap_err();
        assert!(error.is_refusal() && error.to_string() == told, "{told}");
        told
    };
    let slow = refused(&otto(3, (3.0, 0.4), 1e-3, 1e-7));
    assert!(slow.contains("do not become steady") && slow.contains("rounding"), "{slow}");
    // Dephasing mixes the sectors, and leaves M.
    let noise = Reservoir::given("noise", Coupling::Local, 0.0, 0.0).unwrap().dephasing(1.0).unwrap();
    let cold = Reservoir::given("nothing", Coupling::Local, 0.0, 0.0).unwrap();
    let segment =
        Segment { duration: 1.0, frequency: Course::Held(1.0), baths: Vec::new(), drive: DriveCourse::default() };
    let protocol = Protocol::new(Units::Natural, &[noise, cold], &[segment], Repeats::Cycles(1)).unwrap();
    let initial = InitialState::Dicke(Level::ground(4));
    let never = refused(&Case { name: "never".into(), number: 4, protocol, initial });
    // What never relaxes is nothing but for rounding.
    assert!(never.contains("no unique limit") || never.contains("rounding"), "{never}");
}

/// Each J has its own limit: means are those of the start's mixture, and the noise of many cycles is told to have no limit.
#[test]
fn sectors_that_nothing_mixes_are_told_to_drift_apart() {
    let mut case = otto(3, (3.0, 0.4), 0.4, 0.0);
    case.initial = InitialState::Thermal { probability: 0.3 };
    let (road, found) = (solved(&case), run(&asked(&case, 0.02), 2).unwrap().unwrap());
    for refused in [&road.refused, &found.convergence.refused] {
        assert!(refused.iter().any(|why| why.contains("keeps its J")), "{refused:?}");
    }
    assert!(found.convergence.converged);
    for ((quantity, bath, estimate), (.., exact)) in found.values.iter().zip(&road.values) {
        assert!(*quantity != Quantity::WorkVariance);
        assert_seen(*estimate, *exact, &format!("{} of {bath:?}", quantity.name()));
    }
}

/// Noise in windows of whole cycles, and in the limit of long ones: of trajectories within 5 standard errors (6e-7 each) of what
/// is exact, which is what many cycles from the limit on vary by.
#[test]
fn quanta_of_many_cycles_are_noise_like_any() {
    let case = otto(3, (3.0, 0.4), 0.6, 0.2);
    let period = case.protocol.period();
    let noise = Noise { baths: vec![0, 1, 2], windows: vec![period, 5.0 * period], ..Noise::default() };
    let steady = Steady { noise, ..steady(&case) };
    let asked = Solve { times: Vec::new(), steady: Some(steady.clone()), trajectories: None };
    let solved = PointBuilder::new(group(&case)).build(Asked::Solve(asked)).unwrap();
    let road = SteadyRoad::new(&solved, Effort::Steady).unwrap();
    let exact = |statistic: Statistic, bath: usize, argument: Option<f64>| {
        let found = road.noise.iter().find(|row| row.subject.same(&Subject::new(statistic, bath, argument)));
        found.map(|row| row.value).unwrap()
    };
    // Of long windows little is left of what a window begins with.
    let equation = case.equation();
    let limit = equation.limit_cycle().unwrap();
    for bath in 0..3 {
        let many = |cycles: u64| {
            let booked = equation.over(cycles).averages_from(&limit.p, &[]).unwrap().last.booked;
            booked.covariance(Entry::Quanta(bath), Entry::Quanta(bath)).unwrap()
        };
        let grown = (many(400) - many(200)) / (200.0 * period);
        assert_close(exact(Statistic::Noise, bath, None), grown, "noise");
        assert_close(exact(Statistic::WindowedNoise, bath, Some(5.0 * period)), many(5) / (5.0 * period), "windows");
        assert_close(value(&road, Quantity::Noise, Some(bath)), grown, "noise");
    }
    let accuracy = Accuracy { target: Target::Relative(0.03), ..Accuracy::default() };
    let asked = Converge { steady, accuracy, budget: Budget::default() };
    let point = PointBuilder::new(group(&case)).seed(5).build(Asked::Converge(asked)).unwrap();
    let found = run(&point, 2).unwrap().unwrap();
    // Two windows, the noise, its Fano factor, and the noise with each of those after it, of three baths.
    assert_eq!((found.noise.len(), road.noise.len()), (15, 15));
    for row in &found.noise {
        let exact = road.noise.iter().find(|other| other.subject.same(&row.subject)).unwrap().value;
        assert_seen(row.estimate.unwrap(), exact, &format!("{:?}", row.subject));
    }
}

/// Cycle after cycle, or all of them by what one does: the same averages, and as soon as in seconds those of very many.
#[test]
fn many_short_cycles_are_one_that_is_repeated() {
    let case = repeated(2, (3.0, 0.4), 0.3, 0.2, 40);
    let (period, equation) = (case.protocol.period(), case.equation());
    // A time within each cycle has each gone through by itself.
    let ends: Vec<f64> = (1..=40).map(|cycle| f64::from(cycle) * period).collect();
    let within: Vec<f64> = ends.iter().flat_map(|end| [end - 0.4 * period, *end]).collect();
    let (whole, each) = (equation.averages(&ends).unwrap(), equation.averages(&within).unwrap());
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-11 * b.abs().max(1.0), "{a} {b}");
    let entries: Vec<Entry> = Entry::all(case.protocol.baths()).collect();
    for (a, b) in whole.series.iter().zip(each.series.iter().skip(1).step_by(2)).chain([(&whole.last, &each.last)]) {
        close(a.now.jz, b.now.jz);
        for one in &entries {
            close(a.booked.mean(*one).unwrap(), b.booked.mean(*one).unwrap());
            for other in &entries {
                close(a.booked.covariance(*one, *other).unwrap(), b.booked.covariance(*one, *other).unwrap());
            }
        }
    }
    for (a, b) in whole.cycles.iter().zip(&each.cycles) {
        close(a.final_m, b.final_m);
        entries.iter().for_each(|entry| close(a.booked.mean(*entry).unwrap(), b.booked.mean(*entry).unwrap()));
    }
    for (a, b) in whole.segments.iter().zip(&each.segments) {
        entries.iter().for_each(|entry| close(a.mean(*entry).unwrap(), b.mean(*entry).unwrap()));
    }
    let many = repeated(1, (3.0, 0.4), 0.3, 0.2, 100_000);
    assert!(many.equation().work(&[]) < 3e9 && many.equation().work(&[0.5 * period]) < 3e9);
    let averages = many.equation().averages(&[many.protocol.end()]).unwrap();
    let limit = many.equation().limit_cycle().unwrap().many.mean(Entry::Work).unwrap();
    let last = averages.cycles[99_999].booked.mean(Entry::Work).unwrap();
    // Of 1e5 roundings.
    assert!((last - limit).abs() < 1e-10, "{last} {limit}");
}
