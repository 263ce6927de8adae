//! What the rounds of a point come to: estimates, noise, and how the steady state was reached.

use super::machine::{self, Found};
use super::members::{estimators, quantity};
use super::protocol::{Schedule, WINDOW, is_conserved};
use super::refusals;
use super::rounds::Done;
use crate::quantity::{Column, Quantity};
use crate::results::{Convergence, RelaxationFrom, SettledPairs, SteadyRun};
use crate::scenario::{Converge, Point};
use crate::statistics::{Estimate, Estimator, LEAST_EVENTS, NoiseReport, Replicas, Sums, Thin, noise};

/// A run that has ended, to be summed up.
pub struct Ending<'a> {
    pub point: &'a Point,
    pub asked: &'a Converge,
    pub columns: &'a [Column],
    pub schedule: &'a Schedule,
    pub relaxation: (f64, RelaxationFrom),
    /// Whether the current is known to be next to nothing.
    pub known: bool,
}

impl Ending<'_> {
    /// The estimates, and what is missing.
    pub fn steady_run(&self, done: Done<Sums>) -> SteadyRun {
        let Done { replicas, groups, mut judgement, stopped_because } = done;
        let Ending { point, asked, columns, schedule, .. } = *self;
        let &Schedule { ref protocol, too_short, ref left_out } = schedule;
        if let Some(needed) = too_short {
            judgement.missing.push(format!("trajectories of {needed:.4} or more (`evolution.until`)"));
        }
        let bright = point.bright_sector().unwrap_or(0.0);
        let NoiseReport { rows: mut noise, too_short: plateaus, thin, distributions } =
            if protocol.counted.baths.is_empty() {
                NoiseReport::default()
            } else {
                noise(&groups, protocol, point.number(), asked.steady.bath, bright)
            };
        // Of ensembles that keep each their J nobody tells which a trajectory has.
        let drifts = is_conserved(point) && !protocol.conserved && !noise.is_empty();
        // No window is long enough for counts that drift apart.
        let short = plateaus.iter().filter(|_| !drifts);
        let mut refused: Vec<String> = short.map(|no| refusals::too_short(point, no)).collect();
        // What is too short for long times is said of all of them below.
        let said = |thin: &&Thin| too_short.is_none() || !thin.subject.statistic.is_of_long_times();
        refused.extend(refusals::too_little(point, &thin.iter().filter(said).copied().collect::<Vec<_>>()));
        refused.extend(self.uncounted(&replicas));
        refused.extend_from_slice(left_out);
        if drifts {
            noise.retain(|row| !row.subject.statistic.is_of_long_times());
        }
        if drifts {
            refused.push(
                "long-time noise: qubits keep their J in every trajectory, and start in several: counts drift apart with it \
                 for ever"
                    .to_owned(),
            );
        }
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
        let Found { machine, merit, refused: unknown } = machine::found(point, columns, &replicas);
        refused.extend(unknown);
        let met = judgement.met();
        let convergence = Convergence {
            converged: met,
            no_current: self.known.then(|| self.no_current()),
            trajectories_needed: (!met && too_short.is_none()).then_some(judgement.needed.min(1e18) as u64),
            missing: judgement.missing,
            estimator: quantity(columns, judgement.best).name().to_owned(),
            half_width: Some(judgement.half_width).filter(|width| width.is_finite()),
            confidence: asked.accuracy.confidence,
            warm_up: protocol.warm_up,
            stretch: protocol.stretch(),
            relaxation_time: self.relaxation.0,
            relaxation_from: self.relaxation.1,
            agreement: replicas.agreement(protocol.stretch()),
            refused,
            cycle: None,
        };
        let mut values = self.values(&replicas);
        values.extend(merit);
        let (trajectories, jumps) = (replicas.count(), replicas.jumps);
        SteadyRun {
            heat_covariances: Vec::new(),
            values,
            observables: self.observables(&replicas),
            noise,
            distributions,
            machine,
            convergence,
            stopped_because,
            trajectories,
            jumps,
            phases: Vec::new(),
            correlated: protocol.beside.filter(|beside| beside.cells > 0).map(|beside| SettledPairs {
                groups: groups.iter().map(|sums| sums.correlated.clone()).collect(),
                reach: beside.begin.reach,
            }),
        }
    }

    fn no_current(&self) -> String {
        match self.point.no_current() {
            Some(why) => format!("no heat flows in the steady state: {why}"),
            None => "the rates allow no steady current of a tenth of the error".to_owned(),
        }
    }

    /// The bath of a column that counts quanta and saw too few for their spread to be more than luck, and how many.
    fn luck(column: &Column, replicas: &Replicas) -> Option<(usize, u64)> {
        let bath = column.bath.filter(|_| column.quantity == Quantity::HeatCurrentCounts)?;
        let seen = replicas.exchanged.emitted(bath) + replicas.exchanged.absorbed(bath);
        ((seen as f64) < LEAST_EVENTS).then_some((bath, seen))
    }

    /// The standard errors of counted currents that there are not.
    fn uncounted(&self, replicas: &Replicas) -> impl Iterator<Item = String> {
        self.columns.iter().filter_map(|column| Self::luck(column, replicas)).map(|(bath, seen)| {
            format!(
                "bath {}: the standard error of {}: {seen} quanta exchanged with the bath ({LEAST_EVENTS} are needed)",
                self.point.baths()[bath].name,
                Quantity::HeatCurrentCounts.name()
            )
        })
    }

    /// An estimate, without the error that would be luck, or rounding.
    fn estimate(&self, replicas: &Replicas, estimator: Estimator) -> Option<Estimate> {
        let estimate = replicas.estimate(estimator)?;
        let column = self.columns[estimator.index];
        let resolution = self.point.resolution(column);
        let rounding = resolution.floor + self.point.facts().precision.relative * estimate.mean.abs();
        let chance = |error: &f64| error * (replicas.count() as f64).sqrt() > rounding && !resolution.of_few;
        let luck = Self::luck(&column, replicas);
        Some(Estimate { std_error: estimate.std_error.filter(|_| luck.is_none()).filter(chance), ..estimate })
    }

    /// Whether a quantity can have this value: what regression extrapolates knows no bounds.
    fn is_possible(&self, quantity: Quantity, value: f64) -> bool {
        let half = self.point.number() as f64 / 2.0;
        match quantity {
            Quantity::Excited => (0.0..=1.0).contains(&value),
            Quantity::Jz => value.abs() <= half,
            Quantity::JSquared => (0.0..=half * (half + 1.0)).contains(&value),
            Quantity::Intensity => value >= 0.0,
            _ => true,
        }
    }

    /// The observables of ensembles and modes.
    fn observables(&self, replicas: &Replicas) -> Vec<(Column, Estimate)> {
        let of = |(index, column): (usize, &Column)| {
            let estimate = self.estimate(replicas, Estimator { index, controlled: false });
            estimate.filter(|_| column.observable.is_some()).map(|estimate| (*column, estimate))
        };
        self.columns.iter().enumerate().filter_map(of).collect()
    }

    /// Every column, and before those of a bath its best estimate of the current.
    fn values(&self, replicas: &Replicas) -> Vec<(Quantity, Option<usize>, Estimate)> {
        let mut values = Vec::new();
        let holds = |index: usize| match self.columns[index].quantity {
            Quantity::HeatCurrentBalance => replicas.is_balanced(),
            quantity => quantity != Quantity::Observable,
        };
        for (index, column) in self.columns.iter().enumerate().filter(|(index, _)| holds(*index)) {
            if let (Quantity::HeatCurrentInterval, Some(bath)) = (column.quantity, column.bath) {
                let error = |estimator: &Estimator| {
                    self.estimate(replicas, *estimator).and_then(|estimate| estimate.std_error).unwrap_or(f64::INFINITY)
                };
                let of_bath = estimators(self.columns, bath).into_iter().filter(|estimator| holds(estimator.index));
                let best = of_bath.min_by(|a, b| error(a).total_cmp(&error(b)));
                let estimate = best.and_then(|best| self.estimate(replicas, best));
                values.extend(estimate.map(|estimate| (Quantity::HeatCurrent, Some(bath), estimate)));
            }
            let [plain, controlled] =
                [false, true].map(|controlled| self.estimate(replicas, Estimator { index, controlled }));
            let row = |quantity, estimate: Option<Estimate>| estimate.map(|e| (quantity, column.bath, e));
            if column.quantity.steady() == Quantity::HeatCurrent {
                values.extend(row(column.quantity, plain));
                let average = column.quantity == Quantity::HeatCurrentInterval;
                values.extend(row(Quantity::HeatCurrentControlled, controlled.filter(|_| average)));
            } else {
                let possible = controlled.filter(|estimate| self.is_possible(column.quantity, estimate.mean));
                values.extend(row(column.quantity, possible.or(plain)));
            }
        }
        values
    }
}
