//! Whether so many net quanta of a bath have come since a beginning: first passages, seen at every jump.

use serde::Serialize;

use super::counter::{Counter, Watcher};
use super::{Exchanged, Jump};
use crate::model::Values;

/// A number of net quanta that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Index of the bath.
    pub bath: usize,
    /// How many are absorbed from it; below 0, how many are given to it.
    pub quanta: i64,
}

/// One that is being waited for.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// What for.
    pub of: Passage,
    /// Whether they have come since the beginning.
    pub passed: bool,
    /// Net quanta absorbed at the beginning.
    before: i64,
}

impl Wait {
    /// How many are missing.
    #[must_use]
    #[inline]
    pub fn missing(&self, exchanged: &Exchanged) -> i64 {
        let net = exchanged.net(self.of.bath) - self.before;
        (self.of.quanta - net) * self.of.quanta.signum()
    }
}

/// All that is waited for.
#[derive(Clone, Debug)]
pub struct Passages {
    waits: Vec<Wait>,
}

impl Passages {
    /// For these.
    #[must_use]
    pub fn new(of: &[Passage]) -> Self {
        Passages { waits: of.iter().map(|of| Wait { of: *of, passed: false, before: 0 }).collect() }
    }

    /// Begins to wait where so much has been exchanged.
    pub fn begin(&mut self, exchanged: &Exchanged) {
        for wait in &mut self.waits {
            (wait.passed, wait.before) = (false, exchanged.net(wait.of.bath));
        }
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = &Wait> {
        self.waits.iter()
    }
}

impl<V: Values> Watcher<V> for Passages {
    #[inline]
    fn dwell(&mut self, _: &mut Counter<V>, _: f64, _: &V) {}

    #[inline]
    fn jump(&mut self, counter: &mut Counter<V>, _: f64, _: Jump, _: &V) {
        for wait in &mut self.waits {
            wait.passed |= wait.missing(&counter.exchanged) <= 0;
        }
    }
}
