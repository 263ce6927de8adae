//! The exact steady state of qubits that differ, from the full Lindblad equation of a few of them.

use super::super::equation::{Aim, Equation, FullSpace};
use super::super::error::Unsolved;
use super::beside;
use super::road::SteadyRoad;
use super::rows::{ExactNoise, LOST, Rows};
use crate::group::Group;
use crate::lindblad::density::DensityMatrix;
use crate::lindblad::{Effort, entropy_production};
use crate::quantity::Quantity;
use crate::rounded::{Rounded, balanced};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};
use crate::theory::machine::DRIVEN;

/// What a density matrix that is followed by its series is off by, at most.
const SERIES: f64 = 1e-10;

/// What the qubits gain from all baths in the steady state: the heat currents, but for what a modulation takes up of
/// them. Without a drive they add to nothing: one that is a difference of far larger terms than the others is known
/// from them.
fn steady_gains(full: &FullSpace, group: &Group, rho: &DensityMatrix) -> Vec<Rounded> {
    let baths = 0..group.model.baths.len();
    let own: Vec<Rounded> = baths.map(|bath| full.heat_current(bath, rho) - full.taken_up(bath, rho)).collect();
    if group.hamiltonian.drive.is_some() {
        return own;
    }
    let missing: Rounded = own.iter().copied().sum();
    let doubt = if missing.value.abs() > missing.error { missing.value.abs() / missing.error } else { 1.0 };
    let balanced = |bath: usize| {
        let others = -own.iter().enumerate().filter(|(b, _)| *b != bath).map(|(_, current)| *current).sum::<Rounded>();
        let Rounded { value, error } = if own[bath].error <= others.error { own[bath] } else { others };
        Rounded { value, error: doubt * error }
    };
    (0..own.len()).map(balanced).collect()
}

/// The steady state: what the columns hold, and the zero-frequency noise of the net quanta of each bath.
///
/// # Errors
/// More qubits than are solved for, no unique steady state, or counting statistics that are asked for beyond that.
pub fn solve(point: &Point, effort: Effort, road: &mut SteadyRoad) -> Result<(), Unsolved> {
    let asked = point.noise();
    if effort != Effort::Beside && asked.windows.len() + asked.frequencies.len() > 0 {
        return Err(Unsolved::NotOnTheLadder);
    }
    let mut photons = Vec::with_capacity(point.groups.len());
    let mut emitted = vec![0.0; point.baths().len()];
    let columns = point.columns();
    // What turns with the qubits has no steady value in the lab.
    let driven = point.groups.iter().all(|group| group.hamiltonian.drive.is_some());
    let left_out = |quantity: Quantity| match quantity {
        Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts | Quantity::HeatCurrent => true,
        Quantity::Jx | Quantity::Jy => !driven,
        _ => false,
    };
    let mut values: Vec<_> =
        columns.iter().filter(|column| !left_out(column.quantity)).map(|column| (*column, 0.0)).collect();
    let mut heat = vec![Rounded::ZERO; point.baths().len()];
    let mut power = Rounded::ZERO;
    let mut produced = Rounded::ZERO;
    // Mean rate and noise of the net quanta.
    let mut counted = vec![[Rounded::ZERO; 2]; heat.len()];
    for group in &point.groups {
        let full = FullSpace::new(group, &Aim::steady(point, effort))?;
        let state = full.steady_state()?;
        let (rho, averages) = (state.rho(), full.averages(&state));
        for (column, value) in &mut values {
            *value += averages.value(*column);
        }
        for (bath, (sum, gain)) in heat.iter_mut().zip(steady_gains(&full, group, rho)).enumerate() {
            let taken_up = full.taken_up(bath, rho);
            *sum = *sum + gain + taken_up;
            power = power - taken_up;
        }
        photons.push(photon_rows(&full, rho, (point, effort))?);
        emitted.iter_mut().enumerate().for_each(|(bath, sum)| *sum += full.equation().intensity(bath, rho));
        let mut currents = Vec::with_capacity(counted.len());
        for (bath, [current, noise]) in counted.iter_mut().enumerate() {
            let of_group = full.equation().rounded_noise(bath)?;
            currents.push(Rounded::of(of_group.0, full.activity(bath, rho)));
            (*current, *noise) = (*current + currents[bath], *noise + of_group.1);
        }
        produced = produced + entropy_production(&group.model.baths, &currents);
    }
    let known = balanced(&heat);
    let power = beside(power, &known);
    for column in columns {
        match (column.quantity, column.bath) {
            (Quantity::HeatCurrent, Some(bath)) => match known[bath] {
                Some(value) => road.values.push((column.quantity, column.bath, value)),
                None => road.refuse(point, column.quantity, bath, LOST),
            },
            (Quantity::Power, _) => road.values.extend(power.map(|power| (column.quantity, None, power))),
            _ => {
                let found = values.iter().find(|(other, _)| *other == column).map(|(_, value)| *value);
                let found = found.filter(|value| value.is_finite());
                road.values.extend(found.map(|value| (column.quantity, column.bath, value)));
            }
        }
    }
    road.judge(point, &known, power);
    road.add_rows(photons);
    road.join_photons(point, &emitted);
    // A quantum of one energy is what the rates of a bath are of, whatever the qubits differ by.
    if point.groups.iter().any(Group::is_driven) {
        road.refused.push(format!("{}: {DRIVEN}", Quantity::EntropyProduction.name()));
    } else {
        road.entropy_produced(produced);
    }
    for (bath, [current, noise]) in counted.into_iter().enumerate() {
        road.noise_of(point, bath, Ok(noise), current);
    }
    for (quantity, statistic) in [(Quantity::Noise, Statistic::Noise), (Quantity::Fano, Statistic::Fano)] {
        for &bath in &asked.baths {
            let found =
                road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, Some(bath))).map(|(.., value)| *value);
            let row = |value| ExactNoise { subject: Subject::new(statistic, bath, None), value };
            road.noise.extend(found.map(row));
        }
    }
    Ok(())
}

/// What follows a photon of a group.
fn photon_rows(full: &FullSpace, rho: &DensityMatrix, (point, effort): (&Point, Effort)) -> Result<Rows, Unsolved> {
    let mut rows = Rows::default();
    let delays = &point.noise().delays;
    let Some(&last) = delays.last() else { return Ok(rows) };
    let equation = match full.turning(last, effort) {
        Ok(equation) => equation,
        Err(error) if effort == Effort::Beside => {
            rows.refused.push(format!("g2, waiting_time: {error}"));
            return Ok(rows);
        }
        Err(error) => return Err(error),
    };
    for &bath in &point.noise().baths {
        let rate = equation.intensity(bath, rho);
        // What the exponential errs by, of what is 1 and of what the mean rate is about.
        let known = |value| Rounded { value, error: SERIES * value.max(1.0) };
        // Waiting times are those of one group.
        for (alone, statistic) in [(false, Statistic::G2), (true, Statistic::WaitingTime)] {
            if alone && point.groups.len() > 1 {
                continue;
            }
            let Some(after) = equation.after_photon(bath, rho, alone, delays) else { continue };
            for (&delay, value) in delays.iter().zip(after.rates) {
                let subject = Subject::new(statistic, bath, Some(delay));
                if alone {
                    rows.known(point, subject, known(value / rate) * rate, rate);
                } else {
                    rows.g2(point, subject, rate, known(value / rate));
                }
            }
        }
    }
    Ok(rows)
}
