//! Qubits that may differ, each by itself.

use ndarray::Array2;

use super::{Drive, Model};
use crate::bath::Bath;
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
