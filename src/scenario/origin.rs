//! In what the scenario that made a folder differs from another, in words.

use super::reader::Scenario;

/// What a folder says of the scenario that made it.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The version of superjump.
    pub version: &'a str,
    /// The name of the scenario.
    pub name: &'a str,
    /// Its seed.
    pub seed: u64,
    /// Its text, values given on the command line included.
    pub text: &'a str,
}

impl Origin<'_> {
    /// In what it differs from `other` under this version.
    #[must_use]
    pub fn difference(&self, other: &Scenario) -> String {
        let Origin { version, name, seed, text } = *self;
        let mut found = Vec::new();
        if version != env!("CARGO_PKG_VERSION") {
            found.push(format!("version {version} instead of {}", env!("CARGO_PKG_VERSION")));
        }
        if name != other.name {
            found.push(format!("scenario {name} instead of {}", other.name));
        }
        if seed != other.seed() {
            found.push(format!("seed {seed} instead of {}", other.seed()));
        }
        let (theirs, ours): (Vec<&str>, Vec<&str>) = (lines(text), lines(&other.text));
        let missing =
            |from: &[&'_ str], among: &[&str]| from.iter().find(|l| !among.contains(l)).map(|l| (*l).to_owned());
        if let Some(line) = missing(&theirs, &ours) {
            found.push(format!("`{line}` there"));
        }
        if let Some(line) = missing(&ours, &theirs) {
            found.push(format!("`{line}` here"));
        }
        found.join(", ")
    }
}

/// The lines of a scenario that mean something; `# --set` lines do.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.starts_with("# --set") || !(line.is_empty() || line.starts_with('#')))
        .collect()
}
