//! Evolution between jumps where H_eff changes in time: the commutator-free Magnus integrator of order 4.
//!
//! `psi(t+h) = exp(h(a_2 A_1 + a_1 A_2)) exp(h(a_1 A_1 + a_2 A_2)) psi`, `A_i = A(t + (1/2 -+ sqrt(3)/6) h)` at the nodes
//! of Gauss, `a_1,2 = 1/4 +- sqrt(3)/6` (S. Blanes and P. C. Moan, Appl. Numer. Math. 56, 1519 (2006)); each exponential
//! is a power series. A step is compared with two of half its length, and is as long as they agree.

use num_complex::Complex64;
use rand::RngExt;

use super::acting::{Acts, Steered};
use super::{Beginning, Propagation, Wait, dot};
use crate::random::Stream;

/// By how much a step may be off, in norm, relative to what is left at its end: a fifteenth of what it differs by from
/// two halves.
const TOLERANCE: f64 = 1e-10;
/// What of that each exponential may add.
const EXPONENTIAL: f64 = 1e-12;
/// How near ln norm^2 is to what was drawn at a jump.
const NEAR: f64 = 1e-12;
/// The most looks for the time of a jump; bisection alone needs some 50.
const ITERATIONS: usize = 100;

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// How long it is.
    pub length: f64,
    /// ln norm^2 at its end.
    pub log: f64,
    /// The same at its middle.
    half: f64,
}

/// How far beyond its mean length a wait is prepared for, and how many of the mean wait a step is at most.
const MARGIN: f64 = 1.5;
const WAITS: f64 = 4.0;

/// A step, as far as a jump lets it go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stride {
    /// The whole step.
    pub step: Step,
    /// How long it goes.
    pub length: f64,
    /// Whether a jump ends it.
    pub jumps: bool,
    /// The part of it, drawn evenly, after which it was looked at: values there have their average as their mean.
    pub part: f64,
}

impl Stride {
    /// When it was looked at, after its start.
    pub fn look(&self) -> f64 {
        self.part * self.length
    }

    /// Where it ends, of one that began `now`: at `end`, where rounding would leave a last sliver.
    pub fn until(&self, now: f64, end: f64) -> f64 {
        if !self.jumps && self.length >= end - now { end } else { now + self.length }
    }
}

/// How long a step may be for what is left of a wait, in mean waits, at a rate of jumps.
pub fn of_wait(left: f64, rate: f64) -> f64 {
    (MARGIN * left).min(WAITS) / rate
}

/// A step and the states at its start, middle and end. Made once for a largest dimension; allocates nothing after.
#[derive(Clone, Debug)]
pub struct Magnus {
    propagation: Propagation,
    image: Vec<f64>,
    start: Vec<f64>,
    middle: Vec<f64>,
    end: Vec<f64>,
    probe: Vec<f64>,
    /// How many numbers make the state at hand.
    length: usize,
    /// The length that steps have come to.
    pace: f64,
    turning: f64,
}

impl Magnus {
    /// Room for states of up to this many real numbers.
    pub fn new(length: usize) -> Self {
        let empty = || vec![0.0; length];
        Magnus {
            propagation: Propagation::new(length),
            image: empty(),
            start: empty(),
            middle: empty(),
            end: empty(),
            probe: empty(),
            length,
            pace: f64::INFINITY,
            turning: 0.0,
        }
    }

    /// The state at the end of the step, or at the jump that was found in it.
    pub fn end(&self) -> &[f64] {
        &self.end[..self.length]
    }

    /// About the fastest that expectation values change in the step, see [`Propagation::turning`].
    pub fn turning(&self) -> f64 {
        self.turning
    }

    /// The state that was looked at last.
    pub fn probe(&self) -> &[f64] {
        &self.probe[..self.length]
    }

    /// Takes a step of at most `longest` from a normalized state, that errs by no more than 1e-10 of what is left of
    /// it. `None` where it is to stop.
    pub fn step<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &impl Fn(f64) -> G::Acting,
        psi: &[f64],
        (now, longest): (f64, f64),
        stop: &impl Fn() -> bool,
    ) -> Option<Step> {
        self.length = psi.len();
        let n = self.length;
        self.start[..n].copy_from_slice(psi);
        let mut length = self.pace.min(longest);
        loop {
            let whole = self.look(body, acting, Place::Start, (now, length), stop)?;
            std::mem::swap(&mut self.probe, &mut self.end);
            let half = self.look(body, acting, Place::Start, (now, 0.5 * length), stop)?;
            std::mem::swap(&mut self.probe, &mut self.middle);
            // What is exponentiated is half of A.
            self.turning = 2.0 * self.propagation.turning();
            let rest = self.look(body, acting, Place::Middle, (now + 0.5 * length, 0.5 * length), stop)?;
            self.turning = self.turning.max(2.0 * self.propagation.turning());
            std::mem::swap(&mut self.probe, &mut self.end);
            // Both are normalized; the whole step is now the probe.
            let scale = (0.5 * (whole - half - rest)).exp();
            let apart: f64 = self.end().iter().zip(self.probe()).map(|(a, b)| (a - b * scale).powi(2)).sum();
            let error = apart.sqrt() / 15.0;
            let factor = (0.9 * (TOLERANCE / error.max(1e-300)).powf(0.2)).clamp(0.1, 4.0);
            if error <= TOLERANCE {
                // A step that something else cut short says little.
                self.pace = if length < self.pace { self.pace.max(factor * length) } else { factor * length };
                return Some(Step { length, log: half + rest, half });
            }
            length *= factor.min(0.8);
            self.pace = length;
        }
    }

    /// A step of at most so long, up to the jump if what is `left` of the wait ends within it; the probe is at its look.
    /// `None` where it is to stop.
    pub fn stride<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &impl Fn(f64) -> G::Acting,
        psi: &[f64],
        (now, longest): (f64, f64),
        (left, rng): (&mut f64, &mut Stream),
        stop: &impl Fn() -> bool,
    ) -> Option<Stride> {
        let step = self.step(body, acting, psi, (now, longest), stop)?;
        let jumps = step.log <= -*left;
        let length = if jumps {
            self.jump(body, acting, (now, step), *left, stop)?
        } else {
            *left += step.log;
            step.length
        };
        let part = rng.random::<f64>();
        self.look_at(body, acting, (now, step), part * length, stop)?;
        Some(Stride { step, length, jumps, part })
    }

    /// The time in a step at which ln norm^2 has fallen to `-exponent`, with the state there at the end; `None` where it
    /// is to stop.
    pub fn jump<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &impl Fn(f64) -> G::Acting,
        (now, step): (f64, Step),
        exponent: f64,
        stop: &impl Fn() -> bool,
    ) -> Option<f64> {
        let late = step.half > -exponent;
        let (base, mut low, mut high) = if late { (step.half, 0.5, 1.0) } else { (0.0, 0.0, 0.5) };
        let fall = if late { step.log - step.half } else { step.half };
        // The secant: exact where the decay is exponential.
        let mut at = low + 0.5 * ((-exponent - base) / fall).clamp(0.0, 1.0);
        for _ in 0..ITERATIONS {
            let log = self.look_at(body, acting, (now, step), at * step.length, stop)?;
            let value = log + exponent;
            if value.abs() <= NEAR || high - low <= f64::EPSILON {
                break;
            }
            if value > 0.0 {
                low = at;
            } else {
                high = at;
            }
            let slope = step.length * self.slope(body, &acting(now + at * step.length));
            let newton = at - value / slope;
            at = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        }
        std::mem::swap(&mut self.probe, &mut self.end);
        Some(at * step.length)
    }

    /// Looks at the state a time after the start of a step; returns ln norm^2. `None` where it is to stop.
    pub fn look_at<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &impl Fn(f64) -> G::Acting,
        (now, step): (f64, Step),
        time: f64,
        stop: &impl Fn() -> bool,
    ) -> Option<f64> {
        let half = 0.5 * step.length;
        if time <= half {
            self.look(body, acting, Place::Start, (now, time), stop)
        } else {
            Some(step.half + self.look(body, acting, Place::Middle, (now + half, time - half), stop)?)
        }
    }

    /// d ln norm^2/dt of the probe: the Hamiltonian has no part in it.
    fn slope<G: Steered>(&mut self, body: &mut G, acting: &G::Acting) -> f64 {
        body.act(&acting.dissipating());
        let (probe, image) = (&self.probe[..self.length], &mut self.image[..self.length]);
        body.apply(Complex64::ZERO, 1.0, probe, image);
        2.0 * dot(probe, image)
    }

    /// One step of the integrator from a state to the probe; returns ln norm^2.
    fn look<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &impl Fn(f64) -> G::Acting,
        from: Place,
        (now, length): (f64, f64),
        stop: &impl Fn() -> bool,
    ) -> Option<f64> {
        let n = self.length;
        let state = if from == Place::Start { &self.start } else { &self.middle };
        self.probe[..n].copy_from_slice(&state[..n]);
        let offset = 3.0_f64.sqrt() / 6.0;
        let nodes = [0.5 - offset, 0.5 + offset].map(|node| acting(now + node * length));
        let (large, small) = (0.25 + offset, 0.25 - offset);
        let first = nodes[0].combined(large, &nodes[1], small);
        let second = nodes[0].combined(small, &nodes[1], large);
        Some(self.exponential(body, &first, length, stop)? + self.exponential(body, &second, length, stop)?)
    }

    /// exp of A of what acts over a time, applied to the probe; returns ln norm^2.
    fn exponential<G: Steered>(
        &mut self,
        body: &mut G,
        acting: &G::Acting,
        length: f64,
        stop: &impl Fn() -> bool,
    ) -> Option<f64> {
        let (probe, image) = (&mut self.probe[..self.length], &mut self.image[..self.length]);
        let (along, angle) = acting.along();
        body.act(&along);
        if angle != 0.0 {
            body.turn(angle, probe);
        }
        let (mut log, mut left) = (0.0, length);
        while left > 0.0 {
            body.apply(Complex64::ZERO, 1.0, probe, image);
            // Rounding may have a dark state gain.
            let rate = (-2.0 * dot(probe, image)).max(0.0);
            let beginning = Beginning { state: probe, image, rate };
            let reach = self.propagation.start(body, beginning, left, EXPONENTIAL, stop);
            if stop() {
                return None;
            }
            let Wait::Survived(fallen) = self.propagation.wait(f64::INFINITY, reach, probe) else {
                unreachable!("it waits for ever");
            };
            log += fallen;
            // Whole steps are compared with halves, phases and all.
            G::LAYOUT.turn(self.propagation.phase(reach), probe);
            left = if reach >= left { 0.0 } else { left - reach };
        }
        if angle != 0.0 {
            body.turn(-angle, probe);
        }
        Some(log)
    }
}

/// Where a step of the integrator begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Middle,
}

#[cfg(test)]
mod tests {
    use bytemuck::{cast_slice, cast_slice_mut};

    use super::super::acting::Acting;
    use super::super::{Generator, Layout};
    use super::*;
    use crate::bath::Rates;
    use crate::model::Field;

    /// J = 1 of two qubits that only emit together.
    #[derive(Default)]
    struct Pair(Matrix);

    /// Its matrix, by rows from M = -1.
    type Matrix = [[Complex64; 3]; 3];

    impl Generator for Pair {
        const LAYOUT: Layout = Layout::Pairs;

        fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
            let (x, y) = (cast_slice::<f64, Complex64>(x), cast_slice_mut::<f64, Complex64>(y));
            for ((y, row), own) in y.iter_mut().zip(&self.0).zip(x) {
                *y = (row.iter().zip(x).map(|(a, x)| a * x).sum::<Complex64>() - center * own) * factor;
            }
        }

        fn norm_bound(&self) -> f64 {
            self.0.as_flattened().iter().map(Complex64::norm_sqr).sum::<f64>().sqrt()
        }
    }

    impl Steered for Pair {
        type Acting = Acting;

        fn act(&mut self, acting: &Acting) {
            let half = Complex64::new(0.0, -0.5 * acting.field.x * 2.0_f64.sqrt());
            let down = acting.rates[0].down;
            for (a, row) in self.0.iter_mut().enumerate() {
                row.fill(Complex64::ZERO);
                let m = a as f64 - 1.0;
                let lowering = [0.0, 2.0, 2.0][a];
                row[a] = Complex64::new(-0.5 * down * lowering, -acting.field.z * m - acting.chi * m * m);
                if a > 0 {
                    row[a - 1] = half;
                }
                if a < 2 {
                    row[a + 1] = half;
                }
            }
        }

        fn turn(&self, angle: f64, psi: &mut [f64]) {
            cast_slice_mut::<f64, Complex64>(psi)
                .iter_mut()
                .enumerate()
                .for_each(|(a, c)| *c *= Complex64::cis(angle * (a as f64 - 1.0)));
        }
    }

    fn acting(time: f64) -> Acting {
        let field = Field { x: 3.0 * (2.0 * time).cos(), y: 2.0 * time, z: 1.0 - 2.0 * time * time };
        let down = Rates { down: 0.5 + (1.5 * time).sin().powi(2), ..Rates::default() };
        Acting { field, chi: 0.4, rates: [down, Rates::default()] }
    }

    /// 0.6 |-1> + 0.8 i |1>.
    const START: [f64; 6] = [0.6, 0.0, 0.0, 0.0, 0.0, 0.8];

    /// The state at 1, by equal steps and its norm in it.
    fn stepped(steps: u32) -> Vec<f64> {
        let mut magnus = Magnus::new(6);
        magnus.start.copy_from_slice(&START);
        let (h, mut log) = (1.0 / f64::from(steps), 0.0);
        for step in 0..steps {
            let from = (h * f64::from(step), h);
            log += magnus.look(&mut Pair::default(), &acting, Place::Start, from, &|| false).unwrap();
            std::mem::swap(&mut magnus.start, &mut magnus.probe);
        }
        magnus.start.iter().map(|c| c * (0.5 * log).exp()).collect()
    }

    fn apart(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn halving_a_step_takes_sixteen_parts_of_the_error() {
        let exact = stepped(512);
        let errors = [16, 32, 64].map(|steps| apart(&stepped(steps), &exact));
        // The next order is 32 or 64 times smaller, and the reference errs by a 4096th of the last.
        for pair in errors.windows(2) {
            assert!((pair[0] / pair[1] - 16.0).abs() < 0.8, "{errors:?}");
        }
    }

    #[test]
    fn steps_are_as_exact_as_they_say_and_a_jump_is_where_the_norm_is_what_was_drawn() {
        let (exact, mut magnus) = (stepped(2048), Magnus::new(6));
        let (mut now, mut log, mut psi) = (0.0, 0.0, START.to_vec());
        let mut steps = 0;
        while now < 1.0 {
            let step = magnus.step(&mut Pair::default(), &acting, &psi, (now, 1.0 - now), &|| false).unwrap();
            // Where it has fallen by a third of that of the step, and by two.
            for part in [0.3, 0.7] {
                let mut other = magnus.clone();
                let fallen = -part * step.log;
                let time = other.jump(&mut Pair::default(), &acting, (now, step), fallen, &|| false).unwrap();
                let there = other.look_at(&mut Pair::default(), &acting, (now, step), time, &|| false).unwrap();
                assert!((there + fallen).abs() < 1e-11 && time < step.length, "{there} {fallen}");
                assert!(apart(other.end(), other.probe()) < 1e-11);
            }
            (now, log, psi) = (now + step.length, log + step.log, magnus.end().to_vec());
            steps += 1;
        }
        let found: Vec<f64> = psi.iter().map(|c| c * (0.5 * log).exp()).collect();
        let error = apart(&found, &exact);
        assert!(steps > 10 && error < 1e-10 * f64::from(steps), "{steps} steps: {error:e}");
    }

    #[test]
    fn a_step_that_is_to_stop_does_so_at_once() {
        let mut magnus = Magnus::new(6);
        assert_eq!(magnus.step(&mut Pair::default(), &acting, &START, (0.0, 1.0), &|| true), None);
    }
}
