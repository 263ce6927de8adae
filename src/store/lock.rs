//! A lock that the system lets go of when its process ends, however that ends.

use std::fs::{File, TryLockError};
use std::io::{Error, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::StoreError;
use super::files::{is_plain, open_own};

/// For how long a lock is asked for again that somebody holds, or that is removed.
const PASSING: Duration = Duration::from_millis(50);

/// A lock that is held; its file names the owner meanwhile.
#[derive(Debug)]
pub struct Lock {
    file: File,
    exclusive: bool,
    /// Whether it keeps anybody out: not where the file system has no locks.
    pub holds: bool,
    /// What the file said of an owner that did not end well.
    pub stale: Option<String>,
}

impl Lock {
    /// Takes the lock file at `path` alone.
    ///
    /// A file system without locks gives one all the same: two processes would do the same work twice, but parts
    /// are renamed when they are whole and have the same bytes whoever wrote them.
    pub fn exclusive(path: &Path) -> Result<Self, StoreError> {
        Lock::take(path, true)
    }

    /// The same, beside others that share it.
    pub fn shared(path: &Path) -> Result<Self, StoreError> {
        Lock::take(path, false)
    }

    /// Who only asks whether a lock is held holds it for a moment, and who clears up removes what nobody holds yet: neither
    /// is an owner.
    fn take(path: &Path, exclusive: bool) -> Result<Self, StoreError> {
        let begun = Instant::now();
        loop {
            match Lock::try_take(path, exclusive) {
                Ok(lock) if is_plain(path) || begun.elapsed() > PASSING => return Ok(lock),
                Ok(_) => {}
                Err(StoreError::Locked { .. }) if begun.elapsed() < PASSING => std::thread::sleep(PASSING / 10),
                Err(error) => return Err(error),
            }
        }
    }

    fn try_take(path: &Path, exclusive: bool) -> Result<Self, StoreError> {
        let failed = |e| StoreError::io("write", path, e);
        let folder = || path.parent().and_then(Path::parent).unwrap_or(path);
        let mut file = open_own(path).map_err(failed)?.ok_or_else(|| {
            StoreError::folder(folder(), Error::other(format!("{} is a link, or no plain file", path.display())))
        })?;
        let mut text = String::new();
        let holds = match if exclusive { file.try_lock() } else { file.try_lock_shared() } {
            Err(TryLockError::WouldBlock) => {
                // Where the owner cannot be read it is not said.
                let _ = file.read_to_string(&mut text);
                let owner = if text.is_empty() { "another process".to_owned() } else { text };
                return Err(StoreError::Locked { folder: folder().to_owned(), owner });
            }
            Err(TryLockError::Error(error)) if error.kind() != std::io::ErrorKind::Unsupported => {
                return Err(failed(error));
            }
            Ok(()) => true,
            Err(TryLockError::Error(_)) => false,
        };
        let _ = file.read_to_string(&mut text);
        let mut lock = Lock { file, exclusive, holds, stale: Some(text).filter(|text| !text.is_empty()) };
        if exclusive {
            lock.write(&this_process()).map_err(failed)?;
        }
        Ok(lock)
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

/// An owner that ends well takes its name off. A process that was forked on the way would hold the lock as long as it
/// lives, were it not given up.
impl Drop for Lock {
    fn drop(&mut self) {
        if self.exclusive {
            let _ = self.write("");
        }
        let _ = self.file.unlock();
    }
}

/// What this process is called in a lock that it holds alone.
pub fn this_process() -> String {
    format!("process {} on {}", std::process::id(), host())
}

/// The name of this machine.
pub fn host() -> String {
    sysinfo::System::host_name().unwrap_or_else(|| "an unnamed host".to_owned())
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_whether_a_lock_is_held_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let looking = Lock::shared(&path).unwrap();
        let passing = std::thread::spawn(move || {
            std::thread::sleep(PASSING / 3);
            drop(looking);
        });
        let lock = Lock::exclusive(&path).unwrap();
        passing.join().unwrap();
        assert!(lock.holds && path.exists());
        assert!(matches!(Lock::shared(&path), Err(StoreError::Locked { .. })));
        // What others see is another file then.
        std::fs::remove_file(&path).unwrap();
        assert!(Lock::exclusive(&path).unwrap().holds && lock.holds);
    }
}
