//! Steady states of the populations, by a sparse direct solve refined to near machine precision.
//!
//! W is singular: its columns add to zero. One level is taken as the reference, its probability set to 1 and its row
//! and column struck out; what is left is a nonsingular M-matrix. The solution is refined with a residual in twice
//! the precision, as slow local baths are otherwise lost in the rounding of fast collective ones.

use faer::Mat;
use faer::prelude::Solve;
use faer::sparse::linalg::solvers::Lu;
use faer::sparse::{SparseColMat, Triplet as FaerTriplet};

use super::ladder::Ladder;
use super::populations::{Populations, observables};
use crate::bath::Process;
use crate::dicke::Level;
use crate::model::Observables;

/// The largest relative residual that is accepted.
pub const MAX_RESIDUAL: f64 = 1e-8;

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
    /// The factorization broke down.
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

/// W without the row and the column of one level, factorized: solves `W x = b` up to multiples of the steady state.
pub struct Reduced<'a> {
    ladder: &'a Ladder,
    reference: usize,
    lu: Lu<usize, f64>,
    /// The largest loss rate, which sets the scale of a residual.
    scale: f64,
}

impl<'a> Reduced<'a> {
    fn new(ladder: &'a Ladder, reference: usize) -> Result<Self, SteadyError> {
        let states = ladder.levels.len();
        let failed = |reason: String| SteadyError::Factorization { states, reason };
        let place = |index: usize| index - usize::from(index > reference);
        let mut scale = 0.0_f64;
        let mut diagonal = vec![0.0; states];
        let mut triplets = Vec::new();
        for flow in &ladder.flows {
            for m in &flow.moves {
                let rate = flow.rate * m.weight;
                diagonal[m.from] -= rate;
                if m.from != reference && m.to != reference {
                    triplets.push(FaerTriplet::new(place(m.to), place(m.from), rate));
                }
            }
        }
        for (index, value) in diagonal.into_iter().enumerate() {
            scale = scale.max(-value);
            if index != reference {
                triplets.push(FaerTriplet::new(place(index), place(index), value));
            }
        }
        let matrix = SparseColMat::<usize, f64>::try_new_from_triplets(states - 1, states - 1, &triplets)
            .map_err(|e| failed(format!("{e:?}")))?;
        drop(triplets);
        let lu = matrix.sp_lu().map_err(|e| failed(format!("{e:?}")))?;
        Ok(Reduced { ladder, reference, lu, scale })
    }

    /// `x += W'^-1 r` for every row but the reference's.
    fn correct(&self, x: &mut [f64], r: &[f64]) -> f64 {
        let skip = |index: &usize| *index != self.reference;
        let rows: Vec<usize> = (0..x.len()).filter(skip).collect();
        let mut work = Mat::from_fn(rows.len(), 1, |row, _| r[rows[row]]);
        self.lu.solve_in_place(&mut work);
        let mut largest = 0.0_f64;
        for (row, &index) in rows.iter().enumerate() {
            x[index] += work[(row, 0)];
            largest = largest.max(work[(row, 0)].abs());
        }
        largest
    }

    /// The solution of `W x = b` that has `x = start` at the reference level, refined until it stands still.
    fn solve(&self, b: Option<&[f64]>, start: f64) -> Result<Vec<f64>, SteadyError> {
        let states = self.ladder.levels.len();
        let mut x = vec![0.0; states];
        x[self.reference] = start;
        let mut residual = f64::INFINITY;
        for _ in 0..8 {
            let mut r = self.ladder.apply_compensated(&x);
            match b {
                Some(b) => r.iter_mut().zip(b).for_each(|(r, b)| *r = b - *r),
                None => r.iter_mut().for_each(|r| *r = -*r),
            }
            let change = self.correct(&mut x, &r);
            let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            residual = change / size.max(f64::MIN_POSITIVE);
            if residual.is_nan() || residual < 1e-15 {
                break;
            }
        }
        // What a last correction would still change, relative to the solution.
        if residual.is_nan() || residual > MAX_RESIDUAL {
            Err(SteadyError::Residual { states, residual })
        } else {
            Ok(x)
        }
    }

    /// The solution of `W x = b` with `1.x = 0`, for a `b` whose entries add to zero.
    ///
    /// # Errors
    /// A solution that does not solve.
    pub fn solve_traceless(&self, b: &[f64], steady: &[f64]) -> Result<Vec<f64>, SteadyError> {
        let mut x = self.solve(Some(b), 0.0)?;
        let trace: f64 = x.iter().sum();
        x.iter_mut().zip(steady).for_each(|(x, p)| *x -= trace * p);
        Ok(x)
    }

    /// The largest rate at which a level is left.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl Populations {
    /// The steady state. With a local channel it is unique; without one every sector keeps the probability that the
    /// initial state gave it (17).
    ///
    /// # Errors
    /// A model that has none, or a solve that does not reach [`MAX_RESIDUAL`].
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
        // The reference must not be all but empty: start from the likelier end of the first sector, and move to the
        // most likely level if that was a bad guess.
        let rate = |process| ladder.flows.iter().filter(|f| f.process == process).map(|f| f.rate).sum::<f64>();
        let top = ladder.levels[0].two_j as usize;
        let mut reference = if rate(Process::Emission) >= rate(Process::Absorption) { 0 } else { top };
        let mut outcome = Err(SteadyError::NothingMoves);
        for _ in 0..4 {
            let reduced = Reduced::new(ladder, reference)?;
            let likeliest = match reduced.solve(None, 1.0) {
                Ok(p) => {
                    let total: f64 = p.iter().sum();
                    let (likeliest, highest) =
                        p.iter().enumerate().fold((0, 0.0), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
                    if highest <= 1e12 {
                        let p = p.into_iter().map(|p| (p / total).max(0.0)).collect();
                        return Ok((SteadyState { levels: ladder.levels.clone(), p }, reduced));
                    }
                    likeliest
                }
                Err(error) => {
                    outcome = Err(error);
                    // Too far from the bulk even to be represented: try the middle of the first sector.
                    top / 2
                }
            };
            if likeliest == reference {
                break;
            }
            reference = likeliest;
        }
        outcome
    }
}
