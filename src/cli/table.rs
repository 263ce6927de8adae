//! Results as a table in the terminal, and numbers as people write them.

use std::collections::HashSet;

use comfy_table::{CellAlignment, Table, presets};
use superjump::quantity::Quantity;
use superjump::report::{foremost, least_to_most, number, with_error};
use superjump::results::{BathSummary, PointSummary, QuantitySummary, Summary, quantity_names};
use superjump::scenario::{BathScale, Scenario};
use superjump::statistics::Stopped;
use superjump::units::Units;

use super::UsageError;

/// The most points that are listed.
const MOST_POINTS: usize = 30;

/// A count: `950`, `31.2 k`, `40.1 million`.
pub fn count(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{v:.0}"),
        v if v < 1e6 => format!("{:.1} k", v / 1e3),
        v if v < 1e9 => format!("{:.1} million", v / 1e6),
        v if v < 1e15 => format!("{:.1} billion", v / 1e9),
        v => format!("{v:.1e}"),
    }
}

/// A duration: `0.4 s`, `12 s`, `3 min`, `5.2 h`, `2.1 days`, `3.4e5 years`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s if s < 1e8 => format!("{:.1} days", s / 86_400.0),
        s => format!("{:.1e} years", s / 31_557_600.0),
    }
}

/// `1 thread`, `2 threads`.
pub fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A time with its unit: `50/omega_0`, `12.5 ns`.
pub fn time(value: f64, units: Units) -> String {
    match units.time().strip_prefix('1') {
        Some(inverse) => format!("{}{inverse}", number(value)),
        None => format!("{} {}", number(value), units.time()),
    }
}

/// The unit, unless it is a pure number's.
fn unit(quantity: &QuantitySummary) -> &str {
    if quantity.unit == "1" { "" } else { &quantity.unit }
}

/// The cells of a value: estimate, exact, z, unit; without trajectories exact and unit alone.
fn cells(quantity: &QuantitySummary, sampled: bool) -> Vec<String> {
    let exact = quantity.exact.map_or_else(|| "-".to_owned(), number);
    let unit = unit(quantity).to_owned();
    if !sampled {
        return vec![exact, unit];
    }
    let z = quantity.z.map_or_else(|| "-".to_owned(), |z| format!("{z:+.1}"));
    let estimate = quantity.estimate.map_or_else(|| "-".to_owned(), |mean| with_error(mean, quantity.std_error));
    vec![estimate, exact, z, unit]
}

fn aligned(header: Vec<String>, numbers_from: usize) -> Table {
    let mut table = Table::new();
    let columns = header.len();
    table.load_preset(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    // Estimate, exact and z are numbers; the unit after them is not.
    for index in numbers_from..columns - 1 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A table of these rows as text, without the spaces at the ends of its lines.
pub fn lines(header: Vec<String>, numbers_from: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = aligned(header, numbers_from);
    table.add_rows(rows);
    trimmed(&table)
}

fn trimmed(table: &Table) -> String {
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// T, `hbar omega_0/(k_B T)` and n of a bath.
pub fn scale(scale: &BathScale) -> [String; 3] {
    let BathScale { temperature, energy_over_temperature, occupation } = *scale;
    [temperature, energy_over_temperature, occupation].map(|value| value.map_or_else(|| "-".to_owned(), short))
}

/// The baths beside a quantum of the qubits; of a sweep, at its first point.
fn baths(point: &PointSummary, units: Units, several: bool) -> String {
    let at = if several { format!(" at point {}", point.index) } else { String::new() };
    let header =
        [format!("bath{at}"), format!("T ({})", units.temperature()), RATIO.into(), "n".into(), "coupling".into()];
    let row = |bath: &BathSummary| {
        // JSON has no infinite numbers.
        let cold = bath.temperature.filter(|t| *t == 0.0).map(|_| f64::INFINITY);
        let [t, x, n] = scale(&BathScale {
            temperature: bath.temperature,
            energy_over_temperature: cold.or(bath.energy_over_temperature),
            occupation: bath.occupation,
        });
        vec![bath.name.clone(), t, x, n, bath.coupling.clone()]
    };
    lines(header.to_vec(), 1, point.baths.iter().map(row).collect())
}

/// What a temperature is measured by.
pub const RATIO: &str = "hbar omega_0/(k_B T)";

/// A number in four digits.
fn short(value: f64) -> String {
    let digits: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) { number(digits) } else { format!("{digits:e}") }
}

/// All quantities of one point, or the one that is asked for.
fn one_point(point: &PointSummary, show: Option<&str>) -> Table {
    let sampled = point.trajectories > 0;
    let values: &[&str] = if sampled { &["estimate", "exact", "z", "unit"] } else { &["exact", "unit"] };
    let header = ["quantity", "bath"].iter().chain(values).map(|name| (*name).to_owned());
    let mut table = aligned(header.collect(), 2);
    let shown = |q: &&QuantitySummary| match show {
        Some(name) => q.quantity == name,
        None => !q.quantity.starts_with("photon_time_"),
    };
    for quantity in point.quantities.iter().filter(shown) {
        let mut row = vec![quantity.quantity.clone(), quantity.bath.clone().unwrap_or_default()];
        row.extend(cells(quantity, sampled));
        table.add_row(row);
    }
    table
}

/// One quantity of every point, beside the swept keys: the one that is asked for, or the first.
fn all_points(points: &[PointSummary], shown: &QuantitySummary) -> Table {
    let keys: Vec<&String> = points[0].parameters.keys().collect();
    let name = match &shown.bath {
        Some(bath) => format!("{} ({bath})", shown.quantity),
        None => shown.quantity.clone(),
    };
    let sampled = points[0].trajectories > 0;
    let values =
        if sampled { vec![name, "exact".into(), "z".into(), "unit".into()] } else { vec![name, "unit".into()] };
    let header = keys.iter().map(|key| (*key).clone()).chain(values);
    let mut table = aligned(header.collect(), keys.len());
    for point in points.iter().take(MOST_POINTS) {
        let value = |key: &String| match &point.parameters[key] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut row: Vec<String> = keys.iter().map(|key| value(key)).collect();
        let same = |q: &&QuantitySummary| q.quantity == shown.quantity && q.bath == shown.bath;
        row.extend(point.quantities.iter().find(same).map(|quantity| cells(quantity, sampled)).into_iter().flatten());
        table.add_row(row);
    }
    table
}

/// Whether steady states were reached, and what is missing where they were not.
fn convergence(points: &[PointSummary], units: Units) -> String {
    let mut text = String::new();
    let steady = || points.iter().filter_map(|point| point.steady.as_ref().map(|steady| (point, steady)));
    let total = steady().count();
    let reached = steady().filter(|(_, steady)| steady.converged).count();
    match (total, steady().next()) {
        (1, Some((point, steady))) if steady.converged => {
            text.push_str(&format!(
                "Converged ({}): interval of ±{} at {} %, from {}; each trajectory measured {} after {}.\n",
                point.stopped_because.name(),
                number(steady.half_width.unwrap_or(f64::INFINITY)),
                100.0 * steady.confidence,
                steady.estimator,
                time(steady.stretch, units),
                time(steady.warm_up, units),
            ));
        }
        (2.., _) if reached == total => text.push_str(&format!("All {total} points converged.\n")),
        _ => {}
    }
    let which = |point: &PointSummary| if total > 1 { format!(" (point {})", point.index) } else { String::new() };
    for (point, steady) in steady().filter(|(_, steady)| !steady.converged) {
        let needed = steady.trajectories_needed.map_or(String::new(), |n| format!("; about {n} trajectories would do"));
        let missing = steady.missing.join("; ");
        let why = match point.stopped_because {
            Stopped::Interrupted => "interrupted".to_owned(),
            budget => format!("{} spent", budget.name()),
        };
        text.push_str(&format!("NOT CONVERGED{}, {why}: missing {missing}{needed}.\n", which(point)));
    }
    for (point, steady) in steady() {
        if let Some(why) = &steady.no_current {
            text.push_str(&format!("Known beforehand{}: {why}.\n", which(point)));
        }
        for refused in &steady.refused {
            text.push_str(&format!("Refused{}: {refused}.\n", which(point)));
        }
    }
    text
}

fn no_quantity(name: &str, names: &[String]) -> anyhow::Error {
    let shown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.starts_with("photon_time_")).collect();
    UsageError(format!("there is no quantity \"{name}\" to show, only {}", shown.join(", "))).into()
}

/// The quantity that is asked for, by the name that it has now; that it was asked for by a former one is said.
pub fn called_now(asked: Option<&str>) -> Option<&str> {
    let now = asked.and_then(Quantity::renamed);
    if let (Some(former), Some(now)) = (asked, now) {
        eprintln!("note: {former} is called {now} now");
    }
    now.or(asked)
}

/// Refuses a name that no summary of the scenario will have, before anything is computed.
pub fn check_shown(scenario: &Scenario, show: Option<&str>) -> anyhow::Result<()> {
    let names = quantity_names(scenario);
    match show {
        Some(name) if !names.iter().any(|known| known == name) => Err(no_quantity(name, &names)),
        _ => Ok(()),
    }
}

/// The results of a run. Of a sweep one quantity is shown: `show` by its name, or that of the scenario's first figure,
/// or the first there is.
///
/// # Errors
/// A name that is none of the quantities.
pub fn render(summary: &Summary, show: Option<&str>) -> anyhow::Result<String> {
    let points = &summary.points;
    let first = &points[0];
    let foremost = if show.is_none() { foremost(&summary.scenario_text) } else { None };
    let drawn = foremost.and_then(|(name, bath)| {
        first.quantities.iter().find(|q| q.quantity == name && (bath.is_none() || q.bath == bath))
    });
    let shown = drawn.or_else(|| first.quantities.iter().find(|q| show.is_none_or(|name| q.quantity == name)));
    if let (Some(name), None) = (show, shown) {
        let mut seen = HashSet::new();
        let names = first.quantities.iter().filter(|q| seen.insert(q.quantity.as_str()));
        let names: Vec<String> = names.map(|q| q.quantity.clone()).collect();
        return Err(no_quantity(name, &names));
    }
    let mut text = String::new();
    if !summary.kind.is_empty() {
        text.push_str(&format!("{}\n", summary.kind));
    }
    let table = match shown {
        Some(shown) if points.len() > 1 => all_points(points, shown),
        _ => one_point(first, show),
    };
    let units = if summary.units == Units::Si.name() { Units::Si } else { Units::Natural };
    text.push_str(&baths(first, units, points.len() > 1));
    text.push('\n');
    text.push_str(&trimmed(&table));
    if points.len() > MOST_POINTS {
        let more = points.len() - MOST_POINTS;
        text.push_str(&format!("... and {}\n", plural(more as u64, "more point")));
    }
    let when = first.time.map_or_else(|| "In the steady state".to_owned(), |t| format!("At time {}", time(t, units)));
    if first.trajectories > 0 {
        let each = if points.len() > 1 { " a point" } else { "" };
        let count = match least_to_most(points.iter().map(|point| point.trajectories)).as_str() {
            "1" => "1 trajectory".to_owned(),
            counts => format!("{counts} trajectories"),
        };
        // A sweep may come to where another engine is the cheapest.
        let mut engines: Vec<&str> = Vec::new();
        for point in points {
            if !engines.contains(&point.engine.as_str()) {
                engines.push(&point.engine);
            }
        }
        let (s, engine) = (if engines.len() > 1 { "s" } else { "" }, engines.join(", "));
        let upto = if summary.complete { "" } else { "so far " };
        let peaks = if first.steady.is_some() { "" } else { "; peaks are over the run" };
        text.push_str(&format!("\n{when}, {upto}{count}{each}, engine{s} {engine}{peaks}.\n"));
        text.push_str(&convergence(points, units));
    } else {
        text.push_str(&format!("\n{when}, exact.\n"));
    }
    if let Some(point) = points.iter().find(|point| point.exact_missing.is_some()) {
        let which = if points.len() > 1 { format!(" (point {})", point.index) } else { String::new() };
        text.push_str(&format!("No exact values{which}: {}.\n", point.exact_missing.as_deref().unwrap_or_default()));
    }
    // Of a sweep one point tells what is the same for most.
    if let Some(point) = points.iter().find(|point| !point.exact_refused.is_empty()) {
        let which = if points.len() > 1 { format!(" (point {})", point.index) } else { String::new() };
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (what, reason) in point.exact_refused.iter().filter_map(|refused| refused.split_once(": ")) {
            match reasons.iter_mut().find(|(other, _)| *other == reason) {
                Some((_, all)) => all.push(what),
                None => reasons.push((reason, vec![what])),
            }
        }
        for (reason, all) in reasons {
            text.push_str(&format!("No exact {}{which}: {reason}.\n", all.join(", ")));
        }
    }
    Ok(text.trim_end().to_owned())
}
