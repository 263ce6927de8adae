//! The thermal ladder of one sector J (18), and the temperature it takes between baths (16).

use crate::dicke::Level;
use crate::model::Rates;
use crate::rounded::Rounded;

/// `x* = T0/T*` of two or more baths together (15): with the summed rates of emission and absorption,
/// `x* = ln(down/up)`. Infinite where nothing is absorbed, zero where as much is absorbed as emitted, negative where
/// more; not a number without any rate.
#[must_use]
pub fn inverse_temperature(rates: Rates) -> f64 {
    // The difference of near rates is exact, their quotient is not.
    if rates.down >= rates.up {
        ((rates.down - rates.up) / rates.up).ln_1p()
    } else {
        -((rates.up - rates.down) / rates.down).ln_1p()
    }
}

/// `down - up`; NaN where rounding leaves too little of it. Exactly 0 stands for itself.
pub(super) fn difference(rates: Rates) -> f64 {
    let difference = rates.down - rates.up;
    let rounded = Rounded { value: difference, error: f64::EPSILON * (rates.down + rates.up) };
    if difference == 0.0 { 0.0 } else { rounded.known().unwrap_or(f64::NAN) }
}

/// The effective temperature T*/T0 of two or more collective baths together (16): with the summed rates of emission
/// and absorption, `exp(-T0/T*) = up/down`. Zero where nothing is absorbed, infinite or negative for inverting rates, NaN
/// where rounding leaves too little of what the rates differ by.
#[must_use]
pub fn effective_temperature(collective: Rates) -> f64 {
    if difference(collective).is_nan() { f64::NAN } else { inverse_temperature(collective).recip() }
}

/// `coth y - 1/y`, to rounding: odd, `y/3` near zero, ±1 at infinity.
fn langevin(y: f64) -> f64 {
    if y.abs() >= 1.0 {
        return y.tanh().recip() - y.recip();
    }
    // The two terms cancel here; the continued fraction y/(3 + y^2/(5 + y^2/(7 + ...))) has only positive ones.
    let square = y * y;
    y / [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0].iter().fold(19.0, |tail, odd| odd + square / tail)
}

/// `<J_z>` of a thermal sector J at x = T0/T (C10): -J at x = infinity (C11), `-x J(J+1)/3` near zero (C12), and odd.
///
/// Written as `[coth(x/2) - (2J+1) coth((2J+1)x/2)]/2` with the poles of both terms taken out, so that it is good to
/// some 1e-15 of itself at every x, and J up to 1,000,000.
#[must_use]
pub fn thermal_jz(j: f64, x: f64) -> f64 {
    let width = 2.0 * j + 1.0;
    (langevin(x / 2.0) - width * langevin(width * x / 2.0)) / 2.0
}

/// `<J_+ J_->` of a thermal sector J at x = T0/T; `<J_- J_+>` is this less `2 <J_z>`.
///
/// Detailed balance of the ladder is `<J_+ J_-> = e^-x <J_- J_+>`, so it is `-2 <J_z>/(e^x - 1)`: 0 at x = infinity,
/// `2J(J+1)/3` at zero, 2J at minus infinity, to some 1e-15 of itself.
#[must_use]
pub fn thermal_emission(j: f64, x: f64) -> f64 {
    if x == 0.0 { 2.0 * j * (j + 1.0) / 3.0 } else { -2.0 * thermal_jz(j, x) / x.exp_m1() }
}

/// ln of the partition function `Z = sum_M exp(-M x)` of a sector J (C7), any half-integer J, even in x.
///
/// Nothing overflows on the way: `J x + ln[(1 - e^-(2J+1)x)/(1 - e^-x)]`, which is infinite at x = infinity alone
/// (but for J = 0, where Z = 1), and ln(2J+1) at zero.
#[must_use]
pub fn ln_partition(j: f64, x: f64) -> f64 {
    let (x, width) = (x.abs(), 2.0 * j + 1.0);
    if j == 0.0 {
        0.0
    } else if x == 0.0 {
        width.ln()
    } else {
        j * x + ((-width * x).exp_m1() / (-x).exp_m1()).ln()
    }
}

/// P(M|J) of a thermal sector at x = T0/T (18); at x = ± infinity all of it on one end.
#[must_use]
pub fn thermal_probability(level: Level, x: f64) -> f64 {
    // Counted from the heavier end, every factor is at most one.
    let steps = if x < 0.0 { level.below_top() } else { level.above_bottom() } as f64;
    let (x, width) = (x.abs(), (level.two_j + 1) as f64);
    if x == 0.0 {
        return width.recip();
    }
    let weight = if steps == 0.0 { 1.0 } else { (-steps * x).exp() };
    weight * (-x).exp_m1() / (-width * x).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::occupation;
    use crate::dicke::levels;

    const LARGE: i64 = 2_000_000;

    fn valve(x_hot: f64, x_cold: f64) -> Rates {
        let (hot, cold) = (occupation(x_hot), occupation(x_cold));
        Rates { down: 2.0 + hot + cold, up: hot + cold, dephasing: 0.0 }
    }

    /// The average over the ladder, in the numbers k = J+M and 2J, summed term by term.
    fn ladder_average(two_j: i64, x: f64, of: impl Fn(f64, f64) -> f64) -> f64 {
        // From the heavy end, as exp(-k x) overflows for negative x.
        let weight = |k: f64| (-x * (if x < 0.0 { k - two_j as f64 } else { k })).exp();
        let terms = (0..=two_j).map(|k| (of(k as f64, two_j as f64), weight(k as f64)));
        let (top, bottom) = terms.fold((0.0, 0.0), |(a, b), (value, w)| (a + value * w, b + w));
        top / bottom
    }

    #[test]
    fn equation_16_of_the_papers_two_settings() {
        assert!((effective_temperature(valve(1.0, 3.0)).recip() - 1.42).abs() < 0.005);
        assert!((effective_temperature(valve(1.0 / 3.0, 3.0)).recip() - 0.57).abs() < 0.005);
    }

    #[test]
    fn equation_16_lies_between_the_baths_and_knows_its_ends() {
        assert!((effective_temperature(valve(0.7, 0.7)) - 1.0 / 0.7).abs() < 1e-14);
        let rates = |down, up| Rates { down, up, dephasing: 0.0 };
        assert_eq!(effective_temperature(rates(2.0, 0.0)), 0.0);
        assert_eq!(effective_temperature(rates(2.0, 2.0)), f64::INFINITY);
        assert_eq!(inverse_temperature(rates(0.0, 2.0)), f64::NEG_INFINITY);
        assert_eq!(inverse_temperature(rates(3.0, 2.0)), -inverse_temperature(rates(2.0, 3.0)));
        assert!((inverse_temperature(rates(1.0 + 1e-9, 1.0)) / 1e-9 - 1.0).abs() < 1e-6);
        assert!(inverse_temperature(Rates::default()).is_nan());
    }

    #[test]
    fn equation_18_is_normalized_and_in_detailed_balance() {
        for x in [0.0, 1e-9, 0.3, 2.0, -0.3, -20.0, f64::INFINITY, f64::NEG_INFINITY] {
            for two_j in [0, 1, 2, 31] {
                let p: Vec<f64> = levels(two_j).map(|level| thermal_probability(level, x)).collect();
                assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-14, "2J = {two_j}, x = {x}");
                if x.is_finite() {
                    assert!(p.windows(2).all(|pair| (pair[1] / pair[0] / (-x).exp() - 1.0).abs() < 1e-13));
                }
            }
        }
        let ground = thermal_probability(Level::ground(LARGE), 1.0);
        assert!((ground - (1.0 - (-1.0_f64).exp())).abs() < 1e-15);
    }

    #[test]
    fn equation_c7_is_the_sum_over_the_ladder_and_does_not_overflow() {
        for two_j in [0, 1, 2, 7, 30] {
            let j = two_j as f64 / 2.0;
            for x in [0.0, 1e-9, 0.1, 1.0, 12.0, -0.4] {
                let sum: f64 = (0..=two_j).map(|k| ((j - k as f64) * x).exp()).sum();
                assert!((ln_partition(j, x) - sum.ln()).abs() < 1e-13 * (1.0 + sum.ln()), "J = {j}, x = {x}");
            }
        }
        let j = LARGE as f64 / 2.0;
        assert!((ln_partition(j, 1e3) / 1e9 - 1.0).abs() < 1e-15);
        assert!((ln_partition(j, 1e-12) - (2.0 * j + 1.0).ln()).abs() < 1e-12);
        assert_eq!(ln_partition(j, f64::INFINITY), f64::INFINITY);
        assert_eq!(ln_partition(0.0, f64::INFINITY), 0.0);
        // (C9): its slope is -<J_z>.
        for x in [0.02, 1.3] {
            let slope = (ln_partition(3.5, x + 1e-5) - ln_partition(3.5, x - 1e-5)) / 2e-5;
            assert!((slope + thermal_jz(3.5, x)).abs() < 1e-8);
        }
    }

    #[test]
    fn equation_c10_is_the_sum_over_the_ladder_at_either_sign_of_x() {
        for two_j in [0, 1, 2, 7, 30, 1000] {
            let j = two_j as f64 / 2.0;
            for x in [1e-9, 1e-5, 1e-3, 0.1, 1.0, 1.9, 2.1, 4.0, 800.0, -0.2, -3.0] {
                // Antisymmetric pairs, so that the sum of reference does not cancel near x = 0.
                let pairs = |k: f64, n: f64| (2.0 * k - n) / 2.0;
                let exact = ladder_average(two_j, x, pairs);
                let error = (thermal_jz(j, x) - exact).abs();
                assert!(error < 1e-13 * (j + 1.0), "J = {j}, x = {x}: {error}");
                assert_eq!(thermal_jz(j, -x), -thermal_jz(j, x));
            }
            assert_eq!(thermal_jz(j, f64::INFINITY), -j);
            assert_eq!(thermal_jz(j, 0.0), 0.0);
        }
        for x in [1e-12, 1e-3, 0.5, 7.0] {
            assert!((thermal_jz(0.5, x) / (-(x / 2.0).tanh() / 2.0) - 1.0).abs() < 3e-15, "x = {x}");
        }
    }

    #[test]
    fn equation_c10_in_products_of_ladder_operators() {
        for two_j in [0, 1, 2, 7, 30] {
            let j = two_j as f64 / 2.0;
            for x in [0.0, 1e-9, 0.1, 1.0, 30.0, -1e-4, -2.0] {
                let down = ladder_average(two_j, x, |k, n| k * (n - k + 1.0));
                let up = ladder_average(two_j, x, |k, n| (n - k) * (k + 1.0));
                let emission = thermal_emission(j, x);
                assert!((emission - down).abs() <= 2e-14 * down, "J = {j}, x = {x}: {emission} != {down}");
                assert!((emission - 2.0 * thermal_jz(j, x) - up).abs() <= 2e-14 * up, "J = {j}, x = {x}");
            }
            assert_eq!(thermal_emission(j, f64::INFINITY), 0.0);
            assert_eq!(thermal_emission(j, f64::NEG_INFINITY), 2.0 * j);
        }
    }

    #[test]
    fn equation_c11_is_the_cold_limit() {
        let j = LARGE as f64 / 2.0;
        for x in [0.5, 3.0, 700.0, 1e5] {
            // What is left is 1/(e^x - 1).
            assert!((thermal_jz(j, x) + j - occupation(x)).abs() < 1e-9);
        }
    }

    #[test]
    fn equation_c12_is_the_hot_limit() {
        for j in [0.5, 1.0, 15.5, 1e6] {
            for x in [1e-3 / j, -1e-3 / j, 1e-9 / j] {
                let ratio = thermal_jz(j, x) / (-x * j * (j + 1.0) / 3.0);
                assert!((ratio - 1.0).abs() < 1e-6, "J = {j}, x = {x}: {ratio}");
            }
        }
    }

    #[test]
    fn equation_c13_is_the_limit_of_large_j_with_the_factor_of_the_paper() {
        for x in [0.1, 1.0, 5.0_f64] {
            let ratio = thermal_jz(1e6, x) / (1e6 * thermal_jz(0.5, x));
            assert!((ratio * (x / 2.0).tanh() / 2.0 - 1.0).abs() < 2e-5, "x = {x}");
        }
    }
}
