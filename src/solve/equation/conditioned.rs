//! Identical qubits under a condition: the chain over the levels (J, M) that it makes.

use super::{Aim, Averages, BathAverages, Equation};
use crate::bath::{Coupling, Pair};
use crate::group::Group;
use crate::lindblad::{Charges, PopulationEquation, Relaxation, SteadyError, Tilted, Triplet, Weighing};
use crate::model::{Conditioned, ConditionedValues, Conditions, Ending, System, Values};
use crate::rounded::Rounded;
use crate::solve::error::Unsolved;

/// The chain of a group, and what its levels do.
pub struct ConditionedLevels {
    qubits: Conditioned,
    total: i64,
    coordinates: Vec<(i64, i64)>,
    entries: Vec<Triplet>,
    /// Of each level: what collective baths and local ones of unit rates take and give, `<J_z>`, `<J^2>`.
    values: Vec<Vec<f64>>,
    initial: Vec<f64>,
    steady: Vec<f64>,
    relaxation_time: Option<f64>,
    weighing: Weighing,
    /// The net quanta of each bath per unit time, and their noise.
    pub counted: Vec<(Rounded, Result<Rounded, SteadyError>)>,
}

/// Probabilities of the levels at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionedState {
    time: f64,
    p: Vec<f64>,
}

impl ConditionedLevels {
    fn values(of: &[f64]) -> ConditionedValues {
        ConditionedValues {
            collective: Pair { emission: of[0], absorption: of[1] },
            local: Pair { emission: of[2], absorption: of[3] },
            jz: of[4],
            j_squared: of[5],
        }
    }

    /// `average` has the heat current of each bath over the interval before.
    fn averages_of(&self, time: f64, now: &[f64], average: impl Fn(usize) -> f64) -> Averages {
        let (now, qubits) = (Self::values(now), &self.qubits);
        let of_bath = |bath: usize| BathAverages {
            intensity: now.at(qubits.intensity(bath)),
            heat_current: now.at(qubits.heat_current(bath)),
            average: average(bath),
        };
        Averages {
            time,
            jz: now.jz,
            j_squared: now.j_squared,
            transverse: None,
            excited: now.at(qubits.excited(self.total)),
            power: qubits.power().map_or(0.0, |form| now.at(form)),
            baths: (0..qubits.baths().len()).map(of_bath).collect(),
            observables: Vec::new(),
            booked: None,
        }
    }
}

impl ConditionedLevels {
    /// The averages of a run that ends, over its last part: from the time that p is of on, with the heat of each bath that came
    /// since the time of the state.
    fn to_the_end(
        &self,
        ending: &Ending,
        state: &mut ConditionedState,
        (mut now, times): (f64, &[f64]),
        mut heat: Vec<f64>,
    ) -> Vec<Averages> {
        let mut told = Vec::with_capacity(times.len());
        for &time in times {
            let weighed = self.weighing.on(ending, &mut state.p, [now, time]);
            for (bath, (heat, quanta)) in heat.iter_mut().zip(&weighed.counted).enumerate() {
                *heat += quanta * self.qubits.quantum(bath);
            }
            let mean = |values: &[f64]| values.iter().zip(&weighed.p).map(|(value, p)| value * p).sum::<f64>();
            let [collective, local] = weighed.pairs;
            let values = [
                collective.emission,
                collective.absorption,
                local.emission,
                local.absorption,
                mean(&self.values[4]),
                mean(&self.values[5]),
            ];
            let duration = time - state.time;
            told.push(self.averages_of(time, &values, |bath| heat[bath] / duration));
            heat.fill(0.0);
            (now, state.time) = (time, time);
        }
        told
    }
}

fn conditions(group: &Group) -> &std::sync::Arc<Conditions> {
    group.conditions.as_ref().expect("this road is taken where there is a condition")
}

impl Equation for ConditionedLevels {
    type State = ConditionedState;

    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        Ok(PopulationEquation::affordable(&group.model, &group.initial, aim.effort)?)
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        Self::affordable(group, aim)?;
        let conditions = conditions(group);
        let equation = PopulationEquation::new(&group.model, &group.initial);
        let tilted = Tilted::new(&equation)?;
        let charges = |bath| Charges::of_bath(group.model.baths.len(), bath);
        let logarithm = conditions.logarithm.concat();
        let at = tilted.at(&charges(conditions.bath).times(conditions.field), Some(&logarithm))?;
        let pairs = Coupling::ALL.map(|coupling| at.pairs(coupling));
        let levels = at.levels();
        // The start has the weight l, as in the trajectories.
        let weighed = |(p, log): (&f64, &f64)| if *p > 0.0 { p * (log - conditions.start).exp() } else { 0.0 };
        let initial = equation.initial().iter().zip(&logarithm).map(weighed).collect();
        let of_pair = |coupling: Coupling, of: fn(&Pair<f64>) -> f64| {
            let place = Coupling::ALL.iter().position(|other| *other == coupling).expect("one of all");
            pairs[place].iter().map(of).collect::<Vec<f64>>()
        };
        let [emission, absorption]: [fn(&Pair<f64>) -> f64; 2] = [|pair| pair.emission, |pair| pair.absorption];
        Ok(ConditionedLevels {
            qubits: Conditioned::new(&group.model, conditions.clone()),
            total: aim.total,
            coordinates: levels.iter().map(|level| (level.two_j, level.two_m)).collect(),
            entries: at.entries(),
            values: vec![
                of_pair(Coupling::Collective, emission),
                of_pair(Coupling::Collective, absorption),
                of_pair(Coupling::Local, emission),
                of_pair(Coupling::Local, absorption),
                levels.iter().map(|level| level.m()).collect(),
                levels.iter().map(|level| level.j_squared()).collect(),
            ],
            initial,
            steady: at.p().to_vec(),
            relaxation_time: at.relaxation_time().ok(),
            weighing: Weighing::new(&at, &(0..group.model.baths.len()).map(charges).collect::<Vec<_>>()),
            counted: (0..group.model.baths.len())
                .map(|bath| (at.mean(&charges(bath)), at.noise(&charges(bath))))
                .collect(),
        })
    }

    fn start(&self) -> Result<ConditionedState, Unsolved> {
        Ok(ConditionedState { time: 0.0, p: self.initial.clone() })
    }

    fn time(state: &ConditionedState) -> f64 {
        state.time
    }

    fn averages(&self, state: &ConditionedState) -> Averages {
        let mean = |values: &Vec<f64>| values.iter().zip(&state.p).map(|(value, p)| value * p).sum();
        self.averages_of(state.time, &self.values.iter().map(mean).collect::<Vec<_>>(), |_| f64::NAN)
    }

    fn advance(&self, state: &mut ConditionedState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let mut next = state.clone();
        let mut told = Vec::with_capacity(times.len());
        let ends = self.qubits.conditions().ending.as_ref();
        // As in the long run before it.
        let begins = ends.map_or(f64::INFINITY, |ending| ending.from().max(state.time));
        let steady = times.partition_point(|time| *time < begins);
        let stops: Vec<f64> = times[..steady].iter().copied().chain((steady < times.len()).then_some(begins)).collect();
        let since: Vec<f64> = stops.iter().map(|time| time - state.time).collect();
        // Heat of each bath since the last time that was asked for.
        let mut heat = vec![0.0; self.qubits.baths().len()];
        let mut at_stop = 0;
        Relaxation::new(&self.coordinates, &self.entries, &self.values).through(&mut next.p, &since, |at| {
            let time = stops[at_stop];
            at_stop += 1;
            let of_bath = |bath, integrals: &[f64]| Self::values(integrals).at(self.qubits.heat_current(bath));
            if at_stop > steady {
                heat.iter_mut().enumerate().for_each(|(bath, heat)| *heat = of_bath(bath, at.integrals));
                return;
            }
            let duration = time - next.time;
            let means: Vec<f64> = at.integrals.iter().map(|integral| integral / duration).collect();
            let average = |bath| if duration > 0.0 { of_bath(bath, &means) } else { f64::NAN };
            told.push(self.averages_of(time, at.values, average));
            next.time = time;
        })?;
        if let Some(ending) = ends.filter(|_| steady < times.len()) {
            told.extend(self.to_the_end(ending, &mut next, (begins, &times[steady..]), heat));
        }
        *state = next;
        Ok(told)
    }

    fn steady_state(&self) -> Result<ConditionedState, Unsolved> {
        Ok(ConditionedState { time: 0.0, p: self.steady.clone() })
    }

    fn relaxation_time(&self) -> Option<f64> {
        self.relaxation_time
    }
}
