//! What a part of trajectories comes to: averages that merge, and rows. A new accumulator is a field here, with a line
//! in `new` and `merge`, and the shape checked in `of_point`.

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::rows::PartRows;
use crate::bath::Bath;
use crate::group::Detection;
use crate::quantity::{Column, Quantity, Resolution};
use crate::scenario::Point;
use crate::statistics::{Booked, Ensemble, Grouped, Moments, Resolutions, Reweighted};
use crate::trajectory::Trace;

/// [`Point::flows`] at the last time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flows {
    /// Their places among the columns of a point.
    columns: Vec<usize>,
    pub together: Grouped,
}

impl Flows {
    /// Of no trajectories yet; none where no modulation does work.
    fn of(point: &Point) -> Option<Self> {
        let columns: Vec<usize> = point.flows()?.into_iter().map(|(place, _)| place).collect();
        Some(Flows { together: Grouped::new(columns.len()), columns })
    }

    fn push(&mut self, number: u64, trace: &Trace) {
        let Some(last) = trace.values.rows().into_iter().next_back() else { return };
        let values: Vec<f64> = self.columns.iter().map(|column| last[*column]).collect();
        self.together.push(number, &values);
    }
}

/// What is averaged over trajectories, in the order of the plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Averages {
    pub ensemble: Ensemble,
    /// Under a protocol.
    pub booked: Option<Booked>,
    /// Where a modulation does work, what flows at the last time.
    pub flows: Option<Flows>,
    /// Averages over the cycles of a path, by phase and column, where times fold.
    pub folded: Option<Moments>,
    /// Under a condition, what trajectories weigh without it.
    pub reweighted: Option<Reweighted>,
    /// Real and imaginary part of each delay of each correlation that is asked for.
    pub correlations: Option<Moments>,
    /// The photons that went in each direction and in each ring of them, where they are seen so.
    pub seen: Option<Moments>,
}

impl Averages {
    /// Of no trajectories yet.
    pub fn new(point: &Point) -> Self {
        let ensemble = Ensemble::new(resolutions(point), point.times().len(), point.recording.photons);
        let folded = point.fold().map(|fold| Moments::new(fold.phases.len() * point.columns().len()));
        let reweighted = point.conditions().map(|_| Reweighted::default());
        let correlations = correlations(point);
        let seen =
            detection(point).map(|detection| Moments::new(detection.directions().len() + detection.rings().count()));
        let superposed = point.facts().coherent;
        let booked = point.protocol().map(|protocol| Booked::new(protocol, superposed));
        Averages { ensemble, booked, flows: Flows::of(point), folded, reweighted, correlations, seen }
    }

    /// Adds the trajectory of this number.
    pub fn push(&mut self, point: &Point, number: u64, path: &Path) {
        self.ensemble.push(path.trace);
        if let (Some(reweighted), Some(conditions)) = (&mut self.reweighted, point.conditions()) {
            reweighted.push(path.trace, conditions, point.number());
        }
        if let (Some(booked), Some((ledger, known))) = (&mut self.booked, path.booked) {
            booked.push(number, ledger, known);
        }
        if let Some(flows) = &mut self.flows {
            flows.push(number, path.trace);
        }
        if let (Some(folded), Some(cells)) = (&mut self.folded, path.folded) {
            folded.push(cells.iter());
        }
        if let (Some(correlations), Some(cells)) = (&mut self.correlations, path.correlations) {
            correlations.push(cells.iter());
        }
        if let (Some(seen), Some(detection)) = (&mut self.seen, detection(point)) {
            seen.push_all(detection.with_rings(&path.trace.seen));
        }
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: &Averages) {
        self.ensemble.merge(&later.ensemble);
        if let (Some(mine), Some(theirs)) = (&mut self.booked, &later.booked) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.flows, &later.flows) {
            mine.together.merge(&theirs.together);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.folded, &later.folded) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.reweighted, &later.reweighted) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.correlations, &later.correlations) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.seen, &later.seen) {
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
        let flow = match (&self.flows, &empty.flows) {
            (None, None) => true,
            (Some(Flows { columns, together }), Some(empty)) => {
                *columns == empty.columns
                    && together.is_alike(&empty.together)
                    && together.count() == self.ensemble.trajectories()
            }
            _ => false,
        };
        let of_paths = |moments: &Moments| moments.count() == self.ensemble.trajectories();
        let lengths = |moments: &Option<Moments>| moments.as_ref().map(Moments::lengths);
        let alike = alike
            && flow
            && lengths(&self.folded) == lengths(&empty.folded)
            && lengths(&self.correlations) == lengths(&empty.correlations)
            && lengths(&self.seen) == lengths(&empty.seen)
            && [&self.folded, &self.correlations, &self.seen].into_iter().flatten().all(of_paths)
            && self.reweighted.is_some() == empty.reweighted.is_some()
            && self.reweighted.as_ref().is_none_or(|weighed| weighed.paths() == self.ensemble.trajectories());
        let ensemble = self.ensemble.of_shape(empty.ensemble).filter(|_| alike);
        let ensemble = ensemble.ok_or("its averages have another shape")?;
        Ok(Averages { ensemble, ..self })
    }

    /// One value of each kind: how averages are laid out.
    pub fn sample() -> Self {
        Averages {
            ensemble: Ensemble::new(Resolutions::unknown(1), 1, 1),
            booked: Some(Booked::sample()),
            flows: Some(Flows { columns: vec![0], together: Grouped::new(1) }),
            folded: Some(Moments::new(1)),
            reweighted: Some(Reweighted::sample()),
            correlations: Some(Moments::new(1)),
            seen: Some(Moments::new(1)),
        }
    }
}

/// How the photons of a point are seen, where it is by direction.
fn detection(point: &Point) -> Option<&Detection> {
    point.ensembles()?.detection()
}

/// Room for the correlations of a point, where it asks for some.
fn correlations(point: &Point) -> Option<Moments> {
    let asked = point.ensembles()?.correlations();
    let cells = asked.iter().map(|correlation| correlation.cells().count()).sum();
    (!asked.is_empty()).then(|| Moments::new(cells))
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
        processes: processes(point),
    }
}

/// By bath, which processes have to be seen: those that ever happen of superposed levels under a protocol, and of ensembles
/// and modes, where what one kind of jump changes another may leave alone.
fn processes(point: &Point) -> Vec<[bool; 3]> {
    match (point.protocol(), point.ensembles()) {
        (Some(protocol), _) if point.facts().coherent => protocol.processes(),
        (None, Some(_)) => point.baths().iter().map(Bath::processes).collect(),
        _ => Vec::new(),
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
    pub fn push(&mut self, point: &Point, number: u64, path: &Path) {
        self.averages.push(point, number, path);
        self.rows.push(number, path);
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: PartResult) {
        self.averages.merge(&later.averages);
        self.rows.append(later.rows);
    }
}
