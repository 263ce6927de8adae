//! The spectral radius of a matrix, by its powers.

use faer::Mat;

/// How often a matrix is squared. Its radius is then known to rounding where one eigenvalue has it, as the norms of further
/// squares go by one factor, and to 1e-9 where several of different phases share it.
const SQUARINGS: i32 = 32;

/// The spectral radius, and a vector in the space of the eigenvalues of that modulus: the longest column of the 2^32nd
/// power.
pub fn radius(matrix: &Mat<f64>) -> (f64, Vec<f64>) {
    let size = matrix.nrows();
    let mut power = matrix.clone();
    // ln of the norm of the power, over its order.
    let mut logarithm = 0.0;
    for squaring in 0..=SQUARINGS {
        let largest = (0..size).flat_map(|column| power.col(column).iter()).fold(0.0_f64, |most, x| most.max(x.abs()));
        if largest == 0.0 {
            return (0.0, vec![0.0; size]);
        }
        // The last one stands for all that would follow.
        let share = if squaring < SQUARINGS { 1.0 } else { 2.0 };
        logarithm += share * largest.ln() / 2.0_f64.powi(squaring);
        let scaled = Mat::from_fn(size, size, |row, column| power[(row, column)] / largest);
        power = if squaring < SQUARINGS { &scaled * &scaled } else { scaled };
    }
    let square = |column: usize| power.col(column).iter().map(|x| x * x).sum::<f64>();
    let longest = (0..size).max_by(|a, b| square(*a).total_cmp(&square(*b))).unwrap_or(0);
    let length = square(longest).sqrt();
    (logarithm.exp(), power.col(longest).iter().map(|x| x / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_eigenvalue_is_known_to_rounding_however_skew_its_vectors() {
        let (first, second) = (1.0 - 4.5e-6, 0.3);
        for skew in [0.0, 1.0, 1e3] {
            // S diag(first, second) S^-1 with S = [[1, skew], [0, 1]].
            let matrix = [[first, skew * (second - first)], [0.0, second]];
            let (found, vector) = radius(&Mat::from_fn(2, 2, |row, column| matrix[row][column]));
            assert!((found - first).abs() < 1e-14, "{skew}: {found}");
            assert!((vector[0].abs() - 1.0).abs() < 1e-12 && vector[1].abs() < 1e-12, "{skew}: {vector:?}");
        }
    }

    #[test]
    fn eigenvalues_of_one_modulus_are_known_to_1e9() {
        let (modulus, angle) = (0.97_f64, 1.1_f64);
        let turn = [[angle.cos(), -3.0 * angle.sin()], [angle.sin() / 3.0, angle.cos()]];
        let (found, _) = radius(&Mat::from_fn(2, 2, |row, column| modulus * turn[row][column]));
        assert!((found - modulus).abs() < 1e-9, "{found}");
    }
}
