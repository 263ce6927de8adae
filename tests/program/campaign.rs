//! Campaigns that are cut short, spread, damaged and grown come to the same bits as one that was left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::place::{Place, assert_bare, parts, refused, success};
use superjump::results::Summary;
use superjump::statistics::Stopped;

/// Two points of unequal cost, several parts each, some tenths of a second on two cores.
pub const SCENARIO: &str = "title = \"campaign\"
[qubits]
number = 4
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 2.0
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.1
[initial]
state = \"ground\"
[evolution]
until = 20.0
samples = 11
trajectories = 12000
[record]
photons = 1
[sweep]
\"qubits.number\" = [2, 16]
";

pub const TABLES: [&str; 3] = ["series.parquet", "summary.parquet", "trajectories.parquet"];

fn place() -> Place {
    Place::new("campaign.toml", SCENARIO, &["--threads", "2"])
}

/// Asserts that two folders hold the same tables, byte for byte, and the same summaries but for the timing.
pub fn assert_same(one: &Path, other: &Path) {
    for table in TABLES {
        assert!(fs::read(one.join(table)).unwrap() == fs::read(other.join(table)).unwrap(), "{table} differs");
    }
    let summary = |folder: &Path| Summary::read(folder).unwrap().unwrap();
    let (one, other) = (summary(one), summary(other));
    assert!(one.complete && other.complete);
    assert_eq!(one.points, other.points);
    assert_eq!((one.timing.jumps, one.fingerprint), (other.timing.jumps, other.fingerprint));
}

#[test]
fn fifty_kills_at_random_times_leave_the_bits_of_a_run_that_was_left_alone() {
    let place = place();
    success(&place.run("whole", &[]));
    let whole = Instant::now();
    success(&place.run("again", &[]));
    let duration = whole.elapsed().as_secs_f64();
    // A fixed sequence of delays, spread over the run from its first moment to its last.
    let mut random = 1_u64;
    let mut killed = 0;
    for _ in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delay = duration * (random >> 40) as f64 / (1_u64 << 24) as f64;
        let mut child = place.start("killed", &["--no-progress"]);
        std::thread::sleep(Duration::from_secs_f64(delay));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever is there, is whole: a summary vouches for its tables.
        if let Some(summary) = Summary::read(&place.path("killed")).unwrap() {
            assert!(summary.complete);
            assert_same(&place.path("whole"), &place.path("killed"));
            fs::remove_dir_all(place.path("killed")).unwrap();
        }
    }
    assert!(killed >= 25, "only {killed} of 50 were killed before their end");
    success(&place.run("killed", &[]));
    assert_same(&place.path("whole"), &place.path("killed"));
    let left = fs::read_dir(place.path("killed/parts")).unwrap().map(|e| e.unwrap().path());
    assert!(left.filter(|path| path.extension().is_some_and(|e| e == "tmp")).count() == 0);
}

#[cfg(unix)]
#[test]
fn sigterm_merges_what_there_is_says_how_to_go_on_and_exits_with_130() {
    let place = place();
    success(&place.run("whole", &["--trajectories", "100000"]));
    let more = ["--trajectories", "100000", "--no-progress"];
    let mut child = place.start("stopped", &more);
    assert!(place.wait_for_parts("stopped", 3, &mut child));
    let terminated = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(terminated.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("partial") && text.contains("--trajectories 100000"), "{text}");
    let summary = Summary::read(&place.path("stopped")).unwrap().unwrap();
    assert!(!summary.complete);
    for point in &summary.points {
        assert!(point.trajectories < 100_000 || point.stopped_because == Stopped::Trajectories);
        assert!(point.trajectories == 100_000 || point.stopped_because == Stopped::Interrupted);
    }
    let status = place.say(&["status", "stopped"]);
    assert!(status.contains("results: partial") && status.contains("interrupted"), "{status}");
    let kept = parts(&place.path("stopped"));
    assert!(kept.len() >= 3);
    let text = success(&place.run("stopped", &more));
    assert!(text.contains("before"), "{text}");
    assert_same(&place.path("whole"), &place.path("stopped"));
    let now = parts(&place.path("stopped"));
    assert!(kept.iter().all(|(path, time)| now[path] == *time), "a part was written again");
}

#[test]
fn a_complete_run_touches_nothing_and_a_grown_one_adds() {
    let place = place();
    success(&place.run("grown", &["--trajectories", "5000"]));
    let before = parts(&place.path("grown"));
    let stamp = |name: &str| fs::metadata(place.path("grown").join(name)).unwrap().modified().unwrap();
    let stamps: Vec<SystemTime> = TABLES.iter().map(|table| stamp(table)).collect();
    assert!(success(&place.run("grown", &["--trajectories", "5000"])).contains("Complete already"));
    assert_eq!(parts(&place.path("grown")), before);
    assert_eq!(TABLES.iter().map(|table| stamp(table)).collect::<Vec<_>>(), stamps);

    // Fewer trajectories take nothing away.
    refused(&place.run("grown", &["--trajectories", "4000"]), 2, &["5000 trajectories instead of 4000", "--fresh"]);
    refused(&place.worker("grown", &["--trajectories", "4000"]).wait_with_output().unwrap(), 2, &["better results"]);
    assert_eq!(TABLES.iter().map(|table| stamp(table)).collect::<Vec<_>>(), stamps);

    // More trajectories: only the last part of each point, which was short, has a longer successor.
    success(&place.run("grown", &[]));
    let after = parts(&place.path("grown"));
    assert!(before.iter().all(|(path, time)| after[path] == *time));
    assert!(after.len() > before.len());
    success(&place.run("whole", &[]));
    assert_same(&place.path("whole"), &place.path("grown"));

    // More values of the sweep, among the old ones: nothing old is computed again.
    let wider = ["--set", "sweep.qubits.number=[1, 2, 3, 16]"];
    let text = success(&place.run("grown", &wider));
    let widened = parts(&place.path("grown"));
    assert!(after.iter().all(|(path, time)| widened[path] == *time), "a finished part was written again");
    success(&place.run("wide", &wider));
    assert_same(&place.path("wide"), &place.path("grown"));
    assert!(text.contains("before"), "{text}");
}

#[cfg(unix)]
#[test]
fn results_of_more_trajectories_stay_where_growing_them_is_interrupted() {
    let place = place();
    success(&place.run("out", &[]));
    let before = Summary::read(&place.path("out")).unwrap().unwrap();
    // The last part of each point is none of the larger plan, and its successor is not there yet.
    let more = ["--trajectories", "10000000", "--no-progress"];
    let word = place.path("out/parts/run.status.json");
    fs::remove_file(&word).unwrap();
    let child = place.start("out", &more);
    let started = Instant::now();
    while !word.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let now = Summary::read(&place.path("out")).unwrap().unwrap();
    let kept = String::from_utf8_lossy(&output.stderr).contains("the results that are there stay");
    let fewer = now.points.iter().zip(&before.points).any(|(now, before)| now.trajectories < before.trajectories);
    assert!(!fewer && (!kept || now.complete), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_part_that_is_cut_short_altered_foreign_or_gone_is_computed_again() {
    let place = place();
    success(&place.run("whole", &[]));
    let names: Vec<PathBuf> = parts(&place.path("whole")).into_keys().collect();
    assert!(names.len() > 8);
    let bytes = |index: usize| fs::read(&names[index]).unwrap();
    let mut altered = bytes(2);
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    fs::write(&names[1], &bytes(1)[..100]).unwrap();
    fs::write(&names[2], altered).unwrap();
    fs::write(&names[3], "").unwrap();
    // The whole part of another point, under this one's name.
    fs::write(&names[4], bytes(names.len() - 1)).unwrap();
    fs::remove_file(&names[5]).unwrap();
    success(&place.run("other", &[]));
    fs::remove_file(place.path("whole/summary.json")).unwrap();
    let output = place.run("whole", &["--no-progress"]);
    success(&output);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    for path in &names[1..5] {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(text.contains(&format!("{name}.bad")), "{name} is not reported: {text}");
        assert!(path.with_extension("part.bad").exists());
    }
    assert!(text.contains("checksum") && text.contains("cut short") && text.contains("its point is"), "{text}");
    assert_same(&place.path("other"), &place.path("whole"));
    let status = place.say(&["status", "whole"]);
    assert!(status.contains("4 damaged parts"), "{status}");
}

#[test]
fn not_one_bit_of_a_part_can_change_unseen() {
    let place = place();
    let small = ["--trajectories", "20", "--set", "qubits.number=2"];
    success(&place.run("whole", &small));
    let reference = TABLES.map(|table| fs::read(place.path("whole").join(table)).unwrap());
    let name = parts(&place.path("whole")).into_keys().next().unwrap();
    let good = fs::read(&name).unwrap();
    for step in 0..40 {
        let mut bad = good.clone();
        let place_of_bit = step * (8 * bad.len() - 1) / 39;
        bad[place_of_bit / 8] ^= 1 << (place_of_bit % 8);
        fs::write(&name, bad).unwrap();
        fs::remove_file(place.path("whole/summary.json")).unwrap();
        let output = place.run("whole", &small);
        success(&output);
        assert!(String::from_utf8_lossy(&output.stderr).contains("set aside"), "bit {place_of_bit} was not seen");
        assert!(fs::read(&name).unwrap() == good);
    }
    for (table, bytes) in TABLES.iter().zip(reference) {
        assert!(fs::read(place.path("whole").join(table)).unwrap() == bytes);
    }
}

#[test]
fn a_second_process_refuses_and_a_dead_one_is_recognized() {
    let place = place();
    let long = ["--trajectories", "10000000", "--no-progress"];
    let mut first = place.start("out", &long);
    assert!(place.wait_for_parts("out", 1, &mut first));
    let owner = format!("process {}", first.id());
    refused(&place.run("out", &long), 2, &["at work", &owner, "superjump work"]);
    refused(&place.run("out", &[&long[..], &["--fresh"]].concat()), 2, &["at work", &owner]);
    refused(&place.command(&["merge", "out"]).output().unwrap(), 2, &["at work", &owner]);
    let status = place.say(&["status", "out"]);
    assert!(status.contains(&owner) && status.contains("results: none yet"), "{status}");
    first.kill().unwrap();
    first.wait().unwrap();
    let output = place.run("out", &[]);
    success(&output);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains(&owner) && text.contains("did not end well"), "{text}");
}

#[test]
fn a_folder_of_something_else_is_refused_with_the_difference() {
    let place = place();
    let small = ["--trajectories", "100"];
    success(&place.run("out", &small));
    // The summary gone, the parts still speak for the scenario.
    fs::remove_file(place.path("out/summary.json")).unwrap();
    let before = parts(&place.path("out"));
    let run = |more: &[&str]| place.run("out", &[&small[..], more].concat());
    refused(&run(&["--seed", "5"]), 2, &["holds other results", "seed 1 instead of 5"]);
    refused(&run(&["--set", "bath.loss.down=0.2"]), 2, &["holds other results", "bath.loss.down=0.2"]);
    refused(&run(&["--set", "sweep.qubits.number=[2, 3]"]), 2, &["sweep.qubits.number"]);
    refused(&run(&["--set", "record.photons=2"]), 2, &["record.photons=2"]);
    let manifest = place.path("out/parts/campaign.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let older = text.replace(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.9\"");
    // As an older build left it: without a checksum.
    fs::write(&manifest, format!("{}}}", older.split(",\"sha256\"").next().unwrap())).unwrap();
    refused(&run(&[]), 2, &["version 0.0.9 instead of"]);
    // With what it says altered or gone, the parts still say whose they are.
    for left in [&older, "{", ""] {
        fs::write(&manifest, left).unwrap();
        refused(&run(&["--seed", "5"]), 2, &["holds other results", "2 points, of which 2 are none of this"]);
    }
    fs::write(&manifest, text).unwrap();
    assert_eq!(parts(&place.path("out")), before);
    success(&run(&["--seed", "5", "--fresh"]));
    let after = parts(&place.path("out"));
    assert!(before.keys().all(|path| !after.contains_key(path)));
}

#[test]
fn shards_come_to_the_same_bits_as_the_whole() {
    let place = place();
    success(&place.run("whole", &[]));
    refused(&place.command(&["merge", "shards"]).output().unwrap(), 2, &["no campaign"]);
    let mut first = place.start("shards", &["--shard", "2/3"]);
    assert!(place.wait_for_parts("shards", 1, &mut first));
    first.kill().unwrap();
    first.wait().unwrap();
    let partial = place.command(&["merge", "shards"]).output().unwrap();
    refused(&partial, 1, &["partial"]);
    assert!(!Summary::read(&place.path("shards")).unwrap().unwrap().complete);
    // A share is where to begin: the others leave nothing undone.
    for other in ["1/3", "3/3"].map(|shard| place.start("shards", &["--shard", shard])) {
        assert!(success(&other.wait_with_output().unwrap()).contains("superjump merge shards"));
    }
    let before = parts(&place.path("shards"));
    place.say(&["merge", "shards"]);
    assert_same(&place.path("whole"), &place.path("shards"));
    assert_eq!(parts(&place.path("shards")), before);
    assert_eq!(before.len(), parts(&place.path("whole")).len());
    assert!(place.say(&["merge", "shards"]).contains("Complete already"));
    // More shares than there are parts.
    assert!(success(&place.run("shards", &["--shard", "999/1000"])).contains("Complete already"));
    for wrong in ["0/3", "4/3", "3", "a/b"] {
        refused(&place.run("shards", &["--shard", wrong]), 2, &["--shard"]);
    }
}

#[test]
fn without_exact_values_estimates_are_the_same_and_exact_values_come_later() {
    let place = place();
    success(&place.run("whole", &[]));
    let said = success(&place.run("bare", &["--no-exact"]));
    assert!(said.contains("No exact values (point 0): they were left out, as was asked"), "{said}");
    assert_bare(&place.path("whole"), &place.path("bare"));
    let rows = "trajectories.parquet";
    assert!(fs::read(place.path("whole").join(rows)).unwrap() == fs::read(place.path("bare").join(rows)).unwrap());
    let before = parts(&place.path("bare"));
    success(&place.run("bare", &[]));
    assert_eq!(parts(&place.path("bare")), before, "no part was computed again");
    assert_same(&place.path("whole"), &place.path("bare"));
    // Shards compute nothing exact: it is the merge that is asked.
    success(&place.run("shards", &["--shard", "1/1"]));
    place.say(&["merge", "shards", "--no-exact"]);
    assert_bare(&place.path("whole"), &place.path("shards"));
    place.say(&["merge", "shards"]);
    assert_same(&place.path("whole"), &place.path("shards"));
}

#[test]
fn the_log_tells_what_happened_in_lines_of_json() {
    let place = place();
    success(&place.run("out", &["--log", "events.jsonl"]));
    let text = fs::read_to_string(place.path("events.jsonl")).unwrap();
    let events: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |name: &str| events.iter().filter(|event| event["event"].get(name).is_some()).count();
    assert_eq!(count("part"), parts(&place.path("out")).len());
    assert_eq!(events[0]["event"]["started"]["parts"], count("part"));
    assert!(count("progress") > 0 && count("merging") == count("part"));
    let last = events.iter().rev().find_map(|event| event["event"].get("progress")).unwrap();
    assert_eq!((last["trajectories"].as_u64(), last["of"].as_u64()), (Some(24_000), Some(24_000)));
}

/// A file system of this size at a folder, for as long as it lives; `None` where that is not allowed.
#[cfg(target_os = "linux")]
struct Small(PathBuf);

#[cfg(target_os = "linux")]
impl Small {
    fn mount(path: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Small(path))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_clear_error_and_the_run_goes_on_where_there_is_room() {
    let place = place();
    let Some(disk) = Small::mount(place.path("small"), "300k") else {
        println!("skipped: mounting a tmpfs is not allowed here");
        return;
    };
    let output = place.run("small/out", &["--no-progress"]);
    refused(&output, 1, &["No space left", "cannot write", "goes on from it"]);
    let kept = parts(&place.path("small/out"));
    assert!(kept.len() > 2 && !place.path("small/out/summary.json").exists());
    let worker = place.worker("small/out", &[]).wait_with_output().unwrap();
    refused(&worker, 1, &["No space left", "cannot write", "goes on from it"]);
    // Full or not, nothing half-written has a name.
    refused(&place.run("small/out", &["--no-progress"]), 1, &["No space left"]);
    let remount = |options: &str| Command::new("mount").args(["-o", options]).arg(&disk.0).status().unwrap().success();
    assert!(remount("remount,ro"));
    refused(&place.run("small/out", &["--no-progress"]), 1, &["Read-only", "cannot write"]);
    refused(&place.run("small/new", &["--no-progress"]), 2, &["Read-only", "small/new"]);
    assert!(remount("remount,rw,size=100m"));
    success(&place.run("small/out", &[]));
    success(&place.run("whole", &[]));
    assert_same(&place.path("whole"), &place.path("small/out"));
    let now = parts(&place.path("small/out"));
    assert!(kept.iter().all(|(path, time)| now[path] == *time));
    // Where there is nothing to do, nothing has to be written.
    assert!(remount("remount,ro"));
    let again = place.run("small/out", &["--no-progress"]);
    assert!(success(&again).contains("Complete already"));
    assert!(String::from_utf8_lossy(&again.stderr).contains("figures and page stay as they are"));
    assert!(place.say(&["merge", "small/out"]).contains("Complete already"));
    assert!(place.say(&["status", "small/out"]).contains("results: complete"));
}

#[test]
fn a_folder_that_vanishes_is_a_clear_error() {
    let place = place();
    let mut child = place.start("out", &["--trajectories", "10000000", "--no-progress"]);
    assert!(place.wait_for_parts("out", 1, &mut child));
    fs::rename(place.path("out"), place.path("elsewhere")).unwrap();
    let output = child.wait_with_output().unwrap();
    refused(&output, 1, &["cannot", "out/parts", "goes on from it"]);
    assert!(!place.path("out").exists());
}
