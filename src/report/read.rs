//! Reading a folder of results, leniently and within bounds: whatever is missing, damaged, of another version, or more than
//! can be drawn, is a note and not an end.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::curves::{Curves, Words};
use super::data::{Curve, FOLLOWED, Quantity, ReadSummary, Run};
use super::error::ReportError;
use crate::results::{MANY_POINTS, QuantityRow, SUMMARY, SUMS, Sums, quantity_rows};
use crate::scenario::protocols;
use crate::table::{self, Table};

/// Bytes, objects and values of a summary: an object of two bytes is a point of some hundred here.
const LONGEST_SUMMARY: u64 = 1 << 30;
const MOST_OBJECTS: usize = 1 << 22;
const MOST_VALUES: usize = 1 << 25;
/// Quantities of all points.
const MOST_QUANTITIES: u64 = 4_000_000;
/// Rows of a table of curves.
const MOST_ROWS: u64 = 1 << 27;
/// Rows of `trajectories.parquet` that are looked at: more would not be seen in eighty bars.
const MOST_TRAJECTORIES: u64 = 200_000;
/// Rows of `jumps.parquet`: those of the trajectories that are followed are among them.
const MOST_JUMPS: u64 = 2_000_000;
/// The files of a folder, and which of them may be believed.
struct Files<'a> {
    folder: &'a Path,
    names: Vec<String>,
    sums: Option<Sums>,
}

impl<'a> Files<'a> {
    fn open(folder: &'a Path, notes: &mut Vec<String>) -> Result<Self, ReportError> {
        let failed = |source| ReportError::Folder { folder: folder.to_owned(), source };
        let entries = fs::read_dir(folder).map_err(failed)?;
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        let sums = Sums::read(folder).unwrap_or_else(|why| {
            notes.push(format!("{why}: whether the files are as they were written is not known"));
            None
        });
        Ok(Files { folder, names, sums })
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Whether a file is there, of these results, and as it was written, as far as that is known.
    fn sound(&self, name: &str, notes: &mut Vec<String>) -> bool {
        let Some(sums) = &self.sums else { return self.has(name) };
        let fault = match (self.has(name), sums.has(name)) {
            (false, false) => return false,
            (true, false) => Some(format!("{name} is not of these results")),
            (_, true) => sums.fault(self.folder, name),
        };
        notes.extend(fault.as_ref().map(|fault| format!("{fault}: it is left out")));
        fault.is_none()
    }
}

/// The table of the quantities.
const QUANTITIES: &str = "summary.parquet";
/// Everything that can be in a folder.
const KNOWN: [&str; 11] = [
    SUMMARY,
    "series.parquet",
    "noise.parquet",
    "quanta.parquet",
    "correlations.parquet",
    "directions.parquet",
    "cycles.parquet",
    "segments.parquet",
    "folded.parquet",
    "trajectories.parquet",
    "jumps.parquet",
];

/// Reads the summary of a folder.
///
/// # Errors
/// If it is no folder, or nothing in it is a result.
pub fn summary(folder: &Path) -> Result<Run, ReportError> {
    let mut run = Run::default();
    let files = Files::open(folder, &mut run.notes)?;
    if !KNOWN.iter().any(|name| files.has(name)) {
        return Err(ReportError::NothingThere { folder: folder.to_owned(), names: files.names });
    }
    if !files.has(SUMS) && files.has(SUMMARY) {
        run.notes.push(format!("there is no {SUMS}: whether the files are as they were written is not known"));
    }
    if !files.has(SUMMARY) {
        run.notes.push("there is no summary.json: the run has not finished, or it was interrupted".to_owned());
    } else if files.sound(SUMMARY, &mut run.notes) {
        match parsed(folder) {
            Ok(summary) => run.summary = summary,
            Err(why) => run.notes.push(format!("summary.json cannot be read ({why})")),
        }
    }
    let (theirs, ours) = (&run.summary.version, env!("CARGO_PKG_VERSION"));
    if !theirs.is_empty() && theirs != ours {
        run.notes.push(format!("these are the results of version {theirs}, drawn by version {ours}"));
    }
    if run.summary.quantities_in.is_some() && files.sound(QUANTITIES, &mut run.notes) {
        quantities(&mut run, folder);
    }
    let summary = &mut run.summary;
    if summary.scenario.is_empty() {
        summary.scenario = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    }
    if summary.title.is_empty() {
        summary.title.clone_from(&summary.scenario);
    }
    Ok(run)
}

/// Reads the summary of a folder that has to have one, as it was written.
///
/// # Errors
/// If it is no folder, has no summary, or one that is damaged.
pub fn whole_summary(folder: &Path) -> Result<Run, ReportError> {
    let mut notes = Vec::new();
    let files = Files::open(folder, &mut notes)?;
    if !files.has(SUMMARY) {
        return Err(ReportError::NothingThere { folder: folder.to_owned(), names: files.names });
    }
    let damaged = |why| ReportError::Damaged { folder: folder.to_owned(), why };
    let fault = |name| files.sums.as_ref().and_then(|sums| sums.fault(folder, name));
    if let Some(why) =
        fault(SUMMARY).or_else(|| parsed(folder).err().map(|why| format!("{SUMMARY} cannot be read: {why}")))
    {
        return Err(damaged(why));
    }
    let run = summary(folder)?;
    match fault(QUANTITIES).filter(|_| run.summary.quantities_in.is_some()) {
        Some(why) => Err(damaged(why)),
        None => Ok(run),
    }
}

fn parsed(folder: &Path) -> Result<ReadSummary, String> {
    let mut text = Vec::new();
    let read = File::open(folder.join(SUMMARY)).and_then(|file| file.take(LONGEST_SUMMARY + 1).read_to_end(&mut text));
    read.map_err(|e| e.to_string())?;
    let count = |byte: u8| text.iter().filter(|b| **b == byte).count();
    if text.len() as u64 > LONGEST_SUMMARY || count(b'{') > MOST_OBJECTS || count(b',') > MOST_VALUES {
        return Err("it is larger than that of any sweep".to_owned());
    }
    serde_json::from_slice(&text).map_err(|e| e.to_string())
}

/// The quantities of the points of a large sweep.
fn quantities(run: &mut Run, folder: &Path) {
    let (mut words, mut foreign) = (Words::default(), 0_u64);
    let points = &mut run.summary.points;
    let read = quantity_rows(folder, MOST_QUANTITIES, |row: QuantityRow| {
        let [estimate, std_error, exact, z] = row.values;
        let bath = row.bath.map(|bath| words.keep(bath));
        let known = (points.get_mut(row.point), words.keep(row.quantity), words.keep(row.unit));
        let ((Some(point), Some(quantity), Some(unit)), false) = (known, bath == Some(None)) else {
            foreign += 1;
            return;
        };
        point.quantities.push(Quantity { quantity, bath: bath.flatten(), estimate, std_error, exact, z, unit });
    });
    run.notes.extend(read.map_or_else(Some, |extent| extent.left_out(QUANTITIES)));
    if foreign > 0 {
        run.notes.push(format!("{QUANTITIES} has {foreign} rows of no point or too many names; they are left out"));
    }
}

/// Reads the tables of a folder beside its summary, and of curves those of the points that are `kept`: all of them where
/// nothing is said.
///
/// # Errors
/// If it is no folder.
pub fn tables(run: &mut Run, folder: &Path, kept: Option<&HashSet<usize>>) -> Result<(), ReportError> {
    let files = Files::open(folder, &mut Vec::new())?;
    let notes = &mut run.notes;
    if files.sound("series.parquet", notes) {
        run.series = curves(folder, "series.parquet", ["quantity", "time", "mean"], kept, notes);
    }
    if files.sound("noise.parquet", notes) {
        run.noise = curves(folder, "noise.parquet", ["statistic", "argument", "estimate"], kept, notes);
    }
    if files.sound("quanta.parquet", notes) {
        run.noise.extend(quanta(folder, kept, notes));
    }
    if files.sound("correlations.parquet", notes) {
        run.correlations = correlations(folder, kept, notes);
    }
    if files.sound("directions.parquet", notes) {
        run.noise.extend(directions(folder, kept, notes));
    }
    if files.sound("cycles.parquet", notes) {
        run.cycles = curves(folder, "cycles.parquet", ["quantity", "cycle", "mean"], kept, notes);
    }
    if files.sound("segments.parquet", notes) {
        run.segments = curves(folder, "segments.parquet", ["quantity", "segment", "mean"], kept, notes);
    }
    if files.sound("folded.parquet", notes) {
        run.folded = curves(folder, "folded.parquet", ["quantity", "phase", "mean"], kept, notes);
    }
    if files.sound("trajectories.parquet", notes) {
        let of = run.summary.points.iter().map(|point| point.trajectories).sum();
        run.trajectories = trajectories(folder, of, notes);
    }
    if files.sound("jumps.parquet", notes) {
        run.jumps = jumps(folder, notes);
    }
    let points: BTreeSet<usize> = match kept {
        Some(kept) => kept.iter().copied().collect(),
        None => (0..run.summary.points.len().min(MANY_POINTS)).collect(),
    };
    let text = &run.summary.scenario_text;
    match text.contains("protocol").then(|| protocols(text, &points)) {
        Some(Ok(protocols)) => run.protocols = protocols.into_iter().collect(),
        Some(Err(error)) => notes.push(format!(
            "the protocol of the scenario cannot be read ({}): what shows it is left out",
            error.title()
        )),
        None => {}
    }
    Ok(())
}

/// The curves of a table whose rows are (point, name, bath, argument, estimate, std_error, exact).
fn curves(
    folder: &Path,
    file: &str,
    [name, argument, estimate]: [&str; 3],
    kept: Option<&HashSet<usize>>,
    notes: &mut Vec<String>,
) -> Vec<Curve> {
    let columns = ["point", name, "bath", "other_bath", argument, estimate, "std_error", "exact", "unit"];
    let mut curves = Curves::new(kept);
    let mut lacks = false;
    let read = table::each(folder, file, &columns, MOST_ROWS, |rows| {
        let found = (rows.numbers("point"), rows.words(name), rows.numbers(argument));
        let (Some(points), Some(names), Some(arguments)) = found else {
            lacks = true;
            return true;
        };
        let nothing = || vec![f64::NAN; rows.rows()];
        let [baths, others, units] =
            ["bath", "other_bath", "unit"].map(|c| rows.words(c).unwrap_or_else(|| vec![""; rows.rows()]));
        let [means, errors, exact] = [estimate, "std_error", "exact"].map(|c| rows.numbers(c).unwrap_or_else(nothing));
        for row in 0..rows.rows() {
            let other = if others[row].is_empty() { String::new() } else { format!(" and {}", others[row]) };
            let datum = [arguments[row], means[row], errors[row], exact[row]];
            curves.add(points[row] as usize, [names[row], baths[row], &other], units[row], datum);
        }
        false
    });
    if lacks {
        notes.push(format!("{file} lacks its columns point, {name} and {argument}"));
    }
    curves.finish(file, read, notes)
}

/// The distributions of quanta, a curve for each window of each bath: the probability of a number, in its bin.
fn quanta(folder: &Path, kept: Option<&HashSet<usize>>, notes: &mut Vec<String>) -> Vec<Curve> {
    let file = "quanta.parquet";
    let numbers = ["point", "window", "quanta", "width", "probability", "std_error", "exact"];
    let columns: Vec<&str> = numbers.into_iter().chain(["bath"]).collect();
    let mut curves = Curves::new(kept);
    let mut lacks = false;
    let read = table::each(folder, file, &columns, MOST_ROWS, |rows| {
        let found: Option<Vec<Vec<f64>>> = numbers.iter().map(|name| rows.numbers(name)).collect();
        let (Some(found), Some(baths)) = (found, rows.words("bath")) else {
            lacks = true;
            return true;
        };
        for row in 0..rows.rows() {
            let of = |column: usize| found[column][row];
            let width = of(3);
            // What was never seen has no place on a logarithmic axis.
            let seen = Some(of(4)).filter(|p| *p > 0.0).unwrap_or(f64::NAN);
            let datum = [of(2) + (width - 1.0) / 2.0, seen / width, of(5) / width, of(6) / width];
            let window = format!(", t = {}", of(1));
            curves.add(of(0) as usize, ["transferred_quanta", baths[row], &window], "1", datum);
        }
        false
    });
    if lacks {
        notes.push(format!("{file} lacks some of its columns"));
    }
    curves.finish(file, read, notes)
}

/// The curves of correlations: values by their real and imaginary part, and what is made of them under a name of its own.
fn correlations(folder: &Path, kept: Option<&HashSet<usize>>, notes: &mut Vec<String>) -> Vec<Curve> {
    let file = "correlations.parquet";
    let columns = ["point", "correlation", "part", "argument", "estimate", "std_error", "exact", "unit"];
    let mut curves = Curves::new(kept);
    let mut lacks = false;
    let read = table::each(folder, file, &columns, MOST_ROWS, |rows| {
        let numbers = ["point", "argument", "estimate", "std_error", "exact"].map(|name| rows.numbers(name));
        let words = ["correlation", "part", "unit"].map(|name| rows.words(name));
        let (
            [Some(points), Some(arguments), Some(means), Some(errors), Some(exact)],
            [Some(names), Some(parts), Some(units)],
        ) = (numbers, words)
        else {
            lacks = true;
            return true;
        };
        for row in 0..rows.rows() {
            let datum = [arguments[row], means[row], errors[row], exact[row]];
            let (name, part) = match parts[row] {
                part @ ("degree" | "spectrum") => (format!("{}_{part}", names[row]), ""),
                part => (names[row].to_owned(), part),
            };
            curves.add(points[row] as usize, [&name, part, ""], units[row], datum);
        }
        false
    });
    if lacks {
        notes.push(format!("{file} lacks some of its columns"));
    }
    curves.finish(file, read, notes)
}

/// Photons by direction: in each ring, per steradian, by its angle to the x axis in degrees; in a waveguide by the way.
fn directions(folder: &Path, kept: Option<&HashSet<usize>>, notes: &mut Vec<String>) -> Vec<Curve> {
    let file = "directions.parquet";
    let columns = ["point", "bath", "mode", "x", "solid_angle", "photons", "std_error", "exact"];
    let mut curves = Curves::new(kept);
    let mut lacks = false;
    let read = table::each(folder, file, &columns, MOST_ROWS, |rows| {
        let numbers = ["point", "mode", "x", "solid_angle", "photons", "std_error", "exact"];
        let (
            [Some(points), Some(modes), Some(along), Some(angles), Some(means), Some(errors), Some(exact)],
            Some(baths),
        ) = (numbers.map(|name| rows.numbers(name)), rows.words("bath"))
        else {
            lacks = true;
            return true;
        };
        for row in 0..rows.rows() {
            let values = [means[row], errors[row], exact[row]];
            let of_way = angles[row].is_nan();
            let ([mean, error, exact], argument, name, unit) = if of_way {
                (values, along[row], "photons_each_way", "1")
            } else {
                (values.map(|value| value / angles[row]), along[row].acos().to_degrees(), "directions", "1/sr")
            };
            if of_way || modes[row] == 0.0 {
                curves.add(points[row] as usize, [name, baths[row], ""], unit, [argument, mean, error, exact]);
            }
        }
        false
    });
    if lacks {
        notes.push(format!("{file} lacks some of its columns"));
    }
    curves.finish(file, read, notes)
}

fn trajectories(folder: &Path, of: u64, notes: &mut Vec<String>) -> Option<Table> {
    let file = "trajectories.parquet";
    let all = table::columns(folder, file);
    let wanted = |name: &&String| {
        ["point", "final_j", "peak_time", "peak_intensity", "work"].contains(&name.as_str())
            || ["emitted_", "absorbed_", "photon_times"].iter().any(|start| name.starts_with(start))
    };
    let columns: Vec<&str> = all.iter().filter(wanted).map(String::as_str).collect();
    match table::read(folder, file, &columns, MOST_TRAJECTORIES, |_| false) {
        Ok(read) => {
            let (rows, extent) = read?;
            if extent.read < extent.of {
                notes.push(format!("figures of single trajectories are of the first {} of them", extent.read));
            } else if extent.of < of {
                let rows = extent.of;
                notes.push(format!("figures of single trajectories are of the {rows} of {of} that have rows"));
            }
            Some(rows)
        }
        Err(note) => {
            notes.push(note);
            None
        }
    }
}

fn jumps(folder: &Path, notes: &mut Vec<String>) -> Option<Table> {
    let followed = |rows: &Table| {
        let last = |name| rows.numbers(name).and_then(|v| v.last().copied()).unwrap_or(0.0);
        last("point") > 0.0 || last("trajectory") >= FOLLOWED as f64
    };
    let columns = ["point", "trajectory", "time", "bath", "direction", "j", "m"];
    match table::read(folder, "jumps.parquet", &columns, MOST_JUMPS, followed) {
        Ok(read) => {
            let (rows, extent) = read?;
            if extent.read == MOST_JUMPS {
                notes.extend(extent.left_out("jumps.parquet"));
            }
            Some(rows)
        }
        Err(note) => {
            notes.push(note);
            None
        }
    }
}
