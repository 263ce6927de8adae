//! `superjump status`: how a campaign stands, from its folder.

use std::path::{Path, PathBuf};

use clap::Args;
use superjump::campaign::{Presence, Process, Results, RunError, Status};
use superjump::store::{Progress, State, StoreError};

use super::{progress, table};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  superjump status output/heat_valve\n  superjump status output       every campaign below it"
)]
pub struct StatusArguments {
    /// The folder of results, or one of such folders
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The most points that are listed.
const MOST_POINTS: usize = 30;
/// The most processes of a kind that are.
const MOST_PROCESSES: usize = 20;

pub fn status(arguments: &StatusArguments) -> anyhow::Result<()> {
    match Status::read(&arguments.folder) {
        Ok(status) => one(&status),
        Err(error @ StoreError::NoCampaign { .. }) => {
            let below = Status::below(&arguments.folder).unwrap_or_default();
            if below.is_empty() {
                return Err(RunError::from(error).into());
            }
            below.iter().try_for_each(|folder| in_a_line(folder))
        }
        Err(error) => Err(RunError::from(error).into()),
    }
}

/// Trajectories that are done, and those that are asked for: not known where as many are run as the steady state takes.
fn done_of(status: &Status) -> (u64, Option<u64>) {
    let points = &status.manifest.points;
    let asked = points.iter().try_fold(0, |sum: u64, point| Some(sum.saturating_add(point.trajectories?)));
    (status.finished.iter().fold(0, |sum: u64, done| sum.saturating_add(*done)), asked)
}

/// How much that is; of nothing, all is done.
fn percent(done: u64, asked: u64) -> f64 {
    if asked == 0 { 100.0 } else { 100.0 * done as f64 / asked as f64 }
}

/// One of several campaigns.
fn in_a_line(folder: &Path) -> anyhow::Result<()> {
    let status = match Status::read(folder) {
        Ok(status) => status,
        Err(error) => return Ok(say!("{}: {error}", folder.display())?),
    };
    let done = match done_of(&status) {
        (done, Some(asked)) => format!("{:.1} %", percent(done, asked)),
        (done, None) => table::plural(done, "trajectory").replace("trajectorys", "trajectories"),
    };
    let mut words = vec![done];
    let at_work = status.at_work().count();
    words.extend((at_work > 0).then(|| format!("{at_work} at work")));
    let silent = status.processes.iter().filter(|process| process.presence == Presence::Silent).count();
    words.extend((silent > 0).then(|| format!("{silent} silent")));
    words.extend(status.seconds_left().map(|left| format!("{} left", table::duration(left))));
    Ok(say!("{}: {}, results: {}", folder.display(), words.join(", "), results(&status))?)
}

fn results(status: &Status) -> String {
    match &status.results {
        Results::None => "none yet".to_owned(),
        Results::Complete => "complete".to_owned(),
        Results::Earlier => "complete for what was asked before; what is asked now is not done".to_owned(),
        Results::Partial => "partial".to_owned(),
        Results::Damaged(why) => {
            format!("damaged ({why}); the same run, or `superjump merge`, makes them again from the parts")
        }
    }
}

fn one(status: &Status) -> anyhow::Result<()> {
    let manifest = &status.manifest;
    let points = manifest.points.len();
    let (done, asked) = done_of(status);
    let complete =
        manifest.points.iter().zip(&status.finished).filter(|(point, done)| point.trajectories == Some(**done));
    say!("{}: {}", manifest.scenario, manifest.title)?;
    if let Some(asked) = asked {
        let percent = percent(done, asked);
        say!(
            "{percent:.1} %: {done} of {asked} trajectories on disk, {} of {points} points complete",
            complete.count()
        )?;
    } else {
        let begun = status.finished.iter().filter(|done| **done > 0).count();
        say!("{done} trajectories on disk, {begun} of {points} points begun; each takes as many as its error needs")?;
    }
    if points > 1 {
        for (point, done) in manifest.points.iter().zip(&status.finished).take(MOST_POINTS) {
            let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let parameters: Vec<String> =
                point.parameters.iter().map(|(key, value)| format!("{key} = {}", word(value))).collect();
            let of = point.trajectories.map_or(String::new(), |asked| format!("/{asked}"));
            say!("  {done:>12}{of}  {}", parameters.join(", "))?;
        }
        if points > MOST_POINTS {
            say!("  ... and {} more", points - MOST_POINTS)?;
        }
    }
    together(status)?;
    for presence in [Presence::AtWork, Presence::Silent, Presence::Gone, Presence::Ended] {
        let such = || status.processes.iter().filter(|process| process.presence == presence);
        for process in such().take(MOST_PROCESSES) {
            say!("{}", describe(process, points, status.at_work().count() > 1))?;
        }
        if let more @ 1.. = such().skip(MOST_PROCESSES).count() {
            say!("... and {more} more {}", word(presence))?;
        }
    }
    if status.set_aside > 0 {
        say!("{} damaged parts were set aside (*.bad) and are computed again", status.set_aside)?;
    }
    say!("results: {}", results(status))?;
    Ok(())
}

/// What several processes come to, where there are several.
fn together(status: &Status) -> std::io::Result<()> {
    let (mut count, mut threads) = (0, 0);
    for process in status.at_work() {
        (count, threads) = (count + 1, threads + process.live.threads as u64);
    }
    if count < 2 {
        return Ok(());
    }
    let rate = status.parts_a_minute();
    let rate = if rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") };
    let left = status.seconds_left().map_or(String::new(), |left| format!(", {} left", table::duration(left)));
    say!("{count} processes at work ({}): {rate} parts a minute{left}", table::plural(threads, "thread"))
}

fn word(presence: Presence) -> &'static str {
    match presence {
        Presence::AtWork => "at work",
        Presence::Silent => "silent",
        Presence::Gone => "gone without a word",
        Presence::Ended => "that have ended",
    }
}

/// A process in a line. What is left is told once, where there are several.
fn describe(process: &Process, points: usize, several: bool) -> String {
    let live = &process.live;
    let shard = live.shard.as_ref().map_or(String::new(), |shard| format!("shard {shard}, "));
    let threads = table::plural(live.threads as u64, "thread");
    let who = format!("{shard}process {} on {} ({threads})", live.process, live.host);
    let age = table::duration(process.age);
    let what = match (process.presence, live.state) {
        (Presence::Gone, _) => format!("gone without a word {age} ago"),
        (Presence::Silent, _) => format!("silent for {age}: gone, or it stands still, or sees the folder no more"),
        (_, State::Computing) => {
            let Progress { trajectories, of, .. } = live.progress;
            let seconds_left = live.progress.seconds_left.filter(|_| !several);
            let message = progress::message(&Progress { seconds_left, ..live.progress.clone() }, points);
            let message = if message.is_empty() { message } else { format!("  {message}") };
            format!("{trajectories}/{of} trajectories{message}  ({age} ago)")
        }
        (_, State::Waiting) => format!("waiting for what others have in hand  ({age} ago)"),
        (_, State::Merging) => "merging".to_owned(),
        (_, State::Done) => "done".to_owned(),
        (_, State::Interrupted) => "interrupted".to_owned(),
    };
    format!("{who}: {what}")
}
