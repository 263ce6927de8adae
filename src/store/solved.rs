//! Points that were solved and took long, kept until all of their scenario are: from them an exact sweep goes on that was
//! cut short.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec;
use super::error::StoreError;
use super::files::{Found, entries, is_folder, read_or_set_aside, write_below};
use super::part_file::{decode_solved, encode_solved};

/// What the names of their folders begin with.
const NAME: &str = "exact-";

/// Where the points of one scenario are kept.
pub struct SolvedPoints {
    parts: PathBuf,
    fingerprint: String,
}

impl SolvedPoints {
    /// In a folder of results, of what has this fingerprint.
    pub fn new(output: &Path, fingerprint: String) -> Self {
        SolvedPoints { parts: output.join("parts"), fingerprint }
    }

    fn path(&self, index: usize) -> PathBuf {
        self.parts.join(format!("{NAME}{}", self.fingerprint)).join(format!("{index}.part"))
    }

    /// Keeps what a point comes to, laid out as `layout` says.
    pub fn write(&self, index: usize, layout: u64, state: &impl Serialize) -> Result<(), StoreError> {
        let bytes = encode_solved(&self.fingerprint, index, &codec::encode(layout, state));
        write_below(&self.path(index), &bytes)
    }

    /// What a point comes to, where it is kept.
    pub fn read<T: DeserializeOwned>(&self, index: usize, layout: u64) -> Result<Found<T>, StoreError> {
        read_or_set_aside(&self.path(index), |bytes| {
            codec::decode(layout, &decode_solved(&self.fingerprint, index, bytes)?)
        })
    }

    /// Removes what is kept, of this scenario and of any before: there are results.
    pub fn clear(&self) -> Result<(), StoreError> {
        for path in entries(&self.parts)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(NAME) && is_folder(&path) {
                fs::remove_dir_all(&path).map_err(|e| StoreError::io("remove", &path, e))?;
            }
        }
        Ok(())
    }
}
