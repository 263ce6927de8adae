//! The ladder under a drive: `H = Delta J_z + Omega J_x + chi J_z^2` couples neighbouring levels, so H_eff is no longer
//! diagonal, and a wait ends where the norm has fallen to what was drawn.

use num_complex::Complex64;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::super::propagation::{Beginning, Generator, Propagation, Wait};
use super::super::{Change, Recorder, Unravelling, average};
use super::tridiagonal::{Tridiagonal, Window};
use super::{Ladder, LadderState};
use crate::initial::InitialState;
use crate::model::{Drive, Hamiltonian, Model, Observables};
use crate::quantity::Sample;
use crate::random::Stream;

/// The error of a step, in norm, where the state began with 1.
const TOLERANCE: f64 = 1e-11;
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

/// A state, and room to propagate it.
#[derive(Clone, Debug)]
pub struct DrivenState {
    pub(super) state: LadderState,
    generator: Tridiagonal,
    /// The sector that the generator is of.
    sector: Option<i64>,
    propagation: Propagation,
    /// Levels of a step, and the state on them as the generator takes it, its image or where the step ends, and what is
    /// looked at; each with room for all levels.
    window: Window,
    amplitudes: Vec<f64>,
    image: Vec<f64>,
    probe: Vec<f64>,
}

impl DrivenState {
    /// A state, with room for so many levels.
    pub(super) fn new(state: LadderState, room: usize) -> Self {
        let window = Window::whole(room);
        let empty = || vec![0.0; window.length()];
        DrivenState {
            state,
            generator: Tridiagonal::with_room(room),
            sector: None,
            propagation: Propagation::new(window.length()),
            amplitudes: empty(),
            image: empty(),
            probe: empty(),
            window,
        }
    }

    /// The state of the ladder.
    #[must_use]
    pub fn ladder(&self) -> &LadderState {
        &self.state
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
    fn band(&self, state: &LadderState) -> f64 {
        let two_j = state.two_j();
        let above = state.observables().jz + two_j as f64 / 2.0;
        let decay = self.ladder.decay(two_j).deviation(above, state.deviation());
        2.0 * (self.amplitude.hypot(self.detuning) + self.ladder.chi.abs() * two_j as f64 + decay)
    }

    /// Fills in -i H_eff of the state's sector.
    fn prepare_generator(&self, work: &mut DrivenState) {
        let DrivenState { state, generator, sector, .. } = work;
        let two_j = state.two_j();
        if *sector == Some(two_j) {
            return;
        }
        *sector = Some(two_j);
        let levels = two_j as usize + 1;
        generator.set(levels, |a| {
            let m = a as f64 - two_j as f64 / 2.0;
            let energy = self.detuning * m + self.ladder.chi * m * m;
            let diagonal = Complex64::new(-0.5 * self.ladder.decay_rate(state, a), -energy);
            (diagonal, 0.5 * self.amplitude * state.element(a))
        });
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
            let DrivenState { state, generator, propagation, window, amplitudes, image, probe, .. } = &mut *work;
            *window = Window::around(&state.support(), state.two_j() as usize + 1);
            let length = window.length();
            let (amplitudes, image, probe) = (&mut amplitudes[..length], &mut image[..length], &mut probe[..length]);
            let mut generator = generator.on(window);
            state.copy_to(window, amplitudes);
            let at_start = state.observables();
            let rate: f64 = self.ladder.rates(state.means()).iter().sum();
            let limit = end - now;
            let horizon = limit.min(MARGIN * left / rate);
            let band = if recorder.follows(true) { self.band(state) } else { 0.0 };
            generator.apply(Complex64::ZERO, 1.0, amplitudes, image);
            // Relative to what is left of the norm at the jump.
            let tolerance = TOLERANCE * (-0.5 * left).exp();
            let stop = || recorder.interrupted();
            let beginning = Beginning { state: amplitudes, image, rate };
            let reach = propagation.start(&mut generator, beginning, horizon, tolerance, stop);
            if stop() {
                return;
            }
            let (length, jumps) = match propagation.wait(left, reach, image) {
                Wait::Jump(time) => (time, true),
                Wait::Survived(log) => {
                    left += log;
                    (reach, false)
                }
            };
            if propagation.is_stationary() {
                recorder.dwell(now, length, &at_start, &at_start);
            } else {
                // Values change on the way.
                let part = rng.random::<f64>();
                let look = part * length;
                propagation.write(look, probe);
                let seen = state.observables_of(window, probe);
                state.overwrite(window, image);
                let ends = (at_start, state.observables());
                let turning = propagation.turning().min(band);
                let change =
                    Change { start: now, duration: length, turning, ends, between: Some((look, seen)), most: None };
                recorder.varying(&change, &average(&ends, part, &seen), |time| {
                    propagation.write(time, probe);
                    state.observables_of(window, probe)
                });
            }
            // Where rounding would leave a last sliver, the interval is over.
            now = if !jumps && reach >= limit { end } else { now + length };
            if jumps {
                let rates = self.ladder.rates(state.means());
                let jump = self.ladder.jump(state, &rates, rng);
                recorder.jump(now, jump, &state.observables());
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
