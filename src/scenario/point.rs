//! What a scenario asks for at one point of its sweep, validated.

use serde_json::json;

use super::asked::{Asked, Noise, Steady};
use crate::bath::Bath;
use crate::canonical;
use crate::group::{Ensembles, Group};
use crate::model::protocol::{Fold, Protocol, Repeats};
use crate::model::{Conditions, Hamiltonian, NoCurrent};
use crate::quantity::{Column, Quantity, Resolution, columns};
use crate::theory;
use crate::trajectory::{Declared, Detail, Engine, EngineChoice, Facts, ForEngine};
use crate::units::Units;

/// What is kept beside averages.
pub type Recording = Detail;

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
    /// The seed of all streams.
    pub seed: u64,
    /// What is asked of it.
    pub asked: Asked,
    /// What is kept beside averages.
    pub recording: Recording,
}

impl Point {
    /// The baths, as the first group sees them; names and couplings are those of every group.
    #[must_use]
    pub fn baths(&self) -> &[Bath] {
        &self.groups[0].model.baths
    }

    /// How the qubits and their baths go in time, where they do.
    #[must_use]
    pub fn protocol(&self) -> Option<&Protocol> {
        self.groups[0].protocol.as_ref()
    }

    /// What its trajectories are conditioned on, where they are.
    #[must_use]
    pub fn conditions(&self) -> Option<&Conditions> {
        self.groups[0].conditions.as_deref()
    }

    /// The grid of times folded on the phase of the protocol's cycles, where it has the same phases of each.
    #[must_use]
    pub fn fold(&self) -> Option<Fold> {
        let protocol = self.protocol().filter(|protocol| matches!(protocol.repeats(), Repeats::Cycles(2..)))?;
        Fold::of(protocol, self.times())
    }

    /// Whether a bath ever takes quanta.
    #[must_use]
    pub fn emits(&self) -> bool {
        let takes = |baths: &[Bath]| baths.iter().any(|bath| bath.down > 0.0);
        match self.protocol() {
            Some(protocol) => takes(&protocol.envelope(self.number()).baths),
            None => takes(self.baths()),
        }
    }

    /// The unit system.
    #[must_use]
    pub fn units(&self) -> Units {
        self.groups[0].model.units
    }

    /// The times that are looked at; none where only the steady state is asked for.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        match &self.asked {
            Asked::Transient(transient) => &transient.times,
            Asked::Solve(solve) => &solve.times,
            Asked::Converge(_) => &[],
        }
    }

    /// The last of them; 0 where there are none.
    #[must_use]
    pub fn until(&self) -> f64 {
        self.times().last().copied().unwrap_or(0.0)
    }

    /// The trajectories of a transient; 0 where none are asked for, or as many as a steady state takes.
    #[must_use]
    pub fn trajectories(&self) -> u64 {
        match &self.asked {
            Asked::Transient(transient) => transient.trajectories,
            Asked::Converge(_) | Asked::Solve(_) => 0,
        }
    }

    /// What is to be known of the steady state, where it is asked for.
    #[must_use]
    pub fn steady(&self) -> Option<&Steady> {
        match &self.asked {
            Asked::Transient(_) => None,
            Asked::Converge(converge) => Some(&converge.steady),
            Asked::Solve(solve) => solve.steady.as_ref(),
        }
    }

    /// The counting statistics that are asked for.
    #[must_use]
    pub fn noise(&self) -> &Noise {
        const NONE: &Noise = &Noise {
            baths: vec![],
            windows: vec![],
            frequencies: vec![],
            delays: vec![],
            passage: vec![],
            passage_times: vec![],
            order: None,
            counting_fields: vec![],
            relaxation: None,
            counts: vec![],
        };
        self.steady().map_or(NONE, |steady| &steady.noise)
    }

    /// What a row of counting statistics is of: the bath of this index, or, behind all baths, a sum over them.
    #[must_use]
    pub fn counted(&self, index: usize) -> &str {
        let baths = self.baths();
        baths.get(index).map_or_else(|| self.noise().counts[index - baths.len()].name.as_str(), |bath| &bath.name)
    }

    /// Index of the bath whose steady current is watched; where no steady state is asked for, the first that exchanges
    /// quanta.
    #[must_use]
    pub fn watched(&self) -> usize {
        let exchanges = |bath: &Bath| bath.down + bath.up > 0.0;
        let first = || self.groups[0].envelope().baths.iter().position(exchanges).unwrap_or(0);
        self.steady().map_or_else(first, |steady| steady.bath)
    }

    /// The same point and streams, looked at at other times.
    #[must_use]
    pub fn at(&self, times: Vec<f64>) -> Point {
        let mut point = self.clone();
        match &mut point.asked {
            Asked::Transient(transient) => transient.times = times,
            Asked::Solve(solve) => solve.times = times,
            Asked::Converge(_) => {}
        }
        point
    }

    /// What results call a column, but for its bath.
    #[must_use]
    pub fn called(&self, column: Column) -> &str {
        let observable = column.observable.and_then(|index| self.ensembles()?.looked_at().get(index));
        observable.map_or_else(|| column.quantity.name(), |observable| &observable.name)
    }

    /// The ensembles and modes, where there are any.
    #[must_use]
    pub fn ensembles(&self) -> Option<&Ensembles> {
        self.groups[0].ensembles.as_deref()
    }

    /// What is known of its engine beforehand.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.engine.engine.facts(&self.groups)
    }

    /// How many trajectories are best run at once.
    #[must_use]
    pub fn abreast(&self) -> usize {
        struct Asked<'a>(&'a [Group]);
        impl ForEngine for Asked<'_> {
            type Output = usize;
            fn of<E: Declared>(self) -> usize {
                match self.0 {
                    [group] => E::abreast(group),
                    _ => 1,
                }
            }
        }
        self.engine.engine.with(&self.groups, Asked(&self.groups))
    }

    /// What is known of the values of a column beforehand. Of superposed levels an emission may leave `<J_z>` as it is and
    /// book a whole quantum of work, and an absorption the reverse; of ensembles and modes a bath may leave one alone that
    /// another changes: each kind of jump counts.
    #[must_use]
    pub fn resolution(&self, column: Column) -> Resolution {
        struct Resolved<'a>(&'a Point, Column);
        impl ForEngine for Resolved<'_> {
            type Output = Resolution;
            fn of<E: Declared>(self) -> Resolution {
                let Resolved(point, column) = self;
                let (total, precision) = (point.number(), E::FACTS.precision);
                let of_group = |group: &Group| Resolution::new(&E::system(group), column, total, precision);
                point.groups.iter().map(of_group).reduce(Resolution::and).unwrap_or_default()
            }
        }
        let resolution = self.engine.engine.with(&self.groups, Resolved(self, column));
        if self.ensembles().is_some() {
            return Resolution { by_process: resolution.step.is_finite(), ..resolution };
        }
        let Some(protocol) = self.protocol().filter(|_| self.facts().coherent) else { return resolution };
        let step = match column.quantity {
            Quantity::Work => 2.0 * protocol.largest_quantum(),
            Quantity::Entropy => protocol.largest_entropy(),
            _ => resolution.step,
        };
        // Of counts, which rest on jumps alone, the kinds that are seen make the spread.
        Resolution { step, by_process: step.is_finite(), ..resolution }
    }

    /// The columns of the record. Under a protocol work, heats and entropy are among them; on a ramp and where the end of a
    /// condition comes near, where currents change within a dwell, averages over intervals are from counted quanta alone.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        struct Recorded<'a>(&'a [Group]);
        impl ForEngine for Recorded<'_> {
            type Output = Vec<Column>;
            fn of<E: Declared>(self) -> Vec<Column> {
                let systems: Vec<E::System> = self.0.iter().map(E::system).collect();
                columns(&systems.iter().collect::<Vec<_>>(), E::FACTS.coherent)
            }
        }
        let mut columns = self.engine.engine.with(&self.groups, Recorded(&self.groups));
        if self.conditions().is_some_and(|conditions| conditions.ending.is_some()) {
            columns.retain(|column| column.quantity != Quantity::HeatCurrentInterval);
        }
        let Some(protocol) = self.protocol() else { return columns };
        let heats: Vec<Column> = columns
            .iter()
            .filter(|column| column.quantity == Quantity::HeatCurrent)
            .map(|column| Column { quantity: Quantity::Heat, ..*column })
            .collect();
        columns.retain(|column| protocol.is_held() || column.quantity != Quantity::HeatCurrentInterval);
        columns.push(Column::of_whole(Quantity::Work));
        columns.extend(heats);
        columns.push(Column::of_whole(Quantity::Entropy));
        columns
    }

    /// Where a modulation does work, the columns of its power and of all heat currents, with their places.
    #[must_use]
    pub fn flows(&self) -> Option<Vec<(usize, Column)>> {
        let columns = self.columns();
        columns.iter().find(|column| column.quantity == Quantity::Power)?;
        let flows = |column: &Column| matches!(column.quantity, Quantity::Power | Quantity::HeatCurrent);
        Some(columns.into_iter().enumerate().filter(|(_, column)| flows(column)).collect())
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

    /// A bound on the steady heat current of any bath; `None` where a drive brings heat, a quantum has no one energy, or a
    /// protocol changes it.
    #[must_use]
    pub fn steady_current_bound(&self) -> Option<f64> {
        let of_group = |group: &Group| match group.no_current() {
            _ if group.protocol.is_some() => None,
            Some(why) if why.is_exact() => Some(0.0),
            _ => group.on_the_ladder().then(|| group.model.steady_current_bound()),
        };
        self.groups.iter().map(of_group).sum()
    }

    /// The smallest J at which more flows from the watched bath than on average, where J switches between such sectors
    /// and others.
    #[must_use]
    pub fn bright_sector(&self) -> Option<f64> {
        let Group { model, ensembles: None, .. } = &self.groups[0] else { return None };
        theory::bright_sector(model, &model.baths[self.watched()]).map(|two_j| two_j as f64 / 2.0)
    }

    /// A bound on the mean number of jumps of a trajectory.
    #[must_use]
    pub fn jumps_bound(&self) -> f64 {
        let until = self.until();
        let of_group = |group: &Group| {
            if let Some(protocol) = &group.protocol {
                // What knows phases goes through jumps that leave levels as they are.
                let idle = || group.envelope().idle_jump_rate_bound() * protocol.end();
                return protocol.jumps_bound(group.model.number) + if self.facts().coherent { idle() } else { 0.0 };
            }
            if let Some(ensembles) = &group.ensembles {
                return ensembles.jumps_bound(self.until());
            }
            if group.conditions.is_some() {
                return group.jump_rate_bound() * until;
            }
            // What is driven never runs out of quanta; unlike couplings and J_z^2 jump faster than identical qubits.
            let (driven, model) = (group.is_driven(), group.envelope());
            let coupling = group.register.iter().flat_map(|r| &r.couplings).fold(1.0_f64, |most, g| most.max(g.abs()));
            let bound = if driven { model.jump_rate_bound() * until } else { model.jumps_bound(until) };
            let trivial = if self.facts().coherent { model.idle_jump_rate_bound() * until } else { 0.0 };
            bound * coupling * coupling + trivial
        };
        self.groups.iter().map(of_group).sum()
    }

    /// The work of so many jumps in so much time, where nothing but ensembles and modes turns between them, roughly, in jumps
    /// of the populations engine.
    #[must_use]
    pub fn work_of(&self, jumps: f64, duration: f64) -> f64 {
        let a_jump = self.facts().work_of_a_jump;
        match self.ensembles() {
            // A step of the propagation is some products with H_eff, of a few elements for each state.
            Some(ensembles) => (jumps + ensembles.turning() * duration / 10.0) * a_jump(ensembles.dimension()),
            None => jumps * a_jump(self.number() as f64),
        }
    }

    /// The work of a trajectory, roughly, in jumps of the populations engine: what parts are sized by.
    #[must_use]
    pub fn work_bound(&self) -> f64 {
        if let Some(ensembles) = self.ensembles() {
            let correlated = ensembles.correlated();
            let jumps = self.jumps_bound() + if correlated > 0.0 { ensembles.jumps_bound(correlated) } else { 0.0 };
            return self.work_of(jumps, self.until() + correlated);
        }
        let n = self.number() as f64;
        let driven = self.groups.iter().any(Group::is_driven);
        let a_jump = (self.facts().work_of_a_jump)(n);
        // Between jumps a drive, or what is not resonant, takes steps of its own.
        let turning = |group: &Group| {
            let Hamiltonian { drive, chi } = group.hamiltonian;
            let drive = drive.map_or(0.0, |drive| n * (drive.amplitude.abs() + drive.detuning.abs()));
            let exchange = group.register.iter().flat_map(|r| &r.exchange).map(|v| v.abs()).sum::<f64>();
            let detuned = group.register.iter().flat_map(|r| &r.frequencies).map(|f| (f - group.model.frequency).abs());
            let twisting = if driven { n * n * chi.abs() } else { 0.0 };
            group.model.units.angular(drive + exchange + detuned.sum::<f64>() + twisting)
        };
        let mut steps: f64 = self.groups.iter().map(turning).sum::<f64>() * self.until() / 10.0;
        steps += self
            .protocol()
            .filter(|_| self.facts().coherent)
            .map_or(0.0, |protocol| n * protocol.turned_by_drive() / 10.0);
        // Each segment of each cycle is booked.
        let turns = self.protocol().map_or(0.0, |protocol| protocol.cycles() as f64 * protocol.stages().len() as f64);
        (self.jumps_bound() + steps) * a_jump + 20.0 * turns
    }
}

/// The physics of a point in canonical form: names, titles and numbers of trajectories do not enter.
pub fn point_id(groups: &[Group], engine: Engine, asked: &Asked) -> u64 {
    let canonical = |Group { model, hamiltonian, register, initial, protocol, conditions, ensembles, .. }: &Group| {
        let baths: Vec<_> = model.baths.iter().map(|b| (b.coupling, b.down, b.up, b.dephasing)).collect();
        let mut physics =
            vec![json!(model.units), json!(model.number), json!(model.frequency), json!(baths), json!(initial)];
        // Added where there is such a thing, so that the others keep the id that they had before it was thought of.
        if model.baths.iter().any(|bath| bath.quantum.is_some()) {
            physics.push(json!({ "quanta": model.baths.iter().map(|bath| bath.quantum).collect::<Vec<_>>() }));
        }
        if *hamiltonian != Hamiltonian::default() {
            physics.push(json!({ "hamiltonian": hamiltonian }));
        }
        if let Some(register) = register {
            let exchange = register.exchange.iter().copied().collect::<Vec<f64>>();
            physics.push(json!({ "register": [&register.frequencies, &register.couplings, &exchange] }));
        }
        if let Some(protocol) = protocol {
            physics.push(json!({ "protocol": protocol }));
        }
        if let Some(conditions) = conditions {
            physics.push(json!({ "condition": **conditions }));
        }
        if let Some(ensembles) = ensembles {
            physics.push(json!({ "ensembles": **ensembles }));
        }
        physics
    };
    let groups: Vec<_> = groups.iter().map(canonical).collect();
    let times = match asked {
        Asked::Transient(transient) => transient.times.as_slice(),
        Asked::Solve(solve) => &solve.times,
        // As long as it takes: a budget is no physics.
        Asked::Converge(_) => &[],
    };
    let mut physics = vec![json!(groups), json!(times)];
    // Engines that unravel alike still draw differently.
    if engine != Engine::Populations {
        physics.push(json!(engine));
    }
    canonical::id(&json!(physics))
}
