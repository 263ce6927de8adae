use super::*;
use crate::random::stream;
use ndarray::Array2;
use rand::RngExt;

/// A dense matrix.
struct Dense(Array2<Complex64>);

impl Generator for Dense {
    fn apply(&mut self, _: f64, x: &[Complex64], y: &mut [Complex64]) {
        for (y, row) in y.iter_mut().zip(self.0.rows()) {
            *y = row.iter().zip(x).map(|(a, x)| a * x).sum();
        }
    }

    fn norm_bound(&self) -> f64 {
        self.0.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt()
    }
}

/// -i H - K/2 with a random Hermitian H and a random K of this rank.
fn dissipative(dimension: usize, rank: usize, strength: f64, seed: u64) -> Dense {
    let mut rng = stream(seed, 0, 0);
    let mut random = |rows| {
        Array2::from_shape_fn((rows, dimension), |_| {
            Complex64::new(rng.random::<f64>() - 0.5, rng.random::<f64>() - 0.5)
        })
    };
    let adjoint = |a: &Array2<Complex64>| a.t().mapv(|value| value.conj());
    let (half, jump) = (random(dimension), random(rank));
    let h = &half + &adjoint(&half);
    let k = adjoint(&jump).dot(&jump);
    Dense((h * Complex64::new(0.0, -1.0) - k * Complex64::from(0.5)) * Complex64::from(strength))
}

fn state(dimension: usize, seed: u64) -> Vec<Complex64> {
    let mut rng = stream(seed, 1, 0);
    let mut state: Vec<_> =
        (0..dimension).map(|_| Complex64::new(rng.random::<f64>() - 0.5, rng.random::<f64>() - 0.5)).collect();
    normalize(&mut state);
    state
}

/// exp(tA) psi, unnormalized, by a Taylor series over steps short enough not to cancel.
fn exponential(generator: &mut Dense, psi: &[Complex64], time: f64) -> Vec<Complex64> {
    let steps = (time * generator.norm_bound()).ceil().max(1.0);
    let mut psi = psi.to_vec();
    for _ in 0..steps as u64 {
        let mut term = psi.clone();
        for order in 1..40 {
            let mut next = vec![Complex64::ZERO; psi.len()];
            generator.apply(0.0, &term, &mut next);
            next.iter_mut().for_each(|value| *value *= time / steps / f64::from(order));
            psi.iter_mut().zip(&next).for_each(|(sum, more)| *sum += more);
            term = next;
        }
    }
    psi
}

fn distance(a: &[Complex64], b: &[Complex64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>().sqrt()
}

/// The Krylov space of a state.
fn started(generator: &mut Dense, psi: &[Complex64], horizon: f64, tolerance: f64) -> (Propagation, f64) {
    let mut propagation = Propagation::new(psi.len());
    let mut image = vec![Complex64::ZERO; psi.len()];
    generator.apply(0.0, psi, &mut image);
    let reach = propagation.start(generator, psi, &image, (0.0, horizon), tolerance, || false);
    (propagation, reach)
}

#[test]
fn the_error_is_below_its_bound_at_every_time_of_a_step() {
    for (seed, dimension, strength) in [(1, 60, 1.0), (2, 60, 10.0), (3, 7, 1.0), (4, 200, 0.3)] {
        let mut generator = dissipative(dimension, 3, strength, seed);
        let psi = state(dimension, seed);
        for tolerance in [1e-3, 1e-6, 1e-10] {
            let (mut propagation, reach) = started(&mut generator, &psi, 2.0, tolerance);
            assert!(reach > 0.0);
            for part in [0.1, 0.5, 1.0] {
                let mut exact = exponential(&mut generator, &psi, part * reach);
                let log = normalize(&mut exact).ln();
                propagation.go_to(part * reach, || false);
                let mut found = vec![Complex64::ZERO; dimension];
                propagation.write(&mut found);
                // Normalizing both at most doubles the error over the norm that is left.
                let allowed = 2.0 * tolerance / (0.5 * log).exp() + 1e-12;
                let off = distance(&found, &exact);
                assert!(off <= allowed, "{dimension} {tolerance:e}: {off:e} at {part} of {reach}");
            }
        }
    }
}

#[test]
fn a_jump_is_found_where_the_norm_is_what_was_drawn() {
    for seed in 0..20 {
        let mut generator = dissipative(30, 4, 3.0, seed);
        let mut psi = state(30, seed);
        let exponent = 0.05 * 1.4_f64.powi(seed as i32);
        let (start, mut left, mut total) = (psi.clone(), exponent, 0.0);
        for _ in 0..10_000 {
            let (mut propagation, reach) = started(&mut generator, &psi, 5.0, 1e-12);
            let outcome = propagation.wait(left, reach, || false);
            propagation.write(&mut psi);
            match outcome {
                Wait::Jump(time) => {
                    total += time;
                    left = 0.0;
                    break;
                }
                Wait::Survived(log) => (total, left) = (total + reach, left + log),
                Wait::Interrupted => panic!("nobody interrupts"),
            }
        }
        assert_eq!(left, 0.0, "no jump");
        let mut exact = exponential(&mut generator, &start, total);
        let log = normalize(&mut exact).ln();
        assert!((log + exponent).abs() < 1e-9 * (1.0 + exponent), "{log} is not {exponent}");
        assert!(distance(&psi, &exact) < 1e-8);
    }
}

#[test]
fn an_eigenstate_has_one_dimension_and_its_wait_is_a_logarithm() {
    let mut generator = Dense(Array2::from_diag(&ndarray::arr1(&[Complex64::new(-0.25, 100.0), Complex64::ZERO])));
    let psi = [Complex64::ONE, Complex64::ZERO];
    let (mut propagation, reach) = started(&mut generator, &psi, 1e9, 1e-10);
    assert!(propagation.is_stationary() && reach == 1e9);
    // ln norm^2 = -t/2, over any stretch, without underflow.
    for exponent in [1e-9, 1.0, 1e4] {
        match propagation.wait(exponent, reach, || false) {
            Wait::Jump(time) => assert!((time / (2.0 * exponent) - 1.0).abs() < 1e-14, "{time}"),
            other => panic!("{other:?}"),
        }
    }
    // A dark state waits for ever, in one step.
    let dark = [Complex64::ZERO, Complex64::ONE];
    let (mut propagation, reach) = started(&mut generator, &dark, 1e9, 1e-10);
    assert_eq!((reach, propagation.wait(1e-3, reach, || false)), (1e9, Wait::Survived(0.0)));
}

/// A generator that turns faster with time, and remembers when it was asked for.
struct Ramp {
    asked: Vec<f64>,
}

impl Generator for Ramp {
    fn apply(&mut self, time: f64, x: &[Complex64], y: &mut [Complex64]) {
        self.asked.push(time);
        for (level, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = Complex64::new(0.0, -time * level as f64) * x;
        }
    }

    fn norm_bound(&self) -> f64 {
        10.0
    }
}

#[test]
fn a_step_is_of_the_generator_at_its_start() {
    let mut ramp = Ramp { asked: Vec::new() };
    let psi = state(4, 9);
    let mut image = vec![Complex64::ZERO; 4];
    ramp.apply(1.5, &psi, &mut image);
    let mut propagation = Propagation::new(4);
    let reach = propagation.start(&mut ramp, &psi, &image, (1.5, 0.3), 1e-12, || false);
    assert!(ramp.asked.len() > 2 && ramp.asked.iter().all(|time| *time == 1.5), "{:?}", ramp.asked);
    propagation.go_to(reach, || false);
    let mut found = vec![Complex64::ZERO; 4];
    propagation.write(&mut found);
    let turned: Vec<_> =
        psi.iter().enumerate().map(|(level, c)| c * Complex64::cis(-1.5 * level as f64 * reach)).collect();
    assert!(distance(&found, &turned) < 1e-10);
}

/// Two qubits of couplings 1 and 1/2, the first excited: with 1/5 of the weight bright, the rest dark.
#[test]
fn what_is_left_of_a_dark_state_is_known_at_once_however_long_it_lasts() {
    let coupled = |leak: f64| {
        let k = ndarray::arr2(&[[1.0 + leak, 0.5], [0.5, 0.25 + leak]]);
        Dense(k.mapv(|value| Complex64::from(-0.5 * value)))
    };
    let psi = [Complex64::ONE, Complex64::ZERO];
    let dark = [Complex64::from(-0.2_f64.sqrt()), Complex64::from(0.8_f64.sqrt())];
    let overlap = |state: &[Complex64]| inner(&dark, state).norm();
    let limit = 1e12;
    for leak in [0.0, 1e-9] {
        let mut generator = coupled(leak);
        let mut image = vec![Complex64::ZERO; 2];
        generator.apply(0.0, &psi, &mut image);
        let mut propagation = Propagation::new(2);
        assert_eq!(propagation.start(&mut generator, &psi, &image, (0.0, limit), 1e-10, || false), limit);
        // A fifth survives; that leaks away at the rate of the leak.
        let waited = propagation.wait(5.0, limit, || false);
        if leak == 0.0 {
            let Wait::Survived(log) = waited else { panic!("{waited:?}") };
            assert!((log - 0.2_f64.ln()).abs() < 1e-13, "{log}");
        } else {
            let Wait::Jump(time) = waited else { panic!("{waited:?}") };
            assert!((time * leak / (5.0 + 0.2_f64.ln()) - 1.0).abs() < 1e-6, "{time}");
        }
        let mut state = vec![Complex64::ZERO; 2];
        propagation.write(&mut state);
        assert!((overlap(&state) - 1.0).abs() < 1e-13, "{state:?}");
        propagation.go_to(0.9 * limit, || false);
        propagation.write(&mut state);
        assert!((overlap(&state) - 1.0).abs() < 1e-13);
        for part in [1e-12, 0.3, 0.9, 1.0] {
            propagation.look_at(part * limit, limit);
            propagation.write(&mut state);
            // A unit of time after the start some of it is still bright.
            assert_eq!((overlap(&state) - 1.0).abs() < 1e-13, part > 1e-3);
        }
    }
}
