//! The propagator of a cycle, applied and never made: a plane of levels has too many of them for a matrix.
//!
//! `(1 - U) y = r` by conjugate residuals over directions that are kept: each has its image, images are orthonormal, and
//! what is known of the slow processes from one right side serves the next. Directions are what the average generator
//! makes of a residual: `(1 - exp(-x))^-1` of `x = -tau W` is `1 + 1/x - 3/(x + 6)`, to 5 % but for an x near 6, to 9 %.

use std::ops::Range;

use super::ProtocolEquation;
use super::evolution::Way;
use super::factors::Follow;
use super::residuals::{Propagates, Residuals, add, norm};
use super::road::{CycleError, Road};
use crate::lindblad::PopulationEquation;
use crate::lindblad::steady::{Leaking, Reduced, SteadyState};
use crate::model::protocol::Stage;

/// What is left of an equation, of its solution: what rounding leaves of U.
const OF_SOLUTION: f64 = 2e-13;
/// The second multiplier is known no better than U itself.
const RESOLVED: f64 = 1e-12;

/// With this the guess begins with `1/x + 1/2 + x/12`, as what it guesses does.
const LEAK: f64 = 6.0;

/// One sector, of whose propagator nothing but products is known.
pub struct Iterated<'a> {
    propagator: Propagator<'a>,
    residuals: Residuals,
    /// The limit, once it is known.
    p: Vec<f64>,
}

struct Propagator<'a> {
    equation: &'a ProtocolEquation,
    /// Through each segment.
    ways: Vec<Way>,
    /// The steady state of the average rates, and their generator.
    steady: SteadyState,
    average: Reduced<'a>,
    /// The same less 6 over the period.
    leaking: Leaking,
}

impl<'a> Iterated<'a> {
    /// `average` is the equation of the average rates.
    pub fn new(equation: &'a ProtocolEquation, average: &'a PopulationEquation) -> Result<Self, CycleError> {
        let leaking = Leaking::new(average.ladder(), LEAK / equation.protocol.period());
        let (steady, average) = average.factorize().map_err(|_| CycleError::NotUnique)?;
        let leaking = leaking.map_err(|_| CycleError::NotUnique)?;
        let way = |stage: &Stage| Way::new(&equation.operators, stage, [0.0, stage.duration], Follow::Nothing);
        let ways = equation.protocol.stages().iter().map(way).collect::<Result<_, _>>()?;
        let propagator = Propagator { equation, ways, steady, average, leaking };
        Ok(Iterated { propagator, residuals: Residuals::new(OF_SOLUTION, RESOLVED), p: Vec::new() })
    }

    /// The same vector less what the limit makes of its sum, of which U leaves everything.
    fn traceless(&self, mut x: Vec<f64>) -> Vec<f64> {
        let trace: f64 = x.iter().sum();
        add(&mut x, -trace, &self.p);
        x
    }
}

impl Propagates for Propagator<'_> {
    fn image(&self, x: &[f64]) -> Result<Vec<f64>, CycleError> {
        let mut block = self.equation.operators.block(Follow::Nothing, 1);
        block.lane_mut(0).copy_from_slice(x);
        self.ways.iter().for_each(|way| way.go(&self.equation.operators, &mut block));
        let mut image = block.values;
        image.iter_mut().zip(x).for_each(|(image, x)| *image = x - *image);
        Ok(image)
    }

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
}

impl Road for Iterated<'_> {
    fn limit(&mut self) -> Result<Vec<f64>, CycleError> {
        // What a cycle makes of a guess sums to zero beside it.
        let guess = self.propagator.steady.p.clone();
        let change: Vec<f64> = self.propagator.image(&guess)?.iter().map(|x| -x).collect();
        let mut p = self.residuals.solved(&self.propagator, &change, norm(&guess))?;
        add(&mut p, 1.0, &guess);
        self.p.clone_from(&p);
        Ok(p)
    }

    fn respond(&mut self, _: &Range<usize>, y: &mut [f64], beside: f64) -> Result<(), CycleError> {
        let solved = self.residuals.solved(&self.propagator, y, beside)?;
        y.copy_from_slice(&self.traceless(solved));
        Ok(())
    }

    fn second_multiplier(&mut self) -> Result<f64, CycleError> {
        // Any direction will do to begin with.
        let mut any = vec![0.0; self.p.len()];
        any[0] = 1.0;
        let first = self.residuals.is_empty().then_some(any);
        self.residuals.second_multiplier(&self.propagator, |x| self.traceless(x), first)
    }

    fn residual(&self) -> f64 {
        self.residuals.worst
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
