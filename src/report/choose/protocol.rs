//! A protocol: what is varied and under it what flows, and the cycle that it drives the qubits around.

use super::clock::{Clock, spans};
use super::sweep::{MOST_CURVES, spread, spread_points};
use super::time::{self, of_point};
use crate::model::protocol::{Protocol, Repeats, Stage};
use crate::model::{Setting, Waveform};
use crate::report::data::{Curve, Run};
use crate::report::figure::{Axis, Colour, Datum, Figure, Panel, Series, Shape};
use crate::report::words;
use crate::units::Units;

/// Samples of what changes in a segment, and of a pulse within so many widths.
const SAMPLES: usize = 64;
const PULSE: (i32, f64) = (40, 8.0);
/// Passages through segments, beyond which their course is a blot.
const MOST_PASSES: usize = 60;
/// Rows of a cycle, below which its way is not seen.
const FEW_ROWS: usize = 8;
/// Heights of axes over their widths.
const VARIED: f64 = 0.2;
const FLOWS: f64 = 0.42;

/// All figures of protocols.
pub fn default(run: &Run) -> Vec<Figure> {
    [course(run), cycle(run), cycles(run)].into_iter().flatten().chain(folded(run)).collect()
}

/// What is folded on the phase of the cycle, of the first point.
fn folded(run: &Run) -> Vec<Figure> {
    let first = run.summary.points.first().map_or(0, |point| point.index);
    let Some(protocol) = run.protocols.get(&first) else { return Vec::new() };
    let of = |quantity: &str| {
        let of = |c: &&Curve| c.quantity == quantity && c.point == first && c.rows.len() > 2;
        let curves: Vec<&Curve> = run.folded.iter().filter(of).collect();
        let of_baths = !curves.first()?.bath.is_empty();
        let figure = time::figure(run, &format!("{quantity}_phase"), &curves, of_baths, None);
        let what = super::capital(&words::quantity(quantity));
        let booked = ["work", "heat"].contains(&quantity);
        let since = if booked { " What is booked counts from the start of a cycle." } else { "" };
        let cycles = protocol.cycles();
        Some(Figure {
            x: Axis::new("phase of the cycle", words::time_unit(&run.summary.units)),
            spans: spans(&protocol.repeated(1), 1.0),
            title: format!("{what} by the phase of the cycle"),
            caption: format!("Over {cycles} cycles.{since} {}", figure.caption),
            ..figure
        })
    };
    ["heat_current", "jz", "work", "heat"].into_iter().filter_map(of).filter(super::varies).collect()
}

/// A unit of the run's kind.
fn unit(units: Units, si: &'static str, natural: &'static str) -> &'static str {
    if units == Units::Si { si } else { natural }
}

/// The frequency of the qubits.
fn frequency(units: Units) -> Axis {
    Axis::new(if units == Units::Si { "ω/2π" } else { "ω" }, unit(units, "GHz", "ω₀"))
}

/// Whether anything of this changes at any time.
fn changes(stages: &[Stage], value: &dyn Fn(&Stage, f64) -> Option<f64>) -> bool {
    let mut values = stages.iter().flat_map(|stage| times(stage).into_iter().filter_map(|time| value(stage, time)));
    values.next().is_some_and(|first| values.any(|other| other != first))
}

/// Times since the start of a segment at which a course is drawn: its ends, its corners, and between.
fn times(stage: &Stage) -> Vec<f64> {
    let mut times: Vec<f64> = (0..=SAMPLES).map(|k| stage.duration * k as f64 / SAMPLES as f64).collect();
    times.extend(stage.stretches().iter().map(|stretch| stretch.from));
    for pulse in [&stage.drive.amplitude, &stage.drive.detuning].into_iter().flat_map(Waveform::pulses) {
        let (half, widths) = PULSE;
        times.extend((-half..=half).map(|k| pulse.centre + widths * pulse.width * f64::from(k) / f64::from(half)));
    }
    times.retain(|time| (0.0..=stage.duration).contains(time));
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// The course of a value over all passes; where it jumps, both ends stand at one time.
fn along(protocol: &Protocol, value: &dyn Fn(&Stage, f64) -> Option<f64>) -> Vec<Datum> {
    let of = |cycle: u64, stage: &Stage| {
        let start = cycle as f64 * protocol.period() + stage.start;
        let datum = |time: f64| Some(Datum { x: start + time, y: value(stage, time)?, error: None });
        times(stage).into_iter().filter_map(datum).collect::<Vec<_>>()
    };
    (0..protocol.cycles()).flat_map(|cycle| protocol.stages().iter().flat_map(move |stage| of(cycle, stage))).collect()
}

/// Axes of what is varied, one for each unit; baths have the group that they have among `baths`.
fn varied(protocol: &Protocol, baths: &mut Vec<String>) -> Vec<Panel> {
    let (units, stages) = (protocol.units(), protocol.stages());
    let mut panels = Vec::new();
    let mut push = |y: Axis, series: Vec<Series>| {
        if !series.is_empty() {
            panels.push(Panel { y, series, height: VARIED });
        }
    };
    let alone = |colour: Colour, value: &dyn Fn(&Stage, f64) -> Option<f64>| {
        let series = || Series::new("", colour, Shape::Line, usize::MAX, along(protocol, value)).unlisted();
        changes(stages, value).then(series).into_iter().collect::<Vec<_>>()
    };
    push(frequency(units), alone(Colour::Ink, &|stage, time| Some(stage.frequency.at(time))));
    let rates = [Setting::Rate, Setting::Down, Setting::Up, Setting::Dephasing];
    for (name, unit, settings) in
        [("γ", unit(units, "10⁹/s", "ω₀"), &rates[..]), ("T", unit(units, "mK", "ħω₀/k_{B}"), &[Setting::Temperature])]
    {
        let mut series = Vec::new();
        for bath in 0..protocol.baths() {
            for setting in settings {
                let value = |stage: &Stage, time: f64| Some(stage.reservoirs[bath].signal(*setting)?.at(time));
                if changes(stages, &value) {
                    let label = &stages[0].reservoirs[bath].name;
                    let group = baths.iter().position(|other| other == label).unwrap_or(baths.len());
                    if group == baths.len() {
                        baths.push(label.clone());
                    }
                    let course = along(protocol, &value);
                    series.push(Series::new(label.clone(), Colour::Category(group), Shape::Line, group, course));
                }
            }
        }
        push(Axis::new(name, unit), series);
    }
    let angular = unit(units, "GHz", "ω₀");
    push(Axis::new("Ω", angular), alone(Colour::Ink, &|stage, time| Some(stage.drive.amplitude.at(time))));
    push(Axis::new("Δ", angular), alone(Colour::Ink, &|stage, time| Some(stage.drive.detuning.at(time))));
    push(Axis::new("φ", ""), alone(Colour::Ink, &|stage, time| Some(stage.drive.phase.at(time))));
    panels
}

/// The rows of a curve within a time, with ends put in between its rows.
fn within(rows: &[[f64; 4]], [from, until]: [f64; 2]) -> Vec<[f64; 4]> {
    let at = |time: f64| {
        let next = rows.partition_point(|row| row[0] < time);
        let after = rows.get(next)?;
        if after[0] == time {
            return Some(*after);
        }
        let before = rows.get(next.checked_sub(1)?)?;
        let part = (time - before[0]) / (after[0] - before[0]);
        Some(std::array::from_fn(|k| if k == 0 { time } else { before[k] + part * (after[k] - before[k]) }))
    };
    let inside = rows.iter().filter(|row| from < row[0] && row[0] < until).copied();
    at(from).into_iter().chain(inside).chain(at(until)).collect()
}

/// The passes through segments: the time at which each begins.
fn passes(protocol: &Protocol) -> impl Iterator<Item = (f64, &Stage)> {
    let start = |cycle: u64| cycle as f64 * protocol.period();
    (0..protocol.cycles())
        .flat_map(move |cycle| protocol.stages().iter().map(move |stage| (start(cycle) + stage.start, stage)))
}

fn curve<'a>(run: &'a Run, point: usize, quantity: &str) -> Option<&'a Curve> {
    run.series.iter().find(|curve| curve.point == point && curve.quantity == quantity)
}

/// The power done on the qubits, `<J_z> hbar domega/dt`: estimates and exact values, in a colour and a group of its own,
/// after those of baths and of what is exact.
fn power(protocol: &Protocol, jz: &Curve, group: usize) -> Vec<Series> {
    let of = |column: usize| {
        let pieces = passes(protocol).flat_map(|(start, stage)| {
            let datum = move |row: [f64; 4]| {
                let done = protocol.units().quantum(stage.frequency.slope(row[0] - start));
                let error = (column == 1).then_some(row[2] * done.abs()).filter(|error| error.is_finite());
                Datum { x: row[0], y: row[column] * done, error }
            };
            within(&jz.rows, [start, start + stage.duration]).into_iter().map(datum)
        });
        pieces.filter(|datum| datum.y.is_finite()).collect::<Vec<_>>()
    };
    let (sampled, exact) = (of(1), of(3));
    let line = |data| Series::new("power P", Colour::Category(group), Shape::Line, group + 1, data).unlisted();
    if sampled.is_empty() {
        return vec![line(exact)];
    }
    let dashed = Series::new("power P, exact", Colour::Ink, Shape::Dashed, group + 1, exact).unlisted();
    vec![line(sampled), dashed]
}

/// Series of baths in the colour and the group that these have among all; what is exact is after the last.
fn align(figure: &mut Figure, baths: &[String]) {
    for series in &mut figure.series {
        let of = |bath: &String| series.label == *bath || series.label.strip_suffix(", exact") == Some(bath);
        series.group = baths.iter().position(of).unwrap_or(baths.len());
        if series.colour != Colour::Ink {
            series.colour = Colour::Category(series.group);
        }
    }
}

/// What is varied, and under it what flows; of the first point.
fn course(run: &Run) -> Option<Figure> {
    let point = run.summary.points.first()?;
    let protocol = run.protocols.get(&point.index)?;
    if passes(protocol).take(MOST_PASSES + 1).count() > MOST_PASSES {
        return None;
    }
    let of = |quantity: &str| -> Vec<&Curve> {
        run.series.iter().filter(|c| c.quantity == quantity && c.point == point.index && c.rows.len() > 2).collect()
    };
    let flow = |quantity: &str| {
        let curves = of(quantity);
        (!curves.is_empty()).then(|| time::figure(run, "protocol", &curves, true, None))
    };
    let (mut heat, mut intensity) = (flow("heat_current")?, flow("intensity"));
    let mut baths: Vec<String> = of("heat_current").into_iter().map(|curve| curve.bath.clone()).collect();
    let varied = varied(protocol, &mut baths);
    let moves = !protocol.stages().iter().all(|stage| stage.frequency.is_held());
    align(&mut heat, &baths);
    intensity.iter_mut().for_each(|figure| align(figure, &baths));
    // Much larger than what flows, or much smaller: on axes of its own. A drive does work beside.
    let jz = curve(run, point.index, "jz").filter(|_| moves && !protocol.is_driven());
    let power = jz.map(|jz| {
        let y = Axis::new("P", &words::unit(run.unit("heat_current")));
        Panel { y, series: power(protocol, jz, baths.len()), height: VARIED }
    });
    let powered = power.is_some();
    let mut figure = match intensity {
        Some(intensity) => {
            let heat = Panel { y: heat.y, series: heat.series, height: FLOWS };
            Figure { above: varied.into_iter().chain(power).chain([heat]).collect(), ..intensity }
        }
        None => Figure { above: varied.into_iter().chain(power).collect(), ..heat },
    };
    let clock = Clock::of(run, &[point.index]);
    let several = run.summary.points.len() > 1;
    let which =
        if several { format!(" The first point of the sweep: {}.", of_point(run, point.index)) } else { String::new() };
    figure.title = format!("What is varied, and what flows, {}", clock.along());
    figure.caption = format!(
        "What the protocol changes, and under it {}the heat that flows into the qubits. {}{which}",
        if powered { "the power P that is done on the qubits, and " } else { "" },
        figure.caption
    );
    Some(figure)
}

/// The last cycle of a point: of each segment its name and the rows of `<J_z>`, against the frequency.
fn strokes(run: &Run, point: usize, column: usize) -> Option<Vec<(&str, Vec<Datum>)>> {
    let protocol = run.protocols.get(&point)?;
    let stages = protocol.stages();
    let moves = changes(stages, &|stage, time| Some(stage.frequency.at(time)));
    let jz = curve(run, point, "jz").filter(|_| moves && protocol.repeats() != Repeats::Once)?;
    let cycle = (protocol.cycles() - 1) as f64 * protocol.period();
    let last = within(&jz.rows, [cycle, cycle + protocol.period()]);
    if last.len() < FEW_ROWS {
        return None;
    }
    let of = |index: usize| {
        let stage = &stages[index];
        let start = cycle + stage.start;
        let rows = within(&jz.rows, [start, start + stage.duration]);
        let datum = |row: &[f64; 4]| Datum { x: stage.frequency.at(row[0] - start), y: row[column], error: None };
        let mut data: Vec<Datum> = rows.iter().map(datum).filter(|datum| datum.y.is_finite()).collect();
        // A quench belongs to the segment that it ends.
        let next = stages[(index + 1) % stages.len()].frequency.first();
        if let Some(quench) = data.last().filter(|end| end.x != next).map(|end| Datum { x: next, ..*end }) {
            data.push(quench);
        }
        (stage.name.as_str(), data)
    };
    let strokes: Vec<_> = (0..stages.len()).map(of).collect();
    strokes.iter().any(|(_, data)| data.len() > 1).then_some(strokes)
}

/// The way of a cycle, `<J_z>` against the frequency: its area is the work. Of one point stroke by stroke, of several each
/// as a whole.
fn cycle(run: &Run) -> Option<Figure> {
    let points: Vec<usize> = run.summary.points.iter().map(|point| point.index).collect();
    let drawable = |point: &usize| strokes(run, *point, 1).or_else(|| strokes(run, *point, 3)).is_some();
    let all: Vec<usize> = points.into_iter().filter(drawable).collect();
    let count = all.len();
    let points = spread_points(run, all, MOST_CURVES);
    let first = *points.first()?;
    let units = run.protocols.get(&first)?.units();
    let qubits = |point: usize| run.point(point).and_then(|point| point.qubits);
    let each = points.iter().any(|point| qubits(*point) != qubits(first));
    let by = |point: usize| qubits(point).filter(|_| each).unwrap_or(1.0);
    let scaled = |point: usize, column: usize| -> Vec<(&str, Vec<Datum>)> {
        let strokes = strokes(run, point, column).unwrap_or_default().into_iter();
        let scale = |datum: Datum| Datum { y: datum.y / by(point), ..datum };
        strokes.map(|(name, data)| (name, data.into_iter().map(scale).collect())).collect()
    };
    let known = |column: usize| points.iter().all(|p| scaled(*p, column).iter().any(|(_, data)| !data.is_empty()));
    // Of several points what is exact alone, where it is known: dashes upon all of them would hide them.
    let (sampled, exact) = (known(1), known(3));
    let column = if sampled && !(exact && points.len() > 1) { 1 } else { 3 };
    let mut series = Vec::new();
    if let [only] = points.as_slice() {
        for (k, (name, data)) in scaled(*only, column).into_iter().enumerate() {
            series.push(Series::new(name, Colour::Category(k), Shape::Way, k, data));
        }
    } else {
        for (k, point) in points.iter().enumerate() {
            let whole = scaled(*point, column).into_iter().flat_map(|(_, data)| data).collect();
            series.push(Series::new(of_point(run, *point), Colour::of_family(k, points.len()), Shape::Way, k, whole));
        }
    }
    if column == 1 && exact {
        let whole = scaled(first, 3).into_iter().flat_map(|(_, data)| data).collect();
        series.push(Series::new("exact", Colour::Ink, Shape::Dashed, series.len(), whole));
    }
    let mut what = if column == 3 { " Exact.".to_owned() } else { String::new() };
    if points.len() < count {
        what.push_str(&format!(" {} of {count} points are drawn.", points.len()));
    }
    let over = if each { "⟨J_{z}⟩/N" } else { "⟨J_{z}⟩" };
    let of = if each { " of a qubit" } else { "" };
    Some(Figure {
        name: "cycle".to_owned(),
        title: format!("The cycle: {over} against the frequency"),
        caption: format!(
            "What its way encloses is the work{of}, ∮⟨J_{{z}}⟩ħdω: done by the qubits where it goes counterclockwise, as that of an \
             engine, and on them where it goes clockwise, as that of a refrigerator. Frequency changes while ⟨J_{{z}}⟩ hardly \
             does where no bath acts, and heat flows where ⟨J_{{z}}⟩ changes.{what}"
        ),
        x: frequency(units),
        y: Axis::new(over, ""),
        series,
        ..Figure::default()
    })
}

/// What is booked in cycle after cycle of the first point.
fn cycles(run: &Run) -> Option<Figure> {
    let point = run.summary.points.first()?.index;
    let wanted = |c: &&Curve| c.point == point && ["work", "heat"].contains(&c.quantity.as_str()) && c.rows.len() > 2;
    let curves: Vec<&Curve> = run.cycles.iter().filter(wanted).collect();
    let first = curves.first()?;
    let mut series = Vec::new();
    for (k, curve) in curves.iter().enumerate() {
        let of = |column: usize| {
            let error = |row: &[f64; 4]| (column == 1).then_some(row[2]).filter(|error| error.is_finite());
            // People count from 1.
            let datum = |row: &[f64; 4]| Datum { x: row[0] + 1.0, y: row[column], error: error(row) };
            curve.rows.iter().map(datum).filter(|datum| datum.y.is_finite()).collect::<Vec<_>>()
        };
        let label = if curve.bath.is_empty() { "work".to_owned() } else { format!("heat, {}", curve.bath) };
        let (estimates, exact) = (of(1), of(3));
        if estimates.is_empty() {
            series.push(Series::new(label, Colour::Category(k), Shape::Beads, k, exact));
        } else {
            series.push(Series::new(format!("{label}, exact"), Colour::Category(k), Shape::Line, k, exact).unlisted());
            series.push(Series::new(label, Colour::Category(k), Shape::Markers, k, spread(estimates, 60)));
        }
    }
    let sampled = curves.iter().any(|curve| curve.rows.iter().any(|row| row[1].is_finite()));
    Some(Figure {
        name: "cycles".to_owned(),
        title: "Work and heat of cycle after cycle".to_owned(),
        caption: format!(
            "Work on the qubits and heat into them, booked in each cycle{}.",
            if sampled {
                ": averages over trajectories with one standard error, and lines through the exact values"
            } else {
                ", exact"
            }
        ),
        x: Axis::new("cycle", "").counting_if(true),
        y: Axis::new("work, heat", &words::unit(&first.unit)),
        series,
        ..Figure::default()
    })
}
