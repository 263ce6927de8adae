//! Where everything of a drawing stands: the plot area between its labels, and the legend beside, below or inside it.
//!
//! A drawing has units of its own, in which letters are 14 high: a narrow one in print has fewer of them.

use super::figure::{Figure, Series};
use super::scale::Scale;
use super::symbol::KEY;
use super::text::{LETTER, cut, fold, width};
use crate::scenario::Legend;

/// The plot area on the page.
const ON_PAGE: (f64, f64) = (470.0, 330.0);
/// Height of a plot area for its width.
const SHAPE: f64 = 0.7;
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
    /// The lines of the label of the vertical axis.
    pub upwards: Vec<String>,
    /// Labelled ticks that the horizontal axis has room for.
    pub ticks: usize,
    /// The legend, where there is one.
    pub legend: Option<Listing>,
    /// Points of print for a unit; `None` on the page.
    pub points: Option<f64>,
}

/// Labelled ticks of the vertical axis.
pub const TICKS: usize = 5;

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
    /// The layout of a figure with these scales.
    pub fn of(figure: &Figure, x: &Scale, y: &Scale, medium: Medium) -> Self {
        let top = if figure.heading.is_some() { 34.0 } else { 14.0 };
        let left_of = |lines: usize| (1.0 + 1.2 * lines as f64) * LETTER + 10.0 + widest(y, TICKS);
        let mut upwards = vec![figure.y.label.clone()];
        if medium == Medium::Page {
            let (width, height) = ON_PAGE;
            if self::width(&figure.y.label) > height + top {
                upwards = fold(&figure.y.label);
            }
            let plot = Area { left: left_of(upwards.len()), top, width, height };
            let whole = (plot.left + width + 14.0, top + height + 3.6 * LETTER);
            return Layout { whole, plot, upwards, ticks: room_for(x, width), legend: None, points: None };
        }
        let points = figure.print.font() / LETTER;
        let across = figure.print.width() / points;
        let mut listed: Vec<&Series> = figure.series.iter().filter(|series| series.listed).collect();
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
        let mut width = across - left_of(1) - taken;
        if self::width(&figure.y.label) > SHAPE * width + top {
            upwards = fold(&figure.y.label);
            width = across - left_of(upwards.len()) - taken;
        }
        let plot = Area { left: left_of(upwards.len()), top, width, height: SHAPE * width };
        let below = top + plot.height + 3.6 * LETTER;
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
        Layout { whole, plot, upwards, ticks: room_for(x, width), legend, points: Some(points) }
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
