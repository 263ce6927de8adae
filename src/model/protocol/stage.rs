//! A segment that is validated: what it is at every time since its start.

use serde::Serialize;

use super::error::ProtocolError;
use super::segment::{Change, Segment};
use crate::bath::Rates;
use crate::model::{Bounds, Course, Driving, Field, Model, Reservoir, Signal};
use crate::units::Units;

/// A validated segment. Times are since its start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    units: Units,
    /// The name by which results refer to it: its number from 1, where [`super::Protocol::named`] gives no other.
    #[serde(skip)]
    pub name: String,
    /// When it starts within a cycle.
    pub start: f64,
    /// How long it takes.
    pub duration: f64,
    /// The frequency of the qubits.
    pub frequency: Signal,
    /// The baths.
    pub reservoirs: Vec<Reservoir>,
    /// The drive.
    #[serde(skip_serializing_if = "Driving::is_none")]
    pub drive: Driving,
}

/// A part of a segment between two corners, edges or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its start, since that of the segment.
    pub from: f64,
    /// Its end.
    pub until: f64,
    /// Whether neither qubits, nor baths, nor drive change in it.
    pub held: bool,
}

impl Stretch {
    /// Those of a segment of this duration between these knots; what `holds` between two times without one between them does
    /// not change.
    pub(in crate::model) fn between(
        duration: f64,
        mut knots: Vec<f64>,
        holds: impl Fn([f64; 2]) -> bool,
    ) -> Vec<Stretch> {
        // What rounding has parted is one edge.
        let apart = 1e-12 * duration;
        knots.retain(|time| (apart..duration - apart).contains(time));
        knots.sort_by(f64::total_cmp);
        knots.dedup_by(|later, earlier| *later - *earlier <= apart);
        let ends = knots.iter().copied().chain([duration]);
        let stretch = |(from, until): (f64, f64)| Stretch { from, until, held: holds([from, until]) };
        [0.0].into_iter().chain(knots.iter().copied()).zip(ends).map(stretch).collect()
    }
}

impl Stage {
    pub(super) fn new(
        units: Units,
        start: f64,
        reservoirs: &[Reservoir],
        segment: &Segment,
        number: usize,
    ) -> Result<Self, ProtocolError> {
        let duration = segment.duration;
        if !(duration > 0.0 && duration.is_finite()) {
            return Err(ProtocolError::Duration { segment: number, duration });
        }
        let signal = |course: &Course, what: &str| {
            let failed = |error| ProtocolError::Course { segment: number, what: what.to_owned(), error };
            course.over(duration).map_err(failed)
        };
        let least = |signal: &Signal| signal.range([0.0, duration])[0];
        let frequency = signal(&segment.frequency, "frequency")?;
        if least(&frequency) <= 0.0 {
            return Err(ProtocolError::Frequency { segment: number, least: least(&frequency) });
        }
        let mut reservoirs = reservoirs.to_vec();
        for (index, change) in segment.baths.iter().enumerate() {
            let what = || format!("{} of bath \"{}\"", change.setting.name(), change.bath);
            let Some(bath) = reservoirs.iter_mut().find(|bath| bath.name == change.bath) else {
                let known: Vec<&str> = reservoirs.iter().map(|bath| bath.name.as_str()).collect();
                let (bath, known) = (change.bath.clone(), known.join(", "));
                return Err(ProtocolError::UnknownBath { segment: number, bath, known });
            };
            let same = |other: &Change| other.bath == change.bath && other.setting == change.setting;
            if segment.baths[..index].iter().any(same) {
                return Err(ProtocolError::Twice { segment: number, what: what() });
            }
            let course = signal(&change.course, &what())?;
            if least(&course) < 0.0 {
                return Err(ProtocolError::Negative { segment: number, what: what(), least: least(&course) });
            }
            let set = bath.clone().set(change.setting, course);
            *bath = set.map_err(|why| ProtocolError::NoSuchSetting { segment: number, what: what(), why })?;
        }
        let drive = Driving::new(&segment.drive, units, duration)
            .map_err(|error| ProtocolError::Drive { segment: number, error })?;
        let stage = Stage { units, name: number.to_string(), start, duration, frequency, reservoirs, drive };
        for (index, bath) in stage.reservoirs.iter().enumerate() {
            let Rates { down, up, dephasing } = stage.bounds(index, [0.0, duration]).most;
            if ![down, up, dephasing].iter().all(|rate| rate.is_finite()) {
                return Err(ProtocolError::Rates { segment: number, bath: bath.name.clone() });
            }
        }
        Ok(stage)
    }

    /// The unit system of all its numbers.
    #[must_use]
    pub fn units(&self) -> Units {
        self.units
    }

    /// The rates of a bath at a time.
    #[must_use]
    #[inline]
    pub fn rates(&self, bath: usize, time: f64) -> Rates {
        self.reservoirs[bath].rates(self.units, self.frequency.at(time), time)
    }

    /// Bounds of the rates of a bath between two times.
    #[must_use]
    pub fn bounds(&self, bath: usize, times: [f64; 2]) -> Bounds {
        self.reservoirs[bath].bounds(self.units, &self.frequency, times)
    }

    /// The qubits and their baths as they are at a time.
    #[must_use]
    pub fn model(&self, number: i64, time: f64) -> Model {
        Model::between(&self.reservoirs, self.units, number, self.frequency.at(time), time)
    }

    /// The model of the largest rates and the highest frequency within it.
    #[must_use]
    pub fn envelope(&self, number: i64) -> Model {
        let mut model = self.model(number, 0.0);
        model.frequency = self.frequency.range([0.0, self.duration])[1];
        for (index, bath) in model.baths.iter_mut().enumerate() {
            let most = self.bounds(index, [0.0, self.duration]).most;
            (bath.down, bath.up, bath.dephasing) = (most.down, most.up, most.dephasing);
        }
        model
    }

    /// The energy of a quantum at a time, hbar omega, in the unit of [`super::Entry`].
    #[must_use]
    #[inline]
    pub fn quantum(&self, time: f64) -> f64 {
        self.units.quantum(self.frequency.at(time))
    }

    /// The entropy that a quantum brings to a bath at a time, in k_B: hbar omega/(k_B T), or ln(down/up) of given
    /// rates.
    #[must_use]
    #[inline]
    pub fn entropy_of_quantum(&self, bath: usize, time: f64) -> f64 {
        self.reservoirs[bath].entropy_of_quantum(self.units, self.frequency.at(time), time)
    }

    /// The entropy that a quantum brings to each bath over its energy, where that stays: 1/T.
    #[must_use]
    pub fn entropies_of_energy(&self) -> Vec<Option<f64>> {
        self.reservoirs.iter().map(|bath| bath.entropy_of_energy(self.units)).collect()
    }

    /// 1/T of a bath, where that stays: of given rates, as long as neither they nor the frequency change.
    #[must_use]
    pub fn inverse_temperature(&self, bath: usize) -> Option<f64> {
        let reservoir = &self.reservoirs[bath];
        let by_rates = || self.entropy_of_quantum(bath, 0.0) / self.quantum(0.0);
        let held = self.frequency.is_held() && reservoir.is_held();
        reservoir.entropy_of_energy(self.units).or_else(|| held.then(by_rates))
    }

    /// What the drive does at a time.
    #[must_use]
    pub fn field(&self, time: f64) -> Field {
        self.drive.at(time)
    }

    /// What the drive does at a time of a stretch, which may be one of its ends: there, what it does within.
    #[must_use]
    pub fn field_in(&self, stretch: &Stretch, time: f64) -> Field {
        self.drive.beside(time, 0.5 * (stretch.from + stretch.until))
    }

    /// Whether the qubits and the baths stay within it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.frequency.is_held() && self.reservoirs.iter().all(Reservoir::is_held)
    }

    /// It cut at every corner and edge, of the drive as well.
    #[must_use]
    pub fn stretches(&self) -> Vec<Stretch> {
        Stretch::between(self.duration, self.knots().into_iter().chain(self.drive.knots()).collect(), |times| {
            self.frequency.holds(times)
                && self.reservoirs.iter().all(|bath| bath.holds(times))
                && self.drive.holds(times)
        })
    }

    /// How far a step from a time may go without passing over a pulse, or a period, of the drive.
    #[must_use]
    pub fn longest_step(&self, time: f64) -> f64 {
        self.drive.longest_step(time)
    }

    /// Where qubits or baths turn a corner within it, ascending.
    #[must_use]
    pub fn knots(&self) -> Vec<f64> {
        let mut knots: Vec<f64> =
            self.frequency.knots().chain(self.reservoirs.iter().flat_map(Reservoir::knots)).collect();
        knots.sort_by(f64::total_cmp);
        knots.dedup();
        knots
    }
}
