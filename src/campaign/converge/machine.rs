//! What the qubits of a steady run are between baths that exchange quanta of energies of their own, and how good they are.
//!
//! The efficiency is a quotient of estimates that belong together: its error is that of the sum of them that it changes
//! with, to first order, from the same replicas and by the same regression. Where nothing but the two baths of an engine
//! takes quanta, the balance of `<J_z>` ties work and heat to each other, and the quotient is exact.

use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::statistics::{Estimate, Replicas};
use crate::theory::Machine;

/// Standard errors that work and the heats have to be from zero for their signs to be told.
const CERTAIN: f64 = 5.0;
/// The same of what stands below in a quotient.
const LEAST: f64 = 10.0;

/// A quantity of the whole, and its estimate.
type Merit = (Quantity, Option<usize>, Estimate);

/// The machine, what it is judged by, and why either is not known.
pub fn found(
    point: &Point,
    columns: &[Column],
    replicas: &Replicas,
) -> (Option<Machine>, Option<Merit>, Option<String>) {
    let place = |quantity, bath| columns.iter().position(|column| *column == Column { quantity, bath });
    let Some(power) = place(Quantity::Power, None) else { return (None, None, None) };
    let baths: Vec<Option<usize>> =
        (0..point.baths().len()).map(|bath| place(Quantity::HeatCurrentInterval, Some(bath))).collect();
    let of = |weights: &[(usize, f64)], controlled: bool| {
        let mut all = vec![0.0; columns.len()];
        weights.iter().for_each(|(index, by)| all[*index] += by);
        replicas.estimate_sum(&all, controlled)
    };
    let controlled = of(&[(power, 1.0)], true).is_some();
    let Some(work) = of(&[(power, 1.0)], controlled) else { return (None, None, None) };
    let one = |index: &Option<usize>| index.and_then(|index| of(&[(index, 1.0)], controlled));
    let heats: Vec<Option<Estimate>> = baths.iter().map(one).collect();
    let sure = |estimate: &Estimate, least: f64| estimate.std_error.is_some_and(|e| estimate.mean.abs() >= least * e);
    let unknown = |what: &str| Some(format!("{}: {what}", Quantity::Efficiency.name()));
    let unsure = heats.iter().position(|heat| heat.as_ref().is_some_and(|heat| !sure(heat, CERTAIN)));
    if !sure(&work, CERTAIN) {
        return (None, None, unknown(&format!("work is not {CERTAIN} standard errors from zero")));
    }
    let heat: Vec<f64> = heats.iter().map(|heat| heat.map_or(0.0, |heat| heat.mean)).collect();
    let model = &point.groups[0].model;
    let Some(machine) = Machine::of(model, work.mean, &heat) else { return (None, None, None) };
    let Some(merit) = machine.merit(model, &heat) else { return (Some(machine), None, None) };
    if let Some(bath) = unsure {
        let name = &point.baths()[bath].name;
        return (
            Some(machine),
            None,
            unknown(&format!("the heat of {name} is not {CERTAIN} standard errors from zero")),
        );
    }
    let counted = |by: f64| {
        baths
            .iter()
            .zip(&merit.counts)
            .filter_map(move |(index, counts)| Some((*index.as_ref()?, by)).filter(|_| *counts))
    };
    let taken: Vec<(usize, f64)> = counted(1.0).collect();
    let below = if merit.quantity == Quantity::Efficiency { of(&taken, controlled) } else { Some(work) };
    if !below.is_some_and(|below| sure(&below, LEAST)) {
        return (
            Some(machine),
            None,
            unknown(&format!("what it is a quotient by is not {LEAST} standard errors from zero")),
        );
    }
    let [by_work, by_heat] = merit.slopes(work.mean, merit.heat(&heat));
    let changes: Vec<(usize, f64)> = counted(by_heat).chain([(power, by_work)]).collect();
    let std_error = of(&changes, controlled).and_then(|sum| sum.std_error);
    let estimate = Estimate { mean: merit.of(work.mean, &heat), std_error };
    (Some(machine), Some((merit.quantity, None, estimate)), None)
}
