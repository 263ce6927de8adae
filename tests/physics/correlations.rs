//! Correlations at two times and spectra: closed forms, the sum rule, and pairs of trajectories against the exact equation.
//!
//! Statistical tests fix their seed and allow five standard errors (false positives: 6e-7 for each value).

use num_complex::Complex64;
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::lindblad::{ProductDensity, ProductEquation};
use superjump::model::operator::Operator;
use superjump::model::product::{Correlation, Factor, Product, Since, TwoTimes};
use superjump::random::stream;
use superjump::trajectory::Pairs;
use superjump::units::Units;

use crate::cavity::{cavities, cavity};
use crate::common::number;
use crate::product::{between, close, ensembles, ensembles_of, integers, level, rates, read};

pub fn two(product: &Product, left: &str, right: &str) -> TwoTimes {
    TwoTimes::new(read(product, left), read(product, right))
}

fn steady(product: &Product, start: Vec<FactorStart>) -> (ProductEquation, ProductDensity) {
    let start = ProductStart::new(product, start).unwrap();
    let equation = ProductEquation::new(product, &start).unwrap();
    let rho = equation.steady().unwrap();
    (equation, rho)
}

/// `int S domega/(2 pi)`, over angles of omega = centre + width tan: the ends are where nothing is left of a Lorentzian.
fn integral(equation: &ProductEquation, of: &TwoTimes, rho: &ProductDensity, (centre, width): (f64, f64)) -> f64 {
    let mut spectrum = equation.spectrum(of, rho);
    let steps = 400;
    let at = |step: usize| {
        let angle = std::f64::consts::PI * ((step as f64 + 0.5) / f64::from(steps) - 0.5);
        (width * angle.tan(), width / angle.cos().powi(2))
    };
    let values = (0..steps as usize).map(at);
    let sum: f64 = values.map(|(omega, share)| share * spectrum.at(centre + omega).unwrap()).sum();
    sum / (2.0 * f64::from(steps))
}

/// A mode in a thermal bath: `<a^dagger(tau) a> = n e^(i omega tau - kappa tau/2)`, g2 = 1 + e^(-kappa tau), and a Lorentzian
/// of the width kappa.
#[test]
fn light_of_a_thermal_mode_bunches_and_has_a_lorentzian() {
    let (omega, kappa, n) = (1.3, 0.8, 0.5);
    let product = Product::new(Units::Natural, vec![Factor::mode("c", 40, omega)])
        .and_then(|product| product.local("walls", &["c"], rates(kappa * (1.0 + n), kappa * n, 0.0)))
        .unwrap();
    let (equation, rho) = steady(&product, vec![FactorStart::Number(0)]);
    let taus = [0.0, 0.4, 1.7];
    let field = two(&product, "c.ad", "c.a");
    let bunched = two(&product, "c.n", "c.a").around(read(&product, "c.ad"));
    let found = equation.correlation(&field, &rho, &taus).into_iter().zip(equation.correlation(&bunched, &rho, &taus));
    for (tau, (first, second)) in taus.into_iter().zip(found) {
        let closed = n * Complex64::new(-kappa * tau / 2.0, omega * tau).exp();
        assert!((first - closed).norm() < 1e-10, "{tau}: {first} {closed}");
        close(second.re, n * n * (1.0 + (-kappa * tau).exp()), 1e-9, "g2");
    }
    let mut spectrum = equation.spectrum(&field, &rho);
    for at in [-1.0, 1.0, 1.3, 2.0] {
        let lorentzian = n * kappa / ((at - omega).powi(2) + kappa * kappa / 4.0);
        close(spectrum.at(at).unwrap(), lorentzian, 1e-9, "Lorentzian");
    }
    let line = spectrum.line(&[]).unwrap().unwrap();
    close(line.position, omega, 1e-7, "position");
    close(line.width, kappa, 1e-7, "width");
    close(line.height, 4.0 * n / kappa, 1e-9, "height");
}

/// Resonance fluorescence of one qubit: `g2(tau) = 1 - e^(-3 gamma tau/4) (cos mu tau + 3 gamma/(4 mu) sin mu tau)` with mu^2 =
/// Omega^2 - gamma^2/16, Mollow's triplet with its side lines at about mu, and a coherent line.
#[test]
fn resonance_fluorescence_has_its_closed_forms() {
    let (omega, gamma) = (4.0_f64, 1.0_f64);
    let product = ensembles_of(&[1], &[0.0]);
    let term = read(&product, &format!("{omega} * a.Jx"));
    let product = product.with_term(&term).and_then(|p| p.local("light", &["a"], rates(gamma, 0.0, 0.0))).unwrap();
    let (equation, rho) = steady(&product, vec![level(1, -1)]);
    let taus = [0.0, 0.3, 1.0, 2.5];
    let of = two(&product, "a.Jp * a.Jm", "a.Jm").around(read(&product, "a.Jp"));
    let excited = equation.mean(&read(&product, "a.Jp * a.Jm"), &rho).re;
    close(excited, omega * omega / (gamma * gamma + 2.0 * omega * omega), 1e-12, "excited");
    let mu = (omega * omega - gamma * gamma / 16.0).sqrt();
    for (tau, found) in taus.into_iter().zip(equation.correlation(&of, &rho, &taus)) {
        let turned = (mu * tau).cos() + 0.75 * gamma / mu * (mu * tau).sin();
        close(found.re / excited.powi(2), 1.0 - (-0.75 * gamma * tau).exp() * turned, 1e-10, "g2");
    }
    let field = two(&product, "a.Jp", "a.Jm");
    let mut spectrum = equation.spectrum(&field, &rho);
    // |<sigma_->|^2 = gamma^2 Omega^2/(gamma^2 + 2 Omega^2)^2, which the rest of the light lacks.
    let coherent = (gamma * omega / (gamma * gamma + 2.0 * omega * omega)).powi(2);
    close(spectrum.coherent().re, coherent, 1e-12, "coherent");
    close(integral(&equation, &field, &rho, (0.0, 2.0)), excited - coherent, 1e-6, "sum rule");
    // By the Bloch equations of sigma_x, sigma_y and sigma_z, from what they are with sigma_- at once.
    let y2 = 2.0 * (omega / gamma).powi(2);
    let (y, z) = (2.0 * omega / gamma / (1.0 + y2), -1.0 / (1.0 + y2));
    let mollow = |at: f64| {
        let (s, i) = (Complex64::new(0.0, at), Complex64::I);
        let x = (1.0 + z) / 2.0 / (s + gamma / 2.0);
        let (y_0, z_0) = (-i * ((1.0 + z) / 2.0 - y * y / 2.0), i * (y / 2.0 * (1.0 + z)));
        let y = ((s + gamma) * y_0 - omega * z_0) / ((s + gamma / 2.0) * (s + gamma) + omega * omega);
        (x + i * y).re
    };
    for at in [0.0, 0.3, 1.0, 2.5, mu, 5.0, -mu] {
        close(spectrum.at(at).unwrap(), mollow(at), 1e-9, "Mollow");
    }
    let line = spectrum.line(&[]).unwrap().unwrap();
    assert_eq!(line.position, 0.0);
    close(mollow(line.width / 2.0), mollow(0.0) / 2.0, 1e-8, "half");
    assert!(mollow(mu) > 2.0 * mollow(mu - 1.5), "side lines");
}

#[test]
fn spectra_add_to_their_intensity_and_lines_have_half_their_height_where_they_should() {
    for case in ensembles("synchronization") {
        let name = case["name"].as_str().unwrap();
        let product = between(&case);
        let (equation, rho) = steady(&product, integers(&case["N"]).iter().map(|n| level(*n, -n)).collect());
        let of = two(&product, "a.Jp + b.Jp", "a.Jm + b.Jm");
        let emitted = number(&case["result"]["intensity_operator"]);
        close(integral(&equation, &of, &rho, (0.0, 4.0)), emitted, 1e-6, name);
        let mut spectrum = equation.spectrum(&of, &rho);
        let line = spectrum.line(&[]).unwrap().unwrap();
        // One line of both, or the lower of two.
        let is_alone = name != "two-lasers-free";
        assert_eq!(line.position.abs() < 0.8, is_alone, "{name}: {line:?}");
        for side in [-0.02, 0.02] {
            assert!(spectrum.at(line.position + side).unwrap() < line.height, "{name}: {line:?}");
        }
    }
    // Where the slowest coherence is all there is to the light, the line is that of its decay.
    for case in cavities().iter().filter(|case| !case["linewidth"].is_null() || !case["steady"]["linewidth"].is_null())
    {
        let (product, start) = cavity(case);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let rho = equation.steady().unwrap();
        let mut spectrum = equation.spectrum(&two(&product, "c.ad", "c.a"), &rho);
        let line = spectrum.line(&[]).unwrap().unwrap();
        let decay = if case["linewidth"].is_null() { &case["steady"]["linewidth"] } else { &case["linewidth"] };
        assert!((line.width / number(decay) - 1.0).abs() < 0.1, "{}: {line:?}, not {decay}", case["name"]);
        let half = spectrum.at(line.position + line.width / 2.0).unwrap() / line.height;
        assert!((half - 0.5).abs() < 1e-6, "{}: {half}", case["name"]);
    }
}

/// Means over trajectories against the exact equation, within five standard errors.
fn agree(product: &Product, start: &ProductStart, asked: &[(f64, TwoTimes)], trajectories: u64, what: &str) {
    let delays = vec![0.0, 0.2, 0.7, 2.0];
    let correlation = |(time, of): &(f64, TwoTimes)| Correlation {
        name: String::new(),
        of: of.clone(),
        further: Vec::new(),
        since: Since::Time(*time),
        delays: delays.clone(),
        frequencies: Vec::new(),
    };
    let correlations: Vec<Correlation> = asked.iter().map(correlation).collect();
    let mut pairs = Pairs::new(product, start, &correlations, None).unwrap();
    let mut sums = vec![(0.0, 0.0); 2 * delays.len() * asked.len()];
    for trajectory in 0..trajectories {
        let values = pairs.sample(&mut stream(23, 0, trajectory)).unwrap();
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = (sum.0 + value, sum.1 + value * value);
        }
    }
    let equation = ProductEquation::new(product, start).unwrap();
    for (place, (time, of)) in asked.iter().enumerate() {
        let mut rho = equation.initial(start);
        equation.advance(&mut rho, *time);
        let exact = equation.correlation(of, &rho, &delays);
        let size = exact.iter().map(|value| value.norm()).fold(0.0, f64::max);
        assert!(size > 1e-3, "{what}, {place}: nothing to see");
        for (index, (delay, value)) in delays.iter().zip(exact).enumerate() {
            for (part, value) in [value.re, value.im].into_iter().enumerate() {
                let (sum, square) = sums[2 * (place * delays.len() + index) + part];
                let n = trajectories as f64;
                let mean = sum / n;
                let error = ((square / n - mean * mean).max(0.0) / (n - 1.0)).sqrt();
                let allowed = 5.0 * error + 1e-7 * size;
                assert!((mean - value).abs() < allowed, "{what}, {place}, {delay}: {mean} ± {error}, not {value}");
            }
        }
    }
}

/// A product with every kind of jump, between which the number of excitations stays sharp.
pub fn of_all_kinds() -> (Product, Operator) {
    let factors = vec![Factor::ensemble("a", 3, 1.1), Factor::ensemble("b", 2, 0.8), Factor::mode("c", 4, 0.9)];
    let product = Product::new(Units::Natural, factors).unwrap();
    let term = read(&product, "0.7*(a.Jp*c.a + a.Jm*c.ad) + 0.3*(b.Jp*a.Jm + b.Jm*a.Jp)");
    let drive = read(&product, "0.5*(c.a + c.ad) + 0.4*a.Jx^2");
    let both = [("a", Complex64::ONE), ("b", Complex64::new(0.3, 0.6))];
    let product = product
        .with_term(&term)
        .and_then(|product| product.collective("hot", &both, rates(0.5, 0.3, 0.2)))
        .and_then(|product| product.local("loss", &["a", "b", "c"], rates(0.3, 0.2, 0.4)))
        .unwrap();
    (product, drive)
}

#[test]
fn pairs_of_trajectories_agree_with_the_regression_theorem() {
    let (product, drive) = of_all_kinds();
    let spread = vec![
        FactorStart::Qubits(InitialState::Product { excited: 1 }),
        FactorStart::Qubits(InitialState::Thermal { probability: 0.6 }),
        FactorStart::Number(1),
    ];
    let spread = ProductStart::new(&product, spread).unwrap();
    let asked = |product: &Product| {
        vec![
            (0.8, two(product, "a.Jp + b.Jp", "a.Jm + b.Jm")),
            // Several numbers of excitations at once, and operators that are neither Hermitian nor each other's conjugates.
            (0.8, two(product, "a.Jx + i*c.ad", "a.Jy + 0.5*b.Jp")),
            (0.0, two(product, "c.n", "c.a").around(read(product, "c.ad"))),
            (0.3, two(product, "b.Jp*b.Jm", "a.Jm").around(read(product, "a.Jp"))),
            (0.3, two(product, "a.Jz", "b.Jz")),
        ]
    };
    agree(&product, &spread, &asked(&product), 3000, "sharp");
    let tilted = vec![
        FactorStart::Qubits(InitialState::Coherent { theta: 1.1, phi: 0.4 }),
        FactorStart::Qubits(InitialState::Ghz { phase: 0.3 }),
        FactorStart::Number(0),
    ];
    let tilted = ProductStart::new(&product, tilted).unwrap();
    // Coherences between numbers of excitations are seen, and so they are kept.
    let seen = vec![(0.4, two(&product, "a.Jm", "a.Jm")), (0.0, two(&product, "a.Jx", "c.n + 1"))];
    agree(&product, &tilted, &seen, 3000, "kept whole");
    let alone = [(0.4, two(&product, "a.Jp", "a.Jm"))];
    agree(&product, &tilted, &alone, 3000, "drawn apart");
    let driven = product.clone().with_term(&drive).unwrap();
    agree(&driven, &tilted, &asked(&driven)[..2], 1000, "driven");
}

#[test]
fn what_a_mode_without_a_cut_cannot_hold_is_refused() {
    let factors = vec![Factor::ensemble("a", 3, 1.0), Factor::mode("c", None, 1.0)];
    let product = Product::new(Units::Natural, factors).unwrap();
    let check = |left, right| two(&product, left, right).check(&product);
    assert!(check("c.ad", "c.a").is_ok());
    let refused = check("c.a", "c.ad").unwrap_err().to_string();
    assert!(refused.contains("a correlation adds an excitation"), "{refused}");
    let around = two(&product, "1", "1").around(read(&product, "c.a"));
    assert!(around.check(&product).is_err());
}
