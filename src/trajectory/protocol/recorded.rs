//! The standard record of paths under a protocol: what it reads currents from goes with the time.

use super::intensity::Brightness;
use super::{Ledger, Watch};
use crate::bath::Bath;
use crate::dicke::Level;
use crate::group::Ensembles;
use crate::model::protocol::{Entry, Protocol, Stage};
use crate::model::{Conditioned, Model, Observables, Register, System, Values};
use crate::quantity::{Column, Quantity, Sample};
use crate::trajectory::peak::Search;
use crate::trajectory::{Change, Jump, Record, Recorder};

/// A system whose qubits and baths change in time.
pub trait Tuned: System {
    /// The same qubits, tuned to what they and their baths are at a time of a segment.
    #[must_use]
    fn tuned(&self, stage: &Stage, time: f64) -> Self;

    /// The same, of which every bath emits at a rate of 1.
    #[must_use]
    fn emitting(&self) -> Self;
}

/// These baths, each emitting at a rate of 1.
fn emitting(baths: &[Bath]) -> Vec<Bath> {
    baths.iter().map(|bath| Bath { down: 1.0, ..bath.clone() }).collect()
}

impl Tuned for Model {
    fn tuned(&self, stage: &Stage, time: f64) -> Model {
        stage.model(self.number, time)
    }

    fn emitting(&self) -> Model {
        Model { baths: emitting(&self.baths), ..self.clone() }
    }
}

impl Tuned for Register {
    fn tuned(&self, stage: &Stage, time: f64) -> Register {
        let Model { frequency, baths, .. } = stage.model(System::number(self), time);
        Register { frequency, frequencies: vec![frequency; self.frequencies.len()], baths, ..self.clone() }
    }

    fn emitting(&self) -> Register {
        Register { baths: emitting(&self.baths), ..self.clone() }
    }
}

const NO_ENSEMBLES: &str = "ensembles and modes have protocols of their own, and are not tuned by those of qubits";
const NO_CONDITION: &str = "a condition is of rates that stay, and whoever reads one beside a protocol refuses it";

impl Tuned for Ensembles {
    fn tuned(&self, _: &Stage, _: f64) -> Ensembles {
        unreachable!("{NO_ENSEMBLES}")
    }

    fn emitting(&self) -> Ensembles {
        unreachable!("{NO_ENSEMBLES}")
    }
}

impl Tuned for Conditioned {
    fn tuned(&self, _: &Stage, _: f64) -> Conditioned {
        unreachable!("{NO_CONDITION}")
    }

    fn emitting(&self) -> Conditioned {
        unreachable!("{NO_CONDITION}")
    }
}

/// A record with the model of each segment, and of each sample on a ramp. Made once and used for many paths, it allocates
/// nothing on the way.
///
/// Where anything is ramped there is no one current during a dwell: averages over an interval are those of the heats in
/// the ledger, and the highest intensity is that of rates that change.
#[derive(Clone, Debug)]
pub struct Recorded<S: System> {
    /// The record.
    pub record: Record<S::Values>,
    columns: Vec<Column>,
    /// The model at the start of each segment.
    segments: Vec<S>,
    /// The model at each sample on a ramp; a held segment's own is the right one elsewhere.
    samples: Vec<Option<S>>,
    /// Whether nothing is ramped.
    held: bool,
    /// The total intensity along each segment in which it changes, where its highest is looked for.
    brightness: Vec<Option<Brightness<S::Values>>>,
    peaks: bool,
    sampled: f64,
    here: Place,
}

/// Where a path is.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    segment: usize,
    /// When that began.
    begun: f64,
    /// The first window of its [`Brightness`] that is not over.
    window: usize,
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
        let emitting = system.emitting();
        let brightness = |stage: &Stage| (!stage.is_held()).then(|| Brightness::of(stage, &emitting));
        Recorded {
            record,
            columns: columns.to_vec(),
            segments: stages.iter().map(|stage| system.tuned(stage, 0.0)).collect(),
            samples: protocol.places(times).into_iter().map(sample).collect(),
            held: protocol.is_held(),
            brightness: stages.iter().map(brightness).collect(),
            peaks: true,
            sampled: 0.0,
            here: Place::default(),
        }
    }

    /// The same, which looks for no highest intensity.
    #[must_use]
    pub fn without_peaks(self) -> Self {
        Recorded { brightness: vec![None; self.segments.len()], peaks: false, ..self }
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
        if !self.peaks {
            trace.peak = (f64::NAN, f64::NAN);
        }
        let last = ledger.last();
        (trace.j_squared, trace.jz) = (last.j_squared, last.jz);
    }

    /// A segment of this index begins.
    pub(super) fn enter(&mut self, index: usize, time: f64) {
        self.here = Place { segment: index, begun: time, window: 0 };
        self.record.retune(time - self.sampled, &self.segments[index]);
    }

    /// Values stay for a while in which rates change: looks for a higher intensity.
    #[inline(always)]
    fn shine(&mut self, start: f64, duration: f64, values: &S::Values) {
        let Place { segment, begun, window } = &mut self.here;
        let Some(brightness) = &self.brightness[*segment] else { return };
        let (from, until) = (start - *begun, start - *begun + duration);
        let windows = brightness.from(*window);
        for (index, here) in windows.iter().enumerate() {
            if here.until <= from && index + 1 < windows.len() {
                *window += 1;
                continue;
            }
            if values.at(here.most) > self.record.to_beat() {
                let (height, time) = here.highest(values, [from, until]);
                self.record.rises_to(height, *begun + time);
            }
            if here.until >= until {
                break;
            }
        }
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

impl<S: System> Recorded<S> {
    /// A dwell of superposed levels, whose values are told of by [`Recorder::change`] where they do not stay.
    #[inline(always)]
    pub(super) fn pass(&mut self, start: f64, duration: f64, at_start: &S::Values, mean: &S::Values) {
        let Place { segment, begun, .. } = self.here;
        match &self.brightness[segment] {
            Some(brightness) => self.record.rises_to(at_start.at(brightness.at(start - begun)), start),
            None => self.record.dwell(start, duration, at_start, mean),
        }
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

    #[inline(always)]
    fn changing(&mut self, start: f64, duration: f64, values: &Observables) {
        self.shine(start, duration, values);
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

    #[inline(always)]
    fn follows(&self, rises: bool) -> bool {
        self.peaks && self.record.follows(rises)
    }

    #[inline(always)]
    fn change(&mut self, change: &Change<S::Values>, mut at: impl FnMut(f64) -> S::Values) {
        let Place { segment, begun, .. } = self.here;
        let Some(brightness) = &self.brightness[segment] else { return self.record.change(change, at) };
        let form = |time: f64| brightness.at(change.start - begun + time);
        let (length, (start, end)) = (change.duration, &change.ends);
        let forms = [0.0, 0.5, 1.0].map(|part| form(part * length));
        let search = Search {
            length,
            turning: change.turning + turning(forms.map(|form| start.at(form)), length),
            ends: (start.at(forms[0]), end.at(forms[2])),
            between: change.between.map(|(time, values)| (time, values.at(form(time)))),
            most: brightness.most,
            to_beat: self.record.to_beat(),
        };
        if search.may_beat() {
            self.record.climb(change.start, &search, |time| at(time).at(form(time)));
        }
    }
}

/// About how fast a height changes by itself, as the angular frequency of a wave, which is this at the start, in the middle
/// and at the end of a time: at least by its slope, and by the root of its curvature.
fn turning([start, middle, end]: [f64; 3], length: f64) -> f64 {
    let most = start.max(middle).max(end);
    if most > 0.0 {
        let (slope, curvature) = ((end - start).abs() / most, 4.0 * (start - 2.0 * middle + end).abs() / most);
        (slope + curvature.sqrt()) / length
    } else {
        0.0
    }
}
