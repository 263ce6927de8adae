//! A drawing that grows: what series look like between the axes.

use std::fmt::Write;

use super::figure::{Colour, Datum, Series, Shape};
use super::layout::Area;
use super::scale::Scale;
use super::symbol;
use super::text;

/// Columns of a drawing in which points are told apart.
const COLUMNS: usize = 470;
/// Markers along a line that is told from others by them.
const MARKS: usize = 8;

/// What is drawn so far, and how its axes map values to places.
pub struct Canvas {
    /// The text of the drawing.
    pub svg: String,
    /// Between the axes.
    pub plot: Area,
    /// Horizontal.
    pub x: Scale,
    /// Vertical.
    pub y: Scale,
}

impl Canvas {
    /// The place of a point.
    pub fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        let Area { left, top, width, height } = self.plot;
        Some((left + width * x, top + height * (1.0 - y)))
    }

    /// The lower edge of the plot.
    pub fn bottom(&self) -> f64 {
        self.plot.top + self.plot.height
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64), stroke: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = write!(
            self.svg,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\"/>"
        );
    }

    /// A line of text.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, words: &str, more: &str) {
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#1a1a1a\"{more}>{}</text>",
            text::svg(words)
        );
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

    /// Two standard errors to both sides; on a logarithmic axis down to its end where there is no lower one.
    fn band(&mut self, points: &[Datum], colour: Colour) {
        let floor = if self.y.is_log() { 10_f64.powf(self.y.ends().0) } else { f64::NEG_INFINITY };
        let edge = |d: &Datum| d.error.map(|e| (d.x, (d.y - 2.0 * e).max(floor), d.y + 2.0 * e));
        // Nothing is said of what lies between points without an error.
        for known in points.chunk_by(|a, b| a.error.is_some() == b.error.is_some()) {
            let edges: Vec<_> = known.iter().filter_map(edge).filter(|(x, ..)| self.x.place(*x).is_some()).collect();
            if edges.len() < 2 {
                continue;
            }
            let upper = self.path(edges.iter().map(|(x, _, high)| (*x, *high)));
            let lower = self.path(edges.iter().rev().map(|(x, low, _)| (*x, *low)));
            // A break would tear the outline.
            if upper.matches('M').count() + lower.matches('M').count() == 2 {
                let path = format!("{upper}{}Z", lower.replace('M', "L"));
                let _ = write!(
                    self.svg,
                    "<path d=\"{path}\" fill=\"{}\" fill-opacity=\"0.22\" stroke=\"none\"/>",
                    colour.svg()
                );
            }
        }
    }

    fn error_bar(&mut self, datum: &Datum, colour: Colour) {
        let Some(error) = datum.error else { return };
        let (Some((x, y)), Some((_, high))) = (self.at(datum.x, datum.y), self.at(datum.x, datum.y + error)) else {
            return;
        };
        let path = match self.at(datum.x, datum.low()) {
            Some((_, low)) => {
                format!("M{x:.1} {low:.1}V{high:.1}M{:.1} {low:.1}h6M{:.1} {high:.1}h6", x - 3.0, x - 3.0)
            }
            // A logarithm has no lower end: an arrow says so, and is as long wherever the axis ends.
            None => format!(
                "M{x:.1} {:.1}V{high:.1}M{:.1} {high:.1}h6M{:.1} {:.1}l3 4l3 -4",
                y + 12.0,
                x - 3.0,
                x - 3.0,
                y + 8.0
            ),
        };
        let _ = write!(self.svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\"/>", colour.svg());
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

    /// A series.
    pub fn series(&mut self, series: &Series) {
        let points = thinned(&series.points, series.faint);
        let path = || self.path(points.iter().map(|d| (d.x, d.y)));
        match series.shape {
            Shape::Line => {
                let path = path();
                self.band(&points, series.colour);
                symbol::stroke(&mut self.svg, &path, series);
                if series.marked {
                    self.marks(series, &points);
                }
            }
            Shape::Way => {
                let path = self.path(series.points.iter().map(|d| (d.x, d.y)));
                symbol::stroke(&mut self.svg, &path, series);
                let at: Vec<_> = series.points.iter().filter_map(|d| self.at(d.x, d.y)).collect();
                symbol::arrow(&mut self.svg, &at, series);
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
            Shape::Levels => {
                for at in points.iter().filter_map(|d| self.at(d.x, d.y)).collect::<Vec<_>>() {
                    symbol::level(&mut self.svg, at, series);
                }
            }
            Shape::Bars(wide) => self.bars(series, wide),
            Shape::Cells(wide, high) => self.cells(series, (wide, high)),
        }
    }

    /// A marker in every eighth of the width that a line passes, those of other lines beside them.
    fn marks(&mut self, series: &Series, points: &[Datum]) {
        let Area { left, width, .. } = self.plot;
        let shift = (series.group as f64 * 0.37).fract();
        let mut next = 0.0;
        for at in points.iter().filter_map(|d| self.at(d.x, d.y)).collect::<Vec<_>>() {
            let eighth = (at.0 - left) / width * MARKS as f64 - shift;
            if eighth >= next {
                symbol::marker(&mut self.svg, at, series);
                next = eighth.floor() + 1.0;
            }
        }
    }
}

/// At most a few points for every pixel of the width: the first, the lowest, the highest and the last of each.
pub fn thinned(points: &[Datum], faint: bool) -> Vec<Datum> {
    let most = if faint { COLUMNS / 2 } else { COLUMNS };
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
