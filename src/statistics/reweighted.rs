//! What trajectories under a condition say of those without: importance sampling of what is rare.
//!
//! A trajectory that the condition draws is one without it at `e^{s C - theta t} l(end)/<l(start)>` times its probability,
//! as its start is drawn with the weight l, too. The inverse of that is what it weighs: an average of weights is unbiased,
//! however rare what is averaged. It is worth as many trajectories as its weights are even, `(sum w)^2/sum w^2`.

use serde::{Deserialize, Serialize};

use super::{Estimate, LEAST_EVENTS};
use crate::model::Conditions;
use crate::rounded::Rounded;
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
    /// Whether the few trajectories of the fewest or the most quanta move it by more than its error: those that were not seen
    /// may do so, too.
    pub at_the_edge: bool,
}

/// So many trajectories on either side.
const EDGE: f64 = 5.0;

/// What the outermost trajectories add, of cells from one side on: each with its paths, and what all of them add.
fn edge(cells: impl Iterator<Item = (u64, f64)>) -> f64 {
    let (mut left, mut sum) = (EDGE, 0.0);
    for (paths, adds) in cells {
        let part = (left / paths as f64).min(1.0);
        sum += part * adds;
        left -= paths as f64;
        if left <= 0.0 {
            break;
        }
    }
    sum
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

    /// Net quanta absorbed per unit time over the run, by the trajectories as they are.
    #[must_use]
    pub fn current(&self, until: f64) -> Estimate {
        let count = self.paths() as f64;
        let mean = self.cells.iter().map(|cell| cell.paths as f64 * cell.quanta as f64).sum::<f64>() / count;
        let squares =
            self.cells.iter().map(|cell| cell.paths as f64 * (cell.quanta as f64 - mean).powi(2)).sum::<f64>();
        let std_error = (squares / (count * (count - 1.0))).sqrt() / until;
        Estimate { mean: mean / until, std_error: Some(std_error).filter(|error| *error > 0.0) }
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
        let estimate = Some(estimate).filter(|_| effective >= LEAST_EVENTS);
        Weighed { estimate, effective, at_the_edge: false }
    }

    /// The same of all cells, where none is at the edge alone.
    fn weighed_whole(&self, logarithm: impl Fn(i64) -> f64) -> Weighed {
        let most = self.cells.iter().map(|cell| logarithm(cell.quanta)).fold(f64::NEG_INFINITY, f64::max);
        let adds = |cell: &Cell| (cell.paths, (logarithm(cell.quanta) - most).exp() * cell.weight);
        let outermost = edge(self.cells.iter().map(adds)).max(edge(self.cells.iter().rev().map(adds)));
        let (sum, square) = self.cells.iter().fold((0.0, 0.0), |(sum, square), cell| {
            let factor = (logarithm(cell.quanta) - most).exp();
            (sum + factor * cell.weight, square + factor * factor * cell.square)
        });
        let error = (square - sum * sum / self.paths() as f64).max(0.0).sqrt();
        // Even weights have no error, and no edge.
        let at_the_edge = outermost > error && outermost > 2.0 * EDGE * sum / self.paths() as f64;
        let weighed = self.weighed(self.cells.iter(), logarithm);
        Weighed { estimate: weighed.estimate.filter(|_| !at_the_edge), at_the_edge, ..weighed }
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

    /// `ln <e^{s C}>/t` without the condition, at a field: theta(s) in the end.
    #[must_use]
    pub fn generating_function(&self, field: f64, conditions: &Conditions, until: f64) -> Weighed {
        let weighed = self.weighed_whole(|quanta| (field - conditions.field) * quanta as f64);
        let of_mean = |Estimate { mean, std_error }: Estimate| Estimate {
            mean: (conditions.path_weight(0, until) + mean.ln()) / until,
            std_error: std_error.map(|error| error / mean / until),
        };
        Weighed { estimate: weighed.estimate.map(of_mean), ..weighed }
    }

    /// The first cumulants of the quanta without the condition, over the time. Each is worth as many trajectories as what they
    /// move it by is even. What a trajectory moves them by is taken from the law that was seen: where the bulk of the other
    /// was not, it may be small by chance. None is known, then, unless all lower ones and the weight of the whole are.
    #[must_use]
    pub fn cumulants(&self, order: usize, conditions: &Conditions, until: f64) -> Vec<Weighed> {
        if order == 0 {
            return Vec::new();
        }
        let mut whole = self.generating_function(0.0, conditions, until).estimate.is_some();
        let logarithm = |cell: &Cell| -conditions.field * cell.quanta as f64;
        let most = self.cells.iter().map(logarithm).fold(f64::NEG_INFINITY, f64::max);
        let factor = |cell: &Cell| (logarithm(cell) - most).exp();
        let total: f64 = self.cells.iter().map(|cell| factor(cell) * cell.weight).sum();
        let law = || self.cells.iter().map(|cell| (cell.quanta, factor(cell) * cell.weight / total));
        let moments = Moments::of(&law(), order);
        let mut sums = vec![(0.0, 0.0); order];
        for cell in &self.cells {
            let (part, square) = (factor(cell) * cell.weight / total, (factor(cell) / total).powi(2) * cell.square);
            for ((first, second), moved) in sums.iter_mut().zip(moments.moved_by(cell.quanta)) {
                *first += part * moved.abs();
                *second += square * moved * moved;
            }
        }
        // What each cell moves the cumulants by, order by order.
        let moved: Vec<Vec<f64>> = self.cells.iter().map(|cell| moments.moved_by(cell.quanta)).collect();
        let mut weighed = |(index, cumulant): (usize, &Rounded)| {
            let (first, second) = sums[index];
            let adds = |(cell, moved): (&Cell, &Vec<f64>)| {
                (cell.paths, factor(cell) * cell.weight / total * moved[index].abs())
            };
            let cells = || self.cells.iter().zip(&moved);
            let outermost = edge(cells().map(adds)).max(edge(cells().rev().map(adds)));
            let effective = if second > 0.0 { first * first / second } else { 0.0 };
            let estimate = Estimate { mean: cumulant.value / until, std_error: Some(second.sqrt() / until) };
            let enough = effective >= LEAST_EVENTS;
            let known = whole && enough && outermost <= second.sqrt();
            let at_the_edge = enough && !known;
            whole = known;
            Weighed { estimate: Some(estimate).filter(|_| known), effective, at_the_edge }
        };
        moments.cumulants.iter().enumerate().map(&mut weighed).collect()
    }
}

/// Moments of a law of whole numbers about its mean, and its cumulants.
struct Moments {
    mean: f64,
    /// From the zeroth.
    moments: Vec<f64>,
    cumulants: Vec<Rounded>,
}

/// What the probabilities of a law are off by, relative.
const KNOWN: f64 = 1e-13;

impl Moments {
    fn of(law: &(impl Iterator<Item = (i64, f64)> + Clone), order: usize) -> Self {
        let mean: f64 = law.clone().map(|(number, p)| p * number as f64).sum();
        let about = |k: i32| law.clone().map(|(number, p)| p * (number as f64 - mean).powi(k)).sum::<f64>();
        let size = |k: i32| law.clone().map(|(number, p)| p * (number as f64 - mean).abs().powi(k)).sum::<f64>();
        let moments: Vec<f64> = (0..=order as i32).map(about).collect();
        let known = |k: usize| Rounded { value: moments[k], error: KNOWN * size(k as i32) };
        let mut cumulants = vec![Rounded { value: mean, error: KNOWN * (size(1) + mean.abs()) }];
        for n in 2..=order {
            let lower = (2..n).map(|k| cumulants[k - 1] * known(n - k) * choose(n - 1, k - 1)).sum::<Rounded>();
            cumulants.push(known(n) - lower);
        }
        Moments { mean, moments, cumulants }
    }

    /// By how much each cumulant grows with the weight of a number, the others giving way.
    fn moved_by(&self, number: i64) -> Vec<f64> {
        let off = number as f64 - self.mean;
        // About a mean that stays: the first moment is 0, but moves.
        let moved = |k: usize| off.powi(k as i32) - self.moments[k];
        let mut all = vec![moved(1)];
        for n in 2..=self.cumulants.len() {
            let first = moved(1) * self.moments[n - 1];
            let lower = (2..n).map(|k| {
                choose(n - 1, k - 1) * (all[k - 1] * self.moments[n - k] + self.cumulants[k - 1].value * moved(n - k))
            });
            all.push(moved(n) - first - lower.sum::<f64>());
        }
        all
    }
}

fn choose(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

/// The cumulants of a law of whole numbers, with what rounding leaves of them.
#[must_use]
pub fn cumulants_of(law: &(impl Iterator<Item = (i64, f64)> + Clone), order: usize) -> Vec<Rounded> {
    Moments::of(law, order.max(1)).cumulants
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a Poisson law all are its mean; what a number moves them by is the slope in its weight.
    #[test]
    fn cumulants_of_a_poisson_law_are_its_mean() {
        let mean = 3.0_f64;
        let mut p = (-mean).exp();
        let law: Vec<(i64, f64)> = (0..60)
            .map(|k| {
                let now = (k, p);
                p *= mean / (k + 1) as f64;
                now
            })
            .collect();
        let found = Moments::of(&law.iter().copied(), 6);
        for cumulant in &found.cumulants {
            assert!((cumulant.value - mean).abs() <= cumulant.error && cumulant.error < 1e-8, "{cumulant:?}");
        }
        let (number, h) = (7, 1e-6);
        let heavier = law.iter().map(|(k, p)| (*k, p * (1.0 - h) + if *k == number { h } else { 0.0 }));
        let slopes = Moments::of(&heavier, 6).cumulants;
        for (n, moved) in found.moved_by(number).into_iter().enumerate() {
            let slope = (slopes[n].value - found.cumulants[n].value) / h;
            // Of second order in h.
            assert!((slope - moved).abs() < 1e-3 * moved.abs().max(1.0), "order {}: {slope} {moved}", n + 1);
        }
    }
}
