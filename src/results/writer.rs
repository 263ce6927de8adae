//! The folder of results: Parquet tables and the summary, each written under a temporary name and renamed when whole.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::summary::Summary;
use super::tables::{self, NoiseRow, QuantaRow, SeriesRow};
use crate::scenario::{Asked, Noise, Point, Scenario};
use crate::store::{StoreError, StoredPart, jump_fields, trajectory_fields};

/// Rows of a row group, which the writer holds: as many as DuckDB reads at a time, give or take.
pub const ROW_GROUP: u64 = 1 << 17;

/// A Parquet table on its way: `<name>.parquet.tmp` until it is finished.
struct Table {
    temporary: PathBuf,
    path: PathBuf,
    schema: Arc<Schema>,
    writer: Option<ArrowWriter<File>>,
}

impl Table {
    fn create(
        folder: &Path,
        name: &str,
        fields: Vec<Field>,
        metadata: &[(String, String)],
    ) -> Result<Self, StoreError> {
        let path = folder.join(format!("{name}.parquet"));
        let temporary = folder.join(format!("{name}.parquet.tmp"));
        let file = File::create(&temporary).map_err(|e| StoreError::folder(folder, e))?;
        // Schema metadata is what pyarrow and polars show, the footer's what DuckDB does.
        let described: HashMap<String, String> = metadata.iter().cloned().collect();
        let schema = Arc::new(Schema::new(fields).with_metadata(described));
        let footer = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
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

    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), StoreError> {
        let failed = |source| StoreError::Parquet { path: self.path.clone(), source };
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(|e| failed(e.into()))?;
        match &mut self.writer {
            Some(writer) => writer.write(&batch).map_err(failed),
            None => Ok(()),
        }
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

fn append(table: &mut Option<Table>, columns: impl FnOnce() -> Vec<ArrayRef>) -> Result<(), StoreError> {
    table.as_mut().map_or(Ok(()), |table| table.write(columns()))
}

/// The tables of a run in progress; those that it does not fill are not there.
pub struct Writer {
    folder: PathBuf,
    metadata: Vec<(String, String)>,
    series: Option<Table>,
    trajectories: Option<Table>,
    jumps: Option<Table>,
    noise: Option<Table>,
    quanta: Option<Table>,
}

impl Writer {
    /// Opens the tables of a scenario in `folder`, which is made if it is not there.
    pub fn create(folder: &Path, scenario: &Scenario) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|e| StoreError::folder(folder, e))?;
        let first = &scenario.points[0];
        let units = first.units();
        let text = |value: &str| value.to_owned();
        let metadata = vec![
            (text("superjump.version"), text(env!("CARGO_PKG_VERSION"))),
            (text("superjump.scenario"), scenario.name.clone()),
            (text("superjump.scenario_text"), scenario.text.clone()),
            (text("superjump.seed"), scenario.seed().to_string()),
            (text("superjump.units"), text(units.name())),
            (text("superjump.unit.time"), text(units.time())),
            (text("superjump.unit.rate"), text(units.rate())),
            (text("superjump.unit.heat_current"), text(units.heat_current())),
        ];
        let table = |name: &str, fields| Table::create(folder, name, fields, &metadata);
        let points = || scenario.points.iter();
        // Steady states are kept as averages, not trajectory by trajectory.
        let sampled = points().any(|point| matches!(point.asked, Asked::Transient(_)));
        let when = |wanted: bool, name: &str, fields| wanted.then(|| table(name, fields)).transpose();
        Ok(Writer {
            series: when(points().any(|point| !point.times().is_empty()), "series", tables::series_fields())?,
            trajectories: when(sampled, "trajectories", trajectory_fields(first))?,
            jumps: when(sampled && first.recording.jumps, "jumps", jump_fields())?,
            noise: when(points().any(|p| *p.noise() != Noise::default()), "noise", tables::noise_fields())?,
            quanta: when(points().any(|p| !p.noise().windows.is_empty()), "quanta", tables::quanta_fields())?,
            folder: folder.to_owned(),
            metadata,
        })
    }

    /// Appends the rows of a part of a point.
    pub fn write_rows(&mut self, point: &Point, part: &StoredPart) -> Result<(), StoreError> {
        append(&mut self.trajectories, || tables::with_point(point, &part.trajectories))?;
        if part.jumps.is_empty() {
            return Ok(());
        }
        append(&mut self.jumps, || tables::with_point(point, &part.jumps))
    }

    /// Appends the series of a point.
    pub fn write_series(&mut self, point: &Point, rows: &[SeriesRow]) -> Result<(), StoreError> {
        append(&mut self.series, || tables::series_columns(point, rows))
    }

    /// Appends the counting statistics of a point.
    pub fn write_noise(&mut self, point: &Point, rows: &[NoiseRow]) -> Result<(), StoreError> {
        append(&mut self.noise, || tables::noise_columns(point, rows))
    }

    /// Appends the distributions of the quanta of a point.
    pub fn write_quanta(&mut self, point: &Point, rows: &[QuantaRow]) -> Result<(), StoreError> {
        append(&mut self.quanta, || tables::quanta_columns(point, rows))
    }

    /// Closes all tables, then gives everything its name, the summary last: where there is a summary, all is there.
    pub fn finish(mut self, summary: &Summary) -> Result<(), StoreError> {
        let fields = tables::summary_fields(summary);
        let mut summary_table = Table::create(&self.folder, "summary", fields, &self.metadata)?;
        summary_table.write(tables::summary_columns(summary))?;

        let path = self.folder.join("summary.json");
        let temporary = self.folder.join("summary.json.tmp");
        let failed = |e| StoreError::io("write", &temporary, e);
        let mut json = serde_json::to_vec_pretty(summary).map_err(|e| failed(e.into()))?;
        json.push(b'\n');
        let mut file = File::create(&temporary).map_err(failed)?;
        file.write_all(&json).and_then(|()| file.sync_all()).map_err(failed)?;

        let mut tables: Vec<&mut Table> = vec![&mut summary_table];
        let own = [&mut self.series, &mut self.trajectories, &mut self.jumps, &mut self.noise, &mut self.quanta];
        for table in own {
            tables.extend(table);
        }
        for table in &mut tables {
            table.close()?;
        }
        // An old summary must not vouch for new tables, should this be interrupted.
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("replace", &path, e));
            }
            _ => {}
        }
        for table in tables {
            table.publish()?;
        }
        fs::rename(&temporary, &path).map_err(|e| StoreError::io("rename", &temporary, e))
    }
}
