//! Trajectories of a point under a protocol.

use std::collections::HashMap;

use super::one_by_one::Simulator;
use crate::dicke::{Level, ln_degeneracy};
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::protocol::ProtocolEquation;
use crate::model::Model;
use crate::model::protocol::{Fold, Protocol};
use crate::quantity::Column;
use crate::random::stream;
use crate::scenario::Point;
use crate::statistics::Known;
use crate::store::Path;
use crate::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded, run_superposed};
use crate::trajectory::{Declared, Interrupt, Record, Trace};

/// The chain of the one group that there is, and what is kept of its paths.
pub struct UnderProtocol<'a> {
    point: &'a Point,
    initial: &'a InitialState,
    chain: ProtocolChain,
    ledger: Ledger,
    recorded: Recorded<Model>,
    /// See [`Known`].
    beta: Option<f64>,
    starts: Option<HashMap<Level, f64>>,
    folded: Option<Folded>,
}

/// What a path is at each phase, on average over its cycles.
struct Folded {
    fold: Fold,
    columns: Vec<Column>,
    /// Phases x columns.
    cells: Vec<f64>,
}

impl Folded {
    /// Room for the paths of a point, where its times fold.
    fn of(point: &Point) -> Option<Self> {
        point.fold().map(|fold| {
            let columns = point.columns();
            Folded { cells: vec![0.0; fold.phases.len() * columns.len()], fold, columns }
        })
    }

    /// Of the path in these; what is booked counts from the start of each cycle.
    fn take(&mut self, trace: &Trace, ledger: &Ledger) -> &[f64] {
        let Folded { fold, columns, cells } = self;
        cells.fill(0.0);
        let share = 1.0 / fold.cycles as f64;
        for (index, column) in columns.iter().enumerate() {
            let mut before = 0.0;
            for cycle in 0..fold.cycles {
                for phase in 0..fold.phases.len() {
                    let now = trace.values[(fold.sample(cycle, phase), index)];
                    cells[phase * columns.len() + index] += (now - before) * share;
                }
                before += column.entry().map_or(0.0, |entry| ledger.cycles[(cycle, entry.index())]);
            }
        }
        cells
    }
}

impl<'a> UnderProtocol<'a> {
    /// Ready for any number of paths, which are dropped on the way once `interrupt` is set.
    pub fn new(point: &'a Point, protocol: &Protocol, interrupt: &Interrupt) -> Self {
        let Group { initial, model, .. } = &point.groups[0];
        let (number, columns, times) = (model.number, point.columns(), point.times());
        let envelope = point.groups[0].envelope();
        let record = Record::new(&*envelope, number, &columns, times.len(), point.recording).until(interrupt);
        UnderProtocol {
            point,
            initial,
            chain: ProtocolChain::new(protocol, number, Pieces::Enough),
            ledger: Ledger::new(protocol, times.len()),
            recorded: Recorded::new(record, &columns, protocol, &*envelope, times),
            beta: point.groups[0].beta_of_work(),
            starts: starts(protocol, number, initial),
            folded: Folded::of(point),
        }
    }
}

impl Simulator for UnderProtocol<'_> {
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>> {
        let point = self.point;
        let mut rng = stream(point.seed, point.id, number);
        self.recorded.clear();
        let times = point.times();
        if !self.chain.run(self.initial, times, &mut rng, &mut self.ledger, &mut self.recorded) {
            return None;
        }
        self.recorded.close(&self.ledger, times);
        let start =
            self.starts.as_ref().zip(self.ledger.levels).and_then(|(starts, [start, _])| starts.get(&start).copied());
        let known = Known { beta: self.beta, start };
        let (trace, ledger) = (&self.recorded.record.trace, &self.ledger);
        let folded = self.folded.as_mut().map(|folded| folded.take(trace, ledger));
        Some(Path { trace, booked: Some((ledger, known)), folded, correlations: None })
    }
}

/// An engine of superposed levels, for the one group that there is, and what is kept of its paths.
pub struct Superposed<'a, E: Declared> {
    point: &'a Point,
    protocol: &'a Protocol,
    initial: &'a E::Initial,
    engine: E,
    ledger: Ledger,
    recorded: Recorded<E::System>,
    folded: Option<Folded>,
}

impl<'a, E: Declared> Superposed<'a, E> {
    /// Ready for any number of paths, which are dropped on the way once `interrupt` is set.
    pub fn new(point: &'a Point, protocol: &'a Protocol, interrupt: &Interrupt) -> Self {
        let (group, columns, times) = (&point.groups[0], point.columns(), point.times());
        let system = E::system(group);
        let record = Record::new(&system, point.number(), &columns, times.len(), point.recording);
        let record = record.by(E::FACTS.precision).by_process().until(interrupt);
        Superposed {
            point,
            protocol,
            initial: E::initial(group),
            engine: E::build(group, &system),
            ledger: Ledger::new(protocol, times.len()),
            recorded: Recorded::new(record, &columns, protocol, &system, times),
            folded: Folded::of(point),
        }
    }
}

impl<E: Declared> Simulator for Superposed<'_, E> {
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>> {
        let Superposed { point, protocol, initial, engine, ledger, recorded, folded } = self;
        let (mut rng, times) = (stream(point.seed, point.id, number), point.times());
        recorded.clear();
        if !run_superposed((engine, protocol), initial, times, &mut rng, ledger, recorded) {
            return None;
        }
        recorded.close(ledger, times);
        // Of no level at the start or the end, and of work that nobody measured, no exponential means anything.
        let known = Known { beta: None, start: None };
        let trace = &recorded.record.trace;
        let folded = folded.as_mut().map(|folded| folded.take(trace, ledger));
        Some(Path { trace, booked: Some((ledger, known)), folded, correlations: None })
    }
}

/// `ln(p_0/d_J)` of every level of the start, as far as the end has exact probabilities to hold it against.
fn starts(protocol: &Protocol, number: i64, initial: &InitialState) -> Option<HashMap<Level, f64>> {
    ProtocolEquation::affordable(protocol, number, initial).ok()?;
    let weight = |(level, p): (Level, f64)| (level, p.ln() - ln_degeneracy(number, level.two_j));
    Some(initial.populations(number).into_iter().filter(|(_, p)| *p > 0.0).map(weight).collect())
}
