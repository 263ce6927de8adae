//! Counts and time integrals of one trajectory: what currents in the steady state are estimated from.

use super::{Change, Exchanged, Interrupt, Jump, Recorder};
use crate::model::Values;

/// Running counts and integrals since they were last cleared. It allocates nothing.
#[derive(Clone, Debug)]
pub struct Counter<V: Values> {
    /// Quanta exchanged with each bath.
    pub exchanged: Exchanged,
    /// The integrals of the values over time.
    pub integral: V,
    /// The integral of `<J^2>`.
    pub j_squared: f64,
    /// The integral of the square of the watched form.
    pub square: f64,
    watched: V::Form,
    interrupt: Interrupt,
}

impl<V: Values> Counter<V> {
    /// A counter for so many baths, which watches how one form spreads.
    #[must_use]
    pub fn new(baths: usize, watched: V::Form) -> Self {
        Counter {
            exchanged: Exchanged::new(baths),
            integral: V::default(),
            j_squared: 0.0,
            square: 0.0,
            watched,
            interrupt: Interrupt::default(),
        }
    }

    /// The same, of trajectories that end where they are once `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: &Interrupt) -> Self {
        Counter { interrupt: interrupt.clone(), ..self }
    }

    /// Starts from zero.
    pub fn clear(&mut self) {
        self.exchanged.clear();
        self.integral = V::default();
        (self.j_squared, self.square) = (0.0, 0.0);
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
        self.exchanged.add(jump);
    }

    #[inline]
    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

/// Watches a trajectory beside a [`Counter`], and reads there what it would else have to count again.
pub trait Watcher<V: Values> {
    /// Whether it reads values as they change within a dwell.
    const FOLLOWS: bool = false;

    /// The state has the values `at_start` from now until `until`, or until they change continuously. What is counted
    /// and integrated is that up to now.
    fn dwell(&mut self, counter: &mut Counter<V>, until: f64, at_start: &V);
    /// A jump happened at `time`, it is counted, and it left the state with these values.
    fn jump(&mut self, counter: &mut Counter<V>, time: f64, jump: Jump, after: &V);
    /// Values change within a dwell, and are `at` a time after its start: in place of [`Watcher::dwell`].
    #[inline(always)]
    fn varying(&mut self, counter: &mut Counter<V>, change: &Change<V>, _at: impl FnMut(f64) -> V) {
        self.dwell(counter, change.start + change.duration, &change.ends.0);
    }
    /// The last emission into a bath is the one that the counter waits for. The next to wait for is to be set.
    #[inline(always)]
    fn awaited(&mut self, _counter: &mut Counter<V>, _time: f64, _bath: usize) {}
}

/// A counter and what watches beside it.
impl<V: Values, W: Watcher<V>> Recorder<V> for (&mut Counter<V>, W) {
    #[inline(always)]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        self.1.dwell(self.0, start + duration, at_start);
        self.0.dwell(start, duration, at_start, mean);
    }

    #[inline(always)]
    fn follows(&self, _rises: bool) -> bool {
        W::FOLLOWS
    }

    #[inline(always)]
    fn varying(&mut self, change: &Change<V>, mean: &V, at: impl FnMut(f64) -> V) {
        self.1.varying(self.0, change, at);
        self.0.dwell(change.start, change.duration, &change.ends.0, mean);
    }

    #[inline(always)]
    fn jump(&mut self, time: f64, jump: Jump, after: &V) {
        if self.0.exchanged.add(jump) {
            self.1.awaited(self.0, time, jump.bath);
        }
        self.1.jump(self.0, time, jump, after);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.0.interrupted()
    }
}

impl<V: Values, W: Watcher<V>> Watcher<V> for &mut W {
    const FOLLOWS: bool = W::FOLLOWS;

    #[inline(always)]
    fn varying(&mut self, counter: &mut Counter<V>, change: &Change<V>, at: impl FnMut(f64) -> V) {
        (**self).varying(counter, change, at);
    }

    #[inline(always)]
    fn dwell(&mut self, counter: &mut Counter<V>, until: f64, at_start: &V) {
        (**self).dwell(counter, until, at_start);
    }

    #[inline(always)]
    fn jump(&mut self, counter: &mut Counter<V>, time: f64, jump: Jump, after: &V) {
        (**self).jump(counter, time, jump, after);
    }

    #[inline(always)]
    fn awaited(&mut self, counter: &mut Counter<V>, time: f64, bath: usize) {
        (**self).awaited(counter, time, bath);
    }
}

/// Two watchers of the same trajectory.
impl<V: Values, A: Watcher<V>, B: Watcher<V>> Watcher<V> for (A, B) {
    const FOLLOWS: bool = A::FOLLOWS || B::FOLLOWS;

    #[inline(always)]
    fn varying(&mut self, counter: &mut Counter<V>, change: &Change<V>, mut at: impl FnMut(f64) -> V) {
        self.0.varying(counter, change, &mut at);
        self.1.varying(counter, change, at);
    }

    #[inline(always)]
    fn dwell(&mut self, counter: &mut Counter<V>, until: f64, at_start: &V) {
        self.0.dwell(counter, until, at_start);
        self.1.dwell(counter, until, at_start);
    }

    #[inline(always)]
    fn jump(&mut self, counter: &mut Counter<V>, time: f64, jump: Jump, after: &V) {
        self.0.jump(counter, time, jump, after);
        self.1.jump(counter, time, jump, after);
    }

    #[inline(always)]
    fn awaited(&mut self, counter: &mut Counter<V>, time: f64, bath: usize) {
        self.0.awaited(counter, time, bath);
        self.1.awaited(counter, time, bath);
    }
}
