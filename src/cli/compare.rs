//! `superjump compare`: two runs side by side, in standard errors.

use std::path::PathBuf;

use clap::Args;
use superjump::report::{self, Comparison, Difference, with_error};

use super::{UsageError, answer, put, table};

/// Rows that are listed without being asked for.
const MOST_ROWS: usize = 40;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump compare output/heat_valve output/heat_valve-exact\n\n\
    A difference is divided by the standard error of the difference; an exact value has none. Quantities are matched by\n\
    name, bath and swept values. The largest differences come first.")]
pub struct CompareArguments {
    /// The folder of a run
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The folder of another
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Show this quantity alone, e.g. --show heat_current
    #[arg(long, value_name = "QUANTITY")]
    show: Option<String>,
    /// List all quantities of all points
    #[arg(long)]
    all: bool,
}

/// The differences as a table, and the verdict under it.
fn render(comparison: &Comparison, most: usize) -> String {
    let rows = &comparison.differences;
    let swept = rows.iter().any(|row| !row.point.is_empty());
    let heads = ["quantity", "bath", "A", "B", "sigma", "unit"];
    let header = swept.then_some("point").into_iter().chain(heads);
    let mut lines = Vec::new();
    for row in rows.iter().take(most) {
        let value = |(value, error): (f64, Option<f64>)| with_error(value, error);
        let sigma = row.sigma.map_or_else(|| "-".to_owned(), |sigma| format!("{sigma:+.1}"));
        let unit = if row.unit == "1" { String::new() } else { row.unit.clone() };
        let cells = [
            row.quantity.clone(),
            row.bath.clone().unwrap_or_default(),
            value(row.first),
            value(row.second),
            sigma,
            unit,
        ];
        lines.push(swept.then(|| row.point.clone()).into_iter().chain(cells).collect());
    }
    let numbers_from = if swept { 3 } else { 2 };
    let mut text = match rows.as_slice() {
        [] => "The runs have no quantity in common at the same values of the sweep.\n".to_owned(),
        _ => table::lines(header.map(str::to_owned).collect(), numbers_from..numbers_from + 3, lines),
    };
    if rows.len() > most {
        text.push_str(&format!("... and {} more (--all lists them)\n", rows.len() - most));
    }
    let scores: Vec<f64> = rows.iter().filter_map(|row| row.sigma).map(f64::abs).collect();
    match scores.iter().copied().reduce(f64::max) {
        Some(largest) => {
            let near = scores.iter().filter(|s| **s <= 2.0).count();
            text.push_str(&format!(
                "\n{near} of {} within two standard errors; the farthest is at {largest:.1}.\n",
                scores.len()
            ));
        }
        None if rows.is_empty() => {}
        None => {
            let relative = |row: &Difference| {
                let (a, b) = (row.first.0, row.second.0);
                if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) }
            };
            let largest = rows.iter().map(relative).fold(0.0, f64::max);
            text.push_str(&format!("\nNothing has an error; values differ by {largest:.1e} of their size at most.\n"));
        }
    }
    let (first, second) = comparison.alone;
    if first + second > 0 {
        text.push_str(&format!("Only in A: {first} quantities; only in B: {second}.\n"));
    }
    text
}

pub fn compare(arguments: &CompareArguments) -> anyhow::Result<()> {
    let mut comparison = report::compare(&arguments.first, &arguments.second)?;
    for note in &comparison.notes {
        remark!("note: {note}");
    }
    let show = answer::called_now(arguments.show.as_deref());
    let shown = |quantity: &str| match show {
        Some(name) => quantity == name,
        // The times of single photons are many.
        None => arguments.all || !quantity.starts_with("photon_time_"),
    };
    let common = comparison.differences.len();
    comparison.differences.retain(|row| shown(&row.quantity));
    if let (Some(name), true) = (show, comparison.differences.is_empty() && common > 0) {
        let text = format!("no quantity \"{name}\" is in both runs; without --show all of them are listed");
        return Err(UsageError(text).into());
    }
    let size = |sigma: Option<f64>| sigma.map_or(-1.0, f64::abs);
    comparison.differences.sort_by(|a, b| size(b.sigma).total_cmp(&size(a.sigma)));
    let most = if arguments.all { usize::MAX } else { MOST_ROWS };
    Ok(put(format_args!("{}", render(&comparison, most)))?)
}
