//! Nothing hangs: whatever the values, `check` answers, a signal is heard, and what is out of reach is refused before
//! anything is written.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::results::Summary;

use crate::place::{Place, superjump};

/// What has not ended by then never does, on however busy a machine.
const HANGS: Duration = Duration::from_secs(60);

const VALVE: &str = "[qubits]
number = 8
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 3.0
[[bath]]
name = \"loss\"
coupling = \"local\"
rate = 0.01
temperature = 1.0
[initial]
state = \"ground\"
";

const UNTIL: &str = "[evolution]\nuntil = 50.0\nsamples = 11\ntrajectories = 200\n";
const DRIVE: &str = "[drive]\namplitude = 1e6\n";

/// Everything below a folder that was left half-written.
fn unfinished(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { unfinished(&path) } else { vec![path.display().to_string()] })
        .filter(|name| name.ends_with(".tmp"))
        .collect()
}

/// A trajectory of any of these takes minutes to for ever. A signal ends it within a second.
#[cfg(unix)]
#[test]
fn the_first_signal_ends_the_longest_trajectory() {
    let with = |more: &str| format!("{VALVE}{more}");
    for (scenario, verb, more) in [
        (with(UNTIL), "run", &["bath.hot.rate=1e12"][..]),
        (with(UNTIL), "run", &["bath.hot.rate=1e99"]),
        (with(UNTIL), "run", &["bath.loss.rate=1e14"]),
        (with(UNTIL), "run", &["bath.hot.rate=1e12", "evolution.engine=\"ladder\""]),
        (with(UNTIL), "run", &["bath.hot.rate=1e12", "evolution.engine=\"register\""]),
        (with(&format!("{DRIVE}{UNTIL}")), "run", &[]),
        (with(&format!("{DRIVE}{UNTIL}")), "run", &["evolution.engine=\"register\"", "drive.amplitude=1e90"]),
        (with("[steady]\nrelative_error = 1e-5\nmax_jumps = 1e40\n"), "run", &["bath.hot.rate=1e12"]),
        (with("[steady]\nrelative_error = 1e-9\nmax_jumps = 1e40\n"), "run", &["evolution.engine=\"leaps\""]),
        (with("[steady]\n"), "exact", &["qubits.number=700"]),
    ] {
        let place = Place::new("s.toml", &scenario, &[]);
        let set = more.iter().flat_map(|assignment| ["--set", assignment]);
        let arguments: Vec<&str> =
            [verb, "s.toml", "-o", "out", "--no-progress", "--no-report"].into_iter().chain(set).collect();
        let child = place.command(&arguments).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(400));
        let (told, id) = (Instant::now(), child.id().to_string());
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{more:?}: {text}");
        assert!(told.elapsed() < HANGS, "{more:?}: {:?}", told.elapsed());
        assert_eq!(unfinished(&place.path("out")), Vec::<String>::new(), "{more:?}");
    }
}

/// The values of keys of a scenario, scaled by any power of ten.
#[test]
fn check_always_answers() {
    let config =
        ProptestConfig { cases: 12, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Default::default() };
    let keys = [
        ("heat_valve", "bath.hot.rate"),
        ("heat_valve", "bath.parasitic.rate"),
        ("heat_valve", "evolution.until"),
        ("near_resonance", "bath.hot.temperature"),
        ("boundary_time_crystal", "drive.amplitude"),
        ("boundary_time_crystal", "drive.detuning"),
        ("boundary_time_crystal", "bath.cold.rate"),
        ("coherent_start", "qubits.frequency"),
        ("disorder", "evolution.until"),
        ("weak_local_bath", "bath.hot.rate"),
        ("fig5_trajectories", "bath.hot.temperature"),
        ("noise_spectrum", "bath.hot.rate"),
    ];
    proptest!(config, |(which in 0..keys.len(), power in -100.0..100.0_f64)| {
        let (scenario, key) = keys[which];
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{scenario}.toml"));
        let value = format!("{key}={:e}", 10.0_f64.powf(power));
        let started = Instant::now();
        let output = superjump(Path::new(".")).arg("check").arg(&file).args(["--set", &value]).output().unwrap();
        prop_assert!(started.elapsed() < HANGS, "{scenario} {value}: {:?}", started.elapsed());
        let text = String::from_utf8_lossy(&output.stderr);
        prop_assert!(matches!(output.status.code(), Some(0 | 2)), "{scenario} {value}: {text}");
    });
}

/// What no budget reaches for, and what takes too long to count, leaves no folder.
#[test]
fn what_is_out_of_reach_is_refused_before_there_is_a_folder() {
    for (more, words) in [
        ("[steady]\nmax_jumps = 1e3\n", "the least that tells a steady state takes about"),
        ("[steady]\n[noise]\nwindows = [1e-12]\n", "counting in the windows and frequencies of `noise`"),
        ("[steady]\n[noise]\nfrequencies = [1e9]\n", "would take too many cells"),
        (
            "[drive]\namplitude = 1e30\n[steady]\nabsolute_error = 1.0\n",
            "the least that tells a steady state takes about",
        ),
    ] {
        let place = Place::new("s.toml", &format!("{VALVE}{more}"), &[]);
        let output = place.run("out", &[]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more}: {text}");
        assert!(text.contains(words) && !place.path("out").exists(), "{more}: {text}");
    }
}

/// A list of windows costs what it is long: these took minutes.
#[test]
fn long_lists_of_windows_take_as_long_as_they_are() {
    let windows: Vec<String> = (1..=1000).map(|window| format!("{window}.0")).collect();
    let scenario = format!("{VALVE}[steady]\nrelative_error = 0.5\n[noise]\nwindows = [{}]\n", windows.join(", "));
    let place = Place::new("s.toml", &scenario, &["--set", "qubits.number=2", "--no-report", "--no-progress"]);
    let started = Instant::now();
    let output = place.run("out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < 2 * HANGS, "{:?}", started.elapsed());
    assert!(Summary::read(&place.path("out")).unwrap().unwrap().complete);
}

#[cfg(unix)]
#[test]
fn words_that_are_no_text_are_taken_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new("s.toml", &format!("{VALVE}{UNTIL}"), &[]);
    let mut command = place.command(&["run", "s.toml", "--set", "bath.hot.rate=1e12", "--no-progress", "-o"]);
    let child = command.arg(OsStr::from_bytes(b"out-\xff")).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("To go on:"));
}

/// Of the points of a sweep those that were solved are kept, and those that have no exact value are named.
#[test]
fn a_point_that_has_no_exact_value_leaves_the_others() {
    let text = VALVE.replace("rate = 0.01", "rate = 0.0");
    let place = Place::new("s.toml", &format!("{text}[steady]\n[sweep]\n\"bath.hot.rate\" = [1.0, 0.0, 2.0]\n"), &[]);
    let output = place.command(&["exact", "s.toml", "-o", "out", "--no-report"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("point 1 has no exact value: the model has no steady state"), "{told}");
    let summary = Summary::read(&place.path("out")).unwrap().unwrap();
    let solved: Vec<bool> = summary.points.iter().map(|point| !point.quantities.is_empty()).collect();
    assert_eq!((summary.complete, solved), (false, vec![true, false, true]));
    assert!(summary.points[1].exact_missing.is_some());
    // Where there is nothing to keep, nothing is.
    let output =
        place.command(&["exact", "s.toml", "-o", "none", "--set", "sweep.bath.hot.rate=[0.0]"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!place.path("none/summary.json").exists());
}
