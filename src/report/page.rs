//! `report.html`: one file without requests to anywhere, to read on a phone or to print.

use std::fmt::Write;

use serde_json::{Value, json};

use super::canvas::thinned;
use super::choose::asked::foremost;
use super::data::{Point, Quantity, Run};
use super::figure::{Colour, Datum, Figure, Series, Shape};
use super::layout::Medium;
use super::scale::minus;
use super::svg::{self, Drawing};
use super::symbol::{self, KEY};
use super::text::{escape, plain, spans};
use super::words;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Rows of a sweep that are shown before a reader asks for more, and those that are on the page at all.
const MOST_ROWS: usize = 12;
const MOST_LISTED: usize = 2000;

/// Text with subscripts as HTML.
fn rich(text: &str) -> String {
    let tag = |(text, shift): (&str, i8)| match shift {
        -1 => format!("<sub>{}</sub>", escape(text)),
        1 => format!("<sup>{}</sup>", escape(text)),
        _ => escape(text),
    };
    spans(text).into_iter().map(tag).collect()
}

/// A number that JSON can hold, to seven digits.
fn rounded(value: f64) -> Value {
    format!("{value:.6e}").parse::<f64>().map_or(Value::Null, |v| json!(v))
}

/// What the script of the page needs to know of a figure: its axes and its values.
fn hover(figure: &Figure, drawing: &Drawing) -> String {
    let point = |d: &Datum| json!([rounded(d.x), rounded(d.y), d.error.map_or(Value::Null, rounded)]);
    let told = |series: &[Series]| -> Vec<Value> {
        let told = series.iter().filter(|s| !s.faint && !s.points.is_empty() && !matches!(s.shape, Shape::Cells(..)));
        told.map(|s| {
            let points: Vec<Value> = thinned(&s.points, s.faint).iter().map(point).collect();
            json!({ "label": plain(&s.label), "group": s.group, "points": points })
        })
        .collect()
    };
    let above = figure.above.iter().zip(&drawing.above);
    let data = json!({
        "x": drawing.x, "y": drawing.y,
        "names": [plain(&figure.x.label), plain(&figure.y.label)],
        "series": told(&figure.series),
        "above": above.map(|(panel, y)| json!({ "y": y, "series": told(&panel.series) })).collect::<Vec<_>>(),
    });
    // Inside a script element `<` could end it.
    data.to_string().replace('<', "\\u003c")
}

fn figure(html: &mut String, figure: &Figure) {
    let Some(drawing) = svg::draw(figure, Medium::Page) else { return };
    let name = escape(&figure.name);
    let heading = figure.heading.as_ref().map_or(String::new(), |heading| format!(", {}", rich(heading)));
    let _ = write!(
        html,
        "<figure id=\"{name}\"><h3>{}{heading}</h3>\n<div class=\"plot\">{}</div>\n",
        rich(&figure.title),
        drawing.svg
    );
    let listed = figure.listed();
    if !listed.is_empty() {
        html.push_str("<div class=\"legend\">");
        for series in listed {
            let ink = if series.colour == Colour::Ink { " class=\"ink\"" } else { "" };
            let mut key = String::new();
            symbol::key(&mut key, series, (0.0, 7.0));
            let _ = write!(
                html,
                "<button type=\"button\" aria-pressed=\"true\" data-group=\"{}\"><svg{ink} width=\"{KEY}\" height=\"14\" \
                 aria-hidden=\"true\">{key}</svg>{}</button>",
                series.group,
                rich(&series.label)
            );
        }
        html.push_str("</div>\n");
    }
    let _ = write!(
        html,
        "<figcaption>{} <a href=\"figures/{name}.pdf\">PDF</a> <a href=\"figures/{name}.svg\">SVG</a> \
         <a href=\"figures/{name}.png\">PNG</a></figcaption>\n\
         <script type=\"application/json\">{}</script></figure>\n",
        rich(&figure.caption),
        hover(figure, &drawing)
    );
}

fn cells(row: &Quantity, sampled: bool) -> String {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let mut html = String::new();
    if sampled {
        let estimate = or_dash(row.estimate.map(|v| minus(&words::with_error(v, row.std_error))));
        let _ = write!(html, "<td class=\"n\">{estimate}</td>");
    }
    let _ = write!(html, "<td class=\"n\">{}</td>", or_dash(row.exact.map(|v| minus(&words::number(v)))));
    if sampled {
        let far = if row.z.is_some_and(|z| z.abs() > 4.0) { " far" } else { "" };
        let z = or_dash(row.z.map(|z| minus(&format!("{z:+.1}"))));
        let _ = write!(html, "<td class=\"n{far}\">{z}</td>");
    }
    let _ = write!(html, "<td>{}</td>", rich(&words::unit(&row.unit)));
    html
}

fn header(first: &[String], sampled: bool) -> String {
    let heads: &[&str] = if sampled { &["estimate", "exact", "z", "unit"] } else { &["exact", "unit"] };
    let first: String = first.iter().map(|name| format!("<th>{}</th>", rich(name))).collect();
    let class = |name: &str| if name == "unit" { "" } else { " class=\"n\"" };
    let rest: String = heads.iter().map(|name| format!("<th{}>{name}</th>", class(name))).collect();
    format!("<thead><tr>{first}{rest}</tr></thead>")
}

fn one_point(html: &mut String, point: &Point, sampled: bool) {
    let _ = write!(html, "<div class=\"scroll\"><table>{}<tbody>", header(&["quantity".into()], sampled));
    for row in point.quantities.iter().filter(|q| !q.quantity.starts_with("photon_time_")) {
        let name = words::quantity(&row.quantity);
        let bath = row.bath.as_ref().map_or(String::new(), |bath| format!(" <span>{}</span>", escape(bath)));
        let _ = writeln!(html, "<tr><td class=\"q\">{}{bath}</td>{}</tr>", rich(&name), cells(row, sampled));
    }
    html.push_str("</tbody></table></div>\n");
    let (missing, refused) = point.steady.as_ref().map_or((&[][..], &[][..]), |s| (&s.missing[..], &s.refused[..]));
    for (heading, reasons) in [
        ("Missing", missing),
        ("Estimates left out", refused),
        ("Without an error bar", &point.std_error_missing),
        ("Exact values left out", &point.exact_refused),
    ] {
        if !reasons.is_empty() {
            let items: String = reasons.iter().map(|reason| format!("<li>{}</li>", escape(reason))).collect();
            let open = if heading == "Missing" { " open" } else { "" };
            let _ =
                writeln!(html, "<details class=\"small\"{open}><summary>{heading}</summary><ul>{items}</ul></details>");
        }
    }
}

/// The baths beside a quantum of the qubits; of a sweep, at its first point.
fn baths(html: &mut String, run: &Run) {
    let points = &run.summary.points;
    // Results of older versions do not say.
    let Some(point) = points.first().filter(|point| point.baths.iter().any(|bath| bath.occupation.is_some())) else {
        return;
    };
    let at = if points.len() > 1 { format!(" at point {}", point.index) } else { String::new() };
    let start = if run.protocols.is_empty() { "" } else { ", at the start of the protocol" };
    let unit = if run.summary.units == "SI" { "mK" } else { "ħω₀/k_{B}" };
    let _ = write!(
        html,
        "<section id=\"baths\"><h2>Baths{at}{start}</h2>\n<div class=\"scroll\"><table><thead><tr><th>bath</th><th>coupling</th>"
    );
    let own = point.baths.iter().any(|bath| bath.quantum.is_some());
    let gigahertz = if run.summary.units == "SI" { " (GHz)" } else { "" };
    let ratio = if own { "ħω/(k_{B}T)" } else { "ħω₀/(k_{B}T)" };
    let quantum = own.then(|| format!("quantum ω{gigahertz}"));
    let heads = [Some(format!("T ({unit})")), quantum, Some(ratio.to_owned()), Some("n".to_owned())];
    for head in heads.into_iter().flatten() {
        let _ = write!(html, "<th class=\"n\">{}</th>", rich(&head));
    }
    html.push_str("</tr></thead><tbody>");
    for bath in &point.baths {
        let cold = bath.temperature.filter(|t| *t == 0.0).map(|_| "∞".to_owned());
        let ratio = cold.or_else(|| bath.energy_over_temperature.map(words::short));
        let _ = write!(html, "<tr><td class=\"q\">{}</td><td>{}</td>", escape(&bath.name), escape(&bath.coupling));
        let quantum = own.then(|| Some(bath.quantum.map_or_else(|| "ω₀".to_owned(), words::short)));
        let (t, n) = (bath.temperature.map(words::short), bath.occupation.map(words::short));
        for value in [Some(t), quantum, Some(ratio), Some(n)].into_iter().flatten() {
            let _ = write!(html, "<td class=\"n\">{}</td>", value.map_or("–".to_owned(), |value| minus(&value)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    machines(html, points);
    html.push_str("</section>\n");
}

/// What the qubits are where a modulation does work, and at how many points.
fn machines(html: &mut String, points: &[Point]) {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for words in points.iter().filter_map(|point| point.machine.as_deref()) {
        // There are four kinds, whatever a file says.
        let known = found.len();
        match found.iter_mut().find(|(other, _)| *other == words) {
            Some((_, count)) => *count += 1,
            None if known < 4 => found.push((words, 1)),
            None => {}
        }
    }
    for (words, count) in found {
        let at = if count == points.len() { String::new() } else { format!(" ({count} of {} points)", points.len()) };
        let _ = write!(html, "<p>The qubits are {}{at}.</p>", escape(words));
    }
}

/// One quantity of every point.
fn sweep(html: &mut String, points: &[Point], shown: &Quantity, sampled: bool) {
    let keys: Vec<&String> = points[0].parameters.keys().collect();
    let heads: Vec<String> = keys.iter().map(|key| words::key(key)).collect();
    let bath = shown.bath.as_ref().map_or(String::new(), |bath| format!(", {bath} bath"));
    let _ =
        write!(html, "<h3>{}{}</h3>", rich(&super::choose::capital(&words::quantity(&shown.quantity))), escape(&bath));
    let _ = write!(html, "<div class=\"scroll\"><table>{}<tbody>", header(&heads, sampled));
    for (index, point) in points.iter().enumerate().take(MOST_LISTED) {
        let Some(row) = point.quantities.iter().find(|q| q.quantity == shown.quantity && q.bath == shown.bath) else {
            continue;
        };
        let cell = |key: &&String| {
            let value = point.parameters.get(*key);
            // Words may be long, and wrap.
            let class = if value.is_some_and(Value::is_string) { " class=\"q\"" } else { "" };
            format!("<td{class}>{}</td>", escape(&value.map_or(String::new(), words::value)))
        };
        let values: String = keys.iter().map(cell).collect();
        let more = if index >= MOST_ROWS { " class=\"more\"" } else { "" };
        let _ = writeln!(html, "<tr{more}>{values}{}</tr>", cells(row, sampled));
    }
    html.push_str("</tbody></table></div>\n");
    if points.len() > MOST_ROWS {
        let all = points.len().min(MOST_LISTED);
        let _ = writeln!(
            html,
            "<button type=\"button\" class=\"all\">show {} {all} points</button>",
            if all < points.len() { "the first" } else { "all" }
        );
    }
    if points.len() > MOST_LISTED {
        let _ = writeln!(html, "<p class=\"small\">All {} points are in summary.parquet.</p>", points.len());
    }
}

/// Why the run ended, and whether what was sampled is what was solved.
fn verdict(run: &Run) -> String {
    let points = &run.summary.points;
    let mut words = Vec::new();
    let mut reasons: Vec<&str> = points.iter().map(|p| p.stopped_because.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        words.push(match reason {
            "trajectories" => "All trajectories that were asked for are done.".to_owned(),
            "exact" => "Solved exactly: nothing was sampled.".to_owned(),
            "interrupted" => "<strong>Interrupted: these results are partial.</strong>".to_owned(),
            "relative_error" | "absolute_error" => "Converged: the steady current is known as well as was asked.".to_owned(),
            "no_current" => "Converged: no steady current flows that the error would see.".to_owned(),
            "max_jumps" | "until" => {
                format!("<strong>Not converged</strong>: <code>{reason}</code> was spent before the steady current was known as well as was asked.")
            }
            "" => continue,
            other => format!("Ended because of: {}.", escape(&other.replace('_', " "))),
        });
    }
    let scores: Vec<f64> = points
        .iter()
        .flat_map(|p| &p.quantities)
        .filter(|q| !q.quantity.starts_with("photon_time_"))
        .filter_map(|q| q.z)
        .collect();
    if let Some(largest) = scores.iter().map(|z| z.abs()).reduce(f64::max) {
        let near = scores.iter().filter(|z| z.abs() <= 2.0).count();
        let judged = if largest <= 5.0 {
            "Estimates agree with the exact values"
        } else {
            "<strong>An estimate is far from its exact value</strong>"
        };
        words.push(format!(
            "{judged}: {near} of {} are within two standard errors, the farthest is at {largest:.1}.",
            scores.len()
        ));
    }
    if let Some(why) = points.iter().find_map(|p| p.exact_missing.as_deref()) {
        words.push(format!("Without exact values: {}.", escape(why)));
    }
    words.join(" ")
}

/// How to get the same numbers again.
fn reproduce(run: &Run, exact: bool) -> String {
    let summary = &run.summary;
    let sets: String = summary
        .scenario_text
        .lines()
        .filter_map(|line| line.strip_prefix("# --set "))
        .map(|set| format!(" --set '{}'", set.replace('\'', "'\\''")))
        .collect();
    let verb = if exact { "exact" } else { "run" };
    // Whatever it is called, a shell takes it for a name.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let file = format!("{}.toml", summary.scenario);
    let file = if file.chars().all(plain) { file } else { format!("'{}'", file.replace('\'', "'\\''")) };
    format!("superjump {verb} {file}{sets}")
}

/// The facts above everything else.
fn facts(run: &Run, exact: bool) -> Vec<(&'static str, String)> {
    let summary = &run.summary;
    let mut facts = vec![("scenario", summary.scenario.clone())];
    if !summary.kind.is_empty() {
        facts.push(("kind", summary.kind.replace("omega_0", "ω₀")));
    }
    if summary.points.len() > 1 {
        facts.push(("points", summary.points.len().to_string()));
    }
    if let Some(point) = summary.points.first() {
        let mut engines: Vec<&str> = Vec::new();
        for point in &summary.points {
            if !engines.contains(&point.engine.as_str()) {
                engines.push(&point.engine);
            }
        }
        facts.push(("engine", engines.join(", ")));
        if point.trajectories > 0 {
            let each = if summary.points.len() > 1 { " a point" } else { "" };
            let counts = words::least_to_most(summary.points.iter().map(|point| point.trajectories));
            facts.push(("trajectories", format!("{counts}{each}")));
        }
        let limit = if run.protocols.is_empty() { "the steady state" } else { "the limit cycle" };
        let of = point.time.map_or_else(|| limit.to_owned(), |t| format!("time {}", words::time(t, &summary.units)));
        facts.push(("values of", of));
    }
    if !exact {
        facts.push(("seed", summary.seed.to_string()));
    }
    let timing = &summary.timing;
    if timing.threads > 0 {
        let jumps =
            if timing.jumps > 0 { format!(", {} jumps", words::short(timing.jumps as f64)) } else { String::new() };
        let threads = if timing.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", timing.threads) };
        facts.push(("took", format!("{} s on {threads}{jumps}", words::short(timing.seconds))));
    }
    if !summary.version.is_empty() {
        facts.push(("version", format!("superjump {}", summary.version)));
    }
    facts
}

/// The page of a run with its figures.
pub fn page(run: &Run, figures: &[Figure]) -> String {
    let summary = &run.summary;
    let exact = summary.points.iter().all(|p| p.trajectories == 0);
    let title = escape(&summary.title);
    let mut html = String::with_capacity(200_000);
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style></head>\n<body><main>\n<header><h1>{title}</h1><dl>"
    );
    for (name, value) in facts(run, exact) {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(&value));
    }
    html.push_str("</dl></header>\n");
    if !run.notes.is_empty() || !summary.warnings.is_empty() {
        let symbols =
            |words: &str| escape(&words.replace("hbar ", "ħ").replace("omega_0", "ω₀")).replace("k_B", "k<sub>B</sub>");
        let warnings =
            summary.warnings.iter().map(|words| format!("<li><strong>Warning</strong>: {}</li>", symbols(words)));
        let notes: String = warnings.chain(run.notes.iter().map(|note| format!("<li>{}</li>", escape(note)))).collect();
        let _ = writeln!(html, "<aside><ul>{notes}</ul></aside>");
    }
    if let Some(first) = summary.points.first() {
        html.push_str("<section id=\"answer\"><h2>Answer</h2>\n");
        let _ = writeln!(html, "<p id=\"verdict\">{}</p>", verdict(run));
        let drawn = foremost(&summary.scenario_text).and_then(|(name, bath)| {
            first
                .quantities
                .iter()
                .find(|q| *q.quantity == *name && (bath.is_none() || q.bath.as_deref() == bath.as_deref()))
        });
        match drawn.or(first.quantities.first()) {
            Some(shown) if summary.points.len() > 1 => sweep(&mut html, &summary.points, shown, !exact),
            _ => one_point(&mut html, first, !exact),
        }
        if !exact {
            html.push_str("<p class=\"small\">± is one standard error; z is the distance to the exact value in standard errors.</p>");
        }
        html.push_str("</section>\n");
    }
    baths(&mut html, run);
    html.push_str("<section id=\"figures\"><h2>Figures</h2>\n");
    if figures.is_empty() {
        html.push_str("<p>There is nothing to draw: no series, no sweep, no table of trajectories.</p>\n");
    }
    html.push_str("<div class=\"figures\">\n");
    figures.iter().for_each(|drawn| figure(&mut html, drawn));
    html.push_str("</div></section>\n");
    if !summary.scenario_text.is_empty() {
        let (text, name) = (escape(&summary.scenario_text), escape(&summary.scenario));
        let command = escape(&reproduce(run, exact));
        let _ = write!(
            html,
            "<section id=\"reproduce\"><h2>Reproduce</h2>\n<p>Save the scenario as <code>{name}.toml</code>. A result is a function of \
             scenario, seed and version: this gives the same numbers, on any number of threads.</p>\n\
             <pre><code>{command}</code></pre>\n<details><summary>The scenario</summary><pre><code>{text}</code></pre></details></section>\n"
        );
    }
    let _ = write!(html, "</main>\n<script>\n{SCRIPT}</script></body></html>\n");
    html
}
