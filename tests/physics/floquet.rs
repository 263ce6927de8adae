//! Baths that exchange quanta of energies of their own: figures of an independent solver, both roads and every engine
//! against each other, the first law and the second.

use serde_json::Value;
use superjump::campaign::converge;
use superjump::circuit::{Circuit, FilterForm, Resonator, Transmon};
use superjump::lindblad::{Effort, RegisterEquation, density};
use superjump::model::protocol::Segment;
use superjump::model::{Drive, Reservoir, SpectralDensity};
use superjump::quantity::Quantity;
use superjump::scenario::Point;
use superjump::solve::SteadyRoad;
use superjump::statistics::Estimate;
use superjump::theory::Machine;
use superjump::trajectory::Interrupt;

use crate::common::{Ran, assert_within_5_sigma, number, point, run};
use crate::protocol_runs::{in_memory, row};

fn golden() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/floquet.json")).unwrap();
    all["floquet"].as_array().unwrap().clone()
}

/// A `[[bath]]` table of a rate, a temperature and a quantum.
fn bath(name: &str, coupling: &str, rate: f64, temperature: f64, quantum: f64) -> String {
    crate::common::bath(name, coupling, rate, temperature) + &format!("quantum = {quantum:?}\n")
}

fn baths(case: &Value) -> String {
    let of = |what: &str, name: &str| number(&case[format!("{what}_{name}")]);
    let collective = |name| bath(name, "collective", of("rate", name), of("T", name), of("quantum", name));
    let local = case["local"]
        .as_array()
        .map_or(String::new(), |local| bath("loss", "local", number(&local[0]), number(&local[1]), number(&local[2])));
    collective("hot") + &collective("cold") + &local
}

fn case_of(case: &Value, more: &str) -> Point {
    let text = format!("[qubits]\nnumber = {}\n{}[initial]\nstate = \"ground\"\n{more}", case["N"], baths(case));
    point(&text)
}

fn value(road: &SteadyRoad, quantity: Quantity, bath: Option<usize>) -> f64 {
    let found = road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath));
    found.unwrap_or_else(|| panic!("no {quantity:?} {bath:?}")).2
}

/// Everything that a golden case has, by its place among the baths.
fn expected(case: &Value) -> Vec<(Quantity, Option<usize>, f64)> {
    let heat = ["hot", "cold", "loss"].iter().enumerate();
    let heat = heat.filter_map(|(bath, name)| Some((Quantity::HeatCurrent, Some(bath), case["heat"][name].as_f64()?)));
    let power = -number(&case["power_output"]);
    let merit = match case["efficiency"].as_f64() {
        Some(efficiency) => (Quantity::Efficiency, None, efficiency),
        None => (Quantity::CoefficientOfPerformance, None, number(&case["heat"]["cold"]) / power),
    };
    heat.chain([merit, (Quantity::Power, None, power), (Quantity::Jz, None, number(&case["jz"]))]).collect()
}

#[test]
fn exact_steady_states_are_golden() {
    for case in golden() {
        let point = case_of(&case, "[steady]\nrelative_error = 0.01");
        let road = SteadyRoad::new(&point, Effort::Steady).unwrap();
        let noise = (Quantity::Noise, Some(0), number(&case["noise_hot_quanta"]));
        for (quantity, bath, expected) in expected(&case).into_iter().chain([noise]) {
            let off = value(&road, quantity, bath) / expected - 1.0;
            assert!(off.abs() < 1e-8, "N = {}, {quantity:?} {bath:?}: off by {off:e}", case["N"]);
        }
        let engine = case["efficiency"].is_number();
        assert_eq!(road.machine, Some(if engine { Machine::Engine } else { Machine::Refrigerator }));
        // Without another bath exactly what the quanta are.
        if case["local"].is_null() && engine {
            let exact = 1.0 - number(&case["quantum_cold"]) / number(&case["quantum_hot"]);
            assert!((value(&road, Quantity::Efficiency, None) - exact).abs() < 1e-15);
        }
        // The second law: what the quanta take from the baths, by their energies and temperatures.
        let of = |what: &str, name: &str| number(&case[format!("{what}_{name}")]);
        let mut produced = 0.0;
        for (bath, name) in ["hot", "cold"].iter().enumerate() {
            produced -= value(&road, Quantity::HeatCurrent, Some(bath)) / of("T", name);
        }
        if let Some(local) = case["local"].as_array() {
            produced -= value(&road, Quantity::HeatCurrent, Some(2)) / number(&local[1]);
        }
        let entropy = value(&road, Quantity::EntropyProduction, None);
        assert!(produced > 0.0 && (entropy / produced - 1.0).abs() < 1e-12, "{entropy} {produced}");
    }
}

/// Some ten estimates a case within 5 sigma of the exact value (false positives: 6e-7 each). An efficiency that nothing
/// but two baths decide is exact, replica by replica, by the balance of quanta.
#[test]
fn sampled_steady_states_are_golden() {
    let pool = rayon::ThreadPoolBuilder::new().build().unwrap();
    for case in golden() {
        let point = case_of(&case, "[steady]\nrelative_error = 0.02");
        let run = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
        let estimate = |quantity, bath| -> Estimate {
            let found = run.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath));
            found.unwrap_or_else(|| panic!("no {quantity:?} {bath:?}: {:?}", run.convergence.refused)).2
        };
        for (quantity, bath, expected) in expected(&case) {
            assert_within_5_sigma(estimate(quantity, bath), expected, &format!("N = {}, {quantity:?}", case["N"]));
        }
        for bath in 0..point.baths().len() {
            let expected = estimate(Quantity::HeatCurrent, Some(bath));
            assert!(expected.std_error.is_some());
            for quantity in [Quantity::HeatCurrentCounts, Quantity::HeatCurrentInterval, Quantity::HeatCurrentBalance] {
                let heat = case["heat"][&point.baths()[bath].name].as_f64().unwrap();
                assert_within_5_sigma(estimate(quantity, Some(bath)), heat, &format!("{quantity:?}"));
            }
        }
        if case["local"].is_null() && case["efficiency"].is_number() {
            let exact = 1.0 - number(&case["quantum_cold"]) / number(&case["quantum_hot"]);
            assert!((estimate(Quantity::Efficiency, None).mean - exact).abs() < 1e-12);
        }
        assert!(run.machine.is_some());
    }
}

/// A modulated group with a local bath that is not, and another of given rates that only has an energy.
fn three(number: i64, more: &str) -> String {
    format!(
        "[qubits]\nnumber = {number}\nfrequency = 0.9\n{}{}{}{}{more}",
        bath("hot", "collective", 0.7, 3.0, 1.4),
        bath("cold", "collective", 0.4, 0.6, 0.5),
        crate::common::bath("loss", "local", 0.2, 0.8),
        "[[bath]]\nname = \"pump\"\ncoupling = \"local\"\ndown = 0.1\nup = 0.15\nquantum = 1.1\n"
    )
}

/// Every column at every time within 5 sigma of the exact value (6e-7 each), by each engine that can; exact values by the
/// levels and by the full equation of 2^N, which share no line, to 1e-9.
#[test]
fn every_engine_and_both_equations_agree_along_a_transient() {
    let evolution = |engine: &str| {
        format!(
            "[initial]\nstate = \"product\"\nexcited = 3\n[evolution]\nengine = \"{engine}\"\n\
             times = [0.2, 0.7, 3.0]\ntrajectories = 4000\nseed = 11"
        )
    };
    for engine in ["populations", "ladder", "register"] {
        let ran = run(&three(4, &evolution(engine)));
        for (what, estimate, exact) in ran.all() {
            // What is of one trajectory is no average of a density matrix.
            if let Some(exact) = exact {
                assert_within_5_sigma(estimate, exact, &format!("{engine}: {what}"));
            }
        }
        let equation = RegisterEquation::new(&ran.point.groups[0].register()).unwrap();
        let start = density::of(&ran.point.groups[0].initial, 4).unwrap();
        for (sample, rho) in equation.transient(&start, ran.point.times()).iter().enumerate() {
            let (mut heats, mut power) = (0.0, 0.0);
            for (index, bath) in ran.model().baths.iter().enumerate() {
                let heat = ran.exact(sample, Quantity::HeatCurrent, Some(&bath.name));
                assert!((heat - equation.heat_current(index, rho)).abs() < 1e-9, "{engine}: {}", bath.name);
                // By quanta alone, without the Hamiltonian.
                let quanta = equation.net_quanta(index, rho);
                assert!((heat - bath.energy(0.9) * quanta).abs() < 1e-9, "{engine}: {}", bath.name);
                power += (0.9 - bath.energy(0.9)) * quanta;
                heats += heat;
            }
            let gained = 0.9 * equation.jz(&equation.right_hand_side(rho));
            assert!((heats + power - gained).abs() < 1e-9, "{engine}: {heats} {power} {gained}");
            assert!((ran.exact(sample, Quantity::Power, None) - power).abs() < 1e-9, "{engine}");
        }
    }
}

/// The ladder's steady state and that of the full equation, of alike qubits by either; of unlike ones the first law.
#[test]
fn the_full_equation_has_the_same_steady_state() {
    let steady = |text: &str| SteadyRoad::new(&point(text), Effort::Steady).unwrap();
    let more = "[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.1\n";
    let levels = steady(&three(3, more));
    let alike = three(3, more).replace("number = 3", "number = 3\ncouplings = [1.0, 1.0, 1.0]");
    let full = steady(&alike);
    for (quantity, bath, expected) in levels.values.iter().filter(|(q, ..)| *q != Quantity::JSquared) {
        if let Some((.., found)) = full.values.iter().find(|(q, b, _)| (q, b) == (quantity, bath)) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{quantity:?} {bath:?}: {found} {expected}");
        }
    }
    let unlike = "number = 3\nfrequencies = [0.9, 1.0, 0.7]\ncouplings = [1.0, 0.5, -0.7]\nexchange = 0.2";
    let unlike = steady(&three(3, more).replace("number = 3", unlike));
    for road in [&levels, &full, &unlike] {
        let heat: f64 = (0..4).map(|bath| value(road, Quantity::HeatCurrent, Some(bath))).sum();
        let power = value(road, Quantity::Power, None);
        assert!((heat + power).abs() < 1e-12 && power.abs() > 1e-3, "{heat} {power}");
    }
}

/// The `sectors` engine counts no collective quanta: power and merit by the balances of the local ones alone.
#[test]
fn a_weak_local_bath_leaves_the_engine_to_the_sectors() {
    let text = |rate: f64| {
        format!(
            "[qubits]\nnumber = 12\n{}{}{}[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.02\n",
            bath("hot", "collective", 1.0, 4.0, 1.5),
            bath("cold", "collective", 1.0, 1.0, 0.5),
            crate::common::bath("loss", "local", rate, 1.0)
        )
    };
    let point = point(&text(1e-4));
    assert_eq!(point.engine.engine.name(), "sectors");
    let pool = rayon::ThreadPoolBuilder::new().build().unwrap();
    let run = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap();
    for (quantity, bath) in [
        (Quantity::Power, None),
        (Quantity::Efficiency, None),
        (Quantity::HeatCurrent, Some(0)),
        (Quantity::HeatCurrent, Some(1)),
    ] {
        let estimate = run.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath)).unwrap().2;
        assert!(estimate.std_error.is_some());
        assert_within_5_sigma(estimate, value(&road, quantity, bath), &format!("{quantity:?}"));
    }
}

/// At the last time of a transient: by what flows then, within 5 sigma of the exact value (6e-7 each). Before the qubits
/// have settled they are no machine, and while they settle it is said how far they are.
#[test]
fn a_transient_is_judged_by_what_flows_at_its_end() {
    let ran = |quantum: f64, until: f64| {
        let baths = bath("hot", "collective", 1.0, 4.0, quantum)
            + &bath("cold", "collective", 1.0, 1.0, 0.5)
            + &crate::common::bath("loss", "local", 0.05, 1.0);
        let text = format!(
            "[qubits]\nnumber = 4\n{baths}[initial]\nstate = \"ground\"\n[evolution]\ntimes = [{until:?}]\n\
             trajectories = 30000\nseed = 3"
        );
        in_memory(point(&text), 2).0
    };
    for (quantum, until, machine, merit) in [
        (1.5, 1.0, "an engine", "efficiency"),
        (1.5, 12.0, "an engine", "efficiency"),
        (3.0, 12.0, "a refrigerator", "coefficient_of_performance"),
    ] {
        let found = ran(quantum, until);
        assert!(found.machine.as_deref().unwrap().starts_with(machine), "{:?}", found.machine);
        let exact = |name: &str, bath: Option<&str>| row(&found, name, bath).exact.unwrap();
        let heat = |bath: &str| exact("heat_current", Some(bath));
        let (power, quotient) = (exact("power", None), exact(merit, None));
        let loss = heat("loss").max(0.0);
        let expected =
            if merit == "efficiency" { -power / (heat("hot") + loss) } else { (heat("cold") + heat("loss")) / power };
        assert!((quotient / expected - 1.0).abs() < 1e-12, "{quotient} {expected}");
        let z = row(&found, merit, None).z.unwrap_or_else(|| panic!("{:?}", found.notes));
        assert!(z.abs() < 5.0, "{merit}: {z}");
        let settles = found.notes.iter().any(|note| note.starts_with(merit) && note.contains("still changes"));
        assert!(settles || until > 1.0, "{:?}", found.notes);
    }
    let early = ran(1.5, 0.01);
    assert!(early.machine.is_none() && early.quantities.iter().all(|row| row.quantity != "efficiency"));
    assert!(early.notes.iter().any(|note| note.starts_with("efficiency: ") && note.contains("no machine yet")));
}

/// A quantum that is that of the qubits changes no number; the key alone makes another point.
#[test]
fn quanta_of_the_qubits_do_no_work() {
    let more = "[initial]\nstate = \"inverted\"\n[evolution]\ntimes = [0.3, 1.0]\ntrajectories = 10\n";
    let plain =
        three(3, more).replace("quantum = 1.4\n", "").replace("quantum = 0.5\n", "").replace("quantum = 1.1\n", "");
    let own = plain.replace("temperature = 3.0\n", "temperature = 3.0\nquantum = 0.9\n");
    let (plain, own) = (run(&plain), run(&own));
    assert_ne!(plain.point.id, own.point.id);
    assert!(plain.point.columns().iter().all(|column| column.quantity != Quantity::Power));
    for sample in 0..2 {
        assert_eq!(own.exact(sample, Quantity::Power, None), 0.0);
        let heat = |ran: &Ran| ran.exact(sample, Quantity::HeatCurrent, Some("hot"));
        assert_eq!(heat(&plain), heat(&own));
    }
}

/// At omega_h/T_h = omega_c/T_c nothing flows, though the temperatures differ; at one temperature something does.
#[test]
fn balance_is_of_energies_over_temperatures() {
    let between = |t: f64| {
        let baths = bath("hot", "collective", 1.0, 4.0, 1.5) + &bath("cold", "collective", 0.3, t, 0.5);
        point(&format!("[qubits]\nnumber = 4\n{baths}[initial]\nstate = \"ground\"\n[steady]\nabsolute_error = 0.01\n"))
    };
    let balanced = between(4.0 / 3.0);
    assert!(balanced.no_current().is_some());
    let road = SteadyRoad::new(&balanced, Effort::Steady).unwrap();
    for bath in 0..2 {
        assert_eq!(value(&road, Quantity::HeatCurrent, Some(bath)), 0.0);
    }
    assert_eq!((value(&road, Quantity::Power, None), road.machine), (0.0, None));
    let alike = between(4.0);
    assert!(alike.no_current().is_none());
    let road = SteadyRoad::new(&alike, Effort::Steady).unwrap();
    let (power, bound) = (value(&road, Quantity::Power, None), alike.steady_current_bound().unwrap());
    assert!(power > 0.1 && road.machine == Some(Machine::Heater));
    assert!((0..2).all(|bath| value(&road, Quantity::HeatCurrent, Some(bath)).abs() < bound));
}

/// Occupations, filters and circuits at the quantum; a transmon stays tuned to its own frequency.
#[test]
fn rates_are_taken_at_the_quantum() {
    let filtered = "[qubits]\nnumber = 2\nfrequency = 5.0\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 0.1\n\
         temperature = 300.0\nquantum = 5.5\nfilter = { quality = 20.0, resonance = 5.5 }\n\
         [initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1\n";
    let bath = point(&format!("units = \"SI\"\n{filtered}")).baths()[0].clone();
    // hbar omega/(k_B T) of 5.5 GHz at 300 mK.
    let x = 0.047_992_430_733_662_f64 * 5.5 / 0.3;
    assert!((bath.up * x.exp_m1() / 0.1 - 1.0).abs() < 1e-9 && (bath.down / bath.up / x.exp() - 1.0).abs() < 1e-9);
    let transmon = Transmon::new(16.0, 0.5).unwrap();
    let circuit = Circuit::new(transmon, Resonator::new(200.0, 1.0, 1000.0).unwrap(), 3.874_046).unwrap();
    for form in [FilterForm::Lorentzian, FilterForm::Full] {
        let density = SpectralDensity::Circuit { circuit, form };
        // The line of the resonator at either frequency, and one coupling to the qubit.
        let line = |ghz: f64| circuit.filter(form).rate(circuit.rate_on_resonance(), ghz);
        assert_eq!((density.gamma_at(7.5, 7.5), density.gamma_at(7.5, 6.0)), (density.gamma(7.5), line(6.0)));
    }
}

#[test]
fn a_drive_brings_work_of_its_own() {
    let text = three(2, "[drive]\namplitude = 0.8\n[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.1\n");
    let point = point(&text);
    assert_eq!(point.groups[0].hamiltonian.drive, Some(Drive { amplitude: 0.8, detuning: 0.0 }));
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap();
    let power = value(&road, Quantity::Power, None);
    let model = &point.groups[0].model;
    let supplied = model.baths.iter().enumerate().map(|(index, bath)| {
        let heat = value(&road, Quantity::HeatCurrent, Some(index));
        heat * (model.frequency / bath.energy(model.frequency) - 1.0)
    });
    assert!((power - supplied.sum::<f64>()).abs() < 1e-12);
    // Which part of the work is whose is not told by the signs.
    assert_eq!(road.machine, None);
}

#[test]
fn a_protocol_takes_no_quanta_of_their_own() {
    let bath = Reservoir::given("b", superjump::bath::Coupling::Local, 1.0, 0.5).unwrap().exchanging(1.2).unwrap();
    let segment = Segment {
        duration: 1.0,
        frequency: superjump::model::Course::Held(1.0),
        baths: vec![],
        drive: superjump::model::DriveCourse::default(),
    };
    let made = superjump::model::protocol::Protocol::new(
        superjump::units::Units::Natural,
        &[bath],
        &[segment],
        superjump::model::protocol::Repeats::Once,
    );
    let words = made.unwrap_err().to_string();
    assert!(words.contains("bath \"b\"") && words.contains("protocol"), "{words}");
}
