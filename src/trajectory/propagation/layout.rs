//! How complex amplitudes stand among real numbers, for the few sums in which that matters.

use bytemuck::{cast_slice, cast_slice_mut};
use num_complex::Complex64;

use super::kernels::{LANES, Lanes, NONE, dot, plus};
use crate::vectorized::{Rounding, summed};

/// Where the real and imaginary parts of a state are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One amplitude after the other, as in a slice of complex numbers.
    #[default]
    Pairs,
    /// All real parts, then all imaginary ones.
    Halves,
}

impl Layout {
    /// The imaginary part of <a|b>.
    #[must_use]
    pub fn imaginary(self, a: &[f64], b: &[f64]) -> f64 {
        let half = a.len() / 2;
        match self {
            Layout::Halves => dot(&a[..half], &b[half..]) - dot(&a[half..], &b[..half]),
            Layout::Pairs => summed(
                #[inline(always)]
                |rounding| {
                    let mut sums = NONE;
                    let ((a, of_a), (b, of_b)) = (a.as_chunks(), b.as_chunks());
                    for (a, b) in a.iter().zip(b) {
                        sums = plus(rounding, &sums, a, &swapped(b));
                    }
                    let rest = of_a.as_chunks::<2>().0.iter().zip(of_b.as_chunks::<2>().0);
                    let signed = |sum: f64, pair: &[f64]| sum + (pair[0] - pair[1]);
                    let sum = sums.chunks_exact(2).fold(0.0, signed);
                    rest.fold(sum, |sum, (a, b)| sum + (a[0] * b[1] - a[1] * b[0]))
                },
            ),
        }
    }

    /// y = image - center x.
    pub fn centered(self, center: Complex64, (x, image): (&[f64], &[f64]), y: &mut [f64]) {
        let Complex64 { re, im } = center;
        let half = x.len() / 2;
        summed(
            #[inline(always)]
            |rounding| match self {
                Layout::Halves => {
                    let ((x_re, x_im), (image_re, image_im)) = (x.split_at(half), image.split_at(half));
                    let (y_re, y_im) = y.split_at_mut(half);
                    let (x_im, image_re, image_im) = (&x_im[..half], &image_re[..half], &image_im[..half]);
                    for (i, (y_re, y_im)) in y_re.iter_mut().zip(y_im).enumerate() {
                        *y_re = image_re[i] - (re * x_re[i] - im * x_im[i]);
                        *y_im = image_im[i] - (re * x_im[i] + im * x_re[i]);
                    }
                }
                Layout::Pairs => {
                    let ((x, of_x), (image, of_image)) = (x.as_chunks::<LANES>(), image.as_chunks::<LANES>());
                    let (y, of_y) = y.as_chunks_mut::<LANES>();
                    for (y, (x, image)) in y.iter_mut().zip(x.iter().zip(image)) {
                        *y = less(rounding, (re, im), x, image);
                    }
                    let rest = of_x.as_chunks::<2>().0.iter().zip(of_image.as_chunks().0);
                    for (y, (x, image)) in of_y.as_chunks_mut().0.iter_mut().zip(rest) {
                        *y = less(rounding, (re, im), x, image);
                    }
                }
            },
        );
    }

    /// Multiplies by a phase.
    pub fn turn(self, phase: Complex64, x: &mut [f64]) {
        let turned = |re: f64, im: f64| Complex64::new(re, im) * phase;
        match self {
            Layout::Halves => {
                let (re, im) = x.split_at_mut(x.len() / 2);
                for (re, im) in re.iter_mut().zip(im) {
                    let turned = turned(*re, *im);
                    (*re, *im) = (turned.re, turned.im);
                }
            }
            Layout::Pairs => {
                for pair in x.as_chunks_mut::<2>().0 {
                    let turned = turned(pair[0], pair[1]);
                    *pair = [turned.re, turned.im];
                }
            }
        }
    }
}

/// The real and imaginary parts exchanged.
#[inline(always)]
fn swapped(x: &Lanes) -> Lanes {
    let mut y = NONE;
    for lane in 0..LANES {
        y[lane] = x[lane ^ 1];
    }
    y
}

/// `image - (re + i im) x` of some amplitudes.
#[inline(always)]
fn less<const NUMBERS: usize>(
    rounding: Rounding,
    (re, im): (f64, f64),
    x: &[f64; NUMBERS],
    image: &[f64; NUMBERS],
) -> [f64; NUMBERS] {
    let mut y = [0.0; NUMBERS];
    for number in 0..NUMBERS {
        let im = if number & 1 == 0 { im } else { -im };
        y[number] = rounding.plus(rounding.plus(image[number], -re, x[number]), im, x[number ^ 1]);
    }
    y
}

/// The sum of conj(a_i) b_i.
#[must_use]
pub fn inner(a: &[Complex64], b: &[Complex64]) -> Complex64 {
    let (a, b) = (numbers(a), numbers(b));
    Complex64::new(dot(a, b), Layout::Pairs.imaginary(a, b))
}

/// Amplitudes as [`Layout::Pairs`].
#[must_use]
pub fn numbers(amplitudes: &[Complex64]) -> &[f64] {
    cast_slice(amplitudes)
}

/// The same, to be written.
pub fn numbers_mut(amplitudes: &mut [Complex64]) -> &mut [f64] {
    cast_slice_mut(amplitudes)
}

/// Complex numbers that stand as [`Layout::Pairs`].
#[must_use]
pub fn amplitudes(numbers: &[f64]) -> &[Complex64] {
    cast_slice(numbers)
}

/// The same, to be written.
pub fn amplitudes_mut(numbers: &mut [f64]) -> &mut [Complex64] {
    cast_slice_mut(numbers)
}
