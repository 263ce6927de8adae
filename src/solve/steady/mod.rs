//! The exact steady state of a point, the counting statistics around it, and the closed forms it is compared with.

mod conditioned;
mod counted;
mod cycle;
mod cycle_of_product;
mod driven;
mod foretelling;
mod ladder;
mod passage;
mod product;
mod rare;
mod register;
mod road;
mod rows;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

pub use cycle::{
    CONSERVED, Judged, Phases, affordable as cycle_affordable, is_conserved, multiplier as cycle_multiplier,
};
pub use road::SteadyRoad;
pub use rows::{ExactNoise, TOGETHER};

use super::equation::{Aim, Road};
use super::error::Unsolved;
use crate::bath::{Bath, Coupling};
use crate::group::Group;
use crate::lindblad::{Effort, Transferred};
use crate::model::Model;
use crate::quantity::Quantity;
use crate::rounded::{Rounded, balanced};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};
use crate::theory::machine::{DRIVEN, inverse_temperatures};
use crate::theory::{self, Machine};
use road::GroupSteady;
use rows::{LOST, Rows};

/// Exact values beside the estimates of a steady run, where they can be afforded.
///
/// # Errors
/// Why they cannot.
pub fn exact_beside(point: &Point) -> Result<SteadyRoad, Unsolved> {
    SteadyRoad::new(point, Effort::Beside)
}

/// Heat carried by a quantum of the bath of this index.
fn quantum_of(model: &Model, bath: usize) -> f64 {
    model.quantum_of(&model.baths[bath])
}

/// A power as far as it is known beside heat currents.
fn beside(power: Rounded, heat: &[Option<f64>]) -> Option<f64> {
    power.beside(heat.iter().flatten().fold(0.0, |most, heat| most.max(heat.abs())))
}

/// What a modulation supplies beside these quanta: by how much those of the qubits are larger.
fn supplied(model: &Model, quanta: &[Rounded]) -> Rounded {
    let of_bath = |(bath, quanta): (&Bath, &Rounded)| {
        bath.offset(model.frequency).map(|offset| *quanta * -model.units.quantum(offset))
    };
    model.baths.iter().zip(quanta).filter_map(of_bath).sum()
}

/// Every group of a point, solved.
fn groups(
    point: &Point,
    solve: impl Fn(&Group) -> Result<GroupSteady, Unsolved>,
) -> Result<Vec<GroupSteady>, Unsolved> {
    point.groups.iter().map(solve).collect()
}

/// The law of the quanta of all groups, where that of each could be had.
fn transferred(groups: &[GroupSteady]) -> Vec<(usize, f64, Transferred)> {
    let Some((first, others)) = groups.split_first() else { return Vec::new() };
    let with_all = |(bath, window, law): &(usize, f64, Transferred)| {
        let of = |group: &GroupSteady| {
            let found = group.transferred.iter().find(|(b, w, _)| (b, w) == (bath, window));
            found.map(|(.., law)| law.clone())
        };
        let law = others.iter().try_fold(law.clone(), |sum, group| Some(sum.plus(&of(group)?)))?;
        Some((*bath, *window, law))
    };
    first.transferred.iter().filter_map(with_all).collect()
}

/// Photons into a bath per unit time.
fn emitted(point: &Point, groups: &[GroupSteady], bath: usize) -> f64 {
    let of = |(steady, group): (&GroupSteady, &Group)| {
        let bath = &group.model.baths[bath];
        steady.occupation.seen(bath.coupling).emission.value * bath.down
    };
    groups.iter().zip(&point.groups).map(of).sum()
}

impl SteadyRoad {
    /// Solves all groups of a point and adds them up.
    ///
    /// # Errors
    /// A model without a steady state, or too large, or a solve that does not reach its residual.
    pub fn new(point: &Point, effort: Effort) -> Result<Self, Unsolved> {
        if let Some(protocol) = point.protocol() {
            return cycle::solve(point, protocol, effort);
        }
        let mut road = SteadyRoad::default();
        let groups = match Road::of_each(&point.groups, &Aim::steady(point, effort)).first() {
            Some(Road::FullSpace) => {
                register::solve(point, effort, &mut road)?;
                road.closed_forms(point);
                return Ok(road);
            }
            Some(Road::Product) if point.groups[0].changing_ensembles().is_some() => {
                return cycle_of_product::solve(point, effort);
            }
            Some(Road::Product) => {
                product::solve(point, effort, &mut road)?;
                return Ok(road);
            }
            Some(Road::Conditioned) => {
                conditioned::solve(point, effort, &mut road)?;
                return Ok(road);
            }
            Some(Road::Orders) => groups(point, |group| driven::solve(group, point, effort))?,
            Some(Road::Levels) | None => groups(point, |group| ladder::solve(group, point, effort))?,
        };
        let currents = road.averages(point, &groups);
        road.statistics(point, &groups, &currents);
        road.closed_forms(point);
        road.transferred = transferred(&groups);
        let emitted: Vec<f64> = (0..point.baths().len()).map(|bath| emitted(point, &groups, bath)).collect();
        road.add_rows(groups.into_iter().map(|group| group.rows).collect());
        road.join_photons(point, &emitted);
        // A ratio is no sum over groups.
        for place in 0..road.noise.len() {
            let ExactNoise { subject, value } = road.noise[place];
            if subject.statistic == Statistic::Noise
                && let Some(current) = currents[subject.bath].known().filter(|current| *current != 0.0)
            {
                let subject = Subject { statistic: Statistic::Fano, ..subject };
                road.noise.push(ExactNoise { subject, value: value / current.abs() });
            }
        }
        rare::rate_functions(&mut road.noise, &currents);
        Ok(road)
    }

    /// Rows of independent groups, whose cumulants add; what is not known of one of them is not known of all.
    fn add_rows(&mut self, groups: Vec<Rows>) {
        let count = groups.len();
        let mut places: HashMap<_, usize> = HashMap::new();
        let mut sums: Vec<(ExactNoise, usize)> = Vec::new();
        for rows in groups {
            self.refused.extend(rows.refused);
            for row in rows.rows {
                match places.entry(row.subject.key()) {
                    Entry::Occupied(place) => {
                        let (sum, of): &mut (ExactNoise, usize) = &mut sums[*place.get()];
                        sum.value += row.value;
                        *of += 1;
                    }
                    Entry::Vacant(place) => {
                        place.insert(sums.len());
                        sums.push((row, 1));
                    }
                }
            }
        }
        self.noise.extend(sums.into_iter().filter(|(_, of)| *of >= count).map(|(row, _)| row));
    }

    /// g2 of the photons of several groups, of which each emits so many into a bath: I^2 (g2 - 1) adds.
    fn join_photons(&mut self, point: &Point, emitted: &[f64]) {
        if point.groups.len() == 1 || point.noise().delays.is_empty() {
            return;
        }
        for row in self.noise.iter_mut().filter(|row| row.subject.statistic == Statistic::G2) {
            let rate = emitted[row.subject.bath];
            row.value = 1.0 + row.value / (rate * rate);
        }
        // Nothing of nothing.
        self.noise.retain(|row| row.subject.statistic != Statistic::G2 || row.value.is_finite());
        self.refused.push(TOGETHER.to_owned());
    }

    /// What windows of several groups say about the entropy that all of them produce; one group says it of its own.
    fn entropy_of_windows(&mut self, point: &Point, produced: Rounded, currents: &[Rounded]) {
        let asked = point.noise();
        let Some(produced) = produced.beside(0.0).filter(|_| point.groups.len() > 1 && !asked.windows.is_empty())
        else {
            return;
        };
        for &window in &asked.windows {
            let rows = counted::entropy_rows(produced);
            let row = |(statistic, value)| ExactNoise {
                subject: Subject::new(statistic, point.watched(), Some(window)),
                value,
            };
            self.noise.extend(rows.map(row));
        }
        for &bath in &asked.baths {
            let noise = self.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::Noise, Some(bath)));
            let current = currents[bath].known().filter(|current| *current != 0.0);
            if let (Some((.., noise)), Some(current)) = (noise, current) {
                let value = (noise / current) * (produced / current) / 2.0;
                self.noise.push(ExactNoise { subject: Subject::new(Statistic::UncertaintyRatio, bath, None), value });
            }
        }
    }

    /// Averages of the state, summed over groups. Returns the currents in quanta.
    fn averages(&mut self, point: &Point, groups: &[GroupSteady]) -> Vec<Rounded> {
        let pairs = || groups.iter().zip(&point.groups);
        let summed = |of: &dyn Fn(&GroupSteady, &Model) -> Rounded| -> Rounded {
            pairs().map(|(steady, group)| of(steady, &group.model)).sum()
        };
        let baths = 0..point.baths().len();
        let heat: Vec<Rounded> = baths
            .clone()
            .map(|bath| summed(&|steady, model| steady.currents[bath] * quantum_of(model, bath)))
            .collect();
        let known = balanced(&heat);
        let power = beside(summed(&|steady, model| supplied(model, &steady.currents)), &known);
        for column in point.columns() {
            let value = match (column.quantity, column.bath) {
                // Over a long interval averages and counts are the current itself.
                (Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts, _) => continue,
                (Quantity::HeatCurrent, Some(bath)) => {
                    if known[bath].is_none() {
                        self.refuse(point, column.quantity, bath, LOST);
                    }
                    known[bath]
                }
                (Quantity::Power, _) => power,
                (Quantity::Intensity, Some(bath)) => Some(
                    summed(&|steady, model| {
                        let bath = &model.baths[bath];
                        steady.occupation.seen(bath.coupling).emission * bath.down
                    })
                    .cleared(),
                ),
                (Quantity::Jz, _) => {
                    Some(summed(&|steady, model| Rounded::of(steady.now.jz, model.number as f64 / 2.0)).cleared())
                }
                (Quantity::JSquared, _) => Some(groups.iter().map(|steady| steady.now.j_squared).sum()),
                // Not from <J_z>: of few excited qubits nothing would be left.
                (Quantity::Excited, _) => {
                    Some((summed(&|steady, _| steady.occupation.excited) * (point.number() as f64).recip()).cleared())
                }
                (Quantity::Jx | Quantity::Jy, _) => {
                    let component = usize::from(column.quantity == Quantity::Jy);
                    let of = |(steady, group): (&GroupSteady, &Group)| {
                        let value = steady.transverse.map(|transverse| transverse[component]);
                        value.map(|value| Rounded::of(value, group.model.number as f64 / 2.0))
                    };
                    pairs().map(of).sum::<Option<Rounded>>().map(Rounded::cleared)
                }
                _ => None,
            };
            self.values.extend(value.map(|value| (column.quantity, column.bath, value)));
        }
        self.judge(point, &known, power);
        baths.map(|bath| summed(&|steady, _| steady.currents[bath])).collect()
    }

    /// What the qubits are where a modulation does work, and by what that is judged.
    fn judge(&mut self, point: &Point, heat: &[Option<f64>], power: Option<f64>) {
        let is_modulated = |group: &Group| group.model.baths.iter().any(|bath| bath.quantum.is_some());
        if !point.groups.iter().any(is_modulated) {
            return;
        }
        if power.is_none() {
            self.refused.push(format!("{}: {LOST}", Quantity::Power.name()));
        }
        let driven = point.groups.iter().any(Group::is_driven);
        let known = power.zip(heat.iter().copied().collect::<Option<Vec<f64>>>());
        let Some((power, heat)) = known.filter(|_| !driven) else {
            let reason = if driven { DRIVEN } else { LOST };
            return self.refused.push(format!("{}: {reason}", Quantity::Efficiency.name()));
        };
        let inverse = inverse_temperatures(&point.groups[0].model);
        self.machine = Machine::of(&inverse, power, &heat);
        if let Some(merit) = self.machine.and_then(|machine| machine.merit(&inverse, &heat)) {
            self.values.push((merit.quantity, None, merit.of(power, &heat)));
        }
    }

    /// Noise, and what is made of it, of all groups together.
    fn statistics(&mut self, point: &Point, groups: &[GroupSteady], currents: &[Rounded]) {
        let Some(counted) = groups.iter().map(|g| g.counted.as_ref()).collect::<Option<Vec<_>>>() else { return };
        for (bath, current) in currents.iter().enumerate() {
            let noise = counted.iter().map(|of| of.noise[bath].clone()).sum::<Result<Rounded, _>>();
            self.noise_of(point, bath, noise.map_err(|error| error.to_string()), *current);
        }
        let Some(entropy) = counted.iter().map(|of| of.entropy_production).sum::<Option<Rounded>>() else { return };
        self.entropy_of_windows(point, entropy, currents);
        self.entropy_produced(entropy);
    }

    /// The entropy that the baths produce, where it is known.
    fn entropy_produced(&mut self, entropy: Rounded) {
        match entropy.known() {
            Some(entropy) => self.values.push((Quantity::EntropyProduction, None, entropy)),
            None => {
                let reason = if entropy.value.is_infinite() {
                    "it is infinite, as quanta flow that a bath never gives back"
                } else {
                    LOST
                };
                self.refused.push(format!("{}: {reason}", Quantity::EntropyProduction.name()));
            }
        }
    }

    /// The reference lines of the paper, for one group between collective baths and without a drive. What is infinite is
    /// left out.
    fn closed_forms(&mut self, point: &Point) {
        let [Group { model, hamiltonian, .. }] = point.groups.as_slice() else { return };
        if hamiltonian.drive.is_some() {
            return;
        }
        let rates = model.rates(Coupling::Collective);
        if rates.down + rates.up == 0.0 {
            return;
        }
        let ratio = theory::effective_temperature(rates);
        let temperature = model.units.temperature_of(model.frequency, ratio.recip());
        if temperature.is_nan() {
            self.refused.push(format!("{}: {LOST}", Quantity::EffectiveTemperature.name()));
        }
        let mut values = vec![(Quantity::EffectiveTemperature, None, temperature)];
        for (index, bath) in model.baths.iter().enumerate().filter(|(_, bath)| bath.coupling == Coupling::Collective) {
            for (quantity, quanta) in [
                (Quantity::HeatCurrentIndependent, theory::independent_bath_current(model, bath)),
                (Quantity::HeatCurrentSymmetric, theory::sector_current(model, bath, model.number)),
                (Quantity::HeatCurrentLimit, theory::thermodynamic_limit_current(model, bath)),
            ] {
                if quanta.is_nan() {
                    self.refuse(point, quantity, index, LOST);
                }
                values.push((quantity, Some(index), quanta * model.quantum_of(bath)));
            }
        }
        self.values.extend(values.into_iter().filter(|(_, _, value)| value.is_finite()));
    }
}
