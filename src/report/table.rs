//! The tables of a run. Columns are asked for by name, and may be missing.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;

use crate::table::{Table, TableError, TableReader};

/// Reads the named columns of the first rows of a table, until `enough` of a batch says so; `None` where there is no such
/// file.
///
/// # Errors
/// In words, if the file is not a table.
pub fn read(
    folder: &Path,
    name: &str,
    columns: &[&str],
    enough: impl FnMut(&Table) -> ControlFlow<()>,
) -> Result<Option<Table>, String> {
    match TableReader::open(&folder.join(name)).and_then(|reader| reader.read(columns, enough)) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name} cannot be read ({error})")),
    }
}

/// The names of the columns of a table that exist.
pub fn columns(folder: &Path, name: &str) -> Vec<String> {
    TableReader::open(&folder.join(name)).map_or_else(|_| Vec::new(), |reader| reader.names())
}
