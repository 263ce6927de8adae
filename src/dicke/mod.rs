//! The Dicke ladder `|J, M>` on integers (2J, 2M): matrix elements, local-jump outcomes, degeneracies.

mod degeneracy;
mod local;
mod pattern;

pub use degeneracy::ln_degeneracy;
pub(crate) use degeneracy::{ln_binomial, ln_tail_of_product};
pub(crate) use local::{SectorChange, local_amplitude, local_element, local_prefactor, local_weight};

use serde::Serialize;

/// The largest number of qubits for which everything here is exact or stated otherwise.
pub const MAX_QUBITS: i64 = 1_000_000;

/// One state of the ladder, as the integers 2J and 2M.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Level {
    /// 2J, from N down to 0 or 1 in steps of two.
    pub two_j: i64,
    /// 2M, from -2J to 2J in steps of two.
    pub two_m: i64,
}

impl Level {
    /// The level (2J, 2M) of `n` qubits, or `None` where there is none.
    #[must_use]
    pub fn new(n: i64, two_j: i64, two_m: i64) -> Option<Self> {
        let sector = (0..=n).contains(&two_j) && (n - two_j) % 2 == 0;
        let projection = two_m.abs() <= two_j && (two_j - two_m) % 2 == 0;
        (sector && projection).then_some(Level { two_j, two_m })
    }

    /// All qubits excited, `|N/2, N/2>`.
    #[must_use]
    pub fn inverted(n: i64) -> Self {
        Level { two_j: n, two_m: n }
    }

    /// All qubits in their ground state, `|N/2, -N/2>`.
    #[must_use]
    pub fn ground(n: i64) -> Self {
        Level { two_j: n, two_m: -n }
    }

    /// J + M, the number of steps above the bottom of the sector.
    #[must_use]
    pub fn above_bottom(self) -> i64 {
        (self.two_j + self.two_m) / 2
    }

    /// J - M, the number of steps below the top of the sector.
    #[must_use]
    pub fn below_top(self) -> i64 {
        (self.two_j - self.two_m) / 2
    }

    /// J.
    #[must_use]
    pub fn j(self) -> f64 {
        self.two_j as f64 / 2.0
    }

    /// M.
    #[must_use]
    pub fn m(self) -> f64 {
        self.two_m as f64 / 2.0
    }

    /// J(J+1).
    #[must_use]
    pub fn j_squared(self) -> f64 {
        (self.two_j * (self.two_j + 2)) as f64 / 4.0
    }

    /// `<J_+ J_-> = (J+M)(J-M+1)`: the squared matrix element of `J_-`. An integer, exact in a double.
    #[must_use]
    pub fn lowering(self) -> f64 {
        (self.above_bottom() * (self.below_top() + 1)) as f64
    }

    /// `<J_- J_+> = (J-M)(J+M+1)`: the squared matrix element of `J_+`. An integer, exact in a double.
    #[must_use]
    pub fn raising(self) -> f64 {
        (self.below_top() * (self.above_bottom() + 1)) as f64
    }
}

/// The sectors 2J of `n` qubits, from the largest.
pub fn sectors(n: i64) -> impl Iterator<Item = i64> + Clone {
    (0..=n / 2).map(move |step| n - 2 * step)
}

/// The levels of one sector, from M = -J up.
pub fn levels(two_j: i64) -> impl Iterator<Item = Level> + Clone {
    (0..=two_j).map(move |step| Level { two_j, two_m: 2 * step - two_j })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_has_the_levels_of_half_integer_spins() {
        assert_eq!(sectors(5).collect::<Vec<_>>(), [5, 3, 1]);
        assert_eq!(sectors(4).collect::<Vec<_>>(), [4, 2, 0]);
        assert_eq!(levels(1).map(|l| l.two_m).collect::<Vec<_>>(), [-1, 1]);
        assert!(Level::new(5, 3, -3).is_some());
        for (n, two_j, two_m) in [(5, 4, 0), (5, 7, 1), (4, 2, 3), (4, 2, 4), (4, -2, 0)] {
            assert!(Level::new(n, two_j, two_m).is_none(), "{n} {two_j} {two_m}");
        }
    }

    #[test]
    fn the_commutator_of_ladder_operators_is_twice_m_without_loss_at_a_million_qubits() {
        for n in [1, 2, 7, 100, MAX_QUBITS - 1, MAX_QUBITS] {
            for two_m in [-n, -n + 2, n % 2, n - 2, n] {
                let level = Level::new(n, n, two_m).unwrap();
                assert_eq!(level.lowering() - level.raising(), two_m as f64);
            }
        }
    }
}
