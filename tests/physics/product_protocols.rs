//! Ensembles and modes that change in time: against qubits under a protocol, closed forms and the exact equation.
//!
//! Statistical tests fix their seed and allow five standard errors (false positives: 6e-7 for each value).

use superjump::campaign::simulate;
use superjump::lindblad::Effort;
use superjump::quantity::Quantity;
use superjump::scenario::{Overrides, Point, Purpose, Scenario};
use superjump::solve::{ExactRoad, Phases, SteadyRoad};
use superjump::statistics::Ensemble;
use superjump::theory::Machine;

fn read(text: &str) -> Point {
    let scenario = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default());
    scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
}

/// The place of a column, by its name and the bath that it is of.
fn column(point: &Point, name: &str, bath: Option<usize>) -> usize {
    let all = point.columns();
    let found = all.iter().position(|column| point.called(*column) == name && column.bath == bath);
    found.unwrap_or_else(|| panic!("no {name} {bath:?}"))
}

/// Every column that has an exact value and a standard error, at all times but 0: without one, too few have jumped to tell.
fn agrees(point: &Point, ensemble: &Ensemble, exact: &ExactRoad) {
    let mut compared = 0;
    for (index, column) in point.columns().into_iter().enumerate() {
        for sample in (0..point.times().len()).filter(|sample| point.times()[*sample] > 0.0) {
            let Some(value) = exact.on_grid(sample, index) else { continue };
            let found = ensemble.on_grid(sample, index).unwrap();
            let Some(error) = found.std_error else { continue };
            let allowed = 5.0 * error + 1e-7 * value.abs().max(1.0);
            let (name, time) = (point.called(column), point.times()[sample]);
            assert!((found.mean - value).abs() < allowed, "{name} at {time}: {found:?}, not {value}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Three qubits between a collective and a local bath: a held segment, a ramp of all there is, a quench and two cycles.
fn engine(tuned: &str, qubits: &str) -> String {
    format!(
        "{qubits}
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 0.6
temperature = 2.0
[[bath]]
name = \"par\"
coupling = \"local\"
down = 0.2
up = 0.05
[protocol]
cycles = 2
[protocol.segment.warm]
duration = 1.0
[protocol.segment.stretch]
duration = 0.7
{tuned} = {{ to = 1.9, shape = \"cosine\" }}
bath.hot.rate = {{ to = 0.1 }}
bath.par.up = {{ table = [[0.0, 0.05], [0.3, 0.2], [0.7, 0.1]] }}
[protocol.segment.cool]
duration = 0.8
{tuned} = 1.5
bath.hot.rate = 0.4
bath.hot.temperature = {{ from = 0.3, to = 0.7, shape = \"exponential\" }}
[evolution]
times = [0.5, 1.2, 1.5, 2.1, 2.5, 3.0, 4.1, 5.0]
trajectories = 3000
seed = 3
"
    )
}

/// The equation over blocks of a product and the ladder's own, with its moments of work and heat, know nothing of each other.
#[test]
fn one_ensemble_is_its_qubits_under_the_same_protocol() {
    let ensemble = read(&engine(
        "ensemble.a.frequency",
        "[[ensemble]]\nname = \"a\"\nnumber = 3\nfrequency = 1.0\ninitial = \"inverted\"",
    ));
    let qubits = read(&engine("frequency", "[qubits]\nnumber = 3\n[initial]\nstate = \"inverted\""));
    let [ours, theirs] = [&ensemble, &qubits].map(|point| ExactRoad::new(point, Effort::Transient));
    let mut compared = 0;
    for (name, bath) in [("work", None), ("jz", None), ("excited", None)]
        .into_iter()
        .chain(["heat", "heat_current", "intensity"].into_iter().flat_map(|name| [(name, Some(0)), (name, Some(1))]))
    {
        let [own, other] = [&ensemble, &qubits].map(|point| column(point, name, bath));
        for sample in 0..ensemble.times().len() {
            let [own, other] = [ours.on_grid(sample, own), theirs.on_grid(sample, other)].map(Option::unwrap);
            assert!((own - other).abs() < 1e-9, "{name} {bath:?} at {sample}: {own} {other}");
            compared += 1;
        }
    }
    assert_eq!(compared, 9 * 8);
    let (sampled, exact) = simulate(&ensemble, 2).unwrap();
    agrees(&ensemble, &sampled, &exact);
}

/// A ramp of what is exchanged, a pulse, a mode and a jump of the user's own whose rate is a table: trajectories against the
/// equation. Work is `int sum_k dv_k/dt <H_k> dt`, by Simpson's rule from the means on the grid.
#[test]
fn work_is_what_changes_the_terms() {
    const SAMPLES: usize = 401;
    let text = format!(
        "[[ensemble]]
name = \"a\"
number = 2
frequency = 0.3
initial = \"inverted\"
[[ensemble]]
name = \"b\"
number = 1
frequency = -0.2
initial = \"ground\"
[[mode]]
name = \"c\"
frequency = 0.1
levels = 6
[parameters]
g = 0.2
omega = 0.0
[hamiltonian]
terms = [{{ operator = \"g * (a.Jp * b.Jm + a.Jm * b.Jp)\" }}, {{ operator = \"omega * (a.Jx + b.Jy)\" }},
         {{ operator = \"0.7 * (a.Jp * c.a + a.Jm * c.ad)\" }}]
[observe]
exchanged = \"a.Jp * b.Jm + a.Jm * b.Jp\"
driven = \"a.Jx + b.Jy\"
energy = \"g * (a.Jp * b.Jm + a.Jm * b.Jp) + omega * (a.Jx + b.Jy) + 0.7 * (a.Jp * c.a + a.Jm * c.ad) + 0.3 * a.Jz - 0.2 * b.Jz + 0.1 * c.n\"
[[bath]]
name = \"loss\"
coupling = \"local\"
on = [\"c\", \"b\"]
rate = 0.5
temperature = 0.0
[[jump]]
name = \"pairs\"
operator = \"a.Jm * b.Jp\"
rate = 0.3
[protocol.segment.one]
duration = 2.0
parameters.g = {{ to = 1.2, shape = \"cosine\" }}
parameters.omega = {{ pulse = \"sin2\", amplitude = 1.5, centre = 1.0, width = 2.0 }}
jump.pairs.rate = {{ table = [[0.0, 0.3], [1.0, 0.9], [2.0, 0.1]] }}
[evolution]
until = 2.0
samples = {SAMPLES}
trajectories = 1000
seed = 5
"
    );
    let point = read(&text);
    // Later than 0.5 there have been jumps of every kind.
    let later = point.at(vec![0.5, 1.0, 1.5, 2.0]);
    let (sampled, beside) = simulate(&later, 2).unwrap();
    agrees(&later, &sampled, &beside);
    let exact = ExactRoad::new(&point, Effort::Transient);
    let at = |name: &str, sample: usize| exact.on_grid(sample, column(&point, name, None)).unwrap();
    let pi = std::f64::consts::PI;
    let power = |sample: usize| {
        let t = point.times()[sample];
        // g = 0.7 - 0.5 cos(pi t/2), omega = 1.5 cos(pi (t-1)/2)^2.
        let (g, omega) = (0.25 * pi * (0.5 * pi * t).sin(), -0.75 * pi * (pi * (t - 1.0)).sin());
        g * at("exchanged", sample) + omega * at("driven", sample)
    };
    let h = 2.0 / (SAMPLES - 1) as f64;
    let weight = |sample: usize| match sample {
        0 => 1.0,
        last if last == SAMPLES - 1 => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let work: f64 = (0..SAMPLES).map(|sample| weight(sample) * power(sample) * h / 3.0).sum();
    let found = at("work", SAMPLES - 1);
    // The rule errs by (2/180) h^4 times a fourth derivative of some hundred.
    assert!((found - work).abs() < 1e-7, "{found} {work}");
    // And the first law, with the energy that the user wrote.
    let heats: f64 = (0..2).map(|bath| exact.on_grid(SAMPLES - 1, column(&point, "heat", Some(bath))).unwrap()).sum();
    let rise = at("energy", SAMPLES - 1) - at("energy", 0);
    assert!((rise - found - heats).abs() < 1e-10, "{rise} {found} {heats}");
}

/// A drive that grows evenly, `s t (a + a^dagger)`, fills a leaking mode with the coherent state
/// `alpha = -(2i s/kappa)(t - (2/kappa)(1 - exp(-kappa t/2)))`, which jumps leave as it is: whatever the cut began with.
#[test]
fn a_drive_that_grows_fills_a_mode_whose_cut_grows() {
    let text = "[[mode]]\nname = \"c\"\nfrequency = 0.0\n[[bath]]\nname = \"leak\"\ncoupling = \"local\"\non = [\"c\"]\ndown = 1.0\n\
                [parameters]\ne = 0.0\n[hamiltonian]\nterms = [{ operator = \"e * (c.a + c.ad)\" }]\n\
                [protocol.segment.on]\nduration = 4.0\nparameters.e = { to = 2.0 }\n\
                [evolution]\ntimes = [1.0, 2.5, 4.0]\ntrajectories = 4\n";
    let point = read(text);
    let (sampled, exact) = simulate(&point, 2).unwrap();
    let (n, levels) = (column(&point, "n_c", None), column(&point, "levels_c", None));
    for (sample, t) in point.times().iter().enumerate() {
        let alpha = 2.0 * 0.5 * (t - 2.0 * (1.0 - (-0.5 * t).exp()));
        let known = alpha * alpha;
        let (found, solved) = (sampled.on_grid(sample, n).unwrap().mean, exact.on_grid(sample, n).unwrap());
        // What is cut off weighs 1e-8 for each step.
        assert!((found - known).abs() < 1e-5 * known && (solved - known).abs() < 1e-6 * known, "{t}: {found} {solved}");
    }
    assert!(sampled.on_grid(2, levels).unwrap().mean > sampled.on_grid(0, levels).unwrap().mean);
}

/// What nothing changes is what there is without a protocol, in as many segments as there are; and a pulse of a term turns a
/// spin by its area, `<J_z> = -cos(A)/2`, in every trajectory.
#[test]
fn what_stays_stays_and_a_pulse_turns_by_its_area() {
    let still = |protocol: &str| {
        format!(
            "[[ensemble]]\nname = \"a\"\nnumber = 2\ninitial = \"inverted\"\n[[ensemble]]\nname = \"b\"\nnumber = 2\nfrequency = 1.1\n\
             initial = \"ground\"\n[[bath]]\nname = \"x\"\ncoupling = \"collective\"\ndown = 1.0\nup = 0.2\n\
             {protocol}[evolution]\ntimes = [0.5, 1.0, 2.0]\ntrajectories = 10\n"
        )
    };
    let plain = read(&still(""));
    let parts = read(&still("[protocol.segment.one]\nduration = 0.8\n[protocol.segment.two]\nduration = 1.2\n"));
    let [plain_exact, parts_exact] = [&plain, &parts].map(|point| ExactRoad::new(point, Effort::Transient));
    for (index, of) in plain.columns().into_iter().enumerate() {
        let other = column(&parts, plain.called(of), of.bath);
        for sample in 0..3 {
            let [one, two] =
                [plain_exact.on_grid(sample, index), parts_exact.on_grid(sample, other)].map(Option::unwrap);
            assert!((one - two).abs() < 1e-10, "{}: {one} {two}", plain.called(of));
        }
    }
    let area = 0.8 * 0.4 * (2.0 * std::f64::consts::PI).sqrt();
    let pulsed = read(
        "[[ensemble]]\nname = \"a\"\nnumber = 1\nfrequency = 0.0\ninitial = \"ground\"\n[parameters]\nomega = 0.0\n\
         [hamiltonian]\nterms = [{ operator = \"omega * a.Jx\" }]\n\
         [protocol.segment.on]\nduration = 8.0\nparameters.omega = { pulse = \"gaussian\", amplitude = 0.8, centre = 4.0, width = 0.4 }\n\
         [evolution]\ntimes = [8.0]\ntrajectories = 2\n",
    );
    let (sampled, exact) = simulate(&pulsed, 1).unwrap();
    let jz = column(&pulsed, "jz_a", None);
    let known = -0.5 * area.cos();
    let (found, solved) = (sampled.on_grid(0, jz).unwrap().mean, exact.on_grid(0, jz).unwrap());
    assert!((found - known).abs() < 1e-8 && (solved - known).abs() < 1e-10, "{found} {solved} {known}");
}

/// A point that is solved for and has no trajectories.
fn solved(text: &str) -> Point {
    let text = text.replace("trajectories = 3000\n", "");
    let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default());
    scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
}

fn cycle_of(text: &str) -> (Point, SteadyRoad) {
    let point = solved(&text.replace("cycles = 2", "cycles = \"until steady\""));
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap_or_else(|error| panic!("{error}"));
    (point, road)
}

fn value(road: &SteadyRoad, quantity: Quantity, bath: Option<usize>) -> f64 {
    let found = road.values.iter().find(|(of, on, _)| (*of, *on) == (quantity, bath));
    found.unwrap_or_else(|| panic!("no {quantity:?} {bath:?}")).2
}

/// The limit cycle over blocks of a product and the ladder's, whose propagators know nothing of each other.
#[test]
fn the_limit_cycle_of_one_ensemble_is_that_of_its_qubits() {
    let times =
        |text: String| text.replace("times = [0.5, 1.2, 1.5, 2.1, 2.5, 3.0, 4.1, 5.0]", "times = [0.5, 1.2, 1.6, 2.5]");
    let (ensemble, ours) = cycle_of(&times(engine(
        "ensemble.a.frequency",
        "[[ensemble]]\nname = \"a\"\nnumber = 3\nfrequency = 1.0\ninitial = \"inverted\"",
    )));
    let (qubits, theirs) =
        cycle_of(&times(engine("frequency", "[qubits]\nnumber = 3\n[initial]\nstate = \"inverted\"")));
    for quantity in [Quantity::Work, Quantity::Power] {
        let [own, other] = [&ours, &theirs].map(|road| value(road, quantity, None));
        assert!((own - other).abs() < 1e-9, "{quantity:?}: {own} {other}");
    }
    for quantity in [Quantity::Heat, Quantity::HeatCurrent] {
        for bath in 0..2 {
            let [own, other] = [&ours, &theirs].map(|road| value(road, quantity, Some(bath)));
            assert!((own - other).abs() < 1e-9, "{quantity:?} {bath}: {own} {other}");
        }
    }
    let [own, other] = [&ours, &theirs].map(|road| road.multiplier.unwrap());
    assert!((own - other).abs() < 1e-6, "{own} {other}");
    let phases = [&ensemble, &qubits].map(|point| Phases::asked(point).unwrap());
    let mut compared = 0;
    for (place, column) in phases[0].columns.iter().enumerate() {
        let same =
            |other: &&superjump::quantity::Column| other.quantity == column.quantity && other.bath == column.bath;
        let Some(twin) = phases[1].columns.iter().position(|other| same(&other)) else { continue };
        for phase in 0..4 {
            let own = ours.phases[phase * phases[0].columns.len() + place];
            let other = theirs.phases[phase * phases[1].columns.len() + twin];
            assert!((own - other).abs() < 1e-9, "{column:?} at {phase}: {own} {other}");
            compared += 1;
        }
    }
    // Heats, currents and intensities of two baths, work, <J_z> and the excited fraction.
    assert_eq!(compared, 4 * 9);
}

/// Two ensembles and a mode whose cut grows, coupled in pulses: forty cycles from the start come to the limit, whatever its
/// solver does, and trajectories of as many agree with it.
#[test]
fn cycles_come_to_their_limit() {
    let text = |cycles: &str, times: &str| {
        format!(
            "[[ensemble]]\nname = \"a\"\nnumber = 2\nfrequency = 1.0\ninitial = \"inverted\"\n\
             [[ensemble]]\nname = \"b\"\nnumber = 1\nfrequency = 1.2\ninitial = \"ground\"\n[[mode]]\nname = \"c\"\nfrequency = 1.0\n\
             [[bath]]\nname = \"hot\"\ncoupling = \"local\"\non = [\"a\"]\nrate = 0.6\ntemperature = 2.0\n\
             [[bath]]\nname = \"cold\"\ncoupling = \"local\"\non = [\"c\"]\nrate = 0.9\ntemperature = 0.4\n\
             [[bath]]\nname = \"both\"\ncoupling = \"collective\"\non = [\"a\", \"b\"]\ndown = 0.3\nup = 0.1\n\
             [parameters]\ng = 0.0\n[hamiltonian]\nterms = [{{ operator = \"g * (a.Jp * c.a + a.Jm * c.ad + b.Jp * c.a + b.Jm * c.ad)\" }}]\n\
             [protocol]\ncycles = {cycles}\n[protocol.segment.load]\nduration = 0.6\nbath.hot.rate = 0.6\n\
             [protocol.segment.swap]\nduration = 0.9\nbath.hot.rate = 0.0\n\
             parameters.g = {{ pulse = \"sin2\", amplitude = 1.5, centre = 0.45, width = 0.9 }}\n\
             ensemble.a.frequency = {{ to = 1.3 }}\n[protocol.segment.back]\nduration = 0.5\nensemble.a.frequency = {{ to = 1.0 }}\n\
             [evolution]\ntimes = {times}\n"
        )
    };
    let (point, road) = cycle_of(&text("2", "[0.6, 1.1, 2.0]"));
    // What is left of a deviation after forty.
    assert!(road.multiplier.unwrap().powi(40) < 1e-9, "{:?}", road.multiplier);
    let run = format!("{}trajectories = 200\nseed = 7\n", text("41", "[80.0, 80.6, 81.1, 82.0]"));
    let long = read(&run);
    let (sampled, exact) = simulate(&long, 2).unwrap();
    let phases = Phases::asked(&point).unwrap();
    for (place, of) in phases.columns.iter().enumerate() {
        let name = point.called(*of);
        // Each solves at a cut of its own.
        if matches!(of.quantity, Quantity::Work | Quantity::Heat)
            || name.starts_with("levels")
            || name.starts_with("top")
        {
            continue;
        }
        let index = column(&long, name, of.bath);
        for sample in 0..3 {
            let (own, other) =
                (road.phases[sample * phases.columns.len() + place], exact.on_grid(sample + 1, index).unwrap());
            assert!((own - other).abs() < 1e-6, "{name} {:?} at {sample}: {own} {other}", of.bath);
        }
    }
    let mut sum = value(&road, Quantity::Work, None);
    for bath in 0..3 {
        let heat = column(&long, "heat", Some(bath));
        let limit = value(&road, Quantity::Heat, Some(bath));
        let grown = exact.on_grid(3, heat).unwrap() - exact.on_grid(0, heat).unwrap();
        assert!((limit - grown).abs() < 1e-6, "{bath}: {limit} {grown}");
        // Forty-one of them, the first of which remember the start.
        let (found, known) = (sampled.on_grid(3, heat).unwrap(), exact.on_grid(3, heat).unwrap());
        assert!((found.mean - known).abs() < 5.0 * found.std_error.unwrap(), "{bath}: {found:?} {known}");
        assert!((known - 41.0 * limit).abs() < 0.2 * known.abs().max(5.0), "{bath}: {known} {limit}");
        sum += limit;
    }
    // Energy comes back, and the pulse works.
    assert!(sum.abs() < 1e-9 && value(&road, Quantity::Work, None).abs() > 1e-3, "{sum}");
}

/// Where H stays nothing works, exactly and in every trajectory; and heats of a cycle cancel.
#[test]
fn baths_that_open_and_close_do_no_work() {
    let text = |cycles: &str, more: &str| {
        format!(
            "[[ensemble]]\nname = \"a\"\nnumber = 2\nfrequency = 1.0\ninitial = \"inverted\"\n[[ensemble]]\nname = \"b\"\n\
             number = 2\nfrequency = 1.0\ninitial = \"ground\"\n[parameters]\ng = 0.4\n[hamiltonian]\n\
             terms = [{{ operator = \"g * (a.Jp * b.Jm + a.Jm * b.Jp)\" }}]\n\
             [[bath]]\nname = \"hot\"\ncoupling = \"local\"\non = [\"a\"]\nrate = 0.8\ntemperature = 2.0\n\
             [[bath]]\nname = \"cold\"\ncoupling = \"local\"\non = [\"b\"]\nrate = 0.8\ntemperature = 0.3\n\
             [protocol]\ncycles = {cycles}\n[protocol.segment.open]\nduration = 1.0\nbath.cold.rate = 0.0\nparameters.g = 0.4\n\
             [protocol.segment.shut]\nduration = 1.0\nbath.cold.rate = {{ to = 0.8 }}\nbath.hot.rate = 0.0\n\
             [evolution]\ntimes = [0.5, 2.0]\n{more}"
        )
    };
    let (_, road) = cycle_of(&text("2", ""));
    assert_eq!([Quantity::Work, Quantity::Power].map(|of| value(&road, of, None)), [0.0; 2]);
    let heats = [0, 1].map(|bath| value(&road, Quantity::Heat, Some(bath)));
    assert!(heats[0] > 0.05 && (heats[0] + heats[1]).abs() < 1e-9, "{heats:?}");
    let point = read(&text("2", "trajectories = 50\n"));
    let (sampled, exact) = simulate(&point, 1).unwrap();
    let work = column(&point, "work", None);
    for sample in 0..2 {
        assert_eq!(sampled.on_grid(sample, work).map(|e| (e.mean, e.std_error)), Some((0.0, None)));
        assert_eq!(exact.on_grid(sample, work), Some(0.0));
    }
}

/// What a slow bath changes has no error while so few of its jumps have been seen, however often a fast one jumps.
#[test]
fn jumps_that_were_not_seen_have_no_error() {
    let point = read(
        "[[ensemble]]\nname = \"a\"\nnumber = 4\nfrequency = 1.0\ninitial = \"inverted\"\n[[ensemble]]\nname = \"b\"\n\
         number = 1\nfrequency = 1.0\ninitial = \"inverted\"\n\
         [hamiltonian]\nterms = [{ operator = \"0.01 * a.Jz * (b.Jp + b.Jm)\" }]\n\
         [[bath]]\nname = \"fast\"\ncoupling = \"local\"\non = [\"a\"]\ndown = 5.0\nup = 2.0\n\
         [[bath]]\nname = \"slow\"\ncoupling = \"local\"\non = [\"b\"]\ndown = 1e-3\n\
         [evolution]\ntimes = [0.5, 20.0]\ntrajectories = 1000\n",
    );
    let (sampled, exact) = simulate(&point, 2).unwrap();
    let (jz_a, jz_b) = (column(&point, "jz_a", None), column(&point, "jz_b", None));
    // About one jump in two thousand, which is worth 1e3 times what differs by then.
    assert!(sampled.on_grid(0, jz_b).unwrap().std_error.is_none(), "{:?}", sampled.on_grid(0, jz_b));
    assert!(sampled.no_error(0, jz_b).is_some());
    for (sample, column) in [(0, jz_a), (1, jz_a), (1, jz_b)] {
        let (found, known) = (sampled.on_grid(sample, column).unwrap(), exact.on_grid(sample, column).unwrap());
        assert!((found.mean - known).abs() < 5.0 * found.std_error.unwrap(), "{found:?} {known}");
    }
}

/// Two qubits of which one takes from a hot bath and gives, swapped whole by a pulse, to a cold one: an engine, of efficiency
/// 1 - omega_c/omega_h, as each swap turns a quantum of one into one of the other.
#[test]
fn two_qubits_that_swap_are_an_engine() {
    let text = |hot: f64| {
        format!(
            "[[ensemble]]\nname = \"h\"\nnumber = 1\nfrequency = 1.0\ninitial = \"ground\"\n\
             [[ensemble]]\nname = \"c\"\nnumber = 1\nfrequency = 0.6\ninitial = \"ground\"\n\
             [[bath]]\nname = \"hot\"\ncoupling = \"local\"\non = [\"h\"]\nrate = 1.0\ntemperature = {hot}\nfrequency = 1.0\n\
             [[bath]]\nname = \"cold\"\ncoupling = \"local\"\non = [\"c\"]\nrate = 1.0\ntemperature = 0.3\nfrequency = 0.6\n\
             [parameters]\ng = 0.0\n[hamiltonian]\nterms = [{{ operator = \"g * (h.Jp * c.Jm + h.Jm * c.Jp)\" }}]\n\
             [protocol]\ncycles = 2\n[protocol.segment.rest]\nduration = 6.0\n\
             [protocol.segment.tune]\nduration = 1e-3\nensemble.c.frequency = 1.0\nbath.hot.rate = 0.0\nbath.cold.rate = 0.0\n\
             [protocol.segment.swap]\nduration = 0.5\nparameters.g = 3.141592653589793\n\
             [protocol.segment.back]\nduration = 1e-3\nparameters.g = 0.0\nensemble.c.frequency = 0.6\n[evolution]\nsamples = 2\n"
        )
    };
    let (_, road) = cycle_of(&text(2.0));
    assert_eq!(road.machine, Some(Machine::Engine));
    assert!((value(&road, Quantity::Efficiency, None) - 0.4).abs() < 1e-7, "{road:?}");
    // Each qubit comes to its bath up to exp(-Gamma t), Gamma = 1 + 2n, and gets what the other was.
    let [(n, a), (m, b)] = [(1.0, 2.0), (0.6, 0.3)].map(|(omega, t): (f64, f64)| {
        let n = 1.0 / ((omega / t).exp() - 1.0);
        (n / (1.0 + 2.0 * n), (-6.0 * (1.0 + 2.0 * n)).exp())
    });
    // p_h at the start is p_c at the end of rest, and the other way round: p = n + (q - n) a, q = m + (p - m) b.
    let p = (n * (1.0 - a) + a * m * (1.0 - b)) / (1.0 - a * b);
    let q = m + (p - m) * b;
    assert!((value(&road, Quantity::Heat, Some(0)) - (p - q)).abs() < 1e-7, "{road:?} {p} {q}");
    // At so low a temperature it is driven backwards.
    let (_, road) = cycle_of(&text(0.45));
    assert_eq!(road.machine, Some(Machine::Refrigerator), "{road:?}");
}
