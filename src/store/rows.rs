//! What single trajectories leave: the rows of `trajectories.parquet` and `jumps.parquet`, as parts keep them.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_schema::{DataType, Field};

use super::arrays::{counts, field, finite, floats, optional_floats, words};
use crate::bath::Process;
use crate::scenario::Point;
use crate::trajectory::{Exchanged, JumpRow, Trace};

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
}

/// The rows that a part adds to `trajectories.parquet` and `jumps.parquet`.
#[derive(Clone, Debug)]
pub struct PartRows {
    bath_names: Vec<String>,
    detailed_photons: bool,
    trajectories: Vec<TrajectoryRow>,
    jumps: Vec<(u64, JumpRow)>,
}

impl PartRows {
    /// No rows yet, of this point.
    pub fn new(point: &Point) -> Self {
        PartRows {
            bath_names: point.baths().iter().map(|bath| bath.name.clone()).collect(),
            detailed_photons: point.recording.photons > 0,
            trajectories: Vec::new(),
            jumps: Vec::new(),
        }
    }

    /// Adds the trajectory of this number.
    pub fn push(&mut self, number: u64, trace: &Trace) {
        self.trajectories.push(TrajectoryRow {
            number,
            exchanged: trace.exchanged.clone(),
            jumps: trace.exchanged.quanta(),
            level: trace.final_level(),
            peak: trace.peak,
            photons: trace.first_and_last_photon(),
            photon_times: trace.photons.clone(),
            burst_width: trace.burst_width(),
        });
        self.jumps.extend(trace.log.iter().map(|row| (number, *row)));
    }

    /// Adds the rows of later trajectories.
    pub fn append(&mut self, later: PartRows) {
        self.trajectories.extend(later.trajectories);
        self.jumps.extend(later.jumps);
    }

    /// In the order of [`trajectory_fields`].
    pub fn trajectory_columns(&self) -> Vec<ArrayRef> {
        let rows = &self.trajectories;
        let mut columns = vec![counts(rows.iter().map(|row| row.number))];
        for bath in 0..self.bath_names.len() {
            columns.push(counts(rows.iter().map(|row| row.exchanged.emitted(bath))));
            columns.push(counts(rows.iter().map(|row| row.exchanged.absorbed(bath))));
        }
        columns.extend([
            counts(rows.iter().map(|row| row.jumps)),
            optional_floats(rows.iter().map(|row| finite(row.level.0))),
            optional_floats(rows.iter().map(|row| finite(row.level.1))),
            optional_floats(rows.iter().map(|row| finite(row.peak.1))),
            optional_floats(rows.iter().map(|row| finite(row.peak.0))),
            optional_floats(rows.iter().map(|row| row.photons.map(|(first, _)| first))),
            optional_floats(rows.iter().map(|row| row.photons.map(|(_, last)| last))),
        ]);
        if self.detailed_photons {
            let mut lists = ListBuilder::new(Float64Builder::new()).with_field(photon_item());
            for row in rows {
                lists.values().append_slice(&row.photon_times);
                lists.append(true);
            }
            columns.push(Arc::new(lists.finish()));
            columns.push(optional_floats(rows.iter().map(|row| row.burst_width)));
        }
        columns
    }

    /// In the order of [`jump_fields`].
    pub fn jump_columns(&self) -> Vec<ArrayRef> {
        let rows = &self.jumps;
        let direction = |process| match process {
            Process::Emission => "emission",
            Process::Absorption => "absorption",
            Process::Dephasing => "dephasing",
        };
        vec![
            counts(rows.iter().map(|(number, _)| *number)),
            floats(rows.iter().map(|(_, row)| row.time)),
            words(rows.iter().map(|(_, row)| self.bath_names[row.jump.bath].as_str())),
            words(rows.iter().map(|(_, row)| direction(row.jump.process))),
            floats(rows.iter().map(|(_, row)| row.j)),
            floats(rows.iter().map(|(_, row)| row.m)),
        ]
    }
}

fn photon_item() -> Arc<Field> {
    Arc::new(field("item", DataType::Float64, false))
}

/// What parts keep of `trajectories.parquet`.
pub fn trajectory_fields(point: &Point) -> Vec<Field> {
    let mut fields = vec![field("trajectory", DataType::UInt64, false)];
    for bath in point.baths() {
        fields.push(field(&format!("emitted_{}", bath.name), DataType::UInt64, false));
        fields.push(field(&format!("absorbed_{}", bath.name), DataType::UInt64, false));
    }
    fields.push(field("jumps", DataType::UInt64, false));
    // Several groups of qubits have no J and no one peak.
    for name in ["final_j", "final_m", "peak_time", "peak_intensity", "first_photon_time", "last_photon_time"] {
        fields.push(field(name, DataType::Float64, true));
    }
    if point.recording.photons > 0 {
        fields.push(field("photon_times", DataType::List(photon_item()), false));
        fields.push(field("burst_width", DataType::Float64, true));
    }
    fields
}

/// What parts keep of `jumps.parquet`.
pub fn jump_fields() -> Vec<Field> {
    vec![
        field("trajectory", DataType::UInt64, false),
        field("time", DataType::Float64, false),
        field("bath", DataType::Utf8, false),
        field("direction", DataType::Utf8, false),
        field("j", DataType::Float64, false),
        field("m", DataType::Float64, false),
    ]
}
