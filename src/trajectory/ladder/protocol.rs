//! The ladder under a protocol: the qubits, their baths and a drive change in time.
//!
//! A segment is cut at its corners and edges. Where nothing changes in between, the engine of what is held there takes
//! its place, [`Ladder`] without a field and [`DrivenLadder`] with one; else steps of
//! [`super::super::propagation::magnus`] do. In the frame J_- has a phase, which no jump shows.

use num_complex::Complex64;
use rand_distr::{Distribution, Exp1};

use super::super::propagation::acting::{Acting, Steered};
use super::super::propagation::magnus::{Magnus, Stride, of_wait};
use super::super::propagation::{Generator, Layout};
use super::super::protocol::{Leg, Route, Walk};
use super::super::{Change, Recorder, Unravelling, average};
use super::tridiagonal::{Tridiagonal, Window};
use super::{DrivenLadder, DrivenState, Ladder, PROCESSES};
use crate::bath::{Coupling, Process, Rates};
use crate::initial::InitialState;
use crate::model::protocol::{Protocol, Stage, Stretch};
use crate::model::{Drive, Hamiltonian, Observables};
use crate::quantity::Sample;
use crate::random::Stream;

/// The engine of identical qubits under a protocol. Without a drive in it, states are in the frame that turns with the
/// qubits, as they are tuned.
#[derive(Debug)]
pub struct ProtocolLadder {
    protocol: Protocol,
    route: Route,
    /// By segment and stretch.
    ways: Vec<Vec<Way>>,
    /// An engine with room for every bath that ever acts.
    ladder: Ladder,
    driven: bool,
}

/// How a stretch is gone through.
#[derive(Debug)]
enum Way {
    /// No field but a detuning, in radians per unit of time.
    Free(Box<Ladder>, f64),
    /// A field along this angle from x.
    Held(Box<DrivenLadder>, f64),
    /// Something changes.
    Moving,
}

impl Way {
    fn new(stage: &Stage, stretch: &Stretch, number: i64, chi: f64, driven: bool) -> Self {
        if !stretch.held {
            return Way::Moving;
        }
        let middle = 0.5 * (stretch.from + stretch.until);
        let model = stage.model(number, middle);
        let (amplitude, detuning) = (stage.drive.amplitude.at(middle), stage.drive.detuning.at(middle));
        if driven && amplitude != 0.0 {
            let hamiltonian = Hamiltonian { drive: Some(Drive { amplitude, detuning }), chi };
            Way::Held(Box::new(DrivenLadder::new(&model, &hamiltonian)), stage.drive.phase.at(middle))
        } else {
            let detuning = if driven { stage.units().angular(detuning) } else { 0.0 };
            Way::Free(Box::new(Ladder::new(&model, &Hamiltonian { drive: None, chi })), detuning)
        }
    }
}

/// A state on its way through a protocol, and room to move it.
#[derive(Clone, Debug)]
pub struct ProtocolState {
    driven: DrivenState,
    /// The rates of the moment.
    ladder: Ladder,
    sector: Sector,
    magnus: Magnus,
    psi: Vec<f64>,
    walk: Walk,
}

impl ProtocolState {
    /// The state of the ladder.
    #[must_use]
    pub fn ladder(&self) -> &super::LadderState {
        self.driven.ladder()
    }
}

/// -i H_eff in one sector, made of what acts.
#[derive(Clone, Debug)]
struct Sector {
    number: i64,
    two_j: i64,
    matrix: Tridiagonal,
}

impl Sector {
    fn m(two_j: i64, a: usize) -> f64 {
        a as f64 - two_j as f64 / 2.0
    }

    fn levels(&self) -> usize {
        self.two_j as usize + 1
    }

    fn window(&self) -> Window {
        Window::whole(self.levels())
    }
}

impl Generator for Sector {
    const LAYOUT: Layout = Layout::Halves;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.matrix.on(&self.window()).apply(center, factor, x, y);
    }

    fn norm_bound(&self) -> f64 {
        self.matrix.on(&self.window()).norm_bound()
    }
}

impl Steered for Sector {
    type Acting = Acting;

    fn act(&mut self, acting: &Acting) {
        let Acting { field, chi, rates: [collective, local] } = acting;
        let (two_j, top, half) = (self.two_j, self.levels(), self.number as f64 / 2.0);
        self.matrix.set(top, |a| {
            let m = Sector::m(two_j, a);
            let (lowering, raising) = ((a * (top - a)) as f64, ((a + 1) * (top - 1 - a)) as f64);
            let of_all = collective.down * lowering + collective.up * raising + collective.dephasing * m * m;
            let of_each = local.down * (half + m) + local.up * (half - m) + local.dephasing * half / 2.0;
            let diagonal = Complex64::new(-0.5 * (of_all + of_each), -(field.z * m + chi * m * m));
            (diagonal, 0.5 * field.x * lowering.sqrt())
        });
    }

    fn turn(&self, angle: f64, psi: &mut [f64]) {
        let (re, im) = self.window().parts_mut(psi);
        for (a, (re, im)) in re.iter_mut().zip(im).enumerate() {
            let turned = Complex64::new(*re, *im) * Complex64::cis(angle * Sector::m(self.two_j, a));
            (*re, *im) = (turned.re, turned.im);
        }
    }
}

impl Ladder {
    /// Gives the baths the rates that they have at a time of a segment.
    fn retune(&mut self, stage: &Stage, time: f64) {
        for (index, process) in PROCESSES.into_iter().enumerate() {
            let of = |coupling: Coupling| {
                let baths = stage.reservoirs.iter().enumerate().filter(move |(_, bath)| bath.coupling == coupling);
                baths.map(move |(bath, _)| {
                    let Rates { down, up, dephasing } = stage.rates(bath, time);
                    let rate = match process {
                        Process::Emission => down,
                        Process::Absorption => up,
                        Process::Dephasing => dephasing,
                    };
                    (bath, rate)
                })
            };
            self.collective[index].set(of(Coupling::Collective));
            self.local[index].set(of(Coupling::Local));
        }
    }
}

impl ProtocolLadder {
    /// The engine of `number` qubits under a protocol, with the twisting of a Hamiltonian; its drive is the protocol's.
    #[must_use]
    pub fn new(protocol: &Protocol, hamiltonian: &Hamiltonian, number: i64) -> Self {
        let (chi, driven, route) = (hamiltonian.chi, protocol.is_driven(), Route::of(protocol));
        let way = |stage: usize, stretch: &Stretch| Way::new(&protocol.stages()[stage], stretch, number, chi, driven);
        ProtocolLadder {
            ways: route.each(way),
            ladder: Ladder::new(&protocol.envelope(number), &Hamiltonian { drive: None, chi }),
            driven,
            route,
            protocol: protocol.clone(),
        }
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
        work: &mut ProtocolState,
        [start, end]: [f64; 2],
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let Leg { stretch, offset, index: (stage, _) } = *leg;
        let stage = &self.protocol.stages()[stage];
        let acting = |time: f64| Acting::new(stage, stretch, self.driven, self.ladder.chi, time - offset);
        let ProtocolState { driven, ladder, sector, magnus, psi, .. } = work;
        let state = &mut driven.state;
        let mut now = start;
        let mut left: f64 = Exp1.sample(rng);
        while now < end && !recorder.interrupted() {
            let stop = || recorder.interrupted();
            sector.two_j = state.two_j();
            psi.clear();
            let window = sector.window();
            psi.resize(window.length(), 0.0);
            state.copy_to(&window, psi);
            let at_start = state.observables();
            ladder.retune(stage, now - offset);
            let rate: f64 = ladder.rates(state.means()).iter().sum();
            let longest = (end - now).min(stage.longest_step(now - offset)).min(of_wait(left, rate));
            let waits = (&mut left, &mut *rng);
            let Some(stride) = magnus.stride(sector, &acting, psi, (now, longest), waits, &stop) else { return };
            let Stride { step, length, jumps, part } = stride;
            let seen = state.observables_of(&window, magnus.probe());
            let ends = (at_start, state.observables_of(&window, magnus.end()));
            recorder.dwell(now, length, &at_start, &average(&ends, part, &seen));
            if recorder.follows(true) {
                let band = self.band(state, ladder, [0.0, 0.5, 1.0].map(|part| acting(now + part * length)));
                let turning = magnus.turning().min(band);
                let change = Change {
                    start: now,
                    duration: length,
                    turning,
                    ends,
                    between: Some((stride.look(), seen)),
                    most: None,
                };
                recorder.change(&change, |time| {
                    magnus.look_at(sector, &acting, (now, step), time, &|| false);
                    state.observables_of(&window, magnus.probe())
                });
            }
            state.overwrite(&window, magnus.end());
            now = stride.until(now, end);
            if jumps {
                ladder.retune(stage, now - offset);
                let rates = ladder.rates(state.means());
                let jump = ladder.jump(state, &rates, rng);
                recorder.jump(now, jump, &state.observables());
                left = Exp1.sample(rng);
            }
        }
    }

    /// About the fastest that values change in a step: they turn at twice the frequency of the spin, and what decays
    /// unevenly changes them at the deviation of Gamma.
    fn band(&self, state: &super::LadderState, ladder: &Ladder, within: [Acting; 3]) -> f64 {
        let two_j = state.two_j();
        let field =
            within.map(|Acting { field, .. }| field.x.hypot(field.y).hypot(field.z)).into_iter().fold(0.0, f64::max);
        let above = state.observables().jz + two_j as f64 / 2.0;
        let decay = ladder.decay(two_j).deviation(above, state.deviation());
        2.0 * (field + self.ladder.chi.abs() * two_j as f64 + decay)
    }
}

impl Unravelling for ProtocolLadder {
    type State = ProtocolState;
    type Values = Observables;
    type Initial = InitialState;

    fn prepare(&self, initial: &InitialState, rng: &mut Stream) -> ProtocolState {
        let number = self.ladder.number;
        let room = number as usize + 1;
        ProtocolState {
            driven: DrivenState::new(self.ladder.prepare(initial, rng), room),
            ladder: self.ladder.clone(),
            sector: Sector { number, two_j: number, matrix: Tridiagonal::with_room(room) },
            magnus: Magnus::new(Window::whole(room).length()),
            psi: Vec::with_capacity(Window::whole(room).length()),
            walk: Walk::default(),
        }
    }

    /// Times go on from one call to the next, from 0 to the end of the protocol.
    fn advance(
        &self,
        work: &mut ProtocolState,
        start: f64,
        end: f64,
        rng: &mut Stream,
        recorder: &mut impl Recorder<Observables>,
    ) {
        let mut walk = work.walk;
        self.route.along(&mut walk, [start, end], |leg, [from, until]| {
            match &self.ways[leg.index.0][leg.index.1] {
                Way::Free(ladder, detuning) => {
                    ladder.advance(&mut work.driven.state, from, until, rng, recorder);
                    if *detuning != 0.0 {
                        work.driven.state.turn(-detuning * (until - from));
                    }
                }
                Way::Held(ladder, angle) => {
                    let turns = *angle != 0.0;
                    if turns {
                        work.driven.state.turn(*angle);
                    }
                    ladder.adopt(&mut work.driven);
                    ladder.advance(&mut work.driven, from, until, rng, recorder);
                    if turns {
                        work.driven.state.turn(-angle);
                    }
                }
                Way::Moving => self.move_on(leg, work, [from, until], rng, recorder),
            }
            !recorder.interrupted()
        });
        work.walk = walk;
    }

    fn observe(&self, work: &ProtocolState, time: f64) -> Sample<Observables> {
        let state = &work.driven.state;
        let angle = if self.driven { 0.0 } else { self.protocol().turned(time) };
        let transverse = state.spin(angle).transverse(state.two_j() as f64 / 2.0);
        Sample { values: state.observables(), transverse: Some(transverse) }
    }
}
