//! What a folder of results holds, as far as it is drawn.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::protocol::Protocol;
use crate::quantity::Quantity as KnownQuantity;
use crate::table::Table;
use crate::units::Units;

/// A name that many rows share.
pub type Word = Arc<str>;

fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    String::deserialize(from).map(Word::from)
}

fn optional_word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Word::from))
}

/// `summary.json`, as far as it is needed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ReadSummary {
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The kind of run, and which table asks for it.
    pub kind: String,
    /// The version that ran it.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// "natural" or "SI".
    pub units: String,
    /// How long it took.
    pub timing: Timing,
    /// What is likely not meant as it stands in the scenario.
    pub warnings: Vec<String>,
    /// The table of the quantities, where a sweep has too many points for them to stand here.
    pub quantities_in: Option<String>,
    /// The points of the sweep.
    pub points: Vec<Point>,
    /// The scenario as it was run.
    pub scenario_text: String,
}

/// What a run cost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// Seconds.
    pub seconds: f64,
    /// Quantum jumps.
    pub jumps: u64,
    /// Threads.
    pub threads: usize,
}

/// A point of the sweep.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Point {
    /// Its place.
    pub index: usize,
    /// The swept keys with their values.
    pub parameters: Map<String, Value>,
    /// How many qubits; none in files of older versions.
    pub qubits: Option<f64>,
    /// Its baths.
    pub baths: Vec<Bath>,
    /// What its qubits are, in words, where a modulation does work.
    pub machine: Option<String>,
    /// The engine.
    pub engine: String,
    /// Trajectories.
    pub trajectories: u64,
    /// The time its quantities are of; null in the steady state.
    pub time: Option<f64>,
    /// Why it ended.
    pub stopped_because: String,
    /// Why there are no exact values.
    pub exact_missing: Option<String>,
    /// Exact values that there are not, each with its reason.
    pub exact_refused: Vec<String>,
    /// Estimates without a standard error, by the reason why.
    pub std_error_missing: Vec<String>,
    /// What has no value under a protocol, and why; and what has to be known of what has.
    pub notes: Vec<String>,
    /// How a steady state was reached.
    pub steady: Option<Steady>,
    /// Its quantities.
    pub quantities: Vec<Quantity>,
}

/// What a run to a steady state has to say of itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Steady {
    /// What is missing where it was not reached.
    pub missing: Vec<String>,
    /// What was refused of the noise, and why.
    pub refused: Vec<String>,
}

/// A bath, by its rates at the qubits' frequency.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Bath {
    /// Its name.
    pub name: String,
    /// "collective" or "local".
    pub coupling: String,
    /// The rate of emission.
    pub down: f64,
    /// The rate of absorption.
    pub up: f64,
    /// The rate of dephasing.
    pub dephasing: f64,
    /// The temperature.
    pub temperature: Option<f64>,
    /// `hbar omega_0/(k_B T)`.
    pub energy_over_temperature: Option<f64>,
    /// The energy of what it exchanges, where that is no quantum of the qubits.
    pub quantum: Option<f64>,
    /// The occupation.
    pub occupation: Option<f64>,
}

/// A quantity of a point.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Quantity {
    /// Its name.
    #[serde(deserialize_with = "word")]
    pub quantity: Word,
    /// Its bath.
    #[serde(deserialize_with = "optional_word")]
    pub bath: Option<Word>,
    /// The estimate.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// The exact value.
    pub exact: Option<f64>,
    /// The distance of the two in standard errors.
    pub z: Option<f64>,
    /// The unit.
    #[serde(deserialize_with = "word")]
    pub unit: Word,
}

/// A curve of a table: one quantity of one point along its argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The point.
    pub point: usize,
    /// The quantity or statistic.
    pub quantity: String,
    /// The bath, or ""; two of them, joined, for a covariance.
    pub bath: String,
    /// The unit, where the table says it.
    pub unit: String,
    /// (argument, estimate, standard error, exact value), NaN where there is none.
    pub rows: Vec<[f64; 4]>,
}

/// Everything that is there.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The summary, or an empty one.
    pub summary: ReadSummary,
    /// Averages in time.
    pub series: Vec<Curve>,
    /// Counting statistics.
    pub noise: Vec<Curve>,
    /// Correlations at two times and their spectra; in place of a bath the part, "real" or "imaginary", of values.
    pub correlations: Vec<Curve>,
    /// What is booked in each cycle of a protocol.
    pub cycles: Vec<Curve>,
    /// What is booked in each segment, over all cycles.
    pub segments: Vec<Curve>,
    /// Averages over all cycles, by phase.
    pub folded: Vec<Curve>,
    /// The protocols of the points that are drawn, by their place.
    pub protocols: HashMap<usize, Protocol>,
    /// What every trajectory left.
    pub trajectories: Option<Table>,
    /// The jumps of the first trajectories.
    pub jumps: Option<Table>,
    /// What is not there, or not readable.
    pub notes: Vec<String>,
}

/// Trajectories whose jumps are looked at.
pub const FOLLOWED: u64 = 60;

impl Run {
    /// The keys that were swept.
    pub fn swept(&self) -> Vec<String> {
        self.summary.points.first().map_or_else(Vec::new, |point| point.parameters.keys().cloned().collect())
    }

    /// The names of the baths.
    pub fn baths(&self) -> Vec<String> {
        let baths = self.summary.points.first().map_or(&[][..], |point| &point.baths);
        baths.iter().map(|bath| bath.name.clone()).collect()
    }

    /// The point of this place.
    pub fn point(&self, index: usize) -> Option<&Point> {
        let points = &self.summary.points;
        let there = points.get(index).filter(|point| point.index == index);
        there.or_else(|| points.iter().find(|point| point.index == index))
    }

    /// The unit of a quantity, from the summary; of what stands in series alone, that of its name.
    pub fn unit(&self, quantity: &str) -> &str {
        let mut rows = self.summary.points.iter().flat_map(|point| &point.quantities);
        let units = if self.summary.units == Units::Si.name() { Units::Si } else { Units::Natural };
        let by_name =
            || KnownQuantity::ALL.iter().find(|known| known.name() == quantity).map(|known| known.unit(units));
        rows.find(|row| &*row.quantity == quantity).map(|row| &*row.unit).or_else(by_name).unwrap_or_default()
    }
}
