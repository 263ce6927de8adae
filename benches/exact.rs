//! The exact road: current and noise of a steady state, and a transient.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Counting, PopulationEquation};
use superjump::model::Model;
use superjump::theory::weak_local_bath;
use superjump::units::Units;

/// The heat valve: hot, cold, parasitic.
fn valve(number: i64) -> Model {
    let baths = vec![
        Bath::thermal("hot", Coupling::Collective, 1.0, 1.0 / 3.0, 3.0),
        Bath::thermal("cold", Coupling::Collective, 1.0, 3.0, 1.0 / 3.0),
        Bath::thermal("parasitic", Coupling::Local, 1e-3, 10.0, 0.1),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

fn exact(criterion: &mut Criterion) {
    let start = |number| InitialState::Dicke(Level::ground(number));
    let mut group = criterion.benchmark_group("exact");
    group.sample_size(10);
    for number in [10, 100, 300] {
        let model = valve(number);
        group.bench_function(BenchmarkId::new("current_and_noise", number), |b| {
            b.iter(|| {
                let equation = PopulationEquation::new(&model, &start(number));
                let counting = Counting::new(&equation).expect("a unique steady state");
                (counting.current(0), counting.noise(0).expect("a small residual"))
            });
        });
    }
    for number in [10, 40, 100] {
        let model = valve(number);
        let times: Vec<f64> = (0..=10).map(f64::from).collect();
        group.bench_function(BenchmarkId::new("transient_of_ten_steps", number), |b| {
            b.iter(|| PopulationEquation::new(&model, &start(number)).transient(&times).expect("a transient"));
        });
    }
    // What benches/peers asks of its tools.
    for number in [40, 100] {
        let model = valve(number);
        let times: Vec<f64> = (0..=20).map(|k| 0.1 * f64::from(k)).collect();
        group.bench_function(BenchmarkId::new("transient_at_21_times", number), |b| {
            b.iter(|| PopulationEquation::new(&model, &start(number)).transient(&times).expect("a transient"));
        });
    }
    group.bench_function(BenchmarkId::new("weak_local_bath", 10_000), |b| b.iter(|| weak_local_bath(&valve(10_000))));
    group.finish();
}

criterion_group!(benches, exact);
criterion_main!(benches);
