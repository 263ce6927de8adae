//! What a part of trajectories comes to: averages that merge, and rows. A new accumulator is a field here, with a line
//! in `new`, `merge`, `encode` and `decode`.

use super::rows::PartRows;
use crate::quantity::{Column, Quantity, Resolution};
use crate::scenario::Point;
use crate::statistics::{Ensemble, Resolutions};

/// What is averaged over trajectories, in the order of the plan.
#[derive(Clone, Debug)]
pub struct Averages {
    pub ensemble: Ensemble,
}

impl Averages {
    /// Of no trajectories yet.
    pub fn new(point: &Point) -> Self {
        let ensemble = Ensemble::new(resolutions(point), point.times().len(), point.recording.photons);
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

/// What is known of the values of a point's trajectories beforehand.
fn resolutions(point: &Point) -> Resolutions {
    let of_column = |column: Column| point.resolution(column);
    let bath = |bath| of_column(Column { quantity: Quantity::Intensity, bath: Some(bath) });
    let peak = (0..point.baths().len()).map(bath).reduce(Resolution::and).unwrap_or_default();
    Resolutions {
        columns: point.columns().into_iter().map(of_column).collect(),
        peak,
        precision: point.facts().precision,
    }
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
