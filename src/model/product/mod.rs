//! Ensembles of identical qubits and modes side by side, with a Hamiltonian and baths of the user's own.
//!
//! A state is a vector over a product of factors: a ladder `|J, M>` of each ensemble, the numbers `|n>` of each mode. The
//! Hamiltonian is `sum_i omega_i J_z^(i) + sum_k omega_k n_k` and the terms that are added to it; baths act on several
//! factors together through one jump operator and its adjoint, or on every qubit and mode by itself.
//!
//! Groups of qubits that are far apart and share no bath are no product: they are independent points of one sum.

mod bath;
mod correlation;
mod course;
mod error;
mod levels;
mod rest;
mod stage;
mod values;

pub use bath::{Channel, JumpOperator, ProductBath};
pub use correlation::{Cells, Correlation, OfSpectrum, Since, TwoTimes};
pub use course::{Changing, ProductProtocol, ProductProtocolError, Share};
pub use error::ProductError;
pub use levels::Levels;
pub use rest::Alone;
pub use stage::{ProductReservoir, ProductSegment, ProductStage};
pub use values::{ProductForm, ProductValues, Watched};

use std::sync::Arc;

use ndarray::Array2;
use num_complex::Complex64;
use serde::Serialize;

use super::operator::{Algebra, Names, Operator, OperatorError, Parameters, Powers, is_name};
use crate::bath::Process;
use crate::dicke::MAX_QUBITS;
use crate::units::Units;

/// What a factor is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Kind {
    /// So many identical qubits.
    Qubits(i64),
    /// A mode.
    Mode {
        /// Which of its numbers of quanta are kept.
        levels: Levels,
    },
}

/// An ensemble of identical qubits, or a mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// The name by which operators refer to it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its frequency, as [`crate::model::Model::frequency`].
    pub frequency: f64,
}

impl Factor {
    /// An ensemble of `number` qubits; none at all is allowed, and changes nothing.
    #[must_use]
    pub fn ensemble(name: &str, number: i64, frequency: f64) -> Self {
        Factor { name: name.to_owned(), kind: Kind::Qubits(number), frequency }
    }

    /// A mode; with `None` in place of its levels it keeps all numbers that its start can lead to.
    #[must_use]
    pub fn mode(name: &str, levels: impl Into<Levels>, frequency: f64) -> Self {
        Factor { name: name.to_owned(), kind: Kind::Mode { levels: levels.into() }, frequency }
    }

    fn algebra(&self) -> Algebra {
        match self.kind {
            Kind::Qubits(_) => Algebra::Spin,
            Kind::Mode { .. } => Algebra::Boson,
        }
    }
}

/// Factors, their Hamiltonian and their baths, all of it checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Product {
    units: Units,
    factors: Vec<Factor>,
    #[serde(skip)]
    algebras: Arc<[Algebra]>,
    /// H/hbar as a frequency, in the unit of [`Factor::frequency`].
    hamiltonian: Operator,
    baths: Vec<ProductBath>,
}

impl Product {
    /// Factors without baths: `H = sum_i omega_i J_z^(i) + sum_k omega_k n_k`.
    ///
    /// # Errors
    /// If a name is none or is there twice, a number is out of its range, or a frequency is not finite.
    pub fn new(units: Units, factors: Vec<Factor>) -> Result<Self, ProductError> {
        for (index, Factor { name, kind, frequency }) in factors.iter().enumerate() {
            let name = name.clone();
            if !is_name(&name) {
                return Err(ProductError::Name { name });
            }
            if factors[..index].iter().any(|other| other.name == name) {
                return Err(ProductError::Twice { name });
            }
            if !frequency.is_finite() {
                return Err(ProductError::Frequency { name, frequency: *frequency });
            }
            match *kind {
                Kind::Qubits(number) if !(0..=MAX_QUBITS).contains(&number) => {
                    return Err(ProductError::Number { name, number });
                }
                Kind::Mode { levels } => levels.check(name)?,
                Kind::Qubits(_) => {}
            }
        }
        let algebras: Arc<[Algebra]> = factors.iter().map(Factor::algebra).collect();
        let mut hamiltonian = Operator::zero(&algebras);
        for (index, factor) in factors.iter().enumerate() {
            let letter = |powers| Operator::letter(&algebras, index, powers);
            let own = match factor.kind {
                Kind::Qubits(_) => letter(Powers::Z),
                Kind::Mode { .. } => &letter(Powers::RAISE) * &letter(Powers::LOWER),
            };
            hamiltonian = &hamiltonian + &(&own * Complex64::from(factor.frequency));
        }
        Ok(Product { units, factors, algebras, hamiltonian, baths: Vec::new() })
    }

    /// The same with other numbers of quanta that are kept of a mode, by its place among the factors.
    ///
    /// # Errors
    /// If these are none.
    ///
    /// # Panics
    /// If there is no such factor.
    pub fn with_levels(mut self, place: usize, levels: Levels) -> Result<Self, ProductError> {
        levels.check(self.factors[place].name.clone())?;
        self.factors[place].kind = Kind::Mode { levels };
        Ok(self)
    }

    /// The same without the frequencies of those factors in H that do not stay, by their places.
    #[must_use]
    pub fn still(mut self, stays: impl Fn(usize) -> bool) -> Self {
        for place in (0..self.factors.len()).filter(|place| !stays(*place)) {
            let own = &self.number_of(place) * Complex64::from(self.factors[place].frequency);
            self.hamiltonian = &self.hamiltonian - &own;
        }
        self
    }

    /// Adds a term to the Hamiltonian, in the unit of the frequencies.
    ///
    /// # Errors
    /// If it is not Hermitian.
    pub fn with_term(mut self, term: &Operator) -> Result<Self, ProductError> {
        if !term.is_hermitian() {
            return Err(ProductError::NotHermitian);
        }
        self.hamiltonian = &self.hamiltonian + term;
        Ok(self)
    }

    /// Adds what the factors exchange, `sum_(i != j) V_ij J_+^(i) J_-^(j)` (of a mode: a), V in the unit of the frequencies
    /// and in the order of the factors: a pair is there twice. The diagonal is not looked at.
    ///
    /// # Errors
    /// If V has not a row and a column for each factor, or is not Hermitian.
    pub fn exchanging(self, matrix: &Array2<Complex64>) -> Result<Self, ProductError> {
        let n = self.factors.len();
        if matrix.dim() != (n, n) {
            let (rows, columns) = matrix.dim();
            return Err(ProductError::Exchange { rows, columns, factors: n });
        }
        let letter = |place, powers| Operator::letter(&self.algebras, place, powers);
        let mut term = Operator::zero(&self.algebras);
        for ((i, j), value) in matrix.indexed_iter().filter(|((i, j), value)| i != j && **value != Complex64::ZERO) {
            term = &term + &(&(&letter(i, Powers::RAISE) * &letter(j, Powers::LOWER)) * *value);
        }
        self.with_term(&term)
    }

    /// Adds a drive, `sum_j (Omega_j J_+^(j) + conj(Omega_j) J_-^(j))/2` (of a mode: a), Omega in the unit of the frequencies
    /// and in the order of the factors, in the frame that turns with it.
    ///
    /// # Errors
    /// If there is not one for each factor.
    pub fn driven(self, amplitudes: &[Complex64]) -> Result<Self, ProductError> {
        let n = self.factors.len();
        if amplitudes.len() != n {
            return Err(ProductError::Exchange { rows: amplitudes.len(), columns: 1, factors: n });
        }
        let raised = amplitudes.iter().enumerate().fold(Operator::zero(&self.algebras), |sum, (place, amplitude)| {
            &sum + &(&Operator::letter(&self.algebras, place, Powers::RAISE) * (amplitude * 0.5))
        });
        let term = &raised + &raised.adjoint();
        self.with_term(&term)
    }

    /// The operator that a text says of these factors; see [`Operator::parse`].
    ///
    /// # Errors
    /// With a message and where in the text, if it says none.
    pub fn operator(&self, text: &str, parameters: &Parameters) -> Result<Operator, OperatorError> {
        let factors: Vec<&str> = self.factors.iter().map(|factor| factor.name.as_str()).collect();
        let names = Names { factors: &factors, algebras: &self.algebras, parameters };
        Operator::parse(text, names).map(|(operator, _)| operator)
    }

    /// The unit system of every number.
    #[must_use]
    pub fn units(&self) -> Units {
        self.units
    }

    /// The factors, in their order.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// The algebras of the factors.
    #[must_use]
    pub fn algebras(&self) -> &Arc<[Algebra]> {
        &self.algebras
    }

    /// The baths, in the order in which they were added.
    #[must_use]
    pub fn baths(&self) -> &[ProductBath] {
        &self.baths
    }

    /// H/hbar, per unit of time.
    #[must_use]
    pub fn hamiltonian(&self) -> Operator {
        &self.hamiltonian * Complex64::from(self.units.angular(1.0))
    }

    /// H as an energy, in the unit of [`Units::quantum`].
    #[must_use]
    pub fn energy(&self) -> Operator {
        &self.hamiltonian * Complex64::from(self.units.quantum(1.0))
    }

    /// The place of a factor.
    fn place(&self, name: &str) -> Result<usize, ProductError> {
        let found = self.factors.iter().position(|factor| factor.name == name);
        found.ok_or_else(|| {
            let known = self.factors.iter().map(|factor| factor.name.as_str()).collect::<Vec<_>>().join(", ");
            ProductError::NoFactor { name: name.to_owned(), known }
        })
    }

    /// Whether the total number of excitations, `sum_i (N/2 + M)_i + sum_k n_k`, stays sharp: H conserves it, and every jump
    /// changes it by a number of its own.
    #[must_use]
    pub fn keeps_excitations_sharp(&self) -> bool {
        let shifts = |jump: &JumpOperator| match jump {
            JumpOperator::Operator(operator) => operator.shifts().len(),
            JumpOperator::EachQubit { .. } => 1,
        };
        let channels = self.baths.iter().flat_map(ProductBath::channels);
        self.hamiltonian.shifts().iter().all(|shift| *shift == 0)
            && channels.into_iter().all(|channel| shifts(&channel.jump) <= 1)
    }

    /// Checks that every mode that may fill up without end has a cut.
    ///
    /// # Errors
    /// If one has none: the number of excitations may grow, or is not sharp.
    pub fn check_cuts(&self) -> Result<(), ProductError> {
        let Some(open) = self.factors.iter().find(|factor| factor.kind == Kind::Mode { levels: Levels::All }) else {
            return Ok(());
        };
        let name = || open.name.clone();
        if !self.keeps_excitations_sharp() {
            return Err(ProductError::NeedsCut {
                name: name(),
                because: "H or a jump superposes numbers of excitations",
            });
        }
        let raises = |channel: &Channel| match &channel.jump {
            JumpOperator::Operator(operator) => operator.shifts().iter().any(|shift| *shift > 0),
            JumpOperator::EachQubit { .. } => channel.process == Process::Absorption,
        };
        if self.baths.iter().flat_map(ProductBath::channels).any(raises) {
            return Err(ProductError::NeedsCut { name: name(), because: "a bath adds excitations without end" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
