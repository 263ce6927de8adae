//! The sectors engine: the jump chain on (J, M), which passes through a sector J at once, over all collective jumps between
//! two local ones. It is exact, and no tau-leaping.
//!
//! In a sector J the collective baths make a birth-death chain over M, which the local baths end at a rate that depends
//! on M. When it ends, and where, is drawn from the modes of this chain ([`sector`]), whatever number of jumps lies
//! between: the law is that of [`Populations`], the cost does not grow as the local baths weaken. What is reported of a
//! passage are the means of the values over it, given its start, length and end: unbiased, and no noisier than the values
//! themselves (Rao-Blackwell). Collective jumps are not seen, so nothing may be counted of collective baths.

mod sector;

use std::sync::OnceLock;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::populations::Populations;
use super::{Recorder, Unravelling};
use crate::bath::Coupling;
use crate::dicke::Level;
use crate::initial::InitialState;
use crate::model::{Model, Observables};
use crate::quantity::Sample;
use crate::random::Stream;
use crate::theory::{inverse_temperature, thermal_emission, thermal_jz, weak_local_bath};

use sector::{MOST_LEVELS, Sector};

/// The engine. The modes of a sector are found when a trajectory first passes there, and kept.
#[derive(Debug)]
pub struct Sectors {
    chain: Populations,
    /// By (N - 2J)/2.
    sectors: Vec<OnceLock<Option<Sector>>>,
}

impl Sectors {
    /// The most levels of a sector that is passed through at once. Larger ones are stepped through jump by jump, by the same law.
    pub const MOST_LEVELS: usize = MOST_LEVELS;

    /// The engine of a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let sectors = (0..=model.number / 2).map(|_| OnceLock::new()).collect();
        Sectors { chain: Populations::new(model), sectors }
    }

    /// Collective jumps between two local ones, on average where local baths are weak: the sectors have their weights
    /// in this limit, and are thermal. `None` where there are no local jumps, or no collective ones.
    #[must_use]
    pub fn jumps_skipped(model: &Model) -> Option<f64> {
        let (collective, local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
        let x = inverse_temperature(collective);
        let half = model.number as f64 / 2.0;
        let (mut skipped, mut seen) = (0.0, 0.0);
        for (two_j, p) in weak_local_bath(model).ok()? {
            let j = two_j as f64 / 2.0;
            let (emission, jz) = (thermal_emission(j, x), thermal_jz(j, x));
            skipped += p * (collective.down * emission + collective.up * (emission - 2.0 * jz));
            seen += p * (local.down * (half + jz) + local.up * (half - jz) + local.dephasing * half / 2.0);
        }
        Some(skipped / seen).filter(|ratio| ratio.is_finite())
    }

    /// The modes of the sector of a level, where it is passed through at once.
    fn sector(&self, level: Level) -> Option<&Sector> {
        let make = || {
            let chain = &self.chain;
            let (down, up) = (chain.collective_down.total, chain.collective_up.total);
            let fits = (2..=MOST_LEVELS as i64).contains(&(level.two_j + 1));
            if fits && down + up > 0.0 {
                let ended = |level: Level| chain.local_rate(level.m(), chain.outward(level));
                Sector::new(level.two_j, (down, up), ended)
            } else {
                None
            }
        };
        self.sectors[((self.chain.number - level.two_j) / 2) as usize].get_or_init(make).as_ref()
    }
}

impl Unravelling for Sectors {
    type State = Level;
    type Values = Observables;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> Level {
        initial.draw(self.chain.number, rng)
    }

    fn advance(
        &self,
        state: &mut Level,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let (down, up) = (self.chain.collective_down.total, self.chain.collective_up.total);
        let mut now = start;
        while now < end && !recorder.interrupted() {
            let level = *state;
            let here = Observables::of(level);
            if let Some(sector) = self.sector(level).filter(|sector| sector.is_home(level)) {
                let passage = sector.pass(level, end - now, rng);
                recorder.dwell(now, passage.duration, &here, &passage.mean);
                *state = passage.to;
                if !passage.ended {
                    return;
                }
                now += passage.duration;
            } else {
                let (emission, absorption) = (level.lowering() * down, level.raising() * up);
                let total = emission + absorption + self.chain.local_rate(level.m(), self.chain.outward(level));
                let wait: f64 = Exp1.sample(rng);
                let next = now + wait / total;
                // A dark state has total = 0 and waits for ever.
                if next >= end || next.is_nan() {
                    recorder.dwell(now, end - now, &here, &here);
                    return;
                }
                recorder.dwell(now, next - now, &here, &here);
                now = next;
                let rate = rng.random::<f64>() * total - (emission + absorption);
                if rate < 0.0 {
                    state.two_m += if rate + absorption < 0.0 { -2 } else { 2 };
                    continue;
                }
            }
            let jump = self.chain.local_jump(state, rng);
            recorder.jump(now, jump, &Observables::of(*state));
        }
    }

    fn observe(&self, state: &Level, _: f64) -> Sample<Observables> {
        Sample { values: Observables::of(*state), transverse: None }
    }
}
