//! Two runs side by side: how far apart each quantity is, in standard errors of the difference.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::data::{Quantity, Run};
use super::error::ReportError;
use super::{read, words};

/// One quantity of two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The swept values of its point, in words; empty where nothing is swept.
    pub point: String,
    /// Its name.
    pub quantity: String,
    /// Its bath.
    pub bath: Option<String>,
    /// The value and the standard error in the first run; an exact value has no error.
    pub first: (f64, Option<f64>),
    /// The same in the second.
    pub second: (f64, Option<f64>),
    /// (second - first) / sqrt(sum of squared errors); `None` where neither has an error.
    pub sigma: Option<f64>,
    /// The unit.
    pub unit: String,
}

/// What two runs have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The quantities that both have.
    pub differences: Vec<Difference>,
    /// How many quantities only one of them has: the first, the second.
    pub alone: (usize, usize),
    /// What to know before reading the numbers.
    pub notes: Vec<String>,
}

/// The value that a run stands for: its estimate, or what was solved.
fn value(row: &Quantity) -> Option<(f64, Option<f64>)> {
    row.estimate.map(|v| (v, row.std_error)).or(row.exact.map(|v| (v, None)))
}

/// The points in words: equal where they are swept to the same values, to the last digit.
fn points(run: &Run) -> Vec<String> {
    let word = |value: &Value| value.as_f64().map_or_else(|| words::value(value), |number| number.to_string());
    let of_point = |point: &super::data::Point| {
        let words = point.parameters.iter().map(|(key, value)| format!("{key} = {}", word(value)));
        words.collect::<Vec<_>>().join(", ")
    };
    run.summary.points.iter().map(of_point).collect()
}

/// Every quantity with its point in words.
fn rows<'a>(run: &'a Run, points: &'a [String]) -> impl Iterator<Item = (&'a str, &'a Quantity)> {
    let of_point = |(name, point): (&'a String, &'a super::data::Point)| {
        point.quantities.iter().map(move |quantity| (name.as_str(), quantity))
    };
    points.iter().zip(&run.summary.points).flat_map(of_point)
}

/// Compares the results of two folders. Points are the same if they are swept to the same values.
///
/// # Errors
/// A folder without results, or one whose results are damaged.
pub fn compare(first: &Path, second: &Path) -> Result<Comparison, ReportError> {
    let (first, second) = (read::whole_summary(first)?, read::whole_summary(second)?);
    let (our_points, their_points) = (points(&first), points(&second));
    let key = |(point, row): &(&str, &Quantity)| format!("{point}\0{}\0{:?}\0{}", row.quantity, row.bath, row.unit);
    let mut differences = Vec::new();
    // Each with whether it was found in the first run too; of several alike, the first.
    let mut theirs: HashMap<String, (&Quantity, bool)> = HashMap::new();
    let mut alike = 0;
    for row in rows(&second, &their_points) {
        let new = theirs.len();
        theirs.entry(key(&row)).or_insert((row.1, false));
        alike += usize::from(theirs.len() == new);
    }
    let mut alone = 0;
    for (point, row) in rows(&first, &our_points) {
        let (Some((other, taken)), Some(a)) = (theirs.get_mut(&key(&(point, row))), value(row)) else {
            alone += 1;
            continue;
        };
        *taken = true;
        let Some(b) = value(other) else { continue };
        let error = a.1.unwrap_or(0.0).hypot(b.1.unwrap_or(0.0));
        differences.push(Difference {
            point: point.to_owned(),
            quantity: row.quantity.to_string(),
            bath: row.bath.as_deref().map(str::to_owned),
            first: a,
            second: b,
            sigma: (error > 0.0).then(|| (b.0 - a.0) / error),
            unit: row.unit.to_string(),
        });
    }
    let unmatched = alike + theirs.values().filter(|(_, taken)| !taken).count();
    let mut notes = [first.notes, second.notes].concat();
    let sampled = |run: &super::data::ReadSummary| run.points.iter().any(|p| p.trajectories > 0);
    if first.summary.seed == second.summary.seed && sampled(&first.summary) && sampled(&second.summary) {
        notes.push(format!(
            "both runs have the seed {}: where their physics is the same, so are their trajectories, and the errors are \
             not independent",
            first.summary.seed
        ));
    }
    Ok(Comparison { differences, alone: (alone, unmatched), notes })
}
