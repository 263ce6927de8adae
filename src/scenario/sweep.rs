//! The sweep: setting a key of the parsed scenario, and every combination of the values of several keys.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeFloat, DeTable, DeValue};
use typed_arena::Arena;

use super::foreign::nearest;
use super::keys::allowed;
use super::source::{ScenarioError, Source};
use super::spacing::{MAX_POINTS, Spacing};

/// A value of the scenario, with its span.
pub type Value<'i> = Spanned<DeValue<'i>>;

/// The source, and room for the text of numbers that nobody typed.
pub type Texts<'a, 'i> = (&'a Source, &'i Arena<String>);

/// One axis of the sweep: keys that vary together, each with its values, all equally many.
#[derive(Clone, Debug)]
pub struct Axis<'i> {
    columns: Vec<Column<'i>>,
}

/// A key and the values it takes.
#[derive(Clone, Debug)]
struct Column<'i> {
    key: Spanned<String>,
    values: Values<'i>,
}

/// Values that are listed, or made one by one: a sweep is counted before anything is made.
#[derive(Clone, Debug)]
enum Values<'i> {
    Listed(Vec<Value<'i>>),
    Spaced(Spacing),
}

impl<'i> Values<'i> {
    fn count(&self) -> usize {
        match self {
            Values::Listed(list) => list.len(),
            Values::Spaced(spacing) => spacing.count,
        }
    }

    fn at(&self, index: usize, numbers: &'i Arena<String>) -> Value<'i> {
        match self {
            Values::Listed(list) => list[index].clone(),
            Values::Spaced(spacing) => parsed(&spacing.text(index), spacing.span.clone(), numbers),
        }
    }
}

impl Axis<'_> {
    fn count(&self) -> usize {
        self.columns[0].values.count()
    }
}

/// Lists of tables that go by their `name`.
pub const BY_NAME: [&str; 6] = ["bath", "ensemble", "mode", "jump", "correlate", "decay"];

/// Takes the `[sweep]` table out of a scenario.
pub fn take_axes<'i>(root: &mut DeTable<'i>, source: &Source) -> Result<Vec<Axis<'i>>, ScenarioError> {
    root.remove("sweep").map_or(Ok(Vec::new()), |sweep| axes(sweep, source))
}

/// The axes of a `[sweep]` table.
pub fn axes<'i>(sweep: Value<'i>, source: &Source) -> Result<Vec<Axis<'i>>, ScenarioError> {
    let span = sweep.span();
    let DeValue::Table(table) = sweep.into_inner() else {
        return Err(source.error(span, "`sweep` is not a table".to_owned(), allowed("sweep")));
    };
    let mut axes = Vec::new();
    for (key, value) in table {
        if key.get_ref() == "zip" {
            axes.extend(zipped(value, source)?);
        } else {
            let key = Spanned::new(key.span(), key.get_ref().to_string());
            axes.extend(columns(key, value, source)?.into_iter().map(|column| Axis { columns: vec![column] }));
        }
    }
    check_size(&axes, span, source)?;
    Ok(axes)
}

/// The columns under a key of the sweep: one, or those of the keys that begin with it, as `qubits.number = [1, 2]` without
/// quotes is read as a table `qubits`.
fn columns<'i>(key: Spanned<String>, value: Value<'i>, source: &Source) -> Result<Vec<Column<'i>>, ScenarioError> {
    let span = value.span();
    let nested = |table: &DeTable<'i>| !table.is_empty() && !table.keys().any(|key| is_spacing(key.get_ref()));
    match value.into_inner() {
        DeValue::Table(table) if nested(&table) => {
            let under = |(inner, value): (Spanned<Cow<'i, str>>, Value<'i>)| {
                let path = format!("{}.{}", key.get_ref(), inner.get_ref());
                columns(Spanned::new(inner.span(), path), value, source)
            };
            Ok(table.into_iter().map(under).collect::<Result<Vec<_>, _>>()?.concat())
        }
        value => Ok(vec![column(key, Spanned::new(span, value), source)?]),
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

/// Looks at every value of every key, once it is known how many there are. `numbers` has room for the text of those that
/// nobody typed.
pub fn each_value<'i>(axes: &mut [Axis<'i>], numbers: &'i Arena<String>, mut look: impl FnMut(&str, &mut Value<'i>)) {
    for column in axes.iter_mut().flat_map(|axis| &mut axis.columns) {
        let mut values: Vec<Value<'i>> = (0..column.values.count()).map(|at| column.values.at(at, numbers)).collect();
        values.iter_mut().for_each(|value| look(column.key.get_ref(), value));
        column.values = Values::Listed(values);
    }
}

/// Sweeps a key over `value`, in place of what it was swept over.
pub fn set_axis<'i>(
    axes: &mut Vec<Axis<'i>>,
    key: Spanned<String>,
    value: Value<'i>,
    source: &Source,
) -> Result<(), ScenarioError> {
    let span = value.span();
    if key.get_ref() == "zip" {
        axes.extend(zipped(value, source)?);
    } else {
        for column in columns(key, value, source)? {
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
    let points = axes.iter().fold(1_usize, |points, axis| points.saturating_mul(axis.count()));
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
fn zipped<'i>(value: Value<'i>, source: &Source) -> Result<Vec<Axis<'i>>, ScenarioError> {
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
            columns(Spanned::new(key.span(), key.get_ref().to_string()), value, source)
        };
        let columns = table.into_iter().map(under).collect::<Result<Vec<_>, _>>()?.concat();
        let Some(first) = columns.first() else {
            return Err(refuse(span, "`sweep.zip` is an empty table"));
        };
        if let Some(other) = columns.iter().find(|column| column.values.count() != first.values.count()) {
            let (key, there, here) = (other.key.get_ref(), first.values.count(), other.values.count());
            let title = format!("`{key}` has {here} values, and `{}`, zipped with it, {there}", first.key.get_ref());
            return Err(refuse(other.key.span(), &title));
        }
        axes.push(Axis { columns });
    }
    Ok(axes)
}

/// A key and its values: a list, or a table that says how to space them.
fn column<'i>(key: Spanned<String>, value: Value<'i>, source: &Source) -> Result<Column<'i>, ScenarioError> {
    let (name, span) = (key.get_ref().clone(), value.span());
    let values = match value.into_inner() {
        DeValue::Array(list) => Values::Listed(list.into_iter().collect()),
        DeValue::Table(table) if Spacing::is(&table) => {
            Values::Spaced(Spacing::read(&name, &table, span.clone(), source)?)
        }
        _ => {
            let title = format!("`sweep.{name}` is not a list");
            let allowed = "a list of values, such as \"qubits.number\" = [1, 2, 4], \
                           { linspace = [first, last, how many] } or { logspace = [first, last, how many] }";
            return Err(source.error(span, title, allowed));
        }
    };
    if values.count() == 0 {
        let title = format!("`sweep.{name}` is an empty list");
        return Err(source.error(span, title, "at least one value"));
    }
    Ok(Column { key, values })
}

/// A number as the parser gives it, at a place of the scenario.
pub fn parsed<'i>(number: &str, span: Range<usize>, texts: &'i Arena<String>) -> Value<'i> {
    let table = DeTable::parse(texts.alloc(format!("v = {number}"))).ok();
    let value = table.and_then(|table| table.into_inner().remove("v"));
    Spanned::new(span, value.map_or(DeValue::Float(DeFloat::default()), Spanned::into_inner))
}

/// Every combination of the axes, the last one running fastest: a value for each key. `numbers` has room for the text of
/// those that nobody typed.
pub fn combinations<'a, 'i>(
    axes: &'a [Axis<'i>],
    numbers: &'i Arena<String>,
) -> impl Iterator<Item = Vec<(&'a Spanned<String>, Value<'i>)>> + 'a {
    let count: usize = axes.iter().map(Axis::count).product();
    (0..count).map(move |index| {
        let mut stride = count;
        let chosen = axes.iter().flat_map(|axis| {
            stride /= axis.count();
            let at = index / stride % axis.count();
            axis.columns.iter().map(move |column| (&column.key, column.values.at(at, numbers)))
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
    if let [list, after @ ..] = rest
        && BY_NAME.contains(list)
    {
        let Some((name, after)) = after.split_first() else {
            let title = format!("`{}` does not say which key of the {list}", key.get_ref());
            let example = if *list == "bath" { ", such as bath.hot.temperature" } else { "" };
            return Err(source.error(span, title, &format!("{list}.NAME.KEY{example}")));
        };
        table = named(table, list, name).map_err(|names| {
            let title = format!("`{}`: there is no {list} \"{name}\"", key.get_ref());
            source.error(span.clone(), title, &format!("{} of this scenario: {}", a(list), names.join(", ")))
        })?;
        rest = after;
    }
    if let ["protocol", "segment", after @ ..] = path.as_slice() {
        let name = after.first().copied().unwrap_or(last);
        segment_named(table, name).map_err(|names| {
            let title = format!("`{}`: there is no segment \"{name}\"", key.get_ref());
            source.error(span.clone(), title, &format!("a segment of this scenario: {}", names.join(", ")))
        })?;
    }
    for (index, step) in rest.iter().enumerate() {
        table = subtable(table, step, span.clone()).ok_or_else(|| {
            let title = format!("`{}`: `{step}` is not a table", key.get_ref());
            source.error(span.clone(), title, allowed(&rest[..=index].join(".")))
        })?;
    }
    // The span of the key is that of where it was set, so that "unknown key" points there. Its place among the others
    // stays, as segments go by it.
    let (key, mut value) = (Spanned::new(span, Cow::Owned(last.to_owned())), Some(value));
    if table.contains_key(last) {
        let kept = std::mem::take(table);
        table.extend(kept.into_iter().map(|(known, old)| {
            if known.get_ref() == last { (key.clone(), value.take().unwrap_or(old)) } else { (known, old) }
        }));
    } else if let Some(value) = value {
        table.insert(key, value);
    }
    Ok(())
}

/// The names of the segments, where this is none of them: what is set of a segment that is not there is a slip.
fn segment_named(root: &DeTable, name: &str) -> Result<(), Vec<String>> {
    let segments = root.get("protocol").and_then(|protocol| protocol.get_ref().as_table()?.get("segment"));
    match segments.and_then(|segments| segments.get_ref().as_table()) {
        Some(segments) if segments.contains_key(name) => Ok(()),
        segments => Err(segments.into_iter().flat_map(DeTable::keys).map(|name| name.get_ref().to_string()).collect()),
    }
}

/// A word with its article.
fn a(word: &str) -> String {
    if word.starts_with('e') { format!("an {word}") } else { format!("a {word}") }
}

/// The table of this name in a list, or the names there are.
fn named<'a, 'i>(root: &'a mut DeTable<'i>, list: &str, name: &str) -> Result<&'a mut DeTable<'i>, Vec<String>> {
    let mut names = Vec::new();
    if let Some(DeValue::Array(tables)) = root.get_mut(list).map(Spanned::get_mut) {
        for item in tables.iter_mut() {
            let DeValue::Table(table) = item.get_mut() else {
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
