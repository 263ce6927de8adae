//! The limit cycle, and what entries of many cycles do.
//!
//! With U the propagator of a cycle and `U_a p = m_a` at its end, the limit is `p* = U p*`, each cycle adds
//! `a = 1.U_a p*`, and the variance of many cycles grows per cycle by `s_ab - a b + 1.U_a y_b + 1.U_b y_a`, where
//! `y_b = (1 - U)^-1 (U_b p* - b p*)` sums to zero.

use std::ops::Range;

use faer::Mat;

use super::evolution::advance;
use super::operators::{Block, Follow, pair};
use super::{Moments, ProtocolEquation, affordable, observables};
use crate::lindblad::{NotAffordable, SolveError};
use crate::model::Observables;
use crate::model::protocol::{Entry, Repeats};

/// The most levels whose propagator is made whole.
const MOST_LEVELS: i64 = 700;
/// The least that a cycle takes of a deviation: the limit then still has six digits.
const LEAST_FORGOTTEN: f64 = 1e-6;
/// Less than this is nothing.
const ROUNDING: f64 = 1e-12;
/// How often a matrix is squared to find its spectral radius, to 1e-9.
const SQUARINGS: u32 = 32;

/// Why there is no limit cycle.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CycleError {
    /// Too many levels.
    #[error(transparent)]
    TooMany(#[from] NotAffordable),
    /// A propagator that is not exact.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A protocol that passes once.
    #[error("a protocol that passes once has no limit cycle")]
    Once,
    /// Where nothing moves, a cycle has many limits.
    #[error("the cycle has no unique limit: nothing leads from some levels of a sector J to others")]
    NotUnique,
    /// A memory so long that rounding decides the limit.
    #[error(
        "a cycle leaves all but {forgotten:.1e} of a deviation from its limit, of which less than {least:.0e} cannot \
         be told from rounding"
    )]
    Memory {
        /// What a cycle takes of the slowest deviation.
        forgotten: f64,
        /// The least that is solved for.
        least: f64,
    },
}

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
        let states = self.levels().len();
        affordable(states as i64, MOST_LEVELS, "for a limit cycle")?;
        let mut u = self.operators.block(Follow::Nothing, states);
        (0..states).for_each(|i| u.values[i * states + i] = 1.0);
        self.once(Follow::Nothing, &mut u)?;
        let sectors = self.sectors();
        let inverse = Resolvent::new(&u, &sectors);

        let mut p = vec![0.0; states];
        for sector in &sectors {
            let weight: f64 = self.initial[sector.clone()].iter().sum();
            let mut fixed = vec![weight / sector.len() as f64; states];
            inverse.solve(sector, &mut fixed).ok_or(CycleError::NotUnique)?;
            p[sector.clone()].copy_from_slice(&fixed[sector.clone()]);
        }

        let second_multiplier = second_multiplier(&u, &p, &sectors);
        let forgotten = 1.0 - second_multiplier;
        if forgotten.is_nan() || forgotten < ROUNDING {
            return Err(CycleError::NotUnique);
        }
        if forgotten < LEAST_FORGOTTEN {
            return Err(CycleError::Memory { forgotten, least: LEAST_FORGOTTEN });
        }

        let mut block = self.operators.block(Follow::Moments, 1);
        block.set(0, &p);
        self.once(Follow::Moments, &mut block)?;
        let whole = self.moments(&block);
        let entries = whole.mean.len();
        let lanes: Vec<Vec<f64>> = (0..entries).map(|a| block.lane(1 + a).collect()).collect();

        // Of each sector, its weight and its means.
        let weights: Vec<f64> = sectors.iter().map(|sector| p[sector.clone()].iter().sum()).collect();
        let mean_of = |a: usize, sector: &Range<usize>, weight: f64| -> f64 {
            if weight > 0.0 { lanes[a][sector.clone()].iter().sum::<f64>() / weight } else { 0.0 }
        };
        let mut currents = self.operators.block(Follow::Currents, entries);
        for (b, lane) in lanes.iter().enumerate() {
            let mut y = lane.clone();
            for (sector, weight) in sectors.iter().zip(&weights) {
                let mean = mean_of(b, sector, *weight);
                sector.clone().for_each(|i| y[i] -= mean * p[i]);
                inverse.solve(sector, &mut y).ok_or(CycleError::NotUnique)?;
            }
            currents.set(b, &y);
        }
        self.once(Follow::Currents, &mut currents)?;

        let between = |a: usize, b: usize| -> f64 {
            let each = sectors.iter().zip(&weights).map(|(sector, weight)| {
                let apart = |of: usize| mean_of(of, sector, *weight) - whole.mean[of];
                weight * apart(a) * apart(b)
            });
            if sectors.len() == 1 { 0.0 } else { each.sum() }
        };
        let later = |a: usize, b: usize| currents.sums[a * entries + b] + currents.sums[b * entries + a];
        let of = |covariance: &dyn Fn(usize, usize) -> f64| Moments {
            covariance: (0..entries).flat_map(|a| (0..=a).map(move |b| covariance(a, b))).collect(),
            ..whole.clone()
        };
        let many = of(&|a, b| whole.covariance[pair(a, b)] - between(a, b) + later(a, b));
        Ok(LimitCycle {
            start: observables(self.levels(), &p),
            many,
            between_sectors: of(&between),
            second_multiplier,
            single: whole,
            p,
        })
    }

    fn once(&self, follow: Follow, block: &mut Block) -> Result<(), SolveError> {
        for (segment, stage) in self.protocol.stages().iter().enumerate() {
            advance(&self.operators, stage, [0.0, stage.duration], follow, block)?;
            self.quench(follow, segment, block);
        }
        Ok(())
    }

    /// The levels that a path may come to from each other: all of them, or those of each J.
    fn sectors(&self) -> Vec<Range<usize>> {
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

/// `1 - U + e 1^T` in each sector, with e the uniform distribution, eliminated. On what sums to zero it acts as 1 - U
/// does, and of e it makes p*.
struct Resolvent {
    sectors: Vec<Eliminated>,
}

/// One sector of it.
struct Eliminated {
    range: Range<usize>,
    /// The factors of both triangles.
    rows: Vec<Vec<f64>>,
    /// Which row stands where.
    order: Vec<usize>,
}

impl Resolvent {
    fn new(u: &Block, sectors: &[Range<usize>]) -> Self {
        let eliminated = |sector: &Range<usize>| {
            let size = sector.len();
            let entry = |row: usize, column: usize| {
                let one = if row == column { 1.0 } else { 0.0 };
                one - u.values[(sector.start + row) * u.lanes() + sector.start + column] + 1.0 / size as f64
            };
            let mut rows: Vec<Vec<f64>> = (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect();
            let order = eliminate(&mut rows);
            Eliminated { range: sector.clone(), rows, order }
        };
        Resolvent { sectors: sectors.iter().map(eliminated).collect() }
    }

    /// Replaces x within a sector by the solution for it; `None` if there is none.
    fn solve(&self, sector: &Range<usize>, x: &mut [f64]) -> Option<()> {
        let Eliminated { rows, order, .. } = self.sectors.iter().find(|of| of.range == *sector)?;
        let right = &x[sector.clone()];
        let mut y: Vec<f64> = order.iter().map(|row| right[*row]).collect();
        for i in 0..y.len() {
            y[i] -= (0..i).map(|j| rows[i][j] * y[j]).sum::<f64>();
        }
        for i in (0..y.len()).rev() {
            let known: f64 = (i + 1..y.len()).map(|j| rows[i][j] * y[j]).sum();
            y[i] = (y[i] - known) / rows[i][i];
        }
        x[sector.clone()].copy_from_slice(&y);
        y.iter().all(|y| y.is_finite()).then_some(())
    }
}

/// Gauss's elimination in place, by the largest pivot of each column; returns which row stands where.
fn eliminate(rows: &mut [Vec<f64>]) -> Vec<usize> {
    let size = rows.len();
    let mut order: Vec<usize> = (0..size).collect();
    for column in 0..size {
        let largest = (column..size).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()));
        let pivot = largest.unwrap_or(column);
        rows.swap(column, pivot);
        order.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let top = &above[column];
        for row in below {
            row[column] /= top[column];
            let factor = row[column];
            row[column + 1..].iter_mut().zip(&top[column + 1..]).for_each(|(x, t)| *x -= factor * t);
        }
    }
    order
}

/// The spectral radius of U without its limit, by the norm of its 2^32nd power.
fn second_multiplier(u: &Block, p: &[f64], sectors: &[Range<usize>]) -> f64 {
    let mut largest = 0.0_f64;
    for sector in sectors {
        let weight: f64 = p[sector.clone()].iter().sum();
        let limit = |row: usize| if weight > 0.0 { p[sector.start + row] / weight } else { 0.0 };
        let at = |row: usize, column: usize| u.values[(sector.start + row) * u.lanes() + sector.start + column];
        let mut power = Mat::from_fn(sector.len(), sector.len(), |row, column| at(row, column) - limit(row));
        // ln of the norm of the power of U, over the power.
        let mut logarithm = 0.0;
        for squaring in 0..=SQUARINGS {
            let size = power
                .col_iter()
                .flat_map(|c| c.iter().copied().collect::<Vec<f64>>())
                .fold(0.0_f64, |m, x| m.max(x.abs()));
            if size == 0.0 {
                logarithm = f64::NEG_INFINITY;
                break;
            }
            logarithm += size.ln() / 2.0_f64.powi(squaring as i32);
            let scaled = Mat::from_fn(sector.len(), sector.len(), |row, column| power[(row, column)] / size);
            power = &scaled * &scaled;
        }
        largest = largest.max(logarithm.exp());
    }
    largest
}
