//! The propagator of a cycle, applied and never made: a plane of levels has too many of them for a matrix.
//!
//! `(1 - U) y = r` by conjugate residuals over directions that are kept: each has its image, images are orthonormal, and
//! what is known of the slow processes from one right side serves the next. Directions are what the average generator
//! makes of a residual: `(1 - exp(-x))^-1` of `x = -tau W` is `1 + 1/x - 3/(x + 6)`, to 5 % but for an x near 6, to 9 %.

use std::ops::Range;

use faer::Mat;

use super::ProtocolEquation;
use super::factors::Follow;
use super::radius::radius;
use super::road::{CycleError, Road};
use crate::lindblad::steady::{Leaking, Reduced, SteadyState};
use crate::lindblad::{PopulationEquation, SolveError};
use crate::vectorized::dot;

/// What is left of an equation, of its solution: what rounding leaves of U.
const OF_SOLUTION: f64 = 2e-13;
/// Directions that are kept at most.
const MOST: usize = 400;
/// How often what is left is solved for again.
const MOST_REFINEMENTS: usize = 4;
/// What a direction adds to the others is rounding below this.
const DEPENDENT: f64 = 1e-10;
/// How well the second multiplier is known: of what is below 1 of it.
const MULTIPLIER: f64 = 1e-7;
/// No better than U itself.
const RESOLVED: f64 = 1e-12;

/// With this the guess begins with `1/x + 1/2 + x/12`, as what it guesses does.
const LEAK: f64 = 6.0;

/// A vector, and what 1 - U makes of it.
struct Direction {
    of: Vec<f64>,
    image: Vec<f64>,
}

/// One sector, of whose propagator nothing but products is known.
pub struct Iterated<'a> {
    equation: &'a ProtocolEquation,
    /// The steady state of the average rates, and their generator.
    steady: SteadyState,
    average: Reduced<'a>,
    /// The same less 6 over the period.
    leaking: Leaking,
    directions: Vec<Direction>,
    /// The limit, once it is known.
    p: Vec<f64>,
    residual: f64,
}

/// y += a x.
fn add(y: &mut [f64], a: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

fn norm(x: &[f64]) -> f64 {
    dot::<8>(x, x).sqrt()
}

impl Direction {
    /// Takes what others have out of the image; what is left of it.
    fn part(&mut self, others: &[Direction]) -> f64 {
        let before = norm(&self.image);
        for _ in 0..2 {
            for other in others {
                let overlap = dot::<8>(&other.image, &self.image);
                add(&mut self.image, -overlap, &other.image);
                add(&mut self.of, -overlap, &other.of);
            }
        }
        let after = norm(&self.image);
        self.image.iter_mut().chain(&mut self.of).for_each(|x| *x /= after);
        after / before
    }
}

impl<'a> Iterated<'a> {
    /// `average` is the equation of the average rates.
    pub fn new(equation: &'a ProtocolEquation, average: &'a PopulationEquation) -> Result<Self, CycleError> {
        let leaking = Leaking::new(average.ladder(), LEAK / equation.protocol.period());
        let (steady, average) = average.factorize().map_err(|_| CycleError::NotUnique)?;
        let leaking = leaking.map_err(|_| CycleError::NotUnique)?;
        Ok(Iterated { equation, steady, average, leaking, directions: Vec::new(), p: Vec::new(), residual: 0.0 })
    }

    /// `U x` of an x that sums to zero.
    fn propagated(&self, x: &[f64]) -> Result<Vec<f64>, CycleError> {
        let mut block = self.equation.operators.block(Follow::Nothing, 1);
        block.lane_mut(0).copy_from_slice(x);
        self.equation.once(Follow::Nothing, &mut block)?;
        Ok(block.values)
    }

    /// `(1 - U) x`.
    fn image(&self, x: &[f64]) -> Result<Vec<f64>, CycleError> {
        let mut image = self.propagated(x)?;
        image.iter_mut().zip(x).for_each(|(image, x)| *image = x - *image);
        Ok(image)
    }

    /// About (1 - U)^-1 r.
    fn guessed(&self, r: &[f64]) -> Vec<f64> {
        let mut guess = self.average.roughly(r, &self.steady.p);
        let period = self.equation.protocol.period();
        let leaked = self.leaking.roughly(r);
        let all = guess.iter_mut().zip(&leaked).zip(r);
        all.for_each(|((x, leaked), r)| *x = r + (0.5 * LEAK * leaked - *x) / period);
        // A sum is rounding, and would be all that is left of what is known already.
        let trace: f64 = guess.iter().sum();
        add(&mut guess, -trace, &self.steady.p);
        guess
    }

    /// Adds a direction; false where it is none.
    fn grow(&mut self, of: Vec<f64>) -> Result<bool, CycleError> {
        let image = self.image(&of)?;
        let mut direction = Direction { of, image };
        let new = direction.part(&self.directions);
        if new.is_nan() || new < DEPENDENT {
            return Ok(false);
        }
        self.directions.push(direction);
        Ok(true)
    }

    /// The same vector less what the limit makes of its sum, of which U leaves everything.
    fn traceless(&self, mut x: Vec<f64>) -> Vec<f64> {
        let trace: f64 = x.iter().sum();
        add(&mut x, -trace, &self.p);
        x
    }

    /// The y of `(1 - U) y = r`, both of which sum to zero, where r is known to the rounding of something of the size
    /// `beside`.
    fn solved(&mut self, r: &[f64], beside: f64) -> Result<Vec<f64>, CycleError> {
        let mut y = vec![0.0; r.len()];
        let mut rest = r.to_vec();
        let enough = |size: f64| OF_SOLUTION * (size + beside);
        let mut last = f64::INFINITY;
        for _ in 0..=MOST_REFINEMENTS {
            let (mut more, mut left) = (vec![0.0; r.len()], rest.clone());
            let take = |direction: &Direction, more: &mut [f64], left: &mut [f64]| {
                let share = dot::<8>(&direction.image, left);
                add(more, share, &direction.of);
                add(left, -share, &direction.image);
            };
            self.directions.iter().for_each(|direction| take(direction, &mut more, &mut left));
            while norm(&left) > enough(norm(&y) + norm(&more)) {
                if self.directions.len() >= MOST || !self.grow(self.guessed(&left))? {
                    break;
                }
                take(&self.directions[self.directions.len() - 1], &mut more, &mut left);
            }
            add(&mut y, 1.0, &more);
            rest = self.image(&y)?;
            rest.iter_mut().zip(r).for_each(|(rest, r)| *rest = r - *rest);
            let size = norm(&rest);
            if size <= enough(norm(&y)) || size.is_nan() || size > 0.5 * last {
                break;
            }
            last = size;
        }
        let size = norm(&y) + beside;
        if size > 0.0 {
            self.residual = self.residual.max(norm(&rest) / size);
        }
        Ok(y)
    }
}

impl Road for Iterated<'_> {
    fn limit(&mut self) -> Result<Vec<f64>, CycleError> {
        // What a cycle makes of a guess sums to zero beside it.
        let guess = self.steady.p.clone();
        let change: Vec<f64> = self.image(&guess)?.iter().map(|x| -x).collect();
        let mut p = self.solved(&change, norm(&guess))?;
        add(&mut p, 1.0, &guess);
        self.p.clone_from(&p);
        Ok(p)
    }

    fn respond(&mut self, _: &Range<usize>, y: &mut [f64], beside: f64) -> Result<(), CycleError> {
        let solved = self.solved(y, beside)?;
        y.copy_from_slice(&self.traceless(solved));
        Ok(())
    }

    /// By what U makes of the directions: its largest eigenvalues are in their space, which grows by what it leaves.
    fn second_multiplier(&mut self) -> Result<f64, CycleError> {
        let mut space = Space::default();
        for Direction { of, image } in &self.directions {
            space.add(self.traceless(of.clone()), image.clone());
        }
        let mut last = f64::INFINITY;
        while space.basis.len() < MOST {
            let Some((multiplier, rests)) = space.largest() else {
                // Any direction will do to begin with.
                let mut first = vec![0.0; self.p.len()];
                first[0] = 1.0;
                let first = self.traceless(first);
                let image = self.image(&first)?;
                space.add(first, image);
                continue;
            };
            last = rests.iter().map(|rest| norm(rest)).fold(0.0, f64::max);
            if last <= (MULTIPLIER * (1.0 - multiplier)).max(RESOLVED) {
                return Ok(multiplier);
            }
            let before = space.basis.len();
            for rest in rests {
                let direction = self.guessed(&rest);
                let image = self.image(&direction)?;
                space.add(direction, image);
            }
            if space.basis.len() == before {
                break;
            }
        }
        Err(SolveError::not_converged(self.steady.p.len(), last).into())
    }

    fn residual(&self) -> f64 {
        self.residual
    }
}

/// An orthonormal basis, and what U makes of it.
#[derive(Default)]
struct Space {
    basis: Vec<Vec<f64>>,
    propagated: Vec<Vec<f64>>,
    /// `Q^T U Q`, row by row.
    projected: Vec<Vec<f64>>,
}

impl Space {
    /// Adds a vector of which (1 - U) is known, unless it is in the space.
    fn add(&mut self, mut of: Vec<f64>, mut image: Vec<f64>) {
        let before = norm(&of);
        image.iter_mut().zip(&of).for_each(|(image, x)| *image = x - *image);
        for _ in 0..2 {
            for (q, propagated) in self.basis.iter().zip(&self.propagated) {
                let overlap = dot::<8>(q, &of);
                add(&mut of, -overlap, q);
                add(&mut image, -overlap, propagated);
            }
        }
        let after = norm(&of);
        if after.is_nan() || after <= 1e-6 * before {
            return;
        }
        of.iter_mut().chain(&mut image).for_each(|x| *x /= after);
        for (row, q) in self.projected.iter_mut().zip(&self.basis) {
            row.push(dot::<8>(q, &image));
        }
        let mut row: Vec<f64> = self.propagated.iter().map(|propagated| dot::<8>(&of, propagated)).collect();
        row.push(dot::<8>(&of, &image));
        self.projected.push(row);
        self.basis.push(of);
        self.propagated.push(image);
    }

    /// The largest modulus of the eigenvalues of U in this space, and what U leaves of it: of one vector, or of two that
    /// turn into each other.
    fn largest(&self) -> Option<(f64, Vec<Vec<f64>>)> {
        let size = self.basis.len();
        if size == 0 {
            return None;
        }
        let projected = Mat::from_fn(size, size, |row, column| self.projected[row][column]);
        let (multiplier, first) = radius(&projected);
        let times = |x: &[f64]| -> Vec<f64> { self.projected.iter().map(|row| dot::<4>(row, x)).collect() };
        let mut second = times(&first);
        let along = dot::<4>(&second, &first);
        add(&mut second, -along, &first);
        let mut vectors = vec![first];
        let across = norm(&second);
        if across > 1e-6 * multiplier {
            vectors.push(second.iter().map(|x| x / across).collect());
        }
        let rest = |x: &Vec<f64>| {
            let mut rest = vec![0.0; self.basis[0].len()];
            x.iter().zip(&self.propagated).for_each(|(x, propagated)| add(&mut rest, *x, propagated));
            times(x).iter().zip(&self.basis).for_each(|(x, q)| add(&mut rest, -x, q));
            rest
        };
        let rests = vectors.iter().map(rest).collect();
        Some((multiplier, rests))
    }
}

#[cfg(test)]
mod tests {
    use super::super::LimitCycle;
    use super::super::whole::Whole;
    use super::*;
    use crate::bath::Coupling;
    use crate::dicke::Level;
    use crate::initial::InitialState;
    use crate::model::protocol::{Change, Entry, Protocol, Repeats, Segment};
    use crate::model::{Course, DriveCourse, Reservoir, Setting, Shape, SpectralDensity};
    use crate::units::Units;

    /// Strokes with a bath each and ramps between, beside a local bath; or baths that act all the time.
    fn cycle(local: f64, pace: f64, strokes: bool) -> Protocol {
        let thermal = |name, coupling, gamma, temperature| {
            Reservoir::thermal(name, coupling, SpectralDensity::Flat(gamma), temperature).unwrap()
        };
        let baths = [
            thermal("hot", Coupling::Collective, 1.0, 3.0),
            thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
            thermal("parasitic", Coupling::Local, local, 0.1),
        ];
        let off = |bath: &str| Change { bath: bath.into(), setting: Setting::Rate, course: Course::Held(0.0) };
        let ramp = |from, to| Course::Ramp { from, to, shape: Shape::Linear };
        let segment = |duration, frequency, baths: &[&str]| Segment {
            duration: duration * pace,
            frequency,
            baths: baths.iter().filter(|_| strokes).map(|bath| off(bath)).collect(),
            drive: DriveCourse::default(),
        };
        let segments = [
            segment(0.2, Course::Held(1.0), &["hot"]),
            segment(0.1, ramp(1.0, 2.0), &["hot", "cold"]),
            segment(0.2, Course::Held(2.0), &["cold"]),
            segment(0.1, ramp(2.0, 1.0), &["hot", "cold"]),
        ];
        Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(1)).unwrap()
    }

    /// Both roads to the limit cycle of so many qubits.
    fn both(protocol: &Protocol, number: i64) -> [LimitCycle; 2] {
        let equation = ProtocolEquation::new(protocol, number, &InitialState::Dicke(Level::ground(number))).unwrap();
        let sectors = equation.sectors();
        let average = PopulationEquation::new(&protocol.average(number), &InitialState::Dicke(Level::ground(number)));
        let mut iterated = Iterated::new(&equation, &average).unwrap();
        [
            equation.limit_by(&mut Whole::new(&equation, &sectors).unwrap(), &sectors).unwrap(),
            equation.limit_by(&mut iterated, &sectors).unwrap(),
        ]
    }

    #[test]
    fn both_roads_come_to_the_same_cycle() {
        for (number, local, pace, strokes) in [
            (1, 0.3, 1.0, true),
            (5, 0.01, 1.0, true),
            (6, 1e-4, 0.1, false),
            (4, 2.0, 10.0, true),
            (7, 0.1, 3.0, false),
        ] {
            let what = format!("{number} qubits, local bath {local}, pace {pace}, strokes {strokes}");
            let [whole, iterated] = both(&cycle(local, pace, strokes), number);
            let off = whole.p.iter().zip(&iterated.p).map(|(a, b)| (a - b).abs()).sum::<f64>();
            assert!(off < 1e-8, "{what}: {off}");
            let [a, b] = [&whole, &iterated].map(|cycle| 1.0 - cycle.second_multiplier);
            // Both have U to 1e-12, and its eigenvalues to some ten times as much.
            assert!((a - b).abs() <= 1e-6 * a + 2e-11, "{what}: {a} {b}");
            for entry in [Entry::Work, Entry::Entropy, Entry::Heat(0), Entry::Quanta(1), Entry::Heat(2)] {
                for other in [Entry::Work, Entry::Heat(1), entry] {
                    let [a, b, one] = [(&whole, entry, other), (&iterated, entry, other), (&whole, other, other)]
                        .map(|(cycle, a, b)| cycle.many.covariance(a, b).unwrap());
                    let scale = (whole.many.covariance(entry, entry).unwrap() * one).abs().sqrt();
                    assert!((a - b).abs() < 1e-8 * scale, "{what}: {entry:?} {other:?}: {a} {b}");
                }
            }
        }
    }
}
