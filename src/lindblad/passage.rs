//! The law of the time at which a bath has given its n-th net quantum, exact.
//!
//! Levels and the quanta that are counted so far make one chain, which ends with the n-th. What has ended is a Poisson
//! mixture of what the powers of a stochastic matrix let out (uniformization): every term is positive, so that early times
//! are as exact as late ones.

use statrs::distribution::{Discrete, Poisson};

use super::counting::Counting;
use super::transferred::{MOST_PRODUCTS, Step, last_step};

/// The most that may go so far the other way that it is not followed.
const LOST: f64 = 1e-12;

/// When the n-th net quantum comes, counted from any time in the steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// `P(T_n <= t)` at every time.
    pub passed: Vec<f64>,
    /// Its derivative.
    pub density: Vec<f64>,
}

impl Passage {
    /// The sum with so much of another.
    #[must_use]
    pub fn plus(mut self, part: f64, other: &Passage) -> Passage {
        self.passed.iter_mut().zip(&other.passed).for_each(|(sum, value)| *sum += part * value);
        self.density.iter_mut().zip(&other.density).for_each(|(sum, value)| *sum += part * value);
        self
    }
}

/// What the steps of the chain let out, one after the other.
struct Ended {
    /// In each step, from the first on.
    each: Vec<f64>,
    /// What left at the other end in all of them.
    lost: f64,
}

impl Counting<'_> {
    /// The law of the time to so many net quanta from a bath, of quanta that it takes where they are below 0, at positive
    /// times; good to 1e-12. `None` where it would take more than some seconds, or more products than are `left`, which are
    /// fewer then.
    ///
    /// # Panics
    /// For no quanta.
    #[must_use]
    pub fn passage(&self, bath: usize, quanta: i64, times: &[f64], left: &mut f64) -> Option<Passage> {
        assert_ne!(quanta, 0, "no quanta have passed at once");
        let leaving = self.leaving();
        let fastest = leaving.iter().copied().fold(0.0, f64::max);
        let number = quanta.unsigned_abs() as f64;
        let longest = times.iter().copied().fold(0.0, f64::max);
        let powers = last_step(fastest * longest);
        if number > powers {
            // Steps are too few for so many.
            let none = || vec![0.0; times.len()];
            return Some(Passage { passed: none(), density: none() });
        }
        let mut steps = self.steps(bath, &leaving, fastest);
        if quanta < 0 {
            steps.iter_mut().for_each(|step| step.quanta = -step.quanta);
        }
        let only_on = steps.iter().all(|step| step.quanta >= 0);
        // Numbers below 0 that are followed.
        let mut below = if only_on { 0.0 } else { 16.0 };
        let ended = loop {
            let products = (number + below) * powers * steps.len() as f64;
            if products.is_nan() || products > left.min(MOST_PRODUCTS) {
                return None;
            }
            *left -= products;
            let ended = end(&steps, &self.steady().p, (number as usize, below as usize), powers as usize);
            if ended.lost < LOST {
                break ended.each;
            }
            below *= 2.0;
        };
        let at = |time: &f64| mixed(&ended, fastest, *time);
        let (passed, density) = times.iter().map(at).collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some(Passage { passed, density })
    }
}

/// What has ended by a time, and at what rate it ends then, in a chain of steps at this rate.
fn mixed(ended: &[f64], rate: f64, time: f64) -> Option<(f64, f64)> {
    let mean = rate * time;
    let poisson = Poisson::new(mean).ok()?;
    let first = (mean - 10.0 * mean.sqrt() - 30.0).max(0.0) as usize;
    let last = (last_step(mean) as usize).min(ended.len() - 1);
    let mut so_far: f64 = ended[..first].iter().sum();
    let (mut all, mut passed, mut density) = (0.0, 0.0, 0.0);
    for (step, ends) in ended.iter().enumerate().take(last + 1).skip(first) {
        let weight = poisson.pmf(step as u64);
        all += weight;
        passed += weight * so_far;
        density += weight * ends;
        so_far += ends;
    }
    // The weights are those of all numbers of steps of any weight.
    Some((passed / all, rate * density / all))
}

/// Lets a chain that begins with these probabilities and no quanta take steps, until it has so many; it is followed to so
/// many below 0.
fn end(steps: &[Step], start: &[f64], (number, below): (usize, usize), powers: usize) -> Ended {
    let states = start.len();
    let bins = number + below;
    let mut now = vec![0.0; bins * states];
    now[below * states..][..states].copy_from_slice(start);
    let mut next = now.clone();
    let mut ended = Ended { each: Vec::with_capacity(powers + 1), lost: 0.0 };
    for _ in 0..=powers {
        next.fill(0.0);
        let mut passed = 0.0;
        for Step { from, to, probability, quanta } in steps {
            match quanta {
                1 => passed += probability * now[(bins - 1) * states + from],
                -1 => ended.lost += probability * now[*from],
                _ => {}
            }
            let (skipped, shift) = ((-quanta).max(0) as usize, (*quanta).max(0) as usize);
            let sources = now.chunks_exact(states).skip(skipped);
            for (source, target) in sources.zip(next.chunks_exact_mut(states).skip(shift)) {
                target[*to] += probability * source[*from];
            }
        }
        ended.each.push(passed);
        std::mem::swap(&mut now, &mut next);
    }
    ended
}
