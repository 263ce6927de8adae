//! How what single trajectories leave is distributed: peaks, quanta, work.

use super::sweep::spread_points;
use super::time::of_point;
use crate::report::data::{Point, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use crate::report::words;
use crate::table::Table;

/// Points whose work is drawn.
const MOST_WORKS: usize = 4;
/// Steps that are told from none at all: beyond, one value is as good as any.
const MOST_STEPS: f64 = 1e4;

fn datum(x: f64, y: f64) -> Datum {
    Datum { x, y, error: None }
}

/// The rows of the first point.
pub fn first_point(rows: &Table) -> usize {
    let points = rows.numbers("point").unwrap_or_default();
    points.iter().take_while(|p| **p == points[0]).count()
}

/// The lowest and the highest.
fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
}

/// What all values are whole multiples of, from the lowest one on, where so many come back that this is no accident: the
/// work of quenches is.
fn step(values: &[f64]) -> Option<f64> {
    /// Beside a step, rounding.
    const LOST: f64 = 1e-6;
    let (low, high) = ends(values);
    let span = high - low;
    let most = (values.len() as f64 / 2.0).min(MOST_STEPS);
    let mut step = span;
    // Euclid's.
    for value in values {
        let mut rest = value - low;
        loop {
            rest -= (rest / step).round() * step;
            rest = rest.abs();
            if rest <= LOST * step {
                break;
            }
            (rest, step) = (step, rest);
            // No number ends here, too.
            if step.is_nan() || step * most <= span {
                return None;
            }
        }
    }
    let steps = (span / step).round();
    (0.0 < steps && steps < most).then(|| span / steps)
}

/// A histogram as bars: (centre, height) and the width of a bar. Values that are whole multiples of a step from each other
/// get a bar for so many steps, for one where they are few: others would hold now one value more, now one less.
fn histogram(values: &[f64], step: Option<f64>) -> Option<(Vec<Datum>, f64)> {
    let (low, high) = ends(values);
    if values.len() < 2 || low >= high {
        return None;
    }
    // Freedman and Diaconis' width, between 10 and 80 bars.
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quartile = |q: usize| sorted[(sorted.len() - 1) * q / 4];
    let ideal = 2.0 * (quartile(3) - quartile(1)) / (values.len() as f64).cbrt();
    let mut width = ideal.clamp((high - low) / 80.0, (high - low) / 10.0);
    let mut start = low;
    if let Some(step) = step {
        width = (width / step).ceil().max(1.0) * step;
        start = low - 0.5 * step;
    }
    let count = ((high - start) / width).floor() as usize + 1;
    let mut bars = vec![0_u64; count];
    values.iter().for_each(|v| bars[(((v - start) / width) as usize).min(count - 1)] += 1);
    let scale = 1.0 / (values.len() as f64 * width);
    let bar = |(k, n): (usize, &u64)| datum(start + (k as f64 + 0.5) * width, *n as f64 * scale);
    Some((bars.iter().enumerate().map(bar).collect(), width))
}

/// When and how high the intensity of each trajectory peaked: of a burst, which is where photons are asked for.
pub fn peaks(run: &Run, rows: &Table) -> Option<Figure> {
    rows.lists("photon_times")?;
    let mut times = rows.numbers("peak_time")?;
    times.truncate(first_point(rows));
    times.retain(|t| t.is_finite());
    let (bars, width) = histogram(&times, None)?;
    Some(Figure {
        name: "peak_times".to_owned(),
        title: "When single bursts peak".to_owned(),
        caption: format!("The peak times of {} trajectories, as a probability density.", times.len()),
        x: Axis::new("time of the highest intensity", words::time_unit(&run.summary.units)),
        y: Axis { zero: true, ..Axis::new("probability density", "") },
        series: vec![Series::new("trajectories", Colour::Category(0), Shape::Bars(width), 0, bars).unlisted()],
        ..Figure::default()
    })
}

/// The quanta that each bath gave over a whole trajectory.
pub fn quanta(run: &Run, rows: &Table) -> Option<Figure> {
    let count = first_point(rows);
    let of_point = run.summary.points.first().map_or(&[][..], |p| &p.quantities);
    let exchanges = |bath: &String| of_point.iter().any(|q| q.bath.as_deref() == Some(bath.as_str()));
    let baths: Vec<String> = run.baths().into_iter().filter(exchanges).collect();
    let names: Vec<&str> = baths.iter().map(String::as_str).collect();
    let mut series = Vec::new();
    let (mut still, mut widest) = (Vec::new(), 0.0_f64);
    for (k, bath) in names.iter().enumerate() {
        let emitted = rows.numbers(&format!("emitted_{bath}"))?;
        let absorbed = rows.numbers(&format!("absorbed_{bath}"))?;
        let net: Vec<f64> = absorbed.iter().zip(&emitted).take(count).map(|(a, e)| a - e).collect();
        let Some((bars, width)) = histogram(&net, Some(1.0)) else { continue };
        // A bath that hardly ever does anything is one high peak, which hides the others.
        let spread = bars.last().map_or(0.0, |d| d.x) - bars[0].x;
        widest = widest.max(spread);
        if spread < widest / 20.0 {
            still.push(*bath);
            continue;
        }
        let last = bars.last().map(|d| datum(d.x + width / 2.0, 0.0));
        let first = bars.first().map(|d| datum(d.x - width / 2.0, 0.0));
        let edges = bars.iter().map(|d| datum(d.x - width / 2.0, d.y));
        let outline = first.into_iter().chain(edges).chain(last).collect();
        series.push(Series::new(*bath, Colour::Category(k), Shape::Steps, k, outline));
    }
    let left_out = if still.is_empty() {
        String::new()
    } else {
        format!(" Not drawn, as its counts are far narrower: {}.", still.join(", "))
    };
    (!series.is_empty()).then(|| Figure {
        name: "quanta".to_owned(),
        title: "Quanta absorbed from each bath".to_owned(),
        caption: format!(
            "Net quanta of whole trajectories, {count} of them, as a probability for each number.{left_out}"
        ),
        x: Axis::new("net quanta absorbed", "").counting_if(true),
        y: Axis { zero: true, ..Axis::new("probability", "") },
        series,
        ..Figure::default()
    })
}

/// The work on each trajectory of a protocol, of a few points.
pub fn work(run: &Run, rows: &Table) -> Option<Figure> {
    let (points, work) = (rows.numbers("point")?, rows.numbers("work")?);
    // Of paths through superposed levels it is nothing that is ever found, and its spread has no name.
    let found = |point: &&Point| point.quantities.iter().any(|q| &*q.quantity == "work_variance");
    let all: Vec<usize> = run.summary.points.iter().filter(found).map(|point| point.index).collect();
    let count = all.len();
    let drawn = spread_points(run, all, MOST_WORKS);
    let of = if drawn.len() < count { format!(" {} of {count} points are drawn.", drawn.len()) } else { String::new() };
    let mut series = Vec::new();
    for (k, point) in drawn.iter().enumerate() {
        let of_this = points.iter().zip(&work).filter(|(p, w)| **p == *point as f64 && w.is_finite());
        let values: Vec<f64> = of_this.map(|(_, work)| *work).collect();
        let Some((bars, width)) = histogram(&values, step(&values)) else { continue };
        let ends = [bars.first()?.x - width / 2.0, bars.last()?.x + width / 2.0];
        let edges = bars.iter().map(|d| datum(d.x - width / 2.0, d.y));
        let outline = [datum(ends[0], 0.0)].into_iter().chain(edges).chain([datum(ends[1], 0.0)]).collect();
        let label = Some(of_point(run, *point)).filter(|words| !words.is_empty());
        series.push(Series::new(
            label.unwrap_or_else(|| "work".to_owned()),
            Colour::Category(k),
            Shape::Steps,
            k,
            outline,
        ));
    }
    (!series.is_empty()).then(|| Figure {
        name: "work".to_owned(),
        title: "Work on single trajectories".to_owned(),
        caption: format!(
            "How the work that the protocol does on a trajectory is distributed, as a probability density.{of}"
        ),
        x: Axis::new(&words::quantity("work"), &words::unit(run.unit("work"))),
        y: Axis { zero: true, ..Axis::new("probability density", "") },
        series,
        ..Figure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many of each of these multiples of a step, from somewhere.
    fn quenched(step: f64, multiples: std::ops::Range<i32>, each: usize) -> Vec<f64> {
        let all = multiples.map(|k| 0.1 + f64::from(k) * step);
        all.flat_map(|value| std::iter::repeat_n(value, each)).collect()
    }

    #[test]
    fn works_of_quenches_are_multiples_of_a_step() {
        let few = quenched(0.3, -4..5, 20);
        assert!((step(&few).unwrap() - 0.3).abs() < 1e-12);
        let mut two: Vec<f64> = quenched(0.6, -3..3, 20);
        two.extend(quenched(0.9, -3..3, 20));
        assert!((step(&two).unwrap() - 0.3).abs() < 1e-12);
        // What a ramp does is anything.
        let any: Vec<f64> = (0..1000).map(|k| (f64::from(k) * 0.618).fract().powi(2)).collect();
        assert_eq!(step(&any), None);
        for nothing in [&[][..], &[1.0], &[1.0, 1.0, 1.0], &[1.0, 2.0], &[0.0, f64::NAN, 1.0, 1.0, 1.0]] {
            assert_eq!(step(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn equally_many_of_each_work_are_equally_high_bars() {
        for (number, bars_of) in [(9, 1.0), (200, 10.0)] {
            let values = quenched(0.37, 0..number, 50);
            let (bars, width) = histogram(&values, step(&values)).unwrap();
            assert!((width / 0.37 - bars_of).abs() < 1e-9, "{width}");
            let probability = 1.0 / (f64::from(number) * 0.37);
            assert!(bars.iter().all(|bar| (bar.y / probability - 1.0).abs() < 1e-9), "{bars:?}");
        }
    }
}
