//! Sparse operators on the qubits, built from the Pauli matrices of each.

use ndarray::Array2;
use num_complex::Complex64;

use crate::lindblad::density::DensityMatrix;

const ZERO: Complex64 = Complex64::new(0.0, 0.0);
const ONE: Complex64 = Complex64::new(1.0, 0.0);
const I: Complex64 = Complex64::new(0.0, 1.0);

/// A matrix over |e>, |g> of one qubit, in this order.
pub(super) type OneQubit = [[Complex64; 2]; 2];

pub(super) const SIGMA_X: OneQubit = [[ZERO, ONE], [ONE, ZERO]];
pub(super) const SIGMA_Y: OneQubit = [[ZERO, Complex64::new(0.0, -1.0)], [I, ZERO]];
pub(super) const SIGMA_Z: OneQubit = [[ONE, ZERO], [ZERO, Complex64::new(-1.0, 0.0)]];

/// The entries of an operator, row by row, as (column, value).
#[derive(Clone, Debug)]
pub(super) struct Operator {
    rows: Vec<Vec<(usize, Complex64)>>,
}

impl Operator {
    /// 0 on `dimension` states.
    pub fn zero(dimension: usize) -> Self {
        Operator { rows: vec![Vec::new(); dimension] }
    }

    /// One qubit's matrix, times the identity of the others.
    pub fn on_qubit(dimension: usize, qubit: usize, matrix: &OneQubit) -> Self {
        let mut operator = Self::zero(dimension);
        for row in 0..dimension {
            for column in [row, row ^ (1 << qubit)] {
                // Bit 1 is |e>, the first row of a Pauli matrix.
                let value = matrix[1 - (row >> qubit & 1)][1 - (column >> qubit & 1)];
                operator.add(row, column, value);
            }
        }
        operator
    }

    /// sigma_- = (sigma_x - i sigma_y)/2 of one qubit.
    pub fn lowering(dimension: usize, qubit: usize) -> Self {
        let half = Self::on_qubit(dimension, qubit, &SIGMA_X).scaled(ONE / 2.0);
        half.plus(-I / 2.0, &Self::on_qubit(dimension, qubit, &SIGMA_Y))
    }

    fn add(&mut self, row: usize, column: usize, value: Complex64) {
        let entries = &mut self.rows[row];
        match entries.iter_mut().find(|(there, _)| *there == column) {
            Some((_, sum)) => *sum += value,
            None => entries.push((column, value)),
        }
        entries.retain(|(_, value)| *value != ZERO);
    }

    fn entries(&self) -> impl Iterator<Item = (usize, usize, Complex64)> + '_ {
        self.rows.iter().enumerate().flat_map(|(row, entries)| entries.iter().map(move |(c, v)| (row, *c, *v)))
    }

    /// factor * A.
    pub fn scaled(&self, factor: Complex64) -> Self {
        Self::zero(self.rows.len()).plus(factor, self)
    }

    /// A + factor * B.
    pub fn plus(mut self, factor: Complex64, other: &Operator) -> Self {
        for (row, column, value) in other.entries() {
            self.add(row, column, factor * value);
        }
        self
    }

    /// A B.
    pub fn times(&self, other: &Operator) -> Self {
        let mut product = Self::zero(self.rows.len());
        for (row, middle, left) in self.entries() {
            for (column, right) in &other.rows[middle] {
                product.add(row, *column, left * right);
            }
        }
        product
    }

    /// The conjugate transpose.
    pub fn adjoint(&self) -> Self {
        let mut adjoint = Self::zero(self.rows.len());
        for (row, column, value) in self.entries() {
            adjoint.add(column, row, value.conj());
        }
        adjoint
    }

    /// The largest sum of magnitudes in a row, which bounds the operator norm of a Hermitian operator.
    pub fn norm_bound(&self) -> f64 {
        self.rows.iter().map(|row| row.iter().map(|(_, v)| v.norm()).sum()).fold(0.0, f64::max)
    }

    /// A rho.
    pub fn left(&self, rho: &DensityMatrix) -> DensityMatrix {
        let mut product = Array2::zeros(rho.dim());
        for (row, column, value) in self.entries() {
            product.row_mut(row).scaled_add(value, &rho.row(column));
        }
        product
    }

    /// rho A^dagger.
    pub fn right_adjoint(&self, rho: &DensityMatrix) -> DensityMatrix {
        let mut product = Array2::zeros(rho.dim());
        for (from, mut to) in rho.rows().into_iter().zip(product.rows_mut()) {
            for (value, entries) in to.iter_mut().zip(&self.rows) {
                *value = entries.iter().map(|(column, entry)| from[*column] * entry.conj()).sum();
            }
        }
        product
    }

    /// A rho A^dagger.
    pub fn sandwich(&self, rho: &DensityMatrix) -> DensityMatrix {
        self.right_adjoint(&self.left(rho))
    }

    /// Tr[A rho].
    pub fn trace(&self, rho: &DensityMatrix) -> Complex64 {
        self.entries().map(|(row, column, value)| value * rho[(column, row)]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(operator: &Operator) -> Array2<Complex64> {
        operator.left(&Array2::eye(operator.rows.len()))
    }

    #[test]
    fn the_pauli_matrices_of_a_qubit_multiply_as_they_should_and_commute_with_the_others() {
        let (d, qubits) = (8, [0, 1, 2]);
        for qubit in qubits {
            let [x, y, z] = [SIGMA_X, SIGMA_Y, SIGMA_Z].map(|sigma| Operator::on_qubit(d, qubit, &sigma));
            assert_eq!(dense(&x.times(&y)), dense(&z.scaled(I)));
            assert_eq!(dense(&y.times(&y)), Array2::eye(d));
            // sigma_+ sigma_- = (1 + sigma_z)/2.
            let lowering = Operator::lowering(d, qubit);
            let excited = (Array2::eye(d) + dense(&z)) / Complex64::from(2.0);
            assert_eq!(dense(&lowering.adjoint().times(&lowering)), excited);
            for other in qubits.into_iter().filter(|other| *other != qubit) {
                let other = Operator::lowering(d, other);
                assert_eq!(dense(&lowering.times(&other)), dense(&other.times(&lowering)));
            }
        }
    }

    #[test]
    fn products_with_a_matrix_are_the_products_of_dense_matrices() {
        let a = Operator::lowering(4, 1).plus(I, &Operator::on_qubit(4, 0, &SIGMA_Y));
        let rho = Array2::from_shape_fn((4, 4), |(r, c)| Complex64::new(r as f64 + 0.5, c as f64 - 1.0));
        let adjoint = dense(&a).t().mapv(|value| value.conj());
        assert_eq!(dense(&a.adjoint()), adjoint);
        assert_eq!(a.left(&rho), dense(&a).dot(&rho));
        assert_eq!(a.right_adjoint(&rho), rho.dot(&adjoint));
        assert_eq!(a.trace(&rho), dense(&a).dot(&rho).diag().sum());
    }
}
