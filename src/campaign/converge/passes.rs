//! Trajectories that go through cycle after cycle of a protocol: from level to level, or as superpositions of them.

use crate::group::Group;
use crate::initial::InitialState;
use crate::model::Observables;
use crate::model::protocol::{Entry, Protocol};
use crate::random::Stream;
use crate::scenario::Point;
use crate::solve::Phases;
use crate::trajectory::protocol::{Going, Ledger, Pieces, ProtocolChain, Recorded, Watch};
use crate::trajectory::{Declared, Detail, Exchanged, ForEngine, Interrupt, Jump, Record, Recorder};

/// The start of a cycle is looked at so much of its first segment later: a time at which a segment ends is of that, and a
/// register measures with the quanta of the segment that it is in.
const STARTED: f64 = 1e-9;

/// An engine that goes through cycles.
pub trait Ways: Sync {
    /// Ready for trajectories that are looked at at these phases, and end where they are once `interrupt` is set.
    fn passes<'a>(&'a self, point: &'a Point, phases: &'a Phases, interrupt: &'a Interrupt) -> Box<dyn Passes + 'a>;

    /// About what a cycle takes, in jumps of the populations engine.
    fn work(&self, point: &Point, protocol: &Protocol) -> f64;
}

/// That of a point, for trajectories of so many cycles.
pub fn ways(point: &Point, protocol: &Protocol, cycles: u64, pieces: Pieces) -> Box<dyn Ways> {
    struct Build<'a>(&'a Point, &'a Protocol, u64);
    impl ForEngine for Build<'_> {
        type Output = Box<dyn Ways>;
        fn of<E: Declared>(self) -> Self::Output {
            Box::new(OfStates::<E>::new(self.0, self.1, self.2))
        }
    }
    if point.facts().coherent {
        point.engine.engine.with(&point.groups, Build(point, protocol, cycles))
    } else {
        Box::new(OfLevels(ProtocolChain::new(protocol, point.number(), pieces)))
    }
}

/// One trajectory after the other, cycle by cycle.
pub trait Passes {
    /// Begins a trajectory.
    fn begin(&mut self, rng: &mut Stream);

    /// Goes through the next cycle of it; false where that was interrupted.
    fn pass(&mut self, looks: bool, rng: &mut Stream) -> bool;

    /// What is booked of that cycle.
    fn ledger(&self) -> &Ledger;

    /// What it was at each phase, by column, if it was looked at.
    fn look(&self, cells: &mut [f64]);

    /// Jumps since the trajectory began or these were forgotten.
    fn exchanged(&mut self) -> &mut Exchanged;
}

/// From level to level.
struct OfLevels(ProtocolChain);

/// One that goes so.
struct LevelPasses<'a> {
    point: &'a Point,
    chain: &'a ProtocolChain,
    phases: &'a Phases,
    at: Option<InitialState>,
    ledger: Ledger,
    tally: Tally<'a>,
}

/// Counts jumps by bath and process, and nothing else.
struct Tally<'a> {
    exchanged: Exchanged,
    interrupt: &'a Interrupt,
}

impl Recorder<Observables> for Tally<'_> {
    #[inline(always)]
    fn dwell(&mut self, _: f64, _: f64, _: &Observables, _: &Observables) {}

    #[inline(always)]
    fn jump(&mut self, _: f64, jump: Jump, _: &Observables) {
        self.exchanged.add(jump);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl Watch for Tally<'_> {
    const COUNTS: bool = true;

    #[inline(always)]
    fn net(&self, bath: usize) -> i64 {
        self.exchanged.net(bath)
    }
}

impl Ways for OfLevels {
    fn passes<'a>(&'a self, point: &'a Point, phases: &'a Phases, interrupt: &'a Interrupt) -> Box<dyn Passes + 'a> {
        let protocol = self.0.protocol();
        Box::new(LevelPasses {
            point,
            chain: &self.0,
            phases,
            at: None,
            ledger: Ledger::new(protocol, phases.times.len()),
            tally: Tally { exchanged: Exchanged::new(protocol.baths()), interrupt },
        })
    }

    fn work(&self, point: &Point, protocol: &Protocol) -> f64 {
        protocol.jumps_bound(point.number())
    }
}

impl Passes for LevelPasses<'_> {
    fn begin(&mut self, _: &mut Stream) {
        self.at = None;
        self.tally.exchanged.clear();
    }

    fn pass(&mut self, looks: bool, rng: &mut Stream) -> bool {
        let times = if looks { self.phases.times.as_slice() } else { &[] };
        // A path has no memory but its level.
        let initial = self.at.as_ref().unwrap_or(&self.point.groups[0].initial);
        let whole = self.chain.run(initial, times, rng, &mut self.ledger, &mut self.tally);
        self.at = self.ledger.levels.map(|[_, last]| InitialState::Dicke(last));
        whole
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn look(&self, cells: &mut [f64]) {
        let LevelPasses { phases, ledger, .. } = self;
        for (phase, row) in cells.chunks_exact_mut(phases.columns.len()).enumerate() {
            let booked = |entry: Entry| ledger.samples[(phase, entry.index())];
            row.iter_mut()
                .zip(phases.values(phase, ledger.seen[phase], booked))
                .for_each(|(cell, value)| *cell = value);
        }
    }

    fn exchanged(&mut self) -> &mut Exchanged {
        &mut self.tally.exchanged
    }
}

/// As superpositions of levels, by an engine that was made for all cycles.
struct OfStates<E: Declared> {
    engine: E,
    system: E::System,
    protocol: Protocol,
}

/// One that goes so.
struct StatePasses<'a, E: Declared> {
    ways: &'a OfStates<E>,
    point: &'a Point,
    phases: &'a Phases,
    going: Option<Going<'a, E>>,
    cycle: u64,
    /// The phases of the cycle, in time.
    times: Vec<f64>,
    ledger: Ledger,
    recorded: Recorded<E::System>,
    exchanged: Exchanged,
}

impl<E: Declared> OfStates<E> {
    fn new(point: &Point, protocol: &Protocol, cycles: u64) -> Self {
        let protocol = protocol.repeated(cycles);
        let group = Group { protocol: Some(protocol.clone()), ..point.groups[0].clone() };
        let system = E::system(&group);
        OfStates { engine: E::build(&group, &system), system, protocol }
    }
}

impl<E: Declared> Ways for OfStates<E> {
    fn passes<'a>(&'a self, point: &'a Point, phases: &'a Phases, interrupt: &'a Interrupt) -> Box<dyn Passes + 'a> {
        let OfStates { system, protocol, .. } = self;
        let (times, columns) = (&phases.times, &phases.columns);
        let record = Record::new(system, point.number(), columns, times.len(), Detail::default());
        let record = record.by(E::FACTS.precision).until(interrupt);
        let a_cycle = protocol.repeated(1);
        Box::new(StatePasses {
            ways: self,
            point,
            phases,
            going: None,
            cycle: 0,
            times: Vec::with_capacity(times.len()),
            ledger: Ledger::new(&a_cycle, times.len()),
            recorded: Recorded::new(record, columns, &a_cycle, system, times).without_peaks(),
            exchanged: Exchanged::new(protocol.baths()),
        })
    }

    fn work(&self, point: &Point, protocol: &Protocol) -> f64 {
        let number = point.number();
        let idle = protocol.envelope(number).idle_jump_rate_bound() * protocol.period();
        // Between jumps a drive takes steps of its own.
        let steps = number as f64 * protocol.turned_by_drive() / 10.0;
        (protocol.jumps_bound(number) + idle + steps) * (E::FACTS.work_of_a_jump)(number as f64)
    }
}

impl<E: Declared> Passes for StatePasses<'_, E> {
    fn begin(&mut self, rng: &mut Stream) {
        let OfStates { engine, protocol, .. } = self.ways;
        self.going = Some(Going::begin(engine, protocol, E::initial(&self.point.groups[0]), rng));
        self.cycle = 0;
        self.exchanged.clear();
    }

    fn pass(&mut self, looks: bool, rng: &mut Stream) -> bool {
        let StatePasses { ways, phases, going, cycle, times, ledger, recorded, exchanged, .. } = self;
        let Some(going) = going else { return false };
        let begun = *cycle as f64 * ways.protocol.period();
        let first = STARTED * ways.protocol.stages()[0].duration;
        times.clear();
        times.extend(phases.times.iter().filter(|_| looks).map(|phase| begun + phase.max(first)));
        ledger.begin_at(going.seen(), &ways.protocol);
        recorded.begin(begun);
        let whole = going.pass((*cycle, 0), &mut times.iter().enumerate().peekable(), rng, ledger, recorded);
        exchanged.merge(&recorded.record.trace.exchanged);
        *cycle += 1;
        if looks {
            recorded.close(ledger, &phases.times);
        }
        whole
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn look(&self, cells: &mut [f64]) {
        cells.iter_mut().zip(&self.recorded.record.trace.values).for_each(|(cell, value)| *cell = *value);
    }

    fn exchanged(&mut self) -> &mut Exchanged {
        &mut self.exchanged
    }
}
