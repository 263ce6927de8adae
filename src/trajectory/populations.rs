//! The populations engine: the exact jump chain on (J, M) for states diagonal in the Dicke basis.
//!
//! Every decay rate is diagonal on the ladder, so a Dicke state waits an exponential time and jumps to another:
//! no time step, no tolerance. A jump that leaves `|J, M>` as it is (collective dephasing, and the J' = J outcome of
//! local dephasing) exchanges no quantum and changes no record, so the chain leaves it out; all laws stay the same.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};

use super::channel::{Channel, pick};
use super::{Jump, Recorder, Unravelling};
use crate::bath::{Coupling, Process};
use crate::dicke::{Level, SectorChange, local_weight};
use crate::initial::InitialState;
use crate::model::{Model, Observables};
use crate::quantity::Sample;

/// The engine: the channels of a model, sorted by what they do to the ladder.
#[derive(Debug)]
pub struct Populations {
    pub(super) number: i64,
    pub(super) collective_down: Channel,
    pub(super) collective_up: Channel,
    pub(super) local_down: Channel,
    pub(super) local_up: Channel,
    pub(super) local_dephasing: Channel,
}

/// Weights of the outcomes J - 1 and J + 1 of local dephasing, as multiples of J^2 - M^2 and (J+1)^2 - M^2.
#[derive(Clone, Copy)]
pub(super) struct DephasingWeights {
    lower: f64,
    higher: f64,
}

impl DephasingWeights {
    /// What leaves the sector, for a = J + M and b = J - M, in rates of one qubit.
    #[inline]
    pub(super) fn outward(self, a: f64, b: f64) -> f64 {
        self.lower * a * b + self.higher * (a + 1.0) * (b + 1.0)
    }
}

impl Populations {
    /// The engine of a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Populations {
            number: model.number,
            collective_down: Channel::new(model, Coupling::Collective, Process::Emission),
            collective_up: Channel::new(model, Coupling::Collective, Process::Absorption),
            local_down: Channel::new(model, Coupling::Local, Process::Emission),
            local_up: Channel::new(model, Coupling::Local, Process::Absorption),
            local_dephasing: Channel::new(model, Coupling::Local, Process::Dephasing),
        }
    }

    pub(super) fn dephasing_weights(&self, two_j: i64) -> DephasingWeights {
        if self.local_dephasing.total == 0.0 {
            return DephasingWeights { lower: 0.0, higher: 0.0 };
        }
        // At the level with the smallest |M| both products of the table are positive whenever the outcome exists.
        let level = Level { two_j, two_m: two_j % 2 };
        let (a, b) = (level.above_bottom() as f64, level.below_top() as f64);
        let weight = |change| local_weight(self.number, level, Process::Dephasing, change);
        DephasingWeights {
            lower: if a * b > 0.0 { weight(SectorChange::Lower) / (a * b) } else { 0.0 },
            higher: weight(SectorChange::Higher) / ((a + 1.0) * (b + 1.0)),
        }
    }

    /// A local jump from `level`, drawn by `rate` in 0..(local rates); returns the jump and where it leads.
    #[cold]
    #[inline(never)]
    pub(super) fn local_jump(&self, level: Level, outward: f64, rate: f64, rng: &mut impl Rng) -> (Jump, Level) {
        let half = self.number as f64 / 2.0;
        let choices = [
            (Process::Emission, half + level.m(), &self.local_down),
            (Process::Absorption, half - level.m(), &self.local_up),
            (Process::Dephasing, outward, &self.local_dephasing),
        ];
        let (chosen, rest) = pick(choices.map(|(_, weight, channel)| weight * channel.total), rate);
        let (process, weight, channel) = choices[chosen];
        let bath = channel.bath(rest / weight);

        let mut weights = SectorChange::ALL.map(|change| local_weight(self.number, level, process, change));
        if process == Process::Dephasing {
            weights[0] = 0.0; // stays where it is: not a jump of this chain
        }
        let (outcome, _) = pick(weights, rng.random::<f64>() * weights.iter().sum::<f64>());
        let change = SectorChange::ALL[outcome];
        let to = Level { two_j: level.two_j + change.two_j(), two_m: level.two_m + process.two_m() };
        (Jump { bath, process }, to)
    }
}

impl Unravelling for Populations {
    type State = Level;
    type Values = Observables;

    fn prepare(&self, initial: &InitialState, rng: &mut impl Rng) -> Level {
        initial.draw(self.number, rng)
    }

    fn advance(
        &self,
        state: &mut Level,
        start: f64,
        end: f64,
        rng: &mut impl Rng,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let half = self.number as f64 / 2.0;
        let (down, up) = (self.collective_down.total, self.collective_up.total);
        let (local_down, local_up) = (self.local_down.total, self.local_up.total);
        let dephasing = self.local_dephasing.total;

        // a = J + M and b = J - M, as doubles that hold integers exactly.
        let (mut a, mut b) = (state.above_bottom() as f64, state.below_top() as f64);
        let mut j_squared = state.j_squared();
        let mut weights = self.dephasing_weights(state.two_j);
        let mut now = start;
        loop {
            let m = 0.5 * (a - b);
            let (emission, absorption) = (a * (b + 1.0), b * (a + 1.0));
            let (down_rate, up_rate) = (emission * down, absorption * up);
            let collective = down_rate + up_rate;
            let outward = weights.outward(a, b);
            let total = collective + (half + m) * local_down + (half - m) * local_up + outward * dephasing;

            let observables = Observables { emission, jz: m, j_squared };
            let wait: f64 = Exp1.sample(rng);
            let wait = wait / total;
            let next = now + wait;
            // A dark state has total = 0 and waits for ever.
            if next >= end || next.is_nan() {
                recorder.dwell(now, end - now, &observables, &observables);
                break;
            }
            recorder.dwell(now, wait, &observables, &observables);
            now = next;

            let rate = rng.random::<f64>() * total;
            let jump = if rate < down_rate {
                a -= 1.0;
                b += 1.0;
                Jump { bath: self.collective_down.bath(rate / emission), process: Process::Emission }
            } else if rate < collective {
                a += 1.0;
                b -= 1.0;
                let bath = self.collective_up.bath((rate - down_rate) / absorption);
                Jump { bath, process: Process::Absorption }
            } else {
                let level = Level { two_j: (a + b) as i64, two_m: (a - b) as i64 };
                let (jump, to) = self.local_jump(level, outward, rate - collective, rng);
                (a, b) = (to.above_bottom() as f64, to.below_top() as f64);
                if to.two_j != level.two_j {
                    j_squared = to.j_squared();
                    weights = self.dephasing_weights(to.two_j);
                }
                jump
            };
            recorder.jump(now, jump, &Observables { emission: a * (b + 1.0), jz: 0.5 * (a - b), j_squared });
        }
        *state = Level { two_j: (a + b) as i64, two_m: (a - b) as i64 };
    }

    fn observe(&self, state: &Level, _: f64) -> Sample<Observables> {
        Sample { values: Observables::of(*state), transverse: None }
    }
}
