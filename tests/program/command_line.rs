//! The program as a user meets it: verbs, exit codes, what a run leaves and what a wrong one does not.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::place;
use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use superjump::results::Summary;
use tempfile::TempDir;

const SMALL: &str = "title = \"small\"
[qubits]
number = 3
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 2.0
[initial]
state = \"ground\"
[evolution]
until = 2.0
samples = 5
trajectories = 3000
[record]
jumps = true
";

fn superjump(folder: &TempDir) -> Command {
    place::superjump(folder.path())
}

fn folder_with(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("small.toml"), text).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a scenario is read from ends, and its name leads nowhere but below `output`.
#[test]
fn a_scenario_comes_from_files_and_pipes_and_its_results_stay_below_output() {
    let folder = folder_with(SMALL);
    superjump(&folder).args(["check", "/dev/stdin"]).write_stdin(SMALL).assert().success().stdout(contains("is valid"));
    superjump(&folder).args(["check", "/dev/zero"]).assert().code(2).stderr(contains("it is a device"));
    let figures = superjump(&folder).args(["report", "out", "--figures", "/dev/zero"]).assert();
    figures.code(2).stderr(contains("cannot read /dev/zero: it is a device"));
    let endless = "#".repeat((64 << 20) + 1);
    superjump(&folder).args(["check", "/dev/stdin"]).write_stdin(endless).assert().code(2).stderr(contains("64 MiB"));
    fs::rename(folder.path().join("small.toml"), folder.path().join("...toml")).unwrap();
    let few = ["--trajectories", "5", "--no-report", "--no-progress"];
    superjump(&folder).args(["run", "...toml"]).args(few).assert().success();
    assert_eq!(names(folder.path()), ["...toml", "output"]);
    assert_eq!(names(&folder.path().join("output")), ["scenario"]);
}

/// Who shares a folder may put links there: what they lead to stays as it is.
#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_that_somebody_planted() {
    use std::os::unix::fs::symlink;
    let folder = folder_with(SMALL);
    let path = |name: &str| folder.path().join(name);
    fs::write(path("keep"), "mine").unwrap();
    fs::create_dir_all(path("out/parts")).unwrap();
    fs::create_dir_all(path("out/figures")).unwrap();
    let run = || {
        let mut command = superjump(&folder);
        command.args(["run", "small.toml", "-o", "out", "--trajectories", "50", "--no-progress"]).assert()
    };
    symlink(path("keep"), path("out/parts/lock")).unwrap();
    run().code(2).stderr(contains("lock is a link").and(contains("give another with -o")));
    fs::remove_file(path("out/parts/lock")).unwrap();
    let planted = ["parts/run.status.json", "series.parquet", "series.parquet.tmp", "summary.json.tmp", "report.html"];
    for name in planted.into_iter().chain(["report.html.tmp", "figures/heat_current.svg.tmp"]) {
        symlink(path("keep"), path("out").join(name)).unwrap();
    }
    run().success();
    assert_eq!(fs::read(path("keep")).unwrap(), b"mine");
    assert!(path("out/series.parquet").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_run_leaves_its_tables_and_running_it_again_does_nothing() {
    let folder = folder_with(SMALL);
    superjump(&folder)
        .args(["run", "small.toml"])
        .assert()
        .success()
        .stdout(contains("heat_current").and(contains("exact")));
    let output = folder.path().join("output/small");
    assert_eq!(
        names(&output),
        [
            "SHA256SUMS",
            "figures",
            "jumps.parquet",
            "parts",
            "report.html",
            "series.parquet",
            "summary.json",
            "summary.parquet",
            "trajectories.parquet"
        ]
    );
    let summary = Summary::read(&output).unwrap().unwrap();
    assert_eq!((summary.scenario.as_str(), summary.units.as_str(), summary.seed), ("small", "natural", 1));
    let point = &summary.points[0];
    assert_eq!(
        (point.trajectories, point.stopped_because.name(), point.engine.as_str()),
        (3000, "trajectories", "populations")
    );
    let current = point.quantities.iter().find(|q| q.quantity == "heat_current").unwrap();
    // 5 sigma.
    assert!(current.z.unwrap().abs() < 5.0 && current.exact.is_some() && current.std_error.unwrap() > 0.0);

    let modified = |name: &str| fs::metadata(output.join(name)).unwrap().modified().unwrap();
    let before = modified("summary.json");
    superjump(&folder).args(["run", "small.toml"]).assert().success().stdout(contains("Complete already"));
    assert_eq!(modified("summary.json"), before);
    superjump(&folder).args(["run", "small.toml", "--fresh"]).assert().success().stdout(contains("jumps in"));
    assert!(modified("summary.json") > before);
}

#[test]
fn nothing_happens_where_it_is_cold_and_that_is_a_result_too() {
    let folder = folder_with(SMALL);
    let cold = ["--set", "bath.hot.temperature=0"];
    superjump(&folder).args(["run", "small.toml"]).args(cold).assert().success().stdout(contains("0 jumps in"));
    let summary = Summary::read(&folder.path().join("output/small")).unwrap().unwrap();
    assert_eq!((summary.timing.jumps, summary.complete), (0, true));
    assert!(folder.path().join("output/small/jumps.parquet").exists());
}

#[test]
fn the_files_are_the_same_bytes_on_any_number_of_threads() {
    let folder = folder_with(SMALL);
    for threads in ["1", "2", "8"] {
        superjump(&folder).args(["run", "small.toml", "--threads", threads, "-o", threads]).assert().success();
    }
    for file in ["series.parquet", "summary.parquet", "trajectories.parquet", "jumps.parquet"] {
        let bytes = |threads: &str| fs::read(folder.path().join(threads).join(file)).unwrap();
        assert!(bytes("1") == bytes("2") && bytes("1") == bytes("8"), "{file}");
    }
}

#[test]
fn results_of_something_else_are_not_overwritten() {
    let folder = folder_with(SMALL);
    superjump(&folder).args(["run", "small.toml"]).assert().success();
    let path = folder.path().join("output/small/summary.json");
    let before = fs::read(&path).unwrap();
    superjump(&folder)
        .args(["run", "small.toml", "--seed", "7"])
        .assert()
        .code(2)
        .stderr(contains("holds other results").and(contains("seed 1 instead of 7")).and(contains("--fresh")));
    superjump(&folder)
        .args(["run", "small.toml", "--set", "qubits.number=4"])
        .assert()
        .code(2)
        .stderr(contains("qubits.number=4"));
    assert_eq!(fs::read(&path).unwrap(), before);
    // A summary that is none says nothing; the parts say whose they are.
    fs::write(&path, "{}").unwrap();
    superjump(&folder)
        .args(["run", "small.toml", "--seed", "7"])
        .assert()
        .code(2)
        .stderr(contains("holds other results"));
    let made_again = superjump(&folder).args(["run", "small.toml"]).assert().success();
    made_again.stderr(contains("summary.json cannot be read").and(contains("made again from the parts")));
    superjump(&folder).args(["run", "small.toml", "--seed", "7", "--fresh"]).assert().success();
}

#[test]
fn wrong_input_exits_with_2_and_leaves_nothing() {
    let folder = folder_with(&SMALL.replace("number = 3", "number = 0"));
    superjump(&folder)
        .args(["run", "small.toml"])
        .assert()
        .code(2)
        .stderr(contains("small.toml:3:10").and(contains("`qubits.number` is 0")).and(contains("from 1 to 1000000")));
    superjump(&folder).args(["check", "small.toml"]).assert().code(2);
    superjump(&folder).args(["run", "nowhere.toml"]).assert().code(2).stderr(contains("nowhere.toml"));
    superjump(&folder).args(["run", "small.toml", "--threads", "0"]).assert().code(2);
    superjump(&folder).args(["fly"]).assert().code(2);
    superjump(&folder).assert().code(2).stderr(contains("Usage"));
    assert_eq!(names(folder.path()), ["small.toml"]);
}

#[test]
fn an_output_that_is_no_folder_is_refused_before_anything_runs() {
    let folder = folder_with(SMALL);
    fs::write(folder.path().join("taken"), "mine").unwrap();
    superjump(&folder).args(["run", "small.toml", "-o", "taken"]).assert().code(2).stderr(contains("taken"));
    superjump(&folder)
        .args(["run", "small.toml", "-o", "taken/deeper"])
        .assert()
        .code(2)
        .stderr(contains("taken/deeper"));
    assert_eq!(fs::read_to_string(folder.path().join("taken")).unwrap(), "mine");
}

#[test]
fn what_would_not_fit_the_memory_is_refused_with_what_it_needs() {
    let folder = folder_with(SMALL);
    for set in ["evolution.samples=10000000", "evolution.until=1e12"] {
        let sets = ["--set", set, "--set", "record.photons=1000000", "--threads", "1000"];
        superjump(&folder).args(["run", "small.toml"]).args(sets).assert().code(2).stderr(contains("GB of memory"));
    }
    assert_eq!(names(folder.path()), ["small.toml"]);
}

#[test]
fn check_says_what_would_run_and_writes_nothing() {
    let folder = folder_with(SMALL);
    superjump(&folder).args(["check", "small.toml", "--trajectories", "5000"]).assert().success().stdout(
        contains("small is valid").and(contains("5000 in")).and(contains("populations")).and(contains("exact")),
    );
    superjump(&folder)
        .args(["check", "small.toml", "--set", "qubits.number=30000", "--set", "record.jumps=false"])
        .assert()
        .success()
        .stdout(contains("not for 1 of 1 points: the master equation over 30001 levels"));
    assert_eq!(names(folder.path()), ["small.toml"]);
}

/// `auto` picks by the point: `check` names every engine of a sweep, with its points.
#[test]
fn check_names_all_engines_of_a_sweep() {
    let folder = TempDir::new().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/fig5_trajectories.toml");
    superjump(&folder).arg("check").arg(shipped).assert().success().stdout(
        contains("engine         populations at points 0, 4, 8 to 11: the state stays diagonal")
            .and(contains("engine         sectors at points 1 to 3, 5 to 7: some "))
            .and(contains("point 0        populations relaxes in"))
            .and(contains("point 1        sectors     relaxes in")),
    );
}

#[test]
fn where_the_exact_value_cannot_be_afforded_the_column_is_null_and_the_summary_says_why() {
    let folder = folder_with(SMALL);
    let sets = [
        "--set",
        "qubits.number=30000",
        "--set",
        "evolution.until=1e-6",
        "--trajectories",
        "8",
        "--set",
        "record.jumps=false",
    ];
    superjump(&folder).args(["run", "small.toml"]).args(sets).assert().success().stdout(contains("No exact values"));
    let summary = Summary::read(&folder.path().join("output/small")).unwrap().unwrap();
    assert!(summary.points[0].exact_missing.as_ref().unwrap().contains("30001 levels"));
    assert!(summary.points[0].quantities.iter().all(|q| q.exact.is_none() && q.z.is_none()));
}

#[test]
fn exact_writes_what_a_run_writes_with_exact_values_alone() {
    let folder = folder_with(SMALL);
    superjump(&folder)
        .args(["exact", "small.toml"])
        .assert()
        .success()
        .stdout(contains("exact").and(contains("Solved")));
    let output = folder.path().join("output/small-exact");
    assert_eq!(
        names(&output),
        ["SHA256SUMS", "figures", "parts", "report.html", "series.parquet", "summary.json", "summary.parquet"]
    );
    let point = Summary::read(&output).unwrap().unwrap().points.remove(0);
    assert_eq!((point.engine.as_str(), point.stopped_because.name(), point.time), ("exact", "exact", Some(2.0)));
    assert!(point.quantities.iter().all(|q| q.exact.is_some() && q.estimate.is_none() && q.std_error.is_none()));
    superjump(&folder).args(["exact", "small.toml"]).assert().success().stdout(contains("Complete already"));

    superjump(&folder)
        .args(["exact", "small.toml", "--set", "steady={}", "-o", "steady"])
        .assert()
        .success()
        .stdout(contains("noise").and(contains("more with --all")).and(contains("In the steady state")));
    superjump(&folder)
        .args(["exact", "small.toml", "--set", "steady={}", "-o", "steady", "--all"])
        .assert()
        .success()
        .stdout(contains("effective_temperature").and(contains("--all").not()));
    // A seed and a budget are of runs, and take no time to look at.
    let seeded = SMALL.replace("until = 2.0", "seed = 3").replace("samples = 5\n", "");
    fs::write(folder.path().join("seeded.toml"), format!("{seeded}\n[steady]\n")).unwrap();
    let seeded = superjump(&folder).args(["exact", "seeded.toml", "-o", "seeded"]).assert().success();
    seeded.stdout(contains("In the steady state"));
    // The last point of the sweep is out of reach: said before the first is solved.
    superjump(&folder)
        .args([
            "exact",
            "small.toml",
            "--set",
            "steady={}",
            "--set",
            "bath.hot.coupling=\"local\"",
            "--set",
            "sweep={ 'qubits.number' = [2, 9000] }",
            "-o",
            "far",
        ])
        .assert()
        .code(2)
        .stderr(contains("point 1 has no exact value: the master equation over 20259001 levels"));
    assert!(!folder.path().join("far").exists());
    let run = superjump(&folder).args(["run", "small.toml", "--set", "steady={}"]).assert().code(2);
    run.stderr(contains("no heat flows").and(contains("absolute_error")));
}

#[test]
fn a_steady_state_is_reached_and_said_to_be() {
    let valve = SMALL.replace(
        "[initial]",
        "[[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.5\ntemperature = 0.5\n[initial]",
    );
    let folder = folder_with(&valve.replace("until = 2.0\nsamples = 5\ntrajectories = 3000", "seed = 2"));
    let asked = ["--set", "steady={ relative_error = 0.03 }", "--set", "noise={ windows = [1.0] }", "-o", "out"];
    let run = || superjump(&folder).args(["run", "small.toml"]).args(asked).assert().success();
    run().stdout(contains("Converged (relative_error)").and(contains("heat_current_balance")).and(contains("fano")));
    run().stdout(contains("Complete already"));
    let point = Summary::read(&folder.path().join("out")).unwrap().unwrap().points.remove(0);
    let steady = point.steady.unwrap();
    assert!(steady.converged && steady.missing.is_empty() && point.time.is_none());
    let current = point.quantities.iter().find(|q| q.quantity == "heat_current").unwrap();
    assert!(current.z.unwrap().abs() < 5.0 && steady.half_width.unwrap() <= 0.03 * current.estimate.unwrap());
    assert!(folder.path().join("out/noise.parquet").exists() && !folder.path().join("out/series.parquet").exists());

    // Not enough time for the slowest relaxation: it is said, with what it would take.
    superjump(&folder)
        .args(["run", "small.toml", "--set", "steady={}", "--set", "evolution.until=1.0", "-o", "short"])
        .assert()
        .success()
        .stdout(contains("NOT CONVERGED, until spent").and(contains("`evolution.until`")));
    superjump(&folder)
        .args(["run", "small.toml", "--set", "steady={ max_jumps = 10.0 }", "-o", "poor"])
        .assert()
        .code(2)
        .stderr(contains("beyond `steady.max_jumps`"));
    // Of the first part of a trajectory, as none of this length ever ends.
    superjump(&folder)
        .args(["run", "small.toml", "--set", "steady={}", "--set", "bath.hot.rate=1e60", "-o", "hopeless"])
        .assert()
        .code(2)
        .stderr(contains("beyond `steady.max_jumps`"));
    let hopeless = "evolution={ until = 2.0, samples = 5, trajectories = 10 }";
    superjump(&folder)
        .args(["check", "small.toml", "--set", "bath.hot.rate=1e60", "--set", hopeless])
        .args(["--set", "record.jumps=false"])
        .assert()
        .success()
        .stdout(contains("years"));
    superjump(&folder)
        .args(["run", "small.toml", "--set", "steady={}", "--set", "noise={ frequencies = [1e9] }", "-o", "fast"])
        .assert()
        .code(2)
        .stderr(contains("can be resolved"));
    superjump(&folder)
        .args(["check", "small.toml", "--set", "steady={}"])
        .assert()
        .success()
        .stdout(contains("relaxes in"));
}

#[test]
fn a_sweep_shows_the_quantity_that_is_asked_for() {
    let folder = folder_with(&format!("{SMALL}[sweep]\n\"bath.hot.temperature\" = [1.0, 2.0]"));
    let show = |name: &str| {
        let mut command = superjump(&folder);
        command.args(["exact", "small.toml", "--show", name]).assert()
    };
    show("jz").success().stdout(contains("jz").and(contains("heat_current").not()));
    show("beauty").code(2).stderr(contains("no quantity \"beauty\"").and(contains("j_squared")));
    // By a former name, which is said; for a figure too.
    let former = "heat_current_average is called heat_current_interval now";
    show("heat_current_average").success().stdout(contains("heat_current_interval")).stderr(contains(former));
    let figure =
        folder_with(&format!("{SMALL}[figure.old]\nquantity = \"heat_current_average\"\nagainst = \"time\"\n"));
    let told = ["exact", "small.toml", "--no-progress"];
    superjump(&figure)
        .args(told)
        .assert()
        .success()
        .stderr(contains("`heat_current_average` is called `heat_current_i"));
    assert!(figure.path().join("output/small-exact/figures/old.svg").exists());
    // What each of two baths has is named once.
    let two = folder_with(&format!("{SMALL}[[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.1\n"));
    let wrong = superjump(&two).args(["run", "small.toml", "--show", "beauty"]).assert().code(2);
    wrong.stderr(contains("only heat_current, heat_current_interval, heat_current_counts, intensity, jz, "));
}

#[test]
fn what_the_exact_road_cannot_do_is_refused_with_what_could() {
    let folder = folder_with(SMALL);
    let exact = |sets: &[&str]| {
        let mut command = superjump(&folder);
        command.args(["exact", "small.toml", "-o", "out"]);
        for set in sets {
            command.args(["--set", set]);
        }
        command.assert().code(2)
    };
    exact(&["qubits.number=300000"]).stderr(contains("300001 levels").and(contains("trajectories reach further")));
    let local = ["steady={}", "bath.hot.coupling=local", "qubits.number=3000"];
    exact(&local).stderr(contains("2253001 levels").and(contains("weak local bath")));
    let still = ["steady={}", "bath.hot.rate=0.0"];
    exact(&still).stderr(contains("no steady state"));
    exact(&["noise={ baths = [\"cold\"] }"]).stderr(contains("no bath \"cold\""));
    exact(&["noise={ windows = [-1.0] }"]).stderr(contains("`noise.windows` has -1"));
}

/// A start that spreads over sectors which nothing mixes has a noise in each, and none for all.
#[test]
fn noise_over_several_sectors_is_that_of_each() {
    let folder = folder_with(SMALL);
    let mixed = ["noise={ windows = [2.0] }", "initial={ state = \"product\", excited = 1 }", "steady={}"];
    let mut command = superjump(&folder);
    command.args(["exact", "small.toml", "-o", "out"]);
    for set in mixed {
        command.args(["--set", set]);
    }
    command.assert().success();
    let summary = fs::read_to_string(folder.path().join("out/summary.json")).unwrap();
    assert!(!summary.contains("\"noise\"") && summary.contains("\"heat_current\""));
    let noise = fs::metadata(folder.path().join("out/noise.parquet")).unwrap();
    assert!(noise.len() > 0 && folder.path().join("out/figures/sector_noise.svg").exists());
    // How likely a sector is, is no property of the bath whose current is watched.
    let figure = |name: &str| fs::read_to_string(folder.path().join("out/figures").join(name)).unwrap();
    assert!(figure("sector_current.svg").contains(">hot<") && !figure("sector_probability.svg").contains(">hot<"));
}

/// Whatever stands in a path, a name or a value: the script of a job array runs the scenario, and nothing else.
#[cfg(unix)]
#[test]
fn a_script_for_slurm_runs_nothing_that_a_name_says() {
    let folder = TempDir::new().unwrap();
    let evil = "a b\n#SBATCH --wrap=x\ntouch pwned; $(touch pwned) `touch pwned` \\\"\u{1b}\u{85}\u{e4}";
    let (file, output) = (format!("{evil}'.toml"), format!("{evil}' out"));
    fs::write(folder.path().join(&file), SMALL).unwrap();
    let title = format!("--set=title={:?}", evil.replace("\u{1b}\u{85}", "'"));
    let told = [&*file, "-o", &output, &title, "--shards", "1", "--trajectories", "20", "--threads", "1"];
    let script = superjump(&folder).arg("slurm").args(told).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(script).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("#SBATCH")).count(), 6, "{text}");
    assert!(text.lines().count() == 9 && !text.contains(['\u{1b}', '\u{85}']), "{text}");
    for (flags, shard) in [(&["-n", "-c"][..], ""), (&["-c"], "1")] {
        let mut bash = Command::new("bash");
        bash.args(flags).arg(&text).current_dir(folder.path()).env("SLURM_ARRAY_TASK_ID", shard).assert().success();
    }
    assert_eq!(names(folder.path()), [&*output, &*file]);
    assert!(folder.path().join(&output).join("parts/campaign.json").exists());

    for wrong in ["24:00:00\ntouch pwned", "1 hour", ""] {
        let told = ["slurm", &file, &format!("--time={wrong}")];
        superjump(&folder).args(told).assert().code(2).stdout("").stderr(contains("24:00:00"));
    }
    superjump(&folder).args(["slurm", "/dev/stdin"]).write_stdin(SMALL).assert().code(2).stderr(contains("not a file"));
}

#[test]
fn every_shipped_scenario_is_listed_printed_and_valid() {
    let folder = TempDir::new().unwrap();
    let listed = superjump(&folder).args(["scenarios"]).assert().success();
    let listed = String::from_utf8(listed.get_output().stdout.clone()).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for name in names(&shipped) {
        let stem = name.strip_suffix(".toml").unwrap();
        assert!(listed.contains(stem), "{stem} is not listed");
        let text = fs::read_to_string(shipped.join(&name)).unwrap();
        assert!(text.starts_with("# "), "{name} does not open with what to look for");
        superjump(&folder).args(["scenarios", stem]).assert().success().stdout(text);
        let checked = superjump(&folder).arg("check").arg(shipped.join(&name)).assert().success();
        let told = String::from_utf8(checked.get_output().stderr.clone()).unwrap();
        // Their comments say why they drive qubits faster than these turn.
        let strong = ["chirped_inversion", "pi_pulse_burst"].contains(&stem);
        assert!(if strong { told.contains("has a drive of up to") } else { told.is_empty() }, "{name}: {told}");
    }
    superjump(&folder).args(["scenarios", "nothing"]).assert().code(2).stderr(contains("superjump scenarios"));
}

#[test]
fn who_stops_reading_ends_neither_the_work_nor_in_a_panic() {
    let folder = folder_with(SMALL);
    for arguments in [&["run", "small.toml", "-o", "out"][..], &["scenarios"], &["schema"], &["completions", "bash"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_superjump"));
        child.current_dir(folder.path()).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        // Closed at once: every line it prints is lost.
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
    assert!(folder.path().join("out/report.html").exists(), "the figures of a run whose table nobody reads");
}

#[test]
fn what_is_asked_for_and_is_not_there_exits_with_2_and_says_so() {
    let folder = folder_with(SMALL);
    superjump(&folder).args(["run", "small.toml", "-o", "a", "--no-report"]).assert().success();
    superjump(&folder).args(["run", "small.toml", "-o", "b", "--seed", "2", "--no-report"]).assert().success();
    for (arguments, words) in [
        (&["man", "nothing"][..], "no verb \"nothing\""),
        (&["report", "a", "--figures", "none.toml"], "cannot read none.toml: No such file"),
        (&["run", "small.toml", "-o", "c", "--log", "none/log"], "cannot write the log none/log: No such file"),
        (&["compare", "a", "b", "--show", "nothing"], "no quantity \"nothing\" is in both runs"),
        (&["slurm", "small.toml", "--fresh"], "unexpected argument"),
        #[cfg(not(feature = "mpi"))]
        (&["run", "small.toml", "-o", "c", "--gather"], "cargo build --release --features mpi"),
    ] {
        superjump(&folder).args(arguments).assert().code(2).stderr(contains(words));
    }
}

#[test]
fn every_verb_has_help_with_an_example() {
    let folder = TempDir::new().unwrap();
    for verb in [
        "run",
        "exact",
        "check",
        "status",
        "merge",
        "slurm",
        "report",
        "compare",
        "scenarios",
        "schema",
        "completions",
        "man",
    ] {
        let said = superjump(&folder).args([verb, "--help"]).assert().success();
        said.stdout(contains("Example:").or(contains("Examples:")));
    }
}
