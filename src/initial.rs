//! Initial states, as distributions over the Dicke levels.
//!
//! Coherence between different J never reaches a permutation-invariant observable, so a state that spreads over
//! several sectors is the mixture of them, and a trajectory draws one.

mod factors;

pub use factors::{Drawn, FactorStart, ProductStart};

use std::sync::Arc;

use num_complex::Complex64;
use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution};
use serde::{Serialize, Serializer};

use crate::dicke::{Level, levels, ln_binomial, ln_degeneracy, ln_tail_of_product, sectors};

/// A validated initial state of N qubits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InitialState {
    /// One Dicke state; ground and inverted are two of them.
    Dicke(Level),
    /// `excited` qubits up and the others down, in any order: M is sharp, J is spread.
    Product {
        /// The number of excited qubits, 0..=N.
        excited: i64,
    },
    /// Every qubit excited with this probability, independently: a thermal product state.
    Thermal {
        /// 1/(1 + e^x), x = hbar omega_0 / (k_B T).
        probability: f64,
    },
    /// The coherent spin state of J = N/2 pointing to (theta, phi); theta = 0 is inverted, theta = pi is ground.
    Coherent {
        /// Polar angle from the +z axis, 0..=pi.
        theta: f64,
        /// Azimuth.
        phi: f64,
    },
    /// `sum_M c_M |J, M>` in one sector.
    Superposition {
        /// 2J.
        two_j: i64,
        /// c_M from M = -J up, 2J + 1 of them, normalized.
        amplitudes: Vec<Complex64>,
    },
    /// All up and all down at once, `(|N/2, N/2> + e^(i phase) |N/2, -N/2>)/sqrt 2` (Greenberger, Horne, Zeilinger).
    Ghz {
        /// Relative phase of the ground state, in radians.
        phase: f64,
    },
    /// Which qubit is excited, one by one: a state of a register.
    Bits(Vec<bool>),
    /// Each qubit pointing to a (theta, phi) of its own, as in [`InitialState::Coherent`]: a state of a register.
    Angles(Vec<(f64, f64)>),
    /// The steady state of the model, or the limit of it for a weak local bath.
    Steady(Mixture),
}

/// Levels with their probabilities, ready to be drawn from; clones share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    populations: Arc<[(Level, f64)]>,
    /// Running sums of the probabilities.
    cumulative: Arc<[f64]>,
    exact: bool,
}

impl Mixture {
    /// The mixture of these levels, `exact` where it is the steady state itself and not a limit.
    #[must_use]
    pub fn new(levels: impl IntoIterator<Item = (Level, f64)>, exact: bool) -> Self {
        let populations: Arc<[_]> = levels.into_iter().filter(|(_, p)| *p > 0.0).collect();
        let sums = populations.iter().scan(0.0, |sum, (_, p)| {
            *sum += p;
            Some(*sum)
        });
        Mixture { cumulative: sums.collect(), populations, exact }
    }

    fn draw(&self, rng: &mut impl Rng) -> Level {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let at = rng.random::<f64>() * total;
        let index = self.cumulative.partition_point(|sum| *sum <= at);
        // Rounding may carry it past the last.
        self.populations[index.min(self.populations.len() - 1)].0
    }
}

/// It follows from the model, which stands beside it.
impl Serialize for Mixture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.exact)
    }
}

/// How many qubits are excited.
fn count(bits: &[bool]) -> i64 {
    bits.iter().filter(|excited| **excited).count() as i64
}

/// Qubits that point each its own way have no state on the ladder; the scenario reader lets only the register near.
fn of_single_qubits() -> ! {
    unreachable!("a state of single qubits is evolved by the register engine alone")
}

/// ln of the binomial probability of `k` among `n`; minus infinity where it vanishes.
fn ln_binomial_probability(n: i64, k: i64, p: f64) -> f64 {
    let power = |count: i64, base: f64| {
        if count == 0 { 0.0 } else { count as f64 * base.ln() }
    };
    ln_binomial(n, k) + power(k, p) + power(n - k, 1.0 - p)
}

/// The probability that one qubit of a coherent state is excited, cos^2(theta/2).
fn excited_probability(theta: f64) -> f64 {
    (theta / 2.0).cos().powi(2)
}

/// Draws 2J of a product state by inverting the telescoped tail P(J' >= J): O(log N).
fn draw_sector(n: i64, excited: i64, rng: &mut impl Rng) -> i64 {
    let ln_u = (1.0 - rng.random::<f64>()).ln();
    // The tail grows with the steps down from N/2 and is 1 at the last of them.
    let (mut low, mut high) = (0, excited.min(n - excited));
    while low < high {
        let middle = (low + high) / 2;
        if ln_tail_of_product(n, excited, n - 2 * middle) >= ln_u {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    n - 2 * low
}

/// Draws the number of excited qubits.
fn draw_excited(n: i64, probability: f64, rng: &mut impl Rng) -> i64 {
    let count = Binomial::new(n as u64, probability).expect("a probability, by validation").sample(rng);
    count as i64
}

impl InitialState {
    /// Draws a level of `n` qubits.
    pub fn draw(&self, n: i64, rng: &mut impl Rng) -> Level {
        let product = |excited: i64, rng: &mut _| Level { two_j: draw_sector(n, excited, rng), two_m: 2 * excited - n };
        match *self {
            InitialState::Dicke(level) => level,
            InitialState::Steady(ref mixture) => mixture.draw(rng),
            InitialState::Product { excited } => product(excited, rng),
            InitialState::Thermal { probability } => {
                let excited = draw_excited(n, probability, rng);
                product(excited, rng)
            }
            InitialState::Coherent { theta, .. } => {
                Level { two_j: n, two_m: 2 * draw_excited(n, excited_probability(theta), rng) - n }
            }
            InitialState::Superposition { two_j, ref amplitudes } => {
                let mut left = rng.random::<f64>();
                let mut likely = amplitudes.iter().enumerate().filter(|(_, c)| c.norm_sqr() > 0.0);
                let mut chosen = likely.next();
                // Rounding may leave a little beyond the last; it then stands for the rest.
                while let Some((_, c)) = chosen {
                    left -= c.norm_sqr();
                    match likely.next() {
                        Some(next) if left >= 0.0 => chosen = Some(next),
                        _ => break,
                    }
                }
                let step = chosen.map_or(0, |(step, _)| step as i64);
                Level { two_j, two_m: 2 * step - two_j }
            }
            InitialState::Ghz { .. } => {
                if rng.random() {
                    Level::inverted(n)
                } else {
                    Level::ground(n)
                }
            }
            InitialState::Bits(ref bits) => product(count(bits), rng),
            InitialState::Angles(_) => of_single_qubits(),
        }
    }

    /// Draws a pure state of one sector: 2J and its amplitudes, of norm 1; the others are zero. A state that is pure
    /// and in one sector is drawn whole, the others as a level of the mixture that they are.
    pub fn draw_pure(&self, n: i64, rng: &mut impl Rng) -> (i64, Vec<(Level, Complex64)>) {
        self.superposition(n).unwrap_or_else(|| {
            let level = self.draw(n, rng);
            (level.two_j, vec![(level, Complex64::ONE)])
        })
    }

    /// 2J and the amplitudes of a superposition of levels, in the frame of t = 0; `None` for states that are diagonal
    /// in the Dicke basis.
    #[must_use]
    pub fn superposition(&self, n: i64) -> Option<(i64, Vec<(Level, Complex64)>)> {
        match self {
            InitialState::Dicke(_)
            | InitialState::Product { .. }
            | InitialState::Thermal { .. }
            | InitialState::Bits(_)
            | InitialState::Steady(_)
            | InitialState::Angles(_) => None,
            InitialState::Coherent { theta, phi } => {
                let amplitude = |l: &Level| {
                    let ln_p = ln_binomial_probability(n, l.above_bottom(), excited_probability(*theta));
                    Complex64::from_polar((0.5 * ln_p).exp(), -l.m() * phi)
                };
                Some((n, levels(n).map(|level| (level, amplitude(&level))).collect()))
            }
            InitialState::Superposition { two_j, amplitudes } => {
                Some((*two_j, levels(*two_j).zip(amplitudes.iter().copied()).collect()))
            }
            InitialState::Ghz { phase } => {
                let half = std::f64::consts::FRAC_1_SQRT_2;
                let ground = Complex64::from_polar(half, *phase);
                Some((n, vec![(Level::ground(n), ground), (Level::inverted(n), half.into())]))
            }
        }
    }

    /// The probabilities of the levels of `n` qubits, those that vanish left out. They add to one to rounding.
    #[must_use]
    pub fn populations(&self, n: i64) -> Vec<(Level, f64)> {
        let all: Vec<(Level, f64)> = match *self {
            InitialState::Dicke(level) => vec![(level, 1.0)],
            InitialState::Steady(ref mixture) => mixture.populations.to_vec(),
            InitialState::Product { excited } => sectors(n)
                .filter_map(|two_j| Level::new(n, two_j, 2 * excited - n))
                .map(|level| (level, (ln_degeneracy(n, level.two_j) - ln_binomial(n, excited)).exp()))
                .collect(),
            InitialState::Thermal { probability } => sectors(n)
                .flat_map(levels)
                .map(|level| {
                    let excited = (n + level.two_m) / 2;
                    let of_one = ln_binomial_probability(n, excited, probability) - ln_binomial(n, excited);
                    (level, (ln_degeneracy(n, level.two_j) + of_one).exp())
                })
                .collect(),
            InitialState::Coherent { theta, .. } => levels(n)
                .map(|l| (l, ln_binomial_probability(n, l.above_bottom(), excited_probability(theta)).exp()))
                .collect(),
            InitialState::Superposition { two_j, ref amplitudes } => {
                levels(two_j).zip(amplitudes).map(|(level, c)| (level, c.norm_sqr())).collect()
            }
            InitialState::Ghz { .. } => vec![(Level::ground(n), 0.5), (Level::inverted(n), 0.5)],
            InitialState::Bits(ref bits) => return InitialState::Product { excited: count(bits) }.populations(n),
            InitialState::Angles(_) => of_single_qubits(),
        };
        all.into_iter().filter(|&(_, p)| p > 0.0).collect()
    }

    /// Whether it is the steady state itself, so that there is nothing to wait for.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        matches!(self, InitialState::Steady(mixture) if mixture.exact)
    }

    /// Whether the sector 2J of `n` qubits has any probability.
    #[must_use]
    pub fn reaches(&self, n: i64, two_j: i64) -> bool {
        match *self {
            InitialState::Dicke(level) => level.two_j == two_j,
            InitialState::Steady(ref mixture) => mixture.populations.iter().any(|(level, _)| level.two_j == two_j),
            InitialState::Product { excited } => (2 * excited - n).abs() <= two_j,
            InitialState::Thermal { probability } => two_j == n || (probability > 0.0 && probability < 1.0),
            InitialState::Coherent { .. } | InitialState::Ghz { .. } => two_j == n,
            InitialState::Superposition { two_j: only, .. } => two_j == only,
            InitialState::Bits(ref bits) => (2 * count(bits) - n).abs() <= two_j,
            InitialState::Angles(_) => of_single_qubits(),
        }
    }

    /// How many levels [`InitialState::populations`] may return, known without computing them.
    #[must_use]
    pub fn support(&self, n: i64) -> i64 {
        match self {
            InitialState::Dicke(_) => 1,
            InitialState::Steady(mixture) => mixture.populations.len() as i64,
            InitialState::Product { excited } => 1 + (*excited).min(n - excited),
            InitialState::Thermal { .. } => (n / 2 + 1) * (n - n / 2 + 1),
            InitialState::Coherent { .. } => n + 1,
            InitialState::Superposition { two_j, .. } => two_j + 1,
            InitialState::Ghz { .. } => 2,
            InitialState::Bits(bits) => 1 + count(bits).min(n - count(bits)),
            InitialState::Angles(_) => of_single_qubits(),
        }
    }

    /// The elements `<J,M| rho |J,M-k>` of order k >= 0, each with its upper level (J, M), in the frame of t = 0.
    /// Order 0 is [`InitialState::populations`]; states diagonal in M have no other.
    #[must_use]
    pub fn coherences(&self, n: i64, order: i64) -> Vec<(Level, Complex64)> {
        if order == 0 {
            return self.populations(n).into_iter().map(|(level, p)| (level, p.into())).collect();
        }
        let Some((two_j, superposed)) = self.superposition(n) else { return Vec::new() };
        let mut amplitudes = vec![Complex64::ZERO; two_j as usize + 1];
        for (level, amplitude) in superposed {
            amplitudes[level.above_bottom() as usize] = amplitude;
        }
        let element = |level: Level| {
            let upper = level.above_bottom() as usize;
            (level, amplitudes[upper] * amplitudes[upper - order as usize].conj())
        };
        levels(two_j).skip(order as usize).map(element).filter(|(_, value)| *value != Complex64::ZERO).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;
    use std::collections::HashMap;

    fn states() -> [InitialState; 6] {
        // In J = 3/2, with probabilities 0.5, 0, 0.3, 0.2 from M = -3/2 up.
        let amplitudes = [0.5_f64, 0.0, 0.3, 0.2].map(|p| Complex64::from_polar(p.sqrt(), 7.0 * p)).to_vec();
        [
            InitialState::Product { excited: 2 },
            InitialState::Product { excited: 5 },
            InitialState::Thermal { probability: 0.3 },
            InitialState::Coherent { theta: 1.1, phi: 0.0 },
            InitialState::Thermal { probability: 0.0 },
            InitialState::Superposition { two_j: 3, amplitudes },
        ]
    }

    #[test]
    fn populations_add_to_one_and_have_the_product_mean() {
        let superposed = 0.5 + (0.5 * -1.5 + 0.3 * 0.5 + 0.2 * 1.5) / 7.0;
        let means = [2.0 / 7.0, 5.0 / 7.0, 0.3, excited_probability(1.1), 0.0, superposed];
        for (state, excited) in states().iter().zip(means) {
            let populations = state.populations(7);
            let total: f64 = populations.iter().map(|(_, p)| p).sum();
            let jz: f64 = populations.iter().map(|(l, p)| p * l.m()).sum();
            assert!((total - 1.0).abs() < 1e-13, "{state:?}: {total}");
            assert!((jz - 7.0 * (excited - 0.5)).abs() < 1e-12, "{state:?}");
            assert!(populations.len() as i64 <= state.support(7));
        }
    }

    #[test]
    fn j_squared_of_a_product_state_is_that_of_its_spins() {
        // <J^2> = <Jz>^2 + N/2 for k up and N-k down (no transverse correlations).
        for (n, excited) in [(6, 3), (9, 1), (400, 130)] {
            let populations = InitialState::Product { excited }.populations(n);
            let mean: f64 = populations.iter().map(|(l, p)| p * l.j_squared()).sum();
            let m = excited as f64 - n as f64 / 2.0;
            assert!((mean / (m * m + n as f64 / 2.0) - 1.0).abs() < 1e-11, "{n} {excited}: {mean}");
        }
    }

    #[test]
    fn draws_follow_the_populations() {
        // Seeded; each of the levels within 5 sigma (false positives: 6e-7 each, some 60 of them).
        let draws = 200_000;
        for (index, state) in states().iter().enumerate() {
            let mut rng = stream(11, index as u64, 0);
            let mut counts: HashMap<Level, f64> = HashMap::new();
            for _ in 0..draws {
                *counts.entry(state.draw(7, &mut rng)).or_default() += 1.0;
            }
            let populations: HashMap<Level, f64> = state.populations(7).into_iter().collect();
            assert!(counts.keys().all(|level| populations.contains_key(level)));
            for (level, p) in populations {
                let (mean, spread) = (draws as f64 * p, (draws as f64 * p * (1.0 - p)).sqrt());
                let seen = counts.get(&level).copied().unwrap_or(0.0);
                assert!((seen - mean).abs() <= 5.0 * spread + 1e-6, "{state:?} {level:?}: {seen} of {mean}");
            }
        }
    }

    #[test]
    fn a_million_qubits_draw_their_sector_from_the_right_law() {
        // k = N/2: P(J' >= J) = C(N, N/2-J)/C(N, N/2) ~ exp(-2 J^2/N), so <2 J^2/N> -> 1 as an Exp(1) variable.
        let (n, draws) = (1_000_000, 20_000);
        let mut rng = stream(5, 0, 0);
        let state = InitialState::Product { excited: n / 2 };
        let mean: f64 =
            (0..draws).map(|_| 2.0 * state.draw(n, &mut rng).j().powi(2) / n as f64).sum::<f64>() / draws as f64;
        // 5 sigma = 5/sqrt(20000) = 0.035; the discreteness of J shifts the mean by 1e-3.
        assert!((mean - 1.0).abs() < 0.037, "{mean}");
    }
}
