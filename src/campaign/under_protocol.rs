//! Trajectories of a point under a protocol.

use std::collections::HashMap;

use super::one_by_one::Simulator;
use crate::dicke::{Level, ln_degeneracy};
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::protocol::ProtocolEquation;
use crate::model::protocol::Protocol;
use crate::random::stream;
use crate::scenario::Point;
use crate::statistics::Known;
use crate::store::Path;
use crate::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded};
use crate::trajectory::{Interrupt, Record};

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
        Some(Path { trace: &self.recorded.record.trace, booked: Some((&self.ledger, known)) })
    }
}

/// `ln(p_0/d_J)` of every level of the start, as far as the end has exact probabilities to hold it against.
fn starts(protocol: &Protocol, number: i64, initial: &InitialState) -> Option<HashMap<Level, f64>> {
    ProtocolEquation::affordable(protocol, number, initial).ok()?;
    let weight = |(level, p): (Level, f64)| (level, p.ln() - ln_degeneracy(number, level.two_j));
    Some(initial.populations(number).into_iter().filter(|(_, p)| *p > 0.0).map(weight).collect())
}
