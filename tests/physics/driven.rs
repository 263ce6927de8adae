//! Drive and twisting: both engines against the full equation, and without jumps against the matrix exponential.

use crate::common::{assert_within_5_sigma, point, run};
use ndarray::Array2;
use num_complex::Complex64;
use superjump::campaign::simulator;
use superjump::model::{Drive, Hamiltonian};
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::trajectory::{DrivenLadder, Interrupt, Record, Unravelling};

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
    let mut psi = ndarray::Array1::<Complex64>::zeros(two_j + 1);
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
