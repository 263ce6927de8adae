//! What records see of a product: the means of the operators that are watched.

use std::ops::{Add, Mul};

use serde::Serialize;

use crate::model::operator::Operator;
use crate::model::{Observables, Values};

/// What is looked at in a product.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Watched {
    /// The mean of a Hermitian operator.
    Operator(Operator),
    /// The weight of the highest number of quanta that is kept of a mode, by its place among the factors: what its cut may
    /// have changed.
    Top(usize),
    /// How many numbers of quanta are kept of a mode whose cut grows.
    Levels(usize),
}

/// The means of up to W of what is watched, in one state, or their averages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductValues<const W: usize>(pub [f64; W]);

/// A linear form in [`ProductValues`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductForm<const W: usize> {
    /// The factor of each mean.
    pub factors: [f64; W],
    /// What is added.
    pub constant: f64,
}

impl<const W: usize> Default for ProductValues<W> {
    fn default() -> Self {
        ProductValues([0.0; W])
    }
}

impl<const W: usize> Default for ProductForm<W> {
    fn default() -> Self {
        ProductForm { factors: [0.0; W], constant: 0.0 }
    }
}

impl<const W: usize> Add for ProductForm<W> {
    type Output = ProductForm<W>;

    fn add(mut self, other: ProductForm<W>) -> ProductForm<W> {
        self.factors.iter_mut().zip(other.factors).for_each(|(mine, theirs)| *mine += theirs);
        self.constant += other.constant;
        self
    }
}

impl<const W: usize> Mul<f64> for ProductForm<W> {
    type Output = ProductForm<W>;

    fn mul(mut self, by: f64) -> ProductForm<W> {
        self.factors.iter_mut().for_each(|factor| *factor *= by);
        self.constant *= by;
        self
    }
}

impl<const W: usize> Values for ProductValues<W> {
    type Form = ProductForm<W>;

    #[inline]
    fn accumulate(&mut self, mean: &Self, duration: f64) {
        self.0.iter_mut().zip(mean.0).for_each(|(sum, mean)| *sum += mean * duration);
    }

    #[inline]
    fn integral(&self, form: ProductForm<W>, duration: f64) -> f64 {
        self.0.iter().zip(form.factors).map(|(value, factor)| value * factor).sum::<f64>() + form.constant * duration
    }

    /// What is watched first: of all that is recorded of ensembles and modes that is `<J_z>` of the whole.
    fn jz(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// Not known of the whole.
    fn j_squared(&self) -> f64 {
        f64::NAN
    }

    /// `<J_z>` alone: the rest is not known of the whole.
    fn observables(&self) -> Observables {
        Observables { jz: self.jz(), emission: f64::NAN, j_squared: f64::NAN }
    }
}
