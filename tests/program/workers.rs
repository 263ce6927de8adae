//! Any number of processes work in one folder, whatever becomes of them, and what they leave is what one leaves.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};

use crate::campaign::{SCENARIO, TABLES, assert_same};
use crate::place::{Place, parts, refused, success};
use superjump::results::Summary;
use superjump::table::TableReader;

fn place() -> Place {
    Place::new("campaign.toml", SCENARIO, &["--threads", "2", "--no-report"])
}

/// A steady state with noise at one point, and rounds of several pieces.
const STEADY: &str = "title = \"steady\"
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
relative_error = 0.002
[noise]
windows = [3.0]
[sweep]
\"qubits.number\" = [3, 20]
";

/// A fixed sequence of shares of one.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// Four workers at a time, of which one after the other is killed at a random time and started again; then they are left
/// alone, and `run` comes to the results of one process.
fn killed(place: &Place, tables: &[&str], more: &[&str], kills: usize) {
    success(&place.run("whole", more));
    let mut chance = Chance(kills as u64);
    let start = || place.worker("shared", &[&["--threads", "1"], more].concat());
    let mut crew: Vec<Child> = (0..4).map(|_| start()).collect();
    let mut killed = 0;
    for kill in 0..kills {
        std::thread::sleep(Duration::from_secs_f64(0.08 * chance.share()));
        let worker = &mut crew[kill % 4];
        killed += usize::from(worker.try_wait().unwrap().is_none());
        worker.kill().unwrap();
        worker.wait().unwrap();
        *worker = start();
    }
    assert!(2 * killed > kills, "only {killed} of {kills} were killed before their end");
    success(&place.run("shared", more));
    for worker in crew {
        success(&worker.wait_with_output().unwrap());
    }
    let summary = |folder: &str| Summary::read(&place.path(folder)).unwrap().unwrap();
    assert_eq!(summary("whole").points, summary("shared").points);
    for table in tables {
        let read = |folder: &str| fs::read(place.path(folder).join(table)).unwrap();
        assert!(read("whole") == read("shared"), "{table} differs");
    }
    let names = |folder: &str| parts(&place.path(folder)).into_keys().map(|path| path.file_name().unwrap().to_owned());
    assert!(names("whole").eq(names("shared")));
    // The next to come finds nothing to clear away but locks, and words of those who were killed.
    assert!(success(&place.run("shared", more)).contains("Complete already"));
}

const STEADY_TABLES: [&str; 3] = ["noise.parquet", "quanta.parquet", "summary.parquet"];

fn steady() -> Place {
    Place::new("steady.toml", STEADY, &["--threads", "2", "--no-report"])
}

#[test]
fn workers_that_are_killed_come_to_the_bits_of_one_process() {
    killed(&place(), &TABLES, &["--trajectories", "60000"], 20);
}

#[test]
fn workers_that_are_killed_come_to_the_steady_state_of_one_process() {
    killed(&steady(), &STEADY_TABLES, &[], 20);
}

/// The same for minutes: `cargo test --release --test program two_hundred -- --ignored`.
#[test]
#[ignore = "a few minutes"]
fn two_hundred_kills() {
    killed(&place(), &TABLES, &["--trajectories", "2000000"], 100);
    killed(&steady(), &STEADY_TABLES, &["--set", "steady.relative_error=0.0005"], 100);
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_frozen_worker_holds_nobody_up_and_changes_nothing_when_it_wakes() {
    let place = place();
    success(&place.run("whole", &["--trajectories", "60000"]));
    let more = ["--trajectories", "60000"];
    let mut frozen = place.worker("shared", &more);
    assert!(place.wait_for_parts("shared", 2, &mut frozen));
    signal(&frozen, "-STOP");
    let started = Instant::now();
    success(&place.run("shared", &more));
    // It was waited for until it was silent for long, if it had anything in hand.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_same(&place.path("whole"), &place.path("shared"));
    let status = place.say(&["status", "shared"]);
    assert!(status.contains("silent for") && status.contains(&format!("process {}", frozen.id())), "{status}");
    signal(&frozen, "-CONT");
    success(&frozen.wait_with_output().unwrap());
    fs::remove_file(place.path("shared/summary.json")).unwrap();
    success(&place.run("shared", &more));
    assert_same(&place.path("whole"), &place.path("shared"));
    assert!(!place.say(&["status", "shared"]).contains("silent"));
}

/// No result rests on claims: of workers whose claims vanish, several compute the same part at the same time.
#[test]
fn workers_with_the_same_part_leave_the_same_bytes() {
    let place = place();
    success(&place.run("whole", &["--trajectories", "60000"]));
    let mut crew = [1, 2, 3].map(|_| place.worker("shared", &["--trajectories", "60000", "--threads", "1"]));
    let gone = |crew: &mut [Child]| crew.iter_mut().all(|worker| worker.try_wait().unwrap().is_some());
    let mut vanished = 0;
    while !gone(&mut crew) {
        for folder in fs::read_dir(place.path("shared/parts")).into_iter().flatten().map(|entry| entry.unwrap().path())
        {
            for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
                if path.extension().is_some_and(|end| end == "claim") {
                    vanished += usize::from(fs::remove_file(path).is_ok());
                }
            }
        }
    }
    for worker in crew {
        success(&worker.wait_with_output().unwrap());
    }
    assert!(vanished > 3, "only {vanished} claims were seen");
    place.say(&["merge", "shared", "--no-report"]);
    assert_same(&place.path("whole"), &place.path("shared"));
}

/// A process on a host whose clock is an hour off, as far as its files tell: it is at work, and nobody takes its parts.
#[test]
fn clocks_that_differ_by_an_hour_are_no_matter() {
    let place = place();
    let long = ["--trajectories", "10000000", "--threads", "1"];
    let mut crew = [1, 2].map(|_| place.worker("shared", &long));
    assert!(crew.iter_mut().all(|worker| place.wait_for_parts("shared", 2, worker)));
    let words = || {
        let paths = fs::read_dir(place.path("shared/parts")).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_string_lossy().ends_with(".status.json"))
    };
    let hour = Duration::from_secs(3600);
    for (path, time) in words().zip([SystemTime::now() - hour, SystemTime::now() + hour]) {
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }
    let status = place.say(&["status", "shared"]);
    assert!(status.contains("2 processes at work (2 threads)") && !status.contains("silent"), "{status}");
    assert!(status.contains("parts a minute"), "{status}");
    // One is killed: that is seen at once. The folder above tells of what is below it.
    crew[0].kill().unwrap();
    crew[0].wait().unwrap();
    let status = place.say(&["status", "shared"]);
    assert!(
        status.contains(&format!("process {}", crew[0].id())) && status.contains("gone without a word"),
        "{status}"
    );
    let above = place.say(&["status", "."]);
    assert!(
        above.contains("shared: ") && above.contains("1 at work") && above.contains("results: none yet"),
        "{above}{}the other: {:?}",
        place.say(&["status", "shared"]),
        crew[1].try_wait()
    );
    refused(&place.run("shared", &["--fresh"]), 2, &["at work"]);
    crew[1].kill().unwrap();
    crew[1].wait().unwrap();
    success(&place.run("shared", &["--fresh"]));
}

#[test]
fn work_refuses_what_it_cannot_do() {
    let place = place();
    success(&place.run("out", &["--trajectories", "100"]));
    let worker = |more: &[&str]| place.worker("out", more).wait_with_output().unwrap();
    refused(&worker(&["--trajectories", "100", "--seed", "5"]), 2, &["holds other results", "seed 1 instead of 5"]);
    assert!(success(&worker(&["--trajectories", "100"])).contains("Complete already"));
    refused(&place.command(&["work", "campaign.toml", "--fresh"]).output().unwrap(), 2, &["--fresh"]);
    fs::write(place.path("file"), "").unwrap();
    refused(&place.worker("file", &[]).wait_with_output().unwrap(), 2, &["cannot use file", "-o"]);
}

/// Who works for others does not make less of what they are to come to.
#[test]
fn a_smaller_request_takes_nothing_from_a_larger_one_that_is_not_done() {
    let place = place();
    let (large, small) = (["--trajectories", "10000000"], ["--trajectories", "12000"]);
    let mut worker = place.worker("out", &large);
    assert!(place.wait_for_parts("out", 1, &mut worker));
    let words =
        ["out is to hold more than is asked for (10000000 trajectories instead of 12000)", "give another with -o"];
    refused(&place.worker("out", &small).wait_with_output().unwrap(), 2, &words);
    // Nor does who makes results, while others work for more.
    refused(&place.run("out", &small), 2, &words);
    worker.kill().unwrap();
    worker.wait().unwrap();
    refused(&place.worker("out", &small).wait_with_output().unwrap(), 2, &words);
    assert!(place.say(&["status", "out"]).contains(" of 20000000 trajectories on disk"));
    // Alone it does what it is asked, and says so.
    let run = place.run("out", &small);
    success(&run);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("was to hold more than is asked for now: 10000000 trajectories instead of 12000"), "{said}");
    success(&place.run("whole", &small));
    assert_same(&place.path("whole"), &place.path("out"));
}

#[test]
fn rows_may_be_left_out_or_be_of_the_first_trajectories() {
    let place = place();
    success(&place.run("whole", &[]));
    success(&place.run("none", &["--set", "record.trajectories=false"]));
    success(&place.run("some", &["--set", "record.trajectories=1000", "--set", "record.jumps=true"]));
    let points = |folder: &str| Summary::read(&place.path(folder)).unwrap().unwrap().points;
    assert_eq!(points("whole"), points("none"));
    let rows = |folder: &str, table: &str| TableReader::open(&place.path(folder).join(table)).unwrap().all().unwrap();
    let means = |folder: &str| rows(folder, "series.parquet").numbers("mean").unwrap();
    assert_eq!(means("whole"), means("none"));
    assert!(!place.path("none/trajectories.parquet").exists());
    assert_eq!(rows("some", "trajectories.parquet").rows(), 2000);
    let jumps = rows("some", "jumps.parquet");
    assert!(jumps.numbers("trajectory").unwrap().iter().all(|number| *number < 1000.0) && jumps.rows() > 2000);
    refused(&place.run("none", &[]), 2, &["holds other results", "record.trajectories"]);
    // Figures and the page are drawn without them.
    place.say(&["report", "none"]);
    place.say(&["report", "some"]);
}

/// What schedulers do with a script, as far as it shows: the tasks of an array, one after the other.
#[cfg(unix)]
#[test]
fn scripts_for_schedulers_run_where_paths_are_hard() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    success(&place.run("whole", &[]));
    let folder = "a b'c \"d $HOME %1";
    fs::create_dir(place.path(folder)).unwrap();
    fs::create_dir(place.path("bin")).unwrap();
    let tool = |name: &str, text: &str| {
        fs::write(place.path("bin").join(name), format!("#!/bin/bash\nset -e\n{text}")).unwrap();
        fs::set_permissions(place.path("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let lines = |option: &str, variable: &str| {
        format!("n=$(grep -oP '{option}' \"$1\")\nfor k in $(seq \"$n\"); do {variable}=$k bash \"$1\" & done\nwait\n")
    };
    tool("sbatch", &lines("^#SBATCH --array=1-\\K\\d+", "SLURM_ARRAY_TASK_ID"));
    tool("qsub", &lines("^#PBS -J 1-\\K\\d+", "PBS_ARRAY_INDEX"));
    tool("bsub", &format!("cat >job.lsf; set job.lsf\n{}", lines("^#BSUB -J .*\\[1-\\K\\d+", "LSB_JOBINDEX")));
    // As HTCondor reads arguments: in double quotes that are doubled inside, words in single quotes likewise.
    let condor = "text=$(cat)\nn=$(grep -oP '^queue \\K\\d+' <<<\"$text\")\n\
        words=$(grep -oP '^arguments = \"\\K.*(?=\"$)' <<<\"$text\")\n\
        words=${words//\\\"\\\"/\\\"}; script=${words%\\' *}; script=${script#\\'}; script=${script//\\'\\'/\\'}\n\
        script=${script//\\$(DOLLAR)/$}\nfor k in $(seq 0 $((n - 1))); do bash \"$script\" $k & done\nwait\n";
    tool("condor_submit", condor);
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    for (scheduler, submit) in
        [("slurm", "sbatch"), ("pbs", "qsub"), ("lsf", "bsub <"), ("htcondor", "bash"), ("sh", "bash")]
    {
        let output = format!("{folder}/{scheduler}");
        let script = place.say(&[
            "job",
            "campaign.toml",
            "--scheduler",
            scheduler,
            "--workers",
            "3",
            "--threads",
            "1",
            "-o",
            &output,
            "--time",
            "10",
        ]);
        let file = place.path(folder).join(format!("{scheduler}.sh"));
        fs::write(&file, script).unwrap();
        assert!(Command::new("bash").arg("-n").arg(&file).status().unwrap().success(), "{scheduler}");
        let quoted = file.display().to_string().replace('\'', "'\\''");
        let mut command = Command::new("bash");
        command.env("PATH", &path).current_dir(place.path("bin")).args(["-c", &format!("{submit} '{quoted}'")]);
        success(&command.output().unwrap());
        if scheduler != "sh" {
            place.say(&["merge", &output, "--no-report"]);
        }
        assert_same(&place.path("whole"), &place.path(&output));
    }
    refused(
        &place.command(&["job", "campaign.toml", "--scheduler", "cron"]).output().unwrap(),
        2,
        &["slurm, pbs, lsf"],
    );
    let many = place.command(&["slurm", "campaign.toml", "--shards", "500"]).output().unwrap();
    assert!(success(&many).contains("--array=1-500"));
    assert!(String::from_utf8_lossy(&many.stderr).contains("the others will have nothing to do"));
}

/// Points that took long are kept until all are solved.
#[test]
fn an_exact_sweep_that_is_killed_goes_on_to_the_same_results() {
    let place = steady();
    let exact = |output: &str| {
        let sweep = ["--set", "sweep.qubits.number=[260, 270, 280, 290]", "--threads", "1", "--no-report"];
        place.command(&[&["exact", "steady.toml", "-o", output][..], &sweep].concat())
    };
    success(&exact("whole").output().unwrap());
    let mut child = exact("killed").spawn().unwrap();
    let kept = || {
        let folders = fs::read_dir(place.path("killed/parts")).into_iter().flatten().map(|entry| entry.unwrap().path());
        let kept = folders.filter(|path| path.to_string_lossy().contains("exact-"));
        kept.flat_map(|folder| fs::read_dir(folder).into_iter().flatten()).count()
    };
    while kept() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kept() >= 2, "nothing was kept");
    success(&exact("killed").output().unwrap());
    assert_eq!(kept(), 0, "what is kept goes once there are results");
    for table in STEADY_TABLES {
        let read = |folder: &str| fs::read(place.path(folder).join(table)).unwrap();
        assert!(read("whole") == read("killed"), "{table} differs");
    }
    let points = |folder: &str| Summary::read(&place.path(folder)).unwrap().unwrap().points;
    assert_eq!(points("whole"), points("killed"));
}
