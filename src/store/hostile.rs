//! What reads files is given anything at all: for fuzzing, and as property tests. Nothing may panic, and nothing but
//! what was written may be taken for it.

use super::averages::PartResult;
use super::codec;
use super::part_file::{decode, decode_piece, encode, encode_piece, sealed};
use super::piece::{self, GroupState, Piece};
use crate::bath::{Bath, Coupling};
use crate::dicke::Level;
use crate::group::Group;
use crate::initial::InitialState;
use crate::model::Model;
use crate::plan::Part;
use crate::scenario::{Point, PointBuilder, Recording, Transient};
use crate::statistics::{Replicas, Sums};
use crate::units::Units;

fn point() -> Point {
    let bath = Bath::thermal("b", Coupling::Collective, 1.0, 1.0, 1.0);
    let model = Model { units: Units::Natural, number: 3, frequency: 1.0, baths: vec![bath] };
    PointBuilder::new(Group::new(model, InitialState::Dicke(Level::inverted(3))))
        .recording(Recording { jumps: true, photons: 2, ..Recording::default() })
        .build(Transient { times: vec![0.5, 1.0], trajectories: 2 })
        .expect("a point")
}

/// Alters some bytes, three of `edits` for each: two for where, one for what. True where any was changed.
fn alter(bytes: &mut [u8], edits: &[u8]) -> bool {
    let before = bytes.to_vec();
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
        bytes[at] ^= edit[2];
    }
    before != bytes
}

/// The file with the checksum that its bytes have now, two lines below its beginning.
fn mended(file: &[u8]) -> Vec<u8> {
    let ends: Vec<usize> = file.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    sealed(&file[ends.get(1).copied().unwrap_or(file.len())..])
}

/// A file of a part: altered, cut, or anything; then altered by somebody who mends the checksum.
///
/// # Panics
/// Where an altered file passes for the part.
pub fn part(data: &[u8]) {
    let (point, part) = (point(), Part { point: 0, first: 0, count: 0 });
    assert!(decode(&point, part, data).is_err(), "anything passes for a part");
    let whole = encode(&point, part, &PartResult::new(&point));
    let mut altered = whole.clone();
    if alter(&mut altered, data) {
        assert!(decode(&point, part, &altered).is_err(), "an altered part passes for whole");
        // It may be read, or refused in words.
        let _ = decode(&point, part, &mended(&altered));
    }
    let end = data.first().map_or(0, |byte| usize::from(*byte) * whole.len() / 256);
    assert!(decode(&point, part, &whole[..end]).is_err(), "a part that is cut short passes for whole");
}

/// The same of a piece of a round, and of the state in it.
///
/// # Panics
/// Where an altered file passes for the piece.
pub fn piece(data: &[u8]) {
    let (point, piece) = (point(), Piece { protocol: 7, trajectories: 0..0, groups: 0..2 });
    let state: GroupState = (Replicas::new(3, 0, 1), Sums::default());
    let layout = codec::layout(&state);
    let bytes = codec::encode(layout, &&[&state, &state][..]);
    let mut altered = encode_piece(&point, &piece, &bytes);
    if alter(&mut altered, data) {
        assert!(decode_piece(&point, &piece, &altered).is_err(), "an altered piece passes for whole");
        let _ = decode_piece(&point, &piece, &mended(&altered))
            .and_then(|bytes| piece::decode::<Sums>(layout, &piece, &bytes));
    }
    let mut altered = bytes;
    alter(&mut altered, data);
    let _ = piece::decode::<Sums>(layout, &piece, &altered);
    let _ = piece::decode::<Sums>(layout, &piece, data);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        // The same cases in every run;
        #![proptest_config(ProptestConfig {
            cases: 4096,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_part_makes_the_reader_panic(data in proptest::collection::vec(any::<u8>(), 0..40)) {
            super::part(&data);
        }

        #[test]
        fn no_piece_makes_the_reader_panic(data in proptest::collection::vec(any::<u8>(), 0..40)) {
            super::piece(&data);
        }
    }
}
