//! The folder of results: Parquet tables and the summary, each written under a temporary name and renamed when whole.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::sink::{Metadata, Sink};
use super::summary::Summary;
use crate::store::StoreError;

/// Rows of a row group, which the writer holds: as many as DuckDB reads at a time, give or take.
pub const ROW_GROUP: u64 = 1 << 17;

/// A Parquet table on its way: `<name>.parquet.tmp` until it is finished.
struct Table {
    temporary: PathBuf,
    path: PathBuf,
    schema: SchemaRef,
    writer: Option<ArrowWriter<File>>,
}

impl Table {
    fn create(folder: &Path, name: &str, fields: Vec<Field>, metadata: &Metadata) -> Result<Self, StoreError> {
        let path = folder.join(format!("{name}.parquet"));
        let temporary = folder.join(format!("{name}.parquet.tmp"));
        let file = File::create(&temporary).map_err(|e| StoreError::folder(folder, e))?;
        // Schema metadata is what pyarrow and polars show, the footer's what DuckDB does.
        let footer = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let schema = Arc::new(Schema::new(fields).with_metadata(metadata.iter().cloned().collect::<HashMap<_, _>>()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP as usize))
            .set_key_value_metadata(Some(footer));
        // No two times are alike, and a dictionary of them is made in vain.
        for field in schema.fields().iter().filter(|field| field.name().ends_with("_time")) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
        }
        let properties = properties.build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|source| StoreError::Parquet { path: path.clone(), source })?;
        Ok(Table { temporary, path, schema, writer: Some(writer) })
    }

    /// Closes and syncs the file; [`Table::publish`] then gives it its name.
    fn close(&mut self) -> Result<(), StoreError> {
        if let Some(writer) = self.writer.take() {
            let file = writer.into_inner().map_err(|source| StoreError::Parquet { path: self.path.clone(), source })?;
            file.sync_all().map_err(|e| StoreError::io("write", &self.temporary, e))?;
        }
        Ok(())
    }

    fn publish(&self) -> Result<(), StoreError> {
        fs::rename(&self.temporary, &self.path).map_err(|e| StoreError::io("rename", &self.temporary, e))
    }
}

/// An unfinished table leaves nothing behind.
impl Drop for Table {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Tables of a run in progress, in its folder.
pub struct ParquetFolder {
    folder: PathBuf,
    tables: Vec<Table>,
}

impl ParquetFolder {
    /// In `folder`, which is made if it is not there.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|e| StoreError::folder(folder, e))?;
        Ok(ParquetFolder { folder: folder.to_owned(), tables: Vec::new() })
    }

    /// Writes the summary under its temporary name, gives the tables theirs, and the summary its own.
    fn publish(&mut self, summary: &Summary, temporary: &Path) -> Result<(), StoreError> {
        let path = self.folder.join("summary.json");
        let failed = |e| StoreError::io("write", temporary, e);
        let mut json = serde_json::to_vec_pretty(summary).map_err(|e| failed(e.into()))?;
        json.push(b'\n');
        let mut file = File::create(temporary).map_err(failed)?;
        file.write_all(&json).and_then(|()| file.sync_all()).map_err(failed)?;
        for table in &mut self.tables {
            table.close()?;
        }
        // An old summary must not vouch for new tables, should this be interrupted.
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("replace", &path, e));
            }
            _ => {}
        }
        for table in &self.tables {
            table.publish()?;
        }
        fs::rename(temporary, &path).map_err(|e| StoreError::io("rename", temporary, e))
    }
}

impl Sink for ParquetFolder {
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError> {
        self.tables.push(Table::create(&self.folder, name, fields, metadata)?);
        Ok(self.tables.len() - 1)
    }

    fn schema(&self, table: usize) -> &SchemaRef {
        &self.tables[table].schema
    }

    fn write(&mut self, table: usize, rows: RecordBatch) -> Result<(), StoreError> {
        let Table { path, writer, .. } = &mut self.tables[table];
        let failed = |source| StoreError::Parquet { path: path.clone(), source };
        writer.as_mut().map_or(Ok(()), |writer| writer.write(&rows).map_err(failed))
    }

    /// Closes all tables, then gives everything its name, the summary last; where that fails, nothing of it is left.
    fn finish(&mut self, summary: &Summary) -> Result<(), StoreError> {
        let temporary = self.folder.join("summary.json.tmp");
        self.publish(summary, &temporary).inspect_err(|_| drop(fs::remove_file(&temporary)))
    }
}
