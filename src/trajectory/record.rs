//! The record of one trajectory: its values on the grid, its counts, its burst, and its jumps where asked.

use ndarray::Array2;
use serde::Serialize;

use super::peak::{SAME, Search};
use super::{Change, Exchanged, Interrupt, Jump, Recorder};
use crate::bath::Process;
use crate::model::{System, Values, spin_of};
use crate::quantity::{Column, Interval, Measure, Precision, Quantity, Sample};

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
    /// Which it is among the jumps of its bath and process, counted from 0.
    pub mark: usize,
}

/// Which trajectories of a point have rows of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// All of them.
    #[default]
    All,
    /// The first so many.
    First(u64),
}

impl Rows {
    /// Whether the trajectory of this number has one.
    #[must_use]
    pub fn hold(self, number: u64) -> bool {
        self.among(number, 1) == 1
    }

    /// How many among these have one: from a first on, so many.
    #[must_use]
    pub fn among(self, first: u64, count: u64) -> u64 {
        match self {
            Rows::All => count,
            Rows::First(most) => most.saturating_sub(first).min(count),
        }
    }

    fn are_all(&self) -> bool {
        *self == Rows::All
    }
}

/// What is kept of a trajectory beside the grid; memory grows with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Keep every jump.
    pub jumps: bool,
    /// Keep the times of the first so many emissions, and the width of the burst.
    pub photons: usize,
    /// Keep work, heats and the level of every cycle of a protocol.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cycles: bool,
    /// Which trajectories have rows, of themselves and of the above.
    #[serde(skip_serializing_if = "Rows::are_all")]
    pub trajectories: Rows,
}

/// What is left of one trajectory, of whatever engine.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The grid, times x columns.
    pub values: Array2<f64>,
    /// Quanta exchanged with each bath.
    pub exchanged: Exchanged,
    /// The highest total intensity, and when it was first reached, between jumps too.
    pub peak: (f64, f64),
    /// The time of the first jump; NaN before it.
    first_jump: f64,
    /// The samples before the first jump, and before the first local one.
    pub still: [usize; 2],
    /// The samples before the first jump of each process of each bath, in the order of [`Process`]; none where nobody asks,
    /// see [`Record::by_process`].
    pub unseen: Vec<[usize; 3]>,
    /// The time of the first emission; NaN before it.
    first_photon: f64,
    /// The times of the last jump of every process.
    last: [f64; 3],
    /// The times of the first emissions, as many as asked.
    pub photons: Vec<f64>,
    /// The photons that each detector saw, where there are some: see [`System::detectors`].
    pub seen: Vec<f64>,
    /// The times at which a quarter and three quarters as many photons as qubits were out, where photon times are asked
    /// for; NaN before.
    pub quartiles: [f64; 2],
    /// Every jump, if asked.
    pub log: Vec<JumpRow>,
    /// `<J^2>` at the last sample.
    pub j_squared: f64,
    /// `<J_z>` at the last sample.
    pub jz: f64,
}

impl Trace {
    /// J and M at the last sample.
    #[must_use]
    pub fn final_level(&self) -> (f64, f64) {
        (spin_of(self.j_squared), self.jz)
    }

    /// The times of the first and of the last emission.
    #[must_use]
    pub fn first_and_last_photon(&self) -> Option<(f64, f64)> {
        (!self.first_photon.is_nan()).then_some((self.first_photon, self.last[Process::Emission as usize]))
    }

    /// Whether it had jumped when the total intensity was highest.
    #[must_use]
    pub fn peaks_after_a_jump(&self) -> bool {
        self.first_jump <= self.peak.1
    }

    /// The width of the burst: the time from a quarter to three quarters as many photons as there are qubits.
    #[must_use]
    pub fn burst_width(&self) -> Option<f64> {
        Some(self.quartiles[1] - self.quartiles[0]).filter(|width| width.is_finite())
    }

    /// Adds the traces of other, independent groups of qubits to this one, which keeps as many photons as it is told.
    /// J, the peak of the total intensity and the width of the burst are not sums over groups; they become NaN.
    pub fn add(&mut self, other: &Trace, photons: usize) {
        self.values += &other.values;
        self.exchanged.merge(&other.exchanged);
        self.peak = (f64::NAN, f64::NAN);
        self.quartiles = [f64::NAN; 2];
        self.first_jump = self.first_jump.min(other.first_jump);
        self.still.iter_mut().zip(other.still).for_each(|(mine, theirs)| *mine = theirs.min(*mine));
        let unseen = self.unseen.as_flattened_mut().iter_mut().zip(other.unseen.as_flattened());
        unseen.for_each(|(mine, theirs)| *mine = (*theirs).min(*mine));
        self.first_photon = self.first_photon.min(other.first_photon);
        self.last.iter_mut().zip(other.last).for_each(|(mine, theirs)| *mine = mine.max(theirs));
        self.j_squared = f64::NAN;
        self.jz += other.jz;
        self.photons.extend(&other.photons);
        self.photons.sort_by(f64::total_cmp);
        self.photons.truncate(photons);
        self.log.extend(&other.log);
        self.log.sort_by(|a, b| a.time.total_cmp(&b.time));
    }
}

/// The standard recorder, made once and used for many trajectories: it allocates only to keep jumps.
#[derive(Clone, Debug)]
pub struct Record<V: Values> {
    /// What is left of the trajectory.
    pub trace: Trace,
    interrupt: Interrupt,
    measures: Vec<Measure<V>>,
    detail: Detail,
    /// Whether there is more to keep of single jumps.
    keeps: bool,
    /// As many photons as a quarter and three quarters of the qubits.
    quarters: [u64; 2],
    total_intensity: V::Form,
    /// A bound on it.
    most_intensity: f64,
    /// What the total intensity has to exceed.
    to_beat: f64,
    /// By which factor a later one has to be above the highest so far to be another: a state that moves in steps comes back
    /// to the same height up to rounding alone.
    margin: f64,
    /// The bath whose photons are told apart, where there is one.
    seen_of: Option<usize>,
    /// Of the jump that comes next.
    mark: usize,
    /// Whether the highest intensity is looked for.
    peaks: bool,
    /// Which baths are local.
    local: Vec<bool>,
    integral: V,
    net_before: Vec<i64>,
    net_quanta: Vec<i64>,
    total: i64,
    /// The heat of each column over the part of the interval before forms changed, and the length of that part.
    earlier: Vec<f64>,
    earlier_duration: f64,
    /// Work and heats that add up, where they do.
    book: Option<Book>,
}

/// What has added up since the start.
#[derive(Clone, Debug)]
struct Book {
    /// The energy at the start.
    energy: f64,
    /// Whether anything does work: without it what heat leaves of the energy of one state is chance alone.
    works: bool,
    /// The heat of each column that is one.
    heats: Vec<f64>,
}

impl<V: Values> Record<V> {
    /// An empty record of these columns for a grid of `samples` times, of a group of qubits among `total`.
    #[must_use]
    pub fn new<S>(system: &S, total: i64, columns: &[Column], samples: usize, detail: Detail) -> Self
    where
        S: System<Values = V>,
    {
        let baths = system.baths().len();
        let total_intensity = system.total_intensity();
        let extent = system.extent(total_intensity);
        Record {
            trace: Trace {
                values: Array2::zeros((samples, columns.len())),
                exchanged: Exchanged::new(baths),
                photons: Vec::with_capacity(detail.photons),
                seen: vec![0.0; system.detectors().map_or(0, |(_, count)| count)],
                ..Trace::default()
            },
            interrupt: Interrupt::default(),
            measures: columns.iter().map(|column| Measure::new(system, *column, total)).collect(),
            detail,
            keeps: true,
            quarters: [1, 3].map(|quarters| (quarters * total.max(0) as u64).div_ceil(4)),
            total_intensity,
            most_intensity: extent.emission + extent.others,
            to_beat: 0.0,
            margin: 1.0,
            seen_of: system.detectors().map(|(bath, _)| bath),
            mark: 0,
            peaks: true,
            local: system.baths().iter().map(|bath| !bath.coupling.conserves_j()).collect(),
            integral: V::default(),
            net_before: vec![0; baths],
            net_quanta: vec![0; baths],
            total,
            earlier: vec![0.0; columns.len()],
            earlier_duration: 0.0,
            book: system.energy().map(|_| Book {
                energy: f64::NAN,
                works: system.does_work(),
                heats: vec![0.0; columns.len()],
            }),
        }
    }

    /// The same, of trajectories that end where they are once `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: &Interrupt) -> Self {
        Record { interrupt: interrupt.clone(), ..self }
    }

    /// The same, of an engine of this precision.
    #[must_use]
    pub fn by(self, precision: Precision) -> Self {
        Record { margin: if precision.steps { 1.0 + SAME } else { 1.0 }, ..self }
    }

    /// The same, which looks for no highest intensity.
    #[must_use]
    pub fn without_peaks(self) -> Self {
        Record { peaks: false, ..self }
    }

    /// The same, which tells the first jumps of all processes apart.
    #[must_use]
    pub fn by_process(mut self) -> Self {
        self.trace.unseen = vec![[0; 3]; self.local.len()];
        self
    }

    /// Forgets the trajectory; the grid is overwritten by the next.
    pub fn clear(&mut self) {
        self.trace.exchanged.clear();
        self.net_before.fill(0);
        (self.trace.peak, self.to_beat) =
            if self.peaks { ((0.0, 0.0), 0.0) } else { ((f64::NAN, f64::NAN), f64::INFINITY) };
        (self.trace.first_jump, self.trace.still) = (f64::NAN, [0; 2]);
        self.trace.unseen.fill([0; 3]);
        (self.trace.first_photon, self.trace.last) = (f64::NAN, [f64::NAN; 3]);
        self.trace.photons.clear();
        self.trace.seen.fill(0.0);
        self.trace.quartiles = [f64::NAN; 2];
        self.trace.log.clear();
        self.keeps = true;
        self.integral = V::default();
        self.earlier_duration = 0.0;
    }

    /// Whether work and heats add up, and [`Record::begin`] has to know the start.
    #[must_use]
    pub fn books(&self) -> bool {
        self.book.is_some()
    }

    /// Begins a trajectory that is this at time 0.
    pub fn begin(&mut self, start: &Sample<V>) {
        let nothing = Interval { duration: 0.0, integral: V::default(), net_quanta: None };
        let work = self.measures.iter().find(|measure| measure.booked() == Some(Quantity::Work));
        if let (Some(book), Some(work)) = (&mut self.book, work) {
            book.energy = work.value(start, &nothing);
            book.heats.fill(0.0);
        }
    }

    /// Rates or frequencies are those of this `system` from now on, a `duration` after the last sample: what went by
    /// since then was carried by quanta of before.
    pub fn retune<S: System<Values = V>>(&mut self, duration: f64, system: &S) {
        let piece = duration - self.earlier_duration;
        if piece > 0.0 {
            self.count();
            let interval = Interval { duration: piece, integral: self.integral, net_quanta: Some(&self.net_quanta) };
            for (earlier, measure) in self.earlier.iter_mut().zip(&self.measures) {
                let before = if self.earlier_duration > 0.0 { *earlier } else { 0.0 };
                *earlier = before + measure.heat(&interval);
            }
            self.integral = V::default();
            self.earlier_duration = duration;
        }
        let total = self.total;
        self.measures.iter_mut().for_each(|measure| *measure = measure.of(system, total));
        self.total_intensity = system.total_intensity();
        let extent = system.extent(self.total_intensity);
        self.most_intensity = extent.emission + extent.others;
    }

    /// Net quanta since this was asked before.
    fn count(&mut self) {
        for bath in 0..self.net_quanta.len() {
            let net = self.trace.exchanged.net(bath);
            self.net_quanta[bath] = net - self.net_before[bath];
            self.net_before[bath] = net;
        }
    }

    /// Takes the sample of one grid time, `duration` after the one before, and starts the next interval.
    pub fn sample(&mut self, index: usize, duration: f64, now: &Sample<V>) {
        self.count();
        let piece = duration - self.earlier_duration;
        let interval = Interval { duration: piece, integral: self.integral, net_quanta: Some(&self.net_quanta) };
        let mut row = self.trace.values.row_mut(index);
        for (value, measure) in row.iter_mut().zip(&self.measures) {
            *value = measure.value(now, &interval);
        }
        if self.earlier_duration > 0.0 {
            for ((value, measure), earlier) in row.iter_mut().zip(&self.measures).zip(&self.earlier) {
                if measure.is_of_interval() {
                    *value = (earlier + measure.heat(&interval)) / duration;
                }
            }
            self.earlier_duration = 0.0;
        }
        if let Some(Book { energy, works: does_work, heats }) = &mut self.book {
            // By the first law: what the energy has risen by, less all heats.
            let mut spent = *energy;
            for ((value, measure), heat) in row.iter_mut().zip(&self.measures).zip(heats) {
                if measure.booked() == Some(Quantity::Heat) {
                    *heat += measure.heat(&interval);
                    *value = *heat;
                    spent += *heat;
                }
            }
            let works = row.iter_mut().zip(&self.measures).filter(|(_, of)| of.booked() == Some(Quantity::Work));
            works.for_each(|(value, _)| *value = if *does_work { *value - spent } else { 0.0 });
        }
        self.integral = V::default();
        for (still, of_any) in self.trace.still.iter_mut().zip([true, false]) {
            let jumps = |bath: usize| if of_any || self.local[bath] { self.trace.exchanged.jumps_of(bath) } else { 0 };
            if *still == index && (0..self.local.len()).all(|bath| jumps(bath) == 0) {
                *still += 1;
            }
        }
        for (bath, unseen) in self.trace.unseen.iter_mut().enumerate() {
            for (unseen, process) in unseen.iter_mut().zip(Process::ALL) {
                if *unseen == index && self.trace.exchanged.of(bath, process) == 0 {
                    *unseen += 1;
                }
            }
        }
        self.trace.j_squared = now.values.j_squared();
        self.trace.jz = now.values.jz();
    }

    /// What the total intensity has to exceed.
    #[inline]
    pub(super) fn to_beat(&self) -> f64 {
        self.to_beat
    }

    /// The total intensity was so high at a time: where that is higher than before, it is kept.
    #[inline]
    pub(super) fn rises_to(&mut self, intensity: f64, time: f64) {
        if intensity > self.to_beat {
            (self.trace.peak, self.to_beat) = ((intensity, time), intensity * self.margin);
        }
    }

    /// Looks for a higher intensity within a dwell, which is so high a time after its start.
    #[inline(never)]
    pub(super) fn climb(&mut self, start: f64, search: &Search, mut height: impl FnMut(f64) -> f64) {
        let interrupt = &self.interrupt;
        let height = |time| if interrupt.is_set() { f64::NEG_INFINITY } else { height(time) };
        if let Some((height, time)) = search.highest(height) {
            self.trace.peak = (height, start + time);
        }
        // What comes back to the same height does not pass for higher by the error of a step.
        self.to_beat = self.trace.peak.0 * (1.0 + SAME);
    }

    #[cold]
    fn keep(&mut self, time: f64, jump: Jump, after: V) {
        if self.trace.first_jump.is_nan() {
            self.trace.first_jump = time;
        }
        if self.trace.first_photon.is_nan() {
            self.trace.first_photon = self.trace.last[Process::Emission as usize];
        }
        if jump.process == Process::Emission && self.detail.photons > 0 {
            if self.trace.photons.len() < self.detail.photons {
                self.trace.photons.push(time);
            }
            let out = self.trace.exchanged.photons();
            for (quartile, photons) in self.trace.quartiles.iter_mut().zip(self.quarters) {
                if out == photons {
                    *quartile = time;
                }
            }
        }
        if self.detail.jumps {
            self.trace.log.push(JumpRow { time, jump, j: spin_of(after.j_squared()), m: after.jz(), mark: self.mark });
        }
        let counts = self.detail.photons > 0
            && (self.trace.quartiles[1].is_nan() || self.trace.photons.len() < self.detail.photons);
        self.keeps = self.detail.jumps || counts || self.trace.first_photon.is_nan();
    }
}

impl<V: Values> Recorder<V> for Record<V> {
    #[inline]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        self.integral.accumulate(mean, duration);
        self.rises_to(at_start.at(self.total_intensity), start);
    }

    #[inline]
    fn jump(&mut self, time: f64, jump: Jump, after: &V) {
        let trace = &mut self.trace;
        trace.exchanged.add(jump);
        // By index, not by branch: what a jump does cannot be predicted.
        trace.last[jump.process as usize] = time;
        if self.keeps {
            self.keep(time, jump, *after);
        }
    }

    #[inline]
    fn marked(&mut self, jump: Jump, mark: usize) {
        self.mark = mark;
        if jump.process == Process::Emission && self.seen_of == Some(jump.bath) {
            self.trace.seen[mark] += 1.0;
        }
    }

    #[inline]
    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }

    #[inline]
    fn follows(&self, rises: bool) -> bool {
        rises
    }

    #[inline]
    fn change(&mut self, change: &Change<V>, mut at: impl FnMut(f64) -> V) {
        let form = self.total_intensity;
        if change.most.is_some_and(|most| most.at(form) <= self.to_beat) {
            return;
        }
        let search = Search {
            length: change.duration,
            turning: change.turning,
            ends: (change.ends.0.at(form), change.ends.1.at(form)),
            between: change.between.map(|(time, values)| (time, values.at(form))),
            most: self.most_intensity,
            to_beat: self.to_beat,
        };
        if search.may_beat() {
            self.climb(change.start, &search, |time| at(time).at(form));
        }
    }
}
