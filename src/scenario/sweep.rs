//! The sweep: setting a key of the parsed scenario, and every combination of the values of several keys.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeFloat, DeTable, DeValue};
use typed_arena::Arena;

use super::foreign::nearest;
use super::keys::allowed;
use super::source::{ScenarioError, Source};

/// A value of the scenario, with its span.
pub type Value<'i> = Spanned<DeValue<'i>>;

/// One axis of the sweep: keys that vary together, each with its values, all equally many.
#[derive(Clone, Debug)]
pub struct Axis<'i> {
    columns: Vec<Column<'i>>,
}

/// A key and the values it takes.
#[derive(Clone, Debug)]
struct Column<'i> {
    key: Spanned<String>,
    values: Vec<Value<'i>>,
}

/// The source, and room for the text of numbers that nobody typed.
pub type Texts<'a, 'i> = (&'a Source, &'i Arena<String>);

/// The most points of one campaign.
const MAX_POINTS: usize = 1_000_000;

/// Takes the `[sweep]` table out of a scenario.
pub fn take_axes<'i>(root: &mut DeTable<'i>, texts: Texts<'_, 'i>) -> Result<Vec<Axis<'i>>, ScenarioError> {
    root.remove("sweep").map_or(Ok(Vec::new()), |sweep| axes(sweep, texts))
}

/// The axes of a `[sweep]` table.
pub fn axes<'i>(sweep: Value<'i>, texts: Texts<'_, 'i>) -> Result<Vec<Axis<'i>>, ScenarioError> {
    let (source, span) = (texts.0, sweep.span());
    let DeValue::Table(table) = sweep.into_inner() else {
        return Err(source.error(span, "`sweep` is not a table".to_owned(), allowed("sweep")));
    };
    let mut axes = Vec::new();
    for (key, value) in table {
        if key.get_ref() == "zip" {
            axes.extend(zipped(value, texts)?);
        } else {
            let key = Spanned::new(key.span(), key.get_ref().to_string());
            axes.extend(columns(key, value, texts)?.into_iter().map(|column| Axis { columns: vec![column] }));
        }
    }
    check_size(&axes, span, source)?;
    Ok(axes)
}

/// The columns under a key of the sweep: one, or those of the keys that begin with it, as `qubits.number = [1, 2]` without
/// quotes is read as a table `qubits`.
fn columns<'i>(key: Spanned<String>, value: Value<'i>, texts: Texts<'_, 'i>) -> Result<Vec<Column<'i>>, ScenarioError> {
    let span = value.span();
    let nested = |table: &DeTable<'i>| !table.is_empty() && !table.keys().any(|key| is_spacing(key.get_ref()));
    match value.into_inner() {
        DeValue::Table(table) if nested(&table) => {
            let under = |(inner, value): (Spanned<Cow<'i, str>>, Value<'i>)| {
                let path = format!("{}.{}", key.get_ref(), inner.get_ref());
                columns(Spanned::new(inner.span(), path), value, texts)
            };
            Ok(table.into_iter().map(under).collect::<Result<Vec<_>, _>>()?.concat())
        }
        value => Ok(vec![column(key, Spanned::new(span, value), texts)?]),
    }
}

/// What says how values are spaced, or is meant to.
fn is_spacing(key: &str) -> bool {
    let meant = ["linspace", "logspace", "geomspace", "arange", "range", "linear", "log", "lin", "values"];
    meant.contains(&key) || nearest(key, ["linspace", "logspace"]).is_some()
}

/// The keys that are swept.
pub fn swept(axes: &[Axis]) -> Vec<String> {
    axes.iter().flat_map(|axis| &axis.columns).map(|column| column.key.get_ref().clone()).collect()
}

/// Looks at every value of every key.
pub fn each_value<'i>(axes: &mut [Axis<'i>], mut look: impl FnMut(&str, &mut Value<'i>)) {
    for column in axes.iter_mut().flat_map(|axis| &mut axis.columns) {
        column.values.iter_mut().for_each(|value| look(column.key.get_ref(), value));
    }
}

/// Sweeps a key over `value`, in place of what it was swept over.
pub fn set_axis<'i>(
    axes: &mut Vec<Axis<'i>>,
    key: Spanned<String>,
    value: Value<'i>,
    texts: Texts<'_, 'i>,
) -> Result<(), ScenarioError> {
    let source = texts.0;
    let span = value.span();
    if key.get_ref() == "zip" {
        axes.extend(zipped(value, texts)?);
    } else {
        for column in columns(key, value, texts)? {
            fix(axes, column.key.get_ref());
            axes.push(Axis { columns: vec![column] });
        }
    }
    check_size(axes, span, source)
}

/// Sweeps a key no more.
pub fn fix(axes: &mut Vec<Axis>, key: &str) {
    for axis in &mut *axes {
        axis.columns.retain(|column| column.key.get_ref() != key);
    }
    axes.retain(|axis| !axis.columns.is_empty());
}

/// Where the first key of the sweep stands.
pub fn first_span(axes: &[Axis]) -> Option<Range<usize>> {
    Some(axes.first()?.columns.first()?.key.span())
}

fn check_size(axes: &[Axis], span: Range<usize>, source: &Source) -> Result<(), ScenarioError> {
    let points = axes.iter().fold(1_usize, |points, axis| points.saturating_mul(axis.columns[0].values.len()));
    let keys: Vec<&str> =
        axes.iter().flat_map(|axis| &axis.columns).map(|column| column.key.get_ref().as_str()).collect();
    if let Some(twice) = keys.iter().enumerate().find_map(|(at, key)| keys[..at].contains(key).then_some(key)) {
        return Err(source.error(span, format!("`{twice}` is swept twice"), "each key once, alone or in `zip`"));
    }
    if points > MAX_POINTS {
        let title = format!("the sweep has {points} points or more");
        return Err(source.error(span, title, &format!("at most {MAX_POINTS} points")));
    }
    Ok(())
}

/// The groups under `zip`: a table of keys that vary together, or a list of such tables.
fn zipped<'i>(value: Value<'i>, texts: Texts<'_, 'i>) -> Result<Vec<Axis<'i>>, ScenarioError> {
    let source = texts.0;
    let span = value.span();
    let refuse = |span: Range<usize>, title: &str| source.error(span, title.to_owned(), allowed("sweep.zip"));
    let groups = match value.into_inner() {
        DeValue::Table(table) => vec![(span, table)],
        DeValue::Array(list) => {
            let table = |item: Value<'i>| match (item.span(), item.into_inner()) {
                (span, DeValue::Table(table)) => Ok((span, table)),
                (span, _) => Err(refuse(span, "`sweep.zip` has something that is not a table")),
            };
            list.into_iter().map(table).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(refuse(span, "`sweep.zip` is not a table")),
    };
    let mut axes = Vec::new();
    for (span, table) in groups {
        let under = |(key, value): (Spanned<Cow<'i, str>>, _)| {
            columns(Spanned::new(key.span(), key.get_ref().to_string()), value, texts)
        };
        let columns = table.into_iter().map(under).collect::<Result<Vec<_>, _>>()?.concat();
        let Some(first) = columns.first() else {
            return Err(refuse(span, "`sweep.zip` is an empty table"));
        };
        if let Some(other) = columns.iter().find(|column| column.values.len() != first.values.len()) {
            let (key, there, here) = (other.key.get_ref(), first.values.len(), other.values.len());
            let title = format!("`{key}` has {here} values, and `{}`, zipped with it, {there}", first.key.get_ref());
            return Err(refuse(other.key.span(), &title));
        }
        axes.push(Axis { columns });
    }
    Ok(axes)
}

/// A key and its values: a list, or a table that says how to space them.
fn column<'i>(key: Spanned<String>, value: Value<'i>, texts: Texts<'_, 'i>) -> Result<Column<'i>, ScenarioError> {
    let source = texts.0;
    let (name, span) = (key.get_ref().clone(), value.span());
    let spaced = |table: &DeTable<'i>| table.contains_key("linspace") || table.contains_key("logspace");
    let values = match value.into_inner() {
        DeValue::Array(list) => list.into_iter().collect::<Vec<_>>(),
        DeValue::Table(table) if spaced(&table) => spacing(&name, &table, span.clone(), texts)?,
        _ => {
            let title = format!("`sweep.{name}` is not a list");
            let allowed = "a list of values, such as \"qubits.number\" = [1, 2, 4], \
                           { linspace = [first, last, how many] } or { logspace = [first, last, how many] }";
            return Err(source.error(span, title, allowed));
        }
    };
    if values.is_empty() {
        let title = format!("`sweep.{name}` is an empty list");
        return Err(source.error(span, title, "at least one value"));
    }
    Ok(Column { key, values })
}

/// Evenly spaced values, or such whose logarithms are. Whole ends give whole numbers, where the values are whole.
fn spacing<'i>(
    name: &str,
    table: &DeTable<'i>,
    span: Range<usize>,
    (source, texts): Texts<'_, 'i>,
) -> Result<Vec<Value<'i>>, ScenarioError> {
    let refuse = |what: &str| {
        let allowed = "{ linspace = [first, last, how many] }, or the same as logspace, whose ends are above 0; \
                       finite ends, and from 2 to 1000000 values";
        Err(source.error(span.clone(), format!("`sweep.{name}` {what}"), allowed))
    };
    let (Some((kind, list)), 1) = (table.iter().next(), table.len()) else {
        return refuse("has more than one spacing");
    };
    let items = list.get_ref().as_array().map(|items| items.iter().map(Spanned::get_ref).collect::<Vec<_>>());
    let Some([first, last, count]) = items.as_deref() else {
        return refuse("does not have first, last and how many");
    };
    let number = |value: &DeValue| label(value).as_f64().filter(|number| number.is_finite());
    let (Some(a), Some(b), Some(count)) = (number(first), number(last), label(count).as_u64()) else {
        return refuse("has something that is no finite number");
    };
    let logarithmic = kind.get_ref() == "logspace";
    if !(2..=MAX_POINTS as u64).contains(&count) || (logarithmic && (a <= 0.0 || b <= 0.0)) {
        return refuse("cannot be spaced like this");
    }
    let whole_ends = matches!((first, last), (DeValue::Integer(_), DeValue::Integer(_)));
    let value = |step: u64| {
        let share = step as f64 / (count - 1) as f64;
        let value = match step {
            0 => a,
            s if s == count - 1 => b,
            _ if logarithmic => a * libm::pow(b / a, share),
            _ => a + (b - a) * share,
        };
        let near = value.round();
        let whole = whole_ends && (value - near).abs() <= 1e-12 * near.abs();
        let text = if whole { format!("{near:.0}") } else { format!("{value:?}") };
        parsed(&text, span.clone(), texts)
    };
    Ok((0..count).map(value).collect())
}

/// A number as the parser gives it, at a place of the scenario.
pub fn parsed<'i>(number: &str, span: Range<usize>, texts: &'i Arena<String>) -> Value<'i> {
    let table = DeTable::parse(texts.alloc(format!("v = {number}"))).ok();
    let value = table.and_then(|table| table.into_inner().remove("v"));
    Spanned::new(span, value.map_or(DeValue::Float(DeFloat::default()), Spanned::into_inner))
}

/// Every combination of the axes, the last one running fastest: a value for each key.
pub fn combinations<'a, 'i>(
    axes: &'a [Axis<'i>],
) -> impl Iterator<Item = Vec<(&'a Spanned<String>, &'a Value<'i>)>> + 'a {
    let count: usize = axes.iter().map(|axis| axis.columns[0].values.len()).product();
    (0..count).map(move |index| {
        let mut stride = count;
        let chosen = axes.iter().flat_map(|axis| {
            let values = axis.columns[0].values.len();
            stride /= values;
            let at = index / stride % values;
            axis.columns.iter().map(move |column| (&column.key, &column.values[at]))
        });
        chosen.collect()
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
