//! What the first round of a point will be.

use super::super::error::RunError;
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
///
/// # Errors
/// Cycles that do not become steady.
pub fn forecast(point: &Point, stop: &Interrupt) -> Result<Option<Forecast>, RunError> {
    let Asked::Converge(asked) = &point.asked else { return Ok(None) };
    let trajectories = GROUPS;
    if let Some(protocol) = point.protocol() {
        let Some((relaxation_time, relaxation_from)) = cycles::relaxation(point, protocol, stop)? else {
            return Ok(None);
        };
        let (duration, jumps_bound) = cycles::first_round(point, protocol, asked, relaxation_time)?;
        return Ok(Some(Forecast { relaxation_time, relaxation_from, duration, trajectories, jumps_bound }));
    }
    let Some((relaxation_time, relaxation_from)) = relaxation_unless(stop, point) else { return Ok(None) };
    let Schedule { protocol, .. } = schedule(point, asked, relaxation_time, None);
    let duration = protocol.warm_up + protocol.stretch();
    let jumps = jumps_bound(point, duration);
    let jumps_bound = GROUPS as f64 * jumps;
    Ok(Some(Forecast { relaxation_time, relaxation_from, duration, trajectories, jumps_bound }))
}
