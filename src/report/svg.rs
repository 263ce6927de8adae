//! A figure as SVG. Every series is a group of its own with a class and a number, so that a page can restyle it, hide
//! it and find it; nothing is drawn twice for dark or for hover.

use std::fmt::Write;

use super::canvas::{Canvas, thinned};
use super::figure::{Axis, Colour, Figure, Series, Shape, Span};
use super::layout::{Area, FEW_TICKS, LINE, Layout, Listing, Medium, NAME, TICKS};
use super::scale::Scale;
use super::symbol::{self, KEY};
use super::text::{self, LETTER, escape, plain};

/// A drawing, and how its axes map values to its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The SVG document.
    pub svg: String,
    /// Horizontal: (value at the low end, value at the high end, pixel there, pixel there, logarithmic).
    pub x: Mapping,
    /// Vertical.
    pub y: Mapping,
    /// Vertical, of the axes above, from the top down.
    pub above: Vec<Mapping>,
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
    /// The logarithm that stands for 0, where one does.
    pub zero: Option<f64>,
}

impl Canvas {
    /// The head of the document, its paper, and the edges of its plots.
    fn open(&mut self, figure: &Figure, layout: &Layout) {
        let (across, tall) = layout.whole;
        let size = match layout.points {
            Some(points) => format!("width=\"{:.2}pt\" height=\"{:.2}pt\"", across * points, tall * points),
            None => format!("width=\"{across:.0}\" height=\"{tall:.0}\""),
        };
        let _ = write!(
            self.svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" {size} viewBox=\"0 0 {across:.2} {tall:.2}\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"{LETTER}\" role=\"img\">\
             <title>{}</title><desc>{}</desc>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            escape(&plain(&figure.title)),
            escape(super::MADE_BY),
        );
        for (index, area) in layout.above.iter().chain([&layout.plot]).enumerate() {
            let Area { left, top, width, height } = area;
            let _ = writeln!(
                self.svg,
                "<clipPath id=\"{}\"><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\
                 </clipPath>",
                clip(figure, index)
            );
        }
        for name in &layout.names {
            self.text(name.at, "middle", &name.words, &format!(" font-size=\"{NAME:.1}\""));
        }
    }

    /// Every second span is shaded, so that its ends are seen.
    fn shade(&mut self, spans: &[Span]) {
        let Area { left, top, width, height } = self.plot;
        for Span { from, until, .. } in spans.iter().skip(1).step_by(2) {
            let (Some(from), Some(until)) = (self.x.place(*from), self.x.place(*until)) else { continue };
            let (from, until) = (from.clamp(0.0, 1.0), until.clamp(0.0, 1.0));
            let _ = write!(
                self.svg,
                "<rect class=\"span\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#1a1a1a\" \
                 fill-opacity=\"0.07\"/>",
                left + width * from,
                width * (until - from),
            );
        }
    }

    /// The series of a plot, and its frame.
    fn plot(&mut self, figure: &Figure, index: usize, series: &[Series], ticks: (usize, usize)) {
        self.shade(&figure.spans);
        for series in series.iter().filter(|series| !series.points.is_empty()) {
            let class = if series.colour == Colour::Ink { "series ink" } else { "series" };
            let (clip, group) = (clip(figure, index), series.group);
            let _ = write!(self.svg, "<g class=\"{class}\" data-group=\"{group}\" clip-path=\"url(#{clip})\">");
            self.series(series);
            self.svg.push_str("</g>\n");
        }
        self.frame(ticks, index == figure.above.len());
    }

    /// The frame with its ticks inside, about so many to the right and upwards; the lowest has numbers below it.
    fn frame(&mut self, (across, up): (usize, usize), lowest: bool) {
        let Area { left, top, width, height } = self.plot;
        let (right, bottom) = (left + width, top + height);
        let _ = write!(
            self.svg,
            "<rect class=\"frame\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"none\" \
             stroke=\"#1a1a1a\"/>"
        );
        for tick in self.x.ticks(across) {
            let Some(place) = self.x.place(tick.value).filter(|p| (-1e-9..=1.0 + 1e-9).contains(p)) else { continue };
            let (at, length) = (left + width * place, if tick.label.is_some() { 6.0 } else { 3.5 });
            self.line("tick", (at, bottom), (at, bottom - length), "#1a1a1a");
            self.line("tick", (at, top), (at, top + length), "#1a1a1a");
            if let Some(label) = tick.label.as_ref().filter(|_| lowest) {
                self.text((at, bottom + 1.3 * LETTER), "middle", label, "");
            }
        }
        for tick in self.y.ticks(up) {
            let Some(place) = self.y.place(tick.value).filter(|p| (-1e-9..=1.0 + 1e-9).contains(p)) else { continue };
            let (at, length) = (bottom - height * place, if tick.label.is_some() { 6.0 } else { 3.5 });
            self.line("tick", (left, at), (left + length, at), "#1a1a1a");
            self.line("tick", (right, at), (right - length, at), "#1a1a1a");
            if let Some(label) = &tick.label {
                self.text((left - 7.0, at + 0.35 * LETTER), "end", label, "");
            }
        }
        // Two strokes through the axis where 0 is out of its turn.
        if let Some(place) = self.x.break_place() {
            let at = left + width * place;
            for side in [at - 2.5, at + 2.5] {
                self.line("tick", (side - 2.0, bottom + 5.0), (side + 2.0, bottom - 5.0), "#1a1a1a");
            }
        }
        if let Some(place) = self.y.break_place() {
            let at = bottom - height * place;
            for side in [at - 2.5, at + 2.5] {
                self.line("tick", (left - 5.0, side + 2.0), (left + 5.0, side - 2.0), "#1a1a1a");
            }
        }
    }

    /// The label of the horizontal axis.
    fn below(&mut self, x: &Axis) {
        let Area { left, width, .. } = self.plot;
        let small = format!(" font-size=\"{:.1}\"", size(&x.label, width + 0.6 * left));
        self.text((left + width / 2.0, self.bottom() + 2.9 * LETTER), "middle", &x.label, &small);
    }

    /// The lines of the label of the vertical axis, which may be so much longer than that.
    fn upwards(&mut self, lines: &[String], longer: f64) {
        let Area { top, height, .. } = self.plot;
        for (line, words) in lines.iter().enumerate() {
            let (at_x, at_y) = ((1.2 + 1.2 * line as f64) * LETTER, top + height / 2.0);
            let small = size(words, height + longer);
            let turned = format!(" font-size=\"{small:.1}\" transform=\"rotate(-90 {at_x:.1} {at_y:.1})\"");
            self.text((at_x, at_y), "middle", words, &turned);
        }
    }

    /// The list of series.
    fn legend(&mut self, figure: &Figure, listing: &Listing) {
        let Area { left, top, width, height } = listing.area;
        if listing.inside {
            let _ = write!(
                self.svg,
                "<rect class=\"paper\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#ffffff\" \
                 fill-opacity=\"0.8\"/>"
            );
        }
        for (index, (series, label)) in figure.listed().into_iter().zip(&listing.labels).enumerate() {
            let x = left + 8.0 + listing.column * (index % listing.columns) as f64;
            let y = top + 0.8 * LETTER + LINE * (index / listing.columns) as f64;
            let _ = write!(self.svg, "<g class=\"series legend\" data-group=\"{}\">", series.group);
            symbol::key(&mut self.svg, series, (x, y - 0.35 * LETTER));
            self.text((x + KEY + 8.0, y), "start", label, "");
            self.svg.push_str("</g>");
        }
    }

    /// Where something is drawn, as closely as a legend asks: points, and what lies between them on a line.
    fn drawn(&self, figure: &Figure) -> Vec<(f64, f64)> {
        let mut drawn = Vec::new();
        for series in &figure.series {
            let at: Vec<_> = thinned(&series.points, true).iter().filter_map(|d| self.at(d.x, d.y)).collect();
            let joined = !matches!(series.shape, Shape::Markers | Shape::Levels | Shape::Bars(_) | Shape::Cells(..));
            for pair in at.windows(2).filter(|_| joined) {
                let parts = ((pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1) / 10.0).min(100.0) as usize;
                let part = |k: usize| k as f64 / (parts + 1) as f64;
                let between = |k: usize| {
                    (pair[0].0 + (pair[1].0 - pair[0].0) * part(k), pair[0].1 + (pair[1].1 - pair[0].1) * part(k))
                };
                drawn.extend((1..=parts).map(between));
            }
            if matches!(series.shape, Shape::Bars(_)) {
                let down = |(x, y): &(f64, f64)| {
                    let (x, y) = (*x, *y);
                    (0..).map(move |k| (x, y + 10.0 * f64::from(k))).take_while(|(_, y)| *y < self.bottom())
                };
                drawn.extend(at.iter().flat_map(down).collect::<Vec<_>>());
            }
            drawn.extend(at);
        }
        drawn
    }
}

/// Axes lower than this, for their width, have few ticks.
const LOW: f64 = 0.3;

fn mapping(scale: &Scale, pixels: (f64, f64)) -> Mapping {
    Mapping { ends: scale.ends(), pixels, log: scale.is_log(), zero: scale.zero() }
}

/// What the edge of a plot is called.
fn clip(figure: &Figure, index: usize) -> String {
    format!("clip-{}-{index}", figure.name)
}

/// A label longer than its axis is written smaller.
fn size(label: &str, room: f64) -> f64 {
    LETTER * (room / text::width(label)).clamp(0.7, 1.0)
}

/// The values an axis has to hold. Error bars count, bands do not reach further than their line asks for.
fn values<'a>(series: impl Iterator<Item = &'a Series>, vertical: bool) -> impl Iterator<Item = f64> {
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
                (Shape::Markers | Shape::Beads | Shape::Line | Shape::Levels, true) => {
                    [d.low(), d.y + d.error.unwrap_or(0.0)]
                }
                (_, true) => [d.y, d.y],
            })
            .collect::<Vec<_>>()
    };
    series.flat_map(of_series)
}

/// Draws a figure. `None` if nothing in it can be drawn.
pub fn draw(figure: &Figure, medium: Medium) -> Option<Drawing> {
    let cells = figure.all().any(|s| matches!(s.shape, Shape::Cells(..)));
    let bars = figure.all().any(|s| matches!(s.shape, Shape::Bars(..)));
    let air = if cells { 0.0 } else { 0.05 };
    let all = |shapes: fn(Shape) -> bool| figure.all().all(|series| shapes(series.shape));
    let data = || figure.all().flat_map(|s| &s.points);
    let air_beside = if bars || all(|shape| matches!(shape, Shape::Line | Shape::Dashed | Shape::Steps)) {
        0.01
    } else if figure.x.counts && all(|shape| matches!(shape, Shape::Markers | Shape::Levels)) {
        // Things apart have half a step to the frame, as they have between them.
        let mut places: Vec<f64> = data().map(|d| d.x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        0.5 / (places.len().max(2) - 1) as f64
    } else {
        0.6 * air
    };
    let x = Scale::new(values(figure.all(), false), &figure.x, air_beside)?;
    // Bars of whole numbers end halfway between them.
    let whole = |s: &Series| if s.shape == Shape::Steps { 0.5 } else { 0.0 };
    let x = x.ticks_on(&figure.x, figure.all().flat_map(|s| s.points.iter().map(move |d| d.x + whole(s))));
    let upwards = |y: &Axis, series: &[Series]| {
        let scale = Scale::new(values(series.iter(), true), y, air)?;
        Some(scale.ticks_on(y, series.iter().flat_map(|s| &s.points).map(|d| d.y)))
    };
    let above = figure.above.iter().map(|panel| upwards(&panel.y, &panel.series));
    let ys = above.chain([upwards(&figure.y, &figure.series)]).collect::<Option<Vec<Scale>>>()?;
    let y = *ys.last()?;
    let mut layout = Layout::of(figure, &x, &ys, medium);
    let mut canvas = Canvas { svg: String::with_capacity(16_384), plot: layout.plot, x, y };
    if let Some(listing) = layout.legend.as_mut().filter(|listing| listing.inside)
        && listing.choose_corner(layout.plot, &canvas.drawn(figure))
    {
        // No corner is free: the axis gets one above what is drawn.
        canvas.y = canvas.y.raised((listing.area.height + 12.0) / layout.plot.height);
        listing.choose_corner(layout.plot, &canvas.drawn(figure));
    }
    canvas.open(figure, &layout);
    let lowest = (canvas.plot, canvas.y);
    let mut above = Vec::with_capacity(figure.above.len());
    for (index, ((panel, area), y)) in figure.above.iter().zip(&layout.above).zip(&ys).enumerate() {
        (canvas.plot, canvas.y) = (*area, *y);
        let up = if panel.height < LOW { FEW_TICKS } else { TICKS };
        canvas.plot(figure, index, &panel.series, (layout.ticks, up));
        canvas.upwards(&layout.upwards[index], 0.0);
        above.push(mapping(y, (area.top + area.height, area.top)));
    }
    (canvas.plot, canvas.y) = lowest;
    canvas.plot(figure, figure.above.len(), &figure.series, (layout.ticks, TICKS));
    canvas.below(&figure.x);
    let longer = if figure.above.is_empty() { 2.0 * canvas.plot.top } else { 0.0 };
    canvas.upwards(&layout.upwards[figure.above.len()], longer);
    if let Some(heading) = &figure.heading {
        canvas.text((layout.plot.left + layout.plot.width / 2.0, 1.45 * LETTER), "middle", heading, "");
    }
    if let Some(listing) = &layout.legend {
        canvas.legend(figure, listing);
    }
    canvas.svg.push_str("</svg>\n");
    Some(Drawing {
        above,
        x: mapping(&canvas.x, (layout.plot.left, layout.plot.left + layout.plot.width)),
        y: mapping(&canvas.y, (canvas.bottom(), layout.plot.top)),
        svg: canvas.svg,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::Datum;
    use crate::scenario::{Legend, Print};

    fn seen(label: &str, group: usize, shape: Shape, points: &[(f64, f64)]) -> Series {
        let points = points.iter().map(|(x, y)| Datum { x: *x, y: *y, error: None }).collect();
        Series::new(label, Colour::Category(group), shape, group, points)
    }

    /// The numbers behind an attribute, in order.
    fn numbers(svg: &str, attribute: &str) -> Vec<f64> {
        let begins = format!(" {attribute}=\"");
        let values = svg.split(&begins).skip(1);
        values.filter_map(|rest| rest.split(['"', 'p']).next()?.parse().ok()).collect()
    }

    /// What was seen once has an error of its own size: its bar is open below, and its axis is not stretched.
    #[test]
    fn an_error_bar_to_zero_neither_stretches_a_logarithmic_axis_nor_runs_to_its_end() {
        let once = 1.0 / 3.0 * 0.1;
        let points = vec![
            Datum { x: 0.0, y: 0.1, error: Some(0.01) },
            Datum { x: 1.0, y: once, error: Some(once * (1.0 - 2.0 * f64::EPSILON)) },
        ];
        let series = Series::new("p", Colour::Category(0), Shape::Markers, 0, points);
        let y = Axis { log: true, ..Axis::default() };
        let figure = Figure { name: "p".into(), y, series: vec![series], ..Figure::default() };
        let drawing = draw(&figure, Medium::Page).unwrap();
        assert!((-2.0..-1.0).contains(&drawing.y.ends.0), "{:?}", drawing.y);
        assert!(drawing.svg.contains("l3 4l3 -4"), "no arrow: {}", drawing.svg);
        let floor = format!(" {:.1}V", drawing.y.pixels.0);
        assert!(!drawing.svg.contains(&floor), "a bar down to the frame: {}", drawing.svg);
    }

    #[test]
    fn a_figure_in_print_is_as_wide_as_asked_and_its_letters_as_large() {
        let lines = vec![seen("a", 0, Shape::Line, &[(0.0, 0.0), (1.0, 1.0)])];
        let figure = |width, font| {
            let print = Print { width, font, legend: None };
            Figure { name: "f".into(), series: lines.clone(), print, ..Figure::default() }
        };
        for (width, font, points, letters) in [(None, None, 242.64, 8.0), (Some(7.0), Some(10.0), 504.0, 10.0)] {
            let svg = draw(&figure(width, font), Medium::Print).unwrap().svg;
            assert_eq!(numbers(&svg, "width")[0], points);
            let unit =
                points / svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse::<f64>().unwrap();
            assert!((numbers(&svg, "font-size")[0] * unit - letters).abs() < 0.01);
        }
    }

    /// Beside a wide plot, below a narrow one, and inside where nothing is drawn.
    #[test]
    fn a_legend_stands_where_there_is_room() {
        let rising: Vec<(f64, f64)> = (0..50).map(|k| (f64::from(k), f64::from(k))).collect();
        let of = |width, legend| {
            let series = vec![seen("a line", 0, Shape::Line, &rising)];
            let print = Print { width: Some(width), font: None, legend };
            let figure = Figure { name: "f".into(), series, print, ..Figure::default() };
            let drawing = draw(&figure, Medium::Print).unwrap();
            let key = drawing.svg.split("class=\"series legend\"").nth(1).unwrap();
            let (x, y) = (numbers(key, "x")[0], numbers(key, "y")[0]);
            (
                (x - drawing.x.pixels.0) / (drawing.x.pixels.1 - drawing.x.pixels.0),
                (y - drawing.y.pixels.1) / (drawing.y.pixels.0 - drawing.y.pixels.1),
            )
        };
        assert!(of(7.0, None).0 > 1.0 && of(3.37, None).1 > 1.0);
        let (x, y) = of(3.37, Some(Legend::Inside));
        assert!(x > 0.0 && x < 0.5 && y > 0.0 && y < 0.3, "{x} {y}: not in the empty corner");
    }

    /// Nothing that was computed goes from a drawing in silence.
    #[test]
    fn what_a_logarithm_has_no_place_for_is_said() {
        let points = [(0.0, -1.0), (1.0, 0.0), (10.0, 1.0), (100.0, 2.0)];
        let axis = || Axis { log: true, ..Axis::default() };
        let series = vec![seen("s", 0, Shape::Markers, &points)];
        let mut figure = Figure { name: "f".into(), x: axis(), y: axis(), series, ..Figure::default() };
        figure.find_places();
        assert!(figure.x.zero && figure.y.zero);
        assert_eq!(figure.caption, " 1 negative value has no place on a logarithmic axis.");
        let svg = draw(&figure, Medium::Print).unwrap().svg;
        assert_eq!(svg.matches("<circle").count(), 3 + 1, "three points and the key of the legend");
    }

    #[test]
    fn rounding_is_zero_on_a_logarithmic_axis_where_errors_say_that_it_is_sampled() {
        let y = || Axis { log: true, ..Axis::default() };
        let points = [(0.0, 1.0), (1.0, 0.1), (2.0, 3e-17)];
        let mut sampled = seen("s", 0, Shape::Line, &points);
        sampled.points[1].error = Some(0.01);
        let exact = seen("e", 0, Shape::Dashed, &points);
        let mut figure = Figure { name: "f".into(), y: y(), series: vec![sampled, exact], ..Figure::default() };
        figure.find_places();
        assert!(figure.y.zero);
        assert_eq!(figure.series[0].points[2].y, 0.0);
        assert_eq!(figure.series[1].points[2].y, 3e-17);
    }

    #[test]
    fn bars_of_whole_numbers_have_ticks_at_these() {
        let edges = [(-1.5, 0.0), (-1.5, 0.9), (-0.5, 0.1), (0.5, 0.0)];
        let series = vec![seen("s", 0, Shape::Steps, &edges)];
        let x = Axis::default().counting_if(true);
        let svg = draw(&Figure { name: "f".into(), x, series, ..Figure::default() }, Medium::Print).unwrap().svg;
        assert!(svg.contains(">−1<") && svg.contains(">0<") && !svg.contains(">−1.5<"), "{svg}");
    }

    #[test]
    fn nothing_listed_is_no_legend() {
        let series = vec![seen("s", 0, Shape::Bars(1.0), &[(0.0, 1.0)]).unlisted()];
        for legend in [Legend::Inside, Legend::Outside] {
            let print = Print { legend: Some(legend), ..Print::default() };
            let figure = Figure { name: "f".into(), series: series.clone(), print, ..Figure::default() };
            assert!(!draw(&figure, Medium::Print).unwrap().svg.contains("series legend"));
        }
    }

    #[test]
    fn lines_differ_without_their_colours() {
        let mut figure = Figure { name: "f".into(), ..Figure::default() };
        figure.series = (0..8).map(|k| seen("s", k, Shape::Line, &[(0.0, k as f64), (1.0, 1.0)])).collect();
        figure.tell_lines_apart();
        let mut keys: Vec<String> = figure
            .series
            .iter()
            .map(|series| {
                let mut key = String::new();
                symbol::key(&mut key, &Series { colour: Colour::Category(0), ..series.clone() }, (0.0, 0.0));
                key
            })
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
        let alone = Figure { series: figure.series[..1].to_vec(), ..Figure::default() };
        assert!(alone.series[0].marked, "the first of eight");
        let mut one = Figure { series: vec![seen("s", 0, Shape::Line, &[(0.0, 1.0)])], ..Figure::default() };
        one.tell_lines_apart();
        assert!(!one.series[0].marked);
    }
}
