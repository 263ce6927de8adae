//! Protocols: the frequency of the qubits, their baths and a drive as functions of time, segment by segment.
//!
//! `dp/dt = W(t) p` with `W(t) = sum_c r_c(t) (A_c - diag(1.A_c))` over channels c = (bath, process), whose ladder
//! weights A_c stay and whose rates are `r_c(t) = gamma_b(t) F_b(omega(t)) {1 + n, n}`, with
//! `n = 1/expm1(hbar omega(t)/k_B T_b(t))`. As `H = hbar omega(t) J_z` commutes with itself at all times, a diagonal
//! state stays diagonal and no work is spent on coherence: the chain on (J, M) is exact for this equation.
//!
//! A drive, [`super::DriveCourse`], superposes levels: in its frame `drho/dt = -i [H(t), rho] + D(t) rho` with
//! `H/hbar = Omega(t) [cos(phi) J_x + sin(phi) J_y] + Delta(t) J_z + chi J_z^2`. Jumps are those of the baths: in the frame
//! J_- has a phase, which no jump shows.

mod entry;
mod error;
mod fold;
mod segment;
mod stage;

pub use entry::{Entry, absorbed};
pub use error::ProtocolError;
pub use fold::Fold;
pub use segment::{Change, Segment};
pub use stage::{Stage, Stretch};

use serde::Serialize;

use super::{Field, Model, Reservoir};
use crate::bath::{Bath, Rates};
use crate::rounded::Rounded;
use crate::units::Units;

/// How often the segments pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Repeats {
    /// Once; the frequency stays at its last value.
    Once,
    /// So many times, at least once. Each cycle ends with the return to its first frequency, by a quench where the last
    /// segment does not lead there, whose work is that of the cycle.
    Cycles(u64),
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

    /// The segment that comes after one: of a protocol that repeats the first after the last.
    #[must_use]
    pub fn after(&self, segment: usize) -> Option<&Stage> {
        let first = || matches!(self.repeats, Repeats::Cycles(_)).then(|| &self.stages[0]);
        self.stages.get(segment + 1).or_else(first)
    }

    /// How often they pass.
    #[must_use]
    pub fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// The same in so many cycles.
    #[must_use]
    pub fn repeated(&self, cycles: u64) -> Self {
        Protocol { repeats: Repeats::Cycles(cycles), ..self.clone() }
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

    /// Whether work may be done in a segment, or by the quench at its end.
    #[must_use]
    pub fn does_work(&self, segment: usize) -> bool {
        let stage = &self.stages[segment];
        let next = match (self.stages.get(segment + 1), self.repeats) {
            (None, Repeats::Cycles(_)) => Some(&self.stages[0]),
            (next, _) => next,
        };
        let (last, held) = (stage.frequency.last(), stage.frequency.is_held());
        !stage.drive.is_off() || !held || next.is_some_and(|next| next.frequency.first() != last)
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

    /// Whether any bath ever exchanges quanta.
    #[must_use]
    pub fn exchanges(&self) -> bool {
        self.processes().iter().any(|[down, up, _]| *down || *up)
    }

    /// 1/T of each bath, in one over the unit of [`Entry::Work`], where it is one and the same wherever the bath exchanges
    /// quanta: by its rates where it was given none. `None` of a bath that never does.
    ///
    /// # Errors
    /// The first bath of which it is no single number.
    pub fn inverse_temperatures(&self) -> Result<Vec<Option<f64>>, usize> {
        let of_bath = |bath: usize| {
            let mut one = None;
            for stage in &self.stages {
                let most = stage.bounds(bath, [0.0, stage.duration]).most;
                if most.down + most.up > 0.0 {
                    let here = stage.inverse_temperature(bath).ok_or(bath)?;
                    let held = *one.get_or_insert(here);
                    // Of given rates it is a logarithm, known to rounding.
                    if here != held && (here - held).abs() > 1e-12 * held.abs() {
                        return Err(bath);
                    }
                }
            }
            Ok(one)
        };
        (0..self.baths()).map(of_bath).collect()
    }

    /// What `number` qubits book as work or heat in so many cycles, with what may be rounding: it is made of differences of
    /// their energy.
    #[must_use]
    pub fn booked(&self, number: i64, cycles: u64, value: f64) -> Rounded {
        Rounded::of(value, cycles as f64 * number as f64 * self.largest_quantum())
    }

    /// The largest energy of a quantum, hbar omega, in the unit of [`Entry::Work`].
    #[must_use]
    pub fn largest_quantum(&self) -> f64 {
        let highest = self.stages.iter().map(|stage| stage.frequency.range([0.0, stage.duration])[1]);
        self.units.quantum(highest.fold(0.0, f64::max))
    }

    /// The largest entropy of a quantum of a bath that exchanges any, at the ends of all segments, in k_B.
    #[must_use]
    pub fn largest_entropy(&self) -> f64 {
        let of = |stage: &Stage| {
            let acts = |bath: &usize| {
                let most = stage.bounds(*bath, [0.0, stage.duration]).most;
                most.down + most.up > 0.0
            };
            let at_ends = |bath| [0.0, stage.duration].map(|time| stage.entropy_of_quantum(bath, time).abs());
            (0..self.baths()).filter(acts).flat_map(at_ends).fold(0.0, f64::max)
        };
        self.stages.iter().map(of).fold(0.0, f64::max)
    }

    /// By bath, which processes ever happen, in the order of [`crate::bath::Process`].
    #[must_use]
    pub fn processes(&self) -> Vec<[bool; 3]> {
        self.envelope(1).baths.iter().map(Bath::processes).collect()
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
    /// does, to rounding, and to the very last segment whatever comes after.
    #[must_use]
    pub fn within(&self, cycle: u64, segment: usize, time: f64) -> Option<f64> {
        let stage = &self.stages[segment];
        let since = time - (cycle as f64 * self.period() + stage.start);
        let very_last = cycle + 1 == self.cycles() && segment + 1 == self.stages.len();
        let rounding = 4.0 * f64::EPSILON * time;
        (very_last || since <= stage.duration + rounding).then(|| since.clamp(0.0, stage.duration))
    }

    /// Whether every quantum that is ever exchanged has a finite entropy: a bath at T = 0 takes an infinite one. A ramp that
    /// begins there has none, whatever comes after.
    #[must_use]
    pub fn entropy_is_finite(&self) -> bool {
        self.stages.iter().all(|stage| {
            let mut times = stage.knots();
            times.extend([0.0, stage.duration]);
            (0..self.baths()).all(|bath| {
                let most = stage.bounds(bath, [0.0, stage.duration]).most;
                most.down + most.up == 0.0 || times.iter().all(|t| stage.entropy_of_quantum(bath, *t).is_finite())
            })
        })
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

    /// About the angle by which the drive turns a spin in all, in radians: from a few samples of each stretch.
    #[must_use]
    pub fn turned_by_drive(&self) -> f64 {
        const SAMPLES: usize = 8;
        let of = |stage: &Stage| -> f64 {
            let of_stretch = |stretch: &Stretch| {
                let step = (stretch.until - stretch.from) / SAMPLES as f64;
                let middles = (0..SAMPLES).map(|k| stretch.from + step * (k as f64 + 0.5));
                middles.map(|time| stage.field(time)).map(|Field { x, y, z }| step * x.hypot(y).hypot(z)).sum::<f64>()
            };
            if stage.drive.is_off() { 0.0 } else { stage.stretches().iter().map(of_stretch).sum() }
        };
        self.cycles() as f64 * self.stages.iter().map(of).sum::<f64>()
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
        // What is driven never runs out of quanta.
        if self.is_driven() { by_rate } else { by_rate.min(self.envelope(number).jumps_bound(self.end())) }
    }
}

#[cfg(test)]
mod tests;
