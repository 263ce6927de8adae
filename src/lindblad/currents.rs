//! Currents of all baths in one state, each with what rounding may have done to it.
//!
//! A bath gives `up a - down e`, with a and e what the state would absorb and emit at unit rate: a difference of two
//! large numbers where one bath rules the qubits. All baths of one coupling see the same a and e, so that their current
//! splits into what they exchange with each other and a share of what flows between them and all else,
//!
//! `I_b = sum_c (up_b down_c - down_b up_c)/R (a + e) + (up_b + down_b)/R F`, `R = sum_c (up_c + down_c)`,
//! `F = sum_c I_c`.
//!
//! The first part has no bath against itself. F of the collective baths, F of the local ones and what a drive brings in
//! are d`<J_z>`/dt together, 0 in the steady state: F is known from those whose terms are smaller.

use super::ladder::LadderGenerator;
use crate::bath::{Bath, Coupling, Pair};
use crate::rounded::Rounded;

/// What a state gives to a bath of unit rates, and takes from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Occupation {
    /// `<J_+ J_->`, emitted collectively.
    pub emission: Rounded,
    /// `<J_- J_+>`, absorbed collectively.
    pub absorption: Rounded,
    /// `N/2 + <J_z>`, emitted locally: the number of excited qubits.
    pub excited: Rounded,
    /// `N/2 - <J_z>`, absorbed locally.
    pub ground: Rounded,
}

impl Occupation {
    /// Of a distribution over the levels, each of whose probabilities is good to its own last digits.
    #[must_use]
    pub fn of(ladder: &LadderGenerator, p: &[f64]) -> Self {
        let mut sums = [0.0; 4];
        for (level, p) in ladder.levels.iter().zip(p) {
            let [collective, local] = Coupling::ALL.map(|coupling| coupling.on_level(ladder.number(), *level));
            let values = [collective.emission, collective.absorption, local.emission, local.absorption];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * p);
        }
        let [emission, absorption, excited, ground] = sums.map(|sum| Rounded::of(sum, sum));
        Occupation { emission, absorption, excited, ground }
    }

    /// Of `number` qubits from `<J_+ J_->` and `<J_z>`, for probabilities that are off by `error` in all.
    #[must_use]
    pub fn of_averages(number: i64, emission: f64, jz: f64, error: f64) -> Self {
        let half = number as f64 / 2.0;
        let collective = |value| Rounded { value, error: error * half * (half + 1.0) };
        let local = |value: f64| Rounded { value: value.clamp(0.0, 2.0 * half), error: error * half };
        Occupation {
            emission: collective(emission),
            absorption: collective(emission - 2.0 * jz),
            excited: local(half + jz),
            ground: local(half - jz),
        }
    }

    /// What qubits emit into baths of one coupling, and absorb from them, at unit rate.
    #[must_use]
    pub fn seen(&self, coupling: Coupling) -> Pair<Rounded> {
        match coupling {
            Coupling::Collective => Pair { emission: self.emission, absorption: self.absorption },
            Coupling::Local => Pair { emission: self.excited, absorption: self.ground },
        }
    }
}

/// Net quanta absorbed from each bath per unit time. `inflow` is what else changes `<J_z>`, less its growth; `None`
/// where that is not known.
#[must_use]
pub fn currents(baths: &[Bath], occupation: &Occupation, inflow: Option<Rounded>) -> Vec<Rounded> {
    let of = |coupling: Coupling| baths.iter().filter(move |bath| bath.coupling == coupling);
    // What flows in by each pattern.
    let mut flows = Coupling::ALL.map(|coupling| {
        let Pair { emission, absorption } = occupation.seen(coupling);
        let rate = |rate: fn(&Bath) -> f64| of(coupling).map(rate).sum::<f64>();
        absorption * rate(|bath| bath.up) - emission * rate(|bath| bath.down)
    });
    let mut doubt = 1.0;
    if let Some(inflow) = inflow {
        // In equilibrium nothing flows, and what is left is rounding.
        if inflow == Rounded::ZERO && in_equilibrium(baths) {
            return vec![Rounded::ZERO; baths.len()];
        }
        let missing = flows.iter().fold(Rounded::ZERO, |sum, flow| sum + *flow) + inflow;
        if missing.value.abs() > missing.error {
            doubt = missing.value.abs() / missing.error;
        }
        // The balance tells the one that is known worst.
        let worst = (0..flows.len()).max_by(|a, b| flows[*a].error.total_cmp(&flows[*b].error)).unwrap_or(0);
        flows[worst] = Rounded::ZERO;
        flows[worst] = -(flows.iter().fold(Rounded::ZERO, |sum, flow| sum + *flow) + inflow);
    }
    let current = |bath: &Bath| {
        let all: f64 = of(bath.coupling).map(|other| other.down + other.up).sum();
        if bath.down + bath.up == 0.0 {
            return Rounded::ZERO;
        }
        let Pair { emission, absorption } = occupation.seen(bath.coupling);
        let others = of(bath.coupling).filter(|other| !std::ptr::eq(*other, bath));
        let between: Rounded = others.map(|other| bath.exchange(other, all)).sum();
        let own = Coupling::ALL.into_iter().zip(flows).find(|(coupling, _)| *coupling == bath.coupling);
        let outside = own.map_or(Rounded::ZERO, |(_, flow)| flow);
        let Rounded { value, error } = between * (absorption + emission) + outside * ((bath.down + bath.up) / all);
        Rounded { value, error: doubt * error }
    };
    baths.iter().map(current).collect()
}

/// Whether no bath drives a current against another, whatever their couplings.
fn in_equilibrium(baths: &[Bath]) -> bool {
    let mut exchanging = baths.iter().filter(|bath| bath.down + bath.up > 0.0);
    let Some(first) = exchanging.next() else { return true };
    exchanging.all(|bath| first.exchange(bath, first.down + first.up) == Rounded::ZERO)
}
