//! The patterns of baths as forms: what currents, balances and bounds of identical qubits are made of.

use super::linear::Linear;
use super::system::Balance;
use crate::bath::{Coupling, Pair, Rates};

impl Coupling {
    /// The pair of this pattern for `number` qubits, as forms: `<J_+ J_->` and `<J_- J_+> = <J_+ J_-> - 2 <J_z>`, of each
    /// qubit alone `N/2 + <J_z>` and `N/2 - <J_z>`.
    #[must_use]
    pub fn forms(self, number: i64) -> Pair<Linear> {
        match self {
            Coupling::Collective => {
                let emission = Linear { emission: 1.0, jz: 0.0, constant: 0.0 };
                Pair { emission, absorption: Linear { jz: -2.0, ..emission } }
            }
            Coupling::Local => {
                let emission = Linear { emission: 0.0, jz: 1.0, constant: number as f64 / 2.0 };
                Pair { emission, absorption: Linear { jz: -1.0, ..emission } }
            }
        }
    }

    /// d`<J^2>`/dt at these rates; of each qubit alone `-(down + up) <J^2 + J_z^2 - N> + (up - down) (N - 1) <J_z> -
    /// dephasing <J^2 - J_z^2 - N/2>`, where `J_z^2 = J^2 + J_z - J_+ J_-`.
    #[must_use]
    pub(super) fn j_squared_balance(self, rates: Rates, number: i64) -> Balance<Linear> {
        let (Rates { down, up, dephasing }, n) = (rates, number as f64);
        match self {
            Coupling::Collective => Balance::default(),
            Coupling::Local => {
                let form = Linear {
                    emission: down + up - dephasing,
                    jz: (up - down) * (n - 1.0) - (down + up) + dephasing,
                    constant: (down + up + dephasing / 2.0) * n,
                };
                Balance { form, j_squared: -2.0 * (down + up) }
            }
        }
    }

    /// About the most jumps per unit time that change a level: at half-integer J collective baths may make a quarter of
    /// their rate more.
    #[must_use]
    pub(super) fn most_jumps(self, rates: Rates, number: i64) -> f64 {
        let Rates { down, up, dephasing } = rates;
        match self {
            Coupling::Collective => self.forms(number).emission.most(number) * (down + up),
            // A qubit is excited or it is not.
            Coupling::Local => number as f64 * (down.max(up) + dephasing / 4.0),
        }
    }

    /// The fewest jumps per unit time that change a level, whichever it is: at J = 0 a collective bath makes none.
    #[must_use]
    pub(super) fn least_jumps(self, rates: Rates, number: i64) -> f64 {
        let each = rates.down.min(rates.up);
        match self {
            Coupling::Collective if number % 2 == 0 => 0.0,
            Coupling::Collective => each,
            Coupling::Local => number as f64 * each,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicke::{levels, sectors};

    #[test]
    fn the_forms_of_a_pattern_are_its_pair_on_every_level_up_to_the_most() {
        for (number, coupling) in (1..12).flat_map(|n| Coupling::ALL.map(|coupling| (n, coupling))) {
            let forms = coupling.forms(number);
            // J(J+1), which a half-integer J exceeds: there is no M = 0, and (J+M)(J-M+1) is (J+1/2)^2 at M = 1/2.
            let quarter = if coupling.conserves_j() && number % 2 == 1 { 0.25 } else { 0.0 };
            let jumps = |down, up| coupling.most_jumps(Rates { down, up, dephasing: 0.0 }, number);
            let mut largest = 0.0_f64;
            for level in sectors(number).flat_map(levels) {
                let Pair { emission, absorption } = coupling.on_level(number, level);
                let at = |form: Linear| form.at(level.lowering(), level.m());
                // Integers all through.
                assert_eq!(
                    (at(forms.emission), at(forms.absorption)),
                    (emission, absorption),
                    "{coupling:?}, {level:?}"
                );
                let least = coupling.least_jumps(Rates { down: 0.7, up: 0.4, dephasing: 0.3 }, number);
                assert!(0.7 * emission + 0.4 * absorption >= least * (1.0 - 1e-15), "{coupling:?}, {level:?}");
                let gain = Linear::default().with_gain(forms, 0.5, 0.25);
                assert_eq!(at(gain), 0.5 * absorption - 0.25 * emission);
                // Emission alone, or absorption alone.
                assert!(emission <= jumps(1.0, 0.0) + quarter && absorption <= jumps(0.0, 1.0) + quarter);
                largest = largest.max(emission);
            }
            assert_eq!(largest, forms.emission.most(number) + quarter, "{coupling:?}, N = {number}");
        }
    }

    #[test]
    fn nearly_equal_rates_leave_the_digits_of_their_difference() {
        // 1e16 + 2 and 1e16 times N/2 would both be rounded.
        let (up, down) = (1e16, 1e16 + 2.0);
        let gain = Linear::default().with_gain(Coupling::Local.forms(7), up, down);
        assert_eq!(gain, Linear { emission: 0.0, jz: -(up + down), constant: -7.0 });
        let gain = Linear::default().with_gain(Coupling::Collective.forms(7), up, down);
        assert_eq!(gain, Linear { emission: -2.0, jz: -2.0 * up, constant: 0.0 });
    }
}
