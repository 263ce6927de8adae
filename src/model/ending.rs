//! How a run of finite length ends under a condition: the less time is left, the less a level is chosen for what it leads
//! to.

use crate::dicke::Level;

/// A polynomial of degree five on a piece of time, by its Bernstein coefficients: it is nowhere above the largest of them.
pub type Curve = [f64; 6];

const CHOOSE: [f64; 6] = [1.0, 5.0, 10.0, 10.0, 5.0, 1.0];

/// The value of a curve at a part of its piece, from 0 to 1.
#[inline]
#[must_use]
pub fn value_of(curve: &Curve, part: f64) -> f64 {
    let rest = 1.0 - part;
    let (mut power, mut sum) = (part, curve[0] * rest);
    for k in 1..5 {
        sum = (sum + CHOOSE[k] * power * curve[k]) * rest;
        power *= part;
    }
    sum + power * curve[5]
}

/// ln h of every level over the last part of a run, whose trajectories are weighed by `e^{s C}` of the whole of it. With l of
/// the long run, l h is `exp(W_s^T (T - t)) 1` up to a factor: rates are those of the long run times h(y)/h(x). Before that
/// part h is the same for all levels.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Where the pieces begin, and the end of the run.
    pub times: Vec<f64>,
    /// Pieces x levels.
    pub curves: Vec<Vec<Curve>>,
    /// Pieces x levels: the most by which a rate out of a level is larger than in the long run.
    pub ceilings: Vec<Vec<f64>>,
    /// Where the levels of each sector begin, by (N - 2J)/2.
    pub sectors: Vec<Option<usize>>,
    /// `ln <e^{s C}>` over the run.
    pub generating: f64,
}

impl Ending {
    /// When the last part begins.
    #[must_use]
    pub fn from(&self) -> f64 {
        self.times[0]
    }

    /// When the run ends.
    #[must_use]
    pub fn until(&self) -> f64 {
        self.times[self.times.len() - 1]
    }

    /// The place of a level of `number` qubits among all that are reached.
    #[inline]
    #[must_use]
    pub fn place(&self, number: i64, level: Level) -> Option<usize> {
        self.sectors[((number - level.two_j) / 2) as usize].map(|start| start + level.above_bottom() as usize)
    }

    /// The piece that a time from [`Ending::from`] on is in; that before, where it is between two.
    #[must_use]
    pub fn piece(&self, time: f64) -> usize {
        self.times.partition_point(|start| *start < time).saturating_sub(1).min(self.curves.len().saturating_sub(1))
    }

    fn part(&self, piece: usize, time: f64) -> f64 {
        let (start, end) = (self.times[piece], self.times[piece + 1]);
        ((time - start) / (end - start)).clamp(0.0, 1.0)
    }

    /// h of one level over that of another, at a time of a piece.
    #[inline]
    #[must_use]
    pub fn ratio(&self, (piece, time): (usize, f64), from: usize, to: usize) -> f64 {
        let (from, to) = (&self.curves[piece][from], &self.curves[piece][to]);
        value_of(&std::array::from_fn(|k| to[k] - from[k]), self.part(piece, time)).exp()
    }

    /// ln h of a level at any time, up to what is the same for all.
    #[must_use]
    pub fn logarithm(&self, level: usize, time: f64) -> f64 {
        let piece = self.piece(time);
        self.curves.get(piece).map_or(0.0, |curves| value_of(&curves[level], self.part(piece, time)))
    }

    /// The most by which any rate out of a level is ever larger than in the long run.
    #[must_use]
    pub fn most(&self, level: usize) -> f64 {
        self.ceilings.iter().map(|ceilings| ceilings[level]).fold(1.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_the_sum_of_its_bernstein_polynomials() {
        let curve = [1.0, -2.0, 0.5, 3.0, 4.0, -1.0];
        for part in [0.0, 0.1, 0.5, 0.83, 1.0_f64] {
            let term = |k: usize| CHOOSE[k] * part.powi(k as i32) * (1.0 - part).powi(5 - k as i32) * curve[k];
            let sum: f64 = (0..6).map(term).sum();
            assert!((value_of(&curve, part) - sum).abs() < 1e-14);
        }
    }
}
