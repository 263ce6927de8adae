//! The ordered exponential of the generator.
//!
//! A step is the series `sum_k y_k` with `(k+1) y_{k+1} = tau sum_m (W_m + shift delta_m0) y_{k-m}`, the generator being
//! `sum_m W_m s^m` over it: the powers of s that the solution of `dy/dt = W(t) y` has, summed at its end. Where nothing
//! changes that is the series of an exponential with all of its terms positive (uniformization), exact to rounding at any
//! length; on a ramp steps are as long as rates may change in one without terms that cancel.

use super::block::{Block, ROUNDING, Term};
use super::factors::Follow;
use super::operators::{Generator, Operators};
use crate::lindblad::SolveError;
use crate::model::protocol::Stage;

/// A step of the exponential passes on at most so often.
const REACH: f64 = 200.0;
/// exp of this is the most by which terms may be larger than what they add up to.
const GROWTH: f64 = 5.0;
/// So many terms in a row are rounding beside all before them: later ones, once they fall, are smaller yet.
const SETTLED: usize = 3;
/// So many are enough for what is no number either.
const MOST: usize = 2000;
/// The shortest step, of a segment.
const SHORTEST: f64 = 1e-9;

/// Takes a block through a step.
fn step(operators: &Operators, generator: &Generator, length: f64, block: &mut Block) {
    let depth = generator.passed.len();
    let mut room = operators.room();
    // The newest comes first; the last one is free.
    let mut terms: Vec<Term> = vec![operators.term(block); depth + 1];
    operators.weigh(&mut terms[0]);
    // Of sums all terms are added up, as they may cancel.
    let mut sizes: Vec<f64> = block.sums.iter().map(|sum| sum.abs()).collect();
    let (mut order, mut settled) = (0, 0);
    while settled < SETTLED && order < MOST {
        order += 1;
        terms.rotate_right(1);
        let (next, before) = terms.split_first_mut().expect("there are two terms at least");
        let there = order.min(depth);
        operators.apply(generator, length / order as f64, &before[..there], &mut room, &mut next.block);
        operators.weigh(next);
        let late = order >= depth && order as f64 > generator.passed[0] * length;
        let mut taken = block.takes(&next.block);
        for ((sum, size), term) in block.sums.iter_mut().zip(&mut sizes).zip(&next.block.sums) {
            *sum += term;
            *size += term.abs();
            taken &= term.abs() <= ROUNDING * *size;
        }
        settled = if taken && late { settled + 1 } else { 0 };
    }
    let decay = (-generator.shift * length).exp();
    block.values.iter_mut().chain(&mut block.sums).for_each(|value| *value *= decay);
}

/// The generator over a step, or by how much that is too long a step.
fn smooth(operators: &Operators, stage: &Stage, times: [f64; 2], judged: (Follow, &[f64])) -> Result<Generator, f64> {
    let generator = operators.generator_over(stage, times, judged)?;
    let length = times[1] - times[0];
    let changes = generator.passed[1..].iter().sum::<f64>() * length / GROWTH;
    let excess = changes.max(generator.passed[0] * length / REACH);
    if excess > 1.0 { Err(excess) } else { Ok(generator) }
}

/// The way from one time of a segment to another, step by step: found once, it may be gone often.
pub struct Way(Vec<Step>);

/// So many steps of one length, by one generator.
struct Step {
    generator: Generator,
    length: f64,
    times: u64,
}

impl Way {
    /// Finds it.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn new(
        operators: &Operators,
        stage: &Stage,
        [from, until]: [f64; 2],
        follow: Follow,
    ) -> Result<Self, SolveError> {
        let mut way = Vec::new();
        if stage.is_held() {
            if until > from {
                let generator = operators.generator(stage, follow);
                let times = (generator.passed[0] * (until - from) / REACH).ceil().max(1.0);
                way.push(Step { generator, length: (until - from) / times, times: times as u64 });
            }
            return Ok(Way(way));
        }
        let mut corners: Vec<f64> = stage.knots().into_iter().filter(|knot| from < *knot && *knot < until).collect();
        corners.push(until);
        let sizes = operators.sizes(stage, follow);
        let (mut now, mut length) = (from, until - from);
        for corner in corners {
            while now < corner {
                let end = if now + length >= corner { corner } else { now + length };
                match smooth(operators, stage, [now, end], (follow, &sizes)) {
                    Ok(generator) => {
                        way.push(Step { generator, length: end - now, times: 1 });
                        length = 2.0 * (end - now);
                        now = end;
                    }
                    Err(off) if end - now < SHORTEST * stage.duration => {
                        return Err(SolveError::not_converged(operators.m.len(), off));
                    }
                    Err(_) => length = 0.5 * (end - now),
                }
            }
        }
        Ok(Way(way))
    }

    /// Takes a block along it.
    pub fn go(&self, operators: &Operators, block: &mut Block) {
        for Step { generator, length, times } in &self.0 {
            (0..*times).for_each(|_| step(operators, generator, *length, block));
        }
    }
}

/// Takes a block from one time of a segment to another.
///
/// # Errors
/// If no step, however short, is exact enough.
pub fn advance(
    operators: &Operators,
    stage: &Stage,
    times: [f64; 2],
    follow: Follow,
    block: &mut Block,
) -> Result<(), SolveError> {
    Way::new(operators, stage, times, follow).map(|way| way.go(operators, block))
}
