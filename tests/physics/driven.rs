//! Drive and twisting: both engines against the full equation, and without jumps against the matrix exponential.

use crate::common::{assert_within_5_sigma, kolmogorov_smirnov, kolmogorov_smirnov_bound, point, run};
use ndarray::{Array1, Array2};
use num_complex::Complex64;
use rand_distr::{Distribution, Exp1};
use superjump::campaign::simulator;
use superjump::model::{Drive, Hamiltonian, Observables};
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::trajectory::{DrivenLadder, Interrupt, Jump, Record, Recorder, Unravelling};

const BATHS: &str = "
[[bath]]
name = \"cavity\"
coupling = \"collective\"
down = 0.4
up = 0.1
dephasing = 0.2
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.2
up = 0.1
dephasing = 0.1
";

#[test]
fn driven_and_twisted_qubits_agree_with_the_full_equation_on_both_engines() {
    // Some 120 comparisons, each at 5 sigma: false positives 6e-7.
    for (index, (engine, initial)) in [
        ("ladder", "state = \"ground\""),
        ("ladder", "state = \"coherent\"\ntheta = 1.0\nphi = 0.7"),
        ("ladder", "state = \"thermal\"\ntemperature = 1.0"),
        ("register", "state = \"ground\""),
        ("register", "state = \"bits\"\nbits = \"0110\""),
        ("register", "state = \"angles\"\nangles = [[0.3, 0.1], [1.2, 2.0], [2.0, -1.0], [3.0, 0.0]]"),
    ]
    .iter()
    .enumerate()
    {
        let ran = run(&format!(
            "[qubits]\nnumber = 4\ntwisting = 0.15\n{BATHS}[drive]\namplitude = 0.9\ndetuning = 0.3\n\
             [initial]\n{initial}\n[evolution]\nengine = \"{engine}\"\ntimes = [0.1, 0.5, 2.0, 4.0]\n\
             trajectories = 8000\nseed = {index}"
        ));
        let mut compared = 0;
        for (what, estimate, exact) in ran.all() {
            match exact {
                Some(exact) => {
                    compared += 1;
                    assert_within_5_sigma(estimate, exact, &format!("{engine}, {initial}: {what}"));
                }
                None => assert!(what.starts_with("SpinLength") || what.starts_with("Squeezing"), "{what}"),
            }
        }
        assert_eq!(compared, 4 * 13, "{initial}");
    }
}

/// exp(-i t (Delta J_z + Omega J_x + chi J_z^2)) on the ground state of spin J, by a Taylor series over short steps.
fn rotated(two_j: usize, omega: f64, delta: f64, chi: f64, time: f64) -> Vec<Complex64> {
    let j = two_j as f64 / 2.0;
    let mut h = Array2::<Complex64>::zeros((two_j + 1, two_j + 1));
    for a in 0..=two_j {
        let m = a as f64 - j;
        h[(a, a)] = (delta * m + chi * m * m).into();
        if a > 0 {
            let element = 0.5 * omega * ((a * (two_j + 1 - a)) as f64).sqrt();
            h[(a, a - 1)] = element.into();
            h[(a - 1, a)] = element.into();
        }
    }
    let mut psi = Array1::<Complex64>::zeros(two_j + 1);
    psi[0] = Complex64::ONE;
    let steps = 400;
    for _ in 0..steps {
        let mut term = psi.clone();
        for order in 1..25 {
            term = h.dot(&term) * Complex64::new(0.0, -time / f64::from(steps) / f64::from(order));
            psi += &term;
        }
    }
    psi.to_vec()
}

#[test]
fn without_jumps_the_driven_ladder_is_the_matrix_exponential() {
    for (number, omega, delta, chi) in
        [(1, 0.8, 0.0, 0.0), (4, 0.8, 0.3, 0.0), (9, 0.5, -0.2, 0.1), (40, 1.0, 0.1, 0.02)]
    {
        let scenario = point(&format!(
            "[qubits]\nnumber = {number}\n[[bath]]\nname = \"none\"\ncoupling = \"collective\"\nrate = 0.0\n\
             temperature = 0.0\n[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1"
        ));
        let model = &scenario.groups[0].model;
        let drive = Drive { amplitude: omega, detuning: delta };
        let engine = DrivenLadder::new(model, &Hamiltonian { drive: Some(drive), chi });
        let mut rng = stream(1, 0, 0);
        let mut state = engine.prepare(&scenario.groups[0].initial, &mut rng);
        let mut record = Record::new(model, number, &scenario.columns(), 2, scenario.recording);
        let mut now = 0.0;
        for time in [0.3, 2.0, 7.0] {
            engine.advance(&mut state, now, time, &mut rng, &mut record);
            now = time;
            let expected = rotated(number as usize, omega, delta, chi, time);
            let found: Vec<Complex64> = state.ladder().amplitudes().collect();
            // A phase of the whole state is nobody's business.
            let overlap: Complex64 = expected.iter().zip(&found).map(|(a, b)| a.conj() * b).sum();
            let phase = overlap / overlap.norm();
            let off: f64 = expected.iter().zip(&found).map(|(a, b)| (a * phase - b).norm_sqr()).sum::<f64>().sqrt();
            assert!(off < 1e-9, "N = {number} at {time}: {off:e}");
        }
    }
}

/// When a trajectory jumps first.
#[derive(Default)]
struct First(Option<f64>);

impl Recorder<Observables> for First {
    fn dwell(&mut self, _: f64, _: f64, _: &Observables, _: &Observables) {}

    fn jump(&mut self, time: f64, _: Jump, _: &Observables) {
        self.0.get_or_insert(time);
    }

    fn interrupted(&self) -> bool {
        self.0.is_some()
    }
}

#[test]
fn the_driven_ladder_jumps_where_the_matrix_exponential_has_fallen_to_what_was_drawn() {
    // Of BATHS; the norm at each jump is right to 1e-9, and the waits have its law by Kolmogorov and Smirnov at 0.001, for
    // each of three models, seeds fixed.
    for (number, omega, delta, chi) in [(3_i64, 0.9, 0.3, 0.15), (12, 4.0, -0.2, 0.0), (30, 40.0, 1.0, 0.5)] {
        let scenario = point(&format!(
            "[qubits]\nnumber = {number}\n{BATHS}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\n\
             trajectories = 1"
        ));
        let group = &scenario.groups[0];
        let drive = Drive { amplitude: omega, detuning: delta };
        let engine = DrivenLadder::new(&group.model, &Hamiltonian { drive: Some(drive), chi });
        let mut waits: Vec<(f64, f64)> = (0..2000)
            .map(|trajectory| {
                let mut rng = stream(number as u64, 0, trajectory);
                let mut state = engine.prepare(&group.initial, &mut rng);
                let drawn = Exp1.sample(&mut rng.clone());
                let mut first = First::default();
                engine.advance(&mut state, 0.0, 1e3, &mut rng, &mut first);
                (first.0.unwrap(), drawn)
            })
            .collect();
        waits.sort_by(|a, b| a.0.total_cmp(&b.0));

        let (n, j) = (number as f64, number as f64 / 2.0);
        let mut a = Array2::<Complex64>::zeros((number as usize + 1, number as usize + 1));
        for level in 0..=number as usize {
            let (above, m) = (level as f64, level as f64 - j);
            let (emission, absorption) = (above * (n - above + 1.0), (n - above) * (above + 1.0));
            let loss =
                0.4 * emission + 0.1 * absorption + 0.2 * m * m + 0.2 * above + 0.1 * (n - above) + 0.1 * n / 4.0;
            a[(level, level)] = Complex64::new(-0.5 * loss, -(delta * m + chi * m * m));
            if level > 0 {
                let coupling = Complex64::new(0.0, -0.5 * omega * emission.sqrt());
                (a[(level, level - 1)], a[(level - 1, level)]) = (coupling, coupling);
            }
        }
        let size = a.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
        let (mut psi, mut now) = (Array1::<Complex64>::zeros(number as usize + 1), 0.0);
        psi[0] = Complex64::ONE;
        let mut survival = Vec::new();
        for (time, drawn) in &waits {
            let steps = ((time - now) * size).ceil().max(1.0);
            for _ in 0..steps as u64 {
                let mut term = psi.clone();
                for order in 1..20 {
                    term = a.dot(&term) * Complex64::from((time - now) / steps / f64::from(order));
                    psi += &term;
                }
            }
            now = *time;
            let norm: f64 = psi.iter().map(Complex64::norm_sqr).sum();
            assert!((norm.ln() + drawn).abs() < 1e-9 * (1.0 + drawn), "N = {number}, at {time}: {} {drawn}", norm.ln());
            survival.push(norm);
        }
        let mut times: Vec<f64> = waits.iter().map(|(time, _)| *time).collect();
        let law = times.clone();
        let distance = kolmogorov_smirnov(&mut times, |time| 1.0 - survival[law.partition_point(|t| *t < time)]);
        assert!(distance < kolmogorov_smirnov_bound(times.len()), "N = {number}: {distance}");
    }
}

#[test]
fn twisting_alone_keeps_the_exact_draw_and_squeezes() {
    // A coherent state on the equator (Kitagawa and Ueda 1993): with mu = 2 chi t, A = 1 - cos^(2J-2)(mu) and
    // B = 4 sin(mu/2) cos^(2J-2)(mu/2), the least variance across the mean is J/2 [1 + (J - 1/2)/2 (A - sqrt(A^2 + B^2))].
    let (number, chi, time) = (20, 0.05_f64, 1.0_f64);
    let scenario = point(&format!(
        "[qubits]\nnumber = {number}\ntwisting = {chi:?}\n[[bath]]\nname = \"none\"\ncoupling = \"collective\"\nrate = 0.0\n\
         temperature = 0.0\n[initial]\nstate = \"coherent\"\ntheta = {:?}\n[evolution]\ntimes = [{time:?}]\ntrajectories = 1",
        std::f64::consts::FRAC_PI_2
    ));
    assert_eq!(scenario.engine.engine.name(), "ladder");
    let columns = scenario.columns();
    let never = Interrupt::default();
    let mut simulator = simulator(&scenario, &never);
    let trace = simulator.trajectory(0).unwrap().trace;
    let value = |quantity| trace.values[(0, columns.iter().position(|c| c.quantity == quantity).unwrap())];
    let (j, mu) = (f64::from(number) / 2.0, 2.0 * chi * time);
    let power = 2.0 * j - 2.0;
    let a = 1.0 - mu.cos().powf(power);
    let b = 4.0 * (mu / 2.0).sin() * (mu / 2.0).cos().powf(power);
    let expected = 1.0 + 0.5 * (j - 0.5) * (a - a.hypot(b));
    assert!(expected < 0.5, "{expected}");
    // Sums over 21 levels: some hundred roundings.
    assert!((value(Quantity::Squeezing) - expected).abs() < 1e-12, "{} {expected}", value(Quantity::Squeezing));
    let length = (mu / 2.0).cos().powf(2.0 * j - 1.0);
    assert!((value(Quantity::SpinLength) - length).abs() < 1e-12);
}

#[test]
fn below_the_critical_drive_the_spin_rests_and_above_it_melts() {
    // H = Omega J_x, L = sqrt(gamma) J_-: the mean field rests at jz = -J sqrt(1 - (Omega/Omega_c)^2), Omega_c = gamma J.
    // Corrections are of order 1/N below; above, the steady <Jz> tends to 0.
    let jz = |omega: f64| {
        let ran = run(&format!(
            "[qubits]\nnumber = 30\n[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = {:?}\n\
             [drive]\namplitude = {omega:?}\n[initial]\nstate = \"ground\"\n[evolution]\ntimes = [30.0]\n\
             trajectories = 50\nseed = 4",
            2.0 / 30.0
        ));
        ran.estimate(0, Quantity::Jz, None).mean / 15.0
    };
    assert!((jz(0.5) + 0.75_f64.sqrt()).abs() < 0.02);
    assert!((jz(0.8) + 0.6).abs() < 0.05);
    assert!(jz(2.0).abs() < 0.25);
}
