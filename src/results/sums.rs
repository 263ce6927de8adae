//! `SHA256SUMS`: the checksums of the files of results, as `sha256sum -c` reads them, and whose they are. Where it holds,
//! every byte is as it was written.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::summary::Summary;
use crate::canonical::hex;

/// The name of the file.
pub const SUMS: &str = "SHA256SUMS";
/// The name of the file that is written last, and without which there are no results.
pub const SUMMARY: &str = "summary.json";
/// Bytes of the file, beyond which it is none of ours.
const LONGEST: u64 = 1 << 16;

/// Passes bytes on, and has their checksum in the end: of what was meant to be written.
pub struct Summing<W> {
    to: W,
    sum: Sha256,
}

impl<W: Write> Summing<W> {
    /// Before the first byte.
    pub fn new(to: W) -> Self {
        Summing { to, sum: Sha256::new() }
    }

    /// Where the bytes went, and their checksum.
    pub fn finish(self) -> (W, String) {
        (self.to, hex(&self.sum.finalize()))
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The checksum of a file, read piece by piece.
fn sum(path: &Path) -> io::Result<String> {
    let mut sum = Sha256::new();
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    io::copy(&mut file, &mut sum)?;
    Ok(hex(&sum.finalize()))
}

/// The text of the file: a line for each (name, checksum).
pub fn text(summary: &Summary, sums: &[(String, String)]) -> String {
    let lines = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n"));
    lines.fold(format!("# superjump {} {}\n", summary.version, summary.fingerprint), |text, line| text + &line)
}

/// What a folder says of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// The version and the fingerprint of the results.
    pub of: String,
    /// The checksum of each file, the summary last.
    sums: Vec<(String, String)>,
}

impl Sums {
    /// Whether these are the results of what has this version and fingerprint.
    pub fn are_of(&self, fingerprint: &str) -> bool {
        self.of == format!("{} {fingerprint}", env!("CARGO_PKG_VERSION"))
    }

    /// Reads it from a folder; `None` where there is none.
    ///
    /// # Errors
    /// In words, where it is not what it should be.
    pub fn read(folder: &Path) -> Result<Option<Self>, String> {
        let mut text = String::new();
        match File::open(folder.join(SUMS)).and_then(|file| file.take(LONGEST).read_to_string(&mut text)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{SUMS} cannot be read ({error})")),
            Ok(_) => {}
        }
        Self::parse(&text).map(Some).ok_or_else(|| format!("{SUMS} is no list of checksums"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let of = lines.next()?.strip_prefix("# superjump ")?.to_owned();
        let line = |line: &str| {
            let (sum, name) = line.split_once("  ")?;
            let digits = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            (digits && is_name(name)).then(|| (name.to_owned(), sum.to_owned()))
        };
        let sums: Vec<_> = lines.map(line).collect::<Option<_>>()?;
        // Cut short it lacks its end.
        (sums.last()?.0 == SUMMARY).then_some(Sums { of, sums })
    }

    /// Whether there is a checksum of this file.
    #[cfg(feature = "figures")]
    pub fn has(&self, name: &str) -> bool {
        self.sums.iter().any(|(known, _)| known == name)
    }

    /// Why a file is not as it was written, in words; `None` where it is.
    pub fn fault(&self, folder: &Path, name: &str) -> Option<String> {
        let (_, expected) = self.sums.iter().find(|(known, _)| known == name)?;
        match sum(&folder.join(name)) {
            Ok(found) => (found != *expected).then(|| format!("{name} has another checksum than in {SUMS}")),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(format!("{name} is gone")),
            Err(error) => Some(format!("{name} cannot be read ({error})")),
        }
    }

    /// Why any of the files is not as it was written.
    pub fn any_fault(&self, folder: &Path) -> Option<String> {
        self.sums.iter().find_map(|(name, _)| self.fault(folder, name))
    }
}

/// Whether a file of results may have this name; no other is opened because a file says so.
fn is_name(name: &str) -> bool {
    let table = |stem: &str| !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    name == SUMMARY || name.strip_suffix(".parquet").is_some_and(table)
}

/// Whether the results of a folder are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Soundness {
    /// Every byte.
    Sound,
    /// They are not, or nothing says so: why, in words.
    Damaged(String),
}

/// Holds all files of the results of a version and fingerprint against their checksums.
pub fn soundness(folder: &Path, version: &str, fingerprint: &str) -> Soundness {
    let fault = match Sums::read(folder) {
        Ok(Some(sums)) if sums.of != format!("{version} {fingerprint}") => Some(format!("{SUMS} is of other results")),
        Ok(Some(sums)) => sums.any_fault(folder),
        Ok(None) => Some(format!("there is no {SUMS}, which says that the results are whole")),
        Err(why) => Some(why),
    };
    fault.map_or(Soundness::Sound, Soundness::Damaged)
}

/// Removes a file, where it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# superjump 0.2.0 00ff\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  series.parquet\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  summary.json\n";

    #[test]
    fn whatever_is_not_whole_is_refused() {
        let whole = Sums::parse(TEXT).unwrap();
        assert_eq!((whole.of.as_str(), whole.sums.len()), ("0.2.0 00ff", 2));
        for end in 0..TEXT.len() {
            assert_eq!(Sums::parse(&TEXT[..end]), None, "cut to {end} bytes");
        }
        for name in ["../evil.parquet", "/etc/passwd", "figures/a.parquet", ".parquet", "summary.json.tmp"] {
            assert_eq!(Sums::parse(&TEXT.replace("series.parquet", name)), None, "{name}");
        }
        let mut bytes = TEXT.as_bytes().to_vec();
        for bit in 0..8 * bytes.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = std::str::from_utf8(&bytes).ok().and_then(Sums::parse);
            assert_ne!(read.as_ref(), Some(&whole), "bit {bit} was not seen");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
