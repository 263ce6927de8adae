//! The compiled half of the Python package `superjump`: what Python calls, thin over the library. Its own half gives it
//! the form that people meet.

// What Python hands over is handed over.
#![allow(clippy::needless_pass_by_value)]

use pyo3::prelude::*;

mod errors;
mod executor;
mod model;
mod run;
mod scenario;
mod tables;

#[pymodule]
mod _superjump {
    use super::*;

    #[pymodule_export]
    use super::executor::{Workshop, compute, compute_round};
    #[pymodule_export]
    use super::run::{Job, Results, open, report_folder, status};
    #[pymodule_export]
    use super::scenario::{
        Parsed, cores, key_label, meant_by, quantity_label, read_text, scenario_keys, shown, unit_label, with_error,
    };
    #[pymodule_export]
    use super::tables::Table;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
