//! `superjump merge`: fold the parts that workers have left.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use superjump::campaign::{self, RunOptions};
use superjump::report::Tables;

use super::answer::{self, Shown};
use super::progress::Display;
use super::{all_threads, report};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump merge output/heat_valve\n\n\
    What is missing yet is left out, and the results are called partial (exit code 1); `superjump run` or `work` computes it.")]
pub struct MergeArguments {
    /// The folder of results
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Leave out exact values; merged again without it, they are added
    #[arg(long)]
    no_exact: bool,
    /// The quantity that the table shows; of a sweep one [default: the first]
    #[arg(long, value_name = "QUANTITY")]
    show: Option<String>,
    /// Show every quantity of a point, every point of a sweep, and all that was refused
    #[arg(long)]
    all: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
    /// Draw no figures and no page; `superjump report DIR` does it later
    #[arg(long)]
    no_report: bool,
}

pub fn merge(arguments: &MergeArguments) -> anyhow::Result<ExitCode> {
    let threads = arguments.threads.map_or_else(all_threads, usize::from);
    let options = RunOptions { exact: !arguments.no_exact, ..RunOptions::new(&arguments.folder, threads) };
    let mut display = Display::new(1, arguments.no_progress, None)?;
    let outcome = campaign::merge_parts(&options, &mut |event| display.update(event));
    display.finish();
    let outcome = outcome?;
    let Some(summary) = &outcome.summary else {
        bail!("there is not one part in {} yet", arguments.folder.display());
    };
    say!(
        "{}",
        answer::render(summary, Shown { quantity: answer::called_now(arguments.show.as_deref()), all: arguments.all })?
    )?;
    if outcome.already_complete {
        say!("Complete already: nothing was done.")?;
    }
    say!("Results: {}", arguments.folder.join("summary.json").display())?;
    if !arguments.no_report {
        let draw = if outcome.already_complete { report::draw_again } else { report::draw };
        draw(&arguments.folder, Tables::OfRun)?;
    }
    if summary.complete {
        return Ok(ExitCode::SUCCESS);
    }
    remark!("Parts are missing: the results are partial. `superjump status` says how much; run it again, then merge.");
    Ok(ExitCode::FAILURE)
}
