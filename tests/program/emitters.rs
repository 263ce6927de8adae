//! Emitters in space: what is read of them, what is refused, and that they come to what they are known to.

use superjump::campaign::{RunOptions, collect};
use superjump::results::{PointSummary, Tables};
use superjump::scenario::{Overrides, Purpose, Scenario};

use crate::bad_input::parse;

const ARRAY: &str = "[positions]
kind = \"free space\"
lattice = \"chain\"
spacing = 0.2
count = 3
dipole = [0, 0, 1]
[[bath]]
name = \"light\"
coupling = \"positions\"
rate = 1.0
temperature = 0.0
[initial]
state = \"bits\"
bits = \"101\"
[evolution]
until = 1.0
trajectories = 400
";

const MATRIX: &str = "[qubits]
number = 3
[[decay]]
name = \"light\"
matrix = [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
[initial]
state = \"inverted\"
[evolution]
until = 0.5
trajectories = 200
";

fn run(text: &str) -> PointSummary {
    let scenario: Scenario = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let (summary, _) = collect(&scenario, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    summary.points[0].clone()
}

fn tables(text: &str) -> Tables {
    let scenario: Scenario = parse(text).unwrap_or_else(|error| panic!("{error}"));
    collect(&scenario, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap().1
}

fn exact(point: &PointSummary, name: &str) -> f64 {
    let row = point.quantities.iter().find(|row| row.quantity == name).unwrap_or_else(|| panic!("{name}"));
    row.exact.unwrap()
}

/// Estimates stand within five of their errors from exact values (false positives: 6e-7 for each).
fn agrees(point: &PointSummary) {
    let judged = point.quantities.iter().filter_map(|row| Some((row, row.estimate?, row.std_error?, row.exact?)));
    let mut count = 0;
    for (row, estimate, error, exact) in judged {
        count += 1;
        assert!((estimate - exact).abs() < 5.0 * error + 1e-9, "{row:?}");
    }
    assert!(count > 4, "{:?}", point.quantities);
}

#[test]
fn an_array_runs_beside_its_exact_values() {
    let point = run(ARRAY);
    agrees(&point);
    let whole = exact(&point, "jz");
    let each: f64 = ["jz_q1", "jz_q2", "jz_q3"].map(|name| exact(&point, name)).iter().sum();
    assert!((whole - each).abs() < 1e-12);
    // The chain is the same from either end, and so is its start.
    assert!((exact(&point, "jz_q1") - exact(&point, "jz_q3")).abs() < 1e-10);
}

#[test]
fn a_matrix_of_ones_an_amplitude_of_one_and_a_collective_bath_are_one() {
    let of_matrix = run(MATRIX);
    agrees(&of_matrix);
    let bath = "[[bath]]\nname = \"light\"\ncoupling = \"collective\"\ndown = 1.0\n";
    let start = MATRIX.find("[[decay]]").unwrap();
    let end = MATRIX.find("[initial]").unwrap();
    let with = |table: &str| format!("{}{table}{}", &MATRIX[..start], &MATRIX[end..]);
    let amplitudes = run(&with(&format!("{bath}amplitudes = [1, 1, 1]\n")));
    let plain = run(&with(bath));
    // Phases that every qubit has alike, or signs on inverted ones, are nobody's matter.
    let turned = run(&with(&format!("{bath}amplitudes = [[0, 1], -1, 1]\n")));
    let same =
        MATRIX.replace("[[1, 1, 1], [1, 1, 1], [1, 1, 1]]", "[[1, [0, 1], 1], [[0, -1], 1, [0, -1]], [1, [0, 1], 1]]");
    let complex = run(&same);
    for other in [&amplitudes, &plain, &turned, &complex] {
        for name in ["jz", "intensity"] {
            let (one, two) = (exact(&of_matrix, name), exact(other, name));
            assert!((one - two).abs() < 1e-9, "{name}: {one} {two}");
        }
    }
}

#[test]
fn every_wrong_value_is_told_where_it_is_and_why() {
    let cases = [
        (ARRAY, "count = 3", "count = 30", "`positions.count` makes 30 qubits"),
        (ARRAY, "count = 3", "count = [3, 2]", "`positions.count` is [3, 2]"),
        (ARRAY, "spacing = 0.2", "spacing = -0.2", "`positions.spacing` is -0.2"),
        (ARRAY, "\"free space\"", "\"free\"", "`positions.kind` is \"free\""),
        (ARRAY, "dipole = [0, 0, 1]\n", "", "the key `positions.dipole` is missing"),
        (ARRAY, "dipole = [0, 0, 1]", "dipole = [0, 0, 0]", "the dipole has no direction"),
        (ARRAY, "dipole = [0, 0, 1]", "dipole = [0, 1]", "`positions.dipole` is no list of three numbers"),
        (ARRAY, "[initial]", "[drive]\n[initial]", "the key `drive.amplitude` is missing"),
        (
            ARRAY,
            "[initial]",
            "[drive]\namplitudes = [1, 2]\n[initial]",
            "`drive.amplitudes` has 2 entries, for 3 qubits",
        ),
        (
            ARRAY,
            "[initial]",
            "[drive]\namplitude = 1.0\namplitudes = [1, 2, 3]\n[initial]",
            "both say how strong the drive is",
        ),
        (
            ARRAY,
            "[initial]",
            "[drive]\namplitude = 1.0\ndirection = [0, 1]\n[initial]",
            "`drive.direction` is [0.0, 1.0]",
        ),
        (MATRIX, "[initial]", "[drive]\namplitude = 1.0\ndirection = [0, 0, 1]\n[initial]", "and there are none"),
        (
            MATRIX,
            "[initial]",
            "[record]\ndirections = true\n[initial]",
            "is of qubits with [positions], and there are none",
        ),
        (ARRAY, "[initial]", "[record]\ndirections = 1\n[initial]", "`record.directions`"),
        (
            ARRAY,
            "\"positions\"\nrate = 1.0\ntemperature = 0.0",
            "\"local\"\nrate = 1.0\ntemperature = 0.0\n[record]\ndirections = true",
            "is of the one bath that the qubits share by [positions], and there are 0",
        ),
        (ARRAY, "dipole = [0, 0, 1]", "dipole = [0, 0, 1]\nright = 0.5", "`positions.right` has no meaning"),
        (
            ARRAY,
            "lattice = \"chain\"\nspacing = 0.2\ncount = 3",
            "points = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]",
            "points 1 and 3 coincide",
        ),
        (ARRAY, "count = 3", "count = 3\npoints = [[0, 0, 0]]", "both say where the qubits are"),
        (ARRAY, "bits = \"101\"", "bits = \"10\"", "`initial.bits` is \"10\", for 3 qubits"),
        (ARRAY, "\"bits\"\nbits = \"101\"", "\"ghz\"", "is no state of each qubit by itself"),
        (ARRAY, "[initial]", "[qubits]\nnumber = 4\n[initial]", "`qubits.number` is 4, and [positions] has 3"),
        (ARRAY, "[initial]", "[qubits]\nspread = 0.1\n[initial]", "`qubits.spread` is not of qubits with [positions]"),
        (ARRAY, "temperature = 0.0", "temperature = 0.0\ndephasing = 1.0", "`bath.light.dephasing` has no meaning"),
        (
            ARRAY,
            "[initial]",
            "[[ensemble]]\nname = \"a\"\nnumber = 2\ninitial = \"ground\"\n[initial]",
            "[[ensemble]] and [[mode]] have no place among [positions]",
        ),
        (MATRIX, "[[1, 1, 1], [1", "[[1, 2, 1], [1", "is not Hermitian: element (1, 2)"),
        (MATRIX, "[1, 1, 1]]", "[1, 1]]", "is no 3 x 3 matrix"),
        (
            MATRIX,
            "[[1, 1, 1], [1, 1, 1], [1, 1, 1]]",
            "[[1, 2, 0], [2, 1, 0], [0, 0, 1]]",
            "is not positive: it has the eigenvalue -1.0",
        ),
        (
            MATRIX,
            "[initial]",
            "[[bath]]\nname = \"b\"\ncoupling = \"positions\"\ndown = 1.0\n[initial]",
            "`bath.b.coupling` is \"positions\", and there is no [positions]",
        ),
        (
            MATRIX,
            "[initial]",
            "[[bath]]\nname = \"b\"\ncoupling = \"collective\"\ndown = 1.0\namplitudes = [1, 1]\n[initial]",
            "`bath.b.amplitudes` has 2 entries, for 3 qubits",
        ),
        (
            MATRIX,
            "[initial]",
            "[[bath]]\nname = \"b\"\ncoupling = \"local\"\ndown = 1.0\namplitudes = [1, 1, 1]\n[initial]",
            "are those of a collective bath",
        ),
        (MATRIX, "number = 3", "number = 30", "30 qubits that are told apart are beyond the 20"),
    ];
    for (text, from, to, told) in cases {
        assert!(text.contains(from), "{from}");
        let error = parse(&text.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.contains(told), "{to}:\n{error}");
    }
}

/// A bath that is a matrix is one that a steady state and a figure may ask for.
#[test]
fn a_decay_is_a_bath_like_others() {
    let pumped = MATRIX.replace("[initial]", "[[bath]]\nname = \"pump\"\ncoupling = \"local\"\nup = 0.5\n[initial]");
    for text in [MATRIX, &pumped] {
        let figure = format!("{text}[figure.light]\nquantity = \"intensity\"\nbath = \"light\"\n");
        parse(&figure).unwrap_or_else(|error| panic!("{error}"));
    }
    let steady = pumped.replace("[evolution]\nuntil = 0.5\ntrajectories = 200\n", "") + "[steady]\nbath = \"light\"\n";
    let steady = Scenario::parse("s", "s.toml", &steady, Purpose::Exact, &Overrides::default()).unwrap();
    let (summary, _) = collect(&steady, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    let of = |bath: &str| {
        let rows = &summary.points[0].quantities;
        rows.iter()
            .find(|row| row.quantity == "heat_current" && row.bath.as_deref() == Some(bath))
            .unwrap()
            .exact
            .unwrap()
    };
    assert!(of("pump") > 0.1 && (of("pump") + of("light")).abs() < 1e-9);
}

/// The page has a scenario that is one.
#[test]
fn the_page_of_emitters_says_what_is() {
    let page = include_str!("../../docs/emitters.md");
    let example = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let scenario = parse(example).unwrap();
    let emitters = |place: usize| scenario.points[place].ensembles().unwrap().emitters().unwrap();
    assert_eq!((scenario.points.len(), emitters(0).points().len()), (2, 6));
    // Above 1 there is a burst.
    let [close, apart] = [0, 1].map(|place| superjump::theory::first_photons_g2(emitters(place)));
    assert!(close > 1.0 && apart < 1.0, "{close} {apart}");
}

/// The sum over directions is all light, each is as the exact value says, and every photon has one.
#[test]
fn photons_go_somewhere_and_as_many_as_there_are() {
    let text = format!("{ARRAY}[record]\ndirections = true\njumps = true\n");
    // What is detected is part of what a point is, though one atom decays alike into any.
    let chiral = |right: f64| {
        let own = format!("right = {right}");
        let text = text.replace("\"free space\"", "\"chiral\"").replace("dipole = [0, 0, 1]", &own);
        parse(&text).unwrap().points[0].id
    };
    assert_ne!(chiral(0.8), chiral(0.2));
    for text in
        [text.clone(), text.replace("\"free space\"", "\"chiral\"").replace("dipole = [0, 0, 1]", "right = 0.8")]
    {
        let tables = tables(&text);
        let directions = tables.table("directions").unwrap();
        let column = |name| directions.numbers(name).unwrap();
        let (modes, photons) = (column("mode"), column("photons"));
        let (errors, exact) = (column("std_error"), column("exact"));
        let of = |values: &[f64], rings: bool| -> f64 {
            values.iter().zip(&modes).filter(|(_, mode)| (**mode == 0.0) == rings).map(|(value, _)| value).sum()
        };
        // Every photon takes one excitation.
        let jz = {
            let series = tables.table("series").unwrap();
            let quantities = series.words("quantity").unwrap();
            let exact = series.numbers("exact").unwrap();
            let jz: Vec<f64> =
                exact.iter().zip(quantities).filter(|(_, name)| *name == "jz").map(|(x, _)| *x).collect();
            jz[0] - jz[jz.len() - 1]
        };
        assert!((of(&exact, false) - jz).abs() < 1e-8, "{} {jz}", of(&exact, false));
        let jumps = tables.table("jumps").unwrap();
        let emitted = jumps.rows() as f64 / 400.0;
        assert!((of(&photons, false) - emitted).abs() < 1e-9);
        let on_sphere = modes.contains(&0.0);
        assert_eq!(on_sphere, text.contains("free space"));
        if on_sphere {
            assert!((of(&photons, true) - emitted).abs() < 1e-9 && (of(&exact, true) - jz).abs() < 1e-8);
        }
        // False positives: some 60 rings and ways at 5 standard errors, 4e-5.
        let judged = (0..modes.len()).filter(|row| modes[*row] == 0.0 || !on_sphere);
        for row in judged {
            assert!(
                (photons[row] - exact[row]).abs() < 5.0 * errors[row],
                "{}: {} {}",
                modes[row],
                photons[row],
                exact[row]
            );
        }
        let most = modes.iter().copied().fold(0.0, f64::max);
        assert!(jumps.numbers("mode").unwrap().iter().all(|mode| (1.0..=most).contains(mode)));
    }
}

/// Jumps say which mode of a matrix they are; the modes of ones have one that is bright.
#[test]
fn jumps_are_marked_by_mode() {
    let of = |text: &str| {
        tables(&format!("{text}[record]\njumps = true\n")).table("jumps").unwrap().numbers("mode").unwrap()
    };
    assert!(of(MATRIX).iter().all(|mode| *mode == 1.0));
    let apart = of(&MATRIX.replace("[[1, 1, 1], [1, 1, 1], [1, 1, 1]]", "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"));
    let counts = [1.0, 2.0, 3.0].map(|mode| apart.iter().filter(|own| **own == mode).count() as f64);
    let mean = counts.iter().sum::<f64>() / 3.0;
    // Each atom by itself, 200 times with e^-0.5: 5 standard deviations of a binomial.
    assert!(counts.iter().all(|count| (count - mean).abs() < 5.0 * (200.0_f64 * 0.39 * 0.61).sqrt()), "{counts:?}");
}

/// A plane wave and amplitudes of one's own are terms of H that could be written out.
#[test]
fn a_drive_is_what_it_says_of_each_qubit() {
    let driven = ARRAY.replace("\"bits\"\nbits = \"101\"", "\"ground\"");
    let of = |table: &str| exact(&run(&format!("{driven}{table}")), "jz_q2");
    let wave = of("[drive]\namplitude = 0.8\ndirection = [1, 0, 0]\ndetuning = 0.3\n");
    let own = of(
        "[drive]\namplitudes = [0.8, [0.24721359549995794, 0.7608452130361229], [-0.6472135954999579, 0.4702282018339785]]\ndetuning = 0.3\n",
    );
    let phase = |qubit: usize| format!("{}", std::f64::consts::TAU * 0.2 * qubit as f64);
    let term = |qubit: usize| {
        let (name, phase) = (format!("q{}", qubit + 1), phase(qubit));
        format!("{{ operator = \"0.4*(exp(i*{phase})*{name}.Jp + exp(-i*{phase})*{name}.Jm)\" }}")
    };
    let terms: Vec<String> = (0..3).map(term).collect();
    let written = of(&format!("[qubits]\nfrequency = 0.3\n[hamiltonian]\nterms = [{}]\n", terms.join(", ")));
    assert!((wave - own).abs() < 1e-9 && (wave - written).abs() < 1e-9, "{wave} {own} {written}");
    assert!(wave > -0.49 && (wave - of("[drive]\namplitude = 0.8\ndetuning = 0.3\n")).abs() > 1e-3);
}

/// The photons of all modes together at two times: of the inverted start in closed form, later against the exact value.
#[test]
fn photons_are_correlated_at_the_start_and_on_the_way() {
    let inverted = ARRAY.replace("\"bits\"\nbits = \"101\"", "\"inverted\"").replace("spacing = 0.2", "spacing = 0.1");
    let asked = |name: &str, at: f64| {
        format!("[[correlate]]\nname = \"{name}\"\nphotons = \"light\"\nat = {at}\ndelays = [0.0, 0.3]\n")
    };
    let text = format!("{inverted}{}{}", asked("first", 0.0), asked("later", 0.4));
    let point = run(&text);
    agrees(&point);
    let scenario = parse(&text).unwrap();
    let emitters = scenario.points[0].ensembles().unwrap().emitters().unwrap();
    let closed = superjump::theory::first_photons_g2(emitters);
    assert!((exact(&point, "first_degree") - closed).abs() < 1e-9 && closed > 1.0);
    // Of 3 atoms, 3^2 g2 pairs at once.
    assert!((exact(&point, "first") - 9.0 * closed).abs() < 1e-8);
    let later = point.quantities.iter().find(|row| row.quantity == "later").unwrap();
    assert!(later.z.unwrap().abs() < 5.0 && later.exact.unwrap() > 0.1, "{later:?}");
    for (from, to, told) in [
        ("photons = \"light\"", "photons = \"dark\"", "`correlate.first.photons`: there is no bath \"dark\""),
        ("photons = \"light\"", "photons = \"light\"\nleft = \"q1.Jz\"", "has no meaning beside `photons`"),
    ] {
        let error = parse(&text.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.contains(told), "{to}:\n{error}");
    }
}
