//! Runs, on a thread of their own: Python waits for them without holding its lock, and may stop them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use serde_json::json;
use superjump::campaign::{self, Event, Outcome, RunError, RunOptions, Status};
use superjump::report;
use superjump::results::{Summary, Tables};
use superjump::scenario::Scenario;
use superjump::store::{Manifest, MemoryParts};
use superjump::trajectory::Interrupt;

use crate::errors::{FolderException, of_run, of_store};
use crate::scenario::{Parsed, text};
use crate::tables::Table;

/// Where the tables of results are.
enum Place {
    /// With the parts of a run that was stopped, to go on from.
    Memory(HashMap<String, Py<Table>>, Option<Arc<MemoryParts>>),
    Folder(PathBuf),
}

/// The results of a run: its summary, as JSON, and its tables.
#[pyclass(frozen, module = "superjump._superjump")]
pub struct Results {
    /// `None` where it was stopped before there were any.
    #[pyo3(get)]
    summary: Option<String>,
    #[pyo3(get)]
    jumps: u64,
    #[pyo3(get)]
    interrupted: bool,
    #[pyo3(get)]
    already_complete: bool,
    place: Place,
}

#[pymethods]
impl Results {
    /// A table by its name, such as "series"; `None` where the run has none.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Option<Py<Table>>> {
        match &self.place {
            Place::Memory(tables, _) => Ok(tables.get(name).map(|table| table.clone_ref(py))),
            Place::Folder(folder) => {
                let read = py.detach(|| Table::read(folder, name))?;
                read.map(|table| Py::new(py, table)).transpose()
            }
        }
    }
}

impl Results {
    /// The parts that a run in memory goes on from.
    fn parts(&self) -> Option<Arc<MemoryParts>> {
        match &self.place {
            Place::Memory(_, parts) => parts.clone(),
            Place::Folder(_) => None,
        }
    }
}

/// What a run comes to, before Python has it.
struct Finished {
    outcome: Outcome,
    place: Where,
}

enum Where {
    Memory(Tables, Option<Arc<MemoryParts>>),
    Folder(PathBuf),
}

/// How a scenario is run.
enum Way {
    /// Into a folder, which it goes on from.
    Folder(PathBuf),
    /// From the parts that are in a folder, without those that are not.
    Merge(PathBuf),
    /// In memory, beside the parts that are there.
    Memory(Arc<MemoryParts>),
}

impl Way {
    fn folder(&self) -> PathBuf {
        match self {
            Way::Folder(folder) | Way::Merge(folder) => folder.clone(),
            Way::Memory(_) => PathBuf::new(),
        }
    }
}

/// Why there is nothing.
enum Failure {
    Run(RunError),
    Panic(String),
}

#[derive(Default)]
struct State {
    /// The last of what tells how far it is.
    event: Option<Event>,
    notices: Vec<String>,
    ended: bool,
    result: Option<Result<Finished, Failure>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, event: &Event) {
        match event {
            Event::Notice(notice) => self.lock().notices.push(notice.clone()),
            Event::Progress(_) | Event::Merging { .. } | Event::Solved { .. } => {
                self.lock().event = Some(event.clone());
            }
            Event::Started { .. } | Event::Part(_) => {}
        }
    }

    fn end(&self, result: Result<Finished, Failure>) {
        let mut state = self.lock();
        (state.ended, state.result) = (true, Some(result));
        self.changed.notify_all();
    }
}

/// A run that is under way.
#[pyclass(frozen, module = "superjump._superjump")]
pub struct Job {
    stop: Interrupt,
    shared: Arc<Shared>,
}

#[pymethods]
impl Job {
    /// Begins to run a scenario, into a folder or in memory, where it may go on from results that are partial.
    #[new]
    #[pyo3(signature = (scenario, *, output=None, begun=None, threads, exact, fresh, merge))]
    fn new(
        scenario: &Parsed,
        output: Option<PathBuf>,
        begun: Option<&Results>,
        threads: usize,
        exact: bool,
        fresh: bool,
        merge: bool,
    ) -> PyResult<Self> {
        let (stop, shared) = (Interrupt::default(), Arc::<Shared>::default());
        let job = Job { stop: stop.clone(), shared: shared.clone() };
        let scenario = scenario.scenario.clone();
        let way = match (output, merge) {
            (Some(folder), false) => Way::Folder(folder),
            (Some(folder), true) => Way::Merge(folder),
            (None, _) => Way::Memory(begun.and_then(Results::parts).unwrap_or_default()),
        };
        let options = RunOptions { fresh, exact, stop, ..RunOptions::new(way.folder(), threads) };
        let work = move || {
            let mut report = |event: &Event| shared.hear(event);
            let done = catch_unwind(AssertUnwindSafe(|| run(&scenario, &options, way, &mut report)));
            shared.end(match done {
                Ok(done) => done.map_err(Failure::Run),
                Err(panic) => Err(Failure::Panic(words(&*panic))),
            });
        };
        std::thread::Builder::new().name("superjump".to_owned()).spawn(work)?;
        Ok(job)
    }

    /// Waits for the end, so many seconds at most, and says whether it has come.
    fn wait(&self, py: Python<'_>, seconds: f64) -> bool {
        let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        py.detach(|| {
            let state = self.shared.lock();
            let waited = self.shared.changed.wait_timeout_while(state, time, |state| !state.ended);
            waited.map_or(true, |(state, _)| state.ended)
        })
    }

    /// Ends it soon: what is done stays, what is in hand is dropped.
    fn stop(&self) {
        self.stop.set();
    }

    /// How far it is, as JSON, and what is to be said, once.
    fn news(&self) -> (Option<String>, Vec<String>) {
        let mut state = self.shared.lock();
        (state.event.as_ref().map(|event| text(&json!(event))), std::mem::take(&mut state.notices))
    }

    /// The results, once.
    fn results(&self, py: Python<'_>) -> PyResult<Results> {
        let result = self.shared.lock().result.take();
        match result {
            None => Err(PyRuntimeError::new_err("there are no results to be taken")),
            Some(Err(Failure::Run(error))) => Err(of_run(&error)),
            Some(Err(Failure::Panic(words))) => {
                Err(PyRuntimeError::new_err(format!("superjump has failed, which is a fault of its own: {words}")))
            }
            Some(Ok(Finished { outcome, place })) => {
                let Outcome { summary, already_complete, jumps, interrupted } = outcome;
                let place = match place {
                    Where::Memory(tables, parts) => Place::Memory(in_memory(py, tables)?, parts),
                    Where::Folder(folder) => Place::Folder(folder),
                };
                let summary = summary.map(|summary| py.detach(|| text(&json!(summary))));
                Ok(Results { summary, jumps, interrupted, already_complete, place })
            }
        }
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let word = panic.downcast_ref::<&str>().map(|word| (*word).to_owned());
    word.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn in_memory(py: Python<'_>, tables: Tables) -> PyResult<HashMap<String, Py<Table>>> {
    let table = |table: superjump::results::MemoryTable| {
        let name = table.name.to_owned();
        let made = py.detach(|| Table::in_memory(table))?;
        Ok((name, Py::new(py, made)?))
    };
    tables.tables.into_iter().map(table).collect()
}

/// Runs a scenario, or folds what is there of it.
fn run(
    scenario: &Scenario,
    options: &RunOptions,
    way: Way,
    report: &mut dyn FnMut(&Event),
) -> Result<Finished, RunError> {
    match way {
        Way::Folder(folder) => {
            Ok(Finished { outcome: campaign::run(scenario, options, report)?, place: Where::Folder(folder) })
        }
        Way::Merge(folder) => {
            Ok(Finished { outcome: campaign::merge_parts(options, report)?, place: Where::Folder(folder) })
        }
        Way::Memory(parts) => {
            let (summary, tables) = campaign::collect_on(scenario, options, &parts, report)?.unzip();
            let jumps = summary.as_ref().map_or(0, |summary| summary.timing.jumps);
            let interrupted = options.stop.is_set() && summary.as_ref().is_none_or(|summary| !summary.complete);
            let outcome = Outcome { summary, already_complete: false, jumps, interrupted };
            // What is complete needs no parts any more.
            let parts = interrupted.then_some(parts);
            Ok(Finished { outcome, place: Where::Memory(tables.unwrap_or_default(), parts) })
        }
    }
}

/// The results of a folder; `None` where there are none yet.
#[pyfunction]
pub fn open(py: Python<'_>, folder: PathBuf) -> PyResult<Option<Results>> {
    let read = py.detach(|| Summary::read_sound(&folder).map(|summary| summary.map(|summary| text(&json!(summary)))));
    let Some(summary) = read.map_err(of_store)? else { return Ok(None) };
    let place = Place::Folder(folder);
    Ok(Some(Results { summary: Some(summary), jumps: 0, interrupted: false, already_complete: true, place }))
}

/// How the campaign of a folder stands, as JSON.
#[pyfunction]
pub fn status(py: Python<'_>, folder: PathBuf) -> PyResult<String> {
    let Status { manifest, finished, processes, set_aside, results } =
        py.detach(|| Status::read(&folder)).map_err(of_store)?;
    let Manifest { version, scenario, title, seed, points, .. } = manifest;
    Ok(text(&json!({
        "version": version, "scenario": scenario, "title": title, "seed": seed, "points": points,
        "finished": finished, "processes": processes, "set_aside": set_aside,
        "results": format!("{results:?}").to_lowercase(),
    })))
}

/// Draws the figures and the page of a folder of results: the page, and what is to be said.
#[pyfunction]
pub fn report_folder(py: Python<'_>, folder: PathBuf) -> PyResult<(PathBuf, Vec<String>)> {
    let draw = |folder: &Path| report::draw(folder, report::Tables::OfRun, superjump::scenario::Print::default());
    let drawn = py.detach(|| draw(&folder)).map_err(|error| FolderException::new_err(error.to_string()))?;
    Ok((drawn.page, drawn.notes))
}
