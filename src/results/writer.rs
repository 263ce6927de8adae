//! Which tables a scenario fills, and their rows.

use serde::{Deserialize, Serialize};

use super::correlations::{Correlated, correlation_columns, correlation_fields};
use super::directions::{direction_columns, direction_fields};
use super::sink::Sink;
use super::summary::Summary;
use super::swept::Swept;
use super::tables::{self, NoiseRow, QuantaRow, SeriesRow};
use crate::dicke::Level;
use crate::model::Told;
use crate::scenario::{Asked, Noise, Point, Scenario};
use crate::solve::ExactProtocol;
use crate::statistics::{Booked, Moments};
use crate::store::{StoreError, StoredPart, cycle_fields, jump_fields, produce, trajectory_fields};
use crate::table::{Field, Kind, Values};
use crate::trajectory::Rows;

/// The tables of a run in progress; those that it does not fill are not there.
pub struct Writer<'a> {
    sink: &'a mut dyn Sink,
    metadata: Vec<(String, String)>,
    swept: Vec<Swept>,
    series: Option<usize>,
    trajectories: Option<usize>,
    jumps: Option<usize>,
    noise: Option<usize>,
    quanta: Option<usize>,
    cycles: Option<usize>,
    segments: Option<usize>,
    folded: Option<usize>,
    kept_cycles: Option<usize>,
    correlations: Option<usize>,
    directions: Option<usize>,
}

impl<'a> Writer<'a> {
    /// Begins the tables of a scenario.
    pub fn new(sink: &'a mut dyn Sink, scenario: &Scenario) -> Result<Self, StoreError> {
        let first = &scenario.points[0];
        let units = first.units();
        let metadata = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("scenario", &scenario.name),
            ("scenario_text", &scenario.text),
            ("seed", &scenario.seed().to_string()),
            ("units", units.name()),
            ("unit.time", units.time()),
            ("unit.rate", units.rate()),
            ("unit.heat_current", units.heat_current()),
        ];
        let metadata: Vec<(String, String)> =
            metadata.into_iter().map(|(key, value)| (format!("superjump.{key}"), value.to_owned())).collect();
        let points = || scenario.points.iter();
        // Steady states are kept as averages, not trajectory by trajectory.
        let sampled = points().any(|point| matches!(point.asked, Asked::Transient(_)));
        let swept = Swept::of(&scenario.points);
        let mut when = |wanted: bool, name: &'static str, fields: Vec<Field>| {
            wanted.then(|| sink.create(name, placed(&swept, fields), &metadata)).transpose()
        };
        let looked_at =
            |point: &Point| !point.times().is_empty() || point.steady().is_some_and(|s| !s.phases.is_empty());
        let timed = points().any(looked_at);
        let series = when(timed, "series", tables::series_fields())?;
        let rows = sampled && first.recording.trajectories != Rows::First(0);
        let trajectories = when(rows, "trajectories", trajectory_fields(first))?;
        let jumps = when(sampled && first.recording.jumps, "jumps", jump_fields(first))?;
        let counts = points().any(|point| *point.noise() != Noise::default());
        let rare = |point: &Point| point.conditions().is_some() && point.steady().is_none();
        let told = |point: &Point| rare(point) && point.conditions().is_some_and(|given| given.told != Told::default());
        let noise = when(counts || points().any(told), "noise", tables::noise_fields())?;
        // Of cycles, quanta have no distribution here.
        let in_windows = |point: &Point| point.protocol().is_none() && !point.noise().windows.is_empty();
        let windows = points().any(|point| in_windows(point) || rare(point));
        let quanta = when(windows, "quanta", tables::quanta_fields())?;
        let protocol = points().any(|point| point.protocol().is_some() && !point.times().is_empty());
        let cycles = when(protocol, "cycles", tables::stretch_fields("cycle"))?;
        let segments = when(protocol, "segments", tables::stretch_fields("segment"))?;
        let folds = points().any(|point| point.fold().is_some());
        let folded = when(folds, "folded", tables::folded_fields())?;
        let kept = sampled && first.recording.cycles;
        let kept_cycles = when(kept, "trajectory_cycles", cycle_fields(first))?;
        let correlates =
            |point: &Point| point.ensembles().is_some_and(|ensembles| !ensembles.correlations().is_empty());
        let correlations = when(points().any(correlates), "correlations", correlation_fields())?;
        let sees = |point: &Point| point.ensembles().is_some_and(|ensembles| ensembles.detection().is_some());
        let directions = when(points().any(sees), "directions", direction_fields())?;
        Ok(Writer {
            sink,
            metadata,
            swept,
            series,
            trajectories,
            jumps,
            noise,
            quanta,
            cycles,
            segments,
            folded,
            kept_cycles,
            correlations,
            directions,
        })
    }

    /// Appends rows that all belong to the point of this index.
    fn append(
        &mut self,
        table: Option<usize>,
        point: usize,
        own: impl FnOnce() -> Vec<Values>,
    ) -> Result<(), StoreError> {
        let Some(table) = table else { return Ok(()) };
        let own = own();
        let rows = own.first().map_or(0, Values::len);
        let mut columns = vec![Values::integers(std::iter::repeat_n(point as i64, rows))];
        columns.extend(self.swept.iter().map(|key| key.column(point, rows)));
        columns.extend(own);
        self.sink.write(table, columns)
    }

    /// Appends the rows of a part of a point. The entropy production of a path under a protocol is held against exact
    /// probabilities at the end.
    pub fn write_rows(
        &mut self,
        point: &Point,
        mut part: StoredPart,
        exact: Option<&ExactProtocol>,
    ) -> Result<(), StoreError> {
        if point.protocol().is_some() {
            let ends = exact.map(|exact| move |level| exact.end(level));
            let ends = ends.as_ref().map(|ends| ends as &dyn Fn(Level) -> f64);
            produce(point, &mut part.trajectories, ends);
        }
        self.append(self.trajectories, point.index, || part.trajectories)?;
        if !part.cycles.is_empty() {
            self.append(self.kept_cycles, point.index, || part.cycles)?;
        }
        if part.jumps.is_empty() {
            return Ok(());
        }
        self.append(self.jumps, point.index, || part.jumps)
    }

    /// Appends the rows of a point that was solved, table by table.
    pub fn write_solved(&mut self, point: &Point, rows: SolvedRows) -> Result<(), StoreError> {
        let SolvedRows { series, cycles, segments, folded, noise, quanta, correlations, directions } = rows;
        for (table, own) in [
            (self.series, series),
            (self.cycles, cycles),
            (self.segments, segments),
            (self.folded, folded),
            (self.noise, noise),
            (self.quanta, quanta),
            (self.correlations, correlations),
            (self.directions, directions),
        ] {
            self.append(table.filter(|_| !own.is_empty()), point.index, || own)?;
        }
        Ok(())
    }

    /// Appends the series of a point.
    pub fn write_series(&mut self, point: &Point, rows: &[SeriesRow]) -> Result<(), StoreError> {
        self.append(self.series, point.index, || tables::series_columns(point, rows))
    }

    /// Appends what is booked in each cycle and segment of a point's protocol, if it is under one.
    pub fn write_booked(
        &mut self,
        point: &Point,
        booked: Option<&Booked>,
        exact: Option<&ExactProtocol>,
    ) -> Result<(), StoreError> {
        let Some(protocol) = point.protocol() else { return Ok(()) };
        let columns = |rows: Vec<_>| tables::stretch_columns(point, &rows);
        let of = (point, protocol);
        self.append(self.cycles, point.index, || columns(tables::cycle_rows(of, booked, exact)))?;
        self.append(self.segments, point.index, || columns(tables::segment_rows(of, booked, exact)))
    }

    /// Appends averages over the cycles of a point's protocol, by phase.
    pub fn write_folded(&mut self, point: &Point, rows: &[SeriesRow]) -> Result<(), StoreError> {
        self.append(self.folded, point.index, || tables::series_columns(point, rows))
    }

    /// Appends the counting statistics of a point.
    pub fn write_noise(&mut self, point: &Point, rows: &[NoiseRow]) -> Result<(), StoreError> {
        self.append(self.noise, point.index, || tables::noise_columns(point, rows))
    }

    /// Appends the correlations of a point.
    pub fn write_correlations(&mut self, correlated: Correlated) -> Result<(), StoreError> {
        let point = correlated.point;
        self.append(self.correlations, point.index, || correlation_columns(point, &correlated.rows()))
    }

    /// Appends the photons of a point by direction, where they are seen so.
    pub fn write_directions(
        &mut self,
        point: &Point,
        sampled: Option<&Moments>,
        exact: Option<&[f64]>,
    ) -> Result<(), StoreError> {
        let own = direction_columns(point, sampled, exact);
        self.append(self.directions.filter(|_| !own.is_empty()), point.index, || own)
    }

    /// Appends the distributions of the quanta of a point.
    pub fn write_quanta(&mut self, point: &Point, rows: &[QuantaRow]) -> Result<(), StoreError> {
        self.append(self.quanta, point.index, || tables::quanta_columns(point, rows))
    }

    /// Writes the summary, as a table and as what vouches for all of them.
    pub fn finish(mut self, summary: &Summary) -> Result<(), StoreError> {
        let fields = placed(&self.swept, tables::summary_fields());
        let table = self.sink.create("summary", fields, &self.metadata)?;
        for point in &summary.points {
            self.append(Some(table), point.index, || tables::summary_columns(point))?;
        }
        self.sink.finish(summary)
    }
}

/// The rows of a point that was solved, in columns, without the point and the swept keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SolvedRows {
    series: Vec<Values>,
    cycles: Vec<Values>,
    segments: Vec<Values>,
    folded: Vec<Values>,
    noise: Vec<Values>,
    quanta: Vec<Values>,
    correlations: Vec<Values>,
    directions: Vec<Values>,
}

impl SolvedRows {
    /// Of these rows; counts, where there are any.
    pub fn new(
        point: &Point,
        [series, folded]: [&[SeriesRow]; 2],
        protocol: Option<&ExactProtocol>,
        counts: Option<(&[NoiseRow], &[QuantaRow])>,
    ) -> Self {
        let mut rows = SolvedRows {
            series: tables::series_columns(point, series),
            folded: tables::series_columns(point, folded),
            ..SolvedRows::default()
        };
        if let Some(of) = point.protocol() {
            let columns = |rows: Vec<_>| tables::stretch_columns(point, &rows);
            let of = (point, of);
            rows.cycles = columns(tables::cycle_rows(of, None, protocol));
            rows.segments = columns(tables::segment_rows(of, None, protocol));
        }
        if let Some((noise, quanta)) = counts {
            rows.noise = tables::noise_columns(point, noise);
            rows.quanta = tables::quanta_columns(point, quanta);
        }
        rows
    }

    /// The same with photons by direction.
    pub fn directed(self, point: &Point, exact: Option<&[f64]>) -> Self {
        SolvedRows {
            directions: exact.map_or_else(Vec::new, |exact| direction_columns(point, None, Some(exact))),
            ..self
        }
    }

    /// The same with correlations at two times.
    pub fn correlated(self, correlated: &Correlated) -> Self {
        SolvedRows { correlations: correlation_columns(correlated.point, &correlated.rows()), ..self }
    }
}

/// The fields of a table, with the point and the swept keys before its own.
fn placed(swept: &[Swept], own: Vec<Field>) -> Vec<Field> {
    let mut fields = vec![Field::new("point", Kind::Integer)];
    fields.extend(swept.iter().map(|key| key.field(&own)));
    fields.extend(own);
    fields
}
