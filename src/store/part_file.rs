//! A part as the bytes of a Parquet file, whole or not at all: a checksum over every byte stands in its metadata.
//!
//! Row group 0 holds the trajectories, 1 the state of the averages (column `state`), 2 the jumps, where they are kept.
//! A piece of a round to a steady state is a state alone (column `state`).

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::averages::{Averages, PartResult};
use super::piece::Piece;
use super::rows::{jump_fields, trajectory_fields};
use crate::canonical::hex;
use crate::plan::Part;
use crate::scenario::Point;

/// A part that was read back.
#[derive(Clone)]
pub struct StoredPart {
    pub averages: Averages,
    /// The columns of `trajectories.parquet`, without the point.
    pub trajectories: Vec<ArrayRef>,
    /// The columns of `jumps.parquet`, without the point; none where there are no jumps, or they are not kept.
    pub jumps: Vec<ArrayRef>,
}

/// The key of the checksum, and the length of its hexadecimal digits.
const CHECKSUM: &str = "superjump.checksum";
const DIGITS: usize = 64;
/// Rows from which on a part is compressed.
const COMPRESSED_FROM: usize = 1000;
/// The column of the state.
const STATE: &str = "state";

/// What the metadata of a file says of it, beside the checksum: a file is good where it says what is expected.
type Expected = Vec<(&'static str, String)>;

/// The fields of a part: those of the two tables, and the state. A row fills those of its kind.
fn fields(point: &Point) -> Vec<Field> {
    let trajectories = trajectory_fields(point).into_iter().skip(1);
    // Jumps share the column `trajectory`.
    let jumps = jump_fields().into_iter().skip(2);
    let all = trajectories.chain(jumps.filter(|_| point.recording.jumps));
    all.chain([Field::new(STATE, DataType::Binary, true)]).map(|field| field.with_nullable(true)).collect()
}

/// Whose a file is.
fn of_point(point: &Point) -> Expected {
    vec![
        ("superjump.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("superjump.seed", point.seed.to_string()),
        ("superjump.point", format!("{:016x}", point.id)),
    ]
}

fn of_part(point: &Point, part: Part) -> Expected {
    let mut expected = of_point(point);
    expected.extend([("superjump.first", part.first.to_string()), ("superjump.count", part.count.to_string())]);
    expected
}

fn of_piece(point: &Point, piece: &Piece) -> Expected {
    let mut expected = of_point(point);
    expected.push(("superjump.round", piece.name()));
    expected
}

fn pairs(expected: Expected) -> Vec<KeyValue> {
    let mut pairs: Vec<KeyValue> =
        expected.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect();
    pairs.push(KeyValue::new(CHECKSUM.to_owned(), "0".repeat(DIGITS)));
    pairs
}

/// Puts the checksum in its place.
pub fn sealed(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let digits = checksum_place(&bytes).ok_or_else(|| ParquetError::General("no place for the checksum".into()))?;
    let checksum = checksum(&bytes, &digits);
    bytes[digits].copy_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// The bytes of a file whose checksum holds: before anything else is believed.
fn whole(bytes: Vec<u8>) -> std::result::Result<Bytes, String> {
    let digits = checksum_place(&bytes).ok_or("it is cut short, or no part at all")?;
    if checksum(&bytes, &digits).as_bytes() != &bytes[digits.clone()] {
        return Err("its checksum is wrong".to_owned());
    }
    Ok(Bytes::from(bytes))
}

/// The metadata of a file, where it is what is expected.
fn opened(bytes: &Bytes, expected: Expected) -> Result<ArrowReaderMetadata> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let file = ArrowReaderMetadata::load(bytes, options)?;
    let pairs = file.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    for (key, expected) in expected {
        let found = pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref());
        if found != Some(&expected) {
            let what = format!("its {key} is {}, not {expected}", found.unwrap_or("missing"));
            return Err(ParquetError::General(what));
        }
    }
    Ok(file)
}

/// The bytes of the file of a piece of a round, from those of its state.
///
/// # Errors
/// What the Parquet writer cannot do.
pub fn encode_piece(point: &Point, piece: &Piece, state: &[u8]) -> Result<Vec<u8>> {
    let schema = Arc::new(Schema::new(vec![Field::new(STATE, DataType::Binary, false)]));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_key_value_metadata(Some(pairs(of_piece(point, piece))))
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)?;
    let column: ArrayRef = Arc::new(BinaryArray::from(vec![state]));
    writer.write(&RecordBatch::try_new(schema, vec![column])?)?;
    sealed(writer.into_inner()?)
}

/// The state of a piece from the bytes of its file.
///
/// # Errors
/// Why it is not this piece, or not whole, in words.
pub fn decode_piece(point: &Point, piece: &Piece, bytes: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
    let bytes = whole(bytes)?;
    let state = || -> Result<Option<Vec<u8>>> {
        let file = opened(&bytes, of_piece(point, piece))?;
        let mut batches = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), file).build()?;
        let Some(batch) = batches.next().transpose()? else { return Ok(None) };
        let column = batch.column_by_name(STATE).and_then(|column| column.as_binary_opt::<i32>());
        Ok(column.filter(|column| column.len() == 1).map(|column| column.value(0).to_vec()))
    };
    guarded(state)?.ok_or_else(|| "it holds no state".to_owned())
}

/// The bytes of the file of a part.
///
/// # Errors
/// What the Parquet writer cannot do.
pub fn encode(point: &Point, part: Part, result: &PartResult) -> Result<Vec<u8>> {
    let schema = Arc::new(Schema::new(fields(point)));
    let trajectories = result.rows.trajectory_columns();
    let jumps = result.rows.jump_columns();
    let rows = trajectories.iter().chain(&jumps).map(Array::len).max().unwrap_or(0);
    // The bits of averages do not compress, and to set up a decoder takes longer than to read a few rows.
    let compression =
        if rows < COMPRESSED_FROM { Compression::UNCOMPRESSED } else { Compression::ZSTD(ZstdLevel::default()) };
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_column_compression(ColumnPath::from(STATE), Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(pairs(of_part(point, part))))
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)?;

    let state: ArrayRef = Arc::new(BinaryArray::from(vec![result.averages.encode().as_slice()]));
    let columns = schema.fields().len();
    let width = trajectories.len();
    writer.write(&placed(&schema, (0..width).zip(&trajectories))?)?;
    writer.flush()?;
    writer.write(&placed(&schema, [(columns - 1, &state)])?)?;
    writer.flush()?;
    if point.recording.jumps {
        // The first is the trajectory, the others stand behind the columns of the trajectories.
        let places = [0].into_iter().chain(width..columns - 1);
        writer.write(&placed(&schema, places.zip(&jumps))?)?;
    }
    sealed(writer.into_inner()?)
}

/// A batch of these columns, each at its place, and nulls elsewhere.
fn placed<'a>(schema: &Arc<Schema>, columns: impl IntoIterator<Item = (usize, &'a ArrayRef)>) -> Result<RecordBatch> {
    let mut columns = columns.into_iter().peekable();
    let rows = columns.peek().map_or(0, |(_, column)| column.len());
    let mut whole: Vec<ArrayRef> =
        schema.fields().iter().map(|field| new_null_array(field.data_type(), rows)).collect();
    for (place, column) in columns {
        whole[place] = column.clone();
    }
    Ok(RecordBatch::try_new(schema.clone(), whole)?)
}

/// Reads the bytes of the file of a part.
///
/// # Errors
/// Why it is not this part, or not whole, in words.
pub fn decode(point: &Point, part: Part, bytes: Vec<u8>) -> std::result::Result<StoredPart, String> {
    let bytes = whole(bytes)?;
    guarded(|| read(point, part, &bytes))
}

/// What a reader of Parquet makes of a file whose checksum holds. Who forges a checksum may make the reader panic, which
/// is no more than a file that cannot be read.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> std::result::Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("it is no Parquet file that can be read".to_owned()),
    }
}

fn read(point: &Point, part: Part, bytes: &Bytes) -> Result<StoredPart> {
    let foreign = |what: String| ParquetError::General(what);
    let file = opened(bytes, of_part(point, part))?;
    let columns = file.schema().fields().len();
    if columns != fields(point).len() {
        return Err(foreign(format!("it has {columns} columns, not {}", fields(point).len())));
    }
    let width = trajectory_fields(point).len() - 1;
    let group = |group: usize, places: Vec<usize>| -> Result<Vec<ArrayRef>> {
        let Some(rows) = file.metadata().row_groups().get(group).map(|group| group.num_rows() as usize) else {
            return Ok(Vec::new());
        };
        let mask = ProjectionMask::roots(file.parquet_schema(), places);
        let mut batches = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), file.clone())
            .with_row_groups(vec![group])
            .with_projection(mask)
            .with_batch_size(rows.max(1))
            .build()?;
        let batch = batches.next().ok_or_else(|| ParquetError::General("a row group is empty".into()))??;
        Ok(batch.columns().to_vec())
    };
    let trajectories = group(0, (0..width).collect())?;
    let state = group(1, vec![columns - 1])?;
    let jumps = group(2, [0].into_iter().chain(width..columns - 1).collect())?;
    let state = state.first().and_then(|state| state.as_binary_opt::<i32>()).filter(|state| state.len() == 1);
    let state = state.ok_or_else(|| foreign("it holds no state".into()))?;
    let averages = Averages::decode(point, state.value(0)).map_err(foreign)?;
    let rows = trajectories.first().map_or(0, Array::len) as u64;
    if rows != part.count || averages.ensemble.trajectories() != part.count {
        return Err(foreign(format!("it has {rows} trajectories, not {}", part.count)));
    }
    Ok(StoredPart { averages, trajectories, jumps })
}

/// Where the digits of the checksum stand: behind the last occurrence of its key, a type and a length.
fn checksum_place(bytes: &[u8]) -> Option<Range<usize>> {
    let key = CHECKSUM.as_bytes();
    let at = bytes.windows(key.len()).rposition(|window| window == key)? + key.len() + 2;
    (at + DIGITS <= bytes.len()).then_some(at..at + DIGITS)
}

/// The SHA-256 of all bytes but the digits of the checksum.
fn checksum(bytes: &[u8], digits: &Range<usize>) -> String {
    let digest = Sha256::new().chain_update(&bytes[..digits.start]).chain_update(&bytes[digits.end..]).finalize();
    hex(&digest)
}
