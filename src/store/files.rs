//! Files that appear whole: written under a temporary name, synced, renamed. Others may write in the same folder, so that
//! nothing is written through a link that somebody else has put there.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
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

/// Makes the folder of a file where it is not there. Not its parents: a folder that has vanished does not come back in
/// pieces.
pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    match fs::create_dir(folder) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && is_folder(folder) => Ok(()),
        made => made.map_err(|e| StoreError::io("create", folder, e)),
    }
}

/// Writes a file into the folder of its point, which is made where it is not there.
pub fn write_below(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    make_folder(path)?;
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

/// A file on its way to a name: under another that nobody can foresee, which goes unless it is published.
pub struct Temporary {
    path: PathBuf,
    target: PathBuf,
}

impl Temporary {
    /// What a temporary name ends in.
    const ENDING: &str = "tmp";

    /// A new file on its way to `target`, beside it: `<name>.<16 digits>.tmp`.
    pub fn create(target: &Path) -> std::io::Result<(Self, File)> {
        loop {
            let drawn = Temporary::draw();
            let name = target.file_name().ok_or(ErrorKind::InvalidFilename)?.to_string_lossy();
            let path = target.with_file_name(format!("{name}.{drawn:016x}.{}", Temporary::ENDING));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                opened => return Ok((Temporary { path, target: target.to_owned() }, opened?)),
            }
        }
    }

    /// Digits of which nobody who sees some learns others: the system draws the keys.
    pub fn draw() -> u64 {
        RandomState::new().hash_one(std::process::id())
    }

    /// Gives the file its name. A link of that name is replaced, and not followed.
    pub fn publish(&self) -> std::io::Result<()> {
        fs::rename(&self.path, &self.target)
    }

    /// The name that a temporary file was to have, from the one it has.
    pub fn target_name(name: &str) -> Option<&str> {
        let (target, drawn) = name.strip_suffix(Temporary::ENDING)?.strip_suffix('.')?.rsplit_once('.')?;
        (drawn.len() == 16 && drawn.chars().all(|c| c.is_ascii_hexdigit())).then_some(target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// How often a file is written again whose temporary name was gone: others may have taken it for one that was left.
const AGAIN: usize = 3;

/// Writes a file under a temporary name, syncs it, renames it, and syncs the folder.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // Other processes may write the same file, to the same bytes.
    let write = || {
        let (temporary, mut file) = Temporary::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        temporary.publish()
    };
    let mut written = write();
    for _ in 0..AGAIN {
        let gone = matches!(&written, Err(e) if e.kind() == ErrorKind::NotFound);
        if !gone || !path.parent().is_some_and(is_folder) {
            break;
        }
        written = write();
    }
    written.and_then(|()| sync_folder(path)).map_err(|e| StoreError::io("write", path, e))
}

/// Writes a file that is no loss: as [`write_whole`], but not synced.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let (temporary, mut file) = Temporary::create(path)?;
    file.write_all(bytes)?;
    temporary.publish()
}

/// Opens a plain file to read and write it, and makes it where it is not there; `None` where that is a link, has another
/// name elsewhere, or is no plain file.
pub fn open_own(path: &Path) -> std::io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map(Some),
    }
    let entry = fs::symlink_metadata(path)?;
    // Before it is opened, as a pipe would wait.
    if !entry.is_file() {
        return Ok(None);
    }
    let file = options.open(path)?;
    // What was looked at, and not what somebody has put in its place since.
    Ok(is_same(&entry, &file.metadata()?).then_some(file))
}

#[cfg(unix)]
fn is_same(entry: &fs::Metadata, file: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (entry.dev(), entry.ino()) == (file.dev(), file.ino()) && file.nlink() <= 1
}

#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, file: &fs::Metadata) -> bool {
    file.is_file()
}

/// Whether there is a plain file at a path, and no link to one.
pub fn is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|entry| entry.is_file())
}

/// Whether there is a folder at a path, and no link to one.
pub fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|entry| entry.is_dir())
}

/// A new name is on the disk when its folder is; where a file system syncs no folders, it says so and keeps them itself.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()) {
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Removes the temporary files of a folder whose names were to be such: of processes that are no more.
pub fn remove_temporary(folder: &Path, such: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    for path in entries(folder)? {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.and_then(Temporary::target_name).is_some_and(&such) {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io("remove", &path, e)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The paths of all that is in a folder.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |e| StoreError::io("read", folder, e);
    fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_written_goes_through_no_link() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let keep = path("keep");
        fs::write(&keep, "mine").unwrap();
        // A name that is a link is replaced.
        symlink(&keep, path("part")).unwrap();
        write_whole(&path("part"), b"whole").unwrap();
        assert_eq!(fs::read(path("part")).unwrap(), b"whole");
        // A lock is not: neither a link, whether it leads anywhere or not, nor another name of the same file.
        let nowhere = path("nowhere");
        for target in [&keep, &nowhere] {
            symlink(target, path("lock")).unwrap();
            assert!(open_own(&path("lock")).unwrap().is_none());
            fs::remove_file(path("lock")).unwrap();
        }
        fs::hard_link(&keep, path("lock")).unwrap();
        assert!(open_own(&path("lock")).unwrap().is_none() && open_own(folder.path()).unwrap().is_none());
        assert!(open_own(&nowhere).unwrap().is_some() && open_own(&nowhere).unwrap().is_some());
        // Nor does a folder of parts that is a link take any.
        let elsewhere = tempfile::TempDir::new().unwrap();
        symlink(elsewhere.path(), path("point")).unwrap();
        assert!(write_below(&path("point").join("0-1.parquet"), b"part").is_err());
        assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
        assert_eq!(fs::read(&keep).unwrap(), b"mine");
    }

    #[test]
    fn temporary_names_cannot_be_foreseen_and_are_found_again() {
        let folder = tempfile::TempDir::new().unwrap();
        let target = folder.path().join("series.parquet");
        let (first, second) = (Temporary::create(&target).unwrap().0, Temporary::create(&target).unwrap().0);
        assert_ne!(first.path, second.path);
        std::mem::forget(first);
        fs::write(folder.path().join("notes.tmp"), "").unwrap();
        remove_temporary(folder.path(), |name| name == "summary.json").unwrap();
        assert_eq!(entries(folder.path()).unwrap().len(), 3);
        second.publish().unwrap();
        remove_temporary(folder.path(), |name| name == "series.parquet").unwrap();
        let mut left = entries(folder.path()).unwrap();
        left.sort();
        assert_eq!(left, [folder.path().join("notes.tmp"), target]);
    }
}
