//! How often a sector J occurs among N qubits, in logarithms: 2^N has no other home.

use std::f64::consts::PI;

/// The remainder of Stirling's formula, ln n! - [ (n + 1/2) ln n - n + ln(2 pi)/2 ], to 1e-15.
fn stirling_remainder(n: f64) -> f64 {
    if n < 16.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let inverse = 1.0 / n;
    let square = inverse * inverse;
    inverse
        * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))))
}

/// ln of the binomial coefficient C(n, k), 0 <= k <= n.
///
/// Written as n times an entropy plus small terms, so that nothing cancels: the error is a few units in the last
/// place of the result, 1e-10 absolute at n = 1,000,000 where differences of ln Gamma lose twenty times more.
#[must_use]
pub fn ln_binomial(n: i64, k: i64) -> f64 {
    debug_assert!((0..=n).contains(&k));
    if k == 0 || k == n {
        return 0.0;
    }
    let (whole, part, rest) = (n as f64, k.min(n - k) as f64, k.max(n - k) as f64);
    let entropy = -part * (part / whole).ln() - rest * (-part / whole).ln_1p();
    let width = 0.5 * (whole / (2.0 * PI * part * rest)).ln();
    entropy + width + stirling_remainder(whole) - stirling_remainder(part) - stirling_remainder(rest)
}

/// ln d_J with `d_J = N! (2J+1) / [(N/2+J+1)! (N/2-J)!]`, the number of ways N qubits make a spin J.
#[must_use]
pub fn ln_degeneracy(n: i64, two_j: i64) -> f64 {
    let excited = (n - two_j) / 2;
    // d_J = C(N, N/2-J) (2J+1)/(N/2+J+1).
    ln_binomial(n, excited) + ((two_j + 1) as f64 / (n - excited + 1) as f64).ln()
}

/// ln P(J' >= J) for a product state of `excited` excited among `n` qubits.
///
/// By permutation symmetry every such product has `P_J = d_J / C(N, k)`, and the degeneracies telescope:
/// the sum over J' >= J is `C(N, N/2-J) / C(N, k)`.
#[must_use]
pub fn ln_tail_of_product(n: i64, excited: i64, two_j: i64) -> f64 {
    ln_binomial(n, (n - two_j) / 2) - ln_binomial(n, excited)
}

#[cfg(test)]
mod tests {
    use super::super::sectors;
    use super::*;

    #[test]
    fn binomials_are_exact_while_they_fit_an_integer() {
        let mut row = vec![1_u64];
        for n in 1..=60_i64 {
            let mut next = vec![1; row.len() + 1];
            for k in 1..row.len() {
                next[k] = row[k - 1] + row[k];
            }
            row = next;
            for (k, &exact) in row.iter().enumerate() {
                let ratio = ln_binomial(n, k as i64).exp() / exact as f64;
                assert!((ratio - 1.0).abs() < 1e-13, "C({n},{k}) off by {}", ratio - 1.0);
            }
        }
    }

    #[test]
    fn the_sectors_fill_the_whole_hilbert_space_up_to_a_million_qubits() {
        // sum_J d_J (2J+1) = 2^N, in logarithms. ln 2^N = 693147 has a last place of 1e-10.
        for n in [1, 2, 3, 10, 101, 1000, 1_000_000] {
            let ln_total = n as f64 * std::f64::consts::LN_2;
            let sum: f64 = sectors(n).map(|j| (ln_degeneracy(n, j) + ((j + 1) as f64).ln() - ln_total).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-13 * n as f64 + 1e-12, "N = {n}: {sum}");
        }
    }

    #[test]
    fn the_tail_of_a_product_state_is_the_sum_of_its_sectors() {
        for (n, excited) in [(4_i64, 2_i64), (9, 3), (60, 30), (61, 50)] {
            let least = (n - 2 * excited).abs();
            let mut sum = 0.0;
            for j in sectors(n).take_while(|&j| j >= least) {
                sum += (ln_degeneracy(n, j) - ln_binomial(n, excited)).exp();
                assert!((ln_tail_of_product(n, excited, j).exp() - sum).abs() < 1e-13);
            }
            assert!((sum - 1.0).abs() < 1e-13);
        }
    }
}
