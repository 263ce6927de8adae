//! `[[ensemble]]`, `[[mode]]` and operators of the user's own: what is read of them, what is refused, and what a run leaves.

use std::fs;

use superjump::campaign::{RunOptions, collect};
use superjump::results::Summary;
use superjump::scenario::{Overrides, Purpose, Scenario};

use crate::bad_input::parse;
use crate::place::{Place, success};

const GOOD: &str = "[[ensemble]]
name = \"a\"
number = 4
frequency = 1.2
coupling = [0.8, 0.1]
initial = \"inverted\"
[[ensemble]]
name = \"b\"
number = 2
initial = { state = \"coherent\", theta = 2.0 }
[[mode]]
name = \"c\"
levels = 12
initial = { alpha = 0.2 }
[[bath]]
name = \"hot\"
coupling = \"collective\"
on = [\"a\", \"b\"]
rate = 0.5
temperature = 1.0
frequency = 1.0
[[bath]]
name = \"leak\"
coupling = \"local\"
on = [\"c\"]
down = 2.0
[parameters]
g = 0.7
[hamiltonian]
terms = [{ operator = \"g * (a.Jp * c.a + a.Jm * c.ad)\" }]
[[jump]]
name = \"own\"
operator = \"b.Jm * c.ad\"
rate = 0.1
[observe]
field = \"c.a + c.ad\"
[evolution]
until = 2.0
samples = 5
trajectories = 200
[record]
jumps = true
photons = 2
[sweep]
\"parameters.g\" = [0.5, 1.0]
[[correlate]]
name = \"light\"
right = \"b.Jm\"
at = 1.0
delays = [0.0, 0.5]
";

/// (what is replaced, by what, the line of the error, words of the message, words of what is allowed)
const WRONG: &[(&str, &str, usize, &str, &str)] = &[
    ("name = \"a\"", "name = \"2a\"", 2, "`ensemble.*.name` is \"2a\"", "no digit first"),
    ("name = \"b\"", "name = \"a\"", 10, "two ensembles or modes have the name `a`", "[[ensemble]]"),
    ("name = \"c\"\n", "", 11, "`mode.*.name` is missing", "letters"),
    ("number = 4", "number = -1", 3, "`ensemble.a.number` is -1", "from 0 to 1000000"),
    ("number = 4", "nunber = 4", 3, "unknown key `ensemble.a.nunber`", "`number`"),
    ("frequency = 1.2", "frequency = nan", 4, "`ensemble.a.frequency` is NaN", "finite"),
    ("[0.8, 0.1]", "[0.8]", 5, "`ensemble.a.coupling` is [0.8]", "a pair [re, im]"),
    ("[0.8, 0.1]", "{ cold = 1 }", 5, "names \"cold\", which is no collective bath", "names of baths"),
    ("[0.8, 0.1]", "{ leak = 1 }", 5, "names \"leak\", which is no collective bath", "names of baths"),
    (
        "levels = 12",
        "levels = 12\ncoupling = 2.0",
        14,
        "in collective baths, and none exchanges quanta with it",
        "[[ensemble]]",
    ),
    ("initial = \"inverted\"", "", 1, "`ensemble.a.initial` is missing", "\"inverted\""),
    ("\"inverted\"", "\"inwerted\"", 6, "`initial.state` is \"inwerted\"", "did you mean \"inverted\""),
    ("\"inverted\"", "\"steady\"", 6, "no state of an ensemble by itself", "\"ground\""),
    ("\"inverted\"", "{ state = \"dicke\", j = 3 , m = 0 }", 6, "`initial.j` is 3", "2, 1"),
    ("\"inverted\"", "{ state = \"ground\", k = 3 }", 6, "unknown key `ensemble.a.initial.k`", "`j`"),
    ("\"inverted\"", "1", 6, "`ensemble.a.initial` is 1", "\"ground\""),
    ("levels = 12", "levels = 0", 13, "`mode.c.levels` is 0", "from 1 to"),
    ("levels = 12", "levels = 3", 14, "lies beyond the 3 levels kept", "coherent"),
    ("levels = 12", "levels = 12.5", 13, "`mode.c.levels` is 12.5", "a whole number"),
    ("levels = 12", "levels = { most = 0 }", 13, "`mode.c.levels.most` is 0", "from 1 to"),
    ("levels = 12", "levels = { weight = 1.0 }", 13, "`mode.c.levels.weight` is 1", "below 1"),
    ("levels = 12", "levels = { least = 2 }", 13, "unknown key `mode.c.levels.least`", "`most`"),
    ("levels = 12", "levels = { most = 9 }\ncoupling = 2.0", 14, "none exchanges quanta with it", "[[ensemble]]"),
    ("{ alpha = 0.2 }", "-1", 14, "`mode.c.initial` is -1", "a whole number"),
    ("{ alpha = 0.2 }", "{ alpha = \"x\" }", 14, "`mode.c.initial.alpha` is \"x\"", "[re, im]"),
    ("{ alpha = 0.2 }", "{ }", 14, "neither or both of `quanta` and `alpha`", "coherent"),
    ("on = [\"a\", \"b\"]\n", "", 15, "`bath.hot.on` is missing", "a, b, c"),
    ("on = [\"a\", \"b\"]", "on = [\"a\", \"bb\"]", 18, "no ensemble or mode \"bb\"", "a, b, c"),
    ("on = [\"a\", \"b\"]", "on = [\"a\", \"a\"]", 18, "`bath.hot.on` has \"a\" twice", "a list"),
    ("on = [\"a\", \"b\"]", "on = []", 18, "`bath.hot.on` is empty", "a list"),
    (
        "temperature = 1.0\nfrequency = 1.0",
        "temperature = 1.0",
        15,
        "another occupation or rate for `a`, at 1.2",
        "`frequency`",
    ),
    (
        "temperature = 1.0\nfrequency = 1.0",
        "temperature = 1.0\nquantum = 1.0",
        21,
        "`bath.hot.quantum` is of a modulation",
        "`frequency`",
    ),
    ("down = 2.0", "down = 2.0\nfrequency = 1.0", 27, "`bath.leak.frequency` has no meaning", "no `frequency`"),
    ("g = 0.7", "g = 0.7\nh = 1.0", 29, "`parameters.h` is in no operator", "no such parameter"),
    ("[0.5, 1.0]", "[0.5, nan]", 45, "`parameters.g` is NaN", "numbers"),
    ("g = 0.7", "g = 0.7\na = 1.0", 29, "`parameters.a` has the name of an ensemble or mode", "numbers"),
    ("g * (a.Jp", "g * (d.Jp", 30, "there is no ensemble or mode `d`", "NAME.Jx"),
    ("g * (a.Jp", "gg * (a.Jp", 30, "there is no parameter `gg`", "[parameters]"),
    ("c.a + a.Jm * c.ad)", "c.a)", 30, "is not Hermitian, and neither is the sum", "dag(x)"),
    ("c.ad)\" }]", "c.ad\" }]", 30, "a `)` is missing to close the parenthesis", "NAME.Jx"),
    ("c.ad)\" }]", "c.ad^0.5)\" }]", 30, "a whole number from 0 to 16", "NAME.Jx"),
    ("operator = \"b.Jm * c.ad\"", "operator = \"0 * b.Jm\"", 33, "its jump operator is zero", "[[ensemble]]"),
    ("name = \"own\"", "name = \"hot\"", 32, "two baths are called \"hot\"", "another name"),
    ("rate = 0.1", "rate = -0.1", 34, "`jump.own.rate` is -0.1", "from 0 up"),
    ("rate = 0.1", "rate = 0.1\ntemperature = 1.0", 31, "`jump.own.quantum` is missing", "a positive"),
    ("field =", "jz_a =", 36, "`observe.jz_a` is the name of another mean", "of its own"),
    ("field =", "excited =", 36, "`observe.excited` is the name of another mean", "of its own"),
    ("\"c.a + c.ad\"", "\"c.a\"", 36, "`observe.field` is not Hermitian", "dag(x)"),
    ("until = 2.0", "engine = \"ladder\"\nuntil = 2.0", 38, "the ladder engine cannot treat this model", "\"product\""),
    ("number = 2", "number = 20000", 1, "a state of this product has", "fewer qubits"),
    ("[evolution]", "[steady]\nbath = \"hut\"\n[evolution]", 38, "there is no bath \"hut\"", "hot, leak, own"),
    ("[evolution]", "[drive]\namplitude = 1\n[evolution]", 37, "`drive` is of one ensemble", "[hamiltonian]"),
    ("[evolution]", "[initial]\nstate = \"ground\"\n[evolution]", 37, "`initial` is of one ensemble", "[[mode]]"),
    ("[evolution]", "[qubits]\nnumber = 1\n[evolution]", 37, "`qubits` is of one ensemble", "a further [[ensemble]]"),
    ("jumps = true", "cycles = true", 41, "`record.cycles` keeps the cycles of a protocol", "no `cycles`"),
    ("\"parameters.g\"", "\"parameters.h\"", 45, "`parameters.h` is in no operator", "no such parameter"),
    (
        "\"parameters.g\"",
        "\"ensemble.d.number\"",
        45,
        "there is no ensemble \"d\"",
        "an ensemble of this scenario: a, b",
    ),
    ("name = \"light\"", "name = \"jz\"", 47, "is \"jz\", the name of another mean", "no name of another"),
    ("name = \"light\"", "name = \"field\"", 47, "the name of another mean", "no name of another"),
    ("name = \"light\"", "name = \"1st\"", 47, "`correlate.*.name` is \"1st\"", "letters"),
    ("name = \"light\"\n", "", 46, "`correlate.*.name` is missing", "letters"),
    ("right = \"b.Jm\"\n", "", 46, "`correlate.light.left` is missing, and so is `right`", "the conjugate of `right`"),
    ("right = \"b.Jm\"", "rigth = \"b.Jm\"", 48, "unknown key `correlate.light.rigth`", "`right`"),
    ("right = \"b.Jm\"", "right = \"b.Jn\"", 48, "`b` has b.Jx", "an operator likewise"),
    ("right = \"b.Jm\"", "right = \"b.Jm\"\nouter = \"b.J\"", 49, "`b` has b.Jx", "an operator likewise"),
    ("at = 1.0", "at = 3.0", 49, "is 3, and the transient ends at 2", "0 to the end"),
    ("at = 1.0", "at = -1.0", 49, "`correlate.light.at` is -1", "0 to the end"),
    ("delays = [0.0, 0.5]", "", 46, "`correlate.light.delays` is missing", "ascending times"),
    ("delays = [0.0, 0.5]", "delays = [0.5, 0.5]", 50, "has 0.5 after 0.5", "ascending times"),
    ("delays = [0.0, 0.5]", "delays = [-0.5, 0.5]", 50, "`correlate.light.delays` has -0.5", "ascending times"),
    ("delays = [0.0, 0.5]", "delays = []", 50, "`correlate.light.delays` is empty", "ascending times"),
    ("delays = [0.0, 0.5]", "delays = { linspace = [0, 1] }", 50, "`correlate.light.delays` is", "linspace"),
    (
        "delays = [0.0, 0.5]",
        "frequencies = [0.0, 0.5]",
        50,
        "a spectrum is of the steady state, and not of t = 1",
        "[steady] and no `at`",
    ),
];

#[test]
fn every_wrong_value_is_told_of_where_it_stands() {
    assert_eq!(parse(GOOD).unwrap().points.len(), 2);
    let mut missed = Vec::new();
    for (from, to, line, title, allowed) in WRONG {
        assert!(GOOD.contains(from), "{from}");
        let Err(error) = parse(&GOOD.replacen(from, to, 1)) else {
            missed.push(format!("{to} is taken"));
            continue;
        };
        let told = |fault: superjump::scenario::Fault| {
            fault.title.contains(title) && fault.allowed.contains(allowed) && fault.line == Some(*line)
        };
        if !error.faults().any(told) {
            missed.push(format!("{to}: {error}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    // The place in the text of an operator is marked.
    let error = parse(&GOOD.replacen("a.Jm * c.ad", "a.Jm * q.ad", 1)).unwrap_err().to_string();
    let marked: Vec<&str> = error.lines().filter(|line| line.contains("q.ad") || line.contains('^')).collect();
    assert_eq!(marked[0].find("q.ad").unwrap(), marked[1].find('^').unwrap(), "{error}");
    // What is of ensembles alone is refused of [qubits].
    let plain = "[qubits]\nnumber = 2\n[[bath]]\nname = \"hot\"\ncoupling = \"local\"\ndown = 1.0\non = [\"a\"]\n[observe]\nx = \"a.Jx\"\n\
        [initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1\n";
    let error = parse(plain).unwrap_err();
    let told: Vec<&str> = error.faults().filter_map(|fault| fault.key).collect();
    assert_eq!(told, ["bath.hot.on", "observe"], "{error}");
}

#[test]
fn points_are_known_by_what_they_are() {
    let id = |text: &str| parse(text).unwrap().points[0].id;
    let with = |from: &str, to: &str| id(&GOOD.replacen(from, to, 1));
    assert_eq!(id(GOOD), with("g * (a.Jp * c.a + a.Jm * c.ad)", "g * a.Jp * c.a + dag(g * a.Jp * c.a)"));
    for (from, to) in [
        ("g * (a.Jp", "1.1 * g * (a.Jp"),
        ("alpha = 0.2", "alpha = 0.3"),
        ("[0.8, 0.1]", "0.8"),
        ("\"c.a + c.ad\"", "\"c.n\""),
        ("theta = 2.0", "theta = 2.1"),
        ("rate = 0.1", "rate = 0.2"),
        ("delays = [0.0, 0.5]", "delays = [0.0, 0.6]"),
        ("right = \"b.Jm\"", "right = \"b.Jz\""),
    ] {
        assert_ne!(id(GOOD), with(from, to), "{to}");
    }
}

#[test]
fn a_campaign_of_ensembles_has_the_same_bits_on_any_threads_and_after_a_kill() {
    let place = Place::new("own.toml", GOOD, &["--no-progress"]);
    let said = place.say(&["check", "own.toml"]);
    for words in [
        "ensemble       a: 4 qubits at 1.2",
        "mode           c at 1: cut",
        "hot on a, b",
        "product: ",
        "top_c, field",
        "correlation    light from t = 1, 2 delays",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    success(&place.run("one", &["--threads", "1"]));
    success(&place.run("eight", &["--threads", "8"]));
    let mut child = place.start("killed", &["--threads", "2"]);
    place.wait_for_parts("killed", 2, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    success(&place.run("killed", &["--threads", "2"]));
    for table in ["series.parquet", "summary.parquet", "trajectories.parquet", "jumps.parquet", "correlations.parquet"]
    {
        let bytes = |output: &str| fs::read(place.path(output).join(table)).unwrap();
        assert!(bytes("one") == bytes("eight") && bytes("one") == bytes("killed"), "{table}");
    }
    let summary = Summary::read(&place.path("one")).unwrap().unwrap();
    for point in &summary.points {
        let means = ["jz_a", "jz_b", "n_c", "top_c", "field", "light"].map(|name| {
            let row = point.quantities.iter().find(|row| row.quantity == name).unwrap_or_else(|| panic!("{name}"));
            (row.estimate.unwrap(), row.exact.unwrap())
        });
        assert!(means.iter().all(|(mean, exact)| (mean - exact).abs() < 1.0), "{means:?}");
    }
    let exact = place.say(&["exact", "own.toml", "-o", "exact", "--set", "parameters.g=0.5"]);
    assert!(exact.contains("jz_a") && !exact.contains("observable"), "{exact}");
    // A parameter from the command line, and a cut that is too low is told of.
    let told = place.say(&["run", "own.toml", "-o", "low", "--set", "parameters.g=2.0", "--set", "mode.c.levels=7"]);
    assert!(told.contains("levels of mode c has a weight of up to"), "{told}");
}

/// One qubit between rates of down and up has a Lorentzian of their sum; in SI frequencies are omega/(2 pi).
#[test]
fn lines_are_in_the_unit_of_frequencies() {
    let text = "units = \"SI\"\n[[ensemble]]\nname = \"a\"\nnumber = 1\nfrequency = 5.0\ninitial = \"ground\"\n[[bath]]\n\
        name = \"b\"\ncoupling = \"local\"\ndown = 0.3\nup = 0.1\n[[correlate]]\nname = \"light\"\nright = \"a.Jm\"\n\
        frequencies = [4.9, 5.0]\n[steady]\n";
    let scenario = Scenario::parse("s", "s.toml", text, Purpose::Exact, &Overrides::default()).unwrap();
    let (summary, tables) = collect(&scenario, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    let of = |name: &str| summary.points[0].quantities.iter().find(|row| row.quantity == name).unwrap();
    let (position, width) = (of("light_frequency"), of("light_linewidth"));
    assert!((position.exact.unwrap() - 5.0).abs() < 1e-9 && position.unit == "GHz", "{position:?}");
    let closed = 0.4 / std::f64::consts::TAU;
    assert!((width.exact.unwrap() / closed - 1.0).abs() < 1e-8 && width.unit == "GHz", "{width:?}");
    // At its top 4/(down + up) times what is excited, in ns.
    let rows = tables.table("correlations").unwrap();
    let values = rows.numbers("exact").unwrap();
    assert!((values.last().unwrap() / (0.25 * 4.0 / 0.4) - 1.0).abs() < 1e-9, "{values:?}");
}

/// Trajectories that run to the steady state have its correlations, with exact values beside them; and no spectrum where they
/// are followed for too short a time.
#[test]
fn correlations_of_a_steady_state_are_sampled() {
    let bath = |name: &str, temperature: f64| {
        format!("[[bath]]\nname = \"{name}\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = {temperature}\n")
    };
    let text = format!(
        "[[ensemble]]\nname = \"a\"\nnumber = 1\ninitial = \"ground\"\n{}{}[[correlate]]\nname = \"light\"\nright = \"a.Jm\"\n\
         frequencies = [0.0, 1.0]\n[noise]\ndelays = [0.1, 0.3]\n[steady]\nrelative_error = 0.05\n",
        bath("hot", 2.0),
        bath("cold", 0.5)
    );
    let parsed = |text: &str| Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default());
    let (summary, tables) = collect(&parsed(&text).unwrap(), &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    let point = &summary.points[0];
    let width = point.quantities.iter().find(|row| row.quantity == "light_linewidth").unwrap();
    let rates: f64 = point.baths.iter().map(|bath| bath.down + bath.up).sum();
    assert!((width.exact.unwrap() / rates - 1.0).abs() < 1e-8 && width.estimate.is_none(), "{width:?}");
    let near = |table: &str, rows: usize, what: &str| {
        let table = tables.table(table).unwrap();
        let of = |name: &str| table.numbers(name).unwrap();
        let words = table.words(if what == "spectrum" { "part" } else { "statistic" }).unwrap();
        let own: Vec<usize> = (0..words.len()).filter(|row| words[*row] == what).collect();
        assert_eq!(own.len(), rows, "{what}");
        for row in own {
            let (estimate, error, exact) = (of("estimate")[row], of("std_error")[row], of("exact")[row]);
            assert!((estimate - exact).abs() < 5.0 * error + 1e-12, "{what}: {estimate} ± {error}, not {exact}");
            assert!(exact == 0.0 || error < 0.3 * exact, "{what}: {estimate} ± {error} says nothing");
        }
    };
    near("correlations", 2, "spectrum");
    near("noise", 2 * 2, "g2");
    near("noise", 2 * 2, "waiting_time");
    assert_eq!(tables.table("correlations").unwrap().rows(), 2 + 1 + 2);
    let short = text.replace("frequencies = [0.0, 1.0]", "delays = [0.0, 0.1]\nfrequencies = [0.0, 1.0]");
    let (summary, _) = collect(&parsed(&short).unwrap(), &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    let notes = &summary.points[0].notes;
    assert!(notes.iter().any(|note| note.contains("light: no spectrum from trajectories")), "{notes:?}");
    let error = parsed(&text.replace("right =", "at = 1.0\nright =")).unwrap_err().to_string();
    assert!(error.contains("there is no transient"), "{error}");
}

/// The page of operators has a scenario that is one, and an error that is told.
#[test]
fn the_page_of_operators_says_what_is() {
    let page = include_str!("../../docs/operators.md");
    let block = |fence: &str| page.split_once(fence).unwrap().1.split_once("```").unwrap().0;
    let example = block("```toml\n");
    assert_eq!(parse(example).unwrap().points.len(), 3);
    let laser = page.rsplit_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let laser = Scenario::parse("laser", "laser.toml", laser, Purpose::Exact, &Overrides::default()).unwrap();
    let (summary, tables) = collect(&laser, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
    let exact = |name: &str| {
        let row = summary.points[0].quantities.iter().find(|row| row.quantity == name);
        row.unwrap_or_else(|| panic!("{name}")).exact.unwrap()
    };
    assert!((exact("light_frequency") - 2.0).abs() < 1e-6 && (1.0..4.0).contains(&exact("light_linewidth")));
    assert!(exact("photons_degree") > 1.0 && exact("light") > 0.0);
    let rows = tables.table("correlations").unwrap();
    assert_eq!(rows.rows(), 51 * 3 + 121 + 51 * 3);
    let error = parse(&example.replace("atoms.Jm * c.ad)", "c.adg * atoms.Jm)")).unwrap_err().to_string();
    let told = block("```text\n").lines().next().unwrap();
    assert_eq!(error.lines().next().unwrap(), told);
}

const STEADY: &str = "[[ensemble]]
name = \"a\"
number = 2
initial = \"ground\"
[[mode]]
name = \"c\"
[[bath]]
name = \"hot\"
coupling = \"local\"
on = [\"a\"]
rate = 0.5
temperature = 2.0
[[bath]]
name = \"cold\"
coupling = \"local\"
on = [\"c\"]
rate = 1.0
temperature = 0.3
[parameters]
g = 0.6
[hamiltonian]
terms = [{ operator = \"g * (a.Jp * c.a + a.Jm * c.ad)\" }]
[observe]
both = \"a.Jz * c.n\"
[steady]
bath = \"cold\"
relative_error = 0.02
[noise]
windows = [2.0]
[sweep]
\"parameters.g\" = [0.6, 0.9]
";

#[test]
fn a_steady_state_of_ensembles_has_the_same_bits_on_any_threads_and_after_a_kill() {
    let place = Place::new("steady.toml", STEADY, &["--no-progress", "--no-report"]);
    let said = place.say(&["check", "steady.toml"]);
    for words in ["a cut that grows from 8 levels to 4096 at most", "levels_c, both", "relaxes in"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let told = success(&place.run("one", &["--threads", "1"]));
    assert!(told.contains("mode c, whose cut grows, keeps"), "{told}");
    success(&place.run("eight", &["--threads", "8"]));
    let mut child = place.start("killed", &["--threads", "2"]);
    place.wait_for_parts("killed", 2, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    success(&place.run("killed", &["--threads", "2"]));
    for table in ["noise.parquet", "summary.parquet"] {
        let bytes = |output: &str| fs::read(place.path(output).join(table)).unwrap();
        assert!(bytes("one") == bytes("eight") && bytes("one") == bytes("killed"), "{table}");
    }
    for point in &Summary::read(&place.path("one")).unwrap().unwrap().points {
        assert!(point.steady.as_ref().unwrap().converged && point.exact_missing.is_none(), "{:?}", point.steady);
        for name in ["heat_current", "jz_a", "n_c", "both", "noise"] {
            let row = point.quantities.iter().rfind(|row| row.quantity == name).unwrap_or_else(|| panic!("{name}"));
            // 5 sigma: ten numbers, false positives 6e-6.
            assert!(row.z.unwrap().abs() < 5.0, "{row:?}");
        }
        let levels = point.quantities.iter().find(|row| row.quantity == "levels_c").unwrap();
        assert!(levels.estimate.unwrap() > 1.0 && levels.exact.is_none(), "{levels:?}");
    }
}

/// Large deviations are of levels: what is asked of ensembles and modes is refused, and not passed over.
#[test]
fn what_counting_statistics_ensembles_do_not_have_is_refused() {
    for key in ["order = 4", "counting_fields = [-0.5, 0.3]", "relaxation = 1"] {
        let with = STEADY.replace("[noise]\n", &format!("[noise]\n{key}\n"));
        for purpose in [Purpose::Exact, Purpose::Trajectories] {
            let error =
                Scenario::parse("s", "s.toml", &with, purpose, &Overrides::default()).expect_err(key).to_string();
            let name = key.split(' ').next().unwrap();
            assert!(error.contains(&format!("`noise.{name}` is solved for over the levels")), "{error}");
        }
    }
}

/// What changes in time: (what is replaced, by what, words of the message, words of what is allowed).
const WRONG_IN_TIME: &[(&str, &str, &str, &str)] = &[
    ("parameters.g = {", "parameters.h = {", "there is no parameter `h`", "there are: g, omega"),
    ("\"g * (a.Jp", "\"g^2 * (a.Jp", "is not linear in `g`, which the [protocol] changes", "a parameter of its own"),
    ("\"g * (a.Jp", "\"1e13 * c.n + g^2 * (a.Jp", "is not linear in `g`, which the [protocol] changes", "of its own"),
    ("\"omega * a.Jx\"", "\"omega * g * a.Jx\"", "is not linear in `omega`, `g`", "no two of them"),
    ("a.Jp * c.a + a.Jm * c.ad", "a.Jp * c.a", "what `g` multiplies in [hamiltonian] is not Hermitian", "dag(x)"),
    ("\"g * c.n\"", "\"exp(g) * c.n\"", "`observe.held` is not linear in `g`", "a parameter of its own"),
    ("\"a.Jm\"", "\"g * a.Jm\"", "`jump.own.operator` names `g`", "`protocol.segment.NAME.jump.NAME.rate`"),
    ("jump.own.rate = 0.3", "jump.owm.rate = 0.3", "there is no jump \"owm\"", "did you mean \"own\""),
    ("jump.own.rate = 0.3", "jump.own.temperature = 0.3", "no `quantum`, and so no temperature", "`rate` alone"),
    ("jump.own.rate = 0.3", "bath.loss.up = 0.3", "has none that could change", "`rate`, `temperature`"),
    (
        "jump.own.rate = 0.3",
        "drive.amplitude = 0.3",
        "`protocol.segment.emit.drive` is of one ensemble",
        "`parameters.NAME`",
    ),
    (
        "jump.own.rate = 0.3",
        "frequency = 0.3",
        "`protocol.segment.emit.frequency` is of one ensemble",
        "`mode.NAME.frequency`",
    ),
    ("jump.own.rate = 0.3", "mode.d.frequency = 0.3", "there is no mode \"d\"", "c"),
    ("jump.own.rate = 0.3", "mode.c.frequency = nan", "`protocol.segment.emit.mode.c.frequency` is NaN", "finite"),
    (
        "jump.own.rate = 0.3",
        "ensemble.a.frequency = 0.0",
        "has no occupation where the frequency of `a`",
        "`bath.warm.frequency`",
    ),
    ("jump.own.rate = 0.3", "[steady]", "`steady` is of ensembles and modes that stay", "no [protocol]"),
    ("width = 0.5 }", "width = 0.5, to = 1.0 }", "has both `pulse` and `to`", "one of the two"),
    (
        "[protocol]\ncycles = 2",
        "[protocol]\ncycles = \"until steady\"",
        "trajectories of ensembles and modes do not go on until their limit cycle",
        "`superjump exact`",
    ),
];

#[test]
fn what_cannot_change_in_time_is_told_in_words() {
    let good = "[[ensemble]]\nname = \"a\"\nnumber = 2\nfrequency = 0.5\ninitial = \"ground\"\n[[mode]]\nname = \"c\"\nlevels = 4\n\
        [[bath]]\nname = \"loss\"\ncoupling = \"local\"\non = [\"c\"]\nrate = 1.0\ntemperature = 0.0\n\
        [[bath]]\nname = \"warm\"\ncoupling = \"local\"\non = [\"a\"]\nrate = 0.1\ntemperature = 0.5\n\
        [[jump]]\nname = \"own\"\noperator = \"a.Jm\"\nrate = 0.1\n[parameters]\ng = 0.0\nomega = 0.0\n\
        [hamiltonian]\nterms = [{ operator = \"g * (a.Jp * c.a + a.Jm * c.ad)\" }, { operator = \"omega * a.Jx\" }]\n\
        [observe]\nheld = \"g * c.n\"\n[protocol]\ncycles = 2\n\
        [protocol.segment.excite]\nduration = 4.0\nparameters.omega = { pulse = \"gaussian\", amplitude = 1.0, centre = 2.0, width = 0.5 }\n\
        [protocol.segment.emit]\nduration = 6.0\nparameters.g = { to = 1.5, shape = \"cosine\" }\njump.own.rate = 0.3\n\
        [evolution]\nsamples = 3\ntrajectories = 10\n";
    assert_eq!(parse(good).unwrap().points[0].until(), 20.0);
    let mut missed = Vec::new();
    for (from, to, title, allowed) in WRONG_IN_TIME {
        assert!(good.contains(from), "{from}");
        match parse(&good.replacen(from, to, 1)) {
            Ok(_) => missed.push(format!("{to} is taken")),
            Err(error) => {
                let told = |fault: superjump::scenario::Fault| {
                    fault.title.contains(title) && fault.allowed.contains(allowed) && fault.line.is_some()
                };
                if !error.faults().any(told) {
                    missed.push(format!("{to}: {error}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let plain = "[qubits]\nnumber = 2\n[initial]\nstate = \"ground\"\n[[bath]]\nname = \"hot\"\ncoupling = \"local\"\ndown = 1.0\n\
        [protocol.segment.one]\nduration = 1.0\nparameters.g = 1.0\n[evolution]\ntrajectories = 1\n";
    let error = parse(plain).unwrap_err().to_string();
    assert!(error.contains("`protocol.segment.one.parameters` is of ensembles and modes"), "{error}");
}

#[test]
fn a_mode_that_nothing_holds_has_no_steady_state() {
    let text = |more: &str, up: f64| {
        format!(
            "[[mode]]\nname = \"c\"\n{more}[[bath]]\nname = \"gain\"\ncoupling = \"local\"\non = [\"c\"]\ndown = 1.0\nup = {up}\n[steady]\n"
        )
    };
    for (more, up) in [("", 1.0), ("levels = 12\n", 2.0), ("levels = { most = 20 }\n", 1.5)] {
        let error = parse(&text(more, up)).unwrap_err();
        let told = |fault: superjump::scenario::Fault| {
            fault.title.contains("mode `c` has no steady state") && fault.line == Some(1)
        };
        assert!(error.faults().any(told), "{error}");
    }
    // Below the threshold there is one, in which nothing flows, and above it qubits may hold it.
    let taken = |text: &str| parse(text).err().is_none_or(|error| !error.to_string().contains("has no steady state"));
    assert!(taken(&text("", 0.9)));
    let held = "[[ensemble]]\nname = \"a\"\nnumber = 1\ninitial = \"ground\"\n[hamiltonian]\nterms = [{ operator = \"a.Jp * c.a + a.Jm * c.ad\" }]\n";
    assert!(taken(&format!("{held}{}", text("", 1.5))));
}

/// What a bath is at a temperature that a segment sets knows the frequency, wherever it began; and a small term counts.
#[test]
fn a_bath_that_a_segment_heats_sees_the_frequency() {
    let jz = |temperature: f64, more: &str| {
        let text = format!(
            "[[ensemble]]\nname = \"q\"\nnumber = 1\nfrequency = 3.0\ninitial = \"ground\"\n[[bath]]\nname = \"b\"\n\
             coupling = \"collective\"\nrate = 1.0\ntemperature = {temperature}\n{more}[protocol.segment.a]\nduration = 20.0\n\
             bath.b.temperature = 2.0\n[evolution]\nsamples = 2\ntrajectories = 10\n"
        );
        let scenario = Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default()).unwrap();
        let (summary, _) = collect(&scenario, &RunOptions::new("", 1), &mut |_| {}).unwrap().unwrap();
        let rows = &summary.points[0].quantities;
        rows.iter().find(|row| row.quantity == "jz").unwrap().exact.unwrap()
    };
    // -1/2 tanh(omega/2T).
    let at = |frequency: f64| -0.5 * (frequency / 4.0).tanh();
    for (temperature, more, frequency) in [(0.0, "", 3.0), (1e-9, "", 3.0), (0.0, "frequency = 7.0\n", 7.0)] {
        let found = jz(temperature, more);
        assert!((found - at(frequency)).abs() < 1e-8, "{temperature} {more}: {found}");
    }
}

/// One bath alone, of whatever H: energy would pile up.
#[test]
fn a_bath_that_is_alone_has_no_relative_error() {
    let text = |baths: &str, error: &str| {
        format!(
            "[[ensemble]]\nname = \"a\"\nnumber = 3\ninitial = \"ground\"\n[hamiltonian]\nterms = [{{ operator = \"0.7 * a.Jx^2\" }}]\n\
             {baths}[steady]\n{error}_error = 0.1\n"
        )
    };
    let bath = |name: &str, coupling: &str| {
        format!("[[bath]]\nname = \"{name}\"\ncoupling = \"{coupling}\"\nrate = 1.0\ntemperature = 0.5\n")
    };
    let (one, two) = (bath("x", "local"), bath("x", "local") + &bath("y", "collective"));
    let error = parse(&text(&one, "relative")).unwrap_err();
    let told = error.title().contains("no heat flows in the steady state: one bath alone changes the energy");
    assert!(told && error.allowed().contains("`steady.absolute_error`") && error.line() == Some(13), "{error}");
    parse(&text(&one, "absolute")).unwrap();
    // Two at one temperature are in no balance where H does not conserve the number of excitations.
    parse(&text(&two, "relative")).unwrap();
}

/// A limit cycle is asked for and shown as such; cycles, as many as they are.
#[test]
fn a_limit_cycle_is_solved_for_and_told() {
    let here = Place::new();
    let text = "[[ensemble]]\nname = \"a\"\nnumber = 1\ninitial = \"ground\"\n[[mode]]\nname = \"c\"\n\
        [[bath]]\nname = \"hot\"\ncoupling = \"local\"\non = [\"a\"]\nrate = 0.5\ntemperature = 2.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"local\"\non = [\"c\"]\nrate = 0.5\ntemperature = 0.2\n\
        [parameters]\ng = 0.0\n[hamiltonian]\nterms = [{ operator = \"g * (a.Jp * c.a + a.Jm * c.ad)\" }]\n\
        [protocol]\ncycles = \"until steady\"\n[protocol.segment.load]\nduration = 1.0\nbath.hot.temperature = 1.0\n\
        [protocol.segment.swap]\nduration = 1.0\nparameters.g = 1.5\nbath.hot.temperature = 3.0\n[evolution]\nsamples = 5\n[steady]\n";
    fs::write(here.path().join("engine.toml"), text).unwrap();
    let checked = success(here.path(), &["check", "engine.toml"]);
    for words in ["Exact limit cycle of 2 segments", "run            not: `protocol.cycles`", "repeated until steady"] {
        assert!(checked.contains(words), "{words}: {checked}");
    }
    let solved = success(here.path(), &["exact", "engine.toml"]);
    assert!(solved.contains("In the limit cycle, exact.") && solved.contains("work"), "{solved}");
    let summary: Summary =
        serde_json::from_str(&fs::read_to_string(here.path().join("output/engine/summary.json")).unwrap()).unwrap();
    let point = &summary.points[0];
    // At the start, T = 1 and omega = 1.
    let n = 1.0 / (1.0_f64.exp() - 1.0);
    assert!((point.baths[0].occupation.unwrap() - n).abs() < 1e-12, "{:?}", point.baths[0]);
    let of = |quantity: &str| {
        let rows = point.quantities.iter().filter(|row| row.quantity == quantity);
        rows.map(|row| row.exact.unwrap()).sum::<f64>()
    };
    assert!((of("heat") + of("work")).abs() < 1e-12 && of("work") != 0.0, "{} {}", of("heat"), of("work"));
    assert!(here.path().join("output/engine/series.parquet").exists());
}

/// A qubit of many has no operator of its own, and words do not send anybody to where there is none.
#[test]
fn photons_of_each_qubit_are_no_operator() {
    let text = "[[ensemble]]\nname = \"a\"\nnumber = 3\ninitial = \"inverted\"\n[[bath]]\nname = \"x\"\ncoupling = \"local\"\ndown = 1.0\n\
        [[correlate]]\nname = \"g\"\nphotons = \"x\"\nat = 0.5\ndelays = [0.5]\n[evolution]\nuntil = 1.0\ntrajectories = 2\n";
    let error = parse(text).unwrap_err().to_string();
    assert!(error.contains("each qubit emits into it by itself") && error.contains("a collective bath"), "{error}");
    parse(&text.replace("number = 3", "number = 1")).unwrap();
}
