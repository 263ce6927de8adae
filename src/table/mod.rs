//! Tables in columns, in memory and as Parquet files: the only place that knows the format.

mod column;
mod read;
mod write;

pub use column::{Field, Kind, Lists, Table, Values, Words};
pub(crate) use read::each;
pub use read::{Extent, TableError, TableReader};
#[cfg(feature = "figures")]
pub(crate) use read::{columns, read};
pub(crate) use write::ROW_GROUP;
pub use write::TableWriter;
