//! Limit cycles under a drive: golden protocols repeated, all orders of coherence against the full space of 2^N, a drive that
//! is held against its steady state, and trajectories against exact averages.

use superjump::bath::Coupling;
use superjump::campaign::converge;
use superjump::dicke::Level;
use superjump::group::Group;
use superjump::initial::InitialState;
use superjump::lindblad::{Driven, DrivenProtocol, Effort, ProtocolMeans, RegisterProtocol, StateCycle, density};
use superjump::model::protocol::{Entry, Protocol, Repeats, Segment};
use superjump::model::{
    Course, Drive, DriveCourse, Hamiltonian, Outline, Pulse, Register, Reservoir, Shape, SpectralDensity, Wave,
};
use superjump::quantity::Quantity;
use superjump::scenario::{Accuracy, Asked, Budget, Converge, PointBuilder, Solve, Steady};
use superjump::solve::SteadyRoad;
use superjump::statistics::Target;
use superjump::trajectory::{Engine, Interrupt};
use superjump::units::Units;

use crate::pulses::Case;

fn orders(protocol: &Protocol, hamiltonian: &Hamiltonian, number: i64) -> DrivenProtocol {
    let ground = InitialState::Dicke(Level::ground(number));
    DrivenProtocol::new(protocol, hamiltonian, number, &ground, Effort::Steady).unwrap()
}

fn full_space(protocol: &Protocol, hamiltonian: &Hamiltonian, number: i64) -> RegisterProtocol {
    let register = Register { chi: hamiltonian.chi, ..Register::from(&protocol.model(number, 0.0)) };
    RegisterProtocol::new(protocol, &register).unwrap()
}

fn in_full_space(protocol: &Protocol, hamiltonian: &Hamiltonian, number: i64, times: &[f64]) -> StateCycle {
    let qubits = usize::try_from(number).unwrap();
    let equation = full_space(protocol, hamiltonian, number);
    equation.limit_cycle(&density::dicke(qubits, -number).unwrap(), times).unwrap()
}

/// To 1e-8, as far as both have it.
fn close(a: &ProtocolMeans, b: &ProtocolMeans, what: &str) {
    let values = |m: &ProtocolMeans| {
        let mut values = vec![m.now.jz, m.now.emission, m.now.j_squared, m.jx, m.jy, m.work];
        values.extend(m.heat.iter().chain(&m.emitted).chain(&m.absorbed).chain(&m.entropy));
        values
    };
    for (a, b) in values(a).iter().zip(values(b)) {
        assert!((a - b).abs() < 1e-8 * b.abs().max(1.0), "{what}: {a} {b}");
    }
}

/// What is booked between two times.
fn between(before: &ProtocolMeans, after: &ProtocolMeans) -> Vec<f64> {
    let booked = |m: &ProtocolMeans| [&[m.work][..], &m.heat, &m.emitted, &m.absorbed].concat();
    booked(after).iter().zip(booked(before)).map(|(after, before)| after - before).collect()
}

#[test]
fn golden_pulses_that_repeat_come_to_what_pass_after_pass_comes_to() {
    let mut checked = 0;
    for case in Case::all() {
        let once = case.protocol.repeated(1);
        let equation = orders(&once, &case.hamiltonian, case.number);
        let times = [0.0, 0.4 * once.period(), once.period()];
        let Ok(limit) = equation.limit_cycle(&times) else { continue };
        let (multiplier, what) = (limit.second_multiplier, &case.name);
        let cycles = (1e-10_f64.ln() / multiplier.ln()).ceil().max(2.0) as u64;
        if cycles > 60 {
            continue;
        }
        // As far as it can be gone there: to 1e-10 of what a start differs by.
        let passes = orders(&case.protocol.repeated(cycles), &case.hamiltonian, case.number).passages(&[]).unwrap().1;
        let segments = once.stages().len();
        let [before, after] = [passes.len() - 1 - segments, passes.len() - 1].map(|at| &passes[at]);
        let expected = between(before, after);
        let nothing = ProtocolMeans {
            work: 0.0,
            heat: vec![0.0; once.baths()],
            emitted: vec![0.0; once.baths()],
            absorbed: vec![0.0; once.baths()],
            ..after.clone()
        };
        let end = &limit.ends[segments - 1];
        for (found, expected) in between(&nothing, end).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-7 * expected.abs().max(1.0), "{what}: {found} {expected}");
        }
        assert!((end.now.jz - after.now.jz).abs() < 1e-8, "{what}: {} {}", end.now.jz, after.now.jz);
        // The cycle closes, and the first law with it.
        assert!((limit.series[0].now.jz - limit.series[2].now.jz).abs() < 1e-8, "{what}");
        assert!((end.work + end.heat.iter().sum::<f64>()).abs() < 1e-7 * end.work.abs().max(1.0), "{what}");
        if case.number <= 4 {
            let full = in_full_space(&once, &case.hamiltonian, case.number, &times);
            limit.series.iter().zip(&full.series).for_each(|(a, b)| close(a, b, what));
        }
        checked += 1;
    }
    assert!(checked > 3, "{checked}");
}

fn thermal(name: &str, coupling: Coupling, rate: f64, temperature: f64) -> Reservoir {
    Reservoir::thermal(name, coupling, SpectralDensity::Flat(rate), temperature).unwrap()
}

fn baths() -> [Reservoir; 3] {
    [
        thermal("hot", Coupling::Collective, 0.4, 2.0),
        thermal("cold", Coupling::Collective, 0.6, 0.7),
        thermal("loss", Coupling::Local, 0.3, 0.5).dephasing(0.1).unwrap(),
    ]
}

/// A pulse, a ramp with a turning drive, and rest.
fn pulsed() -> Protocol {
    let sin2 = Pulse { outline: Outline::Sin2, amplitude: 2.5, centre: 0.4, width: 0.8 };
    let ramp = |from, to| Course::Ramp { from, to, shape: Shape::Linear };
    let none = || DriveCourse::default();
    let segment = |duration, frequency, drive| Segment { duration, frequency, baths: Vec::new(), drive };
    let segments = [
        segment(0.8, Course::Held(2.0), DriveCourse { amplitude: sin2.into(), ..none() }),
        segment(
            0.7,
            ramp(2.0, 3.0),
            DriveCourse { amplitude: Wave::from(Course::Held(0.8)), phase: ramp(0.0, 1.2), ..none() },
        ),
        segment(1.0, Course::Held(3.0), none()),
    ];
    Protocol::new(Units::Natural, &baths(), &segments, Repeats::Cycles(1)).unwrap()
}

#[test]
fn all_orders_and_the_full_space_come_to_one_limit() {
    let hamiltonian = Hamiltonian { drive: None, chi: 0.3 };
    let protocol = pulsed();
    let times = [0.0, 0.3, 0.8, 1.2, 2.5];
    for number in [1, 3] {
        let a = orders(&protocol, &hamiltonian, number).limit_cycle(&times).unwrap();
        let b = in_full_space(&protocol, &hamiltonian, number, &times);
        a.series.iter().chain(&a.ends).zip(b.series.iter().chain(&b.ends)).for_each(|(a, b)| close(a, b, "limit"));
        // The full space has no slower deviation than that of all orders, among what is stirred up.
        assert!((a.second_multiplier - b.second_multiplier).abs() < 1e-5, "{number}: {a:?}");
        let rate = a.second_multiplier.ln() / protocol.period();
        assert!(rate < -0.1 && rate > -3.0, "{rate}");
        let noise = orders(&protocol, &hamiltonian, number).noise(&a).unwrap();
        let full = full_space(&protocol, &hamiltonian, number).noise(&b).unwrap();
        for entry in [Entry::Work, Entry::Heat(0), Entry::Heat(2), Entry::Quanta(1)] {
            for other in [Entry::Work, Entry::Heat(1), Entry::Quanta(2), entry] {
                let [a, b] = [&noise, &full].map(|noise| noise.covariance(entry, other).unwrap());
                assert!((a - b).abs() < 1e-7 * b.abs().max(1.0), "{entry:?} {other:?}: {a} {b}");
            }
        }
        assert!(noise.covariance(Entry::Work, Entry::Work).unwrap() > 0.0);
    }
}

/// Of a drive that is held the limit cycle is the steady state, however long a cycle is said to take.
#[test]
fn a_drive_that_is_held_comes_to_its_steady_state() {
    let (number, period) = (4, 0.7);
    let drive = DriveCourse {
        amplitude: Course::Held(0.9).into(),
        detuning: Course::Held(0.4).into(),
        phase: Course::Held(0.0),
    };
    let segment = Segment { duration: period, frequency: Course::Held(1.3), baths: Vec::new(), drive };
    let protocol = Protocol::new(Units::Natural, &baths(), &[segment], Repeats::Cycles(1)).unwrap();
    let limit = orders(&protocol, &Hamiltonian::default(), number).limit_cycle(&[0.0]).unwrap();
    let model = protocol.model(number, 0.0);
    let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 0.9, detuning: 0.4 }), chi: 0.0 };
    let driven = Driven::new(&model, &hamiltonian, &InitialState::Dicke(Level::ground(number)));
    let steady = driven.steady_state().unwrap();
    let noise = orders(&protocol, &Hamiltonian::default(), number).noise(&limit).unwrap();
    for bath in 0..3 {
        // Counts of a stationary state, in whatever windows.
        let found = noise.covariance(Entry::Quanta(bath), Entry::Quanta(bath)).unwrap() / period;
        let expected = driven.steady().unwrap().noise(bath).unwrap().value;
        assert!((found / expected - 1.0).abs() < 1e-7, "{bath}: {found} {expected}");
    }
    let start = &limit.series[0];
    for (found, expected) in [
        (start.now.jz, steady.exact.now.jz),
        (start.now.emission, steady.exact.now.emission),
        (start.jx, steady.jx),
        (start.jy, steady.jy),
    ] {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
    for (bath, heat) in model.baths.iter().zip(&limit.ends[0].heat) {
        let form = model.heat_current(bath);
        let current = form.at(steady.exact.now.emission, steady.exact.now.jz);
        assert!((heat - period * current).abs() < 1e-8, "{}: {heat} {current}", bath.name);
    }
    let forgotten = (-period / driven.relaxation_time().unwrap()).exp();
    assert!((limit.second_multiplier - forgotten).abs() < 1e-6, "{} {forgotten}", limit.second_multiplier);
}

/// All that is estimated within 5 standard errors of what is exact: some sixty numbers an engine, of which one is off in
/// 4e-5 of all seeds.
#[test]
fn trajectories_come_to_the_exact_limit_cycle_on_the_ladder_and_in_a_register() {
    let protocol = pulsed();
    for (engine, couplings) in [(Engine::Ladder, None), (Engine::Register, Some(0.6))] {
        let number = 2;
        let mut group = Group::new(protocol.model(number, 0.0), InitialState::Dicke(Level::ground(number)));
        group.reservoirs = protocol.stages()[0].reservoirs.clone();
        group.protocol = Some(protocol.clone());
        if let Some(second) = couplings {
            group.register = Some(Register { couplings: vec![1.0, second], ..Register::from(&group.model) });
        }
        let steady = Steady { phases: vec![0.0, 0.4, 1.1, 2.5], ..Steady::of_bath(0) };
        let asked = Solve { times: Vec::new(), steady: Some(steady.clone()), trajectories: None };
        let solved = PointBuilder::new(group.clone()).build(Asked::Solve(asked)).unwrap();
        let road = SteadyRoad::new(&solved, Effort::Steady).unwrap();
        let why = |name: &str| road.refused.iter().any(|refused| refused.starts_with(name));
        assert!(why(Quantity::PeriodicUncertaintyRatio.name()), "{:?}", road.refused);
        // Of a current that the first round knows.
        let accuracy = Accuracy { target: Target::Absolute(0.2), ..Accuracy::default() };
        let converged = Converge { steady, accuracy, budget: Budget::default() };
        let point = PointBuilder::new(group).engine(engine).seed(7).build(Asked::Converge(converged)).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let found = converge(&point, &pool, &Interrupt::default(), &mut |_| ()).unwrap().unwrap();
        let what = format!("{engine:?}, {couplings:?}");
        let mut checked = 0;
        for (quantity, bath, exact) in &road.values {
            let (.., estimate) = found.values.iter().find(|(q, b, _)| (q, b) == (quantity, bath)).unwrap();
            let off = (estimate.mean - exact).abs() / estimate.std_error.unwrap();
            assert!(off < 5.0, "{what}: {} of {bath:?}: {estimate:?} {exact}", quantity.name());
            checked += 1;
        }
        assert!(checked > 8, "{what}: {:?}", road.values);
        // Energy stays, so that what many cycles take up of work varies as what they take up of heat.
        let noise = |quantity: Quantity| found.values.iter().find(|(q, ..)| *q == quantity).unwrap().2;
        assert!(noise(Quantity::WorkVariance).mean > 0.0);
        assert_eq!(found.phases.len(), road.phases.len());
        for (estimate, exact) in found.phases.iter().zip(&road.phases).filter(|(_, exact)| exact.is_finite()) {
            let estimate = estimate.unwrap();
            let off = (estimate.mean - exact).abs();
            assert!(off < 5.0 * estimate.std_error.unwrap_or(0.0) + 1e-9, "{what}: {estimate:?} {exact}");
        }
    }
}
