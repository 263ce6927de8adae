//! The front door of a campaign: what a scenario asks for decides the flow, and here alone.

use std::path::Path;
use std::time::Duration;

use super::error::RunError;
use super::helpers::{Deliver, Helpers};
use super::open::{complete, mend_claim, open, refuse_foreign};
use super::options::{Event, Outcome, RunOptions};
use super::settle::{relaxations, settle};
use super::solve::solve;
use super::transient;
use crate::plan::{Part, Plan};
use crate::scenario::{Asked, Scenario};
use crate::store::{Folder, Manifest, StoreError};
use crate::trajectory::Interrupt;

/// No helpers.
struct Alone;

impl Helpers for Alone {
    fn at_work(&self) -> bool {
        false
    }

    fn serve(&mut self, _: &Interrupt, _: &mut dyn FnMut() -> Option<Part>, _: Deliver) -> Result<(), RunError> {
        Ok(())
    }
}

/// Runs a scenario and writes its results. What is complete already is left as it is; what is there in parts is not
/// computed again.
///
/// # Errors
/// If the results cannot be written, or the scenario does not fit. Parts that were written stay, and running again
/// goes on from them.
pub fn run(scenario: &Scenario, options: &RunOptions, report: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    run_with(scenario, options, &mut Alone, report)
}

/// The same with the help of other processes.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    scenario: &Scenario,
    options: &RunOptions,
    helpers: &mut dyn Helpers,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    if let Some(point) = scenario.points.iter().find(|point| point.protocol().is_some()) {
        return Err(RunError::Protocol { point: point.index });
    }
    let result = match first_asked(scenario) {
        Asked::Solve(_) => solve(scenario, options, report),
        Asked::Transient(_) | Asked::Converge(_) => sample(scenario, options, helpers, report),
    };
    // However it ended, nobody is left waiting.
    let ended = Interrupt::default();
    ended.set();
    while helpers.at_work() {
        helpers.serve(&ended, &mut || None, &mut |_, _, _| Ok(()))?;
        std::thread::sleep(Duration::from_millis(1));
    }
    result
}

/// Points of a scenario are asked the same thing.
fn first_asked(scenario: &Scenario) -> &Asked {
    &scenario.points[0].asked
}

/// Runs trajectories, in the folder of their parts.
fn sample(
    scenario: &Scenario,
    options: &RunOptions,
    helpers: &mut dyn Helpers,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let converges = matches!(first_asked(scenario), Asked::Converge(_));
    if converges && helpers.at_work() {
        return Err(RunError::IdleHelpers);
    }
    if !options.fresh
        && let Some(summary) = complete(scenario, options, report)?
    {
        mend_claim(&options.output, scenario, report);
        return Ok(Outcome { summary: Some(summary), already_complete: true, jumps: 0, interrupted: false });
    }
    Plan::new(&scenario.points).check_memory(options.threads)?;
    if !options.fresh {
        refuse_foreign(&options.output, scenario)?;
    }
    // What is out of reach is refused before there is a folder.
    let relaxations = if converges { relaxations(scenario, options)? } else { Vec::new() };
    let folder = open(&options.output, scenario, options.shard, options.fresh)?;
    if let Some(owner) = &folder.stale {
        report(&Event::Notice(format!("{owner} did not end well here; going on from what it left")));
    }
    if converges {
        settle(scenario, options, &relaxations, (&folder, true), report)
    } else {
        transient::run(scenario, options, (&folder, helpers), report)
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
    let folder = Folder::lock(output, None)?;
    match first_asked(&scenario) {
        Asked::Converge(_) => settle(&scenario, options, &relaxations(&scenario, options)?, (&folder, false), report),
        Asked::Transient(_) | Asked::Solve(_) => transient::merge_alone(&scenario, options, &folder, report),
    }
}
