//! Whether a parsed table has the shape of a scenario: keys that are known, values of their kinds. All that has not is
//! found at once, and set right or taken out, so that the rest can be looked at, too.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeFloat, DeTable, DeValue};

use super::described::{Kind, number_of};
use super::foreign::{self, Meant, nearest};
use super::keys::{allowed, keys};
use super::source::Problem;
use super::sweep::{BY_NAME, Texts, Value, parsed};

/// Doubles beyond this do not hold every whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// What was found on the way through a table.
pub struct Shape<'a, 'i> {
    texts: Texts<'a, 'i>,
    /// The names of the baths.
    baths: Vec<String>,
    /// What is wrong, in the order of the table.
    pub problems: Vec<Problem>,
    /// Tables out of which something was taken: that it is missing now is no error of its own.
    pub torn: Vec<Range<usize>>,
}

/// Where a table stands: what messages call it, and its path among the keys.
#[derive(Clone)]
struct Place {
    shown: String,
    generic: String,
    /// How a message goes on: "is" of a value, "has" of an item of a list.
    verb: &'static str,
}

impl Place {
    fn key(&self, name: &str) -> Place {
        let join = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        Place { shown: join(&self.shown), generic: join(&self.generic), verb: "is" }
    }

    /// The table of a name under it.
    fn named(&self, name: &str) -> Place {
        Place { shown: format!("{}.{name}", self.shown), generic: format!("{}.*", self.generic), verb: "is" }
    }
}

impl<'a, 'i> Shape<'a, 'i> {
    /// Fits a scenario to its kind.
    pub fn of(root: &mut DeTable<'i>, kind: &Kind, texts: Texts<'a, 'i>) -> Self {
        let baths = root.get("bath").and_then(|bath| bath.get_ref().as_array());
        let name = |bath: &Value| Some(bath.get_ref().as_table()?.get("name")?.get_ref().as_str()?.to_owned());
        let baths = baths.map_or_else(Vec::new, |baths| baths.iter().filter_map(name).collect());
        let mut shape = Shape { texts, baths, problems: Vec::new(), torn: Vec::new() };
        let end = texts.0.file_text().trim_end().len();
        shape.table(root, kind, &Place { shown: String::new(), generic: String::new(), verb: "is" }, end..end);
        shape
    }

    fn tell(&mut self, span: Range<usize>, title: String, help: &str) {
        self.problems.extend(self.texts.0.error(span, title, help).into_problems());
    }

    /// A table whose header is at a span.
    fn table(&mut self, table: &mut DeTable<'i>, kind: &Kind, place: &Place, header: Range<usize>) {
        let Kind::Table(fields) = kind else { return };
        let names: Vec<String> = table.keys().map(|key| key.get_ref().to_string()).collect();
        let mut stand_ins = Vec::new();
        for name in names.iter().filter(|name| !fields.iter().any(|(known, _)| known == name)) {
            let Some((key, value)) = table.remove_entry(name.as_str()) else { continue };
            // What is meant stands in for it, unless it is there, too.
            match self.unknown(&key, value.get_ref(), fields, place) {
                Some(Meant::Ours(ours)) if !table.contains_key(ours) => {
                    table.insert(Spanned::new(key.span(), ours.into()), value);
                    stand_ins.push(ours);
                }
                Some(Meant::Told(_)) if !place.generic.is_empty() => self.torn.push(header.clone()),
                _ => {}
            }
        }
        for (name, kind) in fields {
            let Some(value) = table.get_mut(*name) else { continue };
            let place = place.key(name);
            // One [bath] is a list of one.
            if let (Kind::List(of), DeValue::Table(_)) = (kind, value.get_ref())
                && matches!(**of, Kind::Table(_))
            {
                let title = format!("`{}` is one table, and there may be several", place.shown);
                self.tell(
                    value.span(),
                    title,
                    &format!("two brackets, [[{}]]: {}", place.shown, allowed(&place.shown)),
                );
                let one = std::mem::replace(value.get_mut(), DeValue::Boolean(false));
                let mut list = DeArray::new();
                list.push(Spanned::new(value.span(), one));
                *value.get_mut() = DeValue::Array(list);
            }
            let before = self.problems.len();
            if !self.value(value, kind, &place) {
                // Of what another key meant, the name is what was told.
                if stand_ins.contains(name) {
                    self.problems.truncate(before);
                }
                table.remove(*name);
                self.torn.push(header.clone());
            }
        }
    }

    /// Whether a value is of a kind, or can be gone on with.
    fn value(&mut self, value: &mut Value<'i>, kind: &Kind, place: &Place) -> bool {
        let span = value.span();
        whole(value, kind, self.texts);
        let fits = match (kind, value.get_mut()) {
            (Kind::Table(_), DeValue::Table(table)) => {
                self.table(table, kind, place, span);
                return true;
            }
            (Kind::NumberOr(of) | Kind::WordOr(of), DeValue::Table(table)) => {
                self.table(table, of, place, span);
                return true;
            }
            (Kind::Named(of), DeValue::Table(tables)) => {
                let mut fit = true;
                for (name, value) in tables.iter_mut() {
                    fit &= self.value(value, of, &place.named(name.get_ref()));
                }
                return fit;
            }
            (Kind::List(of), DeValue::Array(items)) => {
                let tables = matches!(**of, Kind::Table(_));
                // All of them are looked at, whatever the first is.
                let mut fit = true;
                for (index, item) in items.iter_mut().enumerate() {
                    let place = match item.get_ref() {
                        DeValue::Table(table) if tables && BY_NAME.contains(&place.generic.as_str()) => {
                            let name = table.get("name").and_then(|name| name.get_ref().as_str());
                            place.named(&name.map_or(index.to_string(), str::to_owned))
                        }
                        _ => Place { verb: "has", ..place.clone() },
                    };
                    fit &= self.value(item, of, &place);
                }
                return fit;
            }
            (Kind::Number | Kind::NumberOr(_), DeValue::Integer(number)) => number_of(number).is_some(),
            (Kind::Number | Kind::NumberOr(_), DeValue::Float(number)) => finite_as_typed(number),
            (Kind::Whole, DeValue::Integer(number)) => i64::from_str_radix(number.as_str(), number.radix()).is_ok(),
            (Kind::Word | Kind::WordOr(_), DeValue::String(_)) | (Kind::Flag, DeValue::Boolean(_)) => true,
            (Kind::Any, value) => holds(value),
            _ => false,
        };
        if !fits {
            let (title, help) = misfit(value.get_ref(), kind, place);
            self.tell(span, title, &help);
        }
        fits
    }

    /// Tells of a key that is unknown, and what is meant, where that is clear.
    fn unknown(
        &mut self,
        key: &Spanned<std::borrow::Cow<str>>,
        value: &DeValue,
        fields: &[(&'static str, Kind)],
        place: &Place,
    ) -> Option<Meant> {
        let name = key.get_ref().as_ref();
        let shown = place.key(name).shown;
        let root = place.generic.is_empty();
        let suits = |ours: &str| {
            let kind = fields.iter().find(|(known, _)| *known == ours).map(|(_, kind)| kind);
            kind.is_some_and(|kind| {
                matches!(kind, Kind::Table(_) | Kind::Named(_)) == value.is_table() || value.is_array()
            })
        };
        let known = fields.iter().map(|(known, _)| *known);
        // The sweep is taken out before the rest is read.
        let known: Vec<&'static str> = known.chain(root.then_some("sweep")).collect();
        let list = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        let slip = nearest(name, known.iter().copied());
        let (meant, title, help) = match (foreign::key(&place.generic, name), slip) {
            (Some(Meant::Ours(ours)), _) if !root || suits(ours) => {
                let ours_shown = place.key(ours).shown;
                let help = format!("`{ours}`, as `{name}` is called here: {}", allowed(&ours_shown));
                (Some(Meant::Ours(ours)), format!("unknown key `{shown}`"), help)
            }
            (told @ Some(Meant::Told(words)), _) => (told, format!("there is no key `{shown}`"), words.to_owned()),
            (_, Some(near)) => (
                Some(Meant::Ours(near)),
                format!("unknown key `{shown}`"),
                format!("did you mean `{near}`? One of {list}"),
            ),
            _ if root && self.baths.iter().any(|bath| bath == name) => (
                None,
                format!("unknown key `{shown}`"),
                format!("`bath.{name}`, as a bath is called here: bath.{name}.rate"),
            ),
            _ => {
                let homes = homes(name);
                let help = if homes.is_empty() {
                    format!("one of {list}")
                } else {
                    format!("{homes}, which is where it stands; here one of {list}")
                };
                (None, format!("unknown key `{shown}`"), help)
            }
        };
        self.tell(key.span(), title, &help);
        meant.filter(|meant| *meant != Meant::Ours("sweep"))
    }
}

/// Where keys of this name stand, whether it is ours or another's.
fn homes(name: &str) -> String {
    let ours = keys().map(|(path, _)| path).filter(|path| path.rsplit('.').next() == Some(name) && path.contains('.'));
    let mut paths: Vec<String> = ours.map(str::to_owned).collect();
    for table in ["qubits", "bath.*", "initial", "evolution", "drive"] {
        if let Some(Meant::Ours(key)) = foreign::key(table, name) {
            paths.push(format!("{table}.{key}"));
        }
    }
    paths.dedup();
    paths.truncate(3);
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" or ")
}

/// Whether a number is one: what is beyond a double reads as infinite, and nobody typed that.
fn finite_as_typed(number: &DeFloat) -> bool {
    number
        .as_str()
        .parse()
        .is_ok_and(|value: f64| value.is_finite() || !number.as_str().contains(|c: char| c.is_ascii_digit()))
}

/// Whether every number in a value can be held.
fn holds(value: &DeValue) -> bool {
    match value {
        DeValue::Float(number) => finite_as_typed(number),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).is_ok(),
        DeValue::Array(items) => items.iter().all(|item| holds(item.get_ref())),
        DeValue::Table(table) => table.values().all(|item| holds(item.get_ref())),
        _ => true,
    }
}

/// What is wrong with a value that is not of its kind, and what would be right.
fn misfit(value: &DeValue, kind: &Kind, place: &Place) -> (String, String) {
    let key = &place.shown;
    let right = allowed(key);
    let is = match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    };
    let title = format!("`{key}` {} {is}", place.verb);
    match (kind, value) {
        (Kind::Number | Kind::NumberOr(_) | Kind::Whole, DeValue::String(text))
            if text.trim().parse::<f64>().is_ok() =>
        {
            (title, format!("{} without quotes: {right}", text.trim()))
        }
        (Kind::Number | Kind::NumberOr(_), DeValue::String(text)) => {
            (title, number_help(text).map_or_else(|| right.to_owned(), |words| format!("{words}: {right}")))
        }
        (Kind::Number | Kind::Whole | Kind::Word, DeValue::Array(_)) => {
            (title, format!("one value: {right}; to vary it, [sweep] with \"{key}\" = [...]"))
        }
        (Kind::Number | Kind::NumberOr(_), DeValue::Float(_)) => {
            (format!("{title}, beyond what a double holds"), right.to_owned())
        }
        (Kind::Word | Kind::WordOr(_), DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => {
            (title, format!("a word in quotes: {right}"))
        }
        _ => (title, right.to_owned()),
    }
}

/// What to write in place of something that is meant as a number and is none.
pub fn number_help(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let of_time = ["t", "time"].iter().any(|t| words.contains(t)) && words.len() > 1;
    let functions = ["sin", "cos", "tan", "exp", "sqrt", "log", "ln", "pi", "np", "numpy", "math"];
    let calculates = words.iter().any(|word| functions.contains(word))
        || (text.contains(['*', '/', '^', '+', '(']) && text.contains(|c: char| c.is_ascii_digit()));
    if of_time {
        Some(
            "what changes in time is in the segments of a [protocol], ramps and tables (a drive Omega cos(omega t) stands \
              still in its own frame: `drive.amplitude` and `drive.detuning`); a number",
        )
    } else if calculates {
        Some("a scenario is not calculated: the number itself, such as 0.3333333333333333")
    } else {
        None
    }
}

/// Makes whole numbers of what is typed as 1e3 or 20.0 where a whole number stands.
pub fn whole<'i>(value: &mut Value<'i>, kind: &Kind, texts: Texts<'_, 'i>) {
    let span = value.span();
    match (kind, value.get_mut()) {
        (Kind::Whole, DeValue::Float(number)) => {
            let whole = number.as_str().parse().ok().filter(|v: &f64| v.fract() == 0.0 && v.abs() <= WHOLE);
            if let Some(whole) = whole {
                *value = parsed(&format!("{whole:.0}"), span, texts.1);
            }
        }
        (Kind::List(of), DeValue::Array(items)) => items.iter_mut().for_each(|item| whole(item, of, texts)),
        (_, DeValue::Table(table)) => {
            for (key, value) in table.iter_mut() {
                if let Some(kind) = kind.of_key(key.get_ref()) {
                    whole(value, kind, texts);
                }
            }
        }
        _ => {}
    }
}
