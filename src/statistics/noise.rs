//! Counting statistics from sums over windows: cumulants, covariances, spectrum, correlations, sectors.
//!
//! A cumulant of the quanta counted in a window T grows as `c T - d`, but for terms that vanish as e^(-T/tau) with the
//! slowest relaxation time tau. So `[k(2T) - k(T)]/T` is the long-time value c, where `k(T)/T` is still low by d/T.
//! What it leaves out is seen in the data: `[k(3T) - 2 k(2T) + k(T)]/T`, twice the covariance of windows that do not
//! touch.

use super::entropy::EntropySums;
use super::evidence::{Sample, Thin};
use super::jackknife::{estimates, jackknife};
use super::protocol::Protocol;
use super::statistic::{Statistic, Subject};
use super::sums::Sums;
use super::{Estimate, Powers};

/// A statistic from trajectories.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseEstimate {
    /// What it is.
    pub subject: Subject,
    /// Its value; `None` where it was refused or there was nothing to see.
    pub estimate: Option<Estimate>,
}

/// All that was asked for, and what had to be refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoiseReport {
    /// In a fixed order.
    pub rows: Vec<NoiseEstimate>,
    /// The baths for which windows are too short: their long-time values are left out.
    pub too_short: Vec<NoPlateau>,
    /// What too little was seen for.
    pub thin: Vec<Thin>,
    /// How the quanta of each bath are distributed in each of the windows that are asked for.
    pub distributions: Vec<Distribution>,
}

/// The distribution of the net quanta absorbed from a bath in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// Index of the bath.
    pub bath: usize,
    /// The window.
    pub window: f64,
    /// How many numbers of quanta make a bin.
    pub width: i64,
    /// The first number of each bin, and its probability.
    pub bins: Vec<(i64, Option<Estimate>)>,
}

/// How far beyond its error what the windows leave out may be before long-time values are refused (false positives:
/// 6e-5).
const PLATEAU_SIGMA: f64 = 4.0;

/// Windows that are too short for long-time values.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "windows of {window:.4} are too short for the noise: counts in windows that do not touch still have a covariance of \
     {sigmas:.1} standard errors; windows of {needed:.4} or more are needed"
)]
pub struct NoPlateau {
    /// Index of the bath.
    pub bath: usize,
    /// The window.
    pub window: f64,
    /// Covariance over its error.
    pub sigmas: f64,
    /// The window to try.
    pub needed: f64,
}

/// Everything from the sums of the groups. `watched` is the bath whose current the sectors tell, `bright` the smallest
/// J of a bright sector.
#[must_use]
pub fn noise(groups: &[Sums], protocol: &Protocol, number: i64, watched: usize, bright: f64) -> NoiseReport {
    let Some(whole) = groups.iter().cloned().reduce(|mut sum, one| {
        super::Merge::merge(&mut sum, &one);
        sum
    }) else {
        return NoiseReport::default();
    };
    let visited: Vec<usize> = (0..whole.sectors.time.len()).filter(|k| whole.sectors.time[*k] > 0.0).collect();
    let subjects = subjects(protocol, number, watched, bright, &visited);
    let distributions = distributions(groups, &whole, protocol);
    let baths = protocol.counted.baths.len();
    let groups: Vec<Sums> = groups.iter().map(Sums::without_quanta).collect();
    let mut estimates = jackknife(&groups, |sums| {
        let mut values: Vec<f64> = (0..baths).map(|bath| remainder(sums, protocol, bath)).collect();
        values.extend(sums.baths.iter().map(|bath| bath.spans[0].cumulants()[0] / protocol.window));
        values.extend(evaluate(sums, protocol, number, bright, &visited));
        values
    });
    let rest = estimates.split_off((2 * baths).min(estimates.len()));
    let (remainders, currents) = estimates.split_at(baths.min(estimates.len()));
    let sample = Sample { sums: &whole, protocol, number, currents };
    let mut too_short = Vec::new();
    for (bath, remainder) in protocol.counted.baths.iter().zip(remainders).filter(|_| !protocol.conserved) {
        if let Some(Estimate { mean, std_error: Some(error) }) = remainder
            && mean.abs() > PLATEAU_SIGMA * error
            && (*mean > 0.0 || sample.sees_apart(*bath))
        {
            let needed = 3.0 * protocol.window;
            too_short.push(NoPlateau { bath: *bath, window: protocol.window, sigmas: mean.abs() / error, needed });
        }
    }
    let mut thin = Vec::new();
    let row = |(subject, estimate): (Subject, Option<Estimate>)| {
        let of = |bath: usize| too_short.iter().any(|no| no.bath == bath);
        let short = subject.statistic.is_of_long_times() && (of(subject.bath) || subject.other_bath.is_some_and(of));
        let refused = sample.refuses(&subject, estimate.as_ref()).filter(|_| !short);
        thin.extend(refused);
        NoiseEstimate { subject, estimate: estimate.filter(|_| !short && refused.is_none()) }
    };
    // Between sectors that never mix the counts drift apart for ever.
    let drifts = |subject: &Subject| protocol.conserved && subject.statistic.is_of_long_times();
    let rows = subjects.into_iter().zip(rest).filter(|(subject, _)| !drifts(subject)).map(row).collect();
    NoiseReport { rows, too_short, thin, distributions }
}

/// How far the noise is from its plateau: the largest covariance of counts in windows that do not touch, over its error.
#[must_use]
pub fn off_plateau(groups: &[Sums], protocol: &Protocol) -> f64 {
    let of_baths =
        |sums: &Sums| (0..protocol.counted.baths.len()).map(|bath| remainder(sums, protocol, bath)).collect();
    let sigmas = |estimate: Option<Estimate>| estimate.and_then(|e| Some(e.mean.abs() / e.std_error?)).unwrap_or(0.0);
    let groups: Vec<Sums> = groups.iter().map(Sums::of_spans).collect();
    jackknife(&groups, of_baths).into_iter().map(sigmas).fold(0.0, f64::max)
}

/// The histograms with the errors of their bins.
fn distributions(groups: &[Sums], whole: &Sums, protocol: &Protocol) -> Vec<Distribution> {
    let mut found = Vec::new();
    for (place, &bath) in protocol.counted.baths.iter().enumerate() {
        for (index, &window) in protocol.counted.windows.iter().enumerate() {
            let seen = &whole.baths[place].quanta[index];
            let (numbers, counts): (Vec<i64>, Vec<u64>) = seen.bins().unzip();
            let shares = |counts: &[u64]| -> Vec<f64> {
                let total = counts.iter().sum::<u64>() as f64;
                counts.iter().map(|count| *count as f64 / total).collect()
            };
            let without = |group: &Sums| {
                let theirs = group.baths[place].quanta[index].by_bins_of(seen);
                shares(&counts.iter().zip(theirs).map(|(all, theirs)| all - theirs).collect::<Vec<_>>())
            };
            let estimates = estimates(&shares(&counts), &groups.iter().map(without).collect::<Vec<_>>());
            found.push(Distribution {
                bath,
                window,
                width: seen.width(),
                bins: numbers.into_iter().zip(estimates).collect(),
            });
        }
    }
    found
}

/// What the extrapolation leaves out of the noise, per unit time.
fn remainder(sums: &Sums, protocol: &Protocol, bath: usize) -> f64 {
    let [one, two, three] = sums.baths[bath].spans.map(|span| span.cumulants()[1]);
    (three - 2.0 * two + one) / protocol.window
}

/// J of the sector N/2 - k.
fn spin(number: i64, k: usize) -> f64 {
    number as f64 / 2.0 - k as f64
}

fn subjects(protocol: &Protocol, number: i64, watched: usize, bright: f64, visited: &[usize]) -> Vec<Subject> {
    let counted = &protocol.counted;
    let mut rows = Vec::new();
    for &bath in &counted.baths {
        let of = |statistic, argument: Option<f64>| Subject::new(statistic, bath, argument);
        rows.extend(counted.windows.iter().map(|w| of(Statistic::WindowedNoise, Some(*w))));
        rows.extend(
            [Statistic::Noise, Statistic::ThirdCumulant, Statistic::FourthCumulant, Statistic::Fano]
                .map(|statistic| of(statistic, None)),
        );
        rows.extend(counted.frequencies.iter().map(|f| of(Statistic::Spectrum, Some(*f))));
        rows.extend(counted.delays.iter().map(|d| of(Statistic::G2, Some(*d))));
        let waits = counted.delays.iter().filter(|_| counted.waiting);
        rows.extend(waits.map(|d| of(Statistic::WaitingTime, Some(*d))));
        for statistic in [Statistic::FirstPassage, Statistic::FirstPassageDensity] {
            let waits = counted.passages.iter().any(|passage| passage.bath == bath);
            rows.extend(counted.passage_times.iter().filter(|_| waits).map(|t| of(statistic, Some(*t))));
        }
    }
    for (place, &bath) in counted.baths.iter().enumerate() {
        for &other in &counted.baths[place + 1..] {
            rows.push(Subject { other_bath: Some(other), ..Subject::new(Statistic::CrossNoise, bath, None) });
        }
    }
    if protocol.entropy.is_some() {
        for statistic in [Statistic::EntropyProduction, Statistic::FluctuationTheorem, Statistic::FluctuationSymmetry] {
            rows.extend(counted.windows.iter().map(|w| Subject::new(statistic, watched, Some(*w))));
        }
        if !counted.windows.is_empty() {
            rows.extend(counted.baths.iter().map(|bath| Subject::new(Statistic::UncertaintyRatio, *bath, None)));
        }
    }
    if protocol.sectors {
        let of = |statistic, j| Subject::new(statistic, watched, Some(j));
        rows.extend(visited.iter().map(|k| of(Statistic::SectorProbability, spin(number, *k))));
        rows.extend(visited.iter().map(|k| of(Statistic::SectorCurrent, spin(number, *k))));
        if protocol.conserved {
            for &bath in &counted.baths {
                let noise = |k: &usize| Subject::new(Statistic::SectorNoise, bath, Some(spin(number, *k)));
                rows.extend(visited.iter().map(noise));
            }
            return rows;
        }
        rows.extend(
            [Statistic::BrightDwell, Statistic::DarkDwell, Statistic::BrightCurrent, Statistic::DarkCurrent]
                .map(|statistic| of(statistic, bright)),
        );
    }
    rows
}

/// The values in the order of [`subjects`].
fn evaluate(sums: &Sums, protocol: &Protocol, number: i64, bright: f64, visited: &[usize]) -> Vec<f64> {
    let counted = &protocol.counted;
    let window = protocol.window;
    let mut values = Vec::new();
    for bath in &sums.baths {
        values.extend(bath.windows.iter().zip(&counted.windows).map(|(counts, w)| counts.cumulants()[1] / w));
        let (one, two) = (bath.spans[0].cumulants(), bath.spans[1].cumulants());
        let long = |order: usize| (two[order] - one[order]) / window;
        let noise = long(1);
        values.extend([noise, long(2), long(3), noise / (one[0] / window).abs()]);
        values.extend(bath.phasors.iter().map(|[one, two]| (two.variance() - one.variance()) / window));
        let rate = bath.emission / sums.time;
        values.extend(bath.rate.iter().map(|sum| sum / bath.anchors / rate));
        values.extend(bath.waiting.iter().filter(|_| counted.waiting).map(|sum| sum / bath.anchors));
        let passages = &bath.passages;
        values.extend(passages.passed.iter().chain(&passages.rate).map(|sum| sum / passages.begun));
    }
    values.extend(sums.pairs.iter().map(|[one, two]| (two.covariance() - one.covariance()) / window));
    if protocol.entropy.is_some() {
        let per_time = |(sums, w): (&EntropySums, &f64)| sums.sigma.cumulants()[0] / w;
        let produced: Vec<f64> = sums.entropy.iter().zip(&counted.windows).map(per_time).collect();
        values.extend(&produced);
        values.extend(sums.entropy.iter().map(|sums| sums.exponential / sums.sigma.count));
        values.extend(sums.entropy.iter().map(EntropySums::symmetry));
        // The longest window has the least of what happens at its ends.
        if let Some(produced) = produced.last() {
            values.extend(sums.baths.iter().map(|bath| {
                let (one, two) = (bath.spans[0].cumulants(), bath.spans[1].cumulants());
                let current = one[0] / window;
                (two[1] - one[1]) / window * produced / (2.0 * current * current)
            }));
        }
    }
    if protocol.sectors {
        let sectors = &sums.sectors;
        values.extend(visited.iter().map(|k| sectors.time[*k] / sums.time));
        values.extend(visited.iter().map(|k| sectors.flow[*k] / sectors.time[*k]));
        if protocol.conserved {
            for bath in &sums.baths {
                let long = |[one, two]: &[Powers; 2]| (two.cumulants()[1] - one.cumulants()[1]) / window;
                values.extend(visited.iter().map(|k| bath.sectors.get(*k).map_or(f64::NAN, long)));
            }
            return values;
        }
        let is_bright = |k: &usize| spin(number, *k) >= bright;
        let all = || 0..sectors.time.len();
        let total = |of: &[f64], lit: bool| all().filter(|k| is_bright(k) == lit).map(|k| of[k]).sum::<f64>();
        // The sector below the border rises, the one above it falls.
        let border = all().take_while(is_bright).count();
        let rises = sectors.raised.get(border).copied().unwrap_or(0.0);
        let falls = if border == 0 { 0.0 } else { sectors.lowered[border - 1] };
        values.extend([total(&sectors.time, true) / falls, total(&sectors.time, false) / rises]);
        values.extend([true, false].map(|lit| total(&sectors.flow, lit) / total(&sectors.time, lit)));
    }
    values
}
