//! exp of the generator over what is held, and its ordered product over what changes.
//!
//! Where nothing changes the exponential is summed with all of its terms positive (uniformization), exact to rounding
//! at any length. On a ramp it is that of the generator at the middle of a step: the rule is symmetric, so that its
//! error goes with even powers of the step, and is extrapolated to zero (Aitken, Neville) until the last two agree.

use super::operators::{Block, Follow, Generator, Operators, pair};
use crate::lindblad::SolveError;
use crate::model::protocol::Stage;

/// The most by which two extrapolations differ, of each lane in all.
const TOLERANCE: f64 = 1e-12;
/// A step of the exponential passes on at most so often.
const REACH: f64 = 200.0;
/// How many subdivisions of a step are extrapolated from, at most.
const MOST: usize = 6;
/// A step that does with so few could have been longer.
const EASY: usize = 4;
/// A step this far off is quartered, and not halved.
const FAR: f64 = 1e-4;
/// The shortest step, of a segment.
const SHORTEST: f64 = 1e-9;

/// Replaces a block by exp of the generator over a time, times itself.
fn exponential(operators: &Operators, generator: &Generator, time: f64, block: &mut Block) {
    let steps = (generator.passed * time / REACH).ceil().max(1.0);
    let step = time / steps;
    let terms = terms(generator.passed * step);
    let decay = (-generator.shift * step).exp();
    let (mut term, mut next) = (block.clone(), block.clone());
    for _ in 0..steps as u64 {
        term.clone_from(block);
        for order in 1..=terms {
            operators.apply(generator, step / order as f64, &term, &mut next);
            std::mem::swap(&mut term, &mut next);
            block.values.iter_mut().zip(&term.values).for_each(|(sum, term)| *sum += term);
            block.sums.iter_mut().zip(&term.sums).for_each(|(sum, term)| *sum += term);
        }
        block.values.iter_mut().chain(&mut block.sums).for_each(|value| *value *= decay);
    }
}

/// After how many terms the rest of `sum x^n/n!` is below rounding, with two orders more for what is followed beside.
fn terms(x: f64) -> usize {
    let (mut order, mut size) = (0, 1.0);
    let whole = x.exp();
    loop {
        order += 1;
        size *= x / order as f64;
        let squared = (order * order) as f64;
        if order as f64 > x && size * squared < 1e-18 * whole {
            return order + 2;
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
    [from, until]: [f64; 2],
    follow: Follow,
    block: &mut Block,
) -> Result<(), SolveError> {
    if stage.is_held() {
        if until > from {
            exponential(operators, &operators.generator(stage, from, follow), until - from, block);
        }
        return Ok(());
    }
    let mut corners: Vec<f64> = stage.knots().into_iter().filter(|knot| from < *knot && *knot < until).collect();
    corners.push(until);
    let (mut now, mut length) = (from, until - from);
    for corner in corners {
        while now < corner {
            let last = now + length >= corner;
            let end = if last { corner } else { now + length };
            match extrapolated(operators, stage, [now, end], follow, block) {
                Ok((next, subdivisions)) => {
                    *block = next;
                    now = end;
                    if !last && subdivisions <= EASY {
                        length *= 2.0;
                    }
                }
                Err(error) if end - now < SHORTEST * stage.duration => {
                    return Err(SolveError::not_converged(operators.m.len(), error));
                }
                Err(error) => length = (end - now) * if error > FAR { 0.25 } else { 0.5 },
            }
        }
    }
    Ok(())
}

/// One step, and how many subdivisions it took; or how far off it is.
fn extrapolated(
    operators: &Operators,
    stage: &Stage,
    [from, until]: [f64; 2],
    follow: Follow,
    block: &Block,
) -> Result<(Block, usize), f64> {
    let mut row: Vec<Block> = Vec::new();
    let mut error = f64::INFINITY;
    for parts in 1..=MOST {
        let mut found = block.clone();
        let step = (until - from) / parts as f64;
        for part in 0..parts {
            let middle = from + step * (part as f64 + 0.5);
            exponential(operators, &operators.generator(stage, middle, follow), step, &mut found);
        }
        // The k-th of a row takes k powers of the step away.
        let mut next = vec![found];
        for (k, coarser) in row.iter().enumerate() {
            let finer = &next[k];
            let ratio = parts as f64 / (parts - 1 - k) as f64;
            let mut better = finer.clone();
            let weight = 1.0 / (ratio * ratio - 1.0);
            let all = better.values.iter_mut().chain(&mut better.sums);
            all.zip(coarser.values.iter().chain(&coarser.sums)).for_each(|(x, coarse)| *x += weight * (*x - coarse));
            next.push(better);
        }
        row = next;
        if let [.., before, last] = row.as_slice() {
            let (earlier, now) = (error, distance(follow, before, last));
            error = now;
            if error <= TOLERANCE {
                let last = row.pop().unwrap_or_else(|| block.clone());
                return Ok((last, parts));
            }
            // What will not get there is not waited for.
            let left = (MOST - parts) as i32;
            if earlier.is_finite() && error * (error / earlier).min(1.0).powi(2 * left) > TOLERANCE {
                break;
            }
        }
    }
    Err(error)
}

/// How far two blocks are apart, of each lane in all and of each sum.
fn distance(follow: Follow, a: &Block, b: &Block) -> f64 {
    let lanes = b.lanes();
    let (mut apart, mut size) = (vec![0.0; lanes], vec![0.0; lanes]);
    for (a, b) in a.values.chunks_exact(lanes).zip(b.values.chunks_exact(lanes)) {
        for lane in 0..lanes {
            apart[lane] += (a[lane] - b[lane]).abs();
            size[lane] += b[lane].abs();
        }
    }
    let worst = apart.iter().zip(&size).map(|(apart, size)| if *apart > 0.0 { apart / size } else { 0.0 });
    let sums = a.sums.iter().zip(&b.sums).zip(scales(follow, b)).map(
        |((a, b), scale)| {
            if a == b { 0.0 } else { (a - b).abs() / scale }
        },
    );
    worst.chain(sums).fold(0.0, |worst, x| if x.is_nan() { f64::INFINITY } else { worst.max(x) })
}

/// What each sum is small or large beside: the spread of both entries, or the largest of the same entry.
fn scales(follow: Follow, block: &Block) -> Vec<f64> {
    let mut scales = Vec::with_capacity(block.sums.len());
    if follow == Follow::Moments {
        for a in 0..block.lanes() - 1 {
            let spread = |of: usize| block.sums[pair(of, of)].abs().sqrt();
            scales.extend((0..=a).map(|b| spread(a) * spread(b)));
        }
    } else {
        for row in block.sums.chunks(block.lanes()) {
            let largest = row.iter().fold(0.0_f64, |most, sum| most.max(sum.abs()));
            scales.extend(row.iter().map(|_| largest));
        }
    }
    scales
}
