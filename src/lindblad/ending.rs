//! Runs of finite length, weighed by `e^{s C}` of the whole of each: what becomes of the chain of the long run as its end
//! comes near.
//!
//! `exp(W_s^T (T - t)) 1` is l h, up to a factor, with l of the long run and `dh/d(T-t) = W^T h`, W the chain that l makes: h
//! begins as 1/l at the end, and forgets it as fast as the chain relaxes. Its logarithm is kept as polynomials through six
//! values on each piece of time, as long as they hold a seventh.

use super::charges::Charges;
use super::conditioned::Conditioned;
use super::dissection::Link;
use super::uniformized::Uniformized;
use crate::bath::{Coupling, Pair, Process};
use crate::dicke::sectors;
use crate::model::{Curve, Ending, value_of};

/// By how much a polynomial may be off in ln h.
const ACCURATE: f64 = 1e-11;
/// By how much ln h may still differ from level to level where it counts as the same.
const FORGOTTEN: f64 = 1e-12;
/// The most that ln l may span: h is then a double.
const WIDEST: f64 = 600.0;
/// Pieces times levels: 64 MB.
const MOST_CELLS: usize = 1_000_000;
/// Parts of a piece at which h is known: Chebyshev's.
const NODES: usize = 6;

/// Why the end of a run is not solved for.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EndingError {
    /// Levels too far apart.
    #[error("under so strong a field levels lie too far apart for a run that ends: by e^{0:.0}, more than e^{WIDEST}")]
    Wide(f64),
    /// Too much work.
    #[error(
        "what the end of the run makes of its rates takes more than the {0:.0e} multiplications that are spent on it, as the \
         run is long beside its fastest jumps, and forgets slowly"
    )]
    Work(f64),
}

fn nodes() -> [f64; NODES] {
    std::array::from_fn(|k| 0.5 - 0.5 * (std::f64::consts::PI * k as f64 / (NODES - 1) as f64).cos())
}

/// What makes Bernstein coefficients of values at the nodes.
fn coefficients() -> [Curve; NODES] {
    // Gauss and Jordan: the left half becomes 1, the right one the inverse.
    let unit = |k: usize| std::array::from_fn(|i| f64::from(u8::from(i == k)));
    let mut rows = nodes().map(|node| -> Curve { std::array::from_fn(|k| value_of(&unit(k), node)) });
    let mut inverse: [Curve; NODES] = std::array::from_fn(unit);
    for k in 0..NODES {
        let pivot = rows[k][k];
        for row in [&mut rows[k], &mut inverse[k]] {
            row.iter_mut().for_each(|x| *x /= pivot);
        }
        for other in (0..NODES).filter(|other| *other != k) {
            let factor = rows[other][k];
            for table in [&mut rows, &mut inverse] {
                let from = table[k];
                table[other].iter_mut().zip(from).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    inverse
}

/// Multiplies the largest entry to 1, and says by what it was divided, as a logarithm.
fn scaled(h: &mut [f64]) -> f64 {
    let most = h.iter().copied().fold(0.0, f64::max);
    h.iter_mut().for_each(|h| *h /= most);
    most.ln()
}

/// The end of a run of this length, for as many multiplications at most; `initial` are the probabilities of the levels that it
/// starts in, without the weights.
///
/// # Errors
/// Levels too far apart, or too much work.
pub fn ending(at: &Conditioned, initial: &[f64], until: f64, most: f64) -> Result<Ending, EndingError> {
    let (chain, log) = (at.uniformized(), at.logarithm());
    let lowest = log.iter().copied().fold(f64::INFINITY, f64::min);
    if lowest < -WIDEST {
        return Err(EndingError::Wide(-lowest));
    }
    let (nodes, coefficients) = (nodes(), coefficients());
    // The largest is 1, and this what it stands for.
    let mut h: Vec<f64> = log.iter().map(|log| (-log).exp()).collect();
    let mut scale = scaled(&mut h);
    let (mut left, mut length, mut work) = (0.0, 1.0 / chain.fastest(), 0.0);
    let mut pieces: Vec<(f64, Vec<Curve>)> = Vec::new();
    let differs = |h: &[f64]| {
        let (least, most) = h.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), h| (least.min(*h), most.max(*h)));
        most > least * (1.0 + FORGOTTEN)
    };
    while left < until && differs(&h) {
        let last = length >= until - left;
        let here = if last { until - left } else { length };
        work += chain.products(here) + 7.0 * chain.products(0.0);
        if work > most || pieces.len() * h.len() > MOST_CELLS {
            return Err(EndingError::Work(most));
        }
        let mut now = h.clone();
        let mut values = vec![now.clone()];
        let mut middle = Vec::new();
        for pair in nodes.windows(2) {
            let steps = if pair[0] < 0.5 && pair[1] > 0.5 { vec![pair[0], 0.5, pair[1]] } else { pair.to_vec() };
            for step in steps.windows(2) {
                chain.back(&mut now, here * (step[1] - step[0]));
                if step[1] == 0.5 {
                    middle.clone_from(&now);
                }
            }
            values.push(now.clone());
        }
        // Time goes the other way.
        let curve = |level: usize| -> Curve {
            let at_node = |k: usize| values[NODES - 1 - k][level].ln() + scale;
            std::array::from_fn(|row| (0..NODES).map(|k| coefficients[row][k] * at_node(k)).sum())
        };
        let curves: Vec<Curve> = (0..h.len()).map(curve).collect();
        let off = |(curve, middle): (&Curve, &f64)| (value_of(curve, 0.5) - scale - middle.ln()).abs();
        let error = curves.iter().zip(&middle).map(off).fold(0.0, f64::max);
        let factor = 0.8 * (ACCURATE / error.max(1e-30)).powf(1.0 / NODES as f64);
        length = here * factor.clamp(0.1, 4.0);
        if error.is_nan() || error > ACCURATE {
            continue;
        }
        left = if last { until } else { left + here };
        pieces.push((until - left, curves));
        h = now;
        scale += scaled(&mut h);
    }
    pieces.reverse();
    let weighed = initial.iter().zip(log).zip(&h).filter(|((p, _), _)| **p > 0.0);
    let terms: Vec<f64> = weighed.map(|((p, log), h)| p.ln() + log + h.ln()).collect();
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln() + scale;
    let (levels, number) = (at.levels(), at.number());
    let ceilings = |curves: &Vec<Curve>| {
        let mut most = vec![f64::NEG_INFINITY; curves.len()];
        for Link { from, to } in at.links() {
            let rise = (0..NODES).map(|k| curves[*to][k] - curves[*from][k]).fold(f64::NEG_INFINITY, f64::max);
            most[*from] = most[*from].max(rise);
        }
        most.into_iter().map(f64::exp).collect::<Vec<f64>>()
    };
    let (mut times, curves): (Vec<f64>, Vec<Vec<Curve>>) = pieces.into_iter().unzip();
    times.push(until);
    Ok(Ending {
        ceilings: curves.iter().map(ceilings).collect(),
        times,
        curves,
        sectors: sectors(number).map(|two_j| levels.iter().position(|level| level.two_j == two_j)).collect(),
        generating: at.theta().value * until + mean,
    })
}

/// What runs that are weighed at their end are at a time on the way.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Probabilities of the levels.
    pub p: Vec<f64>,
    /// What collective baths of unit rates take and give, then local ones.
    pub pairs: [Pair<f64>; 2],
    /// What was counted of each charge since the time before.
    pub counted: Vec<f64>,
}

/// Follows runs that are weighed at their end, over the last part of them.
#[derive(Clone, Debug)]
pub struct Weighing {
    links: Vec<Link>,
    rates: Vec<f64>,
    /// Charges x links.
    charges: Vec<Vec<f64>>,
    /// The links that exchange a quantum, and `g(x->y) l(y)/l(x)` of each.
    exchanges: Vec<(Coupling, Process, Link, f64)>,
}

impl Weighing {
    /// Of the chain of the long run; these charges are counted.
    #[must_use]
    pub fn new(at: &Conditioned, charges: &[Charges]) -> Self {
        let mut exchanges = Vec::new();
        at.each_unit(|coupling, process, link, unit| exchanges.push((coupling, process, link, unit)));
        Weighing {
            links: at.links().to_vec(),
            rates: at.rates().to_vec(),
            charges: charges.iter().map(|charges| at.charges_of_links(charges)).collect(),
            exchanges,
        }
    }

    /// Takes probabilities of the chain of the long run, which began with the weights l, from one time to another.
    #[must_use]
    pub fn on(&self, ending: &Ending, p: &mut [f64], [from, to]: [f64; 2]) -> Weighed {
        let states = p.len();
        let ln_h: Vec<f64> = (0..states).map(|level| ending.logarithm(level, to)).collect();
        let most = ln_h.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let h: Vec<f64> = ln_h.iter().map(|ln_h| (ln_h - most).exp()).collect();
        let mut all = p.to_vec();
        all.resize(states * (1 + self.charges.len()), 0.0);
        if to > from {
            let chain = Uniformized::new(states, &self.links, &self.rates);
            chain.on(&mut all, &self.charges, to - from, h.iter().copied().fold(1.0, f64::min));
        }
        p.copy_from_slice(&all[..states]);
        let weighed = |part: &[f64]| part.iter().zip(&h).map(|(p, h)| p * h).sum::<f64>();
        let mean = weighed(p);
        let mut pairs = [Pair { emission: 0.0, absorption: 0.0 }; 2];
        for (coupling, process, Link { from, to }, unit) in &self.exchanges {
            let Pair { emission, absorption } = &mut pairs[usize::from(*coupling == Coupling::Local)];
            let counted = if *process == Process::Emission { emission } else { absorption };
            *counted += p[*from] * unit * h[*to] / mean;
        }
        Weighed {
            p: p.iter().zip(&h).map(|(p, h)| p * h / mean).collect(),
            pairs,
            counted: all[states..].chunks_exact(states).map(|counted| weighed(counted) / mean).collect(),
        }
    }
}
