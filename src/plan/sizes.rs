//! How the trajectories of a point are cut into parts, the units of storage, and these into blocks, the units of work.

use serde::Serialize;

use crate::scenario::Point;

/// Consecutive trajectories of one point that share a file: a result of the physics alone, so that the fold over parts
/// is the same whoever computes them, and however many trajectories are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Part {
    /// The index of the point.
    pub point: usize,
    /// The first trajectory.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// Jumps of a block, roughly: some 20 ms of work, so that progress is smooth and threads end together.
const JUMPS_PER_BLOCK: f64 = 2e6;
/// The most trajectories of a block.
const MAX_BLOCK: u64 = 1024;
/// The most blocks of a part: some seconds of work, lost at most when a run is killed.
const MAX_BLOCKS: u64 = 256;
/// The most trajectories of a part: their rows are held until it is written.
const MAX_PART: u64 = 65_536;
/// The most logged jumps, and photon times, of a part: they are held until it is written.
const MAX_LOG: f64 = 2e6;

/// How the trajectories of a point are cut: into parts of one, one, two, four ... blocks, up to `part` trajectories,
/// and of so many from there on. The ends of parts are preset sizes that double, at which a rule may ask whether more
/// are needed, and the first of them come soon.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Trajectories of a block, a power of two.
    pub block: u64,
    /// Trajectories of the largest parts, a power of two.
    pub part: u64,
}

impl Sizes {
    /// Powers of two that depend on the physics and on what is recorded, neither on the number of trajectories nor on
    /// the machine.
    pub fn of(point: &Point) -> Self {
        let (work, jumps) = (point.work_bound().max(1.0), point.jumps_bound().max(1.0));
        let cells = (point.times().len() * 20) as f64;
        let cycles =
            point.protocol().filter(|_| point.recording.cycles).map_or(0.0, |protocol| protocol.cycles() as f64);
        let logged = if point.recording.jumps { jumps } else { 0.0 } + point.recording.photons as f64 + cycles;
        let most = (MAX_LOG / logged.max(1e-9)).clamp(1.0, 1e12) as u64;
        let block = (JUMPS_PER_BLOCK / (work + cells)).clamp(1.0, MAX_BLOCK as f64) as u64;
        let power = |size: u64| 1 << size.ilog2();
        let block = power(block.min(most));
        Sizes { block, part: power((block * MAX_BLOCKS).min(MAX_PART).min(most)) }
    }

    /// Part 0 is the first block; 1 to `ramp` double what is there; further ones are all alike.
    fn ramp(self) -> u64 {
        u64::from((self.part / self.block).ilog2())
    }

    /// The first trajectory of part `number`.
    pub fn first(self, number: u64) -> u64 {
        match number {
            0 => 0,
            n if n <= self.ramp() => self.block << (n - 1),
            n => self.part * (n - self.ramp()),
        }
    }

    /// The parts of so many trajectories.
    pub fn parts(self, trajectories: u64) -> u64 {
        if trajectories <= self.part {
            let blocks = trajectories.div_ceil(self.block);
            u64::from(blocks > 0) + u64::from(blocks.next_power_of_two().ilog2())
        } else {
            self.ramp() + trajectories.div_ceil(self.part)
        }
    }
}
