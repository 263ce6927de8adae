//! What a figure is: axes and series, before anything is drawn.

use crate::scenario::Print;

/// A figure: axes, and perhaps others above them over the same horizontal one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// The name of its files, without extension.
    pub name: String,
    /// One line above it, on the page.
    pub title: String,
    /// Words inside the frame: which panel this is.
    pub heading: Option<String>,
    /// What is drawn, and what to know about it.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, the last on top.
    pub series: Vec<Series>,
    /// What stands above, from the top down.
    pub above: Vec<Panel>,
    /// Parts of the horizontal axis that have names.
    pub spans: Vec<Span>,
    /// How large it is in print.
    pub print: Print,
}

/// Axes above those of a figure, over the same horizontal one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, the last on top.
    pub series: Vec<Series>,
    /// Its height over its width.
    pub height: f64,
}

/// A part of the horizontal axis that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub until: f64,
    /// What it is called, if that is to be said.
    pub name: String,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// The quantity, with its unit. `_{...}` is a subscript.
    pub label: String,
    /// Whether it is logarithmic. Negative values are then left out.
    pub log: bool,
    /// Whether it must reach down to 0; a logarithmic axis has a place for 0 behind a break.
    pub zero: bool,
    /// Whether it counts something: ticks stand at numbers that occur, whole or half-integer.
    pub counts: bool,
}

impl Axis {
    /// An axis over a quantity in a unit, "" or "1" for a pure number.
    pub fn new(quantity: &str, unit: &str) -> Self {
        let label = if unit.is_empty() || unit == "1" { quantity.to_owned() } else { format!("{quantity} ({unit})") };
        Axis { label, ..Axis::default() }
    }

    /// The same, logarithmic where that is asked for.
    pub fn log_if(self, log: bool) -> Self {
        Axis { log, ..self }
    }

    /// The same, of whole or half-integer numbers where that is so.
    pub fn counting_if(self, counts: bool) -> Self {
        Axis { counts, ..self }
    }
}

/// A point, with the half length of its error bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datum {
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
    /// One standard error.
    pub error: Option<f64>,
}

impl Datum {
    /// The lower end of its error bar: 0 where the error is the value, as of what was seen once, and not its rounding.
    pub fn low(&self) -> f64 {
        let low = self.y - self.error.unwrap_or(0.0);
        if low.abs() > 1e-9 * self.y.abs() { low } else { 0.0 }
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// A line; a band of two standard errors around it where they are known.
    Line,
    /// A line that goes anywhere, with an arrow in its middle that says which way.
    Way,
    /// A line in dashes: what is exact, beside an estimate.
    Dashed,
    /// A dotted line: a reference.
    Dotted,
    /// A staircase: a value holds until the next point.
    Steps,
    /// Markers, with error bars of one standard error where they are known.
    Markers,
    /// A line through small markers: a value for every whole number.
    Beads,
    /// A short level stroke at each point: what is exact of things that nothing lies between.
    Levels,
    /// Bars from 0, this wide.
    Bars(f64),
    /// Rectangles of this width and height whose `error` is a shade from 0 to 1.
    Cells(f64, f64),
}

/// The colour of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colour {
    /// The colour of axes and text.
    Ink,
    /// One of a few unordered things.
    Category(usize),
    /// A place from 0 to 1 in an ordered family.
    Ordered(f64),
}

/// What belongs together under one colour and one label.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, on hover and in the legend.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub shape: Shape,
    /// Whether it is one of many: thin and faint.
    pub faint: bool,
    /// Series of one number are shown and hidden together.
    pub group: usize,
    /// Whether the legend lists it.
    pub listed: bool,
    /// Whether a line carries a marker here and there, so that it is told from others without its colour.
    pub marked: bool,
    /// Its points, ascending in `x` unless it is a scatter of markers.
    pub points: Vec<Datum>,
}

impl Series {
    /// A series with a line of the legend to itself.
    pub fn new(label: impl Into<String>, colour: Colour, shape: Shape, group: usize, points: Vec<Datum>) -> Self {
        Series { label: label.into(), colour, shape, faint: false, group, listed: true, marked: false, points }
    }

    /// The same without a line in the legend.
    pub fn unlisted(self) -> Self {
        Series { listed: false, ..self }
    }

    /// What is sampled, has no error and is rounding beside the largest of its series is 0: all trajectories are at the
    /// same end of what a difference measures. Curves without any error, which may span hundreds of decades, stay.
    fn clear_rounding(&mut self) {
        let largest = self.points.iter().fold(0.0_f64, |most, d| most.max(d.y.abs()));
        if self.points.iter().any(|d| d.error.is_some()) {
            let rounding = |d: &&mut Datum| d.error.is_none() && d.y.abs() < 1e-14 * largest;
            self.points.iter_mut().filter(rounding).for_each(|d| d.y = 0.0);
        }
    }
}

impl Figure {
    /// Whether there is anything to see.
    pub fn is_empty(&self) -> bool {
        self.all().all(|series| series.points.is_empty())
    }

    /// The series of all its axes, from the top down.
    pub fn all(&self) -> impl Iterator<Item = &Series> + Clone {
        self.above.iter().flat_map(|panel| &panel.series).chain(&self.series)
    }

    /// What a legend lists: what several axes have in common once.
    pub fn listed(&self) -> Vec<&Series> {
        let mut listed: Vec<&Series> = Vec::new();
        for series in self.all().filter(|series| series.listed) {
            let same = |other: &&Series| other.group == series.group && other.label == series.label;
            if !listed.iter().any(same) {
                listed.push(series);
            }
        }
        listed
    }

    /// A logarithmic axis gets a place for 0 where its data have one; values below it have none, which the caption says.
    pub fn find_places(&mut self) {
        if self.y.log {
            self.series.iter_mut().for_each(Series::clear_rounding);
        }
        let across: Vec<f64> = self.all().flat_map(|s| &s.points).map(|d| d.x).collect();
        let up: Vec<f64> = self.series.iter().flat_map(|s| &s.points).map(|d| d.y).collect();
        let mut lost = 0;
        for (axis, values) in [(&mut self.x, across), (&mut self.y, up)] {
            if axis.log {
                axis.zero = values.contains(&0.0);
                lost += values.iter().filter(|v| **v < 0.0).count();
            }
        }
        if lost > 0 {
            let values = if lost == 1 { "1 negative value has" } else { &format!("{lost} negative values have") };
            self.caption.push_str(&format!(" {values} no place on a logarithmic axis."));
        }
    }

    /// Lines of several colours get markers: in grey print their colours are one.
    pub fn tell_lines_apart(&mut self) {
        let is_line = |s: &Series| s.shape == Shape::Line && s.listed && !s.faint && s.colour != Colour::Ink;
        if self.listed().into_iter().filter(|s| is_line(s)).count() > 1 {
            let all = self.above.iter_mut().flat_map(|panel| &mut panel.series).chain(&mut self.series);
            all.filter(|s| is_line(s)).for_each(|s| s.marked = true);
        }
    }
}

/// Colours for things without an order: Okabe and Ito's, which colour-blind readers can tell apart, without the yellow
/// that paper swallows.
const CATEGORIES: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// Viridis from 0.1 to 0.9 in steps of 0.1: ordered by lightness, for every eye.
const ORDERED: [[u8; 3]; 9] = [
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [109, 205, 89],
    [160, 218, 57],
    [200, 215, 40],
];

impl Colour {
    /// The colour as SVG writes it, on a white page.
    pub fn svg(self) -> String {
        match self {
            Colour::Ink => "#1a1a1a".to_owned(),
            Colour::Category(index) => CATEGORIES[index % CATEGORIES.len()].to_owned(),
            Colour::Ordered(place) => {
                let at = place.clamp(0.0, 1.0) * (ORDERED.len() - 1) as f64;
                let low = (at.floor() as usize).min(ORDERED.len() - 2);
                let mix = |k: usize| {
                    let (a, b) = (f64::from(ORDERED[low][k]), f64::from(ORDERED[low + 1][k]));
                    (a + (b - a) * (at - low as f64)).round() as u8
                };
                format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
            }
        }
    }

    /// The colour of member `index` of a family of `count`: ordered, and few of them far apart.
    pub fn of_family(index: usize, count: usize) -> Self {
        Colour::Ordered(if count < 2 { 0.2 } else { 0.92 * index as f64 / (count - 1) as f64 })
    }
}
