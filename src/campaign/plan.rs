//! The plan of a campaign: its points, cut into parts of trajectories, and what they will need.

use serde::Serialize;

use crate::scenario::Point;

/// Consecutive trajectories of one point that share a file: a result of the physics alone, so that the fold over parts
/// is the same whoever computes them, and however many trajectories are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The index of the point.
    pub point: usize,
    /// The first trajectory.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// What is to be done, in order. Parts are numbered, not listed.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The points.
    pub points: &'a [Point],
    /// For each point, the number of parts of it and of all before.
    ends: Vec<u64>,
}

/// A scenario that does not fit the memory of this machine.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the scenario needs about {} GB of memory and {available:.1} GB are free; \
     fewer `evolution.samples`, `record.photons` or --threads, or no `record.jumps`, need less",
    if *needed < 1e6 { format!("{needed:.1}") } else { format!("{needed:.1e}") }
)]
pub struct TooLarge {
    /// Gigabytes.
    pub needed: f64,
    /// Gigabytes.
    pub available: f64,
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
struct Sizes {
    /// Trajectories of a block, a power of two.
    block: u64,
    /// Trajectories of the largest parts, a power of two.
    part: u64,
}

impl Sizes {
    /// Powers of two that depend on the physics and on what is recorded, neither on the number of trajectories nor on
    /// the machine.
    fn of(point: &Point) -> Self {
        let (work, jumps) = (point.work_bound().max(1.0), point.jumps_bound().max(1.0));
        let cells = (point.evolution.times.len() * 20) as f64;
        let logged = if point.recording.jumps { jumps } else { 0.0 } + point.recording.photons as f64;
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
    fn first(self, number: u64) -> u64 {
        match number {
            0 => 0,
            n if n <= self.ramp() => self.block << (n - 1),
            n => self.part * (n - self.ramp()),
        }
    }

    /// The parts of so many trajectories.
    fn parts(self, trajectories: u64) -> u64 {
        if trajectories <= self.part {
            let blocks = trajectories.div_ceil(self.block);
            u64::from(blocks > 0) + u64::from(blocks.next_power_of_two().ilog2())
        } else {
            self.ramp() + trajectories.div_ceil(self.part)
        }
    }
}

impl<'a> Plan<'a> {
    /// The plan of these points.
    #[must_use]
    pub fn new(points: &'a [Point]) -> Self {
        let ends = points.iter().scan(0, |end, point| {
            *end += Sizes::of(point).parts(point.evolution.trajectories);
            Some(*end)
        });
        Plan { points, ends: ends.collect() }
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// How many parts a point has.
    #[must_use]
    pub fn parts_of(&self, point: usize) -> u64 {
        self.ends[point] - if point == 0 { 0 } else { self.ends[point - 1] }
    }

    /// A part of a point by its number there.
    #[must_use]
    pub fn part(&self, point: usize, number: u64) -> Part {
        let of = &self.points[point];
        let sizes = Sizes::of(of);
        let first = sizes.first(number);
        Part { point, first, count: (sizes.first(number + 1) - first).min(of.evolution.trajectories - first) }
    }

    /// All parts point after point: the order in which they are folded.
    pub fn in_order(&self) -> impl Iterator<Item = Part> + '_ {
        (0..self.points.len())
            .flat_map(move |point| (0..self.parts_of(point)).map(move |number| self.part(point, number)))
    }

    /// All parts in the order in which they are computed: the first of every point, then the second ... so that every
    /// point has an estimate soon; the costly points first, so that no thread is left alone with one at the end.
    pub fn schedule(&self) -> impl Iterator<Item = Part> + Send + '_ {
        let mut points: Vec<usize> = (0..self.points.len()).collect();
        points.sort_by(|a, b| self.points[*b].work_bound().total_cmp(&self.points[*a].work_bound()));
        let rounds = points.iter().map(|point| self.parts_of(*point)).max().unwrap_or(0);
        (0..rounds).flat_map(move |round| {
            points.retain(|point| self.parts_of(*point) > round);
            points.clone().into_iter().map(move |point| self.part(point, round))
        })
    }

    /// The blocks of a part, each (first trajectory, how many): the units of work, folded in this order.
    pub fn blocks(&self, part: Part) -> impl ExactSizeIterator<Item = (u64, u64)> + use<> {
        let block = Sizes::of(&self.points[part.point]).block;
        let blocks = part.count.div_ceil(block) as usize;
        (0..blocks).map(move |number| {
            let before = number as u64 * block;
            (part.first + before, block.min(part.count - before))
        })
    }

    /// Trajectories of all points.
    #[must_use]
    pub fn trajectories(&self) -> u64 {
        self.points.iter().map(|point| point.evolution.trajectories).sum()
    }

    /// An estimate of the memory of a run, in bytes.
    #[must_use]
    pub fn memory(&self, threads: usize) -> f64 {
        let point = |point: &Point| {
            let cells = (point.evolution.times.len() * point.columns().len()) as f64;
            // Per thread: a record (8), and ensembles in work and waiting for their turn in a part (16 each).
            // Once: the merged ensemble (16), a part as it is written (32), the rows of the series (100).
            let grid = cells * (threads as f64 * (8.0 + 4.0 * 16.0) + 148.0);
            // A trajectory's log is bounded by its jumps; all threads hold one, and those of parts that wait.
            let jumps = point.jumps_bound();
            let log = if point.recording.jumps { 3.0 * threads as f64 * 80.0 * jumps } else { 0.0 };
            let sizes = Sizes::of(point);
            let photons = (point.recording.photons as u64 * sizes.block) as f64 * 8.0;
            let rows = (sizes.part.min(point.evolution.trajectories) * 200) as f64;
            grid + log + 3.0 * threads as f64 * photons + 4.0 * rows
        };
        self.points.iter().map(point).fold(0.0, f64::max)
    }

    /// Refuses what would not fit the memory that is free now.
    ///
    /// # Errors
    /// How much is needed, and how much there is.
    pub fn check_memory(&self, threads: usize) -> Result<(), TooLarge> {
        let (needed, available) = (self.memory(threads) / 1e9, available_memory() / 1e9);
        if needed > available { Err(TooLarge { needed, available }) } else { Ok(()) }
    }
}

/// Bytes that are free; infinite where the system does not say, so that nothing is refused.
pub fn available_memory() -> f64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory();
    if free > 0 { free as f64 } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};

    fn scenario(trajectories: u64) -> Scenario {
        let text = format!(
            "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = {trajectories}\n\
             [sweep]\n\"qubits.number\" = [1, 200, 3]"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap()
    }

    #[test]
    fn the_parts_cover_every_trajectory_once_and_their_blocks_do_so_too() {
        for total in [1, 1023, 1024, 1025, 5000, 65_536, 65_537, 1_000_000] {
            let scenario = scenario(total);
            let plan = Plan::new(&scenario.points);
            let mut next = [0; 3];
            for part in plan.in_order() {
                assert_eq!(part.first, next[part.point]);
                for (first, count) in plan.blocks(part) {
                    assert!(count > 0 && first == next[part.point]);
                    next[part.point] += count;
                }
                assert_eq!(part.first + part.count, next[part.point]);
            }
            assert_eq!(next, [total; 3]);
            let mut scheduled: Vec<Part> = plan.schedule().collect();
            assert_eq!(scheduled[0].point, 1, "the costly point first");
            scheduled.sort_by_key(|part| (part.point, part.first));
            assert_eq!(scheduled, plan.in_order().collect::<Vec<_>>());
        }
    }

    #[test]
    fn more_trajectories_add_parts_and_change_none_but_the_last() {
        let (few, many) = (scenario(100_000), scenario(1_000_000));
        let parts = |s: &Scenario| Plan::new(&s.points).in_order().filter(|p| p.point == 0).collect::<Vec<_>>();
        let (few, many) = (parts(&few), parts(&many));
        assert!(few.len() > 7 && many.len() > few.len());
        assert_eq!(few[..few.len() - 1], many[..few.len() - 1]);
    }
}
