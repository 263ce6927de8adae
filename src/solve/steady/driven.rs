//! The exact steady state of driven identical qubits.

use super::super::equation::{Aim, Equation, Orders};
use super::super::error::Unsolved;
use super::road::{Counted, GroupSteady};
use super::rows::Rows;
use crate::group::Group;
use crate::lindblad::{Driven, DrivenSteady, Effort, NotAffordable, Occupation, SteadyError, currents};
use crate::rounded::{ROUNDING, Rounded};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};

/// Relaxation times after which nothing is left of a response, to rounding.
const RELAXATIONS: f64 = 40.0;

/// The steady state of a driven group: averages, noise, windows and spectra, without correlations.
pub fn solve(group: &Group, point: &Point, effort: Effort) -> Result<GroupSteady, Unsolved> {
    let Group { model, hamiltonian, .. } = group;
    let orders = Orders::new(group, &Aim::steady(point, effort))?;
    let equation = orders.driven();
    let steady = equation.steady()?;
    let averages = steady.averages();
    let now = averages.exact.now;
    let occupation = Occupation::of_averages(model.number, now.emission, now.jz, ROUNDING);
    // d<J_z>/dt by the drive.
    let amplitude = hamiltonian.drive.map_or(0.0, |drive| model.units.angular(drive.amplitude));
    let inflow = Rounded::of(averages.jy, model.number as f64 / 2.0) * amplitude;
    let noise: Vec<_> = (0..model.baths.len()).map(|bath| steady.noise(bath)).collect();
    let mut rows = Rows::default();
    let asked = !point.noise().baths.is_empty();
    let counted = match noise.iter().find_map(|noise| noise.as_ref().err()) {
        Some(error @ SteadyError::SeveralSectors { .. }) => {
            match (asked, effort) {
                (false, _) => {}
                (true, Effort::Beside) => rows.refused.push(format!("noise: {error}")),
                (true, _) => return Err(error.clone().into()),
            }
            None
        }
        _ => {
            counting_rows(&mut rows, equation, &steady, point, effort)?;
            Some(Counted { noise, entropy_production: None })
        }
    };
    Ok(GroupSteady {
        currents: currents(&model.baths, &occupation, Some(inflow)),
        now,
        occupation,
        transverse: hamiltonian.drive.map(|_| [averages.jx, averages.jy]),
        counted,
        rows,
        transferred: Vec::new(),
    })
}

/// What `[noise]` asks about the counts.
fn counting_rows(
    rows: &mut Rows,
    equation: &Driven,
    steady: &DrivenSteady,
    point: &Point,
    effort: Effort,
) -> Result<(), Unsolved> {
    let asked = point.noise();
    // A window is a transient, until nothing is left of what it began with.
    let of_windows = if effort == Effort::Beside { Effort::Beside } else { Effort::Transient };
    let affordable = |group: &Group, window: f64| -> Result<(), NotAffordable> {
        Driven::affordable(&group.model, &group.initial, of_windows)?;
        equation.reaches(window, of_windows).or_else(|error| {
            let time = equation.relaxation_time().ok_or(error)?;
            equation.reaches(window.min(RELAXATIONS * time), of_windows)
        })
    };
    for &bath in &asked.baths {
        let subject = |statistic, argument| Subject::new(statistic, bath, argument);
        rows.judged(point, subject(Statistic::Noise, None), steady.noise(bath), 0.0);
        for &window in &asked.windows {
            let subject = subject(Statistic::WindowedNoise, Some(window));
            match point.groups.iter().try_for_each(|group| affordable(group, window)) {
                Ok(()) => rows.judged(point, subject, steady.windowed_noise(bath, window), 0.0),
                Err(error) if effort == Effort::Beside => rows.refuse(point, subject, &error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        for &frequency in &asked.frequencies {
            let density = steady.spectrum(bath, frequency);
            rows.judged(point, subject(Statistic::Spectrum, Some(frequency)), density, 0.0);
        }
        let Some(&last) = asked.delays.last() else { continue };
        match point.groups.iter().try_for_each(|group| affordable(group, last)) {
            Ok(()) => photon_rows(rows, steady, point, bath),
            Err(error) if effort == Effort::Beside => {
                rows.refuse(point, subject(Statistic::G2, None), &error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What follows a photon.
fn photon_rows(rows: &mut Rows, steady: &DrivenSteady, point: &Point, bath: usize) {
    let delays = &point.noise().delays;
    let subject = |statistic, delay| Subject::new(statistic, bath, delay);
    let rate = steady.emission_rate(bath);
    match steady.emission_correlation(bath, delays) {
        Ok(values) => {
            for (delay, value) in delays.iter().zip(values.into_iter().flatten()) {
                rows.g2(point, subject(Statistic::G2, Some(*delay)), rate, value);
            }
        }
        Err(error) => rows.refuse(point, subject(Statistic::G2, None), &error.to_string()),
    }
    // Waiting times are those of one group.
    if point.groups.len() > 1 {
        return;
    }
    match steady.waiting_time_density(bath, delays) {
        Ok(values) => {
            for (delay, value) in delays.iter().zip(values.into_iter().flatten()) {
                rows.known(point, subject(Statistic::WaitingTime, Some(*delay)), value, rate);
            }
        }
        Err(error) => rows.refuse(point, subject(Statistic::WaitingTime, None), &error.to_string()),
    }
}
