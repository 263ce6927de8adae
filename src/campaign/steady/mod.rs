//! The exact steady state of a point, the counting statistics around it, and the closed forms it is compared with.

mod driven;

use crate::bath::Coupling;
use crate::lindblad::{Counting, Effort, Occupation, Populations, SteadyError, Transferred, currents as currents_of};
use crate::model::{Model, Observables};
use crate::quantity::Quantity;
use crate::rounded::{Rounded, balanced};
use crate::statistics::{Statistic, Subject};
use crate::theory;

use super::counted::{ExactNoise, LOST, NO_CURRENT, Rows, conserved_rows, rows};
use super::error::NoSteadyState;
use super::exact;
use super::input::{Group, Point};

/// Everything exact about the steady state of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteadyRoad {
    /// (what, which bath, value).
    pub values: Vec<(Quantity, Option<usize>, f64)>,
    /// What `[noise]` asks for.
    pub noise: Vec<ExactNoise>,
    /// The distribution of the quanta of a bath (its index) in a window, for those that can be afforded.
    pub transferred: Vec<(usize, f64, Transferred)>,
    /// What has no exact value, each with its reason.
    pub refused: Vec<String>,
}

/// Qubits of the full equation that is solved beside a run.
const MOST_REGISTER: i64 = 5;

/// Exact values beside the estimates of a steady run, where they can be afforded.
///
/// # Errors
/// Why they cannot.
pub fn exact_beside(point: &Point) -> Result<SteadyRoad, String> {
    if point.groups.iter().any(|group| !group.alike() && group.model.number > MOST_REGISTER) {
        return Err(format!("beyond {MOST_REGISTER} qubits that differ nothing is solved beside a run"));
    }
    SteadyRoad::new(point, Effort::Beside).map_err(|e| e.to_string())
}

/// The steady state of one group.
struct GroupSteady {
    now: Observables,
    occupation: Occupation,
    /// Net quanta absorbed from each bath per unit time.
    currents: Vec<Rounded>,
    /// `<J_x>` and `<J_y>` in the frame of a drive; without one they turn in the lab, and have no steady value.
    transverse: Option<[f64; 2]>,
    /// `None` where J is conserved and the ensemble spreads over sectors.
    counted: Option<Counted>,
    rows: Rows,
    transferred: Vec<(usize, f64, Transferred)>,
}

/// What the quanta of one group come to in the long run.
struct Counted {
    /// The noise of each bath.
    noise: Vec<Result<Rounded, SteadyError>>,
    /// `None` where a drive does work.
    entropy_production: Option<Rounded>,
}

impl SteadyRoad {
    /// Solves all groups of a point and adds them up.
    ///
    /// # Errors
    /// A model without a steady state, or too large, or a solve that does not reach its residual.
    pub fn new(point: &Point, effort: Effort) -> Result<Self, NoSteadyState> {
        let mut road = SteadyRoad::default();
        if !point.groups.iter().all(Group::alike) {
            exact::register::steady_values(point, effort, &mut road)?;
            road.closed_forms(point);
            return Ok(road);
        }
        let on_the_ladder = point.on_the_ladder();
        let solve =
            |group| if on_the_ladder { solve(group, point, effort) } else { driven::solve(group, point, effort) };
        let groups = point.groups.iter().map(solve).collect::<Result<Vec<_>, _>>()?;
        let currents = road.averages(point, &groups);
        road.statistics(point, &groups, &currents);
        road.closed_forms(point);
        if let [only] = groups.as_slice() {
            road.transferred.clone_from(&only.transferred);
        }
        for rows in groups.into_iter().map(|group| group.rows) {
            road.refused.extend(rows.refused);
            for row in rows.rows {
                let same = |r: &&mut ExactNoise| r.subject.same(&row.subject);
                match road.noise.iter_mut().find(same) {
                    // Independent groups: their variances add.
                    Some(sum) => sum.value += row.value,
                    None => road.noise.push(row),
                }
            }
        }
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
        Ok(road)
    }

    /// Averages of the state, summed over groups. Returns the currents in quanta.
    fn averages(&mut self, point: &Point, groups: &[GroupSteady]) -> Vec<Rounded> {
        let pairs = || groups.iter().zip(&point.groups);
        let summed = |of: &dyn Fn(&GroupSteady, &Model) -> Rounded| -> Rounded {
            pairs().map(|(steady, group)| of(steady, &group.model)).sum()
        };
        let baths = 0..point.baths().len();
        let heat: Vec<Rounded> =
            baths.clone().map(|bath| summed(&|steady, model| steady.currents[bath] * model.quantum())).collect();
        let known = balanced(&heat);
        for column in point.columns() {
            let value = match (column.quantity, column.bath) {
                // Over a long interval averages and counts are the current itself.
                (Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts, _) => continue,
                (Quantity::HeatCurrent, Some(bath)) => {
                    if known[bath].is_none() {
                        self.refuse(point, column.quantity, bath, LOST);
                    }
                    known[bath]
                }
                (Quantity::Intensity, Some(bath)) => Some(
                    summed(&|steady, model| {
                        let bath = &model.baths[bath];
                        let emitted = match bath.coupling {
                            Coupling::Collective => steady.occupation.emission,
                            Coupling::Local => steady.occupation.excited,
                        };
                        emitted * bath.down
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
        baths.map(|bath| summed(&|steady, _| steady.currents[bath])).collect()
    }

    /// Noise, and what is made of it, of all groups together.
    fn statistics(&mut self, point: &Point, groups: &[GroupSteady], currents: &[Rounded]) {
        let Some(counted) = groups.iter().map(|g| g.counted.as_ref()).collect::<Option<Vec<_>>>() else { return };
        for (bath, current) in currents.iter().enumerate() {
            let noise = counted.iter().map(|of| of.noise[bath].clone()).sum::<Result<Rounded, _>>();
            self.noise_of(point, bath, noise.map_err(|error| error.to_string()), *current);
        }
        let Some(entropy) = counted.iter().map(|of| of.entropy_production).sum::<Option<Rounded>>() else { return };
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

    /// The noise of a bath that exchanges quanta, and its ratio to the current.
    pub(super) fn noise_of(&mut self, point: &Point, bath: usize, noise: Result<Rounded, String>, current: Rounded) {
        if !exchanges(point, bath) {
            return;
        }
        match noise.and_then(|noise| noise.known().ok_or(LOST.to_owned())) {
            Ok(noise) => {
                self.values.push((Quantity::Noise, Some(bath), noise));
                match current.known().filter(|current| *current != 0.0) {
                    Some(current) => self.values.push((Quantity::Fano, Some(bath), noise / current.abs())),
                    None => self.refuse(point, Quantity::Fano, bath, NO_CURRENT),
                }
            }
            Err(reason) => self.refuse(point, Quantity::Noise, bath, &reason),
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
                values.push((quantity, Some(index), quanta * model.quantum()));
            }
        }
        self.values.extend(values.into_iter().filter(|(_, _, value)| value.is_finite()));
    }

    /// Leaves a quantity of a bath without a value, for this reason.
    pub(super) fn refuse(&mut self, point: &Point, quantity: Quantity, bath: usize, reason: &str) {
        self.refused.push(format!("{} ({}): {reason}", quantity.name(), point.baths()[bath].name));
    }
}

fn exchanges(point: &Point, bath: usize) -> bool {
    point.groups.iter().any(|group| group.model.baths[bath].down + group.model.baths[bath].up > 0.0)
}

fn solve(group: &Group, point: &Point, effort: Effort) -> Result<GroupSteady, NoSteadyState> {
    let Group { model, initial, .. } = group;
    Populations::affordable(model, initial, effort)?;
    let equation = Populations::new(model, initial);
    let counting = match Counting::new(&equation) {
        Ok(counting) => counting,
        // Each sector has its own steady state, with the weight that the initial state gave it (17).
        Err(SteadyError::SeveralSectors { .. }) if point.noise.baths.is_empty() || point.groups.len() == 1 => {
            let steady = equation.steady_state()?;
            let asked = !point.noise.baths.is_empty();
            let rows = if asked { conserved_rows(group, &steady, point)? } else { Rows::default() };
            let occupation = Occupation::of(equation.ladder(), &steady.p);
            return Ok(GroupSteady {
                now: steady.observables(),
                currents: currents_of(&model.baths, &occupation, Some(Rounded::ZERO)),
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
    let mut rows = rows(group, &counting, &equation, point);
    let mut transferred = Vec::new();
    for &bath in point.noise.baths.iter().filter(|_| point.groups.len() == 1) {
        for &window in &point.noise.windows {
            match counting.transferred(bath, window) {
                Ok(law) => transferred.extend(law.map(|law| (bath, window, law))),
                Err(error) => rows.refused.push(format!("quanta ({}, {window}): {error}", point.baths()[bath].name)),
            }
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
