//! The parts of a campaign, to be computed by whatever one has: what is missing, what a part comes to as the bytes of its
//! file, and the taking of such bytes from anywhere. Results are then made by [`fn@super::run`], to the bits of one machine.

use super::compute::{News, Tally, compute};
use super::error::RunError;
use super::open::{open, refuse_foreign};
use super::options::RunOptions;
use super::transient::missing;
use crate::plan::{Part, Plan};
use crate::scenario::{Asked, Point, Scenario};
use crate::store::{Folder, decode, encode, part_of};
use crate::trajectory::Interrupt;

/// The folder of a campaign, held as long as others compute its parts.
pub struct Workshop {
    scenario: Scenario,
    folder: Folder,
}

impl Workshop {
    /// Takes the folder, and makes it where it is not there.
    ///
    /// # Errors
    /// A scenario that asks for no transient, a folder of other results, or one in which another process is at work.
    pub fn open(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        if let Some(point) = scenario.points.iter().find(|point| !is_transient(point)) {
            return Err(RunError::NotInParts { point: point.index });
        }
        if !options.fresh {
            refuse_foreign(&options.output, scenario)?;
        }
        let folder = open(&options.output, scenario, None, options.fresh)?;
        Ok(Workshop { scenario: scenario.clone(), folder })
    }

    /// The parts that are not there yet, in the order in which to compute them.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn missing(&self) -> Result<Vec<Part>, RunError> {
        let plan = Plan::new(&self.scenario.points);
        Ok(missing(&plan, None, self.folder.present()?).collect())
    }

    /// Keeps a part from the bytes of its file, once they are seen to be whole and of this campaign; says which it is.
    ///
    /// # Errors
    /// Bytes that are of no part of it, or that cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<Part, RunError> {
        let points = &self.scenario.points;
        let (id, seed, first, count) = part_of(bytes).map_err(RunError::NoPart)?;
        let point = points.iter().find(|point| (point.id, point.seed) == (id, seed));
        let point = point.ok_or_else(|| RunError::NoPart(format!("there is no point {id:016x} of seed {seed}")))?;
        let part = Part { point: point.index, first, count };
        decode(point, part, bytes).map_err(RunError::NoPart)?;
        self.folder.write_bytes(point, part, bytes)?;
        Ok(part)
    }
}

fn is_transient(point: &Point) -> bool {
    matches!(point.asked, Asked::Transient(_))
}

fn no_part(Part { point, first, count }: Part) -> RunError {
    RunError::NoPart(format!("it has no trajectories {first} and {count} on of a point {point}"))
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
    compute(&plan, std::iter::once(part), Vec::new(), threads, how, |news| {
        if let News::Part(part, result) = news {
            bytes = Some(encode(&scenario.points[part.point], part, &result));
        }
        Ok::<(), RunError>(())
    })?;
    Ok(bytes)
}
