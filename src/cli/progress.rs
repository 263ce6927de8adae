//! How a run shows that it is alive: a bar on a terminal, plain lines elsewhere, and a log of events where asked.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use superjump::campaign::Event;
use superjump::report;
use superjump::statistics::Target;
use superjump::store::{Progress, Within};

use super::terminal::harmless;
use super::{UsageError, table};

/// Seconds between the lines of a run without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What is counted where nobody knows how many it will take.
const TO_LOOK_AT: &str = "trajectories to look at";

/// The display of a run.
pub struct Display {
    kind: Kind,
    points: usize,
    log: Option<Log>,
}

enum Kind {
    Bar(ProgressBar),
    Lines { last: Instant },
    Silent,
}

/// A file of events, each a line of JSON with the time since 1970.
struct Log {
    path: PathBuf,
    writer: BufWriter<File>,
    failed: Option<std::io::Error>,
}

impl Log {
    fn write(&mut self, event: &Event) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let line = serde_json::json!({ "time": time, "event": event });
        // A log that cannot be written does not end the run; that is said at the end.
        if let Err(error) = writeln!(self.writer, "{line}").and_then(|()| self.writer.flush()) {
            self.failed.get_or_insert(error);
        }
    }
}

impl Display {
    /// The display of the run of so many points.
    pub fn new(points: usize, silent: bool, log: Option<&Path>) -> Result<Self, UsageError> {
        let kind = if silent {
            Kind::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            // A line that is longer than the terminal is wide could not be wiped.
            let style = "{bar:20} {prefix}  {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            Kind::Bar(bar)
        } else {
            Kind::Lines { last: Instant::now() }
        };
        let open = |path: &Path| {
            let file = File::options().append(true).create(true).open(path);
            let refused = |error| UsageError(format!("cannot write the log {}: {error}", path.display()));
            file.map(|file| Log { path: path.to_owned(), writer: BufWriter::new(file), failed: None }).map_err(refused)
        };
        Ok(Display { kind, points, log: log.map(open).transpose()? })
    }

    /// Shows what happens.
    pub fn update(&mut self, event: &Event) {
        if let Some(log) = &mut self.log {
            log.write(event);
        }
        match event {
            Event::Progress(progress) => {
                let message = message(progress, self.points);
                // Of a run that ends when it knows enough, what is done says nothing of what is left.
                let what = if progress.within.is_some() { TO_LOOK_AT } else { "trajectories" };
                self.show((progress.trajectories, progress.of), what, &message);
            }
            Event::Merging { parts, of } => self.show((*parts, *of), "parts merged", ""),
            Event::Notice(notice) => self.say(&format!("note: {notice}")),
            Event::Started { parts, there } if *there > 0 => {
                self.say(&format!("{there} of {parts} parts are there already."));
            }
            Event::Started { .. } | Event::Part(_) | Event::Solved { .. } => {}
        }
    }

    fn show(&mut self, (done, of): (u64, u64), what: &'static str, message: &str) {
        match &mut self.kind {
            Kind::Silent => {}
            Kind::Bar(bar) => {
                bar.set_length(of);
                bar.set_position(done);
                let share = 100 * done / of.max(1);
                let percent = if what == TO_LOOK_AT { String::new() } else { format!("{share:>3}%  ") };
                bar.set_prefix(format!("{percent}{}/{} {what}", HumanCount(done), HumanCount(of)));
                bar.set_message(harmless(message).into_owned());
            }
            Kind::Lines { last } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    remark!("{done}/{of} {what}  {message}");
                }
            }
        }
    }

    /// A line of its own, which is said even to those who want no progress.
    fn say(&self, line: &str) {
        match &self.kind {
            Kind::Bar(bar) => bar.suspend(|| remark!("{line}")),
            Kind::Lines { .. } | Kind::Silent => remark!("{line}"),
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
        if let Some(Log { path, failed: Some(error), .. }) = &self.log {
            remark!("note: the log {} is not whole: {error}", path.display());
        }
    }
}

/// Time left, point, running estimate and rate, as far as they are known; a narrow terminal cuts the last.
pub fn message(progress: &Progress, points: usize) -> String {
    let mut words = Vec::new();
    if let Some(left) = progress.seconds_left {
        words.push(format!("{} left", table::duration(left)));
    }
    if points > 1 {
        words.push(format!("{}/{points} points, now {}", progress.points, progress.point));
    }
    if let Some(estimate) = progress.current {
        let value = report::with_error(estimate.mean, estimate.std_error);
        let (name, unit) = &progress.watched;
        words.push(format!("{name} {value} {}", if unit == "1" { "" } else { unit }).trim_end().to_owned());
    }
    if let Some(Within { reached, asked }) = progress.within {
        // Two digits are enough to see it come down.
        let two = |value: f64| format!("{value:.1e}").parse().map_or_else(|_| value.to_string(), report::number);
        words.push(match asked {
            Target::Relative(asked) => format!("within {} % (asked {} %)", two(100.0 * reached), two(100.0 * asked)),
            Target::Absolute(asked) => format!("within {} (asked {})", two(reached), two(asked)),
        });
    }
    if progress.jumps > 0 {
        words.push(format!("{} jumps/s", table::count(progress.jumps as f64 / progress.seconds)));
    }
    words.join("  ")
}

/// A run that fails leaves no bar on the screen.
impl Drop for Display {
    fn drop(&mut self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}
