//! The `[figure.NAME]` tables of a scenario: which axes and series to draw.

use serde::Deserialize;

use crate::quantity::Quantity;
use crate::report::data::{Point, ReadSummary};
use crate::report::words;
use crate::scenario::{Legend, Print, effective};

/// A `[figure.NAME]` table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// What is drawn upwards: a quantity, or a statistic of `[noise]`.
    pub quantity: String,
    /// The bath, where the quantity has several; the first if left out.
    pub bath: Option<String>,
    /// What is drawn to the right: "time" or a swept key, perhaps as "1/KEY" or "KEY/2".
    pub against: Option<String>,
    /// The key that tells curves apart.
    pub curves: Option<String>,
    /// The values of that key to draw.
    pub values: Vec<f64>,
    /// What the curves are called, in their order.
    pub labels: Vec<String>,
    /// The key that tells figures apart.
    pub panels: Option<String>,
    /// What the quantity is divided by: "N", "J" (N/2) or "J(J+1)".
    pub over: Option<String>,
    /// Reference curves: "independent", "symmetric", "limit".
    pub references: Vec<String>,
    /// Logarithmic axes: "x", "y"; what the data ask for if left out.
    pub log: Option<Vec<String>>,
    /// The width in print: a word, or a number of inches.
    pub width: Option<toml::Value>,
    /// The size of letters in points.
    pub font: Option<f64>,
    /// Where the legend stands.
    pub legend: Option<String>,
}

impl Asked {
    /// How large the figure is in print. A table that is drawn from has passed the checks of a scenario, or is of another
    /// version: what is no size there is the usual one.
    pub fn print(&self) -> Print {
        let inches = |value: &toml::Value| match value.as_str() {
            Some(word) => Print::width_from_word(word),
            None => value.as_float().or(value.as_integer().map(|inches| inches as f64)),
        };
        Print {
            width: self.width.as_ref().and_then(inches).filter(|inches| Print::is_width(*inches)),
            font: self.font.filter(|points| Print::is_font(*points)),
            legend: self.legend.as_deref().and_then(Legend::from_word),
        }
    }

    /// Whether an axis is logarithmic: as asked for, or as its data ask.
    pub fn log(&self, axis: &str, by_itself: impl FnOnce() -> bool) -> bool {
        self.log.as_ref().map_or_else(by_itself, |axes| axes.iter().any(|name| name == axis))
    }

    /// Whether the value of a key at a point is one of those to draw.
    pub fn wants(&self, by: &Key, point: &Point) -> bool {
        by.number(point).is_some_and(|v| self.values.iter().any(|w| (v - w).abs() <= 1e-9 * w.abs()))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tables {
    /// In the order of the file.
    figure: toml::Table,
    qubits: Qubits,
    noise: Noise,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Noise {
    counts: toml::Table,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Qubits {
    number: Option<f64>,
}

/// A name that can be that of a file.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// What the first figure of a scenario shows upwards: a quantity, and its bath where the figure says which.
#[must_use]
pub fn foremost(scenario: &str) -> Option<(String, Option<String>)> {
    let (_, asked) = read(scenario).ok()?.into_iter().next()?;
    let quantity = Quantity::renamed(&asked.quantity).map_or(asked.quantity, str::to_owned);
    Some((quantity, asked.bath))
}

/// The figures that the text of a scenario asks for, by name.
///
/// # Errors
/// In words, if the text is not a scenario.
pub fn read(scenario: &str) -> Result<Vec<(String, Asked)>, String> {
    let named = tables(scenario)?.figure.into_iter().filter(|(name, _)| is_name(name));
    let asked = |(name, table): (String, toml::Value)| Ok((name, table.try_into()?));
    named.map(asked).collect::<Result<_, toml::de::Error>>().map_err(|_| "a [figure] table".to_owned())
}

/// The tables of a scenario as it was run, with what was given on the command line.
fn tables(scenario: &str) -> Result<Tables, String> {
    let table = effective(scenario).map_err(|error| error.title().to_owned())?;
    table.try_into().map_err(|_| "its tables are of another version".to_owned())
}

/// The sums over baths that a scenario counts, by name.
#[must_use]
pub fn sums(scenario: &str) -> Vec<String> {
    tables(scenario).map(|tables| tables.noise.counts.into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
}

/// The number of qubits of a point; in results of older versions swept, or that of the scenario.
pub fn qubits(summary: &ReadSummary, point: &Point) -> Option<f64> {
    point.qubits.or_else(|| swept_qubits(point)).or_else(|| given_qubits(summary))
}

/// The number of qubits of a point, where it is swept.
fn swept_qubits(point: &Point) -> Option<f64> {
    point.parameters.get("qubits.number").and_then(serde_json::Value::as_f64)
}

/// The number of qubits of the scenario.
fn given_qubits(summary: &ReadSummary) -> Option<f64> {
    tables(&summary.scenario_text).ok()?.qubits.number
}

/// A swept key, or a simple function of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key.
    pub key: String,
    inverse: bool,
    half: bool,
}

impl Key {
    /// "KEY", "1/KEY" or "KEY/2".
    pub fn parse(text: &str) -> Self {
        let (inverse, rest) = text.strip_prefix("1/").map_or((false, text), |rest| (true, rest));
        let (half, key) = rest.strip_suffix("/2").map_or((false, rest), |rest| (true, rest));
        Key { key: key.trim().to_owned(), inverse, half }
    }

    /// The value at a point, where it is a number.
    pub fn number(&self, point: &Point) -> Option<f64> {
        let value = point.parameters.get(&self.key)?.as_f64()?;
        let value = if self.half { value / 2.0 } else { value };
        Some(if self.inverse { 1.0 / value } else { value })
    }

    /// Whether its values are whole or half-integer numbers.
    pub fn counts(&self) -> bool {
        !self.inverse && words::counts(&self.key)
    }

    /// What it is called, and its unit. In natural units temperatures are in T₀.
    pub fn label(&self, units: &str) -> (String, &'static str) {
        let (name, unit) = (words::key(&self.key), words::key_unit(&self.key, units));
        match (self.inverse, self.half) {
            (true, _) if self.key.ends_with("temperature") && units != "SI" => (format!("T_{{0}}/{name}"), ""),
            (true, _) => (format!("1/{name}"), words::inverse_unit(&self.key, units)),
            (_, true) if self.key == "qubits.number" => ("J = N/2".to_owned(), ""),
            (_, true) => (format!("{name}/2"), unit),
            _ => (name, unit),
        }
    }

    /// `name = value unit`, as a legend has it; words stand for themselves.
    pub fn value(&self, point: &Point, units: &str) -> String {
        let Some(value) = point.parameters.get(&self.key) else { return String::new() };
        let Some(number) = self.number(point) else { return words::value(value) };
        let (name, unit) = self.label(units);
        let name = name.split(" = ").next().unwrap_or_default().to_owned();
        // In natural units everything is in units of omega_0, which need not be said in every line.
        let unit = if units == "SI" && !unit.is_empty() { format!(" {unit}") } else { String::new() };
        format!("{name} = {}{unit}", words::short(number))
    }
}

/// What divides a quantity.
pub fn divisor(over: Option<&str>, number: Option<f64>) -> Option<f64> {
    let j = number? / 2.0;
    match over? {
        "N" => Some(2.0 * j),
        "J" => Some(j),
        "J(J+1)" => Some(j * (j + 1.0)),
        _ => None,
    }
}
