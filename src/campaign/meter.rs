//! Where a run stands: what is done, how fast, and how long the rest will take by what was measured.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::compute::Tally;
use crate::plan::{Part, Plan};
use crate::scenario::Point;
use crate::statistics::Ensemble;
use crate::store::Progress;

/// Says when something is due that is to be done every so often, first at once.
#[derive(Default)]
pub struct Pace(Option<Instant>);

impl Pace {
    /// Whether it is due, so long after the last time.
    pub fn due(&mut self, every: Duration) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= every);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

/// What is left of a point.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    there: u64,
    missing: u64,
}

/// Measures a run.
pub struct Meter {
    started: Instant,
    threads: f64,
    shares: Vec<Share>,
    /// A bound on the jumps of a trajectory, by point: what it costs before that is measured.
    bounds: Vec<f64>,
    /// Running estimates of points with a part done.
    watched: HashMap<usize, Ensemble>,
    label: (String, String),
    last: Option<usize>,
}

impl Meter {
    /// Nothing yet.
    pub fn new(plan: &Plan, threads: usize) -> Self {
        Meter {
            started: Instant::now(),
            threads: threads as f64,
            shares: vec![Share::default(); plan.points.len()],
            bounds: plan.points.iter().map(|point| point.jumps_bound() + point.times().len() as f64).collect(),
            watched: HashMap::new(),
            label: label(&plan.points[0]),
            last: None,
        }
    }

    /// A part belongs to this run; it may be there already.
    pub fn expect(&mut self, part: Part, there: bool) {
        let share = &mut self.shares[part.point];
        *if there { &mut share.there } else { &mut share.missing } += part.count;
    }

    /// A part is done.
    pub fn take(&mut self, point: &Point, part: Part, ensemble: &Ensemble) {
        self.last = Some(part.point);
        let column = ensemble.at(point.times().len() - 1, 0);
        match self.watched.entry(part.point) {
            Entry::Occupied(mut watched) => watched.get_mut().merge(&column),
            Entry::Vacant(place) => drop(place.insert(column)),
        }
    }

    /// Where the run stands now.
    pub fn read(&self, tallies: &[Tally]) -> Progress {
        let seconds = self.started.elapsed().as_secs_f64();
        let (point, watched) = (self.last.unwrap_or(0), self.label.clone());
        let mut progress = Progress { seconds, point, watched, ..Progress::default() };
        progress.current = self.last.and_then(|point| self.watched.get(&point)?.on_grid(0, 0));
        // Thread-seconds, and what the bounds make of the same work; then both of the rest.
        let (mut spent, mut bound_spent, mut left, mut bound_left) = (0.0, 0.0, 0.0, 0.0);
        for ((share, tally), bound) in self.shares.iter().zip(tallies).zip(&self.bounds) {
            let done = tally.trajectories.load(Ordering::Relaxed);
            let rest = share.missing.saturating_sub(done) as f64;
            progress.trajectories += share.there + done;
            progress.of += share.there + share.missing;
            progress.jumps += tally.jumps.load(Ordering::Relaxed);
            progress.points += usize::from(rest == 0.0);
            let nanoseconds = tally.nanoseconds.load(Ordering::Relaxed);
            if done > 0 && nanoseconds > 0 {
                let cost = nanoseconds as f64 * 1e-9 / done as f64;
                (spent, bound_spent) = (spent + cost * done as f64, bound_spent + bound * done as f64);
                left += rest * cost;
            } else {
                bound_left += rest * bound;
            }
        }
        if bound_spent > 0.0 {
            progress.seconds_left = Some((left + bound_left * spent / bound_spent) / self.threads);
        }
        progress
    }
}

/// What is watched, and its unit.
fn label(point: &Point) -> (String, String) {
    point.columns().first().map_or_else(Default::default, |column| {
        let name = point.called(*column).replace('_', " ");
        let bath = column.bath.map_or(String::new(), |bath| format!(" ({})", point.baths()[bath].name));
        (format!("{name}{bath}"), column.quantity.unit(point.units()).to_owned())
    })
}
