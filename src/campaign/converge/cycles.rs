//! The limit cycle of a protocol from trajectories: whole cycles that are thrown away, then a stretch of them that is
//! measured, in rounds that are those of any steady state.

use serde_json::json;

use super::super::aside::aside;
use super::super::error::RunError;
use super::counted::{Counts, cycles_of};
use super::passes::{Passes, Ways, ways};
use super::protocol::{Relaxation, WARM_UP, WINDOW, WINDOWS};
use super::rounds::{ATTEMPT, Done, Ended, PILOT, Place, Rounds, SURPRISE, Sampler, Standing};
use crate::canonical;
use crate::lindblad::Effort;
use crate::lindblad::protocol::CycleError;
use crate::model::Observables;
use crate::model::protocol::{Entry, Protocol};
use crate::quantity::{Column, Quantity};
use crate::random::stream;
use crate::results::{Convergence, CycleConvergence, RelaxationFrom, SteadyRun};
use crate::scenario::{Converge, Point};
use crate::solve::{CONSERVED, Judged, Phases, Unsolved, cycle_multiplier, is_conserved};
use crate::statistics::{
    CycleSums, Estimate, Estimator, Evidence, GROUPS, Replica, Replicas, StopRule, Windows, jackknife,
};
use crate::store::{Shelf, layout};
use crate::theory;
use crate::theory::machine::FOUND;
use crate::trajectory::Interrupt;
use crate::trajectory::protocol::Pieces;

/// The cycles of a stretch that are looked at phase by phase, its last ones.
const LOOKED_AT: u64 = 16;
/// Jumps of a stretch, at least, as far as its bound tells; and cycles.
const JUMPS: f64 = 2000.0;
const CYCLES: f64 = 8.0;
/// A trajectory has no more cycles than this.
const MOST_CYCLES: f64 = 1e9;
/// How far above the truth an estimate of what forgets fastest may be: a cycle of which nothing is left is one that is
/// forgotten within a part of it.
const FORGOTTEN: f64 = 1e-12;

/// How many cycles a trajectory goes through.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    period: f64,
    /// Thrown away.
    warm_up: u64,
    /// A window, within which the memory of a cycle ends, and how many of them there are: an even number.
    window: u64,
    windows: u64,
    /// Windows of so many cycles that are asked for.
    asked: Vec<u64>,
    /// How long trajectories should have been, where they may not be as long.
    too_short: Option<f64>,
}

impl Plan {
    /// For a relaxation time, as far as trajectories may be as long.
    fn new(point: &Point, protocol: &Protocol, asked: &Converge, time: f64) -> Result<Self, RunError> {
        let period = protocol.period();
        let whole = |time: f64| (time / period * (1.0 - 1e-9)).ceil().max(1.0);
        let (mut warm_up, mut window) = (whole(WARM_UP * time), whole(WINDOW * time));
        let most = asked.budget.until.map_or(MOST_CYCLES, |until| (until / period * (1.0 + 1e-9)).floor());
        let needed = warm_up + WINDOWS * window;
        let mut too_short = None;
        if needed > most {
            if most < 1.0 + WINDOWS {
                let why = format!("trajectories may be of {most} cycles, and no fewer than five tell a limit cycle");
                return Err(RunError::NoCycle { point: point.index, why });
            }
            too_short = Some(needed * period);
            warm_up = warm_up.min((most / 2.0).floor());
            window = ((most - warm_up) / WINDOWS).floor();
        }
        let a_cycle = protocol.jumps_bound(point.number()).max(f64::MIN_POSITIVE);
        // What is asked for is counted in four times.
        let asked = cycles_of(&asked.steady.noise.windows, period);
        let longest = asked.iter().max().map_or(0.0, |longest| 4.0 * *longest as f64);
        let wanted = WINDOWS.max(CYCLES / window).max(JUMPS / a_cycle / window).max(longest / window);
        let windows = (2.0 * (wanted / 2.0).ceil()).min(2.0 * ((most - warm_up) / window / 2.0).floor());
        let [warm_up, window, windows] = [warm_up, window, windows].map(|count| count as u64);
        let asked = asked.into_iter().filter(|cycles| *cycles <= window * windows).collect();
        Ok(Plan { period, warm_up, window, windows, asked, too_short })
    }

    fn cycles(&self) -> u64 {
        self.window * self.windows
    }

    fn stretch(&self) -> f64 {
        self.cycles() as f64 * self.period
    }
}

/// How slowly the cycles of a point forget, exactly where that can be had.
///
/// # Errors
/// That they never do, or so slowly that it cannot be told.
pub fn relaxation(point: &Point, protocol: &Protocol, stop: &Interrupt) -> Result<Option<Relaxation>, RunError> {
    let (solved, of) = (point.clone(), protocol.clone());
    let limit = move || cycle_multiplier(&solved, &of, Effort::Beside);
    let Some(limit) = aside(stop, limit) else { return Ok(None) };
    let refused = |why: String| Err(RunError::NoCycle { point: point.index, why });
    match limit {
        Ok(multiplier) => {
            let multiplier = multiplier.max(FORGOTTEN);
            Ok(Some((-protocol.period() / libm::log(multiplier), RelaxationFrom::Exact)))
        }
        Err(error @ Unsolved::Cycle(CycleError::NotUnique | CycleError::Memory { .. } | CycleError::Once)) => {
            refused(error.to_string())
        }
        // Out of reach: about what the average rates do.
        Err(_) => {
            let average = protocol.average(point.number());
            let driven = protocol.is_driven().then(|| theory::strongly_driven_relaxation_rate(&average));
            match theory::relaxation_rate(&average, &point.groups[0].initial) {
                Some(rate) => {
                    let slowest = driven.map_or(rate, |driven| rate.min(driven));
                    Ok(Some((slowest.recip(), RelaxationFrom::Chain)))
                }
                None => refused(CycleError::NotUnique.to_string()),
            }
        }
    }
}

/// How long the trajectories of the first round are, and a bound on the jumps of all of them.
///
/// # Errors
/// Trajectories that may not be long enough for any.
pub fn first_round(point: &Point, protocol: &Protocol, asked: &Converge, time: f64) -> Result<(f64, f64), RunError> {
    let plan = Plan::new(point, protocol, asked, time)?;
    let cycles = (plan.warm_up + plan.cycles()) as f64;
    Ok((cycles * plan.period, GROUPS as f64 * cycles * protocol.jumps_bound(point.number())))
}

/// Trajectories that are measured over a stretch of cycles.
struct OverCycles<'a> {
    point: &'a Point,
    protocol: &'a Protocol,
    ways: Box<dyn Ways>,
    plan: Plan,
    phases: Phases,
}

impl OverCycles<'_> {
    /// One trajectory, added to the sums; `None` where it was interrupted.
    fn trajectory(
        &self,
        number: u64,
        (passes, windows): (&mut (dyn Passes + '_), &mut Windows),
        (values, sums): (&mut [f64], &mut CycleSums),
    ) -> Option<Replica<Observables>> {
        let (point, plan) = (self.point, &self.plan);
        let mut rng = stream(point.seed, point.id, number);
        let cycles = plan.cycles();
        let mut warm_jumps = 0;
        let (mut halves, mut square) = ([0.0; 2], 0.0);
        let mut cells = vec![0.0; self.phases.times.len() * self.phases.columns.len()];
        values.fill(0.0);
        windows.clear();
        passes.begin(&mut rng);
        for cycle in 0..plan.warm_up + cycles {
            if cycle == plan.warm_up {
                warm_jumps = passes.exchanged().jumps();
                passes.exchanged().clear();
            }
            let settled = cycle.checked_sub(plan.warm_up);
            let looks = settled.is_some_and(|settled| settled + LOOKED_AT >= cycles);
            if !passes.pass(looks, &mut rng) {
                return None;
            }
            let Some(settled) = settled else { continue };
            let ledger = passes.ledger();
            sums.push(ledger, windows);
            for (bath, value) in values.iter_mut().enumerate() {
                *value += ledger.total(Entry::Heat(bath)) / plan.stretch();
            }
            let watched = ledger.total(Entry::Heat(point.watched())) / plan.period;
            halves[usize::from(2 * settled >= cycles)] += 2.0 * watched / cycles as f64;
            square += watched * watched / cycles as f64;
            if looks {
                passes.look(&mut cells);
                sums.look(&cells);
            }
        }
        let exchanged = passes.exchanged().clone();
        Some(Replica {
            mean: Observables::default(),
            integral: Observables::default(),
            j_squared: 0.0,
            net: (0..exchanged.baths()).map(|bath| exchanged.net(bath)).collect(),
            jumps: warm_jumps + exchanged.jumps(),
            exchanged,
            halves,
            square,
        })
    }
}

impl Sampler for OverCycles<'_> {
    type Sums = CycleSums;

    fn point(&self) -> &Point {
        self.point
    }

    fn empty(&self) -> (Replicas, CycleSums) {
        let (protocol, phases) = (self.protocol, &self.phases);
        let (baths, cells) = (protocol.baths(), phases.times.len() * phases.columns.len());
        let asked = self.plan.asked.len();
        (Replicas::new(baths, 0, baths), CycleSums::new(baths, protocol.stages().len(), cells, asked))
    }

    fn run(&self, numbers: &mut dyn Iterator<Item = u64>, interrupt: &Interrupt) -> (Replicas, CycleSums) {
        let (mut replicas, mut sums) = self.empty();
        let baths = self.protocol.baths();
        let mut passes = self.ways.passes(self.point, &self.phases, interrupt);
        let mut windows = Windows::new(self.plan.window, &self.plan.asked, baths);
        let mut values = vec![0.0; baths];
        for number in numbers {
            let room = (&mut *passes, &mut windows);
            let Some(replica) = self.trajectory(number, room, (&mut values, &mut sums)) else { break };
            replicas.push(&values, &replica);
        }
        (replicas, sums)
    }

    fn work(&self) -> f64 {
        let cycles = (self.plan.warm_up + self.plan.cycles()) as f64;
        cycles * self.ways.work(self.point, self.protocol)
    }
}

/// What decides the trajectories and what is kept of them, beside the point and the seed.
fn key(point: &Point, plan: &Plan, phases: &Phases, first: u64) -> u64 {
    let Plan { period: _, warm_up, window, windows, asked, too_short: _ } = plan;
    let columns: Vec<_> = phases.columns.iter().map(|column| json!([column.quantity.name(), column.bath])).collect();
    let mut all = json!({
        "cycles": [warm_up, window, windows],
        "phases": phases.times,
        "columns": columns,
        "bath": point.watched(),
        "first": first,
    });
    // Added where there is such a thing, so that pieces of other runs are found.
    if !asked.is_empty() {
        all["windows"] = json!(asked);
    }
    canonical::id(&all)
}

/// Runs a point to its limit cycle; as `converge_with`.
pub fn converge(
    (point, protocol, asked): (&Point, &Protocol, &Converge),
    (mut time, mut from): Relaxation,
    place: Place,
    progress: &mut dyn FnMut(&Standing),
) -> Result<Option<SteadyRun>, RunError> {
    let conserved = is_conserved(point, protocol);
    let mut spent = 0;
    for attempt in place.2.map_or(0, Shelf::first_attempt).. {
        let plan = Plan::new(point, protocol, asked, time)?;
        let ways = ways(point, protocol, plan.warm_up + plan.cycles(), Pieces::Enough);
        let sampler = OverCycles { point, protocol, ways, plan, phases: Phases::of(point, protocol) };
        affordable(&sampler, asked, place.1)?;
        let plan = &sampler.plan;
        let rule = StopRule {
            target: asked.accuracy.target,
            confidence: asked.accuracy.confidence,
            bath: asked.steady.bath,
            estimators: vec![Estimator { index: asked.steady.bath, controlled: false }],
            relaxation_time: time,
            stretch: plan.stretch(),
            conserved,
            evidence: Evidence::Quanta,
            bound: None,
        };
        let first = attempt * ATTEMPT;
        let key = key(point, plan, &sampler.phases, first);
        let layout = layout(&sampler.empty());
        let rounds = Rounds { sampler: &sampler, budget: &asked.budget, rule: &rule, first, key, layout, place };
        let surprise = |replicas: &Replicas, _: &[CycleSums]| {
            if from == RelaxationFrom::Exact || conserved || attempt >= 20 {
                return None;
            }
            let seen = replicas.agreement(plan.stretch()).map_or(0.0, |agreement| agreement.autocorrelation_time);
            // Cycles that differ by chance alone have that of half a cycle.
            (seen > SURPRISE * time.max(plan.period)).then_some(SURPRISE * seen)
        };
        match rounds.run(progress, plan.too_short, spent, surprise)? {
            Ended::Slower { time: slower, jumps } => {
                (time, from) = (slower, RelaxationFrom::Data);
                spent += jumps;
            }
            Ended::Nothing => return Ok(None),
            Ended::Done(done) => return Ok(Some(steady_run(&sampler, asked, (time, from), conserved, *done))),
        }
    }
    unreachable!("attempts end when the last of them is not asked for a surprise")
}

/// Refuses what the first round cannot afford, by a single cycle from a stream that is not used again; as far as there is
/// time: it decides of no result.
fn affordable(sampler: &OverCycles, asked: &Converge, stop: &Interrupt) -> Result<(), RunError> {
    let plan = Plan { warm_up: 1, window: 1, windows: 2, asked: Vec::new(), ..sampler.plan.clone() };
    let &OverCycles { point, protocol, .. } = sampler;
    let ways = ways(point, protocol, plan.warm_up + plan.cycles(), Pieces::Equal(1));
    let pilot = OverCycles { point, protocol, ways, plan, phases: sampler.phases.clone() };
    let (replicas, _) = pilot.run(&mut std::iter::once(u64::MAX), &stop.after(PILOT));
    let cycles = (sampler.plan.warm_up + sampler.plan.cycles()) as f64;
    let jumps = GROUPS as f64 * cycles * replicas.jumps as f64 / 3.0;
    if replicas.count() > 0 && jumps > asked.budget.jumps {
        return Err(RunError::Budget { point: sampler.point.index, jumps, allowed: asked.budget.jumps });
    }
    Ok(())
}

/// The estimates, and what is missing.
fn steady_run(
    sampler: &OverCycles,
    asked: &Converge,
    (relaxation_time, relaxation_from): Relaxation,
    conserved: bool,
    done: Done<CycleSums>,
) -> SteadyRun {
    let Done { replicas, groups, mut judgement, stopped_because } = done;
    let (point, plan, phases) = (sampler.point, &sampler.plan, &sampler.phases);
    if let Some(needed) = plan.too_short {
        judgement.missing.push(format!("trajectories of {needed:.4} or more (`evolution.until`)"));
    }
    let estimates = |statistics: &dyn Fn(&CycleSums) -> Vec<f64>| jackknife(&groups, statistics);
    let entries: Vec<Entry> = Entry::all(sampler.protocol.baths()).collect();
    let means = estimates(&|sums| entries.iter().map(|entry| sums.mean(*entry, plan.window)).collect());
    let mean = |entry: Entry| means[entry.index()].map_or(f64::NAN, |estimate| estimate.mean);
    let told = |entry: Entry| {
        let found = |estimate: &Estimate| estimate.std_error.is_some_and(|e| estimate.mean.abs() >= FOUND * e);
        means[entry.index()].filter(found).map(|estimate| estimate.mean)
    };
    let judged = Judged::new(point, sampler.protocol, &told, !conserved);
    let found = estimates(&|sums| {
        judged.values(&|entry| sums.mean(entry, plan.window), &|a, b| sums.growth(a, b, plan.window))
    });
    let of_replicas = |column: &Column| {
        let index = column.bath.filter(|_| column.quantity == Quantity::HeatCurrent)?;
        replicas.estimate(Estimator { index, controlled: false })
    };
    let values = judged.columns().into_iter().zip(found);
    let value = |(column, found): (Column, Option<Estimate>)| {
        let estimate = of_replicas(&column).or(found)?;
        Some((column.quantity, column.bath, estimate))
    };
    let values: Vec<_> = values.filter_map(value).collect();
    let pairs = judged.pairs();
    let of_pairs = estimates(&|sums| {
        let growth = |[a, b]: &[usize; 2]| sums.growth(Entry::Heat(*a), Entry::Heat(*b), plan.window);
        pairs.iter().map(growth).collect()
    });
    let of_pairs = pairs.into_iter().zip(of_pairs).filter_map(|(pair, found)| Some((pair, found?)));
    let mut refused = Vec::new();
    if conserved {
        refused.push(CONSERVED.to_owned());
    }
    refused.extend(judged.unknown.clone());
    let counts = Counts { point, period: plan.period, window: plan.window, windows: &plan.asked, conserved };
    let (noise, thin) = counts.noise(&groups, &replicas);
    refused.extend(thin);
    if !mean(Entry::Entropy).is_finite() {
        refused.push("entropy: it is infinite on the paths that were seen".to_owned());
    }
    let met = judgement.met();
    let convergence = Convergence {
        converged: met,
        no_current: None,
        trajectories_needed: (!met && plan.too_short.is_none()).then_some(judgement.needed.min(1e18) as u64),
        missing: judgement.missing,
        estimator: Quantity::HeatCurrentCounts.name().to_owned(),
        half_width: Some(judgement.half_width).filter(|width| width.is_finite()),
        confidence: asked.accuracy.confidence,
        warm_up: plan.warm_up as f64 * plan.period,
        stretch: plan.stretch(),
        relaxation_time,
        relaxation_from,
        agreement: replicas.agreement(plan.stretch()),
        refused,
        cycle: Some(CycleConvergence {
            period: plan.period,
            warm_up: plan.warm_up,
            cycles: plan.cycles(),
            window: plan.window,
            multiplier: libm::exp(-plan.period / relaxation_time),
        }),
    };
    SteadyRun {
        correlated: None,
        observables: Vec::new(),
        values,
        heat_covariances: of_pairs.collect(),
        noise,
        distributions: Vec::new(),
        machine: judged.machine,
        convergence,
        stopped_because,
        trajectories: replicas.count(),
        jumps: replicas.jumps,
        phases: if phases.times.is_empty() { Vec::new() } else { estimates(&|sums| sums.phases().to_vec()) },
    }
}
