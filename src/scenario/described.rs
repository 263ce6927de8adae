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
