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
    /// Threads of other processes that are at work on the same.
    others: f64,
    shares: Vec<Share>,
    /// Trajectories of each point that are on the disk, as far as they were looked for.
    seen: Vec<u64>,
    /// Parts that are done.
    parts: u64,
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
            others: 0.0,
            shares: vec![Share::default(); plan.points.len()],
            seen: vec![0; plan.points.len()],
            parts: 0,
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

    /// A part that was expected is there by now, and not by this run.
    pub fn find(&mut self, part: Part) {
        let share = &mut self.shares[part.point];
        share.missing -= part.count;
        share.there += part.count;
    }

    /// So many threads of others are at work, and so many trajectories of each point on the disk.
    pub fn look(&mut self, others: usize, seen: Vec<u64>) {
        self.others = others as f64;
        self.seen = seen;
    }

    /// A part is done.
    pub fn take(&mut self, point: &Point, part: Part, ensemble: &Ensemble) {
        self.parts += 1;
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
        let mut progress = Progress { seconds, point, watched, parts: self.parts, ..Progress::default() };
        progress.current = self.last.and_then(|point| self.watched.get(&point)?.on_grid(0, 0));
        // Thread-seconds, and what the bounds make of the same work; then both of the rest.
        let (mut spent, mut bound_spent, mut left, mut bound_left) = (0.0, 0.0, 0.0, 0.0);
        let of_points = self.shares.iter().zip(&self.seen).zip(tallies).zip(&self.bounds);
        for (((share, seen), tally), bound) in of_points {
            let done = tally.trajectories.load(Ordering::Relaxed);
            let of = share.there + share.missing;
            let reached = (share.there + done).max(*seen).min(of);
            let rest = (of - reached) as f64;
            progress.trajectories += reached;
            progress.of += of;
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
            progress.seconds_left = Some((left + bound_left * spent / bound_spent) / (self.threads + self.others));
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
