//! What the first round of a point will be.

use super::cycles;
use super::protocol::{Schedule, jumps_bound, relaxation_unless, schedule};
use crate::results::RelaxationFrom;
use crate::scenario::{Asked, Point};
use crate::statistics::GROUPS;
use crate::trajectory::Interrupt;

/// What the first round of a point will be: the least that tells a steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The slowest relaxation time, as far as it is known before the data.
    pub relaxation_time: f64,
    /// Where it is from.
    pub relaxation_from: RelaxationFrom,
    /// The length of a trajectory.
    pub duration: f64,
    /// Trajectories.
    pub trajectories: u64,
    /// A bound on the mean number of their jumps.
    pub jumps_bound: f64,
}

/// The forecast of a point; `None` where it is not to converge, or was interrupted.
#[must_use]
pub fn forecast(point: &Point, stop: &Interrupt) -> Option<Forecast> {
    let Asked::Converge(asked) = &point.asked else { return None };
    if let Some(protocol) = point.protocol() {
        let (relaxation_time, relaxation_from) = cycles::relaxation(point, protocol, stop).ok()??;
        let (duration, jumps_bound) = cycles::first_round(point, protocol, asked, relaxation_time)?;
        return Some(Forecast { relaxation_time, relaxation_from, duration, trajectories: GROUPS, jumps_bound });
    }
    let (relaxation_time, relaxation_from) = relaxation_unless(stop, point)?;
    let Schedule { protocol, .. } = schedule(point, asked, relaxation_time, None);
    let duration = protocol.warm_up + protocol.stretch();
    let jumps = jumps_bound(point, duration);
    let jumps_bound = GROUPS as f64 * jumps;
    Some(Forecast { relaxation_time, relaxation_from, duration, trajectories: GROUPS, jumps_bound })
}
