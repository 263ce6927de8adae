//! The exact steady state of trajectories under a condition.

use super::super::equation::{Aim, ConditionedLevels, Equation};
use super::super::error::Unsolved;
use super::road::SteadyRoad;
use super::rows::{ExactNoise, LOST};
use crate::lindblad::Effort;
use crate::quantity::Quantity;
use crate::rounded::{Rounded, balanced};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};

/// Averages, and the noise of every bath: theta'(s), theta''(s) of the one that the condition is of.
pub fn solve(point: &Point, effort: Effort, road: &mut SteadyRoad) -> Result<(), Unsolved> {
    let group = &point.groups[0];
    let levels = ConditionedLevels::new(group, &Aim::steady(point, effort))?;
    let averages = levels.averages(&levels.steady_state()?);
    let quanta: Vec<Rounded> = levels.counted.iter().map(|(current, _)| *current).collect();
    let heat: Vec<Rounded> =
        quanta.iter().zip(&group.model.baths).map(|(quanta, bath)| *quanta * group.model.quantum_of(bath)).collect();
    let known = balanced(&heat);
    for column in point.columns() {
        let value = match (column.quantity, column.bath) {
            (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, _) => continue,
            (Quantity::HeatCurrent, Some(bath)) => {
                if known[bath].is_none() {
                    road.refuse(point, column.quantity, bath, LOST);
                }
                known[bath]
            }
            _ => Some(averages.value(column)).filter(|value| value.is_finite()),
        };
        road.values.extend(value.map(|value| (column.quantity, column.bath, value)));
    }
    for (bath, (current, noise)) in levels.counted.into_iter().enumerate() {
        road.noise_of(point, bath, noise.map_err(|error| error.to_string()), current);
    }
    for (quantity, statistic) in [(Quantity::Noise, Statistic::Noise), (Quantity::Fano, Statistic::Fano)] {
        for &bath in &point.noise().baths {
            let found = road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, Some(bath)));
            let subject = Subject::new(statistic, bath, None);
            road.noise.extend(found.map(|(.., value)| ExactNoise { subject, value: *value }));
        }
    }
    let asked = point.noise();
    if asked.windows.len() + asked.frequencies.len() + asked.delays.len() > 0 {
        let what = "windows, spectra and correlations under a condition: they are not solved for";
        road.refused.push(format!("{what}, and come from trajectories"));
    }
    Ok(())
}
