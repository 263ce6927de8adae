//! No error bar of rounding, and none of a spread that does not know what jumps would bring.
#![allow(missing_docs)]

mod common;

use common::{SIX, bath, run};
use superjump::quantity::Quantity;

/// Every value with an error bar is within five of them (false positives 6e-7 each), from the first instant on.
fn holds_at_all_times(text: &str) -> usize {
    let ran = run(text);
    let mut barred = 0;
    for (what, estimate, exact) in ran.all() {
        if let (Some(error), Some(exact)) = (estimate.std_error, exact) {
            let z = (estimate.mean - exact) / error;
            assert!(z.abs() < 5.0, "{what}: {} ± {error:e}, not {exact}: z = {z:e}", estimate.mean);
            barred += 1;
        }
    }
    barred
}

const DECADES: &str = "[evolution]\ntimes = [0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 1]\n";

#[test]
fn from_the_first_instant_on_error_bars_are_of_chance() {
    let baths = bath("hot", "collective", 1.0, 3.0) + &bath("parasitic", "local", 0.1, 0.5);
    let cold = bath("cold", "collective", 0.1, 0.0);
    for (qubits, baths, rest, expected) in [
        ("number = 4\nfrequencies = [1.0, 1.1, 0.9, 1.05]", &baths, "[initial]\nstate = \"ground\"", 20),
        ("number = 4", &baths, "[initial]\nstate = \"coherent\"\ntheta = 1.2\nphi = 0.3", 20),
        ("number = 4", &baths, "[initial]\nstate = \"dicke\"\nj = 1\nm = 0", 20),
        ("number = 4", &baths, "[initial]\nstate = \"thermal\"\ntemperature = 1.0", 50),
        ("number = 4", &SIX.to_owned(), "[initial]\nstate = \"coherent\"\ntheta = 1.2", 20),
        ("number = 6", &cold, "[drive]\namplitude = 1.0\n[initial]\nstate = \"ground\"", 5),
        ("number = 3\ntwisting = 0.3", &cold, "[initial]\nstate = \"coherent\"\ntheta = 1.5707963267948966", 5),
    ] {
        let barred =
            holds_at_all_times(&format!("[qubits]\n{qubits}\n{baths}{rest}\n{DECADES}trajectories = 1000\nseed = 3"));
        assert!(barred >= expected, "{qubits}, {rest}: {barred}");
    }
}

#[test]
fn where_no_jump_was_seen_a_smooth_spread_is_no_error_bar() {
    // Some 1e-3 jumps are expected of all trajectories; between the looks at a step the current changes by 1e-3 of itself.
    for engine in ["ladder", "register"] {
        let ran = run(&format!(
            "[qubits]\nnumber = 4\n{}[drive]\namplitude = 1.0\n[initial]\nstate = \"coherent\"\ntheta = 1.0\n[evolution]\n\
             engine = \"{engine}\"\ntimes = [1e-3]\ntrajectories = 200\nseed = 1",
            bath("cold", "collective", 1e-3, 0.0)
        ));
        assert_eq!(ran.ensemble.jumps, 0);
        for (what, estimate, _) in ran.all() {
            assert_eq!(estimate.std_error, None, "{engine}: {what}");
        }
        let (height, time) = (ran.ensemble.peak_intensity().unwrap(), ran.ensemble.peak_time().unwrap());
        assert_eq!((height.std_error, time.std_error), (None, None), "{engine}");
    }
}

#[test]
fn the_spread_of_a_start_that_is_drawn_needs_no_jump() {
    let ran = run(&format!(
        "[qubits]\nnumber = 4\n{}[initial]\nstate = \"thermal\"\ntemperature = 1.0\n[evolution]\ntimes = [1e-9]\n\
         trajectories = 400\nseed = 1",
        bath("cold", "collective", 1.0, 0.0)
    ));
    for quantity in [Quantity::Jz, Quantity::JSquared, Quantity::Excited] {
        let (estimate, exact) = (ran.estimate(0, quantity, None), ran.exact(0, quantity, None));
        assert!((estimate.mean - exact).abs() < 5.0 * estimate.std_error.unwrap(), "{quantity:?}");
    }
}

#[test]
fn a_spin_that_points_nowhere_by_symmetry_has_no_spread() {
    // <J_x> is 0 in every trajectory, to the rounding of cos(pi/2).
    let ran = run(&format!(
        "[qubits]\nnumber = 8\n{}[initial]\nstate = \"coherent\"\ntheta = 1.2\nphi = 1.5707963267948966\n[evolution]\n\
         engine = \"ladder\"\ntimes = [6.283185307179586]\ntrajectories = 200\nseed = 1",
        bath("cold", "collective", 0.05, 0.0)
    ));
    let jx = ran.estimate(0, Quantity::Jx, None);
    assert!(jx.mean.abs() < 1e-14 && jx.std_error.is_none(), "{jx:?}");
    assert!(ran.estimate(0, Quantity::Jy, None).std_error.is_some());
}
