//! The exact values of a point under a protocol.

use std::collections::HashMap;

use ndarray::Array2;

use super::cleared::cleared;
use super::error::Unsolved;
use crate::bath::Coupling;
use crate::dicke::{Level, ln_degeneracy};
use crate::initial::InitialState;
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::protocol::{Averages, ProtocolAverages, ProtocolEquation};
use crate::lindblad::{DrivenProtocol, Effort, NotAffordable, ProtocolMeans, RegisterProtocol};
use crate::model::protocol::{Entry, Protocol};
use crate::model::{Linear, Model};
use crate::quantity::{Column, Quantity};
use crate::rounded::Rounded;
use crate::scenario::Point;

/// What is exactly known of a protocol beside the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactProtocol {
    /// Means of what is booked, and covariances where levels are not superposed.
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

/// Beyond this no full space is even tried.
pub(super) const MOST_QUBITS: i64 = 7;

/// The most multiplications that are spent.
fn limit(effort: Effort) -> f64 {
    match effort {
        Effort::Beside => 3e9,
        Effort::Transient | Effort::Steady => 1e11,
    }
}

/// The equation of a point under a protocol.
pub enum Equation {
    /// Over the levels.
    Levels(ProtocolEquation),
    /// Of all orders of coherence.
    Orders(DrivenProtocol),
    /// Of all elements, with those at the start.
    FullSpace(RegisterProtocol, DensityMatrix),
}

/// The smallest equation that has what a point asks for.
///
/// # Errors
/// If it has too many levels, or takes too long.
pub fn equation(point: &Point, protocol: &Protocol, effort: Effort) -> Result<Equation, Unsolved> {
    let group = &point.groups[0];
    let limit = limit(effort);
    let within = |work: f64| {
        let road = effort.name();
        if work > limit { Err(NotAffordable::Protocol { work, limit, road }.into()) } else { Ok(()) }
    };
    let levels = || {
        let equation = ProtocolEquation::new(protocol, group.model.number, &group.initial)?;
        within(equation.work(point.times())).map(|()| Equation::Levels(equation))
    };
    let orders = || {
        let number = group.model.number;
        let equation = DrivenProtocol::new(protocol, &group.hamiltonian, number, &group.initial, effort)?;
        within(equation.work()).map(|()| Equation::Orders(equation))
    };
    if !group.alike() {
        let (register, qubits) = (group.register(), group.model.number);
        if qubits > MOST_QUBITS {
            return Err(Unsolved::Elements { qubits });
        }
        let equation = RegisterProtocol::new(protocol, &register)?;
        within(equation.work())?;
        let start = density::of(&group.initial, register.number()).ok_or(Unsolved::Spread)?;
        Ok(Equation::FullSpace(equation, start))
    } else if protocol.is_driven() {
        orders()
    } else if point.facts().coherent {
        // Without a drive populations follow from populations alone; what is transverse is then left out.
        orders().or_else(|_| levels())
    } else {
        levels()
    }
}

/// Times x columns, NaN where a column has no exact value, and what is known beside.
pub fn solve(point: &Point, protocol: &Protocol, effort: Effort) -> Result<(Array2<f64>, ExactProtocol), Unsolved> {
    let times = point.times();
    let passages = match equation(point, protocol, effort)? {
        Equation::Levels(equation) => return of_levels(point, protocol, &equation),
        Equation::Orders(equation) => equation.passages(times)?,
        Equation::FullSpace(equation, start) => equation.passages(&start, times)?,
    };
    let (series, ends) = passages;
    let averages = ProtocolAverages::of_means(protocol, &series, &ends);
    let of_means = |sample: usize, model: &Model, column: Column| of_means(&series[sample], model, column);
    let values = on_grid(point, protocol, (times, &point.columns()), &averages.series, of_means);
    let exact = ExactProtocol {
        averages,
        exponential_work: None,
        exponential_entropy: None,
        lacks_levels: false,
        ends: HashMap::new(),
    };
    Ok((values, exact))
}

/// A column of superposed levels, where it is of one instant.
pub(super) fn of_means(means: &ProtocolMeans, model: &Model, column: Column) -> f64 {
    let exchanged = |bath: usize| {
        let (bath, pair) =
            (&model.baths[bath], means.pairs[usize::from(model.baths[bath].coupling == Coupling::ALL[1])]);
        (bath.down * pair.emission, bath.up * pair.absorption)
    };
    match (column.quantity, column.bath) {
        (Quantity::HeatCurrent, Some(bath)) => {
            let (given, taken) = exchanged(bath);
            Rounded::of(model.quantum() * (taken - given), model.quantum() * (taken + given)).cleared()
        }
        (Quantity::Intensity, Some(bath)) => exchanged(bath).0,
        (Quantity::Jx, _) => means.jx,
        (Quantity::Jy, _) => means.jy,
        _ => f64::NAN,
    }
}

fn of_levels(
    point: &Point,
    protocol: &Protocol,
    equation: &ProtocolEquation,
) -> Result<(Array2<f64>, ExactProtocol), Unsolved> {
    let group = &point.groups[0];
    let number = group.model.number;
    let averages = equation.averages(point.times())?;
    let grid = (point.times(), point.columns());
    let values = on_grid(point, protocol, (grid.0, &grid.1), &averages.series, |sample, model, column| {
        let now = averages.series[sample].now;
        let at = |form: Linear| form.at(now.emission, now.jz);
        match (column.quantity, column.bath) {
            (Quantity::HeatCurrent, Some(bath)) => at(model.heat_current(&model.baths[bath])),
            (Quantity::Intensity, Some(bath)) => at(model.intensity(&model.baths[bath])),
            _ => f64::NAN,
        }
    });
    let exponential_work = group.temperature_of_work().map(|t| equation.exponential_work(1.0, t)).transpose()?;
    let weight = |(level, p): (&Level, &f64)| (*level, p.ln() - ln_degeneracy(number, level.two_j));
    let ends = equation.levels().iter().zip(&averages.p).map(weight).collect();
    let exact = ExactProtocol {
        exponential_work,
        exponential_entropy: equation.exponential_entropy()?,
        lacks_levels: lacks_levels(equation, &group.initial, number),
        averages,
        ends,
    };
    Ok((values, exact))
}

/// Times x columns: what follows from the averages there and from what was booked, and the rest by `of_equation`.
pub(super) fn on_grid(
    point: &Point,
    protocol: &Protocol,
    (times, columns): (&[f64], &[Column]),
    series: &[Averages],
    of_equation: impl Fn(usize, &Model, Column) -> f64,
) -> Array2<f64> {
    let group = &point.groups[0];
    let number = group.model.number;
    let baths = &group.envelope().baths;
    let mut values = Array2::from_elem((times.len(), columns.len()), f64::NAN);
    for (sample, (segment, time)) in protocol.places(times).into_iter().enumerate() {
        let model = protocol.stages()[segment].model(number, time);
        let before = sample.checked_sub(1).map(|before| (times[before], &series[before]));
        for (value, column) in values.row_mut(sample).iter_mut().zip(columns) {
            let of = of_averages(number, *column, &series[sample], (times[sample], before));
            let of = of.unwrap_or_else(|| of_equation(sample, &model, *column));
            *value = cleared((number, baths), *column, of);
        }
    }
    values
}

fn lacks_levels(equation: &ProtocolEquation, initial: &InitialState, number: i64) -> bool {
    let there = initial.populations(number).iter().filter(|(_, p)| *p > 0.0).count();
    there < equation.levels().len()
}

/// A column at a time, where it follows from the averages there and at the sample before.
fn of_averages(
    number: i64,
    column: Column,
    now: &Averages,
    (time, before): (f64, Option<(f64, &Averages)>),
) -> Option<f64> {
    let booked = |averages: &Averages, entry: Entry| averages.booked.mean(entry).unwrap_or(f64::NAN);
    let value = match (column.quantity, column.bath) {
        (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, Some(bath)) => {
            let heat = |averages: &Averages| booked(averages, Entry::Heat(bath));
            let (since, earlier) = before.map_or((0.0, 0.0), |(time, averages)| (time, heat(averages)));
            // A difference of what was booked up to either time, which is known to so much.
            let most = heat(now).abs().max(earlier.abs());
            Rounded::of(heat(now) - earlier, most).cleared() / (time - since)
        }
        (Quantity::Jz, _) => now.now.jz,
        (Quantity::JSquared, _) => now.now.j_squared,
        (Quantity::Excited, _) => now.now.jz / number as f64 + 0.5,
        (Quantity::Work, _) => booked(now, Entry::Work),
        (Quantity::Heat, Some(bath)) => booked(now, Entry::Heat(bath)),
        (Quantity::Entropy, _) => booked(now, Entry::Entropy),
        _ => return None,
    };
    Some(value)
}
