//! Counting statistics: noise of windows, spectra, correlations, waiting times, and whatever else `noise.parquet` has; and
//! correlations of operators at two times.

use std::collections::HashSet;

use super::asked::Key;
use super::sweep::{MOST_CURVES, asks_for_logarithm, spans, spread};
use super::time::MOST_NAMES;
use crate::report::data::{Curve, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use crate::report::words;

/// The argument of a statistic.
fn argument(statistic: &str, units: &str) -> (&'static str, &'static str) {
    match statistic {
        "windowed_noise" | "entropy_production" | "fluctuation_theorem" | "fluctuation_symmetry" => {
            ("window t", words::time_unit(units))
        }
        "spectrum" => ("angular frequency ω", if units == "SI" { "10⁹/s" } else { "ω₀" }),
        "g2" | "waiting_time" => ("time τ", words::time_unit(units)),
        "first_passage" | "first_passage_density" => ("time t", words::time_unit(units)),
        "sector_probability" | "sector_current" | "sector_noise" | "bright_dwell" | "dark_dwell" => ("J", ""),
        "transferred_quanta" => ("net quanta absorbed", ""),
        "generating_function" | "conditioned_current" | "conditioned_noise" | "conditioned_bright" => {
            ("counting field s", "")
        }
        "rate_function" | "gaussian_rate" => ("net quanta per unit time c", if units == "SI" { "10⁹/s" } else { "ω₀" }),
        "cumulant" | "cumulant_digits" | "activity_cumulant" | "first_passage_cumulant" => (ORDER, ""),
        "relaxation_rate" | "relaxation_frequency" | "relaxation_between_sectors" => (MODE, ""),
        "directions" => ("angle to the x axis", "°"),
        "photons_each_way" => (WAY, ""),
        _ => ("argument", ""),
    }
}

const ORDER: &str = "order";
const MODE: &str = "mode";
const WAY: &str = "way: 1 to the right, −1 to the left";

/// Whether it is of photons by direction, and not of a steady state.
fn is_of_directions(statistic: &str) -> bool {
    matches!(statistic, "directions" | "photons_each_way")
}

/// Whether the argument of a statistic is a sector, an order or a mode, between which there is nothing.
fn is_apart(statistic: &str) -> bool {
    matches!(argument(statistic, "").0, "J" | ORDER | MODE | WAY)
}

/// What is drawn beside a statistic, in dashes, and what it is called there.
fn beside(statistic: &str) -> Option<(&'static str, &'static str)> {
    (statistic == "rate_function").then_some(("gaussian_rate", "Gaussian"))
}

/// What a figure of statistics says of itself.
struct About<'a> {
    name: &'a str,
    what: String,
    /// What its curves are of, in the caption.
    of: &'a str,
    argument: (&'a str, &'a str),
}

/// The figure of one statistic, or of one correlation, a curve for every bath (or part) and point.
pub fn figure(run: &Run, statistic: &str, bath: Option<&str>) -> Option<Figure> {
    let wanted = |c: &&Curve| c.quantity == statistic && c.rows.len() > 1 && bath.is_none_or(|b| c.bath == b);
    let units = run.summary.units.as_str();
    let all: Vec<&Curve> = run.noise.iter().filter(wanted).collect();
    if !all.is_empty() {
        let ends = ["Transient", "Exact transient"].iter().any(|kind| run.summary.kind.starts_with(kind));
        let what = match statistic {
            "generating_function" if ends => "ln⟨exp(sC)⟩/t".to_owned(),
            _ => words::quantity(statistic),
        };
        let of = match () {
            () if is_of_directions(statistic) => "Where the photons went",
            () if ends => "Statistics of counts over the run",
            () => "Statistics of the steady state",
        };
        let about = About { name: statistic, what, of, argument: argument(statistic, units) };
        return drawn(run, all, &about);
    }
    let all: Vec<&Curve> = run.correlations.iter().filter(wanted).collect();
    let of_spectrum = ("frequency", if units == "SI" { "GHz" } else { "ω₀" });
    let is_spectrum = all.iter().any(|curve| curve.unit != "1");
    let (name, argument) = match statistic.strip_suffix("_spectrum").filter(|_| is_spectrum) {
        Some(name) => (format!("spectrum S, {}", words::quantity(name)), of_spectrum),
        None => (words::quantity(statistic), ("time τ", words::time_unit(units))),
    };
    drawn(run, all, &About { name: statistic, what: name, of: "Correlations at two times", argument })
}

fn drawn(run: &Run, all: Vec<&Curve>, about: &About) -> Option<Figure> {
    let statistic = about.name;
    let first = *all.first()?;
    let total = all.len();
    let curves = spread(all, MOST_CURVES);
    let units = run.summary.units.as_str();
    let several_points = curves.iter().any(|c| c.point != first.point);
    let several_baths = curves.iter().any(|c| c.bath != first.bath);
    let mut series = Vec::new();
    let mut sampled = false;
    let between = if is_apart(statistic) { Shape::Levels } else { Shape::Line };
    for (k, curve) in curves.iter().enumerate() {
        let point = run.point(curve.point).filter(|_| several_points);
        let value = |p: &crate::report::data::Point| {
            p.parameters.keys().map(|key| Key::parse(key).value(p, units)).collect::<Vec<_>>()
        };
        let mut label = point.map_or_else(Vec::new, value);
        if several_baths || label.is_empty() {
            label.insert(0, if curve.bath.is_empty() { words::quantity(statistic) } else { curve.bath.clone() });
        }
        let label = label.join(", ");
        let named = label.clone();
        let colour =
            if several_points && !several_baths { Colour::of_family(k, curves.len()) } else { Colour::Category(k) };
        // Cumulants change sign, and grow by decades from order to order: what is drawn is their size.
        let size = |y: f64| if statistic.ends_with("cumulant") { y.abs() } else { y };
        let column = |value: usize| {
            let error = |row: &[f64; 4]| Some(row[2]).filter(|e| value == 1 && e.is_finite());
            let data = curve.rows.iter().map(|row| Datum { x: row[0], y: size(row[value]), error: error(row) });
            let mut data: Vec<Datum> = data.filter(|d| d.x.is_finite() && d.y.is_finite()).collect();
            data.sort_by(|a, b| a.x.total_cmp(&b.x));
            data
        };
        let (estimates, exact) = (column(1), column(3));
        if estimates.is_empty() {
            let shape = match exact.len() {
                _ if is_apart(statistic) => Shape::Markers,
                31.. => Shape::Line,
                _ => Shape::Beads,
            };
            series.push(Series::new(label, colour, shape, k, exact));
        } else {
            sampled = true;
            series.push(Series::new(format!("{label}, exact"), colour, between, k, exact).unlisted());
            series.push(Series::new(label, colour, Shape::Markers, k, estimates));
        }
        if let Some((other, called)) = beside(statistic) {
            let same = |c: &&Curve| c.quantity == other && c.bath == curve.bath && c.point == curve.point;
            let rows = run.noise.iter().filter(same).flat_map(|c| &c.rows);
            let mut data: Vec<Datum> = rows.map(|row| Datum { x: row[0], y: row[3], error: None }).collect();
            data.sort_by(|a, b| a.x.total_cmp(&b.x));
            series.push(Series::new(format!("{named}, {called}"), colour, Shape::Dashed, k, data));
        }
    }
    if sampled && series.iter().any(|s| !s.listed && !s.points.is_empty()) {
        series.push(Series::new("exact", Colour::Ink, between, curves.len(), Vec::new()));
    }
    let data = || series.iter().flat_map(|s: &Series| &s.points);
    let of_decades = !is_apart(statistic)
        && !is_of_directions(statistic)
        && beside(statistic).is_none()
        && data().all(|d| d.x >= 0.0);
    let x_log = of_decades && asks_for_logarithm(data().map(|d| d.x).filter(|x| *x > 0.0));
    // What a switch looks like is on a linear axis.
    let y_log = statistic != "conditioned_bright" && spans(data().map(|d| d.y), 100.0);
    let ((name, unit), what) = (about.argument, &about.what);
    let drawn =
        if curves.len() < total { format!(" {} of {total} curves are drawn.", curves.len()) } else { String::new() };
    Some(Figure {
        name: statistic.to_owned(),
        title: super::capital(what),
        caption: if sampled {
            format!("{}; error bars are one standard error.{drawn}", about.of)
        } else {
            format!("{}, exact.{drawn}", about.of)
        },
        x: Axis {
            counts: matches!(name, "J" | "net quanta absorbed" | ORDER | MODE),
            ..Axis::new(name, unit).log_if(x_log)
        },
        y: Axis::new(what, &words::unit(&first.unit)).log_if(y_log),
        series,
        ..Figure::default()
    })
}

/// Every statistic of the table.
pub fn default(run: &Run) -> Vec<Figure> {
    let mut seen = HashSet::new();
    let all = run.noise.iter().chain(&run.correlations).map(|curve| curve.quantity.as_str());
    // Drawn beside the rate function.
    let names = all.filter(|name| *name != "gaussian_rate");
    names.filter(|name| seen.insert(*name)).take(MOST_NAMES).filter_map(|name| figure(run, name, None)).collect()
}
