//! Density matrices of a register of N qubits, 2^N x 2^N.
//!
//! Bit j of an index says whether qubit j is excited: the ground state is 0, the inverted state 2^N - 1. Every matrix
//! here takes 16 * 4^N bytes, whatever N is.

use ndarray::{Array1, Array2};
use num_complex::Complex64;

use crate::dicke::{Level, ln_binomial};
use crate::initial::InitialState;

/// rho, of trace 1, over the states of the qubits.
pub type DensityMatrix = Array2<Complex64>;

/// A state of `n` qubits; `None` for one that is spread over the copies of a sector J < N/2.
#[must_use]
pub fn of(initial: &InitialState, n: usize) -> Option<DensityMatrix> {
    let symmetric = |amplitudes: &[(Level, Complex64)]| {
        let mut by_excited = vec![Complex64::ZERO; n + 1];
        for (level, amplitude) in amplitudes {
            by_excited[level.above_bottom() as usize] = *amplitude;
        }
        let of_mask = |mask: usize| {
            let excited = i64::from(mask.count_ones());
            by_excited[excited as usize] * (-0.5 * ln_binomial(n as i64, excited)).exp()
        };
        from_state(&(0..1 << n).map(of_mask).collect::<Vec<_>>())
    };
    match initial {
        InitialState::Dicke(level) if level.two_j == n as i64 => dicke(n, level.two_m),
        InitialState::Dicke(_) | InitialState::Steady(_) => None,
        InitialState::Superposition { two_j, .. } if *two_j != n as i64 => None,
        InitialState::Superposition { .. } | InitialState::Ghz { .. } => symmetric(&initial.superposition(n as i64)?.1),
        InitialState::Coherent { theta, phi } => Some(product(&vec![(*theta, *phi); n])),
        InitialState::Angles(angles) => Some(product(angles)),
        InitialState::Thermal { probability } => Some(thermal(n, *probability)),
        InitialState::Product { excited } => {
            bits(&(0..n).map(|q| if (q as i64) < *excited { '1' } else { '0' }).collect::<String>())
        }
        InitialState::Bits(excited) => bits(&excited.iter().map(|e| if *e { '1' } else { '0' }).collect::<String>()),
    }
}

/// |psi><psi| of a state of any norm but 0; the amplitudes are in the order of the indices above.
///
/// `None` unless their number is a power of two and their norm is finite and not 0.
#[must_use]
pub fn from_state(amplitudes: &[Complex64]) -> Option<DensityMatrix> {
    let norm: f64 = amplitudes.iter().map(Complex64::norm_sqr).sum();
    let valid = amplitudes.len().is_power_of_two() && norm.is_finite() && norm > 0.0;
    valid.then(|| projector(amplitudes) / Complex64::from(norm))
}

/// Every qubit in a pure state of its own, `cos(theta/2) e^(-i phi/2) |e> + sin(theta/2) e^(i phi/2) |g>`, which
/// points to `(theta, phi)` in radians: theta = 0 is excited, theta = pi ground.
#[must_use]
pub fn product(angles: &[(f64, f64)]) -> DensityMatrix {
    let mut state = vec![Complex64::from(1.0)];
    for (theta, phi) in angles {
        let ground = Complex64::from_polar((theta / 2.0).sin(), phi / 2.0);
        let excited = Complex64::from_polar((theta / 2.0).cos(), -phi / 2.0);
        // The qubit that comes later is the higher bit.
        state = [ground, excited].iter().flat_map(|amplitude| state.iter().map(move |rest| amplitude * rest)).collect();
    }
    projector(&state)
}

/// The qubits written out, the first one first: `1` is excited, `0` ground. `None` for any other character.
#[must_use]
pub fn bits(text: &str) -> Option<DensityMatrix> {
    let mut index = 0;
    for (qubit, character) in text.chars().enumerate() {
        match character {
            '1' => index |= 1 << qubit,
            '0' => {}
            _ => return None,
        }
    }
    let mut rho = Array2::zeros((1 << text.len(), 1 << text.len()));
    rho[(index, index)] = Complex64::from(1.0);
    Some(rho)
}

/// Each of `n` qubits excited with this probability, independently, without coherence.
#[must_use]
pub fn thermal(n: usize, probability: f64) -> DensityMatrix {
    let weight = |state: usize| {
        (0..n).map(|qubit| if state >> qubit & 1 == 1 { probability } else { 1.0 - probability }).product::<f64>()
    };
    Array2::from_diag(&Array1::from_shape_fn(1 << n, |state| Complex64::from(weight(state))))
}

/// The symmetric Dicke state |J = N/2, M>: all states of `N/2 + M` excited qubits alike. `None` unless `two_m` = 2M
/// is one of -N, -N + 2, ..., N.
#[must_use]
pub fn dicke(n: usize, two_m: i64) -> Option<DensityMatrix> {
    let excited = |state: usize| (0..n).map(|qubit| if state >> qubit & 1 == 1 { 1 } else { -1 }).sum::<i64>();
    let amplitude = |state| if excited(state) == two_m { 1.0 } else { 0.0 };
    from_state(&(0..1 << n).map(|state| Complex64::from(amplitude(state))).collect::<Vec<_>>())
}

/// `(|e...e> + |g...g>)/sqrt(2)` of `n` qubits (|e> + |g> of none is 1).
#[must_use]
pub fn ghz(n: usize) -> DensityMatrix {
    let last = (1 << n) - 1;
    let mut state = vec![Complex64::from(0.0); 1 << n];
    state[0] = Complex64::from(if n == 0 { 1.0 } else { 0.5_f64.sqrt() });
    state[last] = state[0];
    projector(&state)
}

fn projector(state: &[Complex64]) -> DensityMatrix {
    Array2::from_shape_fn((state.len(), state.len()), |(row, column)| state[row] * state[column].conj())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_trace_one_and_is_hermitian() {
        let amplitudes: Vec<_> = (0..8).map(|k| Complex64::new(1.0, f64::from(k))).collect();
        let states = [
            product(&[(0.3, 1.0), (1.3, -2.0), (2.9, 0.1)]),
            bits("101").unwrap(),
            thermal(3, 0.2),
            dicke(3, 1).unwrap(),
            ghz(3),
            from_state(&amplitudes).unwrap(),
        ];
        for rho in states {
            assert_eq!(rho.dim(), (8, 8));
            assert!((rho.diag().sum() - 1.0).norm() < 1e-14);
            assert_eq!(rho, rho.t().mapv(|value| value.conj()));
        }
    }

    #[test]
    fn bits_are_read_from_the_first_qubit_and_make_one_index() {
        assert_eq!(bits("100").unwrap()[(1, 1)], Complex64::from(1.0));
        assert_eq!(bits("011").unwrap()[(6, 6)], Complex64::from(1.0));
        assert_eq!(bits("0110").unwrap().iter().filter(|value| value.norm() > 0.0).count(), 1);
        assert_eq!(bits("12"), None);
    }

    #[test]
    fn what_is_no_state_is_none() {
        assert_eq!(dicke(3, 0), None);
        assert_eq!(dicke(3, 5), None);
        assert_eq!(from_state(&[Complex64::from(0.0); 4]), None);
        assert_eq!(from_state(&[Complex64::from(1.0); 3]), None);
    }

    #[test]
    fn inverted_and_ground_are_the_ends_of_the_ladder() {
        assert_eq!(dicke(3, 3), bits("111"));
        assert_eq!(dicke(3, -3), bits("000"));
        assert_eq!(thermal(3, 0.0), bits("000").unwrap());
    }
}
