//! A scenario file: its text, and the name that its results go by.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, is_separator};

use super::source::ScenarioError;

/// The most bytes of a scenario, far more than anybody writes.
const MOST: u64 = 64 << 20;

/// The text of the file at a path: a file, a pipe or a terminal, and nothing that never ends.
pub fn text(path: &Path) -> Result<String, ScenarioError> {
    let shown = path.display().to_string();
    let help = "the path of a scenario file; `superjump scenarios` lists those that ship with the program";
    let refused =
        |why: &dyn std::fmt::Display| ScenarioError::of_file(&shown, format!("cannot read the scenario: {why}"), help);
    let file = File::open(path).map_err(|e| refused(&e))?;
    if is_device(&file).map_err(|e| refused(&e))? {
        return Err(refused(&"it is a device"));
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(|e| refused(&e))?;
    if bytes.len() as u64 > MOST {
        return Err(refused(&format!("it is longer than {} MiB", MOST >> 20)));
    }
    String::from_utf8(bytes)
        .map_err(|_| ScenarioError::of_file(&shown, "the scenario is not text in UTF-8".to_owned(), "a TOML file"))
}

/// Whether this is a device that nobody types at.
#[cfg(unix)]
fn is_device(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    let kind = file.metadata()?.file_type();
    Ok(kind.is_block_device() || kind.is_char_device() && !file.is_terminal())
}

#[cfg(not(unix))]
fn is_device(_: &File) -> std::io::Result<bool> {
    Ok(false)
}

/// The name of the file without its ending, as the name of one folder: it leads nowhere else, is seen, and has one line.
pub fn name(path: &Path) -> String {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name = stem.trim_start_matches('.').replace(|c: char| c.is_control() || is_separator(c), "-");
    if name.is_empty() { "scenario".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_one_folder() {
        for (path, expected) in [
            ("scenarios/heat_valve.toml", "heat_valve"),
            ("a.b.toml", "a.b"),
            (".toml", "toml"),
            (".hidden.toml", "hidden"),
            ("...toml", "scenario"),
            ("..toml", "scenario"),
            ("a/..", "scenario"),
            ("", "scenario"),
            ("two\nlines.toml", "two-lines"),
        ] {
            assert_eq!(name(Path::new(path)), expected, "{path}");
        }
    }
}
