//! Where light goes: the field of emitters as seen by detectors all around.
//!
//! A photon that is seen in a direction n leaves the state as `sum_j exp(-i k n.r_j) sigma_-^(j)` does, and over all
//! directions these jumps are the same decay as the modes of its matrix: in free space
//! `Gamma_ij/Gamma_0 = int D(n) exp(i k n.(r_i - r_j)) dOmega` with the pattern of one dipole,
//! `D(n) = 3/(8 pi) (1 - |n.d|^2)` (H. J. Carmichael and K. Kim, Opt. Commun. 179, 417 (2000)).

use std::f64::consts::{PI, TAU};

use num_complex::Complex64;

use super::{Emitters, Field, Vector};

/// Directions around the axis, at least and at most: rings of them, and twice as many in each.
const RINGS: std::ops::RangeInclusive<usize> = 4..=48;
/// How far the sum over directions may be from the matrix of decay, in units of what one emitter has.
const EXACT: f64 = 1e-10;

/// A part of all directions, in which photons are seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// The unit vector in its middle.
    pub along: Vector,
    /// Its solid angle, in steradian; `None` of the two ways of a waveguide.
    pub solid_angle: Option<f64>,
    /// What a photon in it does, `sum_j a_j sigma_-^(j)`, at the rate of one emitter alone.
    pub amplitudes: Vec<Complex64>,
}

impl Emitters {
    /// As few directions as add up to all decay (within 1e-10 of that of one emitter): the nodes of a quadrature of the
    /// sphere around the x axis, or of a waveguide right and left, as far as light goes there. `None` where more than 48
    /// rings would be needed: emitters that are many wavelengths apart.
    #[must_use]
    pub fn directions(&self) -> Option<Vec<Direction>> {
        match self.field {
            Field::Waveguide { right } => {
                let ways = [(1.0, right), (-1.0, 1.0 - right)].into_iter().filter(|(_, share)| *share > 0.0);
                let of = |(sign, share): (f64, f64)| {
                    let amplitude = |point: &Vector| Complex64::cis(-sign * TAU * point[0]) * share.sqrt();
                    let amplitudes = self.points.iter().map(amplitude).collect();
                    Direction { along: [sign, 0.0, 0.0], solid_angle: None, amplitudes }
                };
                Some(ways.map(of).collect())
            }
            Field::FreeSpace { dipole } => {
                // Waves of a wider array turn faster from one direction to the next.
                let rings = RINGS.map(|rings| self.rings(rings, &dipole));
                rings.into_iter().find(|directions| self.missing(directions) < EXACT)
            }
        }
    }

    /// The phases `exp(i k n.r_j)` with which a plane wave along n, of any length, reaches each emitter; `None` where it has no
    /// direction.
    #[must_use]
    pub fn plane_wave(&self, along: Vector) -> Option<Vec<Complex64>> {
        let length = along.iter().map(|x| x * x).sum::<f64>().sqrt();
        let phase = |point: &Vector| Complex64::cis(TAU * (0..3).map(|k| along[k] / length * point[k]).sum::<f64>());
        (length > 0.0 && length.is_finite()).then(|| self.points.iter().map(phase).collect())
    }

    /// So many rings around the x axis, at the nodes of Gauss and Legendre, with twice as many directions each.
    fn rings(&self, rings: usize, dipole: &[Complex64; 3]) -> Vec<Direction> {
        let around = 2 * rings;
        let of_ring = |(x, weight): (f64, f64)| {
            (0..around).map(move |step| {
                let (sin, cos) = (TAU * (step as f64 + 0.5) / around as f64).sin_cos();
                let across = (1.0 - x * x).sqrt();
                ([x, across * cos, across * sin], weight * TAU / around as f64)
            })
        };
        let of = |(along, solid_angle): (Vector, f64)| {
            let projected: Complex64 = (0..3).map(|k| dipole[k] * along[k]).sum();
            let pattern = 3.0 / (8.0 * PI) * (1.0 - projected.norm_sqr()).max(0.0);
            let phase = |point: &Vector| -TAU * (0..3).map(|k| along[k] * point[k]).sum::<f64>();
            let amplitude = |point| Complex64::cis(phase(point)) * (pattern * solid_angle).sqrt();
            let amplitudes = self.points.iter().map(amplitude).collect();
            Direction { along, solid_angle: Some(solid_angle), amplitudes }
        };
        gauss_legendre(rings).into_iter().flat_map(of_ring).map(of).collect()
    }

    /// What the sum over these directions lacks of the matrix of decay, at most.
    fn missing(&self, directions: &[Direction]) -> f64 {
        let element = |((i, j), value): ((usize, usize), &Complex64)| {
            let of = |direction: &Direction| direction.amplitudes[i].conj() * direction.amplitudes[j];
            (directions.iter().map(of).sum::<Complex64>() - value).norm()
        };
        self.decay().indexed_iter().map(element).fold(0.0, f64::max)
    }
}

/// Nodes and weights of Gauss and Legendre on -1 to 1: roots of P_n by Newton's method.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |k: usize| {
        let mut x = (PI * (k as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            // (j+1) P_(j+1) = (2j+1) x P_j - j P_(j-1).
            let (mut before, mut value) = (0.0, 1.0);
            for j in 0..n {
                let next = ((2 * j + 1) as f64 * x * value - j as f64 * before) / (j + 1) as f64;
                (before, value) = (value, next);
            }
            slope = n as f64 * (x * value - before) / (x * x - 1.0);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Lattice;
    use super::*;

    #[test]
    fn nodes_of_gauss_and_legendre_integrate_powers() {
        for n in [1, 2, 5, 24] {
            let nodes = gauss_legendre(n);
            for power in 0..2 * n {
                let sum: f64 = nodes.iter().map(|(x, weight)| weight * x.powi(power as i32)).sum();
                let exact = if power % 2 == 0 { 2.0 / (power + 1) as f64 } else { 0.0 };
                assert!((sum - exact).abs() < 1e-13, "{n} {power}: {sum}");
            }
        }
    }

    #[test]
    fn the_directions_add_up_to_the_decay_whatever_the_dipoles() {
        let along = |direction: [f64; 3]| Field::FreeSpace { dipole: direction.map(Complex64::from) };
        let circular = Field::FreeSpace { dipole: [Complex64::ONE, Complex64::I, Complex64::ZERO] };
        for field in [along([0.0, 0.0, 1.0]), along([1.0, 0.3, -0.2]), circular, Field::Waveguide { right: 0.8 }] {
            for (lattice, spacing) in
                [(Lattice::Chain(12), 0.1), (Lattice::Ring(5), 0.7), (Lattice::Square([3, 2]), 0.4)]
            {
                let emitters = Emitters::new(lattice.points(spacing), field).unwrap();
                let directions = emitters.directions().unwrap();
                assert!(emitters.missing(&directions) < EXACT, "{field:?} {lattice:?}");
                let sphere: Option<f64> = directions.iter().map(|direction| direction.solid_angle).sum();
                assert!(sphere.is_none_or(|sphere| (sphere - 4.0 * PI).abs() < 1e-12));
            }
        }
        let far = Emitters::new(Lattice::Chain(2).points(100.0), circular).unwrap();
        assert_eq!(far.directions(), None);
        let cascade = Emitters::new(Lattice::Chain(2).points(0.3), Field::Waveguide { right: 1.0 }).unwrap();
        assert_eq!(cascade.directions().unwrap().len(), 1);
    }
}
