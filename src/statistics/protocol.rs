//! How long stretches of trajectories are, and what is measured over them.

use std::sync::Arc;

use super::Moments;
use super::entropy::Entropy;
use super::sums::{PassageSums, Sums};
use crate::trajectory::{Beginnings, Passage};

/// The largest advance of a phase over a cell of a Fourier sum, within which it is expanded to second order: the power
/// of white noise is then off by the fourth power of this over 320, 2.5e-5.
const PHASE_STEP: f64 = 0.3;

/// What is asked about the counts of some baths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Indices of the baths.
    pub baths: Vec<usize>,
    /// Windows to count in, besides the basic one.
    pub windows: Vec<f64>,
    /// Angular frequencies of the spectrum.
    pub frequencies: Vec<f64>,
    /// Ascending delays of correlations.
    pub delays: Vec<f64>,
    /// For each bath, the share of its photons after which correlations are read; none where these are followed beside.
    pub shares: Vec<f64>,
    /// The quanta that are waited for, of one group of qubits.
    pub passages: Vec<Passage>,
    /// Ascending times at which it is asked whether they have come; with the last the next wait begins.
    pub passage_times: Vec<f64>,
    /// Whether the waiting times after these photons are read, which are those of one group of qubits.
    pub waiting: bool,
}

/// How long to run, and what to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The time that is thrown away.
    pub warm_up: f64,
    /// The basic window.
    pub window: f64,
    /// How many of them make a stretch: an even number.
    pub windows: u32,
    /// The counting statistics.
    pub counted: Counted,
    /// Whether the sectors are followed.
    pub sectors: bool,
    /// Whether each trajectory stays in one of several sectors for ever.
    pub conserved: bool,
    /// What entropy production is made of, where it is followed.
    pub entropy: Option<Arc<Entropy>>,
    /// What ensembles and modes are looked at for beside the stretch, where they are.
    pub beside: Option<Beside>,
}

/// Where correlations at two times, and what follows photons, begin in a stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// When.
    pub begin: Beginnings,
    /// How many numbers a trajectory has of correlations.
    pub cells: usize,
}

impl Counted {
    /// Whether photons are followed along the stretch.
    #[must_use]
    pub fn follows_photons(&self) -> bool {
        !self.delays.is_empty() && !self.shares.is_empty()
    }
}

impl Protocol {
    /// The length of the stretch.
    #[must_use]
    pub fn stretch(&self) -> f64 {
        self.window * f64::from(self.windows)
    }

    /// An empty sum of what this measures.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let Counted { baths, windows, frequencies, delays, passages, passage_times, .. } = &self.counted;
        let cells = self.beside.map_or(0, |beside| beside.cells);
        let mut sums = Sums::new(baths.len(), windows.len(), frequencies.len(), delays.len());
        for (of_bath, bath) in sums.baths.iter_mut().zip(baths) {
            if passages.iter().any(|passage| passage.bath == *bath) {
                of_bath.passages = PassageSums::new(passage_times.len());
            }
        }
        Sums { correlated: Moments::new(cells), ..sums }
    }

    /// How many times a basic window is halved to make the cells of a frequency.
    pub(super) fn halvings(&self, frequency: f64) -> u32 {
        (self.window * frequency / PHASE_STEP).log2().ceil().max(0.0) as u32
    }

    /// The length of the cells of a frequency.
    #[must_use]
    pub fn cell(&self, frequency: f64) -> f64 {
        self.window / (1_u64 << self.halvings(frequency)) as f64
    }

    /// Ends of windows in a stretch, and of cells of its frequencies, bath by bath: what counting costs beside the jumps.
    #[must_use]
    pub fn ends(&self) -> f64 {
        let Counted { baths, windows, frequencies, passages, passage_times, .. } = &self.counted;
        let of_passages = passage_times.last().map_or(0.0, |last| self.stretch() / last * passage_times.len() as f64);
        let of_windows: f64 = windows.iter().map(|window| self.stretch() / window).sum();
        let of_cells: f64 = frequencies.iter().map(|frequency| self.stretch() / self.cell(*frequency)).sum();
        (of_windows + of_cells) * baths.len().max(1) as f64 + of_passages * passages.len() as f64
    }

    /// Cells of the highest frequency in a stretch: what a spectrum costs.
    #[must_use]
    pub fn cells(&self) -> f64 {
        let most = self.counted.frequencies.iter().map(|f| self.halvings(*f)).max().unwrap_or(0);
        f64::from(self.windows) * f64::from(most).exp2()
    }
}
