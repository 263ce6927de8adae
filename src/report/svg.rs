//! A figure as SVG. Every series is a group of its own with a class and a number, so that a page can restyle it, hide
//! it and find it; nothing is drawn twice for dark or for hover.

use std::fmt::Write;

use super::figure::{Axis, Colour, Datum, Figure, Series, Shape};
use super::scale::Scale;
use super::symbol::{self, KEY};
use super::text::{self, LETTER, cut, escape, plain, width};

/// The plot area.
const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 330.0;
/// Space above the plot area, without and with a heading.
const TOP: [f64; 2] = [14.0, 34.0];

/// A drawing, and how its axes map values to its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The SVG document.
    pub svg: String,
    /// Horizontal: (value at the low end, value at the high end, pixel there, pixel there, logarithmic).
    pub x: Mapping,
    /// Vertical.
    pub y: Mapping,
}

/// How an axis maps values (their log10 where it is logarithmic) to pixels.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Mapping {
    /// The ends of the axis.
    pub ends: (f64, f64),
    /// The pixels of the ends.
    pub pixels: (f64, f64),
    /// Whether the ends are logarithms.
    pub log: bool,
}

struct Canvas {
    svg: String,
    left: f64,
    top: f64,
    x: Scale,
    y: Scale,
}

impl Canvas {
    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        Some((self.left + WIDTH * x, self.top + HEIGHT * (1.0 - y)))
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64), stroke: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = write!(
            self.svg,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\"/>"
        );
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, words: &str, more: &str) {
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#1a1a1a\"{more}>{}</text>",
            text::svg(words)
        );
    }

    /// The frame with its ticks inside, and the labels of both axes.
    fn frame(&mut self, x: &Axis, y: &Axis) {
        let (left, right, top, bottom) = (self.left, self.left + WIDTH, self.top, self.top + HEIGHT);
        let _ = write!(
            self.svg,
            "<rect class=\"frame\" x=\"{left:.1}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#1a1a1a\"/>"
        );
        for tick in self.x.ticks(6) {
            let Some(place) = self.x.place(tick.value).filter(|p| (-1e-9..=1.0 + 1e-9).contains(p)) else { continue };
            let (at, length) = (left + WIDTH * place, if tick.label.is_some() { 6.0 } else { 3.5 });
            self.line("tick", (at, bottom), (at, bottom - length), "#1a1a1a");
            self.line("tick", (at, top), (at, top + length), "#1a1a1a");
            if let Some(label) = &tick.label {
                self.text((at, bottom + 1.3 * LETTER), "middle", label, "");
            }
        }
        for tick in self.y.ticks(5) {
            let Some(place) = self.y.place(tick.value).filter(|p| (-1e-9..=1.0 + 1e-9).contains(p)) else { continue };
            let (at, length) = (bottom - HEIGHT * place, if tick.label.is_some() { 6.0 } else { 3.5 });
            self.line("tick", (left, at), (left + length, at), "#1a1a1a");
            self.line("tick", (right, at), (right - length, at), "#1a1a1a");
            if let Some(label) = &tick.label {
                self.text((left - 7.0, at + 0.35 * LETTER), "end", label, "");
            }
        }
        // A label longer than its axis is written smaller.
        let size = |label: &str, room: f64| LETTER * (room / width(label)).clamp(0.6, 1.0);
        let small = format!(" font-size=\"{:.1}\"", size(&x.label, WIDTH));
        self.text((left + WIDTH / 2.0, bottom + 2.9 * LETTER), "middle", &x.label, &small);
        let (at_x, at_y) = (1.2 * LETTER, top + HEIGHT / 2.0);
        let small = size(&y.label, HEIGHT + 2.0 * top);
        let turned = format!(" font-size=\"{small:.1}\" transform=\"rotate(-90 {at_x:.1} {at_y:.1})\"");
        self.text((at_x, at_y), "middle", &y.label, &turned);
    }

    /// A path through points; where one cannot be drawn it breaks.
    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        let mut pen_up = true;
        for (x, y) in points {
            match self.at(x, y) {
                Some((x, y)) => {
                    let _ = write!(path, "{}{x:.1} {y:.1}", if pen_up { "M" } else { "L" });
                    pen_up = false;
                }
                None => pen_up = true,
            }
        }
        path
    }

    /// Two standard errors to both sides.
    fn band(&mut self, points: &[Datum], colour: Colour) {
        let edges: Vec<_> =
            points.iter().filter_map(|d| d.error.map(|e| (d.x, d.y - 2.0 * e, d.y + 2.0 * e))).collect();
        if edges.len() < 2 {
            return;
        }
        let upper = self.path(edges.iter().map(|(x, _, high)| (*x, *high)));
        let lower = self.path(edges.iter().rev().map(|(x, low, _)| (*x, *low)));
        // A break would tear the outline: on a logarithmic axis a band that reaches 0 is left out.
        if upper.matches('M').count() + lower.matches('M').count() == 2 {
            let path = format!("{upper}{}Z", lower.replace('M', "L"));
            let _ = write!(
                self.svg,
                "<path d=\"{path}\" fill=\"{}\" fill-opacity=\"0.22\" stroke=\"none\"/>",
                colour.svg()
            );
        }
    }

    fn error_bar(&mut self, datum: &Datum, colour: Colour) {
        let Some(error) = datum.error else { return };
        let high = self.at(datum.x, datum.y + error);
        // Where a logarithm has no lower end the bar runs down to the frame.
        let low = self.at(datum.x, datum.low()).or(high.map(|(x, _)| (x, self.top + HEIGHT)));
        if let (Some((x, low)), Some((_, high))) = (low, high) {
            let path = format!("M{x:.1} {low:.1}V{high:.1}M{:.1} {low:.1}h6M{:.1} {high:.1}h6", x - 3.0, x - 3.0);
            let _ =
                write!(self.svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\"/>", colour.svg());
        }
    }

    fn bars(&mut self, series: &Series, width: f64) {
        for Datum { x, y, .. } in &series.points {
            let floor = if self.y.is_log() { 10_f64.powf(self.y.ends().0) } else { 0.0 };
            if let (Some((left, top)), Some((right, bottom))) =
                (self.at(x - width / 2.0, *y), self.at(x + width / 2.0, floor))
            {
                let (top, bottom) = (top.min(bottom), top.max(bottom));
                let _ = write!(
                    self.svg,
                    "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\" fill-opacity=\"0.75\"/>",
                    (right - left - 0.6).max(0.5),
                    bottom - top,
                    series.colour.svg()
                );
            }
        }
    }

    fn cells(&mut self, series: &Series, (width, height): (f64, f64)) {
        for Datum { x, y, error } in &series.points {
            let corners = (self.at(x - width / 2.0, y + height / 2.0), self.at(x + width / 2.0, y - height / 2.0));
            if let (Some((left, top)), Some((right, bottom)), Some(shade)) = (corners.0, corners.1, error) {
                // A hair wider, so that no seam shows between neighbours.
                let _ = write!(
                    self.svg,
                    "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\"/>",
                    right - left + 0.3,
                    bottom - top + 0.3,
                    Colour::Ordered(*shade).svg()
                );
            }
        }
    }

    fn series(&mut self, series: &Series) {
        let points = thinned(&series.points, series.faint);
        let path = || self.path(points.iter().map(|d| (d.x, d.y)));
        match series.shape {
            Shape::Line => {
                let path = path();
                self.band(&points, series.colour);
                symbol::stroke(&mut self.svg, &path, series);
            }
            Shape::Dashed | Shape::Dotted => {
                let path = path();
                symbol::stroke(&mut self.svg, &path, series);
            }
            Shape::Steps => {
                let steps = points.windows(2).flat_map(|pair| [(pair[0].x, pair[0].y), (pair[1].x, pair[0].y)]);
                let last = points.last().map(|d| (d.x, d.y));
                let path = self.path(steps.chain(last));
                symbol::stroke(&mut self.svg, &path, series);
            }
            Shape::Markers | Shape::Beads => {
                if series.shape == Shape::Beads {
                    let path = path();
                    symbol::stroke(&mut self.svg, &path, series);
                }
                for datum in &series.points {
                    let Some(at) = self.at(datum.x, datum.y) else { continue };
                    self.error_bar(datum, series.colour);
                    symbol::marker(&mut self.svg, at, series);
                }
            }
            Shape::Bars(wide) => self.bars(series, wide),
            Shape::Cells(wide, high) => self.cells(series, (wide, high)),
        }
    }

    /// The list of series to the right of the plot.
    fn legend(&mut self, figure: &Figure) {
        let x = self.left + WIDTH + 16.0;
        let mut y = self.top + 0.8 * LETTER;
        for series in figure.series.iter().filter(|series| series.listed) {
            let group = series.group;
            let _ = write!(self.svg, "<g class=\"series legend\" data-group=\"{group}\">");
            symbol::key(&mut self.svg, series, (x, y - 0.35 * LETTER));
            self.text((x + KEY + 8.0, y), "start", &cut(&series.label), "");
            self.svg.push_str("</g>");
            y += 1.45 * LETTER;
        }
    }
}

/// At most a few points for every pixel of the width: the first, the lowest, the highest and the last of each.
pub fn thinned(points: &[Datum], faint: bool) -> Vec<Datum> {
    let most = if faint { WIDTH as usize / 2 } else { WIDTH as usize };
    if points.len() <= 4 * most {
        return points.to_vec();
    }
    let size = points.len().div_ceil(most);
    let chosen = points.chunks(size).flat_map(|chunk| {
        let by = |a: &&Datum, b: &&Datum| a.y.total_cmp(&b.y);
        let mut four = [chunk.first(), chunk.iter().min_by(by), chunk.iter().max_by(by), chunk.last()];
        four.sort_by(|a, b| a.map(|d| d.x).partial_cmp(&b.map(|d| d.x)).unwrap_or(std::cmp::Ordering::Equal));
        four.into_iter().flatten().copied()
    });
    chosen.collect()
}

/// The values an axis has to hold. Error bars count, bands do not reach further than their line asks for.
fn values(figure: &Figure, vertical: bool) -> impl Iterator<Item = f64> + '_ {
    let of_series = move |series: &Series| {
        let shape = series.shape;
        series
            .points
            .iter()
            .flat_map(move |d| match (shape, vertical) {
                (Shape::Bars(width), false) => [d.x - width / 2.0, d.x + width / 2.0],
                (Shape::Cells(width, _), false) => [d.x - width / 2.0, d.x + width / 2.0],
                (Shape::Cells(_, height), true) => [d.y - height / 2.0, d.y + height / 2.0],
                (_, false) => [d.x, d.x],
                (Shape::Markers | Shape::Beads | Shape::Line, true) => [d.low(), d.y + d.error.unwrap_or(0.0)],
                (_, true) => [d.y, d.y],
            })
            .collect::<Vec<_>>()
    };
    figure.series.iter().flat_map(of_series)
}

/// Draws a figure; with a legend beside it, or without where the page has one of its own. `None` if nothing in it can
/// be drawn.
pub fn draw(figure: &Figure, legend: bool) -> Option<Drawing> {
    let cells = figure.series.iter().any(|s| matches!(s.shape, Shape::Cells(..)));
    let bars = figure.series.iter().any(|s| matches!(s.shape, Shape::Bars(..)));
    let air = if cells { 0.0 } else { 0.05 };
    let lines = figure.series.iter().all(|s| matches!(s.shape, Shape::Line | Shape::Dashed | Shape::Steps));
    let x =
        Scale::new(values(figure, false), figure.x.log, figure.x.zero, if lines || bars { 0.01 } else { air * 0.6 })?;
    let y = Scale::new(values(figure, true), figure.y.log, figure.y.zero, air)?;
    let labels = y.ticks(5).into_iter().filter_map(|tick| tick.label);
    let left = 2.2 * LETTER + 10.0 + labels.map(|label| width(&label)).fold(0.0, f64::max);
    let listed = figure.series.iter().filter(|series| series.listed);
    let beside = listed.clone().map(|series| width(&cut(&series.label))).fold(0.0, f64::max);
    let lines = listed.count() as f64;
    let legend = legend && lines > 0.0;
    let whole = left + WIDTH + if legend { 16.0 + KEY + 8.0 + beside + 10.0 } else { 14.0 };
    let top = TOP[usize::from(figure.heading.is_some())];
    let tall = (top + HEIGHT + 3.6 * LETTER).max(if legend { top + 1.45 * LETTER * lines + LETTER } else { 0.0 });

    let mut svg = String::with_capacity(16_384);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole:.0}\" height=\"{tall:.0}\" viewBox=\"0 0 {whole:.0} {tall:.0}\" \
         font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"{LETTER}\" role=\"img\">\
         <title>{}</title><desc>{}</desc>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\
         <clipPath id=\"clip-{}\"><rect x=\"{left:.1}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/></clipPath>\n",
        escape(&plain(&figure.title)),
        escape(super::MADE_BY),
        figure.name
    );
    let mut canvas = Canvas { svg, left, top, x, y };
    for series in figure.series.iter().filter(|series| !series.points.is_empty()) {
        let class = if series.colour == Colour::Ink { "series ink" } else { "series" };
        let (name, group) = (&figure.name, series.group);
        let _ = write!(canvas.svg, "<g class=\"{class}\" data-group=\"{group}\" clip-path=\"url(#clip-{name})\">");
        canvas.series(series);
        canvas.svg.push_str("</g>\n");
    }
    canvas.frame(&figure.x, &figure.y);
    if let Some(heading) = &figure.heading {
        canvas.text((left + WIDTH / 2.0, 1.45 * LETTER), "middle", heading, "");
    }
    if legend {
        canvas.legend(figure);
    }
    canvas.svg.push_str("</svg>\n");
    let mapping = |scale: &Scale, pixels| Mapping { ends: scale.ends(), pixels, log: scale.is_log() };
    Some(Drawing {
        x: mapping(&canvas.x, (left, left + WIDTH)),
        y: mapping(&canvas.y, (top + HEIGHT, top)),
        svg: canvas.svg,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was seen once has an error of its own size: its bar ends at the frame, and not at the rounding of 0.
    #[test]
    fn an_error_bar_to_zero_does_not_stretch_a_logarithmic_axis() {
        let once = 1.0 / 3.0 * 0.1;
        let points = vec![
            Datum { x: 0.0, y: 0.1, error: Some(0.01) },
            Datum { x: 1.0, y: once, error: Some(once * (1.0 - 2.0 * f64::EPSILON)) },
        ];
        let series = Series::new("p", Colour::Category(0), Shape::Markers, 0, points);
        let y = Axis { log: true, ..Axis::default() };
        let figure = Figure { name: "p".into(), y, series: vec![series], ..Figure::default() };
        let drawing = draw(&figure, false).unwrap();
        assert!((-2.0..-1.0).contains(&drawing.y.ends.0), "{:?}", drawing.y);
        let frame = format!(" {:.1}V", TOP[0] + HEIGHT);
        assert!(drawing.svg.contains(&frame), "no bar down to the frame: {}", drawing.svg);
    }
}
