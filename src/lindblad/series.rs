//! exp(tW) p by its Taylor series, over steps short enough that nothing cancels: exact to rounding whatever W is, at a
//! cost that grows with the norm of tW.

use super::rational::Triplet;

/// A step is as long as |hW| is at most this: the largest term of the series is then 4.5 times what it begins with, and
/// below rounding from the thirtieth on.
const REACH: f64 = 3.0;
/// Terms of the series, more than are ever needed.
const TERMS: usize = 48;
/// Products with W in a time 1/|W|, as work is estimated.
const PRODUCTS: f64 = 10.0;

/// A sparse generator, ready to be applied again and again.
#[derive(Clone, Debug)]
pub struct Series {
    /// Where each row begins among the entries, and where the last one ends.
    rows: Vec<usize>,
    /// (column, value), row by row.
    entries: Vec<(usize, f64)>,
    /// A bound of the 2-norm: the geometric mean of the largest sums over a row and over a column.
    norm: f64,
}

impl Series {
    /// The generator with these entries (repeated ones add) on `states` states.
    #[must_use]
    pub fn new(states: usize, triplets: &[Triplet]) -> Self {
        let mut sorted = triplets.to_vec();
        sorted.sort_by_key(|e| (e.row, e.column));
        let (mut rows, mut entries) = (vec![0], Vec::new());
        let (mut of_rows, mut of_columns) = (vec![0.0_f64; states], vec![0.0_f64; states]);
        for same in sorted.chunk_by(|a, b| (a.row, a.column) == (b.row, b.column)) {
            let Triplet { row, column, .. } = same[0];
            let value: f64 = same.iter().map(|e| e.value).sum();
            rows.resize(row + 1, entries.len());
            entries.push((column, value));
            of_rows[row] += value.abs();
            of_columns[column] += value.abs();
        }
        rows.resize(states + 1, entries.len());
        let largest = |sums: Vec<f64>| sums.into_iter().fold(0.0, f64::max);
        Series { rows, entries, norm: (largest(of_rows) * largest(of_columns)).sqrt() }
    }

    /// About how many multiplications it takes to get to a time.
    #[must_use]
    pub fn work(&self, time: f64) -> f64 {
        (PRODUCTS * self.norm * time).max(1.0) * self.entries.len() as f64
    }

    /// Replaces `p` by exp(tW) p for t = `time`, and returns the integrals of `c p` over that time, one for each of the
    /// `functionals` c.
    pub fn advance(&self, p: &mut [f64], functionals: &[Vec<f64>], time: f64) -> Vec<f64> {
        let steps = (time * self.norm / REACH).ceil().max(1.0);
        let step = time / steps;
        let mut integral = vec![0.0; p.len()];
        let (mut term, mut next) = (p.to_vec(), vec![0.0; p.len()]);
        for _ in 0..steps as u64 {
            term.copy_from_slice(p);
            add(&mut integral, &term, step);
            for order in 1..=TERMS {
                let largest = self.apply(&term, step / order as f64, &mut next);
                std::mem::swap(&mut term, &mut next);
                let size = add(p, &term, 1.0);
                // The integral of t^k is t^(k+1)/(k+1).
                add(&mut integral, &term, step / (order + 1) as f64);
                if order as f64 > REACH && largest <= 1e-18 * size {
                    break;
                }
            }
        }
        functionals.iter().map(|c| c.iter().zip(&integral).map(|(c, q)| c * q).sum()).collect()
    }

    /// `image = factor W p`; returns its largest magnitude.
    fn apply(&self, p: &[f64], factor: f64, image: &mut [f64]) -> f64 {
        let mut largest = 0.0_f64;
        for (image, ends) in image.iter_mut().zip(self.rows.windows(2)) {
            let row = &self.entries[ends[0]..ends[1]];
            *image = factor * row.iter().map(|(column, value)| value * p[*column]).sum::<f64>();
            largest = largest.max(image.abs());
        }
        largest
    }
}

/// `sum += factor x`; returns the largest magnitude of the sum.
fn add(sum: &mut [f64], x: &[f64], factor: f64) -> f64 {
    let mut largest = 0.0_f64;
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
        largest = largest.max(sum.abs());
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn about an axis is a sine and a cosine, after however many turns; its integral begins again with each.
    #[test]
    fn what_only_turns_keeps_its_length_and_its_phase() {
        let entry = |row, column, value| Triplet { row, column, value };
        // Repeated entries add.
        let turn = [entry(0, 1, -0.75), entry(1, 0, 1.0), entry(0, 1, -0.25), entry(2, 2, -0.5)];
        let series = Series::new(3, &turn);
        assert_eq!(series.norm, 1.0);
        for time in [1e-3, 0.5, 3.0, 70.0, 75.0, 1e4_f64] {
            let mut p = [1.0, 0.0, 1.0];
            let integrals = series.advance(&mut p, &[vec![1.0, 0.0, 0.0], vec![0.0, 0.0, 2.0]], time);
            // The rounding of some t/3 steps, and of the time itself.
            let tolerance = 1e-15 * (4.0 + time);
            for (found, exact) in [
                (p[0], time.cos()),
                (p[1], time.sin()),
                (p[2], (-0.5 * time).exp()),
                (integrals[0], time.sin()),
                (integrals[1], -4.0 * (-0.5 * time).exp_m1()),
            ] {
                assert!((found - exact).abs() < tolerance, "t = {time}: {found} {exact}");
            }
        }
    }

    #[test]
    fn rows_without_an_entry_stay() {
        let mut p = [1.0, 2.0, 3.0];
        let integrals = Series::new(3, &[]).advance(&mut p, &[vec![1.0, 0.0, 1.0]], 2.5);
        assert_eq!((p, integrals), ([1.0, 2.0, 3.0], vec![10.0]));
    }
}
