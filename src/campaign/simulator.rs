//! Trajectories of a point one by one, for who does not know its engine.

use super::correlated::Correlating;
use super::one_by_one::{Simulator, one_by_one};
use super::under_protocol::{Superposed, UnderProtocol};
use crate::group::Group;
use crate::model::protocol::Protocol;
use crate::plan::abreast;
use crate::random::stream;
use crate::scenario::Point;
use crate::store::Path;
use crate::trajectory::{Declared, Engine, ForEngine, Interrupt, Record, Run, Unravelling, run};

/// The simulator of a point, whose trajectories are dropped on the way once `interrupt` is set.
#[must_use]
pub fn simulator<'a>(point: &'a Point, interrupt: &'a Interrupt) -> Box<dyn Simulator + 'a> {
    let engine = point.engine.engine;
    match point.protocol() {
        Some(protocol) if engine == Engine::Populations => Box::new(UnderProtocol::new(point, protocol, interrupt)),
        Some(protocol) => engine.with(&point.groups, BuildUnder(point, protocol, interrupt)),
        None => {
            let alone = engine.with(&point.groups, Build(point, interrupt));
            match Correlating::pairs(point, interrupt) {
                Some(pairs) => Box::new(Correlating { point, alone, pairs }),
                None => alone,
            }
        }
    }
}

struct Build<'a>(&'a Point, &'a Interrupt);

impl<'a> ForEngine for Build<'a> {
    type Output = Box<dyn Simulator + 'a>;

    fn of<E: Declared>(self) -> Self::Output {
        let Build(point, interrupt) = self;
        let (columns, total) = (point.columns(), point.number());
        let member = |group: &'a Group| {
            let system = E::system(group);
            let record = Record::new(&system, total, &columns, point.times().len(), point.recording);
            // Where intensities change within a dwell, as the end of a condition comes near, nobody looks for the highest.
            let ends = group.conditions.as_ref().is_some_and(|conditions| conditions.ending.is_some());
            let record = if ends { record.without_peaks() } else { record };
            let record = if group.ensembles.is_some() { record.by_process() } else { record };
            (E::build(group, &system), E::initial(group), record.by(E::FACTS.precision).until(interrupt))
        };
        let members: Vec<Member<'a, E>> = point.groups.iter().map(member).collect();
        Box::new(Groups::<E> { point, abreast: abreast(point), members, records: Vec::new() })
    }
}

struct BuildUnder<'a>(&'a Point, &'a Protocol, &'a Interrupt);

impl<'a> ForEngine for BuildUnder<'a> {
    type Output = Box<dyn Simulator + 'a>;

    fn of<E: Declared>(self) -> Self::Output {
        Box::new(Superposed::<E>::new(self.0, self.1, self.2))
    }
}

/// The engine of a group, where it starts, and what is kept of it.
type Member<'a, E> = (E, &'a <E as Unravelling>::Initial, Record<<E as Unravelling>::Values>);

/// Groups are independent, so a trajectory of the whole is one of each, added.
struct Groups<'a, E: Declared> {
    point: &'a Point,
    /// How many go side by side.
    abreast: usize,
    members: Vec<Member<'a, E>>,
    /// What is kept of each of those that go side by side.
    records: Vec<Record<E::Values>>,
}

impl<E: Declared> Simulator for Groups<'_, E> {
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>> {
        let point = self.point;
        let mut rng = stream(point.seed, point.id, number);
        for (engine, initial, record) in &mut self.members {
            let mut one = Run { rng, record };
            let ended = match self.abreast {
                1 => run(engine, initial, point.times(), &mut one.rng, one.record),
                // What it is to the last bit is what it is beside others.
                _ => engine.run_all(initial, point.times(), std::slice::from_mut(&mut one)),
            };
            if !ended {
                return None;
            }
            rng = one.rng;
        }
        let (first, others) = self.members.split_first_mut().expect("a point has a group");
        for (_, _, other) in others {
            first.2.trace.add(&other.trace, point.recording.photons);
        }
        Some(Path { trace: &first.2.trace, booked: None, folded: None, correlations: None })
    }

    fn trajectories(&mut self, first: u64, count: u64, take: &mut dyn FnMut(u64, &Path)) -> Option<()> {
        if self.abreast == 1 {
            return one_by_one(self, first, count, take);
        }
        let Groups { point, abreast, members, records } = self;
        let abreast = *abreast;
        let (engine, initial, record) = &mut members[0];
        records.resize_with(abreast, || record.clone());
        let numbers: Vec<u64> = (first..first + count).collect();
        for numbers in numbers.chunks(abreast) {
            let rng = |number| stream(point.seed, point.id, number);
            let runs = numbers.iter().zip(&mut *records).map(|(number, record)| Run { rng: rng(*number), record });
            let mut runs: Vec<_> = runs.collect();
            if !engine.run_all(initial, point.times(), &mut runs) {
                return None;
            }
            for (number, record) in numbers.iter().zip(&*records) {
                take(*number, &Path { trace: &record.trace, booked: None, folded: None, correlations: None });
            }
        }
        Some(())
    }
}
