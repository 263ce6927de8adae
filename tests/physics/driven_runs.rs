//! Points under protocols that drive, or that start from superpositions: what a run of them tells.

use std::f64::consts::PI;

use superjump::campaign::{RunOptions, collect, collect_on};
use superjump::group::Group;
use superjump::initial::InitialState;
use superjump::lindblad::protocol::ProtocolEquation;
use superjump::model::Hamiltonian;
use superjump::model::protocol::Entry;
use superjump::results::{PointSummary, Tables};
use superjump::scenario::{Overrides, Point, PointBuilder, Purpose, Scenario, Transient};
use superjump::store::MemoryParts;
use superjump::table::Table;

use crate::common::number;
use crate::protocol_runs::{assert_exact, exact_series, in_memory, row, scenario};
use crate::pulses::{Case, OMEGA};

fn point(case: &Case, trajectories: u64) -> Point {
    let model = case.protocol.model(case.number, 0.0);
    let group = Group {
        reservoirs: case.protocol.stages()[0].reservoirs.clone(),
        hamiltonian: Hamiltonian { drive: None, ..case.hamiltonian },
        protocol: Some(case.protocol.clone()),
        ..Group::new(model, case.initial.clone())
    };
    let asked = Transient { times: case.times.clone(), trajectories };
    PointBuilder::new(group).seed(11).build(asked).unwrap()
}

fn read(text: &str) -> Scenario {
    Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap()
}

fn run(text: &str) -> (PointSummary, Tables) {
    in_memory(read(text).points.remove(0), 2)
}

/// Estimates of a table within five standard errors of their exact values: one is off in 6e-7 of all seeds. Where fewer
/// than thirty trajectories, or jumps, are behind an average, its error is none.
fn check_seen(table: &Table, (trajectories, quantum): (u64, f64), what: &str) -> usize {
    let [mean, error, exact] = ["mean", "std_error", "exact"].map(|name| table.numbers(name).unwrap());
    let names = table.words("quantity").unwrap();
    let mut checked = 0;
    for index in 0..mean.len() {
        let least = match names[index] {
            "jx" | "jy" | "jz" | "final_m" => 30.0 / trajectories as f64,
            "work" | "heat" => 30.0 / trajectories as f64 * quantum,
            "quanta" => 30.0 / trajectories as f64,
            _ => continue,
        };
        // An average of n jumps of one quantum has an error of sqrt(n).
        if error[index].is_finite() && error[index] > least / 30.0_f64.sqrt() {
            let off = (mean[index] - exact[index]) / error[index];
            assert!(off.abs() < 5.0, "{what}, row {index}: {} is off by {off} errors", names[index]);
            checked += 1;
        }
    }
    checked
}

#[test]
fn golden_drives_come_out_of_a_run_with_exact_values_beside() {
    for case in Case::all() {
        let what = &case.name;
        let (summary, tables) = in_memory(point(&case, 400), 2);
        assert_eq!(summary.engine, "ladder");
        let series = tables.table("series").unwrap();
        for (name, key, unit) in [
            ("jx", "jx", 1.0),
            ("jy", "jy", 1.0),
            ("jz", "jz", 1.0),
            ("j_squared", "j_squared", 1.0),
            ("work", "work_over_omega", OMEGA),
        ] {
            let found = exact_series(series, name, None);
            assert_eq!(found.len(), case.rows.len());
            for (found, row) in found.iter().zip(&case.rows) {
                assert_exact(found / unit, number(&row[key]), &format!("{what}: {name}"));
            }
        }
        for bath in &case.protocol.stages()[0].reservoirs {
            let [down, up] = ["emitted", "absorbed"].map(|way| format!("{way}:{}", bath.name));
            for (found, row) in exact_series(series, "heat", Some(&bath.name)).iter().zip(&case.rows) {
                assert_exact(found / OMEGA, number(&row[&up]) - number(&row[&down]), &format!("{what}: {}", bath.name));
            }
        }
        let checked: usize = ["series", "cycles", "segments"]
            .iter()
            .map(|table| check_seen(tables.table(table).unwrap(), (400, OMEGA), what))
            .sum();
        assert!(checked > 10, "{what}: {checked}");
        // What two measurements would find is not known, and is not said.
        for quantity in
            ["work_variance", "reliability", "work_heat_covariance", "exponential_work", "entropy_production"]
        {
            assert!(summary.quantities.iter().all(|row| row.quantity != quantity), "{what}: {quantity}");
            assert!(summary.notes.iter().any(|note| note.contains(quantity)), "{what}: {:?}", summary.notes);
        }
    }
}

/// A bath that never acts: what is left of a run is the drive.
const ALONE: &str = "[qubits]\nnumber = 6\n[[bath]]\nname = \"b\"\ncoupling = \"collective\"\nrate = 0.0\n\
                     temperature = 0.0\n[initial]\nstate = \"ground\"\n";

#[test]
fn a_pulse_of_area_pi_inverts_every_trajectory_and_spends_a_quantum_on_each_qubit() {
    for (outline, area) in [("gaussian", (2.0 * PI).sqrt()), ("square", 1.0), ("sech", PI), ("sin2", 0.5)] {
        let pulse =
            format!("{{ pulse = \"{outline}\", amplitude = {}, centre = 1.5, width = 0.05 }}", PI / (0.05 * area));
        let text = format!(
            "{ALONE}[protocol.segment.pulse]\nduration = 3.0\ndrive.amplitude = {pulse}\ndrive.phase = 0.4\n\
             [evolution]\nsamples = 4\ntrajectories = 3\n"
        );
        let (summary, tables) = run(&text);
        for (name, expected) in [("jz", 3.0), ("work", 6.0)] {
            let row = row(&summary, name, None);
            // Steps are good to 1e-10 each, and tails of 30 widths are cut.
            for value in [row.estimate.unwrap(), row.exact.unwrap()] {
                assert!((value - expected).abs() < 1e-8, "{outline}: {row:?}");
            }
            assert!(row.z.is_none());
        }
        let work = tables.table("trajectories").unwrap().numbers("work").unwrap();
        assert!(work.iter().all(|work| (work - 6.0).abs() < 1e-8), "{work:?}");
    }
}

#[test]
fn a_chirp_inverts_as_allen_and_eberly_have_it() {
    let (omega, chirp, width) = (3.0, 1.0, 0.5_f64);
    let pulse = |outline: &str, height: f64| {
        format!("{{ pulse = \"{outline}\", amplitude = {height}, centre = 20.0, width = {width} }}")
    };
    let (amplitude, detuning) = (pulse("sech", omega), pulse("tanh", chirp));
    let text = format!(
        "{ALONE}[protocol.segment.chirp]\nduration = 40.0\ndrive.amplitude = {amplitude}\ndrive.detuning = {detuning}\n\
         [evolution]\nsamples = 3\ntrajectories = 2\n"
    );
    let turned: f64 = 0.5 * PI * width * (omega * omega - chirp * chirp).sqrt();
    let inverted = 1.0 - (turned.cos() / (0.5 * PI * chirp * width).cosh()).powi(2);
    let (summary, _) = run(&text);
    let found = row(&summary, "excited", None);
    for value in [found.estimate.unwrap(), found.exact.unwrap()] {
        assert!((value - inverted).abs() < 1e-7, "{found:?}, not {inverted}");
    }
}

const LOSSY: &str = "[qubits]\nnumber = 5\n[[bath]]\nname = \"b\"\ncoupling = \"collective\"\nrate = 0.4\n\
                     temperature = 1.0\n[[bath]]\nname = \"l\"\ncoupling = \"local\"\nrate = 0.2\ntemperature = 0.5\n\
                     [initial]\nstate = \"ground\"\n";

/// A square pulse is three segments of a drive that stays, whatever cuts it; a ramp of the frequency and of a temperature
/// goes on through all of it.
#[test]
fn a_square_pulse_is_a_drive_that_stays_for_a_while() {
    let times = "[evolution]\ntimes = [0.2, 0.35, 0.5, 1.0]\ntrajectories = 2000\n";
    let ramps = |from: f64, to: f64| {
        let at = |time: f64, first: f64, last: f64| first + (last - first) * time;
        let (f, t) = ([from, to].map(|time| at(time, 1.0, 2.0)), [from, to].map(|time| at(time, 1.0, 1.5)));
        format!(
            "duration = {}\nfrequency = {{ from = {}, to = {} }}\nbath.b.temperature = {{ from = {}, to = {} }}\n",
            to - from,
            f[0],
            f[1],
            t[0],
            t[1]
        )
    };
    let pulse = "drive.amplitude = { pulse = \"square\", amplitude = 7.0, centre = 0.35, width = 0.3 }\n";
    let whole = format!("{LOSSY}[protocol.segment.all]\n{}{pulse}{times}", ramps(0.0, 1.0));
    let part = |name: &str, from, to, amplitude: f64| {
        format!("[protocol.segment.{name}]\n{}drive.amplitude = {amplitude}\n", ramps(from, to))
    };
    let cut = [part("a", 0.0, 0.2, 0.0), part("b", 0.2, 0.5, 7.0), part("c", 0.5, 1.0, 0.0)].concat();
    let cut = format!("{LOSSY}{cut}{times}");
    let [(one, of_one), (three, of_three)] = [whole, cut].map(|text| run(&text));
    for quantity in ["jx", "jy", "jz", "j_squared", "work", "entropy"] {
        let series = |tables: &Tables| exact_series(tables.table("series").unwrap(), quantity, None);
        for (one, three) in series(&of_one).into_iter().zip(series(&of_three)) {
            assert!((one - three).abs() < 1e-9, "{quantity}: {one} {three}");
        }
    }
    for (summary, tables) in [(&one, &of_one), (&three, &of_three)] {
        for table in ["series", "cycles", "segments"] {
            check_seen(tables.table(table).unwrap(), (2000, 1.0), table);
        }
        let entropy = row(summary, "entropy", None);
        assert!(entropy.z.unwrap().abs() < 5.0, "{entropy:?}");
    }
}

/// Without a drive work and heat follow from the levels alone: a coherent start has those of its populations, whoever
/// solves and whoever samples them. Its spin turns with the qubits as they are tuned.
#[test]
fn a_coherent_start_has_the_work_and_the_heat_of_its_populations() {
    let text = |engine: &str| {
        format!(
            "{}[protocol]\ncycles = 2\n[protocol.segment.up]\nduration = 0.6\nfrequency = {{ to = 2.0, shape = \"cosine\" }}\n\
             [protocol.segment.hold]\nduration = 0.4\n[evolution]\ntimes = [0.3, 1.0, 1.6, 2.0]\ntrajectories = 1500\n{engine}",
            LOSSY.replace("\"ground\"", "\"coherent\"\ntheta = 1.2")
        )
    };
    let of = |engine: &str| {
        let point = read(&text(engine)).points.remove(0);
        let protocol = point.protocol().unwrap().clone();
        let exact = ProtocolEquation::new(&protocol, 5, &point.groups[0].initial).unwrap().averages(&[]).unwrap();
        let (summary, tables) = in_memory(point, 2);
        for (entry, name, bath) in [
            (Entry::Work, "work", None),
            (Entry::Heat(0), "heat", Some("b")),
            (Entry::Heat(1), "heat", Some("l")),
            (Entry::Quanta(0), "quanta", Some("b")),
            (Entry::Entropy, "entropy", None),
        ] {
            let found = row(&summary, name, bath);
            assert_exact(found.exact.unwrap(), exact.last.booked.mean(entry).unwrap(), name);
            assert!(found.z.unwrap().abs() < 5.0, "{engine}: {found:?}");
        }
        // By cycle and by segment, quenches among them.
        let booked = |table: &str| {
            let table = tables.table(table).unwrap();
            let (names, exact) = (table.words("quantity").unwrap(), table.numbers("exact").unwrap());
            names.iter().zip(exact).filter(|(name, _)| **name == "work").map(|(_, exact)| exact).collect::<Vec<f64>>()
        };
        for (found, cycle) in booked("cycles").iter().zip(&exact.cycles) {
            assert_exact(*found, cycle.booked.mean(Entry::Work).unwrap(), "work of a cycle");
        }
        for (found, segment) in booked("segments").iter().zip(&exact.segments) {
            assert_exact(*found, segment.mean(Entry::Work).unwrap(), "work of a segment");
        }
        for table in ["series", "cycles", "segments"] {
            check_seen(tables.table(table).unwrap(), (1500, 1.0), engine);
        }
        summary
    };
    assert_eq!(of("").engine, "ladder");
    assert_eq!(of("engine = \"register\"\n").engine, "register");
    let levels = of("engine = \"populations\"\n");
    assert!(row(&levels, "work_variance", None).z.unwrap().abs() < 5.0);
}

/// Qubits that couple unlike each other are followed one by one, and solved in the full space.
#[test]
fn a_pulse_on_qubits_of_unlike_couplings_is_that_of_the_full_space() {
    let couplings = LOSSY.replace("number = 5", "number = 3\ncouplings = [1.0, 0.6, -0.3]");
    let text = format!(
        "{couplings}[protocol.segment.pulse]\nduration = 1.0\ndrive.amplitude = {{ pulse = \"sin2\", amplitude = 9.0, centre = \
         0.3, width = 0.6 }}\ndrive.detuning.to = 1.0\nfrequency.to = 1.5\n[evolution]\nsamples = 5\ntrajectories = 1500\n"
    );
    let (summary, tables) = run(&text);
    assert_eq!(summary.engine, "register");
    assert!(check_seen(tables.table("series").unwrap(), (1500, 1.0), "register") > 15);
    for name in ["work", "jz"] {
        assert!(row(&summary, name, None).z.unwrap().abs() < 5.0);
    }
    let current = row(&summary, "heat_current", Some("b"));
    assert!(current.z.unwrap().abs() < 5.0, "{current:?}");
}

/// Threads change no bit, and a run that goes on from parts that are there has them in it.
#[test]
fn driven_results_are_the_same_bits_from_any_threads_and_from_parts() {
    let text = format!(
        "{LOSSY}[protocol]\ncycles = 2\n[protocol.segment.pulse]\nduration = 0.5\ndrive.amplitude = {{ pulse = \"sin2\", \
         amplitude = 12.0, centre = 0.25, width = 0.5 }}\n[protocol.segment.rest]\nduration = 0.5\n[record]\ncycles = true\n\
         [evolution]\nsamples = 5\ntrajectories = 300\n"
    );
    let point = read(&text).points.remove(0);
    let ((one, of_one), (many, of_many)) = (in_memory(point.clone(), 1), in_memory(point.clone(), 8));
    assert_eq!(one, many);
    for (one, many) in of_one.tables.iter().zip(&of_many.tables) {
        assert_eq!(format!("{:?}", one.table), format!("{:?}", many.table), "{}", one.name);
    }
    let parts = MemoryParts::default();
    let of = |trajectories: u64| {
        let mut point = point.clone();
        let superjump::scenario::Asked::Transient(asked) = &mut point.asked else { unreachable!() };
        asked.trajectories = trajectories;
        scenario(vec![point], Purpose::Trajectories)
    };
    collect_on(&of(100), &RunOptions::new("", 2), &parts, &mut |_| ()).unwrap();
    let (grown, _) = collect_on(&of(300), &RunOptions::new("", 2), &parts, &mut |_| ()).unwrap().unwrap();
    assert_eq!(grown.points[0], one);
    let alone = collect(&of(300), &RunOptions::new("", 1), &mut |_| ()).unwrap().unwrap();
    assert_eq!(alone.0.points[0], one);
    // The last J of a path is sharp.
    let cycles = of_one.table("trajectory_cycles").unwrap();
    assert!(cycles.numbers("final_j").unwrap().iter().all(|j| [0.5, 1.5, 2.5].contains(j)));
}

/// A driven chain never runs out of quanta, and parts are as large as it takes to turn.
#[test]
fn what_a_drive_costs_is_foreseen() {
    let of = |amplitude: f64| {
        let drive = format!("[protocol.segment.a]\nduration = 3.0\ndrive.amplitude = {amplitude}\n");
        read(&format!("{ALONE}{drive}[evolution]\nsamples = 2\ntrajectories = 9\n").replace("rate = 0.0", "rate = 1.0"))
            .points
            .remove(0)
    };
    assert_eq!(of(0.0).jumps_bound(), 6.0);
    assert!(of(1.0).jumps_bound() > 30.0);
    assert!(of(100.0).work_bound() > 5.0 * of(1.0).work_bound());
    assert!(matches!(of(1.0).groups[0].initial, InitialState::Dicke(_)));
}
