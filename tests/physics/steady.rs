//! Exact steady states and their counting statistics: golden figures, textbook formulas, brute force, the laws.

use crate::common::bath;
use proptest::prelude::*;
use superjump::bath::{Bath, Coupling, Process};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Counting, Effort, PopulationEquation, RegisterEquation, SteadyError};
use superjump::model::{Model, Register};
use superjump::theory;
use superjump::units::Units;

fn model(number: i64, baths: &[(Coupling, f64, f64, f64)]) -> Model {
    let bath = |(index, (coupling, down, up, dephasing)): (usize, &(Coupling, f64, f64, f64))| Bath {
        name: index.to_string(),
        coupling: *coupling,
        down: *down,
        up: *up,
        dephasing: *dephasing,
        temperature: None,
        quantum: None,
    };
    Model { units: Units::Natural, number, frequency: 1.0, baths: baths.iter().enumerate().map(bath).collect() }
}

fn ground(number: i64) -> InitialState {
    InitialState::Dicke(Level::ground(number))
}

fn equation(model: &Model) -> PopulationEquation {
    PopulationEquation::new(model, &ground(model.number))
}

/// The heat valve of Fig. 5c at any weak bath.
fn valve(number: i64, gamma: f64, x: f64) -> Model {
    let baths = vec![
        Bath::thermal("hot", Coupling::Collective, 1.0, 1.0 / 3.0, 3.0),
        Bath::thermal("cold", Coupling::Collective, 1.0, 3.0, 1.0 / 3.0),
        Bath::thermal("parasitic", Coupling::Local, gamma, x, 1.0 / x),
    ];
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// N = 10 with a local bath of rate 0.1: a window of 20 is too short for it.
fn slow_ten() -> Model {
    let (collective, local) = (Coupling::Collective, Coupling::Local);
    model(10, &[(collective, 3.0, 2.0, 0.0), (collective, 1.5, 0.5, 0.0), (local, 0.15, 0.05, 0.0)])
}

fn close(value: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((value - expected).abs() <= tolerance * expected.abs(), "{what}: {value} against {expected}");
}

#[test]
fn steady_states_and_noise_are_golden() {
    for case in crate::common::golden("steady") {
        let get = |key: &str| case[key].as_f64().unwrap();
        let text = ["hot", "cold", "parasitic"].map(|name| {
            let coupling = if name == "parasitic" { "local" } else { "collective" };
            bath(name, coupling, get(&format!("gamma_{name}")), get(&format!("T_{name}")))
        });
        let point = crate::common::point(&format!(
            "[qubits]\nnumber = {}\n{}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1",
            case["N"],
            text.concat()
        ));
        let equation = PopulationEquation::new(&point.groups[0].model, &point.groups[0].initial);
        let counting = Counting::new(&equation).unwrap();
        let close =
            |value: f64, golden: f64, what: &str| close(value, golden, 1e-8, &format!("{} {what}", case["name"]));
        for (index, name) in ["hot", "cold", "parasitic"].into_iter().enumerate() {
            close(counting.current(index), case["heat_current"][name].as_f64().unwrap(), name);
            if let Some(noise) = case["zero_frequency_noise"][name].as_f64() {
                close(counting.noise(index).unwrap(), noise, "noise");
                close(counting.cumulants(index).unwrap().noise, noise, "noise by recursion");
            }
        }
        let now = counting.steady().observables();
        close(now.jz, get("Jz"), "Jz");
        close(now.j_squared, get("J2"), "J2");
    }
}

#[test]
fn noise_of_ten_qubits_and_of_windows_too_short_for_them() {
    // Checked figures, to one unit of the last digit they were given with.
    let model = slow_ten();
    let equation = equation(&model);
    let counting = Counting::new(&equation).unwrap();
    close(counting.current(1), -2.645_387_9, 5e-8, "cold current");
    close(counting.current(0), 2.783_464_5, 5e-8, "hot current");
    close(counting.noise(1).unwrap(), 29.272_697, 5e-8, "cold noise");
    close(counting.noise(0).unwrap(), 28.619_595, 5e-8, "hot noise");
    assert!((counting.windowed_noise(1, 20.0).unwrap() - 24.2).abs() < 0.1);
    assert!((counting.windowed_noise(1, 500.0).unwrap() - 28.4).abs() < 0.7);
    // A short window sees independent jumps, a long one the noise.
    close(counting.windowed_noise(1, 1e-7).unwrap(), counting.activity(1), 1e-4, "short window");
    close(counting.windowed_noise(1, 1e7).unwrap(), counting.noise(1).unwrap(), 1e-5, "long window");
}

#[test]
fn noise_of_one_qubit_is_the_textbook_formula() {
    // Two baths: a = u_h d_c and b = u_c d_h count cycles forth and back; S = (a + b)/G - 2 I^2/G, G all rates together.
    let (uh, dh, uc, dc) = (2.0, 3.0, 0.5, 1.5);
    let model = model(1, &[(Coupling::Collective, dh, uh, 0.0), (Coupling::Collective, dc, uc, 0.0)]);
    let equation = equation(&model);
    let counting = Counting::new(&equation).unwrap();
    let total = uh + dh + uc + dc;
    let (forth, back) = (uh * dc / total, uc * dh / total);
    let current = forth - back;
    close(counting.current(0), current, 1e-14, "current");
    close(counting.noise(0).unwrap(), forth + back - 2.0 * current * current / total, 1e-13, "noise");
    close(counting.noise(1).unwrap(), counting.noise(0).unwrap(), 1e-13, "the other bath");
    close(counting.cross_noise(0, 1).unwrap(), -counting.noise(0).unwrap(), 1e-13, "cross noise");
    // One relaxation mode, so S(w) is a Lorentzian of width G between the noise and the activity.
    let (noise, activity) = (counting.noise(0).unwrap(), counting.activity(0));
    for w in [0.3, 2.0, 30.0] {
        let lorentzian = activity + (noise - activity) * total * total / (total * total + w * w);
        close(counting.spectrum(0, w).unwrap(), lorentzian, 1e-12, "S(w)");
    }
    // Emission into the cold bath needs the qubit excited again: g2(tau) = 1 - e^{-G tau}.
    let g2 = counting.emission_correlation(1, &[0.0, 0.1, 0.5, 3.0]).unwrap().unwrap();
    for (tau, value) in [0.0, 0.1, 0.5, 3.0_f64].iter().zip(g2) {
        assert!((value - -(-total * tau).exp_m1()).abs() < 1e-11);
    }
}

/// The leading eigenvalue of the generator tilted by z_a and z_b for two baths: inverse iteration on a dense matrix.
fn tilted_eigenvalue(equation: &PopulationEquation, tilt: &[(usize, f64)]) -> f64 {
    let ladder = equation.ladder();
    let n = ladder.levels.len();
    let mut matrix = vec![vec![0.0; n]; n];
    for (index, bath) in ladder.baths.iter().enumerate() {
        let z = tilt.iter().find(|(b, _)| *b == index).map_or(0.0, |(_, z)| *z);
        for flow in ladder.flows.iter().filter(|flow| flow.coupling == bath.coupling) {
            let factor = match flow.process {
                Process::Absorption => z.exp(),
                Process::Emission => (-z).exp(),
                Process::Dephasing => 1.0,
            };
            for m in &flow.moves {
                let rate = bath.rate(flow.process) * m.weight;
                matrix[m.to][m.from] += rate * factor;
                matrix[m.from][m.from] -= rate;
            }
        }
    }
    let (mut lambda, mut v) = (0.0, vec![1.0 / n as f64; n]);
    for _ in 0..60 {
        // (L - (lambda + shift)) x = v by Gaussian elimination; then lambda from the growth of 1.v.
        let shift = lambda + 0.01;
        let mut a: Vec<Vec<f64>> = matrix.clone();
        let mut x = v.clone();
        (0..n).for_each(|i| a[i][i] -= shift);
        for i in 0..n {
            let pivot = (i..n).max_by(|p, q| a[*p][i].abs().total_cmp(&a[*q][i].abs())).unwrap();
            a.swap(i, pivot);
            x.swap(i, pivot);
            for row in i + 1..n {
                let factor = a[row][i] / a[i][i];
                let above = a[i].clone();
                a[row].iter_mut().zip(&above).skip(i).for_each(|(value, above)| *value -= factor * above);
                let value = x[i];
                x[row] -= factor * value;
            }
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|c| a[i][c] * x[c]).sum();
            x[i] = (x[i] - known) / a[i][i];
        }
        let size: f64 = x.iter().sum();
        lambda = shift + 1.0 / size;
        v = x.iter().map(|value| value / size).collect();
    }
    lambda
}

#[test]
fn cumulants_are_the_derivatives_of_the_tilted_generator() {
    let (collective, local) = (Coupling::Collective, Coupling::Local);
    for number in [1, 2, 4] {
        let kinds = [(collective, 1.3, 0.4, 0.2), (collective, 0.6, 0.5, 0.0), (local, 0.3, 0.2, 0.1)];
        let model = model(number, &kinds);
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        for bath in [0, 2] {
            let c = counting.cumulants(bath).unwrap();
            // Seven-point differences: the truncation is of order h^4 (third and fourth), the rounding 1e-15/h^4.
            let h = 0.03;
            let f: Vec<f64> = (-3..=3).map(|k| tilted_eigenvalue(&equation, &[(bath, h * f64::from(k))])).collect();
            let odd = |k: usize| f[3 + k] - f[3 - k];
            let even = |k: usize| f[3 + k] + f[3 - k] - 2.0 * f[3];
            close((45.0 * odd(1) - 9.0 * odd(2) + odd(3)) / (60.0 * h), c.mean, 1e-7, "mean");
            close((270.0 * even(1) - 27.0 * even(2) + 2.0 * even(3)) / (180.0 * h * h), c.noise, 1e-6, "noise");
            close((-13.0 * odd(1) + 8.0 * odd(2) - odd(3)) / (8.0 * h.powi(3)), c.third, 1e-3, "third");
            close((-39.0 * even(1) + 12.0 * even(2) - even(3)) / (6.0 * h.powi(4)), c.fourth, 2e-3, "fourth");
        }
        let h = 0.01;
        let at = |a: f64, b: f64| tilted_eigenvalue(&equation, &[(0, a * h), (2, b * h)]);
        let mixed = (at(1.0, 1.0) - at(1.0, -1.0) - at(-1.0, 1.0) + at(-1.0, -1.0)) / (4.0 * h * h);
        let cross = counting.cross_noise(0, 2).unwrap();
        assert!((mixed - cross).abs() < 1e-3 * cross.abs().max(0.1), "{mixed} against {cross}");
        // And the same numbers from the full 2^N equation.
        let register = RegisterEquation::new(&Register::from(&model)).unwrap();
        let (current, noise) = register.current_and_noise(0).unwrap();
        close(counting.current(0), current, 1e-10, "current of the register");
        close(counting.noise(0).unwrap(), noise, 1e-10, "noise of the register");
    }
}

#[test]
fn the_spectrum_runs_from_the_noise_to_the_activity_and_waiting_times_are_a_distribution() {
    let model = slow_ten();
    let equation = equation(&model);
    let counting = Counting::new(&equation).unwrap();
    close(counting.spectrum(1, 1e-6).unwrap(), counting.noise(1).unwrap(), 1e-8, "S(0)");
    close(counting.spectrum(1, 1e7).unwrap(), counting.activity(1), 1e-6, "S(infinity)");
    // The density of waiting times integrates to 1 with mean 1/rate (Simpson, on a grid that resolves it).
    let step = 0.005;
    let times: Vec<f64> = (0..=8000).map(|k| step * f64::from(k)).collect();
    let w = counting.waiting_time_density(1, &times).unwrap().unwrap();
    let simpson = |f: &dyn Fn(usize) -> f64| {
        let weight = |k: usize| {
            if k == 0 || k == times.len() - 1 {
                1.0
            } else if k % 2 == 1 {
                4.0
            } else {
                2.0
            }
        };
        (0..times.len()).map(|k| weight(k) * f(k)).sum::<f64>() * step / 3.0
    };
    let rate = (counting.activity(1) - counting.current(1)) / 2.0;
    let total = simpson(&|k| w[k]);
    let mean = simpson(&|k| w[k] * times[k]);
    assert!((total - 1.0).abs() < 1e-3, "{total}");
    assert!((mean * rate - 1.0).abs() < 0.03, "{mean} {rate}");
    let g2 = counting.emission_correlation(1, &[0.0, 1e4]).unwrap().unwrap();
    assert!(g2[0] > 1.0 && (g2[1] - 1.0).abs() < 1e-9, "{g2:?}");
}

#[test]
fn at_the_effective_temperature_the_parasitic_bath_makes_the_qubits_independent_25() {
    let x = theory::effective_temperature(valve(1, 0.0, 1.0).rates(Coupling::Collective)).recip();
    for number in [1, 2, 7, 30] {
        let model = valve(number, 1e-3, x);
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        close(counting.current(0), theory::independent_bath_current(&model, &model.baths[0]), 1e-10, "current");
        let now = counting.steady().observables();
        // Independent qubits: <J^2> = <Jz>^2 + N/2 + (N - N^2) <s_z>^2 / 4 ... = 3N/4 + N(N-1) (Jz/N)^2.
        let n = number as f64;
        close(now.j_squared, 0.75 * n + n * (n - 1.0) * (now.jz / n).powi(2), 1e-10, "J2");
    }
}

#[test]
fn the_weak_bath_limit_of_the_sectors_is_the_closed_form() {
    for (number, x) in [(4, 10.0), (9, 1.0), (20, 0.3)] {
        let exact = theory::weak_local_bath(&valve(number, 1.0, x)).unwrap();
        for gamma in [1e-7, 1e-6] {
            let model = valve(number, gamma, x);
            let equation = equation(&model);
            let steady = equation.steady_state().unwrap();
            for ((two_j, p), (same, limit)) in steady.sectors().into_iter().zip(&exact) {
                assert_eq!(two_j, *same);
                // The correction is of first order in gamma, with a factor of up to some hundreds here.
                assert!((p - limit).abs() < 300.0 * gamma, "N = {number}, J = {two_j}/2: {p} against {limit}");
            }
        }
    }
}

#[test]
fn the_conditional_populations_of_a_weak_bath_are_thermal_18() {
    let model = valve(6, 1e-9, 10.0);
    let equation = equation(&model);
    let steady = equation.steady_state().unwrap();
    let x = theory::effective_temperature(model.rates(Coupling::Collective)).recip();
    let p = steady.conditional(4).unwrap();
    for pair in p.windows(2) {
        close(pair[1] / pair[0], (-x).exp(), 1e-8, "neighbours");
    }
    assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    assert!(steady.conditional(5).is_none());
}

#[test]
fn without_a_local_bath_each_sector_keeps_its_weight_17() {
    let model = model(6, &[(Coupling::Collective, 2.0, 0.7, 0.3)]);
    let initial = InitialState::Product { excited: 2 };
    let equation = PopulationEquation::new(&model, &initial);
    let steady = equation.steady_state().unwrap();
    for (two_j, p) in steady.sectors() {
        let start: f64 = initial.populations(6).iter().filter(|(l, _)| l.two_j == two_j).map(|(_, p)| p).sum();
        close(p, start, 1e-14, "P_J");
        let conditional = steady.conditional(two_j).unwrap();
        conditional.windows(2).for_each(|pair| close(pair[1] / pair[0], 0.35, 1e-13, "neighbours"));
    }
    // Far in time the transient is there.
    let late = equation.transient(&[100.0]).unwrap()[0].now;
    close(steady.observables().jz, late.jz, 1e-11, "Jz");
    // The noise of a mixture of sectors grows for ever.
    assert_eq!(Counting::new(&equation).err(), Some(SteadyError::SeveralSectors { sectors: 3 }));
}

#[test]
fn pumped_superradiance_of_a_hundred_qubits_peaks_near_an_eighth_of_n_squared() {
    let n = 100;
    let model = model(n, &[(Coupling::Collective, 1.0, 0.0, 0.0), (Coupling::Local, 0.0, n as f64 / 2.0, 0.0)]);
    let equation = equation(&model);
    let emission = equation.steady_state().unwrap().observables().emission;
    close(emission, (n * n) as f64 / 8.0, 0.03, "emission");
}

#[test]
fn strong_pumps_and_empty_baths_have_steady_states_far_from_the_ground() {
    // The reference level must not be one that is all but empty: 1000 inverted qubits, and qubits with nothing to absorb.
    let pumped = model(300, &[(Coupling::Collective, 0.01, 0.0, 0.0), (Coupling::Local, 0.0, 50.0, 0.0)]);
    let steady = equation(&pumped).steady_state().unwrap();
    assert!((steady.p.iter().sum::<f64>() - 1.0).abs() < 1e-12 && steady.observables().jz > 100.0);
    let empty = model(20, &[(Coupling::Collective, 1.0, 0.0, 0.0), (Coupling::Local, 0.1, 0.0, 0.0)]);
    let steady = equation(&empty).steady_state().unwrap();
    close(steady.observables().jz, -10.0, 1e-13, "Jz");
}

#[test]
fn what_has_no_steady_state_or_is_too_large_says_so() {
    let still = model(3, &[(Coupling::Local, 0.0, 0.0, 1.0), (Coupling::Collective, 0.0, 0.0, 1.0)]);
    assert_eq!(equation(&still).steady_state().err(), Some(SteadyError::NothingMoves));
    assert_eq!(Counting::new(&equation(&still)).err(), Some(SteadyError::NothingMoves));
    let large = valve(5000, 1e-3, 1.0);
    let error = PopulationEquation::affordable(&large, &ground(5000), Effort::Steady).unwrap_err();
    assert!(error.to_string().contains("6255001 levels") && error.to_string().contains("weak local bath"), "{error}");
}

/// The largest relative difference of what enters a level and what leaves it, over all levels.
fn imbalance(equation: &PopulationEquation, p: &[f64]) -> f64 {
    let (mut gain, mut loss) = (vec![0.0; p.len()], vec![0.0; p.len()]);
    for flow in &equation.ladder().flows {
        for m in &flow.moves {
            gain[m.to] += flow.rate * m.weight * p[m.from];
            loss[m.from] += flow.rate * m.weight * p[m.from];
        }
    }
    gain.iter().zip(&loss).map(|(gain, loss)| (gain - loss).abs() / loss).fold(0.0, f64::max)
}

#[test]
fn warm_local_baths_of_many_qubits_leave_no_residual() {
    // The weight is at small J, and the first sector is empty to a hundred digits.
    for number in [80, 90, 130, 200] {
        for temperature in [0.1, 1.0, 3.0, 100.0] {
            for gamma in [1e-10, 1e-3, 1.0] {
                let model = valve(number, gamma, 1.0 / temperature);
                let equation = equation(&model);
                let counting = Counting::new(&equation).unwrap();
                let what = format!("N = {number}, T = {temperature}, gamma = {gamma}");
                // Level by level: ten terms on each side, each good to some units of its last digit.
                let left = imbalance(&equation, &counting.steady().p);
                assert!(left < 1e-13, "{what}: {left:.1e}");
                let currents = [0, 1, 2].map(|bath| counting.current(bath));
                // Sums over thousands of levels of what flows to and fro.
                let activity: f64 = (0..3).map(|bath| counting.activity(bath)).sum();
                assert!(currents.iter().sum::<f64>().abs() < 1e-13 * activity, "{what}: {currents:?}");
                // What comes goes: the covariances with all baths together add to nothing.
                let noise = [0, 1, 2].map(|bath| counting.cross_noise(0, bath).unwrap());
                let largest = noise.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
                // Responses are refined to 1e-15, of sums of as many terms as there are levels.
                assert!(noise.iter().sum::<f64>().abs() < 1e-9 * largest, "{what}: {noise:?}");
                if gamma < 1e-9 {
                    for ((_, p), (_, limit)) in
                        counting.steady().sectors().into_iter().zip(theory::weak_local_bath(&model).unwrap())
                    {
                        // Of first order in gamma, with a factor of up to some hundreds.
                        assert!((p - limit).abs() < 300.0 * gamma, "{what}: {p} against {limit}");
                    }
                }
            }
        }
    }
}

#[test]
fn one_temperature_is_equilibrium_of_any_number_at_any_local_rate() {
    for (number, x) in [(80, 1.0), (131, 0.3), (200, 0.01), (200, 3.0)] {
        for gamma in [1e-10, 1e-3, 10.0] {
            let bath = |coupling, gamma| Bath::thermal("b", coupling, gamma, x, 1.0 / x);
            let baths = vec![bath(Coupling::Collective, 1.0), bath(Coupling::Local, gamma)];
            let model = Model { units: Units::Natural, number, frequency: 1.0, baths };
            let equation = equation(&model);
            let steady = equation.steady_state().unwrap();
            // Independent qubits: d_J e^{-xM}, and d_{J-1}/d_J = (N/2+J+1)(2J-1) / [(N/2-J+1)(2J+1)].
            let mut ln_degeneracy = 0.0;
            let mut weights = Vec::new();
            for sector in steady.levels.chunk_by(|a, b| a.two_j == b.two_j) {
                weights.extend(sector.iter().map(|level| ln_degeneracy - x * level.m()));
                let (n, j) = (number as f64 / 2.0, sector[0].j());
                ln_degeneracy += ((n + j + 1.0) * (2.0 * j - 1.0) / ((n - j + 1.0) * (2.0 * j + 1.0))).ln();
            }
            let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = weights.iter().map(|w| (w - most).exp()).sum();
            for (p, weight) in steady.p.iter().zip(weights) {
                // Every level to ten digits, however unlikely: the rates of a path along the ladder are rounded.
                let exact = (weight - most).exp() / total;
                assert!((p - exact).abs() < 1e-11 * exact, "N = {number}, gamma = {gamma}: {p} against {exact}");
            }
        }
    }
}

#[test]
fn a_local_bath_of_any_weakness_is_resolved() {
    // Far below the rounding of the collective rates: nothing is subtracted.
    for (gamma, tolerance) in [(1e-10, 1e-7), (1e-18, 1e-14), (1e-200, 1e-14)] {
        let model = valve(20, gamma, 10.0);
        let limit = theory::weak_local_bath(&model).unwrap();
        for ((_, p), (_, exact)) in equation(&model).steady_state().unwrap().sectors().into_iter().zip(limit) {
            assert!((p - exact).abs() < tolerance, "gamma = {gamma}: {p} against {exact}");
        }
    }
    // And the telegraph noise of its rare jumps, which is one over the rate.
    let noise = |gamma| {
        let model = valve(20, gamma, 10.0);
        let equation = equation(&model);
        Counting::new(&equation).unwrap().noise(0).unwrap()
    };
    close(noise(1e-14) / noise(1e-12), 100.0, 1e-8, "telegraph noise");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn currents_obey_both_laws_and_the_uncertainty_relation(
        number in 1..12_i64,
        gammas in prop::array::uniform3(0.01..2.0_f64),
        temperatures in prop::array::uniform3(0.2..5.0_f64),
        dephasing in 0.0..1.0_f64,
    ) {
        let couplings = [Coupling::Collective, Coupling::Collective, Coupling::Local];
        let mut baths: Vec<Bath> = (0..3)
            .map(|b| Bath::thermal(&b.to_string(), couplings[b], gammas[b], 1.0 / temperatures[b], temperatures[b]))
            .collect();
        baths[2].dephasing = dephasing;
        let model = Model { units: Units::Natural, number, frequency: 1.0, baths };
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let currents = [0, 1, 2].map(|bath| counting.current(bath));
        let scale = currents.iter().fold(1e-3_f64, |m, i| m.max(i.abs()));
        prop_assert!(currents.iter().sum::<f64>().abs() < 1e-11 * scale * 100.0, "first law: {currents:?}");
        let produced: f64 = -currents.iter().zip(temperatures).map(|(i, t)| i / t).sum::<f64>();
        prop_assert!(produced >= -1e-11 * scale, "second law: {produced}");
        prop_assert!((counting.entropy_production() - produced).abs() < 1e-9 * scale.max(produced));
        for (bath, current) in currents.into_iter().enumerate() {
            if let Some(ratio) = counting.uncertainty_ratio(bath).unwrap().filter(|_| current.abs() > 1e-6) {
                prop_assert!(ratio > 1.0 - 1e-8, "uncertainty relation: {ratio}");
            }
        }
        // Energy is conserved in the long run: the noise matrix has its rows adding to zero.
        let row: f64 = (0..3).map(|b| counting.cross_noise(0, b).unwrap()).sum();
        prop_assert!(row.abs() < 1e-7 * counting.noise(0).unwrap().max(1.0), "covariance: {row}");
    }

    #[test]
    fn one_temperature_is_equilibrium_and_obeys_detailed_balance(
        number in 1..10_i64,
        gammas in prop::array::uniform2(0.01..2.0_f64),
        x in 0.1..5.0_f64,
    ) {
        let bath = |coupling, gamma| Bath::thermal("b", coupling, gamma, x, 1.0 / x);
        let baths = vec![bath(Coupling::Collective, gammas[0]), bath(Coupling::Local, gammas[1])];
        let model = Model { units: Units::Natural, number, frequency: 1.0, baths };
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let steady = counting.steady();
        for flow in &equation.ladder().flows {
            for m in flow.moves.iter().filter(|_| flow.process == Process::Emission) {
                let forth = flow.rate * m.weight * steady.p[m.from];
                let back = equation.ladder().flows.iter()
                    .filter(|other| other.coupling == flow.coupling && other.process == Process::Absorption)
                    .flat_map(|other| other.moves.iter().map(move |m| (other.rate, m)))
                    .find(|(_, other)| other.from == m.to && other.to == m.from)
                    .map(|(rate, other)| rate * other.weight * steady.p[other.from])
                    .unwrap();
                prop_assert!((forth - back).abs() <= 1e-10 * forth.max(1e-12), "{forth} {back}");
            }
        }
        prop_assert!(counting.current(0).abs() < 1e-11);
    }
}
