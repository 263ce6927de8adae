//! What a run will cost, by trajectories that are tried out.

use std::time::{Duration, Instant};

use super::simulator::simulator;
use crate::plan::abreast;
use crate::scenario::Point;
use crate::trajectory::Interrupt;

/// The work of the first part of a trajectory that is tried out, at most, in jumps of the populations engine.
const LONG: f64 = 1e5;
/// By how many halvings a part is shorter that is tried where another did not come to its end.
const SHORTER: i32 = 8;
/// The time for one pilot of few tables.
const EACH: Duration = Duration::from_millis(100);
/// Points that are tried out: more are scaled from these, spread evenly over the sweep.
const MOST_PILOTS: usize = 20;

/// What the trajectories of a transient will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Jumps of all of them.
    pub jumps: f64,
    /// Whether that is a bound, as no jump of some point was seen.
    pub bounded: bool,
    /// Seconds; `None` where no part of a trajectory that was tried came to its end in time.
    pub seconds: Option<f64>,
}

impl Cost {
    /// The time for all pilots.
    pub const TIME: Duration = Duration::from_secs(1);

    /// One in so many points is tried out.
    #[must_use]
    pub fn stride(points: &[Point]) -> usize {
        points.len().div_ceil(MOST_PILOTS)
    }

    /// Tries the points of a transient out, for so many threads; takes a second at most.
    #[must_use]
    pub fn of(points: &[Point], threads: usize) -> Self {
        let stride = Self::stride(points);
        let time = Self::TIME / points.len().div_ceil(stride) as u32;
        let mut cost = Cost { jumps: 0.0, bounded: false, seconds: Some(0.0) };
        for point in points.iter().step_by(stride) {
            let pilot = pilot(point, time);
            let trajectories = point.trajectories() as f64 * stride as f64;
            let seen = pilot.and_then(|pilot| pilot.jumps);
            cost.bounded |= seen.is_none();
            cost.jumps += seen.unwrap_or_else(|| point.jumps_bound()) * trajectories;
            let spent = pilot.map(|pilot| pilot.seconds * trajectories / threads as f64);
            cost.seconds = cost.seconds.zip(spent).map(|(sum, spent)| sum + spent);
        }
        cost
    }
}

/// What a trajectory of a point costs.
#[derive(Clone, Copy)]
struct Pilot {
    /// As far as any were seen.
    jumps: Option<f64>,
    seconds: f64,
}

/// Tries trajectories of a point out. Of long ones, ever longer first parts are tried until the time is up, which ends the
/// one in hand; `None` where not even a short part comes to its end.
fn pilot(point: &Point, time: Duration) -> Option<Pilot> {
    // Tables of those that go abreast may take longer than trajectories.
    let abreast = abreast(point) > 1;
    let time = if abreast { time } else { time.min(EACH) };
    if point.protocol().is_some() || abreast {
        // It is gone through to its end.
        return first_part(point, 0, time);
    }
    let begun = Instant::now();
    let mut halvings = (point.work_bound() / LONG).log2().ceil().clamp(0.0, 2000.0) as i32;
    let mut longest: Option<Pilot> = None;
    while begun.elapsed() < time {
        let left = if longest.is_some() { time.saturating_sub(begun.elapsed()) } else { time / 2 };
        match (first_part(point, halvings, left), longest) {
            (Some(whole), _) if halvings == 0 => return Some(whole),
            (Some(part), _) => (longest, halvings) = (Some(part), halvings - 1),
            (None, Some(_)) => break,
            (None, None) => halvings += SHORTER,
        }
    }
    longest
}

/// What a trajectory costs by its first part, so many times halved: up to a hundred of them, as far as there is time.
fn first_part(point: &Point, halvings: i32, time: Duration) -> Option<Pilot> {
    let until = point.until() * 0.5_f64.powi(halvings / 2) * 0.5_f64.powi(halvings - halvings / 2);
    let part = if halvings > 0 { &point.at(vec![until]) } else { point };
    let (started, stop) = (Instant::now(), Interrupt::default().after(time));
    let mut simulator = simulator(part, &stop);
    let (mut jumps, mut done, mut alone, mut spent) = (0, 0_u32, Duration::ZERO, Duration::ZERO);
    // One alone, with which tables are made, and then as many more as go side by side.
    for (first, count) in [(0, 1), (1, 99)] {
        let whole = simulator.trajectories(first, count, &mut |_, path| {
            jumps += path.trace.exchanged.quanta();
            (done, spent) = (done + 1, started.elapsed());
        });
        if whole.is_none() {
            break;
        }
        if first == 0 {
            alone = spent;
        }
    }
    // Tables are made once.
    let each = if done > 1 { (spent - alone) / (done - 1) } else { spent };
    let whole = 2.0_f64.powi(halvings);
    // A part without a jump says nothing of those of the whole.
    let jumps = Some(jumps as f64 / f64::from(done) * whole).filter(|_| jumps > 0 || halvings == 0);
    (done > 0).then_some(Pilot { jumps, seconds: each.as_secs_f64() * whole })
}
