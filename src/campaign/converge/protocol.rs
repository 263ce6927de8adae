//! How long the trajectories of a point run: relaxation, warm-up, windows, and what a first round of them costs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::input::{Group, Point};
use crate::bath::{Bath, Coupling};
use crate::lindblad::{self, Counting, Effort};
use crate::model::Model;
use crate::statistics::{Counted, Entropy, GROUPS, Protocol};
use crate::theory;
use crate::trajectory::Engine;

/// The basic window in relaxation times: what the noise leaves out of longer correlations is e^-6 of them.
pub const WINDOW: f64 = 6.0;
/// Basic windows in a stretch, at least.
const WINDOWS: f64 = 4.0;
/// Jumps of a stretch, at least, as far as its bound tells: what a trajectory costs to begin is little beside them.
const JUMPS: f64 = 2000.0;
/// Relaxation times of warm-up: e^-14 = 8e-7 of the start is left, far below what trajectories resolve. The error that is
/// asked for does not enter, so that a smaller one goes on from the same trajectories.
const WARM_UP: f64 = 14.0;
/// Sectors that are told apart at most.
const MOST_SECTORS: i64 = 1000;

/// Where a relaxation time is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelaxationFrom {
    /// The spectrum of the master equation.
    Exact,
    /// The birth-death chains of M and J, confirmed by the data.
    Chain,
    /// The data, as the chain turned out too fast or there is none.
    Data,
}

/// Whether collective jumps are seen one by one, and so may be counted.
pub fn counts_collective(point: &Point) -> bool {
    point.engine.engine != Engine::Leaps
}

/// A bound on the mean number of jumps that the engine goes through in a trajectory of this length.
pub fn jumps_bound(point: &Point, duration: f64) -> f64 {
    let of_group = |Group { model, .. }: &Group| {
        let seen = |bath: &&Bath| counts_collective(point) || bath.coupling == Coupling::Local;
        let baths = model.baths.iter().filter(seen).cloned().collect();
        Model { baths, ..model.clone() }.jumps_bound(duration)
    };
    point.groups.iter().map(of_group).sum()
}

/// Whether trajectories keep their J, and differ by it, for ever.
pub fn is_conserved(point: &Point) -> bool {
    let several = |Group { model, initial, .. }: &Group| {
        let reached = crate::dicke::sectors(model.number).filter(|two_j| initial.reaches(model.number, *two_j));
        !model.rates(Coupling::Local).any() && reached.take(2).count() > 1
    };
    point.groups.iter().any(several)
}

/// The slowest relaxation time of the groups, and where it is from.
pub fn relaxation(point: &Point) -> (f64, RelaxationFrom) {
    let exact = |Group { model, initial, .. }: &Group| {
        lindblad::Populations::affordable(model, initial, Effort::Beside).ok()?;
        let equation = lindblad::Populations::new(model, initial);
        equation.ladder().mixes_sectors().then(|| Counting::new(&equation).ok()?.relaxation_time().ok()).flatten()
    };
    let chain = |Group { model, initial, .. }: &Group| theory::relaxation_rate(model, initial).map(f64::recip);
    let slowest = |times: Vec<f64>| times.into_iter().fold(0.0, f64::max);
    if point.on_the_ladder() {
        if let Some(times) = point.groups.iter().map(exact).collect::<Option<Vec<_>>>() {
            return (slowest(times), RelaxationFrom::Exact);
        }
        // Without local baths the chains of the sectors are all there is.
        if point.groups.iter().all(|group| !group.model.rates(Coupling::Local).any())
            && let Some(times) = point.groups.iter().map(chain).collect::<Option<Vec<_>>>()
        {
            return (slowest(times), RelaxationFrom::Exact);
        }
    }
    let times: Vec<f64> = point.groups.iter().filter_map(chain).collect();
    let fallback = point.groups.iter().map(|group| group.model.jump_rate_bound().recip()).fold(0.0, f64::max);
    if times.is_empty() { (100.0 * fallback, RelaxationFrom::Data) } else { (slowest(times), RelaxationFrom::Chain) }
}

/// What entropy production is made of, where windows are asked for and the steady probabilities can be had.
fn entropy(point: &Point) -> Option<Arc<Entropy>> {
    let [Group { model, initial, .. }] = point.groups.as_slice() else { return None };
    let asked = !point.noise.baths.is_empty() && !point.noise.windows.is_empty();
    if !asked || !point.on_the_ladder() || point.engine.engine != Engine::Populations {
        return None;
    }
    lindblad::Populations::affordable(model, initial, Effort::Beside).ok()?;
    let steady = lindblad::Populations::new(model, initial).steady_state().ok()?;
    Entropy::new(model.number, &model.baths, steady.levels.into_iter().zip(steady.p)).map(Arc::new)
}

/// How long to run for a relaxation time, and whether that is longer than the run may be.
pub fn protocol(point: &Point, time: f64) -> (Protocol, Option<f64>) {
    let warm_up = if point.groups.iter().all(|group| group.initial.is_steady()) { 0.0 } else { WARM_UP * time };
    let window = WINDOW * time;
    let asked = &point.noise;
    let longest = |times: &[f64]| times.last().copied().unwrap_or(0.0);
    let bound: f64 = point.groups.iter().map(|group| group.model.jump_rate_bound()).sum();
    let wanted = [4.0 * longest(&asked.windows), 2.0 * longest(&asked.delays), JUMPS / bound];
    let windows = wanted.iter().map(|length| length / window).fold(WINDOWS, f64::max);
    let windows = 2 * (windows / 2.0).ceil().min(1e9) as u32;
    let told_apart = !asked.baths.is_empty()
        && point.groups.len() == 1
        && point.engine.engine == Engine::Populations
        && point.number() <= MOST_SECTORS;
    let conserved = told_apart && is_conserved(point);
    let sectors = conserved || told_apart && point.bright_sector().is_some();
    // Few anchors at a time: reading them must not slow the trajectory.
    let share = |bath: &usize| {
        let Group { model, .. } = &point.groups[0];
        let n = model.number as f64;
        let most = model.baths[*bath].down * n.max(n / 2.0 * (n / 2.0 + 1.0));
        (4.0 / (most * longest(&asked.delays))).min(1.0)
    };
    let counted = Counted {
        baths: asked.baths.clone(),
        windows: asked.windows.clone(),
        frequencies: asked.frequencies.clone(),
        delays: asked.delays.clone(),
        shares: asked.baths.iter().map(share).collect(),
    };
    let protocol = Protocol { warm_up, window, windows, counted, sectors, conserved, entropy: entropy(point) };
    let needed = warm_up + protocol.stretch();
    let until = point.evolution.until();
    if until > 0.0 && needed > until {
        let window = until / (2.0 * WINDOWS);
        return (Protocol { warm_up: until / 2.0, window, windows: WINDOWS as u32, ..protocol }, Some(needed));
    }
    (protocol, None)
}

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

/// The forecast of a point.
#[must_use]
pub fn forecast(point: &Point) -> Forecast {
    let (relaxation_time, relaxation_from) = relaxation(point);
    let (protocol, _) = protocol(point, relaxation_time);
    let duration = protocol.warm_up + protocol.stretch();
    let jumps = jumps_bound(point, duration);
    Forecast { relaxation_time, relaxation_from, duration, trajectories: GROUPS, jumps_bound: GROUPS as f64 * jumps }
}
