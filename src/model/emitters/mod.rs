//! Emitters at points in space: what they share of their decay, and what they exchange.
//!
//! Identical dipoles in one field decay by a matrix, `sum_ij Gamma_ij (sigma_-^(j) rho sigma_+^(i) - {sigma_+^(i)
//! sigma_-^(j), rho}/2)`, and exchange excitations by another, `H/hbar = sum_(i != j) J_ij sigma_+^(i) sigma_-^(j)`. Both
//! follow from where they are (R. H. Lehmberg, Phys. Rev. A 2, 883 (1970)); lengths are in wavelengths.

mod decay;
mod directions;
mod free_space;
mod lattice;

pub use decay::{DecayError, DecayMode, modes};
pub use directions::Direction;
pub use lattice::Lattice;

use ndarray::Array2;
use num_complex::Complex64;
use serde::Serialize;

use self::free_space::Pairwise;

/// A point or a direction in space.
pub type Vector = [f64; 3];

/// Points that are closer than this, in wavelengths, are one: their exchange would be beyond all bounds.
const SAME_POINT: f64 = 1e-6;

/// The field that emitters share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Field {
    /// That of free space, around dipoles of one direction: real numbers for a linear one, complex for a circular one.
    FreeSpace {
        /// The direction of all dipoles, of any length.
        dipole: [Complex64; 3],
    },
    /// That of one guided mode along x, to the right and to the left.
    Waveguide {
        /// Which part of the light of a single emitter goes to the right: 1/2 where both ways are alike, 1 in a cascade.
        right: f64,
    },
}

/// Emitters at points, which share a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Emitters {
    points: Vec<Vector>,
    field: Field,
}

/// Why points and a field are no emitters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EmittersError {
    /// A number that is none.
    #[error("a coordinate of point {0} is not finite")]
    Point(usize),
    /// Two at one place, where their exchange is infinite.
    #[error("points {0} and {1} coincide")]
    Coincide(usize, usize),
    /// A dipole of no direction.
    #[error("the dipole has no direction")]
    Dipole,
    /// A share of the light that is none.
    #[error("the part of the light that goes to the right is {0}, where 0 to 1 is possible")]
    Share(f64),
}

impl Emitters {
    /// Emitters at these points, in wavelengths.
    ///
    /// # Errors
    /// If a number is not finite, two points of free space coincide (within 10^-6 wavelengths), the dipole is zero, or a
    /// share is none. Points are counted from 1.
    pub fn new(points: Vec<Vector>, field: Field) -> Result<Self, EmittersError> {
        let finite = |point: &Vector| point.iter().all(|x| x.is_finite());
        if let Some(place) = points.iter().position(|point| !finite(point)) {
            return Err(EmittersError::Point(place + 1));
        }
        let field = match field {
            Field::Waveguide { right } if !(0.0..=1.0).contains(&right) => return Err(EmittersError::Share(right)),
            Field::Waveguide { .. } => field,
            Field::FreeSpace { dipole } => {
                // By the largest part first, so that no square overflows or vanishes.
                let largest = dipole.iter().flat_map(|d| [d.re.abs(), d.im.abs()]).fold(0.0, f64::max);
                if !(dipole.iter().all(|d| d.is_finite()) && largest > 0.0) {
                    return Err(EmittersError::Dipole);
                }
                let dipole = dipole.map(|d| d / largest);
                let length = dipole.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
                for (j, other) in points.iter().enumerate() {
                    if let Some(i) = points[..j].iter().position(|point| distance(point, other) < SAME_POINT) {
                        return Err(EmittersError::Coincide(i + 1, j + 1));
                    }
                }
                Field::FreeSpace { dipole: dipole.map(|d| d / length) }
            }
        };
        Ok(Emitters { points, field })
    }

    /// Where they are, in wavelengths.
    #[must_use]
    pub fn points(&self) -> &[Vector] {
        &self.points
    }

    /// What they share.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// `Gamma_ij / Gamma_0`, N x N: Hermitian, not negative, 1 on the diagonal.
    ///
    /// In free space with x = 2 pi r_ij and c = |d . r_ij|/r_ij,
    /// `3/2 [(1 - c^2) sin x/x + (1 - 3 c^2) (cos x/x^2 - sin x/x^3)]`; of a guided mode
    /// `right exp(i x) + (1 - right) exp(-i x)` with x = 2 pi (x_i - x_j).
    #[must_use]
    pub fn decay(&self) -> Array2<Complex64> {
        self.matrix(
            1.0,
            |pair| pair.decay.into(),
            |x, right| right * Complex64::cis(x) + (1.0 - right) * Complex64::cis(-x),
        )
    }

    /// `J_ij / Gamma_0`, N x N, the factor of `sigma_+^(i) sigma_-^(j)`: Hermitian with a zero diagonal, so that a pair is
    /// there twice.
    ///
    /// In free space `3/4 [-(1 - c^2) cos x/x + (1 - 3 c^2) (sin x/x^2 + cos x/x^3)]`; of a guided mode
    /// `(right exp(i x) - (1 - right) exp(-i x)) / 2i` where i is to the right of j.
    #[must_use]
    pub fn exchange(&self) -> Array2<Complex64> {
        self.matrix(
            0.0,
            |pair| pair.exchange.into(),
            |x, right| {
                // To the right light takes what is emitted at j to an i beyond it, to the left the other way about.
                let ahead =
                    |x: f64| (right * Complex64::cis(x) - (1.0 - right) * Complex64::cis(-x)) / (2.0 * Complex64::I);
                match x.total_cmp(&0.0) {
                    std::cmp::Ordering::Greater => ahead(x),
                    std::cmp::Ordering::Less => ahead(-x).conj(),
                    std::cmp::Ordering::Equal => Complex64::ZERO,
                }
            },
        )
    }

    fn matrix(
        &self,
        diagonal: f64,
        of_pair: impl Fn(Pairwise) -> Complex64,
        of_phase: impl Fn(f64, f64) -> Complex64,
    ) -> Array2<Complex64> {
        let n = self.points.len();
        Array2::from_shape_fn((n, n), |(i, j)| {
            let (a, b) = (&self.points[i], &self.points[j]);
            match self.field {
                _ if i == j => diagonal.into(),
                Field::FreeSpace { dipole } => of_pair(Pairwise::between(a, b, &dipole)),
                Field::Waveguide { right } => of_phase(std::f64::consts::TAU * (a[0] - b[0]), right),
            }
        })
    }
}

/// How far two points are apart.
fn distance(a: &Vector, b: &Vector) -> f64 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests;
