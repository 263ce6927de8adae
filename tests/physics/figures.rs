//! The scenarios of the paper's figures, solved: what the paper says of each.

use std::path::Path;

use crate::common::assert_within_5_sigma;
use superjump::campaign::{self, RunOptions};
use superjump::quantity::Quantity;
use superjump::results::{PointSummary, Summary};
use superjump::scenario::{Overrides, Purpose, Scenario};
use superjump::table::TableReader;
use superjump::theory;
use tempfile::TempDir;

/// Solves a shipped scenario, with keys set.
fn solve(name: &str, sets: &[&str]) -> Summary {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
    let mut overrides = Overrides::default();
    sets.iter().for_each(|set| overrides.set(*set));
    let scenario = Scenario::read(&path, Purpose::Exact, &overrides).unwrap_or_else(|e| panic!("{e}"));
    let folder = TempDir::new().unwrap();
    let options = RunOptions::new(folder.path().join("out"), 2);
    campaign::run(&scenario, &options, &mut |_| {}).unwrap().summary.unwrap()
}

fn value(point: &PointSummary, quantity: &str, bath: Option<&str>) -> f64 {
    let found = point.quantities.iter().find(|q| q.quantity == quantity && q.bath.as_deref() == bath);
    found.unwrap_or_else(|| panic!("no {quantity}")).exact.unwrap()
}

/// The point with these swept values.
fn at<'a>(summary: &'a Summary, keys: &[(&str, f64)]) -> &'a PointSummary {
    let fits = |point: &&PointSummary| keys.iter().all(|(key, value)| point.parameters[*key].as_f64() == Some(*value));
    summary.points.iter().find(fits).unwrap_or_else(|| panic!("no point {keys:?}"))
}

#[test]
fn figure_3_effective_temperatures_16() {
    let summary = solve("fig3", &[]);
    for (hot, inverse) in [(1.0, 1.42), (3.0, 0.57)] {
        let point = at(&summary, &[("bath.hot.temperature", hot), ("bath.cold.temperature", 1.0 / 3.0)]);
        assert!((1.0 / value(point, "effective_temperature", None) - inverse).abs() < 0.005);
    }
    for point in &summary.points {
        let get = |key: &str| point.parameters[key].as_f64().unwrap();
        let (a, b) = (get("bath.hot.temperature"), get("bath.cold.temperature"));
        let t = value(point, "effective_temperature", None);
        assert!(t >= a.min(b) * (1.0 - 1e-12) && t <= a.max(b) * (1.0 + 1e-12), "T* between the baths'");
    }
}

#[test]
fn figure_4_the_current_of_the_largest_sector_24_to_29() {
    let summary = solve("fig4", &[]);
    for point in &summary.points {
        // Without a local bath, from the ground state: (24) with J = N/2.
        let (current, symmetric) =
            (value(point, "heat_current", Some("hot")), value(point, "heat_current_symmetric", Some("hot")));
        assert!((current - symmetric).abs() < 1e-11 * symmetric.max(1.0));
        let (limit, independent) =
            (value(point, "heat_current_limit", Some("hot")), value(point, "heat_current_independent", Some("hot")));
        // To the rounding of currents that vanish where the temperatures are equal.
        assert!(independent <= current + 1e-11 && current <= limit + 1e-11);
        let x = 1.0 / value(point, "effective_temperature", None);
        assert!((limit - independent / (x / 2.0).tanh()).abs() < 1e-11 * limit.max(1.0), "(29)");
        // The noise of both baths is the same, as J and so the energy is bounded.
        let noise = value(point, "noise", Some("hot"));
        assert!((noise - value(point, "noise", Some("cold"))).abs() < 1e-8 * noise);
    }
    // Cold: all but saturated at N = 16, 1/(J (e^x - 1)) = 1.3 % short, x = T0/T* = 2.4. Hot: far from it.
    let ratio = |hot: f64| {
        let point = at(&summary, &[("qubits.number", 16.0), ("bath.hot.temperature", hot)]);
        value(point, "heat_current", Some("hot")) / value(point, "heat_current_limit", Some("hot"))
    };
    assert!(ratio(0.5) > 0.98 && ratio(10.0) < 0.65, "{} {}", ratio(0.5), ratio(10.0));
}

#[test]
fn figure_5_the_parasitic_bath_interpolates_and_at_t_star_makes_independent() {
    let summary = solve("fig5", &["sweep.qubits.number=[1, 2, 5, 10, 20]"]);
    let current = |hot: f64, parasitic: f64, n: f64, what: &str| {
        let keys = [("bath.hot.temperature", hot), ("bath.parasitic.temperature", parasitic), ("qubits.number", n)];
        value(at(&summary, &keys), what, Some("hot"))
    };
    for (hot, star) in [(1.0, 0.702_363_551_286_337_8), (3.0, 1.742_497_479_399_942_8)] {
        for n in [2.0, 10.0, 20.0] {
            let independent = current(hot, star, n, "heat_current_independent");
            assert!((current(hot, star, n, "heat_current") / independent - 1.0).abs() < 1e-10);
            let cold = current(hot, 0.1, n, "heat_current");
            assert!(cold > independent && cold <= current(hot, 0.1, n, "heat_current_symmetric"));
            assert!(current(hot, 10.0, n, "heat_current") < independent);
        }
    }
    // (a): with T_h = T0 a cold parasitic bath leaves the largest sector; (c): with T_h = 3 T0 there is a gap.
    let share = |hot| current(hot, 0.1, 20.0, "heat_current") / current(hot, 0.1, 20.0, "heat_current_symmetric");
    assert!(share(1.0) > 0.99 && share(3.0) < 0.99, "{} {}", share(1.0), share(3.0));
}

#[test]
fn figure_6_the_collective_advantage_of_two_transmons_in_femtowatt() {
    let summary = solve("fig6b", &[]);
    let current = |parasitic: f64, grouped: bool, what: &str| {
        let fits = |point: &&PointSummary| {
            point.parameters["bath.parasitic.temperature"].as_f64() == Some(parasitic)
                && point.parameters["qubits"].as_str().unwrap().contains("group") == grouped
        };
        value(summary.points.iter().find(fits).unwrap(), what, Some("hot"))
    };
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    let independent = current(50.0, false, "heat_current_independent");
    assert_eq!(round(independent), 1.361);
    // The collective currents, from a dense solve of the 16 equations of two qubits in another language.
    assert!((current(50.0, false, "heat_current") - 1.538_375_790_157_58).abs() < 1e-12);
    assert!((current(450.0, false, "heat_current") - 1.307_452_105_559_02).abs() < 1e-12);
    assert_eq!(round(current(50.0, false, "heat_current") / independent), 1.131);
    assert_eq!(round(current(450.0, false, "heat_current") / independent), 0.961);
    // Twice the detuned pair is close to the independent current, and is (36) to all digits.
    for parasitic in [50.0, 250.0, 500.0] {
        let detuned = current(parasitic, true, "heat_current");
        assert!((detuned / independent - 1.0).abs() < 0.02, "{detuned}");
        let set = format!("bath.parasitic.temperature={parasitic}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/fig6b.toml");
        let mut overrides = Overrides::default();
        overrides.set(set);
        let scenario = Scenario::read(&path, Purpose::Exact, &overrides).unwrap();
        let groups: Vec<_> = scenario.points[1].groups.iter().map(|group| group.model.clone()).collect();
        assert!((theory::detuned_current(&groups, "hot") / detuned - 1.0).abs() < 1e-12);
        // Q = 20, one octave below: (37) gives gamma/901.
        assert!((groups[1].baths[0].down - groups[1].baths[0].up - 1.0 / 901.0).abs() < 1e-14);
    }
    let summary = solve("fig6a", &[]);
    let at_two = at(&summary, &[("bath.parasitic.temperature", 50.0), ("qubits.number", 2.0)]);
    assert_eq!(round(value(at_two, "heat_current", Some("hot"))), 1.538);
}

#[test]
fn figure_7_the_mean_of_a_thermal_sector_c10() {
    for point in &solve("fig7", &[]).points {
        let get = |key: &str| point.parameters[key].as_f64().unwrap();
        let exact = theory::thermal_jz(get("qubits.number") / 2.0, 1.0 / get("bath.bath.temperature"));
        assert!((value(point, "jz", None) - exact).abs() < 1e-12 * get("qubits.number"));
    }
}

#[test]
fn trajectories_of_groups_add_up_to_the_exact_sum() {
    let ran = crate::common::run(
        "units = \"SI\"\n[[qubits.group]]\nnumber = 2\nfrequency = 4.0\n[[qubits.group]]\nnumber = 3\nfrequency = 6.0\n\
         [[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 384.0\n\
         [[bath]]\nname = \"loss\"\ncoupling = \"local\"\nrate = 0.1\ntemperature = 50.0\n\
         [initial]\nstate = \"inverted\"\n[evolution]\ntimes = [0.0, 0.2, 1.0, 5.0]\ntrajectories = 20000\n\
         [record]\nphotons = 2",
    );
    for (what, estimate, exact) in ran.all() {
        assert_within_5_sigma(estimate, exact.unwrap(), &what);
    }
    // <J^2> and the peak of the whole are not sums over groups: there are none.
    assert!(ran.point.columns().iter().all(|column| column.quantity != Quantity::JSquared));
    assert!(ran.ensemble.peak_time().is_none());
    assert_eq!(ran.ensemble.photon_times().count(), 2);
}

#[test]
fn noise_tables_and_transverse_spins_are_written() {
    let text = "[qubits]\nnumber = 4\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
                [[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.1\nup = 0.05\n\
                [initial]\nstate = \"coherent\"\ntheta = 1.0\n[evolution]\nuntil = 1.0\nsamples = 3\n\
                [noise]\nbaths = [\"hot\"]\nwindows = [1.0, 10.0]\nfrequencies = [0.0, 1.0]\ndelays = [0.0, 0.5]";
    let scenario = Scenario::parse("n", "n.toml", text, Purpose::Exact, &Overrides::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let options = RunOptions::new(folder.path(), 1);
    let summary = campaign::run(&scenario, &options, &mut |_| {}).unwrap().summary.unwrap();
    let noise = value(&summary.points[0], "noise", Some("hot"));
    assert!(value(&summary.points[0], "fano", Some("hot")) > 0.0);
    let read = |name: &str| TableReader::open(&folder.path().join(name)).unwrap().all().unwrap();
    // Each window's distribution adds to one, up to what is left out of the tails.
    let quanta = read("quanta.parquet");
    let of = |name: &str| quanta.numbers(name).unwrap();
    let mut total = [0.0; 2];
    for (window, p) in of("window").into_iter().zip(of("exact")) {
        total[usize::from(window == 10.0)] += p;
    }
    assert!(total.iter().all(|total| (total - 1.0).abs() < 1e-9), "{total:?}");
    let table = read("noise.parquet");
    assert_eq!(
        table.words("statistic").unwrap(),
        [
            "windowed_noise",
            "windowed_noise",
            "noise",
            "third_cumulant",
            "fourth_cumulant",
            "spectrum",
            "spectrum",
            "g2",
            "g2",
            "waiting_time",
            "waiting_time",
            "entropy_production",
            "fluctuation_theorem",
            "fluctuation_symmetry",
            "entropy_production",
            "fluctuation_theorem",
            "fluctuation_symmetry",
            "uncertainty_ratio",
            "fano",
        ]
    );
    let values = table.numbers("exact").unwrap();
    assert!((values[5] / noise - 1.0).abs() < 1e-12, "S(0) is the noise");
    let series = read("series.parquet");
    assert_eq!(series.words("quantity").unwrap().iter().filter(|w| **w == "jx").count(), 3);
}

/// The highest mean intensity is that of the series, exact and estimated; where nothing stands out there is none.
#[test]
fn a_burst_is_told_by_its_highest_mean_intensity() {
    let text = |state: &str, temperature: f64| {
        format!(
            "[qubits]\nnumber = 20\n[[bath]]\nname = \"cavity\"\ncoupling = \"collective\"\nrate = 1.0\n\
             temperature = {temperature:?}\n[initial]\nstate = \"{state}\"\n\
             [evolution]\nuntil = 2.0\nsamples = 201\ntrajectories = 3000\n"
        )
    };
    let run = |text: &str, purpose| {
        let scenario = Scenario::parse("s", "s.toml", text, purpose, &Overrides::default()).unwrap();
        campaign::collect(&scenario, &RunOptions::new("", 2), &mut |_| {}).unwrap().unwrap()
    };
    let of = |summary: &Summary, name: &str| {
        summary.points[0].quantities.iter().find(|q| q.quantity == name).cloned().unwrap_or_else(|| panic!("no {name}"))
    };
    for purpose in [Purpose::Trajectories, Purpose::Exact] {
        let (summary, tables) = run(&text("inverted", 0.0), purpose);
        let (height, time) = (of(&summary, "highest_intensity"), of(&summary, "highest_intensity_time"));
        let series = tables.table("series").unwrap();
        let (times, exact) = (series.numbers("time").unwrap(), series.numbers("exact").unwrap());
        let means = series.numbers("mean").unwrap();
        let rows =
            || series.words("quantity").unwrap().into_iter().enumerate().filter(|(_, name)| *name == "intensity");
        let top = |of: &[f64]| rows().map(|(row, _)| row).max_by(|a, b| of[*a].total_cmp(&of[*b])).unwrap();
        assert_eq!((height.exact, time.exact), (Some(exact[top(&exact)]), Some(times[top(&exact)])));
        // N^2/4 would be that of every trajectory at once.
        assert!((40.0..100.0).contains(&height.exact.unwrap()), "{height:?}");
        if purpose == Purpose::Exact {
            assert!(height.estimate.is_none() && time.estimate.is_none());
            continue;
        }
        assert_eq!((height.estimate, time.estimate), (Some(means[top(&means)]), Some(times[top(&means)])));
        assert!(height.z.is_none() && time.std_error.is_none());
        // 5 sigma: 6e-7 of all seeds, and as many again for the choice of the highest.
        assert!((height.estimate.unwrap() - height.exact.unwrap()).abs() < 5.0 * height.std_error.unwrap());
    }
    for purpose in [Purpose::Trajectories, Purpose::Exact] {
        let (summary, _) = run(&text("ground", 1.0), purpose);
        assert!(!summary.points[0].quantities.iter().any(|q| q.quantity.starts_with("highest_")));
    }
}
