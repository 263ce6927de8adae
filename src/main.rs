//! The command line: parse, run, exit code. 0: done; 1: it failed on the way; 2: it was asked for something impossible.

mod cli;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(arguments) => cli::run::run(arguments),
        Command::Exact(arguments) => cli::exact::exact(arguments),
        Command::Check(arguments) => cli::check::check(arguments),
        Command::Report(arguments) => cli::report::report(arguments),
        Command::Compare(arguments) => cli::compare::compare(arguments),
        Command::Scenarios(arguments) => cli::scenarios::scenarios(arguments),
        Command::Schema(arguments) => cli::schema::print(arguments),
        Command::Completions(arguments) => cli::shell::completions(arguments),
        Command::Man(arguments) => cli::shell::man(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::fail(&error),
    }
}
