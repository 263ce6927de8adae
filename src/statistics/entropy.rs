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

/// What the entropy production of independent groups of qubits is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Entropy {
    groups: Vec<OfGroup>,
}

/// That of one group.
#[derive(Clone, Debug, PartialEq)]
struct OfGroup {
    /// What a bath loses with a quantum, ln(down/up).
    per_quantum: Vec<f64>,
    /// ln(p/d_J) of every level in the steady state.
    ln_weights: HashMap<Level, f64>,
}

impl OfGroup {
    fn new(number: i64, baths: &[Bath], populations: impl IntoIterator<Item = (Level, f64)>) -> Option<Self> {
        let of_bath = |bath: &Bath| if bath.down + bath.up == 0.0 { 0.0 } else { (bath.down / bath.up).ln() };
        let per_quantum: Vec<f64> = baths.iter().map(of_bath).collect();
        let weight = |(level, p): (Level, f64)| (level, p.ln() - ln_degeneracy(number, level.two_j));
        let finite = per_quantum.iter().all(|s| s.is_finite());
        finite.then(|| OfGroup { per_quantum, ln_weights: populations.into_iter().map(weight).collect() })
    }
}

impl Entropy {
    /// For groups of N qubits among baths, with these steady probabilities. `None` where a bath absorbs without emitting or
    /// emits without absorbing: the reverse of its quanta never happens.
    #[must_use]
    pub fn new<'a, P>(groups: impl IntoIterator<Item = (i64, &'a [Bath], P)>) -> Option<Self>
    where
        P: IntoIterator<Item = (Level, f64)>,
    {
        let groups = groups.into_iter().map(|(number, baths, populations)| OfGroup::new(number, baths, populations));
        Some(Entropy { groups: groups.collect::<Option<_>>()? })
    }

    /// The entropy that net quanta absorbed from the baths by a group produce in them.
    #[must_use]
    pub fn of_quanta(&self, group: usize, net: impl Iterator<Item = i64>) -> f64 {
        self.groups[group].per_quantum.iter().zip(net).map(|(s, net)| -s * net as f64).sum()
    }

    /// The most that each bath loses with a quantum.
    #[must_use]
    pub fn per_quantum(&self) -> Vec<f64> {
        let most = |bath: usize| {
            self.groups.iter().map(|group| group.per_quantum[bath]).reduce(|a, b| if b.abs() > a.abs() { b } else { a })
        };
        let baths = self.groups.first().map_or(0, |group| group.per_quantum.len());
        (0..baths).filter_map(most).collect()
    }

    /// ln(p/d_J) of the level of a group with these values.
    #[must_use]
    pub fn ln_weight<V: Values>(&self, group: usize, values: &V) -> f64 {
        let two_j = ((1.0 + 4.0 * values.j_squared()).sqrt() - 1.0).round() as i64;
        let level = Level { two_j, two_m: (2.0 * values.jz()).round() as i64 };
        self.groups[group].ln_weights.get(&level).copied().unwrap_or(f64::NAN)
    }
}

/// Windows that produced entropies within one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bin {
    count: f64,
    /// The sum of exp(-sigma): how many windows that produced as much less are to be expected.
    reversed: f64,
}

/// Sums over windows of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntropySums {
    /// Of sigma.
    pub sigma: Powers,
    /// Of exp(-sigma).
    pub exponential: f64,
    /// How many windows produced a negative entropy.
    pub backward: f64,
    /// Of exp(-sigma), over the windows that produced a positive one: how many are to be expected to produce a negative one.
    pub reversed: f64,
    /// The same windows by what they produced, up to the largest that was seen.
    bins: Vec<Bin>,
}

/// Entropies that differ from 0 by rounding are 0, which is its own reverse.
const NOTHING: f64 = 1e-9;
/// Bins of entropy are so wide.
const BIN: f64 = 0.25;
/// The last of them holds all that is larger: no sample sees its reverse.
const BINS: usize = 256;

impl EntropySums {
    /// Adds a window.
    pub fn push(&mut self, sigma: f64) {
        let weight = (-sigma).exp();
        self.sigma.push(sigma);
        self.exponential += weight;
        if sigma > NOTHING {
            self.reversed += weight;
            let bin = ((sigma / BIN) as usize).min(BINS - 1);
            self.bins.resize(self.bins.len().max(bin + 1), Bin::default());
            self.bins[bin].count += 1.0;
            self.bins[bin].reversed += weight;
        } else if sigma < -NOTHING {
            self.backward += 1.0;
        }
    }

    /// Adds later windows.
    pub fn merge(&mut self, later: &EntropySums) {
        self.sigma.merge(&later.sigma);
        self.exponential += later.exponential;
        self.backward += later.backward;
        self.reversed += later.reversed;
        self.bins.resize(self.bins.len().max(later.bins.len()), Bin::default());
        for (mine, theirs) in self.bins.iter_mut().zip(&later.bins) {
            mine.count += theirs.count;
            mine.reversed += theirs.reversed;
        }
    }

    /// `P(sigma < 0) / <exp(-sigma); sigma > 0>`: 1, as `P(-sigma) = exp(-sigma) P(sigma)` for every sigma, summed over
    /// the positive ones.
    #[must_use]
    pub fn symmetry(&self) -> f64 {
        self.backward / self.reversed
    }

    /// What this sample has of the windows that `<exp(-sigma)>` is made of. By the same symmetry those near -sigma carry of
    /// the average what the probability of those near sigma is, and these were seen (Jarzynski, 2006).
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        let (mut expected, mut unseen) = (0.0, 0.0);
        let (mut square, mut cube) = (0.0, 0.0);
        for bin in self.bins.iter().rev().filter(|bin| bin.count > 0.0) {
            expected += bin.reversed;
            if expected < 1.0 {
                unseen += bin.count;
                continue;
            }
            // Of exp(-sigma) - 1, for windows that run forwards and for as many as are to be expected backwards.
            let weight = bin.reversed / bin.count;
            square += bin.count * (1.0 - weight).powi(2) * (1.0 / weight + 1.0);
            cube += bin.count * (1.0 - weight).powi(3) * (1.0 / (weight * weight) - 1.0);
        }
        let effective = if cube > 0.0 { square.powi(3) / (cube * cube) } else { 0.0 };
        Sampling { unseen: unseen / self.sigma.count, effective }
    }
}

/// How well a sample of windows knows an exponential average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The share of the average that is of windows of which not one is to be expected.
    pub unseen: f64,
    /// How many of equal weight would be as skewed as those that the rest is of.
    pub effective: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10,000 windows of sigma = 5, of whose reverse 67 are to be expected, among a million that produce nothing: the rest
    /// of the average is theirs, and the skewness is that of a Poisson number of them. Two of sigma = 12 have no reverse.
    #[test]
    fn what_a_sample_has_of_its_exponential_average() {
        let windows = [(0.0, 1_000_000), (5.0, 10_000), (-5.0, 70), (12.0, 2)];
        let sums = |from: usize, to: usize| {
            let mut sums = EntropySums::default();
            for (sigma, count) in &windows[from..to] {
                (0..*count).for_each(|_| sums.push(*sigma));
            }
            sums
        };
        let mut merged = sums(2, 4);
        merged.merge(&sums(0, 2));
        for sums in [sums(0, 4), merged] {
            let Sampling { unseen, effective } = sums.sampling();
            assert_eq!(unseen, 2.0 / 1_010_072.0);
            // But for what 1 and exp(-5) add: 2 %.
            assert!((effective / (10_000.0 * (-5.0_f64).exp()) - 1.0).abs() < 0.03, "{effective}");
            assert_eq!(sums.backward, 70.0);
        }
        // From windows that all run forwards nothing is known.
        let mut forwards = EntropySums::default();
        (0..1000).for_each(|_| forwards.push(20.0));
        assert_eq!(forwards.sampling(), Sampling { unseen: 1.0, effective: 0.0 });
    }
}
