//! What counting statistics are computed from: sums over the stationary stretches of a group of trajectories.

use serde::{Deserialize, Serialize};

use super::entropy::EntropySums;
use super::jackknife::Merge;
use super::{Comoment, Moments, Powers, Quanta};
use crate::trajectory::AfterPhotons;

/// Sums over the Fourier transforms of a current over windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phasors {
    count: f64,
    re: f64,
    im: f64,
    square: f64,
}

impl Phasors {
    /// Adds the transform over one window.
    pub fn push(&mut self, (re, im): (f64, f64)) {
        self.merge(&Phasors { count: 1.0, re, im, square: re * re + im * im });
    }

    fn merge(&mut self, other: &Phasors) {
        self.count += other.count;
        self.re += other.re;
        self.im += other.im;
        self.square += other.square;
    }

    /// `<|F|^2> - |<F>|^2`.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let (re, im) = (self.re / self.count, self.im / self.count);
        (self.square / self.count - re * re - im * im) * self.count / (self.count - 1.0)
    }
}

/// What was seen of the wait for so many quanta of a bath, from one beginning after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PassageSums {
    /// How often it was begun.
    pub begun: f64,
    /// For each time since, how often they had come.
    pub passed: Vec<f64>,
    /// Sums of the rate at which the last comes, where it alone was missing.
    pub rate: Vec<f64>,
    /// Sums of the square of that.
    pub rate_square: Vec<f64>,
}

impl PassageSums {
    /// Nothing yet, at so many times.
    #[must_use]
    pub fn new(times: usize) -> Self {
        let none = || vec![0.0; times];
        PassageSums { begun: 0.0, passed: none(), rate: none(), rate_square: none() }
    }

    fn merge(&mut self, other: &PassageSums) {
        self.begun += other.begun;
        add(&mut self.passed, &other.passed);
        add(&mut self.rate, &other.rate);
        add(&mut self.rate_square, &other.rate_square);
    }
}

/// The counts of one bath in windows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BathSums {
    /// In one, two and three of the basic windows, each span shifted by one.
    pub spans: [Powers; 3],
    /// In each of the windows that are asked for.
    pub windows: Vec<Powers>,
    /// How often each number was counted, in the same windows.
    pub quanta: Vec<Quanta>,
    /// In one and two of the basic windows of trajectories in the sector N/2 - k, where J is conserved.
    pub sectors: Vec<[Powers; 2]>,
    /// For each frequency, over one and over two of the basic windows.
    pub phasors: Vec<[Phasors; 2]>,
    /// The integral of the emission rate.
    pub emission: f64,
    /// Anchors of correlations.
    pub anchors: f64,
    /// Sums of the emission rate at each delay after an anchor.
    pub rate: Vec<f64>,
    /// Sums of its square.
    pub rate_square: Vec<f64>,
    /// Sums of the rate while no photon has followed.
    pub waiting: Vec<f64>,
    /// Sums of the square of that.
    pub waiting_square: Vec<f64>,
    /// The waits for so many quanta, where they are asked for.
    pub passages: PassageSums,
}

impl BathSums {
    /// Adds what was read after the photons of one group of qubits, where `others` emit at this rate on average.
    /// Waiting times are those of one group alone.
    pub fn add_photons(&mut self, read: &AfterPhotons, others: f64) {
        let anchors = read.count;
        self.anchors += anchors;
        for (index, (rate, square)) in read.rate.iter().zip(&read.rate_square).enumerate() {
            self.rate[index] += rate + others * anchors;
            self.rate_square[index] += square + others * (2.0 * rate + others * anchors);
        }
        add(&mut self.waiting, &read.waiting);
        add(&mut self.waiting_square, &read.waiting_square);
    }
}

/// The time, the current and the changes of every sector J = N/2 - k.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectorSums {
    /// Time spent.
    pub time: Vec<f64>,
    /// The integral of the current.
    pub flow: Vec<f64>,
    /// Changes to the next larger J.
    pub raised: Vec<f64>,
    /// Changes to the next smaller J.
    pub lowered: Vec<f64>,
}

impl SectorSums {
    /// Adds one trajectory.
    pub fn add(&mut self, time: &[f64], flow: &[f64], raised: &[u64], lowered: &[u64]) {
        let floats = |counts: &[u64]| counts.iter().map(|count| *count as f64).collect::<Vec<f64>>();
        add(&mut self.time, time);
        add(&mut self.flow, flow);
        add(&mut self.raised, &floats(raised));
        add(&mut self.lowered, &floats(lowered));
    }
}

/// All sums of a group of trajectories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// The time that was measured.
    pub time: f64,
    /// Quanta emitted into every bath of the model, and absorbed from it.
    pub quanta: Vec<[f64; 2]>,
    /// The baths whose counts are asked for, in their order.
    pub baths: Vec<BathSums>,
    /// For each pair of them, (0, 1), (0, 2), (1, 2), ...: counts in one and in two basic windows.
    pub pairs: Vec<[Comoment; 2]>,
    /// The sectors, where they are followed.
    pub sectors: SectorSums,
    /// The entropy production in each of the windows that are asked for, where it is followed.
    pub entropy: Vec<EntropySums>,
    /// The numbers of correlations at two times.
    pub correlated: Moments,
}

fn add(mine: &mut Vec<f64>, theirs: &[f64]) {
    mine.resize(mine.len().max(theirs.len()), 0.0);
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
}

impl Sums {
    /// Nothing yet, for so many baths, windows, frequencies and delays.
    #[must_use]
    pub fn new(baths: usize, windows: usize, frequencies: usize, delays: usize) -> Self {
        let bath = BathSums {
            windows: vec![Powers::default(); windows],
            quanta: vec![Quanta::default(); windows],
            phasors: vec![[Phasors::default(); 2]; frequencies],
            rate: vec![0.0; delays],
            rate_square: vec![0.0; delays],
            waiting: vec![0.0; delays],
            waiting_square: vec![0.0; delays],
            ..BathSums::default()
        };
        Sums {
            baths: vec![bath; baths],
            entropy: vec![EntropySums::default(); windows],
            pairs: vec![[Comoment::default(); 2]; baths * baths.saturating_sub(1) / 2],
            ..Sums::default()
        }
    }

    /// About how many bytes they take, for so many windows, frequencies and delays of every bath. In a window there are
    /// about the jumps that are given with it.
    #[must_use]
    pub fn memory(baths: usize, windows: impl Iterator<Item = f64>, frequencies: usize, delays: usize) -> f64 {
        let window = |jumps: f64| {
            let entropy = size_of::<EntropySums>() as f64 / baths.max(1) as f64;
            (size_of::<Powers>() + size_of::<Quanta>()) as f64 + entropy + Quanta::memory(jumps)
        };
        let others = frequencies * size_of::<[Phasors; 2]>() + 4 * delays * size_of::<f64>();
        baths as f64 * (windows.map(window).sum::<f64>() + others as f64)
    }

    /// What is left without the histograms, which are most of them.
    pub(super) fn without_quanta(&self) -> Sums {
        let baths = self.baths.iter().map(|bath| BathSums {
            spans: bath.spans,
            windows: bath.windows.clone(),
            quanta: Vec::new(),
            sectors: bath.sectors.clone(),
            phasors: bath.phasors.clone(),
            emission: bath.emission,
            anchors: bath.anchors,
            rate: bath.rate.clone(),
            rate_square: bath.rate_square.clone(),
            waiting: bath.waiting.clone(),
            waiting_square: bath.waiting_square.clone(),
            passages: bath.passages.clone(),
        });
        Sums {
            time: self.time,
            quanta: self.quanta.clone(),
            baths: baths.collect(),
            pairs: self.pairs.clone(),
            sectors: self.sectors.clone(),
            entropy: self.entropy.clone(),
            correlated: Moments::default(),
        }
    }

    /// The counts in basic windows alone.
    pub(super) fn of_spans(&self) -> Sums {
        let baths = self.baths.iter().map(|bath| BathSums { spans: bath.spans, ..BathSums::default() });
        Sums { baths: baths.collect(), ..Sums::default() }
    }

    /// Adds quanta emitted into every bath, and absorbed from it.
    pub fn add_quanta(&mut self, of_baths: impl ExactSizeIterator<Item = [f64; 2]>) {
        self.quanta.resize(self.quanta.len().max(of_baths.len()), [0.0; 2]);
        for (mine, theirs) in self.quanta.iter_mut().zip(of_baths) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }
}

impl Merge for Sums {
    fn merge(&mut self, later: &Self) {
        self.time += later.time;
        self.add_quanta(later.quanta.iter().copied());
        for (mine, theirs) in self.baths.iter_mut().zip(&later.baths) {
            mine.spans.iter_mut().zip(&theirs.spans).for_each(|(a, b)| a.merge(b));
            mine.windows.iter_mut().zip(&theirs.windows).for_each(|(a, b)| a.merge(b));
            mine.quanta.iter_mut().zip(&theirs.quanta).for_each(|(a, b)| a.merge(b));
            mine.sectors.resize(mine.sectors.len().max(theirs.sectors.len()), Default::default());
            for (a, b) in mine.sectors.iter_mut().flatten().zip(theirs.sectors.iter().flatten()) {
                a.merge(b);
            }
            for (a, b) in mine.phasors.iter_mut().flatten().zip(theirs.phasors.iter().flatten()) {
                a.merge(b);
            }
            mine.emission += theirs.emission;
            mine.anchors += theirs.anchors;
            add(&mut mine.rate, &theirs.rate);
            add(&mut mine.rate_square, &theirs.rate_square);
            add(&mut mine.waiting, &theirs.waiting);
            add(&mut mine.waiting_square, &theirs.waiting_square);
            mine.passages.merge(&theirs.passages);
        }
        self.pairs.iter_mut().flatten().zip(later.pairs.iter().flatten()).for_each(|(a, b)| a.merge(b));
        self.entropy.iter_mut().zip(&later.entropy).for_each(|(a, b)| a.merge(b));
        self.correlated.merge(&later.correlated);
        let (mine, theirs) = (&mut self.sectors, &later.sectors);
        add(&mut mine.time, &theirs.time);
        add(&mut mine.flow, &theirs.flow);
        add(&mut mine.raised, &theirs.raised);
        add(&mut mine.lowered, &theirs.lowered);
    }
}
