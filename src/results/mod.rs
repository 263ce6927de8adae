//! What a campaign leaves for its user: the tables and the summary, and how a steady state was reached.

mod booked;
mod correlations;
mod cuts;
mod directions;
mod flowing;
mod highest;
mod names;
mod parquet_folder;
mod rare;
mod row;
mod sink;
mod steady_run;
mod summary;
mod summary_file;
mod sums;
mod swept;
mod tables;
mod writer;

pub(crate) use booked::{OfWork, of_protocol};
pub(crate) use correlations::Correlated;
pub(crate) use cuts::Cuts;
pub(crate) use flowing::of_flows;
pub(crate) use highest::highest_exact;
pub use names::quantity_names;
pub(crate) use parquet_folder::ParquetFolder;
pub use rare::OVER_THE_RUN;
pub(crate) use rare::Rare;
pub use row::{QuantitySummary, standard_errors};
pub(crate) use sink::Sink;
pub use sink::{MemoryTable, Tables};
pub use steady_run::{Convergence, CycleConvergence, RelaxationFrom, SteadyRun};
pub(crate) use summary::Sampled;
pub use summary::{BathSummary, PointSummary, Summary, Timing};
pub(crate) use summary_file::Head;
#[cfg(feature = "figures")]
pub(crate) use summary_file::{MANY_POINTS, QuantityRow, quantity_rows};
pub(crate) use sums::{SUMMARY, SUMS, Soundness, Sums, soundness};
pub(crate) use tables::{
    SeriesRow, folded_rows, noise_rows, phase_rows, quanta_rows, rare_quanta_rows, rare_rows, series,
};
pub(crate) use writer::{SolvedRows, Writer};
