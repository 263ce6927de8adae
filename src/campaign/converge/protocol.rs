//! How long the trajectories of a point run: relaxation, warm-up, windows, and what a first round of them costs.

use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

use super::super::aside::aside;
use crate::bath::Bath;
use crate::group::{Ensembles, Group};
use crate::lindblad::{Effort, PopulationEquation};
use crate::model::Model;
use crate::model::product::Correlation;
use crate::results::RelaxationFrom;
use crate::scenario::{Converge, Point};
use crate::solve::{TOGETHER, relaxation_time};
use crate::statistics::{Beside, Counted, Entropy, Protocol};
use crate::theory;
use crate::trajectory::{Beginnings, Interrupt};

/// The basic window in relaxation times: what the noise leaves out of longer correlations is e^-6 of them.
pub const WINDOW: f64 = 6.0;
/// How long light is followed for its spectrum, in relaxation times, where no delays say it: that of a qubit is remembered
/// twice as long as its population, and has to be gone.
const HEARD: f64 = 16.0;
/// Basic windows in a stretch, at least.
pub const WINDOWS: f64 = 4.0;
/// Jumps of a stretch, at least, as far as its bound tells: what a trajectory costs to begin is little beside them.
const JUMPS: f64 = 2000.0;
/// Relaxation times of warm-up: e^-14 = 8e-7 of the start is left, far below what trajectories resolve. The error that is
/// asked for does not enter, so that a smaller one goes on from the same trajectories.
pub const WARM_UP: f64 = 14.0;
/// Sectors that are told apart at most.
const MOST_SECTORS: i64 = 1000;

/// The qubits of a group among the baths whose jumps the engine goes through.
fn seen(point: &Point, model: &Model) -> Model {
    let seen = |bath: &&Bath| point.facts().counts_collective || !bath.coupling.conserves_j();
    Model { baths: model.baths.iter().filter(seen).cloned().collect(), ..model.clone() }
}

/// The fewest jumps, on average, of a trajectory of this length, with the quarter turns of a drive between them: each
/// takes a step of its own.
pub fn least_work(point: &Point, duration: f64) -> f64 {
    let of_group = |group: &Group| {
        // The levels of a condition may be left at any rate.
        if group.conditions.is_some() {
            return 0.0;
        }
        // What qubits that differ, or several ensembles, emit together may vanish in any state.
        let alone = group.register.is_none() && group.ensembles.is_none();
        let jumps = if alone { seen(point, &group.model).least_jump_rate() } else { 0.0 };
        let drive = group.hamiltonian.drive.map_or(0.0, |drive| drive.amplitude.abs());
        (jumps + group.model.units.angular(drive) / FRAC_PI_2) * duration
    };
    point.groups.iter().map(of_group).sum()
}

/// A bound on the mean number of jumps that the engine goes through in a trajectory of this length.
pub fn jumps_bound(point: &Point, duration: f64) -> f64 {
    let of_group = |group: &Group| {
        if group.conditions.is_some() {
            return group.jump_rate_bound() * duration;
        }
        let Group { model, hamiltonian, ensembles, .. } = group;
        if let Some(ensembles) = ensembles {
            return ensembles.jumps_bound(duration);
        }
        let model = seen(point, model);
        // What is driven never runs out of quanta.
        if hamiltonian.drive.is_some() { model.jump_rate_bound() * duration } else { model.jumps_bound(duration) }
    };
    point.groups.iter().map(of_group).sum()
}

/// Whether trajectories keep their J, and differ by it, for ever.
pub fn is_conserved(point: &Point) -> bool {
    let several = |Group { model, initial, ensembles, .. }: &Group| {
        if let Some(ensembles) = ensembles {
            return ensembles.keeps_several_j();
        }
        let reached = crate::dicke::sectors(model.number).filter(|two_j| initial.reaches(model.number, *two_j));
        !model.mixes_sectors() && reached.take(2).count() > 1
    };
    point.groups.iter().any(several)
}

/// A relaxation time, and where it is from.
pub type Relaxation = (f64, RelaxationFrom);

/// The slowest relaxation time of the groups, and where it is from.
fn relaxation(point: &Point) -> Relaxation {
    let chain = |Group { model, hamiltonian, initial, ensembles, .. }: &Group| {
        if ensembles.is_some() {
            return None;
        }
        let rate = theory::relaxation_rate(model, initial)?;
        let driven = hamiltonian.drive.map_or(f64::INFINITY, |_| theory::strongly_driven_relaxation_rate(model));
        Some(rate.min(driven).recip())
    };
    let slowest = |times: Vec<f64>| times.into_iter().fold(0.0, f64::max);
    if let Some(times) = point.groups.iter().map(relaxation_time).collect::<Option<Vec<_>>>() {
        return (slowest(times), RelaxationFrom::Exact);
    }
    // Without local baths the chains of the sectors are all there is.
    if point.on_the_ladder()
        && point.groups.iter().all(|group| !group.model.mixes_sectors())
        && let Some(times) = point.groups.iter().map(chain).collect::<Option<Vec<_>>>()
    {
        return (slowest(times), RelaxationFrom::Exact);
    }
    let times: Vec<f64> = point.groups.iter().filter_map(chain).collect();
    // A hundred jumps; of ensembles and modes as long as the slowest of their baths takes, which may be far longer.
    let fallback = |group: &Group| {
        let slowest = group.ensembles.as_ref().map_or(f64::INFINITY, |ensembles| ensembles.product().slowest_rate());
        (100.0 * group.jump_rate_bound().recip()).max(slowest.recip())
    };
    let fallback = slowest(point.groups.iter().map(fallback).collect());
    if times.is_empty() { (fallback, RelaxationFrom::Data) } else { (slowest(times), RelaxationFrom::Chain) }
}

/// The same, unless it is interrupted.
pub fn relaxation_unless(stop: &Interrupt, point: &Point) -> Option<Relaxation> {
    let point = point.clone();
    aside(stop, move || relaxation(&point))
}

/// What entropy production in windows is made of, where there are any and the steady probabilities can be had.
pub fn entropy(point: &Point) -> Option<Arc<Entropy>> {
    if point.noise().baths.is_empty()
        || point.noise().windows.is_empty()
        || !point.on_the_ladder()
        || !point.facts().follows_levels
    {
        return None;
    }
    let mut groups = Vec::with_capacity(point.groups.len());
    for Group { model, initial, .. } in &point.groups {
        PopulationEquation::affordable(model, initial, Effort::Beside).ok()?;
        let steady = PopulationEquation::new(model, initial).steady_state().ok()?;
        groups.push((model.number, model.baths.as_slice(), steady.levels.into_iter().zip(steady.p)));
    }
    Entropy::new(groups).map(Arc::new)
}

/// Where correlations at two times and photons begin in a stretch after a warm-up: a relaxation time apart, and far enough
/// for what follows to take no longer than the stretch.
fn beside(ensembles: &Ensembles, longest: f64, (warm_up, time, stretch): (f64, f64, f64)) -> Beside {
    let reach = HEARD * time;
    let asked = ensembles.correlations().iter().filter(|_| ensembles.growing().next().is_none());
    let heard = |correlation: &Correlation| {
        let spectrum = if correlation.frequencies.is_empty() { 0.0 } else { correlation.heard_for(reach) };
        spectrum.max(correlation.longest())
    };
    let followed = longest + asked.clone().map(heard).sum::<f64>();
    let spacing = time.max(followed);
    let count = (stretch / spacing).floor().clamp(1.0, 1e6) as u32;
    let cells = asked.map(|correlation| correlation.cells().count()).sum();
    Beside { begin: Beginnings { first: warm_up, spacing, count, reach }, cells }
}

/// How long to run, and what of it the budget does not reach for.
pub struct Schedule {
    pub protocol: Protocol,
    /// The length that trajectories should have had, where it is longer than they may be.
    pub too_short: Option<f64>,
    /// What was asked for and left out, and why.
    pub left_out: Vec<String>,
}

/// How long to run for a relaxation time, as far as trajectories may be as long; with what entropy production is made of,
/// where it is known.
pub fn schedule(point: &Point, asked: &Converge, time: f64, entropy: Option<&Arc<Entropy>>) -> Schedule {
    let mut warm_up = if point.groups.iter().all(|group| group.initial.is_steady()) { 0.0 } else { WARM_UP * time };
    let mut window = WINDOW * time;
    let until = asked.budget.until.unwrap_or(f64::INFINITY);
    // Basic windows that there is time for, an even number.
    let mut most = 2.0 * ((until - warm_up) / (2.0 * window)).floor();
    let mut too_short = None;
    if most < WINDOWS {
        too_short = Some(warm_up + WINDOWS * window);
        // The warm-up comes first, up to half of the time there is.
        warm_up = warm_up.min(until / 2.0);
        (window, most) = ((until - warm_up) / WINDOWS, WINDOWS);
    }
    let room = most * window;

    let asked = &asked.steady.noise;
    // A window is counted in at least once, and a delay has as long before it in which it may begin.
    let fit = |lengths: &[f64], times: f64| lengths.iter().copied().partition(|length| times * length <= room);
    let (windows, longer): (Vec<f64>, Vec<f64>) = fit(&asked.windows, 1.0);
    let (delays, later): (Vec<f64>, Vec<f64>) = fit(&asked.delays, 2.0);
    let (passage_times, too_late): (Vec<f64>, Vec<f64>) = fit(&asked.passage_times, 1.0);
    let left = format!("{room:.4} that `evolution.until` leaves after a warm-up of {warm_up:.4}");
    let long = longer.iter().map(|window| format!("windows of {window}: longer than the {left}"));
    let left_out = long.chain(later.iter().map(|delay| format!("delays of {delay}: beyond half of the {left}")));
    let late = too_late.iter().map(|time| format!("passage times of {time}: longer than the {left}"));
    let mut left_out: Vec<String> = left_out.chain(late).collect();

    let longest = |times: &[f64]| times.last().copied().unwrap_or(0.0);
    let bound: f64 = point.groups.iter().map(Group::jump_rate_bound).sum();
    let wanted = [4.0 * longest(&windows), 2.0 * longest(&delays), 4.0 * longest(&passage_times), JUMPS / bound];
    let count = wanted.iter().map(|length| length / window).fold(WINDOWS, f64::max);
    let count = (2.0 * (count / 2.0).ceil().min(1e9)).min(most) as u32;
    let told_apart = !asked.baths.is_empty()
        && point.groups.len() == 1
        && point.facts().follows_levels
        && point.number() <= MOST_SECTORS;
    let conserved = told_apart && is_conserved(point);
    let sectors = conserved || told_apart && point.bright_sector().is_some();
    // Few anchors at a time: reading them must not slow the trajectory. Of all groups as many, or g2 would be of another mix.
    let share = |bath: &usize| {
        let most = |Group { model, .. }: &Group| {
            let n = model.number as f64;
            model.baths[*bath].down * n.max(n / 2.0 * (n / 2.0 + 1.0))
        };
        let most = point.groups.iter().map(most).fold(0.0, f64::max);
        (4.0 / (most * longest(&delays))).min(1.0)
    };
    // Of ensembles and modes photons are put into states, see `beside`.
    let ensembles = point.ensembles();
    let shares = if ensembles.is_some() { Vec::new() } else { asked.baths.iter().map(share).collect() };
    let stretch = f64::from(count) * window;
    let beside = ensembles.map(|ensembles| beside(ensembles, longest(&delays), (warm_up, time, stretch)));
    let beside = beside.filter(|beside| beside.cells > 0 || !delays.is_empty());
    let entropy = entropy.filter(|_| !windows.is_empty()).cloned();
    let frequencies = asked.frequencies.clone();
    let waiting = point.groups.len() == 1;
    if !waiting && !delays.is_empty() {
        left_out.push(TOGETHER.to_owned());
    }
    let passages = if waiting { asked.passage.clone() } else { Vec::new() };
    if !waiting && !asked.passage.is_empty() {
        left_out.push("first_passage: quanta of one group come between those of another".to_owned());
    }
    let baths = asked.baths.clone();
    let counted = Counted { baths, windows, frequencies, delays, shares, passages, passage_times, waiting };
    let protocol = Protocol { warm_up, window, windows: count, counted, sectors, conserved, entropy, beside };
    Schedule { protocol, too_short, left_out }
}
