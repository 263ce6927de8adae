//! What single trajectories show and averages hide: photons one by one, telegraph signals, histograms, maps of P_J.

use std::collections::HashSet;

use super::asked::{Key, qubits};
use super::sweep::{distinct, spread};
use super::time::of_point as point_words;
use crate::report::data::{FOLLOWED, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use crate::report::words;
use crate::results::MANY_POINTS;
use crate::table::Table;

/// Trajectories that are drawn one by one.
const DRAWN: usize = 40;
/// Traces of one figure that a reader can follow.
const TRACES: usize = 3;
/// Sectors of one figure.
const MOST_SECTORS: usize = 1000;
/// Steps of a trajectory beyond which many of them are a blot.
const MOST_STEPS: usize = 400;

fn datum(x: f64, y: f64) -> Datum {
    Datum { x, y, error: None }
}

fn time_axis(run: &Run) -> Axis {
    Axis::new("time", words::time_unit(&run.summary.units))
}

/// All figures of single trajectories; they are of the first point, but for the map.
pub fn default(run: &Run) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(rows) = &run.jumps {
        figures.extend(followed(run, rows));
    }
    if let Some(rows) = &run.trajectories {
        figures.extend(photons(run, rows));
        figures.extend(peaks(run, rows));
        figures.extend(quanta(run, rows));
        figures.extend(work(run, rows));
        figures.extend(sectors(run, rows));
    }
    let several = run.summary.points.len() > 1;
    for figure in
        figures.iter_mut().filter(|figure| several && !["sectors_map", "work"].contains(&figure.name.as_str()))
    {
        let point = &run.summary.points[0];
        let values: Vec<String> =
            distinct(run).iter().map(|key| Key::parse(key).value(point, &run.summary.units)).collect();
        figure.caption.push_str(&format!(" The first point of the sweep: {}.", values.join(", ")));
    }
    figures
}

/// The rows of the first point.
fn first_point(rows: &Table) -> usize {
    let points = rows.numbers("point").unwrap_or_default();
    points.iter().take_while(|p| **p == points[0]).count()
}

/// A level on the way: from a time on J and M.
#[derive(Clone, Copy)]
struct Level {
    time: f64,
    j: f64,
    m: f64,
}

/// The paths of the first trajectories over the ladder.
fn paths(run: &Run, rows: &Table) -> Option<Vec<Vec<Level>>> {
    let (numbers, times) = (rows.numbers("trajectory")?, rows.numbers("time")?);
    let (j, m) = (rows.numbers("j")?, rows.numbers("m")?);
    let (baths, directions) = (rows.words("bath")?, rows.words("direction")?);
    // A collective jump keeps J, so that the level before it is known.
    let kept = |bath: &str| run.summary.points.first()?.baths.iter().find(|b| b.name == bath && b.coupling != "local");
    let mut paths: Vec<(f64, Vec<Level>)> = Vec::new();
    for row in 0..first_point(rows) {
        let (number, level) = (numbers[row], Level { time: times[row], j: j[row], m: m[row] });
        if number >= FOLLOWED as f64 {
            break;
        }
        if paths.last().is_none_or(|(last, _)| *last != number) {
            let before = match directions[row] {
                "emission" => 1.0,
                "absorption" => -1.0,
                _ => 0.0,
            };
            let start = kept(baths[row]).map(|_| Level { time: 0.0, m: level.m + before, ..level });
            paths.push((number, start.into_iter().collect()));
        }
        if let Some((_, path)) = paths.last_mut() {
            path.push(level);
        }
    }
    // The last level holds until the end of the run.
    let end = run.series.first().and_then(|curve| curve.rows.last()).map(|row| row[0]);
    for (_, path) in &mut paths {
        path.extend(end.zip(path.last().copied()).map(|(time, level)| Level { time, ..level }));
    }
    Some(paths.into_iter().map(|(_, path)| path).collect())
}

/// An average in time of the first point, and its exact curve.
fn averages(run: &Run, quantity: &str, group: usize) -> Vec<Series> {
    let curves: Vec<_> = run.series.iter().filter(|c| c.quantity == quantity && c.point == 0).collect();
    // Over baths: intensities add.
    let Some(first) = curves.first() else { return Vec::new() };
    let sum = |column: usize| {
        let at = |row: usize| curves.iter().filter_map(|c| c.rows.get(row)).map(|r| r[column]).sum::<f64>();
        let data = (0..first.rows.len()).map(|row| datum(first.rows[row][0], at(row)));
        data.filter(|d| d.y.is_finite()).collect::<Vec<_>>()
    };
    vec![
        Series::new("mean of all", Colour::Category(1), Shape::Line, group, sum(1)),
        Series::new("exact", Colour::Ink, Shape::Dashed, group + 1, sum(3)),
    ]
    .into_iter()
    .filter(|s| !s.points.is_empty())
    .collect()
}

/// Photons per unit time that a level emits into all baths; `None` where the rates are not known.
fn intensity(run: &Run) -> Option<impl Fn(&Level) -> f64> {
    let point = run.summary.points.first()?;
    let half = qubits(&run.summary, point)? / 2.0;
    let baths = point.baths.clone();
    (!baths.is_empty()).then_some(move |level: &Level| {
        let Level { j, m, .. } = *level;
        let of_bath = |local: bool| if local { half + m } else { (j + m) * (j - m + 1.0) };
        baths.iter().map(|bath| bath.down * of_bath(bath.coupling == "local")).sum()
    })
}

/// Many trajectories faintly, with the average and the exact curve over them; and a few traces of J.
fn followed(run: &Run, rows: &Table) -> Vec<Figure> {
    let Some(paths) = paths(run, rows).filter(|paths| !paths.is_empty()) else { return Vec::new() };
    let staircase = |path: &Vec<Level>, value: &dyn Fn(&Level) -> f64| {
        path.iter().map(|level| datum(level.time, value(level))).collect::<Vec<_>>()
    };
    let ensemble = |name: &str, title: &str, label: String, quantity: &str, value: &dyn Fn(&Level) -> f64| {
        let line =
            |path| Series::new("single trajectories", Colour::Category(0), Shape::Steps, 0, staircase(path, value));
        let mut series: Vec<Series> = paths.iter().take(DRAWN).map(line).collect();
        series.iter_mut().skip(1).for_each(|s| s.listed = false);
        series.iter_mut().for_each(|s| s.faint = true);
        series.extend(averages(run, quantity, 1));
        let drawn = paths.len().min(DRAWN);
        Figure {
            name: name.to_owned(),
            title: title.to_owned(),
            caption: format!("{drawn} trajectories, under the average of all."),
            x: time_axis(run),
            y: Axis::new(&label, &words::unit(run.unit(quantity))),
            series,
            ..Figure::default()
        }
    };
    let mut figures = Vec::new();
    if paths.iter().all(|path| path.len() <= MOST_STEPS) {
        if let Some(intensity) = intensity(run) {
            let label = words::quantity("intensity");
            figures.push(ensemble("bursts", "Bursts of single trajectories", label, "intensity", &intensity));
        }
        figures.push(ensemble("paths", "M of single trajectories", "M".to_owned(), "jz", &|level| level.m));
    }
    if paths.iter().flatten().any(|level| level.j != paths[0][0].j) {
        let trace = |(k, path): (usize, &Vec<Level>)| {
            // Only where J changes.
            let mut steps: Vec<Datum> = Vec::new();
            for level in path {
                if steps.last().is_none_or(|last| last.y != level.j) {
                    steps.push(datum(level.time, level.j));
                }
            }
            steps.extend(path.last().map(|level| datum(level.time, level.j)));
            Series::new(format!("trajectory {k}"), Colour::Category(k), Shape::Steps, k, steps)
        };
        figures.push(Figure {
            name: "telegraph".to_owned(),
            title: "J of single trajectories: a telegraph signal".to_owned(),
            caption: "Local jumps move a trajectory between bright sectors (large J) and dark ones.".to_owned(),
            x: time_axis(run),
            y: Axis { zero: true, counts: true, ..Axis::new("J", "") },
            series: paths.iter().take(TRACES).enumerate().map(trace).collect(),
            ..Figure::default()
        });
    }
    figures
}

/// The photons of each trajectory as a staircase, and the mean time of each photon.
fn photons(run: &Run, rows: &Table) -> Option<Figure> {
    let lists = rows.lists("photon_times")?;
    let lists: Vec<&[f64]> = lists.iter().take(first_point(rows)).collect();
    let most = lists.iter().map(|list| list.len()).max().filter(|most| *most > 1)?;
    let staircase = |times: &[f64]| {
        let steps = times.iter().enumerate().map(|(k, time)| datum(*time, (k + 1) as f64));
        std::iter::once(datum(0.0, 0.0)).chain(steps).collect::<Vec<_>>()
    };
    let line =
        |times: &&[f64]| Series::new("single trajectories", Colour::Category(0), Shape::Steps, 0, staircase(times));
    let mut series: Vec<Series> = lists.iter().take(DRAWN).map(line).collect();
    series.iter_mut().skip(1).for_each(|s| s.listed = false);
    series.iter_mut().for_each(|s| s.faint = true);
    let point = run.summary.points.first()?;
    let times = |value: fn(&crate::report::data::Quantity) -> Option<f64>| {
        let of = |row: &crate::report::data::Quantity| {
            let photon: f64 = row.quantity.strip_prefix("photon_time_")?.parse().ok()?;
            Some(datum(value(row)?, photon))
        };
        point.quantities.iter().filter_map(of).collect::<Vec<_>>()
    };
    series.push(Series::new("mean time of the k-th", Colour::Category(1), Shape::Line, 1, times(|row| row.estimate)));
    series.push(Series::new("exact", Colour::Ink, Shape::Dashed, 2, times(|row| row.exact)));
    series.retain(|s| !s.points.is_empty());
    Some(Figure {
        name: "photons".to_owned(),
        title: "Photons of single trajectories".to_owned(),
        caption: format!(
            "The emissions of {} trajectories, up to {most} each, and the mean time of every photon.",
            lists.len().min(DRAWN)
        ),
        x: time_axis(run),
        y: Axis { zero: true, counts: true, ..Axis::new("photons emitted", "") },
        series,
        ..Figure::default()
    })
}

/// A histogram as bars: (centre, height) and the width of a bar. Whole numbers get a bar each where they are few.
fn histogram(values: &[f64], whole: bool) -> Option<(Vec<Datum>, f64)> {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
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
    if whole {
        width = width.ceil().max(1.0);
        start = low - 0.5;
    }
    let count = ((high - start) / width).floor() as usize + 1;
    let mut bars = vec![0_u64; count];
    values.iter().for_each(|v| bars[(((v - start) / width) as usize).min(count - 1)] += 1);
    let scale = 1.0 / (values.len() as f64 * width);
    let bar = |(k, n): (usize, &u64)| datum(start + (k as f64 + 0.5) * width, *n as f64 * scale);
    Some((bars.iter().enumerate().map(bar).collect(), width))
}

/// When and how high the intensity of each trajectory peaked: of a burst, which is where photons are asked for.
fn peaks(run: &Run, rows: &Table) -> Option<Figure> {
    rows.lists("photon_times")?;
    let mut times = rows.numbers("peak_time")?;
    times.truncate(first_point(rows));
    times.retain(|t| t.is_finite());
    let (bars, width) = histogram(&times, false)?;
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
fn quanta(run: &Run, rows: &Table) -> Option<Figure> {
    let count = first_point(rows);
    let mut seen = HashSet::new();
    let of_point = run.summary.points.first().map_or(&[][..], |p| &p.quantities);
    let names: Vec<&str> =
        of_point.iter().filter_map(|q| q.bath.as_deref()).filter(|bath| seen.insert(*bath)).collect();
    let mut series = Vec::new();
    let (mut still, mut widest) = (Vec::new(), 0.0_f64);
    for (k, bath) in names.iter().enumerate() {
        let emitted = rows.numbers(&format!("emitted_{bath}"))?;
        let absorbed = rows.numbers(&format!("absorbed_{bath}"))?;
        let net: Vec<f64> = absorbed.iter().zip(&emitted).take(count).map(|(a, e)| a - e).collect();
        let Some((bars, width)) = histogram(&net, true) else { continue };
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
        x: Axis::new("net quanta absorbed", ""),
        y: Axis { zero: true, ..Axis::new("probability", "") },
        series,
        ..Figure::default()
    })
}

/// The work on each trajectory of a protocol, of a few points.
fn work(run: &Run, rows: &Table) -> Option<Figure> {
    let (points, work) = (rows.numbers("point")?, rows.numbers("work")?);
    let all: Vec<usize> = run.summary.points.iter().map(|point| point.index).collect();
    let drawn = spread(all, TRACES + 1);
    let mut series = Vec::new();
    for (k, point) in drawn.iter().enumerate() {
        let of_point = points.iter().zip(&work).filter(|(p, w)| **p == *point as f64 && w.is_finite());
        let values: Vec<f64> = of_point.map(|(_, work)| *work).collect();
        let Some((bars, width)) = histogram(&values, false) else { continue };
        let ends = [bars.first()?.x - width / 2.0, bars.last()?.x + width / 2.0];
        let edges = bars.iter().map(|d| datum(d.x - width / 2.0, d.y));
        let outline = [datum(ends[0], 0.0)].into_iter().chain(edges).chain([datum(ends[1], 0.0)]).collect();
        let label = Some(point_words(run, *point)).filter(|words| !words.is_empty());
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
        caption: "How the work that the protocol does on a trajectory is distributed, as a probability density."
            .to_owned(),
        x: Axis::new(&words::quantity("work"), &words::unit(run.unit("work"))),
        y: Axis { zero: true, ..Axis::new("probability density", "") },
        series,
        ..Figure::default()
    })
}

/// How often each value occurs, as fractions, the largest value first.
fn fractions(mut values: Vec<f64>) -> Vec<(f64, f64)> {
    values.sort_by(|a, b| b.total_cmp(a));
    let alike = values.chunk_by(|a, b| a == b);
    alike.map(|same| (same[0], same.len() as f64 / values.len() as f64)).take(MOST_SECTORS).collect()
}

/// P_J at the end: bars at one point, a map over a sweep of numbers.
fn sectors(run: &Run, rows: &Table) -> Option<Figure> {
    let (points, sectors) = (rows.numbers("point")?, rows.numbers("final_j")?);
    let summary = &run.summary;
    let swept: Vec<&String> = summary.points.first().map_or_else(Vec::new, |p| p.parameters.keys().collect());
    let of_point = |index: f64| {
        let rows = points.iter().zip(&sectors).filter(|(p, j)| **p == index && j.is_finite());
        fractions(rows.map(|(_, j)| *j).collect())
    };
    if summary.points.len() > 1 {
        let ([key], true) = (swept.as_slice(), summary.points.len() <= MANY_POINTS) else { return None };
        return sectors_map(run, &Key::parse(key), of_point);
    }
    let bars = of_point(0.0);
    (bars.len() > 1).then(|| Figure {
        name: "sectors".to_owned(),
        title: "P_{J} at the end".to_owned(),
        caption: "The fraction of trajectories that end in each sector J.".to_owned(),
        x: Axis::new("J", "").counting_if(true),
        y: Axis { zero: true, ..Axis::new("P_{J}", "") },
        series: vec![
            Series::new(
                "P_{J}",
                Colour::Category(0),
                Shape::Bars(0.9),
                0,
                bars.iter().map(|(j, p)| datum(*j, *p)).collect(),
            )
            .unlisted(),
        ],
        ..Figure::default()
    })
}

/// Shades of a map.
const SHADES: usize = 5;

/// P_J over a swept number: columns between the midpoints of neighbours.
fn sectors_map(run: &Run, key: &Key, of_point: impl Fn(f64) -> Vec<(f64, f64)>) -> Option<Figure> {
    let mut at: Vec<(f64, Vec<(f64, f64)>)> = Vec::new();
    for point in &run.summary.points {
        at.push((key.number(point)?, of_point(point.index as f64)));
    }
    at.sort_by(|a, b| a.0.total_cmp(&b.0));
    at.retain(|(_, sectors)| !sectors.is_empty());
    if at.len() < 2 || at.iter().all(|(_, sectors)| sectors.len() < 2) {
        return None;
    }
    let highest = at.iter().flat_map(|(_, s)| s).map(|(_, p)| *p).fold(0.0, f64::max);
    // Columns reach to the midpoints between neighbours. Five shades are five groups, which the legend explains.
    let middle = |a: usize, b: usize| (at[a].0 + at[b].0) / 2.0;
    let last = at.len() - 1;
    let mut series: Vec<Series> = Vec::new();
    for shade in 0..SHADES {
        let (low, high) = (shade as f64 / SHADES as f64, (shade + 1) as f64 / SHADES as f64);
        let tone = 1.0 - (low + high) / 2.0;
        let label = format!("{} to {}", words::short(low * highest), words::short(high * highest));
        let key = Series::new(label, Colour::Ordered(tone), Shape::Cells(1.0, 1.0), shade, Vec::new());
        for (k, (x, sectors)) in at.iter().enumerate() {
            let left = if k > 0 { middle(k - 1, k) } else { 2.0 * x - middle(0, 1) };
            let right = if k < last { middle(k, k + 1) } else { 2.0 * x - middle(last - 1, last) };
            let inside = sectors.iter().filter(|(_, p)| p / highest > low && p / highest <= high);
            let cells = inside.map(|(j, _)| Datum { x: (left + right) / 2.0, y: *j, error: Some(tone) }).collect();
            series.push(Series { shape: Shape::Cells(right - left, 1.0), points: cells, ..key.clone().unlisted() });
        }
        series.push(key);
    }
    series.reverse();
    let (label, unit) = key.label(&run.summary.units);
    Some(Figure {
        name: "sectors_map".to_owned(),
        title: format!("P_{{J}} at the end against {label}"),
        caption: "The fraction of trajectories that end in each sector J, at every point of the sweep.".to_owned(),
        x: Axis::new(&label, unit),
        y: Axis::new("J", "").counting_if(true),
        series,
        ..Figure::default()
    })
}
