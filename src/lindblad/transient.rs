//! Transients of any generator with a controlled error, by whichever of two roads is shorter.
//!
//! The series ([`Series`]) is exact to rounding, at a cost that grows with all that happens in a step, however fast it is
//! gone. The rational approximation is exact near the negative real axis alone, whatever the time: right for what
//! relaxes, and for nothing else. What turns at a rate w by an angle wt is sent to zero where wt is large, and by two
//! steps of half the length as well, so that a comparison of both sees nothing. Hence no step is ever longer than a
//! phase takes to turn by [`TURN`]; from there on halving restores digits at once, and each step is compared with two of
//! half its length.

use super::rational::{Propagator, SolveError, Triplet};
use super::series::Series;

/// The most by which a step and its two halves may differ, summed over all levels (of a distribution that sums to 1).
const TOLERANCE: f64 = 1e-11;
/// The most, in radians, by which a phase turns in a step of the rational approximation, which is then within 4e-13.
const TURN: f64 = 0.5;
/// The most times that pieces are halved in search of digits.
const MOST_HALVINGS: u32 = 10;
/// Multiplications of a factorization and of a solution with it, over a power of the number of states, for all poles:
/// levels fill a volume, and what is eliminated in it fills in.
const FACTORIZATION: f64 = 200.0;
const SOLUTION: f64 = 2000.0;

/// Applies exp(tW) step by step, for one sparse generator W.
pub struct Transient<'a> {
    states: usize,
    entries: &'a [Triplet],
    functionals: &'a [Vec<f64>],
    turning: f64,
    series: Series,
    /// The step, the pieces it is cut into, and the propagators over a piece and over half a piece.
    ready: Option<(f64, f64, Propagator<'a>, Propagator<'a>)>,
}

impl<'a> Transient<'a> {
    /// The generator with these entries (repeated ones add) on `states` states; `c p` is integrated over time for each
    /// of the `functionals` c. `turning` is the rate, in radians per unit time, that no phase of what lasts exceeds: the
    /// span of the energies of the Hamiltonian, and 0 where there is none.
    #[must_use]
    pub fn new(states: usize, entries: &'a [Triplet], functionals: &'a [Vec<f64>], turning: f64) -> Self {
        Transient { states, entries, functionals, turning, series: Series::new(states, entries), ready: None }
    }

    /// About how many multiplications a step of this length takes, by the shorter road.
    #[must_use]
    pub fn work(&self, step: f64) -> f64 {
        self.series.work(step).min(self.rational_work(step))
    }

    fn rational_work(&self, step: f64) -> f64 {
        let states = self.states as f64;
        let pieces = (self.turning * step / TURN).max(1.0);
        // Pieces and their halves.
        2.0 * FACTORIZATION * states.powi(2) + 3.0 * pieces * SOLUTION * states.powf(4.0 / 3.0)
    }

    /// Replaces `p` by exp(tW) p for t = `step` >= 0, and returns the integrals of the functionals over that time.
    ///
    /// # Errors
    /// If a factorization fails, or no number of pieces brings the error below 1e-11.
    pub fn advance(&mut self, p: &mut [f64], step: f64) -> Result<Vec<f64>, SolveError> {
        if step <= 0.0 {
            return Ok(vec![0.0; self.functionals.len()]);
        }
        if self.series.work(step) <= self.rational_work(step) {
            return Ok(self.series.advance(p, self.functionals, step));
        }
        self.advance_by_pieces(p, step)
    }

    /// The same by the rational approximation.
    fn advance_by_pieces(&mut self, p: &mut [f64], step: f64) -> Result<Vec<f64>, SolveError> {
        let propagator = |pieces: f64| Propagator::new(self.states, self.entries, self.functionals, step / pieces);
        // Steps of a grid that should be equal differ by the rounding of the times they lie between.
        let (mut pieces, mut coarse, mut fine) = match self.ready.take() {
            Some((same, pieces, coarse, fine)) if (same - step).abs() <= 1e-12 * step => (pieces, coarse, fine),
            _ => {
                let pieces = (self.turning * step / TURN).ceil().max(1.0);
                (pieces, propagator(pieces)?, propagator(2.0 * pieces)?)
            }
        };
        let mut long = repeat(&coarse, pieces, p).0;
        let mut halvings = 0;
        loop {
            let (short, integrals) = repeat(&fine, 2.0 * pieces, p);
            let error: f64 = long.iter().zip(&short).map(|(a, b)| (a - b).abs()).sum();
            if error <= TOLERANCE {
                p.copy_from_slice(&short);
                self.ready = Some((step, pieces, coarse, fine));
                return Ok(integrals);
            }
            // A step far too long for a burst overflows; a shorter one does not.
            halvings += 1;
            if halvings > MOST_HALVINGS {
                return Err(SolveError::not_converged(self.states, error));
            }
            pieces *= 2.0;
            long = short;
            coarse = fine;
            fine = propagator(2.0 * pieces)?;
        }
    }
}

/// `times` applications to a copy of `p`, and the sums of the integrals.
fn repeat(propagator: &Propagator, times: f64, p: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut p = p.to_vec();
    let mut sums = Vec::new();
    for _ in 0..times as u64 {
        let integrals = propagator.apply(&mut p);
        if sums.is_empty() {
            sums = integrals;
        } else {
            sums.iter_mut().zip(integrals).for_each(|(sum, more)| *sum += more);
        }
    }
    (p, sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(row: usize, column: usize, value: f64) -> Triplet {
        Triplet { row, column, value }
    }

    /// A phase that turns at `rate` and lasts, beside a state that feeds another, far faster or slower.
    fn turning(rate: f64, decay: f64) -> [Triplet; 4] {
        [entry(0, 1, -rate), entry(1, 0, rate), entry(2, 2, -decay), entry(3, 2, decay)]
    }

    #[test]
    fn no_road_takes_what_turns_for_gone() {
        for (rate, decay, step) in [(1.0, 1e-3, 72.0), (1.0, 3.0, 500.0), (0.3, 1e9, 200.0), (0.3, 1e12, 7.0)] {
            let entries = turning(rate, decay);
            let functionals = [vec![1.0, 0.0, 0.0, 0.0], vec![0.0, 0.0, 0.0, 1.0]];
            let mut transient = Transient::new(4, &entries, &functionals, rate);
            let start = [0.5, 0.0, 0.5, 0.0];
            let series = transient.series.work(step) <= transient.rational_work(step);
            assert_eq!(series, decay < 1e6);
            let advance = [Transient::advance, Transient::advance_by_pieces];
            for (road, advance) in advance.iter().enumerate().filter(|(road, _)| *road > 0 || series) {
                let mut p = start;
                // A second step of the same length takes what is ready.
                for k in 1..=2 {
                    let integrals = advance(&mut transient, &mut p, step).unwrap();
                    let (before, now) = (step * f64::from(k - 1), step * f64::from(k));
                    let angle = rate * now;
                    let exact = [0.5 * angle.cos(), 0.5 * angle.sin(), 0.5 * (-decay * now).exp()];
                    // What is allowed each step, and its integral over time.
                    for (p, exact) in p.iter().zip(exact) {
                        assert!((p - exact).abs() < 2e-11, "road {road}, {rate}, {decay}, {now}: {p} {exact}");
                    }
                    let turned = 0.5 * (angle.sin() - (rate * before).sin()) / rate;
                    assert!((integrals[0] - turned).abs() < 2e-11 * step.max(1.0), "{}", integrals[0]);
                    let fed = 0.5 * step - 0.5 * ((-decay * before).exp() - (-decay * now).exp()) / decay;
                    assert!((integrals[1] - fed).abs() < 2e-11 * step.max(1.0), "{} {fed}", integrals[1]);
                }
            }
        }
    }

    #[test]
    fn work_grows_with_the_time_that_has_to_be_followed() {
        let entries = turning(1.0, 1e-3);
        let transient = Transient::new(4, &entries, &[], 1.0);
        assert!(transient.work(1e6) > 900.0 * transient.work(1e3));
        // What only relaxes costs the same at any time.
        let relaxing = [entry(0, 0, -1.0), entry(1, 0, 1.0)];
        let transient = Transient::new(2, &relaxing, &[], 0.0);
        assert_eq!(transient.work(1e6), transient.work(1e12));
    }
}
