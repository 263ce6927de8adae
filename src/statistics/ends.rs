//! Entropy production of paths, put together from sums by the level that each ends in.
//!
//! `sigma = ln[p_0/d_J](start) + S - ln[p_t/d_J](end)`: what comes before the last term is known of each path, and the
//! last one is one number for all that end in a level, so that no path has to wait for the exact p_t.

use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::dicke::Level;

/// Sums over the paths that end in each level, in the order of the levels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ends(Vec<End>);

/// Sums over `x = ln[p_0/d_J](start) + S` of the paths that end in a level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct End {
    two_j: i64,
    two_m: i64,
    count: f64,
    mean: f64,
    /// Of squared deviations from the mean.
    squares: f64,
    /// Of exp(-x), and of its square.
    exponential: f64,
    exponential_square: f64,
}

/// The entropy production of all paths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Produced {
    /// Its mean.
    pub sigma: Estimate,
    /// Its variance.
    pub variance: f64,
    /// The mean of `exp(-sigma)`; `None` where a weight of one start and end is beyond the range of numbers.
    pub exponential: Option<Estimate>,
    /// How many paths of one weight would know that mean as well: `(sum w)^2/sum w^2`.
    pub effective: f64,
}

impl End {
    fn key(&self) -> (i64, i64) {
        (self.two_j, self.two_m)
    }

    fn merge(&mut self, later: &End) {
        let (mine, theirs) = (self.count, later.count);
        let (total, apart) = (mine + theirs, later.mean - self.mean);
        self.squares += later.squares + apart * apart * (mine * theirs / total);
        self.mean += apart * (theirs / total);
        self.count = total;
        self.exponential += later.exponential;
        self.exponential_square += later.exponential_square;
    }
}

impl Ends {
    /// Adds a path.
    pub fn push(&mut self, end: Level, x: f64) {
        let weight = (-x).exp();
        self.add(&End {
            two_j: end.two_j,
            two_m: end.two_m,
            count: 1.0,
            mean: x,
            squares: 0.0,
            exponential: weight,
            exponential_square: weight * weight,
        });
    }

    /// Adds later paths.
    pub fn merge(&mut self, later: &Ends) {
        later.0.iter().for_each(|end| self.add(end));
    }

    fn add(&mut self, end: &End) {
        match self.0.binary_search_by_key(&end.key(), End::key) {
            Ok(place) => self.0[place].merge(end),
            Err(place) => self.0.insert(place, *end),
        }
    }

    /// The entropy production, from `ln(p_t/d_J)` of every level. `None` where it is infinite on a path, or where there are
    /// fewer than two.
    #[must_use]
    pub fn produced(&self, ln_weight: impl Fn(Level) -> f64) -> Option<Produced> {
        // sigma of all levels together, and of exp(-sigma) sums.
        let mut all: Option<End> = None;
        for end in &self.0 {
            let shift = ln_weight(Level { two_j: end.two_j, two_m: end.two_m });
            let factor = shift.exp();
            let here = End {
                mean: end.mean - shift,
                exponential: end.exponential * factor,
                exponential_square: end.exponential_square * factor * factor,
                ..*end
            };
            match &mut all {
                Some(all) => all.merge(&here),
                None => all = Some(here),
            }
        }
        let End { count, mean, squares, exponential, exponential_square, .. } = all.filter(|all| all.count > 1.0)?;
        let variance = squares / (count - 1.0);
        let average = exponential / count;
        let spread = (exponential_square / count - average * average).max(0.0) / (count - 1.0);
        let error = |square: f64| Some(square.sqrt()).filter(|error| *error > 0.0);
        let weighed = average.is_finite() && spread.is_finite();
        (mean.is_finite() && variance.is_finite()).then(|| Produced {
            sigma: Estimate { mean, std_error: error(variance / count) },
            variance,
            exponential: weighed.then(|| Estimate { mean: average, std_error: error(spread) }),
            effective: exponential * exponential / exponential_square,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_by_level_are_sums_over_paths_whatever_the_order() {
        let level = |two_m| Level { two_j: 4, two_m };
        let ln_weight = |level: Level| -1.0 - 0.25 * level.two_m as f64;
        let paths: Vec<(Level, f64)> =
            (0..200).map(|i| (level([-4, 0, 2][i % 3]), 0.01 * i as f64 * (i % 7) as f64 - 3.0)).collect();
        let of = |paths: &[(Level, f64)]| {
            let mut ends = Ends::default();
            paths.iter().for_each(|(level, x)| ends.push(*level, *x));
            ends
        };
        let mut merged = of(&paths[..90]);
        merged.merge(&of(&paths[90..]));
        let sigmas: Vec<f64> = paths.iter().map(|(level, x)| x - ln_weight(*level)).collect();
        let n = sigmas.len() as f64;
        let mean = sigmas.iter().sum::<f64>() / n;
        let variance = sigmas.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let weights: Vec<f64> = sigmas.iter().map(|s| (-s).exp()).collect();
        let average = weights.iter().sum::<f64>() / n;
        let spread = weights.iter().map(|w| (w - average).powi(2)).sum::<f64>() / (n - 1.0);
        for ends in [of(&paths), merged] {
            let produced = ends.produced(ln_weight).unwrap();
            // Sums of 200 numbers of size 10.
            assert!((produced.sigma.mean - mean).abs() < 1e-12 && (produced.variance / variance - 1.0).abs() < 1e-12);
            assert!((produced.exponential.unwrap().mean / average - 1.0).abs() < 1e-12);
            assert!((produced.exponential.unwrap().std_error.unwrap() / (spread / n).sqrt() - 1.0).abs() < 1e-9);
            let effective = weights.iter().sum::<f64>().powi(2) / weights.iter().map(|w| w * w).sum::<f64>();
            assert!((produced.effective / effective - 1.0).abs() < 1e-12);
        }
        assert_eq!(of(&paths[..1]).produced(ln_weight), None);
        // exp(1000) is no number, 1000 is one.
        let large = of(&[(level(0), -1000.0), (level(0), -1001.0)]).produced(|_| -1003.0).unwrap();
        assert_eq!((large.sigma.mean, large.exponential), (2.5, None));
        assert_eq!(of(&[(level(0), f64::INFINITY), (level(0), 1.0)]).produced(ln_weight), None);
    }
}
