//! How a number goes in time: held, ramped, or along a table.

use std::f64::consts::PI;
use std::sync::Arc;

use serde::Serialize;

/// The way from one value to another in the fraction s of the time that went by. All are monotone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Shape {
    /// `a + (b - a) s`.
    Linear,
    /// `a + (b - a) (1 - cos(pi s))/2`, at rest at both ends.
    Cosine,
    /// `a (b/a)^s`, between positive values.
    Exponential,
}

/// How a value goes in a segment, as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// It stays.
    Held(f64),
    /// From one value at the start of the segment to another at its end.
    Ramp {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
        /// Between.
        shape: Shape,
    },
    /// Times since the start of the segment, ascending from 0 to its duration, each with its value; linear between.
    Table(Vec<(f64, f64)>),
}

/// Why there is no such course.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CourseError {
    /// A value that is not finite.
    #[error("a value of {0}: it must be finite")]
    NotFinite(f64),
    /// An exponential ramp that would have to pass zero.
    #[error("an exponential ramp from {from} to {to}: both must be positive")]
    Exponential {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// A table that does not cover its segment.
    #[error("a table from {first} to {last}: it must go from 0 to {duration}, the duration of its segment")]
    Cover {
        /// Its first time.
        first: f64,
        /// Its last time.
        last: f64,
        /// What it is to cover.
        duration: f64,
    },
    /// A table without times.
    #[error("a table without times")]
    Empty,
    /// Times that do not ascend.
    #[error("a table with time {1} after {0}: its times must ascend")]
    Order(f64, f64),
}

/// A course over the duration of its segment: a value at every time since the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Signal(Form);

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Form {
    Held(f64),
    /// `change` is the difference of the values, or of their logarithms; `per` is one over the duration.
    Ramp {
        from: f64,
        to: f64,
        change: f64,
        per: f64,
        shape: Shape,
    },
    Table(Arc<[(f64, f64)]>),
}

/// A linear ramp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Straight {
    from: f64,
    change: f64,
    per: f64,
    ends: [f64; 2],
}

impl Straight {
    /// The value at a time since the start of the segment: that of [`Signal::at`], to the bit.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        let value = self.from + self.change * (time * self.per);
        // No NaN, which `max` would look for.
        let [least, most] = self.ends;
        let value = if value > least { value } else { least };
        if value < most { value } else { most }
    }
}

impl Course {
    /// The course over so long a time.
    ///
    /// # Errors
    /// What is wrong with it, whatever it is of.
    pub fn over(&self, duration: f64) -> Result<Signal, CourseError> {
        let finite = |value: f64| if value.is_finite() { Ok(value) } else { Err(CourseError::NotFinite(value)) };
        match self {
            Course::Held(value) => Ok(Signal::held(finite(*value)?)),
            Course::Ramp { from, to, shape } => {
                let (from, to, shape) = (finite(*from)?, finite(*to)?, *shape);
                if shape == Shape::Exponential && !(from > 0.0 && to > 0.0) {
                    return Err(CourseError::Exponential { from, to });
                }
                let change = if shape == Shape::Exponential { libm::log(to / from) } else { finite(to - from)? };
                let held = from == to;
                Ok(if held {
                    Signal::held(from)
                } else {
                    Signal(Form::Ramp { from, to, change, per: 1.0 / duration, shape })
                })
            }
            Course::Table(points) => {
                let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
                    return Err(CourseError::Empty);
                };
                if let Some(pair) =
                    points.windows(2).find(|pair| pair[0].0.partial_cmp(&pair[1].0) != Some(std::cmp::Ordering::Less))
                {
                    return Err(CourseError::Order(pair[0].0, pair[1].0));
                }
                if *first != 0.0 || *last != duration {
                    return Err(CourseError::Cover { first: *first, last: *last, duration });
                }
                points.iter().try_for_each(|(_, value)| finite(*value).map(|_| ()))?;
                let held = points.iter().all(|(_, value)| *value == points[0].1);
                Ok(if held { Signal::held(points[0].1) } else { Signal(Form::Table(points.as_slice().into())) })
            }
        }
    }
}

impl Signal {
    /// The value that stays.
    #[must_use]
    pub fn held(value: f64) -> Self {
        Signal(Form::Held(value))
    }

    /// The value at a time since the start of the segment.
    #[must_use]
    #[inline]
    pub fn at(&self, time: f64) -> f64 {
        match &self.0 {
            Form::Held(value) => *value,
            Form::Ramp { from, to, change, per, shape } => {
                // Within its ends whatever the rounding, and so as monotone as what it is made of.
                let (least, most) = if from < to { (from, to) } else { (to, from) };
                let s = time * per;
                let value = match shape {
                    Shape::Linear => from + change * s,
                    Shape::Cosine => from + change * (0.5 - 0.5 * libm::cos(PI * s)),
                    Shape::Exponential => from * libm::exp(change * s),
                };
                value.max(*least).min(*most)
            }
            Form::Table(points) => {
                let (a, b) = cell(points, time);
                (a.1 + (b.1 - a.1) * ((time - a.0) / (b.0 - a.0))).max(a.1.min(b.1)).min(a.1.max(b.1))
            }
        }
    }

    /// The same, ready to be read often, where it goes straight.
    #[must_use]
    pub fn straight(&self) -> Option<Straight> {
        match self.0 {
            Form::Ramp { from, to, change, per, shape: Shape::Linear } => {
                Some(Straight { from, change, per, ends: [from.min(to), from.max(to)] })
            }
            _ => None,
        }
    }

    /// Its integral from the start to a time.
    #[must_use]
    pub fn integral(&self, time: f64) -> f64 {
        match &self.0 {
            Form::Held(value) => value * time,
            Form::Ramp { from, change, per, shape, .. } => {
                let s = time * per;
                match shape {
                    Shape::Linear => time * (from + 0.5 * change * s),
                    Shape::Cosine => time * (from + 0.5 * change) - 0.5 * change * libm::sin(PI * s) / (PI * per),
                    Shape::Exponential => from * libm::expm1(change * s) / (change * per),
                }
            }
            Form::Table(points) => {
                let cells = points.windows(2).take_while(|ends| ends[0].0 < time);
                let of = |ends: &[(f64, f64)]| {
                    let until = ends[1].0.min(time);
                    (until - ends[0].0) * 0.5 * (ends[0].1 + self.at(until))
                };
                cells.map(of).sum()
            }
        }
    }

    /// Its derivative at a time; at a knot of a table that of what comes after.
    #[must_use]
    pub fn slope(&self, time: f64) -> f64 {
        match &self.0 {
            Form::Held(_) => 0.0,
            Form::Ramp { change, per, shape, .. } => match shape {
                Shape::Linear => change * per,
                Shape::Cosine => 0.5 * change * PI * per * libm::sin(PI * time * per),
                Shape::Exponential => self.at(time) * change * per,
            },
            Form::Table(points) => {
                let (a, b) = cell(points, time);
                (b.1 - a.1) / (b.0 - a.0)
            }
        }
    }

    /// The largest magnitude of its derivative.
    #[must_use]
    pub fn steepest(&self) -> f64 {
        let times = match &self.0 {
            Form::Held(_) => Vec::new(),
            // At an end, or a cosine in the middle.
            Form::Ramp { per, .. } => vec![0.0, 0.5 / per, 1.0 / per],
            Form::Table(points) => points[..points.len() - 1].iter().map(|(time, _)| *time).collect(),
        };
        times.into_iter().map(|time| self.slope(time).abs()).fold(0.0, f64::max)
    }

    /// The value at the start of the segment.
    #[must_use]
    pub fn first(&self) -> f64 {
        match &self.0 {
            Form::Held(value) => *value,
            Form::Ramp { from, .. } => *from,
            Form::Table(points) => points[0].1,
        }
    }

    /// The value at its end.
    #[must_use]
    pub fn last(&self) -> f64 {
        match &self.0 {
            Form::Held(value) => *value,
            Form::Ramp { to, .. } => *to,
            Form::Table(points) => points[points.len() - 1].1,
        }
    }

    /// The least and the largest value between two times.
    #[must_use]
    pub fn range(&self, [from, until]: [f64; 2]) -> [f64; 2] {
        let (a, b) = (self.at(from), self.at(until));
        let within = |t: f64| from < t && t < until;
        let knots: &[(f64, f64)] = if let Form::Table(points) = &self.0 { points } else { &[] };
        let inner = knots.iter().filter(|(t, _)| within(*t)).map(|(_, value)| *value);
        inner.fold([a.min(b), a.max(b)], |[least, most], value| [least.min(value), most.max(value)])
    }

    /// What it is called: "held", the shape of a ramp, or "table".
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.0 {
            Form::Held(_) => "held",
            Form::Ramp { shape: Shape::Linear, .. } => "linear",
            Form::Ramp { shape: Shape::Cosine, .. } => "cosine",
            Form::Ramp { shape: Shape::Exponential, .. } => "exponential",
            Form::Table(_) => "table",
        }
    }

    /// Whether it never changes.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.0, Form::Held(_))
    }

    /// Whether it stays between two times.
    #[must_use]
    pub fn holds(&self, times: [f64; 2]) -> bool {
        let [least, most] = self.range(times);
        least == most
    }

    /// Where it turns a corner, within the segment.
    pub fn knots(&self) -> impl Iterator<Item = f64> + '_ {
        let points: &[(f64, f64)] = if let Form::Table(points) = &self.0 { points } else { &[] };
        points.iter().skip(1).rev().skip(1).rev().map(|(time, _)| *time)
    }

    /// What all its pieces between knots are like, if it changes.
    fn shape(&self) -> Option<Shape> {
        match self.0 {
            Form::Held(_) => None,
            Form::Ramp { shape, .. } => Some(shape),
            Form::Table(_) => Some(Shape::Linear),
        }
    }

    /// Whether the quotient of both is monotone between two times: both are then affine in one variable, or
    /// exponential.
    #[must_use]
    pub fn in_step(&self, other: &Signal, [from, until]: [f64; 2]) -> bool {
        let corner = self.knots().chain(other.knots()).any(|knot| from < knot && knot < until);
        !corner && (self.is_held() || other.is_held() || self.shape() == other.shape())
    }
}

/// The two points around a time.
fn cell(points: &[(f64, f64)], time: f64) -> ((f64, f64), (f64, f64)) {
    let next = points.partition_point(|(t, _)| *t <= time).clamp(1, points.len() - 1);
    (points[next - 1], points[next])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(from: f64, to: f64, shape: Shape) -> Course {
        Course::Ramp { from, to, shape }
    }

    #[test]
    fn a_course_begins_and_ends_where_it_says_and_its_slope_is_its_derivative() {
        let table = Course::Table(vec![(0.0, 1.0), (0.5, 3.0), (2.5, 2.0)]);
        for course in [
            Course::Held(1.3),
            ramp(1.0, 2.5, Shape::Linear),
            ramp(3.0, 0.5, Shape::Cosine),
            ramp(0.1, 7.0, Shape::Exponential),
            table,
        ] {
            let signal = course.over(2.5).unwrap();
            assert!((signal.at(0.0) / signal.first() - 1.0).abs() < 1e-15);
            assert!((signal.at(2.5) / signal.last() - 1.0).abs() < 1e-14);
            assert_eq!(signal.integral(0.0), 0.0);
            for t in [0.1, 0.4, 0.7, 1.25, 2.4] {
                let (h, slope) = (1e-5, signal.slope(t));
                let difference = (signal.at(t + h) - signal.at(t - h)) / (2.0 * h);
                assert!((difference - slope).abs() < 1e-7, "{course:?} at {t}: {difference} {slope}");
                assert!(slope.abs() <= signal.steepest() * (1.0 + 1e-14));
                let value = (signal.integral(t + h) - signal.integral(t - h)) / (2.0 * h);
                assert!((value - signal.at(t)).abs() < 1e-9 * signal.at(t), "{course:?} at {t}: {value}");
                let [least, most] = signal.range([0.0, 2.5]);
                assert!((least..=most).contains(&signal.at(t)));
            }
        }
    }

    #[test]
    fn half_way_is_the_mean_or_the_geometric_mean() {
        let at = |shape| ramp(1.0, 4.0, shape).over(2.0).unwrap().at(1.0);
        assert!((at(Shape::Linear) - 2.5).abs() < 1e-15 && (at(Shape::Cosine) - 2.5).abs() < 1e-15);
        assert!((at(Shape::Exponential) - 2.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_no_course_is_refused_and_what_never_changes_is_held() {
        let table = |points: &[(f64, f64)]| Course::Table(points.to_vec()).over(1.0);
        for (error, word) in [
            (Course::Held(f64::NAN).over(1.0), "NaN"),
            (ramp(1.0, f64::INFINITY, Shape::Linear).over(1.0), "inf"),
            (ramp(0.0, 1.0, Shape::Exponential).over(1.0), "from 0 to 1"),
            (table(&[]), "without times"),
            (table(&[(0.0, 1.0), (0.5, 1.0), (0.5, 2.0), (1.0, 1.0)]), "0.5 after 0.5"),
            (table(&[(0.0, 1.0), (f64::NAN, 1.0), (1.0, 1.0)]), "NaN after 0"),
            (table(&[(0.0, 1.0), (2.0, 1.0)]), "from 0 to 2"),
            (table(&[(0.0, 1.0), (1.0, f64::NAN)]), "NaN"),
        ] {
            let message = error.unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
        assert!(ramp(2.0, 2.0, Shape::Cosine).over(1.0).unwrap().is_held());
        assert!(table(&[(0.0, 3.0), (1.0, 3.0)]).unwrap().is_held());
    }
}
