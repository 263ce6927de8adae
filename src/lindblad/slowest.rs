//! The slowest modes of the populations: eigenvalues of W nearest to zero, and what relaxes with them.
//!
//! W^-1, on what adds to zero, makes them the largest: Arnoldi's method finds those first, one solve with the factorized
//! generator a step. W. E. Arnoldi, Q. Appl. Math. 9, 17 (1951).

use num_complex::Complex64;

use super::counting::Counting;
use super::steady::SteadyError;
use crate::rounded::{ROUNDING, Rounded};

/// Steps beyond three for each mode.
const SPARE: usize = 20;
/// Steps at most.
const MOST: usize = 160;
/// What may be left of a mode, relative to its eigenvalue.
const SETTLED: f64 = 1e-9;
/// A step that leaves less than this of its vector has found all there is.
const NOTHING: f64 = 1e-13;
/// Rotations of one eigenvalue of the small matrix.
const MOST_ROUNDS: usize = 60;

/// A mode of relaxation: what is off the steady state by it decays as `e^{-rate t} cos(frequency t)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// How fast it decays.
    pub rate: Rounded,
    /// How fast it turns; 0 where that is no more than its rounding.
    pub frequency: f64,
    /// What it moves from sector to sector, as a part of all that it moves: 1 where qubits hop between bright and dark, 0
    /// where M relaxes within each J.
    pub between_sectors: f64,
}

impl Counting<'_> {
    /// The slowest modes, so many of them or as many as there are, the slowest first.
    ///
    /// # Errors
    /// A solve that does not reach its residual.
    pub fn slowest(&self, count: usize) -> Result<Vec<Mode>, SteadyError> {
        let p = &self.steady().p;
        let states = p.len();
        let count = count.min(states - 1);
        if count == 0 {
            return Ok(Vec::new());
        }
        let most = (states - 1).min(MOST.max(4 * count));
        let mut size = (3 * count + SPARE).min(most);
        let mut space = Space::from(start(p));
        loop {
            let invariant = space.extend(size, |v| self.reduced().solve_traceless(v, p))?;
            let found = space.ritz();
            let ready = found.iter().take(count).filter(|ritz| ritz.left <= SETTLED).count();
            if invariant || ready == count || size == most {
                let slowest = found.first().map_or(0.0, |ritz| ritz.value.norm());
                return Ok(found.into_iter().take(count).map(|ritz| self.mode(&space, &ritz, slowest)).collect());
            }
            size = (2 * size).min(most);
        }
    }

    /// A mode, beside the largest eigenvalue of W^-1, to the rounding of which all others are known.
    fn mode(&self, space: &Space, ritz: &Ritz, slowest: f64) -> Mode {
        let eigenvalue = ritz.value.inv();
        let left = ritz.left + ROUNDING * slowest * eigenvalue.norm();
        let vector = space.vector(&ritz.combination);
        let (mut between, mut all) = (0.0, 0.0);
        let mut start = 0;
        for sector in self.steady().levels.chunk_by(|a, b| a.two_j == b.two_j) {
            let part = &vector[start..start + sector.len()];
            between += part.iter().sum::<Complex64>().norm();
            all += part.iter().map(|x| x.norm()).sum::<f64>();
            start += sector.len();
        }
        let rate = Rounded { value: -eigenvalue.re, error: left * eigenvalue.norm() };
        let frequency = Rounded { value: eigenvalue.im.abs(), ..rate }.cleared();
        Mode { rate, frequency, between_sectors: (between / all).min(1.0) }
    }
}

/// A vector that adds to zero and leaves out no mode: noise of a fixed seed on the steady state and beside it.
fn start(p: &[f64]) -> Vec<f64> {
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        (word >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let even = (p.len() as f64).recip();
    let mut v: Vec<f64> = p.iter().map(|p| (p + even) * noise()).collect();
    let sum: f64 = v.iter().sum();
    v.iter_mut().zip(p).for_each(|(v, p)| *v -= sum * p);
    v
}

/// An eigenvalue of an operator in a space, the largest first.
struct Ritz {
    value: Complex64,
    /// The eigenvector in the basis of the space.
    combination: Vec<Complex64>,
    /// What the operator leaves of it outside of the space, relative to the eigenvalue.
    left: f64,
}

/// Orthonormal vectors, each what an operator makes of the one before, and the operator between them.
struct Space {
    basis: Vec<Vec<f64>>,
    /// Columns: what the operator makes of each, in the basis.
    columns: Vec<Vec<f64>>,
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

impl Space {
    fn from(mut v: Vec<f64>) -> Self {
        let size = norm(&v);
        v.iter_mut().for_each(|x| *x /= size);
        Space { basis: vec![v], columns: Vec::new() }
    }

    /// Takes so many steps in all; true where what there is to find is found.
    fn extend(
        &mut self,
        steps: usize,
        apply: impl Fn(&[f64]) -> Result<Vec<f64>, SteadyError>,
    ) -> Result<bool, SteadyError> {
        while self.columns.len() < steps {
            let mut w = apply(&self.basis[self.columns.len()])?;
            let before = norm(&w);
            let mut column = vec![0.0; self.basis.len() + 1];
            // Twice is enough.
            for _ in 0..2 {
                for (v, sum) in self.basis.iter().zip(&mut column) {
                    let part: f64 = v.iter().zip(&w).map(|(v, w)| v * w).sum();
                    w.iter_mut().zip(v).for_each(|(w, v)| *w -= part * v);
                    *sum += part;
                }
            }
            let after = norm(&w);
            let last = column.len() - 1;
            column[last] = after;
            self.columns.push(column);
            if after <= NOTHING * before {
                return Ok(true);
            }
            w.iter_mut().for_each(|x| *x /= after);
            self.basis.push(w);
        }
        Ok(false)
    }

    /// The eigenvalues of the operator within the space, the largest first.
    fn ritz(&self) -> Vec<Ritz> {
        let size = self.columns.len();
        let element = |row: usize, column: usize| self.columns[column].get(row).copied().unwrap_or(0.0).into();
        let mut matrix: Vec<Vec<Complex64>> =
            (0..size).map(|row| (0..size).map(|column| element(row, column)).collect()).collect();
        let vectors = triangular(&mut matrix);
        let beyond = self.columns[size - 1][size];
        let mut found: Vec<Ritz> = (0..size)
            .map(|which| {
                let value = matrix[which][which];
                let combination = combination(&matrix, &vectors, which);
                let left = beyond * combination[size - 1].norm() / value.norm();
                Ritz { value, combination, left }
            })
            .collect();
        // Of a pair that turns either way, both.
        found.sort_by(|a, b| b.value.norm().total_cmp(&a.value.norm()).then(b.value.im.total_cmp(&a.value.im)));
        found
    }

    fn vector(&self, combination: &[Complex64]) -> Vec<Complex64> {
        let mut vector = vec![Complex64::ZERO; self.basis[0].len()];
        for (v, factor) in self.basis.iter().zip(combination) {
            vector.iter_mut().zip(v).for_each(|(sum, v)| *sum += factor * v);
        }
        vector
    }
}

/// Turns a Hessenberg matrix A to a triangular T, `A Q = Q T`, by QR steps shifted to the eigenvalue of the last corner, and
/// returns Q. J. G. F. Francis, Comput. J. 4, 265 (1961).
fn triangular(a: &mut [Vec<Complex64>]) -> Vec<Vec<Complex64>> {
    let size = a.len();
    let mut q: Vec<Vec<Complex64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column)).into()).collect()).collect();
    let mut end = size;
    let mut rounds = 0;
    while end > 1 {
        let small = |a: &[Vec<Complex64>], k: usize| {
            a[k][k - 1].norm() <= f64::EPSILON * (a[k][k].norm() + a[k - 1][k - 1].norm())
        };
        if small(a, end - 1) || rounds == MOST_ROUNDS {
            a[end - 1][end - 2] = Complex64::ZERO;
            end -= 1;
            rounds = 0;
            continue;
        }
        let begin = (1..end).rev().find(|k| small(a, *k)).unwrap_or(0);
        rounds += 1;
        let (n, m) = (end - 1, end - 2);
        let (half, product) = ((a[m][m] - a[n][n]) / 2.0, a[m][n] * a[n][m]);
        let root = (half * half + product).sqrt();
        let sum = if (half + root).norm() > (half - root).norm() { half + root } else { half - root };
        // Now and then another shift, for what goes in circles.
        let shift = match (sum.norm() > 0.0, rounds % 11 == 10) {
            (_, true) => a[n][n] + a[n][m].norm(),
            (true, _) => a[n][n] - product / sum,
            (false, _) => a[n][n],
        };
        (begin..end).for_each(|k| a[k][k] -= shift);
        let mut turns = Vec::with_capacity(end - begin);
        for k in begin..end - 1 {
            let (x, y) = (a[k][k], a[k + 1][k]);
            let length = x.norm().hypot(y.norm());
            let (c, s) = if length > 0.0 { (x / length, y / length) } else { (1.0.into(), Complex64::ZERO) };
            let (above, below) = a.split_at_mut(k + 1);
            for (x, y) in above[k][k..].iter_mut().zip(&mut below[0][k..]) {
                (*x, *y) = (c.conj() * *x + s.conj() * *y, c * *y - s * *x);
            }
            turns.push((k, c, s));
        }
        for (k, c, s) in turns {
            let turn = |row: &mut [Complex64]| {
                let (x, y) = (row[k], row[k + 1]);
                (row[k], row[k + 1]) = (x * c + y * s, y * c.conj() - x * s.conj());
            };
            a[..(k + 2).min(end)].iter_mut().for_each(|row| turn(row));
            q.iter_mut().for_each(|row| turn(row));
        }
        (begin..end).for_each(|k| a[k][k] += shift);
    }
    q
}

/// An eigenvector of a triangular matrix, turned back, of length 1.
fn combination(t: &[Vec<Complex64>], q: &[Vec<Complex64>], which: usize) -> Vec<Complex64> {
    let mut y = vec![Complex64::ZERO; t.len()];
    y[which] = Complex64::ONE;
    let least = f64::EPSILON * t[which][which].norm().max(f64::MIN_POSITIVE);
    for k in (0..which).rev() {
        let sum: Complex64 = (k + 1..=which).map(|j| t[k][j] * y[j]).sum();
        let apart = t[k][k] - t[which][which];
        y[k] = -sum / if apart.norm() < least { least.into() } else { apart };
    }
    let turned: Vec<Complex64> = q.iter().map(|row| row.iter().zip(&y).map(|(q, y)| q * y).sum()).collect();
    let length = turned.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
    turned.into_iter().map(|x| x / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_of_a_small_matrix_are_what_it_only_stretches() {
        for size in [1, 2, 3, 12, 40] {
            let element = |row: usize, column: usize| {
                if row > column + 1 {
                    0.0
                } else {
                    ((row * 7 + column * 13) as f64).sin() + if row == column { 0.3 } else { 0.0 }
                }
            };
            let matrix: Vec<Vec<Complex64>> =
                (0..size).map(|row| (0..size).map(|column| element(row, column).into()).collect()).collect();
            let mut t = matrix.clone();
            let q = triangular(&mut t);
            for which in 0..size {
                let v = combination(&t, &q, which);
                let left = matrix.iter().zip(&v).map(|(row, own)| {
                    (row.iter().zip(&v).map(|(a, v)| a * v).sum::<Complex64>() - t[which][which] * own).norm()
                });
                assert!(left.fold(0.0, f64::max) < 1e-11, "{size}, {which}");
            }
        }
    }
}
