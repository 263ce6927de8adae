//! The exponential of a generator on the few vectors that matter: the space of powers of `A = (1 - gamma W)^-1` on p.
//!
//! With an orthonormal basis V of that space, `A V = V H + h v e_m^T`, p(t) is nearly `V y(t)`, where
//! `y' = (1 - H^-1)/gamma y`: a system of some thirty unknowns, at any time up to some multiples of gamma. Its error has
//! a bound that needs no comparison. What is left of the equation is `(1 - gamma W) v g(t)` with
//! `g = h/gamma e_m^T H^-1 y`, and exp(tW) never increases `|p|_1`.
//! J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).

use super::hessenberg::{LANES, Lanes, Workspace, last_of_inverse, step};
use crate::vectorized::{dot, vectorized};

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
    /// Rows of H, and one row more.
    rows: Vec<Vec<f64>>,
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
        Krylov { gamma, size, norms: vec![norm_1(&first)], basis: vec![first], rows: vec![Vec::new()] }
    }

    /// The dimension m.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.rows.len() - 1
    }

    /// The vector to which A is to be applied next, which is the direction of the residual.
    #[must_use]
    pub fn front(&self) -> &[f64] {
        &self.basis[self.dimension()]
    }

    /// One dimension more: takes A applied to [`Krylov::front`]. False if the space is closed, and so exact.
    pub fn grow(&mut self, mut next: Vec<f64>) -> bool {
        vectorized(
            #[inline(always)]
            || self.orthogonalize(&mut next),
        )
    }

    #[inline(always)]
    fn orthogonalize(&mut self, next: &mut Vec<f64>) -> bool {
        let before = norm(next);
        let mut below = vec![0.0; self.dimension()];
        for (v, row) in self.basis.iter().zip(&mut self.rows) {
            let overlap = dot::<8>(v, next);
            next.iter_mut().zip(v).for_each(|(x, v)| *x -= overlap * v);
            row.push(overlap);
        }
        let left = norm(next);
        let open = left > 1e-15 * before && self.basis.len() < next.len();
        below.push(if open { left } else { 0.0 });
        self.rows.push(below);
        next.iter_mut().for_each(|x| *x = if open { *x / left } else { 0.0 });
        self.norms.push(norm_1(next));
        self.basis.push(std::mem::take(next));
        open
    }

    /// y at times, at most as many as there are lanes, and the integrals up to each of rows in the basis; compared with
    /// steps of half the length until they agree to `tolerance`. `None` if they never do.
    #[must_use]
    pub fn at(&self, times: &[f64], rows: &[Vec<f64>], tolerance: f64) -> Option<Vec<(Vec<f64>, Vec<f64>)>> {
        let mut room = Workspace::default();
        let mut repeat = |pieces: u32| {
            let mut y = self.start();
            let mut sums = vec![[0.0; LANES]; rows.len()];
            let length = lanes(times).map(|time| time / f64::from(pieces));
            for _ in 0..pieces {
                let more = step(&self.rows, self.gamma, &length, &mut y, rows, &mut room);
                sums.iter_mut().zip(more).for_each(|(sum, more)| (0..LANES).for_each(|l| sum[l] += more[l]));
            }
            (y, sums)
        };
        let mut pieces = 1;
        let mut long = repeat(1).0;
        let mut found = vec![None; times.len()];
        while pieces < MOST_PIECES && found.iter().any(Option::is_none) {
            pieces *= 2;
            let (short, integrals) = repeat(pieces);
            for (lane, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
                let differences = long.iter().zip(&short).map(|(a, b)| (a[lane] - b[lane]).abs());
                let error: f64 = differences.zip(&self.norms).map(|(difference, norm)| difference * norm).sum();
                if error <= tolerance {
                    let of = |all: &[Lanes]| all.iter().map(|lanes| lanes[lane]).collect();
                    *found = Some((of(&short), of(&integrals)));
                }
            }
            long = short;
        }
        found.into_iter().collect()
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
        self.basis[..self.dimension()].iter().map(|v| dot::<8>(row, v)).collect()
    }

    fn start(&self) -> Vec<Lanes> {
        let mut y = vec![[0.0; LANES]; self.dimension()];
        y[0] = [self.size; LANES];
        y
    }

    /// The residual's size g for y.
    fn residual(&self, y: &[Lanes], room: &mut Workspace) -> Lanes {
        let m = y.len();
        last_of_inverse(&self.rows, y, room).map(|x| self.rows[m][m - 1] / self.gamma * x)
    }

    /// The residual's size at times.
    fn residuals(&self, times: &[f64], room: &mut Workspace) -> Vec<f64> {
        let of_chunk = |chunk: &[f64]| {
            let mut y = self.start();
            step(&self.rows, self.gamma, &lanes(chunk), &mut y, &[], room);
            self.residual(&y, room).into_iter().take(chunk.len()).collect::<Vec<f64>>()
        };
        times.chunks(LANES).flat_map(of_chunk).collect()
    }

    /// Whether it is worth while to ask for the bounds up to a time: its last part alone is below the tolerance.
    #[must_use]
    pub fn is_promising(&self, time: f64, tolerance: f64) -> bool {
        let residual = self.residuals(&[time], &mut Workspace::default())[0];
        2.0 * self.gamma * residual.abs() * self.norms[self.dimension()] <= tolerance
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
        let mut room = Workspace::default();
        let at_start = self.residual(&self.start(), &mut room)[0];
        let first = at_start.abs();
        let mut times: Vec<f64> = (0..SAMPLES).map(|half| time / f64::from(1 << half)).collect();
        while 4.0 * norm * first * times[times.len() - 1] > tolerance && times.len() < 2 * SAMPLES {
            times.push(times[times.len() - 1] / 16.0);
        }
        times.reverse();
        let residuals = self.residuals(&times, &mut room);
        let (mut before, mut g_before) = (0.0, at_start);
        let (mut integral, mut variation) = (0.0, 0.0);
        let bounds = times.into_iter().zip(residuals).map(|(t, g)| {
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

/// The last time fills what lanes are left.
fn lanes(times: &[f64]) -> Lanes {
    std::array::from_fn(|lane| times[lane.min(times.len() - 1)])
}

#[inline(always)]
fn norm(v: &[f64]) -> f64 {
    dot::<8>(v, v).sqrt()
}

#[inline(always)]
fn norm_1(v: &[f64]) -> f64 {
    v.iter().map(|v| v.abs()).sum()
}
