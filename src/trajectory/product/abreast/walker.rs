//! Trajectories that go abreast, and where each is.

use num_complex::Complex64;

use super::super::reflection::Parity;
use crate::model::product::ProductValues;
use crate::trajectory::{Jump, Run};

/// Where a state is: its sector, and the parity that a reflection leaves it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub sector: usize,
    pub parity: Option<Parity>,
}

/// One of the trajectories.
pub struct Walker<'a, 'b, const W: usize> {
    pub run: &'a mut Run<'b, ProductValues<W>>,
    pub place: Place,
    pub psi: Vec<Complex64>,
    pub now: f64,
    /// What is left of the wait.
    pub left: f64,
    /// The next sample, and when the last was.
    pub next: usize,
    pub sampled: f64,
    /// A jump that recorders are to be told of.
    pub jumped: Option<(Jump, usize)>,
    /// What is seen of the state, where it was looked at already.
    pub known: Option<ProductValues<W>>,
}

impl<const W: usize> Walker<'_, '_, W> {
    /// Whether it is in this place, and not at its end.
    pub fn is_in(&self, place: Place, times: &[f64]) -> bool {
        self.place == place && self.next < times.len()
    }
}
