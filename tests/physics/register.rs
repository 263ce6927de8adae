//! The register engine against the full Lindblad equation, the master equation of the ladder, and exact survival.

use crate::common::{assert_within_5_sigma, kolmogorov_smirnov, kolmogorov_smirnov_bound};
use ndarray::Array2;
use num_complex::Complex64;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::density::{self, DensityMatrix};
use superjump::lindblad::{PopulationEquation, RegisterEquation};
use superjump::model::{Drive, Model, Register, RegisterValues};
use superjump::quantity::{Column, Quantity, columns};
use superjump::random::{Stream, stream};
use superjump::statistics::{Ensemble, Resolutions};
use superjump::trajectory::{Detail, Jump, Record, Recorder, Registers, Start, Unravelling};
use superjump::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
}

fn six_channels() -> Vec<Bath> {
    vec![bath(Coupling::Collective, 0.9, 0.4, 0.3), bath(Coupling::Local, 0.2, 0.3, 0.5)]
}

fn identical(number: i64, baths: Vec<Bath>) -> Register {
    Register::from(&Model { units: Units::Natural, number, frequency: 0.9, baths })
}

/// Qubits of different frequencies and couplings, with exchange, under all six kinds of channels.
fn unlike(n: usize) -> Register {
    let mut unlike = identical(n as i64, six_channels());
    unlike.frequencies = (0..n).map(|qubit| 0.9 + 0.7 * (2.0 * qubit as f64 + 1.0).sin()).collect();
    unlike.couplings = (0..n).map(|qubit| [1.0, 0.5, -0.7, 1.2][qubit % 4]).collect();
    unlike.exchange = Array2::from_shape_fn((n, n), |(i, j)| if i == j { 0.0 } else { 0.2 * (1 + i * j) as f64 });
    unlike
}

fn driven(register: Register) -> Register {
    Register { drive: Some(Drive { amplitude: 1.1, detuning: -0.4 }), chi: 0.3, ..register }
}

/// One trajectory of any start, as `trajectory::run` does it.
fn run(engine: &Registers, start: &Start, times: &[f64], rng: &mut Stream, record: &mut Record<RegisterValues>) {
    record.clear();
    let mut state = engine.start(start, rng);
    let mut now = 0.0;
    for (index, &time) in times.iter().enumerate() {
        engine.advance(&mut state, now, time, rng, record);
        record.sample(index, time - now, &engine.observe(&state, time));
        now = time;
    }
}

fn ensemble(
    register: &Register,
    coherent: bool,
    start: &Start,
    times: &[f64],
    trajectories: u64,
    seed: u64,
) -> (Vec<Column>, Ensemble) {
    let engine = Registers::new(register, coherent);
    let columns = columns(&[register], true);
    let number = register.number() as i64;
    let mut record = Record::new(register, number, &columns, times.len(), Detail::default());
    let mut ensemble = Ensemble::new(Resolutions::unknown(columns.len()), times.len(), 0);
    for trajectory in 0..trajectories {
        run(&engine, start, times, &mut stream(seed, 0, trajectory), &mut record);
        ensemble.push(&record.trace);
    }
    (columns, ensemble)
}

/// The exact value of a column, or `None` for what is not linear in the state.
fn exact(
    equation: &RegisterEquation,
    quantum: f64,
    column: &Column,
    rho: &DensityMatrix,
    integral: &DensityMatrix,
    duration: f64,
) -> Option<f64> {
    let bath = column.bath.unwrap_or(0);
    Some(match column.quantity {
        Quantity::HeatCurrent => equation.heat_current(bath, rho),
        Quantity::HeatCurrentInterval => equation.heat_current(bath, integral) / duration,
        Quantity::HeatCurrentCounts => quantum * equation.net_quanta(bath, integral) / duration,
        Quantity::Intensity => equation.intensity(bath, rho),
        Quantity::Jx => equation.jx(rho),
        Quantity::Jy => equation.jy(rho),
        Quantity::Jz => equation.jz(rho),
        Quantity::JSquared => equation.j_squared(rho),
        Quantity::Excited => equation.excited(rho),
        _ => return None,
    })
}

/// Holds every linear column at every time against the full equation: 5 standard errors each, false positives 6e-7.
fn agrees(register: &Register, coherent: bool, start: &Start, rho: &DensityMatrix, seed: u64) {
    let times = [0.0, 0.1, 0.5, 2.0, 5.0];
    let (columns, ensemble) = ensemble(register, coherent, start, &times, 6_000, seed);
    let equation = RegisterEquation::new(register).unwrap();
    let quantum = register.units.quantum(register.frequency);
    let mut compared = 0;
    let mut before = 0.0;
    for (sample, (rho, integral)) in equation.transient_with_integrals(rho, &times).iter().enumerate() {
        let duration = times[sample] - before;
        before = times[sample];
        for (index, column) in columns.iter().enumerate() {
            let estimate = ensemble.on_grid(sample, index);
            let exact = exact(&equation, quantum, column, rho, integral, duration);
            if let (Some(mut estimate), Some(exact)) = (estimate, exact) {
                // A spread of rounding errors is none: the value is then held to the error of the propagator.
                estimate.std_error = estimate.std_error.filter(|error| *error > 1e-13);
                assert_within_5_sigma(estimate, exact, &format!("seed {seed}: {column:?} at {before}"));
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

fn angles(n: usize) -> Vec<(f64, f64)> {
    [(0.3, 1.0), (1.3, -2.0), (2.9, 0.1), (1.8, 0.6)][..n].to_vec()
}

#[test]
fn disorder_and_exchange_agree_with_the_full_equation_in_blocks() {
    for n in 1..=4 {
        let text = &"0110"[..n];
        let bits = text.chars().map(|character| character == '1').collect();
        agrees(&unlike(n), false, &Start::Bits(bits), &density::bits(text).unwrap(), n as u64);
    }
    let si = Register {
        units: Units::Si,
        frequencies: vec![4.0, 4.1, 3.95],
        frequency: 4.0,
        exchange: unlike(3).exchange * 0.1,
        ..unlike(3)
    };
    agrees(&si, false, &Start::Bits(vec![true, true, false]), &density::bits("110").unwrap(), 6);
    let mixed = Start::Mixed(vec![0.3; 4]);
    agrees(&unlike(4), false, &mixed, &density::thermal(4, 0.3), 5);
}

/// Tens of linewidths apart, small registers move in the eigenbasis of H_eff: in blocks, and driven as a whole.
#[test]
fn far_detuned_qubits_agree_with_the_full_equation() {
    let mut far = identical(3, six_channels());
    far.frequencies = vec![0.9, 40.9, -70.0];
    far.couplings = vec![1.0, 0.5, -0.7];
    agrees(&far, false, &Start::Bits(vec![true, false, true]), &density::bits("101").unwrap(), 7);
    agrees(&far, false, &Start::Mixed(vec![0.3; 3]), &density::thermal(3, 0.3), 8);
    far.drive = Some(Drive { amplitude: 60.0, detuning: 40.0 });
    agrees(&far, true, &Start::Product(angles(3)), &density::product(&angles(3)), 9);
}

#[test]
fn superpositions_agree_with_the_full_equation_in_the_lab_frame() {
    for n in [1, 4] {
        let start = Start::Product(angles(n));
        agrees(&unlike(n), true, &start, &density::product(&angles(n)), 10 + n as u64);
    }
    // Couplings alike take another path.
    let start = Start::Product(angles(4));
    agrees(&identical(4, six_channels()), true, &start, &density::product(&angles(4)), 20);
    let ghz = Start::new(&InitialState::Ghz { phase: 0.0 }, 4);
    agrees(&unlike(4), true, &ghz, &density::ghz(4), 21);
}

#[test]
fn a_drive_with_jumps_agrees_with_the_full_equation() {
    for n in [1, 4] {
        let start = Start::Product(angles(n));
        agrees(&driven(unlike(n)), true, &start, &density::product(&angles(n)), 30 + n as u64);
    }
    let ground = Start::Bits(vec![false; 4]);
    agrees(&driven(identical(4, six_channels())), true, &ground, &density::bits("0000").unwrap(), 40);
}

#[test]
fn without_jumps_every_average_is_that_of_the_matrix_exponential() {
    // One trajectory, no randomness: to 1e-9 of a vector of norm 1 after some dozen steps of 1e-10 each.
    for n in [1, 4] {
        let register = Register { baths: vec![], ..driven(unlike(n)) };
        let times = [0.0, 0.1, 0.5, 2.0, 7.0];
        let start = Start::Product(angles(n));
        let (columns, ensemble) = ensemble(&register, true, &start, &times, 1, 0);
        let equation = RegisterEquation::new(&register).unwrap();
        let states = equation.transient_with_integrals(&density::product(&angles(n)), &times);
        for (sample, (rho, integral)) in states.iter().enumerate() {
            for (index, column) in columns.iter().enumerate() {
                let found = ensemble.on_grid(sample, index).unwrap().mean;
                if let Some(exact) = exact(&equation, 1.0, column, rho, integral, 1.0) {
                    assert!((found - exact).abs() < 1e-9, "{column:?} at {}: {found} {exact}", times[sample]);
                }
            }
        }
    }
}

#[test]
fn identical_qubits_are_those_of_the_ladder() {
    let baths = six_channels();
    let model = Model { units: Units::Natural, number: 6, frequency: 0.9, baths };
    let register = Register::from(&model);
    let times = [0.1, 0.6, 3.0];
    let level = |two_j, two_m| InitialState::Dicke(Level::new(6, two_j, two_m).unwrap());
    for (seed, initial) in [
        level(6, 6),
        level(4, -2),
        level(0, 0),
        InitialState::Product { excited: 2 },
        InitialState::Thermal { probability: 0.3 },
        InitialState::Coherent { theta: 1.0, phi: 0.4 },
    ]
    .iter()
    .enumerate()
    {
        let start = Start::new(initial, 6);
        let (columns, ensemble) = ensemble(&register, false, &start, &times, 4_000, 50 + seed as u64);
        for (sample, exact) in PopulationEquation::new(&model, initial).transient(&times).unwrap().iter().enumerate() {
            let now = exact.now;
            for (index, column) in columns.iter().enumerate() {
                let of = |form: superjump::model::Linear| form.at(now.emission, now.jz);
                let exact = match (column.quantity, column.bath) {
                    (Quantity::HeatCurrent, Some(bath)) => of(model.heat_current(&model.baths[bath])),
                    (Quantity::Intensity, Some(bath)) => of(model.intensity(&model.baths[bath])),
                    (Quantity::Jz, _) => now.jz,
                    (Quantity::JSquared, _) => now.j_squared,
                    _ => continue,
                };
                let estimate = ensemble.on_grid(sample, index).unwrap();
                assert_within_5_sigma(estimate, exact, &format!("{initial:?}: {column:?} at {}", times[sample]));
            }
        }
    }
}

#[test]
fn a_sharp_j_has_no_spread() {
    // What is conserved shows no standard error made of rounding.
    let register = identical(6, vec![bath(Coupling::Collective, 0.9, 0.4, 0.3)]);
    for (two_j, value) in [(6, 12.0), (4, 6.0), (0, 0.0)] {
        let start = Start::new(&InitialState::Dicke(Level::new(6, two_j, 0).unwrap()), 6);
        let (columns, ensemble) = ensemble(&register, false, &start, &[0.3, 3.0], 50, 80);
        let column = columns.iter().position(|column| column.quantity == Quantity::JSquared).unwrap();
        for sample in 0..2 {
            let estimate = ensemble.on_grid(sample, column).unwrap();
            assert_eq!((estimate.mean, estimate.std_error), (value, None));
        }
    }
}

/// The time of the first jump.
#[derive(Default)]
struct First(Option<f64>);

impl Recorder<RegisterValues> for First {
    fn dwell(&mut self, _: f64, _: f64, _: &RegisterValues, _: &RegisterValues) {}

    fn jump(&mut self, time: f64, _: Jump, _: &RegisterValues) {
        self.0 = self.0.or(Some(time));
    }
}

/// -i H_eff of a register, written out over the masks.
fn effective(register: &Register) -> Array2<Complex64> {
    let n = register.number();
    let d = 1 << n;
    let sigma = |qubit: usize| {
        Array2::from_shape_fn((d, d), |(row, column)| {
            Complex64::from(f64::from(u8::from(row ^ column == 1 << qubit && column >> qubit & 1 == 1)))
        })
    };
    let adjoint = |a: &Array2<Complex64>| a.t().mapv(|value| value.conj());
    let sum = |weights: &[f64]| {
        weights.iter().enumerate().fold(Array2::zeros((d, d)), |sum, (q, w)| sum + sigma(q) * Complex64::from(*w))
    };
    let z = |qubit: usize| {
        let lowering = sigma(qubit);
        adjoint(&lowering).dot(&lowering) - Array2::<Complex64>::eye(d) * Complex64::from(0.5)
    };
    let jz = (0..n).fold(Array2::<Complex64>::zeros((d, d)), |sum, qubit| sum + z(qubit));
    let mut h = jz.dot(&jz) * Complex64::from(register.chi);
    let frame = register.drive.map_or(0.0, |drive| register.frequency - drive.detuning);
    for i in 0..n {
        h = h + z(i) * Complex64::from(register.frequencies[i] - frame);
        for j in i + 1..n {
            let hop = adjoint(&sigma(i)).dot(&sigma(j));
            h = h + (&hop + &adjoint(&hop)) * Complex64::from(register.exchange[(i, j)]);
        }
    }
    if let Some(drive) = register.drive {
        let lowering = sum(&vec![1.0; n]);
        h = h + (&lowering + &adjoint(&lowering)) * Complex64::from(drive.amplitude / 2.0);
    }
    let mut loss = Array2::<Complex64>::zeros((d, d));
    for bath in &register.baths {
        let (lowering, dephasing): (Vec<_>, Vec<_>) = match bath.coupling {
            Coupling::Collective => (vec![sum(&register.couplings)], vec![jz.clone()]),
            Coupling::Local => ((0..n).map(sigma).collect(), (0..n).map(z).collect()),
        };
        for l in &lowering {
            loss =
                loss + adjoint(l).dot(l) * Complex64::from(bath.down) + l.dot(&adjoint(l)) * Complex64::from(bath.up);
        }
        for l in &dephasing {
            loss = loss + l.dot(l) * Complex64::from(bath.dephasing);
        }
    }
    h * Complex64::new(0.0, -1.0) - loss * Complex64::from(0.5)
}

/// |exp(tA) psi|^2 at ascending times, by Taylor series over short steps.
fn survival(a: &Array2<Complex64>, psi: &[Complex64], times: &[f64]) -> Vec<f64> {
    let mut psi = ndarray::Array1::from(psi.to_vec());
    let mut now = 0.0;
    times
        .iter()
        .map(|&time| {
            let steps = ((time - now) * 20.0).ceil().max(1.0);
            for _ in 0..steps as u64 {
                let mut term = psi.clone();
                for order in 1..30 {
                    term = a.dot(&term) * Complex64::from((time - now) / steps / f64::from(order));
                    psi += &term;
                }
            }
            now = time;
            psi.iter().map(Complex64::norm_sqr).sum()
        })
        .collect()
}

#[test]
fn waits_follow_the_exact_survival_of_a_superposition() {
    // Kolmogorov-Smirnov at 0.001 for each of four models, seeds fixed.
    let slow = |mut register: Register| {
        register.baths = vec![bath(Coupling::Collective, 0.5, 0.1, 0.2), bath(Coupling::Local, 0.05, 0.02, 0.03)];
        register
    };
    let models = [
        (unlike(4), true),
        (driven(unlike(4)), true),
        (slow(driven(unlike(3))), true),
        (slow(identical(4, vec![])), true),
    ];
    for (seed, (register, coherent)) in models.iter().enumerate() {
        let n = register.number();
        let start = Start::Product(angles(n));
        let engine = Registers::new(register, *coherent);
        let psi = start.draw(&mut stream(0, 0, 0));
        let mut times: Vec<f64> = (0..3_000)
            .map(|trajectory| {
                let mut rng = stream(60 + seed as u64, 0, trajectory);
                let mut state = engine.start(&start, &mut rng);
                let mut first = First::default();
                let mut now = 0.0;
                // In stretches: cutting a wait changes nothing.
                while first.0.is_none() {
                    engine.advance(&mut state, now, now + 1.0, &mut rng, &mut first);
                    now += 1.0;
                }
                first.0.unwrap()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let exact = survival(&effective(register), &psi, &times);
        let cdf: Vec<(f64, f64)> = times.iter().copied().zip(exact).collect();
        let distance = kolmogorov_smirnov(&mut times, |time| {
            let index = cdf.partition_point(|(other, _)| *other < time);
            1.0 - cdf[index].1
        });
        let bound = kolmogorov_smirnov_bound(times.len());
        assert!(distance < bound, "model {seed}: {distance} of {bound}");
    }
}

#[test]
fn a_dark_state_waits_for_ever_in_few_steps() {
    // The singlet of two qubits, and detuned, which makes it bright at a rate of the square of the detuning.
    let mut register = identical(2, vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)]);
    let singlet = Start::new(&InitialState::Dicke(Level::new(2, 0, 0).unwrap()), 2);
    let engine = Registers::new(&register, false);
    let mut rng = stream(1, 0, 0);
    let mut state = engine.start(&singlet, &mut rng);
    let mut first = First::default();
    engine.advance(&mut state, 0.0, 1e9, &mut rng, &mut first);
    assert_eq!(first.0, None);

    let detuning: f64 = 0.02;
    register.frequencies = vec![0.9 + detuning / 2.0, 0.9 - detuning / 2.0];
    let engine = Registers::new(&register, false);
    let waits = 2_000;
    let mean: f64 = (0..waits)
        .map(|trajectory| {
            let mut rng = stream(70, 0, trajectory);
            let mut state = engine.start(&singlet, &mut rng);
            let mut first = First::default();
            engine.advance(&mut state, 0.0, 1e9, &mut rng, &mut first);
            first.0.unwrap()
        })
        .sum::<f64>()
        / waits as f64;
    // H_eff couples the singlet to the triplet |1,0>, whose loss is 2, by delta = detuning/2. With S and T their
    // weights and y = Im(s* t): S' = 2 delta y, T' = -2T - 2 delta y, y' = delta (T - S) - y. Integrated over all
    // times, y gives -1/(2 delta), T gives 1/2, S gives 1/2 + 1/(2 delta^2); S + T is the mean wait.
    let delta = detuning / 2.0;
    let exact = 1.0 + 1.0 / (2.0 * delta * delta);
    // Nearly exponential: 5/sqrt(2000).
    assert!((mean / exact - 1.0).abs() < 5.0 / f64::from(waits as u32).sqrt(), "{mean} {exact}");
}

/// The first of two qubits is excited, of couplings 1 and 1/2 to a cold bath: a fifth of the weight is dark, and stays for as
/// long as anyone looks, at no cost.
#[test]
fn a_dark_state_lasts_for_ever() {
    let mut register = identical(2, vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)]);
    register.couplings = vec![1.0, 0.5];
    let engine = Registers::new(&register, false);
    let (columns, times) = (columns(&[&register], true), [1e9, 1e12]);
    let mut record = Record::new(&register, 2, &columns, times.len(), Detail::default());
    let initial = InitialState::Bits(vec![true, false]);
    let paths = 4_000;
    let mut dark = 0;
    for path in 0..paths {
        assert!(superjump::trajectory::run(&engine, &initial, &times, &mut stream(3, 0, path), &mut record));
        let (_, m) = record.trace.final_level();
        assert!(m.abs() < 1e-12 || (m + 1.0).abs() < 1e-12, "{m}");
        dark += u64::from(m.abs() < 1e-12);
    }
    // Five standard deviations of a binomial.
    let off = (dark as f64 - 0.2 * paths as f64) / (0.16 * paths as f64).sqrt();
    assert!(off.abs() < 5.0, "{dark} of {paths}");
}
