//! Emission correlations without histograms: g2(tau) and the waiting-time density, each exactly at its delay.
//!
//! A photon of a fair sample of them is an anchor. At every delay after it the emission rate of the state of the moment
//! is read: its mean over anchors is g2 times the mean rate, and where only anchors count that no other photon has
//! followed yet it is the density of the waiting time. No bin has a width, and memory is that of the delays.

use rand::{Rng, RngExt};

use super::{Jump, Recorder};
use crate::bath::Process;
use crate::model::Values;
use crate::random::Stream;

/// A photon whose future is being read.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    time: f64,
    /// The delay that comes next.
    next: usize,
    /// No photon has followed it yet.
    alone: bool,
}

/// Sums over the anchors of one bath.
#[derive(Clone, Debug)]
pub struct Correlator<V: Values> {
    bath: usize,
    intensity: V::Form,
    delays: Vec<f64>,
    /// ln(1 - p) of the chance p of a photon to be an anchor; minus infinity where all are.
    ln_passed: f64,
    rng: Option<Stream>,
    /// Photons to pass before the next anchor.
    skip: u64,
    /// No anchors from here on: they would not live to their last delay.
    closed: f64,
    anchors: Vec<Anchor>,
    /// When the next reading is due.
    due: f64,
    /// Anchors so far.
    pub count: u64,
    /// For each delay, the sum over anchors of the emission rate then.
    pub rate: Vec<f64>,
    /// The same over anchors that no photon has followed.
    pub waiting: Vec<f64>,
}

impl<V: Values> Correlator<V> {
    /// A correlator of the emissions into a bath of this intensity, at ascending delays. Each photon is an anchor with
    /// the probability `share`.
    #[must_use]
    pub fn new(bath: usize, intensity: V::Form, delays: &[f64], share: f64) -> Self {
        Correlator {
            bath,
            intensity,
            delays: delays.to_vec(),
            ln_passed: (-share.clamp(1e-12, 1.0)).ln_1p(),
            rng: None,
            skip: u64::MAX,
            closed: f64::NEG_INFINITY,
            anchors: Vec::with_capacity(64),
            due: f64::INFINITY,
            count: 0,
            rate: vec![0.0; delays.len()],
            waiting: vec![0.0; delays.len()],
        }
    }

    /// Clears the sums and begins a stretch that lasts until `end`; the choice of anchors is drawn from `rng`.
    pub fn begin(&mut self, end: f64, rng: Stream) {
        self.rng = Some(rng);
        self.closed = end - self.delays.last().copied().unwrap_or(0.0);
        self.anchors.clear();
        self.due = f64::INFINITY;
        self.count = 0;
        self.rate.fill(0.0);
        self.waiting.fill(0.0);
        self.skip = self.draw_skip();
    }

    /// Photons that are passed over: independent of everything, so that anchors are a fair sample.
    fn draw_skip(&mut self) -> u64 {
        let Some(rng) = &mut self.rng else { return u64::MAX };
        let u: f64 = 1.0 - rng.random::<f64>();
        (u.ln() / self.ln_passed) as u64
    }

    /// Reads all that is due before `until`, in a state that lasts from then until there.
    #[cold]
    fn read(&mut self, until: f64, rate: f64) {
        let mut due = f64::INFINITY;
        for anchor in &mut self.anchors {
            while let Some(delay) = self.delays.get(anchor.next) {
                let at = anchor.time + delay;
                if at >= until {
                    due = due.min(at);
                    break;
                }
                self.rate[anchor.next] += rate;
                if anchor.alone {
                    self.waiting[anchor.next] += rate;
                }
                anchor.next += 1;
            }
        }
        self.anchors.retain(|anchor| anchor.next < self.delays.len());
        self.due = due;
    }

    fn photon(&mut self, time: f64) {
        self.anchors.iter_mut().for_each(|anchor| anchor.alone = false);
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.skip = self.draw_skip();
        if time < self.closed && !self.delays.is_empty() {
            self.count += 1;
            self.anchors.push(Anchor { time, next: 0, alone: true });
            self.due = self.due.min(time + self.delays[0]);
        }
    }
}

impl<V: Values> Recorder<V> for Correlator<V> {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, _: &V) {
        if start + duration > self.due {
            self.read(start + duration, at_start.at(self.intensity));
        }
    }

    #[inline]
    fn jump(&mut self, time: f64, jump: Jump, _: &V) {
        if jump.process == Process::Emission && jump.bath == self.bath {
            self.photon(time);
        }
    }
}

/// The stream of a recorder's own draws, apart from the trajectory's.
#[must_use]
pub fn own_stream(rng: &mut impl Rng) -> Stream {
    crate::random::stream(rng.next_u64(), 0, 0)
}
