//! Which figures a run gets: those its scenario asks for, or what there is to see.

pub mod asked;
mod clock;
mod histograms;
mod many;
mod noise;
mod protocol;
mod sweep;
mod time;
mod trajectories;

use std::collections::HashSet;

use asked::Asked;
pub use many::kept;

use super::data::{Curve, Run};
use super::figure::Figure;
use crate::quantity::Quantity;
use crate::results::MANY_POINTS;

/// The figures of a run, and what could not be drawn of what was asked for.
pub fn figures(run: &Run, asked: &[(String, Asked)]) -> (Vec<Figure>, Vec<String>) {
    let mut notes = Vec::new();
    let mut figures = Vec::new();
    for (name, wanted) in asked {
        let now = called_now(run, &wanted.quantity);
        notes.extend(now.map(|now| format!("figure `{name}`: `{}` is called `{now}` now", wanted.quantity)));
        let wanted = &Asked { quantity: now.unwrap_or(&wanted.quantity).to_owned(), ..wanted.clone() };
        let mut drawn = draw_asked(run, name, wanted);
        drawn.iter_mut().for_each(|figure| figure.print = wanted.print());
        if drawn.iter().all(Figure::is_empty) {
            notes.push(format!("figure `{name}`: nothing of `{}` to draw", wanted.quantity));
        }
        figures.extend(drawn);
    }
    // To have a protocol is to ask what it does.
    figures.extend(protocol::default(run));
    let large = run.summary.points.len() > MANY_POINTS;
    if asked.is_empty() {
        let most = if large { many::FEW } else { usize::MAX };
        figures.extend(sweep::default(run, most));
        figures.extend(time::default(run, most));
    }
    if large {
        let which = if asked.is_empty() {
            format!("the first {} quantities that change are drawn; [figure] tables ask for others", many::FEW)
        } else {
            "[figure] tables say what is drawn".to_owned()
        };
        notes.push(format!(
            "a sweep of {} points: {which}. Curves in time and of counting are of some of the points, spread evenly",
            run.summary.points.len()
        ));
    }
    // What single trajectories and counting show is drawn where it is there: to record it is to ask for it.
    let more = [noise::default(run), trajectories::default(run)].concat();
    let taken: HashSet<String> = figures.iter().map(|figure: &Figure| figure.name.clone()).collect();
    figures.extend(more.into_iter().filter(|figure| !taken.contains(&figure.name)));
    figures.retain(|figure| !figure.is_empty());
    let mut names = HashSet::new();
    for figure in &mut figures {
        figure.name = many::file_name(&figure.name, &mut names);
        figure.find_places();
        figure.tell_lines_apart();
    }
    (figures, notes)
}

/// The present name of a quantity that is asked for by a former one, unless the run has it by that.
fn called_now(run: &Run, asked: &str) -> Option<&'static str> {
    let has = run.summary.points.iter().flat_map(|point| &point.quantities).any(|q| &*q.quantity == asked);
    Quantity::renamed(asked).filter(|_| !has)
}

fn draw_asked(run: &Run, name: &str, wanted: &Asked) -> Vec<Figure> {
    if wanted.against.as_deref() == Some("time") {
        return time::asked(run, name, wanted).into_iter().collect();
    }
    let is_wanted = |curve: &Curve| curve.quantity == wanted.quantity;
    // Against a key it is the value at the first delay.
    let correlated = wanted.against.is_none() && run.correlations.iter().any(is_wanted);
    if correlated || run.noise.iter().any(is_wanted) {
        let drawn = noise::figure(run, &wanted.quantity, wanted.bath.as_deref());
        let named = |mut figure: Figure| {
            figure.name = name.to_owned();
            figure.x.log = wanted.log("x", || figure.x.log);
            figure.y.log = wanted.log("y", || figure.y.log);
            figure
        };
        return drawn.map(named).into_iter().collect();
    }
    let swept = sweep::figures(run, name, wanted);
    if swept.is_empty() { time::asked(run, name, wanted).into_iter().collect() } else { swept }
}

/// A sentence starts with a capital, a formula does not.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if text.chars().nth(1).is_some_and(char::is_lowercase) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// Whether anything changes: what is the same everywhere is a number, not a figure.
fn varies(figure: &Figure) -> bool {
    let mut values = figure.series.iter().flat_map(|s| &s.points).map(|d| d.y);
    values.next().is_some_and(|first| values.any(|v| (v - first).abs() > 1e-9 * first.abs()))
}
