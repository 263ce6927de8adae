//! The folder of results: Parquet tables and the summary, each written under a temporary name and renamed when whole.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::sink::{Metadata, Sink};
use super::summary::Summary;
use super::summary_file;
use super::sums::{self, SUMMARY, SUMS, Summing};
use crate::store::{StoreError, Temporary, remove_temporary};
use crate::table::{Field, TableWriter, Values};

/// A Parquet table on its way, under a temporary name until it is finished.
struct Table {
    temporary: Temporary,
    path: PathBuf,
    writer: Option<TableWriter<Summing<File>>>,
}

impl Table {
    fn create(folder: &Path, name: &str, fields: Vec<Field>, metadata: &Metadata) -> Result<Self, StoreError> {
        let path = folder.join(format!("{name}.parquet"));
        let (temporary, file) = Temporary::create(&path).map_err(|e| StoreError::folder(folder, e))?;
        let writer = TableWriter::new(Summing::new(file), fields, metadata);
        let writer = writer.map_err(|source| StoreError::Parquet { path: path.clone(), source })?;
        Ok(Table { temporary, path, writer: Some(writer) })
    }

    /// Closes and syncs the file, and has its name and checksum; [`Table::publish`] then gives it that name.
    fn close(&mut self) -> Result<Option<(String, String)>, StoreError> {
        let Some(writer) = self.writer.take() else { return Ok(None) };
        let written = writer.finish().map_err(|source| StoreError::Parquet { path: self.path.clone(), source })?;
        let (file, sum) = written.finish();
        file.sync_all().map_err(|e| StoreError::io("write", &self.path, e))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some((name, sum)))
    }

    fn publish(&self) -> Result<(), StoreError> {
        self.temporary.publish().map_err(|e| StoreError::io("write", &self.path, e))
    }
}

/// Tables of a run in progress, in its folder.
pub struct ParquetFolder {
    folder: PathBuf,
    tables: Vec<Table>,
}

impl ParquetFolder {
    /// In `folder`, which is made if it is not there, and which nobody else writes results to. What a process left that
    /// was killed as it wrote them is removed.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|e| StoreError::folder(folder, e))?;
        remove_temporary(folder, |target| [SUMMARY, SUMS].contains(&target) || target.ends_with(".parquet"))?;
        Ok(ParquetFolder { folder: folder.to_owned(), tables: Vec::new() })
    }
}

impl Sink for ParquetFolder {
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError> {
        self.tables.push(Table::create(&self.folder, name, fields, metadata)?);
        Ok(self.tables.len() - 1)
    }

    fn write(&mut self, table: usize, rows: Vec<Values>) -> Result<(), StoreError> {
        let Table { path, writer, .. } = &mut self.tables[table];
        let failed = |source| StoreError::Parquet { path: path.clone(), source };
        writer.as_mut().map_or(Ok(()), |writer| writer.write(rows).map_err(failed))
    }

    /// Closes all tables, then gives everything its name, the summary last; where that fails, nothing of it is left.
    fn finish(&mut self, summary: &Summary) -> Result<(), StoreError> {
        let [path, sums] = [SUMMARY, SUMS].map(|name| self.folder.join(name));
        let failed = |e| StoreError::io("write", &path, e);
        let (temporary, file) = Temporary::create(&path).map_err(failed)?;
        let mut file = BufWriter::with_capacity(1 << 16, Summing::new(file));
        summary_file::write(summary, &mut file).map_err(failed)?;
        let (file, sum) = file.into_inner().map_err(|e| failed(e.into_error()))?.finish();
        file.sync_all().map_err(failed)?;
        let mut all = Vec::new();
        for table in &mut self.tables {
            all.extend(table.close()?);
        }
        all.push((SUMMARY.to_owned(), sum));
        let of_sums = |e| StoreError::io("write", &sums, e);
        let (sums_temporary, mut file) = Temporary::create(&sums).map_err(of_sums)?;
        let text = sums::text(summary, &all);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(of_sums)?;
        // An old summary must not vouch for new tables, should this be interrupted.
        sums::remove(&path).map_err(|e| StoreError::io("replace", &path, e))?;
        for table in &self.tables {
            table.publish()?;
        }
        sums_temporary.publish().map_err(of_sums)?;
        temporary.publish().map_err(failed)
    }
}
