//! The exact values of a point under a protocol.

use std::collections::HashMap;

use ndarray::Array2;

use super::cleared::cleared;
use super::error::Unsolved;
use crate::dicke::{Level, ln_degeneracy};
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::protocol::{Averages, ProtocolAverages, ProtocolEquation};
use crate::lindblad::{Effort, NotAffordable};
use crate::model::protocol::{Entry, Protocol};
use crate::model::{Linear, Model};
use crate::quantity::{Column, Quantity};
use crate::rounded::Rounded;
use crate::scenario::Point;

/// What is exactly known of a protocol beside the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactProtocol {
    /// Means and covariances of what is booked.
    pub averages: ProtocolAverages,
    /// `<exp(-W/T)>`, where all baths are at one temperature.
    pub exponential_work: Option<f64>,
    /// `<exp(-sigma)>`; none where an entropy is infinite.
    pub exponential_entropy: Option<f64>,
    /// Whether the initial state lacks levels that paths may come to, so that `<exp(-sigma)>` is below 1.
    pub lacks_levels: bool,
    /// `ln(p_t/d_J)` at the end.
    ends: HashMap<Level, f64>,
}

impl ExactProtocol {
    /// `ln(p_t/d_J)` of a level at the end; NaN of one that no path comes to.
    #[must_use]
    pub fn end(&self, level: Level) -> f64 {
        self.ends.get(&level).copied().unwrap_or(f64::NAN)
    }
}

/// The most multiplications that are spent.
fn limit(effort: Effort) -> f64 {
    match effort {
        Effort::Beside => 3e9,
        Effort::Transient | Effort::Steady => 1e11,
    }
}

/// The equation of a group under a protocol.
///
/// # Errors
/// If it has too many levels, or takes too long.
pub fn equation(group: &Group, protocol: &Protocol, effort: Effort) -> Result<ProtocolEquation, Unsolved> {
    let equation = ProtocolEquation::new(protocol, group.model.number, &group.initial)?;
    let (work, limit) = (equation.work(), limit(effort));
    if work > limit {
        return Err(NotAffordable::Protocol { work, limit, road: effort.name() }.into());
    }
    Ok(equation)
}

/// Times x columns, NaN where a column has no exact value, and what is known beside.
pub fn solve(point: &Point, protocol: &Protocol, effort: Effort) -> Result<(Array2<f64>, ExactProtocol), Unsolved> {
    let group = &point.groups[0];
    let equation = equation(group, protocol, effort)?;
    let (number, times, columns) = (group.model.number, point.times(), point.columns());
    let averages = equation.averages(times)?;
    let baths = &group.envelope().baths;
    let mut values = Array2::from_elem((times.len(), columns.len()), f64::NAN);
    for (sample, (segment, time)) in protocol.places(times).into_iter().enumerate() {
        let model = protocol.stages()[segment].model(number, time);
        let now = &averages.series[sample];
        let before = sample.checked_sub(1).map(|before| (times[before], &averages.series[before]));
        for (value, column) in values.row_mut(sample).iter_mut().zip(&columns) {
            *value = cleared((number, baths), *column, of_column(&model, *column, now, (times[sample], before)));
        }
    }
    let exponential_work = protocol.temperature().map(|t| equation.exponential_work(1.0, t)).transpose()?;
    let weight = |(level, p): (&Level, &f64)| (*level, p.ln() - ln_degeneracy(number, level.two_j));
    let ends = equation.levels().iter().zip(&averages.p).map(weight).collect();
    let exact = ExactProtocol {
        exponential_work,
        exponential_entropy: equation.exponential_entropy()?,
        lacks_levels: lacks_levels(&equation, &group.initial, number),
        averages,
        ends,
    };
    Ok((values, exact))
}

fn lacks_levels(equation: &ProtocolEquation, initial: &InitialState, number: i64) -> bool {
    let there = initial.populations(number).iter().filter(|(_, p)| *p > 0.0).count();
    there < equation.levels().len()
}

/// A column at a time, from the averages there and at the sample before.
fn of_column(model: &Model, column: Column, now: &Averages, (time, before): (f64, Option<(f64, &Averages)>)) -> f64 {
    let booked = |averages: &Averages, entry: Entry| averages.booked.mean(entry).unwrap_or(f64::NAN);
    let at = |form: Linear| form.at(now.now.emission, now.now.jz);
    match (column.quantity, column.bath) {
        (Quantity::HeatCurrent, Some(bath)) => at(model.heat_current(&model.baths[bath])),
        (Quantity::Intensity, Some(bath)) => at(model.intensity(&model.baths[bath])),
        (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, Some(bath)) => {
            let heat = |averages: &Averages| booked(averages, Entry::Heat(bath));
            let (since, earlier) = before.map_or((0.0, 0.0), |(time, averages)| (time, heat(averages)));
            // A difference of what was booked up to either time, which is known to so much.
            let most = heat(now).abs().max(earlier.abs());
            Rounded::of(heat(now) - earlier, most).cleared() / (time - since)
        }
        (Quantity::Jz, _) => now.now.jz,
        (Quantity::JSquared, _) => now.now.j_squared,
        (Quantity::Excited, _) => now.now.jz / model.number as f64 + 0.5,
        (Quantity::Work, _) => booked(now, Entry::Work),
        (Quantity::Heat, Some(bath)) => booked(now, Entry::Heat(bath)),
        (Quantity::Entropy, _) => booked(now, Entry::Entropy),
        _ => f64::NAN,
    }
}
