//! A drive that changes in time.

use serde::Serialize;

use super::{Course, CourseError, Outline, Pulse, PulseError, Signal, Tone};
use crate::units::Units;

/// A course with pulses and tones added to it, as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// What they are added to.
    pub course: Course,
    /// The pulses; they may overlap.
    pub pulses: Vec<Pulse>,
    /// The tones.
    pub tones: Vec<Tone>,
}

impl From<Course> for Wave {
    fn from(course: Course) -> Self {
        Wave { course, pulses: Vec::new(), tones: Vec::new() }
    }
}

/// 0 and one pulse.
impl From<Pulse> for Wave {
    fn from(pulse: Pulse) -> Self {
        Wave { pulses: vec![pulse], ..Wave::from(Course::Held(0.0)) }
    }
}

/// A drive during a segment as it is asked for, in the frame that rotates with it:
/// `H/hbar = Omega(t) [cos(phi) J_x + sin(phi) J_y] + Delta(t) J_z`. By default there is none.
///
/// Amplitude and detuning are frequencies in the unit of [`super::Model::frequency`]; where that changes in a segment,
/// the detuning is what it is said to be all the same, and the drive follows the qubits.
#[derive(Clone, Debug, PartialEq)]
pub struct DriveCourse {
    /// Omega, the Rabi frequency, of either sign.
    pub amplitude: Wave,
    /// Delta = omega - omega_drive.
    pub detuning: Wave,
    /// phi, in radians: at 0 the drive is about x, at pi/2 about y.
    pub phase: Course,
}

impl Default for DriveCourse {
    fn default() -> Self {
        let none = || Course::Held(0.0);
        DriveCourse { amplitude: none().into(), detuning: none().into(), phase: none() }
    }
}

/// What of a drive may change in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveSetting {
    /// Omega.
    Amplitude,
    /// Delta.
    Detuning,
    /// phi.
    Phase,
}

impl DriveSetting {
    /// What it is, in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DriveSetting::Amplitude => "amplitude",
            DriveSetting::Detuning => "detuning",
            DriveSetting::Phase => "phase",
        }
    }
}

/// Why there is no such drive.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{} of the drive: {error}", setting.name())]
pub struct DriveError {
    /// Of what.
    pub setting: DriveSetting,
    /// What is wrong.
    pub error: WaveError,
}

/// Why there is no such wave.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WaveError {
    /// No course.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// No pulse.
    #[error("pulse {number}: {error}")]
    Pulse {
        /// Which of its pulses, from 1.
        number: usize,
        /// What is wrong.
        error: PulseError,
    },
    /// No tone.
    #[error("tone {number}: {error}")]
    Tone {
        /// Which of its tones, from 1.
        number: usize,
        /// What is wrong.
        error: PulseError,
    },
    /// More than what a number holds.
    #[error("its pulses and tones add up to more than a number holds")]
    Overflow,
}

/// A validated [`Wave`] over the duration of its segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waveform {
    units: Units,
    course: Signal,
    /// Those whose amplitude is not 0; so the tones.
    pulses: Vec<Pulse>,
    tones: Vec<Tone>,
}

impl Waveform {
    /// The wave over a segment of this duration.
    ///
    /// # Errors
    /// The first thing in it that cannot be.
    pub fn new(wave: &Wave, units: Units, duration: f64) -> Result<Self, WaveError> {
        let course = wave.course.over(duration)?;
        for (index, pulse) in wave.pulses.iter().enumerate() {
            let failed = |error| WaveError::Pulse { number: index + 1, error };
            pulse.fits(duration).map_err(failed)?;
        }
        for (index, tone) in wave.tones.iter().enumerate() {
            let failed = |error| WaveError::Tone { number: index + 1, error };
            tone.fits(units.angular(tone.frequency), duration).map_err(failed)?;
        }
        let pulses = wave.pulses.iter().filter(|pulse| pulse.amplitude != 0.0).copied().collect();
        let tones = wave.tones.iter().filter(|tone| tone.amplitude != 0.0).copied().collect();
        let waveform = Waveform { units, course, pulses, tones };
        // Its turns have to be finite as well.
        if units.angular(waveform.most(duration)).is_finite() { Ok(waveform) } else { Err(WaveError::Overflow) }
    }

    /// What its pulses and tones are added to.
    #[must_use]
    pub fn course(&self) -> &Signal {
        &self.course
    }

    /// Its pulses, but for those of no height.
    #[must_use]
    pub fn pulses(&self) -> &[Pulse] {
        &self.pulses
    }

    /// A bound of its magnitude over a segment of this duration.
    #[must_use]
    pub fn most(&self, duration: f64) -> f64 {
        let of_course = self.course.range([0.0, duration]).map(f64::abs);
        let pulses = self.pulses.iter().map(|pulse| pulse.amplitude.abs());
        let tones = self.tones.iter().map(|tone| tone.amplitude.abs());
        of_course[0].max(of_course[1]) + pulses.chain(tones).sum::<f64>()
    }

    /// The value at a time since the start of the segment.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.beside(time, time)
    }

    /// The value at a time on that side of an edge where another time is.
    #[must_use]
    pub fn beside(&self, time: f64, inside: f64) -> f64 {
        let jumps = |pulse: &Pulse| pulse.outline == Outline::Square;
        let pulses = self.pulses.iter().map(|pulse| pulse.at(if jumps(pulse) { inside } else { time }));
        let tones = self
            .tones
            .iter()
            .map(|tone| tone.amplitude * libm::cos(self.units.angular(tone.frequency) * time + tone.phase));
        pulses.chain(tones).fold(self.course.at(time), |sum, value| sum + value)
    }

    /// Whether it is 0 throughout.
    fn is_zero(&self) -> bool {
        self.course == Signal::held(0.0) && self.pulses.is_empty() && self.tones.is_empty()
    }

    /// Whether it stays between two times without a knot between them.
    pub(super) fn holds(&self, times: [f64; 2]) -> bool {
        self.course.holds(times) && self.tones.is_empty() && self.pulses.iter().all(|pulse| pulse.holds(times))
    }

    /// Where it turns a corner or jumps, within the segment or at its ends.
    pub(super) fn knots(&self) -> impl Iterator<Item = f64> + '_ {
        self.course.knots().chain(self.pulses.iter().filter_map(Pulse::ends).flatten())
    }

    /// How far a step from a time may go without passing over a pulse or a period.
    pub(super) fn longest_step(&self, time: f64) -> f64 {
        let pulses = self.pulses.iter().map(|pulse| pulse.longest_step(time));
        // A quarter of a period.
        let tones = self.tones.iter().map(|tone| std::f64::consts::FRAC_PI_2 / self.units.angular(tone.frequency));
        pulses.chain(tones).fold(f64::INFINITY, f64::min)
    }
}

/// What a drive does at a time, in radians per unit of time: `H/hbar = x J_x + y J_y + z J_z` in its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Field {
    /// Omega cos(phi).
    pub x: f64,
    /// Omega sin(phi).
    pub y: f64,
    /// Delta.
    pub z: f64,
}

/// A validated [`DriveCourse`] over the duration of its segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Driving {
    units: Units,
    /// Omega.
    pub amplitude: Waveform,
    /// Delta.
    pub detuning: Waveform,
    /// phi.
    pub phase: Signal,
}

impl Driving {
    /// The drive over a segment of this duration.
    ///
    /// # Errors
    /// The first thing in it that cannot be.
    pub fn new(drive: &DriveCourse, units: Units, duration: f64) -> Result<Self, DriveError> {
        let wave =
            |wave: &Wave, setting| Waveform::new(wave, units, duration).map_err(|error| DriveError { setting, error });
        let phase = drive.phase.over(duration);
        Ok(Driving {
            units,
            amplitude: wave(&drive.amplitude, DriveSetting::Amplitude)?,
            detuning: wave(&drive.detuning, DriveSetting::Detuning)?,
            phase: phase.map_err(|error| DriveError { setting: DriveSetting::Phase, error: error.into() })?,
        })
    }

    /// Whether it never acts, whatever its detuning and its phase.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.amplitude.is_zero()
    }

    /// Whether it is none: off, and without a detuning.
    pub(super) fn is_none(&self) -> bool {
        self.is_off() && self.detuning.is_zero()
    }

    /// Bounds of the magnitudes of Omega and Delta over a segment of this duration, in the unit of frequencies.
    #[must_use]
    pub fn most(&self, duration: f64) -> [f64; 2] {
        [&self.amplitude, &self.detuning].map(|wave| wave.most(duration))
    }

    /// What it does at a time since the start of the segment.
    #[must_use]
    pub fn at(&self, time: f64) -> Field {
        self.beside(time, time)
    }

    /// What it does at a time on that side of an edge where another time is.
    pub(super) fn beside(&self, time: f64, inside: f64) -> Field {
        let amplitude = self.units.angular(self.amplitude.beside(time, inside));
        let z = self.units.angular(self.detuning.beside(time, inside));
        let phase = self.phase.at(time);
        // About x it is so to the last bit.
        let (sine, cosine) = if phase == 0.0 { (0.0, 1.0) } else { (libm::sin(phase), libm::cos(phase)) };
        Field { x: amplitude * cosine, y: amplitude * sine, z }
    }

    /// Whether it stays between two times without a knot between them.
    pub(super) fn holds(&self, times: [f64; 2]) -> bool {
        let turns = !self.is_off() && !self.phase.holds(times);
        self.amplitude.holds(times) && self.detuning.holds(times) && !turns
    }

    /// Where any of it turns a corner or jumps.
    pub(super) fn knots(&self) -> impl Iterator<Item = f64> + '_ {
        self.amplitude.knots().chain(self.detuning.knots()).chain(self.phase.knots())
    }

    /// How far a step from a time may go without passing over a pulse or a period.
    pub(super) fn longest_step(&self, time: f64) -> f64 {
        self.amplitude.longest_step(time).min(self.detuning.longest_step(time))
    }
}
