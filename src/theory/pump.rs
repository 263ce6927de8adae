//! Steady superradiance of pumped qubits, for many of them.

/// The photons per unit time that N qubits emit into a collective bath of rate gamma at T = 0, each of them pumped at
/// the rate w by a local bath, for large N: `(N w/2)(1 - w/(N gamma))` below `w = N gamma`, and nothing of this order
/// above.
///
/// Assumptions, as of Meiser and Holland, Phys. Rev. A 81, 033847 (2010): pairs of qubits alike, correlations of three
/// factorized, terms of a single qubit's own emission dropped against those of N. With `s = <sigma_z>` and the pair
/// correlation `c = <sigma_+^i sigma_-^j>`,
/// `ds/dt = w (1 - s) - 2 gamma N c` and `dc/dt = -w c + gamma N s c`, so that `s = w/(N gamma)` and the intensity
/// `gamma N^2 c` is what the pump puts in, `(N w/2)(1 - s)`. The peak is `N^2 gamma/8` at `w = N gamma/2`. The
/// corrections are of relative order 1/N where w is neither near N gamma nor so small as gamma.
#[must_use]
pub fn pumped_superradiance(number: f64, gamma: f64, pump: f64) -> f64 {
    (number * pump / 2.0 * (1.0 - pump / (number * gamma))).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::dense;
    use super::*;
    use crate::bath::{Bath, Coupling};

    #[test]
    fn the_peak_is_an_eighth_of_n_squared_at_half_of_n() {
        let (n, gamma) = (1000.0, 0.3);
        assert!((pumped_superradiance(n, gamma, n * gamma / 2.0) / (n * n * gamma / 8.0) - 1.0).abs() < 1e-15);
        for pump in [0.49, 0.51] {
            assert!(pumped_superradiance(n, gamma, pump * n * gamma) < n * n * gamma / 8.0);
        }
        assert_eq!(pumped_superradiance(n, gamma, 2.0 * n * gamma), 0.0);
    }

    #[test]
    fn the_full_equation_comes_nearer_as_n_grows() {
        let error = |n: i64, fraction: f64| {
            let pump = fraction * n as f64;
            let bath = |name: &str, coupling, down, up| Bath {
                name: name.into(),
                coupling,
                down,
                up,
                dephasing: 0.0,
                temperature: None,
                quantum: None,
            };
            let baths = vec![bath("cavity", Coupling::Collective, 1.0, 0.0), bath("pump", Coupling::Local, 0.0, pump)];
            let steady = dense::steady(&dense::model(n, baths));
            let exact: f64 = steady.iter().map(|(level, p)| p * level.lowering()).sum();
            (exact / pumped_superradiance(n as f64, 1.0, pump) - 1.0).abs()
        };
        for fraction in [0.25, 0.5] {
            let (small, large) = (error(16, fraction), error(32, fraction));
            assert!(large < 0.7 * small && large < 3.0 / 32.0, "w = {fraction} N: {small}, {large}");
        }
    }
}
