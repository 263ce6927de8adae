//! Forms in the values that currents and intensities of identical qubits are made of.

use std::ops::{Add, Mul};

use crate::bath::Pair;

/// A quantity that is linear in `<J_+ J_->` and `<J_z>`, as every current and intensity of identical qubits is:
/// `<J_- J_+> = <J_+ J_-> - 2 <J_z>`, and a local bath sees `N/2 ± <J_z>`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linear {
    pub(super) emission: f64,
    pub(super) jz: f64,
    pub(super) constant: f64,
}

impl Linear {
    /// `<J_z>` itself.
    pub const JZ: Linear = Linear { emission: 0.0, jz: 1.0, constant: 0.0 };

    /// What `number` qubits contribute to the excited fraction of `total`: (number/2 + `<J_z>`)/total.
    #[must_use]
    pub fn excited(number: i64, total: i64) -> Self {
        let share = 1.0 / total as f64;
        Linear { emission: 0.0, jz: share, constant: share * number as f64 / 2.0 }
    }

    /// The most that it comes to in any state of `number` qubits, by the magnitudes of its terms: `<J_+ J_->` is taken to
    /// be J(J+1) at most, which a half-integer J exceeds by a quarter.
    #[must_use]
    pub fn most(self, number: i64) -> f64 {
        let half = number as f64 / 2.0;
        self.emission.abs() * half * (half + 1.0) + (self.jz.abs() * half + self.constant.abs())
    }

    /// The most that it comes to in any state of `number` qubits: that of [`Linear::most`], and the quarter.
    #[must_use]
    pub fn bound(self, number: i64) -> f64 {
        self.most(number) + if number % 2 == 0 { 0.0 } else { 0.25 * self.emission.abs() }
    }

    /// The most that it may come to without its constant, which no error of a state moves.
    #[must_use]
    pub fn swing(self, number: i64) -> f64 {
        Linear { constant: 0.0, ..self }.most(number)
    }

    /// This and what `pair` gains by absorption at the rate `up` and loses by emission at the rate `down`. What both have
    /// in common is multiplied by the difference of the rates: hot baths absorb nearly as much as they emit.
    #[must_use]
    pub fn with_gain(self, pair: Pair<Linear>, up: f64, down: f64) -> Self {
        let gain = |sum: f64, absorption: f64, emission: f64| {
            if absorption == emission {
                sum + (up - down) * absorption
            } else {
                sum + up * absorption - down * emission
            }
        };
        let Pair { emission, absorption } = pair;
        Linear {
            emission: gain(self.emission, absorption.emission, emission.emission),
            jz: gain(self.jz, absorption.jz, emission.jz),
            constant: gain(self.constant, absorption.constant, emission.constant),
        }
    }

    /// The value at `<J_+ J_->` and `<J_z>`.
    #[must_use]
    #[inline]
    pub fn at(self, emission: f64, jz: f64) -> f64 {
        self.emission * emission + self.jz * jz + self.constant
    }

    /// The time integral, from the integrals of `<J_+ J_->` and `<J_z>` over a `duration`.
    #[must_use]
    #[inline]
    pub fn integral(self, emission: f64, jz: f64, duration: f64) -> f64 {
        self.emission * emission + self.jz * jz + self.constant * duration
    }
}

impl Add for Linear {
    type Output = Linear;

    fn add(self, other: Linear) -> Linear {
        Linear {
            emission: self.emission + other.emission,
            jz: self.jz + other.jz,
            constant: self.constant + other.constant,
        }
    }
}

impl Mul<f64> for Linear {
    type Output = Linear;

    fn mul(self, by: f64) -> Linear {
        Linear { emission: self.emission * by, jz: self.jz * by, constant: self.constant * by }
    }
}
