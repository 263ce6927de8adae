//! `superjump check`: validate a scenario, and say what a run would do and cost.

use std::time::{Duration, Instant};

use clap::Args;
use superjump::campaign::{Forecast, RunError, forecast, simulator, solvable};
use superjump::lindblad::Effort;
use superjump::plan::Plan;
use superjump::scenario::{Asked, Point, Purpose, Scenario, ScenarioError};
use superjump::solve::ExactRoad;
use superjump::trajectory::Interrupt;
use superjump::units::Units;

use super::{ScenarioArguments, protocol, table};

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

/// Runs of neighbours among the points that are listed.
const MOST_RUNS: usize = 8;

/// Their numbers, neighbours in one: `points 0, 4, 8 to 11`.
fn places(points: &[&Point]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for point in points {
        match runs.last_mut().filter(|(_, last)| *last + 1 == point.index) {
            Some((_, last)) => *last = point.index,
            None => runs.push((point.index, point.index)),
        }
    }
    let word = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    let listed = runs.iter().take(MOST_RUNS);
    let left = points.len() - listed.clone().map(|(first, last)| last - first + 1).sum::<usize>();
    let left = if left > 0 { format!(" and {left} more") } else { String::new() };
    let words: Vec<String> = listed.map(word).collect();
    format!("{} {}{left}", if points.len() == 1 { "point" } else { "points" }, words.join(", "))
}

/// What a trajectory of a point costs.
#[derive(Clone, Copy)]
struct Pilot {
    /// As far as any were seen.
    jumps: Option<f64>,
    seconds: f64,
}

/// Tries trajectories of a point out. Of long ones, ever longer first parts are tried until the time is up, which ends the
/// one in hand; `None` where not even a short part comes to its end.
fn pilot(point: &Point, time: Duration) -> Option<Pilot> {
    let begun = Instant::now();
    let mut halvings = (point.work_bound() / LONG).log2().ceil().clamp(0.0, 2000.0) as i32;
    let mut longest: Option<Pilot> = None;
    while begun.elapsed() < time {
        let left = if longest.is_some() { time.saturating_sub(begun.elapsed()) } else { time / 2 };
        match (first_part(point, halvings, left), longest) {
            (Some(whole), _) if halvings == 0 => return Some(whole),
            (Some(part), _) => (longest, halvings) = (Some(part), halvings - 1),
            (None, Some(_)) => break,
            (None, None) => halvings += SHORTER,
        }
    }
    longest
}

/// What a trajectory costs by its first part, so many times halved: up to a hundred of them, as far as there is time.
fn first_part(point: &Point, halvings: i32, time: Duration) -> Option<Pilot> {
    // A protocol is gone through to its end.
    let halvings = if point.protocol().is_some() { 0 } else { halvings };
    let until = point.until() * 0.5_f64.powi(halvings / 2) * 0.5_f64.powi(halvings - halvings / 2);
    let part = if halvings > 0 { &point.at(vec![until]) } else { point };
    let (started, stop) = (Instant::now(), Interrupt::default().after(time));
    let mut simulator = simulator(part, &stop);
    let (mut jumps, mut done, mut spent) = (0, 0.0, Duration::ZERO);
    while done < 100.0
        && let Some(path) = simulator.trajectory(done as u64)
    {
        jumps += path.trace.exchanged.quanta();
        (done, spent) = (done + 1.0, started.elapsed());
    }
    let of_whole = 2.0_f64.powi(halvings) / done;
    // A part without a jump says nothing of those of the whole.
    let jumps = Some(jumps as f64 * of_whole).filter(|_| jumps > 0 || halvings == 0);
    (done > 0.0).then_some(Pilot { jumps, seconds: spent.as_secs_f64() * of_whole })
}

/// The work of the first part of a trajectory that is tried out, at most, in jumps of the populations engine.
const LONG: f64 = 1e5;
/// By how many halvings a part is shorter that is tried where another did not come to its end.
const SHORTER: i32 = 8;
/// The time for all pilots, and for one.
const TIME: Duration = Duration::from_secs(1);
const EACH: Duration = Duration::from_millis(100);

/// Points that are tried out: more are scaled from these, spread evenly over the sweep.
const MOST_PILOTS: usize = 20;

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
        let [t, x, n] = table::scale(&scale);
        let unit = scale.temperature.map_or(String::new(), |_| format!(" {}", units.temperature()));
        say!("                 T = {t}{unit}, {} = {x}, n = {n}", table::RATIO)?;
    }
    Ok(())
}

/// The baths as they stay, or what a protocol makes of them.
fn describe_baths_or_protocol(points: &[Point]) -> anyhow::Result<()> {
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
        let of = if points.len() == scenario.points.len() { String::new() } else { format!(" at {}", places(points)) };
        say!("  engine         {engine}{of}: {}", points[0].engine.because)?;
    }
    describe_baths_or_protocol(points)?;
    if first.protocol().is_some() {
        say!("  cost           not estimated: neither `run` nor `exact` go through a [protocol] yet")?;
        return Ok(());
    }
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
    let stride = points.len().div_ceil(MOST_PILOTS);
    let time = EACH.min(TIME / points.len().div_ceil(stride) as u32);
    let (mut jumps, mut bounded, mut seconds) = (0.0, false, Some(0.0));
    for point in points.iter().step_by(stride) {
        let pilot = pilot(point, time);
        let trajectories = point.trajectories() as f64 * stride as f64;
        let seen = pilot.and_then(|pilot| pilot.jumps);
        bounded |= seen.is_none();
        jumps += seen.unwrap_or_else(|| point.jumps_bound()) * trajectories;
        let spent = pilot.map(|pilot| pilot.seconds * trajectories / threads as f64);
        seconds = seconds.zip(spent).map(|(sum, spent)| sum + spent);
    }
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
    let stride = points.len().div_ceil(MOST_PILOTS);
    if stride > 1 {
        say!("  of {} points, one in {stride}:", points.len())?;
    }
    let stop = Interrupt::default().after(TIME);
    for point in points.iter().step_by(stride) {
        let Some(forecast) = forecast(point, &stop) else {
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
