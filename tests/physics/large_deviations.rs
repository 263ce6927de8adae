//! The tilted generator and what it makes of the chain: golden figures, closed forms, the full equation, symmetries.

use serde_json::Value;
use superjump::bath::{Bath, Coupling};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Charges, Counting, PopulationEquation, SteadyError, Tilted};
use superjump::model::Model;
use superjump::solve::{ExactNoise, exact_beside};
use superjump::statistics::Statistic;
use superjump::units::Units;

use crate::common::{number, numbers, point};

fn model(number: i64, baths: Vec<Bath>) -> Model {
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// Collective between 3 and 1/3, and a weak local loss.
fn telegraph(number: i64, loss: f64) -> Model {
    let thermal = |name, coupling, gamma, t: f64| Bath::thermal(name, coupling, gamma, 1.0 / t, t);
    let (collective, local) = (Coupling::Collective, Coupling::Local);
    let baths = vec![
        thermal("hot", collective, 1.0, 3.0),
        thermal("cold", collective, 1.0, 1.0 / 3.0),
        thermal("loss", local, loss, 0.1),
    ];
    model(number, baths)
}

/// Three thermal baths of like strength, two patterns, and dephasing.
fn mixed(number: i64) -> Model {
    let mut model = telegraph(number, 0.3);
    model.baths[2] = Bath::thermal("loss", Coupling::Local, 0.3, 0.8, 1.25);
    model.baths[0].dephasing = 0.2;
    model.baths.push(Bath {
        name: "jitter".into(),
        coupling: Coupling::Local,
        down: 0.0,
        up: 0.0,
        dephasing: 0.4,
        temperature: None,
        quantum: None,
    });
    model
}

fn equation(model: &Model) -> PopulationEquation {
    PopulationEquation::new(model, &InitialState::Dicke(Level::ground(model.number)))
}

fn close(value: f64, expected: f64, relative: f64, absolute: f64, what: &str) {
    assert!((value - expected).abs() <= relative * expected.abs() + absolute, "{what}: {value} against {expected}");
}

/// One bath's field, as exponents.
fn field(model: &Model, bath: usize, s: f64) -> Charges {
    Charges::of_bath(model.baths.len(), bath).times(s)
}

/// Figures of dense eigenvalues, which are good to 1e-13 of the largest rate; of the rate function to 1e-7.
#[test]
fn generating_functions_and_conditioned_chains_are_golden() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../golden/large_deviations.json")).unwrap();
    assert!(cases.len() >= 4);
    for case in &cases {
        let baths = case["baths"].as_array().unwrap().iter().map(|bath| {
            let coupling = Coupling::named(bath["coupling"].as_str().unwrap()).unwrap();
            let t = number(&bath["temperature"]);
            Bath::thermal(bath["name"].as_str().unwrap(), coupling, number(&bath["rate"]), 1.0 / t, t)
        });
        let model = model(case["N"].as_i64().unwrap(), baths.collect());
        let equation = equation(&model);
        let tilted = Tilted::new(&equation).unwrap();
        let name = &case["name"];
        let counted = model.baths.iter().position(|bath| case["count"] == bath.name).unwrap();
        let charges = field(&model, counted, 1.0);
        for row in case["theta"].as_array().unwrap() {
            let [s, theta, first, second] = numbers(row)[..] else { panic!("{row}") };
            let at = tilted.at(&charges.times(s), None).unwrap();
            close(at.theta().value, theta, 1e-9, 1e-12, &format!("{name} theta({s})"));
            assert!((at.theta().value - theta).abs() < 1e-9 * theta.abs() + at.theta().error + 1e-12, "{name} {s}");
            close(at.mean(&charges).value, first, 1e-8, 1e-11, &format!("{name} theta'({s})"));
            close(at.noise(&charges).unwrap().value, second, 1e-7, 1e-10, &format!("{name} theta''({s})"));
        }
        for row in case["doob"].as_array().unwrap() {
            let s = number(&row["s"]);
            let at = tilted.at(&charges.times(s), None).unwrap();
            let now = at.observables();
            for (value, key) in [
                (at.mean(&charges).value, "current"),
                (at.activity(), "activity"),
                (now.jz, "jz"),
                (now.j_squared, "j_squared"),
            ] {
                close(value, number(&row[key]), 1e-8, 1e-11, &format!("{name} {key} at {s}"));
            }
        }
        for row in case["rate_function"].as_array().unwrap() {
            let [c, rate, s] = numbers(row)[..] else { panic!("{row}") };
            let at = tilted.at(&charges.times(s), None).unwrap();
            close(at.mean(&charges).value, c, 1e-6, 1e-9, &format!("{name} c at {s}"));
            close(s * c - at.theta().value, rate, 1e-6, 1e-10, &format!("{name} I({c})"));
        }
    }
}

/// theta of one qubit, the larger root of a quadratic, and its cumulants by the series of a square root.
#[test]
fn one_qubit_is_a_square_root() {
    let (uh, dh, uc, dc) = (2.0, 3.0, 0.5, 1.5);
    let bath = |name: &str, down, up| Bath {
        name: name.into(),
        coupling: Coupling::Collective,
        down,
        up,
        dephasing: 0.0,
        temperature: None,
        quantum: None,
    };
    let model = model(1, vec![bath("hot", dh, uh), bath("cold", dc, uc)]);
    let equation = equation(&model);
    let (tilted, counting) = (Tilted::new(&equation).unwrap(), Counting::new(&equation).unwrap());
    let (up, down): (f64, f64) = (uh + uc, dh + dc);
    let root = |product: f64| -(up + down) / 2.0 + (((up - down) / 2.0).powi(2) + product).sqrt();
    for s in [-30.0, -2.0, -0.3, 1e-9, 0.4, 3.0, 40.0_f64] {
        let at = tilted.at(&field(&model, 0, s), None).unwrap();
        let exact = root((uh * s.exp() + uc) * (dh * (-s).exp() + dc));
        close(at.theta().value, exact, 1e-13, if s < 1e-6 { 1e-15 } else { 0.0 }, &format!("theta({s})"));
        let all = tilted.at(&Charges::activity(2).times(s), None).unwrap();
        close(all.theta().value, root(up * down * (2.0 * s).exp()), 1e-12, 1e-14, &format!("activity at {s}"));
    }
    // f = a + u_h d_c (e^s - 1) + u_c d_h (e^-s - 1) in powers of s, and of its root r: f_n = sum_k r_k r_{n-k}.
    let order = 20;
    let (mut f, mut factorial) = (vec![((up + down) / 2.0).powi(2)], 1.0);
    let mut r = vec![f[0].sqrt()];
    let cumulants = counting.cumulants_of(&Charges::of_bath(2, 0), order).unwrap();
    for n in 1..=order {
        factorial *= n as f64;
        f.push((uh * dc + uc * dh * (-1.0_f64).powi(n as i32)) / factorial);
        let known: f64 = (1..n).map(|k| r[k] * r[n - k]).sum();
        r.push((f[n] - known) / (2.0 * r[0]));
        let (told, exact) = (&cumulants[n - 1], r[n] * factorial);
        assert_eq!(told.order, n);
        assert!((told.rounded.value - exact).abs() <= told.rounded.error + 1e-14 * exact.abs(), "order {n}: {exact}");
        assert!(told.digits() > 9.0, "order {n}: {} digits", told.digits());
    }
}

/// theta'' and theta''' at 0 are the noise and the third cumulant, and mixed cumulants those of sums.
#[test]
fn derivatives_at_no_field_are_the_cumulants() {
    for model in [mixed(4), telegraph(5, 0.05)] {
        let equation = equation(&model);
        let (tilted, counting) = (Tilted::new(&equation).unwrap(), Counting::new(&equation).unwrap());
        let baths = model.baths.len();
        for bath in 0..3 {
            let charges = Charges::of_bath(baths, bath);
            let cumulants = counting.cumulants(bath).unwrap();
            let noise = |s: f64| tilted.at(&charges.times(s), None).unwrap().noise(&charges).unwrap().value;
            close(noise(0.0), cumulants.noise, 1e-11, 0.0, "noise");
            // Truncated at (h I/lambda)^2, rounded at 1e-13/h.
            let h = 1e-5;
            close((noise(h) - noise(-h)) / (2.0 * h), cumulants.third, 1e-5, 1e-7 * cumulants.noise, "third");
            let all = counting.cumulants_of(&charges, 4).unwrap();
            close(all[3].rounded.value, cumulants.fourth, 1e-9, 0.0, "fourth");
        }
        let sum = counting.cumulants_of(&Charges::net(&[1.0, -1.0, 0.0, 0.0][..baths]), 2).unwrap()[1].rounded.value;
        let of = |bath: usize| counting.noise(bath).unwrap();
        let parts = of(0) + of(1) - 2.0 * counting.cross_noise(0, 1).unwrap();
        close(sum, parts, 1e-10, 0.0, "hot minus cold");
        // Digits are lost order by order, and those that are told are there: heat of all baths never grows.
        let nothing = counting.cumulants_of(&Charges::net(&vec![1.0; baths]), 6).unwrap();
        assert!(nothing.iter().all(|c| c.rounded.value.abs() <= c.rounded.error), "{nothing:?}");
    }
}

/// `theta({s_b}) = theta({-s_b + ln(down_b/up_b) + any})`.
#[test]
fn the_symmetry_of_fluctuations_holds_for_any_fields() {
    for model in [mixed(5), telegraph(4, 1e-3)] {
        let equation = equation(&model);
        let tilted = Tilted::new(&equation).unwrap();
        for (fields, any) in [([0.3, -0.2, 0.1, 0.0], 0.0), ([-0.7, 0.0, 0.4, 0.0], 0.9), ([0.0; 4], -0.4)] {
            let fields = &fields[..model.baths.len()];
            let other: Vec<f64> = reflected(&model, fields).iter().map(|field| field + any).collect();
            let theta = |fields: &[f64]| tilted.at(&Charges::net(fields), None).unwrap().theta();
            let (one, two) = (theta(fields), theta(&other));
            close(one.value, two.value, 1e-11, one.error + two.error, &format!("{fields:?}"));
        }
    }
}

/// Of thermal baths, and of one that exchanges nothing.
fn reflected(model: &Model, fields: &[f64]) -> Vec<f64> {
    let of_bath = |(bath, field): (&Bath, &f64)| if bath.up > 0.0 { -field + (bath.down / bath.up).ln() } else { 0.0 };
    model.baths.iter().zip(fields).map(of_bath).collect()
}

/// The full equation over all 4^N elements, tilted, by inverse iteration: no Dicke state in it.
#[test]
fn the_full_equation_has_the_same_largest_eigenvalue() {
    for number in [2, 3, 4] {
        let model = mixed(number);
        let equation = equation(&model);
        let tilted = Tilted::new(&equation).unwrap();
        for fields in [[0.6, 0.0, 0.0, 0.0], [-0.4, 0.3, 0.2, 0.0]] {
            let theta = tilted.at(&Charges::net(&fields), None).unwrap().theta().value;
            close(brute::theta(&model, &fields, theta + 0.5), theta, 1e-9, 0.0, &format!("N = {number}, {fields:?}"));
        }
    }
}

mod brute {
    use super::{Bath, Coupling, Model};

    type Matrix = Vec<Vec<f64>>;

    /// Of one qubit in the product space: lowered, raised, or its sign.
    fn of_qubit(number: usize, qubit: usize, what: usize) -> Matrix {
        let size = 1 << number;
        let mut matrix = vec![vec![0.0; size]; size];
        for from in 0..size {
            let excited = from >> qubit & 1 == 1;
            match what {
                0 if excited => matrix[from & !(1 << qubit)][from] = 1.0,
                1 if !excited => matrix[from | 1 << qubit][from] = 1.0,
                2 => matrix[from][from] = if excited { 0.5 } else { -0.5 },
                _ => {}
            }
        }
        matrix
    }

    /// The jump operators of a bath with their rates, each times so much where it counts.
    fn jumps(number: usize, bath: &Bath, field: f64) -> Vec<(Matrix, f64, f64)> {
        let rates = [(bath.down, (-field).exp()), (bath.up, field.exp()), (bath.dephasing, 1.0)];
        let mut jumps = Vec::new();
        for (what, (rate, factor)) in rates.into_iter().enumerate().filter(|(_, (rate, _))| *rate > 0.0) {
            let own: Vec<Matrix> = (0..number).map(|qubit| of_qubit(number, qubit, what)).collect();
            match bath.coupling {
                Coupling::Local => jumps.extend(own.into_iter().map(|one| (one, rate, factor))),
                Coupling::Collective => {
                    let add = |a: Matrix, b: Matrix| {
                        a.into_iter().zip(b).map(|(a, b)| a.into_iter().zip(b).map(|(a, b)| a + b).collect()).collect()
                    };
                    jumps.push((own.into_iter().reduce(add).unwrap(), rate, factor));
                }
            }
        }
        jumps
    }

    /// The eigenvalue nearest to a guess above it.
    pub fn theta(model: &Model, fields: &[f64], guess: f64) -> f64 {
        let number = model.number as usize;
        let size = 1 << number;
        let at = |row: usize, column: usize| row * size + column;
        let mut a = vec![vec![0.0; size * size]; size * size];
        for (bath, field) in model.baths.iter().zip(fields) {
            for (jump, rate, factor) in jumps(number, bath, *field) {
                let nonzero: Vec<_> = (0..size)
                    .flat_map(|i| (0..size).map(move |j| (i, j)))
                    .filter(|(i, j)| jump[*i][*j] != 0.0)
                    .collect();
                for &(i, k) in &nonzero {
                    for &(j, l) in &nonzero {
                        a[at(i, j)][at(k, l)] += rate * factor * jump[i][k] * jump[j][l];
                        // L^dagger L, from both sides.
                        if i == j {
                            for m in 0..size {
                                a[at(k, m)][at(l, m)] -= 0.5 * rate * jump[i][k] * jump[j][l];
                                a[at(m, l)][at(m, k)] -= 0.5 * rate * jump[i][k] * jump[j][l];
                            }
                        }
                    }
                }
            }
        }
        let n = size * size;
        (0..n).for_each(|i| a[i][i] -= guess);
        // A = LU by rows, without pivots: what is eliminated is diagonally dominant but for the field.
        for i in 0..n {
            let (above, below) = a.split_at_mut(i + 1);
            let pivot = &above[i];
            for row in below.iter_mut().filter(|row| row[i] != 0.0) {
                row[i] /= pivot[i];
                let factor = row[i];
                row[i + 1..].iter_mut().zip(&pivot[i + 1..]).for_each(|(value, p)| *value -= factor * p);
            }
        }
        let mut v = vec![0.0; n];
        (0..size).for_each(|i| v[at(i, i)] = 1.0 / size as f64);
        let mut grown = 0.0;
        for _ in 0..400 {
            for i in 0..n {
                v[i] -= (0..i).map(|j| a[i][j] * v[j]).sum::<f64>();
            }
            for i in (0..n).rev() {
                v[i] = (v[i] - (i + 1..n).map(|j| a[i][j] * v[j]).sum::<f64>()) / a[i][i];
            }
            grown = (0..size).map(|i| v[at(i, i)]).sum::<f64>();
            v.iter_mut().for_each(|v| *v /= grown);
        }
        guess + 1.0 / grown
    }
}

#[test]
fn the_slowest_modes_are_the_spectrum_of_the_generator() {
    let one = telegraph(1, 0.2);
    let of_one = equation(&one);
    let rates: f64 = one.baths.iter().map(|bath| bath.down + bath.up).sum();
    let modes = Counting::new(&of_one).unwrap().slowest(4).unwrap();
    assert_eq!(modes.len(), 1);
    close(modes[0].rate.value, rates, 1e-13, 0.0, "one qubit");

    for model in [mixed(4), telegraph(3, 1e-6)] {
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let states = equation.ladder().levels.len();
        let all = counting.slowest(states - 1).unwrap();
        let trace: f64 = equation.ladder().entries().iter().filter(|e| e.row == e.column).map(|e| -e.value).sum();
        let error: f64 = all.iter().map(|mode| mode.rate.error).sum();
        close(all.iter().map(|mode| mode.rate.value).sum(), trace, 1e-12, error, "the sum of all rates");
        assert!(error < 1e-3 * trace && all[0].rate.known().is_some(), "{error}");
        close(1.0 / all[0].rate.value, counting.relaxation_time().unwrap(), 3e-3, 0.0, "the slowest");
    }
    // Hopping between J is slow, and it alone.
    let equation = equation(&telegraph(3, 1e-6));
    let modes = Counting::new(&equation).unwrap().slowest(3).unwrap();
    assert!(modes[0].rate.value < 1e-4 && modes[0].between_sectors > 0.99, "{modes:?}");
    assert!(modes[1].rate.value > 0.1 && modes[1].between_sectors < 1e-3, "{modes:?}");
}

/// Rates far apart and many levels: bounds close in, and the slopes are those of differences.
#[test]
fn fields_that_switch_the_sectors_are_resolved() {
    for (number, loss) in [(6, 1e-8), (20, 1e-3)] {
        let model = telegraph(number, loss);
        let equation = equation(&model);
        let tilted = Tilted::new(&equation).unwrap();
        let charges = field(&model, 0, 1.0);
        let at = |s: f64| tilted.at(&charges.times(s), None).unwrap();
        for s in [-0.3, -loss, 0.0, 0.3 * loss, 0.02, 0.8] {
            let (here, h) = (at(s), 1e-3 * (s.abs() + 0.1 * loss));
            let slope = (at(s + h).theta().value - at(s - h).theta().value) / (2.0 * h);
            // Truncated at h^2, and theta is known to its error.
            let error = (here.theta().error + 1e-15) / h;
            close(here.mean(&charges).value, slope, 3e-3, error, &format!("N = {number}, s = {s}"));
        }
        // What is near does not decide what is found.
        let near = at(0.02);
        let again = tilted.at(&charges.times(0.05), Some(near.logarithm())).unwrap();
        close(again.theta().value, at(0.05).theta().value, 1e-12, 0.0, "from near by");
    }
}

/// ln l and its slope at a field foretell the next, where the same is found as from nothing.
#[test]
fn a_field_foretells_the_next() {
    for (number, loss, s) in [(20, 1e-3, 0.02), (40, 0.01, -0.03), (40, 0.01, 0.05)] {
        let model = telegraph(number, loss);
        let equation = equation(&model);
        let tilted = Tilted::new(&equation).unwrap();
        let charges = field(&model, 0, 1.0);
        let at = |s: f64| tilted.at(&charges.times(s), None).unwrap();
        let apart = |one: &[f64], other: &[f64]| {
            let differences = one.iter().zip(other).map(|(one, other)| one - other);
            let (least, most) = differences.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), d| (d.min(l), d.max(m)));
            most - least
        };
        let (here, h) = (at(s), 1e-4);
        let slope = here.slope(&charges);
        let risen =
            |by: f64| here.logarithm().iter().zip(&slope).map(|(log, slope)| log + by * slope).collect::<Vec<_>>();
        let what = format!("N = {number}, s = {s}");
        // Up to a constant, and to the square of h.
        let (above, below) = (at(s + h), at(s - h));
        let between: Vec<f64> =
            above.logarithm().iter().zip(below.logarithm()).map(|(up, down)| (up - down) / (2.0 * h)).collect();
        let span = apart(&slope, &vec![0.0; slope.len()]);
        assert!(span > 0.1 && apart(&slope, &between) < 1e-3 * span, "{what}: {span}");
        for by in [h, 5e-3] {
            let (found, alone) =
                (tilted.foretold(&charges.times(s + by), risen(by), here.likely()).unwrap(), at(s + by));
            close(found.theta().value, alone.theta().value, 1e-11, found.theta().error, &what);
            close(found.noise(&charges).unwrap().value, alone.noise(&charges).unwrap().value, 1e-8, 0.0, &what);
            assert!(apart(found.logarithm(), alone.logarithm()) < 1e-9, "{what}");
        }
    }
}

/// Where the chain of a field dwells at a level that is all but impossible without it, and fields so far apart that none is
/// near another.
#[test]
fn many_qubits_are_followed_to_negative_fields() {
    let model = telegraph(300, 0.01);
    let equation = equation(&model);
    let tilted = Tilted::new(&equation).unwrap();
    let charges = field(&model, 0, 1.0);
    let (s, h) = (-0.1, 1e-4);
    let here = tilted.at(&charges.times(s), None).unwrap();
    let above = tilted.at(&charges.times(s + h), Some(here.logarithm())).unwrap();
    let slope = (above.theta().value - here.theta().value) / h;
    let middle = 0.5 * (here.mean(&charges).value + above.mean(&charges).value);
    // Truncated at h^2, and theta is known to its error.
    close(middle, slope, 1e-6, (here.theta().error + above.theta().error) / h, "N = 300");

    let baths = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 3.0\n\
                 [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.333\n\
                 [[bath]]\nname = \"loss\"\ncoupling = \"local\"\nrate = 0.01\ntemperature = 0.1\n";
    let point = point(&format!(
        "[qubits]\nnumber = 60\n{baths}[initial]\nstate = \"ground\"\n[noise]\nbaths = [\"hot\"]\n\
         counting_fields = [-0.5, -0.1, -0.02, 0.02]\n"
    ));
    let road = exact_beside(&point).unwrap();
    let fields = road.noise.iter().filter(|row| row.subject.statistic == Statistic::GeneratingFunction).count();
    assert_eq!(fields, 4, "{:?}", road.refused);
}

/// Sums over baths: cumulants of hot minus cold are those of both with what they share, and what its field carries is the slope.
#[test]
fn sums_over_baths_are_counted() {
    let baths = "[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\ndown = 1.5\nup = 1.0\n\
                 [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\ndown = 1.2\nup = 0.1\n\
                 [[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.4\nup = 0.1\n";
    let point = point(&format!(
        "[qubits]\nnumber = 3\n{baths}[initial]\nstate = \"ground\"\n[noise]\nbaths = [\"hot\", \"cold\"]\norder = 3\n\
         counting_fields = [0.0, 0.3]\ncounts = {{\"hot - cold\" = {{hot = 1, cold = -1}}, none = {{hot = 1, cold = 1, loss = 1}}}}\n"
    ));
    let road = exact_beside(&point).unwrap();
    let value = |statistic, bath: usize, argument: f64| {
        let of = |row: &&ExactNoise| {
            let subject = row.subject;
            (subject.statistic, subject.bath, subject.argument) == (statistic, bath, Some(argument))
        };
        road.noise
            .iter()
            .find(of)
            .unwrap_or_else(|| panic!("{statistic:?} {bath} {argument}: {:?}", road.refused))
            .value
    };
    let cross = road.noise.iter().find(|row| row.subject.statistic == Statistic::CrossNoise).unwrap().value;
    let of = |bath| value(Statistic::Cumulant, bath, 2.0);
    assert_eq!((point.counted(3), point.counted(4)), ("hot - cold", "none"));
    close(of(3), of(0) + of(1) - 2.0 * cross, 1e-9, 0.0, "hot - cold");
    close(value(Statistic::Cumulant, 3, 1.0), value(Statistic::ConditionedCurrent, 3, 0.0), 1e-9, 0.0, "mean");
    // All quanta together are what M changes by: nothing in the long run, and that is known.
    let of_counts = |row: &&ExactNoise| row.subject.bath == 4 && row.subject.statistic != Statistic::CumulantDigits;
    assert!(road.noise.iter().filter(of_counts).all(|row| row.value == 0.0), "{:?}", road.noise);
    assert_eq!(value(Statistic::GeneratingFunction, 4, 0.3), 0.0);
    assert_eq!(value(Statistic::Cumulant, 4, 3.0), 0.0);
    let model = &point.groups[0].model;
    let equation = equation(model);
    let theta = Tilted::new(&equation).unwrap().at(&Charges::net(&[0.3, -0.3, 0.0]), None).unwrap().theta().value;
    close(value(Statistic::GeneratingFunction, 3, 0.3), theta, 1e-11, 0.0, "theta");
}

#[test]
fn what_has_no_generating_function_says_why() {
    let mut model = telegraph(3, 0.0);
    let whole = PopulationEquation::new(&model, &InitialState::Product { excited: 1 });
    assert!(matches!(Tilted::new(&whole).err(), Some(SteadyError::SeveralSectors { sectors: 2 })));
    let of_one = equation(&model);
    let tilted = Tilted::new(&of_one).unwrap();
    assert_eq!(tilted.at(&field(&model, 0, 800.0), None).err(), Some(SteadyError::Field));
    model.baths.iter_mut().for_each(|bath| bath.up = 0.0);
    assert_eq!(Tilted::new(&equation(&model)).err(), Some(SteadyError::OneWay));
}
