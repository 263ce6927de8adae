//! What of a scenario's text is read again by who draws: its tables as they were run, and `[figure]` tables of other files.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use typed_arena::Arena;

use super::asked::Purpose;
use super::described::Described;
use super::keys::allowed;
use super::raw::RawScenario;
use super::reader::{Argument, Overrides, mirror, read_point};
use super::source::{ScenarioError, Source};
use super::sweep::{Axis, combinations, take_axes};
use super::syntax::Syntax;
use super::validate::Validator;
use crate::model::protocol::Protocol;

/// The tables of a scenario as it was run: the values that were given on the command line stand as comments below its text,
/// and take effect here as they did there.
///
/// # Errors
/// A text that is no scenario's.
pub fn effective(text: &str) -> Result<toml::Table, ScenarioError> {
    let (file, overrides) = Overrides::apart(text);
    let (source, arguments) = overrides.below("the scenario of the run", file)?;
    let (root, _) = as_run(&source, &arguments)?;
    match toml::Value::read(&Spanned::new(0..source.text().len(), DeValue::Table(root))) {
        Some(toml::Value::Table(tables)) => Ok(tables),
        _ => Err(source.error(0..0, "a number that is none".to_owned(), "numbers that a double holds")),
    }
}

/// The protocols of a scenario as it was run, at these points of its sweep; none where it has none.
///
/// # Errors
/// A text that is no scenario's, or a point that is none.
pub fn protocols(text: &str, points: &BTreeSet<usize>) -> Result<Vec<(usize, Protocol)>, ScenarioError> {
    let (file, overrides) = Overrides::apart(text);
    let (source, arguments) = overrides.below("the scenario of the run", file)?;
    let (root, axes) = as_run(&source, &arguments)?;
    let (kind, numbers) = (RawScenario::kind(), Arena::new());
    let validator = Validator::new(&source, Purpose::Exact, None);
    let last = points.last().map_or(0, |last| last + 1);
    let mut protocols = Vec::new();
    for (index, values) in combinations(&axes, &numbers).enumerate().take(last) {
        if points.contains(&index) {
            let (_, valid) = read_point(&root, &values, (&kind, (&source, &numbers)), &validator)?;
            // One group alone may have one.
            let group = valid.groups.into_iter().next();
            protocols.extend(group.and_then(|group| group.protocol).map(|protocol| (index, protocol)));
        }
    }
    Ok(protocols)
}

/// Checks the `[figure]` tables of a file, which are to be drawn of a run that swept these keys and has these baths.
///
/// # Errors
/// All that is wrong with them, or that there are none.
pub fn check_figures(path: &str, text: &str, swept: &[String], baths: &[String]) -> Result<(), ScenarioError> {
    let source = Source::new(path, text.to_owned());
    let numbers = Arena::new();
    let mut root = parsed(&source)?;
    let Some((key, figure)) = root.remove_entry("figure") else {
        let title = "there is no [figure] table in the file".to_owned();
        return Err(ScenarioError::of_file(path, title, allowed("figure")));
    };
    let mut alone = DeTable::new();
    alone.insert(key, figure);
    let (raw, shape) = mirror(alone, &RawScenario::kind(), (&source, &numbers));
    let validator = Validator::new(&source, Purpose::Exact, Some(swept));
    let baths: Vec<&str> = baths.iter().map(String::as_str).collect();
    let of_values = raw.and_then(|raw| validator.figures_alone(&raw, &baths));
    let of_values = of_values.err().map(ScenarioError::into_problems).unwrap_or_default();
    let problems: Vec<_> = shape.problems.into_iter().chain(of_values).collect();
    if problems.is_empty() { Ok(()) } else { Err(ScenarioError::of(problems)) }
}

/// The tables of a text with what the arguments below it set, and the axes of its sweep.
fn as_run<'i>(source: &'i Source, arguments: &'i [Argument]) -> Result<(DeTable<'i>, Vec<Axis<'i>>), ScenarioError> {
    let mut root = parsed(source)?;
    let mut axes = take_axes(&mut root, source)?;
    for argument in arguments {
        argument.apply(&mut root, &mut axes, source)?;
    }
    Ok((root, axes))
}

/// The table of a text without faults.
fn parsed(source: &Source) -> Result<DeTable<'_>, ScenarioError> {
    let (root, errors) = DeTable::parse_recoverable(source.file_text());
    if errors.is_empty() { Ok(root.into_inner()) } else { Err(ScenarioError::of(Syntax::of(source, &errors).problems)) }
}
