//! How a campaign stands, read from its folder alone: from another terminal, or another host.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::results::{Head, SUMMARY, Soundness, soundness};
use crate::store::{Grip, Live, Manifest, ManifestPoint, Name, SILENT, StoreError, held, host, names};

/// How often a word is asked for again that cannot be read.
const AGAIN: usize = 5;

/// How a campaign stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// What it is.
    pub manifest: Manifest,
    /// Trajectories of each point that are in its parts.
    pub finished: Vec<u64>,
    /// Its processes, those of the past too, as far as they have left a word.
    pub processes: Vec<Process>,
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
        let processes = Process::all(&output.join("parts"))?;
        let results = Results::read(output, &manifest)?;
        Ok(Status { manifest, finished, processes, set_aside, results })
    }

    /// Those who are at work.
    pub fn at_work(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(|process| process.presence == Presence::AtWork)
    }

    /// Parts that all of them compute in a minute.
    #[must_use]
    pub fn parts_a_minute(&self) -> f64 {
        let of = |process: &Process| {
            let progress = &process.live.progress;
            if progress.seconds > 0.0 { 60.0 * progress.parts as f64 / progress.seconds } else { 0.0 }
        };
        self.at_work().map(of).sum()
    }

    /// Seconds that are left for all of them together, each as fast as it finds itself: `sum n / sum (n / left)` over those
    /// who know, with n threads, as each tells what would be left were all threads like its own.
    #[must_use]
    pub fn seconds_left(&self) -> Option<f64> {
        let known = self.at_work().filter_map(|process| {
            let threads = process.live.threads as f64;
            Some((threads, threads / process.live.progress.seconds_left?))
        });
        let (threads, rate) = known.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        (threads > 0.0).then(|| threads / rate)
    }

    /// The folders right below this one that hold campaigns, by name.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn below(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let failed = |e| StoreError::io("read", folder, e);
        let entries = fs::read_dir(folder).map_err(failed)?;
        let mut below: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        below.retain(|path| matches!(Manifest::read(path), Ok(Some(_)) | Err(StoreError::Damaged { .. })));
        below.sort();
        Ok(below)
    }
}

/// A process of a campaign, by the word that it left.
#[derive(Clone, Debug, Serialize)]
pub struct Process {
    /// Its word.
    #[serde(flatten)]
    pub live: Live,
    /// Seconds since it wrote that, by the clock of the file system.
    pub age: f64,
    /// Whether it is there.
    pub presence: Presence,
}

/// Whether a process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    AtWork,
    /// It has ended by itself.
    Ended,
    /// It says that it is at work, but has not said so for long: it is gone, stands still, or does not see the folder.
    Silent,
    /// It was killed.
    Gone,
}

impl Process {
    /// Those who have left a word in a folder of parts: who is at work first. Where one seems to be silent, as clocks go,
    /// it is listened for.
    fn all(parts: &Path) -> Result<Vec<Self>, StoreError> {
        let names = names(parts)?;
        let mut processes: Vec<(Name, Process)> = Vec::new();
        for name in names {
            let read = Process::read_patiently(parts, &name);
            processes.extend(read.map(|process| (name, process)));
        }
        if processes.iter().any(|(_, process)| process.presence == Presence::Silent) {
            std::thread::sleep(Live::EVERY + Live::EVERY / 4);
            for (name, process) in &mut processes {
                match Process::read(parts, name) {
                    Some(now) if now.live != process.live => *process = Process { presence: now.by_itself(), ..now },
                    _ => {}
                }
            }
        }
        let mut processes: Vec<Process> = processes.into_iter().map(|(_, process)| process).collect();
        processes.sort_by_key(|process| (process.presence as u8, process.live.host.clone(), process.live.process));
        Ok(processes)
    }

    /// Not every file system replaces a word at once: that of a process that is there is asked for again.
    fn read_patiently(parts: &Path, name: &Name) -> Option<Self> {
        let mut read = Process::read(parts, name);
        for _ in 0..AGAIN {
            if read.is_some() || matches!(name.grip(parts), Grip::Gone | Grip::Free) {
                break;
            }
            std::thread::sleep(Live::EVERY / 100);
            read = Process::read(parts, name);
        }
        read
    }

    fn read(parts: &Path, name: &Name) -> Option<Self> {
        let path = name.word(parts);
        let live: Live = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        let written = fs::metadata(&path).and_then(|word| word.modified()).ok()?;
        let (age, ahead) = match SystemTime::now().duration_since(written) {
            Ok(age) => (age, Duration::ZERO),
            Err(ahead) => (Duration::ZERO, ahead.duration()),
        };
        let mut process = Process { live, age: age.as_secs_f64(), presence: Presence::Ended };
        process.presence = process.by_itself();
        if process.presence == Presence::AtWork {
            let lock = name.grip(parts);
            let here = process.live.host == host();
            if lock == Grip::Gone || (lock == Grip::Free && here) {
                process.presence = Presence::Gone;
            } else if age >= SILENT || ahead > Live::EVERY {
                process.presence = Presence::Silent;
            }
        }
        Some(process)
    }

    /// What it says itself.
    fn by_itself(&self) -> Presence {
        if self.live.state.is_at_work() { Presence::AtWork } else { Presence::Ended }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Progress, State};

    #[test]
    fn what_is_left_is_told_by_how_fast_each_finds_itself() {
        let process = |threads: usize, seconds_left: Option<f64>, presence: Presence| {
            let progress = Progress { seconds_left, ..Progress::default() };
            Process { live: Live::now(None, threads, State::Computing, &progress), age: 0.0, presence }
        };
        let of = |processes: Vec<Process>| {
            let manifest: Manifest = serde_json::from_str(
                "{\"version\":\"\",\"scenario\":\"\",\"title\":\"\",\"seed\":1,\"recorded\":null,\"text\":\"\",\
                 \"overrides\":[],\"points\":[]}",
            )
            .unwrap();
            Status { manifest, finished: Vec::new(), processes, set_aside: 0, results: Results::None }.seconds_left()
        };
        let at_work = |threads, left| process(threads, left, Presence::AtWork);
        assert_eq!(of(vec![at_work(1, None), process(1, Some(9.0), Presence::Gone)]), None);
        assert_eq!(of(vec![at_work(1, Some(60.0)), at_work(4, None)]), Some(60.0));
        // Two thirds of the work go to the one that is twice as fast, or has twice the threads.
        let near = |processes, seconds: f64| (of(processes).unwrap() - seconds).abs() < 1e-9;
        assert!(near(vec![at_work(1, Some(60.0)), at_work(1, Some(120.0))], 80.0));
        assert!(near(vec![at_work(2, Some(60.0)), at_work(1, Some(120.0))], 72.0));
        assert_eq!(of(vec![at_work(1, Some(0.0)), at_work(1, Some(1.0))]), Some(0.0));
    }
}
