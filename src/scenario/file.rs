//! A scenario file: its text, and the name that its results go by.

use std::fs::File;
use std::io::{Error, IsTerminal, Read, Result};
use std::path::{Path, is_separator};

/// The most bytes of a scenario, far more than anybody writes.
const MOST: u64 = 64 << 20;

/// The text of a file, of a pipe or of what is typed at a terminal; of nothing that never ends.
///
/// # Errors
/// What cannot be opened or read, a device, more than any scenario has, and what is not text in UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let file = File::open(path)?;
    if is_device(&file)? {
        return Err(Error::other("it is a device"));
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(Error::other(format!("it is longer than {} MiB", MOST >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| Error::other("it is not text in UTF-8"))
}

/// Whether this is a device that nobody types at.
#[cfg(unix)]
fn is_device(file: &File) -> Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    let kind = file.metadata()?.file_type();
    Ok(kind.is_block_device() || kind.is_char_device() && !file.is_terminal())
}

#[cfg(not(unix))]
fn is_device(_: &File) -> Result<bool> {
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
