//! Quanta of groups that are counted together, and what follows a photon on the engines of superpositions.

use crate::common::{assert_within_5_sigma, bath, point};
use superjump::campaign::converge;
use superjump::lindblad::{Counting, Effort, PopulationEquation, RegisterEquation};
use superjump::quantity::Quantity;
use superjump::results::SteadyRun;
use superjump::scenario::Point;
use superjump::solve::{FullSpace, SteadyRoad, exact_beside};
use superjump::statistics::{Statistic, Subject};
use superjump::trajectory::{Engine, Interrupt};

fn run(point: &Point) -> SteadyRun {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    converge(point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
}

fn row(road: &SteadyRoad, statistic: Statistic, bath: usize, argument: Option<f64>) -> f64 {
    let subject = Subject::new(statistic, bath, argument);
    let found = road.noise.iter().find(|row| row.subject.key() == subject.key());
    found.unwrap_or_else(|| panic!("no {statistic:?} of {bath} at {argument:?}: {:?}", road.refused)).value
}

/// Compares every estimate with its exact value; how many of each statistic there were.
fn agree(run: &SteadyRun, exact: &SteadyRoad) -> Vec<Statistic> {
    let mut compared = Vec::new();
    for estimated in &run.noise {
        let subject = estimated.subject;
        let same = |row: &&superjump::solve::ExactNoise| row.subject.key() == subject.key();
        if let (Some(estimate), Some(exact)) = (estimated.estimate, exact.noise.iter().find(same)) {
            assert_within_5_sigma(estimate, exact.value, &format!("{subject:?}"));
            compared.push(subject.statistic);
        }
    }
    compared
}

const GROUPS: &str = "[[qubits.group]]\nnumber = 3\nfrequency = 1.0\n[[qubits.group]]\nnumber = 2\nfrequency = 1.7\n";

/// Groups that keep their J and start in several: what is asked about noise takes no current away, and variances in windows
/// are those of each group, added.
#[test]
fn groups_that_keep_their_j_have_currents_and_windows() {
    let baths = bath("hot", "collective", 1.0, 3.0) + &bath("cold", "collective", 1.0, 0.7);
    let of = |qubits: &str, noise: &str| {
        let start = "[initial]\nstate = \"thermal\"\ntemperature = 1.0\n[steady]\nbath = \"cold\"\n";
        exact_beside(&point(&format!("{qubits}{baths}{start}{noise}"))).unwrap()
    };
    const NOISE: &str = "[noise]\nwindows = [1.5]\ndelays = [0.2]";
    let (both, without) = (of(GROUPS, NOISE), of(GROUPS, ""));
    let current = |road: &SteadyRoad| {
        let found = road.values.iter().find(|(q, bath, _)| (*q, *bath) == (Quantity::HeatCurrent, Some(1)));
        found.unwrap().2
    };
    assert_eq!(current(&both), current(&without));
    let alone = |number: i64, frequency: f64| {
        let road = of(&format!("[qubits]\nnumber = {number}\nfrequency = {frequency}\n"), NOISE);
        assert!(road.refused.iter().any(|refused| refused.starts_with("g2 (cold")), "{:?}", road.refused);
        row(&road, Statistic::WindowedNoise, 1, Some(1.5))
    };
    let sum = alone(3, 1.0) + alone(2, 1.7);
    let found = row(&both, Statistic::WindowedNoise, 1, Some(1.5));
    assert!((found / sum - 1.0).abs() < 1e-12, "{found}, not {sum}");
    assert!(both.refused.iter().any(|refused| refused.starts_with("long-time noise: ")), "{:?}", both.refused);
}

/// Two groups far apart: every statistic of their quanta against the exact sum, some 40 rows, each within five standard errors.
#[test]
fn groups_are_counted_together() {
    let baths =
        bath("hot", "collective", 1.0, 3.0) + &bath("cold", "collective", 1.0, 0.7) + &bath("lamp", "local", 0.3, 0.9);
    let text = format!(
        "{GROUPS}{baths}[initial]\nstate = \"ground\"\n[steady]\nbath = \"cold\"\nrelative_error = 0.01\n[noise]\n\
         windows = [0.1, 8.0]\nfrequencies = [0.0, 0.3, 2.0]\ndelays = [0.0, 0.2, 1.0]"
    );
    let point = point(&text);
    let (run, exact) = (run(&point), exact_beside(&point).unwrap());
    let compared = agree(&run, &exact);
    for (statistic, least) in [
        (Statistic::Noise, 3),
        (Statistic::Fano, 2),
        (Statistic::ThirdCumulant, 2),
        (Statistic::WindowedNoise, 6),
        (Statistic::CrossNoise, 3),
        (Statistic::Spectrum, 9),
        (Statistic::G2, 9),
        (Statistic::EntropyProduction, 2),
        (Statistic::FluctuationTheorem, 1),
        (Statistic::UncertaintyRatio, 2),
    ] {
        let of = compared.iter().filter(|one| **one == statistic).count();
        assert!(of >= least, "{of} of {statistic:?}: {:?}", run.convergence.refused);
    }
    // Photons of one group come between those of another.
    assert!(!compared.contains(&Statistic::WaitingTime));
    assert!(run.convergence.refused.iter().any(|refused| refused.starts_with("waiting_time: ")));
    // How the quanta of both are distributed, bin by bin.
    let mut bins = 0;
    for (bath, window, law) in &exact.transferred {
        let seen = run.distributions.iter().find(|seen| (seen.bath, seen.window) == (*bath, *window)).unwrap();
        let whole: f64 = law.probabilities.iter().sum();
        assert!((whole - 1.0).abs() < 1e-9);
        for (from, estimate) in &seen.bins {
            if let Some(estimate) = estimate.filter(|estimate| estimate.mean > 1e-3) {
                assert_within_5_sigma(
                    estimate,
                    law.between(*from, from + seen.width),
                    &format!("{bath} {window} {from}"),
                );
                bins += 1;
            }
        }
    }
    assert!(bins > 30, "{bins}");
}

/// What a sum over groups has to be, by roads that know of one group each; and the noise of windows from g2 where quanta
/// only come, `I + 2 I^2 int (1 - t/w) (g2(t) - 1) dt`, by Simpson's rule.
#[test]
fn exact_values_of_groups_are_those_of_each() {
    let pump = "[[bath]]\nname = \"pump\"\ncoupling = \"local\"\nup = 0.6\n";
    let sink = "[[bath]]\nname = \"sink\"\ncoupling = \"collective\"\ndown = 1.0\n";
    let (intervals, window) = (400, 4.0);
    let delays: Vec<f64> = (0..=intervals).map(|k| window * f64::from(k) / f64::from(intervals)).collect();
    let text = format!(
        "{GROUPS}{pump}{sink}[initial]\nstate = \"ground\"\n[steady]\nbath = \"sink\"\nrelative_error = 0.1\n\
         [noise]\nbaths = [\"sink\"]\nwindows = [{window}]\norder = 4\ncounting_fields = [-0.5, 0.0, 0.3]\ndelays = {delays:?}"
    );
    let point = point(&text);
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap();
    let rate: f64 = road.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::Intensity, Some(1))).unwrap().2;
    let g2: Vec<f64> = delays.iter().map(|delay| row(&road, Statistic::G2, 1, Some(*delay))).collect();
    let weight = |k: usize| match k {
        0 => 1.0,
        k if k == delays.len() - 1 => 1.0,
        k if k % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let terms = g2.iter().zip(&delays).enumerate().map(|(k, (g2, t))| weight(k) * (1.0 - t / window) * (g2 - 1.0));
    let integral = terms.sum::<f64>() * window / f64::from(intervals) / 3.0;
    let noise = row(&road, Statistic::WindowedNoise, 1, Some(window));
    assert!(
        (rate + 2.0 * rate * rate * integral - noise).abs() < 1e-6 * noise,
        "{} {noise}",
        rate + 2.0 * rate * rate * integral
    );
    // Cumulants and generating functions add.
    let mut sum = [0.0; 2];
    for group in &point.groups {
        let equation = PopulationEquation::new(&group.model, &group.initial);
        sum[0] += Counting::new(&equation).unwrap().cumulants(1).unwrap().third;
        let alone = text.replace(GROUPS, &format!("[qubits]\nnumber = {}\n", group.model.number));
        let alone = SteadyRoad::new(&crate::common::point(&alone), Effort::Steady).unwrap();
        sum[1] += row(&alone, Statistic::GeneratingFunction, 1, Some(0.3));
    }
    assert!((row(&road, Statistic::ThirdCumulant, 1, None) - sum[0]).abs() < 1e-9 * sum[0].abs());
    assert!((row(&road, Statistic::GeneratingFunction, 1, Some(0.3)) - sum[1]).abs() < 1e-9 * sum[1].abs());
}

/// Resonance fluorescence of one atom, in closed form: with mu^2 = Omega^2 - (gamma/4)^2,
/// `g2 = 1 - e^{-3 gamma t/4} (cos mu t + 3 gamma/(4 mu) sin mu t)`, and with lambda^2 = Omega^2 - (gamma/2)^2
/// `w = gamma (Omega/lambda)^2 e^{-gamma t/2} sin^2(lambda t/2)` (Carmichael et al., Phys. Rev. A 39, 1200 (1989)).
#[test]
fn resonance_fluorescence_has_its_closed_forms_on_both_engines() {
    let (gamma, omega) = (1.0_f64, 2.5_f64);
    let (mu, lambda) = ((omega * omega - gamma * gamma / 16.0).sqrt(), (omega * omega - gamma * gamma / 4.0).sqrt());
    let g2 = |t: f64| 1.0 - (-0.75 * gamma * t).exp() * ((mu * t).cos() + 0.75 * gamma / mu * (mu * t).sin());
    let wait = |t: f64| gamma * (omega / lambda).powi(2) * (-0.5 * gamma * t).exp() * (0.5 * lambda * t).sin().powi(2);
    let delays = [0.0, 0.3, 1.2, 2.5, 6.0];
    for engine in ["ladder", "register"] {
        let point = point(&format!(
            "[qubits]\nnumber = 1\n[[bath]]\nname = \"field\"\ncoupling = \"collective\"\ndown = {gamma}\n\
             [drive]\namplitude = {omega}\n[initial]\nstate = \"ground\"\n[evolution]\nengine = \"{engine}\"\n\
             [steady]\nabsolute_error = 0.01\n[noise]\ndelays = {delays:?}"
        ));
        let exact = exact_beside(&point).unwrap();
        for delay in delays {
            assert!((row(&exact, Statistic::G2, 0, Some(delay)) - g2(delay)).abs() < 1e-9, "{engine} g2({delay})");
            assert!(
                (row(&exact, Statistic::WaitingTime, 0, Some(delay)) - wait(delay)).abs() < 1e-9,
                "{engine} w({delay})"
            );
        }
        let compared = agree(&run(&point), &exact);
        assert!(compared.len() >= 9, "{engine}: {compared:?}");
    }
}

/// Superpositions, of no drive and of one, and qubits that differ: photons of trajectories against the exact equations, which
/// agree with each other where two can treat the same.
#[test]
fn photons_of_superpositions_are_followed() {
    let baths = "[[bath]]\nname = \"field\"\ncoupling = \"collective\"\ndown = 1.0\nup = 0.3\n\
                 [[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.4\nup = 0.2\n";
    let asked = "[steady]\nabsolute_error = 0.02\n[noise]\ndelays = [0.0, 0.4, 1.5]\n";
    let coherent = "[initial]\nstate = \"coherent\"\ntheta = 1.2\nphi = 0.3\n";
    for (what, qubits, more) in [
        ("ladder", "number = 3", coherent.to_owned() + "[evolution]\nengine = \"ladder\"\n"),
        (
            "driven",
            "number = 3",
            "[drive]\namplitude = 1.3\ndetuning = 0.4\n[initial]\nstate = \"ground\"\n".to_owned(),
        ),
        ("register", "number = 3\nfrequencies = [1.0, 1.9, 0.6]", "[initial]\nstate = \"ground\"\n".to_owned()),
    ] {
        let point = point(&format!("[qubits]\n{qubits}\n{baths}{more}{asked}"));
        let exact = exact_beside(&point).unwrap();
        let compared = agree(&run(&point), &exact);
        assert!(compared.iter().filter(|one| **one == Statistic::G2).count() == 6, "{what}: {compared:?}");
        assert!(compared.iter().filter(|one| **one == Statistic::WaitingTime).count() == 6, "{what}: {compared:?}");
        // The full equation of the same qubits, one by one.
        let register = point.groups[0].register();
        let equation = RegisterEquation::new(&register).unwrap();
        let rho = equation.steady_state().unwrap();
        for bath in 0..2 {
            let after = equation.after_photon(bath, &rho, false, &[0.4, 1.5]).unwrap();
            let alone = equation.after_photon(bath, &rho, true, &[0.4, 1.5]).unwrap();
            for (place, delay) in [0.4, 1.5].into_iter().enumerate() {
                let (g2, wait) = (after.rates[place] / after.mean, alone.rates[place]);
                assert!((row(&exact, Statistic::G2, bath, Some(delay)) - g2).abs() < 1e-8, "{what} {bath} {delay}");
                assert!(
                    (row(&exact, Statistic::WaitingTime, bath, Some(delay)) - wait).abs() < 1e-8,
                    "{what} {bath} {delay}"
                );
            }
        }
    }
}

/// Qubits of equal frequency produce, one by one, what they produce on their levels.
#[test]
fn registers_produce_the_entropy_of_their_quanta() {
    let baths = bath("hot", "collective", 1.0, 2.0) + &bath("cold", "local", 0.4, 0.5);
    let text = |frequencies: &str| {
        format!(
            "[qubits]\nnumber = 3\n{frequencies}{baths}[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.1\n"
        )
    };
    let produced = |point: &Point| {
        let road = exact_beside(point).unwrap();
        road.values.iter().find(|(quantity, ..)| *quantity == Quantity::EntropyProduction).unwrap().2
    };
    let levels = point(&text(""));
    let register = point(&text("frequencies = [1.0, 1.0, 1.000000001]\n"));
    assert_eq!(register.engine.engine, Engine::Register);
    let (of_levels, of_register) = (produced(&levels), produced(&register));
    assert!((of_register / of_levels - 1.0).abs() < 1e-6, "{of_register} {of_levels}");
    // Through qubits that differ heat flows as well, and the second law holds.
    assert!(produced(&point(&text("frequencies = [0.8, 1.0, 1.3]\n"))) > 0.0);
}

/// What all baths give together is bounded: weights that all share count nothing, to all digits, and what most share is
/// the rest with the other sign.
#[test]
fn sums_are_counted_without_what_their_baths_share() {
    let baths =
        bath("hot", "collective", 1.0, 3.0) + &bath("cold", "collective", 1.0, 0.5) + &bath("dark", "local", 1e-9, 0.2);
    let point = point(&format!(
        "[qubits]\nnumber = 4\n{baths}[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.1\n[noise]\norder = 3\n\
         counting_fields = [-0.2, 0.4]\ncounts = {{ all = {{ hot = 1.0, cold = 1.0, dark = 1.0 }}, \
         through = {{ hot = 1.0, cold = 1.0 }} }}\n"
    ));
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap();
    for order in [1.0, 2.0, 3.0] {
        assert_eq!(row(&road, Statistic::Cumulant, 3, Some(order)), 0.0);
        let (dark, through) =
            (row(&road, Statistic::Cumulant, 2, Some(order)), row(&road, Statistic::Cumulant, 4, Some(order)));
        let sign = if order == 2.0 { 1.0 } else { -1.0 };
        assert!((through / (sign * dark) - 1.0).abs() < 1e-6, "{order}: {through} {dark}");
    }
    for field in [-0.2, 0.4] {
        assert_eq!(row(&road, Statistic::GeneratingFunction, 3, Some(field)), 0.0);
        assert_eq!(row(&road, Statistic::ConditionedCurrent, 3, Some(field)), 0.0);
    }
    // The same field on `dark`, the other way.
    assert!(row(&road, Statistic::GeneratingFunction, 4, Some(0.4)) != 0.0);
}

/// The frame in which photons are followed changes nothing of them.
#[test]
fn photons_do_not_see_the_frame() {
    let point = point(
        "[qubits]\nnumber = 2\nfrequency = 5.0\nfrequencies = [5.0, 5.7]\n[[bath]]\nname = \"field\"\ncoupling = \
         \"collective\"\ndown = 1.0\nup = 0.2\n[[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.1\n[initial]\nstate = \
         \"ground\"\n[steady]\nabsolute_error = 0.1\n[noise]\ndelays = [0.7]\n",
    );
    use superjump::solve::{Aim, Equation};
    let full = FullSpace::new(&point.groups[0], &Aim::steady(&point, Effort::Steady)).unwrap();
    let turning = full.turning(0.7, Effort::Steady).unwrap();
    let rho = full.equation().steady_state().unwrap();
    for alone in [false, true] {
        let there = turning.after_photon(0, &rho, alone, &[0.7]).unwrap();
        let at_rest = full.equation().after_photon(0, &rho, alone, &[0.7]).unwrap();
        assert!((there.rates[0] / at_rest.rates[0] - 1.0).abs() < 1e-9, "{there:?} {at_rest:?}");
    }
    assert!(turning.cost(1e6) < 0.5 * full.equation().cost(1e6));
}
