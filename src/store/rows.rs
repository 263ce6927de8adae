//! What single trajectories leave: the rows of `trajectories.parquet` and `jumps.parquet`, as parts keep them.

use std::sync::Arc;

use super::path::Path;
use crate::bath::{Bath, Process};
use crate::dicke::Level;
use crate::model::protocol::Entry;
use crate::model::{Conditions, Observables};
use crate::scenario::Point;
use crate::table::{Field, Kind, Values};
use crate::trajectory::{Exchanged, JumpRow, Rows};

/// What one trajectory leaves: a row of `trajectories.parquet`.
#[derive(Clone, Debug)]
struct TrajectoryRow {
    number: u64,
    /// Emitted and absorbed quanta of every bath.
    exchanged: Exchanged,
    jumps: u64,
    level: (f64, f64),
    peak: (f64, f64),
    photons: Option<(f64, f64)>,
    photon_times: Vec<f64>,
    burst_width: Option<f64>,
    /// Of the whole protocol, in the order of [`Entry::index`].
    booked: Vec<f64>,
    /// `ln[p_0/d_J](start) + S`, of which the end takes its own to be the entropy production.
    produced: Option<f64>,
    /// Under a condition, ln of what it weighs without.
    log_weight: f64,
}

/// A row of `cycles.parquet`, of one trajectory: what was booked in a cycle, and J and M at its end.
#[derive(Clone, Debug)]
struct CycleRow {
    number: u64,
    cycle: usize,
    booked: Vec<f64>,
    end: Observables,
}

/// The rows that a part adds to `trajectories.parquet` and `jumps.parquet`.
#[derive(Clone, Debug)]
pub struct PartRows {
    bath_names: Vec<String>,
    detailed_photons: bool,
    /// Whether baths may have several jumps of one process.
    of_modes: bool,
    /// Whether there is a protocol, and its cycles are kept.
    protocol: bool,
    detailed_cycles: bool,
    /// What trajectories are conditioned on, their qubits and how long they take.
    conditions: Option<(Arc<Conditions>, i64, f64)>,
    kept: Rows,
    trajectories: Vec<TrajectoryRow>,
    jumps: Vec<(u64, JumpRow)>,
    cycles: Vec<CycleRow>,
}

impl PartRows {
    /// No rows yet, of this point.
    pub fn new(point: &Point) -> Self {
        PartRows {
            bath_names: point.baths().iter().map(|bath| bath.name.clone()).collect(),
            detailed_photons: point.recording.photons > 0,
            of_modes: point.ensembles().is_some(),
            protocol: point.protocol().is_some(),
            detailed_cycles: point.recording.cycles,
            conditions: point.groups[0].conditions.clone().map(|given| (given, point.number(), point.until())),
            kept: point.recording.trajectories,
            trajectories: Vec::new(),
            jumps: Vec::new(),
            cycles: Vec::new(),
        }
    }

    /// Adds the trajectory of this number, where it is to have rows.
    pub fn push(&mut self, number: u64, path: &Path) {
        if !self.kept.hold(number) {
            return;
        }
        let trace = path.trace;
        let ledger = path.booked.map(|(ledger, _)| ledger);
        let log_weight = self.conditions.as_ref().map_or(f64::NAN, |(given, qubits, until)| {
            let quanta = trace.exchanged.net(given.bath);
            given.path_weight(quanta, *until) + given.end_weight(*qubits, trace.final_level())
        });
        self.trajectories.push(TrajectoryRow {
            number,
            exchanged: trace.exchanged.clone(),
            jumps: trace.exchanged.quanta(),
            level: trace.final_level(),
            peak: trace.peak,
            photons: trace.first_and_last_photon(),
            photon_times: trace.photons.clone(),
            burst_width: trace.burst_width(),
            booked: ledger.map_or_else(Vec::new, |ledger| ledger.totals().to_vec()),
            log_weight,
            produced: path.booked.and_then(|(ledger, known)| Some(known.start? + ledger.total(Entry::Entropy))),
        });
        if let Some(ledger) = ledger.filter(|_| self.detailed_cycles) {
            let cycles = ledger.cycles.rows().into_iter().zip(&ledger.ends[1..]).enumerate();
            self.cycles.extend(cycles.map(|(cycle, (booked, end))| CycleRow {
                number,
                cycle,
                booked: booked.to_vec(),
                end: *end,
            }));
        }
        self.jumps.extend(trace.log.iter().map(|row| (number, *row)));
    }

    /// Adds the rows of later trajectories.
    pub fn append(&mut self, later: PartRows) {
        self.trajectories.extend(later.trajectories);
        self.jumps.extend(later.jumps);
        self.cycles.extend(later.cycles);
    }

    /// In the order of [`trajectory_fields`].
    pub fn trajectory_columns(&self) -> Vec<Values> {
        let rows = || self.trajectories.iter();
        let mut columns = vec![counts(rows().map(|row| row.number))];
        for bath in 0..self.bath_names.len() {
            let (emitted, absorbed) =
                (rows().map(|row| row.exchanged.emitted(bath)), rows().map(|row| row.exchanged.absorbed(bath)));
            let net = absorbed.clone().zip(emitted.clone()).map(|(absorbed, emitted)| absorbed as i64 - emitted as i64);
            columns.extend([counts(emitted), counts(absorbed), Values::integers(net)]);
        }
        columns.push(counts(rows().map(|row| row.jumps)));
        // What is not finite is not there.
        let finite = |value: f64| if value.is_finite() { value } else { f64::NAN };
        columns.extend([
            Values::numbers(rows().map(|row| finite(row.level.0))),
            Values::numbers(rows().map(|row| finite(row.level.1))),
            Values::numbers(rows().map(|row| finite(row.peak.1))),
            Values::numbers(rows().map(|row| finite(row.peak.0))),
            Values::optional_numbers(rows().map(|row| row.photons.map(|(first, _)| first))),
            Values::optional_numbers(rows().map(|row| row.photons.map(|(_, last)| last))),
        ]);
        if self.detailed_photons {
            columns.push(Values::lists(rows().map(|row| row.photon_times.as_slice())));
            columns.push(Values::optional_numbers(rows().map(|row| row.burst_width)));
        }
        if self.protocol {
            let of = |entry: Entry| {
                Values::optional_numbers(rows().map(|row| Some(row.booked[entry.index()]).filter(|x| x.is_finite())))
            };
            columns.push(of(Entry::Work));
            columns.extend((0..self.bath_names.len()).map(|bath| of(Entry::Heat(bath))));
            columns.push(of(Entry::Entropy));
            columns.push(Values::optional_numbers(rows().map(|row| row.produced.filter(|x| x.is_finite()))));
        }
        if self.conditions.is_some() {
            columns.push(Values::numbers(rows().map(|row| row.log_weight)));
        }
        columns
    }

    /// In the order of [`cycle_fields`].
    pub fn cycle_columns(&self) -> Vec<Values> {
        let rows = || self.cycles.iter();
        let of = |entry: Entry| {
            Values::optional_numbers(rows().map(|row| Some(row.booked[entry.index()]).filter(|x| x.is_finite())))
        };
        let mut columns = vec![counts(rows().map(|row| row.number)), counts(rows().map(|row| row.cycle as u64))];
        columns.push(of(Entry::Work));
        columns.extend((0..self.bath_names.len()).map(|bath| of(Entry::Heat(bath))));
        let net = |bath: usize| rows().map(move |row| row.booked[Entry::Quanta(bath).index()] as i64);
        columns.extend((0..self.bath_names.len()).map(|bath| Values::integers(net(bath))));
        columns.push(of(Entry::Entropy));
        columns.push(Values::numbers(rows().map(|row| row.end.spin())));
        columns.push(Values::numbers(rows().map(|row| row.end.jz)));
        columns
    }

    /// In the order of [`jump_fields`].
    pub fn jump_columns(&self) -> Vec<Values> {
        let rows = || self.jumps.iter();
        let direction = |process| match process {
            Process::Emission => "emission",
            Process::Absorption => "absorption",
            Process::Dephasing => "dephasing",
        };
        let mut columns = vec![
            counts(rows().map(|(number, _)| *number)),
            Values::numbers(rows().map(|(_, row)| row.time)),
            Values::words(rows().map(|(_, row)| self.bath_names[row.jump.bath].as_str())),
            Values::words(rows().map(|(_, row)| direction(row.jump.process))),
            Values::numbers(rows().map(|(_, row)| row.j)),
            Values::numbers(rows().map(|(_, row)| row.m)),
        ];
        if self.of_modes {
            columns.push(counts(rows().map(|(_, row)| row.mark as u64 + 1)));
        }
        columns
    }
}

/// Counts as all tables have them: signed, so that their differences are.
fn counts(rows: impl Iterator<Item = u64>) -> Values {
    Values::integers(rows.map(|count| count as i64))
}

/// The fields of `trajectories.parquet`, but for the point and the swept keys.
pub fn trajectory_fields(point: &Point) -> Vec<Field> {
    let mut fields = vec![Field::new("trajectory", Kind::Integer)];
    for bath in point.baths() {
        let of_bath = |what: &str| Field::new(format!("{what}_{}", bath.name), Kind::Integer);
        fields.extend(["emitted", "absorbed", "net"].map(of_bath));
    }
    fields.push(Field::new("jumps", Kind::Integer));
    // Several groups of qubits have no J and no one peak.
    for name in ["final_j", "final_m", "peak_time", "peak_intensity", "first_photon_time", "last_photon_time"] {
        fields.push(Field::new(name, Kind::OptionalNumber));
    }
    if point.recording.photons > 0 {
        fields.push(Field::new("photon_times", Kind::List));
        fields.push(Field::new("burst_width", Kind::OptionalNumber));
    }
    if point.protocol().is_some() {
        fields.extend(booked_fields(point));
        fields.push(Field::new("entropy", Kind::OptionalNumber));
        fields.push(Field::new(PRODUCED, Kind::OptionalNumber));
    }
    if point.conditions().is_some() {
        fields.push(Field::new("log_weight", Kind::Number));
    }
    fields
}

/// The entropy production of a path: in a part, without what its end takes.
const PRODUCED: &str = "entropy_production";

/// Takes from the entropy production of all rows what their ends take: `ln(p_t/d_J)` of each level, or where it is not
/// known all of it.
pub fn produce(point: &Point, trajectories: &mut [Values], ln_weight: Option<&dyn Fn(Level) -> f64>) {
    let fields = trajectory_fields(point);
    let place = |name: &str| fields.iter().position(|field| field.name == name);
    let numbers = |name: &str, columns: &[Values]| match place(name).map(|at| &columns[at]) {
        Some(Values::Numbers(rows)) => rows.clone(),
        _ => Vec::new(),
    };
    let [j, m] = ["final_j", "final_m"].map(|name| numbers(name, trajectories));
    let Some(Values::Numbers(produced)) = place(PRODUCED).map(|at| &mut trajectories[at]) else { return };
    for (value, (j, m)) in produced.iter_mut().zip(j.into_iter().zip(m)) {
        let twice = |x: f64| (2.0 * x).round() as i64;
        let end = ln_weight.map_or(f64::NAN, |of| of(Level { two_j: twice(j), two_m: twice(m) }));
        *value = if end.is_finite() { *value - end } else { f64::NAN };
    }
}

/// Work, and the heat of each bath.
fn booked_fields(point: &Point) -> Vec<Field> {
    let heat = |bath: &Bath| Field::new(format!("heat_{}", bath.name), Kind::OptionalNumber);
    let work = Field::new("work", Kind::OptionalNumber);
    std::iter::once(work).chain(point.baths().iter().map(heat)).collect()
}

/// The fields of `trajectory_cycles.parquet`, but for the point and the swept keys.
pub fn cycle_fields(point: &Point) -> Vec<Field> {
    let mut fields = ["trajectory", "cycle"].map(|name| Field::new(name, Kind::Integer)).to_vec();
    fields.extend(booked_fields(point));
    fields.extend(point.baths().iter().map(|bath| Field::new(format!("net_{}", bath.name), Kind::Integer)));
    fields.push(Field::new("entropy", Kind::OptionalNumber));
    fields.extend(["final_j", "final_m"].map(|name| Field::new(name, Kind::Number)));
    fields
}

/// The fields of `jumps.parquet`, but for the point and the swept keys.
pub fn jump_fields(point: &Point) -> Vec<Field> {
    // Several ensembles have no J of the whole.
    let several = point.ensembles().is_some();
    let j = if several { Kind::OptionalNumber } else { Kind::Number };
    let mut fields = vec![
        Field::new("trajectory", Kind::Integer),
        Field::new("time", Kind::Number),
        Field::new("bath", Kind::Word),
        Field::new("direction", Kind::Word),
        Field::new("j", j),
        Field::new("m", Kind::Number),
    ];
    fields.extend(several.then(|| Field::new("mode", Kind::Integer)));
    fields
}
