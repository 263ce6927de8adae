//! What counting costs: jumps a second of a bare count, and of a stretch that is measured for a steady current, for noise,
//! and for correlations. Measuring may take at most a fifth more.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::Model;
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::statistics::{Counted, Protocol, Qubits, Stretches};
use superjump::trajectory::{self, Detail, Interrupt, Populations, Record};
use superjump::units::Units;

fn valve(number: i64) -> Model {
    let thermal = |name: &str, coupling, gamma, temperature: f64| {
        let x = Units::Natural.energy_over_temperature(1.0, temperature);
        Bath::thermal(name, coupling, gamma, x, temperature)
    };
    let baths = vec![
        thermal("hot", Coupling::Collective, 1.0, 3.0),
        thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
        thermal("parasitic", Coupling::Local, 1e-3, 0.1),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

fn counting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("counting");
    group.sample_size(20);
    for number in [10, 100] {
        let model = valve(number);
        let engine = Populations::new(&model);
        let initial = InitialState::Dicke(Level::ground(number));
        let intensities: Vec<_> = model.baths.iter().map(|bath| model.intensity(bath)).collect();
        let watched = model.heat_current(&model.baths[0]);
        // Some 200,000 jumps, in four windows.
        let until = 4.0 * 50_000.0 / (2.5 * (number * number) as f64 / 4.0);
        let counted = Counted { baths: vec![0, 1], windows: vec![until / 8.0], ..Counted::default() };
        let plain = Protocol {
            warm_up: 0.0,
            window: until / 4.0,
            windows: 4,
            counted: Counted::default(),
            sectors: false,
            conserved: false,
            entropy: None,
            beside: None,
        };
        let noise = Protocol { counted, sectors: true, ..plain.clone() };
        let most = model.baths[0].down * (number * number) as f64 / 4.0;
        let delays =
            Counted { delays: vec![0.0, until / 80.0], shares: vec![80.0 / most / until; 2], ..noise.counted.clone() };
        let correlations = Protocol { counted: delays, ..noise.clone() };

        let mut record = Record::new(&model, number, &columns(&[&model], false), 1, Detail::default());
        let mut recorded = || {
            trajectory::run(&engine, &initial, &[until], &mut stream(1, 0, 0), &mut record);
            record.trace.exchanged.jumps()
        };
        group.throughput(Throughput::Elements(recorded()));
        group.bench_function(BenchmarkId::new("record", number), |b| b.iter(&mut recorded));
        for (name, protocol) in [("current", &plain), ("noise", &noise), ("correlations", &correlations)] {
            let qubits = Qubits {
                engine: &engine,
                initial: &initial,
                number,
                watched,
                intensities: &intensities,
                absorptions: &[],
            };
            let mut stretches = Stretches::new(vec![qubits], protocol, &Interrupt::default());
            let mut sums = protocol.sums();
            let mut measured =
                || stretches.run(&mut stream(1, 0, 0), &mut sums).map_or(0, |replicas| replicas[0].jumps);
            group.throughput(Throughput::Elements(measured()));
            group.bench_function(BenchmarkId::new(name, number), |b| b.iter(&mut measured));
        }
    }
    group.finish();
}

criterion_group!(benches, counting);
criterion_main!(benches);
