//! The engines of a point: one `match` picks them, and whoever asks for trajectories does not know which.

use crate::initial::InitialState;
use crate::model::System;
use crate::random::stream;
use crate::scenario::{Group, Point};
use crate::trajectory::{
    self, DrivenLadder, Engine, Ladder, Leaps, Populations, Record, Registers, Start, Trace, Unravelling,
};

/// Makes the trajectories of a point, one at a time.
pub trait Simulator {
    /// The trajectory of this number: a function of the point, its seed and the number.
    fn trajectory(&mut self, number: u64) -> &Trace;
}

/// The simulator of a point.
#[must_use]
pub fn simulator(point: &Point) -> Box<dyn Simulator + '_> {
    let driven = point.groups.iter().any(|group| group.hamiltonian.drive.is_some());
    match point.engine.engine {
        Engine::Populations => groups(point, |group| (Populations::new(&group.model), group.model.clone())),
        Engine::Leaps => groups(point, |group| (Leaps::new(&group.model), group.model.clone())),
        Engine::Ladder if driven => {
            groups(point, |group| (DrivenLadder::new(&group.model, &group.hamiltonian), group.model.clone()))
        }
        Engine::Ladder => groups(point, |group| (Ladder::new(&group.model, &group.hamiltonian), group.model.clone())),
        Engine::Register => groups(point, |group| {
            let register = group.register();
            // A superposition of several excitation numbers is kept whole.
            let coherent = !Start::new(&group.initial, register.number()).is_sharp();
            (Registers::new(&register, coherent), register)
        }),
    }
}

/// Groups are independent, so a trajectory of the whole is one of each, added.
struct Groups<'a, E: Unravelling> {
    point: &'a Point,
    members: Vec<(E, &'a InitialState, Record<E::Values>)>,
}

fn groups<'a, E, S>(point: &'a Point, engine: impl Fn(&Group) -> (E, S)) -> Box<dyn Simulator + 'a>
where
    E: Unravelling<Values = S::Values> + 'a,
    S: System,
{
    let (columns, total) = (point.columns(), point.number());
    let member = |group: &'a Group| {
        let (engine, system) = engine(group);
        let record = Record::new(&system, total, &columns, point.evolution.times.len(), point.recording);
        (engine, &group.initial, record)
    };
    Box::new(Groups { point, members: point.groups.iter().map(member).collect() })
}

impl<E: Unravelling> Simulator for Groups<'_, E> {
    fn trajectory(&mut self, number: u64) -> &Trace {
        let point = self.point;
        let mut rng = stream(point.evolution.seed, point.id, number);
        for (engine, initial, record) in &mut self.members {
            trajectory::run(engine, initial, &point.evolution.times, &mut rng, record);
        }
        let (first, others) = self.members.split_first_mut().expect("a point has a group");
        for (_, _, other) in others {
            first.2.trace.add(&other.trace, point.recording.photons);
        }
        &first.2.trace
    }
}
