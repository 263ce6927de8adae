//! When within a cell of time quanta were exchanged: the moments from which Fourier transforms of a current are made.

use super::Jump;
use super::counter::{Counter, Watcher};
use crate::bath::Process;
use crate::model::Values;

/// Net quanta absorbed, and the first two moments of their times about the middle of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Instants {
    /// Net quanta.
    pub count: f64,
    /// Their times, summed.
    pub first: f64,
    /// The squares of their times, summed.
    pub second: f64,
}

impl Instants {
    /// The same about another origin, which lies `earlier` before this one.
    #[must_use]
    pub fn shifted(self, earlier: f64) -> Self {
        Instants {
            count: self.count,
            first: self.first + earlier * self.count,
            second: self.second + earlier * (2.0 * self.first + earlier * self.count),
        }
    }

    /// Adds the quanta of another cell, about the same origin.
    pub fn add(&mut self, other: Instants) {
        self.count += other.count;
        self.first += other.first;
        self.second += other.second;
    }

    /// `sum e^(i w t)` over the quanta, to the second order of w t.
    #[must_use]
    pub fn transform(self, frequency: f64) -> (f64, f64) {
        (self.count - 0.5 * frequency * frequency * self.second, frequency * self.first)
    }
}

/// Sums the instants of every bath within one cell after the other.
#[derive(Clone, Debug)]
pub struct Timing {
    /// For each bath, what has happened in this cell.
    pub cell: Vec<Instants>,
    middle: f64,
}

impl Timing {
    /// For so many baths.
    #[must_use]
    pub fn new(baths: usize) -> Self {
        Timing { cell: vec![Instants::default(); baths], middle: 0.0 }
    }

    /// Begins a cell around this time.
    pub fn begin(&mut self, middle: f64) {
        self.middle = middle;
        self.cell.fill(Instants::default());
    }
}

impl<V: Values> Watcher<V> for Timing {
    #[inline]
    fn dwell(&mut self, _: &mut Counter<V>, _: f64, _: &V) {}

    #[inline]
    fn jump(&mut self, _: &mut Counter<V>, time: f64, jump: Jump, _: &V) {
        let t = time - self.middle;
        let sign = SIGN[jump.process as usize];
        self.cell[jump.bath].add(Instants { count: sign, first: sign * t, second: sign * t * t });
    }
}

/// What the quanta of each process count for, as absorbed ones.
const SIGN: [f64; 3] = {
    let mut sign = [0.0; 3];
    sign[Process::Absorption as usize] = 1.0;
    sign[Process::Emission as usize] = -1.0;
    sign
};
