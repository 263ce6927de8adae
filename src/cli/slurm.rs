//! `superjump slurm`: a job-array script for Slurm, to be looked at and submitted.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use superjump::plan::Plan;
use superjump::scenario::{Asked, Purpose};

use super::run::quoted;
use super::table::plural;
use super::{ScenarioArguments, output_folder, text};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump slurm scenarios/heat_valve.toml --shards 16 --threads 8 > job.sh\n  sbatch job.sh\n\n\
    Submit the same script again to go on with what the time limit cut short; then `superjump merge` the folder."
)]
pub struct SlurmArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// The folder for the results, shared by all tasks [default: output/<scenario>]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Tasks of the array
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    shards: u64,
    /// The time limit of a task: MM, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS
    #[arg(long, value_name = "HH:MM:SS", default_value = "24:00:00", value_parser = time_limit)]
    time: String,
}

/// A time limit in one of the forms that Slurm knows.
fn time_limit(text: &str) -> Result<String, String> {
    let (days, clock) = text.split_once('-').map_or((None, text), |(days, clock)| (Some(days), clock));
    let number = |digits: &str| (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let good = days.is_none_or(number) && clock.split(':').all(number) && clock.split(':').count() <= 3;
    if good { Ok(text.to_owned()) } else { Err("such as 90, 24:00:00 or 2-12:00".to_owned()) }
}

/// A name as Slurm takes it on a line of options, which has no quotes.
fn job_name(scenario: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    format!("superjump-{}", scenario.replace(|c| !plain(c), "-"))
}

pub fn slurm(arguments: &SlurmArguments) -> anyhow::Result<()> {
    arguments.scenario.stays()?;
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let (shards, threads) = (arguments.shards, arguments.scenario.threads());
    let output = output_folder(arguments.output.as_deref(), &scenario.name);
    let output = quoted(text(&std::path::absolute(output)?)?);
    let program = quoted(text(&std::env::current_exe()?)?);
    let tasks = plural(shards, "task");
    let mut words = vec![program.clone(), "run".to_owned()];
    words.extend(arguments.scenario.words()?.iter().map(|word| quoted(word)));
    // To a steady state a shard takes whole points, and those of the same physics together.
    let whole = match &scenario.points[0].asked {
        Asked::Converge(_) => {
            let points: HashSet<u64> = scenario.points.iter().map(|point| point.id).collect();
            format!("{}, each the work of one task,", plural(points.len() as u64, "point"))
        }
        Asked::Transient(_) | Asked::Solve(_) => plural(Plan::new(&scenario.points).parts(), "part"),
    };
    say!(
        "#!/bin/bash
# {whole} for {tasks}, which share the folder; then: {program} merge {output}
#SBATCH --job-name={}
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={threads}
#SBATCH --time={}
#SBATCH --signal=B:TERM@60
exec {} -o {output} --shard \"$SLURM_ARRAY_TASK_ID/{shards}\" --threads {threads} --no-progress",
        job_name(&scenario.name),
        arguments.time,
        words.join(" "),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_one_that_slurm_knows() {
        for good in ["90", "90:30", "24:00:00", "2-12", "2-12:30", "2-12:30:59"] {
            assert_eq!(time_limit(good).as_deref(), Ok(good));
        }
        for wrong in ["", "1:2:3:4", "-1", "1-", "1 h", "24:00:00\ntouch x", "1-2-3", "00:00:00 --wrap=x", "\u{661}"] {
            assert!(time_limit(wrong).is_err(), "{wrong}");
        }
    }
}
