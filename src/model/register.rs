//! Qubits that may differ, each by itself.

use std::ops::{Add, Mul};

use ndarray::Array2;

use super::system::modulation;
use super::{Drive, Extent, Model, Observables, System, Values};
use crate::bath::{Bath, Coupling, Pair, Process};
use crate::units::Units;

/// N qubits with a frequency and a coupling each, an exchange between each two, and the baths around them:
/// `H/hbar = sum_j omega_j sigma_z^(j)/2 + sum_{i<j} V_ij (sigma_+^(i) sigma_-^(j) + h.c.) + chi J_z^2`.
///
/// With a drive, in the frame that rotates with it: `H/hbar = Delta J_z + Omega J_x + chi J_z^2` + the differences
/// (omega_j - omega_0) sigma_z^(j)/2 to the reference frequency + the exchange. The baths stay secular, and what they
/// exchange is energy of the bare qubits in either case: the heat current (21) takes H_0, the frequencies and the
/// exchange, without drive and chi. For identical qubits that is (22), hbar omega_0 per quantum.
///
/// A collective bath acts through `sum_j g_j sigma_-^(j)` and its adjoint, and dephases through
/// `J_z = sum_j sigma_z^(j)/2`; a local bath acts on every qubit alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// The unit system of every number below.
    pub units: Units,
    /// The reference frequency, at which rates and occupations of the baths are taken; as [`Model::frequency`].
    pub frequency: f64,
    /// The frequency of each qubit, in the unit of [`Model::frequency`]; as many as there are qubits.
    pub frequencies: Vec<f64>,
    /// The relative amplitude g_j with which each qubit enters the collective lowering operator.
    pub couplings: Vec<f64>,
    /// The exchange (dipole-dipole) V, N x N, symmetric with a zero diagonal, in the unit of the frequencies.
    pub exchange: Array2<f64>,
    /// The twisting chi of `chi J_z^2`, in the unit of the frequencies.
    pub chi: f64,
    /// The drive, if there is one.
    pub drive: Option<Drive>,
    /// The baths, in the order of the scenario.
    pub baths: Vec<Bath>,
}

impl Register {
    /// N.
    #[must_use]
    pub fn number(&self) -> usize {
        self.frequencies.len()
    }
}

impl Register {
    /// With which amplitudes the qubits enter each jump operator of a process of a pattern: `sum_j a_j sigma_-^(j)`, its
    /// adjoint, or `sum_j a_j sigma_z^(j)/2`.
    #[must_use]
    pub fn amplitudes(&self, coupling: Coupling, process: Process) -> Vec<Vec<f64>> {
        let n = self.number();
        match coupling {
            Coupling::Collective if process == Process::Dephasing => vec![vec![1.0; n]],
            Coupling::Collective => vec![self.couplings.clone()],
            Coupling::Local => {
                (0..n).map(|qubit| (0..n).map(|j| if j == qubit { 1.0 } else { 0.0 }).collect()).collect()
            }
        }
    }

    /// The pair of a pattern, as forms.
    #[must_use]
    pub fn forms(&self, coupling: Coupling) -> Pair<RegisterForm> {
        let values = RegisterValues::default();
        let form = |factors, constant| RegisterForm { factors, constant };
        match coupling {
            Coupling::Collective => Pair {
                emission: form(RegisterValues { emission: 1.0, ..values }, 0.0),
                absorption: form(RegisterValues { absorption: 1.0, ..values }, 0.0),
            },
            Coupling::Local => {
                let half = self.number() as f64 / 2.0;
                Pair {
                    emission: form(RegisterValues { jz: 1.0, ..values }, half),
                    absorption: form(RegisterValues { jz: -1.0, ..values }, half),
                }
            }
        }
    }
}

impl From<&Model> for Register {
    /// The qubits of a model: of one frequency, of couplings 1, without exchange, twisting or drive.
    fn from(model: &Model) -> Self {
        let n = usize::try_from(model.number).unwrap_or(0);
        Register {
            units: model.units,
            frequency: model.frequency,
            frequencies: vec![model.frequency; n],
            couplings: vec![1.0; n],
            exchange: Array2::zeros((n, n)),
            chi: 0.0,
            drive: None,
            baths: model.baths.clone(),
        }
    }
}

/// Expectation values in one state of a register, or their averages. `S_- = sum_j g_j sigma_-^(j)`, `S_+` its adjoint,
/// `H_0 = sum_j omega_j sigma_z^(j)/2 + V` the bare qubits and their exchange. Energies are in units of
/// [`Units::quantum`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RegisterValues {
    /// `<S_+ S_->`, what collective emission is proportional to.
    pub emission: f64,
    /// `<S_- S_+>`.
    pub absorption: f64,
    /// `Re <S_+ [H_0, S_-]>`, what the qubits gain by collective emission at unit rate; negative.
    pub emission_energy: f64,
    /// `Re <S_- [H_0, S_+]>`, the same for collective absorption.
    pub absorption_energy: f64,
    /// `<J_z>`.
    pub jz: f64,
    /// `sum_j omega_j <sigma_+^(j) sigma_-^(j)>`.
    pub excited_energy: f64,
    /// `<V>`.
    pub exchange_energy: f64,
    /// `<J^2>` of the unweighted J.
    pub j_squared: f64,
}

/// A linear form in [`RegisterValues`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RegisterForm {
    /// The factor of each value.
    factors: RegisterValues,
    constant: f64,
}

impl RegisterValues {
    /// The pair of a pattern in this state of `number` qubits: [`Register::forms`] at these values, for inner loops.
    #[must_use]
    #[inline]
    pub fn seen(&self, coupling: Coupling, number: usize) -> Pair<f64> {
        let half = number as f64 / 2.0;
        match coupling {
            Coupling::Collective => Pair { emission: self.emission, absorption: self.absorption },
            Coupling::Local => Pair { emission: half + self.jz, absorption: half - self.jz },
        }
    }
}

impl Mul<f64> for RegisterForm {
    type Output = RegisterForm;

    fn mul(self, by: f64) -> RegisterForm {
        let mut factors = RegisterValues::default();
        factors.accumulate(&self.factors, by);
        RegisterForm { factors, constant: self.constant * by }
    }
}

impl Add for RegisterForm {
    type Output = RegisterForm;

    fn add(mut self, other: RegisterForm) -> RegisterForm {
        self.factors.accumulate(&other.factors, 1.0);
        self.constant += other.constant;
        self
    }
}

impl Values for RegisterValues {
    type Form = RegisterForm;

    #[inline]
    fn accumulate(&mut self, mean: &Self, duration: f64) {
        self.emission += mean.emission * duration;
        self.absorption += mean.absorption * duration;
        self.emission_energy += mean.emission_energy * duration;
        self.absorption_energy += mean.absorption_energy * duration;
        self.jz += mean.jz * duration;
        self.excited_energy += mean.excited_energy * duration;
        self.exchange_energy += mean.exchange_energy * duration;
        self.j_squared += mean.j_squared * duration;
    }

    #[inline]
    fn integral(&self, form: RegisterForm, duration: f64) -> f64 {
        let by = form.factors;
        by.emission * self.emission
            + by.absorption * self.absorption
            + by.emission_energy * self.emission_energy
            + by.absorption_energy * self.absorption_energy
            + by.jz * self.jz
            + by.excited_energy * self.excited_energy
            + by.exchange_energy * self.exchange_energy
            + by.j_squared * self.j_squared
            + form.constant * duration
    }

    fn jz(&self) -> f64 {
        self.jz
    }

    fn j_squared(&self) -> f64 {
        self.j_squared
    }

    fn observables(&self) -> Observables {
        Observables { emission: self.emission, jz: self.jz, j_squared: self.j_squared }
    }
}

impl System for Register {
    type Values = RegisterValues;

    fn number(&self) -> i64 {
        self.frequencies.len() as i64
    }

    fn baths(&self) -> &[Bath] {
        &self.baths
    }

    fn frequency(&self) -> f64 {
        self.frequency
    }

    fn units(&self) -> Units {
        self.units
    }

    fn intensity(&self, bath: usize) -> RegisterForm {
        let bath = &self.baths[bath];
        self.forms(bath.coupling).emission * bath.down
    }

    fn power(&self) -> Option<RegisterForm> {
        modulation(self, |coupling| self.forms(coupling))
    }

    /// Tr[H_0 D_b(rho)] (21). For one jump operator, `D^dagger(H) = (L^dagger [H, L] + [L^dagger, H] L)/2`; a local one
    /// damps what V exchanges at half its rate, once for each of the two qubits, and dephasing alike. With each quantum
    /// of a bath that has an energy of its own comes by how much that differs from the reference frequency.
    fn heat_current(&self, bath: usize) -> RegisterForm {
        let bath = &self.baths[bath];
        let gained = match bath.coupling {
            Coupling::Collective => RegisterForm {
                factors: RegisterValues {
                    emission_energy: bath.down,
                    absorption_energy: bath.up,
                    ..RegisterValues::default()
                },
                constant: 0.0,
            },
            Coupling::Local => RegisterForm {
                factors: RegisterValues {
                    excited_energy: -(bath.down + bath.up),
                    exchange_energy: -(bath.down + bath.up + bath.dephasing),
                    ..RegisterValues::default()
                },
                constant: bath.up
                    * self.frequencies.iter().map(|frequency| self.units.quantum(*frequency)).sum::<f64>(),
            },
        };
        let Some(offset) = bath.offset(self.frequency) else { return gained };
        let (Pair { emission, absorption }, brought) = (self.forms(bath.coupling), self.units.quantum(offset));
        gained + absorption * (brought * bath.up) + emission * (-brought * bath.down)
    }

    fn quanta_are_alike(&self) -> bool {
        self.frequencies.iter().all(|frequency| *frequency == self.frequency)
            && self.exchange.iter().all(|value| *value == 0.0)
    }

    fn jz(&self) -> RegisterForm {
        RegisterForm { factors: RegisterValues { jz: 1.0, ..RegisterValues::default() }, constant: 0.0 }
    }

    fn excited(&self, total: i64) -> RegisterForm {
        let share = 1.0 / total as f64;
        RegisterForm {
            factors: RegisterValues { jz: share, ..RegisterValues::default() },
            constant: share * self.number() as f64 / 2.0,
        }
    }

    fn extent(&self, form: RegisterForm) -> Extent {
        let by = form.factors;
        let n = self.number() as f64;
        let amplitude: f64 = self.couplings.iter().map(|g| g.abs()).sum();
        let quantum = |energy: f64| self.units.quantum(energy).abs();
        let exchange = self.exchange.iter().map(|v| quantum(*v)).sum::<f64>();
        let energy = self.frequencies.iter().map(|frequency| quantum(*frequency)).fold(exchange, f64::max);
        let collective = (by.emission.abs() + by.absorption.abs())
            + (by.emission_energy.abs() + by.absorption_energy.abs()) * energy;
        let single = by.jz.abs() + by.excited_energy.abs() * energy + by.exchange_energy.abs() * exchange;
        Extent {
            emission: collective * amplitude * amplitude,
            others: single * n + by.j_squared.abs() * n * (n + 2.0) / 4.0 + form.constant.abs(),
            step: collective * amplitude * amplitude / n + single,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicke::{levels, sectors};

    #[test]
    fn the_pair_of_a_register_alike_is_that_of_the_levels() {
        for number in [1, 4, 7] {
            let register = Register::from(&Model { units: Units::Natural, number, frequency: 0.9, baths: vec![] });
            for level in sectors(number).flat_map(levels) {
                let (emission, absorption) = (level.lowering(), level.raising());
                let values = RegisterValues { emission, absorption, jz: level.m(), ..RegisterValues::default() };
                for coupling in Coupling::ALL {
                    let forms = register.forms(coupling);
                    let at = Pair { emission: values.at(forms.emission), absorption: values.at(forms.absorption) };
                    assert_eq!(at, coupling.on_level(number, level));
                    assert_eq!(values.seen(coupling, register.number()), at);
                }
            }
        }
    }

    #[test]
    fn the_amplitudes_of_a_pattern_are_those_of_all_together_or_of_each_alone() {
        let mut register = Register::from(&Model { units: Units::Natural, number: 2, frequency: 1.0, baths: vec![] });
        register.couplings = vec![0.5, -2.0];
        for process in [Process::Emission, Process::Absorption] {
            assert_eq!(register.amplitudes(Coupling::Collective, process), [[0.5, -2.0]]);
        }
        // J_z of all alike.
        assert_eq!(register.amplitudes(Coupling::Collective, Process::Dephasing), [[1.0, 1.0]]);
        for process in [Process::Emission, Process::Absorption, Process::Dephasing] {
            assert_eq!(register.amplitudes(Coupling::Local, process), [[1.0, 0.0], [0.0, 1.0]]);
        }
    }
}
