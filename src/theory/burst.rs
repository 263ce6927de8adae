//! The superradiant burst at T = 0: photon times as sums of independent waits, and their law for many qubits.

use std::f64::consts::{EULER_GAMMA, PI};

use crate::dicke::Level;

/// The mean and the variance of a random time, in the unit of time of the rate and its square.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhotonTime {
    /// The mean.
    pub mean: f64,
    /// The variance.
    pub variance: f64,
}

/// The rates of successive photons of collective decay at T = 0 from a Dicke state: `gamma (J+M)(J-M+1)`, M falling.
///
/// Each waiting time is exponential and independent of the others, so the k-th photon time is hypoexponential, and
/// its mean is the sum of the first k inverse rates.
pub fn decay_rates(from: Level, gamma: f64) -> impl Iterator<Item = f64> {
    (0..from.above_bottom()).map(move |photon| gamma * Level { two_m: from.two_m - 2 * photon, ..from }.lowering())
}

/// The times of the first, second ... photon of collective decay at T = 0 from a Dicke state, exactly: partial sums of
/// the inverse [`decay_rates`] and of their squares.
pub fn photon_times(from: Level, gamma: f64) -> impl Iterator<Item = PhotonTime> {
    decay_rates(from, gamma).scan(PhotonTime::default(), |sum, rate| {
        sum.mean += rate.recip();
        sum.variance += (rate * rate).recip();
        Some(*sum)
    })
}

/// The delay of the burst of N inverted qubits for large N: the time at which half of the photons are out.
///
/// The mean is `(ln N + 0.5772)/(gamma (N+1))`, against `H_N/(gamma (N+1))` exactly for even N, H_N a harmonic number;
/// the variance is `(pi^2/6)/(gamma (N+1))^2`, to a relative `2 ln N/N`. In the time `1/(gamma N)` of the burst the
/// delay grows as ln N while its spread is that of a Gumbel law, see [`burst_delay_cdf`].
#[must_use]
pub fn burst_delay(number: i64, gamma: f64) -> PhotonTime {
    let unit = (gamma * (number + 1) as f64).recip();
    PhotonTime { mean: ((number as f64).ln() + EULER_GAMMA) * unit, variance: PI * PI / 6.0 * unit * unit }
}

/// The distribution function of the delay of [`burst_delay`] at `time`, for large N: `exp(-N exp(-gamma (N+1) t))`.
///
/// A Gumbel law: the first photons, few beside N, come at rates gamma N k, and the sum of such waits up to k is
/// distributed as the longest of k equal ones. The spread is made by these few photons and stays in the burst.
#[must_use]
pub fn burst_delay_cdf(number: i64, gamma: f64, time: f64) -> f64 {
    let n = number as f64;
    (-n * (-gamma * (n + 1.0) * time).exp()).exp()
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

    #[test]
    fn photon_times_add_up_waits() {
        let times: Vec<PhotonTime> = photon_times(Level::inverted(3), 2.0).collect();
        let expected = [(1.0 / 6.0, 1.0 / 36.0), (7.0 / 24.0, 25.0 / 576.0), (11.0 / 24.0, 41.0 / 576.0)];
        for (time, (mean, variance)) in times.iter().zip(expected) {
            assert!((time.mean - mean).abs() < 1e-15 && (time.variance - variance).abs() < 1e-15);
        }
        assert_eq!(photon_times(Level::ground(3), 1.0).count(), 0);
    }

    #[test]
    fn half_the_photons_are_out_after_a_harmonic_number() {
        for n in [2, 40, 10_000] {
            let exact = photon_times(Level::inverted(n), 0.3).nth(n as usize / 2 - 1).unwrap();
            let harmonic: f64 = (1..=n).rev().map(|k| (k as f64).recip()).sum();
            assert!((exact.mean * 0.3 * (n + 1) as f64 / harmonic - 1.0).abs() < 1e-13);
            let limit = burst_delay(n, 0.3);
            assert!((limit.mean / exact.mean - 1.0).abs() < 0.7 / (n as f64 * (n as f64).ln()));
            // The next term of the variance is 2 ln N/N - 1/N in units of pi^2/6.
            assert!((limit.variance / exact.variance - 1.0).abs() < 2.0 * (n as f64).ln() / n as f64);
        }
    }

    #[test]
    fn the_delay_of_many_qubits_is_a_gumbel_law() {
        let n = 1000;
        let limit = burst_delay(n, 1.0);
        let spread = limit.variance.sqrt();
        // Its moments, by quadrature of the distribution function.
        let (mut mean, mut square) = (0.0, 0.0);
        let step = limit.mean / 2000.0;
        for k in 0..20_000 {
            let time = (f64::from(k) + 0.5) * step;
            let above = 1.0 - burst_delay_cdf(n, 1.0, time);
            mean += above * step;
            square += 2.0 * time * above * step;
        }
        assert!((mean / limit.mean - 1.0).abs() < 1e-6);
        assert!(((square - mean * mean) / limit.variance - 1.0).abs() < 1e-4);
        // And the law of the half of 24 photons, whose rates are distinct.
        let rates: Vec<f64> = decay_rates(Level::inverted(24), 1.0).take(12).collect();
        let limit = burst_delay(24, 1.0);
        for shift in [-1.5, -0.5, 0.0, 0.5, 1.5, 3.0] {
            let time = limit.mean + shift * spread * 1001.0 / 25.0;
            let difference = hypoexponential_cdf(&rates, time) - burst_delay_cdf(24, 1.0, time);
            assert!(difference.abs() < 0.05, "{shift}: {difference}");
        }
    }
}
