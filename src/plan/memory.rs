//! The memory that a run will need, and what there is.

use super::schedule::Plan;
use super::sizes::Sizes;
use crate::group::Ensembles;
use crate::scenario::{Asked, Point};
use crate::statistics::{GROUPS, OfCycle, Sums};

/// A scenario that does not fit the memory of this machine.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the scenario needs about {} GB of memory and {available:.1} GB are free",
    if *needed < 1e6 { format!("{needed:.1}") } else { format!("{needed:.1e}") }
)]
pub struct TooLarge {
    /// Gigabytes.
    pub needed: f64,
    /// Gigabytes.
    pub available: f64,
    /// Whether what is kept of each cycle of a protocol is most of it.
    pub of_cycles: bool,
}

impl Plan<'_> {
    /// An estimate of the memory of a run, in bytes.
    #[must_use]
    pub fn memory(&self, threads: usize) -> f64 {
        let point = |point: &Point| {
            let cells = (point.times().len() * point.columns().len()) as f64;
            // Per thread: a record (8), and ensembles in work and waiting for their turn in a part (16 each).
            // Once: the merged ensemble (16), a part as it is written (32), the rows of the series (100).
            // Fourth powers of superposed states beside (40).
            let sums = if point.facts().coherent { 56.0 } else { 16.0 };
            let grid = cells * (threads as f64 * (8.0 + 4.0 * sums) + 132.0 + sums);
            // A trajectory's log is bounded by its jumps; all threads hold one, and those of parts that wait.
            let jumps = point.jumps_bound();
            let log = if point.recording.jumps { 3.0 * threads as f64 * 80.0 * jumps } else { 0.0 };
            let sizes = Sizes::of(point);
            let photons = (point.recording.photons as u64 * sizes.block) as f64 * 8.0;
            let rows = (rows(point, sizes) * 200) as f64;
            let states = threads as f64 * point.ensembles().map_or(0.0, Ensembles::memory);
            states + grid + log + 3.0 * threads as f64 * photons + 4.0 * rows + counted(point) + booked(point, threads)
        };
        self.points.iter().map(point).fold(0.0, f64::max)
    }

    /// Refuses what would not fit the memory that is free now.
    ///
    /// # Errors
    /// How much is needed, and how much there is.
    pub fn check_memory(&self, threads: usize) -> Result<(), TooLarge> {
        let (needed, available) = (self.memory(threads) / 1e9, available_memory() / 1e9);
        let of_cycles = || self.points.iter().any(|point| booked(point, threads) / 1e9 > 0.5 * needed);
        if needed > available { Err(TooLarge { needed, available, of_cycles: of_cycles() }) } else { Ok(()) }
    }
}

/// The most rows of trajectories that a part holds.
fn rows(point: &Point, sizes: Sizes) -> u64 {
    sizes.largest.min(point.recording.trajectories.among(0, point.trajectories()))
}

/// Bytes of what is booked of each cycle: a ledger, and averages in work and waiting for their turn, of every thread; and
/// rows, where they are kept.
fn booked(point: &Point, threads: usize) -> f64 {
    let Some(protocol) = point.protocol() else { return 0.0 };
    let cells = protocol.cycles() as f64 * OfCycle::count(protocol.baths()) as f64;
    let sizes = Sizes::of(point);
    let kept = if point.recording.cycles { rows(point, sizes) as f64 * 16.0 } else { 0.0 };
    let sums = if point.facts().coherent { 56.0 } else { 16.0 };
    cells * (threads as f64 * (8.0 + 4.0 * sums) + 132.0 + sums + 4.0 * kept)
}

/// Bytes of the counting statistics of a steady run: the sums of every group, those before and those of the round in hand,
/// and their piece as it is written.
fn counted(point: &Point) -> f64 {
    let Asked::Converge(asked) = &point.asked else { return 0.0 };
    let noise = &asked.steady.noise;
    let rate: f64 = point.groups.iter().map(|group| group.model.jump_rate_bound()).sum();
    let jumps = noise.windows.iter().map(|window| rate * window);
    let passages = 3.0 * size_of::<f64>() as f64 * (noise.passage.len() * noise.passage_times.len()) as f64;
    let counts = Sums::memory(noise.baths.len(), jumps, noise.frequencies.len(), noise.delays.len());
    4.0 * GROUPS as f64 * (counts + passages)
}

/// Bytes that are free; infinite where the system does not say, so that nothing is refused.
pub fn available_memory() -> f64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory();
    if free > 0 { free as f64 } else { f64::INFINITY }
}
