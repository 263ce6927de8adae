//! Trajectories of a point beside pairs of states, for its correlations at two times.

use super::one_by_one::Simulator;
use crate::random::stream;
use crate::scenario::Point;
use crate::store::Path;
use crate::trajectory::{Interrupt, Pairs};

/// What makes the streams of pairs others than those of trajectories.
pub(super) const OF_PAIRS: u64 = 0x7061_6972;

/// Trajectories as they are alone, and pairs that have draws of their own.
pub struct Correlating<'a> {
    pub point: &'a Point,
    pub alone: Box<dyn Simulator + 'a>,
    pub pairs: Pairs<'a>,
}

impl<'a> Correlating<'a> {
    /// The pairs that a point asks for.
    pub fn pairs(point: &'a Point, interrupt: &'a Interrupt) -> Option<Pairs<'a>> {
        let ensembles = point.ensembles().filter(|ensembles| !ensembles.correlations().is_empty())?;
        let pairs = Pairs::new(ensembles.product(), ensembles.start(), ensembles.correlations(), None);
        let pairs = pairs.map(|pairs| pairs.until(interrupt));
        Some(pairs.unwrap_or_else(|error| unreachable!("it was checked as the scenario was read: {error}")))
    }
}

impl Simulator for Correlating<'_> {
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>> {
        let Correlating { point, alone, pairs } = self;
        let mut rng = stream(point.seed ^ OF_PAIRS, point.id, number);
        let correlations = pairs.sample(&mut rng)?;
        let path = alone.trajectory(number)?;
        Some(Path { correlations: Some(correlations), ..path })
    }
}
