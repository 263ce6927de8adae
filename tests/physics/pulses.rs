//! Drives in time: figures of an independent solver, closed forms, and paths against exact averages.

use std::f64::consts::PI;

use serde_json::Value;
use superjump::bath::Coupling;
use superjump::dicke::Level;
use superjump::initial::InitialState;
use superjump::lindblad::protocol::ProtocolEquation;
use superjump::lindblad::{Driven, DrivenProtocol, Effort, ProtocolMeans, RegisterProtocol, density};
use superjump::model::protocol::{Change, Entry, Protocol, Repeats, Segment};
use superjump::model::{
    Course, Drive, DriveCourse, Hamiltonian, Model, Observables, Outline, Pulse, Register, RegisterValues, Reservoir,
    Setting, Shape, SpectralDensity, System, Tone, Transverse, Values, Wave,
};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{
    self, Detail, DrivenLadder, Exchanged, Jump, Ladder, ProtocolLadder, ProtocolRegisters, Record, Recorder,
    Registers, Unravelling,
};
use superjump::units::Units;

use crate::common::number;

/// A case of the golden file: a segment once, from the ground state.
pub struct Case {
    pub name: String,
    pub number: i64,
    pub protocol: Protocol,
    pub hamiltonian: Hamiltonian,
    pub initial: InitialState,
    pub times: Vec<f64>,
    pub rows: Vec<Value>,
}

/// The shapes of one component.
fn wave(value: &Value) -> Wave {
    let mut wave = Wave::from(Course::Held(0.0));
    let alone = std::slice::from_ref(value);
    for shape in value.as_array().map_or(alone, Vec::as_slice).iter().filter(|shape| !shape.is_null()) {
        if let Some(held) = shape.as_f64() {
            wave.course = Course::Held(held);
            continue;
        }
        let of = |key: &str| number(&shape[key]);
        let amplitude = of("amplitude");
        let outline = match shape["shape"].as_str().unwrap() {
            "square" => {
                let (centre, width) = (0.5 * (of("from") + of("to")), of("to") - of("from"));
                wave.pulses.push(Pulse { outline: Outline::Square, amplitude, centre, width });
                continue;
            }
            "cosine" => {
                wave.course = Course::Held(of("offset"));
                wave.tones.push(Tone { amplitude, frequency: of("frequency"), phase: 0.0 });
                continue;
            }
            "gaussian" => Outline::Gaussian,
            "sech" => Outline::Sech,
            "tanh" => Outline::Tanh,
            other => panic!("no shape {other}"),
        };
        let width = shape.get("sigma").or(shape.get("width")).map(number).unwrap();
        wave.pulses.push(Pulse { outline, amplitude, centre: of("center"), width });
    }
    wave
}

fn bath(value: &Value) -> Reservoir {
    let coupling = Coupling::named(value["coupling"].as_str().unwrap()).unwrap();
    let rate = |key: &str| value.get(key).map_or(0.0, number);
    let given = Reservoir::given(value["name"].as_str().unwrap(), coupling, rate("down"), rate("up")).unwrap();
    given.dephasing(rate("dephasing")).unwrap()
}

pub const OMEGA: f64 = 50.0;

impl Case {
    fn new(value: &Value) -> Self {
        let of = &value["case"];
        let number_of = of["N"].as_i64().unwrap();
        let times: Vec<f64> = of["times"].as_array().unwrap().iter().map(number).collect();
        let drive = &of["drive"];
        let (x, y) = (wave(&drive["x"]), wave(&drive["y"]));
        let duration = times[times.len() - 1];
        let detuning = wave(&drive["detuning"]);
        let quarter = std::f64::consts::FRAC_PI_2;
        let along = |amplitude: Wave, phase: Course, duration: f64| Segment {
            duration,
            frequency: Course::Held(OMEGA),
            baths: Vec::new(),
            drive: DriveCourse { amplitude, detuning: detuning.clone(), phase },
        };
        let segments = match (x.pulses.is_empty() && x.tones.is_empty(), y.pulses.first()) {
            (true, _) => vec![along(y, Course::Held(quarter), duration)],
            (false, None) => vec![along(x, Course::Held(0.0), duration)],
            // One case has both: while there is a y, the drive has a direction that changes, along a table so fine that
            // what is between its points is below 1e-9.
            (false, Some(first)) => {
                let cut = first.centre + 0.5 * first.width;
                let points = 600;
                let table = |of: &dyn Fn(f64, f64) -> f64| {
                    let times = (0..=points).map(|k| if k == points { cut } else { cut * k as f64 / points as f64 });
                    let sum = |t: f64| x.pulses.iter().map(|pulse| pulse.at(t)).sum::<f64>();
                    Course::Table(times.map(|t| (t, of(sum(t), first.amplitude))).collect())
                };
                let (amplitude, phase) = (table(&f64::hypot), table(&|x, y| y.atan2(x)));
                let moved = |pulse: &Pulse| Pulse { centre: pulse.centre - cut, ..*pulse };
                let later = Wave { pulses: x.pulses.iter().map(moved).collect(), ..x.clone() };
                vec![along(amplitude.into(), phase, cut), along(later, Course::Held(0.0), duration - cut)]
            }
        };
        let baths: Vec<Reservoir> = of["baths"].as_array().unwrap().iter().map(bath).collect();
        Case {
            name: of["name"].as_str().unwrap().to_owned(),
            number: number_of,
            protocol: Protocol::new(Units::Natural, &baths, &segments, Repeats::Once).unwrap(),
            hamiltonian: Hamiltonian { drive: None, chi: of.get("twisting").map_or(0.0, number) },
            initial: InitialState::Dicke(Level::ground(number_of)),
            times,
            rows: value["rows"].as_array().unwrap().clone(),
        }
    }

    pub fn all() -> Vec<Case> {
        let all: Value = serde_json::from_str(include_str!("../golden/drive.json")).unwrap();
        let cases: Vec<Case> = all.as_array().unwrap().iter().map(Case::new).collect();
        assert_eq!(cases.len(), 8);
        cases
    }

    fn exact(&self) -> Vec<ProtocolMeans> {
        let equation =
            DrivenProtocol::new(&self.protocol, &self.hamiltonian, self.number, &self.initial, Effort::Transient);
        equation.unwrap().averages(&self.times).unwrap().0
    }

    fn register(&self) -> Register {
        let model: Model = self.protocol.model(self.number, 0.0);
        Register { chi: self.hamiltonian.chi, ..Register::from(&model) }
    }

    /// The value of a mean that the golden file names so.
    fn value(&self, means: &ProtocolMeans, name: &str) -> f64 {
        let of = |bath: &str| self.protocol.stages()[0].reservoirs.iter().position(|b| b.name == bath).unwrap();
        match name.split_once(':') {
            Some(("emitted", bath)) => means.emitted[of(bath)],
            Some(("absorbed", bath)) => means.absorbed[of(bath)],
            _ => match name {
                "jx" => means.jx,
                "jy" => means.jy,
                "jz" => means.now.jz,
                "jpjm" => means.now.emission,
                "j_squared" => means.now.j_squared,
                "work_over_omega" => means.work / OMEGA,
                _ => panic!("no value {name}"),
            },
        }
    }

    fn check_exact(&self, found: &[ProtocolMeans], tolerance: f64) {
        for (row, means) in self.rows.iter().zip(found) {
            for (name, expected) in row.as_object().unwrap().iter().filter(|(name, _)| *name != "t") {
                let (found, expected) = (self.value(means, name), number(expected));
                let off = (found - expected).abs() / expected.abs().max(1.0);
                assert!(off < tolerance, "{} at {}: {name} is {found}, not {expected}: {off:.1e}", self.name, row["t"]);
            }
        }
    }
}

#[test]
fn exact_averages_are_those_of_the_golden_file() {
    for case in Case::all() {
        case.check_exact(&case.exact(), 1e-8);
    }
}

/// Up to four qubits, one by one.
#[test]
fn the_full_space_has_the_averages_of_the_golden_file() {
    for case in Case::all().into_iter().filter(|case| case.number < 5) {
        let initial = density::of(&case.initial, case.number as usize).unwrap();
        let equation = RegisterProtocol::new(&case.protocol, &case.register()).unwrap();
        case.check_exact(&equation.averages(&initial, &case.times).unwrap().0, 1e-8);
    }
}

/// Counts quanta.
struct Counts(Exchanged);

impl<V> Recorder<V> for Counts {
    fn dwell(&mut self, _: f64, _: f64, _: &V, _: &V) {}

    fn jump(&mut self, _: f64, jump: Jump, _: &V) {
        self.0.add(jump);
    }
}

/// What is seen of a state, beside counts.
trait Looked: Values {
    fn emission(&self) -> f64;
}

impl Looked for Observables {
    fn emission(&self) -> f64 {
        self.emission
    }
}

impl Looked for RegisterValues {
    fn emission(&self) -> f64 {
        self.emission
    }
}

/// Means over paths within five standard errors of exact ones, at all times: a false alarm in 6e-7 of each of them.
fn check_paths<E>(engine: &E, initial: &InitialState, times: &[f64], exact: &[ProtocolMeans], paths: u64, what: &str)
where
    E: Unravelling<Initial = InitialState>,
    E::Values: Looked,
{
    let baths = exact[0].heat.len();
    let columns = 5 + 2 * baths;
    let mut sums = vec![(0.0, 0.0); times.len() * columns];
    let expected: Vec<f64> = exact
        .iter()
        .flat_map(|means| {
            let ProtocolMeans { now, jx, jy, .. } = means;
            let counts = means.emitted.iter().chain(&means.absorbed).copied();
            [*jx, *jy, now.jz, now.emission, now.j_squared].into_iter().chain(counts).collect::<Vec<_>>()
        })
        .collect();
    for path in 0..paths {
        let mut rng = stream(7, 0, path);
        let mut counts = Counts(Exchanged::new(baths));
        let mut state = engine.prepare(initial, &mut rng);
        let mut now = 0.0;
        for (sample, &time) in times.iter().enumerate() {
            engine.advance(&mut state, now, time, &mut rng, &mut counts);
            now = time;
            let seen = engine.observe(&state, time);
            let Transverse { jx, jy, .. } = seen.transverse.unwrap();
            let of_baths = |of: fn(&Exchanged, usize) -> u64| (0..baths).map(move |bath| (of, bath));
            let counted = of_baths(Exchanged::emitted).chain(of_baths(Exchanged::absorbed));
            let values = [jx, jy, seen.values.jz(), seen.values.emission(), seen.values.j_squared()]
                .into_iter()
                .chain(counted.map(|(of, bath)| of(&counts.0, bath) as f64));
            let row = sample * columns;
            for ((sum, value), expected) in sums[row..].iter_mut().zip(values).zip(&expected[row..]) {
                let apart = value - expected;
                *sum = (sum.0 + apart, sum.1 + apart * apart);
            }
        }
    }
    // From the ground state J(J+1) tells how many qubits there are.
    let (n, q) = (paths as f64, (1.0 + 4.0 * exact[0].now.j_squared).sqrt().round());
    for (index, ((sum, squares), expected)) in sums.into_iter().zip(&expected).enumerate() {
        let mean = sum / n;
        let error = ((squares / n - mean * mean).max(0.0) / n).sqrt();
        let (time, column) = (times[index / columns], index % columns);
        // Counts that are rare have the error of rare events. What changes anything by as much as there is and was seen
        // by no path is in one of n/15 at most, but for 3e-7.
        // So is J^2, which falls at a few local jumps alone: by 2J = q - 1 at most, from what q - 1 qubits have.
        let highest = 0.25 * (q * q - 1.0);
        let error = match column {
            0..4 => error,
            4 => error.max(((highest - expected).max(0.0) * (q - 1.0) / n).sqrt()),
            _ => error.max((expected / n).sqrt()),
        };
        let largest = [q, q, q, 0.5 * q * q, 2.0 * q].get(column).copied().unwrap_or(0.0);
        let unseen = if error < 1e-7 { 15.0 / n * largest } else { 0.0 };
        assert!(
            mean.abs() <= 5.0 * error + unseen + 1e-8 * expected.abs().max(1.0),
            "{what} at {time}, column {column}: {} not {expected}, {} sigma",
            mean + expected,
            mean / error
        );
    }
}

#[test]
fn paths_of_the_ladder_have_the_averages_of_the_golden_file() {
    for case in Case::all() {
        let engine = ProtocolLadder::new(&case.protocol, &case.hamiltonian, case.number);

        check_paths(&engine, &case.initial, &case.times, &case.exact(), 300, &case.name);
    }
}

#[test]
fn paths_of_a_register_have_the_averages_of_the_golden_file() {
    for case in Case::all().into_iter().filter(|case| case.number < 6) {
        let engine = ProtocolRegisters::new(&case.protocol, &case.register(), false).unwrap();

        check_paths(&engine, &case.initial, &case.times, &case.exact(), 100, &case.name);
    }
}

fn pulsed(duration: f64, amplitude: impl Into<Wave>, detuning: impl Into<Wave>, phase: f64) -> Segment {
    Segment {
        duration,
        frequency: Course::Held(OMEGA),
        baths: Vec::new(),
        drive: DriveCourse { amplitude: amplitude.into(), detuning: detuning.into(), phase: Course::Held(phase) },
    }
}

fn once(baths: &[Reservoir], segments: &[Segment]) -> Protocol {
    Protocol::new(Units::Natural, baths, segments, Repeats::Once).unwrap()
}

/// J_z at the end of the one path there is without baths, and its exact value.
fn unitary(protocol: &Protocol, number: i64) -> [f64; 2] {
    let none = Hamiltonian::default();
    let initial = InitialState::Dicke(Level::ground(number));
    let engine = ProtocolLadder::new(protocol, &none, number);
    let mut rng = stream(1, 0, 0);
    let mut state = engine.prepare(&initial, &mut rng);
    engine.advance(&mut state, 0.0, protocol.end(), &mut rng, &mut Counts(Exchanged::new(0)));
    let equation = DrivenProtocol::new(protocol, &none, number, &initial, Effort::Transient).unwrap();
    [engine.observe(&state, protocol.end()).values.jz, equation.averages(&[]).unwrap().1.now.jz]
}

#[test]
fn a_pulse_of_area_pi_inverts_whatever_its_outline_and_its_phase() {
    for (outline, area) in
        [(Outline::Gaussian, (2.0 * PI).sqrt()), (Outline::Square, 1.0), (Outline::Sech, PI), (Outline::Sin2, 0.5)]
    {
        for (angle, phase) in [(PI, 0.0), (-PI, 0.7), (PI / 3.0, 2.0)] {
            let pulse = Pulse { outline, amplitude: angle / (area * 0.1), centre: 3.0, width: 0.1 };
            for jz in unitary(&once(&[], &[pulsed(6.0, pulse, Course::Held(0.0), phase)]), 7) {
                // Steps are good to 1e-10 each.
                assert!((jz + 3.5 * angle.cos()).abs() < 1e-8, "{outline:?}, {angle}: {jz}");
            }
        }
    }
}

#[test]
fn a_chirp_inverts_as_allen_and_eberly_have_it() {
    // P = 1 - cos^2(pi T sqrt(Omega^2 - B^2)/2) sech^2(pi B T/2), for Omega sech(t/T) and B tanh(t/T).
    for (omega, chirp, width) in [(2.0, 0.0, 0.8), (3.0, 1.0, 0.5), (8.0, 7.5, 0.9_f64)] {
        let of = |outline, amplitude| Pulse { outline, amplitude, centre: 20.0, width };
        let segment = pulsed(40.0, of(Outline::Sech, omega), of(Outline::Tanh, chirp), 0.0);
        let turned: f64 = 0.5 * PI * width * (omega * omega - chirp * chirp).sqrt();
        let inverted = 1.0 - (turned.cos() / (0.5 * PI * chirp * width).cosh()).powi(2);
        for jz in unitary(&once(&[], &[segment]), 4) {
            assert!((jz - 4.0 * (inverted - 0.5)).abs() < 1e-7, "{omega}, {chirp}: {jz} not {inverted}");
        }
    }
}

#[test]
fn a_kick_is_a_turn_and_what_decays_meanwhile_goes_with_its_width() {
    let bath = Reservoir::given("out", Coupling::Collective, 1.0, 0.3).unwrap();
    let initial = InitialState::Dicke(Level::ground(6));
    let missed = [1e-3, 1e-4].map(|width| {
        let kick = Pulse { outline: Outline::Square, amplitude: 2.0 / width, centre: 0.5 * width, width };
        let protocol = once(std::slice::from_ref(&bath), &[pulsed(width, kick, Course::Held(0.0), 0.0)]);
        let equation = DrivenProtocol::new(&protocol, &Hamiltonian::default(), 6, &initial, Effort::Transient).unwrap();
        (equation.averages(&[]).unwrap().1.now.jz + 3.0 * 2.0_f64.cos()).abs()
    });
    assert!(missed[0] < 0.02 && (missed[0] / missed[1] - 10.0).abs() < 0.2, "{missed:?}");
}

/// Everything at once: cycles, ramps of the frequency, a temperature and rates, a drive that changes in all.
fn busy(driven: bool) -> (Protocol, Hamiltonian) {
    let thermal = |name: &str, coupling, gamma, temperature| {
        Reservoir::thermal(name, coupling, SpectralDensity::Flat(gamma), temperature).unwrap()
    };
    let baths = [
        thermal("hot", Coupling::Collective, 0.6, 2.0),
        thermal("loss", Coupling::Local, 0.3, 0.5).dephasing(0.2).unwrap(),
        Reservoir::given("given", Coupling::Collective, 0.4, 0.1).unwrap().dephasing(0.1).unwrap(),
    ];
    let ramp = |from, to, shape| Course::Ramp { from, to, shape };
    let change = |bath: &str, setting, course| Change { bath: bath.into(), setting, course };
    let drive = DriveCourse {
        amplitude: Wave {
            course: Course::Table(vec![(0.0, 0.0), (0.3, 2.0), (0.5, 2.0), (0.8, 0.5)]),
            pulses: vec![
                Pulse { outline: Outline::Square, amplitude: 6.0, centre: 0.45, width: 0.2 },
                Pulse { outline: Outline::Sin2, amplitude: -4.0, centre: 0.6, width: 0.25 },
            ],
            tones: vec![Tone { amplitude: 0.7, frequency: 9.0, phase: 0.3 }],
        },
        detuning: ramp(2.0, -1.0, Shape::Linear).into(),
        phase: ramp(0.0, 1.5, Shape::Cosine),
    };
    let first = Segment {
        duration: 0.8,
        frequency: ramp(1.0, 2.0, Shape::Cosine),
        baths: vec![
            change("hot", Setting::Temperature, ramp(2.0, 0.8, Shape::Linear)),
            change("loss", Setting::Rate, ramp(0.0, 1.0, Shape::Cosine)),
            change("given", Setting::Dephasing, ramp(0.1, 1.0, Shape::Linear)),
        ],
        drive: if driven { drive } else { DriveCourse::default() },
    };
    let second = Segment {
        duration: 0.5,
        frequency: Course::Held(1.5),
        baths: Vec::new(),
        drive: if driven {
            pulsed(0.5, Course::Held(1.2), Course::Held(0.4), 2.0).drive
        } else {
            DriveCourse::default()
        },
    };
    let protocol = Protocol::new(Units::Natural, &baths, &[first, second], Repeats::Cycles(2)).unwrap();
    (protocol, Hamiltonian { drive: None, chi: 0.3 })
}

const BUSY_TIMES: [f64; 7] = [0.0, 0.35, 0.52, 0.8, 1.1, 1.7, 2.6];

fn close(a: &[ProtocolMeans], b: &[ProtocolMeans], tolerance: f64, what: &str) {
    for (index, (a, b)) in a.iter().zip(b).enumerate() {
        let all = |means: &ProtocolMeans| {
            let now = means.now;
            let values = [means.jx, means.jy, now.jz, now.emission, now.j_squared, means.work];
            let lists = [&means.emitted, &means.absorbed, &means.heat].into_iter().flatten().copied();
            values.into_iter().chain(lists).collect::<Vec<f64>>()
        };
        for (column, (x, y)) in all(a).iter().zip(all(b)).enumerate() {
            assert!((x - y).abs() < tolerance, "{what}, {index}, {column}: {x} {y} {:e}", (x - y).abs());
        }
    }
}

#[test]
fn all_orders_of_coherence_and_the_full_space_agree_and_without_a_drive_so_do_the_levels() {
    let number = 3;
    for (driven, initial) in [
        (true, InitialState::Dicke(Level::ground(number))),
        (true, InitialState::Coherent { theta: 1.0, phi: 0.4 }),
        (false, InitialState::Coherent { theta: 2.0, phi: -0.7 }),
    ] {
        let (protocol, hamiltonian) = busy(driven);
        let equation = DrivenProtocol::new(&protocol, &hamiltonian, number, &initial, Effort::Transient).unwrap();
        let (series, last) = equation.averages(&BUSY_TIMES).unwrap();
        let register = Register { chi: hamiltonian.chi, ..Register::from(&protocol.model(number, 0.0)) };
        let rho = density::of(&initial, number as usize).unwrap();
        let full = RegisterProtocol::new(&protocol, &register).unwrap().averages(&rho, &BUSY_TIMES).unwrap();
        close(&series, &full.0, 1e-9, "full");
        close(std::slice::from_ref(&last), &[full.1], 1e-9, "full, last");
        if !driven {
            let levels = ProtocolEquation::new(&protocol, number, &initial).unwrap().averages(&BUSY_TIMES).unwrap();
            for (means, levels) in series.iter().chain([&last]).zip(levels.series.iter().chain([&levels.last])) {
                assert!((means.now.jz - levels.now.jz).abs() < 1e-9);
                assert!((means.work - levels.booked.mean(Entry::Work).unwrap()).abs() < 1e-9);
                for bath in 0..3 {
                    assert!((means.heat[bath] - levels.booked.mean(Entry::Heat(bath)).unwrap()).abs() < 1e-9);
                }
            }
        }
    }
}

#[test]
fn paths_through_everything_at_once_have_the_exact_averages() {
    let number = 3;
    for (driven, initial) in
        [(true, InitialState::Dicke(Level::ground(number))), (false, InitialState::Coherent { theta: 2.0, phi: -0.7 })]
    {
        let (protocol, hamiltonian) = busy(driven);
        let equation = DrivenProtocol::new(&protocol, &hamiltonian, number, &initial, Effort::Transient).unwrap();
        let exact = equation.averages(&BUSY_TIMES).unwrap().0;
        let ladder = ProtocolLadder::new(&protocol, &hamiltonian, number);

        check_paths(&ladder, &initial, &BUSY_TIMES, &exact, 600, "ladder");
        let register = Register { chi: hamiltonian.chi, ..Register::from(&protocol.model(number, 0.0)) };
        let register = ProtocolRegisters::new(&protocol, &register, true).unwrap();

        check_paths(&register, &initial, &BUSY_TIMES, &exact, 400, "register");
    }
}

/// A turn about z of the drive turns the spin and no draw: path by path.
#[test]
fn a_drive_about_y_is_one_about_x_seen_from_elsewhere() {
    let bath = || Reservoir::given("out", Coupling::Collective, 0.7, 0.2).unwrap();
    let local = || Reservoir::given("loss", Coupling::Local, 0.3, 0.0).unwrap().dephasing(0.2).unwrap();
    let pulse = Pulse { outline: Outline::Gaussian, amplitude: 9.0, centre: 0.6, width: 0.1 };
    let square = Pulse { outline: Outline::Square, amplitude: 7.0, centre: 1.5, width: 0.3 };
    let amplitude = Wave { pulses: vec![pulse], ..Wave::from(Course::Held(0.0)) };
    let engine = |phase: f64| {
        let segments =
            [pulsed(1.0, amplitude.clone(), Course::Held(0.8), phase), pulsed(2.0, square, Course::Held(0.8), phase)];
        ProtocolLadder::new(&once(&[bath(), local()], &segments), &Hamiltonian { drive: None, chi: 0.1 }, 6)
    };
    let initial = InitialState::Dicke(Level::ground(6));
    let quarter = 0.5 * PI;
    for path in 0..40 {
        let run = |phase: f64| {
            let (engine, mut rng) = (engine(phase), stream(3, 0, path));
            let mut counts = Counts(Exchanged::new(2));
            let mut state = engine.prepare(&initial, &mut rng);
            let mut seen = Vec::new();
            for (from, until) in [(0.0, 0.7), (0.7, 1.4), (1.4, 3.0)] {
                engine.advance(&mut state, from, until, &mut rng, &mut counts);
                let sample = engine.observe(&state, until);
                seen.push((sample.transverse.unwrap(), sample.values));
            }
            (seen, counts.0)
        };
        let ((x, jumps_x), (y, jumps_y)) = (run(0.0), run(quarter));
        assert_eq!(jumps_x, jumps_y);
        for ((a, of_x), (b, of_y)) in x.iter().zip(&y) {
            assert!((a.jx - b.jy).abs() < 1e-7 && (a.jy + b.jx).abs() < 1e-7, "{a:?} {b:?}");
            assert!((of_x.jz - of_y.jz).abs() < 1e-7 && (of_x.emission - of_y.emission).abs() < 1e-7);
        }
    }
}

#[test]
fn a_square_pulse_is_a_drive_for_a_while() {
    let baths = [Reservoir::given("out", Coupling::Collective, 0.7, 0.2).unwrap()];
    let square = Pulse { outline: Outline::Square, amplitude: 5.0, centre: 0.5, width: 0.4 };
    let protocol = once(&baths, &[pulsed(1.5, square, Course::Held(0.6), 0.0)]);
    let initial = InitialState::Dicke(Level::ground(5));
    let chi = 0.2;
    let equation =
        DrivenProtocol::new(&protocol, &Hamiltonian { drive: None, chi }, 5, &initial, Effort::Transient).unwrap();
    let found = equation.averages(&[0.3, 0.7, 1.5]).unwrap().0;
    let model = protocol.model(5, 0.0);
    let piece = |amplitude| {
        let drive = Some(Drive { amplitude, detuning: 0.6 });
        Driven::new(&model, &Hamiltonian { drive, chi }, &initial)
    };
    let mut state = piece(0.0).start();
    for ((amplitude, length), found) in [(0.0, 0.3), (5.0, 0.4), (0.0, 0.8)].into_iter().zip(&found) {
        let expected = piece(amplitude).advance(&mut state, &[length]).unwrap()[0];
        let now = expected.exact.now;
        assert!((now.jz - found.now.jz).abs() < 1e-9 && (now.emission - found.now.emission).abs() < 1e-9);
        assert!((expected.jx - found.jx).abs() < 1e-9 && (expected.jy - found.jy).abs() < 1e-9);
    }
}

/// The same numbers, and no numbers where the other has none.
fn same(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(a.to_bits() == b.to_bits() || (a - b).abs() <= tolerance, "{index}: {a} {b}");
    }
}

/// A protocol in which nothing changes is none: the same bits of the same draws.
#[test]
fn a_drive_that_is_held_is_that_of_no_protocol_to_the_last_bit() {
    fn values<E, S>(engine: &E, system: &S, initial: &InitialState) -> Vec<f64>
    where
        E: Unravelling<Initial = InitialState>,
        S: System<Values = E::Values>,
    {
        let columns = columns(&[system], true);
        let times: Vec<f64> = (0..12).map(|k| 0.2 * f64::from(k)).collect();
        let mut record = Record::new(system, 5, &columns, times.len(), Detail::default());
        let mut all = Vec::new();
        for path in 0..20 {
            assert!(trajectory::run(engine, initial, &times, &mut stream(5, 0, path), &mut record));
            all.extend(record.trace.values.iter().copied());
            all.push(record.trace.peak.0);
        }
        all
    }
    let baths = [
        Reservoir::given("out", Coupling::Collective, 0.7, 0.2).unwrap().dephasing(0.1).unwrap(),
        Reservoir::given("loss", Coupling::Local, 0.1, 0.05).unwrap(),
    ];
    let chi = 0.15;
    let twisted = Hamiltonian { drive: None, chi };
    let driven = Hamiltonian { drive: Some(Drive { amplitude: 1.3, detuning: 0.4 }), chi };
    let held = |drive: bool| {
        let amplitude = Course::Held(if drive { 1.3 } else { 0.0 });
        once(&baths, &[pulsed(2.2, amplitude, Course::Held(0.4), 0.0)])
    };
    let model = held(true).model(5, 0.0);
    let register = |hamiltonian: &Hamiltonian| Register {
        drive: hamiltonian.drive,
        chi,
        couplings: vec![1.0, 0.8, 1.1, 1.0, 0.9],
        ..Register::from(&model)
    };
    let (ground, coherent) = (InitialState::Dicke(Level::ground(5)), InitialState::Coherent { theta: 1.0, phi: 0.3 });
    for initial in [&ground, &coherent] {
        let found = values(&ProtocolLadder::new(&held(true), &twisted, 5), &model, initial);
        same(&found, &values(&DrivenLadder::new(&model, &driven), &model, initial), 0.0);
        let found = values(&ProtocolLadder::new(&held(false), &twisted, 5), &model, initial);
        let expected = values(&Ladder::new(&model, &twisted), &model, initial);
        // The angle of the lab is a sum, and a product.
        same(&found, &expected, 1e-12);
        for (drive, hamiltonian) in [(true, driven), (false, twisted)] {
            let register = register(&hamiltonian);
            let whole = std::ptr::eq(initial, &coherent);
            let engine = ProtocolRegisters::new(&held(drive), &register, whole).unwrap();
            let found = values(&engine, &register, initial);
            let expected = values(&Registers::new(&register, whole), &register, initial);
            // Without a drive small blocks move in an eigenbasis, under a protocol by a series: each errs by up to 1e-11 a step,
            // of which there are some ten, and values are up to a hundred.
            same(&found, &expected, if drive { 0.0 } else { 1e-8 });
        }
    }
}
