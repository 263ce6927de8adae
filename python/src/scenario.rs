//! Scenarios: their text, read by the library, and what it says of them.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use serde_json::{Value, json};
use superjump::campaign::{Cost, Forecast, RunError, forecast, solvable};
use superjump::lindblad::Effort;
use superjump::model::emitters::Emitters;
use superjump::plan::Plan;
use superjump::quantity::Column;
use superjump::report::number;
use superjump::results::standard_errors;
use superjump::scenario::{self, Asked, Meant, Overrides, Point, Purpose, Scenario};
use superjump::solve::ExactRoad;
use superjump::statistics::Estimate;
use superjump::theory::{first_photons_g2, resonances};
use superjump::trajectory::Interrupt;
use superjump::units::Units;

use crate::errors::{of_run, of_scenario};
use crate::model::{Moment, ensembles, model, moment, protocol};

/// A scenario that was read and validated.
#[pyclass(frozen, module = "superjump._superjump")]
pub struct Parsed {
    pub scenario: Arc<Scenario>,
}

/// Texts go to Python as JSON, which has a form for all there is in a summary.
pub fn text(value: &Value) -> String {
    value.to_string()
}

#[pymethods]
impl Parsed {
    /// Reads the text of a scenario, for trajectories or for exact values alone.
    #[new]
    fn new(py: Python<'_>, name: &str, path: &str, text: &str, exact: bool) -> PyResult<Self> {
        let purpose = if exact { Purpose::Exact } else { Purpose::Trajectories };
        let read = py.detach(|| Scenario::parse(name, path, text, purpose, &Overrides::default()));
        Ok(Parsed { scenario: Arc::new(read.map_err(|error| of_scenario(&error))?) })
    }

    #[getter]
    fn title(&self) -> &str {
        &self.scenario.title
    }

    /// The kind of run, in words.
    #[getter]
    fn kind(&self) -> String {
        self.scenario.kind()
    }

    /// What is asked: "transient", "converge" or "solve".
    #[getter]
    fn asked(&self) -> &'static str {
        match self.scenario.points[0].asked {
            Asked::Transient(_) => "transient",
            Asked::Converge(_) => "converge",
            Asked::Solve(_) => "solve",
        }
    }

    /// The bath of a point whose steady current is watched.
    fn watched(&self, point: usize) -> PyResult<String> {
        let of = self.scenario.points.get(point).ok_or_else(|| PyKeyError::new_err(point))?;
        Ok(of.baths()[of.watched()].name.clone())
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.scenario.warnings()
    }

    #[getter]
    fn fingerprint(&self) -> String {
        self.scenario.fingerprint()
    }

    /// How many qubits each point has.
    fn qubits(&self) -> Vec<i64> {
        self.scenario.points.iter().map(Point::number).collect()
    }

    /// Whether the equation of a point is that of ensembles and modes, or of emitters, each of which is an ensemble of one.
    fn of_ensembles(&self, point: usize) -> PyResult<bool> {
        let of = self.scenario.points.get(point).ok_or_else(|| PyKeyError::new_err(point))?;
        Ok(of.ensembles().is_some())
    }

    /// What the equation of a point is made of, as JSON.
    fn model(&self, point: usize) -> PyResult<String> {
        let of = self.scenario.points.get(point).ok_or_else(|| PyKeyError::new_err(point))?;
        Ok(text(&of.ensembles().map_or_else(|| model(of), ensembles)))
    }

    /// What a protocol makes of the qubits of a point at a time within a stretch of a segment.
    fn moment(&self, point: usize, stage: usize, stretch: usize, time: f64) -> PyResult<Moment> {
        let of = self.scenario.points.get(point);
        of.and_then(|of| moment(of, stage, stretch, time)).ok_or_else(|| PyKeyError::new_err((point, stage, stretch)))
    }

    /// What a run would do and cost, as JSON. Takes a second at most.
    fn check(&self, py: Python<'_>, threads: usize) -> PyResult<String> {
        let scenario = &self.scenario;
        let said = py.detach(|| {
            Plan::new(&scenario.points).check_memory(threads)?;
            if let Asked::Solve(_) = scenario.points[0].asked {
                solvable(&scenario.points)?;
            }
            check(scenario, threads)
        });
        said.map(|said| text(&said)).map_err(|error| of_run(&error))
    }

    /// By how many standard errors the values of a column lie above the exact ones; NaN where that says nothing.
    #[expect(clippy::too_many_arguments)]
    fn standard_errors<'py>(
        &self,
        py: Python<'py>,
        point: usize,
        quantity: &str,
        bath: Option<&str>,
        means: PyReadonlyArray1<'py, f64>,
        errors: PyReadonlyArray1<'py, f64>,
        exact: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let of = self.scenario.points.get(point).ok_or_else(|| PyKeyError::new_err(point))?;
        let named = |column: &Column| {
            let of_bath = column.bath.map(|bath| of.baths()[bath].name.as_str());
            of.called(*column) == quantity && of_bath == bath
        };
        let column = of.columns().into_iter().find(named);
        let column = column.ok_or_else(|| PyKeyError::new_err(quantity.to_owned()))?;
        let scale = of.resolution(column).scale;
        let rows = means.as_array().into_iter().zip(errors.as_array()).zip(exact.as_array());
        let z = rows.map(|((mean, error), exact)| {
            let estimate = Estimate { mean: *mean, std_error: Some(*error).filter(|error| error.is_finite()) };
            let known = exact.is_finite().then(|| standard_errors(estimate, *exact, scale));
            known.flatten().unwrap_or(f64::NAN)
        });
        Ok(PyArray1::from_vec(py, z.collect()))
    }
}

/// The baths of a point as its qubits see them.
fn baths(point: &Point) -> Value {
    let bath = |(bath, scale): (&superjump::bath::Bath, scenario::BathScale)| {
        json!({
            "name": bath.name, "coupling": bath.coupling.name(),
            "down": bath.down, "up": bath.up, "dephasing": bath.dephasing,
            "temperature": scale.temperature,
            // JSON has no infinite numbers: null beside a temperature of 0.
            "energy_over_temperature": scale.energy_over_temperature,
            "occupation": scale.occupation,
        })
    };
    point.baths().iter().zip(point.bath_scales()).map(bath).collect()
}

fn units(units: Units) -> Value {
    json!({
        "name": units.name(), "time": units.time(), "rate": units.rate(),
        "temperature": units.temperature(), "heat_current": units.heat_current(),
    })
}

/// What qubits at points share: the rates of single excitations over that of one alone, where they are solved for, and the
/// coincidences of the first two photons of all inverted.
fn emitters(emitters: &Emitters) -> Value {
    let rates = resonances(emitters).map(|all| all.iter().map(|one| one.rate).collect::<Vec<_>>());
    json!({ "qubits": emitters.points().len(), "rates": rates, "g2": first_photons_g2(emitters) })
}

fn check(scenario: &Scenario, threads: usize) -> Result<Value, RunError> {
    let points = &scenario.points;
    let first = &points[0];
    let engine = |point: &Point| json!({ "point": point.index, "engine": point.engine.engine.name(), "because": point.engine.because });
    let mut said = json!({
        "title": scenario.title,
        "kind": scenario.kind(),
        "units": units(first.units()),
        "points": points.len(),
        "threads": threads,
        "qubits": points.iter().map(Point::number).collect::<Vec<_>>(),
        "engines": points.iter().map(engine).collect::<Vec<_>>(),
        "baths": baths(first),
        "baths_differ": points.iter().any(|point| !point.baths().eq(first.baths())),
        "warnings": scenario.warnings(),
        "protocol": first.protocol().map(|of| protocol(first, of)),
        "emitters": first.ensembles().and_then(|of| of.emitters()).map(emitters),
    });
    match &first.asked {
        Asked::Transient(_) => {
            let plan = Plan::new(points);
            let Cost { jumps, bounded, seconds } = Cost::of(points, threads);
            let missing = points.iter().filter_map(|point| ExactRoad::affordable(point, Effort::Beside).err());
            said["transient"] = json!({
                "until": first.until(), "samples": first.times().len(), "trajectories": plan.trajectories(),
                "parts": plan.parts(), "jumps": jumps, "bounded": bounded, "seconds": seconds,
                "memory": plan.memory(threads),
                "exact_missing": missing.map(|why| why.to_string()).collect::<Vec<_>>(),
            });
        }
        Asked::Converge(_) => {
            let stop = Interrupt::default().after(Cost::TIME);
            let tried = points.iter().step_by(Cost::stride(points)).map(|point| {
                let known = forecast(point, &stop)?.map(|known| {
                    let Forecast { relaxation_time, relaxation_from, duration, trajectories, jumps_bound } = known;
                    json!({
                        "relaxation_time": relaxation_time, "relaxation_from": relaxation_from,
                        "duration": duration, "trajectories": trajectories, "jumps_bound": jumps_bound,
                    })
                });
                Ok(json!({ "point": point.index, "forecast": known }))
            });
            said["steady"] = tried.collect::<Result<Value, RunError>>()?;
        }
        Asked::Solve(_) => {}
    }
    Ok(said)
}

/// The keys of a scenario: (path, kind, what is allowed).
#[pyfunction]
pub fn scenario_keys() -> Vec<(String, String, &'static str)> {
    scenario::scenario_keys().into_iter().map(|key| (key.path, key.kind, key.allowed)).collect()
}

/// What a word of another program means in a table of a scenario: a key of ours, or else what to do instead.
#[pyfunction]
pub fn meant_by(table: &str, word: &str) -> (Option<&'static str>, Option<&'static str>) {
    match scenario::meant_by(table, word) {
        Some(Meant::Ours(ours)) => (Some(ours), None),
        Some(Meant::Told(words)) => (None, Some(words)),
        None => (None, None),
    }
}

/// As many threads as there are cores.
#[pyfunction]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The text of a scenario file.
#[pyfunction]
pub fn read_text(py: Python<'_>, path: PathBuf) -> PyResult<String> {
    Ok(py.detach(|| scenario::read_text(&path))?)
}

/// A number as tables show it.
#[pyfunction]
pub fn shown(value: f64) -> String {
    number(value)
}

/// A quantity, a statistic or a swept key as an axis names it; `_{...}` is a subscript. A key comes with its unit.
#[pyfunction]
pub fn quantity_label(name: &str) -> String {
    superjump::report::quantity(name)
}

#[pyfunction]
pub fn key_label(key: &str, units: &str) -> (String, &'static str) {
    (superjump::report::key(key), superjump::report::key_unit(key, units))
}

/// A unit as an axis has it.
#[pyfunction]
pub fn unit_label(unit: &str) -> String {
    superjump::report::unit(unit)
}

/// A value with its error, in the digits that it has: `6.800 ± 0.060`.
#[pyfunction]
#[pyo3(signature = (value, error=None))]
pub fn with_error(value: f64, error: Option<f64>) -> String {
    superjump::report::with_error(value, error.filter(|error| error.is_finite()))
}
