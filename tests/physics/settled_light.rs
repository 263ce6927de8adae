//! Light in the steady state from trajectories: pairs of states, their spectra, and what follows photons.
//!
//! Statistical tests fix their seed and allow five standard errors (false positives: 6e-7 for each value).

use num_complex::Complex64;
use superjump::initial::{FactorStart, ProductStart};
use superjump::lindblad::ProductEquation;
use superjump::model::product::{Correlation, OfSpectrum, Product, Since, TwoTimes};
use superjump::random::stream;
use superjump::scenario::{Overrides, Purpose, Scenario};
use superjump::statistics::Moments;
use superjump::trajectory::{Beginnings, Pairs, Photons};

use crate::correlations::{of_all_kinds, two};
use crate::product::{close, ensembles_of, level, rates, read};

const DELAYS: [f64; 4] = [0.0, 0.3, 1.1, 2.5];

fn settled(first: f64) -> Beginnings {
    Beginnings { first, spacing: 1.5, count: 6, reach: 4.0 }
}

fn within(sums: &Moments, place: usize, value: f64, size: f64, what: &str) {
    let estimate = sums.estimate(place).unwrap();
    let allowed = 5.0 * estimate.std_error.unwrap_or(0.0) + 1e-7 * size;
    assert!((estimate.mean - value).abs() < allowed, "{what}: {estimate:?}, not {value}");
}

/// `2 Re int e^(-i omega tau) C(tau) dtau` from one time to another, by Simpson's rule.
fn heard(values: &[Complex64], [from, until]: [usize; 2], step: f64, omega: f64) -> f64 {
    let weight = |at: usize| match at {
        at if at == from || at == until => 1.0,
        at if (at - from) % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let term = |at: usize| weight(at) * (Complex64::cis(-omega * step * at as f64) * values[at]).re;
    2.0 * step / 3.0 * (from..=until).map(term).sum::<f64>()
}

/// All that trajectories say of correlations in the steady state, against the regression theorem.
fn agree(product: &Product, start: &ProductStart, asked: &[TwoTimes], trajectories: u64, what: &str) {
    let omegas = [-0.7, 0.9, 1.6];
    let correlation = |of: &TwoTimes| Correlation {
        name: String::new(),
        of: of.clone(),
        further: Vec::new(),
        since: Since::Steady,
        delays: DELAYS.to_vec(),
        frequencies: omegas.to_vec(),
    };
    let correlations: Vec<Correlation> = asked.iter().map(correlation).collect();
    let mut pairs = Pairs::new(product, start, &correlations, Some(settled(14.0))).unwrap();
    let cells = correlations[0].cells();
    let mut sums = Moments::new(cells.count() * asked.len());
    for trajectory in 0..trajectories {
        sums.push(pairs.sample(&mut stream(29, 0, trajectory)).unwrap().iter());
    }
    let equation = ProductEquation::new(product, start).unwrap();
    let rho = equation.steady().unwrap();
    // The spectrum is that of as long as the delays are.
    let (steps, reach) = (2000, DELAYS[3]);
    let step = reach / steps as f64;
    let grid: Vec<f64> = (0..=steps).map(|at| at as f64 * step).collect();
    for (place, of) in asked.iter().enumerate() {
        let at = |cell: usize| place * cells.count() + cell;
        let exact = equation.correlation(of, &rho, &DELAYS);
        let size = exact.iter().map(|value| value.norm()).fold(0.0, f64::max);
        assert!(size > 1e-3, "{what}, {place}: nothing to see");
        for (index, value) in exact.iter().enumerate() {
            within(&sums, at(cells.delay(index)), value.re, size, &format!("{what}, {place}, real {index}"));
            within(&sums, at(cells.delay(index) + 1), value.im, size, &format!("{what}, {place}, imaginary {index}"));
        }
        let whole = equation.correlation(of, &rho, &grid);
        for (index, omega) in omegas.into_iter().enumerate() {
            let parts = [
                (OfSpectrum::Whole, [0, steps]),
                (OfSpectrum::Head, [0, steps / 10]),
                (OfSpectrum::Tail, [9 * steps / 10, steps]),
            ];
            for (part, ends) in parts {
                let value = heard(&whole, ends, step, omega);
                within(
                    &sums,
                    at(cells.spectrum(part, index)),
                    value,
                    size,
                    &format!("{what}, {place}, {part:?} {omega}"),
                );
            }
        }
        // What stays after long is <A><C B>, of operators that leave the number of excitations as it is.
        let later = equation.correlation(of, &rho, &[200.0])[0];
        let mean = |cell: usize| Complex64::new(sums.means()[at(cell)], sums.means()[at(cell + 1)]);
        let error = |cell: usize| {
            let of = |part: usize| sums.estimate(at(cell) + part).unwrap().std_error.unwrap_or(0.0);
            of(0).hypot(of(1))
        };
        let (first, second) = (mean(cells.first()), mean(cells.second()));
        let spread = first.norm() * error(cells.second()) + second.norm() * error(cells.first());
        let stays = first * second;
        assert!((stays - later).norm() < 5.0 * spread + 1e-7 * size, "{what}, {place}: {stays}, not {later}");
    }
}

#[test]
fn pairs_in_the_steady_state_agree_with_the_regression_theorem() {
    let (product, drive) = of_all_kinds();
    let start = ProductStart::new(&product, vec![level(3, -3), level(2, -2), FactorStart::Number(0)]).unwrap();
    let asked = |product: &Product| {
        vec![
            two(product, "a.Jp + b.Jp", "a.Jm + b.Jm"),
            two(product, "c.n", "c.a").around(read(product, "c.ad")),
            two(product, "a.Jz", "b.Jz"),
        ]
    };
    agree(&product, &start, &asked(&product), 250, "sharp");
    let driven = product.with_term(&drive).unwrap();
    agree(&driven, &start, &asked(&driven)[..2], 120, "driven");
}

/// One qubit that is pumped: `g2 = 1 - e^(-(gamma + p) tau)`, and waits of `gamma p/(gamma - p) (e^(-p tau) - e^(-gamma tau))`.
#[test]
fn photons_of_a_pumped_qubit_have_their_closed_forms() {
    let (gamma, pump) = (1.0, 0.4);
    let product = ensembles_of(&[1], &[1.0])
        .local("light", &["a"], rates(gamma, 0.0, 0.0))
        .and_then(|product| product.local("pump", &["a"], rates(0.0, pump, 0.0)))
        .unwrap();
    let start = ProductStart::new(&product, vec![level(1, -1)]).unwrap();
    let equation = ProductEquation::new(&product, &start).unwrap();
    let after = equation.counting().unwrap().after_emissions(0, &DELAYS).unwrap();
    for (place, tau) in DELAYS.into_iter().enumerate() {
        close(after.g2[place], 1.0 - (-(gamma + pump) * tau).exp(), 1e-11, "g2");
        let waiting = gamma * pump / (gamma - pump) * ((-pump * tau).exp() - (-gamma * tau).exp());
        close(after.waiting_time[place], waiting, 1e-11, "waiting");
    }
    // Nothing is emitted into what only pumps.
    assert!(equation.counting().unwrap().after_emissions(1, &DELAYS).is_none());
}

#[test]
fn what_follows_photons_agrees_with_the_exact_equation() {
    let (product, drive) = of_all_kinds();
    let start = ProductStart::new(&product, vec![level(3, -3), level(2, -2), FactorStart::Number(0)]).unwrap();
    for (what, product) in [("sharp", product.clone()), ("driven", product.with_term(&drive).unwrap())] {
        let equation = ProductEquation::new(&product, &start).unwrap();
        let counting = equation.counting().unwrap();
        let mut photons = Photons::new(&product, &start, &[0, 1], &DELAYS, settled(14.0)).unwrap();
        // Of each bath: the number, then the rate and that of those that nothing has followed at each delay.
        let mut sums = vec![Moments::new(1 + 2 * DELAYS.len()); 2];
        for trajectory in 0..400 {
            let seen = photons.sample(&mut stream(31, 0, trajectory)).unwrap();
            for (sums, after) in sums.iter_mut().zip(seen) {
                let all =
                    [after.count].into_iter().chain(after.rate.iter().copied()).chain(after.waiting.iter().copied());
                sums.push_all(all);
            }
        }
        for (bath, sums) in sums.iter().enumerate() {
            let after = counting.after_emissions(bath, &DELAYS).unwrap();
            let rate = counting.rho();
            let intensity = equation.mean(&product.intensity(bath, superjump::bath::Process::Emission), rate).re;
            // As many as are emitted in so much time.
            let number = intensity * 1.5 * 6.0;
            within(sums, 0, number, number, &format!("{what}, bath {bath}, number"));
            for place in 0..DELAYS.len() {
                let name = format!("{what}, bath {bath}, {place}");
                within(sums, 1 + place, number * intensity * after.g2[place], number, &name);
                let waiting = number * after.waiting_time[place];
                within(sums, 1 + DELAYS.len() + place, waiting, number, &name);
            }
        }
    }
}

/// A photon that is taken out of three leaves two, which go one after the other: two jumps, whenever they are made.
#[test]
fn jumps_of_pairs_are_counted() {
    let text = "[[mode]]\nname = \"c\"\nlevels = 5\ninitial = 3\n[[bath]]\nname = \"leak\"\ncoupling = \"local\"\non = [\"c\"]\ndown = 1.0\n\
                [[correlate]]\nname = \"g\"\nphotons = \"leak\"\nat = 0.0\ndelays = [0.5, 200.0]\n\
                [evolution]\nuntil = 1.0\ntrajectories = 1\n";
    let scenario = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap();
    let ensembles = scenario.points[0].ensembles().unwrap();
    let mut pairs = Pairs::new(ensembles.product(), ensembles.start(), ensembles.correlations(), None).unwrap();
    for number in 0..3 {
        pairs.sample(&mut stream(5, 1, number)).unwrap();
        assert_eq!(pairs.jumps(), 2);
    }
    let begin = Beginnings { first: 100.0, spacing: 1.0, count: 1, reach: 1.0 };
    // All three are gone by then, and nothing emits.
    let mut photons = Photons::new(ensembles.product(), ensembles.start(), &[0], &[0.5], begin).unwrap();
    photons.sample(&mut stream(5, 1, 0)).unwrap();
    assert_eq!(photons.jumps(), 3);
}
