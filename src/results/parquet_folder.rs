//! The folder of results: Parquet tables and the summary, each written under a temporary name and renamed when whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::sink::{Metadata, Sink};
use super::summary::Summary;
use crate::store::{StoreError, Temporary, remove_temporary};
use crate::table::{Field, TableWriter, Values};

/// A Parquet table on its way, under a temporary name until it is finished.
struct Table {
    temporary: Temporary,
    path: PathBuf,
    writer: Option<TableWriter<File>>,
}

impl Table {
    fn create(folder: &Path, name: &str, fields: Vec<Field>, metadata: &Metadata) -> Result<Self, StoreError> {
        let path = folder.join(format!("{name}.parquet"));
        let (temporary, file) = Temporary::create(&path).map_err(|e| StoreError::folder(folder, e))?;
        let writer = TableWriter::new(file, fields, metadata);
        let writer = writer.map_err(|source| StoreError::Parquet { path: path.clone(), source })?;
        Ok(Table { temporary, path, writer: Some(writer) })
    }

    /// Closes and syncs the file; [`Table::publish`] then gives it its name.
    fn close(&mut self) -> Result<(), StoreError> {
        if let Some(writer) = self.writer.take() {
            let file = writer.finish().map_err(|source| StoreError::Parquet { path: self.path.clone(), source })?;
            file.sync_all().map_err(|e| StoreError::io("write", &self.path, e))?;
        }
        Ok(())
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
        remove_temporary(folder, |target| target == "summary.json" || target.ends_with(".parquet"))?;
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

    /// Closes all tables, then gives everything its name, the summary last.
    fn finish(&mut self, summary: &Summary) -> Result<(), StoreError> {
        let path = self.folder.join("summary.json");
        let failed = |e| StoreError::io("write", &path, e);
        let mut json = serde_json::to_vec_pretty(summary).map_err(|e| failed(e.into()))?;
        json.push(b'\n');
        let (temporary, mut file) = Temporary::create(&path).map_err(failed)?;
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
        temporary.publish().map_err(failed)
    }
}
