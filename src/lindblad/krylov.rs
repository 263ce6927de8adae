//! The exponential of a generator on the few vectors that matter: the space of powers of `A = (1 - gamma W)^-1` on p.
//!
//! With an orthonormal basis V of that space, `A V = V H + h v e_m^T`, p(t) is nearly `V y(t)`, where
//! `y' = (1 - H^-1)/gamma y`: a system of some thirty unknowns, at any time up to some multiples of gamma. Its error has
//! a bound that needs no comparison. What is left of the equation is `(1 - gamma W) v g(t)` with
//! `g = h/gamma e_m^T H^-1 y`, and exp(tW) never increases `|p|_1`.
//! J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).

use faer::c64;

use super::rational::exponential;

/// How exp(tW) smooths: `|W exp(tW)|_1 <= SMOOTHING/t`. Near one for chains in detailed balance, of the order of the root of
/// the number of levels for a burst, which moves; with room to spare, as it multiplies what is tiny anyway.
const SMOOTHING: f64 = 100.0;
/// Times at which the residual is looked at, each half the one before.
const SAMPLES: usize = 8;
/// The most pieces of a step of the small system.
const MOST_PIECES: u32 = 64;

/// A space grown from one vector, and the small system in it.
pub struct Krylov {
    gamma: f64,
    /// The length of p.
    size: f64,
    /// The basis, and one vector more that is the direction of the residual.
    basis: Vec<Vec<f64>>,
    /// `|v|_1` of each.
    norms: Vec<f64>,
    /// Columns of H with the entry below the diagonal.
    columns: Vec<Vec<f64>>,
}

/// The bound of the error at some times, ascending.
pub struct Bounds(pub(super) Vec<(f64, f64)>);

impl Bounds {
    /// The latest time up to which the error is below a tolerance, if any.
    #[must_use]
    pub fn latest(&self, tolerance: f64) -> Option<f64> {
        self.0.iter().rev().find(|(_, bound)| *bound <= tolerance).map(|(time, _)| *time)
    }

    /// The bound around a time.
    #[must_use]
    pub fn around(&self, time: f64) -> f64 {
        let next = self.0.partition_point(|(t, _)| *t < time);
        let of = |index: usize| self.0.get(index).map_or(0.0, |(_, bound)| *bound);
        of(next).max(if next > 0 { of(next - 1) } else { 0.0 })
    }
}

impl Krylov {
    /// The space of one vector, p, for the shift 1/gamma.
    #[must_use]
    pub fn new(p: &[f64], gamma: f64) -> Self {
        let size = norm(p);
        let first: Vec<f64> = p.iter().map(|p| p / size).collect();
        Krylov { gamma, size, norms: vec![norm_1(&first)], basis: vec![first], columns: Vec::new() }
    }

    /// The dimension m.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.columns.len()
    }

    /// The vector to which A is to be applied next, which is the direction of the residual.
    #[must_use]
    pub fn front(&self) -> &[f64] {
        &self.basis[self.columns.len()]
    }

    /// One dimension more: takes A applied to [`Krylov::front`]. False if the space is closed, and so exact.
    pub fn grow(&mut self, mut next: Vec<f64>) -> bool {
        let before = norm(&next);
        let mut column = Vec::with_capacity(self.basis.len() + 1);
        for v in &self.basis {
            let overlap = dot(v, &next);
            next.iter_mut().zip(v).for_each(|(x, v)| *x -= overlap * v);
            column.push(overlap);
        }
        let left = norm(&next);
        let open = left > 1e-15 * before && self.basis.len() < next.len();
        column.push(if open { left } else { 0.0 });
        self.columns.push(column);
        next.iter_mut().for_each(|x| *x = if open { *x / left } else { 0.0 });
        self.norms.push(norm_1(&next));
        self.basis.push(next);
        open
    }

    /// `exp(tB) y` of the small system, and the integrals of the rows, in one step of the rational approximation.
    fn step(&self, time: f64, y: &mut [f64], rows: &[Vec<f64>]) -> Vec<f64> {
        let ratio = time / self.gamma;
        // (tB - theta)^-1 = H [(t/gamma - theta) H - t/gamma]^-1
        exponential(y, rows, time, |_, theta, y| {
            let x = self.hessenberg(ratio - theta, ratio, y);
            let m = x.len();
            let entry = |row: usize, column: usize| self.columns[column][row];
            (0..m).map(|row| (row.saturating_sub(1)..m).map(|column| x[column] * entry(row, column)).sum()).collect()
        })
    }

    /// `(a H - b)^-1 y`, H of Hessenberg form: elimination of one diagonal, with a choice of two rows.
    fn hessenberg(&self, a: c64, b: f64, y: &[f64]) -> Vec<c64> {
        let m = y.len();
        let mut matrix: Vec<c64> = vec![c64::ZERO; m * m];
        for (column, entries) in self.columns.iter().take(m).enumerate() {
            for (row, entry) in entries.iter().take(m).enumerate() {
                matrix[row * m + column] = a * *entry;
            }
            matrix[column * m + column] -= b;
        }
        let mut x: Vec<c64> = y.iter().map(|y| c64::new(*y, 0.0)).collect();
        for k in 0..m.saturating_sub(1) {
            let (above, below) = matrix.split_at_mut((k + 1) * m);
            let (upper, lower) = (&mut above[k * m..][k..], &mut below[k..m]);
            if lower[0].norm_sqr() > upper[0].norm_sqr() {
                upper.swap_with_slice(lower);
                x.swap(k, k + 1);
            }
            let factor = lower[0] / upper[0];
            lower.iter_mut().zip(upper.iter()).for_each(|(low, up)| *low -= factor * *up);
            let value = x[k];
            x[k + 1] -= factor * value;
        }
        for k in (0..m).rev() {
            let row = &matrix[k * m..][..m];
            let known: c64 = row[k + 1..].iter().zip(&x[k + 1..]).map(|(r, x)| *r * *x).sum();
            x[k] = (x[k] - known) / row[k];
        }
        x
    }

    /// y(t), and the integrals up to then of rows in the basis; compared with steps of half the length until they
    /// agree to `tolerance`. `None` if they never do.
    #[must_use]
    pub fn at(&self, time: f64, rows: &[Vec<f64>], tolerance: f64) -> Option<(Vec<f64>, Vec<f64>)> {
        let repeat = |pieces: u32| {
            let mut y = self.start();
            let mut sums = vec![0.0; rows.len()];
            for _ in 0..pieces {
                let more = self.step(time / f64::from(pieces), &mut y, rows);
                sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
            (y, sums)
        };
        let mut pieces = 1;
        let mut long = repeat(1).0;
        while pieces < MOST_PIECES {
            pieces *= 2;
            let (short, integrals) = repeat(pieces);
            let error: f64 = long.iter().zip(&short).zip(&self.norms).map(|((a, b), norm)| (a - b).abs() * norm).sum();
            if error <= tolerance {
                return Some((short, integrals));
            }
            long = short;
        }
        None
    }

    /// `V y`.
    pub fn expand(&self, y: &[f64], p: &mut [f64]) {
        p.fill(0.0);
        for (y, v) in y.iter().zip(&self.basis) {
            p.iter_mut().zip(v).for_each(|(p, v)| *p += y * v);
        }
    }

    /// A row vector in the basis.
    #[must_use]
    pub fn project(&self, row: &[f64]) -> Vec<f64> {
        self.basis[..self.dimension()].iter().map(|v| dot(row, v)).collect()
    }

    fn start(&self) -> Vec<f64> {
        let mut y = vec![0.0; self.dimension()];
        y[0] = self.size;
        y
    }

    /// The residual's size g at a time.
    fn residual(&self, time: f64) -> f64 {
        let mut y = self.start();
        if time > 0.0 {
            self.step(time, &mut y, &[]);
        }
        let m = y.len();
        let below = self.columns[m - 1][m];
        below / self.gamma * self.hessenberg(c64::new(1.0, 0.0), 0.0, &y)[m - 1].re
    }

    /// Whether it is worth while to ask for the bounds up to a time: its last part alone is below the tolerance.
    #[must_use]
    pub fn is_promising(&self, time: f64, tolerance: f64) -> bool {
        2.0 * self.gamma * self.residual(time).abs() * self.norms[self.dimension()] <= tolerance
    }

    /// Bounds of the error `|p(t) - V y(t)|_1` up to a time. `slope` is `|(1 - gamma W) v|_1` of the residual's
    /// direction; what is below `tolerance` is not resolved.
    ///
    /// The error is `int e^{(t-s)W} (1 - gamma W) v g(s) ds`. Bounded by itself it is `slope int |g|`. Integrated by
    /// parts from a on it is without the large W: `|v| [int |g| + gamma (|g(a)| + |g(t)| + int_a |g'|)]`, and of what
    /// comes before a > 0 only what exp((t-a)W) leaves.
    #[must_use]
    pub fn bounds(&self, time: f64, slope: f64, tolerance: f64) -> Bounds {
        let norm = self.norms[self.dimension()];
        let first = self.residual(0.0).abs();
        let mut times: Vec<f64> = (0..SAMPLES).map(|half| time / f64::from(1 << half)).collect();
        while 4.0 * norm * first * times[times.len() - 1] > tolerance && times.len() < 2 * SAMPLES {
            times.push(times[times.len() - 1] / 16.0);
        }
        times.reverse();
        let (mut before, mut g_before) = (0.0, self.residual(0.0));
        let (mut integral, mut variation) = (0.0, 0.0);
        let bounds = times.into_iter().map(|t| {
            let g = self.residual(t);
            let whole = integral + 0.5 * (t - before) * (g.abs() + g_before.abs());
            let change = (g - g_before).abs();
            let ends = |start: f64, change: f64| norm * (whole + self.gamma * (start.abs() + g.abs() + change));
            let late = ends(g_before, change) + norm * self.gamma * SMOOTHING / (t - before) * integral;
            let late = if before > 0.0 { late } else { f64::INFINITY };
            variation += change;
            let bound = (slope * whole).min(ends(first, variation)).min(late);
            (before, g_before, integral) = (t, g, whole);
            (t, if bound.is_nan() { f64::INFINITY } else { bound })
        });
        Bounds(bounds.collect())
    }
}

/// A sum of products in eight parts, which a processor adds side by side.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (eights_a, eights_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = eights_a.remainder().iter().zip(eights_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in eights_a.zip(eights_b) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f64>() + rest
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

fn norm_1(v: &[f64]) -> f64 {
    v.iter().map(|v| v.abs()).sum()
}
