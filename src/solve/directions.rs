//! The exact numbers of photons that emitters send in each direction.

use num_complex::Complex64;

use super::equation::{Aim, Equation, OfProduct};
use super::error::Unsolved;
use crate::lindblad::Effort;
use crate::model::operator::{Operator, Powers};
use crate::model::product::Watched;
use crate::scenario::Point;

/// The mean number of photons in each direction until the end of a transient; `None` where nobody asks.
pub type ExactDirections = Option<Result<Vec<f64>, Unsolved>>;

/// The photons of a point by direction: `down sum_jk conj(a_j) a_k int <J_+^(j) J_-^(k)> dt`.
pub fn photons(point: &Point, effort: Effort) -> ExactDirections {
    let ensembles = point.ensembles()?;
    let detection = ensembles.detection()?;
    let solved = OfProduct::new(&point.groups[0], &Aim::transient(point, effort));
    Some(solved.map(|solved| {
        let equation = solved.equation();
        let mut rho = equation.initial(ensembles.start());
        let integral = equation.advance_with_integral(&mut rho, point.until());
        let algebras = ensembles.product().algebras();
        let n = algebras.len();
        let letter = |place, powers| Operator::letter(algebras, place, powers);
        let mean = |operator: Operator| equation.mean_form(&Watched::Operator(operator)).at(&integral).0;
        // Real and imaginary parts, each the mean of what is Hermitian.
        let mut pairs = vec![Complex64::ZERO; n * n];
        for j in 0..n {
            for k in j..n {
                let pair = &letter(j, Powers::RAISE) * &letter(k, Powers::LOWER);
                let half = |factor: Complex64| &(&pair * factor) + &(&pair * factor).adjoint();
                let value = Complex64::new(mean(half(0.5.into())), mean(half(Complex64::new(0.0, -0.5))));
                (pairs[j * n + k], pairs[k * n + j]) = (value, value.conj());
            }
        }
        let down = detection.down();
        let of_direction = |amplitudes: &[Complex64]| {
            let row = |j: usize| -> Complex64 { (0..n).map(|k| pairs[j * n + k] * amplitudes[k]).sum() };
            down * (0..n).map(|j| (amplitudes[j].conj() * row(j)).re).sum::<f64>()
        };
        detection.directions().iter().map(|direction| of_direction(&direction.amplitudes)).collect()
    }))
}
