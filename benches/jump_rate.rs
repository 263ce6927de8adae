//! Jumps a second of the populations engine: three baths, N from 2 to 10,000.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use superjump::bath::{Bath, Coupling, occupation};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::Model;
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, Populations, Record};
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

fn jump_rate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("populations");
    group.sample_size(20);
    for number in [2, 10, 100, 1000, 10_000] {
        let model = valve(number);
        let engine = Populations::new(&model);
        // Some 200,000 jumps from the ground state, one sample at the end.
        let initial = InitialState::Dicke(Level::ground(number));
        let mut record = Record::new(&model, number, &columns(&[&model], false), 1, Detail::default());
        let mut jumps_until = |until: f64| {
            trajectory::run(&engine, &initial, &[until], &mut stream(1, 0, 0), &mut record);
            record.trace.jumps
        };
        let mut until = 1.0 / (number * number) as f64;
        while jumps_until(until) < 200_000 {
            until *= 1.5;
        }
        group.throughput(Throughput::Elements(jumps_until(until)));
        group.bench_function(BenchmarkId::from_parameter(number), |b| b.iter(|| jumps_until(until)));
    }
    group.finish();
}

criterion_group!(benches, jump_rate);
criterion_main!(benches);
