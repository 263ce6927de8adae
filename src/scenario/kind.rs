//! What kind of run a scenario asks for, and by which of its tables, in words.

use super::point::{Point, Purpose};
use super::reader::Scenario;

/// The least and the most of some numbers that a sweep may vary, with what stands before a unit.
fn range<T: PartialOrd + std::fmt::Display>(values: impl Iterator<Item = T>) -> String {
    let values: Vec<T> = values.collect();
    let by = |a: &&T, b: &&T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    match (values.iter().min_by(by), values.iter().max_by(by)) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(least), _) => least.to_string(),
        _ => String::new(),
    }
}

impl Scenario {
    /// The kind of run: a transient to which time, or the steady state and which table asks for it.
    #[must_use]
    pub fn kind(&self) -> String {
        let points = &self.points;
        let first = &points[0];
        let exact = self.purpose == Purpose::Exact;
        let timed = points.iter().any(|point| !point.evolution.times.is_empty());
        let (number, unit) = (range(points.iter().map(|point| point.evolution.until())), first.units().time());
        let until = unit.strip_prefix('1').map_or_else(|| format!("{number} {unit}"), |per| format!("{number}{per}"));
        let steady = points.iter().find_map(|point| point.steady_because);
        match (steady, exact) {
            (None, true) => format!("Exact transient to t = {until}, without trajectories"),
            (None, false) => {
                let number = range(points.iter().map(|point| point.evolution.trajectories));
                let each = if points.len() > 1 { " a point" } else { "" };
                format!("Transient of {number} trajectories{each} to t = {until}")
            }
            (Some(table), true) if timed => format!(
                "Exact steady state (because of {table}) and transient to t = {until} (because of [evolution]), without \
                 trajectories"
            ),
            (Some(table), true) => format!("Exact steady state (because of {table}), without trajectories"),
            (Some(table), false) => {
                let capped = points.iter().any(|point: &Point| point.evolution.trajectories > 0);
                let budget = match (timed, capped) {
                    (false, false) => String::new(),
                    (true, false) => format!("; trajectories end at {until}, and no sample before is kept"),
                    (false, true) => "; `evolution.trajectories` is a budget".to_owned(),
                    (true, true) => format!(
                        "; trajectories end at {until}, and no sample before is kept; `evolution.trajectories` is a budget"
                    ),
                };
                format!("Steady state from trajectories (because of {table}){budget}")
            }
        }
    }
}
