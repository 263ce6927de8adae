//! What stands in `parts/campaign.json`: whose parts these are, and how many there will be.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::StoreError;
use crate::canonical::hex;
use crate::scenario::{Asked, Origin, Overrides, Point, Purpose, Scenario};

/// A campaign, as its folder knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version that made the parts.
    pub version: String,
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// Recognizes what is asked for now, as that of the summary does what was; empty where an older build wrote it.
    #[serde(default)]
    pub fingerprint: String,
    /// What is recorded beside averages, and the names of the baths.
    pub recorded: serde_json::Value,
    /// The text of the scenario file.
    pub text: String,
    /// What was set on the command line.
    pub overrides: Vec<String>,
    /// The points.
    pub points: Vec<ManifestPoint>,
}

/// A point of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestPoint {
    /// The hash of its physics, in hexadecimal.
    pub id: String,
    /// Its seed.
    pub seed: u64,
    /// How many trajectories are asked for; null where as many as the steady state takes.
    pub trajectories: Option<u64>,
    /// The swept keys.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// What stands before the checksum.
const SUM: &str = ",\"sha256\":\"";

impl Manifest {
    /// That of a scenario.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let first = &scenario.points[0];
        let names: Vec<&str> = first.baths().iter().map(|bath| bath.name.as_str()).collect();
        let point = |point: &Point| ManifestPoint {
            id: format!("{:016x}", point.id),
            seed: point.seed,
            trajectories: match &point.asked {
                Asked::Transient(transient) => Some(transient.trajectories),
                Asked::Converge(_) | Asked::Solve(_) => None,
            },
            parameters: point.parameters.iter().cloned().collect(),
        };
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            title: scenario.title.clone(),
            seed: scenario.seed(),
            fingerprint: scenario.fingerprint(),
            recorded: json!({ "record": first.recording, "baths": names }),
            text: scenario.file_text().to_owned(),
            overrides: scenario.overrides.iter().map(str::to_owned).collect(),
            points: scenario.points.iter().map(point).collect(),
        }
    }

    /// Reads it from a folder of results; `None` where there is none.
    pub(crate) fn read(output: &Path) -> Result<Option<Self>, StoreError> {
        let path = output.join("parts/campaign.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(StoreError::folder(output, error)),
            Err(error) => return Err(StoreError::io("read", &path, error)),
        };
        Self::parse(&text).map(Some).map_err(|why| StoreError::Damaged { path, why })
    }

    /// The text of its file, which ends with the checksum of all that stands before.
    pub(crate) fn sealed(&self) -> serde_json::Result<String> {
        let mut text = serde_json::to_string(self)?;
        text.pop();
        let sum = hex(&Sha256::digest(&text));
        Ok(format!("{text}{SUM}{sum}\"}}"))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        // A build before this one wrote no checksum.
        if let Some(end) = text.windows(SUM.len()).rposition(|window| window == SUM.as_bytes()) {
            let expected = format!("{SUM}{}\"}}", hex(&Sha256::digest(&text[..end])));
            if text[end..] != *expected.as_bytes() {
                return Err("its checksum is wrong".to_owned());
            }
        }
        serde_json::from_slice(text).map_err(|error| error.to_string())
    }

    /// Why parts of this campaign are not parts of `other`'s, which may have more points, and another number of
    /// trajectories.
    pub(crate) fn difference(&self, other: &Scenario) -> Option<String> {
        let theirs = Manifest::of(other);
        let key = |point: &ManifestPoint| (point.id.clone(), point.seed);
        let keys: HashSet<_> = theirs.points.iter().map(key).collect();
        let same = self.version == theirs.version
            && self.recorded == theirs.recorded
            && self.points.iter().all(|point| keys.contains(&key(point)));
        let Manifest { version, scenario: name, seed, .. } = self;
        let text = || format!("{}{}", self.text, overrides(&self.overrides).comments());
        (!same).then(|| Origin { version, name, seed: *seed, text: &text() }.difference(other))
    }

    /// The scenario again, to merge what was computed elsewhere.
    pub(crate) fn scenario(&self, output: &Path) -> Result<Scenario, StoreError> {
        let path = output.join("parts/campaign.json").display().to_string();
        let purpose = Purpose::Trajectories;
        Scenario::parse(&self.scenario, &path, &self.text, purpose, &overrides(&self.overrides))
            .map_err(|source| StoreError::Scenario { folder: output.to_owned(), source: Box::new(source) })
    }
}

fn overrides(assignments: &[String]) -> Overrides {
    let mut overrides = Overrides::default();
    assignments.iter().for_each(|assignment| overrides.set(assignment));
    overrides
}
