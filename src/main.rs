//! The command line: parse, run, exit code. 0: done; 1: it failed on the way; 2: it was asked for something
//! impossible; 130: it was interrupted.

mod cli;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(cli::terminal::usage(&error)),
    };
    let done = match &cli.command {
        Command::Run(arguments) => cli::run::run(arguments),
        Command::Exact(arguments) => cli::exact::exact(arguments),
        Command::Check(arguments) => cli::check::check(arguments).map(|()| ExitCode::SUCCESS),
        Command::Work(arguments) => cli::work::work(arguments),
        Command::Status(arguments) => cli::status::status(arguments).map(|()| ExitCode::SUCCESS),
        Command::Merge(arguments) => cli::merge::merge(arguments),
        Command::Job(arguments) => cli::job::job(arguments).map(|()| ExitCode::SUCCESS),
        Command::Slurm(arguments) => cli::job::slurm(arguments).map(|()| ExitCode::SUCCESS),
        Command::Report(arguments) => cli::report::report(arguments).map(|()| ExitCode::SUCCESS),
        Command::Compare(arguments) => cli::compare::compare(arguments).map(|()| ExitCode::SUCCESS),
        Command::Scenarios(arguments) => cli::scenarios::scenarios(arguments).map(|()| ExitCode::SUCCESS),
        Command::Schema(arguments) => cli::schema::print(arguments).map(|()| ExitCode::SUCCESS),
        Command::Completions(arguments) => cli::shell::completions(arguments).map(|()| ExitCode::SUCCESS),
        Command::Man(arguments) => cli::shell::man(arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| cli::fail(&error))
}
