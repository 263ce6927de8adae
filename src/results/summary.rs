//! The summary of a campaign: `summary.json`, one entry a point, one row a quantity.

use serde::{Deserialize, Serialize};

use super::booked::{OfWork, of_protocol};
use super::correlations::Correlated;
use super::cuts::Cuts;
use super::flowing::of_flows;
use super::highest::highest_sampled;
use super::rare::Rare;
use super::row::QuantitySummary;
use super::steady_run::{Convergence, SteadyRun};
use crate::bath::Bath;
use crate::quantity::{Column, Quantity};
use crate::scenario::{BathScale, Origin, Point, Scenario};
use crate::solve::{ExactRoad, Unsolved};
use crate::statistics::{Booked, Ensemble, Grouped, NoError, Reweighted, Stopped};

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
    fn new(bath: &Bath, coupling: &str, scale: BathScale) -> Self {
        let coupling = coupling.to_owned();
        let Bath { name, down, up, dephasing, .. } = bath.clone();
        let BathScale { quantum, temperature, energy_over_temperature, occupation } = scale;
        let energy_over_temperature = energy_over_temperature.filter(|x| x.is_finite());
        BathSummary { name, coupling, down, up, dephasing, temperature, quantum, energy_over_temperature, occupation }
    }
}

/// The baths of a point, and how they couple: what acts through the modes of a matrix has no pattern.
fn baths(point: &Point) -> Vec<BathSummary> {
    let of_modes = |place: usize| point.ensembles().is_some_and(|all| all.product().baths()[place].of_matrix);
    let coupling = |(place, bath): (usize, &Bath)| if of_modes(place) { "modes" } else { bath.coupling.name() };
    let couplings = point.baths().iter().enumerate().map(coupling);
    let all = point.baths().iter().zip(couplings).zip(point.bath_scales());
    all.map(|((bath, coupling), scale)| BathSummary::new(bath, coupling, scale)).collect()
}

/// What trajectories of a point come to.
pub(crate) struct Sampled<'a> {
    pub ensemble: &'a Ensemble,
    /// Under a protocol.
    pub booked: Option<&'a Booked>,
    /// Where a modulation does work.
    pub flows: Option<&'a Grouped>,
    /// Under a condition.
    pub reweighted: Option<&'a Reweighted>,
}

impl PointSummary {
    /// The summary of a point's trajectories, at the last time of its grid.
    pub(crate) fn sampled(
        point: &Point,
        &Sampled { ensemble, booked, flows, reweighted }: &Sampled,
        road: &ExactRoad,
        stopped_because: Stopped,
    ) -> Self {
        let units = point.units();
        let times = point.times();
        let last = times.len() - 1;
        let mut quantities = Vec::new();
        let OfWork { quantities: of_work, machine, notes } = match (point.protocol(), booked) {
            (Some(protocol), Some(booked)) => of_protocol(point, protocol, Some((booked, ensemble)), road.protocol()),
            _ => of_flows(point, flows.map(|flows| (flows, ensemble)), |column| road.on_grid(last, column)),
        };
        // What is booked is that of the whole protocol.
        let cuts = Cuts::of_transient(point, Some(ensemble), road);
        let booked = |column: &Column| column.quantity.is_booked() && point.protocol().is_some();
        let on_grid = |column: &Column| !booked(column) && cuts.leave(column.quantity, column.bath);
        for (index, column) in point.columns().iter().enumerate().filter(|(_, column)| on_grid(column)) {
            let Some(estimate) = ensemble.on_grid(last, index) else { continue };
            let bath = column.bath.map(|bath| point.baths()[bath].name.as_str());
            let (name, unit) = (point.called(*column).to_owned(), column.quantity.unit(units));
            let scale = ensemble.resolutions().columns[index].scale;
            quantities.push(QuantitySummary::sampled(name, bath, estimate, (road.on_grid(last, index), scale), unit));
        }
        quantities.extend(highest_sampled(point, ensemble, road));
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
        let rare = point.conditions().map(|given| Rare { point, given, reweighted, law: road.law() }.summary());
        let (of_rare, why) = rare.unwrap_or_default();
        quantities.extend(of_rare);
        quantities.splice(0..0, of_work);
        PointSummary {
            machine,
            notes: notes.into_iter().chain(cuts.notes).chain(why).collect(),
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

    /// The same with a note where correlations were asked for, and not sampled.
    pub(crate) fn with_correlations_unsampled(mut self, point: &Point, sampled: bool) -> Self {
        let asked = point.ensembles().map_or(&[][..], |ensembles| ensembles.correlations());
        let names: Vec<&str> = asked.iter().map(|correlation| correlation.name.as_str()).collect();
        if !names.is_empty() && !sampled {
            let names = names.join(", ");
            self.notes.push(format!(
                "{names}: exact alone, as the cut of a mode grows, and pairs of states are followed at one that stays (`levels = 20`)"
            ));
        }
        self
    }

    /// The same with what there is to say of correlations.
    pub(crate) fn correlated(mut self, correlated: Correlated) -> Self {
        self.quantities.extend(correlated.quantities());
        self.exact_refused.extend(correlated.refused());
        self.notes.extend(correlated.unheard());
        self
    }

    fn of(point: &Point, engine: &str, stopped_because: Stopped, quantities: Vec<QuantitySummary>) -> Self {
        PointSummary {
            index: point.index,
            id: format!("{:016x}", point.id),
            parameters: point.parameters.iter().cloned().collect(),
            qubits: point.number(),
            baths: baths(point),
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
