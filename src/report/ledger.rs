//! What each segment of a protocol does on average, as a table of the page.

use std::fmt::Write;

use super::data::{Curve, Run};
use super::scale::minus;
use super::text::escape;
use super::words;

/// Segments that are listed.
const MOST: usize = 100;

/// Work and heats, segment by segment over all cycles, of the first point: estimates with their errors, or exact values.
pub fn ledger(html: &mut String, run: &Run) {
    let Some(point) = run.summary.points.first() else { return };
    let Some(protocol) = run.protocols.get(&point.index) else { return };
    let booked = |c: &&Curve| c.point == point.index && ["work", "heat"].contains(&c.quantity.as_str());
    let columns: Vec<&Curve> = run.segments.iter().filter(booked).collect();
    let Some(first) = columns.first() else { return };
    let unit = words::unit(&first.unit);
    let sampled = columns.iter().flat_map(|column| &column.rows).any(|row| row[1].is_finite());
    let at = if run.summary.points.len() > 1 { format!(" at point {}", point.index) } else { String::new() };
    let _ = write!(
        html,
        "<section id=\"segments\"><h2>Segments{at}</h2>\n<div class=\"scroll\"><table><thead><tr><th>segment</th>"
    );
    for Curve { quantity, bath, .. } in &columns {
        let of = if bath.is_empty() { String::new() } else { format!(", {bath}") };
        let _ = write!(html, "<th class=\"n\">{}{} ({})</th>", escape(quantity), escape(&of), escape(&unit));
    }
    html.push_str("</tr></thead><tbody>");
    for (index, stage) in protocol.stages().iter().enumerate().take(MOST) {
        let _ = write!(html, "<tr><td class=\"q\">{}</td>", escape(&stage.name));
        for column in &columns {
            let value = column.rows.iter().find(|row| row[0] == index as f64).map(|row| match row {
                [_, mean, error, _] if mean.is_finite() => words::with_error(*mean, Some(*error)),
                row => words::number(row[3]),
            });
            let _ = write!(html, "<td class=\"n\">{}</td>", value.map_or("–".to_owned(), |value| minus(&value)));
        }
        html.push_str("</tr>\n");
    }
    let cycles = if protocol.cycles() > 1 { " over all cycles" } else { "" };
    let what = if sampled { "averages over trajectories, ± one standard error" } else { "exact" };
    let _ = writeln!(
        html,
        "</tbody></table></div><p class=\"small\">Work on the qubits and heat into them{cycles}, {what}; segments.parquet has \
         all of it.</p></section>"
    );
}
