//! How a campaign stands, read from its folder alone: from another terminal, or another host.

use std::fs;
use std::path::Path;

use crate::results::Summary;
use crate::store::{Live, Manifest, ManifestPoint, StoreError, held};

/// How a campaign stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// What it is.
    pub manifest: Manifest,
    /// Trajectories of each point that are in its parts.
    pub finished: Vec<u64>,
    /// Its processes, those of the past too.
    pub processes: Vec<Live>,
    /// Parts that were set aside.
    pub set_aside: usize,
    /// The results, where there are any; they may be older than the parts.
    pub summary: Option<Summary>,
    /// Whether the results are all that was asked for last: more trajectories, points or a smaller error may have been
    /// asked for since.
    pub complete: bool,
}

impl Status {
    /// Reads a folder of results.
    ///
    /// # Errors
    /// A folder without a campaign, or files that cannot be read.
    pub fn read(output: &Path) -> Result<Self, StoreError> {
        let manifest = Manifest::read(output)?.ok_or_else(|| StoreError::NoCampaign { folder: output.to_owned() })?;
        let (trajectories, set_aside) = held(output)?;
        let of = |point: &ManifestPoint| {
            let id = u64::from_str_radix(&point.id, 16).unwrap_or(0);
            let most = point.trajectories.unwrap_or(u64::MAX);
            trajectories.get(&(id, point.seed)).copied().unwrap_or(0).min(most)
        };
        let finished = manifest.points.iter().map(of).collect();
        let parts = output.join("parts");
        let entries = fs::read_dir(&parts).map_err(|e| StoreError::io("read", &parts, e))?;
        // A word that is just being replaced is not read.
        let mut processes: Vec<Live> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with(".status.json"))
            .filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
            .collect();
        processes
            .sort_by_key(|live| live.shard.as_ref().and_then(|shard| shard.split('/').next()?.parse::<u64>().ok()));
        let summary = Summary::read(output)?;
        // A scenario that this version cannot read is none of its results.
        let scenario = manifest.scenario(output).ok();
        let complete = summary.as_ref().zip(scenario).is_some_and(|(summary, scenario)| summary.is_of(&scenario));
        Ok(Status { manifest, finished, processes, set_aside, summary, complete })
    }
}
