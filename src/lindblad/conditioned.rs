//! The chain that carries what is rare: the Doob transform of the tilted generator. Its averages are those of trajectories
//! on which the counted charge grows as theta'(s) t, its noise is theta''(s).
//!
//! R. Chetrite, H. Touchette, Ann. Henri Poincaré 16, 2005 (2015); V. Lecomte, C. Appert-Rolland, F. van Wijland, J. Stat.
//! Phys. 127, 51 (2007).

use super::censored::Censored;
use super::charges::Charges;
use super::compensated::Compensated;
use super::dissection::Link;
use super::populations::observables;
use super::rational::Triplet;
use super::steady::{MAX_RESIDUAL, SteadyError, slowest_time};
use super::tilted::{Tilt, Tilted};
use super::uniformized::Uniformized;
use crate::bath::{Coupling, Pair, Process};
use crate::dicke::Level;
use crate::model::{Ending, Observables};
use crate::rounded::Rounded;

/// Corrections of a response, the last of which is below this.
const MOST_REFINEMENTS: usize = 8;
const SETTLED: f64 = 1e-9;

/// What a field makes of a generator.
pub(super) struct Parts {
    pub tilts: Vec<Tilt>,
    pub exponents: Charges,
    pub log: Vec<f64>,
    pub p: Vec<f64>,
    pub rates: Vec<f64>,
    pub chain: Censored,
    /// The level relative to which it is eliminated.
    pub level: usize,
}

/// The chain that a field makes of a generator, in its steady state.
pub struct Conditioned<'a> {
    tilted: &'a Tilted<'a>,
    parts: Parts,
    theta: Rounded,
    /// What may be left of an error of ln l.
    left: f64,
    /// Of each flow: how often its moves happen, over its rate.
    happening: Vec<f64>,
}

impl<'a> Conditioned<'a> {
    pub(super) fn new(tilted: &'a Tilted<'a>, parts: Parts, theta: Rounded, left: f64) -> Self {
        let mut happening = vec![0.0; parts.tilts.len()];
        tilted.each(|index, flow, _| happening[flow] += parts.rates[index] * parts.p[tilted.moves[index].from]);
        happening.iter_mut().zip(&parts.tilts).for_each(|(sum, tilt)| *sum /= tilt.rate);
        Conditioned { tilted, parts, theta, left, happening }
    }

    /// theta(s), with what is known of it.
    #[must_use]
    pub fn theta(&self) -> Rounded {
        self.theta
    }

    /// ln l of the levels, 0 at the largest.
    #[must_use]
    pub fn logarithm(&self) -> &[f64] {
        &self.parts.log
    }

    /// How ln l changes with a field on these charges, up to a constant: v of `W^T v = theta' - c`, c what is counted per
    /// unit time in each level.
    #[must_use]
    pub fn slope(&self, charges: &Charges) -> Vec<f64> {
        let Parts { p, chain, .. } = &self.parts;
        self.tilted.excess((chain, p), self.charged_rates(charges)).1
    }

    /// A level that is likely.
    #[must_use]
    pub fn likely(&self) -> usize {
        self.parts.level
    }

    /// The steady probabilities of the levels.
    #[must_use]
    pub fn p(&self) -> &[f64] {
        &self.parts.p
    }

    /// The levels.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.tilted.equation.ladder().levels
    }

    /// The averages.
    #[must_use]
    pub fn observables(&self) -> Observables {
        observables(self.levels(), &self.parts.p)
    }

    /// The probability of the sectors from this J up.
    #[must_use]
    pub fn at_least(&self, j: f64) -> f64 {
        let pairs = self.levels().iter().zip(&self.parts.p);
        pairs.filter(|(level, _)| level.j() >= j).map(|(_, p)| p).sum()
    }

    /// Of each flow, `sum_b q_b^k r_b e^{s q}` for these charges.
    fn charged(&self, charges: &Charges, k: i32) -> Vec<Rounded> {
        let ladder = self.tilted.equation.ladder();
        let of_flow = |flow: &super::ladder::Flow| {
            let baths = ladder.baths.iter().enumerate().filter(|(_, bath)| bath.coupling == flow.coupling);
            let term = |(index, bath): (usize, &crate::bath::Bath)| {
                let tilted = bath.rate(flow.process) * self.parts.exponents.of(index, flow.process).exp();
                let term = charges.of(index, flow.process).powi(k) * tilted;
                Rounded::of(term, term)
            };
            baths.map(term).sum()
        };
        ladder.flows.iter().map(of_flow).collect()
    }

    /// `1.L_k p`.
    fn total(&self, charges: &Charges, k: i32) -> Rounded {
        self.charged(charges, k).into_iter().zip(&self.happening).map(|(rate, happening)| rate * *happening).sum()
    }

    /// Jumps of each bath that exchange a quantum, per unit time.
    fn activities(&self) -> Vec<f64> {
        let baths = self.tilted.equation.ladder().baths.len();
        let of_bath = |bath| {
            let own = Charges::of_bath(baths, bath);
            self.total(&own, 2).value
        };
        (0..baths).map(of_bath).collect()
    }

    /// What all quanta that are exchanged come to per unit time, in either direction.
    #[must_use]
    pub fn activity(&self) -> f64 {
        self.activities().iter().sum()
    }

    /// The mean of these charges per unit time: theta'(s) of those that the field couples to.
    #[must_use]
    pub fn mean(&self, charges: &Charges) -> Rounded {
        let charges = charges.clone().least_lively(&self.activities());
        let (mean, size) = (self.total(&charges, 1), self.total(&charges, 2).value);
        Rounded { error: mean.error + self.left * size, ..mean }
    }

    /// `lim Var/t` of these charges: theta''(s) of those that the field couples to.
    ///
    /// # Errors
    /// A response that does not reach its residual.
    pub fn noise(&self, charges: &Charges) -> Result<Rounded, SteadyError> {
        let charges = charges.clone().least_lively(&self.activities());
        let (tilts, p) = (&self.parts.tilts, &self.parts.p);
        // What a move counts on average over its baths.
        let share: Vec<f64> =
            self.charged(&charges, 1).iter().zip(tilts).map(|(rate, tilt)| rate.value / tilt.rate).collect();
        let mean = self.total(&charges, 1).value;
        let mut b: Vec<f64> = p.iter().map(|p| mean * p).collect();
        self.tilted.each(|index, flow, _| {
            let Link { from, to } = self.tilted.moves[index];
            b[to] -= share[flow] * self.parts.rates[index] * p[from];
        });
        let x = self.response(&b)?;
        let (mut sum, mut size) = (0.0, 0.0);
        self.tilted.each(|index, flow, _| {
            let term = share[flow] * self.parts.rates[index] * x[self.tilted.moves[index].from];
            sum += term;
            size += term.abs();
        });
        let noise = self.total(&charges, 2) + Rounded::of(sum, size) * 2.0;
        Ok(Rounded { error: noise.error + self.left * size, ..noise })
    }

    /// x of `W x = b`, `1.x = 0`, W the generator of this chain.
    fn response(&self, b: &[f64]) -> Result<Vec<f64>, SteadyError> {
        let Parts { chain, rates, p, level, .. } = &self.parts;
        let states = p.len();
        let solve = |b: &[f64]| {
            let mut x = b.to_vec();
            // What adds to zero but for its rounding, which no x leaves.
            let mut sum = Compensated::default();
            b.iter().for_each(|b| sum.add(*b));
            x[*level] -= sum.value();
            x.push(0.0);
            chain.solve(&self.tilted.plan, &mut x);
            x.truncate(states);
            x
        };
        let largest = |v: &[f64]| v.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let mut x = solve(b);
        let mut residual = f64::INFINITY;
        for _ in 0..MOST_REFINEMENTS {
            let mut left: Vec<Compensated> = b.iter().map(|b| Compensated::of([*b, 0.0])).collect();
            for (Link { from, to }, rate) in self.tilted.moves.iter().zip(rates) {
                let value = rate * x[*from];
                left[*to].add(-value);
                left[*from].add(value);
            }
            let more = solve(&left.into_iter().map(Compensated::value).collect::<Vec<_>>());
            x.iter_mut().zip(&more).for_each(|(x, more)| *x += more);
            residual = largest(&more) / largest(&x).max(f64::MIN_POSITIVE);
            if residual.is_nan() || residual < SETTLED {
                break;
            }
        }
        if residual.is_nan() || residual > MAX_RESIDUAL {
            return Err(SteadyError::Residual { states, residual });
        }
        let trace: f64 = x.iter().sum();
        x.iter_mut().zip(p).for_each(|(x, p)| *x -= trace * p);
        Ok(x)
    }

    /// The slowest relaxation time of this chain, to a few parts in a thousand.
    ///
    /// # Errors
    /// A response that does not reach its residual.
    pub fn relaxation_time(&self) -> Result<f64, SteadyError> {
        slowest_time(self.levels(), &self.parts.p, self.fastest_rate(), |mode| self.response(mode))
    }

    fn leaving(&self) -> Vec<f64> {
        let mut leaving = vec![0.0; self.parts.p.len()];
        let pairs = self.tilted.moves.iter().zip(&self.parts.rates);
        pairs.for_each(|(link, rate)| leaving[link.from] += rate);
        leaving
    }

    /// The largest rate at which a level is left.
    #[must_use]
    pub fn fastest_rate(&self) -> f64 {
        self.leaving().into_iter().fold(0.0, f64::max)
    }

    /// A bound on that over a run which ends so, on average over its time.
    #[must_use]
    pub fn fastest_rate_until(&self, ending: &Ending) -> f64 {
        let leaving = self.leaving();
        let of_piece = |(times, ceilings): (&[f64], &Vec<f64>)| {
            let most = leaving.iter().zip(ceilings).map(|(rate, times)| rate * times).fold(0.0, f64::max);
            most * (times[1] - times[0])
        };
        let pieces: f64 = ending.times.windows(2).zip(&ending.ceilings).map(of_piece).sum();
        (self.fastest_rate() * ending.from() + pieces) / ending.until()
    }

    /// The entries of the generator of this chain.
    #[must_use]
    pub fn entries(&self) -> Vec<Triplet> {
        let pairs = self.tilted.moves.iter().zip(&self.parts.rates);
        let both = |(Link { from, to }, value): (&Link, &f64)| {
            [Triplet { row: *to, column: *from, value: *value }, Triplet { row: *from, column: *from, value: -value }]
        };
        pairs.flat_map(both).collect()
    }

    /// N.
    pub(super) fn number(&self) -> i64 {
        self.tilted.equation.ladder().number()
    }

    /// The moves between levels.
    pub(super) fn links(&self) -> &[Link] {
        &self.tilted.moves
    }

    /// The rates of the moves.
    pub(super) fn rates(&self) -> &[f64] {
        &self.parts.rates
    }

    /// The chain, jump by jump.
    pub(super) fn uniformized(&self) -> Uniformized<'_> {
        Uniformized::new(self.parts.p.len(), &self.tilted.moves, &self.parts.rates)
    }

    /// (2J, 2M) of each level.
    pub(super) fn coordinates(&self) -> Vec<(i64, i64)> {
        self.tilted.equation.ladder().coordinates()
    }

    /// What each move counts on average over the baths that make it.
    pub(super) fn charges_of_links(&self, charges: &Charges) -> Vec<f64> {
        let charged = self.charged(charges, 1);
        let of_flow: Vec<f64> =
            charged.iter().zip(&self.parts.tilts).map(|(rate, tilt)| rate.value / tilt.rate).collect();
        let mut charges = vec![0.0; self.tilted.moves.len()];
        self.tilted.each(|index, flow, _| charges[index] = of_flow[flow]);
        charges
    }

    /// The field on the net quanta of a bath.
    pub(super) fn field_of(&self, bath: usize) -> f64 {
        self.parts.exponents.of(bath, Process::Absorption)
    }

    /// Which parts of each move are jumps of a bath, and of others, with the net quanta absorbed from it.
    pub(super) fn parts_of_links(&self, bath: usize) -> Vec<[(f64, isize); 2]> {
        let ladder = self.tilted.equation.ladder();
        let of_flow = |flow: &super::ladder::Flow| {
            let (mut own, mut others) = (0.0, 0.0);
            for (index, of) in ladder.baths.iter().enumerate().filter(|(_, of)| of.coupling == flow.coupling) {
                let rate = of.rate(flow.process) * self.parts.exponents.of(index, flow.process).exp();
                *(if index == bath { &mut own } else { &mut others }) += rate;
            }
            let quanta = match flow.process {
                Process::Absorption => 1,
                Process::Emission => -1,
                Process::Dephasing => 0,
            };
            [(own / (own + others), quanta), (others / (own + others), 0)]
        };
        let flows: Vec<_> = ladder.flows.iter().map(of_flow).collect();
        let mut parts = vec![[(0.0, 0); 2]; self.tilted.moves.len()];
        self.tilted.each(|index, flow, _| parts[index] = flows[flow]);
        parts
    }

    /// What is counted per unit time in each level.
    pub(super) fn charged_rates(&self, charges: &Charges) -> Vec<f64> {
        let mut rates = vec![0.0; self.parts.p.len()];
        let links = self.tilted.moves.iter().zip(&self.parts.rates).zip(self.charges_of_links(charges));
        links.for_each(|((link, rate), charge)| rates[link.from] += rate * charge);
        rates
    }

    /// Calls `each` with the moves that exchange a quantum: with baths of which coupling, in which direction, and
    /// `g(x->y) l(y)/l(x)`.
    pub(super) fn each_unit(&self, mut each: impl FnMut(Coupling, Process, Link, f64)) {
        let ladder = self.tilted.equation.ladder();
        self.tilted.each(|index, flow, _| {
            let of = &ladder.flows[flow];
            if of.process != Process::Dephasing {
                let unit = self.parts.rates[index] / self.parts.tilts[flow].rate;
                each(of.coupling, of.process, self.tilted.moves[index], unit);
            }
        });
    }

    /// What each level emits into a bath of this coupling, and absorbs from it, at the rates of the field for unit rates of
    /// the bath: `g(x->y) l(y)/l(x)`.
    #[must_use]
    pub fn pairs(&self, coupling: Coupling) -> Vec<Pair<f64>> {
        let mut pairs = vec![Pair { emission: 0.0, absorption: 0.0 }; self.levels().len()];
        self.each_unit(|of, process, link, unit| {
            if of == coupling {
                let Pair { emission, absorption } = &mut pairs[link.from];
                *(if process == Process::Emission { emission } else { absorption }) += unit;
            }
        });
        pairs
    }
}
