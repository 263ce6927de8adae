//! The swept keys as columns: every row of every table says where in the sweep it belongs.

use serde_json::Value;

use crate::scenario::Point;
use crate::table::{Field, Kind, Values};

/// A swept key, with its value at every point.
#[derive(Clone, Debug)]
pub struct Swept {
    key: String,
    kind: Kind,
    values: Vec<Value>,
}

impl Swept {
    /// The keys that these points are swept over.
    pub fn of(points: &[Point]) -> Vec<Swept> {
        let keys = points.first().map_or(0, |point| point.parameters.len());
        let swept = |index: usize| {
            let values: Vec<Value> = points.iter().map(|point| point.parameters[index].1.clone()).collect();
            let kind = if values.iter().all(Value::is_i64) {
                Kind::Integer
            } else if values.iter().all(Value::is_number) {
                Kind::Number
            } else {
                Kind::Word
            };
            Swept { key: points[0].parameters[index].0.clone(), kind, values }
        };
        (0..keys).map(swept).collect()
    }

    /// Its field in a table that has these columns of its own. A sweep over `bath` as a whole has the name of one of them.
    pub fn field(&self, own: &[Field]) -> Field {
        let taken = own.iter().any(|field| field.name == self.key);
        Field::new(if taken { format!("sweep.{}", self.key) } else { self.key.clone() }, self.kind)
    }

    /// Its column in rows that all belong to one point.
    pub fn column(&self, point: usize, rows: usize) -> Values {
        let value = &self.values[point];
        match self.kind {
            Kind::Integer => Values::integers(std::iter::repeat_n(value.as_i64(), rows).flatten()),
            Kind::Number => Values::numbers(std::iter::repeat_n(value.as_f64(), rows).flatten()),
            _ => {
                let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Values::words(std::iter::repeat_n(word.as_str(), rows))
            }
        }
    }
}
