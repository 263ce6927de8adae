//! Steady currents between collective baths: in one sector (24), in a mixture of them (17), and qubit by qubit (25).

use crate::bath::{Bath, Coupling};
use crate::model::{Model, Rates};
use crate::rounded::Rounded;

use super::thermal::{difference, inverse_temperature, thermal_jz};

/// `up_b down_c - down_b up_c` summed over the baths c, over what all of them together emit and absorb: what drives the
/// current from b. For two thermal baths it is `gamma_b gamma_c (n_b - n_c)`, free of the large terms that cancel in (22).
/// NaN where rounding leaves nothing of it.
pub(super) fn exchange<'a>(bath: &Bath, others: impl Iterator<Item = &'a Bath>, total: f64) -> f64 {
    let (mut sum, mut scale) = (Rounded::ZERO, 0.0);
    for exchange in others.map(|other| bath.exchange(other, total)) {
        sum = sum + exchange;
        scale += exchange.value.abs();
    }
    sum.beside(scale).unwrap_or(f64::NAN)
}

/// [`exchange`] with the collective baths of the model, and their summed rates; `None` where nothing flows, as from a
/// local bath, which all of this file takes as infinitely weak.
fn collective(model: &Model, bath: &Bath) -> Option<(f64, Rates)> {
    let rates = model.rates(Coupling::Collective);
    let baths = model.baths.iter().filter(|other| other.coupling == Coupling::Collective);
    let acts = bath.coupling == Coupling::Collective && rates.down + rates.up > 0.0;
    let exchange = if acts { exchange(bath, baths, rates.down + rates.up) } else { 0.0 };
    (exchange != 0.0).then_some((exchange, rates))
}

/// The steady current from a collective bath into the qubits in the sector J (24), for any number of collective baths:
/// `up_b <J_- J_+> - down_b <J_+ J_->` on the thermal ladder at T* (18), in quanta per unit time.
///
/// With two baths it is `2 gamma_h gamma_c/(gamma_h + gamma_c) <-J_z> (n_h - n_c)`. The currents of all baths add to
/// zero. Local baths are taken as infinitely weak: they do not bend the ladder, and theirs is zero.
#[must_use]
pub fn sector_current(model: &Model, bath: &Bath, two_j: i64) -> f64 {
    let j = two_j as f64 / 2.0;
    collective(model, bath).map_or(0.0, |(exchange, rates)| {
        let x = inverse_temperature(rates);
        // <J_+ J_->/up = -2 <J_z>/(down - up), by detailed balance.
        exchange
            * if x == 0.0 {
                4.0 * j * (j + 1.0) / 3.0
            } else {
                -2.0 * thermal_jz(j, x) * ((rates.down + rates.up) / (rates.down - rates.up))
            }
    })
}

/// The steady current (24) from a collective bath in a mixture of sectors (17), given as pairs of 2J and P_J, in quanta
/// per unit time: `sum_J P_J` [`sector_current`].
#[must_use]
pub fn mixture_current(model: &Model, bath: &Bath, sectors: &[(i64, f64)]) -> f64 {
    sectors.iter().map(|&(two_j, probability)| probability * sector_current(model, bath, two_j)).sum()
}

/// The cold limit (27) of [`sector_current`], `<J_z> -> -J`, for J T0 >> T*; in quanta per unit time.
///
/// Where more is absorbed than emitted, `<J_z> -> J`. Infinite where as much is.
#[must_use]
pub fn cold_sector_current(model: &Model, bath: &Bath, two_j: i64) -> f64 {
    collective(model, bath)
        .map_or(0.0, |(exchange, rates)| exchange * two_j as f64 * ((rates.down + rates.up) / difference(rates).abs()))
}

/// The hot limit (28) of [`sector_current`], `<J_z> -> -J(J+1) T0/3T*`, for J T0 << T*; in quanta per unit time.
///
/// Infinite where nothing is absorbed.
#[must_use]
pub fn hot_sector_current(model: &Model, bath: &Bath, two_j: i64) -> f64 {
    let j = two_j as f64 / 2.0;
    collective(model, bath).map_or(0.0, |(exchange, rates)| {
        let x = inverse_temperature(rates);
        // x (down + up)/(down - up)
        let factor = if x == 0.0 { 2.0 } else { x * ((rates.down + rates.up) / (rates.down - rates.up)) };
        2.0 / 3.0 * exchange * j * (j + 1.0) * factor
    })
}

/// The current from a bath into N qubits that each see a hot and a cold bath alone (25), in quanta per unit time.
#[must_use]
pub fn independent_current(number: f64, gamma_hot: f64, n_hot: f64, gamma_cold: f64, n_cold: f64) -> f64 {
    let relaxation = gamma_cold * (2.0 * n_cold + 1.0) + gamma_hot * (2.0 * n_hot + 1.0);
    number * gamma_hot * gamma_cold / relaxation * (n_hot - n_cold)
}

/// (25) for any number of collective baths: the steady current from one of them into N qubits, each of which sees all
/// of them alone and is excited with probability `up/(up + down)`; in quanta per unit time. Local baths do not enter.
#[must_use]
pub fn independent_bath_current(model: &Model, bath: &Bath) -> f64 {
    collective(model, bath).map_or(0.0, |(exchange, _)| model.number as f64 * exchange)
}

/// The current in the sector J = N/2 of infinitely many qubits (29), `coth(T0/2T*)` times [`independent_bath_current`],
/// in quanta per unit time. Infinite at infinite T*, where the current grows faster than N.
#[must_use]
pub fn thermodynamic_limit_current(model: &Model, bath: &Bath) -> f64 {
    // coth(x/2) = (down + up)/(down - up) makes (29) the cold limit of J = N/2.
    cold_sector_current(model, bath, model.number)
}

#[cfg(test)]
mod tests {
    use super::super::{dense, thermal_emission};
    use super::*;
    use crate::bath::occupation;

    const HOT: (f64, f64) = (1.3, 1.0 / 3.0);
    const COLD: (f64, f64) = (0.4, 3.0);

    fn thermal(name: &str, (gamma, x): (f64, f64)) -> Bath {
        Bath::thermal(name, Coupling::Collective, gamma, x, x.recip())
    }

    fn valve(number: i64) -> Model {
        dense::model(number, vec![thermal("hot", HOT), thermal("cold", COLD)])
    }

    fn close(a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() < 1e-12
    }

    #[test]
    fn equation_24_is_the_sector_current_of_two_baths() {
        let model = valve(7);
        let x = inverse_temperature(model.rates(Coupling::Collective));
        for two_j in [1, 3, 7] {
            let factor = 2.0 * HOT.0 * COLD.0 / (HOT.0 + COLD.0) * (occupation(HOT.1) - occupation(COLD.1));
            let expected = factor * -thermal_jz(two_j as f64 / 2.0, x);
            assert!(close(sector_current(&model, &model.baths[0], two_j), expected));
            assert!(close(sector_current(&model, &model.baths[1], two_j), -expected));
        }
        assert_eq!(sector_current(&valve(6), &model.baths[0], 0), 0.0);
    }

    #[test]
    fn equation_24_of_three_baths_is_equation_22_on_the_thermal_ladder() {
        let mut baths = vec![thermal("a", (1.0, 0.2)), thermal("b", (0.3, 2.0)), thermal("c", (0.1, f64::INFINITY))];
        let pump = Bath { name: "pump".into(), up: 40.0, down: 0.0, ..baths[0].clone() };
        for pumped in [false, true] {
            if pumped {
                baths.push(pump.clone());
            }
            let model = dense::model(10, baths.clone());
            let x = inverse_temperature(model.rates(Coupling::Collective));
            assert_eq!(x < 0.0, pumped);
            let mut total = 0.0;
            for bath in &model.baths {
                let emission = thermal_emission(5.0, x);
                let expected = model.heat_current(bath).at(emission, thermal_jz(5.0, x)) / model.quantum();
                let current = sector_current(&model, bath, 10);
                assert!((current - expected).abs() < 1e-11, "{}: {current} != {expected}", bath.name);
                total += current;
            }
            assert!(total.abs() < 1e-12);
        }
    }

    #[test]
    fn equation_24_at_zero_and_at_infinite_effective_temperature() {
        let cold = dense::model(4, vec![thermal("a", (1.0, f64::INFINITY)), thermal("b", (2.0, f64::INFINITY))]);
        assert_eq!(sector_current(&cold, &cold.baths[0], 4), 0.0);
        let rates = |down, up| Bath { down, up, ..thermal("b", HOT) };
        let hot = dense::model(4, vec![rates(2.0, 1.0), rates(1.0, 2.0)]);
        // <J_+J_-> = <J_-J_+> = 2J(J+1)/3 = 4.
        assert!(close(sector_current(&hot, &hot.baths[0], 4), -4.0));
        let near = dense::model(4, vec![rates(2.0, 1.0), rates(1.0, 2.0 - 1e-9)]);
        assert!((sector_current(&near, &near.baths[0], 4) + 4.0).abs() < 1e-7);
        let idle = dense::model(4, vec![Bath { dephasing: 1.0, ..rates(0.0, 0.0) }]);
        assert_eq!(sector_current(&idle, &idle.baths[0], 4), 0.0);
    }

    #[test]
    fn equation_25_is_n_times_equation_24_of_one_qubit() {
        let model = valve(9);
        let [hot, cold] = [&model.baths[0], &model.baths[1]];
        let expected = independent_current(9.0, HOT.0, occupation(HOT.1), COLD.0, occupation(COLD.1));
        assert!(close(independent_bath_current(&model, hot), expected));
        assert!(close(independent_bath_current(&model, cold), -expected));
        assert!(close(9.0 * sector_current(&model, hot, 1), expected));
    }

    #[test]
    fn equation_25_takes_no_notice_of_local_baths() {
        let mut model = valve(9);
        let hot = model.baths[0].clone();
        let before = (independent_bath_current(&model, &hot), sector_current(&model, &hot, 5));
        model.baths.push(Bath { coupling: Coupling::Local, ..thermal("parasitic", (1.0, 1.0)) });
        assert_eq!((independent_bath_current(&model, &hot), sector_current(&model, &hot, 5)), before);
        assert_eq!(sector_current(&model, &model.baths[2], 5), 0.0);
    }

    #[test]
    fn equations_27_and_28_are_the_ends_of_equation_24() {
        let model = dense::model(40, vec![thermal("hot", (1.0, 4.0)), thermal("cold", (0.5, 8.0))]);
        let hot = &model.baths[0];
        let cold_limit = 2.0 * 0.5 / 1.5 * 20.0 * (occupation(4.0) - occupation(8.0));
        assert!(close(cold_sector_current(&model, hot, 40), cold_limit));
        // What <J_z> = -J leaves out is 1/(e^x* - 1).
        assert!((sector_current(&model, hot, 40) / cold_limit - 1.0).abs() < 1e-3);

        let model = dense::model(40, vec![thermal("hot", (1.0, 1e-5)), thermal("cold", (0.5, 3e-5))]);
        let hot = &model.baths[0];
        let x = inverse_temperature(model.rates(Coupling::Collective));
        let hot_limit = 2.0 * 0.5 / 1.5 * x / 3.0 * 20.0 * 21.0 * (occupation(1e-5) - occupation(3e-5));
        assert!((hot_sector_current(&model, hot, 40) / hot_limit - 1.0).abs() < 1e-9);
        assert!((sector_current(&model, hot, 40) / hot_limit - 1.0).abs() < 1e-6);
    }

    #[test]
    fn equation_29_is_the_ratio_of_a_million_qubits() {
        let model = valve(1_000_000);
        let hot = &model.baths[0];
        let x = inverse_temperature(model.rates(Coupling::Collective));
        let ratio = thermodynamic_limit_current(&model, hot) / independent_bath_current(&model, hot);
        assert!(close(ratio, (x / 2.0).tanh().recip()));
        assert!((sector_current(&model, hot, 1_000_000) / thermodynamic_limit_current(&model, hot) - 1.0).abs() < 1e-5);
    }
}
