//! Results that are there, and are better than those to come: they stay, or are asked for.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::less::{less, less_told};
use crate::results::{PointSummary, Soundness, Summary, soundness};
use crate::scenario::{Asked, Overrides, Point, Purpose, Scenario};
use crate::store::StoreError;

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

/// Refuses to replace results by those of less: of fewer trajectories, or of a steady state that is asked less of.
pub fn refuse_less(output: &Path, scenario: &Scenario) -> Result<(), StoreError> {
    let Some(there) = results_there(output, scenario) else { return Ok(()) };
    let is_transient = |point: &Point| matches!(point.asked, Asked::Transient(_));
    let how = if scenario.points.iter().all(is_transient) {
        fewer_trajectories(&there, scenario)
            .or_else(|| asked_for(&there).and_then(|before| less_told(&before, scenario)))
    } else {
        asked_for(&there).and_then(|before| less(&before, scenario))
    };
    how.map_or(Ok(()), |how| Err(StoreError::Better { folder: output.to_owned(), how }))
}

/// What results were asked for: their scenario, where it still reads.
fn asked_for(there: &Summary) -> Option<Scenario> {
    let (text, overrides) = Overrides::apart(&there.scenario_text);
    Scenario::parse(&there.scenario, &there.scenario, text, Purpose::Trajectories, &overrides).ok()
}

fn fewer_trajectories(there: &Summary, scenario: &Scenario) -> Option<String> {
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
