//! The ladder under a drive: `H = Delta J_z + Omega J_x + chi J_z^2` couples neighbouring levels, so H_eff is no longer
//! diagonal, and a wait ends where the norm has fallen to what was drawn.

use num_complex::Complex64;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::super::propagation::{Generator, Propagation, Wait};
use super::super::{Change, Recorder, Unravelling};
use super::{Ladder, LadderState};
use crate::initial::InitialState;
use crate::model::{Drive, Hamiltonian, Model, Observables};
use crate::quantity::Sample;
use crate::random::Stream;

/// The error of a step, in norm, where the state began with 1.
const TOLERANCE: f64 = 1e-10;
/// How far beyond its mean length a wait is prepared for: the rate changes on the way.
const MARGIN: f64 = 1.5;

/// The engine of a model with a drive. States are in the frame that turns with the drive.
#[derive(Debug)]
pub struct DrivenLadder {
    ladder: Ladder,
    /// Angular frequencies.
    amplitude: f64,
    detuning: f64,
}

/// -i H_eff in one sector, tridiagonal.
#[derive(Clone, Debug, Default)]
pub(super) struct Tridiagonal {
    pub diagonal: Vec<Complex64>,
    /// Between a - 1 and a, at a; times -i.
    pub off_diagonal: Vec<f64>,
    pub bound: f64,
}

impl Tridiagonal {
    /// Empty, with room for so many levels.
    pub fn with_room(levels: usize) -> Self {
        Tridiagonal { diagonal: Vec::with_capacity(levels), off_diagonal: Vec::with_capacity(levels), bound: 0.0 }
    }
}

impl Generator for Tridiagonal {
    fn apply(&mut self, _: f64, x: &[Complex64], y: &mut [Complex64]) {
        let times_i = |factor: f64, value: Complex64| Complex64::new(factor * value.im, -factor * value.re);
        for ((y, x), diagonal) in y.iter_mut().zip(x).zip(&self.diagonal) {
            *y = diagonal * x;
        }
        let couplings = &self.off_diagonal[1..x.len()];
        for ((y, x), coupling) in y.iter_mut().zip(&x[1..]).zip(couplings) {
            *y += times_i(*coupling, *x);
        }
        for ((y, x), coupling) in y[1..].iter_mut().zip(x).zip(couplings) {
            *y += times_i(*coupling, *x);
        }
    }

    fn norm_bound(&self) -> f64 {
        self.bound
    }
}

/// A state, and room to propagate it.
#[derive(Clone, Debug)]
pub struct DrivenState {
    pub(super) state: LadderState,
    generator: Tridiagonal,
    /// The sector that the generator is of.
    sector: Option<i64>,
    propagation: Propagation,
    amplitudes: Vec<Complex64>,
    image: Vec<Complex64>,
}

impl DrivenState {
    /// A state, with room for so many levels.
    pub(super) fn new(state: LadderState, room: usize) -> Self {
        DrivenState {
            state,
            generator: Tridiagonal::default(),
            sector: None,
            propagation: Propagation::new(room),
            amplitudes: Vec::with_capacity(room),
            image: Vec::with_capacity(room),
        }
    }

    /// The state of the ladder.
    #[must_use]
    pub fn ladder(&self) -> &LadderState {
        &self.state
    }

    /// Copies the normalized amplitudes out of the state.
    fn load(&mut self) {
        let len = self.state.two_j() as usize + 1;
        self.amplitudes.truncate(0);
        self.amplitudes.extend(self.state.amplitudes());
        self.image.resize(len, Complex64::ZERO);
    }

    /// Puts the propagated amplitudes back.
    fn store(&mut self) {
        self.propagation.write(&mut self.amplitudes);
        self.state.overwrite(&self.amplitudes);
    }
}

impl DrivenLadder {
    /// The engine of a model under a drive.
    #[must_use]
    pub fn new(model: &Model, hamiltonian: &Hamiltonian) -> Self {
        let drive = hamiltonian.drive.unwrap_or(Drive { amplitude: 0.0, detuning: 0.0 });
        DrivenLadder {
            ladder: Ladder::new(model, hamiltonian),
            amplitude: model.units.angular(drive.amplitude),
            detuning: model.units.angular(drive.detuning),
        }
    }

    /// About the fastest that values change: they turn at twice the frequency of the spin, and what decays unevenly
    /// changes them at the deviation of Gamma. At the start of a step.
    fn band(&self, work: &DrivenState) -> f64 {
        let (mut mean, mut square) = (0.0, 0.0);
        for (amplitude, diagonal) in work.amplitudes.iter().zip(&work.generator.diagonal) {
            let (p, gamma) = (amplitude.norm_sqr(), -2.0 * diagonal.re);
            mean += p * gamma;
            square += p * gamma * gamma;
        }
        let twisting = self.ladder.chi.abs() * work.state.two_j() as f64;
        2.0 * (self.amplitude.hypot(self.detuning) + twisting + (square - mean * mean).max(0.0).sqrt())
    }

    /// Fills in -i H_eff of the state's sector.
    fn prepare_generator(&self, work: &mut DrivenState) {
        let two_j = work.state.two_j();
        if work.sector == Some(two_j) {
            return;
        }
        work.sector = Some(two_j);
        let Tridiagonal { diagonal, off_diagonal, bound } = &mut work.generator;
        diagonal.clear();
        off_diagonal.clear();
        *bound = 0.0;
        for a in 0..=two_j as usize {
            let m = a as f64 - two_j as f64 / 2.0;
            let energy = self.detuning * m + self.ladder.chi * m * m;
            diagonal.push(Complex64::new(-0.5 * self.ladder.decay_rate(&work.state, a), -energy));
            off_diagonal.push(0.5 * self.amplitude * work.state.element(a));
            // By rows: each level has two neighbours at most.
            *bound = bound.max(diagonal[a].norm() + 2.0 * off_diagonal[a].abs());
        }
        *bound += 2.0 * off_diagonal.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    }
}

impl Unravelling for DrivenLadder {
    type State = DrivenState;
    type Values = Observables;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> DrivenState {
        DrivenState::new(self.ladder.prepare(initial, rng), self.ladder.number as usize + 1)
    }

    fn advance(
        &self,
        work: &mut DrivenState,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        while now < end && !recorder.interrupted() {
            self.prepare_generator(work);
            work.load();
            let at_start = work.state.observables();
            let rate: f64 = self.ladder.rates(work.state.means()).iter().sum();
            let horizon = (end - now).min(MARGIN * left / rate);
            let band = if recorder.follows() { self.band(work) } else { 0.0 };
            work.generator.apply(now, &work.amplitudes, &mut work.image);
            let DrivenState { generator, propagation, amplitudes, image, .. } = &mut *work;
            // Relative to what is left of the norm at the jump.
            let tolerance = TOLERANCE * (-0.5 * left).exp();
            let stop = || recorder.interrupted();
            let reach = propagation.start(generator, amplitudes, image, (now, horizon), tolerance, stop);
            let (length, jumps) = match propagation.wait(left, reach, stop) {
                Wait::Jump(time) => (time, true),
                Wait::Survived(log) => {
                    left += log;
                    (reach, false)
                }
                Wait::Interrupted => return,
            };
            // Values change on the way: one look at a time drawn evenly has their average as its mean.
            let look = rng.random::<f64>() * length;
            propagation.go_to(look, stop);
            work.store();
            let mean = work.state.observables();
            recorder.dwell(now, length, &at_start, &mean);
            work.propagation.go_to(length, || recorder.interrupted());
            work.store();
            if recorder.follows() && !work.propagation.is_stationary() && !recorder.interrupted() {
                let ends = (at_start, work.state.observables());
                let turning = work.propagation.turning().min(band);
                let between = Some((look, mean));
                recorder.change(&Change { start: now, duration: length, turning, ends, between }, |time| {
                    work.propagation.look_at(time, length);
                    work.propagation.write(&mut work.amplitudes);
                    work.state.observables_of(&work.amplitudes)
                });
            }
            // Where rounding would leave a last sliver, the interval is over.
            now = if !jumps && reach >= end - now { end } else { now + length };
            if jumps {
                let rates = self.ladder.rates(work.state.means());
                let jump = self.ladder.jump(&mut work.state, &rates, rng);
                recorder.jump(now, jump, &work.state.observables());
                left = Exp1.sample(rng);
            }
        }
    }

    fn adopt(&self, work: &mut DrivenState) {
        // Its generator is another engine's.
        work.sector = None;
    }

    fn observe(&self, work: &DrivenState, _: f64) -> Sample<Observables> {
        let j = work.state.two_j() as f64 / 2.0;
        Sample { values: work.state.observables(), transverse: Some(work.state.spin(0.0).transverse(j)) }
    }
}
