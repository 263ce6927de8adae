//! The engines of a point's groups, and the columns that one trajectory of all of them gives.

use std::sync::Mutex;

use super::super::compute::lock;
use super::beside::Beside;
use super::protocol::jumps_bound;
use super::rounds::Sampler;
use crate::group::Group;
use crate::model::{Balance, Linear, System, Values};
use crate::quantity::{Column, Interval, Measure, Quantity, Sample};
use crate::random::stream;
use crate::scenario::Point;
use crate::statistics::{Estimator, Protocol, Qubits, Replica, Replicas, Stretches, Sums};
use crate::trajectory::{Declared, ForEngine, Interrupt};

/// How a replica becomes one of the values that are averaged.
enum Reading<V: Values> {
    Measure(Measure<V>),
    /// A form in `<J_z>` alone.
    Balance(Linear),
    JSquared,
}

impl<V: Values> Reading<V> {
    fn value(&self, replica: &Replica<V>, stretch: f64) -> f64 {
        match self {
            Reading::Measure(measure) => {
                let interval =
                    Interval { duration: stretch, integral: replica.integral, net_quanta: Some(&replica.net) };
                measure.value(&Sample { values: replica.mean, transverse: None }, &interval)
            }
            Reading::Balance(form) => form.at(0.0, replica.mean.jz()),
            Reading::JSquared => replica.j_squared,
        }
    }
}

/// The columns that are averaged: what is the current, estimator by estimator, and the rest.
pub fn columns(point: &Point) -> Vec<Column> {
    let mut columns = Vec::new();
    let balances = |bath: usize| {
        point.on_the_ladder()
            && point.groups.iter().all(|g| g.model.balanced_heat_current(&g.model.baths[bath]).is_some())
    };
    let counted = |bath: usize| point.facts().counts_collective || !point.baths()[bath].coupling.conserves_j();
    for column in point.columns() {
        match (column.quantity, column.bath) {
            (Quantity::HeatCurrentCounts, Some(bath)) => {
                columns.extend(counted(bath).then_some(column));
                if balances(bath) {
                    columns.push(Column { quantity: Quantity::HeatCurrentBalance, ..column });
                }
            }
            (
                Quantity::HeatCurrentInterval
                | Quantity::Intensity
                | Quantity::Power
                | Quantity::Jz
                | Quantity::JSquared
                | Quantity::Excited
                | Quantity::Observable,
                _,
            ) => columns.push(column),
            // What is of one instant, or turns with the qubits.
            _ => {}
        }
    }
    columns
}

/// The estimators of the current of a bath among the columns.
pub fn estimators(columns: &[Column], bath: usize) -> Vec<Estimator> {
    let of = |column: &Column| column.bath == Some(bath) && column.quantity.steady() == Quantity::HeatCurrent;
    let ways = |index: usize| {
        let controlled = columns[index].quantity == Quantity::HeatCurrentInterval;
        [Some(false), controlled.then_some(true)]
            .into_iter()
            .flatten()
            .map(move |controlled| Estimator { index, controlled })
    };
    (0..columns.len()).filter(|index| of(&columns[*index])).flat_map(ways).collect()
}

/// What an estimator is called.
pub fn quantity(columns: &[Column], estimator: Estimator) -> Quantity {
    match columns[estimator.index].quantity {
        Quantity::HeatCurrentInterval if estimator.controlled => Quantity::HeatCurrentControlled,
        other => other,
    }
}

/// Trajectories of a point over stretches of time, by whatever engine.
pub trait Trajectories: Sync {
    /// What they are folded into.
    fn replicas(&self) -> Replicas;

    /// Runs trajectories of these numbers: fewer where they are interrupted, and the sums are of no use then.
    fn run(
        &self,
        protocol: &Protocol,
        numbers: &mut dyn Iterator<Item = u64>,
        interrupt: &Interrupt,
    ) -> (Replicas, Sums);
}

/// Those of a point, of which these columns are read.
pub fn trajectories<'a>(point: &'a Point, columns: &'a [Column]) -> Box<dyn Trajectories + 'a> {
    struct Build<'a>(&'a Point, &'a [Column]);
    impl<'a> ForEngine for Build<'a> {
        type Output = Box<dyn Trajectories + 'a>;
        fn of<E: Declared>(self) -> Self::Output {
            Box::new(Members::<E>::new(self.0, self.1))
        }
    }
    point.engine.engine.with(&point.groups, Build(point, columns))
}

/// One engine and system for each group of qubits.
struct Members<'a, E: Declared> {
    point: &'a Point,
    engines: Vec<E>,
    watched: Vec<<E::Values as Values>::Form>,
    intensities: Vec<Vec<<E::Values as Values>::Form>>,
    /// The same of absorptions, where quanta are alike.
    absorptions: Vec<Vec<<E::Values as Values>::Form>>,
    readings: Vec<Vec<Reading<E::Values>>>,
    balances: Vec<Vec<Balance<<E::Values as Values>::Form>>>,
    /// What is looked at beside the stretch, made where it is first asked for.
    beside: Mutex<Option<Beside<'a>>>,
}

impl<'a, E: Declared> Members<'a, E> {
    /// The engine and the system of each group, and how these columns are read from them.
    fn new(point: &'a Point, columns: &[Column]) -> Self {
        let systems: Vec<E::System> = point.groups.iter().map(E::system).collect();
        let engines = point.groups.iter().zip(&systems).map(|(group, system)| E::build(group, system)).collect();
        let baths = 0..point.baths().len();
        let readings = |(group, system): (&Group, &E::System)| {
            let reading = |column: &Column| match (column.quantity, column.bath) {
                (Quantity::HeatCurrentBalance, Some(bath)) => {
                    Reading::Balance(group.model.balanced_heat_current(&group.model.baths[bath]).unwrap_or_default())
                }
                (Quantity::JSquared, _) => Reading::JSquared,
                _ => Reading::Measure(Measure::new(system, *column, point.number())),
            };
            columns.iter().map(reading).collect()
        };
        let intensities = |system: &E::System| baths.clone().map(|bath| system.intensity(bath)).collect();
        let absorptions = |system: &E::System| {
            let absorption =
                |bath: usize| system.heat_current(bath) * system.quantum(bath).recip() + system.intensity(bath);
            baths.clone().filter(|_| system.quanta_are_alike()).map(absorption).collect()
        };
        // A drive turns <J_z> as well.
        let balances = |(group, system): (&Group, &E::System)| {
            let [jz, j_squared] = system.balances();
            [jz.filter(|_| group.hamiltonian.drive.is_none()), j_squared]
        };
        let of_groups: Vec<_> = point.groups.iter().zip(&systems).map(balances).collect();
        // The sum over groups is zero where each has one.
        let whole = |which: &usize| of_groups.iter().all(|balances| balances[*which].is_some());
        let kept: Vec<usize> = (0..2).filter(whole).collect();
        let of_kept = |balances: &[Option<_>; 2]| kept.iter().filter_map(|which| balances[*which]).collect();
        Members {
            point,
            balances: of_groups.iter().map(of_kept).collect(),
            engines,
            watched: systems.iter().map(|system| system.heat_current(point.watched())).collect(),
            intensities: systems.iter().map(intensities).collect(),
            absorptions: systems.iter().map(absorptions).collect(),
            readings: point.groups.iter().zip(&systems).map(readings).collect(),
            beside: Mutex::default(),
        }
    }
}

impl<'a, E: Declared> Members<'a, E> {
    /// What is looked at beside these stretches: made once, as long as it stays the same.
    fn beside(&self, protocol: &Protocol) -> Option<Beside<'a>> {
        let asked = protocol.beside?;
        let mut made = lock(&self.beside);
        let same = made.take().filter(|made| made.is_of(asked, &protocol.counted));
        let own = same.unwrap_or_else(|| Beside::new(self.point, asked, &protocol.counted));
        *made = Some(own.clone());
        Some(own)
    }
}

impl<E: Declared> Trajectories for Members<'_, E> {
    fn replicas(&self) -> Replicas {
        Replicas::new(self.readings[0].len(), self.balances[0].len(), self.point.baths().len())
    }

    fn run(
        &self,
        protocol: &Protocol,
        numbers: &mut dyn Iterator<Item = u64>,
        interrupt: &Interrupt,
    ) -> (Replicas, Sums) {
        let point = self.point;
        let mut replicas = self.replicas();
        let mut sums = protocol.sums();
        let qubits = |index: usize| Qubits {
            engine: &self.engines[index],
            initial: E::initial(&point.groups[index]),
            number: point.groups[index].model.number,
            watched: self.watched[index],
            intensities: &self.intensities[index],
            absorptions: &self.absorptions[index],
        };
        let all = || (0..self.engines.len()).map(qubits);
        // What is counted is counted together; averages add.
        let together = !protocol.counted.baths.is_empty();
        let mut stretches: Vec<Stretches<E>> = if together {
            vec![Stretches::new(all().collect(), protocol, interrupt)]
        } else {
            all().map(|one| Stretches::new(vec![one], protocol, interrupt)).collect()
        };
        let mut came_to = Vec::with_capacity(self.engines.len());
        let mut beside = self.beside(protocol).map(|beside| beside.until(interrupt));
        let stretch = protocol.stretch();
        let mut values = vec![0.0; self.readings[0].len() + self.balances[0].len()];
        'numbers: for number in numbers {
            if interrupt.is_set() {
                break;
            }
            let mut rng = stream(point.seed, point.id, number);
            let mut whole: Option<Replica<E::Values>> = None;
            values.fill(0.0);
            came_to.clear();
            for stretches in &mut stretches {
                let Some(replicas) = stretches.run(&mut rng, &mut sums) else { break 'numbers };
                came_to.extend(replicas);
            }
            for (index, (replica, readings)) in came_to.drain(..).zip(&self.readings).enumerate() {
                let (columns, controls) = values.split_at_mut(readings.len());
                for (value, reading) in columns.iter_mut().zip(readings) {
                    *value += reading.value(&replica, stretch);
                }
                for (value, balance) in controls.iter_mut().zip(&self.balances[index]) {
                    *value += replica.mean.at(balance.form) + balance.j_squared * replica.j_squared;
                }
                match &mut whole {
                    Some(whole) => whole.add(&replica),
                    None => whole = Some(replica),
                }
            }
            let Some(jumps_beside) = beside.as_mut().map_or(Some(0), |beside| beside.trajectory(number, &mut sums))
            else {
                break;
            };
            if let Some(mut whole) = whole {
                whole.jumps += jumps_beside;
                replicas.push(&values, &whole);
            }
        }
        (replicas, sums)
    }
}

/// Trajectories that are measured over a stretch of time.
pub struct OverTime<'a> {
    pub point: &'a Point,
    pub trajectories: &'a dyn Trajectories,
    pub protocol: &'a Protocol,
}

impl Sampler for OverTime<'_> {
    type Sums = Sums;

    fn point(&self) -> &Point {
        self.point
    }

    fn empty(&self) -> (Replicas, Sums) {
        (self.trajectories.replicas(), self.protocol.sums())
    }

    fn run(&self, numbers: &mut dyn Iterator<Item = u64>, interrupt: &Interrupt) -> (Replicas, Sums) {
        self.trajectories.run(self.protocol, numbers, interrupt)
    }

    fn work(&self) -> f64 {
        let duration = self.protocol.warm_up + self.protocol.stretch();
        self.point.work_of(jumps_bound(self.point, duration), duration)
    }
}
