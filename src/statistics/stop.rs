//! When a steady current is known well enough, and what would be needed where it is not.
//!
//! The rule is asked at preset numbers of replicas alone. An interval that is looked at after every trajectory, and
//! kept when it happens to be narrow, covers less than it says; so does one from so few jumps that its spread is luck.
//! Hence a floor under everything that the spread is inferred from, and few looks, each at half as much data again.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::replicas::{Agreement, DRIFT, Estimator, Replicas};
use super::{Estimate, Merge};

/// Replicas go in groups of as many: one each in the groups of a jackknife.
pub const GROUPS: u64 = 64;
/// Quanta that the bath exchanges at least, and those in the rarer direction unless that hardly counts.
const EXCHANGED: u64 = 400;
const EXCHANGED_RARELY: u64 = 100;
/// Relaxation times that all stretches cover at least.
const RELAXATIONS: f64 = 100.0;
/// The most that halves of stretches may disagree.
const SPLIT_R_HAT: f64 = 1.2;

/// The error that is asked for: half the width of the interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// As a fraction of the current.
    Relative(f64),
    /// In the unit of the current.
    Absolute(f64),
}

/// Why a run, or a point of it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All trajectories that were asked for are done; of a steady state, all that were allowed.
    Trajectories,
    /// Somebody stopped it: it has not ended.
    Interrupted,
    /// Nothing was sampled.
    Exact,
    /// The steady current is known as well as was asked.
    RelativeError,
    /// The steady current is known as well as was asked.
    AbsoluteError,
    /// The steady current is known beforehand to be no more than a tenth of the error.
    NoCurrent,
    /// The jumps that were allowed are spent first.
    MaxJumps,
    /// Trajectories may be no longer, and are too short.
    Until,
}

impl Stopped {
    /// Its name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stopped::Trajectories => "trajectories",
            Stopped::Interrupted => "interrupted",
            Stopped::Exact => "exact",
            Stopped::RelativeError => "relative_error",
            Stopped::AbsoluteError => "absolute_error",
            Stopped::NoCurrent => "no_current",
            Stopped::MaxJumps => "max_jumps",
            Stopped::Until => "until",
        }
    }
}

impl Target {
    /// The half-width that is allowed around this mean.
    #[must_use]
    pub fn width(self, mean: f64) -> f64 {
        match self {
            Target::Relative(error) => error * mean.abs(),
            Target::Absolute(error) => error,
        }
    }
}

/// The preset numbers of replicas, each half as many again as the one before, in multiples of [`GROUPS`].
pub fn sizes() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1_u64), |size| Some((size + size / 2).max(size + 1))).map(|size| size * GROUPS)
}

/// Half the width of the interval that holds the mean with this confidence: Student's t with so many degrees of
/// freedom.
#[must_use]
pub fn half_width(std_error: f64, freedom: u64, confidence: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom.max(1) as f64)
        .map_or(f64::INFINITY, |t| t.inverse_cdf(0.5 + confidence / 2.0) * std_error)
}

/// The rule of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct StopRule {
    /// The error that is asked for.
    pub target: Target,
    /// How often the interval has to hold the true value.
    pub confidence: f64,
    /// The bath whose current it is.
    pub bath: usize,
    /// Estimators of this current, as indices of the values of the replicas.
    pub estimators: Vec<Estimator>,
    /// The slowest relaxation time.
    pub relaxation_time: f64,
    /// The length of a stretch.
    pub stretch: f64,
    /// J is conserved: replicas differ for ever by what J they drew, and only that spread counts.
    pub conserved: bool,
    /// What the spread rests on.
    pub evidence: Evidence,
    /// The most that the current can be, where that is known: 0 where all baths are in balance with the qubits.
    pub bound: Option<f64>,
}

/// The share of an absolute error below which a current that cannot be larger is known without seeing any of it.
const NEGLIGIBLE: f64 = 0.1;

/// What there has to be enough of, as the spread between replicas is inferred from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Quanta exchanged with the bath, in both directions.
    Quanta,
    /// Local jumps, where collective ones are not seen: what a current does between two of them is averaged exactly.
    LocalJumps,
    /// Jumps of the bath, where it exchanges no quanta and brings heat by disturbing H.
    Jumps,
}

/// What the rule finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The best estimator: that of the smallest error.
    pub best: Estimator,
    /// Its estimate; `None` before the first replica.
    pub estimate: Option<Estimate>,
    /// Half the width of its interval; infinite without a spread.
    pub half_width: f64,
    /// What is missing, in words; empty where the target is met.
    pub missing: Vec<String>,
    /// How many replicas it would take.
    pub needed: f64,
}

impl Judgement {
    /// Whether the target is met.
    #[must_use]
    pub fn met(&self) -> bool {
        self.missing.is_empty()
    }
}

impl StopRule {
    /// Whether the current is known before anything is seen: to no more than a tenth of the absolute error.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self.target {
            Target::Absolute(error) => self.bound.is_some_and(|bound| bound <= NEGLIGIBLE * error),
            Target::Relative(_) => false,
        }
    }

    /// Why a run that met the target stopped.
    #[must_use]
    pub fn met_by(&self) -> Stopped {
        match self.target {
            _ if self.is_known() => Stopped::NoCurrent,
            Target::Relative(_) => Stopped::RelativeError,
            Target::Absolute(_) => Stopped::AbsoluteError,
        }
    }

    /// Judges what there is.
    #[must_use]
    pub fn judge(&self, replicas: &Replicas) -> Judgement {
        let count = replicas.count();
        let error = |estimator: &Estimator| {
            let known = replicas.estimate(*estimator).and_then(|estimate| estimate.std_error);
            known.unwrap_or(f64::INFINITY)
        };
        let best = self.estimators.iter().copied().min_by(|a, b| error(a).total_cmp(&error(b)));
        let best = best.unwrap_or(Estimator { index: 0, controlled: false });
        let estimate = replicas.estimate(best);
        let std_error = error(&best);
        let mut half_width = half_width(std_error, replicas.freedom(best), self.confidence);
        let mean = estimate.map_or(0.0, |estimate| estimate.mean);
        let allowed = self.target.width(mean);

        let mut missing = Vec::new();
        let mut needed = GROUPS as f64;
        // What would be enough of something that grows with the replicas.
        let mut short = |have: f64, floor: f64, words: String| {
            if have < floor {
                needed = needed.max(count as f64 * floor / have.max(1.0));
                missing.push(words);
            }
        };
        short(count as f64, GROUPS as f64, format!("{GROUPS} trajectories"));
        match self.evidence {
            // Nothing has to be seen of what is not there.
            _ if self.is_known() => {}
            Evidence::Quanta => {
                let exchanged = &replicas.exchanged;
                let (emitted, absorbed) = (exchanged.emitted(self.bath), exchanged.absorbed(self.bath));
                let (often, rarely) = (emitted.max(absorbed) as f64, emitted.min(absorbed) as f64);
                short(often, EXCHANGED as f64, format!("{EXCHANGED} quanta exchanged with the bath (seen: {often})"));
                // Quanta that cannot change the current by a tenth of what is allowed may stay rare.
                let share = if mean == 0.0 { 0.0 } else { allowed / mean.abs() };
                if rarely > 0.1 * share * often || often < 10.0 / share {
                    let words = format!("{EXCHANGED_RARELY} quanta against the current (seen: {rarely})");
                    short(rarely, EXCHANGED_RARELY as f64, words);
                }
            }
            Evidence::Jumps => {
                let seen = replicas.exchanged.jumps_of(self.bath);
                short(seen as f64, EXCHANGED as f64, format!("{EXCHANGED} jumps of the bath (seen: {seen})"));
            }
            Evidence::LocalJumps => {
                let seen = replicas.exchanged.jumps();
                short(seen as f64, EXCHANGED as f64, format!("{EXCHANGED} local jumps (seen: {seen})"));
            }
        }
        let covered = count as f64 * self.stretch / self.relaxation_time;
        short(covered, RELAXATIONS, format!("{RELAXATIONS} relaxation times (covered: {covered:.1})"));
        if self.is_known() {
            // What the estimate is off by is known, and so is what trajectories agree on.
            let off = if std_error.is_finite() { half_width } else { 0.0 }.max(mean.abs());
            half_width = off;
            if off > allowed {
                needed = needed.max(count as f64 * (off / allowed).powi(2));
                missing.push(format!("a current within ±{allowed:.3e} of none (it is {mean:.3e}, ±{half_width:.3e})"));
            }
            return Judgement { best, estimate, half_width, missing, needed: needed.max(1.0) };
        }
        if !std_error.is_finite() {
            missing.push("a spread between trajectories, to infer an error from".to_owned());
        } else if half_width > allowed {
            needed = needed.max(count as f64 * (half_width / allowed).powi(2));
            missing.push(format!("an interval of ±{allowed:.3e} (it is ±{half_width:.3e})"));
        }
        if let Some(Agreement { split_r_hat, drift, .. }) = replicas.agreement(self.stretch).filter(|_| !self.conserved)
        {
            if split_r_hat > SPLIT_R_HAT {
                missing.push(format!("agreement between trajectories (split R-hat {split_r_hat:.2})"));
            }
            if drift.abs() > DRIFT {
                missing.push(format!("a longer warm-up (first and second halves differ by {drift:.1} sigma)"));
            }
        }
        if let Some(off) = replicas.imbalances().find(|off| off.abs() > DRIFT) {
            missing.push(format!("a longer warm-up (what must stay as it is drifts by {off:.1} sigma)"));
        }
        Judgement { best, estimate, half_width, missing, needed: needed.max(1.0) }
    }
}

impl Merge for Replicas {
    fn merge(&mut self, later: &Self) {
        Replicas::merge(self, later);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Replica;
    use super::*;
    use crate::bath::Process;
    use crate::model::Observables;
    use crate::trajectory::{Exchanged, Jump};

    fn replica(current: f64, halves: [f64; 2], exchanged: (u64, u64)) -> Replica<Observables> {
        let mut tally = Exchanged::new(1);
        for (quanta, process) in [(exchanged.0, Process::Absorption), (exchanged.1, Process::Emission)] {
            for _ in 0..quanta {
                tally.add(Jump { bath: 0, process });
            }
        }
        Replica {
            mean: Observables::default(),
            integral: Observables::default(),
            j_squared: 0.0,
            net: vec![],
            exchanged: tally,
            jumps: exchanged.0 + exchanged.1,
            halves,
            square: current * current + 1.0,
        }
    }

    fn rule() -> StopRule {
        StopRule {
            target: Target::Relative(0.01),
            confidence: 0.95,
            bath: 0,
            estimators: vec![Estimator { index: 0, controlled: false }],
            relaxation_time: 1.0,
            stretch: 50.0,
            conserved: false,
            evidence: Evidence::Quanta,
            bound: None,
        }
    }

    #[test]
    fn the_sizes_are_multiples_of_the_groups_and_grow_by_a_half() {
        let first: Vec<u64> = sizes().take(8).map(|size| size / GROUPS).collect();
        assert_eq!(first, [1, 2, 3, 4, 6, 9, 13, 19]);
    }

    #[test]
    fn the_interval_is_students() {
        // Tables of t: 12.706 for one degree of freedom, 2.262 for nine, 1.960 for very many.
        for (freedom, expected) in [(1, 12.706), (9, 2.262), (1_000_000, 1.960)] {
            assert!((half_width(1.0, freedom, 0.95) - expected).abs() < 1e-3);
        }
    }

    /// What fools a tolerance alone: a qubit that decays at 0.02 over a time of 1. Without a jump in the first
    /// trajectories every estimate is the same, and the sample variance zero.
    #[test]
    fn trajectories_without_a_jump_are_no_evidence() {
        let mut replicas = Replicas::new(1, 0, 1);
        for count in 1..=200 {
            replicas.push(&[-0.02], &replica(-0.02, [-0.02, -0.02], (0, 0)));
            let judgement = rule().judge(&replicas);
            assert!(!judgement.met(), "{count}");
            assert!(judgement.half_width.is_infinite());
        }
        // A spread so small that the interval is met is none either, before the bath has exchanged enough.
        for k in 0..200 {
            let current = -0.02 + 1e-7 * f64::from(k % 7);
            replicas.push(&[current], &replica(current, [current, current], (0, 1)));
        }
        let judgement = rule().judge(&replicas);
        assert!(judgement.half_width < 0.01 * 0.02 && !judgement.met());
        assert!(judgement.missing[0].contains("400 quanta"), "{:?}", judgement.missing);
        assert!(judgement.needed > 500.0);
    }

    /// Without a quantum and without a spread: enough where the current is known to be no more than a tenth of an absolute
    /// error, if it is within that error; not where it is asked for relative to itself.
    #[test]
    fn a_current_that_is_known_to_be_none_needs_no_quanta() {
        let mut replicas = Replicas::new(1, 0, 1);
        for _ in 0..64 {
            replicas.push(&[1e-14], &replica(1e-14, [3e-14, -1e-14], (0, 0)));
        }
        let known = StopRule { target: Target::Absolute(0.01), bound: Some(1e-3), ..rule() };
        let judgement = known.judge(&replicas);
        assert!(judgement.met() && judgement.half_width == 1e-14, "{judgement:?}");
        assert_eq!(known.met_by(), Stopped::NoCurrent);
        for other in [
            StopRule { bound: Some(2e-3), ..known.clone() },
            StopRule { bound: None, ..known.clone() },
            StopRule { target: Target::Relative(0.01), ..known.clone() },
            StopRule { target: Target::Absolute(1e-15), bound: Some(0.0), ..known.clone() },
            StopRule { relaxation_time: 100.0, ..known.clone() },
        ] {
            assert!(!other.judge(&replicas).met(), "{other:?}");
        }
    }

    /// A control that has to be zero on average and is 0.1 ± 0.004 shows that the state is not steady.
    #[test]
    fn a_balance_that_does_not_hold_is_not_convergence() {
        for (mean, met) in [(0.0, true), (0.1, false)] {
            let mut replicas = Replicas::new(1, 1, 1);
            for k in 0..256_u32 {
                let noise = 0.1 * (f64::from(k * 37 % 64) / 32.0 - 1.0);
                let current = 1.0 + 0.1 * noise + 0.01 * f64::from(k * 29 % 64) / 64.0;
                replicas.push(&[current, mean + noise], &replica(current, [current, current], (1000, 500)));
            }
            let judgement = rule().judge(&replicas);
            assert_eq!(judgement.met(), met, "{judgement:?}");
            assert!(met || judgement.missing[0].contains("drifts"), "{judgement:?}");
        }
    }

    #[test]
    fn a_drift_or_a_disagreement_is_not_convergence() {
        let run = |halves: fn(f64) -> [f64; 2]| {
            let mut replicas = Replicas::new(1, 0, 1);
            for k in 0..256_u32 {
                let noise = 0.01 * (f64::from(k * 37 % 64) / 32.0 - 1.0);
                let current = 1.0 + noise;
                replicas.push(&[current], &replica(current, halves(noise), (1000, 500)));
            }
            rule().judge(&replicas)
        };
        assert!(run(|noise| [1.0 + noise, 1.0 + noise]).met());
        let drifting = run(|noise| [1.01 + noise, 0.99 + 0.5 * noise]);
        assert!(drifting.missing[0].contains("warm-up"), "{drifting:?}");
        let apart = run(|noise| [1.0 + 160.0 * noise, 1.0 + 160.0 * noise]);
        assert!(apart.missing[0].contains("R-hat"), "{apart:?}");
    }
}
