//! The baths of each process of each coupling: who took the quantum, once it is known how it was exchanged.

use super::Jump;
use crate::bath::{Coupling, Process};
use crate::model::Model;

/// The baths of one process of one coupling, with the running sums of their rates.
#[derive(Clone, Debug)]
pub struct Channel {
    process: Process,
    /// (rate of this bath and all before it, bath).
    cumulative: Vec<(f64, usize)>,
    /// The rate of all together.
    pub total: f64,
}

impl Channel {
    /// The baths of a model that act by this process with this coupling.
    pub fn new(model: &Model, coupling: Coupling, process: Process) -> Self {
        let mut channel = Channel { process, cumulative: Vec::new(), total: 0.0 };
        let baths = model.baths.iter().enumerate().filter(|(_, bath)| bath.coupling == coupling);
        channel.set(baths.map(|(index, bath)| (index, bath.rate(process))));
        channel
    }

    /// Gives baths other rates. It allocates nothing where as many or more acted before.
    pub fn set(&mut self, rates: impl Iterator<Item = (usize, f64)>) {
        self.cumulative.clear();
        self.total = 0.0;
        for (bath, rate) in rates.filter(|(_, rate)| *rate > 0.0) {
            self.total += rate;
            self.cumulative.push((self.total, bath));
        }
    }

    /// How many baths.
    pub fn baths(&self) -> usize {
        self.cumulative.len()
    }

    /// The share in the total of the bath at this place and of all before it; 1 beyond the last.
    pub fn share(&self, place: usize) -> f64 {
        self.cumulative.get(place).map_or(1.0, |(upto, _)| upto / self.total)
    }

    /// The jump of the bath at this place, or of the last.
    pub fn jump(&self, place: usize) -> Jump {
        let bath = self.cumulative.get(place).or(self.cumulative.last()).map_or(0, |(_, bath)| *bath);
        Jump { bath, process: self.process }
    }

    /// The bath at `rate`, drawn uniformly from 0 to the total.
    #[inline]
    pub fn bath(&self, rate: f64) -> usize {
        let (last, others) = self.cumulative.split_last().expect("a channel that fired has a bath");
        // Few baths, and the first usually hit: a scan beats a search. Rounding may put `rate` at the total.
        others.iter().find(|(upto, _)| rate < *upto).unwrap_or(last).1
    }
}

/// The index where `value`, drawn uniformly from 0 to the sum of the weights, falls, and how far into it.
///
/// Never a weight of zero: where rounding carries `value` past the end, the last positive one takes it.
pub fn pick<const K: usize>(weights: [f64; K], mut value: f64) -> (usize, f64) {
    let mut chosen = (0, 0.0);
    for (index, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        chosen = (index, value.clamp(0.0, weight));
        if value < weight {
            break;
        }
        value -= weight;
    }
    chosen
}
