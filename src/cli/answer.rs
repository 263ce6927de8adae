//! The answer of a run in the terminal: its baths, its quantities, and how well they are known.

use std::collections::HashSet;

use superjump::quantity::Quantity;
use superjump::report::{foremost, least_to_most, number, with_error};
use superjump::results::{BathSummary, OVER_THE_RUN, PointSummary, QuantitySummary, Summary, quantity_names};
use superjump::scenario::{BathScale, Scenario};
use superjump::statistics::Stopped;
use superjump::units::Units;

use super::UsageError;
use super::table::{lines, places, plural, quantum, ratio, scale, time, wrapped};

/// The most points that are listed unless all are asked for.
const MOST_POINTS: usize = 30;
/// The most of what was refused that is told, likewise.
const MOST_REFUSED: usize = 3;

/// What is to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// One quantity, by its name.
    pub quantity: Option<&'a str>,
    /// Every quantity of a point, every point of a sweep, and everything that was refused.
    pub all: bool,
}

/// The cells of a value: estimate, exact, z; without trajectories exact alone.
fn cells(quantity: &QuantitySummary, sampled: bool) -> Vec<String> {
    let exact = quantity.exact.map_or_else(|| "-".to_owned(), number);
    if !sampled {
        return vec![exact];
    }
    let z = quantity.z.map_or_else(|| "-".to_owned(), |z| format!("{z:+.1}"));
    let estimate = quantity.estimate.map_or_else(|| "-".to_owned(), |mean| with_error(mean, quantity.std_error));
    vec![estimate, exact, z]
}

/// The heads of these cells.
fn heads(sampled: bool) -> &'static [&'static str] {
    if sampled { &["estimate", "exact", "z"] } else { &["exact"] }
}

/// The baths beside a quantum of the qubits; of a sweep, at its first point.
fn baths(point: &PointSummary, units: Units, several: bool) -> String {
    let at = if several { format!(" at point {}", point.index) } else { String::new() };
    let mut header = vec![format!("bath{at}"), format!("T ({})", units.temperature())];
    let own = point.baths.iter().any(|bath| bath.quantum.is_some());
    header.extend(own.then(|| quantum(units).to_owned()));
    header.extend([ratio(own).to_owned(), "n".to_owned(), "coupling".to_owned()]);
    let row = |bath: &BathSummary| {
        // JSON has no infinite numbers.
        let cold = bath.temperature.filter(|t| *t == 0.0).map(|_| f64::INFINITY);
        let [t, energy, x, n] = scale(&BathScale {
            quantum: bath.quantum,
            temperature: bath.temperature,
            energy_over_temperature: cold.or(bath.energy_over_temperature),
            occupation: bath.occupation,
        });
        let mut row = vec![bath.name.clone(), t];
        row.extend(own.then_some(energy));
        row.extend([x, n, bath.coupling.clone()]);
        row
    };
    let numbers = 1..header.len() - 1;
    lines(header, numbers, point.baths.iter().map(row).collect())
}

/// What leads where there is a burst: what is said of it, and not of its end.
fn is_of_burst(name: &str) -> bool {
    let of_burst = [
        Quantity::HighestIntensity,
        Quantity::HighestIntensityTime,
        Quantity::PeakTime,
        Quantity::PeakIntensity,
        Quantity::BurstWidth,
    ];
    of_burst.iter().any(|quantity| quantity.name() == name)
}

/// What most want to know of a steady state; there are other estimates of the same current, and closed forms. Observables of
/// ensembles and modes have names that are no quantity's.
fn is_foremost(name: &str) -> bool {
    let foremost = [
        Quantity::HeatCurrent,
        Quantity::Intensity,
        Quantity::Jz,
        Quantity::Power,
        Quantity::Efficiency,
        Quantity::CoefficientOfPerformance,
        Quantity::Noise,
        Quantity::Fano,
        Quantity::EntropyProduction,
    ];
    let is_observable = Quantity::ALL.iter().all(|quantity| quantity.name() != name);
    is_observable || foremost.iter().any(|quantity| quantity.name() == name)
}

/// The quantities of one point, and what their units are.
fn one_point(point: &PointSummary, shown: Shown) -> String {
    let sampled = point.trajectories > 0;
    let steady = point.time.is_none();
    let listed = |q: &&QuantitySummary| match shown.quantity {
        Some(name) => q.quantity == name,
        None => shown.all || !(q.quantity.starts_with("photon_time_") || (steady && !is_foremost(&q.quantity))),
    };
    let row = |quantity: &&QuantitySummary| {
        let mut row = vec![quantity.quantity.clone(), quantity.bath.clone().unwrap_or_default()];
        row.extend(cells(quantity, sampled));
        row
    };
    let listed: Vec<&QuantitySummary> = point.quantities.iter().filter(listed).collect();
    // Under a protocol work comes before any burst.
    let protocol = listed.iter().any(|q| q.quantity == Quantity::Work.name());
    let burst = !protocol && listed.iter().any(|q| q.quantity == Quantity::HighestIntensity.name());
    let (leading, rest): (Vec<_>, Vec<_>) = listed.iter().partition(|q| burst && is_of_burst(&q.quantity));
    let mut rows: Vec<Vec<String>> = leading.iter().map(row).collect();
    if !rows.is_empty() && !rest.is_empty() {
        rows.extend([vec![], vec!["at the end:".to_owned()]]);
    }
    rows.extend(rest.iter().map(row));
    let header: Vec<String> =
        ["quantity", "bath"].iter().chain(heads(sampled)).map(|name| (*name).to_owned()).collect();
    let columns = header.len();
    let mut text = lines(header, 2..columns, rows);
    let hidden = point.quantities.len() - listed.len();
    if hidden > 0 && shown.quantity.is_none() {
        text.push_str(&format!("... and {hidden} more with --all\n"));
    }
    text + &units_of(&listed)
}

/// Which quantities are in which unit, once.
fn units_of(listed: &[&QuantitySummary]) -> String {
    let mut units: Vec<(&str, Vec<&str>)> = Vec::new();
    for quantity in listed.iter().filter(|quantity| quantity.unit != "1") {
        let name = quantity.quantity.as_str();
        let at = units.iter().position(|(unit, _)| *unit == quantity.unit).unwrap_or_else(|| {
            units.push((quantity.unit.as_str(), Vec::new()));
            units.len() - 1
        });
        if !units[at].1.contains(&name) {
            units[at].1.push(name);
        }
    }
    if units.is_empty() {
        return String::new();
    }
    let of = |(unit, names): &(&str, Vec<&str>)| format!("{} in {unit}", names.join(", "));
    format!("\n{}", wrapped(&format!("{}.", units.iter().map(of).collect::<Vec<_>>().join("; "))))
}

/// One quantity of every point, beside the swept keys.
fn all_points(points: &[PointSummary], quantity: &QuantitySummary, shown: Shown) -> String {
    let keys: Vec<&String> = points[0].parameters.keys().collect();
    let sampled = points[0].trajectories > 0;
    let row = |point: &PointSummary| {
        let value = |key: &&String| match &point.parameters[*key] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let same = |q: &&QuantitySummary| q.quantity == quantity.quantity && q.bath == quantity.bath;
        let cells = point.quantities.iter().find(same).map(|quantity| cells(quantity, sampled));
        keys.iter().map(value).chain(cells.into_iter().flatten()).collect::<Vec<_>>()
    };
    let listed = if shown.all { points.len() } else { MOST_POINTS.min(points.len()) };
    let header: Vec<String> =
        keys.iter().map(|key| (*key).clone()).chain(heads(sampled).iter().map(|head| (*head).to_owned())).collect();
    let columns = header.len();
    let bath = quantity.bath.as_ref().map_or_else(String::new, |bath| format!(" ({bath})"));
    let unit = if quantity.unit == "1" { String::new() } else { format!(" in {}", quantity.unit) };
    let mut text = format!("{}{bath}{unit}\n", quantity.quantity);
    text += &lines(header, keys.len()..columns, points.iter().take(listed).map(row).collect());
    if points.len() > listed {
        text += &format!("... and {} with --all\n", plural((points.len() - listed) as u64, "more point"));
    }
    text
}

/// What the qubits are where work is done, once where they are the same at all points.
fn machines(points: &[PointSummary]) -> String {
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for point in points {
        let Some(words) = point.machine.as_deref() else { continue };
        match found.iter_mut().find(|(other, _)| *other == words) {
            Some((_, at)) => at.push(point.index),
            None => found.push((words, vec![point.index])),
        }
    }
    let line = |(words, at): &(&str, Vec<usize>)| {
        let all = points.len() == at.len();
        let at = if all { "The".to_owned() } else { format!("At {} the", places(at.iter().copied())) };
        wrapped(&format!("{at} qubits are {words}."))
    };
    let lines: String = found.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// Whether steady states were reached, and what is missing where they were not.
fn convergence(points: &[PointSummary], units: Units, shown: Shown) -> String {
    let mut text = String::new();
    let steady = || points.iter().filter_map(|point| point.steady.as_ref().map(|steady| (point, steady)));
    let total = steady().count();
    let reached = steady().filter(|(_, steady)| steady.converged).count();
    match (total, steady().next()) {
        (1, Some((point, steady))) if steady.converged => {
            text.push_str(&wrapped(&format!(
                "Converged ({}): interval of ±{} at {} %, from {}; each trajectory measured {} after {}.\n",
                point.stopped_because.name(),
                number(steady.half_width.unwrap_or(f64::INFINITY)),
                100.0 * steady.confidence,
                steady.estimator,
                time(steady.stretch, units),
                time(steady.warm_up, units),
            )));
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
        text.push_str(&wrapped(&format!("NOT CONVERGED{}, {why}: missing {missing}{needed}.", which(point))));
    }
    for (point, steady) in steady() {
        if let Some(why) = &steady.no_current {
            text.push_str(&wrapped(&format!("Known beforehand{}: {why}.", which(point))));
        }
    }
    let refused = || steady().flat_map(|(point, steady)| steady.refused.iter().map(move |refused| (point, refused)));
    let told = if shown.all { usize::MAX } else { MOST_REFUSED };
    for (point, refused) in refused().take(told) {
        text.push_str(&wrapped(&format!("Refused{}: {refused}.", which(point))));
    }
    if let more @ 1.. = refused().skip(told).count() {
        text.push_str(&format!("... and {more} more refused; --all tells them.\n"));
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
        remark!("note: {former} is called {now} now");
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

/// What the values are of.
fn when(points: &[PointSummary], units: Units) -> String {
    let by = |a: &f64, b: &f64| a.total_cmp(b);
    let times = || points.iter().filter_map(|point| point.time);
    match (times().min_by(by), times().max_by(by)) {
        (Some(least), Some(most)) if least < most => format!("At times {} to {}", number(least), time(most, units)),
        (Some(one), _) => format!("At time {}", time(one, units)),
        // What is booked without a time is booked of a cycle.
        _ if points[0].quantities.iter().any(|row| row.quantity == Quantity::Work.name()) => {
            "In the limit cycle".to_owned()
        }
        _ => "In the steady state".to_owned(),
    }
}

/// The results of a run. Of a sweep one quantity is shown: `show` by its name, or that of the scenario's first figure,
/// or the first there is.
///
/// # Errors
/// A name that is none of the quantities.
pub fn render(summary: &Summary, shown: Shown) -> anyhow::Result<String> {
    let show = shown.quantity;
    let points = &summary.points;
    let first = &points[0];
    let foremost = if show.is_none() { foremost(&summary.scenario_text) } else { None };
    let drawn = foremost.and_then(|(name, bath)| {
        first.quantities.iter().find(|q| q.quantity == name && (bath.is_none() || q.bath == bath))
    });
    let found = drawn.or_else(|| first.quantities.iter().find(|q| show.is_none_or(|name| q.quantity == name)));
    if let (Some(name), None) = (show, found) {
        let mut seen = HashSet::new();
        let names = first.quantities.iter().filter(|q| seen.insert(q.quantity.as_str()));
        let names: Vec<String> = names.map(|q| q.quantity.clone()).collect();
        return Err(no_quantity(name, &names));
    }
    let mut text = String::new();
    if !summary.kind.is_empty() {
        text.push_str(&format!("{}\n", summary.kind));
    }
    let table = match found {
        Some(quantity) if points.len() > 1 => all_points(points, quantity, shown),
        _ => one_point(first, shown),
    };
    let units = if summary.units == Units::Si.name() { Units::Si } else { Units::Natural };
    text.push_str(&baths(first, units, points.len() > 1));
    text.push('\n');
    text.push_str(&table);
    text.push_str(&machines(points));
    let when = when(points, units);
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
        let peaks = over_the_run(first);
        text.push('\n');
        text.push_str(&wrapped(&format!("{when}, {upto}{count}{each}, engine{s} {engine}{peaks}.")));
        text.push_str(&convergence(points, units, shown));
    } else {
        text.push_str(&format!("\n{when}, exact.\n"));
    }
    if let Some(point) = points.iter().find(|point| point.exact_missing.is_some()) {
        let which = if points.len() > 1 { format!(" (point {})", point.index) } else { String::new() };
        let why = point.exact_missing.as_deref().unwrap_or_default();
        text.push_str(&wrapped(&format!("No exact values{which}: {why}.")));
    }
    if let Some(point) = points.iter().find(|point| !point.notes.is_empty()) {
        let which = if points.len() > 1 { format!(" (point {})", point.index) } else { String::new() };
        point.notes.iter().for_each(|note| text.push_str(&wrapped(&format!("Note{which}: {note}."))));
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
            text.push_str(&wrapped(&format!("No exact {}{which}: {reason}.", all.join(", "))));
        }
    }
    Ok(text.trim_end().to_owned())
}

/// What of a transient is over the whole of it, and not of its end.
fn over_the_run(point: &PointSummary) -> String {
    if point.steady.is_some() {
        return String::new();
    }
    let there = |name: &str| point.quantities.iter().any(|row| row.quantity == name);
    let mut names: Vec<&str> = OVER_THE_RUN.into_iter().filter(|name| there(name)).collect();
    if names.is_empty() || there("peak_intensity") {
        names.push("peaks");
    }
    match names.split_last() {
        Some((last, [])) => format!("; {last} are over the run"),
        Some((last, others)) => format!("; {} and {last} are over the run", others.join(", ")),
        None => String::new(),
    }
}
