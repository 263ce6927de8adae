//! `dy/dt = f(t, y)` with an f that changes in time: the explicit midpoint rule, extrapolated (Gragg, Bulirsch and
//! Stoer). Started and ended as here, the rule errs by even powers of its step alone, and steps of a growing number of
//! parts are extrapolated to none (Aitken, Neville) until the last two agree.

use super::SolveError;

/// The most by which two extrapolations of a step differ.
const TOLERANCE: f64 = 1e-12;
/// A step is cut into 2, 4, 6, ... parts, so often at most.
const MOST: usize = 8;
/// A step that does with so few could have been longer.
const EASY: usize = 6;
/// A step that is this far off is quartered, and not halved.
const FAR: f64 = 1e-4;
/// The shortest step, of the whole time.
const SHORTEST: f64 = 1e-9;

/// Something that changes in time.
pub trait Flow {
    /// dy/dt at a time, into `slope`.
    fn slope(&mut self, time: f64, y: &[f64], slope: &mut [f64]);
    /// The longest step from a time that passes over nothing.
    fn longest_step(&self, time: f64) -> f64;
    /// How far two values are apart, in what an error is allowed of.
    fn distance(&self, a: &[f64], b: &[f64]) -> f64;
}

/// Takes `y` from one time to another, by steps of about `pace`, which is what they came to in the end.
///
/// # Errors
/// If no step, however short, is exact enough.
pub fn advance(
    flow: &mut impl Flow,
    y: &mut Vec<f64>,
    [from, until]: [f64; 2],
    pace: &mut f64,
) -> Result<(), SolveError> {
    let mut now = from;
    while now < until {
        let length = pace.min(flow.longest_step(now));
        // No last sliver.
        let last = now + length * (1.0 + 1e-9) >= until;
        let length = if last { until - now } else { length };
        match step(flow, y, now, length) {
            Ok((next, rows)) => {
                *y = next;
                now = if last { until } else { now + length };
                if rows <= EASY {
                    *pace = pace.max(1.5 * length);
                }
            }
            Err(error) if length < SHORTEST * (until - from) => {
                return Err(SolveError::not_converged(y.len(), error));
            }
            Err(error) => *pace = length * if error < FAR { 0.5 } else { 0.25 },
        }
    }
    Ok(())
}

/// One step, and how many extrapolations it took; or how far off it is.
fn step(flow: &mut impl Flow, y: &[f64], from: f64, length: f64) -> Result<(Vec<f64>, usize), f64> {
    let mut row: Vec<Vec<f64>> = Vec::new();
    let mut error = f64::INFINITY;
    for parts in 1..=MOST {
        let mut next = vec![midpoint(flow, y, from, length, 2 * parts)];
        for (k, coarser) in row.iter().enumerate() {
            let ratio = parts as f64 / (parts - 1 - k) as f64;
            let weight = 1.0 / (ratio * ratio - 1.0);
            let better = next[k].iter().zip(coarser).map(|(fine, coarse)| fine + weight * (fine - coarse)).collect();
            next.push(better);
        }
        row = next;
        if let [.., before, last] = row.as_slice() {
            error = flow.distance(before, last);
            // A NaN is no success.
            if error <= TOLERANCE {
                return Ok((row.pop().unwrap_or_default(), parts));
            }
        }
    }
    Err(error)
}

/// Gragg's rule over a step, in an even number of parts.
fn midpoint(flow: &mut impl Flow, y: &[f64], from: f64, length: f64, parts: usize) -> Vec<f64> {
    let h = length / parts as f64;
    let mut slope = vec![0.0; y.len()];
    flow.slope(from, y, &mut slope);
    let mut before = y.to_vec();
    let mut now: Vec<f64> = y.iter().zip(&slope).map(|(y, slope)| y + h * slope).collect();
    for part in 1..parts {
        flow.slope(from + length * part as f64 / parts as f64, &now, &mut slope);
        before.iter_mut().zip(&slope).for_each(|(value, slope)| *value += 2.0 * h * slope);
        std::mem::swap(&mut before, &mut now);
    }
    flow.slope(from + length, &now, &mut slope);
    before.iter().zip(&now).zip(&slope).map(|((before, now), slope)| 0.5 * (before + now + h * slope)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spin in a field that turns and grows.
    struct Spin;

    impl Flow for Spin {
        fn slope(&mut self, time: f64, y: &[f64], slope: &mut [f64]) {
            let (sine, cosine) = (time * time).sin_cos();
            (slope[0], slope[1], slope[2]) = (-cosine * y[0] * 2.0 * time, -sine * y[1], y[1] * 2.0 * time);
        }
        fn longest_step(&self, _: f64) -> f64 {
            0.7
        }
        fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
            a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |m, x| if x > m || x.is_nan() { x } else { m })
        }
    }

    #[test]
    fn a_closed_form_is_met_whatever_the_first_step() {
        for pace in [1e-3, 0.1, 50.0] {
            let (mut y, mut pace) = (vec![1.0, 0.0, 0.5], pace);
            advance(&mut Spin, &mut y, [0.0, 4.0], &mut pace).unwrap();
            // d ln y_0/dt = -d sin(t^2)/dt; what is zero stays. Some sixty steps are off by 1e-12 at most, which grows by
            // e^2 where sin(t^2) falls from 1 to -1.
            assert!((y[0] / (-(16.0_f64).sin()).exp() - 1.0).abs() < 60.0 * 1e-12 * 2.0_f64.exp(), "{y:?}");
            assert_eq!(&y[1..], [0.0, 0.5]);
            assert!(pace > 0.01 && pace < 2.0, "{pace}");
        }
    }

    #[test]
    fn a_step_of_a_thousand_times_the_span_is_not_believed() {
        struct Wall;
        impl Flow for Wall {
            fn slope(&mut self, _: f64, y: &[f64], slope: &mut [f64]) {
                slope[0] = y[0] * y[0];
            }
            fn longest_step(&self, _: f64) -> f64 {
                f64::INFINITY
            }
            fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
                (a[0] - b[0]).abs()
            }
        }
        // 1/(1 - t) has no value at 2.
        assert!(advance(&mut Wall, &mut vec![1.0], [0.0, 2.0], &mut 2.0).is_err());
    }
}
