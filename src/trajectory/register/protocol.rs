//! A register under a protocol: what the qubits, their baths and a drive do to it changes in time.
//!
//! As [`crate::trajectory::ProtocolLadder`]: where nothing changes, [`Registers`] as it is; else steps of
//! [`crate::trajectory::propagation::magnus`].

use num_complex::Complex64;
use rand_distr::{Distribution, Exp1};

use super::operators::{Operators, Scratch, Steering};
use super::{RegisterState, Registers, Start};
use crate::bath::Process;
use crate::initial::InitialState;
use crate::model::protocol::{Protocol, Stage, Stretch};
use crate::model::{Field, Register, RegisterValues};
use crate::quantity::Sample;
use crate::random::Stream;
use crate::trajectory::propagation::acting::Acting;
use crate::trajectory::propagation::magnus::{Magnus, Stride, of_wait};
use crate::trajectory::propagation::{amplitudes, numbers, numbers_mut};
use crate::trajectory::protocol::{Leg, Route, Walk};
use crate::trajectory::{Change, Recorder, Unravelling, average};

/// The engine of a register under a protocol, which has the frequency of all qubits, the baths and the drive; the
/// register has couplings and twisting.
#[derive(Debug)]
pub struct ProtocolRegisters {
    protocol: Protocol,
    route: Route,
    /// By segment and stretch.
    ways: Vec<Vec<Way>>,
    /// With every bath that ever acts.
    base: Registers,
    driven: bool,
    chi: f64,
}

/// How a stretch is gone through.
#[derive(Debug)]
enum Way {
    /// A field along this angle from x, or none.
    Held(Box<Registers>, f64),
    /// Something changes.
    Moving,
}

/// A state on its way through a protocol, and room to move it.
#[derive(Clone, Debug)]
pub struct ProtocolRegister {
    register: RegisterState,
    /// Those of the moment.
    operators: Operators,
    magnus: Magnus,
    /// Room for images of what is looked at.
    seen: Scratch,
    walk: Walk,
}

impl Operators {
    /// Gives the channels the rates, and quanta the energy, that they have at a time of a segment.
    fn retune(&mut self, stage: &Stage, time: f64) {
        for channel in &mut self.channels {
            let rates = stage.rates(channel.bath, time);
            channel.rate = match channel.process {
                Process::Emission => rates.down,
                Process::Absorption => rates.up,
                Process::Dephasing => rates.dephasing,
            };
        }
        self.quantum = stage.quantum(time);
    }
}

impl ProtocolRegisters {
    /// Why it cannot follow a register, if so.
    #[must_use]
    pub fn unlike(register: &Register) -> Option<&'static str> {
        let alike = register.frequencies.iter().all(|frequency| *frequency == register.frequency);
        (!alike || register.exchange.iter().any(|exchange| *exchange != 0.0))
            .then_some("the qubits differ in frequency or exchange quanta, and a protocol has one frequency for all")
    }

    /// The engine. A `coherent` one, and one with a drive, keeps superpositions of several numbers of excited qubits
    /// whole, see [`Registers::new`].
    ///
    /// # Errors
    /// If qubits differ in frequency or exchange quanta: a protocol has one frequency for all.
    pub fn new(protocol: &Protocol, register: &Register, coherent: bool) -> Result<Self, &'static str> {
        if let Some(why) = Self::unlike(register) {
            return Err(why);
        }
        let driven = protocol.is_driven();
        let envelope = protocol.envelope(register.number() as i64);
        let frequencies = vec![envelope.frequency; register.number()];
        let all = Register {
            frequency: envelope.frequency,
            frequencies,
            baths: envelope.baths,
            drive: None,
            ..register.clone()
        };
        let mut base = Registers::new(&all, coherent || driven);
        base.rotation = 0.0;
        // Stretches have generators of their own, which are gone through by series.
        base.modes.fill(None);
        let (chi, route) = (register.units.angular(register.chi), Route::of(protocol));
        let way = |stage: usize, stretch: &Stretch| {
            let stage = &protocol.stages()[stage];
            if !stretch.held {
                return Way::Moving;
            }
            let middle = 0.5 * (stretch.from + stretch.until);
            let acting = Acting::new(stage, stretch, driven, chi, middle);
            // Seen along its own direction, the field is along x, and of either sign.
            let angle = if driven { stage.drive.phase.at(middle) } else { 0.0 };
            let amplitude = if driven { stage.units().angular(stage.drive.amplitude.at(middle)) } else { 0.0 };
            let field = Field { x: amplitude, y: 0.0, z: acting.field.z };
            let mut engine = base.clone();
            let blocks = engine.operators.space.blocks();
            engine.operators.act(&Acting { field, ..acting }, 0..blocks);
            engine.operators.retune(stage, middle);
            engine.operators.channels.retain(|channel| channel.rate > 0.0);
            Way::Held(Box::new(engine), angle)
        };
        Ok(ProtocolRegisters { ways: route.each(way), route, base, driven, chi, protocol: protocol.clone() })
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Goes through part of a stretch in which something changes.
    fn move_on(
        &self,
        leg: &Leg,
        work: &mut ProtocolRegister,
        [start, end]: [f64; 2],
        rng: &mut Stream,
        recorder: &mut impl Recorder<RegisterValues>,
    ) {
        let Leg { stretch, offset, index: (stage, _) } = *leg;
        let stage = &self.protocol.stages()[stage];
        let acting = |time: f64| Acting::new(stage, stretch, self.driven, self.chi, time - offset);
        let ProtocolRegister { register, operators, magnus, seen, .. } = work;
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        while now < end && !recorder.interrupted() {
            let stop = || recorder.interrupted();
            let block = register.block;
            let dimension = operators.space.dimension(block);
            operators.retune(stage, now - offset);
            let RegisterState { psi, measured, images, probe, scratch, .. } = &mut *register;
            let at_start = measured.values;
            let rate = operators.rate(measured);
            let longest = (end - now).min(stage.longest_step(now - offset)).min(of_wait(left, rate));
            let mut body = Steering { operators, block, scratch };
            let waits = (&mut left, &mut *rng);
            let stride = magnus.stride(&mut body, &acting, numbers(&psi[..dimension]), (now, longest), waits, &stop);
            let Some(stride) = stride else { return };
            let Stride { step, length, jumps, part } = stride;
            let look = stride.look();
            body.operators.quantum = stage.quantum(now + look - offset);
            let seen_there = body.operators.measure(block, amplitudes(magnus.probe()), images, probe).values;
            numbers_mut(&mut psi[..dimension]).copy_from_slice(magnus.end());
            body.operators.retune(stage, now + length - offset);
            *measured = body.operators.measure(block, &psi[..dimension], images, probe);
            let ends = (at_start, measured.values);
            recorder.dwell(now, length, &at_start, &average(&ends, part, &seen_there));
            if recorder.follows(true) {
                let turning = magnus.turning();
                let change = Change {
                    start: now,
                    duration: length,
                    turning,
                    ends,
                    between: Some((look, seen_there)),
                    most: None,
                };
                recorder.change(&change, |time| {
                    let mut body = Steering { operators: &mut *operators, block, scratch: &mut *scratch };
                    magnus.look_at(&mut body, &acting, (now, step), time, &|| false);
                    operators.quantum = stage.quantum(now + time - offset);
                    operators.measure(block, amplitudes(magnus.probe()), seen, probe).values
                });
                operators.quantum = stage.quantum(now + length - offset);
            }
            now = stride.until(now, end);
            if jumps {
                if let Some((jump, to)) = operators.jump(block, psi, measured, images, rng) {
                    register.block = to;
                    let psi = &register.psi[..operators.space.dimension(to)];
                    register.measured = operators.measure(to, psi, &mut register.images, &mut register.probe);
                    recorder.jump(now, jump, &register.measured.values);
                }
                left = Exp1.sample(rng);
            }
        }
    }
}

impl Unravelling for ProtocolRegisters {
    type State = ProtocolRegister;
    type Values = RegisterValues;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> ProtocolRegister {
        let mut operators = self.base.operators.clone();
        operators.retune(&self.protocol().stages()[0], 0.0);
        let mut register = self.base.start(&Start::new(initial, operators.space.qubits()), rng);
        let psi = &register.psi[..operators.space.dimension(register.block)];
        register.measured = operators.measure(register.block, psi, &mut register.images, &mut register.probe);
        let dimension = operators.space.largest_dimension();
        let (magnus, seen) = (Magnus::new(2 * dimension), Scratch::new(dimension));
        ProtocolRegister { register, operators, magnus, seen, walk: Walk::default() }
    }

    /// Times go on from one call to the next, from 0 to the end of the protocol.
    fn advance(
        &self,
        work: &mut ProtocolRegister,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<RegisterValues>,
    ) {
        let mut walk = work.walk;
        self.route.along(&mut walk, [start, end], |leg, [from, until]| {
            match &self.ways[leg.index.0][leg.index.1] {
                Way::Held(engine, angle) => {
                    let turn = |register: &mut RegisterState, angle: f64| {
                        if angle != 0.0 {
                            let dimension = engine.operators.space.dimension(register.block);
                            engine.operators.turn(register.block, angle, &mut register.psi[..dimension]);
                        }
                    };
                    turn(&mut work.register, *angle);
                    engine.adopt(&mut work.register);
                    engine.advance(&mut work.register, from, until, rng, recorder);
                    turn(&mut work.register, -angle);
                }
                Way::Moving => self.move_on(leg, work, [from, until], rng, recorder),
            }
            !recorder.interrupted()
        });
        work.walk = walk;
    }

    /// The transverse spin is that of the lab or, with a drive, of its frame; its length and squeezing are those of
    /// J = N/2.
    fn observe(&self, work: &ProtocolRegister, time: f64) -> Sample<RegisterValues> {
        let sample = self.base.observe(&work.register, time);
        let angle = if self.driven { 0.0 } else { self.protocol().turned(time) };
        let turned = |transverse: crate::model::Transverse| {
            let lowering = Complex64::new(transverse.jx, -transverse.jy) * Complex64::cis(-angle);
            crate::model::Transverse { jx: lowering.re, jy: -lowering.im, ..transverse }
        };
        Sample { transverse: sample.transverse.map(turned), ..sample }
    }
}
