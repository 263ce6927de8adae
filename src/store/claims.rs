//! Who has which part in hand: a file beside the part for as long as it is computed, so that processes seldom do the same
//! work. No result rests on it, nor on clocks or locks: who computes a part leaves the same bytes, whoever else does.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::crew::{Grip, Name};
use super::files::{Temporary, make_folder};
use super::word::Live;

/// What the name of a claim ends in.
pub const ENDING: &str = "claim";

/// After how long a process that says nothing is taken for gone, and its work for free.
pub const SILENT: Duration = Duration::from_secs(10);

/// What became of asking for a part.
pub enum Taken {
    /// It is there.
    There,
    /// It is this process's, for as long as it keeps the claim.
    Mine(Claim),
    /// Another process is at it.
    Theirs,
}

/// A part that is in hand; the word of it goes when it is dropped.
pub struct Claim(Option<PathBuf>);

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // It may be another's by now, who would share the work then, and be none the worse.
            let _ = fs::remove_file(path);
        }
    }
}

/// The claims of a folder, as one process sees and makes them.
pub struct Claims {
    parts: PathBuf,
    name: Name,
    /// What stands in the claims of this process: its name, and what tells it from one that had the name before.
    signed: String,
    heard: Mutex<HashMap<String, Heard>>,
}

/// What was last heard of another process, and when: by the clock of this one alone.
struct Heard {
    word: Option<Vec<u8>>,
    since: Instant,
}

impl Claims {
    /// Those of a process in a folder of parts.
    pub fn new(parts: &Path, name: &Name) -> Self {
        let signed = format!("{name} {:016x}", Temporary::draw());
        Claims { parts: parts.to_owned(), name: name.clone(), signed, heard: Mutex::default() }
    }

    /// Takes the part of this path in hand, unless it is there, or another process that is alive is at it. Where no claim
    /// can be left, there is none.
    pub fn take(&self, part: &Path) -> Taken {
        if part.is_file() {
            return Taken::There;
        }
        let path = part.with_extension(ENDING);
        for attempt in 0.. {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    // Who cannot read who it is waits for as long as for one that is silent.
                    let _ = file.write_all(self.signed.as_bytes());
                    let claim = Claim(Some(path));
                    // It may have been brought in between.
                    return if part.is_file() { Taken::There } else { Taken::Mine(claim) };
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if attempt > 0 || self.is_held(&path) {
                        return Taken::Theirs;
                    }
                    let _ = fs::remove_file(&path);
                }
                Err(error) if error.kind() == ErrorKind::NotFound && attempt == 0 && make_folder(part).is_ok() => {}
                // What is wrong is said where the part is written.
                Err(_) => break,
            }
        }
        Taken::Mine(Claim(None))
    }

    /// Whether somebody who is alive has signed a claim.
    fn is_held(&self, path: &Path) -> bool {
        let signed = match fs::read_to_string(path) {
            Ok(signed) if signed == self.signed => return true,
            Ok(signed) => signed,
            Err(error) => return error.kind() != ErrorKind::NotFound,
        };
        let name = signed.split(' ').next().and_then(Name::parse);
        let Some(name) = name else { return !self.is_silent(format!("{}", path.display()), None) };
        // One that had this name before, of which there is one at a time.
        if name == self.name {
            return false;
        }
        let word = fs::read(name.word(&self.parts)).ok();
        let host = word.as_deref().and_then(|word| serde_json::from_slice::<Live>(word).ok()).map(|live| live.host);
        match name.grip(&self.parts) {
            Grip::Gone => false,
            // Locks are seen on the same host, whatever the file system.
            Grip::Free if host.is_none_or(|host| host == super::lock::host()) => {
                name.forget(&self.parts);
                false
            }
            Grip::Held | Grip::Free | Grip::Unknown => !self.is_silent(signed, word),
        }
    }

    /// Whether nothing new was heard of somebody for long.
    fn is_silent(&self, signed: String, word: Option<Vec<u8>>) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let last = heard.entry(signed).or_insert_with(|| Heard { word: word.clone(), since: Instant::now() });
        if last.word != word {
            *last = Heard { word, since: Instant::now() };
        }
        last.since.elapsed() >= SILENT
    }
}
