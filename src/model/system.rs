//! What engines and recorders share about a system: the values that currents are made of, and the forms in them.

use std::fmt::Debug;
use std::ops::{Add, Mul};

use super::{Linear, Model, Observables};
use crate::bath::{Bath, Coupling, Pair};
use crate::units::Units;

/// Expectation values in one state of which every current and intensity of a kind of system is a linear form.
pub trait Values: Copy + Debug + Default + Send + Sync {
    /// A linear form in them, with a constant.
    type Form: Copy + Debug + Default + Add<Output = Self::Form> + Mul<f64, Output = Self::Form> + Send + Sync;

    /// Adds `mean` times `duration` to this integral over time.
    fn accumulate(&mut self, mean: &Self, duration: f64);
    /// The integral of a form over a `duration`, where these are the integrals of the values.
    fn integral(&self, form: Self::Form, duration: f64) -> f64;
    /// `<J_z>`.
    fn jz(&self) -> f64;
    /// `<J^2>`.
    fn j_squared(&self) -> f64;
    /// The averages of identical qubits; of others the collective emission is that of their couplings.
    fn observables(&self) -> Observables;

    /// A form at these values.
    #[inline]
    fn at(&self, form: Self::Form) -> f64 {
        self.integral(form, 1.0)
    }
}

/// The rate at which baths change an average: a form in the values, and so much of `<J^2>`. In the steady state it is
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance<F> {
    /// The form in the values.
    pub form: F,
    /// What `<J^2>` is multiplied by.
    pub j_squared: f64,
}

/// How large a form may be, by the magnitudes of its terms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// The most that the term in `<J_+ J_->` comes to: it is never negative, and has no cancellation.
    pub emission: f64,
    /// The most that the other terms come to, among which there may be some.
    pub others: f64,
    /// About how much one jump changes.
    pub step: f64,
}

/// Qubits and their baths, as far as records need to know them. Baths go by their index.
pub trait System {
    /// What its currents are made of.
    type Values: Values;

    /// N.
    fn number(&self) -> i64;
    /// The baths, in the order of the scenario.
    fn baths(&self) -> &[Bath];
    /// The energy of a quantum of the qubits, as a frequency.
    fn frequency(&self) -> f64;
    /// The unit system.
    fn units(&self) -> Units;
    /// The heat current from a bath into the qubits (21).
    fn heat_current(&self, bath: usize) -> Form<Self>;
    /// Whether a bath may exchange heat: through quanta, or a jump that disturbs H in another way.
    fn may_heat(&self, bath: usize) -> bool {
        self.baths()[bath].down + self.baths()[bath].up > 0.0
    }

    /// `<J_z>`.
    fn jz(&self) -> Form<Self>;
    /// What these qubits contribute to the excited fraction of `total`.
    fn excited(&self, total: i64) -> Form<Self>;
    /// Photons per unit time into a bath.
    fn intensity(&self, bath: usize) -> Form<Self>;
    /// How large a form may be.
    fn extent(&self, form: Form<Self>) -> Extent;

    /// How many means it is looked at by beside those of all qubits together: where there are any, it is made of several
    /// parts, and has no J of the whole.
    fn observables(&self) -> usize {
        0
    }

    /// One of them.
    fn observable(&self, _: usize) -> Form<Self> {
        Form::<Self>::default()
    }

    /// Whether a few trajectories in many make nearly all of such a mean, so that a spread tells nothing of its error.
    fn is_of_few(&self, _: usize) -> bool {
        false
    }

    /// The bath whose emissions are told apart by what sees them, and how many do, where some do.
    fn detectors(&self) -> Option<(usize, usize)> {
        None
    }

    /// d`<J_z>`/dt and d`<J^2>`/dt by the baths, where they follow from the values and anything changes them.
    fn balances(&self) -> [Option<Balance<Form<Self>>>; 2] {
        [None; 2]
    }

    /// Whether every quantum carries the same heat, so that heat may be counted.
    fn quanta_are_alike(&self) -> bool {
        true
    }

    /// Heat carried by one quantum of a bath, in [`Units::heat_current`] times time, where quanta are alike.
    fn quantum(&self, bath: usize) -> f64 {
        self.units().quantum(self.baths()[bath].energy(self.frequency()))
    }

    /// What a modulation does on the qubits per unit time; `None` where no bath has an energy of its own.
    fn power(&self) -> Option<Form<Self>> {
        None
    }

    /// Its energy, where work and heats are added up; `None` where nobody works on it, or what does keeps its own book.
    fn energy(&self) -> Option<Form<Self>> {
        None
    }

    /// Whether that is ever changed by what is no bath: work adds up to 0 elsewhere.
    fn does_work(&self) -> bool {
        false
    }

    /// Photons per unit time into all baths.
    fn total_intensity(&self) -> Form<Self> {
        (0..self.baths().len()).map(|bath| self.intensity(bath)).fold(Form::<Self>::default(), |sum, one| sum + one)
    }
}

/// What a modulation does on the qubits of a system per unit time: by how much what the baths exchange differs from a
/// quantum of the qubits, for each that they absorb, where `pair` is what a pattern is made of.
pub(super) fn modulation<S: System>(system: &S, pair: impl Fn(Coupling) -> Pair<Form<S>>) -> Option<Form<S>> {
    let of_bath = |bath: &Bath| {
        let supplied = -system.units().quantum(bath.offset(system.frequency())?);
        let Pair { emission, absorption } = pair(bath.coupling);
        Some(absorption * (supplied * bath.up) + emission * (-supplied * bath.down))
    };
    system.baths().iter().filter_map(of_bath).reduce(|sum, one| sum + one)
}

/// The linear forms of a system.
pub type Form<S> = <<S as System>::Values as Values>::Form;

impl Values for Observables {
    type Form = Linear;

    #[inline]
    fn accumulate(&mut self, mean: &Self, duration: f64) {
        // No form has <J^2>.
        self.emission += mean.emission * duration;
        self.jz += mean.jz * duration;
    }

    #[inline]
    fn integral(&self, form: Linear, duration: f64) -> f64 {
        form.integral(self.emission, self.jz, duration)
    }

    #[inline]
    fn jz(&self) -> f64 {
        self.jz
    }

    #[inline]
    fn j_squared(&self) -> f64 {
        self.j_squared
    }

    #[inline]
    fn observables(&self) -> Observables {
        *self
    }
}

impl System for Model {
    type Values = Observables;

    fn number(&self) -> i64 {
        self.number
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

    fn heat_current(&self, bath: usize) -> Linear {
        Model::heat_current(self, &self.baths[bath])
    }

    fn intensity(&self, bath: usize) -> Linear {
        Model::intensity(self, &self.baths[bath])
    }

    fn power(&self) -> Option<Linear> {
        modulation(self, |coupling| coupling.forms(self.number))
    }

    fn jz(&self) -> Linear {
        Linear::JZ
    }

    fn excited(&self, total: i64) -> Linear {
        Linear::excited(self.number, total)
    }

    fn extent(&self, form: Linear) -> Extent {
        let (n, half) = (self.number as f64, self.number as f64 / 2.0);
        let Linear { emission, jz, constant } = form;
        Extent {
            emission: emission.abs() * half * (half + 1.0),
            others: jz.abs() * half + constant.abs(),
            // At the ends of the ladder a quantum changes <J_+ J_-> by N.
            step: emission.abs() * n + jz.abs(),
        }
    }

    fn balances(&self) -> [Option<Balance<Linear>>; 2] {
        let acts = |balance: &Balance<Linear>| *balance != Balance::default();
        // One qubit keeps its J.
        [Some(self.jz_balance()), Some(self.j_squared_balance()).filter(|_| self.number > 1)].map(|b| b.filter(acts))
    }
}
