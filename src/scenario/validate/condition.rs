//! What trajectories are conditioned on: `[condition]`.

use std::sync::Arc;

use toml::Spanned;

use super::super::raw::{RawCondition, RawScenario};
use super::{Result, Validator};
use crate::bath::Bath;
use crate::group::Group;
use crate::lindblad::{Effort, PopulationEquation, STRONGEST, conditions};
use crate::model::Condition;

impl Validator<'_> {
    /// Solves for the `[condition]` table, where there is one, and puts it to the only group there may be.
    pub(super) fn condition(&self, raw: &RawScenario, groups: &mut [Group]) -> Result<()> {
        let Some(table) = &raw.condition else { return Ok(()) };
        let span = table.span();
        let RawCondition { bath, field, current } = table.get_ref();
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
        if let Err(error) = PopulationEquation::affordable(&group.model, &group.initial, Effort::Beside) {
            return Err(self.source.error(at, format!("`{key}`: {error}"), "fewer qubits"));
        }
        let equation = PopulationEquation::new(&group.model, &group.initial);
        match conditions(&equation, index, given) {
            Ok(found) => group.conditions = Some(Arc::new(found)),
            Err(error) => {
                let help = "less; rates by which qubits come from every level to every other; a start in one sector, or a local bath";
                return Err(self.source.error(at, format!("`{key}` cannot be met: {error}"), help));
            }
        }
        Ok(())
    }
}
