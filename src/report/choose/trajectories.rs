//! What single trajectories show and averages hide: photons one by one, telegraph signals, maps of P_J.

use super::asked::{Key, qubits};
use super::clock::Clock;
use super::histograms::{first_point, peaks, quanta, work};
use super::sweep::distinct;
use crate::model::protocol::Protocol;
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

/// Photons per unit time that a level emits into all baths, at the rates of its time; `None` where these are not known.
fn intensity(run: &Run) -> Option<impl Fn(&Level) -> f64> {
    let point = run.summary.points.first()?;
    let half = qubits(&run.summary, point)? / 2.0;
    let (baths, protocol) = (&point.baths, run.protocols.get(&point.index));
    let known = !baths.is_empty() && protocol.is_none_or(|protocol| protocol.baths() == baths.len());
    known.then_some(move |level: &Level| {
        let Level { time, j, m } = *level;
        let of_bath = |local: bool| if local { half + m } else { (j + m) * (j - m + 1.0) };
        let down = |index: usize| protocol.map_or(baths[index].down, |protocol| protocol.rates(index, time).down);
        baths.iter().enumerate().map(|(index, bath)| down(index) * of_bath(bath.coupling == "local")).sum()
    })
}

/// A path with its level at more times, where rates change between its jumps: at steps, and right behind the ends of
/// segments.
fn looked_at(path: &[Level], protocol: Option<&Protocol>) -> Vec<Level> {
    const LOOKS: u32 = 240;
    let (Some(protocol), Some(last)) = (protocol, path.last()) else { return path.to_vec() };
    let behind = 1e-9 * protocol.period();
    let ends = (0..protocol.cycles().min(u64::from(LOOKS)))
        .flat_map(|cycle| protocol.boundaries().map(move |end| cycle as f64 * protocol.period() + end + behind));
    let mut times: Vec<f64> = (0..LOOKS).map(|k| last.time * f64::from(k) / f64::from(LOOKS)).chain(ends).collect();
    times.sort_by(f64::total_cmp);
    let mut levels = path.to_vec();
    for pair in path.windows(2) {
        let between = times.iter().filter(|time| pair[0].time < **time && **time < pair[1].time);
        levels.extend(between.map(|time| Level { time: *time, ..pair[0] }));
    }
    levels.sort_by(|a, b| a.time.total_cmp(&b.time));
    levels
}

/// Many trajectories faintly, with the average and the exact curve over them; and a few traces of J.
fn followed(run: &Run, rows: &Table) -> Vec<Figure> {
    let Some(paths) = paths(run, rows).filter(|paths| !paths.is_empty()) else { return Vec::new() };
    let first = run.summary.points.first().map_or(0, |point| point.index);
    let (protocol, spans) = (run.protocols.get(&first), Clock::of(run, &[first]).spans());
    let staircase = |path: &Vec<Level>, value: &dyn Fn(&Level) -> f64| {
        path.iter().map(|level| datum(level.time, value(level))).collect::<Vec<_>>()
    };
    type Value<'a> = &'a dyn Fn(&Level) -> f64;
    let ensemble = |paths: &[Vec<Level>], [name, title]: [&str; 2], label: String, quantity: &str, value: Value| {
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
            spans: spans.clone(),
            ..Figure::default()
        }
    };
    let mut figures = Vec::new();
    // Ensembles and modes have no J of the whole, by which a level would emit, and move between their jumps.
    let are_levels = paths.iter().flatten().all(|level| level.j.is_finite());
    if are_levels && paths.iter().all(|path| path.len() <= MOST_STEPS) {
        if let Some(intensity) = intensity(run) {
            let label = words::quantity("intensity");
            let looked: Vec<Vec<Level>> = paths.iter().map(|path| looked_at(path, protocol)).collect();
            let named = ["bursts", "Bursts of single trajectories"];
            figures.push(ensemble(&looked, named, label, "intensity", &intensity));
        }
        let named = ["paths", "M of single trajectories"];
        figures.push(ensemble(&paths, named, "M".to_owned(), "jz", &|level| level.m));
    }
    if are_levels && paths.iter().flatten().any(|level| level.j != paths[0][0].j) {
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
            spans: spans.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::{Bath, Point};
    use crate::scenario::protocols;

    /// A level emits at the rates of its time, and not at those of the start.
    #[test]
    fn a_path_is_looked_at_between_its_jumps_where_rates_change() {
        let text = "[qubits]\nnumber = 2\n[[bath]]\nname = \"b\"\ncoupling = \"collective\"\ndown = 0.5\n[initial]\n\
                    state = \"inverted\"\n[protocol.segment.a]\nduration = 4.0\nbath.b.down = { to = 2.5 }\n\
                    [protocol.segment.b]\nduration = 4.0\nbath.b.down = 0.25\n[evolution]\nsamples = 3\n";
        let bath = Bath { name: "b".into(), coupling: "collective".into(), down: 0.5, ..Bath::default() };
        let mut run = Run::default();
        run.summary.points = vec![Point { qubits: Some(2.0), baths: vec![bath], ..Point::default() }];
        run.protocols = protocols(text, &[0].into()).unwrap().into_iter().collect();
        let level = |time: f64, m: f64| Level { time, j: 1.0, m };
        let of = intensity(&run).unwrap();
        // (J + M)(J - M + 1) = 2 of both levels that emit.
        assert_eq!([0.0, 2.0, 4.0, 5.0].map(|time| of(&level(time, 1.0))), [1.0, 3.0, 5.0, 0.5]);
        let path = [level(0.0, 1.0), level(3.0, 0.0), level(8.0, 0.0)];
        let looked = looked_at(&path, run.protocols.get(&0));
        assert!(looked.windows(2).all(|pair| pair[0].time < pair[1].time && pair[1].time - pair[0].time < 0.05));
        let behind = looked.iter().find(|level| level.time > 4.0).unwrap();
        assert!(behind.time < 4.0 + 1e-6 && (of(behind), behind.m) == (0.5, 0.0));
    }
}
