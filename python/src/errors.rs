//! What goes wrong, as the exceptions of `superjump/errors.py`.

use pyo3::prelude::*;
use superjump::campaign::{Hint, RunError};
use superjump::scenario::ScenarioError;
use superjump::store::StoreError;

/// The classes under names that the library's own errors do not have.
mod raised {
    pyo3::import_exception!(superjump.errors, ScenarioError);
    pyo3::import_exception!(superjump.errors, RunError);
    pyo3::import_exception!(superjump.errors, FolderError);
}

pub use raised::FolderError as FolderException;

/// Key, title, what is allowed, and the line of one thing that is wrong.
type Fault = (Option<String>, String, String, Option<usize>);

/// All that is wrong with a scenario, and the message that points into its text.
pub fn of_scenario(error: &ScenarioError) -> PyErr {
    let faults = error
        .faults()
        .map(|fault| (fault.key.map(str::to_owned), fault.title.to_owned(), fault.allowed.to_owned(), fault.line));
    raised::ScenarioError::new_err((faults.collect::<Vec<Fault>>(), error.render(false)))
}

/// Why a run failed, with what would help in Python.
pub fn of_run(error: &RunError) -> PyErr {
    let help = error.hint().map(help);
    let text = help.map_or_else(|| error.to_string(), |help| format!("{error}; {help}"));
    if matches!(error, RunError::Store(_)) { FolderException::new_err(text) } else { raised::RunError::new_err(text) }
}

pub fn of_store(error: StoreError) -> PyErr {
    of_run(&RunError::from(error))
}

/// What would help, as somebody in Python does it.
fn help(hint: Hint) -> &'static str {
    match hint {
        Hint::AnotherFolder => "give another as `output`",
        Hint::AnotherFolderOrReplace => "give another as `output`, or fresh=True to replace it",
        Hint::RunAgain => "running the same scenario into it writes it again, and keeps every part that is whole",
        Hint::WaitOrAnotherFolder => "wait for it, or give another folder as `output`",
        Hint::KeepLess => {
            "fewer times, photons of `record`, values of `noise` or threads, or no jumps of `record`, need less"
        }
        Hint::FewerCycles => "fewer cycles of the protocol, or \"until steady\", of which no single one is kept",
        Hint::Solve => "exact() has no such bound",
        Hint::MoreJumpsOrSolve => "raise it (max_jumps=), or solve for it: exact()",
    }
}
