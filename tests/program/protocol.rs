//! `[protocol]`: what is read of it, what is refused, and how `check` shows it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::bath::Coupling;
use superjump::group::Group;
use superjump::model::protocol::{Change, Protocol, Repeats, Segment};
use superjump::model::{Course, DriveCourse, Reservoir, Setting, Shape, SpectralDensity};
use superjump::results::Summary;
use superjump::scenario::{
    Asked, Overrides, PointBuilder, PointError, Purpose, Scenario, ScenarioError, Solve, Steady, Transient,
};
use superjump::units::Units;
use tempfile::TempDir;

use crate::bad_input::parse;
use crate::place::{Place, success, superjump};

const ENGINE: &str = "[qubits]
number = 4
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 3.0
filter = { quality = 2.0, resonance = 2.0 }
[[bath]]
name = \"cold\"
coupling = \"collective\"
down = 0.75
up = 0.25
[initial]
state = \"thermal\"
temperature = 0.6
[protocol]
cycles = 20
[protocol.segment.cooling]
duration = 5.0
bath.hot.rate = 0
[protocol.segment.compression]
duration = 1.0
frequency = { to = 2.0, shape = \"cosine\" }
bath.hot.temperature = { from = 2.5, to = 3.5 }
[protocol.segment.heating]
duration = 4.0
bath.hot.rate = 0.5
bath.cold.up = { table = [[0, 0.25], [1.5, 0.0], [4, 0.125]] }
[protocol.segment.expansion]
duration = 2.0
frequency.to = 1.0
bath.hot.rate = { to = 0.1, shape = \"exponential\" }
[evolution]
trajectories = 100
";

fn with(from: &str, to: &str) -> String {
    assert!(ENGINE.contains(from), "{from}");
    ENGINE.replacen(from, to, 1)
}

fn read(text: &str, purpose: Purpose, set: &[&str]) -> Result<Scenario, ScenarioError> {
    let mut overrides = Overrides::default();
    set.iter().for_each(|assignment| overrides.set(*assignment));
    Scenario::parse("s", "s.toml", text, purpose, &overrides)
}

fn change(bath: &str, setting: Setting, course: Course) -> Change {
    Change { bath: bath.into(), setting, course }
}

fn ramp(from: f64, to: f64, shape: Shape) -> Course {
    Course::Ramp { from, to, shape }
}

/// The same in Rust: what a segment sets stays, and a ramp begins where the segment before ended.
#[test]
fn a_protocol_is_that_of_its_segments_one_after_the_other() {
    use Setting::{Rate, Temperature, Up};
    let scenario = parse(ENGINE).unwrap();
    let point = &scenario.points[0];
    let group = &point.groups[0];
    let held = Course::Held;
    let table = Course::Table(vec![(0.0, 0.25), (1.5, 0.0), (4.0, 0.125)]);
    let segment = |duration, frequency, baths| Segment { duration, frequency, baths, drive: DriveCourse::default() };
    let segments = [
        segment(5.0, held(1.0), vec![change("hot", Rate, held(0.0))]),
        segment(
            1.0,
            ramp(1.0, 2.0, Shape::Cosine),
            vec![change("hot", Rate, held(0.0)), change("hot", Temperature, ramp(2.5, 3.5, Shape::Linear))],
        ),
        segment(
            4.0,
            held(2.0),
            vec![change("hot", Rate, held(0.5)), change("hot", Temperature, held(3.5)), change("cold", Up, table)],
        ),
        segment(
            2.0,
            ramp(2.0, 1.0, Shape::Linear),
            vec![
                change("hot", Rate, ramp(0.5, 0.1, Shape::Exponential)),
                change("hot", Temperature, held(3.5)),
                change("cold", Up, held(0.125)),
            ],
        ),
    ];
    let filter = superjump::circuit::Filter::new(2.0, 2.0, superjump::circuit::FilterForm::Lorentzian).unwrap();
    let density = SpectralDensity::Filtered { on_resonance: 1.0, filter };
    let baths = [
        Reservoir::thermal("hot", Coupling::Collective, density, 3.0).unwrap(),
        Reservoir::given("cold", Coupling::Collective, 0.75, 0.25).unwrap(),
    ];
    let names = ["cooling", "compression", "heating", "expansion"].map(str::to_owned);
    let protocol = Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(20)).unwrap().named(names);
    assert_eq!(group.protocol.as_ref(), Some(&protocol));
    // The point is that at the start: what the first segment sets is set, and thermal is thermal there.
    assert_eq!(group.model, protocol.model(4, 0.0));
    assert_eq!((group.model.baths[0].down, group.model.baths[1].down), (0.0, 0.75));
    assert_eq!((point.until(), point.times().len(), point.engine.engine.name()), (240.0, 101, "populations"));
    assert_eq!(point.watched(), 0, "the hot bath is off at first, and exchanges all the same");
    assert!(scenario.kind().contains("through 20 cycles of 4 segments"), "{}", scenario.kind());
    // And the same point without a text, with the same id.
    let asked = Transient { times: point.times().to_vec(), trajectories: 100 };
    let built = PointBuilder::new(group.clone()).build(asked.clone()).unwrap();
    assert_eq!(built.id, point.id);
    let wrong = |group| PointBuilder::new(group).build(asked.clone()).unwrap_err();
    let mut elsewhere = group.clone();
    elsewhere.model.frequency = 1.5;
    assert_eq!(wrong(elsewhere), PointError::NotAtItsStart);
    let late = Transient { times: vec![0.0, 241.0], trajectories: 100 };
    let late = PointBuilder::new(group.clone()).build(late).unwrap_err();
    assert_eq!(late, PointError::BeyondProtocol { time: 241.0, end: 240.0 });
    let noisy = || Steady { phases: vec![0.0, 6.0, 12.0], ..Steady::of_bath(0) };
    let solved = |group, steady| {
        PointBuilder::new(group).build(Solve { times: vec![], steady: Some(steady), trajectories: None })
    };
    let why = solved(group.clone(), noisy()).unwrap_err().to_string();
    assert!(why.contains("of a protocol of one cycle"), "{why}");
    let once = Protocol::new(Units::Natural, &baths, &segments, Repeats::Cycles(1)).unwrap();
    let limit = Group { protocol: Some(once), ..group.clone() };
    assert_eq!(solved(limit.clone(), noisy()).unwrap().steady().unwrap().phases.len(), 3);
    let beyond = solved(limit.clone(), Steady { phases: vec![0.0, 12.5], ..noisy() }).unwrap_err();
    assert_eq!(beyond, PointError::BeyondProtocol { time: 12.5, end: 12.0 });
    let without = solved(Group { protocol: None, ..limit }, noisy()).unwrap_err().to_string();
    assert!(without.contains("there is no protocol"), "{without}");
    let two = PointBuilder::new(group.clone()).group(group.clone()).build(asked.clone()).unwrap_err();
    assert_eq!(two, PointError::ProtocolOfGroups { groups: 2 });
}

#[test]
fn a_drive_begins_at_that_of_the_scenario_and_a_pulse_leaves_nothing_behind() {
    let way = |setting: &str, outline: &str| {
        format!("drive.{setting} = {{ pulse = \"{outline}\", amplitude = -2, centre = 0.5, width = 0.1 }}\n")
    };
    // A detuning without an amplitude drives nothing, and populations follow.
    let heating = "[protocol.segment.heating]\n";
    let of = |changes: &str| with(heating, &format!("{changes}{heating}drive.phase.to = 1.5\n"));
    let scenario = parse(&of(&way("detuning", "tanh"))).unwrap();
    let stages = scenario.points[0].protocol().unwrap().stages().to_vec();
    let detuning = |stage: usize, time: f64| stages[stage].drive.at(time).z;
    assert_eq!(
        [detuning(0, 1.0), detuning(1, 0.5), detuning(2, 1.0), detuning(3, 1.0)].map(f64::round),
        [0.0, 0.0, -2.0, -2.0]
    );
    assert_eq!(
        [stages[1].drive.phase.at(1.0), stages[2].drive.phase.at(4.0), stages[3].drive.phase.at(0.0)],
        [0.0, 1.5, 1.5]
    );
    let pulse = parse(&of(&way("detuning", "gaussian"))).unwrap();
    assert_eq!(pulse.points[0].protocol().unwrap().stages()[2].drive.at(1.0).z, 0.0);
    // An amplitude superposes levels: the ladder follows it, through any number of cycles and to their limit.
    for text in [of(&way("amplitude", "sech")), ENGINE.to_owned() + "[drive]\namplitude = 0.3\n"] {
        let scenario = parse(&text).unwrap();
        assert_eq!(scenario.points[0].engine.engine.name(), "ladder");
        assert_eq!(scenario.points[0].groups[0].hamiltonian.drive, None, "it is that of the segments");
        let limit = parse(&text.replace("cycles = 20", "cycles = \"until steady\"")).unwrap();
        assert_eq!(limit.points[0].engine.engine.name(), "ladder");
        let error =
            parse(&text.replace("trajectories = 100", "trajectories = 100\nengine = \"populations\"")).unwrap_err();
        assert!(
            error.title().contains("a drive superposes the levels") && error.allowed().contains("ladder"),
            "{error}"
        );
    }
    // So it follows a start that is superposed.
    let coherent = with("\"thermal\"\ntemperature = 0.6", "\"coherent\"\ntheta = 1.0");
    assert_eq!(parse(&coherent).unwrap().points[0].engine.engine.name(), "ladder");
    let couplings = with("number = 4", "number = 4\ncouplings = [1, 0.5, 1, 1]");
    assert_eq!(parse(&couplings).unwrap().points[0].engine.engine.name(), "register");
    for (wrong, title, allowed) in [
        ("detuning = { amplitude = 1.0 }", "detuning.amplitude` is of a pulse", "\"gaussian\""),
        (
            "detuning = { pulse = \"gauss\", amplitude = 1, centre = 0.5, width = 0.1 }",
            "is \"gauss\"",
            "\"gaussian\", as",
        ),
        ("detuning = { pulse = \"square\", amplitude = 1, t0 = 0.5, width = 0.1 }", "unknown key", "`centre`, as `t0`"),
        ("detuning = { pulse = \"square\", amplitude = 1, centre = 0.5 }", "detuning.width` is missing", "positive"),
        ("detuning = { pulse = \"square\", amplitude = 1, centre = 0.5, width = 0 }", "its width is 0", "positive"),
        (
            "detuning = { pulse = \"square\", amplitude = 1, centre = 0.5, width = 1e-9 }",
            "less than 0.000001",
            "millionth",
        ),
        ("detuning = { pulse = \"square\", amplitude = 1, centre = 0.9, width = 0.5 }", "from 0.65 to 1.15", "within"),
        (
            "detuning = { pulse = \"sech\", amplitude = 1, centre = 2, width = 0.5 }",
            "its centre is at 2",
            "since the start",
        ),
        ("detuning = { pulse = \"sech\", to = 1 }", "both `pulse` and `to`", "one of the two"),
        ("detuning = inf", "drive.detuning` is inf", "finite"),
        ("rabi = 0.0", "unknown key `protocol.segment.compression.drive.rabi`", "`amplitude`, as `rabi`"),
    ] {
        let error = parse(&of(&format!("drive.{wrong}\n"))).unwrap_err();
        assert!(error.title().contains(title) && error.allowed().contains(allowed), "{wrong}\n{error}");
        assert_eq!(error.line(), Some(26), "{error}");
    }
}

#[test]
fn the_limit_cycle_is_asked_for_by_its_cycles_and_looked_at_over_its_phase() {
    let text = with("cycles = 20", "cycles = \"until steady\"").replace("trajectories = 100", "samples = 13");
    let converge = parse(&text).unwrap();
    let Asked::Converge(asked) = &converge.points[0].asked else { panic!("{:?}", converge.points[0].asked) };
    assert_eq!(asked.steady.phases, (0..13).map(|k| 12.0 * (f64::from(k) / 12.0)).collect::<Vec<_>>());
    assert_eq!((asked.budget.until, asked.steady.bath), (None, 0));
    assert_eq!(converge.points[0].protocol().unwrap().repeats(), Repeats::Cycles(1));
    assert!(converge.kind().starts_with("Limit cycle of 4 segments from trajectories"), "{}", converge.kind());
    let with_error = text.clone() + "[steady]\nrelative_error = 0.1\nbath = \"cold\"\n";
    let Asked::Converge(asked) = &parse(&with_error).unwrap().points[0].asked.clone() else { panic!() };
    assert_eq!(asked.steady.bath, 1);
    // `exact` needs no [evolution], and no other table either.
    let alone = &with("cycles = 20", "cycles = \"until steady\"").replace("[evolution]\ntrajectories = 100\n", "");
    let exact = read(alone, Purpose::Exact, &[]).unwrap();
    let Asked::Solve(solve) = &exact.points[0].asked else { panic!() };
    assert!(solve.times.is_empty() && solve.steady.as_ref().unwrap().phases.len() == 101);
    let transient = read(&alone.replace("\"until steady\"", "2"), Purpose::Exact, &[]).unwrap();
    assert_eq!(transient.points[0].until(), 24.0);
    // Noise is that of windows of whole cycles; what each phase has of its own is refused.
    let noisy = |table: &str| parse(&(text.clone() + "[noise]\n" + table));
    let noise = noisy("windows = [12, 48]").unwrap().points[0].noise().clone();
    assert_eq!((noise.baths, noise.windows), (vec![0, 1], vec![12.0, 48.0]));
    for (table, title, allowed) in [
        ("windows = [12, 30]", "has 30, which is 2.5 cycles of 12", "whole multiples of 12"),
        ("windows = [3]", "has 3, which is 0.25 cycles of 12", "whole multiples of 12"),
        ("frequencies = [1.0]", "a spectrum would be another at each phase", "`noise.windows` of whole cycles"),
        ("delays = [1.0]", "g2 and waiting times would be another", "`noise.windows`"),
    ] {
        let error = noisy(table).unwrap_err();
        assert!(error.title().contains(title) && error.allowed().contains(allowed), "{table}: {error}");
        assert_eq!(error.line(), Some(37), "{error}");
    }
}

#[test]
fn every_key_of_a_protocol_is_set_and_swept_and_segments_keep_their_order() {
    let names = |scenario: &Scenario| -> Vec<String> {
        scenario.points[0].protocol().unwrap().stages().iter().map(|stage| stage.name.clone()).collect()
    };
    let set = [
        "protocol.segment.cooling={ duration = 3 }",
        "protocol.segment.compression.frequency.to=1.5",
        "protocol.segment.heating.duration=4.0",
        "protocol.segment.expansion.bath.hot.rate=0.25",
        "protocol.cycles=2",
        "sweep.bath.hot.temperature=[1.0, 2.0]",
        "sweep.protocol.segment.cooling.duration={ linspace = [1, 3, 3] }",
    ];
    let scenario = read(ENGINE, Purpose::Trajectories, &set).unwrap();
    assert_eq!(names(&scenario), ["cooling", "compression", "heating", "expansion"]);
    assert_eq!(scenario.points.len(), 6);
    let last = scenario.points[5].protocol().unwrap();
    assert_eq!((last.period(), last.cycles(), last.frequency(4.5)), (10.0, 2, 1.5));
    // The bath of the scenario is followed by the protocol until it sets that itself.
    assert_eq!(last.model(4, 1.0).baths[0].temperature, Some(2.0));
    assert_eq!(last.model(4, 3.5).baths[0].temperature, Some(3.0));
    let ids: std::collections::BTreeSet<u64> = scenario.points.iter().map(|point| point.id).collect();
    assert_eq!(ids.len(), 6);
    for (set, line) in [
        ("protocol.segment.cooing.duration=3", "there is no segment \"cooing\""),
        ("protocol.segment.heating.bath.hot.rate.to=1", "`rate` is not a table"),
        ("protocol.segment.heating.bath.hto.rate=1", "there is no bath \"hto\""),
    ] {
        let error = read(ENGINE, Purpose::Trajectories, &[set]).unwrap_err();
        assert!(error.title().contains(line), "{error}");
    }
}

/// (what is replaced, by what, the line of the error, words of the message, words of what is allowed)
const WRONG: &[(&str, &str, usize, &str, &str)] = &[
    ("duration = 5.0", "duration = 0", 20, "`protocol.segment.cooling.duration` is 0", "a positive, finite time"),
    ("duration = 5.0", "duration = -1.0", 20, "`protocol.segment.cooling.duration` is -1", "positive"),
    ("duration = 5.0", "duration = inf", 20, "`protocol.segment.cooling.duration` is inf", "finite"),
    ("duration = 5.0", "duration = 1e-15", 20, "is 1e-15, which is lost beside the end", "a quench needs no segment"),
    ("duration = 5.0\n", "", 19, "`protocol.segment.cooling.duration` is missing", "a positive, finite time"),
    ("duration = 5.0", "time = 5.0", 20, "unknown key `protocol.segment.cooling.time`", "`duration`, as `time`"),
    (
        "bath.hot.rate = 0\n",
        "bath.hot.gamma = 0\n",
        21,
        "unknown key `protocol.segment.cooling.bath.hot.gamma`",
        "`rate`",
    ),
    (
        "bath.hot.rate = 0\n",
        "bath.hot.name = \"x\"\n",
        21,
        "unknown key `protocol.segment.cooling.bath.hot.name`",
        "`rate`",
    ),
    ("bath.hot.rate = 0\n", "bath.hot = 0\n", 21, "`protocol.segment.cooling.bath.hot` is 0", "what changes of a bath"),
    (
        "bath.hot.rate = 0\n",
        "qubits.frequency = 2\n",
        21,
        "there is no key `protocol.segment.cooling.qubits`",
        "`frequency`",
    ),
    ("bath.hot.rate = 0\n", "bath.sun.rate = 0\n", 21, "there is no bath \"sun\"", "hot, cold"),
    ("bath.hot.rate = 0\n", "bath.hot.down = 0\n", 21, "follow from its rate", "what it has: `rate`, `temperature`"),
    ("bath.hot.rate = 0\n", "bath.cold.temperature = 1\n", 21, "are given, whatever", "what it has: `down`, `up`"),
    (
        "bath.hot.rate = 0\n",
        "bath.hot.rate = -0.1\n",
        21,
        "`protocol.segment.cooling.bath.hot.rate` is -0.1",
        "from 0 up",
    ),
    ("bath.hot.rate = 0\n", "bath.hot.rate = \"0\"\n", 21, "is \"0\"", "0 without quotes"),
    ("bath.hot.rate = 0\n", "bath.hot.rate = [0, 1]\n", 21, "is a list", "a number, or a table"),
    ("rate = 0.5\n", "rate = 1e100\n", 26, "gamma (1 + n) of bath \"hot\" is beyond", "lower"),
    (
        "frequency = { to = 2.0,",
        "frequency = { to = 0.0,",
        24,
        "`protocol.segment.compression.frequency.to` is 0",
        "above 0",
    ),
    ("frequency = { to = 2.0,", "frequency = { to = nan,", 24, "frequency.to` is NaN", "finite"),
    (
        "frequency = { to = 2.0,",
        "frequency = { end = 2.0,",
        24,
        "unknown key `protocol.segment.compression.frequency.end`",
        "`to`",
    ),
    (
        "frequency = { to = 2.0,",
        "frequency = { from = 2.0,",
        24,
        "neither where it goes, `to`, nor a `table`",
        "{ to = 2.0",
    ),
    (
        "frequency = { to = 2.0,",
        "frequency = { to = 2.0, table = [],",
        24,
        "both `table` and `to`",
        "a table says it all",
    ),
    ("\"cosine\"", "\"sine\"", 24, "frequency.shape` is \"sine\"", "\"cosine\", as \"sine\" is called here"),
    ("\"cosine\"", "\"cosin\"", 24, "frequency.shape` is \"cosin\"", "did you mean \"cosine\"?"),
    ("from = 2.5, to = 3.5", "to = -0.5", 25, "bath.hot.temperature.to` is -0.5", "from 0 up"),
    ("from = 2.5, to = 3.5", "to = 0, shape = \"exponential\"", 25, "goes exponentially from 3 to 0", "above 0"),
    ("to = 0.1, shape", "from = 0, to = 0.1, shape", 33, "goes exponentially from 0 to 0.1", "above 0"),
    ("rate = 0.5\n", "rate = 0\n", 33, "goes exponentially from 0 to 0.1", "shape = \"linear\""),
    ("[4, 0.125]", "[5, 0.125]", 29, "bath.cold.up.table` goes from 0 to 5", "times from 0 to 4"),
    ("[[0, 0.25]", "[[0.5, 0.25]", 29, "goes from 0.5 to 4", "times from 0 to 4"),
    ("[1.5, 0.0]", "[1.5, 0.0], [1.0, 0.0]", 29, "has time 1 after 1.5", "ascend"),
    ("[1.5, 0.0]", "[1.5, -1]", 29, "bath.cold.up.table` is -1", "pairs"),
    ("[1.5, 0.0]", "[1.5]", 29, "no pair [time, value]", "pairs"),
    ("[[0, 0.25], [1.5, 0.0], [4, 0.125]]", "[]", 29, "is empty", "pairs"),
    ("cycles = 20", "cycles = 0", 18, "`protocol.cycles` is 0", "from 1 to 1000000000"),
    ("cycles = 20", "cycles = 2.5", 18, "`protocol.cycles` is 2.5", "a whole number"),
    ("cycles = 20", "cycles = \"steady\"", 18, "`protocol.cycles` is \"steady\"", "\"until steady\", as"),
    ("cycles = 20", "repeat = 20", 18, "unknown key `protocol.repeat`", "`cycles`, as `repeat`"),
    (
        "[protocol.segment.cooling]",
        "[protocol.stroke.cooling]",
        19,
        "unknown key `protocol.stroke`",
        "`segment`, as `stroke`",
    ),
    ("[protocol.segment.cooling]", "[protocol.segment.\"a b\"]", 19, "has a segment \"a b\"", "letters"),
    (
        "[protocol.segment.cooling]",
        "[[protocol.segment]]",
        19,
        "`protocol.segment` is a list",
        "[protocol.segment.NAME]",
    ),
    (
        "trajectories = 100",
        "trajectories = 100\nuntil = 241.0",
        36,
        "goes to 241, and the protocol ends at 240",
        "a segment more",
    ),
    ("trajectories = 100", "trajectories = 100\ntimes = [1, 250]", 36, "`evolution.times` goes to 250", "up to 240"),
    ("trajectories = 100", "trajectories = 100\n[steady]", 36, "the [protocol] ends before", "\"until steady\""),
    ("trajectories = 100", "trajectories = 100\n[noise]", 36, "this [protocol] ends before", "\"until steady\""),
    (
        "trajectories = 100",
        "trajectories = 100\nengine = \"sectors\"",
        36,
        "a protocol changes them",
        "\"populations\"",
    ),
    ("temperature = 3.0", "temperature = 3.0\nquantum = 1.5", 8, "`bath.hot.quantum` is of its own", "no [protocol]"),
    ("number = 4", "number = 4\nspread = 0.1", 18, "[protocol] is of qubits of one frequency", "`couplings`"),
    (
        "number = 4",
        "number = 4\nfrequencies = [2, 2, 2, 2]",
        18,
        "the qubits differ in frequency",
        "`qubits.frequency`",
    ),
    (
        "number = 4",
        "[[qubits.group]]\nnumber = 2\n[[qubits.group]]\nnumber = 2",
        20,
        "there are 2 groups",
        "`couplings`",
    ),
];

#[test]
fn each_wrong_key_of_a_protocol_is_refused_with_its_line_and_what_is_allowed() {
    parse(ENGINE).unwrap();
    for (from, to, line, message, allowed) in WRONG {
        let error = parse(&with(from, to)).expect_err(to);
        let shown = error.to_string();
        assert!(error.title().contains(message), "{to}:\n{shown}");
        assert!(error.allowed().contains(allowed), "{to}:\n{shown}");
        assert_eq!(error.line(), Some(*line), "{to}:\n{shown}");
    }
    // All of them at once, each in its place.
    let text =
        with("duration = 5.0", "duration = 0").replace("to = 2.0", "to = -2.0").replace("cycles = 20", "cycles = 0");
    let all = parse(&text).unwrap_err();
    assert_eq!(all.all().count(), 2, "{all}");
    // A quench before anything is counted.
    let text = with("bath.hot.rate = 0\n", "frequency = 2.0\n");
    let error = parse(&text).unwrap_err();
    assert!(error.title().contains("begins at 2, and the qubits are at 1"), "{error}");
    assert_eq!(error.line(), Some(21));
    // A sum of durations is rounded, and a time at its end is not beyond it.
    let sums = with("duration = 5.0", "duration = 0.7").replace("duration = 1.0", "duration = 0.1");
    let sums = sums.replace("cycles = 20\n", "").replace("trajectories = 100", "trajectories = 9\nuntil = 6.8");
    assert!(parse(&sums).unwrap().points[0].until() <= 6.8);
}

#[test]
fn a_filter_that_is_outrun_is_warned_of_by_segment_bath_and_how_much() {
    let text = with("quality = 2.0", "quality = 20.0");
    let warnings = parse(&text).unwrap().warnings();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    // A cosine over 1 is pi/2 at its steepest, and (2/20)^2 = 0.01.
    for words in ["segment \"compression\"", "bath \"hot\"", "157.1 times", "1.571", "is 0.01 omega_0^2", "1 more"] {
        assert!(warning.contains(words), "{warning}");
    }
    let slow = text.replace("duration = 1.0", "duration = 1000.0").replace("duration = 2.0", "duration = 1000.0");
    assert_eq!(parse(&slow).unwrap().warnings(), [""; 0]);
}

/// All tables of a folder, byte for byte.
fn tables(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tables = files.filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    tables.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
}

#[test]
fn transients_and_limit_cycles_that_are_killed_come_to_the_bits_of_those_that_were_left_alone() {
    let cycles = with("trajectories = 100", "trajectories = 8000\nsamples = 41\n[record]\ncycles = true");
    let steady = with("cycles = 20", "cycles = \"until steady\"").replace("trajectories = 100", "samples = 5");
    let steady = steady + "[steady]\nrelative_error = 0.01\n";
    for (text, tables_of_it) in [(cycles, 6), (steady, 2)] {
        let place = Place::new("engine.toml", &text, &["--no-report", "--no-progress"]);
        success(&place.run("whole", &["--threads", "1"]));
        for kept in [1, 3] {
            let mut child = place.start("killed", &["--threads", "8"]);
            assert!(place.wait_for_parts("killed", kept, &mut child), "it ended before it was killed");
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(Summary::read(&place.path("killed")).unwrap().is_none());
        }
        success(&place.run("killed", &["--threads", "8"]));
        let (whole, killed) = (tables(&place.path("whole")), tables(&place.path("killed")));
        assert_eq!(whole.keys().collect::<Vec<_>>(), killed.keys().collect::<Vec<_>>());
        assert!(whole.len() >= tables_of_it, "{:?}", whole.keys());
        assert!(whole == killed, "bits differ");
        let points = |folder: &str| Summary::read(&place.path(folder)).unwrap().unwrap().points;
        assert_eq!(points("whole"), points("killed"));
    }
}

/// What a user sees.
#[test]
fn check_shows_segments_quenches_and_baths() {
    let here = TempDir::new().unwrap();
    let say = |arguments: &[&str]| superjump(here.path()).args(arguments).output().unwrap();
    fs::write(here.path().join("engine.toml"), with("frequency.to = 1.0", "frequency.to = 1.5")).unwrap();
    let shown = success(&say(&["check", "engine.toml"]));
    for line in [
        "protocol       4 segments in 12/omega_0, 20 cycles, to 240/omega_0",
        "cooling      0 to 5            frequency 1, hot rate 0",
        "frequency 1 to 2 (cosine), hot temperature 2.5 to 3.5 (linear)",
        "hot rate 0.5, cold up 0.25 to 0.125 (table, between 0 and 0.25)",
        "quench to \"cooling\": frequency 1.5 to 1, W = M x -0.5, as the cycle does not close",
        "compression  hot   0.4 to 0.5714",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

/// A drive beyond the qubits, or beyond what the unit is made for, is warned of; one beyond all numbers is refused.
#[test]
fn a_drive_that_is_too_strong_is_told() {
    let warned = |text: &str| parse(text).unwrap().warnings().join("\n");
    let pulse = "[protocol.segment.heating]\ndrive.amplitude = { pulse = \"gaussian\", amplitude = -2.5, centre = 2.0, width = 0.2 }";
    let text = with("[protocol.segment.heating]", pulse);
    let strong = warned(&text);
    assert!(strong.contains("segment \"heating\" has a drive of up to 2.5, 1.25 times the frequency"), "{strong}");
    assert!(!warned(&text.replace("-2.5", "-1.9")).contains("has a drive"));
    let error = parse(&text.replace("-2.5", "1e300")).unwrap_err();
    assert!(error.title().contains("amplitude` is 1e300, beyond 1e100"), "{error}");
    let si = text.replace("-2.5", "2e3").replace("[qubits]", "units = \"SI\"\n[qubits]\nfrequency = 1.0");
    let fast = warned(&si);
    assert!(fast.contains("`protocol.segment.heating.drive.amplitude` is 2000 GHz, above 1 THz"), "{fast}");
}

/// What is kept of each of very many cycles is told to be what takes the memory.
#[test]
fn too_many_cycles_for_the_memory_are_told_by_their_key() {
    let here = Place::new("many.toml", &with("cycles = 20", "cycles = 1000000000"), &[]);
    let refused = here.run("out", &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("GB of memory") && said.contains("fewer `protocol.cycles`"), "{said}");
}

/// The shipped scenarios with a drive, as a user runs them, in small.
#[test]
fn pulses_and_chirps_run_from_their_scenarios() {
    let here = TempDir::new().unwrap();
    let say = |arguments: &[&str]| success(&superjump(here.path()).args(arguments).output().unwrap());
    let shown = say(&["check", &shipped("pi_pulse_burst")]);
    for line in
        ["pulse    0 to 0.1          drive amplitude sin2 of 62.8319 at 0.05, width 0.1", "beside every estimate"]
    {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let pulse = superjump(here.path()).args(["check", &shipped("pi_pulse_burst")]).output().unwrap();
    let warned = String::from_utf8(pulse.stderr).unwrap();
    assert!(warned.contains("segment \"pulse\" has a drive of up to 62.83, 62.83 times the frequency"), "{warned}");
    let shown = say(&["run", &shipped("pi_pulse_burst"), "--trajectories", "40", "-o", "pi", "--no-progress"]);
    for line in ["engine ladder", "Note: work_variance, reliability, work_heat_covariance", "report.html"] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let chirp = shipped("chirped_inversion");
    let sweep = "sweep.protocol.segment.chirp.drive.amplitude.amplitude=[0.25, 1.0]";
    let shown = say(&["exact", &chirp, "-o", "chirp", "--set", sweep, "--set", "evolution.samples=3"]);
    let summary = Summary::read(&here.path().join("chirp")).unwrap().unwrap();
    for (point, amplitude) in summary.points.iter().zip([0.25, 1.0_f64]) {
        let excited = point.quantities.iter().find(|row| row.quantity == "excited").unwrap().exact.unwrap();
        // Landau and Zener, at an amplitude that hardly changes in the crossing; the bath takes 2 % and more of it back.
        let expected = 1.0 - (-std::f64::consts::PI * amplitude * amplitude).exp();
        assert!((excited - expected).abs() < 0.05, "{amplitude}: {excited}, not {expected}\n{shown}");
    }
}

fn shipped(name: &str) -> String {
    format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

proptest! {
    // The same cases in every run.
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(29),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// A protocol of which words are altered is read, or refused in words that point into it; it never panics.
    #[test]
    fn altered_protocols_are_read_or_refused_in_words(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        exact in any::<bool>(),
    ) {
        let others = [
            "0", "-1", "1e-300", "1e100", "1e300", "nan", "inf", "[]", "{}", "[[0, 1]]", "true", "\"x\"", "2.0", "\"until steady\"",
            "{ to = 1.0 }", "{ table = [[0, 1], [1, 2]] }", "{ to = 0, shape = \"exponential\" }", "{ from = 1e100, to = 1e-300 }",
            "{ pulse = \"sech\", amplitude = 1, centre = 1, width = 1 }",
        ];
        let mut lines: Vec<String> = ENGINE.lines().map(str::to_owned).collect();
        for (line, other) in edits {
            let line = line.get(&(16..lines.len()).collect::<Vec<_>>()).to_owned();
            if let Some((key, _)) = lines[line].clone().split_once('=') {
                lines[line] = format!("{key}= {}", other.get(&others));
            }
        }
        let purpose = if exact { Purpose::Exact } else { Purpose::Trajectories };
        match read(&lines.join("\n"), purpose, &[]) {
            Ok(scenario) => prop_assert!(!scenario.kind().is_empty() && scenario.warnings().len() < 9),
            Err(error) => {
                prop_assert!(!error.title().is_empty() && !error.allowed().is_empty() && error.line().is_some());
                prop_assert!(!error.to_string().contains("cannot be read"), "{error}");
            }
        }
    }
}
