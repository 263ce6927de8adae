//! The record of one trajectory: its values on the grid, its counts, its burst, and its jumps where asked.

use ndarray::Array2;

use super::{Jump, Recorder};
use crate::bath::Process;
use crate::model::{Linear, Model, Observables};
use crate::quantity::{Column, Interval};

/// One jump, as `jumps.parquet` holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JumpRow {
    /// When.
    pub time: f64,
    /// The bath and the direction.
    pub jump: Jump,
    /// J after the jump.
    pub j: f64,
    /// M after the jump.
    pub m: f64,
}

/// What is kept of a trajectory beside the grid; memory grows with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Keep every jump.
    pub jumps: bool,
    /// Keep the times of the first so many emissions.
    pub photons: usize,
}

/// The standard recorder, made once and used for many trajectories: it allocates only to keep jumps.
#[derive(Clone, Debug)]
pub struct Record {
    columns: Vec<Column>,
    detail: Detail,
    total_intensity: Linear,
    /// The grid, times x columns.
    pub values: Array2<f64>,
    /// Quanta emitted into each bath.
    pub emitted: Vec<u64>,
    /// Quanta absorbed from each bath.
    pub absorbed: Vec<u64>,
    /// Jumps of any kind.
    pub jumps: u64,
    /// The highest total intensity, and when it was first reached.
    pub peak: (f64, f64),
    /// The times of the first and of the last emission.
    pub first_and_last_photon: Option<(f64, f64)>,
    /// The times of the first emissions, as many as asked.
    pub photons: Vec<f64>,
    /// Every jump, if asked.
    pub log: Vec<JumpRow>,
    /// The values at the last sample.
    pub last: Observables,
    emission_integral: f64,
    jz_integral: f64,
    net_before: Vec<i64>,
    net_quanta: Vec<i64>,
}

impl Record {
    /// An empty record of these columns for a grid of `samples` times.
    #[must_use]
    pub fn new(model: &Model, columns: &[Column], samples: usize, detail: Detail) -> Self {
        let baths = model.baths.len();
        Record {
            values: Array2::zeros((samples, columns.len())),
            columns: columns.to_vec(),
            detail,
            total_intensity: model.total_intensity(),
            emitted: vec![0; baths],
            absorbed: vec![0; baths],
            jumps: 0,
            peak: (0.0, 0.0),
            first_and_last_photon: None,
            photons: Vec::with_capacity(detail.photons),
            log: Vec::new(),
            last: Observables::default(),
            emission_integral: 0.0,
            jz_integral: 0.0,
            net_before: vec![0; baths],
            net_quanta: vec![0; baths],
        }
    }

    /// Forgets the trajectory; the grid is overwritten by the next.
    pub fn clear(&mut self) {
        self.emitted.fill(0);
        self.absorbed.fill(0);
        self.net_before.fill(0);
        self.jumps = 0;
        self.peak = (0.0, 0.0);
        self.first_and_last_photon = None;
        self.photons.clear();
        self.log.clear();
        (self.emission_integral, self.jz_integral) = (0.0, 0.0);
    }

    /// Takes the sample of one grid time, `duration` after the one before, and starts the next interval.
    pub fn sample(&mut self, index: usize, duration: f64, now: &Observables) {
        for bath in 0..self.emitted.len() {
            let net = self.absorbed[bath] as i64 - self.emitted[bath] as i64;
            self.net_quanta[bath] = net - self.net_before[bath];
            self.net_before[bath] = net;
        }
        let interval = Interval {
            duration,
            emission: self.emission_integral,
            jz: self.jz_integral,
            net_quanta: Some(&self.net_quanta),
        };
        for (value, column) in self.values.row_mut(index).iter_mut().zip(&self.columns) {
            *value = column.value(now, &interval);
        }
        (self.emission_integral, self.jz_integral) = (0.0, 0.0);
        self.last = *now;
    }

    /// Adds the records of other, independent groups of qubits to this one. J and the peak of the total intensity are
    /// not sums over groups; they become NaN.
    pub fn add(&mut self, others: &[Record]) {
        for other in others {
            self.values += &other.values;
            self.emitted.iter_mut().zip(&other.emitted).for_each(|(mine, theirs)| *mine += theirs);
            self.absorbed.iter_mut().zip(&other.absorbed).for_each(|(mine, theirs)| *mine += theirs);
            self.jumps += other.jumps;
            self.peak = (f64::NAN, f64::NAN);
            self.first_and_last_photon = match (self.first_and_last_photon, other.first_and_last_photon) {
                (Some((first, last)), Some((f, l))) => Some((first.min(f), last.max(l))),
                (mine, theirs) => mine.or(theirs),
            };
            self.photons.extend(&other.photons);
            self.log.extend(&other.log);
            self.last.j_squared = f64::NAN;
            self.last.jz += other.last.jz;
        }
        if !others.is_empty() {
            self.photons.sort_by(f64::total_cmp);
            self.photons.truncate(self.detail.photons);
            self.log.sort_by(|a, b| a.time.total_cmp(&b.time));
        }
    }

    /// J and M at the last sample. J is read off J(J+1), exactly: 1 + 4J(J+1) is the square of 2J+1.
    #[must_use]
    pub fn final_level(&self) -> (f64, f64) {
        (((1.0 + 4.0 * self.last.j_squared).sqrt() - 1.0) / 2.0, self.last.jz)
    }

    #[cold]
    fn keep(&mut self, time: f64, jump: Jump, after: &Observables) {
        if jump.process == Process::Emission && self.photons.len() < self.detail.photons {
            self.photons.push(time);
        }
        if self.detail.jumps {
            let j = ((1.0 + 4.0 * after.j_squared).sqrt() - 1.0) / 2.0;
            self.log.push(JumpRow { time, jump, j, m: after.jz });
        }
    }
}

impl Recorder for Record {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, mean: &Observables) {
        self.emission_integral += mean.emission * duration;
        self.jz_integral += mean.jz * duration;
        let intensity = self.total_intensity.at(mean.emission, mean.jz);
        if intensity > self.peak.0 {
            self.peak = (intensity, start);
        }
    }

    #[inline]
    fn jump(&mut self, time: f64, jump: Jump, after: &Observables) {
        self.jumps += 1;
        match jump.process {
            Process::Emission => {
                self.emitted[jump.bath] += 1;
                let first = self.first_and_last_photon.map_or(time, |(first, _)| first);
                self.first_and_last_photon = Some((first, time));
            }
            Process::Absorption => self.absorbed[jump.bath] += 1,
            Process::Dephasing => {}
        }
        if self.detail.jumps || self.photons.len() < self.detail.photons {
            self.keep(time, jump, after);
        }
    }
}
