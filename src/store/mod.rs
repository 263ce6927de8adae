//! The parts of a campaign on disk: files that appear whole and never change, whose they are, and who works on them.

mod averages;
mod beat;
mod claims;
mod codec;
mod crew;
mod error;
mod files;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod lock;
mod manifest;
mod part_file;
mod parts;
mod path;
mod piece;
mod rows;
mod shelf;
mod solved;
mod word;

pub(crate) use averages::{Averages, PartResult};
pub(crate) use claims::{Claim, SILENT, Taken};
pub(crate) use codec::layout;
pub(crate) use crew::{Grip, Name, Role, names};
pub use error::StoreError;
#[cfg(feature = "figures")]
pub(crate) use files::replace;
pub(crate) use files::{Found, Temporary, remove_temporary};
pub use folder::remove_unfinished;
pub(crate) use folder::{Folder, Held, Present, held, key, points_held};
pub(crate) use lock::host;
pub use manifest::{Manifest, ManifestPoint};
pub(crate) use part_file::{StoredPart, decode, encode, part_of, round_of};
pub use parts::MemoryParts;
pub(crate) use parts::Parts;
pub use path::Path;
pub use piece::RoundPart;
pub(crate) use piece::{GroupState, Piece};
pub(crate) use rows::{cycle_fields, jump_fields, produce, trajectory_fields};
pub(crate) use shelf::{Gaps, Patience, Shelf};
pub(crate) use solved::SolvedPoints;
pub use word::{Live, Progress, State, Within};
