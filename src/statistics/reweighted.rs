//! What trajectories under a condition say of those without: importance sampling of what is rare.
//!
//! A trajectory that the condition draws is one without it at `e^{s C - theta t} l(end)/<l(start)>` times its probability,
//! as its start is drawn with the weight l, too. The inverse of that is what it weighs: an average of weights is unbiased,
//! however rare what is averaged. It is worth as many trajectories as its weights are even, `(sum w)^2/sum w^2`.

use serde::{Deserialize, Serialize};

use super::{Estimate, LEAST_EVENTS};
use crate::model::Conditions;
use crate::trajectory::Trace;

/// A number of quanta is whole to this part of it.
const WHOLE: f64 = 1e-9;

/// Sums over the trajectories that absorbed as many quanta. Weights are without `e^{theta t - s C}`, which is theirs all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cell {
    quanta: i64,
    paths: u64,
    weight: f64,
    square: f64,
}

/// Trajectories by the net quanta absorbed from the bath of their condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reweighted {
    /// Ascending in the quanta.
    cells: Vec<Cell>,
}

/// An average without the condition, and how many trajectories it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    /// The average; `None` where it is worth too few.
    pub estimate: Option<Estimate>,
    /// So many evenly weighed trajectories would tell as much.
    pub effective: f64,
}

/// The event that a condition makes common: net quanta up to a time, at least so many (or at most, where the field is
/// negative).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// How many.
    pub quanta: i64,
    /// Whether it is at least so many.
    pub at_least: bool,
}

impl Event {
    /// What trajectories of a length do on average under a condition, or beyond; `None` where there is no field.
    #[must_use]
    pub fn of(conditions: &Conditions, until: f64) -> Option<Self> {
        let mean = conditions.current * until;
        let at_least = conditions.field > 0.0;
        let nearest = mean.round();
        let quanta = match at_least {
            // A current is solved for, and a whole number of quanta is one but for rounding.
            _ if (mean - nearest).abs() <= WHOLE * mean.abs().max(1.0) => nearest,
            true => mean.ceil(),
            false => mean.floor(),
        };
        (conditions.field != 0.0 && quanta.abs() < 1e15).then_some(Event { quanta: quanta as i64, at_least })
    }

    fn holds(self, quanta: i64) -> bool {
        if self.at_least { quanta >= self.quanta } else { quanta <= self.quanta }
    }
}

impl Reweighted {
    /// Adds a trajectory of `number` qubits.
    pub fn push(&mut self, trace: &Trace, conditions: &Conditions, number: i64) {
        let quanta = trace.exchanged.net(conditions.bath);
        let weight = conditions.end_weight(number, trace.final_level()).exp();
        self.add(&Cell { quanta, paths: 1, weight, square: weight * weight });
    }

    fn add(&mut self, cell: &Cell) {
        match self.cells.binary_search_by_key(&cell.quanta, |own| own.quanta) {
            Ok(place) => {
                let own = &mut self.cells[place];
                own.paths += cell.paths;
                own.weight += cell.weight;
                own.square += cell.square;
            }
            Err(place) => self.cells.insert(place, *cell),
        }
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: &Reweighted) {
        later.cells.iter().for_each(|cell| self.add(cell));
    }

    /// How many trajectories.
    #[must_use]
    pub fn paths(&self) -> u64 {
        self.cells.iter().map(|cell| cell.paths).sum()
    }

    /// One value of each kind.
    #[must_use]
    pub fn sample() -> Self {
        Reweighted { cells: vec![Cell::default()] }
    }

    /// The average of the weights of some cells, each times what their quanta weigh.
    fn weighed<'a>(&self, cells: impl Iterator<Item = &'a Cell> + Clone, logarithm: impl Fn(i64) -> f64) -> Weighed {
        let count = self.paths() as f64;
        // Relative to the largest factor, so that the squares do not underflow.
        let most = cells.clone().map(|cell| logarithm(cell.quanta)).fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut square) = (0.0, 0.0);
        for cell in cells {
            let factor = (logarithm(cell.quanta) - most).exp();
            sum += factor * cell.weight;
            square += factor * factor * cell.square;
        }
        let effective = if square > 0.0 { sum * sum / square } else { 0.0 };
        let (mean, spread) = (sum / count, ((square - sum * sum / count) / (count * (count - 1.0))).max(0.0).sqrt());
        let estimate = Estimate { mean: mean * most.exp(), std_error: Some(spread * most.exp()) };
        Weighed { estimate: Some(estimate).filter(|_| effective >= LEAST_EVENTS), effective }
    }

    /// The probability of every number of quanta that was seen, without the condition.
    #[must_use]
    pub fn law(&self, conditions: &Conditions, until: f64) -> Vec<(i64, Option<Estimate>)> {
        let of = |cell: &Cell| {
            let weighed = self.weighed(std::iter::once(cell), |quanta| conditions.path_weight(quanta, until));
            (cell.quanta, weighed.estimate)
        };
        self.cells.iter().map(of).collect()
    }

    /// The probability of an event, without the condition.
    #[must_use]
    pub fn probability(&self, event: Event, conditions: &Conditions, until: f64) -> Weighed {
        let cells = self.cells.iter().filter(|cell| event.holds(cell.quanta));
        self.weighed(cells, |quanta| conditions.path_weight(quanta, until))
    }

    /// `ln <e^{s C}>/t` without the condition: theta(s) in the end.
    #[must_use]
    pub fn generating_function(&self, conditions: &Conditions, until: f64) -> Weighed {
        let Weighed { estimate, effective } = self.weighed(self.cells.iter(), |_| 0.0);
        let of_mean = |Estimate { mean, std_error }: Estimate| Estimate {
            mean: conditions.theta + mean.ln() / until,
            std_error: std_error.map(|error| error / mean / until),
        };
        Weighed { estimate: estimate.map(of_mean), effective }
    }
}
