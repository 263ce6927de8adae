//! The propagator of a cycle as a matrix, sector by sector.

use std::ops::Range;

use faer::Mat;
use faer::linalg::solvers::PartialPivLu;
use faer::prelude::Solve;

use super::ProtocolEquation;
use super::factors::Follow;
use super::radius::radius;
use super::road::{CycleError, Road};

/// The propagator within each sector, and `1 - U + e 1^T` eliminated, with e the uniform distribution: on what sums to
/// zero it acts as 1 - U does, and of e it makes p*.
pub struct Whole<'a> {
    equation: &'a ProtocolEquation,
    sectors: Vec<Sector>,
    p: Vec<f64>,
}

struct Sector {
    range: Range<usize>,
    u: Mat<f64>,
    eliminated: PartialPivLu<f64>,
}

impl<'a> Whole<'a> {
    /// A unit vector of every sector goes through the cycle at once, as nothing leads from one to another.
    pub fn new(equation: &'a ProtocolEquation, sectors: &[Range<usize>]) -> Result<Self, CycleError> {
        let lanes = sectors.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let mut block = equation.operators.block(Follow::Nothing, lanes);
        for sector in sectors {
            (0..sector.len()).for_each(|k| block.lane_mut(k)[sector.start + k] = 1.0);
        }
        equation.once(Follow::Nothing, &mut block)?;
        let of = |range: &Range<usize>| {
            let size = range.len();
            let u = Mat::from_fn(size, size, |row, column| block.lane(column)[range.start + row]);
            let one = |row, column| if row == column { 1.0 } else { 0.0 };
            let singular =
                Mat::from_fn(size, size, |row, column| one(row, column) - u[(row, column)] + 1.0 / size as f64);
            Sector { range: range.clone(), u, eliminated: singular.partial_piv_lu() }
        };
        Ok(Whole { equation, sectors: sectors.iter().map(of).collect(), p: Vec::new() })
    }

    fn solve(&self, range: &Range<usize>, x: &mut [f64]) -> Result<(), CycleError> {
        let sector = self.sectors.iter().find(|of| of.range == *range).ok_or(CycleError::NotUnique)?;
        let mut right = Mat::from_fn(range.len(), 1, |row, _| x[range.start + row]);
        sector.eliminated.solve_in_place(&mut right);
        range.clone().for_each(|i| x[i] = right[(i - range.start, 0)]);
        if x[range.clone()].iter().all(|x| x.is_finite()) { Ok(()) } else { Err(CycleError::NotUnique) }
    }
}

impl Road for Whole<'_> {
    fn limit(&mut self) -> Result<Vec<f64>, CycleError> {
        let mut p = vec![0.0; self.equation.levels().len()];
        for Sector { range, .. } in &self.sectors {
            let weight: f64 = self.equation.initial[range.clone()].iter().sum();
            p[range.clone()].fill(weight / range.len() as f64);
            self.solve(range, &mut p)?;
        }
        self.p.clone_from(&p);
        Ok(p)
    }

    fn respond(&mut self, sector: &Range<usize>, y: &mut [f64], _: f64) -> Result<(), CycleError> {
        self.solve(sector, y)
    }

    fn second_multiplier(&mut self) -> Result<f64, CycleError> {
        let of = |Sector { range, u, .. }: &Sector| {
            let weight: f64 = self.p[range.clone()].iter().sum();
            let limit = |row: usize| if weight > 0.0 { self.p[range.start + row] / weight } else { 0.0 };
            radius(&Mat::from_fn(range.len(), range.len(), |row, column| u[(row, column)] - limit(row))).0
        };
        Ok(self.sectors.iter().map(of).fold(0.0, f64::max))
    }

    fn residual(&self) -> f64 {
        // Elimination leaves rounding alone.
        f64::EPSILON
    }
}
