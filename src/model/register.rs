//! Qubits that may differ, each by itself.

use ndarray::Array2;

use super::Model;
use crate::bath::Bath;
use crate::units::Units;

/// N qubits with a frequency and a coupling each, an exchange between each two, and the baths around them:
/// `H/hbar = sum_j omega_j sigma_z^(j)/2 + sum_{i<j} V_ij (sigma_+^(i) sigma_-^(j) + h.c.)`.
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

impl From<&Model> for Register {
    /// The qubits of a model: of one frequency, of couplings 1, without exchange.
    fn from(model: &Model) -> Self {
        let n = usize::try_from(model.number).unwrap_or(0);
        Register {
            units: model.units,
            frequency: model.frequency,
            frequencies: vec![model.frequency; n],
            couplings: vec![1.0; n],
            exchange: Array2::zeros((n, n)),
            baths: model.baths.clone(),
        }
    }
}
