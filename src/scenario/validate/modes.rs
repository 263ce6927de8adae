//! Modes: where they start, which of their numbers of quanta are kept, and whether anything holds them.

use std::ops::Range;

use toml::Spanned;

use super::super::raw::{RawCourse, RawCut, RawMode, RawScenario};
use super::couplings::complex;
use super::ensembles::Read;
use super::part::Part;
use super::{Result, Validator};
use crate::group::Group;
use crate::initial::FactorStart;
use crate::model::product::{Alone, Factor, Kind, Levels, Product};
use crate::units::Units;

/// More numbers of quanta than any state that is kept has.
const MAX_LEVELS: i64 = 100_000;

impl Validator<'_> {
    /// A mode, and where it starts.
    pub(super) fn mode<'a>(&self, table: &'a Spanned<RawMode>, units: Units) -> Result<Read<'a>> {
        let raw = table.get_ref();
        let name = self.part_name(&raw.name, "mode", table.span())?;
        let key = format!("mode.{name}");
        let frequency = self.part_frequency(&raw.frequency, &key, units, table.span())?;
        let levels = raw.levels.as_ref().map_or(Ok(Levels::All), |levels| self.levels(levels, &key))?;
        let start_key = format!("{key}.initial");
        let quanta = |value: f64, span: Range<usize>| {
            if value >= 0.0 && value.fract() == 0.0 && value <= MAX_LEVELS as f64 {
                Ok(FactorStart::Number(value as i64))
            } else {
                self.refuse(span, &start_key, &format!("is {value}"))
            }
        };
        let start = match raw.initial.as_ref().map(|initial| (initial.get_ref(), initial.span())) {
            None => FactorStart::Number(0),
            Some((RawCourse::Held(value), span)) => quanta(*value, span)?,
            Some((RawCourse::Way(state), span)) => match (&state.quanta, &state.alpha) {
                (Some(number), None) => quanta(*number.get_ref() as f64, number.span())?,
                (None, Some(alpha)) => match complex(alpha.get_ref()) {
                    Some(alpha) => FactorStart::Coherent(alpha),
                    None => {
                        return self.refuse(
                            alpha.span(),
                            &format!("{start_key}.alpha"),
                            &format!("is {}", alpha.get_ref()),
                        );
                    }
                },
                _ => return self.refuse(span, &start_key, "has neither or both of `quanta` and `alpha`"),
            },
        };
        let span = raw.initial.as_ref().map_or(table.span(), Spanned::span);
        let part = Part { name, key, is_mode: true, frequency, coupling: raw.coupling.as_ref(), span };
        Ok((part, Factor::mode(name, levels, frequency), start))
    }

    /// How many numbers of quanta are kept of a mode, or how they grow.
    fn levels(&self, levels: &Spanned<RawCourse<RawCut>>, key: &str) -> Result<Levels> {
        let key = format!("{key}.levels");
        let Levels::Grown { mut most, mut weight } = Levels::GROWN else { return Ok(Levels::GROWN) };
        match levels.get_ref() {
            RawCourse::Held(value) if value.fract() == 0.0 && (1.0..=MAX_LEVELS as f64).contains(value) => {
                return Ok(Levels::First(*value as i64));
            }
            RawCourse::Held(value) => return self.refuse(levels.span(), &key, &format!("is {value}")),
            RawCourse::Way(cut) => {
                if let Some(own) = &cut.most {
                    most = self.whole(own, &format!("{key}.most"), 1..=MAX_LEVELS)?;
                }
                if let Some(own) = &cut.weight {
                    weight = *own.get_ref();
                    if !(weight > 0.0 && weight < 1.0) {
                        return self.refuse(own.span(), &format!("{key}.weight"), &format!("is {weight}"));
                    }
                }
            }
        }
        Ok(Levels::Grown { most, weight })
    }

    /// The product with a cut that grows of each mode that needs one, and where nothing is said of it: where it fills without
    /// end, or starts with every number of quanta.
    pub(super) fn grown(&self, product: Product, starts: &[FactorStart], parts: &[Part]) -> Result<Product> {
        let fills = product.check_cuts().is_err();
        let mut grown = product;
        for (place, start) in starts.iter().enumerate() {
            let open = grown.factors()[place].kind == Kind::Mode { levels: Levels::All };
            if open && (fills || matches!(start, FactorStart::Coherent(_))) {
                grown = grown
                    .with_levels(place, Levels::GROWN)
                    .map_err(|error| self.no_product(parts[place].span.clone(), &error))?;
            }
        }
        Ok(grown)
    }

    /// Refuses the steady state of modes that are amplified without end. What others may hold is decided by what comes of it.
    pub(super) fn modes_are_held(&self, raw: &RawScenario, group: &Group) {
        let product = group.ensembles.as_ref().map(|ensembles| ensembles.product());
        for (place, factor) in product.iter().flat_map(|product| product.factors().iter().enumerate()) {
            let Kind::Mode { .. } = factor.kind else { continue };
            let Some(alone) = product.map(|product| product.alone(place)).filter(Alone::is_amplified) else { continue };
            let named = |mode: &&Spanned<RawMode>| {
                mode.get_ref().name.as_ref().is_some_and(|name| *name.get_ref() == factor.name)
            };
            let span = raw.mode.iter().find(named).map_or(0..0, Spanned::span);
            let title = format!(
                "mode `{}` has no steady state: its baths add quanta at the rate {} and take them at {}, and nothing else holds it",
                factor.name, alone.up, alone.down
            );
            let help = "baths that take more than they add, or qubits that take what is added; or a transient, without [steady] and [noise]";
            self.keep(Err::<(), _>(self.source.error(span, title, help)));
        }
    }
}
