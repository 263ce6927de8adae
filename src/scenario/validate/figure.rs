//! `[figure.NAME]` tables. They change no result; what draws reads them again, from the text of the scenario.

use toml::Spanned;

use super::super::print::{Legend, Print};
use super::super::raw::{RawFigure, RawScenario};
use super::{Result, Validator};

/// The letters of a name that is part of a file's name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

impl Validator<'_> {
    /// All tables: their names are names of files, and words are words that are known.
    pub fn figures(&self, raw: &RawScenario) -> Result<()> {
        let Some(tables) = &raw.figure else { return Ok(()) };
        for (name, table) in tables.get_ref() {
            if !is_name(name.get_ref()) {
                return self.refuse(name.span(), "figure", &format!("has a table \"{}\"", name.get_ref()));
            }
            self.figure(table)?;
        }
        Ok(())
    }

    /// How large it is in print, and where its legend stands.
    fn print(&self, figure: &RawFigure) -> Result<()> {
        let mut print = Print::default();
        if let Some(width) = &figure.width {
            let value = width.get_ref();
            let number = value.as_float().or(value.as_integer().map(|inches| inches as f64));
            print.width = match value.as_str() {
                Some(word) => Print::width_from_word(word),
                None => number.filter(|inches| Print::is_width(*inches)),
            };
            if print.width.is_none() {
                return self.refuse(width.span(), "figure.*.width", &format!("is {value}"));
            }
        }
        if let Some(font) = &figure.font {
            print.font = Some(*font.get_ref());
            let points = font.get_ref();
            let wrong = (!Print::is_font(*points)).then(|| format!("is {points}")).or(print.too_large());
            if let Some(wrong) = wrong {
                return self.refuse(font.span(), "figure.*.font", &wrong);
            }
        }
        match &figure.legend {
            Some(place) if Legend::from_word(place.get_ref()).is_none() => {
                self.refuse(place.span(), "figure.*.legend", &format!("is \"{}\"", place.get_ref()))
            }
            _ => Ok(()),
        }
    }

    fn figure(&self, table: &Spanned<RawFigure>) -> Result<()> {
        let figure = table.get_ref();
        self.print(figure)?;
        let quantity = self.require(&figure.quantity, "figure.*.quantity", table.span())?;
        let keys = [
            ("bath", &figure.bath),
            ("against", &figure.against),
            ("curves", &figure.curves),
            ("panels", &figure.panels),
        ];
        let named = keys.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        if let Some((key, value)) = named.chain([("quantity", quantity)]).find(|(_, value)| value.get_ref().is_empty())
        {
            return self.refuse(value.span(), &format!("figure.*.{key}"), "is empty");
        }
        if let Some(value) = figure.values.as_ref().filter(|v| v.get_ref().iter().any(|v| !v.is_finite())) {
            return self.refuse(value.span(), "figure.*.values", "has a number that is not finite");
        }
        if let Some(label) = figure.labels.iter().flatten().find(|label| label.is_empty()) {
            return self.refuse(table.span(), "figure.*.labels", &format!("has an empty label {label:?}"));
        }
        let lists = [
            ("references", figure.references.as_ref(), &["independent", "symmetric", "limit"][..]),
            ("log", figure.log.as_ref(), &["x", "y"][..]),
        ];
        for (key, list, known) in lists {
            for word in list.map_or(&[][..], |list| list.get_ref()) {
                if !known.contains(&word.get_ref().as_str()) {
                    return self.refuse(
                        word.span(),
                        &format!("figure.*.{key}"),
                        &format!("has \"{}\"", word.get_ref()),
                    );
                }
            }
        }
        match &figure.over {
            Some(over) if !["N", "J", "J(J+1)"].contains(&over.get_ref().as_str()) => {
                self.refuse(over.span(), "figure.*.over", &format!("is \"{}\"", over.get_ref()))
            }
            _ => Ok(()),
        }
    }
}
