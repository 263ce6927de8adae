//! Where the pieces of rounds are kept, as one run sees it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::claims::Taken;
use super::codec::encode;
use super::error::StoreError;
use super::files::Found;
use super::folder::Folder;
use super::part_file::encode_piece;
use super::piece::{GroupState, Piece, RoundPart, decode};
use super::word::Live;
use crate::scenario::Point;

/// What becomes of pieces that are not there.
pub enum Gaps {
    /// They are computed.
    Fill,
    /// The rounds end there.
    End,
    /// The rounds end there, and these are told.
    Tell(Mutex<Vec<RoundPart>>),
    /// This one is computed and nothing else, to the bytes of its file.
    Bring(RoundPart, Mutex<Option<Vec<u8>>>),
}

/// Where pieces are kept, and what is to be said of them.
pub struct Shelf<'a> {
    /// `None` where one piece is computed for somebody else.
    folder: Option<&'a Folder>,
    pub gaps: Gaps,
    notices: Mutex<Vec<String>>,
    /// Pieces that were written, and their jumps.
    written: AtomicU64,
    jumps: AtomicU64,
    /// Where in a round this process begins.
    begin: usize,
    /// What becomes of rounds that others have in hand.
    patience: Mutex<Patience>,
    elsewhere: AtomicBool,
}

/// What becomes of a round of which others have all in hand that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is waited for.
    Wait,
    /// It is left to them.
    Leave,
}

impl<'a> Shelf<'a> {
    /// In a folder of parts.
    pub fn new(folder: &'a Folder, gaps: Gaps) -> Self {
        Shelf::of(Some(folder), gaps)
    }

    fn of(folder: Option<&'a Folder>, gaps: Gaps) -> Self {
        Shelf {
            folder,
            gaps,
            notices: Mutex::default(),
            jumps: AtomicU64::default(),
            written: AtomicU64::default(),
            begin: 0,
            patience: Mutex::new(Patience::Wait),
            elsewhere: AtomicBool::default(),
        }
    }

    /// For one who begins every round somewhere else than others do.
    #[must_use]
    pub fn beginning_at(self, begin: usize) -> Self {
        Shelf { begin, ..self }
    }

    /// Pieces in the order in which this process takes them.
    pub fn in_order<T>(&self, pieces: &mut [T]) {
        if !pieces.is_empty() {
            pieces.rotate_left(self.begin % pieces.len());
        }
    }

    /// Takes a piece in hand, where others may take it too.
    pub fn take(&self, point: &Point, piece: &Piece) -> Option<Taken> {
        self.folder.map(|folder| folder.take_piece(point, piece))
    }

    /// From here on.
    pub fn be(&self, patience: Patience) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = patience;
    }

    /// Whether to wait for a round that others have in hand; that it is left to them is remembered.
    pub fn waits(&self) -> bool {
        let waits = *self.patience.lock().unwrap_or_else(PoisonError::into_inner) == Patience::Wait;
        self.elsewhere.store(!waits, Ordering::Relaxed);
        waits
    }

    /// Whether a round was left to others since this was asked.
    pub fn was_left(&self) -> bool {
        self.elsewhere.swap(false, Ordering::Relaxed)
    }

    /// Pieces that this process has written.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// For one piece, which is computed for somebody else.
    pub fn errand(part: RoundPart) -> Self {
        Shelf::of(None, Gaps::Bring(part, Mutex::default()))
    }

    /// The attempt at a relaxation time that rounds begin with.
    pub fn first_attempt(&self) -> u64 {
        if let Gaps::Bring(part, _) = &self.gaps { part.attempt } else { 0 }
    }

    /// Leaves word of how the work stands.
    pub fn leave_word(&self, live: &Live) {
        if let Some(folder) = self.folder {
            folder.leave_word(live);
        }
    }

    /// Jumps of the pieces that this process has written.
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
        let Some(folder) = self.folder else { return Ok(None) };
        match folder.read_piece(point, piece, |bytes| decode(layout, piece, bytes))? {
            Found::Good(states) => return Ok(Some(states)),
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
        let state = encode(layout, &states);
        self.written.fetch_add(1, Ordering::Relaxed);
        self.jumps.fetch_add(states.iter().map(|(replicas, _)| replicas.jumps).sum(), Ordering::Relaxed);
        match (&self.gaps, self.folder) {
            (Gaps::Bring(_, bytes), _) => {
                *bytes.lock().unwrap_or_else(PoisonError::into_inner) = Some(encode_piece(point, piece, &state));
                Ok(())
            }
            (_, Some(folder)) => folder.write_piece(point, piece, &state),
            (_, None) => Ok(()),
        }
    }
}
