//! Protocols: figures of an independent solver, laws of fluctuations, and paths against exact averages.

use proptest::prelude::*;
use serde_json::Value;
use superjump::bath::{Coupling, occupation};
use superjump::circuit::{Filter, FilterForm};
use superjump::dicke::{Level, levels, ln_degeneracy, sectors};
use superjump::initial::{InitialState, Mixture};
use superjump::lindblad::PopulationEquation;
use superjump::lindblad::protocol::{Moments, ProtocolEquation};
use superjump::lindblad::{RegisterProtocol, density};
use superjump::model::protocol::{Change, Entry, Protocol, Repeats, Segment};
use superjump::model::{Course, DriveCourse, Model, Observables, Register, Reservoir, Setting, Shape, SpectralDensity};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::protocol::{Ledger, Pieces, ProtocolChain, Recorded, Unwatched};
use superjump::trajectory::{self, Detail, Populations, Record};
use superjump::units::Units;

use crate::common::number;

pub fn golden(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/protocols.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

fn course(value: &Value, shape: Shape) -> Course {
    match value.as_f64() {
        Some(held) => Course::Held(held),
        None => Course::Ramp { from: number(&value[0]), to: number(&value[1]), shape },
    }
}

fn bath(value: &Value) -> Reservoir {
    let coupling = Coupling::named(value["coupling"].as_str().unwrap()).unwrap();
    let rate = number(&value["rate"]);
    let density = match value.get("filter") {
        None => SpectralDensity::Flat(rate),
        Some(filter) => {
            let (quality, resonance) = (number(&filter["quality"]), number(&filter["resonance"]));
            let filter = Filter::new(quality, resonance, FilterForm::Lorentzian).unwrap();
            SpectralDensity::Filtered { on_resonance: rate, filter }
        }
    };
    Reservoir::thermal(value["name"].as_str().unwrap(), coupling, density, number(&value["temperature"])).unwrap()
}

fn segment(value: &Value) -> Segment {
    let shape = if value["shape"] == "cosine" { Shape::Cosine } else { Shape::Linear };
    let mut baths = Vec::new();
    for (key, setting) in [("rate", Setting::Rate), ("temperature", Setting::Temperature)] {
        for (name, value) in value.get(key).and_then(Value::as_object).into_iter().flatten() {
            baths.push(Change { bath: name.clone(), setting, course: course(value, shape) });
        }
    }
    Segment {
        duration: number(&value["duration"]),
        frequency: course(&value["omega"], shape),
        baths,
        drive: DriveCourse::default(),
    }
}

/// A case of the golden file.
pub struct Case {
    pub name: String,
    pub number: i64,
    pub protocol: Protocol,
    pub initial: InitialState,
}

pub fn case(value: &Value, repeats: Repeats) -> Case {
    let n = value["N"].as_i64().unwrap();
    let baths: Vec<Reservoir> = value["baths"].as_array().unwrap().iter().map(bath).collect();
    let segments: Vec<Segment> = value["segments"].as_array().unwrap().iter().map(segment).collect();
    let protocol = Protocol::new(Units::Natural, &baths, &segments, repeats).unwrap();
    let initial = match value["initial"]["state"].as_str().unwrap_or("ground") {
        "ground" => InitialState::Dicke(Level::ground(n)),
        "inverted" => InitialState::Dicke(Level::inverted(n)),
        "thermal" => thermal(protocol.frequency(0.0) / number(&value["initial"]["temperature"])),
        other => panic!("no initial state for {other}"),
    };
    let name = value["name"].as_str().unwrap_or("unnamed").to_owned();
    Case { name, number: n, protocol, initial }
}

pub fn thermal(x: f64) -> InitialState {
    InitialState::Thermal { probability: 1.0 / (1.0 + x.exp()) }
}

impl Case {
    pub fn equation(&self) -> ProtocolEquation {
        ProtocolEquation::new(&self.protocol, self.number, &self.initial).unwrap()
    }

    /// The entry that the golden file names so.
    pub fn entry(&self, name: &str) -> Entry {
        let of = |bath: &str| self.protocol.stages()[0].reservoirs.iter().position(|b| b.name == bath).unwrap();
        match name.split_once(':') {
            Some(("heat", bath)) => Entry::Heat(of(bath)),
            Some(("quanta", bath)) => Entry::Quanta(of(bath)),
            None if name == "work" => Entry::Work,
            None if name == "entropy" => Entry::Entropy,
            _ => panic!("no entry {name}"),
        }
    }

    fn check_moments(&self, moments: &Moments, mean: &Value, covariance: &Value) {
        for (name, value) in mean.as_object().unwrap() {
            let found = moments.mean(self.entry(name)).unwrap();
            assert_close(found, number(value), &format!("{}: {name}", self.name));
        }
        for (names, value) in covariance.as_object().unwrap() {
            let (a, b) = names.split_once(',').unwrap();
            let found = moments.covariance(self.entry(a), self.entry(b)).unwrap();
            assert_close(found, number(value), &format!("{}: covariance of {names}", self.name));
        }
    }

    /// Paths, each as its entries over the whole protocol: means and covariances within five standard errors of these.
    /// A covariance below a hundredth rests on paths too rare to have an error.
    fn check_paths(&self, expected: &Moments, pieces: Pieces, paths: u64, seed: u64) {
        let spreads = |(a, b): &(Entry, Entry)| expected.covariance(*a, *b).unwrap().abs() > 0.01;
        let chain = ProtocolChain::new(&self.protocol, self.number, pieces);
        let mut ledger = Ledger::new(&self.protocol, 0);
        let entries: Vec<Entry> = Entry::all(self.protocol.baths()).filter(|e| expected.mean(*e).is_some()).collect();
        let pairs = entries.iter().flat_map(|a| entries.iter().map(|b| (*a, *b)));
        let pairs: Vec<(Entry, Entry)> = pairs.filter(spreads).collect();
        let mut sums = vec![(0.0, 0.0); entries.len() + pairs.len()];
        for path in 0..paths {
            chain.run(&self.initial, &[], &mut stream(seed, 0, path), &mut ledger, &mut Unwatched);
            let apart = |entry: Entry| ledger.total(entry) - expected.mean(entry).unwrap();
            let values = entries.iter().map(|e| apart(*e)).chain(pairs.iter().map(|(a, b)| apart(*a) * apart(*b)));
            sums.iter_mut().zip(values).for_each(|(sum, x)| *sum = (sum.0 + x, sum.1 + x * x));
        }
        let n = paths as f64;
        let exact = entries.iter().map(|_| 0.0).chain(pairs.iter().map(|(a, b)| expected.covariance(*a, *b).unwrap()));
        let what = entries.iter().map(|e| format!("{e:?}")).chain(pairs.iter().map(|pair| format!("{pair:?}")));
        for (((sum, squares), exact), what) in sums.into_iter().zip(exact).zip(what) {
            let mean = sum / n;
            let error = ((squares / n - mean * mean).max(0.0) / n).sqrt();
            let off = (mean - exact).abs();
            assert!(off <= 5.0 * error + 1e-11, "{}, {pieces:?}, {what}: {mean} ± {error}, not {exact}", self.name);
        }
    }
}

#[track_caller]
pub fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-8 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
}

#[test]
fn transients_are_golden_on_both_roads() {
    for (index, value) in golden("transient").iter().enumerate() {
        let (given, result) = (&value["case"], &value["result"]);
        let repeats = given["periods"].as_u64().map_or(Repeats::Once, Repeats::Cycles);
        let case = case(given, repeats);
        let rows = result["series"].as_array().unwrap();
        let times: Vec<f64> = rows.iter().map(|row| number(&row["t"])).collect();
        let averages = case.equation().averages(&times).unwrap();
        let what = &case.name;
        for (row, found) in rows.iter().zip(&averages.series) {
            assert_close(found.now.jz, number(&row["jz"]), what);
            assert_close(found.now.emission, number(&row["jpjm"]), what);
            for (name, value) in
                row.as_object().unwrap().iter().filter(|(name, _)| name.contains("heat") || *name == "work")
            {
                assert_close(found.booked.mean(case.entry(name)).unwrap(), number(value), what);
            }
        }
        case.check_moments(&averages.last.booked, &result["mean"], &result["covariance"]);
        assert_close(averages.last.now.jz, number(&result["final"]["jz"]), what);
        assert_close(averages.last.now.j_squared, number(&result["final"]["j_squared"]), what);
        match result["entropy_production"].as_f64() {
            Some(produced) => assert_close(averages.entropy_production.unwrap(), produced, what),
            None => {
                assert!(averages.entropy_production.is_none() && averages.last.booked.mean(Entry::Entropy).is_none());
            }
        }
        case.check_paths(&averages.last.booked, Pieces::Enough, 10_000, index as u64);
    }
}

#[test]
fn limit_cycles_are_golden_and_so_is_their_noise() {
    for (index, value) in golden("cycle").iter().enumerate() {
        let (given, result) = (&value["case"], &value["result"]);
        let case = case(given, Repeats::Cycles(1));
        let equation = case.equation();
        let cycle = equation.limit_cycle().unwrap();
        let what = &case.name;
        case.check_moments(&cycle.many, &result["mean"], &result["asymptotic_covariance_per_cycle"]);
        assert_close(case.protocol.period(), number(&result["period"]), what);
        assert_close(cycle.start.jz, number(&result["jz_start"]), what);
        let single = cycle.single.covariance(Entry::Work, Entry::Work).unwrap();
        assert_close(single, number(&result["single_cycle_work_variance"]), what);
        assert_close(cycle.second_multiplier, number(&result["second_multiplier"]), what);
        assert_close(cycle.fano(Entry::Work).unwrap(), number(&result["derived"]["work_fano"]), what);
        let work = cycle.many.mean(Entry::Work).unwrap();
        if let Some(efficiency) = result["derived"]["efficiency"].as_f64() {
            assert_close(-work / cycle.many.mean(case.entry("heat:hot")).unwrap(), efficiency, what);
        }
        if what.starts_with("otto") && !what.contains("parasitic") {
            // Without a parasitic bath every quantum is carried through: eta = 1 - omega_c/omega_h.
            let hot = cycle.many.mean(case.entry("heat:hot")).unwrap();
            let cold = cycle.many.mean(case.entry("heat:cold")).unwrap();
            let stages = case.protocol.stages();
            let (slow, fast) = (stages[0].frequency.first(), stages[stages.len() / 2].frequency.first());
            assert!((cold / hot + slow / fast).abs() < 1e-10, "{what}: {cold} {hot}");
        }
        // A cycle from its limit.
        let start = equation.levels().iter().copied().zip(cycle.p.iter().copied());
        let stationary = Case { initial: InitialState::Steady(Mixture::new(start, true)), ..case };
        stationary.check_paths(&cycle.single, Pieces::Enough, 5_000, 100 + index as u64);
    }
}

#[test]
fn variances_of_many_cycles_grow_as_the_limit_says() {
    for value in golden("cycle").iter().filter(|value| value["case"]["N"].as_i64().unwrap() < 5) {
        let one = case(&value["case"], Repeats::Cycles(1));
        let cycle = one.equation().limit_cycle().unwrap();
        let after =
            |cycles: u64| case(&value["case"], Repeats::Cycles(cycles)).equation().averages(&[]).unwrap().last.booked;
        let (before, now) = (after(120), after(160));
        for (a, b) in [(Entry::Work, Entry::Work), (Entry::Work, Entry::Heat(0)), (Entry::Entropy, Entry::Quanta(1))] {
            let grown = (now.covariance(a, b).unwrap() - before.covariance(a, b).unwrap()) / 40.0;
            assert_close(grown, cycle.many.covariance(a, b).unwrap(), &format!("{}: {a:?} {b:?}", one.name));
        }
        let grown = (now.mean(Entry::Work).unwrap() - before.mean(Entry::Work).unwrap()) / 40.0;
        assert_close(grown, cycle.many.mean(Entry::Work).unwrap(), &one.name);
    }
}

/// From an initial state over all J that nothing mixes: each has its own limit.
#[test]
fn sectors_that_nothing_mixes_have_each_its_own_limit() {
    let value = &golden("cycle")[0]["case"];
    let of = |initial: InitialState| Case { initial, ..case(value, Repeats::Cycles(1)) }.equation();
    let initial = thermal(0.4);
    let whole = of(initial.clone()).limit_cycle().unwrap();
    let (mut mean, mut variance, mut second, mut multiplier) = (0.0, 0.0, 0.0, 0.0_f64);
    for two_j in sectors(4) {
        let weight: f64 = initial.populations(4).iter().filter(|(level, _)| level.two_j == two_j).map(|(_, p)| p).sum();
        let alone = of(InitialState::Dicke(Level { two_j, two_m: -two_j })).limit_cycle().unwrap();
        let work = alone.many.mean(Entry::Work).unwrap();
        mean += weight * work;
        second += weight * work * work;
        variance += weight * alone.many.covariance(Entry::Work, Entry::Work).unwrap();
        multiplier = multiplier.max(alone.second_multiplier);
    }
    let work = (Entry::Work, Entry::Work);
    assert_close(whole.many.mean(Entry::Work).unwrap(), mean, "mean");
    assert_close(whole.many.covariance(work.0, work.1).unwrap(), variance, "variance");
    assert_close(whole.between_sectors.covariance(work.0, work.1).unwrap(), second - mean * mean, "between");
    assert_close(whole.second_multiplier, multiplier, "multiplier");
}

#[test]
fn what_has_no_limit_cycle_says_why() {
    let of = |number: i64, loss: f64, repeats: Repeats| {
        let baths = [flat("hot", Coupling::Collective, loss.max(0.1), 2.0), flat("loss", Coupling::Local, loss, 0.5)];
        let protocol = Protocol::new(Units::Natural, &baths, &[plain(0.1, Course::Held(1.0))], repeats).unwrap();
        let initial = InitialState::Dicke(Level::ground(number));
        ProtocolEquation::new(&protocol, number, &initial).unwrap().limit_cycle().map(|_| ()).unwrap_err().to_string()
    };
    assert!(of(2, 0.3, Repeats::Once).contains("passes once"));
    let message = of(6, 1e-8, Repeats::Cycles(1));
    assert!(message.contains("less than 1e-6") && message.contains("of a deviation"), "{message}");

    // Each of six sectors has its own limit.
    let hot = [flat("hot", Coupling::Collective, 0.1, 2.0)];
    let protocol = Protocol::new(Units::Natural, &hot, &[plain(0.1, Course::Held(1.0))], Repeats::Cycles(1)).unwrap();
    let equation = ProtocolEquation::new(&protocol, 1000, &InitialState::Product { excited: 5 }).unwrap();
    assert!(equation.limit_cycle().unwrap_err().to_string().contains("1001 levels is beyond the 700"));

    let dark = [flat("dark", Coupling::Collective, 0.0, 2.0)];
    let segments = [plain(0.1, ramp(1.0, 2.0, Shape::Linear))];
    let protocol = Protocol::new(Units::Natural, &dark, &segments, Repeats::Cycles(1)).unwrap();
    let equation = ProtocolEquation::new(&protocol, 2, &InitialState::Dicke(Level::ground(2))).unwrap();
    assert!(equation.limit_cycle().unwrap_err().to_string().contains("no unique limit"));

    // Dephasing mixes the sectors, and leaves M.
    let noise = [Reservoir::given("noise", Coupling::Local, 0.0, 0.0).unwrap().dephasing(1.0).unwrap()];
    let protocol = Protocol::new(Units::Natural, &noise, &segments, Repeats::Cycles(1)).unwrap();
    let equation = ProtocolEquation::new(&protocol, 4, &InitialState::Dicke(Level::ground(4))).unwrap();
    let message = equation.limit_cycle().unwrap_err().to_string();
    assert!(message.contains("no unique limit"), "{message}");
}

/// Rates that are given and ramped, dephasing, tables and exponentials: all that the golden figures leave out.
#[test]
fn whatever_is_ramped_paths_follow_the_exact_averages() {
    let baths = [
        flat("thermal", Coupling::Collective, 0.3, 1.0),
        Reservoir::given("pump", Coupling::Local, 0.1, 0.4).unwrap(),
        Reservoir::given("drain", Coupling::Collective, 0.5, 0.1).unwrap().dephasing(0.1).unwrap(),
        flat("third", Coupling::Collective, 0.1, 3.0),
    ];
    let change = |bath: &str, setting, course| Change { bath: bath.into(), setting, course };
    let first = Segment {
        baths: vec![
            change("pump", Setting::Up, ramp(0.1, 2.0, Shape::Exponential)),
            change("pump", Setting::Dephasing, ramp(0.0, 1.5, Shape::Linear)),
            change("drain", Setting::Down, ramp(1.5, 0.2, Shape::Cosine)),
            change("thermal", Setting::Temperature, Course::Table(vec![(0.0, 0.3), (0.2, 2.0), (1.0, 0.6)])),
        ],
        ..plain(1.0, Course::Table(vec![(0.0, 1.0), (0.5, 2.5), (1.0, 2.0)]))
    };
    let segments = [first, plain(0.4, Course::Held(1.4)), plain(0.6, ramp(1.4, 0.7, Shape::Exponential))];
    for repeats in [Repeats::Once, Repeats::Cycles(2)] {
        let protocol = Protocol::new(Units::Natural, &baths, &segments, repeats).unwrap();
        let initial = InitialState::Product { excited: 2 };
        let case = Case { name: "all".into(), number: 5, protocol, initial };
        let expected = case.equation().averages(&[]).unwrap().last.booked;
        case.check_paths(&expected, Pieces::Enough, 10_000, 60);
    }
}

/// Strokes long enough to forget, by golden figures and a closed form: `W = (omega_h - omega_c) (<M>_c - <M>_h)`, a whole
/// cycle's spread is that of both levels. N = 100 is left to the closed form: its cycle takes a hundred thousand steps.
#[test]
fn strokes_that_thermalize_do_the_work_of_two_thermal_states() {
    for (index, golden) in golden("ideal_otto").iter().enumerate() {
        let n = (2.0 * number(&golden["J"])) as i64;
        let of = |key: &str| number(&golden[key]);
        let (slow, fast, cold, hot) = (of("omega_cold"), of("omega_hot"), of("T_cold"), of("T_hot"));
        let spread = |x: f64| {
            let p = levels(n).map(|level| (level.m(), (-x * (level.m() + n as f64 / 2.0)).exp()));
            let [z, m, square] =
                p.fold([0.0; 3], |[z, m, square], (level, p)| [z + p, m + level * p, square + level * level * p]);
            (m / z, square / z - (m / z).powi(2))
        };
        let ((at_cold, cold_spread), (at_hot, hot_spread)) = (spread(slow / cold), spread(fast / hot));
        let (work, variance) = (of("work"), of("single_cycle_work_variance"));
        assert_close((fast - slow) * (at_cold - at_hot), work, "closed form");
        assert_close((fast - slow).powi(2) * (cold_spread + hot_spread), variance, "closed form of the spread");
        if n > 40 {
            continue;
        }
        let baths = [flat("hot", Coupling::Collective, 1.0, hot), flat("cold", Coupling::Collective, 1.0, cold)];
        let off = |bath: &str| Change { bath: bath.into(), setting: Setting::Rate, course: Course::Held(0.0) };
        // What is slowest goes at 1 + 2n or faster.
        let stroke = |frequency, bath, temperature: f64| Segment {
            baths: vec![off(bath)],
            ..plain(40.0 / (1.0 + 2.0 * occupation(frequency / temperature)), Course::Held(frequency))
        };
        let segments = [stroke(slow, "hot", cold), stroke(fast, "cold", hot)];
        let protocol = Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(1)).unwrap();
        let case = Case {
            name: format!("J = {}", golden["J"]),
            number: n,
            protocol,
            initial: InitialState::Dicke(Level::ground(n)),
        };
        let equation = case.equation();
        let cycle = equation.limit_cycle().unwrap();
        assert_close(cycle.many.mean(Entry::Work).unwrap(), work, &case.name);
        assert_close(cycle.many.mean(Entry::Heat(0)).unwrap(), of("heat_hot"), &case.name);
        assert_close(cycle.many.mean(Entry::Heat(1)).unwrap(), of("heat_cold"), &case.name);
        assert_close(cycle.single.covariance(Entry::Work, Entry::Work).unwrap(), variance, &case.name);
        if n <= 10 {
            let start = equation.levels().iter().copied().zip(cycle.p.iter().copied());
            let stationary = Case { initial: InitialState::Steady(Mixture::new(start, true)), ..case };
            stationary.check_paths(&cycle.single, Pieces::Enough, 1_000, 200 + index as u64);
        }
    }
}

/// ln Z of N qubits, `Z = sum d_J exp(-x M)`.
pub fn ln_z(n: i64, x: f64) -> f64 {
    let all = sectors(n).flat_map(levels);
    all.map(|level| (ln_degeneracy(n, level.two_j) - x * level.m()).exp()).sum::<f64>().ln()
}

/// The same protocol backwards.
fn reversed(value: &Value) -> Value {
    let mut value = value.clone();
    for segment in value["segments"].as_array_mut().unwrap() {
        segment["omega"].as_array_mut().unwrap().reverse();
    }
    value
}

#[test]
fn the_fluctuations_of_work_are_golden_and_those_of_crooks_and_jarzynski() {
    for (index, value) in golden("fluctuation").iter().enumerate() {
        let (given, result) = (&value["case"], &value["result"]);
        let (forward, temperature) = (case(given, Repeats::Once), number(&given["initial"]["temperature"]));
        let backward = case(&reversed(given), Repeats::Once);
        let x = |time: f64| forward.protocol.frequency(time) / temperature;
        let ln_ratio = ln_z(forward.number, x(forward.protocol.end())) - ln_z(forward.number, x(0.0));
        assert_close(-temperature * ln_ratio, number(&result["delta_free_energy"]), "free energy");
        let (there, back) = (forward.equation(), backward.equation());
        let average = |equation: &ProtocolEquation, s| equation.exponential_work(s, temperature).unwrap();
        for (s, golden) in result["mgf"].as_object().unwrap() {
            let s: f64 = s.parse().unwrap();
            assert_close(average(&there, s), number(golden), &format!("case {index}, s = {s}"));
            // Crooks; at s = 1 Jarzynski.
            let crooks = ln_ratio.exp() * average(&back, 1.0 - s);
            assert!((average(&there, s) / crooks - 1.0).abs() < 1e-10, "case {index}, s = {s}");
        }
        let averages = there.averages(&[]).unwrap();
        assert_close(averages.last.booked.mean(Entry::Work).unwrap(), number(&result["mean_work"]), "work");
        let variance = averages.last.booked.covariance(Entry::Work, Entry::Work).unwrap();
        assert_close(variance, number(&result["var_work"]), "variance");

        // Of paths.
        let chain = ProtocolChain::new(&forward.protocol, forward.number, Pieces::Enough);
        let mut ledger = Ledger::new(&forward.protocol, 0);
        let (mut sum, mut squares, paths) = (0.0, 0.0, 20_000);
        for path in 0..paths {
            chain.run(&forward.initial, &[], &mut stream(7, index as u64, path), &mut ledger, &mut Unwatched);
            let weight = (-ledger.total(Entry::Work) / temperature).exp();
            (sum, squares) = (sum + weight, squares + weight * weight);
        }
        let n = paths as f64;
        let error = ((squares / n - (sum / n).powi(2)) / n).sqrt();
        assert!((sum / n - ln_ratio.exp()).abs() < 5.0 * error, "case {index}: {} ± {error}", sum / n);
    }
}

#[test]
fn the_entropy_that_is_produced_averages_to_one_from_full_support_and_to_less_from_one_level() {
    let value = &golden("integral")[0];
    let thermal = case(&value["case"], Repeats::Once);
    let equation = thermal.equation();
    assert!((equation.exponential_entropy().unwrap().unwrap() - 1.0).abs() < 1e-10);
    let produced = equation.averages(&[]).unwrap().entropy_production.unwrap();
    assert_close(produced, number(&value["result"]["entropy_production"]), "entropy production");
    let ground = Case { initial: InitialState::Dicke(Level::ground(thermal.number)), ..thermal };
    // Absolute irreversibility; the figure is that of an integration by Runge and Kutta's rule, apart from this code.
    let found = ground.equation().exponential_entropy().unwrap().unwrap();
    assert!((found - 0.562_240_399_18).abs() < 1e-10, "{found}");
}

pub fn flat(name: &str, coupling: Coupling, rate: f64, temperature: f64) -> Reservoir {
    Reservoir::thermal(name, coupling, SpectralDensity::Flat(rate), temperature).unwrap()
}

pub fn valve(scale: f64) -> Vec<Reservoir> {
    vec![
        flat("hot", Coupling::Collective, 0.6, 2.0 * scale),
        flat("cold", Coupling::Collective, 0.4, 0.5 * scale),
        flat("loss", Coupling::Local, 0.1, 0.8 * scale).dephasing(0.05).unwrap(),
    ]
}

pub fn plain(duration: f64, frequency: Course) -> Segment {
    Segment { duration, frequency, baths: Vec::new(), drive: DriveCourse::default() }
}

pub fn ramp(from: f64, to: f64, shape: Shape) -> Course {
    Course::Ramp { from, to, shape }
}

pub fn valve_case(number: i64, segments: &[Segment], repeats: Repeats) -> Case {
    let protocol = Protocol::new(Units::Natural, &valve(1.0), segments, repeats).unwrap();
    Case { name: "valve".into(), number, protocol, initial: InitialState::Dicke(Level::ground(number)) }
}

#[test]
fn a_protocol_in_which_nothing_changes_is_none_to_the_bit() {
    let case = valve_case(20, &[plain(3.0, Course::Held(1.2))], Repeats::Once);
    let model = case.protocol.model(case.number, 0.0);
    let (engine, times) = (Populations::new(&model), [0.0, 0.7, 3.0]);
    let chain = ProtocolChain::new(&case.protocol, case.number, Pieces::Enough);
    let mut ledger = Ledger::new(&case.protocol, times.len());
    let detail = Detail { jumps: true, photons: 0, ..Detail::default() };
    let columns = columns(&[&model], false);
    let record = || Record::new(&model, case.number, &columns, times.len(), detail);
    let (mut without, mut with) = (record(), Recorded::new(record(), &columns, &case.protocol, &model, &times));
    for path in 0..50 {
        trajectory::run(&engine, &case.initial, &times, &mut stream(3, 1, path), &mut without);
        with.clear();
        chain.run(&case.initial, &times, &mut stream(3, 1, path), &mut ledger, &mut with);
        with.close(&ledger, &times);
        let trace = &with.record.trace;
        assert_eq!(trace.log, without.trace.log);
        assert_eq!(trace.exchanged, without.trace.exchanged);
        assert_eq!(trace.values.map(|x| x.to_bits()), without.trace.values.map(|x| x.to_bits()));
        assert_eq!((trace.peak, trace.final_level()), (without.trace.peak, without.trace.final_level()));
        for bath in 0..3 {
            assert_eq!(ledger.total(Entry::Quanta(bath)), without.trace.exchanged.net(bath) as f64);
        }
        let mut alone = Ledger::new(&case.protocol, times.len());
        chain.run(&case.initial, &times, &mut stream(3, 1, path), &mut alone, &mut Unwatched);
        assert_eq!((&alone.samples, &alone.seen, &alone.ends), (&ledger.samples, &ledger.seen, &ledger.ends));
    }
}

/// The exact road too, against that without a protocol.
#[test]
fn exact_averages_in_which_nothing_changes_are_those_of_no_protocol() {
    let case = valve_case(6, &[plain(1.0, Course::Held(1.2)), plain(2.0, Course::Held(1.2))], Repeats::Once);
    let times = [0.3, 1.0, 2.0, 3.0];
    let found = case.equation().averages(&times).unwrap();
    let model = case.protocol.model(6, 0.0);
    let expected = PopulationEquation::new(&model, &case.initial).transient(&times).unwrap();
    let mut heat = 0.0;
    for ((found, expected), length) in found.series.iter().zip(&expected).zip([0.3, 0.7, 1.0, 1.0]) {
        assert!(
            (found.now.jz - expected.now.jz).abs() < 1e-10
                && (found.now.j_squared - expected.now.j_squared).abs() < 1e-9
        );
        heat += model.heat_current(&model.baths[0]).integral(expected.emission_integral, expected.jz_integral, length);
        assert!((found.booked.mean(Entry::Heat(0)).unwrap() - heat).abs() < 1e-9);
        assert_eq!(found.booked.mean(Entry::Work), Some(0.0));
    }
    // What it takes grows with the time, and with the number of levels and rates.
    let longer = valve_case(6, &[plain(3000.0, Course::Held(1.2))], Repeats::Once).equation().work(&[]);
    let larger = valve_case(60, &[plain(3.0, Course::Held(1.2))], Repeats::Once).equation().work(&[]);
    assert!(longer > 300.0 * case.equation().work(&[]) && larger > 1e3 * case.equation().work(&[]));
}

#[test]
fn frequencies_and_temperatures_scaled_together_scale_energies_and_nothing_else() {
    let of = |scale: f64| {
        let segments = [plain(1.0, ramp(scale, 2.5 * scale, Shape::Linear)), plain(0.5, Course::Held(2.0 * scale))];
        Protocol::new(Units::Natural, &valve(scale), &segments, Repeats::Cycles(2)).unwrap()
    };
    let initial = InitialState::Dicke(Level::ground(8));
    let ledgers = [1.0, 2.0].map(|scale| {
        let protocol = of(scale);
        let mut ledger = Ledger::new(&protocol, 0);
        let chain = ProtocolChain::new(&protocol, 8, Pieces::Enough);
        chain.run(&initial, &[], &mut stream(11, 0, 0), &mut ledger, &mut Unwatched);
        ledger
    });
    // A power of two: to the bit.
    for entry in Entry::all(3) {
        let factor = if matches!(entry, Entry::Work | Entry::Heat(_)) { 2.0 } else { 1.0 };
        assert_eq!(factor * ledgers[0].total(entry), ledgers[1].total(entry), "{entry:?}");
    }
    assert_eq!(ledgers[0].ends, ledgers[1].ends);
}

#[test]
fn natural_and_si_units_tell_the_same_story() {
    let of = |units: Units| {
        let scale = if units == Units::Si { units.temperature_of(1.0, 1.0) } else { 1.0 };
        let segments = [plain(1.0, ramp(1.0, 2.5, Shape::Cosine)), plain(0.5, Course::Held(2.0))];
        let protocol = Protocol::new(units, &valve(scale), &segments, Repeats::Cycles(2)).unwrap();
        let equation = ProtocolEquation::new(&protocol, 4, &thermal(0.7)).unwrap();
        let booked = equation.averages(&[]).unwrap().last.booked;
        (booked, equation.exponential_work(0.5, scale).unwrap(), equation.exponential_entropy().unwrap().unwrap())
    };
    let ((natural, work, entropy), (si, work_si, entropy_si)) = (of(Units::Natural), of(Units::Si));
    assert!((work / work_si - 1.0).abs() < 1e-10 && (entropy - entropy_si).abs() < 1e-10, "{work} {work_si}");
    // One quantum of 1 GHz a nanosecond, in fW.
    let unit = |entry| if matches!(entry, Entry::Work | Entry::Heat(_)) { Units::Si.quantum(1.0) } else { 1.0 };
    for (a, b) in Entry::all(3).flat_map(|a| Entry::all(3).map(move |b| (a, b))) {
        assert_close(si.mean(a).unwrap() / unit(a), natural.mean(a).unwrap(), "mean");
        assert_close(
            si.covariance(a, b).unwrap() / (unit(a) * unit(b)),
            natural.covariance(a, b).unwrap(),
            "covariance",
        );
    }
}

#[test]
fn a_qubit_follows_its_closed_form() {
    // dn/dt = r(t)(n_T - (1 + 2 n_T) n): a rate that is ramped is time that passes faster, int gamma dt.
    let bath = flat("b", Coupling::Collective, 0.9, 0.8);
    let segment = Segment {
        baths: vec![Change { bath: "b".into(), setting: Setting::Rate, course: ramp(0.2, 1.4, Shape::Cosine) }],
        ..plain(2.0, Course::Held(1.3))
    };
    let protocol = Protocol::new(Units::Natural, &[bath], &[segment], Repeats::Once).unwrap();
    let case = Case { name: "qubit".into(), number: 1, protocol, initial: InitialState::Dicke(Level::ground(1)) };
    let n = occupation(1.3 / 0.8);
    let full = n / (1.0 + 2.0 * n);
    let excited = full * (1.0 - (-(1.0 + 2.0 * n) * 0.8 * 2.0_f64).exp());
    let averages = case.equation().averages(&[]).unwrap();
    assert!((averages.last.now.jz + 0.5 - excited).abs() < 1e-11);
    assert!((averages.last.booked.mean(Entry::Heat(0)).unwrap() - 1.3 * excited).abs() < 1e-11);
    let variance = averages.last.booked.covariance(Entry::Quanta(0), Entry::Quanta(0)).unwrap();
    // Net quanta are 0 or 1.
    assert!((variance - excited * (1.0 - excited)).abs() < 1e-11);
}

#[test]
fn a_sweep_past_a_filter_is_known_as_well_as_its_rates_are() {
    // The sharper the line, the less of its rates is left of a frequency that is rounded. The full space knows nothing of
    // steps that are polynomials.
    let initial = InitialState::Dicke(Level::inverted(2));
    let ways = [(Shape::Linear, [0.8, 1.2]), (Shape::Cosine, [0.8, 1.2]), (Shape::Exponential, [6.0, 0.5])];
    for quality in [20.0, 100.0, 1e3, 1e5] {
        for (form, (shape, [from, to])) in [FilterForm::Lorentzian, FilterForm::Full]
            .into_iter()
            .flat_map(|form| ways.into_iter().map(move |way| (form, way)))
        {
            let filter = Filter::new(quality, 1.0, form).unwrap();
            let bath = |name, temperature| {
                let density = SpectralDensity::Filtered { on_resonance: 1.0, filter };
                Reservoir::thermal(name, Coupling::Collective, density, temperature).unwrap()
            };
            let baths = [bath("hot", 3.0), bath("cold", 0.3)];
            let segments = [plain(20.0, Course::Ramp { from, to, shape })];
            let protocol = Protocol::new(Units::Natural, &baths, &segments, Repeats::Once).unwrap();
            let found = ProtocolEquation::new(&protocol, 2, &initial).unwrap().averages(&[7.0, 20.0]).unwrap();
            let register = Register::from(&protocol.model(2, 0.0));
            let rho = density::dicke(2, 2).unwrap();
            let (series, _) =
                RegisterProtocol::new(&protocol, &register).unwrap().averages(&rho, &[7.0, 20.0]).unwrap();
            for (found, expected) in found.series.iter().zip(&series) {
                let what = format!("{quality} {form:?} {shape:?}: {found:?} {expected:?}");
                assert!((found.now.jz - expected.now.jz).abs() < 1e-9, "{what}");
                for (bath, heat) in expected.heat.iter().enumerate() {
                    assert!((found.booked.mean(Entry::Heat(bath)).unwrap() - heat).abs() < 1e-9, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_burst_at_zero_temperature_runs_in_the_time_of_its_rate() {
    let bath = || flat("out", Coupling::Collective, 1.0, 0.0);
    let rate = Course::Table(vec![(0.0, 0.0), (0.2, 0.0), (0.5, 3.0), (0.6, 0.5)]);
    let segment = Segment {
        baths: vec![Change { bath: "out".into(), setting: Setting::Rate, course: rate }],
        ..plain(0.6, Course::Held(1.0))
    };
    let protocol = Protocol::new(Units::Natural, &[bath()], &[segment], Repeats::Once).unwrap();
    let initial = InitialState::Dicke(Level::inverted(12));
    let found = ProtocolEquation::new(&protocol, 12, &initial).unwrap().averages(&[0.4, 0.6]).unwrap();
    // int gamma dt: 0.2 to 0.4 is 2/3 of the way to 3.
    let times = [0.2, 0.45 + 0.175];
    let model = Model::between(&[bath()], Units::Natural, 12, 1.0, 0.0);
    let expected = PopulationEquation::new(&model, &initial).transient(&times).unwrap();
    for (found, expected) in found.series.iter().zip(&expected) {
        assert!((found.now.emission - expected.now.emission).abs() < 1e-9, "{found:?} {expected:?}");
    }
    let case = Case { name: "burst".into(), number: 12, protocol, initial };
    case.check_paths(&found.last.booked, Pieces::Enough, 5_000, 21);
}

#[test]
fn a_slow_ramp_costs_the_free_energy_and_a_sudden_one_spreads_as_m_does() {
    let (n, temperature) = (4, 0.8);
    let bath = [flat("b", Coupling::Collective, 1.0, temperature), flat("l", Coupling::Local, 0.5, temperature)];
    let of = |duration: f64| {
        let segment = plain(duration, ramp(1.0, 2.0, Shape::Linear));
        let protocol = Protocol::new(Units::Natural, &bath, &[segment], Repeats::Once).unwrap();
        let equation = ProtocolEquation::new(&protocol, n, &thermal(1.0 / temperature)).unwrap();
        equation.averages(&[]).unwrap().last.booked
    };
    let free = temperature * (ln_z(n, 1.0 / temperature) - ln_z(n, 2.0 / temperature));
    let dissipated = |duration: f64| of(duration).mean(Entry::Work).unwrap() - free;
    let (fast, slow) = (dissipated(200.0), dissipated(400.0));
    assert!(slow > 0.0 && slow < 3e-3 && (fast / slow - 2.0).abs() < 0.02, "{fast} {slow}");
    // Var M of N independent qubits.
    let p = 1.0 / (1.0 + (1.0 / temperature).exp());
    let sudden = of(1e-9);
    assert!((sudden.covariance(Entry::Work, Entry::Work).unwrap() - n as f64 * p * (1.0 - p)).abs() < 1e-7);
    assert!((sudden.mean(Entry::Work).unwrap() - n as f64 * (p - 0.5)).abs() < 1e-7);
}

#[test]
fn neither_a_split_nor_the_number_of_pieces_changes_a_law() {
    let whole = valve_case(5, &[plain(2.0, ramp(1.0, 3.0, Shape::Linear))], Repeats::Once);
    let halves = [plain(0.5, ramp(1.0, 1.5, Shape::Linear)), plain(1.5, ramp(1.5, 3.0, Shape::Linear))];
    let split = valve_case(5, &halves, Repeats::Once);
    let expected = whole.equation().averages(&[]).unwrap().last;
    let found = split.equation().averages(&[]).unwrap().last;
    for (a, b) in Entry::all(3).flat_map(|a| Entry::all(3).map(move |b| (a, b))) {
        let difference = found.booked.covariance(a, b).unwrap() - expected.booked.covariance(a, b).unwrap();
        assert!(difference.abs() < 1e-9, "{a:?} {b:?}: {difference}");
    }
    for (seed, pieces) in
        [Pieces::Equal(1), Pieces::Equal(5), Pieces::Equal(200), Pieces::Enough].into_iter().enumerate()
    {
        whole.check_paths(&expected.booked, pieces, 10_000, 30 + seed as u64);
    }
    split.check_paths(&expected.booked, Pieces::Enough, 10_000, 40);
    let proposed = |pieces| {
        let chain = ProtocolChain::new(&whole.protocol, whole.number, pieces);
        let mut ledger = Ledger::new(&whole.protocol, 0);
        let runs = (0..200).map(|path| {
            chain.run(&whole.initial, &[], &mut stream(50, 0, path), &mut ledger, &mut Unwatched);
            ledger.proposals
        });
        runs.sum::<u64>()
    };
    // What it does change.
    assert!(proposed(Pieces::Equal(1)) > 3 * proposed(Pieces::Enough) / 2);
}

fn any_course(low: f64) -> impl Strategy<Value = Course> {
    let value = move || low..3.0_f64;
    let shape = prop_oneof![Just(Shape::Linear), Just(Shape::Cosine), Just(Shape::Exponential)];
    prop_oneof![
        value().prop_map(Course::Held),
        (value(), value(), shape).prop_map(|(a, b, shape)| ramp(a, b, shape)),
        (value(), value(), value()).prop_map(|(a, b, c)| Course::Table(vec![(0.0, a), (0.3, b), (1.0, c)])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Energy is conserved on every path, in every cycle and up to every sample, whatever the protocol.
    #[test]
    fn the_first_law_holds_on_every_path(
        courses in proptest::collection::vec((any_course(0.3), any_course(0.1)), 1..4),
        (number, cycles, seed) in (1..30_i64, 1..4_u64, 0..1000_u64),
        units in prop_oneof![Just(Units::Natural), Just(Units::Si)],
    ) {
        let segments: Vec<Segment> = courses
            .into_iter()
            .map(|(frequency, rate)| Segment {
                baths: vec![Change { bath: "hot".into(), setting: Setting::Rate, course: rate }],
                ..plain(1.0, frequency)
            })
            .collect();
        let scale = if units == Units::Si { 48.0 } else { 1.0 };
        let protocol = Protocol::new(units, &valve(scale), &segments, Repeats::Cycles(cycles)).unwrap();
        let chain = ProtocolChain::new(&protocol, number, Pieces::Enough);
        let times: Vec<f64> = (0..20).map(|k| protocol.end() * f64::from(k) / 19.0).collect();
        let mut ledger = Ledger::new(&protocol, times.len());
        let initial = thermal(0.5);
        chain.run(&initial, &times, &mut stream(seed, 2, 0), &mut ledger, &mut Unwatched);
        let energy = |frequency: f64, now: Observables| units.quantum(frequency) * now.jz;
        let heats = [0, 1, 2].map(|bath| Entry::Heat(bath).index());
        let flows = |row: ndarray::ArrayView1<f64>| row[0] + heats.map(|heat| row[heat]).iter().sum::<f64>();
        let activity = 1.0 + ledger.proposals as f64;
        let tolerance = 1e-14 * units.quantum(3.0) * (number as f64 + activity);
        let first = protocol.stages()[0].frequency.first();
        for (row, (time, now)) in ledger.samples.rows().into_iter().zip(times.iter().zip(&ledger.seen)) {
            let gained = energy(protocol.frequency(*time), *now) - energy(first, ledger.ends[0]);
            prop_assert!((flows(row) - gained).abs() < tolerance, "at {time}: {} {gained}", flows(row));
        }
        for (cycle, row) in ledger.cycles.rows().into_iter().enumerate() {
            let gained = energy(first, ledger.ends[cycle + 1]) - energy(first, ledger.ends[cycle]);
            prop_assert!((flows(row) - gained).abs() < tolerance, "cycle {cycle}: {} {gained}", flows(row));
        }
        for entry in Entry::all(3) {
            let of_cycles: f64 = ledger.cycles.column(entry.index()).sum();
            let of_segments: f64 = ledger.segments.column(entry.index()).sum();
            let total = ledger.total(entry);
            let size = tolerance * 10.0 * (1.0 + total.abs());
            prop_assert!((of_cycles - total).abs() < size && (of_segments - total).abs() < size, "{entry:?}");
        }
    }
}
