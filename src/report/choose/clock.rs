//! The horizontal axis of what goes in time: the time, or of a limit cycle its phase, and the segments of a protocol on it.

use crate::model::protocol::Protocol;
use crate::report::data::Run;
use crate::report::figure::{Axis, Span};
use crate::report::words;

/// Spans that are told apart at all.
const MOST_SPANS: usize = 60;

/// What the times of some points are, beside each other.
pub struct Clock<'a> {
    units: &'a str,
    /// The points that have a protocol, each with what its times are divided by.
    points: Vec<(usize, f64)>,
    /// Whether times are those since the start of a cycle.
    phase: bool,
    /// Whether protocols of unlike length are each of length 1 here.
    scaled: bool,
    spans: Vec<Span>,
    /// The segments, where they are marked.
    names: Vec<&'a str>,
}

impl<'a> Clock<'a> {
    /// The clock of these points.
    pub fn of(run: &'a Run, points: &[usize]) -> Self {
        let found: Vec<(usize, &Protocol)> = points.iter().filter_map(|p| Some((*p, run.protocols.get(p)?))).collect();
        let phase = found.first().and_then(|(index, _)| run.point(*index)).is_some_and(|point| point.time.is_none());
        let alike = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        let scaled = found.iter().any(|(_, protocol)| !alike(protocol.end(), found[0].1.end()));
        let unit = |protocol: &Protocol| if scaled { protocol.end() } else { 1.0 };
        let all: Vec<Vec<Span>> = found.iter().map(|(_, protocol)| spans(protocol, unit(protocol))).collect();
        let same = |a: &Vec<Span>, b: &Vec<Span>| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a.from, b.from) && alike(a.until, b.until))
        };
        // Segments that lie elsewhere at every point cannot be marked.
        let spans = all.first().filter(|first| all.iter().all(|other| same(first, other))).cloned().unwrap_or_default();
        let names = match found.first() {
            Some((_, protocol)) if !spans.is_empty() => protocol.stages().iter().map(|stage| &*stage.name).collect(),
            _ => Vec::new(),
        };
        let points = found.iter().map(|(index, protocol)| (*index, unit(protocol))).collect();
        Clock { units: &run.summary.units, points, phase, scaled, spans, names }
    }

    /// What the times of a point are divided by.
    pub fn unit(&self, point: usize) -> f64 {
        self.points.iter().find(|(index, _)| *index == point).map_or(1.0, |(_, unit)| *unit)
    }

    /// Whether there is no protocol, whose times are what they are.
    pub fn is_free(&self) -> bool {
        self.points.is_empty()
    }

    /// The axis.
    pub fn axis(&self) -> Axis {
        match (self.phase, self.scaled) {
            (false, false) => Axis::new("time", words::time_unit(self.units)),
            (false, true) => Axis::new("time / duration of the protocol", ""),
            (true, false) => Axis::new("phase of the cycle", words::time_unit(self.units)),
            (true, true) => Axis::new("phase of the cycle / its period", ""),
        }
    }

    /// Along what, in a title.
    pub fn along(&self) -> &'static str {
        if self.phase { "over the limit cycle" } else { "in time" }
    }

    /// The segments, where they are those of all points.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.clone()
    }

    /// What a caption says of them.
    pub fn said(&self) -> String {
        if self.names.len() < 2 { String::new() } else { format!(" Segments: {}.", self.names.join(", ")) }
    }
}

/// The segments of a protocol with their names in the first cycle, in so long units; none where they are too many to see.
pub fn spans(protocol: &Protocol, unit: f64) -> Vec<Span> {
    let stages = protocol.stages();
    let cycles = protocol.cycles() as usize;
    if stages.len().saturating_mul(cycles) > MOST_SPANS || stages.len() * cycles < 2 {
        return Vec::new();
    }
    let of = |cycle: usize| {
        let start = cycle as f64 * protocol.period();
        stages.iter().map(move |stage| Span {
            from: (start + stage.start) / unit,
            until: (start + stage.start + stage.duration) / unit,
            name: if cycle == 0 { stage.name.clone() } else { String::new() },
        })
    };
    (0..cycles).flat_map(of).collect()
}
