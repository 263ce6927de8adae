//! The baths of a product: which jumps they make, at which rates, and what these do to observables.

use num_complex::Complex64;
use serde::Serialize;

use super::{Kind, Product, ProductError};
use crate::bath::{Coupling, Process, Rates};
use crate::model::emitters::DecayMode;
use crate::model::operator::{Operator, Powers};

/// What a jump does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum JumpOperator {
    /// One jump operator, without its rate.
    Operator(Operator),
    /// `sigma_-`, `sigma_+` or `sigma_z/2` of every qubit of an ensemble by itself, as the process of the channel says.
    EachQubit {
        /// The ensemble.
        factor: usize,
        /// How many qubits it has.
        qubits: i64,
    },
}

/// A kind of jump of a bath.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Channel {
    /// As what it counts: an emission into the bath, an absorption from it, or neither.
    pub process: Process,
    /// Its rate, positive.
    pub rate: f64,
    /// What it does.
    pub jump: JumpOperator,
    /// Which of the rates of its bath that is.
    #[serde(skip)]
    pub of: Process,
    /// By what that is multiplied.
    #[serde(skip)]
    weight: f64,
}

/// A bath of a product.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductBath {
    /// The name by which results refer to it.
    #[serde(skip)]
    pub name: String,
    /// Whether it acts on each qubit and mode by itself, or through one operator.
    #[serde(skip)]
    pub coupling: Coupling,
    /// Whether its jumps are the modes of a matrix of decay.
    #[serde(skip)]
    pub of_matrix: bool,
    pub(super) channels: Vec<Channel>,
}

impl Channel {
    /// How often it fires per unit of time, `rate sum L^dagger L`.
    #[must_use]
    pub fn intensity(&self, product: &Product) -> Operator {
        let unit = match &self.jump {
            JumpOperator::Operator(operator) => &operator.adjoint() * operator,
            JumpOperator::EachQubit { factor, qubits } => {
                Operator::rate_of_each(product.algebras(), *factor, *qubits, self.process)
            }
        };
        &unit * Complex64::from(self.rate)
    }

    /// The rate at which it changes an observable.
    pub(super) fn change(&self, observable: &Operator) -> Operator {
        let unit = match &self.jump {
            JumpOperator::Operator(operator) => observable.damped_by(operator),
            JumpOperator::EachQubit { factor, qubits } => observable.damped_by_each(*factor, *qubits, self.process),
        };
        &unit * Complex64::from(self.rate)
    }
}

impl ProductBath {
    /// Its kinds of jumps.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// A bath without jumps yet, of rates that are.
    fn new(name: &str, coupling: Coupling, rates: Rates) -> Result<Self, ProductError> {
        for (what, value) in [("down", rates.down), ("up", rates.up), ("dephasing", rates.dephasing)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(ProductError::Rate { name: name.to_owned(), what, value });
            }
        }
        Ok(ProductBath { name: name.to_owned(), coupling, of_matrix: false, channels: Vec::new() })
    }

    /// Adds a jump at one of the rates.
    fn push(&mut self, rates: Rates, of: Process, jump: JumpOperator) {
        self.push_as(of, (rates, of, 1.0), jump);
    }

    /// The same at so many times that rate, of a jump that counts as another process.
    fn push_as(&mut self, process: Process, (rates, of, weight): (Rates, Process, f64), jump: JumpOperator) {
        let rate = rates.of(of) * weight;
        if rate > 0.0 {
            self.channels.push(Channel { process, rate, jump, of, weight });
        }
    }

    /// The bath, if the intensities of its jumps are numbers.
    fn of_numbers(self, product: &Product) -> Result<Self, ProductError> {
        let finite = |operator: Operator| operator.terms().all(|(_, value)| value.is_finite());
        if self.channels.iter().all(|channel| finite(channel.intensity(product))) {
            Ok(self)
        } else {
            Err(self.wrong("its jumps are too frequent: an intensity is beyond all numbers"))
        }
    }

    fn wrong(&self, what: &'static str) -> ProductError {
        ProductError::Bath { name: self.name.clone(), what }
    }
}

impl Product {
    /// Adds a bath that acts on these factors together: with `L = sum_i c_i J_-^(i) + sum_k c_k a_k` through L at the rate
    /// down, through its adjoint at the rate up, and through `sum_i J_z^(i) + sum_k n_k` at the rate of dephasing.
    ///
    /// # Errors
    /// If a factor is not there or there twice, or a number is none.
    pub fn collective(
        mut self,
        name: &str,
        amplitudes: &[(&str, Complex64)],
        rates: Rates,
    ) -> Result<Self, ProductError> {
        let mut bath = ProductBath::new(name, Coupling::Collective, rates)?;
        let mut lowering = Operator::zero(&self.algebras);
        let mut number = lowering.clone();
        for (index, (factor, amplitude)) in amplitudes.iter().enumerate() {
            if !amplitude.is_finite() {
                let value = if amplitude.re.is_finite() { amplitude.im } else { amplitude.re };
                return Err(ProductError::Rate { name: name.to_owned(), what: "amplitude", value });
            }
            if amplitudes[..index].iter().any(|(other, _)| other == factor) {
                return Err(bath.wrong("an ensemble or mode is named twice"));
            }
            let place = self.place(factor)?;
            let letter = |powers| Operator::letter(&self.algebras, place, powers);
            lowering = &lowering + &(&letter(Powers::LOWER) * *amplitude);
            number = &number + &self.number_of(place);
        }
        if lowering.is_zero() {
            return Err(
                bath.wrong("it acts on nothing: an ensemble or mode with an amplitude other than zero is needed")
            );
        }
        bath.push(rates, Process::Emission, JumpOperator::Operator(lowering.clone()));
        bath.push(rates, Process::Absorption, JumpOperator::Operator(lowering.adjoint()));
        bath.push(rates, Process::Dephasing, JumpOperator::Operator(number));
        let bath = bath.of_numbers(&self)?;
        self.baths.push(bath);
        Ok(self)
    }

    /// Adds a bath that acts on every qubit and every mode of these factors by itself: `sigma_-`, `sigma_+`, `sigma_z/2` of
    /// a qubit, `a`, `a^dagger`, `n` of a mode, at the rates down, up and dephasing.
    ///
    /// # Errors
    /// If a factor is not there or there twice, there is none, or a rate is none.
    pub fn local(mut self, name: &str, factors: &[&str], rates: Rates) -> Result<Self, ProductError> {
        let mut bath = ProductBath::new(name, Coupling::Local, rates)?;
        if factors.is_empty() {
            return Err(bath.wrong("it acts on nothing: an ensemble or mode is needed"));
        }
        let processes =
            [(Process::Emission, Powers::LOWER), (Process::Absorption, Powers::RAISE), (Process::Dephasing, Powers::Z)];
        for (index, factor) in factors.iter().enumerate() {
            if factors[..index].contains(factor) {
                return Err(bath.wrong("an ensemble or mode is named twice"));
            }
            let place = self.place(factor)?;
            for (process, letter) in processes {
                let jump = match self.factors[place].kind {
                    Kind::Qubits(qubits) => JumpOperator::EachQubit { factor: place, qubits },
                    Kind::Mode { .. } if process == Process::Dephasing => JumpOperator::Operator(self.number_of(place)),
                    Kind::Mode { .. } => JumpOperator::Operator(Operator::letter(&self.algebras, place, letter)),
                };
                bath.push(rates, process, jump);
            }
        }
        let bath = bath.of_numbers(&self)?;
        self.baths.push(bath);
        Ok(self)
    }

    /// Adds a bath that acts through a jump operator L of the user's own at the rate `down`, and through its adjoint at the
    /// rate `up`. A jump that adds a number of excitations counts as an absorption, one that keeps their number as neither;
    /// any other as an emission, and its adjoint as an absorption.
    ///
    /// # Errors
    /// If the operator is zero, or a rate is none.
    pub fn jump(mut self, name: &str, operator: &Operator, down: f64, up: f64) -> Result<Self, ProductError> {
        let rates = Rates { down, up, dephasing: 0.0 };
        let mut bath = ProductBath::new(name, Coupling::Collective, rates)?;
        if operator.is_zero() {
            return Err(bath.wrong("its jump operator is zero"));
        }
        let [own, adjoint] = match *operator.shifts().iter().collect::<Vec<_>>() {
            [0] => [Process::Dephasing; 2],
            [shift] if *shift > 0 => [Process::Absorption, Process::Emission],
            _ => [Process::Emission, Process::Absorption],
        };
        bath.push_as(own, (rates, Process::Emission, 1.0), JumpOperator::Operator(operator.clone()));
        bath.push_as(adjoint, (rates, Process::Absorption, 1.0), JumpOperator::Operator(operator.adjoint()));
        let bath = bath.of_numbers(&self)?;
        self.baths.push(bath);
        Ok(self)
    }

    /// The same product, in which a bath emits through the jumps `sum_j a_j J_-^(j)` of these amplitudes, each at the rate
    /// `down`, in place of its own: the same decay seen in another way, where the sums of `conj(a_i) a_j` are the same.
    ///
    /// # Errors
    /// If the amplitudes are not as many as the factors, or a number is none.
    ///
    /// # Panics
    /// If there is no such bath.
    pub fn seen_by<'a>(
        mut self,
        bath: usize,
        jumps: impl Iterator<Item = &'a [Complex64]>,
        down: f64,
    ) -> Result<Self, ProductError> {
        let own = &self.baths[bath];
        let rates = Rates { down, up: 0.0, dephasing: 0.0 };
        let mut seen = ProductBath::new(&own.name, own.coupling, rates)?;
        for amplitudes in jumps {
            let lowering = self.lowering(&seen, amplitudes)?;
            seen.push(rates, Process::Emission, JumpOperator::Operator(lowering));
        }
        let others = own.channels.iter().filter(|channel| channel.process != Process::Emission);
        seen.channels.extend(others.cloned());
        self.baths[bath] = seen.of_numbers(&self)?;
        Ok(self)
    }

    /// `sum_j a_j J_-^(j)` (of a mode: a), with an amplitude for each factor.
    fn lowering(&self, bath: &ProductBath, amplitudes: &[Complex64]) -> Result<Operator, ProductError> {
        if amplitudes.len() != self.factors.len() {
            return Err(bath.wrong("a mode of its decay has not one amplitude for each qubit"));
        }
        let letters = amplitudes.iter().enumerate();
        Ok(letters.fold(Operator::zero(&self.algebras), |sum, (place, amplitude)| {
            &sum + &(&Operator::letter(&self.algebras, place, Powers::LOWER) * *amplitude)
        }))
    }

    /// Adds a bath whose jumps are the modes of a matrix of decay: `sum_j a_j J_-^(j)` (of a mode of the product: a) of each,
    /// over all factors in their order, at `down` times its rate, and its adjoint at `up` times its rate.
    ///
    /// # Errors
    /// If the amplitudes are not as many as the factors, or a number is none.
    pub fn decay(mut self, name: &str, modes: &[DecayMode], down: f64, up: f64) -> Result<Self, ProductError> {
        let rates = Rates { down, up, dephasing: 0.0 };
        let mut bath = ProductBath::new(name, Coupling::Collective, rates)?;
        bath.of_matrix = true;
        for mode in modes {
            let lowering = self.lowering(&bath, &mode.amplitudes)?;
            for (of, jump) in [(Process::Emission, lowering.clone()), (Process::Absorption, lowering.adjoint())] {
                bath.push_as(of, (rates, of, mode.rate), JumpOperator::Operator(jump));
            }
        }
        let bath = bath.of_numbers(&self)?;
        self.baths.push(bath);
        Ok(self)
    }

    /// The same with other rates of each bath, by its place; what has none does not jump.
    #[must_use]
    pub fn at_rates(mut self, rates: impl Fn(usize) -> Rates) -> Self {
        for (place, bath) in self.baths.iter_mut().enumerate() {
            let rates = rates(place);
            bath.channels.iter_mut().for_each(|channel| channel.rate = rates.of(channel.of) * channel.weight);
            bath.channels.retain(|channel| channel.rate > 0.0);
        }
        self
    }

    /// Whether jumps of single qubits take an ensemble, by its place among the factors, from one J to others.
    #[must_use]
    pub fn changes_j(&self, place: usize) -> bool {
        let acts = |jump: &JumpOperator| matches!(jump, JumpOperator::EachQubit { factor, .. } if *factor == place);
        self.baths.iter().flat_map(ProductBath::channels).any(|channel| acts(&channel.jump))
    }

    /// `J_z` of an ensemble, n of a mode, by its place among the factors: what its frequency is multiplied by in H.
    #[must_use]
    pub fn number_of(&self, place: usize) -> Operator {
        let letter = |powers| Operator::letter(&self.algebras, place, powers);
        match self.factors[place].kind {
            Kind::Qubits(_) => letter(Powers::Z),
            Kind::Mode { .. } => &letter(Powers::RAISE) * &letter(Powers::LOWER),
        }
    }

    fn sum(&self, bath: usize, of: impl Fn(&Channel) -> Operator) -> Operator {
        let channels = self.baths[bath].channels.iter();
        channels.fold(Operator::zero(&self.algebras), |sum, channel| &sum + &of(channel))
    }

    /// The jumps of a process per unit of time that a bath makes, as an operator: photons emitted into it are those of
    /// [`Process::Emission`].
    ///
    /// # Panics
    /// Here and below, if there is no such bath.
    #[must_use]
    pub fn intensity(&self, bath: usize, process: Process) -> Operator {
        let zero = || Operator::zero(&self.algebras);
        self.sum(bath, |channel| if channel.process == process { channel.intensity(self) } else { zero() })
    }

    /// The rate at which a bath changes an observable, `D_b^dagger(A)`.
    #[must_use]
    pub fn change(&self, bath: usize, observable: &Operator) -> Operator {
        self.sum(bath, |channel| channel.change(observable))
    }

    /// The heat current from a bath into the factors, `D_b^dagger(H)` with all terms of H, in
    /// [`crate::units::Units::heat_current`]: its mean is `Tr[H D_b(rho)]`. In a mode with a cut it is that of the mode
    /// without one.
    #[must_use]
    pub fn heat_current(&self, bath: usize) -> Operator {
        self.change(bath, &self.energy())
    }
}
