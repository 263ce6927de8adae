//! What trajectories are conditioned on: `[condition]`.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::super::raw::{RawCondition, RawScenario};
use super::noise::HIGHEST_ORDER;
use super::{Result, Validator};
use crate::bath::Bath;
use crate::group::Group;
use crate::lindblad::{ConditionError, Effort, PopulationEquation, STRONGEST, conditions};
use crate::model::{Condition, Conditions, Told};

impl Validator<'_> {
    /// Solves for the `[condition]` table, where there is one, and puts it to the only group there may be; `ends` is the end
    /// of a run that has one.
    pub(super) fn condition(&self, raw: &RawScenario, groups: &mut [Group], ends: Option<f64>) -> Result<()> {
        let Some(table) = &raw.condition else { return Ok(()) };
        let span = table.span();
        let RawCondition { bath, field, current, over, order, counting_fields } = table.get_ref();
        let refuse = |title: &str, help: &str| Err(self.source.error(span.clone(), title.to_owned(), help));
        if raw.protocol.is_some() {
            return refuse(
                "`condition` is of a steady state in which nothing changes, and [protocol] changes it",
                "no [protocol]",
            );
        }
        let [group] = groups else {
            return refuse("`condition`: groups of qubits go each by itself", "one group of qubits");
        };
        if !group.on_the_ladder() {
            let title =
                "`condition` changes the jumps between levels |J, M> of identical qubits, and these are not on them";
            return refuse(title, "identical qubits that start alike, without a drive");
        }
        let baths = &group.model.baths;
        let exchanges = |bath: &Bath| bath.down + bath.up > 0.0;
        let index = match bath {
            Some(name) => self.bath_index(name.get_ref(), name.span(), "condition.bath", baths)?,
            None => baths.iter().position(exchanges).unwrap_or(0),
        };
        if !exchanges(&baths[index]) {
            let title =
                format!("`condition.bath`: \"{}\" exchanges no quanta that could be weighed", baths[index].name);
            let at = bath.as_ref().map_or(span, Spanned::span);
            return Err(self.source.error(at, title, "a bath that absorbs or emits"));
        }
        let (given, at, key) = match (field, current) {
            (Some(field), None) if field.get_ref().abs() <= STRONGEST => {
                (Condition::Field(*field.get_ref()), field.span(), "condition.field")
            }
            (Some(field), None) => return self.unfit(field, "condition.field"),
            (None, Some(current)) if current.get_ref().is_finite() => {
                let quanta = *current.get_ref() / group.model.quantum_of(&baths[index]);
                (Condition::Current(quanta), current.span(), "condition.current")
            }
            (None, Some(current)) => return self.unfit(current, "condition.current"),
            (Some(_), Some(_)) => return refuse("`condition` has both `field` and `current`", "one of the two"),
            (None, None) => return refuse("`condition` has neither `field` nor `current`", "one of the two"),
        };
        let order = order.as_ref().map(|order| self.whole(order, "condition.order", 1..=HIGHEST_ORDER)).transpose()?;
        let told = Told {
            order: order.unwrap_or(0) as usize,
            fields: self.fields(counting_fields, "condition.counting_fields")?,
        };
        if ends.is_none() && told != Told::default() {
            let asked = order_span(table.get_ref()).unwrap_or_else(|| span.clone());
            let title = "`condition.order` and `condition.counting_fields` are of runs that end".to_owned();
            return Err(self.source.error(asked, title, "no [steady] and no [noise]; or neither key"));
        }
        let until = match over.as_ref().map(|over| (over, over.get_ref().as_str())) {
            None => ends,
            Some((_, "long run")) => None,
            Some((over, "run")) if ends.is_none() => {
                let title = "`condition.over` is \"run\", and a steady state is never over".to_owned();
                return Err(self.source.error(over.span(), title, "\"long run\"; or no [steady] and no [noise]"));
            }
            Some((_, "run")) => ends,
            Some((over, _)) => return self.no_word(over, "condition.over"),
        };
        if let Err(error) = PopulationEquation::affordable(&group.model, &group.initial, Effort::Beside) {
            return Err(self.source.error(at, format!("`{key}`: {error}"), "fewer qubits"));
        }
        let equation = PopulationEquation::new(&group.model, &group.initial);
        match conditions(&equation, index, given, until) {
            Ok(found) => group.conditions = Some(Arc::new(Conditions { told, ..found })),
            Err(ConditionError::Ending(error)) => {
                let help = "`condition.over` \"long run\"; or a shorter run, fewer qubits";
                return Err(self.source.error(at, format!("`{key}`: {error}"), help));
            }
            Err(error) => {
                let help = "less; rates by which qubits come from every level to every other; a start in one sector, or a local bath";
                return Err(self.source.error(at, format!("`{key}` cannot be met: {error}"), help));
            }
        }
        Ok(())
    }
}

/// Where it is said what to tell of counts.
fn order_span(raw: &RawCondition) -> Option<Range<usize>> {
    raw.order.as_ref().map(Spanned::span).or_else(|| raw.counting_fields.as_ref().map(Spanned::span))
}
