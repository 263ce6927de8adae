//! The ladder engine: superpositions, against the exact module, the full equation, and closed survival functions.

use crate::common::{SIX, assert_within_5_sigma, bath, kolmogorov_smirnov, kolmogorov_smirnov_bound, point, run};
use num_complex::Complex64;
use proptest::prelude::*;
use rand::{Rng, RngExt};
use superjump::bath::Process;
use superjump::campaign::simulator;
use superjump::dicke::levels;
use superjump::initial::InitialState;
use superjump::model::{Hamiltonian, Observables};
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::trajectory::{Interrupt, Jump, Ladder, Recorder, Unravelling};

#[test]
fn all_six_channels_agree_with_the_master_equation_coherences_included() {
    for (index, (initial, superposed)) in [
        ("state = \"coherent\"\ntheta = 1.0\nphi = 0.4", true),
        ("state = \"superposition\"\nj = 1.5\namplitudes = [0.5, [0.1, 0.7], -0.3, [0.0, 0.2]]", true),
        ("state = \"ghz\"\nphi = 0.3", true),
        ("state = \"ground\"", false),
        ("state = \"thermal\"\ntemperature = 1.3", false),
        ("state = \"product\"\nexcited = 3", false),
    ]
    .iter()
    .enumerate()
    {
        let ran = run(&format!(
            "[qubits]\nnumber = 5\n{SIX}[initial]\n{initial}\n\
             [evolution]\nengine = \"ladder\"\ntimes = [0, 0.1, 0.5, 2.0]\ntrajectories = 20000\nseed = {index}"
        ));
        let mut transverse = 0.0_f64;
        for (what, estimate, exact) in ran.all() {
            // Length and squeezing of one trajectory's spin are no averages of the density matrix.
            if let Some(exact) = exact {
                assert_within_5_sigma(estimate, exact, &format!("{initial}: {what}"));
                if what.starts_with("Jx") || what.starts_with("Jy") {
                    transverse = transverse.max(exact.abs());
                }
            } else {
                assert!(what.starts_with("SpinLength") || what.starts_with("Squeezing"), "{what}");
            }
        }
        assert_eq!(transverse > 0.1, *superposed && !initial.contains("ghz"), "{initial}");
    }
}

#[test]
fn on_diagonal_states_the_ladder_and_the_populations_engine_give_the_same_averages() {
    // 5 sigma of the difference (false positives 6e-7 each, some 60 of them).
    let text = |engine: &str, seed: u64| {
        format!(
            "[qubits]\nnumber = 6\n{}{}{}[initial]\nstate = \"product\"\nexcited = 4\n[evolution]\n\
             engine = \"{engine}\"\ntimes = [0.2, 1.0, 3.0]\ntrajectories = 20000\nseed = {seed}",
            bath("hot", "collective", 1.0, 3.0),
            bath("cold", "collective", 1.0, 0.3),
            bath("parasitic", "local", 0.3, 0.5)
        )
    };
    let (chain, ladder) = (run(&text("populations", 1)), run(&text("ladder", 2)));
    for sample in 0..3 {
        for column in chain.point.columns() {
            let name = column.bath.map(|b| chain.point.baths()[b].name.clone());
            let (a, b) = (
                chain.estimate(sample, column.quantity, name.as_deref()),
                ladder.estimate(sample, column.quantity, name.as_deref()),
            );
            let error = a.std_error.unwrap_or(0.0).hypot(b.std_error.unwrap_or(0.0));
            assert!((a.mean - b.mean).abs() <= 5.0 * error + 1e-12, "{column:?}: {a:?} {b:?}");
        }
    }
}

/// Checks every jump, and keeps the time of the first.
#[derive(Default)]
struct FirstJump(Option<f64>);

impl Recorder<Observables> for FirstJump {
    fn dwell(&mut self, _: f64, _: f64, _: &Observables, _: &Observables) {}

    fn jump(&mut self, time: f64, _: Jump, _: &Observables) {
        self.0.get_or_insert(time);
    }
}

/// A random superposition in the sector of spin J, normalized.
fn random_superposition(two_j: i64, rng: &mut impl Rng) -> InitialState {
    let draw = |rng: &mut _| RngExt::random::<f64>(rng) - 0.5;
    let mut amplitudes: Vec<Complex64> =
        (0..=two_j).map(|_| Complex64::new(draw(&mut *rng), draw(&mut *rng))).collect();
    let norm = amplitudes.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
    amplitudes.iter_mut().for_each(|amplitude| *amplitude /= norm);
    InitialState::Superposition { two_j, amplitudes }
}

#[test]
fn waiting_times_follow_the_survival_function_of_random_superpositions() {
    // Kolmogorov and Smirnov at 0.001 each, eight of them; seeded. The grid cuts the wait where it likes.
    let scenario = point(&format!(
        "[qubits]\nnumber = 9\n{SIX}[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1"
    ));
    let model = &scenario.groups[0].model;
    let engine = Ladder::new(model, &Hamiltonian::default());
    let mut rng = stream(77, 0, 0);
    for two_j in [9, 9, 9, 7, 7, 5, 3, 1] {
        let initial = random_superposition(two_j, &mut rng);
        let (_, amplitudes) = initial.superposition(9).unwrap();
        // Gamma(J, M) from the rates of the scenario, written out.
        let rates: Vec<(f64, f64)> = levels(two_j)
            .zip(&amplitudes)
            .map(|(level, (_, c))| {
                let m = level.m();
                let gamma = 0.8 * level.lowering()
                    + 0.3 * level.raising()
                    + 0.7 * m * m
                    + 0.5 * (4.5 + m)
                    + 0.4 * (4.5 - m)
                    + 0.6 * 9.0 / 4.0;
                (c.norm_sqr(), gamma)
            })
            .collect();
        let mut times = Vec::new();
        for _ in 0..4000 {
            let mut state = engine.prepare(&initial, &mut rng);
            let mut first = FirstJump::default();
            let mut now = 0.0;
            while first.0.is_none() {
                engine.advance(&mut state, now, now + 0.013, &mut rng, &mut first);
                now += 0.013;
            }
            times.push(first.0.unwrap());
        }
        let cdf = |t: f64| 1.0 - rates.iter().map(|(p, gamma)| p * (-gamma * t).exp()).sum::<f64>();
        let distance = kolmogorov_smirnov(&mut times, cdf);
        assert!(distance < kolmogorov_smirnov_bound(4000), "2J = {two_j}: {distance}");
    }
}

/// Holds every jump against the laws that it must keep.
struct Lawful {
    two_j: i64,
    jumps: u32,
}

impl Recorder<Observables> for Lawful {
    fn dwell(&mut self, _: f64, duration: f64, at_start: &Observables, mean: &Observables) {
        assert!(duration >= 0.0 && at_start.emission >= 0.0 && mean.emission >= 0.0);
    }

    fn jump(&mut self, _: f64, jump: Jump, after: &Observables) {
        self.jumps += 1;
        let j = ((1.0 + 4.0 * after.j_squared).sqrt() - 1.0) / 2.0;
        if jump.bath < 3 {
            assert_eq!((2.0 * j).round() as i64, self.two_j, "a collective jump keeps J");
        }
        self.two_j = (2.0 * j).round() as i64;
        assert!(after.jz.abs() <= j + 1e-9);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_state_is_normalized_after_every_jump_and_its_spin_no_longer_than_j(
        number in 1..=12_i64, theta in 0.0..3.1_f64, seed in 0..1000_u64
    ) {
        let scenario = point(&format!(
            "[qubits]\nnumber = {number}\n{SIX}[initial]\nstate = \"coherent\"\ntheta = {theta:?}\n[evolution]\nuntil = 1.0\ntrajectories = 1"
        ));
        let engine = Ladder::new(&scenario.groups[0].model, &Hamiltonian::default());
        let mut rng = stream(seed, 1, 0);
        let mut state = engine.prepare(&scenario.groups[0].initial, &mut rng);
        let mut laws = Lawful { two_j: number, jumps: 0 };
        let mut now = 0.0;
        while laws.jumps < 30 && now < 50.0 {
            engine.advance(&mut state, now, now + 0.05, &mut rng, &mut laws);
            now += 0.05;
            let norm: f64 = state.amplitudes().map(|c| c.norm_sqr()).sum();
            prop_assert!((norm - 1.0).abs() < 1e-12, "{norm}");
            let spin = engine.observe(&state, now).transverse.unwrap();
            // Rounding of a length: a few units in the last place.
            prop_assert!(spin.spin_length <= 1.0 + 1e-12, "{spin:?}");
            prop_assert!(spin.squeezing >= -1e-12);
        }
    }
}

#[test]
fn a_jump_of_a_bath_of_quanta_changes_the_excitations_by_one() {
    // |3/2, M> in a superposition of one level: the ladder engine then is the jump chain.
    let scenario = point(&format!(
        "[qubits]\nnumber = 5\n{SIX}[initial]\nstate = \"dicke\"\nj = 1.5\nm = 0.5\n[record]\njumps = true\n\
         [evolution]\nengine = \"ladder\"\nuntil = 5.0\ntrajectories = 1"
    ));
    let never = Interrupt::default();
    let mut simulator = simulator(&scenario, &never);
    let mut m = 0.5;
    let trace = simulator.trajectory(3).unwrap().trace;
    assert!(trace.log.len() > 20);
    for row in &trace.log {
        m += match row.jump.process {
            Process::Emission => -1.0,
            Process::Absorption => 1.0,
            Process::Dephasing => 0.0,
        };
        // <J_z> of one level, read off as a mean: exact but for the rounding of a division.
        assert!((row.m - m).abs() < 1e-12);
    }
}

#[test]
fn ten_thousand_qubits_keep_their_norm_through_a_long_silence() {
    // A coherent state on its way down: the levels' rates differ by a factor of 10^4, and the wait at the end is long.
    let scenario = point(
        "[qubits]\nnumber = 10000\n[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = 1.0\n\
         [initial]\nstate = \"coherent\"\ntheta = 3.1\n[evolution]\ntimes = [1e-4, 1.0, 1e6]\ntrajectories = 1",
    );
    let engine = Ladder::new(&scenario.groups[0].model, &Hamiltonian::default());
    let mut rng = stream(5, 0, 0);
    let mut state = engine.prepare(&scenario.groups[0].initial, &mut rng);
    let mut laws = Lawful { two_j: 10_000, jumps: 0 };
    let mut now = 0.0;
    for time in [1e-4, 1e-3, 1.0, 1e6] {
        engine.advance(&mut state, now, time, &mut rng, &mut laws);
        now = time;
        let norm: f64 = state.amplitudes().map(|c| c.norm_sqr()).sum();
        assert!((norm - 1.0).abs() < 1e-12, "{norm} at {time}");
    }
    // Nothing but the ground state is left.
    assert_eq!(engine.observe(&state, now).values.jz, -5000.0);
    assert!(laws.jumps >= 1);
}

#[test]
fn a_pole_of_many_qubits_is_the_jump_chain_that_starts_there() {
    // A coherent state at theta = 0 is one level, and stays one: a thousand jumps in a row, each by a large element.
    let text = |initial: &str| {
        format!(
            "[qubits]\nnumber = 1000\n[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = 0.001\n\
             [initial]\n{initial}\n[evolution]\nuntil = 1e5\nsamples = 2\ntrajectories = 2000\nseed = 9"
        )
    };
    let chain = run(&text("state = \"inverted\""));
    let ladder = run(&text("state = \"coherent\"\ntheta = 0.0"));
    assert_eq!((chain.point.engine.engine.name(), ladder.point.engine.engine.name()), ("populations", "ladder"));
    let peak = chain.exact.peak_time().unwrap();
    assert_within_5_sigma(chain.ensemble.peak_time().unwrap(), peak, "populations");
    assert_within_5_sigma(ladder.ensemble.peak_time().unwrap(), peak, "ladder");
    assert_eq!(ladder.ensemble.peak_intensity().unwrap().mean, chain.exact.peak_intensity().unwrap());
    // Every quantum is out, and the norm has neither overflowed nor vanished.
    assert_eq!(ladder.estimate(1, Quantity::Jz, None).mean, -500.0);
    assert_eq!(ladder.ensemble.jumps, 2000 * 1000);
}

#[test]
fn a_coherent_state_has_the_whole_spin_and_no_squeezing() {
    let ran = run("[qubits]\nnumber = 20\n[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = 1.0\n\
         [initial]\nstate = \"coherent\"\ntheta = 1.2\nphi = 0.5\n[evolution]\ntimes = [0, 0.05]\ntrajectories = 10");
    // Deterministic at t = 0, to the rounding of sums over 21 levels.
    assert!((ran.estimate(0, Quantity::SpinLength, None).mean - 1.0).abs() < 1e-13);
    assert!((ran.estimate(0, Quantity::Squeezing, None).mean - 1.0).abs() < 1e-12);
    assert!((ran.estimate(0, Quantity::Jx, None).mean - 10.0 * 1.2_f64.sin() * 0.5_f64.cos()).abs() < 1e-12);
    assert!((ran.estimate(0, Quantity::Jy, None).mean - 10.0 * 1.2_f64.sin() * 0.5_f64.sin()).abs() < 1e-12);
}
