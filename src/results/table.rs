//! A Parquet table as columns of numbers and words. Columns are asked for by name, and may be missing. Whatever a file
//! claims, or makes of a few bytes, only so much of it is in memory at a time.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

/// Some rows of a table.
#[derive(Clone, Debug)]
pub struct Rows {
    batches: Vec<RecordBatch>,
}

/// How much of a table was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Rows that were read.
    pub read: u64,
    /// Rows that it has.
    pub of: u64,
}

impl Extent {
    /// What was left out, in words.
    pub fn left_out(&self, name: &str) -> Option<String> {
        let Extent { read, of } = self;
        (read < of).then(|| format!("{name} has {of} rows, of which the first {read} are read"))
    }
}

/// Rows that are read together, and the bytes that a column of them may come to: words of a dictionary are as long, at
/// most, as all of the column is.
const BATCH: u64 = 8192;
const BATCH_BYTES: u64 = 1 << 28;
/// Values of a column of lists in one group of rows, beyond which it is not read.
const MOST_LISTED: u64 = 1 << 27;

/// So many rows at a time, by what the file says of its columns.
fn batch(metadata: &ParquetMetaData, chosen: &ProjectionMask) -> Result<usize, ParquetError> {
    let mut rows = BATCH;
    for group in metadata.row_groups() {
        let columns = group.columns().iter().enumerate().filter(|(leaf, _)| chosen.leaf_included(*leaf));
        for (_, column) in columns {
            let values = column.num_values().unsigned_abs();
            if values > MOST_LISTED {
                return Err(ParquetError::General(format!("{} holds {values} values", column.column_path())));
            }
            let widest = match column.column_type() {
                Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => column.uncompressed_size().unsigned_abs(),
                _ => 8 * values.div_ceil(group.num_rows().unsigned_abs().max(1)),
            };
            rows = rows.min(BATCH_BYTES / widest.max(1));
        }
    }
    Ok(rows.max(1) as usize)
}

/// Hands the named columns of a table on, some rows at a time: no more than `most` of them, and until `enough` says so;
/// `None` where there is no such file.
///
/// # Errors
/// In words, if the file is not a table.
pub fn each(
    folder: &Path,
    name: &str,
    columns: &[&str],
    most: u64,
    mut enough: impl FnMut(Rows) -> bool,
) -> Result<Option<Extent>, String> {
    let Ok(file) = File::open(folder.join(name)) else { return Ok(None) };
    let read = || -> Result<Extent, ParquetError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let chosen = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let of = builder.metadata().file_metadata().num_rows().unsigned_abs();
        let batch = batch(builder.metadata(), &chosen)?;
        let reader = builder.with_projection(chosen).with_batch_size(batch).with_limit(most as usize).build()?;
        let mut read = 0;
        for batch in reader {
            let batch = batch?;
            read += batch.num_rows() as u64;
            if enough(Rows { batches: vec![batch] }) {
                break;
            }
        }
        Ok(Extent { read, of })
    };
    // Who forges a file may make the reader panic, which is no more than a file that cannot be read.
    let read = catch_unwind(AssertUnwindSafe(read));
    let read = read.unwrap_or_else(|_| Err(ParquetError::General("it is no Parquet file that can be read".into())));
    read.map(Some).map_err(|e| format!("{name} cannot be read ({e})"))
}

/// Reads the named columns of the first rows of a table, until `enough` of the last rows says so; `None` where there is
/// no such file.
///
/// # Errors
/// In words, if the file is not a table.
pub fn read(
    folder: &Path,
    name: &str,
    columns: &[&str],
    most: u64,
    mut enough: impl FnMut(&Rows) -> bool,
) -> Result<Option<(Rows, Extent)>, String> {
    let mut all = Rows { batches: Vec::new() };
    let extent = each(folder, name, columns, most, |rows| {
        let done = enough(&rows);
        all.batches.extend(rows.batches);
        done
    })?;
    Ok(extent.map(|extent| (all, extent)))
}

/// The names of the columns of a table that exist.
pub fn columns(folder: &Path, name: &str) -> Vec<String> {
    let schema = || ParquetRecordBatchReaderBuilder::try_new(File::open(folder.join(name)).ok()?).ok();
    let schema = catch_unwind(AssertUnwindSafe(schema)).ok().flatten();
    schema.map_or_else(Vec::new, |s| s.schema().fields().iter().map(|field| field.name().clone()).collect())
}

impl Rows {
    /// How many rows were read.
    pub fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// A column of numbers, NaN where it is null; `None` where there is no such column of numbers.
    pub fn numbers(&self, column: &str) -> Option<Vec<f64>> {
        let mut all = Vec::with_capacity(self.count());
        for batch in &self.batches {
            let array = batch.column_by_name(column)?;
            let missing = f64::NAN;
            match array.data_type() {
                DataType::Float64 => {
                    all.extend(array.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(missing)));
                }
                DataType::UInt32 => {
                    all.extend(array.as_primitive::<UInt32Type>().iter().map(|v| v.map_or(missing, f64::from)));
                }
                DataType::UInt64 => {
                    all.extend(array.as_primitive::<UInt64Type>().iter().map(|v| v.map_or(missing, |v| v as f64)));
                }
                DataType::Int64 => {
                    all.extend(array.as_primitive::<Int64Type>().iter().map(|v| v.map_or(missing, |v| v as f64)));
                }
                DataType::Null => all.extend(std::iter::repeat_n(missing, array.len())),
                _ => return None,
            }
        }
        Some(all)
    }

    /// A column of words, "" where it is null; `None` where there is no such column of words.
    pub fn words(&self, column: &str) -> Option<Vec<&str>> {
        let mut all = Vec::with_capacity(self.count());
        for batch in &self.batches {
            let array = batch.column_by_name(column)?;
            all.extend(array.as_string_opt::<i32>()?.iter().map(|word| word.unwrap_or("")));
        }
        Some(all)
    }

    /// A column of lists of numbers.
    pub fn lists(&self, column: &str) -> Option<Vec<Vec<f64>>> {
        let mut all = Vec::with_capacity(self.count());
        for batch in &self.batches {
            let array = batch.column_by_name(column)?.as_list_opt::<i32>()?;
            for row in 0..array.len() {
                all.push(array.value(row).as_primitive_opt::<Float64Type>()?.values().to_vec());
            }
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Float64Array, StringArray};
    use arrow_schema::{Field, Schema};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn table(folder: &Path, name: &str, columns: Vec<(&str, arrow_array::ArrayRef)>) {
        let fields: Vec<Field> = columns.iter().map(|(n, c)| Field::new(*n, c.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut writer = ArrowWriter::try_new(File::create(folder.join(name)).unwrap(), schema.clone(), None).unwrap();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn only_so_much_is_read_and_in_small_batches() {
        let folder = tempfile::tempdir().unwrap();
        let times: Float64Array = (0..100_000).map(f64::from).collect();
        // A megabyte for each row, of a file that has it once.
        let long = "x".repeat(1 << 20);
        let word = |row: usize| Some(if row < 300 { long.as_str() } else { "y" });
        let words: StringArray = (0..100_000).map(word).collect();
        table(folder.path(), "t.parquet", vec![("time", Arc::new(times)), ("word", Arc::new(words))]);
        let mut largest = 0;
        let extent = each(folder.path(), "t.parquet", &["time", "word", "absent"], 50_000, |rows| {
            largest = largest.max(rows.count());
            assert!(rows.numbers("time").unwrap().iter().all(|t| *t < 50_000.0));
            assert!(rows.words("word").is_some() && rows.numbers("absent").is_none());
            false
        });
        let extent = extent.unwrap().unwrap();
        assert_eq!((extent.read, extent.of), (50_000, 100_000));
        assert!(extent.left_out("t").unwrap().contains("100000 rows, of which the first 50000"));
        // So many of the long ones at a time, however many rows there are.
        assert!(largest as u64 * (1 << 20) <= BATCH_BYTES + (1 << 20), "{largest} rows at a time");
        assert!(read(folder.path(), "none.parquet", &[], 1, |_| false).unwrap().is_none());
    }

    #[test]
    fn whatever_is_no_table_is_words_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let times: Float64Array = (0..100).map(f64::from).collect();
        table(folder.path(), "t.parquet", vec![("time", Arc::new(times))]);
        let whole = std::fs::read(folder.path().join("t.parquet")).unwrap();
        let mut refused = 0;
        for step in 0..400 {
            let mut bytes = whole.clone();
            let place = step * bytes.len() / 400;
            bytes[place] ^= 1 << (step % 8);
            std::fs::write(folder.path().join("bad.parquet"), &bytes).unwrap();
            refused += usize::from(each(folder.path(), "bad.parquet", &["time"], 1000, |_| false).is_err());
            let _ = columns(folder.path(), "bad.parquet");
        }
        assert!(refused > 50, "{refused} of 400 were refused");
    }
}
