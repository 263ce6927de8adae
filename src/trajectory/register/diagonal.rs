//! The diagonal of A, as it multiplies the numbers of a state.

use aligned_vec::{AVec, avec};
use fearless_simd::{Level, dispatch};
use num_complex::Complex64;

use crate::trajectory::held::{Amplitude, Held};
use crate::trajectory::lanes::Amplitudes;
use crate::trajectory::propagation::{numbers, numbers_mut};
use crate::vectorized::{Rounding, summed};

/// The numbers of eight amplitudes: so many that what is done to real and imaginary parts is not taken apart.
const EIGHT: usize = 16;

/// Elements, each of them once for the real part of an amplitude and once for the imaginary one: what multiplies that part,
/// and what multiplies the other one.
#[derive(Clone, Debug)]
pub struct Diagonal {
    own: AVec<f64>,
    other: AVec<f64>,
}

/// Elements of a diagonal, chunk by chunk.
#[derive(Clone, Copy)]
pub struct Chunks<'a, const NUMBERS: usize> {
    own: &'a [[f64; NUMBERS]],
    other: &'a [[f64; NUMBERS]],
}

impl<const NUMBERS: usize> Chunks<'_, NUMBERS> {
    /// `factor (D - center) x` of one of the chunks.
    #[inline(always)]
    pub fn times(
        &self,
        rounding: Rounding,
        at: usize,
        (center, factor): (Complex64, f64),
        x: &[f64; NUMBERS],
    ) -> [f64; NUMBERS] {
        let (own, other, mut y) = (&self.own[at], &self.other[at], [0.0; NUMBERS]);
        for number in 0..NUMBERS {
            let im = if number & 1 == 0 { -center.im } else { center.im };
            let (own, other) = (own[number] - center.re, other[number] - im);
            y[number] = factor * rounding.plus(own * x[number], other, x[number ^ 1]);
        }
        y
    }
}

impl Diagonal {
    /// Room for the elements of so many states.
    pub fn new(states: usize) -> Self {
        Diagonal { own: avec![0.0; 2 * states], other: avec![0.0; 2 * states] }
    }

    /// Gives a state its element.
    pub fn set(&mut self, state: usize, Complex64 { re, im }: Complex64) {
        self.own[2 * state..][..2].copy_from_slice(&[re, re]);
        self.other[2 * state..][..2].copy_from_slice(&[-im, im]);
    }

    /// Its elements from a number on, chunk by chunk.
    pub fn chunks<const NUMBERS: usize>(&self, from: usize) -> Chunks<'_, NUMBERS> {
        Chunks { own: self.own[from..].as_chunks().0, other: self.other[from..].as_chunks().0 }
    }

    /// `y = factor (D - center) x`.
    pub fn times(&self, of: (Complex64, f64), x: &[Complex64], y: &mut [Complex64]) {
        let (x, y) = (numbers(x), numbers_mut(y));
        let (eights, rest) = (self.chunks::<EIGHT>(0), self.chunks::<2>(x.len() / EIGHT * EIGHT));
        summed(
            #[inline(always)]
            |rounding| {
                // By value: what is behind a reference would be read anew after all that is written.
                let (center, factor) = of;
                let ((x, of_x), (y, of_y)) = (x.as_chunks::<EIGHT>(), y.as_chunks_mut::<EIGHT>());
                for (at, (y, x)) in y.iter_mut().zip(x).enumerate() {
                    *y = eights.times(rounding, at, (center, factor), x);
                }
                for (at, (y, x)) in of_y.as_chunks_mut().0.iter_mut().zip(of_x.as_chunks().0).enumerate() {
                    *y = rest.times(rounding, at, (center, factor), x);
                }
            },
        );
    }

    /// `y = D x` of states side by side.
    pub fn times_lanes(&self, x: &[Amplitudes], y: &mut [Amplitudes]) {
        let (own, other) = (self.own.as_chunks::<2>().0, self.other.as_chunks::<2>().0);
        dispatch!(Level::new(), simd => {
            for ((y, x), ([re, _], [_, im])) in y.iter_mut().zip(x).zip(own.iter().zip(other)) {
                let x = x.hold(simd);
                *y = Amplitudes::release(x.times(*re).plus_times(-im, x.turned()));
            }
        });
    }
}
