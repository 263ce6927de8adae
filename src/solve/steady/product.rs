//! The exact steady state of ensembles and modes.

use super::super::correlations;
use super::super::equation::{Aim, Equation, OfProduct};
use super::super::error::Unsolved;
use super::road::SteadyRoad;
use crate::lindblad::Effort;
use crate::quantity::Quantity;
use crate::scenario::Point;

/// The means of all columns and the correlations, where the steady state is unique.
///
/// # Errors
/// A product that is too large, or has more than one steady state.
pub fn solve(point: &Point, effort: Effort, road: &mut SteadyRoad) -> Result<(), Unsolved> {
    let equation = OfProduct::new(&point.groups[0], &Aim::steady(point, effort))?;
    let state = equation.steady_state()?;
    let averages = equation.averages(&state);
    if let Some(ensembles) = point.ensembles() {
        road.correlations = correlations::steady(ensembles, equation.equation(), state.rho());
    }
    for column in point.columns() {
        let value = averages.value(column);
        match (column.quantity, column.observable) {
            // Over a long interval averages and counts are the current itself.
            (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, _) => {}
            (_, Some(_)) => road.observables.push((column, value)),
            _ => road.values.push((column.quantity, column.bath, value)),
        }
    }
    Ok(())
}
