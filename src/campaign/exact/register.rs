//! Exact averages of qubits that differ, or that are driven, from the full Lindblad equation of a few of them.

use ndarray::Array2;

use super::super::error::NoSteadyState;
use super::super::input::{Group, Point};
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::{Effort, RegisterEquation, RegisterError};
use crate::quantity::{Column, Quantity};

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
                    (Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts, Some(bath)) => {
                        equation.heat_current(bath, &integral) / (time - before)
                    }
                    _ => value_in(&equation, *column, &rho, share),
                };
            }
            before = *time;
        }
    }
    Ok(sum)
}

/// A column in a state, for `share` of all qubits; NaN for what is no average of a density matrix.
fn value_in(equation: &RegisterEquation, column: Column, rho: &DensityMatrix, share: f64) -> f64 {
    match (column.quantity, column.bath) {
        (Quantity::HeatCurrent, Some(bath)) => equation.heat_current(bath, rho),
        (Quantity::Intensity, Some(bath)) => equation.intensity(bath, rho),
        (Quantity::Jx, _) => equation.jx(rho),
        (Quantity::Jy, _) => equation.jy(rho),
        (Quantity::Jz, _) => equation.jz(rho),
        (Quantity::JSquared, _) => equation.j_squared(rho),
        (Quantity::Excited, _) => share * equation.excited(rho),
        _ => f64::NAN,
    }
}

/// What the columns hold in the steady state, and of each bath the mean rate and the zero-frequency noise of its net
/// quanta.
pub type Steady = (Vec<(Quantity, Option<usize>, f64)>, Vec<(f64, f64)>);

/// The steady state.
///
/// # Errors
/// More qubits than are solved for, or no unique steady state.
pub fn steady_values(point: &Point) -> Result<Steady, NoSteadyState> {
    let columns = point.columns();
    let averaged = [Quantity::HeatCurrentAverage, Quantity::HeatCurrentCounts];
    let mut values: Vec<_> = columns
        .into_iter()
        .filter(|column| !averaged.contains(&column.quantity))
        .map(|column| (column.quantity, column.bath, 0.0))
        .collect();
    let mut counted = vec![(0.0, 0.0); point.baths().len()];
    for group in &point.groups {
        if group.model.number > MOST_QUBITS {
            let qubits = group.model.number as usize;
            return Err(RegisterError::TooLarge { qubits, state: f64::INFINITY, steady: f64::INFINITY }.into());
        }
        let equation = RegisterEquation::new(&group.register())?;
        let rho = equation.steady_state()?;
        let share = group.model.number as f64 / point.number() as f64;
        for (quantity, bath, value) in &mut values {
            *value += value_in(&equation, Column { quantity: *quantity, bath: *bath }, &rho, share);
        }
        for (bath, (current, noise)) in counted.iter_mut().enumerate() {
            let of_group = equation.current_and_noise(bath)?;
            (*current, *noise) = (*current + of_group.0, *noise + of_group.1);
        }
    }
    // What turns with the qubits has no steady value in the lab.
    let driven = point.groups.iter().all(|group| group.hamiltonian.drive.is_some());
    values.retain(|(quantity, _, value)| {
        value.is_finite() && (driven || !matches!(quantity, Quantity::Jx | Quantity::Jy))
    });
    Ok((values, counted))
}
