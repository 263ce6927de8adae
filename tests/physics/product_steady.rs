//! Steady states of ensembles and modes: what is counted in them against the plain ladder and the full equation of a few
//! qubits, and trajectories against both.

use superjump::campaign::converge;
use superjump::lindblad::Effort;
use superjump::quantity::Quantity;
use superjump::scenario::{Overrides, Point, Purpose, Scenario};
use superjump::solve::{SteadyRoad, exact_beside};
use superjump::statistics::{Statistic, Stopped};
use superjump::trajectory::Interrupt;

use crate::common::assert_within_5_sigma;

const BATHS: &str = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\nfrequency = 1.0\n\
    [[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.5\ntemperature = 0.4\nfrequency = 1.0\n";
const TWO: &str = "[[ensemble]]\nname = \"a\"\nnumber = 2\ninitial = \"ground\"\n\
    [[ensemble]]\nname = \"b\"\nnumber = 1\nfrequency = 1.3\ncoupling = 0.6\ninitial = \"ground\"\n";

fn read(text: &str, purpose: Purpose) -> Point {
    let scenario = Scenario::parse("s", "s.toml", text, purpose, &Overrides::default());
    scenario.unwrap_or_else(|error| panic!("{error}")).points.remove(0)
}

fn exact(text: &str) -> (Point, SteadyRoad) {
    let point = read(text, Purpose::Exact);
    let road = SteadyRoad::new(&point, Effort::Steady).unwrap_or_else(|error| panic!("{error}"));
    (point, road)
}

#[test]
fn what_one_ensemble_counts_is_what_the_plain_ladder_counts() {
    let asked = "[steady]\n[noise]\nwindows = [0.3, 4.0]\nfrequencies = [0.0, 0.7, 5.0]\n";
    let baths = BATHS.replace("frequency = 1.0\n", "");
    let (_, plain) = exact(&format!("[qubits]\nnumber = 4\n{baths}[initial]\nstate = \"ground\"\n{asked}"));
    let ensemble = "[[ensemble]]\nname = \"a\"\nnumber = 4\ninitial = \"ground\"\n";
    let (_, road) = exact(&format!("{ensemble}{baths}{asked}"));
    let mut compared = 0;
    for row in &road.noise {
        let same = plain.noise.iter().find(|other| other.subject == row.subject);
        let known = same.unwrap_or_else(|| panic!("{:?}", row.subject)).value;
        assert!((row.value / known - 1.0).abs() < 1e-9, "{:?}: {} {known}", row.subject, row.value);
        compared += 1;
    }
    // Two windows, three frequencies, three cumulants and a Fano factor of each bath, and one covariance.
    assert_eq!(compared, 2 * 9 + 1);
    for quantity in [Quantity::Noise, Quantity::Fano] {
        let of = |road: &SteadyRoad| road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, Some(1))).unwrap().2;
        assert!((of(&road) / of(&plain) - 1.0).abs() < 1e-9, "{quantity:?}");
    }
}

#[test]
fn what_unlike_qubits_count_is_what_their_full_equation_counts() {
    let of_ensembles = "[[ensemble]]\nname = \"a\"\nnumber = 1\nfrequency = 0.98\ncoupling = 0.7\ninitial = \"ground\"\n\
        [[ensemble]]\nname = \"b\"\nnumber = 1\nfrequency = 1.02\ncoupling = 1.2\ninitial = \"ground\"\n";
    let of_ensembles = format!("{of_ensembles}{BATHS}[steady]\n");
    let of_register = format!(
        "[qubits]\nnumber = 2\nfrequency = 1.0\nfrequencies = [0.98, 1.02]\ncouplings = [0.7, 1.2]\n{}\
         [initial]\nstate = \"ground\"\n[steady]\n",
        BATHS.replace("frequency = 1.0\n", "")
    );
    let [(_, product), (_, register)] = [exact(&of_ensembles), exact(&of_register)];
    let mut compared = 0;
    for (quantity, bath, value) in &product.values {
        let same = register.values.iter().find(|(other, of, _)| (other, of) == (quantity, bath));
        let Some((_, _, known)) = same else { continue };
        assert!((value - known).abs() < 1e-9, "{quantity:?} {bath:?}: {value} {known}");
        compared += 1;
    }
    // Heat, intensity, noise and its ratio of two baths, <J_z> and what is excited.
    assert_eq!(compared, 2 * 4 + 2);
}

/// All that a run to the steady state tells, within five standard errors: some 25 comparisons fail by chance once in 70,000
/// runs. Whatever the threads, it is the same to the last bit.
#[test]
fn trajectories_come_to_the_steady_state_of_the_equation() {
    let text = format!(
        "{TWO}{BATHS}[observe]\ntwo = \"a.Jz * b.Jz\"\n[steady]\nrelative_error = 0.03\n[noise]\nwindows = [2.0]\n\
         frequencies = [1.0]\n"
    );
    let point = read(&text, Purpose::Trajectories);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap()
    };
    let (one, eight) = (run(1), run(8));
    assert_eq!(format!("{one:?}"), format!("{eight:?}"));
    assert_eq!(one.stopped_because, Stopped::RelativeError);
    let road = exact_beside(&point).unwrap();
    let mut compared = 0;
    for (quantity, bath, estimate) in &one.values {
        let known = road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity.steady(), *bath)).unwrap().2;
        assert_within_5_sigma(*estimate, known, &format!("{quantity:?} {bath:?}"));
        compared += 1;
    }
    for (column, estimate) in &one.observables {
        let known = road.observables.iter().find(|(other, _)| other == column).unwrap().1;
        assert_within_5_sigma(*estimate, known, point.called(*column));
        compared += 1;
    }
    for row in &one.noise {
        let known = road.noise.iter().find(|other| other.subject == row.subject);
        let (Some(estimate), Some(known)) = (row.estimate, known) else { continue };
        assert_within_5_sigma(estimate, known.value, &format!("{:?}", row.subject));
        compared += 1;
    }
    assert!(compared >= 20, "{compared}");
    assert!(one.noise.iter().any(|row| row.subject.statistic == Statistic::WindowedNoise && row.estimate.is_some()));
}

/// A dephasing bath heats where H does not commute with `J_z`, though it exchanges no quanta: what it gives, the cold bath
/// takes.
#[test]
fn a_bath_that_only_dephases_is_watched_by_its_jumps() {
    let text = "[[ensemble]]\nname = \"a\"\nnumber = 1\ninitial = \"ground\"\n\
        [[bath]]\nname = \"jitter\"\ncoupling = \"local\"\ndephasing = 1.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"local\"\ndown = 0.5\n\
        [hamiltonian]\nterms = [{ operator = \"0.7 * a.Jx\" }]\n\
        [steady]\nbath = \"jitter\"\nrelative_error = 0.1\n";
    let point = read(text, Purpose::Trajectories);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let run = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
    assert!(run.convergence.converged, "{:?}", run.convergence.missing);
    let heat = |bath| run.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::HeatCurrent, Some(bath))).unwrap().2;
    let road = exact_beside(&point).unwrap();
    let known = |bath| road.values.iter().find(|(q, b, _)| (*q, *b) == (Quantity::HeatCurrent, Some(bath))).unwrap().2;
    assert!(known(0) > 0.01 && (known(0) + known(1)).abs() < 1e-12, "{} {}", known(0), known(1));
    [0, 1].into_iter().for_each(|bath| assert_within_5_sigma(heat(bath), known(bath), "heat"));
}

#[test]
fn where_everything_is_in_balance_no_heat_is_asked_for_relative_to_none() {
    let of = |baths: &str, more: &str| {
        let text = format!(
            "{TWO}[[mode]]\nname = \"c\"\nlevels = 4\n{baths}[hamiltonian]\nterms = [{{ operator = \"0.2 * (b.Jp * c.a + \
             b.Jm * c.ad){more}\" }}]\n[steady]\n"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default())
            .map(drop)
            .map_err(|e| e.to_string())
    };
    let bath = |name: &str, coupling: &str, t: f64| {
        format!(
            "[[bath]]\nname = \"{name}\"\ncoupling = \"{coupling}\"\non = [\"a\", \"b\", \"c\"]\nrate = 0.4\n\
             temperature = {t:?}\nfrequency = 1.0\n"
        )
    };
    let alike = bath("one", "local", 1.0) + &bath("other", "collective", 1.0);
    let error = of(&alike, "").unwrap_err();
    assert!(error.contains("all comes into balance"), "{error}");
    // Neither where the temperatures differ nor where H makes and takes excitations.
    of(&(bath("one", "local", 1.0) + &bath("other", "collective", 1.1)), "").unwrap();
    of(&alike, " + 0.1 * a.Jx").unwrap();
}
