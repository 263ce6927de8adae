//! The verbs of the program, one file each, and how errors leave it.

#[macro_use]
pub mod terminal;

mod answer;
mod bash;
pub mod check;
pub mod compare;
mod ensembles;
pub mod exact;
pub mod job;
pub mod merge;
mod progress;
mod protocol;
pub mod report;
pub mod run;
pub mod scenarios;
pub mod schema;
pub mod shell;
mod signals;
pub mod status;
mod table;
pub mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use superjump::campaign::{Hint, RunError, RunOptions};
use superjump::report::ReportError;
use superjump::scenario::{Overrides, Purpose, Scenario, ScenarioError};

use terminal::{put, put_aside_styled};

/// Quantum-jump trajectories of collective heat transport.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Examples:\n  superjump run scenarios/heat_valve.toml          simulate, with a table at the end\n  \
        superjump exact scenarios/fig5.toml              solve without trajectories\n  \
        superjump report output/heat_valve               draw its figures and report.html again\n\n\
        Every verb has --help with examples. NO_COLOR turns colours off; they are on terminals only.\n\
        Exit codes: 0 done, 1 failed on the way, 2 asked for something impossible,\n\
        130 interrupted, to be gone on with"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario and write its results
    Run(run::RunArguments),
    /// Solve a scenario exactly, without trajectories, and write what `run` writes
    Exact(exact::ExactArguments),
    /// Validate a scenario and say what it would cost, without running it
    Check(check::CheckArguments),
    /// Compute what is missing of a scenario, as one of any number of processes; then `merge`
    Work(work::WorkArguments),
    /// Say how a campaign stands, from another terminal or another host
    Status(status::StatusArguments),
    /// Merge the parts that workers left in a folder
    Merge(merge::MergeArguments),
    /// Print a script that has a scheduler start workers
    Job(job::JobArguments),
    /// The same as `job --scheduler slurm`
    Slurm(job::SlurmArguments),
    /// Draw the figures and the page of results
    Report(report::ReportArguments),
    /// Put two runs side by side, in standard errors
    Compare(compare::CompareArguments),
    /// List the scenarios that ship with the program, or print one
    Scenarios(scenarios::ScenariosArguments),
    /// Print the keys of a scenario file, as JSON Schema for editors
    Schema(schema::SchemaArguments),
    /// Print completions for a shell
    Completions(shell::CompletionsArguments),
    /// Print a page of the manual
    Man(shell::ManArguments),
}

/// Which scenario, and what to change in it.
#[derive(Debug, Args)]
pub struct ScenarioArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Change a key of the scenario (repeatable), e.g. --set qubits.number=16 --set bath.hot.temperature=2.5
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The number of trajectories; the same as --set evolution.trajectories=N
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    trajectories: Option<String>,
    /// The seed of all random streams; the same as --set evolution.seed=N
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<String>,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Where results go, and what is shown of them.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// The folder for the results [default: output/<scenario>, with -exact behind it for `exact`]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The quantity that the table shows, e.g. --show jz; all of them are in the files [default: all, of a sweep the
    /// first]
    #[arg(long, value_name = "QUANTITY")]
    show: Option<String>,
    /// Show every quantity of a point, every point of a sweep, and all that was refused
    #[arg(long)]
    all: bool,
    /// Replace results that are there already
    #[arg(long)]
    fresh: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
    /// Draw no figures and no page; `superjump report DIR` does it later
    #[arg(long)]
    no_report: bool,
}

/// The folder that is given, or output/`name`.
fn output_folder(given: Option<&Path>, name: &str) -> PathBuf {
    given.map_or_else(|| Path::new("output").join(name), Path::to_owned)
}

impl OutputArguments {
    /// The options of a run whose results go to output/`name` unless another folder is given.
    fn options(&self, name: &str, threads: usize) -> RunOptions {
        let output = output_folder(self.output.as_deref(), name);
        RunOptions { fresh: self.fresh, ..RunOptions::new(output, threads) }
    }
}

impl ScenarioArguments {
    fn read(&self, purpose: Purpose) -> Result<Scenario, ScenarioError> {
        let mut overrides = Overrides::default();
        self.set.iter().for_each(|assignment| overrides.set(assignment));
        for (key, value) in [("trajectories", &self.trajectories), ("seed", &self.seed)] {
            if let Some(value) = value {
                overrides.set(format!("evolution.{key}={value}"));
            }
        }
        Scenario::read(&self.file, purpose, &overrides)
    }

    /// Refuses a pipe, where the scenario is to be read again.
    fn stays(&self) -> Result<(), UsageError> {
        let gone = self.file.exists() && !self.file.is_file();
        let why = || UsageError(format!("{} is not a file, which every task is to read", self.file.display()));
        if gone { Err(why()) } else { Ok(()) }
    }

    /// The same scenario as words of a command line, but for the threads.
    fn words(&self) -> anyhow::Result<Vec<String>> {
        let mut words = vec![text(&std::path::absolute(&self.file)?)?.to_owned()];
        words.extend(self.set.iter().map(|assignment| format!("--set={assignment}")));
        for (key, value) in [("trajectories", &self.trajectories), ("seed", &self.seed)] {
            words.extend(value.iter().map(|value| format!("--{key}={value}")));
        }
        Ok(words)
    }

    /// Refuses what says how to sample, where nothing is sampled.
    fn refuse_sampling(&self) -> Result<(), UsageError> {
        for (name, value) in [("trajectories", &self.trajectories), ("seed", &self.seed)] {
            if let Some(value) = value {
                let why = format!("--{name}={value} has no meaning: exact values are solved for, without trajectories");
                return Err(UsageError(format!("{why}; leave it out, or `superjump run`, which samples")));
            }
        }
        Ok(())
    }

    fn threads(&self) -> usize {
        self.threads.map_or_else(all_threads, usize::from)
    }
}

/// Says on standard error what is likely not meant as it stands. It changes no exit code, and is kept in the summary and
/// on the page, too.
fn warn(scenario: &Scenario) {
    for warning in scenario.warnings() {
        remark!("warning: {warning}");
    }
}

/// As many as there are cores.
fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Something that cannot be asked for, found by the command line itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

/// A path as a text that stands for it, and no other.
fn text(path: &Path) -> Result<&str, UsageError> {
    path.to_str().ok_or_else(|| UsageError(format!("the path {} is not text in UTF-8", path.display())))
}

/// Prints an error for people, and gives the exit code of its kind.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(error) = error.downcast_ref::<ScenarioError>() {
        put_aside_styled(&error.render(false), || error.render(true));
        return ExitCode::from(2);
    }
    // Every error of ours tells its cause itself.
    let hint = error.downcast_ref::<RunError>().and_then(RunError::hint);
    remark!("error: {error}{}", hint.map_or(String::new(), |hint| format!("; {}", help(hint))));
    let not_to_draw = matches!(
        error.downcast_ref(),
        Some(
            ReportError::Folder { .. }
                | ReportError::NothingThere { .. }
                | ReportError::NothingOf { .. }
                | ReportError::Damaged { .. }
                | ReportError::Letters { .. }
        )
    );
    let refused = error.downcast_ref().is_some_and(RunError::is_refusal);
    ExitCode::from(if error.is::<UsageError>() || not_to_draw || refused { 2 } else { 1 })
}

/// What would help, as somebody at a command line does it.
fn help(hint: Hint) -> &'static str {
    match hint {
        Hint::AnotherFolder => "give another with -o",
        Hint::AnotherFolderOrReplace => "give another folder with -o, or --fresh to replace it",
        Hint::RunAgain => "`superjump run` of the same scenario writes it again, and keeps every part that is whole",
        Hint::WaitOrAnotherFolder => "wait for it, help it with `superjump work`, or give another folder with -o",
        Hint::KeepLess => {
            "fewer `evolution.samples`, `record.photons`, values of `noise` or --threads, or no `record.jumps`, need less"
        }
        Hint::FewerCycles => "fewer `protocol.cycles`, or \"until steady\", of which no single one is kept",
        Hint::Solve => "`superjump exact` has no such bound",
        Hint::MoreJumpsOrSolve => "raise it, or have `superjump exact` solve for it",
    }
}
