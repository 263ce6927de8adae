//! The parts of a campaign, to be computed anywhere.

use std::path::PathBuf;
use std::sync::Mutex;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use superjump::campaign::{RunError, RunOptions, compute_part};
use superjump::plan::Part;
use superjump::trajectory::Interrupt;

use crate::errors::of_run;
use crate::scenario::{Parsed, text};

/// (point, first trajectory, how many).
type Place = (usize, u64, u64);

fn part((point, first, count): Place) -> Part {
    Part { point, first, count }
}

/// The folder of a campaign, held until it is left.
#[pyclass(frozen, module = "superjump._superjump")]
pub struct Workshop(Mutex<Option<superjump::campaign::Workshop>>);

impl Workshop {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&superjump::campaign::Workshop) -> Result<T, RunError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            held.as_ref().map(work)
        })
        .ok_or_else(|| PyRuntimeError::new_err("the campaign was left: its folder is no longer held"))?
        .map_err(|error| of_run(&error))
    }
}

#[pymethods]
impl Workshop {
    #[new]
    fn new(py: Python<'_>, scenario: &Parsed, output: PathBuf, fresh: bool) -> PyResult<Self> {
        let options = RunOptions { fresh, ..RunOptions::new(output, 1) };
        let opened = py.detach(|| superjump::campaign::Workshop::open(&scenario.scenario, &options));
        Ok(Workshop(Mutex::new(Some(opened.map_err(|error| of_run(&error))?))))
    }

    /// The parts that are not there yet.
    fn parts(&self, py: Python<'_>) -> PyResult<Vec<Place>> {
        let parts = self.with(py, superjump::campaign::Workshop::missing)?;
        Ok(parts.into_iter().map(|Part { point, first, count }| (point, first, count)).collect())
    }

    /// The parts of rounds that are not there yet, each with the name of its file and as JSON.
    fn rounds(&self, py: Python<'_>) -> PyResult<Vec<(usize, String, String)>> {
        let parts = self.with(py, superjump::campaign::Workshop::rounds)?;
        Ok(parts.into_iter().map(|part| (part.point, part.name(), text(&json!(part)))).collect())
    }

    /// Keeps a part of a round, and says its name.
    fn put_round(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<String> {
        self.with(py, |workshop| workshop.put_round(bytes))
    }

    /// Keeps a part, once its bytes are seen to be whole, and says which it is.
    fn put(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<Place> {
        let Part { point, first, count } = self.with(py, |workshop| workshop.put(bytes))?;
        Ok((point, first, count))
    }

    /// Lets go of the folder.
    fn leave(&self) {
        drop(self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    }
}

/// The bytes of a part of a round.
#[pyfunction]
pub fn compute_round<'py>(
    py: Python<'py>,
    scenario: &Parsed,
    told: &str,
    threads: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let part =
        serde_json::from_str(told).map_err(|error| PyValueError::new_err(format!("no part of a round: {error}")))?;
    let computed =
        py.detach(|| superjump::campaign::compute_round(&scenario.scenario, &part, threads, &Interrupt::default()));
    let bytes = computed.map_err(|error| of_run(&error))?;
    let bytes = bytes.ok_or_else(|| PyRuntimeError::new_err("a part that nobody stopped is not there"))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The bytes of a part.
#[pyfunction]
pub fn compute<'py>(py: Python<'py>, scenario: &Parsed, place: Place, threads: usize) -> PyResult<Bound<'py, PyBytes>> {
    let computed = py.detach(|| compute_part(&scenario.scenario, part(place), threads, &Interrupt::default()));
    let bytes = computed.map_err(|error| of_run(&error))?;
    let bytes = bytes.ok_or_else(|| PyRuntimeError::new_err("a part that nobody stopped is not there"))?;
    Ok(PyBytes::new(py, &bytes))
}
