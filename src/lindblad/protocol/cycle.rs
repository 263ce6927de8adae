//! The limit cycle, and what entries of many cycles do.
//!
//! With U the propagator of a cycle and `U_a p = m_a` at its end, the limit is `p* = U p*`, each cycle adds
//! `a = 1.U_a p*`, and the variance of many cycles grows per cycle by `s_ab - a b + 1.U_a y_b + 1.U_b y_a`, where
//! `y_b = (1 - U)^-1 (U_b p* - b p*)` sums to zero.

use std::ops::Range;

use super::block::{Block, pair};
use super::evolution::advance;
use super::factors::Follow;
use super::iterated::Iterated;
use super::road::{CycleError, Road};
use super::whole::Whole;
use super::{Means, Moments, ProtocolEquation, affordable, observables};
use crate::initial::InitialState;
use crate::lindblad::{PopulationEquation, SolveError};
use crate::model::Observables;
use crate::model::protocol::{Entry, Repeats};

/// The most levels of a sector whose propagator is made whole, where there are several; and where there is one, which can
/// be solved by iteration.
const MOST_OF_SEVERAL: i64 = 700;
const MOST_OF_ONE: usize = 128;
/// The least that a cycle takes of a deviation: the limit then still has six digits.
const LEAST_FORGOTTEN: f64 = 1e-6;
/// A change of a logarithm: its square, and rounding over it, are 1e-8 and 1e-12.
const A_LITTLE: f64 = 1e-4;
/// Less than this is nothing.
const ROUNDING: f64 = 1e-12;
/// The most that what is left of the equations may make of the solutions.
const CERTAIN: f64 = 1e-6;

/// What a cycle comes to. Where nothing mixes the sectors J, their probabilities stay those of the initial state, and
/// what is said of a cycle is that of each sector weighted by them.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitCycle {
    /// The probabilities of [`ProtocolEquation::levels`] at the start of a cycle.
    pub p: Vec<f64>,
    /// The averages at the start of a cycle.
    pub start: Observables,
    /// Of one cycle: means, and covariances.
    pub single: Moments,
    /// Of many: the same means, and by how much covariances grow each cycle.
    pub many: Moments,
    /// The covariances of the means of sectors that nothing mixes: those of n cycles grow by this times n^2 as well.
    /// All zero where there is one sector, or where they mix.
    pub between_sectors: Moments,
    /// By how much the means grow with ln of the period, all durations being stretched alike: the response that bounds
    /// fluctuations of what is driven in time (Koyuk and Seifert, Phys. Rev. Lett. 122, 230601 (2019)).
    pub stretched: Means,
    /// The modulus of the largest eigenvalue of U below 1: what is left of a deviation after a cycle. Near 1, a long
    /// memory.
    pub second_multiplier: f64,
}

impl ProtocolEquation {
    /// The limit cycle of a protocol that repeats, with the noise of many cycles.
    ///
    /// # Errors
    /// Why there is none, or it cannot be found.
    pub fn limit_cycle(&self) -> Result<LimitCycle, CycleError> {
        if self.protocol.repeats() == Repeats::Once {
            return Err(CycleError::Once);
        }
        let sectors = self.sectors();
        if !self.joins(&sectors) {
            return Err(CycleError::NotUnique);
        }
        let largest = sectors.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        if sectors.len() == 1 && largest > MOST_OF_ONE {
            let average = PopulationEquation::new(
                &self.protocol.average(self.ladder.number()),
                &InitialState::Dicke(self.levels()[0]),
            );
            return self.limit_by(&mut Iterated::new(self, &average)?, &sectors);
        }
        affordable(largest as i64, MOST_OF_SEVERAL, "for a limit cycle")?;
        self.limit_by(&mut Whole::new(self, &sectors)?, &sectors)
    }

    /// The same by one road.
    pub(super) fn limit_by(&self, road: &mut impl Road, sectors: &[Range<usize>]) -> Result<LimitCycle, CycleError> {
        let p = road.limit()?;
        let second_multiplier = road.second_multiplier()?;
        let forgotten = 1.0 - second_multiplier;
        if forgotten.is_nan() || forgotten < ROUNDING {
            return Err(CycleError::NotUnique);
        }
        if forgotten < LEAST_FORGOTTEN {
            return Err(CycleError::Memory { forgotten, least: LEAST_FORGOTTEN });
        }

        let mut block = self.operators.block(Follow::Moments, 1);
        block.lane_mut(0).copy_from_slice(&p);
        self.once(Follow::Moments, &mut block)?;
        let whole = self.moments(&block);
        let entries = whole.mean.len();
        let lanes: Vec<Vec<f64>> = (0..entries).map(|a| block.lane(1 + a).to_vec()).collect();

        // Of each sector, its weight and its means.
        let weights: Vec<f64> = sectors.iter().map(|sector| p[sector.clone()].iter().sum()).collect();
        let mean_of = |a: usize, sector: &Range<usize>, weight: f64| -> f64 {
            if weight > 0.0 { lanes[a][sector.clone()].iter().sum::<f64>() / weight } else { 0.0 }
        };
        // One for what each entry leaves, and one for what another pace does.
        let lanes_of_currents = entries + 1;
        let mut currents = self.operators.block(Follow::Currents, lanes_of_currents);
        for (b, lane) in lanes.iter().enumerate() {
            let mut y = lane.clone();
            for (sector, weight) in sectors.iter().zip(&weights) {
                let mean = mean_of(b, sector, *weight);
                sector.clone().for_each(|i| y[i] -= mean * p[i]);
                road.respond(sector, &mut y, lane[sector.clone()].iter().map(|m| m * m).sum::<f64>().sqrt())?;
            }
            currents.lane_mut(b).copy_from_slice(&y);
        }
        let (grown, y) = self.stretched(&p)?;
        currents.lane_mut(entries).copy_from_slice(&y);
        for sector in sectors {
            let size = p[sector.clone()].iter().map(|p| p * p).sum::<f64>().sqrt();
            road.respond(sector, currents.lane_mut(entries), size)?;
        }
        let off = road.residual() / forgotten;
        if off.is_nan() || off > CERTAIN {
            return Err(SolveError::not_converged(p.len(), off).into());
        }
        self.once(Follow::Currents, &mut currents)?;

        let between = |a: usize, b: usize| -> f64 {
            let each = sectors.iter().zip(&weights).map(|(sector, weight)| {
                let apart = |of: usize| mean_of(of, sector, *weight) - whole.mean[of];
                weight * apart(a) * apart(b)
            });
            if sectors.len() == 1 { 0.0 } else { each.sum() }
        };
        let sum = |a: usize, lane: usize| currents.sums[a * lanes_of_currents + lane];
        let later = |a: usize, b: usize| sum(a, b) + sum(b, a);
        let mean = grown.iter().enumerate().map(|(a, grown)| grown + sum(a, entries)).collect();
        let stretched = Means { mean, entropy: self.entropy };
        let of = |covariance: &dyn Fn(usize, usize) -> f64| Moments {
            covariance: (0..entries).flat_map(|a| (0..=a).map(move |b| covariance(a, b))).collect(),
            ..whole.clone()
        };
        let many = of(&|a, b| whole.covariance[pair(a, b)] - between(a, b) + later(a, b));
        Ok(LimitCycle {
            start: observables(self.levels(), &p),
            many,
            between_sectors: of(&between),
            stretched,
            second_multiplier,
            single: whole,
            p,
        })
    }

    /// What one more e-th of its length makes of the means of a cycle that starts with p, and of p at its end: at rates that are
    /// a little larger, which is the same.
    fn stretched(&self, p: &[f64]) -> Result<(Vec<f64>, Vec<f64>), SolveError> {
        let at_pace = |pace: f64| {
            let operators = self.operators.at_pace(pace);
            let paced = ProtocolEquation { operators, ..self.clone() };
            let mut block = paced.operators.block(Follow::Currents, 1);
            block.lane_mut(0).copy_from_slice(p);
            paced.once(Follow::Currents, &mut block).map(|()| block)
        };
        let (slower, faster) = (at_pace((-A_LITTLE).exp())?, at_pace(A_LITTLE.exp())?);
        let grown = |fast: f64, slow: f64| (fast - slow) / (2.0 * A_LITTLE);
        // What every entry gains from p on average.
        let means = faster.sums.iter().zip(&slower.sums).map(|(fast, slow)| grown(*fast, *slow)).collect();
        let ends = faster.lane(0).iter().zip(slower.lane(0)).map(|(fast, slow)| grown(*fast, *slow));
        Ok((means, ends.collect()))
    }

    /// Whether moves that ever happen join all levels of each sector.
    fn joins(&self, sectors: &[Range<usize>]) -> bool {
        let mut joined: Vec<usize> = (0..self.levels().len()).collect();
        fn root(joined: &mut [usize], mut level: usize) -> usize {
            while joined[level] != level {
                joined[level] = joined[joined[level]];
                level = joined[level];
            }
            level
        }
        for m in self.ladder.flows.iter().filter(|flow| flow.rate > 0.0).flat_map(|flow| &flow.moves) {
            let (one, other) = (root(&mut joined, m.from), root(&mut joined, m.to));
            joined[one] = other;
        }
        sectors.iter().all(|sector| {
            let first = root(&mut joined, sector.start);
            sector.clone().all(|level| root(&mut joined, level) == first)
        })
    }

    pub(super) fn once(&self, follow: Follow, block: &mut Block) -> Result<(), SolveError> {
        for (segment, stage) in self.protocol.stages().iter().enumerate() {
            advance(&self.operators, stage, [0.0, stage.duration], follow, block)?;
            self.quench(follow, segment, block);
        }
        Ok(())
    }

    /// The levels that a path may come to from each other: all of them, or those of each J.
    pub(super) fn sectors(&self) -> Vec<Range<usize>> {
        let levels = self.levels();
        if self.ladder.mixes_sectors() {
            return std::iter::once(0..levels.len()).collect();
        }
        let mut start = 0;
        let runs = levels.chunk_by(|a, b| a.two_j == b.two_j).map(|run| {
            start += run.len();
            start - run.len()..start
        });
        runs.collect()
    }
}

impl LimitCycle {
    /// The Fano factor of an entry over many cycles: by how much its variance grows over the magnitude of its mean.
    #[must_use]
    pub fn fano(&self, entry: Entry) -> Option<f64> {
        Some(self.many.covariance(entry, entry)? / self.many.mean(entry).filter(|mean| *mean != 0.0)?.abs())
    }
}
