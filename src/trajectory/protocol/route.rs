//! The way through a protocol, stretch by stretch.

use crate::model::protocol::{Protocol, Stage, Stretch};

/// The segments of a protocol, cut at corners and edges.
#[derive(Clone, Debug)]
pub struct Route {
    pub protocol: Protocol,
    /// Of each segment.
    stretches: Vec<Vec<Stretch>>,
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
    pub stage: &'a Stage,
    pub stretch: &'a Stretch,
    /// Which segment, and which stretch of it.
    pub index: (usize, usize),
    /// When the segment began.
    pub offset: f64,
}

impl Route {
    pub fn new(protocol: &Protocol) -> Self {
        Route { stretches: protocol.stages().iter().map(Stage::stretches).collect(), protocol: protocol.clone() }
    }

    /// What each stretch of each segment is gone through by.
    pub fn each<T>(&self, mut way: impl FnMut(&Stage, &Stretch) -> T) -> Vec<Vec<T>> {
        let stages = self.protocol.stages().iter().zip(&self.stretches);
        stages.map(|(stage, stretches)| stretches.iter().map(|stretch| way(stage, stretch)).collect()).collect()
    }

    /// Goes from one time to another, while `go` goes on over each part of a stretch. A time at which a stretch ends is
    /// still of it.
    pub fn along(&self, walk: &mut Walk, [start, end]: [f64; 2], mut go: impl FnMut(&Leg, [f64; 2]) -> bool) {
        let (stages, cycles, period) = (self.protocol.stages(), self.protocol.cycles(), self.protocol.period());
        let mut now = start;
        loop {
            let Walk { cycle, stage, stretch } = *walk;
            let offset = cycle as f64 * period + stages[stage].start;
            let stretches = &self.stretches[stage];
            let very_last = cycle + 1 == cycles && stage + 1 == stages.len() && stretch + 1 == stretches.len();
            let here = if very_last { f64::INFINITY } else { offset + stretches[stretch].until };
            let until = end.min(here);
            // No time at all draws a wait as well, as it does without a protocol.
            if now < until || start == end {
                let leg = Leg { stage: &stages[stage], stretch: &stretches[stretch], index: (stage, stretch), offset };
                if !go(&leg, [now, until]) {
                    return;
                }
                now = until;
            }
            if end <= here {
                return;
            }
            *walk = if stretch + 1 < stretches.len() {
                Walk { stretch: stretch + 1, ..*walk }
            } else if stage + 1 < stages.len() {
                Walk { cycle, stage: stage + 1, stretch: 0 }
            } else {
                Walk { cycle: cycle + 1, stage: 0, stretch: 0 }
            };
        }
    }
}
