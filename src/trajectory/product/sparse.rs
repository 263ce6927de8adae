//! Sparse matrices between sectors.

use std::collections::BTreeMap;

use num_complex::Complex64;

/// What rounding may leave of a sum of terms, as a part of what they add to by their magnitudes.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// A sparse matrix, by rows.
#[derive(Clone, Debug)]
pub struct Sparse {
    /// Where each row begins among the entries, and where the last one ends.
    begins: Vec<u32>,
    entries: Vec<(u32, Complex64)>,
}

impl Sparse {
    /// The matrix of these elements, by (row, column).
    pub fn new(rows: usize, elements: &BTreeMap<(usize, usize), Complex64>) -> Self {
        let mut begins = Vec::with_capacity(rows + 1);
        let mut entries = Vec::with_capacity(elements.len());
        begins.push(0);
        for ((row, column), value) in elements.iter().filter(|(_, value)| **value != Complex64::ZERO) {
            begins.resize(row + 1, entries.len() as u32);
            entries.push((*column as u32, *value));
        }
        begins.resize(rows + 1, entries.len() as u32);
        Sparse { begins, entries }
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.begins.len() - 1
    }

    /// The elements of each row of the image of x, one after the other.
    fn image<'a>(&'a self, x: &'a [Complex64]) -> impl Iterator<Item = Complex64> + 'a {
        self.begins.windows(2).map(move |ends| {
            let row = &self.entries[ends[0] as usize..ends[1] as usize];
            row.iter().map(|(column, value)| value * x[*column as usize]).sum()
        })
    }

    /// y = S x.
    pub fn apply(&self, x: &[Complex64], y: &mut [Complex64]) {
        for (y, value) in y.iter_mut().zip(self.image(x)) {
            *y = value;
        }
    }

    /// y = factor (S - center) x.
    pub fn apply_centered(&self, (center, factor): (Complex64, f64), x: &[Complex64], y: &mut [Complex64]) {
        for ((y, value), own) in y.iter_mut().zip(self.image(x)).zip(x) {
            *y = (value - center * own) * factor;
        }
    }

    /// |S x|^2.
    pub fn weight(&self, x: &[Complex64]) -> f64 {
        self.image(x).map(|value| value.norm_sqr()).sum()
    }

    /// <y|S|x>.
    pub fn between(&self, x: &[Complex64], y: &[Complex64]) -> Complex64 {
        self.image(x).zip(y).map(|(image, y)| y.conj() * image).sum()
    }

    /// The real part of <x|S|x>, of a normalized x; what is below the rounding of its terms, of a matrix of this `size`, is 0.
    pub fn mean(&self, x: &[Complex64], size: f64) -> f64 {
        let terms = || self.image(x).zip(x).map(|(image, x)| x.re * image.re + x.im * image.im);
        let sum: f64 = terms().sum();
        // Few states may be far below the size of the whole.
        let rounded = || sum.abs() <= ROUNDING * terms().map(f64::abs).sum::<f64>();
        if sum.abs() <= f64::EPSILON * size && rounded() { 0.0 } else { sum }
    }

    /// A bound of the norm: the geometric mean of the largest sums over a row and over a column.
    pub fn norm_bound(&self) -> f64 {
        let mut of_columns = BTreeMap::new();
        let mut of_rows = 0.0_f64;
        for ends in self.begins.windows(2) {
            let row = &self.entries[ends[0] as usize..ends[1] as usize];
            // Not `sum`: that of nothing is -0, and one over it negative.
            of_rows = of_rows.max(row.iter().fold(0.0, |sum, (_, value)| sum + value.norm()));
            for (column, value) in row {
                *of_columns.entry(*column).or_insert(0.0) += value.norm();
            }
        }
        (of_rows * of_columns.into_values().fold(0.0, f64::max)).sqrt()
    }

    /// Becomes the same places as another's, which take no room anew where there is enough, each with 0.
    pub fn blank(&mut self, other: &Sparse) {
        self.begins.clone_from(&other.begins);
        self.entries.clear();
        self.entries.extend(other.entries.iter().map(|(column, _)| (*column, Complex64::ZERO)));
    }

    /// Adds to each of these entries so many times its value.
    pub fn add(&mut self, factor: f64, values: &[(u32, Complex64)]) {
        for (entry, value) in values {
            self.entries[*entry as usize].1 += factor * value;
        }
    }

    /// Which of its entries is that of a row and a column, if one is.
    pub fn entry(&self, (row, column): (usize, usize)) -> Option<u32> {
        let (from, until) = (self.begins[row], self.begins[row + 1]);
        let own = self.entries[from as usize..until as usize].iter();
        own.zip(from..).find(|((other, _), _)| *other as usize == column).map(|(_, entry)| entry)
    }

    /// `S^dagger S`, by (row, column).
    pub fn square(&self) -> BTreeMap<(usize, usize), Complex64> {
        let mut elements = BTreeMap::new();
        for ends in self.begins.windows(2) {
            let row = &self.entries[ends[0] as usize..ends[1] as usize];
            for (left, a) in row {
                for (right, b) in row {
                    *elements.entry((*left as usize, *right as usize)).or_insert(Complex64::ZERO) += a.conj() * b;
                }
            }
        }
        elements
    }
}
