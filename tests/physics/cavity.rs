//! Qubits in a cavity: the exact module of products against an independent solver and closed forms.

use num_complex::Complex64;
use serde_json::Value;
use superjump::initial::{FactorStart, ProductStart};
use superjump::lindblad::{ProductDensity, ProductEquation};
use superjump::model::product::{Factor, Product, TwoTimes};
use superjump::units::Units;

use crate::common::{number, numbers};
use crate::product::{all_rates, close, exact, integers, level, rate_of, rates, read, real};

/// Figures of an independent solution in 2^N times Fock states.
pub fn cavities() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/cavity.json")).unwrap();
    all.as_array().unwrap().clone()
}

/// A case with a mode: the qubits are class a, the mode is c.
pub fn cavity(case: &Value) -> (Product, ProductStart) {
    let own = &case["case"];
    let n = integers(&own["N"])[0];
    let levels = if case["start"].is_null() { Some(own["nmax"].as_i64().unwrap() + 1) } else { None };
    // What excitations enter by needs a cut.
    let open = own["local"].as_array().unwrap().iter().any(|bath| rate_of(bath, "up") > 0.0);
    let levels = levels.or(open.then(|| own["nmax"].as_i64().unwrap() + 1));
    let factors =
        vec![Factor::ensemble("a", n, numbers(&own["omega"])[0]), Factor::mode("c", levels, number(&own["omega_c"]))];
    let product = Product::new(Units::Natural, factors).unwrap();
    let g = numbers(&own["g"])[0];
    let term = read(&product, &format!("{g} * (a.Jp * c.a + a.Jm * c.ad)"));
    let (kappa, inside) = (number(&own["kappa"]), number(&own["n_cavity"]));
    let mut product = product
        .with_term(&term)
        .and_then(|product| product.local("cavity", &["c"], rates(kappa * (1.0 + inside), kappa * inside, 0.0)))
        .unwrap();
    for bath in own["local"].as_array().unwrap() {
        product = product.local(bath["name"].as_str().unwrap(), &["a"], all_rates(bath)).unwrap();
    }
    for bath in own.get("collective").and_then(Value::as_array).into_iter().flatten() {
        let name = bath["name"].as_str().unwrap();
        product = product.collective(name, &[("a", Complex64::ONE)], all_rates(bath)).unwrap();
    }
    let start = if case["start"].is_null() {
        vec![level(n, -n), FactorStart::Number(0)]
    } else {
        let [qubits, mode] = [0, 1].map(|factor| numbers(&case["start"][factor]));
        vec![level((2.0 * qubits[0]) as i64, (2.0 * qubits[1]) as i64), FactorStart::Number(mode[1] as i64)]
    };
    let start = ProductStart::new(&product, start).unwrap();
    (product, start)
}

/// The figures of a state of qubits and a mode.
fn figures(equation: &ProductEquation, product: &Product, rho: &ProductDensity, golden: &Value, name: &str) {
    let mean = |text: &str| real(equation, &read(product, text), rho);
    let photons = mean("c.n");
    close(mean("a.Jz"), numbers(&golden["jz"])[0], 1e-8, name);
    close(photons, number(&golden["photons_inside"]), 1e-8, name);
    close(mean("a.Jp * a.Jm"), number(&golden["exchange"]), 1e-8, name);
    if photons > 1e-3 {
        close(mean("c.ad^2 * c.a^2") / photons.powi(2), number(&golden["g2_zero"]), 1e-6, name);
    }
    for (bath, own) in product.baths().iter().enumerate() {
        close(
            equation.heat_current(bath, rho),
            number(&golden["heat"][&own.name]),
            1e-8,
            &format!("{name} {}", own.name),
        );
    }
}

#[test]
fn qubits_in_a_cavity_are_golden() {
    for case in cavities() {
        let name = case["name"].as_str().unwrap();
        let (product, start) = cavity(&case);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let mut rho = equation.initial(&start);
        let mut now = 0.0;
        for row in case["rows"].as_array().into_iter().flatten() {
            equation.advance(&mut rho, number(&row["t"]) - now);
            now = number(&row["t"]);
            figures(&equation, &product, &rho, row, name);
        }
        if !case["steady"].is_null() {
            let steady = equation.steady().unwrap();
            figures(&equation, &product, &steady, &case["steady"], name);
            let top = number(&case["weight_of_top_fock_level"]);
            assert!((equation.weight_of_top(1, &steady) - top).abs() < 1e-6 * top + 1e-14, "{name}");
            let Some(spectrum) = case["steady"]["cavity_spectrum"].as_array() else { continue };
            let [a, b] = ["c.ad", "c.a"].map(|text| read(&product, text));
            let mut found = equation.spectrum(&TwoTimes::new(a, b), &steady);
            for row in spectrum.iter().map(numbers) {
                let found = found.at(row[0]).unwrap();
                close(found, row[1], 1e-7, &format!("{name}, spectrum at {}", row[0]));
            }
        }
    }
}

/// Rabi oscillations of one qubit in a cavity that leaks (c_e in closed form), and a mode that is driven.
#[test]
fn a_qubit_in_a_cavity_and_a_driven_cavity_have_closed_forms() {
    let (g, kappa) = (1.0, 0.5_f64);
    let factors = vec![Factor::ensemble("a", 1, 2.0), Factor::mode("c", None, 2.0)];
    let product = Product::new(Units::Natural, factors).unwrap();
    let term = read(&product, "a.Jp * c.a + a.Jm * c.ad");
    let product = product.with_term(&term).and_then(|p| p.local("leak", &["c"], rates(kappa, 0.0, 0.0))).unwrap();
    let start = ProductStart::new(&product, vec![level(1, 1), FactorStart::Number(0)]).unwrap();
    let times = [0.3, 1.0, 2.5, 6.0];
    let w = (g * g - kappa * kappa / 16.0).sqrt();
    for (time, row) in times.iter().zip(exact(&product, &start, &[read(&product, "1/2 + a.Jz")], &times)) {
        let c = (-kappa * time / 4.0).exp() * ((w * time).cos() + kappa / (4.0 * w) * (w * time).sin());
        close(row[0], c * c, 1e-13, "|c_e|^2");
    }
    // d<a>/dt = -(kappa/2) <a> - i epsilon from the vacuum: coherent at every time.
    let product = Product::new(Units::Natural, vec![Factor::mode("c", 30, 0.0)]).unwrap();
    let term = read(&product, "0.6 * (c.a + c.ad)");
    let product = product.with_term(&term).and_then(|p| p.local("leak", &["c"], rates(kappa, 0.0, 0.0))).unwrap();
    let start = ProductStart::new(&product, vec![FactorStart::Number(0)]).unwrap();
    let operators = [read(&product, "i*(c.a - c.ad)"), read(&product, "c.n")];
    for (time, row) in times.iter().zip(exact(&product, &start, &operators, &times)) {
        // <a> = -i y.
        let y = 0.6 / (kappa / 2.0) * -(-kappa * time / 2.0).exp_m1();
        close(row[0], 2.0 * y, 1e-9, "2 y");
        close(row[1], y * y, 1e-9, "|alpha|^2");
    }
}
