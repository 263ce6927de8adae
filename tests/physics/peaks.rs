//! The highest intensity of a trajectory, between jumps too: whatever the grid, whatever cuts the evolution.

use crate::common::{bath, point, run};
use crate::protocols::{flat, plain, ramp};
use superjump::bath::Coupling;
use superjump::campaign::simulator;
use superjump::circuit::{Filter, FilterForm};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::protocol::{Change as Sets, Protocol, Repeats, Segment, Stage};
use superjump::model::{Course, Reservoir, Setting, Shape, SpectralDensity, System, Values};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded};
use superjump::trajectory::{
    Change, Detail, DrivenLadder, Interrupt, Jump, Ladder, Record, Recorder, Registers, Unravelling,
};
use superjump::units::Units;

/// Near no jumps, so every trajectory is the same: to 1e-6, as the search allows.
const ALIKE: f64 = 1e-6;

#[test]
fn a_driven_qubit_is_brightest_after_half_a_turn_whatever_the_grid() {
    for engine in ["ladder", "register"] {
        for samples in [2, 3, 17, 2001] {
            let scenario = point(&format!(
                "[qubits]\nnumber = 1\n{}[drive]\namplitude = 2.0\n[initial]\nstate = \"ground\"\n[evolution]\n\
                 engine = \"{engine}\"\nuntil = 7.0\nsamples = {samples}\ntrajectories = 20",
                bath("cold", "collective", 1e-9, 0.0)
            ));
            let never = Interrupt::default();
            let mut simulator = simulator(&scenario, &never);
            for number in 0..20 {
                let (height, time) = simulator.trajectory(number).unwrap().trace.peak;
                let what = format!("{engine}, {samples} samples: {height} at {time}");
                assert!((height / 1e-9 - 1.0).abs() < ALIKE, "{what}");
                // Not after one and a half turns, where it is as bright.
                assert!((time - std::f64::consts::FRAC_PI_2).abs() < ALIKE, "{what}");
            }
        }
    }
}

#[test]
fn driven_qubits_peak_where_the_exact_average_does() {
    for engine in ["ladder", "register"] {
        let ran = run(&format!(
            "[qubits]\nnumber = 4\ntwisting = 0.2\n{}[drive]\namplitude = 1.0\ndetuning = 0.3\n[initial]\n\
             state = \"ground\"\n[evolution]\nengine = \"{engine}\"\nuntil = 6.0\nsamples = 2001\ntrajectories = 3",
            bath("cold", "collective", 1e-9, 0.0)
        ));
        let column = ran.point.columns().iter().position(|c| c.quantity.name() == "intensity").unwrap();
        let exact = |sample: usize| ran.exact.on_grid(sample, column).unwrap();
        let top = (1..2000).max_by(|a, b| exact(*a).total_cmp(&exact(*b))).unwrap();
        // The top of the parabola through the three highest: its error is of third order in the step of 3e-3.
        let (before, here, after) = (exact(top - 1), exact(top), exact(top + 1));
        let height = here + (after - before).powi(2) / (8.0 * (2.0 * here - before - after));
        let mut few = ran.point.clone();
        few = few.at(vec![0.0, 6.0]);
        let never = Interrupt::default();
        let mut simulator = simulator(&few, &never);
        let (found, _) = simulator.trajectory(0).unwrap().trace.peak;
        let of_many = ran.ensemble.peak_intensity().unwrap().mean;
        assert!((found / height - 1.0).abs() < ALIKE && (of_many / height - 1.0).abs() < ALIKE, "{engine}");
    }
}

/// A record, and what a fine grid in each of its dwells finds.
struct Fine<V: Values> {
    record: Record<V>,
    intensity: V::Form,
    highest: f64,
    dwells: usize,
}

impl<V: Values> Recorder<V> for Fine<V> {
    fn dwell(&mut self, start: f64, duration: f64, at_start: &V, mean: &V) {
        self.record.dwell(start, duration, at_start, mean);
        self.highest = self.highest.max(at_start.at(self.intensity));
    }

    fn jump(&mut self, time: f64, jump: Jump, after: &V) {
        self.record.jump(time, jump, after);
    }

    fn follows(&self, rises: bool) -> bool {
        self.record.follows(rises)
    }

    fn change(&mut self, change: &Change<V>, mut at: impl FnMut(f64) -> V) {
        let value = |values: V| values.at(self.intensity);
        for (end, time) in [(change.ends.0, 0.0), (change.ends.1, change.duration)] {
            let (told, looked) = (value(end), value(at(time)));
            assert!((told - looked).abs() < 1e-7, "{told} is not {looked} at {time} of {}", change.duration);
        }
        for k in 0..=100 {
            self.highest = self.highest.max(value(at(change.duration * f64::from(k) / 100.0)));
        }
        self.dwells += 1;
        self.record.change(change, at);
    }
}

/// Holds the peaks of 40 trajectories to those of fine grids, which are at most so much lower.
fn as_high_as_on_a_fine_grid<E: Unravelling<Initial = InitialState>, S: System<Values = E::Values>>(
    engine: &E,
    system: &S,
    initial: &InitialState,
) {
    let mut record = Record::new(system, system.number(), &[], 1, Detail::default());
    let mut dwells = 0;
    for number in 0..40 {
        record.clear();
        let mut fine = Fine { record, intensity: system.total_intensity(), highest: 0.0, dwells: 0 };
        let mut rng = stream(5, 0, number);
        let mut state = engine.prepare(initial, &mut rng);
        engine.advance(&mut state, 0.0, 0.7, &mut rng, &mut fine);
        engine.advance(&mut state, 0.7, 3.0, &mut rng, &mut fine);
        record = fine.record;
        let (found, expected) = (record.trace.peak.0, fine.highest);
        // A hundredth of a dwell that turns by 3 at most: 1e-4 of the height.
        assert!(found >= expected * (1.0 - ALIKE) && found <= expected * (1.0 + 1e-3), "{number}: {found} {expected}");
        dwells += fine.dwells;
    }
    assert!(dwells > 40, "{dwells}");
}

#[test]
fn no_dwell_rises_above_the_peak() {
    let scenario = |qubits: &str, rest: &str| {
        point(&format!(
            "[qubits]\nnumber = 4\n{qubits}[[bath]]\nname = \"c\"\ncoupling = \"collective\"\ndown = 0.3\nup = 0.1\n\
             dephasing = 0.1\n[[bath]]\nname = \"l\"\ncoupling = \"local\"\ndown = 0.1\nup = 0.5\ndephasing = 0.2\n{rest}\
             [evolution]\nuntil = 3.0\ntrajectories = 1"
        ))
    };
    let tilted = "[initial]\nstate = \"coherent\"\ntheta = 2.5\n";
    let undriven = &scenario("twisting = 0.1\n", tilted).groups[0];
    as_high_as_on_a_fine_grid(&Ladder::new(&undriven.model, &undriven.hamiltonian), &undriven.model, &undriven.initial);
    let driven = &scenario("", &format!("[drive]\namplitude = 3.0\ndetuning = 1.0\n{tilted}")).groups[0];
    as_high_as_on_a_fine_grid(&DrivenLadder::new(&driven.model, &driven.hamiltonian), &driven.model, &driven.initial);
    let register = driven.register();
    as_high_as_on_a_fine_grid(&Registers::new(&register, true), &register, &driven.initial);
    let unlike = "frequencies = [1.0, 2.0, 0.5, 1.2]\nexchange = 0.8\n";
    let unlike = &scenario(unlike, "[initial]\nstate = \"bits\"\nbits = \"0110\"\n").groups[0];
    as_high_as_on_a_fine_grid(&Registers::new(&unlike.register(), false), &unlike.register(), &unlike.initial);
}

/// A narrow line that is swept through, temperatures and frequencies that pull apart, tables and rest: as high as on a fine
/// grid of each dwell, and no higher than it is there.
#[test]
fn on_a_ramp_no_level_shines_brighter_than_the_peak() {
    let number = 6;
    let filter = Filter::new(300.0, 1.63, FilterForm::Lorentzian).unwrap();
    let line = SpectralDensity::Filtered { on_resonance: 2.0, filter };
    let baths = [
        Reservoir::thermal("line", Coupling::Collective, line, 0.7).unwrap(),
        flat("flat", Coupling::Collective, 0.2, 2.0),
        flat("loss", Coupling::Local, 0.5, 0.3),
    ];
    let sets = |bath: &str, setting, course| Sets { bath: bath.into(), setting, course };
    let first = Segment {
        baths: vec![
            sets("flat", Setting::Temperature, ramp(0.4, 2.0, Shape::Cosine)),
            sets("loss", Setting::Rate, Course::Table(vec![(0.0, 0.0), (0.6, 2.0), (1.5, 0.1)])),
        ],
        ..plain(1.5, ramp(1.0, 2.0, Shape::Linear))
    };
    let back = Course::Table(vec![(0.0, 2.0), (0.3, 1.4), (1.0, 1.7)]);
    let segments = [first, plain(0.5, Course::Held(2.0)), plain(1.0, back)];
    let protocol = Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(2)).unwrap();
    let model = protocol.envelope(number);
    let columns = columns(&[&model], false);
    let detail = Detail { jumps: true, ..Detail::default() };
    let times = [0.7, protocol.end()];
    let record = Record::new(&model, number, &columns, times.len(), detail);
    let mut recorded = Recorded::new(record, &columns, &protocol, &model, &times);
    let chain = ProtocolChain::new(&protocol, number, Pieces::Enough);
    let mut ledger = Ledger::new(&protocol, times.len());
    let initial = InitialState::Dicke(Level::inverted(number));
    let shines = |stage: &Stage, within: f64, level: Level| {
        stage.model(number, within).total_intensity().at(level.lowering(), level.m())
    };
    for path in 0..20 {
        recorded.clear();
        chain.run(&initial, &times, &mut stream(9, 0, path), &mut ledger, &mut recorded);
        recorded.close(&ledger, &times);
        let (height, top) = recorded.record.trace.peak;
        let (mut highest, mut there) = (0.0_f64, 0.0_f64);
        for (index, stage) in (0..2).flat_map(|cycle| protocol.stages().iter().map(move |stage| (cycle, stage))) {
            let begun = f64::from(index) * protocol.period() + stage.start;
            let mut cuts = vec![begun];
            let log = &recorded.record.trace.log;
            let inside = |time: &f64| begun < *time && *time < begun + stage.duration;
            cuts.extend(log.iter().map(|row| row.time).filter(inside));
            cuts.push(begun + stage.duration);
            for ends in cuts.windows(2) {
                let before = log.iter().rev().find(|row| row.time <= ends[0]);
                let level = before.map_or(Level::inverted(number), |row| Level {
                    two_j: (2.0 * row.j) as i64,
                    two_m: (2.0 * row.m) as i64,
                });
                for k in 0..=200 {
                    let time = ends[0] + (ends[1] - ends[0]) * f64::from(k) / 200.0;
                    highest = highest.max(shines(stage, (time - begun).min(stage.duration), level));
                }
                if ends[0] <= top && top <= ends[1] {
                    there = there.max(shines(stage, (top - begun).min(stage.duration), level));
                }
            }
        }
        assert!(height >= highest * (1.0 - 1e-7), "{path}: {height} {highest}");
        assert!((height / there - 1.0).abs() < 1e-6, "{path}: {height}, {there} at {top}");
    }
}

/// A qubit that is turned while its rate goes up: near no jumps, `gamma(t) sin^2 t` for Omega = 2.
#[test]
fn a_driven_qubit_is_brightest_where_its_rate_and_its_turn_agree() {
    let rate = |time: f64| 1e-9 * (2.0 - (std::f64::consts::PI * time / 7.0).cos());
    let fine = (0..=700_000).map(|k| f64::from(k) * 1e-5).map(|time| (rate(time) * time.sin().powi(2), time));
    let (highest, top) = fine.fold((0.0, 0.0), |best, here| if here.0 > best.0 { here } else { best });
    for engine in ["ladder", "register"] {
        for samples in [2, 17] {
            let scenario = point(&format!(
                "[qubits]\nnumber = 1\n{}[drive]\namplitude = 2.0\n[protocol.segment.up]\nduration = 7.0\n\
                 bath.cold.rate = {{ to = 3e-9, shape = \"cosine\" }}\n[initial]\nstate = \"ground\"\n[evolution]\n\
                 engine = \"{engine}\"\nsamples = {samples}\ntrajectories = 3",
                bath("cold", "collective", 1e-9, 0.0)
            ));
            let never = Interrupt::default();
            let mut simulator = simulator(&scenario, &never);
            let (height, time) = simulator.trajectory(0).unwrap().trace.peak;
            let what = format!("{engine}, {samples} samples: {height} at {time}, not {highest} at {top}");
            assert!((height / highest - 1.0).abs() < ALIKE && (time - top).abs() < 1e-4, "{what}");
        }
    }
}
