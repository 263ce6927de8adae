//! Runs to a steady state that are cut short, damaged, shared and tightened come to the bits of one left alone.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use superjump::campaign::Summary;
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

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("steady.toml"), SCENARIO).unwrap();
        Place(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_superjump"));
        command.current_dir(self.0.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn running(&self, output: &str, more: &[&str]) -> Command {
        let mut command = self.command(&["run", "steady.toml", "-o", output, "--no-report", "--threads", "2"]);
        command.args(more);
        command
    }

    /// `superjump run steady.toml -o output ...`, to its end.
    fn run(&self, output: &str, more: &[&str]) -> Output {
        self.running(output, more).output().unwrap()
    }

    fn start(&self, output: &str) -> Child {
        self.running(output, &[]).spawn().unwrap()
    }

    fn wait_for_pieces(&self, output: &str, count: usize) {
        let started = Instant::now();
        while pieces(&self.path(output)).len() < count {
            assert!(started.elapsed() < Duration::from_secs(120), "no pieces");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Every piece in a folder of results, with the time it was written.
fn pieces(output: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let list = |folder: &Path| {
        fs::read_dir(folder).map_or(Vec::new(), |entries| entries.map(|e| e.unwrap().path()).collect::<Vec<_>>())
    };
    let folders = list(&output.join("parts")).into_iter().filter(|path| path.is_dir());
    let files =
        folders.flat_map(|folder| list(&folder)).filter(|path| path.extension().is_some_and(|e| e == "parquet"));
    files.filter_map(|path| Some((path.clone(), fs::metadata(&path).ok()?.modified().unwrap()))).collect()
}

fn success(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
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
    let place = Place::new();
    let started = Instant::now();
    success(&place.run("whole", &[]));
    let whole = started.elapsed();
    let mut random = 12_345_u64;
    let mut killed = 0;
    for _ in 0..10 {
        let mut child = place.start("killed");
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
    let place = Place::new();
    success(&place.run("at_once", &[]));
    success(&place.run("grown", &["--set", "steady.relative_error=0.01"]));
    let before = pieces(&place.path("grown"));
    success(&place.run("grown", &[]));
    let after = pieces(&place.path("grown"));
    assert!(!before.is_empty() && after.len() > before.len());
    assert!(before.iter().all(|(path, time)| after.get(path) == Some(time)), "a round was computed again");
    assert_same(&place.path("at_once"), &place.path("grown"));
    // The results alone are lost: nothing is computed to have them again.
    fs::remove_file(place.path("grown/summary.json")).unwrap();
    success(&place.run("grown", &[]));
    assert_eq!(pieces(&place.path("grown")), after);
    assert_same(&place.path("at_once"), &place.path("grown"));
    // What decides a trajectory does enter the name of a round.
    success(&place.run("grown", &["--set", "noise.windows=[2.0]", "--set", "steady.relative_error=0.01"]));
    assert!(pieces(&place.path("grown")).len() > after.len());
}

#[test]
fn sigterm_keeps_whole_rounds_and_says_how_to_go_on() {
    let place = Place::new();
    success(&place.run("whole", &[]));
    let child = place.start("stopped");
    place.wait_for_pieces("stopped", 3);
    let terminated = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(terminated.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("To go on:"));
    assert!(!Summary::read(&place.path("stopped")).unwrap().unwrap().complete);
    let status = success(&place.command(&["status", "stopped"]).output().unwrap());
    for words in ["trajectories on disk", "of 2 points begun", "interrupted", "results: partial"] {
        assert!(status.contains(words), "no `{words}` in {status}");
    }
    assert!(!status.contains("NaN") && !status.starts_with("0 traj"), "{status}");
    let before = pieces(&place.path("stopped"));
    success(&place.run("stopped", &[]));
    let after = pieces(&place.path("stopped"));
    assert!(before.iter().all(|(path, time)| after.get(path) == Some(time)));
    assert_same(&place.path("whole"), &place.path("stopped"));
}

#[test]
fn a_piece_that_is_altered_or_gone_is_computed_again() {
    let place = Place::new();
    success(&place.run("whole", &[]));
    success(&place.run("damaged", &[]));
    let before = pieces(&place.path("damaged"));
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
    for words in ["its checksum is wrong", "its superjump.round is", "cut short", "set aside"] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    assert_same(&place.path("whole"), &place.path("damaged"));
    assert_eq!(pieces(&place.path("damaged")).len(), before.len());
    let status = success(&place.command(&["status", "damaged"]).output().unwrap());
    assert!(status.contains("3 damaged parts were set aside") && status.contains("results: complete"), "{status}");
}

#[test]
fn shards_take_points_and_a_merge_comes_to_the_bits_of_the_whole() {
    let place = Place::new();
    success(&place.run("whole", &[]));
    let merge = || place.command(&["merge", "shared"]).output().unwrap();
    success(&place.run("shared", &["--shard", "2/2"]));
    assert!(Summary::read(&place.path("shared")).unwrap().is_none());
    let partial = merge();
    assert_eq!(partial.status.code(), Some(1), "{}", String::from_utf8_lossy(&partial.stderr));
    let summary = Summary::read(&place.path("shared")).unwrap().unwrap();
    assert!(!summary.complete && summary.points.len() == 1);
    success(&place.run("shared", &["--shard", "1/2"]));
    let before = pieces(&place.path("shared"));
    success(&merge());
    assert_eq!(pieces(&place.path("shared")), before, "a merge computes nothing");
    assert_same(&place.path("whole"), &place.path("shared"));
}

#[test]
fn another_model_and_another_process_are_refused() {
    let place = Place::new();
    success(&place.run("whole", &["--set", "steady.relative_error=0.01"]));
    let other = place.run("whole", &["--set", "bath.hot.rate=1.5"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("holds other results"));

    let mut child = place.start("busy");
    place.wait_for_pieces("busy", 1);
    let second = place.run("busy", &[]);
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("is at work in busy"));
    child.kill().unwrap();
    child.wait().unwrap();
    let output = place.run("busy", &[]);
    success(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did not end well here"));
}
