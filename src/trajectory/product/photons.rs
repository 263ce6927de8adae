//! What is emitted after a photon, g2 and waiting times, along trajectories in the steady state.
//!
//! Dwells of a product are no states of one rate, so that nothing can be read off between jumps, as [`super::super::Correlator`]
//! does. Instead a photon is put into a state at a time that is fixed beforehand: a copy makes one of the jumps that emit
//! into the bath, drawn by their rates, and goes its own way. With the sum of these rates as its weight it is a fair
//! sample of what follows photons: `sum_v <L_v^dagger I(tau) L_v>` is the mean of weight times rate.

use std::sync::Arc;

use super::{Beginnings, ProductState, Products, pick};
use crate::bath::Process;
use crate::initial::ProductStart;
use crate::model::product::{Product, ProductError, ProductValues};
use crate::random::Stream;
use crate::trajectory::{AfterPhotons, Interrupt, Jump, Recorder, Unravelling};

/// What follows the photons of some baths. Clones share the tables of the engine.
#[derive(Clone)]
pub struct Photons<'a> {
    engine: Arc<Products<0>>,
    start: &'a ProductStart,
    begin: Beginnings,
    delays: Vec<f64>,
    baths: Vec<usize>,
    /// Of each bath, over the photons that were put into a trajectory, each with its weight: as many as there are in as
    /// much time, on average.
    seen: Vec<AfterPhotons>,
    jumps: u64,
    interrupt: Interrupt,
}

/// Watches for a photon of one bath, and counts jumps.
struct Dark<'a> {
    bath: usize,
    lasts: bool,
    jumps: &'a mut u64,
    interrupt: &'a Interrupt,
}

impl Recorder<ProductValues<0>> for Dark<'_> {
    fn dwell(&mut self, _: f64, _: f64, _: &ProductValues<0>, _: &ProductValues<0>) {}

    fn jump(&mut self, _: f64, jump: Jump, _: &ProductValues<0>) {
        *self.jumps += 1;
        self.lasts &= jump.bath != self.bath || jump.process != Process::Emission;
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl<'a> Photons<'a> {
    /// Of these baths, at ascending delays after photons that come as pairs of states [begin](Beginnings).
    ///
    /// # Errors
    /// If there are too many states.
    pub fn new(
        product: &Product,
        start: &'a ProductStart,
        baths: &[usize],
        delays: &[f64],
        begin: Beginnings,
    ) -> Result<Self, ProductError> {
        let engine = Arc::new(Products::new(product, start, [])?);
        let (baths, delays) = (baths.to_vec(), delays.to_vec());
        let seen = vec![AfterPhotons::new(delays.len()); baths.len()];
        Ok(Photons { engine, start, begin, delays, baths, seen, jumps: 0, interrupt: Interrupt::default() })
    }

    /// The same, whose trajectories end on the way once `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: &Interrupt) -> Self {
        Photons { interrupt: interrupt.clone(), ..self }
    }

    /// The jumps of the last trajectory and of the copies that emitted in it.
    #[must_use]
    pub fn jumps(&self) -> u64 {
        self.jumps
    }

    /// One trajectory: what followed photons of each bath. `None` where it was interrupted.
    pub fn sample(&mut self, rng: &mut Stream) -> Option<&[AfterPhotons]> {
        let Photons { engine, start, begin, delays, baths, seen, jumps, interrupt } = self;
        seen.iter_mut().for_each(AfterPhotons::clear);
        *jumps = 0;
        let mut state = engine.prepare(start, rng);
        let mut now = 0.0;
        for pass in 0..begin.count.max(1) {
            let then = begin.first + f64::from(pass) * begin.spacing;
            engine.advance(&mut state, now, then, rng, &mut Dark { bath: 0, lasts: true, jumps, interrupt });
            now = then;
            for (bath, after) in baths.iter().copied().zip(&mut *seen) {
                let mut copy = state.clone();
                let Some(rate) = engine.emit(&mut copy, bath, rng) else { continue };
                let dark = Dark { bath, lasts: true, jumps, interrupt };
                // As many as are emitted until the next time.
                follow((engine, dark, after), (copy, now), (delays, rate * begin.spacing), rng);
                if interrupt.is_set() {
                    return None;
                }
            }
        }
        (!interrupt.is_set()).then_some(&self.seen[..])
    }
}

/// Follows a state that has just emitted into a bath, and counts for so many.
fn follow(
    (engine, mut dark, after): (&Products<0>, Dark, &mut AfterPhotons),
    (mut state, begin): (ProductState, f64),
    (delays, weight): (&[f64], f64),
    rng: &mut Stream,
) {
    after.count += weight;
    let mut now = begin;
    for (place, delay) in delays.iter().enumerate() {
        engine.advance(&mut state, now, begin + delay, rng, &mut dark);
        now = begin + delay;
        after.add(place, weight * engine.emission(&state, dark.bath), dark.lasts);
    }
}

impl Products<0> {
    /// The rate at which a state emits into a bath.
    fn emission(&self, state: &ProductState, bath: usize) -> f64 {
        self.emissions(state, bath).sum()
    }

    /// How likely each way out of a state is, as far as it emits into a bath, and 0 where not.
    fn emissions(&self, state: &ProductState, bath: usize) -> impl Iterator<Item = f64> + Clone {
        let sector = self.sector(state.sector);
        let psi = &state.psi[..sector.dimension];
        sector.ways.iter().map(move |way| {
            let emits = way.jump == Jump { bath, process: Process::Emission };
            if emits { way.jump_by.weight(psi) } else { 0.0 }
        })
    }

    /// Has a state emit into a bath, and says at which rate it does; `None` where it does not.
    fn emit(&self, state: &mut ProductState, bath: usize, rng: &mut Stream) -> Option<f64> {
        let rate = self.emission(state, bath);
        let place = pick(self.emissions(state, bath), rng)?;
        let sector = self.sector(state.sector);
        state.leave_by(&sector.ways[place], sector.dimension);
        Some(rate)
    }
}
