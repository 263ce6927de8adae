//! The law of the time to the n-th net quantum: closed forms, its cumulants, trajectories, and what is refused.

use statrs::distribution::{Discrete, Poisson};
use superjump::bath::{Bath, Coupling};
use superjump::campaign::converge;
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Counting, Passage, PopulationEquation};
use superjump::model::Model;
use superjump::solve::exact_beside;
use superjump::statistics::Statistic;
use superjump::trajectory::Interrupt;
use superjump::units::Units;

use crate::common::{assert_within_5_sigma, point};

fn bath(coupling: Coupling, down: f64, up: f64) -> Bath {
    let name = String::new();
    Bath { name, coupling, down, up, dephasing: 0.0, temperature: None, quantum: None }
}

fn law(number: i64, baths: &[Bath], (of, quanta): (usize, i64), times: &[f64]) -> (Passage, [f64; 2]) {
    let model = Model { units: Units::Natural, number, frequency: 1.0, baths: baths.to_vec() };
    let equation = PopulationEquation::new(&model, &InitialState::Dicke(Level::ground(number)));
    let counting = Counting::new(&equation).unwrap();
    let passage = counting.passage(of, quanta, times, &mut 1e12).unwrap();
    (passage, [counting.current(of), counting.noise(of).unwrap()])
}

/// Pumped at a and emitting at b: photons come after an exponential wait each of a and b, the first after one of b alone
/// where the qubit begins excited, of weight a/(a + b). With a = b those are Erlang laws of 2 n and 2 n - 1 waits.
#[test]
fn of_one_pumped_qubit_it_is_hypoexponential() {
    let times = [1e-3, 0.1, 0.5, 1.0, 3.0, 10.0, 40.0];
    let (pumped, emitting) = (1.3, 0.4);
    let baths = |up, down| [bath(Coupling::Collective, 0.0, up), bath(Coupling::Collective, down, 0.0)];
    let (first, _) = law(1, &baths(pumped, emitting), (1, -1), &times);
    let excited = pumped / (pumped + emitting);
    for ((t, passed), density) in times.iter().zip(&first.passed).zip(&first.density) {
        let [slow, fast] = [emitting, pumped].map(|rate: f64| (-rate * t).exp());
        let both = 1.0 - (pumped * slow - emitting * fast) / (pumped - emitting);
        let expected = excited * (1.0 - slow) + (1.0 - excited) * both;
        assert!((passed - expected).abs() < 1e-13, "{t}: {passed} {expected}");
        let both = pumped * emitting * (slow - fast) / (pumped - emitting);
        let expected = excited * emitting * slow + (1.0 - excited) * both;
        assert!((density - expected).abs() < 1e-13, "{t}: {density} {expected}");
    }
    let (fifth, _) = law(1, &baths(2.0, 2.0), (0, 5), &times);
    // After m waits of rate 2, of which there are less than m by then with the probability of a Poisson law.
    let erlang = |waits: u64, t: f64| {
        let poisson = Poisson::new(2.0 * t).unwrap();
        1.0 - (0..waits).map(|k| poisson.pmf(k)).sum::<f64>()
    };
    for (t, passed) in times.iter().zip(&fifth.passed) {
        let expected = (erlang(9, *t) + erlang(10, *t)) / 2.0;
        assert!((passed - expected).abs() < 1e-13, "{t}: {passed} {expected}");
    }
}

/// Each further quantum adds its cumulants as n grows: 1/I to the mean, S/I^3 to the variance. Quanta go both ways, and
/// local jumps mix sectors.
#[test]
fn its_moments_grow_by_the_cumulants_of_passage_times() {
    let baths =
        [bath(Coupling::Collective, 3.0, 2.0), bath(Coupling::Collective, 1.5, 0.5), bath(Coupling::Local, 0.3, 0.1)];
    let step = 0.05;
    let times: Vec<f64> = (1..=8000).map(|k| f64::from(k) * step).collect();
    let moments = |quanta: i64| {
        let (law, known) = law(2, &baths, (0, quanta), &times);
        // 1 - P by Simpson's rule.
        let sum = |power: i32| -> f64 {
            let weight = |k: usize| if k.is_multiple_of(2) { 4.0 } else { 2.0 };
            let beyond = law.passed.iter().zip(&times).enumerate();
            let sum: f64 = beyond.map(|(k, (p, t))| weight(k) * (1.0 - p) * t.powi(power)).sum();
            (sum + if power == 0 { 1.0 } else { 0.0 }) * step / 3.0
        };
        assert!(law.passed.windows(2).all(|pair| pair[0] <= pair[1] + 1e-13));
        assert!(1.0 - law.passed[law.passed.len() - 1] < 1e-11);
        // The density is the derivative.
        for k in [400, 1000, 2000] {
            let slope = (law.passed[k + 1] - law.passed[k - 1]) / (2.0 * step);
            assert!((slope - law.density[k]).abs() < 1e-3 * law.density[k] + 1e-9, "{k}: {slope} {}", law.density[k]);
        }
        let mean = sum(0);
        ([mean, 2.0 * sum(1) - mean * mean], known)
    };
    let ([mean, variance], [current, noise]) = moments(20);
    let ([next, wider], _) = moments(21);
    assert!(((next - mean) * current - 1.0).abs() < 1e-6, "{} {}", next - mean, current.recip());
    let expected = noise / current.powi(3);
    assert!(((wider - variance) / expected - 1.0).abs() < 1e-5, "{} {expected}", wider - variance);
}

/// Both ways, of mixing sectors and of sectors that never mix: every estimate that stands beside its exact value.
#[test]
fn trajectories_pass_when_the_law_says() {
    let baths = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 3.0\n\
                 [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.5\n";
    let local = "[[bath]]\nname = \"loss\"\ncoupling = \"local\"\nrate = 0.3\ntemperature = 0.5\n";
    let asked = "[noise]\nbaths = [\"hot\", \"cold\"]\npassage = { hot = 3, cold = -2 }\n\
                 passage_times = [0.2, 0.5, 1.0, 1.5, 2.5, 4.0]\n[steady]\nrelative_error = 0.01\n";
    for (more, state, engine) in [
        (local, "state = \"ground\"", "populations"),
        (local, "state = \"ground\"", "ladder"),
        ("", "state = \"thermal\"\ntemperature = 1.0", "populations"),
    ] {
        let point = point(&format!(
            "[qubits]\nnumber = 3\n{baths}{more}[initial]\n{state}\n[evolution]\nengine = \"{engine}\"\nseed = 5\n{asked}"
        ));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let run = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
        let exact = exact_beside(&point).unwrap();
        let mut seen = 0;
        for row in &run.noise {
            let of = row.subject.statistic;
            if !matches!(of, Statistic::FirstPassage | Statistic::FirstPassageDensity) {
                continue;
            }
            let Some(estimate) = row.estimate else { continue };
            let known = exact.noise.iter().find(|one| one.subject.same(&row.subject)).unwrap();
            assert_within_5_sigma(estimate, known.value, &format!("{engine}: {:?}", row.subject));
            assert!(estimate.std_error.unwrap() < 0.1 * known.value, "{engine}: {:?} {estimate:?}", row.subject);
            seen += 1;
        }
        assert!(seen > 12, "{engine}: {seen}");
    }
}
