//! Correlations at two times: the rows of `correlations.parquet`, and what the summary says of them.

use std::ops::Range;

use num_complex::Complex64;

use super::row::QuantitySummary;
use super::steady_run::SettledPairs;
use crate::group::Ensembles;
use crate::model::product::{Correlation, OfSpectrum, Since};
use crate::scenario::Point;
use crate::solve::{ExactCorrelation, ExactCorrelations};
use crate::statistics::{Estimate, Moments, jackknife};
use crate::table::{Field, Kind, Values};
use crate::units::Units;

/// A spread below this part of the largest mean of a correlation is that of rounding and of steps.
const NO_SPREAD: f64 = 1e-9;
/// A coherent weight below this part of the whole is rounding.
const NOT_COHERENT: f64 = 1e-12;

/// What is this many standard errors from 0 is not there by chance.
const SEEN: f64 = 3.0;
/// An error of less than this part of the standard error does not show.
const HIDDEN: f64 = 0.5;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Real,
    Imaginary,
    Degree,
    Spectrum,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Real => "real",
            Part::Imaginary => "imaginary",
            Part::Degree => "degree",
            Part::Spectrum => "spectrum",
        }
    }

    fn unit(self, units: Units) -> &'static str {
        match self {
            Part::Real | Part::Imaginary | Part::Degree => "1",
            Part::Spectrum => units.time(),
        }
    }
}

/// A row of `correlations.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrelationRow {
    name: String,
    part: Part,
    since: Since,
    /// The delay, or of a spectrum the frequency.
    argument: f64,
    estimate: Option<Estimate>,
    exact: Option<f64>,
}

/// The fields of `correlations.parquet`.
pub fn correlation_fields() -> Vec<Field> {
    let mut fields = vec![Field::new("correlation", Kind::Word), Field::new("part", Kind::Word)];
    fields.push(Field::new("time", Kind::OptionalNumber));
    fields.push(Field::new("argument", Kind::Number));
    fields.extend(["estimate", "std_error", "exact"].map(|name| Field::new(name, Kind::OptionalNumber)));
    fields.push(Field::new("unit", Kind::Word));
    fields
}

/// The columns of these rows, in the order of [`correlation_fields`].
pub fn correlation_columns(point: &Point, rows: &[CorrelationRow]) -> Vec<Values> {
    let time = |row: &CorrelationRow| match row.since {
        Since::Time(time) => Some(time),
        Since::Steady => None,
    };
    vec![
        Values::words(rows.iter().map(|row| row.name.as_str())),
        Values::words(rows.iter().map(|row| row.part.name())),
        Values::optional_numbers(rows.iter().map(time)),
        Values::numbers(rows.iter().map(|row| row.argument)),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.map(|e| e.mean))),
        Values::optional_numbers(rows.iter().map(|row| row.estimate.and_then(|e| e.std_error))),
        Values::optional_numbers(rows.iter().map(|row| row.exact)),
        Values::words(rows.iter().map(|row| row.part.unit(point.units()))),
    ]
}

/// The numbers of all correlations of a point, from pairs of states.
pub struct OfPairs {
    whole: Moments,
    /// Group by group of a jackknife, and how long they were heard for spectra, in the steady state.
    settled: Option<SettledPairs>,
}

impl OfPairs {
    /// From a transient.
    pub fn along(whole: Moments) -> Self {
        OfPairs { whole, settled: None }
    }

    /// In the steady state.
    pub fn settled(pairs: &SettledPairs) -> Self {
        let mut whole = Moments::new(pairs.groups.first().map_or(0, |group| group.means().len()));
        pairs.groups.iter().for_each(|group| whole.merge(group));
        OfPairs { whole, settled: Some(pairs.clone()) }
    }
}

/// The correlations of a point, from trajectories (if any) and exact (if any).
#[derive(Clone, Copy)]
pub struct Correlated<'a> {
    pub point: &'a Point,
    pub sampled: Option<&'a OfPairs>,
    pub exact: &'a ExactCorrelations,
}

/// One of them.
struct One<'a> {
    asked: &'a Correlation,
    sampled: Option<OneSampled<'a>>,
    exact: Option<&'a ExactCorrelation>,
    units: Units,
}

/// Its numbers.
struct OneSampled<'a> {
    pairs: &'a OfPairs,
    /// Where they stand among all.
    own: Range<usize>,
}

/// What is known of a spectrum from trajectories.
enum Heard {
    Known(Vec<Option<Estimate>>),
    /// Its highest line comes of a correlation that was followed for too short a time: how large its end is beside the
    /// whole, and that time.
    CutOff {
        share: f64,
        reach: f64,
    },
}

impl<'a> Correlated<'a> {
    /// The names that the quantities of all of them may have.
    pub fn names(ensembles: &Ensembles) -> Vec<String> {
        let of = |correlation: &Correlation| {
            let name = correlation.name.clone();
            let around = correlation.of.is_around().then_some("_degree");
            let line = ["_frequency", "_linewidth", "_coherent"].into_iter();
            let spectrum = line.filter(|_| !correlation.frequencies.is_empty());
            [""].into_iter().chain(around).chain(spectrum).map(move |what| format!("{name}{what}")).collect::<Vec<_>>()
        };
        ensembles.correlations().iter().flat_map(of).collect()
    }

    fn each(self) -> impl Iterator<Item = One<'a>> {
        let asked = self.point.ensembles().map_or(&[][..], |ensembles| ensembles.correlations());
        let mut end = 0;
        asked.iter().enumerate().map(move |(place, asked)| {
            let own = end..end + asked.cells().count();
            end = own.end;
            let exact = self.exact.get(place).and_then(|exact| exact.as_ref()?.as_ref().ok());
            let sampled = self.sampled.map(|pairs| OneSampled { pairs, own });
            One { asked, sampled, exact, units: self.point.units() }
        })
    }

    /// The rows of its table.
    pub fn rows(self) -> Vec<CorrelationRow> {
        self.each().flat_map(|one| one.rows()).collect()
    }

    /// What the summary says of them: the value at the first delay, and of a spectrum its highest line.
    pub fn quantities(self) -> Vec<QuantitySummary> {
        self.each().flat_map(|one| one.quantities()).collect()
    }

    /// Spectra that trajectories do not tell, each with its reason.
    pub fn unheard(self) -> Vec<String> {
        let of = |one: One| {
            let Some(Heard::CutOff { share, reach }) = one.heard() else { return None };
            Some(format!(
                "{}: no spectrum from trajectories, as pairs were followed for a time of {reach:.4}, and its last tenth is \
                 still {:.1} % of the highest line: longer `delays`",
                one.asked.name,
                100.0 * share
            ))
        };
        self.each().filter_map(of).collect()
    }

    /// What has no exact value, each with its reason, as far as it is not that of all averages.
    pub fn refused(self) -> Vec<String> {
        let asked = self.point.ensembles().map_or(&[][..], |ensembles| ensembles.correlations());
        let mut refused = Vec::new();
        for (Correlation { name, .. }, exact) in asked.iter().zip(self.exact) {
            match exact {
                Some(Err(reason)) => refused.push(format!("{name}: {reason}")),
                Some(Ok(ExactCorrelation { spectrum: Some(spectrum), .. })) => {
                    let reason = spectrum.line.as_ref().err();
                    refused.extend(reason.map(|reason| format!("{name}_linewidth: {reason}")));
                }
                _ => {}
            }
        }
        refused
    }
}

/// `2 Re c int e^(-i omega tau) dtau` from one time to another.
fn held(c: Complex64, omega: f64, [from, until]: [f64; 2]) -> f64 {
    let (middle, half) = ((from + until) / 2.0, (until - from) / 2.0);
    let turned = omega * half;
    let share = if turned.abs() < 1e-6 { 1.0 } else { turned.sin() / turned };
    4.0 * half * share * (c * Complex64::cis(-omega * middle)).re
}

impl OneSampled<'_> {
    /// Estimates of what follows from means of its numbers, in the steady state.
    fn jackknife(&self, of: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Option<Estimate>> {
        let Some(settled) = &self.pairs.settled else { return Vec::new() };
        let groups: Vec<Moments> = settled.groups.iter().map(|group| group.among(self.own.clone())).collect();
        jackknife(&groups, |sums| of(sums.means()))
    }
}

/// The complex mean at a place among the numbers of a correlation.
fn complex(means: &[f64], place: usize) -> Complex64 {
    Complex64::new(means[place], means[place + 1])
}

impl One<'_> {
    /// The estimate of the real (0) or imaginary (1) part at a delay.
    fn estimate(&self, delay: usize, part: usize) -> Option<Estimate> {
        let OneSampled { pairs: OfPairs { whole, .. }, own } = self.sampled.as_ref()?;
        let values = own.start..own.start + 2 * self.asked.delays.len();
        let largest = whole.means()[values].iter().fold(0.0_f64, |most, mean| most.max(mean.abs()));
        whole.estimate_above(own.start + self.asked.cells().delay(delay) + part, NO_SPREAD * largest)
    }

    /// Estimates of g2 at the delays, in the steady state.
    fn estimated_degrees(&self) -> Vec<Option<Estimate>> {
        let cells = self.asked.cells();
        let Some(sampled) = self.sampled.as_ref().filter(|_| self.asked.of.is_around() && cells.has_means()) else {
            return Vec::new();
        };
        let delays = 0..self.asked.delays.len();
        sampled.jackknife(|means| {
            let apart = complex(means, cells.first()).re * complex(means, cells.second()).re;
            delays.clone().map(|delay| means[cells.delay(delay)] / apart).collect()
        })
    }

    /// The spectrum, without what never decays: that of a correlation that has decayed by the end of the time for which it
    /// was heard.
    fn heard(&self) -> Option<Heard> {
        let frequencies = &self.asked.frequencies;
        let sampled = self.sampled.as_ref().filter(|_| !frequencies.is_empty())?;
        let reach = self.asked.heard_for(sampled.pairs.settled.as_ref()?.reach);
        let cells = self.asked.cells();
        let unit = self.units.angular(1.0);
        let part = |means: &[f64], part: OfSpectrum, times: [f64; 2]| {
            let stays = complex(means, cells.first()) * complex(means, cells.second());
            let of = move |(place, frequency): (usize, &f64)| {
                means[cells.spectrum(part, place)] - held(stays, unit * frequency, times)
            };
            frequencies.iter().enumerate().map(of).collect::<Vec<f64>>()
        };
        let estimates = sampled.jackknife(|means| {
            let mut values = part(means, OfSpectrum::Whole, [0.0, reach]);
            values.extend(part(means, OfSpectrum::Head, [0.0, 0.1 * reach]));
            values.extend(part(means, OfSpectrum::Tail, [0.9 * reach, reach]));
            values
        });
        let (whole, ends) = estimates.split_at(frequencies.len());
        let (heads, tails) = ends.split_at(frequencies.len());
        let known = |place: &usize| whole[*place].map_or(f64::NEG_INFINITY, |estimate| estimate.mean);
        let highest = (0..frequencies.len()).max_by(|a, b| known(a).total_cmp(&known(b)))?;
        if let (Some(peak), Some(head), Some(tail)) = (whole[highest], heads[highest], tails[highest]) {
            // As one exponential: each tenth is so many times the one before, and what is left out the sum of all to come.
            let falls = (tail.mean / head.mean).abs().powf(1.0 / 9.0);
            let beyond = tail.mean.abs() * falls / (1.0 - falls);
            let is_seen = tail.mean.abs() > SEEN * tail.std_error.unwrap_or(0.0);
            let counts = falls >= 1.0 || beyond > HIDDEN * peak.std_error.unwrap_or(0.0);
            if is_seen && counts {
                return Some(Heard::CutOff { share: (tail.mean / peak.mean).abs(), reach });
            }
        }
        Some(Heard::Known(whole.to_vec()))
    }

    fn rows(&self) -> Vec<CorrelationRow> {
        let Correlation { name, since, delays, frequencies, .. } = self.asked;
        let row = |part, argument: f64, estimate, exact: Option<f64>| CorrelationRow {
            name: name.clone(),
            part,
            since: *since,
            argument,
            estimate,
            exact,
        };
        let mut rows = Vec::new();
        for (place, part) in [Part::Real, Part::Imaginary].into_iter().enumerate() {
            for (index, delay) in delays.iter().enumerate() {
                let exact = self.exact.map(|exact| exact.values[index]);
                let exact = exact.map(|value| if place == 0 { value.re } else { value.im });
                rows.push(row(part, *delay, self.estimate(index, place), exact));
            }
        }
        let (degrees, estimates) = (self.exact.map_or(&[][..], |exact| &exact.degrees), self.estimated_degrees());
        for (index, delay) in delays.iter().enumerate() {
            let exact = degrees.get(index).copied().flatten();
            rows.push(row(Part::Degree, *delay, estimates.get(index).copied().flatten(), exact));
        }
        let spectrum = self.exact.and_then(|exact| exact.spectrum.as_ref());
        let heard = match self.heard() {
            Some(Heard::Known(estimates)) => estimates,
            Some(Heard::CutOff { .. }) | None => Vec::new(),
        };
        for (index, frequency) in frequencies.iter().enumerate() {
            let exact = spectrum.map(|spectrum| spectrum.values[index]);
            rows.push(row(Part::Spectrum, *frequency, heard.get(index).copied().flatten(), exact));
        }
        rows.retain(|row| row.estimate.is_some() || row.exact.is_some());
        rows
    }

    fn quantities(&self) -> Vec<QuantitySummary> {
        let (Correlation { name, of, .. }, units) = (self.asked, self.units);
        let solved = |what: &str, value: f64, unit: &str| QuantitySummary {
            quantity: format!("{name}{what}"),
            bath: None,
            estimate: None,
            std_error: None,
            exact: Some(value),
            z: None,
            unit: unit.to_owned(),
        };
        let exact = self.exact.map(|exact| exact.values[0].re);
        let mut found = Vec::new();
        match (self.estimate(0, 0), exact) {
            (Some(estimate), _) => {
                found.push(QuantitySummary::sampled(name.clone(), None, estimate, (exact, 0.0), "1"));
            }
            (None, Some(exact)) => found.push(solved("", exact, "1")),
            (None, None) => {}
        }
        // Of g1 at no delay there is nothing to say.
        let degree = self.exact.and_then(|exact| exact.degrees[0]).filter(|_| of.is_around());
        match (self.estimated_degrees().first().copied().flatten(), degree) {
            (Some(estimate), exact) => {
                found.push(QuantitySummary::sampled(format!("{name}_degree"), None, estimate, (exact, 0.0), "1"));
            }
            (None, Some(degree)) => found.push(solved("_degree", degree, "1")),
            (None, None) => {}
        }
        let Some(spectrum) = self.exact.and_then(|exact| exact.spectrum.as_ref()) else { return found };
        if let Ok(line) = &spectrum.line {
            found.push(solved("_frequency", line.position, units.frequency()));
            found.push(solved("_linewidth", line.width, units.frequency()));
        }
        if spectrum.coherent.abs() > NOT_COHERENT * exact.unwrap_or(0.0).abs() {
            found.push(solved("_coherent", spectrum.coherent, "1"));
        }
        found
    }
}
