//! What two dipoles in free space share: the dyadic Green's function between them.

use std::f64::consts::TAU;

use num_complex::Complex64;

use super::{Vector, distance};

/// Below this x the differences of what grows as 1/x are taken from their series.
const SMALL: f64 = 0.2;

/// What two dipoles share, in units of what one has alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pairwise {
    /// `Gamma_ij / Gamma_0`.
    pub decay: f64,
    /// `J_ij / Gamma_0`.
    pub exchange: f64,
}

impl Pairwise {
    /// Two at different points, with unit dipoles of one direction.
    pub fn between(a: &Vector, b: &Vector, dipole: &[Complex64; 3]) -> Self {
        let r = distance(a, b);
        let along: Complex64 = (0..3).map(|k| dipole[k] * ((a[k] - b[k]) / r)).sum();
        Self::at(TAU * r, along.norm_sqr())
    }

    /// At x = k r, where c^2 is the square of the dipole's component along the line.
    fn at(x: f64, c_squared: f64) -> Self {
        let (sin, cos) = x.sin_cos();
        let (across, along) = (1.0 - c_squared, 1.0 - 3.0 * c_squared);
        // cos x/x^2 - sin x/x^3 = sum_k (-1)^k x^(2k-2) [1/(2k)! - 1/(2k+1)!]; k = 0 cancels.
        let near = if x < SMALL {
            let y = x * x;
            -1.0 / 3.0 + y * (1.0 / 30.0 + y * (-1.0 / 840.0 + y * (1.0 / 45_360.0 - y / 3_991_680.0)))
        } else {
            cos / (x * x) - sin / x.powi(3)
        };
        Pairwise {
            decay: 1.5 * (across * sin / x + along * near),
            exchange: 0.75 * (-across * cos / x + along * (sin / (x * x) + cos / x.powi(3))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_by_all_decay_is_shared_and_the_exchange_is_that_of_static_dipoles() {
        for c_squared in [0.0, 0.25, 1.0] {
            let Pairwise { decay, exchange } = Pairwise::at(1e-4, c_squared);
            // 1 - x^2/5 across, 1 - x^2/10 along.
            assert!((decay - (1.0 - 1e-8 * (2.0 - c_squared) / 10.0)).abs() < 1e-15, "{decay}");
            let fixed = 0.75 * (1.0 - 3.0 * c_squared) * 1e12;
            assert!((exchange / fixed - 1.0).abs() < 1e-7, "{exchange:e} {fixed:e}");
        }
    }

    #[test]
    fn the_series_goes_over_into_the_closed_form() {
        for c_squared in [0.0, 0.5, 1.0] {
            let [below, above] = [SMALL * (1.0 - 1e-9), SMALL].map(|x| Pairwise::at(x, c_squared).decay);
            assert!((below - above).abs() < 1e-9 * SMALL * SMALL + 1e-13, "{below} {above}");
        }
    }

    #[test]
    fn far_away_dipoles_across_keep_what_falls_as_one_over_the_distance() {
        let x = 1e4;
        let Pairwise { decay, exchange } = Pairwise::at(x, 0.0);
        assert!((decay - 1.5 * x.sin() / x).abs() < 2.0 / (x * x));
        assert!((exchange + 0.75 * x.cos() / x).abs() < 2.0 / (x * x));
    }
}
