//! `superjump status`: how a campaign stands, from its folder.

use std::path::PathBuf;

use clap::Args;
use superjump::campaign::{Results, RunError, Status};
use superjump::store::{Live, Progress, State};

use super::{progress, table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump status output/heat_valve")]
pub struct StatusArguments {
    /// The folder of results
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The most points that are listed.
const MOST_POINTS: usize = 30;

pub fn status(arguments: &StatusArguments) -> anyhow::Result<()> {
    let status = Status::read(&arguments.folder).map_err(RunError::from)?;
    let manifest = &status.manifest;
    let points = manifest.points.len();
    // Not known where as many are run as the steady state takes.
    let asked = manifest.points.iter().try_fold(0, |sum: u64, point| Some(sum.saturating_add(point.trajectories?)));
    let done = status.finished.iter().fold(0, |sum: u64, done| sum.saturating_add(*done));
    let complete =
        manifest.points.iter().zip(&status.finished).filter(|(point, done)| point.trajectories == Some(**done));
    say!("{}: {}", manifest.scenario, manifest.title)?;
    if let Some(asked) = asked {
        // Of nothing, all is done.
        let percent = if asked == 0 { 100.0 } else { 100.0 * done as f64 / asked as f64 };
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
    for process in &status.processes {
        say!("{}", describe(process, points))?;
    }
    if status.set_aside > 0 {
        say!("{} damaged parts were set aside (*.bad) and are computed again", status.set_aside)?;
    }
    say!(
        "results: {}",
        match &status.results {
            Results::None => "none yet".to_owned(),
            Results::Complete => "complete".to_owned(),
            Results::Earlier => "complete for what was asked before; what is asked now is not done".to_owned(),
            Results::Partial => "partial".to_owned(),
            Results::Damaged(why) => {
                format!("damaged ({why}); the same run, or `superjump merge`, makes them again from the parts")
            }
        }
    )?;
    Ok(())
}

fn describe(live: &Live, points: usize) -> String {
    let shard = live.shard.as_ref().map_or(String::new(), |shard| format!("shard {shard}, "));
    let threads = table::plural(live.threads as u64, "thread");
    let who = format!("{shard}process {} on {} ({threads})", live.process, live.host);
    let what = match (live.silent(), live.state) {
        (Some(age), _) => format!("gone without a word {} ago", table::duration(age.as_secs_f64())),
        (_, State::Computing) => {
            let Progress { trajectories, of, .. } = live.progress;
            format!("{trajectories}/{of} trajectories  {}", progress::message(&live.progress, points))
        }
        (_, State::Merging) => "merging".to_owned(),
        (_, State::Done) => "done".to_owned(),
        (_, State::Interrupted) => "interrupted".to_owned(),
    };
    format!("{who}: {what}")
}
