//! The summary of a campaign: `summary.json`, one entry a point, one row a quantity.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::booked::{OfProtocol, of_protocol};
use super::row::QuantitySummary;
use super::steady_run::{Convergence, SteadyRun};
use crate::bath::Bath;
use crate::model::product::Watched;
use crate::quantity::{Column, Quantity};
use crate::scenario::{Asked, BathScale, Origin, Point, Scenario};
use crate::solve::{ExactRoad, Unsolved};
use crate::statistics::{Booked, Ensemble, Estimate, NoError, Stopped};

/// What stands in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The kind of run, and which table asks for it; empty in files of older versions.
    #[serde(default)]
    pub kind: String,
    /// The version of superjump that ran it.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// "natural" or "SI".
    pub units: String,
    /// Whether all that was asked for is in it; false after an interruption.
    pub complete: bool,
    /// How long it took.
    pub timing: Timing,
    /// Recognizes the scenario: its physics, trajectories, seeds and recorded data.
    pub fingerprint: String,
    /// What is likely not meant as it stands in the scenario, in words: frozen baths, frequencies beyond a terahertz, rates
    /// beyond the frequency, times of a tenth of a picosecond.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Where the quantities are, of a sweep of many points; only ever in the file.
    #[serde(default, skip_serializing)]
    pub(crate) quantities_in: Option<String>,
    /// The points, in the order of the sweep.
    pub points: Vec<PointSummary>,
    /// The scenario as it was run.
    pub scenario_text: String,
}

/// What a run cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Seconds from start to end, of the last process that worked at it.
    pub seconds: f64,
    /// The jumps of all points, see [`PointSummary::jumps`].
    pub jumps: u64,
    /// Threads.
    pub threads: usize,
}

/// One point of the sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointSummary {
    /// Its place, from 0.
    pub index: usize,
    /// A hash of its physics, in hexadecimal.
    pub id: String,
    /// The swept keys.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// How many qubits; 0 in files of older versions.
    #[serde(default)]
    pub qubits: i64,
    /// The baths.
    pub baths: Vec<BathSummary>,
    /// The engine.
    pub engine: String,
    /// Why this one, in words.
    #[serde(default)]
    pub engine_because: String,
    /// Trajectories.
    pub trajectories: u64,
    /// Quanta that all of them exchanged; of a steady state, jumps that the engine went through.
    pub jumps: u64,
    /// The time that the quantities are of, or null for the steady state.
    pub time: Option<f64>,
    /// Why it ended. "trajectories": all that were asked for are done; "interrupted": it has not; "exact": nothing was
    /// sampled. For a steady state "relative_error" or "absolute_error": it is known as well as was asked; "no_current":
    /// it is known beforehand to be no more than a tenth of the absolute error; "trajectories", "max_jumps" or "until":
    /// that was spent first, and `steady` tells what is missing.
    pub stopped_because: Stopped,
    /// Why there are no exact values, or null where there are.
    pub exact_missing: Option<String>,
    /// Whether that is because they were not asked for: running again with them adds them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact_left_out: bool,
    /// Quantities that have no exact value though the others have, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact_refused: Vec<String>,
    /// Estimates that have no standard error, by the reason why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std_error_missing: Vec<String>,
    /// What the qubits are in the steady state, in words: an engine, a refrigerator, an accelerator or a heater, by the
    /// signs of work and heat, where a modulation does work: of the estimates, or where those do not tell, of the exact
    /// values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// How the steady state was reached, and whether, where trajectories were run to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady: Option<Convergence>,
    /// What is to be known of the quantities of a protocol: which have no value, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The quantities.
    #[serde(default)]
    pub quantities: Vec<QuantitySummary>,
}

/// A bath as the qubits (the first group of them) see it: rates in the scenario's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BathSummary {
    /// Its name.
    pub name: String,
    /// "collective" or "local".
    pub coupling: String,
    /// Emission.
    pub down: f64,
    /// Absorption.
    pub up: f64,
    /// Dephasing.
    pub dephasing: f64,
    /// The temperature, or null for a bath that was given its rates.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// The energy of what it exchanges, as a frequency, where that is no quantum of the qubits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantum: Option<f64>,
    /// `hbar omega/(k_B T)` of a quantum, from the ratio of the rates where there is no temperature. Null at T = 0, where it is
    /// infinite, and where a bath only dephases or absorbs more than it emits.
    #[serde(default)]
    pub energy_over_temperature: Option<f64>,
    /// The occupation n; null where a bath only dephases or absorbs more than it emits.
    #[serde(default)]
    pub occupation: Option<f64>,
}

impl BathSummary {
    fn new(bath: &Bath, scale: BathScale) -> Self {
        let coupling = bath.coupling.name().to_owned();
        let Bath { name, down, up, dephasing, .. } = bath.clone();
        let BathScale { quantum, temperature, energy_over_temperature, occupation } = scale;
        let energy_over_temperature = energy_over_temperature.filter(|x| x.is_finite());
        BathSummary { name, coupling, down, up, dephasing, temperature, quantum, energy_over_temperature, occupation }
    }
}

impl PointSummary {
    /// The summary of a point's trajectories, at the last time of its grid.
    pub(crate) fn sampled(
        point: &Point,
        (ensemble, booked): (&Ensemble, Option<&Booked>),
        road: &ExactRoad,
        stopped_because: Stopped,
    ) -> Self {
        let units = point.units();
        let times = point.times();
        let last = times.len() - 1;
        let mut quantities = Vec::new();
        let OfProtocol { quantities: of_protocol, machine, notes } = point
            .protocol()
            .zip(booked)
            .map(|(protocol, booked)| of_protocol(point, protocol, Some((booked, ensemble)), road.protocol()))
            .unwrap_or_default();
        // What is booked is that of the whole protocol.
        let on_grid = |column: &Column| !column.quantity.is_booked();
        for (index, column) in point.columns().iter().enumerate().filter(|(_, column)| on_grid(column)) {
            let Some(estimate) = ensemble.on_grid(last, index) else { continue };
            let bath = column.bath.map(|bath| point.baths()[bath].name.as_str());
            let (name, unit) = (point.called(*column).to_owned(), column.quantity.unit(units));
            let scale = ensemble.resolutions().columns[index].scale;
            quantities.push(QuantitySummary::sampled(name, bath, estimate, (road.on_grid(last, index), scale), unit));
        }
        quantities.extend(highest(point, |sample, column| Cell {
            estimate: ensemble.on_grid(sample, column),
            exact: road.on_grid(sample, column),
        }));
        let burst = [
            (Quantity::PeakTime, ensemble.peak_time(), road.peak_time()),
            (Quantity::PeakIntensity, ensemble.peak_intensity(), road.peak_intensity()),
        ];
        let width = (Quantity::BurstWidth, ensemble.burst_width(), road.burst_width(point.number()));
        for (quantity, estimate, exact) in burst.into_iter().chain([width]).filter(|_| point.emits()) {
            let Some(estimate) = estimate else { continue };
            let (name, unit) = (quantity.name().to_owned(), quantity.unit(units));
            quantities.push(QuantitySummary::sampled(name, None, estimate, (exact, 0.0), unit));
        }
        for (photon, estimate) in ensemble.photon_times().enumerate() {
            let name = format!("{}_{}", Quantity::PhotonTime.name(), photon + 1);
            let unit = Quantity::PhotonTime.unit(units);
            let exact = (road.photon_time(photon), 0.0);
            quantities.push(QuantitySummary::sampled(name, None, estimate, exact, unit));
        }
        quantities.splice(0..0, of_protocol);
        let cuts = cuts(point, |column, _| largest_weight(ensemble, road, times.len(), column));
        PointSummary {
            machine,
            notes: notes.into_iter().chain(cuts).collect(),
            std_error_missing: without_error(point, ensemble),
            trajectories: ensemble.trajectories(),
            jumps: ensemble.jumps,
            exact_missing: road.missing().map(Unsolved::to_string),
            exact_left_out: road.missing() == Some(&Unsolved::LeftOut),
            time: Some(times[last]),
            engine_because: point.engine.because.clone(),
            ..PointSummary::of(point, point.engine.engine.name(), stopped_because, quantities)
        }
    }

    /// The summary of a point that was run to its steady state.
    pub(crate) fn settled(
        point: &Point,
        run: SteadyRun,
        unsolved: Option<&Unsolved>,
        quantities: Vec<QuantitySummary>,
    ) -> Self {
        PointSummary {
            trajectories: run.trajectories,
            jumps: run.jumps,
            exact_missing: unsolved.map(Unsolved::to_string),
            exact_left_out: unsolved == Some(&Unsolved::LeftOut),
            engine_because: point.engine.because.clone(),
            steady: Some(run.convergence),
            ..PointSummary::of(point, point.engine.engine.name(), run.stopped_because, quantities)
        }
    }

    /// The summary of a point that was solved; `time` is `None` for the steady state.
    pub(crate) fn solved(point: &Point, time: Option<f64>, quantities: Vec<QuantitySummary>) -> Self {
        PointSummary { time, ..PointSummary::of(point, "exact", Stopped::Exact, quantities) }
    }

    fn of(point: &Point, engine: &str, stopped_because: Stopped, quantities: Vec<QuantitySummary>) -> Self {
        PointSummary {
            index: point.index,
            id: format!("{:016x}", point.id),
            parameters: point.parameters.iter().cloned().collect(),
            qubits: point.number(),
            baths: point.baths().iter().zip(point.bath_scales()).map(|(b, scale)| BathSummary::new(b, scale)).collect(),
            engine: engine.to_owned(),
            engine_because: String::new(),
            trajectories: 0,
            jumps: 0,
            time: None,
            stopped_because,
            exact_missing: None,
            exact_left_out: false,
            exact_refused: Vec::new(),
            std_error_missing: Vec::new(),
            machine: None,
            steady: None,
            notes: Vec::new(),
            quantities,
        }
    }
}

/// A value of the grid: by trajectories, and exact, as far as there is one.
#[derive(Clone, Copy)]
struct Cell {
    estimate: Option<Estimate>,
    exact: Option<f64>,
}

/// The highest exact mean intensities of a point, where they stand out.
pub(crate) fn highest_exact(point: &Point, road: &ExactRoad) -> Vec<QuantitySummary> {
    highest(point, |sample, column| Cell { estimate: None, exact: road.on_grid(sample, column) })
}

/// The highest mean intensity into each bath and its time, where it stands out between the ends of the grid: by five
/// standard errors, or where there are only exact values, by one per cent. An estimate has the error of the mean at its time, but no z, as the highest of
/// many is no estimate of the exact one without bias.
fn highest(point: &Point, cell: impl Fn(usize, usize) -> Cell) -> Vec<QuantitySummary> {
    let times = point.times();
    let mut found = Vec::new();
    for (index, column) in
        point.columns().iter().enumerate().filter(|(_, column)| column.quantity == Quantity::Intensity)
    {
        let cells: Vec<Cell> = (0..times.len()).map(|sample| cell(sample, index)).collect();
        let top = |value: &dyn Fn(&Cell) -> Option<f64>| {
            let values = cells.iter().enumerate().filter_map(|(sample, cell)| Some((sample, value(cell)?)));
            values.reduce(|best, next| if next.1 > best.1 { next } else { best })
        };
        let estimate = top(&|cell| cell.estimate.map(|estimate| estimate.mean));
        let exact = top(&|cell| cell.exact);
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        // Whether exact values are there changes nothing of what is estimated.
        let stands_out = match (estimate, exact) {
            (Some((sample, _)), _) => [first, last].iter().all(|end| {
                let (Some(end), Some(top)) = (end.estimate, cells[sample].estimate) else { return false };
                // At the end of a burst nothing happens any more, and nothing is spread.
                let error = top.std_error.map(|error| error.hypot(end.std_error.unwrap_or(0.0)));
                error.is_some_and(|error| top.mean > end.mean + 5.0 * error)
            }),
            (None, Some((_, top))) => [first, last].iter().all(|end| end.exact.is_some_and(|end| top > 1.01 * end)),
            (None, None) => false,
        };
        if !stands_out {
            continue;
        }
        let bath = column.bath.map(|bath| point.baths()[bath].name.clone());
        let mut push = |quantity: Quantity, estimate: Option<Estimate>, exact: Option<f64>| {
            found.push(QuantitySummary {
                quantity: quantity.name().to_owned(),
                bath: bath.clone(),
                estimate: estimate.map(|estimate| estimate.mean),
                std_error: estimate.and_then(|estimate| estimate.std_error),
                exact,
                z: None,
                unit: quantity.unit(point.units()).to_owned(),
            });
        };
        let of_height = estimate.and_then(|(sample, _)| cells[sample].estimate);
        push(Quantity::HighestIntensity, of_height, exact.map(|(_, top)| top));
        // A time of the grid has no spread to tell its error by.
        let of_time = estimate.map(|(sample, _)| Estimate { mean: times[sample], std_error: None });
        push(Quantity::HighestIntensityTime, of_time, exact.map(|(sample, _)| times[sample]));
    }
    found
}

/// The weight of the highest number of quanta of a mode from which on its cut is told of.
const NOTED: f64 = 1e-6;

/// Modes whose cut may have changed the results, from the largest `weight` of their highest numbers.
pub fn cuts(point: &Point, weight: impl Fn(usize, Column) -> Option<f64>) -> Vec<String> {
    let Some(ensembles) = point.ensembles() else { return Vec::new() };
    let note = |(index, column): (usize, &Column)| {
        let observable = &ensembles.looked_at()[column.observable?];
        let Watched::Top(factor) = observable.watched else { return None };
        let most = weight(index, *column)?;
        let name = &ensembles.product().factors()[factor].name;
        let levels = ensembles.start().levels()[factor];
        (most > NOTED).then(|| {
            format!(
                "the highest of the {levels} levels of mode {name} has a weight of up to {most:.1e}: the cut may have changed \
                 the results, and more `levels` would tell"
            )
        })
    };
    point.columns().iter().enumerate().filter_map(note).collect()
}

/// The largest weight on the grid, the exact one where there is one: estimates of what is rare are off by more than they
/// tell.
fn largest_weight(ensemble: &Ensemble, road: &ExactRoad, samples: usize, column: usize) -> Option<f64> {
    let exact = (0..samples).filter_map(|sample| road.on_grid(sample, column));
    let estimates = (0..samples).filter_map(|sample| Some(ensemble.on_grid(sample, column)?.mean));
    exact.reduce(f64::max).or_else(|| estimates.reduce(f64::max))
}

/// The estimates at the last time that have no standard error, those of one reason together.
fn without_error(point: &Point, ensemble: &Ensemble) -> Vec<String> {
    let last = point.times().len() - 1;
    let mut reasons: Vec<(NoError, Vec<String>)> = Vec::new();
    let mut add = |reason: Option<NoError>, name: String| {
        let Some(reason) = reason else { return };
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    };
    for (index, column) in point.columns().iter().enumerate() {
        let bath = column.bath.map_or_else(String::new, |bath| format!(" ({})", point.baths()[bath].name));
        add(ensemble.no_error(last, index), format!("{}{bath}", point.called(*column)));
    }
    if point.emits() {
        add(ensemble.no_error_of_peak(), Quantity::PeakIntensity.name().to_owned());
    }
    reasons.into_iter().map(|(reason, names)| format!("{}: {reason}", names.join(", "))).collect()
}

/// The names of the quantities that a summary of this scenario may have.
#[must_use]
pub fn quantity_names(scenario: &Scenario) -> Vec<String> {
    let point = &scenario.points[0];
    // What one point lacks another may have.
    let all: Vec<(&Point, Column)> = scenario
        .points
        .iter()
        .flat_map(|point| point.columns().into_iter().map(move |column| (point, column)))
        .collect();
    let mut quantities: Vec<Quantity> = all.iter().map(|(_, column)| column).map(|column| column.quantity).collect();
    quantities.retain(|quantity| *quantity != Quantity::Observable);
    if point.protocol().is_some() {
        quantities.extend([
            Quantity::Quanta,
            Quantity::Power,
            Quantity::Efficiency,
            Quantity::CoefficientOfPerformance,
            Quantity::WorkVariance,
            Quantity::Reliability,
            Quantity::HeatVariance,
            Quantity::WorkHeatCovariance,
            Quantity::HeatCovariance,
            Quantity::UncertaintyRatio,
            Quantity::PeriodicUncertaintyRatio,
            Quantity::ExponentialWork,
            Quantity::EntropyProduction,
            Quantity::ExponentialEntropy,
        ]);
    }
    match point.asked {
        Asked::Transient(_) => {
            quantities.extend([Quantity::HighestIntensity, Quantity::HighestIntensityTime]);
            quantities.extend([Quantity::PeakTime, Quantity::PeakIntensity]);
            quantities.extend((point.recording.photons > 0).then_some(Quantity::BurstWidth));
        }
        Asked::Converge(_) | Asked::Solve(_) => quantities.extend([
            Quantity::HeatCurrentBalance,
            Quantity::HeatCurrentControlled,
            Quantity::Jx,
            Quantity::Jy,
            Quantity::Noise,
            Quantity::Fano,
            Quantity::EntropyProduction,
            Quantity::Efficiency,
            Quantity::CoefficientOfPerformance,
            Quantity::EffectiveTemperature,
            Quantity::HeatCurrentIndependent,
            Quantity::HeatCurrentSymmetric,
            Quantity::HeatCurrentLimit,
        ]),
    }
    // A quantity of every bath is named once.
    let mut seen = HashSet::new();
    quantities.retain(|quantity| seen.insert(quantity.name()));
    let mut names: Vec<String> = quantities.iter().map(|quantity| quantity.name().to_owned()).collect();
    let photon = |photon: usize| format!("{}_{}", Quantity::PhotonTime.name(), photon + 1);
    names.extend((0..point.recording.photons).map(photon));
    let observables = all.iter().filter(|(_, column)| column.observable.is_some());
    for name in observables.map(|(point, column)| point.called(*column)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Summary {
    pub(crate) fn new(scenario: &Scenario, timing: Timing, points: Vec<PointSummary>) -> Self {
        Summary {
            scenario: scenario.name.clone(),
            title: scenario.title.clone(),
            kind: scenario.kind(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: scenario.seed(),
            units: scenario.points.first().map_or("natural", |point| point.units().name()).to_owned(),
            complete: true,
            timing,
            fingerprint: scenario.fingerprint(),
            warnings: scenario.warnings(),
            quantities_in: None,
            points,
            scenario_text: scenario.text.clone(),
        }
    }

    /// Whether it is what this version makes of a scenario.
    pub(crate) fn is_of(&self, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint && self.version == env!("CARGO_PKG_VERSION")
    }

    /// In what the scenario of this summary differs from another, in words.
    pub(crate) fn difference(&self, other: &Scenario) -> String {
        let Summary { version, scenario: name, seed, scenario_text: text, .. } = self;
        Origin { version, name, seed: *seed, text }.difference(other)
    }
}
