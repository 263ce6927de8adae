//! Simulated time a second: jump by jump, and from one local jump to the next. A weak local bath, N = 10 and 100.
#![allow(missing_docs)]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use superjump::bath::{Bath, Coupling};
use superjump::initial::InitialState;
use superjump::model::{Model, Observables};
use superjump::random::stream;
use superjump::trajectory::{Counter, Populations, Sectors, Unravelling};
use superjump::units::Units;

/// A hot and a cold collective bath, and a local one of 1e-4 that spreads the qubits over the sectors.
fn valve(number: i64) -> Model {
    let thermal = |name: &str, coupling, gamma, temperature: f64| {
        let x = Units::Natural.energy_over_temperature(1.0, temperature);
        Bath::thermal(name, coupling, gamma, x, temperature)
    };
    let baths = vec![
        thermal("hot", Coupling::Collective, 1.0, 3.0),
        thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
        thermal("parasitic", Coupling::Local, 1e-4, 1.0),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// One trajectory of this length at a time; an element is a unit of simulated time.
fn measure<E: Unravelling<Values = Observables, Initial = InitialState>>(
    criterion: &mut Criterion,
    name: &str,
    until: u32,
    model: &Model,
    engine: &E,
) {
    let mut group = criterion.benchmark_group("weak_local_bath");
    group.sample_size(10).measurement_time(Duration::from_secs(3)).throughput(Throughput::Elements(u64::from(until)));
    let mut counter = Counter::new(model.baths.len(), model.heat_current(&model.baths[0]));
    let ground = InitialState::Dicke(superjump::dicke::Level::ground(model.number));
    group.bench_function(BenchmarkId::new(name, model.number), |b| {
        let mut number = 0;
        b.iter(|| {
            let mut rng = stream(1, 0, number);
            number += 1;
            let mut state = engine.prepare(&ground, &mut rng);
            engine.advance(&mut state, 0.0, f64::from(until), &mut rng, &mut counter);
        });
    });
    group.finish();
}

fn weak_local_bath(criterion: &mut Criterion) {
    for (number, plain) in [(10, 20_000), (100, 2_000)] {
        let model = valve(number);
        measure(criterion, "populations", plain, &model, &Populations::new(&model));
        measure(criterion, "sectors", 10_000_000, &model, &Sectors::new(&model));
    }
}

criterion_group!(benches, weak_local_bath);
criterion_main!(benches);
