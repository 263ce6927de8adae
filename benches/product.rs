//! Jumps per second and core of the product engine: two ensembles of 25 qubits in one bath, with local baths, and 100 in a
//! cavity; trajectories per second and core of emitters in space.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use num_complex::Complex64;
use superjump::dicke::Level;
use superjump::group::{Ensembles, MOST_WATCHED};
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::model::Rates;
use superjump::model::emitters::{Emitters, Field, Lattice, modes};
use superjump::model::operator::Parameters;
use superjump::model::product::{Factor, Product, ProductForm};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{Counter, Detail, Products, Record, Run, Unravelling};
use superjump::units::Units;

fn rates(down: f64, up: f64) -> Rates {
    Rates { down, up, dephasing: 0.0 }
}

/// Detuned by as much as the rate of one qubit, between a hot and a cold bath.
fn valve(local: bool) -> (Product, ProductStart) {
    let factors = vec![Factor::ensemble("a", 25, 1.5), Factor::ensemble("b", 25, 0.5)];
    let both = [("a", Complex64::ONE), ("b", Complex64::from(0.8))];
    let mut product = Product::new(Units::Natural, factors)
        .and_then(|product| product.collective("hot", &both, rates(1.0, 0.6)))
        .and_then(|product| product.collective("cold", &both, rates(0.5, 0.1)))
        .unwrap();
    if local {
        product = product.local("loss", &["a", "b"], rates(0.5, 0.2)).unwrap();
    }
    let start = vec![FactorStart::Qubits(InitialState::Dicke(Level::ground(25))); 2];
    let start = ProductStart::new(&product, start).unwrap();
    (product, start)
}

/// A burst of 100 qubits into a cavity that leaks.
fn cavity() -> (Product, ProductStart) {
    let factors = vec![Factor::ensemble("a", 100, 0.0), Factor::mode("c", None, 0.0)];
    let product = Product::new(Units::Natural, factors).unwrap();
    let term = product.operator("a.Jp * c.a + a.Jm * c.ad", &Parameters::new()).unwrap();
    let product = product.with_term(&term).and_then(|p| p.local("leak", &["c"], rates(20.0, 0.0))).unwrap();
    let start = vec![FactorStart::Qubits(InitialState::Dicke(Level::inverted(100))), FactorStart::Number(0)];
    let start = ProductStart::new(&product, start).unwrap();
    (product, start)
}

fn jump_rate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product");
    group.sample_size(10);
    for (name, (product, start), until) in
        [("25 + 25", valve(false), 40.0), ("25 + 25, local", valve(true), 40.0), ("100 in a cavity", cavity(), 20.0)]
    {
        let engine = Products::new(&product, &start, []).unwrap();
        let mut counter = Counter::new(product.baths().len(), ProductForm::default());
        let mut jumps = || {
            counter.clear();
            let mut rng = stream(1, 0, 0);
            let mut state = engine.prepare(&start, &mut rng);
            engine.advance(&mut state, 0.0, until, &mut rng, &mut counter);
            counter.exchanged.jumps()
        };
        group.throughput(Throughput::Elements(jumps()));
        group.bench_function(name, |b| b.iter(&mut jumps));
    }
    group.finish();
}

/// A row of inverted atoms in free space, their dipoles across it.
fn row(number: usize, spacing: f64) -> Ensembles {
    let field = Field::FreeSpace { dipole: [0.0, 0.0, 1.0].map(Complex64::from) };
    let atoms = Emitters::new(Lattice::Chain(number).points(spacing), field).unwrap();
    let factors = (0..number).map(|j| Factor::ensemble(&format!("q{j}"), 1, 0.0)).collect();
    let product = Product::new(Units::Natural, factors)
        .and_then(|product| product.exchanging(&atoms.exchange()))
        .and_then(|product| product.decay("light", &modes(&atoms.decay()).unwrap(), 1.0, 0.0))
        .unwrap();
    let start = vec![FactorStart::Qubits(InitialState::Dicke(Level::inverted(1))); number];
    let start = ProductStart::new(&product, start).unwrap();
    Ensembles::new(product, start, Vec::new())
}

/// Until 3/Gamma_0, where one sample is taken.
fn emitters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("emitters");
    group.sample_size(10);
    for (number, spacing, count) in [(8, 0.1, 256), (12, 0.1, 256), (12, 0.3, 256), (12, 0.5, 256), (16, 0.1, 32)] {
        let row = row(number, spacing);
        let watched = row.watched().to_vec();
        let engine =
            Products::<MOST_WATCHED>::watching(row.unravelled(), row.start(), watched, row.followed()).unwrap();
        let record = Record::new(&row, number as i64, &columns(&[&row], false), 1, Detail::default());
        let mut records = vec![record; count];
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{number} at {spacing} wavelengths"), |b| {
            b.iter(|| {
                let rng = |number| stream(1, 0, number as u64);
                let runs = records.iter_mut().enumerate().map(|(number, record)| Run { rng: rng(number), record });
                engine.run_all(row.start(), &[3.0], &mut runs.collect::<Vec<_>>())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, jump_rate, emitters);
criterion_main!(benches);
