//! What a part of trajectories comes to: averages that merge, and rows. A new accumulator is a field here, with a line
//! in `new`, `merge`, `encode` and `decode`.

use super::input::{Group, Point};
use super::simulator::simulator;
use super::tables::PartRows;
use crate::quantity::{Column, Precision, Quantity, Resolution};
use crate::statistics::{Ensemble, Resolutions};
use crate::trajectory::Engine;

/// What is averaged over trajectories, in the order of the plan.
#[derive(Clone, Debug)]
pub struct Averages {
    pub ensemble: Ensemble,
}

impl Averages {
    /// Of no trajectories yet.
    pub fn new(point: &Point) -> Self {
        let ensemble = Ensemble::new(resolutions(point), point.evolution.times.len(), point.recording.photons);
        Averages { ensemble }
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: &Averages) {
        self.ensemble.merge(&later.ensemble);
    }

    /// The state, bit for bit.
    pub fn encode(&self) -> Vec<u64> {
        let mut words = Vec::new();
        self.ensemble.encode(&mut words);
        words
    }

    /// The averages of a point from their state; `None` where it is of another shape.
    pub fn decode(point: &Point, mut words: &[u64]) -> Option<Self> {
        let mut averages = Averages::new(point);
        averages.ensemble.decode(&mut words)?;
        words.is_empty().then_some(averages)
    }
}

/// How precise the values of a point's trajectories are.
pub fn precision(point: &Point) -> Precision {
    let driven = point.groups.iter().any(|group| group.hamiltonian.drive.is_some());
    match point.engine.engine {
        Engine::Populations | Engine::Leaps => Precision::LEVELS,
        Engine::Ladder if !driven => Precision::AMPLITUDES,
        Engine::Ladder | Engine::Register => Precision::STEPS,
    }
}

/// What is known of the values of a column beforehand.
pub fn resolution(point: &Point, column: Column) -> Resolution {
    let precision = precision(point);
    let of_group = |group: &Group| match point.engine.engine {
        Engine::Register => Resolution::new(&group.register(), column, point.number(), precision),
        _ => Resolution::new(&group.model, column, point.number(), precision),
    };
    point.groups.iter().map(of_group).reduce(Resolution::and).unwrap_or_default()
}

fn resolutions(point: &Point) -> Resolutions {
    let of_column = |column: Column| resolution(point, column);
    let bath = |bath| of_column(Column { quantity: Quantity::Intensity, bath: Some(bath) });
    let peak = (0..point.baths().len()).map(bath).reduce(Resolution::and).unwrap_or_default();
    Resolutions { columns: point.columns().into_iter().map(of_column).collect(), peak, precision: precision(point) }
}

/// What a block or a part of trajectories gives.
#[derive(Clone, Debug)]
pub struct PartResult {
    pub averages: Averages,
    pub rows: PartRows,
}

impl PartResult {
    /// Of no trajectories yet.
    pub fn new(point: &Point) -> Self {
        PartResult { averages: Averages::new(point), rows: PartRows::new(point) }
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: PartResult) {
        self.averages.merge(&later.averages);
        self.rows.append(later.rows);
    }
}

/// Runs the trajectories of one block.
pub fn run_block(point: &Point, (first, count): (u64, u64)) -> PartResult {
    let mut simulator = simulator(point);
    let mut result = PartResult::new(point);
    for number in first..first + count {
        let trace = simulator.trajectory(number);
        result.averages.ensemble.push(trace);
        result.rows.push(number, trace);
    }
    result
}
