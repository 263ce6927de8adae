//! How long a trajectory visits every sector J, and what flows meanwhile: the telegraph signal of a weak local bath.

use super::Jump;
use super::counter::{Counter, Watcher};
use crate::model::Values;

/// Times, currents and changes by sector, for engines whose jumps alone change J. It allocates nothing; a change of J is
/// rare, and what the counter integrated since the last is put down then.
#[derive(Clone, Debug)]
pub struct Visits<V: Values> {
    number: i64,
    current: V::Form,
    /// `<J^2>` of the sector that is being watched.
    now: f64,
    /// Since when, and the integral of the current up to then.
    since: (f64, f64),
    start: f64,
    /// Time spent in the sector J = N/2 - k.
    pub time: Vec<f64>,
    /// The integral of the current there.
    pub flow: Vec<f64>,
    /// Changes from J = N/2 - k to the next larger J.
    pub raised: Vec<u64>,
    /// Changes from J = N/2 - k to the next smaller J.
    pub lowered: Vec<u64>,
}

impl<V: Values> Visits<V> {
    /// For `number` qubits, with the form of the current to follow.
    #[must_use]
    pub fn new(number: i64, current: V::Form) -> Self {
        let sectors = (number / 2 + 1) as usize;
        Visits {
            number,
            current,
            now: f64::NAN,
            since: (0.0, 0.0),
            start: 0.0,
            time: vec![0.0; sectors],
            flow: vec![0.0; sectors],
            raised: vec![0; sectors],
            lowered: vec![0; sectors],
        }
    }

    /// Starts from zero at a time, in the sector of this `<J^2>`, together with the counter.
    pub fn begin(&mut self, start: f64, j_squared: f64) {
        self.now = j_squared;
        (self.start, self.since) = (start, (start, 0.0));
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

    /// Puts down what the counter holds up to a time.
    pub fn flush(&mut self, counter: &Counter<V>, time: f64) {
        let integral = counter.integral.integral(self.current, time - self.start);
        if let Some(index) = self.index(self.now) {
            self.time[index] += time - self.since.0;
            self.flow[index] += integral - self.since.1;
        }
        self.since = (time, integral);
    }

    #[cold]
    fn change(&mut self, counter: &Counter<V>, time: f64, j_squared: f64) {
        self.flush(counter, time);
        if let (Some(from), Some(to)) = (self.index(self.now), self.index(j_squared)) {
            if to < from {
                self.raised[from] += 1;
            } else {
                self.lowered[from] += 1;
            }
        }
        self.now = j_squared;
    }
}

impl<V: Values> Watcher<V> for Visits<V> {
    #[inline]
    fn dwell(&mut self, _: &mut Counter<V>, _: f64, _: &V) {}

    #[inline]
    fn jump(&mut self, counter: &mut Counter<V>, time: f64, _: Jump, after: &V) {
        let j_squared = after.j_squared();
        if j_squared.to_bits() != self.now.to_bits() {
            self.change(counter, time, j_squared);
        }
    }
}
