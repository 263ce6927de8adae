//! The averages over an ensemble of trajectories.

use ndarray::{Array2, ArrayView2};

use crate::statistics::{Estimate, Moments};
use crate::trajectory::Trace;

/// Running averages of everything a [`Trace`] holds. Memory does not depend on the number of trajectories.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    columns: usize,
    grid: Moments,
    /// Peak intensity, peak time.
    burst: Moments,
    /// Photon times, each with its own count: not every trajectory emits as many.
    photons: Vec<Moments>,
    /// Widths of bursts, of those trajectories that have one.
    width: Moments,
    /// Quanta that all trajectories exchanged.
    pub jumps: u64,
}

impl Ensemble {
    /// An empty ensemble over a grid of `samples` times and `columns`, with the first `photons` emission times.
    #[must_use]
    pub fn new(columns: usize, samples: usize, photons: usize) -> Self {
        Ensemble {
            columns,
            grid: Moments::new(samples * columns),
            burst: Moments::new(2),
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
        self.burst.push([trace.peak.0, trace.peak.1].iter());
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
        self.burst.merge(&later.burst);
        for (mine, theirs) in self.photons.iter_mut().zip(&later.photons) {
            mine.merge(theirs);
        }
        self.width.merge(&later.width);
        self.jumps += later.jumps;
    }

    /// Appends the state, bit for bit.
    pub fn encode(&self, words: &mut Vec<u64>) {
        self.parts().for_each(|moments| moments.encode(words));
        words.push(self.jumps);
    }

    /// Takes the state of an ensemble of the same shape off the front of `words`; `None` where there are too few.
    #[must_use]
    pub fn decode(&mut self, words: &mut &[u64]) -> Option<()> {
        for moments in [&mut self.grid, &mut self.burst, &mut self.width].into_iter().chain(&mut self.photons) {
            moments.decode(words)?;
        }
        let (jumps, rest) = words.split_first()?;
        (self.jumps, *words) = (*jumps, rest);
        Some(())
    }

    fn parts(&self) -> impl Iterator<Item = &Moments> {
        [&self.grid, &self.burst, &self.width].into_iter().chain(&self.photons)
    }

    /// The estimate of one column at one time of the grid.
    #[must_use]
    pub fn on_grid(&self, sample: usize, column: usize) -> Option<Estimate> {
        self.grid.estimate(sample * self.columns + column)
    }

    /// The moments of one column at one time of the grid.
    #[must_use]
    pub fn moments_on_grid(&self, sample: usize, column: usize) -> Moments {
        self.grid.of(sample * self.columns + column)
    }

    /// The means, times x columns; NaN where a column has no value.
    #[must_use]
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.by_time(self.grid.means())
    }

    /// The standard errors of the means, times x columns; NaN where the sample shows no spread.
    #[must_use]
    pub fn std_errors(&self) -> Array2<f64> {
        let error = |index| self.grid.estimate(index).and_then(|estimate| estimate.std_error).unwrap_or(f64::NAN);
        let errors: Vec<f64> = (0..self.grid.means().len()).map(error).collect();
        self.by_time(&errors).to_owned()
    }

    fn by_time<'a>(&self, values: &'a [f64]) -> ArrayView2<'a, f64> {
        let samples = values.len() / self.columns.max(1);
        ArrayView2::from_shape((samples, self.columns), values).expect("as many cells as times x columns")
    }

    /// The mean over trajectories of the highest total intensity.
    #[must_use]
    pub fn peak_intensity(&self) -> Option<Estimate> {
        self.burst.estimate(0)
    }

    /// The mean over trajectories of the time of the highest total intensity.
    #[must_use]
    pub fn peak_time(&self) -> Option<Estimate> {
        self.burst.estimate(1)
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
