//! The ladder engine: superpositions of the levels of one sector, `psi = sum_M c_M |J, M>`.
//!
//! H_eff is diagonal, so between jumps `c_M(t) = c_M exp(-(i E_M + Gamma_M/2) t)`, and the waiting time has the
//! survival function `sum_M |c_M|^2 exp(-Gamma_M t)`, a mixture of exponentials: a level is drawn by its weight, then
//! an exponential time by its rate. No time step, no root, no tolerance. A local jump is one of three rank-one outcomes
//! (`dicke::local`); coherence between sectors reaches no observable, so a state that spreads over several is drawn as
//! one of them.
//!
//! The conditional state of a trajectory is that of this unravelling; counts and averages are those of every other.

mod driven;
mod protocol;
mod state;
mod tridiagonal;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

pub use self::driven::{DrivenLadder, DrivenState};
pub use self::protocol::{ProtocolLadder, ProtocolState};
pub use self::state::LadderState;
use self::state::Means;
use super::channel::{Channel, pick};
use super::{Change, Jump, Recorder, Unravelling};
use crate::bath::{Coupling, Process};
use crate::dicke::SectorChange;
use crate::initial::InitialState;
use crate::model::{Hamiltonian, Model, Observables};
use crate::quantity::Sample;
use crate::random::Stream;

const PROCESSES: [Process; 3] = [Process::Emission, Process::Absorption, Process::Dephasing];

/// The engine of a model.
#[derive(Clone, Debug)]
pub struct Ladder {
    number: i64,
    /// omega_0 as an angular frequency.
    angular_frequency: f64,
    /// chi as an angular frequency.
    chi: f64,
    collective: [Channel; 3],
    local: [Channel; 3],
    /// Whether the total intensity may rise between jumps. Where Gamma is it, but for a constant, it never does: its
    /// slope is minus the covariance of the two.
    rises: bool,
}

/// `Gamma(a)` over the levels a = J + M of one sector, a polynomial of order two.
#[derive(Clone, Copy, Debug)]
struct Decay {
    linear: f64,
    quadratic: f64,
}

impl Decay {
    /// Gamma(a) - Gamma(b), without cancellation.
    fn difference(self, a: usize, b: usize) -> f64 {
        let (a, b) = (a as f64, b as f64);
        (a - b) * (self.linear + self.quadratic * (a + b))
    }

    /// About the standard deviation of Gamma where a has this mean and deviation; no less than that of normal numbers.
    fn deviation(self, mean: f64, deviation: f64) -> f64 {
        let slope = self.linear + 2.0 * self.quadratic * mean;
        (slope.abs() + 2.0 * self.quadratic.abs() * deviation) * deviation
    }
}

impl Ladder {
    /// The engine of a model; a drive is [`DrivenLadder`]'s.
    #[must_use]
    pub fn new(model: &Model, hamiltonian: &Hamiltonian) -> Self {
        let channels = |coupling| PROCESSES.map(|process| Channel::new(model, coupling, process));
        let (collective, local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
        Ladder {
            number: model.number,
            angular_frequency: model.units.angular(model.frequency),
            chi: model.units.angular(hamiltonian.chi),
            collective: channels(Coupling::Collective),
            local: channels(Coupling::Local),
            rises: collective.up + collective.dephasing + local.up > 0.0,
        }
    }

    /// The rates of the six kinds of jumps in a state: three collective, three local.
    fn rates(&self, means: &Means) -> [f64; 6] {
        let half = self.number as f64 / 2.0;
        let [down, up, dephasing] = [0, 1, 2].map(|k| self.collective[k].total);
        let [local_down, local_up, local_dephasing] = [0, 1, 2].map(|k| self.local[k].total);
        [
            down * means.emission,
            up * means.absorption,
            dephasing * means.jz_squared,
            local_down * (half + means.jz),
            local_up * (half - means.jz),
            local_dephasing * half / 2.0,
        ]
    }

    /// Gamma of one level.
    fn decay_rate(&self, state: &LadderState, a: usize) -> f64 {
        let level = state.of_level(a);
        let means = Means {
            emission: level.emission,
            absorption: level.emission - 2.0 * level.jz,
            jz: level.jz,
            jz_squared: level.jz * level.jz,
        };
        self.rates(&means).iter().sum()
    }

    /// How Gamma changes over the levels of a sector.
    fn decay(&self, two_j: i64) -> Decay {
        let two_j = two_j as f64;
        let [down, up, dephasing] = [0, 1, 2].map(|k| self.collective[k].total);
        // a (2J + 1 - a), (2J - a)(a + 1), (a - J)^2 and a - J.
        let linear =
            down * (two_j + 1.0) + up * (two_j - 1.0) - dephasing * two_j + self.local[0].total - self.local[1].total;
        Decay { linear, quadratic: dephasing - down - up }
    }

    /// The state after a wait without a jump, as that of the level that was drawn has it.
    fn evolve(&self, state: &mut LadderState, drawn: usize, decay: Decay, wait: f64) {
        state.decay(|a| -0.5 * wait * decay.difference(a, drawn), -decay.quadratic * wait);
        if self.chi != 0.0 {
            state.twist(self.chi * wait);
        }
    }

    /// A jump of a state, drawn by the rates it has.
    fn jump(&self, state: &mut LadderState, rates: &[f64; 6], rng: &mut Stream) -> Jump {
        let (kind, rest) = pick(*rates, rng.random::<f64>() * rates.iter().sum::<f64>());
        let process = PROCESSES[kind % 3];
        let channel = if kind < 3 { &self.collective[kind] } else { &self.local[kind - 3] };
        let bath = channel.bath(rest / rates[kind] * channel.total);
        if kind < 3 {
            state.jump(process);
        } else {
            let outcomes = state.local_outcomes(process);
            let (outcome, _) = pick(outcomes, rng.random::<f64>() * outcomes.iter().sum::<f64>());
            state.local_jump(process, SectorChange::ALL[outcome]);
        }
        Jump { bath, process }
    }
}

impl Unravelling for Ladder {
    type State = LadderState;
    type Values = Observables;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> LadderState {
        let mut state = LadderState::new(self.number);
        let (two_j, amplitudes) = initial.draw_pure(self.number, rng);
        state.set(two_j, amplitudes);
        state
    }

    fn advance(
        &self,
        state: &mut LadderState,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let mut now = start;
        loop {
            // The waiting time is that of a level drawn by its weight, and while it lasts the mean over trajectories of
            // any value is that of the level: int S(t) f(t) dt = sum_M |c_M|^2 f_M int exp(-Gamma_M t) dt.
            let drawn = state.draw(rng);
            let wait: f64 = Exp1.sample(rng);
            let wait = wait / self.decay_rate(state, drawn);
            let (at_start, mean) = (state.observables(), state.of_level(drawn));
            let decay = self.decay(state.two_j());
            let next = now + wait;
            // A dark level waits for ever.
            let jumps = next < end;
            let duration = if jumps { wait } else { end - now };
            if state.support().len() > 1 && recorder.follows(self.rises) {
                let above = at_start.jz + state.two_j() as f64 / 2.0;
                // Amplitudes part at half the differences of Gamma.
                let turning = 2.0 * decay.deviation(above, state.deviation());
                state.remember();
                self.evolve(state, drawn, decay, duration);
                let ends = (at_start, state.observables());
                let change = Change { start: now, duration, turning, ends, between: None, most: None };
                recorder.varying(&change, &mean, |time| state.remembered(|a| -time * decay.difference(a, drawn)));
            } else {
                recorder.dwell(now, duration, &at_start, &mean);
                self.evolve(state, drawn, decay, duration);
            }
            if !jumps || recorder.interrupted() {
                return;
            }
            now = next;
            let rates = self.rates(state.means());
            let jump = self.jump(state, &rates, rng);
            recorder.jump(now, jump, &state.observables());
        }
    }

    fn observe(&self, state: &LadderState, time: f64) -> Sample<Observables> {
        let spin = state.spin(self.angular_frequency * time);
        Sample { values: state.observables(), transverse: Some(spin.transverse(state.two_j() as f64 / 2.0)) }
    }
}
