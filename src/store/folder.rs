//! The folder `parts/` of a campaign: files that appear whole and never change, one a part, and who works on them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::averages::PartResult;
use super::error::StoreError;
use super::files::{Found, entries, read_or_set_aside, write_below, write_whole};
use super::lock::{Lock, this_process};
use super::manifest::Manifest;
use super::part_file::{self, StoredPart};
use super::piece::{Piece, trajectories_held};
use super::word::Live;
use crate::plan::{Part, Shard};
use crate::scenario::Point;

/// What is left of the name of a part: its point, its seed, its first trajectory and how many.
pub type PartKey = (u64, u64, u64, u64);

/// The parts that are there when a campaign is taken up.
pub type Present = HashSet<PartKey>;

/// The key of a part.
pub fn key(point: &Point, part: Part) -> PartKey {
    (point.id, point.seed, part.first, part.count)
}

/// The parts of a campaign, locked.
pub struct Folder {
    parts: PathBuf,
    live: PathBuf,
    /// Held until the end.
    _locks: Vec<Lock>,
    /// What was found of a process that did not end well.
    pub stale: Option<String>,
}

impl Folder {
    /// Takes the folder of whatever scenario.
    pub fn lock(output: &Path, shard: Option<Shard>) -> Result<Self, StoreError> {
        let parts = output.join("parts");
        fs::create_dir_all(&parts).map_err(|e| StoreError::folder(output, e))?;
        let mut locks = vec![Lock::take(&parts.join("lock"), shard.is_none())?];
        let name = shard.map_or("run".to_owned(), |Shard { index, of }| format!("shard-{index}-of-{of}"));
        if shard.is_some() {
            locks.push(Lock::take(&parts.join(format!("{name}.lock")), true)?);
        } else {
            remove_temporary(output)?;
        }
        let stale = locks.iter().find_map(|lock| lock.stale.clone());
        Ok(Folder { live: parts.join(format!("{name}.status.json")), parts, _locks: locks, stale })
    }

    /// Says whose parts these are, where it does not say so yet.
    pub fn claim(&self, output: &Path, manifest: &Manifest) -> Result<(), StoreError> {
        if Manifest::read(output)?.as_ref() == Some(manifest) {
            return Ok(());
        }
        let path = self.parts.join("campaign.json");
        let json = serde_json::to_vec(manifest).map_err(|e| StoreError::io("write", &path, e.into()))?;
        write_whole(&path, &json)
    }

    /// Removes all parts, and the summary that vouches for the tables; nothing that is not ours.
    pub fn clear(&self, output: &Path) -> Result<(), StoreError> {
        let removed = |path: &Path, result: std::io::Result<()>| match result {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io("remove", path, e)),
            _ => Ok(()),
        };
        for path in [output.join("summary.json"), self.parts.join("campaign.json")] {
            removed(&path, fs::remove_file(&path))?;
        }
        for path in entries(&self.parts)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && point_name(&name).is_some() {
                removed(&path, fs::remove_dir_all(&path))?;
            } else if name.ends_with(".status.json") {
                removed(&path, fs::remove_file(&path))?;
            }
        }
        Ok(())
    }

    /// The names of all parts that are there.
    pub fn present(&self) -> Result<Present, StoreError> {
        let mut present = Present::new();
        for (id, seed, folder) in point_folders(&self.parts)? {
            present.extend(part_names(&folder)?.into_iter().map(|(first, count)| (id, seed, first, count)));
        }
        Ok(present)
    }

    fn path(&self, point: &Point, name: &str) -> PathBuf {
        let folder = format!("{:016x}-{}", point.id, point.seed);
        self.parts.join(folder).join(format!("{name}.parquet"))
    }

    fn part_path(&self, point: &Point, part: Part) -> PathBuf {
        self.path(point, &format!("{}-{}", part.first, part.count))
    }

    /// Writes a part: under a temporary name, synced, renamed, and the folder synced.
    pub fn write(&self, point: &Point, part: Part, result: &PartResult) -> Result<(), StoreError> {
        let path = self.part_path(point, part);
        let bytes = part_file::encode(point, part, result);
        self.write_bytes(point, part, &bytes.map_err(|source| StoreError::Parquet { path, source })?)
    }

    /// Writes a part that was computed elsewhere.
    pub fn write_bytes(&self, point: &Point, part: Part, bytes: &[u8]) -> Result<(), StoreError> {
        write_below(&self.part_path(point, part), bytes)
    }

    /// Writes a piece of a round, from the bytes of its state.
    pub fn write_piece(&self, point: &Point, piece: &Piece, state: &[u8]) -> Result<(), StoreError> {
        let path = self.path(point, &piece.name());
        match part_file::encode_piece(point, piece, state) {
            Ok(bytes) => write_below(&path, &bytes),
            Err(source) => Err(StoreError::Parquet { path, source }),
        }
    }

    /// Reads a piece of a round, and sets it aside where it is not whole or not this one.
    pub fn read_piece<T>(
        &self,
        point: &Point,
        piece: &Piece,
        state: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<Found<T>, StoreError> {
        let decode = |bytes| state(&part_file::decode_piece(point, piece, bytes)?);
        read_or_set_aside(&self.path(point, &piece.name()), decode)
    }

    /// Reads a part, and sets it aside where it is not whole or not this one.
    pub fn read(&self, point: &Point, part: Part) -> Result<Found<StoredPart>, StoreError> {
        read_or_set_aside(&self.part_path(point, part), |bytes| part_file::decode(point, part, bytes))
    }

    /// Leaves word of how the work stands, for `status`. Not being able to is no reason to stop the work.
    pub fn leave_word(&self, live: &Live) {
        if let Ok(json) = serde_json::to_vec(live) {
            let temporary = self.live.with_extension("json.tmp");
            let written = fs::write(&temporary, json).and_then(|()| fs::rename(&temporary, &self.live));
            let _ = written.or_else(|_| fs::remove_file(&temporary));
        }
    }
}

/// The id and the seed that the name of a point's folder holds.
fn point_name(name: &str) -> Option<(u64, u64)> {
    let (id, seed) = name.split_once('-')?;
    Some((u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 16)?, seed.parse().ok()?))
}

fn point_folders(parts: &Path) -> Result<Vec<(u64, u64, PathBuf)>, StoreError> {
    let folders = entries(parts)?.into_iter().filter_map(|path| {
        let (id, seed) = point_name(path.file_name()?.to_str()?)?;
        path.is_dir().then_some((id, seed, path))
    });
    Ok(folders.collect())
}

/// The first trajectory and the number of every part in the folder of a point.
fn part_names(folder: &Path) -> Result<Vec<(u64, u64)>, StoreError> {
    let name = |path: PathBuf| {
        let (first, count) = path.file_name()?.to_str()?.strip_suffix(".parquet")?.split_once('-')?;
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    Ok(entries(folder)?.into_iter().filter_map(name).collect())
}

/// Trajectories of every point that are held, by (id, seed).
pub type Held = HashMap<(u64, u64), u64>;

/// Trajectories that are in the parts of a folder, and how many parts were set aside.
pub fn held(output: &Path) -> Result<(Held, usize), StoreError> {
    let (mut held, mut bad) = (Held::new(), 0);
    for (id, seed, folder) in point_folders(&output.join("parts"))? {
        let mut parts = part_names(&folder)?;
        parts.sort_unstable();
        // The last part of a smaller number of trajectories may lie within a later one.
        let mut end = 0;
        let mut sum = 0;
        for (first, count) in parts {
            let last = first.saturating_add(count);
            sum += last.saturating_sub(end.max(first));
            end = end.max(last);
        }
        let entries = entries(&folder)?;
        let names = entries.iter().filter_map(|path| path.file_name()?.to_str()?.strip_suffix(".parquet"));
        held.insert((id, seed), sum.max(trajectories_held(names)));
        bad += entries.iter().filter(|path| path.extension().is_some_and(|end| end == "bad")).count();
    }
    Ok((held, bad))
}

/// What a process left that was killed as it wrote: parts, tables and the summary.
fn remove_temporary(output: &Path) -> Result<(), StoreError> {
    let parts = output.join("parts");
    let mut folders: Vec<PathBuf> = point_folders(&parts)?.into_iter().map(|(_, _, folder)| folder).collect();
    folders.push(parts);
    let mut paths = folders.iter().map(|folder| entries(folder)).collect::<Result<Vec<_>, _>>()?.concat();
    // Beside what is not ours.
    let of_results = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".parquet.") || name.starts_with("summary.json.")
    };
    paths.extend(entries(output)?.into_iter().filter(of_results));
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "tmp")) {
        match fs::remove_file(path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io("remove", path, e)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what this process is writing to a folder of results, if it holds the folder alone, for it ends at once. Where
/// it fails, who takes the folder next does so.
pub fn remove_unfinished(output: &Path) {
    let owner = fs::read_to_string(output.join("parts").join("lock"));
    if owner.is_ok_and(|owner| owner == this_process()) {
        let _ = remove_temporary(output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_folder_alone_removes_what_is_unfinished_and_nothing_else() {
        let output = tempfile::tempdir().unwrap();
        let names = ["series.parquet.tmp", "summary.json.tmp", "parts/0123456789abcdef-1/0-8.77.tmp", "parts/a.tmp"];
        let write = || {
            fs::create_dir_all(output.path().join("parts/0123456789abcdef-1")).unwrap();
            names.iter().for_each(|name| fs::write(output.path().join(name), "half").unwrap());
            fs::write(output.path().join("mine.tmp"), "whole").unwrap();
        };
        let left = || names.iter().filter(|name| output.path().join(name).exists()).count();
        write();
        remove_unfinished(output.path());
        assert_eq!(left(), names.len(), "another process may be at work");
        let folder = Folder::lock(output.path(), None).unwrap();
        assert_eq!(left(), 0, "what a process left that was killed");
        write();
        remove_unfinished(output.path());
        assert!(left() == 0 && output.path().join("mine.tmp").exists());
        drop(folder);
    }
}
