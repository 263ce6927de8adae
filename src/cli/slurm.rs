//! `superjump slurm`: a job-array script for Slurm, to be looked at and submitted.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use superjump::plan::Plan;
use superjump::scenario::{Asked, Purpose};

use super::run::quoted;
use super::{ScenarioArguments, output_folder};

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
    /// The time limit of a task
    #[arg(long, value_name = "HH:MM:SS", default_value = "24:00:00")]
    time: String,
}

pub fn slurm(arguments: &SlurmArguments) -> anyhow::Result<()> {
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let (shards, threads) = (arguments.shards, arguments.scenario.threads());
    let output = output_folder(arguments.output.as_deref(), &scenario.name);
    let output = quoted(&std::path::absolute(output)?.display().to_string());
    let program = quoted(&std::env::current_exe()?.display().to_string());
    let mut words = vec![program.clone(), "run".to_owned()];
    words.extend(arguments.scenario.words()?.iter().map(|word| quoted(word)));
    // To a steady state a shard takes whole points, and those of the same physics together.
    let whole = match &scenario.points[0].asked {
        Asked::Converge(_) => {
            let points: HashSet<u64> = scenario.points.iter().map(|point| point.id).collect();
            format!("{} points, each the work of one task,", points.len())
        }
        Asked::Transient(_) | Asked::Solve(_) => format!("{} parts", Plan::new(&scenario.points).parts()),
    };
    say!(
        "#!/bin/bash
# {whole} for {shards} tasks, which share the folder; then: {program} merge {output}
#SBATCH --job-name=superjump-{}
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={threads}
#SBATCH --time={}
#SBATCH --signal=B:TERM@60
exec {} -o {output} --shard \"$SLURM_ARRAY_TASK_ID/{shards}\" --threads {threads} --no-progress",
        scenario.name,
        arguments.time,
        words.join(" "),
    )?;
    Ok(())
}
