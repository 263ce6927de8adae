//! Where everything that is printed goes through, so that nothing that a file, a path, a host or a result holds can tell
//! a terminal what to do. No other file of the program writes to standard output or error; `tests/house.rs` holds that.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use clap::error::ErrorKind;

/// A line on standard output.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::terminal::put(format_args!("{}\n", format_args!($($words)*)))
    };
}

/// A line on standard error.
macro_rules! remark {
    ($($words:tt)*) => {
        $crate::cli::terminal::put_aside(format_args!("{}\n", format_args!($($words)*)))
    };
}

/// Whether a terminal acts on it, or shows what follows in another order: control characters but for the end of a line
/// and the tabulator, and the marks of right-to-left text.
fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n' && c != '\t') || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text as a terminal may have it: what it would act on is spelled out, an escape as `\u{1b}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Writes to standard output. Who stops reading, as `head` does, has what it wanted; the work goes on.
pub fn put(text: fmt::Arguments) -> io::Result<()> {
    match io::stdout().write_all(harmless(&text.to_string()).as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Writes to standard error. There is nobody to tell where that fails.
pub fn put_aside(text: fmt::Arguments) {
    let _ = io::stderr().write_all(harmless(&text.to_string()).as_bytes());
}

/// A message in colours of its own, on a terminal that wants them; `plain` is the same without.
pub fn put_aside_styled(plain: &str, styled: impl FnOnce() -> String) {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    // Where somebody else's escapes are among its words, ours go too.
    if colour && !plain.contains(acts) {
        let _ = writeln!(io::stderr(), "{}", styled());
    } else {
        put_aside(format_args!("{plain}\n"));
    }
}

/// What is said of a command line that cannot be read, or asks for help.
pub fn usage(error: &clap::Error) -> u8 {
    // It repeats words of the command line, and colours them.
    if std::env::args_os().any(|word| word.to_string_lossy().contains(acts)) {
        put_aside(format_args!("{}", error.render()));
    } else {
        // In the colours of clap, where it finds a terminal.
        let _ = error.print();
    }
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) { 0 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_but_the_end_of_a_line_is_left() {
        assert_eq!(harmless("⟨J_z⟩ = −1\n\tγ"), "⟨J_z⟩ = −1\n\tγ");
        let hostile: String = (0..0x2100).filter_map(char::from_u32).collect();
        assert!(harmless(&hostile).chars().all(|c| c == '\n' || c == '\t' || !acts(c)));
        assert_eq!(harmless("\u{1b}[2J\r\u{9b}31m\u{202e}"), "\\u{1b}[2J\\r\\u{9b}31m\\u{202e}");
    }
}
