//! How a run shows that it is alive: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use superjump::campaign::{Plan, Progress, Scenario};
use superjump::report;

use super::table;

/// Seconds between the lines of a run without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The display of a run.
pub struct Display {
    kind: Kind,
    total: u64,
    points: usize,
    /// What the running estimate is of, and its unit.
    watched: Option<(String, &'static str)>,
    started: Instant,
}

enum Kind {
    Bar(ProgressBar),
    Lines { last: Instant },
    Silent,
}

impl Display {
    /// The display of a scenario's run.
    pub fn new(scenario: &Scenario, silent: bool) -> Self {
        let total = Plan::new(&scenario.points).trajectories();
        let kind = if silent {
            Kind::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total);
            let style = "{bar:30} {percent:>3}%  {human_pos}/{human_len} trajectories  {msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            Kind::Bar(bar)
        } else {
            Kind::Lines { last: Instant::now() }
        };
        let point = &scenario.points[0];
        let watched = point.columns().first().map(|column| {
            let name = column.quantity.name().replace('_', " ");
            let bath = column.bath.map_or(String::new(), |bath| format!(" ({})", point.baths()[bath].name));
            (format!("{name}{bath}"), column.quantity.unit(point.units()))
        });
        Display { kind, total, points: scenario.points.len(), watched, started: Instant::now() }
    }

    /// Shows where the run stands.
    pub fn update(&mut self, progress: &Progress) {
        let message = self.message(progress);
        match &mut self.kind {
            Kind::Silent => {}
            Kind::Bar(bar) => {
                bar.set_position(progress.trajectories);
                bar.set_message(message);
            }
            Kind::Lines { last } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    eprintln!("{}/{} trajectories  {message}", progress.trajectories, self.total);
                }
            }
        }
    }

    fn message(&self, progress: &Progress) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let mut words = Vec::new();
        if progress.trajectories > 0 {
            let left = seconds * (self.total - progress.trajectories) as f64 / progress.trajectories as f64;
            words.push(format!("{} jumps/s", table::count(progress.jumps as f64 / seconds)));
            words.push(format!("{} left", table::duration(left)));
        }
        if self.points > 1 {
            words.push(format!("point {}/{}", progress.point + 1, self.points));
        }
        if let (Some(estimate), Some((name, unit))) = (progress.current, &self.watched) {
            let value = report::with_error(estimate.mean, estimate.std_error);
            words.push(format!("{name} {value} {}", if *unit == "1" { "" } else { unit }));
        }
        words.join("  ")
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}

/// A run that fails leaves no bar on the screen.
impl Drop for Display {
    fn drop(&mut self) {
        self.finish();
    }
}
