//! The lines and markers that series are told apart by: in the plot, and in the legends of drawing and page.

use std::fmt::Write;

use super::figure::{Colour, Series, Shape};

/// How far a line of the legend reaches, in pixels.
pub const KEY: f64 = 26.0;

/// The line of a series along a path.
pub fn stroke(svg: &mut String, path: &str, series: &Series) {
    let (width, dashes) = match series.shape {
        Shape::Dashed => (1.6, " stroke-dasharray=\"6 6\""),
        Shape::Dotted => (1.8, " stroke-dasharray=\"2 3\""),
        Shape::Beads => (1.6, ""),
        Shape::Steps => (1.5, ""),
        _ => (2.0, ""),
    };
    let (width, opacity) = if series.faint { (1.0, " stroke-opacity=\"0.25\"") } else { (width, "") };
    let _ = write!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{opacity}{dashes}/>",
        series.colour.svg()
    );
}

/// A marker: its form goes by the group, so that colour is not all that tells series apart.
pub fn marker(svg: &mut String, (x, y): (f64, f64), series: &Series) {
    let r = if series.shape == Shape::Beads { 2.6 } else { 3.8 };
    let colour = series.colour.svg();
    let filled = format!("fill=\"{colour}\" stroke=\"none\"");
    let polygon = |corners: &[(f64, f64)]| {
        let at = |(dx, dy): &(f64, f64)| format!("{:.1} {:.1}", x + dx * r, y + dy * r);
        format!("<path d=\"M{}Z\"", corners.iter().map(at).collect::<Vec<_>>().join("L"))
    };
    let _ = match (series.colour, series.group % 3) {
        // References in ink are open triangles.
        (Colour::Ink, _) => {
            let triangle = polygon(&[(0.0, -1.2), (-1.1, 0.8), (1.1, 0.8)]);
            write!(svg, "{triangle} fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"/>")
        }
        (_, 1) => write!(svg, "{} {filled}/>", polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
        (_, 2) => write!(svg, "{} {filled}/>", polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)])),
        _ => write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" {filled}/>"),
    };
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
        Shape::Beads => {
            stroke(svg, &line, series);
            marker(svg, middle, series);
        }
        Shape::Line | Shape::Dashed | Shape::Dotted | Shape::Steps => stroke(svg, &line, series),
    }
}
