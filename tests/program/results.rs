//! The tables of a run, read back: their columns, their metadata, and that they tell one story.

use std::collections::BTreeMap;
use std::path::Path;

use superjump::campaign::{self, Event, RunOptions};
use superjump::scenario::{Overrides, Purpose, Scenario};
use superjump::table::{Kind, Table, TableReader};
use tempfile::TempDir;

use crate::place::{Place, success, superjump};

const SWEPT: &str = "title = \"two baths\"
units = \"SI\"
[qubits]
number = 4
frequency = 4.0
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 384.0
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.1
[initial]
state = \"inverted\"
[evolution]
until = 2.0
samples = 3
trajectories = 500
[record]
jumps = true
photons = 2
[sweep]
\"qubits.number\" = [2, 4]
initial = [{ state = \"ground\" }, { state = \"inverted\" }]
";

fn read(folder: &Path, table: &str) -> (Table, BTreeMap<String, String>) {
    let reader = TableReader::open(&folder.join(format!("{table}.parquet"))).unwrap();
    (reader.all().unwrap(), reader.metadata().into_iter().collect())
}

fn integers(table: &Table, column: &str) -> Vec<i64> {
    table.integers(column).unwrap().to_vec()
}

#[test]
fn the_tables_of_a_sweep_hold_together() {
    let scenario = Scenario::parse("swept", "swept.toml", SWEPT, Purpose::Trajectories, &Overrides::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let options = RunOptions::new(folder.path(), 2);
    let mut seen = 0;
    let mut listen = |event: &Event| {
        if let Event::Progress(progress) = event {
            seen = progress.trajectories;
        }
    };
    let summary = campaign::run(&scenario, &options, &mut listen).unwrap().summary.unwrap();
    assert_eq!((seen, summary.points.len()), (2000, 4));
    let labels: Vec<String> = summary
        .points
        .iter()
        .map(|p| format!("{} {}", p.parameters["qubits.number"], p.parameters["initial"]))
        .collect();
    assert_eq!(labels, ["2 \"state=ground\"", "2 \"state=inverted\"", "4 \"state=ground\"", "4 \"state=inverted\""]);

    // Every table names its scenario, seed and units.
    for table in ["summary", "series", "trajectories", "jumps"] {
        let (_, metadata) = read(folder.path(), table);
        for (key, value) in
            [("scenario", "swept"), ("seed", "1"), ("units", "SI"), ("unit.heat_current", "fW"), ("unit.time", "ns")]
        {
            assert_eq!(metadata[&format!("superjump.{key}")], value, "{table}");
        }
        assert!(metadata["superjump.scenario_text"].contains("two baths"));
    }

    // The counts of the trajectories are the jumps, and tell where the energy went.
    let (table, _) = read(folder.path(), "trajectories");
    let count = |name: &str| integers(&table, name);
    let point = count("point");
    let (hot_out, hot_in, lost, total) =
        (count("emitted_hot"), count("absorbed_hot"), count("emitted_loss"), count("jumps"));
    let (net_hot, net_loss) = (count("net_hot"), count("net_loss"));
    let (m, first) = (table.numbers("final_m").unwrap(), table.numbers("first_photon_time").unwrap());
    let mut jumps = 0;
    for (row, photons) in table.lists("photon_times").unwrap().iter().enumerate() {
        let half = scenario.points[point[row] as usize].groups[0].model.number as f64 / 2.0;
        let start = if point[row] % 2 == 0 { -half } else { half };
        assert_eq!(m[row], start + hot_in[row] as f64 - hot_out[row] as f64 - lost[row] as f64);
        assert_eq!((net_hot[row], net_loss[row]), (hot_in[row] - hot_out[row], -lost[row]));
        assert_eq!(total[row], hot_in[row] + hot_out[row] + lost[row]);
        assert_eq!(first[row].is_nan(), photons.is_empty());
        assert!(photons.is_empty() || photons[0] == first[row]);
        jumps += total[row];
    }
    assert_eq!((table.rows(), jumps), (2000, summary.timing.jumps as i64));
    assert_eq!(read(folder.path(), "jumps").0.rows() as i64, jumps);

    // The series ends where the summary stands, and its first sample has no averages.
    let (series, _) = read(folder.path(), "series");
    let mut ends = BTreeMap::new();
    let (times, means) = (series.numbers("time").unwrap(), series.numbers("mean").unwrap());
    let (quantities, baths) = (series.words("quantity").unwrap(), series.words("bath").unwrap());
    for (row, point) in integers(&series, "point").into_iter().enumerate() {
        assert!(times[row] > 0.0 || !quantities[row].contains("average"));
        if times[row] == 2.0 {
            ends.insert((point, quantities[row], baths[row]), means[row]);
        }
    }
    let (table, _) = read(folder.path(), "summary");
    let (quantities, baths, estimates) =
        (table.words("quantity").unwrap(), table.words("bath").unwrap(), table.numbers("estimate").unwrap());
    assert_eq!(integers(&table, "qubits.number").first(), Some(&2));
    let mut compared = 0;
    for (row, point) in integers(&table, "point").into_iter().enumerate() {
        if let Some(mean) = ends.get(&(point, quantities[row], baths[row])) {
            assert_eq!(estimates[row], *mean);
            compared += 1;
        }
    }
    assert_eq!(compared, ends.len());
    assert!(compared >= 4 * 11);
}

/// Whole numbers are signed in every table, as their differences are, and every table of a sweep has the swept keys:
/// whole numbers, numbers and words each as what they are.
#[test]
fn every_table_has_signed_counts_and_the_swept_keys() {
    let hot = "name = \"hot\", coupling = \"collective\", rate = 1.0, temperature";
    let text = SWEPT.replace("samples = 3\ntrajectories = 500", "samples = 2\ntrajectories = 5");
    let text = text.split("[sweep]").next().unwrap().to_owned()
        + &format!("[sweep]\nbath = [[{{ {hot} = 300.0 }}], [{{ {hot} = 400.0 }}]]\n")
        + "[sweep.zip]\n\"qubits.number\" = [2, 3]\n\"qubits.frequency\" = [4, 4.5]\ninitial = [{ state = \"ground\" }, \
           { state = \"dicke\", j = 0.5, m = 0.5 }]\n";
    let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap();
    let (_, tables) = campaign::collect(&scenario, &RunOptions::new("", 2), &mut |_| {}).unwrap().unwrap();
    assert_eq!(tables.tables.len(), 4);
    for named in &tables.tables {
        let (name, table) = (named.name, &named.table);
        let kinds = |name: &str| -> Vec<Kind> {
            table.columns.iter().filter(|(field, _)| field.name == name).map(|(field, _)| field.kind).collect()
        };
        for (column, kind) in
            [("qubits.number", Kind::Integer), ("qubits.frequency", Kind::Number), ("initial", Kind::Word)]
        {
            assert_eq!(kinds(column), [kind], "{name}");
        }
        // A key with the name of a column of the table stands beside it.
        let swept = if name == "trajectories" { "bath" } else { "sweep.bath" };
        assert_eq!((kinds(swept).len(), kinds("bath").len()), (1, 1), "{name}");
        let (number, frequency) = (integers(table, "qubits.number"), table.numbers("qubits.frequency").unwrap());
        let (initial, swept) = (table.words("initial").unwrap(), table.words(swept).unwrap());
        for (row, point) in integers(table, "point").into_iter().enumerate() {
            let odd = point % 2;
            let start = ["state=ground", "state=dicke j=0.5 m=0.5"][odd as usize];
            assert_eq!((number[row], frequency[row]), (2 + odd, 4.0 + 0.5 * odd as f64));
            assert!(initial[row] == start && swept[row].contains("hot"));
        }
    }
}

/// Of many points the quantities stand in the table alone, and are read from there to the last bit; the page has some of
/// the points and a few figures.
#[test]
fn a_sweep_of_many_points_is_told_once() {
    let points = 2100;
    let text = format!(
        "[qubits]\nnumber = 1\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
         [[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.5\ntemperature = 0.5\n[initial]\n\
         state = \"ground\"\n[steady]\n[sweep]\n\"bath.hot.temperature\" = {{ linspace = [2.0, 2.001, {points}] }}"
    );
    let place = Place::new("many.toml", &text, &[]);
    let said = place.command(&["exact", "many.toml", "-o", "out", "--no-progress"]).output().unwrap();
    let out = place.path("out");
    assert!(success(&said).contains("4 figures"), "{said:?}");
    assert!(String::from_utf8_lossy(&said.stderr).contains("a sweep of 2100 points: the first 4 quantities"));
    let json = std::fs::read_to_string(out.join("summary.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["quantities_in"], "summary.parquet");
    let lines = json.lines().filter(|line| line.starts_with("{\"index\":")).count();
    assert_eq!((value["points"].as_array().unwrap().len(), lines), (points, points));
    assert!(value["points"][7].get("quantities").is_none() && value["points"][7]["index"] == 7);
    let scenario = Scenario::parse("many", "many.toml", &text, Purpose::Exact, &Overrides::default()).unwrap();
    let (summary, _) = campaign::collect(&scenario, &RunOptions::new("", 2), &mut |_| {}).unwrap().unwrap();
    let read = superjump::results::Summary::read(&out).unwrap().unwrap();
    for (read, point) in read.points.iter().zip(&summary.points) {
        assert!(read.id == point.id && read.quantities == point.quantities, "point {}", point.index);
    }
    let again = place.command(&["exact", "many.toml", "-o", "out"]).output().unwrap();
    assert!(success(&again).contains("Complete already"));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("show the first 2000 points") && page.contains("All 2100 points are in summary.parquet."));
    // Points that differ in their seventh digit are not the same.
    let same = place.say(&["compare", "out", "out"]);
    assert!(same.contains("values differ by 0.0e0") && !same.contains("Only in"), "{same}");
}

/// What is kept in memory is, row for row and bit for bit, what a folder of results holds, whatever is asked.
#[test]
fn memory_and_folder_hold_the_same_tables() {
    let steady = "[qubits]\nnumber = 3\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.5\ntemperature = 0.5\n[initial]\nstate = \"ground\"\n\
        [steady]\nrelative_error = 0.2\n[noise]\nwindows = [5.0]\n[sweep]\n\"qubits.number\" = [2, 3]";
    let asked = [(SWEPT, Purpose::Trajectories), (steady, Purpose::Trajectories), (steady, Purpose::Exact)];
    for (text, purpose) in asked {
        let scenario = Scenario::parse("s", "s.toml", text, purpose, &Overrides::default()).unwrap();
        let folder = TempDir::new().unwrap();
        let options = RunOptions::new(folder.path(), 2);
        let on_disk = campaign::run(&scenario, &options, &mut |_| {}).unwrap().summary.unwrap();
        let (summary, tables) = campaign::collect(&scenario, &options, &mut |_| {}).unwrap().unwrap();
        let bits = |summary: &superjump::results::Summary| format!("{:?}", summary.points);
        assert_eq!((bits(&summary), summary.complete), (bits(&on_disk), on_disk.complete));
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(
            tables.tables.len(),
            files.filter(|path| path.extension().is_some_and(|end| end == "parquet")).count()
        );
        for named in &tables.tables {
            let (read, metadata) = read(folder.path(), named.name);
            assert!(read.rows() > 0 && format!("{:?}", named.table) == format!("{read:?}"), "{}", named.name);
            assert_eq!(metadata, named.metadata.iter().cloned().collect(), "{}", named.name);
        }
    }
}

/// A condition makes what is rare common: its probability, of 1e-5, has an error bar, and every trajectory its weight.
#[test]
fn what_is_rare_is_weighed_back() {
    // With nothing else asked for.
    let folder = TempDir::new().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/conditioned_current.toml");
    let small = ["--trajectories", "20", "-o", "out", "--no-report"];
    success(&superjump(folder.path()).arg("run").arg(&file).args(small).output().unwrap());
    let folder = TempDir::new().unwrap();
    let scenario = "[qubits]\nnumber = 2\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 3.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.3333333333333333\n\
        [[bath]]\nname = \"loss\"\ncoupling = \"local\"\nrate = 0.05\ntemperature = 0.1\n[condition]\nfield = 0.8\n\
        order = 3\ncounting_fields = [0.5, 0.8, 0.9]\n[initial]\nstate = \"ground\"\n[evolution]\nuntil = 20.0\nsamples = 5\ntrajectories = 4000\n";
    std::fs::write(folder.path().join("rare.toml"), scenario).unwrap();
    success(&superjump(folder.path()).args(["run", "rare.toml", "-o", "out", "--no-report"]).output().unwrap());
    let text = std::fs::read_to_string(folder.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let point = &summary["points"][0];
    let found = |name: &str| {
        let rows = point["quantities"].as_array().unwrap();
        rows.iter().find(|row| row["quantity"] == name).unwrap_or_else(|| panic!("{text}")).clone()
    };
    let rare = found("rare_probability");
    let (estimate, error) = (rare["estimate"].as_f64().unwrap(), rare["std_error"].as_f64().unwrap());
    assert!(estimate < 1e-4 && error < 0.1 * estimate, "{rare}");
    assert_eq!(rare["bath"], "hot");
    assert!(rare["z"].as_f64().unwrap().abs() < 5.0, "{rare}");
    let notes = point["notes"].to_string();
    assert!(notes.contains("net quanta or more are absorbed from hot until 20"), "{notes}");
    assert!(point["engine_because"].as_str().unwrap().contains("s = 8.000000e-1"), "{point}");
    // ln <e^{s C}>/t is not far from theta(s), by what the ends add.
    let generating = found("generating_function")["exact"].as_f64().unwrap();
    assert!((generating - 1.1).abs() < 0.2, "{generating}");
    for table in ["quanta", "trajectories"] {
        assert!(folder.path().join(format!("out/{table}.parquet")).exists(), "{table}");
    }
    // At other fields, and the cumulants: weighed back within 5 standard errors of exact, or refused by name.
    let (noise, _) = read(&folder.path().join("out"), "noise");
    let column = |name: &str| noise.numbers(name).unwrap().to_vec();
    let (mean, error, exact) = (column("estimate"), column("std_error"), column("exact"));
    assert_eq!(noise.rows(), 6);
    for row in 0..6 {
        assert!(exact[row].is_finite(), "{noise:?}");
        let refused = mean[row].is_nan();
        assert!(refused || (mean[row] - exact[row]).abs() <= 5.0 * error[row] + 1e-9, "{noise:?}");
    }
    assert!(mean[1].is_finite() && mean[2].is_finite() && (exact[1] - generating).abs() < 1e-9, "{noise:?}");
    // Few of these trajectories are like those without the condition.
    assert!(mean[5].is_nan() && notes.contains("cumulant(3): "), "{notes}");
}
