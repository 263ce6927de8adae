//! The lines and markers that series are told apart by: in the plot, and in the legends of drawing and page.

use std::fmt::Write;

use super::figure::{Colour, Series, Shape};

/// How far a line of the legend reaches, in pixels.
pub const KEY: f64 = 26.0;

/// Forms of markers, before any comes again.
const FORMS: usize = 8;

/// The line of a series along a path. Staircases, which carry no markers, are told apart by dashes.
pub fn stroke(svg: &mut String, path: &str, series: &Series) {
    let (width, dashes) = match (series.shape, series.group % 4) {
        (Shape::Dashed, _) => (1.6, "6 6"),
        (Shape::Dotted, _) => (1.8, "2 3"),
        (Shape::Beads, _) => (1.6, ""),
        (Shape::Steps, 1) => (1.5, "7 3"),
        (Shape::Steps, 2) => (1.5, "2 2"),
        (Shape::Steps, 3) => (1.5, "8 3 2 3"),
        (Shape::Steps, _) => (1.5, ""),
        _ => (2.0, ""),
    };
    let (width, opacity) = if series.faint { (1.0, " stroke-opacity=\"0.25\"") } else { (width, "") };
    let dashes = if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
    let _ = write!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{opacity}{dashes}/>",
        series.colour.svg()
    );
}

/// A marker: its form goes by the group, so that colour is not all that tells series apart. After four full ones come
/// the same, open.
pub fn marker(svg: &mut String, (x, y): (f64, f64), series: &Series) {
    let r = if series.shape == Shape::Beads { 2.8 } else { 3.8 };
    let colour = series.colour.svg();
    let form = series.group % FORMS;
    let paint = if series.colour == Colour::Ink {
        format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"")
    } else if form < FORMS / 2 {
        format!("fill=\"{colour}\" stroke=\"none\"")
    } else {
        format!("fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"1.3\"")
    };
    let polygon = |corners: &[(f64, f64)]| {
        let at = |(dx, dy): &(f64, f64)| format!("{:.1} {:.1}", x + dx * r, y + dy * r);
        format!("<path d=\"M{}Z\"", corners.iter().map(at).collect::<Vec<_>>().join("L"))
    };
    let shape = match form % (FORMS / 2) {
        // References in ink are triangles on their base.
        _ if series.colour == Colour::Ink => polygon(&[(0.0, -1.2), (-1.1, 0.8), (1.1, 0.8)]),
        1 => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        2 => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
        3 => polygon(&[(0.0, 1.2), (-1.1, -0.8), (1.1, -0.8)]),
        _ => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\""),
    };
    let _ = write!(svg, "{shape} {paint}/>");
}

/// An arrow in the middle of a way, where it is not too short to have one.
pub fn arrow(svg: &mut String, way: &[(f64, f64)], series: &Series) {
    const LENGTH: f64 = 9.0;
    let step = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    let half = 0.5 * way.windows(2).map(step).sum::<f64>();
    let mut gone = 0.0;
    for pair in way.windows(2) {
        let length = step(pair);
        if gone + length > half && half > LENGTH {
            let part = (half - gone) / length;
            let (dx, dy) = ((pair[1].0 - pair[0].0) / length, (pair[1].1 - pair[0].1) / length);
            let (x, y) = (pair[0].0 + part * (pair[1].0 - pair[0].0), pair[0].1 + part * (pair[1].1 - pair[0].1));
            // Its tip, and the corners on both sides of its foot.
            let at = |along: f64, aside: f64| {
                format!("{:.1} {:.1}", x + along * dx - aside * dy, y + along * dy + aside * dx)
            };
            let (tip, one, other) = (at(0.5 * LENGTH, 0.0), at(-0.5 * LENGTH, 4.5), at(-0.5 * LENGTH, -4.5));
            let _ = write!(svg, "<path d=\"M{tip}L{one}L{other}Z\" fill=\"{}\" stroke=\"none\"/>", series.colour.svg());
            return;
        }
        gone += length;
    }
}

/// The level stroke of a value that stands alone.
pub fn level(svg: &mut String, (x, y): (f64, f64), series: &Series) {
    stroke(svg, &format!("M{:.1} {y:.1}h18", x - 9.0), series);
}

/// What stands for a series in a legend, from `x` to `x + KEY` around the height `y`. It is never faint.
pub fn key(svg: &mut String, series: &Series, (x, y): (f64, f64)) {
    let series = &Series { faint: false, points: Vec::new(), ..series.clone() };
    let middle = (x + KEY / 2.0, y);
    let line = format!("M{x:.1} {y:.1}h{KEY}");
    match series.shape {
        Shape::Markers => marker(svg, middle, series),
        Shape::Bars(_) | Shape::Cells(..) => {
            // As solid as what it stands for.
            let opacity = if matches!(series.shape, Shape::Cells(..)) { 1.0 } else { 0.75 };
            let (top, colour) = (y - 5.0, series.colour.svg());
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{KEY}\" height=\"10\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
            );
        }
        Shape::Levels => level(svg, middle, series),
        Shape::Beads => {
            stroke(svg, &line, series);
            marker(svg, middle, series);
        }
        Shape::Line if series.marked => {
            stroke(svg, &line, series);
            marker(svg, middle, series);
        }
        Shape::Line | Shape::Way | Shape::Dashed | Shape::Dotted | Shape::Steps => stroke(svg, &line, series),
    }
}
