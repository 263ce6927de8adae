//! `summary.json`, written and read. Of a sweep of many points it leaves the quantities to `summary.parquet`, where they
//! stand anyway, in a twentieth of the room; a line is a point then.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, PrettyFormatter};

use super::row::QuantitySummary;
use super::summary::{PointSummary, Summary, Timing};
use super::sums::{SUMMARY, Soundness, soundness};
use crate::store::StoreError;
use crate::table::{self, Extent};

/// Points of a sweep from which on a summary is of many: its quantities are in the table alone.
pub const MANY_POINTS: usize = 2_000;
/// The table of the quantities.
const QUANTITIES: &str = "summary.parquet";

/// A row of `summary.parquet`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantityRow<'a> {
    /// The place of its point.
    pub point: usize,
    /// Its name.
    pub quantity: &'a str,
    /// The bath, for a quantity of one bath.
    pub bath: Option<&'a str>,
    /// Estimate, standard error, exact value and z, as far as there are any.
    pub values: [Option<f64>; 4],
    /// The unit.
    pub unit: &'a str,
}

/// Reads the rows of `summary.parquet`, `most` of them at most.
///
/// # Errors
/// In words, where it is not there, or not a table of quantities.
pub fn quantity_rows(folder: &Path, most: u64, mut take: impl FnMut(QuantityRow)) -> Result<Extent, String> {
    let numbers = ["point", "estimate", "std_error", "exact", "z"];
    let words = ["quantity", "bath", "unit"];
    let mut lacks = false;
    let columns = [&numbers[..], &words].concat();
    let extent = table::each(folder, QUANTITIES, &columns, most, |rows| {
        let numbers: Option<Vec<Vec<f64>>> = numbers.iter().map(|name| rows.numbers(name)).collect();
        let words: Option<Vec<Vec<&str>>> = words.iter().map(|name| rows.words(name)).collect();
        let (Some(numbers), Some(words)) = (numbers, words) else {
            lacks = true;
            return true;
        };
        for row in 0..rows.rows() {
            take(QuantityRow {
                point: numbers[0][row] as usize,
                quantity: words[0][row],
                bath: Some(words[1][row]).filter(|bath| !bath.is_empty()),
                values: [1, 2, 3, 4].map(|column: usize| Some(numbers[column][row]).filter(|v| v.is_finite())),
                unit: words[2][row],
            });
        }
        false
    })?;
    if lacks {
        return Err(format!("{QUANTITIES} lacks some of its columns"));
    }
    extent.ok_or_else(|| format!("{QUANTITIES} is gone"))
}

/// What stands in `summary.json` of many points, in the order in which it does.
#[derive(Serialize)]
struct Lean<'a> {
    scenario: &'a str,
    title: &'a str,
    kind: &'a str,
    version: &'a str,
    seed: u64,
    units: &'a str,
    complete: bool,
    timing: &'a Timing,
    fingerprint: &'a str,
    warnings: &'a [String],
    /// Where the quantities are.
    quantities_in: &'static str,
    #[serde(serialize_with = "without_quantities")]
    points: &'a [PointSummary],
    scenario_text: &'a str,
}

fn without_quantities<S: serde::Serializer>(points: &&[PointSummary], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(points.iter().map(|point| {
        let mut fields = serde_json::json!(PointSummary { quantities: Vec::new(), ..point.clone() });
        fields.as_object_mut().and_then(|fields| fields.shift_remove("quantities"));
        fields
    }))
}

/// A line for each key and each point.
#[derive(Default)]
struct Lines {
    depth: usize,
}

impl Lines {
    fn item<W: ?Sized + Write>(&self, to: &mut W, first: bool) -> io::Result<()> {
        to.write_all(if first { b"" } else { b"," })?;
        to.write_all(if self.depth <= 2 { b"\n" } else { b"" })
    }

    fn open<W: ?Sized + Write>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        to.write_all(bracket)
    }

    /// Only what has a line for each item ends with one.
    fn close<W: ?Sized + Write>(&mut self, to: &mut W, bracket: &[u8], last: usize) -> io::Result<()> {
        self.depth -= 1;
        to.write_all(if self.depth <= last { b"\n" } else { b"" })?;
        to.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}", 0)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]", 1)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        // What is within a key of the summary, but for the points, stays on its line.
        if self.depth == 2 { to.write_all(if first { b"" } else { b"," }) } else { self.item(to, first) }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.item(to, first)
    }
}

/// Writes a summary.
///
/// # Errors
/// What cannot be written.
pub fn write(summary: &Summary, mut to: impl Write) -> io::Result<()> {
    if summary.points.len() <= MANY_POINTS {
        summary.serialize(&mut serde_json::Serializer::with_formatter(&mut to, PrettyFormatter::new()))?;
    } else {
        let Summary { scenario, title, kind, version, seed, units, complete, timing, .. } = summary;
        let (seed, complete, quantities_in) = (*seed, *complete, QUANTITIES);
        let Summary { fingerprint, warnings, points, scenario_text, .. } = summary;
        let lean = Lean {
            scenario,
            title,
            kind,
            version,
            seed,
            units,
            complete,
            timing,
            fingerprint,
            warnings,
            quantities_in,
            points,
            scenario_text,
        };
        lean.serialize(&mut serde_json::Serializer::with_formatter(&mut to, Lines::default()))?;
    }
    to.write_all(b"\n")
}

/// What a summary says of all of its points at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The version of superjump that ran it.
    pub version: String,
    /// Whether all that was asked for is in it.
    pub complete: bool,
    /// Recognizes the scenario.
    pub fingerprint: String,
}

impl Head {
    /// Whether it is of all that this version makes of a scenario.
    pub(crate) fn is_of(&self, fingerprint: &str) -> bool {
        self.complete && self.fingerprint == fingerprint && self.version == env!("CARGO_PKG_VERSION")
    }

    /// Reads it from a folder of results; `None` where there is no summary.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a summary.
    pub fn read(folder: &Path) -> Result<Option<Self>, StoreError> {
        read(folder)
    }
}

fn read<T: serde::de::DeserializeOwned>(folder: &Path) -> Result<Option<T>, StoreError> {
    let path = folder.join(SUMMARY);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(StoreError::folder(folder, error)),
        Err(error) => return Err(StoreError::io("read", &path, error)),
    };
    serde_json::from_slice(&text).map(Some).map_err(|source| StoreError::Damaged { path, why: source.to_string() })
}

impl Summary {
    /// Reads `summary.json` of a results folder, and the quantities from where it says they are; `None` where there is
    /// none.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a summary.
    pub fn read(folder: &Path) -> Result<Option<Self>, StoreError> {
        let Some(mut summary) = read::<Summary>(folder)? else { return Ok(None) };
        if summary.quantities_in.take().is_some() {
            let points = &mut summary.points;
            let mut foreign = None;
            let row = |row: QuantityRow| match points.get_mut(row.point) {
                Some(point) => point.quantities.push(quantity(&row)),
                None => foreign = Some(row.point),
            };
            let read = quantity_rows(folder, u64::MAX, row);
            let fault = read.err().or(foreign.map(|point| format!("there is no point {point}")));
            if let Some(why) = fault {
                return Err(StoreError::Damaged { path: folder.join(QUANTITIES), why });
            }
        }
        Ok(Some(summary))
    }
}

impl Summary {
    /// The same, once all files of the results are seen to be as they were written.
    ///
    /// # Errors
    /// As [`Summary::read`], and results that are damaged.
    pub fn read_sound(folder: &Path) -> Result<Option<Self>, StoreError> {
        let Some(summary) = Self::read(folder)? else { return Ok(None) };
        match soundness(folder, &summary.version, &summary.fingerprint) {
            Soundness::Sound => Ok(Some(summary)),
            Soundness::Damaged(why) => Err(StoreError::Damaged { path: folder.to_owned(), why }),
        }
    }
}

fn quantity(row: &QuantityRow) -> QuantitySummary {
    let [estimate, std_error, exact, z] = row.values;
    QuantitySummary {
        quantity: row.quantity.to_owned(),
        bath: row.bath.map(str::to_owned),
        estimate,
        std_error,
        exact,
        z,
        unit: row.unit.to_owned(),
    }
}
