//! What the qubits of a steady run are between baths that exchange quanta of energies of their own, and how good at it.
//!
//! An efficiency is a quotient of estimates that belong together: its error is that of the sum of them that it changes
//! with, to first order, from the same replicas and by the same regression. Where nothing but the two baths of an engine
//! exchanges quanta, the balance of `<J_z>` ties work and heat to each other, and the quotient is exact.

use crate::group::Group;
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::statistics::{Estimate, Replicas};
use crate::theory::machine::{BELOW, DRIVEN, FOUND, Machine, Merit, inverse_temperatures};

/// The machine and what it is judged by, as far as they are known.
#[derive(Default)]
pub struct Found {
    pub machine: Option<Machine>,
    pub merit: Option<(Quantity, Option<usize>, Estimate)>,
    /// Why not, in words.
    pub refused: Option<String>,
}

/// Work and heats among the columns, and the replicas that they are estimated from.
struct Flows<'a> {
    replicas: &'a Replicas,
    columns: usize,
    power: usize,
    /// Of each bath that exchanges quanta.
    heats: Vec<Option<usize>>,
    controlled: bool,
}

impl Flows<'_> {
    /// The estimate of a sum of columns, each so many times.
    fn sum(&self, terms: impl IntoIterator<Item = (usize, f64)>) -> Option<Estimate> {
        let mut weights = vec![0.0; self.columns];
        terms.into_iter().for_each(|(column, by)| weights[column] += by);
        self.replicas.estimate_sum(&weights, self.controlled)
    }

    /// The heat that counts, so many times.
    fn counted(&self, merit: &Merit, by: f64) -> impl Iterator<Item = (usize, f64)> {
        let counted = self.heats.iter().zip(&merit.counts).filter(|(_, counts)| **counts);
        counted.filter_map(move |(column, _)| Some((*column.as_ref()?, by)))
    }

    /// A quotient with its error; `None` where what stands below may be zero.
    fn quotient(&self, merit: &Merit, (work, heat): (f64, &[f64])) -> Option<Estimate> {
        let below = match merit.quantity {
            Quantity::Efficiency => self.sum(self.counted(merit, 1.0)),
            _ => self.sum([(self.power, 1.0)]),
        };
        let known = below.is_some_and(|below| is_off_zero(&below, BELOW));
        let [by_work, by_heat] = merit.slopes(work, merit.heat(heat));
        let changes = self.counted(merit, by_heat).chain([(self.power, by_work)]);
        let std_error = self.sum(changes).and_then(|sum| sum.std_error);
        known.then(|| Estimate { mean: merit.of(work, heat), std_error })
    }
}

fn is_off_zero(estimate: &Estimate, errors: f64) -> bool {
    estimate.std_error.is_some_and(|error| estimate.mean.abs() >= errors * error)
}

/// What replicas of these columns tell. Nothing where no modulation does work.
pub fn found(point: &Point, columns: &[Column], replicas: &Replicas) -> Found {
    let place =
        |quantity, bath| columns.iter().position(|column| *column == Column { quantity, bath, observable: None });
    let Some(power) = place(Quantity::Power, None) else { return Found::default() };
    if point.groups.iter().any(Group::is_driven) {
        let refused = Some(format!("{}: {DRIVEN}", Quantity::Efficiency.name()));
        return Found { refused, ..Found::default() };
    }
    let heats = (0..point.baths().len()).map(|bath| place(Quantity::HeatCurrentInterval, Some(bath))).collect();
    let mut flows = Flows { replicas, columns: columns.len(), power, heats, controlled: true };
    flows.controlled = flows.sum([(power, 1.0)]).is_some();

    let refused = |quantity: Quantity, what: &str, errors: f64| {
        Some(format!("{}: {what} is not {errors} standard errors from zero", quantity.name()))
    };
    let Some(work) = flows.sum([(power, 1.0)]).filter(|work| is_off_zero(work, FOUND)) else {
        return Found { refused: refused(Quantity::Efficiency, "the power", FOUND), ..Found::default() };
    };
    let heats: Vec<Option<Estimate>> = flows.heats.iter().map(|column| flows.sum([((*column)?, 1.0)])).collect();
    let heat: Vec<f64> = heats.iter().map(|heat| heat.map_or(0.0, |heat| heat.mean)).collect();
    let inverse = inverse_temperatures(&point.groups[0].model);
    let machine = Machine::of(&inverse, work.mean, &heat);
    let Some(merit) = machine.and_then(|machine| machine.merit(&inverse, &heat)) else {
        return Found { machine, ..Found::default() };
    };
    // Of an engine the sign of its heat tells whether a bath counts.
    let told_by_sign = |bath: usize| merit.quantity == Quantity::Efficiency || merit.counts[bath];
    let unsure = |bath: &usize| heats[*bath].is_some_and(|heat| told_by_sign(*bath) && !is_off_zero(&heat, FOUND));
    if let Some(bath) = (0..heats.len()).find(unsure) {
        let of = format!("the heat current of {}", point.baths()[bath].name);
        return Found { machine, refused: refused(merit.quantity, &of, FOUND), ..Found::default() };
    }
    let quotient = flows.quotient(&merit, (work.mean, &heat));
    let refused = quotient.is_none().then(|| refused(merit.quantity, "what stands below", BELOW)).flatten();
    Found { machine, merit: quotient.map(|estimate| (merit.quantity, None, estimate)), refused }
}
