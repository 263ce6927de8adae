//! Jumps a second of the populations and the ladder engine, without a drive and with one: three baths, N from 2 to 10,000.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use superjump::bath::{Bath, Coupling, occupation};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::{Drive, Hamiltonian, Model, Observables};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, DrivenLadder, Ladder, Populations, Record, Unravelling};
use superjump::units::Units;

/// The heat valve: hot, cold, parasitic.
fn valve(number: i64) -> Model {
    let thermal = |name: &str, coupling, gamma, temperature: f64| {
        let x = Units::Natural.energy_over_temperature(1.0, temperature);
        assert!(occupation(x).is_finite());
        Bath::thermal(name, coupling, gamma, x, temperature)
    };
    let baths = vec![
        thermal("hot", Coupling::Collective, 1.0, 3.0),
        thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
        thermal("parasitic", Coupling::Local, 1e-3, 0.1),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// One trajectory of some `wanted` jumps at a time, one sample at the end.
fn measure<E: Unravelling<Values = Observables, Initial = InitialState>>(
    criterion: &mut Criterion,
    name: &str,
    numbers: &[i64],
    engine: impl Fn(&Model) -> E,
    initial: impl Fn(i64) -> InitialState,
    wanted: impl Fn(i64) -> u64,
) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    for &number in numbers {
        let model = valve(number);
        let (engine, initial) = (engine(&model), initial(number));
        let mut record = Record::new(&model, number, &columns(&[&model], false), 1, Detail::default());
        let mut jumps_until = |until: f64| {
            trajectory::run(&engine, &initial, &[until], &mut stream(1, 0, 0), &mut record);
            record.trace.exchanged.jumps()
        };
        let mut until = 1.0 / (number * number) as f64;
        while jumps_until(until) < wanted(number) {
            until *= 1.5;
        }
        group.throughput(Throughput::Elements(jumps_until(until)));
        group.bench_function(BenchmarkId::from_parameter(number), |b| b.iter(|| jumps_until(until)));
    }
    group.finish();
}

fn jump_rate(criterion: &mut Criterion) {
    let ground = |n| InitialState::Dicke(Level::ground(n));
    let all = [2, 10, 100, 1000, 10_000];
    measure(criterion, "populations", &all, Populations::new, ground, |_| 200_000);
    // A coherent state on the equator: as many levels as there can be.
    let equator = |_| InitialState::Coherent { theta: std::f64::consts::FRAC_PI_2, phi: 0.0 };
    let undriven = |model: &Model| Ladder::new(model, &Hamiltonian::default());
    measure(criterion, "ladder", &all, undriven, equator, |n| 200_000 / n as u64 + 100);
    let drive = Hamiltonian { drive: Some(Drive { amplitude: 0.6, detuning: 0.0 }), chi: 0.0 };
    let driven = |model: &Model| DrivenLadder::new(model, &drive);
    measure(criterion, "driven", &[20, 100, 1000], driven, ground, |n| 400_000 / n as u64 + 500);
}

criterion_group!(benches, jump_rate);
criterion_main!(benches);
