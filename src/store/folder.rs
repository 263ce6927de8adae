//! The folder `parts/` of a campaign: files that appear whole and never change, one a part, and who works on them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::averages::PartResult;
use super::beat::Beat;
use super::claims::{Claims, ENDING as CLAIM, Taken};
use super::crew::{Grip, Member, Name, Role, names};
use super::error::StoreError;
use super::files::{Found, entries, is_folder, read_or_set_aside, remove_temporary, write_below, write_whole};
use super::lock::this_process;
use super::manifest::Manifest;
use super::part_file::{self, PartKey, StoredPart};
use super::piece::{Piece, trajectories_held};
use super::word::Live;
use crate::plan::Part;
use crate::scenario::Point;

/// The parts that are there when a campaign is taken up.
pub type Present = HashSet<PartKey>;

/// The key of a part.
pub fn key(point: &Point, part: Part) -> PartKey {
    (point.id, point.seed, part.first, part.count)
}

/// The parts of a campaign, with this process among those who are at work there.
pub struct Folder {
    parts: PathBuf,
    claims: Claims,
    beat: Beat,
    /// The last to go: what others hold against this process.
    member: Member,
}

impl Folder {
    /// Joins those who work in the folder of whatever scenario. Where there is nobody else, what was left by processes that
    /// were killed is cleared away; where there may be nobody, all that is ours is.
    pub fn join(output: &Path, role: Role) -> Result<Self, StoreError> {
        let parts = output.join("parts");
        fs::create_dir_all(&parts).map_err(|e| StoreError::folder(output, e))?;
        let member = Member::join(&parts, role, || {
            if role == Role::Alone {
                clear(output, &parts)?;
            }
            remove_left(&parts)
        })?;
        let (claims, beat) = (Claims::new(&parts, &member.name), Beat::new(member.name.word(&parts)));
        Ok(Folder { parts, claims, beat, member })
    }

    /// What was found of a process that wrote results and did not end well.
    pub fn stale(&self) -> Option<&str> {
        self.member.stale.as_deref()
    }

    /// Says whose parts these are, where it does not say so yet, or no more.
    pub fn claim(&self, output: &Path, manifest: &Manifest) -> Result<(), StoreError> {
        match Manifest::read(output) {
            Ok(Some(there)) if there == *manifest => return Ok(()),
            Ok(_) | Err(StoreError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        let path = self.parts.join("campaign.json");
        let text = manifest.sealed().map_err(|e| StoreError::io("write", &path, e.into()))?;
        write_whole(&path, text.as_bytes()).map_err(|error| unfit(output, error))
    }

    /// The names of all parts that are there.
    pub fn present(&self) -> Result<Present, StoreError> {
        let mut present = Present::new();
        for (id, seed, folder) in point_folders(&self.parts)? {
            let parts = entries(&folder)?.into_iter().filter_map(|path| part_name(&path));
            present.extend(parts.map(|(first, count)| (id, seed, first, count)));
        }
        Ok(present)
    }

    fn path(&self, point: &Point, name: &str) -> PathBuf {
        let folder = format!("{:016x}-{}", point.id, point.seed);
        self.parts.join(folder).join(format!("{name}.part"))
    }

    fn part_path(&self, point: &Point, part: Part) -> PathBuf {
        self.path(point, &format!("{}-{}", part.first, part.count))
    }

    /// Writes a part: under a temporary name, synced, renamed, and the folder synced.
    pub fn write(&self, point: &Point, part: Part, result: &PartResult) -> Result<(), StoreError> {
        self.write_bytes(point, part, &part_file::encode(point, part, result))
    }

    /// Writes a part that was computed elsewhere.
    pub fn write_bytes(&self, point: &Point, part: Part, bytes: &[u8]) -> Result<(), StoreError> {
        write_below(&self.part_path(point, part), bytes)
    }

    /// Writes a piece of a round, from the bytes of its state.
    pub fn write_piece(&self, point: &Point, piece: &Piece, state: &[u8]) -> Result<(), StoreError> {
        write_below(&self.path(point, &piece.name()), &part_file::encode_piece(point, piece, state))
    }

    /// Writes a piece from the bytes of its file.
    pub fn write_piece_bytes(&self, point: &Point, piece: &Piece, bytes: &[u8]) -> Result<(), StoreError> {
        write_below(&self.path(point, &piece.name()), bytes)
    }

    /// Reads a piece of a round, and sets it aside where it is not whole or not this one.
    pub fn read_piece<T>(
        &self,
        point: &Point,
        piece: &Piece,
        state: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<Found<T>, StoreError> {
        let decode = |bytes: &[u8]| state(&part_file::decode_piece(point, piece, bytes)?);
        read_or_set_aside(&self.path(point, &piece.name()), decode)
    }

    /// Reads a part, and sets it aside where it is not whole or not this one.
    pub fn read(&self, point: &Point, part: Part) -> Result<Found<StoredPart>, StoreError> {
        read_or_set_aside(&self.part_path(point, part), |bytes| part_file::decode(point, part, bytes))
    }

    /// Takes a part in hand.
    pub fn take(&self, point: &Point, part: Part) -> Taken {
        self.claims.take(&self.part_path(point, part))
    }

    /// Takes a piece of a round in hand.
    pub fn take_piece(&self, point: &Point, piece: &Piece) -> Taken {
        self.claims.take(&self.path(point, &piece.name()))
    }

    /// Leaves word of how the work stands, for others.
    pub fn leave_word(&self, live: &Live) {
        self.beat.leave(live);
    }

    /// The threads of the others that are at work here.
    pub fn others(&self) -> usize {
        let at_work = |name: Name| {
            let live: Live = serde_json::from_slice(&fs::read(name.word(&self.parts)).ok()?).ok()?;
            let gone = matches!(name.grip(&self.parts), Grip::Free | Grip::Gone);
            (name != self.member.name && live.state.is_at_work() && !gone).then_some(live.threads)
        };
        names(&self.parts).map_or(0, |names| names.into_iter().filter_map(at_work).sum())
    }

    /// Trajectories of every point that are on the disk.
    pub fn held(&self) -> Result<Held, StoreError> {
        held_in(&self.parts).map(|(held, _)| held)
    }
}

/// The first file that is written tells whether more can be: but for a disk that is full, the folder is not one for this.
fn unfit(output: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Io { source, .. } if source.kind() != ErrorKind::StorageFull => {
            let why = format!("a file has to be made there, synced and given another name: {source}");
            StoreError::folder(output, std::io::Error::new(source.kind(), why))
        }
        error => error,
    }
}

/// Removes all parts, and what vouches for them and for the tables; nothing that is not ours.
fn clear(output: &Path, parts: &Path) -> Result<(), StoreError> {
    let removed = |path: &Path, result: std::io::Result<()>| match result {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io("remove", path, e)),
        _ => Ok(()),
    };
    let vouching = ["summary.json", "SHA256SUMS", "parts/campaign.json"].map(|name| output.join(name));
    for path in vouching {
        removed(&path, fs::remove_file(&path))?;
    }
    for path in entries(parts)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_folder(&path) && point_name(&name).is_some() {
            removed(&path, fs::remove_dir_all(&path))?;
        } else if name.ends_with(".status.json") {
            removed(&path, fs::remove_file(&path))?;
        }
    }
    Ok(())
}

/// The id and the seed that the name of a point's folder holds.
fn point_name(name: &str) -> Option<(u64, u64)> {
    let (id, seed) = name.split_once('-')?;
    Some((u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 16)?, seed.parse().ok()?))
}

fn point_folders(parts: &Path) -> Result<Vec<(u64, u64, PathBuf)>, StoreError> {
    let folders = entries(parts)?.into_iter().filter_map(|path| {
        let (id, seed) = point_name(path.file_name()?.to_str()?)?;
        is_folder(&path).then_some((id, seed, path))
    });
    Ok(folders.collect())
}

/// The points, by (id, seed), whose parts are in a folder of results: what their folders say themselves.
pub fn points_held(output: &Path) -> Result<HashSet<(u64, u64)>, StoreError> {
    let parts = output.join("parts");
    if !parts.is_dir() {
        return Ok(HashSet::new());
    }
    Ok(point_folders(&parts)?.into_iter().map(|(id, seed, _)| (id, seed)).collect())
}

/// The first trajectory and the number of a part, by the name of its file.
fn part_name(path: &Path) -> Option<(u64, u64)> {
    let (first, count) = path.file_name()?.to_str()?.strip_suffix(".part")?.split_once('-')?;
    Some((first.parse().ok()?, count.parse().ok()?))
}

/// Trajectories of every point that are held, by (id, seed).
pub type Held = HashMap<(u64, u64), u64>;

/// Trajectories that are in the parts of a folder, and how many parts were set aside.
pub fn held(output: &Path) -> Result<(Held, usize), StoreError> {
    held_in(&output.join("parts"))
}

fn held_in(parts: &Path) -> Result<(Held, usize), StoreError> {
    let (mut held, mut bad) = (Held::new(), 0);
    for (id, seed, folder) in point_folders(parts)? {
        let entries = entries(&folder)?;
        let mut parts: Vec<(u64, u64)> = entries.iter().filter_map(|path| part_name(path)).collect();
        parts.sort_unstable();
        // The last part of a smaller number of trajectories may lie within a later one.
        let mut end = 0;
        let mut sum = 0;
        for (first, count) in parts {
            let last = first.saturating_add(count);
            sum += last.saturating_sub(end.max(first));
            end = end.max(last);
        }
        let names = entries.iter().filter_map(|path| path.file_name()?.to_str()?.strip_suffix(".part"));
        held.insert((id, seed), sum.max(trajectories_held(names)));
        bad += entries.iter().filter(|path| path.extension().is_some_and(|end| end == "bad")).count();
    }
    Ok((held, bad))
}

/// Removes what processes have left that were killed: files that they wrote, claims, and words and locks of their own.
fn remove_left(parts: &Path) -> Result<(), StoreError> {
    remove_temporaries(parts)?;
    for (_, _, folder) in point_folders(parts)? {
        for path in entries(&folder)?.iter().filter(|path| path.extension().is_some_and(|end| end == CLAIM)) {
            let _ = fs::remove_file(path);
        }
    }
    names(parts)?.iter().filter(|name| name.grip(parts) != Grip::Held).for_each(|name| name.forget(parts));
    Ok(())
}

fn remove_temporaries(parts: &Path) -> Result<(), StoreError> {
    let folders = point_folders(parts)?.into_iter().map(|(_, _, folder)| folder);
    folders.chain([parts.to_owned()]).try_for_each(|folder| remove_temporary(&folder, |_| true))
}

/// Removes what this process is writing to a folder of results, if it holds the folder alone, for it ends at once. Where
/// it fails, who takes the folder next does so.
pub fn remove_unfinished(output: &Path) {
    let owner = fs::read_to_string(output.join("parts").join("lock"));
    if owner.is_ok_and(|owner| owner == this_process()) {
        let _ = remove_temporaries(&output.join("parts"));
        let of_results = |name: &str| ["summary.json", "SHA256SUMS"].contains(&name) || name.ends_with(".parquet");
        let _ = remove_temporary(output, of_results);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_folder_alone_removes_what_is_unfinished_and_nothing_else() {
        let output = tempfile::tempdir().unwrap();
        let of_parts = ["parts/0123456789abcdef-1/0-8.part", "parts/campaign.json"];
        let of_results = ["series.parquet", "summary.json"];
        let names = of_parts.iter().chain(&of_results).map(|name| format!("{name}.0123456789abcdef.tmp"));
        let names: Vec<String> = names.collect();
        let write = || {
            fs::create_dir_all(output.path().join("parts/0123456789abcdef-1")).unwrap();
            names.iter().for_each(|name| fs::write(output.path().join(name), "half").unwrap());
            fs::write(output.path().join("mine.tmp"), "whole").unwrap();
        };
        let left = || names.iter().filter(|name| output.path().join(name).exists()).count();
        write();
        remove_unfinished(output.path());
        assert_eq!(left(), names.len(), "another process may be at work");
        let folder = Folder::join(output.path(), Role::Results).unwrap();
        assert_eq!(left(), of_results.len(), "what a process left that was killed, but for results");
        write();
        remove_unfinished(output.path());
        assert!(left() == 0 && output.path().join("mine.tmp").exists());
        drop(folder);
    }
}
