//! The program in a folder of its own: started, ended, and what it left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use superjump::results::{PointSummary, Summary};
use tempfile::TempDir;

/// `superjump` in a folder, to be asserted of.
pub fn superjump(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::cargo_bin("superjump").unwrap();
    command.current_dir(folder);
    command
}

/// A folder with a scenario, and what every run of it is told.
pub struct Place {
    folder: TempDir,
    file: &'static str,
    told: &'static [&'static str],
}

impl Place {
    pub fn new(file: &'static str, scenario: &str, told: &'static [&'static str]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(file), scenario).unwrap();
        Place { folder, file, told }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_superjump"));
        command.current_dir(self.folder.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn running(&self, output: &str, more: &[&str]) -> Command {
        self.command(&[&["run", self.file, "-o", output], self.told, more].concat())
    }

    /// `superjump run FILE -o output ...`, to its end.
    pub fn run(&self, output: &str, more: &[&str]) -> Output {
        self.running(output, more).output().unwrap()
    }

    pub fn start(&self, output: &str, more: &[&str]) -> Child {
        self.running(output, more).spawn().unwrap()
    }

    /// `superjump work FILE -o output ...`.
    pub fn worker(&self, output: &str, more: &[&str]) -> Child {
        self.command(&[&["work", self.file, "-o", output, "--no-progress"], more].concat()).spawn().unwrap()
    }

    /// Another verb, to its end, which has to be a good one: what it says.
    pub fn say(&self, arguments: &[&str]) -> String {
        success(&self.command(arguments).output().unwrap())
    }

    /// Waits until so many parts are in a folder; false where the process ends before.
    pub fn wait_for_parts(&self, output: &str, count: usize, child: &mut Child) -> bool {
        let started = Instant::now();
        while parts(&self.path(output)).len() < count {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "no parts");
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

/// Every part, or piece of a round, in a folder of results, with the time it was written.
pub fn parts(output: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let list = |folder: &Path| {
        fs::read_dir(folder).map_or(Vec::new(), |entries| entries.map(|e| e.unwrap().path()).collect::<Vec<_>>())
    };
    let folders = list(&output.join("parts")).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| list(&folder)).filter(|path| path.extension().is_some_and(|e| e == "part"));
    files.filter_map(|path| Some((path.clone(), fs::metadata(&path).ok()?.modified().unwrap()))).collect()
}

pub fn success(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn refused(output: &Output, code: i32, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// Asserts that two folders have the same estimates, to the last bit, and that one of them has nothing exact beside them.
pub fn assert_bare(whole: &Path, bare: &Path) {
    let read = |folder: &Path| Summary::read(folder).unwrap().unwrap();
    let (whole, bare) = (read(whole), read(bare));
    assert_eq!((&whole.fingerprint, whole.points.len()), (&bare.fingerprint, bare.points.len()));
    assert!(whole.complete && bare.complete);
    for (with, without) in whole.points.iter().zip(&bare.points) {
        let estimates = |point: &PointSummary| -> Vec<_> {
            let sampled = point.quantities.iter().filter(|q| q.estimate.is_some());
            let bits = |value: Option<f64>| value.map(f64::to_bits);
            sampled.map(|q| (q.quantity.clone(), q.bath.clone(), bits(q.estimate), bits(q.std_error))).collect()
        };
        assert_eq!(estimates(with), estimates(without));
        assert!(!estimates(without).is_empty() && with.id == without.id && with.steady == without.steady);
        assert!(with.exact_missing.is_none() && with.quantities.iter().any(|q| q.exact.is_some()));
        assert_eq!(without.exact_missing.as_deref(), Some("they were left out, as was asked"));
        assert!(without.quantities.iter().all(|q| q.exact.is_none() && q.z.is_none()));
    }
}
