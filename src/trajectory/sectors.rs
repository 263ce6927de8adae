//! How long a trajectory stays in every sector J, and what flows meanwhile: the telegraph signal of a weak local bath.

use super::{Jump, Recorder};
use crate::model::Values;

/// Times, currents and changes by sector. It allocates nothing; a change of J is rare, and what happens within a sector
/// is summed until then.
#[derive(Clone, Debug)]
pub struct Sectors<V: Values> {
    number: i64,
    current: V::Form,
    /// `<J^2>` of the sector that is being watched.
    now: f64,
    /// Since when, and until when.
    since: f64,
    until: f64,
    /// The integral of the current meanwhile.
    sum: f64,
    /// Time spent in the sector J = N/2 - k.
    pub time: Vec<f64>,
    /// The integral of the current there.
    pub flow: Vec<f64>,
    /// Changes from J = N/2 - k to the next larger J.
    pub raised: Vec<u64>,
    /// Changes from J = N/2 - k to the next smaller J.
    pub lowered: Vec<u64>,
}

impl<V: Values> Sectors<V> {
    /// For `number` qubits, with the form of the current to follow.
    #[must_use]
    pub fn new(number: i64, current: V::Form) -> Self {
        let sectors = (number / 2 + 1) as usize;
        Sectors {
            number,
            current,
            now: f64::NAN,
            since: 0.0,
            until: 0.0,
            sum: 0.0,
            time: vec![0.0; sectors],
            flow: vec![0.0; sectors],
            raised: vec![0; sectors],
            lowered: vec![0; sectors],
        }
    }

    /// Starts from zero.
    pub fn clear(&mut self) {
        self.now = f64::NAN;
        (self.since, self.until, self.sum) = (0.0, 0.0, 0.0);
        self.time.fill(0.0);
        self.flow.fill(0.0);
        self.raised.fill(0);
        self.lowered.fill(0);
    }

    /// The place k of a sector J = N/2 - k.
    #[must_use]
    pub fn index(&self, j_squared: f64) -> Option<usize> {
        let two_j = ((1.0 + 4.0 * j_squared).sqrt() - 1.0).round() as i64;
        usize::try_from((self.number - two_j) / 2).ok().filter(|index| *index < self.time.len())
    }

    /// Adds what was summed to its sector.
    pub fn flush(&mut self) {
        if let Some(index) = self.index(self.now).filter(|_| !self.now.is_nan()) {
            self.time[index] += self.until - self.since;
            self.flow[index] += self.sum;
        }
        (self.since, self.sum) = (self.until, 0.0);
    }

    #[cold]
    fn change(&mut self, start: f64, j_squared: f64) {
        self.flush();
        self.since = start;
        if let (Some(from), Some(to), false) = (self.index(self.now), self.index(j_squared), self.now.is_nan()) {
            if to < from {
                self.raised[from] += 1;
            } else {
                self.lowered[from] += 1;
            }
        }
        self.now = j_squared;
    }
}

impl<V: Values> Recorder<V> for Sectors<V> {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        let j_squared = at_start.j_squared();
        if j_squared != self.now {
            self.change(start, j_squared);
        }
        self.until = start + duration;
        self.sum += mean.at(self.current) * duration;
    }

    #[inline]
    fn jump(&mut self, _: f64, _: Jump, _: &V) {}
}
