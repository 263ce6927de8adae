//! A scenario, read and validated: what is to be simulated at every point of its sweep.

use std::ops::Range;
use std::path::Path;

use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use typed_arena::Arena;

use super::asked::Purpose;
use super::described::{Described, Kind};
use super::file;
use super::label::label;
use super::point::{Point, point_id};
use super::raw::RawScenario;
use super::shape::{self, Shape};
use super::source::{MOST_PROBLEMS, Problem, ScenarioError, Source};
use super::sweep::{self, Axis, Texts, Value, combinations, first_span, fix, set, set_axis, take_axes};
use super::syntax::Syntax;
use super::validate::{Valid, Validator};
use crate::canonical;
use crate::group::Ensembles;
use crate::model::Told;
use crate::model::protocol::Protocol;

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

    /// The text of a file with these below it.
    pub(super) fn below(&self, path: &str, text: &str) -> Result<(Source, Vec<Argument>), ScenarioError> {
        let mut source = Source::new(path, text.to_owned());
        let starts: Vec<usize> = self.0.iter().map(|argument| source.push_argument(argument)).collect();
        let arguments = self.0.iter().zip(starts).map(|(text, start)| Argument::split(text, start, &source));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        Ok((source, arguments))
    }

    /// The text of a file, and those that [`Overrides::comments`] has put below it.
    pub(crate) fn apart(text: &str) -> (&str, Self) {
        let (mut file, mut overrides) = (text, Vec::new());
        while let Some((before, argument)) = file.rsplit_once("\n# --set ").filter(|(_, last)| !last.contains('\n')) {
            overrides.insert(0, argument.to_owned());
            file = before;
        }
        (file, Overrides(overrides))
    }

    /// All of them as comments, a line each whatever is in it.
    pub(crate) fn comments(&self) -> String {
        let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        self.0.iter().map(|argument| format!("\n# --set {}", argument.chars().map(shown).collect::<String>())).collect()
    }
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// A file that cannot be read, or a key that is unknown, missing or out of range.
    pub fn read(path: &Path, purpose: Purpose, overrides: &Overrides) -> Result<Self, ScenarioError> {
        let shown = path.display().to_string();
        let text = file::read_text(path).map_err(|e| {
            let help = "the path of a scenario file; `superjump scenarios` lists those that ship with the program";
            ScenarioError::of_file(&shown, format!("cannot read the scenario: {e}"), help)
        })?;
        Self::parse(&file::name(path), &shown, &text, purpose, overrides)
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
        let (source, arguments) = overrides.below(path, text)?;

        let numbers = Arena::new();
        let texts = (&source, &numbers);
        let (root, errors) = DeTable::parse_recoverable(source.file_text());
        let syntax = Syntax::of(&source, &errors);
        if !syntax.of_values {
            // The first of them; the others may well follow from it, and a text of another kind has one a line.
            return Err(ScenarioError::of(syntax.problems.into_iter().take(MOST_FAULTS)));
        }
        let mut root = root.into_inner();
        // All that is wrong with the text or any point, each thing once.
        let mut problems = syntax.problems;
        let typed: Vec<Range<usize>> = problems.iter().map(|problem| problem.at().clone()).collect();
        let taken = take_axes(&mut root, &source).map_err(|error| problems.extend(error.into_problems()));
        let mut swept = taken.as_deref().ok().map(sweep::swept);
        let mut axes = taken.unwrap_or_default();
        for argument in &arguments {
            problems.extend(
                argument.apply(&mut root, &mut axes, &source).err().into_iter().flat_map(ScenarioError::into_problems),
            );
        }
        swept.iter_mut().for_each(|swept| swept.extend(sweep::swept(&axes)));
        let kind = RawScenario::kind();
        // As results show them: 1000 where 1e3 was typed.
        sweep::each_value(&mut axes, &numbers, |key, value| {
            kind.at(key).into_iter().for_each(|kind| shape::whole(value, kind, texts));
        });

        let mut points: Vec<Point> = Vec::new();
        let mut title = None;
        for (index, values) in combinations(&axes, &numbers).enumerate() {
            let valid = read_point(&root, &values, (&kind, texts), &Validator::new(&source, purpose, swept.as_deref()));
            let (raw_title, valid) = match valid {
                Ok(valid) => valid,
                Err(error) => {
                    let new = |problem: &Problem| !typed.iter().any(|span| overlap(span, problem.at()));
                    problems.extend(error.into_problems().into_iter().filter(new));
                    problems = ScenarioError::of(problems).into_problems();
                    if problems.len() > MOST_PROBLEMS {
                        break;
                    }
                    continue;
                }
            };
            if !problems.is_empty() {
                continue;
            }
            let parameters =
                values.iter().map(|(key, value)| (key.get_ref().clone(), label(value.get_ref()))).collect();
            title = title.or(raw_title);
            let Valid { groups, engine, seed, asked, recording } = valid;
            let id = point_id(&groups, engine.engine, &asked);
            let point = Point { index, id, parameters, groups, engine, seed, asked, recording };
            if let Some(first) = points.first() {
                comparable(first, &point, &axes, &source)?;
            }
            points.push(point);
        }
        if !problems.is_empty() {
            return Err(ScenarioError::of(problems));
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
            let mut digest = json!({
                "id": format!("{:016x}", point.id),
                "seed": point.seed,
                "asked": point.asked,
                "record": point.recording,
                "baths": names,
                "parameters": point.parameters,
            });
            if let Some(told) = point.conditions().map(|given| &given.told).filter(|told| **told != Told::default()) {
                digest["told"] = json!(told);
            }
            if let Some(ensembles) = point.ensembles() {
                let names: Vec<&str> =
                    ensembles.looked_at().iter().map(|observable| observable.name.as_str()).collect();
                digest["observables"] = json!(names);
                let correlations = ensembles.correlations().iter();
                let names: Vec<&str> = correlations.map(|correlation| correlation.name.as_str()).collect();
                if !names.is_empty() {
                    digest["correlations"] = json!(names);
                }
            }
            digest
        };
        canonical::fingerprint(&json!(self.points.iter().map(point).collect::<Vec<_>>()))
    }
}

/// Points share one set of files: what is asked of them, their units, the names of their baths and segments, and what they
/// record must agree.
fn comparable(first: &Point, point: &Point, axes: &[Axis], source: &Source) -> Result<(), ScenarioError> {
    let names = |p: &Point| p.baths().iter().map(|b| b.name.clone()).collect::<Vec<_>>();
    let kind = |p: &Point| (std::mem::discriminant(&p.asked), p.steady().is_some());
    let segments = |p: &Point| {
        let of = |protocol: &Protocol| protocol.stages().iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
        p.protocol().map(of)
    };
    let observables = |p: &Point| {
        let names =
            |ensembles: &Ensembles| ensembles.looked_at().iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        p.ensembles().map(names)
    };
    let same = kind(first) == kind(point)
        && observables(first) == observables(point)
        && segments(first) == segments(point)
        && first.units() == point.units()
        && names(first) == names(point)
        && first.recording == point.recording;
    let span = first_span(axes).unwrap_or(0..0);
    let title = "the points of the sweep differ in their units, the names of their baths, segments, ensembles or modes, what they record or what \
                 is asked of them";
    if same { Ok(()) } else { Err(source.error(span, title.to_owned(), "sweeps over any other key")) }
}

/// A `--set key=value`, split and parsed.
pub(super) struct Argument {
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
                // A key of the sweep, as 1/bath.hot.temperature, is a word to a figure.
                let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
                if word.chars().all(of_word) && word.contains(|c: char| c.is_ascii_alphabetic()) {
                    return Ok(Spanned::new(self.span.clone(), DeValue::String(word.into())));
                }
                Err(ScenarioError::of(Syntax::of(source, &[error]).problems))
            }
        }
    }

    /// Sets the key; where it was swept, the given value takes the place of the sweep.
    pub(super) fn apply<'i>(
        &'i self,
        root: &mut DeTable<'i>,
        axes: &mut Vec<Axis<'i>>,
        source: &Source,
    ) -> Result<(), ScenarioError> {
        let value = self.value(source)?;
        let key = self.key.get_ref();
        if key == "sweep" {
            *axes = sweep::axes(value, source)?;
            return Ok(());
        }
        if let Some(swept) = key.strip_prefix("sweep.") {
            // As in the file, where such a key has to be quoted.
            let swept = swept.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(swept);
            return set_axis(axes, Spanned::new(self.key.span(), swept.to_owned()), value, source);
        }
        fix(axes, key);
        set(root, &self.key, value, source)
    }
}

/// The most faults of syntax that are told of a text whose structure is not clear.
const MOST_FAULTS: usize = 3;

/// Whether two places of a text have something in common.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// A point of the sweep, and the title there: what its keys, and then their values, are checked to be. What is wrong with
/// the ones and with the others is told together.
pub(super) fn read_point<'i>(
    root: &DeTable<'i>,
    values: &[(&Spanned<String>, Value<'i>)],
    (kind, texts): (&Kind, Texts<'_, 'i>),
    validator: &Validator,
) -> Result<(Option<String>, Valid), ScenarioError> {
    let source = texts.0;
    let mut table = root.clone();
    for (key, value) in values {
        set(&mut table, key, value.clone(), source)?;
    }
    let (raw, Shape { problems, torn, .. }) = mirror(table, kind, texts);
    let valid = raw.and_then(|raw| validator.scenario(&raw).map(|valid| (raw.title, valid)));
    if problems.is_empty() {
        return valid;
    }
    let of_values = valid.err().map(ScenarioError::into_problems).unwrap_or_default();
    let own = of_values.into_iter().filter(|problem| !torn.contains(problem.at()));
    Err(ScenarioError::of(problems.into_iter().chain(own)))
}

/// From the parsed table to the mirror, and what of it has not the shape of a scenario.
pub(super) fn mirror<'a, 'i>(
    mut table: DeTable<'i>,
    kind: &Kind,
    texts: Texts<'a, 'i>,
) -> (Result<RawScenario, ScenarioError>, Shape<'a, 'i>) {
    let source = texts.0;
    let shape = Shape::of(&mut table, kind, texts);
    let whole = Spanned::new(0..source.text().len(), DeValue::Table(table));
    // Whatever has the shape of a scenario is read: the words are for what nobody has thought of.
    let raw = RawScenario::read(&whole)
        .ok_or_else(|| source.error(0..0, "a number that is none".to_owned(), "numbers that a double holds"));
    (raw, shape)
}
