//! The exact steady state of identical qubits without a drive: the populations of the levels, and what they count.

use super::super::equation::{Aim, Equation, Levels};
use super::super::error::Unsolved;
use super::counted::{conserved_rows, rows, windowed};
use super::road::{Counted, GroupSteady};
use super::rows::Rows;
use crate::group::Group;
use crate::lindblad::{Counting, Effort, MOST_PRODUCTS, Occupation, SteadyError, currents};
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::statistics::Statistic;

/// Distributions of quanta that are solved for beside a run, if each takes as long as one may: some ten seconds.
const LAWS_BESIDE: f64 = 8.0;

/// The steady state of one group.
pub fn solve(group: &Group, point: &Point, effort: Effort) -> Result<GroupSteady, Unsolved> {
    let model = &group.model;
    let levels = Levels::new(group, &Aim::steady(point, effort))?;
    let equation = levels.populations();
    let counting = match Counting::new(equation) {
        Ok(counting) => counting,
        // Each sector has its own steady state, with the weight that the initial state gave it (17).
        Err(error @ SteadyError::SeveralSectors { .. }) => {
            let steady = equation.steady_state()?;
            let asked = !point.noise().baths.is_empty();
            let mut rows = if asked { conserved_rows(group, &steady, point)? } else { Rows::default() };
            // Sectors are those of one group; variances in windows add.
            if asked && point.groups.len() > 1 {
                rows.rows.retain(|row| row.subject.statistic == Statistic::WindowedNoise);
                rows.refused.push(format!("long-time noise: {error}"));
            }
            let occupation = Occupation::of(equation.ladder(), &steady.p);
            return Ok(GroupSteady {
                now: steady.observables(),
                currents: currents(&model.baths, &occupation, Some(Rounded::ZERO)),
                occupation,
                transverse: None,
                counted: None,
                rows,
                transferred: Vec::new(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let noise = (0..model.baths.len()).map(|bath| counting.rounded_noise(bath)).collect();
    let windowed = windowed(&counting, point);
    let mut rows = rows(group, &counting, equation, (point, effort), &windowed);
    let mut transferred = Vec::new();
    let mut left = if effort == Effort::Beside { LAWS_BESIDE * MOST_PRODUCTS } else { f64::INFINITY };
    for (&bath, noises) in point.noise().baths.iter().zip(&windowed) {
        let mut beyond = 0;
        for (&window, noise) in point.noise().windows.iter().zip(noises.iter().flatten()) {
            let law = counting.transferred_within(bath, (window, noise.value), &mut left);
            beyond += usize::from(law.is_none());
            transferred.extend(law.map(|law| (bath, window, law)));
        }
        if beyond > 0 {
            let name = &point.baths()[bath].name;
            rows.refused.push(format!("quanta ({name}): in {beyond} windows, more numbers than are solved for"));
        }
    }
    Ok(GroupSteady {
        now: counting.steady().observables(),
        occupation: *counting.occupation(),
        currents: counting.currents().to_vec(),
        transverse: None,
        counted: Some(Counted { noise, entropy_production: Some(counting.rounded_entropy_production()) }),
        rows,
        transferred,
    })
}
