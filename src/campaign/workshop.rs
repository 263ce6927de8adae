//! The parts of a campaign, to be computed by whatever one has: what is missing, what a part comes to as the bytes of its
//! file, and the taking of such bytes from anywhere. Results are then made by [`fn@super::run`], to the bits of one machine.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use rayon::ThreadPool;

use super::compute::{News, Tally, compute, in_turn};
use super::converge::{Relaxation, converge_with};
use super::error::RunError;
use super::missing::missing;
use super::open::{open, refuse_foreign};
use super::options::RunOptions;
use super::settle::relaxations;
use super::standing::refuse_less;
use crate::plan::{Part, Plan};
use crate::results::RelaxationFrom;
use crate::scenario::{Asked, Converge, Point, Scenario};
use crate::store::{Folder, Gaps, Role, RoundPart, Shelf, decode, encode, part_of, round_of};
use crate::trajectory::Interrupt;

/// The folder of a campaign, held as long as others compute its parts.
pub struct Workshop {
    scenario: Scenario,
    folder: Folder,
    /// How slowly each point relaxes, of steady states.
    relaxations: Vec<Option<Relaxation>>,
    threads: usize,
}

impl Workshop {
    /// Takes the folder, and makes it where it is not there.
    ///
    /// # Errors
    /// A scenario that is solved without trajectories, a budget that does not reach for a first round, a folder of other
    /// results, or one in which another process is at work.
    pub fn open(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        if let Some(point) = scenario.points.iter().find(|point| matches!(point.asked, Asked::Solve(_))) {
            return Err(RunError::NotInParts { point: point.index });
        }
        if !options.fresh {
            refuse_foreign(&options.output, scenario)?;
            refuse_less(&options.output, scenario)?;
        }
        let relaxations = relaxations(scenario, options)?;
        let folder = open(&options.output, scenario, Role::of_results(options.fresh), &mut |_| {})?;
        Ok(Workshop { scenario: scenario.clone(), folder, relaxations, threads: options.threads })
    }

    /// The parts of the round that each point of a steady state is at, as far as they are not there yet; once they are, the
    /// next round has others, until there are none.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn rounds(&self) -> Result<Vec<RoundPart>, RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let never = Interrupt::default();
        let mut parts = Vec::new();
        for (point, relaxation) in self.scenario.points.iter().zip(&self.relaxations) {
            let (Asked::Converge(asked), Some(relaxation)) = (&point.asked, relaxation) else { continue };
            parts.extend(rounds_of(&self.folder, (point, asked), *relaxation, (&pool, &never))?);
        }
        // Points of the same physics share rounds.
        let mut seen = HashSet::new();
        parts.retain(|part| seen.insert((self.scenario.points[part.point].id, part.name())));
        Ok(parts)
    }

    /// Keeps a part of a round from the bytes of its file, once they are seen to be whole and of this campaign; says its
    /// name.
    ///
    /// # Errors
    /// Bytes that are of no part of it, or that cannot be written.
    pub fn put_round(&self, bytes: &[u8]) -> Result<String, RunError> {
        put_round(&self.folder, &self.scenario, bytes)
    }

    /// The parts of a transient that are not there yet, in the order in which to compute them; none of a steady state, which
    /// has [`Workshop::rounds`].
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn missing(&self) -> Result<Vec<Part>, RunError> {
        if !self.scenario.points.iter().all(is_transient) {
            return Ok(Vec::new());
        }
        let plan = Plan::new(&self.scenario.points);
        Ok(missing(&plan, self.folder.present()?).collect())
    }

    /// Keeps a part from the bytes of its file, once they are seen to be whole and of this campaign; says which it is.
    ///
    /// # Errors
    /// Bytes that are of no part of it, or that cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<Part, RunError> {
        put(&self.folder, &self.scenario, bytes)
    }
}

/// The parts that are missing of the round that a point is at; none once it has come to its end.
pub(super) fn rounds_of(
    folder: &Folder,
    (point, asked): (&Point, &Converge),
    relaxation: Relaxation,
    (pool, stop): (&ThreadPool, &Interrupt),
) -> Result<Vec<RoundPart>, RunError> {
    let shelf = Shelf::new(folder, Gaps::Tell(Mutex::default()));
    converge_with((point, asked), relaxation, (pool, stop, Some(&shelf)), &mut |_| {})?;
    let Gaps::Tell(told) = shelf.gaps else { unreachable!("it was made to tell") };
    Ok(told.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Keeps a part of a round from the bytes of its file, and says its name.
pub(super) fn put_round(folder: &Folder, scenario: &Scenario, bytes: &[u8]) -> Result<String, RunError> {
    let (id, seed, piece) = round_of(bytes).map_err(RunError::NoPart)?;
    folder.write_piece_bytes(find(scenario, id, seed)?, &piece, bytes)?;
    Ok(piece.name())
}

/// Keeps a part of a transient from the bytes of its file, and says which it is.
pub(super) fn put(folder: &Folder, scenario: &Scenario, bytes: &[u8]) -> Result<Part, RunError> {
    let (id, seed, first, count) = part_of(bytes).map_err(RunError::NoPart)?;
    let point = find(scenario, id, seed)?;
    let part = Part { point: point.index, first, count };
    decode(point, part, bytes).map_err(RunError::NoPart)?;
    folder.write_bytes(point, part, bytes)?;
    Ok(part)
}

fn find(scenario: &Scenario, id: u64, seed: u64) -> Result<&Point, RunError> {
    let point = scenario.points.iter().find(|point| (point.id, point.seed) == (id, seed));
    point.ok_or_else(|| RunError::NoPart(format!("there is no point {id:016x} of seed {seed}")))
}

fn is_transient(point: &Point) -> bool {
    matches!(point.asked, Asked::Transient(_))
}

fn no_part(Part { point, first, count }: Part) -> RunError {
    RunError::NoPart(format!("it has no trajectories {first} and {count} on of a point {point}"))
}

/// Computes a part of a round on so many threads, to the bytes of its file; `None` where it was stopped. On any machine
/// of the same kind they are the same.
///
/// # Errors
/// A part that is none of this scenario, or threads that cannot be started.
pub fn compute_round(
    scenario: &Scenario,
    part: &RoundPart,
    threads: usize,
    stop: &Interrupt,
) -> Result<Option<Vec<u8>>, RunError> {
    let none = || RunError::NoPart(format!("it has no {} of a point {}", part.name(), part.point));
    let point = scenario.points.get(part.point).ok_or_else(none)?;
    let Asked::Converge(asked) = &point.asked else { return Err(none()) };
    if !part.is_possible() {
        return Err(none());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let shelf = Shelf::errand(part.clone());
    // Where the time is from decides of no trajectory.
    let relaxation = (part.relaxation_time, RelaxationFrom::Exact);
    converge_with((point, asked), relaxation, (&pool, stop, Some(&shelf)), &mut |_| {})?;
    let Gaps::Bring(_, bytes) = shelf.gaps else { unreachable!("it was sent for a part") };
    Ok(bytes.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Computes a part on so many threads, to the bytes of its file; `None` where it was stopped. On any machine of the same
/// kind they are the same.
///
/// # Errors
/// A part that is none of this scenario, or threads that cannot be started.
pub fn compute_part(
    scenario: &Scenario,
    part: Part,
    threads: usize,
    stop: &Interrupt,
) -> Result<Option<Vec<u8>>, RunError> {
    let plan = Plan::new(&scenario.points);
    let within = |point: &Point| {
        let end = part.first.checked_add(part.count);
        is_transient(point) && part.count > 0 && end.is_some_and(|end| end <= point.trajectories())
    };
    scenario.points.get(part.point).filter(|point| within(point)).ok_or_else(|| no_part(part))?;
    let tallies: Vec<Tally> = scenario.points.iter().map(|_| Tally::default()).collect();
    let mut bytes = None;
    let how = (stop, tallies.as_slice());
    compute(&plan, in_turn(std::iter::once(part)), Vec::new(), threads, how, |news| {
        if let News::Part(part, result) = news {
            bytes = Some(encode(&scenario.points[part.point], part, &result));
        }
        Ok::<(), RunError>(())
    })?;
    Ok(bytes)
}
