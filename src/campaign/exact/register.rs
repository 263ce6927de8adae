//! Exact averages of qubits that differ, or that are driven, from the full Lindblad equation of a few of them.

use ndarray::Array2;

use super::super::counted::{ExactNoise, LOST};
use super::super::error::NoSteadyState;
use super::super::input::{Group, Point};
use super::super::steady::SteadyRoad;
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::{Effort, RegisterEquation, RegisterError};
use crate::quantity::{Column, Quantity};
use crate::rounded::{Rounded, balanced};
use crate::statistics::{Statistic, Subject};

/// Beyond this nothing is even tried.
const MOST_QUBITS: i64 = 10;

/// The most operations beside a run, some seconds; a transient for its own sake may take minutes. They are those of
/// full rows, some fifty times what the sparse operators do.
fn limit(effort: Effort) -> f64 {
    match effort {
        Effort::Beside => 1e11,
        Effort::Transient | Effort::Steady => 3e12,
    }
}

/// The equation of a group and where it starts, if it is small enough for the effort.
pub fn prepare(group: &Group, until: f64, effort: Effort) -> Result<(RegisterEquation, DensityMatrix), String> {
    let number = group.model.number;
    // Before anything of the size of N^2 is made of a million.
    if number > MOST_QUBITS {
        return Err(format!("the full Lindblad equation of {number} qubits takes 4^{number} elements"));
    }
    let equation = RegisterEquation::new(&group.register()).map_err(|e| e.to_string())?;
    let (cost, limit) = (equation.cost(until), limit(effort));
    if cost > limit {
        return Err(format!(
            "the full Lindblad equation of {number} qubits to time {until} takes {cost:.0e} operations, more than the \
             {limit:.0e} that are spent on it"
        ));
    }
    match density::of(&group.initial, number as usize) {
        Some(start) => Ok((equation, start)),
        None => Err("the initial state is spread over the copies of its sector J < N/2".to_owned()),
    }
}

/// Times x columns; NaN where a column has no exact value.
pub fn averages(point: &Point, effort: Effort) -> Result<Array2<f64>, String> {
    let times = &point.evolution.times;
    let columns = point.columns();
    let mut sum = Array2::zeros((times.len(), columns.len()));
    for group in &point.groups {
        let (equation, start) = prepare(group, point.evolution.until(), effort)?;
        let share = group.model.number as f64 / point.number() as f64;
        let mut before = 0.0;
        for (sample, (time, (rho, integral))) in
            times.iter().zip(equation.transient_with_integrals(&start, times)).enumerate()
        {
            for (value, column) in sum.row_mut(sample).iter_mut().zip(&columns) {
                *value += match (column.quantity, column.bath) {
                    (Quantity::HeatCurrent, Some(bath)) => heat_current(&equation, group, bath, &rho).cleared(),
                    (Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts, Some(bath)) => {
                        heat_current(&equation, group, bath, &integral).cleared() / (time - before)
                    }
                    _ => value_in(&equation, *column, &rho, share),
                };
            }
            before = *time;
        }
    }
    Ok(sum)
}

/// The heat current from a bath, a difference of what its jumps carry to and fro.
fn heat_current(equation: &RegisterEquation, group: &Group, bath: usize, rho: &DensityMatrix) -> Rounded {
    let jumps = equation.net_quanta(bath, rho) + 2.0 * equation.intensity(bath, rho);
    Rounded::of(equation.heat_current(bath, rho), jumps * group.model.quantum())
}

/// A column in a state, for `share` of all qubits; NaN for what is no average of a density matrix.
///
/// rho is off by the rounding of its own size: what is below that of the most an average may be is nothing.
fn value_in(equation: &RegisterEquation, column: Column, rho: &DensityMatrix, share: f64) -> f64 {
    let half = equation.number() as f64 / 2.0;
    let cleared = |value, most| Rounded::of(value, most).cleared();
    match (column.quantity, column.bath) {
        (Quantity::Intensity, Some(bath)) => equation.intensity(bath, rho),
        (Quantity::Jx, _) => cleared(equation.jx(rho), half),
        (Quantity::Jy, _) => cleared(equation.jy(rho), half),
        (Quantity::Jz, _) => cleared(equation.jz(rho), half),
        (Quantity::JSquared, _) => equation.j_squared(rho),
        (Quantity::Excited, _) => share * cleared(equation.excited(rho), 1.0).clamp(0.0, 1.0),
        _ => f64::NAN,
    }
}

/// The heat currents from all baths in the steady state. Without a drive they add to nothing: one that is a difference of
/// far larger terms than the others is known from them.
fn steady_heat_currents(equation: &RegisterEquation, group: &Group, rho: &DensityMatrix) -> Vec<Rounded> {
    let own: Vec<Rounded> = (0..group.model.baths.len()).map(|bath| heat_current(equation, group, bath, rho)).collect();
    if group.hamiltonian.drive.is_some() {
        return own;
    }
    let missing: Rounded = own.iter().copied().sum();
    let doubt = if missing.value.abs() > missing.error { missing.value.abs() / missing.error } else { 1.0 };
    let balanced = |bath: usize| {
        let others = -own.iter().enumerate().filter(|(b, _)| *b != bath).map(|(_, current)| *current).sum::<Rounded>();
        let Rounded { value, error } = if own[bath].error <= others.error { own[bath] } else { others };
        Rounded { value, error: doubt * error }
    };
    (0..own.len()).map(balanced).collect()
}

/// The steady state: what the columns hold, and the zero-frequency noise of the net quanta of each bath.
///
/// # Errors
/// More qubits than are solved for, no unique steady state, or counting statistics that are asked for beyond that.
pub fn steady_values(point: &Point, effort: Effort, road: &mut SteadyRoad) -> Result<(), NoSteadyState> {
    let asked = &point.noise;
    if effort != Effort::Beside && asked.windows.len() + asked.frequencies.len() + asked.delays.len() > 0 {
        return Err(NoSteadyState::NotOnTheLadder);
    }
    let columns = point.columns();
    // What turns with the qubits has no steady value in the lab.
    let driven = point.groups.iter().all(|group| group.hamiltonian.drive.is_some());
    let left_out = |quantity: Quantity| match quantity {
        Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts | Quantity::HeatCurrent => true,
        Quantity::Jx | Quantity::Jy => !driven,
        _ => false,
    };
    let mut values: Vec<_> =
        columns.iter().filter(|column| !left_out(column.quantity)).map(|column| (*column, 0.0)).collect();
    let mut heat = vec![Rounded::ZERO; point.baths().len()];
    // Mean rate and noise of the net quanta.
    let mut counted = vec![[Rounded::ZERO; 2]; heat.len()];
    for group in &point.groups {
        if group.model.number > MOST_QUBITS {
            let qubits = group.model.number as usize;
            return Err(RegisterError::TooLarge { qubits, state: f64::INFINITY, steady: f64::INFINITY }.into());
        }
        let equation = RegisterEquation::new(&group.register())?;
        let rho = equation.steady_state()?;
        let share = group.model.number as f64 / point.number() as f64;
        for (column, value) in &mut values {
            *value += value_in(&equation, *column, &rho, share);
        }
        for (sum, current) in heat.iter_mut().zip(steady_heat_currents(&equation, group, &rho)) {
            *sum = *sum + current;
        }
        for (bath, [current, noise]) in counted.iter_mut().enumerate() {
            let of_group = equation.rounded_noise(bath)?;
            let jumps = equation.net_quanta(bath, &rho) + 2.0 * equation.intensity(bath, &rho);
            (*current, *noise) = (*current + Rounded::of(of_group.0, jumps), *noise + of_group.1);
        }
    }
    let known = balanced(&heat);
    for column in columns {
        match (column.quantity, column.bath) {
            (Quantity::HeatCurrent, Some(bath)) => match known[bath] {
                Some(value) => road.values.push((column.quantity, column.bath, value)),
                None => road.refuse(point, column.quantity, bath, LOST),
            },
            _ => {
                let found = values.iter().find(|(other, _)| *other == column).map(|(_, value)| *value);
                let found = found.filter(|value| value.is_finite());
                road.values.extend(found.map(|value| (column.quantity, column.bath, value)));
            }
        }
    }
    for (bath, [current, noise]) in counted.into_iter().enumerate() {
        road.noise_of(point, bath, Ok(noise), current);
    }
    for (quantity, statistic) in [(Quantity::Noise, Statistic::Noise), (Quantity::Fano, Statistic::Fano)] {
        for &bath in &asked.baths {
            let found =
                road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, Some(bath))).map(|(.., value)| *value);
            let row = |value| ExactNoise { subject: Subject::new(statistic, bath, None), value };
            road.noise.extend(found.map(row));
        }
    }
    Ok(())
}
