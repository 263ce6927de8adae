//! Correlations at two times: `[[correlate]]`.

use toml::Spanned;

use super::super::asked::Purpose;
use super::super::keys::allowed;
use super::super::raw::{Key, RawCorrelate, RawScenario};
use super::super::spacing::MAX_POINTS;
use super::names::observables;
use super::operators::Vocabulary;
use super::{LARGEST, Result, Validator};
use crate::initial::ProductStart;
use crate::model::operator::is_name;
use crate::model::product::{Correlation, Product, ProductError, Since, TwoTimes};
use crate::quantity::Quantity;
use crate::statistics::Statistic;
use crate::trajectory::Pairs;

/// What correlations may begin in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begins {
    /// Whether the steady state is asked for.
    pub(super) steady: bool,
    /// Whether trajectories are run to it, and there is no transient whose times are known.
    pub(super) settles: bool,
    /// The end of the transient, where there is one.
    pub(super) until: Option<f64>,
}

impl Validator<'_> {
    /// All of them, as far as they do not depend on the baths.
    pub(super) fn correlated(
        &self,
        raw: &RawScenario,
        words: &Vocabulary,
        begins: Option<Begins>,
    ) -> Result<Vec<Correlation>> {
        let one = |table: &Spanned<RawCorrelate>| {
            let name = self.correlation_name(raw, table)?;
            let read = self.one_correlated(&format!("correlate.{name}"), table, words, begins)?;
            Ok(Correlation { name: name.to_owned(), ..read })
        };
        let read: Vec<Option<Correlation>> = raw.correlate.iter().map(|table| self.keep(one(table))).collect();
        Self::kept(read.into_iter().collect())
    }

    fn correlation_name<'a>(&self, raw: &RawScenario, table: &'a Spanned<RawCorrelate>) -> Result<&'a str> {
        let name = self.require(&table.get_ref().name, "correlate.*.name", table.span())?;
        let text = name.get_ref().as_str();
        if !is_name(text) {
            return self.refuse(name.span(), "correlate.*.name", &format!("is \"{text}\""));
        }
        let known = Quantity::ALL.into_iter().map(Quantity::name).chain(Statistic::ALL.map(Statistic::name));
        let twice = observables(raw).iter().filter(|other| *other == text).count() > 1;
        if known.into_iter().any(|known| known == text) || twice {
            return self.refuse(name.span(), "correlate.*.name", &format!("is \"{text}\", the name of another mean"));
        }
        Ok(text)
    }

    fn one_correlated(
        &self,
        key: &str,
        table: &Spanned<RawCorrelate>,
        words: &Vocabulary,
        begins: Option<Begins>,
    ) -> Result<Correlation> {
        let raw = table.get_ref();
        let operator = |what: &str, text: &Key<String>| {
            text.as_ref().map(|text| self.operator(&format!("{key}.{what}"), text, words)).transpose()
        };
        if let Some(photons) = &raw.photons {
            let others = [
                ("left", raw.left.as_ref().map(Spanned::span)),
                ("right", raw.right.as_ref().map(Spanned::span)),
                ("outer", raw.outer.as_ref().map(Spanned::span)),
                ("frequencies", raw.frequencies.as_ref().map(Spanned::span)),
            ];
            if let Some((other, Some(span))) = others.into_iter().find(|(_, span)| span.is_some()) {
                let title = format!(
                    "`{key}.{other}` has no meaning beside `photons`, which are those of \"{}\"",
                    photons.get_ref()
                );
                return Err(self.source.error(span, title, "`photons` alone; or operators"));
            }
        }
        let (left, right) = match (operator("left", &raw.left)?, operator("right", &raw.right)?) {
            (Some(left), Some(right)) => (left, right),
            (Some(left), None) => (left.clone(), left.adjoint()),
            (None, Some(right)) => (right.adjoint(), right),
            // The operators follow from the bath, once there is one.
            (None, None) if raw.photons.is_some() => (words.zero(), words.zero()),
            (None, None) => {
                let missing = format!("the key `{key}.left` is missing, and so is `right`");
                return Err(self.source.error(table.span(), missing, allowed("correlate.*.left")));
            }
        };
        let of = TwoTimes::new(left, right);
        let of = match operator("outer", &raw.outer)? {
            Some(outer) => of.around(outer),
            None => of,
        };
        let (of_delays, of_frequencies) = (format!("{key}.delays"), format!("{key}.frequencies"));
        let delays = raw.delays.as_ref().map(|list| self.ascending(list, &of_delays, 0.0)).transpose()?;
        let frequencies = raw.frequencies.as_ref().map(|list| self.ascending(list, &of_frequencies, -LARGEST));
        let frequencies = frequencies.transpose()?.unwrap_or_default();
        // What else is wrong is told, too.
        let since = self.keep(self.since(raw, key, table, Self::kept(begins)?)).unwrap_or(Since::Steady);
        if let (Since::Time(time), Some(list)) = (since, &raw.frequencies) {
            let title = format!("`{of_frequencies}`: a spectrum is of the steady state, and not of t = {time}");
            let help = "[steady] and no `at`; or `delays` alone";
            return Err(self.source.error(list.span(), title, help));
        }
        let delays = match delays {
            Some(delays) => delays,
            None if !frequencies.is_empty() => vec![0.0],
            None => {
                let missing = format!("the key `{of_delays}` is missing");
                return Err(self.source.error(table.span(), missing, allowed(&of_delays)));
            }
        };
        Ok(Correlation { name: String::new(), of, further: Vec::new(), since, delays, frequencies })
    }

    /// When the first operators act.
    fn since(&self, raw: &RawCorrelate, key: &str, table: &Spanned<RawCorrelate>, begins: Begins) -> Result<Since> {
        let Begins { steady, settles, until } = begins;
        match (&raw.at, until.filter(|_| !settles)) {
            (None, _) if steady => Ok(Since::Steady),
            (None, Some(until)) => Ok(Since::Time(until)),
            (None, None) => {
                let title = format!("`{key}` has nothing to begin in: there is neither a transient nor a steady state");
                Err(self.source.error(
                    table.span(),
                    title,
                    "[evolution] with `until`, or [steady] and `superjump exact`",
                ))
            }
            (Some(at), None) => {
                let title = format!("`{key}.at` is {}, and there is no transient", at.get_ref());
                Err(self.source.error(at.span(), title, "[evolution] with `until`; or no `at`, for the steady state"))
            }
            (Some(at), Some(until)) => {
                let time = self.not_negative(at, &format!("{key}.at"))?;
                if time > until {
                    let title = format!("`{key}.at` is {time}, and the transient ends at {until}");
                    return Err(self.source.error(at.span(), title, allowed("correlate.*.at")));
                }
                Ok(Since::Time(time))
            }
        }
    }

    /// Ascending numbers from a least one up: a list, or a table that says how they are spaced.
    fn ascending(&self, value: &Spanned<toml::Value>, key: &str, least: f64) -> Result<Vec<f64>> {
        let number = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        let wrong = |what: String| self.refuse(value.span(), key, &what);
        let numbers = match value.get_ref() {
            toml::Value::Array(list) => list.iter().map(number).collect::<Option<Vec<f64>>>(),
            toml::Value::Table(table) => spaced(table),
            _ => None,
        };
        let Some(numbers) = numbers else { return wrong(format!("is {}", value.get_ref())) };
        if numbers.is_empty() {
            return wrong("is empty".to_owned());
        }
        let mut last = None;
        for number in &numbers {
            if !number.is_finite() || number.abs() > LARGEST || *number < least {
                return wrong(format!("has {number}"));
            }
            if let Some(before) = last.filter(|before| before >= number) {
                return wrong(format!("has {number} after {before}"));
            }
            last = Some(*number);
        }
        Ok(numbers)
    }

    /// What the photons of a bath are correlated by.
    fn photon_pairs(&self, product: &Product, bath: &Spanned<String>, name: &str) -> Result<Vec<TwoTimes>> {
        let key = format!("correlate.{name}.photons");
        let names = || product.baths().iter().map(|bath| bath.name.as_str());
        let Some(place) = names().position(|own| own == bath.get_ref()) else {
            let title = format!("`{key}`: there is no bath \"{}\"", bath.get_ref());
            let help = format!("there are: {}", names().collect::<Vec<_>>().join(", "));
            return Err(self.source.error(bath.span(), title, &help));
        };
        product.photon_pairs(place).map_err(|error| {
            self.source.error(bath.span(), format!("`{key}`: {error}"), allowed("correlate.*.photons"))
        })
    }

    /// Holds them against the product that they are of.
    pub(super) fn of_product(
        &self,
        raw: &RawScenario,
        (product, start): (&Product, &ProductStart),
        mut asked: Vec<Correlation>,
    ) -> Result<Vec<Correlation>> {
        for (correlation, table) in asked.iter_mut().zip(&raw.correlate) {
            if let Some(bath) = &table.get_ref().photons {
                let mut terms = self.photon_pairs(product, bath, &correlation.name)?;
                (correlation.of, correlation.further) = (terms.remove(0), terms);
            }
        }
        for (correlation, table) in asked.iter().zip(&raw.correlate) {
            let refuse = |error: ProductError| {
                let title = format!("`correlate.{}`: {error}", correlation.name);
                self.source.error(table.span(), title, allowed("mode.*.levels"))
            };
            for of in correlation.terms() {
                of.check(product).map_err(refuse)?;
                if matches!(correlation.since, Since::Time(_)) {
                    of.check_cuts_stay(product).map_err(refuse)?;
                }
            }
        }
        if self.purpose == Purpose::Trajectories
            && let Some(first) = raw.correlate.first()
        {
            Pairs::check(product, start, &asked).map_err(|error| self.no_product(first.span(), &error))?;
        }
        Ok(asked)
    }
}

/// What { linspace = [first, last, how many] } or logspace stands for; `None` where it is none.
fn spaced(table: &toml::Table) -> Option<Vec<f64>> {
    let number = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let (Some((kind, list)), 1) = (table.iter().next(), table.len()) else { return None };
    let [first, last, count] = list.as_array()?.as_slice() else { return None };
    let (first, last) = (number(first)?, number(last)?);
    let count = count.as_integer().and_then(|count| usize::try_from(count).ok())?;
    let is_log = match kind.as_str() {
        "linspace" => false,
        "logspace" => true,
        _ => return None,
    };
    if !(2..=MAX_POINTS).contains(&count) || (is_log && (first <= 0.0 || last <= 0.0)) {
        return None;
    }
    let at = |step: usize| {
        let share = step as f64 / (count - 1) as f64;
        match step {
            0 => first,
            step if step == count - 1 => last,
            _ if is_log => first * libm::pow(last / first, share),
            _ => first + (last - first) * share,
        }
    };
    Some((0..count).map(at).collect())
}
