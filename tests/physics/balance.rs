//! Exact values where one bath rules the qubits, where nothing flows, and where nearly nothing is excited: against closed
//! forms and twice the precision.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::common::bath;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::bath::{Bath, Coupling, Process, occupation};
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::{Counting, Effort, PopulationEquation};
use superjump::model::Model;
use superjump::quantity::Quantity;
use superjump::rounded::balanced;
use superjump::scenario::{Overrides, Point, Purpose, Scenario};
use superjump::solve::{ExactRoad, SteadyRoad};
use superjump::statistics::Statistic;
use superjump::theory;
use superjump::units::Units;

/// A number as an unevaluated sum of two doubles.
#[derive(Clone, Copy, Debug)]
struct Double(f64, f64);

impl Double {
    fn of(value: f64) -> Self {
        Double(value, 0.0)
    }

    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let back = sum - a;
        Double(sum, (a - (sum - back)) + (b - back))
    }
}

impl Add for Double {
    type Output = Double;

    fn add(self, other: Double) -> Double {
        let high = Double::sum(self.0, other.0);
        Double::sum(high.0, high.1 + self.1 + other.1)
    }
}

impl Neg for Double {
    type Output = Double;

    fn neg(self) -> Double {
        Double(-self.0, -self.1)
    }
}

impl Sub for Double {
    type Output = Double;

    fn sub(self, other: Double) -> Double {
        self + -other
    }
}

impl Mul for Double {
    type Output = Double;

    fn mul(self, other: Double) -> Double {
        let high = self.0 * other.0;
        let low = self.0.mul_add(other.0, -high) + (self.0 * other.1 + self.1 * other.0);
        Double::sum(high, low)
    }
}

impl Div for Double {
    type Output = Double;

    fn div(self, other: Double) -> Double {
        let first = self.0 / other.0;
        let rest = self - other * Double::of(first);
        Double::sum(first, rest.0 / other.0)
    }
}

/// (coupling, gamma, temperature) of a bath.
type Thermal = (Coupling, f64, f64);

fn model(number: i64, baths: &[Thermal]) -> Model {
    let bath = |(index, &(coupling, gamma, t)): (usize, &Thermal)| {
        Bath::thermal(&index.to_string(), coupling, gamma, t.recip(), t)
    };
    Model { units: Units::Natural, number, frequency: 1.0, baths: baths.iter().enumerate().map(bath).collect() }
}

fn equation(model: &Model) -> PopulationEquation {
    PopulationEquation::new(model, &InitialState::Dicke(Level::ground(model.number)))
}

/// (down, up) of a bath in twice the precision.
fn rates(&(_, gamma, t): &Thermal) -> (Double, Double) {
    let n = Double::of(occupation(t.recip()));
    (Double::of(gamma) * (Double::of(1.0) + n), Double::of(gamma) * n)
}

/// The steady currents by elimination without a subtraction, all in twice the precision: 1e-32 of the second fastest
/// bath, as the fastest gives what the others take.
fn reference(number: i64, baths: &[Thermal]) -> Vec<f64> {
    let unit = model(number, baths);
    let equation = equation(&unit);
    let ladder = equation.ladder();
    let size = ladder.levels.len();
    let rate = |bath: &Thermal, process| match process {
        Process::Emission => rates(bath).0,
        Process::Absorption => rates(bath).1,
        Process::Dephasing => Double::of(0.0),
    };
    let mut w = vec![vec![Double::of(0.0); size]; size];
    for flow in &ladder.flows {
        let of = baths.iter().filter(|(coupling, ..)| *coupling == flow.coupling);
        let total = of.fold(Double::of(0.0), |sum, bath| sum + rate(bath, flow.process));
        for m in &flow.moves {
            w[m.from][m.to] = w[m.from][m.to] + total * Double::of(m.weight);
        }
    }
    for last in (1..size).rev() {
        let leaving = w[last][..last].iter().fold(Double::of(0.0), |sum, rate| sum + *rate);
        for from in 0..last {
            let through = w[from][last] / leaving;
            w[from][last] = through;
            for to in (0..last).filter(|to| *to != from) {
                w[from][to] = w[from][to] + through * w[last][to];
            }
        }
    }
    let mut p = vec![Double::of(1.0)];
    while p.len() < size {
        let state = p.len();
        p.push(p.iter().zip(&w).fold(Double::of(0.0), |sum, (p, row)| sum + *p * row[state]));
    }
    let total = p.iter().fold(Double::of(0.0), |sum, p| sum + *p);
    let of = |bath: &Thermal, sign: f64| {
        let mut sum = Double::of(0.0);
        for flow in ladder.flows.iter().filter(|flow| flow.coupling == bath.0) {
            let sign = if flow.process == Process::Absorption { 1.0 } else { sign };
            for m in &flow.moves {
                let moved = rate(bath, flow.process) * Double::of(m.weight) * p[m.from] / total;
                sum = sum + moved * Double::of(sign);
            }
        }
        sum
    };
    let lively = |bath: &usize| of(&baths[*bath], 1.0).0;
    let fastest = (0..baths.len()).max_by(|a, b| lively(a).total_cmp(&lively(b))).unwrap();
    let mut currents: Vec<Double> = baths.iter().map(|bath| of(bath, -1.0)).collect();
    currents[fastest] = Double::of(0.0);
    currents[fastest] = -currents.iter().fold(Double::of(0.0), |sum, current| sum + *current);
    currents.into_iter().map(|current| current.0).collect()
}

fn thermal(hottest: f64) -> impl Strategy<Value = Thermal> {
    let coupling = prop_oneof![Just(Coupling::Collective), Just(Coupling::Local)];
    (coupling, -14.0..14.0_f64, -1.5..hottest)
        .prop_map(|(coupling, gamma, t)| (coupling, 10_f64.powf(gamma), 10_f64.powf(t)))
}

/// Three baths, one of which is local, so that there is one steady state.
fn three(hottest: f64) -> impl Strategy<Value = [Thermal; 3]> {
    [thermal(hottest), thermal(hottest), thermal(hottest)].prop_map(|mut baths| {
        baths[2].0 = Coupling::Local;
        baths
    })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(5), ..ProptestConfig::default() })]

    /// Rates over 28 decades and temperatures that a double tells apart: every current is known.
    #[test]
    fn currents_are_those_of_twice_the_precision(number in 1_i64..=4, baths in three(3.0)) {
        let expected = reference(number, &baths);
        let model = model(number, &baths);
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let scale = largest(&expected);
        for (bath, (current, expected)) in counting.currents().iter().zip(&expected).enumerate() {
            let off = (current.value - expected).abs();
            // Rounding of each of them, and what is told of it.
            prop_assert!(off <= current.error + 1e-11 * expected.abs(), "{bath}: {current:?}, {expected}");
            let told = counting.current(bath);
            prop_assert!((told - expected).abs() <= 2e-6 * scale, "{bath}: {told}, {expected}");
        }
        let sum: f64 = (0..3).map(|bath| counting.current(bath)).sum();
        prop_assert!(sum.abs() <= 3e-6 * scale, "first law: {sum}");
    }

    /// Temperatures to 1e20, where rates no longer tell them: what is told is right.
    #[test]
    fn no_current_is_wrong_in_silence(number in 1_i64..=3, baths in three(20.0)) {
        let expected = reference(number, &baths);
        let model = model(number, &baths);
        let equation = equation(&model);
        let Ok(counting) = Counting::new(&equation) else { return Ok(()) };
        let scale = largest(&expected);
        for (told, expected) in balanced(counting.currents()).into_iter().zip(&expected) {
            if let Some(told) = told {
                prop_assert!((told - expected).abs() <= 2e-6 * scale, "{told}, {expected}");
            }
        }
    }

    /// One qubit: a renewal process, for any number of baths (36), and (forth + back) - 2 I^2/G for the noise.
    #[test]
    fn one_qubit_has_the_textbook_current_and_noise(baths in three(3.0)) {
        let model = model(1, &baths);
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let total: f64 = model.baths.iter().map(|bath| bath.down + bath.up).sum();
        let n = baths.map(|(_, _, t)| occupation(t.recip()));
        let currents: Vec<f64> = (0..3)
            .map(|b| (0..3).map(|c| baths[b].1 * (baths[c].1 / total) * (n[b] - n[c])).sum())
            .collect();
        let scale = largest(&currents);
        for (b, bath) in model.baths.iter().enumerate() {
            let current = counting.current(b);
            prop_assert!((current - currents[b]).abs() <= 2e-6 * scale, "{current} {currents:?}");
            let lone = theory::lone_qubit_current(&model, bath);
            prop_assert!(lone.is_nan() || (lone - currents[b]).abs() <= 2e-6 * scale, "{lone} {currents:?}");
            let others = model.baths.iter().enumerate().filter(|(c, _)| *c != b).map(|(_, other)| other);
            let (down, up) = others.fold((0.0, 0.0), |(down, up), other| (down + other.down, up + other.up));
            let (forth, back) = (bath.up * (down / total), bath.down * (up / total));
            let expected = forth + back - 2.0 * (forth - back) * (forth - back) / total;
            let noise = counting.rounded_noise(b).unwrap();
            prop_assert!((noise.value - expected).abs() <= noise.error + 1e-9 * expected, "{noise:?} {expected}");
            if let Some(told) = noise.known() {
                prop_assert!((told - expected).abs() <= 2e-6 * expected, "{told} {expected}");
            }
        }
    }
}

const VALVE: [(&str, &str, f64, f64); 3] =
    [("hot", "collective", 1.0, 3.0), ("cold", "collective", 1.0, 1.0 / 3.0), ("parasitic", "local", 0.001, 0.1)];

/// A scenario of these baths and a few more lines, with keys set as on the command line.
fn scenario(number: i64, baths: &[(&str, &str, f64, f64)], rest: &str, set: &[&str]) -> Result<Point, String> {
    let baths: String = baths.iter().map(|(name, coupling, rate, t)| bath(name, coupling, *rate, *t)).collect();
    let text = format!("[qubits]\nnumber = {number}\n{baths}[initial]\nstate = \"ground\"\n{rest}");
    let mut overrides = Overrides::default();
    set.iter().for_each(|assignment| overrides.set(*assignment));
    let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Exact, &overrides);
    scenario.map(|mut scenario| scenario.points.remove(0)).map_err(|error| error.to_string())
}

fn solved(number: i64, baths: &[(&str, &str, f64, f64)], rest: &str, set: &[&str]) -> SteadyRoad {
    SteadyRoad::new(&scenario(number, baths, rest, set).unwrap(), Effort::Steady).unwrap()
}

fn value(road: &SteadyRoad, quantity: Quantity, bath: Option<usize>) -> Option<f64> {
    road.values.iter().find(|(q, b, _)| *q == quantity && *b == bath).map(|(.., value)| *value)
}

fn currents(road: &SteadyRoad) -> [f64; 3] {
    [0, 1, 2].map(|bath| value(road, Quantity::HeatCurrent, Some(bath)).unwrap())
}

fn close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance * expected.abs(), "{value} against {expected}");
}

#[test]
fn a_bath_that_rules_the_qubits_gives_what_the_others_take() {
    let noise = "[steady]\n[noise]\nwindows = [10.0]\nfrequencies = [0.5]\n";
    let road = solved(4, &VALVE, noise, &["bath.hot.rate = 1e14"]);
    let expected = reference(
        4,
        &[(Coupling::Collective, 1e14, 3.0), (Coupling::Collective, 1.0, 1.0 / 3.0), (Coupling::Local, 0.001, 0.1)],
    );
    currents(&road).iter().zip(&expected).for_each(|(current, expected)| close(*current, *expected, 1e-11));
    close(currents(&road)[0], 2.0478, 1e-4);
    let produced: f64 = -currents(&road).iter().zip([3.0, 1.0 / 3.0, 0.1]).map(|(i, t)| i / t).sum::<f64>();
    close(value(&road, Quantity::EntropyProduction, None).unwrap(), produced, 1e-11);
    // The limit of a fast bath is near at a millionth of its rate, where noise has all its digits by either count.
    let slower = solved(4, &VALVE, "[steady]\n", &["bath.hot.rate = 1e8"]);
    for quantity in [Quantity::Noise, Quantity::Fano] {
        close(value(&road, quantity, Some(0)).unwrap(), value(&slower, quantity, Some(0)).unwrap(), 1e-6);
    }
    // What windows and spectra see of its jumps to and fro is lost, and said to be.
    let of_hot = |statistic| road.noise.iter().any(|row| row.subject.bath == 0 && row.subject.statistic == statistic);
    assert!(of_hot(Statistic::Noise) && of_hot(Statistic::ThirdCumulant) && of_hot(Statistic::UncertaintyRatio));
    assert!(!of_hot(Statistic::WindowedNoise) && !of_hot(Statistic::Spectrum));
    for refused in ["windowed_noise (hot, 10)", "spectrum (hot, 0.5)"] {
        assert!(road.refused.iter().any(|reason| reason.starts_with(refused)), "{:?}", road.refused);
    }
}

#[test]
fn noise_of_a_fast_bath_is_the_same_counted_by_itself_or_by_the_others() {
    // On both sides of where the count changes hands: the limit of a fast bath, up to one over its rate.
    let noise = |rate: f64| {
        let model = model(
            3,
            &[(Coupling::Collective, rate, 3.0), (Coupling::Collective, 1.0, 0.4), (Coupling::Local, 0.1, 1.0)],
        );
        let equation = equation(&model);
        let counting = Counting::new(&equation).unwrap();
        let all = counting.cumulants(0).unwrap();
        let row: f64 = (0..3).map(|bath| counting.cross_noise(0, bath).unwrap()).sum();
        assert!(row.abs() < 1e-6 * all.noise, "{row}");
        [counting.noise(0).unwrap(), all.noise, all.third, all.fourth]
    };
    for (low, high) in noise(3e2).into_iter().zip(noise(3e5)) {
        close(low, high, 0.05);
    }
    for (low, high) in noise(1e6).into_iter().zip(noise(1e13)) {
        close(low, high, 1e-4);
    }
}

#[test]
fn a_bath_of_1e50_kelvin_saturates_the_qubits() {
    let road = solved(4, &VALVE, "[steady]\n", &["bath.parasitic.temperature = 1e50"]);
    // Half of the qubits are excited, so that each collective bath takes gamma N/2.
    for (current, expected) in currents(&road).into_iter().zip([-2.0, -2.0, 4.0]) {
        close(current, expected, 1e-13);
    }
    assert_eq!(value(&road, Quantity::Jz, None), Some(0.0));
    assert!(value(&road, Quantity::Noise, Some(2)).unwrap() > 4.0);
    // Two of them: no double tells which is hotter.
    let set = ["bath.parasitic.temperature = 1e50", "bath.hot.temperature = 1e40"];
    let road = solved(4, &VALVE, "[steady]\n", &set);
    assert_eq!(value(&road, Quantity::HeatCurrent, Some(0)), None);
    assert!(road.refused.iter().any(|reason| reason.starts_with("heat_current (hot): ")), "{:?}", road.refused);
}

#[test]
fn nothing_flows_in_equilibrium() {
    let at = |name, coupling, rate| (name, coupling, rate, 1.7);
    for (number, hot, local) in [(1, 1.0, 0.3), (4, 1.0, 0.001), (7, 1e14, 1e-5)] {
        let baths = [at("hot", "collective", hot), at("cold", "collective", 1.0), at("parasitic", "local", local)];
        let road = solved(number, &baths, "[steady]\n[noise]\nwindows = [10.0]\n", &[]);
        assert_eq!(currents(&road), [0.0; 3]);
        assert_eq!(value(&road, Quantity::EntropyProduction, None), Some(0.0));
        for bath in 0..3 {
            assert!(value(&road, Quantity::Noise, Some(bath)).unwrap() > 0.0);
            assert_eq!(value(&road, Quantity::Fano, Some(bath)), None);
            assert_eq!(value(&road, Quantity::HeatCurrentIndependent, Some(bath)).unwrap_or(0.0), 0.0);
        }
        assert!(road.refused.iter().any(|reason| reason.starts_with("fano (cold): no current flows")));
        assert!(road.noise.iter().all(|row| row.subject.statistic != Statistic::UncertaintyRatio));
        assert!(road.noise.iter().all(|row| row.subject.statistic != Statistic::Fano));
    }
    // One bath alone: what it gives it takes back.
    let road = solved(3, &[("only", "local", 1.0, 1.0)], "[steady]\n", &[]);
    assert_eq!(value(&road, Quantity::Noise, Some(0)), Some(0.0));
}

#[test]
fn few_excited_qubits_keep_their_digits() {
    // Independent qubits of one temperature: 1/(e^x + 1) of them.
    for t in [0.5, 0.03, 0.0145] {
        let baths = [("all", "collective", 1.0, t), ("each", "local", 0.1, t)];
        let road = solved(6, &baths, "[steady]\n", &[]);
        let excited = 1.0 / (t.recip().exp() + 1.0);
        close(value(&road, Quantity::Excited, None).unwrap(), excited, 1e-12);
        let down = 0.1 * (1.0 + occupation(t.recip()));
        close(value(&road, Quantity::Intensity, Some(1)).unwrap(), 6.0 * down * excited, 1e-12);
    }
}

#[test]
fn rates_at_the_end_of_doubles_are_right_or_refused_by_name() {
    let noise = "[steady]\n[noise]\nwindows = [10.0]\n";
    let road = solved(4, &VALVE, noise, &["bath.parasitic.rate = 1e-300"]);
    // The limit of infinitely weak local baths.
    let limit = solved(4, &VALVE, "[steady]\n", &["bath.parasitic.rate = 1e-12"]);
    close(currents(&road)[0], currents(&limit)[0], 1e-9);
    close(
        value(&road, Quantity::Noise, Some(0)).unwrap() / 1e288,
        value(&limit, Quantity::Noise, Some(0)).unwrap(),
        1e-9,
    );
    assert!(
        road.values.iter().all(|(.., value)| value.is_finite()) && road.noise.iter().all(|row| row.value.is_finite())
    );
    let beyond = |reason: &String| reason.starts_with("third_cumulant (hot): ") && reason.contains("beyond the range");
    assert!(road.refused.iter().any(beyond), "{:?}", road.refused);
    let refused = scenario(4, &VALVE, noise, &["bath.parasitic.rate = 1e-310"]).unwrap_err();
    assert!(refused.contains("`bath.parasitic.rate` is 1e-310, below 1e-300"), "{refused}");
    let loss = "[[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 1e-320\n";
    let refused = scenario(4, &[], &format!("[steady]\n{loss}"), &[]).unwrap_err();
    assert!(refused.contains("`bath.loss.down` is 1e-320"), "{refused}");
}

#[test]
fn one_driven_qubit_between_a_ruling_bath_and_another_is_the_bloch_equation() {
    let amplitude = 2.0;
    for rate in [1.0, 1e4, 1e8] {
        let baths = [("hot", "collective", rate, 3.0), ("cold", "collective", 1.0, 0.5)];
        let road = solved(1, &baths, &format!("[steady]\n[drive]\namplitude = {amplitude:?}\n"), &[]);
        let n = [1.0 / 3.0, 2.0].map(occupation);
        let width = rate * (2.0 * n[0] + 1.0) + 2.0 * n[1] + 1.0;
        // s = -(gamma_h + gamma_c)/width / (1 + 2 Omega^2/width^2), and the drive brings in what saturates.
        let (rest, saturation) = (-(rate + 1.0) / width, 2.0 * (amplitude / width).powi(2));
        let s = rest / (1.0 + saturation);
        let cold = n[1] * (1.0 - s) / 2.0 - (1.0 + n[1]) * (1.0 + s) / 2.0;
        let drive = -width * rest * saturation / (1.0 + saturation) / 2.0;
        close(value(&road, Quantity::HeatCurrent, Some(1)).unwrap(), cold, 1e-9);
        close(value(&road, Quantity::HeatCurrent, Some(0)).unwrap(), -cold - drive, 1e-6);
    }
}

#[test]
fn qubits_that_differ_obey_the_first_law_beside_a_ruling_bath() {
    for rate in [1.0, 1e5, 1e9] {
        let text = "[steady]\n[evolution]\nengine = \"register\"\nuntil = 1.0\n";
        let set = [
            format!("bath.hot.rate = {rate:e}"),
            "qubits.spread = 0.1".to_owned(),
            "bath.parasitic.rate = 0.5".to_owned(),
        ];
        let road = solved(2, &VALVE, text, &set.each_ref().map(String::as_str));
        let currents = currents(&road);
        assert!(currents.iter().sum::<f64>().abs() < 1e-9 * largest(&currents), "{currents:?}");
        assert!(value(&road, Quantity::Noise, Some(0)).unwrap() < 20.0, "{:?}", road.values);
    }
}

#[test]
fn along_a_transient_the_energy_of_the_qubits_is_what_baths_gave() {
    for rate in [1.0, 1e8, 1e14] {
        let rest = "[evolution]\ntimes = [0.0, 0.5, 2.0, 10.0]\ntrajectories = 1\n";
        let point = scenario(4, &VALVE, rest, &[&format!("bath.hot.rate = {rate:e}")]).unwrap();
        let exact = ExactRoad::new(&point, Effort::Transient);
        let at = |sample, quantity, bath| {
            let column = point.columns().iter().position(|c| c.quantity == quantity && c.bath == bath).unwrap();
            exact.on_grid(sample, column)
        };
        for sample in 1..4 {
            let gained = at(sample, Quantity::Jz, None).unwrap() - at(sample - 1, Quantity::Jz, None).unwrap();
            let given = [0, 1, 2].map(|bath| at(sample, Quantity::HeatCurrentInterval, Some(bath)).unwrap());
            let duration = [0.5, 1.5, 8.0][sample - 1];
            assert!((given.iter().sum::<f64>() * duration - gained).abs() < 1e-9, "{rate}: {given:?}, {gained}");
        }
        // At a time it is what the others take, or not known.
        let cold = at(3, Quantity::HeatCurrent, Some(1)).unwrap();
        match at(3, Quantity::HeatCurrent, Some(0)) {
            Some(hot) => close(hot, -cold, 1e-2),
            None => assert!(rate > 1e10),
        }
    }
}

#[test]
fn what_is_only_rounding_is_nothing_and_fractions_keep_their_bounds() {
    // A start with a transverse spin that decays to the ground state.
    let text = "[qubits]\nnumber = 4\n[[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 1.0\n\
                [initial]\nstate = \"coherent\"\ntheta = 0.7\nphi = 0.0\n[evolution]\nuntil = 200.0\nsamples = 41\n";
    let point = Scenario::parse("s", "s.toml", text, Purpose::Exact, &Overrides::default()).unwrap().points.remove(0);
    let exact = ExactRoad::new(&point, Effort::Transient);
    for (index, column) in point.columns().iter().enumerate() {
        for sample in 0..41 {
            let Some(value) = exact.on_grid(sample, index) else { continue };
            match column.quantity {
                Quantity::Excited => assert!((0.0..=1.0).contains(&value), "{value}"),
                Quantity::Intensity => assert!(value >= 0.0, "{value}"),
                Quantity::Jx | Quantity::Jy => assert!(value == 0.0 || value.abs() > 1e-13, "{value}"),
                _ => {}
            }
        }
        let last = exact.on_grid(40, index);
        match column.quantity {
            Quantity::Jx | Quantity::Jy | Quantity::Excited | Quantity::Intensity | Quantity::HeatCurrent => {
                assert_eq!(last, Some(0.0), "{column:?}");
            }
            _ => {}
        }
    }
}
