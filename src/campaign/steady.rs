//! The exact steady state of a point, the counting statistics around it, and the closed forms it is compared with.

use crate::bath::Coupling;
use crate::lindblad::{
    Counting, Driven, DrivenAverages, Effort, NotAffordable, Populations, RegisterError, SteadyError,
};
use crate::model::{Observables, Transverse};
use crate::quantity::{Interval, Measure, Quantity, Sample};
use crate::theory;

use super::exact;
use super::input::{Group, Point};

/// Why a steady state could not be solved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoSteadyState {
    /// Too large.
    #[error(transparent)]
    NotAffordable(#[from] NotAffordable),
    /// There is none, or the solve failed.
    #[error(transparent)]
    Solve(#[from] SteadyError),
    /// The same of qubits that differ.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// What is asked for is not solved for qubits that differ.
    #[error("counting windows, spectra and correlations are not solved for qubits that differ or are driven")]
    NotOnTheLadder,
}

/// A row of `noise.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseRow {
    /// "windowed_noise", "spectrum", "cross_noise", "g2" or "waiting_time".
    pub statistic: &'static str,
    /// Index of the bath.
    pub bath: usize,
    /// The window, the angular frequency or the delay.
    pub argument: f64,
    /// The exact value, summed over groups for noise.
    pub value: f64,
}

/// Everything exact about the steady state of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteadyRoad {
    /// (what, which bath, value).
    pub values: Vec<(Quantity, Option<usize>, f64)>,
    /// What `[noise]` asks for.
    pub noise: Vec<NoiseRow>,
}

/// The steady state of one group.
struct GroupSteady {
    now: Observables,
    /// Noise by bath, entropy production; `None` where J is conserved and the ensemble spreads over sectors.
    counting: Option<(Vec<f64>, f64)>,
    noise: Vec<NoiseRow>,
}

impl SteadyRoad {
    /// Solves all groups of a point and adds them up.
    ///
    /// # Errors
    /// A model without a steady state, or too large, or a solve that does not reach its residual.
    pub fn new(point: &Point) -> Result<Self, NoSteadyState> {
        if !point.groups.iter().all(Group::on_the_ladder) {
            let alike = point.groups.iter().all(Group::alike);
            let mut values = if alike { driven_values(point)? } else { exact::register::steady_values(point)? };
            values.extend(closed_forms(point));
            return Ok(SteadyRoad { values, noise: Vec::new() });
        }
        let groups = point.groups.iter().map(|group| solve(group, point)).collect::<Result<Vec<_>, _>>()?;
        let mut road = SteadyRoad::default();
        let mut currents = vec![0.0; point.baths().len()];
        let columns = point.columns();
        for column in columns {
            // Over a long interval averages and counts are the current itself.
            if matches!(column.quantity, Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts) {
                continue;
            }
            // What turns with the qubits averages to nothing.
            let of_group = |(steady, group): (&GroupSteady, &Group)| {
                let nothing = Interval { duration: 0.0, integral: Observables::default(), net_quanta: None };
                let now = Sample { values: steady.now, transverse: None };
                Measure::new(&group.model, column, point.number()).value(&now, &nothing)
            };
            let value: f64 = groups.iter().zip(&point.groups).map(of_group).sum();
            if value.is_nan() {
                continue;
            }
            road.values.push((column.quantity, column.bath, value));
            if let (Quantity::HeatCurrent, Some(bath)) = (column.quantity, column.bath) {
                // In quanta, for the Fano factor.
                let quanta = |(steady, group): (&GroupSteady, &Group)| {
                    let current = group.model.heat_current(&group.model.baths[bath]);
                    current.at(steady.now.emission, steady.now.jz) / group.model.quantum()
                };
                currents[bath] = groups.iter().zip(&point.groups).map(quanta).sum();
            }
        }
        if let Some(counted) = groups.iter().map(|g| g.counting.as_ref()).collect::<Option<Vec<_>>>() {
            for (bath, current) in currents.iter().enumerate().filter(|(b, _)| exchanges(point, *b)) {
                let noise: f64 = counted.iter().map(|(noise, _)| noise[bath]).sum();
                road.values.push((Quantity::Noise, Some(bath), noise));
                if *current != 0.0 {
                    road.values.push((Quantity::Fano, Some(bath), noise / current.abs()));
                }
            }
            let entropy: f64 = counted.iter().map(|(_, entropy)| entropy).sum();
            if entropy.is_finite() {
                road.values.push((Quantity::EntropyProduction, None, entropy));
            }
        }
        road.values.extend(closed_forms(point));
        for row in groups.into_iter().flat_map(|group| group.noise) {
            let same = |r: &&mut NoiseRow| {
                (r.statistic, r.bath, r.argument.to_bits()) == (row.statistic, row.bath, row.argument.to_bits())
            };
            match road.noise.iter_mut().find(same) {
                // Independent groups: their variances add.
                Some(sum) => sum.value += row.value,
                None => road.noise.push(row),
            }
        }
        Ok(road)
    }
}

/// The steady state of driven groups: averages, without the statistics of what is counted.
fn driven_values(point: &Point) -> Result<Vec<(Quantity, Option<usize>, f64)>, NoSteadyState> {
    let asked = &point.noise;
    if asked.windows.len() + asked.frequencies.len() + asked.delays.len() > 0 {
        return Err(NoSteadyState::NotOnTheLadder);
    }
    let solve = |group: &Group| {
        Driven::affordable(&group.model, &group.initial, Effort::Steady)?;
        Ok(Driven::new(&group.model, &group.hamiltonian, &group.initial).steady_state()?)
    };
    let groups = point.groups.iter().map(solve).collect::<Result<Vec<_>, NoSteadyState>>()?;
    let mut values = Vec::new();
    for column in point.columns() {
        if matches!(column.quantity, Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts) {
            continue;
        }
        let of_group = |(steady, group): (&DrivenAverages, &Group)| {
            let nothing = Interval { duration: 0.0, integral: Observables::default(), net_quanta: None };
            let none = f64::NAN;
            // Without a drive the transverse spin turns in the lab, and has no steady value.
            let transverse = group.hamiltonian.drive.map(|_| Transverse {
                jx: steady.jx,
                jy: steady.jy,
                spin_length: none,
                squeezing: none,
            });
            let now = Sample { values: steady.exact.now, transverse };
            Measure::new(&group.model, column, point.number()).value(&now, &nothing)
        };
        let value: f64 = groups.iter().zip(&point.groups).map(of_group).sum();
        if value.is_finite() {
            values.push((column.quantity, column.bath, value));
        }
    }
    Ok(values)
}

fn exchanges(point: &Point, bath: usize) -> bool {
    point.groups.iter().any(|group| group.model.baths[bath].down + group.model.baths[bath].up > 0.0)
}

fn solve(group: &Group, point: &Point) -> Result<GroupSteady, NoSteadyState> {
    let Group { model, initial, .. } = group;
    Populations::affordable(model, initial, Effort::Steady)?;
    let equation = Populations::new(model, initial);
    let counting = match Counting::new(&equation) {
        Ok(counting) => counting,
        // Each sector has its own steady state, with the weight that the initial state gave it (17).
        Err(SteadyError::SeveralSectors { .. }) if point.noise.baths.is_empty() => {
            let now = equation.steady_state()?.observables();
            return Ok(GroupSteady { now, counting: None, noise: Vec::new() });
        }
        Err(error) => return Err(error.into()),
    };
    let noise = (0..model.baths.len()).map(|bath| counting.noise(bath)).collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    let asked = &point.noise;
    for &bath in &asked.baths {
        let mut push = |statistic, argument, value| rows.push(NoiseRow { statistic, bath, argument, value });
        for &window in &asked.windows {
            push("windowed_noise", window, counting.windowed_noise(bath, window)?);
        }
        for &frequency in &asked.frequencies {
            push("spectrum", frequency, counting.spectrum(bath, frequency)?);
        }
        // Correlations of several groups are not sums over them.
        if point.groups.len() == 1 {
            for (name, values) in [
                ("g2", counting.emission_correlation(bath, &asked.delays)?),
                ("waiting_time", counting.waiting_time_density(bath, &asked.delays)?),
            ] {
                let pairs = values.iter().flat_map(|values| asked.delays.iter().zip(values));
                pairs.for_each(|(delay, value)| push(name, *delay, *value));
            }
        }
    }
    let now = counting.steady().observables();
    Ok(GroupSteady { now, counting: Some((noise, counting.entropy_production())), noise: rows })
}

/// The reference lines of the paper, for one group between collective baths.
fn closed_forms(point: &Point) -> Vec<(Quantity, Option<usize>, f64)> {
    let [Group { model, .. }] = point.groups.as_slice() else { return Vec::new() };
    let rates = model.rates(Coupling::Collective);
    if rates.down + rates.up == 0.0 {
        return Vec::new();
    }
    let ratio = theory::effective_temperature(rates);
    let temperature = model.units.temperature_of(model.frequency, ratio.recip());
    let mut values = vec![(Quantity::EffectiveTemperature, None, temperature)];
    for (index, bath) in model.baths.iter().enumerate().filter(|(_, bath)| bath.coupling == Coupling::Collective) {
        for (quantity, quanta) in [
            (Quantity::HeatCurrentIndependent, theory::independent_bath_current(model, bath)),
            (Quantity::HeatCurrentSymmetric, theory::sector_current(model, bath, model.number)),
            (Quantity::HeatCurrentLimit, theory::thermodynamic_limit_current(model, bath)),
        ] {
            values.push((quantity, Some(index), quanta * model.quantum()));
        }
    }
    values.retain(|(_, _, value)| value.is_finite());
    values
}
