//! `superjump job`: a script that has a scheduler start workers, to be looked at and submitted.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use superjump::plan::Plan;
use superjump::scenario::{Asked, Purpose, Scenario};

use super::bash::quoted;
use super::table::plural;
use super::{ScenarioArguments, output_folder, text};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  superjump job scenarios/heat_valve.toml --scheduler slurm --workers 16 --threads 8 > job.sh; sbatch job.sh\n  \
    superjump job ... --scheduler pbs > job.sh; qsub job.sh\n  \
    superjump job ... --scheduler lsf > job.sh; bsub < job.sh\n  \
    superjump job ... --scheduler htcondor > job.sh; bash job.sh\n  \
    superjump job ... --scheduler sh > job.sh; bash job.sh\n\n\
    Submit the same script again, or more of them, to go on with what the time limit cut short; then `superjump merge`\n\
    the folder."
)]
pub struct JobArguments {
    /// What starts the workers; sh: this machine, which merges at the end
    #[arg(long, value_enum)]
    scheduler: Scheduler,
    #[command(flatten)]
    work: WorkerArguments,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump slurm scenarios/heat_valve.toml --shards 16 --threads 8 > job.sh\n  sbatch job.sh\n\n\
    Submit the same script again to go on with what the time limit cut short; then `superjump merge` the folder."
)]
pub struct SlurmArguments {
    #[command(flatten)]
    work: WorkerArguments,
}

#[derive(Debug, Args)]
struct WorkerArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// The folder for the results, shared by all workers [default: output/<scenario>]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Workers, each a task of an array
    #[arg(long, visible_alias = "shards", value_name = "N", default_value_t = 16)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000))]
    workers: u64,
    /// The time limit of a worker: MM, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS [default: 24:00:00; of sh none]
    #[arg(long, value_name = "HH:MM:SS")]
    time: Option<TimeLimit>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scheduler {
    Slurm,
    /// PBS Professional, OpenPBS
    Pbs,
    Lsf,
    Htcondor,
    Sh,
}

/// A time limit in one of the forms that Slurm knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeLimit {
    seconds: u64,
}

impl FromStr for TimeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "such as 90, 24:00:00 or 2-12:00".to_owned();
        let number = |digits: &str| {
            let good = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            if good { digits.parse::<u64>().map_err(|_| wrong()) } else { Err(wrong()) }
        };
        let (days, clock) = text.split_once('-').map_or((None, text), |(days, clock)| (Some(days), clock));
        let words = clock.split(':').map(number).collect::<Result<Vec<u64>, String>>()?;
        let (hours, minutes, seconds) = match (days, &words[..]) {
            (None, &[minutes]) => (0, minutes, 0),
            (None, &[minutes, seconds]) => (0, minutes, seconds),
            (Some(_), &[hours]) => (hours, 0, 0),
            (Some(_), &[hours, minutes]) => (hours, minutes, 0),
            (_, &[hours, minutes, seconds]) => (hours, minutes, seconds),
            _ => return Err(wrong()),
        };
        let days = days.map_or(Ok(0), number)?;
        let seconds = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
        if seconds > 0 { Ok(TimeLimit { seconds }) } else { Err("more than no time at all".to_owned()) }
    }
}

impl TimeLimit {
    const DAY: TimeLimit = TimeLimit { seconds: 86_400 };

    /// `HH:MM`, no less.
    fn in_minutes(self) -> String {
        let minutes = self.seconds.div_ceil(60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// `HH:MM:SS`.
impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TimeLimit { seconds } = self;
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

pub fn job(arguments: &JobArguments) -> anyhow::Result<()> {
    print(arguments.scheduler, &arguments.work)
}

pub fn slurm(arguments: &SlurmArguments) -> anyhow::Result<()> {
    print(Scheduler::Slurm, &arguments.work)
}

/// A name as schedulers take it on a line of options, which has no quotes.
fn job_name(scenario: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    format!("superjump-{}", scenario.replace(|c| !plain(c), "-"))
}

/// What there is for so many workers; that it is less than they are is said.
fn whole(scenario: &Scenario, workers: u64) -> String {
    match &scenario.points[0].asked {
        // Rounds are cut as they come.
        Asked::Converge(_) => {
            let points: HashSet<u64> = scenario.points.iter().map(|point| point.id).collect();
            plural(points.len() as u64, "point")
        }
        Asked::Transient(_) | Asked::Solve(_) => {
            let parts = Plan::new(&scenario.points).parts();
            if parts < workers {
                remark!(
                    "note: there are {} for {workers} workers; the others will have nothing to do",
                    plural(parts, "part")
                );
            }
            plural(parts, "part")
        }
    }
}

fn print(scheduler: Scheduler, arguments: &WorkerArguments) -> anyhow::Result<()> {
    arguments.scenario.stays()?;
    let scenario = arguments.scenario.read(Purpose::Trajectories)?;
    let (workers, threads) = (arguments.workers, arguments.scenario.threads());
    let limit = arguments.time.unwrap_or(TimeLimit::DAY);
    let output = output_folder(arguments.output.as_deref(), &scenario.name);
    let output = quoted(text(&std::path::absolute(output)?)?);
    let program = quoted(text(&std::env::current_exe()?)?);
    let mut words = vec![program.clone(), "work".to_owned()];
    words.extend(arguments.scenario.words()?.iter().map(|word| quoted(word)));
    let (name, words) = (job_name(&scenario.name), words.join(" "));
    let work =
        |place: &str| format!("{words} -o {output} --shard \"{place}/{workers}\" --threads {threads} --no-progress");
    let merge = format!("{program} merge {output}");
    let whole = whole(&scenario, workers);
    let head = format!("#!/bin/bash\n# {whole} for {}, which share the folder", plural(workers, "task"));
    let script = match scheduler {
        Scheduler::Slurm => format!(
            "{head}; then: {merge}
#SBATCH --job-name={name}
#SBATCH --array=1-{workers}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={threads}
#SBATCH --time={limit}
#SBATCH --signal=B:TERM@60
exec {}",
            work("$SLURM_ARRAY_TASK_ID"),
        ),
        Scheduler::Pbs => {
            // An array has two tasks at least.
            let array = if workers > 1 { format!("#PBS -J 1-{workers}\n") } else { String::new() };
            format!(
                "{head}; then: {merge}
#PBS -N {name}
{array}#PBS -l select=1:ncpus={threads}
#PBS -l walltime={limit}
exec {}",
                work("${PBS_ARRAY_INDEX:-1}"),
            )
        }
        Scheduler::Lsf => format!(
            "{head}; then: {merge}
#BSUB -J \"{name}[1-{workers}]\"
#BSUB -n {threads}
#BSUB -R \"span[hosts=1]\"
#BSUB -W {}
exec {}",
            limit.in_minutes(),
            work("$LSB_JOBINDEX"),
        ),
        // The script is what it submits: a path in a submit description is quoted as that has it.
        Scheduler::Htcondor => format!(
            "{head}; then: {merge}
if [ $# = 0 ]; then
    script=$(realpath \"$0\")
    script=${{script//\\$/\\$(DOLLAR)}}
    script=${{script//\\'/\\'\\'}}
    script=${{script//\\\"/\\\"\\\"}}
    exec condor_submit <<END
universe = vanilla
executable = /bin/bash
arguments = \"'$script' \\$(Process)\"
transfer_executable = false
should_transfer_files = no
request_cpus = {threads}
allowed_job_duration = {}
batch_name = {name}
queue {workers}
END
fi
exec {}",
            limit.seconds,
            work("$(($1 + 1))"),
        ),
        Scheduler::Sh => {
            let timeout = arguments.time.map_or(String::new(), |limit| format!("timeout {} ", limit.seconds));
            format!(
                "{head}
trap 'kill $(jobs -p) 2>/dev/null' INT TERM
for worker in $(seq {workers}); do
    {timeout}{} &
done
wait
exec {merge} --no-progress",
                work("$worker"),
            )
        }
    };
    say!("{script}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_one_that_slurm_knows() {
        let limit = |text: &str| text.parse::<TimeLimit>();
        for (text, seconds, shown) in [
            ("90", 5400, "01:30:00"),
            ("90:30", 5430, "01:30:30"),
            ("24:00:00", 86_400, "24:00:00"),
            ("2-12", 216_000, "60:00:00"),
            ("2-12:30", 217_800, "60:30:00"),
            ("2-12:30:59", 217_859, "60:30:59"),
        ] {
            assert_eq!(limit(text), Ok(TimeLimit { seconds }), "{text}");
            assert_eq!(limit(text).unwrap().to_string(), shown);
        }
        assert_eq!(limit("90:30").unwrap().in_minutes(), "01:31");
        for wrong in
            ["", "0", "1:2:3:4", "-1", "1-", "1 h", "24:00:00\ntouch x", "1-2-3", "00:00:00 --wrap=x", "\u{661}"]
        {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
