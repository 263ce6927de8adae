//! States side by side: what an index leads to is looked up once for all of them.

use num_complex::Complex64;

use crate::vectorized::Rounding;

/// How many there are.
pub const LANES: usize = 8;
/// Amplitudes that are put side by side at a time: what fits into the nearest cache.
const BLOCK: usize = 64;

/// One number of each.
pub type Numbers = [f64; LANES];

/// One amplitude of each. What a register takes is in one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Amplitudes {
    pub re: Numbers,
    pub im: Numbers,
}

pub const NONE: Amplitudes = Amplitudes { re: [0.0; LANES], im: [0.0; LANES] };

impl Amplitudes {
    /// That of one.
    #[inline(always)]
    pub fn of(&self, lane: usize) -> Complex64 {
        Complex64::new(self.re[lane], self.im[lane])
    }

    #[inline(always)]
    pub fn set(&mut self, lane: usize, c: Complex64) {
        (self.re[lane], self.im[lane]) = (c.re, c.im);
    }
}

/// `sum += a x`.
#[inline(always)]
pub fn add(rounding: Rounding, sum: &mut Numbers, a: f64, x: &Numbers) {
    (0..LANES).for_each(|lane| sum[lane] = rounding.plus(sum[lane], a, x[lane]));
}

/// `sum += a x`, lane by lane.
#[inline(always)]
pub fn add_each(rounding: Rounding, sum: &mut Numbers, a: &Numbers, x: &Numbers) {
    (0..LANES).for_each(|lane| sum[lane] = rounding.plus(sum[lane], a[lane], x[lane]));
}

/// Puts states into their lanes, and zeros into the others.
pub fn pack<'a>(x: &mut [Amplitudes], states: &(impl Iterator<Item = (usize, &'a [Complex64])> + Clone)) {
    for (number, block) in x.chunks_mut(BLOCK).enumerate() {
        block.fill(NONE);
        for (lane, state) in states.clone() {
            for (x, c) in block.iter_mut().zip(&state[number * BLOCK..]) {
                x.set(lane, *c);
            }
        }
    }
}

/// Writes the state of one.
pub fn unpack(x: &[Amplitudes], lane: usize, state: &mut [Complex64]) {
    state.iter_mut().zip(x).for_each(|(c, x)| *c = x.of(lane));
}
