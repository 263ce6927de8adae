//! A scenario, read and validated: what is to be simulated at every point of its sweep.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use typed_arena::Arena;

use super::asked::Purpose;
use super::keys::allowed;
use super::point::{Point, point_id};
use super::raw::RawScenario;
use super::source::{ScenarioError, Source};
use super::sweep::{self, Axis, Texts, Value, combinations, first_span, fix, label, path_at, set, set_axis, take_axes};
use super::validate::{Valid, Validator};
use crate::canonical;

/// A validated scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of its file, without the ending: results go to `output/<name>`.
    pub name: String,
    /// Its title, or its name where it has none.
    pub title: String,
    /// The text of the file, and the values given on the command line as comments below it.
    pub text: String,
    /// The values given on the command line.
    pub overrides: Overrides,
    /// What it was read for.
    pub purpose: Purpose,
    /// Every combination of the sweep; one point without a sweep.
    pub points: Vec<Point>,
}

/// Values from the command line, each `key=value` in the scenario's own keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(Vec<String>);

impl Overrides {
    /// Adds `key=value`. The value is TOML; a bare word stands for a string.
    pub fn set(&mut self, assignment: impl Into<String>) {
        self.0.push(assignment.into());
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(crate) fn comments(&self) -> String {
        self.0.iter().map(|argument| format!("\n# --set {argument}")).collect()
    }
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// A file that cannot be read, or a key that is unknown, missing or out of range.
    pub fn read(path: &Path, purpose: Purpose, overrides: &Overrides) -> Result<Self, ScenarioError> {
        let shown = path.display().to_string();
        let text = fs::read(path).map_err(|e| {
            let help = "the path of a scenario file; `superjump scenarios` lists those that ship with the program";
            ScenarioError::of_file(&shown, format!("cannot read the scenario: {e}"), help)
        })?;
        let text = String::from_utf8(text).map_err(|_| {
            ScenarioError::of_file(&shown, "the scenario is not text in UTF-8".to_owned(), "a TOML file")
        })?;
        let name = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy().into_owned());
        Self::parse(&name, &shown, &text, purpose, overrides)
    }

    /// Checks the `[figure]` tables of a file, which may stand there alone.
    ///
    /// # Errors
    /// A file that is not TOML, or a key of a figure that is unknown, missing or out of range.
    pub fn check_figures(path: &str, text: &str) -> Result<(), ScenarioError> {
        let source = Source::new(path, text.to_owned());
        let root = DeTable::parse(source.file_text()).map_err(|e| syntax(&source, &e))?.into_inner();
        let mut figures = DeTable::new();
        for (key, value) in root.into_iter().filter(|(key, _)| key.get_ref() == "figure") {
            figures.insert(key, value);
        }
        Validator::new(&source, Purpose::Exact).figures(&deserialize(&figures, &source)?)
    }

    /// Parses and validates the text of a scenario; `path` is what errors call it.
    ///
    /// # Errors
    /// A key that is unknown, missing or out of range.
    pub fn parse(
        name: &str,
        path: &str,
        text: &str,
        purpose: Purpose,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        let mut source = Source::new(path, text.to_owned());
        let starts: Vec<usize> = overrides.0.iter().map(|argument| source.push_argument(argument)).collect();
        let arguments = overrides.0.iter().zip(starts).map(|(text, start)| Argument::split(text, start, &source));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;

        let numbers = Arena::new();
        let mut root = DeTable::parse(source.file_text()).map_err(|e| syntax(&source, &e))?.into_inner();
        let mut axes = take_axes(&mut root, (&source, &numbers))?;
        for argument in &arguments {
            argument.apply(&mut root, &mut axes, (&source, &numbers))?;
        }

        let mut points: Vec<Point> = Vec::new();
        let mut title = None;
        for (index, values) in combinations(&axes).enumerate() {
            let mut table = root.clone();
            for (key, value) in &values {
                set(&mut table, key, (*value).clone(), &source)?;
            }
            let parameters =
                values.iter().map(|(key, value)| (key.get_ref().clone(), label(value.get_ref()))).collect();
            let raw = deserialize(&table, &source)?;
            let valid = Validator::new(&source, purpose).scenario(&raw)?;
            title = title.or(raw.title);
            let Valid { groups, engine, seed, asked, recording } = valid;
            let id = point_id(&groups, engine.engine, &asked);
            let point = Point { index, id, parameters, groups, engine, seed, asked, recording };
            if let Some(first) = points.first() {
                comparable(first, &point, &axes, &source)?;
            }
            points.push(point);
        }
        let text = format!("{text}{}", overrides.comments());
        let title = title.unwrap_or_else(|| name.to_owned());
        Ok(Scenario { name: name.to_owned(), title, text, overrides: overrides.clone(), purpose, points })
    }

    /// The text of the file alone.
    #[must_use]
    pub fn file_text(&self) -> &str {
        &self.text[..self.text.len() - self.overrides.comments().len()]
    }

    /// The seed: that of the first point, as a sweep over seeds is the exception.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.points.first().map_or(0, |point| point.seed)
    }

    /// A digest of all that decides the results, so that a folder can be recognized as this scenario's.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let point = |point: &Point| {
            let names: Vec<&str> = point.baths().iter().map(|b| b.name.as_str()).collect();
            json!({
                "id": format!("{:016x}", point.id),
                "seed": point.seed,
                "asked": point.asked,
                "record": point.recording,
                "baths": names,
                "parameters": point.parameters,
            })
        };
        canonical::fingerprint(&json!(self.points.iter().map(point).collect::<Vec<_>>()))
    }
}

/// Points share one set of files: what is asked of them, their units, their baths' names and what they record must agree.
fn comparable(first: &Point, point: &Point, axes: &[Axis], source: &Source) -> Result<(), ScenarioError> {
    let names = |p: &Point| p.baths().iter().map(|b| b.name.clone()).collect::<Vec<_>>();
    let kind = |p: &Point| std::mem::discriminant(&p.asked);
    let same = kind(first) == kind(point)
        && first.units() == point.units()
        && names(first) == names(point)
        && first.recording == point.recording;
    let span = first_span(axes).unwrap_or(0..0);
    let title = "the points of the sweep differ in their units, the names of their baths, what they record or what is asked of them";
    if same { Ok(()) } else { Err(source.error(span, title.to_owned(), "sweeps over any other key")) }
}

/// A `--set key=value`, split and parsed.
struct Argument {
    key: Spanned<String>,
    /// The value alone, under the key `v`, at its address in the source.
    text: String,
    span: Range<usize>,
}

impl Argument {
    fn split(argument: &str, start: usize, source: &Source) -> Result<Self, ScenarioError> {
        let whole = start..start + argument.len();
        let Some((key, value)) = argument.split_once('=') else {
            let title = format!("`{argument}` is not key=value");
            return Err(source.error(whole, title, "for example --set qubits.number=16"));
        };
        let at = start + key.len() + 1;
        let mut text = source.blanked_until(at);
        text.truncate(at + value.len());
        // `v=` takes the place of the two characters before the value, the last of which is `=`.
        text.replace_range(at - 2..at, "v=");
        let key = Spanned::new(start..start + key.len(), key.trim().to_owned());
        Ok(Argument { key, text, span: at..at + value.len() })
    }

    fn value<'i>(&'i self, source: &Source) -> Result<Value<'i>, ScenarioError> {
        match DeTable::parse(&self.text) {
            Ok(table) => Ok(table.into_inner().remove("v").expect("parsed from `v=`")),
            Err(error) => {
                let word = self.text[self.span.clone()].trim();
                if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                    return Ok(Spanned::new(self.span.clone(), DeValue::String(word.into())));
                }
                Err(syntax(source, &error))
            }
        }
    }

    /// Sets the key; where it was swept, the given value takes the place of the sweep.
    fn apply<'i>(
        &'i self,
        root: &mut DeTable<'i>,
        axes: &mut Vec<Axis<'i>>,
        texts: Texts<'_, 'i>,
    ) -> Result<(), ScenarioError> {
        let source = texts.0;
        let value = self.value(source)?;
        let key = self.key.get_ref();
        if key == "sweep" {
            *axes = sweep::axes(value, texts)?;
            return Ok(());
        }
        if let Some(swept) = key.strip_prefix("sweep.") {
            // As in the file, where such a key has to be quoted.
            let swept = swept.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(swept);
            return set_axis(axes, Spanned::new(self.key.span(), swept.to_owned()), value, texts);
        }
        fix(axes, key);
        set(root, &self.key, value, source)
    }
}

fn syntax(source: &Source, error: &toml::de::Error) -> ScenarioError {
    source.error(
        error.span().unwrap_or(0..0),
        format!("not valid TOML: {}", error.message()),
        "TOML, see https://toml.io",
    )
}

/// From the parsed table to the mirror; a key that is unknown or of the wrong type is found here.
fn deserialize(table: &DeTable, source: &Source) -> Result<RawScenario, ScenarioError> {
    let whole = 0..source.text().len();
    let deserializer = toml::Deserializer::from(Spanned::new(whole, table.clone()));
    RawScenario::deserialize(deserializer).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let key = path_at(table, &span).unwrap_or_default();
        let message = error
            .message()
            .replace("expected f64", "expected a number")
            .replace("expected i64", "expected a whole number");
        match message.strip_prefix("unknown field ") {
            Some(rest) => {
                let known = rest.split_once("expected ").map_or("", |(_, known)| known);
                // The sweep is taken out before the rest is read.
                let sweep = if key.contains('.') { "" } else { ", `sweep`" };
                source.error(span, format!("unknown key `{key}`"), &format!("{known}{sweep}"))
            }
            None => source.error(span, format!("`{key}`: {message}"), allowed(&key)),
        }
    })
}
