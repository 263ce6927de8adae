//! Who works in a folder: any number of processes, of which one at a time writes results. Each has a name, a lock that the
//! system drops with it, and a word of how it stands.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::files::{Temporary, entries, is_plain};
use super::lock::Lock;

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To write results, as one process at a time does; it may compute parts too.
    Results,
    /// The same, and there may be nobody else: what is there is to be replaced.
    Alone,
    /// To compute parts.
    Work,
}

impl Role {
    /// To write results, over those that are there or in their place.
    pub fn of_results(fresh: bool) -> Self {
        if fresh { Role::Alone } else { Role::Results }
    }
}

/// What a process is called in the names of its files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Option<u64>);

/// Whether somebody holds the lock of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grip {
    Held,
    Free,
    /// There is no such lock.
    Gone,
    /// The file system has none.
    Unknown,
}

impl Name {
    fn of(role: Role) -> Self {
        Name((role == Role::Work).then(Temporary::draw))
    }

    /// From how it is written, and nothing else: it becomes a part of paths.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "run" {
            return Some(Name(None));
        }
        let digits = text.strip_prefix("worker-").filter(|digits| digits.len() == 16)?;
        u64::from_str_radix(digits, 16).ok().map(|drawn| Name(Some(drawn)))
    }

    /// Where its word is.
    pub fn word(&self, parts: &Path) -> PathBuf {
        parts.join(format!("{self}{WORD}"))
    }

    fn lock(&self, parts: &Path) -> PathBuf {
        parts.join(if self.0.is_some() { format!("{self}.lock") } else { "lock".to_owned() })
    }

    /// Whether its lock is held.
    pub fn grip(&self, parts: &Path) -> Grip {
        let path = self.lock(parts);
        let open = if is_plain(&path) { File::open(&path) } else { Err(ErrorKind::NotFound.into()) };
        match open.map(|file| file.try_lock_shared()) {
            Ok(Ok(())) => Grip::Free,
            Ok(Err(TryLockError::WouldBlock)) => Grip::Held,
            Err(error) if error.kind() == ErrorKind::NotFound => Grip::Gone,
            Ok(Err(TryLockError::Error(_))) | Err(_) => Grip::Unknown,
        }
    }

    /// Removes what a worker of this name has left.
    pub fn forget(&self, parts: &Path) {
        if self.0.is_some() {
            [self.word(parts), self.lock(parts)].iter().for_each(|path| drop(fs::remove_file(path)));
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(drawn) => write!(f, "worker-{drawn:016x}"),
            None => write!(f, "run"),
        }
    }
}

/// What the names of words end in.
const WORD: &str = ".status.json";
/// The lock that all share who are at work.
const TOGETHER: &str = "workers.lock";
/// For how long one process may clear up what others have left.
const CLEARING: Duration = Duration::from_secs(60);

/// Those who have left a word or a lock.
pub fn names(parts: &Path) -> Result<Vec<Name>, StoreError> {
    let of = |path: &PathBuf| {
        let file = path.file_name()?.to_str()?;
        Name::parse(file.strip_suffix(WORD).or_else(|| file.strip_suffix(".lock"))?)
    };
    let mut names: Vec<Name> = entries(parts)?.iter().filter_map(of).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// The locks of a process that is at work.
pub struct Member {
    pub name: Name,
    parts: PathBuf,
    /// What was found of a process that wrote results and did not end well.
    pub stale: Option<String>,
    locks: Vec<Lock>,
}

impl Member {
    /// Joins those who work in a folder of parts; where nobody else does, `clear` is called first.
    pub fn join(parts: &Path, role: Role, clear: impl FnOnce() -> Result<(), StoreError>) -> Result<Self, StoreError> {
        let name = Name::of(role);
        let mut locks = vec![Lock::exclusive(&name.lock(parts))?];
        let stale = locks[0].stale.clone();
        let together = parts.join(TOGETHER);
        match Lock::exclusive(&together) {
            // What locks nothing tells nothing of others.
            Ok(lock) if lock.holds || role == Role::Alone => clear()?,
            Err(error @ StoreError::Locked { .. }) if role == Role::Alone => return Err(error),
            Ok(_) | Err(StoreError::Locked { .. }) => {}
            Err(error) => return Err(error),
        }
        let begun = Instant::now();
        loop {
            match Lock::shared(&together) {
                // Somebody who came first is clearing up.
                Err(StoreError::Locked { .. }) if begun.elapsed() < CLEARING => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                lock => break locks.push(lock?),
            }
        }
        Ok(Member { name, parts: parts.to_owned(), stale, locks })
    }
}

/// A worker that ends by itself leaves nothing but parts.
impl Drop for Member {
    fn drop(&mut self) {
        self.name.forget(&self.parts);
        self.locks.clear();
    }
}
