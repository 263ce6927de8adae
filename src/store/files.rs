//! Files that appear whole: written under a temporary name, synced, renamed.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// What became of reading a part.
pub enum Found<T> {
    Good(T),
    Missing,
    /// It was not what it should be, and is set aside: the message says why and where to.
    SetAside(String),
}

/// Writes a file into the folder of its point, which is made where it is not there.
pub fn write_below(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        // Not its parents: a folder that has vanished does not come back in pieces.
        match fs::create_dir(folder) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(StoreError::io("create", folder, e)),
            _ => {}
        }
    }
    write_whole(path, bytes)
}

/// Reads a file, and sets it aside where it cannot be decoded.
pub fn read_or_set_aside<T>(
    path: &Path,
    decode: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<Found<T>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
        Err(e) => return Err(StoreError::io("read", path, e)),
    };
    decode(&bytes).map(Found::Good).or_else(|why| {
        let aside = path.with_extension("part.bad");
        fs::rename(path, &aside).map_err(|e| StoreError::io("set aside", path, e))?;
        Ok(Found::SetAside(format!("{}: {why}; it is set aside as {}", path.display(), aside.display())))
    })
}

/// Writes a file under a temporary name, syncs it, renames it, and syncs the folder.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // Other processes may write the same file, to the same bytes.
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    renamed.and_then(|()| sync_folder(path)).map_err(|e| {
        let _ = fs::remove_file(&temporary);
        StoreError::io("write", path, e)
    })
}

/// A new name is on the disk when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The paths of all that is in a folder.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |e| StoreError::io("read", folder, e);
    fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}
