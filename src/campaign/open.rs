//! The folder of a scenario: whether it holds its results already, or those of another, and the taking of it.

use std::collections::HashSet;
use std::path::Path;

use super::less::less;
use super::options::{Event, RunOptions};
use crate::results::{Head, SUMMARY, SUMS, Soundness, Summary, Sums, soundness};
use crate::scenario::Scenario;
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

/// Joins those who work in the folder of a scenario, which is made where it is not there. That less is asked for than
/// before is refused to who works for others, or while others work for it; else it is said.
pub fn open(
    output: &Path,
    scenario: &Scenario,
    role: Role,
    report: &mut dyn FnMut(&Event),
) -> Result<Folder, StoreError> {
    if role != Role::Alone {
        refuse_foreign(output, scenario)?;
    }
    let folder = Folder::join(output, role)?;
    refuse_foreign(output, scenario)?;
    if let Some(how) = asked_before(output, scenario) {
        if role == Role::Work || folder.others() > 0 {
            return Err(StoreError::Larger { folder: output.to_owned(), how });
        }
        report(&Event::Notice(format!("the folder was to hold more than is asked for now: {how}")));
    }
    folder.claim(output, &Manifest::of(scenario))?;
    // Of two that come first at the same time, one is told of the other.
    refuse_foreign(output, scenario)?;
    Ok(folder)
}

/// What was asked for before in a folder, where it is more than a scenario asks for.
fn asked_before(output: &Path, scenario: &Scenario) -> Option<String> {
    let before = Manifest::read(output).ok().flatten()?;
    if before.fingerprint == scenario.fingerprint() {
        return None;
    }
    less(&before.scenario(output).ok()?, scenario)
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
    let done = match open(output, scenario, Role::Results, &mut |_| {}) {
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
