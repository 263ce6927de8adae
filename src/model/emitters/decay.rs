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
    let dense = Mat::from_fn(rows, rows, |i, j| matrix[(i, j)] / if size > 0.0 { size } else { 1.0 });
    let decomposed = dense.self_adjoint_eigen(Side::Lower).map_err(|_| DecayError::NotFinite)?;
    let (values, vectors) = (decomposed.S().column_vector(), decomposed.U());
    let mut modes = Vec::with_capacity(rows);
    for v in (0..rows).rev() {
        let rate = values[v].re * size;
        if rate < -least {
            return Err(DecayError::NotPositive(rate));
        }
        if rate <= least {
            continue;
        }
        let own = || (0..rows).map(|j| vectors[(j, v)].conj());
        let largest = own().max_by(|a, b| a.norm().total_cmp(&b.norm())).unwrap_or(Complex64::ONE);
        let turn = (largest / largest.norm()).conj();
        modes.push(DecayMode { rate, amplitudes: own().map(|a| a * turn).collect() });
    }
    Ok(modes)
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
