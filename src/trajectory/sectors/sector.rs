//! The modes of one sector: a birth-death chain over M under the collective baths, ended by local jumps.
//!
//! With T the generator of the chain and k_M the rate of local jumps, `Q = T - diag(k)`. T obeys detailed balance with
//! the thermal ladder pi (18), so `sqrt(pi) Q / sqrt(pi)` is symmetric, tridiagonal, `-sum_i l_i v_i v_i^T`, and
//!
//! `[e^(Qt)]_aM = sqrt(pi_M/pi_a) sum_i v_ia v_iM e^(-l_i t)`.
//!
//! A passage begins only where pi_a is not much smaller than the largest weight, so that the first factor does not amplify
//! rounding: every probability is good to some 1e-15. The integral of a value f over a passage of length t from a to M is
//! `sum_ij v_ia F_ij v_jM (e^(-l_i t) - e^(-l_j t))/(l_j - l_i)` over the same sum, F = V^T diag(f) V.

use faer::{Mat, Side};
use rand::{Rng, RngExt};

use crate::dicke::{Level, levels};
use crate::model::Observables;

/// The most levels: the modes take 24 bytes and some nanoseconds for each pair of levels.
pub const MOST_LEVELS: usize = 401;
/// Passages begin where `sqrt(pi_a)` is at least this share of the largest: rounding grows by its inverse at most.
const HOME: f64 = 0.1;
/// Modes smaller than the slowest by e^-40 = 4e-18 are not there.
const GONE: f64 = 40.0;

/// A sector and its modes. Rows are levels from M = -J up, columns are modes from the slowest.
#[derive(Debug)]
pub(super) struct Sector {
    two_j: i64,
    /// `sqrt(pi_M)` over the largest.
    root: Vec<f64>,
    /// k_M.
    ended: Vec<f64>,
    /// l_i, ascending.
    decay: Vec<f64>,
    /// v_iM.
    modes: Mat<f64>,
    /// `sum_M sqrt(pi_M) v_iM`, and the same with k_M, which is l_i times it.
    alive: Vec<f64>,
    ending: Vec<f64>,
    /// F of `<J_+ J_->` and of `<J_z>`.
    emission: Mat<f64>,
    jz: Mat<f64>,
}

/// From one level to the next local jump, or to the end of the time there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub duration: f64,
    /// Whether a local jump follows.
    pub ended: bool,
    /// The level it comes to, before that jump.
    pub to: Level,
    /// The means of the values over it, given all of the above.
    pub mean: Observables,
}

/// How much of a chain is alive at a time, and how fast it ends.
#[derive(Clone, Copy)]
struct Survival {
    alive: f64,
    ending: f64,
}

impl Sector {
    /// The sector 2J under collective rates (down, up), not both zero, and local jumps at the rate `ended`; `None` where
    /// the rates are too large for its modes to be found.
    pub fn new(two_j: i64, (down, up): (f64, f64), ended: impl Fn(Level) -> f64) -> Option<Self> {
        let levels: Vec<Level> = levels(two_j).collect();
        let size = levels.len();
        // sqrt(pi) falls by the same factor at every step from the likelier end; zero where it is beyond a double.
        let ratio = (up.min(down) / up.max(down)).sqrt();
        let from_end = |k: usize| if up <= down { k } else { size - 1 - k };
        let root: Vec<f64> = (0..size).map(|k| ratio.powi(from_end(k) as i32)).collect();
        let ended: Vec<f64> = levels.iter().map(|level| ended(*level)).collect();
        // The solver squares entries; a power of two as the unit of rates changes no digit.
        let most = (0..size).map(|k| down * levels[k].lowering() + up * levels[k].raising() + ended[k]);
        let unit = 2.0_f64.powi(most.fold(1.0, f64::max).log2() as i32);
        if !unit.is_finite() {
            return None;
        }
        let matrix = Mat::from_fn(size, size, |row, column| match row.abs_diff(column) {
            0 => (down * levels[row].lowering() + up * levels[row].raising() + ended[row]) / unit,
            1 => -((down / unit) * (up / unit)).sqrt() * levels[row.min(column)].raising(),
            _ => 0.0,
        });
        let solved = matrix.self_adjoint_eigen(Side::Lower).ok()?;
        let modes = solved.U().to_owned();
        let over = |i: usize, weight: &dyn Fn(usize) -> f64| -> f64 {
            (0..size).map(|k| root[k] * weight(k) * modes[(k, i)]).sum()
        };
        let mut decay: Vec<f64> = solved.S().column_vector().iter().map(|decay| decay * unit).collect();
        let mut alive: Vec<f64> = (0..size).map(|i| over(i, &|_| 1.0)).collect();
        let ending: Vec<f64> = (0..size).map(|i| over(i, &|k| ended[k])).collect();
        // T sqrt(pi) = 0 makes l_i alive_i = ending_i. The solver knows every l_i to rounding of the *largest*. Where the
        // slowest mode is nearly thermal, this gives it to rounding of itself, as no term is negative; and what little
        // is alive of modes that are faster than any local jump.
        let whole = root.iter().map(|root| root * root).sum::<f64>().sqrt();
        if alive[0].abs() > 0.5 * whole {
            decay[0] = ending[0] / alive[0];
        }
        let fastest = ended.iter().copied().fold(0.0, f64::max);
        for i in (1..size).filter(|i| decay[*i] > fastest) {
            alive[i] = ending[i] / decay[i];
        }
        let form = |value: fn(&Level) -> f64| {
            let valued = Mat::from_fn(size, size, |k, i| value(&levels[k]) * modes[(k, i)]);
            modes.transpose() * valued
        };
        let (emission, jz) = (form(|level| level.lowering()), form(|level| level.m()));
        // A level is a row: its modes lie side by side.
        let modes = modes.transpose().to_owned();
        Some(Sector { two_j, root, ended, decay, modes, alive, ending, emission, jz })
    }

    /// Whether a passage may begin at a level.
    pub fn is_home(&self, level: Level) -> bool {
        self.root[level.above_bottom() as usize] >= HOME
    }

    /// A passage from a level, of `span` at most.
    pub fn pass(&self, from: Level, span: f64, rng: &mut impl Rng) -> Passage {
        let start = from.above_bottom() as usize;
        let left = 1.0 - rng.random::<f64>();
        // Without local jumps no rounding may bring one.
        let lasts = self.decay[0] <= 0.0 || left <= self.survival(start, span).alive;
        let (duration, ended) = if lasts { (span, false) } else { (self.time(start, left, span), true) };

        let mut decayed = [0.0; MOST_LEVELS];
        let slow = self.decayed(duration, &mut decayed);
        let decayed = &decayed[..slow];
        let to = self.end(start, ended, decayed, rng);
        let mean = |form: &Mat<f64>, here: f64, least: f64, most: f64| {
            let mean = self.mean(form, start, to, duration, decayed);
            // An end that has no probability to rounding has no mean either, and must stay a value.
            if mean.is_nan() { here } else { mean.clamp(least, most) }
        };
        let j = from.j();
        let mean = Observables {
            emission: mean(&self.emission, from.lowering(), 0.0, (j + 1.0) * (j + 1.0)),
            jz: mean(&self.jz, from.m(), -j, j),
            j_squared: from.j_squared(),
        };
        let to = Level { two_m: 2 * to as i64 - self.two_j, ..from };
        Passage { duration, ended, to, mean }
    }

    /// `e^(-l_i t)` of the modes that are not gone; returns how many.
    fn decayed(&self, t: f64, into: &mut [f64]) -> usize {
        let limit = self.decay[0] * t + GONE;
        let slow = self.decay.iter().take_while(|decay| **decay * t < limit).count().max(1);
        for (value, decay) in into.iter_mut().zip(&self.decay[..slow]) {
            *value = (-decay * t).exp();
        }
        slow
    }

    /// The modes of a level.
    fn row(&self, level: usize) -> &[f64] {
        self.modes.col(level).try_as_col_major().expect("a column of an owned matrix").as_slice()
    }

    fn survival(&self, start: usize, t: f64) -> Survival {
        let row = self.row(start);
        let limit = self.decay[0] * t + GONE;
        let mut sum = Survival { alive: 0.0, ending: 0.0 };
        for (((decay, share), alive), ending) in self.decay.iter().zip(row).zip(&self.alive).zip(&self.ending) {
            if decay * t > limit {
                break;
            }
            let share = share * (-decay * t).exp();
            sum.alive += share * alive;
            sum.ending += share * ending;
        }
        let root = self.root[start];
        Survival { alive: sum.alive / root, ending: sum.ending / root }
    }

    /// When a chain from `start` has this probability of being alive `left`, within `span`.
    ///
    /// Newton's method on the logarithm, exact at once where the slowest mode is alone; between bounds, as survival from
    /// one level is neither convex nor concave in the logarithm.
    fn time(&self, start: usize, left: f64, span: f64) -> f64 {
        let (mut low, mut high) = (0.0, span);
        let slowest = self.row(start)[0] * self.alive[0] / self.root[start];
        let mut t = (slowest / left).ln() / self.decay[0];
        loop {
            if !(low < t && t < high) {
                t = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low + self.decay[0].recip() };
                if t <= low || t >= high {
                    return t;
                }
            }
            let Survival { alive, ending } = self.survival(start, t);
            let excess = (alive / left).ln();
            if excess > 0.0 {
                low = t;
            } else {
                high = t;
            }
            let step = excess * alive / ending;
            // Survival is known to some 1e-16 of 1, and t is a double.
            if excess.abs() * alive <= 4e-16 || step.abs() <= 1e-15 * t {
                return t;
            }
            t += step;
        }
    }

    /// Draws the level at the end of a passage: where a local jump happens, or where the time ends.
    fn end(&self, start: usize, ended: bool, decayed: &[f64], rng: &mut impl Rng) -> usize {
        let row = &self.row(start)[..decayed.len()];
        let weight = |k: usize| {
            let sum: f64 = row.iter().zip(self.row(k)).zip(decayed).map(|((a, b), decayed)| a * b * decayed).sum();
            (self.root[k] * if ended { self.ended[k] } else { 1.0 } * sum).max(0.0)
        };
        let levels = 0..self.root.len();
        let total: f64 = levels.clone().map(weight).sum();
        let mut rest = rng.random::<f64>() * total;
        let mut chosen = start;
        for (k, weight) in levels.map(|k| (k, weight(k))).filter(|(_, weight)| *weight > 0.0) {
            chosen = k;
            if rest < weight {
                break;
            }
            rest -= weight;
        }
        chosen
    }

    /// The mean of a value over a passage of this length between two levels.
    fn mean(&self, form: &Mat<f64>, start: usize, to: usize, t: f64, decayed: &[f64]) -> f64 {
        let (from, to) = (self.row(start), self.row(to));
        let slow = decayed.len();
        let (mut sum, mut reached) = (0.0, 0.0);
        for i in 0..slow {
            let column = form.col(i).try_as_col_major().expect("a column of an owned matrix").as_slice();
            reached += from[i] * to[i] * decayed[i];
            sum += from[i] * to[i] * column[i] * decayed[i] * t;
            for j in i + 1..self.decay.len() {
                let apart = self.decay[j] - self.decay[i];
                let overlap = if j >= slow {
                    decayed[i] / apart
                } else if apart * t < 0.5 {
                    // Their difference, without cancelling.
                    decayed[i] * if apart == 0.0 { t } else { -(-apart * t).exp_m1() / apart }
                } else {
                    (decayed[i] - decayed[j]) / apart
                };
                sum += column[j] * (from[i] * to[j] + from[j] * to[i]) * overlap;
            }
        }
        sum / (reached * t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    /// Q = T - diag(k) from the rates, and the local rates.
    fn chain(two_j: i64, (down, up): (f64, f64), local: (f64, f64)) -> (Sector, Mat<f64>) {
        let ended = move |level: Level| local.0 + local.1 * (level.m() + level.j()).powi(2);
        let all: Vec<Level> = levels(two_j).collect();
        let rate = |from: usize, to: usize| match to as i64 - from as i64 {
            1 => up * all[from].raising(),
            -1 => down * all[from].lowering(),
            0 => -(up * all[from].raising() + down * all[from].lowering() + ended(all[from])),
            _ => 0.0,
        };
        (Sector::new(two_j, (down, up), ended).unwrap(), Mat::from_fn(all.len(), all.len(), rate))
    }

    /// `e^(At)` of a matrix with no negative element beside the diagonal: a series of positive terms over a time so short
    /// that it converges, squared. Good to some 1e-13 of the largest element for the times below.
    fn exponential(a: &Mat<f64>, t: f64) -> Mat<f64> {
        let size = a.nrows();
        let fastest = (0..size).map(|k| -a[(k, k)]).fold(0.0, f64::max);
        let doublings = (fastest * t).log2().ceil().max(0.0) as i32;
        let short = t * 0.5_f64.powi(doublings);
        let identity = Mat::<f64>::identity(size, size);
        let shifted = Mat::from_fn(size, size, |i, j| short * (a[(i, j)] + if i == j { fastest } else { 0.0 }));
        let (mut term, mut sum) = (identity.clone(), identity);
        for k in 1..40 {
            term = (&term * &shifted) * faer::Scale(f64::from(k).recip());
            sum += &term;
        }
        let mut whole = sum * faer::Scale((-fastest * short).exp());
        for _ in 0..doublings {
            whole = &whole * &whole;
        }
        whole
    }

    /// Survival, where passages end, and means, against exponentials of Q and of `[[Q, diag f], [0, Q]]` (Van Loan), whose
    /// corner is the integral of the value. Modes are good to some 1e-15 of the whole, amplified tenfold at most.
    #[test]
    fn survival_and_means_are_those_of_the_matrix_exponential() {
        for (two_j, rates, local) in [
            (6, (1.0, 0.6), (0.1, 0.02)),
            (5, (0.7, 0.9), (1e-4, 0.0)),
            (7, (1.0, 1.0), (0.5, 0.9)),
            (1, (2.0, 0.1), (0.2, 0.3)),
        ] {
            let (sector, q) = chain(two_j, rates, local);
            let all: Vec<Level> = levels(two_j).collect();
            let size = all.len();
            for t in [1e-3, 0.1, 0.7, 4.0] {
                let moved = exponential(&q, t);
                let mut decayed = vec![0.0; size];
                let slow = sector.decayed(t, &mut decayed);
                for form in [&sector.emission, &sector.jz] {
                    // J_z + J has no negative element either.
                    let shift = if std::ptr::eq(form, &sector.jz) { two_j as f64 / 2.0 } else { 0.0 };
                    let value = |k: usize| if shift > 0.0 { all[k].m() + shift } else { all[k].lowering() };
                    let both = Mat::from_fn(2 * size, 2 * size, |i, j| match (i < size, j < size) {
                        (true, true) => q[(i, j)],
                        (false, false) => q[(i - size, j - size)],
                        (true, false) if i == j - size => value(i),
                        _ => 0.0,
                    });
                    let integral = exponential(&both, t);
                    for start in (0..size).filter(|start| sector.is_home(all[*start])) {
                        let alive: f64 = (0..size).map(|to| moved[(start, to)]).sum();
                        let ending: f64 = (0..size).map(|to| moved[(start, to)] * sector.ended[to]).sum();
                        let survival = sector.survival(start, t);
                        assert!((survival.alive - alive).abs() < 1e-13 && (survival.ending - ending).abs() < 1e-12);
                        for to in 0..size {
                            let reached = moved[(start, to)];
                            let mean = (sector.mean(form, start, to, t, &decayed[..slow]) + shift) * reached;
                            let expected = integral[(start, size + to)] / t;
                            // Both the integral and the probability are good to rounding of the largest value.
                            assert!((mean - expected).abs() < 1e-12 * value(size - 1).max(10.0), "{mean} {expected}");
                        }
                    }
                }
            }
        }
    }

    /// The time at which survival is what was drawn, over fifteen decades of it.
    #[test]
    fn survival_is_inverted() {
        for local in [(0.1, 0.02), (1e-7, 0.0), (0.3, 2.0)] {
            let (sector, _) = chain(6, (1.0, 0.8), local);
            for start in 0..7 {
                for left in [1.0, 1.0 - 1e-15, 1.0 - 1e-9, 0.9, 0.5, 1e-3, 1e-15] {
                    let t = sector.time(start, left, f64::INFINITY);
                    let alive = sector.survival(start, t).alive;
                    assert!((alive - left).abs() < 2e-14, "{left}: {t}, {alive}");
                }
            }
        }
    }

    /// To first order in k the chain ends at the mean of k over the thermal ladder. The next order is smaller by k over
    /// the gap, here 1e-12; the solver alone would know no more than 1e-15 of the fastest rate, 1e4.
    #[test]
    fn the_slowest_mode_is_known_to_rounding_of_itself() {
        let local = (1e-12, 3e-14);
        let (sector, _) = chain(100, (1.0, 0.6), local);
        let thermal =
            |value: &dyn Fn(f64) -> f64| -> f64 { (0..=100).map(|k| 0.6_f64.powi(k) * value(f64::from(k))).sum() };
        let expected = thermal(&|k| local.0 + local.1 * k * k) / thermal(&|_| 1.0);
        assert!((sector.decay[0] / expected - 1.0).abs() < 1e-11, "{} {expected}", sector.decay[0]);
    }

    /// Nothing is absorbed, or so little that most weights of the ladder are below a double: the far end is not reached.
    #[test]
    fn ladders_that_are_dark_at_one_end_stay_there() {
        for (two_j, rates, local) in [
            (6, (1.0, 0.0), (0.3, 1.0)),
            (6, (0.0, 1.0), (0.3, 1.0)),
            (400, (1.0, 1e-9), (1e-3, 1.0)),
            (9, (1.0, 0.5), (0.0, 0.0)),
        ] {
            let (sector, _) = chain(two_j, rates, local);
            let home = levels(two_j).find(|level| sector.is_home(*level)).unwrap();
            let mut rng = stream(1, 2, 3);
            for _ in 0..1000 {
                let passage = sector.pass(home, 3.0, &mut rng);
                assert!((0.0..=3.0).contains(&passage.duration) && (passage.ended || passage.duration == 3.0));
                assert!(
                    passage.to.two_m.abs() <= two_j && passage.mean.jz.is_finite() && passage.mean.emission.is_finite()
                );
                if rates.0.min(rates.1) == 0.0 {
                    // A sum and a quotient of seven products: a few units in the last place.
                    assert!(passage.to == home && (passage.mean.jz - home.m()).abs() < 1e-14);
                }
                assert!(!passage.ended || local != (0.0, 0.0));
            }
        }
    }

    #[test]
    fn rates_of_any_size_have_modes_or_are_refused() {
        for rate in [1e-300, 1.0, 1e160, 1e300] {
            let sector = Sector::new(4, (rate, rate / 2.0), |_| 1.0).unwrap();
            assert!(sector.decay.iter().all(|decay| decay.is_finite()), "{rate}: {:?}", sector.decay);
            // In the thermal ladder every level ends at the rate 1.
            assert!((sector.decay[0] - 1.0).abs() < 1e-12, "{rate}: {:?}", sector.decay);
        }
        assert!(Sector::new(4, (f64::INFINITY, 1.0), |_| 1.0).is_none());
    }
}
