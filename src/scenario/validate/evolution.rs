//! When to look, how often to repeat, and what to keep: `[evolution]` and `[record]`.

use std::ops::Range;

use toml::Spanned;

use super::super::asked::Purpose;
use super::super::point::Recording;
use super::super::raw::{Key, RawEvolution, RawRecord};
use super::protocol::Timing;
use super::{Result, Validator};
use crate::statistics::GROUPS;
use crate::trajectory::Rows;

const MAX_SAMPLES: i64 = 10_000_000;
const MAX_TRAJECTORIES: i64 = 1_000_000_000_000;
const MAX_PHOTONS: i64 = 1_000_000;

/// Times may be beyond the end of a protocol by no more than this of it: what the rounding of its sum does.
const ROUNDING: f64 = 1e-12;

/// What `[evolution]` says, beside the engine.
#[derive(Default)]
pub struct Evolution {
    /// None where there are none.
    pub times: Vec<f64>,
    /// Times within a cycle, of which there is one that is repeated until it is steady.
    pub phases: Vec<f64>,
    /// The longest that trajectories are.
    pub until: Option<f64>,
    pub trajectories: Option<u64>,
    pub seed: u64,
}

impl Validator<'_> {
    /// The `[evolution]` table. A steady state needs none of it: times and trajectories are then the most that may be
    /// spent. With a protocol it need not say when to look.
    pub(super) fn evolution(
        &self,
        table: &Spanned<RawEvolution>,
        steady: bool,
        timing: Option<&Timing>,
    ) -> Result<Evolution> {
        let looks = self.keep(match timing {
            Some(timing) if steady => self.looks_at_phases(table.get_ref(), timing.period()),
            timing => self.times(table, steady, timing.and_then(Timing::end)).map(|times| Evolution {
                until: times.last().copied(),
                times,
                ..Evolution::default()
            }),
        });
        let trajectories = self.keep(self.trajectories(table, steady));
        let seed = table.get_ref().seed.as_ref();
        let seed = seed.map_or(Ok(1), |seed| self.whole(seed, "evolution.seed", 0..=i64::MAX))?;
        Ok(Evolution { trajectories: Self::kept(trajectories)?, seed: seed as u64, ..Self::kept(looks)? })
    }

    /// Of a cycle that is repeated until it is steady: times within it, and the longest that trajectories may be.
    fn looks_at_phases(&self, raw: &RawEvolution, period: f64) -> Result<Evolution> {
        let until = self.keep(raw.until.as_ref().map(|until| self.positive(until, "evolution.until")).transpose());
        let phases = match &raw.times {
            Some(times) => self.times_listed(raw, times, Some((period, "a cycle ends"))),
            None => self.grid(raw, period),
        };
        Ok(Evolution { phases: phases?, until: Self::kept(until)?, ..Evolution::default() })
    }

    /// When to look; `end` is that of a protocol.
    fn times(&self, table: &Spanned<RawEvolution>, steady: bool, end: Option<f64>) -> Result<Vec<f64>> {
        let raw = table.get_ref();
        let gridded = raw.samples.is_some() || raw.spacing.is_some();
        match (&raw.times, &raw.until) {
            (Some(times), None) => self.times_listed(raw, times, end.map(|end| (end, "the protocol ends"))),
            (Some(_), Some(until)) => {
                let title = "`evolution` has both `until` and `times`".to_owned();
                Err(self.source.error(until.span(), title, "one of the two"))
            }
            (None, None) if steady && (self.purpose == Purpose::Trajectories || !gridded) => Ok(Vec::new()),
            (None, until) => {
                let until = match (until, end) {
                    (None, Some(end)) => Ok(end),
                    (until, end) => self
                        .require(until, "evolution.until", table.span())
                        .and_then(|until| Ok((until, self.positive(until, "evolution.until")?)))
                        .and_then(|(until, time)| {
                            let end = end.map(|end| (end, "the protocol ends"));
                            self.within(time, until.span(), "evolution.until", end)
                        }),
                };
                let until = self.keep(until);
                // What is wrong with the samples is told, too.
                let grid = self.grid(raw, until.unwrap_or(1.0))?;
                Self::kept(until.map(|_| grid))
            }
        }
    }

    /// As many times up to an end as there are samples.
    fn grid(&self, raw: &RawEvolution, end: f64) -> Result<Vec<f64>> {
        let samples = match &raw.samples {
            Some(samples) => self.whole(samples, "evolution.samples", 2..=MAX_SAMPLES)?,
            None => 101,
        };
        match raw.spacing.as_ref().map(|s| (s.get_ref().as_str(), s)) {
            None | Some(("linear", _)) => Ok(linear_times(end, samples)),
            Some(("log", _)) => Ok(log_times(end, samples)),
            Some((_, other)) => self.no_word(other, "evolution.spacing"),
        }
    }

    fn times_listed(
        &self,
        raw: &RawEvolution,
        times: &Spanned<Vec<Spanned<f64>>>,
        end: Option<(f64, &str)>,
    ) -> Result<Vec<f64>> {
        let extra = raw.samples.as_ref().map(Spanned::span).or(raw.spacing.as_ref().map(Spanned::span));
        if let Some(span) = extra {
            let title = "`evolution.times` lists the times: `samples` and `spacing` belong to `until`";
            return Err(self.source.error(span, title.to_owned(), "`times`, or `until` with `samples`"));
        }
        let listed = self.listed_times(times)?;
        let spans = times.get_ref().iter().map(Spanned::span);
        let mut listed = listed
            .into_iter()
            .zip(spans)
            .map(|(time, span)| self.within(time, span, "evolution.times", end))
            .collect::<Result<Vec<f64>>>()?;
        listed.dedup();
        Ok(listed)
    }

    /// A time up to the end of what happens, if it has one; what is beyond it by the rounding of a sum alone is at it.
    fn within(&self, time: f64, span: Range<usize>, key: &str, end: Option<(f64, &str)>) -> Result<f64> {
        match end {
            Some((end, what)) if time > end * (1.0 + ROUNDING) => {
                let title = format!("`{key}` goes to {time}, and {what} at {end}");
                let help = format!("times up to {end}; or a segment more, in which all stays as it is");
                Err(self.source.error(span, title, &help))
            }
            Some((end, _)) => Ok(time.min(end)),
            None => Ok(time),
        }
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
        let (jumps, cycles) = (asks(&raw.jumps), asks(&raw.cycles));
        let trajectories = raw.trajectories.as_ref().map_or(Ok(Rows::All), |key| self.rows(key))?;
        if let Some((key, _)) = [("jumps", jumps), ("cycles", cycles)].into_iter().find(|(_, kept)| *kept)
            && let Some(none) = raw.trajectories.as_ref().filter(|_| trajectories == Rows::First(0))
        {
            let title = format!("`record.{key}` is of single trajectories, and `record.trajectories` keeps none");
            return Err(self.source.error(none.span(), title, &format!("true or a number, or no `{key}`")));
        }
        Ok(Recording { jumps, photons: photons as usize, cycles, trajectories })
    }

    fn rows(&self, asked: &Spanned<toml::Value>) -> Result<Rows> {
        match asked.get_ref() {
            toml::Value::Boolean(true) => Ok(Rows::All),
            toml::Value::Boolean(false) => Ok(Rows::First(0)),
            toml::Value::Integer(most @ 1..=MAX_TRAJECTORIES) => Ok(Rows::First(*most as u64)),
            other => self.refuse(asked.span(), "record.trajectories", &format!("is {other}")),
        }
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
