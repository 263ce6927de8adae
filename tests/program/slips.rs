//! Slips of the pen, and what people bring along from other programs: answered in our words, all at once, and never passed
//! over in silence.

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

use crate::bad_input::{GOOD, parse};
use crate::place::superjump;

/// (what is replaced, by what, the line, words of the message, words of what is allowed): what people bring along from
/// Python, other programs and other units. No word of the libraries that read TOML is in any message.
const FOREIGN: &[(&str, &str, usize, &str, &str)] = &[
    ("number = 8", "N = 8", 4, "unknown key `qubits.N`", "`number`, as `N` is called here: a whole number"),
    ("[qubits]", "[system]", 3, "unknown key `system`", "`qubits`, as `system` is called here"),
    ("rate = 1.0", "gamma = 1.0", 8, "unknown key `bath.hot.gamma`", "`rate`, as `gamma` is called here"),
    ("temperature = 3.0", "T = 3.0", 9, "unknown key `bath.hot.T`", "`temperature`, as `T`"),
    ("temperature = 3.0", "n_th = 2.0", 9, "there is no key `bath.hot.n_th`", "`temperature`, from which n follows"),
    ("until = 5.0", "tmax = 5.0", 19, "unknown key `evolution.tmax`", "`until`, as `tmax` is called here"),
    ("trajectories = 10", "ntraj = 1e3", 21, "unknown key `evolution.ntraj`", "`trajectories`, as `ntraj`"),
    ("trajectories = 10", "trajectories = 10\ndt = 0.1", 22, "there is no key `evolution.dt`", "no step"),
    ("\"collective\"", "\"individual\"", 7, "is \"individual\"", "\"local\", as \"individual\" is called here"),
    ("\"collective\"", "\"colective\"", 7, "is \"colective\"", "did you mean \"collective\"?"),
    ("\"dicke\"\nj = 3\nm = -1", "\"excited\"", 15, "is \"excited\"", "\"inverted\", as \"excited\" is called here"),
    ("samples = 11", "samples = 11\nengine = \"mesolve\"", 21, "is \"mesolve\"", "`superjump exact`"),
    ("title = \"t\"", "tmax = 5.0", 1, "unknown key `tmax`", "`evolution.until`, which is where it stands"),
    ("[initial]", "[cavity]\nkappa = 1.0\n[initial]", 14, "there is no key `cavity`", "[[mode]]"),
    ("[initial]", "[hamiltonian]\n[initial]", 14, "`hamiltonian` is of ensembles and modes", "[[ensemble]]"),
    ("number = 8", "number = 8\nc_ops = []", 5, "there is no key `qubits.c_ops`", "[[jump]]"),
    (
        "down = 0.5",
        "down = \"cos(t)\"",
        13,
        "`bath.loss.down` is \"cos(t)\"",
        "what changes in time is in the segments of a [protocol]",
    ),
    (
        "down = 0.5",
        "down = cos(t)",
        13,
        "`cos(t)` is no value",
        "what changes in time is in the segments of a [protocol]",
    ),
    ("down = 0.5", "down = 1/3", 13, "`1/3` is no value", "not calculated"),
    ("down = 0.5", "down = .5", 13, "`.5` is no value", "both sides of the point"),
    ("down = 0.5", "down = 0,5", 13, "behind the value", "a point in a decimal number"),
    ("down = 0.5", "down = [0.5, 1.0]", 13, "`bath.loss.down` is a list", "[sweep] with \"bath.loss.down\" = [...]"),
    ("down = 0.5", "down = 1e999", 13, "`bath.loss.down` is 1e999, beyond what a double holds", "from 0 up"),
    ("down = 0.5", "down: 0.5", 13, "a key without a value", "an equals sign"),
    ("down = 0.5", "down = 0.5\ndown = 0.6", 14, "`down` stands twice", "once"),
    ("state = \"dicke\"", "state = dicke", 15, "`dicke` is no value", "quotes around a word"),
    ("state = \"dicke\"", "state = inverted", 15, "`inverted` is no value", "quotes around a word"),
    ("state = \"dicke\"", "state = 3", 15, "`initial.state` is 3", "in quotes"),
    ("[[bath]]\nname = \"hot\"", "[bath]\nname = \"hot\"", 10, "`bath` stands twice", "[[bath]]"),
    ("trajectories = 10", "trajectories = 10\n[record]\njumps = True", 23, "`True` is no value", "small letters"),
    ("trajectories = 10", "trajectories = 10\n[record]\njumps = 1", 23, "`record.jumps` is 1", "true or false"),
    ("samples = 11", "samples = 99999999999999999999", 20, "is 99999999999999999999", "from 2"),
    ("bath.hot.rate\" =", "hot.rate\" =", 23, "unknown key `hot`", "`bath.hot`"),
    ("[1.0, 2.0]", "{ geomspace = [1.0, 2.0, 3] }", 23, "not a list", "logspace"),
];

#[test]
fn words_of_other_programs_are_answered_in_ours_and_no_word_of_a_library_is_said() {
    let libraries =
        ["expected", "invalid", "struct", "Raw", "f64", "i64", "i128", "sequence", "map", "TOML", "mantissa"];
    for (from, to, line, message, allowed) in FOREIGN {
        assert!(GOOD.contains(from), "{from}");
        let error = parse(&GOOD.replacen(from, to, 1)).expect_err(to);
        let shown = error.to_string();
        assert!(error.title().contains(message) && error.allowed().contains(allowed), "{to}:\n{shown}");
        assert_eq!(error.line(), Some(*line), "{to}:\n{shown}");
        for (title, help) in error.all() {
            let mut said =
                title.split(|c: char| !c.is_alphanumeric()).chain(help.split(|c: char| !c.is_alphanumeric()));
            assert!(!said.any(|word| libraries.contains(&word)), "{to}:\n{shown}");
        }
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_what_follows_from_it_is_not() {
    let text = GOOD
        .replace("number = 8", "N = 8")
        .replace("\"collective\"", "\"global\"")
        .replace("temperature = 3.0", "temperature = \"warm\"")
        .replace("down = 0.5", "down = -0.5")
        .replace("j = 3", "j = 7")
        .replace("until = 5.0", "until = 0.0")
        .replace("samples = 11", "samples = 1")
        .replace("[1.0, 2.0]", "[1.0, -2.0]");
    let error = parse(&text).unwrap_err();
    let titles: Vec<&str> = error.all().map(|(title, _)| title).collect();
    assert_eq!(
        titles,
        [
            "unknown key `qubits.N`",
            "`bath.hot.coupling` is \"global\"",
            "`bath.hot.temperature` is \"warm\"",
            "`bath.loss.down` is -0.5",
            "`initial.j` is 7, for 8 qubits",
            "`evolution.until` is 0",
            "`evolution.samples` is 1",
            "`bath.hot.rate` is -2",
        ],
        "{error}"
    );
    assert!(error.to_string().ends_with("8 errors."), "{error}");
    // A word without quotes is one fault, and what it says is looked at.
    let error = parse(&GOOD.replace("\"dicke\"", "dicke").replace("number = 8", "number = 0")).unwrap_err();
    assert_eq!(error.all().count(), 2, "{error}");
}

#[test]
fn whole_numbers_may_be_typed_as_others_and_keys_of_the_sweep_without_quotes() {
    let quoted =
        parse(&GOOD.replace("rate\" = [1.0, 2.0]", "rate\" = [1.0, 2.0]\n\"qubits.number\" = [8, 1000]")).unwrap();
    let text = GOOD
        .replace("number = 8", "number = 8.0")
        .replace("samples = 11", "samples = 1.1e1")
        .replace("\"bath.hot.rate\" = [1.0, 2.0]", "bath.hot.rate = [1.0, 2.0]\nqubits.number = [8.0, 1e3]");
    assert_eq!(parse(&text).unwrap().points, quoted.points);
    let zipped = "[sweep.zip]\nbath.hot.rate = [1.0, 2.0]\nbath.hot.temperature = [3.0, 4.0]";
    let points = parse(&GOOD.replace("[sweep]\n\"bath.hot.rate\" = [1.0, 2.0]", zipped)).unwrap().points;
    assert_eq!(points.len(), 2);
    assert_eq!(
        points[1].parameters.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        ["bath.hot.rate", "bath.hot.temperature"]
    );
}

#[test]
fn likely_slips_of_units_are_warned_of_and_nothing_else_is() {
    let valve = "units = \"SI\"\n[qubits]\nnumber = 2\nfrequency = 6.0\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\n\
                 rate = 1.0\ntemperature = 300.0\n[[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.5\n\
                 temperature = 50.0\n[initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 5\n";
    let warnings = |from: &str, to: &str| parse(&valve.replace(from, to)).unwrap().warnings();
    assert_eq!(warnings("", ""), [""; 0]);
    let said = |from: &str, to: &str, words: &[&str]| {
        let warnings = warnings(from, to);
        assert_eq!(warnings.len(), words.len(), "{to}: {warnings:?}");
        assert!(warnings.iter().zip(words).all(|(warning, words)| warning.contains(words)), "{to}: {warnings:?}");
    };
    said("frequency = 6.0", "frequency = 6e9", &["every bath is frozen", "6e9 GHz, above 1 THz"]);
    said("rate = 0.5", "rate = 1e9", &["bath \"cold\" acts at the rate 1e9 1e9/s, faster than the qubits turn"]);
    said("temperature = 300.0", "temperature = 0.3", &[]);
    said("until = 1.0", "until = 1e-9", &["the run ends at 1e-9 ns"]);
    said("[initial]", "[drive]\namplitude = 5e6\n[initial]", &["`drive.amplitude` is 5e6 GHz"]);
    said(
        "rate = 1.0",
        "rate = 1.0\nfilter = { quality = 5.0, resonance = 6e9 }",
        &["`bath.hot.filter.resonance` is 6e9"],
    );
    let frozen = valve.replace("300.0", "0.3").replace("50.0", "0.05");
    let scenario = parse(&frozen).unwrap();
    assert!(
        scenario.warnings()[0].contains("T = 0.3 mK, hbar omega_0/(k_B T) = 959.8, n = "),
        "{:?}",
        scenario.warnings()
    );
    let [hot, _] = scenario.points[0].bath_scales()[..] else { panic!("two baths") };
    assert!((hot.energy_over_temperature.unwrap() - 959.848_614).abs() < 1e-5 && hot.occupation.unwrap() < 1e-300);
    // What is asked for by its number is no slip.
    assert_eq!(parse(&frozen.replace("0.3", "0.0").replace("0.05", "0.0")).unwrap().warnings(), [""; 0]);
    let swept = format!("{valve}[sweep]\n\"bath.hot.rate\" = [1.0, 1e3, 1e4]\n");
    let swept = parse(&swept).unwrap().warnings();
    assert!(swept.len() == 1 && swept[0].starts_with("at 2 of 3 points of the sweep (here point 1) bath"), "{swept:?}");
}

/// Two baths in SI whose temperatures are kelvin, in place of millikelvin.
const FROZEN: &str = "title = \"frozen\"\nunits = \"SI\"\n[qubits]\nnumber = 2\nfrequency = 6.0\n[[bath]]\nname = \"hot\"\n\
    coupling = \"collective\"\nrate = 0.1\ntemperature = 0.3\n[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\n\
    rate = 0.1\ntemperature = 0.05\n[initial]\nstate = \"inverted\"\n[evolution]\nuntil = 2.0\nsamples = 5\ntrajectories = 20\n";

fn folder_with(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("s.toml"), text).unwrap();
    folder
}

fn figures(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.join("figures")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".svg"));
    names.sort();
    names
}

/// On standard error of every verb that reads the scenario, in the summary and on the page; and no exit code is another.
#[test]
fn a_warning_is_lost_nowhere() {
    let folder = folder_with(FROZEN);
    let words = "every bath is frozen, and none gives the qubits a quantum: the warmest, \"hot\", has T = 0.3 mK";
    for arguments in [&["check", "s.toml"][..], &["run", "s.toml", "-o", "run"], &["exact", "s.toml", "-o", "exact"]] {
        let said = superjump(folder.path()).args(arguments).assert().success();
        let bath = contains("T = 0.3 mK, hbar omega_0/(k_B T) = 959.8, n = ")
            .or(contains("hot      0.3                 959.8"));
        said.stderr(contains(format!("warning: {words}"))).stdout(bath);
    }
    for output in ["run", "exact"] {
        let read = |name: &str| fs::read_to_string(folder.path().join(output).join(name)).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
        assert!(summary["warnings"][0].as_str().unwrap().starts_with(words), "{}", summary["warnings"]);
        let bath = &summary["points"][0]["baths"][0];
        assert!(
            (bath["energy_over_temperature"].as_f64().unwrap() - 959.85).abs() < 0.01 && bath["temperature"] == 0.3
        );
        assert_eq!(summary["points"][0]["qubits"], 2);
        let page = read("report.html");
        assert!(
            page.contains("<strong>Warning</strong>: every bath is frozen") && page.contains("<section id=\"baths\">")
        );
    }
}

const SWEPT: &str = "[figure.mine]\nquantity = \"heat_current\"\nagainst = \"bath.hot.temperature\"\nover = \"N\"\n\
    [sweep]\nbath.hot.temperature = [300, 400]\n";

/// A value of a figure that is set on the command line is drawn, and so is the number of qubits that divides.
#[test]
fn figures_are_drawn_as_the_command_line_has_them() {
    let folder = folder_with(&format!("{FROZEN}{SWEPT}"));
    let svg = |sets: &[&str]| {
        let mut command = superjump(folder.path());
        command.args(["exact", "s.toml", "-o", "out", "--fresh"]);
        command.args(sets.iter().flat_map(|set| ["--set", set]));
        command.assert().success();
        fs::read_to_string(folder.path().join("out/figures/mine.svg")).unwrap()
    };
    assert!(svg(&[]).contains("heat current"));
    let jz = svg(&["figure.mine.quantity=jz", "initial.state=ground", "qubits.number=3"]);
    assert!(!jz.contains("heat current"));
    superjump(folder.path())
        .args(["check", "s.toml", "--set", "figure.mine.against=1/bath.hot.temperature"])
        .assert()
        .success();
    superjump(folder.path()).args(["report", "out"]).assert().success();
    assert_eq!(fs::read_to_string(folder.path().join("out/figures/mine.svg")).unwrap(), jz);
    for wrong in
        ["figure.mine.quantity=jzz", "figure.mine.against=banana", "figure.mine.over=1/K", "figure.mine.bath=cool"]
    {
        superjump(folder.path())
            .args(["check", "s.toml", "--set", wrong])
            .assert()
            .code(2)
            .stderr(contains("command line"));
    }
}

/// Nothing is overwritten or removed before all that is asked for is checked and drawn.
#[test]
fn a_bad_file_of_figures_leaves_what_was_drawn() {
    let folder = folder_with(&format!("{FROZEN}{SWEPT}"));
    superjump(folder.path()).args(["exact", "s.toml", "-o", "out"]).assert().success();
    let out = folder.path().join("out");
    let page = fs::read(out.join("report.html")).unwrap();
    for (tables, said) in [
        ("[figure.b]\nquantity = \"heatcurrent\"\n", "did you mean \"heat_current\"?"),
        ("[figure.b]\nquantity = \"jz\"\nagainst = \"banana\"\n", "\"bath.hot.temperature\", \"time\""),
        ("[figure.b]\nquantity = \"jz\"\nbath = \"hott\"\n", "there is no bath \"hott\""),
        ("[figure.b]\nquantity = \"jz\"\n[figure.c]\nquantity = \"spectrum\"\n", "nothing of `spectrum` to draw"),
        ("[figure.b]\nquantity = 3\n", "`figure.b.quantity` is 3"),
        ("[figure.b\n", "not closed"),
        ("[qubits]\nnumber = 3\n", "no [figure] table"),
    ] {
        fs::write(folder.path().join("bad.toml"), tables).unwrap();
        superjump(folder.path())
            .args(["report", "out", "--figures", "bad.toml"])
            .assert()
            .code(2)
            .stderr(contains(said));
        assert_eq!(figures(&out), ["mine.svg"], "{tables}");
        assert!(fs::read(out.join("report.html")).unwrap() == page, "{tables}");
    }
    fs::write(folder.path().join("good.toml"), "[figure.b]\nquantity = \"jz\"\n").unwrap();
    superjump(folder.path()).args(["report", "out", "--figures", "good.toml"]).assert().success();
    assert_eq!(figures(&out), ["b.svg"]);
}

#[test]
fn what_is_offered_has_an_effect_and_what_has_none_is_not_offered() {
    let folder = folder_with(FROZEN);
    let shown = superjump(folder.path()).args(["exact", "s.toml", "--show", "jz", "-o", "out"]).assert().success();
    shown.stdout(contains("jz").and(contains("heat_current").not()).and(contains("excited").not()));
    superjump(folder.path()).args(["exact", "--help"]).assert().stdout(contains("--seed").or(contains("--traj")).not());
    for option in ["--seed", "--trajectories"] {
        let refused = superjump(folder.path()).args(["exact", "s.toml", option, "3", "-o", "none"]).assert().code(2);
        refused.stderr(contains(format!("{option}=3 has no meaning")).and(contains("`superjump run`")));
    }
    assert!(!folder.path().join("none").exists());
    // What is for `exact` alone says what `run` would take.
    let alone = folder_with(&FROZEN.replace("trajectories = 20\n", ""));
    superjump(alone.path()).args(["check", "s.toml"]).assert().success().stdout(
        contains("valid for `superjump exact`, and not for `superjump run`")
            .and(contains("not: the key `evolution.trajectories` is missing (a whole number from 1 to")),
    );
}
