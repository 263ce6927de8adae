//! No error bar of rounding, and none of a spread that does not know what jumps would bring.

use crate::common::{SIX, bath, run};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::quantity::Quantity;
use superjump::statistics::NoError;

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

/// A rate of six decades, or none.
fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 4 => (-4.0..2.0).prop_map(|exponent: f64| 10.0_f64.powf(exponent))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 0, rng_seed: RngSeed::Fixed(16), ..ProptestConfig::default() })]

    /// Any qubits, baths and starts, at times from 1e-9 to 10, against the master equation over the levels or, for the
    /// register, the full one over 4^N elements.
    #[test]
    fn no_error_bar_is_of_rounding_whatever_the_model(
        number in 1_u32..=4,
        (hot, cold, local) in (rate(), rate(), rate()),
        temperatures in (0.0..3.0, 0.0..0.5),
        drive in prop::option::of((0.01..3.0, -1.0..1.0)),
        twisting in prop_oneof![Just(0.0), 0.01..0.5],
        start in 0..5,
        differ in any::<bool>(),
        decades in prop::collection::vec(-9.0..1.0, 4),
        seed in 0..1000,
    ) {
        let start = match start {
            0 => "state = \"ground\"",
            1 => "state = \"inverted\"",
            2 => "state = \"ghz\"",
            3 => "state = \"coherent\"\ntheta = 1.1\nphi = 0.4",
            _ => "state = \"coherent\"\ntheta = 1.5707963267948966",
        };
        let mut times: Vec<f64> = decades.iter().map(|decade| 10.0_f64.powf(*decade)).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let frequencies: Vec<f64> = (0..number).map(|qubit| 1.0 + 0.1 * f64::from(qubit)).collect();
        let qubits = if differ { format!("frequencies = {frequencies:?}\n") } else { String::new() };
        let drive = drive.map_or_else(String::new, |(amplitude, detuning)| {
            format!("[drive]\namplitude = {amplitude:?}\ndetuning = {detuning:?}\n")
        });
        let trajectories = 400;
        let ran = run(&format!(
            "[qubits]\nnumber = {number}\ntwisting = {twisting:?}\n{qubits}{}{}{}{drive}[initial]\n{start}\n[evolution]\n\
             times = {times:?}\ntrajectories = {trajectories}\nseed = {seed}",
            bath("hot", "collective", hot, temperatures.0),
            bath("cold", "collective", cold, temperatures.1),
            bath("local", "local", local, temperatures.1)
        ));
        let scales: Vec<f64> = ran.ensemble.resolutions().columns.iter().map(|column| column.scale).collect();
        for (sample, time) in times.iter().enumerate() {
            for (index, (column, scale)) in ran.point.columns().iter().zip(&scales).enumerate() {
                let estimate = ran.ensemble.on_grid(sample, index);
                let known = estimate.and_then(|e| Some((e.mean, e.std_error?, ran.exact.on_grid(sample, index)?)));
                let Some((mean, error, exact)) = known else { continue };
                let off = (mean - exact).abs();
                // What none of so many trajectories has seen may be 14.4 events (6e-7), which is far more than rounding.
                let unseen = 14.4 * scale / f64::from(trajectories);
                let allowed = if off < 1e-6 * scale { 5.0 * error } else { 5.0 * error + unseen };
                prop_assert!(off <= allowed, "{column:?} at {time}: {mean} ± {error:e}, not {exact}");
            }
        }
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
        // And it is known why.
        let unseen = Some(NoError::Unseen { jumped: 0, of: 200 });
        assert!((0..ran.point.columns().len()).all(|column| ran.ensemble.no_error(0, column) == unseen), "{engine}");
        assert_eq!(ran.ensemble.no_error_of_peak(), unseen, "{engine}");
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

/// The intensity is highest at M = 1 or 0, which a local bath tells apart by 1e-5: nearly every trajectory comes to the
/// brighter one, and how far the mean is below it rests on those that do not.
#[test]
fn a_peak_that_all_but_a_few_reach_has_no_error_bar() {
    let valve = |until: f64, trajectories: u32| {
        let ran = run(&format!(
            "[qubits]\nnumber = 8\n{}{}[initial]\nstate = \"ground\"\n[evolution]\nuntil = {until:?}\ntrajectories = {trajectories}",
            bath("hot", "collective", 1.0, 3.0),
            bath("parasitic", "local", 1e-3, 0.1)
        ));
        (ran.ensemble.peak_intensity().unwrap().std_error, ran.ensemble.no_error_of_peak())
    };
    let (error, why) = valve(4.0, 5_000);
    assert!(matches!(why, Some(NoError::Luck { deviating: 1..10, of: 5_000 })), "{error:?} {why:?}");
    assert_eq!(error, None);
    // Earlier many have not come so far.
    let (error, why) = valve(0.5, 5_000);
    assert!(error.is_some() && why.is_none(), "{why:?}");
}
