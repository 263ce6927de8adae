//! How a value of a segment goes: held, along a ramp or a table, or as a pulse.

use std::ops::Range;

use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{Key, RawCourse, RawTable, RawWave, RawWay};
use super::{Result, Validator};
use crate::model::{Course, CourseError, Outline, Pulse, PulseError, Shape, Wave};

/// A value of a segment: its key, what it may be, where a ramp begins that does not say, and how long it takes.
pub(super) struct Value<'v> {
    pub(super) key: String,
    pub(super) fits: &'v dyn Fn(&Spanned<f64>, &str) -> Result<f64>,
    /// Not known where the value before is wrong.
    pub(super) now: Option<f64>,
    pub(super) duration: f64,
}

impl Value<'_> {
    fn of(&self, key: &str) -> String {
        format!("{}.{key}", self.key)
    }
}

/// The first of these keys that is there.
fn first_of<const N: usize>(given: [(&str, Option<Range<usize>>); N]) -> Option<(&str, Range<usize>)> {
    given.into_iter().find_map(|(key, span)| Some((key, span?)))
}

fn span<T>(key: &Key<T>) -> Option<Range<usize>> {
    key.as_ref().map(Spanned::span)
}

impl Validator<'_> {
    /// How a value goes.
    pub(super) fn course(&self, value: &Spanned<RawCourse>, of: &Value<'_>) -> Result<Course> {
        match value.get_ref() {
            RawCourse::Held(held) => self.held(*held, value.span(), of),
            RawCourse::Way(way) => self.way(way, value.span(), of),
        }
    }

    /// How a value of a drive goes.
    pub(super) fn wave(&self, value: &Spanned<RawCourse<RawWave>>, of: &Value<'_>) -> Result<Wave> {
        let raw = match value.get_ref() {
            RawCourse::Held(held) => return self.held(*held, value.span(), of).map(Wave::from),
            RawCourse::Way(raw) => raw,
        };
        let RawWave { to, from, shape, table, pulse, amplitude, centre, width } = raw;
        if let Some(pulse) = pulse {
            let whole = value.span();
            let extra = [("to", span(to)), ("from", span(from)), ("shape", span(shape)), ("table", span(table))];
            if let Some((extra, span)) = first_of(extra) {
                let title = format!("`{}` has both `pulse` and `{extra}`", of.key);
                let help = "one of the two: a pulse rises from 0 and returns to it; a ramp has a segment of its own";
                return Err(self.source.error(span, title, help));
            }
            let get = |value: &Key<f64>, name: &str, fits: &dyn Fn(&Spanned<f64>, &str) -> Result<f64>| {
                let key = of.of(name);
                let number = self.require(value, &key, whole.clone());
                self.keep(number.and_then(|number| fits(number, &key)))
            };
            let finite = |value: &Spanned<f64>, key: &str| self.finite(value, key);
            let amplitude = get(amplitude, "amplitude", of.fits);
            let (centre, width) = (get(centre, "centre", &finite), get(width, "width", &finite));
            let Some(outline) = Outline::ALL.into_iter().find(|outline| outline.name() == pulse.get_ref()) else {
                return self.no_word(pulse, &of.of("pulse"));
            };
            let (amplitude, centre) = (Self::kept(amplitude)?, Self::kept(centre)?);
            let made = Pulse { outline, amplitude, centre, width: Self::kept(width)? };
            return self.fitting_pulse(made, raw, of).map(Wave::from);
        }
        let alone = [("amplitude", span(amplitude)), ("centre", span(centre)), ("width", span(width))];
        if let Some((alone, span)) = first_of(alone) {
            let title = format!("`{}` is of a pulse, and there is no `pulse` beside it", of.of(alone));
            return Err(self.source.error(span, title, allowed("protocol.segment.*.drive.amplitude.pulse")));
        }
        let (to, from, shape, table) = (to.clone(), from.clone(), shape.clone(), table.clone());
        self.way(&RawWay { to, from, shape, table }, value.span(), of).map(Wave::from)
    }

    fn held(&self, value: f64, span: Range<usize>, of: &Value<'_>) -> Result<Course> {
        (of.fits)(&Spanned::new(span, value), &of.key).map(Course::Held)
    }

    /// A ramp or a table.
    fn way(&self, way: &RawWay, whole: Range<usize>, of: &Value<'_>) -> Result<Course> {
        let RawWay { to, from, shape, table } = way;
        match (table, to) {
            (Some(_), _) => {
                if let Some((extra, span)) = first_of([("to", span(to)), ("from", span(from)), ("shape", span(shape))])
                {
                    let title = format!("`{}` has both `table` and `{extra}`", of.key);
                    let help = "a table says it all; or a ramp of `to`, `from` and `shape`";
                    return Err(self.source.error(span, title, help));
                }
                self.points(table, of)
            }
            (None, None) => {
                let title = format!("`{}` says neither where it goes, `to`, nor a `table`", of.key);
                Err(self.source.error(whole, title, allowed(&of.key)))
            }
            (None, Some(to)) => {
                let end = self.keep((of.fits)(to, &of.of("to")));
                let start = match from {
                    Some(from) => self.keep((of.fits)(from, &of.of("from"))),
                    None => of.now,
                };
                let outline = match shape.as_ref().map(|shape| (shape.get_ref().as_str(), shape)) {
                    None | Some(("linear", _)) => Shape::Linear,
                    Some(("cosine", _)) => Shape::Cosine,
                    Some(("exponential", _)) => Shape::Exponential,
                    Some((_, other)) => return self.no_word(other, &of.of("shape")),
                };
                let course = Course::Ramp { from: Self::kept(start)?, to: Self::kept(end)?, shape: outline };
                self.fitting(course, of, |error| match error {
                    CourseError::Exponential { to: end, .. } if *end <= 0.0 => to.span(),
                    CourseError::Exponential { .. } => span(from).or(span(shape)).unwrap_or(whole.clone()),
                    _ => whole.clone(),
                })
            }
        }
    }

    /// The points of a table.
    fn points(&self, table: &RawTable, of: &Value<'_>) -> Result<Course> {
        let key = of.of("table");
        let rows = table.as_ref().map_or(&[][..], |table| table.get_ref());
        let whole = || span(table).unwrap_or(0..0);
        let mut points = Vec::with_capacity(rows.len());
        for row in rows {
            let [time, value] = row.get_ref().as_slice() else {
                return self.refuse(row.span(), &key, "has an entry that is no pair [time, value]");
            };
            points.push(self.keep((of.fits)(value, &key)).map(|value| (*time.get_ref(), value)));
        }
        let points = Self::kept(points.into_iter().collect::<Option<Vec<_>>>())?;
        let at = |row: usize| rows.get(row).map_or_else(whole, Spanned::span);
        self.fitting(Course::Table(points.clone()), of, |error| match error {
            CourseError::Order(..) => {
                let ascends = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0;
                at(points.windows(2).position(|pair| !ascends(pair)).map_or(0, |before| before + 1))
            }
            CourseError::Cover { first, .. } if *first != 0.0 => at(0),
            CourseError::Cover { .. } => at(rows.len().saturating_sub(1)),
            _ => whole(),
        })
    }

    /// A course that goes over the duration of its segment; or what is wrong with it, at the place of the error.
    fn fitting(&self, course: Course, of: &Value<'_>, place: impl Fn(&CourseError) -> Range<usize>) -> Result<Course> {
        let Err(error) = course.over(of.duration) else { return Ok(course) };
        let key = &of.key;
        let of_table = || allowed("protocol.segment.*.frequency.table").to_owned();
        let (title, help) = match &error {
            CourseError::Exponential { from, to } => (
                format!("`{key}` goes exponentially from {from} to {to}"),
                "both ends above 0; or shape = \"linear\" or \"cosine\"".to_owned(),
            ),
            CourseError::Cover { first, last, duration } => (
                format!("`{key}.table` goes from {first} to {last}"),
                format!("times from 0 to {duration}, the `duration` of the segment"),
            ),
            CourseError::Order(before, after) => (format!("`{key}.table` has time {after} after {before}"), of_table()),
            CourseError::Empty => (format!("`{key}.table` is empty"), of_table()),
            CourseError::NotFinite(value) => (format!("`{key}` is {value}"), allowed(key).to_owned()),
        };
        Err(self.source.error(place(&error), title, &help))
    }

    /// A pulse that its segment holds; or what is wrong with it, where that was typed.
    fn fitting_pulse(&self, pulse: Pulse, raw: &RawWave, of: &Value<'_>) -> Result<Pulse> {
        let Err(error) = pulse.fits(of.duration) else { return Ok(pulse) };
        let name = match error {
            PulseError::NotFinite { what, .. }
            | PulseError::NotPositive { what, .. }
            | PulseError::Narrow { what, .. } => what,
            PulseError::Centre { .. } => "centre",
            PulseError::Outside { .. } => "width",
        };
        let place = match name {
            "amplitude" => span(&raw.amplitude),
            "centre" => span(&raw.centre),
            _ => span(&raw.width),
        };
        let title = format!("`{}`, the pulse: {error}", of.key);
        let key = of.of(name);
        let help = match error {
            PulseError::Outside { duration, .. } => {
                format!("a pulse within its segment, from 0 to {duration}: another `centre`, a smaller `width`")
            }
            _ => allowed(&key).to_owned(),
        };
        Err(self.source.error(place.unwrap_or(0..0), title, &help))
    }
}
