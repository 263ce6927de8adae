//! Spaced values of a sweep: how many there are is known before any of them is.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::label::label;
use super::source::{ScenarioError, Source};

/// The most points of one campaign.
pub const MAX_POINTS: usize = 1_000_000;

/// Values between two ends.
#[derive(Clone, Debug)]
pub struct Spacing {
    first: f64,
    last: f64,
    /// How many, ends included.
    pub count: usize,
    /// Whether it is their logarithms that are evenly spaced.
    logarithmic: bool,
    /// Whether both ends are whole numbers; values are then too, where they are whole.
    whole_ends: bool,
    /// Where it stands.
    pub span: Range<usize>,
}

impl Spacing {
    /// Whether a table says how to space values.
    pub fn is(table: &DeTable) -> bool {
        table.contains_key("linspace") || table.contains_key("logspace")
    }

    /// The spacing that the table at `span` asks for.
    pub fn read(name: &str, table: &DeTable, span: Range<usize>, source: &Source) -> Result<Self, ScenarioError> {
        let refuse = |what: &str| {
            let allowed = "{ linspace = [first, last, how many] }, or the same as logspace, whose ends are above 0; \
                           finite ends, and from 2 to 1000000 values";
            Err(source.error(span.clone(), format!("`sweep.{name}` {what}"), allowed))
        };
        let (Some((kind, list)), 1) = (table.iter().next(), table.len()) else {
            return refuse("has more than one spacing");
        };
        let items = list.get_ref().as_array().map(|items| items.iter().map(Spanned::get_ref).collect::<Vec<_>>());
        let Some([from, to, count]) = items.as_deref() else {
            return refuse("does not have first, last and how many");
        };
        let number = |value: &DeValue| label(value).as_f64().filter(|number| number.is_finite());
        let (Some(first), Some(last)) = (number(from), number(to)) else {
            return refuse("has an end that is no finite number");
        };
        let Some(count) = label(count).as_u64().and_then(|count| usize::try_from(count).ok()) else {
            return refuse("does not say how many as a whole number");
        };
        let logarithmic = kind.get_ref() == "logspace";
        if !(2..=MAX_POINTS).contains(&count) || (logarithmic && (first <= 0.0 || last <= 0.0)) {
            return refuse("cannot be spaced like this");
        }
        let whole_ends = matches!((from, to), (DeValue::Integer(_), DeValue::Integer(_)));
        Ok(Spacing { first, last, count, logarithmic, whole_ends, span })
    }

    /// A value, as somebody would have typed it.
    pub fn text(&self, step: usize) -> String {
        let Spacing { first, last, count, .. } = *self;
        let share = step as f64 / (count - 1) as f64;
        let value = match step {
            0 => first,
            step if step == count - 1 => last,
            _ if self.logarithmic => {
                let value = first * libm::pow(last / first, share);
                short(value, (2.0 + (last / first).ln().abs()) * f64::EPSILON * value)
            }
            _ => short(first + (last - first) * share, 2.0 * f64::EPSILON * first.abs().max(last.abs())),
        };
        let near = value.round();
        let whole = self.whole_ends && (value - near).abs() <= 1e-12 * near.abs();
        if whole { format!("{near:.0}") } else { format!("{value:?}") }
    }
}

/// The decimal that a computed value stands for: the shortest within its rounding, where that is so much finer than the
/// decimal that it cannot be chance; the value itself otherwise.
fn short(value: f64, rounding: f64) -> f64 {
    if value.abs() <= rounding {
        return 0.0;
    }
    let coarse = |digits: &usize| value.abs() > 1e4 * rounding * 10_f64.powi(*digits as i32);
    let decimals = (0..).take_while(coarse).filter_map(|digits| format!("{value:.digits$e}").parse::<f64>().ok());
    decimals.into_iter().find(|decimal| (decimal - value).abs() <= rounding).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(first: f64, last: f64, count: usize, logarithmic: bool) -> Vec<String> {
        let spacing = Spacing { first, last, count, logarithmic, whole_ends: false, span: 0..0 };
        (0..count).map(|step| spacing.text(step)).collect()
    }

    #[test]
    fn values_are_the_decimals_that_they_stand_for() {
        assert_eq!(texts(0.01, 10.0, 4, true), ["0.01", "0.1", "1.0", "10.0"]);
        assert_eq!(texts(1e-7, 1e-4, 4, true), ["1e-7", "1e-6", "1e-5", "0.0001"]);
        assert_eq!(texts(1e6, 1e-6, 13, true)[1..4], ["100000.0", "10000.0", "1000.0"]);
        assert_eq!(texts(0.0, 1.0, 11, false)[1..5], ["0.1", "0.2", "0.3", "0.4"]);
        // What cancels is as rounded as the ends are.
        assert_eq!(texts(-1.0, 1.0, 21, false)[8..12], ["-0.2", "-0.1", "0.0", "0.1"]);
        assert_eq!(texts(-0.3, 0.6, 10, false)[2..5], ["-0.1", "0.0", "0.1"]);
        assert_eq!(texts(5e9, 5.1e9, 3, false)[1], "5050000000.0");
        // Ends are what was typed, and what is no short decimal stays what it is.
        let typed = 0.123_456_789_012_345_68;
        assert_eq!(texts(typed, 1.0, 2, false), [format!("{typed:?}"), "1.0".to_owned()]);
        assert_eq!(texts(0.0, 1.0, 4, false)[1..3], [format!("{:?}", 1.0 / 3.0), format!("{:?}", 2.0 / 3.0)]);
        assert_eq!(texts(1.0, 2.0, 3, true)[1], format!("{:?}", libm::pow(2.0, 0.5)));
    }
}
