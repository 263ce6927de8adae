//! The exponential of a generator on the few vectors that matter: the space of powers of `A = (1 - gamma W)^-1` on p.
//!
//! With an orthonormal basis V of that space, `A V = V H + h v e_m^T`, p(t) is nearly `V y(t)`, where
//! `y' = (1 - H^-1)/gamma y`: a system of some thirty unknowns, at any time up to some multiples of gamma. Its error has
//! a bound that needs no comparison. What is left of the equation is `(1 - gamma W) v g(t)` with
//! `g = h/gamma e_m^T H^-1 y`, and exp(tW) never increases `|p|_1`.
//! J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).

use faer::c64;
use pulp::Arch;

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
    /// Rows of H, and one row more.
    rows: Vec<Vec<f64>>,
}

/// Room for the elimination of a small system: real and imaginary parts of an upper triangle, and of the solution.
#[derive(Default)]
struct Workspace {
    upper: [Vec<f64>; 2],
    x: [Vec<f64>; 2],
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
        let before = norm(&next);
        let mut below = vec![0.0; self.dimension()];
        for (v, row) in self.basis.iter().zip(&mut self.rows) {
            let overlap = dot(v, &next);
            next.iter_mut().zip(v).for_each(|(x, v)| *x -= overlap * v);
            row.push(overlap);
        }
        let left = norm(&next);
        let open = left > 1e-15 * before && self.basis.len() < next.len();
        below.push(if open { left } else { 0.0 });
        self.rows.push(below);
        next.iter_mut().for_each(|x| *x = if open { *x / left } else { 0.0 });
        self.norms.push(norm_1(&next));
        self.basis.push(next);
        open
    }

    /// `exp(tB) y` of the small system, and the integrals of the rows, in one step of the rational approximation.
    fn step(&self, time: f64, y: &mut [f64], rows: &[Vec<f64>], room: &mut Workspace) -> Vec<f64> {
        let ratio = time / self.gamma;
        // With a = t/gamma - theta and s = t/(gamma a), (tB - theta)^-1 is H (H - s)^-1 / a, and H (H - s)^-1 is
        // 1 + s (H - s)^-1.
        exponential(y, rows, time, |_, theta, y| {
            let a = c64::new(ratio, 0.0) - theta;
            let shift = c64::new(ratio, 0.0) / a;
            self.shifted(shift, y, room);
            let [re, im] = &room.x;
            let x = re.iter().zip(im).map(|(re, im)| c64::new(*re, *im));
            x.zip(y).map(|(x, y)| (shift * x + *y) / a).collect()
        })
    }

    /// `(H - shift)^-1 y`: H has Hessenberg form, so that one diagonal is eliminated, with a choice of two rows.
    fn shifted(&self, shift: c64, y: &[f64], room: &mut Workspace) {
        Arch::new().dispatch(
            #[inline(always)]
            || shifted(&self.rows, shift, y, room),
        );
    }

    /// y(t), and the integrals up to then of rows in the basis; compared with steps of half the length until they
    /// agree to `tolerance`. `None` if they never do.
    #[must_use]
    pub fn at(&self, time: f64, rows: &[Vec<f64>], tolerance: f64) -> Option<(Vec<f64>, Vec<f64>)> {
        let mut room = Workspace::default();
        let mut repeat = |pieces: u32| {
            let mut y = self.start();
            let mut sums = vec![0.0; rows.len()];
            for _ in 0..pieces {
                let more = self.step(time / f64::from(pieces), &mut y, rows, &mut room);
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
    fn residual(&self, time: f64, room: &mut Workspace) -> f64 {
        let mut y = self.start();
        if time > 0.0 {
            self.step(time, &mut y, &[], room);
        }
        let m = y.len();
        self.shifted(c64::ZERO, &y, room);
        self.rows[m][m - 1] / self.gamma * room.x[0][m - 1]
    }

    /// Whether it is worth while to ask for the bounds up to a time: its last part alone is below the tolerance.
    #[must_use]
    pub fn is_promising(&self, time: f64, tolerance: f64) -> bool {
        2.0 * self.gamma * self.residual(time, &mut Workspace::default()).abs() * self.norms[self.dimension()]
            <= tolerance
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
        let at_start = self.residual(0.0, &mut room);
        let first = at_start.abs();
        let mut times: Vec<f64> = (0..SAMPLES).map(|half| time / f64::from(1 << half)).collect();
        while 4.0 * norm * first * times[times.len() - 1] > tolerance && times.len() < 2 * SAMPLES {
            times.push(times[times.len() - 1] / 16.0);
        }
        times.reverse();
        let (mut before, mut g_before) = (0.0, at_start);
        let (mut integral, mut variation) = (0.0, 0.0);
        let bounds = times.into_iter().map(|t| {
            let g = self.residual(t, &mut room);
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

/// Elimination row by row. Those of H are real but for their shifted diagonal.
#[inline(always)]
fn shifted(rows: &[Vec<f64>], shift: c64, y: &[f64], Workspace { upper, x }: &mut Workspace) {
    let m = y.len();
    let [re, im] = upper;
    re.resize(m * m, 0.0);
    im.resize(m * m, 0.0);
    let [x_re, x_im] = x;
    x_re.clear();
    x_re.extend_from_slice(y);
    x_im.clear();
    x_im.resize(m, 0.0);
    re[..m].copy_from_slice(&rows[0][..m]);
    im[..m].fill(0.0);
    re[0] -= shift.re;
    im[0] -= shift.im;
    for k in 0..m - 1 {
        // Row k as the rows before have left it, and row k + 1, which takes what is left.
        let (above, below) = re.split_at_mut((k + 1) * m);
        let (re_k, re_l) = (&mut above[k * m + k..], &mut below[k..m]);
        let (above, below) = im.split_at_mut((k + 1) * m);
        let (im_k, im_l) = (&mut above[k * m + k..], &mut below[k..m]);
        re_l.copy_from_slice(&rows[k + 1][k..m]);
        im_l.fill(0.0);
        re_l[1] -= shift.re;
        im_l[1] -= shift.im;
        if re_l[0] * re_l[0] > re_k[0] * re_k[0] + im_k[0] * im_k[0] {
            re_k.swap_with_slice(re_l);
            im_k.swap_with_slice(im_l);
            x_re.swap(k, k + 1);
            x_im.swap(k, k + 1);
        }
        let factor = c64::new(re_l[0], im_l[0]) / c64::new(re_k[0], im_k[0]);
        let (f, g) = (factor.re, factor.im);
        let lower = re_l[1..].iter_mut().zip(&mut im_l[1..]);
        for ((low_re, low_im), (up_re, up_im)) in lower.zip(re_k[1..].iter().zip(&im_k[1..])) {
            *low_re -= f * up_re - g * up_im;
            *low_im -= f * up_im + g * up_re;
        }
        let value = factor * c64::new(x_re[k], x_im[k]);
        x_re[k + 1] -= value.re;
        x_im[k + 1] -= value.im;
    }
    for k in (0..m).rev() {
        let (re, im) = (&re[k * m + k..][..m - k], &im[k * m + k..][..m - k]);
        let (later_re, later_im) = (&x_re[k + 1..], &x_im[k + 1..]);
        let known_re = dot(&re[1..], later_re) - dot(&im[1..], later_im);
        let known_im = dot(&re[1..], later_im) + dot(&im[1..], later_re);
        let value = (c64::new(x_re[k], x_im[k]) - c64::new(known_re, known_im)) / c64::new(re[0], im[0]);
        (x_re[k], x_im[k]) = (value.re, value.im);
    }
}

/// A sum of products in eight parts, which a processor adds side by side.
#[inline(always)]
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
