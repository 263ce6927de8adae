//! Emission correlations without histograms: g2(tau) and the waiting-time density, each exactly at its delay.
//!
//! A photon of a fair sample of them is an anchor. At every delay after it the emission rate of the state of the moment
//! is read: its mean over anchors is g2 times the mean rate, and where only anchors count that no other photon has
//! followed yet it is the density of the waiting time. No bin has a width, and memory is that of the delays.

use rand::{Rng, RngExt};

use super::after_photons::AfterPhotons;
use super::counter::{Counter, Watcher};
use super::{Change, Exchanged, Jump};
use crate::model::Values;
use crate::random::{Stream, stream};

/// A photon whose future is being read.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    time: f64,
    /// The delay that comes next.
    next: usize,
    /// Its number among the photons of its bath.
    photon: u64,
}

/// Sums over the anchors of one bath.
#[derive(Clone, Debug)]
pub struct Correlation<V: Values> {
    bath: usize,
    intensity: V::Form,
    /// ln(1 - p) of the chance p of a photon to be an anchor; minus infinity where all are.
    ln_passed: f64,
    rng: Stream,
    anchors: Vec<Anchor>,
    /// What was read after all anchors so far.
    pub after: AfterPhotons,
}

impl<V: Values> Correlation<V> {
    /// Photons that are passed over until the next anchor: independent of everything, so that anchors are a fair sample.
    fn skip(&mut self) -> u64 {
        let u: f64 = 1.0 - self.rng.random::<f64>();
        (u.ln() / self.ln_passed) as u64
    }

    /// Reads all that is due before `until`, with the values there are `at` a time; returns when the next is due.
    fn read(&mut self, delays: &[f64], exchanged: &Exchanged, until: f64, mut at: impl FnMut(f64) -> V) -> f64 {
        let photons = exchanged.emitted(self.bath);
        let mut due = f64::INFINITY;
        for anchor in &mut self.anchors {
            while let Some(delay) = delays.get(anchor.next) {
                let time = anchor.time + delay;
                if time >= until {
                    due = due.min(time);
                    break;
                }
                self.after.add(anchor.next, at(time).at(self.intensity), anchor.photon == photons);
                anchor.next += 1;
            }
        }
        self.anchors.retain(|anchor| anchor.next < delays.len());
        due
    }
}

/// Correlations of the emissions into some baths.
#[derive(Clone, Debug)]
pub struct Correlator<V: Values> {
    /// Each with its bath.
    pub correlations: Vec<Correlation<V>>,
    delays: Vec<f64>,
    /// No anchors from here on: they would not live to their last delay.
    closed: f64,
    /// When the next reading is due.
    due: f64,
}

impl<V: Values> Correlator<V> {
    /// For the emissions into baths (index, intensity, share of photons that are anchors), at ascending delays.
    #[must_use]
    pub fn new(of: impl Iterator<Item = (usize, V::Form, f64)>, delays: &[f64]) -> Self {
        let correlation = |(bath, intensity, share): (usize, V::Form, f64)| Correlation {
            bath,
            intensity,
            ln_passed: (-share.clamp(1e-12, 1.0)).ln_1p(),
            rng: stream(0, 0, 0),
            anchors: Vec::with_capacity(64),
            after: AfterPhotons::new(delays.len()),
        };
        Correlator {
            correlations: of.map(correlation).collect(),
            delays: delays.to_vec(),
            closed: f64::NEG_INFINITY,
            due: f64::INFINITY,
        }
    }

    /// Clears the sums and begins a stretch that lasts until `end`, where nothing has been exchanged yet; the choice of
    /// anchors is drawn from streams that `rng` seeds.
    pub fn begin(&mut self, end: f64, exchanged: &mut Exchanged, rng: &mut Stream) {
        self.closed = end - self.delays.last().copied().unwrap_or(0.0);
        self.due = f64::INFINITY;
        for correlation in &mut self.correlations {
            correlation.rng = stream(rng.next_u64(), 0, 0);
            correlation.anchors.clear();
            correlation.after.clear();
            exchanged.wait_for(correlation.bath, correlation.skip().saturating_add(1));
        }
    }

    #[cold]
    fn read(&mut self, exchanged: &Exchanged, until: f64, mut at: impl FnMut(f64) -> V) {
        let read = |correlation: &mut Correlation<V>| correlation.read(&self.delays, exchanged, until, &mut at);
        self.due = self.correlations.iter_mut().map(read).fold(f64::INFINITY, f64::min);
    }

    #[cold]
    fn anchored(&mut self, exchanged: &mut Exchanged, time: f64, bath: usize) {
        let Some(correlation) = self.correlations.iter_mut().find(|one| one.bath == bath) else { return };
        let photon = exchanged.emitted(bath);
        exchanged.wait_for(bath, photon.saturating_add(1).saturating_add(correlation.skip()));
        if time < self.closed {
            correlation.after.count += 1.0;
            correlation.anchors.push(Anchor { time, next: 0, photon });
            self.due = self.due.min(time + self.delays[0]);
        }
    }
}

impl<V: Values> Watcher<V> for Correlator<V> {
    const FOLLOWS: bool = true;

    #[inline]
    fn dwell(&mut self, counter: &mut Counter<V>, until: f64, at_start: &V) {
        if until > self.due {
            self.read(&counter.exchanged, until, |_| *at_start);
        }
    }

    #[inline]
    fn varying(&mut self, counter: &mut Counter<V>, change: &Change<V>, mut at: impl FnMut(f64) -> V) {
        let Change { start, duration, .. } = *change;
        if start + duration > self.due {
            // Rounding may have it due a hair before the start.
            let within = |time: f64| (time - start).clamp(0.0, duration);
            self.read(&counter.exchanged, start + duration, |time| at(within(time)));
        }
    }

    #[inline]
    fn jump(&mut self, _: &mut Counter<V>, _: f64, _: Jump, _: &V) {}

    #[inline]
    fn awaited(&mut self, counter: &mut Counter<V>, time: f64, bath: usize) {
        self.anchored(&mut counter.exchanged, time, bath);
    }
}
