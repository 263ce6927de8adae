//! Sparse matrices between sectors.

use std::collections::BTreeMap;

use num_complex::Complex64;

use crate::vectorized::vectorized;

/// What rounding may leave of a sum of terms, as a part of what they add to by their magnitudes.
pub const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// A sparse matrix, by rows.
#[derive(Clone, Debug)]
pub struct Sparse {
    /// Where each row begins among the entries, and where the last one ends.
    begins: Vec<u32>,
    columns: Vec<u32>,
    values: Vec<Complex64>,
    sums: Sums,
}

/// How the elements of a row are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// One after the other.
    InOrder,
    /// Two by two, through vector registers, as pays for long rows.
    ByPairs,
}

/// The sum of a row times x, one element after the other.
#[inline(always)]
fn in_order(columns: &[u32], values: &[Complex64], x: &[Complex64]) -> Complex64 {
    columns.iter().zip(values).map(|(column, value)| value * x[*column as usize]).sum()
}

/// The same two by two: what the real and what the imaginary parts of the elements make of x is put together at the end.
#[inline(always)]
fn by_pairs(columns: &[u32], values: &[Complex64], x: &[Complex64]) -> Complex64 {
    let (mut by_re, mut by_im) = ([0.0; 4], [0.0; 4]);
    let ((pairs, last_column), (of_pairs, last_value)) = (columns.as_chunks::<2>(), values.as_chunks::<2>());
    for (at, value) in pairs.iter().zip(of_pairs) {
        let [a, b] = at.map(|column| x[column as usize]);
        let x = [a.re, a.im, b.re, b.im];
        let [re, im] = [value.map(|value| value.re), value.map(|value| value.im)];
        (0..4).for_each(|lane| by_re[lane] += re[lane / 2] * x[lane]);
        (0..4).for_each(|lane| by_im[lane] += im[lane / 2] * x[lane]);
    }
    for (column, value) in last_column.iter().zip(last_value) {
        let a = x[*column as usize];
        let x = [a.re, a.im];
        (0..2).for_each(|lane| by_re[lane] += value.re * x[lane]);
        (0..2).for_each(|lane| by_im[lane] += value.im * x[lane]);
    }
    let [of_re, of_im] = [by_re, by_im].map(|by| Complex64::new(by[0] + by[2], by[1] + by[3]));
    Complex64::new(of_re.re - of_im.im, of_re.im + of_im.re)
}

impl Sparse {
    /// The matrix of these elements, by (row, column).
    pub fn new(rows: usize, elements: &BTreeMap<(usize, usize), Complex64>, sums: Sums) -> Self {
        let mut begins = Vec::with_capacity(rows + 1);
        let (mut columns, mut values) = (Vec::with_capacity(elements.len()), Vec::with_capacity(elements.len()));
        begins.push(0);
        for ((row, column), value) in elements.iter().filter(|(_, value)| **value != Complex64::ZERO) {
            begins.resize(row + 1, columns.len() as u32);
            columns.push(*column as u32);
            values.push(*value);
        }
        begins.resize(rows + 1, columns.len() as u32);
        Sparse { begins, columns, values, sums }
    }

    /// The matrix of these rows, each of columns with values, in any order, which add where a column is there twice.
    pub fn of_rows(rows: impl Iterator<Item = Vec<(u32, Complex64)>>, sums: Sums) -> Self {
        let mut matrix = Sparse { begins: vec![0], columns: Vec::new(), values: Vec::new(), sums };
        for mut row in rows {
            row.sort_by_key(|(column, _)| *column);
            for same in row.chunk_by(|(one, _), (other, _)| one == other) {
                matrix.columns.push(same[0].0);
                matrix.values.push(same.iter().map(|(_, value)| value).sum());
            }
            matrix.begins.push(matrix.columns.len() as u32);
        }
        matrix
    }

    /// How the elements of a row are added up.
    pub fn sums(&self) -> Sums {
        self.sums
    }

    /// Where its rows begin and the last one ends.
    pub fn begins(&self) -> &[u32] {
        &self.begins
    }

    /// The columns and values of entries.
    #[inline(always)]
    pub fn entries(&self, begin: u32, end: u32) -> impl Iterator<Item = (&u32, &Complex64)> + Clone {
        let entries = begin as usize..end as usize;
        self.columns[entries.clone()].iter().zip(&self.values[entries])
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.begins.len() - 1
    }

    /// Calls `each` with every row and its element of S x.
    #[inline(always)]
    fn image(&self, x: &[Complex64], mut each: impl FnMut(usize, Complex64)) {
        let ends = |row: usize| self.begins[row] as usize..self.begins[row + 1] as usize;
        match self.sums {
            Sums::InOrder => {
                (0..self.rows()).for_each(|row| {
                    each(row, in_order(&self.columns[ends(row)], &self.values[ends(row)], x));
                });
            }
            Sums::ByPairs => vectorized(
                #[inline(always)]
                || {
                    for row in 0..self.rows() {
                        each(row, by_pairs(&self.columns[ends(row)], &self.values[ends(row)], x));
                    }
                },
            ),
        }
    }

    /// y = S x.
    pub fn apply(&self, x: &[Complex64], y: &mut [Complex64]) {
        self.image(
            x,
            #[inline(always)]
            |row, value| y[row] = value,
        );
    }

    /// y = factor (S - center) x.
    pub fn apply_centered(&self, (center, factor): (Complex64, f64), x: &[Complex64], y: &mut [Complex64]) {
        self.image(
            x,
            #[inline(always)]
            |row, value| y[row] = (value - center * x[row]) * factor,
        );
    }

    /// |S x|^2.
    pub fn weight(&self, x: &[Complex64]) -> f64 {
        let mut sum = 0.0;
        self.image(
            x,
            #[inline(always)]
            |_, value| sum += value.norm_sqr(),
        );
        sum
    }

    /// <y|S|x>.
    pub fn between(&self, x: &[Complex64], y: &[Complex64]) -> Complex64 {
        let mut sum = Complex64::ZERO;
        self.image(
            x,
            #[inline(always)]
            |row, image| sum += y[row].conj() * image,
        );
        sum
    }

    /// The real part of <x|S|x>, of a normalized x; what is below the rounding of its terms, of a matrix of this `size`, is 0.
    pub fn mean(&self, x: &[Complex64], size: f64) -> f64 {
        let sum = self.sum_of_terms(x, |term| term);
        // Few states may be far below the size of the whole.
        let rounded = || sum.abs() <= ROUNDING * self.sum_of_terms(x, f64::abs);
        if sum.abs() <= f64::EPSILON * size && rounded() { 0.0 } else { sum }
    }

    #[inline(always)]
    fn sum_of_terms(&self, x: &[Complex64], of: impl Fn(f64) -> f64) -> f64 {
        let mut sum = 0.0;
        self.image(
            x,
            #[inline(always)]
            |row, image| sum += of(x[row].re * image.re + x[row].im * image.im),
        );
        sum
    }

    /// The columns of a row, ascending, with their values.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&u32, &Complex64)> + Clone {
        self.entries(self.begins[row], self.begins[row + 1])
    }

    /// A bound of the norm: the geometric mean of the largest sums over a row and over a column.
    pub fn norm_bound(&self) -> f64 {
        let columns = self.columns.iter().max().map_or(0, |last| *last as usize + 1);
        let mut of_columns = vec![0.0; columns];
        let mut of_rows = 0.0_f64;
        for row in (0..self.rows()).map(|row| self.row(row)) {
            // Not `sum`: that of nothing is -0, and one over it negative.
            of_rows = of_rows.max(row.clone().fold(0.0, |sum, (_, value)| sum + value.norm()));
            for (column, value) in row {
                of_columns[*column as usize] += value.norm();
            }
        }
        (of_rows * of_columns.into_iter().fold(0.0, f64::max)).sqrt()
    }

    /// Becomes the same places as another's, which take no room anew where there is enough, each with 0.
    pub fn blank(&mut self, other: &Sparse) {
        self.begins.clone_from(&other.begins);
        self.columns.clone_from(&other.columns);
        self.values.clear();
        self.values.resize(other.values.len(), Complex64::ZERO);
        self.sums = other.sums;
    }

    /// Adds to each of these entries so many times its value.
    pub fn add(&mut self, factor: f64, values: &[(u32, Complex64)]) {
        for (entry, value) in values {
            self.values[*entry as usize] += factor * value;
        }
    }

    /// Which of its entries is that of a row and a column, if one is.
    pub fn entry(&self, (row, column): (usize, usize)) -> Option<u32> {
        let (from, until) = (self.begins[row], self.begins[row + 1]);
        let own = &self.columns[from as usize..until as usize];
        own.binary_search(&(column as u32)).ok().map(|place| from + place as u32)
    }

    /// The value of an entry.
    pub fn value(&self, entry: u32) -> Complex64 {
        self.values[entry as usize]
    }

    /// `S^dagger S`, by (row, column).
    pub fn square(&self) -> BTreeMap<(usize, usize), Complex64> {
        let mut elements = BTreeMap::new();
        for row in (0..self.rows()).map(|row| self.row(row)) {
            for (left, a) in row.clone() {
                for (right, b) in row.clone() {
                    *elements.entry((*left as usize, *right as usize)).or_insert(Complex64::ZERO) += a.conj() * b;
                }
            }
        }
        elements
    }
}
