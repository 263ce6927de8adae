//! The highest value within a dwell in which values change, at the cost of a few looks.
//!
//! Looks are a quarter turn of the fastest wave apart. A top and a bottom closer than that may both lie between two of them:
//! of 35,000 random waves one had such a bump as its highest, by 4e-4 of the height.

use std::f64::consts::FRAC_PI_2;

/// The most looks that one maximum is closed in with, and the most pieces of a dwell: of one with more quarter turns there
/// are samples, between which values may be higher, by some 1e-3 of what they vary by.
const MOST_LOOKS: usize = 20;
const MOST_PIECES: f64 = 10_000.0;
/// Where a maximum is closed in to this part of a piece, its height is known to the square of it.
const NARROW: f64 = 1e-5;
/// Steps so small, as a part of a piece, are near the maximum.
const NEAR: f64 = 1e-3;
/// How far from an end of the dwell, as a part of a piece, is looked for whether values rise from there.
const ASIDE: f64 = 1e-5;

/// Heights that differ by this part are the same.
pub const SAME: f64 = 1e-9;

/// A time from the start of the dwell, and the value there.
type Point = (f64, f64);

/// A dwell to be searched.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Its length.
    pub length: f64,
    /// Values change like a wave of at most about this angular frequency.
    pub turning: f64,
    /// The values at its start and its end.
    pub ends: (f64, f64),
    /// A point between them, where one is known.
    pub between: Option<Point>,
    /// A bound on values.
    pub most: f64,
    /// What a value has to exceed.
    pub to_beat: f64,
}

impl Search {
    /// How far the middle of a piece may be above its ends: a bound on the second derivative, times its length^2/8.
    #[inline]
    fn bend(&self, length: f64) -> f64 {
        self.most * (self.turning * length).powi(2) / 8.0
    }

    /// Whether any value can exceed what is to be beaten.
    #[inline]
    pub fn may_beat(&self) -> bool {
        self.ends.0.max(self.ends.1) + self.bend(self.length) > self.to_beat
    }

    /// How far values may be above both ends by a parabola through these and a point between, with a margin for what it
    /// is not.
    fn above_ends(&self, (time, value): Point) -> f64 {
        let Search { length, ends, .. } = *self;
        let (early, mean) = ((value - ends.0) / time, (ends.1 - ends.0) / length);
        let curvature = (mean - early) / (length - time);
        let slope = mean - curvature * length;
        let top = -0.5 * slope / curvature;
        // How far off the top may be: third derivatives are the more of the curvature, the longer the dwell.
        let margin = 0.25 * self.turning * length * length;
        if curvature >= 0.0 || top < -margin || top > length + margin {
            return 0.0;
        }
        let inside = top.clamp(0.0, length);
        let rise = ends.0 + (slope + curvature * inside) * inside - ends.0.max(ends.1);
        (4.0 * rise).max(-curvature * margin * margin)
    }

    /// The highest value and when it is first reached, where it exceeds what is to be beaten. `value` takes times from
    /// the start of the dwell on.
    pub fn highest(&self, mut value: impl FnMut(f64) -> f64) -> Option<(f64, f64)> {
        let Search { length, ends, .. } = *self;
        let pieces = (self.turning * length / FRAC_PI_2).ceil().clamp(1.0, MOST_PIECES) as usize;
        let piece = length / pieces as f64;
        let above = self.between.filter(|_| pieces == 1).map_or(self.bend(piece), |between| self.above_ends(between));
        let mut best = (0.0, self.to_beat);
        let (mut before, mut here) = (f64::NEG_INFINITY, ends.0);
        for index in 0..=pieces {
            let time = (index as f64 * piece).min(length);
            let after = match pieces - index {
                0 => f64::NEG_INFINITY,
                1 => ends.1,
                _ => value(time + piece),
            };
            if here >= before && here >= after {
                let mut top = (time, here);
                if index > 0 && index < pieces {
                    // The rise to the top of the parabola through the three; samples a quarter turn apart hide twice that.
                    let rise = (after - before).powi(2) / (8.0 * (2.0 * here - before - after));
                    if here + 4.0 * rise > best.1 {
                        top = close_in([(time - piece, before), top, (time + piece, after)], piece, &mut value);
                    }
                } else if here + above > best.1 {
                    // The top is at an end of the dwell, or just within.
                    let known = self.between.filter(|between| pieces == 1 && between.1 > here);
                    let aside = if index == 0 { ASIDE * piece } else { length - ASIDE * piece };
                    let inner = known.unwrap_or_else(|| (aside, value(aside)));
                    if inner.1 > here {
                        let bracket = if index == 0 {
                            [top, inner, (piece, after)]
                        } else {
                            [(time - piece, before), inner, top]
                        };
                        top = close_in(bracket, piece, &mut value);
                    }
                }
                // What comes back to the same height is no higher.
                if top.1 > best.1 + SAME * best.1.abs() {
                    best = top;
                }
            }
            (before, here) = (here, after);
        }
        (best.1 > self.to_beat).then_some((best.1, best.0))
    }
}

/// Closes a maximum in by parabolas, between two points that are lower than the one between them.
fn close_in([mut low, mut top, mut high]: [Point; 3], piece: f64, value: &mut impl FnMut(f64) -> f64) -> Point {
    let mut last = piece;
    for _ in 0..MOST_LOOKS {
        let (left, right) = (top.0 - low.0, top.0 - high.0);
        let (down, up) = (left * (top.1 - high.1), right * (top.1 - low.1));
        let at = top.0 - 0.5 * (left * down - right * up) / (down - up);
        if !(at > low.0 && at < high.0) {
            break;
        }
        let step = (at - top.0).abs();
        // A small step after a large one is where a wide parabola happens to point.
        if step <= NARROW * piece && last <= NEAR * piece {
            // The height is that of the parabola already, and the place is not.
            return (at, top.1);
        }
        last = step;
        let point = (at, value(at));
        match (point.1 > top.1, at > top.0) {
            (true, true) => (low, top) = (top, point),
            (true, false) => (high, top) = (top, point),
            (false, true) => high = point,
            (false, false) => low = point,
        }
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

        /// Waves of up to the frequency that is told, of any phase, cut anywhere: as high as on a fine grid.
        #[test]
        fn the_top_of_a_wave_is_found_wherever_it_is_cut(
            start in 0.0..10.0_f64, length in 1e-3..12.0_f64, slow in 0.2..1.0_f64, mix in 0.0..0.9_f64,
            to_beat in -1.0..1.0_f64, cut in prop::option::of(0.001..0.999_f64),
        ) {
            let wave = |time: f64| (1.0 - mix) * (start + time).sin() + mix * (slow * (start + time)).cos();
            let mut looks = 0;
            let between = cut.map(|part| (part * length, wave(part * length)));
            let ends = (wave(0.0), wave(length));
            let search = Search { length, turning: 2.0, ends, between, most: 1.0, to_beat };
            let found = search.may_beat().then(|| search.highest(|time| { looks += 1; wave(time) })).flatten();
            let fine = (0..=20_000).map(|k| wave(length * f64::from(k) / 20_000.0)).fold(f64::NEG_INFINITY, f64::max);
            match found {
                Some((height, time)) => {
                    // The place is to be closer than a part of 1e-5 of a quarter turn, so the height is to 1e-9.
                    prop_assert!((height - wave(time)).abs() < 1e-9 && (0.0..=length).contains(&time));
                    // Two points of the fine grid are at most 6e-4 apart, so it may miss 5e-8.
                    prop_assert!(height > to_beat && height >= fine - 1e-9 && height <= fine + 1e-7, "{} {}", height, fine);
                }
                None => prop_assert!(fine <= to_beat + 1e-7, "{} {}", fine, to_beat),
            }
            prop_assert!(looks <= 60);
        }
    }

    /// A wide parabola that points to its own middle is no maximum yet: 5e-7 of the height was missed here.
    #[test]
    fn the_top_of_a_last_piece_is_closed_in() {
        let wave =
            |time: f64| 0.137 * (5.882_337_417 + time).sin() + 0.863 * (0.937_230_779 * (5.882_337_417 + time)).cos();
        let length = 7.888_715_47;
        let ends = (wave(0.0), wave(length));
        let search = Search { length, turning: 2.0, ends, between: None, most: 1.0, to_beat: 0.95 };
        let (height, time) = search.highest(wave).unwrap();
        let fine = (0..=100_000).map(|k| wave(length * f64::from(k) / 1e5)).fold(f64::NEG_INFINITY, f64::max);
        assert!((height - wave(time)).abs() < 1e-9 && height > fine - 1e-9, "{height} {fine}");
    }

    #[test]
    fn a_short_dwell_bends_little() {
        let search = Search { length: 0.1, turning: 1.0, ends: (0.5, 0.6), between: None, most: 1.0, to_beat: 0.7 };
        assert!(!search.may_beat());
        assert!(Search { to_beat: 0.6, ..search }.may_beat());
    }
}
