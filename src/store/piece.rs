//! What is kept of the rounds of a steady run: immutable pieces, each some groups of one round, in the folder of parts.
//!
//! A piece is named by what decides its trajectories (a hash of the protocol) and by which they are, so that the stop
//! rule may change: a smaller error or a larger budget goes on from the rounds that are there.

use std::collections::HashMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::codec;
use crate::statistics::{GROUPS, Replicas, Sums};

/// Jumps of a piece, as far as their bound tells: some seconds of work.
const JUMPS_PER_PIECE: f64 = 1e8;

/// Some groups of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The hash of the protocol.
    pub protocol: u64,
    /// In each group, the trajectories that this adds: from and to.
    pub trajectories: Range<u64>,
    /// Which groups.
    pub groups: Range<u64>,
}

/// A piece of a round of a point, and all that it takes to compute it anywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundPart {
    /// The place of the point in the sweep, from 0.
    pub point: usize,
    /// How slowly it relaxes, as far as it is known by then; and which attempt at that it is.
    pub(crate) relaxation_time: f64,
    pub(crate) attempt: u64,
    pub(crate) piece: Piece,
}

impl RoundPart {
    /// The name of its file, without an ending.
    #[must_use]
    pub fn name(&self) -> String {
        self.piece.name()
    }

    /// Its trajectories.
    #[cfg(feature = "mpi")]
    pub(crate) fn trajectories(&self) -> u64 {
        let Piece { trajectories, groups, .. } = &self.piece;
        (trajectories.end - trajectories.start) * (groups.end - groups.start)
    }

    /// Whether there may be such a part: it comes from elsewhere.
    pub(crate) fn is_possible(&self) -> bool {
        let Piece { trajectories, groups, .. } = &self.piece;
        let some = !trajectories.is_empty() && !groups.is_empty() && groups.end <= GROUPS;
        some && self.attempt < 64 && self.relaxation_time > 0.0 && self.relaxation_time.is_finite()
    }
}

/// A group of a round: what it adds to the averages, and to the sums of the group.
pub type GroupState<S = Sums> = (Replicas, S);

impl Piece {
    /// The pieces of a round whose trajectories have so many jumps each at most: a result of the round alone. Short
    /// rounds are one piece, long ones a piece for each group.
    pub fn of_round(protocol: u64, trajectories: &Range<u64>, jumps: f64) -> impl Iterator<Item = Piece> {
        let work = (trajectories.end - trajectories.start) as f64 * jumps;
        let groups = 1 << ((JUMPS_PER_PIECE / work).clamp(1.0, GROUPS as f64) as u64).ilog2();
        let trajectories = trajectories.clone();
        let first = (0..GROUPS).step_by(groups);
        first.map(move |first| Piece {
            protocol,
            trajectories: trajectories.clone(),
            groups: first..first + groups as u64,
        })
    }

    /// The name of its file, without an ending.
    pub fn name(&self) -> String {
        let Piece { protocol, trajectories, groups } = self;
        format!("round-{protocol:016x}-{}-{}-{}-{}", trajectories.start, trajectories.end, groups.start, groups.end)
    }

    pub(super) fn parse(name: &str) -> Option<Piece> {
        let mut words = name.strip_prefix("round-")?.split('-');
        let protocol = u64::from_str_radix(words.next()?, 16).ok()?;
        let numbers: Vec<u64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let [from, to, first, end] = numbers[..] else { return None };
        (from <= to && first <= end && end <= GROUPS).then_some(Piece {
            protocol,
            trajectories: from..to,
            groups: first..end,
        })
    }
}

/// Trajectories in the pieces of these names: of the protocol that has most, as others were given up or are asked for
/// no more. Rounds follow each other, so that the last one of a group says how many it has.
pub fn trajectories_held<'a>(names: impl Iterator<Item = &'a str>) -> u64 {
    let mut held: HashMap<u64, [u64; GROUPS as usize]> = HashMap::new();
    for piece in names.filter_map(Piece::parse) {
        let ends = held.entry(piece.protocol).or_insert([0; GROUPS as usize]);
        for end in &mut ends[piece.groups.start as usize..piece.groups.end as usize] {
            *end = piece.trajectories.end.max(*end);
        }
    }
    held.values().map(|ends| ends.iter().sum()).max().unwrap_or(0)
}

/// The groups of a piece, from the bytes of its state.
pub fn decode<S: DeserializeOwned>(layout: u64, piece: &Piece, bytes: &[u8]) -> Result<Vec<GroupState<S>>, String> {
    let states: Vec<GroupState<S>> = codec::decode(layout, bytes)?;
    let expected = piece.trajectories.end - piece.trajectories.start;
    let groups = (piece.groups.end - piece.groups.start) as usize;
    if states.len() == groups && states.iter().all(|(replicas, _)| replicas.count() == expected) {
        Ok(states)
    } else {
        Err("its state has another shape".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::codec::{encode, layout};
    use super::*;

    #[test]
    fn pieces_cover_a_round_and_their_names_tell_what_is_held() {
        let mut names = Vec::new();
        for (trajectories, jumps) in [(0..1, 1e3), (1..2, 1e7), (2..9, 1e9)] {
            let pieces: Vec<Piece> = Piece::of_round(7, &trajectories, jumps).collect();
            let groups: Vec<u64> = pieces.iter().flat_map(|piece| piece.groups.clone()).collect();
            assert_eq!(groups, (0..GROUPS).collect::<Vec<_>>());
            assert!(pieces.iter().all(|piece| Piece::parse(&piece.name()).as_ref() == Some(piece)));
            names.extend(pieces.iter().map(Piece::name));
        }
        // One piece, then groups of eight, then each its own.
        assert_eq!(names.len(), 1 + 8 + 64);
        names.pop();
        // Names that somebody made up.
        names.extend(["round-7-9-2-0-64", "round-7-0-9-5-3", "round-7-0-99-0-65"].map(str::to_owned));
        assert_eq!(trajectories_held(names.iter().map(String::as_str)), 63 * 9 + 2);
    }

    /// What a build before or after this one has kept, byte by byte whole, is refused in words and never read as numbers.
    #[test]
    fn a_piece_of_another_layout_is_refused() {
        let piece = Piece { protocol: 7, trajectories: 0..0, groups: 0..2 };
        let state = (Replicas::new(3, 0, 2), Sums::default());
        let here = layout(&state);
        let bytes = encode(here, &&[&state, &state][..]);
        assert_eq!(decode(here, &piece, &bytes).unwrap(), [state.clone(), state.clone()]);
        // Another number of columns or baths, as another set of fields, is another layout.
        for other in [Replicas::new(4, 0, 2), Replicas::new(3, 1, 2), Replicas::new(3, 0, 1)] {
            let words = decode::<Sums>(layout(&(other, Sums::default())), &piece, &bytes).unwrap_err();
            assert!(words.contains("another build"), "{words}");
        }
        // Before there was a number, the states stood alone.
        let without = postcard::to_stdvec(&&[&state, &state][..]).unwrap();
        assert!(decode::<Sums>(here, &piece, &without).unwrap_err().contains("another build"));
        for end in 0..bytes.len() {
            assert!(decode::<Sums>(here, &piece, &bytes[..end]).is_err(), "cut to {end} bytes");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(decode::<Sums>(here, &piece, &longer).unwrap_err().contains("another shape"));
        let fewer = encode(here, &&[&state][..]);
        assert!(decode::<Sums>(here, &piece, &fewer).unwrap_err().contains("another shape"));
    }
}
