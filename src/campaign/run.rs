//! The front door of a campaign: what a scenario asks for decides the flow, and here alone.

use std::path::Path;

use super::error::RunError;
use super::open::{complete, mend_claim, open, refuse_foreign};
use super::options::{Event, Outcome, RunOptions};
use super::settle::{self, relaxations};
use super::solve::solve;
use super::standing::refuse_less;
use super::transient;
use crate::plan::Plan;
use crate::scenario::{Asked, Scenario};
use crate::store::{Folder, Manifest, Role, StoreError};

/// Runs a scenario and writes its results, beside any number of processes that [`work`] on the same. What is complete
/// already is left as it is; what is there in parts is not computed again.
///
/// # Errors
/// If the results cannot be written, or the scenario does not fit. Parts that were written stay, and running again
/// goes on from them.
pub fn run(scenario: &Scenario, options: &RunOptions, report: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    match first_asked(scenario) {
        Asked::Solve(_) => solve(scenario, options, report),
        Asked::Transient(_) | Asked::Converge(_) => sample(scenario, options, Role::of_results(options.fresh), report),
    }
}

/// Computes what is missing of a scenario until everything is there, as one of any number of processes that see the
/// folder, and writes no results: that is left to [`run`] or [`merge_parts`]. They need not know of each other: each takes
/// what no other has in hand, in an order of its own, and what two compute has the same bytes.
///
/// # Errors
/// As [`run`]; and a scenario that is solved, which has no parts.
pub fn work(scenario: &Scenario, options: &RunOptions, report: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    match first_asked(scenario) {
        Asked::Solve(_) => Err(RunError::NotInParts { point: 0 }),
        Asked::Transient(_) | Asked::Converge(_) => sample(scenario, options, Role::Work, report),
    }
}

/// Points of a scenario are asked the same thing.
fn first_asked(scenario: &Scenario) -> &Asked {
    &scenario.points[0].asked
}

/// Runs trajectories, in the folder of their parts.
fn sample(
    scenario: &Scenario,
    options: &RunOptions,
    role: Role,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let converges = matches!(first_asked(scenario), Asked::Converge(_));
    if role != Role::Alone
        && let Some(summary) = complete(scenario, options, report)?
    {
        if role == Role::Results {
            mend_claim(&options.output, scenario, report);
        }
        return Ok(Outcome { summary: Some(summary), already_complete: true, jumps: 0, interrupted: false });
    }
    Plan::new(&scenario.points).check_memory(options.threads)?;
    if role != Role::Alone {
        refuse_foreign(&options.output, scenario)?;
        refuse_less(&options.output, scenario)?;
    }
    // What is out of reach is refused before there is a folder. Who works asks that of each point in its turn.
    let relaxations = if converges && role != Role::Work { relaxations(scenario, options)? } else { Vec::new() };
    let folder = open(&options.output, scenario, role, report)?;
    if let Some(owner) = folder.stale() {
        report(&Event::Notice(format!("{owner} did not end well here; going on from what it left")));
    }
    match (converges, role) {
        (false, Role::Work) => transient::work(scenario, options, &folder, report),
        (false, _) => transient::run(scenario, options, &folder, report),
        (true, Role::Work) => settle::work(scenario, options, &folder, report),
        (true, _) => settle::settle(scenario, options, &relaxations, (&folder, true), report),
    }
}

/// Merges the parts that are in a folder, of whatever processes, and writes the results.
///
/// # Errors
/// A folder that holds no campaign, or in which another process is at work; results that cannot be written.
pub fn merge_parts(options: &RunOptions, report: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    let output: &Path = &options.output;
    let manifest = Manifest::read(output)?.ok_or_else(|| StoreError::NoCampaign { folder: output.to_owned() })?;
    let scenario = manifest.scenario(output)?;
    // Of another version, or a scenario that reads otherwise in this one.
    refuse_foreign(output, &scenario)?;
    if let Some(summary) = complete(&scenario, options, report)? {
        return Ok(Outcome { summary: Some(summary), already_complete: true, jumps: 0, interrupted: false });
    }
    let folder = Folder::join(output, Role::Results)?;
    match first_asked(&scenario) {
        Asked::Converge(_) => {
            settle::settle(&scenario, options, &relaxations(&scenario, options)?, (&folder, false), report)
        }
        Asked::Transient(_) | Asked::Solve(_) => transient::merge_alone(&scenario, options, &folder, report),
    }
}
