//! Exact averages of qubits that differ, or that are driven, from the full Lindblad equation of a few of them.

use ndarray::Array2;

use crate::group::Group;
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::{Effort, RegisterEquation};
use crate::quantity::{Column, Quantity};
use crate::rounded::Rounded;
use crate::scenario::Point;

/// Beyond this nothing is even tried.
pub const MOST_QUBITS: i64 = 10;

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
    let times = point.times();
    let columns = point.columns();
    let mut sum = Array2::zeros((times.len(), columns.len()));
    for group in &point.groups {
        let (equation, start) = prepare(group, point.until(), effort)?;
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
pub fn heat_current(equation: &RegisterEquation, group: &Group, bath: usize, rho: &DensityMatrix) -> Rounded {
    let jumps = equation.net_quanta(bath, rho) + 2.0 * equation.intensity(bath, rho);
    Rounded::of(equation.heat_current(bath, rho), jumps * group.model.quantum())
}

/// A column in a state, for `share` of all qubits; NaN for what is no average of a density matrix.
///
/// rho is off by the rounding of its own size: what is below that of the most an average may be is nothing.
pub fn value_in(equation: &RegisterEquation, column: Column, rho: &DensityMatrix, share: f64) -> f64 {
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
