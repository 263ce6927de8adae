//! What is known of a state of a register: its values, and its transverse spin.

use num_complex::Complex64;

use super::super::space::{Sum, Weights};
use super::super::table::{Terms, weights_of_squares};
use super::{Operators, Scratch, m};
use crate::model::RegisterValues;
use crate::trajectory::held::Amplitude;
use crate::trajectory::lanes::{Amplitudes, LANES, Numbers};
use crate::trajectory::propagation::abreast::norms;
use crate::trajectory::propagation::{dot, inner, moments, norm_squared, numbers};

/// What is known of a state beside the images under S_- and S_+.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    pub values: RegisterValues,
    /// `<J_z^2>`.
    pub jz_squared: f64,
}

/// J(J+1) of a sharp J where `<J^2>` is that but for rounding, which would else pass for a spread.
fn sharpened(j_squared: f64, number: usize) -> f64 {
    // 1 + 4J(J+1) = (2J+1)^2, and 2J is as even as N.
    let two_j = (1.0 + 4.0 * j_squared.max(0.0)).sqrt() - 1.0;
    let parity = (number % 2) as f64;
    let nearest = 2.0 * ((two_j - parity) / 2.0).round() + parity;
    let sharp = nearest * (nearest + 2.0) / 4.0;
    if (sharp - j_squared).abs() <= 1e-11 * (1.0 + sharp) { sharp } else { j_squared }
}

/// What values are made of: sums over a state, or over each of some side by side.
#[derive(Clone, Copy, Debug)]
struct Sums<R> {
    emission: R,
    absorption: R,
    /// Re <S_- psi|[H_0, S_-] psi>, and Re <S_+ psi|[H_0, S_-]^dagger psi>, where these are no multiples.
    energies: Option<[R; 2]>,
    /// |J_- psi|^2 where it is no multiple.
    ladder: Option<R>,
    excited: Option<R>,
    exchange: Option<R>,
}

impl Sums<Numbers> {
    fn of(&self, lane: usize) -> Sums<f64> {
        let one = |numbers: &Option<Numbers>| numbers.map(|numbers| numbers[lane]);
        Sums {
            emission: self.emission[lane],
            absorption: self.absorption[lane],
            energies: self.energies.map(|energies| energies.map(|numbers| numbers[lane])),
            ladder: one(&self.ladder),
            excited: one(&self.excited),
            exchange: one(&self.exchange),
        }
    }
}

impl Operators {
    /// The values of a normalized state; leaves S_- psi and S_+ psi behind. `spare` holds at least as many elements as
    /// the largest block.
    pub fn measure(&self, block: usize, psi: &[Complex64], scratch: &mut Scratch, spare: &mut [Complex64]) -> Measured {
        if self.space.is_whole() {
            let moments = moments(numbers(psi), &self.heights);
            self.measured(&self.sums(block, psi, scratch, spare), moments)
        } else {
            let Scratch { lowered, raised } = scratch;
            let norm = |image: &[Complex64]| norm_squared(numbers(image));
            self.measured(&self.sums_of_block(block, psi, (lowered, raised), norm), self.moments_of(block))
        }
    }

    /// The same of states side by side in a block of sharp k.
    pub fn measure_lanes(
        &self,
        block: usize,
        psi: &[Amplitudes],
        images: (&mut [Amplitudes], &mut [Amplitudes]),
    ) -> [Measured; LANES] {
        let sums = self.sums_of_block(block, psi, images, norms);
        std::array::from_fn(|lane| self.measured(&sums.of(lane), self.moments_of(block)))
    }

    /// M and its square in a block of sharp k.
    fn moments_of(&self, block: usize) -> (f64, f64) {
        let m = block as f64 - self.number as f64 / 2.0;
        (m, m * m)
    }

    /// The sums over a state in the space of all.
    fn sums(&self, block: usize, psi: &[Complex64], scratch: &mut Scratch, spare: &mut [Complex64]) -> Sums<f64> {
        let Scratch { lowered, raised } = scratch;
        let spare = &mut spare[..psi.len()];
        self.space.lowered(block, &self.coupling, psi, lowered);
        self.space.raised(block, &self.coupling, psi, raised);
        let (lowered, raised) = (numbers(&lowered[..psi.len()]), numbers(&raised[..psi.len()]));
        let ladder = self.uniform.is_none().then(|| {
            self.space.lowered(block, &Weights::Uniform(1.0), psi, spare);
            norm_squared(numbers(spare))
        });
        let energies = self.commutator.as_ref().map(|commutator| {
            self.space.lowered(block, commutator, psi, spare);
            let emission = dot(lowered, numbers(spare));
            self.space.raised(block, commutator, psi, spare);
            [emission, dot(raised, numbers(spare))]
        });
        Sums {
            emission: norm_squared(lowered),
            absorption: norm_squared(raised),
            energies,
            ladder,
            excited: self.excited_energy(block, psi),
            exchange: self.exchange.as_ref().map(|exchange| exchange.mean(block, psi)),
        }
    }

    /// The same in a block of sharp k.
    fn sums_of_block<T: Amplitude>(
        &self,
        block: usize,
        psi: &[T],
        (lowered, raised): (&mut [T], &mut [T]),
        norm: impl Fn(&[T]) -> T::Real,
    ) -> Sums<T::Real> {
        let below = &mut lowered[..self.space.dimension_at(self.space.below(block))];
        let above = &mut raised[..self.space.dimension_at(self.space.above(block))];
        let commutator = self.commutator.as_deref();
        let measured = |(sum, other): (Sum, Option<Sum>), image: &mut [T]| {
            let (table, terms) = sum.table();
            if let Some((_, Terms::Each(others))) = other.map(Sum::table) {
                let [norm, overlap] = table.measure(terms, others, psi, image);
                return (norm, Some(overlap));
            }
            table.set(terms, psi, image);
            (norm(image), None)
        };
        let down = |weights| self.space.lowering(block, weights);
        let up = |weights| self.space.raising(block, weights);
        let (emission, emission_energy) = measured((down(&self.coupling), commutator.map(down)), below);
        let (absorption, absorption_energy) = measured((up(&self.coupling), commutator.map(up)), above);
        let ladder = self.uniform.is_none().then(|| down(&Weights::Uniform(1.0)).table().0.norm(psi));
        Sums {
            emission,
            absorption,
            energies: emission_energy.zip(absorption_energy).map(|(emission, absorption)| [emission, absorption]),
            ladder,
            excited: self.excited_energy(block, psi),
            exchange: self.exchange.as_ref().map(|exchange| exchange.mean(block, psi)),
        }
    }

    /// The energy of the excited qubits, where it is no multiple of their number.
    fn excited_energy<T: Amplitude>(&self, block: usize, psi: &[T]) -> Option<T::Real> {
        let energies = self.excited.as_ref()?;
        Some(weights_of_squares(&energies[block], psi))
    }

    /// The values that sums come to.
    fn measured(&self, sums: &Sums<f64>, (jz, jz_squared): (f64, f64)) -> Measured {
        let Sums { emission, absorption, .. } = *sums;
        let (emission_energy, absorption_energy) = match sums.energies {
            // [H_0, S_+] = -[H_0, S_-]^dagger.
            Some([emission, absorption]) => (emission, -absorption),
            None => (-self.quantum * emission, self.quantum * absorption),
        };
        // <J_+ J_->
        let ladder = sums.ladder.unwrap_or_else(|| self.uniform.map_or(0.0, |g| emission / (g * g)));
        let values = RegisterValues {
            emission,
            absorption,
            emission_energy,
            absorption_energy,
            jz,
            excited_energy: sums.excited.unwrap_or_else(|| self.quantum * (jz + self.number as f64 / 2.0)),
            exchange_energy: match (&self.exchange, sums.exchange) {
                (Some(exchange), Some(mean)) => exchange.energy(mean),
                _ => 0.0,
            },
            // J^2 = J_+ J_- + J_z^2 - J_z.
            j_squared: sharpened(ladder + jz_squared - jz, self.number),
        };
        Measured { values, jz_squared }
    }

    /// (`<J_->`, `<J_-^2>`, `<J_- J_z + J_z J_->/2`) of a state in the space of all.
    pub fn transverse(&self, psi: &[Complex64], scratch: &mut Scratch) -> [Complex64; 3] {
        let block = 0;
        let Scratch { lowered, raised } = scratch;
        self.space.lowered(block, &Weights::Uniform(1.0), psi, lowered);
        self.space.raised(block, &Weights::Uniform(1.0), psi, raised);
        // J_z on the right gives M of the column, on the left M of the row: one less.
        let symmetric = psi
            .iter()
            .zip(lowered.iter())
            .zip(self.space.masks(block))
            .map(|((c, lowered), mask)| c.conj() * lowered * (m(self.number, *mask) + 0.5));
        let symmetric = symmetric.sum();
        [inner(psi, lowered), inner(raised, lowered), symmetric]
    }
}
