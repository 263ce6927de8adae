//! Cuts of modes that grow by themselves, against closed forms.

use superjump::campaign::{converge, simulate};
use superjump::lindblad::Effort;
use superjump::quantity::Quantity;
use superjump::scenario::{Overrides, Point, Purpose, Scenario};
use superjump::solve::{ExactRoad, SteadyRoad, exact_beside};
use superjump::trajectory::Interrupt;

use crate::common::assert_within_5_sigma;

fn read(text: &str, purpose: Purpose) -> Point {
    let scenario = Scenario::parse("s", "s.toml", text, purpose, &Overrides::default());
    scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
}

fn column(point: &Point, name: &str) -> usize {
    point.columns().iter().position(|column| point.called(*column) == name).unwrap_or_else(|| panic!("{name}"))
}

/// A resonant drive fills a leaking mode with a coherent state, `alpha = -(2i e/kappa)(1 - exp(-kappa t/2))`, that jumps leave
/// as it is: trajectories and the equation have n = |alpha|^2 without a spread, whatever the cut began with.
#[test]
fn a_driven_mode_grows_to_hold_its_coherent_state() {
    const DRIVE: f64 = 1.5;
    let text = |levels: &str| {
        format!(
            "[[mode]]\nname = \"c\"\nfrequency = 0.0\n{levels}[[bath]]\nname = \"leak\"\ncoupling = \"local\"\non = [\"c\"]\n\
             down = 1.0\n[hamiltonian]\nterms = [{{ operator = \"{DRIVE} * (c.a + c.ad)\" }}]\n\
             [evolution]\ntimes = [0.5, 2.0, 8.0]\ntrajectories = 20\n"
        )
    };
    let point = read(&text(""), Purpose::Trajectories);
    let (ensemble, _) = simulate(&point, 2).unwrap();
    let exact = ExactRoad::new(&point, Effort::Transient);
    let [n, levels, top] = ["n_c", "levels_c", "top_c"].map(|name| column(&point, name));
    for (sample, time) in point.times().iter().enumerate() {
        let alpha = 2.0 * DRIVE * (1.0 - (-0.5 * time).exp());
        let known = alpha * alpha;
        let estimate = ensemble.on_grid(sample, n).unwrap().mean;
        // What is cut off weighs 1e-8 for each step, of up to some fifty quanta.
        assert!((estimate - known).abs() < 1e-5 * known, "{time}: {estimate} {known}");
        let solved = exact.on_grid(sample, n).unwrap();
        assert!((solved - known).abs() < 1e-6 * known, "{time}: {solved} {known}");
        assert!(exact.on_grid(sample, top).unwrap() <= 1e-8 && ensemble.on_grid(sample, top).unwrap().mean <= 1e-8);
    }
    // From 8 by half at a time: enough for 8.7 quanta and six deviations of 2.9.
    let kept = |sample: usize| ensemble.on_grid(sample, levels).unwrap().mean;
    assert!(kept(0) < kept(2) && (26.9..40.1).contains(&kept(2)), "{} {}", kept(0), kept(2));
    assert!((exact.on_grid(0, levels).unwrap() - exact.on_grid(2, levels).unwrap()).abs() < 1e-9);

    // No further than it may, and then the equation says that it is not enough.
    let low = read(&text("levels = { most = 12, weight = 1e-6 }\n"), Purpose::Trajectories);
    let (ensemble, _) = simulate(&low, 2).unwrap();
    assert!((ensemble.on_grid(2, levels).unwrap().mean - 12.0).abs() < 1e-9);
    assert!(ensemble.on_grid(2, top).unwrap().mean > 1e-3);
}

/// A thermal mode keeps a sharp number of quanta in every trajectory, and needs no cut; its equation grows one until the
/// heat of its bath is none.
#[test]
fn a_thermal_mode_comes_to_its_temperature_without_a_cut() {
    let text = "[[mode]]\nname = \"c\"\n[[bath]]\nname = \"warm\"\ncoupling = \"local\"\non = [\"c\"]\nrate = 1.0\n\
        temperature = 2.0\n[steady]\nabsolute_error = 0.02\n";
    let point = read(text, Purpose::Trajectories);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let run = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
    let occupation = 1.0 / 0.5_f64.exp_m1();
    let (of_n, n) = run.observables.iter().find(|(column, _)| point.called(*column) == "n_c").unwrap();
    assert_within_5_sigma(*n, occupation, "n_c");
    let road = exact_beside(&point).unwrap();
    let solved = road.observables.iter().find(|(column, _)| column == of_n).unwrap().1;
    assert!((solved / occupation - 1.0).abs() < 1e-6, "{solved} {occupation}");
    let heat = road.values.iter().find(|(quantity, ..)| *quantity == Quantity::HeatCurrent).unwrap().2;
    assert!(heat.abs() < 1e-6, "{heat}");
    // In six levels it would be 0.3.
    let exact = read(&text.replace("name = \"c\"\n", "name = \"c\"\nlevels = 6\n"), Purpose::Exact);
    let cut = SteadyRoad::new(&exact, Effort::Steady).unwrap();
    assert!(cut.values.iter().find(|(quantity, ..)| *quantity == Quantity::HeatCurrent).unwrap().2 > 0.1);
}

/// A cut that grows is that of another, large enough from the start: the same equation to the weight that it leaves out, and
/// the same law of trajectories, with an ensemble whose J changes beside it.
#[test]
fn a_cut_that_grew_changes_no_law() {
    let text = |levels: &str| {
        format!(
            "[[ensemble]]\nname = \"a\"\nnumber = 2\ninitial = \"inverted\"\n[[mode]]\nname = \"c\"\n{levels}\
             [[bath]]\nname = \"warm\"\ncoupling = \"local\"\non = [\"a\", \"c\"]\nrate = 0.5\ntemperature = 0.8\n\
             [hamiltonian]\nterms = [{{ operator = \"0.5 * a.Jx * (c.a + c.ad)\" }}]\n\
             [evolution]\ntimes = [1.0, 3.0]\ntrajectories = 3000\n"
        )
    };
    let [grown, fixed] = ["", "levels = 30\n"].map(|levels| read(&text(levels), Purpose::Trajectories));
    let (ensemble, _) = simulate(&grown, 2).unwrap();
    let solved = ExactRoad::new(&fixed, Effort::Transient);
    assert!(solved.on_grid(1, column(&fixed, "top_c")).unwrap() < 1e-9);
    let mut compared = 0;
    for name in ["n_c", "jz_a", "excited", "heat_current", "intensity"] {
        for sample in 0..2 {
            let estimate = ensemble.on_grid(sample, column(&grown, name)).unwrap();
            let known = solved.on_grid(sample, column(&fixed, name)).unwrap();
            // Ten numbers: false positives 6e-6.
            assert_within_5_sigma(estimate, known, name);
            compared += 1;
        }
    }
    assert_eq!(compared, 10);
}
