//! Products of ensembles and modes: the exact module and the engine against an independent solver and closed forms.

use ndarray::Array2;
use num_complex::Complex64;
use serde_json::Value;
use superjump::bath::{Bath, Coupling, Process};
use superjump::dicke::Level;
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::lindblad::{ProductDensity, ProductEquation, RegisterEquation, density};
use superjump::model::operator::{Operator, Parameters};
use superjump::model::product::{Factor, Product, TwoTimes};
use superjump::model::{Drive, Model, Rates, Register};
use superjump::units::Units;

use crate::common::{number, numbers};

/// Figures of an independent solution in the full space of 2^N.
pub fn ensembles(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/ensembles.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

pub fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

pub const NAMES: [&str; 3] = ["a", "b", "c"];

pub fn rates(down: f64, up: f64, dephasing: f64) -> Rates {
    Rates { down, up, dephasing }
}

pub fn read(product: &Product, text: &str) -> Operator {
    product.operator(text, &Parameters::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// A state of 2J and 2M of an ensemble.
pub fn level(two_j: i64, two_m: i64) -> FactorStart {
    FactorStart::Qubits(InitialState::Dicke(Level { two_j, two_m }))
}

/// Ensembles a, b, c of these numbers and frequencies.
pub fn ensembles_of(numbers: &[i64], frequencies: &[f64]) -> Product {
    let of = |(index, (number, frequency)): (usize, (&i64, &f64))| Factor::ensemble(NAMES[index], *number, *frequency);
    let factors = numbers.iter().zip(frequencies).enumerate().map(of).collect();
    Product::new(Units::Natural, factors).unwrap()
}

fn amplitudes(c: &Value) -> Vec<(&'static str, Complex64)> {
    numbers(c).iter().enumerate().map(|(index, c)| (NAMES[index], Complex64::from(*c))).collect()
}

pub fn rate_of(bath: &Value, which: &str) -> f64 {
    bath[which].as_f64().unwrap_or(0.0)
}

pub fn all_rates(bath: &Value) -> Rates {
    rates(rate_of(bath, "down"), rate_of(bath, "up"), rate_of(bath, "dephasing"))
}

/// A case of ensembles that emit into one bath at zero temperature, and its start.
pub fn burst(case: &Value) -> (Product, ProductStart) {
    let frequencies = case.get("omega").map_or_else(|| vec![0.0; 2], numbers);
    let n = integers(&case["N"]);
    let down = case.get("down").map_or(1.0, number);
    let product = ensembles_of(&n, &frequencies).collective("cavity", &amplitudes(&case["c"]), rates(down, 0.0, 0.0));
    let exchange = case.get("exchange").map_or(0.0, number);
    let product = product.unwrap();
    let term = read(&product, &format!("{exchange} * (a.Jp * b.Jm + a.Jm * b.Jp)"));
    let product = product.with_term(&term).unwrap();
    let starts = n.iter().zip(numbers(&case["start_M"])).map(|(n, m)| level(*n, (2.0 * m).round() as i64));
    let start = ProductStart::new(&product, starts.collect()).unwrap();
    (product, start)
}

pub fn close(found: f64, value: f64, tolerance: f64, what: &str) {
    assert!((found - value).abs() < tolerance * value.abs().max(1.0), "{what}: {found}, not {value}");
}

pub fn real(equation: &ProductEquation, operator: &Operator, rho: &ProductDensity) -> f64 {
    equation.mean(operator, rho).re
}

#[test]
fn bursts_of_two_ensembles_are_golden() {
    for case in ensembles("burst") {
        let name = case["name"].as_str().unwrap();
        let (product, start) = burst(&case);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let mut rho = equation.initial(&start);
        let [jz1, jz2] = ["a.Jz", "b.Jz"].map(|text| read(&product, text));
        let intensity = product.intensity(0, Process::Emission);
        let before = real(&equation, &jz1, &rho) + real(&equation, &jz2, &rho);
        let mut now = 0.0;
        for row in case["rows"].as_array().unwrap().iter().map(numbers) {
            equation.advance(&mut rho, row[0] - now);
            now = row[0];
            let values = [&jz1, &jz2, &intensity].map(|operator| real(&equation, operator, &rho));
            for (found, value) in values.into_iter().zip(&row[1..]) {
                close(found, *value, 1e-8, &format!("{name} at {now}"));
            }
            // What has left the qubits is in the bath.
            close(before - values[0] - values[1], row[4], 1e-8, name);
        }
    }
}

#[test]
fn trapped_excitations_are_golden() {
    for case in ensembles("trapped") {
        let (product, start) = burst(&case);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let mut rho = equation.initial(&start);
        equation.advance(&mut rho, 40.0);
        let left = integers(&case["N"]).iter().sum::<i64>() as f64 / 2.0
            + real(&equation, &read(&product, "a.Jz + b.Jz"), &rho);
        close(left, number(&case["excitations_left"]), 1e-8, &case["N"].to_string());
    }
}

#[test]
fn a_large_inverted_ensemble_leaves_a_small_one_inverted() {
    for case in ensembles("negative_temperature") {
        let n = integers(&case["N"]);
        let product = ensembles_of(&n, &[0.0; 2]);
        let both = NAMES[..2].iter().map(|name| (*name, Complex64::ONE)).collect::<Vec<_>>();
        let product = product.collective("cavity", &both, rates(1.0, 0.0, 0.0)).unwrap();
        let start = ProductStart::new(&product, vec![level(n[0], n[0]), level(n[1], -n[1])]).unwrap();
        // The small one ends inverted.
        assert!(number(&case["jz2"]) > 0.0);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let mut rho = equation.initial(&start);
        equation.advance(&mut rho, 20.0);
        for (text, key) in [("a.Jz", "jz1"), ("b.Jz", "jz2")] {
            close(real(&equation, &read(&product, text), &rho), number(&case[key]), 1e-8, key);
        }
        // P_J = (2J+1) (2J_1)! (2J_2)!/[(J_1+J_2+J+1)! (J_1+J_2-J)!] of the total J, whose J(J+1) is conserved.
        let factorial = |n: i64| (1..=n).map(|k| k as f64).product::<f64>();
        let of = |two_j: i64| {
            let (above, below) = ((n[0] + n[1] + two_j) / 2, (n[0] + n[1] - two_j) / 2);
            (two_j + 1) as f64 * factorial(n[0]) * factorial(n[1]) / factorial(above + 1) / factorial(below)
        };
        let two_js = ((n[0] - n[1]).abs()..=n[0] + n[1]).step_by(2);
        for (golden, two_j) in case["P_J"].as_array().unwrap().iter().map(numbers).zip(two_js.clone()) {
            assert!(
                2.0 * golden[0] == two_j as f64 && (golden[1] - of(two_j)).abs() < 1e-12,
                "2J = {two_j}: {golden:?}"
            );
        }
        let total = read(&product, "(a.Jx + b.Jx)^2 + (a.Jy + b.Jy)^2 + (a.Jz + b.Jz)^2");
        let expected: f64 = two_js.map(|two_j| of(two_j) * (two_j * (two_j + 2)) as f64 / 4.0).sum();
        close(real(&equation, &total, &rho), expected, 1e-8, "J(J+1)");
    }
}

/// A case between collective baths of all classes and local ones of some.
pub fn between(case: &Value) -> Product {
    let n = integers(&case["N"]);
    let mut product = ensembles_of(&n, &numbers(&case["omega"]));
    for bath in case["collective"].as_array().unwrap() {
        let name = bath["name"].as_str().unwrap();
        product = product.collective(name, &amplitudes(&case["c"]), all_rates(bath)).unwrap();
    }
    for bath in case["local"].as_array().unwrap() {
        let classes: Vec<&str> = integers(&bath["classes"]).iter().map(|class| NAMES[*class as usize]).collect();
        product = product.local(bath["name"].as_str().unwrap(), &classes, all_rates(bath)).unwrap();
    }
    product
}

fn ground(product: &Product, n: &[i64]) -> ProductStart {
    ProductStart::new(product, n.iter().map(|n| level(*n, -n)).collect()).unwrap()
}

#[test]
fn steady_states_of_classes_are_golden() {
    for case in ensembles("steady").into_iter().chain(ensembles("synchronization")) {
        let name = case["name"].as_str().unwrap();
        let (product, result) = (between(&case), &case["result"]);
        let n = integers(&case["N"]);
        let equation = ProductEquation::new(&product, &ground(&product, &n)).unwrap();
        let rho = equation.steady().unwrap();
        let mean = |text: &str| equation.mean(&read(&product, text), &rho);
        for (class, jz) in numbers(&result["jz"]).iter().enumerate() {
            close(mean(&format!("{}.Jz", NAMES[class])).re, *jz, 1e-8, name);
        }
        for cross in result["cross"].as_array().unwrap().iter().map(numbers) {
            let [i, j] = [cross[0], cross[1]].map(|class| NAMES[class as usize]);
            let found = mean(&format!("{i}.Jp * {j}.Jm"));
            assert!((found - Complex64::new(cross[2], cross[3])).norm() < 1e-8, "{name} {i} {j}: {found} {cross:?}");
        }
        close(equation.mean(&product.energy(), &rho).re, number(&result["energy"]), 1e-8, name);
        for (bath, own) in product.baths().iter().enumerate() {
            let heat = number(&result["heat"][&own.name]);
            close(equation.heat_current(bath, &rho), heat, 1e-8, &format!("{name}, {}", own.name));
            // The same as the mean of an operator.
            close(real(&equation, &product.heat_current(bath), &rho), heat, 1e-8, &format!("{name}, {}", own.name));
        }
    }
}

/// Qubits of up to three classes and the same qubits one by one, between a collective bath and a local one.
fn classes(n: &[usize], frequencies: &[f64], couplings: &[f64], exchange: f64) -> (Product, Register) {
    let numbers: Vec<i64> = n.iter().map(|n| *n as i64).collect();
    let class = |qubit: usize| (0..n.len()).find(|class| qubit < n[..=*class].iter().sum()).unwrap();
    let total: usize = n.iter().sum();
    let of = |values: &[f64]| (0..total).map(|qubit| values[class(qubit)]).collect::<Vec<_>>();
    let rates = [rates(0.9, 0.3, 0.2), rates(0.4, 0.25, 0.3)];
    let bath = |coupling, Rates { down, up, dephasing }: Rates| Bath {
        name: "b".into(),
        coupling,
        down,
        up,
        dephasing,
        temperature: None,
        quantum: None,
    };
    let register = Register {
        units: Units::Natural,
        frequency: 1.0,
        frequencies: of(frequencies),
        couplings: of(couplings),
        exchange: Array2::from_shape_fn((total, total), |(i, j)| if class(i) == class(j) { 0.0 } else { exchange }),
        chi: 0.0,
        drive: None,
        baths: vec![bath(Coupling::Collective, rates[0]), bath(Coupling::Local, rates[1])],
    };
    let names: Vec<&str> = NAMES[..n.len()].to_vec();
    let amplitudes: Vec<_> = names.iter().zip(couplings).map(|(name, c)| (*name, Complex64::from(*c))).collect();
    // J_z of all, whatever their amplitudes.
    let alike: Vec<_> = names.iter().map(|name| (*name, Complex64::ONE)).collect();
    let Rates { down, up, dephasing } = rates[0];
    let mut product = ensembles_of(&numbers, frequencies)
        .collective("b", &amplitudes, Rates { down, up, dephasing: 0.0 })
        .and_then(|product| product.collective("jitter", &alike, Rates { down: 0.0, up: 0.0, dephasing }))
        .and_then(|product| product.local("loss", &names, rates[1]))
        .unwrap();
    for (i, left) in names.iter().enumerate() {
        for right in &names[i + 1..] {
            let text = format!("{exchange} * ({left}.Jp * {right}.Jm + {left}.Jm * {right}.Jp)");
            let term = read(&product, &text);
            product = product.with_term(&term).unwrap();
        }
    }
    (product, register)
}

/// Every class inverted or in its ground state, as both roads know it.
fn corners(product: &Product, n: &[usize], up: &[bool]) -> (ProductStart, density::DensityMatrix) {
    let starts = n.iter().zip(up).map(|(n, up)| level(*n as i64, if *up { *n as i64 } else { -(*n as i64) }));
    let bits: String = n.iter().zip(up).map(|(n, up)| if *up { "1" } else { "0" }.repeat(*n)).collect();
    (ProductStart::new(product, starts.collect()).unwrap(), density::bits(&bits).unwrap())
}

/// Both series are good to rounding.
#[test]
fn classes_obey_the_full_equation_of_their_qubits() {
    for (n, frequencies, couplings, up) in [
        (vec![2, 2], vec![1.3, 0.8], vec![1.0, 0.6], vec![true, false]),
        (vec![4, 1], vec![1.1, 0.7], vec![1.0, -1.4], vec![false, true]),
        (vec![3, 0, 1], vec![1.0, 5.0, -0.4], vec![0.5, 1.0, 1.0], vec![true, true, false]),
        (vec![2, 1, 1], vec![1.2, 0.9, 1.0], vec![1.0, 0.8, -0.3], vec![true, false, true]),
    ] {
        let (product, register) = classes(&n, &frequencies, &couplings, 0.3);
        let (start, mut full) = corners(&product, &n, &up);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let oracle = RegisterEquation::new(&register).unwrap();
        let mut rho = equation.initial(&start);
        let sum =
            |letter: &str| NAMES[..n.len()].iter().map(|name| format!("{name}.{letter}")).collect::<Vec<_>>().join("+");
        let jz = read(&product, &sum("Jz"));
        let total = format!("({})^2 + ({})^2 + ({})^2", sum("Jx"), sum("Jy"), sum("Jz"));
        let total = read(&product, &total);
        for _ in 0..3 {
            equation.advance(&mut rho, 0.35);
            let (state, _) = oracle.advance(&mut full, &[0.35]).pop().unwrap();
            let what = format!("{n:?}");
            close(real(&equation, &jz, &rho), oracle.jz(&state), 1e-11, &what);
            close(real(&equation, &total, &rho), oracle.j_squared(&state), 1e-11, &what);
            let intensity = product.intensity(0, Process::Emission);
            close(real(&equation, &intensity, &rho), oracle.intensity(0, &state), 1e-11, &what);
            let loss = product.intensity(2, Process::Emission);
            close(real(&equation, &loss, &rho), oracle.intensity(1, &state), 1e-11, &what);
            // The register's collective bath dephases with what is here a bath of its own.
            let collective = equation.heat_current(0, &rho) + equation.heat_current(1, &rho);
            let without = oracle.heat_current(0, &state);
            close(collective, without, 1e-10, &what);
            close(equation.heat_current(2, &rho), oracle.heat_current(1, &state), 1e-10, &what);
            for bath in 0..3 {
                let operator = product.heat_current(bath);
                close(real(&equation, &operator, &rho), equation.heat_current(bath, &rho), 1e-11, &what);
            }
        }
    }
}

/// With a drive and a twist of the user's own nothing is sharp.
#[test]
fn driven_classes_obey_the_full_equation_of_their_qubits() {
    let n = [2, 2];
    let (product, mut register) = classes(&n, &[0.4, -0.1], &[1.0, 0.6], 0.2);
    register.frequencies.iter_mut().for_each(|frequency| *frequency += 0.7);
    register.drive = Some(Drive { amplitude: 0.9, detuning: 0.3 });
    register.chi = 0.25;
    // Delta + omega_j - omega_0 = omega_j here.
    let term = read(&product, "0.9 * (a.Jx + b.Jx) + 0.25 * (a.Jz + b.Jz)^2");
    let product = product.with_term(&term).unwrap();
    assert!(!product.keeps_excitations_sharp());
    let (start, mut full) = corners(&product, &n, &[true, false]);
    let equation = ProductEquation::new(&product, &start).unwrap();
    let oracle = RegisterEquation::new(&register).unwrap();
    let mut rho = equation.initial(&start);
    for _ in 0..3 {
        equation.advance(&mut rho, 0.35);
        let (state, _) = oracle.advance(&mut full, &[0.35]).pop().unwrap();
        close(real(&equation, &read(&product, "a.Jx + b.Jx"), &rho), oracle.jx(&state), 1e-11, "jx");
        close(real(&equation, &read(&product, "a.Jy + b.Jy"), &rho), oracle.jy(&state), 1e-11, "jy");
        close(real(&equation, &read(&product, "a.Jz + b.Jz"), &rho), oracle.jz(&state), 1e-11, "jz");
    }
}

/// (values of some operators at some times) of a product from a start.
pub fn exact(product: &Product, start: &ProductStart, operators: &[Operator], times: &[f64]) -> Vec<Vec<f64>> {
    let equation = ProductEquation::new(product, start).unwrap();
    let mut rho = equation.initial(start);
    let mut now = 0.0;
    let row = |time: &f64| {
        equation.advance(&mut rho, time - now);
        now = *time;
        operators.iter().map(|operator| real(&equation, operator, &rho)).collect()
    };
    times.iter().map(row).collect()
}

#[test]
fn signs_names_and_empty_classes_change_nothing() {
    let values = |n: &[i64], frequencies: &[f64], c: &[f64], texts: &[&str]| {
        let amplitudes: Vec<_> = NAMES.iter().zip(c).map(|(name, c)| (*name, Complex64::from(*c))).collect();
        let names = &NAMES[..n.len()];
        let product = ensembles_of(n, frequencies)
            .collective("hot", &amplitudes, rates(1.0, 0.4, 0.1))
            .and_then(|product| product.local("loss", names, rates(0.2, 0.1, 0.3)))
            .unwrap();
        let start = ProductStart::new(&product, n.iter().map(|n| level(*n, *n)).collect()).unwrap();
        let operators: Vec<_> = texts.iter().map(|text| read(&product, text)).collect();
        exact(&product, &start, &operators, &[0.1, 0.5, 2.0]).concat()
    };
    let same = |left: &[f64], right: &[f64]| {
        left.iter().zip(right).for_each(|(left, right)| assert!((left - right).abs() < 1e-12, "{left} {right}"));
    };
    let plain = values(&[3, 2], &[1.1, 0.8], &[1.0, 0.7], &["a.Jz", "b.Jz", "a.Jp*a.Jm"]);
    same(&plain, &values(&[3, 2], &[1.1, 0.8], &[1.0, -0.7], &["a.Jz", "b.Jz", "a.Jp*a.Jm"]));
    same(&plain, &values(&[2, 3], &[0.8, 1.1], &[0.7, 1.0], &["b.Jz", "a.Jz", "b.Jp*b.Jm"]));
    same(&plain, &values(&[3, 0, 2], &[1.1, 9.0, 0.8], &[1.0, 3.0, 0.7], &["a.Jz", "c.Jz", "a.Jp*a.Jm"]));
}

/// Qubits of one frequency that couple alike are one ensemble, however they are divided.
#[test]
fn equal_classes_are_one_ensemble() {
    let of = |n: &[i64]| {
        let names = &NAMES[..n.len()];
        let amplitudes: Vec<_> = names.iter().map(|name| (*name, Complex64::ONE)).collect();
        let product = ensembles_of(n, &vec![1.0; n.len()])
            .collective("hot", &amplitudes, rates(1.0, 0.4, 0.2))
            .and_then(|product| product.local("loss", names, rates(0.2, 0.1, 0.3)))
            .unwrap();
        let start = ProductStart::new(&product, n.iter().map(|n| level(*n, *n)).collect()).unwrap();
        let jz: Vec<String> = names.iter().map(|name| format!("{name}.Jz")).collect();
        let operators =
            [read(&product, &jz.join("+")), product.intensity(0, Process::Emission), product.heat_current(1)];
        exact(&product, &start, &operators, &[0.2, 1.0, 5.0]).concat()
    };
    let (one, two, three) = (of(&[5]), of(&[3, 2]), of(&[2, 2, 1]));
    for (one, others) in one.iter().zip(two.iter().zip(three)) {
        close(*others.0, *one, 1e-11, "two");
        close(others.1, *one, 1e-11, "three");
    }
    // And that one is the plain ladder.
    let bath = |name: &str, coupling, Rates { down, up, dephasing }: Rates| Bath {
        name: name.into(),
        coupling,
        down,
        up,
        dephasing,
        temperature: None,
        quantum: None,
    };
    let baths = vec![
        bath("hot", Coupling::Collective, rates(1.0, 0.4, 0.2)),
        bath("loss", Coupling::Local, rates(0.2, 0.1, 0.3)),
    ];
    let model = Model { units: Units::Natural, number: 5, frequency: 1.0, baths };
    let oracle = RegisterEquation::new(&Register::from(&model)).unwrap();
    let mut full = density::bits("11111").unwrap();
    let state = oracle.advance(&mut full, &[0.2]).pop().unwrap().0;
    close(one[0], oracle.jz(&state), 1e-11, "plain");
}

#[test]
fn spectra_of_two_ensembles_are_golden_and_add_to_their_intensity() {
    for case in ensembles("synchronization") {
        let name = case["name"].as_str().unwrap();
        let product = between(&case);
        let equation = ProductEquation::new(&product, &ground(&product, &integers(&case["N"]))).unwrap();
        let rho = equation.steady().unwrap();
        let [a, b] = ["a.Jp + b.Jp", "a.Jm + b.Jm"].map(|text| read(&product, text));
        let of = TwoTimes::new(a, b);
        let mut spectrum = equation.spectrum(&of, &rho);
        for row in case["result"]["spectrum"].as_array().unwrap().iter().map(numbers) {
            let found = spectrum.at(row[0]).unwrap();
            close(found, row[1], 1e-7, &format!("{name} at {}", row[0]));
        }
        // <L^dagger(tau) L> begins with the intensity, and turns back in its own time.
        let taus = [0.0, 0.1, 0.4];
        let forth = equation.correlation(&of, &rho, &taus);
        close(forth[0].re, number(&case["result"]["intensity_operator"]), 1e-8, name);
        assert!(forth[0].im.abs() < 1e-10 && forth[2].norm() < forth[0].norm(), "{name}: {forth:?}");
    }
}
