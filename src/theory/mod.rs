//! Closed forms: what the paper derives, and what a trajectory can be checked against without an equation solver.

use crate::dicke::Level;
use crate::model::Rates;

/// The effective temperature T*/T0 of two or more collective baths together (16): with the summed rates of emission
/// and absorption, `exp(-T0/T*) = up/down`. Zero where nothing is absorbed, infinite or negative for inverting rates.
#[must_use]
pub fn effective_temperature(collective: Rates) -> f64 {
    (collective.down / collective.up).ln().recip()
}

/// `<J_z>` of a thermal sector J at x = T0/T (C10); the limits -J and 0 at x = infinity and 0 included.
#[must_use]
pub fn thermal_jz(j: f64, x: f64) -> f64 {
    if x.is_infinite() {
        return -j;
    }
    let width = 2.0 * j + 1.0;
    if (width * x).abs() < 1e-3 {
        // (C12) with its next order: the two terms of (C10) cancel to all but this.
        let square = width * width;
        return -x / 12.0 * (square - 1.0) + x.powi(3) / 720.0 * (square * square - 1.0);
    }
    // -J + 1/(e^x - 1) - (2J+1)/(e^{(2J+1)x} - 1)
    -j + x.exp_m1().recip() - width / (width * x).exp_m1()
}

/// The heat current of N qubits that each see a hot and a cold bath alone (25), in quanta per unit time.
#[must_use]
pub fn independent_current(number: f64, gamma_hot: f64, n_hot: f64, gamma_cold: f64, n_cold: f64) -> f64 {
    let relaxation = gamma_cold * (2.0 * n_cold + 1.0) + gamma_hot * (2.0 * n_hot + 1.0);
    number * gamma_hot * gamma_cold / relaxation * (n_hot - n_cold)
}

/// The rates of successive photons of collective decay at T = 0 from a Dicke state: `gamma (J+M)(J-M+1)`, M falling.
///
/// Each waiting time is exponential and independent of the others, so the k-th photon time is hypoexponential, and
/// its mean is the sum of the first k inverse rates.
pub fn decay_rates(from: Level, gamma: f64) -> impl Iterator<Item = f64> {
    (0..from.above_bottom()).map(move |photon| gamma * Level { two_m: from.two_m - 2 * photon, ..from }.lowering())
}

/// The distribution function, at `time`, of a sum of independent exponentials whose `rates` occur once or twice each,
/// as those of a burst do (photon k and photon N+1-k wait equally long).
///
/// By partial fractions of `prod r/(s+r)`. The sum alternates and loses digits as rates crowd: 1e-11 is left of ten.
///
/// # Panics
/// If a rate occurs three times.
#[must_use]
pub fn hypoexponential_cdf(rates: &[f64], time: f64) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut survival = 0.0;
    for same in sorted.chunk_by(|a, b| a == b) {
        let rate = same[0];
        // G(s) = prod over the others of r/(s+r), and G'/G, both at s = -rate.
        let others = || sorted.iter().filter(|other| **other != rate);
        let value: f64 = others().map(|other| other / (other - rate)).product();
        let log_slope: f64 = others().map(|other| -1.0 / (other - rate)).sum();
        survival += (-rate * time).exp()
            * value
            * match same.len() {
                1 => 1.0,
                2 => 1.0 + rate * time + rate * log_slope,
                _ => panic!("rate {rate} occurs more than twice"),
            };
    }
    1.0 - survival
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::occupation;

    fn valve(x_hot: f64, x_cold: f64) -> Rates {
        let (hot, cold) = (occupation(x_hot), occupation(x_cold));
        Rates { down: 2.0 + hot + cold, up: hot + cold, dephasing: 0.0 }
    }

    #[test]
    fn effective_temperature_16_of_the_papers_two_settings() {
        assert!((effective_temperature(valve(1.0, 3.0)).recip() - 1.42).abs() < 0.005);
        assert!((effective_temperature(valve(1.0 / 3.0, 3.0)).recip() - 0.57).abs() < 0.005);
    }

    #[test]
    fn thermal_jz_c10_is_the_sum_over_the_ladder() {
        for two_j in [1, 2, 7, 30] {
            let j = f64::from(two_j) / 2.0;
            for x in [1e-9, 1e-5, 1e-4, 1e-3, 0.1, 1.0, 4.0, 800.0] {
                let weights = (0..=two_j).map(|k| (f64::from(k) - j, (-x * f64::from(k)).exp()));
                let (top, bottom) = weights.fold((0.0, 0.0), |(a, b), (m, w)| (a + m * w, b + w));
                let error = (thermal_jz(j, x) - top / bottom).abs();
                assert!(error < 1e-12 * (1.0 / x).clamp(1.0, 1e3) * j, "J = {j}, x = {x}: {error}");
            }
            assert_eq!(thermal_jz(j, f64::INFINITY), -j);
        }
    }

    #[test]
    fn the_burst_of_two_qubits_is_two_equal_waits() {
        assert_eq!(decay_rates(Level::inverted(2), 0.5).collect::<Vec<_>>(), [1.0, 1.0]);
        assert_eq!(decay_rates(Level::inverted(3), 1.0).collect::<Vec<_>>(), [3.0, 4.0, 3.0]);
        assert_eq!(decay_rates(Level::ground(3), 1.0).count(), 0);
    }

    #[test]
    fn the_hypoexponential_of_two_rates_is_the_textbook_one() {
        let exact = 1.0 - (3.0 * (-1.0_f64).exp() - (-3.0_f64).exp()) / 2.0;
        assert!((hypoexponential_cdf(&[1.0, 3.0], 1.0) - exact).abs() < 1e-15);
    }

    #[test]
    fn equal_rates_make_an_erlang_and_are_the_limit_of_near_ones() {
        let erlang = 1.0 - (-2.0_f64).exp() * 3.0;
        assert!((hypoexponential_cdf(&[1.0, 1.0], 2.0) - erlang).abs() < 1e-15);
        let near = hypoexponential_cdf(&[1.0, 1.0 + 1e-6, 4.0], 2.0);
        assert!((hypoexponential_cdf(&[1.0, 4.0, 1.0], 2.0) - near).abs() < 1e-6);
    }
}
