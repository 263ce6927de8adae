//! The steady state of a point from trajectories: rounds of preset sizes until the stop rule is satisfied.
//!
//! A round is one task for each group of a jackknife, folded in the order of the groups: the result is a function of the
//! point and the seed, whatever the number of threads.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use super::error::RunError;
use super::input::{Group, Point};
use super::round::{Piece, Shelf, State, protocol_key};
use super::steady::SteadyRoad;
use crate::bath::{Bath, Coupling};
use crate::lindblad::{self, Counting, Effort};
use crate::model::{Linear, Model, System, Values};
use crate::quantity::{Column, Interval, Measure, Quantity, Sample};
use crate::random::stream;
use crate::statistics::{
    Agreement, Counted, Distribution, Entropy, Estimate, Evidence, GROUPS, Judgement, Merge, NoPlateau, NoiseEstimate,
    NoiseReport, Protocol, Replica, Replicas, StopRule, Stretches, Sums, noise, sizes,
};
use crate::theory;
use crate::trajectory::{DrivenLadder, Engine, Ladder, Leaps, Populations, Registers, Start, Unravelling};

/// The basic window in relaxation times: what the noise leaves out of longer correlations is e^-6 of them.
const WINDOW: f64 = 6.0;
/// Basic windows in a stretch, at least.
const WINDOWS: f64 = 4.0;
/// Jumps of a stretch, at least, as far as its bound tells: what a trajectory costs to begin is little beside them.
const JUMPS: f64 = 2000.0;
/// The most cells of a Fourier sum in a stretch.
const CELLS: f64 = 4_194_304.0;
/// Relaxation times of warm-up: e^-14 = 8e-7 of the start is left, far below what trajectories resolve. The error that is
/// asked for does not enter, so that a smaller one goes on from the same trajectories.
const WARM_UP: f64 = 14.0;
/// How far the autocorrelation time seen in the data may exceed an estimated relaxation time.
const SURPRISE: f64 = 2.0;
/// Trajectories of one attempt at a relaxation time have numbers of their own.
const ATTEMPT: u64 = 1 << 48;
/// Qubits of the full equation that is solved beside a run.
const MOST_REGISTER: i64 = 5;
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

/// How a steady state was reached, and whether.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// Whether everything that was asked for was met.
    pub converged: bool,
    /// What is missing where it was not.
    pub missing: Vec<String>,
    /// How many trajectories it would take then, about.
    pub trajectories_needed: Option<u64>,
    /// The estimator that `heat_current` of the watched bath is from.
    pub estimator: String,
    /// Half the width of its interval.
    pub half_width: Option<f64>,
    /// How often the interval has to hold the true value.
    pub confidence: f64,
    /// The time that every trajectory threw away.
    pub warm_up: f64,
    /// The time that every trajectory measured.
    pub stretch: f64,
    /// The slowest relaxation time.
    pub relaxation_time: f64,
    /// Where it is from.
    pub relaxation_from: RelaxationFrom,
    /// How trajectories agree, where they show any spread.
    pub agreement: Option<Agreement>,
    /// What was refused of the noise, and why.
    pub refused: Vec<String>,
}

/// The steady state of a point, from trajectories.
#[derive(Clone, Debug)]
pub struct SteadyRun {
    /// Each quantity with its estimate.
    pub values: Vec<(Quantity, Option<usize>, Estimate)>,
    /// What `[noise]` asks for.
    pub noise: Vec<NoiseEstimate>,
    /// How the quanta are distributed in its windows.
    pub distributions: Vec<Distribution>,
    /// How it was reached.
    pub convergence: Convergence,
    /// Why it ended: "relative_error" or "absolute_error" where it converged, "trajectories", "max_jumps" or "until"
    /// where that was spent first, "interrupted" where somebody was.
    pub stopped_because: &'static str,
    /// Trajectories.
    pub trajectories: u64,
    /// Jumps of all of them.
    pub jumps: u64,
}

/// Where a point stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Trajectories that are done.
    pub trajectories: u64,
    /// Those that there will be at the next look.
    pub of: u64,
    /// Jumps so far.
    pub jumps: u64,
    /// The watched current.
    pub current: Option<Estimate>,
}

/// Runs a point to its steady state on a pool of threads, or until it is told to stop: the round in hand is dropped then,
/// and there is nothing before the first is complete.
///
/// # Errors
/// A frequency that would take too many cells, or a budget that does not reach for the first round.
pub fn converge(
    point: &Point,
    pool: &ThreadPool,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(&Standing),
) -> Result<Option<SteadyRun>, RunError> {
    converge_with(point, (pool, stop, None), progress)
}

/// Where a run computes, what ends it, and where its rounds are kept.
type Place<'a> = (&'a ThreadPool, &'a AtomicBool, Option<&'a Shelf<'a>>);

/// The same with rounds that are kept: what is there is not computed again.
pub(super) fn converge_with(
    point: &Point,
    place: Place,
    progress: &mut dyn FnMut(&Standing),
) -> Result<Option<SteadyRun>, RunError> {
    let driven = point.groups.iter().any(|group| group.hamiltonian.drive.is_some());
    match point.engine.engine {
        Engine::Populations => {
            of_engine(point, place, progress, |group| (Populations::new(&group.model), group.model.clone()))
        }
        Engine::Leaps => of_engine(point, place, progress, |group| (Leaps::new(&group.model), group.model.clone())),
        Engine::Ladder if driven => of_engine(point, place, progress, |group| {
            (DrivenLadder::new(&group.model, &group.hamiltonian), group.model.clone())
        }),
        Engine::Ladder => of_engine(point, place, progress, |group| {
            (Ladder::new(&group.model, &group.hamiltonian), group.model.clone())
        }),
        Engine::Register => of_engine(point, place, progress, |group| {
            let register = group.register();
            let coherent = !Start::new(&group.initial, register.number()).is_sharp();
            (Registers::new(&register, coherent), register)
        }),
    }
}

/// Whether collective jumps are seen one by one, and so may be counted.
fn counts_collective(point: &Point) -> bool {
    point.engine.engine != Engine::Leaps
}

/// A bound on the mean number of jumps that the engine goes through in a trajectory of this length.
fn jumps_bound(point: &Point, duration: f64) -> f64 {
    let of_group = |Group { model, .. }: &Group| {
        let seen = |bath: &&Bath| counts_collective(point) || bath.coupling == Coupling::Local;
        let baths = model.baths.iter().filter(seen).cloned().collect();
        Model { baths, ..model.clone() }.jumps_bound(duration)
    };
    point.groups.iter().map(of_group).sum()
}

/// Whether the populations of identical qubits are all there is to the steady state.
fn is_plain(point: &Point) -> bool {
    point.groups.iter().all(Group::on_the_ladder)
}

/// Exact values beside the estimates, where they can be afforded.
///
/// # Errors
/// Why they cannot.
pub fn exact_beside(point: &Point) -> Result<SteadyRoad, String> {
    if !is_plain(point) && point.number() > MOST_REGISTER {
        return Err(format!("beyond {MOST_REGISTER} qubits that differ or are driven nothing is solved beside a run"));
    }
    SteadyRoad::new(point, Effort::Beside).map_err(|e| e.to_string())
}

/// The slowest relaxation time of the groups, and where it is from.
fn relaxation(point: &Point) -> (f64, RelaxationFrom) {
    let exact = |Group { model, initial, .. }: &Group| {
        lindblad::Populations::affordable(model, initial, Effort::Beside).ok()?;
        let equation = lindblad::Populations::new(model, initial);
        equation.ladder().mixes_sectors().then(|| Counting::new(&equation).ok()?.relaxation_time().ok()).flatten()
    };
    let chain = |Group { model, initial, .. }: &Group| theory::relaxation_rate(model, initial).map(f64::recip);
    let slowest = |times: Vec<f64>| times.into_iter().fold(0.0, f64::max);
    if is_plain(point) {
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
    if !asked || !is_plain(point) || point.engine.engine != Engine::Populations {
        return None;
    }
    lindblad::Populations::affordable(model, initial, Effort::Beside).ok()?;
    let steady = lindblad::Populations::new(model, initial).steady_state().ok()?;
    Entropy::new(model.number, &model.baths, steady.levels.into_iter().zip(steady.p)).map(Arc::new)
}

/// How long to run for a relaxation time, and whether that is longer than the run may be.
fn protocol(point: &Point, time: f64) -> (Protocol, Option<f64>) {
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

/// How a replica becomes one of the values that are averaged.
enum Reading<V: Values> {
    Measure(Measure<V>),
    /// A form in `<J_z>` alone.
    Balance(Linear),
    JSquared,
}

impl<V: Values> Reading<V> {
    fn value(&self, replica: &Replica<V>, stretch: f64) -> f64 {
        match self {
            Reading::Measure(measure) => {
                let interval =
                    Interval { duration: stretch, integral: replica.integral, net_quanta: Some(&replica.net) };
                measure.value(&Sample { values: replica.mean, transverse: None }, &interval)
            }
            Reading::Balance(form) => form.at(0.0, replica.mean.jz()),
            Reading::JSquared => replica.j_squared,
        }
    }
}

/// The columns that are averaged: what is the current, estimator by estimator, and the rest.
fn columns(point: &Point) -> Vec<Column> {
    let mut columns = Vec::new();
    let balances = |bath: usize| {
        is_plain(point) && point.groups.iter().all(|g| g.model.balanced_heat_current(&g.model.baths[bath]).is_some())
    };
    let counted = |bath: usize| counts_collective(point) || point.baths()[bath].coupling == Coupling::Local;
    for column in point.columns() {
        match (column.quantity, column.bath) {
            (Quantity::HeatCurrentCounts, Some(bath)) => {
                columns.extend(counted(bath).then_some(column));
                if balances(bath) {
                    columns.push(Column { quantity: Quantity::HeatCurrentBalance, ..column });
                }
            }
            (
                Quantity::HeatCurrentAverage
                | Quantity::Intensity
                | Quantity::Jz
                | Quantity::JSquared
                | Quantity::Excited,
                _,
            ) => columns.push(column),
            // What is of one instant, or turns with the qubits.
            _ => {}
        }
    }
    columns
}

/// One engine and system for each group of qubits.
struct Members<'a, E: Unravelling> {
    point: &'a Point,
    engines: Vec<E>,
    watched: Vec<<E::Values as Values>::Form>,
    intensities: Vec<Vec<<E::Values as Values>::Form>>,
    readings: Vec<Vec<Reading<E::Values>>>,
}

impl<E: Unravelling> Members<'_, E> {
    /// Runs trajectories of these numbers.
    fn run(&self, protocol: &Protocol, numbers: impl Iterator<Item = u64>) -> (Replicas, Sums) {
        let point = self.point;
        let mut replicas = Replicas::new(self.readings[0].len(), point.baths().len());
        let mut sums = protocol.sums();
        // Counting statistics are of one group; the others only add to the averages.
        let plain = Protocol {
            counted: Counted::default(),
            sectors: false,
            conserved: false,
            entropy: None,
            ..protocol.clone()
        };
        let mut unused = plain.sums();
        let mut stretches: Vec<Stretches<E>> = (0..self.engines.len())
            .map(|index| {
                let Group { model, initial, .. } = &point.groups[index];
                let protocol = if index == 0 { protocol } else { &plain };
                let (watched, intensities) = (self.watched[index], &self.intensities[index]);
                Stretches::new(&self.engines[index], initial, protocol, model.number, watched, intensities)
            })
            .collect();
        let stretch = protocol.stretch();
        let mut values = vec![0.0; self.readings[0].len()];
        for number in numbers {
            let mut rng = stream(point.evolution.seed, point.id, number);
            let mut whole: Option<Replica<E::Values>> = None;
            values.fill(0.0);
            for (index, (stretches, readings)) in stretches.iter_mut().zip(&self.readings).enumerate() {
                let sums = if index == 0 { &mut sums } else { &mut unused };
                let replica = stretches.run(&mut rng, sums);
                for (value, reading) in values.iter_mut().zip(readings) {
                    *value += reading.value(&replica, stretch);
                }
                match &mut whole {
                    Some(whole) => whole.add(&replica),
                    None => whole = Some(replica),
                }
            }
            if let Some(whole) = whole {
                replicas.push(&values, &whole);
            }
        }
        (replicas, sums)
    }
}

fn of_engine<E, S>(
    point: &Point,
    place: Place,
    progress: &mut dyn FnMut(&Standing),
    engine: impl Fn(&Group) -> (E, S),
) -> Result<Option<SteadyRun>, RunError>
where
    E: Unravelling<Values = S::Values>,
    S: System,
{
    let columns = columns(point);
    let (engines, systems): (Vec<E>, Vec<S>) = point.groups.iter().map(engine).unzip();
    let baths = 0..point.baths().len();
    let readings = |(group, system): (&Group, &S)| {
        let reading = |column: &Column| match (column.quantity, column.bath) {
            (Quantity::HeatCurrentBalance, Some(bath)) => {
                Reading::Balance(group.model.balanced_heat_current(&group.model.baths[bath]).unwrap_or_default())
            }
            (Quantity::JSquared, _) => Reading::JSquared,
            _ => Reading::Measure(Measure::new(system, *column, point.number())),
        };
        columns.iter().map(reading).collect()
    };
    let members = Members {
        point,
        engines,
        watched: systems.iter().map(|system| system.heat_current(point.accuracy.bath)).collect(),
        intensities: systems.iter().map(|system| baths.clone().map(|bath| system.intensity(bath)).collect()).collect(),
        readings: point.groups.iter().zip(&systems).map(readings).collect(),
    };
    let (mut time, mut from) = relaxation(point);
    let mut spent = 0;
    for attempt in 0.. {
        let (protocol, too_short) = protocol(point, time);
        affordable(point, &protocol, &members)?;
        let rule = StopRule {
            target: point.accuracy.target,
            confidence: point.accuracy.confidence,
            bath: point.accuracy.bath,
            estimators: estimators(&columns, point.accuracy.bath),
            relaxation_time: time,
            stretch: protocol.stretch(),
            conserved: is_conserved(point),
            evidence: if counts_collective(point) { Evidence::Quanta } else { Evidence::LocalJumps },
        };
        let first = attempt * ATTEMPT;
        let key = protocol_key(point, &protocol, &columns, first);
        let rounds = Rounds { members: &members, protocol: &protocol, rule: &rule, first, key, place };
        // What was only estimated gives way to what is seen.
        let surprise = |replicas: &Replicas| {
            let seen = replicas.agreement(protocol.stretch()).map_or(0.0, |a| a.autocorrelation_time);
            let slower = from != RelaxationFrom::Exact && !rule.conserved && seen > SURPRISE * time && attempt < 20;
            slower.then_some(seen)
        };
        match rounds.run(progress, too_short, spent, surprise)? {
            Ended::Slower { seen, jumps } => {
                (time, from) = (SURPRISE * seen, RelaxationFrom::Data);
                spent += jumps;
            }
            Ended::Nothing => return Ok(None),
            Ended::Done(done) => {
                let finished = Finished { point, columns: &columns, protocol: &protocol, relaxation: (time, from) };
                return Ok(Some(finished.steady_run(*done, too_short)));
            }
        }
    }
    unreachable!("attempts end when the last of them is not asked for a surprise")
}

/// The estimators of the current of a bath among the columns.
fn estimators(columns: &[Column], bath: usize) -> Vec<usize> {
    let current = |quantity| {
        matches!(quantity, Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts | Quantity::HeatCurrentBalance)
    };
    let of = |column: &Column| column.bath == Some(bath) && current(column.quantity);
    (0..columns.len()).filter(|index| of(&columns[*index])).collect()
}

/// Whether trajectories keep their J, and differ by it, for ever.
fn is_conserved(point: &Point) -> bool {
    let several = |Group { model, initial, .. }: &Group| {
        let reached = crate::dicke::sectors(model.number).filter(|two_j| initial.reaches(model.number, *two_j));
        !model.rates(Coupling::Local).any() && reached.take(2).count() > 1
    };
    point.groups.iter().any(several)
}

/// Refuses what one stretch, or the first round of them, cannot afford.
fn affordable<E: Unravelling>(point: &Point, protocol: &Protocol, members: &Members<E>) -> Result<(), RunError> {
    if protocol.cells() > CELLS {
        let highest = CELLS / protocol.stretch() / 2.0;
        let asked = protocol.counted.frequencies.last().copied().unwrap_or(0.0);
        return Err(RunError::Frequency { point: point.index, asked, highest });
    }
    // A trajectory of a sixty-fourth of the length, from a stream that is not used again.
    let pilot = Protocol {
        warm_up: protocol.warm_up / GROUPS as f64,
        window: protocol.window / GROUPS as f64,
        counted: Counted::default(),
        sectors: false,
        conserved: false,
        entropy: None,
        ..protocol.clone()
    };
    let (replicas, _) = members.run(&pilot, std::iter::once(u64::MAX));
    let jumps = replicas.jumps as f64 * (GROUPS * GROUPS) as f64;
    if jumps > point.accuracy.max_jumps {
        return Err(RunError::Budget { point: point.index, jumps, allowed: point.accuracy.max_jumps });
    }
    Ok(())
}

/// How an attempt ended.
enum Ended {
    /// Slower relaxation than was assumed.
    Slower {
        seen: f64,
        jumps: u64,
    },
    Done(Box<Done>),
    /// Stopped before the first round was complete.
    Nothing,
}

/// The last of the rounds, and what was made of them.
struct Done {
    replicas: Replicas,
    groups: Vec<Sums>,
    judgement: Judgement,
    stopped_because: &'static str,
}

struct Rounds<'a, E: Unravelling> {
    members: &'a Members<'a, E>,
    protocol: &'a Protocol,
    rule: &'a StopRule,
    first: u64,
    /// What its pieces are named by.
    key: u64,
    place: Place<'a>,
}

impl<E: Unravelling> Rounds<'_, E> {
    fn run(
        &self,
        progress: &mut dyn FnMut(&Standing),
        too_short: Option<f64>,
        spent: u64,
        surprise: impl Fn(&Replicas) -> Option<f64>,
    ) -> Result<Ended, RunError> {
        let point = self.members.point;
        let cap = match point.evolution.trajectories / GROUPS * GROUPS {
            0 => u64::MAX,
            cap => cap,
        };
        let mut replicas = Replicas::new(self.members.readings[0].len(), point.baths().len());
        let mut groups = vec![self.protocol.sums(); GROUPS as usize];
        for size in sizes() {
            let size = size.min(cap);
            let before = (replicas.clone(), groups.clone());
            let mut show = |replicas, current: &Replicas| {
                progress(&Standing {
                    trajectories: replicas,
                    of: size,
                    jumps: spent + current.jumps,
                    current: self.rule.judge(current).estimate,
                });
            };
            let whole = self.round(size, &mut replicas, &mut groups, &mut show)?;
            if !whole {
                let (replicas, groups) = before;
                if replicas.count() == 0 {
                    return Ok(Ended::Nothing);
                }
                let judgement = self.rule.judge(&replicas);
                return Ok(Ended::Done(Box::new(Done { replicas, groups, judgement, stopped_because: "interrupted" })));
            }
            if let Some(seen) = surprise(&replicas).filter(|_| too_short.is_none()) {
                return Ok(Ended::Slower { seen, jumps: replicas.jumps });
            }
            let judgement = self.rule.judge(&replicas);
            // The next size is at most twice this one.
            let next = (spent + replicas.jumps) as f64 * 1.5;
            let stopped_because = if too_short.is_some() {
                "until"
            } else if judgement.met() {
                point.accuracy.target.name()
            } else if size >= cap {
                "trajectories"
            } else if next > point.accuracy.max_jumps {
                "max_jumps"
            } else {
                continue;
            };
            return Ok(Ended::Done(Box::new(Done { replicas, groups, judgement, stopped_because })));
        }
        unreachable!("the sizes have no end")
    }

    /// The pieces of a round.
    fn pieces(&self, trajectories: &Range<u64>) -> Vec<Piece> {
        let point = self.members.point;
        let duration = self.protocol.warm_up + self.protocol.stretch();
        let jumps = jumps_bound(point, duration);
        let a_jump = if point.engine.engine == Engine::Populations { 1.0 } else { 50.0 };
        Piece::of_round(self.key, trajectories, jumps * a_jump).collect()
    }

    /// Adds trajectories up to this number: what is kept, and a task for each group that is not. False where it was
    /// stopped, and the round is not whole.
    fn round(
        &self,
        size: u64,
        replicas: &mut Replicas,
        groups: &mut [Sums],
        seen: &mut dyn FnMut(u64, &Replicas),
    ) -> Result<bool, RunError> {
        let (pool, stop, shelf) = self.place;
        let trajectories = replicas.count() / GROUPS..size / GROUPS;
        let pieces = self.pieces(&trajectories);
        let mut fold = Fold { replicas, groups, seen, next: 0, done: vec![None; GROUPS as usize] };
        let mut missing = Vec::new();
        for piece in &pieces {
            let kept = shelf.map(|shelf| shelf.read(self.members.point, piece)).transpose()?.flatten();
            match kept {
                Some(states) => piece.groups.clone().zip(states).for_each(|(group, state)| fold.take(group, state)),
                None => missing.push(piece),
            }
        }
        if missing.is_empty() {
            return Ok(true);
        }
        if shelf.is_some_and(|shelf| !shelf.fills) {
            return Ok(false);
        }
        let failed = AtomicBool::new(false);
        pool.in_place_scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for group in missing.iter().flat_map(|piece| piece.groups.clone()) {
                let (sender, trajectories, failed) = (sender.clone(), trajectories.clone(), &failed);
                scope.spawn(move |_| {
                    let numbers = trajectories.map(|k| self.first + k * GROUPS + group);
                    let go_on = |_: &u64| !stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed);
                    // Nobody listens any more where another task has panicked.
                    let _ = sender.send((group, self.members.run(self.protocol, numbers.take_while(go_on))));
                });
            }
            drop(sender);
            let kept = self.keep(&missing, &receiver, &mut fold);
            failed.store(kept.is_err(), Ordering::Relaxed);
            kept
        })
    }

    /// Writes each piece when its groups are there, and folds them. False where they were stopped.
    fn keep(
        &self,
        missing: &[&Piece],
        receiver: &mpsc::Receiver<(u64, State)>,
        fold: &mut Fold,
    ) -> Result<bool, RunError> {
        let mut waiting: Vec<Vec<(u64, State)>> = vec![Vec::new(); missing.len()];
        let mut whole = true;
        for (group, state) in receiver {
            let Some(at) = missing.iter().position(|piece| piece.groups.contains(&group)) else { continue };
            let (piece, states) = (missing[at], &mut waiting[at]);
            let asked = piece.trajectories.end - piece.trajectories.start;
            // A group that was stopped is cut short, and dropped.
            if state.0.count() < asked {
                whole = false;
                continue;
            }
            states.push((group, state));
            if states.len() as u64 == piece.groups.end - piece.groups.start {
                states.sort_by_key(|(group, _)| *group);
                if let Some(shelf) = self.place.2 {
                    let states: Vec<&State> = states.iter().map(|(_, state)| state).collect();
                    shelf.write(self.members.point, piece, &states)?;
                }
                states.drain(..).for_each(|(group, state)| fold.take(group, state));
            }
        }
        Ok(whole)
    }
}

/// The fold of a round, in the order of the groups, whichever is first.
struct Fold<'a> {
    replicas: &'a mut Replicas,
    groups: &'a mut [Sums],
    seen: &'a mut dyn FnMut(u64, &Replicas),
    next: usize,
    done: Vec<Option<Replicas>>,
}

impl Fold<'_> {
    fn take(&mut self, group: u64, (some, sums): State) {
        self.groups[group as usize].merge(&sums);
        self.done[group as usize] = Some(some);
        while let Some(some) = self.done.get_mut(self.next).and_then(Option::take) {
            self.replicas.merge(&some);
            self.next += 1;
            (self.seen)(self.replicas.count(), self.replicas);
        }
    }
}

/// A run that has ended, to be summed up.
struct Finished<'a> {
    point: &'a Point,
    columns: &'a [Column],
    protocol: &'a Protocol,
    relaxation: (f64, RelaxationFrom),
}

impl Finished<'_> {
    fn steady_run(&self, done: Done, too_short: Option<f64>) -> SteadyRun {
        let Done { replicas, groups, mut judgement, stopped_because } = done;
        let Finished { point, columns, protocol, .. } = *self;
        if let Some(needed) = too_short {
            judgement.missing.push(format!("trajectories of {needed:.4} or more (`evolution.until`)"));
        }
        let bright = point.bright_sector().unwrap_or(0.0);
        let NoiseReport { rows: mut noise, too_short: plateaus, undersampled, one_way, distributions } =
            if protocol.counted.baths.is_empty() {
                NoiseReport::default()
            } else {
                noise(&groups, protocol, point.number(), point.accuracy.bath, bright)
            };
        let mut refused: Vec<String> = plateaus.iter().map(|no| self.words(no)).collect();
        refused.extend(undersampled.iter().map(|(window, effective)| {
            format!(
                "fluctuation theorem over windows of {window}: the average of exp(-sigma) rests on {effective:.1} of them; \
                 shorter windows are sampled better"
            )
        }));
        refused.extend(one_way.iter().map(|(window, backward)| {
            format!(
                "fluctuation symmetry over windows of {window}: only {backward} of them produced a negative entropy"
            )
        }));
        if protocol.conserved {
            refused.push(
                "long-time noise: every trajectory keeps its J, so counts drift apart with their J for ever; sector_noise \
                 is the noise within each"
                    .to_owned(),
            );
        }
        if let Some(needed) = too_short.filter(|_| !noise.is_empty()) {
            // The stretch is no longer than what correlations may be.
            noise.retain(|row| !row.subject.statistic.is_of_long_times());
            refused.push(format!(
                "long-time noise: windows of {:.4} are shorter than the slowest relaxation needs; {:.4} or more, and \
                 trajectories of {needed:.4}, are needed",
                protocol.window,
                WINDOW * self.relaxation.0
            ));
        }
        let met = judgement.met();
        let convergence = Convergence {
            converged: met,
            trajectories_needed: (!met && too_short.is_none()).then_some(judgement.needed.min(1e18) as u64),
            missing: judgement.missing,
            estimator: columns[judgement.best].quantity.name().to_owned(),
            half_width: Some(judgement.half_width).filter(|width| width.is_finite()),
            confidence: point.accuracy.confidence,
            warm_up: protocol.warm_up,
            stretch: protocol.stretch(),
            relaxation_time: self.relaxation.0,
            relaxation_from: self.relaxation.1,
            agreement: replicas.agreement(protocol.stretch()),
            refused,
        };
        let values = self.values(&replicas);
        let (trajectories, jumps) = (replicas.count(), replicas.jumps);
        SteadyRun { values, noise, distributions, convergence, stopped_because, trajectories, jumps }
    }

    fn words(&self, no: &NoPlateau) -> String {
        format!("bath {}: {no}", self.point.baths()[no.bath].name)
    }

    /// Every column, and before those of a bath its best estimate of the current.
    fn values(&self, replicas: &Replicas) -> Vec<(Quantity, Option<usize>, Estimate)> {
        let mut values = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if let (Quantity::HeatCurrentAverage, Some(bath)) = (column.quantity, column.bath) {
                let error = |index: &usize| {
                    replicas.estimate(*index).and_then(|estimate| estimate.std_error).unwrap_or(f64::INFINITY)
                };
                let of_bath = estimators(self.columns, bath);
                let best = of_bath.into_iter().min_by(|a, b| error(a).total_cmp(&error(b)));
                let estimate = best.and_then(|best| replicas.estimate(best));
                values.extend(estimate.map(|estimate| (Quantity::HeatCurrent, Some(bath), estimate)));
            }
            let estimate = replicas.estimate(index);
            values.extend(estimate.map(|estimate| (column.quantity, column.bath, estimate)));
        }
        values
    }
}
