//! Protocols: the frequency of the qubits, their baths and a drive as functions of time, segment by segment.
//!
//! `dp/dt = W(t) p` with `W(t) = sum_c r_c(t) (A_c - diag(1.A_c))` over channels c = (bath, process), whose ladder
//! weights A_c stay and whose rates are `r_c(t) = gamma_b(t) F_b(omega(t)) {1 + n, n}`, with
//! `n = 1/expm1(hbar omega(t)/k_B T_b(t))`. As `H = hbar omega(t) J_z` commutes with itself at all times, a diagonal
//! state stays diagonal and no work is spent on coherence: the chain on (J, M) is exact for this equation.
//!
//! A drive, [`DriveCourse`], superposes levels: in its frame `drho/dt = -i [H(t), rho] + D(t) rho` with
//! `H/hbar = Omega(t) [cos(phi) J_x + sin(phi) J_y] + Delta(t) J_z + chi J_z^2`. Jumps are those of the baths: in the frame
//! J_- has a phase, which no jump shows.

mod entry;
mod error;

pub use entry::{Entry, absorbed};
pub use error::ProtocolError;

use serde::Serialize;

use super::{Bounds, Course, DriveCourse, Driving, Field, Model, Reservoir, Setting, Signal};
use crate::bath::Rates;
use crate::units::Units;

/// A setting of a bath during a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The name of the bath.
    pub bath: String,
    /// What of it.
    pub setting: Setting,
    /// How it goes.
    pub course: Course,
}

/// A segment as it is asked for. What it does not set of a bath is as it is without a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// How long it takes, positive.
    pub duration: f64,
    /// How the frequency of the qubits goes, in the unit of [`Model::frequency`]. Where it does not begin at the value
    /// at which the segment before ended, there is a quench.
    pub frequency: Course,
    /// What is set of the baths.
    pub baths: Vec<Change>,
    /// How the drive goes; by default there is none.
    pub drive: DriveCourse,
}

/// How often the segments pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Repeats {
    /// Once; the frequency stays at its last value.
    Once,
    /// So many times, at least once. Each cycle ends with the return to its first frequency, by a quench where the last
    /// segment does not lead there, whose work is that of the cycle.
    Cycles(u64),
}

/// A validated segment. Times are since its start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    units: Units,
    /// The name by which results refer to it: its number from 1, where [`Protocol::named`] gives no other.
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

/// A filter that a segment sweeps the qubits past faster than it forgets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outrun {
    /// Index of the segment.
    pub segment: usize,
    /// Index of the bath.
    pub bath: usize,
    /// The largest `|domega/dt|`, in radians per squared unit of time.
    pub speed: f64,
    /// `(omega_LC/Q)^2`, below which it has to stay.
    pub limit: f64,
}

/// A validated protocol.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Protocol {
    units: Units,
    stages: Vec<Stage>,
    repeats: Repeats,
}

impl Protocol {
    /// The protocol of these segments on qubits between these baths.
    ///
    /// # Errors
    /// The first thing in it that cannot be.
    pub fn new(
        units: Units,
        reservoirs: &[Reservoir],
        segments: &[Segment],
        repeats: Repeats,
    ) -> Result<Self, ProtocolError> {
        if segments.is_empty() {
            return Err(ProtocolError::NoSegments);
        }
        if repeats == Repeats::Cycles(0) {
            return Err(ProtocolError::NoCycles);
        }
        if let Some(bath) = reservoirs.iter().find(|bath| bath.quantum().is_some()) {
            return Err(ProtocolError::Quantum { bath: bath.name.clone() });
        }
        let mut stages: Vec<Stage> = Vec::with_capacity(segments.len());
        let mut start = 0.0;
        for (index, segment) in segments.iter().enumerate() {
            let stage = Stage::new(units, start, reservoirs, segment, index + 1)?;
            start += stage.duration;
            stages.push(stage);
        }
        Ok(Protocol { units, stages, repeats })
    }

    /// The same with names for its segments, in their order.
    #[must_use]
    pub fn named(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.stages.iter_mut().zip(names).for_each(|(stage, name)| stage.name = name);
        self
    }

    /// The unit system of all its numbers.
    #[must_use]
    pub fn units(&self) -> Units {
        self.units
    }

    /// Its segments.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// How often they pass.
    #[must_use]
    pub fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// How many cycles there are.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        match self.repeats {
            Repeats::Once => 1,
            Repeats::Cycles(cycles) => cycles,
        }
    }

    /// Whether a drive acts at any time. Without one, levels are not superposed, whatever the detuning.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.stages.iter().any(|stage| !stage.drive.is_off())
    }

    /// Whether nothing changes within any segment.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.stages.iter().all(Stage::is_held)
    }

    /// The temperature of all baths that ever exchange quanta, where it is one and the same at all times, and positive.
    #[must_use]
    pub fn temperature(&self) -> Option<f64> {
        let mut one = None;
        for stage in &self.stages {
            for (index, bath) in stage.reservoirs.iter().enumerate() {
                let most = stage.bounds(index, [0.0, stage.duration]).most;
                if most.down + most.up == 0.0 {
                    continue;
                }
                // Of each segment: what is held there.
                let held = bath.entropy_of_energy(self.units).and(bath.temperature(0.0))?;
                if *one.get_or_insert(held) != held {
                    return None;
                }
            }
        }
        one.filter(|one| *one > 0.0)
    }

    /// One over that, in the unit of [`Entry::Work`].
    #[must_use]
    pub fn beta(&self) -> Option<f64> {
        let temperature = self.temperature()?;
        Some(self.units.energy_over_temperature(1.0, temperature) / self.units.quantum(1.0))
    }

    /// How long all segments take once.
    #[must_use]
    pub fn period(&self) -> f64 {
        let last = &self.stages[self.stages.len() - 1];
        last.start + last.duration
    }

    /// Its end.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.cycles() as f64 * self.period()
    }

    /// How many baths there are.
    #[must_use]
    pub fn baths(&self) -> usize {
        self.stages[0].reservoirs.len()
    }

    /// The ends of its segments within a cycle.
    pub fn boundaries(&self) -> impl Iterator<Item = f64> + '_ {
        self.stages.iter().map(|stage| stage.start + stage.duration)
    }

    /// The time since the start of a segment of a cycle, where a time from 0, no earlier than that, belongs to it: its end
    /// does, and to the very last segment whatever comes after.
    #[must_use]
    pub fn within(&self, cycle: u64, segment: usize, time: f64) -> Option<f64> {
        let stage = &self.stages[segment];
        let since = time - (cycle as f64 * self.period() + stage.start);
        let very_last = cycle + 1 == self.cycles() && segment + 1 == self.stages.len();
        (very_last || since <= stage.duration).then(|| since.clamp(0.0, stage.duration))
    }

    /// The segment that each of these ascending times belongs to, and the time since its start.
    #[must_use]
    pub fn places(&self, times: &[f64]) -> Vec<(usize, f64)> {
        let mut places = Vec::with_capacity(times.len());
        let segments = (0..self.cycles()).flat_map(|cycle| (0..self.stages.len()).map(move |segment| (cycle, segment)));
        for (cycle, segment) in segments {
            let left = &times[places.len()..];
            places.extend(left.iter().map_while(|time| self.within(cycle, segment, *time)).map(|time| (segment, time)));
            if places.len() == times.len() {
                break;
            }
        }
        places
    }

    /// The segment at a time from 0, and the time since its start. The end of a segment still belongs to it, so that a
    /// quench comes after.
    #[must_use]
    pub fn at(&self, time: f64) -> (&Stage, f64) {
        let period = self.period();
        let cycle = ((time / period).ceil() - 1.0).clamp(0.0, self.cycles() as f64 - 1.0);
        let within = time - cycle * period;
        let stage =
            self.stages.partition_point(|stage| stage.start + stage.duration < within).min(self.stages.len() - 1);
        let stage = &self.stages[stage];
        (stage, (within - stage.start).clamp(0.0, stage.duration))
    }

    /// The frequency of the qubits at a time.
    #[must_use]
    pub fn frequency(&self, time: f64) -> f64 {
        let (stage, time) = self.at(time);
        stage.frequency.at(time)
    }

    /// The angle by which the qubits have turned in the lab by a time, in radians.
    #[must_use]
    pub fn turned(&self, time: f64) -> f64 {
        let (here, within) = self.at(time);
        let whole = |stage: &Stage| stage.frequency.integral(stage.duration);
        let before =
            |start: f64| self.stages.iter().take_while(move |stage| stage.start < start).map(whole).sum::<f64>();
        let cycles = ((time - here.start - within) / self.period()).round();
        self.units.angular(cycles * before(f64::INFINITY) + before(here.start) + here.frequency.integral(within))
    }

    /// The rates of a bath at a time.
    #[must_use]
    pub fn rates(&self, bath: usize, time: f64) -> Rates {
        let (stage, time) = self.at(time);
        stage.rates(bath, time)
    }

    /// The qubits and their baths as they are at a time.
    #[must_use]
    pub fn model(&self, number: i64, time: f64) -> Model {
        let (stage, time) = self.at(time);
        stage.model(number, time)
    }

    /// Where the frequency changes faster than a filter forgets: by more than its width within one over its width,
    /// `|domega/dt| > (omega_LC/Q)^2`. There rates at the frequency of the moment are no longer what the circuit does.
    #[must_use]
    pub fn outrun(&self) -> Vec<Outrun> {
        let of = |(segment, stage): (usize, &Stage)| {
            let speed = self.units.angular(stage.frequency.steepest());
            let outruns = move |(bath, reservoir): (usize, &Reservoir)| {
                let width = self.units.angular(reservoir.filter()?.width());
                let limit = width * width;
                (speed > limit).then_some(Outrun { segment, bath, speed, limit })
            };
            stage.reservoirs.iter().enumerate().filter_map(outruns).collect::<Vec<_>>()
        };
        self.stages.iter().enumerate().flat_map(of).collect()
    }

    /// The model of the rates as they are on average over all segments; on ramps by a few samples.
    #[must_use]
    pub fn average(&self, number: i64) -> Model {
        const SAMPLES: usize = 8;
        let mut model = self.stages[0].model(number, 0.0);
        for (index, bath) in model.baths.iter_mut().enumerate() {
            let mut mean = [0.0; 3];
            for stage in &self.stages {
                let mut times = stage.knots();
                times.extend([0.0, stage.duration]);
                times.sort_by(f64::total_cmp);
                for pair in times.windows(2) {
                    let step = (pair[1] - pair[0]) / SAMPLES as f64;
                    for sample in 0..SAMPLES {
                        let Rates { down, up, dephasing } = stage.rates(index, pair[0] + step * (sample as f64 + 0.5));
                        let rates = mean.iter_mut().zip([down, up, dephasing]);
                        rates.for_each(|(mean, rate)| *mean += step / self.period() * rate);
                    }
                }
            }
            [bath.down, bath.up, bath.dephasing] = mean;
        }
        model
    }

    /// The model of the largest rates and the highest frequency: what ever acts acts in it.
    #[must_use]
    pub fn envelope(&self, number: i64) -> Model {
        let mut model = self.stages[0].envelope(number);
        for other in self.stages[1..].iter().map(|stage| stage.envelope(number)) {
            model.frequency = model.frequency.max(other.frequency);
            for (bath, other) in model.baths.iter_mut().zip(other.baths) {
                bath.down = bath.down.max(other.down);
                bath.up = bath.up.max(other.up);
                bath.dephasing = bath.dephasing.max(other.dephasing);
            }
        }
        model
    }

    /// A bound on the mean number of jumps of a path of `number` qubits.
    #[must_use]
    pub fn jumps_bound(&self, number: i64) -> f64 {
        let of = |stage: &Stage| stage.envelope(number).jump_rate_bound() * stage.duration;
        let by_rate = self.cycles() as f64 * self.stages.iter().map(of).sum::<f64>();
        by_rate.min(self.envelope(number).jumps_bound(self.end()))
    }
}

impl Stage {
    fn new(
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

    /// The energy of a quantum at a time, hbar omega, in the unit of [`Entry`].
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
        // What rounding has parted is one edge.
        let apart = 1e-12 * self.duration;
        let within = |time: &f64| (apart..self.duration - apart).contains(time);
        let mut cuts: Vec<f64> = self.knots().into_iter().chain(self.drive.knots()).filter(within).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|later, earlier| *later - *earlier <= apart);
        let ends = cuts.iter().copied().chain([self.duration]);
        let stretch = |(from, until): (f64, f64)| {
            let times = [from, until];
            let held = self.frequency.holds(times)
                && self.reservoirs.iter().all(|bath| bath.holds(times))
                && self.drive.holds(times);
            Stretch { from, until, held }
        };
        [0.0].into_iter().chain(cuts.iter().copied()).zip(ends).map(stretch).collect()
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

#[cfg(test)]
mod tests;
