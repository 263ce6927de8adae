//! Where the pieces of rounds are kept, as one run sees it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::encode;
use super::error::StoreError;
use super::files::Found;
use super::folder::Folder;
use super::piece::{GroupState, Piece, decode};
use super::word::Live;
use crate::scenario::Point;

/// Where pieces are kept, and what is to be said of them.
pub struct Shelf<'a> {
    folder: &'a Folder,
    /// Whether what is missing is computed; otherwise the rounds end there.
    pub fills: bool,
    notices: Mutex<Vec<String>>,
    /// Jumps of the pieces that were there.
    jumps: AtomicU64,
}

impl<'a> Shelf<'a> {
    /// In a folder of parts.
    pub fn new(folder: &'a Folder, fills: bool) -> Self {
        Shelf { folder, fills, notices: Mutex::default(), jumps: AtomicU64::new(0) }
    }

    /// Leaves word of how the work stands.
    pub fn leave_word(&self, live: &Live) {
        self.folder.leave_word(live);
    }

    /// Jumps of all pieces that were there and not computed.
    pub fn jumps(&self) -> u64 {
        self.jumps.load(Ordering::Relaxed)
    }

    /// A panic elsewhere ends the run by itself, and leaves no notice half-written.
    fn told(&self) -> MutexGuard<'_, Vec<String>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was set aside since this was asked.
    pub fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.told())
    }

    /// The groups of a piece, where it is there.
    pub fn read<S: DeserializeOwned>(
        &self,
        point: &Point,
        piece: &Piece,
        layout: u64,
    ) -> Result<Option<Vec<GroupState<S>>>, StoreError> {
        match self.folder.read_piece(point, piece, |bytes| decode(layout, piece, bytes))? {
            Found::Good(states) => {
                let jumps = states.iter().map(|(replicas, _)| replicas.jumps).sum();
                self.jumps.fetch_add(jumps, Ordering::Relaxed);
                return Ok(Some(states));
            }
            Found::Missing => {}
            Found::SetAside(notice) => self.told().push(notice),
        }
        Ok(None)
    }

    /// Keeps the groups of a piece.
    pub fn write<S: Serialize>(
        &self,
        point: &Point,
        piece: &Piece,
        layout: u64,
        states: &[&GroupState<S>],
    ) -> Result<(), StoreError> {
        self.folder.write_piece(point, piece, &encode(layout, &states))
    }
}
