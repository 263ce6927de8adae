//! The highest intensity of a trajectory, between jumps too: whatever the grid, whatever cuts the evolution.

use crate::common::{bath, point, run};
use superjump::campaign::simulator;
use superjump::initial::InitialState;
use superjump::model::{System, Values};
use superjump::random::stream;
use superjump::trajectory::{
    Change, Detail, DrivenLadder, Interrupt, Jump, Ladder, Record, Recorder, Registers, Unravelling,
};

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

    fn follows(&self) -> bool {
        self.record.follows()
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
