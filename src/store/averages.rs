//! What a part of trajectories comes to: averages that merge, and rows. A new accumulator is a field here, with a line
//! in `new` and `merge`, and the shape checked in `of_point`.

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::rows::PartRows;
use crate::model::protocol::Protocol;
use crate::quantity::{Column, Quantity, Resolution};
use crate::scenario::Point;
use crate::statistics::{Booked, Ensemble, Moments, Resolutions};

/// What is averaged over trajectories, in the order of the plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Averages {
    pub ensemble: Ensemble,
    /// Under a protocol.
    pub booked: Option<Booked>,
    /// Averages over the cycles of a path, by phase and column, where times fold.
    pub folded: Option<Moments>,
}

impl Averages {
    /// Of no trajectories yet.
    pub fn new(point: &Point) -> Self {
        let ensemble = Ensemble::new(resolutions(point), point.times().len(), point.recording.photons);
        let folded = point.fold().map(|fold| Moments::new(fold.phases.len() * point.columns().len()));
        let superposed = point.facts().coherent;
        Averages { ensemble, booked: point.protocol().map(|protocol| Booked::new(protocol, superposed)), folded }
    }

    /// Adds the trajectory of this number.
    pub fn push(&mut self, number: u64, path: &Path) {
        self.ensemble.push(path.trace);
        if let (Some(booked), Some((ledger, known))) = (&mut self.booked, path.booked) {
            booked.push(number, ledger, known);
        }
        if let (Some(folded), Some(cells)) = (&mut self.folded, path.folded) {
            folded.push(cells.iter());
        }
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: &Averages) {
        self.ensemble.merge(&later.ensemble);
        if let (Some(mine), Some(theirs)) = (&mut self.booked, &later.booked) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.folded, &later.folded) {
            mine.merge(theirs);
        }
    }

    /// These, read back for a point.
    ///
    /// # Errors
    /// Why they are not its averages, in words.
    pub fn of_point(self, point: &Point) -> Result<Self, String> {
        let empty = Averages::new(point);
        let alike = match (&self.booked, &empty.booked) {
            (None, None) => true,
            (Some(booked), Some(empty)) => booked.is_alike(empty) && booked.paths() == self.ensemble.trajectories(),
            _ => false,
        };
        let of_paths = |moments: &Moments| moments.count() == self.ensemble.trajectories();
        let alike = alike
            && self.folded.as_ref().map(Moments::lengths) == empty.folded.as_ref().map(Moments::lengths)
            && self.folded.as_ref().is_none_or(of_paths);
        let ensemble = self.ensemble.of_shape(empty.ensemble).filter(|_| alike);
        let ensemble = ensemble.ok_or("its averages have another shape")?;
        Ok(Averages { ensemble, booked: self.booked, folded: self.folded })
    }

    /// One value of each kind: how averages are laid out.
    pub fn sample() -> Self {
        Averages {
            ensemble: Ensemble::new(Resolutions::unknown(1), 1, 1),
            booked: Some(Booked::sample()),
            folded: Some(Moments::new(1)),
        }
    }
}

/// What is known of the values of a point's trajectories beforehand.
fn resolutions(point: &Point) -> Resolutions {
    let of_column = |column: Column| point.resolution(column);
    let bath = |bath| of_column(Column::of_bath(Quantity::Intensity, bath));
    let peak = (0..point.baths().len()).map(bath).reduce(Resolution::and).unwrap_or_default();
    Resolutions {
        columns: point.columns().into_iter().map(of_column).collect(),
        peak,
        precision: point.facts().precision,
        superposed: point.facts().coherent,
        processes: point.protocol().filter(|_| point.facts().coherent).map_or_else(Vec::new, Protocol::processes),
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

    /// Adds the trajectory of this number.
    pub fn push(&mut self, number: u64, path: &Path) {
        self.averages.push(number, path);
        self.rows.push(number, path);
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: PartResult) {
        self.averages.merge(&later.averages);
        self.rows.append(later.rows);
    }
}
