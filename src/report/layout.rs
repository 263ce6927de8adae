//! Where everything of a drawing stands: the plot areas between their labels, the names of what is between them, and the
//! legend beside, below or inside.
//!
//! A drawing has units of its own, in which letters are 14 high: a narrow one in print has fewer of them.

use super::figure::{Figure, Series, Span};
use super::scale::Scale;
use super::symbol::KEY;
use super::text::{LETTER, cut, fold, width};
use crate::scenario::Legend;

/// The plot area on the page.
const ON_PAGE: (f64, f64) = (470.0, 330.0);
/// Height of a plot area for its width, alone and under others.
const SHAPE: f64 = 0.7;
const LOWEST: f64 = 0.42;
/// Between a plot area and the one above it.
const BETWEEN: f64 = 10.0;
/// Size of the names of spans, and lines that they may take.
pub const NAME: f64 = 0.85 * LETTER;
const NAME_LINES: usize = 3;
/// Width that a plot keeps beside its legend: more than a column has, where all plots are as wide as each other.
const KEPT: f64 = 27.0 * LETTER;
/// Height of a line of the legend, and of text.
pub const LINE: f64 = 1.35 * LETTER;
/// Between a key and its words, and around them.
const AIR: f64 = 8.0;

/// What a figure is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A file, as large as its figure says, with a legend.
    Print,
    /// The page, as wide as its window, which has a legend of its own.
    Page,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// The left edge.
    pub left: f64,
    /// The upper edge.
    pub top: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Where a legend stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Its labels, cut where they are too long.
    pub labels: Vec<String>,
    /// All of it; inside the plot its corner is yet to be found.
    pub area: Area,
    /// The width of each of its columns.
    pub column: f64,
    /// How many columns it has.
    pub columns: usize,
    /// Whether it stands inside the plot.
    pub inside: bool,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The whole drawing.
    pub whole: (f64, f64),
    /// Between the axes.
    pub plot: Area,
    /// Between those above, from the top down.
    pub above: Vec<Area>,
    /// The names of spans, each around a place.
    pub names: Vec<Name>,
    /// The lines of the labels of the vertical axes, from the top down.
    pub upwards: Vec<Vec<String>>,
    /// Labelled ticks that the horizontal axis has room for.
    pub ticks: usize,
    /// The legend, where there is one.
    pub legend: Option<Listing>,
    /// Points of print for a unit; `None` on the page.
    pub points: Option<f64>,
}

/// The name of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// What it says.
    pub words: String,
    /// The middle of its foot.
    pub at: (f64, f64),
}

/// Labelled ticks of the vertical axis, and of a low one.
pub const TICKS: usize = 5;
pub const FEW_TICKS: usize = 3;

/// The names of spans in as few lines as they fit in, each above the middle of its span, and how many lines these are.
/// Heights are above the lowest line. What fits in none is left out.
fn names(spans: &[Span], x: &Scale, left: f64, across: f64) -> (Vec<Name>, usize) {
    let mut taken: Vec<f64> = Vec::new();
    let mut names = Vec::new();
    for Span { from, until, name } in spans.iter().filter(|span| !span.name.is_empty()) {
        // What of it is on the axis.
        let (Some(from), Some(until)) = (x.place(*from), x.place(*until)) else { continue };
        let (from, until) = (from.clamp(0.0, 1.0), until.clamp(0.0, 1.0));
        if until <= from {
            continue;
        }
        let half = 0.5 * width(name) * NAME / LETTER;
        let middle = (left + across * 0.5 * (from + until)).min(left + across - half + 8.0).max(left + half - 8.0);
        let free = (0..NAME_LINES).find(|line| taken.get(*line).is_none_or(|end| end + 6.0 < middle - half));
        let Some(line) = free else { continue };
        taken.resize(taken.len().max(line + 1), f64::NEG_INFINITY);
        taken[line] = middle + half;
        names.push(Name { words: name.clone(), at: (middle, -1.25 * NAME * line as f64) });
    }
    (names, taken.len())
}

/// The widest label of a scale.
fn widest(scale: &Scale, wanted: usize) -> f64 {
    scale.ticks(wanted).into_iter().filter_map(|tick| tick.label).map(|label| width(&label)).fold(0.0, f64::max)
}

/// How many labelled ticks have room, up to six.
fn room_for(scale: &Scale, across: f64) -> usize {
    let fits = |wanted: &usize| {
        let count = scale.ticks(*wanted).iter().filter(|tick| tick.label.is_some()).count() as f64;
        (count - 1.0) * 1.15 * widest(scale, *wanted) < across
    };
    (2..=6).rev().find(fits).unwrap_or(2)
}

/// A legend of these series that is at most so wide, in as many columns as that holds, or in one.
fn listing(listed: &[&Series], across: f64, one_column: bool) -> Listing {
    // As of one line where there is none.
    let count = listed.len().max(1);
    let letters = ((across - KEY - 3.0 * AIR) / (0.61 * LETTER)).max(4.0) as usize;
    let labels: Vec<String> = listed.iter().map(|series| cut(&series.label, letters)).collect();
    let column = KEY + 3.0 * AIR + labels.iter().map(|label| width(label)).fold(0.0, f64::max);
    let most = if one_column { 1 } else { (across / column).floor().max(1.0) as usize };
    // Rows as even as they can be: two and two, not three and one.
    let rows = count.div_ceil(most);
    let columns = count.div_ceil(rows);
    let (width, height) = (column * columns as f64, LINE * rows as f64 + 0.5 * AIR);
    Listing { labels, area: Area { width, height, ..Area::default() }, column, columns, inside: false }
}

impl Layout {
    /// The layout of a figure with these scales, the vertical ones from the top down.
    pub fn of(figure: &Figure, x: &Scale, ys: &[Scale], medium: Medium) -> Self {
        let head = if figure.heading.is_some() { 34.0 } else { 14.0 };
        let shape = if figure.above.is_empty() { SHAPE } else { LOWEST };
        let widest_up = ys.iter().map(|y| widest(y, TICKS)).fold(0.0, f64::max);
        let left_of = |lines: usize| (1.0 + 1.2 * lines as f64) * LETTER + 10.0 + widest_up;
        // Labels that are too long for their axes, if these are so wide, stand in two lines.
        let labels = |across: f64, height: f64| -> Vec<Vec<String>> {
            let above = figure.above.iter().map(|panel| (&panel.y.label, panel.height * across));
            let folded =
                |(label, room): (&String, f64)| if width(label) > room { fold(label) } else { vec![label.clone()] };
            above.chain([(&figure.y.label, height + head)]).map(folded).collect()
        };
        let lines = |labels: &[Vec<String>]| labels.iter().map(Vec::len).max().unwrap_or(1);
        if medium == Medium::Page {
            let (width, mut height) = ON_PAGE;
            if !figure.above.is_empty() {
                height = shape * width;
            }
            let upwards = labels(width, height);
            let left = left_of(lines(&upwards));
            let Stack { above, names, plot } = Stack::of(figure, x, head, Area { left, top: 0.0, width, height });
            let whole = (left + width + 14.0, plot.top + height + 3.6 * LETTER);
            let ticks = room_for(x, width);
            return Layout { whole, plot, above, names, upwards, ticks, legend: None, points: None };
        }
        let points = figure.print.font() / LETTER;
        let across = figure.print.width() / points;
        let mut listed = figure.listed();
        // One series that is what the axis says needs no legend.
        if let [series] = listed.as_slice()
            && figure.y.label.starts_with(&series.label)
        {
            listed.clear();
        }
        let inside = figure.print.legend == Some(Legend::Inside);
        let right = (0.5 * widest(x, 6)).max(10.0);
        let beside = listing(&listed, 0.4 * across, true);
        let is_beside = !listed.is_empty() && !inside && {
            let uncut = beside.labels.iter().zip(&listed).all(|(label, series)| *label == series.label);
            uncut && across - left_of(2) - beside.area.width >= KEPT
        };
        let taken = if is_beside { beside.area.width + AIR } else { right };
        let unfolded = across - left_of(1) - taken;
        let upwards = labels(unfolded, shape * unfolded);
        let left = left_of(lines(&upwards));
        let width = across - left - taken;
        let area = Area { left, top: 0.0, width, height: shape * width };
        let Stack { above, names, plot } = Stack::of(figure, x, head, area);
        let top = above.first().unwrap_or(&plot).top;
        let below = plot.top + plot.height + 3.6 * LETTER;
        let mut whole = (across, below);
        let legend = (!listed.is_empty()).then(|| {
            if inside {
                let listing = listing(&listed, 0.9 * width, true);
                return Listing { inside, ..listing };
            }
            let mut listing = if is_beside { beside } else { listing(&listed, across - 2.0 * AIR, false) };
            (listing.area.left, listing.area.top) = if is_beside {
                (across - listing.area.width, top)
            } else {
                // Under the axis where it fits there, or under its labels too.
                let left = plot.left + (width - listing.area.width) / 2.0;
                (left.min(across - AIR - listing.area.width).max(AIR), below + 0.5 * AIR)
            };
            whole.1 = whole.1.max(listing.area.top + listing.area.height + 0.5 * AIR);
            listing
        });
        Layout { whole, plot, above, names, upwards, ticks: room_for(x, width), legend, points: Some(points) }
    }
}

/// What stands above one another: names, axes, and the lowest axes.
struct Stack {
    names: Vec<Name>,
    above: Vec<Area>,
    plot: Area,
}

impl Stack {
    /// From a height down; the lowest area is `plot`, but for its height above the ground.
    fn of(figure: &Figure, x: &Scale, head: f64, plot: Area) -> Self {
        let (mut names, lines) = names(&figure.spans, x, plot.left, plot.width);
        let mut top = head + 1.25 * NAME * lines as f64;
        names.iter_mut().for_each(|name| name.at.1 += top - 0.4 * NAME);
        let mut above = Vec::with_capacity(figure.above.len());
        for panel in &figure.above {
            above.push(Area { top, height: panel.height * plot.width, ..plot });
            top += panel.height * plot.width + BETWEEN;
        }
        Stack { names, above, plot: Area { top, ..plot } }
    }
}

impl Listing {
    /// The corner of the plot that the fewest of the drawn points are in, and whether there are any.
    pub fn choose_corner(&mut self, plot: Area, drawn: &[(f64, f64)]) -> bool {
        let Area { width, height, .. } = self.area;
        let (left, top) = (plot.left + AIR, plot.top + AIR);
        let (right, bottom) = (plot.left + plot.width - AIR - width, plot.top + plot.height - AIR - height);
        let taken = |(x, y): (f64, f64)| {
            let inside =
                |p: &&(f64, f64)| (x - 4.0..=x + width).contains(&p.0) && (y - 4.0..=y + height + 4.0).contains(&p.1);
            drawn.iter().filter(inside).count()
        };
        let corners = [(right, top), (left, top), (right, bottom), (left, bottom)];
        let best = corners.into_iter().min_by_key(|corner| taken(*corner)).unwrap_or((right, top));
        (self.area.left, self.area.top) = best;
        taken(best) > 0
    }
}
