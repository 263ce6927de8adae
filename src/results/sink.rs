//! Where tables go: a folder of Parquet files, or memory.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};

use super::summary::Summary;
use crate::store::StoreError;

/// What is said of a table as a whole, key by key.
pub type Metadata = [(String, String)];

/// Takes tables batch by batch, and the summary last.
pub trait Sink {
    /// Begins a table, and says by which number it goes.
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError>;

    /// The schema of a table.
    fn schema(&self, table: usize) -> &SchemaRef;

    /// Appends rows to a table.
    fn write(&mut self, table: usize, rows: RecordBatch) -> Result<(), StoreError>;

    /// Everything is there: where there is a summary, all tables are whole.
    fn finish(&mut self, summary: &Summary) -> Result<(), StoreError>;
}

/// A table in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryTable {
    /// Its name, that of its file without the ending.
    pub name: &'static str,
    /// Its columns; the metadata are those of the file.
    pub schema: SchemaRef,
    /// Its rows, in order.
    pub batches: Vec<RecordBatch>,
}

/// Tables in memory.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// In the order in which they were begun.
    pub tables: Vec<MemoryTable>,
}

impl Tables {
    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&MemoryTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Sink for Tables {
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError> {
        let schema = Schema::new(fields).with_metadata(metadata.iter().cloned().collect::<HashMap<_, _>>());
        self.tables.push(MemoryTable { name, schema: Arc::new(schema), batches: Vec::new() });
        Ok(self.tables.len() - 1)
    }

    fn schema(&self, table: usize) -> &SchemaRef {
        &self.tables[table].schema
    }

    fn write(&mut self, table: usize, rows: RecordBatch) -> Result<(), StoreError> {
        self.tables[table].batches.push(rows);
        Ok(())
    }

    fn finish(&mut self, _: &Summary) -> Result<(), StoreError> {
        Ok(())
    }
}
