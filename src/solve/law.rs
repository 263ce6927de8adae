//! The exact law of the counts of a run under a condition, without the condition.

use super::error::Unsolved;
use crate::lindblad::{Charges, Effort, PopulationEquation, Tilted, Transferred};
use crate::scenario::Point;

/// The law of the net quanta that the bath of a condition gives over the run of a point; `None` where there is no condition, or
/// it takes too much.
pub fn law(point: &Point, effort: Effort) -> Result<Option<Transferred>, Unsolved> {
    let (Some(given), group) = (point.conditions(), &point.groups[0]) else { return Ok(None) };
    PopulationEquation::affordable(&group.model, &group.initial, effort)?;
    let equation = PopulationEquation::new(&group.model, &group.initial);
    let tilted = Tilted::new(&equation)?;
    let charges = Charges::of_bath(group.model.baths.len(), given.bath);
    let (usual, at) = (tilted.at(&charges.times(0.0), None)?, tilted.at(&charges.times(given.field), None)?);
    let until = point.until();
    let spans = [&usual, &at].map(|at| Ok((at.mean(&charges).value * until, at.noise(&charges)?.value * until)));
    let spans = spans.into_iter().collect::<Result<Vec<_>, Unsolved>>()?;
    Ok(at.law_of_run(given.bath, equation.initial(), until, &spans))
}
