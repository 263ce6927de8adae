//! The averages over an ensemble of trajectories.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::quantity::{Precision, Resolution};
use crate::statistics::{Estimate, Moments, Powers};
use crate::trajectory::Trace;

/// What is known of the values of trajectories before there are any: what of their spread is chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolutions {
    /// Of each column.
    pub columns: Vec<Resolution>,
    /// Of the highest intensity.
    pub peak: Resolution,
    /// Of the engine.
    pub precision: Precision,
    /// Whether values are those of superposed states, of which one jump in many may make nearly all: then a spread has to rest
    /// on more than a few trajectories.
    pub superposed: bool,
    /// By bath, which processes happen and have each to be seen, in the order of [`crate::bath::Process`]; none where nothing is
    /// [`Resolution::by_process`].
    pub processes: Vec<[bool; 3]>,
}

impl Resolutions {
    /// So many columns of which nothing is known but that their values are doubles.
    #[must_use]
    pub fn unknown(columns: usize) -> Self {
        let columns = vec![Resolution::default(); columns];
        Resolutions {
            columns,
            peak: Resolution::default(),
            precision: Precision::LEVELS,
            superposed: false,
            processes: Vec::new(),
        }
    }
}

/// Why a mean over trajectories has no standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoError {
    /// Nothing to differ from.
    #[error("there is one trajectory alone")]
    Alone,
    /// The spread knows nothing of the jumps to come.
    #[error("{jumped} of {of} trajectories have made a jump that changes it, too few to tell what jumps bring")]
    Unseen {
        /// Trajectories that have jumped.
        jumped: u64,
        /// All of them.
        of: u64,
    },
    /// The spread knows nothing of the jumps of one kind.
    #[error(
        "jumps of a kind that {jumped} of {of} trajectories have made may change it by more than trajectories differ, and \
         so few do not tell by how much"
    )]
    Rare {
        /// Trajectories that have made the rarest kind of jump.
        jumped: u64,
        /// All of them.
        of: u64,
    },
    /// The spread rests on few.
    #[error("all but some {deviating} of {of} trajectories agree, too few to tell how far others may be off")]
    Luck {
        /// Trajectories that make the spread.
        deviating: u64,
        /// All of them.
        of: u64,
    },
    /// The spread rests on trajectories that may not have come yet.
    #[error("a few trajectories in many make it, and those seen do not tell how many are to come")]
    Few,
    /// There is no spread.
    #[error("all trajectories agree, but for rounding and the error of the steps between jumps")]
    Rounding,
}

/// Running averages of everything a [`Trace`] holds. Memory does not depend on the number of trajectories.
///
/// A mean has a standard error where the spread of the values tells one: above what rounding makes, and above what jumps
/// that were not seen might add. Before the first jump all trajectories of a pure state are one, and what differs is how
/// it was computed. So as long as fewer than ten trajectories have jumped (or half of all), the spread has to be at
/// least what so many jumps would bring. Of superposed states it has to rest on as many trajectories, too: by their kurtosis,
/// as one that is far off makes nearly all of a fourth power.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// Not part of the state.
    #[serde(skip, default = "unknown")]
    resolutions: Resolutions,
    grid: Moments,
    /// The same with fourth powers, of superposed states.
    tails: Vec<Powers>,
    /// By time and process, how many trajectories have made such a jump.
    seen: Vec<u64>,
    /// How many trajectories have jumped, and how many by a local jump, up to each time of the grid.
    jumped: Vec<[u64; 2]>,
    /// How many had jumped when their intensity was highest.
    peaked: u64,
    /// Peak intensity, peak time.
    burst: Moments,
    /// Peak intensity, to see how many trajectories its spread rests on.
    heights: Powers,
    /// Photon times, each with its own count: not every trajectory emits as many.
    photons: Vec<Moments>,
    /// Widths of bursts, of those trajectories that have one.
    width: Moments,
    /// Quanta that all trajectories exchanged.
    pub jumps: u64,
}

fn unknown() -> Resolutions {
    Resolutions::unknown(0)
}

impl Ensemble {
    /// An empty ensemble over a grid of `samples` times and the columns of these resolutions, with the first `photons`
    /// emission times.
    #[must_use]
    pub fn new(resolutions: Resolutions, samples: usize, photons: usize) -> Self {
        let cells = samples * resolutions.columns.len();
        Ensemble {
            grid: Moments::new(cells),
            tails: vec![Powers::default(); if resolutions.superposed { cells } else { 0 }],
            seen: vec![0; samples * resolutions.processes.as_flattened().len()],
            resolutions,
            jumped: vec![[0; 2]; samples],
            peaked: 0,
            burst: Moments::new(2),
            heights: Powers::default(),
            photons: vec![Moments::new(1); photons],
            width: Moments::new(1),
            jumps: 0,
        }
    }

    /// How many trajectories it holds.
    #[must_use]
    pub fn trajectories(&self) -> u64 {
        self.grid.count()
    }

    /// Adds one trajectory.
    pub fn push(&mut self, trace: &Trace) {
        self.grid.push(trace.values.iter());
        self.tails.iter_mut().zip(&trace.values).for_each(|(powers, value)| powers.push(*value));
        let processes = self.resolutions.processes.as_flattened().len();
        for (process, unseen) in trace.unseen.as_flattened().iter().enumerate().take(processes) {
            self.seen.iter_mut().skip(process).step_by(processes).skip(*unseen).for_each(|seen| *seen += 1);
        }
        for (kind, still) in trace.still.into_iter().enumerate() {
            self.jumped[still..].iter_mut().for_each(|jumped| jumped[kind] += 1);
        }
        self.peaked += u64::from(trace.peaks_after_a_jump());
        self.burst.push([trace.peak.0, trace.peak.1].iter());
        self.heights.push(trace.peak.0);
        for (moments, time) in self.photons.iter_mut().zip(&trace.photons) {
            moments.push([*time].iter());
        }
        if let Some(width) = trace.burst_width() {
            self.width.push([width].iter());
        }
        self.jumps += trace.exchanged.quanta();
    }

    /// Adds a later part of the same ensemble.
    pub fn merge(&mut self, later: &Ensemble) {
        self.grid.merge(&later.grid);
        self.tails.iter_mut().zip(&later.tails).for_each(|(mine, theirs)| mine.merge(theirs));
        self.seen.iter_mut().zip(&later.seen).for_each(|(mine, theirs)| *mine += theirs);
        let kinds = self.jumped.iter_mut().flatten().zip(later.jumped.iter().flatten());
        kinds.for_each(|(mine, theirs)| *mine += theirs);
        self.peaked += later.peaked;
        self.burst.merge(&later.burst);
        self.heights.merge(&later.heights);
        for (mine, theirs) in self.photons.iter_mut().zip(&later.photons) {
            mine.merge(theirs);
        }
        self.width.merge(&later.width);
        self.jumps += later.jumps;
    }

    /// The same, of which what is known beforehand is that of `empty`; `None` where it has not the shape of that.
    #[must_use]
    pub fn of_shape(mut self, empty: Ensemble) -> Option<Self> {
        let lengths = |ensemble: &Ensemble| {
            let Ensemble { grid, burst, width, photons, .. } = ensemble;
            let all = [grid, burst, width].into_iter().chain(photons);
            let others = [ensemble.jumped.len(), ensemble.tails.len(), ensemble.seen.len()];
            (all.map(Moments::lengths).collect::<Vec<_>>(), others)
        };
        let alike = lengths(&self) == lengths(&empty);
        self.resolutions = empty.resolutions;
        alike.then_some(self)
    }

    /// So many trajectories have to have jumped for their spread to tell what jumps bring.
    fn few(&self) -> u64 {
        Resolution::FEW.min(self.trajectories().div_ceil(2))
    }

    /// The spread that counts as chance, of a quantity with this mean of which so many trajectories have jumped.
    fn floor(&self, resolution: &Resolution, mean: f64, jumped: u64) -> f64 {
        let (n, few) = (self.trajectories(), self.few());
        let unseen = if jumped < few { resolution.step * (few as f64 / n as f64).sqrt() } else { 0.0 };
        unseen.max(resolution.floor + self.resolutions.precision.relative * mean.abs())
    }

    /// How many trajectories have made a jump that changes a column, up to a time: of the kind of which there are fewest,
    /// where each counts.
    fn jumped(&self, sample: usize, resolution: &Resolution) -> u64 {
        let processes = self.resolutions.processes.as_flattened();
        let any = self.jumped[sample][usize::from(resolution.local)];
        if !resolution.by_process {
            return any;
        }
        let seen = &self.seen[sample * processes.len()..];
        seen.iter().zip(processes).filter(|(_, happens)| **happens).map(|(seen, _)| *seen).fold(any, u64::min)
    }

    /// The estimate of one column at one time of the grid.
    #[must_use]
    pub fn on_grid(&self, sample: usize, column: usize) -> Option<Estimate> {
        let index = sample * self.resolutions.columns.len() + column;
        let estimate = self.above_floor(sample, column)?;
        let lucky = self.resolutions.columns[column].of_few || self.tails.get(index).is_some_and(Powers::is_of_few);
        Some(Estimate { std_error: estimate.std_error.filter(|_| !lucky), ..estimate })
    }

    fn above_floor(&self, sample: usize, column: usize) -> Option<Estimate> {
        let index = sample * self.resolutions.columns.len() + column;
        let resolution = &self.resolutions.columns[column];
        let jumped = self.jumped(sample, resolution);
        self.grid.estimate_above(index, self.floor(resolution, self.grid.means()[index], jumped))
    }

    /// Why the estimate of one column at one time has no standard error, where it has none.
    #[must_use]
    pub fn no_error(&self, sample: usize, column: usize) -> Option<NoError> {
        let resolution = &self.resolutions.columns[column];
        let (jumped, of) = (self.jumped(sample, resolution), self.trajectories());
        let reason = self.without(&self.on_grid(sample, column)?, jumped)?;
        let tail = self.tails.get(sample * self.resolutions.columns.len() + column);
        let spread = self.above_floor(sample, column)?.std_error.is_some();
        Some(match (reason, tail) {
            (NoError::Alone, _) => reason,
            _ if resolution.of_few => NoError::Few,
            // Above all that is known beforehand, and yet of a few.
            (_, Some(tail)) if spread => NoError::Luck { deviating: tail.deviating().round() as u64, of },
            (NoError::Unseen { .. }, _) if resolution.by_process => NoError::Rare { jumped, of },
            _ => reason,
        })
    }

    /// The same of the highest total intensity.
    #[must_use]
    pub fn no_error_of_peak(&self) -> Option<NoError> {
        let reason = self.without(&self.peak_intensity()?, self.peaked)?;
        let lucky = reason == NoError::Rounding && self.heights.is_of_few();
        let luck = NoError::Luck { deviating: self.heights.deviating().round() as u64, of: self.trajectories() };
        Some(if lucky { luck } else { reason })
    }

    fn without(&self, estimate: &Estimate, jumped: u64) -> Option<NoError> {
        let of = self.trajectories();
        let reason = match of {
            1 => NoError::Alone,
            _ if jumped < self.few() => NoError::Unseen { jumped, of },
            _ => NoError::Rounding,
        };
        estimate.std_error.is_none().then_some(reason)
    }

    /// Whether enough trajectories have jumped by the last time for their spread to tell what jumps bring.
    #[must_use]
    pub fn has_jumped_enough(&self) -> bool {
        self.jumped.last().is_some_and(|[any, _]| *any >= self.few())
    }

    /// One column at one time, as an ensemble of its own.
    #[must_use]
    pub fn at(&self, sample: usize, column: usize) -> Ensemble {
        let columns = vec![self.resolutions.columns[column]];
        let resolutions = Resolutions { columns, ..self.resolutions.clone() };
        let index = sample * self.resolutions.columns.len() + column;
        let processes = resolutions.processes.as_flattened().len();
        let (grid, tails) = (self.grid.of(index), self.tails.get(index).copied().into_iter().collect());
        let seen = self.seen[sample * processes..][..processes].to_vec();
        Ensemble { grid, tails, seen, jumped: vec![self.jumped[sample]], ..Ensemble::new(resolutions, 1, 0) }
    }

    /// What is known of the values beforehand.
    #[must_use]
    pub fn resolutions(&self) -> &Resolutions {
        &self.resolutions
    }

    /// The means, times x columns; NaN where a column has no value.
    #[must_use]
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.by_time(self.grid.means())
    }

    /// The standard errors of the means, times x columns; NaN where the sample shows no spread.
    #[must_use]
    pub fn std_errors(&self) -> Array2<f64> {
        let columns = 0..self.resolutions.columns.len();
        let cells = (0..self.jumped.len()).flat_map(|sample| columns.clone().map(move |column| (sample, column)));
        let error = |(sample, column)| self.on_grid(sample, column).and_then(|e| e.std_error).unwrap_or(f64::NAN);
        let errors: Vec<f64> = cells.map(error).collect();
        self.by_time(&errors).to_owned()
    }

    fn by_time<'a>(&self, values: &'a [f64]) -> ArrayView2<'a, f64> {
        let shape = (self.jumped.len(), self.resolutions.columns.len());
        ArrayView2::from_shape(shape, values).expect("as many cells as times x columns")
    }

    /// The mean over trajectories of the highest total intensity.
    #[must_use]
    pub fn peak_intensity(&self) -> Option<Estimate> {
        let floor = self.floor(&self.resolutions.peak, self.burst.means()[0], self.peaked);
        let estimate = self.burst.estimate_above(0, floor)?;
        Some(Estimate { std_error: estimate.std_error.filter(|_| !self.heights.is_of_few()), ..estimate })
    }

    /// The mean over trajectories of the time of the highest total intensity.
    #[must_use]
    pub fn peak_time(&self) -> Option<Estimate> {
        // Where a height is stationary, its place is known to the root of its precision.
        let mean = self.burst.means()[1].abs();
        let floor = self.resolutions.precision.relative.sqrt() * mean;
        let place = Resolution { floor, step: mean, ..Resolution::default() };
        self.burst.estimate_above(1, self.floor(&place, mean, self.peaked))
    }

    /// The mean width of the burst, where *every* trajectory has one.
    #[must_use]
    pub fn burst_width(&self) -> Option<Estimate> {
        if self.width.count() == self.trajectories() { self.width.estimate(0) } else { None }
    }

    /// The mean times of the first emissions, as far as *every* trajectory emitted so many within the run: the mean
    /// over those that did is biased to early times.
    pub fn photon_times(&self) -> impl Iterator<Item = Estimate> + '_ {
        let all = self.trajectories();
        self.photons.iter().take_while(move |m| m.count() == all).filter_map(|m| m.estimate(0))
    }
}
