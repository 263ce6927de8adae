//! Proposals a second on a ramp at N = 100, what a protocol in which nothing changes costs over none, and limit cycles.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use superjump::bath::Coupling;
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::protocol::ProtocolEquation;
use superjump::model::protocol::{Change, Protocol, Repeats, Segment};
use superjump::model::{Course, DriveCourse, Reservoir, Setting, Shape, SpectralDensity};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded, Unwatched};
use superjump::trajectory::{self, Detail, Populations, Record};
use superjump::units::Units;

const NUMBER: i64 = 100;

/// The heat valve: hot, cold, parasitic.
fn valve() -> Vec<Reservoir> {
    let thermal = |name, coupling, gamma, temperature| {
        Reservoir::thermal(name, coupling, SpectralDensity::Flat(gamma), temperature).unwrap()
    };
    vec![
        thermal("hot", Coupling::Collective, 1.0, 3.0),
        thermal("cold", Coupling::Collective, 1.0, 1.0 / 3.0),
        thermal("parasitic", Coupling::Local, 1e-3, 0.1),
    ]
}

fn chain(frequency: Course) -> ProtocolChain {
    let segment = Segment { duration: 60.0, frequency, baths: Vec::new(), drive: DriveCourse::default() };
    let protocol = Protocol::new(Units::Natural, &valve(), &[segment], Repeats::Once).unwrap();
    ProtocolChain::new(&protocol, NUMBER, Pieces::Enough)
}

fn protocol(criterion: &mut Criterion) {
    let initial = InitialState::Dicke(Level::ground(NUMBER));
    let mut group = criterion.benchmark_group("protocol");
    group.sample_size(20);
    for shape in [Shape::Linear, Shape::Cosine] {
        let chain = chain(Course::Ramp { from: 1.0, to: 2.0, shape });
        let mut ledger = Ledger::new(chain.protocol(), 0);
        let mut proposals = || {
            chain.run(&initial, &[], &mut stream(1, 0, 0), &mut ledger, &mut Unwatched);
            ledger.proposals
        };
        group.throughput(Throughput::Elements(proposals()));
        group.bench_function(format!("{shape:?}"), |b| b.iter(&mut proposals));
    }

    let chain = chain(Course::Held(1.0));
    let model = chain.protocol().model(NUMBER, 0.0);
    let engine = Populations::new(&model);
    let mut record = Record::new(&model, NUMBER, &columns(&[&model], false), 1, Detail::default());
    let mut without = || {
        trajectory::run(&engine, &initial, &[60.0], &mut stream(1, 0, 0), &mut record);
        record.trace.exchanged.jumps()
    };
    group.throughput(Throughput::Elements(without()));
    group.bench_function("none", |b| b.iter(&mut without));
    let columns = columns(&[&model], false);
    let record = Record::new(&model, NUMBER, &columns, 1, Detail::default());
    let mut record = Recorded::new(record, &columns, chain.protocol(), &model, &[60.0]);
    let mut ledger = Ledger::new(chain.protocol(), 1);
    group.bench_function("held", |b| {
        b.iter(|| {
            record.clear();
            chain.run(&initial, &[60.0], &mut stream(1, 0, 0), &mut ledger, &mut record);
        });
    });
    group.bench_function("held, unrecorded", |b| {
        b.iter(|| chain.run(&initial, &[60.0], &mut stream(1, 0, 0), &mut ledger, &mut Unwatched));
    });
    group.finish();
}

/// The limit cycle and its noise, in the sector J = N/2 and beside a local bath: strokes with ramps between, and baths
/// that act all the time.
fn limit_cycle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("limit cycle");
    group.sample_size(10);
    let off = |bath: &str| Change { bath: bath.into(), setting: Setting::Rate, course: Course::Held(0.0) };
    let ramp = |from, to| Course::Ramp { from, to, shape: Shape::Linear };
    let strokes = [
        (0.02, Course::Held(1.0), vec![off("hot")]),
        (0.01, ramp(1.0, 2.0), vec![off("hot"), off("cold")]),
        (0.02, Course::Held(2.0), vec![off("cold")]),
        (0.01, ramp(2.0, 1.0), vec![off("hot"), off("cold")]),
    ];
    let always = [(0.03, ramp(1.0, 2.0), Vec::new()), (0.03, ramp(2.0, 1.0), Vec::new())];
    let cycles = [
        ("strokes", 2, strokes.to_vec()),
        ("always", 2, always.to_vec()),
        ("strokes, local", 3, strokes.to_vec()),
        ("always, local", 3, always.to_vec()),
    ];
    for (name, baths, cycle) in cycles {
        let segment =
            |(duration, frequency, baths)| Segment { duration, frequency, baths, drive: DriveCourse::default() };
        let segments: Vec<Segment> = cycle.into_iter().map(segment).collect();
        let protocol = Protocol::new(Units::Natural, &valve()[..baths], &segments, Repeats::Cycles(1)).unwrap();
        let initial = InitialState::Dicke(Level::ground(NUMBER));
        let equation = ProtocolEquation::new(&protocol, NUMBER, &initial).unwrap();
        group.bench_function(name, |b| b.iter(|| equation.limit_cycle().unwrap()));
    }
    group.finish();
}

criterion_group!(benches, protocol, limit_cycle);
criterion_main!(benches);
