//! The tables of a run, read back: their columns, their metadata, and that they tell one story.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use superjump::campaign::{self, Event, RunOptions};
use superjump::scenario::{Overrides, Purpose, Scenario};
use tempfile::TempDir;

use crate::place::{Place, success};

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

fn read(folder: &Path, table: &str) -> (Vec<RecordBatch>, BTreeMap<String, String>) {
    let file = File::open(folder.join(format!("{table}.parquet"))).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let metadata = builder.schema().metadata().iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    (builder.build().unwrap().map(Result::unwrap).collect(), metadata)
}

fn floats(batch: &RecordBatch, column: &str) -> Vec<f64> {
    batch.column_by_name(column).unwrap().as_primitive::<Float64Type>().values().to_vec()
}

fn words(batch: &RecordBatch, column: &str) -> Vec<String> {
    batch.column_by_name(column).unwrap().as_string::<i32>().iter().map(|w| w.unwrap_or("").to_owned()).collect()
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
    let (batches, _) = read(folder.path(), "trajectories");
    let (mut rows, mut jumps) = (0, 0);
    for batch in &batches {
        let count = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec();
        let point = batch.column_by_name("point").unwrap().as_primitive::<UInt32Type>();
        let (hot_out, hot_in, lost, total) =
            (count("emitted_hot"), count("absorbed_hot"), count("emitted_loss"), count("jumps"));
        let m = floats(batch, "final_m");
        for row in 0..batch.num_rows() {
            let model = &scenario.points[point.value(row) as usize].groups[0].model;
            let half = model.number as f64 / 2.0;
            let start = if point.value(row) % 2 == 0 { -half } else { half };
            assert_eq!(m[row], start + hot_in[row] as f64 - hot_out[row] as f64 - lost[row] as f64);
            assert_eq!(total[row], hot_in[row] + hot_out[row] + lost[row]);
            jumps += total[row];
        }
        let photons = batch.column_by_name("photon_times").unwrap().as_list::<i32>();
        let first = batch.column_by_name("first_photon_time").unwrap().as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let list = photons.value(row);
            let list = list.as_primitive::<Float64Type>();
            assert_eq!(first.is_null(row), list.is_empty());
            assert!(list.is_empty() || list.value(0) == first.value(row));
        }
        rows += batch.num_rows();
    }
    assert_eq!((rows, jumps), (2000, summary.timing.jumps));
    let (batches, _) = read(folder.path(), "jumps");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64, jumps);

    // The series ends where the summary stands, and its first sample has no averages.
    let (series, _) = read(folder.path(), "series");
    let mut ends = BTreeMap::new();
    for batch in &series {
        let (times, means) = (floats(batch, "time"), floats(batch, "mean"));
        let (quantities, baths) = (words(batch, "quantity"), words(batch, "bath"));
        let point = batch.column_by_name("point").unwrap().as_primitive::<UInt32Type>();
        for row in 0..batch.num_rows() {
            assert!(times[row] > 0.0 || !quantities[row].contains("average"));
            if times[row] == 2.0 {
                ends.insert((point.value(row), quantities[row].clone(), baths[row].clone()), means[row]);
            }
        }
    }
    let (batches, _) = read(folder.path(), "summary");
    let mut compared = 0;
    for batch in &batches {
        let point = batch.column_by_name("point").unwrap().as_primitive::<UInt32Type>();
        let (quantities, baths, estimates) =
            (words(batch, "quantity"), words(batch, "bath"), floats(batch, "estimate"));
        assert_eq!(floats(batch, "qubits.number").first(), Some(&2.0));
        for row in 0..batch.num_rows() {
            if let Some(mean) = ends.get(&(point.value(row), quantities[row].clone(), baths[row].clone())) {
                assert_eq!(estimates[row], *mean);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, ends.len());
    assert!(compared >= 4 * 11);
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
    assert_eq!((value["points"].as_array().unwrap().len(), json.lines().count()), (points, points + 15));
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
        for table in &tables.tables {
            let (read, metadata) = read(folder.path(), table.name);
            let row = |batch: &RecordBatch, row: usize| format!("{:?}", batch.slice(row, 1).columns());
            let rows = |batches: &[RecordBatch]| {
                let of_batch = |batch: &RecordBatch| (0..batch.num_rows()).map(|at| row(batch, at)).collect::<Vec<_>>();
                batches.iter().flat_map(of_batch).collect::<Vec<_>>()
            };
            assert!(!read.is_empty() && rows(&table.batches) == rows(&read), "{}", table.name);
            let described = table.schema.metadata().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            assert_eq!(metadata, described, "{}", table.name);
        }
    }
}
