//! The engines of a point: one `match` picks them, and whoever asks for trajectories does not know which.

use super::input::{Group, Point};
use crate::initial::InitialState;
use crate::model::{Model, System};
use crate::random::stream;
use crate::trajectory::{self, Engine, Ladder, Populations, Record, Trace, Unravelling};

/// Makes the trajectories of a point, one at a time.
pub trait Simulator {
    /// The trajectory of this number: a function of the point, its seed and the number.
    fn trajectory(&mut self, number: u64) -> &Trace;
}

/// The simulator of a point.
#[must_use]
pub fn simulator(point: &Point) -> Box<dyn Simulator + '_> {
    match point.engine.engine {
        Engine::Populations => groups(point, Populations::new),
        Engine::Ladder => groups(point, Ladder::new),
    }
}

/// Groups are independent, so a trajectory of the whole is one of each, added.
struct Groups<'a, E: Unravelling> {
    point: &'a Point,
    members: Vec<(E, &'a InitialState, Record<E::Values>)>,
}

fn groups<'a, E>(point: &'a Point, engine: impl Fn(&Model) -> E) -> Box<dyn Simulator + 'a>
where
    E: Unravelling<Values = <Model as System>::Values> + 'a,
{
    let (columns, total) = (point.columns(), point.number());
    let member = |Group { model, initial }: &'a Group| {
        let record = Record::new(model, total, &columns, point.evolution.times.len(), point.recording);
        (engine(model), initial, record)
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
