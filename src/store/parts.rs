//! Where the parts of a campaign are: on disk, or in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::averages::PartResult;
use super::error::StoreError;
use super::files::Found;
use super::folder::{Folder, Present, key};
use super::part_file::{PartKey, StoredPart};
use crate::plan::Part;
use crate::scenario::Point;

/// Keeps parts.
pub trait Parts: Sync {
    /// Keeps a part.
    fn write(&self, point: &Point, part: Part, result: &PartResult) -> Result<(), StoreError>;

    /// A part, where it is there and whole.
    fn read(&self, point: &Point, part: Part) -> Result<Found<StoredPart>, StoreError>;
}

impl Parts for Folder {
    fn write(&self, point: &Point, part: Part, result: &PartResult) -> Result<(), StoreError> {
        Folder::write(self, point, part, result)
    }

    fn read(&self, point: &Point, part: Part) -> Result<Found<StoredPart>, StoreError> {
        Folder::read(self, point, part)
    }
}

/// Parts in memory, from which a run that was stopped goes on.
#[derive(Default)]
pub struct MemoryParts(Mutex<HashMap<PartKey, StoredPart>>);

impl MemoryParts {
    /// The names of all parts that are there.
    pub(crate) fn present(&self) -> Present {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

impl Parts for MemoryParts {
    fn write(&self, point: &Point, part: Part, result: &PartResult) -> Result<(), StoreError> {
        let stored = StoredPart::new(result);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(point, part), stored);
        Ok(())
    }

    fn read(&self, point: &Point, part: Part) -> Result<Found<StoredPart>, StoreError> {
        // Points of the same physics share parts.
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(parts.get(&key(point, part)).map_or(Found::Missing, |part| Found::Good(part.clone())))
    }
}
