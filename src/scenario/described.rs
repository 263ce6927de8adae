//! What a value of a scenario may be, as its type says, and how it is read.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

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
pub trait Described: Sized {
    /// What the value may be.
    fn kind() -> Kind;

    /// Reads a value of that kind; `None` where it is of another.
    fn read(value: &Spanned<DeValue>) -> Option<Self>;

    /// What stands for a key that is left out, where one may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// The value of a key of a table.
pub fn read_key<T: Described>(table: &DeTable, key: &str) -> Option<T> {
    table.get(key).map_or_else(T::absent, T::read)
}

fn whole(number: &DeInteger) -> Option<i128> {
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

/// What a whole number is where any may stand.
pub fn number_of(number: &DeInteger) -> Option<f64> {
    whole(number).map(|whole| whole as f64).or_else(|| number.as_str().parse().ok())
}

impl Described for f64 {
    fn kind() -> Kind {
        Kind::Number
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Integer(number) => number_of(number),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    }
}

impl Described for i64 {
    fn kind() -> Kind {
        Kind::Whole
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        whole(value.get_ref().as_integer()?)?.try_into().ok()
    }
}

impl Described for String {
    fn kind() -> Kind {
        Kind::Word
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        value.get_ref().as_str().map(str::to_owned)
    }
}

impl Described for bool {
    fn kind() -> Kind {
        Kind::Flag
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        value.get_ref().as_bool()
    }
}

impl Described for toml::Value {
    fn kind() -> Kind {
        Kind::Any
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        Some(match value.get_ref() {
            DeValue::String(text) => text.to_string().into(),
            DeValue::Integer(number) => match i64::try_from(whole(number)?) {
                Ok(whole) => whole.into(),
                Err(_) => number_of(number)?.into(),
            },
            DeValue::Float(_) => f64::read(value)?.into(),
            DeValue::Boolean(flag) => (*flag).into(),
            DeValue::Datetime(date) => (*date).into(),
            DeValue::Array(items) => toml::Value::Array(items.iter().map(Self::read).collect::<Option<_>>()?),
            DeValue::Table(table) => {
                let entry = |(key, value): (&Spanned<_>, &_)| {
                    let key: &std::borrow::Cow<str> = key.get_ref();
                    Some((key.to_string(), Self::read(value)?))
                };
                toml::Value::Table(table.iter().map(entry).collect::<Option<_>>()?)
            }
        })
    }
}

impl<T: Described> Described for Option<T> {
    fn kind() -> Kind {
        T::kind()
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Described> Described for Spanned<T> {
    fn kind() -> Kind {
        T::kind()
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        Some(Spanned::new(value.span(), T::read(value)?))
    }
}

impl<T: Described> Described for Vec<T> {
    fn kind() -> Kind {
        Kind::List(Box::new(T::kind()))
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        value.get_ref().as_array()?.iter().map(T::read).collect()
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Described> Described for BTreeMap<Spanned<String>, T> {
    fn kind() -> Kind {
        Kind::Named(Box::new(T::kind()))
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        InOrder::read(value).map(|InOrder(entries)| entries.into_iter().collect())
    }
}

/// Values of any name, in the order of the file.
#[derive(Clone, Debug)]
pub struct InOrder<T>(pub Vec<(Spanned<String>, T)>);

impl<T: Described> Described for InOrder<T> {
    fn kind() -> Kind {
        Kind::Named(Box::new(T::kind()))
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        let entry = |(key, value): (&Spanned<_>, &_)| {
            let name: &std::borrow::Cow<str> = key.get_ref();
            Some((Spanned::new(key.span(), name.to_string()), T::read(value)?))
        };
        value.get_ref().as_table()?.iter().map(entry).collect::<Option<_>>().map(InOrder)
    }
}
