//! What a folder of results holds, read leniently: whatever is missing, or of another version, is a note and not an
//! end.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ReportError;
use super::table;
use crate::table::Table;

/// `summary.json`, as far as it is needed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ReadSummary {
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The kind of run, and which table asks for it.
    pub kind: String,
    /// The version that ran it.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// "natural" or "SI".
    pub units: String,
    /// How long it took.
    pub timing: Timing,
    /// What is likely not meant as it stands in the scenario.
    pub warnings: Vec<String>,
    /// The points of the sweep.
    pub points: Vec<Point>,
    /// The scenario as it was run.
    pub scenario_text: String,
}

/// What a run cost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// Seconds.
    pub seconds: f64,
    /// Quantum jumps.
    pub jumps: u64,
    /// Threads.
    pub threads: usize,
}

/// A point of the sweep.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Point {
    /// Its place.
    pub index: usize,
    /// The swept keys with their values.
    pub parameters: Map<String, Value>,
    /// How many qubits; none in files of older versions.
    pub qubits: Option<f64>,
    /// Its baths.
    pub baths: Vec<Bath>,
    /// The engine.
    pub engine: String,
    /// Trajectories.
    pub trajectories: u64,
    /// The time its quantities are of; null in the steady state.
    pub time: Option<f64>,
    /// Why it ended.
    pub stopped_because: String,
    /// Why there are no exact values.
    pub exact_missing: Option<String>,
    /// Exact values that there are not, each with its reason.
    pub exact_refused: Vec<String>,
    /// Estimates without a standard error, by the reason why.
    pub std_error_missing: Vec<String>,
    /// How a steady state was reached.
    pub steady: Option<Steady>,
    /// Its quantities.
    pub quantities: Vec<Quantity>,
}

/// What a run to a steady state has to say of itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Steady {
    /// What is missing where it was not reached.
    pub missing: Vec<String>,
    /// What was refused of the noise, and why.
    pub refused: Vec<String>,
}

/// A bath, by its rates at the qubits' frequency.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Bath {
    /// Its name.
    pub name: String,
    /// "collective" or "local".
    pub coupling: String,
    /// The rate of emission.
    pub down: f64,
    /// The rate of absorption.
    pub up: f64,
    /// The rate of dephasing.
    pub dephasing: f64,
    /// The temperature.
    pub temperature: Option<f64>,
    /// `hbar omega_0/(k_B T)`.
    pub energy_over_temperature: Option<f64>,
    /// The occupation.
    pub occupation: Option<f64>,
}

/// A quantity of a point.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Quantity {
    /// Its name.
    pub quantity: String,
    /// Its bath.
    pub bath: Option<String>,
    /// The estimate.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// The exact value.
    pub exact: Option<f64>,
    /// The distance of the two in standard errors.
    pub z: Option<f64>,
    /// The unit.
    pub unit: String,
}

/// A curve of a table: one quantity of one point along its argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The point.
    pub point: usize,
    /// The quantity or statistic.
    pub quantity: String,
    /// The bath, or ""; two of them, joined, for a covariance.
    pub bath: String,
    /// The unit, where the table says it.
    pub unit: String,
    /// (argument, estimate, standard error, exact value), NaN where there is none.
    pub rows: Vec<[f64; 4]>,
}

/// Everything that is there.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The summary, or an empty one.
    pub summary: ReadSummary,
    /// Averages in time.
    pub series: Vec<Curve>,
    /// Counting statistics.
    pub noise: Vec<Curve>,
    /// What every trajectory left.
    pub trajectories: Option<Table>,
    /// The jumps of the first trajectories.
    pub jumps: Option<Table>,
    /// What is not there, or not readable.
    pub notes: Vec<String>,
}

/// Rows of `trajectories.parquet` that are looked at: more would not be seen in eighty bars.
const MOST_TRAJECTORIES: usize = 200_000;
/// Trajectories whose jumps are looked at.
pub const FOLLOWED: u64 = 60;

/// The names in a folder.
fn names(folder: &Path) -> Result<Vec<String>, ReportError> {
    let entries = fs::read_dir(folder).map_err(|source| ReportError::Folder { folder: folder.to_owned(), source })?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

impl Run {
    /// The keys that were swept.
    pub fn swept(&self) -> Vec<String> {
        self.summary.points.first().map_or_else(Vec::new, |point| point.parameters.keys().cloned().collect())
    }

    /// The names of the baths.
    pub fn baths(&self) -> Vec<String> {
        let baths = self.summary.points.first().map_or(&[][..], |point| &point.baths);
        baths.iter().map(|bath| bath.name.clone()).collect()
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// If it is no folder, or nothing in it is a result.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        let names = names(folder)?;
        let has = |name: &str| names.iter().any(|n| n == name);
        let known = [
            "summary.json",
            "series.parquet",
            "noise.parquet",
            "quanta.parquet",
            "trajectories.parquet",
            "jumps.parquet",
        ];
        if !known.iter().any(|name| has(name)) {
            return Err(ReportError::NothingThere { folder: folder.to_owned(), names });
        }
        let mut run = Run::default();
        run.read_summary(folder, has("summary.json"));
        run.series = run.curves(folder, "series.parquet", ["quantity", "time", "mean"]);
        run.noise = run.curves(folder, "noise.parquet", ["statistic", "argument", "estimate"]);
        let quanta = run.quanta(folder);
        run.noise.extend(quanta);
        run.read_trajectories(folder);
        let followed = |rows: &Table| {
            let last = |name| rows.numbers(name).and_then(|v| v.last().copied()).unwrap_or(0.0);
            enough(last("point") > 0.0 || last("trajectory") >= FOLLOWED as f64)
        };
        let columns = ["point", "trajectory", "time", "bath", "direction", "j", "m"];
        run.jumps = match table::read(folder, "jumps.parquet", &columns, followed) {
            Ok(rows) => rows,
            Err(note) => run.note(note),
        };
        Ok(run)
    }

    /// Reads the summary of a folder alone.
    ///
    /// # Errors
    /// If it is no folder, or has no summary.
    pub fn read_summary_of(folder: &Path) -> Result<Self, ReportError> {
        let names = names(folder)?;
        if !names.iter().any(|name| name == "summary.json") {
            return Err(ReportError::NothingThere { folder: folder.to_owned(), names });
        }
        let mut run = Run::default();
        run.read_summary(folder, true);
        Ok(run)
    }

    fn note<T>(&mut self, note: String) -> Option<T> {
        self.notes.push(note);
        None
    }

    fn read_summary(&mut self, folder: &Path, there: bool) {
        if !there {
            self.notes.push("there is no summary.json: the run has not finished, or it was interrupted".to_owned());
        } else {
            let read = fs::read(folder.join("summary.json")).map_err(|e| e.to_string());
            match read.and_then(|text| serde_json::from_slice::<ReadSummary>(&text).map_err(|e| e.to_string())) {
                Ok(summary) => self.summary = summary,
                Err(error) => self.notes.push(format!("summary.json cannot be read ({error})")),
            }
            let (theirs, ours) = (&self.summary.version, env!("CARGO_PKG_VERSION"));
            if !theirs.is_empty() && theirs != ours {
                self.notes.push(format!("these are the results of version {theirs}, drawn by version {ours}"));
            }
        }
        if self.summary.scenario.is_empty() {
            self.summary.scenario = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        }
        if self.summary.title.is_empty() {
            self.summary.title.clone_from(&self.summary.scenario);
        }
    }

    /// The distributions of quanta, a curve for each window of each bath: the probability of a number, in its bin.
    fn quanta(&mut self, folder: &Path) -> Vec<Curve> {
        let numbers = ["point", "window", "quanta", "width", "probability", "std_error", "exact"];
        let columns: Vec<&str> = numbers.into_iter().chain(["bath"]).collect();
        let rows = match table::read(folder, "quanta.parquet", &columns, |_| ControlFlow::Continue(())) {
            Ok(Some(rows)) => rows,
            Ok(None) => return Vec::new(),
            Err(note) => {
                self.notes.push(note);
                return Vec::new();
            }
        };
        let found: Option<Vec<Vec<f64>>> = numbers.iter().map(|name| rows.numbers(name)).collect();
        let (Some(found), Some(baths)) = (found, rows.words("bath")) else {
            self.notes.push("quanta.parquet lacks some of its columns".to_owned());
            return Vec::new();
        };
        let mut curves: Vec<Curve> = Vec::new();
        for row in 0..rows.rows() {
            let of = |column: usize| found[column][row];
            let (point, bath) = (of(0) as usize, format!("{}, t = {}", baths[row], of(1)));
            let width = of(3);
            // What was never seen has no place on a logarithmic axis.
            let seen = Some(of(4)).filter(|p| *p > 0.0).unwrap_or(f64::NAN);
            let datum = [of(2) + (width - 1.0) / 2.0, seen / width, of(5) / width, of(6) / width];
            match curves.last_mut().filter(|curve| curve.point == point && curve.bath == bath) {
                Some(curve) => curve.rows.push(datum),
                None => {
                    let (quantity, unit) = ("transferred_quanta".to_owned(), "1".to_owned());
                    curves.push(Curve { point, quantity, bath, unit, rows: vec![datum] });
                }
            }
        }
        curves
    }

    /// The curves of a table whose rows are (point, name, bath, argument, estimate, std_error, exact).
    fn curves(&mut self, folder: &Path, file: &str, [name, argument, estimate]: [&str; 3]) -> Vec<Curve> {
        let columns = ["point", name, "bath", "other_bath", argument, estimate, "std_error", "exact", "unit"];
        let rows = match table::read(folder, file, &columns, |_| ControlFlow::Continue(())) {
            Ok(Some(rows)) => rows,
            Ok(None) => return Vec::new(),
            Err(note) => {
                self.notes.push(note);
                return Vec::new();
            }
        };
        let (Some(points), Some(names), Some(arguments)) =
            (rows.numbers("point"), rows.words(name), rows.numbers(argument))
        else {
            self.notes.push(format!("{file} lacks its columns point, {name} and {argument}"));
            return Vec::new();
        };
        let nothing = || vec![f64::NAN; rows.rows()];
        let blank = || vec![""; rows.rows()];
        let baths = rows.words("bath").unwrap_or_else(blank);
        let others = rows.words("other_bath").unwrap_or_else(blank);
        let units = rows.words("unit").unwrap_or_else(blank);
        let [means, errors, exact] = [estimate, "std_error", "exact"].map(|c| rows.numbers(c).unwrap_or_else(nothing));
        let mut curves: Vec<Curve> = Vec::new();
        // Rows of a curve come at a regular distance: the place after the last one found is looked at first.
        let mut guess = 0;
        for row in 0..rows.rows() {
            let is = |c: &Curve| {
                let bath = c.bath.split_once('\u{1f}').unwrap_or((&c.bath, ""));
                c.point as f64 == points[row] && c.quantity == names[row] && bath == (baths[row], others[row])
            };
            let found = if curves.get(guess).is_some_and(is) { Some(guess) } else { curves.iter().position(is) };
            let index = found.unwrap_or_else(|| {
                let bath = if others[row].is_empty() {
                    baths[row].to_owned()
                } else {
                    format!("{}\u{1f}{}", baths[row], others[row])
                };
                let (quantity, unit) = (names[row].to_owned(), units[row].to_owned());
                curves.push(Curve { point: points[row] as usize, quantity, bath, unit, rows: Vec::new() });
                curves.len() - 1
            });
            curves[index].rows.push([arguments[row], means[row], errors[row], exact[row]]);
            guess = (index + 1) % curves.len();
        }
        curves.iter_mut().for_each(|curve| curve.bath = curve.bath.replace('\u{1f}', " and "));
        curves
    }

    fn read_trajectories(&mut self, folder: &Path) {
        let file = "trajectories.parquet";
        let all = table::columns(folder, file);
        let wanted = |name: &&String| {
            ["point", "final_j", "peak_time", "peak_intensity"].contains(&name.as_str())
                || ["emitted_", "absorbed_", "photon_times"].iter().any(|start| name.starts_with(start))
        };
        let columns: Vec<&str> = all.iter().filter(wanted).map(String::as_str).collect();
        let mut count = 0;
        let counted = |batch: &Table| {
            count += batch.rows();
            enough(count >= MOST_TRAJECTORIES)
        };
        self.trajectories = match table::read(folder, file, &columns, counted) {
            Ok(rows) => rows,
            Err(note) => self.note(note),
        };
        if count >= MOST_TRAJECTORIES {
            self.notes.push(format!("figures of single trajectories are of the first {count} of them"));
        }
    }

    /// The unit of a quantity, from the summary.
    pub fn unit(&self, quantity: &str) -> &str {
        let rows = self.summary.points.iter().flat_map(|point| &point.quantities);
        rows.into_iter().find(|row| row.quantity == quantity).map_or("", |row| row.unit.as_str())
    }
}

/// Whether to read on.
fn enough(enough: bool) -> ControlFlow<()> {
    if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
