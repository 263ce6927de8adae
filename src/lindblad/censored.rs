//! Markov chains watched on ever fewer states: Gaussian elimination without a subtraction.
//!
//! Eliminating a state k replaces the paths through it by direct ones: `R_ij += R_ik R_kj / S_k`, with R_ij the rate
//! from j to i and `S_k = sum_i R_ik` over the states that remain. What remains is again a Markov chain, the *censored*
//! one. As no step subtracts, every rate keeps its relative accuracy, however many decades the rates or the
//! probabilities span and however nearly the chain falls apart: the error of a steady probability is some digits of
//! its own last ones. Ordinary elimination takes S_k from the diagonal, and loses slow processes there.
//! W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33, 1107 (1985); C. A. O'Cinneide, Numer. Math. 65, 109
//! (1993).

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, Par};

use super::dissection::{Dissection, Front};
use crate::vectorized::{dot, vectorized};

/// So many states are eliminated before what remains of a large front is brought up to date.
const PANEL: usize = 32;
/// A front below this size is eliminated state by state.
const SMALL: usize = 96;
/// A probability beyond this, relative to that of the last state, rescales all others.
const LARGE: f64 = 1e200;

/// A chain eliminated down to its last state.
#[derive(Debug)]
pub struct Censored {
    /// For each front: the rows of what it eliminates, the whole width; then the columns below them. The place of `R_kk`
    /// has S_k, the columns below the diagonal have R_ik / S_k.
    factors: Vec<Vec<f64>>,
    /// For each front: how what is eliminated there acts on each other through all of itself; below the diagonal for what
    /// is eliminated later, above it for what was earlier. With these the rows of a front do not wait for each other.
    inverses: Vec<Vec<f64>>,
}

impl Censored {
    /// Eliminates all states but the last from the chain in which each link of the dissection has this rate (links
    /// between the same two states add). `None` if some state cannot reach the last, or a rate is not finite.
    #[must_use]
    pub fn new(plan: &Dissection, rates: &[f64]) -> Option<Self> {
        vectorized(
            #[inline(always)]
            || Self::eliminated(plan, rates),
        )
    }

    #[inline(always)]
    fn eliminated(plan: &Dissection, rates: &[f64]) -> Option<Self> {
        let mut factors = Vec::with_capacity(plan.fronts.len());
        let mut inverses = Vec::with_capacity(plan.fronts.len());
        // What fronts leave to their parents.
        let mut rests: Vec<(&Front, Vec<f64>)> = Vec::new();
        let mut spare = Vec::new();
        for front in &plan.fronts {
            let (size, own) = (front.states.len(), front.own);
            let mut matrix: Vec<f64> = std::mem::take(&mut spare);
            matrix.clear();
            matrix.resize(size * size, 0.0);
            for (link, place) in &plan.places[front.places.clone()] {
                matrix[*place as usize] += rates[*link as usize];
            }
            for (child, rest) in rests.drain(rests.len() - front.children..) {
                let into = &child.into_parent;
                for (row, to) in rest.chunks_exact(into.len().max(1)).zip(into) {
                    let row_of_parent = &mut matrix[*to as usize * size..][..size];
                    row.iter().zip(into).for_each(|(value, from)| row_of_parent[*from as usize] += value);
                }
            }
            eliminate(&mut matrix, size, own)?;
            let below = size - own;
            let mut factor = Vec::with_capacity(own * (size + below));
            factor.extend_from_slice(&matrix[..own * size]);
            let mut rest = Vec::with_capacity(below * below);
            for row in matrix[own * size..].chunks_exact(size) {
                factor.extend_from_slice(&row[..own]);
                rest.extend_from_slice(&row[own..]);
            }
            inverses.push(inverses_of(&factor, size, own));
            factors.push(factor);
            rests.push((front, rest));
            spare = matrix;
        }
        Some(Censored { factors, inverses })
    }

    /// The steady probabilities, up to their sum: that of the likeliest state is between 1e-200 and 1e200.
    #[must_use]
    pub fn steady(&self, plan: &Dissection) -> Vec<f64> {
        let mut p = vec![0.0; plan.states];
        p[plan.last] = 1.0;
        let mut local = Vec::new();
        for (front, factor) in plan.fronts.iter().zip(&self.factors).rev() {
            let size = front.states.len();
            local.clear();
            local.extend(front.states.iter().map(|state| p[*state as usize]));
            for k in (0..front.own).rev() {
                let row = &factor[k * size..][..size];
                local[k] = dot::<4>(&row[k + 1..], &local[k + 1..]) / row[k];
                if local[k] > LARGE {
                    let down = |value: &mut f64| *value /= LARGE;
                    p.iter_mut().for_each(down);
                    local.iter_mut().for_each(down);
                }
                p[front.states[k] as usize] = local[k];
            }
        }
        p
    }

    /// Replaces b by the solution of `W x = b` that is 0 at the last state, for a b whose entries add to zero (that of
    /// the last state is not read). W is the generator, `W_ij = R_ij - delta_ij sum_k R_ki`.
    pub fn solve(&self, plan: &Dissection, b: &mut [f64]) {
        vectorized(
            #[inline(always)]
            || self.substitute(plan, b),
        );
    }

    #[inline(always)]
    fn substitute(&self, plan: &Dissection, b: &mut [f64]) {
        let (mut local, mut own_part) = (Vec::new(), Vec::new());
        for ((front, factor), inverse) in plan.fronts.iter().zip(&self.factors).zip(&self.inverses) {
            let (size, own) = (front.states.len(), front.own);
            local.clear();
            local.extend(front.states[..own].iter().map(|state| b[*state as usize]));
            own_part.resize(own, 0.0);
            for k in 0..own {
                own_part[k] = local[k] + dot::<4>(&inverse[k * own..][..k], &local[..k]);
            }
            own_part.iter().zip(&front.states).for_each(|(value, state)| b[*state as usize] = *value);
            for (row, state) in factor[own * size..].chunks_exact(own).zip(&front.states[own..]) {
                b[*state as usize] += dot::<4>(row, &own_part);
            }
        }
        b[plan.last] = 0.0;
        for ((front, factor), inverse) in plan.fronts.iter().zip(&self.factors).zip(&self.inverses).rev() {
            let (size, own) = (front.states.len(), front.own);
            local.clear();
            local.extend(front.states.iter().map(|state| b[*state as usize]));
            own_part.resize(own, 0.0);
            for k in 0..own {
                let row = &factor[k * size..][..size];
                own_part[k] = (dot::<4>(&row[own..], &local[own..]) - local[k]) / row[k];
            }
            for (k, state) in front.states[..own].iter().enumerate() {
                b[*state as usize] = own_part[k] + dot::<4>(&inverse[k * own..][k + 1..own], &own_part[k + 1..]);
            }
        }
    }
}

impl Censored {
    /// Replaces b by `sum_j b_j t_ji`, t_ji the mean time that is spent in j on the way from i to the last state: the
    /// solution of `W^T u = -b` that is 0 there. Of a b that is nowhere negative no term is subtracted, and each has its own
    /// last digits.
    pub fn spent_on_the_way(&self, plan: &Dissection, b: &mut [f64]) {
        vectorized(
            #[inline(always)]
            || self.substitute_transposed(plan, b),
        );
    }

    #[inline(always)]
    fn substitute_transposed(&self, plan: &Dissection, b: &mut [f64]) {
        let mut values: Vec<f64> = Vec::new();
        for (front, factor) in plan.fronts.iter().zip(&self.factors) {
            let size = front.states.len();
            values.clear();
            values.extend(front.states.iter().map(|state| b[*state as usize]));
            for k in 0..front.own {
                let row = &factor[k * size..][..size];
                values[k] /= row[k];
                let value = values[k];
                values[k + 1..].iter_mut().zip(&row[k + 1..]).for_each(|(later, rate)| *later += rate * value);
            }
            values.iter().zip(&front.states).for_each(|(value, state)| b[*state as usize] = *value);
        }
        b[plan.last] = 0.0;
        for (front, factor) in plan.fronts.iter().zip(&self.factors).rev() {
            let (size, own) = (front.states.len(), front.own);
            values.clear();
            values.extend(front.states.iter().map(|state| b[*state as usize]));
            let (mine, later) = values.split_at_mut(own);
            for (row, value) in factor[own * size..].chunks_exact(own).zip(later) {
                mine.iter_mut().zip(row).for_each(|(mine, share)| *mine += share * *value);
            }
            // Row by row from the last: each is known once all later ones have been added to it.
            for i in (0..own).rev() {
                let value = mine[i];
                let row = &factor[i * size..][..i];
                mine[..i].iter_mut().zip(row).for_each(|(mine, share)| *mine += share * value);
            }
            mine.iter().zip(&front.states).for_each(|(value, state)| b[*state as usize] = *value);
        }
    }
}

/// The inverses of the two triangles of a front's own states, less their diagonals of 1. All terms have one sign.
#[inline(always)]
fn inverses_of(factor: &[f64], size: usize, own: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; own * own];
    // Row k of the lower one: l_k + sum_{i<k} l_ki (row i).
    for k in 0..own {
        let (before, row) = inverse.split_at_mut(k * own);
        row[..k].copy_from_slice(&factor[k * size..][..k]);
        for (i, above) in before.chunks_exact(own).enumerate() {
            let weight = factor[k * size + i];
            row[..i].iter_mut().zip(&above[..i]).for_each(|(value, above)| *value += weight * above);
        }
    }
    // Row k of the upper one, from the last on: u_kj = R_kj / S_k.
    for k in (0..own).rev() {
        let (head, after) = inverse.split_at_mut((k + 1) * own);
        let row = &mut head[k * own..];
        let rates = &factor[k * size..][..own];
        for j in k + 1..own {
            row[j] += rates[j] / rates[k];
        }
        for (i, below) in (k + 1..own).zip(after.chunks_exact(own)) {
            let weight = rates[i] / rates[k];
            row[i + 1..].iter_mut().zip(&below[i + 1..]).for_each(|(value, below)| *value += weight * below);
        }
    }
    inverse
}

/// Eliminates the first `own` states of a dense chain of `size`, row by row in `matrix`.
#[inline(always)]
fn eliminate(matrix: &mut [f64], size: usize, own: usize) -> Option<()> {
    let panel = if size < SMALL { own.max(1) } else { PANEL };
    for start in (0..own).step_by(panel) {
        let end = (start + panel).min(own);
        let last_panel = size < SMALL;
        for k in start..end {
            let (above, below) = matrix.split_at_mut((k + 1) * size);
            let total: f64 = below.chunks_exact(size).map(|row| row[k]).sum();
            if !(total > 0.0 && total.is_finite()) {
                return None;
            }
            let pivot = &mut above[k * size..];
            pivot[k] = total;
            for (offset, row) in below.chunks_exact_mut(size).enumerate() {
                if row[k] == 0.0 {
                    continue;
                }
                row[k] /= total;
                let factor = row[k];
                // Rows of the panel are finished; of those below only the columns of the panel are.
                let until = if last_panel || k + 1 + offset < end { size } else { end };
                row[k + 1..until].iter_mut().zip(&pivot[k + 1..until]).for_each(|(value, p)| *value += factor * p);
            }
        }
        if !last_panel && end < size {
            let (above, below) = matrix.split_at_mut(end * size);
            let upper = MatMut::from_row_major_slice_mut(&mut above[start * size..], end - start, size);
            let (_, right) = upper.split_at_col_mut(end);
            let rest = MatMut::from_row_major_slice_mut(below, size - end, size);
            let (left, target) = rest.split_at_col_mut(end);
            let left = left.subcols_mut(start, end - start);
            matmul(target, Accum::Add, left.as_ref(), right.as_ref(), 1.0, Par::Seq);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::dissection::Link;
    use super::*;

    /// Coordinates, links with their rates, and steady weights.
    type Grid = (Vec<(i64, i64)>, Vec<Link>, Vec<f64>, Vec<f64>);

    /// A grid with jumps to all eight neighbours, in detailed balance with probabilities over twice so many decades.
    fn grid(width: usize, height: usize, decades: f64) -> Grid {
        let at: Vec<(i64, i64)> = (0..width * height).map(|s| ((s / height) as i64, (s % height) as i64)).collect();
        let weight = |s: usize| 10.0_f64.powf(decades * (s as f64 * 1.7).sin());
        let (mut links, mut rates) = (Vec::new(), Vec::new());
        for (from, a) in at.iter().enumerate() {
            for (to, b) in at.iter().enumerate() {
                if from != to && (a.0 - b.0).abs() <= 1 && (a.1 - b.1).abs() <= 1 {
                    links.push(Link { from, to });
                    rates.push((weight(to) / weight(from)).sqrt() * (1.0 + ((from * to) as f64).cos().powi(2)));
                }
            }
        }
        let weights: Vec<f64> = (0..at.len()).map(weight).collect();
        (at, links, rates, weights)
    }

    #[test]
    fn every_probability_is_known_to_its_last_digits() {
        for (width, height, last) in [(1, 1, 0), (1, 2, 1), (2, 2, 0), (1, 300, 17), (30, 40, 500), (7, 90, 629)] {
            let (at, links, rates, weights) = grid(width, height, 20.0);
            let plan = Dissection::new(at.len(), last, &at, &links);
            let mut own: Vec<u32> = plan.fronts.iter().flat_map(|f| f.states[..f.own].to_vec()).collect();
            own.sort_unstable();
            assert!(own.into_iter().eq((0..at.len() as u32).filter(|s| *s != last as u32)), "each once");
            let p = Censored::new(&plan, &rates).unwrap().steady(&plan);
            for (p_of, weight) in p.iter().zip(&weights) {
                // Some thousand positive terms, rounded.
                assert!((p_of / p[last] / (weight / weights[last]) - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn it_solves_for_what_the_generator_is_applied_to() {
        let (at, links, rates, weights) = grid(20, 30, 1.0);
        let last = weights.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        let plan = Dissection::new(at.len(), last, &at, &links);
        let chain = Censored::new(&plan, &rates).unwrap();
        let x: Vec<f64> = (0..at.len()).map(|s| if s == last { 0.0 } else { weights[s] * (s as f64).cos() }).collect();
        let mut b = vec![0.0; at.len()];
        for (link, rate) in links.iter().zip(&rates) {
            b[link.to] += rate * x[link.from];
            b[link.from] -= rate * x[link.from];
        }
        chain.solve(&plan, &mut b);
        // The right side is rounded, and the chain relaxes within some hundred of its slowest jumps.
        let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        assert!(x.iter().zip(&b).all(|(x, b)| (x - b).abs() < 1e-12 * size));
    }

    #[test]
    fn the_time_on_the_way_is_what_the_transpose_is_applied_to() {
        let (at, links, rates, weights) = grid(20, 30, 1.0);
        let last = weights.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        let plan = Dissection::new(at.len(), last, &at, &links);
        let chain = Censored::new(&plan, &rates).unwrap();
        let u: Vec<f64> = (0..at.len()).map(|s| if s == last { 0.0 } else { 2.0 + (s as f64).cos() }).collect();
        let mut b = vec![0.0; at.len()];
        for (link, rate) in links.iter().zip(&rates) {
            b[link.from] -= rate * (u[link.to] - u[link.from]);
        }
        chain.spent_on_the_way(&plan, &mut b);
        assert!(u.iter().zip(&b).all(|(u, b)| (u - b).abs() < 1e-12));
    }

    #[test]
    fn a_state_without_a_way_to_the_last_is_refused() {
        let links = [Link { from: 0, to: 1 }, Link { from: 1, to: 0 }, Link { from: 2, to: 1 }];
        let plan = Dissection::new(3, 2, &[(0, 0), (1, 0), (2, 0)], &links);
        assert!(Censored::new(&plan, &[1.0, 1.0, 1.0]).is_none());
    }
}
