//! `[figure.NAME]` tables. They change no result; what draws reads them again, from the text of the scenario.

use toml::Spanned;

use super::super::foreign::nearest;
use super::super::keys::allowed;
use super::super::print::{Legend, Print};
use super::super::raw::{RawFigure, RawScenario};
use super::super::source::ScenarioError;
use super::ensembles::is_of_ensembles;
use super::names::observables;
use super::{Result, Validator};
use crate::quantity::Quantity;
use crate::statistics::Statistic;

/// The letters of a name that is part of a file's name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// What a figure can show upwards: quantities, and statistics of counts. Of photon times each has its own number.
fn drawable() -> Vec<&'static str> {
    let named_otherwise = [Quantity::PhotonTime, Quantity::Observable];
    let quantities =
        Quantity::ALL.into_iter().filter(|quantity| !named_otherwise.contains(quantity)).map(Quantity::name);
    let mut names: Vec<&str> = quantities.chain(Statistic::ALL.map(Statistic::name)).collect();
    names.extend(["transferred_quanta", "photon_time_1"]);
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a name is that of a photon, `photon_time_3`.
fn is_photon(name: &str) -> bool {
    let number = name.strip_prefix(Quantity::PhotonTime.name()).and_then(|rest| rest.strip_prefix('_'));
    number.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number > 0)
}

/// The key of "KEY", "1/KEY" or "KEY/2".
fn key_of(text: &str) -> &str {
    let rest = text.strip_prefix("1/").unwrap_or(text);
    rest.strip_suffix("/2").unwrap_or(rest).trim()
}

impl Validator<'_> {
    /// The tables alone, of a file that is drawn from a run with these baths.
    pub fn figures_alone(&self, raw: &RawScenario, baths: &[&str]) -> Result<()> {
        self.figures(raw, baths);
        let found = self.found.take();
        if found.is_empty() { Ok(()) } else { Err(ScenarioError::of(found)) }
    }

    /// All tables: their names are names of files, and words are words that are known.
    pub(super) fn figures(&self, raw: &RawScenario, baths: &[&str]) {
        for (name, table) in raw.figure.iter().flat_map(Spanned::get_ref) {
            if !is_name(name.get_ref()) {
                self.keep(self.refuse::<()>(name.span(), "figure", &format!("has a table \"{}\"", name.get_ref())));
            }
            self.figure(name.get_ref(), table, baths, raw);
        }
    }

    /// How large it is in print, and where its legend stands.
    fn print(&self, figure: &RawFigure, key: &dyn Fn(&str) -> String) {
        let mut print = Print::default();
        if let Some(width) = &figure.width {
            let value = width.get_ref();
            let number = value.as_float().or(value.as_integer().map(|inches| inches as f64));
            print.width = match value.as_str() {
                Some(word) => Print::width_from_word(word),
                None => number.filter(|inches| Print::is_width(*inches)),
            };
            if print.width.is_none() {
                self.keep(self.refuse::<()>(width.span(), &key("width"), &format!("is {value}")));
            }
        }
        if let Some(font) = &figure.font {
            print.font = Some(*font.get_ref());
            let points = font.get_ref();
            let wrong = (!Print::is_font(*points)).then(|| format!("is {points}")).or(print.too_large());
            if let Some(wrong) = wrong {
                self.keep(self.refuse::<()>(font.span(), &key("font"), &wrong));
            }
        }
        if let Some(place) = figure.legend.as_ref().filter(|place| Legend::from_word(place.get_ref()).is_none()) {
            self.keep(self.word_is_none::<()>(place, &key("legend"), "is", allowed("figure.*.legend")));
        }
    }

    fn figure(&self, name: &str, table: &Spanned<RawFigure>, baths: &[&str], raw: &RawScenario) {
        let (figure, is_of_ensembles) = (table.get_ref(), is_of_ensembles(raw));
        let key = |key: &str| format!("figure.{name}.{key}");
        self.print(figure, &key);
        let quantity = self.keep(self.require(&figure.quantity, &key("quantity"), table.span()));
        quantity.and_then(|quantity| self.keep(self.quantity(quantity, &key("quantity"), &observables(raw))));
        if let Some(bath) = &figure.bath {
            // As curves are called: two joined are a covariance's, and counts have their window behind the name.
            let name = bath.get_ref().split(", t = ").next().unwrap_or_default();
            if !name.split(" and ").all(|one| baths.contains(&one)) {
                self.keep(Err::<(), _>(self.no_bath(bath.span(), &key("bath"), bath.get_ref(), baths)));
            } else if let Some(quantity) = &figure.quantity {
                self.keep(self.is_of_sums(bath, quantity, &key("bath"), raw));
            }
        }
        let axes = [("against", &figure.against), ("curves", &figure.curves), ("panels", &figure.panels)];
        for (axis, value) in axes {
            value.as_ref().and_then(|value| self.keep(self.axis(value, &key(axis), axis == "against")));
        }
        if let Some(value) = figure.values.as_ref().filter(|v| v.get_ref().iter().any(|v| !v.is_finite())) {
            self.keep(self.refuse::<()>(value.span(), &key("values"), "has a number that is not finite"));
        }
        if let Some(label) = figure.labels.iter().flatten().find(|label| label.is_empty()) {
            self.keep(self.refuse::<()>(table.span(), &key("labels"), &format!("has an empty label {label:?}")));
        }
        let lists = [
            ("references", figure.references.as_ref(), &["independent", "symmetric", "limit"][..]),
            ("log", figure.log.as_ref(), &["x", "y"][..]),
        ];
        if let Some(references) = figure.references.as_ref().filter(|_| is_of_ensembles) {
            let title = format!("`{}` are of one ensemble, and not of [[ensemble]] and [[mode]]", key("references"));
            self.keep(Err::<(), _>(self.source.error(references.span(), title, "no `references`")));
        }
        for (list, words, known) in lists {
            for word in words.map_or(&[][..], |list| list.get_ref()) {
                if !known.contains(&word.get_ref().as_str()) {
                    self.keep(self.word_is_none::<()>(word, &key(list), "has", allowed(&key(list))));
                }
            }
        }
        if let Some(over) = figure.over.as_ref().filter(|over| !["N", "J", "J(J+1)"].contains(&over.get_ref().as_str()))
        {
            self.keep(self.no_word::<()>(over, &key("over")));
        }
    }

    /// Refuses a sum over baths for what is of one bath.
    fn is_of_sums(
        &self,
        bath: &Spanned<String>,
        quantity: &Spanned<String>,
        key: &str,
        raw: &RawScenario,
    ) -> Result<()> {
        let name = bath.get_ref();
        let counts = raw.noise.iter().filter_map(|noise| noise.get_ref().counts.as_ref());
        let is_sum = counts.flat_map(|counts| counts.get_ref().keys()).any(|sum| sum.get_ref() == name);
        let of_sums: Vec<&str> = Statistic::ALL.into_iter().filter(|of| of.is_of_sums()).map(Statistic::name).collect();
        if !is_sum || of_sums.contains(&quantity.get_ref().as_str()) {
            return Ok(());
        }
        let title = format!("`{key}` is the sum \"{name}\", and `{}` is of one bath", quantity.get_ref());
        Err(self.source.error(bath.span(), title, &format!("a bath; or as quantity {}", of_sums.join(", "))))
    }

    fn quantity(&self, quantity: &Spanned<String>, key: &str, observables: &[String]) -> Result<()> {
        let name = quantity.get_ref().as_str();
        let mut known = drawable();
        known.extend(observables.iter().map(String::as_str));
        if known.contains(&name) || is_photon(name) || Quantity::renamed(name).is_some() {
            return Ok(());
        }
        let words = known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        self.word_is_none(quantity, key, "is", &format!("one of {words}"))
    }

    /// What an axis goes over: a key that is swept; the horizontal one also time.
    fn axis(&self, axis: &Spanned<String>, key: &str, horizontal: bool) -> Result<()> {
        let Some(keys) = self.swept else { return Ok(()) };
        let name = key_of(axis.get_ref());
        if keys.iter().any(|swept| swept == name) || (horizontal && axis.get_ref() == "time") {
            return Ok(());
        }
        let mut known: Vec<&str> = keys.iter().map(String::as_str).collect();
        known.extend(horizontal.then_some("time"));
        known.dedup();
        let near =
            nearest(name, known.iter().copied()).map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
        let words = known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let help = match keys {
            [] if horizontal => "\"time\"; or a key of [sweep], which this scenario does not have".to_owned(),
            [] => "a key of [sweep], which this scenario does not have".to_owned(),
            _ => format!("{near}{words}; a key that is swept also as \"1/KEY\" or \"KEY/2\""),
        };
        Err(self.source.error(axis.span(), format!("`{key}` is \"{}\", which is not swept", axis.get_ref()), &help))
    }
}
