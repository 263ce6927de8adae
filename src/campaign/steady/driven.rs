//! The exact steady state of driven identical qubits.

use super::super::error::NoSteadyState;
use super::super::input::{Group, Point};
use super::{ExactNoise, Values, exchanges, noise_and_fano};
use crate::lindblad::{Driven, DrivenSteady, Effort, SteadyError};
use crate::model::{Observables, Transverse};
use crate::quantity::{Interval, Measure, Quantity, Sample};
use crate::statistics::{Statistic, Subject};

/// The steady state of driven groups: averages, noise, windows and spectra, without correlations.
pub(super) fn values(point: &Point, effort: Effort) -> Result<(Values, Vec<ExactNoise>), NoSteadyState> {
    let asked = &point.noise;
    if effort != Effort::Beside && !asked.delays.is_empty() {
        return Err(NoSteadyState::Correlations);
    }
    let equation = |group: &Group| {
        Driven::affordable(&group.model, &group.initial, Effort::Steady)?;
        Ok(Driven::new(&group.model, &group.hamiltonian, &group.initial))
    };
    let equations = point.groups.iter().map(equation).collect::<Result<Vec<_>, NoSteadyState>>()?;
    let groups = equations.iter().map(Driven::steady).collect::<Result<Vec<_>, _>>()?;
    let mut values = Vec::new();
    for column in point.columns() {
        if matches!(column.quantity, Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts) {
            continue;
        }
        let of_group = |(steady, group): (&DrivenSteady, &Group)| {
            let nothing = Interval { duration: 0.0, integral: Observables::default(), net_quanta: None };
            let none = f64::NAN;
            let averages = steady.averages();
            // Without a drive the transverse spin turns in the lab, and has no steady value.
            let transverse = group.hamiltonian.drive.map(|_| Transverse {
                jx: averages.jx,
                jy: averages.jy,
                spin_length: none,
                squeezing: none,
            });
            let now = Sample { values: averages.exact.now, transverse };
            Measure::new(&group.model, column, point.number()).value(&now, &nothing)
        };
        let value: f64 = groups.iter().zip(&point.groups).map(of_group).sum();
        if value.is_finite() {
            values.push((column.quantity, column.bath, value));
        }
    }
    let sum = |of: &dyn Fn(&DrivenSteady) -> Result<f64, SteadyError>| groups.iter().map(of).sum::<Result<f64, _>>();
    for bath in (0..point.baths().len()).filter(|bath| exchanges(point, *bath)) {
        match sum(&|steady| steady.noise(bath)) {
            Ok(noise) => {
                let current: f64 = groups.iter().map(|steady| steady.current(bath)).sum();
                values.extend(noise_and_fano(bath, noise, current));
            }
            // That of a mixture grows without bound.
            Err(SteadyError::SeveralSectors { .. }) if effort == Effort::Beside || asked.baths.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    if !values.iter().any(|(quantity, ..)| *quantity == Quantity::Noise) {
        return Ok((values, Vec::new()));
    }
    // A window is a transient.
    let of_windows = if effort == Effort::Beside { Effort::Beside } else { Effort::Transient };
    let affordable = |group: &Group| Driven::affordable(&group.model, &group.initial, of_windows);
    let windows = match point.groups.iter().try_for_each(affordable) {
        Ok(()) => &asked.windows[..],
        Err(error) if effort != Effort::Beside && !asked.windows.is_empty() => return Err(error.into()),
        Err(_) => &[],
    };
    let mut noise = Vec::new();
    for &bath in &asked.baths {
        for &window in windows {
            let subject = Subject::new(Statistic::WindowedNoise, bath, Some(window));
            noise.push(ExactNoise { subject, value: sum(&|steady| steady.windowed_noise(bath, window))? });
        }
        for &frequency in &asked.frequencies {
            let subject = Subject::new(Statistic::Spectrum, bath, Some(frequency));
            noise.push(ExactNoise { subject, value: sum(&|steady| steady.spectrum(bath, frequency))? });
        }
    }
    Ok((values, noise))
}
