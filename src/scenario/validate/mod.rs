//! From the mirror of a scenario to a model that can be trusted: every rule about the values of keys stands here.

mod engine;
mod evolution;
mod figure;
mod initial;
mod noise;
mod register;
mod system;

use std::ops::Range;

use toml::Spanned;

use super::asked::{Asked, Budget, Converge, Purpose, Solve, Steady, SteadyTable, Transient};
use super::keys::allowed;
use super::point::Recording;
use super::raw::{Key, RawScenario};
use super::source::{ScenarioError, Source};
use crate::group::Group;
use crate::initial::InitialState;
use crate::trajectory::EngineChoice;
use crate::units::Units;

use self::evolution::Evolution;
use self::system::Qubits;

type Result<T> = std::result::Result<T, ScenarioError>;

/// Larger numbers are slips, and their squares would not be finite.
const LARGEST: f64 = 1e100;
/// Smaller rates lose digits, and what responds to them is beyond a double.
const SMALLEST: f64 = 1e-300;

/// What a scenario says once every value is checked.
pub struct Valid {
    pub groups: Vec<Group>,
    pub engine: EngineChoice,
    pub seed: u64,
    pub asked: Asked,
    pub recording: Recording,
}

/// Whether the scenario names the engine for which every qubit is its own.
fn asks_for_register(raw: &RawScenario) -> bool {
    let engine = raw.evolution.as_ref().and_then(|evolution| evolution.get_ref().engine.as_ref());
    engine.is_some_and(|engine| engine.get_ref() == "register")
}

/// Checks values, and knows where they were typed.
pub struct Validator<'a> {
    source: &'a Source,
    purpose: Purpose,
}

impl<'a> Validator<'a> {
    pub fn new(source: &'a Source, purpose: Purpose) -> Self {
        Validator { source, purpose }
    }

    /// The whole scenario.
    pub fn scenario(&self, raw: &RawScenario) -> Result<Valid> {
        let units = match &raw.units {
            None => Units::Natural,
            Some(units) => match units.get_ref().as_str() {
                "natural" => Units::Natural,
                "SI" => Units::Si,
                other => return self.refuse(units.span(), "units", &format!("is \"{other}\"")),
            },
        };
        let table = self.table(&raw.qubits, "qubits")?;
        let raw_qubits = table.get_ref();
        let groups = self.qubits(table, units)?;
        let hamiltonian = self.hamiltonian(raw_qubits, raw.drive.as_ref())?;
        if raw.bath.is_empty() {
            return self.missing_table("bath");
        }
        let initial = self.table(&raw.initial, "initial")?;
        let model = |qubits: &Qubits| {
            let reservoirs = self.reservoirs(&raw.bath, units, qubits)?;
            let model = self.model(&raw.bath, &reservoirs, units, qubits)?;
            let register = self.register(raw_qubits, &model, &hamiltonian)?;
            let sites = register.is_some() || asks_for_register(raw);
            let state = self.initial(initial, &model, groups.len(), sites)?;
            if hamiltonian.drive.is_some() && matches!(state, InitialState::Steady(_)) {
                let title = "`initial.state` \"steady\": it is not known for driven qubits".to_owned();
                return Err(self.source.error(initial.span(), title, "any other state"));
            }
            let initial = state;
            Ok(Group { model, reservoirs, hamiltonian, register, initial })
        };
        let groups = groups.iter().map(model).collect::<Result<Vec<Group>>>()?;
        let because = match (&raw.steady, &raw.noise) {
            (Some(_), _) => Some(SteadyTable::Steady),
            (None, Some(_)) => Some(SteadyTable::Noise),
            (None, None) => None,
        };
        let evolution = match (&raw.evolution, because) {
            (None, Some(_)) => Evolution { seed: 1, ..Evolution::default() },
            (evolution, _) => self.evolution(self.table(evolution, "evolution")?, because.is_some())?,
        };
        self.one_kind(raw, &evolution)?;
        let until = evolution.times.last().copied();
        let noise = self.noise(raw.noise.as_ref(), &groups[0].model.baths, until)?;
        let recording = self.recording(raw.record.as_ref().map(Spanned::get_ref))?;
        self.figures(raw)?;
        let (bath, accuracy, jumps) = self.steady(raw, &groups)?;
        let engine = self.engine(raw, &groups, because.is_some())?;
        self.countable(raw, engine.engine, &groups)?;
        let Evolution { times, trajectories, seed } = evolution;
        let steady = because.map(|because| Steady { because, bath, noise });
        let asked = match (self.purpose, steady) {
            (Purpose::Exact, steady) => Asked::Solve(Solve { times, steady, trajectories }),
            (Purpose::Trajectories, Some(steady)) => {
                Asked::Converge(Converge { steady, accuracy, budget: Budget { until, trajectories, jumps } })
            }
            (Purpose::Trajectories, None) => {
                Asked::Transient(Transient { times, trajectories: trajectories.unwrap_or(0) })
            }
        };
        Ok(Valid { groups, engine, seed, asked, recording })
    }

    fn table<'b, T>(&self, table: &'b Key<T>, key: &str) -> Result<&'b Spanned<T>> {
        match table {
            Some(table) => Ok(table),
            None => self.missing_table(key),
        }
    }

    fn missing_table<T>(&self, key: &str) -> Result<T> {
        let end = self.source.file_text().trim_end().len();
        let bracket = if key == "bath" { "[[bath]]" } else { &format!("[{key}]") };
        Err(self.source.error(end..end, format!("the scenario has no table {bracket}"), allowed(key)))
    }

    fn require<'b, T>(&self, value: &'b Key<T>, key: &str, table: Range<usize>) -> Result<&'b Spanned<T>> {
        value.as_ref().ok_or_else(|| self.source.error(table, format!("the key `{key}` is missing"), allowed(key)))
    }

    fn refuse<T>(&self, span: Range<usize>, key: &str, what: &str) -> Result<T> {
        Err(self.source.error(span, format!("`{key}` {what}"), allowed(key)))
    }

    fn whole(&self, value: &Spanned<i64>, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
        let number = *value.get_ref();
        if range.contains(&number) { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }

    fn not_negative(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if (0.0..=LARGEST).contains(&number) { Ok(number) } else { self.unfit(value, key) }
    }

    /// A rate: nothing, or what a double holds all digits of.
    fn rate_of(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let rate = self.not_negative(value, key)?;
        if rate > 0.0 && rate < SMALLEST {
            return self.refuse(value.span(), key, &format!("is {rate:e}, below {SMALLEST:e}"));
        }
        Ok(rate)
    }

    /// A number that is refused, in few digits.
    fn unfit<T>(&self, value: &Spanned<f64>, key: &str) -> Result<T> {
        let number = *value.get_ref();
        if number.is_finite() && number.abs() > LARGEST {
            return self.refuse(value.span(), key, &format!("is {number:e}, beyond {LARGEST:e}"));
        }
        self.refuse(value.span(), key, &format!("is {number}"))
    }

    fn positive(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if number > 0.0 && number <= LARGEST { Ok(number) } else { self.unfit(value, key) }
    }
}
