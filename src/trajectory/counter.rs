//! Counts and time integrals of one trajectory: what currents in the steady state are estimated from.

use super::{Jump, Recorder};
use crate::bath::Process;
use crate::model::Values;

/// Running counts and integrals since they were last cleared. It allocates nothing.
#[derive(Clone, Debug)]
pub struct Counter<V: Values> {
    /// Quanta absorbed from each bath.
    pub absorbed: Vec<u64>,
    /// Quanta emitted into each bath.
    pub emitted: Vec<u64>,
    /// Jumps of any kind.
    pub jumps: u64,
    /// The integrals of the values over time.
    pub integral: V,
    /// The integral of `<J^2>`.
    pub j_squared: f64,
    /// The integral of the square of the watched form.
    pub square: f64,
    watched: V::Form,
}

impl<V: Values> Counter<V> {
    /// A counter for so many baths, which watches how one form spreads.
    #[must_use]
    pub fn new(baths: usize, watched: V::Form) -> Self {
        Counter {
            absorbed: vec![0; baths],
            emitted: vec![0; baths],
            jumps: 0,
            integral: V::default(),
            j_squared: 0.0,
            square: 0.0,
            watched,
        }
    }

    /// Starts from zero.
    pub fn clear(&mut self) {
        self.absorbed.fill(0);
        self.emitted.fill(0);
        self.jumps = 0;
        self.integral = V::default();
        (self.j_squared, self.square) = (0.0, 0.0);
    }

    /// Net quanta absorbed from a bath.
    #[must_use]
    #[inline]
    pub fn net(&self, bath: usize) -> i64 {
        self.absorbed[bath] as i64 - self.emitted[bath] as i64
    }
}

impl<V: Values> Recorder<V> for Counter<V> {
    #[inline]
    fn dwell(&mut self, _: f64, duration: f64, _: &V, mean: &V) {
        self.integral.accumulate(mean, duration);
        self.j_squared += mean.j_squared() * duration;
        let watched = mean.at(self.watched);
        self.square += watched * watched * duration;
    }

    #[inline]
    fn jump(&mut self, _: f64, jump: Jump, _: &V) {
        self.jumps += 1;
        match jump.process {
            Process::Emission => self.emitted[jump.bath] += 1,
            Process::Absorption => self.absorbed[jump.bath] += 1,
            Process::Dephasing => {}
        }
    }
}

/// Two recorders that watch the same trajectory.
impl<V, A: Recorder<V>, B: Recorder<V>> Recorder<V> for (&mut A, &mut B) {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        self.0.dwell(start, duration, at_start, mean);
        self.1.dwell(start, duration, at_start, mean);
    }

    #[inline]
    fn jump(&mut self, time: f64, jump: Jump, after: &V) {
        self.0.jump(time, jump, after);
        self.1.jump(time, jump, after);
    }
}

/// Recorders of one kind, as many as are asked for.
impl<V, R: Recorder<V>> Recorder<V> for Vec<R> {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        self.iter_mut().for_each(|one| one.dwell(start, duration, at_start, mean));
    }

    #[inline]
    fn jump(&mut self, time: f64, jump: Jump, after: &V) {
        self.iter_mut().for_each(|one| one.jump(time, jump, after));
    }
}
