//! How the trajectories of a point are cut into parts, the units of storage, and these into blocks, the units of work.

use serde::{Deserialize, Serialize};

use crate::scenario::Point;

/// Consecutive trajectories of one point that share a file: a result of the physics alone, so that the fold over parts
/// is the same whoever computes them, and however many trajectories are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
/// By how many times a block may be longer so that as many trajectories are in it as are best run at once.
const COMPANY: f64 = 128.0;
/// The fewest trajectories of a block that go side by side: of a few most of the room beside them would be empty.
const FEWEST_ABREAST: u64 = 16;
/// The most trajectories of a block.
const MAX_BLOCK: u64 = 1024;
/// The most blocks of a part: some seconds of work, lost at most when a run is killed.
const MAX_BLOCKS: u64 = 256;
/// The most trajectories of a part that have rows: these are held until it is written.
const MAX_PART: u64 = 65_536;
/// So many parts are of one size before they are twice as large, so that there are never many more of them.
const ALIKE: u64 = 1024;
/// By how many times parts grow at most: to some ten minutes of work.
const GROWTH: u64 = 128;
/// The most logged jumps, and photon times, of a part: they are held until it is written.
const MAX_LOG: f64 = 2e6;

/// How many trajectories of a point are run at once: one where each takes so long that blocks have but a few.
#[must_use]
pub fn abreast(point: &Point) -> usize {
    if Sizes::of(point).block < FEWEST_ABREAST { 1 } else { point.abreast() }
}

/// How the trajectories of a point are cut: into parts of one, one, two, four ... blocks, up to `part` trajectories; then
/// 1024 of that size, 1024 twice as large, and so on up to `largest`. The ends of the first parts are preset sizes that
/// double, at which a rule may ask whether more are needed, and the first of them come soon.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Trajectories of a block, a power of two.
    pub block: u64,
    /// Trajectories of full parts, a power of two.
    pub part: u64,
    /// Trajectories of the largest parts, a power of two.
    pub largest: u64,
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
        let block = JUMPS_PER_BLOCK / (work + cells);
        // Those that go side by side gain by company.
        let block = block.max((COMPANY * block).min(point.abreast() as f64)).clamp(1.0, MAX_BLOCK as f64) as u64;
        let power = |size: u64| 1 << size.ilog2();
        let block = power(block.min(most));
        let part = power((block * MAX_BLOCKS).min(MAX_PART).min(most));
        // The rows of a part without an end are many.
        let rows = point.recording.trajectories.among(0, u64::MAX) > MAX_PART;
        let grown = (block * MAX_BLOCKS * GROWTH).min(if rows { MAX_PART } else { u64::MAX }).min(most);
        Sizes { block, part, largest: power(grown).max(part) }
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
            n => self.part * self.before(n - self.ramp()),
        }
    }

    /// The parts of so many trajectories.
    pub fn parts(self, trajectories: u64) -> u64 {
        if trajectories <= self.part {
            let blocks = trajectories.div_ceil(self.block);
            return u64::from(blocks > 0) + u64::from(blocks.next_power_of_two().ilog2());
        }
        let full = trajectories.div_ceil(self.part);
        let level = (0..self.levels()).take_while(|level| self.before(ALIKE * (level + 1)) < full).last();
        let level = level.map_or(0, |level| level + 1).min(self.levels());
        let (number, start) = (ALIKE * level, self.before(ALIKE * level));
        self.ramp() + number + (full - start).div_ceil(1 << level)
    }

    /// How often parts double.
    fn levels(self) -> u64 {
        u64::from((self.largest / self.part).ilog2())
    }

    /// The full parts that would hold what is in so many parts, of which the first is all that is before the first full one.
    fn before(self, parts: u64) -> u64 {
        let level = (parts / ALIKE).min(self.levels());
        // 1024 of each size before: 1 + 2 + 4 ...
        ALIKE * ((1 << level) - 1) + ((parts - ALIKE * level) << level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};

    #[test]
    fn parts_grow_and_end_where_the_next_begins() {
        for sizes in [
            Sizes { block: 4, part: 64, largest: 64 },
            Sizes { block: 4, part: 64, largest: 512 },
            Sizes { block: 1, part: 1, largest: 128 },
        ] {
            let mut before = 0;
            for number in 0..12 * ALIKE {
                let (first, next) = (sizes.first(number), sizes.first(number + 1));
                let count = next - first;
                assert!(count.is_power_of_two() && count >= before.min(sizes.part) && count <= sizes.largest);
                before = count;
                // So many parts are needed for all before it, one more for one trajectory more.
                assert_eq!((sizes.parts(first), sizes.parts(first + 1)), (number, number + 1), "{sizes:?}");
                assert_eq!(sizes.parts(next), number + 1);
            }
            assert_eq!(before, sizes.largest);
        }
        // 10^13 jumps of one point, in parts of 10^8 at first.
        let sizes = Sizes { block: 128, part: 32_768, largest: 32_768 * 128 };
        assert!(sizes.parts(32_768 * 100_000) < 7000);
    }

    #[test]
    fn trajectories_go_abreast_where_blocks_have_more_than_a_few() {
        let at_once = |until: f64| {
            let text = format!(
                "[qubits]\nnumber = 12\nfrequencies = [{}]\n[[bath]]\nname = \"b\"\ncoupling = \"collective\"\n\
                 rate = 1.0\ntemperature = 1.0\n[initial]\nstate = \"ground\"\n[evolution]\nuntil = {until}\n\
                 trajectories = 10",
                (0..12).map(|qubit| format!("{}", 1.0 + 0.01 * f64::from(qubit))).collect::<Vec<_>>().join(", ")
            );
            let read = Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap();
            let block = Sizes::of(&read.points[0]).block;
            (abreast(&read.points[0]), block)
        };
        let [(short, of_short), (long, of_long)] = [at_once(1.0), at_once(1000.0)];
        assert!(short > 1 && of_short >= FEWEST_ABREAST, "{short} {of_short}");
        assert!(long == 1 && of_long < FEWEST_ABREAST, "{long} {of_long}");
    }
}
