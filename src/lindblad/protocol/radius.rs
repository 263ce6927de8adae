//! The spectral radius of a matrix, by its powers.

use faer::Mat;

/// How often a matrix is squared: its radius is then known to 1e-9.
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
        logarithm += largest.ln() / 2.0_f64.powi(squaring);
        let scaled = Mat::from_fn(size, size, |row, column| power[(row, column)] / largest);
        power = if squaring < SQUARINGS { &scaled * &scaled } else { scaled };
    }
    let square = |column: usize| power.col(column).iter().map(|x| x * x).sum::<f64>();
    let longest = (0..size).max_by(|a, b| square(*a).total_cmp(&square(*b))).unwrap_or(0);
    let length = square(longest).sqrt();
    (logarithm.exp(), power.col(longest).iter().map(|x| x / length).collect())
}
