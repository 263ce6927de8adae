//! `y' = (1 - H^-1)/gamma y` for a small H of Hessenberg form, at four times side by side: an elimination of some
//! twenty unknowns is a chain of divisions that wait for each other, and four of them fill the vector registers.

use std::array::from_fn;

use super::rational::{ALPHA_0, POLES};
use crate::vectorized::vectorized;

/// How many times are looked at together.
pub const LANES: usize = 4;
/// A number for each of them.
pub type Lanes = [f64; LANES];
const ZERO: Lanes = [0.0; LANES];

/// Room for an elimination: real and imaginary parts of an upper triangle, and of the solution.
#[derive(Default)]
pub struct Workspace {
    upper: [Vec<Lanes>; 2],
    x: [Vec<Lanes>; 2],
}

/// Replaces y by y after the times, for y of m unknowns and the first m rows of H; returns the integrals of `c y` over
/// those times, for each row vector c.
///
/// The rational approximation of `rational.rs`. With a = t/gamma - theta and s = t/(gamma a), `(tB - theta)^-1` is
/// `H (H - s)^-1 / a`, and `H (H - s)^-1` is `1 + s (H - s)^-1`.
pub fn step(
    h: &[Vec<f64>],
    gamma: f64,
    times: &Lanes,
    y: &mut [Lanes],
    rows: &[Vec<f64>],
    room: &mut Workspace,
) -> Vec<Lanes> {
    let mut integrals = vec![ZERO; rows.len()];
    vectorized(
        #[inline(always)]
        || {
            for (theta, alpha) in POLES {
                let ratio: Lanes = from_fn(|l| times[l] / gamma);
                let (a_re, a_im): (Lanes, f64) = (from_fn(|l| ratio[l] - theta.re), -theta.im);
                let inverse: Lanes = from_fn(|l| (a_re[l] * a_re[l] + a_im * a_im).recip());
                // 1/a, and s.
                let (b_re, b_im): (Lanes, Lanes) = (from_fn(|l| a_re[l] * inverse[l]), from_fn(|l| -a_im * inverse[l]));
                let (s_re, s_im): (Lanes, Lanes) = (from_fn(|l| ratio[l] * b_re[l]), from_fn(|l| ratio[l] * b_im[l]));
                eliminate(h, &s_re, &s_im, y, room);
                let [x_re, x_im] = &mut room.x;
                for ((re, im), y) in x_re.iter_mut().zip(x_im).zip(&*y) {
                    for l in 0..LANES {
                        let whole = (s_re[l] * re[l] - s_im[l] * im[l] + y[l], s_re[l] * im[l] + s_im[l] * re[l]);
                        re[l] = whole.0 * b_re[l] - whole.1 * b_im[l];
                        im[l] = whole.0 * b_im[l] + whole.1 * b_re[l];
                    }
                }
                let [x_re, x_im] = &room.x;
                // The integral q of c y is one unknown more: theta x_q = t c x - q.
                let weight = alpha / theta;
                for (integral, row) in integrals.iter_mut().zip(rows) {
                    let (mut re, mut im) = (ZERO, ZERO);
                    for ((c, x), z) in row.iter().zip(x_re).zip(x_im) {
                        (0..LANES).for_each(|l| (re[l], im[l]) = (re[l] + c * x[l], im[l] + c * z[l]));
                    }
                    for l in 0..LANES {
                        let of_row = re[l] * times[l] - integral[l];
                        integral[l] += 2.0 * (weight.re * of_row - weight.im * im[l] * times[l]);
                    }
                }
                for ((y, re), im) in y.iter_mut().zip(x_re).zip(x_im) {
                    (0..LANES).for_each(|l| y[l] += 2.0 * (alpha.re * re[l] - alpha.im * im[l]));
                }
            }
            y.iter_mut().chain(&mut integrals).for_each(|value| (0..LANES).for_each(|l| value[l] *= ALPHA_0));
        },
    );
    integrals
}

/// The last of the unknowns `H^-1 y`.
pub fn last_of_inverse(h: &[Vec<f64>], y: &[Lanes], room: &mut Workspace) -> Lanes {
    vectorized(
        #[inline(always)]
        || eliminate(h, &ZERO, &ZERO, y, room),
    );
    room.x[0][y.len() - 1]
}

/// `(H - s)^-1 y`, s complex: one diagonal is eliminated, with a choice of two rows in each lane.
#[inline(always)]
fn eliminate(h: &[Vec<f64>], s_re: &Lanes, s_im: &Lanes, y: &[Lanes], room: &mut Workspace) {
    let m = y.len();
    let ([re, im], [x_re, x_im]) = (&mut room.upper, &mut room.x);
    for part in [&mut *re, &mut *im] {
        part.resize(m * m, ZERO);
    }
    x_re.clear();
    x_re.extend_from_slice(y);
    x_im.clear();
    x_im.resize(m, ZERO);
    re.iter_mut().zip(&h[0][..m]).for_each(|(lanes, h)| *lanes = [*h; LANES]);
    im[..m].fill(ZERO);
    (0..LANES).for_each(|l| (re[0][l], im[0][l]) = (re[0][l] - s_re[l], im[0][l] - s_im[l]));
    for k in 0..m - 1 {
        // Row k as the rows before have left it, and row k + 1, which takes what is left.
        let (above, below) = re.split_at_mut((k + 1) * m);
        let (re_k, re_l) = (&mut above[k * m + k..], &mut below[k..m]);
        let (above, below) = im.split_at_mut((k + 1) * m);
        let (im_k, im_l) = (&mut above[k * m + k..], &mut below[k..m]);
        re_l.iter_mut().zip(&h[k + 1][k..m]).for_each(|(lanes, h)| *lanes = [*h; LANES]);
        im_l.fill(ZERO);
        (0..LANES).for_each(|l| (re_l[1][l], im_l[1][l]) = (re_l[1][l] - s_re[l], im_l[1][l] - s_im[l]));
        let swap: [u64; LANES] = from_fn(|l| {
            let is_larger = re_l[0][l] * re_l[0][l] > re_k[0][l] * re_k[0][l] + im_k[0][l] * im_k[0][l];
            if is_larger { u64::MAX } else { 0 }
        });
        exchange(&swap, &mut re_k[0], &mut re_l[0]);
        exchange(&swap, &mut im_k[0], &mut im_l[0]);
        let inverse: Lanes = from_fn(|l| (re_k[0][l] * re_k[0][l] + im_k[0][l] * im_k[0][l]).recip());
        let f: Lanes = from_fn(|l| (re_l[0][l] * re_k[0][l] + im_l[0][l] * im_k[0][l]) * inverse[l]);
        let g: Lanes = from_fn(|l| (im_l[0][l] * re_k[0][l] - re_l[0][l] * im_k[0][l]) * inverse[l]);
        let lower = re_l[1..].iter_mut().zip(&mut im_l[1..]);
        for ((low_re, low_im), (up_re, up_im)) in lower.zip(re_k[1..m - k].iter_mut().zip(&mut im_k[1..m - k])) {
            subtract(&swap, &f, &g, (up_re, up_im), (low_re, low_im));
        }
        let ((up_re, low_re), (up_im, low_im)) = (pair(x_re, k), pair(x_im, k));
        subtract(&swap, &f, &g, (up_re, up_im), (low_re, low_im));
    }
    for k in (0..m).rev() {
        let (re, im) = (&re[k * m + k..][..m - k], &im[k * m + k..][..m - k]);
        let (mut left_re, mut left_im) = (x_re[k], x_im[k]);
        for ((re, im), (x, z)) in re[1..].iter().zip(&im[1..]).zip(x_re[k + 1..].iter().zip(&x_im[k + 1..])) {
            for l in 0..LANES {
                left_re[l] -= re[l] * x[l] - im[l] * z[l];
                left_im[l] -= re[l] * z[l] + im[l] * x[l];
            }
        }
        let inverse: Lanes = from_fn(|l| (re[0][l] * re[0][l] + im[0][l] * im[0][l]).recip());
        x_re[k] = from_fn(|l| (left_re[l] * re[0][l] + left_im[l] * im[0][l]) * inverse[l]);
        x_im[k] = from_fn(|l| (left_im[l] * re[0][l] - left_re[l] * im[0][l]) * inverse[l]);
    }
}

/// Takes the upper row, times `f + ig`, from the lower one; before that exchanges them in the lanes of the mask.
#[inline(always)]
fn subtract(
    swap: &[u64; LANES],
    f: &Lanes,
    g: &Lanes,
    (up_re, up_im): (&mut Lanes, &mut Lanes),
    (low_re, low_im): (&mut Lanes, &mut Lanes),
) {
    exchange(swap, up_re, low_re);
    exchange(swap, up_im, low_im);
    for l in 0..LANES {
        low_re[l] -= f[l] * up_re[l] - g[l] * up_im[l];
        low_im[l] -= f[l] * up_im[l] + g[l] * up_re[l];
    }
}

/// Exchanges a and b in lanes whose mask is all ones, without a branch.
#[inline(always)]
fn exchange(swap: &[u64; LANES], a: &mut Lanes, b: &mut Lanes) {
    for l in 0..LANES {
        let difference = (a[l].to_bits() ^ b[l].to_bits()) & swap[l];
        a[l] = f64::from_bits(a[l].to_bits() ^ difference);
        b[l] = f64::from_bits(b[l].to_bits() ^ difference);
    }
}

/// Two neighbours.
#[inline(always)]
fn pair(x: &mut [Lanes], k: usize) -> (&mut Lanes, &mut Lanes) {
    let (before, after) = x.split_at_mut(k + 1);
    (&mut before[k], &mut after[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some matrix of Hessenberg form, whose lower diagonal is now smaller and now larger than what is above it.
    fn matrix(m: usize) -> Vec<Vec<f64>> {
        let entry = |row: usize, column: usize| (3.7 * row as f64 + 1.3 * column as f64).sin();
        (0..=m)
            .map(|row| (0..m).map(|column| if row > column + 1 { 0.0 } else { entry(row, column) }).collect())
            .collect()
    }

    #[test]
    fn lanes_solve_each_its_own_equation() {
        for m in [1, 2, 3, 7, 24] {
            let h = matrix(m);
            let (s_re, s_im): (Lanes, Lanes) = (from_fn(|l| 0.4 * l as f64 - 0.5), from_fn(|l| 0.3 + 0.2 * l as f64));
            let y: Vec<Lanes> = (0..m).map(|row| from_fn(|l| (row * LANES + l) as f64 - 5.0)).collect();
            let mut room = Workspace::default();
            eliminate(&h, &s_re, &s_im, &y, &mut room);
            let [x_re, x_im] = &room.x;
            for l in 0..LANES {
                let scale: f64 = x_re.iter().zip(x_im).map(|(re, im)| re[l].hypot(im[l])).sum::<f64>() + 1.0;
                for row in 0..m {
                    let sum = |x: &[Lanes]| h[row].iter().zip(x).map(|(h, x)| h * x[l]).sum::<f64>();
                    let re = sum(x_re) - s_re[l] * x_re[row][l] + s_im[l] * x_im[row][l] - y[row][l];
                    let im = sum(x_im) - s_re[l] * x_im[row][l] - s_im[l] * x_re[row][l];
                    // Rounding of m products, with the growth of an elimination that chooses between two rows.
                    assert!(
                        re.hypot(im) < 1e-13 * scale * m as f64,
                        "m = {m}, lane {l}, row {row}: {re:.1e}, {im:.1e}"
                    );
                }
            }
        }
    }

    #[test]
    fn vector_registers_change_no_bit() {
        for m in [1, 2, 9, 24] {
            let h = matrix(m);
            let y: Vec<Lanes> = (0..m).map(|row| from_fn(|l| (row as f64 + 0.1 * l as f64).cos())).collect();
            let mut room = Workspace::default();
            eliminate(&h, &ZERO, &ZERO, &y, &mut room);
            let plain = room.x[0][m - 1].map(f64::to_bits);
            assert_eq!(last_of_inverse(&h, &y, &mut room).map(f64::to_bits), plain, "m = {m}");
        }
    }

    #[test]
    fn one_unknown_decays_as_an_exponential() {
        // H = 1/(1 + gamma k), so that y' = -k y.
        let (gamma, k) = (0.25, 3.0);
        let h = vec![vec![1.0 / (1.0 + gamma * k)], vec![0.0]];
        let times: Lanes = from_fn(|l| 0.01 * 10.0_f64.powi(l as i32));
        let mut y = vec![[2.0; LANES]];
        let integrals = step(&h, gamma, &times, &mut y, &[vec![5.0]], &mut Workspace::default());
        for l in 0..LANES {
            let exact = 2.0 * (-k * times[l]).exp();
            assert!((y[0][l] - exact).abs() < 1e-13, "{} {exact}", y[0][l]);
            let exact = 5.0 * (2.0 - exact) / k;
            assert!((integrals[0][l] - exact).abs() < 1e-12, "{} {exact}", integrals[0][l]);
        }
    }
}
