//! Averages in time: bands of two standard errors, and the exact curve over them.

use std::collections::HashSet;

use super::asked::{Asked, Key, divisor, qubits};
use super::clock::Clock;
use super::sweep::{MOST_CURVES, distinct, spread};
use crate::report::data::{Curve, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use crate::report::words;

/// Quantities of a table, beyond which there are no more figures.
pub const MOST_NAMES: usize = 100;

/// What tells the curves of a figure apart, in words.
fn label(run: &Run, curve: &Curve, of_baths: bool) -> String {
    if of_baths {
        return curve.bath.clone();
    }
    let words = of_point(run, curve.point);
    if words.is_empty() { words::quantity(&curve.quantity) } else { words }
}

/// The swept values of a point; nothing where nothing is swept.
pub fn of_point(run: &Run, index: usize) -> String {
    let Some(point) = run.point(index) else {
        return format!("point {index}");
    };
    let value = |key: &String| Key::parse(key).value(point, &run.summary.units);
    distinct(run).iter().map(value).collect::<Vec<_>>().join(", ")
}

/// Whether times grow by factors rather than by steps.
fn is_log_grid(rows: &[[f64; 4]]) -> bool {
    let times: Vec<f64> = rows.iter().map(|row| row[0]).filter(|t| *t > 0.0).collect();
    times.len() > 4 && times[times.len() / 2] < 0.1 * times[times.len() - 1]
}

/// Whether all that happens happens at once: every curve is near its end before a twentieth of the time is over, so that
/// on a linear axis a transient would be a line's width. Of exact values where there are any: noise never settles.
fn is_over_at_once(curves: &[&Curve]) -> bool {
    let mut settled = 0.0_f64;
    let mut end = 0.0_f64;
    for curve in curves {
        let exact = curve.rows.iter().any(|row| row[3].is_finite());
        let value = |row: &[f64; 4]| row[if exact { 3 } else { 1 }];
        let rows: Vec<&[f64; 4]> = curve.rows.iter().filter(|row| value(row).is_finite()).collect();
        let Some(last) = rows.last() else { continue };
        let (low, high) = rows
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| (low.min(value(row)), high.max(value(row))));
        end = end.max(last[0]);
        // What is the same all along has no transient.
        if high - low > 1e-3 * high.abs().max(low.abs()) {
            let away = |row: &&&[f64; 4]| (value(row) - value(last)).abs() > 0.1 * (high - low);
            settled = settled.max(rows.iter().rev().find(away).map_or(0.0, |row| row[0]));
            // Also where only the start differs.
            settled = settled.max(1e-3 * end);
        }
    }
    settled > 0.0 && settled < 0.05 * end
}

/// One figure of these curves.
pub fn figure(run: &Run, name: &str, curves: &[&Curve], of_baths: bool, over: Option<&str>) -> Figure {
    let first = curves[0];
    let points: Vec<usize> = curves.iter().map(|curve| curve.point).collect();
    let clock = Clock::of(run, &points);
    let mut figure = Figure { name: name.to_owned(), ..Figure::default() };
    let sampled = curves.iter().any(|c| c.rows.iter().any(|row| row[1].is_finite()));
    let has_exact = curves.iter().any(|c| c.rows.iter().any(|row| row[3].is_finite()));
    let colour =
        |k: usize| if of_baths || curves.len() == 1 { Colour::Category(k) } else { Colour::of_family(k, curves.len()) };
    let mut exact_on_top = Vec::new();
    for (k, curve) in curves.iter().enumerate() {
        let point = run.point(curve.point);
        let by = over.and_then(|_| divisor(over, qubits(&run.summary, point?))).unwrap_or(1.0);
        let unit = clock.unit(curve.point);
        let column = |value: usize, error: bool| {
            let datum = |row: &[f64; 4]| {
                let error = error.then_some(row[2] / by).filter(|e| e.is_finite());
                Datum { x: row[0] / unit, y: row[value] / by, error }
            };
            curve.rows.iter().map(datum).filter(|d| d.y.is_finite()).collect::<Vec<_>>()
        };
        let label = label(run, curve, of_baths);
        let exact = column(3, false);
        if sampled {
            figure.series.push(Series::new(label.clone(), colour(k), Shape::Line, k, column(1, true)));
            if !exact.is_empty() {
                let ink = Series::new(format!("{label}, exact"), Colour::Ink, Shape::Dashed, k, exact);
                exact_on_top.push(ink.unlisted());
            }
        } else {
            figure.series.push(Series::new(label, colour(k), Shape::Line, k, exact));
        }
    }
    figure.series.extend(exact_on_top);
    if sampled && has_exact {
        figure.series.push(Series::new("exact", Colour::Ink, Shape::Dashed, curves.len(), Vec::new()));
    }
    let mut what = words::quantity(&first.quantity);
    if !of_baths && !first.bath.is_empty() {
        what = format!("{what}, {} bath", first.bath);
    }
    if let Some(over) = over {
        what = format!("{what} / {over}");
    }
    // A protocol has a scale of its own.
    let log = clock.is_free() && (is_log_grid(&first.rows) || is_over_at_once(curves));
    figure.x = clock.axis().log_if(log);
    figure.spans = clock.spans();
    figure.y = Axis::new(&what, &words::unit(run.unit(&first.quantity)));
    figure.title = format!("{} {}", super::capital(&what), clock.along());
    figure.caption = match (sampled, has_exact) {
        (true, true) => "Averages over trajectories with bands of two standard errors, and the exact curves.",
        (true, false) => "Averages over trajectories with bands of two standard errors.",
        _ => "Exact.",
    }
    .to_owned();
    figure.caption.push_str(&clock.said());
    figure
}

/// The curves of a quantity: of all baths where there is one point, of the points where there are several.
fn curves<'a>(run: &'a Run, quantity: &str, bath: Option<&str>) -> (Vec<&'a Curve>, bool) {
    let all: Vec<&Curve> = run.series.iter().filter(|c| c.quantity == quantity && c.rows.len() > 2).collect();
    let Some(first) = all.first() else { return (Vec::new(), false) };
    let one_point = all.iter().all(|c| c.point == first.point);
    if one_point && bath.is_none() {
        return (all.clone(), !first.bath.is_empty());
    }
    let bath = bath.unwrap_or(&first.bath);
    (all.into_iter().filter(|c| c.bath == bath).collect(), false)
}

/// The figure that is asked for: a quantity against time.
pub fn asked(run: &Run, name: &str, asked: &Asked) -> Option<Figure> {
    let (mut curves, of_baths) = curves(run, &asked.quantity, asked.bath.as_deref());
    if let (Some(by), false) = (asked.curves.as_deref().map(Key::parse), asked.values.is_empty()) {
        let point = |curve: &Curve| run.point(curve.point);
        curves.retain(|curve| point(curve).is_some_and(|point| asked.wants(&by, point)));
    }
    let mut drawn =
        figure(run, name, &(!curves.is_empty()).then(|| spread(curves, MOST_CURVES))?, of_baths, asked.over.as_deref());
    drawn.x.log = asked.log("x", || drawn.x.log);
    drawn.y.log = asked.log("y", || drawn.y.log);
    Some(drawn)
}

/// Without being asked: every quantity that is not another one by other means, but no more than `most`.
pub fn default(run: &Run, most: usize) -> Vec<Figure> {
    let mut seen = HashSet::new();
    let names = run.series.iter().map(|curve| curve.quantity.as_str());
    let mut names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    names.truncate(MOST_NAMES);
    let all = names.clone();
    names.retain(|name| words::twin_of(name).is_none_or(|first| !all.contains(&first)));
    names.retain(|name| *name != "excited" || !all.contains(&"jz"));
    let figure_of = |name: &&str| {
        let (curves, of_baths) = curves(run, name, None);
        let all = curves.len();
        (all > 0).then(|| {
            let chosen = spread(curves, MOST_CURVES);
            let mut drawn = figure(run, &format!("{name}_time"), &chosen, of_baths, None);
            if chosen.len() < all {
                drawn.caption.push_str(&format!(" {} of {all} points are drawn.", chosen.len()));
            }
            drawn
        })
    };
    names.iter().filter_map(figure_of).filter(super::varies).take(most).collect()
}
