//! `superjump check`: validate a scenario, and say what a run would do and cost.

use clap::Args;
use superjump::campaign::{Cost, Forecast, RunError, forecast, solvable};
use superjump::lindblad::Effort;
use superjump::plan::Plan;
use superjump::scenario::{Asked, Point, Purpose, Scenario, ScenarioError};
use superjump::solve::ExactRoad;
use superjump::trajectory::Interrupt;
use superjump::units::Units;

use super::{ScenarioArguments, ensembles, protocol, table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump check scenarios/heat_valve.toml --set qubits.number=100")]
pub struct CheckArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
}

/// The engines of a sweep, each with its points, in the order in which they come.
fn engines(points: &[Point]) -> Vec<(&'static str, Vec<&Point>)> {
    let mut engines: Vec<(&'static str, Vec<&Point>)> = Vec::new();
    for point in points {
        let name = point.engine.engine.name();
        match engines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, of)) => of.push(point),
            None => engines.push((name, vec![point])),
        }
    }
    engines
}

/// The baths as the qubits see them.
fn describe_baths(points: &[Point]) -> anyhow::Result<()> {
    let first = &points[0];
    let units = first.units();
    let differ = points.iter().any(|point| !point.baths().eq(first.baths()));
    let at = if differ { " at point 0" } else { "" };
    for (bath, scale) in first.baths().iter().zip(first.bath_scales()) {
        let rates = [("down", bath.down), ("up", bath.up), ("dephasing", bath.dephasing)];
        let rates: Vec<String> = rates
            .iter()
            .filter(|(_, rate)| *rate > 0.0)
            .map(|(name, rate)| format!("{name} {}", superjump::report::number(*rate)))
            .collect();
        let coupling = bath.coupling.name();
        say!("  bath           {} ({coupling}): {} {}{at}", bath.name, rates.join(", "), units.rate())?;
        let [t, quantum, x, n] = table::scale(&scale);
        let unit = scale.temperature.map_or(String::new(), |_| format!(" {}", units.temperature()));
        let own = scale.quantum.map_or(String::new(), |_| format!("{} = {quantum}, ", table::quantum(units)));
        say!("                 T = {t}{unit}, {own}{} = {x}, n = {n}", table::ratio(scale.quantum.is_some()))?;
    }
    Ok(())
}

/// The baths as they stay, or what a protocol makes of them; ensembles and modes with theirs.
fn describe_baths_or_protocol(points: &[Point]) -> anyhow::Result<()> {
    if let Some(ensembles) = points[0].ensembles() {
        if points.iter().any(|point| point.groups != points[0].groups) {
            say!("  At point 0:")?;
        }
        return ensembles::describe(&points[0], ensembles);
    }
    let Some(protocol) = points[0].protocol() else { return describe_baths(points) };
    if points.iter().any(|point| point.protocol() != Some(protocol)) {
        say!("  At point 0:")?;
    }
    protocol::describe(&points[0], protocol)
}

fn describe(scenario: &Scenario, threads: usize) -> anyhow::Result<()> {
    let points = &scenario.points;
    let first = &points[0];
    let units = first.units();
    say!("{} is valid.", scenario.name)?;
    say!("  {}", scenario.title)?;
    say!("  kind           {}", scenario.kind())?;
    say!("  points         {}", points.len())?;
    for (engine, points) in &engines(points) {
        let of = if points.len() == scenario.points.len() {
            String::new()
        } else {
            format!(" at {}", table::places(points.iter().map(|point| point.index)))
        };
        say!("  engine         {engine}{of}: {}", points[0].engine.because)?;
    }
    describe_baths_or_protocol(points)?;
    if matches!(first.asked, Asked::Converge(_)) {
        return describe_steady(points, units);
    }
    let until = first.until();
    say!("  time           to {}, {} samples", table::time(until, units), first.times().len())?;

    let plan = Plan::new(&scenario.points);
    say!(
        "  trajectories   {} in {} parts on disk, which a run that is cut short goes on from",
        plan.trajectories(),
        plan.parts()
    )?;
    let Cost { jumps, bounded, seconds } = Cost::of(points, threads);
    let on = table::plural(threads as u64, "thread");
    say!("  jumps          {} {}", if bounded { "up to" } else { "about" }, table::count(jumps))?;
    match seconds {
        Some(seconds) => say!("  duration       about {} on {on}", table::duration(seconds))?,
        None => say!("  duration       not known: no part of a trajectory that was tried came to its end in time")?,
    }
    say!("  memory         about {:.0} MB", (plan.memory(threads) / 1e6).max(1.0))?;
    let missing: Vec<_> =
        points.iter().filter_map(|point| ExactRoad::affordable(point, Effort::Beside).err()).collect();
    match missing.first() {
        None => say!("  exact          beside every estimate")?,
        Some(why) => say!("  exact          not for {} of {} points: {why}", missing.len(), points.len())?,
    }
    Ok(())
}

/// What a run to the steady state begins with: how it goes on is for the data to tell.
fn describe_steady(points: &[Point], units: Units) -> anyhow::Result<()> {
    let width = points.iter().map(|point| point.engine.engine.name().len()).max().unwrap_or(0);
    let stride = Cost::stride(points);
    if stride > 1 {
        say!("  of {} points, one in {stride}:", points.len())?;
    }
    let stop = Interrupt::default().after(Cost::TIME);
    for point in points.iter().step_by(stride) {
        let Some(forecast) = forecast(point, &stop)? else {
            let engine = point.engine.engine.name();
            say!(
                "  point {:<8} {engine:<width$} its relaxation takes longer to be solved for than is waited here",
                point.index
            )?;
            continue;
        };
        let Forecast { relaxation_time, relaxation_from, duration, trajectories, jumps_bound } = forecast;
        let from = format!("{relaxation_from:?}").to_lowercase();
        say!(
            "  point {:<8} {:<width$} relaxes in {} ({from}); first {trajectories} trajectories of {}, up to {} jumps",
            point.index,
            point.engine.engine.name(),
            table::time(relaxation_time, units),
            table::time(duration, units),
            table::count(jumps_bound),
        )?;
    }
    Ok(())
}

/// What the exact road would do, for a scenario without trajectories.
fn describe_exact(scenario: &Scenario, not_run: &ScenarioError) -> anyhow::Result<()> {
    say!("{} is valid for `superjump exact`, and not for `superjump run`.", scenario.name)?;
    say!("  {}", scenario.title)?;
    say!("  kind           {}", scenario.kind())?;
    for (title, allowed) in not_run.all() {
        say!("  run            not: {title} ({allowed})")?;
    }
    say!("  points         {}", scenario.points.len())?;
    describe_baths_or_protocol(&scenario.points)?;
    if scenario.points[0].protocol().is_some() {
        return Ok(());
    }
    solvable(&scenario.points)?;
    say!("  exact          every point is small enough")?;
    Ok(())
}

pub fn check(arguments: &CheckArguments) -> anyhow::Result<()> {
    let scenario = match arguments.scenario.read(Purpose::Trajectories) {
        Ok(scenario) => scenario,
        // A scenario without trajectories is not wrong; one that asks for them, or is wrong for both, is.
        Err(error) => {
            let exact = arguments.scenario.read(Purpose::Exact);
            let asks = |point: &Point| matches!(&point.asked, Asked::Solve(solve) if solve.trajectories.is_some());
            let alone = exact.ok().filter(|exact| !exact.points.iter().any(asks));
            let Some(scenario) = alone else { return Err(error.into()) };
            super::warn(&scenario);
            return describe_exact(&scenario, &error);
        }
    };
    super::warn(&scenario);
    let threads = arguments.scenario.threads();
    Plan::new(&scenario.points).check_memory(threads).map_err(RunError::from)?;
    describe(&scenario, threads)
}
