//! The tilted generator: W with every jump of charge q times e^{s q}. Its largest eigenvalue theta(s) is the scaled
//! generating function of the cumulants, and its left eigenvector l makes of it the chain that carries what is rare.
//!
//! l spans decades, and is kept as its logarithm: only that of neighbours is compared.

use super::censored::Censored;
use super::charges::Charges;
use super::dissection::{Dissection, Link};
use super::ladder::Flow;
use super::populations::PopulationEquation;
use super::steady::SteadyError;
use crate::bath::Process;

/// The level that others are solved relative to is to be no less likely than this times the likeliest.
const LIKELY: f64 = 1e-6;
/// Where the likeliest level is not known: how often a chain begins anew, as a part of its fastest rate.
const SELDOM: f64 = 1e-9;
/// Choices of that level.
const MOST_CHOICES: usize = 4;

/// The rates of a flow under a field: of all its baths together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tilt {
    /// Without it.
    pub plain: f64,
    /// What it adds: `sum_b r_b (e^{s q} - 1)`.
    pub more: f64,
    /// `sum_b r_b e^{s q}`.
    pub rate: f64,
}

/// The generator of a population equation, ready for any field.
pub struct Tilted<'a> {
    pub(super) equation: &'a PopulationEquation,
    pub(super) plan: Dissection,
    /// All moves, flow by flow.
    pub(super) moves: Vec<Link>,
    weights: Vec<f64>,
    /// The flow of each.
    flows: Vec<usize>,
}

/// The rates of the chain that l makes of a tilted generator, and what its columns add to.
pub(super) struct Made {
    /// Of each move.
    pub rates: Vec<f64>,
    /// `(l W_s)_x/l_x`, and the sizes of its terms.
    pub growth: Vec<f64>,
    pub sizes: Vec<f64>,
}

/// A chain eliminated relative to a level that is likely.
pub(super) struct Likely {
    pub chain: Censored,
    pub level: usize,
    /// The steady probabilities.
    pub p: Vec<f64>,
}

impl<'a> Tilted<'a> {
    /// The generator of an equation whose levels all reach each other.
    ///
    /// # Errors
    /// Where they do not: no bath emits or none absorbs, or sectors do not mix.
    pub fn new(equation: &'a PopulationEquation) -> Result<Self, SteadyError> {
        let ladder = equation.ladder();
        let states = ladder.levels.len();
        let sectors = ladder.levels.chunk_by(|a, b| a.two_j == b.two_j).count();
        let any = |process| ladder.flows.iter().any(|flow| flow.process == process);
        if !any(Process::Emission) && !any(Process::Absorption) {
            return Err(SteadyError::NothingMoves);
        }
        if states > 1 && !(any(Process::Emission) && any(Process::Absorption)) {
            return Err(SteadyError::OneWay);
        }
        if !ladder.mixes_sectors() && sectors > 1 {
            return Err(SteadyError::SeveralSectors { sectors });
        }
        let of_flow = |(flow, one): (usize, &Flow)| one.moves.iter().map(move |m| (flow, *m)).collect::<Vec<_>>();
        let all: Vec<_> = ladder.flows.iter().enumerate().flat_map(of_flow).collect();
        let moves: Vec<Link> = all.iter().map(|(_, m)| Link { from: m.from, to: m.to }).collect();
        // The end to which every level may leak, and from which the chain may begin.
        let leaks = (0..states).map(|from| Link { from, to: states });
        let begins = (0..states).map(|to| Link { from: states, to });
        let links: Vec<Link> = moves.iter().copied().chain(leaks).chain(begins).collect();
        let plan = Dissection::new(states + 1, states, &ladder.coordinates(), &links);
        let (flows, weights) = all.iter().map(|(flow, m)| (*flow, m.weight)).unzip();
        Ok(Tilted { equation, plan, moves, weights, flows })
    }

    /// How many levels there are.
    pub(super) fn states(&self) -> usize {
        self.equation.ladder().levels.len()
    }

    /// What an exponent for each jump makes of the rate of a flow.
    pub(super) fn tilt(&self, flow: &Flow, exponents: &Charges) -> Tilt {
        let mut tilt = Tilt { plain: flow.rate, more: 0.0, rate: 0.0 };
        let baths = self.equation.ladder().baths.iter().enumerate();
        for (index, bath) in baths.filter(|(_, bath)| bath.coupling == flow.coupling) {
            let (rate, exponent) = (bath.rate(flow.process), exponents.of(index, flow.process));
            tilt.more += rate * exponent.exp_m1();
            tilt.rate += rate * exponent.exp();
        }
        tilt
    }

    /// Calls `each` with every move: which it is, its flow, and its squared matrix element.
    pub(super) fn each(&self, mut each: impl FnMut(usize, usize, f64)) {
        for (index, (&flow, &weight)) in self.flows.iter().zip(&self.weights).enumerate() {
            each(index, flow, weight);
        }
    }

    /// The chain that l, by its logarithm, makes.
    pub(super) fn made(&self, tilts: &[Tilt], log: &[f64]) -> Made {
        let states = self.states();
        let (mut growth, mut sizes) = (vec![0.0; states], vec![0.0; states]);
        let mut rates = Vec::with_capacity(self.moves.len());
        self.each(|index, flow, weight| {
            let Link { from, to } = self.moves[index];
            let tilt = tilts[flow];
            let apart = log[to] - log[from];
            let ratio = apart.exp();
            // e^{s q} l(y)/l(x) - 1, in terms that are small where the field is.
            let (own, added) = (tilt.plain * apart.exp_m1(), tilt.more * ratio);
            growth[from] += weight * (own + added);
            sizes[from] += weight * (own.abs() + added.abs());
            rates.push(weight * tilt.rate * ratio);
        });
        Made { rates, growth, sizes }
    }

    /// The mean of what there is in each level, and v of `W^T v = mean - values`, up to a constant: what comes of a start in
    /// one level rather than another. W is the chain with the steady probabilities p.
    pub(super) fn excess(&self, (chain, p): (&Censored, &[f64]), mut values: Vec<f64>) -> (f64, Vec<f64>) {
        let mean: f64 = p.iter().zip(&values).map(|(p, value)| p * value).sum();
        values.iter_mut().for_each(|value| *value -= mean);
        (mean, self.on_the_way(chain, values))
    }

    /// What values, level by level, come to over the times spent there on the way from each to the end.
    pub(super) fn on_the_way(&self, chain: &Censored, mut values: Vec<f64>) -> Vec<f64> {
        values.push(0.0);
        chain.spent_on_the_way(&self.plan, &mut values);
        values.truncate(self.states());
        values
    }

    /// Eliminates a chain in which levels leak, and which begins at some of them.
    pub(super) fn eliminated(
        &self,
        rates: &[f64],
        leaks: &[f64],
        begins: &[(usize, f64)],
    ) -> Result<Censored, SteadyError> {
        let states = self.states();
        let mut all = Vec::with_capacity(rates.len() + 2 * states);
        all.extend_from_slice(rates);
        all.extend_from_slice(leaks);
        all.resize(rates.len() + 2 * states, 0.0);
        for (level, rate) in begins {
            all[rates.len() + states + level] = *rate;
        }
        let reason = || "some level is never left, or a rate is beyond a double".to_owned();
        Censored::new(&self.plan, &all).ok_or_else(|| SteadyError::Factorization { states, reason: reason() })
    }

    /// A chain of these rates, eliminated relative to `level`, or to another where that is not likely.
    pub(super) fn steady(&self, rates: &[f64], mut level: usize) -> Result<Likely, SteadyError> {
        let states = self.states();
        let mut leaving = vec![0.0; states];
        self.moves.iter().zip(rates).for_each(|(link, rate)| leaving[link.from] += rate);
        let mut dwelling = None;
        for _ in 0..MOST_CHOICES {
            // A dead end beside the level, to which it goes and comes back at one rate: as likely as the level, and what is
            // 0 there is 0 at the level.
            let rate = leaving[level].max(f64::MIN_POSITIVE);
            let mut leaks = vec![0.0; states];
            leaks[level] = rate;
            let chain = match self.eliminated(rates, &leaks, &[(level, rate)]) {
                Ok(chain) => chain,
                Err(error) if dwelling == Some(level) => return Err(error),
                // From where the chain dwells it comes to this level with a probability below the least double.
                Err(_) => {
                    level = self.dwelling(rates, &leaving)?;
                    dwelling = Some(level);
                    continue;
                }
            };
            let mut p = chain.steady(&self.plan);
            p.truncate(states);
            let likeliest = largest(&p);
            if p[level] >= LIKELY * p[likeliest] {
                let total: f64 = p.iter().sum();
                p.iter_mut().for_each(|p| *p /= total);
                return Ok(Likely { chain, level, p });
            }
            level = likeliest;
        }
        Err(SteadyError::Unsettled)
    }

    /// A level where the chain dwells: the likeliest, if it begins anew at any level now and then.
    fn dwelling(&self, rates: &[f64], leaving: &[f64]) -> Result<usize, SteadyError> {
        let states = self.states();
        let seldom = SELDOM * leaving.iter().copied().fold(0.0, f64::max);
        let begins: Vec<(usize, f64)> = (0..states).map(|level| (level, seldom)).collect();
        let mut p = self.eliminated(rates, &vec![seldom; states], &begins)?.steady(&self.plan);
        p.truncate(states);
        Ok(largest(&p))
    }
}

/// Where the largest of some values is.
pub(super) fn largest(values: &[f64]) -> usize {
    values.iter().enumerate().fold(0, |best, (index, value)| if *value > values[best] { index } else { best })
}
