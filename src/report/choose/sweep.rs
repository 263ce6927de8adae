//! Quantities against swept keys, with the reference lines of the closed forms.

use std::collections::{HashMap, HashSet};

use super::asked::{Asked, Key, divisor, qubits};
use crate::report::data::{Point, Quantity, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use crate::report::words;
use crate::results::MANY_POINTS;

/// Curves in a figure, beyond which only some are drawn.
pub const MOST_CURVES: usize = 8;
/// Figures that differ by a key, markers of a curve: the same.
const MOST_PANELS: usize = 100;
const FEW_PANELS: usize = 4;
const MOST_MARKERS: usize = 500;

/// (name in the scenario, quantity, how it is drawn where it is one for all curves).
const REFERENCES: [(&str, &str, Shape, Colour); 3] = [
    ("independent", "heat_current_independent", Shape::Dotted, Colour::Ink),
    ("symmetric", "heat_current_symmetric", Shape::Markers, Colour::Ink),
    ("limit", "heat_current_limit", Shape::Dashed, Colour::Category(1)),
];

/// The value of a quantity at a point.
fn find<'a>(point: &'a Point, quantity: &str, bath: Option<&str>) -> Option<&'a Quantity> {
    point.quantities.iter().find(|q| &*q.quantity == quantity && q.bath.as_deref() == bath)
}

/// The swept keys, and how many different values each has.
fn keys(run: &Run) -> Vec<(String, usize)> {
    let points = &run.summary.points;
    let Some(first) = points.first() else { return Vec::new() };
    let count = |key: &String| {
        let values = points.iter().filter_map(|p| p.parameters.get(key)).map(ToString::to_string);
        values.collect::<HashSet<String>>().len()
    };
    first.parameters.keys().map(|key| (key.clone(), count(key))).filter(|(_, count)| *count > 1).collect()
}

/// The swept keys without those that go together with one before them: what tells points apart.
pub fn distinct(run: &Run) -> Vec<String> {
    let Some(first) = run.summary.points.first() else { return Vec::new() };
    let mut kept: Vec<String> = Vec::new();
    for key in first.parameters.keys() {
        if !kept.iter().any(|other| follows(run, key, other)) {
            kept.push(key.clone());
        }
    }
    kept
}

fn is_number(run: &Run, key: &str) -> bool {
    run.summary.points.iter().all(|p| p.parameters.get(key).is_some_and(serde_json::Value::is_number))
}

/// Whether a key has one value for each of another, as keys of a sweep have that go together.
fn follows(run: &Run, key: &str, other: &str) -> bool {
    let mut seen: HashMap<String, &serde_json::Value> = HashMap::new();
    run.summary.points.iter().all(|point| match point.parameters.get(other).zip(point.parameters.get(key)) {
        Some((of, value)) => *seen.entry(of.to_string()).or_insert(value) == value,
        None => false,
    })
}

/// What is asked for, completed: the axis is the number of qubits or the longest numeric key; of two keys left the
/// shorter one tells figures apart. What goes together with one of them tells nothing more.
fn complete(run: &Run, asked: &Asked) -> Option<(Key, Option<Key>, Option<Key>)> {
    let mut keys = keys(run);
    let mut take = |name: &Option<String>| {
        let key = Key::parse(name.as_deref()?);
        keys.retain(|(other, _)| *other != key.key);
        Some(key)
    };
    let (against, mut curves, mut panels) = (take(&asked.against), take(&asked.curves), take(&asked.panels));
    let against = against.or_else(|| {
        let numeric = keys.iter().filter(|(key, _)| is_number(run, key));
        let best = numeric.max_by_key(|(key, count)| (key == "qubits.number" && *count > 2, *count))?.0.clone();
        keys.retain(|(other, _)| *other != best);
        Some(Key::parse(&best))
    })?;
    keys.sort_by_key(|(_, count)| *count);
    while curves.is_none() || panels.is_none() {
        let Some((key, _)) = keys.pop() else { break };
        let taken = [Some(&against), curves.as_ref(), panels.as_ref()];
        if taken.into_iter().flatten().any(|other| follows(run, &key, &other.key)) {
            continue;
        }
        let slot = if curves.is_none() { &mut curves } else { &mut panels };
        *slot = Some(Key::parse(&key));
    }
    Some((against, curves, panels))
}

/// The points in groups of equal value of a key, in the order of the sweep.
fn grouped<'a>(points: &[&'a Point], key: Option<&Key>) -> Vec<Vec<&'a Point>> {
    let Some(key) = key else { return vec![points.to_vec()] };
    let mut groups: Vec<Vec<&Point>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for point in points {
        let value = point.parameters.get(&key.key).map_or_else(String::new, ToString::to_string);
        let place = *places.entry(value).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    groups
}

/// At most `most` of the members, evenly spread, the first and the last among them.
pub fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let chosen: Vec<usize> = (0..most).map(|k| k * (count - 1) / (most - 1).max(1)).collect();
    all.into_iter().enumerate().filter(|(index, _)| chosen.contains(index)).map(|(_, item)| item).collect()
}

/// At most `most` of some points of a sweep, by their indices: of each swept key some values, evenly spread, and all that
/// have these, so that what differs by one key alone stands side by side.
pub fn spread_points(run: &Run, all: Vec<usize>, most: usize) -> Vec<usize> {
    if all.len() <= most {
        return all;
    }
    let value = |key: &str, point: usize| Some(run.point(point)?.parameters.get(key)?.to_string());
    let mut axes: Vec<(String, Vec<String>)> = Vec::new();
    for key in distinct(run) {
        let mut values = Vec::new();
        for found in all.iter().filter_map(|point| value(&key, *point)) {
            if !values.contains(&found) {
                values.push(found);
            }
        }
        axes.push((key, values));
    }
    // The longest axis loses values first, and of equal ones the last, which turns fastest.
    let mut counts: Vec<usize> = axes.iter().map(|(_, values)| values.len()).collect();
    while counts.iter().product::<usize>() > most {
        match counts.iter_mut().max() {
            Some(longest) if *longest > 1 => *longest -= 1,
            _ => break,
        }
    }
    axes.iter_mut().zip(counts).for_each(|((_, values), count)| *values = spread(std::mem::take(values), count));
    let on_grid = |point: &usize| {
        axes.iter().all(|(key, values)| value(key, *point).is_some_and(|value| values.contains(&value)))
    };
    let chosen: Vec<usize> = all.iter().copied().filter(on_grid).collect();
    spread(if chosen.is_empty() { all } else { chosen }, most)
}

/// (argument, value) of a quantity along points, ascending.
fn along(
    run: &Run,
    points: &[&Point],
    against: &Key,
    over: Option<&str>,
    value: impl Fn(&Point) -> Option<(f64, Option<f64>)>,
) -> Vec<Datum> {
    let datum = |point: &&Point| {
        let by = match over {
            Some(_) => divisor(over, qubits(&run.summary, point))?,
            None => 1.0,
        };
        let (y, error) = value(point)?;
        Some(Datum { x: against.number(point)?, y: y / by, error: error.map(|e| e / by) })
    };
    let mut data: Vec<Datum> = points.iter().filter_map(datum).filter(|d| d.x.is_finite() && d.y.is_finite()).collect();
    data.sort_by(|a, b| a.x.total_cmp(&b.x));
    data
}

/// Whether positive values span more than this factor.
pub fn spans(values: impl Iterator<Item = f64>, factor: f64) -> bool {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
    low > 0.0 && high > factor * low
}

/// Whether an axis is for logarithms: the values span decades, and most of them are at its low end.
pub fn asks_for_logarithm(values: impl Iterator<Item = f64>) -> bool {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return false };
    *first > 0.0 && *last >= 30.0 * first && values[(values.len() - 1) / 2] <= 0.25 * last
}

/// One reference: a single line where it is the same for every curve, one in each curve's colour otherwise.
fn reference(
    figure: &mut Figure,
    (name, shape, colour): (String, Shape, Colour),
    curves: &[(Colour, Vec<Datum>)],
    next: usize,
) {
    let Some((_, longest)) = curves.iter().max_by_key(|(_, data)| data.len()) else { return };
    if longest.is_empty() {
        return;
    }
    let close = |a: &Datum, b: &Datum| a.x == b.x && (a.y - b.y).abs() <= 1e-9 * a.y.abs().max(b.y.abs());
    // In the order of x.
    let at = |x: f64| &longest[longest.partition_point(|l| l.x < x)..longest.partition_point(|l| l.x <= x)];
    let same =
        curves.iter().all(|(_, data)| data.iter().all(|d| at(d.x).iter().take(MOST_CURVES).any(|l| close(d, l))));
    if same {
        figure.series.push(Series::new(name, colour, shape, next, longest.clone()));
        return;
    }
    for (group, (colour, data)) in curves.iter().enumerate() {
        let label = format!("{name}, {}", figure.series.iter().find(|s| s.group == group).map_or("", |s| &s.label));
        figure.series.push(Series::new(label, *colour, Shape::Dashed, group, data.clone()).unlisted());
    }
    figure.series.push(Series::new(name, Colour::Ink, Shape::Dashed, next, Vec::new()));
}

/// The figures of a quantity against a swept key, one for each panel.
pub fn figures(run: &Run, name: &str, asked: &Asked) -> Vec<Figure> {
    let points: Vec<&Point> = run.summary.points.iter().collect();
    let Some((against, by, panels)) = complete(run, asked) else { return Vec::new() };
    let Some(first) = points.iter().flat_map(|p| &p.quantities).find(|q| {
        *q.quantity == *asked.quantity && (asked.bath.is_none() || asked.bath.as_deref() == q.bath.as_deref())
    }) else {
        return Vec::new();
    };
    let bath = first.bath.as_deref();
    let units = run.summary.units.as_str();
    let panelled = grouped(&points, panels.as_ref());
    let (several, all_panels) = (panelled.len() > 1, panelled.len());
    let most = if points.len() > MANY_POINTS && asked.panels.is_none() { FEW_PANELS } else { MOST_PANELS };
    let panelled = spread(panelled, most);
    let mut figures = Vec::new();
    for (index, panel) in panelled.iter().enumerate() {
        let mut curves = grouped(panel, by.as_ref());
        let all = curves.len();
        if let (Some(by), false) = (&by, asked.values.is_empty()) {
            curves.retain(|curve| asked.wants(by, curve[0]));
        } else {
            curves = spread(curves, MOST_CURVES);
        }
        let mut figure = Figure {
            name: if several { format!("{name}_{}", index + 1) } else { name.to_owned() },
            heading: panels.as_ref().filter(|_| several).map(|key| key.value(panel[0], units)),
            ..Figure::default()
        };
        let over = asked.over.as_deref();
        let ordered = by.as_ref().is_some_and(|key| curves.iter().all(|curve| key.number(curve[0]).is_some()));
        let colour = |k: usize| if ordered { Colour::of_family(k, curves.len()) } else { Colour::Category(k) };
        let (mut sampled, mut most_markers) = (false, 0);
        let category = words::is_category(&against.key);
        let between = if category { Shape::Levels } else { Shape::Line };
        for (k, curve) in curves.iter().enumerate() {
            let by_value = || by.as_ref().map(|key| key.value(curve[0], units));
            let label = asked.labels.get(k).cloned().or_else(by_value);
            let label = label.unwrap_or_else(|| words::quantity(&asked.quantity));
            let exact = along(run, curve, &against, over, |p| Some((find(p, &asked.quantity, bath)?.exact?, None)));
            let estimates = along(run, curve, &against, over, |p| {
                let row = find(p, &asked.quantity, bath)?;
                Some((row.estimate?, row.std_error))
            });
            if estimates.is_empty() {
                let shape = match exact.len() {
                    _ if category => Shape::Markers,
                    31.. => Shape::Line,
                    _ => Shape::Beads,
                };
                figure.series.push(Series::new(label, colour(k), shape, k, exact));
            } else {
                sampled = true;
                figure.series.push(Series::new(format!("{label}, exact"), colour(k), between, k, exact).unlisted());
                most_markers = most_markers.max(estimates.len());
                let estimates = spread(estimates, MOST_MARKERS);
                figure.series.push(Series::new(label, colour(k), Shape::Markers, k, estimates));
            }
        }
        let mut next = curves.len();
        if sampled && figure.series.iter().any(|s| !s.listed && !s.points.is_empty()) {
            figure.series.push(Series::new("exact", Colour::Ink, between, next, Vec::new()));
            next += 1;
        }
        for (word, quantity, shape, ink) in REFERENCES {
            let asked_for = asked.references.iter().any(|name| name == word);
            if asked_for {
                let data = |curve: &Vec<&Point>| {
                    along(run, curve, &against, over, |p| Some((find(p, quantity, bath)?.exact?, None)))
                };
                let lines: Vec<_> = curves.iter().enumerate().map(|(k, c)| (colour(k), data(c))).collect();
                reference(&mut figure, (words::quantity(quantity), shape, ink), &lines, next);
                next += 1;
            }
        }
        let (label, unit) = against.label(units);
        let data = || figure.series.iter().flat_map(|s| &s.points);
        let x_log = asked.log("x", || asks_for_logarithm(data().map(|d| d.x)));
        let y_log = asked.log("y", || spans(data().map(|d| d.y), 100.0));
        let mut what = words::quantity(&asked.quantity);
        if let Some(bath) = bath {
            what = format!("{what}, {bath} bath");
        }
        let divided = over.map_or_else(|| what.clone(), |over| format!("{what} / {over}"));
        let zero = !y_log && data().all(|d| d.y >= 0.0) && spans(data().map(|d| d.y), 3.0);
        figure.x = Axis::new(&label, unit).log_if(x_log).counting_if(against.counts());
        figure.y = Axis { zero, ..Axis::new(&divided, &words::unit(&first.unit)).log_if(y_log) };
        figure.title = format!("{} against {label}", super::capital(&divided));
        let of_the_run = ["peak_", "burst_", "photon_"].iter().any(|start| asked.quantity.starts_with(start));
        let when = match panel[0].time {
            _ if of_the_run => "Over the run".to_owned(),
            None if run.protocols.is_empty() => "In the steady state".to_owned(),
            None => "In the limit cycle".to_owned(),
            Some(_) if words::is_booked(&asked.quantity) => "Over all of the protocol".to_owned(),
            Some(t) if panel.iter().all(|point| point.time == Some(t)) => format!("At time {}", words::time(t, units)),
            Some(_) => "At the last time".to_owned(),
        };
        let of = |shown: usize, all: usize, what: &str| {
            if shown < all { format!("; {shown} of {all} {what} are drawn") } else { String::new() }
        };
        let drawn = of(curves.len(), all, "curves")
            + &of(panelled.len(), all_panels, "panels")
            + &of(MOST_MARKERS.min(most_markers), most_markers, "estimates of a curve");
        let bars = if sampled { "; error bars are one standard error" } else { ", exact" };
        figure.caption = format!("{when}{bars}{drawn}.");
        figures.push(figure);
    }
    figures
}

/// Without being asked: every quantity of the sweep that changes, of the first bath where it has several, but no more
/// than `most`.
pub fn default(run: &Run, most: usize) -> Vec<Figure> {
    let points = &run.summary.points;
    let Some(first) = points.first().filter(|_| keys(run).iter().any(|(key, _)| is_number(run, key))) else {
        return Vec::new();
    };
    let mut done: HashSet<&str> = HashSet::new();
    let (mut drawn, mut figures) = (0, Vec::new());
    for row in &first.quantities {
        let name = &*row.quantity;
        if drawn == most {
            break;
        }
        let reference = REFERENCES.iter().any(|(_, quantity, ..)| *quantity == name);
        if reference
            || words::twin_of(name).is_some()
            || name.starts_with("photon_time_")
            || name == "excited"
            || done.contains(name)
        {
            continue;
        }
        done.insert(name);
        let references =
            if name == "heat_current" { vec!["independent".to_owned(), "symmetric".to_owned()] } else { Vec::new() };
        let asked = Asked { quantity: name.to_owned(), references, ..Asked::default() };
        let mut of_quantity = self::figures(run, &format!("{name}_sweep"), &asked);
        of_quantity.retain(super::varies);
        drawn += usize::from(!of_quantity.is_empty());
        figures.extend(of_quantity);
    }
    figures
}
