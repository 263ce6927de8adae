//! -i H_eff in one sector: each level has two neighbours.

use std::ops::Range;

use num_complex::Complex64;

use crate::trajectory::propagation::{Generator, Layout, MOST};
use crate::vectorized::vectorized;

/// Levels that are computed side by side: a register of AVX-512, or two of AVX2.
const LANES: usize = 8;

/// A number of each.
type Lanes = [f64; LANES];

/// The matrix of a sector.
#[derive(Clone, Debug, Default)]
pub struct Tridiagonal {
    levels: usize,
    /// The real and the imaginary part of the diagonal, filled up with zeros.
    decay: Vec<f64>,
    turn: Vec<f64>,
    /// What the levels below and above are multiplied by, and -i.
    below: Vec<f64>,
    above: Vec<f64>,
    bound: f64,
}

/// The levels of a sector that a state has or comes to within a step, and how it stands among real numbers: all real parts,
/// then all imaginary ones, each with a zero at either end, and filled up to what is computed at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window(Range<usize>);

impl Window {
    /// All levels of a sector.
    pub fn whole(levels: usize) -> Self {
        Window(0..levels)
    }

    /// Those within reach of a series that begins with some of them.
    pub fn around(support: &Range<usize>, levels: usize) -> Self {
        Window(support.start.saturating_sub(MOST)..(support.end + MOST).min(levels))
    }

    /// Which levels.
    pub fn levels(&self) -> Range<usize> {
        self.0.clone()
    }

    /// Two more than a multiple of the lanes, so that with its zeros a half is a multiple: the last lanes overlap.
    fn filled(&self) -> usize {
        (self.0.len().max(LANES + 2) + 2).next_multiple_of(LANES) - 2
    }

    /// How many real numbers make a state.
    pub fn length(&self) -> usize {
        2 * (self.filled() + 2)
    }

    /// The real and the imaginary parts of a state.
    pub fn parts<'a>(&self, state: &'a [f64]) -> (&'a [f64], &'a [f64]) {
        let (re, im) = state.split_at(state.len() / 2);
        (&re[1..=self.0.len()], &im[1..=self.0.len()])
    }

    /// The same, to be written.
    pub fn parts_mut<'a>(&self, state: &'a mut [f64]) -> (&'a mut [f64], &'a mut [f64]) {
        let (re, im) = state.split_at_mut(state.len() / 2);
        (&mut re[1..=self.0.len()], &mut im[1..=self.0.len()])
    }
}

impl Tridiagonal {
    /// Empty, with room for so many levels.
    pub fn with_room(levels: usize) -> Self {
        let room = || Vec::with_capacity(levels + 2 * LANES);
        Tridiagonal { decay: room(), turn: room(), below: room(), above: room(), ..Tridiagonal::default() }
    }

    /// Becomes the matrix of so many levels a: the diagonal, and -i times the coupling of a - 1 to a, 0 at a = 0.
    pub fn set(&mut self, levels: usize, element: impl Fn(usize) -> (Complex64, f64)) {
        self.levels = levels;
        for part in [&mut self.decay, &mut self.turn, &mut self.below, &mut self.above] {
            part.clear();
            part.resize(levels + 2 * LANES, 0.0);
        }
        let (mut largest, mut coupled) = (0.0_f64, 0.0_f64);
        for a in 0..levels {
            let (diagonal, coupling) = element(a);
            (self.decay[a], self.turn[a], self.below[a]) = (diagonal.re, diagonal.im, coupling);
            if a > 0 {
                self.above[a - 1] = coupling;
            }
            largest = largest.max(diagonal.norm());
            coupled = coupled.max(coupling.abs());
        }
        // By rows: each level has two neighbours at most.
        self.bound = largest + 2.0 * coupled;
    }

    /// The matrix on some of its levels.
    pub fn on<'a>(&'a self, window: &'a Window) -> OnWindow<'a> {
        OnWindow { matrix: self, window }
    }
}

/// A [`Tridiagonal`] on some levels.
pub struct OnWindow<'a> {
    matrix: &'a Tridiagonal,
    window: &'a Window,
}

impl Generator for OnWindow<'_> {
    const LAYOUT: Layout = Layout::Halves;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        let (from, filled) = (self.window.0.start, self.window.filled());
        let Tridiagonal { decay, turn, below, above, .. } = self.matrix;
        let (y_re, y_im) = y.split_at_mut(filled + 2);
        for end in [&mut *y_re, &mut *y_im] {
            (end[0], end[filled + 1]) = (0.0, 0.0);
        }
        let rows = Rows {
            center,
            factor,
            decay: &decay[from..from + filled],
            turn: &turn[from..from + filled],
            below: &below[from..from + filled],
            above: &above[from..from + filled],
            x: x.split_at(filled + 2),
        };
        let y = (&mut y_re[1..=filled], &mut y_im[1..=filled]);
        vectorized(
            #[inline(always)]
            || rows.write(y.0, y.1),
        );
    }

    fn norm_bound(&self) -> f64 {
        self.matrix.bound
    }
}

/// Whole lanes of a part, from a place on.
#[inline(always)]
fn lanes(part: &[f64], from: usize, count: usize) -> &[Lanes] {
    &part[from..].as_chunks().0[..count]
}

/// The rows of a product.
struct Rows<'a> {
    center: Complex64,
    factor: f64,
    decay: &'a [f64],
    turn: &'a [f64],
    below: &'a [f64],
    above: &'a [f64],
    x: (&'a [f64], &'a [f64]),
}

impl Rows<'_> {
    /// Writes y, which is shorter than x by the zeros at the ends.
    #[inline(always)]
    fn write(&self, y_re: &mut [f64], y_im: &mut [f64]) {
        let (filled, (x_re, x_im), center) = (self.decay.len(), self.x, self.center);
        // Whole lanes, then the last ones: what overlaps is computed twice.
        for (from, to) in [(0, filled / LANES * LANES), (filled - LANES, filled)] {
            let count = (to - from) / LANES;
            let (decay, turn) = (lanes(self.decay, from, count), lanes(self.turn, from, count));
            let (below, above) = (lanes(self.below, from, count), lanes(self.above, from, count));
            let (re_below, im_below) = (lanes(x_re, from, count), lanes(x_im, from, count));
            let (re_here, im_here) = (lanes(x_re, from + 1, count), lanes(x_im, from + 1, count));
            let (re_above, im_above) = (lanes(x_re, from + 2, count), lanes(x_im, from + 2, count));
            let y_re = &mut y_re[from..to].as_chunks_mut().0[..count];
            let y_im = &mut y_im[from..to].as_chunks_mut().0[..count];
            for at in 0..count {
                let (mut re, mut im): (Lanes, Lanes) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let (decay, turn) = (decay[at][lane] - center.re, turn[at][lane] - center.im);
                    let (below, above) = (below[at][lane], above[at][lane]);
                    let own_re = decay * re_here[at][lane] - turn * im_here[at][lane];
                    let own_im = decay * im_here[at][lane] + turn * re_here[at][lane];
                    re[lane] = self.factor * (own_re + (below * im_below[at][lane] + above * im_above[at][lane]));
                    im[lane] = self.factor * (own_im - (below * re_below[at][lane] + above * re_above[at][lane]));
                }
                (y_re[at], y_im[at]) = (re, im);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_that_of_the_dense_matrix_on_any_levels() {
        for levels in 1..40 {
            let element = |a: usize| {
                let coupling = if a == 0 { 0.0 } else { 0.3 + (a as f64).sin() };
                (Complex64::new(-(a as f64).cos() - 1.0, 0.4 * a as f64), coupling)
            };
            let mut matrix = Tridiagonal::default();
            matrix.set(levels, element);
            for window in [Window::whole(levels), Window(levels / 3..levels), Window(levels / 4..levels - levels / 4)] {
                let Window(Range { start, end }) = window;
                let at = |a: usize| Complex64::new(0.2 + a as f64, (3.0 * a as f64).sin());
                let mut state = vec![0.0; window.length()];
                let (re, im) = window.parts_mut(&mut state);
                (start..end).for_each(|a| (re[a - start], im[a - start]) = (at(a).re, at(a).im));
                let mut image = vec![f64::NAN; state.len()];
                let center = Complex64::new(-0.5, 0.7);
                matrix.on(&window).apply(center, 1.5, &state, &mut image);
                assert!(image.iter().all(|value| value.is_finite()));
                let (re, im) = window.parts(&image);
                for a in start..end {
                    let mut row = (element(a).0 - center) * at(a);
                    if a > start {
                        row -= Complex64::I * element(a).1 * at(a - 1);
                    }
                    if a + 1 < end {
                        row -= Complex64::I * element(a + 1).1 * at(a + 1);
                    }
                    let found = Complex64::new(re[a - start], im[a - start]);
                    assert!((row * 1.5 - found).norm() < 1e-14 * (1.0 + row.norm()), "{a} of {levels}");
                }
                // Beyond its end is what the level there comes to, or nothing.
                let beyond = if end < levels { (1.5 * element(end).1 * at(end - 1)).norm() } else { 0.0 };
                let filled = (image[end - start + 1].powi(2) + image[image.len() / 2 + end - start + 1].powi(2)).sqrt();
                let seen = window.filled() > end - start;
                assert!(!seen || (filled - beyond).abs() < 1e-14 * (1.0 + beyond), "{filled} {beyond}");
            }
        }
    }
}
