//! What is asked of the steady state: `[steady]` and `[noise]`.

use std::ops::Range;

use toml::Spanned;

use super::super::point::Noise;
use super::super::raw::{Key, RawNoise, RawSteady};
use super::{Result, Validator};
use crate::bath::Bath;

impl Validator<'_> {
    /// The `[steady]` table: what it asks of trajectories is checked, though the exact road needs none of it.
    pub(super) fn steady(&self, raw: Option<&Spanned<RawSteady>>, baths: &[Bath]) -> Result<()> {
        let Some(raw) = raw.map(Spanned::get_ref) else { return Ok(()) };
        raw.relative_error.as_ref().map(|error| self.positive(error, "steady.relative_error")).transpose()?;
        raw.bath.as_ref().map(|name| self.bath_index(name.get_ref(), name.span(), "steady.bath", baths)).transpose()?;
        Ok(())
    }

    pub(super) fn bath_index(&self, name: &str, span: Range<usize>, key: &str, baths: &[Bath]) -> Result<usize> {
        baths.iter().position(|bath| bath.name == name).ok_or_else(|| {
            let names: Vec<&str> = baths.iter().map(|bath| bath.name.as_str()).collect();
            self.source.error(span, format!("`{key}`: there is no bath \"{name}\""), &names.join(", "))
        })
    }

    pub(super) fn noise(&self, raw: Option<&Spanned<RawNoise>>, baths: &[Bath]) -> Result<Noise> {
        let Some(table) = raw else { return Ok(Noise::default()) };
        let raw = table.get_ref();
        let indices = match &raw.baths {
            Some(names) => {
                let index = |name: &Spanned<String>| self.bath_index(name.get_ref(), name.span(), "noise.baths", baths);
                names.get_ref().iter().map(index).collect::<Result<Vec<_>>>()?
            }
            None => (0..baths.len()).filter(|b| baths[*b].down + baths[*b].up > 0.0).collect(),
        };
        let list = |values: &Key<Vec<Spanned<f64>>>, key: &str, least: f64| {
            let mut last = f64::NEG_INFINITY;
            let mut checked = Vec::new();
            for value in values.as_ref().map_or(&[][..], |v| v.get_ref()) {
                let number = *value.get_ref();
                if !number.is_finite() || number < least || number <= last {
                    return self.refuse(value.span(), key, &format!("has {number}"));
                }
                last = number;
                checked.push(number);
            }
            Ok(checked)
        };
        Ok(Noise {
            baths: indices,
            windows: list(&raw.windows, "noise.windows", f64::MIN_POSITIVE)?,
            frequencies: list(&raw.frequencies, "noise.frequencies", 0.0)?,
            delays: list(&raw.delays, "noise.delays", 0.0)?,
        })
    }
}
