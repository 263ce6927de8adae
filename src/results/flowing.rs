//! What qubits are at the last time of a transient between baths with quanta of their own, and how good at it: by the power
//! and the heat currents at that time, whose estimates are of the same trajectories.

use super::booked::OfWork;
use super::row::QuantitySummary;
use crate::group::Group;
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::statistics::{Comoments, Ensemble, Estimate, Grouped};
use crate::theory::machine::{BELOW, DRIVEN, FOUND, UNCLEAR, inverse_temperatures};
use crate::theory::{Machine, Merit};

/// What energy the qubits take up is told where it is more than this part of the power.
const SETTLED: f64 = 1e-3;

/// Power and heat currents, by their places in [`Point::flows`].
struct Flows<'a> {
    point: &'a Point,
    columns: Vec<(usize, Column)>,
}

/// What qubits are by what flows.
struct Judged {
    machine: Machine,
    merit: Option<Merit>,
    /// How much of the power changes the energy of the qubits.
    kept: f64,
}

impl Flows<'_> {
    /// The power, and the heat current of each bath: 0 of one that has none.
    fn parted(&self, value: impl Fn(usize) -> f64) -> (f64, Vec<f64>) {
        let mut heats = vec![0.0; self.point.baths().len()];
        let mut power = 0.0;
        for (index, (_, column)) in self.columns.iter().enumerate() {
            match column.bath {
                Some(bath) => heats[bath] = value(index),
                None => power = value(index),
            }
        }
        (power, heats)
    }

    /// What they are, or why that is not told.
    fn judged(&self, (power, heats): &(f64, Vec<f64>)) -> Result<Judged, &'static str> {
        let inverse = inverse_temperatures(&self.point.groups[0].model);
        let kept = (power + heats.iter().sum::<f64>()).abs() / power.abs();
        let machine = Machine::of(&inverse, *power, heats).ok_or("no work is done")?;
        if kept >= 1.0 {
            return Err("the energy of the qubits changes by more than is done on them: that is no machine yet");
        }
        Ok(Judged { machine, merit: machine.merit(&inverse, heats), kept })
    }

    /// The quotient by which it is judged, with its error, where what stands below is known well enough.
    fn estimated(&self, merit: &Merit, (together, ensemble): (&Grouped, &Ensemble)) -> Option<Estimate> {
        let whole = together.whole();
        let counts = |(_, column): &(usize, Column)| match (merit.quantity, column.bath) {
            (Quantity::Efficiency, Some(bath)) => merit.counts[bath],
            (Quantity::Efficiency, None) => false,
            (_, bath) => bath.is_none(),
        };
        let below: Vec<usize> = (0..self.columns.len()).filter(|index| counts(&self.columns[*index])).collect();
        let mean: f64 = below.iter().map(|a| whole.mean(*a)).sum();
        let variance: f64 = below.iter().flat_map(|a| below.iter().map(|b| whole.covariance(*a, *b))).sum();
        let known = mean.abs() >= BELOW * (variance / together.count() as f64).sqrt();
        let of = |sums: &Comoments| {
            let (power, heats) = self.parted(|index| sums.mean(index));
            vec![merit.of(power, &heats)]
        };
        let Estimate { mean, std_error } = known.then(|| together.derived(of)).and_then(|found| found[0])?;
        // Where one of them has no error, nor has their quotient.
        let told = |(place, _): &(usize, Column)| {
            at_the_end(self.point, ensemble, *place).is_some_and(|e| e.std_error.is_some())
        };
        Some(Estimate { mean, std_error: std_error.filter(|_| self.columns.iter().all(told)) })
    }
}

/// The estimate of a column at the last time.
fn at_the_end(point: &Point, ensemble: &Ensemble, column: usize) -> Option<Estimate> {
    ensemble.on_grid(point.times().len() - 1, column)
}

/// What is said of the machine, from exact values by the places of columns, and from estimates.
pub fn of_flows(point: &Point, sampled: Option<(&Grouped, &Ensemble)>, exact: impl Fn(usize) -> Option<f64>) -> OfWork {
    let mut found = OfWork::default();
    let Some(columns) = point.flows() else { return found };
    let flows = Flows { point, columns };
    let mut refuse = |why: &str| found.notes.push(format!("{}: {why}", Quantity::Efficiency.name()));
    if point.groups.iter().any(Group::is_driven) {
        refuse(DRIVEN);
        return found;
    }
    let solved: Option<Vec<f64>> = flows.columns.iter().map(|(place, _)| exact(*place)).collect();
    let seen = || -> Option<Vec<f64>> {
        let (_, ensemble) = sampled?;
        let clear = |e: &Estimate| e.std_error.is_none_or(|error| e.mean.abs() >= FOUND * error);
        let seen = |(place, _): &(usize, Column)| at_the_end(point, ensemble, *place).filter(clear).map(|e| e.mean);
        flows.columns.iter().map(seen).collect()
    };
    let Some(values) = solved.clone().or_else(seen) else {
        refuse(UNCLEAR);
        return found;
    };
    let Judged { machine, merit, kept } = match flows.judged(&flows.parted(|index| values[index])) {
        Ok(judged) => judged,
        Err(why) => {
            refuse(why);
            return found;
        }
    };
    found.machine = Some(machine.words().to_owned());
    let Some(merit) = merit else { return found };
    let name = merit.quantity.name();
    let estimate = sampled.and_then(|sampled| flows.estimated(&merit, sampled));
    if sampled.is_some() && estimate.is_none() {
        let why = format!(
            "what stands below in it is not {BELOW} standard errors from zero, and trajectories do not tell it"
        );
        found.notes.push(format!("{name}: {why}"));
    }
    if kept > SETTLED {
        found.notes.push(format!(
            "{name}: at this time, when the energy of the qubits still changes by {:.2} % of the power",
            100.0 * kept
        ));
    }
    let exact = solved.map(|solved| {
        let (power, heats) = flows.parted(|index| solved[index]);
        merit.of(power, &heats)
    });
    found.quantities.extend(QuantitySummary::booked(point, merit.quantity, None, estimate, exact));
    found
}
