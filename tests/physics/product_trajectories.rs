//! Trajectories of products against the exact module, an independent solver and closed forms.
//!
//! Statistical tests fix their seed and allow five standard errors (false positives: 6e-7 for each value).

use num_complex::Complex64;
use superjump::bath::Process;
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::model::operator::Operator;
use superjump::model::product::{Factor, Product, ProductForm, ProductValues};
use superjump::random::stream;
use superjump::trajectory::{Counter, Jump, Products, Recorder, Unravelling};
use superjump::units::Units;

use crate::cavity::{cavities, cavity};
use crate::common::{number, numbers};
use crate::product::{NAMES, between, burst, ensembles, ensembles_of, exact, integers, level, rates, read};

/// A counter that watches no square.
fn counter<const W: usize>(product: &Product) -> Counter<ProductValues<W>> {
    Counter::new(product.baths().len(), ProductForm::default())
}

/// Means and standard errors of the watched operators at some times, over so many trajectories.
fn sampled<const W: usize>(
    product: &Product,
    start: &ProductStart,
    watched: [Operator; W],
    times: &[f64],
    trajectories: u64,
) -> Vec<[(f64, f64); W]> {
    let engine = Products::new(product, start, watched).unwrap();
    let mut sums = vec![[(0.0, 0.0); W]; times.len()];
    let mut counter = counter(product);
    for trajectory in 0..trajectories {
        let mut rng = stream(17, 0, trajectory);
        let mut state = engine.prepare(start, &mut rng);
        let mut now = 0.0;
        for (sums, time) in sums.iter_mut().zip(times) {
            engine.advance(&mut state, now, *time, &mut rng, &mut counter);
            now = *time;
            for (sum, value) in sums.iter_mut().zip(engine.observe(&state, now).values.0) {
                *sum = (sum.0 + value, sum.1 + value * value);
            }
        }
    }
    let n = trajectories as f64;
    let estimate = |(sum, square): (f64, f64)| {
        let mean = sum / n;
        (mean, ((square / n - mean * mean).max(0.0) / (n - 1.0)).sqrt())
    };
    sums.into_iter().map(|sums| sums.map(estimate)).collect()
}

fn within(found: (f64, f64), value: f64, what: &str) {
    // Where all trajectories are alike, the steps' own error is what is left.
    let allowed = 5.0 * found.1 + 1e-7 * value.abs().max(1.0);
    assert!((found.0 - value).abs() < allowed, "{what}: {} ± {}, not {value}", found.0, found.1);
}

/// Holds trajectories against the exact equation at some times.
pub fn agree<const W: usize>(
    product: &Product,
    start: &ProductStart,
    watched: [Operator; W],
    times: &[f64],
    what: &str,
) {
    let values = exact(product, start, &watched, times);
    for (time, (found, value)) in times.iter().zip(sampled(product, start, watched, times, 2000).iter().zip(values)) {
        for (place, (found, value)) in found.iter().zip(value).enumerate() {
            within(*found, value, &format!("{what}, operator {place} at {time}"));
        }
    }
}

#[test]
fn bursts_are_golden_as_trajectories() {
    let cases = ensembles("burst");
    let small = ["equal-must-be-dicke", "detuned", "unequal-amplitudes", "half-inverted-detuned", "exchange"];
    for case in cases.iter().filter(|case| small.contains(&case["name"].as_str().unwrap())) {
        let (product, start) = burst(case);
        let rows: Vec<Vec<f64>> = case["rows"].as_array().unwrap().iter().map(numbers).collect();
        let times: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        let watched = [read(&product, "a.Jz"), read(&product, "b.Jz"), product.intensity(0, Process::Emission)];
        for (found, row) in sampled(&product, &start, watched, &times, 1000).iter().zip(&rows) {
            for (found, value) in found.iter().zip(&row[1..]) {
                within(*found, *value, &format!("{} at {}", case["name"], row[0]));
            }
        }
    }
}

#[test]
fn qubits_in_a_cavity_are_golden_as_trajectories() {
    for case in cavities().iter().filter(|case| !case["rows"].is_null() && !case["start"].is_null()) {
        let (product, start) = cavity(case);
        let rows = case["rows"].as_array().unwrap();
        let times: Vec<f64> = rows.iter().map(|row| number(&row["t"])).collect();
        let watched = ["a.Jz", "c.n", "a.Jp * a.Jm"].map(|text| read(&product, text));
        for (found, row) in sampled(&product, &start, watched, &times, 1000).iter().zip(rows) {
            let golden = [numbers(&row["jz"])[0], number(&row["photons_inside"]), number(&row["exchange"])];
            for (found, value) in found.iter().zip(golden) {
                within(*found, value, &format!("{} at {}", case["name"], row["t"]));
            }
        }
    }
}

/// Heat by the mean of its operator over time, of 40 trajectories after they have forgotten their start.
#[test]
fn steady_heat_currents_are_golden_as_trajectories() {
    let cases = ensembles("steady");
    let case = cases.iter().find(|case| case["name"] == "three-classes").unwrap();
    let product = between(case);
    let n = integers(&case["N"]);
    let start = ProductStart::new(&product, n.iter().map(|n| level(*n, -n)).collect()).unwrap();
    let watched = [0, 1, 2].map(|bath| product.heat_current(bath));
    let engine = Products::new(&product, &start, watched).unwrap();
    let (until, count) = (300.0, 40);
    let mut rows = Vec::new();
    for trajectory in 0..count {
        let mut rng = stream(5, 0, trajectory);
        let mut state = engine.prepare(&start, &mut rng);
        let mut counter = counter(&product);
        // The slowest process, the local bath, has a rate of 0.07.
        engine.advance(&mut state, 0.0, 300.0, &mut rng, &mut counter);
        counter.clear();
        engine.advance(&mut state, 300.0, 300.0 + until, &mut rng, &mut counter);
        rows.push(counter.integral.0.map(|integral| integral / until));
    }
    for (bath, name) in ["hot", "cold", "loss"].into_iter().enumerate() {
        let mean = rows.iter().map(|row| row[bath]).sum::<f64>() / count as f64;
        let variance = rows.iter().map(|row| (row[bath] - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
        within((mean, (variance / count as f64).sqrt()), number(&case["result"]["heat"][name]), name);
    }
}

#[test]
fn every_kind_of_jump_agrees_with_the_exact_equation() {
    let texts = ["a.Jz", "b.Jz", "c.n", "a.Jp*b.Jm + a.Jm*b.Jp", "a.Jp*a.Jm"];
    let factors = vec![Factor::ensemble("a", 3, 1.1), Factor::ensemble("b", 2, 0.8), Factor::mode("c", 4, 0.9)];
    let product = Product::new(Units::Natural, factors).unwrap();
    let term = read(&product, "0.7*(a.Jp*c.a + a.Jm*c.ad) + 0.3*(b.Jp*a.Jm + b.Jm*a.Jp)");
    let pair = read(&product, "a.Jm * b.Jm");
    let both = [("a", Complex64::ONE), ("b", Complex64::new(0.3, 0.6))];
    let product = product
        .with_term(&term)
        .and_then(|product| product.collective("hot", &both, rates(0.5, 0.3, 0.2)))
        .and_then(|product| product.local("loss", &["a", "b", "c"], rates(0.3, 0.2, 0.4)))
        .and_then(|product| product.jump("pairs", &pair, 0.4, 0.1))
        .unwrap();
    assert!(product.keeps_excitations_sharp());
    let watched = texts.map(|text| read(&product, text));
    // J of the first and M of the second are spread.
    let spread = ProductStart::new(
        &product,
        vec![
            FactorStart::Qubits(InitialState::Product { excited: 1 }),
            FactorStart::Qubits(InitialState::Thermal { probability: 0.6 }),
            FactorStart::Number(1),
        ],
    );
    agree(&product, &spread.unwrap(), watched.clone(), &[0.3, 1.0, 3.0], "sharp");
    // A superposition, whose coherences between numbers of excitations are seen or not.
    let tilted = ProductStart::new(
        &product,
        vec![
            FactorStart::Qubits(InitialState::Coherent { theta: 1.1, phi: 0.4 }),
            FactorStart::Qubits(InitialState::Ghz { phase: 0.3 }),
            FactorStart::Number(0),
        ],
    );
    let tilted = tilted.unwrap();
    agree(&product, &tilted, watched.clone(), &[0.3, 1.0, 3.0], "drawn apart");
    let [x, y] = ["a.Jx", "a.Jy + c.a + c.ad"].map(|text| read(&product, text));
    agree(&product, &tilted, [x, y, watched[0].clone()], &[0.3, 1.0, 3.0], "kept whole");
    // With a drive nothing is sharp.
    let driven = product.clone().with_term(&read(&product, "0.5*(c.a + c.ad) + 0.4*a.Jx^2")).unwrap();
    agree(&driven, &tilted, watched, &[0.3, 1.0], "driven");
}

/// What is excited and cannot leave: half of |eg>, a fifth where the second couples half as strongly.
#[test]
fn dark_states_keep_what_they_hold_and_end_the_search() {
    for (second, trapped) in [(1.0, 0.5), (0.5, 0.2)] {
        let both = [("a", Complex64::ONE), ("b", Complex64::from(second))];
        let product = ensembles_of(&[1, 1], &[1.0; 2]).collective("cavity", &both, rates(1.0, 0.0, 0.0)).unwrap();
        let start = ProductStart::new(&product, vec![level(1, 1), level(1, -1)]).unwrap();
        let left = read(&product, "1 + a.Jz + b.Jz");
        // A time that no stepping would reach.
        let found = sampled(&product, &start, [left], &[1e9], 4000);
        within(found[0][0], trapped, "trapped");
    }
}

/// Every jump of a bath at zero temperature takes one excitation, and the last leaves none that can be emitted.
#[derive(Default)]
struct Emissions {
    jumps: Vec<(f64, f64)>,
}

impl Recorder<ProductValues<1>> for Emissions {
    fn dwell(&mut self, _: f64, _: f64, _: &ProductValues<1>, _: &ProductValues<1>) {}

    fn jump(&mut self, time: f64, _: Jump, after: &ProductValues<1>) {
        self.jumps.push((time, after.0[0]));
    }
}

#[test]
fn excitations_and_photons_add_up_jump_by_jump() {
    let both = [("a", Complex64::ONE), ("b", Complex64::from(0.6))];
    let product = ensembles_of(&[6, 4], &[1.3, 0.9]).collective("cavity", &both, rates(1.0, 0.0, 0.0)).unwrap();
    let start = ProductStart::new(&product, vec![level(6, 6), level(4, 4)]).unwrap();
    let engine = Products::new(&product, &start, [read(&product, "5 + a.Jz + b.Jz")]).unwrap();
    for trajectory in 0..50 {
        let mut rng = stream(2, 0, trajectory);
        let mut state = engine.prepare(&start, &mut rng);
        let mut emissions = Emissions::default();
        // Detuned, nothing stays dark.
        engine.advance(&mut state, 0.0, 1e4, &mut rng, &mut emissions);
        assert_eq!(emissions.jumps.len(), 10);
        for (index, (_, left)) in emissions.jumps.iter().enumerate() {
            assert!((left - (9 - index) as f64).abs() < 1e-9);
        }
        assert!(emissions.jumps.is_sorted_by(|a, b| a.0 < b.0));
    }
}

/// One ensemble of all is the plain ladder: the law of the time of its last photon but one, by its mean.
#[test]
fn equal_classes_emit_as_the_plain_ladder_does() {
    let times = |n: &[i64]| {
        let both: Vec<_> = NAMES[..n.len()].iter().map(|name| (*name, Complex64::ONE)).collect();
        let product = ensembles_of(n, &vec![1.0; n.len()]).collective("cavity", &both, rates(1.0, 0.0, 0.0)).unwrap();
        let start = ProductStart::new(&product, n.iter().map(|n| level(*n, *n)).collect()).unwrap();
        let sum = NAMES[..n.len()].iter().map(|name| format!("{name}.Jz")).collect::<Vec<_>>().join("+");
        let engine = Products::new(&product, &start, [read(&product, &sum)]).unwrap();
        let mut rng = stream(9, 0, 0);
        let mut state = engine.prepare(&start, &mut rng);
        let mut emissions = Emissions::default();
        engine.advance(&mut state, 0.0, 1e3, &mut rng, &mut emissions);
        emissions.jumps.into_iter().map(|(time, _)| time).collect::<Vec<_>>()
    };
    // The same draws: one for each wait and each jump, and looks only where something changes on the way.
    let (one, two) = (times(&[10]), times(&[6, 4]));
    assert_eq!((one.len(), two.len()), (10, 10));
    // Identical but for what the two ways round.
    for (one, two) in one.iter().zip(&two) {
        assert!((one - two).abs() < 1e-8, "{one} {two}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused_in_words() {
    let product = ensembles_of(&[2, 2], &[1.0; 2]);
    let start = ProductStart::new(&product, vec![level(2, 2), level(2, 2)]).unwrap();
    let error = Products::new(&product, &start, [read(&product, "a.Jp")]).unwrap_err().to_string();
    assert!(error.contains("watched operator 0 is not Hermitian"), "{error}");
    let large = ensembles_of(&[2000, 2000], &[1.0; 2]);
    let driven = large.clone().with_term(&read(&large, "a.Jx")).unwrap();
    let start = ProductStart::new(&driven, vec![level(2000, 2000), level(2000, 2000)]).unwrap();
    let error = Products::new(&driven, &start, []).unwrap_err().to_string();
    assert!(error.contains("a state of this product has 4.0e6 elements"), "{error}");
    let error = superjump::lindblad::ProductEquation::new(&large, &start).unwrap_err().to_string();
    assert!(error.contains("the density matrix of this product has"), "{error}");
}
