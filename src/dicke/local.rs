//! One jump on one qubit, seen on the ladder: three rank-one outcomes, J' = J, J - 1, J + 1.
//!
//! Chase and Geremia, Phys. Rev. A 78, 052101 (2008); Shammah et al., Phys. Rev. A 98, 063815 (2018); as trajectories
//! Zhang, Zhang and Mølmer, New J. Phys. 20, 112001 (2018).

use super::Level;
use crate::bath::Process;

/// What a local jump does to J.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectorChange {
    /// J' = J.
    Same,
    /// J' = J - 1.
    Lower,
    /// J' = J + 1.
    Higher,
}

impl SectorChange {
    /// All three outcomes.
    pub const ALL: [SectorChange; 3] = [SectorChange::Same, SectorChange::Lower, SectorChange::Higher];

    /// The change of 2J.
    #[must_use]
    pub fn two_j(self) -> i64 {
        match self {
            SectorChange::Same => 0,
            SectorChange::Lower => -2,
            SectorChange::Higher => 2,
        }
    }
}

/// An outcome of `sum_j s^(j) rho s^(j)†` on one level: the level it leads to, and its signed amplitude there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalAmplitude {
    /// Where the outcome leads.
    pub to: Level,
    /// The amplitude; its square is the weight.
    pub amplitude: f64,
}

/// The prefactor^2 of an outcome, one per sector: (N+2)/4J(J+1), (N/2+J+1)/2J(2J+1), (N/2-J)/2(J+1)(2J+1).
#[must_use]
pub fn local_prefactor(n: i64, two_j: i64, change: SectorChange) -> f64 {
    let (top, bottom) = match change {
        SectorChange::Same => (n + 2, two_j * (two_j + 2)),
        SectorChange::Lower => ((n + two_j) / 2 + 1, two_j * (two_j + 1)),
        SectorChange::Higher => ((n - two_j) / 2, (two_j + 2) * (two_j + 1)),
    };
    // J = 0 has neither an outcome that stays nor one below.
    if bottom == 0 { 0.0 } else { top as f64 / bottom as f64 }
}

/// The square of an outcome's matrix element between levels, without the prefactor, and its sign.
#[must_use]
pub fn local_element(level: Level, process: Process, change: SectorChange) -> (f64, f64) {
    // a = J + M and b = J - M are small integers: the products below are exact.
    let (a, b) = (level.above_bottom(), level.below_top());
    let (square, sign) = match (process, change) {
        (Process::Emission, SectorChange::Same) => (a * (b + 1), 1.0),
        (Process::Emission, SectorChange::Lower) => (a * (a - 1), 1.0),
        (Process::Emission, SectorChange::Higher) => ((b + 1) * (b + 2), -1.0),
        (Process::Absorption, SectorChange::Same) => (b * (a + 1), 1.0),
        (Process::Absorption, SectorChange::Lower) => (b * (b - 1), -1.0),
        (Process::Absorption, SectorChange::Higher) => ((a + 1) * (a + 2), 1.0),
        // M^2 = (a - b)^2 / 4.
        (Process::Dephasing, SectorChange::Same) => {
            return (level.m() * level.m(), if level.two_m < 0 { -1.0 } else { 1.0 });
        }
        (Process::Dephasing, SectorChange::Lower) => (a * b, 1.0),
        (Process::Dephasing, SectorChange::Higher) => ((a + 1) * (b + 1), 1.0),
    };
    (square as f64, sign)
}

/// The weight of an outcome: rate of the jump over the rate of one qubit. The three add to N/2 + M (emission),
/// N/2 - M (absorption), N/4 (dephasing with `sigma_z/2`).
#[must_use]
pub fn local_weight(n: i64, level: Level, process: Process, change: SectorChange) -> f64 {
    local_prefactor(n, level.two_j, change) * local_element(level, process, change).0
}

/// The signed amplitude of an outcome and the level it leads to, or `None` where the amplitude vanishes.
#[must_use]
pub fn local_amplitude(n: i64, level: Level, process: Process, change: SectorChange) -> Option<LocalAmplitude> {
    let (square, sign) = local_element(level, process, change);
    let weight = local_prefactor(n, level.two_j, change) * square;
    let to = Level { two_j: level.two_j + change.two_j(), two_m: level.two_m + process.two_m() };
    (weight > 0.0).then(|| LocalAmplitude { to, amplitude: sign * weight.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any level of any number of qubits up to a million.
    fn any_level() -> impl Strategy<Value = (i64, Level)> {
        (1..=super::super::MAX_QUBITS)
            .prop_flat_map(|n| (Just(n), 0..=n / 2))
            .prop_flat_map(|(n, step)| (Just(n), Just(n - 2 * step), 0..=n - 2 * step))
            .prop_map(|(n, two_j, up)| (n, Level { two_j, two_m: 2 * up - two_j }))
    }

    proptest! {
        #[test]
        fn the_three_outcomes_obey_their_sum_rule((n, level) in any_level()) {
            let half = n as f64 / 2.0;
            for (process, rule) in [
                (Process::Emission, half + level.m()),
                (Process::Absorption, half - level.m()),
                (Process::Dephasing, half / 2.0),
            ] {
                let sum: f64 = SectorChange::ALL.map(|c| local_weight(n, level, process, c)).iter().sum();
                // Each weight is a correctly rounded quotient times an exact integer.
                prop_assert!((sum - rule).abs() <= 4e-15 * rule.max(1.0), "{process:?}: {sum} != {rule}");
            }
        }

        #[test]
        fn every_outcome_with_weight_is_a_level_of_the_ladder((n, level) in any_level()) {
            for process in [Process::Emission, Process::Absorption, Process::Dephasing] {
                for change in SectorChange::ALL {
                    if let Some(outcome) = local_amplitude(n, level, process, change) {
                        prop_assert_eq!(Level::new(n, outcome.to.two_j, outcome.to.two_m), Some(outcome.to));
                        let weight = local_weight(n, level, process, change);
                        prop_assert!((outcome.amplitude.powi(2) / weight - 1.0).abs() < 1e-14);
                    }
                }
            }
        }
    }

    #[test]
    fn a_qubit_leaves_the_triplet_of_two_for_the_singlet_half_the_time() {
        // |1,0> = (|eg> + |ge>)/sqrt 2; sigma_z/2 of one qubit takes it to the singlet with certainty.
        let level = Level::new(2, 2, 0).unwrap();
        assert_eq!(local_weight(2, level, Process::Dephasing, SectorChange::Lower), 0.5);
        assert_eq!(local_weight(2, level, Process::Dephasing, SectorChange::Same), 0.0);
        // |1,1> loses one excitation: half triplet, half singlet.
        let top = Level::inverted(2);
        assert_eq!(local_weight(2, top, Process::Emission, SectorChange::Same), 1.0);
        assert_eq!(local_weight(2, top, Process::Emission, SectorChange::Lower), 1.0);
    }
}
