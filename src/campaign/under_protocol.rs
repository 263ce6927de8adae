//! Trajectories of a point under a protocol.

use std::collections::HashMap;

use super::one_by_one::Simulator;
use crate::dicke::{Level, ln_degeneracy};
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::protocol::ProtocolEquation;
use crate::model::protocol::{Fold, Protocol};
use crate::quantity::Column;
use crate::random::stream;
use crate::scenario::Point;
use crate::statistics::Known;
use crate::store::Path;
use crate::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded};
use crate::trajectory::{Interrupt, Record, Trace};

/// The chain of the one group that there is, and what is kept of its paths.
pub struct UnderProtocol<'a> {
    point: &'a Point,
    initial: &'a InitialState,
    chain: ProtocolChain,
    ledger: Ledger,
    recorded: Recorded,
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
        let record = Record::new(&*point.groups[0].envelope(), number, &columns, times.len(), point.recording);
        let record = record.until(interrupt);
        UnderProtocol {
            point,
            initial,
            chain: ProtocolChain::new(protocol, number, Pieces::Enough),
            ledger: Ledger::new(protocol, times.len()),
            recorded: Recorded::new(record, &columns, protocol, number, times),
            beta: protocol.beta(),
            starts: starts(protocol, number, initial),
            folded: point.fold().map(|fold| {
                let cells = vec![0.0; fold.phases.len() * columns.len()];
                Folded { fold, columns, cells }
            }),
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
        let start = self.starts.as_ref().and_then(|starts| starts.get(&self.ledger.ends[0]).copied());
        let known = Known { beta: self.beta, start };
        let (trace, ledger) = (&self.recorded.record.trace, &self.ledger);
        let folded = self.folded.as_mut().map(|folded| folded.take(trace, ledger));
        Some(Path { trace, booked: Some((ledger, known)), folded })
    }
}

/// `ln(p_0/d_J)` of every level of the start, as far as the end has exact probabilities to hold it against.
fn starts(protocol: &Protocol, number: i64, initial: &InitialState) -> Option<HashMap<Level, f64>> {
    ProtocolEquation::affordable(protocol, number, initial).ok()?;
    let weight = |(level, p): (Level, f64)| (level, p.ln() - ln_degeneracy(number, level.two_j));
    Some(initial.populations(number).into_iter().filter(|(_, p)| *p > 0.0).map(weight).collect())
}
