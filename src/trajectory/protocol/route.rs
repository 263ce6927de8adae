//! The way through a protocol, stretch by stretch.

use crate::model::product::ProductProtocol;
use crate::model::protocol::{Protocol, Stretch};

/// The segments of a protocol, cut at corners and edges.
#[derive(Clone, Debug)]
pub struct Route {
    /// When each segment starts within a cycle, and what it is cut into.
    segments: Vec<(f64, Vec<Stretch>)>,
    cycles: u64,
    period: f64,
}

/// How far on it a state is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walk {
    cycle: u64,
    stage: usize,
    stretch: usize,
}

/// A stretch of a segment, in some cycle.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    pub stretch: &'a Stretch,
    /// Which segment, and which stretch of it.
    pub index: (usize, usize),
    /// When the segment began.
    pub offset: f64,
}

impl Route {
    pub fn of(protocol: &Protocol) -> Self {
        let segments = protocol.stages().iter().map(|stage| (stage.start, stage.stretches())).collect();
        Route { segments, cycles: protocol.cycles(), period: protocol.period() }
    }

    pub fn of_product(protocol: &ProductProtocol) -> Self {
        let segments = protocol.stages().iter().map(|stage| (stage.start, stage.stretches())).collect();
        Route { segments, cycles: protocol.cycles(), period: protocol.period() }
    }

    /// What each stretch of each segment, which goes by its place, is gone through by.
    pub fn each<T>(&self, mut way: impl FnMut(usize, &Stretch) -> T) -> Vec<Vec<T>> {
        let segments = self.segments.iter().enumerate();
        segments.map(|(stage, (_, stretches))| stretches.iter().map(|one| way(stage, one)).collect()).collect()
    }

    /// Where a state is.
    pub fn leg(&self, walk: Walk) -> Leg<'_> {
        let (start, stretches) = &self.segments[walk.stage];
        let offset = walk.cycle as f64 * self.period + start;
        Leg { stretch: &stretches[walk.stretch], index: (walk.stage, walk.stretch), offset }
    }

    /// Goes from one time to another, while `go` goes on over each part of a stretch. A time at which a stretch ends is
    /// still of it.
    pub fn along(&self, walk: &mut Walk, [start, end]: [f64; 2], mut go: impl FnMut(&Leg, [f64; 2]) -> bool) {
        let mut now = start;
        loop {
            let Walk { cycle, stage, stretch } = *walk;
            let leg = self.leg(*walk);
            let stretches = self.segments[stage].1.len();
            let very_last = cycle + 1 == self.cycles && stage + 1 == self.segments.len() && stretch + 1 == stretches;
            let here = if very_last { f64::INFINITY } else { leg.offset + leg.stretch.until };
            let until = end.min(here);
            // No time at all draws a wait as well, as it does without a protocol.
            if now < until || start == end {
                if !go(&leg, [now, until]) {
                    return;
                }
                now = until;
            }
            if end <= here {
                return;
            }
            *walk = if stretch + 1 < stretches {
                Walk { stretch: stretch + 1, ..*walk }
            } else if stage + 1 < self.segments.len() {
                Walk { cycle, stage: stage + 1, stretch: 0 }
            } else {
                Walk { cycle: cycle + 1, stage: 0, stretch: 0 }
            };
        }
    }
}
