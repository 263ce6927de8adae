//! The three exact equations by what they have in common: which one a group takes, and states that go on in time.

use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::group::Group;
use superjump::initial::InitialState;
use superjump::lindblad::Effort;
use superjump::model::{Drive, Hamiltonian, Model, Register};
use superjump::scenario::{PointBuilder, Solve, Steady};
use superjump::solve::{Aim, Averages, Equation, ExactRoad, FullSpace, Levels, Orders, Road, SteadyRoad};
use superjump::trajectory::Engine;
use superjump::units::Units;

fn bath(name: &str, coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: name.into(), coupling, down, up, dephasing, temperature: None, quantum: None }
}

fn group(number: i64, frequency: f64, speed: f64) -> Group {
    let baths = vec![
        bath("cold", Coupling::Collective, 1.0 * speed, 0.2, 0.0),
        bath("hot", Coupling::Collective, 0.5, 0.3 * speed, 0.1),
        bath("stray", Coupling::Local, 0.15, 0.1, 0.05 * speed),
    ];
    let model = Model { units: Units::Natural, number, frequency, baths };
    Group::new(model, InitialState::Coherent { theta: 1.1, phi: 0.4 })
}

fn driven(number: i64, speed: f64) -> Group {
    let drive = Drive { amplitude: 1.3 * speed, detuning: 0.4 };
    Group { hamiltonian: Hamiltonian { drive: Some(drive), chi: 0.2 }, ..group(number, 1.0, speed) }
}

fn unlike(number: i64, speed: f64) -> Group {
    let group = group(number, 1.0, speed);
    let mut register = Register::from(&group.model);
    register.frequencies.iter_mut().enumerate().for_each(|(qubit, frequency)| *frequency += 0.3 * qubit as f64);
    Group { register: Some(register), ..group }
}

fn transient(until: f64) -> Aim {
    Aim { until: Some(until), transverse: true, total: 5, effort: Effort::Beside }
}

const STEADY: Aim = Aim { until: None, transverse: false, total: 5, effort: Effort::Beside };

/// What has a value at a time, and over the interval before it.
fn values(averages: &Averages) -> (Vec<f64>, Vec<f64>) {
    let Averages { time, jz, j_squared, transverse, excited, power, baths, observables, booked: _ } = averages;
    let mut now = vec![*time, *jz, *j_squared, *excited, *power];
    now.extend(transverse.iter().flatten());
    now.extend(observables);
    now.extend(baths.iter().flat_map(|bath| [bath.intensity, bath.heat_current]));
    (now, baths.iter().map(|bath| bath.average).collect())
}

fn close(a: &Averages, b: &Averages, tolerance: f64, intervals: bool) {
    let ((a, mut over_a), (b, mut over_b)) = (values(a), values(b));
    if !intervals {
        over_a.clear();
        over_b.clear();
    }
    assert_eq!(a.len(), b.len());
    for (a, b) in a.into_iter().chain(over_a).zip(b.into_iter().chain(over_b)) {
        assert!((a - b).abs() < tolerance, "{a} {b}: off by {:.1e}", a - b);
    }
}

/// In one piece, in two that meet at a time of the grid, and in two that meet between two of them.
fn goes_on<E: Equation>(group: &Group, tolerance: f64) {
    let times = [0.0, 0.3, 0.7, 1.1, 2.5];
    let equation = E::new(group, &transient(2.5)).unwrap();
    let start = equation.start().unwrap();
    let mut whole = start.clone();
    let expected = equation.advance(&mut whole, &times).unwrap();
    assert_eq!((E::time(&start), E::time(&whole)), (0.0, 2.5));
    for (pieces, meet) in [(&[&times[..3], &times[3..]][..], true), (&[&times[..3], &[0.9], &times[3..]], false)] {
        let mut state = start.clone();
        let mut found: Vec<Averages> = Vec::new();
        for piece in pieces {
            found.extend(equation.advance(&mut state, piece).unwrap());
            assert_eq!(E::time(&state), *piece.last().unwrap());
            close(&equation.averages(&state), found.last().unwrap(), tolerance, false);
        }
        found.retain(|averages| averages.time != 0.9);
        assert_eq!(found.len(), times.len());
        for (sample, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // No interval has an average at its beginning, and that at 1.1 is half as long where a piece ends within.
            close(found, expected, tolerance, sample > 0 && (meet || sample != 3));
        }
    }
    // Nowhere to go.
    let before = equation.averages(&whole);
    assert!(equation.advance(&mut whole, &[]).unwrap().is_empty());
    close(&equation.averages(&whole), &before, 1e-300, false);
}

#[test]
fn a_state_goes_on_where_it_was_left() {
    // Windows of Krylov spaces are good to 2e-12 each in |p|_1, times the largest value; the others sum series to rounding.
    goes_on::<Levels>(&group(5, 1.0, 1.0), 1e-10);
    goes_on::<Orders>(&driven(5, 1.0), 1e-12);
    goes_on::<FullSpace>(&unlike(4, 1.0), 1e-12);
    // A twisting turns with the lab.
    let twisted = Hamiltonian { drive: None, chi: 0.3 };
    goes_on::<Orders>(&Group { hamiltonian: twisted, ..group(5, 1.0, 1.0) }, 1e-12);
}

/// Averages at all times along a protocol, one group after the other, each up to its time.
fn along<E: Equation>(protocol: &[(Group, f64)]) -> Vec<Averages> {
    let begin = E::new(&protocol[0].0, &transient(2.0)).unwrap();
    let mut state = begin.start().unwrap();
    let piece = |(group, until): &(Group, f64)| {
        let equation = E::new(group, &transient(2.0)).unwrap();
        let begun = E::time(&state);
        let times: Vec<f64> = (1..=3).map(|k| begun + (until - begun) * f64::from(k) / 3.0).collect();
        equation.advance(&mut state, &times).unwrap()
    };
    protocol.iter().flat_map(piece).collect()
}

/// Also where rates, and the frequency that the lab sees, change from one piece to the next.
#[test]
fn the_three_equations_are_one_for_identical_qubits() {
    let protocol = [(group(4, 1.0, 1.0), 0.5), (group(4, 3.5, 0.1), 1.3), (group(4, 0.2, 2.0), 2.0)];
    for protocol in [&protocol[..1], &protocol[..]] {
        let all = [along::<Levels>(protocol), along::<Orders>(protocol), along::<FullSpace>(protocol)];
        for other in &all[1..] {
            assert_eq!(other.len(), 3 * protocol.len());
            // 1e-10 of the largest value, of heat currents at the frequency 3.5 some ten.
            all[0].iter().zip(other).for_each(|(a, b)| close(a, b, 1e-9, true));
        }
    }
}

#[test]
fn driven_qubits_along_a_protocol_are_those_of_the_full_space() {
    let protocol = [(driven(4, 1.0), 0.6), (driven(4, 0.3), 1.0), (driven(4, 2.0), 2.0)];
    let (orders, full) = (along::<Orders>(&protocol), along::<FullSpace>(&protocol));
    orders.iter().zip(&full).for_each(|(a, b)| close(a, b, 1e-9, true));
}

fn rests<E: Equation>(group: &Group, aim: &Aim) -> Averages {
    let equation = E::new(group, aim).unwrap();
    let mut state = equation.steady_state().unwrap();
    let steady = equation.averages(&state);
    let later = equation.advance(&mut state, &[1.0, 20.0]).unwrap();
    later.iter().for_each(|later| close(&Averages { time: later.time, ..steady.clone() }, later, 1e-10, false));
    assert!(equation.relaxation_time().unwrap() > 0.0);
    steady
}

#[test]
fn a_steady_state_is_a_state_that_stays() {
    let aim = transient(20.0);
    let group = group(4, 1.0, 1.0);
    let levels = rests::<Levels>(&group, &aim);
    close(&levels, &rests::<Orders>(&group, &aim), 1e-10, false);
    close(&levels, &rests::<FullSpace>(&group, &aim), 1e-10, false);
    let driven = driven(4, 1.0);
    close(&rests::<Orders>(&driven, &aim), &rests::<FullSpace>(&driven, &aim), 1e-10, false);
    rests::<FullSpace>(&unlike(3, 1.0), &aim);
}

#[test]
fn a_group_takes_the_smallest_equation_that_has_what_is_asked() {
    let aim = transient(1.0);
    let currents = Aim { transverse: false, ..aim };
    let plain = group(4, 1.0, 1.0);
    let twisted = Group { hamiltonian: Hamiltonian { drive: None, chi: 0.3 }, ..plain.clone() };
    let apart = Group { initial: InitialState::Angles(vec![(0.1, 0.0); 4]), ..plain.clone() };
    let (driven, unlike) = (driven(4, 1.0), unlike(4, 1.0));
    for (group, roads) in [
        (&plain, [Road::Levels; 3]),
        // Twisting turns coherences, and moves no populations.
        (&twisted, [Road::Orders, Road::Levels, Road::Levels]),
        (&driven, [Road::Orders; 3]),
        (&unlike, [Road::FullSpace; 3]),
        (&apart, [Road::FullSpace; 3]),
    ] {
        assert_eq!([aim, currents, STEADY].map(|aim| Road::of(group, &aim)), roads);
    }
    let each = |groups: &[&Group], aim| {
        let groups: Vec<Group> = groups.iter().map(|group| (*group).clone()).collect();
        Road::of_each(&groups, &aim)
    };
    assert_eq!(each(&[&plain, &driven], aim), [Road::Levels, Road::Orders]);
    assert_eq!(each(&[&plain, &driven], STEADY), [Road::Orders; 2]);
    assert_eq!(each(&[&plain, &driven, &unlike], aim), [Road::FullSpace; 3]);
    assert_eq!(each(&[], STEADY), []);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_made() {
    let refused = |road: Road, group: &Group, aim: &Aim| road.affordable(group, aim).unwrap_err().to_string();
    let million = |group: Group| Group {
        model: Model { number: 1_000_000, ..group.model.clone() },
        register: None,
        initial: InitialState::Dicke(Level::ground(1_000_000)),
        ..group
    };
    for aim in [transient(1.0), STEADY] {
        let levels = refused(Road::Levels, &million(group(2, 1.0, 1.0)), &aim);
        assert!(levels.contains("250001000001 levels is beyond the 10500"), "{levels}");
        assert!(refused(Road::Orders, &million(driven(2, 1.0)), &aim).contains("is beyond the"));
    }
    let full = refused(Road::FullSpace, &million(group(2, 1.0, 1.0)), &transient(1.0));
    assert_eq!(full, "the full Lindblad equation of 1000000 qubits takes 4^1000000 elements");
    let beside = refused(Road::FullSpace, &unlike(6, 1.0), &STEADY);
    assert_eq!(beside, "beyond 5 qubits that differ nothing is solved beside a run");
    let long = refused(Road::FullSpace, &unlike(5, 1.0), &transient(1e9));
    assert!(long.contains("operations, more than"), "{long}");
    let turning = refused(Road::Orders, &driven(8, 1.0), &transient(1e9));
    assert!(turning.contains("to follow the drive"), "{turning}");
    // A copy of a sector is none of the full space's states, which matters where it is the start.
    let dark = Group { initial: InitialState::Dicke(Level::new(4, 2, 0).unwrap()), ..unlike(4, 1.0) };
    assert!(refused(Road::FullSpace, &dark, &transient(1.0)).contains("spread over the copies"));
    Road::FullSpace.affordable(&dark, &STEADY).unwrap();
}

/// What is told beforehand is what happens.
#[test]
fn an_equation_that_is_called_affordable_is_solved() {
    let solve = || Solve { times: vec![0.5], steady: Some(Steady::of_bath(0)), trajectories: None };
    // Its transverse spin takes 15,180 elements, its steady state 324 levels.
    let mut twisted = group(34, 1.0, 1.0);
    twisted.hamiltonian.chi = 0.1;
    let twisted = PointBuilder::new(twisted).engine(Engine::Ladder).build(solve()).unwrap();
    let told = ExactRoad::affordable(&twisted, Effort::Transient).unwrap_err();
    assert_eq!(ExactRoad::new(&twisted, Effort::Transient).missing(), Some(&told));
    ExactRoad::affordable(&twisted, Effort::Steady).unwrap();
    assert!(!SteadyRoad::new(&twisted, Effort::Steady).unwrap().values.is_empty());
    // A large group beside one of qubits that differ is in the full space too.
    let beside = PointBuilder::new(unlike(2, 1.0)).group(group(12, 1.0, 1.0)).build(solve()).unwrap();
    let told = ExactRoad::affordable(&beside, Effort::Transient).unwrap_err();
    assert_eq!(ExactRoad::new(&beside, Effort::Transient).missing(), Some(&told));
    assert!(SteadyRoad::new(&beside, Effort::Steady).is_err());
}
