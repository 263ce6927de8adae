#![allow(missing_docs)]
use ndarray::Array2;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::model::{Drive, Model, Register};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, Record, Registers};
use superjump::units::Units;
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
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let number: i64 = a[2].parse().unwrap();
    let until: f64 = a[3].parse().unwrap();
    let n = number as usize;
    let mut register = valve(number);
    if a[1].contains("driven") {
        register.drive = Some(Drive { amplitude: 1.0, detuning: 0.0 });
    }
    if a[1].contains("disordered") {
        let neighbours = |i: usize, j: usize| i != j && ((i + 1) % n == j || (j + 1) % n == i);
        register.frequencies = (0..n).map(|qubit| 1.0 + 0.1 * (1.0 + qubit as f64).sin()).collect();
        register.exchange = Array2::from_shape_fn((n, n), |(i, j)| if neighbours(i, j) { 0.05 } else { 0.0 });
    }
    let engine = Registers::new(&register, false);
    let initial = InitialState::Dicke(Level::ground(number));
    let mut record = Record::new(&register, number, &columns(&[&register], false), 1, Detail::default());
    for turn in 0..a.get(4).map_or(1, |s| s.parse().unwrap()) {
        let before = record.trace.exchanged.jumps();
        let start = std::time::Instant::now();
        trajectory::run(&engine, &initial, &[until], &mut stream(1, turn, 0), &mut record);
        let jumps = record.trace.exchanged.jumps();
        let _ = before;
        println!(
            "{jumps} jumps, {:.1} k/s, {:.2} us each",
            jumps as f64 / start.elapsed().as_secs_f64() / 1e3,
            start.elapsed().as_secs_f64() * 1e6 / jumps as f64
        );
    }
}
