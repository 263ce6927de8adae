//! Columns of numbers and words.

use serde::{Deserialize, Serialize};

/// What a column holds, and whether a row may lack it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A number, or null.
    OptionalNumber,
    /// A word.
    Word,
    /// A word, or null.
    OptionalWord,
    /// A list of numbers.
    List,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Kind; 6] =
        [Kind::Integer, Kind::Number, Kind::OptionalNumber, Kind::Word, Kind::OptionalWord, Kind::List];
}

/// A column of a table: its name, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

impl Field {
    /// A column.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Field { name: name.into(), kind }
    }
}

/// The values of a column, row by row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Values {
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Numbers; NaN where there is none, for which a file holds null. No result is NaN.
    Numbers(Vec<f64>),
    /// Words.
    Words(Words),
    /// Lists of numbers.
    Lists(Lists),
}

/// Words, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    text: String,
    /// Where the word of each row ends, and whether there is one.
    rows: Vec<(usize, bool)>,
}

/// Lists of numbers, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lists {
    values: Vec<f64>,
    /// Where the list of each row ends.
    ends: Vec<usize>,
}

impl Words {
    /// The words of the rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let starts = std::iter::once(0).chain(self.rows.iter().map(|(end, _)| *end));
        starts.zip(&self.rows).map(|(start, (end, there))| there.then(|| &self.text[start..*end]))
    }

    /// All words behind one another.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn push(&mut self, word: Option<&str>) {
        self.text.push_str(word.unwrap_or_default());
        self.rows.push((self.text.len(), word.is_some()));
    }
}

impl<'a> FromIterator<Option<&'a str>> for Words {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(rows: I) -> Self {
        let mut words = Words::default();
        rows.into_iter().for_each(|word| words.push(word));
        words
    }
}

impl Lists {
    /// The lists of the rows.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.values[start..*end])
    }

    /// The numbers of all lists.
    #[must_use]
    pub fn flat(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn push(&mut self, list: &[f64]) {
        self.values.extend_from_slice(list);
        self.ends.push(self.values.len());
    }
}

impl<'a> FromIterator<&'a [f64]> for Lists {
    fn from_iter<I: IntoIterator<Item = &'a [f64]>>(rows: I) -> Self {
        let mut lists = Lists::default();
        rows.into_iter().for_each(|list| lists.push(list));
        lists
    }
}

impl Values {
    /// Whole numbers.
    pub fn integers(rows: impl IntoIterator<Item = i64>) -> Self {
        Values::Integers(rows.into_iter().collect())
    }

    /// Numbers that are all there.
    pub fn numbers(rows: impl IntoIterator<Item = f64>) -> Self {
        Values::Numbers(rows.into_iter().collect())
    }

    /// Numbers that may be missing.
    pub fn optional_numbers(rows: impl IntoIterator<Item = Option<f64>>) -> Self {
        Values::numbers(rows.into_iter().map(|value| value.unwrap_or(f64::NAN)))
    }

    /// Words that are all there.
    pub fn words<'a>(rows: impl IntoIterator<Item = &'a str>) -> Self {
        Values::optional_words(rows.into_iter().map(Some))
    }

    /// Words that may be missing.
    pub fn optional_words<'a>(rows: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        Values::Words(rows.into_iter().collect())
    }

    /// Lists of numbers.
    pub fn lists<'a>(rows: impl IntoIterator<Item = &'a [f64]>) -> Self {
        Values::Lists(rows.into_iter().collect())
    }

    /// Of no rows yet.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Integer => Values::Integers(Vec::new()),
            Kind::Number | Kind::OptionalNumber => Values::Numbers(Vec::new()),
            Kind::Word | Kind::OptionalWord => Values::Words(Words::default()),
            Kind::List => Values::Lists(Lists::default()),
        }
    }

    /// Adds a row that holds a whole number.
    ///
    /// # Panics
    /// Where rows hold something else, as of all that add a row.
    #[inline]
    pub fn push_integer(&mut self, value: i64) {
        match self {
            Values::Integers(rows) => rows.push(value),
            rows => panic!("{value} below {rows:?}"),
        }
    }

    /// Adds a row that holds a number, NaN where there is none.
    #[inline]
    pub fn push_number(&mut self, value: f64) {
        match self {
            Values::Numbers(rows) => rows.push(value),
            rows => panic!("{value} below {rows:?}"),
        }
    }

    /// Adds a row that holds a word.
    #[inline]
    pub fn push_word(&mut self, word: &str) {
        match self {
            Values::Words(words) => words.push(Some(word)),
            rows => panic!("{word} below {rows:?}"),
        }
    }

    /// Adds a row that holds a list of numbers.
    #[inline]
    pub fn push_list(&mut self, list: &[f64]) {
        match self {
            Values::Lists(lists) => lists.push(list),
            rows => panic!("{list:?} below {rows:?}"),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Values::Integers(rows) => rows.len(),
            Values::Numbers(rows) => rows.len(),
            Values::Words(words) => words.rows.len(),
            Values::Lists(lists) => lists.ends.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they are of this kind, and hang together: what was read back may not.
    pub(crate) fn is_of(&self, kind: Kind) -> bool {
        let ascend = |ends: &[usize], length: usize| ends.is_sorted() && ends.last().is_none_or(|end| *end <= length);
        match (self, kind) {
            (Values::Integers(_), Kind::Integer) | (Values::Numbers(_), Kind::OptionalNumber) => true,
            (Values::Numbers(rows), Kind::Number) => !rows.iter().any(|value| value.is_nan()),
            (Values::Words(words), Kind::Word | Kind::OptionalWord) => {
                let ends: Vec<usize> = words.rows.iter().map(|(end, _)| *end).collect();
                ascend(&ends, words.text.len())
                    && ends.iter().all(|end| words.text.is_char_boundary(*end))
                    && (kind == Kind::OptionalWord || words.rows.iter().all(|(_, there)| *there))
            }
            (Values::Lists(lists), Kind::List) => ascend(&lists.ends, lists.values.len()),
            _ => false,
        }
    }

    /// The bytes that it holds, about.
    pub(super) fn size(&self) -> usize {
        let content = match self {
            Values::Integers(_) | Values::Numbers(_) => 0,
            Values::Words(words) => words.text.len(),
            Values::Lists(lists) => 8 * lists.values.len(),
        };
        8 * self.len() + content
    }

    /// Adds later rows.
    ///
    /// # Panics
    /// Where they hold something else.
    pub fn append(&mut self, later: Values) {
        if self.is_empty() {
            assert!(std::mem::discriminant(self) == std::mem::discriminant(&later), "{later:?} below {self:?}");
            *self = later;
            return;
        }
        match (self, later) {
            (Values::Integers(rows), Values::Integers(later)) => rows.extend_from_slice(&later),
            (Values::Numbers(rows), Values::Numbers(later)) => rows.extend_from_slice(&later),
            (Values::Words(words), Values::Words(later)) => later.iter().for_each(|word| words.push(word)),
            (Values::Lists(lists), Values::Lists(later)) => later.iter().for_each(|list| lists.push(list)),
            (rows, later) => panic!("{later:?} below {rows:?}"),
        }
    }
}

/// A table in memory.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its columns, of as many rows each.
    pub columns: Vec<(Field, Values)>,
}

impl Table {
    /// A table of no rows yet.
    #[must_use]
    pub fn new(fields: Vec<Field>) -> Self {
        let columns = fields.into_iter().map(|field| {
            let empty = Values::empty(field.kind);
            (field, empty)
        });
        Table { columns: columns.collect() }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// The values of a column; `None` where there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Values> {
        self.columns.iter().find(|(field, _)| field.name == name).map(|(_, values)| values)
    }

    /// A column of numbers, NaN where it is null; `None` where there is no such column of numbers.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        match self.column(name)? {
            Values::Integers(rows) => Some(rows.iter().map(|value| *value as f64).collect()),
            Values::Numbers(rows) => Some(rows.clone()),
            _ => None,
        }
    }

    /// A column of whole numbers; `None` where there is no such column of whole numbers.
    #[must_use]
    pub fn integers(&self, name: &str) -> Option<&[i64]> {
        match self.column(name)? {
            Values::Integers(rows) => Some(rows),
            _ => None,
        }
    }

    /// A column of words, "" where it is null; `None` where there is no such column of words.
    #[must_use]
    pub fn words(&self, name: &str) -> Option<Vec<&str>> {
        match self.column(name)? {
            Values::Words(words) => Some(words.iter().map(Option::unwrap_or_default).collect()),
            _ => None,
        }
    }

    /// A column of lists of numbers; `None` where there is no such column of lists.
    #[must_use]
    pub fn lists(&self, name: &str) -> Option<&Lists> {
        match self.column(name)? {
            Values::Lists(lists) => Some(lists),
            _ => None,
        }
    }

    /// Adds later rows of the same columns.
    pub fn append(&mut self, later: Vec<Values>) {
        for ((_, values), later) in self.columns.iter_mut().zip(later) {
            values.append(later);
        }
    }
}
