//! Entropy production along trajectories, `sigma`, in units of k_B.
//!
//! A quantum absorbed from a bath takes ln(down/up) from it. A level (J, M) stands for d_J states of probability p/d_J
//! each, and the entropy of the qubits changes by the logarithm of that. Together they obey `<exp(-sigma)> = 1` over
//! any window (Seifert, 2005), for any number of qubits and baths.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Powers;
use crate::bath::Bath;
use crate::dicke::{Level, ln_degeneracy};
use crate::model::Values;

/// What the entropy production is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Entropy {
    /// What a bath loses with a quantum, ln(down/up).
    per_quantum: Vec<f64>,
    /// ln(p/d_J) of every level in the steady state.
    ln_weights: HashMap<Level, f64>,
}

impl Entropy {
    /// For these baths around N qubits with these steady probabilities. `None` where a bath absorbs without emitting or
    /// emits without absorbing: the reverse of its quanta never happens.
    #[must_use]
    pub fn new(number: i64, baths: &[Bath], populations: impl IntoIterator<Item = (Level, f64)>) -> Option<Self> {
        let of_bath = |bath: &Bath| if bath.down + bath.up == 0.0 { 0.0 } else { (bath.down / bath.up).ln() };
        let per_quantum: Vec<f64> = baths.iter().map(of_bath).collect();
        let weight = |(level, p): (Level, f64)| (level, p.ln() - ln_degeneracy(number, level.two_j));
        let finite = per_quantum.iter().all(|s| s.is_finite());
        finite.then(|| Entropy { per_quantum, ln_weights: populations.into_iter().map(weight).collect() })
    }

    /// The entropy that net quanta absorbed from the baths produce in them.
    #[must_use]
    pub fn of_quanta(&self, net: impl Iterator<Item = i64>) -> f64 {
        self.per_quantum.iter().zip(net).map(|(s, net)| -s * net as f64).sum()
    }

    /// ln(p/d_J) of the level with these values.
    #[must_use]
    pub fn ln_weight<V: Values>(&self, values: &V) -> f64 {
        let two_j = ((1.0 + 4.0 * values.j_squared()).sqrt() - 1.0).round() as i64;
        let level = Level { two_j, two_m: (2.0 * values.jz()).round() as i64 };
        self.ln_weights.get(&level).copied().unwrap_or(f64::NAN)
    }
}

/// Sums over windows of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntropySums {
    /// Of sigma.
    pub sigma: Powers,
    /// Of exp(-sigma).
    pub exponential: f64,
    /// Of its square.
    pub square: f64,
    /// How many windows produced a negative entropy.
    pub backward: f64,
    /// Of exp(-sigma), over the windows that produced a positive one.
    pub reversed: f64,
}

/// Entropies that differ from 0 by rounding are 0, which is its own reverse.
const NOTHING: f64 = 1e-9;

impl EntropySums {
    /// Adds a window.
    pub fn push(&mut self, sigma: f64) {
        self.sigma.push(sigma);
        self.exponential += (-sigma).exp();
        self.square += (-2.0 * sigma).exp();
        if sigma > NOTHING {
            self.reversed += (-sigma).exp();
        } else if sigma < -NOTHING {
            self.backward += 1.0;
        }
    }

    /// Adds later windows.
    pub fn merge(&mut self, later: &EntropySums) {
        self.sigma.merge(&later.sigma);
        self.exponential += later.exponential;
        self.square += later.square;
        self.backward += later.backward;
        self.reversed += later.reversed;
    }

    /// `P(sigma < 0) / <exp(-sigma); sigma > 0>`: 1, as `P(-sigma) = exp(-sigma) P(sigma)` for every sigma, summed over
    /// the positive ones.
    #[must_use]
    pub fn symmetry(&self) -> f64 {
        self.backward / self.reversed
    }

    /// How many windows the average of exp(-sigma) effectively rests on: by the weights that were seen, and by those
    /// that a sample of this size is too small to see. What dominates the average runs as if time went backwards, and
    /// has the probability exp(-sigma) of what is typical (Jarzynski, 2006).
    #[must_use]
    pub fn effective(&self) -> f64 {
        let seen = self.exponential * self.exponential / self.square;
        seen.min(self.sigma.count * (-self.sigma.cumulants()[0]).exp())
    }
}
