//! Where tables go: a folder of Parquet files, or memory.

use super::summary::Summary;
use crate::store::StoreError;
use crate::table::{Field, Table, Values};

/// What is said of a table as a whole, key by key.
pub type Metadata = [(String, String)];

/// Takes tables batch by batch, and the summary last.
pub trait Sink: Send {
    /// Begins a table, and says by which number it goes.
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError>;

    /// Appends rows to a table, in the order of its fields.
    fn write(&mut self, table: usize, rows: Vec<Values>) -> Result<(), StoreError>;

    /// Everything is there: where there is a summary, all tables are whole.
    fn finish(&mut self, summary: &Summary) -> Result<(), StoreError>;
}

/// A table in memory.
#[derive(Clone, Debug)]
pub struct MemoryTable {
    /// Its name, that of its file without the ending.
    pub name: &'static str,
    /// What is said of it as a whole, as in the metadata of the file.
    pub metadata: Vec<(String, String)>,
    /// Its columns.
    pub table: Table,
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
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name).map(|named| &named.table)
    }
}

impl Sink for Tables {
    fn create(&mut self, name: &'static str, fields: Vec<Field>, metadata: &Metadata) -> Result<usize, StoreError> {
        self.tables.push(MemoryTable { name, metadata: metadata.to_vec(), table: Table::new(fields) });
        Ok(self.tables.len() - 1)
    }

    fn write(&mut self, table: usize, rows: Vec<Values>) -> Result<(), StoreError> {
        self.tables[table].table.append(rows);
        Ok(())
    }

    fn finish(&mut self, _: &Summary) -> Result<(), StoreError> {
        Ok(())
    }
}
