//! Qubits on trajectories that carry a current other than the usual one: the chain of levels that a counting field makes of
//! theirs, with rates `k(x->y) e^{s q} l(y)/l(x)`.

use std::ops::{Add, Mul};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Balance, Ending, Extent, Linear, Model, Observables, System, Values};
use crate::bath::{Bath, Coupling, Pair, Process};
use crate::dicke::{Level, SectorChange, local_weight};
use crate::units::Units;

/// What a condition is given as.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The counting field s that net quanta absorbed from the bath couple to.
    Field(f64),
    /// Net quanta absorbed from the bath per unit time.
    Current(f64),
}

/// What is to be told, from trajectories under a condition, of the counts without it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    /// The highest cumulant; 0 for none.
    pub order: usize,
    /// Counting fields, ascending, of the generating function.
    pub fields: Vec<f64>,
}

/// A condition on the quanta of a bath, solved for.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Index of the bath.
    pub bath: usize,
    /// What was asked for.
    pub given: Condition,
    /// The counting field s.
    pub field: f64,
    /// theta(s), by which `<e^{s C}>` grows.
    pub theta: f64,
    /// The net quanta per unit time on trajectories that meet the condition: theta'(s), or the mean over a run that ends.
    pub current: f64,
    /// `ln <l>` over the initial state.
    pub start: f64,
    /// ln l of the levels, from M = -J up: by (N - 2J)/2, and empty for sectors that are not reached.
    pub logarithm: Vec<Vec<f64>>,
    /// A bound on the rate at which levels are left, on average over a run.
    pub fastest: f64,
    /// How a run ends that is weighed by `e^{s C}` of the whole of it; none where trajectories are those of the long run.
    pub ending: Option<Ending>,
    /// What else is told of its trajectories: no physics of theirs.
    pub told: Told,
}

/// As it was asked for: the rest follows, and its last digits are those of a machine.
impl PartialEq for Conditions {
    fn eq(&self, other: &Self) -> bool {
        let of = |one: &Conditions| (one.bath, one.given, one.ending.as_ref().map(Ending::until));
        of(self) == of(other)
    }
}

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.ending {
            None => (self.bath, self.given).serialize(serializer),
            Some(ending) => (self.bath, self.given, ending.until()).serialize(serializer),
        }
    }
}

impl Conditions {
    /// ln l of a level.
    #[must_use]
    pub fn of(&self, number: i64, level: Level) -> f64 {
        self.logarithm[((number - level.two_j) / 2) as usize][level.above_bottom() as usize]
    }

    /// ln of what the start and the end, of this J and M, add to the weight of a trajectory without the condition.
    #[must_use]
    pub fn end_weight(&self, number: i64, (j, m): (f64, f64)) -> f64 {
        if self.ending.is_some() {
            return 0.0;
        }
        let twice = |x: f64| (2.0 * x).round() as i64;
        self.start - self.of(number, Level { two_j: twice(j), two_m: twice(m) })
    }

    /// ln of what the net quanta absorbed until a time add to it.
    #[must_use]
    pub fn path_weight(&self, quanta: i64, until: f64) -> f64 {
        self.ending.as_ref().map_or(self.theta * until, |ending| ending.generating) - self.field * quanta as f64
    }

    /// ln of the weight, up to what is the same for all, with which trajectories start in a level.
    #[must_use]
    pub fn start_weight(&self, number: i64, level: Level) -> f64 {
        let place = |ending: &Ending| ending.place(number, level).map_or(0.0, |place| ending.logarithm(place, 0.0));
        self.of(number, level) + self.ending.as_ref().map_or(0.0, place)
    }

    /// Whether no net quanta flow from the bath on average, to rounding.
    #[must_use]
    pub fn carries_nothing(&self) -> bool {
        self.current.abs() <= 1e-9 * self.fastest
    }

    /// The baths of a model with their rates times `e^{s q}`.
    #[must_use]
    pub fn tilted(&self, model: &Model) -> Model {
        let mut tilted = model.clone();
        let bath = &mut tilted.baths[self.bath];
        (bath.up, bath.down) = (bath.up * self.field.exp(), bath.down * (-self.field).exp());
        tilted
    }
}

/// Identical qubits under a condition.
#[derive(Clone, Debug)]
pub struct Conditioned {
    /// The qubits, at the rates of the field.
    tilted: Model,
    conditions: Arc<Conditions>,
    /// The most that each pair comes to on any level.
    most: ConditionedValues,
}

/// What a level does, with l of where it goes over l of where it is: in these the currents of all baths are linear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ConditionedValues {
    /// What is emitted into a collective bath of unit rates, and absorbed from it.
    pub collective: Pair<f64>,
    /// The same of a local bath.
    pub local: Pair<f64>,
    /// `<J_z>`.
    pub jz: f64,
    /// `<J^2>`.
    pub j_squared: f64,
}

/// A linear form in [`ConditionedValues`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ConditionedForm {
    collective: Pair<f64>,
    local: Pair<f64>,
    jz: f64,
    constant: f64,
}

impl Add for ConditionedForm {
    type Output = ConditionedForm;

    fn add(self, other: ConditionedForm) -> ConditionedForm {
        let add = |a: Pair<f64>, b: Pair<f64>| Pair {
            emission: a.emission + b.emission,
            absorption: a.absorption + b.absorption,
        };
        ConditionedForm {
            collective: add(self.collective, other.collective),
            local: add(self.local, other.local),
            jz: self.jz + other.jz,
            constant: self.constant + other.constant,
        }
    }
}

impl Mul<f64> for ConditionedForm {
    type Output = ConditionedForm;

    fn mul(self, by: f64) -> ConditionedForm {
        let times = |pair: Pair<f64>| Pair { emission: pair.emission * by, absorption: pair.absorption * by };
        ConditionedForm {
            collective: times(self.collective),
            local: times(self.local),
            jz: self.jz * by,
            constant: self.constant * by,
        }
    }
}

impl Values for ConditionedValues {
    type Form = ConditionedForm;

    #[inline]
    fn accumulate(&mut self, mean: &Self, duration: f64) {
        // No form has <J^2>.
        self.collective.emission += mean.collective.emission * duration;
        self.collective.absorption += mean.collective.absorption * duration;
        self.local.emission += mean.local.emission * duration;
        self.local.absorption += mean.local.absorption * duration;
        self.jz += mean.jz * duration;
    }

    #[inline]
    fn integral(&self, form: ConditionedForm, duration: f64) -> f64 {
        let of = |pair: Pair<f64>, form: Pair<f64>| pair.emission * form.emission + pair.absorption * form.absorption;
        of(self.collective, form.collective) + of(self.local, form.local) + form.jz * self.jz + form.constant * duration
    }

    #[inline]
    fn jz(&self) -> f64 {
        self.jz
    }

    #[inline]
    fn j_squared(&self) -> f64 {
        self.j_squared
    }

    /// Without `<J_+ J_->`, in which no current is linear here.
    fn observables(&self) -> Observables {
        Observables { emission: f64::NAN, jz: self.jz, j_squared: self.j_squared }
    }
}

impl Conditioned {
    /// The qubits of a model under a condition.
    #[must_use]
    pub fn new(model: &Model, conditions: Arc<Conditions>) -> Self {
        let mut qubits =
            Conditioned { tilted: conditions.tilted(model), conditions, most: ConditionedValues::default() };
        let number = model.number;
        let reached = |two_j: &i64| !qubits.conditions.logarithm[((number - two_j) / 2) as usize].is_empty();
        // How often a rate is at most that of the long run.
        let times = |level: Level| {
            let ending = qubits.conditions.ending.as_ref();
            ending.and_then(|ending| Some(ending.most(ending.place(number, level)?))).unwrap_or(1.0)
        };
        let all: Vec<(ConditionedValues, f64)> = crate::dicke::sectors(number)
            .filter(reached)
            .flat_map(crate::dicke::levels)
            .map(|level| (qubits.values(level), times(level)))
            .collect();
        let most = |of: fn(&ConditionedValues) -> Pair<f64>| Pair {
            emission: all.iter().map(|(values, times)| times * of(values).emission).fold(0.0, f64::max),
            absorption: all.iter().map(|(values, times)| times * of(values).absorption).fold(0.0, f64::max),
        };
        let half = number as f64 / 2.0;
        qubits.most = ConditionedValues {
            collective: most(|values| values.collective),
            local: most(|values| values.local),
            jz: half,
            j_squared: half * (half + 1.0),
        };
        qubits
    }

    /// The qubits at the rates of the field, before l enters.
    #[must_use]
    pub fn tilted(&self) -> &Model {
        &self.tilted
    }

    /// The condition.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// By how much l of one level is larger than that of another.
    #[must_use]
    pub fn ratio(&self, from: Level, to: Level) -> f64 {
        let of = |level| self.conditions.of(self.tilted.number, level);
        (of(to) - of(from)).exp()
    }

    /// The weights of the outcomes J, J - 1, J + 1 of a local jump, each with its ratio.
    #[must_use]
    pub fn local_weights(&self, level: Level, process: Process) -> [f64; 3] {
        self.weights_by(level, process, |to| self.ratio(level, to))
    }

    fn weights_by(&self, level: Level, process: Process, ratio: impl Fn(Level) -> f64) -> [f64; 3] {
        SectorChange::ALL.map(|change| {
            // What stays where it is is no jump of this chain.
            let stays = process == Process::Dephasing && change.two_j() == 0;
            let weight = if stays { 0.0 } else { local_weight(self.tilted.number, level, process, change) };
            let to = Level { two_j: level.two_j + change.two_j(), two_m: level.two_m + process.two_m() };
            if weight > 0.0 { weight * ratio(to) } else { 0.0 }
        })
    }

    /// The values of a level in the long run.
    #[must_use]
    pub fn values(&self, level: Level) -> ConditionedValues {
        self.values_by(level, |to| self.ratio(level, to))
    }

    /// The values of a level at a time of a run.
    #[must_use]
    pub fn values_at(&self, level: Level, time: f64) -> ConditionedValues {
        match self.conditions.ending.as_ref().filter(|ending| time >= ending.from() && !ending.curves.is_empty()) {
            None => self.values(level),
            Some(ending) => {
                let (number, piece) = (self.tilted.number, ending.piece(time));
                let of_ending = |to| {
                    let places = ending.place(number, level).zip(ending.place(number, to));
                    places.map_or(1.0, |(from, to)| ending.ratio((piece, time), from, to))
                };
                self.values_by(level, |to| self.ratio(level, to) * of_ending(to))
            }
        }
    }

    fn values_by(&self, level: Level, ratio: impl Fn(Level) -> f64) -> ConditionedValues {
        let collective = |weight: f64, two_m: i64| {
            if weight > 0.0 { weight * ratio(Level { two_m: level.two_m + two_m, ..level }) } else { 0.0 }
        };
        // Sectors that are not reached have no l.
        let local = |process| {
            if self.tilted.mixes_sectors() { self.weights_by(level, process, &ratio).iter().sum() } else { 0.0 }
        };
        ConditionedValues {
            collective: Pair { emission: collective(level.lowering(), -2), absorption: collective(level.raising(), 2) },
            local: Pair { emission: local(Process::Emission), absorption: local(Process::Absorption) },
            jz: level.m(),
            j_squared: level.j_squared(),
        }
    }

    /// So much of what a pattern absorbs, less so much of what it emits.
    fn net(coupling: Coupling, up: f64, down: f64) -> ConditionedForm {
        let pair = Pair { emission: -down, absorption: up };
        match coupling {
            Coupling::Collective => ConditionedForm { collective: pair, ..ConditionedForm::default() },
            Coupling::Local => ConditionedForm { local: pair, ..ConditionedForm::default() },
        }
    }

    fn of_bath(&self, bath: usize, factor: f64) -> ConditionedForm {
        let Bath { coupling, down, up, .. } = self.tilted.baths[bath];
        Conditioned::net(coupling, factor * up, factor * down)
    }
}

impl System for Conditioned {
    type Values = ConditionedValues;

    fn number(&self) -> i64 {
        self.tilted.number
    }

    fn baths(&self) -> &[Bath] {
        &self.tilted.baths
    }

    fn frequency(&self) -> f64 {
        self.tilted.frequency
    }

    fn units(&self) -> Units {
        self.tilted.units
    }

    fn heat_current(&self, bath: usize) -> ConditionedForm {
        self.of_bath(bath, self.quantum(bath))
    }

    fn intensity(&self, bath: usize) -> ConditionedForm {
        let Bath { coupling, down, .. } = self.tilted.baths[bath];
        Conditioned::net(coupling, 0.0, -down)
    }

    fn power(&self) -> Option<ConditionedForm> {
        let of_bath = |(index, bath): (usize, &Bath)| {
            let supplied = -self.tilted.units.quantum(bath.offset(self.tilted.frequency)?);
            Some(self.of_bath(index, supplied))
        };
        self.tilted.baths.iter().enumerate().filter_map(of_bath).reduce(|sum, one| sum + one)
    }

    fn jz(&self) -> ConditionedForm {
        ConditionedForm { jz: 1.0, ..ConditionedForm::default() }
    }

    fn excited(&self, total: i64) -> ConditionedForm {
        let Linear { jz, constant, .. } = Linear::excited(self.tilted.number, total);
        ConditionedForm { jz, constant, ..ConditionedForm::default() }
    }

    fn extent(&self, form: ConditionedForm) -> Extent {
        let of = |pair: Pair<f64>, most: Pair<f64>| {
            pair.emission.abs() * most.emission + pair.absorption.abs() * most.absorption
        };
        let pairs = of(form.collective, self.most.collective) + of(form.local, self.most.local);
        let others = pairs + form.jz.abs() * self.most.jz + form.constant.abs();
        // From end to end of the ladder in N jumps.
        Extent { emission: 0.0, others, step: pairs / self.tilted.number as f64 + form.jz.abs() }
    }

    fn balances(&self) -> [Option<Balance<ConditionedForm>>; 2] {
        let gained = (0..self.tilted.baths.len()).map(|bath| self.of_bath(bath, 1.0)).reduce(|sum, one| sum + one);
        [gained.map(|form| Balance { form, j_squared: 0.0 }), None]
    }
}
