//! The distribution of the quanta that a bath gives in a window, exact.
//!
//! Levels and counted quanta together make one chain, and its transition probabilities over a window are a Poisson
//! mixture of the powers of a stochastic matrix (uniformization, Jensen 1953): every term is positive, so that the tails
//! are as exact as the middle.

use statrs::distribution::{Discrete, Poisson};

use super::conditioned::Conditioned;
use super::counting::Counting;
use super::steady::SteadyError;
use crate::bath::Process;

/// Products of one solution at most: about two seconds.
pub(crate) const MOST_PRODUCTS: f64 = 2e9;
/// By how much what is known of a law may miss 1.
const CLOSED: f64 = 1e-9;

/// The probabilities of `first`, `first + 1`, ... net quanta absorbed from a bath.
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// The number that the first probability is of.
    pub first: i64,
    /// What is left out beyond both ends has a probability below 1e-12.
    pub probabilities: Vec<f64>,
}

impl Transferred {
    /// Every number with its probability.
    pub fn each(&self) -> impl Iterator<Item = (i64, f64)> + Clone + '_ {
        (self.first..).zip(self.probabilities.iter().copied())
    }

    /// The law of the sum of two independent numbers.
    #[must_use]
    pub fn plus(&self, other: &Transferred) -> Transferred {
        let length = self.probabilities.len() + other.probabilities.len();
        let mut probabilities = vec![0.0; length.saturating_sub(1)];
        for (at, p) in self.probabilities.iter().enumerate() {
            for (sum, q) in probabilities[at..].iter_mut().zip(&other.probabilities) {
                *sum += p * q;
            }
        }
        Transferred { first: self.first + other.first, probabilities }
    }

    /// The probability of this number or more.
    #[must_use]
    pub fn from(&self, number: i64) -> f64 {
        self.between(number, i64::MAX)
    }

    /// The probability of this number or fewer.
    #[must_use]
    pub fn up_to(&self, number: i64) -> f64 {
        self.between(i64::MIN, number + 1)
    }

    /// The probability of the numbers in `from..to`.
    #[must_use]
    pub fn between(&self, from: i64, to: i64) -> f64 {
        let len = self.probabilities.len() as i64;
        let place = |number: i64| number.saturating_sub(self.first).clamp(0, len) as usize;
        self.probabilities[place(from)..place(to).max(place(from))].iter().sum()
    }
}

/// A transition that moves probability by so many quanta.
pub(super) struct Step {
    pub from: usize,
    pub to: usize,
    pub probability: f64,
    pub quanta: isize,
}

impl Counting<'_> {
    /// The distribution of the net quanta absorbed from a bath within a window, in the steady state; `None` where it
    /// would take more than some seconds.
    ///
    /// # Errors
    /// A solve of the variance that fails.
    pub fn transferred(&self, bath: usize, window: f64) -> Result<Option<Transferred>, SteadyError> {
        let noise = self.windowed_noise(bath, window)?;
        Ok(self.transferred_within(bath, (window, noise), &mut MOST_PRODUCTS.clone()))
    }

    /// The same where the noise of the window is known, if it takes no more products than are `left` for several such
    /// laws, which are fewer then.
    pub(crate) fn transferred_within(
        &self,
        bath: usize,
        (window, noise): (f64, f64),
        left: &mut f64,
    ) -> Option<Transferred> {
        let ladder = self.equation().ladder();
        let states = ladder.levels.len();
        let leaving = self.leaving();
        let fastest = leaving.iter().copied().fold(0.0, f64::max);
        let mean_steps = fastest * window;
        let spread = (noise * window).max(0.0).sqrt();
        // Ten standard deviations, and the tail of a Poisson law of few.
        let half = (10.0 * spread + 20.0).ceil();
        let mean = self.current(bath) * window;
        // From no quanta to the mean and beyond, so that no path of any weight leaves the bins on its way.
        let bins = mean.abs().ceil() + 2.0 * half + 1.0;
        let moves = ladder.flows.iter().map(|flow| flow.moves.len()).sum::<usize>() + states;
        let products = bins * last_step(mean_steps) * 2.0 * moves as f64;
        if products.is_nan() || products > left.min(MOST_PRODUCTS) {
            return None;
        }
        *left -= products;
        let first = mean.min(0.0).floor() as i64 - half as i64;
        let bins = bins as usize;
        let steps = self.steps(bath, &leaving, fastest);
        let even = vec![1.0; states];
        let probabilities = mixture(&steps, (&self.steady().p, &even), (first, bins), mean_steps)?;
        Some(Transferred { first, probabilities })
    }

    /// The rate at which every level is left.
    pub(super) fn leaving(&self) -> Vec<f64> {
        let ladder = self.equation().ladder();
        let mut leaving = vec![0.0; ladder.levels.len()];
        for (m, rate) in ladder.flows.iter().flat_map(|flow| flow.moves.iter().map(move |m| (m, flow.rate))) {
            leaving[m.from] += rate * m.weight;
        }
        leaving
    }

    /// The chain of levels that are left at these rates, as one of steps at the `fastest` of them, and the net quanta that each
    /// step takes from a bath.
    pub(super) fn steps(&self, bath: usize, leaving: &[f64], fastest: f64) -> Vec<Step> {
        let ladder = self.equation().ladder();
        let mut steps: Vec<Step> = (0..leaving.len())
            .map(|level| Step { from: level, to: level, probability: 1.0 - leaving[level] / fastest, quanta: 0 })
            .collect();
        for flow in &ladder.flows {
            let of = &ladder.baths[bath];
            let (own, quanta) = match flow.process {
                Process::Absorption => (of.up, 1),
                Process::Emission => (of.down, -1),
                Process::Dephasing => (0.0, 0),
            };
            let own = if of.coupling == flow.coupling { own } else { 0.0 };
            // Not the difference, in which a fast bath drowns the others.
            let uncounted = |b: usize| b != bath || flow.process == Process::Dephasing;
            let others = ladder.baths.iter().enumerate();
            let others = others.filter(|(b, other)| uncounted(*b) && other.coupling == flow.coupling);
            let others: f64 = others.map(|(_, other)| other.rate(flow.process)).sum();
            for m in &flow.moves {
                for (rate, quanta) in [(own, quanta), (others, 0)] {
                    let probability = rate * m.weight / fastest;
                    if probability > 0.0 {
                        steps.push(Step { from: m.from, to: m.to, probability, quanta });
                    }
                }
            }
        }
        steps
    }
}

/// The last power of a mixture whose Poisson law has this mean.
pub(super) fn last_step(mean: f64) -> f64 {
    mean + 10.0 * mean.sqrt() + 30.0
}

/// What every number of quanta from a first on, of so many, has in the end: of levels that begin with some probabilities and
/// count with some weights, in a Poisson mixture of this mean.
fn mixture(
    steps: &[Step],
    (start, weights): (&[f64], &[f64]),
    (first, bins): (i64, usize),
    mean: f64,
) -> Option<Vec<f64>> {
    let states = start.len();
    let mut now = vec![0.0; bins * states];
    now[-first as usize * states..][..states].copy_from_slice(start);
    let mut sums = vec![0.0; bins];
    let poisson = Poisson::new(mean).ok()?;
    let mut next = now.clone();
    for step in 0..=last_step(mean) as u64 {
        let weight = poisson.pmf(step);
        for (sum, levels) in sums.iter_mut().zip(now.chunks_exact(states)) {
            *sum += weight * levels.iter().zip(weights).map(|(p, weight)| p * weight).sum::<f64>();
        }
        next.fill(0.0);
        for Step { from, to, probability, quanta } in steps {
            let (skipped, shift) = ((-quanta).max(0) as usize, (*quanta).max(0) as usize);
            let sources = now.chunks_exact(states).skip(skipped);
            for (source, target) in sources.zip(next.chunks_exact_mut(states).skip(shift)) {
                target[*to] += probability * source[*from];
            }
        }
        std::mem::swap(&mut now, &mut next);
    }
    Some(sums)
}

impl Conditioned<'_> {
    /// The law of the net quanta absorbed from a bath in a run from these probabilities of the levels, without the field: by
    /// the chain of the field, in which what is rare without it is common, and weighed back. It reaches ten standard deviations
    /// beyond the numbers that `spans` have as means, each with its variance. `None` where it would take more than some
    /// seconds, or is beyond a double.
    #[must_use]
    pub fn law_of_run(&self, bath: usize, initial: &[f64], until: f64, spans: &[(f64, f64)]) -> Option<Transferred> {
        let (states, number, field) = (initial.len(), self.number() as f64, self.field_of(bath));
        let fastest = self.fastest_rate();
        let width = |(_, variance): &(f64, f64)| 10.0 * variance.max(0.0).sqrt() + number + 20.0;
        let lowest = spans.iter().map(|span| span.0 - width(span)).fold(0.0, f64::min).floor();
        let highest = spans.iter().map(|span| span.0 + width(span)).fold(0.0, f64::max).ceil();
        let bins = highest - lowest + 1.0;
        let links = self.links().len() as f64;
        let products = bins * last_step(fastest * until) * (2.0 * links + states as f64);
        if products.is_nan() || products > MOST_PRODUCTS {
            return None;
        }
        let log = self.logarithm();
        let mut stays = vec![1.0; states];
        let mut steps = Vec::new();
        for ((link, rate), parts) in self.links().iter().zip(self.rates()).zip(self.parts_of_links(bath)) {
            stays[link.from] -= rate / fastest;
            for (part, quanta) in parts {
                let probability = part * rate / fastest;
                if probability > 0.0 {
                    steps.push(Step { from: link.from, to: link.to, probability, quanta });
                }
            }
        }
        let stay =
            |(level, probability): (usize, &f64)| Step { from: level, to: level, probability: *probability, quanta: 0 };
        steps.extend(stays.iter().enumerate().map(stay));
        // Begins with the weight l, and ends with its inverse.
        let least = log.iter().copied().fold(f64::INFINITY, f64::min);
        let start: Vec<f64> = initial.iter().zip(log).map(|(p, log)| p * log.exp()).collect();
        let weights: Vec<f64> = log.iter().map(|log| (least - log).exp()).collect();
        let sums = mixture(&steps, (&start, &weights), (lowest as i64, bins as usize), fastest * until)?;
        let of =
            |(quanta, sum): (i64, f64)| (self.theta().value * until - field * quanta as f64 - least + sum.ln()).exp();
        let probabilities: Vec<f64> = (lowest as i64..).zip(sums).map(of).collect();
        let total: f64 = probabilities.iter().sum();
        // What is missing lies beyond the ends.
        ((total - 1.0).abs() < CLOSED).then_some(Transferred { first: lowest as i64, probabilities })
    }
}

#[cfg(test)]
mod tests {
    use super::super::PopulationEquation;
    use crate::bath::{Bath, Coupling};
    use crate::dicke::Level;
    use crate::initial::InitialState;
    use crate::model::Model;
    use crate::units::Units;

    use super::*;

    fn model(number: i64, rates: &[(Coupling, f64, f64)]) -> Model {
        let bath = |(coupling, down, up): &(Coupling, f64, f64)| Bath {
            name: String::new(),
            coupling: *coupling,
            down: *down,
            up: *up,
            dephasing: 0.0,
            temperature: None,
            quantum: None,
        };
        Model { units: Units::Natural, number, frequency: 1.0, baths: rates.iter().map(bath).collect() }
    }

    fn law(model: &Model, bath: usize, window: f64, check: impl Fn(&Counting, &Transferred)) {
        let equation = PopulationEquation::new(model, &InitialState::Dicke(Level::ground(model.number)));
        let counting = Counting::new(&equation).unwrap();
        check(&counting, &counting.transferred(bath, window).unwrap().unwrap());
    }

    /// A qubit in equilibrium gives back what it took: the count is the change of its state.
    #[test]
    fn a_single_qubit_can_hold_one_quantum() {
        let (down, up, window) = (1.3, 0.4, 0.7_f64);
        law(&model(1, &[(Coupling::Collective, down, up)]), 0, window, |_, law| {
            let gone = 1.0 - (-(down + up) * window).exp();
            let moved = down * up / ((down + up) * (down + up)) * gone;
            // Rounding of some fifty terms.
            for (number, p) in [(-2, 0.0), (-1, moved), (0, 1.0 - 2.0 * moved), (1, moved), (2, 0.0)] {
                assert!((law.between(number, number + 1) - p).abs() < 1e-14, "{number}");
            }
        });
    }

    #[test]
    fn its_moments_are_the_current_and_the_windowed_noise() {
        let baths = [(Coupling::Collective, 3.0, 2.0), (Coupling::Collective, 1.5, 0.5), (Coupling::Local, 0.3, 0.1)];
        for (number, bath, window) in [(2, 0, 3.0), (5, 1, 1.0), (10, 2, 20.0), (3, 0, 0.01)] {
            law(&model(number, &baths), bath, window, |counting, law| {
                let sum = |power: i32| -> f64 {
                    (law.first..).zip(&law.probabilities).map(|(n, p)| p * (n as f64).powi(power)).sum()
                };
                let mean = counting.current(bath) * window;
                let variance = counting.windowed_noise(bath, window).unwrap() * window;
                // The tails that are left out, and 1e-11 of the propagation behind the variance.
                assert!((sum(0) - 1.0).abs() < 1e-12, "{}", sum(0));
                assert!((sum(1) - mean).abs() < 1e-10 * (1.0 + mean.abs()), "{} {mean}", sum(1));
                assert!((sum(2) - mean * mean - variance).abs() < 1e-9 * (1.0 + variance), "{variance}");
            });
        }
    }
}
