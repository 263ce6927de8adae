//! What a value of a scenario may be, as its type says.

use std::collections::BTreeMap;

use toml::Spanned;

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Number,
    Whole,
    Word,
    Flag,
    /// Of several kinds.
    Any,
    List(Box<Kind>),
    /// Keys, each with its value.
    Table(Vec<(&'static str, Kind)>),
    /// Tables of any name.
    Named(Box<Kind>),
    /// A number, or a table of such keys.
    NumberOr(Box<Kind>),
    /// A word, or a table of such keys.
    WordOr(Box<Kind>),
}

impl Kind {
    /// What a value under this key may be.
    pub fn of_key(&self, key: &str) -> Option<&Kind> {
        match self {
            Kind::Table(fields) => fields.iter().find(|(name, _)| *name == key).map(|(_, kind)| kind),
            Kind::Named(of) => Some(of),
            Kind::NumberOr(table) | Kind::WordOr(table) => table.of_key(key),
            _ => None,
        }
    }

    /// What a value at this path may be, as a sweep writes it: `bath.NAME.rate`.
    pub fn at(&self, path: &str) -> Option<&Kind> {
        path.split('.').try_fold(self, |kind, key| match kind {
            // A bath goes by its name.
            Kind::List(of) => Some(&**of),
            kind => kind.of_key(key),
        })
    }
}

/// A type that mirrors a value of a scenario.
pub trait Described {
    /// What the value may be.
    fn kind() -> Kind;
}

impl Described for f64 {
    fn kind() -> Kind {
        Kind::Number
    }
}

impl Described for i64 {
    fn kind() -> Kind {
        Kind::Whole
    }
}

impl Described for String {
    fn kind() -> Kind {
        Kind::Word
    }
}

impl Described for bool {
    fn kind() -> Kind {
        Kind::Flag
    }
}

impl Described for toml::Value {
    fn kind() -> Kind {
        Kind::Any
    }
}

impl<T: Described> Described for Option<T> {
    fn kind() -> Kind {
        T::kind()
    }
}

impl<T: Described> Described for Spanned<T> {
    fn kind() -> Kind {
        T::kind()
    }
}

impl<T: Described> Described for Vec<T> {
    fn kind() -> Kind {
        Kind::List(Box::new(T::kind()))
    }
}

impl<T: Described> Described for BTreeMap<Spanned<String>, T> {
    fn kind() -> Kind {
        Kind::Named(Box::new(T::kind()))
    }
}
