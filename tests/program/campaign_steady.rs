//! Runs to a steady state that are cut short, damaged, shared and tightened come to the bits of one left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::place::{Place, assert_bare, parts, refused, success, superjump};
use sha2::{Digest, Sha256};
use superjump::results::Summary;
use tempfile::TempDir;

/// Two points, with noise: a second or two on two cores.
const SCENARIO: &str = "title = \"steady\"
[qubits]
number = 4
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 2.0
[[bath]]
name = \"cold\"
coupling = \"local\"
rate = 0.3
temperature = 0.4
[initial]
state = \"ground\"
[steady]
bath = \"hot\"
relative_error = 0.001
[noise]
baths = [\"hot\", \"cold\"]
windows = [3.0]
[sweep]
\"qubits.number\" = [3, 4]
";

fn place() -> Place {
    Place::new("steady.toml", SCENARIO, &["--no-report", "--threads", "2"])
}

/// The same points, to the last bit, and the same tables, to the last byte.
fn assert_same(one: &Path, other: &Path) {
    let points = |folder: &Path| Summary::read(folder).unwrap().unwrap().points;
    let bits = |folder: &Path| serde_json::to_string(&points(folder)).unwrap();
    assert_eq!(bits(one), bits(other));
    for table in ["noise.parquet", "summary.parquet"] {
        let read = |folder: &Path| fs::read(folder.join(table)).unwrap();
        assert!(read(one) == read(other), "{table} differs");
    }
}

#[test]
fn ten_kills_at_random_times_leave_the_bits_of_a_run_that_was_left_alone() {
    let place = place();
    let started = Instant::now();
    success(&place.run("whole", &[]));
    let whole = started.elapsed();
    let mut random = 12_345_u64;
    let mut killed = 0;
    for _ in 0..10 {
        let mut child = place.start("killed", &[]);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(whole.mul_f64((random >> 33) as f64 / 2_f64.powi(31) * 0.5));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if Summary::read(&place.path("killed")).unwrap().is_some() {
            // It came to its end between the kills: once more.
            assert_same(&place.path("whole"), &place.path("killed"));
            fs::remove_dir_all(place.path("killed")).unwrap();
        }
    }
    assert!(killed >= 3, "only {killed} of 10 were killed before their end");
    success(&place.run("killed", &[]));
    assert_same(&place.path("whole"), &place.path("killed"));
    assert!(success(&place.run("killed", &[])).contains("Complete already"));
}

#[test]
fn a_smaller_error_goes_on_from_the_rounds_that_are_there() {
    let place = place();
    success(&place.run("at_once", &[]));
    success(&place.run("grown", &["--set", "steady.relative_error=0.01"]));
    let before = parts(&place.path("grown"));
    success(&place.run("grown", &[]));
    let after = parts(&place.path("grown"));
    assert!(!before.is_empty() && after.len() > before.len());
    assert!(before.iter().all(|(path, time)| after.get(path) == Some(time)), "a round was computed again");
    assert_same(&place.path("at_once"), &place.path("grown"));
    // The results alone are lost: nothing is computed to have them again.
    fs::remove_file(place.path("grown/summary.json")).unwrap();
    success(&place.run("grown", &[]));
    assert_eq!(parts(&place.path("grown")), after);
    assert_same(&place.path("at_once"), &place.path("grown"));
    // Less than that is refused before anything is computed; what decides a trajectory does enter the name of a round.
    let windows = |windows: &str| format!("noise.windows={windows}");
    for (windows, error, words) in [
        (windows("[2.0]"), "0.0005", "`noise.windows` with 3 instead of without"),
        (windows("[2.0, 3.0]"), "0.002", "an error of 0.001 instead of 0.002"),
    ] {
        let other = ["--set", &windows, "--set", &format!("steady.relative_error={error}")];
        refused(&place.run("grown", &other), 2, &["grown holds better results than are asked for", words, "--fresh"]);
        let worker = place.worker("grown", &other).wait_with_output().unwrap();
        refused(&worker, 2, &["better results", words]);
    }
    assert_eq!(parts(&place.path("grown")), after);
    assert_same(&place.path("at_once"), &place.path("grown"));
    success(&place.run("grown", &["--set", &windows("[3.0, 30.0]")]));
    assert!(parts(&place.path("grown")).len() > after.len());
}

#[test]
fn sigterm_keeps_whole_rounds_and_says_how_to_go_on() {
    let place = place();
    success(&place.run("whole", &[]));
    let mut child = place.start("stopped", &[]);
    assert!(place.wait_for_parts("stopped", 3, &mut child));
    let terminated = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(terminated.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("To go on:"));
    assert!(!Summary::read(&place.path("stopped")).unwrap().unwrap().complete);
    let status = place.say(&["status", "stopped"]);
    for words in ["trajectories on disk", "of 2 points begun", "interrupted", "results: partial"] {
        assert!(status.contains(words), "no `{words}` in {status}");
    }
    assert!(!status.contains("NaN") && !status.starts_with("0 traj"), "{status}");
    let before = parts(&place.path("stopped"));
    success(&place.run("stopped", &[]));
    let after = parts(&place.path("stopped"));
    assert!(before.iter().all(|(path, time)| after.get(path) == Some(time)));
    assert_same(&place.path("whole"), &place.path("stopped"));
}

#[test]
fn a_piece_that_is_altered_or_gone_is_computed_again() {
    let place = place();
    success(&place.run("whole", &[]));
    success(&place.run("damaged", &[]));
    let before = parts(&place.path("damaged"));
    let paths: Vec<&PathBuf> = before.keys().collect();
    let mut bytes = fs::read(paths[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(paths[0], bytes).unwrap();
    fs::copy(paths[1], paths[2]).unwrap();
    fs::write(paths[3], "short").unwrap();
    fs::remove_file(paths[4]).unwrap();
    fs::remove_file(place.path("damaged/summary.json")).unwrap();
    let output = place.run("damaged", &[]);
    success(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for words in ["its checksum is wrong", "its round is", "cut short", "set aside"] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    assert_same(&place.path("whole"), &place.path("damaged"));
    assert_eq!(parts(&place.path("damaged")).len(), before.len());
    let status = place.say(&["status", "damaged"]);
    assert!(status.contains("3 damaged parts were set aside") && status.contains("results: complete"), "{status}");
}

#[test]
fn workers_share_rounds_and_a_merge_comes_to_the_bits_of_the_whole() {
    let place = place();
    success(&place.run("whole", &[]));
    let merge = || place.command(&["merge", "shared"]).output().unwrap();
    let mut first = place.start("shared", &["--shard", "2/2"]);
    assert!(place.wait_for_parts("shared", 2, &mut first));
    first.kill().unwrap();
    first.wait().unwrap();
    let partial = merge();
    assert_eq!(partial.status.code(), Some(1), "{}", String::from_utf8_lossy(&partial.stderr));
    assert!(!Summary::read(&place.path("shared")).unwrap().unwrap().complete);
    let workers = [1, 2, 3].map(|_| place.worker("shared", &["--threads", "1"]));
    for worker in workers {
        assert!(success(&worker.wait_with_output().unwrap()).contains("superjump merge shared"));
    }
    let before = parts(&place.path("shared"));
    assert_eq!(before.len(), parts(&place.path("whole")).len());
    success(&merge());
    assert_eq!(parts(&place.path("shared")), before, "a merge computes nothing");
    assert_same(&place.path("whole"), &place.path("shared"));
}

#[test]
fn another_model_and_another_process_are_refused() {
    let place = place();
    success(&place.run("whole", &["--set", "steady.relative_error=0.01"]));
    refused(&place.run("whole", &["--set", "bath.hot.rate=1.5"]), 2, &["holds other results"]);

    let mut child = place.start("busy", &[]);
    assert!(place.wait_for_parts("busy", 1, &mut child));
    refused(&place.run("busy", &[]), 2, &["is at work in busy"]);
    refused(&place.command(&["exact", "steady.toml", "-o", "busy"]).output().unwrap(), 2, &["is at work in busy"]);
    child.kill().unwrap();
    child.wait().unwrap();
    let output = place.run("busy", &[]);
    success(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did not end well here"));
}

#[test]
fn results_of_a_larger_error_are_not_called_complete_once_a_smaller_one_is_asked_for() {
    let place = place();
    success(&place.run("out", &["--set", "steady.relative_error=0.01"]));
    assert!(place.say(&["status", "out"]).contains("results: complete\n"));
    let before = parts(&place.path("out"));
    let mut child = place.start("out", &["--set", "steady.relative_error=0.0005"]);
    assert!(place.wait_for_parts("out", before.len() + 1, &mut child));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Summary::read(&place.path("out")).unwrap().unwrap().complete, "the older summary stands");
    let status = place.say(&["status", "out"]);
    assert!(status.contains("results: complete for what was asked before"), "{status}");
}

/// Points that differ in what ends them alone share their rounds: nothing is computed twice.
#[test]
fn points_of_the_same_physics_share_rounds() {
    let place = place();
    let twice = ["--set", "sweep.qubits.number=[4]", "--set", "sweep.steady.relative_error=[0.02, 0.01]"];
    success(&place.run("whole", &twice));
    for worker in [1, 2].map(|_| place.worker("shared", &twice)) {
        success(&worker.wait_with_output().unwrap());
    }
    place.say(&["merge", "shared"]);
    assert_eq!(parts(&place.path("shared")).len(), parts(&place.path("whole")).len());
    assert_same(&place.path("whole"), &place.path("shared"));
}

/// One long round of one point is shared out group by group, `run` among those who take them.
#[test]
fn one_point_spreads_over_processes() {
    let place = place();
    let one = ["--set", "sweep.qubits.number=[20]", "--set", "steady.relative_error=0.003"];
    success(&place.run("whole", &one));
    let one = [&one[..], &["--log", "log.jsonl"]].concat();
    let mut worker = place.worker("shared", &one);
    assert!(place.wait_for_parts("shared", 1, &mut worker));
    success(&place.run("shared", &one[..4]));
    success(&worker.wait_with_output().unwrap());
    assert_same(&place.path("whole"), &place.path("shared"));
    assert!(fs::read_dir(place.path("shared/parts")).unwrap().count() < 6, "workers leave nothing but parts");
}

#[test]
fn a_larger_error_replaces_no_results_of_a_smaller_one() {
    let place = place();
    success(&place.run("out", &["--set", "steady.relative_error=0.01"]));
    let larger = ["--set", "steady.relative_error=0.02"];
    refused(&place.run("out", &larger), 2, &["better results", "an error of 0.01 instead of 0.02", "--fresh"]);
    success(&place.run("out", &[&larger[..], &["--fresh"]].concat()));
}

#[test]
fn without_exact_values_estimates_are_the_same_and_exact_values_come_later() {
    let place = place();
    let error = ["--set", "steady.relative_error=0.01"];
    success(&place.run("whole", &error));
    let said = success(&place.run("bare", &[&error[..], &["--no-exact"]].concat()));
    assert!(said.contains("No exact values (point 0): they were left out, as was asked"), "{said}");
    assert_bare(&place.path("whole"), &place.path("bare"));
    let before = parts(&place.path("bare"));
    assert_eq!(before.len(), parts(&place.path("whole")).len());
    assert!(success(&place.run("bare", &[&error[..], &["--no-exact"]].concat())).contains("Complete already"));
    success(&place.run("bare", &error));
    assert_eq!(parts(&place.path("bare")), before, "no round was computed again");
    assert_same(&place.path("whole"), &place.path("bare"));
    // Nothing is taken away again.
    assert!(success(&place.run("bare", &[&error[..], &["--no-exact"]].concat())).contains("Complete already"));
}

/// A piece whose state an earlier build laid out otherwise, whole to the last byte, is set aside and computed again.
#[test]
fn a_piece_of_another_layout_is_set_aside() {
    let place = place();
    let error = ["--set", "steady.relative_error=0.01"];
    success(&place.run("whole", &error));
    success(&place.run("other", &error));
    let path = parts(&place.path("other")).into_keys().next().unwrap();
    let good = fs::read(&path).unwrap();
    fs::write(&path, relaid(&good)).unwrap();
    fs::remove_file(place.path("other/summary.json")).unwrap();
    let output = place.run("other", &error);
    success(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("laid out as another build has them; it is set aside"), "{said}");
    assert!(fs::read(&path).unwrap() == good);
    assert_same(&place.path("whole"), &place.path("other"));
}

/// The same file with the number of its layout left out of the state, as builds before it wrote, and a checksum that holds.
fn relaid(file: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = file.splitn(4, |byte| *byte == b'\n').collect();
    let [title, _, whose, content] = lines[..] else { panic!("four parts") };
    let whose = String::from_utf8(whose.to_vec()).unwrap();
    let state =
        if whose.contains("\"compressed\":true") { zstd::decode_all(content).unwrap() } else { content.to_vec() };
    let whose = whose.replace("\"compressed\":true", "\"compressed\":false");
    // A varint ends with the first byte below 128.
    let layout = state.iter().position(|byte| *byte < 128).unwrap() + 1;
    let below = [whose.as_bytes(), b"\n", &state[layout..]].concat();
    let digits: String = Sha256::digest(&below).iter().map(|byte| format!("{byte:02x}")).collect();
    [title, b"\n", digits.as_bytes(), b"\n", &below].concat()
}

/// The shipped scenario from a terminal: a smaller error goes on from the rounds that are there, on another number of
/// threads, to the bits of having asked for it at once; the summary says which engine, and why.
#[test]
fn sectors_go_on_to_the_same_bits() {
    let folder = TempDir::new().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/weak_local_bath.toml");
    let run = |output: &str, error: &str, threads: &str| -> serde_json::Value {
        let mut command = superjump(folder.path());
        command.args(["run", scenario, "-o", output, "--threads", threads, "--no-report"]);
        command.args(["--set", "qubits.number=12", "--set", &format!("steady.relative_error={error}")]);
        command.assert().success();
        let summary = fs::read_to_string(folder.path().join(output).join("summary.json")).unwrap();
        serde_json::from_str(&summary).unwrap()
    };
    run("grown", "0.03", "2");
    let (grown, fresh) = (run("grown", "0.01", "1"), run("fresh", "0.01", "2"));
    assert_eq!(grown["points"], fresh["points"]);
    for point in fresh["points"].as_array().unwrap() {
        assert_eq!(point["engine"], "sectors");
        assert!(point["engine_because"].as_str().unwrap().contains("collective jumps lie between two local ones"));
        assert_eq!(point["steady"]["converged"], true);
    }
}
