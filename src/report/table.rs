//! A Parquet table as columns of numbers and words. Columns are asked for by name, and may be missing.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

/// Some rows of a table.
#[derive(Clone, Debug)]
pub struct Rows {
    batches: Vec<RecordBatch>,
}

/// Reads the named columns of the first rows of a table, until `enough` of the rows so far says so; `None` where there
/// is no such file.
///
/// # Errors
/// In words, if the file is not a table.
pub fn read(
    folder: &Path,
    name: &str,
    columns: &[&str],
    mut enough: impl FnMut(&RecordBatch) -> bool,
) -> Result<Option<Rows>, String> {
    let Ok(file) = File::open(folder.join(name)) else { return Ok(None) };
    let failed = |e: ParquetError| format!("{name} cannot be read ({e})");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
    let chosen = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_projection(chosen).with_batch_size(65_536).build().map_err(failed)?;
    let mut batches = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| format!("{name} cannot be read ({e})"))?;
        let done = enough(&batch);
        batches.push(batch);
        if done {
            break;
        }
    }
    Ok(Some(Rows { batches }))
}

/// The names of the columns of a table that exist.
pub fn columns(folder: &Path, name: &str) -> Vec<String> {
    let schema =
        File::open(folder.join(name)).ok().and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).ok());
    schema.map_or_else(Vec::new, |s| s.schema().fields().iter().map(|field| field.name().clone()).collect())
}

impl Rows {
    /// The rows of one batch.
    pub fn from_batch(batch: &RecordBatch) -> Self {
        Rows { batches: vec![batch.clone()] }
    }

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
