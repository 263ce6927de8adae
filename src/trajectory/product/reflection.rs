//! States that a reflection takes to themselves, but for a sign: half of their amplitudes say it all.
//!
//! R reverses the order of the qubits. Where -i H_eff stays as it is, as for lattices of atoms that are alike, the states
//! of either parity, `R psi = +-psi`, keep it until a jump; one of parity itself makes of either parity one of a known
//! parity again.

use std::sync::OnceLock;

use num_complex::Complex64;

use super::basis::Basis;
use super::sparse::Sparse;

/// A state or a jump differs from its reflection where it does by more than this part of its largest element.
const ROUNDING: f64 = 1e-13;

/// What a reflection makes of a state or of a jump: itself, or minus itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parity {
    Even,
    Odd,
}

impl Parity {
    /// Of what begins with these elements and is reflected to those; `None` if it has none.
    pub fn of(pairs: &(impl Iterator<Item = [Complex64; 2]> + Clone)) -> Option<Self> {
        let largest = pairs.clone().map(|[own, _]| own.norm_sqr()).fold(0.0, f64::max).sqrt();
        let is = |parity: Parity| {
            let mut apart = pairs.clone().map(|[own, other]| (own - parity.sign() * other).norm());
            apart.all(|apart| apart <= ROUNDING * largest)
        };
        [Parity::Even, Parity::Odd].into_iter().find(|parity| is(*parity))
    }

    /// Of a jump of this parity in a state of that.
    pub fn times(self, other: Self) -> Self {
        if self == other { Parity::Even } else { Parity::Odd }
    }

    fn sign(self) -> f64 {
        match self {
            Parity::Even => 1.0,
            Parity::Odd => -1.0,
        }
    }
}

/// The reflection of a sector in which it commutes with -i H_eff.
#[derive(Clone, Debug)]
pub struct Reflection {
    /// Each state with its reflection, once: those that differ first.
    pairs: Vec<[u32; 2]>,
    /// How many differ.
    differing: usize,
    /// -i H_eff on the states of either parity, made when first asked for.
    drifts: [OnceLock<Sparse>; 2],
}

impl Reflection {
    /// `None` where -i H_eff, of a norm up to this bound, does not stay as it is.
    pub fn of(own: &Basis, drift: &Sparse, bound: f64) -> Option<Self> {
        let reflected = |state: &Vec<i64>| own.place(&state.iter().rev().copied().collect::<Vec<_>>());
        let images: Vec<usize> = own.states().iter().map(reflected).collect::<Option<_>>()?;
        let stays = |(row, image): (usize, &usize)| {
            let other = |column: u32| {
                let entry = drift.entry((*image, images[column as usize]));
                entry.map_or(Complex64::ZERO, |entry| drift.value(entry))
            };
            drift.row(row).all(|(column, value)| (value - other(*column)).norm() <= ROUNDING * bound)
        };
        if !images.iter().enumerate().all(stays) {
            return None;
        }
        let once = |(state, image): (usize, &usize)| (state <= *image).then_some([state as u32, *image as u32]);
        let mut pairs: Vec<[u32; 2]> = images.iter().enumerate().filter_map(once).collect();
        pairs.sort_by_key(|[state, image]| state == image);
        let differing = pairs.partition_point(|[state, image]| state != image);
        Some(Reflection { pairs, differing, drifts: [OnceLock::new(), OnceLock::new()] })
    }

    /// How many states of a parity there are.
    pub fn dimension(&self, parity: Parity) -> usize {
        match parity {
            Parity::Even => self.pairs.len(),
            Parity::Odd => self.differing,
        }
    }

    /// The parity of a state, if it has one.
    pub fn parity(&self, psi: &[Complex64]) -> Option<Parity> {
        Parity::of(&self.pairs.iter().map(|pair| pair.map(|state| psi[state as usize])))
    }

    /// The part of a parity: `(psi_s +- psi_Rs)/sqrt 2` of states s that differ from their reflections, psi_s of others.
    pub fn fold(&self, parity: Parity, psi: &[Complex64], folded: &mut [Complex64]) {
        let (differing, same) = self.pairs.split_at(self.differing);
        let (first, last) = folded.split_at_mut(self.differing);
        for (folded, [state, image]) in first.iter_mut().zip(differing) {
            *folded = (psi[*state as usize] + parity.sign() * psi[*image as usize]) * std::f64::consts::FRAC_1_SQRT_2;
        }
        last.iter_mut().zip(same).for_each(|(folded, [state, _])| *folded = psi[*state as usize]);
    }

    /// The state that this is the part of.
    pub fn unfold(&self, parity: Parity, folded: &[Complex64], psi: &mut [Complex64]) {
        let (differing, same) = self.pairs.split_at(self.differing);
        let (first, last) = folded.split_at(self.differing);
        for (folded, [state, image]) in first.iter().zip(differing) {
            let own = folded * std::f64::consts::FRAC_1_SQRT_2;
            (psi[*state as usize], psi[*image as usize]) = (own, parity.sign() * own);
        }
        // Odd states have nothing where a state is its own reflection.
        let last = last.iter().copied().chain(std::iter::repeat(Complex64::ZERO));
        last.zip(same).for_each(|(folded, [state, _])| psi[*state as usize] = folded);
    }

    /// -i H_eff on the states of a parity, from that on all.
    pub fn drift(&self, parity: Parity, whole: &Sparse) -> &Sparse {
        self.drifts[parity as usize].get_or_init(|| {
            // The place of each state among those of the parity, and its element there, but for the norm.
            let mut places = vec![(0, 0.0); whole.rows()];
            for (place, [state, image]) in self.pairs.iter().enumerate() {
                places[*image as usize] = (place as u32, parity.sign());
                places[*state as usize] = (place as u32, 1.0);
            }
            let dimension = self.dimension(parity);
            let norm = |place: usize| if place < self.differing { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            let row = |place: usize| {
                let element = |(column, value): (&u32, &Complex64)| {
                    let (other, sign) = places[*column as usize];
                    (other, value * (sign * norm(other as usize) / norm(place)))
                };
                let row = whole.row(self.pairs[place][0] as usize).map(element);
                row.filter(|(other, _)| (*other as usize) < dimension).collect()
            };
            Sparse::of_rows((0..dimension).map(row), whole.sums())
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::super::{Products, Sector};
    use super::*;
    use crate::dicke::Level;
    use crate::initial::{FactorStart, InitialState, ProductStart};
    use crate::model::emitters::{Emitters, Field, Lattice, modes};
    use crate::model::product::{Factor, Product};
    use crate::random::stream;
    use crate::units::Units;

    /// What single qubits that are all excited at first go through.
    fn sectors(atoms: &Emitters, number: usize) -> Vec<Sector> {
        let factors = (0..number).map(|j| Factor::ensemble(&format!("q{j}"), 1, 0.0)).collect();
        let product = Product::new(Units::Natural, factors).unwrap().exchanging(&atoms.exchange()).unwrap();
        let product = product.decay("light", &modes(&atoms.decay()).unwrap(), 1.0, 0.0).unwrap();
        let start = vec![FactorStart::Qubits(InitialState::Dicke(Level::inverted(1))); number];
        let engine = Products::new(&product, &ProductStart::new(&product, start).unwrap(), []).unwrap();
        (0..=number).map(|index| engine.sector(index).clone()).collect()
    }

    #[test]
    fn either_parity_moves_as_the_whole_does() {
        let lattices = [(Lattice::Chain(5), 0.3), (Lattice::Ring(6), 0.0), (Lattice::Square([2, 3]), 0.3)];
        for (lattice, tilt) in lattices {
            let dipole = [0.0, tilt, 1.0].map(Complex64::from);
            let atoms = Emitters::new(lattice.points(0.17), Field::FreeSpace { dipole }).unwrap();
            let mut rng = stream(5, 5, 5);
            for sector in sectors(&atoms, atoms.points().len()) {
                let (reflection, d) = (sector.reflection.as_ref().unwrap(), sector.dimension);
                let sizes = [Parity::Even, Parity::Odd].map(|parity| reflection.dimension(parity));
                assert_eq!(sizes[0] + sizes[1], d);
                for parity in [Parity::Even, Parity::Odd] {
                    let mut part = vec![Complex64::ZERO; reflection.dimension(parity)];
                    part.fill_with(|| Complex64::new(rng.random::<f64>(), rng.random::<f64>()) - 0.5);
                    let (mut psi, mut image) = (vec![Complex64::ONE; d], vec![Complex64::ZERO; d]);
                    reflection.unfold(parity, &part, &mut psi);
                    assert!(part.is_empty() || reflection.parity(&psi) == Some(parity));
                    let norm = |psi: &[Complex64]| psi.iter().map(Complex64::norm_sqr).sum::<f64>();
                    assert!((norm(&psi) - norm(&part)).abs() < 1e-14 * norm(&part).max(1.0));
                    sector.drift.apply(&psi, &mut image);
                    let (mut whole, mut own) = (part.clone(), part.clone());
                    reflection.fold(parity, &image, &mut whole);
                    reflection.drift(parity, &sector.drift).apply(&part, &mut own);
                    assert!(own.iter().zip(&whole).all(|(own, whole)| (own - whole).norm() < 1e-13));
                    assert!(sector.ways.iter().all(|way| way.jump_by.parity().is_some()));
                }
            }
        }
    }

    #[test]
    fn what_tells_its_ends_apart_has_no_reflection() {
        let guide = Emitters::new(Lattice::Chain(4).points(0.2), Field::Waveguide { right: 0.8 }).unwrap();
        // One state has none that could differ.
        assert!(sectors(&guide, 4).iter().all(|sector| sector.reflection.is_none() || sector.dimension == 1));
    }

    #[test]
    fn a_parity_is_told_from_none() {
        let pairs = |values: [[f64; 2]; 2]| Parity::of(&values.into_iter().map(|pair| pair.map(Complex64::from)));
        assert_eq!(pairs([[0.5, 0.5], [1.0, 1.0]]), Some(Parity::Even));
        assert_eq!(pairs([[0.5, -0.5], [0.0, 0.0]]), Some(Parity::Odd));
        assert_eq!(pairs([[0.5, -0.5], [1.0, 1.0]]), None);
        assert_eq!(Parity::Odd.times(Parity::Odd), Parity::Even);
        assert_eq!(Parity::Even.times(Parity::Odd), Parity::Odd);
    }
}
