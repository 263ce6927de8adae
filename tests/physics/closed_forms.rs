//! The engine and the exact road against the paper's closed forms, each in its range.

use crate::common::{assert_within_5_sigma, bath, run};
use superjump::bath::{Coupling, occupation};
use superjump::quantity::Quantity;
use superjump::theory::{effective_temperature, independent_current, thermal_jz};

fn valve(number: i64, initial: &str, times: &str, trajectories: u64) -> crate::common::Ran {
    run(&format!(
        "[qubits]\nnumber = {number}\n{}{}[initial]\n{initial}\n[evolution]\ntimes = {times}\ntrajectories = {trajectories}",
        bath("hot", "collective", 1.0, 3.0),
        bath("cold", "collective", 0.4, 1.0 / 3.0),
    ))
}

#[test]
fn the_current_of_one_qubit_is_equation_25() {
    let ran = valve(1, "state = \"ground\"", "[20.0, 200.0]", 2000);
    let exact = independent_current(1.0, 1.0, occupation(1.0 / 3.0), 0.4, occupation(3.0));
    for quantity in [Quantity::HeatCurrentInterval, Quantity::HeatCurrentCounts] {
        assert_within_5_sigma(ran.estimate(1, quantity, Some("hot")), exact, "hot");
        assert_within_5_sigma(ran.estimate(1, quantity, Some("cold")), -exact, "cold");
    }
    assert!((ran.exact(1, Quantity::HeatCurrent, Some("hot")) / exact - 1.0).abs() < 1e-11);
}

#[test]
fn one_qubit_thermalizes_at_the_effective_temperature_16() {
    let ran = valve(1, "state = \"inverted\"", "[50.0]", 20_000);
    let x = effective_temperature(ran.model().rates(Coupling::Collective)).recip();
    let excited = 1.0 / (1.0 + x.exp());
    assert!((ran.exact(0, Quantity::Excited, None) - excited).abs() < 1e-12);
    assert_within_5_sigma(ran.estimate(0, Quantity::Excited, None), excited, "excited fraction");
}

#[test]
fn each_sector_is_thermal_at_t_star_18_and_remembers_its_start_17() {
    for (initial, j) in [
        ("state = \"ground\"", 3.0),
        ("state = \"dicke\"\nj = 1\nm = 1", 1.0),
        ("state = \"dicke\"\nj = 0\nm = 0", 0.0),
    ] {
        let ran = valve(6, initial, "[50.0, 60.0]", 4000);
        let x = effective_temperature(ran.model().rates(Coupling::Collective)).recip();
        let jz = thermal_jz(j, x);
        assert!((ran.exact(1, Quantity::Jz, None) - jz).abs() < 1e-11, "{initial}");
        assert_within_5_sigma(ran.estimate(1, Quantity::Jz, None), jz, initial);
        // (24), without a third bath.
        let current = 2.0 * 0.4 / 1.4 * -jz * (occupation(1.0 / 3.0) - occupation(3.0));
        assert!((ran.exact(1, Quantity::HeatCurrent, Some("hot")) - current).abs() < 1e-10, "{initial}");
        assert_within_5_sigma(ran.estimate(1, Quantity::HeatCurrentInterval, Some("hot")), current, initial);
    }
}
