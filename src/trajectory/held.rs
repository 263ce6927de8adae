//! Amplitudes in vector registers: that of one state, or of each of some side by side, in the same loops.
//!
//! What does the same to every amplitude of states side by side says so by registers: left to a compiler, eight numbers
//! are taken apart, and gathered again over amplitudes.

use fearless_simd::prelude::*;
use fearless_simd::{f64x2, f64x8};
use num_complex::Complex64;

use super::lanes::{Amplitudes, NONE, Numbers};

/// What is held in registers.
pub trait Held: Copy {
    fn plus(self, x: Self) -> Self;
    /// `self + a x`.
    fn plus_times(self, a: f64, x: Self) -> Self;
    /// Real and imaginary parts of their own: `self + x y`.
    fn plus_products(self, x: Self, y: Self) -> Self;
    fn times(self, a: f64) -> Self;
    /// `-i self`.
    fn turned(self) -> Self;
}

/// A sum of products of many: of eight at a time, eight of these, and so on, so that rounding hardly grows with how many.
/// A state that keeps its direction would else not be known as such.
#[derive(Clone, Copy)]
pub struct Total<H> {
    none: H,
    eight: H,
    eights: H,
    whole: H,
    count: u32,
}

impl<H: Held> Total<H> {
    #[inline(always)]
    pub fn new(none: H) -> Self {
        Total { none, eight: none, eights: none, whole: none, count: 0 }
    }

    #[inline(always)]
    pub fn add_products(&mut self, x: H, y: H) {
        self.eight = self.eight.plus_products(x, y);
        self.count += 1;
        if self.count.is_multiple_of(8) {
            (self.eights, self.eight) = (self.eights.plus(self.eight), self.none);
            if self.count.is_multiple_of(64) {
                (self.whole, self.eights) = (self.whole.plus(self.eights), self.none);
            }
        }
    }

    #[inline(always)]
    pub fn sum(self) -> H {
        self.whole.plus(self.eights).plus(self.eight)
    }
}

/// An amplitude, as it stands in a state.
pub trait Amplitude: Copy {
    /// A real number of each.
    type Real: Copy;
    type Held<S: Simd>: Held;

    fn none<S: Simd>(simd: S) -> Self::Held<S>;
    fn hold<S: Simd>(&self, simd: S) -> Self::Held<S>;
    fn release<S: Simd>(held: Self::Held<S>) -> Self;
    /// The sums of products of real parts and of imaginary ones: the real part of a scalar product.
    fn total<S: Simd>(held: Self::Held<S>) -> Self::Real;
}

impl<S: Simd> Held for f64x2<S> {
    #[inline(always)]
    fn plus(self, x: Self) -> Self {
        self + x
    }

    #[inline(always)]
    fn plus_times(self, a: f64, x: Self) -> Self {
        x.mul_add(f64x2::splat(x.simd, a), self)
    }

    #[inline(always)]
    fn plus_products(self, x: Self, y: Self) -> Self {
        x.mul_add(y, self)
    }

    #[inline(always)]
    fn times(self, a: f64) -> Self {
        self * a
    }

    #[inline(always)]
    fn turned(self) -> Self {
        [self[1], -self[0]].simd_into(self.simd)
    }
}

impl Amplitude for Complex64 {
    type Real = f64;
    type Held<S: Simd> = f64x2<S>;

    #[inline(always)]
    fn none<S: Simd>(simd: S) -> f64x2<S> {
        f64x2::splat(simd, 0.0)
    }

    #[inline(always)]
    fn hold<S: Simd>(&self, simd: S) -> f64x2<S> {
        bytemuck::cast::<Complex64, [f64; 2]>(*self).simd_into(simd)
    }

    #[inline(always)]
    fn release<S: Simd>(held: f64x2<S>) -> Self {
        bytemuck::cast::<[f64; 2], Complex64>(held.into())
    }

    #[inline(always)]
    fn total<S: Simd>(held: f64x2<S>) -> f64 {
        held[0] + held[1]
    }
}

/// Amplitudes of states side by side.
#[derive(Clone, Copy)]
pub struct Side<S: Simd> {
    pub re: f64x8<S>,
    pub im: f64x8<S>,
}

impl<S: Simd> Side<S> {
    /// `term + s self`, where each has an s of its own.
    #[inline(always)]
    pub fn times_plus(self, s: f64x8<S>, term: Self) -> Self {
        Side { re: self.re.mul_add(s, term.re), im: self.im.mul_add(s, term.im) }
    }

    /// Multiplied by a real number each.
    #[inline(always)]
    pub fn times_each(self, s: f64x8<S>) -> Self {
        Side { re: self.re * s, im: self.im * s }
    }

    /// `self - c x`.
    #[inline(always)]
    pub fn less(self, c: Self, x: Self) -> Self {
        Side {
            re: c.im.mul_add(x.im, c.re.mul_add(-x.re, self.re)),
            im: c.im.mul_add(-x.re, c.re.mul_add(-x.im, self.im)),
        }
    }
}

impl<S: Simd> Held for Side<S> {
    #[inline(always)]
    fn plus(self, x: Self) -> Self {
        Side { re: self.re + x.re, im: self.im + x.im }
    }

    #[inline(always)]
    fn plus_times(self, a: f64, x: Self) -> Self {
        x.times_plus(f64x8::splat(x.re.simd, a), self)
    }

    #[inline(always)]
    fn plus_products(self, x: Self, y: Self) -> Self {
        Side { re: x.re.mul_add(y.re, self.re), im: x.im.mul_add(y.im, self.im) }
    }

    #[inline(always)]
    fn times(self, a: f64) -> Self {
        Side { re: self.re * a, im: self.im * a }
    }

    #[inline(always)]
    fn turned(self) -> Self {
        Side { re: self.im, im: -self.re }
    }
}

impl Amplitude for Amplitudes {
    type Real = Numbers;
    type Held<S: Simd> = Side<S>;

    #[inline(always)]
    fn none<S: Simd>(simd: S) -> Side<S> {
        NONE.hold(simd)
    }

    #[inline(always)]
    fn hold<S: Simd>(&self, simd: S) -> Side<S> {
        Side { re: self.re.simd_into(simd), im: self.im.simd_into(simd) }
    }

    #[inline(always)]
    fn release<S: Simd>(held: Side<S>) -> Self {
        Amplitudes { re: held.re.into(), im: held.im.into() }
    }

    #[inline(always)]
    fn total<S: Simd>(held: Side<S>) -> Numbers {
        (held.re + held.im).into()
    }
}
