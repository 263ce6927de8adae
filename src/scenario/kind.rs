//! What kind of run a scenario asks for, and by which of its tables, in words.

use super::asked::{Asked, Budget, Converge, Solve, Steady, SteadyTable, Transient};
use super::point::Point;
use super::reader::Scenario;
use crate::model::protocol::Repeats;

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

/// How a protocol passes.
struct Passing {
    segments: u64,
    cycles: Repeats,
}

impl Passing {
    fn times(&self) -> u64 {
        match self.cycles {
            Repeats::Once => 1,
            Repeats::Cycles(cycles) => cycles,
        }
    }
}

/// How that of a point does, of qubits or of ensembles and modes.
fn passing(point: &Point) -> Option<Passing> {
    if let Some(protocol) = point.protocol() {
        return Some(Passing { segments: protocol.stages().len() as u64, cycles: protocol.repeats() });
    }
    let protocol = point.groups[0].changing_ensembles()?.protocol()?;
    let cycles = if protocol.cycles() == 1 { Repeats::Once } else { Repeats::Cycles(protocol.cycles()) };
    Some(Passing { segments: protocol.stages().len() as u64, cycles })
}

impl Scenario {
    /// The kind of run: a transient to which time, or the steady state and which table asks for it.
    #[must_use]
    pub fn kind(&self) -> String {
        let points = &self.points;
        let first = &points[0];
        let unit = first.units().time();
        let time = |values: Vec<f64>| {
            let number = range(values.into_iter());
            unit.strip_prefix('1').map_or_else(|| format!("{number} {unit}"), |per| format!("{number}{per}"))
        };
        let counts = |count: fn(&Passing) -> u64, one: &str| {
            let number = range(points.iter().filter_map(passing).map(|passing| count(&passing)));
            format!("{number} {one}{}", if number == "1" { "" } else { "s" })
        };
        let segments = || counts(|passing| passing.segments, "segment");
        let through = passing(first).map_or(String::new(), |Passing { cycles, .. }| match cycles {
            Repeats::Once => format!(", through {}", segments()),
            Repeats::Cycles(_) => format!(", through {} of {}", counts(Passing::times, "cycle"), segments()),
        });
        let until = || time(points.iter().map(Point::until).collect());
        match &first.asked {
            Asked::Transient(Transient { .. }) => {
                let number = range(points.iter().map(Point::trajectories));
                let each = if points.len() > 1 { " a point" } else { "" };
                format!("Transient of {number} trajectories{each} to t = {}{through}", until())
            }
            Asked::Solve(Solve { steady: None, .. }) => {
                format!("Exact transient to t = {}{through}, without trajectories", until())
            }
            Asked::Solve(Solve { steady: Some(Steady { because: SteadyTable::Protocol, .. }), .. }) => {
                format!("Exact limit cycle of {} (because of `protocol.cycles`), without trajectories", segments())
            }
            Asked::Solve(Solve { steady: Some(steady), times, .. }) if times.is_empty() => {
                format!("Exact steady state (because of {}), without trajectories", steady.because)
            }
            Asked::Solve(Solve { steady: Some(steady), .. }) => format!(
                "Exact steady state (because of {}) and transient to t = {} (because of [evolution]), without \
                 trajectories",
                steady.because,
                until()
            ),
            Asked::Converge(Converge { steady, .. }) => {
                let budgets = || points.iter().filter_map(budget);
                let ends: Vec<f64> = budgets().filter_map(|budget| budget.until).collect();
                let mut said = String::new();
                if !ends.is_empty() {
                    said += &format!("; trajectories end at {}, and no sample before is kept", time(ends));
                }
                if budgets().any(|budget| budget.trajectories.is_some()) {
                    said += "; `evolution.trajectories` is a budget";
                }
                match steady.because {
                    SteadyTable::Protocol => {
                        let segments = segments();
                        format!("Limit cycle of {segments} from trajectories (because of `protocol.cycles`){said}")
                    }
                    because => format!("Steady state from trajectories (because of {because}){said}"),
                }
            }
        }
    }
}

/// The most that may be spent on a steady state.
fn budget(point: &Point) -> Option<&Budget> {
    match &point.asked {
        Asked::Converge(converge) => Some(&converge.budget),
        Asked::Transient(_) | Asked::Solve(_) => None,
    }
}
