//! Points of ensembles and modes: what is recorded of them is what the plain ladder has of one ensemble, what their master
//! equation says, and what figures of another program say.

use superjump::campaign::simulate;
use superjump::group::{Ensembles, Group};
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::lindblad::{Effort, ProductEquation};
use superjump::model::Rates;
use superjump::model::operator::Parameters;
use superjump::model::product::{Factor, Product};
use superjump::quantity::Quantity;
use superjump::scenario::{Overrides, Point, PointBuilder, PointError, Purpose, Scenario, Transient};
use superjump::solve::{ExactRoad, SteadyRoad};
use superjump::units::Units;

const BATHS: &str = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 0.4\ntemperature = 2.0\n\
    [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.5\n\
    [[bath]]\nname = \"stray\"\ncoupling = \"local\"\nrate = 0.2\ntemperature = 1.0\ndephasing = 0.3\n";
const EVOLUTION: &str = "[evolution]\nuntil = 3.0\nsamples = 7\ntrajectories = 4000\n";

/// Two detuned ensembles and a cut mode, in a Hamiltonian and a jump of their own.
const MIXED: &str = "[[ensemble]]\nname = \"a\"\nnumber = 3\nfrequency = 1.1\ncoupling = [0.0, 1.0]\n\
    initial = { state = \"dicke\", j = 0.5, m = 0.5 }\n\
    [[ensemble]]\nname = \"b\"\nnumber = 2\nfrequency = 0.9\ncoupling = { hot = 0.5 }\n\
    initial = { state = \"thermal\", temperature = 0.7 }\n\
    [[mode]]\nname = \"c\"\nlevels = 5\ninitial = 1\n\
    [[bath]]\nname = \"hot\"\ncoupling = \"collective\"\non = [\"a\", \"b\"]\nrate = 0.3\ntemperature = 1.0\n\
    frequency = 1.0\n\
    [[bath]]\nname = \"loss\"\ncoupling = \"local\"\non = [\"a\", \"c\"]\ndown = 0.4\nup = 0.1\n\
    [parameters]\ng = 0.4\n\
    [hamiltonian]\nterms = [{ operator = \"g * a.Jp * c.a\" }, { operator = \"g * dag(a.Jp * c.a)\" }]\n\
    [[jump]]\nname = \"pairs\"\noperator = \"a.Jm * b.Jm\"\nrate = 0.3\ntemperature = 1.5\nquantum = 2.0\n\
    [observe]\nflow = \"i * (a.Jp * c.a - a.Jm * c.ad)\"\ntwo = \"a.Jz * b.Jz\"\n";

fn read(text: &str) -> Point {
    let scenario = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default());
    scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
}

/// A column by its name in results, and its bath.
fn column(point: &Point, name: &str, bath: Option<&str>) -> usize {
    let named = |column: &&superjump::quantity::Column| {
        let of_bath = column.bath.map(|bath| point.baths()[bath].name.as_str());
        point.called(**column) == name && of_bath == bath
    };
    let columns = point.columns();
    let found = columns.iter().find(named).unwrap_or_else(|| panic!("{name}"));
    columns.iter().position(|column| column == found).unwrap()
}

#[test]
fn one_ensemble_has_what_the_plain_ladder_has() {
    let start = "{ state = \"dicke\", j = 2.0, m = 1.0 }";
    let plain =
        read(&format!("[qubits]\nnumber = 6\n{BATHS}[initial]\nstate = \"dicke\"\nj = 2.0\nm = 1.0\n{EVOLUTION}"));
    let ensemble = format!("[[ensemble]]\nname = \"a\"\nnumber = 6\ninitial = {start}\n{BATHS}{EVOLUTION}");
    // A few and none at all beside them change nothing.
    let empty = format!("[[ensemble]]\nname = \"none\"\nnumber = 0\ninitial = \"ground\"\n{ensemble}");
    let exact = |point: &Point| ExactRoad::new(point, Effort::Beside).averages().unwrap().to_owned();
    let known = exact(&plain);
    for point in [read(&ensemble), read(&empty)] {
        assert_eq!(point.engine.engine.name(), "product");
        let found = exact(&point);
        let mut compared = 0;
        for (place, of) in plain.columns().iter().enumerate().filter(|(_, of)| plain.called(**of) != "j_squared") {
            let bath = of.bath.map(|bath| plain.baths()[bath].name.as_str());
            let own = column(&point, plain.called(*of), bath);
            for sample in 0..plain.times().len() {
                let (one, other) = (known[(sample, place)], found[(sample, own)]);
                // Both are good to some 1e-11 of terms of the size of 10; what is over an interval has no value at the first.
                let same = (one.is_nan() && other.is_nan()) || (one - other).abs() < 1e-9;
                assert!(same, "{of:?} {sample}: {one} {other}");
                compared += 1;
            }
        }
        assert_eq!(compared, 7 * (3 * 4 + 2));
        // What an ensemble has by itself is what the whole has.
        let (whole, own) = (column(&point, "jz", None), column(&point, "jz_a", None));
        assert!((0..7).all(|sample| (found[(sample, whole)] - found[(sample, own)]).abs() < 1e-12));
    }
}

#[test]
fn its_steady_state_is_that_of_the_plain_ladder_too() {
    let read = |text: String| {
        let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default());
        scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
    };
    let plain = read(format!("[qubits]\nnumber = 5\n{BATHS}[initial]\nstate = \"ground\"\n[steady]\n"));
    let ensemble = "[[ensemble]]\nname = \"a\"\nnumber = 5\ninitial = \"ground\"\n";
    let point = read(format!("{ensemble}{BATHS}[observe]\nlevel = \"a.Jz + 2.5\"\n[steady]\n"));
    let [known, found] = [&plain, &point].map(|point| SteadyRoad::new(point, Effort::Steady).unwrap());
    let mut compared = 0;
    for (quantity, bath, value) in &found.values {
        let same = known.values.iter().find(|(other, of, _)| (other, of) == (quantity, bath));
        let (_, _, other) = same.unwrap_or_else(|| panic!("{quantity:?}"));
        assert!((value - other).abs() < 1e-10, "{quantity:?} {bath:?}: {value} {other}");
        compared += 1;
    }
    // Heat and intensity of three baths, the noise of each and its ratio to the current, <J_z> and what is excited.
    assert_eq!(compared, 3 * 4 + 2);
    let jz = found.values.iter().find(|(quantity, ..)| *quantity == Quantity::Jz).unwrap().2;
    let observed: Vec<f64> = found.observables.iter().map(|(_, value)| *value).collect();
    assert!((observed[0] - jz).abs() < 1e-12 && (observed[1] - jz - 2.5).abs() < 1e-12, "{observed:?}");

    // Without a local bath it is not unique, and that is said.
    let cold = "[[bath]]\nname = \"b\"\ncoupling = \"collective\"\ndown = 1.0\n[steady]\n";
    let two = "[[ensemble]]\nname = \"b\"\nnumber = 2\ninitial = \"ground\"\n";
    let trapped = read(format!("{ensemble}{two}{cold}"));
    let error = SteadyRoad::new(&trapped, Effort::Steady).unwrap_err().to_string();
    assert!(error.contains("no unique steady state"), "{error}");
}

#[test]
fn all_that_is_recorded_agrees_with_the_master_equation() {
    let point = read(&format!("{MIXED}{EVOLUTION}"));
    let road = ExactRoad::new(&point, Effort::Beside);
    let (ensemble, _) = simulate(&point, 2).unwrap();
    let mut compared = 0;
    for (index, column) in point.columns().iter().enumerate() {
        for sample in 0..point.times().len() {
            let Some(estimate) = ensemble.on_grid(sample, index) else { continue };
            let exact = road.on_grid(sample, index).unwrap();
            let off = (estimate.mean - exact).abs();
            // 5 standard errors of 4,000 trajectories, of which some 120 comparisons fail by chance once in 14,000 runs.
            let Some(error) = estimate.std_error else { continue };
            assert!(
                off <= 5.0 * error + 1e-9,
                "{} {column:?} at {sample}: {} and {exact}",
                point.called(*column),
                estimate.mean
            );
            compared += 1;
        }
    }
    // The weight of the cut has no error to be compared by.
    assert!(compared >= 100, "{compared}");
    // What goes into the qubits and the mode is what their energy gains, over all of the run.
    let exact = road.averages().unwrap();
    let names: Vec<&str> =
        point.columns().iter().map(|column| point.called(*column)).collect::<Vec<_>>().leak().to_vec();
    assert!(names.ends_with(&["jz_a", "jz_b", "n_c", "top_c", "flow", "two"]), "{names:?}");
    assert!(exact.iter().filter(|value| value.is_nan()).count() == 3, "intervals before the first sample alone");
}

/// Ensembles by the library: heat is `Tr[H D(rho)]` with all of H, as the equation has it by another way.
#[test]
fn heat_is_that_of_all_of_h() {
    let factors = vec![Factor::ensemble("a", 3, 1.1), Factor::mode("c", None, 0.8)];
    let rates = Rates { down: 0.7, up: 0.0, dephasing: 0.2 };
    let product = Product::new(Units::Natural, factors).unwrap();
    let term = product.operator("0.5 * (a.Jp * c.a + a.Jm * c.ad)", &Parameters::new()).unwrap();
    let product = product.with_term(&term).and_then(|p| p.local("loss", &["a", "c"], rates)).unwrap();
    let start = vec![FactorStart::Qubits(InitialState::Product { excited: 2 }), FactorStart::Number(1)];
    let start = ProductStart::new(&product, start).unwrap();
    let equation = ProductEquation::new(&product, &start).unwrap();
    let mut rho = equation.initial(&start);
    equation.advance(&mut rho, 1.3);
    let group = Group::of_ensembles(Ensembles::new(product, start, Vec::new()));
    let asked = Transient { times: vec![0.0, 1.3], trajectories: 10 };
    let point = PointBuilder::new(group.clone()).build(asked.clone()).unwrap();
    let exact = ExactRoad::new(&point, Effort::Transient);
    let heat = exact.on_grid(1, column(&point, "heat_current", Some("loss"))).unwrap();
    assert!((heat - equation.heat_current(0, &rho)).abs() < 1e-12, "{heat}");

    // Ensembles and modes are a group by themselves.
    let two = PointBuilder::new(group.clone()).group(group).build(asked).unwrap_err();
    assert!(matches!(two, PointError::OfEnsembles(_)), "{two}");
}

#[test]
fn a_large_inverted_ensemble_leaves_a_small_one_inverted() {
    // N = 20 and 4: <J_z>/(N/2) of the small one in the end.
    let text = "[[ensemble]]\nname = \"a\"\nnumber = 20\ninitial = \"inverted\"\n\
        [[ensemble]]\nname = \"b\"\nnumber = 4\ninitial = \"ground\"\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.0\n\
        [evolution]\ntimes = [40.0]\ntrajectories = 1000\n";
    let point = read(text);
    let place = column(&point, "jz_b", None);
    let exact = ExactRoad::new(&point, Effort::Beside).on_grid(0, place).unwrap() / 2.0;
    assert!((exact - 0.77256).abs() < 5e-6, "{exact}");
    let estimate = simulate(&point, 2).unwrap().0.on_grid(0, place).unwrap();
    let (mean, error) = (estimate.mean / 2.0, estimate.std_error.unwrap() / 2.0);
    assert!((mean - exact).abs() < 5.0 * error && error < 0.02, "{mean} {error}");
}

/// Qubits in two classes, one by one in the full equation and as two ensembles.
#[test]
fn classes_of_like_qubits_are_what_they_are_one_by_one() {
    let text = |number: usize, start: &str| {
        let of =
            |values: [f64; 2]| (0..number).map(|qubit| values[qubit % 2].to_string()).collect::<Vec<_>>().join(", ");
        format!(
            "[qubits]\nnumber = {number}\nfrequency = 1.0\nfrequencies = [{}]\ncouplings = [{}]\n{BATHS}[initial]\n{start}\n\
             {EVOLUTION}",
            of([0.97, 1.04]),
            of([1.0, 0.6])
        )
    };
    for start in ["state = \"inverted\"", "state = \"coherent\"\ntheta = 1.2", "state = \"thermal\"\ntemperature = 0.8"]
    {
        let plain = read(&text(4, start));
        let [Group { register: Some(register), initial, .. }] = plain.groups.as_slice() else { panic!("no register") };
        let group = Group::of_classes(register, initial).unwrap();
        let asked = Transient { times: plain.times().to_vec(), trajectories: 10 };
        let classes = PointBuilder::new(group).build(asked).unwrap();
        let [known, found] = [&plain, &classes].map(|point| ExactRoad::new(point, Effort::Transient));
        let mut compared = 0;
        for (place, of) in classes.columns().iter().enumerate().filter(|(_, of)| of.observable.is_none()) {
            let Some(same) = plain.columns().iter().position(|other| other == of) else { continue };
            for sample in 1..plain.times().len() {
                let [Some(one), Some(other)] = [known.on_grid(sample, same), found.on_grid(sample, place)] else {
                    continue;
                };
                assert!((one - other).abs() < 1e-8, "{start}, {of:?} at {sample}: {one} {other}");
                compared += 1;
            }
        }
        // Of three baths heat, its average and intensity; <J_z> and what is excited.
        assert!(compared >= 6 * 11, "{compared}");
    }
    // Where there are too many one by one, that is what becomes of them.
    let many = read(&text(30, "state = \"inverted\""));
    assert_eq!((many.engine.engine.name(), many.number()), ("product", 30));
    assert!(many.columns().iter().any(|column| many.called(*column) == "jz_class_2"));
}
