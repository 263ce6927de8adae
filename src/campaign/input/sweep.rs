//! The sweep: setting a key of the parsed scenario, and every combination of the values of several keys.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::allowed;
use super::source::{ScenarioError, Source};

/// A value of the scenario, with its span.
pub type Value<'i> = Spanned<DeValue<'i>>;

/// One axis of the sweep: a key and the values it takes.
#[derive(Clone, Debug)]
pub struct Axis<'i> {
    pub key: Spanned<String>,
    pub values: Vec<Value<'i>>,
}

/// The most points of one campaign.
const MAX_POINTS: usize = 1_000_000;

/// Takes the `[sweep]` table out of a scenario.
pub fn take_axes<'i>(root: &mut DeTable<'i>, source: &Source) -> Result<Vec<Axis<'i>>, ScenarioError> {
    let Some(sweep) = root.remove("sweep") else {
        return Ok(Vec::new());
    };
    let span = sweep.span();
    let DeValue::Table(table) = sweep.into_inner() else {
        return Err(source.error(span, "`sweep` is not a table".to_owned(), allowed("sweep")));
    };
    let mut axes = Vec::new();
    let mut points = 1_usize;
    for (key, value) in table {
        let (name, key_span, span) = (key.get_ref().to_string(), key.span(), value.span());
        let values = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect::<Vec<_>>(),
            _ => {
                let title = format!("`sweep.{name}` is not a list");
                return Err(source.error(span, title, "a list of values, such as \"qubits.number\" = [1, 2, 4]"));
            }
        };
        if values.is_empty() {
            let title = format!("`sweep.{name}` is an empty list");
            return Err(source.error(span, title, "at least one value"));
        }
        points = points.saturating_mul(values.len());
        if points > MAX_POINTS {
            let title = format!("the sweep has {points} points or more");
            return Err(source.error(span, title, &format!("at most {MAX_POINTS} points")));
        }
        axes.push(Axis { key: Spanned::new(key_span, name), values });
    }
    Ok(axes)
}

/// Every combination of the axes, the last one running fastest: one value for each axis.
pub fn combinations<'a, 'i>(axes: &'a [Axis<'i>]) -> impl Iterator<Item = Vec<&'a Value<'i>>> + 'a {
    let count: usize = axes.iter().map(|axis| axis.values.len()).product();
    (0..count).map(move |mut index| {
        let mut chosen: Vec<_> = axes
            .iter()
            .rev()
            .map(|axis| {
                let value = &axis.values[index % axis.values.len()];
                index /= axis.values.len();
                value
            })
            .collect();
        chosen.reverse();
        chosen
    })
}

/// Sets `key` (`qubits.number`, `bath.hot.rate`, `initial`) of a scenario to a value. A bath goes by its name; a
/// table on the way that is not there yet is made, so that a sweep may bring what the file leaves out.
pub fn set<'i>(
    root: &mut DeTable<'i>,
    key: &Spanned<String>,
    value: Value<'i>,
    source: &Source,
) -> Result<(), ScenarioError> {
    let span = key.span();
    let mut path: Vec<&str> = key.get_ref().split('.').collect();
    let last = path.pop().unwrap_or_default();
    if last.is_empty() || path.contains(&"") {
        return Err(source.error(span, format!("`{}` is not a key", key.get_ref()), "a key such as qubits.number"));
    }
    let mut table = root;
    let mut rest = path.as_slice();
    if let ["bath", after @ ..] = rest {
        let Some((name, after)) = after.split_first() else {
            let title = format!("`{}` does not say which key of the bath", key.get_ref());
            return Err(source.error(span, title, "bath.NAME.KEY, such as bath.hot.temperature"));
        };
        table = bath_named(table, name).map_err(|names| {
            let title = format!("`{}`: there is no bath \"{name}\"", key.get_ref());
            source.error(span.clone(), title, &format!("a bath of this scenario: {}", names.join(", ")))
        })?;
        rest = after;
    }
    for step in rest {
        table = subtable(table, step, span.clone()).ok_or_else(|| {
            let title = format!("`{}`: `{step}` is not a table", key.get_ref());
            source.error(span.clone(), title, allowed(step))
        })?;
    }
    // The span of the key is that of where it was set, so that "unknown key" points there.
    table.remove(last);
    table.insert(Spanned::new(span, Cow::Owned(last.to_owned())), value);
    Ok(())
}

/// The table of the bath of this name, or the names there are.
fn bath_named<'a, 'i>(root: &'a mut DeTable<'i>, name: &str) -> Result<&'a mut DeTable<'i>, Vec<String>> {
    let mut names = Vec::new();
    if let Some(DeValue::Array(baths)) = root.get_mut("bath").map(Spanned::get_mut) {
        for bath in baths.iter_mut() {
            let DeValue::Table(table) = bath.get_mut() else {
                continue;
            };
            match table.get("name").and_then(|n| n.get_ref().as_str()) {
                Some(found) if found == name => return Ok(table),
                other => names.extend(other.map(str::to_owned)),
            }
        }
    }
    Err(names)
}

fn subtable<'a, 'i>(table: &'a mut DeTable<'i>, name: &str, span: Range<usize>) -> Option<&'a mut DeTable<'i>> {
    if !table.contains_key(name) {
        let empty = Spanned::new(span.clone(), DeValue::Table(DeTable::new()));
        table.insert(Spanned::new(span, Cow::Owned(name.to_owned())), empty);
    }
    match table.get_mut(name)?.get_mut() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    }
}

/// The path of the innermost key whose value (or whose name) covers a span: `bath.hot.rate`.
pub fn path_at(root: &DeTable, span: &Range<usize>) -> Option<String> {
    let covers = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    for (key, value) in root {
        let name = key.get_ref();
        let inner = match value.get_ref() {
            DeValue::Table(table) => path_at(table, span),
            DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let DeValue::Table(table) = item.get_ref() else {
                    return None;
                };
                let label =
                    table.get("name").and_then(|n| n.get_ref().as_str()).map_or(index.to_string(), str::to_owned);
                path_at(table, span).map(|rest| format!("{label}.{rest}"))
            }),
            _ => None,
        };
        if let Some(inner) = inner {
            return Some(format!("{name}.{inner}"));
        }
        if covers(value.span()) || covers(key.span()) {
            return Some(name.to_string());
        }
    }
    None
}

/// A short name for a swept value, as results show it: `0.5`, `ground`, `state=dicke j=2 m=0`.
pub fn label(value: &DeValue) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(number.as_str().into(), Into::into)
        }
        DeValue::Float(number) => {
            number.as_str().parse::<f64>().map_or_else(|_| number.as_str().into(), serde_json::Value::from)
        }
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| label(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let word = |value: &DeValue| match label(value) {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            let words: Vec<String> =
                table.iter().map(|(key, value)| format!("{}={}", key.get_ref(), word(value.get_ref()))).collect();
            words.join(" ").into()
        }
    }
}
