//! How a campaign stands, read from its folder alone: from another terminal, or another host.

use std::fs;
use std::path::Path;

use crate::results::{Head, SUMMARY, Soundness, soundness};
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
    /// The results; they may be older than the parts.
    pub results: Results,
}

/// How the results of a campaign stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// There are none yet.
    None,
    /// Of some of the trajectories that were asked for.
    Partial,
    /// All that was asked for last.
    Complete,
    /// All that was asked for before: more trajectories, points or a smaller error have been asked for since.
    Earlier,
    /// Not as they were written: why, in words.
    Damaged(String),
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
        let results = Results::read(output, &manifest)?;
        Ok(Status { manifest, finished, processes, set_aside, results })
    }
}

impl Results {
    fn read(output: &Path, manifest: &Manifest) -> Result<Self, StoreError> {
        let head = match Head::read(output) {
            Ok(None) => return Ok(Results::None),
            Ok(Some(head)) => head,
            Err(StoreError::Damaged { why, .. }) => {
                return Ok(Results::Damaged(format!("{SUMMARY} cannot be read: {why}")));
            }
            Err(error) => return Err(error),
        };
        Ok(match soundness(output, &head.version, &head.fingerprint) {
            Soundness::Damaged(why) => Results::Damaged(why),
            Soundness::Sound if !head.complete => Results::Partial,
            Soundness::Sound if head.is_of(&manifest.fingerprint) => Results::Complete,
            Soundness::Sound => Results::Earlier,
        })
    }
}
