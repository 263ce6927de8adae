//! The limit cycle of ensembles and modes under a protocol: what a cycle books, and averages over its phase.

use super::super::equation::{Aim, Averages, Equation, OfProduct, at_cuts};
use super::super::error::Unsolved;
use super::cycle::Phases;
use super::road::SteadyRoad;
use crate::group::Group;
use crate::lindblad::Effort;
use crate::model::System;
use crate::quantity::Quantity;
use crate::scenario::Point;

/// Solves for it.
///
/// # Errors
/// That there is none, or that it is out of reach.
pub fn solve(point: &Point, effort: Effort) -> Result<SteadyRoad, Unsolved> {
    let Phases { times, columns, .. } = Phases::bare(point);
    let (phases, end, multiplier) = at_cuts(&point.groups[0], |group| {
        let (phases, end, multiplier) = around(group, &Aim::steady(point, effort), &times)?;
        let told = || phases.iter().chain([&end]);
        let weights =
            (0..end.observables.len()).map(|place| told().map(|now| now.observables[place]).fold(0.0, f64::max));
        let weights = weights.collect();
        Ok(((phases, end, multiplier), weights))
    })?;
    let mut road = SteadyRoad { multiplier: Some(multiplier), ..SteadyRoad::default() };
    let period = end.time;
    let works = point.ensembles().is_some_and(System::does_work);
    if let Some(booked) = &end.booked {
        let heats =
            || columns.iter().filter(|column| column.quantity == Quantity::Heat).filter_map(|column| column.bath);
        // What heats leave of the energy, which comes back to what it was: with the quench that closes the cycle.
        let work = if works { -heats().map(|bath| booked.heats[bath]).sum::<f64>() } else { 0.0 };
        let values = &mut road.values;
        values.extend(heats().map(|bath| (Quantity::HeatCurrent, Some(bath), booked.heats[bath] / period)));
        values.push((Quantity::Power, None, work / period));
        values.push((Quantity::Work, None, work));
        values.extend(heats().map(|bath| (Quantity::Heat, Some(bath), booked.heats[bath])));
    }
    road.phases = phases.iter().flat_map(|now| columns.iter().map(|column| now.value(*column))).collect();
    Ok(road)
}

/// The averages at these times of the limit cycle and at its end, and what a cycle leaves of a deviation from it.
fn around(group: &Group, aim: &Aim, times: &[f64]) -> Result<(Vec<Averages>, Averages, f64), Unsolved> {
    let equation = OfProduct::new(group, aim)?;
    let (mut state, multiplier) = equation.limit_cycle()?;
    let period = equation.period();
    let all: Vec<f64> = times.iter().copied().chain([period]).collect();
    let mut told = equation.advance(&mut state, &all)?;
    let end = told.pop().expect("it was asked for");
    Ok((told, end, multiplier))
}
