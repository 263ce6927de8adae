//! Points that are made in Rust are those that are read from text, and engines are what they say of themselves.

use superjump::bath::{Bath, Coupling};
use superjump::campaign::{converge, simulate};
use superjump::dicke::Level;
use superjump::group::Group;
use superjump::initial::InitialState;
use superjump::model::{Drive, Hamiltonian, Model};
use superjump::scenario::{
    Accuracy, Budget, Converge, Overrides, Point, PointBuilder, PointError, Purpose, Recording, Scenario, Solve,
    Steady, Transient, scenario_keys,
};
use superjump::solve::SteadyRoad;
use superjump::trajectory::{Engine, Interrupt, Passage};
use superjump::units::Units;

fn baths() -> Vec<Bath> {
    let thermal = |name: &str, coupling, rate, t: f64| Bath::thermal(name, coupling, rate, 1.0 / t, t);
    vec![
        thermal("hot", Coupling::Collective, 1.0, 2.0),
        thermal("cold", Coupling::Collective, 0.5, 0.5),
        thermal("stray", Coupling::Local, 0.1, 0.5),
    ]
}

const BATHS: &str = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
    [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 0.5\ntemperature = 0.5\n\
    [[bath]]\nname = \"stray\"\ncoupling = \"local\"\nrate = 0.1\ntemperature = 0.5\n";

fn valve(number: i64) -> Group {
    Group::new(
        Model { units: Units::Natural, number, frequency: 1.0, baths: baths() },
        InitialState::Dicke(Level::ground(number)),
    )
}

fn read(text: &str, purpose: Purpose) -> Point {
    let text = format!("[qubits]\nnumber = 4\n{BATHS}[initial]\nstate = \"ground\"\n{text}");
    Scenario::parse("s", "s.toml", &text, purpose, &Overrides::default()).unwrap().points.remove(0)
}

#[test]
fn a_point_made_in_rust_is_the_one_that_is_read() {
    let times = vec![0.0, 0.5, 2.0];
    let made = PointBuilder::new(valve(4)).seed(7).build(Transient { times, trajectories: 300 }).unwrap();
    let text = "[evolution]\ntimes = [0.0, 0.5, 2.0]\ntrajectories = 300\nseed = 7\n";
    assert_eq!(made, read(text, Purpose::Trajectories));
    // The same bits.
    let means = |point: &Point| simulate(point, 2).unwrap().0.means().map(|mean| mean.to_bits());
    assert_eq!(means(&made), means(&read(text, Purpose::Trajectories)));

    let steady = Steady::of_bath(1);
    let asked = Solve { times: vec![], steady: Some(steady.clone()), trajectories: None };
    let made = PointBuilder::new(valve(4)).build(asked).unwrap();
    let solved = read("[steady]\nbath = \"cold\"\n", Purpose::Exact);
    assert_eq!(made, solved);
    let road = |point: &Point| SteadyRoad::new(point, superjump::lindblad::Effort::Steady).unwrap().values;
    assert_eq!(road(&made), road(&solved));

    let budget = Budget { trajectories: Some(640), ..Budget::default() };
    let asked = Converge { steady, accuracy: Accuracy::default(), budget };
    let made = PointBuilder::new(valve(4)).build(asked).unwrap();
    let text = "[evolution]\ntrajectories = 640\n[steady]\nbath = \"cold\"\n";
    assert_eq!(made, read(text, Purpose::Trajectories));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let transient = || Transient { times: vec![1.0], trajectories: 10 };
    let build = |group: Group| PointBuilder::new(group).build(transient());
    let mut negative = valve(2);
    negative.model.baths[2].up = -0.1;
    assert!(matches!(build(negative), Err(PointError::Rate { rate: -0.1, .. })));
    let mut other = valve(2);
    other.model.baths[0].name = "warm".to_owned();
    let two = PointBuilder::new(valve(3)).group(other).build(transient());
    assert_eq!(two.unwrap_err(), PointError::UnlikeBaths { group: 1 });
    for times in [vec![], vec![0.0], vec![1.0, 1.0], vec![2.0, 1.0], vec![-1.0, 1.0], vec![f64::NAN]] {
        let refused = PointBuilder::new(valve(2)).build(Transient { times, trajectories: 10 });
        assert!(matches!(refused, Err(PointError::Times(_))), "{refused:?}");
    }
    let none = PointBuilder::new(valve(2)).build(Transient { times: vec![1.0], trajectories: 0 });
    assert_eq!(none.unwrap_err(), PointError::TooFewTrajectories { asked: 0, least: 1 });
    let nowhere = Solve { times: vec![], steady: Some(Steady::of_bath(3)), trajectories: None };
    assert_eq!(PointBuilder::new(valve(2)).build(nowhere).unwrap_err(), PointError::NoBath { index: 3, baths: 3 });
    for (bath, quanta) in [(0, 0), (1, 5)] {
        let mut steady = Steady::of_bath(0);
        (steady.noise.baths, steady.noise.passage) = (vec![0], vec![Passage { bath, quanta }]);
        let never = Converge { steady, accuracy: Accuracy::default(), budget: Budget::default() };
        assert_eq!(PointBuilder::new(valve(2)).build(never).unwrap_err(), PointError::Passage { bath, quanta });
    }
    let nothing = Solve { times: vec![], steady: None, trajectories: None };
    assert_eq!(PointBuilder::new(valve(2)).build(nothing).unwrap_err(), PointError::Nothing);

    let mut driven = valve(4);
    driven.hamiltonian = Hamiltonian { drive: Some(Drive { amplitude: 1.0, detuning: 0.0 }), chi: 0.0 };
    let levels = PointBuilder::new(driven).engine(Engine::Populations).build(transient()).unwrap_err();
    assert!(levels.to_string().contains("a drive superposes"), "{levels}");
    let large = PointBuilder::new(valve(21)).engine(Engine::Register).build(transient()).unwrap_err();
    assert!(large.to_string().contains("beyond the 20"), "{large}");
    // What passes over collective jumps counts none of them.
    let sectors = |engine: PointBuilder| engine.engine(Engine::Sectors).build(transient());
    assert!(sectors(PointBuilder::new(valve(4))).unwrap_err().to_string().contains("passes over collective jumps"));
    assert!(
        sectors(PointBuilder::new(valve(4)).recording(Recording { jumps: true, photons: 0, ..Recording::default() }))
            .is_err()
    );
}

#[test]
fn a_point_converges_only_where_that_is_asked() {
    let point = read("[evolution]\nuntil = 1.0\ntrajectories = 1\n", Purpose::Trajectories);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let refused = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("does not ask for a steady state"), "{refused}");
}

/// What scenarios and the documentation call an engine is what it calls itself.
#[test]
fn engines_are_named_once() {
    let allowed = scenario_keys().into_iter().find(|key| key.path == "evolution.engine").unwrap().allowed;
    let page = std::fs::read_to_string("docs/scenario.md").unwrap();
    for engine in Engine::ALL {
        assert_eq!(Engine::named(engine.name()), Some(engine));
        let quoted = format!("\"{}\"", engine.name());
        assert!(allowed.contains(&quoted), "{allowed} lacks {quoted}");
        assert!(page.contains(&quoted), "docs/scenario.md lacks {quoted}");
    }
    assert_eq!(Engine::named("auto"), None);
}

/// The validator asks reservoirs for their rates and makes none itself: whoever asks again gets the same bits.
#[test]
fn a_group_keeps_what_its_baths_are() {
    for entry in std::fs::read_dir("scenarios").unwrap() {
        let path = entry.unwrap().path();
        for purpose in [Purpose::Trajectories, Purpose::Exact] {
            let Ok(scenario) = Scenario::read(&path, purpose, &Overrides::default()) else { continue };
            for group in scenario.points.iter().flat_map(|point| &point.groups) {
                let Model { frequency, ref baths, .. } = group.model;
                for time in [0.0, 3.0] {
                    assert_eq!(group.at(frequency, time), group.model, "{}", path.display());
                }
                // Thermal ones have other occupations at another frequency, unless what they exchange has its own.
                let moved = group.at(1.5 * frequency, 0.0);
                for (bath, other) in baths.iter().zip(&moved.baths) {
                    assert_eq!((&bath.name, bath.coupling), (&other.name, other.coupling));
                    let thermal = bath.temperature.is_some_and(|t| t > 0.0) && bath.up > 0.0 && bath.quantum.is_none();
                    assert_eq!(thermal, bath.up != other.up, "{}: {}", path.display(), bath.name);
                }
            }
        }
    }
    // A transmon behind its resonator.
    let text = "units = \"SI\"\n[qubits]\nnumber = 2\ntransmon = { josephson = 16.0, charging = 0.5 }\n[[bath]]\n\
        name = \"b\"\ncoupling = \"collective\"\ntemperature = 0.0\n\
        circuit = { resistance = 200.0, inductance = 1.0, capacitance = 1000.0, coupling = 3.874046 }\n\
        [initial]\nstate = \"ground\"\n[evolution]\ntimes = [0.0, 1.0]\ntrajectories = 10\n";
    let point = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap().points;
    let group = &point[0].groups[0];
    assert_eq!(group.at(group.model.frequency, 0.0), group.model);
    // Nearer to the resonance of 5.03 GHz.
    assert!(group.at(5.0, 0.0).baths[0].down > 10.0 * group.model.baths[0].down);
}
