//! What a scenario asks for at one point of its sweep, validated.

use serde_json::json;

use crate::bath::{Bath, Coupling};
use crate::canonical;
use crate::initial::InitialState;
use crate::model::{Hamiltonian, Model, NoCurrent, Register};
use crate::quantity::{Column, Precision, Resolution, columns};
use crate::statistics::Target;
use crate::theory;
use crate::trajectory::{Detail, Engine};
use crate::units::Units;

/// When to look, and how often to repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evolution {
    /// The grid: ascending times from 0 up, in [`Units::time`]. Empty where only a steady state is asked for.
    pub times: Vec<f64>,
    /// How many trajectories; 0 where none are asked for.
    pub trajectories: u64,
    /// The seed of all streams.
    pub seed: u64,
}

impl Evolution {
    /// The end of every trajectory; 0 where no evolution is asked for.
    #[must_use]
    pub fn until(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }
}

/// The engine of a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineChoice {
    /// Which.
    pub engine: Engine,
    /// Why this one, in words.
    pub because: String,
}

/// What is kept beside averages.
pub type Recording = Detail;

/// What a scenario is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Trajectories, which need an evolution.
    Trajectories,
    /// Exact values alone, which need an evolution or `[steady]`.
    Exact,
}

/// Counting statistics that are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noise {
    /// Indices of the baths.
    pub baths: Vec<usize>,
    /// Lengths of the windows in which quanta are counted.
    pub windows: Vec<f64>,
    /// Angular frequencies of the spectrum.
    pub frequencies: Vec<f64>,
    /// Delays of the emission correlation g2 and of the waiting-time density.
    pub delays: Vec<f64>,
}

/// When the steady current of trajectories counts as known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Index of the bath whose current it is.
    pub bath: usize,
    /// The error that is asked for: half the width of the interval.
    pub target: Target,
    /// How often the interval has to hold the true value.
    pub confidence: f64,
    /// The most jumps of a point, warm-up included.
    pub max_jumps: f64,
}

impl Default for Accuracy {
    fn default() -> Self {
        Accuracy { bath: 0, target: Target::Relative(0.01), confidence: 0.95, max_jumps: 1e10 }
    }
}

/// A group of identical qubits, independent of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The qubits, and the baths at their frequency.
    pub model: Model,
    /// What drives and twists them.
    pub hamiltonian: Hamiltonian,
    /// The qubits one by one, where they differ.
    pub register: Option<Register>,
    /// Their initial state.
    pub initial: InitialState,
}

impl Group {
    /// Whether the qubits are identical, and start alike.
    #[must_use]
    pub fn alike(&self) -> bool {
        self.register.is_none() && !matches!(self.initial, InitialState::Angles(_))
    }

    /// Whether the master equation over the levels (J, M) has all currents: identical qubits, and no drive.
    #[must_use]
    pub fn on_the_ladder(&self) -> bool {
        self.alike() && self.hamiltonian.drive.is_none()
    }

    /// Why no heat flows in the steady state, where none does.
    #[must_use]
    pub fn no_current(&self) -> Option<NoCurrent> {
        let Group { model, initial, .. } = self;
        let dark = || {
            let reached = crate::dicke::sectors(model.number).filter(|two_j| initial.reaches(model.number, *two_j));
            self.alike() && !model.rates(Coupling::Local).any() && reached.eq([0])
        };
        match self.hamiltonian.drive {
            Some(_) => None,
            None if dark() => Some(NoCurrent::Dark),
            None => model.no_current(),
        }
    }

    /// Whether what is asked for takes coherences of all orders at once: a drive ties them together, and twisting does
    /// where the transverse spin is asked for.
    #[must_use]
    pub fn ties_orders(&self, transverse: bool) -> bool {
        self.hamiltonian.drive.is_some() || (transverse && self.hamiltonian.chi != 0.0)
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

/// One point of a campaign: everything a trajectory is a function of, beside its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its place in the sweep, from 0.
    pub index: usize,
    /// A hash of its physics. Streams and, later, files go by it, so that a sweep may grow.
    pub id: u64,
    /// The swept keys with their values here.
    pub parameters: Vec<(String, serde_json::Value)>,
    /// The qubits: one group of identical ones, or several of frequencies far apart. They share the baths' names.
    pub groups: Vec<Group>,
    /// What evolves them.
    pub engine: EngineChoice,
    /// Times, trajectories, seed.
    pub evolution: Evolution,
    /// Whether the steady state is asked for.
    pub steady: bool,
    /// The table that asks for it: `[steady]`, or `[noise]` alone.
    pub steady_because: Option<&'static str>,
    /// When its current from trajectories counts as known.
    pub accuracy: Accuracy,
    /// Counting statistics in the steady state.
    pub noise: Noise,
    /// What is kept beside averages.
    pub recording: Recording,
}

impl Point {
    /// The baths, as the first group sees them; names and couplings are those of every group.
    #[must_use]
    pub fn baths(&self) -> &[Bath] {
        &self.groups[0].model.baths
    }

    /// The unit system.
    #[must_use]
    pub fn units(&self) -> Units {
        self.groups[0].model.units
    }

    /// How precise the values of its trajectories are.
    #[must_use]
    pub fn precision(&self) -> Precision {
        let driven = self.groups.iter().any(|group| group.hamiltonian.drive.is_some());
        match self.engine.engine {
            Engine::Populations | Engine::Leaps => Precision::LEVELS,
            Engine::Ladder if !driven => Precision::AMPLITUDES,
            Engine::Ladder | Engine::Register => Precision::STEPS,
        }
    }

    /// What is known of the values of a column beforehand.
    #[must_use]
    pub fn resolution(&self, column: Column) -> Resolution {
        let (total, precision) = (self.number(), self.precision());
        let of_group = |group: &Group| match self.engine.engine {
            Engine::Register => Resolution::new(&group.register(), column, total, precision),
            _ => Resolution::new(&group.model, column, total, precision),
        };
        self.groups.iter().map(of_group).reduce(Resolution::and).unwrap_or_default()
    }

    /// The columns of the record.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        if self.engine.engine == Engine::Register {
            let registers: Vec<Register> = self.groups.iter().map(Group::register).collect();
            return columns(&registers.iter().collect::<Vec<_>>(), true);
        }
        let models: Vec<&Model> = self.groups.iter().map(|group| &group.model).collect();
        columns(&models, self.engine.engine.coherent())
    }

    /// N, over all groups.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.groups.iter().map(|group| group.model.number).sum()
    }

    /// Whether the populations of identical qubits are all there is to the steady state.
    #[must_use]
    pub fn on_the_ladder(&self) -> bool {
        self.groups.iter().all(Group::on_the_ladder)
    }

    /// Why no heat flows in the steady state, where none does: the reason of the first group.
    #[must_use]
    pub fn no_current(&self) -> Option<NoCurrent> {
        self.groups.iter().map(Group::no_current).collect::<Option<Vec<_>>>()?.first().copied()
    }

    /// A bound on the steady heat current of any bath; `None` where a drive brings heat, or a quantum has no one energy.
    #[must_use]
    pub fn steady_current_bound(&self) -> Option<f64> {
        let of_group = |group: &Group| match group.no_current() {
            Some(why) if why.is_exact() => Some(0.0),
            _ => group.on_the_ladder().then(|| group.model.steady_current_bound()),
        };
        self.groups.iter().map(of_group).sum()
    }

    /// The smallest J at which more flows from the watched bath than on average, where J switches between such sectors
    /// and others.
    #[must_use]
    pub fn bright_sector(&self) -> Option<f64> {
        let Group { model, .. } = &self.groups[0];
        theory::bright_sector(model, &model.baths[self.accuracy.bath]).map(|two_j| two_j as f64 / 2.0)
    }

    /// A bound on the mean number of jumps of a trajectory.
    #[must_use]
    pub fn jumps_bound(&self) -> f64 {
        let until = self.evolution.until();
        let of_group = |group: &Group| {
            // What is driven never runs out of quanta; unlike couplings and J_z^2 jump faster than identical qubits.
            let driven = group.hamiltonian.drive.is_some();
            let coupling = group.register.iter().flat_map(|r| &r.couplings).fold(1.0_f64, |most, g| most.max(g.abs()));
            let bound = if driven { group.model.jump_rate_bound() * until } else { group.model.jumps_bound(until) };
            let dephasing: f64 = group.model.rates(Coupling::Collective).dephasing;
            let n = group.model.number as f64;
            let trivial = if self.engine.engine.coherent() { dephasing * n * n / 4.0 * until } else { 0.0 };
            bound * coupling * coupling + trivial
        };
        self.groups.iter().map(of_group).sum()
    }

    /// The work of a trajectory, roughly, in jumps of the populations engine: what parts are sized by.
    #[must_use]
    pub fn work_bound(&self) -> f64 {
        let n = self.number() as f64;
        let driven = self.groups.iter().any(|group| group.hamiltonian.drive.is_some());
        let a_jump = match self.engine.engine {
            Engine::Populations | Engine::Leaps => 1.0,
            Engine::Ladder if driven => 50.0 + n * n,
            Engine::Ladder => 3.0 + 0.16 * n,
            // The largest block of sharp excitation number, and its neighbours in each of N qubits.
            Engine::Register => 50.0 + n * 2.0_f64.powf(n) / n.sqrt(),
        };
        // Between jumps a drive, or what is not resonant, takes steps of its own.
        let turning = |group: &Group| {
            let Hamiltonian { drive, chi } = group.hamiltonian;
            let drive = drive.map_or(0.0, |drive| n * (drive.amplitude.abs() + drive.detuning.abs()));
            let exchange = group.register.iter().flat_map(|r| &r.exchange).map(|v| v.abs()).sum::<f64>();
            let detuned = group.register.iter().flat_map(|r| &r.frequencies).map(|f| (f - group.model.frequency).abs());
            let twisting = if driven { n * n * chi.abs() } else { 0.0 };
            group.model.units.angular(drive + exchange + detuned.sum::<f64>() + twisting)
        };
        let steps: f64 = self.groups.iter().map(turning).sum::<f64>() * self.evolution.until() / 10.0;
        (self.jumps_bound() + steps) * a_jump
    }
}

/// The physics of a point in canonical form: names, titles and numbers of trajectories do not enter.
pub fn point_id(groups: &[Group], engine: Engine, times: &[f64]) -> u64 {
    let canonical = |Group { model, hamiltonian, register, initial }: &Group| {
        let baths: Vec<_> = model.baths.iter().map(|b| (b.coupling, b.down, b.up, b.dephasing)).collect();
        let mut physics =
            vec![json!(model.units), json!(model.number), json!(model.frequency), json!(baths), json!(initial)];
        // Added where there is such a thing, so that the others keep the id that they had before it was thought of.
        if *hamiltonian != Hamiltonian::default() {
            physics.push(json!({ "hamiltonian": hamiltonian }));
        }
        if let Some(register) = register {
            let exchange = register.exchange.iter().copied().collect::<Vec<f64>>();
            physics.push(json!({ "register": [&register.frequencies, &register.couplings, &exchange] }));
        }
        physics
    };
    let groups: Vec<_> = groups.iter().map(canonical).collect();
    let mut physics = vec![json!(groups), json!(times)];
    // Engines that unravel alike still draw differently.
    if engine != Engine::Populations {
        physics.push(json!(engine));
    }
    canonical::id(&json!(physics))
}
