//! A part, or a piece of a round, as the bytes of a file, whole or not at all.
//!
//! A line that says what it is, a line of the SHA-256 of all that follows, a line of JSON that says whose it is, and what
//! it holds, in binary, compressed where that is long.

use std::io::Read;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::averages::{Averages, PartResult};
use super::codec;
use super::piece::Piece;
use super::rows::{cycle_fields, jump_fields, trajectory_fields};
use crate::canonical::hex;
use crate::plan::Part;
use crate::scenario::Point;
use crate::table::{Field, Kind, Values};

/// What tells a part: its point, its seed, its first trajectory and how many.
pub type PartKey = (u64, u64, u64, u64);

/// A part that was read back.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredPart {
    pub averages: Averages,
    /// The columns of `trajectories.parquet`, without the point and the swept keys.
    pub trajectories: Vec<Values>,
    /// The columns of `jumps.parquet`, likewise; none where there are no jumps, or they are not kept.
    pub jumps: Vec<Values>,
    /// The columns of `trajectory_cycles.parquet`, likewise.
    pub cycles: Vec<Values>,
}

/// How parts are laid out: that of one with a column of each kind.
static LAYOUT: LazyLock<u64> = LazyLock::new(|| {
    let columns = || Kind::ALL.map(Values::empty).to_vec();
    codec::layout(&StoredPart {
        averages: Averages::sample(),
        trajectories: columns(),
        jumps: columns(),
        cycles: columns(),
    })
});

/// The first line.
const TITLE: &str = "superjump part";
/// Bytes from which on what a file holds is compressed: to set up a decoder takes longer than to read a few rows.
const COMPRESSED_FROM: usize = 1 << 16;
/// What a file may hold: bounds what a forged one can make of the memory.
const LONGEST: u64 = 1 << 34;

impl StoredPart {
    /// What is kept of a part.
    pub fn new(result: &PartResult) -> Self {
        StoredPart {
            averages: result.averages.clone(),
            trajectories: result.rows.trajectories().to_vec(),
            jumps: result.rows.jumps().to_vec(),
            cycles: result.rows.cycles().to_vec(),
        }
    }
}

/// Whose a file is: a file is good where it says what is expected.
fn of_point(point: &Point) -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "seed": point.seed, "point": format!("{:016x}", point.id) })
}

fn of_part(point: &Point, part: Part) -> Value {
    let mut whose = of_point(point);
    whose["first"] = json!(part.first);
    whose["count"] = json!(part.count);
    whose
}

fn of_piece(point: &Point, piece: &Piece) -> Value {
    let mut whose = of_point(point);
    whose["round"] = json!(piece.name());
    whose
}

/// The bytes of a file that holds this.
fn file(whose: &Value, content: &[u8]) -> Vec<u8> {
    let compressed = content.len() >= COMPRESSED_FROM;
    let mut whose = whose.clone();
    whose["compressed"] = json!(compressed);
    let mut below = format!("{whose}\n").into_bytes();
    if compressed {
        below.extend(zstd::encode_all(content, 0).expect("memory takes what is written"));
    } else {
        below.extend_from_slice(content);
    }
    sealed(&below)
}

/// What a file holds below its checksum, with that above it.
pub fn sealed(below: &[u8]) -> Vec<u8> {
    [format!("{TITLE}\n{}\n", checksum(below)).as_bytes(), below].concat()
}

/// What stands behind the first line, and that line.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

/// What is below the checksum of a file, where that holds: before anything else is believed.
fn unsealed(bytes: &[u8]) -> Result<&[u8], String> {
    let below = line(bytes).filter(|(title, _)| *title == TITLE).and_then(|(_, below)| line(below));
    let (digits, below) = below.ok_or("it is cut short, or no part at all")?;
    if checksum(below) == digits { Ok(below) } else { Err("its checksum is wrong".to_owned()) }
}

/// What a file holds, where it is whole and whose it is expected to be.
fn content(expected: &Value, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (whose, content) = line(unsealed(bytes)?).ok_or("it does not say whose it is")?;
    let mut whose: Value = serde_json::from_str(whose).map_err(|_| "it does not say whose it is")?;
    let compressed = whose.as_object_mut().and_then(|whose| whose.remove("compressed"));
    for (key, expected) in expected.as_object().into_iter().flatten() {
        let found = whose.get(key);
        if found != Some(expected) {
            let found = found.map_or("missing".to_owned(), Value::to_string);
            return Err(format!("its {key} is {found}, not {expected}"));
        }
    }
    if compressed != Some(json!(true)) {
        return Ok(content.to_vec());
    }
    let decoder = zstd::Decoder::with_buffer(content).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    decoder.take(LONGEST).read_to_end(&mut all).map_err(|error| error.to_string())?;
    Ok(all)
}

/// The bytes of the file of a piece of a round, from those of its state.
pub fn encode_piece(point: &Point, piece: &Piece, state: &[u8]) -> Vec<u8> {
    file(&of_piece(point, piece), state)
}

/// The state of a piece from the bytes of its file.
///
/// # Errors
/// Why it is not this piece, or not whole, in words.
pub fn decode_piece(point: &Point, piece: &Piece, bytes: &[u8]) -> Result<Vec<u8>, String> {
    content(&of_piece(point, piece), bytes)
}

/// Whose a point is that was solved for what has this fingerprint.
fn of_solved(fingerprint: &str, index: usize) -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "fingerprint": fingerprint, "solved": index })
}

/// The bytes of the file of a point that was solved, from what it comes to.
pub fn encode_solved(fingerprint: &str, index: usize, state: &[u8]) -> Vec<u8> {
    file(&of_solved(fingerprint, index), state)
}

/// What a point comes to, from the bytes of its file.
///
/// # Errors
/// Why it is not this point, or not whole, in words.
pub fn decode_solved(fingerprint: &str, index: usize, bytes: &[u8]) -> Result<Vec<u8>, String> {
    content(&of_solved(fingerprint, index), bytes)
}

/// The bytes of the file of a part.
pub fn encode(point: &Point, part: Part, result: &PartResult) -> Vec<u8> {
    file(&of_part(point, part), &codec::encode(*LAYOUT, &StoredPart::new(result)))
}

/// Which part the bytes of a file say that they are, where they are whole: of a point and a seed, from a first trajectory,
/// so many.
///
/// # Errors
/// Why they are none, in words.
pub fn part_of(bytes: &[u8]) -> Result<PartKey, String> {
    let (whose, id) = whose(bytes)?;
    let [seed, first, count] = ["seed", "first", "count"].map(|key| whose[key].as_u64());
    id.zip(seed)
        .zip(first.zip(count))
        .map(|((id, seed), (first, count))| (id, seed, first, count))
        .ok_or_else(|| "it does not say whose it is".to_owned())
}

/// The same of a piece of a round.
///
/// # Errors
/// Why they are none, in words.
pub fn round_of(bytes: &[u8]) -> Result<(u64, u64, Piece), String> {
    let (whose, id) = whose(bytes)?;
    let piece = whose["round"].as_str().and_then(Piece::parse);
    let of = id.zip(whose["seed"].as_u64()).zip(piece);
    of.map(|((id, seed), piece)| (id, seed, piece)).ok_or_else(|| "it is no piece of a round".to_owned())
}

/// What the bytes of a file say of themselves, where they are whole, with the point.
fn whose(bytes: &[u8]) -> Result<(Value, Option<u64>), String> {
    let (whose, _) = line(unsealed(bytes)?).ok_or("it does not say whose it is")?;
    let whose: Value = serde_json::from_str(whose).map_err(|_| "it does not say whose it is")?;
    let id = whose["point"].as_str().and_then(|id| u64::from_str_radix(id, 16).ok());
    Ok((whose, id))
}

/// Reads the bytes of the file of a part.
///
/// # Errors
/// Why it is not this part, or not whole, in words.
pub fn decode(point: &Point, part: Part, bytes: &[u8]) -> Result<StoredPart, String> {
    let content = content(&of_part(point, part), bytes)?;
    let StoredPart { averages, trajectories, jumps, cycles } = codec::decode(*LAYOUT, &content)?;
    let averages = averages.of_point(point)?;
    if averages.ensemble.trajectories() != part.count {
        return Err(format!("it has {} trajectories, not {}", averages.ensemble.trajectories(), part.count));
    }
    let rows = Some(point.recording.trajectories.among(part.first, part.count) as usize);
    let jumps_hold = if point.recording.jumps { are_of(&jump_fields(point), None, &jumps) } else { jumps.is_empty() };
    let cycles_hold = match point.protocol().filter(|_| point.recording.cycles) {
        Some(protocol) => {
            let rows = rows.and_then(|rows| rows.checked_mul(protocol.cycles() as usize));
            rows.is_some() && are_of(&cycle_fields(point), rows, &cycles)
        }
        None => cycles.is_empty(),
    };
    if !jumps_hold || !cycles_hold || !are_of(&trajectory_fields(point), rows, &trajectories) {
        return Err("its columns are others".to_owned());
    }
    Ok(StoredPart { averages, trajectories, jumps, cycles })
}

/// Whether columns are whole, of these fields, and of as many rows, or else of as many as the first.
fn are_of(fields: &[Field], rows: Option<usize>, columns: &[Values]) -> bool {
    let rows = rows.or_else(|| columns.first().map(Values::len));
    let is_of = |(field, values): (&Field, &Values)| values.is_of(field.kind) && Some(values.len()) == rows;
    fields.len() == columns.len() && fields.iter().zip(columns).all(is_of)
}

/// The SHA-256 of bytes, in hexadecimal digits.
fn checksum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
