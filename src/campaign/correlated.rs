//! Trajectories of a point beside pairs of states, for its correlations at two times.

use super::one_by_one::Simulator;
use crate::random::{Stream, stream};
use crate::scenario::Point;
use crate::store::Path;
use crate::trajectory::{Interrupt, Pairs};

/// What makes the streams of pairs others than those of trajectories.
const OF_PAIRS: u64 = 0x7061_6972;

/// The draws of the pairs of a trajectory.
fn of_pairs(point: &Point, number: u64) -> Stream {
    stream(point.seed ^ OF_PAIRS, point.id, number)
}

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
        let pairs = Pairs::new(ensembles.product(), ensembles.start(), ensembles.correlations(), interrupt);
        Some(pairs.unwrap_or_else(|error| unreachable!("it was checked as the scenario was read: {error}")))
    }
}

impl Simulator for Correlating<'_> {
    fn trajectory(&mut self, number: u64) -> Option<Path<'_>> {
        let Correlating { point, alone, pairs } = self;
        let correlations = pairs.sample(&mut of_pairs(point, number))?;
        let path = alone.trajectory(number)?;
        Some(Path { correlations: Some(correlations), ..path })
    }

    fn trajectories(&mut self, first: u64, count: u64, take: &mut dyn FnMut(u64, &Path)) -> Option<()> {
        let Correlating { point, alone, pairs } = self;
        let mut whole = true;
        alone.trajectories(first, count, &mut |number, path| {
            let correlations = if whole { pairs.sample(&mut of_pairs(point, number)) } else { None };
            whole = correlations.is_some();
            if whole {
                take(number, &Path { correlations, ..*path });
            }
        })?;
        whole.then_some(())
    }
}
