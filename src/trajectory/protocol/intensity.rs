//! The total intensity while rates change: a form in what a state is, whose coefficients go with the time.
//!
//! A segment is cut into windows in which the emission rate of each bath is a parabola to 1e-8 of its largest: the highest
//! of a level that stays is then at an end of a dwell or at one vertex. Bounds of the rates tell where a line of a filter
//! may hide between the times that are looked at.

use crate::model::protocol::Stage;
use crate::model::{System, Values};

/// By how much a parabola may miss a rate, of the largest in the segment.
const SMOOTH: f64 = 1e-8;
/// What a bound may be above what was looked at, of the largest in the segment, so that nothing hides below it.
const HIDDEN: f64 = 0.1;
/// Windows between corners, to begin with.
const FIRST: usize = 8;

/// The total intensity along a segment.
#[derive(Clone, Debug)]
pub(super) struct Brightness<V: Values> {
    windows: Vec<Window<V>>,
    /// A bound on its values.
    pub most: f64,
}

/// A time within it.
#[derive(Clone, Debug)]
pub(super) struct Window<V: Values> {
    from: f64,
    pub until: f64,
    /// The form of the largest rates in it.
    pub most: V::Form,
    /// In powers of the part of it that is over.
    powers: [V::Form; 3],
}

impl<V: Values> Brightness<V> {
    /// Of a system in which every bath emits at a rate of 1.
    pub fn of<S: System<Values = V>>(stage: &Stage, emitting: &S) -> Self {
        let units: Vec<V::Form> = (0..stage.reservoirs.len()).map(|bath| emitting.intensity(bath)).collect();
        let whole = largest(stage, [0.0, stage.duration]);
        let mut corners = vec![0.0];
        corners.extend(stage.knots());
        corners.push(stage.duration);
        let mut windows = Vec::new();
        for ends in corners.windows(2) {
            let at = |part: usize| ends[0] + (ends[1] - ends[0]) * part as f64 / FIRST as f64;
            for part in 0..FIRST {
                let until = if part + 1 == FIRST { ends[1] } else { at(part + 1) };
                cut(stage, [at(part), until], &whole, &mut |times, powers| {
                    windows.push(window(times, stage, &units, powers));
                });
            }
        }
        let extent = emitting.extent(combined(&units, &whole));
        Brightness { windows, most: extent.emission + extent.others }
    }

    /// The windows from the one with this index on.
    pub fn from(&self, index: usize) -> &[Window<V>] {
        &self.windows[index..]
    }

    /// The form at a time of the segment.
    pub fn at(&self, time: f64) -> V::Form {
        let index = self.windows.partition_point(|window| window.until < time).min(self.windows.len() - 1);
        self.windows[index].at(time)
    }
}

impl<V: Values> Window<V> {
    fn part(&self, time: f64) -> f64 {
        (time - self.from) / (self.until - self.from)
    }

    fn at(&self, time: f64) -> V::Form {
        let (s, [constant, slope, square]) = (self.part(time), self.powers);
        constant + (slope + square * s) * s
    }

    /// The highest intensity of values that stay between two times of it, and when it is first reached.
    pub fn highest(&self, values: &V, [from, until]: [f64; 2]) -> (f64, f64) {
        let [constant, slope, square] = self.powers.map(|form| values.at(form));
        let ends = [from.max(self.from), until.min(self.until)];
        let height = |time: f64| {
            let s = self.part(time);
            (constant + (slope + square * s) * s, time)
        };
        let vertex = self.from - 0.5 * slope / square * (self.until - self.from);
        let inside = (square < 0.0 && ends[0] < vertex && vertex < ends[1]).then(|| height(vertex));
        let later = |best: (f64, f64), other: (f64, f64)| if other.0 > best.0 { other } else { best };
        inside.into_iter().chain([height(ends[1])]).fold(height(ends[0]), later)
    }
}

/// The largest emission rate of each bath between two times.
fn largest(stage: &Stage, times: [f64; 2]) -> Vec<f64> {
    (0..stage.reservoirs.len()).map(|bath| stage.bounds(bath, times).most.down).collect()
}

fn combined<F: Copy + Default + std::ops::Add<Output = F> + std::ops::Mul<f64, Output = F>>(
    units: &[F],
    rates: &[f64],
) -> F {
    units.iter().zip(rates).fold(F::default(), |sum, (unit, rate)| sum + *unit * *rate)
}

/// Cuts a time until rates are parabolas in each piece, and tells of the powers of each bath.
fn cut(stage: &Stage, [from, until]: [f64; 2], whole: &[f64], each: &mut impl FnMut([f64; 2], &[[f64; 3]])) {
    let middle = 0.5 * (from + until);
    let at = |part: f64| from + (until - from) * part;
    let most = largest(stage, [from, until]);
    let mut powers = Vec::with_capacity(whole.len());
    let mut smooth = true;
    for (bath, whole) in whole.iter().enumerate() {
        let rate = |time: f64| stage.rates(bath, time).down;
        let [start, half, end] = [rate(from), rate(middle), rate(until)];
        let square = 2.0 * (start - 2.0 * half + end);
        let of_bath = [start, end - start - square, square];
        let misses = |part: f64| (of_bath[0] + (of_bath[1] + of_bath[2] * part) * part - rate(at(part))).abs();
        smooth &= [0.25, 0.75].into_iter().all(|part| misses(part) <= SMOOTH * whole);
        smooth &= most[bath] - start.max(half).max(end) <= HIDDEN * whole;
        powers.push(of_bath);
    }
    // At the end of what numbers tell apart it is as smooth as it gets.
    if smooth || !(from < middle && middle < until) {
        each([from, until], &powers);
    } else {
        cut(stage, [from, middle], whole, each);
        cut(stage, [middle, until], whole, each);
    }
}

fn window<V: Values>([from, until]: [f64; 2], stage: &Stage, units: &[V::Form], powers: &[[f64; 3]]) -> Window<V> {
    let of = |power: usize| combined(units, &powers.iter().map(|powers| powers[power]).collect::<Vec<_>>());
    Window { from, until, most: combined(units, &largest(stage, [from, until])), powers: [of(0), of(1), of(2)] }
}
