//! Registers side by side: each trajectory is the one that it is by itself.

use ndarray::Array2;
use superjump::bath::{Bath, Coupling};
use superjump::initial::InitialState;
use superjump::model::{Model, Register};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, Interrupt, Record, Registers, Run, Trace, Unravelling};
use superjump::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
}

/// Six qubits under all channels: alike; of different frequencies and couplings, with exchange; alike but for an exchange
/// between neighbours, and seven of them.
fn registers() -> [Register; 3] {
    let baths = vec![bath(Coupling::Collective, 0.9, 0.4, 0.3), bath(Coupling::Local, 0.2, 0.3, 0.5)];
    let alike = |number| Register::from(&Model { units: Units::Natural, number, frequency: 0.9, baths: baths.clone() });
    let mut unlike = alike(6);
    unlike.frequencies = (0..6).map(|qubit| 0.9 + 0.7 * (2.0 * qubit as f64 + 1.0).sin()).collect();
    unlike.couplings = vec![1.0, 0.5, -0.7, 1.2, 1.0, 0.5];
    unlike.exchange = Array2::from_shape_fn((6, 6), |(i, j)| if i == j { 0.0 } else { 0.2 * (1 + i * j) as f64 });
    let mut ring = alike(7);
    let neighbours = |i: usize, j: usize| (i + 1) % 7 == j || (j + 1) % 7 == i;
    ring.exchange = Array2::from_shape_fn((7, 7), |(i, j)| if neighbours(i, j) { 0.4 } else { 0.0 });
    [alike(6), unlike, ring]
}

/// To so much, absolutely.
fn close(value: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((value - expected).abs() <= tolerance, "{what}: {value} against {expected}");
}

fn detail() -> Detail {
    Detail { jumps: true, ..Detail::default() }
}

fn initial(register: &Register) -> InitialState {
    InitialState::Bits((0..register.number()).map(|qubit| qubit % 3 != 1).collect())
}

/// What a run keeps of each of so many trajectories, by `run_all` so many at a time.
fn recorded(register: &Register, times: &[f64], count: u64, at_a_time: usize) -> Vec<Trace> {
    let engine = Registers::new(register, false);
    assert!(engine.abreast().is_some());
    let number = register.number() as i64;
    let record = Record::new(register, number, &columns(&[register], false), times.len(), detail());
    let mut records = vec![record; count as usize];
    for (group, records) in records.chunks_mut(at_a_time).enumerate() {
        let number = |at: usize| (group * at_a_time + at) as u64;
        let runs = records.iter_mut().enumerate();
        let mut runs: Vec<_> = runs.map(|(at, record)| Run { rng: stream(5, 2, number(at)), record }).collect();
        assert!(engine.run_all(&initial(register), times, &mut runs));
    }
    records.into_iter().map(|record| record.trace).collect()
}

#[test]
fn a_trajectory_of_a_register_is_the_same_whoever_goes_beside_it() {
    let times = [0.0, 0.3, 0.9, 2.0];
    for register in registers() {
        let [abreast, alone] = [150, 1].map(|at_a_time| recorded(&register, &times, 150, at_a_time));
        assert!(abreast.iter().map(|trace| trace.log.len()).sum::<usize>() > 1000);
        for (abreast, alone) in abreast.iter().zip(&alone) {
            let bits = |trace: &Trace| -> Vec<u64> {
                let (height, time) = trace.peak;
                let jumps = trace.log.iter().flat_map(|row| [row.time, row.m]);
                trace.values.iter().copied().chain([height, time]).chain(jumps).map(f64::to_bits).collect()
            };
            assert_eq!(bits(abreast), bits(alone));
        }
    }
}

/// Both roads draw the same, and so jump alike to the error of their steps.
#[test]
fn a_register_abreast_jumps_when_and_where_it_does_by_itself() {
    let times = [0.0, 0.7, 1.5];
    for register in registers() {
        let engine = Registers::new(&register, false);
        let number = register.number() as i64;
        let mut record = Record::new(&register, number, &columns(&[&register], false), times.len(), detail());
        for (number, abreast) in recorded(&register, &times, 100, 100).iter().enumerate() {
            let mut rng = stream(5, 2, number as u64);
            trajectory::run(&engine, &initial(&register), &times, &mut rng, &mut record);
            let trace = &record.trace;
            assert_eq!(abreast.log.len(), trace.log.len(), "{number}");
            for (one, other) in abreast.log.iter().zip(&trace.log) {
                assert_eq!(one.jump, other.jump, "{number}");
                close(one.m, other.m, 1e-12, "M");
                close(one.time, other.time, 1e-8, "the time of a jump");
            }
            for (one, other) in abreast.values.iter().zip(&trace.values) {
                assert!((one - other).abs() <= 1e-7 * (1.0 + other.abs()) || one.is_nan() && other.is_nan());
            }
            close(abreast.peak.0, trace.peak.0, 1e-7 * trace.peak.0, "the peak");
        }
    }
}

/// A run that is interrupted says so, and stops where it is.
#[test]
fn registers_abreast_hear_that_nobody_waits_for_them() {
    let [register, ..] = registers();
    let engine = Registers::new(&register, false);
    let interrupt = Interrupt::default();
    interrupt.set();
    let record = Record::new(&register, 6, &columns(&[&register], false), 1, detail()).until(&interrupt);
    let mut records = vec![record; 20];
    let runs = records.iter_mut().enumerate();
    let mut runs: Vec<_> = runs.map(|(at, record)| Run { rng: stream(5, 2, at as u64), record }).collect();
    assert!(!engine.run_all(&initial(&register), &[1e12], &mut runs));
}
