//! The folder of a scenario: whether it holds its results already, or those of another, and the taking of it.

use std::path::Path;

use super::options::RunOptions;
use crate::plan::Shard;
use crate::results::Summary;
use crate::scenario::Scenario;
use crate::store::{Folder, Manifest, StoreError};

/// Refuses results of anything but this scenario, grown or not.
pub fn refuse_foreign(output: &Path, scenario: &Scenario) -> Result<(), StoreError> {
    let difference = match Manifest::read(output)? {
        Some(manifest) => manifest.difference(scenario),
        // Results without parts are complete, or not of a run.
        None => Summary::read(output)?.map(|summary| summary.difference(scenario)),
    };
    let folder = output.to_owned();
    difference.map_or(Ok(()), |difference| Err(StoreError::Foreign { folder, difference }))
}

/// Takes the folder of a scenario, alone or as one of several shards, and makes it where it is not there.
pub fn open(output: &Path, scenario: &Scenario, shard: Option<Shard>, fresh: bool) -> Result<Folder, StoreError> {
    if !fresh {
        refuse_foreign(output, scenario)?;
    }
    let folder = Folder::lock(output, shard)?;
    if fresh {
        folder.clear(output)?;
    } else {
        refuse_foreign(output, scenario)?;
    }
    folder.claim(output, &Manifest::of(scenario))?;
    Ok(folder)
}

/// The summary of an earlier run of the same scenario that is complete: with what was left out of it, unless it is again.
pub fn complete(scenario: &Scenario, options: &RunOptions) -> Result<Option<Summary>, StoreError> {
    let lacks = |summary: &Summary| summary.points.iter().any(|p| p.exact_left_out);
    let enough = |summary: &Summary| summary.is_of(scenario) && !(options.exact && lacks(summary));
    Ok(Summary::read(&options.output)?.filter(enough))
}

/// The summary of an earlier run of the same scenario.
pub fn finished(scenario: &Scenario, options: &RunOptions) -> Result<Option<Summary>, StoreError> {
    if let Some(summary) = complete(scenario, options)? {
        return Ok(Some(summary));
    }
    refuse_foreign(&options.output, scenario).map(|()| None)
}
