//! The register engine: qubits of any frequencies, couplings and exchange, driven or not, site by site.
//!
//! A state is a vector over the masks of [`space`]: one block of k excited qubits where k is sharp and nothing drives,
//! all 2^N states otherwise. Between jumps it moves in the eigenbasis of H_eff where that is small ([`modes`]), else by a
//! power series ([`super::propagation`]), to 1e-10 in norm, in the frame of the drive or of the reference frequency.
//! Collective dephasing leaves a state of sharp k as it is and exchanges nothing, so there it is left out; all laws stay
//! the same.

mod abreast;
mod diagonal;
mod flips;
mod jump;
mod modes;
mod operators;
mod protocol;
mod space;
mod start;
mod table;

pub use protocol::{ProtocolRegister, ProtocolRegisters};
pub use start::Start;

use aligned_vec::{AVec, avec};
use num_complex::Complex64;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use self::modes::Modes;
use self::operators::{Measured, OnBlock, Operators, Scratch};
use self::space::Space;
use super::propagation::eigenbasis::Expansion;
use super::propagation::{Beginning, Generator, Layout, Propagation, Wait, normalize, numbers, numbers_mut};
use super::{Change, Recorder, Run, Unravelling, average, run};
use crate::initial::InitialState;
use crate::model::{Register, RegisterValues, Spin};
use crate::quantity::Sample;
use crate::random::Stream;

/// The error that one step may make, in norm, relative to what is left at the jump.
const TOLERANCE: f64 = 1e-11;
/// A step reaches for this multiple of the wait that the present rate suggests: most waits end within it. More than
/// one, or steps towards a jump would shrink with what is left and never arrive.
const FORESIGHT: f64 = 1.5;

/// The engine of a register.
#[derive(Clone, Debug)]
pub struct Registers {
    operators: Operators,
    /// By block, where it moves in an eigenbasis.
    modes: Vec<Option<Modes>>,
    /// The angular frequency at which the lab sees the frame turn; 0 with a drive, whose frame is kept.
    rotation: f64,
}

/// A pure state of a register, with everything it takes to move it.
#[derive(Clone, Debug)]
pub struct RegisterState {
    block: usize,
    /// The amplitudes, in as many first elements as the block has states.
    psi: AVec<Complex64>,
    measured: Measured,
    /// S_- psi and S_+ psi.
    images: Scratch,
    /// A psi.
    image: AVec<Complex64>,
    /// A state on the way.
    probe: AVec<Complex64>,
    scratch: Scratch,
    propagation: Propagation,
    /// What the last step began with, where it was in an eigenbasis.
    expansion: Option<Expansion>,
}

/// A wait for a jump.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// How far ln norm^2 has still to fall.
    exponent: f64,
    /// For how long it has lasted.
    waited: f64,
}

impl Waiting {
    fn new(rng: &mut Stream) -> Self {
        Waiting { exponent: Exp1.sample(rng), waited: 0.0 }
    }

    /// Takes in a step without a jump, after which ln norm^2 is this.
    fn survives(&mut self, log: f64, time: f64) {
        self.exponent += log;
        self.waited += time;
    }
}

impl Registers {
    /// The engine. A `coherent` one, and one with a drive, keeps superpositions of several numbers k of excited qubits
    /// whole, in 2^N dimensions. Another draws k first: that changes nothing but `<J_x>`, `<J_y>` and the squeezing.
    #[must_use]
    pub fn new(register: &Register, coherent: bool) -> Self {
        let whole = coherent || register.drive.is_some();
        let rotation = if register.drive.is_some() { 0.0 } else { register.units.angular(register.frequency) };
        let operators = Operators::new(register, whole);
        let modes = (0..operators.space.blocks()).map(|block| operators.modes(block, TOLERANCE)).collect();
        Registers { operators, modes, rotation }
    }

    /// The most qubits: beyond, a state and its series take gigabytes.
    pub const MOST_QUBITS: i64 = 20;

    /// Why so many qubits are too many, if they are.
    #[must_use]
    pub fn too_many(number: i64) -> Option<String> {
        let (engine, each) = Registers::memory(number as usize, false);
        (number > Self::MOST_QUBITS).then(|| {
            format!(
                "a register of {number} qubits is beyond the {} that are evolved one by one: it would take {:.1e} \
                 bytes, and {each:.1e} more for each thread",
                Self::MOST_QUBITS,
                engine + each
            )
        })
    }

    /// About how many bytes the engine of `number` qubits takes, and each trajectory that runs at a time; `whole` where
    /// a state spreads over all 2^N.
    #[must_use]
    pub fn memory(number: usize, whole: bool) -> (f64, f64) {
        let n = number;
        let binomial: f64 = (1..=n / 2).map(|k| (n - n / 2 + k) as f64 / k as f64).product();
        let dimension = if whole { 2_f64.powi(n as i32) } else { binomial };
        // Seven vectors beside the series, and the amplitudes of the start while they are drawn.
        let state = Propagation::memory(dimension) + 112.0 * dimension + 32.0 * 2_f64.powi(n as i32);
        (Space::memory(n) + Operators::memory(n), state)
    }

    /// Draws a pure state.
    pub fn start(&self, start: &Start, rng: &mut Stream) -> RegisterState {
        let (block, psi) = self.draw(start, rng);
        let mut state = self.holding(block, psi);
        self.measure(&mut state);
        state
    }

    /// Draws a block, and a state in it.
    fn draw(&self, start: &Start, rng: &mut Stream) -> (usize, AVec<Complex64>) {
        let space = &self.operators.space;
        let mut all = start.draw(rng);
        normalize(numbers_mut(&mut all));
        let mut block = 0;
        if !space.is_whole() {
            let mut at = rng.random::<f64>();
            for candidate in 0..space.blocks() {
                let weight: f64 = space.masks(candidate).iter().map(|mask| all[*mask as usize].norm_sqr()).sum();
                if weight > 0.0 {
                    block = candidate;
                    if at < weight {
                        break;
                    }
                    at -= weight;
                }
            }
        }
        let mut psi = avec![Complex64::ZERO; space.largest_dimension()];
        for (c, mask) in psi.iter_mut().zip(space.masks(block)) {
            *c = all[*mask as usize];
        }
        normalize(numbers_mut(&mut psi[..space.dimension(block)]));
        (block, psi)
    }

    /// A state with all that it takes to move it; it is not measured.
    fn holding(&self, block: usize, psi: AVec<Complex64>) -> RegisterState {
        let dimension = psi.len();
        let empty = || avec![Complex64::ZERO; dimension];
        RegisterState {
            block,
            psi,
            measured: Measured::default(),
            images: Scratch::new(dimension),
            image: empty(),
            probe: empty(),
            scratch: Scratch::new(dimension),
            propagation: Propagation::new(2 * dimension),
            expansion: None,
        }
    }

    fn measure(&self, state: &mut RegisterState) {
        let psi = &state.psi[..self.operators.space.dimension(state.block)];
        state.measured = self.operators.measure(state.block, psi, &mut state.images, &mut state.probe);
    }

    /// Moves the state by one step, to the jump that `exponent` stands for, or for part of `limit`, where it has waited
    /// for some time already; returns the time it took and what ended it. `None` where it is to stop.
    fn step(
        &self,
        state: &mut RegisterState,
        (exponent, waited): (f64, f64),
        limit: f64,
        stop: impl Fn() -> bool,
    ) -> Option<(f64, Wait)> {
        if stop() {
            return None;
        }
        let operators = &self.operators;
        let dimension = operators.space.dimension(state.block);
        let rate = operators.rate(&state.measured);
        let RegisterState { block, psi, images, image, scratch, propagation, expansion, .. } = state;
        let (psi, image) = (&mut psi[..dimension], &mut image[..dimension]);
        let mut generator = OnBlock { operators, block: *block, scratch };
        generator.image(images, psi, image);
        let beginning = Beginning { state: numbers(psi), image: numbers(image), rate };
        let bound = generator.norm_bound();
        let mut moves = || propagation.begin(Layout::Pairs, beginning, bound, limit);
        let basis = self.modes[*block].as_ref().filter(|_| moves()).map(|modes| &modes.basis);
        *expansion = basis.map(|basis| basis.expand(psi));
        let (reach, outcome) = match basis.zip(expansion.as_ref()) {
            Some((basis, expansion)) => {
                let reach = Modes::reach(expansion, waited, limit);
                (reach, basis.wait(expansion, exponent, reach, psi))
            }
            None => {
                let horizon = if rate > 0.0 { limit.min(FORESIGHT * exponent / rate) } else { limit };
                let tolerance = TOLERANCE * (-0.5 * exponent).exp();
                let reach = propagation.start(&mut generator, beginning, horizon, tolerance, &stop);
                if stop() {
                    return None;
                }
                (reach, propagation.wait(exponent, reach, numbers_mut(psi)))
            }
        };
        let time = match outcome {
            Wait::Jump(time) => time,
            Wait::Survived(_) => reach,
        };
        if !propagation.is_stationary() {
            self.measure(state);
        }
        Some((time, outcome))
    }

    /// The values on the way, a time after the start of a step.
    fn look(&self, state: &mut RegisterState, time: f64) -> RegisterValues {
        let RegisterState { block, image, probe, scratch, propagation, expansion, .. } = state;
        let on_the_way = &mut image[..self.operators.space.dimension(*block)];
        match self.modes[*block].as_ref().zip(expansion.as_ref()) {
            Some((modes, expansion)) => modes.basis.write(expansion, time, on_the_way),
            None => {
                propagation.write(time, numbers_mut(on_the_way));
            }
        }
        self.operators.measure(*block, on_the_way, scratch, probe).values
    }

    /// Goes a step, and the jump that ends it, and tells of them; false where it is to stop.
    fn stride(
        &self,
        state: &mut RegisterState,
        waiting: &mut Waiting,
        (now, end): (&mut f64, f64),
        rng: &mut Stream,
        recorder: &mut impl Recorder<RegisterValues>,
    ) -> bool {
        let at_start = state.measured.values;
        let step = self.step(state, (waiting.exponent, waiting.waited), end - *now, || recorder.interrupted());
        let Some((time, outcome)) = step else { return false };
        if state.propagation.is_stationary() {
            recorder.dwell(*now, time, &at_start, &at_start);
        } else {
            // Values change on the way.
            let part = rng.random::<f64>();
            let look = part * time;
            let seen = self.look(state, look);
            let ends = (at_start, state.measured.values);
            // With a bound, a wait of many turns is looked at only where that may tell something new.
            let (turning, most) = match self.modes[state.block].as_ref().zip(state.expansion.as_ref()) {
                Some((modes, expansion)) => (expansion.turning(), Some(modes.most)),
                None => (state.propagation.turning(), None),
            };
            let change = Change { start: *now, duration: time, turning, ends, between: Some((look, seen)), most };
            // At the start the state itself is known, which a basis has to rounding.
            let at = |time| if time > 0.0 { self.look(state, time) } else { at_start };
            recorder.varying(&change, &average(&ends, part, &seen), at);
        }
        *now = if time >= end - *now { end } else { *now + time };
        match outcome {
            Wait::Survived(log) => waiting.survives(log, time),
            Wait::Jump(_) => {
                let jumped = self.operators.jump(state.block, &mut state.psi, &state.measured, &mut state.images, rng);
                if let Some((jump, block)) = jumped {
                    state.block = block;
                    self.measure(state);
                    recorder.jump(*now, jump, &state.measured.values);
                }
                *waiting = Waiting::new(rng);
            }
        }
        true
    }
}

impl Unravelling for Registers {
    type State = RegisterState;
    type Values = RegisterValues;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> RegisterState {
        self.start(&Start::new(initial, self.operators.space.qubits()), rng)
    }

    fn advance(
        &self,
        state: &mut RegisterState,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<RegisterValues>,
    ) {
        let (mut now, mut waiting) = (start, Waiting::new(rng));
        while now < end && self.stride(state, &mut waiting, (&mut now, end), rng, recorder) {}
    }

    fn run_all(&self, initial: &InitialState, times: &[f64], runs: &mut [Run<'_, RegisterValues>]) -> bool {
        match self.abreast() {
            Some(_) => self.run_abreast(initial, times, runs),
            None => runs.iter_mut().all(|one| run(self, initial, times, &mut one.rng, one.record)),
        }
    }

    fn adopt(&self, state: &mut RegisterState) {
        // Its values are made of another engine's couplings.
        self.measure(state);
    }

    /// The transverse spin is that of the lab or, with a drive, of its frame; its length and squeezing are those of
    /// J = N/2.
    fn observe(&self, state: &RegisterState, time: f64) -> Sample<RegisterValues> {
        let space = &self.operators.space;
        let turn = Complex64::cis(-self.rotation * time);
        let moments = space.is_whole().then(|| {
            let mut scratch = Scratch::new(state.psi.len());
            let [lowering, twice, with_jz] = self.operators.transverse(&state.psi, &mut scratch);
            [lowering * turn, twice * turn * turn, with_jz * turn]
        });
        self.sample(&state.measured, moments.unwrap_or_default())
    }
}

impl Registers {
    /// What is known of a state with these values and (`<J_->`, `<J_-^2>`, `<J_- J_z + J_z J_->/2`), which are zero where k
    /// is sharp.
    fn sample(&self, measured: &Measured, [lowering, twice, with_jz]: [Complex64; 3]) -> Sample<RegisterValues> {
        let Measured { values, jz_squared } = *measured;
        let spin = Spin::from_ladder(lowering, twice, with_jz, values.jz, jz_squared, values.j_squared);
        Sample { values, transverse: Some(spin.transverse(self.operators.space.qubits() as f64 / 2.0)) }
    }
}

#[cfg(test)]
mod tests;
