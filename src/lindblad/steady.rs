//! Steady states of the populations, by elimination without a subtraction.
//!
//! W is singular: its columns add to zero. All levels but one are eliminated in a way that keeps every probability to
//! its last digits ([`Censored`]), whatever lies between the rates; the response to a perturbation is then refined with
//! a residual in twice the precision, as slow local baths are otherwise lost in the rounding of fast collective ones.

use super::censored::Censored;
use super::dissection::{Dissection, Link};
use super::ladder::LadderGenerator;
use super::populations::{PopulationEquation, observables};
use crate::bath::Process;
use crate::dicke::Level;
use crate::model::{Model, Observables};
use crate::theory::weak_local_bath;
use crate::units::Units;

/// The largest relative residual that is accepted.
pub const MAX_RESIDUAL: f64 = 1e-8;
/// A correction below this is the last.
const SETTLED: f64 = 1e-9;
/// Corrections of a response.
const MOST_REFINEMENTS: usize = 8;
/// The last level is to be no less likely than this times the likeliest: responses are relative to it.
const LIKELY: f64 = 1e-6;
/// Choices of that level; the second is the likeliest.
const MOST_CHOICES: usize = 3;

/// The slowest relaxation time of a chain with the steady probabilities p, to a few parts in a thousand: 1/|lambda| of the
/// eigenvalue of W nearest to zero, from powers of W^-1 (`respond`) on what is orthogonal to p. Of nothing that relaxes, the
/// time of the `fastest` rate.
pub(super) fn slowest_time(
    levels: &[Level],
    p: &[f64],
    fastest: f64,
    respond: impl Fn(&[f64]) -> Result<Vec<f64>, SteadyError>,
) -> Result<f64, SteadyError> {
    // A start that is even neither in M nor flat in J, so that no mode is left out.
    let value = |level: &Level| level.j_squared() + 0.7 * level.m();
    let pairs = || levels.iter().zip(p);
    let mean: f64 = pairs().map(|(level, p)| p * value(level)).sum();
    let mut mode: Vec<f64> = pairs().map(|(level, p)| p * (value(level) - mean)).collect();
    let mut time = 0.0;
    for _ in 0..200 {
        let size = mode.iter().map(|x| x.abs()).sum::<f64>();
        // One level alone, or a distribution that is all in one: nothing is left to relax.
        if size == 0.0 {
            return Ok(fastest.recip());
        }
        mode.iter_mut().for_each(|x| *x /= -size);
        mode = respond(&mode)?;
        let grown = mode.iter().map(|x| x.abs()).sum::<f64>();
        let settled = (grown - time).abs() < 1e-4 * grown;
        time = grown;
        if settled {
            break;
        }
    }
    Ok(time)
}

/// Why there is no steady state.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SteadyError {
    /// Nothing moves M, so every distribution over M stays as it is.
    #[error("the model has no steady state of its own: no bath emits or absorbs, so every M stays what it was")]
    NothingMoves,
    /// The ensemble spreads over several sectors that never mix.
    #[error(
        "J is conserved and the initial state spreads over {sectors} sectors: their currents differ for ever and the \
         noise of the mixture grows without bound; start from one sector, or add a local bath"
    )]
    SeveralSectors {
        /// How many.
        sectors: usize,
    },
    /// Quanta go one way alone, to the end of the ladder.
    #[error("quanta go one way alone, and none is exchanged once the qubits have come to the end of it")]
    OneWay,
    /// A counting field takes rates beyond a double.
    #[error("a counting field so large takes rates beyond the range of a double")]
    Field,
    /// The bounds of an eigenvalue of the tilted generator do not close in.
    #[error("the largest eigenvalue of the tilted generator cannot be told from the next, to rounding")]
    Unsettled,
    /// A factorization broke down.
    #[error("the sparse factorization of the {states}-level generator failed: {reason}")]
    Factorization {
        /// Levels.
        states: usize,
        /// Why.
        reason: String,
    },
    /// The kernel of the generator has more than one dimension, to rounding.
    #[error("there is no unique steady state: the slowest relaxation is at most {0:.1e} of the fastest rate")]
    NotUnique(f64),
    /// What takes the slowest processes to respond is more than a double holds.
    #[error("the response to rates as far apart as {slowest:.1e} and {fastest:.1e} is beyond the range of a double")]
    Range {
        /// The lowest rate of a process.
        slowest: f64,
        /// The highest.
        fastest: f64,
    },
    /// The solution does not solve.
    #[error("the solution over {states} levels has a relative residual of {residual:.1e}, above {MAX_RESIDUAL:.0e}")]
    Residual {
        /// Levels.
        states: usize,
        /// What is left of the equation, relative to its largest term.
        residual: f64,
    },
}

/// A steady distribution over the levels.
#[derive(Clone, Debug)]
pub struct SteadyState {
    /// The levels.
    pub levels: Vec<Level>,
    /// Their probabilities.
    pub p: Vec<f64>,
}

impl SteadyState {
    /// The averages.
    #[must_use]
    pub fn observables(&self) -> Observables {
        observables(&self.levels, &self.p)
    }

    /// P_J, as (2J, probability), from the largest J.
    #[must_use]
    pub fn sectors(&self) -> Vec<(i64, f64)> {
        let runs = self.levels.chunk_by(|a, b| a.two_j == b.two_j);
        let mut start = 0;
        runs.map(|sector| {
            let p = self.p[start..start + sector.len()].iter().sum();
            start += sector.len();
            (sector[0].two_j, p)
        })
        .collect()
    }

    /// P(M|J) of the sector 2J, from M = -J up; `None` where the sector is empty or was not reached.
    #[must_use]
    pub fn conditional(&self, two_j: i64) -> Option<Vec<f64>> {
        let members = self.levels.iter().zip(&self.p).filter(|(level, _)| level.two_j == two_j);
        let p: Vec<f64> = members.map(|(_, p)| *p).collect();
        let total: f64 = p.iter().sum();
        (total > 0.0).then(|| p.into_iter().map(|p| p / total).collect())
    }
}

/// W with all levels but one eliminated: solves `W x = b` up to multiples of the steady state.
pub struct Reduced<'a> {
    ladder: &'a LadderGenerator,
    plan: Dissection,
    chain: Censored,
    /// The largest loss rate.
    scale: f64,
}

/// All moves, and their rates.
fn transitions(ladder: &LadderGenerator) -> (Vec<Link>, Vec<f64>) {
    let moves = ladder.flows.iter().flat_map(|flow| flow.moves.iter().map(|m| (m, flow.rate * m.weight)));
    moves.map(|(m, rate)| (Link { from: m.from, to: m.to }, rate)).unzip()
}

/// W less the rate at which every level leaks, eliminated: where all comes to leak, nothing is singular.
pub struct Leaking {
    plan: Dissection,
    chain: Censored,
}

impl Leaking {
    /// For a positive rate.
    pub fn new(ladder: &LadderGenerator, leak: f64) -> Result<Self, SteadyError> {
        let states = ladder.levels.len();
        let (mut links, mut rates) = transitions(ladder);
        links.extend((0..states).map(|from| Link { from, to: states }));
        rates.resize(links.len(), leak);
        let plan = Dissection::new(states + 1, states, &ladder.coordinates(), &links);
        let reason = || SteadyError::Factorization { states, reason: "some level is never left".to_owned() };
        let chain = Censored::new(&plan, &rates).ok_or_else(reason)?;
        Ok(Leaking { plan, chain })
    }

    /// `(W - leak)^-1 b`.
    pub fn roughly(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        x.push(0.0);
        self.chain.solve(&self.plan, &mut x);
        x.truncate(b.len());
        x
    }
}

impl<'a> Reduced<'a> {
    /// Eliminates all levels but `last`.
    fn new(ladder: &'a LadderGenerator, last: usize) -> Result<Self, SteadyError> {
        let states = ladder.levels.len();
        let (links, rates) = transitions(ladder);
        let mut leaving = vec![0.0; states];
        links.iter().zip(&rates).for_each(|(link, rate)| leaving[link.from] += rate);
        let plan = Dissection::new(states, last, &ladder.coordinates(), &links);
        drop(links);
        let stuck = || SteadyError::Factorization { states, reason: "some level is never left".to_owned() };
        let chain = Censored::new(&plan, &rates).ok_or_else(stuck)?;
        Ok(Reduced { ladder, plan, chain, scale: leaving.into_iter().fold(0.0, f64::max) })
    }

    /// The solution of `W x = b` that is 0 at the last level, refined until it stands still.
    fn solve(&self, b: &[f64]) -> Result<Vec<f64>, SteadyError> {
        let mut x = b.to_vec();
        self.chain.solve(&self.plan, &mut x);
        let mut residual = f64::INFINITY;
        for _ in 0..MOST_REFINEMENTS {
            let mut r = self.ladder.residual(b, &x);
            self.chain.solve(&self.plan, &mut r);
            x.iter_mut().zip(&r).for_each(|(x, more)| *x += more);
            let largest = |v: &[f64]| v.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            residual = largest(&r) / largest(&x).max(f64::MIN_POSITIVE);
            // A correction of the size r leaves an error of r^2.
            if residual.is_nan() || residual < SETTLED {
                break;
            }
        }
        // What the last correction changed, relative to the solution.
        if residual.is_nan() || !x.iter().all(|x| x.is_finite()) {
            let rates = || self.ladder.flows.iter().map(|flow| flow.rate);
            let (slowest, fastest) = (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max));
            Err(SteadyError::Range { slowest, fastest })
        } else if residual > MAX_RESIDUAL {
            Err(SteadyError::Residual { states: x.len(), residual })
        } else {
            Ok(x)
        }
    }

    /// The solution of `W x = b` with `1.x = 0`, for a `b` whose entries add to zero.
    ///
    /// # Errors
    /// A solution that does not solve.
    pub fn solve_traceless(&self, b: &[f64], steady: &[f64]) -> Result<Vec<f64>, SteadyError> {
        let mut x = self.solve(b)?;
        let trace: f64 = x.iter().sum();
        x.iter_mut().zip(steady).for_each(|(x, p)| *x -= trace * p);
        Ok(x)
    }

    /// The same as the elimination gives it.
    #[must_use]
    pub fn roughly(&self, b: &[f64], steady: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        self.chain.solve(&self.plan, &mut x);
        let trace: f64 = x.iter().sum();
        x.iter_mut().zip(steady).for_each(|(x, p)| *x -= trace * p);
        x
    }

    /// The largest rate at which a level is left.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl PopulationEquation {
    /// The steady state. With a local channel it is unique; without one every sector keeps the probability that the
    /// initial state gave it (17).
    ///
    /// # Errors
    /// A model that has none, or a solve that does not reach its residual.
    pub fn steady_state(&self) -> Result<SteadyState, SteadyError> {
        let ladder = self.ladder();
        let rate = |process| ladder.flows.iter().filter(|f| f.process == process).map(|f| f.rate).sum::<f64>();
        if rate(Process::Emission) + rate(Process::Absorption) == 0.0 {
            return Err(SteadyError::NothingMoves);
        }
        if ladder.mixes_sectors() {
            return self.factorize().map(|(state, _)| state);
        }
        // Within a sector the chain is of births and deaths, and thermal: (18).
        let ratio = rate(Process::Absorption) / rate(Process::Emission);
        let mut p = Vec::with_capacity(ladder.levels.len());
        for sector in ladder.levels.chunk_by(|a, b| a.two_j == b.two_j) {
            let share: f64 = self.initial()[p.len()..p.len() + sector.len()].iter().sum();
            let last = sector.len() - 1;
            // Counted from the end that is most likely, so that nothing overflows.
            let weight =
                |k: usize| if ratio <= 1.0 { ratio.powf(k as f64) } else { ratio.powf(k as f64 - last as f64) };
            let total: f64 = (0..=last).map(weight).sum();
            p.extend((0..=last).map(|k| share * weight(k) / total));
        }
        Ok(SteadyState { levels: ladder.levels.clone(), p })
    }

    /// The unique steady state, with the factorized generator.
    pub(super) fn factorize(&self) -> Result<(SteadyState, Reduced<'_>), SteadyError> {
        let ladder = self.ladder();
        let sectors = ladder.levels.chunk_by(|a, b| a.two_j == b.two_j).count();
        let exchanging = ladder.flows.iter().any(|flow| flow.process != Process::Dephasing);
        if !exchanging {
            return Err(SteadyError::NothingMoves);
        }
        if !ladder.mixes_sectors() && sectors > 1 {
            return Err(SteadyError::SeveralSectors { sectors });
        }
        // Responses are solved relative to the level that stays, which must not be all but empty. With emission and
        // absorption every level is reached from every other; else only the end of the ladder is, for ever.
        let any = |process| ladder.flows.iter().any(|f| f.process == process);
        let (emits, absorbs) = (any(Process::Emission), any(Process::Absorption));
        let top = ladder.levels[0].two_j as usize;
        let mut last = if emits && absorbs {
            self.likely()
        } else if emits {
            0
        } else {
            top
        };
        let mut outcome = Err(SteadyError::Residual { states: ladder.levels.len(), residual: f64::INFINITY });
        for _ in 0..MOST_CHOICES {
            let reduced = Reduced::new(ladder, last)?;
            let mut p = reduced.chain.steady(&reduced.plan);
            let (likeliest, highest) =
                p.iter().enumerate().fold((last, p[last]), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
            if p[last] >= LIKELY * highest {
                let total: f64 = p.iter().sum();
                p.iter_mut().for_each(|p| *p /= total);
                outcome = Ok((SteadyState { levels: ladder.levels.clone(), p }, reduced));
                break;
            }
            last = likeliest;
        }
        outcome
    }

    /// A level that is likely in the steady state: under a weak local bath the end of the likeliest sector.
    #[must_use]
    pub fn likely(&self) -> usize {
        let ladder = self.ladder();
        let top = ladder.levels[0].two_j;
        let baths = ladder.baths.clone();
        let model = Model { units: Units::Natural, number: ladder.number(), frequency: 1.0, baths };
        let rate = |process| ladder.flows.iter().filter(|f| f.process == process).map(|f| f.rate).sum::<f64>();
        let sign = if rate(Process::Emission) >= rate(Process::Absorption) { -1 } else { 1 };
        let likeliest = |sectors: Vec<(i64, f64)>| sectors.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let two_j = weak_local_bath(&model).ok().and_then(likeliest).map_or(top, |(two_j, _)| two_j);
        ladder.index(Level { two_j, two_m: sign * two_j }).unwrap_or(0)
    }
}
