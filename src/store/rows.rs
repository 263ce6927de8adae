//! What single trajectories leave: the rows of `trajectories.parquet` and `jumps.parquet`, as parts keep them.

use std::sync::Arc;

use super::path::Path;
use crate::bath::{Bath, Process};
use crate::dicke::Level;
use crate::model::Conditions;
use crate::model::protocol::Entry;
use crate::scenario::Point;
use crate::table::{Field, Kind, Values};
use crate::trajectory::{JumpRow, Rows};

/// The rows that a part adds to `trajectories.parquet`, `jumps.parquet` and `trajectory_cycles.parquet`, by columns: to
/// keep a trajectory is to push its numbers.
#[derive(Clone, Debug)]
pub struct PartRows {
    bath_names: Vec<String>,
    detailed_photons: bool,
    /// Whether baths may have several jumps of one process.
    of_modes: bool,
    /// What trajectories are conditioned on, their qubits and how long they take.
    conditions: Option<(Arc<Conditions>, i64, f64)>,
    kept: Rows,
    /// In the order of [`trajectory_fields`].
    trajectories: Vec<Values>,
    /// In the order of [`jump_fields`]; none where jumps are not kept.
    jumps: Vec<Values>,
    /// In the order of [`cycle_fields`]; none where cycles are not kept.
    cycles: Vec<Values>,
}

/// A row on its way into columns, one after the other.
struct Row<'a>(std::slice::IterMut<'a, Values>);

impl Row<'_> {
    fn column(&mut self) -> &mut Values {
        self.0.next().unwrap_or_else(|| unreachable!("a row has as many values as there are fields"))
    }

    /// A count as all tables have them: signed, so that their differences are.
    fn count(&mut self, count: u64) {
        self.column().push_integer(count as i64);
    }

    fn integer(&mut self, value: i64) {
        self.column().push_integer(value);
    }

    /// What is not finite is not there.
    fn number(&mut self, value: f64) {
        self.column().push_number(if value.is_finite() { value } else { f64::NAN });
    }

    /// What is booked of work, the heat of each of so many baths, and what comes between them and the entropy.
    fn booked(&mut self, booked: &[f64], baths: usize, between: impl FnOnce(&mut Self)) {
        self.number(booked[Entry::Work.index()]);
        (0..baths).for_each(|bath| self.number(booked[Entry::Heat(bath).index()]));
        between(self);
        self.number(booked[Entry::Entropy.index()]);
    }
}

impl PartRows {
    /// No rows yet, of this point.
    pub fn new(point: &Point) -> Self {
        let columns = |kept: bool, fields: fn(&Point) -> Vec<Field>| -> Vec<Values> {
            let fields = if kept { fields(point) } else { Vec::new() };
            fields.iter().map(|field| Values::empty(field.kind)).collect()
        };
        PartRows {
            bath_names: point.baths().iter().map(|bath| bath.name.clone()).collect(),
            detailed_photons: point.recording.photons > 0,
            of_modes: point.ensembles().is_some(),
            conditions: point.groups[0].conditions.clone().map(|given| (given, point.number(), point.until())),
            kept: point.recording.trajectories,
            trajectories: columns(true, trajectory_fields),
            jumps: columns(point.recording.jumps, jump_fields),
            cycles: columns(point.recording.cycles, cycle_fields),
        }
    }

    /// Adds the trajectory of this number, where it is to have rows.
    pub fn push(&mut self, number: u64, path: &Path) {
        if !self.kept.hold(number) {
            return;
        }
        let (trace, baths) = (path.trace, self.bath_names.len());
        let mut row = Row(self.trajectories.iter_mut());
        row.count(number);
        for bath in 0..baths {
            row.count(trace.exchanged.emitted(bath));
            row.count(trace.exchanged.absorbed(bath));
            row.integer(trace.exchanged.net(bath));
        }
        row.count(trace.exchanged.quanta());
        let ((j, m), (intensity, time)) = (trace.final_level(), trace.peak);
        let (first, last) = trace.first_and_last_photon().unwrap_or((f64::NAN, f64::NAN));
        [j, m, time, intensity, first, last].into_iter().for_each(|value| row.number(value));
        if self.detailed_photons {
            row.column().push_list(&trace.photons);
            row.number(trace.burst_width().unwrap_or(f64::NAN));
        }
        if let Some((ledger, known)) = path.booked {
            row.booked(ledger.totals(), baths, |_| {});
            // `ln[p_0/d_J](start) + S`, of which the end takes its own to be the entropy production.
            row.number(known.start.map_or(f64::NAN, |start| start + ledger.total(Entry::Entropy)));
        }
        if let Some((given, qubits, until)) = &self.conditions {
            // ln of what it weighs without.
            let quanta = trace.exchanged.net(given.bath);
            row.column()
                .push_number(given.path_weight(quanta, *until) + given.end_weight(*qubits, trace.final_level()));
        }
        if let Some((ledger, _)) = path.booked.filter(|_| !self.cycles.is_empty()) {
            for (cycle, (booked, end)) in ledger.cycles.rows().into_iter().zip(&ledger.ends[1..]).enumerate() {
                let booked = &booked.to_vec();
                let mut row = Row(self.cycles.iter_mut());
                row.count(number);
                row.count(cycle as u64);
                row.booked(booked, baths, |row| {
                    (0..baths).for_each(|bath| row.integer(booked[Entry::Quanta(bath).index()] as i64));
                });
                row.column().push_number(end.spin());
                row.column().push_number(end.jz);
            }
        }
        if self.jumps.is_empty() {
            return;
        }
        for JumpRow { time, jump, mark, j, m } in &trace.log {
            let mut row = Row(self.jumps.iter_mut());
            row.count(number);
            row.column().push_number(*time);
            row.column().push_word(&self.bath_names[jump.bath]);
            row.column().push_word(match jump.process {
                Process::Emission => "emission",
                Process::Absorption => "absorption",
                Process::Dephasing => "dephasing",
            });
            row.column().push_number(*j);
            row.column().push_number(*m);
            if self.of_modes {
                row.count(*mark as u64 + 1);
            }
        }
    }

    /// Adds the rows of later trajectories.
    pub fn append(&mut self, later: PartRows) {
        let PartRows { trajectories, jumps, cycles, .. } = later;
        for (mine, theirs) in
            [(&mut self.trajectories, trajectories), (&mut self.jumps, jumps), (&mut self.cycles, cycles)]
        {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.append(theirs));
        }
    }

    /// The columns of `trajectories.parquet`, in the order of [`trajectory_fields`].
    pub fn trajectories(&self) -> &[Values] {
        &self.trajectories
    }

    /// The columns of `jumps.parquet`, in the order of [`jump_fields`]; none where jumps are not kept.
    pub fn jumps(&self) -> &[Values] {
        &self.jumps
    }

    /// The columns of `trajectory_cycles.parquet`, in the order of [`cycle_fields`]; none where cycles are not kept.
    pub fn cycles(&self) -> &[Values] {
        &self.cycles
    }
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
