//! Pulses and tones: what a drive has beside its course.

use std::f64::consts::PI;

use serde::Serialize;

/// The outline of a pulse, of height 1 at its centre; x is the time since the centre over the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outline {
    /// `exp(-x^2/2)`: the width is the standard deviation. Its area is `sqrt(2 pi)` widths.
    Gaussian,
    /// 1 for |x| < 1/2: the width is all of it, and so is the area.
    Square,
    /// `1/cosh(x)`. Its area is pi widths.
    Sech,
    /// `cos(pi x)^2` for |x| < 1/2, a `sin^2` from one end to the other: the width is all of it, its area half of that.
    Sin2,
    /// `tanh(x)`, no pulse but the way from -1 to 1: with a [`Outline::Sech`] of the same centre and width, the chirp that
    /// inverts whatever the area (Allen and Eberly).
    Tanh,
}

impl Outline {
    /// All of them.
    pub const ALL: [Outline; 5] = [Outline::Gaussian, Outline::Square, Outline::Sech, Outline::Sin2, Outline::Tanh];

    /// Its name in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outline::Gaussian => "gaussian",
            Outline::Square => "square",
            Outline::Sech => "sech",
            Outline::Sin2 => "sin2",
            Outline::Tanh => "tanh",
        }
    }
}

/// A pulse in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pulse {
    /// Its outline.
    pub outline: Outline,
    /// Its height, of either sign.
    pub amplitude: f64,
    /// The time of its centre, since the start of the segment.
    pub centre: f64,
    /// Its width, see [`Outline`].
    pub width: f64,
}

/// An oscillation through a whole segment, `amplitude cos(omega t + phase)` with t since its start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tone {
    /// Its amplitude, of either sign.
    pub amplitude: f64,
    /// Its frequency, positive, in the unit of [`crate::model::Model::frequency`].
    pub frequency: f64,
    /// Its phase at the start of the segment, in radians.
    pub phase: f64,
}

/// How many of the narrowest pulses, or the shortest periods, a segment is long. Times are known to 1e-16 of a segment, so
/// that the area of such a pulse is to 1e-10.
const NARROWEST: f64 = 1e6;

/// Why there is no such pulse or tone.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PulseError {
    /// A number that is not finite.
    #[error("its {what} is {value}: it must be finite")]
    NotFinite {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A width or a frequency that is none.
    #[error("its {what} is {value}: it must be positive")]
    NotPositive {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A pulse narrower than what can be resolved.
    #[error(
        "its {what} is {value}: less than {least}, a millionth of its segment, cannot be resolved; a shorter segment \
         around it would do"
    )]
    Narrow {
        /// The width, or the period.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The least that can be.
        least: f64,
    },
    /// A centre that is not in the segment.
    #[error("its centre is at {centre}, and its segment goes from 0 to {duration}")]
    Centre {
        /// The centre.
        centre: f64,
        /// The duration of the segment.
        duration: f64,
    },
    /// A pulse of two ends, one of which is not in the segment.
    #[error("it goes from {from} to {until}, and its segment from 0 to {duration}")]
    Outside {
        /// Its first time.
        from: f64,
        /// Its last time.
        until: f64,
        /// The duration of the segment.
        duration: f64,
    },
}

fn finite(numbers: &[(&'static str, f64)]) -> Result<(), PulseError> {
    match numbers.iter().find(|(_, value)| !value.is_finite()) {
        Some(&(what, value)) => Err(PulseError::NotFinite { what, value }),
        None => Ok(()),
    }
}

fn resolved(what: &'static str, value: f64, duration: f64) -> Result<(), PulseError> {
    // A quotient, which reads as it should: a millionth of 10 is 0.00001.
    let least = duration / NARROWEST;
    if value < least { Err(PulseError::Narrow { what, value, least }) } else { Ok(()) }
}

impl Pulse {
    /// Whether it fits into a segment of this duration. One without ends, such as a Gaussian, has its centre there, and what
    /// lies beyond the ends of the segment is cut off.
    ///
    /// # Errors
    /// Why not.
    pub fn fits(&self, duration: f64) -> Result<(), PulseError> {
        let Pulse { amplitude, centre, width, .. } = *self;
        finite(&[("amplitude", amplitude), ("centre", centre), ("width", width)])?;
        if width <= 0.0 {
            return Err(PulseError::NotPositive { what: "width", value: width });
        }
        resolved("width", width, duration)?;
        let within = |time: f64| (-1e-12 * duration..=duration * (1.0 + 1e-12)).contains(&time);
        match self.ends() {
            Some([from, until]) if !(within(from) && within(until)) => {
                Err(PulseError::Outside { from, until, duration })
            }
            None if !within(centre) => Err(PulseError::Centre { centre, duration }),
            _ => Ok(()),
        }
    }

    /// The value at a time.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        let x = (time - self.centre) / self.width;
        self.amplitude
            * match self.outline {
                Outline::Gaussian => libm::exp(-0.5 * x * x),
                Outline::Square => f64::from(x.abs() < 0.5),
                Outline::Sech => 1.0 / libm::cosh(x),
                Outline::Sin2 if x.abs() < 0.5 => libm::cos(PI * x).powi(2),
                Outline::Sin2 => 0.0,
                Outline::Tanh => libm::tanh(x),
            }
    }

    /// What stays of it after its segment of this duration: nothing, but of the way that is no pulse where that ended.
    #[must_use]
    pub fn rests(&self, duration: f64) -> f64 {
        if self.outline == Outline::Tanh { self.at(duration) } else { 0.0 }
    }

    /// Where it begins and ends, if it does.
    #[must_use]
    pub fn ends(&self) -> Option<[f64; 2]> {
        match self.outline {
            Outline::Square | Outline::Sin2 => Some([-0.5, 0.5].map(|x| self.centre + x * self.width)),
            Outline::Gaussian | Outline::Sech | Outline::Tanh => None,
        }
    }

    /// Whether it stays as it is between two times, neither of its ends between them.
    #[must_use]
    pub fn holds(&self, [from, until]: [f64; 2]) -> bool {
        let middle = 0.5 * (from + until);
        match (self.outline, self.ends()) {
            (Outline::Square, _) => true,
            (_, Some([begins, ends])) => middle < begins || middle > ends,
            (_, None) => false,
        }
    }

    /// How far a step from a time may go without passing over anything: half the way to the pulse, and within it a part of
    /// its width.
    #[must_use]
    pub fn longest_step(&self, time: f64) -> f64 {
        let away = 0.5 * (time - self.centre).abs();
        match self.outline {
            // Steps end at its edges, and nothing is between.
            Outline::Square => f64::INFINITY,
            Outline::Sin2 => away.max(0.25 * self.width),
            Outline::Gaussian | Outline::Sech | Outline::Tanh => away.max(self.width),
        }
    }
}

impl Tone {
    /// Whether it can be followed through a segment of this duration, where its frequency turns by `angular` radians per
    /// unit of time.
    ///
    /// # Errors
    /// Why not.
    pub fn fits(&self, angular: f64, duration: f64) -> Result<(), PulseError> {
        let Tone { amplitude, frequency, phase } = *self;
        finite(&[("amplitude", amplitude), ("frequency", frequency), ("phase", phase)])?;
        if frequency <= 0.0 {
            return Err(PulseError::NotPositive { what: "frequency", value: frequency });
        }
        resolved("period", 2.0 * PI / angular, duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sums over 1e5 cells of the middle rule, which for these are good to 1e-9.
    #[test]
    fn pulses_are_one_at_their_centre_and_have_their_areas() {
        for (outline, area) in [
            (Outline::Gaussian, (2.0 * PI).sqrt()),
            (Outline::Square, 1.0),
            (Outline::Sech, PI),
            (Outline::Sin2, 0.5),
            (Outline::Tanh, 0.0),
        ] {
            let pulse = Pulse { outline, amplitude: -3.0, centre: 40.0, width: 1.5 };
            let (cells, duration) = (100_000, 80.0);
            let cell = duration / f64::from(cells);
            let sum: f64 = (0..cells).map(|k| pulse.at((f64::from(k) + 0.5) * cell)).sum();
            assert!((sum * cell + 3.0 * area * 1.5).abs() < 4.0 * cell, "{outline:?}: {}", sum * cell);
            let at_centre = if outline == Outline::Tanh { 0.0 } else { -3.0 };
            assert!((pulse.at(40.0) - at_centre).abs() < 1e-15 && pulse.fits(80.0).is_ok());
            if let Some([from, until]) = pulse.ends() {
                assert_eq!((pulse.at(from - 1e-9), pulse.at(until + 1e-9)), (-0.0, -0.0));
                assert!(pulse.holds([0.0, from]) && pulse.holds([until, 80.0]));
                assert_eq!(pulse.holds([from, until]), outline == Outline::Square);
            }
        }
    }

    #[test]
    fn no_step_passes_over_a_pulse() {
        for outline in [Outline::Gaussian, Outline::Sech, Outline::Sin2] {
            let pulse = Pulse { outline, amplitude: 1.0, centre: 1000.0, width: 0.1 };
            let (mut now, mut steps, mut seen) = (0.0, 0, 0.0);
            while now < 1001.0 {
                let step = pulse.longest_step(now);
                seen += step * pulse.at(now + 0.5 * step);
                now += step;
                steps += 1;
            }
            let area = pulse.width * [(2.0 * PI).sqrt(), PI, 0.5][outline as usize - usize::from(outline as usize > 1)];
            assert!(steps < 60 && (seen / area - 1.0).abs() < 0.2, "{outline:?}: {steps} steps, {seen} of {area}");
        }
    }

    #[test]
    fn what_is_no_pulse_is_refused_in_words() {
        let pulse = Pulse { outline: Outline::Sin2, amplitude: 1.0, centre: 1.0, width: 0.5 };
        let gaussian = Pulse { outline: Outline::Gaussian, ..pulse };
        for (wrong, words) in [
            (Pulse { amplitude: f64::NAN, ..pulse }, "amplitude is NaN"),
            (Pulse { centre: f64::INFINITY, ..pulse }, "centre is inf"),
            (Pulse { width: 0.0, ..gaussian }, "width is 0: it must be positive"),
            (Pulse { width: 1e-7, ..gaussian }, "less than 0.000002, a millionth"),
            (Pulse { centre: 0.2, ..pulse }, "from -0.04999999999999999 to 0.45, and its segment from 0 to 2"),
            (Pulse { centre: 1.8, ..pulse }, "to 2.05, and its segment from 0 to 2"),
            (Pulse { centre: 2.1, ..gaussian }, "centre is at 2.1, and its segment goes from 0 to 2"),
        ] {
            let message = wrong.fits(2.0).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
        // As people write it, though ten times a millionth is 0.000009999999999999999.
        let narrow = Pulse { width: 1e-7, ..gaussian }.fits(10.0).unwrap_err().to_string();
        assert!(narrow.contains("less than 0.00001, a millionth"), "{narrow}");
        // Tails are cut, and an edge may be the end of the segment to rounding.
        assert!(Pulse { centre: 2.0, ..gaussian }.fits(2.0).is_ok());
        assert!(Pulse { centre: 1.9, width: 0.2, ..pulse }.fits(2.0).is_ok());
        let tone = Tone { amplitude: 1.0, frequency: 2.0, phase: 0.0 };
        assert!(tone.fits(2.0, 2.0).is_ok());
        for (wrong, words) in [
            (Tone { frequency: -2.0, ..tone }, "frequency is -2: it must be positive"),
            (Tone { phase: f64::NAN, ..tone }, "phase is NaN"),
            (Tone { frequency: 1e7, ..tone }, "period is 0.00000062831"),
        ] {
            let message = wrong.fits(wrong.frequency, 2.0).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
