//! A group of qubits: the model, what drives it, and the state that it starts in.

mod classes;
mod cuts;
mod detection;
mod ensembles;
mod extent;

pub use detection::Detection;
pub use ensembles::{Ensembles, Growing, MOST_WATCHED, Observable};

use std::borrow::Cow;
use std::sync::Arc;

use crate::dicke::Level;
use crate::initial::InitialState;
use crate::model::protocol::Protocol;
use crate::model::{Conditions, Hamiltonian, Model, NoCurrent, Register, Reservoir, System};

/// A group of identical qubits, or of several ensembles and modes, independent of the others.
#[derive(Clone, Debug)]
pub struct Group {
    /// The qubits, and the baths at their frequency.
    pub model: Model,
    /// What the baths are, in the same order: from it their rates at another frequency and time, see [`Group::at`].
    pub reservoirs: Vec<Reservoir>,
    /// What drives and twists them.
    pub hamiltonian: Hamiltonian,
    /// The qubits one by one, where they differ.
    pub register: Option<Register>,
    /// Their initial state.
    pub initial: InitialState,
    /// How their frequency, their baths and what drives them go in time, where they do. Model and reservoirs are then those
    /// at its start, and the Hamiltonian has no drive beside those of its segments.
    pub protocol: Option<Protocol>,
    /// What trajectories are conditioned on, where they are.
    pub conditions: Option<Arc<Conditions>>,
    /// Ensembles and modes, where there are any: the model then has their number of qubits together and the names of
    /// their baths, and no more.
    pub ensembles: Option<Arc<Ensembles>>,
}

/// Rates are what acts. Whether they were given, or follow from a temperature or a circuit, makes no other group.
impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        let Group { model, reservoirs: _, hamiltonian, register, initial, protocol, conditions, ensembles } = self;
        *model == other.model
            && *hamiltonian == other.hamiltonian
            && *register == other.register
            && *initial == other.initial
            && *protocol == other.protocol
            && *conditions == other.conditions
            && *ensembles == other.ensembles
    }
}

impl Group {
    /// Whether the qubits are identical, and start alike.
    #[must_use]
    pub fn alike(&self) -> bool {
        self.ensembles.is_none() && self.register.is_none() && !matches!(self.initial, InitialState::Angles(_))
    }

    /// Whether the master equation over the levels (J, M) has all currents: identical qubits, no drive and no condition.
    #[must_use]
    pub fn on_the_ladder(&self) -> bool {
        self.alike() && !self.is_driven() && self.conditions.is_none()
    }

    /// A bound on the jumps per unit time, of whatever is followed.
    #[must_use]
    pub fn jump_rate_bound(&self) -> f64 {
        match (&self.conditions, &self.ensembles) {
            (Some(conditions), _) => conditions.fastest,
            (None, Some(ensembles)) => ensembles.jump_rate_bound(),
            (None, None) => self.envelope().jump_rate_bound(),
        }
    }

    /// The model of the largest rates that a protocol ever has: what acts at any time acts in it. Without a protocol the
    /// model itself.
    #[must_use]
    pub fn envelope(&self) -> Cow<'_, Model> {
        match &self.protocol {
            Some(protocol) => Cow::Owned(protocol.envelope(self.model.number)),
            None => Cow::Borrowed(&self.model),
        }
    }

    /// Why no heat flows in the steady state, where none does; a protocol makes heat flow.
    #[must_use]
    pub fn no_current(&self) -> Option<NoCurrent> {
        if self.protocol.is_some() || self.conditions.is_some() || self.changing_ensembles().is_some() {
            return None;
        }
        if let Some(product) = self.ensembles.as_deref().map(Ensembles::product) {
            let balanced = product.is_balanced().then_some(NoCurrent::Balanced);
            return balanced.or_else(|| product.heats_by_one_bath().then_some(NoCurrent::Alone));
        }
        let Group { model, initial, .. } = self;
        let dark = || {
            let reached = crate::dicke::sectors(model.number).filter(|two_j| initial.reaches(model.number, *two_j));
            self.alike() && !model.mixes_sectors() && reached.eq([0])
        };
        match self.is_driven() {
            true => None,
            false if dark() => Some(NoCurrent::Dark),
            false => model.no_current(),
        }
    }

    /// Whether what is asked for takes coherences of all orders at once: a drive ties them together, and twisting does
    /// where the transverse spin is asked for.
    #[must_use]
    pub fn ties_orders(&self, transverse: bool) -> bool {
        self.is_driven() || (transverse && self.hamiltonian.chi != 0.0)
    }

    /// Qubits of a model, without a drive, that start in a state; its baths are taken to have the rates of the model at
    /// any frequency and time.
    #[must_use]
    pub fn new(model: Model, initial: InitialState) -> Self {
        let reservoirs = model.baths.iter().map(Reservoir::from).collect();
        Group {
            model,
            reservoirs,
            hamiltonian: Hamiltonian::default(),
            register: None,
            initial,
            protocol: None,
            conditions: None,
            ensembles: None,
        }
    }

    /// Ensembles and modes side by side.
    #[must_use]
    pub fn of_ensembles(ensembles: Ensembles) -> Self {
        let (number, baths) = (ensembles.number(), ensembles.baths().to_vec());
        let model = Model { units: ensembles.units(), number, frequency: ensembles.frequency(), baths };
        let ground = InitialState::Dicke(Level::ground(number));
        Group { ensembles: Some(Arc::new(ensembles)), ..Group::new(model, ground) }
    }

    /// The same, as it is followed to its steady state: see [`Ensembles::throughout`].
    #[must_use]
    pub fn throughout(self) -> Self {
        let ensembles = self.ensembles.map(|ensembles| Arc::new(Arc::unwrap_or_clone(ensembles).throughout()));
        Group { ensembles, ..self }
    }

    /// The model with its qubits tuned to a frequency, and its baths as they are there at a time. At the frequency of the
    /// model and time 0 it is the model itself, to the last bit.
    #[must_use]
    pub fn at(&self, frequency: f64, time: f64) -> Model {
        Model::between(&self.reservoirs, self.model.units, self.model.number, frequency, time)
    }

    /// The ensembles and modes, where a protocol changes them.
    #[must_use]
    pub fn changing_ensembles(&self) -> Option<&Ensembles> {
        self.ensembles.as_deref().filter(|ensembles| ensembles.protocol().is_some())
    }

    /// Whether a drive acts, at any time.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.hamiltonian.drive.is_some() || self.protocol.as_ref().is_some_and(Protocol::is_driven)
    }

    /// The temperature that work under a protocol is weighed by: that of all baths, where it is one and the same; of qubits
    /// that exchange quanta with none, that of a thermal start.
    #[must_use]
    pub fn temperature_of_work(&self) -> Option<f64> {
        let protocol = self.protocol.as_ref()?;
        let of_start = || match self.initial {
            InitialState::Thermal { probability } if !protocol.exchanges() => {
                let ratio = libm::log((1.0 - probability) / probability);
                let known = ratio > 0.0 && ratio.is_finite();
                known.then(|| self.model.units.temperature_of(self.model.frequency, ratio))
            }
            _ => None,
        };
        protocol.temperature().or_else(of_start)
    }

    /// One over that, in the unit of work.
    #[must_use]
    pub fn beta_of_work(&self) -> Option<f64> {
        let (units, temperature) = (self.model.units, self.temperature_of_work()?);
        Some(units.energy_over_temperature(1.0, temperature) / units.quantum(1.0))
    }

    /// The qubits one by one, whether they differ or not.
    #[must_use]
    pub fn register(&self) -> Register {
        self.register.clone().unwrap_or_else(|| {
            let Hamiltonian { drive, chi } = self.hamiltonian;
            Register { drive, chi, ..Register::from(&self.model) }
        })
    }
}
