//! The patterns of baths on the levels (J, M): what each emits and absorbs there, where its jumps lead, and what they
//! take from coherences.

use super::Level;
use super::local::{SectorChange, local_amplitude};
use crate::bath::{Coupling, Pair, Process};

impl Coupling {
    /// The pair of this pattern on a level of `n` qubits: integers, exact in a double.
    #[must_use]
    #[inline]
    pub fn on_level(self, n: i64, level: Level) -> Pair<f64> {
        match self {
            Coupling::Collective => Pair { emission: level.lowering(), absorption: level.raising() },
            Coupling::Local => {
                let half = n as f64 / 2.0;
                Pair { emission: half + level.m(), absorption: half - level.m() }
            }
        }
    }

    /// What jumps of unit rate make of the element between two levels of one sector: calls `each` with the upper level
    /// of every element that `sum_L L |level><other| L^dagger` feeds, and its factor, the product of the two amplitudes.
    /// Of a level with itself these are the jumps and their weights. Not for dephasing that conserves J, which moves
    /// nothing.
    pub fn gains(self, n: i64, (level, other): (Level, Level), process: Process, each: &mut impl FnMut(Level, f64)) {
        let to = Level { two_m: level.two_m + process.two_m(), ..level };
        match (self, process) {
            (Coupling::Collective, Process::Dephasing) => {}
            (Coupling::Collective, _) => {
                let square =
                    |level: Level| if process == Process::Emission { level.lowering() } else { level.raising() };
                // The root of a square is the number itself, to the last bit.
                each(to, (square(level) * square(other)).sqrt());
            }
            (Coupling::Local, _) => {
                for change in SectorChange::ALL {
                    let Some(a) = local_amplitude(n, level, process, change) else { continue };
                    let b = if other == level { Some(a) } else { local_amplitude(n, other, process, change) };
                    if let Some(b) = b {
                        each(a.to, a.amplitude * b.amplitude);
                    }
                }
            }
        }
    }

    /// The rate at which dephasing takes away coherence between levels M and M - `order`; less what it gives back, where
    /// it conserves J: M M' gained, (M^2 + M'^2)/2 lost.
    #[must_use]
    pub fn dephasing_loss(self, rate: f64, n: i64, order: i64) -> f64 {
        match self {
            Coupling::Collective => {
                let order = order as f64;
                0.5 * rate * order * order
            }
            Coupling::Local => rate * (n as f64 / 2.0) / 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{levels, sectors};
    use super::*;

    /// All that leaves a level arrives somewhere. Sums of three weights, each of some roundings.
    #[test]
    fn the_jumps_of_a_level_add_to_its_pair() {
        for n in 1..9 {
            for level in sectors(n).flat_map(levels) {
                for coupling in Coupling::ALL {
                    let sum = |process: Process| {
                        let mut sum = 0.0;
                        coupling.gains(n, (level, level), process, &mut |to, weight| {
                            assert_eq!(to.two_m, level.two_m + process.two_m());
                            assert!(weight == 0.0 || Level::new(n, to.two_j, to.two_m) == Some(to), "{level:?} {to:?}");
                            assert!(to.two_j == level.two_j || !coupling.conserves_j());
                            sum += weight;
                        });
                        sum
                    };
                    let Pair { emission, absorption } = coupling.on_level(n, level);
                    assert!((sum(Process::Emission) - emission).abs() < 1e-13, "{coupling:?}, N = {n}, {level:?}");
                    assert!((sum(Process::Absorption) - absorption).abs() < 1e-13, "{coupling:?}, N = {n}, {level:?}");
                    let dephased = if coupling.conserves_j() { 0.0 } else { coupling.dephasing_loss(1.0, n, 0) };
                    assert!((sum(Process::Dephasing) - dephased).abs() < 1e-13, "{coupling:?}, N = {n}, {level:?}");
                }
            }
        }
    }

    /// [J_+, J_-] = 2 J_z, and of each qubit alone.
    #[test]
    fn the_pair_differs_by_the_commutator() {
        for n in [1, 2, 7, 100, super::super::MAX_QUBITS] {
            for level in
                [n, n % 2].into_iter().flat_map(|two_j| [-two_j, two_j % 2, two_j].map(|two_m| Level { two_j, two_m }))
            {
                for coupling in Coupling::ALL {
                    let Pair { emission, absorption } = coupling.on_level(n, level);
                    assert_eq!(emission - absorption, 2.0 * level.m());
                }
            }
        }
    }
}
