//! The limit cycle of ensembles and modes under a protocol: what a cycle books, and averages over its phase.

use super::super::equation::{Aim, Averages, Equation, OfProduct, at_cuts};
use super::super::error::Unsolved;
use super::cycle::Phases;
use super::road::SteadyRoad;
use crate::group::{Ensembles, Group};
use crate::lindblad::Effort;
use crate::model::System;
use crate::model::product::ProductProtocol;
use crate::quantity::Quantity;
use crate::scenario::Point;
use crate::theory::Machine;
use crate::theory::machine::no_one_temperature;

/// Work below this part of the heats may be of the steps of a cycle.
const KNOWN: f64 = 1e-8;

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
    let protocol = point.ensembles().and_then(Ensembles::protocol);
    if let (Some(booked), Some(protocol)) = (&end.booked, protocol) {
        book(&mut road, point, (protocol, end.time), &booked.heats);
    }
    road.phases = phases.iter().flat_map(|now| columns.iter().map(|column| now.value(*column))).collect();
    Ok(road)
}

/// What a cycle of so long that takes these heats comes to.
fn book(road: &mut SteadyRoad, point: &Point, (protocol, period): (&ProductProtocol, f64), heats: &[f64]) {
    let scale = heats.iter().map(|heat| heat.abs()).fold(0.0, f64::max);
    // What heats leave of the energy, which comes back to what it was: with the quench that closes the cycle.
    let work = if protocol.does_work() { -heats.iter().sum::<f64>() } else { 0.0 };
    let told: Vec<usize> =
        (0..heats.len()).filter(|bath| point.ensembles().is_some_and(|all| all.may_heat(*bath))).collect();
    let values = &mut road.values;
    values.extend(told.iter().map(|bath| (Quantity::HeatCurrent, Some(*bath), heats[*bath] / period)));
    values.push((Quantity::Power, None, work / period));
    // Signs below are of the steps.
    let told_work = if work.abs() > KNOWN * scale { work } else { 0.0 };
    match protocol.inverse_temperatures() {
        Ok(inverse) => {
            road.machine = Machine::of(&inverse, told_work, heats);
            if let Some(merit) = road.machine.and_then(|machine| machine.merit(&inverse, heats)) {
                values.push((merit.quantity, None, merit.of(work, heats)));
            }
        }
        Err(bath) if told_work != 0.0 => {
            road.refused.push(format!("machine: {}", no_one_temperature(&point.baths()[bath].name)));
        }
        Err(_) => {}
    }
    let values = &mut road.values;
    values.push((Quantity::Work, None, work));
    values.extend(told.iter().map(|bath| (Quantity::Heat, Some(*bath), heats[*bath])));
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
