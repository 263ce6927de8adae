//! Tables in columns, in memory and as Parquet files: the only place that knows the format.

mod column;
mod read;
mod write;

pub use column::{Field, Kind, Lists, Table, Values, Words};
pub use read::{TableError, TableReader};
pub(crate) use write::{ROW_GROUP, TableWriter};
