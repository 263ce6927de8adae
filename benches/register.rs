//! Jumps per second and core of the register engine, for the heat valve and for qubits that differ.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::{Drive, Model, Register};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, Record, Registers, Run, Unravelling};
use superjump::units::Units;

/// The heat valve: hot, cold, parasitic.
fn valve(number: i64) -> Register {
    let thermal = |name: &str, coupling, gamma, temperature: f64| {
        let x = Units::Natural.energy_over_temperature(1.0, temperature);
        Bath::thermal(name, coupling, gamma, x, temperature)
    };
    let baths = vec![
        thermal("hot", Coupling::Collective, 1.0, 3.0),
        thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
        thermal("parasitic", Coupling::Local, 1e-3, 0.1),
    ];
    Register::from(&Model { units: Units::Natural, number, frequency: 1.0, baths })
}

/// Its qubits detuned by up to 10 %, couplings alike, neighbours in a ring exchanging.
fn disordered(number: i64) -> Register {
    let n = number as usize;
    let neighbours = |i: usize, j: usize| i != j && ((i + 1) % n == j || (j + 1) % n == i);
    let mut register = valve(number);
    register.frequencies = (0..n).map(|qubit| 1.0 + 0.1 * (1.0 + qubit as f64).sin()).collect();
    register.exchange = Array2::from_shape_fn((n, n), |(i, j)| if neighbours(i, j) { 0.05 } else { 0.0 });
    register
}

fn driven(number: i64) -> Register {
    Register { drive: Some(Drive { amplitude: 1.0, detuning: 0.0 }), ..valve(number) }
}

fn jump_rate(criterion: &mut Criterion) {
    for (name, register, numbers) in [
        ("valve", valve as fn(i64) -> Register, &[8, 10, 12, 14][..]),
        ("disordered", disordered, &[8, 10, 12]),
        ("driven", driven, &[6, 8, 10]),
    ] {
        let mut group = criterion.benchmark_group(format!("register/{name}"));
        group.sample_size(10);
        for &number in numbers {
            let register = register(number);
            let engine = Registers::new(&register, false);
            // Some 3,000 jumps from the ground state, one sample at the end.
            let initial = InitialState::Dicke(Level::ground(number));
            let mut record = Record::new(&register, number, &columns(&[&register], false), 1, Detail::default());
            let mut jumps_until = |until: f64| {
                trajectory::run(&engine, &initial, &[until], &mut stream(1, 0, 0), &mut record);
                record.trace.exchanged.jumps()
            };
            let mut until = 1.0;
            while jumps_until(until) < 3_000 {
                until *= 1.5;
            }
            group.throughput(Throughput::Elements(jumps_until(until)));
            group.bench_function(BenchmarkId::from_parameter(number), |b| b.iter(|| jumps_until(until)));
        }
        group.finish();
    }
}

/// Many trajectories at once, side by side.
fn abreast(criterion: &mut Criterion) {
    const RUNS: u64 = 256;
    for (name, register) in [("valve", valve as fn(i64) -> Register), ("disordered", disordered)] {
        let mut group = criterion.benchmark_group(format!("register/abreast/{name}"));
        group.sample_size(10);
        for number in [6, 8, 10, 12, 14] {
            let register = register(number);
            let engine = Registers::new(&register, false);
            let initial = InitialState::Dicke(Level::ground(number));
            let record = Record::new(&register, number, &columns(&[&register], false), 1, Detail::default());
            let mut records: Vec<_> = (0..RUNS).map(|_| record.clone()).collect();
            let mut jumps_until = |until: f64| -> u64 {
                let runs = records.iter_mut().enumerate();
                let run = |(at, record)| Run { rng: stream(1, 0, at as u64), record };
                engine.run_all(&initial, &[until], &mut runs.map(run).collect::<Vec<_>>());
                records.iter().map(|record| record.trace.exchanged.jumps()).sum()
            };
            let mut until = 1.0;
            while jumps_until(until) < 50 * RUNS {
                until *= 1.5;
            }
            group.throughput(Throughput::Elements(jumps_until(until)));
            group.bench_function(BenchmarkId::from_parameter(number), |b| b.iter(|| jumps_until(until)));
        }
        group.finish();
    }
}

criterion_group!(benches, jump_rate, abreast);
criterion_main!(benches);
