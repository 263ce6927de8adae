//! The plan of a campaign: its points, cut into parts of trajectories, and what they will need.

use super::input::Point;

/// A block of consecutive trajectories of one point: the unit of work. A result of its number alone, so that the
/// fold over parts is the same whoever computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The index of the point.
    pub point: usize,
    /// The first trajectory.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// What is to be done, in order. Parts are numbered, not listed: there may be 10^9 of them.
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
    "the scenario needs about {needed:.1} GB of memory and {available:.1} GB are free; \
     fewer `evolution.samples`, `record.photons` or --threads, or no `record.jumps`, need less"
)]
pub struct TooLarge {
    /// Gigabytes.
    pub needed: f64,
    /// Gigabytes.
    pub available: f64,
}

/// Jumps of a part, roughly: some 50 ms of work, so that progress is smooth and threads end together.
const JUMPS_PER_PART: f64 = 2e6;
/// The most trajectories of a part: their rows are held until they are written.
const MAX_PART: u64 = 1024;

impl<'a> Plan<'a> {
    /// The plan of these points.
    #[must_use]
    pub fn new(points: &'a [Point]) -> Self {
        let parts = |point: &Point| point.evolution.trajectories.div_ceil(part_size(point));
        let ends = points.iter().scan(0, |end, point| {
            *end += parts(point);
            Some(*end)
        });
        Plan { points, ends: ends.collect() }
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The part of this number, point after point.
    #[must_use]
    pub fn part(&self, number: u64) -> Option<Part> {
        let point = self.ends.partition_point(|end| *end <= number);
        let of = self.points.get(point)?;
        let before = if point == 0 { 0 } else { self.ends[point - 1] };
        let size = part_size(of);
        let first = (number - before) * size;
        Some(Part { point, first, count: size.min(of.evolution.trajectories - first) })
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
            // Per thread: a record (8), and ensembles in work, in flight and waiting for their turn (16 each).
            // Once: the merged ensemble (16), the rows of the series as they are written (100).
            let grid = cells * (threads as f64 * (8.0 + 4.0 * 16.0) + 116.0);
            // A trajectory's log is bounded by its jumps; all threads hold one, and those of parts that wait.
            let jumps = point.jumps_bound();
            let log = if point.recording.jumps { 3.0 * threads as f64 * 80.0 * jumps } else { 0.0 };
            let photons = (point.recording.photons as u64 * part_size(point)) as f64 * 8.0;
            grid + log + 3.0 * threads as f64 * photons
        };
        self.points.iter().map(point).fold(0.0, f64::max)
    }

    /// Refuses what would not fit the memory that is free now.
    ///
    /// # Errors
    /// How much is needed, and how much there is.
    pub fn check_memory(&self, threads: usize) -> Result<(), TooLarge> {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        let (needed, available) = (self.memory(threads) / 1e9, system.available_memory() as f64 / 1e9);
        // Where the system does not say, nothing is refused.
        if available > 0.0 && needed > available { Err(TooLarge { needed, available }) } else { Ok(()) }
    }
}

/// Trajectories of a part: a power of two that depends on the physics alone, neither on the number of trajectories
/// nor on the machine.
fn part_size(point: &Point) -> u64 {
    let jumps = point.jumps_bound().max(1.0);
    let cells = (point.evolution.times.len() * 20) as f64;
    let wanted = (JUMPS_PER_PART / (jumps + cells)).clamp(1.0, MAX_PART as f64) as u64;
    let size = 1 << wanted.ilog2();
    if point.recording.photons > 0 { size.min((1 << 20) / point.recording.photons as u64).max(1) } else { size }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Purpose, Scenario};
    use super::*;

    fn scenario(trajectories: u64) -> Scenario {
        let text = format!(
            "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = {trajectories}\n\
             [sweep]\n\"qubits.number\" = [1, 2, 3]"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap()
    }

    #[test]
    fn the_parts_cover_every_trajectory_once_and_more_trajectories_add_parts() {
        let (few, many) = (scenario(1500), scenario(5000));
        for (scenario, total) in [(&few, 1500), (&many, 5000)] {
            let mut next = [0; 3];
            let plan = Plan::new(&scenario.points);
            for part in (0..plan.parts()).map_while(|number| plan.part(number)) {
                assert_eq!(part.first, next[part.point]);
                next[part.point] += part.count;
            }
            assert_eq!(next, [total; 3]);
        }
        let parts = |s: &Scenario| Plan::new(&s.points).parts();
        assert!(parts(&few) > 3 && parts(&many) > parts(&few));
        assert_eq!(Plan::new(&few.points).part(parts(&few)), None);
    }
}
