//! Emitters that share a field: what their matrices say before anything is evolved.

use faer::Mat;
use num_complex::Complex64;

use crate::model::emitters::Emitters;

/// A state of one excitation that keeps its form: it turns and fades at a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resonance {
    /// How far it is from the resonance of one alone, in units of Gamma_0, as an angular frequency.
    pub shift: f64,
    /// How fast it decays, in units of Gamma_0: 1 of one alone.
    pub rate: f64,
}

/// The coincidences of the first two photons of inverted emitters, `g2(0) = 1 + [Var(Gamma_v/Gamma_0) - 1]/N` with the
/// eigenvalues Gamma_v of the matrix of decay: above 1 there is a burst (S. J. Masson and A. Asenjo-Garcia, Nat. Commun.
/// 13, 2285 (2022)).
#[must_use]
pub fn first_photons_g2(emitters: &Emitters) -> f64 {
    let n = emitters.points().len() as f64;
    // The squares of the eigenvalues add up to those of the elements, and their mean is 1.
    let squares: f64 = emitters.decay().iter().map(Complex64::norm_sqr).sum();
    1.0 + (squares / n - 2.0) / n
}

/// The states of one excitation, the fastest first: eigenvalues `shift - i rate/2` of `J - i Gamma/2`. The rates add up to N.
/// `None` where the eigenvalues are not found.
#[must_use]
pub fn resonances(emitters: &Emitters) -> Option<Vec<Resonance>> {
    let (decay, exchange) = (emitters.decay(), emitters.exchange());
    let n = emitters.points().len();
    let effective = Mat::from_fn(n, n, |i, j| exchange[(i, j)] - 0.5 * Complex64::I * decay[(i, j)]);
    let values = effective.eigenvalues().ok()?;
    let mut found: Vec<Resonance> =
        values.into_iter().map(|value| Resonance { shift: value.re, rate: -2.0 * value.im }).collect();
    found.sort_by(|a, b| b.rate.total_cmp(&a.rate));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::emitters::{Field, Lattice};

    fn chain(points: Vec<[f64; 3]>) -> Emitters {
        Emitters::new(points, Field::FreeSpace { dipole: [0.0, 0.0, 1.0].map(Complex64::from) }).unwrap()
    }

    #[test]
    fn two_emitters_have_a_bright_and_a_dark_state() {
        let pair = chain(Lattice::Chain(2).points(0.2));
        let (gamma, j) = (pair.decay()[(0, 1)].re, pair.exchange()[(0, 1)].re);
        let [bright, dark] = resonances(&pair).unwrap()[..] else { panic!() };
        for (found, sign) in [(bright, 1.0), (dark, -1.0)] {
            assert!((found.rate - (1.0 + sign * gamma)).abs() < 1e-12 && (found.shift - sign * j).abs() < 1e-12);
        }
    }

    #[test]
    fn the_rates_add_up_to_those_of_all_alone() {
        let ring = chain(Lattice::Ring(7).points(0.15));
        let all = resonances(&ring).unwrap();
        assert!((all.iter().map(|one| one.rate).sum::<f64>() - 7.0).abs() < 1e-11);
        // Waves around the ring, +k beside -k: the darkest two are a pair.
        assert!((all[5].rate - all[6].rate).abs() < 1e-9 && all[6].rate < 3e-3, "{all:?}");
    }

    #[test]
    fn independent_emitters_have_no_burst_and_dicke_the_largest() {
        // 1 - 1/N far apart, 2 - 2/N at one place.
        assert!((first_photons_g2(&chain(Lattice::Chain(4).points(1e5))) - 0.75).abs() < 1e-9);
        let guided = Emitters::new(vec![[0.0; 3]; 4], Field::Waveguide { right: 0.5 }).unwrap();
        assert!((first_photons_g2(&guided) - 1.5).abs() < 1e-12);
    }
}
