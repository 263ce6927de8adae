//! Matrices of decay, and the jumps that they are sums of.

use faer::{Mat, Side};
use ndarray::Array2;
use num_complex::Complex64;

/// A mode whose rate is no more than this part of the sum of all is rounding, and one below its negative is an error.
const ROUNDING: f64 = 1e-12;

/// One eigenmode of a matrix of decay: the jump `sum_j a_j sigma_-^(j)` at a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct DecayMode {
    /// Its rate, positive, in the unit of the matrix.
    pub rate: f64,
    /// The amplitude of each emitter, normalized, the largest one real.
    pub amplitudes: Vec<Complex64>,
}

/// Why a matrix is none of decay.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecayError {
    /// Rows and columns differ in number.
    #[error("is not square: {rows} rows of {columns}")]
    NotSquare {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// A number that is none.
    #[error("has an element that is not finite")]
    NotFinite,
    /// Not its own adjoint.
    #[error("is not Hermitian: element ({row}, {column}) is not the conjugate of ({column}, {row})")]
    NotHermitian {
        /// Counted from 1.
        row: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A rate below zero.
    #[error("is not positive: it has the eigenvalue {0:.6e}, and no rate is below zero")]
    NotPositive(f64),
}

/// The eigenmodes of `Gamma_ij` in `sum_ij Gamma_ij sigma_-^(j) rho sigma_+^(i)`, the fastest first: its jumps. What is
/// zero to rounding (10^-12 of the trace) is left out.
///
/// With `Gamma = sum_v g_v u_v u_v^dagger` that is `sum_v g_v L_v rho L_v^dagger`, `L_v = sum_j conj(u_vj) sigma_-^(j)`.
///
/// # Errors
/// If the matrix is not square, finite, Hermitian and positive.
pub fn modes(matrix: &Array2<Complex64>) -> Result<Vec<DecayMode>, DecayError> {
    let (rows, columns) = matrix.dim();
    if rows != columns {
        return Err(DecayError::NotSquare { rows, columns });
    }
    if matrix.iter().any(|value| !value.is_finite()) {
        return Err(DecayError::NotFinite);
    }
    let size = matrix.iter().map(|value| value.norm()).fold(0.0, f64::max);
    for ((i, j), value) in matrix.indexed_iter() {
        if (value - matrix[(j, i)].conj()).norm() > ROUNDING * size {
            return Err(DecayError::NotHermitian { row: i + 1, column: j + 1 });
        }
    }
    let least = ROUNDING * matrix.diag().iter().map(|value| value.re).sum::<f64>().max(size);
    let mut found = Vec::with_capacity(rows);
    for basis in reflected(matrix, ROUNDING * size) {
        let n = basis.len();
        let element = |a: &Combination, b: &Combination| -> Complex64 {
            a.iter().flat_map(|(i, x)| b.iter().map(move |(j, y)| matrix[(*i, *j)] * (x * y))).sum()
        };
        let dense = Mat::from_fn(n, n, |a, b| element(&basis[a], &basis[b]) / if size > 0.0 { size } else { 1.0 });
        let decomposed = dense.self_adjoint_eigen(Side::Lower).map_err(|_| DecayError::NotFinite)?;
        let (values, vectors) = (decomposed.S().column_vector(), decomposed.U());
        for v in 0..n {
            let mut own = vec![Complex64::ZERO; rows];
            for (a, combination) in basis.iter().enumerate() {
                combination.iter().for_each(|(j, x)| own[*j] += vectors[(a, v)].conj() * x);
            }
            found.push((values[v].re * size, own));
        }
    }
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut modes = Vec::with_capacity(rows);
    for (rate, mut amplitudes) in found {
        if rate < -least {
            return Err(DecayError::NotPositive(rate));
        }
        if rate <= least {
            continue;
        }
        let largest = amplitudes.iter().copied().max_by(|a, b| a.norm().total_cmp(&b.norm())).unwrap_or(Complex64::ONE);
        let turn = (largest / largest.norm()).conj();
        amplitudes.iter_mut().for_each(|a| *a *= turn);
        modes.push(DecayMode { rate, amplitudes });
    }
    Ok(modes)
}

/// A sum of qubits, with the factor of each.
type Combination = Vec<(usize, f64)>;

/// Bases in each of which the modes of a matrix can be looked for by themselves: sums of each qubit and the one as far from
/// the other end, and differences, where reversing the order leaves the matrix as it is. Modes of one rate have a parity so.
fn reflected(matrix: &Array2<Complex64>, rounding: f64) -> Vec<Vec<Combination>> {
    let n = matrix.nrows();
    let reversed = |i: usize| n - 1 - i;
    let stays =
        |((i, j), value): ((usize, usize), &Complex64)| (value - matrix[(reversed(i), reversed(j))]).norm() <= rounding;
    if !matrix.indexed_iter().all(stays) {
        return vec![(0..n).map(|i| vec![(i, 1.0)]).collect()];
    }
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let both = |sign: f64| (0..n / 2).map(move |i| vec![(i, half), (reversed(i), sign * half)]);
    let middle = (n % 2 == 1).then(|| vec![(n / 2, 1.0)]);
    vec![both(1.0).chain(middle).collect(), both(-1.0).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modes_of_a_matrix_add_up_to_it() {
        let real = |x: f64| Complex64::new(x, 0.0);
        let matrix = ndarray::array![
            [real(2.0), Complex64::new(0.5, 0.3), real(0.1)],
            [Complex64::new(0.5, -0.3), real(1.0), Complex64::new(0.0, -0.2)],
            [real(0.1), Complex64::new(0.0, 0.2), real(1.5)]
        ];
        let modes = modes(&matrix).unwrap();
        assert!(modes.windows(2).all(|pair| pair[0].rate >= pair[1].rate));
        for ((i, j), value) in matrix.indexed_iter() {
            let sum: Complex64 =
                modes.iter().map(|mode| mode.rate * mode.amplitudes[i].conj() * mode.amplitudes[j]).sum();
            assert!((sum - value).norm() < 1e-14, "{i} {j}: {sum} {value}");
        }
    }

    #[test]
    fn modes_of_one_rate_have_a_parity() {
        // A ring of six: all but two rates are there twice.
        let of = |i: usize, j: usize| 0.4_f64.powi([0, 1, 2, 3, 2, 1][i.abs_diff(j)]);
        let matrix = Array2::from_shape_fn((6, 6), |(i, j)| Complex64::from(of(i, j)));
        let modes = modes(&matrix).unwrap();
        assert_eq!(modes.len(), 6);
        for mode in &modes {
            let is = |sign: f64| (0..6).all(|j| mode.amplitudes[j] == sign * mode.amplitudes[5 - j]);
            assert!(is(1.0) || is(-1.0), "{mode:?}");
        }
        for ((i, j), value) in matrix.indexed_iter() {
            let sum: Complex64 =
                modes.iter().map(|mode| mode.rate * mode.amplitudes[i].conj() * mode.amplitudes[j]).sum();
            assert!((sum - value).norm() < 1e-14, "{i} {j}: {sum} {value}");
        }
    }

    #[test]
    fn what_is_dark_is_left_out() {
        let modes = modes(&Array2::from_elem((4, 4), Complex64::ONE)).unwrap();
        let [mode] = &modes[..] else { panic!("{modes:?}") };
        assert!((mode.rate - 4.0).abs() < 1e-14 && mode.amplitudes.iter().all(|a| (a - 0.5).norm() < 1e-14));
        assert_eq!(super::modes(&Array2::zeros((2, 2))), Ok(vec![]));
    }

    #[test]
    fn a_matrix_that_is_none_of_decay_is_refused_and_says_why() {
        let of = |rows: [[f64; 2]; 2]| ndarray::arr2(&rows).mapv(Complex64::from);
        assert_eq!(modes(&of([[1.0, 0.5], [0.4, 1.0]])), Err(DecayError::NotHermitian { row: 1, column: 2 }));
        assert_eq!(modes(&of([[1.0, f64::NAN], [0.4, 1.0]])), Err(DecayError::NotFinite));
        assert_eq!(modes(&Array2::zeros((2, 3))), Err(DecayError::NotSquare { rows: 2, columns: 3 }));
        let Err(DecayError::NotPositive(eigenvalue)) = modes(&of([[1.0, 1.5], [1.5, 1.0]])) else { panic!() };
        assert!((eigenvalue + 0.5).abs() < 1e-14);
    }
}
