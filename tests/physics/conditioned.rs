//! Trajectories under a condition: the chain that a counting field makes, held against its own master equation and against
//! theta'(s) and theta''(s).

use superjump::campaign::converge;
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Effort, PopulationEquation};
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::scenario::Point;
use superjump::solve::{ExactRoad, exact_beside};
use superjump::statistics::{Event, Reweighted, Statistic};
use superjump::trajectory::{ConditionedPopulations, Declared, Detail, Interrupt, Record};

use crate::common::{SIX, assert_within_5_sigma, bath, kolmogorov_smirnov, kolmogorov_smirnov_bound, point, run};

/// Collective between 3 and 1/3 with a local loss, and what else is asked for.
fn valve(number: i64, loss: f64, more: &str) -> String {
    let baths = bath("hot", "collective", 1.0, 3.0)
        + &bath("cold", "collective", 1.0, 1.0 / 3.0)
        + &bath("loss", "local", loss, 0.1);
    format!("[qubits]\nnumber = {number}\n{baths}{more}")
}

fn exact(point: &Point, quantity: Quantity, bath: Option<usize>) -> f64 {
    let road = exact_beside(point).unwrap();
    let found = road.values.iter().find(|(q, b, _)| (*q, *b) == (quantity, bath));
    found.unwrap_or_else(|| panic!("{quantity:?} {bath:?}: {:?}", road.refused)).2
}

/// Every bath and pattern, and every column of the grid, of trajectories of the long run and of those of a run that ends: 5
/// standard errors, 6e-7 each.
#[test]
fn trajectories_agree_with_the_conditioned_equation_at_every_time() {
    for (number, condition, over, until) in [
        (5, "bath = \"loss\"\nfield = 0.7\n", "long run", 3.0),
        (4, "bath = \"cavity\"\nfield = -0.4\n", "long run", 3.0),
        (1, "bath = \"pump\"\nfield = 0.5\n", "long run", 3.0),
        (5, "bath = \"loss\"\nfield = 0.7\n", "run", 3.0),
        (4, "bath = \"cavity\"\nfield = -1.5\n", "run", 1.0),
        // Long enough to forget the end, for a while.
        (3, "bath = \"pump\"\ncurrent = 1.5\n", "run", 40.0),
    ] {
        let ran = run(&format!(
            "[qubits]\nnumber = {number}\n{SIX}[condition]\nover = \"{over}\"\n{condition}[initial]\n\
             state = \"inverted\"\n[evolution]\nuntil = {until:?}\nsamples = 7\ntrajectories = 20000\nseed = 5\n"
        ));
        if until == 40.0 {
            assert!(ran.point.conditions().unwrap().ending.as_ref().unwrap().from() > 5.0);
        }
        let rows = ran.all();
        assert!(rows.iter().filter(|(_, _, exact)| exact.is_some()).count() > 60);
        for (what, estimate, exact) in rows {
            // What starts where it starts has no spread, and rare jumps may be unseen at first.
            if let (Some(exact), Some(_)) = (exact, estimate.std_error) {
                assert_within_5_sigma(estimate, exact, &format!("N = {number}: {what}"));
            }
        }
    }
}

/// Long trajectories carry theta'(s), and fluctuate by theta''(s): golden figures of dense matrices, by two roads.
#[test]
fn long_trajectories_carry_the_slope_of_the_generating_function() {
    for (number, loss, s, theta_1, theta_2) in [
        (2, 0.001, 0.05, 0.947_947_703_485_880_8, 1.002_984_010_893_488_4),
        (5, 0.001, 0.3, 4.942_649_391_736_738, 5.581_631_420_880_139),
        (5, 0.001, -0.3, 0.247_038_807_415_197_2, 0.301_030_625_398_248_65),
    ] {
        let more = format!(
            "[condition]\nfield = {s}\n[initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.02\n\
             [noise]\nbaths = [\"hot\"]\n[evolution]\nseed = 3\n"
        );
        let point = point(&valve(number, loss, &more));
        for (quantity, value) in [(Quantity::HeatCurrent, theta_1), (Quantity::Noise, theta_2)] {
            let exact = exact(&point, quantity, Some(0));
            assert!((exact / value - 1.0).abs() < 1e-7, "{quantity:?} at {s}: {exact}");
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let ran = converge(&point, &pool, &Interrupt::default(), &mut |_| {}).unwrap().unwrap();
        assert!(ran.convergence.converged, "{:?}", ran.convergence);
        for wanted in [Quantity::HeatCurrentCounts, Quantity::HeatCurrentInterval, Quantity::HeatCurrentControlled] {
            let found = ran.values.iter().find(|(quantity, bath, _)| (*quantity, *bath) == (wanted, Some(0)));
            assert_within_5_sigma(found.unwrap().2, theta_1, &format!("{wanted:?} at {s}"));
        }
        let noise = ran.noise.iter().find(|row| row.subject.statistic == Statistic::Noise).unwrap();
        assert_within_5_sigma(noise.estimate.unwrap(), theta_2, &format!("noise at {s}"));
    }
}

/// No field, no change; and a current that is asked for is carried.
#[test]
fn a_current_finds_its_field() {
    let start = "[initial]\nstate = \"ground\"\n[steady]\n";
    let plain = point(&valve(6, 0.01, start));
    let current = exact(&plain, Quantity::HeatCurrent, Some(1));
    let none = point(&valve(6, 0.01, &format!("[condition]\nbath = \"cold\"\nfield = 0.0\n{start}")));
    for (quantity, bath) in [(Quantity::HeatCurrent, Some(1)), (Quantity::Noise, Some(0)), (Quantity::JSquared, None)] {
        let (a, b) = (exact(&plain, quantity, bath), exact(&none, quantity, bath));
        assert!((a / b - 1.0).abs() < 1e-9, "{quantity:?}: {a} {b}");
    }
    assert_ne!(plain.id, none.id);
    for factor in [2.0, 0.1, -0.5, 1.0 + 1e-6] {
        let wanted = factor * current;
        let point = point(&valve(6, 0.01, &format!("[condition]\nbath = \"cold\"\ncurrent = {wanted}\n{start}")));
        let found = exact(&point, Quantity::HeatCurrent, Some(1));
        assert!((found / wanted - 1.0).abs() < 1e-9, "{factor}: {found} {wanted}");
        let field = point.groups[0].conditions.as_ref().unwrap().field;
        // The cold bath takes heat: to carry more of it the field is negative.
        assert!(if factor > 1.0 { field < 0.0 } else { field > 0.0 }, "{factor}: {field}");
    }
}

/// Runs that end, by the tilted generator as a dense matrix and the series of its exponential: `1 e^{W_s(T-t)} O e^{W_s t} p_0`,
/// over the same without O. No chain of a long run is in it.
#[test]
fn runs_that_end_are_those_of_the_tilted_generator() {
    for (number, field, until) in [(3, 0.8, 1.5), (4, -0.6, 6.0), (2, 3.0, 0.2)] {
        let more = format!(
            "[condition]\nbath = \"cold\"\nfield = {field:?}\n[initial]\nstate = \"dicke\"\nj = {j}\nm = {m}\n\
             [evolution]\nuntil = {until:?}\nsamples = 4\ntrajectories = 1\n",
            j = number as f64 / 2.0,
            m = 1.0 - number as f64 / 2.0,
        );
        let point = point(&valve(number, 0.3, &more));
        let model = &point.groups[0].model;
        let equation = PopulationEquation::new(model, &point.groups[0].initial);
        let dense = Dense::new(&equation, 1, field);
        let (given, road) = (point.conditions().unwrap(), ExactRoad::new(&point, Effort::Beside));
        let ones = vec![1.0; equation.initial().len()];
        let whole = dot(&ones, &dense.after(equation.initial(), until));
        let close = |value: f64, exact: f64, what: &str| {
            // Ending polynomials are good to 1e-11, in units of the largest rates.
            assert!((value - exact).abs() < 1e-8 * (1.0 + exact.abs()), "N = {number}, {what}: {value} {exact}");
        };
        close(given.ending.as_ref().unwrap().generating, whole.ln(), "ln <e^(sC)>");
        let slope = |h: f64| dot(&ones, &Dense::new(&equation, 1, field + h).after(equation.initial(), until)).ln();
        assert!((given.current * until - (slope(1e-4) - slope(-1e-4)) / 2e-4).abs() < 1e-6, "{}", given.current);
        for (sample, &time) in point.times().iter().enumerate() {
            let (p, l) = (dense.after(equation.initial(), time), dense.back(&ones, until - time));
            let of = |quantity, bath| {
                let column = point.columns().iter().position(|c| c.quantity == quantity && c.bath == bath).unwrap();
                road.on_grid(sample, column).unwrap()
            };
            let levels = &equation.ladder().levels;
            let seen: f64 = levels.iter().zip(&p).zip(&l).map(|((level, p), l)| level.m() * p * l).sum();
            close(of(Quantity::Jz, None), seen / whole, "jz");
            for bath in 0..3 {
                let exact = dot(&l, &dense.current(bath, &p)) / whole;
                close(of(Quantity::HeatCurrent, Some(bath)), exact, &format!("current of {bath} at {time}"));
            }
        }
    }
}

/// The moments of the counts of runs that end, by differences of `ln <e^{sC}>` in the field: 5 standard errors.
#[test]
fn counts_of_runs_that_end_have_the_moments_of_their_generating_function() {
    const PATHS: u64 = 20_000;
    let of = |field: f64| {
        let start = "[initial]\nstate = \"ground\"\n[evolution]\nuntil = 4.0\ntrajectories = 400\n";
        point(&valve(3, 0.2, &format!("[condition]\nfield = {field:?}\n{start}")))
    };
    let generating = |field: f64| of(field).conditions().unwrap().ending.as_ref().unwrap().generating;
    let (point, h) = (of(0.9), 1e-3);
    let [below, here, above] = [0.9 - h, 0.9, 0.9 + h].map(generating);
    let (mean, variance) = ((above - below) / (2.0 * h), (above - 2.0 * here + below) / (h * h));
    let group = &point.groups[0];
    let qubits = ConditionedPopulations::system(group);
    let engine = ConditionedPopulations::build(group, &qubits);
    let mut record = Record::new(&qubits, 3, &point.columns(), 1, Detail::default());
    let counts: Vec<f64> = (0..PATHS)
        .map(|number| {
            superjump::trajectory::run(&engine, &group.initial, &[4.0], &mut stream(9, 24, number), &mut record);
            record.trace.exchanged.net(0) as f64
        })
        .collect();
    let average = |of: &dyn Fn(f64) -> f64| counts.iter().map(|c| of(*c)).sum::<f64>() / PATHS as f64;
    let (off, fourth) = (average(&|c| c - mean), average(&|c| (c - mean).powi(4)));
    assert!(off.abs() < 5.0 * (variance / PATHS as f64).sqrt(), "{off}");
    let square = average(&|c| (c - mean).powi(2));
    assert!(
        (square - variance).abs() < 5.0 * ((fourth - variance * variance) / PATHS as f64).sqrt(),
        "{square} {variance}"
    );
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The tilted generator, and what each bath exchanges, as dense matrices: rows of where jumps go.
struct Dense {
    generator: Vec<Vec<f64>>,
    exchanged: Vec<Vec<Vec<f64>>>,
}

impl Dense {
    /// A field on one bath.
    fn new(equation: &PopulationEquation, tilted: usize, field: f64) -> Self {
        let ladder = equation.ladder();
        let size = ladder.levels.len();
        let nothing = vec![vec![0.0; size]; size];
        let (mut generator, mut exchanged) = (nothing.clone(), vec![nothing; ladder.baths.len()]);
        for (index, bath) in ladder.baths.iter().enumerate() {
            for flow in ladder.flows.iter().filter(|flow| flow.coupling == bath.coupling) {
                let quanta = f64::from(flow.process.two_m() as i32) / 2.0;
                let factor = if index == tilted { (field * quanta).exp() } else { 1.0 };
                for m in &flow.moves {
                    let rate = bath.rate(flow.process) * m.weight;
                    generator[m.to][m.from] += rate * factor;
                    generator[m.from][m.from] -= rate;
                    exchanged[index][m.to][m.from] += quanta * rate * factor;
                }
            }
        }
        Dense { generator, exchanged }
    }

    fn current(&self, bath: usize, p: &[f64]) -> Vec<f64> {
        self.exchanged[bath].iter().map(|row| dot(row, p)).collect()
    }

    fn after(&self, p: &[f64], time: f64) -> Vec<f64> {
        exponential(&self.generator, p, time)
    }

    fn back(&self, l: &[f64], time: f64) -> Vec<f64> {
        let size = l.len();
        let transposed: Vec<Vec<f64>> = (0..size).map(|i| (0..size).map(|j| self.generator[j][i]).collect()).collect();
        exponential(&transposed, l, time)
    }
}

/// The series, in steps short enough that no term is large.
fn exponential(matrix: &[Vec<f64>], v: &[f64], time: f64) -> Vec<f64> {
    let largest = matrix.iter().flatten().fold(0.0_f64, |most, x| most.max(x.abs()));
    let steps = (2.0 * largest * time).ceil().max(1.0);
    let mut v = v.to_vec();
    for _ in 0..steps as usize {
        let mut term = v.clone();
        for k in 1..60 {
            let by = time / steps / f64::from(k);
            term = matrix.iter().map(|row| by * dot(row, &term)).collect();
            v.iter_mut().zip(&term).for_each(|(v, term)| *v += term);
        }
    }
    v
}

/// What is weighed back is unbiased: z over many seeds is normal (Kolmogorov-Smirnov at 0.001), for a probability that plain
/// trajectories would not see, against the exact law of the counts.
#[test]
fn weights_give_back_what_is_rare() {
    const RUNS: usize = 200;
    const PATHS: u64 = 1500;
    let start = "[initial]\nstate = \"ground\"\n[evolution]\nuntil = 20.0\ntrajectories = 400\n";
    let point = point(&valve(2, 0.05, &format!("[condition]\nfield = 0.8\nover = \"long run\"\n{start}")));
    let group = &point.groups[0];
    let given = point.conditions().unwrap();
    let qubits = ConditionedPopulations::system(group);
    let engine = ConditionedPopulations::build(group, &qubits);
    let event = Event::of(given, 20.0).unwrap();
    let exact = tail(&group.model, event.quanta, 20.0);
    // Of plain trajectories one run in fifty would see it once.
    assert!(exact.event * (PATHS as f64) < 0.02, "{exact:?}");
    let mut scores = Vec::new();
    let mut both = Vec::new();
    for run in 0..RUNS as u64 {
        let mut record = Record::new(&qubits, 2, &point.columns(), 1, Detail::default());
        let mut weighed = Reweighted::default();
        for number in 0..PATHS {
            let mut rng = stream(run, 24, number);
            superjump::trajectory::run(&engine, &group.initial, &[20.0], &mut rng, &mut record);
            weighed.push(&record.trace, given, 2);
        }
        let rare = weighed.probability(event, given, 20.0);
        let estimate = rare.estimate.unwrap();
        scores.push((estimate.mean - exact.event) / estimate.std_error.unwrap());
        let generating = weighed.generating_function(given.field, given, 20.0).estimate.unwrap();
        both.push((generating.mean - exact.generating) / generating.std_error.unwrap());
        assert!(rare.effective > 50.0 && rare.effective < PATHS as f64);
        // What the condition makes rarer still is not told.
        assert!(weighed.probability(Event { quanta: -5, at_least: false }, given, 20.0).estimate.is_none());
    }
    for scores in [&mut scores, &mut both] {
        let normal = |z: f64| 0.5 * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2);
        assert!(kolmogorov_smirnov(scores, normal) < kolmogorov_smirnov_bound(RUNS), "{scores:?}");
    }
}

#[derive(Debug)]
struct Exact {
    event: f64,
    generating: f64,
}

/// The law of the net quanta from the first bath by uniformization over levels and counts, from the ground state: at least so
/// many, and `ln <e^{0.8 C}>/t`.
fn tail(model: &superjump::model::Model, quanta: i64, until: f64) -> Exact {
    let equation = PopulationEquation::new(model, &InitialState::Dicke(Level::ground(model.number)));
    let ladder = equation.ladder();
    let (levels, most) = (ladder.levels.len(), 150_i64);
    let bins = (2 * most + 1) as usize;
    let mut steps = Vec::new();
    let mut leaving = vec![0.0; levels];
    for (index, bath) in ladder.baths.iter().enumerate() {
        for flow in ladder.flows.iter().filter(|flow| flow.coupling == bath.coupling) {
            let shift = if index == 0 { flow.process.two_m() / 2 } else { 0 };
            for m in &flow.moves {
                let rate = bath.rate(flow.process) * m.weight;
                leaving[m.from] += rate;
                steps.push((m.from, m.to, rate, shift));
            }
        }
    }
    let fastest = leaving.iter().copied().fold(0.0, f64::max);
    let mut now = vec![0.0; bins * levels];
    now[most as usize * levels..][..levels].copy_from_slice(equation.initial());
    let mut sum = vec![0.0; bins];
    let mut weight = (-fastest * until).exp();
    for step in 1..(fastest * until + 12.0 * (fastest * until).sqrt() + 30.0) as usize {
        sum.iter_mut().zip(now.chunks_exact(levels)).for_each(|(sum, p)| *sum += weight * p.iter().sum::<f64>());
        weight *= fastest * until / step as f64;
        let mut next = now.clone();
        for bin in 1..bins as i64 - 1 {
            let from = &now[bin as usize * levels..][..levels];
            for (level, p) in from.iter().enumerate() {
                next[bin as usize * levels + level] -= p * leaving[level] / fastest;
            }
            for (a, b, rate, shift) in &steps {
                next[(bin + shift) as usize * levels + b] += from[*a] * rate / fastest;
            }
        }
        now = next;
    }
    let counted = || (-most..=most).zip(&sum);
    let generating = counted().map(|(count, p)| (0.8 * count as f64).exp() * p).sum::<f64>();
    Exact {
        event: counted().filter(|(count, _)| *count >= quanta).map(|(_, p)| p).sum(),
        generating: generating.ln() / until,
    }
}
