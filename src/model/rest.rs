//! Steady states in which no heat flows, as far as rates alone tell.

use super::Model;
use crate::bath::Bath;

/// Less than this of what the baths may take from the qubits is what they may give them, or the other way round: no
/// sample would see a quantum of it.
const FROZEN: f64 = 1e-12;

/// Why no heat flows in the steady state without a drive, in words that go on from "no heat flows in the steady state:".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCurrent {
    /// Nothing is absorbed.
    #[error("no bath excites the qubits, which all end in their ground state")]
    Ground,
    /// Nothing is absorbed, as an occupation underflows.
    #[error(
        "the baths are frozen: at their temperatures the occupation is zero in double precision, and the qubits all end \
         in their ground state"
    )]
    Frozen,
    /// Something is absorbed, too seldom to be seen.
    #[error("the baths are frozen: they excite the qubits less than once in 1e12 emissions, too seldom to be seen")]
    NearlyFrozen,
    /// Nothing is emitted, or too seldom to be seen.
    #[error("no bath takes quanta from the qubits as often as once in 1e12 absorptions, and they all end excited")]
    Top,
    /// J = 0, which no collective bath leaves.
    #[error("the qubits are in J = 0, and no local bath takes them out of it")]
    Dark,
    /// One bath alone.
    #[error("there is one bath alone to exchange quanta with, and the qubits come into balance with it")]
    OneBath,
    /// Several that agree.
    #[error(
        "all baths have one ratio up/down, as at one temperature, and the qubits come into balance with all of them"
    )]
    OneRatio,
    /// Ensembles and modes in balance.
    #[error(
        "H conserves the number of excitations, and all baths have one ratio up/down for each, as at one temperature: all \
         comes into balance with them"
    )]
    Balanced,
    /// Ensembles and modes of which one bath alone changes the energy.
    #[error(
        "one bath alone changes the energy, which stays as it is in the steady state, so that nothing flows from it"
    )]
    Alone,
}

impl NoCurrent {
    /// Whether nothing flows at all, or only too little to be seen.
    #[must_use]
    pub fn is_exact(self) -> bool {
        // Of a mode that is cut a little flows.
        !matches!(self, NoCurrent::NearlyFrozen | NoCurrent::Top | NoCurrent::Alone)
    }
}

impl Model {
    /// Why no current flows in the steady state without a drive, where none does. Ratios are compared as they are, but for
    /// the rounding of rates: what differs by less is one temperature.
    #[must_use]
    pub fn no_current(&self) -> Option<NoCurrent> {
        let exchanging = || self.baths.iter().filter(|bath| bath.down + bath.up > 0.0);
        let (given, taken) = (self.most(|bath| bath.up), self.most(|bath| bath.down));
        if given == 0.0 {
            let underflows = |bath: &Bath| bath.temperature.is_some_and(|t| t > 0.0);
            return Some(if exchanging().any(underflows) { NoCurrent::Frozen } else { NoCurrent::Ground });
        }
        if taken <= FROZEN * given {
            return Some(NoCurrent::Top);
        }
        let ratio = |bath: &Bath| bath.up / bath.down;
        let first = exchanging().next().map_or(0.0, ratio);
        // Two products of rates, each of which is rounded.
        let alike = |other: f64| other == first || (other - first).abs() <= 4.0 * f64::EPSILON * first.min(other);
        if exchanging().all(|bath| alike(ratio(bath))) {
            return Some(if exchanging().count() == 1 { NoCurrent::OneBath } else { NoCurrent::OneRatio });
        }
        (given <= FROZEN * taken).then_some(NoCurrent::NearlyFrozen)
    }

    /// A bound on the steady current of any bath without a drive, in [`crate::units::Units::heat_current`]: what goes
    /// through the qubits in one direction is absorbed somewhere and emitted somewhere.
    #[must_use]
    pub fn steady_current_bound(&self) -> f64 {
        let largest = self.baths.iter().map(|bath| self.quantum_of(bath)).fold(0.0, f64::max);
        largest * self.most(|bath| bath.up).min(self.most(|bath| bath.down))
    }

    /// A bound on the quanta per unit time that all baths together exchange at these rates.
    fn most(&self, rate: impl Fn(&Bath) -> f64) -> f64 {
        // Absorption is bounded as emission is: turning every qubit over exchanges the two.
        let of_bath = |bath: &Bath| (bath.coupling.forms(self.number).emission * rate(bath)).bound(self.number);
        self.baths.iter().map(of_bath).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::Coupling;
    use crate::units::Units;

    fn model(baths: &[(f64, f64)]) -> Model {
        let bath = |(down, up): &(f64, f64)| Bath {
            name: "b".into(),
            coupling: Coupling::Local,
            down: *down,
            up: *up,
            dephasing: 0.0,
            temperature: None,
            quantum: None,
        };
        Model { units: Units::Natural, number: 1, frequency: 1.0, baths: baths.iter().map(bath).collect() }
    }

    fn thermal(x: &[f64]) -> Model {
        let bath = |x: &f64| Bath::thermal("b", Coupling::Local, 0.3, *x, 1.0 / x);
        Model { baths: x.iter().map(bath).collect(), ..model(&[]) }
    }

    #[test]
    fn what_is_said_is_true_of_the_case() {
        for (baths, expected) in [
            (&[(1.0, 0.0)][..], Some(NoCurrent::Ground)),
            (&[(1.0, 0.0), (0.5, 0.0)], Some(NoCurrent::Ground)),
            (&[(0.0, 1.0), (0.0, 2.0)], Some(NoCurrent::Top)),
            (&[(1.0, 0.4)], Some(NoCurrent::OneBath)),
            (&[(1.0, 0.4), (0.0, 0.0)], Some(NoCurrent::OneBath)),
            (&[(0.3, 0.1), (3.0, 1.0), (7.0, 7.0 / 3.0)], Some(NoCurrent::OneRatio)),
            (&[(0.3, 0.1), (3.0, 1.0 + 1e-14)], None),
            (&[(1.0, 0.0), (0.0, 1.0)], None),
            (&[(1.0, 1e-13), (1.0, 0.0)], Some(NoCurrent::NearlyFrozen)),
            (&[(1.0, 1e-11), (1.0, 0.0)], None),
        ] {
            assert_eq!(model(baths).no_current(), expected, "{baths:?}");
        }
        assert_eq!(thermal(&[f64::INFINITY, 800.0]).no_current(), Some(NoCurrent::Frozen));
        assert_eq!(thermal(&[700.0, 4000.0]).no_current(), Some(NoCurrent::NearlyFrozen));
        assert_eq!(thermal(&[0.7, 0.7]).no_current(), Some(NoCurrent::OneRatio));
        // Twice as hot, and a current that is a third of the largest there is, at ratios that differ by 5e-13.
        assert_eq!(thermal(&[1e-12, 0.5e-12]).no_current(), None);
    }

    #[test]
    fn no_bath_carries_more_than_the_bound() {
        // One qubit: up2 p_down - down2 p_up.
        let [(a_down, a_up), (b_down, b_up)] = [(1.3, 0.2), (0.4, 0.1)];
        let current = (a_down * b_up - b_down * a_up) / (a_down + a_up + b_down + b_up);
        let bound = model(&[(a_down, a_up), (b_down, b_up)]).steady_current_bound();
        assert!(f64::abs(current) < bound && bound == 0.2 + 0.1, "{bound}");
        // Through a collective bath too, where it is nearly reached: it absorbs as fast as the other takes away.
        let mut one = model(&[(0.0, 1.0), (1e6, 0.0)]);
        one.baths.iter_mut().for_each(|bath| bath.coupling = Coupling::Collective);
        let current = 1e6 / (1e6 + 1.0);
        let bound = one.steady_current_bound();
        assert!(current <= bound && bound <= 1.0, "{current} {bound}");
    }
}
