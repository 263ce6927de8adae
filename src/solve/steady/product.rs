//! The exact steady state of ensembles and modes, and what is counted in it.

use super::super::correlations;
use super::super::equation::{Aim, Equation, OfProduct, at_cuts};
use super::super::error::Unsolved;
use super::road::{SteadyRoad, exchanges};
use super::rows::{ExactNoise, LOST, NO_CURRENT, Rows};
use crate::group::Ensembles;
use crate::lindblad::{AfterEmissions, Effort, ProductCounting};
use crate::quantity::Quantity;
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};

/// What spectra beside a run take at most: some seconds. Each is an elimination, of the number of elements to the power 3/2.
const MOST_SPECTRA: f64 = 2e7;
/// What cuts of modes may change a current by, at most, relative.
const KNOWN: f64 = 1e-3;
/// What windows take at most, in multiplications: some seconds beside a run, minutes for their own sake.
const MOST_WINDOWS: [f64; 2] = [1e10, 3e11];

/// The means of all columns, the correlations and the statistics of what is counted, where the steady state is unique.
///
/// # Errors
/// A product that is too large, or has more than one steady state.
pub fn solve(point: &Point, effort: Effort, road: &mut SteadyRoad) -> Result<(), Unsolved> {
    let equation = at_cuts(&point.groups[0], |group| {
        let equation = OfProduct::new(group, &Aim::steady(point, effort))?;
        // A cut that stays is solved once, below.
        let weights = match group.ensembles == point.groups[0].ensembles {
            true => Vec::new(),
            false => equation.averages(&equation.steady_state()?).observables,
        };
        Ok((equation, weights))
    })?;
    let counting = equation.equation().counting()?;
    let averages = equation.averages(&equation.at_rest(counting.rho().clone()));
    let growing = || point.ensembles().into_iter().flat_map(Ensembles::growing);
    if let Some(mode) = growing().find(|mode| averages.observables[mode.top] > mode.weight) {
        let name = point.ensembles().map_or("", |ensembles| &ensembles.product().factors()[mode.factor].name);
        let weight = averages.observables[mode.top];
        return Err(Unsolved::Unheld { mode: name.to_owned(), levels: mode.most, weight });
    }
    // What cuts that have grown may still do to heat, which is that of a mode without one.
    let acts = |bath: &usize| {
        let rates = point.groups.iter().map(|group| &group.model.baths[*bath]);
        rates.map(|bath| bath.down + bath.up + bath.dephasing).sum::<f64>() > 0.0
    };
    // Nothing else could bring what it takes.
    let alone = growing().next().is_some() && (0..point.baths().len()).filter(acts).count() == 1;
    let tops: f64 = growing().map(|mode| averages.observables[mode.top]).sum();
    if let Some(ensembles) = point.ensembles() {
        road.correlations = correlations::steady(ensembles, equation.equation(), counting.rho());
    }
    for column in point.columns() {
        let value = averages.value(column);
        match (column.quantity, column.observable) {
            // Over a long interval averages and counts are the current itself.
            (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, _) => {}
            (Quantity::HeatCurrent, None) if let Some(bath) = column.bath => {
                let error = equation.cut_error(bath, tops);
                if alone {
                    road.values.push((column.quantity, column.bath, 0.0));
                } else if error <= KNOWN * value.abs() {
                    road.values.push((column.quantity, column.bath, value));
                } else {
                    let reason =
                        format!("{value:.1e}, which the cuts of modes may change by {error:.1e}: a smaller `weight`");
                    road.refuse(point, column.quantity, bath, &reason);
                }
            }
            (_, Some(_)) => road.observables.extend(Some((column, value)).filter(|_| value.is_finite())),
            _ => road.values.push((column.quantity, column.bath, value)),
        }
    }
    for bath in (0..point.baths().len()).filter(|bath| exchanges(point, *bath)) {
        let cumulants = counting.cumulants(bath);
        let noise = cumulants.as_ref().map(|cumulants| cumulants[1]).map_err(ToString::to_string);
        road.noise_of(point, bath, noise, counting.current(bath));
        if point.noise().baths.contains(&bath) {
            let mut rows = Rows::default();
            match &cumulants {
                Ok(cumulants) => long_times(&mut rows, point, bath, cumulants),
                Err(error) => rows.refuse(point, Subject::new(Statistic::Noise, bath, None), &error.to_string()),
            }
            let scale = cumulants.map_or(0.0, |cumulants| cumulants[1].value.abs());
            let solved = (&counting, equation.equation().elements(), effort);
            beyond_cumulants(&mut rows, (point, bath, scale), solved);
            road.noise.extend(rows.rows);
            road.refused.extend(rows.refused);
        }
    }
    Ok(())
}

/// The cumulants of a bath in long windows, and the ratio of the first two.
fn long_times(rows: &mut Rows, point: &Point, bath: usize, cumulants: &[Rounded; 4]) {
    let subject = |statistic| Subject::new(statistic, bath, None);
    // Odd ones may vanish beside the noise.
    let scale = cumulants[1].value.abs();
    for (order, statistic, beside) in
        [(1, Statistic::Noise, 0.0), (2, Statistic::ThirdCumulant, scale), (3, Statistic::FourthCumulant, scale)]
    {
        rows.known(point, subject(statistic), cumulants[order], beside);
    }
    let current = cumulants[0].known().filter(|current| *current != 0.0);
    match (current, cumulants[1].known()) {
        (Some(current), Some(noise)) => {
            rows.rows.push(ExactNoise { subject: subject(Statistic::Fano), value: noise / current.abs() });
        }
        (None, _) => rows.refuse(point, subject(Statistic::Fano), NO_CURRENT),
        (_, None) => rows.refuse(point, subject(Statistic::Fano), LOST),
    }
}

/// What follows the emissions into a bath, where delays are asked for.
fn after_emissions(rows: &mut Rows, (point, bath): (&Point, usize), counting: &ProductCounting, most: f64) {
    let delays = &point.noise().delays;
    let Some(longest) = delays.last() else { return };
    let subject = |statistic, argument| Subject::new(statistic, bath, argument);
    let after = if 2.0 * counting.cost(*longest) > most {
        Err("so long a delay takes more operations than are spent on it")
    } else {
        counting.after_emissions(bath, delays).ok_or("there are no emissions into it")
    };
    match after {
        Ok(AfterEmissions { g2, waiting_time }) => {
            for (statistic, values) in [(Statistic::G2, g2), (Statistic::WaitingTime, waiting_time)] {
                let known = delays.iter().zip(values);
                known.for_each(|(delay, value)| rows.push(subject(statistic, Some(*delay)), value));
            }
        }
        Err(reason) => {
            [Statistic::G2, Statistic::WaitingTime]
                .into_iter()
                .for_each(|statistic| rows.refuse(point, subject(statistic, None), reason));
        }
    }
}

/// What takes more than the cumulants of one bath: windows, spectra, and other baths. `scale` is its noise.
fn beyond_cumulants(
    rows: &mut Rows,
    (point, bath, scale): (&Point, usize, f64),
    (counting, elements, effort): (&ProductCounting, usize, Effort),
) {
    let asked = point.noise();
    let subject = |statistic, argument| Subject::new(statistic, bath, argument);
    let beside = effort == Effort::Beside;
    let most = MOST_WINDOWS[usize::from(!beside)];
    let (windows, beyond): (Vec<f64>, Vec<f64>) =
        asked.windows.iter().partition(|window| counting.cost(**window) <= most);
    for window in beyond {
        let reason = "so long a window takes more operations than are spent on it";
        rows.refuse(point, subject(Statistic::WindowedNoise, Some(window)), reason);
    }
    match counting.windowed_noises(bath, &windows) {
        Ok(noises) => windows.iter().zip(noises).for_each(|(window, noise)| {
            rows.known(point, subject(Statistic::WindowedNoise, Some(*window)), noise, 0.0);
        }),
        Err(error) => rows.refuse(point, subject(Statistic::WindowedNoise, None), &error.to_string()),
    }
    let spectra = (asked.baths.len() * asked.frequencies.len()) as f64 * (elements as f64).powf(1.5);
    if beside && spectra > MOST_SPECTRA {
        let reason = "so many frequencies are not solved for beside a run";
        rows.refuse(point, subject(Statistic::Spectrum, None), reason);
    } else {
        for &frequency in &asked.frequencies {
            let subject = subject(Statistic::Spectrum, Some(frequency));
            match counting.spectrum(bath, frequency) {
                Ok(density) => rows.known(point, subject, density, 0.0),
                Err(error) => rows.refuse(point, subject, &error.to_string()),
            }
        }
    }
    after_emissions(rows, (point, bath), counting, most);
    for &other in asked.baths.iter().filter(|other| **other > bath) {
        let subject = Subject { other_bath: Some(other), ..subject(Statistic::CrossNoise, None) };
        match counting.cross_noise(bath, other) {
            Ok(noise) => rows.known(point, subject, noise, scale),
            Err(error) => rows.refuse(point, subject, &error.to_string()),
        }
    }
    if !asked.windows.is_empty() {
        let name = &point.baths()[bath].name;
        let reason = "distributions of the quanta of ensembles and modes are not solved for";
        rows.refused.push(format!("quanta ({name}): {reason}"));
    }
}
