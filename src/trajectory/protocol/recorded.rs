//! The standard record of paths under a protocol: what it reads currents from goes with the time.

use super::{Ledger, Watch};
use crate::dicke::Level;
use crate::group::Ensembles;
use crate::model::protocol::{Entry, Protocol, Stage};
use crate::model::{Conditioned, Model, Observables, Register, System};
use crate::quantity::{Column, Quantity, Sample};
use crate::trajectory::{Change, Jump, Record, Recorder};

/// A system whose qubits and baths change in time.
pub trait Tuned: System {
    /// The same qubits, tuned to what they and their baths are at a time of a segment.
    #[must_use]
    fn tuned(&self, stage: &Stage, time: f64) -> Self;
}

impl Tuned for Model {
    fn tuned(&self, stage: &Stage, time: f64) -> Model {
        stage.model(self.number, time)
    }
}

impl Tuned for Register {
    fn tuned(&self, stage: &Stage, time: f64) -> Register {
        let Model { frequency, baths, .. } = stage.model(System::number(self), time);
        Register { frequency, frequencies: vec![frequency; self.frequencies.len()], baths, ..self.clone() }
    }
}

impl Tuned for Ensembles {
    fn tuned(&self, _: &Stage, _: f64) -> Ensembles {
        unreachable!("ensembles and modes take no protocol, and whoever reads one beside them refuses it")
    }
}

impl Tuned for Conditioned {
    fn tuned(&self, _: &Stage, _: f64) -> Conditioned {
        unreachable!("a condition is of rates that stay, and whoever reads one beside a protocol refuses it")
    }
}

/// A record with the model of each segment, and of each sample on a ramp. Made once and used for many paths, it allocates
/// nothing on the way.
///
/// Where anything is ramped there is no one current during a dwell: averages over an interval are those of the heats in
/// the ledger, and there is no highest intensity.
#[derive(Clone, Debug)]
pub struct Recorded<S: System> {
    /// The record.
    pub record: Record<S::Values>,
    columns: Vec<Column>,
    /// The model at the start of each segment.
    segments: Vec<S>,
    /// The model at each sample on a ramp; a held segment's own is the right one elsewhere.
    samples: Vec<Option<S>>,
    /// Whether nothing is ramped, and what is of a dwell is asked for.
    held: bool,
    sampled: f64,
}

impl<S: Tuned> Recorded<S> {
    /// A record of these columns, made for the envelope of a protocol, for paths of the qubits of a system that are looked
    /// at at these times.
    #[must_use]
    pub fn new(record: Record<S::Values>, columns: &[Column], protocol: &Protocol, system: &S, times: &[f64]) -> Self {
        let stages = protocol.stages();
        let sample = |(segment, time): (usize, f64)| {
            let stage = &stages[segment];
            (!stage.is_held()).then(|| system.tuned(stage, time))
        };
        Recorded {
            record,
            columns: columns.to_vec(),
            segments: stages.iter().map(|stage| system.tuned(stage, 0.0)).collect(),
            samples: protocol.places(times).into_iter().map(sample).collect(),
            held: protocol.is_held(),
            sampled: 0.0,
        }
    }

    /// The same, which looks for no highest intensity.
    #[must_use]
    pub fn without_peaks(self) -> Self {
        Recorded { held: false, ..self }
    }

    /// Forgets what was before a time.
    pub fn begin(&mut self, time: f64) {
        self.clear();
        self.sampled = time;
    }

    /// Forgets the path before.
    pub fn clear(&mut self) {
        self.record.clear();
        self.sampled = 0.0;
    }

    /// Takes over from the ledger of the path what it has: what was booked up to each sample, heats of intervals on ramps,
    /// and the level at the end.
    pub fn close(&mut self, ledger: &Ledger, times: &[f64]) {
        let trace = &mut self.record.trace;
        for (index, column) in self.columns.iter().enumerate() {
            let up_to = |entry: Entry, sample: usize| ledger.samples[(sample, entry.index())];
            match (column.quantity, column.bath) {
                (Quantity::Work, _) => fill(trace, index, |sample| up_to(Entry::Work, sample)),
                (Quantity::Entropy, _) => fill(trace, index, |sample| up_to(Entry::Entropy, sample)),
                (Quantity::Heat, Some(bath)) => fill(trace, index, |sample| up_to(Entry::Heat(bath), sample)),
                (Quantity::HeatCurrentCounts, Some(bath)) if !self.held => fill(trace, index, |sample| {
                    let heat = |sample: usize| up_to(Entry::Heat(bath), sample);
                    let (before, since) = if sample == 0 { (0.0, 0.0) } else { (heat(sample - 1), times[sample - 1]) };
                    (heat(sample) - before) / (times[sample] - since)
                }),
                _ => {}
            }
        }
        if !self.held {
            trace.peak = (f64::NAN, f64::NAN);
        }
        let last = ledger.last();
        (trace.j_squared, trace.jz) = (last.j_squared, last.jz);
    }

    /// A segment of this index begins.
    pub(super) fn enter(&mut self, index: usize, time: f64) {
        self.record.retune(time - self.sampled, &self.segments[index]);
    }

    /// Takes a sample.
    pub(super) fn take(&mut self, index: usize, time: f64, sample: &Sample<S::Values>) {
        let duration = time - self.sampled;
        if let Some(system) = &self.samples[index] {
            self.record.retune(duration, system);
        }
        self.record.sample(index, duration, sample);
        self.sampled = time;
    }
}

/// Writes a column of a trace.
fn fill(trace: &mut crate::trajectory::Trace, column: usize, value: impl Fn(usize) -> f64) {
    trace.values.column_mut(column).iter_mut().enumerate().for_each(|(sample, cell)| *cell = value(sample));
}

impl Watch for Recorded<Model> {
    const COUNTS: bool = true;

    fn net(&self, bath: usize) -> i64 {
        self.record.trace.exchanged.net(bath)
    }

    fn segment(&mut self, index: usize, time: f64) {
        self.enter(index, time);
    }

    fn sample(&mut self, index: usize, time: f64, level: Level) {
        self.take(index, time, &Sample { values: Observables::of(level), transverse: None });
    }
}

impl<S: System> Recorder<S::Values> for Recorded<S> {
    #[inline(always)]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &S::Values, mean: &S::Values) {
        self.record.dwell(start, duration, at_start, mean);
    }

    #[inline(always)]
    fn jump(&mut self, time: f64, jump: Jump, after: &S::Values) {
        self.record.jump(time, jump, after);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.record.interrupted()
    }

    /// Nobody asks for the highest intensity on a ramp.
    #[inline(always)]
    fn follows(&self) -> bool {
        self.held && self.record.follows()
    }

    #[inline(always)]
    fn change(&mut self, change: &Change<S::Values>, at: impl FnMut(f64) -> S::Values) {
        self.record.change(change, at);
    }
}
