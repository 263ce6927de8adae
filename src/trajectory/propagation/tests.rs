use super::course::ROUGH;
use super::eigenbasis::{Eigenbasis, MOST_DIMENSION};
use super::*;
use crate::random::stream;
use ndarray::Array2;
use rand::RngExt;

/// A dense matrix, and how its states stand.
struct Dense<const HALVES: bool>(Array2<Complex64>);

/// A state as it stands.
fn placed<const HALVES: bool>(psi: &[Complex64]) -> Vec<f64> {
    if HALVES { psi.iter().map(|c| c.re).chain(psi.iter().map(|c| c.im)).collect() } else { numbers(psi).to_vec() }
}

fn read<const HALVES: bool>(state: &[f64]) -> Vec<Complex64> {
    if HALVES {
        let (re, im) = state.split_at(state.len() / 2);
        re.iter().zip(im).map(|(re, im)| Complex64::new(*re, *im)).collect()
    } else {
        amplitudes(state).to_vec()
    }
}

impl<const HALVES: bool> Generator for Dense<HALVES> {
    const LAYOUT: Layout = if HALVES { Layout::Halves } else { Layout::Pairs };

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        let x = read::<HALVES>(x);
        let image = self.0.rows().into_iter().zip(&x).map(|(row, own)| {
            let sum: Complex64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            (sum - center * own) * factor
        });
        y.copy_from_slice(&placed::<HALVES>(&image.collect::<Vec<_>>()));
    }

    fn norm_bound(&self) -> f64 {
        self.0.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt()
    }
}

/// -i H - K/2 with a random Hermitian H and a random K of this rank.
fn dissipative(dimension: usize, rank: usize, strength: f64, seed: u64) -> Array2<Complex64> {
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
    (h * Complex64::new(0.0, -1.0) - k * Complex64::from(0.5)) * Complex64::from(strength)
}

fn state(dimension: usize, seed: u64) -> Vec<Complex64> {
    let mut rng = stream(seed, 1, 0);
    let mut state: Vec<_> =
        (0..dimension).map(|_| Complex64::new(rng.random::<f64>() - 0.5, rng.random::<f64>() - 0.5)).collect();
    normalize(numbers_mut(&mut state));
    state
}

/// exp(tA) psi, unnormalized, by squaring the exponential of a short time.
fn exponential(matrix: &Array2<Complex64>, psi: &[Complex64], time: f64) -> Vec<Complex64> {
    let norm = time * matrix.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
    let halvings = norm.max(1.0).log2().ceil() as i32 + 2;
    let short = matrix * Complex64::from(time * 0.5_f64.powi(halvings));
    let (mut sum, mut term) = (Array2::eye(psi.len()), Array2::eye(psi.len()));
    for order in 1..20 {
        term = term.dot(&short) / Complex64::from(f64::from(order));
        sum += &term;
    }
    for _ in 0..halvings {
        sum = sum.dot(&sum);
    }
    sum.dot(&ndarray::ArrayView1::from(psi)).to_vec()
}

fn distance(a: &[Complex64], b: &[Complex64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>().sqrt()
}

/// A step of a state, and how far it reaches.
fn started(generator: &mut impl Generator, psi: &[f64], horizon: f64, tolerance: f64) -> (Propagation, f64) {
    let mut propagation = Propagation::new(psi.len());
    let mut image = vec![0.0; psi.len()];
    generator.apply(Complex64::ZERO, 1.0, psi, &mut image);
    let beginning = Beginning { state: psi, image: &image, rate: -2.0 * dot(psi, &image) };
    let reach = propagation.start(generator, beginning, horizon, tolerance, || false);
    (propagation, reach)
}

fn the_error_is_below_its_bound<const HALVES: bool>() {
    for (seed, dimension, strength) in [(1, 24, 1.0), (2, 24, 10.0), (3, 7, 1.0), (4, 33, 0.3)] {
        let matrix = dissipative(dimension, 3, strength, seed);
        let psi = state(dimension, seed);
        for tolerance in [1e-3, 1e-6, 1e-10] {
            let (propagation, reach) =
                started(&mut Dense::<HALVES>(matrix.clone()), &placed::<HALVES>(&psi), 2.0, tolerance);
            assert!(reach > 0.0);
            for part in [0.1, 0.5, 1.0] {
                let mut exact = exponential(&matrix, &psi, part * reach);
                let log = normalize(numbers_mut(&mut exact)).ln();
                let mut found = vec![0.0; 2 * dimension];
                let squared = propagation.write(part * reach, &mut found);
                Dense::<HALVES>::LAYOUT.turn(propagation.phase(part * reach), &mut found);
                let found = read::<HALVES>(&found);
                // Normalizing both at most doubles the error over the norm that is left.
                let allowed = 2.0 * tolerance / (0.5 * log).exp() + 1e-12;
                let off = distance(&found, &exact);
                assert!(off <= allowed, "{dimension} {tolerance:e}: {off:e} at {part} of {reach}");
                let rate = -2.0 * propagation.center().re;
                assert!((squared.ln() - rate * part * reach - log).abs() <= 2.0 * allowed);
            }
        }
    }
}

#[test]
fn the_error_is_below_its_bound_at_every_time_of_a_step() {
    the_error_is_below_its_bound::<false>();
    the_error_is_below_its_bound::<true>();
}

fn polynomial_at(polynomial: &[f64], s: f64) -> f64 {
    polynomial.iter().rev().fold(0.0, |value, coefficient| value * s + coefficient)
}

#[test]
fn the_norm_is_a_polynomial() {
    let matrix = dissipative(9, 2, 2.0, 8);
    let psi = placed::<true>(&state(9, 8));
    for horizon in [0.01, 0.2, 5.0] {
        let (propagation, reach) = started(&mut Dense::<true>(matrix.clone()), &psi, horizon, 1e-10);
        let (Course { order, norms, .. }, stride) = (propagation.course, propagation.stride);
        let term = |power: usize| &propagation.terms[power * stride..][..stride];
        let power = |power: usize| -> f64 {
            (power.saturating_sub(order)..=power.min(order)).map(|low| dot(term(low), term(power - low))).sum()
        };
        let mut coefficients = vec![0.0; POWERS.min(2 * order) + 1];
        propagation.series().norm(&mut coefficients);
        for (at, coefficient) in coefficients.iter().enumerate() {
            assert!((coefficient - power(at)).abs() < 1e-13 * norms.iter().sum::<f64>().powi(2));
        }
        let all: Vec<f64> = (0..=2 * order).map(power).collect();
        let last = propagation.course.part(reach);
        let about = propagation.course.degree(last);
        for part in [0.0, 0.3, 1.0] {
            let mut found = psi.clone();
            let squared = propagation.write(part * reach, &mut found);
            let value = polynomial_at(&all, part * last);
            assert!((value / squared - 1.0).abs() < 2e-14, "{value} {squared}");
            // What tells about where a jump is.
            if about < POWERS {
                let value = polynomial_at(&all[..=about], part * last);
                assert!((value - squared).abs() < 2.0 * ROUGH, "{value} {squared}");
            }
        }
    }
}

#[test]
fn a_jump_is_found_where_the_norm_is_what_was_drawn() {
    for seed in 0..20 {
        let matrix = dissipative(15, 4, 3.0, seed);
        let mut generator = Dense::<false>(matrix.clone());
        let start = state(15, seed);
        let exponent = 0.05 * 1.4_f64.powi(seed as i32);
        let (mut psi, mut left, mut total) = (placed::<false>(&start), exponent, 0.0);
        loop {
            let (mut propagation, reach) = started(&mut generator, &psi, 5.0, 1e-12);
            match propagation.wait(left, reach, &mut psi) {
                Wait::Jump(time) => {
                    total += time;
                    break;
                }
                Wait::Survived(log) => (total, left) = (total + reach, left + log),
            }
            assert!(total < 1e3, "no jump");
        }
        let mut exact = exponential(&matrix, &start, total);
        let log = normalize(numbers_mut(&mut exact)).ln();
        assert!((log + exponent).abs() < 1e-9 * (1.0 + exponent), "{log} is not {exponent}");
        // Up to the phase.
        let overlap = inner(&exact, amplitudes(&psi)).norm();
        assert!((overlap - 1.0).abs() < 1e-12, "{overlap}");
    }
}

#[test]
fn an_eigenstate_is_stationary_and_its_wait_is_a_logarithm() {
    let matrix = Array2::from_diag(&ndarray::arr1(&[Complex64::new(-0.25, 100.0), Complex64::ZERO]));
    let mut generator = Dense::<true>(matrix);
    let (mut propagation, reach) = started(&mut generator, &[1.0, 0.0, 0.0, 0.0], 1e9, 1e-10);
    assert!(propagation.is_stationary() && reach == 1e9);
    let mut end = [0.0; 4];
    // ln norm^2 = -t/2, over any stretch, without underflow.
    for exponent in [1e-9, 1.0, 1e4] {
        match propagation.wait(exponent, reach, &mut end) {
            Wait::Jump(time) => assert!((time / (2.0 * exponent) - 1.0).abs() < 1e-14, "{time}"),
            other => panic!("{other:?}"),
        }
    }
    // A dark state waits for ever, in one step.
    let (mut propagation, reach) = started(&mut generator, &[0.0, 1.0, 0.0, 0.0], 1e9, 1e-10);
    assert_eq!((reach, propagation.wait(1e-3, reach, &mut end)), (1e9, Wait::Survived(0.0)));
    assert_eq!(end, [0.0, 1.0, 0.0, 0.0]);
}

/// Two qubits of couplings 1 and 1/2, the first excited: with 1/5 of the weight bright, the rest dark.
#[test]
fn what_is_left_of_a_dark_state_is_known_at_once_when_the_rest_is_gone() {
    for leak in [0.0, 1e-9] {
        let k = ndarray::arr2(&[[1.0 + leak, 0.5], [0.5, 0.25 + leak]]);
        let mut generator = Dense::<false>(k.mapv(|value| Complex64::from(-0.5 * value)));
        let mut psi = vec![1.0, 0.0, 0.0, 0.0];
        let (limit, mut now, mut left, mut steps) = (1e12, 0.0, 5.0, 0);
        let ended = loop {
            let mut image = vec![0.0; 4];
            generator.apply(Complex64::ZERO, 1.0, &psi, &mut image);
            // |S_- psi|^2 and the leak: what cancels does so before it is squared.
            let rate = (psi[0] + 0.5 * psi[2]).powi(2) + leak;
            let beginning = Beginning { state: &psi, image: &image, rate };
            let mut propagation = Propagation::new(4);
            let reach = propagation.start(&mut generator, beginning, limit - now, 1e-10, || false);
            steps += 1;
            match propagation.wait(left, reach, &mut psi) {
                Wait::Jump(time) => break Some(now + time),
                Wait::Survived(log) if propagation.is_stationary() => {
                    left += log;
                    break None;
                }
                Wait::Survived(log) => (now, left) = (now + reach, left + log),
            }
        };
        assert!(steps < 100, "{steps}");
        let overlap = 0.8_f64.sqrt() * psi[2] - 0.2_f64.sqrt() * psi[0];
        assert!((overlap.abs() - 1.0).abs() < 1e-13, "{psi:?}");
        // A fifth survives; that leaks away at the rate of the leak.
        match ended {
            // To 1e-10 a step.
            None => assert!(leak == 0.0 && (left - 5.0 - 0.2_f64.ln()).abs() < 1e-9, "{left}"),
            Some(time) => assert!((time * leak / (5.0 + 0.2_f64.ln()) - 1.0).abs() < 1e-6, "{time}"),
        }
    }
}

/// The eigenbasis of a matrix at the tolerance of a step.
fn eigenbasis(matrix: &Array2<Complex64>) -> Option<Eigenbasis> {
    let elements = faer::Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, column| matrix[(row, column)]);
    Eigenbasis::new(&elements, 1e-11, |psi| {
        let image = matrix.dot(&ndarray::ArrayView1::from(psi));
        -2.0 * dot(numbers(psi), numbers(image.as_slice().unwrap()))
    })
}

#[test]
fn an_eigenbasis_has_the_states_and_jumps_of_the_series_however_far_levels_are_apart() {
    for (seed, dimension) in [(1, 2), (2, 3), (3, 7), (4, 8), (5, 13), (6, MOST_DIMENSION)] {
        for detuning in [0.0, 3.0, 300.0] {
            let mut matrix = dissipative(dimension, 3, 1.0, seed);
            let mut rng = stream(seed, 2, 0);
            for element in matrix.diag_mut() {
                *element += Complex64::new(0.0, detuning * rng.random::<f64>());
            }
            // Up to a phase.
            let apart = |exact: &[Complex64], found: &[Complex64]| {
                let phase = inner(exact, found);
                let exact: Vec<_> = exact.iter().map(|c| c * phase / phase.norm()).collect();
                distance(&exact, found)
            };
            let start = state(dimension, seed);
            let basis = eigenbasis(&matrix).unwrap();
            let expansion = basis.expand(&start);
            let mut found = vec![Complex64::ZERO; dimension];
            for time in [0.0, 1e-3, 0.2, 3.0] {
                let mut exact = exponential(&matrix, &start, time);
                normalize(numbers_mut(&mut exact));
                basis.write(&expansion, time, &mut found);
                let off = apart(&exact, &found);
                assert!(off < 1e-9, "{dimension} {detuning}: {off:e} at {time}");
            }
            let mut generator = Dense::<false>(matrix.clone());
            for exponent in [1e-6, 0.1, 0.7, 2.5] {
                let jump = basis.wait(&expansion, exponent, 1e9, &mut found);
                // The series, step by step.
                let (mut psi, mut left, mut total) = (placed::<false>(&start), exponent, 0.0);
                let time = loop {
                    let (mut propagation, reach) = started(&mut generator, &psi, 5.0, 1e-12);
                    match propagation.wait(left, reach, &mut psi) {
                        Wait::Jump(time) => break total + time,
                        // Whatever lasts: three jumps leave a part of many levels as it is.
                        Wait::Survived(_) if total > 1e3 => break f64::INFINITY,
                        Wait::Survived(log) => (total, left) = (total + reach, left + log),
                    }
                };
                match jump {
                    Wait::Jump(found) => {
                        assert!((found - time).abs() < 1e-9 * (1.0 + time), "{dimension} {detuning}: {found} {time}");
                    }
                    Wait::Survived(_) => assert!(time == f64::INFINITY, "{dimension} {detuning}: {time}"),
                }
                let off = apart(amplitudes(&psi), &found);
                // A jump is known to some 1e-11 in time, in which phases turn by that times the detuning.
                let allowed = 1e-9 * (1.0 + 0.1 * detuning);
                assert!(time == f64::INFINITY || off < allowed, "{dimension} {detuning}: {off:e}");
                // Cut short, it says how much is left.
                let short = 0.5 * time.min(3.0);
                let Wait::Survived(log) = basis.wait(&expansion, exponent, short, &mut found) else {
                    panic!("a jump before {time}");
                };
                let mut exact = exponential(&matrix, &start, short);
                assert!((log - normalize(numbers_mut(&mut exact)).ln()).abs() < 1e-9);
                assert!(apart(&exact, &found) < 1e-9);
            }
        }
    }
}

#[test]
fn an_exceptional_point_has_no_eigenbasis() {
    // A level that decays at the rate 1 and one that does not, coupled: their modes meet at the coupling 1/4.
    let coupled = |coupling: f64| {
        let (turn, loss) = (Complex64::new(0.0, -coupling), Complex64::from(-0.5));
        eigenbasis(&ndarray::arr2(&[[Complex64::ZERO, turn], [turn, loss]]))
    };
    for near in [0.0, 1e-15, -1e-12, 1e-10] {
        assert!(coupled(0.25 * (1.0 + near)).is_none(), "{near:e}");
    }
    for far in [0.0, 0.249, 0.251, 1.0, 1e6] {
        assert!(coupled(far).is_some(), "{far}");
    }
}

#[test]
fn a_dark_mode_beside_fast_phases_stays_dark() {
    // Two qubits of couplings 1 and 1/2 far from a third level: what does not decay does not decay in 1e9 either.
    let mut matrix = Array2::<Complex64>::zeros((3, 3));
    for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        matrix[(row, column)] = Complex64::from(-0.5 * [1.0, 0.5][row] * [1.0, 0.5][column]);
    }
    matrix[(2, 2)] = Complex64::new(-0.5, 1e6);
    let elements = faer::Mat::from_fn(3, 3, |row, column| matrix[(row, column)]);
    let rate = |psi: &[Complex64]| (psi[0] + psi[1] * 0.5).norm_sqr() + psi[2].norm_sqr();
    let basis = Eigenbasis::new(&elements, 1e-11, rate).unwrap();
    let start = [0.6, 0.0, 0.8].map(Complex64::from);
    let mut end = [Complex64::ZERO; 3];
    let Wait::Survived(log) = basis.wait(&basis.expand(&start), 5.0, 1e9, &mut end) else { panic!("a jump") };
    // A fifth of 0.36 is dark.
    assert!((log - (0.36_f64 / 5.0).ln()).abs() < 1e-11, "{log}");
    let overlap = 0.8_f64.sqrt() * end[1] - 0.2_f64.sqrt() * end[0];
    assert!((overlap.norm() - 1.0).abs() < 1e-12, "{end:?}");
}
