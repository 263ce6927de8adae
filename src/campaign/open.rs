//! The folder of a scenario: whether it holds its results already, or those of another, and the taking of it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::options::{Event, RunOptions};
use crate::results::{Head, PointSummary, SUMMARY, SUMS, Soundness, Summary, Sums, soundness};
use crate::scenario::{Asked, Point, Scenario};
use crate::statistics::Target;
use crate::store::{Folder, Manifest, Role, StoreError, points_held};

/// Refuses results of anything but this scenario, grown or not.
pub fn refuse_foreign(output: &Path, scenario: &Scenario) -> Result<(), StoreError> {
    let difference = match Manifest::read(output) {
        Ok(Some(manifest)) => manifest.difference(scenario),
        Ok(None) | Err(StoreError::Damaged { .. }) => unclaimed(output, scenario)?,
        Err(error) => return Err(error),
    };
    let folder = output.to_owned();
    difference.map_or(Ok(()), |difference| Err(StoreError::Foreign { folder, difference }))
}

/// In what the content of a folder differs from a scenario, where nothing that can be read says whose it is. Parts are
/// named by their points, and each says the rest itself, so that a scenario that has these points goes on from them.
fn unclaimed(output: &Path, scenario: &Scenario) -> Result<Option<String>, StoreError> {
    let held = points_held(output)?;
    if held.is_empty() {
        return results_alone(output, scenario);
    }
    let ours: HashSet<(u64, u64)> = scenario.points.iter().map(|point| (point.id, point.seed)).collect();
    let (all, others) = (held.len(), held.difference(&ours).count());
    Ok((others > 0).then(|| format!("parts of {all} points, of which {others} are none of this scenario's")))
}

/// The same where there are no parts: results that were solved, or none.
fn results_alone(output: &Path, scenario: &Scenario) -> Result<Option<String>, StoreError> {
    let sums = Sums::read(output).ok().flatten();
    let fingerprint = scenario.fingerprint();
    if sums.as_ref().is_some_and(|sums| sums.are_of(&fingerprint)) {
        return Ok(None);
    }
    let fault = sums.and_then(|sums| sums.fault(output, SUMMARY));
    match (Summary::read(output), fault) {
        (Ok(None), fault) => Ok(fault.map(|why| format!("{why}, and {SUMS} is of others"))),
        (Ok(Some(summary)), None) if summary.is_of(&fingerprint) => Ok(None),
        (Ok(Some(summary)), None) => Ok(Some(summary.difference(scenario))),
        (Ok(_), Some(why)) | (Err(StoreError::Damaged { why, .. }), _) => {
            Ok(Some(format!("{SUMMARY} is damaged, and nothing else says whose they are: {why}")))
        }
        (Err(error), _) => Err(error),
    }
}

/// Joins those who work in the folder of a scenario, which is made where it is not there.
pub fn open(output: &Path, scenario: &Scenario, role: Role) -> Result<Folder, StoreError> {
    if role != Role::Alone {
        refuse_foreign(output, scenario)?;
    }
    let folder = Folder::join(output, role)?;
    refuse_foreign(output, scenario)?;
    folder.claim(output, &Manifest::of(scenario))?;
    // Of two that come first at the same time, one is told of the other.
    refuse_foreign(output, scenario)?;
    Ok(folder)
}

/// The summary of an earlier run of the same scenario that is complete and whole, byte by byte: with what was left out of
/// it, unless it is again. What is damaged is said, and made again.
pub fn complete(
    scenario: &Scenario,
    options: &RunOptions,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<Summary>, StoreError> {
    let output = &options.output;
    let mut damaged = |why: &str| {
        let from = if points_held(output).is_ok_and(|held| held.is_empty()) { "" } else { " from the parts" };
        report(&Event::Notice(format!("{}: {why}; the results are made again{from}", output.display())));
        Ok(None)
    };
    let head = match Head::read(output) {
        Ok(Some(head)) if head.is_of(&scenario.fingerprint()) => head,
        Ok(_) => return Ok(None),
        Err(StoreError::Damaged { why, .. }) => return damaged(&format!("{SUMMARY} cannot be read ({why})")),
        Err(error) => return Err(error),
    };
    if let Soundness::Damaged(why) = soundness(output, &head.version, &head.fingerprint) {
        return damaged(&why);
    }
    let lacks = |summary: &Summary| summary.points.iter().any(|p| p.exact_left_out);
    match Summary::read(output) {
        Err(StoreError::Damaged { path, why }) => damaged(&format!("{} cannot be read ({why})", path.display())),
        read => Ok(read?.filter(|summary| !(options.exact && lacks(summary)))),
    }
}

/// Writes again whose parts these are, where nothing says so any more: results that are complete need it for nothing, but
/// who merges or grows them does.
pub fn mend_claim(output: &Path, scenario: &Scenario, report: &mut dyn FnMut(&Event)) {
    let fault = match Manifest::read(output) {
        Err(error @ StoreError::Damaged { .. }) => error.to_string(),
        Ok(None) if points_held(output).is_ok_and(|held| !held.is_empty()) => {
            StoreError::NoCampaign { folder: output.to_owned() }.to_string()
        }
        _ => return,
    };
    let done = match open(output, scenario, Role::Results) {
        Ok(_) => "it is written again".to_owned(),
        Err(error) => format!("it is left as it is: {error}"),
    };
    report(&Event::Notice(format!("{fault}; {done}")));
}

/// The summary of an earlier run of the same scenario.
pub fn finished(
    scenario: &Scenario,
    options: &RunOptions,
    report: &mut dyn FnMut(&Event),
) -> Result<Option<Summary>, StoreError> {
    if let Some(summary) = complete(scenario, options, report)? {
        return Ok(Some(summary));
    }
    refuse_foreign(&options.output, scenario).map(|()| None)
}

/// The results of a folder that are of this scenario but for how much of it is asked for.
fn results_there(output: &Path, scenario: &Scenario) -> Option<Summary> {
    let summary = Summary::read(output).ok().flatten().filter(|there| there.version == env!("CARGO_PKG_VERSION"))?;
    let ids: HashSet<String> = scenario.points.iter().map(|point| format!("{:016x}", point.id)).collect();
    summary.points.iter().all(|point| ids.contains(&point.id)).then_some(summary)
}

/// How many trajectories of a point results are of that stand, and how many those would be of that come.
pub struct More {
    there: u64,
    now: u64,
}

impl More {
    /// That what is there stays, where nothing whole would be in its place.
    pub fn notice(&self) -> String {
        let More { there, now } = self;
        format!("the results that are there stay: they are of {there} trajectories, and these would be of {now}")
    }

    /// The same as a refusal, where what was asked for is all there.
    pub fn refused(&self, output: &Path) -> StoreError {
        let how = format!("{} trajectories instead of {}", self.there, self.now);
        StoreError::Better { folder: output.to_owned(), how }
    }
}

/// Whether results that are there, and whole, are of more trajectories, at any point, than these.
pub fn more_than(points: &[PointSummary], output: &Path, scenario: &Scenario) -> Option<More> {
    let standing = results_there(output, scenario)?;
    let now: HashMap<&str, u64> = points.iter().map(|point| (point.id.as_str(), point.trajectories)).collect();
    let now = |id: &str| now.get(id).copied().unwrap_or(0);
    let there = standing.points.iter().find(|there| now(&there.id) < there.trajectories)?;
    let sound = soundness(output, &standing.version, &standing.fingerprint) == Soundness::Sound;
    sound.then(|| More { there: there.trajectories, now: now(&there.id) })
}

/// Refuses to put exact values alone in the place of results that have trajectories, too.
pub fn refuse_exact_alone(output: &Path, scenario: &Scenario) -> Result<(), StoreError> {
    let there = results_there(output, scenario);
    let most = there.iter().flat_map(|there| &there.points).map(|point| point.trajectories).max().unwrap_or(0);
    let how = || format!("{most} trajectories beside exact values instead of these alone");
    if most > 0 { Err(StoreError::Better { folder: output.to_owned(), how: how() }) } else { Ok(()) }
}

/// Refuses to replace results by those of fewer trajectories, or of a larger error.
pub fn refuse_less(output: &Path, scenario: &Scenario) -> Result<(), StoreError> {
    let how = fewer_trajectories(output, scenario).or_else(|| larger_error(output, scenario));
    let folder = output.to_owned();
    how.map_or(Ok(()), |how| Err(StoreError::Better { folder, how }))
}

fn fewer_trajectories(output: &Path, scenario: &Scenario) -> Option<String> {
    if !scenario.points.iter().all(|point| matches!(point.asked, Asked::Transient(_))) {
        return None;
    }
    let there = results_there(output, scenario)?;
    // Points that differ in the number of trajectories alone have one id: the most of them.
    let mut asked: HashMap<String, u64> = HashMap::new();
    for point in &scenario.points {
        let most = asked.entry(format!("{:016x}", point.id)).or_default();
        *most = point.trajectories().max(*most);
    }
    let less =
        there.points.iter().find(|there| asked.get(&there.id).is_some_and(|asked| *asked < there.trajectories))?;
    Some(format!("{} trajectories instead of {}", less.trajectories, asked[&less.id]))
}

/// The same of steady states: what was asked for is what was there before, where the results are of that.
fn larger_error(output: &Path, scenario: &Scenario) -> Option<String> {
    let manifest = Manifest::read(output).ok().flatten()?;
    let head = Head::read(output).ok().flatten()?;
    if !head.is_of(&manifest.fingerprint) {
        return None;
    }
    let before = manifest.scenario(output).ok()?;
    before.points.iter().find_map(|before| {
        let same = |point: &&Point| (point.index, point.id, point.seed) == (before.index, before.id, before.seed);
        let now = scenario.points.iter().find(same)?;
        let (Asked::Converge(before), Asked::Converge(now)) = (&before.asked, &now.asked) else { return None };
        (before.steady == now.steady).then_some(())?;
        let (had, asked) = match (before.accuracy.target, now.accuracy.target) {
            (Target::Relative(had), Target::Relative(asked)) => (had, asked),
            (Target::Absolute(had), Target::Absolute(asked)) => (had, asked),
            _ => return None,
        };
        if asked > had {
            return Some(format!("an error of {had} instead of {asked}"));
        }
        let (had, asked) = (before.budget.jumps, now.budget.jumps);
        (before.accuracy == now.accuracy && asked < had).then(|| format!("up to {had:e} jumps instead of {asked:e}"))
    })
}
