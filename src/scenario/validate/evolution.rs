//! When to look, how often to repeat, and what to keep: `[evolution]` and `[record]`.

use toml::Spanned;

use super::super::asked::Purpose;
use super::super::point::Recording;
use super::super::raw::{Key, RawEvolution, RawRecord};
use super::{Result, Validator};
use crate::statistics::GROUPS;

const MAX_SAMPLES: i64 = 10_000_000;
const MAX_TRAJECTORIES: i64 = 1_000_000_000_000;
const MAX_PHOTONS: i64 = 1_000_000;

/// What `[evolution]` says, beside the engine.
#[derive(Default)]
pub struct Evolution {
    /// None where there are none.
    pub times: Vec<f64>,
    pub trajectories: Option<u64>,
    pub seed: u64,
}

impl Validator<'_> {
    /// The `[evolution]` table. A steady state needs none of it: times and trajectories are then the most that may be
    /// spent.
    pub(super) fn evolution(&self, table: &Spanned<RawEvolution>, steady: bool) -> Result<Evolution> {
        let times = self.keep(self.times(table, steady));
        let trajectories = self.keep(self.trajectories(table, steady));
        let seed = table.get_ref().seed.as_ref();
        let seed = seed.map_or(Ok(1), |seed| self.whole(seed, "evolution.seed", 0..=i64::MAX))?;
        Ok(Evolution { times: Self::kept(times)?, trajectories: Self::kept(trajectories)?, seed: seed as u64 })
    }

    fn times(&self, table: &Spanned<RawEvolution>, steady: bool) -> Result<Vec<f64>> {
        let raw = table.get_ref();
        Ok(match (&raw.times, &raw.until) {
            (Some(times), None) => {
                let extra = raw.samples.as_ref().map(Spanned::span).or(raw.spacing.as_ref().map(Spanned::span));
                if let Some(span) = extra {
                    let title = "`evolution.times` lists the times: `samples` and `spacing` belong to `until`";
                    return Err(self.source.error(span, title.to_owned(), "`times`, or `until` with `samples`"));
                }
                self.listed_times(times)?
            }
            (Some(_), Some(until)) => {
                let title = "`evolution` has both `until` and `times`".to_owned();
                return Err(self.source.error(until.span(), title, "one of the two"));
            }
            (None, None) if steady && self.purpose == Purpose::Trajectories => Vec::new(),
            (None, until) => {
                let end = self.require(until, "evolution.until", table.span());
                let end = self.keep(end.and_then(|end| self.positive(end, "evolution.until")));
                let samples = match &raw.samples {
                    Some(samples) => self.whole(samples, "evolution.samples", 2..=MAX_SAMPLES)?,
                    None => 101,
                };
                let end = Self::kept(end)?;
                match raw.spacing.as_ref().map(|s| (s.get_ref().as_str(), s)) {
                    None | Some(("linear", _)) => linear_times(end, samples),
                    Some(("log", _)) => log_times(end, samples),
                    Some((_, other)) => return self.no_word(other, "evolution.spacing"),
                }
            }
        })
    }

    fn trajectories(&self, table: &Spanned<RawEvolution>, steady: bool) -> Result<Option<u64>> {
        let raw = table.get_ref();
        Ok(match (&raw.trajectories, self.purpose) {
            (None, Purpose::Exact) => None,
            (None, _) if steady => None,
            (trajectories, purpose) => {
                let trajectories = self.require(trajectories, "evolution.trajectories", table.span())?;
                let number = self.whole(trajectories, "evolution.trajectories", 1..=MAX_TRAJECTORIES)?;
                if steady && purpose == Purpose::Trajectories && number < GROUPS as i64 {
                    let title = format!(
                        "`evolution.trajectories` is {number}: too few to tell how well a steady state is known"
                    );
                    let help = format!("{GROUPS} or more, or leave it out: as many as it takes");
                    return Err(self.source.error(trajectories.span(), title, &help));
                }
                Some(number as u64)
            }
        })
    }

    pub(super) fn listed_times(&self, times: &Spanned<Vec<Spanned<f64>>>) -> Result<Vec<f64>> {
        let mut last = None;
        for time in times.get_ref() {
            let value = *time.get_ref();
            if !value.is_finite() || value < 0.0 {
                return self.refuse(time.span(), "evolution.times", &format!("has {value}"));
            }
            if let Some(before) = last.filter(|before| *before >= value) {
                return self.refuse(time.span(), "evolution.times", &format!("has {value} after {before}"));
            }
            last = Some(value);
        }
        match last {
            None => self.refuse(times.span(), "evolution.times", "is empty"),
            Some(0.0) => self.refuse(times.span(), "evolution.times", "ends at 0"),
            Some(_) => Ok(times.get_ref().iter().map(|time| *time.get_ref()).collect()),
        }
    }

    pub(super) fn recording(&self, raw: Option<&RawRecord>) -> Result<Recording> {
        let Some(raw) = raw else {
            return Ok(Recording::default());
        };
        let photons = raw.photons.as_ref().map_or(Ok(0), |p| self.whole(p, "record.photons", 0..=MAX_PHOTONS))?;
        let asks = |key: &Key<bool>| key.as_ref().is_some_and(|key| *key.get_ref());
        Ok(Recording { jumps: asks(&raw.jumps), photons: photons as usize, cycles: asks(&raw.cycles) })
    }
}

/// `samples` times from 0 to `end`, evenly spaced.
fn linear_times(end: f64, samples: i64) -> Vec<f64> {
    (0..samples).map(|k| end * (k as f64 / (samples - 1) as f64)).collect()
}

/// 0, and `samples - 1` times spaced evenly in the logarithm over the four decades up to `end`.
fn log_times(end: f64, samples: i64) -> Vec<f64> {
    let steps = (samples - 2).max(1) as f64;
    let time = |k: i64| {
        if k == samples - 1 { end } else { end * libm::exp10(4.0 * ((k - 1) as f64 / steps - 1.0)) }
    };
    (0..samples).map(|k| if k == 0 { 0.0 } else { time(k) }).collect()
}
