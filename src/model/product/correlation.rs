//! Correlations of operators at two times.

use num_complex::Complex64;
use serde::Serialize;

use super::{Channel, JumpOperator, Kind, Levels, Product, ProductError};
use crate::bath::Process;
use crate::model::operator::{Operator, Powers};

/// The operators of `<C(t) A(t + tau) B(t)>`: A on the `left`, B on the `right`, and C, which is 1 where it is not
/// given, around both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TwoTimes {
    /// A, which acts at t + tau.
    pub left: Operator,
    /// B, which acts at t.
    pub right: Operator,
    /// C, which acts at t: the conjugate of B where a jump has happened at t, as in g2.
    pub outer: Operator,
}

impl TwoTimes {
    /// `<A(t + tau) B(t)>`.
    #[must_use]
    pub fn new(left: Operator, right: Operator) -> Self {
        let outer = Operator::number(left.algebras(), Complex64::ONE);
        TwoTimes { left, right, outer }
    }

    /// `<C(t) A(t + tau) B(t)>`.
    #[must_use]
    pub fn around(self, outer: Operator) -> Self {
        TwoTimes { outer, ..self }
    }

    /// Whether C is more than a number.
    #[must_use]
    pub fn is_around(&self) -> bool {
        self.outer.as_number().is_none()
    }

    /// Whether it is that of an operator with its own conjugate, `<B^dagger(t + tau) B(t)>`: its spectrum is nowhere
    /// negative.
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        !self.is_around() && (&self.left - &self.right.adjoint()).is_zero()
    }

    /// `C A B`, the correlation at tau = 0.
    #[must_use]
    pub fn at_once(&self) -> Operator {
        &(&self.outer * &self.left) * &self.right
    }

    /// The parts that go their own ways where the number of excitations stays sharp, each by what its B and its C add to
    /// it, with the part of A that brings back what they have added.
    pub fn parts(&self) -> impl Iterator<Item = TwoTimes> + '_ {
        let pairs = self.right.shifts().into_iter().flat_map(|right| {
            let outer = self.outer.shifts();
            outer.into_iter().map(move |outer| (right, outer))
        });
        let part = |(right, outer): (i64, i64)| TwoTimes {
            left: self.left.part(-right - outer),
            right: self.right.part(right),
            outer: self.outer.part(outer),
        };
        pairs.map(part).filter(|part| !part.left.is_zero())
    }

    /// Whether coherences between numbers of excitations count: the three add some together.
    #[must_use]
    pub fn sees_coherences(&self) -> bool {
        let [left, right, outer] = [&self.left, &self.right, &self.outer].map(Operator::shifts);
        let sums = left.iter().flat_map(|a| right.iter().map(move |b| a + b));
        sums.flat_map(|sum| outer.iter().map(move |c| sum + c)).any(|sum| sum != 0)
    }

    /// Checks that nothing is put into a mode that keeps only what may come to be there by itself.
    ///
    /// # Errors
    /// If such a mode lacks a cut.
    pub fn check(&self, product: &Product) -> Result<(), ProductError> {
        let open = product.factors().iter().find(|factor| factor.kind == Kind::Mode { levels: Levels::All });
        // C acts on the bra by its conjugate.
        let adds = self.right.shifts().last().is_some_and(|most| *most > 0)
            || self.outer.shifts().first().is_some_and(|least| *least < 0);
        match open.filter(|_| adds) {
            Some(mode) => {
                Err(ProductError::NeedsCut { name: mode.name.clone(), because: "a correlation adds an excitation" })
            }
            None => Ok(()),
        }
    }
}

impl TwoTimes {
    /// Checks that no cut grows on the way from a time on: pairs of states, and what is solved beside them, have one cut.
    ///
    /// # Errors
    /// If the cut of a mode grows.
    pub fn check_cuts_stay(&self, product: &Product) -> Result<(), ProductError> {
        let grows = |kind: &Kind| matches!(kind, Kind::Mode { levels: Levels::Grown { .. } });
        match product.factors().iter().find(|factor| grows(&factor.kind)) {
            Some(mode) => Err(ProductError::NeedsCut {
                name: mode.name.clone(),
                because: "a correlation from a time on is followed at a cut that stays",
            }),
            None => Ok(()),
        }
    }
}

impl Product {
    /// What adds up to the photons of a bath at two times, `sum_v <L_v^dagger(t) I(t + tau) L_v(t)>` with its jumps L_v, rates
    /// included, and its intensity I, and so by `I(t) I(t + tau)` to their g2.
    ///
    /// # Errors
    /// If it emits none, or through each qubit of an ensemble by itself, which is no one operator.
    pub fn photon_pairs(&self, bath: usize) -> Result<Vec<TwoTimes>, ProductError> {
        let wrong = |what| ProductError::Bath { name: self.baths()[bath].name.clone(), what };
        let intensity = self.intensity(bath, Process::Emission);
        let emissions = self.baths()[bath].channels().iter().filter(|channel| channel.process == Process::Emission);
        let term = |channel: &Channel| {
            let jump = match &channel.jump {
                JumpOperator::Operator(operator) => operator.clone(),
                JumpOperator::EachQubit { factor, qubits: 1 } => {
                    Operator::letter(self.algebras(), *factor, Powers::LOWER)
                }
                JumpOperator::EachQubit { .. } => {
                    return Err(wrong(
                        "each qubit emits into it by itself, which is no operator of an ensemble of several: a collective bath has \
                         photons of all of them, and ensembles of one qubit each have their own",
                    ));
                }
            };
            let jump = &jump * Complex64::from(channel.rate.sqrt());
            Ok(TwoTimes::new(intensity.clone(), jump.clone()).around(jump.adjoint()))
        };
        let terms: Vec<TwoTimes> = emissions.map(term).collect::<Result<_, _>>()?;
        if terms.is_empty() { Err(wrong("it emits no photons")) } else { Ok(terms) }
    }
}

/// When the first operators of a correlation act.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Since {
    /// In the steady state.
    Steady,
    /// At a time of a transient.
    Time(f64),
}

/// A correlation that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// What results call it.
    #[serde(skip)]
    pub name: String,
    /// Of what.
    pub of: TwoTimes,
    /// What is added to it, with the same A: of photons, the other jumps of their bath.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<TwoTimes>,
    /// t.
    pub since: Since,
    /// tau, ascending from 0 or later, in the unit of time.
    pub delays: Vec<f64>,
    /// Where its spectrum is looked at, ascending, in the unit of frequencies; none where none is asked for.
    pub frequencies: Vec<f64>,
}

impl Correlation {
    /// All terms of it.
    pub fn terms(&self) -> impl Iterator<Item = &TwoTimes> {
        std::iter::once(&self.of).chain(&self.further)
    }

    /// The longest delay.
    #[must_use]
    pub fn longest(&self) -> f64 {
        self.delays.last().copied().unwrap_or(0.0)
    }

    /// For how long it is heard for its spectrum: up to the longest delay, or `otherwise` where there is none but 0.
    #[must_use]
    pub fn heard_for(&self, otherwise: f64) -> f64 {
        if self.longest() > 0.0 { self.longest() } else { otherwise }
    }

    /// Where the numbers that a trajectory has of it stand.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let steady = self.since == Since::Steady;
        Cells { delays: self.delays.len(), frequencies: self.frequencies.len(), steady }
    }
}

/// Where the numbers that a trajectory has of a correlation stand among each other: real and imaginary part at each delay;
/// of the steady state further `<A>` and `<C B>`, and three parts of a spectrum at each frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    delays: usize,
    frequencies: usize,
    steady: bool,
}

/// What is known of a spectrum: all of it, and what comes of the first and of the last tenth of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfSpectrum {
    /// All of it.
    Whole,
    /// Of the first tenth.
    Head,
    /// Of the last tenth.
    Tail,
}

impl Cells {
    /// How many there are.
    #[must_use]
    pub fn count(self) -> usize {
        if self.steady { self.spectrum(OfSpectrum::Tail, self.frequencies) } else { 2 * self.delays }
    }

    /// The real part at a delay; the imaginary part is next.
    #[must_use]
    pub fn delay(self, delay: usize) -> usize {
        2 * delay
    }

    /// Whether there are `<A>` and `<C B>`.
    #[must_use]
    pub fn has_means(self) -> bool {
        self.steady
    }

    /// The real part of `<A>`; the imaginary part is next.
    #[must_use]
    pub fn first(self) -> usize {
        2 * self.delays
    }

    /// The real part of `<C B>`; the imaginary part is next.
    #[must_use]
    pub fn second(self) -> usize {
        self.first() + 2
    }

    /// A part of the spectrum at a frequency.
    #[must_use]
    pub fn spectrum(self, part: OfSpectrum, frequency: usize) -> usize {
        self.second() + 2 + part as usize * self.frequencies + frequency
    }
}
