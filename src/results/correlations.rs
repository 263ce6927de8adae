//! Correlations at two times: the rows of `correlations.parquet`, and what the summary says of them.

use super::row::QuantitySummary;
use crate::group::Ensembles;
use crate::model::product::{Correlation, Since};
use crate::scenario::Point;
use crate::solve::{ExactCorrelation, ExactCorrelations};
use crate::statistics::{Estimate, Moments};
use crate::table::{Field, Kind, Values};
use crate::units::Units;

/// A spread below this part of the largest mean of a correlation is that of rounding and of steps.
const NO_SPREAD: f64 = 1e-9;
/// A coherent weight below this part of the whole is rounding.
const NOT_COHERENT: f64 = 1e-12;

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

/// The correlations of a point, from trajectories (if any) and exact (if any).
#[derive(Clone, Copy)]
pub struct Correlated<'a> {
    pub point: &'a Point,
    pub sampled: Option<&'a Moments>,
    pub exact: &'a ExactCorrelations,
}

/// One of them.
struct One<'a> {
    asked: &'a Correlation,
    sampled: Option<&'a Moments>,
    /// Where its values begin among those that are sampled.
    begin: usize,
    exact: Option<&'a ExactCorrelation>,
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
            let begin = end;
            end += 2 * asked.delays.len();
            let exact = self.exact.get(place).and_then(|exact| exact.as_ref()?.as_ref().ok());
            // What is of the steady state alone has no trajectories.
            let sampled = self.sampled.filter(|_| asked.since != Since::Steady);
            One { asked, sampled, begin, exact }
        })
    }

    /// The rows of its table.
    pub fn rows(self) -> Vec<CorrelationRow> {
        self.each().flat_map(|one| one.rows()).collect()
    }

    /// What the summary says of them: the value at the first delay, and of a spectrum its highest line.
    pub fn quantities(self) -> Vec<QuantitySummary> {
        let units = self.point.units();
        self.each().flat_map(|one| one.quantities(units)).collect()
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

impl One<'_> {
    /// The estimate of the real (0) or imaginary (1) part at a delay.
    fn estimate(&self, delay: usize, part: usize) -> Option<Estimate> {
        let moments = self.sampled?;
        let own = self.begin..self.begin + 2 * self.asked.delays.len();
        let largest = moments.means()[own].iter().fold(0.0_f64, |most, mean| most.max(mean.abs()));
        moments.estimate_above(self.begin + 2 * delay + part, NO_SPREAD * largest)
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
        let degrees = self.exact.map_or(&[][..], |exact| &exact.degrees);
        let known = delays.iter().zip(degrees).filter_map(|(delay, degree)| Some((*delay, (*degree)?)));
        rows.extend(known.map(|(delay, degree)| row(Part::Degree, delay, None, Some(degree))));
        if let Some(spectrum) = self.exact.and_then(|exact| exact.spectrum.as_ref()) {
            let values = frequencies.iter().zip(&spectrum.values);
            rows.extend(values.map(|(frequency, value)| row(Part::Spectrum, *frequency, None, Some(*value))));
        }
        rows.retain(|row| row.estimate.is_some() || row.exact.is_some());
        rows
    }

    fn quantities(&self, units: Units) -> Vec<QuantitySummary> {
        let Correlation { name, of, .. } = self.asked;
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
        if let Some(degree) = self.exact.and_then(|exact| exact.degrees[0]).filter(|_| of.is_around()) {
            found.push(solved("_degree", degree, "1"));
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
