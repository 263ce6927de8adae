//! Two runs side by side: how far apart each quantity is, in standard errors of the difference.

use std::path::Path;

use super::data::{Quantity, Run};
use super::error::ReportError;
use super::words;

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

fn rows(run: &Run) -> Vec<(String, &Quantity)> {
    let of_point = |point: &super::data::Point| {
        let words = point.parameters.iter().map(|(key, value)| format!("{key} = {}", words::value(value)));
        words.collect::<Vec<_>>().join(", ")
    };
    run.summary.points.iter().flat_map(|p| p.quantities.iter().map(move |q| (of_point(p), q))).collect()
}

/// Compares the results of two folders. Points are the same if they are swept to the same values.
///
/// # Errors
/// A folder without results.
pub fn compare(first: &Path, second: &Path) -> Result<Comparison, ReportError> {
    let (first, second) = (Run::read_summary_of(first)?, Run::read_summary_of(second)?);
    let (ours, theirs) = (rows(&first), rows(&second));
    let mut differences = Vec::new();
    let mut taken = vec![false; theirs.len()];
    let mut alone = 0;
    for (point, row) in &ours {
        let same = |(other, q): &(String, &Quantity)| {
            other == point && q.quantity == row.quantity && q.bath == row.bath && q.unit == row.unit
        };
        let found = theirs.iter().position(same);
        let (Some(index), Some(a)) = (found, value(row)) else {
            alone += 1;
            continue;
        };
        taken[index] = true;
        let Some(b) = value(theirs[index].1) else { continue };
        let error = a.1.unwrap_or(0.0).hypot(b.1.unwrap_or(0.0));
        differences.push(Difference {
            point: point.clone(),
            quantity: row.quantity.clone(),
            bath: row.bath.clone(),
            first: a,
            second: b,
            sigma: (error > 0.0).then(|| (b.0 - a.0) / error),
            unit: row.unit.clone(),
        });
    }
    let mut notes = [first.notes, second.notes].concat();
    let sampled = |run: &super::data::ReadSummary| run.points.iter().any(|p| p.trajectories > 0);
    if first.summary.seed == second.summary.seed && sampled(&first.summary) && sampled(&second.summary) {
        notes.push(format!(
            "both runs have the seed {}: where their physics is the same, so are their trajectories, and the errors are \
             not independent",
            first.summary.seed
        ));
    }
    let alone = (alone, taken.iter().filter(|taken| !**taken).count());
    Ok(Comparison { differences, alone, notes })
}
